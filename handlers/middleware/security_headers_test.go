package middleware

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v5"
)

// TestStrictTransport: only a service that is reached by HTTPS requires it of browsers.
func TestStrictTransport(t *testing.T) {
	t.Parallel()
	for strict, want := range map[bool]string{true: "max-age=31536000", false: ""} {
		s := &Stack{config: Config{StrictTransport: strict}}
		e := echo.New()
		e.Use(s.securityHeaders)
		e.GET("/", func(c *echo.Context) error { return c.NoContent(http.StatusNoContent) })
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		if got := w.Header().Get("Strict-Transport-Security"); got != want || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("strict %v: %q", strict, got)
		}
	}
}
