// Package problem turns errors into RFC 9457 problem documents. It is the one place where a
// domain error code becomes an HTTP status.
package problem

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

// A Describer describes errors as problems.
type Describer struct {
	// PublicURL is the address of this service, such as https://counsel.example. The type of a problem leads to its
	// explanation there; "": the type is relative to the server that sent it.
	PublicURL string
}

// errorsGuide explains every code; the code is the fragment.
const errorsGuide = "/docs/errors#"

// Codes that exist only in HTTP.
const (
	MethodNotAllowed    domain.Code = "method_not_allowed"
	RangeNotSatisfiable domain.Code = "range_not_satisfiable"
)

// Status maps an error code to its HTTP status; an unknown code is 500.
func Status(code domain.Code) int {
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
	case MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case domain.Conflict:
		return http.StatusConflict
	case domain.TooLarge:
		return http.StatusRequestEntityTooLarge
	case RangeNotSatisfiable:
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

// FromError returns err as a domain error. It translates Echo's own errors and those of an
// ended context; anything else is Internal.
func FromError(err error) *domain.Error {
	if e, ok := errors.AsType[*domain.Error](err); ok {
		return e
	}
	switch echo.StatusCode(err) {
	case http.StatusNotFound:
		return domain.Errorf(domain.NotFound, "There is nothing at this path. See /docs for the API.")
	case http.StatusMethodNotAllowed:
		return domain.Errorf(MethodNotAllowed, "This path does not support this method.")
	case http.StatusRequestEntityTooLarge:
		return domain.Errorf(domain.TooLarge, "The body is too large.")
	case http.StatusBadRequest, http.StatusUnsupportedMediaType:
		return &domain.Error{Code: domain.Malformed, Message: "The request cannot be read.", Err: err}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &domain.Error{Code: domain.Unavailable, Message: "The service is busy right now, please try again.", Err: err}
	}
	return &domain.Error{Code: domain.Internal, Err: err}
}

// Describe returns what the caller may see of e. The details of an internal error are withheld.
func (d Describer) Describe(e *domain.Error, requestID, path string) api.Problem {
	status := Status(e.Code)
	code := string(e.Code)
	if e.Reason != "" {
		code = e.Reason
	}
	detail := e.Message
	if status == http.StatusInternalServerError {
		code, detail = string(domain.Internal), "Something went wrong on our side."
	}
	p := api.Problem{
		Type:      d.PublicURL + errorsGuide + code,
		Title:     http.StatusText(status),
		Status:    int32(status),
		Code:      code,
		RequestID: requestID,
	}
	p.Detail = truncated(detail, 1000)
	p.Instance = truncated(path, 2000)
	for _, f := range e.Fields[:min(len(e.Fields), MaxFieldErrors)] {
		field := api.FieldError{Pointer: domain.Truncate(f.Pointer, 1000), Detail: domain.Truncate(f.Detail, 1000), Reason: truncated(f.Reason, math.MaxInt), Quote: truncated(f.Quote, 400)}
		if n := int32(f.Page); n > 0 {
			field.Page = &n
		}
		p.Errors = append(p.Errors, field)
	}
	return p
}

// MaxFieldErrors is how many fields the contract lets a problem name.
const MaxFieldErrors = 100

// Write answers a request with the problem that describes e. The response must not have been
// started.
func (d Describer) Write(w http.ResponseWriter, r *http.Request, e *domain.Error, requestID string) {
	p := d.Describe(e, requestID, r.URL.Path)
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(Seconds(e.RetryAfter)))
	} else if p.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "5")
	}
	if p.Status == http.StatusUnauthorized {
		challenge := "Bearer"
		if r.Header.Get("Authorization") != "" {
			challenge = `Bearer error="invalid_token"`
		}
		h.Set("WWW-Authenticate", challenge)
	}
	body, err := json.Marshal(p)
	if err != nil { // only strings and numbers: cannot happen
		panic(err)
	}
	w.WriteHeader(int(p.Status))
	_, _ = w.Write(append(body, '\n')) // a failed write means that the client is gone
}

// truncated is domain.Truncate for an optional field: nil when s is empty.
func truncated(s string, n int) *string {
	if s == "" {
		return nil
	}
	s = domain.Truncate(s, n)
	return &s
}

// Seconds rounds up, so that a client that waits that long is not refused again.
func Seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
