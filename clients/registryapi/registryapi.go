// Package registryapi is what the clients of the official registers share: one request to a JSON API, within the register's
// rate limit, with a deadline, a size limit and a circuit breaker.
//
// A register that asks to wait (Retry-After) is not asked again until then. Redirects are not followed. Errors are those
// of domain/registry and never contain text of a response or what was asked for.
package registryapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"

	"counsel/clients/retryafter"
	"counsel/domain"
	"counsel/domain/registry"
)

// Config configures a Client. Zero fields get the default given beside them.
type Config struct {
	Name      string // for errors, such as gleif
	URL       string // base URL
	Authorize func(http.Header)
	Accept    string            // application/json
	Timeout   time.Duration     // of one request; 10 s
	Requests  int               // allowed per Window; required
	Window    time.Duration     // required
	MaxWait   time.Duration     // the longest wait for the rate limit before a request is refused; 2 s
	Parallel  int               // requests at a time; 8
	Clock     domain.Clock      // domain.SystemClock
	Transport http.RoundTripper // nil: the client's own connection pool
	OnOutcome func(Outcome)     // called for each request, also for those that were not sent; must not block
}

// Outcome is the result of a request, for metrics.
type Outcome string

// The outcomes.
const (
	OutcomeOK          Outcome = "ok"
	OutcomeNotFound    Outcome = "not_found"
	OutcomeRejected    Outcome = "rejected" // another 4xx
	OutcomeRateLimited Outcome = "rate_limited"
	OutcomeUnavailable Outcome = "unavailable"
	OutcomeMalformed   Outcome = "malformed"
	OutcomeBreakerOpen Outcome = "breaker_open"
)

// Outcomes lists every outcome.
var Outcomes = []Outcome{OutcomeOK, OutcomeNotFound, OutcomeRejected, OutcomeRateLimited, OutcomeUnavailable, OutcomeMalformed, OutcomeBreakerOpen}

const (
	maxResponse       = 4 << 20 // bytes
	maxRetryAfter     = time.Hour
	defaultRetryAfter = 30 * time.Second
	breakerOpenFor    = 30 * time.Second
)

// Client sends requests to one register. It is safe for concurrent use.
type Client struct {
	cfg     Config
	base    string
	http    *http.Client
	limit   *rate.Limiter
	slots   chan struct{}
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]
	waitEnd atomic.Int64 // Unix nanoseconds until which the register asked to wait
}

// New validates cfg. It does not connect.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(strings.TrimRight(cfg.URL, "/"))
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("%s: the URL must be http(s)://host/…", cfg.Name)
	}
	if cfg.Requests < 1 || cfg.Window <= 0 {
		return nil, fmt.Errorf("%s: a rate limit is required", cfg.Name)
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, 10*time.Second)
	cfg.MaxWait = cmp.Or(cfg.MaxWait, 2*time.Second)
	cfg.Parallel = cmp.Or(cfg.Parallel, 8)
	cfg.Accept = cmp.Or(cfg.Accept, "application/json")
	if cfg.Clock == nil {
		cfg.Clock = domain.SystemClock
	}
	if cfg.OnOutcome == nil {
		cfg.OnOutcome = func(Outcome) {}
	}
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout:    5 * time.Second,
			MaxConnsPerHost:        16,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		}
	}
	burst := max(1, cfg.Requests/4)
	perSecond := rate.Limit(float64(max(1, cfg.Requests-burst)) / cfg.Window.Seconds()) // with the burst, no window has more requests than allowed
	return &Client{
		cfg: cfg, base: u.String(), slots: make(chan struct{}, cfg.Parallel),
		limit: rate.NewLimiter(perSecond, burst),
		http: &http.Client{
			Transport:     cfg.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		breaker: gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
			MaxRequests: 1, Interval: time.Minute, Timeout: breakerOpenFor,
			ReadyToTrip:  func(n gobreaker.Counts) bool { return n.TotalFailures >= 5 && n.TotalFailures >= n.TotalSuccesses },
			IsSuccessful: func(err error) bool { return err == nil },
			IsExcluded:   func(err error) bool { return errors.Is(err, context.Canceled) },
		}),
	}, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Failures that contain nothing received.
var (
	errBreakerOpen = errors.New("the circuit breaker is open")
	errLimit       = errors.New("the rate limit is used up")
	errConnection  = errors.New("the request failed")
	errStatus      = errors.New("the response has an unexpected status")
	errTooLarge    = errors.New("the response is too large")
	errMalformed   = errors.New("the response is not the JSON that was expected")
)

// Get requests a path, which includes the query, and decodes the JSON response into out.
func (c *Client) Get(ctx context.Context, path string, out any) error {
	_, err := c.do(ctx, http.MethodGet, path, nil, out)
	return err
}

// Post sends body as JSON and decodes the JSON response into out. Status is that of the response: a 4xx with JSON is decoded
// too, for registers that describe failures so.
func (c *Client) Post(ctx context.Context, path string, body, out any) (status int, err error) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	return c.do(ctx, http.MethodPost, path, b, out)
}

func (c *Client) do(ctx context.Context, method, path string, body []byte, out any) (int, error) {
	if err := c.acquire(ctx); err != nil {
		return 0, err
	}
	defer func() { <-c.slots }()
	report, err := c.breaker.Allow()
	if err != nil {
		c.cfg.OnOutcome(OutcomeBreakerOpen)
		return 0, registry.ErrUnavailable(breakerOpenFor, c.wrap(errBreakerOpen))
	}
	status, outcome, err := c.send(ctx, method, path, body, out)
	switch {
	case ctx.Err() != nil:
		report(context.Canceled) // the caller left: that says nothing about the register
	case outcome == OutcomeUnavailable, outcome == OutcomeMalformed:
		report(errConnection)
	default:
		report(nil)
	}
	c.cfg.OnOutcome(outcome)
	return status, err
}

// acquire waits for the rate limit and for a free slot.
func (c *Client) acquire(ctx context.Context) error {
	now := c.cfg.Clock()
	if wait := time.Unix(0, c.waitEnd.Load()).Sub(now); wait > 0 {
		c.cfg.OnOutcome(OutcomeRateLimited)
		return registry.ErrRateLimited(wait, c.wrap(errLimit))
	}
	r := c.limit.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > c.cfg.MaxWait {
		r.CancelAt(now)
		c.cfg.OnOutcome(OutcomeRateLimited)
		return registry.ErrRateLimited(wait, c.wrap(errLimit))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		r.CancelAt(c.cfg.Clock())
		return ctx.Err()
	}
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Client) send(ctx context.Context, method, path string, body []byte, out any) (int, Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, OutcomeRejected, fmt.Errorf("%s: invalid request", c.cfg.Name)
	}
	r.Header.Set("Accept", c.cfg.Accept)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.cfg.Authorize != nil {
		c.cfg.Authorize(r.Header)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return 0, OutcomeUnavailable, registry.ErrUnavailable(defaultRetryAfter, c.wrap(errConnection))
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxResponse+1))
	status := res.StatusCode
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && res.Header.Get("Retry-After") != "":
		wait := c.wait(res.Header)
		c.waitEnd.Store(c.cfg.Clock().Add(wait).UnixNano())
		return status, OutcomeRateLimited, registry.ErrRateLimited(wait, c.wrap(errLimit))
	case err != nil:
		return status, OutcomeUnavailable, registry.ErrUnavailable(defaultRetryAfter, c.wrap(errConnection))
	case len(b) > maxResponse:
		return status, OutcomeMalformed, registry.ErrResponse(c.wrap(errTooLarge))
	case isJSON(res.Header) && (status == http.StatusOK || method == http.MethodPost && status < 600):
		if json.Unmarshal(b, out) != nil {
			return status, OutcomeMalformed, registry.ErrResponse(c.wrap(errMalformed))
		}
		return status, OutcomeOK, nil
	case status >= 500, status == http.StatusRequestTimeout:
		return status, OutcomeUnavailable, registry.ErrUnavailable(defaultRetryAfter, c.wrap(fmt.Errorf("%w: %d", errStatus, status)))
	case status == http.StatusNotFound && isJSONOrEmpty(res.Header, b):
		return status, OutcomeNotFound, &domain.Error{Code: domain.NotFound, Message: "The register has no such company."}
	case status == http.StatusOK:
		return status, OutcomeMalformed, registry.ErrResponse(c.wrap(errMalformed))
	}
	return status, OutcomeRejected, registry.ErrResponse(c.wrap(fmt.Errorf("%w: %d", errStatus, status)))
}

// wait returns how long the register asks to wait: Retry-After, or the time of day in Companies House's header.
func (c *Client) wait(h http.Header) time.Duration {
	now := c.cfg.Clock()
	wait := retryafter.Wait(h, now)
	if reset, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64); wait == 0 && err == nil {
		wait = time.Unix(reset, 0).Sub(now)
	}
	if wait <= 0 {
		wait = defaultRetryAfter
	}
	return min(wait, maxRetryAfter)
}

func (c *Client) wrap(err error) error { return fmt.Errorf("%s: %w", c.cfg.Name, err) }

// isJSON reports whether a response claims to be JSON, such as application/vnd.api+json. A page of HTML is no answer.
func isJSON(h http.Header) bool {
	mediaType, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (strings.HasSuffix(mediaType, "/json") || strings.HasSuffix(mediaType, "+json"))
}

// isJSONOrEmpty tells the register's own 404 from a proxy's page.
func isJSONOrEmpty(h http.Header, body []byte) bool {
	return isJSON(h) || len(bytes.TrimSpace(body)) == 0
}

// Text is a string of a response. Another type than a string, a number or null is an error, so that a changed format is noticed.
type Text string

// UnmarshalJSON accepts strings and numbers.
func (t *Text) UnmarshalJSON(b []byte) error {
	var s string
	var n json.Number
	switch {
	case string(b) == "null":
		return nil
	case json.Unmarshal(b, &s) == nil:
		*t = Text(strings.TrimSpace(s))
	case json.Unmarshal(b, &n) == nil:
		*t = Text(n)
	default:
		return errMalformed
	}
	return nil
}

// Day returns the day of a date or timestamp, or "" if it is none.
func (t Text) Day() string {
	if len(t) < len(time.DateOnly) {
		return ""
	}
	day := string(t[:len(time.DateOnly)])
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return ""
	}
	return day
}
