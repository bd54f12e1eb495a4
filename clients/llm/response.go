package llm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"counsel/domain/ai"
)

// chatResponse is a completion, or one chunk of a stream.
type chatResponse struct {
	Object  string          `json:"object"`
	Model   string          `json:"model"`
	Choices []choice        `json:"choices"`
	Usage   usage           `json:"usage"`
	Error   json.RawMessage `json:"error"`
}

type choice struct {
	Index        int             `json:"index"`
	Message      responseMessage `json:"message"`
	Delta        responseMessage `json:"delta"`
	FinishReason string          `json:"finish_reason"`
}

type responseMessage struct {
	Content content `json:"content"`
	Refusal string  `json:"refusal"`
}

// first returns the choice with index 0; only one is requested. ok is false if the response has none.
func (a *chatResponse) first() (c choice, ok bool) {
	for _, c := range a.Choices {
		if c.Index == 0 {
			return c, true
		}
	}
	return choice{}, false
}

// inBandError returns the error that a response with status 200 reports, or nil.
func (a *chatResponse) inBandError(raw []byte) json.RawMessage {
	if a.Object == "error" {
		return raw
	}
	switch string(a.Error) {
	case "", "null", `""`, "false", "{}", "[]":
		return nil
	}
	return a.Error
}

// usage holds the token counts. It never fails to decode: a count that is missing or unreadable is 0.
type usage struct{ prompt, completion int }

// UnmarshalJSON implements json.Unmarshaler.
func (u *usage) UnmarshalJSON(b []byte) error {
	var names struct {
		Prompt     json.RawMessage `json:"prompt_tokens"`
		Completion json.RawMessage `json:"completion_tokens"`
		Input      json.RawMessage `json:"input_tokens"` // names that some providers use
		Output     json.RawMessage `json:"output_tokens"`
	}
	_ = json.Unmarshal(b, &names)
	u.prompt = cmp.Or(tokenCount(names.Prompt), tokenCount(names.Input))
	u.completion = cmp.Or(tokenCount(names.Completion), tokenCount(names.Output))
	return nil
}

// tokenCount reads a number, which some providers send as a decimal or a string.
func tokenCount(raw json.RawMessage) int {
	n, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil || !(n > 0) { // NaN is not
		return 0
	}
	return int(min(n, 100_000_000))
}

// content is a string, or the joined text of a list of parts, as a raw JSON string. It is not decoded yet
// because a stream may split a surrogate pair between two chunks.
type content struct{ raw json.RawMessage }

// UnmarshalJSON implements json.Unmarshaler.
func (c *content) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '[' {
		if c.raw = append(c.raw[:0], b...); b[0] != '"' && string(b) != "null" {
			return errNotJSON
		}
		return nil
	}
	var parts []struct {
		Type string          `json:"type"`
		Text json.RawMessage `json:"text"`
	}
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	var text strings.Builder
	for _, p := range parts {
		var s string
		if (p.Type == "text" || p.Type == "output_text") && json.Unmarshal(p.Text, &s) == nil { // other types are reasoning
			text.WriteString(s)
		}
	}
	var err error
	c.raw, err = json.Marshal(text.String())
	return err
}

// decode returns the text. A character may be cut between two chunks: pending is its first part, from the end of the
// previous chunk; next is the one at the end of this chunk. It is an escaped high surrogate, such as \ud83d, or the
// first bytes of a UTF-8 sequence.
func (c content) decode(pending string) (text, next string) {
	raw := string(c.raw)
	if len(raw) < 2 || raw[0] != '"' {
		return "", pending
	}
	raw = pending + raw[1:len(raw)-1]
	if m := highSurrogate.FindStringSubmatch(raw); m != nil {
		next = m[2]
	} else {
		next = partialRune(raw)
	}
	raw = raw[:len(raw)-len(next)]
	_ = json.Unmarshal([]byte(`"`+raw+`"`), &text) // UnmarshalJSON let only a JSON string through
	return text, next
}

var highSurrogate = regexp.MustCompile(`(^|[^\\])(?:\\\\)*(\\u[dD][89abAB][0-9a-fA-F]{2})$`)

// partialRune returns the incomplete UTF-8 sequence at the end of s, or "".
func partialRune(s string) string {
	for i := len(s) - 1; i >= max(0, len(s)-utf8.UTFMax); i-- {
		if utf8.RuneStart(s[i]) {
			if !utf8.FullRuneInString(s[i:]) {
				return s[i:]
			}
			break
		}
	}
	return ""
}

// parseCompletion reads a response that is not streamed.
func (c *Client) parseCompletion(ctx context.Context, q call, r *bodyReader) (ai.Completion, *failure) {
	body, err := io.ReadAll(r)
	if err != nil {
		return ai.Completion{}, classifyTransportError(ctx, err, true)
	}
	if int64(len(body)) > c.cfg.MaxAnswer {
		return ai.Completion{}, badAnswer(errTooLarge)
	}
	var a chatResponse
	if err := json.Unmarshal(body, &a); err != nil {
		return ai.Completion{}, notJSON(err)
	}
	out := ai.Completion{Model: a.Model, PromptTokens: a.Usage.prompt, CompletionTokens: a.Usage.completion}
	if e := a.inBandError(body); e != nil {
		return out, classifyInBandError(e)
	}
	ch, ok := a.first()
	if !ok {
		return out, badAnswer(errNotJSON)
	}
	text, _ := ch.Message.Content.decode("")
	text, whole := stripReasoning(text)
	out.Text, out.FinishReason = text, finishReason(ch.FinishReason, ai.FinishStop)
	if out.Text == "" && ch.Message.Refusal != "" {
		out.Text, out.FinishReason = dropControlCharacters(ch.Message.Refusal), ai.FinishContentFilter
	} else if !whole && out.FinishReason == ai.FinishStop && out.Text != "" {
		out.FinishReason = finishUnknown
	}
	return c.checkCompletion(q, out)
}

// notJSON is the failure for a text that is not JSON of the protocol, or was cut off.
func notJSON(err error) *failure {
	if e, ok := errors.AsType[*json.SyntaxError](err); ok && e.Error() == "unexpected end of JSON input" {
		return &failure{outcome: Truncated, status: http.StatusOK, retry: true, err: errTruncated}
	}
	return badAnswer(errNotJSON)
}

// finishUnknown is a finish reason that does not mean a complete answer: error, abort, tool_calls, a word of the
// provider's own, or none at the end of a stream.
const finishUnknown ai.FinishReason = "unknown"

// finishReason returns the reason that a provider's word means, and missing if there is none. A complete JSON document
// without a reason is a complete answer, because some servers never send one; a stream without one is not.
func finishReason(word string, missing ai.FinishReason) ai.FinishReason {
	switch strings.ToLower(word) {
	case "":
		return missing
	case "stop", "eos", "eos_token", "end_turn", "stop_sequence":
		return ai.FinishStop
	case "length", "max_tokens", "max_output_tokens", "model_length":
		return ai.FinishLength
	case "content_filter", "safety", "recitation", "sensitive":
		return ai.FinishContentFilter
	}
	return finishUnknown
}

// checkCompletion checks that the answer is complete or was ended for a known reason, is not empty, and is a document of
// the requested schema. The first answer that is not is retried with the schema in the prompt. It returns out in any case.
func (c *Client) checkCompletion(q call, out ai.Completion) (ai.Completion, *failure) {
	if out.FinishReason == finishUnknown {
		return out, &failure{outcome: Truncated, status: http.StatusOK, retry: true, err: errUnfinished}
	}
	if out.FinishReason != ai.FinishStop {
		return out, nil
	}
	if strings.TrimSpace(out.Text) == "" {
		return out, badAnswer(errEmpty)
	}
	if q.req.Schema == nil {
		return out, nil
	}
	out.Text = extractJSON(out.Text)
	if q.req.Check == nil || q.req.Check(out.Text) == nil || q.learn&schemaInPrompt != 0 {
		return out, nil // the caller checks the answer as well
	}
	f := badAnswer(errSchema)
	f.retry, f.notCounted, f.learn = true, true, schemaInPrompt
	return out, f
}
