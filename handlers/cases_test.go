package handlers_test

import (
	"encoding/json"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/gen/api"
	"counsel/sandbox/llm"
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
	b.call(ada, "POST", root+"/members", map[string]any{"email": "nobody@example.com", "role": "viewer"}).wants(202, "")
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

func TestParties(t *testing.T) {
	b := newBundle(t)
	ada, bob, eve := b.join("ada", domain.RoleLawyer), b.join("bob", domain.RoleLawyer), b.join("eve", domain.RoleClient)
	open := func(who *person, title string) (api.ID, string) {
		var c api.Case
		b.call(who, "POST", "/api/cases", map[string]any{"title": title}).wants(201, "").into(&c)
		return c.ID, "/api/cases/" + c.ID.String()
	}
	secret, root := open(ada, "Top secret merger")
	_, other := open(bob, "Harmless")
	b.call(ada, "POST", root+"/parties", map[string]any{"kind": "company", "side": "client", "name": "Müller & Söhne GmbH"}).wants(201, "")

	var p api.CaseParty
	a := b.call(bob, "POST", other+"/parties", map[string]any{"kind": "company", "side": "opposing", "name": "MUELLER UND SOEHNE G.m.b.H.", "email": "info@mueller.example"}).wants(201, "")
	a.into(&p)
	if len(p.Conflicts) != 1 || p.Conflicts[0].CaseID != nil || p.Conflicts[0].Side != api.PartySideClient || len(p.Conflicts[0].Matched) != 1 {
		t.Errorf("conflicts: %s", a.body)
	}
	if strings.Contains(string(a.body), secret.String()) || strings.Contains(string(a.body), "secret") {
		t.Errorf("the other case is revealed: %s", a.body)
	}

	// Whoever may see both is told which.
	b.call(bob, "POST", other+"/members", map[string]any{"userId": ada.ID, "role": "assistant"}).wants(201, "")
	b.call(bob, "POST", other+"/members", map[string]any{"userId": eve.ID, "role": "client"}).wants(201, "")
	var seen, hidden, none api.CasePartyList
	b.call(ada, "GET", other+"/parties", nil).wants(200, "").into(&seen)
	b.call(bob, "GET", other+"/parties", nil).wants(200, "").into(&hidden)
	b.call(eve, "GET", other+"/parties", nil).wants(200, "").into(&none)
	if id := seen.Items[0].Conflicts[0].CaseID; id == nil || *id != secret {
		t.Errorf("seen as %+v", seen)
	}
	if hidden.Items[0].Conflicts[0].CaseID != nil || len(none.Items) != 1 || none.Items[0].Conflicts != nil {
		t.Errorf("hidden as %+v, to a client as %+v", hidden, none)
	}
	b.call(bob, "DELETE", other+"/parties/"+p.ID.String(), nil).wants(204, "")
	b.call(bob, "DELETE", other+"/parties/"+p.ID.String(), nil).wants(404, "not_found")
	b.call(bob, "POST", other+"/parties", map[string]any{"kind": "company", "side": "client", "name": " "}).wants(422, "invalid")
}

func TestConsultationsOfACase(t *testing.T) {
	b := newBundle(t)
	ada, bob, eve := b.join("ada", domain.RoleLawyer), b.join("bob", domain.RoleLawyer), b.join("eve", domain.RoleClient)
	open := func() (string, string) {
		var c api.Case
		b.call(ada, "POST", "/api/cases", map[string]any{"title": "Northwind v. Southwind", "description": "John Miller delivered late."}).wants(201, "").into(&c)
		return c.ID.String(), "/api/cases/" + c.ID.String()
	}
	id, root := open()
	elsewhere, _ := open()
	b.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "viewer"}).wants(201, "")
	in := func(who *person, id string, more map[string]any) map[string]any {
		q := question(who, "May a late delivery be refused?")
		q["context"] = map[string]any{"caseId": id}
		for k, v := range more {
			q["context"].(map[string]any)[k] = v
		}
		return q
	}
	var first, again, other, plain api.ChatResponse
	b.call(ada, "POST", "/api/ai/chat", in(ada, id, nil)).wants(200, "").into(&first)
	b.call(ada, "POST", "/api/ai/chat", in(ada, id, nil)).wants(200, "").into(&again)
	b.call(ada, "POST", "/api/ai/chat", in(ada, elsewhere, nil)).wants(200, "").into(&other)
	b.call(eve, "POST", "/api/ai/chat", question(eve, "May a late delivery be refused?")).wants(200, "").into(&plain)
	if first.Cached || !again.Cached || other.Cached || plain.Cached {
		t.Errorf("one case's answer was another's: %v %v %v %v", first.Cached, again.Cached, other.Cached, plain.Cached)
	}
	sent, err := json.Marshal(b.model.Requests()[0])
	must(t, err)
	if !strings.Contains(string(sent), "delivered late") || strings.Contains(string(sent), "Miller") {
		t.Errorf("of the case was sent: %s", sent)
	}

	// Every member reads it, nobody else, and not once they have left.
	path := "/api/ai/consultations/" + first.ConsultationID.String()
	var one api.Consultation
	b.call(bob, "GET", path, nil).wants(200, "").into(&one)
	if one.CaseID == nil || one.CaseID.String() != id || one.UserID != ada.ID {
		t.Errorf("read %+v", one)
	}
	var list, mine api.ConsultationList
	b.call(bob, "GET", "/api/ai/consultations?caseId="+id, nil).wants(200, "").into(&list)
	b.call(ada, "GET", "/api/ai/consultations", nil).wants(200, "").into(&mine)
	if len(list.Items) != 2 || len(mine.Items) != 0 {
		t.Errorf("of the case %+v, of no case %+v", list, mine)
	}
	b.call(eve, "GET", path, nil).wants(404, "not_found")
	b.call(eve, "GET", "/api/ai/consultations?caseId="+id, nil).wants(404, "not_found")
	b.call(b.admin(), "GET", "/api/ai/consultations?caseId="+id+"&userId="+ada.ID.String(), nil).wants(400, "malformed")
	b.call(eve, "POST", "/api/ai/chat", in(eve, id, nil)).wants(404, "not_found")
	b.call(bob, "POST", "/api/ai/chat", in(bob, id, nil)).wants(403, "forbidden")

	// It stays inside its case.
	goesOn := map[string]any{"consultationId": first.ConsultationID}
	b.call(ada, "POST", "/api/ai/chat", in(ada, id, goesOn)).wants(200, "")
	b.call(ada, "POST", "/api/ai/chat", in(ada, elsewhere, goesOn)).wants(404, "not_found")
	outside := question(ada, "And then?")
	outside["context"] = goesOn
	b.call(ada, "POST", "/api/ai/chat", outside).wants(404, "not_found")

	// An admin asks for members only.
	b.call(b.admin(), "POST", "/api/ai/chat", in(eve, id, nil)).wants(422, "invalid")
	b.call(b.admin(), "POST", "/api/ai/chat", in(bob, id, nil)).wants(200, "")

	b.cases.FlushDenials(t.Context())
	var page api.CaseTimeline
	b.call(ada, "GET", root+"/timeline?limit=100", nil).wants(200, "").into(&page)
	asked, read, refused := 0, 0, 0
	for _, e := range page.Items {
		switch {
		case e.Subject != "consultation":
		case e.Refused:
			refused++
		case e.Verb == "create":
			asked++
		case e.Verb == "read":
			read++
		}
	}
	if asked != 4 || read != 2 || refused != 2 { // the stranger once, the viewer
		t.Errorf("%d asked, %d read, %d refused", asked, read, refused)
	}

	b.call(ada, "DELETE", root+"/members/"+bob.ID.String(), nil).wants(204, "")
	b.call(bob, "GET", path, nil).wants(404, "not_found")
	b.call(ada, "PATCH", root, map[string]any{"status": "closed"}).wants(200, "")
	b.call(ada, "POST", "/api/ai/chat", in(ada, id, nil)).wants(409, "case_closed")
	b.call(ada, "GET", path, nil).wants(200, "")
	b.call(ada, "DELETE", root, nil).wants(204, "")
	b.call(ada, "GET", path, nil).wants(404, "not_found")
}

// TestRightLostWhileAsking: who is put out of a case while the AI thinks is not given its answer.
func TestRightLostWhileAsking(t *testing.T) {
	b := newBundle(t)
	ada, bob := b.join("ada", domain.RoleLawyer), b.join("bob", domain.RoleClient)
	var c api.Case
	b.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).wants(201, "").into(&c)
	root := "/api/cases/" + c.ID.String()
	b.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "client"}).wants(201, "")
	must(t, b.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeSlow, DelayMs: 1500}))
	q := question(bob, "What now?")
	q["context"] = map[string]any{"caseId": c.ID}
	done := make(chan answer)
	go func() { done <- b.call(bob, "POST", "/api/ai/chat", q) }()
	for deadline := time.Now().Add(10 * time.Second); b.model.Count() == 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("the model was not asked")
		}
	}
	b.call(ada, "DELETE", root+"/members/"+bob.ID.String(), nil).wants(204, "")
	(<-done).wants(404, "not_found")
	var list api.ConsultationList
	b.call(ada, "GET", "/api/ai/consultations?caseId="+c.ID.String(), nil).wants(200, "").into(&list)
	if len(list.Items) != 0 {
		t.Errorf("on record: %+v", list)
	}
}
