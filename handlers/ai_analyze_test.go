package handlers_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"counsel/domain"
	"counsel/gen/api"
	"counsel/sandbox/llm"
	"counsel/sandbox/testkit"
)

const reviewedContract = "The Supplier's liability shall be unlimited.\n\nThis Agreement is governed by the laws of Ireland."

func (f *fixture) analyze(who *user, body map[string]any) (a api.AnalyzeResponse) {
	f.t.Helper()
	f.call(who, "POST", "/api/ai/analyze", body).expect(200, "").decode(&a)
	return a
}

// findingOf returns the first finding of a clause type.
func findingOf(t *testing.T, a api.AnalyzeResponse, clauseType string) api.Finding {
	t.Helper()
	for _, f := range a.Findings {
		if f.ClauseType == clauseType {
			return f
		}
	}
	t.Fatalf("no finding of %s in %+v", clauseType, a.Findings)
	return api.Finding{}
}

func TestAnalyzeDocument(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleClient), f.register("bob", domain.RoleClient)
	word := f.uploadAndRead(ada, "services.docx", reviewedContract, nil)
	body := map[string]any{"docId": word.ID, "policy": "vendor"}
	f.call(ada, "POST", "/api/ai/analyze", body).expect(409, "text_pending")
	testkit.Must(t, f.archive.ExtractTexts(t.Context()))

	a := f.analyze(ada, body)
	liability := findingOf(t, a, "Uncapped Liability")
	if liability.Quote != "The Supplier's liability shall be unlimited." || liability.Page == nil || *liability.Page != 1 || liability.Paragraph == nil || *liability.Paragraph != 1 || liability.Box != nil {
		t.Errorf("found %+v", liability)
	}
	if law := findingOf(t, a, "Governing Law"); law.Paragraph == nil {
		t.Errorf("found %+v", law)
	}
	var c api.Consultation
	f.call(ada, "GET", "/api/ai/consultations/"+a.ConsultationID.String(), nil).expect(200, "").decode(&c)
	if c.Question != "services.docx" {
		t.Errorf("recorded %q", c.Question)
	}

	// A document that bob may not read is like one that does not exist.
	hidden := f.call(bob, "POST", "/api/ai/analyze", body).expect(404, "not_found").problem()
	absent := f.call(bob, "POST", "/api/ai/analyze", map[string]any{"docId": domain.NewID(), "policy": "vendor"}).expect(404, "not_found").problem()
	if *hidden.Detail != *absent.Detail {
		t.Errorf("%q and %q differ", *hidden.Detail, *absent.Detail)
	}
	scan := f.uploadAndRead(ada, "scan.docx", " ", nil)
	testkit.Must(t, f.archive.ExtractTexts(t.Context()))
	for name, body := range map[string]map[string]any{
		"no text": {"docId": scan.ID, "policy": "vendor"},
		"both":    {"docId": word.ID, "text": "a", "policy": "vendor"},
		"neither": {"policy": "vendor"},
	} {
		if p := f.call(ada, "POST", "/api/ai/analyze", body).expect(422, "invalid").problem(); len(p.Errors) != 1 {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// The box of a finding is around the words on the page.
func TestAnalyzePDF(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	var draft api.Draft
	f.call(ada, "POST", "/api/drafts", map[string]any{"title": "Services", "body": "# Services\n\nThe parties meet once a month.\n\n" + reviewedContract}).expect(201, "").decode(&draft)
	var rendered api.RenderPdfResponse
	f.call(ada, "POST", "/api/drafts/"+draft.ID.String()+"/render-pdf", map[string]any{}).expect(200, "").decode(&rendered)
	testkit.Must(t, f.archive.ExtractTexts(t.Context()))
	a := f.analyze(ada, map[string]any{"docId": rendered.DocID, "policy": "default"})
	liability, law := findingOf(t, a, "Uncapped Liability"), findingOf(t, a, "Governing Law")
	for _, found := range []api.Finding{liability, law} {
		b := found.Box
		if found.Page == nil || *found.Page != 1 || b == nil || b.Left < 0 || b.Right <= b.Left || b.Right > 612 || b.Top <= b.Bottom || b.Top-b.Bottom > 40 || b.Top > 842 {
			t.Fatalf("found %+v, box %+v", found, b)
		}
	}
	if liability.Box.Bottom <= law.Box.Bottom {
		t.Errorf("boxes %+v, %+v: the first is above the second", *liability.Box, *law.Box)
	}
}

// The review of a document of a case belongs to the case.
func TestAnalyzeDocumentOfCase(t *testing.T) {
	t.Parallel()
	w := newCaseWorkFixture(t)
	viewer, client := w.register("viewer", domain.RoleClient), w.register("client", domain.RoleClient)
	w.call(w.ada, "POST", w.root+"/members", map[string]any{"userId": viewer.ID, "role": "viewer"}).expect(201, "")
	w.call(w.ada, "POST", w.root+"/members", map[string]any{"userId": client.ID, "role": "client"}).expect(201, "")
	body := map[string]any{"docId": w.doc.ID, "policy": "lease"}
	w.call(w.eve, "POST", "/api/ai/analyze", body).expect(404, "not_found")
	w.call(viewer, "POST", "/api/ai/analyze", body).expect(403, "forbidden")
	a := w.analyze(client, body)
	w.call(w.ada, "GET", "/api/ai/consultations/"+a.ConsultationID.String(), nil).expect(200, "")
	w.call(w.eve, "GET", "/api/ai/consultations/"+a.ConsultationID.String(), nil).expect(404, "not_found")
	w.removeMember(client)
	w.call(client, "POST", "/api/ai/analyze", body).expect(404, "not_found")
}

// Without the AI, the rules answer and say so; what lacks is proposed in the document's language.
func TestAnalyzeWithoutAI(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	testkit.Must(t, f.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeGarbage}))
	text := "MIETVERTRAG\n\nDie Wohnung liegt in der Hauptstraße 5. Der Vermieter darf die Wohnung jederzeit ohne Ankündigung betreten. 😀 Die Parteien verpflichten sich, vertrauliche Informationen geheim zu halten. Es gilt deutsches Recht.\n" + strings.Repeat("Die Parteien arbeiten vertrauensvoll zusammen. ", 20)
	a := f.analyze(ada, map[string]any{"text": text, "policy": "lease", "locale": "de"})
	if a.ModelUsed || a.Model != "" || len(a.Warnings) != 1 || a.RiskLevel != "high" {
		t.Errorf("answered %+v", a)
	}
	units := utf16.Encode([]rune(text))
	kinds := map[api.FindingKind]int{}
	for _, found := range a.Findings {
		kinds[found.Kind]++
		if got := string(utf16.Decode(units[found.Start:found.End])); got != found.Quote || (found.Kind == "missing") != (got == "") {
			t.Errorf("%+v, but at its offsets is %q", found, got)
		}
		if found.Kind != "clause" && found.Wording == nil {
			t.Errorf("no wording for %+v", found)
		}
	}
	if kinds["risk"] == 0 || kinds["clause"] == 0 || kinds["missing"] == 0 {
		t.Errorf("findings are %v", kinds)
	}
}
