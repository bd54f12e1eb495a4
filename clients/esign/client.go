// Package esign contains the clients for e-signature providers: DocuSeal and Documenso. Both implement
// the domain's envelopes.Provider.
//
// Every request has a timeout and every response a size limit. Responses are parsed leniently, since the
// examples in the providers' own API contracts violate their schemas. Nothing is retried here, because only
// the caller knows whether an operation may be repeated. Redirects are never followed with the API key.
//
// Errors never contain the API key, a person's e-mail address, or text from a response.
package esign

import (
	"bytes"
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"counsel/clients/retryafter"
	"counsel/domain"
	"counsel/domain/esign/envelopes"
)

// Config configures a client. Zero fields get the default given beside them.
type Config struct {
	URL           string // of the API (DocuSeal) or the site (Documenso); files are downloaded only over https, unless this is http
	APIKey        string
	WebhookSecret string            // empty: every webhook is rejected
	Timeout       time.Duration     // of one request; 20 s. File downloads get three times as long
	MaxFile       int64             // limit of one file in bytes; 100 MiB
	Transport     http.RoundTripper // nil: the client's own connection pool
}

// Provider is a client of an e-signature provider. Close it when it is no longer used.
type Provider interface {
	envelopes.Provider
	Close() error // closes idle connections
}

// New returns the client of the provider with the given name, docuseal or documenso. It validates cfg
// and does not connect.
func New(name string, cfg Config) (Provider, error) {
	switch name {
	case docuSealName:
		return newDocuSeal(cfg)
	case documensoName:
		return newDocumenso(cfg)
	}
	return nil, fmt.Errorf("esign: there is no provider %q", name)
}

// Limits and timing.
const (
	maxResponse       = 8 << 20 // bytes of a JSON response
	maxRedirects      = 3       // of a file download
	defaultRetryAfter = 10 * time.Second
	maxRetryAfter     = time.Hour       // cap on a provider's Retry-After
	webhookTolerance  = 5 * time.Minute // maximum age of a webhook whose signature covers its time
)

// client sends requests to one server.
type client struct {
	cfg       Config
	base      *url.URL
	http      *http.Client
	authorize func(http.Header)
}

func newClient(cfg Config, authorize func(http.Header)) (*client, error) {
	u, err := url.Parse(strings.TrimRight(cfg.URL, "/"))
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("esign: the provider URL must be http(s)://host/…")
	}
	if cfg.APIKey == "" {
		return nil, errors.New("esign: the API key is missing")
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, 20*time.Second)
	cfg.MaxFile = cmp.Or(cfg.MaxFile, 100<<20)
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
	return &client{cfg: cfg, base: u, authorize: authorize, http: &http.Client{
		Transport:     cfg.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close closes idle connections.
func (c *client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// apiRequest is one request to the provider's API.
type apiRequest struct {
	action      string // for errors: "creating an envelope"
	method      string
	path        string // including the query
	body        io.Reader
	contentType string
	isFile      bool // the response is a file and may redirect to another host
}

// call sends a request and decodes the JSON response into out, unless out is nil.
func (c *client) call(ctx context.Context, q apiRequest, out any) error {
	body, err := c.do(ctx, q)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return q.fail(http.StatusOK, 0, errMalformed)
	}
	return nil
}

// postJSON sends body as JSON.
func (c *client) postJSON(ctx context.Context, action, path string, body, out any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.call(ctx, apiRequest{action: action, method: http.MethodPost, path: path, body: bytes.NewReader(b), contentType: "application/json"}, out)
}

func (c *client) getJSON(ctx context.Context, action, path string, out any) error {
	return c.call(ctx, apiRequest{action: action, method: http.MethodGet, path: path}, out)
}

// Causes of failures. They contain nothing received from the provider.
var (
	errMalformed  = errors.New("the response is malformed")
	errTooLarge   = errors.New("the response is too large")
	errConnection = errors.New("the connection failed")
	errRejected   = errors.New("the request was rejected")
)

// do sends a request and returns the body of a 2xx response.
func (c *client) do(ctx context.Context, q apiRequest) ([]byte, error) {
	limit, timeout := int64(maxResponse), c.cfg.Timeout
	if q.isFile {
		limit, timeout = c.cfg.MaxFile, 3*timeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	r, err := http.NewRequestWithContext(ctx, q.method, c.base.String()+q.path, q.body)
	if err != nil {
		return nil, fmt.Errorf("esign: %s: invalid request", q.action)
	}
	r.Header.Set("Accept", "application/json, application/pdf;q=0.9")
	if q.contentType != "" {
		r.Header.Set("Content-Type", q.contentType)
	}
	c.authorize(r.Header)
	res, err := c.http.Do(r)
	if err != nil {
		if !connected.Load() {
			return nil, &domain.Error{Code: domain.Unavailable, Reason: reasonUnavailable, Message: unavailableMessage, RetryAfter: defaultRetryAfter, Err: fmt.Errorf("esign: %s: no connection", q.action)}
		}
		return nil, q.fail(0, 0, errConnection)
	}
	defer res.Body.Close()
	if location := res.Header.Get("Location"); q.isFile && res.StatusCode >= 300 && res.StatusCode < 400 && location != "" {
		return c.download(ctx, q.action, res.Request.URL, location)
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return nil, q.fail(res.StatusCode, min(retryafter.Wait(res.Header, time.Now()), maxRetryAfter), errRejected)
	}
	return q.readBody(res, limit)
}

func (q apiRequest) readBody(res *http.Response, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	switch {
	case err != nil:
		return nil, q.fail(0, 0, errConnection)
	case int64(len(body)) > limit:
		return nil, q.fail(res.StatusCode, 0, errTooLarge)
	}
	return body, nil
}

// getPDF downloads a PDF from the API.
func (c *client) getPDF(ctx context.Context, action, path string) ([]byte, error) {
	q := apiRequest{action: action, method: http.MethodGet, path: path, isFile: true}
	b, err := c.do(ctx, q)
	return q.requirePDF(b, err)
}

// downloadPDF downloads a PDF from a URL that the provider returned. It does not send the API key.
func (c *client) downloadPDF(ctx context.Context, action, fileURL string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*c.cfg.Timeout)
	defer cancel()
	b, err := c.download(ctx, action, c.base, fileURL)
	return apiRequest{action: action, method: http.MethodGet}.requirePDF(b, err)
}

func (q apiRequest) requirePDF(b []byte, err error) ([]byte, error) {
	if err == nil && !bytes.HasPrefix(b, []byte("%PDF-")) {
		err = q.fail(http.StatusOK, 0, errMalformed)
	}
	return b, err
}

// download gets a file and follows redirects. It does not send the API key.
func (c *client) download(ctx context.Context, action string, from *url.URL, to string) ([]byte, error) {
	q := apiRequest{action: action, method: http.MethodGet}
	for range maxRedirects + 1 {
		u, err := from.Parse(to)
		if err != nil || u.Host == "" || !c.isSecure(u) {
			return nil, q.fail(http.StatusOK, 0, errors.New("the URL of the file is not trusted"))
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return nil, q.fail(http.StatusOK, 0, errMalformed)
		}
		res, err := c.http.Do(r)
		if err != nil {
			return nil, q.fail(0, 0, errConnection)
		}
		if location := res.Header.Get("Location"); res.StatusCode >= 300 && res.StatusCode < 400 && location != "" {
			_ = res.Body.Close()
			from, to = u, location
			continue
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			err := q.fail(res.StatusCode, min(retryafter.Wait(res.Header, time.Now()), maxRetryAfter), errRejected)
			if domain.CodeOf(err) == domain.NotFound { // the envelope exists, its file does not yet
				return nil, &domain.Error{Code: domain.Unavailable, Reason: reasonUnavailable, Message: unavailableMessage, RetryAfter: defaultRetryAfter, Err: err}
			}
			return nil, err
		}
		return q.readBody(res, c.cfg.MaxFile)
	}
	return nil, q.fail(http.StatusOK, 0, errors.New("too many redirects"))
}

// isSecure reports whether u uses https, or http like the provider's own URL.
func (c *client) isSecure(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && c.base.Scheme == "http"
}

// Reasons and messages of the returned errors.
const (
	reasonUnavailable  = "esign_unavailable"
	reasonRejected     = "esign_refused"
	unavailableMessage = "The signing service cannot be reached right now, please try again."
	rejectedMessage    = "The signing service rejected the request."
)

// fail converts a failure into a domain error. Status 0 means that no complete response came. If the provider may
// have carried out a request that is not a GET, the error includes envelopes.ErrUncertain.
func (q apiRequest) fail(status int, after time.Duration, cause error) error {
	cause = fmt.Errorf("esign: %s: %w (HTTP %d)", q.action, cause, status)
	if q.method != http.MethodGet && (status < 300 || status >= 500) {
		cause = errors.Join(cause, envelopes.ErrUncertain)
	}
	switch {
	case status == 0, status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return &domain.Error{Code: domain.Unavailable, Reason: reasonUnavailable, Message: unavailableMessage, RetryAfter: cmp.Or(after, defaultRetryAfter), Err: cause}
	case status == http.StatusNotFound, status == http.StatusGone:
		return &domain.Error{Code: domain.NotFound, Message: "The signing service has no such envelope.", Err: cause}
	}
	return &domain.Error{Code: domain.Upstream, Reason: reasonRejected, Message: rejectedMessage, Err: cause}
}

// rejected reports whether err is the provider's definite refusal, as opposed to an outage.
func isRejection(err error) bool {
	code := domain.CodeOf(err)
	return code == domain.NotFound || code == domain.Upstream && !errors.Is(err, envelopes.ErrUncertain)
}

// unexpectedNotFound turns NotFound into Upstream, for a route or an envelope that must exist.
func unexpectedNotFound(err error) error {
	if domain.CodeOf(err) != domain.NotFound {
		return err
	}
	return &domain.Error{Code: domain.Upstream, Reason: reasonRejected, Message: rejectedMessage, Err: err}
}

// invalidSignature is the error for a webhook that is not from the provider, or too old.
func invalidSignature(why string) error {
	return &domain.Error{Code: domain.Unauthenticated, Message: "The webhook's signature is not valid.", Err: errors.New("esign: " + why)}
}

func malformedWebhook() error {
	return domain.Errorf(domain.Malformed, "The webhook cannot be read.")
}

func constantTimeEqual(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// looseString decodes a JSON string or number.
type looseString string

// UnmarshalJSON never fails: other types leave l unchanged.
func (l *looseString) UnmarshalJSON(b []byte) error {
	var s string
	var n json.Number
	switch {
	case json.Unmarshal(b, &s) == nil:
		*l = looseString(s)
	case json.Unmarshal(b, &n) == nil:
		*l = looseString(n)
	}
	return nil
}

// looseTime decodes a time in any format that the providers use. Anything else is the zero time.
type looseTime struct{ time.Time }

// UnmarshalJSON never fails.
func (m *looseTime) UnmarshalJSON(b []byte) error {
	var s string
	_ = json.Unmarshal(b, &s) // only a string can be a time
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05 UTC", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			m.Time = t.UTC().Truncate(time.Microsecond)
			return nil
		}
	}
	return nil
}
