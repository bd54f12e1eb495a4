package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"counsel/domain"
	"counsel/handlers"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

// getStatus requests a path with its own context and returns the status, 0 if there was no answer.
func (f *fixture) getStatus(ctx context.Context, who *user, path string) int {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url+path, nil)
	if err != nil {
		return 0
	}
	if who != nil {
		r.Header.Set("Authorization", "Bearer "+who.token)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}

// TestHungDatabase: if the database hangs, more requests than the pool has connections are all answered in
// time.
func TestHungDatabase(t *testing.T) {
	t.Parallel()
	database := testenv.PrivateMySQL(t)
	f := newFixture(t, func(s *fixtureConfig) {
		s.Database.URL = database.URL
		s.handlers = func(c *handlers.Config) { c.StoreTimeout = time.Second }
	})
	ada := f.register("ada", domain.RoleClient)
	database.Pause()
	defer database.Resume()

	statuses := make([]int, 60)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
			defer cancel()
			statuses[i] = f.getStatus(ctx, ada, "/api/auth/me")
		})
	}
	wg.Wait()
	for i, status := range statuses {
		if status != http.StatusServiceUnavailable {
			t.Fatalf("request %d: %d", i, status)
		}
	}
	f.call(ada, "GET", "/api/auth/me", nil).expect(503, "unavailable")

	// A client that hangs up is not counted as an error.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.getStatus(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }}), ada, "/api/auth/me")
	testkit.Eventually(t, "the hang-up is seen", func() bool { return strings.Contains(f.logs.String(), `"outcome":"cancelled"`) })

	database.Resume()
	testkit.Eventually(t, "the database is back", func() bool { return f.getStatus(t.Context(), ada, "/api/auth/me") == http.StatusOK })
}

// callHungUp requests a path as a client that has already hung up.
func (f *fixture) callHungUp(who *user, path string) {
	ctx, cancel := context.WithCancel(f.t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if who != nil {
		r.Header.Set("Authorization", "Bearer "+who.token)
	}
	f.server.ServeHTTP(httptest.NewRecorder(), r)
}

func TestClientHangsUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(s *fixtureConfig) { s.limitRequests(1000) })
	ada := f.register("ada", domain.RoleClient)
	for range 50 {
		f.callHungUp(ada, "/api/auth/me")
	}
	logs := f.logs.String()
	if n := strings.Count(logs, `"outcome":"cancelled"`); n != 50 || strings.Contains(logs, `"level":"ERROR"`) {
		t.Errorf("%d requests are logged as canceled, in %s", n, logs)
	}
	page := string(f.call(nil, "GET", "/metrics", nil).expect(200, "").body)
	if !strings.Contains(page, `counsel_http_requests_total{operation="getCurrentUser",status="499"} 50`) ||
		strings.Contains(page, `counsel_http_errors_total{code="unavailable"`) {
		t.Errorf("counted as failures: %s", page)
	}

	// A failure for another reason is an error even if the client hung up.
	f.ready = func(context.Context) (error, error) { return errors.New("down"), nil }
	f.callHungUp(nil, "/readyz")
	if !strings.Contains(f.logs.String(), `"level":"ERROR"`) {
		t.Error("a failure was logged as a canceled request")
	}
}

func TestReadinessIsCached(t *testing.T) {
	t.Parallel()
	now := domain.SystemClock()
	f := newFixture(t, func(s *fixtureConfig) {
		s.handlers = func(c *handlers.Config) { c.Clock = func() time.Time { return now } }
	})
	var asked atomic.Int32
	f.ready = func(ctx context.Context) (error, error) {
		asked.Add(1)
		return ctx.Err(), nil
	}
	f.callHungUp(nil, "/readyz") // does not affect later requests
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if status := f.getStatus(t.Context(), nil, "/readyz"); status != http.StatusOK {
				t.Errorf("not ready: %d", status)
			}
		})
	}
	wg.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("the database got %d queries", n)
	}
}

// TestRefusedRequestsAreCharged: every refused request is charged to the network address.
func TestRefusedRequestsAreCharged(t *testing.T) {
	t.Parallel()
	spent := func(t *testing.T, f *fixture, who *user, path string, status int) {
		t.Helper()
		for i := range 9 {
			switch got := f.call(who, "GET", path, nil).status; {
			case got == http.StatusTooManyRequests && i > 0:
				return
			case got != status:
				t.Fatalf("answers %d", got)
			}
		}
		t.Fatal("the request does not end")
	}
	t.Run("another role's operation", func(t *testing.T) {
		f := newFixture(t, func(s *fixtureConfig) { s.limitRequests(8) })
		spent(t, f, f.register("ada", domain.RoleClient), "/api/users", http.StatusForbidden)
	})
	t.Run("nowhere", func(t *testing.T) {
		f := newFixture(t, func(s *fixtureConfig) { s.limitRequests(8) })
		spent(t, f, nil, "/api/nowhere", http.StatusNotFound)
		f.call(nil, "GET", "/livez", nil).expect(200, "")
	})
	t.Run("nobody can tell whose token it is", func(t *testing.T) {
		database, redis := testenv.PrivateMySQL(t), testenv.PrivateRedis(t)
		f := newFixture(t, func(s *fixtureConfig) {
			s.limitRequests(8)
			s.Database.URL, s.Redis.URL = database.URL, redis.URL
		})
		ada := f.register("ada", domain.RoleClient)
		database.Kill9()
		redis.Kill9()
		spent(t, f, ada, "/api/auth/me", http.StatusServiceUnavailable)
	})
}

func TestProblemsAreBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	a := f.call(ada, "POST", "/api/ai/chat", `{"`+strings.Repeat("é", 400_000)+`":1}`).expect(400, "malformed")
	found := false
	for _, e := range a.problem().Errors {
		found = found || utf8.RuneCountInString(e.Pointer) == 1000
	}
	if !found || len(a.body) > 10_000 {
		t.Errorf("the response has %d bytes", len(a.body))
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	for path, status := range map[string]int{"/livez": 200, "/docs": 200, "/api/auth/me": 200, "/api/auth/login": 405, "/api/nowhere": 404} {
		a := f.call(ada, "HEAD", path, nil).expect(status, "")
		if len(a.body) > 0 || a.header.Get("Content-Type") == "" {
			t.Errorf("%s: %d bytes as %q", path, len(a.body), a.header.Get("Content-Type"))
		}
	}
}
