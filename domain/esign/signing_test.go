package esign_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/doc"
	"counsel/domain/esign"
	"counsel/domain/esign/evidence"
	"counsel/domain/esign/pades"
	"counsel/domain/files"
	"counsel/sandbox/testkit"
)

func TestSequential(t *testing.T) {
	f := newFixture(t)
	legalCase, err := f.cases.Create(t.Context(), f.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	file := contract(t, 2)
	d := f.upload(file, &legalCase.ID)
	r := f.send(esign.NewRequest{DocumentID: d.ID, Message: "Please sign\nby Friday.", Workflow: esign.Sequential,
		Signers: []esign.NewSigner{{Name: "Grace Hopper", Email: "Grace+lease@Example.com", Order: 2}, {Name: "Σίσυφος Müller", Email: "ada@bücher.example", Order: 1}}})
	if s, g := f.status(r); s != esign.Open || g[0] != esign.Sent || g[1] != esign.Waiting {
		t.Fatalf("is %s, %s", s, g)
	}
	const ada, grace = "ada@xn--bcher-kva.example", "Grace+lease@example.com"
	if got := f.lastMail(ada); !strings.Contains(got.text, "> Please sign\n> by Friday.") || !strings.Contains(got.text, "Lena Lawyer asks you") || got.answer != "lena@firm.example" || got.subject != "Lena Lawyer asks you to sign: lease.pdf" {
		t.Errorf("the mail says %+v", got)
	}
	if len(f.mail.mails) != 1 {
		t.Fatalf("%d mails were sent", len(f.mail.mails))
	}
	f.now = f.now.Add(time.Hour)
	f.sign(ada, evidence.Signature{Typed: "Σίσυφος Müller"})
	f.now = f.now.Add(time.Hour)
	f.sign(grace, drawnSignature)
	if s, g := f.status(r); s != esign.Completed || g[0] != esign.Signed || g[1] != esign.Signed {
		t.Fatalf("is %s, %s", s, g)
	}
	if got, want := f.logKinds(r), "created sent1 delivered1 opened1 viewed1 consented1 signed1 sent2 delivered2 opened2 viewed2 consented2 signed2 completed"; got != want {
		t.Errorf("log:  %s\nwant: %s", got, want)
	}

	now, err := f.Get(t.Context(), f.lena, r.ID)
	testkit.Must(t, err)
	signed, err := f.archive.Get(t.Context(), f.lena, *now.SignedID)
	testkit.Must(t, err)
	if signed.Kind != files.Signed || signed.CaseID == nil || *signed.CaseID != legalCase.ID || signed.Name != "lease (signed).pdf" || signed.UserID != f.lena.UserID {
		t.Errorf("stored as %+v", signed)
	}
	for _, to := range []string{ada, grace, "lena@firm.example"} {
		got := f.lastMail(to)
		sealed := got.files["lease (signed).pdf"]
		if !bytes.HasPrefix(sealed, file) || got.subject != "Signed by all: lease.pdf" {
			t.Fatalf("%s got %q with %d bytes", to, got.subject, len(sealed))
		}
		if _, err := pades.Verify(sealed); err != nil {
			t.Error(err)
		}
	}
	sealed := f.lastMail(ada).files["lease (signed).pdf"]
	if report := runTool(t, sealed, "pdfsig", "-nocert", "FILE"); !strings.Contains(report, "Signature is Valid.") || !strings.Contains(report, "Total document signed") {
		t.Error(report)
	}
	words := runTool(t, sealed, "pdftotext", "-layout", "FILE", "-")
	for _, want := range []string{"pays the rent", "Certificate of Signature", "Σίσυφος Müller", "Grace Hopper", grace, "192.0.2.7", "Phone/1.0", r.ID.String(), "disclosure version 2026-1", "typed", "drawn by hand", "Lena Lawyer", "Certificate of Signature, page 1 of"} {
		if !strings.Contains(words, want) {
			t.Errorf("the certificate does not say %q:\n%s", want, words)
		}
	}

	// Each step is in the timeline of the case.
	entries, _, err := f.cases.Timeline(t.Context(), f.lena, legalCase.ID, 100, 0)
	testkit.Must(t, err)
	var steps []string
	for _, e := range slices.Backward(entries) {
		if e.Resource == cases.ResourceSignature && e.Verb != cases.VerbRead {
			steps = append(steps, string(e.Verb)+" "+e.Detail)
		}
	}
	if got := strings.Join(steps, "; "); !strings.HasPrefix(got, "create "+d.ID.String()+"; update delivered 1; update opened 1; update viewed 1; update consented 1; update signed 1; update delivered 2;") || !strings.HasSuffix(got, "update completed "+signed.ID.String()) {
		t.Errorf("the timeline says: %s", got)
	}
	if strings.Contains(f.logs.String(), "example") {
		t.Errorf("an address is in the log: %s", f.logs)
	}
}

func TestLinks(t *testing.T) {
	f := newFixture(t)
	r := f.send(esign.NewRequest{Signers: twoSigners()})
	ctx, token := t.Context(), f.token("ada@example.com")
	var stored int
	testkit.Must(t, f.pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM signature_signers WHERE token_hash = ? OR email = ?", token, token).Scan(&stored))
	if stored != 0 {
		t.Error("the plain secret is in the database")
	}

	guess := func(token string) string {
		_, err := f.View(ctx, token, visitor)
		wantCode(t, err, domain.NotFound, "not valid")
		for _, err := range []error{
			second(f.Consent(ctx, token, esign.Disclosure, visitor)), second(f.Sign(ctx, token, typedSignature, visitor)), second(f.Decline(ctx, token, "", visitor)), second(f.Text(ctx, token)),
		} {
			wantCode(t, err, domain.NotFound, "not valid")
		}
		_, _, derr := f.Document(ctx, token, visitor)
		wantCode(t, derr, domain.NotFound, "not valid")
		return err.Error()
	}
	if a, z := guess("x"), guess(token[:42]+"!"); a != z {
		t.Errorf("wrong tokens get different errors: %q, %q", a, z)
	}

	// Nobody can consent to or sign a document that was never viewed.
	wantCode(t, second(f.Consent(ctx, token, esign.Disclosure, visitor)), domain.Conflict, "look at")
	wantCode(t, second(f.Sign(ctx, token, typedSignature, visitor)), domain.Conflict, "look at")

	// The link is opened on two devices, and each is logged once.
	tablet := esign.Visitor{Address: "2001:db8::1", Agent: "Tablet/2\n\x00é"}
	for _, v := range []esign.Visitor{visitor, tablet, visitor, tablet} {
		view, err := f.View(ctx, token, v)
		testkit.Must(t, err)
		if view.State != esign.LinkOpen || view.Signer.Name != "Ada Lovelace" {
			t.Fatalf("shows %+v", view)
		}
	}
	d, body, err := f.Document(ctx, token, visitor)
	testkit.Must(t, err)
	_, err = body.Read(make([]byte, 100)) // not to the end: not viewed yet
	testkit.Must(t, errors.Join(err, body.Close()))
	if got := f.logKinds(r); strings.Contains(got, "viewed") {
		t.Errorf("log: %s", got)
	}
	for _, v := range []esign.Visitor{visitor, tablet, visitor} { // each device once
		f.fetch(token, v)
	}
	if d.SHA256 != r.DocumentSum {
		t.Error("another document")
	}
	_, err = f.Sign(ctx, token, typedSignature, visitor)
	wantCode(t, err, domain.Conflict, "agree")
	_, err = f.Consent(ctx, token, "2020-1", visitor)
	wantCode(t, err, domain.Conflict, "changed")
	testkit.Must(t, second(f.Consent(ctx, token, esign.Disclosure, tablet)))
	testkit.Must(t, second(f.Consent(ctx, token, esign.Disclosure, visitor)))

	// Both devices sign concurrently: one succeeds.
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { _, errs[i] = f.Sign(ctx, token, typedSignature, visitor) })
	}
	wg.Wait()
	once := 0
	for _, err := range errs {
		if err == nil {
			once++
		} else if e, ok := errors.AsType[*domain.Error](err); !ok || e.Reason != "link_signed" {
			t.Errorf("the other device got %v", err)
		}
	}
	if once != 1 {
		t.Errorf("signed %d times", once)
	}
	view, err := f.View(ctx, token, visitor)
	testkit.Must(t, err)
	if view.State != esign.LinkSigned {
		t.Errorf("the used link is %s", view.State)
	}
	if _, _, err := f.Document(ctx, token, visitor); domain.CodeOf(err) != domain.Conflict {
		t.Errorf("the used link still serves the document: %v", err)
	}
	f.mustRunJobs()
	if got := f.logKinds(r); got != "created sent1 delivered1 opened1 opened1 viewed1 viewed1 consented1 signed1 sent2 delivered2" {
		t.Errorf("log: %s", got)
	}
	log, err := f.Events(ctx, f.lena, r.ID)
	testkit.Must(t, err)
	if log[4].Agent != "Tablet/2????" && log[4].Agent != "Tablet/2???" {
		t.Errorf("the stored agent is %q", log[4].Agent)
	}
}

func TestSignatures(t *testing.T) {
	f := newFixture(t)
	f.send(esign.NewRequest{Signers: twoSigners()})
	token := f.token("ada@example.com")
	testkit.Must(t, second(f.View(t.Context(), token, visitor)))
	testkit.Must(t, second(f.Consent(t.Context(), token, esign.Disclosure, visitor)))
	for name, m := range map[string]evidence.Signature{
		"none":        {},
		"both":        {Typed: "Ada", Strokes: drawnSignature.Strokes, Width: 300, Height: 100},
		"long":        {Typed: strings.Repeat("x", 101)},
		"unprintable": {Typed: "李雷"},
		"unseen":      {Typed: "\u200b"},
		"half unseen": {Typed: "Ada\u202e"},
		"no sentMail": {Typed: ". -"},
		"a dot":       {Strokes: [][]doc.Point{{{X: 1, Y: 1}}}, Width: 300, Height: 100},
		"outside":     {Strokes: [][]doc.Point{{{X: 1, Y: 1}, {X: 2, Y: 1}, {X: 3, Y: 1}, {X: 4, Y: 1}, {X: 301, Y: 1}}}, Width: 300, Height: 100},
		"no field":    {Strokes: drawnSignature.Strokes},
		"too much":    {Strokes: [][]doc.Point{make([]doc.Point, 5001)}, Width: 300, Height: 100},
	} {
		_, err := f.Sign(t.Context(), token, m, visitor)
		e, ok := errors.AsType[*domain.Error](err)
		if !ok || e.Code != domain.Invalid || len(e.Fields) == 0 || !strings.HasPrefix(e.Fields[0].Pointer, "/signature") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManySigners(t *testing.T) {
	f := newFixture(t)
	d := f.upload(contract(t, 200), nil)
	var crowd []esign.NewSigner
	for i := range 20 {
		crowd = append(crowd, esign.NewSigner{Name: fmt.Sprintf("Signer Number %d", i+1), Email: fmt.Sprintf("s+%d@example.com", i+1)})
	}
	r := f.send(esign.NewRequest{DocumentID: d.ID, Signers: crowd, Workflow: esign.Parallel})
	for i := range 20 {
		mark := typedSignature
		if i%2 == 0 {
			mark = drawnSignature
		}
		f.sign(fmt.Sprintf("s+%d@example.com", i+1), mark)
	}
	if s, _ := f.status(r); s != esign.Completed {
		t.Fatalf("is %s", s)
	}
	// The details of a signer are on one page.
	for page := range strings.SplitSeq(runTool(t, f.lastMail("s+1@example.com").files["lease (signed).pdf"], "pdftotext", "-layout", "-f", "201", "FILE", "-"), "\f") {
		heads, signed := strings.Count(page, ". Signer Number "), strings.Count(page, "\nSigned  ")
		if heads != signed || heads != strings.Count(page, "Authenticated by") {
			t.Errorf("a page has %d signers and %d signatures:\n%s", heads, signed, page)
		}
	}
	bundle, err := f.Evidence(t.Context(), f.lena, r.ID)
	testkit.Must(t, err)
	found, err := evidence.Verify(bundle)
	testkit.Must(t, err)
	if len(found.Signers) != 20 || !found.Sealed {
		t.Errorf("found %+v", found)
	}
}
