package policy

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"counsel/domain"
)

func TestPlaybook(t *testing.T) {
	b := mustLoad(t)
	p, err := b.Compile("id", Playbook{Name: "Our terms", Extends: "nda", Positions: []Position{
		{ClauseType: "Cap on Liability", Severity: High, UnacceptableTerms: []string{"one month"}, Preferred: "Twelve months.", Fallback: "Six months.", Wording: "Our clause."},
		{ClauseType: "Non-Compete", Severity: High, Forbidden: true},
		{ClauseType: "Governing Law", Severity: Medium, Required: true, RequiredTerms: []string{"ireland", "engl*"}},
		{ClauseType: "Insurance", Severity: Low, Required: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("The parties shall cooperate in good faith. ", 20) + "The Supplier's total liability shall not exceed the fees of one\nmonth. " +
		"The Supplier shall not compete with the Customer for three years after the end of this Agreement. This Agreement is governed by the laws of France."
	findings, missing := p.Review(text, Recognize(text), "en")
	found := func(clauseType string) Finding {
		i := slices.IndexFunc(findings, func(f Finding) bool { return f.RuleID == "playbook" && f.ClauseType == clauseType })
		if i < 0 {
			t.Fatalf("no finding of %s in %+v", clauseType, findings)
		}
		return findings[i]
	}
	if f := found("Cap on Liability"); f.Severity != High || f.Wording != "Our clause." || !strings.Contains(f.Suggestion, "Six months.") || !strings.HasSuffix(text[f.Start:f.End], "one\nmonth.") {
		t.Errorf("%+v", f)
	}
	if f := found("Non-Compete"); !strings.Contains(text[f.Start:f.End], "compete") {
		t.Errorf("%+v", f)
	}
	if f := found("Governing Law"); f.Severity != Medium || !strings.Contains(f.Rationale, "ireland") {
		t.Errorf("%+v", f)
	}
	if !slices.ContainsFunc(missing, func(m Missing) bool {
		return m.RuleID == "playbook" && m.ClauseType == "Insurance" && m.Severity == Low
	}) {
		t.Errorf("missing %+v", missing)
	}
	if !slices.ContainsFunc(missing, func(m Missing) bool { return m.RuleID == "missing-exceptions" }) {
		t.Error("the rules of the extended policy do not apply")
	}
	english := strings.Replace(text, "France", "England and Wales", 1)
	if findings, _ := p.Review(english, Recognize(english), "en"); slices.ContainsFunc(findings, func(f Finding) bool { return f.RuleID == "playbook" && f.ClauseType == "Governing Law" }) {
		t.Error("a required term was not found")
	}
	if _, missing := p.Review("Short.", nil, "en"); len(missing) > 0 {
		t.Errorf("of one sentence missing are %+v", missing)
	}
}

func TestPlaybookErrors(t *testing.T) {
	good := Position{ClauseType: "Insurance", Severity: Low}
	change := func(fn func(p *Playbook)) Playbook {
		p := Playbook{Name: "a", Positions: []Position{good}}
		fn(&p)
		return p
	}
	long := strings.Repeat("a", 5000)
	for pointer, p := range map[string]Playbook{
		"/name":                            change(func(p *Playbook) { p.Name = " " }),
		"/description":                     change(func(p *Playbook) { p.Description = long }),
		"/extends":                         change(func(p *Playbook) { p.Extends = "none" }),
		"/positions":                       change(func(p *Playbook) { p.Positions = nil }),
		"/positions/0/clauseType":          change(func(p *Playbook) { p.Positions[0].ClauseType = "Assurance" }),
		"/positions/1/clauseType":          change(func(p *Playbook) { p.Positions = append(p.Positions, good) }),
		"/positions/0/severity":            change(func(p *Playbook) { p.Positions[0].Severity = "none" }),
		"/positions/0/forbidden":           change(func(p *Playbook) { p.Positions[0].Required, p.Positions[0].Forbidden = true, true }),
		"/positions/0/preferred":           change(func(p *Playbook) { p.Positions[0].Preferred = long }),
		"/positions/0/wording":             change(func(p *Playbook) { p.Positions[0].Wording = long }),
		"/positions/0/unacceptableTerms/0": change(func(p *Playbook) { p.Positions[0].UnacceptableTerms = []string{"*"} }),
		"/positions/0/requiredTerms/1":     change(func(p *Playbook) { p.Positions[0].RequiredTerms = []string{"(a+)+$", long} }),
		"/positions/0/requiredTerms":       change(func(p *Playbook) { p.Positions[0].RequiredTerms = make([]string, 30) }),
		"/positions/0/unacceptableTerms/1": change(func(p *Playbook) { p.Positions[0].UnacceptableTerms = []string{"good*", "a*b"} }),
		"/positions/0/unacceptableTerms/2": change(func(p *Playbook) { p.Positions[0].UnacceptableTerms = []string{"good*", "all* of it", "a**"} }),
		"/positions/0/unacceptableTerms/3": change(func(p *Playbook) {
			p.Positions[0].UnacceptableTerms = []string{"a", "b", "c", strings.Repeat("a* ", 20)}
		}),
		"/positions/0/requiredTerms/0": change(func(p *Playbook) { p.Positions[0].RequiredTerms = []string{"a\x00b"} }),
		"/positions/0/fallback":        change(func(p *Playbook) { p.Positions[0].Fallback = "a\x00b" }),
	} {
		_, err := mustLoad(t).Compile("id", p)
		e, ok := errors.AsType[*domain.Error](err)
		if !ok || e.Code != domain.Invalid || len(e.Fields) != 1 || e.Fields[0].Pointer != pointer {
			t.Errorf("%s: %+v", pointer, err)
		}
	}
}

// The terms and the text of a playbook are bounded as a whole, however they are spread over its positions.
func TestPlaybookTotals(t *testing.T) {
	var terms, long Playbook
	for _, c := range Clauses() {
		if c.Name == EmbeddedInstruction {
			continue
		}
		terms.Positions = append(terms.Positions, Position{ClauseType: c.Name, Severity: Low, RequiredTerms: slices.Repeat([]string{"a"}, maxTerms)})
		long.Positions = append(long.Positions, Position{ClauseType: c.Name, Severity: Low, Preferred: strings.Repeat("a", maxPosition)})
	}
	for _, p := range []Playbook{terms, long} {
		p.Name = "a"
		_, err := mustLoad(t).Compile("id", p)
		if e, ok := errors.AsType[*domain.Error](err); !ok || len(e.Fields) != 1 || e.Fields[0].Pointer != "/positions" {
			t.Errorf("%+v", err)
		}
	}
}

func TestTerm(t *testing.T) {
	for _, c := range []struct {
		term, text string
		want       bool
	}{
		{"engl*", "the law of England.", true},
		{"engl*", "the law of New-England", true},
		{"engl*", "bengla", false},
		{"one  Month", "fees of one\nmonth", true},
		{"one month", "one months", false},
		{"month", "monthly, each month", true},
		{"haft* auf vorsatz", "Haftung auf Vorsatz", true},
		{"haft* auf vorsatz", "Haftung nicht auf Vorsatz", false},
		{"responsabilité", "la responsabilite du client", true},
		{"§ 5", "nach § 5 gilt", true},
		{"§ 5", "nach § 55 gilt", false},
	} {
		compiled, problem := compileTerm(c.term)
		if problem != "" || compiled.in(normalize(c.text)) != c.want {
			t.Errorf("%q in %q: %v, %s", c.term, c.text, !c.want, problem)
		}
	}
}

// The terms of the largest playbook are searched for in time linear in the text.
func BenchmarkPlaybookWorst(b *testing.B) {
	set, err := Load()
	if err != nil {
		b.Fatal(err)
	}
	book := Playbook{Name: "a"}
	for i := range maxAllTerms / maxTerms {
		book.Positions = append(book.Positions, Position{ClauseType: vocabulary[i].Name, Severity: Low, UnacceptableTerms: slices.Repeat([]string{"a* a* a* b"}, maxTerms)})
	}
	p, err := set.Compile("id", book)
	if err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("aa ", 70_000)
	for b.Loop() {
		p.Review(text, nil, "en")
	}
}

// The findings of a playbook are kept where there are too many of the same severity.
func TestPlaybookFindingsStay(t *testing.T) {
	p := &Policy{Name: "a"}
	for range maxFindings {
		p.rules = append(p.rules, &Rule{ID: "a", Title: "a", ClauseType: "Insurance", Severity: Low, Confidence: 1, Match: []allOf{{"insur"}}, Rationale: "a", Suggestion: "a"})
	}
	for _, r := range p.rules {
		if err := r.compile(); err != nil {
			t.Fatal(err)
		}
	}
	p.positions = []*compiledPosition{{Position: Position{ClauseType: "Payment", Severity: Low}, unacceptable: []term{{"prepaid"}}}}
	findings, _ := p.Review("They insure the goods. Fees are prepaid.", nil, "en")
	if len(findings) != maxFindings || !slices.ContainsFunc(findings, func(f Finding) bool { return f.RuleID == RulePlaybook }) {
		t.Errorf("%d findings without that of the playbook", len(findings))
	}
}
