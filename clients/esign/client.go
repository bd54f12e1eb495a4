// Package esign has documents signed by an outside service: DocuSeal, or Documenso. Both fulfil
// the domain's esign.Provider.
//
// What is asked of them has a deadline, what they answer a limit. Their answers are read for what
// is needed and no more: the examples in their own contracts break their schemas. Nothing is tried
// again here; whoever asks knows whether it may be. A redirect is never followed with the key.
//
// No error holds the key, an address of a person, or a word of an answer.
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
	"counsel/domain/esign"
)

// Config says which server is asked. What is zero gets its default.
type Config struct {
	URL           string // of the API; files are fetched by https only, unless this is http
	APIKey        string
	WebhookSecret string            // empty: every webhook is refused
	Timeout       time.Duration     // of a question; 20 s. Files get three times as long
	MaxFile       int64             // bytes of a file; 100 MiB
	Transport     http.RoundTripper // nil: a pool of connections of its own
}

// Limits of what is read, and times.
const (
	maxAnswer    = 8 << 20 // bytes
	maxRedirects = 3       // of a file
	retryLater   = 10 * time.Second
	longestWait  = time.Hour       // that a provider may ask for
	webhookAge   = 5 * time.Minute // of a webhook that is signed with its time
)

// client asks one server.
type client struct {
	cfg       Config
	base      *url.URL
	http      *http.Client
	authorize func(http.Header)
}

func newClient(cfg Config, authorize func(http.Header)) (*client, error) {
	u, err := url.Parse(strings.TrimRight(cfg.URL, "/"))
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("esign: the URL of the provider must be http(s)://host/…")
	}
	if cfg.APIKey == "" {
		return nil, errors.New("esign: there is no key for the provider")
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

// Close lets go of the idle connections.
func (c *client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// question is something asked of the API.
type question struct {
	what        string // for errors: "creating an envelope"
	method      string
	path        string // with its query
	body        io.Reader
	contentType string
	file        bool // the answer is one, and may lie elsewhere
}

// ask asks and reads the answer into out, unless that is nil.
func (c *client) ask(ctx context.Context, q question, out any) error {
	body, err := c.raw(ctx, q)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return q.failed(http.StatusOK, 0, errNonsense)
	}
	return nil
}

// post asks with a JSON body.
func (c *client) post(ctx context.Context, what, path string, body, out any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.ask(ctx, question{what: what, method: http.MethodPost, path: path, body: bytes.NewReader(b), contentType: "application/json"}, out)
}

func (c *client) get(ctx context.Context, what, path string, out any) error {
	return c.ask(ctx, question{what: what, method: http.MethodGet, path: path}, out)
}

// The causes of failures, said without what came from elsewhere.
var (
	errNonsense = errors.New("the answer cannot be read")
	errTooLong  = errors.New("the answer is too long")
	errBroke    = errors.New("the connection failed")
	errRefused  = errors.New("refused")
)

// raw asks and returns the bytes of a good answer.
func (c *client) raw(ctx context.Context, q question) ([]byte, error) {
	most, patience := int64(maxAnswer), c.cfg.Timeout
	if q.file {
		most, patience = c.cfg.MaxFile, 3*patience
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var reached atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { reached.Store(true) }})
	r, err := http.NewRequestWithContext(ctx, q.method, c.base.String()+q.path, q.body)
	if err != nil {
		return nil, fmt.Errorf("esign: %s: the request cannot be made", q.what)
	}
	r.Header.Set("Accept", "application/json, application/pdf;q=0.9")
	if q.contentType != "" {
		r.Header.Set("Content-Type", q.contentType)
	}
	c.authorize(r.Header)
	res, err := c.http.Do(r)
	if err != nil {
		if !reached.Load() {
			return nil, &domain.Error{Code: domain.Unavailable, Reason: reasonUnavailable, Message: downMessage, RetryAfter: retryLater, Err: fmt.Errorf("esign: %s: no connection", q.what)}
		}
		return nil, q.failed(0, 0, errBroke)
	}
	defer res.Body.Close()
	if location := res.Header.Get("Location"); q.file && res.StatusCode >= 300 && res.StatusCode < 400 && location != "" {
		return c.fetch(ctx, q.what, res.Request.URL, location)
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return nil, q.failed(res.StatusCode, min(retryafter.Wait(res.Header, time.Now()), longestWait), errRefused)
	}
	return q.read(res, most)
}

func (q question) read(res *http.Response, most int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	switch {
	case err != nil:
		return nil, q.failed(0, 0, errBroke)
	case int64(len(body)) > most:
		return nil, q.failed(res.StatusCode, 0, errTooLong)
	}
	return body, nil
}

// file asks the API for a PDF.
func (c *client) file(ctx context.Context, what, path string) ([]byte, error) {
	q := question{what: what, method: http.MethodGet, path: path, file: true}
	b, err := c.raw(ctx, q)
	return q.pdf(b, err)
}

// fileAt fetches a PDF from an address that the provider named, without the key.
func (c *client) fileAt(ctx context.Context, what, at string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*c.cfg.Timeout)
	defer cancel()
	b, err := c.fetch(ctx, what, c.base, at)
	return question{what: what, method: http.MethodGet}.pdf(b, err)
}

func (q question) pdf(b []byte, err error) ([]byte, error) {
	if err == nil && !bytes.HasPrefix(b, []byte("%PDF-")) {
		err = q.failed(http.StatusOK, 0, errNonsense)
	}
	return b, err
}

// fetch follows an address, and where it leads, without the key.
func (c *client) fetch(ctx context.Context, what string, from *url.URL, to string) ([]byte, error) {
	q := question{what: what, method: http.MethodGet}
	for range maxRedirects + 1 {
		u, err := from.Parse(to)
		if err != nil || u.Host == "" || !c.secure(u) {
			return nil, q.failed(http.StatusOK, 0, errors.New("the address of the file is none to be trusted"))
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return nil, q.failed(http.StatusOK, 0, errNonsense)
		}
		res, err := c.http.Do(r)
		if err != nil {
			return nil, q.failed(0, 0, errBroke)
		}
		if location := res.Header.Get("Location"); res.StatusCode >= 300 && res.StatusCode < 400 && location != "" {
			_ = res.Body.Close()
			from, to = u, location
			continue
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			err := q.failed(res.StatusCode, min(retryafter.Wait(res.Header, time.Now()), longestWait), errRefused)
			if domain.CodeOf(err) == domain.NotFound { // the envelope is there, its file is not
				return nil, &domain.Error{Code: domain.Unavailable, Reason: reasonUnavailable, Message: downMessage, RetryAfter: retryLater, Err: err}
			}
			return nil, err
		}
		return q.read(res, c.cfg.MaxFile)
	}
	return nil, q.failed(http.StatusOK, 0, errors.New("too many redirects"))
}

// secure reports whether an address is as safe as the provider's own.
func (c *client) secure(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && c.base.Scheme == "http"
}

// What callers are told.
const (
	reasonUnavailable = "esign_unavailable"
	reasonRefused     = "esign_refused"
	downMessage       = "The signing service cannot be reached right now, please try again."
	refusedMessage    = "The signing service did not take this."
)

// failed sorts a failure. status 0: no whole answer came.
func (q question) failed(status int, after time.Duration, cause error) error {
	cause = fmt.Errorf("esign: %s: %w (HTTP %d)", q.what, cause, status)
	if q.method != http.MethodGet && (status < 300 || status >= 500) {
		cause = errors.Join(cause, esign.ErrUncertain)
	}
	switch {
	case status == 0, status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return &domain.Error{Code: domain.Unavailable, Reason: reasonUnavailable, Message: downMessage, RetryAfter: cmp.Or(after, retryLater), Err: cause}
	case status == http.StatusNotFound, status == http.StatusGone:
		return &domain.Error{Code: domain.NotFound, Message: "The signing service does not know this.", Err: cause}
	}
	return &domain.Error{Code: domain.Upstream, Reason: reasonRefused, Message: refusedMessage, Err: cause}
}

// said reports whether an error is an answer: the provider is there, and said no.
func said(err error) bool {
	code := domain.CodeOf(err)
	return code == domain.NotFound || code == domain.Upstream && !errors.Is(err, esign.ErrUncertain)
}

// refused is what a caller is told of a route or an envelope that is not there but should be.
func refused(err error) error {
	if domain.CodeOf(err) != domain.NotFound {
		return err
	}
	return &domain.Error{Code: domain.Upstream, Reason: reasonRefused, Message: refusedMessage, Err: err}
}

// forged is the answer to a webhook that is not from the provider, or too old.
func forged(why string) error {
	return &domain.Error{Code: domain.Unauthenticated, Message: "The webhook's signature is not valid.", Err: errors.New("esign: " + why)}
}

func unreadable() error {
	return domain.Errorf(domain.Malformed, "The webhook cannot be read.")
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// loose is a string, or a number in its place.
type loose string

// UnmarshalJSON never fails: what is neither is empty.
func (l *loose) UnmarshalJSON(b []byte) error {
	var s string
	var n json.Number
	switch {
	case json.Unmarshal(b, &s) == nil:
		*l = loose(s)
	case json.Unmarshal(b, &n) == nil:
		*l = loose(n)
	}
	return nil
}

// moment is a time as it may be written; zero when it is none.
type moment struct{ time.Time }

// UnmarshalJSON never fails.
func (m *moment) UnmarshalJSON(b []byte) error {
	var s string
	_ = json.Unmarshal(b, &s) // what is no string is no time
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05 UTC", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			m.Time = t.UTC().Truncate(time.Microsecond)
			return nil
		}
	}
	return nil
}
