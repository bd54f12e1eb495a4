package counsel

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"mime"
	"net/http"
	"time"
)

// StreamChat asks a question and yields the answer while it is produced: pieces (ChatEventTypeDelta), then the whole answer
// (ChatEventTypeDone), which ends the stream. A failure is yielded as an error and ends it, too: a *Problem, with
// CodeIncompleteStream if the connection ended early. Once the stream has begun, the question is not repeated.
func (c *Client) StreamChat(ctx context.Context, body ChatRequest, options ...CallOption) iter.Seq2[ChatEvent, error] {
	return func(yield func(ChatEvent, error) bool) {
		call := newCall(http.MethodPost, "/api/ai/chat")
		call.body, call.authorized, call.keyed = body, true, true
		for event, err := range streamEvents[ChatEvent](ctx, c, call, options) {
			if err == nil && event.Type == ChatEventTypeError {
				event, err = ChatEvent{}, streamProblem(event.Problem)
			}
			if !yield(event, err) || err != nil || event.Type == ChatEventTypeDone {
				return
			}
		}
	}
}

// WaitForJob waits for a job to end and returns it: succeeded, failed or cancelled. onProgress, unless nil, is called
// with each change. A connection that breaks is opened again, five times in a row.
func (c *Client) WaitForJob(ctx context.Context, jobID ID, onProgress func(Job), options ...CallOption) (*Job, error) {
	for failures := 1; ; failures++ {
		var failure error
		call := newCall(http.MethodGet, "/api/jobs/"+segment(jobID))
		call.authorized = true
		for event, err := range streamEvents[JobEvent](ctx, c, call, options) {
			if err == nil && event.Type == JobEventTypeError {
				err = streamProblem(event.Problem)
			}
			if err != nil {
				failure = err
				break
			}
			if event.Job == nil {
				continue
			}
			if event.Type == JobEventTypeDone {
				return event.Job, nil
			}
			failures = 0
			if onProgress != nil {
				onProgress(*event.Job)
			}
		}
		var problem *Problem
		final := errors.As(failure, &problem) && problem.Status < 500 && problem.Status != http.StatusTooManyRequests
		if final || failures >= 5 {
			return nil, failure
		}
		timer := time.NewTimer(time.Duration(failures+1) * time.Second)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
}

// streamEvents sends a call and yields the events of its response. The last one is an error unless the loop was left.
func streamEvents[T any](ctx context.Context, c *Client, call *call, options []CallOption) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		call.header.Set("Accept", "text/event-stream")
		response, err := c.send(ctx, call, options)
		if err != nil {
			yield(zero, err)
			return
		}
		defer func() { _ = response.Body.Close() }()
		if mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); mediaType != "text/event-stream" {
			yield(zero, unexpected(response))
			return
		}
		for data, err := range eventData(response.Body) {
			var event T
			if err == nil {
				err = json.Unmarshal(data, &event)
			}
			if err != nil {
				if ctx.Err() != nil {
					err = ctx.Err()
				}
				yield(zero, err)
				return
			}
			if !yield(event, nil) {
				return
			}
		}
		yield(zero, incompleteStream())
	}
}

// eventData yields the data of each server-sent event. Names, ids and retry times are ignored, and an event without its
// closing blank line is incomplete.
func eventData(r io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		body := &limitedBody{r: r, left: maxResponse} // for one event
		reader := bufio.NewReader(body)
		var data [][]byte
		for {
			line, err := reader.ReadBytes('\n')
			if err != nil {
				if !errors.Is(err, io.EOF) {
					yield(nil, err)
				}
				return
			}
			line = bytes.TrimRight(line, "\r\n")
			if len(line) == 0 {
				body.left = maxResponse
			}
			if value, ok := bytes.CutPrefix(line, []byte("data:")); ok {
				data = append(data, bytes.TrimPrefix(value, []byte(" ")))
			} else if len(line) == 0 && data != nil {
				if !yield(bytes.Join(data, []byte("\n")), nil) {
					return
				}
				data = nil
			}
		}
	}
}

func streamProblem(problem *Problem) error {
	if problem == nil {
		return incompleteStream()
	}
	return problem
}

func incompleteStream() *Problem {
	return &Problem{
		Type:   "about:blank",
		Title:  "Incomplete stream",
		Detail: Ptr("The connection ended before the last event."),
		Status: http.StatusBadGateway,
		Code:   CodeIncompleteStream,
	}
}
