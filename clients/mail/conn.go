package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// conn is a connection on which we have signed in.
type conn struct {
	smtp  *smtp.Client
	line  *line
	timer *time.Timer // ends it when it lies idle
}

// abort cuts it. What waits for an answer on it fails at once.
func (c *conn) abort() { _ = c.line.Close() }

// quitWait bounds how long a server may take to say goodbye.
const quitWait = time.Second

// quit ends it in good order.
func (c *conn) quit() {
	c.line.patience.Store(int64(quitWait))
	_ = c.smtp.Quit() // a server that is gone already is no loss
	_ = c.line.Close()
}

// line is the network's connection. Each read and each write has its own time: however large a
// message is, something must move.
type line struct {
	net.Conn
	patience atomic.Int64
}

func (l *line) Read(p []byte) (int, error) {
	_ = l.Conn.SetReadDeadline(time.Now().Add(time.Duration(l.patience.Load()))) // on a closed one the read fails
	return l.Conn.Read(p)
}

// writePiece is how much must be taken within the time.
const writePiece = 64 << 10

func (l *line) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		piece := p[:min(len(p), writePiece)]
		p = p[len(piece):]
		_ = l.Conn.SetWriteDeadline(time.Now().Add(time.Duration(l.patience.Load())))
		var m int
		m, err = l.Conn.Write(piece)
		n += m
	}
	return n, err
}

// SetDeadline leaves the deadlines to Read and Write; go-mail would set one for a whole message.
func (l *line) SetDeadline(time.Time) error { return nil }

var errResting = errors.New("mail: the server was away a moment ago")

// take returns a connection that was kept, or a new one.
func (c *Client) take(ctx context.Context) (on *conn, reused bool, err error) {
	c.mu.Lock()
	if n := len(c.idle); n > 0 {
		on = c.idle[n-1]
		c.idle = c.idle[:n-1]
	}
	c.mu.Unlock()
	if on != nil {
		on.timer.Stop() // were it too late for that, it would not be among the idle
		return on, true, nil
	}
	c.mu.Lock()
	resting := time.Now().Before(c.rest)
	c.mu.Unlock()
	if resting {
		return nil, false, errResting
	}
	if on, err = c.dial(ctx); err != nil && ctx.Err() == nil {
		c.mu.Lock()
		c.rest = time.Now().Add(c.cfg.Rest)
		c.mu.Unlock()
	}
	return on, false, err
}

// put keeps a connection for the next message, if it is fit for one.
func (c *Client) put(on *conn, fit bool) {
	if !fit {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		on.abort()
		return
	}
	c.idle = append(c.idle, on)
	on.timer = time.AfterFunc(c.cfg.Idle, func() {
		if c.forget(on) {
			on.quit()
		}
	})
}

// forget takes a connection from those that are kept.
func (c *Client) forget(on *conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, one := range c.idle {
		if one == on {
			c.idle = append(c.idle[:i], c.idle[i+1:]...)
			return true
		}
	}
	return false
}

// dial connects, encrypts and signs in.
func (c *Client) dial(ctx context.Context) (_ *conn, err error) {
	on := &conn{}
	defer func() {
		if err != nil && on.line != nil {
			on.abort() // go-mail leaves it open
		}
	}()
	policy, auth := gomail.TLSMandatory, []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin}
	switch c.cfg.TLS {
	case Implicit: // done below; there is no STARTTLS inside of TLS
		policy = gomail.TLSOpportunistic
	case NoTLS:
		policy, auth = gomail.NoTLS, []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
	}
	options := []gomail.Option{
		gomail.WithPort(c.cfg.Port), gomail.WithHELO(c.cfg.Hello), gomail.WithTimeout(c.cfg.Timeout),
		gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(c.tlsConfig()), gomail.WithoutNoop(),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			raw, err := (&net.Dialer{Timeout: c.cfg.Timeout}).DialContext(ctx, network, net.JoinHostPort(c.cfg.Host, strconv.Itoa(c.cfg.Port)))
			if err != nil {
				return nil, err
			}
			on.line = &line{Conn: raw}
			on.line.patience.Store(int64(c.cfg.Timeout))
			if c.cfg.TLS != Implicit {
				return on.line, nil
			}
			secure := tls.Client(on.line, c.tlsConfig())
			if err := secure.HandshakeContext(ctx); err != nil {
				return nil, err
			}
			return secure, nil
		}),
	}
	if c.cfg.User != "" {
		options = append(options, gomail.WithUsername(c.cfg.User), gomail.WithPassword(c.cfg.Password), gomail.WithOpportunisticSMTPAuth(auth...))
	}
	dialer, err := gomail.NewClient(c.cfg.Host, options...)
	if err != nil {
		return nil, err
	}
	// Signing in hears ctx only until the network connects.
	ended := context.AfterFunc(ctx, func() {
		if l := on.line; l != nil {
			_ = l.Close()
		}
	})
	defer ended()
	on.smtp, err = dialer.DialToSMTPClientWithContext(ctx)
	return on, err
}
