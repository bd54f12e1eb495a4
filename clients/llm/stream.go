package llm

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/openai/openai-go/v3/packages/ssestream"

	"counsel/domain/ai"
)

// streamOnce makes one attempt at a streamed answer. firstChunk is the time until the first text. Every byte
// received, comments included, resets the idle timeout.
func (c *Client) streamOnce(ctx context.Context, q call) (out ai.Completion, first time.Duration, f *failure) {
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
		idle.Stop() // the reader's time is not the provider's
		q.delta(piece)
		idle.Reset(c.cfg.Timeout)
	}
	switch mediaType(res) {
	case "text/event-stream":
	case "application/json": // the provider does not support streaming
		defer res.Body.Close()
		if out, f = c.parseCompletion(ctx, q, res); f == nil && out.FinishReason != ai.FinishContentFilter {
			deliver(out.Text)
		}
		return out, first, f
	default:
		_ = res.Body.Close()
		return out, 0, badAnswer(errMediaType)
	}
	// The JSON around each chunk is several times as long as its text.
	wire := &io.LimitedReader{R: res.Body, N: 8 * c.cfg.MaxAnswer}
	alive := &activityReader{r: bufio.NewReader(wire), onRead: func() { idle.Reset(c.cfg.Timeout) }}
	res.Body = struct {
		io.Reader
		io.Closer
	}{alive, res.Body}
	events := ssestream.NewDecoder(res)
	defer func() { _ = events.Close() }()

	var text strings.Builder
	var clean reasoningFilter
	half := ""
	done := false
	fail := func(f *failure) (ai.Completion, time.Duration, *failure) {
		if first > 0 { // the caller has received part of the answer
			f.retry = false
			f.notCounted = f.notCounted || errors.Is(f.err, errDeadline) // a long answer is not an outage
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
		var a chatResponse
		if json.Unmarshal(data, &a) != nil {
			return fail(badAnswer(errNotJSON))
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
		piece, half = ch.Delta.Content.decode(half)
		piece = clean.write(piece)
		if ch.Delta.Refusal != "" {
			piece, out.FinishReason = dropControlCharacters(ch.Delta.Refusal), ai.FinishContentFilter
		}
		if ch.FinishReason != "" {
			piece += clean.close()
		}
		if piece != "" {
			if int64(text.Len()+len(piece)) > c.cfg.MaxAnswer {
				return fail(badAnswer(errTooLarge))
			}
			text.WriteString(piece)
			deliver(piece)
		}
		if ch.FinishReason != "" {
			done = true
			if out.FinishReason == "" {
				out.FinishReason = ai.FinishReason(ch.FinishReason)
			}
			alive.onRead = func() {}
			idle.Reset(min(c.cfg.Timeout, time.Second)) // only the token usage may follow
		}
	}
	if !done {
		if wire.N <= 0 {
			return fail(badAnswer(errTooLarge))
		}
		return fail(classifyTransportError(ctx, events.Err(), true))
	}
	if rest := clean.close(); rest != "" && out.FinishReason == "" { // the stream ended without a finish reason
		text.WriteString(rest)
		deliver(rest)
	}
	// Drain the body so that the connection can be reused. If the server does not end the response in time, the
	// connection is closed.
	idle.Reset(100 * time.Millisecond)
	_, _ = io.CopyN(io.Discard, res.Body, 4<<10)
	out.Text = text.String()
	if out, f = checkFinishReason(out); f != nil {
		return fail(f)
	}
	return out, first, nil
}

// activityReader calls onRead whenever data arrives. It skips a byte order mark at the start.
type activityReader struct {
	r       *bufio.Reader
	started bool
	onRead  func()
}

func (l *activityReader) Read(p []byte) (int, error) {
	if !l.started {
		l.started = true
		if mark, err := l.r.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
			_, _ = l.r.Discard(len(byteOrderMark))
		}
	}
	n, err := l.r.Read(p)
	if n > 0 {
		l.onRead()
	}
	return n, err
}
