package mail_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"counsel/clients/mail"
	"counsel/domain/email"
	"counsel/sandbox/testkit/smtptest"
)

// TestConnectionReuse: one connection serves many messages, and no message is lost if the server closed
// it while it was idle.
func TestConnectionReuse(t *testing.T) {
	s := newFakeServer(t, smtptest.Config{InsecureAuth: true})
	c := s.newClient(nil)
	for range 5 {
		checkAccepted(t, c.Send(t.Context(), newMail("ada@example.com")))
	}
	s.CloseConnections()
	checkAccepted(t, c.Send(t.Context(), newMail("ada@example.com")))
	got := s.Received()
	if len(got) != 6 || got[4].Connection != 1 || got[5].Connection != 2 {
		t.Fatalf("%d mails, the last two by connections %d and %d", len(got), got[4].Connection, got[5].Connection)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestIdleTimeout(t *testing.T) {
	s := newFakeServer(t, smtptest.Config{InsecureAuth: true})
	c := s.newClient(func(c *mail.Config) { c.IdleTimeout = 10 * time.Millisecond })
	checkAccepted(t, c.Send(t.Context(), newMail("ada@example.com")))
	deadline := time.Now().Add(10 * time.Second)
	for s.Open() > 0 {
		if time.Now().After(deadline) {
			t.Fatal("the connection is still open")
		}
	}
	checkAccepted(t, c.Send(t.Context(), newMail("ada@example.com")))
}

// TestConcurrentSends: the connection limit is respected, and each message arrives once.
func TestConcurrentSends(t *testing.T) {
	s := newFakeServer(t, smtptest.Config{InsecureAuth: true})
	c := s.newClient(func(c *mail.Config) { c.MaxConnections = 3 })
	done := make(chan []email.Outcome)
	for i := range 40 {
		go func() { done <- c.Send(t.Context(), newMail(fmt.Sprintf("to%d@example.com", i))) }()
	}
	for range 40 {
		checkAccepted(t, <-done)
	}
	seen := map[string]bool{}
	for _, m := range s.Received() {
		seen[m.To[0]] = true
		if m.Connection > 3 {
			t.Errorf("connection %d", m.Connection)
		}
	}
	if len(seen) != 40 || len(s.Received()) != 40 {
		t.Errorf("%d mails to %d", len(s.Received()), len(seen))
	}
}

// TestAutomaticMailsHaveASpareConnection: while all connections are in use, an automatic mail is still sent, and
// people's mails wait until their context is done.
func TestAutomaticMailsHaveASpareConnection(t *testing.T) {
	s := newFakeServer(t, smtptest.Config{InsecureAuth: true})
	arrived, release := make(chan struct{}), make(chan struct{})
	s.Configure(func() {
		s.OnData = func(_ *smtp.Conn, _ []string, r io.Reader) error {
			raw, err := io.ReadAll(r)
			if err == nil && !strings.Contains(string(raw), "Auto-Submitted") {
				arrived <- struct{}{}
				<-release
			}
			return err
		}
	})
	c := s.newClient(func(c *mail.Config) { c.MaxConnections = 2 })
	done := make(chan []email.Outcome)
	for range 2 {
		go func() { done <- c.Send(t.Context(), newMail("ada@example.com")) }()
		<-arrived
	}
	reset := newMail("ada@example.com")
	reset.Automatic = true
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for range 3 {
		checkAccepted(t, c.Send(ctx, reset))
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if out := c.Send(ctx, newMail("ada@example.com")); out[0].Result != email.Deferred || !strings.Contains(out[0].Err.Error(), "waiting for a connection") {
		t.Errorf("%+v", out)
	}
	close(release)
	for range 2 {
		checkAccepted(t, <-done)
	}
}

// TestDeadlines covers a server that stalls and a caller whose context expires.
func TestDeadlines(t *testing.T) {
	s := newFakeServer(t, smtptest.Config{InsecureAuth: true})
	release := make(chan struct{})
	defer close(release)
	s.Configure(func() { s.OnData = func(*smtp.Conn, []string, io.Reader) error { <-release; return io.EOF } })
	c := s.newClient(func(c *mail.Config) { c.DataTimeout = 50 * time.Millisecond })
	out := c.Send(t.Context(), newMail("ada@example.com"))
	if out[0].Result != email.Deferred || !strings.Contains(out[0].Err.Error(), "the end of the message: timeout") {
		t.Fatalf("%+v", out)
	}
	arrived := make(chan struct{})
	s.Configure(func() {
		s.OnData = func(*smtp.Conn, []string, io.Reader) error { close(arrived); <-release; return io.EOF }
	})
	c = s.newClient(nil)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if out := c.Send(ctx, newMail("ada@example.com")); out[0].Result != email.Deferred {
		t.Fatalf("%+v", out)
	}
}

func TestServerDown(t *testing.T) {
	s := newFakeServer(t, smtptest.Config{InsecureAuth: true})
	s.Close()
	out := s.newClient(nil).Send(t.Context(), newMail("ada@example.com"))
	if out[0].Result != email.Deferred || out[0].Err.Error() != "mail: connecting: the server cannot be reached" {
		t.Fatalf("%+v", out)
	}
	// No connection is attempted during the pause; afterwards one is.
	c := s.newClient(func(c *mail.Config) { c.Port, c.RetryPause = 1, 100*time.Millisecond })
	if out := c.Send(t.Context(), newMail("ada@example.com")); !strings.Contains(out[0].Err.Error(), "cannot be reached") {
		t.Fatalf("%+v", out)
	}
	if out := c.Send(t.Context(), newMail("ada@example.com")); out[0].Result != email.Deferred || !strings.Contains(out[0].Err.Error(), "a moment ago") {
		t.Fatalf("%+v", out)
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		out := c.Send(t.Context(), newMail("ada@example.com"))
		if strings.Contains(out[0].Err.Error(), "cannot be reached") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no new connection was attempted: %+v", out)
		}
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if out := s.newClient(nil).Send(canceled, newMail("ada@example.com")); out[0].Result != email.Deferred {
		t.Fatalf("%+v", out)
	}
}

func TestEncryption(t *testing.T) {
	roots, cert := newCA(t)
	for name, c := range map[string]struct {
		kind  smtptest.Config
		tls   string
		roots *x509.CertPool
		fails string
	}{
		"STARTTLS":                        {smtptest.Config{TLS: cert}, mail.StartTLS, roots, ""},
		"implicit TLS":                    {smtptest.Config{TLS: cert, Implicit: true}, mail.Implicit, roots, ""},
		"none":                            {smtptest.Config{InsecureAuth: true}, mail.NoTLS, nil, ""},
		"STARTTLS by an unknown CA":       {smtptest.Config{TLS: cert}, mail.StartTLS, nil, "TLS failed"},
		"implicit by an unknown CA":       {smtptest.Config{TLS: cert, Implicit: true}, mail.Implicit, nil, "TLS failed"},
		"STARTTLS is not offered":         {smtptest.Config{InsecureAuth: true}, mail.StartTLS, roots, "does not offer STARTTLS"},
		"AUTH is not offered without TLS": {smtptest.Config{TLS: cert}, mail.NoTLS, nil, ""}, // see below
		"implicit TLS to a plain port":    {smtptest.Config{TLS: cert}, mail.Implicit, roots, "TLS failed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFakeServer(t, c.kind)
			out := s.newClient(func(cfg *mail.Config) { cfg.TLS, cfg.RootCAs = c.tls, c.roots }).Send(t.Context(), newMail("ada@example.com"))
			if name == "AUTH is not offered without TLS" {
				c.fails = "no supported authentication"
			}
			if c.fails == "" {
				checkAccepted(t, out)
				return
			}
			if out[0].Result != email.Deferred || !strings.Contains(out[0].Err.Error(), c.fails) || len(s.Received()) != 0 {
				t.Errorf("%+v", out)
			}
		})
	}
	t.Run("a wrong password", func(t *testing.T) {
		s := newFakeServer(t, smtptest.Config{TLS: cert})
		out := s.newClient(func(cfg *mail.Config) { cfg.TLS, cfg.RootCAs, cfg.Password = mail.StartTLS, roots, "wr0ng-pass" }).Send(t.Context(), newMail("ada@example.com"))
		if out[0].Result != email.Deferred || strings.Contains(out[0].Err.Error()+out[0].Reason, "wr0ng") || !strings.Contains(out[0].Err.Error(), "535") {
			t.Errorf("%+v", out)
		}
	})
}
