package handlers_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"counsel/domain"
	"counsel/gen/api"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

// ndaRequest is a request for the shipped NDA with its sample data.
func ndaRequest(t testing.TB) map[string]any {
	t.Helper()
	raw, err := os.ReadFile("../domain/templates/builtin/nda/1/sample.json")
	testkit.Must(t, err)
	var data map[string]any
	testkit.Must(t, json.Unmarshal(raw, &data))
	return map[string]any{"templateId": "nda", "version": "1", "data": data}
}

func TestRenderPdf(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleClient), f.register("bob", domain.RoleClient)
	var first, second api.RenderPdfResponse
	f.call(ada, "POST", "/api/docs/render-pdf", ndaRequest(t)).expect(200, "").decode(&first)
	f.call(bob, "POST", "/api/docs/render-pdf", ndaRequest(t)).expect(200, "").decode(&second)
	if first.Checksum != second.Checksum || first.DocID == second.DocID || first.Size == 0 {
		t.Errorf("the same request returned %+v and %+v", first, second)
	}

	content := f.call(ada, "GET", "/api/docs/"+first.DocID.String()+"/content", nil).expect(200, "")
	sum := sha256.Sum256(content.body)
	if "sha256:"+hex.EncodeToString(sum[:]) != first.Checksum || int64(len(content.body)) != first.Size || !strings.HasPrefix(string(content.body), "%PDF-") {
		t.Error("the bytes served are not those of the checksum")
	}
	f.call(bob, "GET", "/api/docs/"+first.DocID.String()+"/content", nil).expect(404, "not_found")

	var v api.Verification
	f.call(ada, "POST", "/api/docs/"+first.DocID.String()+"/verify", nil).expect(200, "").decode(&v)
	if !v.Intact || v.Reproducible == nil || !*v.Reproducible {
		t.Errorf("verified as %+v", v)
	}

	// An option changes the bytes.
	draft := ndaRequest(t)
	draft["options"] = map[string]any{"draft": true, "pageSize": "Letter", "verifyUrl": "https://counsel.example/verify"}
	var marked api.RenderPdfResponse
	f.call(ada, "POST", "/api/docs/render-pdf", draft).expect(200, "").decode(&marked)
	if marked.Checksum == first.Checksum {
		t.Error("a draft looks like the final document")
	}
}

func TestEveryShippedTemplateRenders(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	var list api.TemplateList
	f.call(ada, "GET", "/api/templates?limit=100", nil).expect(200, "").decode(&list)
	if len(list.Items) < 6 {
		t.Fatalf("only %d built-in templates", len(list.Items))
	}
	for _, item := range list.Items {
		var v api.TemplateVersion
		f.call(ada, "GET", "/api/templates/"+item.TemplateID+"/versions/1", nil).expect(200, "").decode(&v)
		f.call(ada, "POST", "/api/docs/render-pdf", map[string]any{"templateId": item.TemplateID, "version": "1", "data": v.SampleData}).expect(200, "")
	}
}

func TestRenderPdfErrors(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	for name, c := range map[string]struct {
		change  func(data map[string]any)
		pointer string
	}{
		"a missing field":  {func(d map[string]any) { delete(d, "purpose") }, "/data/purpose"},
		"an unknown field": {func(d map[string]any) { d["purpoze"] = "x" }, "/data/purpoze"},
		"an emoji":         {func(d map[string]any) { d["purpose"] = "To be glad 😀 together" }, "/data/purpose"},
		"Arabic":           {func(d map[string]any) { d["partyB"].(map[string]any)["name"] = "شركة الاختبار" }, "/data/partyB/name"},
	} {
		r := ndaRequest(t)
		data := maps.Clone(r["data"].(map[string]any))
		c.change(data)
		r["data"] = data
		a := f.call(ada, "POST", "/api/docs/render-pdf", r).expect(422, "invalid")
		if e := a.problem().Errors; !slices.ContainsFunc(e, func(f api.FieldError) bool { return f.Pointer == c.pointer }) {
			t.Errorf("%s: names %+v, want %s", name, e, c.pointer)
		}
	}
	f.call(ada, "POST", "/api/docs/render-pdf", map[string]any{"templateId": "manifesto", "version": "1", "data": map[string]any{}}).expect(404, "not_found")
	r := ndaRequest(t)
	r["version"] = "99"
	f.call(ada, "POST", "/api/docs/render-pdf", r).expect(404, "not_found")

	var list api.StoredDocumentList
	f.call(ada, "GET", "/api/docs", nil).expect(200, "").decode(&list)
	if len(list.Items) != 0 {
		t.Errorf("refused, but %d documents are stored", len(list.Items))
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleClient), f.register("bob", domain.RoleClient)
	key := []string{"Idempotency-Key", "render-1"}
	var first, repeated, others api.RenderPdfResponse
	f.call(ada, "POST", "/api/docs/render-pdf", ndaRequest(t), key...).expect(200, "").decode(&first)
	a := f.call(ada, "POST", "/api/docs/render-pdf", ndaRequest(t), key...).expect(200, "")
	a.decode(&repeated)
	if repeated.DocID != first.DocID || a.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("repeated: %+v, then %+v", first, repeated)
	}
	f.call(bob, "POST", "/api/docs/render-pdf", ndaRequest(t), key...).expect(200, "").decode(&others)
	if others.DocID == first.DocID {
		t.Error("another caller got the first caller's response")
	}
	other := ndaRequest(t)
	other["options"] = map[string]any{"draft": true}
	f.call(ada, "POST", "/api/docs/render-pdf", other, key...).expect(409, "idempotency_key_reused")
	f.call(ada, "POST", "/api/docs/render-pdf", other, "Idempotency-Key", "with space").expect(400, "malformed")

	// A failed request can be retried under the same key.
	bad := ndaRequest(t)
	bad["version"] = "99"
	f.call(ada, "POST", "/api/docs/render-pdf", bad, "Idempotency-Key", "render-2").expect(404, "not_found")
	f.call(ada, "POST", "/api/docs/render-pdf", ndaRequest(t), "Idempotency-Key", "render-2").expect(200, "")

	// Concurrent requests under one key render one document.
	var wg sync.WaitGroup
	answers := make(chan response, 10)
	for range 10 {
		wg.Go(func() {
			answers <- f.call(ada, "POST", "/api/docs/render-pdf", ndaRequest(t), "Idempotency-Key", "render-3")
		})
	}
	wg.Wait()
	close(answers)
	made := map[string]bool{}
	for a := range answers {
		if a.status == 409 {
			a.expect(409, "idempotency_in_progress")
			continue
		}
		var r api.RenderPdfResponse
		a.expect(200, "").decode(&r)
		made[r.DocID.String()] = true
	}
	if len(made) != 1 {
		t.Errorf("one key created %d documents", len(made))
	}
}

// TestClientDisconnects: the server or the database went down before the answer was stored; a retry finds the
// document that the first request created.
func TestClientDisconnects(t *testing.T) {
	t.Parallel()
	url := testenv.SchemaURL(t)
	pool := testenv.OpenDB(t, url)
	f := newFixture(t, func(s *fixtureConfig) { s.Database.URL = url })
	lena := f.register("lena", domain.RoleLawyer)
	forget := func() {
		t.Helper()
		_, err := pool.ExecContext(t.Context(), "UPDATE idempotency_keys SET status = 0, answer = '', held_until = created_at")
		testkit.Must(t, err)
	}
	render := func() (r api.RenderPdfResponse) {
		t.Helper()
		f.call(lena, "POST", "/api/docs/render-pdf", ndaRequest(t), "Idempotency-Key", "k").expect(200, "").decode(&r)
		return r
	}
	first := render()
	forget()
	if repeated := render(); repeated.DocID != first.DocID || repeated.Checksum != first.Checksum {
		t.Errorf("%+v, then %+v", first, repeated)
	}
	// It went down before the file was stored: the sweep deletes that row.
	forget()
	_, err := pool.ExecContext(t.Context(), "UPDATE documents SET state = 'pending'")
	testkit.Must(t, err)
	if repeated := render(); repeated.DocID == first.DocID || repeated.Checksum != first.Checksum {
		t.Errorf("%+v, then %+v", first, repeated)
	}

	for path, body := range map[string]map[string]any{
		"/api/email/send":       {"to": []string{"ada@example.com"}, "subject": "x", "bodyText": "x"},
		"/api/email/send-batch": {"emails": []any{map[string]any{"to": []string{"ada@example.com"}, "subject": "x", "bodyText": "x"}, map[string]any{"to": []string{"bob@example.com"}, "subject": "x", "bodyText": "x"}}},
	} {
		first := f.call(lena, "POST", path, body, "Idempotency-Key", "k").expect(202, "")
		forget()
		if repeated := f.call(lena, "POST", path, body, "Idempotency-Key", "k").expect(202, ""); !bytes.Equal(repeated.body, first.body) {
			t.Errorf("%s: %s, then %s", path, first.body, repeated.body)
		}
	}
	var mails int
	testkit.Must(t, pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM emails WHERE kind = 'message'").Scan(&mails))
	if mails != 3 {
		t.Errorf("%d mails for two requests", mails)
	}
}

// TestRenderDraft: a draft is rendered, marked DRAFT until it is final, and can be rendered again after the
// draft changed.
func TestRenderDraft(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleClient)
	var d api.Draft
	f.call(ada, "POST", "/api/drafts", map[string]any{"title": "Notice to quit", "body": "We end the lease.\n\n| Room | Rent |\n|---|---|\n| Kitchen | 100 |", "locale": "en-IE"}).expect(201, "").decode(&d)
	path := "/api/drafts/" + d.ID.String()
	render := func(body map[string]any, header ...string) (r api.RenderPdfResponse) {
		t.Helper()
		f.call(ada, "POST", path+"/render-pdf", body, header...).expect(200, "").decode(&r)
		return r
	}
	text := func(r api.RenderPdfResponse) string {
		t.Helper()
		a := f.call(ada, "GET", "/api/docs/"+r.DocID.String()+"/content", nil).expect(200, "")
		sum := sha256.Sum256(a.body)
		if "sha256:"+hex.EncodeToString(sum[:]) != r.Checksum {
			t.Error("the bytes served are not those of the checksum")
		}
		read, err := readers().texts.Pages(t.Context(), "application/pdf", strings.NewReader(string(a.body)), int64(len(a.body)))
		testkit.Must(t, err)
		return strings.Join(strings.Fields(strings.Join(read.Pages, " ")), " ")
	}
	first := render(map[string]any{})
	if got := text(first); !strings.Contains(got, "Notice to quit") || !strings.Contains(got, "We end the lease. Room Rent Kitchen 100") || !strings.Contains(got, "DRAFT") {
		t.Errorf("reads %q", got)
	}
	if repeated := render(map[string]any{"version": 1}); repeated.Checksum != first.Checksum || repeated.DocID == first.DocID {
		t.Errorf("once more: %+v", repeated)
	}
	if letter := render(map[string]any{"options": map[string]any{"pageSize": "Letter", "verifyUrl": "https://counsel.example/v"}}); letter.Checksum == first.Checksum {
		t.Error("the options change nothing")
	}
	key := []string{"Idempotency-Key", "draft-1"}
	if once, repeated := render(map[string]any{}, key...), render(map[string]any{}, key...); once.DocID != repeated.DocID {
		t.Error("one key created two documents")
	}
	f.call(ada, "POST", path+"/render-pdf", map[string]any{"version": 1}, key...).expect(409, "idempotency_key_reused")
	f.call(ada, "POST", "/api/drafts/"+domain.NewID().String()+"/render-pdf", map[string]any{}, key...).expect(409, "idempotency_key_reused")

	// The draft changes. The final version is not marked; earlier versions still are.
	f.call(ada, "PATCH", path, map[string]any{"version": 1, "body": "# Notice\n\nWe end it.", "status": "reviewed"}).expect(200, "")
	f.call(ada, "PATCH", path, map[string]any{"version": 2, "status": "final"}).expect(200, "")
	final := render(map[string]any{})
	if got := text(final); strings.Contains(got, "DRAFT") || strings.Contains(got, "Notice to quit") || !strings.Contains(got, "Notice We end it.") {
		t.Errorf("the final text is %q", got)
	}
	if old := render(map[string]any{"version": 1}); old.Checksum != first.Checksum {
		t.Error("the first version changed")
	}
	if marked := render(map[string]any{"options": map[string]any{"draft": true}}); marked.Checksum == final.Checksum {
		t.Error("a final text cannot be marked")
	}
	verified := func(r api.RenderPdfResponse) {
		t.Helper()
		var v api.Verification
		f.call(ada, "POST", "/api/docs/"+r.DocID.String()+"/verify", nil).expect(200, "").decode(&v)
		if !v.Intact || v.Reproducible == nil || !*v.Reproducible {
			t.Errorf("verified as %+v", v)
		}
	}
	verified(first)
	verified(final)

	f.call(ada, "POST", path+"/render-pdf", map[string]any{"version": 3}).expect(404, "not_found")
	f.call(bob, "POST", path+"/render-pdf", map[string]any{}).expect(404, "not_found")
	f.call(ada, "POST", path+"/render-pdf", map[string]any{"options": map[string]any{"colour": "red"}}).expect(400, "malformed")

	// A document outlives its draft and can still be rendered again.
	f.call(ada, "POST", "/api/drafts", map[string]any{"title": "Gone", "body": "soon"}).expect(201, "").decode(&d)
	path = "/api/drafts/" + d.ID.String()
	gone := render(map[string]any{})
	f.call(ada, "DELETE", path, nil).expect(204, "")
	verified(gone)
}

// TestRenderDraftErrors: what cannot be printed is named, and nothing is stored.
func TestRenderDraftErrors(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	for name, c := range map[string]struct{ title, body, pointer, detail string }{
		"an emoji":                 {"Notice", "We are glad 😀.", "/body", "U+1F600"},
		"an emoji in the title":    {"Glad 😀", "Text", "/title", "U+1F600"},
		"Arabic":                   {"Notice", "شركة", "/body", "U+0634"},
		"a picture":                {"Notice", "Our sign:\n\n![logo](https://example.com/logo.png)", "/body", "logo.png"},
		"a picture without a file": {"Notice", "![]()", "/body", "image"},
		"a picture in a table":     {"Notice", "| a |\n|---|\n| ![x](data:image/png;base64,AAAA) |", "/body", "data:image/png"},
		"a reference to nothing":   {"Notice", "See [clause](#nowhere).", "/body", "nowhere"},
	} {
		var d api.Draft
		f.call(ada, "POST", "/api/drafts", map[string]any{"title": c.title, "body": c.body}).expect(201, "").decode(&d)
		a := f.call(ada, "POST", "/api/drafts/"+d.ID.String()+"/render-pdf", map[string]any{}).expect(422, "invalid")
		if e := a.problem().Errors; !slices.ContainsFunc(e, func(f api.FieldError) bool { return f.Pointer == c.pointer && strings.Contains(f.Detail, c.detail) }) {
			t.Errorf("%s: names %+v", name, e)
		}
	}
	// A text without visible content is still a page with its title.
	var d api.Draft
	f.call(ada, "POST", "/api/drafts", map[string]any{"title": "Empty", "body": "[a]: https://example.com"}).expect(201, "").decode(&d)
	f.call(ada, "POST", "/api/drafts/"+d.ID.String()+"/render-pdf", map[string]any{}).expect(200, "")
	var list api.StoredDocumentList
	f.call(ada, "GET", "/api/docs", nil).expect(200, "").decode(&list)
	if len(list.Items) != 1 {
		t.Errorf("%d documents are stored", len(list.Items))
	}
}

// TestLargeDrafts: the largest drafts are rendered well within the time limit of a request. That no text is
// missing is tested in clients/pdf.
func TestLargeDrafts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	for name, c := range map[string]struct {
		body  string
		pages int // at least
	}{
		"a table":     {"| Item | What |\n|---|---|\n" + strings.Repeat("| an item | chair and table |\n", 10_000), 200},
		"a paragraph": {strings.Repeat("words and ", 49_999), 90},
	} {
		var d api.Draft
		f.call(ada, "POST", "/api/drafts", map[string]any{"title": name, "body": c.body}).expect(201, "").decode(&d)
		var r api.RenderPdfResponse
		f.call(ada, "POST", "/api/drafts/"+d.ID.String()+"/render-pdf", map[string]any{}).expect(200, "").decode(&r)
		file := f.call(ada, "GET", "/api/docs/"+r.DocID.String()+"/content", nil).expect(200, "").body
		if n := len(regexp.MustCompile(`/Type ?/Page\b`).FindAll(file, -1)); n < c.pages {
			t.Errorf("%s has %d pages", name, n)
		}
	}
}

// TestRenderWithoutAStore: without an object store nothing is stored, and the key can be used for a retry.
func TestRenderWithoutAStore(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	var d api.Draft
	f.call(ada, "POST", "/api/drafts", map[string]any{"title": "Notice", "body": "Text"}).expect(201, "").decode(&d)
	for path, body := range map[string]any{"/api/docs/render-pdf": ndaRequest(t), "/api/drafts/" + d.ID.String() + "/render-pdf": map[string]any{}} {
		f.store.SetDown(true)
		if a := f.call(ada, "POST", path, body, "Idempotency-Key", "k").expect(503, "storage_unavailable"); a.header.Get("Retry-After") != "7" {
			t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
		}
		f.store.SetDown(false)
		var list api.StoredDocumentList
		f.call(ada, "GET", "/api/docs", nil).expect(200, "").decode(&list)
		before := len(list.Items)
		for range 2 {
			f.call(ada, "POST", path, body, "Idempotency-Key", "k").expect(200, "")
		}
		f.call(ada, "GET", "/api/docs", nil).expect(200, "").decode(&list)
		if len(list.Items) != before+1 {
			t.Errorf("%s: %d documents, then %d", path, before, len(list.Items))
		}
	}
}
