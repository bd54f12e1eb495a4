package handlers

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v5"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/idempotency"
)

const (
	idempotencyKeyHeader = "Idempotency-Key"
	replayedHeader       = "Idempotency-Replayed"
)

// settleWait bounds how long keeping an answer may take once it is given.
const settleWait = 5 * time.Second

// once runs an operation that takes an Idempotency-Key at most once for each key: the same
// request again gets the same answer, unless it tells of a case that was closed to its caller
// meanwhile. Without a key it runs as any other.
func (s *Server) once(c *echo.Context, rec *record, next echo.HandlerFunc) error {
	r := c.Request()
	key := r.Header.Get(idempotencyKeyHeader)
	if key == "" {
		return next(c)
	}
	// What the address names is a part of the request, as the body is.
	body := append([]byte(r.URL.RequestURI()+"\x00"), rec.body...)
	request := idempotency.Request{Caller: rec.principal.UserID, Operation: rec.op.id, Key: key, Body: body}
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
		w.Header().Set("Content-Type", kept.ContentType)
		w.Header().Set(replayedHeader, "true")
		w.WriteHeader(kept.Status)
		_, err := w.Write(kept.Body)
		return err
	}

	copied := &copyingWriter{ResponseWriter: c.Response(), status: http.StatusOK}
	original := c.Response()
	c.SetResponse(copied)
	rec.claim = claim
	unhold := s.Once.Hold(r.Context(), claim)
	settle := s.Once.Yield // it panicked
	defer func() {
		c.SetResponse(original)
		unhold()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), settleWait)
		defer cancel()
		if err := settle(ctx, claim); err != nil {
			s.Log.Warn("what became of a request could not be kept for its Idempotency-Key", "requestId", rec.id, "cause", err.Error())
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

// copyingWriter remembers what it writes.
type copyingWriter struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (w *copyingWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *copyingWriter) Write(b []byte) (int, error) {
	if w.body.Len() <= idempotency.MaxAnswer {
		w.body.Write(b)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets what looks for the writer below find it.
func (w *copyingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
