package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"counsel/clients/mail"
	"counsel/domain"
	"counsel/domain/email"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const user, password = "counsel", "s3cr3t-of-the-mail-server"

// fakeServer is an SMTP server whose replies a test can change.
type fakeServer struct {
	t        *testing.T
	srv      *smtp.Server
	port     int
	listener net.Listener

	mu       sync.Mutex
	mails    []receivedMail
	sessions []*smtp.Conn
	open     int
	onMail   func(from string) error
	onRcpt   func(to string) error
	onData   func(c *smtp.Conn, r io.Reader) error // called before the mail is stored
}

type receivedMail struct {
	to      []string
	raw     string
	session int
	utf8    bool
}

type serverOptions struct {
	tls      *tls.Config // STARTTLS is offered
	implicit bool
	insecure bool // AUTH is allowed without TLS
	size     int64
}

func newFakeServer(t *testing.T, k serverOptions) *fakeServer {
	t.Helper()
	s := &fakeServer{t: t}
	var err error
	s.listener, err = net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = s.listener.Addr().(*net.TCPAddr).Port
	s.srv = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sessions = append(s.sessions, c)
		s.open++
		return &session{server: s, conn: c, number: len(s.sessions)}, nil
	}))
	s.srv.Domain, s.srv.AllowInsecureAuth, s.srv.TLSConfig, s.srv.MaxMessageBytes = "localhost", k.insecure, k.tls, k.size
	s.srv.ErrorLog = log.New(io.Discard, "", 0)
	s.srv.ReadTimeout, s.srv.WriteTimeout = time.Minute, time.Minute
	listener := s.listener
	if k.implicit {
		listener = tls.NewListener(listener, k.tls)
		s.srv.TLSConfig = nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.srv.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = s.srv.Close()
		<-done
	})
	return s
}

func (s *fakeServer) configure(set func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set()
}

func (s *fakeServer) received() []receivedMail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]receivedMail(nil), s.mails...)
}

// closeConnections closes every connection.
func (s *fakeServer) closeConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.sessions {
		_ = c.Conn().Close()
	}
}

type session struct {
	server        *fakeServer
	conn          *smtp.Conn
	number        int
	authenticated bool
	utf8          bool
	to            []string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, u, p string) error {
		if u != user || p != password {
			return smtp.ErrAuthFailed
		}
		s.authenticated = true
		return nil
	}), nil
}

func (s *session) Mail(from string, o *smtp.MailOptions) error {
	s.server.mu.Lock()
	hook := s.server.onMail
	s.server.mu.Unlock()
	s.utf8 = o.UTF8
	if !s.authenticated {
		return smtp.ErrAuthRequired
	}
	if hook != nil {
		return hook(from)
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.server.mu.Lock()
	hook := s.server.onRcpt
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
	hook := s.server.onData
	s.server.mu.Unlock()
	if hook != nil {
		if err := hook(s.conn, r); err != nil {
			return err
		}
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, receivedMail{append([]string(nil), s.to...), string(raw), s.number, s.utf8})
	return nil
}

func (s *session) Reset() { s.to = nil }
func (s *session) Logout() error {
	s.server.configure(func() { s.server.open-- })
	return nil
}

// newCA returns a private CA and a server certificate that it signed.
func newCA(t *testing.T) (*x509.CertPool, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA of the test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "mail"}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return pool, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leafDER}, PrivateKey: key}}}
}

// newClient returns a client of s, without TLS unless change sets it.
func (s *fakeServer) newClient(change func(*mail.Config)) *mail.Client {
	s.t.Helper()
	cfg := mail.Config{Host: "127.0.0.1", Port: s.port, User: user, Password: password, TLS: mail.NoTLS, From: "Counsel <no-reply@counsel.example>",
		Timeout: 5 * time.Second, DataTimeout: 5 * time.Second}
	if change != nil {
		change(&cfg)
	}
	c, err := mail.New(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

func newMail(to ...string) email.Outgoing {
	return email.Outgoing{ID: domain.NewID(), Date: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), Subject: "Your appointment", Text: "Dear Ada,\n\n.hidden dots stay.\n", To: to, Recipients: to}
}

func results(out []email.Outcome) (list []email.Result) {
	for _, o := range out {
		list = append(list, o.Result)
	}
	return list
}
