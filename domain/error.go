package domain

import (
	"errors"
	"fmt"
	"time"
)

// Code is the machine-readable kind of an error. Package handlers maps it to an HTTP status.
type Code string

// The codes of all subjects. A subject may add a finer code as Error.Reason; the status still
// depends on the Code.
const (
	Malformed       Code = "malformed"       // the request cannot be read: 400
	Invalid         Code = "invalid"         // readable, but a field is invalid: 422
	Unauthenticated Code = "unauthenticated" // 401
	Forbidden       Code = "forbidden"       // 403
	NotFound        Code = "not_found"       // 404, also if the caller may not see it
	Conflict        Code = "conflict"        // 409
	TooLarge        Code = "too_large"       // 413
	RateLimited     Code = "rate_limited"    // 429
	Upstream        Code = "upstream"        // an outside system sent an invalid response: 502
	Unavailable     Code = "unavailable"     // a dependency is down; retry later: 503
	Timeout         Code = "timeout"         // 504
	Internal        Code = "internal"        // 500; reveals nothing to the client
)

// Field describes an unacceptable field of the input.
type Field struct {
	Pointer string // JSON Pointer into the body (RFC 6901), such as /inputs/partyA
	Detail  string // what is wrong with it, for people

	// Optional, if the field refers to a document that is at fault.
	Reason string // what is wrong, for programs
	Page   int    // page number, from 1
	Quote  string // the text in question
}

// Error is the only error type that subjects return to their callers. Message and Fields are for
// the client, Err only for the log.
type Error struct {
	Code       Code
	Reason     string // optional finer code for the client, such as ai_unavailable
	Message    string
	Fields     []Field
	RetryAfter time.Duration // 0: unknown
	Err        error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an Error with a message for the client.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// NoSuch returns the error for a resource that does not exist or that the caller may not see, such
// as NoSuch("case").
func NoSuch(resource string) *Error { return Errorf(NotFound, "There is no such %s.", resource) }

// InvalidField returns the error (422) for one invalid field.
func InvalidField(pointer, format string, args ...any) *Error {
	d := fmt.Sprintf(format, args...)
	return &Error{Code: Invalid, Message: "The request has a field that cannot be accepted.", Fields: []Field{{Pointer: pointer, Detail: d}}}
}

// InvalidParameter returns the error (422) for a query parameter that matches the contract but breaks a rule.
func InvalidParameter(name, detail string) *Error {
	return &Error{Code: Invalid, Message: "A parameter cannot be accepted.", Fields: []Field{{Pointer: "?" + name, Detail: detail}}}
}

// WithPointerPrefix returns a copy of the error whose field pointers are prefixed with pointer.
func (e *Error) WithPointerPrefix(pointer string) *Error {
	named := *e
	named.Fields = make([]Field, len(e.Fields))
	for i, f := range e.Fields {
		f.Pointer = pointer + f.Pointer
		named.Fields[i] = f
	}
	return &named
}

// CodeOf returns the code of err, or Internal if err is not an *Error.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
