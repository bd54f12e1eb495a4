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
	} {
		_, err := mustLoad(t).Compile("id", p)
		e, ok := errors.AsType[*domain.Error](err)
		if !ok || e.Code != domain.Invalid || len(e.Fields) != 1 || e.Fields[0].Pointer != pointer {
			t.Errorf("%s: %+v", pointer, err)
		}
	}
}
