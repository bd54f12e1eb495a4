package handlers_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"counsel/domain"
	"counsel/handlers"
	"counsel/sandbox/testkit"
)

// benchmark measures one request through the whole router, with its log line and rate limit.
func benchmark(b *testing.B, method, path string, body func(*user) any) {
	s := newFixture(b, func(s *fixtureConfig) {
		s.limitRequests(1 << 30)
		s.handlers = func(c *handlers.Config) {
			c.Log = slog.New(slog.NewJSONHandler(io.Discard, nil)) //nolint:sloglint // the line is part of what is measured
		}
	})
	ada := s.register("ada", domain.RoleClient)
	var raw []byte
	if body != nil {
		var err error
		raw, err = json.Marshal(body(ada))
		testkit.Must(b, err)
	}
	s.call(ada, method, path, string(raw)).expect(http.StatusOK, "") // fills the caches
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), method, path, strings.NewReader(string(raw)))
		r.Header.Set("Authorization", "Bearer "+ada.token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("answers %d: %s", w.Code, w.Body)
		}
	}
}

func BenchmarkMe(b *testing.B) { benchmark(b, http.MethodGet, "/api/auth/me", nil) }

func BenchmarkCachedChat(b *testing.B) {
	benchmark(b, http.MethodPost, "/api/ai/chat", func(ada *user) any { return chatBody(ada, "What is an easement?") })
}
