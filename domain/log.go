package domain

import (
	"context"
	"log/slog"
)

type logAttrsKey struct{}

// WithLogAttrs returns ctx with attributes for every log line written with it, such as the id of a
// request or a job. They must not contain personal data.
func WithLogAttrs(ctx context.Context, attrs ...slog.Attr) context.Context {
	if len(attrs) == 0 {
		return ctx
	}
	existing := LogAttrs(ctx)
	return context.WithValue(ctx, logAttrsKey{}, append(existing[:len(existing):len(existing)], attrs...))
}

// LogAttrs returns the attributes of WithLogAttrs, to pass them to another context.
func LogAttrs(ctx context.Context) []slog.Attr {
	attrs, _ := ctx.Value(logAttrsKey{}).([]slog.Attr)
	return attrs
}

// LogHandler adds the attributes of the context to each line.
type LogHandler struct{ slog.Handler }

// Handle writes a line with the attributes of ctx.
func (h LogHandler) Handle(ctx context.Context, r slog.Record) error {
	if attrs := LogAttrs(ctx); len(attrs) > 0 {
		r = r.Clone()
		r.AddAttrs(attrs...)
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs returns a LogHandler.
func (h LogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return LogHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup returns a LogHandler.
func (h LogHandler) WithGroup(name string) slog.Handler { return LogHandler{h.Handler.WithGroup(name)} }
