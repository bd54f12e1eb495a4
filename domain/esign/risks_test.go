package esign_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"counsel/clients/pdf"
	"counsel/domain"
	"counsel/domain/doc"
	"counsel/domain/esign"
	"counsel/domain/esign/evidence"
	"counsel/domain/isolation"
	"counsel/domain/text"
	"counsel/sandbox/testkit"
)

// fakeExtractor is a text.Extractor with a fixed result.
type fakeExtractor struct {
	pages []string
	err   error
}

func (s fakeExtractor) Pages(context.Context, string, io.ReaderAt, int64) (text.Text, error) {
	return text.Text{Pages: s.pages}, s.err
}

func faults(t testing.TB, err error) []domain.Field {
	t.Helper()
	wantReason(t, err, domain.Invalid, esign.ReasonUnfit)
	e, _ := errors.AsType[*domain.Error](err)
	for _, f := range e.Fields {
		if f.Pointer != "/docId" || f.Reason == "" || f.Detail == "" {
			t.Errorf("a fault without a pointer, reason or detail: %+v", f)
		}
	}
	return e.Fields
}

// raw returns a PDF with more entries in its catalog.
func raw(catalog string) []byte {
	b := []byte("%PDF-1.7\n")
	var at []int
	for i, body := range []string{"<</Type/Catalog/Pages 2 0 R" + catalog + ">>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>"} {
		at = append(at, len(b))
		b = fmt.Appendf(b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	start := len(b)
	b = append(b, "xref\n0 4\n0000000000 65535 f \n"...)
	for _, o := range at {
		b = fmt.Appendf(b, "%010d 00000 n \n", o)
	}
	return fmt.Appendf(b, "trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", start)
}

// TestUnfit: a document with risks is rejected, unless the sender accepts exactly those.
func TestUnfit(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.text.Extractor = fakeExtractor{pages: []string{"All is well.", "The price is EUR ________ for the goods.\nSignature: ________", "DRAFT"}}
	send := func(file []byte, accept ...string) (esign.Request, error) {
		n := esign.NewRequest{DocumentID: f.upload(file, nil).ID, Workflow: esign.Parallel, Signers: twoSigners(), AcceptRisks: accept}
		return f.Initiate(ctx, f.lena, n)
	}
	got := faults(t, second(send(raw(`/OpenAction<</S/JavaScript/JS(app.alert\(1\))>>`))))
	want := []domain.Field{
		{Pointer: "/docId", Reason: "blank", Page: 2, Quote: "The price is EUR ________ for the goods."},
		{Pointer: "/docId", Reason: "draft", Page: 3, Quote: "DRAFT"},
		{Pointer: "/docId", Reason: "javascript", Quote: "app.alert(1)"},
	}
	if len(got) != len(want) {
		t.Fatalf("found %+v", got)
	}
	for i := range want {
		want[i].Detail = got[i].Detail
		if got[i] != want[i] {
			t.Errorf("found %+v, want %+v", got[i], want[i])
		}
	}
	if got[0].Detail != "has a blank that is to be filled in, on page 2: “The price is EUR ________ for the goods.”" {
		t.Errorf("says %q", got[0].Detail)
	}
	if len(f.mail.mails) != 0 || f.mail.charged != 0 {
		t.Error("a signer was invited")
	}
	if got := faults(t, second(send(raw(""), "draft", "link"))); len(got) != 1 || got[0].Reason != "blank" {
		t.Errorf("found %+v", got)
	}
	_, err := send(raw(""), "draft", "everything")
	if e, ok := errors.AsType[*domain.Error](err); !ok || e.Fields[0].Pointer != "/acceptRisks/1" {
		t.Errorf("got %v", err)
	}

	r, err := send(raw(""), "draft", "blank", "link")
	testkit.Must(t, err)
	f.mustRunJobs()
	log, err := f.Events(ctx, f.lena, r.ID)
	testkit.Must(t, err)
	if e := log[1]; e.Kind != evidence.EventRisks || e.Detail != "blank,draft" || e.Signer != 0 {
		t.Errorf("the log says %+v", e)
	}
	f.sign("ada@example.com", typedSignature)
	f.sign("grace@example.com", drawnSignature)
	words := strings.Join(strings.Fields(runTool(t, f.lastMail("ada@example.com").files["lease (signed).pdf"], "pdftotext", "-layout", "FILE", "-")), " ")
	if !strings.Contains(words, "The sender accepted that it has a blank that is to be filled in; it is marked as a draft.") {
		t.Errorf("the certificate says: %s", words)
	}
	if found := f.verified(r); strings.Join(found.Risks, " ") != "blank draft" || !found.Sealed {
		t.Errorf("the evidence says %+v", found)
	}

	f.text.Extractor = fakeExtractor{err: errors.New("the reader broke down")}
	wantCode(t, second(send(raw(""))), domain.Unavailable, "could not be extracted")
	f.text.Extractor = fakeExtractor{err: context.DeadlineExceeded}
	wantCode(t, second(send(raw(""))), domain.Timeout, "in time")
	f.text.Extractor = fakeExtractor{err: isolation.ErrTimeout}
	if got := faults(t, second(send(raw("")))); len(got) != 1 || got[0].Reason != "unreadable" {
		t.Errorf("found %+v", got)
	}
	testkit.Must(t, second(send(raw(""), "unreadable")))

	// Text extracted for the search is not extracted again.
	f.text.Extractor = fakeExtractor{pages: []string{"", "The price is [AMOUNT]."}}
	d := f.upload(raw(""), nil)
	testkit.Must(t, f.archive.ExtractTexts(ctx))
	f.text.Extractor = fakeExtractor{err: errors.New("not again")}
	if got := faults(t, second(f.Initiate(ctx, f.lena, esign.NewRequest{DocumentID: d.ID, Workflow: esign.Parallel, Signers: twoSigners()}))); len(got) != 1 || got[0].Reason != "blank" || got[0].Page != 2 {
		t.Errorf("found %+v", got)
	}
	f.text.Extractor = nil
	for reason, catalog := range map[string]string{"xfa": `/AcroForm<</XFA[]/Fields[]>>`, "signed": `/Perms<</DocMDP<</Type/Sig>>>>`} {
		_, err := send(raw(catalog))
		if e, ok := errors.AsType[*domain.Error](err); !ok || e.Code != domain.Invalid || len(e.Fields) != 1 || e.Fields[0].Reason != reason || e.Fields[0].Pointer != "/docId" {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// TestUnfitText: risks are found in the text of real files.
func TestUnfitText(t *testing.T) {
	f := newFixture(t)
	f.text.Extractor = newExtractor(t)
	engine, err := pdf.New(pdf.Config{})
	testkit.Must(t, err)
	print := func(d doc.Document) []byte {
		var out bytes.Buffer
		testkit.Must(t, engine.Render(t.Context(), d, &out))
		return out.Bytes()
	}
	paragraphs := func(all ...string) (d doc.Document) {
		for _, p := range all {
			d.Blocks = append(d.Blocks, doc.Paragraph{Text: []doc.Span{{Text: p}}})
		}
		return d
	}
	const long = "10.1 This agreement is governed by the law of Ireland. Disputes that the parties cannot settle between themselves are decided by the courts of ________ (place). "
	marked := paragraphs("The tenant pays the rent.")
	marked.Watermark = "DRAFT"
	for name, c := range map[string]struct {
		d    doc.Document
		want string
	}{
		"a blank in a sentence": {paragraphs(long, "11. Signatures", "Signed for Northwind GmbH", "Name: Helen Marsh", "Place and date: ________", "Signature: ________"), "blank"},
		"only signatures":       {paragraphs("11. Signatures", "Signed for Northwind GmbH", "Name: Helen Marsh", "Place and date: ________", "Signature: ________"), ""},
		"brackets":              {paragraphs("The price is [AMOUNT], see [1].", "[Signature page follows]"), "blank"},
		"a watermark":           {marked, "draft"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.Initiate(t.Context(), f.lena, esign.NewRequest{DocumentID: f.upload(print(c.d), nil).ID, Workflow: esign.Parallel, Signers: twoSigners()})
			if c.want == "" {
				testkit.Must(t, err)
				return
			}
			if got := faults(t, err); len(got) != 1 || got[0].Reason != c.want || got[0].Page != 1 {
				t.Errorf("found %+v", got)
			}
		})
	}
}

// TestSignedAs: a typed name that differs from the signer's is shown next to it.
func TestSignedAs(t *testing.T) {
	for name, c := range map[string]struct{ invited, typed, as string }{
		"the same":             {"Zoë Müller", "Zoë Müller", ""},
		"in another case":      {"Zoë Müller", "ZOË  MÜLLER", ""},
		"with other bytes":     {"Zoë Müller", "Zoe\u0308 Mu\u0308ller", ""},
		"with points":          {"Zoë M. Müller-Groß", "zoë m müller gross", ""},
		"of somebody else":     {"Zoë Müller", "Mickey Mouse", "Mickey Mouse"},
		"without a part of it": {"Zoë Müller", "Zoë", "Zoë"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			r := f.send(esign.NewRequest{Signers: []esign.NewSigner{{Name: c.invited, Email: "zoe@example.com"}}})
			f.sign("zoe@example.com", evidence.Signature{Typed: c.typed})
			log, err := f.Events(t.Context(), f.lena, r.ID)
			testkit.Must(t, err)
			for _, e := range log {
				if want := map[bool]string{true: c.as}[e.Kind == evidence.EventSigned]; e.SignedAs != want {
					t.Errorf("the log says %+v", e)
				}
			}
			words := runTool(t, f.lastMail("zoe@example.com").files["lease (signed).pdf"], "pdftotext", "-layout", "FILE", "-")
			if named := strings.Contains(words, c.as+", invited as "+c.invited); named != (c.as != "") {
				t.Errorf("the certificate says %s", words)
			}
			if found := f.verified(r); !found.Sealed || strings.Contains(found.Signers[0], " as ") != (c.as != "") {
				t.Errorf("the evidence says %+v", found)
			}
		})
	}
}

// TestViewed: the certificate says that a signer viewed the document only if they downloaded all of it.
func TestViewed(t *testing.T) {
	f := newFixture(t)
	f.send(esign.NewRequest{Workflow: esign.Parallel, Signers: twoSigners()})
	f.sign("ada@example.com", typedSignature)
	f.signOnly("grace@example.com")
	f.mustRunJobs()
	words := runTool(t, f.lastMail("ada@example.com").files["lease (signed).pdf"], "pdftotext", "-layout", "FILE", "-")
	ada, grace, ok := strings.Cut(words, "2. Grace Hopper")
	if !ok || !strings.Contains(ada, "Link opened") || !strings.Contains(ada, "Viewed") || strings.Contains(ada, "not used to fetch") ||
		!strings.Contains(grace, "Link opened") || strings.Contains(grace, "Viewed") || !strings.Contains(grace, "The link was not used to fetch the whole document.") {
		t.Errorf("the certificate says %s", words)
	}
	if strings.Contains(words, "one-time") {
		t.Error("the text calls a link one-time that works until the signer has signed")
	}
}
