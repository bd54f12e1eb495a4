package webhook

import (
	"context"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"

	"counsel/domain"
	"counsel/domain/webhooks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testSecrets = [][]byte{[]byte("a secret of thirty-two bytes here"), []byte("the one that came before it, also")}

func newMessage(url string) webhooks.Message {
	return webhooks.Message{ID: domain.NewID(), URL: url, At: time.Now(), Body: []byte(`{"type":"ping","data":{}}`), Secrets: testSecrets}
}

func newClient(t *testing.T, c Config) *Client {
	t.Helper()
	out := New(c)
	t.Cleanup(out.Close)
	return out
}

func newReceiver(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL
}

// TestSignature: the library that partners use verifies the message with the current and with the previous secret.
func TestSignature(t *testing.T) {
	type received struct {
		header http.Header
		body   []byte
	}
	got := make(chan received, 1)
	url := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- received{r.Header, body}
		w.WriteHeader(http.StatusNoContent)
	})
	m := newMessage(url)
	r := newClient(t, Config{AllowPrivate: true}).Send(t.Context(), m)
	if r.Outcome != webhooks.OutcomeDelivered || r.Status != 204 {
		t.Fatalf("%+v", r)
	}
	h := <-got
	for _, secret := range testSecrets {
		w, err := standardwebhooks.NewWebhookRaw(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Verify(h.body, h.header); err != nil {
			t.Error(err)
		}
		if err := w.Verify(append(h.body, ' '), h.header); err == nil {
			t.Error("a changed body is accepted")
		}
	}
	if h.header.Get("webhook-id") != m.ID.String() || h.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers: %v", h.header)
	}
	stranger, _ := standardwebhooks.NewWebhookRaw([]byte("another secret"))
	if stranger.Verify(h.body, h.header) == nil {
		t.Error("another secret is accepted")
	}
}

func TestOutcomes(t *testing.T) {
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended) })
	wait := func(r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-ended:
		case <-r.Context().Done():
		}
	}
	followed := make(chan struct{}, 10)
	elsewhere := newReceiver(t, func(http.ResponseWriter, *http.Request) { followed <- struct{}{} })
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		url     string
		want    webhooks.Outcome
		status  int
		within  time.Duration
	}{
		"500":               {handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, want: webhooks.OutcomeRefused, status: 500},
		"410":               {handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }, want: webhooks.OutcomeRefused, status: 410},
		"hangs":             {handler: func(_ http.ResponseWriter, r *http.Request) { wait(r) }, want: webhooks.OutcomeTimeout, within: 5 * time.Second},
		"headers too large": {handler: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 20<<10)) }, want: webhooks.OutcomeNoAnswer},
		"redirects to the metadata service": {handler: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusTemporaryRedirect)
		}, want: webhooks.OutcomeRedirected, status: 307},
		"redirects": {handler: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere, http.StatusFound) }, want: webhooks.OutcomeRedirected, status: 302},
		"resets": {handler: func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}, want: webhooks.OutcomeNoAnswer},
		"connection refused": {url: gone.URL, want: webhooks.OutcomeNoAnswer},
		"a body that stalls": {handler: func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "and so on")
			w.(http.Flusher).Flush()
			wait(r)
		}, want: webhooks.OutcomeDelivered, status: 200, within: 3 * time.Second},
		"an endless body": {handler: func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		}, want: webhooks.OutcomeDelivered, status: 200, within: 3 * time.Second},
		"metadata service":     {url: "http://169.254.169.254/latest/meta-data/", want: webhooks.OutcomeForbidden},
		"link-local with zone": {url: "http://[fe80::1%25lo]:80/", want: webhooks.OutcomeForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := c.url
			if url == "" {
				url = newReceiver(t, c.handler)
			}
			began := time.Now()
			r := newClient(t, Config{AllowPrivate: true, Timeout: 1500 * time.Millisecond}).Send(t.Context(), newMessage(url))
			if r.Outcome != c.want || r.Status != c.status {
				t.Errorf("%+v, want %s, %d", r, c.want, c.status)
			}
			if took := time.Since(began); c.within > 0 && took > c.within {
				t.Errorf("took %s", took)
			}
		})
	}
	t.Cleanup(func() {
		if len(followed) > 0 {
			t.Error("a redirect was followed")
		}
	})
}

func TestRetryAfter(t *testing.T) {
	for name, asked := range map[string]func() string{
		"seconds": func() string { return "120" },
		"a date":  func() string { return time.Now().Add(2 * time.Minute).UTC().Format(http.TimeFormat) },
	} {
		for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusInternalServerError} {
			url := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", asked())
				w.WriteHeader(status)
			})
			if r := newClient(t, Config{AllowPrivate: true}).Send(t.Context(), newMessage(url)); r.RetryAfter < 2*time.Minute-2*time.Second || r.RetryAfter > 2*time.Minute+2*time.Second {
				t.Errorf("%d with %s: %+v", status, name, r)
			}
		}
	}
}

// TestForbiddenAddresses: names that resolve to addresses that are not public are rejected when dialed, in every notation.
func TestForbiddenAddresses(t *testing.T) {
	for _, address := range []string{
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192",
		"198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fc00::1", "fd00:ec2::254", "fe80::1", "ff02::1",
		"64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::", "2001::1", "::127.0.0.1",
	} {
		t.Run(address, func(t *testing.T) {
			c := newClient(t, Config{Resolver: fixedResolver(t, netip.MustParseAddr(address)), Timeout: 5 * time.Second})
			if r := c.Send(t.Context(), newMessage("https://receiver.example/")); r.Outcome != webhooks.OutcomeForbidden {
				t.Errorf("by name: %+v", r)
			}
			literal := address
			if strings.Contains(address, ":") {
				literal = "[" + address + "]"
			}
			if c.Accepts("https://"+literal+"/") == "" {
				t.Error("the literal address is accepted")
			}
			if r := c.Send(t.Context(), newMessage("https://"+literal+"/")); r.Outcome != webhooks.OutcomeForbidden {
				t.Errorf("as a literal: %+v", r)
			}
		})
	}
	t.Run("unknown name", func(t *testing.T) {
		c := newClient(t, Config{Resolver: fixedResolver(t, netip.Addr{}), Timeout: 5 * time.Second})
		if r := c.Send(t.Context(), newMessage("https://receiver.example/")); r.Outcome != webhooks.OutcomeNoAddress {
			t.Errorf("%+v", r)
		}
	})
}

// TestNoProxy: proxy settings in the environment are ignored.
func TestNoProxy(t *testing.T) {
	proxied := make(chan struct{}, 1)
	proxy := newReceiver(t, func(http.ResponseWriter, *http.Request) { proxied <- struct{}{} })
	t.Setenv("HTTP_PROXY", proxy)
	t.Setenv("http_proxy", proxy)
	url := newReceiver(t, func(http.ResponseWriter, *http.Request) {})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	c := newClient(t, Config{AllowPrivate: true, Resolver: fixedResolver(t, netip.MustParseAddr("127.0.0.1"))})
	if r := c.Send(t.Context(), newMessage("http://receiver.example:"+port+"/")); r.Outcome != webhooks.OutcomeDelivered {
		t.Errorf("%+v", r)
	}
	if len(proxied) > 0 {
		t.Error("the proxy was used")
	}
}

func TestTLS(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	s.Config.ErrorLog = nil
	if r := newClient(t, Config{AllowPrivate: true}).Send(t.Context(), newMessage(s.URL)); r.Outcome != webhooks.OutcomeInsecure {
		t.Errorf("unknown certificate authority: %+v", r)
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	if r := newClient(t, Config{AllowPrivate: true, Roots: roots}).Send(t.Context(), newMessage(s.URL)); r.Outcome != webhooks.OutcomeDelivered {
		t.Errorf("trusted certificate: %+v", r)
	}
	plain := newReceiver(t, func(http.ResponseWriter, *http.Request) {})
	if r := newClient(t, Config{AllowPrivate: true}).Send(t.Context(), newMessage(strings.Replace(plain, "http:", "https:", 1))); r.Outcome != webhooks.OutcomeInsecure {
		t.Errorf("no TLS: %+v", r)
	}
}

func TestAccepts(t *testing.T) {
	public, local := newClient(t, Config{}), newClient(t, Config{AllowPrivate: true})
	for url, want := range map[string]struct{ public, local bool }{
		"https://example.com/hooks?a=b":    {true, true},
		"https://example.com:8443/":        {true, true},
		"https://93.184.215.14/":           {true, true},
		"https://example.com:22/":          {false, true},
		"https://example.com:0/":           {false, false},
		"https://example.com:99999/":       {false, false},
		"https://example.com:/":            {false, false},
		"http://example.com/":              {false, true},
		"http://127.0.0.1:9000/hooks":      {false, true},
		"https://127.0.0.1/":               {false, true},
		"https://[::1]/":                   {false, true},
		"https://[::ffff:10.0.0.1]/":       {false, true},
		"https://169.254.169.254/":         {false, false},
		"https://user:secret@example.com/": {false, false},
		"https://user@example.com/":        {false, false},
		"https://example.com/#part":        {false, false},
		"https://example.com/#":            {false, false},
		"https:///hooks":                   {false, false},
		"https:example.com":                {false, false},
		"ftp://example.com/":               {false, false},
		"file:///etc/passwd":               {false, false},
		"javascript:alert(1)":              {false, false},
		"example.com/hooks":                {false, false},
		"https://exa mple.com/":            {false, false},
		"https://example.com/\r\nX: y":     {false, false},
		"":                                 {false, false},
	} {
		if got := public.Accepts(url); (got == "") != want.public {
			t.Errorf("%q: %q", url, got)
		}
		if got := local.Accepts(url); (got == "") != want.local {
			t.Errorf("%q, with private ones: %q", url, got)
		}
	}
}

// fixedResolver returns a resolver that maps every name to one address, or to none.
func fixedResolver(t *testing.T, address netip.Addr) *net.Resolver {
	t.Helper()
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe() // a stream, so messages are prefixed with their length as over TCP
		go func() {
			defer there.Close()
			for {
				var length [2]byte
				if _, err := io.ReadFull(there, length[:]); err != nil {
					return
				}
				question := make([]byte, binary.BigEndian.Uint16(length[:]))
				if _, err := io.ReadFull(there, question); err != nil {
					return
				}
				answer := answerDNS(question, address)
				if _, err := there.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
					return
				}
			}
		}()
		return here, nil
	}}
}

func answerDNS(question []byte, address netip.Addr) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return nil
	}
	m.Response, m.Authoritative, m.RecursionAvailable, m.Additionals = true, true, true, nil
	q := m.Questions[0]
	header := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}
	switch {
	case !address.IsValid():
		m.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA && address.Is4():
		m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: address.As4()}}}
	case q.Type == dnsmessage.TypeAAAA && address.Is6():
		m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{AAAA: address.As16()}}}
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	return packed
}
