package handlers_test

import (
	"slices"
	"strings"
	"testing"

	"counsel/domain"
	"counsel/gen/api"
)

func templateBody(version string) map[string]any {
	return map[string]any{
		"version": version,
		"body":    "---\nname: Notice\ntitle: Notice to {{to}}\nnumbering: none\n---\n# Notice\n\nDear {{to}}, we end it{{#reason}} because {{reason}}{{/reason}}.\n",
		"schema": map[string]any{"type": "object", "additionalProperties": false, "required": []string{"to"},
			"properties": map[string]any{"to": map[string]any{"type": "string", "minLength": 1}, "reason": map[string]any{"type": "string"}}},
		"sampleData": map[string]any{"to": "Ada"},
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleClient), f.register("bob", domain.RoleLawyer)

	var ids []string
	for query := "?limit=4"; query != ""; {
		var page api.TemplateList
		f.call(ada, "GET", "/api/templates"+query, nil).expect(200, "").decode(&page)
		query = ""
		if page.NextCursor != nil {
			if query = "?limit=4&cursor=" + *page.NextCursor; len(page.Items) != 4 {
				t.Fatalf("a page %+v", page)
			}
		}
		for _, item := range page.Items {
			ids = append(ids, item.TemplateID)
		}
	}
	if len(ids) < 6 || !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) || !slices.Contains(ids, "service-agreement") {
		t.Errorf("lists %v", ids)
	}
	f.call(ada, "GET", "/api/templates?cursor=a", nil).expect(422, "invalid")

	// Everyone can read and preview the templates that come with the service.
	var shipped api.TemplateVersion
	f.call(ada, "GET", "/api/templates/nda/versions/1", nil).expect(200, "").decode(&shipped)
	if !shipped.Published || shipped.AuthorID != nil || shipped.Schema["type"] != "object" || shipped.SampleData["partyA"] == nil {
		t.Errorf("shipped %+v", shipped)
	}
	var seen api.TemplatePreview
	f.call(ada, "POST", "/api/templates/nda/versions/1/preview", map[string]any{}).expect(200, "").decode(&seen)
	if !strings.Contains(seen.HTML, "Northwind Robotics Ltd") || !strings.Contains(seen.Title, "Lumen Sensors GmbH") {
		t.Errorf("preview %+v", seen)
	}
	p := f.call(ada, "POST", "/api/templates/nda/versions/1/preview", map[string]any{"data": map[string]any{"partyA": map[string]any{}, "colour": "red"}}).expect(422, "invalid").problem()
	var pointers []string
	for _, e := range p.Errors {
		pointers = append(pointers, e.Pointer)
	}
	if got := strings.Join(pointers, " "); got != "/data/colour /data/governingLaw /data/partyA/name /data/partyB /data/purpose" {
		t.Errorf("names %s", got)
	}
	f.call(ada, "POST", "/api/templates/nda/versions/9/preview", map[string]any{}).expect(404, "not_found")

	// A lawyer's own.
	create := templateBody("1")
	create["templateId"] = "notice"
	f.call(ada, "POST", "/api/templates", create).expect(403, "forbidden")
	var made api.TemplateVersion
	f.call(bob, "POST", "/api/templates", create).expect(201, "").decode(&made)
	if made.Published || made.Name != "Notice" || *made.AuthorID != bob.ID || made.Body != create["body"] {
		t.Errorf("made %+v", made)
	}
	f.call(bob, "POST", "/api/templates", create).expect(409, "conflict")
	f.call(bob, "POST", "/api/templates/notice/versions", templateBody("1")).expect(409, "conflict")
	f.call(bob, "POST", "/api/templates/absent/versions", templateBody("1")).expect(404, "not_found")
	f.call(bob, "POST", "/api/templates/nda/versions", templateBody("2")).expect(403, "forbidden")
	for _, path := range []string{"/api/templates/notice", "/api/templates/notice/versions/1"} {
		f.call(ada, "GET", path, nil).expect(404, "not_found")
		f.call(bob, "GET", path, nil).expect(200, "")
	}
	f.call(ada, "POST", "/api/templates/notice/versions/1/preview", map[string]any{}).expect(404, "not_found")
	f.call(ada, "POST", "/api/templates/notice/versions/1/publish", nil).expect(403, "forbidden")
	f.call(bob, "POST", "/api/templates/notice/versions/1/publish", nil).expect(200, "").decode(&made)
	if !made.Published || made.PublishedAt == nil {
		t.Errorf("published %+v", made)
	}
	f.call(bob, "POST", "/api/templates/notice/versions/2/publish", nil).expect(404, "not_found")
	f.call(bob, "POST", "/api/templates/notice/versions", templateBody("2.0")).expect(201, "")
	var tmpl api.Template
	f.call(ada, "GET", "/api/templates/notice", nil).expect(200, "").decode(&tmpl)
	if len(tmpl.Versions) != 1 || tmpl.LatestVersion != "1" {
		t.Errorf("a client sees %+v", tmpl)
	}

	// Data is printed as text.
	f.call(ada, "POST", "/api/templates/notice/versions/1/preview", map[string]any{"data": map[string]any{"to": "<script>alert(1)</script> **x** {{reason}}"}}).expect(200, "").decode(&seen)
	if !strings.Contains(seen.HTML, "Dear &lt;script&gt;alert(1)&lt;/script&gt; **x** {{reason}}, we end it.") {
		t.Errorf("preview %s", seen.HTML)
	}

	bad := templateBody("3")
	bad["body"] = "---\nname: Notice\ntitle: Notice\n---\n{{>notice}}"
	if p := f.call(bob, "POST", "/api/templates/notice/versions", bad).expect(422, "invalid").problem(); p.Errors[0].Pointer != "/body" || !strings.Contains(p.Errors[0].Detail, "include") {
		t.Errorf("a template that includes itself: %+v", p.Errors)
	}
	bad = templateBody("../3")
	f.call(bob, "POST", "/api/templates/notice/versions", bad).expect(422, "invalid")
	bad = templateBody("3")
	bad["schema"] = map[string]any{"$ref": "file:///etc/passwd"}
	if p := f.call(bob, "POST", "/api/templates/notice/versions", bad).expect(422, "invalid").problem(); p.Errors[0].Pointer != "/schema/$ref" {
		t.Errorf("a schema with a reference to a file: %+v", p.Errors)
	}
	bad = templateBody("3")
	bad["sampleData"] = map[string]any{"to": 7}
	if p := f.call(bob, "POST", "/api/templates/notice/versions", bad).expect(422, "invalid").problem(); p.Errors[0].Pointer != "/sampleData/to" {
		t.Errorf("a sample that does not fit: %+v", p.Errors)
	}
	// Every refusal is within the contract, which each answer is checked against.
	long := strings.Repeat("x", 5000)
	for _, body := range []string{"{{" + long + "}}", "{{>" + long + "}}", "{{#" + long + "}}", "{{#a=" + long + "}}", strings.Repeat("[](#"+long[:60]+")\n\n", 200)} {
		bad = templateBody("3")
		bad["body"] = "---\nname: x\ntitle: x\n---\n" + body
		f.call(bob, "POST", "/api/templates/notice/versions", bad).expect(422, "invalid")
	}
	bad = templateBody("3")
	bad["body"] = "---\n" + long + ": x\n---\n"
	f.call(bob, "POST", "/api/templates/notice/versions", bad).expect(422, "invalid")
	f.call(ada, "POST", "/api/templates/notice/versions/1/preview", map[string]any{"data": map[string]any{long: 1, "to": "x"}}).expect(422, "invalid")
	bad = templateBody("3")
	bad["extra"] = true
	f.call(bob, "POST", "/api/templates/notice/versions", bad).expect(400, "malformed")
}

// TestUnrenderableTemplates: they are refused when they are created, not when they are rendered.
func TestUnrenderableTemplates(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	bob := f.register("bob", domain.RoleLawyer)
	for name, tc := range map[string]struct{ language, text, to, pointer, detail string }{
		"a language without a format":   {"ja", "Dear {{to}}", "Ada", "/body", "language"},
		"letters the fonts lack":        {"de", "Sehr geehrte {{to}} 契約", "Ada", "/body", "U+5951"},
		"in a section that is left out": {"en", "Dear {{to}}{{#reason}} שלום {{/reason}}", "Ada", "/body", "U+05"},
		"in the sample":                 {"en", "Dear {{to}}", "田中", "/sampleData/to", "U+7530"},
	} {
		bad := templateBody("1")
		bad["templateId"] = "unprintable"
		bad["body"] = "---\nname: Notice\ntitle: Notice\nlanguage: " + tc.language + "\n---\n" + tc.text + "\n"
		bad["sampleData"] = map[string]any{"to": tc.to}
		p := f.call(bob, "POST", "/api/templates", bad).expect(422, "invalid").problem()
		if len(p.Errors) == 0 || p.Errors[0].Pointer != tc.pointer || !strings.Contains(p.Errors[0].Detail, tc.detail) {
			t.Errorf("%s: %+v", name, p.Errors)
		}
	}
}

// TestTemplatesOfOthers: sharing, unpublishing, archiving and copying, as others see it.
func TestTemplatesOfOthers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob, eve := f.register("ada", domain.RoleClient), f.register("bob", domain.RoleLawyer), f.register("eve", domain.RoleLawyer)
	create := templateBody("1")
	create["templateId"] = "notice"
	f.call(bob, "POST", "/api/templates", create).expect(201, "")
	use := map[string]any{"templateId": "notice", "version": "1", "data": map[string]any{"to": "Ada"}}
	render := func(who *user, status int, code string) response {
		t.Helper()
		return f.call(who, "POST", "/api/docs/render-pdf", use).expect(status, code)
	}
	for method, path := range map[string]string{"GET": "/api/templates/notice", "POST": "/api/templates/notice/archive"} {
		f.call(eve, method, path, nil).expect(404, "not_found")
	}
	f.call(eve, "POST", "/api/templates/notice/versions", templateBody("2")).expect(404, "not_found")
	render(eve, 404, "not_found")

	f.call(bob, "POST", "/api/templates/notice/versions/1/publish", nil).expect(200, "")
	var doc api.RenderPdfResponse
	render(eve, 200, "").decode(&doc)
	f.call(eve, "POST", "/api/templates/notice/versions", templateBody("2")).expect(403, "forbidden")
	f.call(eve, "POST", "/api/templates/notice/versions/1/publish", nil).expect(403, "forbidden")
	f.call(eve, "PATCH", "/api/templates/notice", map[string]any{"sharing": "private"}).expect(403, "forbidden")
	f.call(eve, "POST", "/api/templates/notice/unpublish", nil).expect(403, "forbidden")
	var tmpl api.Template
	f.call(bob, "PATCH", "/api/templates/notice", map[string]any{"sharing": "private"}).expect(200, "").decode(&tmpl)
	if tmpl.Sharing != "private" || *tmpl.OwnerID != bob.ID {
		t.Errorf("shared as %+v", tmpl)
	}
	render(ada, 404, "not_found")
	f.call(bob, "PATCH", "/api/templates/notice", map[string]any{"sharing": "all"}).expect(422, "invalid")
	f.call(bob, "PATCH", "/api/templates/notice", map[string]any{"sharing": "firm"}).expect(200, "")

	// A document of an unpublished version can still be rendered again and verified.
	f.call(bob, "POST", "/api/templates/notice/unpublish?version=7", nil).expect(404, "not_found")
	f.call(bob, "POST", "/api/templates/notice/unpublish?version=1", nil).expect(200, "").decode(&tmpl)
	if tmpl.Versions[0].Published {
		t.Errorf("published still: %+v", tmpl)
	}
	render(ada, 404, "not_found")
	render(bob, 409, "template_unpublished")
	verify := func() {
		t.Helper()
		var v api.Verification
		f.call(eve, "POST", "/api/docs/"+doc.DocID.String()+"/verify", nil).expect(200, "").decode(&v)
		if !v.Intact || v.Reproducible == nil || !*v.Reproducible {
			t.Errorf("verified as %+v", v)
		}
	}
	verify()
	f.call(bob, "POST", "/api/templates/notice/versions/1/publish", nil).expect(200, "")
	f.call(bob, "POST", "/api/templates/notice/archive", nil).expect(200, "").decode(&tmpl)
	if tmpl.ArchivedAt == nil {
		t.Errorf("archived as %+v", tmpl)
	}
	render(bob, 409, "template_archived")
	f.call(bob, "POST", "/api/templates/notice/versions", templateBody("2")).expect(409, "template_archived")
	f.call(ada, "GET", "/api/templates/notice", nil).expect(404, "not_found")
	verify()

	// A copy belongs to the user who made it.
	var copied api.TemplateVersion
	f.call(eve, "POST", "/api/templates/nda/copy", map[string]any{"templateId": "our-nda"}).expect(201, "").decode(&copied)
	if copied.TemplateID != "our-nda" || copied.Published || *copied.AuthorID != eve.ID {
		t.Errorf("copied %+v", copied)
	}
	f.call(eve, "POST", "/api/templates/nda/copy", map[string]any{"templateId": "our-nda"}).expect(409, "conflict")
	f.call(ada, "POST", "/api/templates/nda/copy", map[string]any{"templateId": "mine"}).expect(403, "forbidden")
	f.call(bob, "GET", "/api/templates/our-nda", nil).expect(404, "not_found")
	f.call(bob, "POST", "/api/templates/nda/archive", nil).expect(403, "forbidden")
	f.call(f.admin(), "POST", "/api/templates/our-nda/archive", nil).expect(200, "")

	// An export contains the user's templates; erasure leaves those that the firm uses.
	var all api.UserExport
	f.call(bob, "GET", "/api/users/"+bob.ID.String()+"/export", nil).expect(200, "").decode(&all)
	if len(all.Templates) != 1 || all.Templates[0].TemplateID != "notice" {
		t.Errorf("exported %+v", all.Templates)
	}
	f.call(bob, "DELETE", "/api/users/"+bob.ID.String(), nil).expect(204, "")
	verify()
}
