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
)

// walled is a case with what belongs to it: Ada leads it, Ben made the things in it.
type walled struct {
	*bundle
	ada, ben, eve *person // eve is of no case
	id, root      string
	doc           api.StoredDocument
	draft         api.Draft
}

func newWalled(t *testing.T) *walled {
	b := newBundle(t)
	w := &walled{bundle: b, ada: b.join("ada", domain.RoleLawyer), ben: b.join("ben", domain.RoleLawyer), eve: b.join("eve", domain.RoleLawyer)}
	w.id = w.open(w.ada)
	w.root = "/api/cases/" + w.id
	b.call(w.ada, "POST", w.root+"/members", map[string]any{"userId": w.ben.ID, "role": "lawyer"}).wants(201, "")
	w.put(w.ben, w.id, "lease.docx", wordFile(t, "The tenant xylophone gives notice in writing.")).wants(201, "").into(&w.doc)
	b.call(w.ben, "POST", "/api/drafts", map[string]any{"title": "Letter", "body": "Pay by Friday.", "caseId": w.id}).wants(201, "").into(&w.draft)
	must(t, b.archive.Read(t.Context()))
	return w
}

func (b *bundle) open(who *person) string {
	b.t.Helper()
	var c api.Case
	b.call(who, "POST", "/api/cases", map[string]any{"title": "A case"}).wants(201, "").into(&c)
	return c.ID.String()
}

// put uploads a file into a case; caseId stands behind the file.
func (b *bundle) put(who *person, matter, name string, content []byte, more ...string) answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	p, err := w.CreateFormFile("file", name)
	must(b.t, err)
	_, err = p.Write(content)
	must(b.t, err)
	for _, v := range append([]string{matter}, more...) {
		must(b.t, w.WriteField("caseId", v))
	}
	must(b.t, w.Close())
	return b.call(who, "POST", "/api/docs", body.String(), "Content-Type", w.FormDataContentType())
}

func (w *walled) dismiss(who *person) {
	w.t.Helper()
	w.call(w.ada, "DELETE", w.root+"/members/"+who.ID.String(), nil).wants(204, "")
}

// entries are the newest of the timeline, the newest first, without those of reading it.
func (w *walled) entries() (lines []string) {
	w.t.Helper()
	var page api.CaseTimeline
	w.call(w.ada, "GET", w.root+"/timeline?limit=100", nil).wants(200, "").into(&page)
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

// uses are all ways to what Ben made.
func (w *walled) uses() [][3]string {
	doc, draft := "/api/docs/"+w.doc.ID.String(), "/api/drafts/"+w.draft.ID.String()
	return [][3]string{
		{"GET", doc}, {"GET", doc + "/content"}, {"POST", doc + "/verify"},
		{"GET", draft}, {"GET", draft + "/versions"}, {"GET", draft + "/versions/1"}, {"GET", draft + "/compare?from=1&to=1"},
		{"PATCH", draft, `{"version":1,"note":"x","title":"Letter"}`}, {"DELETE", doc}, {"DELETE", draft},
	}
}

func (w *walled) use(who *person, u [3]string) answer {
	w.t.Helper()
	if u[2] == "" {
		return w.call(who, u[0], u[1], nil)
	}
	return w.call(who, u[0], u[1], u[2])
}

// TestWall: what belongs to a case is its members', not its maker's, and each use is put down.
func TestWall(t *testing.T) {
	w := newWalled(t)
	if w.doc.CaseID == nil || w.doc.CaseID.String() != w.id || w.draft.CaseID == nil || w.draft.CaseID.String() != w.id {
		t.Fatalf("made outside of the case: %+v, %+v", w.doc, w.draft)
	}
	if left := time.Until(w.doc.FileURLExpiresAt); left > 5*time.Minute {
		t.Errorf("a link into the case lasts %s", left)
	}
	for _, u := range w.uses()[:8] {
		if a := w.use(w.ada, u); a.status != 200 {
			t.Errorf("a member's %s %s: %d %s", u[0], u[1], a.status, a.body)
		}
	}
	var found api.PassageList
	w.call(w.ada, "GET", "/api/docs/search?q=xylophone", nil).wants(200, "").into(&found)
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
	if got := w.entries(); !slices.Equal(got, want) {
		t.Errorf("put down:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	// What is of the case is not among what is its maker's own, and the other way round.
	var drafts api.DraftList
	var docs api.StoredDocumentList
	own := func(who *person, query string) int {
		t.Helper()
		w.call(who, "GET", "/api/drafts"+query, nil).wants(200, "").into(&drafts)
		w.call(who, "GET", "/api/docs"+query, nil).wants(200, "").into(&docs)
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

	w.dismiss(w.ben)
	w.call(w.ben, "GET", "/api/docs/search?q=xylophone", nil).wants(200, "").into(&found)
	if len(found.Items) != 0 {
		t.Errorf("after leaving, Ben finds %+v", found)
	}
	for _, who := range []*person{w.ben, w.eve} {
		before := len(w.entries())
		for _, u := range w.uses() {
			w.use(who, u).wants(404, "not_found")
		}
		for _, of := range []string{"/api/docs?caseId=", "/api/drafts?caseId=", "/api/docs/search?q=xylophone&caseId="} {
			w.call(who, "GET", of+w.id, nil).wants(404, "not_found")
		}
		w.call(who, "POST", "/api/drafts", map[string]any{"title": "Mine", "body": "x", "caseId": w.id}).wants(404, "not_found")
		w.put(who, w.id, "mine.pdf", smallPDF(1)).wants(404, "not_found")
		r := ndaRequest(t)
		r["caseId"] = w.id
		w.call(who, "POST", "/api/docs/render-pdf", r).wants(404, "not_found")
		w.cases.FlushDenials(t.Context())
		after := w.entries()
		if n := len(after) - before; n != 1 {
			t.Errorf("%d refusals are put down", n)
		}
		for _, line := range after[:len(after)-before] {
			if !strings.Contains(line, "refused") {
				t.Errorf("put down %q", line)
			}
		}
	}
	w.files.mu.Lock()
	if len(w.files.files) != 1 {
		t.Errorf("%d files are stored", len(w.files.files))
	}
	w.files.mu.Unlock()

	// Ada still has it all, and can take it away; an admin finds what was left.
	w.call(w.admin(), "GET", "/api/docs/search?q=xylophone", nil).wants(200, "").into(&found)
	if len(found.Items) != 1 {
		t.Errorf("an admin finds %+v", found)
	}
	for _, u := range w.uses()[8:] {
		w.use(w.ada, u).wants(204, "")
		w.use(w.ada, u).wants(404, "not_found")
	}
	if n := len(w.files.files); n != 0 {
		t.Errorf("%d files are left", n)
	}
	var v api.TimelineVerdict
	w.call(w.ada, "GET", w.root+"/timeline/verify", nil).wants(200, "").into(&v)
	if !v.Intact {
		t.Errorf("the timeline: %+v", v)
	}
}

// TestSearchAcrossCases: one search finds what the caller may read, wherever it is, and of the
// rest nothing takes up room on the page.
func TestSearchAcrossCases(t *testing.T) {
	w := newWalled(t)
	other, third := w.open(w.eve), w.open(w.ada)
	for range 5 {
		w.put(w.eve, other, "eve.docx", wordFile(t, "xylophone xylophone xylophone")).wants(201, "")
	}
	w.put(w.ada, third, "third.docx", wordFile(t, "Another xylophone, in a third case.")).wants(201, "")
	w.upload(w.ada, "own.docx", wordFile(t, "A xylophone of one's own.")).wants(201, "")
	must(t, w.archive.Read(t.Context()))
	search := func(who *person, query string) (names []string) {
		t.Helper()
		var found api.PassageList
		w.call(who, "GET", "/api/docs/search?q=xylophone"+query, nil).wants(200, "").into(&found)
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
	// A deleted case is hidden from everybody.
	w.call(w.eve, "DELETE", "/api/cases/"+other, nil).wants(204, "")
	if got := search(w.admin(), ""); len(got) != 3 {
		t.Errorf("an admin finds %q", got)
	}
	if got := search(w.eve, ""); len(got) != 0 {
		t.Errorf("Eve finds %q", got)
	}
}

func TestHeldAndClosed(t *testing.T) {
	w := newWalled(t)
	w.call(w.ada, "PATCH", w.root, map[string]any{"legalHold": true}).wants(200, "")
	deletions := w.uses()[8:]
	for _, u := range deletions {
		w.use(w.ada, u).wants(409, "legal_hold")
		w.use(w.admin(), u).wants(409, "legal_hold")
	}
	w.use(w.ben, w.uses()[7]).wants(200, "") // but it can be worked on
	// Nobody who made something there can be erased, nor who only changed something.
	w.call(w.ben, "PATCH", "/api/drafts/"+w.draft.ID.String(), map[string]any{"version": 1, "body": "Pay by Monday."}).wants(200, "")
	w.dismiss(w.ben)
	w.call(w.ben, "DELETE", "/api/users/"+w.ben.ID.String(), nil).wants(409, "legal_hold")
	w.call(w.ada, "PATCH", w.root, map[string]any{"legalHold": false, "status": "closed"}).wants(200, "")

	for _, u := range append(deletions, w.uses()[7]) {
		w.use(w.ada, u).wants(409, "case_closed")
	}
	w.put(w.ada, w.id, "late.pdf", smallPDF(1)).wants(409, "case_closed")
	w.use(w.ada, w.uses()[1]).wants(200, "")
	// Erasure leaves to the case what is the case's.
	w.call(w.ben, "DELETE", "/api/users/"+w.ben.ID.String(), nil).wants(204, "")
	w.use(w.ada, w.uses()[1]).wants(200, "")
	w.use(w.ada, w.uses()[3]).wants(200, "")
}

// TestOwnCopyOfACase: a copy of what is held about somebody has what they made in their cases.
func TestOwnCopyOfACase(t *testing.T) {
	w := newWalled(t)
	w.put(w.ada, w.id, "of ada.pdf", smallPDF(1)).wants(201, "")
	var x api.UserExport
	w.call(w.ben, "GET", "/api/users/"+w.ben.ID.String()+"/export", nil).wants(200, "").into(&x)
	if len(x.Drafts)+len(x.Documents) != 0 || len(x.Cases) != 1 {
		t.Fatalf("copied %+v", x)
	}
	in := x.Cases[0]
	if len(in.Drafts) != 1 || in.Drafts[0].Draft.ID != w.draft.ID || len(in.Drafts[0].Versions) != 1 || len(in.Documents) != 1 || in.Documents[0].ID != w.doc.ID {
		t.Errorf("of the case: %+v", in)
	}
	if !slices.Contains(w.entries(), "ben download draft the draft: all versions") {
		t.Error("the copy is not put down")
	}
}

// TestReplayBehindTheWall: an answer that is repeated is not a way around the wall.
func TestReplayBehindTheWall(t *testing.T) {
	w := newWalled(t)
	r := ndaRequest(t)
	r["caseId"] = w.id
	var first api.RenderPdfResponse
	w.call(w.ben, "POST", "/api/docs/render-pdf", r, "Idempotency-Key", "k").wants(200, "").into(&first)
	if first.CaseID == nil || first.CaseID.String() != w.id {
		t.Errorf("made %+v", first)
	}
	if a := w.call(w.ben, "POST", "/api/docs/render-pdf", r, "Idempotency-Key", "k").wants(200, ""); a.header.Get("Idempotency-Replayed") != "true" {
		t.Error("made anew")
	}
	var v api.Verification
	w.call(w.ada, "POST", "/api/docs/"+first.DocID.String()+"/verify", nil).wants(200, "").into(&v)
	if !v.Intact || v.Reproducible == nil || !*v.Reproducible {
		t.Errorf("verified as %+v", v)
	}
	w.dismiss(w.ben)
	if a := w.call(w.ben, "POST", "/api/docs/render-pdf", r, "Idempotency-Key", "k").wants(404, "not_found"); strings.Contains(string(a.body), first.DocID.String()) {
		t.Errorf("told %s", a.body)
	}
	w.call(w.ada, "POST", w.root+"/members", map[string]any{"userId": w.ben.ID, "role": "viewer"}).wants(201, "")
	w.call(w.ben, "POST", "/api/docs/render-pdf", r, "Idempotency-Key", "k").wants(200, "")
}

func TestMoveDraftIntoACase(t *testing.T) {
	w := newWalled(t)
	var d api.Draft
	w.call(w.ben, "POST", "/api/drafts", map[string]any{"title": "Mine", "body": "Text"}).wants(201, "").into(&d)
	path := "/api/drafts/" + d.ID.String()
	move := func(who *person, matter string) answer {
		t.Helper()
		return w.call(who, "PATCH", path, map[string]any{"version": 1, "caseId": matter})
	}
	other := w.open(w.eve)
	move(w.ben, domain.NewID().String()).wants(404, "not_found")
	move(w.ben, other).wants(404, "not_found")
	move(w.eve, other).wants(404, "not_found") // it is not hers
	w.call(w.ada, "GET", path, nil).wants(404, "not_found")
	move(w.ben, w.id).wants(200, "").into(&d)
	if d.CaseID == nil || d.CaseID.String() != w.id || d.Version != 1 {
		t.Errorf("moved %+v", d)
	}
	w.call(w.ada, "GET", path, nil).wants(200, "")
	move(w.ben, w.id).wants(200, "") // once more changes nothing
	// There is no way out, and none to find out what other cases there are.
	for _, to := range []string{other, domain.NewID().String()} {
		if p := move(w.ben, to).wants(409, "conflict").problem(); *p.Detail != "A draft stays in its case." {
			t.Errorf("told %q", *p.Detail)
		}
	}
	w.dismiss(w.ben)
	w.call(w.ben, "GET", path, nil).wants(404, "not_found")
	move(w.ben, w.id).wants(404, "not_found")
	if got := w.entries(); !slices.Contains(got, "ben create draft: version 1, moved into the case") {
		t.Errorf("put down %q", got)
	}
}

func TestUploadForms(t *testing.T) {
	w := newWalled(t)
	w.put(w.ben, w.id, "a.pdf", smallPDF(1), w.id).wants(400, "malformed")
	w.put(w.ben, "here", "a.pdf", smallPDF(1)).wants(422, "invalid")
	w.put(w.ben, strings.Repeat("x", 100_000), "a.pdf", smallPDF(1)).wants(422, "invalid")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	must(t, form.WriteField("caseId", w.id))
	must(t, form.Close())
	w.call(w.ben, "POST", "/api/docs", body.String(), "Content-Type", form.FormDataContentType()).wants(422, "invalid")
	var docs api.StoredDocumentList
	w.call(w.ben, "GET", "/api/docs?caseId="+w.id, nil).wants(200, "").into(&docs)
	if len(docs.Items) != 1 {
		t.Errorf("kept %+v", docs)
	}
}

// TestDraftedInACase: what the AI drafts for a case is the case's, question and all; and who is put
// out while it writes is given nothing.
func TestDraftedInACase(t *testing.T) {
	w := newWalled(t)
	var types api.DocumentTypeList
	w.call(w.ben, "GET", "/api/ai/document-types", nil).wants(200, "").into(&types)
	request := map[string]any{"type": types.Items[0].ID, "inputs": types.Items[0].Example, "caseId": w.id}
	var made api.GenerateDocumentResponse
	w.call(w.ben, "POST", "/api/ai/generate-document", request).wants(200, "").into(&made)
	var d api.Draft
	w.call(w.ada, "GET", "/api/drafts/"+made.DraftID.String(), nil).wants(200, "").into(&d)
	if d.CaseID == nil || d.CaseID.String() != w.id || d.Body != made.DraftText {
		t.Errorf("drafted %+v", d)
	}
	var c api.Consultation
	w.call(w.ada, "GET", "/api/ai/consultations/"+made.ConsultationID.String(), nil).wants(200, "").into(&c)
	if c.CaseID == nil || c.CaseID.String() != w.id {
		t.Errorf("asked %+v", c)
	}
	if !slices.Contains(w.entries(), "ben create draft: consultation "+made.ConsultationID.String()) {
		t.Errorf("put down %q", w.entries())
	}
	w.call(w.eve, "POST", "/api/ai/generate-document", request).wants(404, "not_found")

	asked := w.model.Count()
	must(t, w.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeSlow, DelayMs: 1500}))
	request["tone"] = "plain" // not in the cache
	done := make(chan answer)
	go func() { done <- w.call(w.ben, "POST", "/api/ai/generate-document", request) }()
	for deadline := time.Now().Add(10 * time.Second); w.model.Count() == asked; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("the model was not asked")
		}
	}
	w.dismiss(w.ben)
	(<-done).wants(404, "not_found")
	var drafts api.DraftList
	w.call(w.ada, "GET", "/api/drafts?caseId="+w.id, nil).wants(200, "").into(&drafts)
	if len(drafts.Items) != 2 {
		t.Errorf("in the case are %+v", drafts)
	}
}
