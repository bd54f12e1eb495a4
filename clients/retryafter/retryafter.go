// Package retryafter reads the header by which a server says when to come again (RFC 9110, 10.2.3).
package retryafter

import (
	"net/http"
	"strings"
	"time"
)

// Longest is what is waited at most, whatever a server asks for.
const Longest = 24 * time.Hour

// Wait is how long the answer with this header asks to wait, in seconds or until a date in any form that HTTP
// has. 0: it asks for nothing, for what is over, or nonsense. A date is measured by the server's own clock, if it
// says what that shows.
func Wait(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if digits := strings.TrimLeft(v, "0"); v != "" && strings.Trim(v, "0123456789") == "" {
		if len(digits) > len("86400") { // which need not fit a number
			return Longest
		}
		d, err := time.ParseDuration(v + "s")
		if err != nil {
			return 0
		}
		return min(d, Longest)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if said, err := http.ParseTime(h.Get("Date")); err == nil {
		now = said
	}
	return min(max(at.Sub(now), 0), Longest)
}
