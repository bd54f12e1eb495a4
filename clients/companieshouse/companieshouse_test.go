package companieshouse_test

import (
	"net/http/httptest"
	"reflect"
	"testing"

	"counsel/clients/companieshouse"
	"counsel/domain"
	"counsel/domain/registry"
	"counsel/sandbox/registries"
	"counsel/sandbox/testkit"
)

func newClient(t *testing.T, key string) (*companieshouse.Client, *registries.Server) {
	t.Helper()
	standIn := registries.New()
	s := httptest.NewServer(standIn)
	t.Cleanup(s.Close)
	c, err := companieshouse.New(companieshouse.Config{URL: s.URL + "/companies-house", APIKey: key})
	testkit.Must(t, err)
	t.Cleanup(c.Close)
	return c, standIn
}

func TestCompany(t *testing.T) {
	c, _ := newClient(t, registries.APIKey)
	got, err := c.Company(t.Context(), "04567890")
	testkit.Must(t, err)
	want := registry.Company{
		Source: registry.CompaniesHouse, ID: "04567890", Name: "LAPSED COMPONENTS LIMITED", Status: registry.StatusActive, RegisterStatus: "active", LegalForm: "ltd",
		Jurisdiction: "england-wales", Register: "Companies House", RegistrationNumber: "04567890", CreatedOn: "2011-05-17",
		Address: registry.Address{Lines: []string{"7 Canal Wharf"}, PostalCode: "LS11 5PU", City: "Leeds", Country: "England"},
		Filings: []registry.Filing{{Type: "accounts", DueOn: "2026-02-28", Overdue: true}, {Type: "confirmation-statement", DueOn: "2027-05-30"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestStatuses(t *testing.T) {
	c, standIn := newClient(t, registries.APIKey)
	for id, want := range map[string]registry.Status{"07654321": registry.StatusActive, "SC123456": registry.StatusInsolvent, "01234567": registry.StatusInactive} {
		got, err := c.Company(t.Context(), id)
		testkit.Must(t, err)
		if got.Status != want {
			t.Errorf("%s: %s, want %s", id, got.Status, want)
		}
	}
	for _, status := range []any{"gone-fishing", nil} {
		testkit.Must(t, standIn.Patch("07654321", map[string]any{"profile": map[string]any{"company_status": status}}))
		got, err := c.Company(t.Context(), "07654321")
		testkit.Must(t, err)
		if got.Status != registry.StatusUnknown {
			t.Errorf("the status %v became %s", status, got.Status)
		}
	}
}

func TestSearch(t *testing.T) {
	c, _ := newClient(t, registries.APIKey)
	all, more, err := c.Search(t.Context(), registry.Query{Text: "limited", Page: 1, Limit: 2})
	testkit.Must(t, err)
	if len(all) != 2 || !more {
		t.Errorf("the first page: %d, more %v", len(all), more)
	}
	all, more, err = c.Search(t.Context(), registry.Query{Text: "limited", Country: "GB", Page: 2, Limit: 2})
	testkit.Must(t, err)
	if len(all) != 1 || more || all[0].Status != registry.StatusInactive || all[0].DissolvedOn != "2024-11-05" {
		t.Errorf("the last page: %+v, more %v", all, more)
	}
	all, _, err = c.Search(t.Context(), registry.Query{Text: "limited", Country: "DE", Page: 1, Limit: 2})
	testkit.Must(t, err)
	if len(all) != 0 {
		t.Errorf("in Germany: %+v", all)
	}
}

func TestOfficers(t *testing.T) {
	c, standIn := newClient(t, registries.APIKey)
	got, err := c.Officers(t.Context(), "07654321")
	testkit.Must(t, err)
	if len(got) != 3 || got[0].Name != "HARTLEY, Miriam Jane" || got[0].Role != "director" || got[2].ResignedOn != "2018-03-31" {
		t.Errorf("got %+v", got)
	}
	many := make([]any, 230)
	for i := range many {
		many[i] = map[string]any{"name": "X", "officer_role": "director"}
	}
	testkit.Must(t, standIn.Patch("07654321", map[string]any{"officers": many}))
	got, err = c.Officers(t.Context(), "07654321")
	testkit.Must(t, err)
	if len(got) != 230 {
		t.Errorf("of 230 officers %d were read", len(got))
	}
	if got, err = c.Officers(t.Context(), "99999999"); err != nil || got != nil {
		t.Errorf("of a company without officers: %v, %v", got, err)
	}
}

func TestFaults(t *testing.T) {
	for fault, code := range map[registries.Fault]domain.Code{
		registries.Down: domain.Unavailable, registries.RateLimited: domain.Unavailable, registries.Truncated: domain.Unavailable,
		registries.HTML: domain.Upstream, registries.Retyped: domain.Upstream, registries.Huge: domain.Upstream,
	} {
		for name, call := range map[string]func(*companieshouse.Client) error{
			"company":  func(c *companieshouse.Client) error { _, err := c.Company(t.Context(), "07654321"); return err },
			"officers": func(c *companieshouse.Client) error { _, err := c.Officers(t.Context(), "07654321"); return err },
			"search": func(c *companieshouse.Client) error {
				_, _, err := c.Search(t.Context(), registry.Query{Text: "x", Page: 1, Limit: 1})
				return err
			},
		} {
			c, standIn := newClient(t, registries.APIKey)
			standIn.SetFault("companies-house", fault)
			if err := call(c); domain.CodeOf(err) != code {
				t.Errorf("%s, %s: got %v", name, fault, err)
			}
		}
	}
}

func TestWrongKey(t *testing.T) {
	c, _ := newClient(t, "another key")
	if _, err := c.Company(t.Context(), "07654321"); domain.CodeOf(err) != domain.Upstream {
		t.Errorf("got %v", err)
	}
	if _, err := companieshouse.New(companieshouse.Config{}); err == nil {
		t.Error("a client without a key was accepted")
	}
}
