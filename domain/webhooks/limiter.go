package webhooks

import (
	"sync"
	"time"

	"counsel/domain"
)

const (
	slowAfter       = 2 * time.Second  // a receiver that takes longer is slow
	retryPause      = time.Second      // after acquire was refused
	slowRetryPause  = 15 * time.Second // the same for a slow receiver
	maxRetryPause   = 10 * time.Minute
	idleTimeout     = time.Hour // of a receiver's entry
	refusalsPerStep = 8         // this many refusals lengthen the pause by a step
)

// limiter is a bulkhead: it limits concurrent attempts so that receivers do not delay each other,
// nor webhooks the other jobs of this process. All together may use three quarters of the workers,
// one receiver half of those, and a slow receiver one.
type limiter struct {
	clock     domain.Clock
	limit     int
	mu        sync.Mutex
	swept     time.Time
	active    int
	receivers map[domain.ID]*receiver // by webhook; those that are active or were slow
}

// receiver is the state of one compartment of the bulkhead.
type receiver struct {
	active   int
	slow     bool
	refusals int // since the last success of acquire
	lastUsed time.Time
}

func newLimiter(workers int, clock domain.Clock) *limiter {
	return &limiter{clock: clock, limit: max(1, workers*3/4), receivers: map[domain.ID]*receiver{}}
}

// acquire allows an attempt, to be ended with release, or returns how long to wait.
func (l *limiter) acquire(id domain.ID) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	l.sweep(now)
	r := l.receivers[id]
	if r == nil {
		r = &receiver{}
		l.receivers[id] = r
	}
	r.lastUsed = now
	capacity := max(1, l.limit/2)
	if r.slow {
		capacity = 1
	}
	if l.active < l.limit && r.active < capacity {
		l.active++
		r.active++
		r.refusals = 0
		return 0, true
	}
	// The pauses grow, so that a long backlog does not keep workers busy with refusals.
	r.refusals++
	wait = retryPause
	if r.slow {
		wait = slowRetryPause
	}
	return min(wait*time.Duration(1+r.refusals/refusalsPerStep), maxRetryPause), false
}

// release ends an attempt.
func (l *limiter) release(id domain.ID, delivered bool, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.receivers[id]
	l.active--
	r.active--
	if took >= slowAfter {
		r.slow = true
	} else if delivered {
		r.slow = false
	}
	if r.active == 0 && !r.slow {
		delete(l.receivers, id)
	}
}

// sweep removes receivers that have been idle for long.
func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < idleTimeout {
		return
	}
	l.swept = now
	for id, r := range l.receivers {
		if r.active == 0 && now.Sub(r.lastUsed) >= idleTimeout {
			delete(l.receivers, id)
		}
	}
}
