package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"counsel/domain"
	"counsel/domain/files"
)

// defaultRetryAfter is the Retry-After of callers while the store is unavailable.
const defaultRetryAfter = 5 * time.Second

var (
	errStalled    = errors.New("no data moved within the timeout")
	errConnection = errors.New("the connection failed")
	errTruncated  = errors.New("the file is truncated")
	errCorrupted  = errors.New("the file arrived corrupted")
	errNotS3      = errors.New("the server is not an S3 server")
)

// failure is a failed attempt.
type failure struct {
	status int    // HTTP status; 0 if no response came
	code   string // S3 error code
	retry  bool   // another attempt may succeed
	err    error
}

// sourceError is an error reading the file to be uploaded. The store did not cause it.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return "cannot read the file to upload: " + e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

// classify converts the error of an attempt into a failure.
func classify(err error) failure {
	if _, ok := errors.AsType[*sourceError](err); ok {
		return failure{err: err}
	}
	for _, own := range []error{errStalled, errCorrupted, errNotS3} {
		if errors.Is(err, own) {
			return failure{retry: true, err: own}
		}
	}
	e, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok {
		return failure{retry: true, err: errConnection} // the text of a network error may contain a URL
	}
	f := failure{status: e.StatusCode, code: e.Code, err: errors.New("the store rejected the request")}
	switch {
	case corruptedCodes[e.Code]:
		f.retry, f.err = true, errCorrupted
	case f.status == http.StatusTooManyRequests, f.status == http.StatusRequestTimeout, f.status >= 500 && f.status != http.StatusInsufficientStorage && f.status != http.StatusNotImplemented:
		f.retry = true
	}
	return f
}

// corruptedCodes are the S3 error codes for content that does not match its checksum or length.
var corruptedCodes = map[string]bool{"BadDigest": true, "InvalidDigest": true, "XAmzContentSHA256Mismatch": true, "XAmzContentChecksumMismatch": true, "IncompleteBody": true, "SignatureDoesNotMatchBody": true}

// domainError converts f for the caller.
func (f failure) domainError(what string) error {
	cause := fmt.Errorf("storage: %s: %w", what, f.err)
	if f.status != 0 {
		cause = fmt.Errorf("storage: %s: %s (HTTP %d): %w", what, f.code, f.status, f.err)
	}
	if _, ok := errors.AsType[*sourceError](f.err); ok {
		return cause
	}
	if f.code == minio.NoSuchKey {
		return &domain.Error{Code: domain.NotFound, Message: "There is no such file.", Err: cause}
	}
	return files.StorageUnavailable(defaultRetryAfter, cause)
}

func isNotFound(err error) bool { return err != nil && domain.CodeOf(err) == domain.NotFound }

// uploadReader reads the file to upload. It calls alive on every read and records read errors.
type uploadReader struct {
	r     io.Reader
	alive func()
	err   error
}

func (s *uploadReader) Read(p []byte) (int, error) {
	s.alive()
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// download is the body of a file being downloaded. A read that returns no data within the timeout aborts it; the time
// between reads does not count.
type download struct {
	body      io.ReadCloser
	caller    context.Context
	cancel    context.CancelCauseFunc
	timer     *time.Timer
	timeout   time.Duration
	remaining int64
}

func (d *download) Read(p []byte) (int, error) {
	d.timer.Reset(d.timeout)
	n, err := d.body.Read(p)
	d.timer.Stop()
	d.remaining -= int64(n)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF) && d.remaining <= 0:
		return n, io.EOF
	case errors.Is(d.caller.Err(), context.Canceled):
		return n, context.Canceled
	}
	f := failure{err: errTruncated}
	return n, f.domainError("get")
}

func (d *download) Close() error {
	d.timer.Stop()
	d.cancel(nil)
	_ = d.body.Close() // nothing was written
	return nil
}
