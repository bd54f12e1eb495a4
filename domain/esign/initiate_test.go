package esign_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/esign"
	"counsel/domain/esign/evidence"
	"counsel/domain/files"
	"counsel/sandbox/testkit"
)

// TestNamesWithJoiners: names of Persian, Hindi and other scripts have invisible joiners inside words.
func TestNamesWithJoiners(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{"Ali\u200cReza", "Mohan\u200dLal Ada"} {
		r := f.send(esign.NewRequest{Signers: []esign.NewSigner{{Name: name, Email: "ada@example.com"}}, Message: "One\rtwo\r\nthree"})
		if r.Signers[0].Name != name || r.Message != "One\ntwo\nthree" {
			t.Errorf("%q, %q", r.Signers[0].Name, r.Message)
		}
		f.sign("ada@example.com", evidence.Signature{Typed: name})
	}
}

func TestInvalid(t *testing.T) {
	f := newFixture(t)
	d := f.upload(contract(t, 1), nil)
	text, err := f.archive.Create(t.Context(), files.NewFile{UserID: f.lena.UserID, Name: "a.txt", ContentType: "text/plain", Kind: files.Uploaded, Body: strings.NewReader(""), SHA256: emptySum})
	testkit.Must(t, err)
	broken := f.upload([]byte("%PDF-1.7\nnothing\nstartxref\n0\n%%EOF\n"), nil)
	signer := func(name, address string) []esign.NewSigner { return []esign.NewSigner{{Name: name, Email: address}} }
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
		"no name":          {esign.NewRequest{Signers: signer(" \n", "a@example.com")}, "/signers/0/name"},
		"long name":        {esign.NewRequest{Signers: signer(strings.Repeat("x", 101), "a@example.com")}, "/signers/0/name"},
		"hidden in a name": {esign.NewRequest{Signers: signer("Ada\u202eevil", "a@example.com")}, "/signers/0/name"},
		"unprintable name": {esign.NewRequest{Signers: append(twoSigners(), esign.NewSigner{Name: "Li 李", Email: "li@example.com"})}, "/signers/2/name"},
		"no address":       {esign.NewRequest{Signers: signer("Ada", "ada")}, "/signers/0/email"},
		"a header":         {esign.NewRequest{Signers: signer("Ada", "a@example.com\r\nBcc: eve@example.com")}, "/signers/0/email"},
		"two addresses":    {esign.NewRequest{Signers: signer("Ada", "a@example.com, b@example.com")}, "/signers/0/email"},
		"a named address":  {esign.NewRequest{Signers: signer("Ada", "Ada <a@example.com>")}, "/signers/0/email"},
		"a bad domain":     {esign.NewRequest{Signers: signer("Ada", "a@exa_mple..com")}, "/signers/0/email"},
		"an address twice": {esign.NewRequest{Signers: []esign.NewSigner{{Name: "A", Email: "Ada@Bücher.example"}, {Name: "B", Email: "ada@xn--bcher-kva.EXAMPLE"}}}, "/signers/1/email"},
		"half an order":    {esign.NewRequest{Signers: []esign.NewSigner{{Name: "A", Email: "a@example.com", Order: 1}, {Name: "B", Email: "b@example.com"}}}, "/signers/1/order"},
		"no workflow":      {esign.NewRequest{Signers: twoSigners(), Workflow: "random"}, "/workflow"},
		"too soon":         {esign.NewRequest{Signers: twoSigners(), ExpiresAt: f.now.Add(time.Minute)}, "/expiresAt"},
		"too late":         {esign.NewRequest{Signers: twoSigners(), ExpiresAt: f.now.AddDate(2, 0, 0)}, "/expiresAt"},
		"long message":     {esign.NewRequest{Signers: twoSigners(), Message: strings.Repeat("x", 2001)}, "/message"},
		"several":          {esign.NewRequest{Signers: signer("", "x"), Workflow: "x"}, "/workflow /signers/0/name /signers/0/email"},
		"no PDF":           {esign.NewRequest{Signers: twoSigners(), DocumentID: text.ID}, "/docId"},
		"broken PDF":       {esign.NewRequest{Signers: twoSigners(), DocumentID: broken.ID}, "/docId"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.n.DocumentID.IsZero() {
				c.n.DocumentID = d.ID
			}
			if c.n.Workflow == "" {
				c.n.Workflow = esign.Sequential
			}
			_, err := f.Initiate(t.Context(), f.lena, c.n)
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
	_, err = f.Initiate(t.Context(), f.bob, esign.NewRequest{DocumentID: d.ID, Signers: twoSigners(), Workflow: esign.Parallel})
	wantCode(t, err, domain.NotFound, "no such document")
	if len(f.mail.mails) > 0 || len(f.jobs.Waiting()) > 0 {
		t.Error("a mail was sent")
	}
	var rows int
	testkit.Must(t, f.pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM signature_requests").Scan(&rows))
	if rows != 0 {
		t.Errorf("%d requests were stored", rows)
	}
}

var emptySum = files.Checksum{0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}

func TestRecipientLimit(t *testing.T) {
	f := newFixture(t)
	f.mail.quota = 4
	r := f.send(esign.NewRequest{Signers: twoSigners(), Workflow: esign.Parallel})
	testkit.Must(t, second(f.Remind(t.Context(), f.lena, r.ID))) // too early: no mail is sent
	f.now = f.now.Add(time.Hour)
	testkit.Must(t, second(f.Remind(t.Context(), f.lena, r.ID)))
	f.mustRunJobs()
	if f.mail.charged != 4 {
		t.Errorf("charged %d", f.mail.charged)
	}
	f.now = f.now.Add(time.Hour)
	wantCode(t, second(f.Remind(t.Context(), f.lena, r.ID)), domain.RateLimited, "too many")
	_, err := f.Initiate(t.Context(), f.lena, esign.NewRequest{DocumentID: r.DocumentID, Signers: twoSigners(), Workflow: esign.Parallel})
	wantCode(t, err, domain.RateLimited, "too many")
	if len(f.jobs.Waiting()) > 0 || len(f.mail.mails) != 4 {
		t.Error("a mail was sent")
	}
}

// TestInitiateIsIdempotent: a retry with the same id returns the request and sends nothing.
func TestInitiateIsIdempotent(t *testing.T) {
	f := newFixture(t)
	n := esign.NewRequest{ID: domain.NewID(), DocumentID: f.upload(contract(t, 1), nil).ID, Workflow: esign.Parallel, Signers: twoSigners()}
	first, again := f.send(n), f.send(n)
	if first.ID != n.ID || again.ID != n.ID || again.Signers[0].ID != first.Signers[0].ID || len(f.mail.mails) != 2 {
		t.Errorf("%s, then %s; %d mails were sent", first.ID, again.ID, len(f.mail.mails))
	}
}
