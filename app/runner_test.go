package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRunnerClosesStepsInReverse(t *testing.T) {
	var closed []string
	var r Runner
	for _, name := range []string{"infrastructure", "clients", "services"} {
		r.step(name)
		r.onClose(name, func(context.Context) error {
			closed = append(closed, name)
			return nil
		})
	}
	for range 2 { // the second close does nothing
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"services", "clients", "infrastructure"}; !slices.Equal(closed, want) {
		t.Errorf("closed %v, want %v", closed, want)
	}
}

func TestRunnerClosesPartsSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Runner
		r.step("front door")
		for _, name := range []string{"requests", "jobs"} {
			r.onClose(name, func(ctx context.Context) error {
				<-ctx.Done()
				return errors.New("took too long")
			})
		}
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		start := time.Now()
		err := r.Close(ctx)
		if took := time.Since(start); took != 7*time.Second {
			t.Errorf("closing took %s", took)
		}
		for _, want := range []string{"front door: requests: took too long", "front door: jobs: took too long"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		}
	})
}

func TestRunnerLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Runner
		r.step("services")
		opening, cancelOpening := context.WithCancel(t.Context())
		stopped := make(chan struct{})
		r.loop(opening, "prompt", func(ctx context.Context) {
			<-ctx.Done()
			close(stopped)
		})
		release := make(chan struct{})
		r.loop(opening, "slow", func(context.Context) { <-release })
		cancelOpening() // must not stop the loops
		synctest.Wait()
		select {
		case <-stopped:
			t.Fatal("the loop ended with the context of Open")
		default:
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Close(ctx); err != nil {
			t.Error(err)
		}
		<-stopped
		if ctx.Err() == nil {
			t.Error("close did not wait for the slow loop until the deadline")
		}
		close(release)
	})
}
