package llm

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"counsel/domain/ai"
)

// call is one request to the model, shared by its attempts.
type call struct {
	req   ai.Request
	delta func(string) // nil: not streamed
}

// The SDK's request and response types cover every field of the protocol. Encoding and decoding
// them took about 50 of the 140 µs of a call, so only the fields used here are declared.
type chatRequest struct {
	Model               string          `json:"model"`
	Messages            []chatMessage   `json:"messages"`
	MaxCompletionTokens int             `json:"max_completion_tokens,omitempty"`
	MaxTokens           int             `json:"max_tokens,omitempty"`
	Temperature         *float64        `json:"temperature,omitempty"`
	ResponseFormat      *responseFormat `json:"response_format,omitempty"`
	Stream              bool            `json:"stream,omitempty"`
	StreamOptions       *streamOptions  `json:"stream_options,omitempty"`
}

type chatMessage struct {
	Role    ai.Author `json:"role"`
	Content string    `json:"content"`
}

type responseFormat struct {
	Type       string      `json:"type"`
	JSONSchema *jsonSchema `json:"json_schema,omitempty"`
}

type jsonSchema struct {
	Name   string          `json:"name"`
	Strict bool            `json:"strict"`
	Schema json.RawMessage `json:"schema"`
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

// encode returns the request body without the parameters in d. It fails only if the schema is not valid JSON.
func (c *Client) encode(q call, d dialect) ([]byte, error) {
	p := chatRequest{Model: c.cfg.Model, Messages: make([]chatMessage, len(q.req.Messages)), MaxCompletionTokens: q.req.MaxTokens, Temperature: q.req.Temperature}
	for i, m := range q.req.Messages {
		p.Messages[i] = chatMessage{Role: m.Author, Content: m.Text}
	}
	if d&noTemperature != 0 {
		p.Temperature = nil
	}
	if d&noMaxCompletionTokens != 0 {
		p.MaxCompletionTokens, p.MaxTokens = 0, p.MaxCompletionTokens
	}
	switch s := q.req.Schema; {
	case s == nil || d&noResponseFormat != 0:
	case d&noJSONSchema != 0:
		p.ResponseFormat = &responseFormat{Type: "json_object"}
	default:
		p.ResponseFormat = &responseFormat{Type: "json_schema", JSONSchema: &jsonSchema{Name: s.Name, Strict: true, Schema: s.JSON}}
	}
	if q.delta != nil {
		p.Stream = true
		if d&noStreamOptions == 0 {
			p.StreamOptions = &streamOptions{IncludeUsage: true}
		}
	}
	return json.Marshal(p)
}

// maxResends limits how often one attempt is resent without rejected parameters.
const maxResends = 4

// send returns a response with status 200; the caller must read and close its body. When the provider
// rejects a parameter, send repeats the request without it.
func (c *Client) send(ctx context.Context, q call) (*http.Response, *failure) {
	known := c.dialect.get()
	for d, n := known, 0; ; n++ {
		body, err := c.encode(q, d)
		if err != nil {
			return nil, &failure{outcome: BadAnswer, notCounted: true, err: err}
		}
		res, f := c.doRequest(ctx, q, body)
		if f == nil {
			if d != known { // accepted without them: the parameters were the reason
				c.dialect.add(d)
			}
			return res, nil
		}
		less := d
		if f.outcome == RequestRejected && (f.status == http.StatusBadRequest || f.status == http.StatusUnprocessableEntity) {
			less = d.without(f.body)
		}
		if less == d || n == maxResends {
			return nil, f
		}
		d = less
	}
}

func (c *Client) doRequest(ctx context.Context, q call, body []byte) (*http.Response, *failure) {
	var res *http.Response
	opts := make([]option.RequestOption, 0, 3)
	opts = append(opts, option.WithRequestBody("application/json", body), option.WithResponseBodyInto(&res))
	if q.req.IdempotencyKey != "" {
		opts = append(opts, option.WithHeader("Idempotency-Key", q.req.IdempotencyKey))
	}
	_, err := c.chat.New(ctx, openai.ChatCompletionNewParams{}, opts...)
	if res != nil && res.StatusCode >= http.StatusBadRequest {
		return nil, classifyStatus(res, err)
	}
	if err != nil {
		if res != nil && res.Body != nil {
			_ = res.Body.Close()
		}
		return nil, classifyTransportError(ctx, err, false)
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		f := badAnswer(errMediaType)
		f.status = res.StatusCode
		return nil, f
	}
	return res, nil
}

// mediaType returns the Content-Type of a response without its parameters.
func mediaType(res *http.Response) string {
	t, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	return t
}

// completeOnce makes one attempt at a complete answer.
func (c *Client) completeOnce(ctx context.Context, q call) (ai.Completion, *failure) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Timeout, errTimeout)
	defer cancel()
	res, f := c.send(ctx, q)
	if f != nil {
		return ai.Completion{}, f
	}
	defer res.Body.Close()
	if mediaType(res) != "application/json" {
		return ai.Completion{}, badAnswer(errMediaType)
	}
	return c.parseCompletion(ctx, q, res)
}
