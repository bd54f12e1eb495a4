package webhooks

import (
	"testing"
	"time"

	"counsel/domain"
)

func TestGate(t *testing.T) {
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	g := newGate(8, clock) // six for webhooks, three for one of them
	a, b, c := domain.NewID(), domain.NewID(), domain.NewID()
	enter := func(id domain.ID, want bool) time.Duration {
		t.Helper()
		wait, ok := g.enter(id)
		if ok != want {
			t.Fatalf("let in: %v, want %v", ok, want)
		}
		return wait
	}
	for range 3 {
		enter(a, true)
	}
	if wait := enter(a, false); wait <= 0 || wait > 2*briefWait {
		t.Errorf("waits %s", wait)
	}
	for range 3 {
		enter(b, true)
	}
	enter(c, false) // others than webhooks have the rest

	g.leave(a, false, slowAfter) // it hung
	enter(c, true)
	g.leave(c, true, time.Millisecond)
	enter(a, false)
	g.leave(a, false, slowAfter)
	g.leave(a, false, slowAfter)
	enter(a, true) // a slow one has a single place
	first := enter(a, false)
	if first < slowWait {
		t.Errorf("waits %s", first)
	}
	var last time.Duration
	for range 10_000 {
		last = enter(a, false)
	}
	if last <= first || last > maxWait {
		t.Errorf("the ten-thousandth waits %s", last)
	}
	g.leave(a, true, time.Millisecond) // it has recovered
	for range 3 {
		enter(a, true)
	}
	for range 3 {
		g.leave(a, true, time.Millisecond)
		g.leave(b, true, time.Millisecond)
	}
	// A slow one that is asked no more is forgotten, in time.
	enter(c, true)
	g.leave(c, false, slowAfter)
	now = now.Add(forgetAfter)
	enter(a, true)
	g.leave(a, true, time.Millisecond)
	if g.doors[c] != nil {
		t.Error("a receiver is never forgotten")
	}
	if g.busy != 0 || g.doors[a] != nil || g.doors[b] != nil {
		t.Errorf("left behind: %+v", g)
	}
	if g := newGate(1, clock); g.most != 1 {
		t.Errorf("a process with one place has %d", g.most)
	}
}
