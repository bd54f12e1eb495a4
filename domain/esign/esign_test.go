package esign_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/doc"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/esign/evidence"
	"counsel/domain/esign/pades"
	"counsel/domain/files"
	"counsel/sandbox/testkit"
)

func TestSequential(t *testing.T) {
	b := newBench(t)
	matter, err := b.cases.Create(t.Context(), b.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	file := contract(t, 2)
	d := b.upload(file, &matter.ID)
	r := b.send(esign.NewRequest{DocumentID: d.ID, Message: "Please sign\nby Friday.", Workflow: esign.Sequential,
		Signers: []esign.NewSigner{{Name: "Grace Hopper", Email: "Grace+lease@Example.com", Order: 2}, {Name: "Σίσυφος Müller", Email: "ada@bücher.example", Order: 1}}})
	if s, g := b.status(r); s != esign.Open || g[0] != esign.Sent || g[1] != esign.Waiting {
		t.Fatalf("is %s, %s", s, g)
	}
	const ada, grace = "ada@xn--bcher-kva.example", "Grace+lease@example.com"
	if got := b.last(ada); !strings.Contains(got.text, "> Please sign\n> by Friday.") || !strings.Contains(got.text, "Lena Lawyer asks you") || got.answer != "lena@firm.example" || got.subject != "Lena Lawyer asks you to sign: lease.pdf" {
		t.Errorf("the mail says %+v", got)
	}
	if len(b.post.mails) != 1 {
		t.Fatalf("%d mails went out", len(b.post.mails))
	}
	b.now = b.now.Add(time.Hour)
	b.sign(ada, evidence.Signature{Typed: "Σίσυφος Müller"})
	b.now = b.now.Add(time.Hour)
	b.sign(grace, drawn)
	if s, g := b.status(r); s != esign.Completed || g[0] != esign.Signed || g[1] != esign.Signed {
		t.Fatalf("is %s, %s", s, g)
	}
	if got, want := b.kinds(r), "created sent1 delivered1 opened1 viewed1 consented1 signed1 sent2 delivered2 opened2 viewed2 consented2 signed2 completed"; got != want {
		t.Errorf("log:  %s\nwant: %s", got, want)
	}

	now, err := b.Get(t.Context(), b.lena, r.ID)
	testkit.Must(t, err)
	signed, err := b.archive.Get(t.Context(), b.lena, *now.SignedID)
	testkit.Must(t, err)
	if signed.Kind != files.Signed || signed.CaseID == nil || *signed.CaseID != matter.ID || signed.Name != "lease (signed).pdf" || signed.UserID != b.lena.UserID {
		t.Errorf("kept as %+v", signed)
	}
	for _, to := range []string{ada, grace, "lena@firm.example"} {
		got := b.last(to)
		sealed := got.files["lease (signed).pdf"]
		if !bytes.HasPrefix(sealed, file) || got.subject != "Signed by all: lease.pdf" {
			t.Fatalf("%s got %q with %d bytes", to, got.subject, len(sealed))
		}
		if _, err := pades.Verify(sealed); err != nil {
			t.Error(err)
		}
	}
	sealed := b.last(ada).files["lease (signed).pdf"]
	if said := tool(t, sealed, "pdfsig", "-nocert", "FILE"); !strings.Contains(said, "Signature is Valid.") || !strings.Contains(said, "Total document signed") {
		t.Error(said)
	}
	words := tool(t, sealed, "pdftotext", "-layout", "FILE", "-")
	for _, want := range []string{"pays the rent", "Certificate of Signature", "Σίσυφος Müller", "Grace Hopper", grace, "192.0.2.7", "Phone/1.0", r.ID.String(), "disclosure version 2026-1", "typed", "drawn by hand", "Lena Lawyer", "Certificate of Signature, page 1 of"} {
		if !strings.Contains(words, want) {
			t.Errorf("the certificate does not say %q:\n%s", want, words)
		}
	}

	// The case's timeline tells of each step.
	entries, _, err := b.cases.Timeline(t.Context(), b.lena, matter.ID, 100, 0)
	testkit.Must(t, err)
	var told []string
	for _, e := range slices.Backward(entries) {
		if e.Resource == cases.ResourceSignature && e.Verb != cases.VerbRead {
			told = append(told, string(e.Verb)+" "+e.Detail)
		}
	}
	if got := strings.Join(told, "; "); !strings.HasPrefix(got, "create "+d.ID.String()+"; update delivered 1; update opened 1; update viewed 1; update consented 1; update signed 1; update delivered 2;") || !strings.HasSuffix(got, "update completed "+signed.ID.String()) {
		t.Errorf("the timeline tells: %s", got)
	}
	if strings.Contains(b.logs.String(), "example") {
		t.Errorf("an address is in the log: %s", b.logs)
	}
}

func TestLinks(t *testing.T) {
	b := newBench(t)
	r := b.send(esign.NewRequest{Signers: two()})
	ctx, token := t.Context(), b.token("ada@example.com")
	var stored int
	testkit.Must(t, b.pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM signature_signers WHERE token_hash = ? OR email = ?", token, token).Scan(&stored))
	if stored != 0 {
		t.Error("the secret itself is in the database")
	}

	guess := func(token string) string {
		_, err := b.View(ctx, token, phone)
		wantCode(t, err, domain.NotFound, "not valid")
		for _, err := range []error{
			second(b.Consent(ctx, token, esign.Disclosure, phone)), second(b.Sign(ctx, token, typed, phone)), second(b.Decline(ctx, token, "", phone)), second(b.Text(ctx, token)),
		} {
			wantCode(t, err, domain.NotFound, "not valid")
		}
		_, _, derr := b.Document(ctx, token, phone)
		wantCode(t, derr, domain.NotFound, "not valid")
		return err.Error()
	}
	if a, z := guess("x"), guess(token[:42]+"!"); a != z {
		t.Errorf("guesses are told apart: %q, %q", a, z)
	}

	// Nobody agrees to, or signs, what was never looked at.
	wantCode(t, second(b.Consent(ctx, token, esign.Disclosure, phone)), domain.Conflict, "look at")
	wantCode(t, second(b.Sign(ctx, token, typed, phone)), domain.Conflict, "look at")

	// It opens on two devices, and each is put down once.
	tablet := esign.Visitor{Address: "2001:db8::1", Agent: "Tablet/2\n\x00é"}
	for _, v := range []esign.Visitor{phone, tablet, phone, tablet} {
		view, err := b.View(ctx, token, v)
		testkit.Must(t, err)
		if view.State != esign.LinkOpen || view.Signer.Name != "Ada Lovelace" {
			t.Fatalf("shows %+v", view)
		}
	}
	d, body, err := b.Document(ctx, token, phone)
	testkit.Must(t, err)
	_, err = body.Read(make([]byte, 100)) // not to its end: nobody has viewed it yet
	testkit.Must(t, errors.Join(err, body.Close()))
	if got := b.kinds(r); strings.Contains(got, "viewed") {
		t.Errorf("log: %s", got)
	}
	for _, v := range []esign.Visitor{phone, tablet, phone} { // each device once
		b.fetch(token, v)
	}
	if d.SHA256 != r.DocumentSum {
		t.Error("another document")
	}
	_, err = b.Sign(ctx, token, typed, phone)
	wantCode(t, err, domain.Conflict, "agree")
	_, err = b.Consent(ctx, token, "2020-1", phone)
	wantCode(t, err, domain.Conflict, "changed")
	testkit.Must(t, second(b.Consent(ctx, token, esign.Disclosure, tablet)))
	testkit.Must(t, second(b.Consent(ctx, token, esign.Disclosure, phone)))

	// Both devices sign at once: one does.
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { _, errs[i] = b.Sign(ctx, token, typed, phone) })
	}
	wg.Wait()
	once := 0
	for _, err := range errs {
		if err == nil {
			once++
		} else if e, ok := errors.AsType[*domain.Error](err); !ok || e.Reason != "link_signed" {
			t.Errorf("the other device hears %v", err)
		}
	}
	if once != 1 {
		t.Errorf("signed %d times", once)
	}
	view, err := b.View(ctx, token, phone)
	testkit.Must(t, err)
	if view.State != esign.LinkSigned {
		t.Errorf("the used link is %s", view.State)
	}
	if _, _, err := b.Document(ctx, token, phone); domain.CodeOf(err) != domain.Conflict {
		t.Errorf("the used link still gives the document: %v", err)
	}
	b.done()
	if got := b.kinds(r); got != "created sent1 delivered1 opened1 opened1 viewed1 viewed1 consented1 signed1 sent2 delivered2" {
		t.Errorf("log: %s", got)
	}
	log, err := b.Events(ctx, b.lena, r.ID)
	testkit.Must(t, err)
	if log[4].Agent != "Tablet/2????" && log[4].Agent != "Tablet/2???" {
		t.Errorf("the agent is kept as %q", log[4].Agent)
	}
}

func second[T any](_ T, err error) error { return err }

func TestEnds(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()

	t.Run("declined", func(t *testing.T) {
		r := b.send(esign.NewRequest{Signers: two(), Workflow: esign.Parallel})
		ada, grace := b.token("ada@example.com"), b.token("grace@example.com")
		_, err := b.Decline(ctx, ada, strings.Repeat("x", 1001), phone)
		wantCode(t, err, domain.Invalid, "")
		v, err := b.Decline(ctx, ada, "  Clause 4 is wrong.\r\nSorry. ", phone)
		testkit.Must(t, err)
		b.done()
		if v.State != esign.LinkDeclined {
			t.Errorf("the link is %s", v.State)
		}
		if s, g := b.status(r); s != esign.Declined || g[0] != esign.SignerDeclined || g[1] != esign.Sent {
			t.Errorf("is %s, %s", s, g)
		}
		if got := b.last("lena@firm.example"); !strings.Contains(got.text, "Ada Lovelace declined") || !strings.Contains(got.text, "> Clause 4 is wrong.\n> Sorry.") {
			t.Errorf("the sender hears %s", got.text)
		}
		if got := b.last("grace@example.com"); strings.Contains(got.text, "Ada") || strings.Contains(got.text, "Clause") || got.subject != "Declined: lease.pdf" {
			t.Errorf("the other signer hears %s", got.text)
		}
		v, err = b.View(ctx, grace, phone)
		testkit.Must(t, err)
		if v.State != esign.LinkClosed {
			t.Errorf("the other's link is %s", v.State)
		}
		wantCode(t, second(b.Sign(ctx, grace, typed, phone)), domain.Conflict, "can no longer be signed")
		wantCode(t, second(b.Cancel(ctx, b.lena, r.ID)), domain.Conflict, "declined")
		wantCode(t, second(b.Remind(ctx, b.lena, r.ID)), domain.Conflict, "declined")
	})

	t.Run("cancelled", func(t *testing.T) {
		r := b.send(esign.NewRequest{Signers: two()})
		ada := b.token("ada@example.com")
		mails := len(b.post.mails)
		wantCode(t, second(b.Cancel(ctx, b.bob, r.ID)), domain.NotFound, "no such signature request")
		testkit.Must(t, second(b.Cancel(ctx, b.lena, r.ID)))
		b.done()
		v, err := b.View(ctx, ada, phone)
		testkit.Must(t, err)
		if v.State != esign.LinkClosed || b.last("ada@example.com").subject != "Withdrawn: lease.pdf" || len(b.post.mails) != mails+2 {
			t.Errorf("is %s, after %d mails", v.State, len(b.post.mails)-mails)
		}
	})

	t.Run("expired", func(t *testing.T) {
		r := b.send(esign.NewRequest{Signers: two(), ExpiresAt: b.now.Add(2 * time.Hour)})
		ada := b.token("ada@example.com")
		testkit.Must(t, second(b.View(ctx, ada, phone)))
		testkit.Must(t, second(b.Consent(ctx, ada, esign.Disclosure, phone)))
		b.now = b.now.Add(2 * time.Hour)
		// The link is over by itself, before anything has looked at the request.
		wantCode(t, second(b.Sign(ctx, ada, typed, phone)), domain.Conflict, "over")
		v, err := b.View(ctx, ada, phone)
		testkit.Must(t, err)
		if v.State != esign.LinkExpired {
			t.Errorf("the link is %s", v.State)
		}
		testkit.Must(t, b.desk.sweep(ctx))
		testkit.Must(t, b.desk.sweep(ctx))
		b.done()
		if s, _ := b.status(r); s != esign.Expired || strings.Count(b.kinds(r), "expired") != 1 {
			t.Errorf("is %s: %s", s, b.kinds(r))
		}
		if b.last("lena@firm.example").subject != "Not signed in time: lease.pdf" {
			t.Error("the sender was not told")
		}
	})
}

// TestLanguage has the mails of a request in its language, with what people wrote as words, never markup.
func TestLanguage(t *testing.T) {
	b := newBench(t)
	r := b.send(esign.NewRequest{Language: "de-AT, de;q=0.9", Message: "Bitte <b>bald</b>.\n\n> Ihre Bank: https://bank.example", Signers: []esign.NewSigner{{Name: "<i>Ada</i>", Email: "ada@example.com"}, two()[1]}})
	if r.Language != "de" {
		t.Errorf("is in %s", r.Language)
	}
	got := b.last("ada@example.com")
	if got.subject != "Lena Lawyer bittet um Ihre Unterschrift: lease.pdf" || !strings.Contains(got.text, "\n> Bitte <b>bald</b>.\n> \n> > Ihre Bank") ||
		!strings.Contains(got.text, r.ExpiresAt.Format("2006-01-02, 15:04 UTC")) {
		t.Errorf("%s\n%s", got.subject, got.text)
	}
	if !strings.Contains(got.html, `<html lang="de">`) || strings.Contains(got.html, "<b>") || strings.Contains(got.html, "<i>") || strings.Contains(got.html, `href="https://bank`) ||
		strings.Count(got.html, `href="https://counsel.example/sign#`+b.token("ada@example.com")+`"`) != 2 {
		t.Error(got.html)
	}
	testkit.Must(t, second(b.Decline(t.Context(), b.token("ada@example.com"), "Nein <b>danke</b>", phone)))
	b.done()
	if got := b.last("lena@firm.example"); got.subject != "<i>Ada</i> hat abgelehnt: lease.pdf" || !strings.Contains(got.text, "> Nein <b>danke</b>\n") || !strings.Contains(got.html, "Nein &lt;b&gt;danke&lt;/b&gt;</blockquote>") {
		t.Errorf("%+v", got)
	}
}

func TestOthersAreTold(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	matter, err := b.cases.Create(ctx, b.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	tells := func(r esign.Request, want ...domain.EventType) {
		t.Helper()
		var got []domain.EventType
		for _, e := range b.told {
			if e.UserID != b.lena.UserID || (e.CaseID == nil) != (r.CaseID == nil) || len(e.Data) != 1 || e.Data["trackingId"] != r.ID {
				t.Errorf("tells %+v", e)
			}
			if byHer := e.Type == domain.EventSignatureCreated || e.Type == domain.EventSignatureCancelled; byHer != (e.Actor == b.lena.UserID) || !byHer && !e.Actor.IsZero() {
				t.Errorf("%s was done by %s", e.Type, e.Actor)
			}
			got = append(got, e.Type)
		}
		if !slices.Equal(got, want) {
			t.Errorf("tells %v, want %v", got, want)
		}
		b.told = nil
	}
	r := b.send(esign.NewRequest{DocumentID: b.upload(contract(t, 1), &matter.ID).ID, Signers: two()})
	tells(r, domain.EventSignatureCreated)
	b.sign("ada@example.com", typed)
	tells(r, domain.EventSignatureSigned)
	b.sign("grace@example.com", drawn)
	tells(r, domain.EventSignatureSigned, domain.EventSignatureCompleted)

	r = b.send(esign.NewRequest{Signers: two()})
	testkit.Must(t, second(b.Cancel(ctx, b.lena, r.ID)))
	tells(r, domain.EventSignatureCreated, domain.EventSignatureCancelled)
	r = b.send(esign.NewRequest{Signers: two()})
	testkit.Must(t, second(b.Decline(ctx, b.token("ada@example.com"), "", phone)))
	tells(r, domain.EventSignatureCreated, domain.EventSignatureDeclined)
	r = b.send(esign.NewRequest{Signers: two(), ExpiresAt: b.now.Add(time.Hour)})
	b.now = b.now.Add(time.Hour)
	testkit.Must(t, b.desk.sweep(ctx))
	tells(r, domain.EventSignatureCreated, domain.EventSignatureExpired)
}

func TestReminders(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	r := b.send(esign.NewRequest{Signers: two()})
	sent := func() (n int) {
		for _, m := range b.post.mails {
			if m.to == "ada@example.com" {
				n++
			}
		}
		return n
	}
	link := b.token("ada@example.com")
	testkit.Must(t, second(b.Remind(ctx, b.lena, r.ID)))
	b.done()
	if sent() != 1 {
		t.Error("was mailed again at once")
	}
	b.now = b.now.Add(3 * time.Minute)
	testkit.Must(t, second(b.Remind(ctx, b.lena, r.ID)))
	b.done()
	if sent() != 2 || b.token("ada@example.com") != link || !strings.HasPrefix(b.last("ada@example.com").subject, "Reminder") {
		t.Errorf("%d mails, the last %q", sent(), b.last("ada@example.com").subject)
	}
	// The key of the links changes: the next mail has a link that works.
	b.restart(func(c *esign.Config) { c.LinkKey = []byte("another secret") })
	defer func() {
		view, err := b.View(ctx, b.token("ada@example.com"), phone)
		testkit.Must(t, err)
		if b.token("ada@example.com") == link || view.State != esign.LinkOpen {
			t.Errorf("after the key changed the link is %s", view.State)
		}
	}()
	for day := range 20 {
		b.now = b.now.Add(24 * time.Hour)
		testkit.Must(t, b.desk.sweep(ctx))
		b.done()
		if want := 2 + min((day+1)/3, 2); sent() != want { // three in all, one of which was asked for
			t.Fatalf("on day %d %d mails, want %d", day+1, sent(), want)
		}
	}
	testkit.Must(t, b.SendLink(ctx, r.ID, "Ada@EXAMPLE.com"))
	for _, other := range []string{"grace@example.com", "eve@example.com", "nonsense"} {
		testkit.Must(t, b.SendLink(ctx, r.ID, other))
	}
	testkit.Must(t, b.SendLink(ctx, domain.NewID(), "ada@example.com"))
	b.done()
	if sent() != 5 || len(b.post.mails) != 5 {
		t.Errorf("%d mails of %d", sent(), len(b.post.mails))
	}
}

func TestInvalid(t *testing.T) {
	b := newBench(t)
	d := b.upload(contract(t, 1), nil)
	text, err := b.archive.Create(t.Context(), files.NewFile{UserID: b.lena.UserID, Name: "a.txt", ContentType: "text/plain", Kind: files.Uploaded, Body: strings.NewReader(""), SHA256: emptySum})
	testkit.Must(t, err)
	broken := b.upload([]byte("%PDF-1.7\nnothing\nstartxref\n0\n%%EOF\n"), nil)
	one := func(name, address string) []esign.NewSigner { return []esign.NewSigner{{Name: name, Email: address}} }
	var crowd []esign.NewSigner
	for i := range 21 {
		crowd = append(crowd, esign.NewSigner{Name: "X", Email: fmt.Sprintf("x%d@example.com", i)})
	}
	for name, c := range map[string]struct {
		n        esign.NewRequest
		pointers string
	}{
		"nobody":           {esign.NewRequest{}, "/signers"},
		"a crowd":          {esign.NewRequest{Signers: crowd}, "/signers"},
		"no name":          {esign.NewRequest{Signers: one(" \n", "a@example.com")}, "/signers/0/name"},
		"long name":        {esign.NewRequest{Signers: one(strings.Repeat("x", 101), "a@example.com")}, "/signers/0/name"},
		"hidden in a name": {esign.NewRequest{Signers: one("Ada\u202eevil", "a@example.com")}, "/signers/0/name"},
		"unprintable name": {esign.NewRequest{Signers: append(two(), esign.NewSigner{Name: "Li 李", Email: "li@example.com"})}, "/signers/2/name"},
		"no address":       {esign.NewRequest{Signers: one("Ada", "ada")}, "/signers/0/email"},
		"a header":         {esign.NewRequest{Signers: one("Ada", "a@example.com\r\nBcc: eve@example.com")}, "/signers/0/email"},
		"two addresses":    {esign.NewRequest{Signers: one("Ada", "a@example.com, b@example.com")}, "/signers/0/email"},
		"a named address":  {esign.NewRequest{Signers: one("Ada", "Ada <a@example.com>")}, "/signers/0/email"},
		"a bad domain":     {esign.NewRequest{Signers: one("Ada", "a@exa_mple..com")}, "/signers/0/email"},
		"an address twice": {esign.NewRequest{Signers: []esign.NewSigner{{Name: "A", Email: "Ada@Bücher.example"}, {Name: "B", Email: "ada@xn--bcher-kva.EXAMPLE"}}}, "/signers/1/email"},
		"half an order":    {esign.NewRequest{Signers: []esign.NewSigner{{Name: "A", Email: "a@example.com", Order: 1}, {Name: "B", Email: "b@example.com"}}}, "/signers/1/order"},
		"no workflow":      {esign.NewRequest{Signers: two(), Workflow: "random"}, "/workflow"},
		"too soon":         {esign.NewRequest{Signers: two(), ExpiresAt: b.now.Add(time.Minute)}, "/expiresAt"},
		"too late":         {esign.NewRequest{Signers: two(), ExpiresAt: b.now.AddDate(2, 0, 0)}, "/expiresAt"},
		"long message":     {esign.NewRequest{Signers: two(), Message: strings.Repeat("x", 2001)}, "/message"},
		"several":          {esign.NewRequest{Signers: one("", "x"), Workflow: "x"}, "/workflow /signers/0/name /signers/0/email"},
		"no PDF":           {esign.NewRequest{Signers: two(), DocumentID: text.ID}, "/docId"},
		"broken PDF":       {esign.NewRequest{Signers: two(), DocumentID: broken.ID}, "/docId"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.n.DocumentID.IsZero() {
				c.n.DocumentID = d.ID
			}
			if c.n.Workflow == "" {
				c.n.Workflow = esign.Sequential
			}
			_, err := b.Initiate(t.Context(), b.lena, c.n)
			e, ok := errors.AsType[*domain.Error](err)
			if !ok || e.Code != domain.Invalid {
				t.Fatalf("%v", err)
			}
			var at []string
			for _, f := range e.Fields {
				at = append(at, f.Pointer)
			}
			if got := strings.Join(at, " "); got != c.pointers {
				t.Errorf("names %s, want %s", got, c.pointers)
			}
		})
	}
	_, err = b.Initiate(t.Context(), b.bob, esign.NewRequest{DocumentID: d.ID, Signers: two(), Workflow: esign.Parallel})
	wantCode(t, err, domain.NotFound, "no such document")
	if len(b.post.mails) > 0 || len(b.desk.waiting) > 0 {
		t.Error("something went out")
	}
	var rows int
	testkit.Must(t, b.pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM signature_requests").Scan(&rows))
	if rows != 0 {
		t.Errorf("%d requests were half made", rows)
	}
}

var emptySum = files.Checksum{0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}

func TestMarks(t *testing.T) {
	b := newBench(t)
	b.send(esign.NewRequest{Signers: two()})
	token := b.token("ada@example.com")
	testkit.Must(t, second(b.View(t.Context(), token, phone)))
	testkit.Must(t, second(b.Consent(t.Context(), token, esign.Disclosure, phone)))
	for name, m := range map[string]evidence.Signature{
		"none":        {},
		"both":        {Typed: "Ada", Strokes: drawn.Strokes, Width: 300, Height: 100},
		"long":        {Typed: strings.Repeat("x", 101)},
		"unprintable": {Typed: "李雷"},
		"unseen":      {Typed: "\u200b"},
		"half unseen": {Typed: "Ada\u202e"},
		"no letter":   {Typed: ". -"},
		"a dot":       {Strokes: [][]doc.Point{{{X: 1, Y: 1}}}, Width: 300, Height: 100},
		"outside":     {Strokes: [][]doc.Point{{{X: 1, Y: 1}, {X: 2, Y: 1}, {X: 3, Y: 1}, {X: 4, Y: 1}, {X: 301, Y: 1}}}, Width: 300, Height: 100},
		"no field":    {Strokes: drawn.Strokes},
		"too much":    {Strokes: [][]doc.Point{make([]doc.Point, 5001)}, Width: 300, Height: 100},
	} {
		_, err := b.Sign(t.Context(), token, m, phone)
		e, ok := errors.AsType[*domain.Error](err)
		if !ok || e.Code != domain.Invalid || len(e.Fields) == 0 || !strings.HasPrefix(e.Fields[0].Pointer, "/signature") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFaults has the store and the mail server go away at each step.
func TestFaults(t *testing.T) {
	b := newBench(t)
	d := b.upload(contract(t, 1), nil)
	b.files.down = true
	_, err := b.Initiate(t.Context(), b.lena, esign.NewRequest{DocumentID: d.ID, Signers: two(), Workflow: esign.Sequential})
	wantCode(t, err, domain.Unavailable, "")
	b.files.down = false

	b.post.fate = func(string) email.Result { return email.Deferred }
	r, err := b.Initiate(t.Context(), b.lena, esign.NewRequest{DocumentID: d.ID, Signers: two(), Workflow: esign.Sequential})
	testkit.Must(t, err)
	if failed := b.work(); len(failed) != 1 || domain.CodeOf(failed[0]) != domain.Unavailable || b.kinds(r) != "created" {
		t.Fatalf("%v, %s", failed, b.kinds(r))
	}
	b.post.fate = nil
	again := *b.desk.waiting[0]
	b.done()
	b.desk.waiting = append(b.desk.waiting, &again) // done, but not known to be: once more
	b.done()
	if b.kinds(r) != "created sent1 delivered1" || b.post.mails[0].id != b.post.mails[1].id {
		t.Errorf("log: %s", b.kinds(r))
	}

	b.sign("ada@example.com", typed)
	token := b.token("grace@example.com")
	testkit.Must(t, second(b.View(t.Context(), token, phone)))
	testkit.Must(t, second(b.Consent(t.Context(), token, esign.Disclosure, phone)))
	testkit.Must(t, second(b.Sign(t.Context(), token, drawn, phone)))
	b.files.down = true
	if failed := b.work(); len(failed) != 1 {
		t.Fatalf("%v", failed)
	}
	if s, _ := b.status(r); s != esign.Sealing {
		t.Fatalf("is %s", s)
	}
	wantCode(t, second(b.Cancel(t.Context(), b.lena, r.ID)), domain.Conflict, "sealing")
	b.files.down = false
	seal := *b.desk.waiting[0]
	b.done()
	b.desk.waiting = append(b.desk.waiting, &seal)
	mails := len(b.post.mails)
	b.done()
	if s, _ := b.status(r); s != esign.Completed || len(b.post.mails) != mails || strings.Count(b.kinds(r), "completed") != 1 {
		t.Errorf("is %s: %s", s, b.kinds(r))
	}
}

func TestBounced(t *testing.T) {
	b := newBench(t)
	b.post.fate = func(address string) email.Result {
		if address == "ada@example.com" {
			return email.Refused
		}
		return email.Accepted
	}
	r := b.send(esign.NewRequest{Signers: two()})
	if b.kinds(r) != "created sent1 bounced1" || !strings.Contains(b.last("lena@firm.example").text, "ada@example.com does not take it") {
		t.Errorf("log: %s", b.kinds(r))
	}
}

// TestSuppressed: what is on the list is not written to, and what is no address comes onto it.
func TestSuppressed(t *testing.T) {
	b := newBench(t)
	b.post.blocked["ada@example.com"] = email.SuppressedManually
	r := b.send(esign.NewRequest{Signers: two(), Workflow: esign.Parallel})
	if got := b.kinds(r); got != "created bounced1 sent2 delivered2" {
		t.Errorf("log: %s", got)
	}
	if !strings.Contains(b.last("lena@firm.example").text, "ada@example.com does not take it, or is not to be written to") {
		t.Error("the sender was not told")
	}
	b.now = b.now.Add(time.Hour)
	testkit.Must(t, second(b.Remind(t.Context(), b.lena, r.ID)))
	again := *b.desk.waiting[0]
	b.done()
	b.desk.waiting = append(b.desk.waiting, &again) // done, but not known to be: once more
	b.done()
	testkit.Must(t, second(b.Cancel(t.Context(), b.lena, r.ID)))
	b.done()
	if got := b.kinds(r); got != "created bounced1 sent2 delivered2 bounced1 reminded2 delivered2 cancelled" {
		t.Errorf("log: %s", got)
	}
	for _, m := range b.post.mails {
		if m.to == "ada@example.com" {
			t.Errorf("was mailed %q", m.subject)
		}
	}

	b.post.fate, b.post.bad = func(address string) email.Result {
		if address == "eve@example.com" {
			return email.Refused
		}
		return email.Accepted
	}, true
	b.send(esign.NewRequest{Signers: []esign.NewSigner{{Name: "Eve", Email: "eve@example.com"}}})
	if b.post.blocked["eve@example.com"] != email.SuppressedBounce {
		t.Error("what is no address is not on the list")
	}
	// The sender's own account is not kept from its mails by hand, but by a bounce.
	for reason, more := range map[email.SuppressionReason]int{email.SuppressedManually: 1, email.SuppressedBounce: 0} {
		r := b.send(esign.NewRequest{Signers: two()[1:]})
		b.post.blocked["lena@firm.example"] = reason
		before := len(b.post.mails)
		testkit.Must(t, second(b.Cancel(t.Context(), b.lena, r.ID)))
		b.done()
		if got := len(b.post.mails) - before - 1; got != more { // the signer's besides
			t.Errorf("%s: the sender got %d mails", reason, got)
		}
	}
}

func TestRecipientLimit(t *testing.T) {
	b := newBench(t)
	b.post.most = 4
	r := b.send(esign.NewRequest{Signers: two(), Workflow: esign.Parallel})
	testkit.Must(t, second(b.Remind(t.Context(), b.lena, r.ID))) // too soon: nobody is written to
	b.now = b.now.Add(time.Hour)
	testkit.Must(t, second(b.Remind(t.Context(), b.lena, r.ID)))
	b.done()
	if b.post.charged != 4 {
		t.Errorf("charged %d", b.post.charged)
	}
	b.now = b.now.Add(time.Hour)
	wantCode(t, second(b.Remind(t.Context(), b.lena, r.ID)), domain.RateLimited, "too many")
	_, err := b.Initiate(t.Context(), b.lena, esign.NewRequest{DocumentID: r.DocumentID, Signers: two(), Workflow: esign.Parallel})
	wantCode(t, err, domain.RateLimited, "too many")
	if len(b.desk.waiting) > 0 || len(b.post.mails) != 4 {
		t.Error("something went out")
	}
}

// TestShutOutSender: who is out of the case, or of the service, hears nothing more of the request.
func TestShutOutSender(t *testing.T) {
	for name, shut := range map[string]func(b *bench, matter domain.ID){
		"left the case": func(b *bench, matter domain.ID) {
			testkit.Must(t, second(b.cases.AddMember(t.Context(), b.lena, matter, cases.NewMember{UserID: &b.bob.UserID, Role: cases.Owner})))
			testkit.Must(t, b.cases.RemoveMember(t.Context(), b.bob, matter, b.lena.UserID))
		},
		"disabled": func(b *bench, _ domain.ID) {
			u := b.people[b.lena.UserID]
			u.Disabled = true
			b.people[b.lena.UserID] = u
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			matter, err := b.cases.Create(t.Context(), b.lena, cases.NewCase{Title: "Lease"})
			testkit.Must(t, err)
			d := b.upload(contract(t, 1), &matter.ID)
			r := b.send(esign.NewRequest{DocumentID: d.ID, Signers: two()})
			shut(b, matter.ID)
			b.sign("ada@example.com", typed)
			if got := b.last("grace@example.com"); got.answer != "" {
				t.Errorf("answers go to %s", got.answer)
			}
			b.sign("grace@example.com", typed)
			if s, _ := b.status(r); s != esign.Completed || len(b.last("grace@example.com").files) != 1 {
				t.Errorf("is %s", s)
			}
			for _, m := range b.post.mails {
				if m.to == "lena@firm.example" {
					t.Errorf("was mailed %q", m.subject)
				}
			}
		})
	}
}

func TestSenderSigns(t *testing.T) {
	b := newBench(t)
	b.send(esign.NewRequest{Signers: []esign.NewSigner{{Name: "Lena Lawyer", Email: "Lena@firm.example"}}})
	b.sign("Lena@firm.example", typed)
	told := 0
	for _, m := range b.post.mails {
		if strings.HasPrefix(m.subject, "Signed by all") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("is told %d times", told)
	}
}

func TestManySigners(t *testing.T) {
	b := newBench(t)
	d := b.upload(contract(t, 200), nil)
	var crowd []esign.NewSigner
	for i := range 20 {
		crowd = append(crowd, esign.NewSigner{Name: fmt.Sprintf("Signer Number %d", i+1), Email: fmt.Sprintf("s+%d@example.com", i+1)})
	}
	r := b.send(esign.NewRequest{DocumentID: d.ID, Signers: crowd, Workflow: esign.Parallel})
	for i := range 20 {
		mark := typed
		if i%2 == 0 {
			mark = drawn
		}
		b.sign(fmt.Sprintf("s+%d@example.com", i+1), mark)
	}
	if s, _ := b.status(r); s != esign.Completed {
		t.Fatalf("is %s", s)
	}
	// What is said of a signer stands on one page.
	for page := range strings.SplitSeq(tool(t, b.last("s+1@example.com").files["lease (signed).pdf"], "pdftotext", "-layout", "-f", "201", "FILE", "-"), "\f") {
		heads, signed := strings.Count(page, ". Signer Number "), strings.Count(page, "\nSigned  ")
		if heads != signed || heads != strings.Count(page, "Authenticated by") {
			t.Errorf("a page has %d signers and %d signatures:\n%s", heads, signed, page)
		}
	}
	bundle, err := b.Evidence(t.Context(), b.lena, r.ID)
	testkit.Must(t, err)
	found, err := evidence.Verify(bundle)
	testkit.Must(t, err)
	if len(found.Signers) != 20 || !found.Sealed {
		t.Errorf("found %+v", found)
	}
}

func TestWall(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	matter, err := b.cases.Create(ctx, b.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	d := b.upload(contract(t, 1), &matter.ID)
	r := b.send(esign.NewRequest{DocumentID: d.ID, Signers: two()})
	for name, err := range map[string]error{
		"get": second(b.Get(ctx, b.bob, r.ID)), "events": second(b.Events(ctx, b.bob, r.ID)), "evidence": second(b.Evidence(ctx, b.bob, r.ID)),
		"cancel": second(b.Cancel(ctx, b.bob, r.ID)), "remind": second(b.Remind(ctx, b.bob, r.ID)),
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, err, domain.NotFound, "no such signature request") })
	}
	list := func(who domain.Principal, matter *domain.ID) (n int, err error) {
		items, _, err := b.List(ctx, who, esign.Filter{CaseID: matter})
		return len(items), err
	}
	if n, err := list(b.bob, nil); err != nil || n != 0 {
		t.Errorf("another lists %d, %v", n, err)
	}
	_, err = list(b.bob, &matter.ID)
	wantCode(t, err, domain.NotFound, "")
	_, err = b.cases.AddMember(ctx, b.lena, matter.ID, cases.NewMember{UserID: &b.bob.UserID, Role: cases.Owner})
	testkit.Must(t, err)
	if n, err := list(b.bob, &matter.ID); err != nil || n != 1 {
		t.Errorf("a member lists %d, %v", n, err)
	}
	// Whoever leaves the case leaves what they sent from it.
	testkit.Must(t, b.cases.RemoveMember(ctx, b.bob, matter.ID, b.lena.UserID))
	if n, err := list(b.lena, nil); err != nil || n != 0 {
		t.Errorf("the sender who left lists %d, %v", n, err)
	}
	wantCode(t, second(b.Get(ctx, b.lena, r.ID)), domain.NotFound, "")
	b.sign("ada@example.com", typed)

	// Nothing is signed in a closed case.
	closed := cases.Closed
	_, err = b.cases.Update(ctx, b.bob, matter.ID, cases.Update{Status: &closed})
	testkit.Must(t, err)
	token := b.token("grace@example.com")
	v, err := b.View(ctx, token, phone)
	testkit.Must(t, err)
	if v.State != esign.LinkOpen {
		t.Errorf("the link is %s", v.State)
	}
	wantCode(t, second(b.Consent(ctx, token, esign.Disclosure, phone)), domain.Conflict, "closed")
}

func TestEvidence(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	r := b.send(esign.NewRequest{Signers: two()})
	b.sign("ada@example.com", typed)
	open, err := b.Evidence(ctx, b.lena, r.ID)
	testkit.Must(t, err)
	found, err := evidence.Verify(open)
	testkit.Must(t, err)
	if found.Status != string(esign.Open) || found.Sealed {
		t.Errorf("found %+v", found)
	}
	b.sign("grace@example.com", drawn)
	bundle, err := b.Evidence(ctx, b.root, r.ID)
	testkit.Must(t, err)
	found, err = evidence.Verify(bundle)
	testkit.Must(t, err)
	if found.Status != string(esign.Completed) || !found.Sealed || found.Request != r.ID || found.Document != "lease.pdf" || found.SHA256 != r.DocumentSum.String() || len(found.Signers) != 2 ||
		!strings.HasPrefix(found.Signers[0], "1. Ada Lovelace <ada@example.com>: signed 20") || found.Certificate.Subject.CommonName != "Counsel test" {
		t.Errorf("found %+v", found)
	}

	files, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	testkit.Must(t, err)
	words, err := fs.ReadFile(files, "README.txt")
	testkit.Must(t, err)
	for _, f := range files.File {
		if name := strings.Replace(f.Name, esign.Disclosure, "*", 1); name != "README.txt" && !bytes.Contains(words, []byte("\n"+name+" ")) {
			t.Errorf("README.txt does not say what %s is", name)
		}
	}

	random := mathrand.New(mathrand.NewPCG(1, 2))
	at := []int{0, 1, len(bundle) - 1, len(bundle) - 40, len(bundle) - 24<<10}
	for range 2000 {
		at = append(at, random.IntN(len(bundle)))
	}
	for _, i := range at {
		changed := bytes.Clone(bundle)
		changed[i] ^= 1 << random.IntN(8)
		if _, err := evidence.Verify(changed); err == nil {
			t.Fatalf("a change of byte %d of %d is not found", i, len(bundle))
		}
	}
	for name, changed := range map[string][]byte{"nothing": nil, "half": bundle[:len(bundle)/2], "more": append(bytes.Clone(bundle), 0), "a document": contract(t, 1)} {
		if _, err := evidence.Verify(changed); err == nil {
			t.Errorf("%s passes", name)
		}
	}

	// A log that was tampered with is not sealed.
	_, err = b.pool.ExecContext(ctx, "UPDATE signature_events SET address = '198.51.100.1' WHERE request_id = ? AND kind = 'signed' AND signer = 1", r.ID)
	testkit.Must(t, err)
	_, err = b.Evidence(ctx, b.lena, r.ID)
	wantCode(t, err, domain.Internal, "tampered")
}

// TestAtOnce: however many ask, few documents are in memory.
func TestAtOnce(t *testing.T) {
	b := newBench(t)
	r := b.send(esign.NewRequest{Signers: two()})
	for name, c := range map[string]struct {
		most int
		do   func(context.Context) error
	}{
		"evidence": {2, func(ctx context.Context) error { return second(b.Evidence(ctx, b.lena, r.ID)) }},
		"sending": {4, func(ctx context.Context) error {
			return second(b.Initiate(ctx, b.lena, esign.NewRequest{DocumentID: r.DocumentID, Signers: two(), Workflow: esign.Parallel}))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b.files.came, b.files.goOn = make(chan struct{}), make(chan struct{})
			errs := make([]error, c.most)
			var wg sync.WaitGroup
			for i := range errs {
				wg.Go(func() { errs[i] = c.do(t.Context()) })
			}
			for range errs {
				select {
				case <-b.files.came:
				case <-time.After(time.Minute):
					t.Fatal("nobody reads")
				}
			}
			short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			more := make(chan error, 1)
			go func() { more <- c.do(short) }()
			select {
			case err := <-more:
				e, ok := errors.AsType[*domain.Error](err)
				if !ok || e.Code != domain.Unavailable || e.RetryAfter == 0 {
					t.Errorf("one more: %v", err)
				}
			case <-b.files.came:
				t.Error("one more reads")
				b.files.goOn <- struct{}{}
			}
			for range errs {
				b.files.goOn <- struct{}{}
			}
			wg.Wait()
			b.files.came = nil
			testkit.Must(t, errors.Join(errs...))
			testkit.Must(t, c.do(t.Context()))
		})
	}
}

// TestEvidenceOfNothing is that of a request whose document was deleted after it had ended.
func TestEvidenceOfNothing(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	r := b.send(esign.NewRequest{Signers: two()})
	testkit.Must(t, second(b.Cancel(ctx, b.lena, r.ID)))
	testkit.Must(t, b.archive.Delete(ctx, b.lena, r.DocumentID))
	bundle, err := b.Evidence(ctx, b.lena, r.ID)
	testkit.Must(t, err)
	found, err := evidence.Verify(bundle)
	testkit.Must(t, err)
	if found.Status != string(esign.Cancelled) || found.Sealed {
		t.Errorf("found %+v", found)
	}
}

// TestInitiatedBefore: a request that is run again, since nobody knows what became of it, finds
// what it sent.
func TestInitiatedBefore(t *testing.T) {
	b := newBench(t)
	n := esign.NewRequest{ID: domain.NewID(), DocumentID: b.upload(contract(t, 1), nil).ID, Workflow: esign.Parallel, Signers: two()}
	first, again := b.send(n), b.send(n)
	if first.ID != n.ID || again.ID != n.ID || again.Signers[0].ID != first.Signers[0].ID || len(b.post.mails) != 2 {
		t.Errorf("%s, then %s; %d mails went out", first.ID, again.ID, len(b.post.mails))
	}
}
