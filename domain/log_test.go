package domain_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"counsel/domain"
)

func TestLogHandler(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(domain.LogHandler{Handler: slog.NewTextHandler(&out, nil)}).With("part", "ai")
	outer := domain.WithLogAttrs(t.Context(), slog.String("requestId", "seven"))
	jobA, jobB := domain.WithLogAttrs(outer, slog.String("job", "a")), domain.WithLogAttrs(outer, slog.String("job", "b"))
	for _, c := range []struct {
		ctx       context.Context
		has, lack string
	}{
		{context.Background(), "part=ai", "requestId"},
		{outer, "part=ai requestId=seven", "job"},
		{jobA, "requestId=seven job=a", "job=b"},
		{jobB, "requestId=seven job=b", "job=a"},
		{domain.WithLogAttrs(context.Background(), domain.LogAttrs(jobA)...), "requestId=seven job=a", "job=b"},
	} {
		out.Reset()
		log.InfoContext(c.ctx, "x")
		if line := out.String(); !strings.Contains(line, c.has) || strings.Contains(line, c.lack) {
			t.Errorf("%q: want %q and not %q", line, c.has, c.lack)
		}
	}
}
