// Package retry has what every retry policy needs: jitter, and a wait that ends with its context. How
// often and how long something is retried is set where it is done: for jobs in jobs.Worker, for
// webhooks and mails in their packages, for requests to other systems in their clients.
package retry

import (
	"context"
	"math/rand/v2"
	"time"
)

// Jitter varies d at random by up to share of it, a number from 0 to 1, in both directions, so that what
// failed together is not retried together.
func Jitter(d time.Duration, share float64) time.Duration {
	return time.Duration(float64(d) * (1 + share*(2*rand.Float64()-1)))
}

// Wait waits for d. It reports false if ctx ended first.
func Wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
