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
	b := newFixture(t)
	ada, bob := b.register("ada", domain.RoleLawyer), b.register("bob", domain.RoleClient)
	var c api.Case
	b.call(ada, "POST", "/api/cases", map[string]any{"title": "Northwind v. Southwind", "description": "Late deliveries."}).expect(201, "").decode(&c)
	root := "/api/cases/" + c.ID.String()
	if c.Status != api.CaseStatusOpen || c.MyRole == nil || *c.MyRole != api.CaseRoleOwner || c.CreatedBy != ada.ID || c.ClosedAt != nil {
		t.Errorf("opened %+v", c)
	}
	b.call(bob, "GET", root, nil).expect(404, "not_found")

	var list api.CaseList
	b.call(ada, "GET", "/api/cases?q=southwind&status=open", nil).expect(200, "").decode(&list)
	if len(list.Items) != 1 || list.Items[0].ID != c.ID {
		t.Errorf("found %+v", list)
	}
	b.call(ada, "GET", "/api/cases?q=westwind", nil).expect(200, "").decode(&list)
	if len(list.Items) != 0 {
		t.Errorf("found %+v", list)
	}
	var mine api.CaseList
	b.call(bob, "GET", "/api/cases", nil).expect(200, "").decode(&mine)
	if len(mine.Items) != 0 {
		t.Errorf("a stranger's list holds %+v", mine)
	}
	b.call(ada, "GET", "/api/cases?status=lost", nil).expect(400, "malformed")
	b.call(ada, "GET", "/api/cases?cursor=zz", nil).expect(400, "malformed")

	b.call(ada, "PATCH", root, map[string]any{"legalHold": true}).expect(200, "").decode(&c)
	if !c.LegalHold || c.Title != "Northwind v. Southwind" {
		t.Errorf("changed to %+v", c)
	}
	b.call(ada, "DELETE", root, nil).expect(409, "legal_hold")
	b.call(ada, "PATCH", root, map[string]any{"legalHold": false, "status": "closed"}).expect(200, "").decode(&c)
	if c.ClosedAt == nil {
		t.Error("a closed case does not say since when")
	}
	b.call(ada, "POST", root+"/notes", map[string]any{"body": "too late"}).expect(409, "case_closed")
	b.call(ada, "PATCH", root, map[string]any{}).expect(422, "invalid")
	b.call(ada, "PATCH", root, map[string]any{"owner": "me"}).expect(400, "malformed")
	b.call(ada, "DELETE", root, nil).expect(204, "")
	b.call(ada, "GET", root, nil).expect(404, "not_found")
	b.call(b.admin(), "GET", root, nil).expect(404, "not_found")
	if strings.Contains(b.logs.String(), "Northwind") {
		t.Error("the log holds a case's title")
	}
}

func TestCaseMembers(t *testing.T) {
	b := newFixture(t)
	ada, bob := b.register("ada", domain.RoleLawyer), b.register("bob", domain.RoleClient)
	var c api.Case
	b.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).expect(201, "").decode(&c)
	root := "/api/cases/" + c.ID.String()
	b.call(ada, "POST", root+"/members", map[string]any{"email": "bob@example.com", "role": "lawyer"}).expect(422, "invalid")
	b.call(ada, "POST", root+"/members", map[string]any{"email": "nobody@example.com", "role": "viewer"}).expect(202, "")
	b.call(ada, "POST", root+"/members", map[string]any{"email": "bob@example.com", "userId": bob.ID}).expect(422, "invalid")
	var m api.CaseMember
	b.call(ada, "POST", root+"/members", map[string]any{"email": "Bob@Example.com", "role": "client"}).expect(201, "").decode(&m)
	if m.UserID != bob.ID || m.FullName != "bob" || m.Role != api.CaseRoleClient {
		t.Errorf("added %+v", m)
	}
	b.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "viewer"}).expect(409, "conflict")
	b.call(ada, "PATCH", root+"/members/"+ada.ID.String(), map[string]any{"role": "viewer"}).expect(409, "conflict")
	b.call(ada, "PATCH", root+"/members/"+bob.ID.String(), map[string]any{"role": "viewer"}).expect(200, "").decode(&m)
	var list api.CaseMemberList
	b.call(bob, "GET", root+"/members", nil).expect(200, "").decode(&list)
	if len(list.Items) != 2 || list.Items[0].Email != "ada@example.com" || list.Items[1] != m {
		t.Errorf("listed %+v", list)
	}
	b.call(bob, "DELETE", root+"/members/"+ada.ID.String(), nil).expect(403, "forbidden")
	b.call(bob, "DELETE", root+"/members/"+bob.ID.String(), nil).expect(204, "")
	b.call(bob, "GET", root, nil).expect(404, "not_found")
}

func TestCaseWork(t *testing.T) {
	b := newFixture(t)
	ada := b.register("ada", domain.RoleLawyer)
	var c api.Case
	b.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).expect(201, "").decode(&c)
	root := "/api/cases/" + c.ID.String()
	for range 3 {
		b.call(ada, "POST", root+"/notes", map[string]any{"body": "They offered to settle."}).expect(201, "")
	}
	var first, second api.CaseNoteList
	b.call(ada, "GET", root+"/notes?limit=2", nil).expect(200, "").decode(&first)
	b.call(ada, "GET", root+"/notes?cursor="+*first.NextCursor, nil).expect(200, "").decode(&second)
	if len(first.Items) != 2 || len(second.Items) != 1 || second.NextCursor != nil {
		t.Errorf("paged %+v, %+v", first, second)
	}
	b.call(ada, "DELETE", root+"/notes/"+second.Items[0].ID.String(), nil).expect(204, "")
	b.call(ada, "DELETE", root+"/notes/"+second.Items[0].ID.String(), nil).expect(404, "not_found")
	b.call(ada, "POST", root+"/notes", map[string]any{"body": " "}).expect(422, "invalid")

	var task api.CaseTask
	a := b.call(ada, "POST", root+"/tasks", map[string]any{"title": "File", "dueOn": "2026-12-15", "assigneeId": ada.ID}).expect(201, "")
	if !strings.Contains(string(a.body), `"dueOn":"2026-12-15"`) {
		t.Errorf("the due date came as %s", a.body)
	}
	a.decode(&task)
	b.call(ada, "POST", root+"/tasks", map[string]any{"title": "File", "dueOn": "2026-02-30"}).expect(422, "invalid")
	b.call(ada, "POST", root+"/tasks", map[string]any{"title": "File", "assigneeId": domain.NewID()}).expect(422, "invalid")
	b.call(ada, "PUT", root+"/tasks/"+task.ID.String(), map[string]any{"title": "File", "status": "done"}).expect(200, "").decode(&task)
	var tasks api.CaseTaskList
	b.call(ada, "GET", root+"/tasks?status=done", nil).expect(200, "").decode(&tasks)
	if len(tasks.Items) != 1 || tasks.Items[0].DueOn != nil || tasks.Items[0].AssigneeID != nil {
		t.Errorf("done: %+v", tasks)
	}
	b.call(ada, "DELETE", root+"/tasks/"+task.ID.String(), nil).expect(204, "")
	b.call(ada, "PUT", root+"/tasks/"+task.ID.String(), map[string]any{"title": "File"}).expect(404, "not_found")

	var page, older api.CaseTimeline
	b.call(ada, "GET", root+"/timeline?limit=3", nil).expect(200, "").decode(&page)
	b.call(ada, "GET", root+"/timeline?limit=3&cursor="+*page.NextCursor, nil).expect(200, "").decode(&older)
	if len(page.Items) != 3 || older.Items[0].Seq != page.Items[2].Seq-1 || older.Items[0].Hash != page.Items[2].PrevHash {
		t.Errorf("paged %+v, %+v", page, older)
	}
	for _, bad := range []string{"AAAAAAAAAAA", "__________8", "zz"} {
		b.call(ada, "GET", root+"/timeline?cursor="+bad, nil).expect(400, "malformed")
	}
	var v api.TimelineVerification
	b.call(ada, "GET", root+"/timeline/verify", nil).expect(200, "").decode(&v)
	if !v.Intact || v.Entries < 10 || v.BrokenAt != nil {
		t.Errorf("verified %+v", v)
	}
	for _, method := range []string{http.MethodDelete, http.MethodPost, http.MethodPut, http.MethodPatch} {
		b.call(ada, method, root+"/timeline", nil).expect(405, "method_not_allowed")
	}
}

func TestParties(t *testing.T) {
	b := newFixture(t)
	ada, bob, eve := b.register("ada", domain.RoleLawyer), b.register("bob", domain.RoleLawyer), b.register("eve", domain.RoleClient)
	open := func(who *user, title string) (api.ID, string) {
		var c api.Case
		b.call(who, "POST", "/api/cases", map[string]any{"title": title}).expect(201, "").decode(&c)
		return c.ID, "/api/cases/" + c.ID.String()
	}
	secret, root := open(ada, "Top secret merger")
	_, other := open(bob, "Harmless")
	b.call(ada, "POST", root+"/parties", map[string]any{"kind": "company", "side": "client", "name": "Müller & Söhne GmbH"}).expect(201, "")

	var p api.CaseParty
	a := b.call(bob, "POST", other+"/parties", map[string]any{"kind": "company", "side": "opposing", "name": "MUELLER UND SOEHNE G.m.b.H.", "email": "info@mueller.example"}).expect(201, "")
	a.decode(&p)
	if len(p.Conflicts) != 1 || p.Conflicts[0].CaseID != nil || p.Conflicts[0].Side != api.PartySideClient || len(p.Conflicts[0].Matched) != 1 {
		t.Errorf("conflicts: %s", a.body)
	}
	if strings.Contains(string(a.body), secret.String()) || strings.Contains(string(a.body), "secret") {
		t.Errorf("the other case is revealed: %s", a.body)
	}

	// A user who can read both cases learns which one it is.
	b.call(bob, "POST", other+"/members", map[string]any{"userId": ada.ID, "role": "assistant"}).expect(201, "")
	b.call(bob, "POST", other+"/members", map[string]any{"userId": eve.ID, "role": "client"}).expect(201, "")
	var seen, hidden, none api.CasePartyList
	b.call(ada, "GET", other+"/parties", nil).expect(200, "").decode(&seen)
	b.call(bob, "GET", other+"/parties", nil).expect(200, "").decode(&hidden)
	b.call(eve, "GET", other+"/parties", nil).expect(200, "").decode(&none)
	if id := seen.Items[0].Conflicts[0].CaseID; id == nil || *id != secret {
		t.Errorf("seen as %+v", seen)
	}
	if hidden.Items[0].Conflicts[0].CaseID != nil || len(none.Items) != 1 || none.Items[0].Conflicts != nil {
		t.Errorf("hidden as %+v, to a client as %+v", hidden, none)
	}
	b.call(bob, "DELETE", other+"/parties/"+p.ID.String(), nil).expect(204, "")
	b.call(bob, "DELETE", other+"/parties/"+p.ID.String(), nil).expect(404, "not_found")
	b.call(bob, "POST", other+"/parties", map[string]any{"kind": "company", "side": "client", "name": " "}).expect(422, "invalid")
}

func TestConsultationsOfACase(t *testing.T) {
	b := newFixture(t)
	ada, bob, eve := b.register("ada", domain.RoleLawyer), b.register("bob", domain.RoleLawyer), b.register("eve", domain.RoleClient)
	open := func() (string, string) {
		var c api.Case
		b.call(ada, "POST", "/api/cases", map[string]any{"title": "Northwind v. Southwind", "description": "John Miller delivered late."}).expect(201, "").decode(&c)
		return c.ID.String(), "/api/cases/" + c.ID.String()
	}
	id, root := open()
	elsewhere, _ := open()
	b.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "viewer"}).expect(201, "")
	in := func(who *user, id string, more map[string]any) map[string]any {
		q := chatBody(who, "May a late delivery be refused?")
		q["context"] = map[string]any{"caseId": id}
		for k, v := range more {
			q["context"].(map[string]any)[k] = v
		}
		return q
	}
	var first, repeated, other, plain api.ChatResponse
	b.call(ada, "POST", "/api/ai/chat", in(ada, id, nil)).expect(200, "").decode(&first)
	b.call(ada, "POST", "/api/ai/chat", in(ada, id, nil)).expect(200, "").decode(&repeated)
	b.call(ada, "POST", "/api/ai/chat", in(ada, elsewhere, nil)).expect(200, "").decode(&other)
	b.call(eve, "POST", "/api/ai/chat", chatBody(eve, "May a late delivery be refused?")).expect(200, "").decode(&plain)
	if first.Cached || !repeated.Cached || other.Cached || plain.Cached {
		t.Errorf("one case's answer was another's: %v %v %v %v", first.Cached, repeated.Cached, other.Cached, plain.Cached)
	}
	sent, err := json.Marshal(b.model.Requests()[0])
	testkit.Must(t, err)
	if !strings.Contains(string(sent), "delivered late") || strings.Contains(string(sent), "Miller") {
		t.Errorf("of the case was sent: %s", sent)
	}

	// Members can read it; others, and former members, cannot.
	path := "/api/ai/consultations/" + first.ConsultationID.String()
	var one api.Consultation
	b.call(bob, "GET", path, nil).expect(200, "").decode(&one)
	if one.CaseID == nil || one.CaseID.String() != id || one.UserID != ada.ID {
		t.Errorf("read %+v", one)
	}
	var list, mine api.ConsultationList
	b.call(bob, "GET", "/api/ai/consultations?caseId="+id, nil).expect(200, "").decode(&list)
	b.call(ada, "GET", "/api/ai/consultations", nil).expect(200, "").decode(&mine)
	if len(list.Items) != 2 || len(mine.Items) != 0 {
		t.Errorf("of the case %+v, of no case %+v", list, mine)
	}
	b.call(eve, "GET", path, nil).expect(404, "not_found")
	b.call(eve, "GET", "/api/ai/consultations?caseId="+id, nil).expect(404, "not_found")
	b.call(b.admin(), "GET", "/api/ai/consultations?caseId="+id+"&userId="+ada.ID.String(), nil).expect(400, "malformed")
	b.call(eve, "POST", "/api/ai/chat", in(eve, id, nil)).expect(404, "not_found")
	b.call(bob, "POST", "/api/ai/chat", in(bob, id, nil)).expect(403, "forbidden")

	// It cannot be used outside its case.
	goesOn := map[string]any{"consultationId": first.ConsultationID}
	b.call(ada, "POST", "/api/ai/chat", in(ada, id, goesOn)).expect(200, "")
	b.call(ada, "POST", "/api/ai/chat", in(ada, elsewhere, goesOn)).expect(404, "not_found")
	outside := chatBody(ada, "And then?")
	outside["context"] = goesOn
	b.call(ada, "POST", "/api/ai/chat", outside).expect(404, "not_found")

	// An admin can only ask on behalf of members.
	b.call(b.admin(), "POST", "/api/ai/chat", in(eve, id, nil)).expect(422, "invalid")
	b.call(b.admin(), "POST", "/api/ai/chat", in(bob, id, nil)).expect(200, "")

	b.cases.FlushDenials(t.Context())
	var page api.CaseTimeline
	b.call(ada, "GET", root+"/timeline?limit=100", nil).expect(200, "").decode(&page)
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

	b.call(ada, "DELETE", root+"/members/"+bob.ID.String(), nil).expect(204, "")
	b.call(bob, "GET", path, nil).expect(404, "not_found")
	b.call(ada, "PATCH", root, map[string]any{"status": "closed"}).expect(200, "")
	b.call(ada, "POST", "/api/ai/chat", in(ada, id, nil)).expect(409, "case_closed")
	b.call(ada, "GET", path, nil).expect(200, "")
	b.call(ada, "DELETE", root, nil).expect(204, "")
	b.call(ada, "GET", path, nil).expect(404, "not_found")
}

// TestAccessRevokedDuringChat: a member who is removed while the AI answers does not get the answer.
func TestAccessRevokedDuringChat(t *testing.T) {
	b := newFixture(t)
	ada, bob := b.register("ada", domain.RoleLawyer), b.register("bob", domain.RoleClient)
	var c api.Case
	b.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).expect(201, "").decode(&c)
	root := "/api/cases/" + c.ID.String()
	b.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "client"}).expect(201, "")
	testkit.Must(t, b.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeSlow, DelayMs: 1500}))
	q := chatBody(bob, "What now?")
	q["context"] = map[string]any{"caseId": c.ID}
	done := make(chan response)
	go func() { done <- b.call(bob, "POST", "/api/ai/chat", q) }()
	for deadline := time.Now().Add(10 * time.Second); b.model.Count() == 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("the model was not asked")
		}
	}
	b.call(ada, "DELETE", root+"/members/"+bob.ID.String(), nil).expect(204, "")
	(<-done).expect(404, "not_found")
	var list api.ConsultationList
	b.call(ada, "GET", "/api/ai/consultations?caseId="+c.ID.String(), nil).expect(200, "").decode(&list)
	if len(list.Items) != 0 {
		t.Errorf("on record: %+v", list)
	}
}
