package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"

	"counsel/domain/ai"
)

// chatResponse is a completion, or one chunk of a stream.
type chatResponse struct {
	Model   string `json:"model"`
	Choices []struct {
		Message      responseMessage `json:"message"`
		Delta        responseMessage `json:"delta"`
		FinishReason string          `json:"finish_reason"`
	} `json:"choices"`
	Usage struct {
		PromptTokens     float64 `json:"prompt_tokens"` // some providers send decimals
		CompletionTokens float64 `json:"completion_tokens"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

type responseMessage struct {
	Content content `json:"content"`
	Refusal string  `json:"refusal"`
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

// decode returns the text. pending is the high surrogate (such as \ud83d) at the end of the previous
// chunk; next is the one at the end of this chunk.
func (c content) decode(pending string) (text, next string) {
	raw := string(c.raw)
	if len(raw) < 2 || raw[0] != '"' {
		return "", pending
	}
	raw = `"` + pending + raw[1:]
	if m := highSurrogate.FindStringSubmatch(raw); m != nil {
		next = m[2]
		raw = raw[:len(raw)-len(next)-1] + `"`
	}
	_ = json.Unmarshal([]byte(raw), &text) // UnmarshalJSON let only a JSON string through
	return text, next
}

var highSurrogate = regexp.MustCompile(`(^|[^\\])(?:\\\\)*(\\u[dD][89abAB][0-9a-fA-F]{2})"$`)

func (a *chatResponse) failed() bool { return len(a.Error) > 0 && string(a.Error) != "null" }

// parseCompletion reads a response that is not streamed.
func (c *Client) parseCompletion(ctx context.Context, q call, res *http.Response) (ai.Completion, *failure) {
	body, err := io.ReadAll(io.LimitReader(res.Body, c.cfg.MaxAnswer+1))
	if err != nil {
		return ai.Completion{}, classifyTransportError(ctx, err, true)
	}
	if int64(len(body)) > c.cfg.MaxAnswer {
		return ai.Completion{}, badAnswer(errTooLarge)
	}
	body = bytes.TrimPrefix(body, []byte(byteOrderMark))
	var a chatResponse
	if err := json.Unmarshal(body, &a); err != nil {
		if e, ok := errors.AsType[*json.SyntaxError](err); ok && e.Offset >= int64(len(bytes.TrimSpace(body))) {
			return ai.Completion{}, &failure{outcome: Truncated, status: res.StatusCode, retry: true, err: errTruncated}
		}
		return ai.Completion{}, badAnswer(errNotJSON)
	}
	if a.failed() || len(a.Choices) == 0 {
		return ai.Completion{}, badAnswer(errNotJSON)
	}
	ch := a.Choices[0]
	text, _ := ch.Message.Content.decode("")
	out := ai.Completion{
		Text: stripReasoning(text), Model: a.Model, FinishReason: ai.FinishReason(ch.FinishReason),
		PromptTokens: int(a.Usage.PromptTokens), CompletionTokens: int(a.Usage.CompletionTokens),
	}
	if out.Text == "" && ch.Message.Refusal != "" {
		out.Text, out.FinishReason = dropControlCharacters(ch.Message.Refusal), ai.FinishContentFilter
	}
	if q.req.Schema != nil {
		out.Text = extractJSON(out.Text)
	}
	return checkFinishReason(out)
}

// checkFinishReason checks that the answer is complete or was ended for a known reason, and is not empty. A missing
// reason, which some servers never send, counts as FinishStop.
func checkFinishReason(out ai.Completion) (ai.Completion, *failure) {
	switch out.FinishReason {
	case "":
		out.FinishReason = ai.FinishStop
	case ai.FinishStop, ai.FinishLength, ai.FinishContentFilter:
	default: // error, abort, tool_calls, or a value of the provider's own
		return ai.Completion{}, &failure{outcome: Truncated, status: http.StatusOK, retry: true, err: errUnfinished}
	}
	if out.Text == "" && out.FinishReason == ai.FinishStop {
		return ai.Completion{}, badAnswer(errEmpty)
	}
	return out, nil
}

const byteOrderMark = "\ufeff"
