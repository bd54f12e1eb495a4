package middleware

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v5"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/idempotency"
	"counsel/handlers/problem"
)

const (
	idempotencyKeyHeader = "Idempotency-Key"
	replayedHeader       = "Idempotency-Replayed"
)

// storeAnswerTimeout limits how long it may take to store an answer that was given.
const storeAnswerTimeout = 5 * time.Second

// refuseKey refuses an Idempotency-Key that would have no effect: a client that sends one relies
// on it.
func (op *operation) refuseKey(r *http.Request) error {
	if op.idempotent || op.safe || len(r.Header.Values(idempotencyKeyHeader)) == 0 {
		return nil
	}
	return &domain.Error{Code: domain.Malformed, Message: "This operation takes no Idempotency-Key.",
		Fields: []domain.Field{{Pointer: idempotencyKeyHeader, Detail: strings.TrimSpace("is not taken here. " + op.noKeyReason)}}}
}

// idempotent runs an operation at most once per Idempotency-Key: a retry of the same request gets
// the first answer again, unless that answer discloses a case which the caller may no longer read.
// Without a key the operation just runs.
func (s *Stack) idempotent(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		req := RequestFrom(c.Request().Context())
		key := c.Request().Header.Get(idempotencyKeyHeader)
		if key == "" || !req.operation.idempotent {
			return next(c)
		}
		body := req.Body
		if req.operation.upload {
			file, sum, err := spoolForm(c.Request())
			if err != nil {
				return err
			}
			defer file.Close()
			body = sum
			c.Request().Body = file
		}
		claim, err := s.config.Idempotency.Begin(c.Request().Context(), idempotency.Request{
			Caller: req.Principal.UserID, Operation: req.operation.id, Key: key, Body: fingerprintBody(c.Request(), req, body)})
		if err != nil {
			return err
		}
		if claim.Response != nil {
			return s.replay(c, req, claim.Response)
		}
		return s.runOnce(c, req, claim, next)
	}
}

// fingerprintBody is what makes two requests under one key the same: the address, whether the
// answer is streamed, and the body.
func fingerprintBody(r *http.Request, req *Request, body []byte) []byte {
	head := r.URL.RequestURI() + "\x00"
	if req.WantsEvents {
		head += "events\x00"
	}
	return append([]byte(head), body...)
}

// replay sends a stored answer again.
func (s *Stack) replay(c *echo.Context, req *Request, stored *idempotency.Response) error {
	if stored.CaseID != nil {
		if err := s.config.Cases.Authorize(c.Request().Context(), req.Principal, *stored.CaseID, cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceCase, Detail: "replay"}); err != nil {
			return err
		}
	}
	w := c.Response()
	if stored.ContentType != "" {
		w.Header().Set("Content-Type", stored.ContentType)
	}
	w.Header().Set(replayedHeader, "true")
	w.WriteHeader(stored.Code)
	if len(stored.Body) == 0 { // net/http allows none with 204
		return nil
	}
	_, err := w.Write(stored.Body)
	return err
}

// runOnce runs the operation while it extends the claim, and then stores the answer, releases the
// key, or leaves it for a retry.
func (s *Stack) runOnce(c *echo.Context, req *Request, claim *idempotency.Claim, next echo.HandlerFunc) error {
	original := c.Response()
	copied := &copyingWriter{ResponseWriter: original, status: http.StatusOK}
	c.SetResponse(copied)
	req.claim, req.caseID = claim, caseInPath(c)
	ctx := c.Request().Context()
	stopExtending := s.config.Idempotency.KeepAlive(ctx, claim)
	complete := s.config.Idempotency.Abandon // unless something below decides otherwise: the operation panicked
	defer func() {
		c.SetResponse(original)
		stopExtending()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeAnswerTimeout)
		defer cancel()
		if err := complete(ctx, claim); err != nil {
			s.config.Log.WarnContext(ctx, "the outcome of a request with an Idempotency-Key could not be stored", "error", err.Error())
		}
	}()
	err := next(c)
	status := copied.status
	if err != nil {
		status = problem.Status(domain.CodeOf(err))
	}
	switch {
	case err == nil && req.code != "": // an event stream that ended in an error
		return nil
	case mayHaveHadEffect(status):
		return err
	case err != nil || invitesRetry(status):
		complete = s.config.Idempotency.Release
		return err
	}
	answer := idempotency.Response{Code: copied.status, ContentType: copied.Header().Get("Content-Type"), Body: copied.body.Bytes(), CaseID: req.caseID}
	complete = func(ctx context.Context, claim *idempotency.Claim) error {
		return s.config.Idempotency.Complete(ctx, claim, answer)
	}
	return nil
}

// mayHaveHadEffect reports whether a request that was answered with status may have had its effect, as
// when a commit succeeded and its acknowledgement was lost. A retry under the same key runs again.
func mayHaveHadEffect(status int) bool { return status >= 500 }

// invitesRetry reports whether a request that was answered with status had no effect and invites
// another try: the key may be used for another request.
func invitesRetry(status int) bool {
	return status == http.StatusConflict || status == http.StatusTooManyRequests || status < 200
}

// caseInPath is the case that the request's path names; nil: none.
func caseInPath(c *echo.Context) *domain.ID {
	if id, err := domain.ParseID(c.Param("caseId")); err == nil {
		return &id
	}
	return nil
}

// copyingWriter keeps a copy of the answer. It goes on when the client is gone, so that the copy
// is complete.
type copyingWriter struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	gone   bool // the client is
}

func (w *copyingWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *copyingWriter) Write(b []byte) (int, error) {
	if w.body.Len() <= idempotency.MaxBody {
		w.body.Write(b)
	}
	if !w.gone {
		_, err := w.ResponseWriter.Write(b)
		w.gone = err != nil
	}
	return len(b), nil
}

// FlushError flushes to the client; http.ResponseController calls it.
func (w *copyingWriter) FlushError() error {
	if !w.gone {
		w.gone = http.NewResponseController(w.ResponseWriter).Flush() != nil
	}
	return nil
}

// Unwrap returns the writer below; http.ResponseController calls it.
func (w *copyingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
