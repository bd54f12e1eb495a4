package domain

import (
	"context"
	"time"
)

// Usage is what one request made of the AI, for its log line and the metrics. It belongs
// to the request's own goroutine.
type Usage struct {
	Model    string
	Tokens   int
	Cached   bool
	Upstream time.Duration // spent waiting for outside systems
}

type usageKey struct{}

// WithUsage returns ctx carrying u.
func WithUsage(ctx context.Context, u *Usage) context.Context {
	return context.WithValue(ctx, usageKey{}, u)
}

// UsageFrom returns the request's usage, or one that nobody reads.
func UsageFrom(ctx context.Context) *Usage {
	if u, ok := ctx.Value(usageKey{}).(*Usage); ok {
		return u
	}
	return &Usage{}
}
