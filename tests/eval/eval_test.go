package main

import (
	"flag"
	"strings"
	"testing"

	"counsel/domain/ai"
	"counsel/domain/ai/clarify"
	"counsel/sandbox/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

var update = flag.Bool("update", false, "write testdata/baseline.json")

// maxLoss is how far the score of a group may fall below the baseline.
const maxLoss = 0.03

// TestBaseline evaluates the sandbox's answers. They know no law, but they show when a change of a prompt, of the
// masking or of the rules makes answers worse in form, language or structure. -v prints the table.
func TestBaseline(t *testing.T) {
	model, closeModel, err := openModel(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeModel() }()
	r, err := evaluate(t.Context(), testenv.DB(t), model)
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/baseline.json"
	if *update {
		if err := r.write(file); err != nil {
			t.Fatal(err)
		}
	}
	baseline, err := readReport(file)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	r.print(&table, baseline, false)
	t.Log("\n" + table.String())
	_, scores, counts := r.groups()
	_, before, _ := baseline.groups()
	for _, name := range []string{"questions", "drafts", "reviews"} {
		if scores[name] < before[name]-maxLoss {
			t.Errorf("%s: %.2f, the baseline is %.2f", name, scores[name], before[name])
		}
	}
	if counts["questions"] < 60 || counts["drafts"] < 20 || counts["reviews"] < 20 {
		t.Errorf("%v cases", counts)
	}
}

// TestRules checks that each rule can fail.
func TestRules(t *testing.T) {
	q := question{Locale: "de", Mentions: []string{"drei Wochen|3 Wochen"}, Forbidden: []string{"egal"}, Asks: []string{"dates"}, Cites: []string{"§ 4"}, Lawyer: true}
	good := ai.Answer{
		Text:           "Die Frist beträgt drei Wochen nach § 4 KSchG; gehen Sie gleich zu einem Anwalt, denn sie läuft schon.",
		Clarifications: []ai.Clarification{{About: clarify.Dates, Question: "Wann?"}},
	}
	r := result{}
	if q.score(&r, good); r.score() != 1 || r.Checks != 8 {
		t.Errorf("a good answer: %+v", r)
	}
	bad := ai.Answer{
		Text:           "It does not matter at all what [PERSON_1] says about this, das ist egal, and you can do what you like.",
		Clarifications: []ai.Clarification{{About: clarify.Jurisdiction, Question: "Where?"}},
	}
	r = result{}
	if q.score(&r, bad); r.Passed != 0 {
		t.Errorf("a bad answer: %+v", r)
	}
}
