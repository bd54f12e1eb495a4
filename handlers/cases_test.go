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
	"counsel/sandbox/testkit"
)

func TestCases(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleClient)
	var c api.Case
	f.call(ada, "POST", "/api/cases", map[string]any{"title": "Northwind v. Southwind", "description": "Late deliveries."}).expect(201, "").decode(&c)
	root := "/api/cases/" + c.ID.String()
	if c.Status != api.CaseStatusOpen || c.MyRole == nil || *c.MyRole != api.CaseRoleOwner || c.CreatedBy != ada.ID || c.ClosedAt != nil {
		t.Errorf("opened %+v", c)
	}
	f.call(bob, "GET", root, nil).expect(404, "not_found")

	var list api.CaseList
	f.call(ada, "GET", "/api/cases?q=southwind&status=open", nil).expect(200, "").decode(&list)
	if len(list.Items) != 1 || list.Items[0].ID != c.ID {
		t.Errorf("found %+v", list)
	}
	f.call(ada, "GET", "/api/cases?q=westwind", nil).expect(200, "").decode(&list)
	if len(list.Items) != 0 {
		t.Errorf("found %+v", list)
	}
	var mine api.CaseList
	f.call(bob, "GET", "/api/cases", nil).expect(200, "").decode(&mine)
	if len(mine.Items) != 0 {
		t.Errorf("the list of a stranger contains %+v", mine)
	}
	f.call(ada, "GET", "/api/cases?status=lost", nil).expect(400, "malformed")
	f.call(ada, "GET", "/api/cases?cursor=zz", nil).expect(422, "invalid")

	f.call(ada, "PATCH", root, map[string]any{"legalHold": true}).expect(200, "").decode(&c)
	if !c.LegalHold || c.Title != "Northwind v. Southwind" {
		t.Errorf("changed to %+v", c)
	}
	f.call(ada, "DELETE", root, nil).expect(409, "legal_hold")
	f.call(ada, "PATCH", root, map[string]any{"legalHold": false, "status": "closed"}).expect(200, "").decode(&c)
	if c.ClosedAt == nil {
		t.Error("a closed case has no closing time")
	}
	f.call(ada, "POST", root+"/notes", map[string]any{"body": "too late"}).expect(409, "case_closed")
	f.call(ada, "PATCH", root, map[string]any{}).expect(422, "invalid")
	f.call(ada, "PATCH", root, map[string]any{"owner": "me"}).expect(400, "malformed")
	f.call(ada, "DELETE", root, nil).expect(204, "")
	f.call(ada, "GET", root, nil).expect(404, "not_found")
	f.call(f.admin(), "GET", root, nil).expect(404, "not_found")
	if strings.Contains(f.logs.String(), "Northwind") {
		t.Error("the log contains the title of a case")
	}
}

func TestCaseMembers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	ada, bob := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleClient)
	f.verifyEmail("bob@example.com")
	var c api.Case
	f.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).expect(201, "").decode(&c)
	root := "/api/cases/" + c.ID.String()
	f.call(ada, "POST", root+"/members", map[string]any{"email": "bob@example.com", "role": "lawyer"}).expect(422, "invalid")
	f.call(ada, "POST", root+"/members", map[string]any{"email": "nobody@example.com", "role": "viewer"}).expect(202, "")
	f.call(ada, "POST", root+"/members", map[string]any{"email": "bob@example.com", "userId": bob.ID}).expect(422, "invalid")
	var m api.CaseMember
	f.call(ada, "POST", root+"/members", map[string]any{"email": "Bob@Example.com", "role": "client"}).expect(201, "").decode(&m)
	if m.UserID != bob.ID || m.FullName != "bob" || m.Role != api.CaseRoleClient {
		t.Errorf("added %+v", m)
	}
	f.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "viewer"}).expect(409, "conflict")
	f.call(ada, "PATCH", root+"/members/"+ada.ID.String(), map[string]any{"role": "viewer"}).expect(409, "conflict")
	f.call(ada, "PATCH", root+"/members/"+bob.ID.String(), map[string]any{"role": "viewer"}).expect(200, "").decode(&m)
	var list api.CaseMemberList
	f.call(bob, "GET", root+"/members", nil).expect(200, "").decode(&list)
	if len(list.Items) != 2 || list.Items[0].Email != "ada@example.com" || list.Items[1] != m {
		t.Errorf("listed %+v", list)
	}
	f.call(bob, "DELETE", root+"/members/"+ada.ID.String(), nil).expect(403, "forbidden")
	f.call(bob, "DELETE", root+"/members/"+bob.ID.String(), nil).expect(204, "")
	f.call(bob, "GET", root, nil).expect(404, "not_found")
}

func TestCaseWork(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleLawyer)
	var c api.Case
	f.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).expect(201, "").decode(&c)
	root := "/api/cases/" + c.ID.String()
	for range 3 {
		f.call(ada, "POST", root+"/notes", map[string]any{"body": "They offered to settle."}).expect(201, "")
	}
	var first, second api.CaseNoteList
	f.call(ada, "GET", root+"/notes?limit=2", nil).expect(200, "").decode(&first)
	f.call(ada, "GET", root+"/notes?cursor="+*first.NextCursor, nil).expect(200, "").decode(&second)
	if len(first.Items) != 2 || len(second.Items) != 1 || second.NextCursor != nil {
		t.Errorf("paged %+v, %+v", first, second)
	}
	f.call(ada, "DELETE", root+"/notes/"+second.Items[0].ID.String(), nil).expect(204, "")
	f.call(ada, "DELETE", root+"/notes/"+second.Items[0].ID.String(), nil).expect(404, "not_found")
	f.call(ada, "POST", root+"/notes", map[string]any{"body": " "}).expect(422, "invalid")

	var task api.CaseTask
	a := f.call(ada, "POST", root+"/tasks", map[string]any{"title": "File", "dueOn": "2026-12-15", "assigneeId": ada.ID}).expect(201, "")
	if !strings.Contains(string(a.body), `"dueOn":"2026-12-15"`) {
		t.Errorf("the due date is %s", a.body)
	}
	a.decode(&task)
	f.call(ada, "POST", root+"/tasks", map[string]any{"title": "File", "dueOn": "2026-02-30"}).expect(422, "invalid")
	f.call(ada, "POST", root+"/tasks", map[string]any{"title": "File", "assigneeId": domain.NewID()}).expect(422, "invalid")
	f.call(ada, "PUT", root+"/tasks/"+task.ID.String(), map[string]any{"title": "File", "status": "done"}).expect(200, "").decode(&task)
	var tasks api.CaseTaskList
	f.call(ada, "GET", root+"/tasks?status=done", nil).expect(200, "").decode(&tasks)
	if len(tasks.Items) != 1 || tasks.Items[0].DueOn != nil || tasks.Items[0].AssigneeID != nil {
		t.Errorf("done: %+v", tasks)
	}
	f.call(ada, "DELETE", root+"/tasks/"+task.ID.String(), nil).expect(204, "")
	f.call(ada, "PUT", root+"/tasks/"+task.ID.String(), map[string]any{"title": "File"}).expect(404, "not_found")

	var page, older api.CaseTimeline
	f.call(ada, "GET", root+"/timeline?limit=3", nil).expect(200, "").decode(&page)
	f.call(ada, "GET", root+"/timeline?limit=3&cursor="+*page.NextCursor, nil).expect(200, "").decode(&older)
	if len(page.Items) != 3 || older.Items[0].Seq != page.Items[2].Seq-1 || older.Items[0].Hash != page.Items[2].PrevHash {
		t.Errorf("paged %+v, %+v", page, older)
	}
	for _, bad := range []string{"AAAAAAAAAAA", "__________8", "zz"} {
		f.call(ada, "GET", root+"/timeline?cursor="+bad, nil).expect(422, "invalid")
	}
	var v api.TimelineVerification
	f.call(ada, "GET", root+"/timeline/verify", nil).expect(200, "").decode(&v)
	if !v.Intact || v.Entries < 10 || v.BrokenAt != nil {
		t.Errorf("verified %+v", v)
	}
	for _, method := range []string{http.MethodDelete, http.MethodPost, http.MethodPut, http.MethodPatch} {
		f.call(ada, method, root+"/timeline", nil).expect(405, "method_not_allowed")
	}
}

func TestParties(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob, eve := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleLawyer), f.register("eve", domain.RoleClient)
	open := func(who *user, title string) (api.ID, string) {
		var c api.Case
		f.call(who, "POST", "/api/cases", map[string]any{"title": title}).expect(201, "").decode(&c)
		return c.ID, "/api/cases/" + c.ID.String()
	}
	secret, root := open(ada, "Top secret merger")
	_, other := open(bob, "Harmless")
	f.call(ada, "POST", root+"/parties", map[string]any{"kind": "company", "side": "client", "name": "Müller & Söhne GmbH"}).expect(201, "")

	var p api.CaseParty
	a := f.call(bob, "POST", other+"/parties", map[string]any{"kind": "company", "side": "opposing", "name": "MUELLER UND SOEHNE G.m.b.H.", "email": "info@mueller.example"}).expect(201, "")
	a.decode(&p)
	if len(p.Conflicts) != 1 || p.Conflicts[0].CaseID != nil || p.Conflicts[0].Side != api.PartySideClient || len(p.Conflicts[0].Matched) != 1 {
		t.Errorf("conflicts: %s", a.body)
	}
	if strings.Contains(string(a.body), secret.String()) || strings.Contains(string(a.body), "secret") {
		t.Errorf("the other case is revealed: %s", a.body)
	}

	// A user who can read both cases learns which one it is.
	f.call(bob, "POST", other+"/members", map[string]any{"userId": ada.ID, "role": "assistant"}).expect(201, "")
	f.call(bob, "POST", other+"/members", map[string]any{"userId": eve.ID, "role": "client"}).expect(201, "")
	var seen, hidden, none api.CasePartyList
	f.call(ada, "GET", other+"/parties", nil).expect(200, "").decode(&seen)
	f.call(bob, "GET", other+"/parties", nil).expect(200, "").decode(&hidden)
	f.call(eve, "GET", other+"/parties", nil).expect(200, "").decode(&none)
	if id := seen.Items[0].Conflicts[0].CaseID; id == nil || *id != secret {
		t.Errorf("visible as %+v", seen)
	}
	if hidden.Items[0].Conflicts[0].CaseID != nil || len(none.Items) != 1 || none.Items[0].Conflicts != nil {
		t.Errorf("hidden as %+v, to a client as %+v", hidden, none)
	}
	f.call(bob, "DELETE", other+"/parties/"+p.ID.String(), nil).expect(204, "")
	f.call(bob, "DELETE", other+"/parties/"+p.ID.String(), nil).expect(404, "not_found")
	f.call(bob, "POST", other+"/parties", map[string]any{"kind": "company", "side": "client", "name": " "}).expect(422, "invalid")
}

func TestConsultationsOfACase(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob, eve := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleLawyer), f.register("eve", domain.RoleClient)
	open := func() (string, string) {
		var c api.Case
		f.call(ada, "POST", "/api/cases", map[string]any{"title": "Northwind v. Southwind", "description": "John Miller delivered late."}).expect(201, "").decode(&c)
		return c.ID.String(), "/api/cases/" + c.ID.String()
	}
	id, root := open()
	elsewhere, _ := open()
	f.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "viewer"}).expect(201, "")
	in := func(who *user, id string, more map[string]any) map[string]any {
		q := chatBody(who, "May a late delivery be refused?")
		q["context"] = map[string]any{"caseId": id}
		for k, v := range more {
			q["context"].(map[string]any)[k] = v
		}
		return q
	}
	var first, repeated, other, plain api.ChatResponse
	f.call(ada, "POST", "/api/ai/chat", in(ada, id, nil)).expect(200, "").decode(&first)
	f.call(ada, "POST", "/api/ai/chat", in(ada, id, nil)).expect(200, "").decode(&repeated)
	f.call(ada, "POST", "/api/ai/chat", in(ada, elsewhere, nil)).expect(200, "").decode(&other)
	f.call(eve, "POST", "/api/ai/chat", chatBody(eve, "May a late delivery be refused?")).expect(200, "").decode(&plain)
	if first.Cached || !repeated.Cached || other.Cached || plain.Cached {
		t.Errorf("two cases share an answer: %v %v %v %v", first.Cached, repeated.Cached, other.Cached, plain.Cached)
	}
	sent, err := json.Marshal(f.model.Requests()[0])
	testkit.Must(t, err)
	if !strings.Contains(string(sent), "delivered late") || strings.Contains(string(sent), "Miller") {
		t.Errorf("data of the case was sent: %s", sent)
	}

	// Members can read it; others, and former members, cannot.
	path := "/api/ai/consultations/" + first.ConsultationID.String()
	var consultation api.Consultation
	f.call(bob, "GET", path, nil).expect(200, "").decode(&consultation)
	if consultation.CaseID == nil || consultation.CaseID.String() != id || consultation.UserID != ada.ID {
		t.Errorf("read %+v", consultation)
	}
	var list, mine api.ConsultationList
	f.call(bob, "GET", "/api/ai/consultations?caseId="+id, nil).expect(200, "").decode(&list)
	f.call(ada, "GET", "/api/ai/consultations", nil).expect(200, "").decode(&mine)
	if len(list.Items) != 2 || len(mine.Items) != 0 {
		t.Errorf("in the case %+v, outside of cases %+v", list, mine)
	}
	f.call(eve, "GET", path, nil).expect(404, "not_found")
	f.call(eve, "GET", "/api/ai/consultations?caseId="+id, nil).expect(404, "not_found")
	f.call(f.admin(), "GET", "/api/ai/consultations?caseId="+id+"&userId="+ada.ID.String(), nil).expect(422, "invalid")
	f.call(eve, "POST", "/api/ai/chat", in(eve, id, nil)).expect(404, "not_found")
	f.call(bob, "POST", "/api/ai/chat", in(bob, id, nil)).expect(403, "forbidden")

	// It cannot be used outside its case.
	goesOn := map[string]any{"consultationId": first.ConsultationID}
	f.call(ada, "POST", "/api/ai/chat", in(ada, id, goesOn)).expect(200, "")
	f.call(ada, "POST", "/api/ai/chat", in(ada, elsewhere, goesOn)).expect(404, "not_found")
	outside := chatBody(ada, "And then?")
	outside["context"] = goesOn
	f.call(ada, "POST", "/api/ai/chat", outside).expect(404, "not_found")

	// An admin can only ask on behalf of members.
	f.call(f.admin(), "POST", "/api/ai/chat", in(eve, id, nil)).expect(422, "invalid")
	f.call(f.admin(), "POST", "/api/ai/chat", in(bob, id, nil)).expect(200, "")

	f.cases.FlushDenials(t.Context())
	var page api.CaseTimeline
	f.call(ada, "GET", root+"/timeline?limit=100", nil).expect(200, "").decode(&page)
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
	if asked != 4 || read != 2 || refused != 2 { // one of the stranger, one of the viewer
		t.Errorf("%d asked, %d read, %d refused", asked, read, refused)
	}

	f.call(ada, "DELETE", root+"/members/"+bob.ID.String(), nil).expect(204, "")
	f.call(bob, "GET", path, nil).expect(404, "not_found")
	f.call(ada, "PATCH", root, map[string]any{"status": "closed"}).expect(200, "")
	f.call(ada, "POST", "/api/ai/chat", in(ada, id, nil)).expect(409, "case_closed")
	f.call(ada, "GET", path, nil).expect(200, "")
	f.call(ada, "DELETE", root, nil).expect(204, "")
	f.call(ada, "GET", path, nil).expect(404, "not_found")
}

// TestAccessRevokedDuringChat: a member who is removed while the AI answers does not get the answer.
func TestAccessRevokedDuringChat(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleClient)
	var c api.Case
	f.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).expect(201, "").decode(&c)
	root := "/api/cases/" + c.ID.String()
	f.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "client"}).expect(201, "")
	testkit.Must(t, f.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeSlow, DelayMs: 1500}))
	q := chatBody(bob, "What now?")
	q["context"] = map[string]any{"caseId": c.ID}
	done := make(chan response)
	go func() { done <- f.call(bob, "POST", "/api/ai/chat", q) }()
	for deadline := time.Now().Add(10 * time.Second); f.model.Count() == 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("the model was not called")
		}
	}
	f.call(ada, "DELETE", root+"/members/"+bob.ID.String(), nil).expect(204, "")
	(<-done).expect(404, "not_found")
	var list api.ConsultationList
	f.call(ada, "GET", "/api/ai/consultations?caseId="+c.ID.String(), nil).expect(200, "").decode(&list)
	if len(list.Items) != 0 {
		t.Errorf("on record: %+v", list)
	}
}
