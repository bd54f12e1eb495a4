package llm

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sony/gobreaker/v2"

	"counsel/domain"
	"counsel/domain/ai"
	"counsel/domain/retry"
)

// Attempt is the result of one attempt, for metrics. A canceled or failed attempt has no tokens.
type Attempt struct {
	Model            string
	Stream           bool
	Number           int // 1 for the first
	Outcome          Outcome
	Status           int           // HTTP status; 0 if no response came
	Duration         time.Duration // gen_ai.client.operation.duration
	FirstChunk       time.Duration // gen_ai.client.operation.time_to_first_chunk; 0 when not streamed
	PromptTokens     int           // gen_ai.client.token.usage, input
	CompletionTokens int           // gen_ai.client.token.usage, output
}

// tally is what the attempts of a request used.
type tally struct{ prompt, completion int }

// add adds an attempt: by the provider's count or, without one, an estimate.
func (t *tally) add(req ai.Request, out ai.Completion) {
	if out.PromptTokens+out.CompletionTokens == 0 {
		out.PromptTokens, out.CompletionTokens = int(req.EstimatedTokens()), int(ai.EstimateTokens(len(out.Text)))
	}
	t.prompt += out.PromptTokens
	t.completion += out.CompletionTokens
}

// withRetries makes attempts until one succeeds, one fails permanently, or the deadline passes. The tokens are those of
// all attempts, because providers bill failed ones as well.
func (c *Client) withRetries(caller context.Context, req ai.Request, delta func(string)) (ai.Completion, error) {
	q := call{req: req, delta: delta}
	if _, err := c.encode(q, 0); err != nil {
		return ai.Completion{}, &domain.Error{Code: domain.Internal, Message: "The request to the AI could not be made.", Err: err}
	}
	ctx, cancel := context.WithTimeoutCause(caller, c.cfg.Deadline, errDeadline)
	defer cancel()
	deadline, _ := ctx.Deadline()
	var used tally
	fail := func(err error) (ai.Completion, error) {
		return ai.Completion{PromptTokens: used.prompt, CompletionTokens: used.completion}, err
	}
	for try := 1; ; try++ {
		out, f := c.attempt(caller, ctx, q, try)
		if f == nil {
			if used != (tally{}) {
				used.add(req, out)
				out.PromptTokens, out.CompletionTokens = used.prompt, used.completion
			}
			return out, nil
		}
		if f.mayBeBilled() || out.PromptTokens+out.CompletionTokens > 0 {
			used.add(req, out)
		}
		if err := caller.Err(); errors.Is(err, context.Canceled) {
			return fail(err)
		}
		q.learn |= f.learn
		if !f.retry || try > len(c.cfg.Backoff) {
			return fail(f.domainError(f.retryAfter))
		}
		if c.breaker.State() == gobreaker.StateOpen {
			return fail(f.domainError(max(f.retryAfter, c.untilProbe())))
		}
		wait := max(retry.Jitter(c.cfg.Backoff[try-1], 0.2), f.retryAfter)
		if wait >= time.Until(deadline) {
			return fail(f.domainError(f.retryAfter))
		}
		select {
		case <-time.After(wait):
		case <-caller.Done():
			if err := caller.Err(); errors.Is(err, context.Canceled) {
				return fail(err)
			}
			return fail(f.domainError(f.retryAfter))
		}
	}
}

// attempt makes one attempt and reports it to the breaker, the metrics and the log.
func (c *Client) attempt(caller, ctx context.Context, q call, try int) (out ai.Completion, f *failure) {
	a := Attempt{Model: c.cfg.Model, Stream: q.delta != nil, Number: try}
	done, err := c.breaker.Allow()
	if err != nil {
		a.Outcome = BreakerOpen
		c.cfg.OnAttempt(a)
		return out, &failure{outcome: BreakerOpen, err: errOpen, retryAfter: c.untilProbe()}
	}
	verdict := errNotCounted // reported if delta panics
	defer func() { done(verdict) }()

	start := time.Now()
	out, a.FirstChunk, f = c.request(ctx, q)
	a.Duration = time.Since(start)
	if f != nil && caller.Err() != nil {
		f.outcome, f.retry, f.notCounted = Cancelled, false, true
	}
	if f != nil && q.delta == nil && errors.Is(f.err, errTimeout) {
		f.learn = slow
	}
	verdict = f.breakerError()
	if f == nil {
		c.dialect.add(q.learn)
		a.Outcome, a.Status = OK, http.StatusOK
		a.PromptTokens, a.CompletionTokens = out.PromptTokens, out.CompletionTokens
	} else {
		a.Outcome, a.Status = f.outcome, f.status
		level := slog.LevelWarn
		switch {
		case f.outcome == Cancelled:
			level = slog.LevelDebug
		case f.needsOperator():
			level = slog.LevelError
		}
		c.cfg.Log.LogAttrs(ctx, level, "request to the AI provider failed", slog.String("model", a.Model), slog.String("outcome", string(a.Outcome)),
			slog.Int("status", a.Status), slog.String("code", c.safeCode(f.code)), slog.Int("attempt", try),
			slog.Duration("duration", a.Duration), slog.String("error", f.err.Error()))
	}
	c.cfg.OnAttempt(a)
	return out, f
}

// untilProbe returns how long the breaker will stay open, at least one second.
func (c *Client) untilProbe() time.Duration {
	return max(time.Second, time.Until(time.Unix(0, c.openUntil.Load())))
}

// safeCode returns the provider's error code if it looks like one. It is untrusted text on its way to the log.
func (c *Client) safeCode(code string) string {
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-' || r == '.')
	}
	if len(code) > 64 || slices.ContainsFunc([]rune(code), odd) || (c.cfg.APIKey != "" && strings.Contains(code, c.cfg.APIKey)) {
		return "unreadable"
	}
	return code
}
