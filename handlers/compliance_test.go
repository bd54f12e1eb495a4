package handlers_test

import (
	"strings"
	"testing"

	"counsel/domain"
	"counsel/gen/api"
	"counsel/sandbox/registries"
	"counsel/sandbox/testkit"
)

func (f *fixture) newWatch(u *user, body map[string]any) (w api.Watch, path string) {
	f.t.Helper()
	f.call(u, "POST", "/api/compliance/watches", body).expect(201, "").decode(&w)
	return w, "/api/compliance/watches/" + w.ID.String()
}

func TestWatchOfACase(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	u, other := f.register("ada", domain.RoleLawyer), f.register("other", domain.RoleLawyer)
	var c api.Case
	f.call(u, "POST", "/api/cases", map[string]any{"title": "Northwind"}).expect(201, "").decode(&c)
	w, path := f.newWatch(u, map[string]any{"kind": "company", "source": "companies-house", "companyId": "07654321", "caseId": c.ID, "label": "Southwind"})
	var check api.WatchCheck
	f.call(u, "POST", path+"/check", nil).expect(200, "").decode(&check)
	if check.Outcome != api.WatchCheckOutcomeFirst || len(check.Company.Officers) != 3 {
		t.Errorf("got %+v", check)
	}
	testkit.Must(t, f.registries.Patch("07654321", map[string]any{"profile": map[string]any{"company_status": "liquidation"}}))
	check = api.WatchCheck{}
	f.call(u, "POST", path+"/check", nil).expect(200, "").decode(&check)
	if check.Outcome != api.WatchCheckOutcomeChanged || len(check.Changes) != 1 || *check.Changes[0].From != "active" || *check.Changes[0].To != "liquidation" {
		t.Errorf("got %+v", check)
	}
	var tasks api.CaseTaskList
	f.call(u, "GET", "/api/cases/"+c.ID.String()+"/tasks", nil).expect(200, "").decode(&tasks)
	if len(tasks.Items) != 1 || tasks.Items[0].Title != "Review: Southwind (status)" {
		t.Errorf("got the tasks %+v", tasks.Items)
	}
	if a := f.call(u, "GET", "/api/cases/"+c.ID.String()+"/timeline", nil).expect(200, ""); !strings.Contains(string(a.body), "changed: status") {
		t.Errorf("the timeline is %s", a.body)
	}
	// A register that fails is no answer, and nothing is recorded.
	f.registries.SetFault("companies-house", registries.HTML)
	f.call(u, "POST", path+"/check", nil).expect(502, "registry_response")
	var checks api.WatchCheckList
	f.call(u, "GET", path+"/checks", nil).expect(200, "").decode(&checks)
	if len(checks.Items) != 2 || checks.Items[0].ID != check.ID {
		t.Errorf("got %+v", checks.Items)
	}
	// Others do not learn of it.
	for _, r := range [][2]string{{"GET", path}, {"GET", path + "/checks"}, {"POST", path + "/check"}, {"DELETE", path}, {"GET", "/api/compliance/watches?caseId=" + c.ID.String()}} {
		f.call(other, r[0], r[1], nil).expect(404, "not_found")
	}
	f.call(other, "POST", "/api/compliance/watches", map[string]any{"kind": "vat", "number": "DE129273398", "caseId": c.ID}).expect(404, "not_found")
	var list api.WatchList
	f.call(other, "GET", "/api/compliance/watches", nil).expect(200, "").decode(&list)
	if len(list.Items) != 0 {
		t.Errorf("the firm has the watch of a case: %+v", list.Items)
	}
	f.call(u, "GET", "/api/compliance/watches?caseId="+c.ID.String(), nil).expect(200, "").decode(&list)
	if len(list.Items) != 1 || list.Items[0].ID != w.ID {
		t.Errorf("got %+v", list.Items)
	}
	f.call(u, "PATCH", "/api/cases/"+c.ID.String(), map[string]any{"legalHold": true}).expect(200, "")
	f.call(u, "DELETE", path, nil).expect(409, "legal_hold")
	f.call(u, "PATCH", "/api/cases/"+c.ID.String(), map[string]any{"legalHold": false}).expect(200, "")
	f.call(u, "DELETE", path, nil).expect(204, "")
	f.call(u, "GET", path, nil).expect(404, "not_found")
}

func TestWatchOfTheFirm(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	u, other := f.register("ada", domain.RoleLawyer), f.register("other", domain.RoleLawyer)
	w, path := f.newWatch(u, map[string]any{"kind": "sanctions", "name": "Viktor  Drozdenko", "birthYear": 1961})
	if w.Label != "Viktor Drozdenko" || *w.Screened != "person" {
		t.Errorf("got %+v", w)
	}
	var check api.WatchCheck
	f.call(u, "POST", path+"/check", nil).expect(200, "").decode(&check)
	if len(check.Sanctions.Hits) != 2 {
		t.Errorf("got %+v", check)
	}
	f.call(other, "GET", path, nil).expect(200, "")
	f.call(other, "GET", path+"/checks", nil).expect(200, "")
	f.call(other, "DELETE", path, nil).expect(403, "forbidden")
	f.call(other, "POST", path+"/check", nil).expect(403, "forbidden")
	f.call(f.register("client", domain.RoleClient), "GET", path, nil).expect(403, "forbidden")
	a := f.call(u, "GET", "/api/users/"+u.ID.String()+"/export", nil).expect(200, "")
	if !strings.Contains(string(a.body), `"matchedName":"Viktor Drozdenko"`) {
		t.Errorf("the export lacks the watch: %s", a.body)
	}
	for _, body := range []map[string]any{
		{"kind": "company"}, {"kind": "company", "source": "gleif"}, {"kind": "company", "source": "gleif", "companyId": "x"}, {"kind": "company", "source": "gleif", "companyId": northwind, "number": "DE129273398"},
		{"kind": "sanctions"}, {"kind": "sanctions", "name": ".."}, {"kind": "sanctions", "name": "Ada", "screened": "company", "birthYear": 1990}, {"kind": "sanctions", "name": "Ada", "companyId": northwind},
		{"kind": "vat"}, {"kind": "vat", "number": "GB123456789"}, {"kind": "vat", "number": "DE129273398", "name": "Ada"},
	} {
		f.call(u, "POST", "/api/compliance/watches", body).expect(422, "invalid")
	}
	f.call(u, "DELETE", path, nil).expect(204, "")
}
