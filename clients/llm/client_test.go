package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"counsel/domain"
	"counsel/domain/ai"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "sk-very-secret-key"

type receivedRequest struct {
	from, path, authorization, key, body string
}

// fakeProvider is a scripted server: the nth request gets the nth handler, later ones the last.
type fakeProvider struct {
	*httptest.Server
	mu       sync.Mutex
	received []receivedRequest
}

func newFakeProvider(t *testing.T, handlers ...http.HandlerFunc) *fakeProvider {
	t.Helper()
	p := &fakeProvider{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		p.received = append(p.received, receivedRequest{r.RemoteAddr, r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Idempotency-Key"), string(body)})
		h := handlers[min(len(p.received), len(handlers))-1]
		p.mu.Unlock()
		h(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// requests returns the requests received so far.
func (p *fakeProvider) requests() []receivedRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.received)
}

func (p *fakeProvider) count() int { return len(p.requests()) }

// checkRetriesIdentical checks that every attempt sent the same request.
func (p *fakeProvider) checkRetriesIdentical(t *testing.T) {
	t.Helper()
	for i, r := range p.requests() {
		if first := p.requests()[0]; r.key != "the-key" || r.path != first.path || r.body != first.body {
			t.Errorf("attempt %d sent %+v", i+1, r)
		}
	}
}

// fixture is a client with the attempts and log lines it reported.
type fixture struct {
	*Client
	mu       sync.Mutex
	attempts []Attempt
	log      bytes.Buffer
}

func (w *fixture) outcomes() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, a := range w.attempts {
		all = append(all, string(a.Outcome))
	}
	return strings.Join(all, " ")
}

// newFixture returns a client with short waits; change adjusts its settings.
func newFixture(t *testing.T, url string, change func(*Config)) *fixture {
	t.Helper()
	w := &fixture{}
	cfg := Config{
		BaseURL: url, APIKey: secret, Model: "test-model", Timeout: 5 * time.Second, Deadline: 20 * time.Second,
		Backoff: []time.Duration{time.Millisecond, time.Millisecond}, BreakerFailures: 100,
		Log:       slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		OnAttempt: func(a Attempt) { w.mu.Lock(); w.attempts = append(w.attempts, a); w.mu.Unlock() },
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	w.Client = c
	return w
}

func newRequest(text string) ai.Request {
	return ai.Request{IdempotencyKey: "the-key", Messages: []ai.Message{{Author: ai.System, Text: "Be brief."}, {Author: ai.User, Text: text}}}
}

func respondText(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"model": "test-model-0613", "usage": map[string]any{"prompt_tokens": 7, "completion_tokens": 3},
			"choices": []any{map[string]any{"message": map[string]any{"content": text, "refusal": nil}, "finish_reason": "stop"}},
		})
	}
}

func respondStatus(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `{"error":{"message":"no, `+secret+` asked about the tenancy","type":"t","code":"some_code"}}`)
	}
}

func respondRaw(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body)
	}
}

// respondTruncated sends body under a longer Content-Length and breaks the connection.
func respondTruncated(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", fmt.Sprint(len(body)+100))
		_, _ = io.WriteString(w, body)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func dropConnection(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// checkError checks the error that a caller gets, and that it contains neither the key nor any text.
func checkError(t *testing.T, err error, code domain.Code, reason string) *domain.Error {
	t.Helper()
	e, ok := errors.AsType[*domain.Error](err)
	if !ok {
		t.Fatalf("%v is not a domain error", err)
	}
	if e.Code != code || e.Reason != reason {
		t.Errorf("%s/%s, want %s/%s: %v", e.Code, e.Reason, code, reason, err)
	}
	checkNoSecrets(t, err.Error())
	if code == domain.Unavailable && (e.RetryAfter <= 0 || e.Message != "The AI is busy right now, please try again.") {
		t.Errorf("RetryAfter %s, %q", e.RetryAfter, e.Message)
	}
	return e
}

func checkNoSecrets(t *testing.T, s string) {
	t.Helper()
	for _, private := range []string{secret, "tenancy", "Be brief"} {
		if strings.Contains(s, private) {
			t.Errorf("%q leaked: %s", private, s)
		}
	}
}

func TestComplete(t *testing.T) {
	p := newFakeProvider(t, respondText("Thirty days, [PERSON_1]."))
	c := newFixture(t, p.URL+"/v1", nil)
	req := newRequest("How long is the tenancy's notice?")
	temperature := 0.2
	req.MaxTokens, req.Temperature = 500, &temperature
	req.Schema = &ai.Schema{Name: "reply", JSON: json.RawMessage(`{"type":"object","properties":{},"required":[],"additionalProperties":false}`)}
	req.Messages = append(req.Messages, ai.Message{Author: ai.Assistant, Text: "Earlier"})
	got, err := c.Complete(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	want := ai.Completion{Text: "Thirty days, [PERSON_1].", Model: "test-model-0613", FinishReason: ai.FinishStop, PromptTokens: 7, CompletionTokens: 3}
	if got != want {
		t.Errorf("got %+v", got)
	}
	r := p.requests()[0]
	if r.path != "/v1/chat/completions" || r.authorization != "Bearer "+secret || r.key != "the-key" {
		t.Errorf("sent %+v", r)
	}
	var body, shape any
	_ = json.Unmarshal([]byte(r.body), &body)
	_ = json.Unmarshal([]byte(`{"model":"test-model","max_completion_tokens":500,"temperature":0.2,"messages":[
		{"role":"system","content":"Be brief."},{"role":"user","content":"How long is the tenancy's notice?"},{"role":"assistant","content":"Earlier"}],
		"response_format":{"type":"json_schema","json_schema":{"name":"reply","strict":true,"schema":{"type":"object","properties":{},"required":[],"additionalProperties":false}}}}`), &shape)
	if fmt.Sprint(body) != fmt.Sprint(shape) {
		t.Errorf("sent %v\nwant %v", body, shape)
	}
	if a := c.attempts[0]; len(c.attempts) != 1 || a.Outcome != OK || a.PromptTokens != 7 || a.CompletionTokens != 3 || a.Duration <= 0 || a.Number != 1 || a.Model != "test-model" || a.Status != 200 {
		t.Errorf("reported %+v", c.attempts)
	}
	if c.Name() != "test-model" {
		t.Error(c.Name())
	}
}

func TestCompleteFaults(t *testing.T) {
	const good = `{"model":"m","choices":[{"message":{"content":"the tenancy ends"},"finish_reason":"stop"}]}`
	const busy, bad, refused, keyRefused = "ai_unavailable", "ai_bad_answer", "ai_request_refused", "ai_key_refused"
	for _, tc := range []struct {
		name     string
		handlers []http.HandlerFunc
		reason   string // "": an answer comes
		outcomes string
	}{
		{"500 then an answer", []http.HandlerFunc{respondStatus(500), respondText("x")}, "", "server_error ok"},
		{"500, 502, then an answer", []http.HandlerFunc{respondStatus(500), respondStatus(502), respondText("x")}, "", "server_error server_error ok"},
		{"503 every time", []http.HandlerFunc{respondStatus(503)}, busy, "server_error server_error server_error"},
		{"500 with a truncated body", []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(500)
			_ = http.NewResponseController(w).Flush()
			dropConnection(w, r)
		}, respondText("x")}, "", "server_error ok"},
		{"a web page as 502", []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(502)
			_, _ = io.WriteString(w, "<html>Bad gateway")
		}, respondText("x")}, "", "server_error ok"},
		{"429 then an answer", []http.HandlerFunc{respondStatus(429, "Retry-After", "0"), respondText("x")}, "", "rate_limited ok"},
		{"400 is not retried", []http.HandlerFunc{respondStatus(400), respondText("x")}, refused, "request_refused"},
		{"404 is not retried", []http.HandlerFunc{respondStatus(404), respondText("x")}, refused, "request_refused"},
		{"408 is not retried", []http.HandlerFunc{respondStatus(408), respondText("x")}, refused, "request_refused"},
		{"401 is not retried", []http.HandlerFunc{respondStatus(401), respondText("x")}, keyRefused, "key_refused"},
		{"403 is not retried", []http.HandlerFunc{respondStatus(403), respondText("x")}, keyRefused, "key_refused"},
		{"a closed connection", []http.HandlerFunc{dropConnection, respondText("x")}, "", "network ok"},
		{"closed every time", []http.HandlerFunc{dropConnection}, busy, "network network network"},
		{"truncated JSON, connection broken", []http.HandlerFunc{respondTruncated("application/json", good[:40]), respondText("x")}, "", "half_answer ok"},
		{"truncated JSON, response ended", []http.HandlerFunc{respondRaw("application/json", good[:40]), respondText("x")}, "", "half_answer ok"},
		{"truncated JSON every time", []http.HandlerFunc{respondRaw("application/json", good[:40])}, bad, "half_answer half_answer half_answer"},
		{"empty body", []http.HandlerFunc{respondRaw("application/json", ""), respondText("x")}, "", "half_answer ok"},
		{"garbage", []http.HandlerFunc{respondRaw("application/json", "the tenancy {{{")}, bad, "bad_answer"},
		{"another shape", []http.HandlerFunc{respondRaw("application/json", `{"choices":"tenancy"}`)}, bad, "bad_answer"},
		{"no choices", []http.HandlerFunc{respondRaw("application/json", `{"choices":[]}`)}, bad, "bad_answer"},
		{"an error with 200", []http.HandlerFunc{respondRaw("application/json", `{"error":{"message":"tenancy"}}`), respondText("x")}, "", "server_error ok"},
		{"an error with 200 every time", []http.HandlerFunc{respondRaw("application/json", `{"error":{"message":"tenancy","code":502}}`)}, busy, "server_error server_error server_error"},
		{"a rejected key with 200", []http.HandlerFunc{respondRaw("application/json", `{"object":"error","message":"tenancy","code":401}`)}, keyRefused, "key_refused"},
		{"a field error that is empty", []http.HandlerFunc{respondRaw("application/json", `{"error":"","choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}`)}, "", "ok"},
		{"no text", []http.HandlerFunc{respondRaw("application/json", `{"choices":[{"message":{"content":null},"finish_reason":"stop"}]}`)}, bad, "bad_answer"},
		{"a web page", []http.HandlerFunc{respondRaw("text/html", "<!doctype html><p>the tenancy")}, bad, "bad_answer"},
		{"a web page as JSON", []http.HandlerFunc{respondRaw("application/json", "<!doctype html><p>the tenancy")}, bad, "bad_answer"},
		{"another media type", []http.HandlerFunc{respondRaw("text/plain", `{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}`)}, "", "ok"},
		{"a redirect", []http.HandlerFunc{respondStatus(302, "Location", "/elsewhere")}, bad, "bad_answer"},
		{"too large", []http.HandlerFunc{respondRaw("application/json", `{"choices":[{"message":{"content":"`+strings.Repeat("tenancy ", 1000)+`"}}]}`)}, bad, "bad_answer"},
		{"a huge error", []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			for range 1 << 10 {
				if _, err := w.Write(bytes.Repeat([]byte("tenancy "), 1<<10)); err != nil {
					return
				}
			}
		}, respondText("x")}, "", "server_error ok"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newFakeProvider(t, tc.handlers...)
			c := newFixture(t, p.URL, func(cfg *Config) { cfg.MaxAnswer = 4096 })
			got, err := c.Complete(t.Context(), newRequest("About the tenancy"))
			switch tc.reason {
			case "":
				if err != nil || got.Text != "x" {
					t.Errorf("%+v, %v", got, err)
				}
			case busy:
				checkError(t, err, domain.Unavailable, busy)
			default:
				checkError(t, err, domain.Upstream, tc.reason)
			}
			if got := c.outcomes(); got != tc.outcomes {
				t.Errorf("outcomes %s, want %s", got, tc.outcomes)
			}
			p.checkRetriesIdentical(t)
			checkNoSecrets(t, c.log.String())
		})
	}
}

// Providers bill attempts whose answer cannot be used.
func TestTokensOfAllAttempts(t *testing.T) {
	unfinished := respondRaw("application/json", `{"choices":[{"message":{"content":"x"},"finish_reason":"error"}],"usage":{"prompt_tokens":10,"completion_tokens":5}}`)
	cutOff := respondTruncated("application/json", `{"choices":[`)
	const estimate = 5 // of the messages of newRequest("?????????")
	for name, tc := range map[string]struct {
		handlers           []http.HandlerFunc
		prompt, completion int
	}{
		"the first unfinished":     {[]http.HandlerFunc{unfinished, respondText("Yes.")}, 17, 8},
		"all unfinished":           {[]http.HandlerFunc{unfinished, unfinished, unfinished}, 30, 15},
		"without counts":           {[]http.HandlerFunc{cutOff, cutOff, cutOff}, 3 * estimate, 0},
		"timeout":                  {[]http.HandlerFunc{hang, hang, hang}, 3 * estimate, 0},
		"not processed":            {[]http.HandlerFunc{respondStatus(503), respondStatus(429), respondStatus(500)}, 0, 0},
		"not processed, then well": {[]http.HandlerFunc{respondStatus(503), respondText("Yes.")}, 7, 3},
	} {
		t.Run(name, func(t *testing.T) {
			p := newFakeProvider(t, tc.handlers...)
			c := newFixture(t, p.URL, func(c *Config) { c.Timeout = 200 * time.Millisecond })
			out, err := c.Complete(t.Context(), newRequest("?????????"))
			if out.PromptTokens != tc.prompt || out.CompletionTokens != tc.completion {
				t.Errorf("%d, %d, want %d, %d: %v", out.PromptTokens, out.CompletionTokens, tc.prompt, tc.completion, err)
			}
		})
	}
}

func TestConnectionRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	_ = l.Close()
	c := newFixture(t, url, nil)
	_, err = c.Complete(t.Context(), newRequest("tenancy"))
	checkError(t, err, domain.Unavailable, "ai_unavailable")
	if !strings.Contains(err.Error(), "refused") || c.outcomes() != "network network network" {
		t.Errorf("%s: %v", c.outcomes(), err)
	}
}

func TestInvalidSchema(t *testing.T) {
	p := newFakeProvider(t, respondText("x"))
	req := newRequest("x")
	req.Schema = &ai.Schema{Name: "n", JSON: json.RawMessage(`{`)}
	_, err := newFixture(t, p.URL, nil).Complete(t.Context(), req)
	if checkError(t, err, domain.Internal, ""); p.count() != 0 {
		t.Error("the request was sent")
	}
}

func TestFinishReasons(t *testing.T) {
	for body, want := range map[string]ai.Completion{
		`{"choices":[{"message":{"content":"cut"},"finish_reason":"length"}]}`:           {Text: "cut", FinishReason: ai.FinishLength},
		`{"choices":[{"message":{"content":null},"finish_reason":"content_filter"}]}`:    {FinishReason: ai.FinishContentFilter},
		`{"choices":[{"message":{"refusal":"I cannot."},"finish_reason":"stop"}]}`:       {Text: "I cannot.", FinishReason: ai.FinishContentFilter},
		`{"error":null,"choices":[{"message":{"content":"done"},"finish_reason":null}]}`: {Text: "done", FinishReason: ai.FinishStop},
	} {
		c := newFixture(t, newFakeProvider(t, respondRaw("application/json", body)).URL, nil)
		if got, err := c.Complete(t.Context(), newRequest("x")); err != nil || got != want {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

func TestRetryAfterBeyondDeadline(t *testing.T) {
	for name, after := range map[string]string{"seconds": "3600", "date": time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)} {
		t.Run(name, func(t *testing.T) {
			p := newFakeProvider(t, respondStatus(429, "Retry-After", after))
			c := newFixture(t, p.URL, nil)
			_, err := c.Complete(t.Context(), newRequest("x"))
			e := checkError(t, err, domain.Unavailable, "ai_unavailable")
			if e.RetryAfter < 59*time.Minute || e.RetryAfter > time.Hour || p.count() != 1 {
				t.Errorf("RetryAfter %s after %d attempts", e.RetryAfter, p.count())
			}
		})
	}
}

func TestCanceledCallerNotCounted(t *testing.T) {
	started := make(chan struct{}, 10)
	p := newFakeProvider(t, func(w http.ResponseWriter, r *http.Request) { started <- struct{}{}; hang(w, r) })
	c := newFixture(t, p.URL, func(cfg *Config) { cfg.BreakerFailures = 1 })
	for _, stream := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-started; cancel() }()
		var err error
		if stream {
			_, err = c.Stream(ctx, newRequest("tenancy"), func(string) {})
		} else {
			_, err = c.Complete(ctx, newRequest("tenancy"))
		}
		if !errors.Is(err, context.Canceled) || c.Breaker() != "closed" {
			t.Errorf("%v, breaker %s", err, c.Breaker())
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := c.Complete(ctx, newRequest("tenancy"))
	checkError(t, err, domain.Unavailable, "ai_unavailable")
	if c.outcomes() != "cancelled cancelled cancelled" || c.Breaker() != "closed" || p.count() != 3 {
		t.Errorf("%s, breaker %s, %d requests", c.outcomes(), c.Breaker(), p.count())
	}
}

func TestConnectionReuse(t *testing.T) {
	p := newFakeProvider(t, respondText("x"), respondStream("a", "b"))
	c := newFixture(t, p.URL, nil)
	if _, err := c.Complete(t.Context(), newRequest("x")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := c.Stream(t.Context(), newRequest("x"), func(string) {}); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range p.requests() {
		if r.from != p.requests()[0].from {
			t.Errorf("%d requests in a row used more than one connection", p.count())
			break
		}
	}
}

func TestInvalidConfig(t *testing.T) {
	for _, cfg := range []Config{{}, {BaseURL: "localhost:1", Model: "m"}, {BaseURL: "ftp://x/", Model: "m"}, {BaseURL: "http://x/v1"}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}
