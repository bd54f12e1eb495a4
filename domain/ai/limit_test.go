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
	b := newFixture(t, func(c *Config) { c.MaxFlights = 2 })
	b.ask(t, b.user, "What is cached?")
	h := newControlledResponse()
	b.model.setResponse(h.respond)
	ctx, cancel := context.WithCancel(t.Context())
	_, one := b.stream(ctx, b.user, "What is one?")
	_, two := b.stream(t.Context(), b.user, "What is two?")
	await(t, "the first call", h.began)
	await(t, "the second call", h.began)
	wantRateLimited := func(err error) {
		t.Helper()
		wantCode(t, err, domain.RateLimited, "")
		if e := err.(*domain.Error); e.RetryAfter < time.Second {
			t.Errorf("RetryAfter is %v", e.RetryAfter)
		}
	}
	_, err := b.Chat(t.Context(), b.user, Question{UserID: b.user.UserID, Message: "What is three?"})
	wantRateLimited(err)
	cancel() // its flight continues
	_, err = b.Analyze(t.Context(), b.user, AnalysisRequest{Text: "The Supplier's liability is unlimited."})
	wantRateLimited(err)

	if a := b.ask(t, b.user, "What is cached?"); !a.Cached {
		t.Errorf("a cached answer: %+v", a)
	}
	lookups := b.metrics.lookups.Load()
	_, follows := b.stream(t.Context(), b.user, "What is two?")
	testkit.Eventually(t, "the follower's lookup", func() bool { return b.metrics.lookups.Load() > lookups })
	other := addUser(t, b.db, domain.RoleClient)
	_, others := b.stream(t.Context(), other, "What is other?")
	await(t, "the other user's call", h.began)

	close(h.next)
	for _, done := range []chan streamed{one, two, follows, others} {
		if s := await(t, "a result", done); domain.CodeOf(s.err) != domain.Upstream { // the answer is empty
			t.Errorf("%+v", s)
		}
	}
	b.model.setResponse(nil)
	b.ask(t, b.user, "What is three?")
	b.wantNoFlights(t)
}

// However a flight ends, it no longer counts.
func TestMaxFlightsIsReleased(t *testing.T) {
	t.Parallel()
	const limit = 4
	b := newFixture(t, func(c *Config) { c.MaxFlights, c.Deadline = limit, 5*time.Second })
	var now, peak, answered, rejected atomic.Int64
	b.model.setResponse(func(ctx context.Context, req Request, delta func(string)) (Completion, error) {
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
				_, err := b.Chat(ctx, b.user, Question{UserID: b.user.UserID, Message: message})
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
	b.wantNoFlights(t)
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
	b := newFixture(t)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range 20 {
		message := "What is " + strconv.Itoa(i) + "?"
		var wg sync.WaitGroup
		for _, ctx := range []context.Context{canceled, t.Context(), canceled, t.Context()} {
			wg.Go(func() {
				if _, err := b.Chat(ctx, b.user, Question{UserID: b.user.UserID, Message: message}); err != nil {
					t.Errorf("error %v", err)
				}
			})
		}
		wg.Wait()
	}
	if n := b.metrics.errors.Load(); n != 0 || b.model.calls() != 20 {
		t.Errorf("%d lookups failed, %d calls", n, b.model.calls())
	}
}
