package llm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/openai/openai-go/v3/packages/ssestream"

	"counsel/domain/ai"
)

// request makes one attempt. firstChunk is the time until the first text of a stream. Every byte received, comments and
// blank lines included, resets the idle timeout. The content decides whether the response is a stream: some
// providers answer with one although they were asked for JSON, and the other way round.
func (c *Client) request(ctx context.Context, q call) (out ai.Completion, firstChunk time.Duration, f *failure) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(c.cfg.Timeout, func() { cancel(errTimeout) })
	defer idle.Stop()
	start := time.Now()
	res, f := c.send(ctx, q)
	if f != nil {
		return out, 0, f
	}
	defer func() { _ = res.Body.Close() }()
	deliver := func(piece string) {
		if firstChunk == 0 {
			firstChunk = max(1, time.Since(start))
		}
		if q.delta != nil {
			idle.Stop() // the reader's time is not the provider's
			q.delta(piece)
			idle.Reset(c.cfg.Timeout)
		}
	}
	body := newBodyReader(res.Body, c.cfg.MaxAnswer, func() { idle.Reset(c.cfg.Timeout) })
	switch first, err := body.first(); {
	case err != nil && !errors.Is(err, io.EOF):
		return out, 0, classifyTransportError(ctx, err, true)
	case err != nil && body.tooLarge():
		return out, 0, badAnswer(errTooLarge)
	case err != nil: // empty
		return out, 0, &failure{outcome: Truncated, status: res.StatusCode, retry: true, err: errTruncated}
	case first == '{':
		if out, f = c.parseCompletion(ctx, q, body); f == nil && q.delta != nil && out.FinishReason != ai.FinishContentFilter {
			deliver(out.Text)
		}
		return out, firstChunk, f
	case !strings.ContainsRune(":deir", rune(first)): // a comment or the fields data, event, id, retry
		return out, 0, badAnswer(errMediaType)
	}
	out, f = c.parseStream(ctx, q, body, res, deliver, idle)
	if f != nil && firstChunk > 0 && q.delta != nil { // the caller has received part of the answer
		f.retry = false
		f.notCounted = f.notCounted || errors.Is(f.err, errDeadline) // a long answer is not an outage
	}
	return out, firstChunk, f
}

// parseStream reads server-sent events and delivers the pieces of the answer.
func (c *Client) parseStream(ctx context.Context, q call, body *bodyReader, res *http.Response, deliver func(string), idle *time.Timer) (out ai.Completion, f *failure) {
	// A provider may end the stream without the blank line that ends an event.
	events := ssestream.NewDecoder(&http.Response{Header: http.Header{}, Body: io.NopCloser(io.MultiReader(body, strings.NewReader("\n\n")))})
	var text strings.Builder
	defer func() { out.Text = cmp.Or(out.Text, text.String()) }() // a part of an answer is billed, too
	filter := reasoningFilter{unopened: q.delta != nil && c.dialect.get()&unopenedThinking != 0}
	cut := "" // start of a character that continues in the next chunk
	finished := false
	add := func(piece string) *failure {
		if int64(text.Len()+len(piece)) > c.cfg.MaxAnswer {
			return badAnswer(errTooLarge)
		}
		if piece != "" {
			text.WriteString(piece)
			deliver(piece)
		}
		return nil
	}
read:
	for events.Next() {
		for _, data := range jsonTexts(events.Event().Data) {
			if bytes.Equal(data, []byte("[DONE]")) {
				finished = true
				break read
			}
			var a chatResponse
			if err := json.Unmarshal(data, &a); err != nil {
				if body.tooLarge() {
					return out, badAnswer(errTooLarge)
				}
				return out, notJSON(err)
			}
			e := a.inBandError(data)
			if e == nil && events.Event().Type == "error" {
				e = data
			}
			if e != nil {
				return out, classifyInBandError(e)
			}
			if a.Model != "" {
				out.Model = a.Model
			}
			out.PromptTokens, out.CompletionTokens = max(out.PromptTokens, a.Usage.prompt), max(out.CompletionTokens, a.Usage.completion)
			ch, ok := a.first()
			if !ok {
				continue
			}
			if ch.Delta.Content.raw == nil && ch.Delta.Refusal == "" && text.Len() == 0 { // the whole answer in one event
				ch.Delta = ch.Message
			}
			var piece string
			piece, cut = ch.Delta.Content.decode(cut)
			if q.delta != nil {
				piece = filter.write(piece)
			}
			if ch.Delta.Refusal != "" {
				piece, out.FinishReason = dropControlCharacters(ch.Delta.Refusal), ai.FinishContentFilter
			}
			if ch.FinishReason != "" {
				piece += filter.close()
			}
			if f := add(piece); f != nil {
				return out, f
			}
			if filter.leaked { // what was delivered so far was reasoning
				c.dialect.add(unopenedThinking)
				return out, badAnswer(errReasoning)
			}
			if ch.FinishReason != "" {
				finished = true
				if out.FinishReason == "" {
					out.FinishReason = finishReason(ch.FinishReason, "")
				}
				body.onRead = func() {}
				idle.Reset(min(c.cfg.Timeout, time.Second)) // only the token usage may follow
			}
		}
	}
	if !finished {
		if body.tooLarge() {
			return out, badAnswer(errTooLarge)
		}
		return out, classifyTransportError(ctx, events.Err(), true)
	}
	// Drain the body so that the connection can be reused. If the server does not end the response in time, the
	// connection is closed.
	idle.Reset(100 * time.Millisecond)
	_, _ = io.CopyN(io.Discard, res.Body, 4<<10)
	out.Text = text.String()
	whole := true
	if q.delta == nil {
		out.Text, whole = stripReasoning(out.Text)
	}
	if out.FinishReason == "" || out.FinishReason == ai.FinishStop && (filter.unclosed() || !whole) && out.Text != "" {
		out.FinishReason = finishUnknown
	}
	return c.checkCompletion(q, out)
}

// jsonTexts returns the JSON texts in the data of an event: usually one, which may span lines. Some providers leave out
// the blank lines between events, so that each line of one is a text.
func jsonTexts(data []byte) [][]byte {
	data = bytes.TrimSpace(data)
	if len(data) == 0 { // a ping
		return nil
	}
	if !bytes.ContainsRune(data, '\n') || json.Valid(data) {
		return [][]byte{data}
	}
	var all [][]byte
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			all = append(all, line)
		}
	}
	return all
}
