// Package llm asks a language model over the Chat Completions protocol, which OpenAI,
// vLLM, Ollama and llama.cpp all speak. It fulfils ai.Model.
//
// One request is up to three tries inside one deadline, each with its own timeout and all
// with the same Idempotency-Key. Timeouts, broken connections, half answers, 429 and 5xx
// are tried again; any other 4xx and nonsense are not, nor is a stream of which the caller
// has already seen a part. A parameter that the provider refuses is left out, at once and from then on.
//
// A circuit breaker watches every try. Closed, it lets all through; when most of the last
// minute's tries failed it opens, and requests are answered at once with Unavailable; after
// a while it lets one probe through (half-open) and closes or opens again by its outcome. A
// caller who hangs up says nothing about the provider and does not count; neither does a
// request the provider refuses for what it asks.
//
// Neither the key nor a word of a prompt or an answer gets into an error or the log.
package llm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/sony/gobreaker/v2"

	"counsel/domain"
	"counsel/domain/ai"
)

// Config says which model is asked and how patiently. What is zero gets its default.
type Config struct {
	BaseURL string // up to and with the version, such as https://api.openai.com/v1
	APIKey  string // sent as a bearer token; empty: none is sent
	Model   string

	Timeout  time.Duration   // one try, or between two pieces of a stream; 10 s
	Deadline time.Duration   // all tries and the waits between them; 30 s
	Backoff  []time.Duration // wait before each retry, ±20 %; 0.5 s and 1.5 s. Empty but not nil: no retries

	BreakerFailures uint32        // failures within BreakerWindow that open the breaker, if at least half of the tries; 5
	BreakerWindow   time.Duration // 60 s
	BreakerOpenFor  time.Duration // until a probe is let through; 10 s

	MaxConns  int   // connections to the provider; 256
	MaxAnswer int64 // bytes of one answer; 2 MiB

	Log       *slog.Logger       // nil: silent
	OnAttempt func(Attempt)      // told of every try and of every request the breaker refused; must not block
	OnBreaker func(state string) // told of each change: closed, open or half-open; must not block
	Transport http.RoundTripper  // nil: a pool of keep-alive connections of its own
}

// Attempt is what one try came to, for metrics. A cancelled or failed try has no tokens.
type Attempt struct {
	Model            string
	Stream           bool
	Try              int // 1 for the first
	Outcome          Outcome
	Status           int           // of HTTP; 0 when no answer came
	Duration         time.Duration // gen_ai.client.operation.duration
	FirstChunk       time.Duration // gen_ai.client.operation.time_to_first_chunk; 0 when not streamed
	PromptTokens     int           // gen_ai.client.token.usage, input
	CompletionTokens int           // gen_ai.client.token.usage, output
}

// Client is one provider's model. It is safe for concurrent use.
type Client struct {
	cfg       Config
	chat      openai.ChatCompletionService
	transport http.RoundTripper
	dialect   learned // what the provider does not take
	breaker   *gobreaker.TwoStepCircuitBreaker[struct{}]
	openUntil atomic.Int64 // Unix nanoseconds; meaningful while the breaker is open
}

var _ ai.Model = (*Client)(nil)

// The causes by which a try's context ends, to tell them from the caller's.
var (
	errTimeout  = errors.New("no answer within the timeout")
	errDeadline = errors.New("no answer within the deadline")
	errOpen     = errors.New("the circuit breaker is open")
)

// retryLater is what a caller is told to wait when the provider named no time.
const retryLater = 5 * time.Second

// New checks cfg; it does not connect.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(cfg.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("llm: the base URL must be http(s)://host/…")
	}
	if cfg.Model == "" {
		return nil, errors.New("llm: no model named")
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, 10*time.Second)
	cfg.Deadline = cmp.Or(cfg.Deadline, 30*time.Second)
	if cfg.Backoff == nil {
		cfg.Backoff = []time.Duration{500 * time.Millisecond, 1500 * time.Millisecond}
	}
	cfg.BreakerFailures = cmp.Or(cfg.BreakerFailures, 5)
	cfg.BreakerWindow = cmp.Or(cfg.BreakerWindow, time.Minute)
	cfg.BreakerOpenFor = cmp.Or(cfg.BreakerOpenFor, 10*time.Second)
	cfg.MaxConns = cmp.Or(cfg.MaxConns, 256)
	cfg.MaxAnswer = cmp.Or(cfg.MaxAnswer, 2<<20)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.OnAttempt == nil {
		cfg.OnAttempt = func(Attempt) {}
	}
	if cfg.OnBreaker == nil {
		cfg.OnBreaker = func(string) {}
	}

	c := &Client{cfg: cfg, transport: cfg.Transport}
	if c.transport == nil {
		// HTTP/1.1 by not asking for more: no stream of one answer waits behind another's.
		c.transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout:    5 * time.Second,
			MaxConnsPerHost:        cfg.MaxConns,
			MaxIdleConns:           cfg.MaxConns,
			MaxIdleConnsPerHost:    max(64, cfg.MaxConns/2),
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true,
		}
	}
	opts := []option.RequestOption{
		option.WithBaseURL(cfg.BaseURL),
		option.WithMaxRetries(0),
		option.WithHTTPClient(&http.Client{
			Transport:     boundErrors{c.transport},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}),
	}
	if cfg.APIKey != "" {
		opts = append(opts, option.WithAPIKey(cfg.APIKey))
	}
	c.chat = openai.NewChatCompletionService(opts...) // not NewClient, which also reads the environment
	c.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:  1,
		Interval:     cfg.BreakerWindow,
		BucketPeriod: max(1, cfg.BreakerWindow/10),
		Timeout:      cfg.BreakerOpenFor,
		ReadyToTrip: func(n gobreaker.Counts) bool {
			return n.TotalFailures >= cfg.BreakerFailures && n.TotalFailures >= n.TotalSuccesses
		},
		IsSuccessful: func(err error) bool { return err == nil },
		IsExcluded:   func(err error) bool { return errors.Is(err, errNeutral) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				c.openUntil.Store(time.Now().Add(cfg.BreakerOpenFor).UnixNano())
			}
			cfg.Log.Warn("llm breaker", "state", to.String())
			cfg.OnBreaker(to.String())
		},
	})
	return c, nil
}

// Close lets go of the idle connections. Requests under way are not ended by it.
func (c *Client) Close() error {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
	return nil
}

// Name is the model asked for.
func (c *Client) Name() string { return c.cfg.Model }

// Breaker is the breaker's state: closed, open or half-open.
func (c *Client) Breaker() string { return c.breaker.State().String() }

// Complete fulfils ai.Model.
func (c *Client) Complete(ctx context.Context, req ai.Request) (ai.Completion, error) {
	return c.ask(ctx, req, nil)
}

// Stream fulfils ai.Model.
func (c *Client) Stream(ctx context.Context, req ai.Request, delta func(string)) (ai.Completion, error) {
	return c.ask(ctx, req, delta)
}

// ask tries until an answer, a failure that is final, or the end of the deadline.
func (c *Client) ask(caller context.Context, req ai.Request, delta func(string)) (ai.Completion, error) {
	q := query{req: req, delta: delta}
	if _, err := c.encode(q, 0); err != nil {
		return ai.Completion{}, &domain.Error{Code: domain.Internal, Message: "The request to the AI could not be made.", Err: err}
	}
	ctx, cancel := context.WithTimeoutCause(caller, c.cfg.Deadline, errDeadline)
	defer cancel()
	deadline, _ := ctx.Deadline()
	for try := 1; ; try++ {
		out, f := c.attempt(caller, ctx, q, try)
		if f == nil {
			return out, nil
		}
		if err := caller.Err(); errors.Is(err, context.Canceled) {
			return ai.Completion{}, err
		}
		if !f.retry || try > len(c.cfg.Backoff) {
			return ai.Completion{}, f.said(f.retryAfter)
		}
		if c.breaker.State() == gobreaker.StateOpen {
			return ai.Completion{}, f.said(max(f.retryAfter, c.untilProbe()))
		}
		wait := max(jitter(c.cfg.Backoff[try-1]), f.retryAfter)
		if wait >= time.Until(deadline) {
			return ai.Completion{}, f.said(f.retryAfter)
		}
		select {
		case <-time.After(wait):
		case <-caller.Done():
			if err := caller.Err(); errors.Is(err, context.Canceled) {
				return ai.Completion{}, err
			}
			return ai.Completion{}, f.said(f.retryAfter)
		}
	}
}

// attempt is one try, seen by the breaker, the metrics and the log.
func (c *Client) attempt(caller, ctx context.Context, q query, try int) (out ai.Completion, f *failure) {
	a := Attempt{Model: c.cfg.Model, Stream: q.delta != nil, Try: try}
	done, err := c.breaker.Allow()
	if err != nil {
		a.Outcome = BreakerOpen
		c.cfg.OnAttempt(a)
		return out, &failure{outcome: BreakerOpen, err: errOpen, retryAfter: c.untilProbe()}
	}
	verdict := errNeutral // stands if delta panics
	defer func() { done(verdict) }()

	start := time.Now()
	if q.delta != nil {
		out, a.FirstChunk, f = c.stream(ctx, q)
	} else {
		out, f = c.complete(ctx, q)
	}
	a.Duration = time.Since(start)
	if f != nil && caller.Err() != nil {
		f.outcome, f.retry, f.neutral = Cancelled, false, true
	}
	verdict = f.verdict()
	if f == nil {
		a.Outcome, a.Status = OK, http.StatusOK
		a.PromptTokens, a.CompletionTokens = out.PromptTokens, out.CompletionTokens
	} else {
		a.Outcome, a.Status = f.outcome, f.status
		level := slog.LevelWarn
		switch f.outcome {
		case Cancelled:
			level = slog.LevelDebug
		case KeyRefused, QuotaExceeded, ModelUnknown: // until the operator mends it
			level = slog.LevelError
		}
		c.cfg.Log.LogAttrs(ctx, level, "llm try failed", slog.String("model", a.Model), slog.String("outcome", string(a.Outcome)),
			slog.Int("status", a.Status), slog.String("code", c.safeCode(f.code)), slog.Int("try", try),
			slog.Duration("took", a.Duration), slog.String("cause", f.err.Error()))
	}
	c.cfg.OnAttempt(a)
	return out, f
}

// untilProbe is how long the breaker stays open, at least a second.
func (c *Client) untilProbe() time.Duration {
	return max(time.Second, time.Until(time.Unix(0, c.openUntil.Load())))
}

// safeCode returns the provider's error code if it looks like one: it is a stranger's text.
func (c *Client) safeCode(code string) string {
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-' || r == '.')
	}
	if len(code) > 64 || slices.ContainsFunc([]rune(code), odd) || (c.cfg.APIKey != "" && strings.Contains(code, c.cfg.APIKey)) {
		return "unreadable"
	}
	return code
}

// jitter spreads d by ±20 %, so that callers who failed together do not return together.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64())) //nolint:gosec // not a secret
}

// final are the failures that another try cannot mend, as the caller learns of them.
var final = map[Outcome]domain.Error{
	KeyRefused:     {Code: domain.Upstream, Reason: ai.ReasonKeyRefused, Message: "The AI provider refuses this service's key. Whoever runs this service must correct it."},
	QuotaExceeded:  {Code: domain.Upstream, Reason: ai.ReasonQuotaExceeded, Message: "This service's budget with the AI provider is used up. Whoever runs this service must raise it."},
	ModelUnknown:   {Code: domain.Upstream, Reason: ai.ReasonModelUnknown, Message: "The AI provider does not have the model that this service asks for. Whoever runs this service must correct it."},
	RequestRefused: {Code: domain.Upstream, Reason: ai.ReasonRequestRefused, Message: "The AI provider does not accept this request."},
	TextFiltered:   {Code: domain.Invalid, Reason: ai.ReasonTextFiltered, Message: ai.TextFilteredMessage},
	TextTooLong:    {Code: domain.TooLarge, Reason: ai.ReasonTextTooLong, Message: "The text is longer than the AI can read at once."},
	HalfAnswer:     {Code: domain.Upstream, Reason: ai.ReasonBadAnswer, Message: ai.BadAnswerMessage},
	BadAnswer:      {Code: domain.Upstream, Reason: ai.ReasonBadAnswer, Message: ai.BadAnswerMessage},
}

// said is f for the caller.
func (f *failure) said(retryAfter time.Duration) *domain.Error {
	err := fmt.Errorf("llm: %s (HTTP %d): %w", f.outcome, f.status, f.err)
	if e, ok := final[f.outcome]; ok {
		e.Err = err
		return &e
	}
	return &domain.Error{
		Code: domain.Unavailable, Reason: ai.ReasonUnavailable, Message: ai.UnavailableMessage,
		RetryAfter: cmp.Or(retryAfter, retryLater), Err: err,
	}
}
