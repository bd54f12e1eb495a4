package retry_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"counsel/domain/retry"
)

func TestJitter(t *testing.T) {
	for _, tc := range []struct {
		name            string
		d               time.Duration
		share           float64
		lowest, highest time.Duration
	}{
		{"a tenth", 10 * time.Second, 0.1, 9 * time.Second, 11 * time.Second},
		{"half", time.Second, 0.5, 500 * time.Millisecond, 1500 * time.Millisecond},
		{"none", time.Minute, 0, time.Minute, time.Minute},
		{"of nothing", 0, 0.5, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			seen := map[time.Duration]bool{}
			for range 1000 {
				got := retry.Jitter(tc.d, tc.share)
				if got < tc.lowest || got > tc.highest {
					t.Fatalf("Jitter(%s, %g) = %s", tc.d, tc.share, got)
				}
				seen[got] = true
			}
			if varies := len(seen) > 1; varies != (tc.lowest < tc.highest) {
				t.Errorf("%d different results", len(seen))
			}
		})
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if !retry.Wait(t.Context(), time.Minute) || time.Since(start) != time.Minute {
			t.Errorf("waited %s", time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		if retry.Wait(ctx, time.Minute) || time.Since(start) != time.Second {
			t.Errorf("with a deadline of a second, waited %s", time.Since(start))
		}
	})
}
