package webhooks

import (
	"testing"
	"time"

	"counsel/domain"
)

func TestLimiter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	l := newLimiter(8, clock) // six for webhooks, three for each receiver
	a, b, c := domain.NewID(), domain.NewID(), domain.NewID()
	acquire := func(id domain.ID, want bool) time.Duration {
		t.Helper()
		wait, ok := l.acquire(id)
		if ok != want {
			t.Fatalf("acquired: %v, want %v", ok, want)
		}
		return wait
	}
	for range 3 {
		acquire(a, true)
	}
	if wait := acquire(a, false); wait <= 0 || wait > 2*retryPause {
		t.Errorf("the pause is %s", wait)
	}
	for range 3 {
		acquire(b, true)
	}
	acquire(c, false) // the other workers are for other jobs

	l.release(a, false, slowAfter) // it timed out
	acquire(c, true)
	l.release(c, true, time.Millisecond)
	acquire(a, false)
	l.release(a, false, slowAfter)
	l.release(a, false, slowAfter)
	acquire(a, true) // a slow one has a single slot
	first := acquire(a, false)
	if first < slowRetryPause {
		t.Errorf("the pause is %s", first)
	}
	var last time.Duration
	for range 10_000 {
		last = acquire(a, false)
	}
	if last <= first || last > maxRetryPause {
		t.Errorf("the ten-thousandth pause is %s", last)
	}
	l.release(a, true, time.Millisecond) // it has recovered
	for range 3 {
		acquire(a, true)
	}
	for range 3 {
		l.release(a, true, time.Millisecond)
		l.release(b, true, time.Millisecond)
	}
	// A slow one that is not used any more is removed after a while.
	acquire(c, true)
	l.release(c, false, slowAfter)
	now = now.Add(idleTimeout)
	acquire(a, true)
	l.release(a, true, time.Millisecond)
	if l.receivers[c] != nil {
		t.Error("an idle receiver is never removed")
	}
	if l.active != 0 || l.receivers[a] != nil || l.receivers[b] != nil {
		t.Errorf("left behind: %+v", l)
	}
	if l := newLimiter(1, clock); l.limit != 1 {
		t.Errorf("a process with one worker has a limit of %d", l.limit)
	}
}
