package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"counsel/domain"
	"counsel/domain/ai"
	sandbox "counsel/sandbox/llm"
)

func chunk(text, finish string) string {
	var f any
	if finish != "" {
		f = finish
	}
	b, _ := json.Marshal(map[string]any{"model": "m-1", "choices": []any{map[string]any{"delta": map[string]any{"content": text}, "finish_reason": f}}})
	return "data: " + string(b) + "\n\n"
}

const usage = `data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}` + "\n\n"

// frames sends each frame by itself, then does what end says.
func frames(end http.HandlerFunc, all ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, f := range all {
			_, _ = io.WriteString(w, f)
			_ = http.NewResponseController(w).Flush()
		}
		if end != nil {
			end(w, r)
		}
	}
}

func stream(pieces ...string) http.HandlerFunc {
	var all []string
	for _, p := range pieces {
		all = append(all, chunk(p, ""))
	}
	return frames(nil, append(all, chunk("", "stop"), usage, "data: [DONE]\n\n")...)
}

func TestStreamHandsOverEveryPiece(t *testing.T) {
	p := serve(t, stream("Thirty ", "da", "ys."))
	c := connect(t, p.URL, nil)
	var got []string
	out, err := c.Stream(t.Context(), ask("tenancy"), func(s string) { got = append(got, s) })
	want := ai.Completion{Text: "Thirty days.", Model: "m-1", FinishReason: ai.FinishStop, PromptTokens: 5, CompletionTokens: 2}
	if err != nil || out != want || strings.Join(got, "|") != "Thirty |da|ys." {
		t.Errorf("%+v, %v, %q", out, err, got)
	}
	if body := p.requests()[0].body; !strings.Contains(body, `"stream":true`) || !strings.Contains(body, `"include_usage":true`) {
		t.Errorf("sent %s", body)
	}
	if a := c.attempts[0]; !a.Stream || a.FirstChunk <= 0 || a.FirstChunk > a.Duration || a.CompletionTokens != 2 {
		t.Errorf("observed %+v", a)
	}
}

func TestStreamFaults(t *testing.T) {
	busy, bad := domain.Unavailable, domain.Upstream
	inError := "data: {\"error\":{\"message\":\"tenancy\"}}\n\n"
	for _, tc := range []struct {
		name     string
		handlers []http.HandlerFunc
		code     domain.Code
		text     string // what delta saw
		outcomes string
	}{
		{"500 then a stream", []http.HandlerFunc{status(500), stream("x")}, "", "x", "server_error ok"},
		{"closed before the first piece", []http.HandlerFunc{frames(drop, chunk("", "")), stream("x")}, "", "x", "half_answer ok"},
		{"ended before the first piece", []http.HandlerFunc{frames(nil), stream("x")}, "", "x", "half_answer ok"},
		{"an error before the first piece", []http.HandlerFunc{frames(nil, inError), stream("x")}, "", "x", "server_error ok"},
		{"closed in the middle", []http.HandlerFunc{frames(drop, chunk("a", "")), stream("x")}, bad, "a", "half_answer"},
		{"ended in the middle", []http.HandlerFunc{frames(nil, chunk("a", "")), stream("x")}, bad, "a", "half_answer"},
		{"cut in an event", []http.HandlerFunc{frames(drop, chunk("a", ""), chunk("b", "")[:20]), stream("x")}, bad, "a", "half_answer"},
		{"an error in the middle", []http.HandlerFunc{frames(nil, chunk("a", ""), inError), stream("x")}, busy, "a", "server_error"},
		{"garbage in the middle", []http.HandlerFunc{frames(nil, chunk("a", ""), "data: tenancy{{\n\n"), stream("x")}, bad, "a", "bad_answer"},
		{"an event of another shape", []http.HandlerFunc{frames(nil, "data: {\"choices\":3}\n\n"), stream("x")}, bad, "", "bad_answer"},
		{"no stream", []http.HandlerFunc{answers("x")}, "", "x", "ok"},
		{"a web page", []http.HandlerFunc{raw("text/html", "<p>x")}, bad, "", "bad_answer"},
		{"no text", []http.HandlerFunc{stream()}, bad, "", "bad_answer"},
		{"no DONE", []http.HandlerFunc{frames(nil, chunk("x", ""), chunk("", "stop"))}, "", "x", "ok"},
		{"closed after the reason", []http.HandlerFunc{frames(drop, chunk("x", ""), chunk("", "stop"))}, "", "x", "ok"},
		{"no reason", []http.HandlerFunc{frames(nil, chunk("x", ""), "data: [DONE]\n\n")}, "", "x", "ok"},
		{"comments between", []http.HandlerFunc{frames(nil, ": ping\n\n", chunk("x", "stop"), ": ping\n\n", "data: [DONE]\n\n")}, "", "x", "ok"},
		{"too much text", []http.HandlerFunc{stream("a", strings.Repeat("tenancy ", 1000))}, bad, "a", "bad_answer"},
		{"too much of nothing", []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			frames(nil, strings.Repeat(chunk("", ""), 1000))(w, r)
		}}, bad, "", "bad_answer"},
		{"one endless line", []http.HandlerFunc{frames(nil, "data: "+strings.Repeat("tenancy", 20_000))}, bad, "", "bad_answer"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := serve(t, tc.handlers...)
			c := connect(t, p.URL, func(cfg *Config) { cfg.MaxAnswer = 4096 })
			var text strings.Builder
			out, err := c.Stream(t.Context(), ask("tenancy"), func(s string) { text.WriteString(s) })
			switch tc.code {
			case "":
				if err != nil || out.Text != "x" || out.FinishReason != ai.FinishStop {
					t.Errorf("%+v, %v", out, err)
				}
			case busy:
				fails(t, err, busy, "ai_unavailable")
			default:
				fails(t, err, bad, "ai_bad_answer")
			}
			if text.String() != tc.text || c.outcomes() != tc.outcomes {
				t.Errorf("%q, %s; want %q, %s", text.String(), c.outcomes(), tc.text, tc.outcomes)
			}
			p.sameTries(t)
			quiet(t, c.log.String())
		})
	}
}

func TestStreamFinishReasons(t *testing.T) {
	refusal := `data: {"choices":[{"delta":{"refusal":"I cannot."},"finish_reason":"stop"}]}` + "\n\n"
	for want, f := range map[ai.FinishReason]http.HandlerFunc{
		ai.FinishLength:        frames(nil, chunk("x", "length")),
		ai.FinishContentFilter: frames(nil, refusal, "data: [DONE]\n\n"),
	} {
		out, err := connect(t, serve(t, f).URL, nil).Stream(t.Context(), ask("x"), func(string) {})
		if err != nil || out.FinishReason != want || out.Text == "" {
			t.Errorf("%+v, %v", out, err)
		}
	}
}

func TestStreamStallsAndSlowReaders(t *testing.T) {
	t.Run("before the first piece", func(t *testing.T) {
		var n atomic.Int32
		timed(t, func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1) == 1 {
				frames(hang, chunk("", ""))(w, r)
				return
			}
			stream("x")(w, r)
		}, func(t *testing.T, c *watched) {
			start := time.Now()
			out, err := c.Stream(t.Context(), ask("tenancy"), func(string) {})
			if err != nil || out.Text != "x" || c.outcomes() != "timeout ok" {
				t.Errorf("%+v, %v, %s", out, err, c.outcomes())
			}
			within(t, time.Since(start), 10400*time.Millisecond, 10600*time.Millisecond)
		})
	})
	t.Run("after the first piece", func(t *testing.T) {
		timed(t, frames(hang, chunk("a", "")), func(t *testing.T, c *watched) {
			start := time.Now()
			_, err := c.Stream(t.Context(), ask("tenancy"), func(string) {})
			fails(t, err, domain.Unavailable, "ai_unavailable")
			if time.Since(start) != 10*time.Second || c.outcomes() != "timeout" {
				t.Errorf("%s, %s", time.Since(start), c.outcomes())
			}
		})
	})
	t.Run("a steady stream may take longer than one timeout", func(t *testing.T) {
		timed(t, func(w http.ResponseWriter, r *http.Request) {
			for range 3 {
				frames(nil, chunk("x", ""))(w, r)
				time.Sleep(8 * time.Second) // synctest's time
			}
			frames(nil, "data: [DONE]\n\n")(w, r)
		}, func(t *testing.T, c *watched) {
			if out, err := c.Stream(t.Context(), ask("tenancy"), func(string) {}); err != nil || out.Text != "xxx" {
				t.Errorf("%+v, %v", out, err)
			}
		})
	})
	t.Run("but not longer than the deadline", func(t *testing.T) {
		timed(t, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				frames(nil, chunk("x", ""))(w, r)
				select {
				case <-time.After(5 * time.Second):
				case <-r.Context().Done():
				}
			}
		}, func(t *testing.T, c *watched) {
			for range 6 { // and this is no outage
				start := time.Now()
				_, err := c.Stream(t.Context(), ask("tenancy"), func(string) {})
				fails(t, err, domain.Unavailable, "ai_unavailable")
				if time.Since(start) != 30*time.Second || c.Breaker() != "closed" {
					t.Errorf("%s, breaker %s", time.Since(start), c.Breaker())
				}
			}
		})
	})
	t.Run("a slow reader is not the provider's fault", func(t *testing.T) {
		timed(t, stream("a", "b"), func(t *testing.T, c *watched) {
			out, err := c.Stream(t.Context(), ask("tenancy"), func(string) { time.Sleep(12 * time.Second) })
			if err != nil || out.Text != "ab" {
				t.Errorf("%+v, %v", out, err)
			}
		})
	})
	t.Run("a server that does not hang up after DONE", func(t *testing.T) {
		timed(t, frames(hang, chunk("x", "stop"), "data: [DONE]\n\n"), func(t *testing.T, c *watched) {
			start := time.Now()
			out, err := c.Stream(t.Context(), ask("tenancy"), func(string) {})
			if err != nil || out.Text != "x" || time.Since(start) > 100*time.Millisecond {
				t.Errorf("%+v, %v after %s", out, err, time.Since(start))
			}
		})
	})
}

func TestStreamCancelledInTheMiddle(t *testing.T) {
	timed(t, frames(hang, chunk("a", "")), func(t *testing.T, c *watched) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { _, err := c.Stream(ctx, ask("tenancy"), func(string) {}); done <- err }()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) || c.outcomes() != "cancelled" {
			t.Errorf("%v, %s", err, c.outcomes())
		}
	})
}

func TestPanickingReaderLeavesTheBreakerUsable(t *testing.T) {
	p := serve(t, status(500), stream("a"))
	c := connect(t, p.URL, func(cfg *Config) {
		cfg.BreakerFailures, cfg.BreakerOpenFor, cfg.Backoff = 1, time.Nanosecond, []time.Duration{}
	})
	_, err := c.Complete(t.Context(), ask("x"))
	fails(t, err, domain.Unavailable, "ai_unavailable")
	func() {
		defer func() { _ = recover() }()
		_, _ = c.Stream(t.Context(), ask("x"), func(string) { panic("reader") })
	}()
	if out, err := c.Stream(t.Context(), ask("x"), func(string) {}); err != nil || out.Text != "a" || c.Breaker() != "closed" {
		t.Errorf("%+v, %v, %s", out, err, c.Breaker())
	}
}

// TestAgainstTheSandbox holds both ends of the wire to each other.
func TestAgainstTheSandbox(t *testing.T) {
	s, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := connect(t, s.URL, func(cfg *Config) { cfg.APIKey = s.APIKey })
	whole, err := c.Complete(t.Context(), ask("May [PERSON_1] end it?"))
	if err != nil || !strings.Contains(whole.Text, "[PERSON_1]") || whole.PromptTokens == 0 {
		t.Fatalf("%+v, %v", whole, err)
	}
	streamed, err := c.Stream(t.Context(), ask("May [PERSON_1] end it?"), func(string) {})
	if err != nil || streamed != whole {
		t.Errorf("%+v, %v", streamed, err)
	}
	for mode, want := range map[sandbox.Mode]string{
		sandbox.ModeGarbage: "bad_answer", sandbox.ModeHTML: "bad_answer", sandbox.ModeHuge: "bad_answer", sandbox.ModeEmpty: "bad_answer",
		sandbox.ModeFail: "server_error", sandbox.ModeHalf: "half_answer", sandbox.ModeTruncated: "half_answer", sandbox.ModeRefuse: "network",
	} {
		_ = s.SetBehaviour(sandbox.Behaviour{Mode: mode})
		c := connect(t, s.URL, func(cfg *Config) { cfg.APIKey, cfg.Backoff = s.APIKey, []time.Duration{} })
		if _, err := c.Complete(t.Context(), ask("tenancy")); err == nil || c.outcomes() != want {
			t.Errorf("%s: %v, %s", mode, err, c.outcomes())
		}
	}
	_ = s.SetBehaviour(sandbox.Behaviour{Mode: sandbox.ModeHangStream})
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := c.Stream(ctx, ask("tenancy"), func(string) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	c = connect(t, s.URL, nil)
	_ = s.SetBehaviour(sandbox.Behaviour{})
	if _, err := c.Complete(t.Context(), ask("tenancy")); err == nil || c.outcomes() != "key_refused" || !strings.Contains(c.log.String(), "invalid_api_key") {
		t.Errorf("%v, %s", err, c.log.String())
	}
}

// BenchmarkComplete is the CPU of one call, the test server's share included.
func BenchmarkComplete(b *testing.B) {
	body := `{"model":"m","choices":[{"message":{"role":"assistant","content":"` + strings.Repeat("word ", 150) + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":300,"completion_tokens":150}}`
	srv := newBenchServer(b, body)
	c, err := New(Config{BaseURL: srv, APIKey: secret, Model: "m"})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	req := ask("How long is notice?")
	req.Messages[0].Text = strings.Repeat("You are a careful lawyer. ", 150)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Complete(context.Background(), req); err != nil {
			b.Fatal(err)
		}
	}
}

func newBenchServer(b *testing.B, body string) string {
	b.Helper()
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, body)
	}), ReadHeaderTimeout: time.Minute}
	l := listen(b)
	go func() { _ = srv.Serve(l) }()
	b.Cleanup(func() { _ = srv.Close() })
	return "http://" + l.Addr().String()
}

func listen(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return l
}
