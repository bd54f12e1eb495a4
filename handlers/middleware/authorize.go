package middleware

import (
	"github.com/labstack/echo/v5"

	"counsel/domain"
)

// authorize refuses a caller whose role is not among the operation's x-roles.
func (s *Stack) authorize(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		req := RequestFrom(c.Request().Context())
		if op := req.operation; !op.public && !op.roles[req.Principal.Role] {
			return s.chargeAddress(c, domain.Errorf(domain.Forbidden, "Your role does not allow this."))
		}
		return next(c)
	}
}
