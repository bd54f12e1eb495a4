package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/labstack/echo/v5"

	"counsel/domain"
)

// recover turns a panic into an internal error. The log gets the stack but not the panic's
// value, which may hold what a client sent.
func (s *Stack) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) (err error) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it like this, too
				panic(p)
			}
			kind := fmt.Sprintf("panic: %T", p)
			if e, ok := p.(runtimeError); ok {
				kind = "panic: " + e.Error() // such as an index out of range: holds no data
			}
			s.config.Log.ErrorContext(c.Request().Context(), "panic", "stack", string(debug.Stack()))
			err = &domain.Error{Code: domain.Internal, Err: errors.New(kind)}
		}()
		return next(c)
	}
}

type runtimeError interface {
	error
	RuntimeError()
}
