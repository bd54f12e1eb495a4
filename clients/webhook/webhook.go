// Package webhook sends signed webhooks (Standard Webhooks) to the endpoints that partners configure.
//
// Endpoint URLs are untrusted. To prevent server-side request forgery (SSRF), the IP address is checked when it is
// dialed, after DNS resolution: addresses that are not public (private, loopback, link-local, IPv6
// addresses that embed such addresses, …) are rejected. Redirects are not followed, proxies are not used, and only
// the status of a response is read.
package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"code.dny.dev/ssrf"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"counsel/clients/retryafter"
	"counsel/domain/webhooks"
)

const (
	defaultTimeout = 15 * time.Second
	drainTime      = time.Second // for the rest of a response, so that the connection can be reused
	maxDrain       = 64 << 10    // bytes
)

// ports are the allowed ports, unless private addresses are allowed.
var ports = []uint16{443, 8443}

// The private networks that AllowPrivate adds. Link-local addresses, used for cloud metadata, stay forbidden.
var (
	privateIPv4 = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16")}
	privateIPv6 = []netip.Prefix{netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("fc00::/7")}
)

// Config configures a Client. Zero fields get the default given beside them.
type Config struct {
	// AllowPrivate allows loopback and private addresses, any port, and plain HTTP.
	AllowPrivate bool

	Timeout  time.Duration  // until the response headers have arrived; 15 s
	Resolver *net.Resolver  // nil: the system resolver
	Roots    *x509.CertPool // nil: the system roots
}

// Client sends webhooks. It is safe for concurrent use.
type Client struct {
	Config
	guard     *ssrf.Guardian
	transport *http.Transport
	http      *http.Client
}

// New returns a client. It does not connect.
func New(c Config) *Client {
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	options := []ssrf.Option{ssrf.WithPorts(ports...)}
	if c.AllowPrivate {
		options = []ssrf.Option{ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(privateIPv4...), ssrf.WithAllowedV6Prefixes(privateIPv6...)}
	}
	guard := ssrf.New(options...)
	dialer := &net.Dialer{Timeout: c.Timeout, Resolver: c.Resolver, Control: guard.Safe}
	transport := &http.Transport{
		DialContext:         dialer.DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots},
		TLSHandshakeTimeout: c.Timeout, ForceAttemptHTTP2: true,
		MaxIdleConns: 100, MaxIdleConnsPerHost: 4, IdleConnTimeout: 30 * time.Second,
		MaxResponseHeaderBytes: 16 << 10, DisableCompression: true,
	}
	return &Client{Config: c, guard: guard, transport: transport, http: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close closes idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Accepts returns what is wrong with an endpoint URL, or "". It must be https, without credentials or a fragment. A
// literal IP address is checked here; a host name is checked when it is dialed.
func (c *Client) Accepts(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Hostname() == "" || strings.ContainsAny(raw, " \\\t\r\n") {
		return "must be a URL such as https://example.com/webhooks"
	}
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !c.AllowPrivate):
		return "must begin with https://"
	case u.User != nil:
		return "must not contain a user name or password"
	case u.Fragment != "" || strings.Contains(raw, "#"):
		return "must not have a fragment"
	}
	port := 443
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil || port < 1 || port > 65535 {
			return "must have a valid port"
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return "must have a valid port"
	}
	public := netip.AddrFrom4([4]byte{1, 1, 1, 1})
	if c.guard.SafeAddrPort(netip.AddrPortFrom(public, uint16(port))) != nil {
		return "must use port 443 or 8443"
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && c.guard.SafeAddr(ip.Unmap()) != nil {
		return "must have a public address"
	}
	return ""
}

// Send sends a message once. It is delivered if a 2xx status arrives within the timeout.
func (c *Client) Send(ctx context.Context, m webhooks.Message) webhooks.Result {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	began := time.Now()
	result := func(o webhooks.Outcome) webhooks.Result {
		return webhooks.Result{Outcome: o, Duration: time.Since(began)}
	}
	signature, err := sign(m)
	if err != nil {
		return result(webhooks.OutcomeUnsigned)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, strings.NewReader(string(m.Body)))
	if err != nil {
		return result(webhooks.OutcomeNoAddress)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Counsel-Webhooks/1")
	r.Header.Set(standardwebhooks.HeaderWebhookID, m.ID.String())
	r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(m.At.Unix(), 10))
	r.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	res, err := c.http.Do(r) //nolint:gosec // the URL is untrusted; the guard checks its address
	if err != nil {
		return result(classifyError(err))
	}
	out := result(webhooks.OutcomeRefused)
	out.Status = res.StatusCode
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		out.Outcome = webhooks.OutcomeDelivered
	case res.StatusCode >= 300 && res.StatusCode < 400:
		out.Outcome = webhooks.OutcomeRedirected
	default:
		out.RetryAfter = retryafter.Wait(res.Header, time.Now())
	}
	enough := time.AfterFunc(drainTime, cancel)
	defer enough.Stop()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxDrain))
	_ = res.Body.Close()
	return out
}

// sign returns the signatures of all secrets. A receiver accepts the message if any of them is valid.
func sign(m webhooks.Message) (string, error) {
	var all []string
	for _, secret := range m.Secrets {
		w, err := standardwebhooks.NewWebhookRaw(secret)
		if err != nil {
			return "", err
		}
		signature, err := w.Sign(m.ID.String(), m.At, m.Body)
		if err != nil {
			return "", err
		}
		all = append(all, signature)
	}
	if all == nil {
		return "", errors.New("webhook: there is no secret")
	}
	return strings.Join(all, " "), nil
}

// classifyError classifies a transport error.
func classifyError(err error) webhooks.Outcome {
	var unknown *net.DNSError
	var network net.Error
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedPort), errors.Is(err, ssrf.ErrProhibitedNetwork):
		return webhooks.OutcomeForbidden
	case errors.As(err, &unknown) && !unknown.IsTimeout:
		return webhooks.OutcomeNoAddress
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return webhooks.OutcomeTimeout
	case isTLSError(err):
		return webhooks.OutcomeInsecure
	}
	return webhooks.OutcomeNoAnswer
}

func isTLSError(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return true
	}
	// net/http's error for a receiver without TLS has no type.
	return strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}
