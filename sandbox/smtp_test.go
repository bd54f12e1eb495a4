package sandbox

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

func dialSMTP(t *testing.T, access SMTP, password string) (*smtp.Client, error) {
	t.Helper()
	c, err := smtp.Dial(net.JoinHostPort(access.Host, strconv.Itoa(access.Port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if password == "" {
		return c, nil
	}
	return c, c.Auth(sasl.NewPlainClient("", access.User, password))
}

func code(err error) int {
	var e *smtp.SMTPError
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

func mails(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "mail"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, "mail", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(e.Name(), ".eml") {
			t.Errorf("left behind: %s", e.Name())
		}
		all = append(all, string(b))
	}
	return all
}

func TestSMTP(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Options{Dir: dir, SMTP: true})
	c, err := dialSMTP(t, s.SMTP, s.SMTP.Password)
	if err != nil {
		t.Fatal(err)
	}
	const mail = "Subject: Hello\r\n\r\nA line.\r\n.. and a dot.\r\n"
	to := []string{"a@example.com", "b@example.com"}
	if err := c.SendMail("from@example.com", to, strings.NewReader(mail)); err != nil {
		t.Fatal(err)
	}
	const want = "Return-Path: <from@example.com>\r\nDelivered-To: a@example.com\r\nDelivered-To: b@example.com\r\n" + mail
	if got := mails(t, dir); len(got) != 1 || got[0] != want {
		t.Fatalf("stored %q", got)
	}
	// The next mail on the connection has its own envelope.
	if err := c.SendMail("x@example.com", []string{"c@example.com"}, strings.NewReader("Subject: 2\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if got := mails(t, dir); len(got) != 2 || strings.Contains(got[1], "a@example.com") {
		t.Fatalf("stored %q", got)
	}
}

func TestSMTPErrors(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Options{Dir: dir, SMTP: true})
	t.Run("bad password", func(t *testing.T) {
		if _, err := dialSMTP(t, s.SMTP, "wrong"); code(err) != 535 {
			t.Errorf("%v", err)
		}
	})
	t.Run("no password", func(t *testing.T) {
		c, _ := dialSMTP(t, s.SMTP, "")
		if err := c.Mail("from@example.com", nil); code(err) != 502 {
			t.Errorf("%v", err)
		}
	})
	t.Run("announced size", func(t *testing.T) {
		c, err := dialSMTP(t, s.SMTP, s.SMTP.Password)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Mail("from@example.com", &smtp.MailOptions{Size: maxMail + 1}); code(err) != 552 {
			t.Errorf("%v", err)
		}
	})
	t.Run("size", func(t *testing.T) {
		c, err := dialSMTP(t, s.SMTP, s.SMTP.Password)
		if err != nil {
			t.Fatal(err)
		}
		body := strings.NewReader("Subject: big\r\n\r\n" + strings.Repeat(strings.Repeat("x", 98)+"\r\n", maxMail/100+1))
		if err := c.SendMail("from@example.com", []string{"a@example.com"}, body); code(err) != 552 {
			t.Errorf("%v", err)
		}
	})
	t.Run("recipients", func(t *testing.T) {
		c, err := dialSMTP(t, s.SMTP, s.SMTP.Password)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Mail("from@example.com", nil); err != nil {
			t.Fatal(err)
		}
		for i := range maxMailRecipients {
			if err := c.Rcpt(fmt.Sprintf("r%d@example.com", i), nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Rcpt("one-more@example.com", nil); code(err) != 452 {
			t.Errorf("%v", err)
		}
	})
	t.Run("full disk", func(t *testing.T) {
		// Any failure to store will do.
		if err := os.Rename(filepath.Join(dir, "mail"), filepath.Join(dir, "away")); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := os.Rename(filepath.Join(dir, "away"), filepath.Join(dir, "mail")); err != nil {
				t.Fatal(err)
			}
		}()
		c, err := dialSMTP(t, s.SMTP, s.SMTP.Password)
		if err != nil {
			t.Fatal(err)
		}
		err = c.SendMail("from@example.com", []string{"a@example.com"}, strings.NewReader("Subject: x\r\n\r\n"))
		if code(err) != 451 || strings.Contains(err.Error(), dir) {
			t.Errorf("%v", err)
		}
	})
	if got := mails(t, dir); len(got) != 0 {
		t.Errorf("stored %d mails", len(got))
	}
}

// An idle client does not delay Close.
func TestSMTPCloseWithIdleClient(t *testing.T) {
	s := start(t, Options{Dir: t.TempDir(), SMTP: true})
	if _, err := dialSMTP(t, s.SMTP, s.SMTP.Password); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took >= stopTimeout/3 {
		t.Errorf("took %v", took)
	}
}
