package handlers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/labstack/echo/v5"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/documents"
	"counsel/domain/idempotency"
)

const (
	idempotencyKeyHeader = "Idempotency-Key"
	replayedHeader       = "Idempotency-Replayed"
)

// settleWait bounds how long keeping an answer may take once it is given.
const settleWait = 5 * time.Second

// refuseKey refuses an Idempotency-Key where it would be without effect: whoever sends one relies on it.
func (op *operation) refuseKey(r *http.Request) error {
	if op.once || op.safe || len(r.Header.Values(idempotencyKeyHeader)) == 0 {
		return nil
	}
	return &domain.Error{Code: domain.Malformed, Message: "This operation takes no Idempotency-Key.",
		Fields: []domain.Field{{Pointer: idempotencyKeyHeader, Detail: strings.TrimSpace("is not taken here. " + op.noKey)}}}
}

// once runs an operation that takes an Idempotency-Key at most once for each key: the same
// request again gets the same answer, unless it tells of a case that was closed to its caller
// meanwhile. Without a key it runs as any other.
func (s *Server) once(c *echo.Context, rec *record, next echo.HandlerFunc) error {
	key := c.Request().Header.Get(idempotencyKeyHeader)
	if key == "" {
		return next(c)
	}
	body := rec.body
	if rec.op.upload {
		file, sum, err := spoolForm(c.Request())
		if err != nil {
			return err
		}
		defer file.Close()
		body = sum
		c.Request().Body = file
	}
	r := c.Request()
	// What the address names and how the answer is to come are parts of the request, as the body is.
	asked := r.URL.RequestURI() + "\x00"
	if rec.streams {
		asked += "events\x00"
	}
	request := idempotency.Request{Caller: rec.principal.UserID, Operation: rec.op.id, Key: key, Body: append([]byte(asked), body...)}
	claim, err := s.Once.Begin(r.Context(), request)
	if err != nil {
		return err
	}
	if kept := claim.Answer; kept != nil {
		if kept.CaseID != nil {
			if err := s.Cases.Authorize(r.Context(), rec.principal, *kept.CaseID, cases.Act{Verb: cases.VerbRead, Subject: cases.SubjectCase, Detail: "replay"}); err != nil {
				return err
			}
		}
		w := c.Response()
		if kept.ContentType != "" {
			w.Header().Set("Content-Type", kept.ContentType)
		}
		w.Header().Set(replayedHeader, "true")
		w.WriteHeader(kept.Status)
		if len(kept.Body) == 0 { // net/http allows none with 204
			return nil
		}
		_, err := w.Write(kept.Body)
		return err
	}

	copied := &copyingWriter{ResponseWriter: c.Response(), status: http.StatusOK}
	original := c.Response()
	c.SetResponse(copied)
	rec.claim, rec.matter = claim, caseOf(c)
	unhold := s.Once.Hold(r.Context(), claim)
	settle := s.Once.Yield // it panicked
	defer func() {
		c.SetResponse(original)
		unhold()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), settleWait)
		defer cancel()
		if err := settle(ctx, claim); err != nil {
			s.Log.WarnContext(ctx, "what became of a request could not be kept for its Idempotency-Key", "cause", err.Error())
		}
	}()
	if err := next(c); err != nil {
		switch domain.CodeOf(err) {
		case domain.Internal, domain.Unavailable, domain.Timeout, domain.Upstream: // a commit may have gone through unheard
		default:
			settle = s.Once.Release
		}
		return err
	}
	if rec.code != "" { // an event stream that ended in an error
		return nil
	}
	answer := idempotency.Answer{Status: copied.status, ContentType: copied.Header().Get("Content-Type"), Body: copied.body.Bytes(), CaseID: rec.matter}
	settle = func(ctx context.Context, claim *idempotency.Claim) error { return s.Once.Finish(ctx, claim, answer) }
	return nil
}

// made is the id of the n-th thing that a request with an Idempotency-Key makes, by which another
// run of it finds it; without a key it is zero.
func made(ctx context.Context, n int) domain.ID {
	if claim := recordOf(ctx).claim; claim != nil {
		return claim.ID(n)
	}
	return domain.ID{}
}

// concerns notes the case that the answer tells of, if any: whoever replays it must still be able to
// read that.
func concerns(ctx context.Context, matter *domain.ID) {
	if matter != nil {
		recordOf(ctx).matter = matter
	}
}

// caseOf is the case in the address of a request.
func caseOf(c *echo.Context) *domain.ID {
	if id, err := domain.ParseID(c.Param("caseId")); err == nil {
		return &id
	}
	return nil
}

// copyingWriter remembers what it writes, also when the client is gone: the answer is kept whole.
type copyingWriter struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	gone   bool
}

func (w *copyingWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *copyingWriter) Write(b []byte) (int, error) {
	if w.body.Len() <= idempotency.MaxAnswer {
		w.body.Write(b)
	}
	if !w.gone {
		_, err := w.ResponseWriter.Write(b)
		w.gone = err != nil
	}
	return len(b), nil
}

// FlushError sends what was written, as http.ResponseController asks for it.
func (w *copyingWriter) FlushError() error {
	if !w.gone {
		w.gone = http.NewResponseController(w.ResponseWriter).Flush() != nil
	}
	return nil
}

// Unwrap lets what looks for the writer below find it.
func (w *copyingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// spoolForm reads a form with a file into a temporary file, and the checksum of its parts: each time it is
// sent it has other boundaries.
func spoolForm(r *http.Request) (*os.File, []byte, error) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, nil, unreadable(err)
	}
	file, err := os.CreateTemp("", "counsel-form-")
	if err != nil {
		return nil, nil, documents.StorageUnavailable(time.Minute, err)
	}
	if err := os.Remove(file.Name()); err != nil { // it is gone when it is closed, however the process ends
		return nil, nil, errors.Join(err, file.Close())
	}
	sum := sha256.New()
	disk := &diskWriter{w: file}
	body := io.TeeReader(r.Body, disk)
	err = func() error {
		form := multipart.NewReader(body, params["boundary"])
		for {
			part, err := form.NextRawPart()
			if errors.Is(err, io.EOF) {
				_, err = io.Copy(io.Discard, body) // what follows the last boundary
				return err
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(sum, "%q %q", part.FormName(), part.FileName())
			one := sha256.New()
			if _, err := io.Copy(one, part); err != nil {
				return err
			}
			sum.Write(one.Sum(nil))
		}
	}()
	if err == nil {
		_, disk.err = file.Seek(0, io.SeekStart)
	}
	if disk.err != nil { // no room on this server's disk
		return nil, nil, errors.Join(documents.StorageUnavailable(time.Minute, disk.err), file.Close())
	}
	if err != nil {
		return nil, nil, errors.Join(unreadable(err), file.Close())
	}
	return file, sum.Sum(nil), nil
}

// diskWriter tells a disk that fails from a sender that does.
type diskWriter struct {
	w   io.Writer
	err error
}

func (d *diskWriter) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	d.err = errors.Join(d.err, err)
	return n, err
}
