package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v5"

	"counsel/domain"
	"counsel/domain/idempotency"
)

const requestIDHeader = "X-Request-Id"

// statusCancelled stands in logs and metrics for a request whose client hung up.
const statusCancelled = 499

// record is what is known of one request, for its log line, its metrics and its problem. It
// never holds what was asked or answered.
type record struct {
	id        string
	op        *operation // nil: no operation has this path and method
	principal domain.Principal
	address   string
	agent     string                   // User-Agent; goes into no log line
	header    func(name string) string // a header of the request
	body      []byte                   // checked against the contract, not yet decoded
	streams   bool                     // the caller asks for an event stream
	encoding  string                   // Accept-Encoding
	language  string                   // Accept-Language, the beginning of it
	usage     domain.Usage
	matter    *domain.ID         // the case the answer tells of, for answers that are kept
	claim     *idempotency.Claim // of its Idempotency-Key; nil: it has none
	code      domain.Code
	cause     error // for the log only
	cancelled bool  // failed since the client hung up
}

// fail notes how the request failed.
func (r *record) fail(e *domain.Error) {
	r.code, r.cause = e.Code, e.Err
	if e.Reason != "" {
		r.code = domain.Code(e.Reason)
	}
}

type recordKey struct{}

func recordOf(ctx context.Context) *record {
	r, _ := ctx.Value(recordKey{}).(*record)
	return r
}

// observe gives a request its id, survives its panics, answers its errors, and when it is
// done counts it and writes its one log line.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		start := time.Now()
		r := c.Request()
		rec := &record{id: r.Header.Get(requestIDHeader), address: c.RealIP(), agent: r.UserAgent(), header: r.Header.Get, streams: wantsEvents(r), encoding: r.Header.Get("Accept-Encoding"), language: cut(r.Header.Get("Accept-Language"), 100)}
		if !acceptableID(rec.id) {
			rec.id = domain.NewID().String()
		}
		h := c.Response().Header()
		h.Set(requestIDHeader, rec.id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		ctx := domain.WithLogAttrs(context.WithValue(r.Context(), recordKey{}, rec), slog.String("requestId", rec.id))
		c.SetRequest(r.WithContext(domain.WithUsage(ctx, &rec.usage)))

		err := s.survive(next, c)
		if err != nil && rec.op == nil { // looking for what is not there has a price, too
			if limited := s.charge(r.Context(), c, s.AddressLimit, rec.address); limited != nil {
				err = limited
			}
		}
		if err != nil {
			rec.cancelled = hungUp(r.Context(), c, err)
			s.problem(c, err)
		}
		s.finish(c, rec, time.Since(start))
		return nil
	}
}

// hungUp tells whether err is but that the client went away: the operation was broken off, or
// its answer could not be written.
func hungUp(ctx context.Context, c *echo.Context, err error) bool {
	if !errors.Is(ctx.Err(), context.Canceled) {
		return false
	}
	if errors.Is(err, context.Canceled) {
		return true
	}
	_, ours := errors.AsType[*domain.Error](err)
	res, uerr := echo.UnwrapResponse(c.Response())
	return !ours && uerr == nil && res.Committed
}

// survive turns a panic into an error. The stack goes to the log, without the panic's value:
// it may hold what a client sent.
func (s *Server) survive(next echo.HandlerFunc, c *echo.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so, too
				panic(p)
			}
			kind := fmt.Sprintf("panic: %T", p)
			if e, ok := p.(runtimeError); ok {
				kind = "panic: " + e.Error() // index out of range, nil dereference: no data
			}
			s.Log.ErrorContext(c.Request().Context(), "panic", "stack", string(debug.Stack()))
			err = &domain.Error{Code: domain.Internal, Err: errors.New(kind)}
		}
	}()
	return next(c)
}

type runtimeError interface {
	error
	RuntimeError()
}

func (s *Server) finish(c *echo.Context, rec *record, took time.Duration) {
	status, size := http.StatusOK, int64(0)
	if res, err := echo.UnwrapResponse(c.Response()); err == nil {
		status, size = res.Status, res.Size
	}
	if rec.cancelled { // whatever was written, nobody read it
		status, rec.code = statusCancelled, ""
	}
	name := "none"
	if rec.op != nil {
		name = rec.op.id
		rec.op.observe(status, rec.code, took, took-rec.usage.Upstream)
	} else {
		s.metrics.unmatched(status, took)
	}

	level := slog.LevelInfo
	if status >= 500 {
		level = slog.LevelError
	}
	ctx := c.Request().Context()
	if !s.Log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 16)
	attrs = append(attrs,
		slog.String("operation", name),
		slog.String("method", c.Request().Method),
		slog.Int("status", status),
		slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.Int64("bytes", size))
	if !rec.principal.UserID.IsZero() {
		attrs = append(attrs, slog.String("userId", rec.principal.UserID.String()))
	}
	if rec.usage.Model != "" {
		attrs = append(attrs,
			slog.String("model", rec.usage.Model),
			slog.Int("tokens", rec.usage.Tokens),
			slog.Bool("cached", rec.usage.Cached),
			slog.Float64("upstreamMs", float64(rec.usage.Upstream.Microseconds())/1000))
	}
	outcome := "ok"
	switch {
	case rec.cancelled:
		outcome = "cancelled"
	case rec.code != "":
		outcome = string(rec.code)
	}
	attrs = append(attrs, slog.String("outcome", outcome))
	if rec.cause != nil && status >= 500 {
		attrs = append(attrs, slog.String("cause", rec.cause.Error()))
	}
	s.Log.LogAttrs(ctx, level, "request", attrs...)
}

// acceptableID bounds what a caller may put into the log.
func acceptableID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for _, b := range []byte(id) {
		switch {
		case b >= '0' && b <= '9', b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b == '-', b == '_', b == '.', b == ':', b == '/':
		default:
			return false
		}
	}
	return true
}
