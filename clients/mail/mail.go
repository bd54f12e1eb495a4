// Package mail hands messages to an SMTP server. It fulfils email.Sender.
//
// A message goes in one transaction to all its recipients, and each has an outcome of its own:
// the server may refuse one and take the rest. What it answers with 4xx, and whatever the
// network does, is for another day (Deferred); what it answers with 5xx is final (Refused), but
// for a sign-in that fails: that is the operator's to mend, and the mail waits.
//
// When the connection is lost after the last byte of a message and before the server's word,
// nobody can know whether it was taken. It counts as Deferred and will be sent again, with the
// same Message-ID, by which a receiver knows the second for the first.
//
// Connections are kept for the next message for a while, with RSET between two. One that the
// server closed meanwhile is replaced without anyone hearing of it. Everything has a deadline, and
// a server that cannot be reached is left alone for some seconds: messages do not queue up to find
// that out one after another.
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

// How the connection is encrypted.
const (
	StartTLS = "starttls" // or not at all: a server that does not offer it gets nothing
	Implicit = "implicit" // from the first byte
	NoTLS    = "off"
)

// Config names a mail server. What is zero gets its default.
type Config struct {
	Host           string
	Port           int    // 587
	User, Password string // "": nobody signs in
	TLS            string // StartTLS; Implicit on port 465
	RootCAs        *x509.CertPool
	From           string // Counsel <no-reply@counsel.example>
	Hello          string // the name we give; localhost

	DKIM DKIM // of the zero value nothing is signed

	Connections int           // at the same time; 2. The service's own mails may take one more
	Timeout     time.Duration // for each answer of the server, and each piece it takes; 30 s
	FinalWait   time.Duration // for its word on a whole message; 5 min (RFC 5321, 4.5.3.2.6)
	Idle        time.Duration // a connection that lay so long is closed; 30 s
	Rest        time.Duration // after one that could not be made, until the next is tried; 5 s
}

// DKIM signs messages (RFC 6376). The key is RSA or Ed25519, as PEM.
type DKIM struct {
	Domain, Selector, Key string
}

// Client is one mail server. It is safe for concurrent use.
type Client struct {
	cfg    Config
	from   *netmail.Address
	host   string            // of From, in ASCII: the right side of Message-IDs
	signer *dkim.SignOptions // nil: nothing is signed

	slots chan struct{} // one for each connection there may be
	spare chan struct{} // the one more: who waits to sign in does not stand behind what others send

	mu     sync.Mutex
	idle   []*conn
	closed bool
	rest   time.Time // no new connection before then
}

var _ email.Sender = (*Client)(nil)

// New checks cfg; it does not connect.
func New(cfg Config) (*Client, error) {
	cfg.Port = cmp.Or(cfg.Port, 587)
	if cfg.TLS == "" {
		cfg.TLS = StartTLS
		if cfg.Port == 465 {
			cfg.TLS = Implicit
		}
	}
	cfg.Hello = cmp.Or(cfg.Hello, "localhost")
	cfg.Connections = cmp.Or(cfg.Connections, 2)
	cfg.Timeout = cmp.Or(cfg.Timeout, 30*time.Second)
	cfg.FinalWait = cmp.Or(cfg.FinalWait, 5*time.Minute)
	cfg.Idle = cmp.Or(cfg.Idle, 30*time.Second)
	cfg.Rest = cmp.Or(cfg.Rest, 5*time.Second)
	c := &Client{cfg: cfg, slots: make(chan struct{}, cfg.Connections), spare: make(chan struct{}, 1)}
	switch {
	case cfg.Host == "":
		return nil, errors.New("mail: no server named")
	case cfg.TLS != StartTLS && cfg.TLS != Implicit && cfg.TLS != NoTLS:
		return nil, errors.New("mail: unknown kind of encryption")
	}
	var err error
	if c.from, err = netmail.ParseAddress(cfg.From); err != nil {
		return nil, errors.New("mail: the address mails come from cannot be read")
	}
	from, err := domain.ParseEmail(c.from.Address)
	if err != nil {
		return nil, errors.New("mail: the address mails come from cannot be used")
	}
	if c.from.Address = from.ASCII(); checkLines(addressHeader("From", c.from)) != nil {
		return nil, errors.New("mail: the address mails come from is too long")
	}
	c.host = c.from.Address[strings.LastIndexByte(c.from.Address, '@')+1:]
	if cfg.DKIM != (DKIM{}) {
		if c.signer, err = newSigner(cfg.DKIM); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// signed are the headers that a signature covers: whatever a reader is shown. Those that come
// twice are covered once more than they occur, so that nobody can add a second one.
var signed = []string{"From", "From", "To", "To", "Cc", "Cc", "Reply-To", "Reply-To", "Subject", "Subject", "Date", "Date",
	"Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted",
	"List-Unsubscribe", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Unsubscribe-Post"}

// newSigner reads the key. go-mail signs, too, but other implementations do not accept it.
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
	return &dkim.SignOptions{Domain: d.Domain, Selector: d.Selector, Signer: key, HeaderKeys: signed,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed}, nil
}

// Close ends the connections that are kept, and all that are in use with their messages.
func (c *Client) Close() error {
	c.mu.Lock()
	idle := c.idle
	c.idle, c.closed = nil, true
	c.mu.Unlock()
	var wg sync.WaitGroup
	for _, one := range idle {
		wg.Go(one.quit)
	}
	wg.Wait()
	return nil
}

// Send hands m over, as email.Sender says.
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
		return all(notComposed(err))
	}
	var spare chan struct{} // nil: never free
	if m.Automatic {
		spare = c.spare
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case spare <- struct{}{}:
		defer func() { <-spare }()
	case <-ctx.Done():
		return all(lost("no connection was free", ctx.Err()))
	}
	for {
		on, reused, err := c.take(ctx)
		if err != nil {
			return all(refusal(stepConnect, err))
		}
		t := transaction{client: c, conn: on, out: out}
		done := context.AfterFunc(ctx, on.abort)
		whole := t.run(m, raw)
		if !done() { // aborted: what it says is that it was
			whole = false
		}
		if !whole {
			on.abort()
		}
		c.put(on, whole)
		// A connection that was kept may have been closed by the server: that says nothing of
		// this message, of which not a byte was sent.
		if whole || !reused || t.begun || ctx.Err() != nil {
			return out
		}
	}
}

// transaction is one message on one connection.
type transaction struct {
	client *Client
	conn   *conn
	out    []email.Outcome
	begun  bool // some of the message may have reached the server
}

// run fills in the outcomes. whole: the connection is as good as new.
func (t *transaction) run(m email.Outgoing, raw []byte) (whole bool) {
	all := func(o email.Outcome, which func(email.Outcome) bool) {
		for i := range t.out {
			if which(t.out[i]) {
				t.out[i] = o
			}
		}
	}
	anyone := func(email.Outcome) bool { return true }
	taken := func(o email.Outcome) bool { return o.Result == email.Accepted }
	smtp := t.conn.smtp

	recipients := make([]string, len(m.Recipients))
	for i, r := range m.Recipients {
		recipients[i] = domain.EmailForServers(r)
	}
	utf8 := !isASCII(strings.Join(recipients, "")) || !isASCII(string(header(raw)))
	if ok, _ := smtp.Extension("SMTPUTF8"); utf8 && !ok {
		if !isASCII(t.client.from.Address) || !isASCII(domain.EmailForServers(m.ReplyTo)) {
			all(noUTF8("The mail server cannot send from, or name for replies, an address with such letters before the @."), anyone)
			return true
		}
		for i, to := range recipients {
			if !isASCII(to) {
				t.out[i] = noUTF8("The mail server cannot send to an address with such letters before the @.")
			}
		}
		// The others get it, without those in its header.
		beyond := func(address string) bool { return !isASCII(domain.EmailForServers(address)) }
		m.To, m.Cc = slices.DeleteFunc(slices.Clone(m.To), beyond), slices.DeleteFunc(slices.Clone(m.Cc), beyond)
		var err error
		if raw, err = t.client.compose(m); err != nil {
			all(notComposed(err), anyone)
			return true
		}
		utf8 = false
	}
	if ok, limit := smtp.Extension("SIZE"); ok {
		if most := number(limit); most > 0 && len(raw) > most {
			all(email.Outcome{Result: email.Refused, Reason: "The message is larger than the mail server takes.", Err: errors.New("mail: the message is too large for the server")}, anyone)
			return true
		}
	}
	smtp.SkipSMTPUTF8(!utf8) // whoever asks for it without need gets mail refused that would arrive
	if err := smtp.Mail("<" + t.client.from.Address + ">"); err != nil {
		all(refusal(stepFrom, err), anyone)
		return answered(err) && smtp.Reset() == nil
	}
	some := false
	for i, to := range recipients {
		if t.out[i].Err != nil && t.out[i].Result == email.Refused {
			continue
		}
		err := smtp.Rcpt("<" + to + ">")
		if err != nil && !answered(err) {
			all(refusal(stepTo, err), func(o email.Outcome) bool { return o.Result != email.Refused })
			return false
		}
		t.out[i] = email.Outcome{Result: email.Accepted}
		if err != nil {
			t.out[i] = refusal(stepTo, err)
		} else {
			some = true
		}
	}
	if !some {
		return smtp.Reset() == nil
	}
	w, err := smtp.Data()
	if err != nil {
		all(refusal(stepData, err), taken)
		return answered(err) && smtp.Reset() == nil
	}
	t.begun = true
	if _, err := io.Copy(w, bytes.NewReader(raw)); err != nil {
		all(refusal(stepBody, err), taken)
		return false // or what was written would look like the whole
	}
	t.conn.line.patience.Store(int64(t.client.cfg.FinalWait))
	err = w.Close()
	t.conn.line.patience.Store(int64(t.client.cfg.Timeout))
	if err != nil {
		all(refusal(stepEnd, err), taken)
		return answered(err) && smtp.Reset() == nil
	}
	return smtp.Reset() == nil
}

// tlsConfig is what the server must live up to.
func (c *Client) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: c.cfg.Host, RootCAs: c.cfg.RootCAs, MinVersion: tls.VersionTLS12}
}
