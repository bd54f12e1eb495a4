package ai

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"counsel/domain"
	"counsel/sandbox/testkit"
)

// A user cannot have more than MaxFlights calls in progress. What needs no call does not count.
func TestMaxFlights(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(c *Config) { c.MaxFlights = 2 })
	f.ask(t, f.user, "What is cached?")
	h := newControlledResponse()
	f.model.setResponse(h.respond)
	ctx, cancel := context.WithCancel(t.Context())
	_, one := f.stream(ctx, f.user, "What is one?")
	_, two := f.stream(t.Context(), f.user, "What is two?")
	await(t, "the first call", h.began)
	await(t, "the second call", h.began)
	wantRateLimited := func(err error) {
		t.Helper()
		wantCode(t, err, domain.RateLimited, "")
		if e := err.(*domain.Error); e.RetryAfter < time.Second {
			t.Errorf("RetryAfter is %v", e.RetryAfter)
		}
	}
	_, err := f.Chat(t.Context(), f.user, Question{UserID: f.user.UserID, Message: "What is three?"})
	wantRateLimited(err)
	cancel() // its flight continues
	_, err = f.Analyze(t.Context(), f.user, AnalysisRequest{Text: "The Supplier's liability is unlimited."})
	wantRateLimited(err)

	if a := f.ask(t, f.user, "What is cached?"); !a.Cached {
		t.Errorf("a cached answer: %+v", a)
	}
	lookups := f.metrics.lookups.Load()
	_, follows := f.stream(t.Context(), f.user, "What is two?")
	testkit.Eventually(t, "the follower's lookup", func() bool { return f.metrics.lookups.Load() > lookups })
	other := addUser(t, f.db, domain.RoleClient)
	_, others := f.stream(t.Context(), other, "What is other?")
	await(t, "the other user's call", h.began)

	close(h.next)
	for _, done := range []chan streamed{one, two, follows, others} {
		if s := await(t, "a result", done); domain.CodeOf(s.err) != domain.Upstream { // the answer is empty
			t.Errorf("%+v", s)
		}
	}
	f.model.setResponse(nil)
	f.ask(t, f.user, "What is three?")
	f.wantNoFlights(t)
}

// However a flight ends, it no longer counts.
func TestMaxFlightsIsReleased(t *testing.T) {
	t.Parallel()
	const limit = 4
	f := newFixture(t, func(c *Config) { c.MaxFlights, c.Deadline = limit, 5*time.Second })
	var now, peak, answered, rejected atomic.Int64
	f.model.setResponse(func(ctx context.Context, req Request, delta func(string)) (Completion, error) {
		n := now.Add(1)
		defer now.Add(-1)
		for {
			p := peak.Load()
			if n <= p || peak.CompareAndSwap(p, n) {
				break
			}
		}
		switch len(req.Messages[len(req.Messages)-1].Text) % 3 {
		case 0:
			panic("within the model")
		case 1:
			return Completion{}, errDown
		}
		return echo(ctx, req, delta)
	})
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			for j := range 8 {
				ctx, cancel := context.WithCancel(t.Context())
				if j%2 == 0 {
					cancel()
				}
				message := "What is " + strconv.Itoa(i*1000+j) + "x"[:i%2] + "?"
				_, err := f.Chat(ctx, f.user, Question{UserID: f.user.UserID, Message: message})
				cancel()
				switch domain.CodeOf(err) {
				case domain.RateLimited:
					rejected.Add(1)
				case domain.Unavailable:
				case domain.Internal: // also the code of nil
				default:
					t.Errorf("error %v", err)
				}
				if err == nil {
					answered.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if peak.Load() > limit || peak.Load() == 0 {
		t.Errorf("%d concurrent calls", peak.Load())
	}
	if answered.Load() == 0 || rejected.Load() == 0 {
		t.Errorf("%d answered, %d rejected", answered.Load(), rejected.Load())
	}
	f.wantNoFlights(t)
}

// wantNoFlights checks that no flight is counted after the last one has ended.
func (f *fixture) wantNoFlights(t *testing.T) {
	t.Helper()
	if n := f.flights.Leading(); n != 0 {
		t.Errorf("%d flights are still counted", n)
	}
}

// Concurrent requests share one cache lookup, so it must not fail when the caller that started it hangs up.
func TestLookupOutlivesCaller(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range 20 {
		message := "What is " + strconv.Itoa(i) + "?"
		var wg sync.WaitGroup
		for _, ctx := range []context.Context{canceled, t.Context(), canceled, t.Context()} {
			wg.Go(func() {
				if _, err := f.Chat(ctx, f.user, Question{UserID: f.user.UserID, Message: message}); err != nil {
					t.Errorf("error %v", err)
				}
			})
		}
		wg.Wait()
	}
	if n := f.metrics.errors.Load(); n != 0 || f.model.calls() != 20 {
		t.Errorf("%d lookups failed, %d calls", n, f.model.calls())
	}
}
