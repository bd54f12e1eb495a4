// Package stripe is the client of Stripe. It implements the domain's payments.Provider by Checkout Sessions.
//
// Every call has a deadline, and every answer a limit. A call is tried up to three times under one Idempotency-Key, which is made
// from the payment's or refund's own id, so that Stripe carries it out once. While most calls fail, a circuit breaker
// rejects them at once.
//
// Errors never contain the API key, personal data, or text of an answer.
package stripe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sony/gobreaker/v2"
	"github.com/stripe/stripe-go/v84"
	"github.com/stripe/stripe-go/v84/checkout/session"
	"github.com/stripe/stripe-go/v84/dispute"
	"github.com/stripe/stripe-go/v84/event"
	"github.com/stripe/stripe-go/v84/refund"

	"counsel/clients/retryafter"
	"counsel/domain"
	"counsel/domain/payments"
)

// Name is that of the provider.
const Name = "stripe"

// URL is that of Stripe's API.
const URL = "https://api.stripe.com"

// Config configures a client. Zero fields get the default given beside them.
type Config struct {
	Name          string // "stripe"
	URL           string // https://api.stripe.com
	APIKey        string
	WebhookSecret string            // empty: every webhook is rejected
	Timeout       time.Duration     // of one attempt; 10 s
	Deadline      time.Duration     // of a call with its attempts; 25 s
	Backoff       []time.Duration   // before the second and third attempt; 0.5 s and 1.5 s
	OpenFor       time.Duration     // until the open breaker lets a probe through; 10 s
	Transport     http.RoundTripper // nil: the client's own connection pool
	Observe       func(Call)        // called after each attempt; must not block
}

// Call is an attempt that has ended.
type Call struct {
	Action  string // such as create_checkout
	Outcome string // ok, rejected, failed or breaker_open
	Took    time.Duration
}

// Client is a client of Stripe. It is safe for concurrent use. Close it when it is no longer used.
type Client struct {
	cfg      Config
	http     *http.Client
	sessions session.Client
	refunds  refund.Client
	disputes dispute.Client
	events   event.Client
	breaker  *gobreaker.TwoStepCircuitBreaker[struct{}]
}

var _ payments.Provider = (*Client)(nil)

// Limits and timing.
const (
	maxResponse       = 8 << 20 // bytes
	breakerFailures   = 5       // within breakerWindow, if at least half of the attempts failed
	breakerWindow     = time.Minute
	defaultRetryAfter = 10 * time.Second
	maxRetryAfter     = 5 * time.Second // cap on what Stripe asks a call to wait
	webhookTolerance  = 5 * time.Minute
)

// New validates cfg. It does not connect.
func New(cfg Config) (*Client, error) {
	cfg.Name, cfg.URL = cmp.Or(cfg.Name, Name), strings.TrimRight(cmp.Or(cfg.URL, URL), "/")
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("stripe: the URL must be http(s)://host")
	}
	if cfg.APIKey == "" {
		return nil, errors.New("stripe: the API key is missing")
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, 10*time.Second)
	cfg.Deadline = cmp.Or(cfg.Deadline, 25*time.Second)
	cfg.OpenFor = cmp.Or(cfg.OpenFor, 10*time.Second)
	if cfg.Backoff == nil {
		cfg.Backoff = []time.Duration{500 * time.Millisecond, 1500 * time.Millisecond}
	}
	if cfg.Observe == nil {
		cfg.Observe = func(Call) {}
	}
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout:    5 * time.Second,
			MaxConnsPerHost:        32,
			MaxIdleConnsPerHost:    8,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		}
	}
	c := &Client{cfg: cfg, http: &http.Client{
		Transport:     limited{cfg.Transport},
		Timeout:       cfg.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: stripe.String(cfg.URL), HTTPClient: c.http, MaxNetworkRetries: stripe.Int64(0), EnableTelemetry: stripe.Bool(false),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	c.sessions, c.refunds = session.Client{B: backend, Key: cfg.APIKey}, refund.Client{B: backend, Key: cfg.APIKey}
	c.disputes, c.events = dispute.Client{B: backend, Key: cfg.APIKey}, event.Client{B: backend, Key: cfg.APIKey}
	c.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests: 1, Interval: breakerWindow, BucketPeriod: breakerWindow / 10, Timeout: cfg.OpenFor,
		ReadyToTrip: func(n gobreaker.Counts) bool {
			return n.TotalFailures >= breakerFailures && n.TotalFailures >= n.TotalSuccesses
		},
	})
	return c, nil
}

// Close closes idle connections.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Name implements payments.Provider.
func (c *Client) Name() string { return c.cfg.Name }

// Live implements payments.Provider. The prefix of a Stripe key names its mode.
func (c *Client) Live() bool { return IsLiveKey(c.cfg.APIKey) }

// IsLiveKey reports whether real money moves with a key.
func IsLiveKey(key string) bool {
	return strings.HasPrefix(key, "sk_live_") || strings.HasPrefix(key, "rk_live_")
}

// limited is a transport whose answers end with an error after maxResponse bytes.
type limited struct{ next http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := l.next.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, maxResponse)
	}
	return res, err
}

// CloseIdleConnections closes those of the next transport.
func (l limited) CloseIdleConnections() {
	if t, ok := l.next.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// call runs a request until it succeeds, is rejected, or no attempt is left. write tells that it changes something at Stripe.
func (c *Client) call(ctx context.Context, action string, write bool, request func(stripe.Params) error, key string) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Deadline)
	defer cancel()
	uncertain := false // whether an attempt may have been carried out
	for n := 0; ; n++ {
		f := c.attempt(ctx, action, request, key)
		if f == nil {
			return nil
		}
		f.action = action
		uncertain = uncertain || f.uncertain
		f.uncertain = write && uncertain && f.retryable // a definite answer settles what came before: the key is the same
		if !f.retryable || f.open || n >= len(c.cfg.Backoff) {
			return f.toDomain()
		}
		timer := time.NewTimer(max(c.cfg.Backoff[n], min(f.retryAfter, maxRetryAfter)))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return f.toDomain()
		}
	}
}

// attempt makes one attempt; nil: it succeeded.
func (c *Client) attempt(ctx context.Context, action string, request func(stripe.Params) error, key string) *failure {
	began := time.Now()
	report := func(outcome string) {
		c.cfg.Observe(Call{Action: action, Outcome: outcome, Took: time.Since(began)})
	}
	done, err := c.breaker.Allow()
	if err != nil {
		report("breaker_open")
		return &failure{retryable: true, open: true, retryAfter: c.cfg.OpenFor, cause: errors.New("the circuit breaker is open")}
	}
	params := stripe.Params{Context: ctx}
	if key != "" {
		params.IdempotencyKey = stripe.String(key)
	}
	err = request(params)
	f := classify(err)
	switch {
	case f == nil:
		done(nil)
		report("ok")
	case f.retryable && !errors.Is(ctx.Err(), context.Canceled):
		done(f.cause)
		report("failed")
	default:
		done(nil)
		report("rejected")
	}
	return f
}

// failure is why an attempt did not succeed.
type failure struct {
	action     string
	status     int    // of the HTTP answer; 0: there was none
	code       string // of Stripe
	retryable  bool
	uncertain  bool
	open       bool // the breaker rejected it
	retryAfter time.Duration
	cause      error
}

// classify converts an error of the library. What is not an error of Stripe's is a connection that broke or an answer that is none.
func classify(err error) *failure {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*stripe.Error](err)
	if !ok || e.HTTPStatusCode == 0 {
		cause := errors.New("no valid answer")
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF) {
			cause = errors.New("no answer in time, or half of one")
		}
		return &failure{retryable: true, uncertain: true, cause: cause}
	}
	f := &failure{status: e.HTTPStatusCode, code: string(e.Code), cause: fmt.Errorf("HTTP %d %s %s", e.HTTPStatusCode, e.Type, e.Code)}
	if e.LastResponse != nil {
		f.retryAfter = retryafter.Wait(e.LastResponse.Header, time.Now())
	}
	switch {
	case f.status == http.StatusTooManyRequests:
		f.retryable = true
	case f.status == http.StatusConflict, f.status == http.StatusRequestTimeout, f.status >= 500: // 409: another request with the key is being carried out
		f.retryable, f.uncertain = true, true
	}
	return f
}

// Reasons of the returned errors.
const (
	reasonUnavailable = "payments_unavailable"
	reasonRejected    = "payments_rejected"
)

func (f *failure) toDomain() error {
	cause := fmt.Errorf("stripe: %s: %w", f.action, f.cause)
	if f.uncertain {
		cause = errors.Join(cause, payments.ErrUncertain)
	}
	switch {
	case f.retryable:
		return &domain.Error{Code: domain.Unavailable, Reason: reasonUnavailable, Message: "The payment provider cannot be reached right now, please try again.",
			RetryAfter: max(time.Second, cmp.Or(f.retryAfter, defaultRetryAfter)), Err: cause}
	case f.status == http.StatusNotFound || f.code == string(stripe.ErrorCodeResourceMissing):
		return &domain.Error{Code: domain.NotFound, Message: "The payment provider does not know this payment.", Err: cause}
	}
	return &domain.Error{Code: domain.Upstream, Reason: reasonRejected, Message: "The payment provider rejected the request.", Err: cause}
}
