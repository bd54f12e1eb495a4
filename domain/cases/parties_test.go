package cases

import (
	"bytes"
	"slices"
	"testing"

	"counsel/domain"
	"counsel/domain/matching"
	"counsel/sandbox/testkit"
)

func TestConflicts(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	add := func(who domain.Principal, id domain.ID, n NewParty) []Conflict {
		t.Helper()
		p, err := f.AddParty(ctx, who, id, n)
		testkit.Must(t, err)
		return p.Conflicts
	}
	annas, berts, carls := f.open(f.anna, "Anna's"), f.open(f.bert, "Bert's"), f.open(f.carl, "Carl's")
	acme := NewParty{Kind: PartyCompany, Side: SideClient, Name: "Acme Inc.", Email: "law@acme.example", RegistrationNumber: "HRB 1"}
	if c := add(f.anna, annas, acme); c == nil || len(c) != 0 {
		t.Errorf("the first party conflicts with %+v", c)
	}
	if c := add(f.bert, berts, acme); len(c) != 0 {
		t.Errorf("the same side conflicts: %+v", c)
	}
	for name, n := range map[string]NewParty{
		"name":               {Kind: PartyCompany, Side: SideOpposing, Name: "ACME Corp"},
		"email":              {Kind: PartyPerson, Side: SideOpposing, Name: "Somebody", Email: "LAW@acme.example"},
		"registrationNumber": {Kind: PartyCompany, Side: SideOpposing, Name: "Renamed SE", RegistrationNumber: "hrb-1", RegistrationCountry: "DE"},
	} {
		// Conflicts in several hidden cases are reported as one.
		if c := add(f.carl, carls, n); len(c) != 1 || c[0].CaseID != nil || c[0].Side != SideClient || !slices.Equal(c[0].Matched, []string{name}) {
			t.Errorf("%s: %+v", name, c)
		}
	}
	others, opponents := f.open(f.anna, "Others"), f.open(f.bert, "Opponents")
	add(f.anna, others, NewParty{Kind: PartyCompany, Side: SideClient, Name: "Edelweiss", RegistrationNumber: "FN 7", RegistrationCountry: "AT"})
	if c := add(f.bert, opponents, NewParty{Kind: PartyCompany, Side: SideOpposing, Name: "Oberon", RegistrationNumber: "FN 7", RegistrationCountry: "DE"}); len(c) != 0 {
		t.Errorf("a number of another country: %+v", c)
	}
	if c := add(f.bert, opponents, NewParty{Kind: PartyCompany, Side: SideOpposing, Name: "Edelwiess GmbH"}); len(c) != 1 || c[0].Score < matching.Possible || c[0].Score >= matching.Strong ||
		!slices.Equal(c[0].Reasons, []matching.Reason{matching.LegalForm, matching.Spelling}) {
		t.Errorf("a misspelled name: %+v", c)
	}
	if c := add(f.carl, carls, NewParty{Kind: PartyCompany, Side: SideOther, Name: "Acme"}); len(c) != 0 {
		t.Errorf("a witness conflicts: %+v", c)
	}
	if c := add(f.carl, carls, NewParty{Kind: PartyCompany, Side: SideClient, Name: "Acme"}); len(c) != 0 {
		t.Errorf("conflicts with its own case: %+v", c)
	}

	// An admin, and a member of one of the cases, get the conflicts.
	f.add(carls, f.anna, Viewer)
	items, _, err := f.Parties(ctx, f.anna, annas, 0, nil)
	testkit.Must(t, err)
	if c := items[0].Conflicts; len(c) != 1 || c[0].CaseID == nil || *c[0].CaseID != carls || c[0].Side != SideOpposing || !slices.Equal(c[0].Matched, []string{"email", "name", "registrationNumber"}) {
		t.Errorf("to a member of both: %+v", c)
	}
	items, _, err = f.Parties(ctx, f.admin, carls, 0, nil)
	testkit.Must(t, err)
	if c := items[len(items)-1].Conflicts; len(c) != 2 || c[0].CaseID == nil || c[1].CaseID == nil {
		t.Errorf("to an admin: %+v", c)
	}
	items, _, err = f.Parties(ctx, f.anna, carls, 0, nil)
	testkit.Must(t, err)
	for _, p := range items {
		if p.Conflicts != nil {
			t.Errorf("a viewer sees %+v", p.Conflicts)
		}
	}

	// Closed cases are searched, deleted ones are not.
	_, err = f.Update(ctx, f.carl, carls, Update{Status: ptr(Closed)})
	testkit.Must(t, err)
	items, _, err = f.Parties(ctx, f.bert, berts, 0, nil)
	testkit.Must(t, err)
	if len(items[0].Conflicts) != 1 {
		t.Errorf("with a closed case: %+v", items[0].Conflicts)
	}
	testkit.Must(t, f.Delete(ctx, f.carl, carls))
	items, _, err = f.Parties(ctx, f.bert, berts, 0, nil)
	testkit.Must(t, err)
	if len(items[0].Conflicts) != 0 {
		t.Errorf("with a deleted case: %+v", items[0].Conflicts)
	}
	for name, n := range map[string]NewParty{
		"kind": {Kind: "god", Side: SideClient, Name: "a"}, "side": {Kind: PartyPerson, Side: "mine", Name: "a"}, "name": {Kind: PartyPerson, Side: SideClient, Name: " "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.AddParty(ctx, f.anna, annas, n)
			wantError(t, err, domain.Invalid)
		})
	}
	// A client's account gets no conflicts, even in its own case.
	ellas := f.open(f.ella, "Ella's")
	if c := add(f.ella, ellas, NewParty{Kind: PartyCompany, Side: SideOpposing, Name: "Acme", Email: "law@acme.example"}); c != nil {
		t.Errorf("a client sees %+v", c)
	}
	items, _, err = f.Parties(ctx, f.ella, ellas, 0, nil)
	testkit.Must(t, err)
	if items[0].Conflicts != nil {
		t.Errorf("a client sees %+v", items[0].Conflicts)
	}
	if items, _, err = f.Parties(ctx, f.admin, ellas, 0, nil); err != nil || len(items[0].Conflicts) == 0 {
		t.Errorf("an admin sees %+v, %v", items, err)
	}

	// A name that lacks a part may match.
	add(f.anna, annas, NewParty{Kind: PartyPerson, Side: SideClient, Name: "Rosa Vega Ruiz"})
	if c := add(f.bert, berts, NewParty{Kind: PartyPerson, Side: SideOpposing, Name: "Vega, R."}); len(c) != 1 || !slices.Equal(c[0].Matched, []string{"similarName"}) {
		t.Errorf("an initial: %+v", c)
	}
	if c := add(f.bert, berts, NewParty{Kind: PartyPerson, Side: SideOpposing, Name: "Rosa Vega Soto"}); len(c) != 0 {
		t.Errorf("another person: %+v", c)
	}

	// Parties from before the conflict search are found once they have keys.
	_, err = f.pool.ExecContext(ctx, "DELETE FROM case_party_keys")
	testkit.Must(t, err)
	_, err = f.pool.ExecContext(ctx, "UPDATE case_parties SET key_rules = 0")
	testkit.Must(t, err)
	party := NewParty{Kind: PartyCompany, Side: SideOpposing, Name: "Ac Me"}
	if c := add(f.bert, berts, party); len(c) != 0 {
		t.Errorf("without keys: %+v", c)
	}
	testkit.Must(t, f.Maintain(ctx))
	testkit.Must(t, f.Maintain(ctx))
	if c := add(f.bert, berts, party); len(c) != 1 || !slices.Equal(c[0].Matched, []string{"name"}) {
		t.Errorf("with keys: %+v", c)
	}

	_, err = f.Update(ctx, f.anna, annas, Update{LegalHold: ptr(true)})
	testkit.Must(t, err)
	items, _, err = f.Parties(ctx, f.anna, annas, 0, nil)
	testkit.Must(t, err)
	wantError(t, f.RemoveParty(ctx, f.anna, annas, items[0].ID), domain.Conflict, "legal_hold")
}

// TestSearchKeys compares keys with those of version 1, which are found until they are rebuilt.
func TestSearchKeys(t *testing.T) {
	n := NewParty{Kind: PartyPerson, Name: "Zäck Abt", Email: "Ada@Example.com", RegistrationNumber: "HRB 123-45"}
	_, exact, _ := searchKeys(n, n.parsedName())
	for kind, text := range map[string]string{"letters": "aabcktz", "email": "ada@example.com", "registration": "HRB12345"} {
		if !slices.ContainsFunc(exact, func(key []byte) bool { return bytes.Equal(key, hashKey(kind, text)) }) {
			t.Errorf("no key of the %s", kind)
		}
	}
	if len(emailKey("")) != 0 || len(registrationKey(matching.Registration{Number: "- "})) != 0 {
		t.Error("a key of nothing")
	}
}
