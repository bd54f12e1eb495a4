package masking

import (
	"fmt"
	"strings"
	"testing"
)

// Each line lists wordings in the order of a text, with the number that each must get.
var wordings = map[Type][]string{
	Person: {
		// en
		"John Miller=1 | Mr Miller=1 | MILLER=1 | MILLER, JOHN=1 | J. Miller=1 | Dr. J. Miller=1 | john miller=1 | Mr. John Miller=1",
		"Mr. Miller=1 | John Miller=1 | Jane Miller=2 | J. Miller=3",
		"J. Miller=1 | John Miller=1 | Jane Miller=2",
		"John Smith=1 | Mary Smith=2 | Mr Smith=3 | Mary=2 | Smith=3 | John Smith=1 | Peter Smith=4 | Smith=3",
		"Mr. Smith=1 | Mrs. Smith=2 | Mr Smith=1 | Mrs Smith=2",
		"John Miller Sr.=1 | John Miller Jr.=2 | John Miller=3",
		"John Miller Jr.=1 | Mr Miller=1 | John Miller=1",
		"John Adam Smith=1 | John Smith=1 | John A. Smith=1 | John B. Smith=2",
		"Mary-Ann O'Brien=1 | O’BRIEN=1 | Ms. O'Brien=1",
		"Peter Smith=1 | Mr. Peters=2",
		"Anna Koch=1 | Maria Koch=2 | Koch, Anna=1 | KOCH Maria=2 | Koch Anna=1",
		"Li Wei=1 | Wei Li=2 | Li, Wei=2 | LI WEI=1",
		"John Miller Jr.=1 | Miller Jr., John=1",
		// de
		"Herr Müller=1 | Müllers=1 | Hans Müller=1 | MÜLLER=1 | Mu\u0308ller=1 | Herrn Müllers=1 | Müller, Hans=1 | Müller’schen=1 | Frau Müller=2",
		"Dr. Anna von Schönberg=1 | Frau Dr. von Schönberg=1 | von Schönberg, Anna=1",
		// fr
		"Jean Dupont=1 | M. Dupont=1 | Monsieur Dupont=1 | DUPONT Jean=1 | Dupont=1 | Mme Dupont=2 | Hélène Dupont=2 | HELENE DUPONT=2",
		// es
		"José García López=1 | García López=1 | Sr. García=1 | Jose Garcia=1 | GARCÍA LÓPEZ, JOSÉ=1 | Sra. García=2",
		"García López=1 | García Pérez=2 | García=3",
		"María José García=1 | José María García=2 | García, María José=1 | María García=3 | José María=2",
		// pt
		"João da Silva Santos=1 | João Silva=1 | Sr. Santos=1 | SANTOS=1 | Maria Santos=2",
		// it
		"Giuseppe Rossi=1 | Sig. Rossi=1 | Avv. Giuseppe Rossi=1 | Rossi Giuseppe=1 | Signora Rossi=2",
		// nl
		"van der Berg, Pieter=1 | Pieter van der Berg=1 | dhr. Van der Berg=1 | P. van der Berg=1 | mevrouw Van der Berg=2",
		// wrapped
		"Wilhelmina\n   Ferndale=1 | WILHELMINA FERNDALE=1 | Ferndale's=1",
	},
	Company: {
		"Acme Widgets, Inc.=1 | Acme Widgets=1 | ACME WIDGETS=1 | Acme=1 | The Acme Widgets Inc=1",
		"Acme=1 | Acme Widgets Ltd=1",
		"Nordwind Logistik GmbH=1 | Nordwind Logistik GmbH & Co. KG=1 | NORDWIND LOGISTIK=1",
		"Inversiones Peñalara, S.A.=1 | Inversiones Penalara SA=1 | INVERSIONES PEÑALARA=1",
		"Énergies du Littoral SAS=1 | Energies du Littoral=1",
		"Van Dijk Transport B.V.=1 | Van Dijk Transport=1",
		"Deutsche Kredit AG=1 | Deutsche Kredit Leasing GmbH=2",
		"Rossi Costruzioni S.r.l.=1 | Rossi Costruzioni=1",
	},
}

func TestCoreference(t *testing.T) {
	for typ, lines := range wordings {
		for _, line := range lines {
			s := masker().NewSession()
			for part := range strings.SplitSeq(line, " | ") {
				text, number, _ := strings.Cut(part, "=")
				m, err := s.MaskAs(text, typ)
				if err != nil {
					t.Fatal(err)
				}
				got := strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(m.Text, "'s"), "]"), "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
				if want := "[" + typ.String() + "_" + number; got != want {
					t.Errorf("%q in %q is %s, want %s", text, line, m.Text, want)
				}
				if s.Restore(m.Text) != text {
					t.Errorf("%q is restored as %q", text, s.Restore(m.Text))
				}
			}
		}
	}
}

// Wordings of one person in running text.
func TestCoreferenceInText(t *testing.T) {
	for text, want := range map[string]string{
		"My landlord is Wilhelmina Ferndale. Ms. Ferndale and FERNDALE are one; Ferndale's flat.": "My landlord is [PERSON_1]. [PERSON_1B] and [PERSON_1C] are one; [PERSON_1D]'s flat.",
		"Mein Vermieter ist Hans Kowalczyk. Kowalczyks Wohnung gehört Herrn Kowalczyk.":           "Mein Vermieter ist [PERSON_1]. [PERSON_1B] Wohnung gehört [PERSON_1C].",
		"Anna Schmidt klagt gegen Hanna Schmidt. Annas Anwalt schweigt, Hannas Anwalt auch.":      "[PERSON_1] klagt gegen [PERSON_2]. [PERSON_1B] Anwalt schweigt, [PERSON_2B] Anwalt auch.",
		"My name is John Smith. My wife is Mary Smith. Mr. Smith pays.":                           "My name is [PERSON_1]. My wife is [PERSON_2]. [PERSON_3] pays.",
	} {
		s := masker().NewSession()
		got := mask(t, s, text)
		if got.Text != want {
			t.Errorf("Mask(%q)\n got %q\nwant %q", text, got.Text, want)
		}
		if s.Restore(got.Text) != text {
			t.Errorf("restored %q", s.Restore(got.Text))
		}
	}
}

// Many people with a common name: what is compared for each is bounded, and all stay apart.
func TestManyPeople(t *testing.T) {
	for what, name := range manyPeople {
		s := masker().NewSession()
		for i := range 1000 {
			text := name(i)
			if m, err := s.MaskAs(text, Person); err != nil || s.Restore(m.Text) != text {
				t.Fatal(m.Text, err)
			}
		}
		if n := s.counts[Person]; n != map[string]int{"rare": 1000, "namesakes": 1000, "same": 1}[what] {
			t.Errorf("%s: %d people", what, n)
		}
		for _, list := range s.names.byWord {
			if len(list) > maxNamesakes+1 {
				t.Fatalf("%s: %d are compared", what, len(list))
			}
		}
	}
}

var manyPeople = map[string]func(int) string{
	"rare":      func(i int) string { return "Given" + strings.Repeat("x", i%7) + " Family" + spell(i) },
	"namesakes": func(i int) string { return spell(i) + " Smith" },
	"same":      func(int) string { return "John Smith" },
}

func BenchmarkManyPeople(b *testing.B) {
	for what, name := range manyPeople {
		for _, n := range []int{1000, 8000} {
			b.Run(fmt.Sprintf("%s/%d", what, n), func(b *testing.B) {
				for b.Loop() {
					s := masker().NewSession()
					for i := range n {
						if _, err := s.MaskAs(name(i), Person); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}

// spell returns a different word for each number.
func spell(i int) string {
	word := "Qu"
	for ; i > 0; i /= 20 {
		word += string("abcdefghijklmnopqrtu"[i%20])
	}
	return word
}
