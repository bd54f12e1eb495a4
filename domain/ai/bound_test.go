package ai

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"counsel/domain"
	"counsel/sandbox/testenv"
)

// TestOneUserIsBounded: nobody takes more than their share of the provider, and what costs no
// call is free.
func TestOneUserIsBounded(t *testing.T) {
	t.Parallel()
	b := newBundle(t, func(d *Deps) { d.MaxFlights = 2 })
	b.ask(t, b.user, "What is known?")
	h := newHeld()
	b.model.then(h.say)
	ctx, hangUp := context.WithCancel(t.Context())
	_, one := b.stream(ctx, b.user, "What is one?")
	_, two := b.stream(t.Context(), b.user, "What is two?")
	await(t, "the first call", h.began)
	await(t, "the second call", h.began)
	refused := func(err error) {
		t.Helper()
		wantCode(t, err, domain.RateLimited, "")
		if e := err.(*domain.Error); e.RetryAfter < time.Second {
			t.Errorf("to be tried again after %v", e.RetryAfter)
		}
	}
	_, err := b.Chat(t.Context(), b.user, Question{UserID: b.user.UserID, Message: "What is three?"})
	refused(err)
	hangUp() // its flight goes on
	_, err = b.Analyze(t.Context(), b.user, AnalysisRequest{Text: "The Supplier's liability is unlimited."})
	refused(err)

	if a := b.ask(t, b.user, "What is known?"); !a.Cached {
		t.Errorf("a cached answer: %+v", a)
	}
	lookups := b.seen.lookups.Load()
	_, follows := b.stream(t.Context(), b.user, "What is two?")
	testenv.Eventually(t, "the follower asks", func() bool { return b.seen.lookups.Load() > lookups })
	other := addUser(t, b.DB, domain.RoleClient)
	_, others := b.stream(t.Context(), other, "What is other?")
	await(t, "the other user's call", h.began)

	close(h.next)
	for _, done := range []chan streamed{one, two, follows, others} {
		if s := await(t, "an end", done); domain.CodeOf(s.err) != domain.Upstream { // nothing was said
			t.Errorf("%+v", s)
		}
	}
	b.model.then(nil)
	b.ask(t, b.user, "What is three?")
	b.noneLeads(t)
}

// TestBoundHoldsAndIsGivenBack: however the flights end, the places they took are free again.
func TestBoundHoldsAndIsGivenBack(t *testing.T) {
	t.Parallel()
	const most = 4
	b := newBundle(t, func(d *Deps) { d.MaxFlights, d.Deadline = most, 5*time.Second })
	var now, peak, answered, refused atomic.Int64
	b.model.then(func(ctx context.Context, req Request, delta func(string)) (Completion, error) {
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
				ctx, hangUp := context.WithCancel(t.Context())
				if j%2 == 0 {
					hangUp()
				}
				message := "What is " + strconv.Itoa(i*1000+j) + "x"[:i%2] + "?"
				_, err := b.Chat(ctx, b.user, Question{UserID: b.user.UserID, Message: message})
				hangUp()
				switch domain.CodeOf(err) {
				case domain.RateLimited:
					refused.Add(1)
				case domain.Unavailable:
				case domain.Internal: // also what CodeOf says of nil
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
	if peak.Load() > most || peak.Load() == 0 {
		t.Errorf("%d calls at once", peak.Load())
	}
	if answered.Load() == 0 || refused.Load() == 0 {
		t.Errorf("%d answered, %d refused", answered.Load(), refused.Load())
	}
	b.noneLeads(t)
}

// noneLeads fails if a place is still counted after the last flight.
func (b *bundle) noneLeads(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.leading) != 0 {
		t.Errorf("still counted: %v", b.leading)
	}
}

// TestLookupIsNobodysOwn: one look-up in the cache is shared by all who ask at once, so it must
// not end with the caller who happened to begin it.
func TestLookupIsNobodysOwn(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	for i := range 20 {
		message := "What is " + strconv.Itoa(i) + "?"
		var wg sync.WaitGroup
		for _, ctx := range []context.Context{gone, t.Context(), gone, t.Context()} {
			wg.Go(func() {
				if _, err := b.Chat(ctx, b.user, Question{UserID: b.user.UserID, Message: message}); err != nil {
					t.Errorf("error %v", err)
				}
			})
		}
		wg.Wait()
	}
	if n := b.seen.errors.Load(); n != 0 || b.model.calls() != 20 {
		t.Errorf("%d look-ups failed, %d calls", n, b.model.calls())
	}
}
