// Package smtptest is an SMTP server for tests, which can change its replies.
package smtptest

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Config is what a server offers and requires.
type Config struct {
	User, Password string      // required of clients, unless User is empty
	InsecureAuth   bool        // AUTH is offered without TLS
	TLS            *tls.Config // STARTTLS is offered
	Implicit       bool        // TLS from the start, instead of STARTTLS
	UTF8           bool        // SMTPUTF8 is offered
	MaxSize        int64       // of a mail in bytes; 0: no limit
}

// Server accepts mail from and to everyone. Set its hooks inside Configure: the error of a hook is the
// reply.
type Server struct {
	Port int

	OnMail func(from string) error
	OnRcpt func(to string) error
	OnData func(c *smtp.Conn, to []string, r io.Reader) error // before the mail is stored; it may read r

	config   Config
	srv      *smtp.Server
	listener net.Listener
	mu       sync.Mutex
	mails    []Mail
	conns    []*smtp.Conn
	open     int
}

// Mail is a received mail.
type Mail struct {
	To         []string
	Raw        string
	Connection int // its number, from 1
	UTF8       bool
}

// Start starts a server, which is closed after the test.
func Start(t testing.TB, c Config) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Port: listener.Addr().(*net.TCPAddr).Port, config: c, listener: listener}
	s.srv = smtp.NewServer(smtp.BackendFunc(func(conn *smtp.Conn) (smtp.Session, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.conns = append(s.conns, conn)
		s.open++
		return &session{server: s, conn: conn, number: len(s.conns)}, nil
	}))
	s.srv.Domain, s.srv.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	s.srv.AllowInsecureAuth, s.srv.EnableSMTPUTF8, s.srv.MaxMessageBytes = c.InsecureAuth, c.UTF8, c.MaxSize
	s.srv.ReadTimeout, s.srv.WriteTimeout = time.Minute, time.Minute
	if c.Implicit {
		listener = tls.NewListener(listener, c.TLS)
	} else {
		s.srv.TLSConfig = c.TLS
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.srv.Serve(listener)
	}()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
	return s
}

// Close closes the port and all connections.
func (s *Server) Close() {
	_ = s.listener.Close() // srv may not know it yet
	_ = s.srv.Close()
}

// Configure calls set while no hook is looked up.
func (s *Server) Configure(set func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set()
}

// Received returns the mails received so far.
func (s *Server) Received() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Open returns the number of open connections.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// CloseConnections closes every connection. The server accepts new ones.
func (s *Server) CloseConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Conn().Close()
	}
}

type session struct {
	server        *Server
	conn          *smtp.Conn
	number        int
	authenticated bool
	utf8          bool
	to            []string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.config.User || password != s.server.config.Password {
			return smtp.ErrAuthFailed
		}
		s.authenticated = true
		return nil
	}), nil
}

func (s *session) Mail(from string, o *smtp.MailOptions) error {
	s.server.mu.Lock()
	hook := s.server.OnMail
	s.server.mu.Unlock()
	s.utf8 = o.UTF8
	if s.server.config.User != "" && !s.authenticated {
		return smtp.ErrAuthRequired
	}
	if hook != nil {
		return hook(from)
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.server.mu.Lock()
	hook := s.server.OnRcpt
	s.server.mu.Unlock()
	if hook != nil {
		if err := hook(to); err != nil {
			return err
		}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	s.server.mu.Lock()
	hook := s.server.OnData
	s.server.mu.Unlock()
	to := slices.Clone(s.to)
	if hook != nil {
		if err := hook(s.conn, to, r); err != nil {
			return err
		}
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, Mail{to, string(raw), s.number, s.utf8})
	return nil
}

func (s *session) Reset() { s.to = nil }

func (s *session) Logout() error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.open--
	return nil
}
