package llm

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/ai"
)

const doneEvent = "data: [DONE]\n\n"

// gzipped compresses what h writes, although the client did not ask for it.
func gzipped(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		h(&gzipWriter{w, z}, r)
		_ = z.Close()
	}
}

type gzipWriter struct {
	http.ResponseWriter
	z *gzip.Writer
}

func (g *gzipWriter) Write(p []byte) (int, error) { return g.z.Write(p) }
func (g *gzipWriter) Flush()                      { _ = g.z.Flush() }

// TestResponseFormats covers answers in another form than the one requested. Each is requested whole and as a stream.
func TestResponseFormats(t *testing.T) {
	const whole = `{"choices":[{"index":0,"message":{"content":"Hello there."},"finish_reason":"stop"}]}`
	text := func(s string) string { return deltaEvent(`"content":`+s, `null`) }
	for _, tc := range []struct {
		name    string
		handler http.HandlerFunc
		text    string // "": half an answer
	}{
		{"JSON", respondRaw("application/json", whole), "Hello there."},
		{"JSON of no media type", respondRaw("", whole), "Hello there."},
		{"JSON after blank lines", respondRaw("application/json", "\n\n\r\n "+whole), "Hello there."},
		{"gzip", gzipped(respondText("Hello there.")), "Hello there."},
		{"a stream", respondStream("Hello ", "there."), "Hello there."},
		{"a stream of another media type", respondRaw("text/plain", text(`"Hello there."`)+deltaEvent("", `"stop"`)+doneEvent), "Hello there."},
		{"a stream labelled as JSON", respondRaw("application/json", text(`"Hello there."`)+deltaEvent("", `"stop"`)+doneEvent), "Hello there."},
		{"a compressed stream", gzipped(respondStream("Hello ", "there.")), "Hello there."},
		{"CRLF", respondRaw("text/event-stream", strings.ReplaceAll(text(`"Hello there."`)+deltaEvent("", `"stop"`)+doneEvent, "\n", "\r\n")), "Hello there."},
		{"several data lines in an event", respondRaw("text/event-stream", "data: {\"choices\":[{\"delta\":\ndata: {\"content\":\"Hello there.\"},\ndata: \"finish_reason\":\"stop\"}]}\n\n"), "Hello there."},
		{"no blank lines between events", respondRaw("text/event-stream", strings.ReplaceAll(text(`"Hello "`)+text(`"there."`)+deltaEvent("", `"stop"`)+doneEvent, "\n\n", "\n")), "Hello there."},
		{"no blank line at the end", respondRaw("text/event-stream", strings.TrimRight(text(`"Hello there."`)+deltaEvent("", `"stop"`), "\n")), "Hello there."},
		{"the message in one event", respondRaw("text/event-stream", "data: "+whole+"\n\n"), "Hello there."},
		{"event ids and types", respondRaw("text/event-stream", "id: 1\nevent: message\nretry: 10\n"+text(`"Hello there."`)+deltaEvent("", `"stop"`)), "Hello there."},
		{"bytes of a character in two chunks", respondRaw("text/event-stream", text("\"Zo\xc3\"")+text("\"\xab \xf0\x9f\"")+text("\"\x91\x8d\"")+deltaEvent("", `"stop"`)), "Zoë 👍"},
		{"a second choice", respondRaw("text/event-stream", "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"Nonsense\"}},{\"index\":0,\"delta\":{\"content\":\"Hello there.\"}}]}\n\n"+deltaEvent("", `"stop"`)), "Hello there."},
		{"reasoning in fields", respondRaw("text/event-stream", deltaEvent(`"reasoning_content":"Hm","reasoning":"hm","reasoning_details":[{}]`, `null`)+text(`"Hello there."`)+deltaEvent("", `"stop"`)), "Hello there."},
		{"reasoning in capitals", respondStream("<TH", "INK>Hm</Thi", "nk>Hello there."), "Hello there."},
		{"reasoning within the answer", respondStream("Hello <thi", "nk>where?</think", ">there."), "Hello there."},
		{"reasoning in square brackets", respondStream("[THINK]Hm[/THINK]", "Hello there."), "Hello there."},
		{"reasoning that never ends", respondStream("Hello ", "<think>there"), ""},
		{"another word for stop", respondRaw("application/json", strings.Replace(whole, `"stop"`, `"eos_token"`, 1)), "Hello there."},
		{"abort", respondRaw("application/json", strings.Replace(whole, `"stop"`, `"abort"`, 1)), ""},
		{"a word of the provider's own", respondEvents(nil, text(`"Hello there."`), deltaEvent("", `"insufficient_system_resource"`), doneEvent), ""},
		{"null at the end", respondEvents(nil, text(`"Hello there."`), deltaEvent("", `null`), doneEvent), ""},
		{"nothing at the end", respondEvents(nil, text(`"Hello there."`)), ""},
	} {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/stream %v", tc.name, stream), func(t *testing.T) {
				c := newFixture(t, newFakeProvider(t, tc.handler).URL, nil)
				out, streamed, err := ask(t, c, stream)
				if tc.text == "" {
					checkError(t, err, domain.Upstream, "ai_bad_answer")
					return
				}
				if err != nil || out.Text != tc.text || out.FinishReason != ai.FinishStop || stream && streamed != tc.text {
					t.Errorf("%+v, streamed %q, %v", out, streamed, err)
				}
			})
		}
	}
}

func ask(t *testing.T, c *fixture, stream bool) (out ai.Completion, streamed string, err error) {
	if !stream {
		out, err = c.Complete(t.Context(), newRequest("tenancy"))
		return out, "", err
	}
	var b strings.Builder
	out, err = c.Stream(t.Context(), newRequest("tenancy"), func(s string) { b.WriteString(s) })
	return out, b.String(), err
}

func TestTokenCounts(t *testing.T) {
	for usage, want := range map[string][2]int{
		`{"prompt_tokens":10,"completion_tokens":5}`:          {10, 5},
		`{"prompt_tokens":10.0,"completion_tokens":5.9}`:      {10, 5},
		`{"prompt_tokens":"10","completion_tokens":"5"}`:      {10, 5},
		`{"input_tokens":10,"output_tokens":5}`:               {10, 5},
		`{"prompt_tokens":null,"completion_tokens":-5}`:       {0, 0},
		`{"prompt_tokens":1e300,"completion_tokens":{"a":1}}`: {100_000_000, 0},
		`{}`: {}, `null`: {}, `[]`: {}, `"none"`: {}, `17`: {},
	} {
		body := `{"choices":[{"message":{"content":"x"},"delta":{"content":"x"},"finish_reason":"stop"}],"usage":` + usage + `}`
		for _, h := range []http.HandlerFunc{respondRaw("application/json", body), respondRaw("text/event-stream", "data: "+body+"\n\n")} {
			out, _, err := ask(t, newFixture(t, newFakeProvider(t, h).URL, nil), false)
			if err != nil || out.PromptTokens != want[0] || out.CompletionTokens != want[1] {
				t.Errorf("%s: %+v, %v", usage, out, err)
			}
		}
	}
}

// TestErrorsWithinStream: an error event is classified like an error response.
func TestErrorsWithinStream(t *testing.T) {
	for event, want := range map[string]struct {
		code    domain.Code
		reason  string
		outcome Outcome
	}{
		`data: {"error":{"message":"x","code":"content_filter"}}`:                                  {domain.Invalid, "ai_text_filtered", TextFiltered},
		`data: {"error":{"message":"maximum context length is 9","code":400}}`:                     {domain.TooLarge, "ai_text_too_long", TextTooLong},
		`data: {"error":{"message":"x","code":"insufficient_quota"}}`:                              {domain.Upstream, "ai_quota_exceeded", QuotaExceeded},
		`data: {"error":{"message":"No auth credentials found","code":401}}`:                       {domain.Upstream, "ai_key_refused", KeyRejected},
		`data: {"error":{"message":"slow down","type":"rate_limit_error"}}`:                        {domain.Unavailable, "ai_unavailable", RateLimited},
		`data: {"error":{"message":"Overloaded","code":"529"}}`:                                    {domain.Unavailable, "ai_unavailable", ServerError},
		"event: error\ndata: {\"message\":\"x\",\"status\":503}":                                   {domain.Unavailable, "ai_unavailable", ServerError},
		`data: {"object":"error","message":"The model 'm' does not exist","type":"NotFoundError"}`: {domain.Upstream, "ai_model_unknown", ModelUnknown},
	} {
		c := newFixture(t, newFakeProvider(t, respondEvents(nil, chunkEvent("Hel", ""), event+"\n\n")).URL, nil)
		_, _, err := ask(t, c, true)
		if e := checkError(t, err, want.code, want.reason); e.Code != domain.Unavailable && e.RetryAfter != 0 || c.outcomes() != string(want.outcome) {
			t.Errorf("%s: Retry-After %s, %s", event, e.RetryAfter, c.outcomes())
		}
		if operator := want.code == domain.Upstream; strings.Contains(c.log.String(), "level=ERROR") != operator {
			t.Errorf("%s: logged %s", event, c.log.String())
		}
	}
}

// TestEchoedRequest: words that an error repeats from the request do not classify it.
func TestEchoedRequest(t *testing.T) {
	p := newFakeProvider(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(422)
		fmt.Fprint(w, `{"detail":[{"loc":["body","x"],"msg":"bad","input":{"messages":[{"content":"my billing dispute and the safety system"}]}}]}`)
	})
	_, _, err := ask(t, newFixture(t, p.URL, nil), false)
	checkError(t, err, domain.Upstream, "ai_request_refused")
}

// TestUnopenedReasoning: a server that puts the opening tag into the prompt streams reasoning as if it were the answer.
// The first stream fails, later ones wait for the closing tag.
func TestUnopenedReasoning(t *testing.T) {
	p := newFakeProvider(t, respondStream("Let me ", "see.</think>\n\n", "Hello there."), respondStream("Let me ", "see.</thi", "nk>\n\nHello ", "there."), respondStream("Hello there."))
	c := newFixture(t, p.URL, nil)
	_, _, err := ask(t, c, true)
	checkError(t, err, domain.Upstream, "ai_bad_answer")
	for range 2 { // the last answer has no reasoning
		if out, streamed, err := ask(t, c, true); err != nil || out.Text != "Hello there." || streamed != out.Text {
			t.Errorf("%+v, streamed %q, %v", out, streamed, err)
		}
	}
}

// TestSlowAnswers: an answer that takes longer than the timeout is requested as a stream, now and from then on.
func TestSlowAnswers(t *testing.T) {
	var whole, streamed atomic.Int32
	handler := func(w http.ResponseWriter, r *http.Request) {
		if body, _ := r.Context().Value(bodyKey{}).(string); strings.Contains(body, `"stream":true`) {
			streamed.Add(1)
			respondKeepAlive(w, 7)
			respondStream("Hello there.")(w, r)
			return
		}
		whole.Add(1)
		hang(w, r)
	}
	withFakeTime(t, handler, func(t *testing.T, c *fixture) {
		for range 2 {
			out, err := c.Complete(t.Context(), newRequest("tenancy"))
			if err != nil || out.Text != "Hello there." {
				t.Fatalf("%+v, %v", out, err)
			}
		}
		if c.outcomes() != "timeout ok ok" || whole.Load() != 1 || streamed.Load() != 2 {
			t.Errorf("%s, %d whole, %d streamed", c.outcomes(), whole.Load(), streamed.Load())
		}
		time.Sleep(relearnAfter) // synctest's time
		if _, err := c.Complete(t.Context(), newRequest("tenancy")); err != nil || whole.Load() != 2 {
			t.Errorf("after a while: %v, %d whole", err, whole.Load())
		}
	})
}

// TestSignsOfLifeWithoutStream: blank lines before a JSON answer reset the idle timeout, within the deadline.
func TestSignsOfLifeWithoutStream(t *testing.T) {
	blank := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for range n {
				select {
				case <-time.After(2 * time.Second): // synctest's time
				case <-r.Context().Done():
					return
				}
				_, _ = io.WriteString(w, "\n")
				_ = http.NewResponseController(w).Flush()
			}
			respondText("Hello there.")(w, r)
		}
	}
	withFakeTime(t, blank(10), func(t *testing.T, c *fixture) {
		if out, err := c.Complete(t.Context(), newRequest("tenancy")); err != nil || out.Text != "Hello there." || c.outcomes() != "ok" {
			t.Errorf("%+v, %v, %s", out, err, c.outcomes())
		}
	})
	withFakeTime(t, blank(20), func(t *testing.T, c *fixture) {
		start := time.Now()
		_, err := c.Complete(t.Context(), newRequest("tenancy"))
		checkError(t, err, domain.Unavailable, "ai_unavailable")
		if took := time.Since(start); took != 30*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func respondKeepAlive(w http.ResponseWriter, n int) {
	w.Header().Set("Content-Type", "text/event-stream")
	for range n {
		time.Sleep(2 * time.Second) // synctest's time
		_, _ = io.WriteString(w, ": ping\n\n")
		_ = http.NewResponseController(w).Flush()
	}
}

// TestIgnoredSchema: a provider that ignores the schema is asked again with the schema in the prompt, and from then on.
func TestIgnoredSchema(t *testing.T) {
	var p *fakeProvider
	p = newFakeProvider(t, func(w http.ResponseWriter, r *http.Request) {
		requests := p.requests()
		if strings.Contains(requests[len(requests)-1].body, "conforms to the following JSON Schema") {
			respondText("Certainly!\n```json\n{\"answer\":1}\n```")(w, r)
			return
		}
		respondText(`{"reply":"It ends."}`)(w, r)
	})
	c := newFixture(t, p.URL, nil)
	req := newRequest("tenancy")
	req.Schema = &ai.Schema{Name: "s", JSON: json.RawMessage(`{"type":"object"}`)}
	req.Check = func(answer string) error {
		if !strings.Contains(answer, "answer") {
			return errors.New("another shape")
		}
		return nil
	}
	for range 2 {
		if out, err := c.Complete(t.Context(), req); err != nil || out.Text != `{"answer":1}` {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	if c.outcomes() != "bad_answer ok ok" || c.Breaker() != "closed" {
		t.Errorf("%s, breaker %s", c.outcomes(), c.Breaker())
	}
}

// TestChangingParameters: what a provider supports may change, in both directions.
func TestChangingParameters(t *testing.T) {
	var rejects atomic.Value
	rejects.Store(`"max_completion_tokens"`)
	var p *fakeProvider
	p = newFakeProvider(t, func(w http.ResponseWriter, r *http.Request) {
		requests := p.requests()
		if name := rejects.Load().(string); name != "" && strings.Contains(requests[len(requests)-1].body, name) {
			w.WriteHeader(400)
			fmt.Fprintf(w, `{"error":{"message":"Unsupported parameter: %s is not supported with this model. Use another instead."}}`, strings.Trim(name, `"`))
			return
		}
		if strings.Contains(requests[len(requests)-1].body, `"stream":true`) {
			respondStream("x")(w, r)
			return
		}
		respondText("x")(w, r)
	})
	c := newFixture(t, p.URL, nil)
	send := func() string {
		t.Helper()
		req := newRequest("tenancy")
		req.MaxTokens = 9
		if _, err := c.Stream(t.Context(), req, func(string) {}); err != nil {
			t.Fatal(err)
		}
		return p.requests()[p.count()-1].body
	}
	if body := send(); !strings.Contains(body, `"max_tokens":9`) {
		t.Errorf("sent %s", body)
	}
	rejects.Store(`"max_tokens"`) // another server behind the load balancer
	if body := send(); strings.Contains(body, "max_") {
		t.Errorf("sent %s", body)
	}
	rejects.Store(`"stream_options"`)
	if body := send(); strings.Contains(body, "stream_options") {
		t.Errorf("sent %s", body)
	}
	c.dialect.mu.Lock()
	c.dialect.until = time.Now().Add(-time.Second)
	c.dialect.mu.Unlock()
	rejects.Store("")
	if body := send(); !strings.Contains(body, `"max_completion_tokens":9`) || !strings.Contains(body, "stream_options") {
		t.Errorf("after an hour sent %s", body)
	}
}

// TestRefusalWordings: providers reject parameters in different words, some without naming them.
func TestRefusalWordings(t *testing.T) {
	for _, body := range []string{
		`{"error":{"message":"Unrecognized request argument supplied: stream_options","type":"invalid_request_error"}}`,
		`{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}`,
		`{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"stream_options\": Cannot find field.","status":"INVALID_ARGUMENT"}}`,
		`{"error":"json: unknown field \"stream_options\""}`,
		`{"error":{"message":"property 'streamOptions' is unsupported"}}`,
		`{"message":"Extra inputs are not permitted"}`,
		`{"error":{"message":"Unknown parameter in request body"}}`,
		`unsupported parameter`,
	} {
		var p *fakeProvider
		p = newFakeProvider(t, func(w http.ResponseWriter, r *http.Request) {
			requests := p.requests()
			if strings.Contains(requests[len(requests)-1].body, "stream_options") {
				w.WriteHeader(400)
				_, _ = io.WriteString(w, body)
				return
			}
			respondStream("x")(w, r)
		})
		c := newFixture(t, p.URL, nil)
		for i := range 2 {
			if _, _, err := ask(t, c, true); err != nil || p.count() != i+2 {
				t.Errorf("%s: %v after %d requests", body, err, p.count())
			}
		}
	}
	// a provider without streams
	var p *fakeProvider
	p = newFakeProvider(t, func(w http.ResponseWriter, r *http.Request) {
		requests := p.requests()
		if strings.Contains(requests[len(requests)-1].body, `"stream":true`) {
			w.WriteHeader(400)
			_, _ = io.WriteString(w, `{"error":{"message":"Streaming is not supported by this model"}}`)
			return
		}
		respondText("x")(w, r)
	})
	if out, streamed, err := ask(t, newFixture(t, p.URL, nil), true); err != nil || out.Text != "x" || streamed != "x" {
		t.Errorf("%+v, %q, %v", out, streamed, err)
	}
}
