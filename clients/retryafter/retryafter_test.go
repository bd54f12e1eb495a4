package retryafter

import (
	"net/http"
	"testing"
	"time"
)

func TestWait(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 0, 0, 500, time.UTC)
	for v, want := range map[string]time.Duration{
		"": 0, "0": 0, "1": time.Second, "120": 2 * time.Minute, " 7 ": 7 * time.Second, "007": 7 * time.Second, "86400": Longest, "86401": Longest, "99999999999999999999999999": Longest,
		"-5": 0, "+5": 0, "1.5": 1500 * time.Millisecond, "Inf": 0, "NaN": 0, ".": 0, "5s": 0, "soon": 0, "1e3": 0, "٣": 0,
		"Wed, 25 Nov 2026 09:01:00 GMT":     time.Minute - 500,
		"Wednesday, 25-Nov-26 09:01:00 GMT": time.Minute - 500,
		"Wed Nov 25 09:01:00 2026":          time.Minute - 500,
		"Wed, 25 Nov 2026 08:59:00 GMT":     0,
		"Fri, 25 Dec 2026 09:00:00 GMT":     Longest,
		"2026-11-25T09:01:00Z":              0,
	} {
		if got := Wait(http.Header{"Retry-After": {v}}, now); got != want {
			t.Errorf("%q is %s, want %s", v, got, want)
		}
	}
	if got := Wait(http.Header{}, now); got != 0 {
		t.Errorf("no header is %s", got)
	}
	if got := Wait(http.Header{"Retry-After-Ms": {"2500"}, "Retry-After": {"7"}}, now); got != 2500*time.Millisecond {
		t.Errorf("in milliseconds %s", got)
	}
	h := http.Header{"Retry-After": {"Wed, 25 Nov 2026 10:00:30 GMT"}, "Date": {"Wed, 25 Nov 2026 10:00:00 GMT"}} // an hour fast
	if got := Wait(h, now); got != 30*time.Second {
		t.Errorf("by the server's clock %s", got)
	}
}
