package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"time"

	"counsel/config"
	"counsel/domain"
)

// shutdownTimeout bounds close. Supervisors usually kill a process ten seconds after SIGTERM.
const shutdownTimeout = 7 * time.Second

// app is the running service: what is opened by open, in four steps that each have a file (wire_*.go), and closed by
// the runner in reverse.
type app struct {
	runner
	infra    *infrastructure
	clients  *clients
	services *services
	front    *frontDoor
}

// open starts the service. Without an HTTP address it only runs jobs, and serves probes and metrics at
// WORK_HTTP_ADDR. If it fails, it closes what it has opened.
func open(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *app, err error) {
	a := &app{}
	defer func() {
		if err != nil {
			_ = a.close(ctx)
		}
	}()
	a.step("infrastructure")
	if a.infra, err = openInfrastructure(ctx, &a.runner, cfg, log); err != nil {
		return nil, err
	}
	a.step("clients")
	if a.clients, err = openClients(&a.runner, cfg, a.infra); err != nil {
		return nil, err
	}
	a.step("services")
	if a.services, err = openServices(ctx, &a.runner, cfg, a.infra, a.clients); err != nil {
		return nil, err
	}
	a.step("front door")
	if a.front, err = openFrontDoor(ctx, &a.runner, cfg, a.infra, a.services); err != nil {
		return nil, err
	}
	return a, nil
}

// address returns the address on which the service listens, or nil.
func (a *app) address() net.Addr {
	if a.infra.listener == nil {
		return nil
	}
	return a.infra.listener.Addr()
}

// run serves until ctx ends or the HTTP server fails, and then closes everything.
func (a *app) run(ctx context.Context) error {
	var err error
	select {
	case <-ctx.Done():
	case err = <-a.front.failed:
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	return errors.Join(err, a.close(ctx))
}

// withFields adds the fields of a domain error to its message, for an operator.
func withFields(err error) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok {
		return err
	}
	sentences := []string{e.Message}
	for _, f := range e.Fields {
		sentences = append(sentences, strings.TrimPrefix(f.Pointer, "/")+" "+f.Detail+".")
	}
	return errors.New(strings.Join(sentences, " "))
}
