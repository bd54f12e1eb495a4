package cases

import (
	"bytes"
	"slices"
	"testing"

	"counsel/domain"
)

func TestSpellingsOfAName(t *testing.T) {
	for _, same := range []struct {
		kind  PartyKind
		names []string
	}{
		{Company, []string{"Müller & Söhne GmbH", "MUELLER UND SOEHNE G.m.b.H.", "Muller and Sohne", "müller  söhne gmbh & co. kg", "Mu\u0308ller & So\u0308hne"}},
		{Company, []string{"Acme, Inc.", "ACME Incorporated", "Acme Corp.", "Acme Ltd", "Ａｃｍｅ"}},
		{Company, []string{"Fiat S.p.A.", "FIAT SpA", "Fiat S. p. A."}},
		{Company, []string{"Northwind Sp. z o.o.", "NORTHWIND", "Northwind sp z o o"}},
		{Company, []string{"Ørsted A/S", "Orsted AS"}},
		{Company, []string{"Газпром ООО", "газпром ооо"}},
		{Person, []string{"Dr. John O'Brien", "O’BRIEN, John", "john obrien"}},
		{Person, []string{"José García", "Garcia, Jose", "Sr. JOSÉ GARCÍA"}},
		{Person, []string{"Łukasz Straße", "LUKASZ STRASSE"}},
		{Person, []string{"李小龙", "李小龙 "}},
	} {
		want := nameKey(same.names[0], same.kind)
		for _, name := range same.names {
			if !bytes.Equal(nameKey(name, same.kind), want) {
				t.Errorf("%q is not %q", name, same.names[0])
			}
		}
	}
	different := []string{"Northwind GmbH", "Southwind GmbH", "North Wind GmbH", "GmbH", "AG", "&", "...", "李小龙", "李小虎", "株式会社", "Smith 1", "Smith 2"}
	for i, a := range different {
		for _, b := range different[i+1:] {
			if bytes.Equal(nameKey(a, Company), nameKey(b, Company)) {
				t.Errorf("%q is taken for %q", a, b)
			}
		}
	}
	if !bytes.Equal(registrationKey("HRB 123-45"), registrationKey("hrb12345")) || bytes.Equal(registrationKey("HRB 1"), registrationKey("HRA 1")) || len(registrationKey("- ")) != 0 {
		t.Error("registration numbers")
	}
	if !bytes.Equal(emailKey("Ada@Example.com"), emailKey("ada@example.COM")) || len(emailKey("")) != 0 {
		t.Error("addresses")
	}
}

func TestConflicts(t *testing.T) {
	b := newBundle(t)
	ctx := t.Context()
	add := func(who domain.Principal, id domain.ID, n NewParty) []Conflict {
		t.Helper()
		p, err := b.AddParty(ctx, who, id, n)
		must(t, err)
		return p.Conflicts
	}
	annas, berts, carls := b.open(b.anna, "Anna's"), b.open(b.bert, "Bert's"), b.open(b.carl, "Carl's")
	acme := NewParty{Kind: Company, Side: OurSide, Name: "Acme Inc.", Email: "law@acme.example", RegistrationNumber: "HRB 1"}
	if c := add(b.anna, annas, acme); c == nil || len(c) != 0 {
		t.Errorf("the first of all conflicts with %+v", c)
	}
	if c := add(b.bert, berts, acme); len(c) != 0 {
		t.Errorf("the same side conflicts: %+v", c)
	}
	for name, n := range map[string]NewParty{
		"name":               {Kind: Company, Side: OtherSide, Name: "ACME Corp"},
		"email":              {Kind: Person, Side: OtherSide, Name: "Somebody", Email: "LAW@acme.example"},
		"registrationNumber": {Kind: Company, Side: OtherSide, Name: "Renamed SE", RegistrationNumber: "hrb-1"},
	} {
		// Two cases the caller may not see are one conflict.
		if c := add(b.carl, carls, n); len(c) != 1 || c[0].CaseID != nil || c[0].Side != OurSide || !slices.Equal(c[0].Matched, []string{name}) {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c := add(b.carl, carls, NewParty{Kind: Company, Side: NoSide, Name: "Acme"}); len(c) != 0 {
		t.Errorf("a witness conflicts: %+v", c)
	}
	if c := add(b.carl, carls, NewParty{Kind: Company, Side: OurSide, Name: "Acme"}); len(c) != 0 {
		t.Errorf("conflicts with its own case: %+v", c)
	}

	// An admin, and a member of one of them, are told.
	b.add(carls, b.anna, Viewer)
	items, _, err := b.Parties(ctx, b.anna, annas, 0, nil)
	must(t, err)
	if c := items[0].Conflicts; len(c) != 1 || c[0].CaseID == nil || *c[0].CaseID != carls || c[0].Side != OtherSide || !slices.Equal(c[0].Matched, []string{"email", "name", "registrationNumber"}) {
		t.Errorf("to a member of both: %+v", c)
	}
	items, _, err = b.Parties(ctx, b.root, carls, 0, nil)
	must(t, err)
	if c := items[len(items)-1].Conflicts; len(c) != 2 || c[0].CaseID == nil || c[1].CaseID == nil {
		t.Errorf("to an admin: %+v", c)
	}
	items, _, err = b.Parties(ctx, b.anna, carls, 0, nil)
	must(t, err)
	for _, p := range items {
		if p.Conflicts != nil {
			t.Errorf("a viewer is told of %+v", p.Conflicts)
		}
	}

	// Closed cases count, deleted ones do not.
	_, err = b.Update(ctx, b.carl, carls, Update{Status: ptr(Closed)})
	must(t, err)
	items, _, err = b.Parties(ctx, b.bert, berts, 0, nil)
	must(t, err)
	if len(items[0].Conflicts) != 1 {
		t.Errorf("with a closed case: %+v", items[0].Conflicts)
	}
	must(t, b.Delete(ctx, b.carl, carls))
	items, _, err = b.Parties(ctx, b.bert, berts, 0, nil)
	must(t, err)
	if len(items[0].Conflicts) != 0 {
		t.Errorf("with a deleted case: %+v", items[0].Conflicts)
	}
	for name, n := range map[string]NewParty{
		"kind": {Kind: "god", Side: OurSide, Name: "a"}, "side": {Kind: Person, Side: "mine", Name: "a"}, "name": {Kind: Person, Side: OurSide, Name: " "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.AddParty(ctx, b.anna, annas, n)
			fails(t, err, domain.Invalid)
		})
	}
	_, err = b.Update(ctx, b.anna, annas, Update{LegalHold: ptr(true)})
	must(t, err)
	items, _, err = b.Parties(ctx, b.anna, annas, 0, nil)
	must(t, err)
	fails(t, b.RemoveParty(ctx, b.anna, annas, items[0].ID), domain.Conflict, "legal_hold")
}

// FuzzNameKey: any name has a key, and its own upper case has the same.
func FuzzNameKey(f *testing.F) {
	for _, s := range []string{"", "Müller GmbH", "ﷺ", "İstanbul", "\u0301", "a\u200db", "ß"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, kind := range []PartyKind{Person, Company} {
			if a, b := nameKey(name, kind), nameKey("  "+name+" ", kind); len(a) != hashSize || !bytes.Equal(a, b) {
				t.Errorf("%q", name)
			}
		}
	})
}
