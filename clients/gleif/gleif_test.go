package gleif_test

import (
	"net/http/httptest"
	"reflect"
	"testing"

	"counsel/clients/gleif"
	"counsel/domain"
	"counsel/domain/registry"
	"counsel/sandbox/registries"
	"counsel/sandbox/testkit"
)

const (
	northwind = "529900NORTHWIND00132"
	holding   = "529900NORTHHOLD00155"
	lapsed    = "213800LAPSEDCOM00121"
	merged    = "969500MERGEDCIE00147"
)

func newClient(t *testing.T) (*gleif.Client, *registries.Server) {
	t.Helper()
	standIn := registries.New()
	s := httptest.NewServer(standIn)
	t.Cleanup(s.Close)
	c, err := gleif.New(gleif.Config{URL: s.URL + "/gleif"})
	testkit.Must(t, err)
	t.Cleanup(c.Close)
	return c, standIn
}

func TestCompany(t *testing.T) {
	c, _ := newClient(t)
	got, err := c.Company(t.Context(), northwind)
	testkit.Must(t, err)
	address := registry.Address{Lines: []string{"Lindenallee 12"}, PostalCode: "80331", City: "München", Region: "DE-BY", Country: "DE"}
	want := registry.Company{
		Source: registry.GLEIF, ID: northwind, Name: "Northwind Trading GmbH", OtherNames: []string{"Nordwind Handels GmbH"}, Status: registry.StatusActive, RegisterStatus: "ACTIVE",
		LegalForm: "2HBR", Jurisdiction: "DE", Register: "RA000304", RegistrationNumber: "HRB 120345", Address: address, Headquarters: address, CreatedOn: "2004-03-01",
		LEI:       registry.LEI{Code: northwind, Status: "ISSUED", RenewalOn: "2027-02-07"},
		Relations: []registry.Relation{{Type: "direct-parent", ID: holding, Name: "Northwind Holding SE"}, {Type: "ultimate-parent", ID: holding, Name: "Northwind Holding SE"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestStatuses(t *testing.T) {
	c, _ := newClient(t)
	l, err := c.Company(t.Context(), lapsed)
	testkit.Must(t, err)
	if l.Status != registry.StatusActive || l.LEI.Status != "LAPSED" {
		t.Errorf("a lapsed LEI: %+v", l)
	}
	m, err := c.Company(t.Context(), merged)
	testkit.Must(t, err)
	if m.Status != registry.StatusInactive || m.LEI.Status != "MERGED" || m.DissolvedOn != "2026-06-30" || len(m.Relations) != 1 || m.Relations[0].Type != "successor" {
		t.Errorf("a merged company: %+v", m)
	}
}

func TestSearch(t *testing.T) {
	c, _ := newClient(t)
	all, more, err := c.Search(t.Context(), registry.Query{Text: "north", Page: 1, Limit: 1})
	testkit.Must(t, err)
	if len(all) != 1 || !more {
		t.Errorf("the first page: %d, more %v", len(all), more)
	}
	all, more, err = c.Search(t.Context(), registry.Query{Text: "north", Page: 2, Limit: 1})
	testkit.Must(t, err)
	if len(all) != 1 || more || all[0].ID != holding {
		t.Errorf("the last page: %+v, more %v", all, more)
	}
	for text, want := range map[string]int{northwind: 1, "nothing like it": 0} {
		all, _, err = c.Search(t.Context(), registry.Query{Text: text, Page: 1, Limit: 10})
		testkit.Must(t, err)
		if len(all) != want {
			t.Errorf("%q: %d, want %d", text, len(all), want)
		}
	}
	all, _, err = c.Search(t.Context(), registry.Query{Text: "s", Country: "FR", Page: 1, Limit: 10})
	testkit.Must(t, err)
	if len(all) != 2 {
		t.Errorf("in France: %d", len(all))
	}
}

// TestFaults: nothing that a register answers by mistake becomes a company.
func TestFaults(t *testing.T) {
	for fault, code := range map[registries.Fault]domain.Code{
		registries.Down: domain.Unavailable, registries.RateLimited: domain.Unavailable, registries.Truncated: domain.Unavailable,
		registries.HTML: domain.Upstream, registries.Retyped: domain.Upstream, registries.Huge: domain.Upstream,
	} {
		c, standIn := newClient(t)
		standIn.SetFault("gleif", fault)
		if got, err := c.Company(t.Context(), northwind); domain.CodeOf(err) != code || got.Status != "" {
			t.Errorf("%s: got %+v, %v", fault, got, err)
		}
		c, standIn = newClient(t)
		standIn.SetFault("gleif", fault)
		if got, _, err := c.Search(t.Context(), registry.Query{Text: "x", Page: 1, Limit: 1}); domain.CodeOf(err) != code || got != nil {
			t.Errorf("%s: got %+v, %v", fault, got, err)
		}
	}
}

func TestIncompleteRecords(t *testing.T) {
	entity := func(v map[string]any) map[string]any {
		return map[string]any{"attributes": map[string]any{"entity": v}}
	}
	for name, patch := range map[string]map[string]any{
		"without a name":          entity(map[string]any{"legalName": nil}),
		"without a registration":  {"attributes": map[string]any{"registration": nil}},
		"another company":         {"attributes": map[string]any{"lei": holding}},
		"a status that is a list": entity(map[string]any{"status": []string{"INACTIVE"}}),
	} {
		c, standIn := newClient(t)
		testkit.Must(t, standIn.Patch(northwind, patch))
		if _, err := c.Company(t.Context(), northwind); domain.CodeOf(err) != domain.Upstream {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, status := range []any{nil, "NULL", "CEASED", ""} { // never inactive
		c, standIn := newClient(t)
		testkit.Must(t, standIn.Patch(northwind, entity(map[string]any{"status": status})))
		got, err := c.Company(t.Context(), northwind)
		testkit.Must(t, err)
		if got.Status != registry.StatusUnknown {
			t.Errorf("the status %v became %s", status, got.Status)
		}
	}
}

func TestMissingCompany(t *testing.T) {
	c, standIn := newClient(t)
	if _, err := c.Company(t.Context(), "5299000J2N45DDNE4Y28"); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("got %v", err)
	}
	testkit.Must(t, standIn.Patch(northwind, map[string]any{"relationships": map[string]any{"direct-parent": map[string]any{"links": map[string]any{"lei-record": nil}}}}))
	got, err := c.Company(t.Context(), northwind)
	testkit.Must(t, err)
	if len(got.Relations) != 1 {
		t.Errorf("without a direct parent: %+v", got.Relations)
	}
}

func TestValidID(t *testing.T) {
	c, _ := newClient(t)
	for id, want := range map[string]bool{northwind: true, "5299000J2N45DDNE4Y28": true, "529900NORTHWIND00133": false, "x": false, "": false, "529900northwind00132": false} {
		if c.ValidID(id) != want {
			t.Errorf("%q: want %v", id, want)
		}
	}
}
