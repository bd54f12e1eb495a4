// Package app wires the service together. Open opens it from its configuration in four steps, each in a file of its
// own: infrastructure.go, clients.go, services.go, front_door.go. Close closes the parts in reverse order (runner.go).
//
// Tests fill Infrastructure and Clients with fakes of outside systems and open the services on them, so that what
// they test is wired as in production. Open fails if a server that it needs is not available or a setting is not valid;
// it then closes what it has opened.
package app

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

// shutdownTimeout bounds Close. Supervisors usually kill a process ten seconds after SIGTERM.
const shutdownTimeout = 7 * time.Second

// App is the running service. It is opened by Open and closed by Close, or by Run when it ends.
type App struct {
	Runner
	Services *Services
	listener net.Listener
	front    *frontDoor
}

// Open starts the service, which publishes contract as its OpenAPI contract. standIns run in this process and
// answer in test mode. Without an HTTP address it only runs jobs,
// and serves probes and metrics at WORK_HTTP_ADDR.
func Open(ctx context.Context, cfg config.Config, contract []byte, standIns StandIns, log *slog.Logger) (_ *App, err error) {
	a := &App{}
	defer func() {
		if err != nil {
			_ = a.Close(ctx)
		}
	}()
	infra, err := openInfrastructure(ctx, &a.Runner, cfg, log)
	if err != nil {
		return nil, err
	}
	a.listener = infra.listener
	clients, err := openClients(&a.Runner, cfg, infra, standIns)
	if err != nil {
		return nil, err
	}
	if a.Services, err = OpenServices(ctx, &a.Runner, cfg, infra, clients); err != nil {
		return nil, err
	}
	a.Services.startLoops(ctx, &a.Runner, infra)
	if a.front, err = openFrontDoor(ctx, &a.Runner, cfg, contract, infra, a.Services, standIns.Payments.Pages()); err != nil {
		return nil, err
	}
	return a, nil
}

// Address returns the address on which the service listens, or nil.
func (a *App) Address() net.Addr {
	if a.listener == nil {
		return nil
	}
	return a.listener.Addr()
}

// Run serves until ctx ends or the HTTP server fails, and then closes everything.
func (a *App) Run(ctx context.Context) error {
	var err error
	select {
	case <-ctx.Done():
	case err = <-a.front.failed:
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	return errors.Join(err, a.Close(ctx))
}

// WithFields adds the fields of a domain error to its message, for an operator.
func WithFields(err error) error {
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
