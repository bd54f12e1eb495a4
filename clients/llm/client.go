// Package llm is a client for language models over the Chat Completions protocol, which OpenAI,
// vLLM, Ollama and llama.cpp all speak. It implements ai.Model.
//
// Retry policy: one request is up to three attempts within one deadline. Each attempt has its own
// timeout, and all carry the same Idempotency-Key. Timeouts, broken connections, truncated
// answers, 429 and 5xx are retried. Other 4xx and malformed answers are not, and neither is a stream
// once the caller has received part of it.
//
// What a provider supports is learned from its responses (see dialect) and forgotten after an hour. A parameter
// that it rejects is dropped; a schema that it ignores is stated in the prompt; a complete answer that takes
// longer than the timeout is requested as a stream, because a stream shows that the provider is alive.
//
// A circuit breaker counts every attempt. While closed it lets every request through. When most
// attempts of the last minute failed it opens, and requests fail at once with Unavailable. After a
// pause it is half-open: it lets one probe through and closes or reopens by the result. Attempts that
// the caller canceled, or that the provider rejected because of their content, are not counted.
//
// Errors and log lines never contain the API key or any text of a prompt or an answer.
package llm

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/sony/gobreaker/v2"

	"counsel/domain/ai"
)

// Config configures a Client. Zero fields get the default given beside them.
type Config struct {
	BaseURL string // including the version, such as https://api.openai.com/v1
	APIKey  string // sent as a bearer token; empty: no Authorization header
	Model   string

	Timeout  time.Duration   // of one attempt without a sign of life, which is any byte of the response; 10 s
	Deadline time.Duration   // of all attempts and the waits between them; 30 s
	Backoff  []time.Duration // wait before each retry, ±20 % jitter; 0.5 s and 1.5 s. Empty but not nil: no retries

	BreakerFailures uint32        // failures within BreakerWindow that open the breaker, if they are at least half of the attempts; 5
	BreakerWindow   time.Duration // 60 s
	BreakerOpenFor  time.Duration // time until a probe is let through; 10 s

	MaxConns  int   // connections to the provider; 256
	MaxAnswer int64 // limit of one answer in bytes; 2 MiB

	Log       *slog.Logger       // nil: no logging
	OnAttempt func(Attempt)      // called for every attempt and for every request that the breaker rejected; must not block
	OnBreaker func(state string) // called when the breaker becomes closed, open or half-open; must not block
	Transport http.RoundTripper  // nil: the client's own pool of keep-alive connections
}

// Client is one provider's model. It is safe for concurrent use.
type Client struct {
	cfg       Config
	chat      openai.ChatCompletionService
	transport http.RoundTripper
	dialect   learned
	breaker   *gobreaker.TwoStepCircuitBreaker[struct{}]
	openUntil atomic.Int64 // Unix nanoseconds; meaningful while the breaker is open
}

var _ ai.Model = (*Client)(nil)

// Causes of an attempt's context, which distinguish them from the caller's own cancellation.
var (
	errTimeout  = errors.New("no answer within the timeout")
	errDeadline = errors.New("no answer within the deadline")
	errOpen     = errors.New("the circuit breaker is open")
)

// New validates cfg. It does not connect.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(cfg.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("llm: the base URL must be http(s)://host/…")
	}
	if cfg.Model == "" {
		return nil, errors.New("llm: the model is missing")
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
		// Without ForceAttemptHTTP2 this is HTTP/1.1: one stream does not block another on a shared connection.
		c.transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout:    5 * time.Second,
			MaxConnsPerHost:        cfg.MaxConns,
			MaxIdleConns:           cfg.MaxConns,
			MaxIdleConnsPerHost:    max(64, cfg.MaxConns/2),
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true, // compression delays the chunks of a stream
		}
	}
	opts := []option.RequestOption{
		option.WithBaseURL(cfg.BaseURL),
		option.WithMaxRetries(0),
		option.WithHTTPClient(&http.Client{
			Transport:     bodyLimits{c.transport},
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
		IsExcluded:   func(err error) bool { return errors.Is(err, errNotCounted) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				c.openUntil.Store(time.Now().Add(cfg.BreakerOpenFor).UnixNano())
			}
			cfg.Log.Warn("circuit breaker changed state", "state", to.String())
			cfg.OnBreaker(to.String())
		},
	})
	return c, nil
}

// Close closes idle connections. Requests in progress continue.
func (c *Client) Close() error {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
	return nil
}

// Name returns the name of the configured model.
func (c *Client) Name() string { return c.cfg.Model }

// Breaker returns the state of the circuit breaker: closed, open or half-open.
func (c *Client) Breaker() string { return c.breaker.State().String() }

// Complete implements ai.Model.
func (c *Client) Complete(ctx context.Context, req ai.Request) (ai.Completion, error) {
	return c.withRetries(ctx, req, nil)
}

// Stream implements ai.Model.
func (c *Client) Stream(ctx context.Context, req ai.Request, delta func(string)) (ai.Completion, error) {
	return c.withRetries(ctx, req, delta)
}
