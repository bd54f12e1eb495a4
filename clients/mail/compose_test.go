package mail_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"
	"github.com/emersion/go-msgauth/dkim"

	"counsel/clients/mail"
	"counsel/domain/email"
	"counsel/sandbox/testkit/smtptest"
)

// TestFileNames: file names arrive unchanged in both headers of a part, encoded by RFC 2231 where needed.
func TestFileNames(t *testing.T) {
	s := newFakeServer(t, smtptest.Config{InsecureAuth: true})
	c := s.newClient(nil)
	names := []string{"offer.pdf", "final offer (2).pdf", `a "quoted" name; filename=b.exe.pdf`, "100% 'sure' *.pdf", "Übergabe – Größe.pdf", "契約書.pdf", "🤝.pdf", "עברית.docx",
		strings.Repeat("ß", 196) + ".pdf", strings.Repeat("Договор № 7 ", 16) + ".pdf", strings.Repeat("a", 196) + ".pdf", strings.Repeat("long name ", 19) + ".pdf", strings.Repeat("🤝", 196) + ".pdf"}
	m := newMail("ada@example.com")
	for _, name := range names {
		m.Files = append(m.Files, email.File{Name: name, ContentType: "application/pdf", Body: strings.NewReader("x")})
	}
	checkAccepted(t, c.Send(t.Context(), m))
	raw := s.Received()[0].Raw
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
	s := newFakeServer(t, smtptest.Config{InsecureAuth: true})
	c := s.newClient(func(c *mail.Config) { c.From = strings.Repeat("Kanzlei Müller ", 20) + "<no-reply@counsel.example>" })
	for _, subject := range []string{strings.Repeat("x", 255), strings.Repeat("ü", 255), "a" + strings.Repeat(" ", 200) + "b", strings.Repeat("two words  ", 20) + "end", strings.Repeat("漢字 ", 80) + "x", "=?utf-8?q?no?= encoded word"} {
		m := newMail()
		for i := range 50 {
			m.To = append(m.To, fmt.Sprintf("somebody-with-a-long-name-%d@a-rather-long-domain.example.com", i))
			m.Cc = append(m.Cc, fmt.Sprintf("copy-%d@example.com", i))
		}
		m.Recipients, m.Subject, m.Unsubscribe = m.To, subject, "https://counsel.example/unsubscribe/"+strings.Repeat("x", 120)
		checkAccepted(t, c.Send(t.Context(), m))
		got := s.Received()
		head, _, _ := strings.Cut(got[len(got)-1].Raw, "\r\n\r\n")
		for line := range strings.SplitSeq(head, "\r\n") {
			if len(line) > 998 || len(line) > 78 && strings.Contains(strings.TrimSpace(line[1:]), " ") && !strings.HasPrefix(line, "Subject: xxx") && !strings.HasPrefix(line, "List-Unsubscribe: ") {
				t.Errorf("%d bytes: %s", len(line), line)
			}
			if strings.TrimSpace(line) == "" {
				t.Error("a line of spaces")
			}
		}
		read, err := netmail.ReadMessage(strings.NewReader(got[len(got)-1].Raw))
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

// TestHeaderInjection: no value can add a header field.
func TestHeaderInjection(t *testing.T) {
	s := newFakeServer(t, smtptest.Config{InsecureAuth: true})
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
	for _, m := range s.Received() {
		e, err := entity(m.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if e.Header.Get("X-Evil") != "" || e.Header.Get("Bcc") != "" || strings.Contains(m.Raw, "\nX-Evil") {
			t.Errorf("injected: %q", m.Raw)
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
			s := newFakeServer(t, smtptest.Config{InsecureAuth: true})
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
			raw := s.Received()[0].Raw
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
