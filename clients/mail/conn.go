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

// conn is an authenticated connection.
type conn struct {
	smtp  *smtp.Client
	line  *deadlineConn
	timer *time.Timer // closes the connection when it has been idle too long
}

// abort closes the connection without QUIT. Pending reads fail at once.
func (c *conn) abort() { _ = c.line.Close() }

// quitWait is the timeout of QUIT.
const quitWait = time.Second

// quit sends QUIT and closes the connection.
func (c *conn) quit() {
	c.line.timeout.Store(int64(quitWait))
	_ = c.smtp.Quit() // the server may already have closed the connection
	_ = c.line.Close()
}

// deadlineConn is a network connection with a timeout for each read and each write, so that a large message may
// take long as long as data moves.
type deadlineConn struct {
	net.Conn
	timeout atomic.Int64
}

func (l *deadlineConn) Read(p []byte) (int, error) {
	_ = l.Conn.SetReadDeadline(time.Now().Add(time.Duration(l.timeout.Load()))) // on a closed connection the read fails
	return l.Conn.Read(p)
}

// writePiece is the number of bytes that must be written within one timeout.
const writePiece = 64 << 10

func (l *deadlineConn) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		piece := p[:min(len(p), writePiece)]
		p = p[len(piece):]
		_ = l.Conn.SetWriteDeadline(time.Now().Add(time.Duration(l.timeout.Load())))
		var m int
		m, err = l.Conn.Write(piece)
		n += m
	}
	return n, err
}

// SetDeadline does nothing: Read and Write set their own deadlines. go-mail would set one for a whole message.
func (l *deadlineConn) SetDeadline(time.Time) error { return nil }

var errBackingOff = errors.New("mail: waiting after a failed connection")

// acquire returns an idle connection or a new one.
func (c *Client) acquire(ctx context.Context) (on *conn, reused bool, err error) {
	c.mu.Lock()
	if n := len(c.idle); n > 0 {
		on = c.idle[n-1]
		c.idle = c.idle[:n-1]
	}
	c.mu.Unlock()
	if on != nil {
		on.timer.Stop() // if it had fired, the connection would not be in the list
		return on, true, nil
	}
	c.mu.Lock()
	backingOff := time.Now().Before(c.retryAfter)
	c.mu.Unlock()
	if backingOff {
		return nil, false, errBackingOff
	}
	if on, err = c.dial(ctx); err != nil && ctx.Err() == nil {
		c.mu.Lock()
		c.retryAfter = time.Now().Add(c.cfg.RetryPause)
		c.mu.Unlock()
	}
	return on, false, err
}

// release makes a connection available for the next message, if it is reusable.
func (c *Client) release(on *conn, reusable bool) {
	if !reusable {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		on.abort()
		return
	}
	c.idle = append(c.idle, on)
	on.timer = time.AfterFunc(c.cfg.IdleTimeout, func() {
		if c.removeIdle(on) {
			on.quit()
		}
	})
}

// removeIdle removes a connection from the idle list and reports whether it was there.
func (c *Client) removeIdle(on *conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, idle := range c.idle {
		if idle == on {
			c.idle = append(c.idle[:i], c.idle[i+1:]...)
			return true
		}
	}
	return false
}

// dial connects, negotiates TLS and authenticates.
func (c *Client) dial(ctx context.Context) (_ *conn, err error) {
	on := &conn{}
	defer func() {
		if err != nil && on.line != nil {
			on.abort() // go-mail leaves it open
		}
	}()
	policy, auth := gomail.TLSMandatory, []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin}
	switch c.cfg.TLS {
	case Implicit: // the dial function below does TLS
		policy = gomail.TLSOpportunistic
	case NoTLS:
		policy, auth = gomail.NoTLS, []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
	}
	options := []gomail.Option{
		gomail.WithPort(c.cfg.Port), gomail.WithHELO(c.cfg.HELO), gomail.WithTimeout(c.cfg.Timeout),
		gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(c.tlsConfig()), gomail.WithoutNoop(),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			raw, err := (&net.Dialer{Timeout: c.cfg.Timeout}).DialContext(ctx, network, net.JoinHostPort(c.cfg.Host, strconv.Itoa(c.cfg.Port)))
			if err != nil {
				return nil, err
			}
			on.line = &deadlineConn{Conn: raw}
			on.line.timeout.Store(int64(c.cfg.Timeout))
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
	// go-mail observes ctx only until the connection is established.
	ended := context.AfterFunc(ctx, func() {
		if l := on.line; l != nil {
			_ = l.Close()
		}
	})
	defer ended()
	on.smtp, err = dialer.DialToSMTPClientWithContext(ctx)
	return on, err
}
