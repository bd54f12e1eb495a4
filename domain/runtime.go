package domain

import (
	"crypto/rand"
	"io"
	"log/slog"
	"time"
)

// Clock returns the current time. Domain code never calls time.Now.
type Clock func() time.Time

// SystemClock is the real clock, in UTC and truncated to the microseconds that MySQL stores.
func SystemClock() time.Time {
	return time.Now().UTC().Truncate(time.Microsecond) //nolint:forbidigo // the one real clock
}

// Runtime is what every service needs from the process it runs in. Tests replace its parts.
type Runtime struct {
	Clock  Clock
	NewID  func() ID
	Random io.Reader // cryptographic
	Log    *slog.Logger
}

// SystemRuntime is the runtime of a running server.
func SystemRuntime(log *slog.Logger) Runtime {
	return Runtime{Clock: SystemClock, NewID: NewID, Random: rand.Reader, Log: log}
}

// Part returns the runtime for one part of the service: each line of its log carries the name.
func (r Runtime) Part(name string) Runtime {
	r.Log = r.Log.With("part", name)
	return r
}
