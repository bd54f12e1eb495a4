// Package retryafter parses the Retry-After header (RFC 9110, section 10.2.3).
package retryafter

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Longest caps the wait, whatever the server asks for.
const Longest = 24 * time.Hour

// Wait returns how long a response asks to wait. It accepts seconds, any HTTP date, and two extensions that some
// providers use: fractional seconds, and Retry-After-Ms in milliseconds. It returns 0 if the header is missing or
// invalid or the time has passed. A date is compared with the response's Date header, if there is one, and else with now.
func Wait(h http.Header, now time.Time) time.Duration {
	if v := strings.TrimSpace(h.Get("Retry-After-Ms")); v != "" {
		return wait(v, time.Millisecond)
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	at, err := http.ParseTime(v)
	if err != nil {
		return wait(v, time.Second)
	}
	if sentAt, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sentAt
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
