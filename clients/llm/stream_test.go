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

func chunkEvent(text, finish string) string {
	var f any
	if finish != "" {
		f = finish
	}
	b, _ := json.Marshal(map[string]any{"model": "m-1", "choices": []any{map[string]any{"delta": map[string]any{"content": text}, "finish_reason": f}}})
	return "data: " + string(b) + "\n\n"
}

const usageEvent = `data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}` + "\n\n"

// respondEvents sends and flushes each event, then calls end.
func respondEvents(end http.HandlerFunc, all ...string) http.HandlerFunc {
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

func respondStream(pieces ...string) http.HandlerFunc {
	var all []string
	for _, p := range pieces {
		all = append(all, chunkEvent(p, ""))
	}
	return respondEvents(nil, append(all, chunkEvent("", "stop"), usageEvent, "data: [DONE]\n\n")...)
}

func TestStream(t *testing.T) {
	p := newFakeProvider(t, respondStream("Thirty ", "da", "ys."))
	c := newFixture(t, p.URL, nil)
	var got []string
	out, err := c.Stream(t.Context(), newRequest("tenancy"), func(s string) { got = append(got, s) })
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
		text     string // passed to delta
		outcomes string
	}{
		{"500 then a stream", []http.HandlerFunc{respondStatus(500), respondStream("x")}, "", "x", "server_error ok"},
		{"closed before the first piece", []http.HandlerFunc{respondEvents(dropConnection, chunkEvent("", "")), respondStream("x")}, "", "x", "half_answer ok"},
		{"ended before the first piece", []http.HandlerFunc{respondEvents(nil), respondStream("x")}, "", "x", "half_answer ok"},
		{"an error before the first piece", []http.HandlerFunc{respondEvents(nil, inError), respondStream("x")}, "", "x", "server_error ok"},
		{"closed in the middle", []http.HandlerFunc{respondEvents(dropConnection, chunkEvent("a", "")), respondStream("x")}, bad, "a", "half_answer"},
		{"ended in the middle", []http.HandlerFunc{respondEvents(nil, chunkEvent("a", "")), respondStream("x")}, bad, "a", "half_answer"},
		{"cut in an event", []http.HandlerFunc{respondEvents(dropConnection, chunkEvent("a", ""), chunkEvent("b", "")[:20]), respondStream("x")}, bad, "a", "half_answer"},
		{"an error in the middle", []http.HandlerFunc{respondEvents(nil, chunkEvent("a", ""), inError), respondStream("x")}, busy, "a", "server_error"},
		{"garbage in the middle", []http.HandlerFunc{respondEvents(nil, chunkEvent("a", ""), "data: tenancy{{\n\n"), respondStream("x")}, bad, "a", "bad_answer"},
		{"an event of another shape", []http.HandlerFunc{respondEvents(nil, "data: {\"choices\":3}\n\n"), respondStream("x")}, bad, "", "bad_answer"},
		{"no stream", []http.HandlerFunc{respondText("x")}, "", "x", "ok"},
		{"a web page", []http.HandlerFunc{respondRaw("text/html", "<p>x")}, bad, "", "bad_answer"},
		{"no text", []http.HandlerFunc{respondStream()}, bad, "", "bad_answer"},
		{"no DONE", []http.HandlerFunc{respondEvents(nil, chunkEvent("x", ""), chunkEvent("", "stop"))}, "", "x", "ok"},
		{"closed after the reason", []http.HandlerFunc{respondEvents(dropConnection, chunkEvent("x", ""), chunkEvent("", "stop"))}, "", "x", "ok"},
		{"no reason", []http.HandlerFunc{respondEvents(nil, chunkEvent("x", ""), "data: [DONE]\n\n"), respondStream("x")}, bad, "x", "half_answer"},
		{"comments between", []http.HandlerFunc{respondEvents(nil, ": ping\n\n", chunkEvent("x", "stop"), ": ping\n\n", "data: [DONE]\n\n")}, "", "x", "ok"},
		{"too much text", []http.HandlerFunc{respondStream("a", strings.Repeat("tenancy ", 1000))}, bad, "a", "bad_answer"},
		{"too much of nothing", []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			respondEvents(nil, strings.Repeat(chunkEvent("", ""), 1000))(w, r)
		}}, bad, "", "bad_answer"},
		{"one endless line", []http.HandlerFunc{respondEvents(nil, "data: "+strings.Repeat("tenancy", 20_000))}, bad, "", "bad_answer"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newFakeProvider(t, tc.handlers...)
			c := newFixture(t, p.URL, func(cfg *Config) { cfg.MaxAnswer = 4096 })
			var text strings.Builder
			out, err := c.Stream(t.Context(), newRequest("tenancy"), func(s string) { text.WriteString(s) })
			switch tc.code {
			case "":
				if err != nil || out.Text != "x" || out.FinishReason != ai.FinishStop {
					t.Errorf("%+v, %v", out, err)
				}
			case busy:
				checkError(t, err, busy, "ai_unavailable")
			default:
				checkError(t, err, bad, "ai_bad_answer")
			}
			if text.String() != tc.text || c.outcomes() != tc.outcomes {
				t.Errorf("%q, %s; want %q, %s", text.String(), c.outcomes(), tc.text, tc.outcomes)
			}
			p.checkRetriesIdentical(t)
			checkNoSecrets(t, c.log.String())
		})
	}
}

func TestStreamFinishReasons(t *testing.T) {
	refusal := `data: {"choices":[{"delta":{"refusal":"I cannot."},"finish_reason":"stop"}]}` + "\n\n"
	for want, f := range map[ai.FinishReason]http.HandlerFunc{
		ai.FinishLength:        respondEvents(nil, chunkEvent("x", "length")),
		ai.FinishContentFilter: respondEvents(nil, refusal, "data: [DONE]\n\n"),
	} {
		out, err := newFixture(t, newFakeProvider(t, f).URL, nil).Stream(t.Context(), newRequest("x"), func(string) {})
		if err != nil || out.FinishReason != want || out.Text == "" {
			t.Errorf("%+v, %v", out, err)
		}
	}
}

func TestStreamStallsAndSlowReaders(t *testing.T) {
	t.Run("before the first piece", func(t *testing.T) {
		var n atomic.Int32
		withFakeTime(t, func(w http.ResponseWriter, r *http.Request) {
			if n.Add(1) == 1 {
				respondEvents(hang, chunkEvent("", ""))(w, r)
				return
			}
			respondStream("x")(w, r)
		}, func(t *testing.T, c *fixture) {
			start := time.Now()
			out, err := c.Stream(t.Context(), newRequest("tenancy"), func(string) {})
			if err != nil || out.Text != "x" || c.outcomes() != "timeout ok" {
				t.Errorf("%+v, %v, %s", out, err, c.outcomes())
			}
			checkBetween(t, time.Since(start), 10400*time.Millisecond, 10600*time.Millisecond)
		})
	})
	t.Run("after the first piece", func(t *testing.T) {
		withFakeTime(t, respondEvents(hang, chunkEvent("a", "")), func(t *testing.T, c *fixture) {
			start := time.Now()
			_, err := c.Stream(t.Context(), newRequest("tenancy"), func(string) {})
			checkError(t, err, domain.Unavailable, "ai_unavailable")
			if time.Since(start) != 10*time.Second || c.outcomes() != "timeout" {
				t.Errorf("%s, %s", time.Since(start), c.outcomes())
			}
		})
	})
	t.Run("a steady stream may take longer than one timeout", func(t *testing.T) {
		withFakeTime(t, func(w http.ResponseWriter, r *http.Request) {
			for range 3 {
				respondEvents(nil, chunkEvent("x", ""))(w, r)
				time.Sleep(8 * time.Second) // synctest's time
			}
			respondEvents(nil, chunkEvent("", "stop"), "data: [DONE]\n\n")(w, r)
		}, func(t *testing.T, c *fixture) {
			if out, err := c.Stream(t.Context(), newRequest("tenancy"), func(string) {}); err != nil || out.Text != "xxx" {
				t.Errorf("%+v, %v", out, err)
			}
		})
	})
	t.Run("but not longer than the deadline", func(t *testing.T) {
		withFakeTime(t, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				respondEvents(nil, chunkEvent("x", ""))(w, r)
				select {
				case <-time.After(5 * time.Second):
				case <-r.Context().Done():
				}
			}
		}, func(t *testing.T, c *fixture) {
			for range 6 { // the breaker does not count these
				start := time.Now()
				_, err := c.Stream(t.Context(), newRequest("tenancy"), func(string) {})
				checkError(t, err, domain.Unavailable, "ai_unavailable")
				if time.Since(start) != 30*time.Second || c.Breaker() != "closed" {
					t.Errorf("%s, breaker %s", time.Since(start), c.Breaker())
				}
			}
		})
	})
	t.Run("a slow reader is not the provider's fault", func(t *testing.T) {
		withFakeTime(t, respondStream("a", "b"), func(t *testing.T, c *fixture) {
			out, err := c.Stream(t.Context(), newRequest("tenancy"), func(string) { time.Sleep(12 * time.Second) })
			if err != nil || out.Text != "ab" {
				t.Errorf("%+v, %v", out, err)
			}
		})
	})
	t.Run("a server that does not hang up after DONE", func(t *testing.T) {
		withFakeTime(t, respondEvents(hang, chunkEvent("x", "stop"), "data: [DONE]\n\n"), func(t *testing.T, c *fixture) {
			start := time.Now()
			out, err := c.Stream(t.Context(), newRequest("tenancy"), func(string) {})
			if err != nil || out.Text != "x" || time.Since(start) > 100*time.Millisecond {
				t.Errorf("%+v, %v after %s", out, err, time.Since(start))
			}
		})
	})
}

func TestStreamCanceledMidway(t *testing.T) {
	withFakeTime(t, respondEvents(hang, chunkEvent("a", "")), func(t *testing.T, c *fixture) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { _, err := c.Stream(ctx, newRequest("tenancy"), func(string) {}); done <- err }()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) || c.outcomes() != "cancelled" {
			t.Errorf("%v, %s", err, c.outcomes())
		}
	})
}

func TestPanickingReader(t *testing.T) {
	p := newFakeProvider(t, respondStatus(500), respondStream("a"))
	c := newFixture(t, p.URL, func(cfg *Config) {
		cfg.BreakerFailures, cfg.BreakerOpenFor, cfg.Backoff = 1, time.Nanosecond, []time.Duration{}
	})
	_, err := c.Complete(t.Context(), newRequest("x"))
	checkError(t, err, domain.Unavailable, "ai_unavailable")
	func() {
		defer func() { _ = recover() }()
		_, _ = c.Stream(t.Context(), newRequest("x"), func(string) { panic("reader") })
	}()
	if out, err := c.Stream(t.Context(), newRequest("x"), func(string) {}); err != nil || out.Text != "a" || c.Breaker() != "closed" {
		t.Errorf("%+v, %v, %s", out, err, c.Breaker())
	}
}

// TestAgainstTheSandbox runs the client against the AI stand-in.
func TestAgainstTheSandbox(t *testing.T) {
	s, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := newFixture(t, s.URL, func(cfg *Config) { cfg.APIKey = s.APIKey })
	whole, err := c.Complete(t.Context(), newRequest("May [PERSON_1] end it?"))
	if err != nil || !strings.Contains(whole.Text, "[PERSON_1]") || whole.PromptTokens == 0 {
		t.Fatalf("%+v, %v", whole, err)
	}
	streamed, err := c.Stream(t.Context(), newRequest("May [PERSON_1] end it?"), func(string) {})
	if err != nil || streamed != whole {
		t.Errorf("%+v, %v", streamed, err)
	}
	for mode, want := range map[sandbox.Mode]string{
		sandbox.ModeGarbage: "bad_answer", sandbox.ModeHTML: "bad_answer", sandbox.ModeHuge: "bad_answer", sandbox.ModeEmpty: "bad_answer",
		sandbox.ModeFail: "server_error", sandbox.ModeHalf: "half_answer", sandbox.ModeTruncated: "half_answer", sandbox.ModeRefuse: "network",
	} {
		_ = s.SetBehaviour(sandbox.Behaviour{Mode: mode})
		c := newFixture(t, s.URL, func(cfg *Config) { cfg.APIKey, cfg.Backoff = s.APIKey, []time.Duration{} })
		if _, err := c.Complete(t.Context(), newRequest("tenancy")); err == nil || c.outcomes() != want {
			t.Errorf("%s: %v, %s", mode, err, c.outcomes())
		}
	}
	_ = s.SetBehaviour(sandbox.Behaviour{Mode: sandbox.ModeHangStream})
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := c.Stream(ctx, newRequest("tenancy"), func(string) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	c = newFixture(t, s.URL, nil)
	_ = s.SetBehaviour(sandbox.Behaviour{})
	if _, err := c.Complete(t.Context(), newRequest("tenancy")); err == nil || c.outcomes() != "key_refused" || !strings.Contains(c.log.String(), "invalid_api_key") {
		t.Errorf("%v, %s", err, c.log.String())
	}
}

// BenchmarkComplete measures one call, including the test server.
func BenchmarkComplete(b *testing.B) {
	body := `{"model":"m","choices":[{"message":{"role":"assistant","content":"` + strings.Repeat("word ", 150) + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":300,"completion_tokens":150}}`
	srv := newBenchServer(b, body)
	c, err := New(Config{BaseURL: srv, APIKey: secret, Model: "m"})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	req := newRequest("How long is notice?")
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
