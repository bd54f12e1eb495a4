package handlers_test

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"

	"counsel/app"
	"counsel/domain"
	"counsel/domain/registry"
	"counsel/gen/api"
	"counsel/sandbox/registries"
	"counsel/sandbox/testkit"
)

const northwind = "529900NORTHWIND00132"

func (f *fixture) searchCompanies(u *user, query url.Values) response {
	return f.call(u, "GET", "/api/registry/companies?"+query.Encode(), nil)
}

func TestSearchCompanies(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	u := f.register("ada", domain.RoleLawyer)
	var page api.RegisteredCompanyList
	f.searchCompanies(u, url.Values{"query": {"north"}, "limit": {"1"}}).expect(200, "").decode(&page)
	if len(page.Items) != 1 || page.Items[0].Name != "Northwind Trading GmbH" || page.NextCursor == nil {
		t.Fatalf("got %+v", page)
	}
	next := *page.NextCursor
	page = api.RegisteredCompanyList{}
	f.searchCompanies(u, url.Values{"query": {"north"}, "limit": {"50"}, "cursor": {next}}).expect(200, "").decode(&page) // the size is that of the first page
	if len(page.Items) != 1 || page.Items[0].Name != "Northwind Holding SE" || page.NextCursor != nil {
		t.Errorf("got %+v", page)
	}
	f.searchCompanies(u, url.Values{"query": {"limited"}, "source": {"companies-house"}}).expect(200, "").decode(&page)
	if len(page.Items) != 3 {
		t.Errorf("got %d companies", len(page.Items))
	}
	for _, cursor := range []string{"0/20", "1/0", "1/101", "x", "99999/1", "1/20/3"} {
		f.searchCompanies(u, url.Values{"query": {"north"}, "cursor": {base64.RawURLEncoding.EncodeToString([]byte(cursor))}}).expect(422, "invalid")
	}
	f.searchCompanies(u, url.Values{"query": {"--"}}).expect(422, "invalid")
	f.searchCompanies(u, url.Values{"query": {"x"}}).expect(400, "malformed")
	f.searchCompanies(f.register("client", domain.RoleClient), url.Values{"query": {"north"}}).expect(403, "forbidden")
}

func TestRegisteredCompany(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	u := f.register("ada", domain.RoleLawyer)
	var c api.RegisteredCompany
	f.call(u, "GET", "/api/registry/companies/companies-house/07654321", nil).expect(200, "").decode(&c)
	if c.Name != "SOUTHWIND SOFTWARE LTD" || c.Status != api.CompanyStatusActive || len(c.Officers) != 3 || len(c.Filings) != 2 {
		t.Errorf("got %+v", c)
	}
	n := f.registries.Requests("companies-house")
	f.call(u, "GET", "/api/registry/companies/companies-house/07654321", nil).expect(200, "")
	if got := f.registries.Requests("companies-house"); got != n+1 {
		t.Errorf("%d requests, want one for the officers, since the company is cached", got-n)
	}
	// No person is in Redis.
	keys, err := f.redis.Do(t.Context(), f.redis.B().Keys().Pattern("registry:*").Build()).AsStrSlice()
	testkit.Must(t, err)
	for _, key := range keys {
		v, err := f.redis.Do(t.Context(), f.redis.B().Get().Key(key).Build()).ToString()
		testkit.Must(t, err)
		if strings.Contains(v, "HARTLEY") || strings.Contains(key, "07654321") {
			t.Errorf("Redis has %s: %s", key, v)
		}
	}
	if len(keys) != 1 {
		t.Errorf("%d answers are cached, want 1", len(keys))
	}
	f.call(u, "GET", "/api/registry/companies/gleif/"+northwind, nil).expect(200, "").decode(&c)
	f.call(u, "GET", "/api/registry/companies/gleif/5299000J2N45DDNE4Y28", nil).expect(404, "not_found")
	f.call(u, "GET", "/api/registry/companies/gleif/nonsense", nil).expect(404, "not_found")
	f.call(u, "GET", "/api/registry/companies/lloyds/1", nil).expect(400, "malformed")
}

// TestRegisterFaults: a register that fails says nothing about a company.
func TestRegisterFaults(t *testing.T) {
	t.Parallel()
	for fault, want := range map[registries.Fault]struct {
		status int
		code   string
	}{
		registries.Down: {503, "registry_unavailable"}, registries.Truncated: {502, "registry_response"}, registries.RateLimited: {503, "registry_rate_limited"},
		registries.HTML: {502, "registry_response"}, registries.Retyped: {502, "registry_response"}, registries.Huge: {502, "registry_response"},
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			u := f.register("ada", domain.RoleLawyer)
			for _, register := range []string{"gleif", "companies-house", "vies"} {
				f.registries.SetFault(register, fault)
			}
			party := f.newParty(u)
			f.searchCompanies(u, url.Values{"query": {"north"}}).expect(want.status, want.code)
			a := f.call(u, "GET", "/api/registry/companies/companies-house/07654321", nil).expect(want.status, want.code)
			if want.code == "registry_rate_limited" && a.header.Get("Retry-After") != "30" {
				t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
			}
			f.call(u, "POST", "/api/registry/vat-checks", map[string]any{"number": "DE129273398"}).expect(want.status, want.code)
			if fault != registries.RateLimited { // GLEIF has asked to wait above
				f.call(u, "PUT", party+"/company", map[string]any{"source": "gleif", "companyId": northwind}).expect(want.status, want.code)
			}
			f.call(u, "GET", party+"/company", nil).expect(404, "not_found")
		})
	}
}

func TestRegistersThatAreNotConfigured(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(c *fixtureConfig) {
		c.clients = func(c *app.Clients) { c.Registers = registry.Registers{} }
	})
	u := f.register("ada", domain.RoleLawyer)
	f.searchCompanies(u, url.Values{"query": {"north"}}).expect(503, "registry_not_configured")
	f.call(u, "GET", "/api/registry/companies/gleif/"+northwind, nil).expect(503, "registry_not_configured")
	f.call(u, "POST", "/api/registry/vat-checks", map[string]any{"number": "DE129273398"}).expect(503, "registry_not_configured")
	f.call(u, "POST", "/api/registry/sanctions-checks", map[string]any{"name": "Ada", "kind": "person"}).expect(503, "registry_not_configured")
}

func TestVatCheck(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	u := f.register("ada", domain.RoleLawyer)
	check := func(number string) (v api.VatCheck) {
		f.call(u, "POST", "/api/registry/vat-checks", map[string]any{"number": number}).expect(200, "").decode(&v)
		return v
	}
	if v := check("fr 40.303.265.045"); v.Status != api.VatStatusValid || v.Number != "FR40303265045" || v.ConsultationNumber == nil {
		t.Errorf("got %+v", v)
	}
	if v := check("DE123456789"); v.Status != api.VatStatusInvalid {
		t.Errorf("got %+v", v)
	}
	if v := check("ESB12345674"); v.Status != api.VatStatusUnknown || *v.Reason != "MS_UNAVAILABLE" {
		t.Errorf("got %+v", v)
	}
	for _, number := range []string{"GB123456789", "DE12", "1234567890", "DE12345678X"} {
		f.call(u, "POST", "/api/registry/vat-checks", map[string]any{"number": number}).expect(422, "invalid")
	}
}

func TestSanctionsCheck(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	u := f.register("ada", domain.RoleLawyer)
	check := func(body map[string]any) (v api.SanctionsCheck) {
		f.call(u, "POST", "/api/registry/sanctions-checks", body).expect(200, "").decode(&v)
		return v
	}
	for _, name := range []string{"Viktor Drozdenko", "DROZDENKO Viktor", "Виктор Дрозденко"} {
		v := check(map[string]any{"name": name, "kind": "person", "birthYear": 1961})
		if len(v.Lists) != 3 || len(v.Hits) != 2 || v.Hits[0].BirthYear != api.SanctionsHitBirthYearSame || v.Hits[0].Score < 95 {
			t.Errorf("%s: got %+v", name, v)
		}
	}
	for _, name := range []string{"Victor Drozdenko", "Wiktor DROZDENKO", "Drozdenko, Victor"} { // may be another's name
		v := check(map[string]any{"name": name, "kind": "person", "birthYear": 1961})
		if len(v.Hits) != 2 || v.Hits[0].Score < 80 || v.Hits[0].Score >= 95 || !slices.Contains(v.Hits[0].Reasons, "spelling") || v.Hits[0].BirthYear != api.SanctionsHitBirthYearSame {
			t.Errorf("%s: got %+v", name, v)
		}
	}
	if v := check(map[string]any{"name": "Viktor Drozdenko", "kind": "person", "birthYear": 1990}); len(v.Hits) != 2 || v.Hits[0].BirthYear != api.SanctionsHitBirthYearDiffers {
		t.Errorf("got %+v", v)
	}
	if v := check(map[string]any{"name": "Meridian Ore Trading", "kind": "company"}); len(v.Hits) != 2 || v.Hits[0].List != "uk" || v.Hits[1].List != "us" {
		t.Errorf("got %+v", v)
	}
	for _, body := range []map[string]any{{"name": "Helen Marsh", "kind": "person"}, {"name": "Viktoria Drozdenko", "kind": "person"}, {"name": "Viktor Drozdenko", "kind": "company"}, {"name": "Northwind GmbH", "kind": "company"}} {
		if v := check(body); len(v.Hits) != 0 {
			t.Errorf("%v: got %+v", body, v.Hits)
		}
	}
	f.call(u, "POST", "/api/registry/sanctions-checks", map[string]any{"name": "Northwind", "kind": "company", "birthYear": 1990}).expect(422, "invalid")
	f.call(u, "POST", "/api/registry/sanctions-checks", map[string]any{"name": "..", "kind": "company"}).expect(422, "invalid")
	if strings.Contains(f.logs.String(), "Drozdenko") || strings.Contains(f.logs.String(), "DROZDENKO") {
		t.Error("a name is in the log")
	}
}

// newParty adds a case with a party and returns the party's path.
func (f *fixture) newParty(u *user) string {
	f.t.Helper()
	var c, p struct{ ID string }
	f.call(u, "POST", "/api/cases", map[string]any{"title": "Northwind"}).expect(201, "").decode(&c)
	f.call(u, "POST", "/api/cases/"+c.ID+"/parties", map[string]any{"kind": "company", "side": "opposing", "name": "Northwind"}).expect(201, "").decode(&p)
	return "/api/cases/" + c.ID + "/parties/" + p.ID
}

func TestPartyCompany(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	u := f.register("ada", domain.RoleLawyer)
	party := f.newParty(u)
	f.call(u, "GET", party+"/company", nil).expect(404, "not_found")
	f.call(u, "DELETE", party+"/company", nil).expect(404, "not_found")
	var link api.PartyCompany
	f.call(u, "PUT", party+"/company", map[string]any{"source": "companies-house", "companyId": "07654321"}).expect(200, "")
	f.call(u, "PUT", party+"/company", map[string]any{"source": "gleif", "companyId": northwind}).expect(200, "")
	f.call(u, "GET", party+"/company", nil).expect(200, "").decode(&link)
	if link.Company.ID != northwind || link.Fields.Name != "Northwind Trading GmbH" || *link.Fields.RegistrationNumber != "HRB 120345" || *link.Fields.Address != "Lindenallee 12, 80331 München, DE" {
		t.Errorf("got %+v", link)
	}
	// The fields fill a shipped template.
	f.call(u, "POST", "/api/templates/nda/versions/1/preview", map[string]any{"data": map[string]any{
		"partyA": link.Fields, "partyB": map[string]any{"name": "Ada Lovelace"}, "discloser": "mutual", "purpose": "Evaluating a joint product.",
		"effectiveDate": "2026-12-01", "confidentialityYears": 3, "governingLaw": "Germany",
	}}).expect(200, "")
	for _, id := range []string{"5299000J2N45DDNE4Y28", "nonsense"} {
		f.call(u, "PUT", party+"/company", map[string]any{"source": "gleif", "companyId": id}).expect(422, "invalid")
	}
	absent := party[:strings.LastIndex(party, "/")+1] + domain.NewID().String()
	f.call(u, "PUT", absent+"/company", map[string]any{"source": "gleif", "companyId": northwind}).expect(404, "not_found")
	f.call(u, "DELETE", party+"/company", nil).expect(204, "")
	f.call(u, "GET", party+"/company", nil).expect(404, "not_found")
	f.call(u, "PUT", party+"/company", map[string]any{"source": "gleif", "companyId": northwind}).expect(200, "")
	f.call(u, "DELETE", party, nil).expect(204, "") // with its link
	f.call(u, "GET", party+"/company", nil).expect(404, "not_found")

	party = f.newParty(u)
	f.call(u, "PUT", party+"/company", map[string]any{"source": "gleif", "companyId": northwind}).expect(200, "")
	f.call(u, "PATCH", party[:strings.Index(party, "/parties/")], map[string]any{"status": "closed"}).expect(200, "")
	f.call(u, "PUT", party+"/company", map[string]any{"source": "gleif", "companyId": northwind}).expect(409, "case_closed")
	f.call(u, "DELETE", party+"/company", nil).expect(409, "case_closed")
}
