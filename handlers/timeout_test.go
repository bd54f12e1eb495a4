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
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

// getStatus requests a path with its own context and returns the status, 0 if there was no answer.
func (b *fixture) getStatus(ctx context.Context, who *user, path string) int {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+path, nil)
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
	database := testenv.PrivateMySQL(t)
	b := newFixture(t, func(s *fixtureConfig) { s.database, s.config.StoreTimeout = database.URL, time.Second })
	ada := b.register("ada", domain.RoleClient)
	database.Pause()
	defer database.Resume()

	statuses := make([]int, 60)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
			defer cancel()
			statuses[i] = b.getStatus(ctx, ada, "/api/auth/me")
		})
	}
	wg.Wait()
	for i, status := range statuses {
		if status != http.StatusServiceUnavailable {
			t.Fatalf("request %d: %d", i, status)
		}
	}
	b.call(ada, "GET", "/api/auth/me", nil).expect(503, "unavailable")

	// A client that hangs up is not counted as an error.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b.getStatus(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }}), ada, "/api/auth/me")
	testkit.Eventually(t, "the hang-up is seen", func() bool { return strings.Contains(b.logs.String(), `"outcome":"cancelled"`) })

	database.Resume()
	testkit.Eventually(t, "the database is back", func() bool { return b.getStatus(t.Context(), ada, "/api/auth/me") == http.StatusOK })
}

// callHungUp requests a path as a client that has already hung up.
func (b *fixture) callHungUp(who *user, path string) {
	ctx, cancel := context.WithCancel(b.t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if who != nil {
		r.Header.Set("Authorization", "Bearer "+who.token)
	}
	b.server.ServeHTTP(httptest.NewRecorder(), r)
}

func TestClientHangsUp(t *testing.T) {
	b := newFixture(t, func(s *fixtureConfig) { s.limit = 1000 })
	ada := b.register("ada", domain.RoleClient)
	for range 50 {
		b.callHungUp(ada, "/api/auth/me")
	}
	logs := b.logs.String()
	if n := strings.Count(logs, `"outcome":"cancelled"`); n != 50 || strings.Contains(logs, `"level":"ERROR"`) {
		t.Errorf("%d are logged as cancelled, in %s", n, logs)
	}
	page := string(b.call(nil, "GET", "/metrics", nil).expect(200, "").body)
	if !strings.Contains(page, `counsel_http_requests_total{operation="getCurrentUser",status="499"} 50`) ||
		strings.Contains(page, `counsel_http_errors_total{code="unavailable"`) {
		t.Errorf("counted as failures: %s", page)
	}

	// A failure for another reason is an error even if the client hung up.
	b.ready = func(context.Context) (error, error) { return errors.New("down"), nil }
	b.callHungUp(nil, "/readyz")
	if !strings.Contains(b.logs.String(), `"level":"ERROR"`) {
		t.Error("a failure is hidden by a hang-up")
	}
}

func TestReadinessIsCached(t *testing.T) {
	now := domain.SystemClock()
	b := newFixture(t, func(s *fixtureConfig) { s.config.Clock = func() time.Time { return now } })
	var asked atomic.Int32
	b.ready = func(ctx context.Context) (error, error) {
		asked.Add(1)
		return ctx.Err(), nil
	}
	b.callHungUp(nil, "/readyz") // does not affect later requests
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if status := b.getStatus(t.Context(), nil, "/readyz"); status != http.StatusOK {
				t.Errorf("not ready: %d", status)
			}
		})
	}
	wg.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("the database was asked %d times", n)
	}
}

// TestRefusedRequestsAreCharged: every refused request is charged to the network address.
func TestRefusedRequestsAreCharged(t *testing.T) {
	spent := func(t *testing.T, b *fixture, who *user, path string, status int) {
		t.Helper()
		for i := range 9 {
			switch got := b.call(who, "GET", path, nil).status; {
			case got == http.StatusTooManyRequests && i > 0:
				return
			case got != status:
				t.Fatalf("answers %d", got)
			}
		}
		t.Fatal("goes on and on")
	}
	t.Run("another role's operation", func(t *testing.T) {
		b := newFixture(t, func(s *fixtureConfig) { s.limit = 8 })
		spent(t, b, b.register("ada", domain.RoleClient), "/api/users", http.StatusForbidden)
	})
	t.Run("nowhere", func(t *testing.T) {
		b := newFixture(t, func(s *fixtureConfig) { s.limit = 8 })
		spent(t, b, nil, "/api/nowhere", http.StatusNotFound)
		b.call(nil, "GET", "/livez", nil).expect(200, "")
	})
	t.Run("nobody can tell whose token it is", func(t *testing.T) {
		database, redis := testenv.PrivateMySQL(t), testenv.PrivateRedis(t)
		b := newFixture(t, func(s *fixtureConfig) { s.limit, s.database, s.redis = 8, database.URL, redis.URL })
		ada := b.register("ada", domain.RoleClient)
		database.Kill9()
		redis.Kill9()
		spent(t, b, ada, "/api/auth/me", http.StatusServiceUnavailable)
	})
}

func TestProblemsAreBounded(t *testing.T) {
	b := newFixture(t)
	ada := b.register("ada", domain.RoleClient)
	a := b.call(ada, "POST", "/api/ai/chat", `{"`+strings.Repeat("é", 400_000)+`":1}`).expect(400, "malformed")
	found := false
	for _, e := range a.problem().Errors {
		found = found || utf8.RuneCountInString(e.Pointer) == 1000
	}
	if !found || len(a.body) > 10_000 {
		t.Errorf("%d bytes of answer", len(a.body))
	}
}

func TestHead(t *testing.T) {
	b := newFixture(t)
	ada := b.register("ada", domain.RoleClient)
	for path, status := range map[string]int{"/livez": 200, "/docs": 200, "/api/auth/me": 200, "/api/auth/login": 405, "/api/nowhere": 404} {
		a := b.call(ada, "HEAD", path, nil).expect(status, "")
		if len(a.body) > 0 || a.header.Get("Content-Type") == "" {
			t.Errorf("%s: %d bytes as %q", path, len(a.body), a.header.Get("Content-Type"))
		}
	}
}
