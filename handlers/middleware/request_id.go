package middleware

import (
	"context"
	"log/slog"

	"github.com/labstack/echo/v5"

	"counsel/domain"
)

const requestIDHeader = "X-Request-Id"

// requestID takes the client's request id or makes one, and starts the request context. Every
// log line written with that context carries the id.
func requestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		id := r.Header.Get(requestIDHeader)
		if !validRequestID(id) {
			id = domain.NewID().String()
		}
		c.Response().Header().Set(requestIDHeader, id)
		req := newRequest(id, c.RealIP(), r)
		ctx := context.WithValue(r.Context(), requestKey{}, req)
		ctx = domain.WithLogAttrs(ctx, slog.String("request_id", id))
		ctx = domain.WithUsage(ctx, &req.usage)
		c.SetRequest(r.WithContext(ctx))
		return next(c)
	}
}

// validRequestID limits what a client can write into the log.
func validRequestID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for _, b := range []byte(id) {
		switch {
		case b >= '0' && b <= '9', b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b == '-', b == '_', b == '.', b == ':', b == '/':
		default:
			return false
		}
	}
	return true
}
