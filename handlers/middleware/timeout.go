package middleware

import (
	"context"

	"github.com/labstack/echo/v5"
)

// timeout ends a request after its operation's x-timeout. Operations with "none" wait for the
// AI, a file or a job, which have deadlines of their own; uploads are timed by limitUpload.
func (s *Stack) timeout(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		if RequestFrom(r.Context()).operation.ownDeadline() {
			return next(c)
		}
		ctx, cancel := s.storeContext(r.Context())
		defer cancel()
		c.SetRequest(r.WithContext(ctx))
		return next(c)
	}
}

// storeContext limits one call of the database or Redis.
func (s *Stack) storeContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.config.StoreTimeout)
}
