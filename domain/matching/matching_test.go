package matching

import (
	"bytes"
	"slices"
	"testing"
)

func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		kind    Kind
		a, b    string
		reasons []Reason // nil: different
	}{
		{Person, "John Smith", "John Smith", []Reason{Exact}},
		{Person, "Sean O´Briard", "Sean O'Briard", []Reason{Folded}},
		{Person, "SMITH, JOHN", "John Smith", []Reason{Order}},
		{Person, "J. Smith", "John Smith", []Reason{Initial}},
		{Person, "H. P. Baxxter", "Hans Peter Baxxter", []Reason{Initial}},
		{Person, "Bill Gates", "William Gates", []Reason{Nickname}},
		{Person, "محمد الأسد", "Mohammed al-Assad", []Reason{Transliterated}},
		{Person, "王小明", "Xiaoming Wang", []Reason{Order, Spacing, Transliterated}},
		{Person, "Robert Smith Jr.", "Robert Smith", []Reason{Title}},
		{Person, "Robert Smith Jr.", "Robert Smith Sr.", nil},
		{Person, "John Smith", "Jane Smith", nil},
		{Company, "Face Booko Ltd", "Facebooko Limited", []Reason{Spacing}},
		{Company, "ООО «Газпром»", "Gazprom LLC", []Reason{Transliterated}},
		{Company, "Müller & Söhne GmbH & Co. KG", "Mueller und Soehne", []Reason{LegalForm}},
		{Company, "Alpha Capital", "Alpha Holdings", nil},
		{Company, "Gazprom", "Газпром", []Reason{Transliterated}},
	} {
		m := Compare(Parse(tt.a, tt.kind), Parse(tt.b, tt.kind))
		if !slices.Equal(m.Reasons, tt.reasons) || (m.Score >= Possible) != (tt.reasons != nil) {
			t.Errorf("%s, %s: %+v", tt.a, tt.b, m)
		}
		if back := Compare(Parse(tt.b, tt.kind), Parse(tt.a, tt.kind)); back.Score != m.Score {
			t.Errorf("%s, %s: %v one way, %v the other", tt.a, tt.b, m.Score, back.Score)
		}
		if tt.reasons != nil && !found(Parse(tt.a, tt.kind), Parse(tt.b, tt.kind)) {
			t.Errorf("%s, %s: no common key", tt.a, tt.b)
		}
	}
}

// found reports whether an index of a's stored keys finds a for b.
func found(a, b Name) bool {
	stored, _, _ := a.Keys()
	_, exact, similar := b.Keys()
	return slices.ContainsFunc(stored, func(key []byte) bool {
		equal := func(k []byte) bool { return bytes.Equal(k, key) }
		return slices.ContainsFunc(exact, equal) || slices.ContainsFunc(similar, equal)
	})
}
