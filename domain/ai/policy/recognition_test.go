package policy

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Each line of testdata/contracts is a clause type and a sentence that has it; together they are a contract.
func TestRecognizeLanguages(t *testing.T) {
	for _, language := range []string{"de", "fr", "es", "pt", "it", "nl"} {
		raw, err := os.ReadFile("testdata/contracts/" + language + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		type expected struct {
			clauseType string
			start, end int
		}
		var want []expected
		for line := range strings.Lines(string(raw)) {
			clauseType, sentence, _ := strings.Cut(strings.TrimSpace(line), ": ")
			want = append(want, expected{clauseType, text.Len(), text.Len() + len(sentence)})
			text.WriteString(sentence + "\n\n")
		}
		passages := Recognize(text.String())
		found, wrong := 0, 0
		for _, w := range want {
			if slices.ContainsFunc(passages, func(p Passage) bool {
				return p.ClauseType == w.clauseType && p.Start < w.end && w.start < p.End
			}) {
				found++
			} else {
				t.Errorf("%s: %s is not recognized in %q", language, w.clauseType, text.String()[w.start:w.end])
			}
		}
		for _, p := range passages {
			if i := slices.IndexFunc(want, func(w expected) bool { return w.clauseType == p.ClauseType }); i >= 0 && (p.End <= want[i].start || want[i].end <= p.Start) {
				wrong++
				t.Logf("%s: %s is found in %q", language, p.ClauseType, text.String()[p.Start:p.End])
			}
		}
		t.Logf("%s: %d of %d clauses are recognized, %d elsewhere", language, found, len(want), wrong)
		if wrong > 2 {
			t.Errorf("%s: %d wrong passages", language, wrong)
		}
	}
}

// A contract in two languages is read in both.
func TestRecognizeTwoLanguages(t *testing.T) {
	german, err := os.ReadFile("testdata/contracts/de.txt")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("The parties meet once a month and speak about the state of the work. ", 60) + "\n\nThis Agreement is governed by the laws of Ireland.\n\n" + string(german)
	var types []string
	for _, p := range Recognize(text) {
		types = append(types, p.ClauseType)
	}
	for _, want := range []string{"Governing Law", "Jurisdiction", "Data Protection", "Non-Compete"} {
		if !slices.Contains(types, want) {
			t.Errorf("%s is not recognized: %v", want, types)
		}
	}
}

// A prohibition is recognized whatever its modal verb.
func TestRecognizeModalVerbs(t *testing.T) {
	for sentence, want := range map[string]string{
		"The Supplier must not compete with the Customer for two years.":                "Non-Compete",
		"The courts of Dublin must have jurisdiction.":                                  "Jurisdiction",
		"Invoices must be paid within thirty days of receipt.":                          "Payment",
		"Der Lieferant darf während der Laufzeit nicht mit dem Kunden konkurrieren.":    "Non-Compete",
		"Le Prestataire ne doit pas faire concurrence au Client pendant deux ans.":      "Non-Compete",
		"El Proveedor no debe competir con el Cliente durante dos años.":                "Non-Compete",
		"Il Fornitore non deve svolgere attività in concorrenza con il Cliente.":        "Non-Compete",
		"O Fornecedor não deve concorrer com o Cliente durante a vigência do contrato.": "Non-Compete",
		"De leverancier mag gedurende twee jaar niet met de klant concurreren.":         "Non-Compete",
	} {
		if !slices.ContainsFunc(Recognize(sentence), func(p Passage) bool { return p.ClauseType == want }) {
			t.Errorf("%s is not recognized in %q: %+v", want, sentence, Recognize(sentence))
		}
	}
}
