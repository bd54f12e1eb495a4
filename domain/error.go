package domain

import (
	"errors"
	"fmt"
	"time"
)

// Code is the stable, machine-readable name of a failure. One table in handlers
// turns it into an HTTP status.
type Code string

// The codes every subject shares. A subject may add its own, more telling code in
// Error.Reason; the Code still decides the status.
const (
	Malformed       Code = "malformed"       // the request cannot be read: 400
	Invalid         Code = "invalid"         // readable, but a field is not acceptable: 422
	Unauthenticated Code = "unauthenticated" // 401
	Forbidden       Code = "forbidden"       // 403
	NotFound        Code = "not_found"       // 404, also for what the caller may not see
	Conflict        Code = "conflict"        // 409
	TooLarge        Code = "too_large"       // 413
	RateLimited     Code = "rate_limited"    // 429
	Upstream        Code = "upstream"        // an outside system answered nonsense: 502
	Unavailable     Code = "unavailable"     // a part is down, worth another try: 503
	Timeout         Code = "timeout"         // 504
	Internal        Code = "internal"        // 500; says nothing to the caller
)

// Field names one unacceptable part of the input.
type Field struct {
	Pointer string // JSON Pointer into the body (RFC 6901), such as /inputs/partyA
	Detail  string // what is wrong with it, in words for the caller

	// Optional, where a document that the field names is at fault.
	Reason string // what is wrong, for programs
	Page   int    // where, from 1
	Quote  string // the words there
}

// Error is the one error type that crosses a subject's border. Message and Fields are
// for the caller; Err is for the log only.
type Error struct {
	Code       Code
	Reason     string // optional finer code for the caller, such as ai_unavailable
	Message    string
	Fields     []Field
	RetryAfter time.Duration // 0: nothing promised
	Err        error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a message for the caller.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// NoSuch is the answer for what does not exist or is not the caller's to see, such as
// NoSuch("case").
func NoSuch(resource string) *Error { return Errorf(NotFound, "There is no such %s.", resource) }

// InvalidField is the 422 for one field.
func InvalidField(pointer, format string, args ...any) *Error {
	d := fmt.Sprintf(format, args...)
	return &Error{Code: Invalid, Message: "The request has a field that cannot be accepted.", Fields: []Field{{Pointer: pointer, Detail: d}}}
}

// WithPointerPrefix is the same error with its fields named as parts of what stands at pointer.
func (e *Error) WithPointerPrefix(pointer string) *Error {
	named := *e
	named.Fields = make([]Field, len(e.Fields))
	for i, f := range e.Fields {
		f.Pointer = pointer + f.Pointer
		named.Fields[i] = f
	}
	return &named
}

// CodeOf returns the code of err: Internal for an error that is not an *Error.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
