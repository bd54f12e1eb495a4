package llm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/ai"
)

// respondMessage responds with a completion; message holds the fields of its message besides the role.
func respondMessage(message, finish string) http.HandlerFunc {
	return respondRaw("application/json", `{"model":"m","choices":[{"message":{"role":"assistant",`+message+`},"finish_reason":`+finish+`}],"usage":{"prompt_tokens":10.0,"completion_tokens":5.0}}`)
}

func deltaEvent(fields, finish string) string {
	return `data: {"choices":[{"index":0,"delta":{` + fields + `},"finish_reason":` + finish + `}]}` + "\n\n"
}

// TestProviderQuirks covers what providers put around an answer or send instead of one.
func TestProviderQuirks(t *testing.T) {
	const done = "data: [DONE]\n\n"
	for _, tc := range []struct {
		name     string
		handler  http.HandlerFunc
		streamed bool
		text     string // of the answer
		reason   string // of the error
	}{
		{"reasoning", respondMessage(`"content":"<think>\nHm, [PERSON_1]?\n</think>\n\nHello there."`, `"stop"`), false, "Hello there.", ""},
		{"reasoning whose opening tag was in the prompt", respondMessage(`"content":"Hm.\n</think>\n\nHello there."`, `"stop"`), false, "Hello there.", ""},
		{"reasoning without a closing tag", respondMessage(`"content":"<think>Hm, and then"`, `"stop"`), false, "", "ai_bad_answer"},
		{"reasoning in another tag", respondMessage(`"content":"<reasoning>Hm</reasoning> Hello there."`, `"stop"`), false, "Hello there.", ""},
		{"a tag that is not reasoning", respondMessage(`"content":"<thinner> is no tag"`, `"stop"`), false, "<thinner> is no tag", ""},
		{"reasoning in a separate field", respondMessage(`"reasoning_content":"Hm","content":"Hello there."`, `"stop"`), false, "Hello there.", ""},
		{"a list of parts", respondMessage(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"Hello "},{"type":"text","text":"there."}]`, `"stop"`), false, "Hello there.", ""},
		{"control characters", respondMessage(`"content":"Hel\u0000lo \u001b[31mthere\u0007."`, `"stop"`), false, "Hello [31mthere.", ""},
		{"a byte order mark", respondRaw("application/json", "\ufeff"+`{"choices":[{"message":{"content":"\ufeffHello there."}}]}`), false, "Hello there.", ""},
		{"error as the finish reason", respondMessage(`"content":"Half of"`, `"error"`), false, "", "ai_bad_answer"},
		{"unknown finish reason", respondMessage(`"content":"Half of"`, `"insufficient_system_resource"`), false, "", "ai_bad_answer"},
		{"tool calls", respondMessage(`"content":null,"tool_calls":[]`, `"tool_calls"`), false, "", "ai_bad_answer"},

		{"reasoning, streamed one character at a time", respondEvents(nil, streamedByRune("\n<think>Hm, 1 < 2.</think>\n\nHello <b>there</b>.", deltaEvent(``, `"stop"`), done)...), true, "Hello <b>there</b>.", ""},
		{"two reasoning blocks", respondEvents(nil, streamedByRune("<think>a</think> <think>b</think>Hello.", deltaEvent(``, `"stop"`), done)...), true, "Hello.", ""},
		{"part of a reasoning tag", respondEvents(nil, deltaEvent(`"content":"<thi"`, `null`), deltaEvent(``, `"stop"`), done), true, "<thi", ""},
		{"no finish reason, streamed", respondEvents(nil, deltaEvent(`"content":"Half of"`, `null`), done), true, "", "ai_bad_answer"},
		{"only reasoning", respondEvents(nil, deltaEvent(`"content":"<think>so"`, `null`), deltaEvent(``, `"stop"`), done), true, "", "ai_bad_answer"},
		{"parts, streamed", respondEvents(nil, deltaEvent(`"content":[{"type":"text","text":"Hello there."}]`, `null`), deltaEvent(``, `"stop"`), done), true, "Hello there.", ""},
		{"a surrogate pair split between chunks", respondEvents(nil, deltaEvent(`"content":"Thumb \ud83d"`, `null`), deltaEvent(`"content":null`, `null`), deltaEvent(`"content":"\udc4d up \\ud83d"`, `null`), deltaEvent(``, `"stop"`), done), true, `Thumb 👍 up \ud83d`, ""},
		{"a byte order mark before the stream", respondEvents(nil, "\ufeff"+deltaEvent(`"content":"Hello "`, `null`), deltaEvent(`"content":"there."`, `null`), deltaEvent(``, `"stop"`), done), true, "Hello there.", ""},
		{"pings", respondEvents(nil, "event: ping\ndata: {\"type\":\"ping\"}\n\n", "event: ping\ndata:\n\n", deltaEvent(`"content":"Hello there."`, `null`), deltaEvent(``, `"stop"`), done), true, "Hello there.", ""},
		{"JSON instead of a stream", respondMessage(`"content":"Hello there."`, `"stop"`), true, "Hello there.", ""},
		{"error as the finish reason, streamed", respondEvents(nil, deltaEvent(`"content":"Half of"`, `null`), deltaEvent(``, `"error"`), done), true, "", "ai_bad_answer"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newFixture(t, newFakeProvider(t, tc.handler).URL, nil)
			var out ai.Completion
			var err error
			var streamed strings.Builder
			if tc.streamed {
				out, err = c.Stream(t.Context(), newRequest("x"), func(piece string) { streamed.WriteString(piece) })
			} else {
				out, err = c.Complete(t.Context(), newRequest("x"))
			}
			if tc.reason != "" {
				checkError(t, err, domain.Upstream, tc.reason)
				return
			}
			if err != nil || out.Text != tc.text || tc.streamed && streamed.String() != tc.text {
				t.Errorf("%q, streamed %q, %v", out.Text, streamed.String(), err)
			}
		})
	}
}

// streamedByRune returns events with one character of text each, followed by then.
func streamedByRune(text string, then ...string) (all []string) {
	for _, r := range text {
		b, _ := json.Marshal(string(r))
		all = append(all, deltaEvent(`"content":`+string(b), `null`))
	}
	return append(all, then...)
}

// TestPermanentErrors: errors that no retry can fix are not reported as "busy".
func TestPermanentErrors(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		code   domain.Code
		reason string
	}{
		{400, `{"error":{"message":"The response was filtered due to the prompt triggering a content management policy.","code":"content_filter"}}`, domain.Invalid, "ai_text_filtered"},
		{403, `{"error":{"message":"input flagged by moderation","code":403}}`, domain.Invalid, "ai_text_filtered"},
		{400, `{"error":{"message":"This model's maximum context length is 8192 tokens. You asked for max_completion_tokens 900.","code":"context_length_exceeded"}}`, domain.TooLarge, "ai_text_too_long"},
		{400, `{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}`, domain.TooLarge, "ai_text_too_long"},
		{413, `too large`, domain.TooLarge, "ai_text_too_long"},
		{429, `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}`, domain.Upstream, "ai_quota_exceeded"},
		{402, `{"error":{"message":"Insufficient Balance"}}`, domain.Upstream, "ai_quota_exceeded"},
		{404, `{"error":{"message":"The model 'gpt-9' does not exist","code":"model_not_found"}}`, domain.Upstream, "ai_model_unknown"},
		{401, `{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}`, domain.Upstream, "ai_key_refused"},
		{400, `{"error":{"message":"no"}}`, domain.Upstream, "ai_request_refused"},
	} {
		answer := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(tc.status)
			fmt.Fprint(w, tc.body)
		}
		p := newFakeProvider(t, answer)
		c := newFixture(t, p.URL, nil)
		_, err := c.Complete(t.Context(), newRequest("x"))
		if e := checkError(t, err, tc.code, tc.reason); e.RetryAfter != 0 {
			t.Errorf("%s: Retry-After is %s", tc.body, e.RetryAfter)
		}
		_, err = c.Stream(t.Context(), newRequest("x"), func(string) {})
		checkError(t, err, tc.code, tc.reason)
	}
}

// TestUnsupportedParameters: a parameter that the provider rejects is dropped, for this request and all later ones.
func TestUnsupportedParameters(t *testing.T) {
	for name, tc := range map[string]struct {
		refuses func(body string) bool
		output  string
		stream  bool
		without []string // in the end
		with    string
	}{
		"temperature":           {func(b string) bool { return strings.Contains(b, `"temperature"`) }, `{"error":{"message":"Unsupported value: 'temperature'","param":"temperature","code":"unsupported_value"}}`, false, []string{`"temperature"`}, `"max_completion_tokens":7`},
		"max_completion_tokens": {func(b string) bool { return strings.Contains(b, `"max_completion_tokens"`) }, `{"message":{"detail":[{"type":"extra_forbidden","loc":["body","max_completion_tokens"]}]}}`, false, []string{`"max_completion_tokens"`}, `"max_tokens":7`},
		"stream_options":        {func(b string) bool { return strings.Contains(b, `"stream_options"`) }, `{"message":{"detail":[{"loc":["body","stream_options"]}]}}`, true, []string{`"stream_options"`}, `"stream":true`},
		"json_schema":           {func(b string) bool { return strings.Contains(b, `"json_schema"`) }, `{"error":{"message":"This response_format type is unavailable now"}}`, false, []string{`"json_schema"`}, `"json_object"`},
		"response_format":       {func(b string) bool { return strings.Contains(b, `"response_format"`) }, `{"error":{"message":"response_format is not known"}}`, false, []string{`"response_format"`}, `"temperature"`},
		"several": {func(b string) bool {
			return strings.Contains(b, `"temperature"`) || strings.Contains(b, `"response_format"`)
		}, `{"error":{"message":"temperature, response_format: extra fields"}}`, false,
			[]string{`"temperature"`, `"response_format"`}, `"max_completion_tokens"`},
	} {
		t.Run(name, func(t *testing.T) {
			var p *fakeProvider
			p = newFakeProvider(t, func(w http.ResponseWriter, r *http.Request) {
				requests := p.requests()
				if tc.refuses(requests[len(requests)-1].body) {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(422)
					fmt.Fprint(w, tc.output)
					return
				}
				if tc.stream {
					respondStream("{}")(w, r)
				} else {
					respondText("{}")(w, r)
				}
			})
			c := newFixture(t, p.URL, nil)
			warm := 0.2
			req := newRequest("x")
			req.Temperature, req.MaxTokens, req.Schema = &warm, 7, &ai.Schema{Name: "s", JSON: json.RawMessage(`{}`)}
			var before int
			for range 2 {
				before = p.count()
				var err error
				if tc.stream {
					_, err = c.Stream(t.Context(), req, func(string) {})
				} else {
					_, err = c.Complete(t.Context(), req)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if p.count() != before+1 {
				t.Errorf("%d more requests were rejected", p.count()-before-1)
			}
			last := p.requests()[p.count()-1].body
			for _, field := range tc.without {
				if strings.Contains(last, field) {
					t.Errorf("%s is still sent: %s", field, last)
				}
			}
			if !strings.Contains(last, tc.with) {
				t.Errorf("%s is not sent: %s", tc.with, last)
			}
		})
	}
}

// TestNothingLearnedFromFailure: nothing is learned if the request fails without the parameters, too.
func TestNothingLearnedFromFailure(t *testing.T) {
	p := newFakeProvider(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(400)
		fmt.Fprint(w, `{"error":{"message":"the temperature of the room, response_format, max_completion_tokens"}}`)
	})
	c := newFixture(t, p.URL, nil)
	_, err := c.Complete(t.Context(), newRequest("x"))
	checkError(t, err, domain.Upstream, "ai_request_refused")
	if c.dialect.get() != 0 || p.count() > 1+maxResends {
		t.Errorf("learned %b in %d requests", c.dialect.get(), p.count())
	}
}

func TestExtractJSON(t *testing.T) {
	const want = `{"findings":[{"quote":"a } b"}]}`
	for name, text := range map[string]string{
		"plain": want, "fenced": "```json\n" + want + "\n```", "a bare fence": "```\n" + want + "\n```\n", "after prose": "Here is {the} JSON:\n\n" + want,
		"before prose": want + "\n\nLet me know {if} you need more.", "spaces": "\n\n  " + want + "\n", "no-break space": "\u00a0" + want,
		"after a smaller one": `{"a":1} and then ` + want,
	} {
		if got := extractJSON(text); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	for text, want := range map[string]string{
		`{"a":[1,2,],}`: `{"a":[1,2]}`, "no JSON": "no JSON", `{"a":`: `{"a":`, "": "", `[1]`: `[1]`,
	} {
		if got := extractJSON(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	extractJSON(strings.Repeat(`{"a":`, 100_000)) // must be fast
}

// TestKeepAliveComments: comments reset the idle timeout of a stream.
func TestKeepAliveComments(t *testing.T) {
	comments := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for range 7 {
			time.Sleep(2 * time.Second) // synctest's time
			fmt.Fprint(w, ": keep-alive\n\n")
			_ = http.NewResponseController(w).Flush()
		}
		respondStream("Hello there.")(w, r)
	}
	withFakeTime(t, comments, func(t *testing.T, c *fixture) {
		out, err := c.Stream(t.Context(), newRequest("x"), func(string) {})
		if err != nil || out.Text != "Hello there." || c.outcomes() != "ok" {
			t.Errorf("%+v, %v, %s", out, err, c.outcomes())
		}
	})
}

func FuzzReasoningFilter(f *testing.F) {
	f.Add("<think>a</think>b", 1)
	f.Add("\ufeff <reasoning>\n</reasoning>", 3)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n = 1 + max(n, -n)%8; n < 1 {
			n = 1
		}
		var whole, pieces reasoningFilter
		want := whole.write(s)
		want += whole.close()
		got, runes := "", []rune(s)
		for len(runes) > 0 {
			k := min(n, len(runes))
			got += pieces.write(string(runes[:k]))
			runes = runes[k:]
		}
		got += pieces.close()
		if string([]rune(s)) == s && !pieces.leaked && !whole.leaked && got != want {
			t.Errorf("%q in pieces of %d: %q, whole %q", s, n, got, want)
		}
	})
}
