package mail_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	gomail "github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"

	"counsel/clients/mail"
	"counsel/domain/email"
	"counsel/sandbox/testkit/smtptest"
)

func checkAccepted(t *testing.T, out []email.Outcome) {
	t.Helper()
	for i, o := range out {
		if o.Result != email.Accepted || o.Err != nil {
			t.Fatalf("recipient %d: %+v", i, o)
		}
	}
}

func TestSend(t *testing.T) {
	s := newFakeServer(t, smtptest.Config{InsecureAuth: true})
	c := s.newClient(nil)
	m := newMail("ada@example.com", "grace@example.com")
	m.Subject = "Ihr Termin: Übergabe 日本語"
	m.Cc, m.ReplyTo, m.HTML = []string{"carol@example.com"}, "lawyer@firm.example", `<p>Dear Ada, <img src="cid:logo.png"></p>`
	m.Recipients = append(m.Recipients, "carol@example.com", "hidden@example.com")
	m.Files = []email.File{
		{Name: "Vertrag – Entwurf.pdf", ContentType: "application/pdf", Body: strings.NewReader("%PDF the contract")},
		{Name: "logo.png", ContentType: "image/png", Inline: true, Body: strings.NewReader("PNG the logo")},
	}
	checkAccepted(t, c.Send(t.Context(), m))
	got := s.Received()
	if len(got) != 1 || !slices.Equal(got[0].To, m.Recipients) || got[0].UTF8 {
		t.Fatalf("%+v", got)
	}
	if strings.Contains(got[0].Raw, "hidden@") {
		t.Error("the Bcc recipient is visible")
	}
	r, err := gomail.CreateReader(strings.NewReader(got[0].Raw))
	if err != nil {
		t.Fatal(err)
	}
	h := r.Header
	subject, _ := h.Subject()
	id, _ := h.MessageID()
	date, _ := h.Date()
	from, _ := h.AddressList("From")
	reply, _ := h.AddressList("Reply-To")
	cc, _ := h.AddressList("Cc")
	to, _ := h.AddressList("To")
	if subject != m.Subject || id != m.ID.String()+"@counsel.example" || !date.Equal(m.Date) || len(from) != 1 || from[0].Name != "Counsel" || from[0].Address != "no-reply@counsel.example" ||
		len(reply) != 1 || reply[0].Address != m.ReplyTo || len(cc) != 1 || len(to) != 2 {
		t.Errorf("%q %q %v %v %v %v %v", subject, id, date, from, reply, cc, to)
	}
	parts := map[string]string{}
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		name := ""
		switch h := p.Header.(type) {
		case *gomail.AttachmentHeader:
			name, _ = h.Filename()
		case *gomail.InlineHeader:
			name, _, _ = h.ContentType()
			if id := h.Get("Content-Id"); id != "" {
				name += " " + id
			}
		}
		parts[name] = string(body)
	}
	want := map[string]string{"text/plain": strings.ReplaceAll(m.Text, "\n", "\r\n"), "text/html": m.HTML, "image/png <logo.png>": "PNG the logo", "Vertrag – Entwurf.pdf": "%PDF the contract"}
	for name, body := range want {
		if parts[name] != body {
			t.Errorf("%s is %q, want %q", name, parts[name], body)
		}
	}
	if len(parts) != len(want) {
		t.Errorf("%d parts: %v", len(parts), parts)
	}
}

// TestOutcomes: the outcome of one recipient or message does not affect others.
func TestOutcomes(t *testing.T) {
	reply := func(code int, status smtp.EnhancedCode, text string) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: status, Message: text}
	}
	s := newFakeServer(t, smtptest.Config{InsecureAuth: true})
	c := s.newClient(nil)
	s.Configure(func() {
		s.OnRcpt = func(to string) error {
			switch to {
			case "gone@example.com":
				return reply(550, smtp.EnhancedCode{5, 1, 1}, "gone@example.com: no such user\x07 here")
			case "bare@example.com":
				return reply(550, smtp.EnhancedCodeNotSet, "no")
			case "full@example.com":
				return reply(552, smtp.EnhancedCode{5, 2, 2}, "mailbox full")
			case "policy@example.com":
				return reply(550, smtp.EnhancedCode{5, 7, 1}, "not from you")
			case "grey@example.com":
				return reply(451, smtp.EnhancedCode{4, 7, 1}, "greylisted, come again in 300 seconds")
			}
			return nil
		}
	})
	out := c.Send(t.Context(), newMail("ada@example.com", "gone@example.com", "bare@example.com", "full@example.com", "policy@example.com", "grey@example.com", "grace@example.com"))
	if want := []email.Result{email.Accepted, email.Refused, email.Refused, email.Refused, email.Refused, email.Deferred, email.Accepted}; !slices.Equal(results(out), want) {
		t.Fatalf("%v, want %v", results(out), want)
	}
	for i, bad := range []bool{false, true, true, false, false, false, false} {
		if out[i].BadAddress != bad {
			t.Errorf("recipient %d: bad address %v, want %v", i, out[i].BadAddress, bad)
		}
	}
	if want := "550 5.1.1 gone@example.com: no such user here"; out[1].Reason != want {
		t.Errorf("the reason is %q, want %q", out[1].Reason, want)
	}
	for _, o := range out {
		if o.Err != nil && (strings.Contains(o.Err.Error(), "@") || strings.Contains(o.Err.Error(), "user")) {
			t.Errorf("for the log: %v", o.Err)
		}
	}
	if got := s.Received(); len(got) != 1 || !slices.Equal(got[0].To, []string{"ada@example.com", "grace@example.com"}) {
		t.Fatalf("%+v", got)
	}
	// No recipient is accepted: no message follows, and the connection can be reused.
	if out := c.Send(t.Context(), newMail("gone@example.com")); out[0].Result != email.Refused {
		t.Fatalf("%+v", out)
	}
	checkAccepted(t, c.Send(t.Context(), newMail("next@example.com")))
	if got := s.Received(); len(got) != 2 || got[1].Connection != 1 || !slices.Equal(got[1].To, []string{"next@example.com"}) {
		t.Fatalf("%+v", got)
	}

	for name, when := range map[string]struct {
		set  func()
		want email.Result
	}{
		"no to the sender": {func() { s.OnMail = func(string) error { return reply(550, smtp.EnhancedCode{5, 7, 1}, "no") } }, email.Refused},
		"sign in first":    {func() { s.OnMail = func(string) error { return reply(530, smtp.EnhancedCode{5, 7, 0}, "sign in") } }, email.Deferred},
		"closing":          {func() { s.OnMail = func(string) error { return reply(421, smtp.EnhancedCode{4, 3, 2}, "bye") } }, email.Deferred},
		"no to the message": {func() {
			s.OnData = func(*smtp.Conn, []string, io.Reader) error { return reply(554, smtp.EnhancedCode{5, 7, 1}, "spam") }
		}, email.Refused},
		"not now to the mail": {func() {
			s.OnData = func(*smtp.Conn, []string, io.Reader) error {
				return reply(452, smtp.EnhancedCode{4, 3, 1}, "disk full")
			}
		}, email.Deferred},
		"nothing out of place": {func() {}, email.Accepted},
		"hangs up in the midst": {func() {
			s.OnData = func(c *smtp.Conn, _ []string, r io.Reader) error {
				io.ReadFull(r, make([]byte, 10))
				c.Conn().Close()
				return io.EOF
			}
		}, email.Deferred},
	} {
		s.Configure(func() { s.OnMail, s.OnData, s.OnRcpt = nil, nil, nil; when.set() })
		before := len(s.Received())
		out := c.Send(t.Context(), newMail("a@example.com", "b@example.com"))
		if !slices.Equal(results(out), []email.Result{when.want, when.want}) || out[0].BadAddress {
			t.Errorf("%s: %+v", name, out)
		}
		if got := len(s.Received()) - before; (got == 1) != (when.want == email.Accepted) {
			t.Errorf("%s: %d mails arrived", name, got)
		}
	}
	s.Configure(func() { s.OnMail, s.OnData = nil, nil })
	checkAccepted(t, c.Send(t.Context(), newMail("after@all.example")))
}

// TestSMTPUTF8: a domain name does not need SMTPUTF8, a local part beyond ASCII does, in any header.
func TestSMTPUTF8(t *testing.T) {
	s := newFakeServer(t, smtptest.Config{InsecureAuth: true})
	c := s.newClient(nil)
	out := c.Send(t.Context(), newMail("adá@bücher.example", "ada@bücher.example"))
	if !slices.Equal(results(out), []email.Result{email.Refused, email.Accepted}) || out[0].BadAddress || !strings.Contains(out[0].Reason, "special characters") {
		t.Fatalf("%+v", out)
	}
	answer := newMail("ada@example.com")
	answer.ReplyTo = "jürgen@example.com"
	if out := c.Send(t.Context(), answer); out[0].Result != email.Refused || !strings.Contains(out[0].Reason, "reply address") {
		t.Fatalf("%+v", out)
	}
	answer.ReplyTo = "grace@bücher.example"
	checkAccepted(t, c.Send(t.Context(), answer))
	copied := newMail("ada@example.com")
	copied.Cc = []string{"adá@example.com"} // a recipient in Cc
	checkAccepted(t, c.Send(t.Context(), copied))
	for i, m := range s.Received() {
		if m.UTF8 || strings.ContainsFunc(m.Raw, func(r rune) bool { return r > 127 }) {
			t.Errorf("mail %d: %+v", i, m)
		}
	}
	if got := s.Received(); len(got) != 3 || got[0].To[0] != "ada@xn--bcher-kva.example" || !strings.Contains(got[1].Raw, "Reply-To: <grace@xn--bcher-kva.example>") {
		t.Errorf("%+v", got)
	}

	s = newFakeServer(t, smtptest.Config{InsecureAuth: true, UTF8: true})
	c = s.newClient(nil)
	checkAccepted(t, c.Send(t.Context(), newMail("adá@bücher.example", "ada@example.com")))
	checkAccepted(t, c.Send(t.Context(), newMail("ada@bücher.example")))
	answer.ReplyTo = "jürgen@example.com"
	checkAccepted(t, c.Send(t.Context(), answer))
	checkAccepted(t, c.Send(t.Context(), copied))
	checkAccepted(t, s.newClient(func(c *mail.Config) { c.From = "Büro <büro@bücher.example>" }).Send(t.Context(), newMail("ada@example.com")))
	got := s.Received()
	if len(got) != 5 || !got[0].UTF8 || got[1].UTF8 || !got[2].UTF8 || !got[3].UTF8 || !got[4].UTF8 {
		t.Errorf("%+v", got)
	}
	if h := got[4].Raw; !strings.Contains(h, "<büro@xn--bcher-kva.example>") || !strings.Contains(h, "@xn--bcher-kva.example>\r\n") {
		t.Errorf("%s", h)
	}
}

func TestMessageTooLarge(t *testing.T) {
	s := newFakeServer(t, smtptest.Config{InsecureAuth: true, MaxSize: 4096})
	c := s.newClient(nil)
	m := newMail("ada@example.com")
	m.Text = strings.Repeat("a long line of a long mail\n", 400)
	if out := c.Send(t.Context(), m); out[0].Result != email.Refused || out[0].BadAddress {
		t.Fatalf("%+v", out)
	}
	checkAccepted(t, c.Send(t.Context(), newMail("ada@example.com")))
}

func TestConfig(t *testing.T) {
	valid := mail.Config{Host: "mail.example", From: "Counsel <no-reply@counsel.example>"}
	if _, err := mail.New(valid); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*mail.Config){
		"no host":       func(c *mail.Config) { c.Host = "" },
		"no sender":     func(c *mail.Config) { c.From = "" },
		"a bad sender":  func(c *mail.Config) { c.From = "Counsel" },
		"unknown TLS":   func(c *mail.Config) { c.TLS = "maybe" },
		"no PEM":        func(c *mail.Config) { c.DKIM = mail.DKIM{Domain: "a", Selector: "b", Key: "s3cret"} },
		"a long sender": func(c *mail.Config) { c.From = strings.Repeat("x", 1000) + " <a@b.example>" },
		"no selector":   func(c *mail.Config) { c.DKIM = mail.DKIM{Domain: "a", Key: newKeyPEM(t)} },
		"a public key?": func(c *mail.Config) { c.DKIM.Key = "-----BEGIN PUBLIC KEY-----\ns3cret==\n-----END PUBLIC KEY-----\n" },
	} {
		cfg := valid
		change(&cfg)
		if _, err := mail.New(cfg); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
