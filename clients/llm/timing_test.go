package llm

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"counsel/domain"
	"counsel/domain/retry"
)

// pipeListener is an in-memory network, so that whole HTTP exchanges run on synctest's clock.
type pipeListener struct{ conns chan net.Conn }

func (p pipeListener) Accept() (net.Conn, error) {
	c, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipeListener) Close() error   { close(p.conns); return nil }
func (p pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// bodyKey is the key of the request's body in the context of a handler of withFakeTime.
type bodyKey struct{}

// withFakeTime runs f against handler on synctest's clock, with default settings.
func withFakeTime(t *testing.T, handler http.HandlerFunc, f func(t *testing.T, c *fixture)) {
	synctest.Test(t, func(t *testing.T) {
		l := pipeListener{make(chan net.Conn)}
		srv := &http.Server{ReadHeaderTimeout: time.Hour, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body) // only then does the server notice a caller who hangs up
			handler(w, r.WithContext(context.WithValue(r.Context(), bodyKey{}, string(body))))
		})}
		go func() { _ = srv.Serve(l) }()
		tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			l.conns <- far
			return near, nil
		}}
		c := newFixture(t, "http://provider/v1", func(cfg *Config) {
			*cfg = Config{BaseURL: cfg.BaseURL, APIKey: secret, Model: "m", Log: cfg.Log, OnAttempt: cfg.OnAttempt, Transport: tr}
		})
		f(t, c)
		_ = c.Close()
		_ = srv.Close()
		synctest.Wait()
	})
}

// callTimes are the times at which a handler was called.
type callTimes struct {
	mu sync.Mutex
	at []time.Time
}

func (a *callTimes) record(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.at = append(a.at, time.Now())
		a.mu.Unlock()
		h(w, r)
	}
}

func (a *callTimes) all() []time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.at)
}

func TestAttemptTiming(t *testing.T) {
	var clock callTimes
	withFakeTime(t, clock.record(hang), func(t *testing.T, c *fixture) {
		start := time.Now()
		_, err := c.Complete(t.Context(), newRequest("tenancy"))
		checkError(t, err, domain.Unavailable, "ai_unavailable")
		at := clock.all()
		// 10 s, a wait of 0.5 s, 10 s, a wait of 1.5 s, and what is left of 30 s.
		if took := time.Since(start); took != 30*time.Second || len(at) != 3 || c.outcomes() != "timeout timeout timeout" {
			t.Fatalf("%s, %d tries, %s", took, len(at), c.outcomes())
		}
		checkBetween(t, at[1].Sub(at[0]), 10*time.Second+400*time.Millisecond, 10*time.Second+600*time.Millisecond)
		checkBetween(t, at[2].Sub(at[1]), 10*time.Second+1200*time.Millisecond, 10*time.Second+1800*time.Millisecond)
	})
}

func TestBackoff(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		low    [2]time.Duration
		high   [2]time.Duration
	}{
		"500":                     {respondStatus(500), [2]time.Duration{400 * time.Millisecond, 1200 * time.Millisecond}, [2]time.Duration{600 * time.Millisecond, 1800 * time.Millisecond}},
		"429":                     {respondStatus(429), [2]time.Duration{400 * time.Millisecond, 1200 * time.Millisecond}, [2]time.Duration{600 * time.Millisecond, 1800 * time.Millisecond}},
		"429 with Retry-After":    {respondStatus(429, "Retry-After", "4"), [2]time.Duration{4 * time.Second, 4 * time.Second}, [2]time.Duration{4 * time.Second, 4 * time.Second}},
		"429 with a shorter time": {respondStatus(429, "Retry-After", "1"), [2]time.Duration{time.Second, 1200 * time.Millisecond}, [2]time.Duration{time.Second, 1800 * time.Millisecond}},
	} {
		t.Run(name, func(t *testing.T) {
			var clock callTimes
			withFakeTime(t, clock.record(tc.answer), func(t *testing.T, c *fixture) {
				_, err := c.Complete(t.Context(), newRequest("tenancy"))
				checkError(t, err, domain.Unavailable, "ai_unavailable")
				at := clock.all()
				if len(at) != 3 {
					t.Fatalf("%d tries", len(at))
				}
				for i := range 2 {
					checkBetween(t, at[i+1].Sub(at[i]), tc.low[i], tc.high[i])
				}
			})
		})
	}
	seen := map[time.Duration]bool{}
	for range 100 {
		d := retry.Jitter(time.Second, 0.2)
		checkBetween(t, d, 800*time.Millisecond, 1200*time.Millisecond)
		seen[d] = true
	}
	if len(seen) < 50 {
		t.Error("the waits are not spread")
	}
}

func checkBetween(t *testing.T, d, low, high time.Duration) {
	t.Helper()
	if d < low || d > high {
		t.Errorf("%s is not from %s to %s", d, low, high)
	}
}

func TestBreaker(t *testing.T) {
	var requests atomic.Int32
	var up atomic.Bool
	handler := func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if up.Load() {
			respondText("x")(w, r)
			return
		}
		respondStatus(500)(w, r)
	}
	withFakeTime(t, handler, func(t *testing.T, c *fixture) {
		for range 2 {
			_, err := c.Complete(t.Context(), newRequest("tenancy"))
			checkError(t, err, domain.Unavailable, "ai_unavailable")
		}
		if c.Breaker() != "open" || requests.Load() != 5 { // the fifth failure opens it, and ends the second request
			t.Fatalf("%s after %d requests", c.Breaker(), requests.Load())
		}
		start := time.Now()
		_, err := c.Complete(t.Context(), newRequest("tenancy"))
		e := checkError(t, err, domain.Unavailable, "ai_unavailable")
		if time.Since(start) != 0 || requests.Load() != 5 || e.RetryAfter != 10*time.Second {
			t.Errorf("%s, %d requests, RetryAfter %s", time.Since(start), requests.Load(), e.RetryAfter)
		}

		time.Sleep(10*time.Second + time.Millisecond) // synctest's time
		_, err = c.Complete(t.Context(), newRequest("tenancy"))
		checkError(t, err, domain.Unavailable, "ai_unavailable")
		if c.Breaker() != "open" || requests.Load() != 6 {
			t.Errorf("a failed probe left it %s after %d requests", c.Breaker(), requests.Load())
		}

		time.Sleep(10*time.Second + time.Millisecond)
		up.Store(true)
		if _, err = c.Complete(t.Context(), newRequest("tenancy")); err != nil || c.Breaker() != "closed" {
			t.Errorf("after the probe %s, %v", c.Breaker(), err)
		}
	})
}

func TestOneProbeAtATime(t *testing.T) {
	var requests atomic.Int32
	handler := func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) <= 5 {
			respondStatus(500)(w, r)
			return
		}
		hang(w, r)
	}
	withFakeTime(t, handler, func(t *testing.T, c *fixture) {
		for range 2 {
			_, _ = c.Complete(t.Context(), newRequest("tenancy"))
		}
		time.Sleep(10*time.Second + time.Millisecond)
		for range 2 { // a second probe is let through after the first caller hung up
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { _, err := c.Complete(ctx, newRequest("tenancy")); done <- err }()
			synctest.Wait()
			_, err := c.Complete(t.Context(), newRequest("tenancy"))
			if e := checkError(t, err, domain.Unavailable, "ai_unavailable"); e.RetryAfter != time.Second {
				t.Errorf("RetryAfter %s while probing", e.RetryAfter)
			}
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) || c.Breaker() != "half-open" {
				t.Errorf("%v, breaker %s", err, c.Breaker())
			}
		}
		if n := requests.Load(); n != 7 {
			t.Errorf("%d requests", n)
		}
	})
}

// A rejected request says nothing about the provider's health. If it opened the breaker, a wrong key would
// look like a busy provider.
func TestRejectionsDoNotOpenBreaker(t *testing.T) {
	for code, reason := range map[int]string{400: "ai_request_refused", 404: "ai_request_refused", 422: "ai_request_refused", 401: "ai_key_refused", 403: "ai_key_refused", 402: "ai_quota_exceeded"} {
		p := newFakeProvider(t, respondStatus(code))
		c := newFixture(t, p.URL, func(cfg *Config) { cfg.BreakerFailures = 3 })
		for range 5 {
			_, err := c.Complete(t.Context(), newRequest("x"))
			checkError(t, err, domain.Upstream, reason)
		}
		if c.Breaker() != "closed" || p.count() != 5 {
			t.Errorf("%d: %s after %d requests", code, c.Breaker(), p.count())
		}
	}
}

// Callers can provoke empty and oversized answers, so these do not open the breaker for everybody.
// Malformed answers count.
func TestUnusableAnswersDoNotOpenBreaker(t *testing.T) {
	notJSON := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{{ nonsense")
	}
	webPage := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<p>Sign in")
	}
	flood := strings.Repeat("tenancy ", 1000)
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		stream  bool
		want    string
	}{
		"empty":           {respondText(""), false, "closed"},
		"empty stream":    {respondEvents(nil, chunkEvent("", "stop"), "data: [DONE]\n\n"), true, "closed"},
		"too large":       {respondText(flood), false, "closed"},
		"too large piece": {respondStream(flood), true, "closed"},
		"too many pieces": {respondEvents(nil, strings.Repeat(chunkEvent("", ""), 1000)), true, "closed"},
		"not JSON":        {notJSON, false, "open"},
		"a web page":      {webPage, false, "open"},
		"not JSON stream": {respondEvents(nil, "data: {{\n\n"), true, "open"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newFakeProvider(t, tc.handler)
			c := newFixture(t, p.URL, func(cfg *Config) { cfg.BreakerFailures, cfg.MaxAnswer = 3, 4096 })
			for range 3 {
				var err error
				if tc.stream {
					_, err = c.Stream(t.Context(), newRequest("x"), func(string) {})
				} else {
					_, err = c.Complete(t.Context(), newRequest("x"))
				}
				checkError(t, err, domain.Upstream, "ai_bad_answer")
			}
			if c.Breaker() != tc.want {
				t.Errorf("the breaker is %s", c.Breaker())
			}
		})
	}
}
