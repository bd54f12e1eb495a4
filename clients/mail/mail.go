// Package mail submits messages to an SMTP server. It implements email.Sender.
//
// A message goes to all its recipients in one SMTP transaction, and each recipient has its own outcome: the
// server may reject one and accept the others. A 4xx reply or a network error is temporary (Deferred). A 5xx
// reply is permanent (Refused), except that failed authentication is Deferred, because the operator
// can fix it.
//
// If the connection is lost between the end of a message and the server's reply, it is unknown whether the
// message was accepted. It counts as Deferred and is sent again under the same Message-ID, by which the
// receiver can recognize the duplicate.
//
// Idle connections are reused for later messages, with RSET between messages. A connection that the server
// closed while idle is replaced silently. Everything has a timeout. After a failed connection no new one
// is attempted for a few seconds, so that waiting messages do not each run into the same timeout.
package mail

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	gomail "github.com/wneessen/go-mail"

	"counsel/domain"
	"counsel/domain/email"
)

// Values of Config.TLS.
const (
	StartTLS = "starttls" // required: nothing is sent to a server without STARTTLS
	Implicit = "implicit" // TLS from the first byte
	NoTLS    = "off"
)

// Config configures a Client. Zero fields get the default given beside them.
type Config struct {
	Host           string
	Port           int    // 587
	User, Password string // empty User: no authentication
	TLS            string // StartTLS; on port 465 Implicit
	RootCAs        *x509.CertPool
	From           string // Counsel <no-reply@counsel.example>
	HELO           string // name sent in EHLO; localhost

	DKIM DKIM // zero value: messages are not signed

	MaxConnections int           // limit of concurrent connections; 2. Automatic mails may use one more
	Timeout        time.Duration // of each reply and each write; 30 s
	DataTimeout    time.Duration // of the reply to a complete message; 5 min (RFC 5321, section 4.5.3.2.6)
	IdleTimeout    time.Duration // time after which an idle connection is closed; 30 s
	RetryPause     time.Duration // pause after a failed connection before the next is attempted; 5 s
}

// DKIM configures the signing of messages (RFC 6376). Key is an RSA or Ed25519 key in PEM.
type DKIM struct {
	Domain, Selector, Key string
}

// Client sends through one mail server. It is safe for concurrent use.
type Client struct {
	cfg    Config
	from   *netmail.Address
	host   string            // domain of From in ASCII; the right side of Message-IDs
	signer *dkim.SignOptions // nil: messages are not signed

	slots chan struct{} // limits the connections
	spare chan struct{} // one more for automatic mails, so that a sign-in code does not wait behind people's mails

	mu         sync.Mutex
	idle       []*conn
	closed     bool
	retryAfter time.Time // no new connection before this time
}

var _ email.Sender = (*Client)(nil)

// New validates cfg. It does not connect.
func New(cfg Config) (*Client, error) {
	cfg.Port = cmp.Or(cfg.Port, 587)
	if cfg.TLS == "" {
		cfg.TLS = StartTLS
		if cfg.Port == 465 {
			cfg.TLS = Implicit
		}
	}
	cfg.HELO = cmp.Or(cfg.HELO, "localhost")
	cfg.MaxConnections = cmp.Or(cfg.MaxConnections, 2)
	cfg.Timeout = cmp.Or(cfg.Timeout, 30*time.Second)
	cfg.DataTimeout = cmp.Or(cfg.DataTimeout, 5*time.Minute)
	cfg.IdleTimeout = cmp.Or(cfg.IdleTimeout, 30*time.Second)
	cfg.RetryPause = cmp.Or(cfg.RetryPause, 5*time.Second)
	c := &Client{cfg: cfg, slots: make(chan struct{}, cfg.MaxConnections), spare: make(chan struct{}, 1)}
	switch {
	case cfg.Host == "":
		return nil, errors.New("mail: the host is missing")
	case cfg.TLS != StartTLS && cfg.TLS != Implicit && cfg.TLS != NoTLS:
		return nil, errors.New("mail: unknown TLS mode")
	}
	var err error
	if c.from, err = netmail.ParseAddress(cfg.From); err != nil {
		return nil, errors.New("mail: the From address is malformed")
	}
	from, err := domain.ParseEmail(c.from.Address)
	if err != nil {
		return nil, errors.New("mail: the From address is invalid")
	}
	if c.from.Address = from.ASCII(); checkLines(addressHeader("From", c.from)) != nil {
		return nil, errors.New("mail: the From address is too long")
	}
	c.host = c.from.Address[strings.LastIndexByte(c.from.Address, '@')+1:]
	if cfg.DKIM != (DKIM{}) {
		if c.signer, err = newSigner(cfg.DKIM); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// signedFields lists the header fields covered by a DKIM signature: everything shown to a reader. Fields listed twice are
// oversigned, so that nobody can add a second one.
var signedFields = []string{"From", "From", "To", "To", "Cc", "Cc", "Reply-To", "Reply-To", "Subject", "Subject", "Date", "Date",
	"Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted",
	"List-Unsubscribe", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Unsubscribe-Post"}

// newSigner parses the key. go-mail's own DKIM signatures are not used: other implementations reject them.
func newSigner(d DKIM) (*dkim.SignOptions, error) {
	if d.Domain == "" || d.Selector == "" {
		return nil, errors.New("mail: DKIM needs a domain and a selector")
	}
	if block, _ := pem.Decode([]byte(d.Key)); block == nil {
		return nil, errors.New("mail: the DKIM key is not in PEM")
	}
	key, err := gomail.PrivKeyFromPEM([]byte(d.Key))
	if err != nil {
		return nil, errors.New("mail: the DKIM key is neither RSA nor Ed25519")
	}
	return &dkim.SignOptions{Domain: d.Domain, Selector: d.Selector, Signer: key, HeaderKeys: signedFields,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed}, nil
}

// Close closes idle connections. Connections in use are closed when their message is done.
func (c *Client) Close() error {
	c.mu.Lock()
	idle := c.idle
	c.idle, c.closed = nil, true
	c.mu.Unlock()
	var wg sync.WaitGroup
	for _, c := range idle {
		wg.Go(c.quit)
	}
	wg.Wait()
	return nil
}

// Send implements email.Sender.
func (c *Client) Send(ctx context.Context, m email.Outgoing) []email.Outcome {
	out := make([]email.Outcome, len(m.Recipients))
	all := func(o email.Outcome) []email.Outcome {
		for i := range out {
			out[i] = o
		}
		return out
	}
	if len(m.Recipients) == 0 {
		return out
	}
	raw, err := c.compose(m)
	if err != nil {
		return all(composeFailed(err))
	}
	var spare chan struct{} // nil: blocks forever
	if m.Automatic {
		spare = c.spare
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case spare <- struct{}{}:
		defer func() { <-spare }()
	case <-ctx.Done():
		return all(connectionError("waiting for a connection", ctx.Err()))
	}
	for {
		on, reused, err := c.acquire(ctx)
		if err != nil {
			return all(classify(stepConnect, err))
		}
		t := transaction{client: c, conn: on, out: out}
		done := context.AfterFunc(ctx, on.abort)
		reusable := t.run(m, raw)
		if !done() { // aborted
			reusable = false
		}
		if !reusable {
			on.abort()
		}
		c.release(on, reusable)
		// The server may have closed a reused connection. If no byte of the message was sent, use another one.
		if reusable || !reused || t.dataStarted || ctx.Err() != nil {
			return out
		}
	}
}

// transaction is the SMTP transaction of one message on one connection.
type transaction struct {
	client      *Client
	conn        *conn
	out         []email.Outcome
	dataStarted bool // part of the message may have reached the server
}

// run sends the message and sets the outcomes. It reports whether the connection can be reused.
func (t *transaction) run(m email.Outgoing, raw []byte) (reusable bool) {
	setOutcomes := func(o email.Outcome, which func(email.Outcome) bool) {
		for i := range t.out {
			if which(t.out[i]) {
				t.out[i] = o
			}
		}
	}
	anyone := func(email.Outcome) bool { return true }
	accepted := func(o email.Outcome) bool { return o.Result == email.Accepted }
	smtp := t.conn.smtp

	recipients := make([]string, len(m.Recipients))
	for i, r := range m.Recipients {
		recipients[i] = domain.EmailASCII(r)
	}
	utf8 := !isASCII(strings.Join(recipients, "")) || !isASCII(string(headerSection(raw)))
	if ok, _ := smtp.Extension("SMTPUTF8"); utf8 && !ok {
		if !isASCII(t.client.from.Address) || !isASCII(domain.EmailASCII(m.ReplyTo)) {
			setOutcomes(needsSMTPUTF8("The mail server does not support special characters before the @ of the sender or reply address."), anyone)
			return true
		}
		for i, to := range recipients {
			if !isASCII(to) {
				t.out[i] = needsSMTPUTF8("The mail server does not support special characters before the @ of this address.")
			}
		}
		// Send to the others, without these addresses in the header.
		needsUTF8 := func(address string) bool { return !isASCII(domain.EmailASCII(address)) }
		m.To, m.Cc = slices.DeleteFunc(slices.Clone(m.To), needsUTF8), slices.DeleteFunc(slices.Clone(m.Cc), needsUTF8)
		var err error
		if raw, err = t.client.compose(m); err != nil {
			setOutcomes(composeFailed(err), anyone)
			return true
		}
		utf8 = false
	}
	if ok, limit := smtp.Extension("SIZE"); ok {
		if maxSize := parseSize(limit); maxSize > 0 && len(raw) > maxSize {
			setOutcomes(email.Outcome{Result: email.Refused, Reason: "The message is larger than the mail server accepts.", Err: errors.New("mail: the message is too large for the server")}, anyone)
			return true
		}
	}
	smtp.SkipSMTPUTF8(!utf8) // requesting SMTPUTF8 without need makes some servers reject the mail
	if err := smtp.Mail("<" + t.client.from.Address + ">"); err != nil {
		setOutcomes(classify(stepFrom, err), anyone)
		return answered(err) && smtp.Reset() == nil
	}
	anyAccepted := false
	for i, to := range recipients {
		if t.out[i].Err != nil && t.out[i].Result == email.Refused {
			continue
		}
		err := smtp.Rcpt("<" + to + ">")
		if err != nil && !answered(err) {
			setOutcomes(classify(stepTo, err), func(o email.Outcome) bool { return o.Result != email.Refused })
			return false
		}
		t.out[i] = email.Outcome{Result: email.Accepted}
		if err != nil {
			t.out[i] = classify(stepTo, err)
		} else {
			anyAccepted = true
		}
	}
	if !anyAccepted {
		return smtp.Reset() == nil
	}
	w, err := smtp.Data()
	if err != nil {
		setOutcomes(classify(stepData, err), accepted)
		return answered(err) && smtp.Reset() == nil
	}
	t.dataStarted = true
	if _, err := io.Copy(w, bytes.NewReader(raw)); err != nil {
		setOutcomes(classify(stepBody, err), accepted)
		return false // a partial message must not look complete
	}
	t.conn.line.timeout.Store(int64(t.client.cfg.DataTimeout))
	err = w.Close()
	t.conn.line.timeout.Store(int64(t.client.cfg.Timeout))
	if err != nil {
		setOutcomes(classify(stepEnd, err), accepted)
		return answered(err) && smtp.Reset() == nil
	}
	return smtp.Reset() == nil
}

// tlsConfig returns the TLS settings for the server's certificate.
func (c *Client) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: c.cfg.Host, RootCAs: c.cfg.RootCAs, MinVersion: tls.VersionTLS12}
}
