package middleware

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/labstack/echo/v5"
)

// route charges the client's network address for a request that no operation answers, so that
// scanning for paths has a price. The router runs inside it.
func (s *Stack) route(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		err := next(c)
		if err != nil && RequestFrom(c.Request().Context()).operation == nil {
			return s.chargeAddress(c, err)
		}
		return err
	}
}

// operationFound is the first step after the router: the request's operation is known.
func operationFound(op *operation) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			RequestFrom(c.Request().Context()).operation = op
			if op.deprecation != "" {
				h := c.Response().Header()
				h.Set("Deprecation", op.deprecation)
				h.Set("Sunset", op.sunset)
				h.Set("Link", `</docs/versioning#deprecation>; rel="deprecation"`)
			}
			return next(c)
		}
	}
}

var pathParameter = regexp.MustCompile(`\{([^}]+)\}`)

// otherMethod answers a path of the contract when the request's method is not one of its
// methods: OPTIONS with 204, others with 405, both with Allow.
func otherMethod(methods []string) echo.HandlerFunc {
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	allow := strings.Join(slices.Sorted(slices.Values(append(methods, http.MethodOptions))), ", ")
	return func(c *echo.Context) error {
		c.Response().Header().Set(echo.HeaderAllow, allow)
		if c.Request().Method == http.MethodOptions {
			return c.NoContent(http.StatusNoContent)
		}
		return echo.ErrMethodNotAllowed
	}
}
