package middleware

import (
	"errors"
	"mime"
	"net/http"
	"time"

	"github.com/labstack/echo/v5"

	"counsel/domain"
	"counsel/domain/files"
)

// maxForm is the largest form with a file: the upload limit and what stands around the file.
const maxForm = files.MaxUpload + 64<<10

// answerGrace is how long after its deadline an upload may still be answered.
const answerGrace = time.Minute

// limitUpload enforces the upload limit, and the operation's x-timeout for the form to arrive. The
// handler reads the form while it arrives.
func limitUpload(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		op := RequestFrom(r.Context()).operation
		if !op.upload {
			return next(c)
		}
		if t, params, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "multipart/form-data" || params["boundary"] == "" {
			return domain.Errorf(domain.Malformed, "The body must be sent as multipart/form-data with its boundary.")
		}
		if r.ContentLength > maxForm {
			return fileTooLarge()
		}
		r.Body = http.MaxBytesReader(c.Response(), r.Body, maxForm)
		until := time.Now().Add(op.timeout)
		out := http.NewResponseController(c.Response())
		_ = out.SetReadDeadline(until) // if it cannot be set, the server's own deadline holds
		_ = out.SetWriteDeadline(until.Add(answerGrace))
		return next(c)
	}
}

func fileTooLarge() *domain.Error {
	return domain.Errorf(domain.TooLarge, "A file may be at most %d bytes.", files.MaxUpload)
}

// FormError is the error for a form that could not be read to its end.
func FormError(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return fileTooLarge()
	}
	return &domain.Error{Code: domain.Malformed, Message: "The form could not be read to its end.", Err: err}
}
