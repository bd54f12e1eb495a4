package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"counsel/domain"
	"counsel/gen/api"
)

func TestCases(t *testing.T) {
	b := newBundle(t)
	ada, bob := b.join("ada", domain.RoleLawyer), b.join("bob", domain.RoleClient)
	var c api.Case
	b.call(ada, "POST", "/api/cases", map[string]any{"title": "Northwind v. Southwind", "description": "Late deliveries."}).wants(201, "").into(&c)
	root := "/api/cases/" + c.ID.String()
	if c.Status != api.CaseStatusOpen || c.MyRole == nil || *c.MyRole != api.CaseRoleOwner || c.CreatedBy != ada.ID || c.ClosedAt != nil {
		t.Errorf("opened %+v", c)
	}
	b.call(bob, "GET", root, nil).wants(404, "not_found")

	var list api.CaseList
	b.call(ada, "GET", "/api/cases?q=southwind&status=open", nil).wants(200, "").into(&list)
	if len(list.Items) != 1 || list.Items[0].ID != c.ID {
		t.Errorf("found %+v", list)
	}
	b.call(ada, "GET", "/api/cases?q=westwind", nil).wants(200, "").into(&list)
	if len(list.Items) != 0 {
		t.Errorf("found %+v", list)
	}
	var mine api.CaseList
	b.call(bob, "GET", "/api/cases", nil).wants(200, "").into(&mine)
	if len(mine.Items) != 0 {
		t.Errorf("a stranger's list holds %+v", mine)
	}
	b.call(ada, "GET", "/api/cases?status=lost", nil).wants(400, "malformed")
	b.call(ada, "GET", "/api/cases?cursor=zz", nil).wants(400, "malformed")

	b.call(ada, "PATCH", root, map[string]any{"legalHold": true}).wants(200, "").into(&c)
	if !c.LegalHold || c.Title != "Northwind v. Southwind" {
		t.Errorf("changed to %+v", c)
	}
	b.call(ada, "DELETE", root, nil).wants(409, "legal_hold")
	b.call(ada, "PATCH", root, map[string]any{"legalHold": false, "status": "closed"}).wants(200, "").into(&c)
	if c.ClosedAt == nil {
		t.Error("a closed case does not say since when")
	}
	b.call(ada, "POST", root+"/notes", map[string]any{"body": "too late"}).wants(409, "case_closed")
	b.call(ada, "PATCH", root, map[string]any{}).wants(422, "invalid")
	b.call(ada, "PATCH", root, map[string]any{"owner": "me"}).wants(400, "malformed")
	b.call(ada, "DELETE", root, nil).wants(204, "")
	b.call(ada, "GET", root, nil).wants(404, "not_found")
	b.call(b.admin(), "GET", root, nil).wants(404, "not_found")
	if strings.Contains(b.logs.String(), "Northwind") {
		t.Error("the log holds a case's title")
	}
}

func TestCaseMembers(t *testing.T) {
	b := newBundle(t)
	ada, bob := b.join("ada", domain.RoleLawyer), b.join("bob", domain.RoleClient)
	var c api.Case
	b.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).wants(201, "").into(&c)
	root := "/api/cases/" + c.ID.String()
	b.call(ada, "POST", root+"/members", map[string]any{"email": "bob@example.com", "role": "lawyer"}).wants(422, "invalid")
	b.call(ada, "POST", root+"/members", map[string]any{"email": "nobody@example.com", "role": "viewer"}).wants(422, "invalid")
	b.call(ada, "POST", root+"/members", map[string]any{"email": "bob@example.com", "userId": bob.ID}).wants(422, "invalid")
	var m api.CaseMember
	b.call(ada, "POST", root+"/members", map[string]any{"email": "Bob@Example.com", "role": "client"}).wants(201, "").into(&m)
	if m.UserID != bob.ID || m.FullName != "bob" || m.Role != api.CaseRoleClient {
		t.Errorf("added %+v", m)
	}
	b.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "viewer"}).wants(409, "conflict")
	b.call(ada, "PATCH", root+"/members/"+ada.ID.String(), map[string]any{"role": "viewer"}).wants(409, "conflict")
	b.call(ada, "PATCH", root+"/members/"+bob.ID.String(), map[string]any{"role": "viewer"}).wants(200, "").into(&m)
	var list api.CaseMemberList
	b.call(bob, "GET", root+"/members", nil).wants(200, "").into(&list)
	if len(list.Items) != 2 || list.Items[0].Email != "ada@example.com" || list.Items[1] != m {
		t.Errorf("listed %+v", list)
	}
	b.call(bob, "DELETE", root+"/members/"+ada.ID.String(), nil).wants(403, "forbidden")
	b.call(bob, "DELETE", root+"/members/"+bob.ID.String(), nil).wants(204, "")
	b.call(bob, "GET", root, nil).wants(404, "not_found")
}

func TestCaseWork(t *testing.T) {
	b := newBundle(t)
	ada := b.join("ada", domain.RoleLawyer)
	var c api.Case
	b.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).wants(201, "").into(&c)
	root := "/api/cases/" + c.ID.String()
	for range 3 {
		b.call(ada, "POST", root+"/notes", map[string]any{"body": "They offered to settle."}).wants(201, "")
	}
	var first, second api.CaseNoteList
	b.call(ada, "GET", root+"/notes?limit=2", nil).wants(200, "").into(&first)
	b.call(ada, "GET", root+"/notes?cursor="+*first.NextCursor, nil).wants(200, "").into(&second)
	if len(first.Items) != 2 || len(second.Items) != 1 || second.NextCursor != nil {
		t.Errorf("paged %+v, %+v", first, second)
	}
	b.call(ada, "DELETE", root+"/notes/"+second.Items[0].ID.String(), nil).wants(204, "")
	b.call(ada, "DELETE", root+"/notes/"+second.Items[0].ID.String(), nil).wants(404, "not_found")
	b.call(ada, "POST", root+"/notes", map[string]any{"body": " "}).wants(422, "invalid")

	var task api.CaseTask
	a := b.call(ada, "POST", root+"/tasks", map[string]any{"title": "File", "dueOn": "2026-12-15", "assigneeId": ada.ID}).wants(201, "")
	if !strings.Contains(string(a.body), `"dueOn":"2026-12-15"`) {
		t.Errorf("the due date came as %s", a.body)
	}
	a.into(&task)
	b.call(ada, "POST", root+"/tasks", map[string]any{"title": "File", "dueOn": "2026-02-30"}).wants(422, "invalid")
	b.call(ada, "POST", root+"/tasks", map[string]any{"title": "File", "assigneeId": domain.NewID()}).wants(422, "invalid")
	b.call(ada, "PUT", root+"/tasks/"+task.ID.String(), map[string]any{"title": "File", "status": "done"}).wants(200, "").into(&task)
	var tasks api.CaseTaskList
	b.call(ada, "GET", root+"/tasks?status=done", nil).wants(200, "").into(&tasks)
	if len(tasks.Items) != 1 || tasks.Items[0].DueOn != nil || tasks.Items[0].AssigneeID != nil {
		t.Errorf("done: %+v", tasks)
	}
	b.call(ada, "DELETE", root+"/tasks/"+task.ID.String(), nil).wants(204, "")
	b.call(ada, "PUT", root+"/tasks/"+task.ID.String(), map[string]any{"title": "File"}).wants(404, "not_found")

	var page, older api.CaseTimeline
	b.call(ada, "GET", root+"/timeline?limit=3", nil).wants(200, "").into(&page)
	b.call(ada, "GET", root+"/timeline?limit=3&cursor="+*page.NextCursor, nil).wants(200, "").into(&older)
	if len(page.Items) != 3 || older.Items[0].Seq != page.Items[2].Seq-1 || older.Items[0].Hash != page.Items[2].PrevHash {
		t.Errorf("paged %+v, %+v", page, older)
	}
	for _, bad := range []string{"AAAAAAAAAAA", "__________8", "zz"} {
		b.call(ada, "GET", root+"/timeline?cursor="+bad, nil).wants(400, "malformed")
	}
	var v api.TimelineVerdict
	b.call(ada, "GET", root+"/timeline/verify", nil).wants(200, "").into(&v)
	if !v.Intact || v.Entries < 10 || v.BrokenAt != nil {
		t.Errorf("verified %+v", v)
	}
	for _, method := range []string{http.MethodDelete, http.MethodPost, http.MethodPut, http.MethodPatch} {
		b.call(ada, method, root+"/timeline", nil).wants(405, "method_not_allowed")
	}
}
