package middleware

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v5"

	"counsel/domain"
)

// statusCanceled stands in logs and metrics for a request whose client hung up.
const statusCanceled = 499

// logging answers errors as problem documents. When the request is done, it writes one log line
// and counts the request.
func (s *Stack) logging(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		start := time.Now()
		ctx := c.Request().Context()
		req := RequestFrom(ctx)
		if err := next(c); err != nil {
			req.canceled = clientGone(ctx, c, err)
			s.writeProblem(c, err)
		}
		s.record(c, req, time.Since(start))
		return nil
	}
}

// clientGone reports whether err only means that the client hung up: the operation was canceled,
// or its answer could not be written.
func clientGone(ctx context.Context, c *echo.Context, err error) bool {
	if !errors.Is(ctx.Err(), context.Canceled) {
		return false
	}
	if errors.Is(err, context.Canceled) {
		return true
	}
	_, isDomain := errors.AsType[*domain.Error](err)
	res, unwrapErr := echo.UnwrapResponse(c.Response())
	return !isDomain && unwrapErr == nil && res.Committed
}

// record counts the request and writes its log line, which never holds what was asked or
// answered.
func (s *Stack) record(c *echo.Context, req *Request, took time.Duration) {
	status, size := http.StatusOK, int64(0)
	if res, err := echo.UnwrapResponse(c.Response()); err == nil {
		status, size = res.Status, res.Size
	}
	if req.canceled { // whatever was written, nobody read it
		status, req.code = statusCanceled, ""
	}
	operationID := "none"
	if req.operation != nil {
		operationID = req.operation.id
		req.operation.observe(status, req.code, took, took-req.usage.Upstream)
	} else {
		s.metrics.unmatched(status, took)
	}

	level := slog.LevelInfo
	if status >= 500 {
		level = slog.LevelError
	}
	ctx := c.Request().Context()
	if !s.config.Log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 16)
	attrs = append(attrs,
		slog.String("operation", operationID),
		slog.String("method", c.Request().Method),
		slog.Int("status", status),
		slog.Float64("ms", milliseconds(took)),
		slog.Int64("bytes", size))
	if req.usage.Model != "" {
		attrs = append(attrs,
			slog.String("model", req.usage.Model),
			slog.Int("tokens", req.usage.Tokens),
			slog.Bool("cached", req.usage.Cached),
			slog.Float64("upstream_ms", milliseconds(req.usage.Upstream)))
	}
	outcome := "ok"
	switch {
	case req.canceled:
		outcome = "cancelled"
	case req.code != "":
		outcome = string(req.code)
	}
	attrs = append(attrs, slog.String("outcome", outcome))
	if req.err != nil && status >= 500 {
		attrs = append(attrs, slog.String("error", req.err.Error()))
	}
	s.config.Log.LogAttrs(ctx, level, "request", attrs...)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
