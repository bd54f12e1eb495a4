package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v5"

	"counsel/domain"
	"counsel/gen/api"
)

// problemBase begins the type of every problem; the code ends it.
const problemBase = "https://counsel.example/problems/"

// What only HTTP knows.
const (
	methodNotAllowed    domain.Code = "method_not_allowed"
	rangeNotSatisfiable domain.Code = "range_not_satisfiable"
)

// statusOf is the one table from codes to HTTP.
func statusOf(code domain.Code) int {
	switch code {
	case domain.Malformed:
		return http.StatusBadRequest
	case domain.Invalid:
		return http.StatusUnprocessableEntity
	case domain.Unauthenticated:
		return http.StatusUnauthorized
	case domain.Forbidden:
		return http.StatusForbidden
	case domain.NotFound:
		return http.StatusNotFound
	case methodNotAllowed:
		return http.StatusMethodNotAllowed
	case domain.Conflict:
		return http.StatusConflict
	case domain.TooLarge:
		return http.StatusRequestEntityTooLarge
	case rangeNotSatisfiable:
		return http.StatusRequestedRangeNotSatisfiable
	case domain.RateLimited:
		return http.StatusTooManyRequests
	case domain.Upstream:
		return http.StatusBadGateway
	case domain.Unavailable:
		return http.StatusServiceUnavailable
	case domain.Timeout:
		return http.StatusGatewayTimeout
	}
	return http.StatusInternalServerError
}

// problem answers err as RFC 9457. What was already begun cannot be answered anew.
func (s *Server) problem(c *echo.Context, err error) {
	rec := recordOf(c.Request().Context())
	e := asDomain(err)
	rec.fail(e)
	if res, uerr := echo.UnwrapResponse(c.Response()); uerr == nil && res.Committed {
		return
	}
	p := describe(e, rec.id, c.Request().URL.Path)
	w := c.Response()
	w.Header().Set("Content-Type", "application/problem+json")
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds(e.RetryAfter)))
	} else if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	if p.Status == http.StatusUnauthorized {
		challenge := "Bearer"
		if c.Request().Header.Get("Authorization") != "" {
			challenge = `Bearer error="invalid_token"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
	}
	body, err := json.Marshal(p)
	if err != nil { // strings and numbers only: cannot happen
		panic(err)
	}
	w.WriteHeader(int(p.Status))
	_, _ = w.Write(append(body, '\n')) // ends like every JSON answer; the client may be gone; there is nobody else to tell
}

// describe says e the way a caller may see it.
func describe(e *domain.Error, requestID, path string) api.Problem {
	status := statusOf(e.Code)
	code := string(e.Code)
	if e.Reason != "" {
		code = e.Reason
	}
	detail := e.Message
	if status == http.StatusInternalServerError {
		code, detail = string(domain.Internal), "Something went wrong on our side."
	}
	p := api.Problem{
		Type:      problemBase + code,
		Title:     http.StatusText(status),
		Status:    int32(status),
		Code:      code,
		RequestID: requestID,
	}
	if detail != "" {
		detail = cut(detail, 1000)
		p.Detail = &detail
	}
	if path != "" {
		path = cut(path, 2000)
		p.Instance = &path
	}
	for _, f := range e.Fields[:min(len(e.Fields), maxErrors)] {
		one := api.FieldError{Pointer: cut(f.Pointer, 1000), Detail: cut(f.Detail, 1000), Reason: said(f.Reason), Quote: said(cut(f.Quote, 400))}
		if n := int32(f.Page); n > 0 {
			one.Page = &n
		}
		p.Errors = append(p.Errors, one)
	}
	return p
}

// maxErrors is how many fields the contract lets a problem name.
const maxErrors = 100

// cut is the first n characters of s: the contract bounds what a problem may repeat.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// asDomain brings what Echo itself says into the service's own terms.
func asDomain(err error) *domain.Error {
	if e, ok := errors.AsType[*domain.Error](err); ok {
		return e
	}
	switch echo.StatusCode(err) {
	case http.StatusNotFound:
		return domain.Errorf(domain.NotFound, "There is nothing at this address; /docs says what there is.")
	case http.StatusMethodNotAllowed:
		return domain.Errorf(methodNotAllowed, "This address does not take this method.")
	case http.StatusRequestEntityTooLarge:
		return tooLarge(maxBody)
	case http.StatusBadRequest, http.StatusUnsupportedMediaType:
		return &domain.Error{Code: domain.Malformed, Message: "The request cannot be read.", Err: err}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &domain.Error{Code: domain.Unavailable, Message: "The service is busy right now, please try again.", Err: err}
	}
	return &domain.Error{Code: domain.Internal, Err: err}
}

// seconds rounds up: a caller who comes back sooner would be refused again.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
