package handlers_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/gen/api"
	"counsel/sandbox/llm"
	"counsel/sandbox/testkit"
)

// caseWorkFixture is a case with a document and a draft: Ada owns the case, Ben created the rest.
type caseWorkFixture struct {
	*fixture
	ada, ben, eve *user // eve is not a member of any case
	id, root      string
	doc           api.StoredDocument
	draft         api.Draft
}

func newCaseWorkFixture(t *testing.T) *caseWorkFixture {
	f := newFixture(t)
	w := &caseWorkFixture{fixture: f, ada: f.register("ada", domain.RoleLawyer), ben: f.register("ben", domain.RoleLawyer), eve: f.register("eve", domain.RoleLawyer)}
	w.id = w.createCase(w.ada)
	w.root = "/api/cases/" + w.id
	f.call(w.ada, "POST", w.root+"/members", map[string]any{"userId": w.ben.ID, "role": "lawyer"}).expect(201, "")
	w.uploadToCase(w.ben, w.id, "lease.docx", wordFile(t, "The tenant xylophone gives notice in writing.")).expect(201, "").decode(&w.doc)
	f.call(w.ben, "POST", "/api/drafts", map[string]any{"title": "Letter", "body": "Pay by Friday.", "caseId": w.id}).expect(201, "").decode(&w.draft)
	testkit.Must(t, f.archive.ExtractTexts(t.Context()))
	return w
}

func (f *fixture) createCase(who *user) string {
	f.t.Helper()
	var c api.Case
	f.call(who, "POST", "/api/cases", map[string]any{"title": "A case"}).expect(201, "").decode(&c)
	return c.ID.String()
}

// uploadToCase uploads a file into a case; caseId follows the file.
func (f *fixture) uploadToCase(who *user, caseID, name string, content []byte, more ...string) response {
	f.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	p, err := w.CreateFormFile("file", name)
	testkit.Must(f.t, err)
	_, err = p.Write(content)
	testkit.Must(f.t, err)
	for _, v := range append([]string{caseID}, more...) {
		testkit.Must(f.t, w.WriteField("caseId", v))
	}
	testkit.Must(f.t, w.Close())
	return f.call(who, "POST", "/api/docs", body.String(), "Content-Type", w.FormDataContentType())
}

func (w *caseWorkFixture) removeMember(who *user) {
	w.t.Helper()
	w.call(w.ada, "DELETE", w.root+"/members/"+who.ID.String(), nil).expect(204, "")
}

// timelineEntries are the latest entries, newest first, without those about reading the timeline.
func (w *caseWorkFixture) timelineEntries() (lines []string) {
	w.t.Helper()
	var page api.CaseTimeline
	w.call(w.ada, "GET", w.root+"/timeline?limit=100", nil).expect(200, "").decode(&page)
	name := map[api.ID]string{w.ada.ID: "ada", w.ben.ID: "ben", w.eve.ID: "eve"}
	for _, e := range page.Items {
		if e.Subject != "document" && e.Subject != "draft" {
			continue
		}
		line := fmt.Sprint(name[e.ActorID], " ", e.Verb, " ", e.Subject)
		if e.SubjectID != nil {
			line += map[api.ID]string{w.doc.ID: " the document", w.draft.ID: " the draft"}[*e.SubjectID]
		}
		if e.Refused {
			line += " refused"
		}
		if e.Detail != "" {
			line += ": " + e.Detail
		}
		lines = append(lines, line)
	}
	return lines
}

// accessRequests are all requests for Ben's document and draft.
func (w *caseWorkFixture) accessRequests() [][3]string {
	doc, draft := "/api/docs/"+w.doc.ID.String(), "/api/drafts/"+w.draft.ID.String()
	return [][3]string{
		{"GET", doc}, {"GET", doc + "/content"}, {"POST", doc + "/verify"},
		{"GET", draft}, {"GET", draft + "/versions"}, {"GET", draft + "/versions/1"}, {"GET", draft + "/compare?from=1&to=1"},
		{"PATCH", draft, `{"version":1,"note":"x","title":"Letter"}`}, {"DELETE", doc}, {"DELETE", draft},
	}
}

func (w *caseWorkFixture) send(who *user, u [3]string) response {
	w.t.Helper()
	if u[2] == "" {
		return w.call(who, u[0], u[1], nil)
	}
	return w.call(who, u[0], u[1], u[2])
}

// TestCaseAccess: the members of a case can access its documents, their creator cannot once they left, and
// the timeline records each access.
func TestCaseAccess(t *testing.T) {
	t.Parallel()
	w := newCaseWorkFixture(t)
	if w.doc.CaseID == nil || w.doc.CaseID.String() != w.id || w.draft.CaseID == nil || w.draft.CaseID.String() != w.id {
		t.Fatalf("created outside of the case: %+v, %+v", w.doc, w.draft)
	}
	if lifetime := time.Until(w.doc.FileURLExpiresAt); lifetime > 5*time.Minute {
		t.Errorf("a link of the case is valid for %s", lifetime)
	}
	for _, u := range w.accessRequests()[:8] {
		if a := w.send(w.ada, u); a.status != 200 {
			t.Errorf("a member's %s %s: %d %s", u[0], u[1], a.status, a.body)
		}
	}
	var found api.PassageList
	w.call(w.ada, "GET", "/api/docs/search?q=xylophone", nil).expect(200, "").decode(&found)
	if len(found.Items) != 1 || found.Items[0].DocID != w.doc.ID || found.Items[0].CaseID == nil || found.Items[0].CaseID.String() != w.id {
		t.Errorf("a member finds %+v", found)
	}
	want := []string{
		"ada read document the document: search",
		"ada update draft the draft: version 1",
		"ada read draft the draft: versions 1 and 1",
		"ada read draft the draft: version 1",
		"ada read draft the draft: versions",
		"ada read draft the draft",
		"ada read document the document: verify",
		"ada download document the document",
		"ada read document the document",
		"ben create draft the draft",
		"ben create document the document: uploaded",
	}
	if got := w.timelineEntries(); !slices.Equal(got, want) {
		t.Errorf("put down:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	// The creator's own lists do not include what belongs to the case, and vice versa.
	var drafts api.DraftList
	var docs api.StoredDocumentList
	own := func(who *user, query string) int {
		t.Helper()
		w.call(who, "GET", "/api/drafts"+query, nil).expect(200, "").decode(&drafts)
		w.call(who, "GET", "/api/docs"+query, nil).expect(200, "").decode(&docs)
		if len(drafts.Items) != len(docs.Items) {
			t.Errorf("%s: %d drafts, %d documents", query, len(drafts.Items), len(docs.Items))
		}
		return len(docs.Items)
	}
	if n := own(w.ben, ""); n != 0 {
		t.Errorf("%d of Ben's own", n)
	}
	for query, n := range map[string]int{"": 1, "&userId=" + w.ben.ID.String(): 1, "&userId=" + w.ada.ID.String(): 0} {
		drafts, docs = api.DraftList{}, api.StoredDocumentList{}
		if got := own(w.ada, "?caseId="+w.id+query); got != n {
			t.Errorf("%q lists %d", query, got)
		}
	}

	w.removeMember(w.ben)
	w.call(w.ben, "GET", "/api/docs/search?q=xylophone", nil).expect(200, "").decode(&found)
	if len(found.Items) != 0 {
		t.Errorf("after leaving, Ben finds %+v", found)
	}
	for _, who := range []*user{w.ben, w.eve} {
		before := len(w.timelineEntries())
		for _, u := range w.accessRequests() {
			w.send(who, u).expect(404, "not_found")
		}
		for _, of := range []string{"/api/docs?caseId=", "/api/drafts?caseId=", "/api/docs/search?q=xylophone&caseId="} {
			w.call(who, "GET", of+w.id, nil).expect(404, "not_found")
		}
		w.call(who, "POST", "/api/drafts", map[string]any{"title": "Mine", "body": "x", "caseId": w.id}).expect(404, "not_found")
		w.uploadToCase(who, w.id, "mine.pdf", smallPDF(1)).expect(404, "not_found")
		r := ndaRequest(t)
		r["caseId"] = w.id
		w.call(who, "POST", "/api/docs/render-pdf", r).expect(404, "not_found")
		w.cases.FlushDenials(t.Context())
		after := w.timelineEntries()
		if n := len(after) - before; n != 1 {
			t.Errorf("%d refusals are recorded", n)
		}
		for _, line := range after[:len(after)-before] {
			if !strings.Contains(line, "refused") {
				t.Errorf("logged %q", line)
			}
		}
	}
	if n := w.store.Count(); n != 1 {
		t.Errorf("%d files are stored", n)
	}

	// Ada can still access and delete everything; an admin finds the rest.
	w.call(w.admin(), "GET", "/api/docs/search?q=xylophone", nil).expect(200, "").decode(&found)
	if len(found.Items) != 1 {
		t.Errorf("an admin finds %+v", found)
	}
	for _, u := range w.accessRequests()[8:] {
		w.send(w.ada, u).expect(204, "")
		w.send(w.ada, u).expect(404, "not_found")
	}
	if n := w.store.Count(); n != 0 {
		t.Errorf("%d files are left", n)
	}
	var v api.TimelineVerification
	w.call(w.ada, "GET", w.root+"/timeline/verify", nil).expect(200, "").decode(&v)
	if !v.Intact {
		t.Errorf("the timeline: %+v", v)
	}
}

// TestSearchAcrossCases: a search finds everything that the caller can read, and hidden matches take no
// place on the page.
func TestSearchAcrossCases(t *testing.T) {
	t.Parallel()
	w := newCaseWorkFixture(t)
	other, third := w.createCase(w.eve), w.createCase(w.ada)
	for range 5 {
		w.uploadToCase(w.eve, other, "eve.docx", wordFile(t, "xylophone xylophone xylophone")).expect(201, "")
	}
	w.uploadToCase(w.ada, third, "third.docx", wordFile(t, "Another xylophone, in a third case.")).expect(201, "")
	w.upload(w.ada, "own.docx", wordFile(t, "A xylophone of one's own.")).expect(201, "")
	testkit.Must(t, w.archive.ExtractTexts(t.Context()))
	search := func(who *user, query string) (names []string) {
		t.Helper()
		var found api.PassageList
		w.call(who, "GET", "/api/docs/search?q=xylophone"+query, nil).expect(200, "").decode(&found)
		for _, p := range found.Items {
			names = append(names, p.Name)
		}
		slices.Sort(names)
		return names
	}
	if got := search(w.ada, "&limit=3"); !slices.Equal(got, []string{"lease.docx", "own.docx", "third.docx"}) {
		t.Errorf("Ada finds %q", got)
	}
	if got := search(w.ada, "&caseId="+third); !slices.Equal(got, []string{"third.docx"}) {
		t.Errorf("in one case Ada finds %q", got)
	}
	if got := search(w.ben, ""); !slices.Equal(got, []string{"lease.docx"}) {
		t.Errorf("Ben finds %q", got)
	}
	if got := search(w.admin(), ""); len(got) != 8 {
		t.Errorf("an admin finds %q", got)
	}
	// A deleted case is hidden from everyone.
	w.call(w.eve, "DELETE", "/api/cases/"+other, nil).expect(204, "")
	if got := search(w.admin(), ""); len(got) != 3 {
		t.Errorf("an admin finds %q", got)
	}
	if got := search(w.eve, ""); len(got) != 0 {
		t.Errorf("Eve finds %q", got)
	}
}

func TestLegalHoldAndClosedCases(t *testing.T) {
	t.Parallel()
	w := newCaseWorkFixture(t)
	w.call(w.ada, "PATCH", w.root, map[string]any{"legalHold": true}).expect(200, "")
	deletions := w.accessRequests()[8:]
	for _, u := range deletions {
		w.send(w.ada, u).expect(409, "legal_hold")
		w.send(w.admin(), u).expect(409, "legal_hold")
	}
	w.send(w.ben, w.accessRequests()[7]).expect(200, "") // but it can be worked on
	// Nobody who created or changed something there can be erased.
	w.call(w.ben, "PATCH", "/api/drafts/"+w.draft.ID.String(), map[string]any{"version": 1, "body": "Pay by Monday."}).expect(200, "")
	w.removeMember(w.ben)
	w.call(w.ben, "DELETE", "/api/users/"+w.ben.ID.String(), nil).expect(409, "legal_hold")
	w.call(w.ada, "PATCH", w.root, map[string]any{"legalHold": false, "status": "closed"}).expect(200, "")

	for _, u := range append(deletions, w.accessRequests()[7]) {
		w.send(w.ada, u).expect(409, "case_closed")
	}
	w.uploadToCase(w.ada, w.id, "late.pdf", smallPDF(1)).expect(409, "case_closed")
	w.send(w.ada, w.accessRequests()[1]).expect(200, "")
	// Erasure does not delete what belongs to the case.
	w.call(w.ben, "DELETE", "/api/users/"+w.ben.ID.String(), nil).expect(204, "")
	w.send(w.ada, w.accessRequests()[1]).expect(200, "")
	w.send(w.ada, w.accessRequests()[3]).expect(200, "")
}

// TestOwnCopyOfACase: an export contains what the person created in their cases.
func TestOwnCopyOfACase(t *testing.T) {
	t.Parallel()
	w := newCaseWorkFixture(t)
	w.uploadToCase(w.ada, w.id, "of ada.pdf", smallPDF(1)).expect(201, "")
	var x api.UserExport
	w.call(w.ben, "GET", "/api/users/"+w.ben.ID.String()+"/export", nil).expect(200, "").decode(&x)
	if len(x.Drafts)+len(x.Documents) != 0 || len(x.Cases) != 1 {
		t.Fatalf("copied %+v", x)
	}
	in := x.Cases[0]
	if len(in.Drafts) != 1 || in.Drafts[0].Draft.ID != w.draft.ID || len(in.Drafts[0].Versions) != 1 || len(in.Documents) != 1 || in.Documents[0].ID != w.doc.ID {
		t.Errorf("the case has %+v", in)
	}
	if !slices.Contains(w.timelineEntries(), "ben download draft the draft: all versions") {
		t.Error("the copy is not in the timeline")
	}
}

// TestReplayAfterLeavingCase: replaying an answer does not bypass access control.
func TestReplayAfterLeavingCase(t *testing.T) {
	t.Parallel()
	w := newCaseWorkFixture(t)
	r := ndaRequest(t)
	r["caseId"] = w.id
	var first api.RenderPdfResponse
	w.call(w.ben, "POST", "/api/docs/render-pdf", r, "Idempotency-Key", "k").expect(200, "").decode(&first)
	if first.CaseID == nil || first.CaseID.String() != w.id {
		t.Errorf("made %+v", first)
	}
	if a := w.call(w.ben, "POST", "/api/docs/render-pdf", r, "Idempotency-Key", "k").expect(200, ""); a.header.Get("Idempotency-Replayed") != "true" {
		t.Error("made anew")
	}
	var v api.Verification
	w.call(w.ada, "POST", "/api/docs/"+first.DocID.String()+"/verify", nil).expect(200, "").decode(&v)
	if !v.Intact || v.Reproducible == nil || !*v.Reproducible {
		t.Errorf("verified as %+v", v)
	}
	w.removeMember(w.ben)
	if a := w.call(w.ben, "POST", "/api/docs/render-pdf", r, "Idempotency-Key", "k").expect(404, "not_found"); strings.Contains(string(a.body), first.DocID.String()) {
		t.Errorf("told %s", a.body)
	}
	w.call(w.ada, "POST", w.root+"/members", map[string]any{"userId": w.ben.ID, "role": "viewer"}).expect(201, "")
	w.call(w.ben, "POST", "/api/docs/render-pdf", r, "Idempotency-Key", "k").expect(200, "")
}

func TestMoveDraftIntoCase(t *testing.T) {
	t.Parallel()
	w := newCaseWorkFixture(t)
	var d api.Draft
	w.call(w.ben, "POST", "/api/drafts", map[string]any{"title": "Mine", "body": "Text"}).expect(201, "").decode(&d)
	path := "/api/drafts/" + d.ID.String()
	move := func(who *user, caseID string) response {
		t.Helper()
		return w.call(who, "PATCH", path, map[string]any{"version": 1, "caseId": caseID})
	}
	other := w.createCase(w.eve)
	move(w.ben, domain.NewID().String()).expect(404, "not_found")
	move(w.ben, other).expect(404, "not_found")
	move(w.eve, other).expect(404, "not_found") // not her draft
	w.call(w.ada, "GET", path, nil).expect(404, "not_found")
	move(w.ben, w.id).expect(200, "").decode(&d)
	if d.CaseID == nil || d.CaseID.String() != w.id || d.Version != 1 {
		t.Errorf("moved %+v", d)
	}
	w.call(w.ada, "GET", path, nil).expect(200, "")
	move(w.ben, w.id).expect(200, "") // repeating it changes nothing
	// A draft cannot leave its case, and other cases cannot be discovered.
	for _, to := range []string{other, domain.NewID().String()} {
		if p := move(w.ben, to).expect(409, "conflict").problem(); *p.Detail != "A draft stays in its case." {
			t.Errorf("told %q", *p.Detail)
		}
	}
	w.removeMember(w.ben)
	w.call(w.ben, "GET", path, nil).expect(404, "not_found")
	move(w.ben, w.id).expect(404, "not_found")
	if got := w.timelineEntries(); !slices.Contains(got, "ben create draft: version 1, moved into the case") {
		t.Errorf("logged %q", got)
	}
}

func TestUploadForms(t *testing.T) {
	t.Parallel()
	w := newCaseWorkFixture(t)
	w.uploadToCase(w.ben, w.id, "a.pdf", smallPDF(1), w.id).expect(400, "malformed")
	w.uploadToCase(w.ben, "here", "a.pdf", smallPDF(1)).expect(422, "invalid")
	w.uploadToCase(w.ben, strings.Repeat("x", 100_000), "a.pdf", smallPDF(1)).expect(422, "invalid")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	testkit.Must(t, form.WriteField("caseId", w.id))
	testkit.Must(t, form.Close())
	w.call(w.ben, "POST", "/api/docs", body.String(), "Content-Type", form.FormDataContentType()).expect(422, "invalid")
	var docs api.StoredDocumentList
	w.call(w.ben, "GET", "/api/docs?caseId="+w.id, nil).expect(200, "").decode(&docs)
	if len(docs.Items) != 1 {
		t.Errorf("kept %+v", docs)
	}
}

// TestGenerateDocumentInCase: an AI draft for a case belongs to the case, and so does its consultation. Who is
// removed while the AI writes gets nothing.
func TestGenerateDocumentInCase(t *testing.T) {
	t.Parallel()
	w := newCaseWorkFixture(t)
	var types api.DocumentTypeList
	w.call(w.ben, "GET", "/api/ai/document-types", nil).expect(200, "").decode(&types)
	request := map[string]any{"type": types.Items[0].ID, "inputs": types.Items[0].Example, "caseId": w.id}
	var made api.GenerateDocumentResponse
	w.call(w.ben, "POST", "/api/ai/generate-document", request).expect(200, "").decode(&made)
	var d api.Draft
	w.call(w.ada, "GET", "/api/drafts/"+made.DraftID.String(), nil).expect(200, "").decode(&d)
	if d.CaseID == nil || d.CaseID.String() != w.id || d.Body != made.DraftText {
		t.Errorf("drafted %+v", d)
	}
	var c api.Consultation
	w.call(w.ada, "GET", "/api/ai/consultations/"+made.ConsultationID.String(), nil).expect(200, "").decode(&c)
	if c.CaseID == nil || c.CaseID.String() != w.id {
		t.Errorf("asked %+v", c)
	}
	if !slices.Contains(w.timelineEntries(), "ben create draft: consultation "+made.ConsultationID.String()) {
		t.Errorf("logged %q", w.timelineEntries())
	}
	w.call(w.eve, "POST", "/api/ai/generate-document", request).expect(404, "not_found")

	asked := w.model.Count()
	testkit.Must(t, w.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeSlow, DelayMs: 1500}))
	request["tone"] = "plain" // not in the cache
	done := make(chan response)
	go func() { done <- w.call(w.ben, "POST", "/api/ai/generate-document", request) }()
	for deadline := time.Now().Add(10 * time.Second); w.model.Count() == asked; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("the model was not called")
		}
	}
	w.removeMember(w.ben)
	(<-done).expect(404, "not_found")
	var drafts api.DraftList
	w.call(w.ada, "GET", "/api/drafts?caseId="+w.id, nil).expect(200, "").decode(&drafts)
	if len(drafts.Items) != 2 {
		t.Errorf("in the case are %+v", drafts)
	}
}
