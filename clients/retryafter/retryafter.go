// Package retryafter reads the header by which a server says when to come again (RFC 9110, 10.2.3).
package retryafter

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Longest is what is waited at most, whatever a server asks for.
const Longest = 24 * time.Hour

// Wait is how long the answer with this header asks to wait: in seconds, until a date in any form that HTTP has, or
// as some providers say it, in seconds with decimals or, in Retry-After-Ms, in milliseconds. 0: it asks for nothing,
// for what is over, or nonsense. A date is measured by the server's own clock, if it says what that shows.
func Wait(h http.Header, now time.Time) time.Duration {
	if v := strings.TrimSpace(h.Get("Retry-After-Ms")); v != "" {
		return wait(v, time.Millisecond)
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	at, err := http.ParseTime(v)
	if err != nil {
		return wait(v, time.Second)
	}
	if said, err := http.ParseTime(h.Get("Date")); err == nil {
		now = said
	}
	return min(max(at.Sub(now), 0), Longest)
}

func wait(v string, unit time.Duration) time.Duration {
	n, err := strconv.ParseFloat(v, 64) // a number too large is infinite
	if strings.Trim(v, "0123456789.") != "" || err != nil && !math.IsInf(n, 1) {
		return 0
	}
	return time.Duration(min(n*float64(unit), float64(Longest)))
}
