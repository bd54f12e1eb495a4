//go:build !production

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/lmittmann/tint"

	"counsel/config"
	"counsel/domain"
)

// terminal is where dev writes its log and, while it starts, one line that says what is under way. On a terminal the line
// moves and is replaced; elsewhere each step is a line of its own.
type terminal struct {
	out   io.Writer
	moves bool // out is a terminal
	color bool

	mu      sync.Mutex
	text    string // of the current step; "" between steps
	started time.Time
	end     chan struct{} // closed at the end of the current step
	ended   chan struct{} // closed when its line no longer moves
}

const lineInterval = 100 * time.Millisecond

func newTerminal(f *os.File) *terminal {
	info, err := f.Stat()
	is := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &terminal{out: f, moves: is && os.Getenv("TERM") != "dumb", color: is && os.Getenv("TERM") != "dumb" && os.Getenv("NO_COLOR") == ""}
}

// log returns a logger for people: one line each, colored on a terminal.
func (t *terminal) log(cfg config.Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // config has validated it
	handler := tint.NewTextHandler(t, &tint.Options{Level: level, TimeFormat: time.TimeOnly, NoColor: !t.color, ReplaceAttr: shorten})
	return slog.New(domain.LogHandler{Handler: requestLines{handler}})
}

// shorten omits attributes that go without saying.
func shorten(_ []string, a slog.Attr) slog.Attr {
	if a.Key == "part" && a.Value.String() == "http" || a.Key == "outcome" && a.Value.String() == "ok" {
		return slog.Attr{}
	}
	return a
}

// requestLines makes the line of a request begin with what people look for: "POST sendChat 200 in 69 ms".
type requestLines struct{ slog.Handler }

func (h requestLines) Handle(ctx context.Context, r slog.Record) error {
	if r.Message != "request" {
		return h.Handler.Handle(ctx, r)
	}
	found := map[string]slog.Value{"method": {}, "operation": {}, "status": {}, "ms": {}}
	var others []slog.Attr
	r.Attrs(func(a slog.Attr) bool {
		if _, ok := found[a.Key]; ok {
			found[a.Key] = a.Value
		} else if a.Key != "bytes" {
			others = append(others, a)
		}
		return true
	})
	ms, _ := found["ms"].Any().(float64)
	line := slog.NewRecord(r.Time, r.Level, fmt.Sprintf("%s %s %s in %.0f ms", found["method"], found["operation"], found["status"], ms), r.PC)
	line.AddAttrs(others...)
	return h.Handler.Handle(ctx, line)
}

func (h requestLines) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestLines{h.Handler.WithAttrs(attrs)}
}

func (h requestLines) WithGroup(name string) slog.Handler {
	return requestLines{h.Handler.WithGroup(name)}
}

// Write writes a whole line of the log above the moving line.
func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.erase()
	n, err := t.out.Write(p)
	t.draw()
	return n, err
}

// step begins a step and ends the one before.
func (t *terminal) step(text string) {
	t.done()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text, t.started = text, time.Now()
	if !t.moves {
		_, _ = fmt.Fprintln(t.out, text+" …")
		return
	}
	t.end, t.ended = make(chan struct{}), make(chan struct{})
	t.draw()
	go t.move(t.end, t.ended)
}

// update changes the text of the current step.
func (t *terminal) update(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = text
}

// done ends the current step, if there is one.
func (t *terminal) done() {
	t.mu.Lock()
	end, ended := t.end, t.ended
	t.end = nil
	t.mu.Unlock()
	if end != nil {
		close(end)
		<-ended
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.erase()
	t.text = ""
}

func (t *terminal) move(end, ended chan struct{}) {
	defer close(ended)
	ticker := time.NewTicker(lineInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.mu.Lock()
			t.draw()
			t.mu.Unlock()
		case <-end:
			return
		}
	}
}

func (t *terminal) draw() {
	if t.moves && t.text != "" {
		_, _ = fmt.Fprintf(t.out, "\r\x1b[K%s  %.1f s", t.text, time.Since(t.started).Seconds())
	}
}

func (t *terminal) erase() {
	if t.moves && t.text != "" {
		_, _ = fmt.Fprint(t.out, "\r\x1b[K")
	}
}
