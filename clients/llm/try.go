package llm

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/ssestream"

	"counsel/domain/ai"
)

// query is a request as its tries send it.
type query struct {
	req   ai.Request
	delta func(string) // nil: not streamed
}

// The SDK's own types for requests and answers know every field there is; reading and
// writing them took some 50 µs of a call of 140, so the few that are used stand here.
type prompt struct {
	Model               string         `json:"model"`
	Messages            []message      `json:"messages"`
	MaxCompletionTokens int            `json:"max_completion_tokens,omitempty"`
	MaxTokens           int            `json:"max_tokens,omitempty"`
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

// encode writes a request without the parameters that d leaves out. It fails only on a schema that is
// no JSON.
func (c *Client) encode(q query, d dialect) ([]byte, error) {
	p := prompt{Model: c.cfg.Model, Messages: make([]message, len(q.req.Messages)), MaxCompletionTokens: q.req.MaxTokens, Temperature: q.req.Temperature}
	for i, m := range q.req.Messages {
		p.Messages[i] = message{Role: m.Author, Content: m.Text}
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
		p.ResponseFormat = &format{Type: "json_object"}
	default:
		p.ResponseFormat = &format{Type: "json_schema", JSONSchema: &jsonSchema{Name: s.Name, Strict: true, Schema: s.JSON}}
	}
	if q.delta != nil {
		p.Stream = true
		if d&noStreamOptions == 0 {
			p.StreamOptions = &streamOptions{IncludeUsage: true}
		}
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
		PromptTokens     float64 `json:"prompt_tokens"` // some count in decimals
		CompletionTokens float64 `json:"completion_tokens"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

type said struct {
	Content content `json:"content"`
	Refusal string  `json:"refusal"`
}

// content is a text, or the texts of a list of parts, as they stand in the JSON. It is kept raw, since a
// character may be cut in two between the chunks of a stream.
type content struct{ raw json.RawMessage }

// UnmarshalJSON fulfils json.Unmarshaler.
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
		if (p.Type == "text" || p.Type == "output_text") && json.Unmarshal(p.Text, &s) == nil { // others are thoughts
			text.WriteString(s)
		}
	}
	var err error
	c.raw, err = json.Marshal(text.String())
	return err
}

// text is the content. half is the first half of a character (a surrogate, such as \ud83d) that the
// content before it ended with, and rest the one that this ends with.
func (c content) text(half string) (text, rest string) {
	raw := string(c.raw)
	if len(raw) < 2 || raw[0] != '"' {
		return "", half
	}
	raw = `"` + half + raw[1:]
	if m := highSurrogate.FindStringSubmatch(raw); m != nil {
		rest = m[2]
		raw = raw[:len(raw)-len(rest)-1] + `"`
	}
	_ = json.Unmarshal([]byte(raw), &text) // it is a string of JSON, or it would not be here
	return text, rest
}

var highSurrogate = regexp.MustCompile(`(^|[^\\])(?:\\\\)*(\\u[dD][89abAB][0-9a-fA-F]{2})"$`)

func (a *answer) failed() bool { return len(a.Error) > 0 && string(a.Error) != "null" }

// maxRefusals is how often one try is sent again without what the provider has refused.
const maxRefusals = 4

// send returns an answer of status 200 whose body is still to be read and closed.
func (c *Client) send(ctx context.Context, q query) (*http.Response, *failure) {
	known := c.dialect.get()
	for d, n := known, 0; ; n++ {
		body, err := c.encode(q, d)
		if err != nil {
			return nil, &failure{outcome: BadAnswer, neutral: true, err: err}
		}
		res, f := c.post(ctx, q, body)
		if f == nil {
			if d != known { // it was the parameters
				c.dialect.add(d)
			}
			return res, nil
		}
		less := d
		if f.outcome == RequestRefused && (f.status == http.StatusBadRequest || f.status == http.StatusUnprocessableEntity) {
			less = d.without(f.body)
		}
		if less == d || n == maxRefusals {
			return nil, f
		}
		d = less
	}
}

func (c *Client) post(ctx context.Context, q query, body []byte) (*http.Response, *failure) {
	var res *http.Response
	opts := make([]option.RequestOption, 0, 3)
	opts = append(opts, option.WithRequestBody("application/json", body), option.WithResponseBodyInto(&res))
	if q.req.IdempotencyKey != "" {
		opts = append(opts, option.WithHeader("Idempotency-Key", q.req.IdempotencyKey))
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
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		f := bad(errMediaType)
		f.status = res.StatusCode
		return nil, f
	}
	return res, nil
}

// mediaType is the Content-Type of an answer, without its parameters.
func mediaType(res *http.Response) string {
	t, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	return t
}

// complete is one try of a whole answer.
func (c *Client) complete(ctx context.Context, q query) (ai.Completion, *failure) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Timeout, errTimeout)
	defer cancel()
	res, f := c.send(ctx, q)
	if f != nil {
		return ai.Completion{}, f
	}
	defer res.Body.Close()
	if mediaType(res) != "application/json" {
		return ai.Completion{}, bad(errMediaType)
	}
	return c.whole(ctx, q, res)
}

// whole reads an answer that comes in one piece.
func (c *Client) whole(ctx context.Context, q query, res *http.Response) (ai.Completion, *failure) {
	body, err := io.ReadAll(io.LimitReader(res.Body, c.cfg.MaxAnswer+1))
	if err != nil {
		return ai.Completion{}, broken(ctx, err, true)
	}
	if int64(len(body)) > c.cfg.MaxAnswer {
		return ai.Completion{}, bad(errTooLarge)
	}
	body = bytes.TrimPrefix(body, []byte(byteOrderMark))
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
	text, _ := ch.Message.Content.text("")
	out := ai.Completion{
		Text: answerText(text), Model: a.Model, FinishReason: ai.FinishReason(ch.FinishReason),
		PromptTokens: int(a.Usage.PromptTokens), CompletionTokens: int(a.Usage.CompletionTokens),
	}
	if out.Text == "" && ch.Message.Refusal != "" {
		out.Text, out.FinishReason = printable(ch.Message.Refusal), ai.FinishContentFilter
	}
	if q.req.Schema != nil {
		out.Text = jsonText(out.Text)
	}
	return finish(out)
}

const byteOrderMark = "\ufeff"

// stream is one try of an answer in pieces. first is the time until the first of them. Every byte that
// comes, a comment included, shows that the provider is still at work.
func (c *Client) stream(ctx context.Context, q query) (out ai.Completion, first time.Duration, f *failure) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(c.cfg.Timeout, func() { cancel(errTimeout) })
	defer idle.Stop()
	start := time.Now()
	res, f := c.send(ctx, q) //nolint:bodyclose // events closes it
	if f != nil {
		return out, 0, f
	}
	deliver := func(piece string) {
		if first == 0 {
			first = max(1, time.Since(start))
		}
		idle.Stop() // a slow reader is not a slow provider
		q.delta(piece)
		idle.Reset(c.cfg.Timeout)
	}
	switch mediaType(res) {
	case "text/event-stream":
	case "application/json": // it does not stream
		defer res.Body.Close()
		if out, f = c.whole(ctx, q, res); f == nil && out.FinishReason != ai.FinishContentFilter {
			deliver(out.Text)
		}
		return out, first, f
	default:
		_ = res.Body.Close()
		return out, 0, bad(errMediaType)
	}
	// The frame around each piece is many times its text.
	wire := &io.LimitedReader{R: res.Body, N: 8 * c.cfg.MaxAnswer}
	alive := &liveReader{r: bufio.NewReader(wire), read: func() { idle.Reset(c.cfg.Timeout) }}
	res.Body = struct {
		io.Reader
		io.Closer
	}{alive, res.Body}
	events := ssestream.NewDecoder(res)
	defer func() { _ = events.Close() }()

	var text strings.Builder
	var clean cleaner
	half := ""
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
		if len(data) == 0 { // a ping
			continue
		}
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
		if a.Model != "" {
			out.Model = a.Model
		}
		if a.Usage.PromptTokens > 0 {
			out.PromptTokens, out.CompletionTokens = int(a.Usage.PromptTokens), int(a.Usage.CompletionTokens)
		}
		if len(a.Choices) == 0 {
			continue
		}
		ch := a.Choices[0]
		var piece string
		piece, half = ch.Delta.Content.text(half)
		piece = clean.write(piece)
		if ch.Delta.Refusal != "" {
			piece, out.FinishReason = printable(ch.Delta.Refusal), ai.FinishContentFilter
		}
		if ch.FinishReason != "" {
			piece += clean.end()
		}
		if piece != "" {
			if int64(text.Len()+len(piece)) > c.cfg.MaxAnswer {
				return fail(bad(errTooLarge))
			}
			text.WriteString(piece)
			deliver(piece)
		}
		if ch.FinishReason != "" {
			done = true
			if out.FinishReason == "" {
				out.FinishReason = ai.FinishReason(ch.FinishReason)
			}
			alive.read = func() {}
			idle.Reset(min(c.cfg.Timeout, time.Second)) // only the count of tokens is still to come
		}
	}
	if !done {
		if wire.N <= 0 {
			return fail(bad(errTooLarge))
		}
		return fail(broken(ctx, events.Err(), true))
	}
	if rest := clean.end(); rest != "" && out.FinishReason == "" { // it never said why it stopped
		text.WriteString(rest)
		deliver(rest)
	}
	// Read to the end, so that the connection can be used again; a server that keeps it
	// open loses it.
	idle.Reset(100 * time.Millisecond)
	_, _ = io.CopyN(io.Discard, res.Body, 4<<10)
	out.Text = text.String()
	if out, f = finish(out); f != nil {
		return fail(f)
	}
	return out, first, nil
}

// liveReader reports each time that something is read. It skips a byte order mark at the beginning.
type liveReader struct {
	r     *bufio.Reader
	begun bool
	read  func()
}

func (l *liveReader) Read(p []byte) (int, error) {
	if !l.begun {
		l.begun = true
		if mark, err := l.r.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
			_, _ = l.r.Discard(len(byteOrderMark))
		}
	}
	n, err := l.r.Read(p)
	if n > 0 {
		l.read()
	}
	return n, err
}

// finish checks that there is an answer, and that it is whole or says why it is not. Not every server
// says why it stopped.
func finish(out ai.Completion) (ai.Completion, *failure) {
	switch out.FinishReason {
	case "":
		out.FinishReason = ai.FinishStop
	case ai.FinishStop, ai.FinishLength, ai.FinishContentFilter:
	default: // error, abort, tool_calls, a word of some provider's own
		return ai.Completion{}, &failure{outcome: HalfAnswer, status: http.StatusOK, retry: true, err: errUnfinished}
	}
	if out.Text == "" && out.FinishReason == ai.FinishStop {
		return ai.Completion{}, bad(errEmpty)
	}
	return out, nil
}
