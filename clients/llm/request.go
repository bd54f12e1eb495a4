package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"counsel/domain/ai"
)

// call is one request to the model, shared by its attempts.
type call struct {
	req   ai.Request
	delta func(string) // nil: the caller wants the whole answer at once

	learn dialect // learned from earlier attempts; kept if the answer is good
}

// stream tells whether the answer is requested as a stream.
func (q call) stream(d dialect) bool { return d&noStream == 0 && (q.delta != nil || d&slow != 0) }

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
	p := chatRequest{Model: c.cfg.Model, Messages: make([]chatMessage, len(q.req.Messages))}
	for i, m := range q.req.Messages {
		p.Messages[i] = chatMessage{Role: m.Author, Content: m.Text}
	}
	if d&noTemperature == 0 {
		p.Temperature = q.req.Temperature
	}
	switch {
	case d&noMaxCompletionTokens == 0:
		p.MaxCompletionTokens = q.req.MaxTokens
	case d&noMaxTokens == 0:
		p.MaxTokens = q.req.MaxTokens
	}
	if s := q.req.Schema; s != nil {
		switch {
		case d&noResponseFormat != 0:
		case d&noJSONSchema != 0:
			p.ResponseFormat = &responseFormat{Type: "json_object"}
		default:
			p.ResponseFormat = &responseFormat{Type: "json_schema", JSONSchema: &jsonSchema{Name: s.Name, Strict: true, Schema: s.JSON}}
		}
		if d&(noJSONSchema|noResponseFormat|schemaInPrompt) != 0 && len(p.Messages) > 0 {
			p.Messages[0].Content += schemaPrompt + string(s.JSON)
		}
	}
	if q.stream(d) {
		p.Stream = true
		if d&noStreamOptions == 0 {
			p.StreamOptions = &streamOptions{IncludeUsage: true}
		}
	}
	return json.Marshal(p)
}

// schemaPrompt introduces the schema at the end of the first message, for providers that do not enforce it.
const schemaPrompt = "\n\nAnswer with one JSON object that conforms to the following JSON Schema, and with nothing else:\n"

// maxResends limits how often one attempt is resent without rejected parameters.
const maxResends = 6

// send returns a response with status 200; the caller must read and close its body. When the provider
// rejects a parameter, send repeats the request without it.
func (c *Client) send(ctx context.Context, q call) (*http.Response, *failure) {
	known := c.dialect.get()
	d := known | q.learn
	for n := 0; ; n++ {
		body, err := c.encode(q, d)
		if err != nil {
			return nil, &failure{outcome: BadAnswer, notCounted: true, err: err}
		}
		res, f := c.doRequest(ctx, q, body)
		if f == nil {
			if rejected := d &^ (known | q.learn); rejected != 0 { // accepted without them: the parameters were the reason
				c.dialect.add(rejected)
			}
			return res, nil
		}
		if f.outcome != RequestRejected && f.status != http.StatusInternalServerError && f.status != http.StatusNotImplemented || n == maxResends {
			return nil, f
		}
		for less := d; ; { // the next smaller request
			if less = less.without(f.body); less == d {
				return nil, f
			}
			smaller, err := c.encode(q, less)
			if err != nil || !bytes.Equal(smaller, body) {
				d = less
				break
			}
			d = less
		}
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
