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
	"counsel/domain/documents"
)

// retryLater is what a caller is told to wait while the store is down.
const retryLater = 5 * time.Second

var (
	errStalled = errors.New("nothing moved within the timeout")
	errBroke   = errors.New("the connection failed")
	errShort   = errors.New("the file broke off")
	errDamaged = errors.New("the file arrived damaged")
	errNoStore = errors.New("what answered is not an S3 server")
)

// failure is a try that came to nothing.
type failure struct {
	status int    // of HTTP; 0 when no answer came
	code   string // S3's own
	retry  bool   // another try may help
	err    error
}

// sourceError is a file that could not be read for being sent: nothing the store did.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return "the file to be stored cannot be read: " + e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

// failureOf sorts what a try failed with.
func failureOf(err error) failure {
	if _, ok := errors.AsType[*sourceError](err); ok {
		return failure{err: err}
	}
	for _, own := range []error{errStalled, errDamaged, errNoStore} {
		if errors.Is(err, own) {
			return failure{retry: true, err: own}
		}
	}
	e, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok {
		return failure{retry: true, err: errBroke} // the network's own words may hold a URL
	}
	f := failure{status: e.StatusCode, code: e.Code, err: errors.New("the store refused")}
	switch {
	case damaged[e.Code]:
		f.retry, f.err = true, errDamaged
	case f.status == http.StatusTooManyRequests, f.status == http.StatusRequestTimeout, f.status >= 500 && f.status != http.StatusInsufficientStorage && f.status != http.StatusNotImplemented:
		f.retry = true
	}
	return f
}

// damaged are S3's codes for bytes that are not those announced.
var damaged = map[string]bool{"BadDigest": true, "InvalidDigest": true, "XAmzContentSHA256Mismatch": true, "XAmzContentChecksumMismatch": true, "IncompleteBody": true, "SignatureDoesNotMatchBody": true}

// said is f for the caller.
func (f failure) said(what string) error {
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
	return documents.StorageUnavailable(retryLater, cause)
}

func isNotFound(err error) bool { return err != nil && domain.CodeOf(err) == domain.NotFound }

// source hands a file to be sent to minio-go, as a plain reader, and notes when it moves and
// when it cannot be read.
type source struct {
	r     io.Reader
	alive func()
	err   error
}

func (s *source) Read(p []byte) (int, error) {
	s.alive()
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// download is a file on its way. The time between two reads is the reader's own and does not
// count; a read without a byte for the timeout ends it.
type download struct {
	body    io.ReadCloser
	caller  context.Context
	cancel  context.CancelCauseFunc
	timer   *time.Timer
	timeout time.Duration
	left    int64
}

func (d *download) Read(p []byte) (int, error) {
	d.timer.Reset(d.timeout)
	n, err := d.body.Read(p)
	d.timer.Stop()
	d.left -= int64(n)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF) && d.left <= 0:
		return n, io.EOF
	case errors.Is(d.caller.Err(), context.Canceled):
		return n, context.Canceled
	}
	f := failure{err: errShort}
	return n, f.said("get")
}

func (d *download) Close() error {
	d.timer.Stop()
	d.cancel(nil)
	_ = d.body.Close() // it was only read
	return nil
}
