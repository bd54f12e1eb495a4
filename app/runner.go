package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Runner owns what runs and what must be closed. The service is opened in steps, each of which may use the steps
// before it. Close goes through the steps in reverse order, and closes the parts of one step side by side, so
// that requests and jobs, for example, share the whole shutdown deadline. The parts of a step must therefore not
// depend on each other while they are closed.
type Runner struct{ steps []*step }

type step struct {
	name  string
	parts []part
}

type part struct {
	name  string
	close func(context.Context) error
}

// step begins the next step. Parts registered from now on belong to it.
func (r *Runner) step(name string) { r.steps = append(r.steps, &step{name: name}) }

// onClose registers how to close a part. fn should return when its context ends.
func (r *Runner) onClose(name string, fn func(context.Context) error) {
	last := r.steps[len(r.steps)-1]
	last.parts = append(last.parts, part{name, fn})
}

// loop runs fn in the background until Close, which cancels its context and waits for it as long as the deadline
// allows. A loop must leave nothing behind that the next start cannot continue.
func (r *Runner) loop(ctx context.Context, name string, fn func(context.Context)) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn(ctx)
	}()
	r.onClose(name, func(deadline context.Context) error {
		cancel()
		select {
		case <-done:
		case <-deadline.Done():
		}
		return nil
	})
}

// Close closes everything registered so far. Calling it again does nothing.
func (r *Runner) Close(ctx context.Context) error {
	var errs []error
	for _, s := range slices.Backward(r.steps) {
		errs = append(errs, s.close(ctx))
	}
	r.steps = nil
	return errors.Join(errs...)
}

func (s *step) close(ctx context.Context) error {
	errs := make([]error, len(s.parts))
	var wg sync.WaitGroup
	for i, p := range s.parts {
		wg.Go(func() {
			if err := p.close(ctx); err != nil {
				errs[i] = fmt.Errorf("%s: %s: %w", s.name, p.name, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
