package handlers_test

import (
	"strings"
	"testing"

	"counsel/domain"
	"counsel/gen/api"
)

func TestDrafts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleClient), f.register("bob", domain.RoleLawyer)

	var d api.Draft
	f.call(bob, "POST", "/api/drafts", map[string]any{"title": "Notice", "body": "We end it on 31 December 2026.", "locale": "en-IE", "type": "nda"}).expect(201, "").decode(&d)
	if d.Status != api.DraftStatusDrafted || d.Version != 1 || d.Origin != api.DraftOriginWritten || *d.Type != "nda" || d.QualityScore != nil {
		t.Errorf("written %+v", d)
	}
	path := "/api/drafts/" + d.ID.String()
	f.call(bob, "PATCH", path, map[string]any{"version": 1, "body": "We end it on 31 January 2027.", "note": "Longer"}).expect(200, "").decode(&d)
	if d.Version != 2 || d.Title != "Notice" {
		t.Errorf("edited %+v", d)
	}
	if p := f.call(bob, "PATCH", path, map[string]any{"version": 1, "body": "An edit of an old text."}).expect(409, "conflict").problem(); !strings.Contains(*p.Detail, "version is 2") {
		t.Errorf("a stale edit gets %q", *p.Detail)
	}
	f.call(bob, "PATCH", path, map[string]any{"version": 2, "status": "reviewed"}).expect(200, "").decode(&d)
	if d.ReviewedBy == nil || *d.ReviewedBy != bob.ID || d.ReviewedAt == nil {
		t.Errorf("reviewed %+v", d)
	}
	f.call(bob, "PATCH", path, map[string]any{"version": 2, "status": "final"}).expect(200, "").decode(&d)
	f.call(bob, "PATCH", path, map[string]any{"version": 2, "title": "Too late"}).expect(409, "conflict")
	f.call(bob, "DELETE", path, nil).expect(409, "conflict")

	var versions api.DraftVersionList
	f.call(bob, "GET", path+"/versions?limit=1", nil).expect(200, "").decode(&versions)
	if len(versions.Items) != 1 || versions.Items[0].Version != 2 || *versions.Items[0].Note != "Longer" || versions.NextCursor == nil {
		t.Fatalf("versions %+v", versions)
	}
	cursor := *versions.NextCursor
	versions = api.DraftVersionList{}
	f.call(bob, "GET", path+"/versions?limit=1&cursor="+cursor, nil).expect(200, "").decode(&versions)
	if len(versions.Items) != 1 || versions.Items[0].Version != 1 || versions.NextCursor != nil {
		t.Errorf("the rest %+v", versions)
	}
	f.call(bob, "GET", path+"/versions?cursor=zzz", nil).expect(422, "invalid")
	var first api.DraftVersion
	f.call(bob, "GET", path+"/versions/1", nil).expect(200, "").decode(&first)
	if first.Body != "We end it on 31 December 2026." || first.AuthorID != bob.ID {
		t.Errorf("version 1 %+v", first)
	}
	f.call(bob, "GET", path+"/versions/3", nil).expect(404, "not_found")
	f.call(bob, "GET", path+"/versions/0", nil).expect(400, "malformed")
	f.call(bob, "GET", path+"/versions/one", nil).expect(400, "malformed")

	var c api.DraftComparison
	f.call(bob, "GET", path+"/compare?from=1&to=2", nil).expect(200, "").decode(&c)
	if len(c.Hunks) != 1 || c.InsertedWords != 2 || c.DeletedWords != 2 || c.Hunks[0].Changes[1].Text != "December 2026" {
		t.Errorf("compared %+v", c)
	}
	f.call(bob, "GET", path+"/compare?from=2&to=2", nil).expect(200, "").decode(&c)
	if len(c.Hunks) != 0 {
		t.Errorf("equal texts %+v", c)
	}
	f.call(bob, "GET", path+"/compare?from=1", nil).expect(400, "malformed")
	f.call(bob, "GET", path+"/compare?from=1&to=x", nil).expect(400, "malformed")

	// To all others except admins it does not exist.
	for _, call := range [][2]string{{"GET", ""}, {"DELETE", ""}, {"GET", "/versions"}, {"GET", "/versions/1"}, {"GET", "/compare?from=1&to=2"}} {
		f.call(ada, call[0], path+call[1], nil).expect(404, "not_found")
	}
	f.call(ada, "PATCH", path, map[string]any{"version": 2, "title": "Mine"}).expect(404, "not_found")
	f.call(f.admin(), "GET", path, nil).expect(200, "")
	f.call(ada, "GET", "/api/drafts?userId="+bob.ID.String(), nil).expect(403, "forbidden")
	var page api.DraftList
	f.call(ada, "GET", "/api/drafts", nil).expect(200, "").decode(&page)
	if len(page.Items) != 0 {
		t.Errorf("ada sees %+v", page)
	}

	// Clients cannot review.
	f.call(ada, "POST", "/api/drafts", map[string]any{"title": "Mine", "body": "Text"}).expect(201, "").decode(&d)
	path = "/api/drafts/" + d.ID.String()
	f.call(ada, "PATCH", path, map[string]any{"version": 1, "status": "reviewed"}).expect(403, "forbidden")
	f.call(ada, "PATCH", path, map[string]any{"version": 1}).expect(422, "invalid")
	f.call(ada, "PATCH", path, map[string]any{"version": 1, "status": "signed"}).expect(422, "invalid")
	f.call(ada, "PATCH", path, map[string]any{"title": "No version"}).expect(422, "invalid")
	f.call(ada, "PATCH", path, map[string]any{"version": 1, "owner": "me"}).expect(400, "malformed")
	f.call(ada, "DELETE", path, nil).expect(204, "")
	f.call(ada, "GET", path, nil).expect(404, "not_found")
	if logs := f.logs.String(); strings.Contains(logs, "31 December") || strings.Contains(logs, "Notice") {
		t.Error("the log contains words of a draft")
	}
}

func TestGeneratedDraft(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	var types api.DocumentTypeList
	f.call(ada, "GET", "/api/ai/document-types", nil).expect(200, "").decode(&types)
	var made api.GenerateDocumentResponse
	f.call(ada, "POST", "/api/ai/generate-document", map[string]any{"type": types.Items[0].ID, "inputs": types.Items[0].Example}).expect(200, "").decode(&made)

	var page api.DraftList
	f.call(ada, "GET", "/api/drafts?status=drafted&type="+types.Items[0].ID, nil).expect(200, "").decode(&page)
	if len(page.Items) != 1 || page.Items[0].ID != made.DraftID || page.Items[0].Origin != api.DraftOriginGenerated {
		t.Fatalf("listed %+v", page)
	}
	var d api.Draft
	path := "/api/drafts/" + made.DraftID.String()
	f.call(ada, "GET", path, nil).expect(200, "").decode(&d)
	if d.Body != made.DraftText || d.QualityScore == nil || *d.QualityScore != made.QualityScore || len(d.Warnings) != len(made.Warnings) || d.Version != 1 {
		t.Errorf("kept %+v", d)
	}
	// The consultation outlives the draft.
	f.call(ada, "DELETE", path, nil).expect(204, "")
	var c api.Consultation
	f.call(ada, "GET", "/api/ai/consultations/"+made.ConsultationID.String(), nil).expect(200, "").decode(&c)
	if c.DraftID != nil || c.Answer != made.DraftText {
		t.Errorf("consultation %+v", c)
	}
}
