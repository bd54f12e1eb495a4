package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/ssestream"

	"counsel/domain/ai"
)

// query is a request as every try of it sends it.
type query struct {
	body  []byte
	key   string
	delta func(string) // nil: not streamed
}

// The SDK's own types for requests and answers know every field there is; reading and
// writing them took some 50 µs of a call of 140, so the few that are used stand here.
type prompt struct {
	Model               string         `json:"model"`
	Messages            []message      `json:"messages"`
	MaxCompletionTokens int            `json:"max_completion_tokens,omitempty"`
	Temperature         *float64       `json:"temperature,omitempty"`
	ResponseFormat      *format        `json:"response_format,omitempty"`
	Stream              bool           `json:"stream,omitempty"`
	StreamOptions       *streamOptions `json:"stream_options,omitempty"`
}

type message struct {
	Role    ai.Author `json:"role"`
	Content string    `json:"content"`
}

type format struct {
	Type       string     `json:"type"`
	JSONSchema jsonSchema `json:"json_schema"`
}

type jsonSchema struct {
	Name   string          `json:"name"`
	Strict bool            `json:"strict"`
	Schema json.RawMessage `json:"schema"`
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

// encode says req in the provider's words. It fails only on a schema that is no JSON.
func (c *Client) encode(req ai.Request, stream bool) ([]byte, error) {
	p := prompt{Model: c.cfg.Model, Messages: make([]message, len(req.Messages)), MaxCompletionTokens: req.MaxTokens, Temperature: req.Temperature}
	for i, m := range req.Messages {
		p.Messages[i] = message{Role: m.Author, Content: m.Text}
	}
	if req.Schema != nil {
		p.ResponseFormat = &format{Type: "json_schema", JSONSchema: jsonSchema{Name: req.Schema.Name, Strict: true, Schema: req.Schema.JSON}}
	}
	if stream {
		p.Stream, p.StreamOptions = true, &streamOptions{IncludeUsage: true}
	}
	return json.Marshal(p)
}

// answer is a completion, or one chunk of it.
type answer struct {
	Model   string `json:"model"`
	Choices []struct {
		Message      said   `json:"message"`
		Delta        said   `json:"delta"`
		FinishReason string `json:"finish_reason"`
	} `json:"choices"`
	Usage struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

type said struct {
	Content string `json:"content"`
	Refusal string `json:"refusal"`
}

func (a *answer) failed() bool { return len(a.Error) > 0 && string(a.Error) != "null" }

// send returns an answer of status 200 whose body is still to be read and closed.
func (c *Client) send(ctx context.Context, q query, mediaType string) (*http.Response, *failure) {
	var res *http.Response
	opts := make([]option.RequestOption, 0, 3)
	opts = append(opts, option.WithRequestBody("application/json", q.body), option.WithResponseBodyInto(&res))
	if q.key != "" {
		opts = append(opts, option.WithHeader("Idempotency-Key", q.key))
	}
	_, err := c.chat.New(ctx, openai.ChatCompletionNewParams{}, opts...)
	if res != nil && res.StatusCode >= http.StatusBadRequest {
		return nil, refusal(res, err)
	}
	if err != nil {
		if res != nil && res.Body != nil {
			_ = res.Body.Close()
		}
		return nil, broken(ctx, err, false)
	}
	if got, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); res.StatusCode != http.StatusOK || got != mediaType {
		_ = res.Body.Close()
		f := bad(errMediaType)
		f.status = res.StatusCode
		return nil, f
	}
	return res, nil
}

// complete is one try of a whole answer.
func (c *Client) complete(ctx context.Context, q query) (ai.Completion, *failure) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Timeout, errTimeout)
	defer cancel()
	res, f := c.send(ctx, q, "application/json")
	if f != nil {
		return ai.Completion{}, f
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, c.cfg.MaxAnswer+1))
	if err != nil {
		return ai.Completion{}, broken(ctx, err, true)
	}
	if int64(len(body)) > c.cfg.MaxAnswer {
		return ai.Completion{}, bad(errTooLarge)
	}
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		if e, ok := errors.AsType[*json.SyntaxError](err); ok && e.Offset >= int64(len(bytes.TrimSpace(body))) {
			return ai.Completion{}, &failure{outcome: HalfAnswer, status: res.StatusCode, retry: true, err: errHalf}
		}
		return ai.Completion{}, bad(errNotJSON)
	}
	if a.failed() || len(a.Choices) == 0 {
		return ai.Completion{}, bad(errNotJSON)
	}
	ch := a.Choices[0]
	out := ai.Completion{
		Text: ch.Message.Content, Model: a.Model, FinishReason: ai.FinishReason(ch.FinishReason),
		PromptTokens: a.Usage.PromptTokens, CompletionTokens: a.Usage.CompletionTokens,
	}
	if out.Text == "" && ch.Message.Refusal != "" {
		out.Text, out.FinishReason = ch.Message.Refusal, ai.FinishContentFilter
	}
	return finish(out)
}

// stream is one try of an answer in pieces. first is the time until the first of them.
func (c *Client) stream(ctx context.Context, q query) (out ai.Completion, first time.Duration, f *failure) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(c.cfg.Timeout, func() { cancel(errTimeout) })
	defer idle.Stop()
	start := time.Now()
	res, f := c.send(ctx, q, "text/event-stream") //nolint:bodyclose // events closes it
	if f != nil {
		return out, 0, f
	}
	// The frame around each piece is many times its text.
	wire := &io.LimitedReader{R: res.Body, N: 8 * c.cfg.MaxAnswer}
	res.Body = struct {
		io.Reader
		io.Closer
	}{wire, res.Body}
	events := ssestream.NewDecoder(res)
	defer func() { _ = events.Close() }()

	var text strings.Builder
	done := false
	fail := func(f *failure) (ai.Completion, time.Duration, *failure) {
		if first > 0 { // the caller has seen a part
			f.retry = false
			f.neutral = f.neutral || errors.Is(f.err, errDeadline) // a long answer is no outage
		}
		return ai.Completion{}, first, f
	}
	for events.Next() {
		data := bytes.TrimSpace(events.Event().Data)
		if bytes.Equal(data, []byte("[DONE]")) {
			done = true
			break
		}
		var a answer
		if json.Unmarshal(data, &a) != nil {
			return fail(bad(errNotJSON))
		}
		if a.failed() {
			return fail(&failure{outcome: ServerError, status: res.StatusCode, retry: true, err: errInStream})
		}
		idle.Reset(c.cfg.Timeout)
		if a.Model != "" {
			out.Model = a.Model
		}
		if a.Usage.PromptTokens > 0 {
			out.PromptTokens, out.CompletionTokens = a.Usage.PromptTokens, a.Usage.CompletionTokens
		}
		if len(a.Choices) == 0 {
			continue
		}
		ch := a.Choices[0]
		piece := ch.Delta.Content
		if ch.Delta.Refusal != "" {
			piece, out.FinishReason = ch.Delta.Refusal, ai.FinishContentFilter
		}
		if piece != "" {
			if int64(text.Len()+len(piece)) > c.cfg.MaxAnswer {
				return fail(bad(errTooLarge))
			}
			if first == 0 {
				first = max(1, time.Since(start))
			}
			text.WriteString(piece)
			idle.Stop() // a slow reader is not a slow provider
			q.delta(piece)
			idle.Reset(c.cfg.Timeout)
		}
		if ch.FinishReason != "" {
			done = true
			if out.FinishReason == "" {
				out.FinishReason = ai.FinishReason(ch.FinishReason)
			}
			idle.Reset(min(c.cfg.Timeout, time.Second)) // only the count of tokens is still to come
		}
	}
	if !done {
		if wire.N <= 0 {
			return fail(bad(errTooLarge))
		}
		return fail(broken(ctx, events.Err(), true))
	}
	// Read to the end, so that the connection can be used again; a server that keeps it
	// open loses it.
	idle.Reset(100 * time.Millisecond)
	_, _ = io.CopyN(io.Discard, res.Body, 4<<10)
	out.Text = text.String()
	out, f = finish(out)
	return out, first, f
}

// finish checks that there is an answer. Not every server says why it stopped.
func finish(out ai.Completion) (ai.Completion, *failure) {
	if out.FinishReason == "" {
		out.FinishReason = ai.FinishStop
	}
	if out.Text == "" && out.FinishReason == ai.FinishStop {
		return ai.Completion{}, bad(errEmpty)
	}
	return out, nil
}
