package mail_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"
	gomail "github.com/emersion/go-message/mail"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"

	"counsel/clients/mail"
	"counsel/domain/email"
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
	s := newFakeServer(t, serverOptions{insecure: true})
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
	got := s.received()
	if len(got) != 1 || !slices.Equal(got[0].to, m.Recipients) || got[0].utf8 {
		t.Fatalf("%+v", got)
	}
	if strings.Contains(got[0].raw, "hidden@") {
		t.Error("the Bcc recipient is visible")
	}
	r, err := gomail.CreateReader(strings.NewReader(got[0].raw))
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
	s := newFakeServer(t, serverOptions{insecure: true})
	c := s.newClient(nil)
	s.configure(func() {
		s.onRcpt = func(to string) error {
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
	if got := s.received(); len(got) != 1 || !slices.Equal(got[0].to, []string{"ada@example.com", "grace@example.com"}) {
		t.Fatalf("%+v", got)
	}
	// No recipient is accepted: no message follows, and the connection can be reused.
	if out := c.Send(t.Context(), newMail("gone@example.com")); out[0].Result != email.Refused {
		t.Fatalf("%+v", out)
	}
	checkAccepted(t, c.Send(t.Context(), newMail("next@example.com")))
	if got := s.received(); len(got) != 2 || got[1].session != 1 || !slices.Equal(got[1].to, []string{"next@example.com"}) {
		t.Fatalf("%+v", got)
	}

	for name, when := range map[string]struct {
		set  func()
		want email.Result
	}{
		"no to the sender": {func() { s.onMail = func(string) error { return reply(550, smtp.EnhancedCode{5, 7, 1}, "no") } }, email.Refused},
		"sign in first":    {func() { s.onMail = func(string) error { return reply(530, smtp.EnhancedCode{5, 7, 0}, "sign in") } }, email.Deferred},
		"closing":          {func() { s.onMail = func(string) error { return reply(421, smtp.EnhancedCode{4, 3, 2}, "bye") } }, email.Deferred},
		"no to the message": {func() {
			s.onData = func(*smtp.Conn, io.Reader) error { return reply(554, smtp.EnhancedCode{5, 7, 1}, "spam") }
		}, email.Refused},
		"not now to the mail": {func() {
			s.onData = func(*smtp.Conn, io.Reader) error { return reply(452, smtp.EnhancedCode{4, 3, 1}, "disk full") }
		}, email.Deferred},
		"nothing out of place": {func() {}, email.Accepted},
		"hangs up in the midst": {func() {
			s.onData = func(c *smtp.Conn, r io.Reader) error {
				io.ReadFull(r, make([]byte, 10))
				c.Conn().Close()
				return io.EOF
			}
		}, email.Deferred},
	} {
		s.configure(func() { s.onMail, s.onData, s.onRcpt = nil, nil, nil; when.set() })
		before := len(s.received())
		out := c.Send(t.Context(), newMail("a@example.com", "b@example.com"))
		if !slices.Equal(results(out), []email.Result{when.want, when.want}) || out[0].BadAddress {
			t.Errorf("%s: %+v", name, out)
		}
		if got := len(s.received()) - before; (got == 1) != (when.want == email.Accepted) {
			t.Errorf("%s: %d mails arrived", name, got)
		}
	}
	s.configure(func() { s.onMail, s.onData = nil, nil })
	checkAccepted(t, c.Send(t.Context(), newMail("after@all.example")))
}

// TestConnectionReuse: one connection serves many messages, and no message is lost if the server closed
// it while it was idle.
func TestConnectionReuse(t *testing.T) {
	s := newFakeServer(t, serverOptions{insecure: true})
	c := s.newClient(nil)
	for range 5 {
		checkAccepted(t, c.Send(t.Context(), newMail("ada@example.com")))
	}
	s.closeConnections()
	checkAccepted(t, c.Send(t.Context(), newMail("ada@example.com")))
	got := s.received()
	if len(got) != 6 || got[4].session != 1 || got[5].session != 2 {
		t.Fatalf("%d mails, the last two by connections %d and %d", len(got), got[4].session, got[5].session)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestIdleTimeout(t *testing.T) {
	s := newFakeServer(t, serverOptions{insecure: true})
	c := s.newClient(func(c *mail.Config) { c.IdleTimeout = 10 * time.Millisecond })
	checkAccepted(t, c.Send(t.Context(), newMail("ada@example.com")))
	deadline := time.Now().Add(10 * time.Second)
	for open := 1; open > 0; s.configure(func() { open = s.open }) {
		if time.Now().After(deadline) {
			t.Fatal("the connection is still open")
		}
	}
	checkAccepted(t, c.Send(t.Context(), newMail("ada@example.com")))
}

// TestConcurrentSends: the connection limit is respected, and each message arrives once.
func TestConcurrentSends(t *testing.T) {
	s := newFakeServer(t, serverOptions{insecure: true})
	c := s.newClient(func(c *mail.Config) { c.MaxConnections = 3 })
	done := make(chan []email.Outcome)
	for i := range 40 {
		go func() { done <- c.Send(t.Context(), newMail(fmt.Sprintf("to%d@example.com", i))) }()
	}
	for range 40 {
		checkAccepted(t, <-done)
	}
	seen := map[string]bool{}
	for _, m := range s.received() {
		seen[m.to[0]] = true
		if m.session > 3 {
			t.Errorf("connection %d", m.session)
		}
	}
	if len(seen) != 40 || len(s.received()) != 40 {
		t.Errorf("%d mails to %d", len(s.received()), len(seen))
	}
}

// TestAutomaticMailsHaveASpareConnection: while all connections are in use, an automatic mail is still sent, and
// people's mails wait until their context is done.
func TestAutomaticMailsHaveASpareConnection(t *testing.T) {
	s := newFakeServer(t, serverOptions{insecure: true})
	arrived, release := make(chan struct{}), make(chan struct{})
	s.configure(func() {
		s.onData = func(_ *smtp.Conn, r io.Reader) error {
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
	s := newFakeServer(t, serverOptions{insecure: true})
	release := make(chan struct{})
	defer close(release)
	s.configure(func() { s.onData = func(*smtp.Conn, io.Reader) error { <-release; return io.EOF } })
	c := s.newClient(func(c *mail.Config) { c.DataTimeout = 50 * time.Millisecond })
	out := c.Send(t.Context(), newMail("ada@example.com"))
	if out[0].Result != email.Deferred || !strings.Contains(out[0].Err.Error(), "the end of the message: timeout") {
		t.Fatalf("%+v", out)
	}
	arrived := make(chan struct{})
	s.configure(func() { s.onData = func(*smtp.Conn, io.Reader) error { close(arrived); <-release; return io.EOF } })
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
	s := newFakeServer(t, serverOptions{insecure: true})
	_ = s.listener.Close()
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
		kind  serverOptions
		tls   string
		roots *x509.CertPool
		fails string
	}{
		"STARTTLS":                        {serverOptions{tls: cert}, mail.StartTLS, roots, ""},
		"implicit TLS":                    {serverOptions{tls: cert, implicit: true}, mail.Implicit, roots, ""},
		"none":                            {serverOptions{insecure: true}, mail.NoTLS, nil, ""},
		"STARTTLS by an unknown CA":       {serverOptions{tls: cert}, mail.StartTLS, nil, "TLS failed"},
		"implicit by an unknown CA":       {serverOptions{tls: cert, implicit: true}, mail.Implicit, nil, "TLS failed"},
		"STARTTLS is not offered":         {serverOptions{insecure: true}, mail.StartTLS, roots, "does not offer STARTTLS"},
		"AUTH is not offered without TLS": {serverOptions{tls: cert}, mail.NoTLS, nil, ""}, // see below
		"implicit TLS to a plain port":    {serverOptions{tls: cert}, mail.Implicit, roots, "TLS failed"},
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
			if out[0].Result != email.Deferred || !strings.Contains(out[0].Err.Error(), c.fails) || len(s.received()) != 0 {
				t.Errorf("%+v", out)
			}
		})
	}
	t.Run("a wrong password", func(t *testing.T) {
		s := newFakeServer(t, serverOptions{tls: cert})
		out := s.newClient(func(cfg *mail.Config) { cfg.TLS, cfg.RootCAs, cfg.Password = mail.StartTLS, roots, "wr0ng-pass" }).Send(t.Context(), newMail("ada@example.com"))
		if out[0].Result != email.Deferred || strings.Contains(out[0].Err.Error()+out[0].Reason, "wr0ng") || !strings.Contains(out[0].Err.Error(), "535") {
			t.Errorf("%+v", out)
		}
	})
}

// TestSMTPUTF8: a domain name does not need SMTPUTF8, a local part beyond ASCII does, in any header.
func TestSMTPUTF8(t *testing.T) {
	s := newFakeServer(t, serverOptions{insecure: true})
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
	for i, m := range s.received() {
		if m.utf8 || strings.ContainsFunc(m.raw, func(r rune) bool { return r > 127 }) {
			t.Errorf("mail %d: %+v", i, m)
		}
	}
	if got := s.received(); len(got) != 3 || got[0].to[0] != "ada@xn--bcher-kva.example" || !strings.Contains(got[1].raw, "Reply-To: <grace@xn--bcher-kva.example>") {
		t.Errorf("%+v", got)
	}

	s = newFakeServer(t, serverOptions{insecure: true})
	s.srv.EnableSMTPUTF8 = true
	c = s.newClient(nil)
	checkAccepted(t, c.Send(t.Context(), newMail("adá@bücher.example", "ada@example.com")))
	checkAccepted(t, c.Send(t.Context(), newMail("ada@bücher.example")))
	answer.ReplyTo = "jürgen@example.com"
	checkAccepted(t, c.Send(t.Context(), answer))
	checkAccepted(t, c.Send(t.Context(), copied))
	checkAccepted(t, s.newClient(func(c *mail.Config) { c.From = "Büro <büro@bücher.example>" }).Send(t.Context(), newMail("ada@example.com")))
	got := s.received()
	if len(got) != 5 || !got[0].utf8 || got[1].utf8 || !got[2].utf8 || !got[3].utf8 || !got[4].utf8 {
		t.Errorf("%+v", got)
	}
	if h := got[4].raw; !strings.Contains(h, "<büro@xn--bcher-kva.example>") || !strings.Contains(h, "@xn--bcher-kva.example>\r\n") {
		t.Errorf("%s", h)
	}
}

// TestFileNames: file names arrive unchanged in both headers of a part, encoded by RFC 2231 where needed.
func TestFileNames(t *testing.T) {
	s := newFakeServer(t, serverOptions{insecure: true})
	c := s.newClient(nil)
	names := []string{"offer.pdf", "final offer (2).pdf", `a "quoted" name; filename=b.exe.pdf`, "100% 'sure' *.pdf", "Übergabe – Größe.pdf", "契約書.pdf", "🤝.pdf", "עברית.docx",
		strings.Repeat("ß", 196) + ".pdf", strings.Repeat("Договор № 7 ", 16) + ".pdf", strings.Repeat("a", 196) + ".pdf", strings.Repeat("long name ", 19) + ".pdf", strings.Repeat("🤝", 196) + ".pdf"}
	m := newMail("ada@example.com")
	for _, name := range names {
		m.Files = append(m.Files, email.File{Name: name, ContentType: "application/pdf", Body: strings.NewReader("x")})
	}
	checkAccepted(t, c.Send(t.Context(), m))
	raw := s.received()[0].raw
	if strings.Contains(raw, `"=?`) {
		t.Error("an encoded word within quotes")
	}
	for line := range strings.SplitSeq(raw, "\r\n") {
		if len(line) > 78 {
			t.Errorf("a line has %d bytes: %s", len(line), line)
		}
	}
	parsed, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	_, p, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(parsed.Body, p["boundary"])
	if _, err := parts.NextPart(); err != nil { // the text
		t.Fatal(err)
	}
	for _, name := range names {
		part, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		for header, parameter := range map[string]string{"Content-Disposition": "filename", "Content-Type": "name"} {
			if _, p, err := mime.ParseMediaType(part.Header.Get(header)); err != nil || p[parameter] != name {
				t.Errorf("%s of %q: %q %v", header, name, p[parameter], err)
			}
		}
	}
}

// TestLongHeaders: every header line is short enough for every server, and unfolding restores the value.
func TestLongHeaders(t *testing.T) {
	s := newFakeServer(t, serverOptions{insecure: true})
	c := s.newClient(func(c *mail.Config) { c.From = strings.Repeat("Kanzlei Müller ", 20) + "<no-reply@counsel.example>" })
	for _, subject := range []string{strings.Repeat("x", 255), strings.Repeat("ü", 255), "a" + strings.Repeat(" ", 200) + "b", strings.Repeat("two words  ", 20) + "end", strings.Repeat("漢字 ", 80) + "x", "=?utf-8?q?no?= encoded word"} {
		m := newMail()
		for i := range 50 {
			m.To = append(m.To, fmt.Sprintf("somebody-with-a-long-name-%d@a-rather-long-domain.example.com", i))
			m.Cc = append(m.Cc, fmt.Sprintf("copy-%d@example.com", i))
		}
		m.Recipients, m.Subject, m.Unsubscribe = m.To, subject, "https://counsel.example/unsubscribe/"+strings.Repeat("x", 120)
		checkAccepted(t, c.Send(t.Context(), m))
		got := s.received()
		head, _, _ := strings.Cut(got[len(got)-1].raw, "\r\n\r\n")
		for line := range strings.SplitSeq(head, "\r\n") {
			if len(line) > 998 || len(line) > 78 && strings.Contains(strings.TrimSpace(line[1:]), " ") && !strings.HasPrefix(line, "Subject: xxx") && !strings.HasPrefix(line, "List-Unsubscribe: ") {
				t.Errorf("%d bytes: %s", len(line), line)
			}
			if strings.TrimSpace(line) == "" {
				t.Error("a line of spaces")
			}
		}
		read, err := netmail.ReadMessage(strings.NewReader(got[len(got)-1].raw))
		if err != nil {
			t.Fatal(err)
		}
		from, err := read.Header.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Name != strings.TrimSpace(strings.Repeat("Kanzlei Müller ", 20)) {
			t.Errorf("%v %v", from, err)
		}
		for name, want := range map[string][]string{"To": m.To, "Cc": m.Cc} {
			list, err := read.Header.AddressList(name)
			if err != nil || len(list) != len(want) || list[49].Address != want[49] {
				t.Errorf("%s: %d, %v", name, len(list), err)
			}
		}
		unfolded := strings.ReplaceAll(head, "\r\n ", " ")
		_, reply, _ := strings.Cut(unfolded, "\r\nSubject: ")
		reply, _, _ = strings.Cut(reply, "\r\n")
		if decoded, err := new(mime.WordDecoder).DecodeHeader(reply); err != nil || decoded != subject {
			t.Errorf("%q arrives as %q", subject, decoded)
		}
	}
	m := newMail("ada@example.com")
	m.Unsubscribe = "https://counsel.example/" + strings.Repeat("x", 1000)
	if out := c.Send(t.Context(), m); out[0].Result != email.Refused {
		t.Errorf("%+v", out)
	}
}

func TestMessageTooLarge(t *testing.T) {
	s := newFakeServer(t, serverOptions{insecure: true, size: 4096})
	c := s.newClient(nil)
	m := newMail("ada@example.com")
	m.Text = strings.Repeat("a long line of a long mail\n", 400)
	if out := c.Send(t.Context(), m); out[0].Result != email.Refused || out[0].BadAddress {
		t.Fatalf("%+v", out)
	}
	checkAccepted(t, c.Send(t.Context(), newMail("ada@example.com")))
}

// TestHeaderInjection: no value can add a header field.
func TestHeaderInjection(t *testing.T) {
	s := newFakeServer(t, serverOptions{insecure: true})
	c := s.newClient(nil)
	for _, evil := range []string{"x\r\nBcc: spy@example.com", "x\nX-Evil: 1", "x\rX-Evil: 1", "x\x00"} {
		m := newMail("ada@example.com")
		m.Subject = evil
		if out := c.Send(t.Context(), m); out[0].Result != email.Refused {
			t.Errorf("%q as subject: %+v", evil, out)
		}
		m = newMail("ada@example.com")
		m.ReplyTo = evil
		if out := c.Send(t.Context(), m); out[0].Result != email.Refused {
			t.Errorf("%q as Reply-To: %+v", evil, out)
		}
		m = newMail("ada@example.com")
		m.Recipients = []string{"ada@example.com>\r\nDATA\r\n"}
		if out := c.Send(t.Context(), m); out[0].Result == email.Accepted {
			t.Errorf("%q as recipient: %+v", m.Recipients, out)
		}
		m = newMail("ada@example.com")
		m.Files = []email.File{{Name: evil + "\r\nX-Evil: 2", ContentType: "application/pdf", Body: strings.NewReader("x")}}
		checkAccepted(t, c.Send(t.Context(), m))
	}
	for _, m := range s.received() {
		e, err := entity(m.raw)
		if err != nil {
			t.Fatal(err)
		}
		if e.Header.Get("X-Evil") != "" || e.Header.Get("Bcc") != "" || strings.Contains(m.raw, "\nX-Evil") {
			t.Errorf("injected: %q", m.raw)
		}
	}
}

func entity(raw string) (*message.Entity, error) { return message.Read(strings.NewReader(raw)) }

func TestDKIM(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaPublic, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct {
		key any
		txt string
	}{
		"RSA":     {rsaKey, "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(rsaPublic)},
		"Ed25519": {edKey, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(edPublic)},
	} {
		t.Run(name, func(t *testing.T) {
			der, err := x509.MarshalPKCS8PrivateKey(k.key)
			if err != nil {
				t.Fatal(err)
			}
			s := newFakeServer(t, serverOptions{insecure: true})
			c := s.newClient(func(cfg *mail.Config) {
				cfg.DKIM = mail.DKIM{Domain: "counsel.example", Selector: "mail", Key: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))}
			})
			m := newMail("ada@example.com")
			m.Unsubscribe = "https://counsel.example/unsubscribe/" + strings.Repeat("x", 64)
			m.HTML, m.Automatic, m.Cc = "<p>Dear Ada,</p>\n\n\n", true, []string{"carol@example.com"}
			m.Files = []email.File{{Name: "a.pdf", ContentType: "application/pdf", Body: strings.NewReader(strings.Repeat("bytes", 5000))}}
			checkAccepted(t, c.Send(t.Context(), m))
			verify := func(raw string) []*dkim.Verification {
				t.Helper()
				v, err := dkim.VerifyWithOptions(strings.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
					if name != "mail._domainkey.counsel.example" {
						return nil, fmt.Errorf("asked for %s", name)
					}
					return []string{k.txt}, nil
				}})
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			raw := s.received()[0].raw
			v := verify(raw)
			if len(v) != 1 || v[0].Err != nil || v[0].Domain != "counsel.example" {
				t.Fatalf("%+v", v[0])
			}
			for _, header := range []string{"\r\nList-Unsubscribe: <" + m.Unsubscribe + ">\r\n", "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"} {
				if !strings.Contains(strings.ReplaceAll(raw, "\r\n ", " "), header) {
					t.Errorf("no %q in %q", header, raw[:2000])
				}
			}
			for what, forged := range map[string]string{
				"another way out":  strings.Replace(raw, "counsel.example/unsubscribe", "eve.example/unsubscribe", 1),
				"another body":     strings.Replace(raw, "Dear Ada", "Dear Eve", 1),
				"another subject":  strings.Replace(raw, "Your appointment", "Your password", 1),
				"a second subject": "Subject: Your password\r\n" + raw,
				"a second From":    "From: eve@example.com\r\n" + raw,
			} {
				if v := verify(forged); len(v) != 1 || v[0].Err == nil {
					t.Errorf("%s passes", what)
				}
			}
		})
	}
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

func newKeyPEM(t *testing.T) string {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
