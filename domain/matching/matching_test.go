package matching

import (
	"bytes"
	"slices"
	"strings"
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

func TestSpellings(t *testing.T) {
	const (
		different = iota
		similar
		identical
	)
	for _, c := range []struct {
		want  int
		kind  Kind
		names []string // compared in pairs
	}{
		{identical, Company, []string{"Müller & Söhne GmbH", "MUELLER UND SOEHNE G.m.b.H.", "Muller and Sohne", "müller  söhne gmbh & co. kg", "Mu\u0308ller & So\u0308hne"}},
		{identical, Company, []string{"Acme, Inc.", "ACME Incorporated", "Acme Corp.", "Acme Ltd", "Ａｃｍｅ", "A.C.M.E.", "Ac me LLC"}},
		{identical, Company, []string{"Fiat S.p.A.", "FIAT SpA", "Fiat S. p. A."}},
		{identical, Company, []string{"Northwind Sp. z o.o.", "NORTHWIND", "Northwind sp z o o", "North Wind", "North-Wind GmbH", "Northwind Gesellschaft mit beschränkter Haftung", "The Northwind Company"}},
		{identical, Company, []string{"Ørsted A/S", "Orsted AS"}},
		{identical, Company, []string{"Газпром ООО", "газпром ооо", "ООО Газпром", "Gazprom OOO", "ООО «Газпром»"}},
		{identical, Company, []string{"Volvo AB", "AB Volvo", "V\u043elvo"}},
		{identical, Person, []string{"Dr. John O'Brien", "O’BRIEN, John", "john obrien", "John O\u00b4Brien", "John O`Brien", "John O Brien", "John Oʼ\u200bBrien"}},
		{identical, Person, []string{"José García", "Garcia, Jose", "Sr. JOSÉ GARCÍA", "Jo\u00adsé Gar\u00adcía", "José\u3164 García"}},
		{identical, Person, []string{"Łukasz Straße", "LUKASZ STRASSE"}},
		{identical, Person, []string{"李小龙", "李小龙 "}},
		{identical, Person, []string{"Ana De Los Ríos", "Rios, Ana delos", "ANA DELOSRIOS", "Ana de los Rios"}},
		{identical, Person, []string{"Anne-Marie van der Berg", "Anne Marie Vanderberg", "van der Berg, Anne-Marie", "Annemarie Van Der Berg"}},
		{identical, Person, []string{"Robert Smith", "Robert Smith Jr.", "Smith Jr., Robert", "Prof. Dr. jur. Robert Smith LLM"}},
		{identical, Person, []string{"Иван Петров", "Ivan Petrov", "Петров Иван"}},
		{identical, Person, []string{"Νίκος Παππάς", "Nikos Pappas"}},
		{identical, Person, []string{"Paco Capo", "Р\u0430с\u043e С\u0430ро", "P\u0430co C\u0430po"}}, // in Cyrillic letters, wholly and partly
		{identical, Person, []string{"Mc Donald Ronald", "Ronald McDonald"}},
		{identical, Person, []string{"Håkon Åberg", "Haakon Aaberg", "Hakon Aberg"}},
		{similar, Person, []string{"María García López", "Maria Garcia"}},
		{similar, Person, []string{"John Smith", "John Michael Smith", "J. Smith"}},
		{similar, Person, []string{"John F. Kennedy", "John Fitzgerald Kennedy", "Kennedy, J."}},
		{similar, Person, []string{"Ludwig van Beethoven", "Ludwig Beethoven"}},
		{different, Company, []string{"Northwind GmbH", "Southwind GmbH", "GmbH", "AG", "&", "...", "李小龙", "李小虎", "株式会社", "Smith 1", "Smith 2", "Smith", "Northwind Holding AG", "Windnorth", "राम", "रीमा"}},
		{different, Person, []string{"John Smith", "Jane Smith", "John Miller", "Smith", "Amy Smith", "May Smith", "Roland Smith", "Arnold Smith", "K. Smith"}},
		{different, Person, []string{"Juan de la Cruz", "Maria de la Rosa", "Carlos de la Cruz", "Ana de la Peña"}},
		{different, Person, []string{"María García López", "María García Pérez"}},
		{different, Person, []string{"Robert Smith Jr.", "Robert Smith, III", "Robert Smith Sr."}},
		{different, Person, []string{"Don Johnson", "Johnson", "Dr. Peter Johnson"}},
		{different, Person, []string{"Ben Ali", "Ali Hassan", "Al Hassan Omar"}},
	} {
		for i, a := range c.names {
			for j, b := range c.names {
				if i == j {
					continue
				}
				x, y := Parse(a, c.kind), Parse(b, c.kind)
				got, m := different, Compare(x, y)
				if m.Score >= Strong {
					got = identical
				} else if m.Score >= Possible {
					got = similar
				}
				if got != c.want {
					t.Errorf("%q and %q: %d (%+v), want %d", a, b, got, m, c.want)
				}
				if c.want != different && !found(y, x) {
					t.Errorf("%q does not find %q", a, b)
				}
			}
		}
	}
	if stored, _, _ := Parse(strings.Repeat("Ana de la Peña y Ruiz ", 9), Person).Keys(); len(stored) > maxKeys+2 {
		t.Errorf("%d keys", len(stored))
	}
}

// TestGivenNames compares spellings of given names in several languages, each with a family name.
func TestGivenNames(t *testing.T) {
	compare := func(a, b string) (Match, bool) {
		x, y := Parse(a+" Drozdenko", Person), Parse("DROZDENKO, "+b, Person)
		return Compare(x, y), found(x, y) && found(y, x)
	}
	for _, group := range []string{
		"Victor Viktor Wiktor Виктор", "Victoria Viktoria Wiktoria Viktoriya", "Philip Filip Phillip Philippe Филипп", "Katherine Catherine Katarina Katharina Ekaterina", "Alexander Aleksandr Alexandre Aleksander",
		"Alexandra Aleksandra Alessandra", "Sergey Sergei Serge Serhii", "Yuri Jurij Iouri Yuriy Юрий", "Nikolai Nikolay Nicolas Nicholas Mykola Николай", "Mikhail Michail Mikael Michael", "Georgi George Georgios Georges Georgiy",
		"Mohamed Muhammad Mohammed Mehmed", "Jakob Jacob Jakub Yakov", "Erik Eric Erich Erick", "Karl Carl Karel", "Stephan Stefan Steven Stephen Степан", "Zsofia Sofia Sophie Zofia Sofiya", "Christine Kristin Christina Krystyna",
		"Marc Mark Марк", "Frederic Frederik Friedrich Federico", "Thomas Tomas Tomasz", "Anton Antony Antonio Antoine", "Lucas Lukas Luca Luka", "Matthew Mathias Mateusz", "Oscar Oskar", "Marcus Markus", "Clara Klara",
		"Sylvia Silvia", "Jasmin Yasmin", "Marta Martha", "Hanna Hannah", "Denis Dennis", "Valery Valeri Valeriy Walerij", "Lyudmila Ludmila Ljudmila", "Svetlana Swetlana Светлана", "Vyacheslav Viacheslav Wjatscheslaw",
		"Dominic Dominik Dominique", "Maxim Maksim Maxime", "Veronica Veronika Weronika", "David Dawid Davide", "Theodore Theodor Teodor", "Henri Henrik Hendrik Henry",
	} {
		names := strings.Fields(group)
		for i, a := range names {
			for _, b := range names[i+1:] {
				m, keys := compare(a, b)
				if m.Score < Possible || !slices.Contains(m.Reasons, Spelling) && !slices.Contains(m.Reasons, Transliterated) || !keys {
					t.Errorf("%s, %s: %+v, keys %v", a, b, m, keys)
				}
			}
		}
	}
	for _, pair := range []string{"Victor Viktor", "Marc Mark", "Steven Stefan", "Sofia Sophie", "Erik Eric", "Bill William"} {
		a, b, _ := strings.Cut(pair, " ")
		if m, _ := compare(a, b); m.Score >= Strong {
			t.Errorf("%s: %+v, but they may be two people", pair, m)
		}
	}
	for _, pair := range []string{"Sergey Sergei", "Yuri Jurij", "Mohamed Muhammad"} {
		a, b, _ := strings.Cut(pair, " ")
		if m, _ := compare(a, b); m.Score < Strong {
			t.Errorf("%s: %+v, but it is one name", pair, m)
		}
	}
	for _, pair := range []string{"Marc Max", "Marc Marco", "Anna Hannah", "Jan Jane", "Jan Ian", "Maria Mario", "John Joan", "Joan Jean", "Viktor Viktoria", "Victor Victoria", "Carl Carla", "Karin Karen", "Erik Erika", "Paul Paula",
		"René Renée", "Denis Denise", "Simon Simone", "Leon Leo", "Martin Marina", "Stella Selma", "Julian Juliana", "Nicole Nicolas", "Oliver Olivia", "Viktor Hector", "Philip Phila", "Kim Tim"} {
		a, b, _ := strings.Cut(pair, " ")
		if m, _ := compare(a, b); m.Score >= Possible {
			t.Errorf("%s: %+v", pair, m)
		}
	}
	for _, pair := range []string{"Peter Hanson, Peter Hansson", "Anna Clark, Anna Clarke", "Min Jung, Min Young", "Min Jon, Min Yoon"} { // family names
		a, b, _ := strings.Cut(pair, ", ")
		if m := Compare(Parse(a, Person), Parse(b, Person)); m.Score >= Possible {
			t.Errorf("%s: %+v", pair, m)
		}
	}
}

// BenchmarkCompare reads a name and compares it, as the conflict check does with a candidate.
func BenchmarkCompare(b *testing.B) {
	names := strings.Split("James Corbertson, James Lemander, Mary Corkingham, Robert William Belsonton, Viktor Drozdenko, Victor Drosdenko, Katarzyna Norwinman, Catherine Norwinson, Ahmed Al-Masri, Mohammed Al-Nasri, "+
		"María García López, Hans-Jürgen Müller, J. Smith, Wang Xiaoming, Дмитрий Иванов, Dmitri Petrov", ", ")
	wanted := make([]Name, len(names))
	for i, name := range names {
		wanted[i] = Parse(name, Person)
	}
	for i := 0; b.Loop(); i++ {
		Compare(wanted[i/len(names)%len(names)], Parse(names[i%len(names)], Person))
	}
}

// FuzzNames checks that any name has keys and that surrounding spaces do not matter.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"", "Müller GmbH", "ﷺ", "İstanbul", "\u0301", "a\u200db", "ß", "abd", "al al din", "김", "ال", "Th."} {
		f.Add(s, "John")
	}
	f.Add("AüACA YABBA", "\x00\x00\x00")
	f.Fuzz(func(t *testing.T, name, other string) {
		for _, kind := range []Kind{Person, Company} {
			n := Parse(name, kind)
			if _, exact, _ := n.Keys(); len(exact) == 0 || Compare(n, Parse("  "+name+" ", kind)).Score < Strong {
				t.Errorf("%q", name)
			}
			o := Parse(other, kind)
			if a, b := Compare(n, o), Compare(o, n); a.Score > 1 || a.Score != b.Score {
				t.Errorf("%q, %q: %v, %v", name, other, a, b)
			}
		}
	})
}
