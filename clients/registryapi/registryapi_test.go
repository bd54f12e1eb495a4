package registryapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"counsel/clients/registryapi"
	"counsel/domain"
	"counsel/sandbox/testkit"
)

// fixture is a client of a server that answers as the test wants, with a clock of its own.
type fixture struct {
	*registryapi.Client
	now      atomic.Int64
	requests atomic.Int32
	outcomes chan registryapi.Outcome
	answer   http.HandlerFunc
}

func newFixture(t *testing.T, change func(*registryapi.Config)) *fixture {
	t.Helper()
	f := &fixture{outcomes: make(chan registryapi.Outcome, 100)}
	f.now.Store(time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC).UnixNano())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.requests.Add(1)
		f.answer(w, r)
	}))
	t.Cleanup(s.Close)
	cfg := registryapi.Config{Name: "test", URL: s.URL, Requests: 1000, Window: time.Minute, Clock: func() time.Time { return time.Unix(0, f.now.Load()).UTC() },
		OnOutcome: func(o registryapi.Outcome) { f.outcomes <- o }}
	if change != nil {
		change(&cfg)
	}
	var err error
	f.Client, err = registryapi.New(cfg)
	testkit.Must(t, err)
	t.Cleanup(f.Close)
	return f
}

func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestOutcomes(t *testing.T) {
	for _, tc := range []struct {
		name    string
		answer  http.HandlerFunc
		code    domain.Code // "": no error
		outcome registryapi.Outcome
	}{
		{"JSON", answer(200, "application/json; charset=utf-8", `{"name":"x"}`), "", registryapi.OutcomeOK},
		{"JSON:API", answer(200, "application/vnd.api+json", `{"name":"x"}`), "", registryapi.OutcomeOK},
		{"a page", answer(200, "text/html", `<p>dissolved`), domain.Upstream, registryapi.OutcomeMalformed},
		{"JSON that claims to be a page", answer(200, "text/html", `{"name":"x"}`), domain.Upstream, registryapi.OutcomeMalformed},
		{"another type", answer(200, "application/json", `{"name":{}}`), domain.Upstream, registryapi.OutcomeMalformed},
		{"half of it", answer(200, "application/json", `{"name":"x`), domain.Upstream, registryapi.OutcomeMalformed},
		{"too much", answer(200, "application/json", `{"name":"`+strings.Repeat("x", 5<<20)+`"}`), domain.Upstream, registryapi.OutcomeMalformed},
		{"not found", answer(404, "application/json", `{}`), domain.NotFound, registryapi.OutcomeNotFound},
		{"not found, says a proxy", answer(404, "text/html", `<p>no route`), domain.Upstream, registryapi.OutcomeRejected},
		{"unauthorized", answer(401, "application/json", `{}`), domain.Upstream, registryapi.OutcomeRejected},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, domain.Upstream, registryapi.OutcomeRejected},
		{"an outage", answer(500, "application/json", `{}`), domain.Unavailable, registryapi.OutcomeUnavailable},
		{"a dropped connection", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, domain.Unavailable, registryapi.OutcomeUnavailable},
		{"a rate limit", answer(429, "application/json", `{}`), domain.Unavailable, registryapi.OutcomeRateLimited},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFixture(t, nil)
			f.answer = tc.answer
			var out struct{ Name registryapi.Text }
			err := f.Get(t.Context(), "/x", &out)
			if tc.code == "" && err != nil || tc.code != "" && domain.CodeOf(err) != tc.code {
				t.Errorf("got %v, want %q", err, tc.code)
			}
			if got := <-f.outcomes; got != tc.outcome {
				t.Errorf("the outcome is %s, want %s", got, tc.outcome)
			}
			if tc.code == "" && out.Name != "x" {
				t.Errorf("got %q", out.Name)
			}
		})
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	for _, header := range []struct{ name, value string }{{"Retry-After", "120"}, {"X-Ratelimit-Reset", "1795999320"}} {
		f := newFixture(t, nil)
		f.now.Store(time.Unix(1795999200, 0).UnixNano())
		f.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(header.name, header.value)
			w.WriteHeader(http.StatusTooManyRequests)
		}
		var out struct{}
		e, ok := errors.AsType[*domain.Error](f.Get(t.Context(), "/x", &out))
		if !ok || e.Reason != "registry_rate_limited" || e.RetryAfter != 2*time.Minute {
			t.Fatalf("%s: got %+v", header.name, e)
		}
		f.answer = answer(200, "application/json", `{}`)
		f.now.Add(int64(119 * time.Second))
		if e, _ := errors.AsType[*domain.Error](f.Get(t.Context(), "/x", &out)); e == nil || e.RetryAfter != time.Second {
			t.Errorf("%s: a second too early: got %+v", header.name, e)
		}
		if n := f.requests.Load(); n != 1 {
			t.Errorf("%s: %d requests were sent, want 1", header.name, n)
		}
		f.now.Add(int64(time.Second))
		testkit.Must(t, f.Get(t.Context(), "/x", &out))
	}
}

// TestRateLimit: no window has more requests than the register allows, and what does not fit is refused with the time to wait.
func TestRateLimit(t *testing.T) {
	f := newFixture(t, func(c *registryapi.Config) { c.Requests, c.Window, c.MaxWait = 60, time.Minute, time.Nanosecond })
	f.answer = answer(200, "application/json", `{}`)
	var out struct{}
	sent := 0
	for range 60 {
		for f.Get(t.Context(), "/x", &out) == nil {
			sent++
			<-f.outcomes
		}
		<-f.outcomes
		f.now.Add(int64(time.Second))
	}
	if sent > 60 || sent < 50 {
		t.Errorf("%d requests were sent in a minute, want at most 60, and most of them", sent)
	}
	if int(f.requests.Load()) != sent {
		t.Errorf("the server received %d, want %d", f.requests.Load(), sent)
	}
}

func TestBreaker(t *testing.T) {
	f := newFixture(t, nil)
	f.answer = answer(500, "text/plain", "")
	var out struct{}
	for range 8 {
		if err := f.Get(t.Context(), "/x", &out); domain.CodeOf(err) != domain.Unavailable {
			t.Fatalf("got %v", err)
		}
	}
	if n := f.requests.Load(); n != 5 {
		t.Errorf("%d requests reached a register that is down, want 5", n)
	}
}

func TestCancelledRequest(t *testing.T) {
	f := newFixture(t, func(c *registryapi.Config) { c.Parallel = 1 })
	entered := make(chan struct{})
	f.answer = func(_ http.ResponseWriter, r *http.Request) { close(entered); <-r.Context().Done() }
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { first <- f.Get(ctx, "/x", new(struct{})) }()
	<-entered
	waiting, leave := context.WithCancel(t.Context())
	leave()
	if err := f.Get(waiting, "/x", new(struct{})); !errors.Is(err, context.Canceled) { // the only slot is taken
		t.Errorf("got %v", err)
	}
	cancel()
	if err := <-first; err == nil {
		t.Error("a cancelled request succeeded")
	}
}

func TestInvalidConfig(t *testing.T) {
	for _, u := range []string{"", "ftp://host", "https://", "https://user:key@host", "https://host?key=1"} {
		if _, err := registryapi.New(registryapi.Config{Name: "test", URL: u, Requests: 1, Window: time.Second}); err == nil {
			t.Errorf("%q was accepted", u)
		}
	}
	if _, err := registryapi.New(registryapi.Config{Name: "test", URL: "https://host"}); err == nil {
		t.Error("a client without a rate limit was accepted")
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{`"a"`, `1`, `null`, `{}`, `[1]`, `true`, `" 2026-11-30T10:00:00Z"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var text registryapi.Text
		if json.Unmarshal([]byte(s), &text) != nil {
			return
		}
		if day := text.Day(); day != "" && len(day) != 10 {
			t.Errorf("%q has the day %q", s, day)
		}
	})
}
