package registry

import (
	"context"
	"slices"
	"testing"

	"counsel/domain"
	"counsel/sandbox/testkit"
)

func TestParseVATNumber(t *testing.T) {
	for s, want := range map[string]string{
		"DE 129.273-398": "DE129273398", "fr40303265045": "FR40303265045", "GR123456789": "EL123456789", "ATU12345678": "ATU12345678", "XI123456789": "XI123456789",
		"NL123456789B01": "NL123456789B01", "IE6388047V": "IE6388047V",
		"GB123456789": "", "DE12345678": "", "": "", "D": "", "DE12927339X": "", "ÄÖ123456789": "",
	} {
		country, number, ok := ParseVATNumber(s)
		if ok != (want != "") || ok && country+number != want {
			t.Errorf("%q: got %q %q %v, want %q", s, country, number, ok, want)
		}
	}
}

// fixedLists are lists that a test sets.
type fixedLists []*List

func (l *fixedLists) Lists(context.Context) ([]*List, error) { return *l, nil }

func newScreening(lists *fixedLists) *Service {
	return &Service{live: &registers{Registers{Lists: lists}, "live", newListIndex()}}
}

func TestScreen(t *testing.T) {
	lists := &fixedLists{{Name: ListEU, PublishedOn: "2026-11-20", Entries: []ListEntry{
		{ID: "1", Kind: KindPerson, Names: []ListedName{{Name: "Viktor Drozdenko"}, {Name: "Drozdenko Viktor", Weak: true}}, BirthYears: []int{1961}},
		{ID: "2", Kind: KindPerson, Names: []ListedName{{Name: "Someone Else"}}},
		{ID: "3", Kind: KindOther, Names: []ListedName{{Name: "Sea Heron"}}},
	}}}
	s := newScreening(lists)
	screen := func(q Screening) ScreeningResult {
		t.Helper()
		r, err := s.Screen(t.Context(), false, q)
		testkit.Must(t, err)
		return r
	}
	r := screen(Screening{Name: "viktor  DROZDENKO", Kind: KindPerson, BirthYear: 1962})
	if len(r.Hits) != 1 || r.Hits[0].EntryID != "1" || r.Hits[0].MatchedName != "Viktor Drozdenko" || r.Hits[0].BirthYear != BirthYearSame || r.Lists[0] != (ScreenedList{ListEU, "2026-11-20", 3}) {
		t.Errorf("got %+v", r)
	}
	if r := screen(Screening{Name: "Sea Heron", Kind: KindCompany}); len(r.Hits) != 1 || r.Hits[0].Kind != KindOther {
		t.Errorf("a ship: got %+v", r)
	}
	// A list that was read again is indexed again.
	*lists = fixedLists{{Name: ListEU, Entries: []ListEntry{{ID: "9", Kind: KindPerson, Names: []ListedName{{Name: "Helen Marsh"}}}}}}
	if r := screen(Screening{Name: "Viktor Drozdenko", Kind: KindPerson}); len(r.Hits) != 0 {
		t.Errorf("got %+v", r)
	}
	if r := screen(Screening{Name: "Helen Marsh", Kind: KindPerson}); len(r.Hits) != 1 || !slices.Equal(r.Hits[0].Reasons, []string{"exact"}) || r.Hits[0].Score != 100 {
		t.Errorf("got %+v", r)
	}
	for _, q := range []Screening{{Name: "...", Kind: KindPerson}, {Name: "A", Kind: KindCompany, BirthYear: 1990}} {
		if _, err := s.Screen(t.Context(), false, q); domain.CodeOf(err) != domain.Invalid {
			t.Errorf("%+v: got %v", q, err)
		}
	}
}

func TestMoreHitsThanAreListed(t *testing.T) {
	list := &List{Name: ListUS}
	for range maxHits + 10 {
		list.Entries = append(list.Entries, ListEntry{ID: domain.NewID().String(), Kind: KindPerson, Names: []ListedName{{Name: "Helen Marsh"}}})
	}
	r, err := newScreening(&fixedLists{list}).Screen(t.Context(), false, Screening{Name: "Helen Marsh", Kind: KindPerson})
	testkit.Must(t, err)
	if len(r.Hits) != maxHits || !r.More {
		t.Errorf("%d hits, more %v", len(r.Hits), r.More)
	}
}

func TestAddressLine(t *testing.T) {
	for want, a := range map[string]Address{
		"Lindenallee 12, 80331 München, DE": {Lines: []string{"Lindenallee 12"}, PostalCode: "80331", City: "München", Region: "DE-BY", Country: "DE"},
		"Leeds":                             {City: "Leeds"},
		"":                                  {},
	} {
		if got := a.Line(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
