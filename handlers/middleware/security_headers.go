package middleware

import "github.com/labstack/echo/v5"

// securityHeaders sets the headers that every answer carries. Pages add a Content-Security-Policy
// of their own, and what may be cached replaces Cache-Control.
func (s *Stack) securityHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if s.config.StrictTransport {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}
