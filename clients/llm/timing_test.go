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
)

// pipe is a network in memory, so that a whole HTTP conversation runs on synctest's clock.
type pipe struct{ conns chan net.Conn }

func (p pipe) Accept() (net.Conn, error) {
	c, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipe) Close() error   { close(p.conns); return nil }
func (p pipe) Addr() net.Addr { return &net.TCPAddr{} }

// timed runs f against handler with the clock of synctest and every default setting.
func timed(t *testing.T, handler http.HandlerFunc, f func(t *testing.T, c *watched)) {
	synctest.Test(t, func(t *testing.T) {
		l := pipe{make(chan net.Conn)}
		srv := &http.Server{ReadHeaderTimeout: time.Hour, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice a caller who hangs up
			handler(w, r)
		})}
		go func() { _ = srv.Serve(l) }()
		tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			l.conns <- far
			return near, nil
		}}
		c := connect(t, "http://provider/v1", func(cfg *Config) {
			*cfg = Config{BaseURL: cfg.BaseURL, APIKey: secret, Model: "m", Log: cfg.Log, OnAttempt: cfg.OnAttempt, Transport: tr}
		})
		f(t, c)
		_ = c.Close()
		_ = srv.Close()
		synctest.Wait()
	})
}

// tries are the times at which a handler was called.
type tries struct {
	mu sync.Mutex
	at []time.Time
}

func (a *tries) note(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.at = append(a.at, time.Now())
		a.mu.Unlock()
		h(w, r)
	}
}

func (a *tries) all() []time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.at)
}

func TestTimesOfTheTries(t *testing.T) {
	var clock tries
	timed(t, clock.note(hang), func(t *testing.T, c *watched) {
		start := time.Now()
		_, err := c.Complete(t.Context(), ask("tenancy"))
		fails(t, err, domain.Unavailable, "ai_unavailable")
		at := clock.all()
		// 10 s, a wait of 0.5 s, 10 s, a wait of 1.5 s, and what is left of 30 s.
		if took := time.Since(start); took != 30*time.Second || len(at) != 3 || c.outcomes() != "timeout timeout timeout" {
			t.Fatalf("%s, %d tries, %s", took, len(at), c.outcomes())
		}
		within(t, at[1].Sub(at[0]), 10*time.Second+400*time.Millisecond, 10*time.Second+600*time.Millisecond)
		within(t, at[2].Sub(at[1]), 10*time.Second+1200*time.Millisecond, 10*time.Second+1800*time.Millisecond)
	})
}

func TestWaitsAreSpreadAndRetryAfterIsObeyed(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		low    [2]time.Duration
		high   [2]time.Duration
	}{
		"500":                     {status(500), [2]time.Duration{400 * time.Millisecond, 1200 * time.Millisecond}, [2]time.Duration{600 * time.Millisecond, 1800 * time.Millisecond}},
		"429":                     {status(429), [2]time.Duration{400 * time.Millisecond, 1200 * time.Millisecond}, [2]time.Duration{600 * time.Millisecond, 1800 * time.Millisecond}},
		"429 with Retry-After":    {status(429, "Retry-After", "4"), [2]time.Duration{4 * time.Second, 4 * time.Second}, [2]time.Duration{4 * time.Second, 4 * time.Second}},
		"429 with a shorter time": {status(429, "Retry-After", "1"), [2]time.Duration{time.Second, 1200 * time.Millisecond}, [2]time.Duration{time.Second, 1800 * time.Millisecond}},
	} {
		t.Run(name, func(t *testing.T) {
			var clock tries
			timed(t, clock.note(tc.answer), func(t *testing.T, c *watched) {
				_, err := c.Complete(t.Context(), ask("tenancy"))
				fails(t, err, domain.Unavailable, "ai_unavailable")
				at := clock.all()
				if len(at) != 3 {
					t.Fatalf("%d tries", len(at))
				}
				for i := range 2 {
					within(t, at[i+1].Sub(at[i]), tc.low[i], tc.high[i])
				}
			})
		})
	}
	seen := map[time.Duration]bool{}
	for range 100 {
		d := jitter(time.Second)
		within(t, d, 800*time.Millisecond, 1200*time.Millisecond)
		seen[d] = true
	}
	if len(seen) < 50 {
		t.Error("the waits are not spread")
	}
}

func within(t *testing.T, d, low, high time.Duration) {
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
			answers("x")(w, r)
			return
		}
		status(500)(w, r)
	}
	timed(t, handler, func(t *testing.T, c *watched) {
		for range 2 {
			_, err := c.Complete(t.Context(), ask("tenancy"))
			fails(t, err, domain.Unavailable, "ai_unavailable")
		}
		if c.Breaker() != "open" || requests.Load() != 5 { // the fifth failure opens it, and ends the second request
			t.Fatalf("%s after %d requests", c.Breaker(), requests.Load())
		}
		start := time.Now()
		_, err := c.Complete(t.Context(), ask("tenancy"))
		e := fails(t, err, domain.Unavailable, "ai_unavailable")
		if time.Since(start) != 0 || requests.Load() != 5 || e.RetryAfter != 10*time.Second {
			t.Errorf("%s, %d requests, RetryAfter %s", time.Since(start), requests.Load(), e.RetryAfter)
		}

		time.Sleep(10*time.Second + time.Millisecond) // synctest's time: none of ours
		_, err = c.Complete(t.Context(), ask("tenancy"))
		fails(t, err, domain.Unavailable, "ai_unavailable")
		if c.Breaker() != "open" || requests.Load() != 6 {
			t.Errorf("a failed probe left it %s after %d requests", c.Breaker(), requests.Load())
		}

		time.Sleep(10*time.Second + time.Millisecond)
		up.Store(true)
		if _, err = c.Complete(t.Context(), ask("tenancy")); err != nil || c.Breaker() != "closed" {
			t.Errorf("after the probe %s, %v", c.Breaker(), err)
		}
	})
}

func TestOneProbeAtATimeAndACancelledOneDoesNotBlock(t *testing.T) {
	var requests atomic.Int32
	handler := func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) <= 5 {
			status(500)(w, r)
			return
		}
		hang(w, r)
	}
	timed(t, handler, func(t *testing.T, c *watched) {
		for range 2 {
			_, _ = c.Complete(t.Context(), ask("tenancy"))
		}
		time.Sleep(10*time.Second + time.Millisecond)
		for range 2 { // a second probe is let through after the first caller hung up
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { _, err := c.Complete(ctx, ask("tenancy")); done <- err }()
			synctest.Wait()
			_, err := c.Complete(t.Context(), ask("tenancy"))
			if e := fails(t, err, domain.Unavailable, "ai_unavailable"); e.RetryAfter != time.Second {
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

// A refusal says nothing about whether the provider is up: with the breaker open, a wrong key would
// look like a provider that is busy.
func TestRefusalsDoNotOpenTheBreaker(t *testing.T) {
	for code, reason := range map[int]string{400: "ai_request_refused", 404: "ai_request_refused", 422: "ai_request_refused", 401: "ai_key_refused", 403: "ai_key_refused", 402: "ai_quota_exceeded"} {
		p := serve(t, status(code))
		c := connect(t, p.URL, func(cfg *Config) { cfg.BreakerFailures = 3 })
		for range 5 {
			_, err := c.Complete(t.Context(), ask("x"))
			fails(t, err, domain.Upstream, reason)
		}
		if c.Breaker() != "closed" || p.count() != 5 {
			t.Errorf("%d: %s after %d requests", code, c.Breaker(), p.count())
		}
	}
}

// What the model says is up to whoever asks: nobody can have the breaker open for all by asking
// for silence or for a flood. What is no answer at all counts.
func TestTheCallersAnswersDoNotOpenTheBreaker(t *testing.T) {
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
		"empty":           {answers(""), false, "closed"},
		"empty stream":    {frames(nil, chunk("", "stop"), "data: [DONE]\n\n"), true, "closed"},
		"too large":       {answers(flood), false, "closed"},
		"too large piece": {stream(flood), true, "closed"},
		"too many pieces": {frames(nil, strings.Repeat(chunk("", ""), 1000)), true, "closed"},
		"not JSON":        {notJSON, false, "open"},
		"a web page":      {webPage, false, "open"},
		"not JSON stream": {frames(nil, "data: {{\n\n"), true, "open"},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, tc.handler)
			c := connect(t, p.URL, func(cfg *Config) { cfg.BreakerFailures, cfg.MaxAnswer = 3, 4096 })
			for range 3 {
				var err error
				if tc.stream {
					_, err = c.Stream(t.Context(), ask("x"), func(string) {})
				} else {
					_, err = c.Complete(t.Context(), ask("x"))
				}
				fails(t, err, domain.Upstream, "ai_bad_answer")
			}
			if c.Breaker() != tc.want {
				t.Errorf("the breaker is %s", c.Breaker())
			}
		})
	}
}
