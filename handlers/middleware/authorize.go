package middleware

import (
	"github.com/labstack/echo/v5"

	"counsel/domain"
	"counsel/domain/apikeys"
)

// authorize refuses a caller whose role is not among the operation's x-roles, or whose API key lacks its
// x-scope.
func (s *Stack) authorize(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		req := RequestFrom(c.Request().Context())
		if op := req.operation; !op.public && !op.roles[req.Principal.Role] {
			return s.chargeAddress(c, domain.Errorf(domain.Forbidden, "Your role does not allow this."))
		}
		if req.key != nil {
			if err := req.operation.checkScope(*req.key); err != nil {
				return s.chargeAddress(c, err)
			}
		}
		return next(c)
	}
}

// checkScope checks whether a key can call the operation.
func (op *operation) checkScope(k apikeys.Key) error {
	switch {
	case op.scope == "":
		return &domain.Error{Code: domain.Forbidden, Reason: apikeys.ReasonRefused, Message: "An API key cannot do this. Please sign in."}
	case op.scope != anyScope && !k.Allows(op.scope):
		return &domain.Error{Code: domain.Forbidden, Reason: apikeys.ReasonScopeMissing, Message: "This API key lacks the scope " + string(op.scope) + "."}
	case k.Mode == apikeys.ModeTest && op.noTestMode != "":
		return &domain.Error{Code: domain.Forbidden, Reason: apikeys.ReasonTestMode, Message: "A test key cannot do this. " + op.noTestMode}
	}
	return nil
}
