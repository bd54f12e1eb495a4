package cases

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"counsel/domain"
	"counsel/sandbox/testkit"
)

// sharesKey reports whether a search for the first party finds the second.
func sharesKey(a, b NewParty) bool {
	names := nameVariants(a.Name, a.Kind)
	_, wanted := similarKeys(a, names)
	wanted = append(wanted, exactKeys(a, names)...)
	return slices.ContainsFunc(partyKeys(b), func(key []byte) bool {
		return slices.ContainsFunc(wanted, func(s []byte) bool { return bytes.Equal(s, key) })
	})
}

func TestNameSpellings(t *testing.T) {
	for _, c := range []struct {
		want  similarity
		kind  PartyKind
		names []string // compared in pairs
	}{
		{identical, PartyCompany, []string{"Müller & Söhne GmbH", "MUELLER UND SOEHNE G.m.b.H.", "Muller and Sohne", "müller  söhne gmbh & co. kg", "Mu\u0308ller & So\u0308hne"}},
		{identical, PartyCompany, []string{"Acme, Inc.", "ACME Incorporated", "Acme Corp.", "Acme Ltd", "Ａｃｍｅ", "A.C.M.E.", "Ac me LLC"}},
		{identical, PartyCompany, []string{"Fiat S.p.A.", "FIAT SpA", "Fiat S. p. A."}},
		{identical, PartyCompany, []string{"Northwind Sp. z o.o.", "NORTHWIND", "Northwind sp z o o", "North Wind", "North-Wind GmbH", "Northwind Gesellschaft mit beschränkter Haftung", "The Northwind Company"}},
		{identical, PartyCompany, []string{"Ørsted A/S", "Orsted AS"}},
		{identical, PartyCompany, []string{"Газпром ООО", "газпром ооо", "ООО Газпром", "Gazprom OOO", "ООО «Газпром»"}},
		{identical, PartyCompany, []string{"Volvo AB", "AB Volvo", "V\u043elvo"}},
		{identical, PartyPerson, []string{"Dr. John O'Brien", "O’BRIEN, John", "john obrien", "John O\u00b4Brien", "John O`Brien", "John O Brien", "John Oʼ\u200bBrien"}},
		{identical, PartyPerson, []string{"José García", "Garcia, Jose", "Sr. JOSÉ GARCÍA", "Jo\u00adsé Gar\u00adcía", "José\u3164 García"}},
		{identical, PartyPerson, []string{"Łukasz Straße", "LUKASZ STRASSE"}},
		{identical, PartyPerson, []string{"李小龙", "李小龙 "}},
		{identical, PartyPerson, []string{"Ana De Los Ríos", "Rios, Ana delos", "ANA DELOSRIOS", "Ana de los Rios"}},
		{identical, PartyPerson, []string{"Anne-Marie van der Berg", "Anne Marie Vanderberg", "van der Berg, Anne-Marie", "Annemarie Van Der Berg"}},
		{identical, PartyPerson, []string{"Robert Smith", "Robert Smith Jr.", "Smith Jr., Robert", "Robert Smith, III", "Prof. Dr. jur. Robert Smith LLM"}},
		{identical, PartyPerson, []string{"Иван Петров", "Ivan Petrov", "Петров Иван"}},
		{identical, PartyPerson, []string{"Νίκος Παππάς", "Nikos Pappas"}},
		{identical, PartyPerson, []string{"Paco Capo", "Р\u0430с\u043e С\u0430ро", "P\u0430co C\u0430po"}}, // in Cyrillic letters, wholly and partly
		{identical, PartyPerson, []string{"Mc Donald Ronald", "Ronald McDonald"}},
		{identical, PartyPerson, []string{"Håkon Åberg", "Haakon Aaberg", "Hakon Aberg"}},
		{similar, PartyPerson, []string{"María García López", "Maria Garcia"}},
		{similar, PartyPerson, []string{"John Smith", "John Michael Smith", "J. Smith"}},
		{similar, PartyPerson, []string{"John F. Kennedy", "John Fitzgerald Kennedy", "Kennedy, J."}},
		{similar, PartyPerson, []string{"Ludwig van Beethoven", "Ludwig Beethoven"}},
		{different, PartyCompany, []string{"Northwind GmbH", "Southwind GmbH", "GmbH", "AG", "&", "...", "李小龙", "李小虎", "株式会社", "Smith 1", "Smith 2", "Smith", "Northwind Holding AG", "Windnorth", "राम", "रीमा"}},
		{different, PartyPerson, []string{"John Smith", "Jane Smith", "John Miller", "Smith", "Amy Smith", "May Smith", "Roland Smith", "Arnold Smith", "K. Smith"}},
		{different, PartyPerson, []string{"Juan de la Cruz", "Maria de la Rosa", "Carlos de la Cruz", "Ana de la Peña"}},
		{different, PartyPerson, []string{"María García López", "María García Pérez"}},
		{different, PartyPerson, []string{"Don Johnson", "Johnson", "Dr. Peter Johnson"}},
		{different, PartyPerson, []string{"Ben Ali", "Ali Hassan", "Al Hassan Omar"}},
	} {
		for i, a := range c.names {
			for j, b := range c.names {
				if i == j {
					continue
				}
				got := compareNames(a, c.kind, b, c.kind)
				if c.want == similar && got == identical || got != c.want && c.want != different || c.want == different && got != different {
					t.Errorf("%q and %q: match %d, want %d", a, b, got, c.want)
				}
				if c.want != different && !sharesKey(NewParty{Kind: c.kind, Name: a}, NewParty{Kind: c.kind, Name: b}) {
					t.Errorf("%q does not find %q", a, b)
				}
			}
		}
	}
	if n := len(partyKeys(NewParty{Kind: PartyPerson, Name: strings.Repeat("Ana de la Peña y Ruiz ", 9)})); n > maxKeys {
		t.Errorf("%d keys", n)
	}
	if !bytes.Equal(registrationKey("HRB 123-45"), registrationKey("hrb12345")) || bytes.Equal(registrationKey("HRB 1"), registrationKey("HRA 1")) || len(registrationKey("- ")) != 0 {
		t.Error("registration numbers")
	}
	if !bytes.Equal(emailKey("Ada@Example.com"), emailKey("ada@example.COM")) || len(emailKey("")) != 0 {
		t.Error("addresses")
	}
}

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
		"registrationNumber": {Kind: PartyCompany, Side: SideOpposing, Name: "Renamed SE", RegistrationNumber: "hrb-1"},
	} {
		// Conflicts in several hidden cases are reported as one.
		if c := add(f.carl, carls, n); len(c) != 1 || c[0].CaseID != nil || c[0].Side != SideClient || !slices.Equal(c[0].Matched, []string{name}) {
			t.Errorf("%s: %+v", name, c)
		}
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

// FuzzNames checks that any name has keys and that surrounding spaces do not matter.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"", "Müller GmbH", "ﷺ", "İstanbul", "\u0301", "a\u200db", "ß"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, kind := range []PartyKind{PartyPerson, PartyCompany} {
			if len(partyKeys(NewParty{Kind: kind, Name: name})) == 0 || compareNames(name, kind, "  "+name+" ", kind) != identical {
				t.Errorf("%q", name)
			}
		}
	})
}
