// Package findings combines the reviews of a contract: that of the policy's rules and the recognized
// clauses, over the text itself, and that of the model, over the masked text. The model can add findings but
// never remove or soften one, so a document cannot talk its way to a lower risk.
package findings

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf16"

	"counsel/domain"
	"counsel/domain/ai/policy"
	"counsel/domain/masking"
	"counsel/domain/text"
)

// Report is the result of a review, as it is stored.
type Report struct {
	Findings    []Finding `json:"findings"`    // in text order; missing clauses last
	RiskLevel   string    `json:"riskLevel"`   // low, medium, high; computed from the findings
	Suggestions []string  `json:"suggestions"` // the most important first
	ModelUsed   bool      `json:"modelUsed"`   // false: only the rules reviewed the text
	Warnings    []string  `json:"warnings"`    // what the reader should know about the review
}

// Kind is the kind of a finding.
type Kind string

// The kinds of findings.
const (
	Risk    Kind = "risk"    // a passage that deserves attention
	Clause  Kind = "clause"  // a passage with a recognized clause to which nothing is objected
	Missing Kind = "missing" // a clause that the policy expects and the text lacks
)

// Finding is a passage of the text, or a clause that is missing from it.
type Finding struct {
	Kind       Kind    `json:"kind"`
	ClauseType string  `json:"clauseType"`
	Title      string  `json:"title,omitempty"`
	Quote      string  `json:"quote"` // verbatim; "" for a missing clause
	Start      int     `json:"start"` // in UTF-16 code units of the text; 0 for a missing clause
	End        int     `json:"end"`   // exclusive
	Severity   string  `json:"severity"`
	Confidence float64 `json:"confidence"` // 0..1
	Rationale  string  `json:"rationale"`
	Suggestion string  `json:"suggestion"`
	Wording    string  `json:"wording,omitempty"` // a clause to propose, in the language of the text

	// Where the quote is in a document.
	Page      int       `json:"page,omitempty"`      // from 1; of its beginning
	Paragraph int       `json:"paragraph,omitempty"` // from 1, in the whole document; of a Word file
	Box       *text.Box `json:"box,omitempty"`       // around its part on that page, of a PDF
}

// Limits of a report: numbers of items, and characters of their texts.
const (
	maxModelFindings = 200
	maxFindings      = 250
	maxText          = 2000
	maxSuggestions   = 200
)

// Review is the review of one text.
type Review struct {
	text     string
	language string // of rationale and suggestion
	policy   *policy.Policy
	passages []policy.Passage
	rules    []policy.Finding
	missing  []policy.Missing
	model    []policy.Finding
}

// New reviews a text by the rules of a policy and reports in a language.
func New(text string, p *policy.Policy, language string) *Review {
	r := &Review{text: text, language: language, policy: p, passages: policy.Recognize(text)}
	r.rules, r.missing = p.Review(text, r.passages, language)
	r.rules = append(r.rules, policy.DetectInjections(text)...)
	return r
}

// AddModel adds the findings in the model's answer over a part of the masked text: the bytes from start to
// end. It fails only if the answer is not the expected JSON.
func (r *Review) AddModel(answer string, masked masking.Masked, start, end int, session *masking.Session) error {
	list, err := decode(answer)
	if err != nil {
		return err
	}
	r.model = append(r.model, locate(list, masked, start, end, session)...)
	return nil
}

// Report returns the result.
func (r *Review) Report() Report {
	for i := range r.model {
		r.model[i].Wording = r.policy.Wording(r.model[i].ClauseType, r.text)
	}
	merged := merge(r.rules, r.model)
	all := toAPI(merged, r.text, Risk)
	all = append(all, toAPI(r.clauses(merged), r.text, Clause)...)
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(a.Start-b.Start, a.End-b.End, strings.Compare(a.ClauseType, b.ClauseType))
	})
	for _, m := range r.missing {
		all = append(all, Finding{
			Kind: Missing, ClauseType: m.ClauseType, Title: m.Title, Severity: string(m.Severity), Confidence: m.Confidence,
			Rationale: m.Rationale, Suggestion: m.Suggestion, Wording: m.Wording,
		})
	}
	return Report{
		Findings: all, RiskLevel: string(risk(r.rules, merged, r.missing)),
		Suggestions: suggestions(merged, r.missing), Warnings: []string{},
	}
}

// clauses returns the recognized passages that no finding of the same type overlaps.
func (r *Review) clauses(merged []policy.Finding) (out []policy.Finding) {
	for _, p := range r.passages {
		if slices.ContainsFunc(merged, func(f policy.Finding) bool {
			return f.ClauseType == p.ClauseType && f.Start < p.End && p.Start < f.End
		}) {
			continue
		}
		out = append(out, policy.Finding{
			ClauseType: p.ClauseType, Start: p.Start, End: p.End, Severity: policy.Low, Confidence: p.Confidence,
			Rationale: policy.Describe(p.ClauseType, r.language),
		})
	}
	return out
}

// modelFinding is a finding as the model writes it, over the masked text.
type modelFinding struct {
	ClauseType string  `json:"clauseType"`
	Quote      string  `json:"quote"`
	Severity   string  `json:"severity"`
	Confidence float64 `json:"confidence"`
	Rationale  string  `json:"rationale"`
	Suggestion string  `json:"suggestion"`
}

func decode(answer string) ([]modelFinding, error) {
	var a struct {
		Findings []modelFinding `json:"findings"`
	}
	if err := json.Unmarshal([]byte(answer), &a); err != nil {
		return nil, errors.New("ai: the findings are not the expected JSON")
	}
	return a.Findings[:min(len(a.Findings), maxModelFindings)], nil
}

var severities = map[policy.Severity]int{policy.Low: 1, policy.Medium: 2, policy.High: 3}

var clauseTypes = func() map[string]bool {
	known := map[string]bool{}
	for _, name := range policy.ClauseTypes() {
		known[name] = true
	}
	return known
}()

// locate finds the model's quotes in a part of the masked text. Findings whose quote does not occur verbatim,
// or whose other fields are not valid, are dropped. A repeated quote means its next occurrence.
func locate(fromModel []modelFinding, masked masking.Masked, from, to int, session *masking.Session) []policy.Finding {
	var out []policy.Finding
	searchFrom := map[string]int{} // by clause type and quote
	for _, f := range fromModel {
		severity := policy.Severity(f.Severity)
		if strings.TrimSpace(f.Quote) == "" || severities[severity] == 0 || !clauseTypes[f.ClauseType] || !(f.Confidence >= 0 && f.Confidence <= 1) {
			continue
		}
		key := f.ClauseType + "\x00" + f.Quote
		first := max(searchFrom[key], from)
		at := strings.Index(masked.Text[first:to], f.Quote)
		if at < 0 {
			continue
		}
		at += first
		searchFrom[key] = at + len(f.Quote)
		start, end, ok := masked.Original(at, at+len(f.Quote))
		if !ok || end <= start {
			continue
		}
		out = append(out, policy.Finding{
			ClauseType: f.ClauseType, Start: start, End: end, Severity: severity, Confidence: f.Confidence,
			Rationale: domain.Truncate(session.Restore(f.Rationale), maxText), Suggestion: domain.Truncate(session.Restore(f.Suggestion), maxText),
		})
	}
	return out
}

// merge joins the findings of the rules and of the model. A finding is left out if it overlaps one of the same
// type that is at least as severe and comes from a source that precedes: first the firm's playbook, then the
// shipped rules, then the model. So the model adds findings but replaces none. The result is in text order; if
// there are too many, those of the first sources and the most severe are kept.
func merge(fromRules, fromModel []policy.Finding) []policy.Finding {
	byRank := func(a, b policy.Finding) int {
		return cmp.Or(severities[b.Severity]-severities[a.Severity], cmp.Compare(b.Confidence, a.Confidence))
	}
	var fromPlaybook, shipped []policy.Finding
	for _, f := range fromRules {
		if f.RuleID == policy.RulePlaybook {
			fromPlaybook = append(fromPlaybook, f)
		} else {
			shipped = append(shipped, f)
		}
	}
	byType := map[string][]policy.Finding{}
	var out []policy.Finding
	for _, source := range [][]policy.Finding{fromPlaybook, shipped, slices.Clone(fromModel)} {
		slices.SortStableFunc(source, byRank)
		for _, f := range source {
			same := byType[f.ClauseType]
			if len(out) == maxFindings || slices.ContainsFunc(same, func(o policy.Finding) bool {
				return f.Start < o.End && o.Start < f.End && severities[o.Severity] >= severities[f.Severity]
			}) {
				continue
			}
			byType[f.ClauseType] = append(same, f)
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b policy.Finding) int {
		return cmp.Or(a.Start-b.Start, a.End-b.End, strings.Compare(a.ClauseType, b.ClauseType))
	})
	return out
}

// risk returns the risk of all findings, but at least that of the rules' own.
func risk(fromRules, merged []policy.Finding, missing []policy.Missing) policy.Severity {
	least, all := policy.Risk(fromRules, missing), policy.Risk(merged, missing)
	if severities[least] > severities[all] {
		return least
	}
	return all
}

// toAPI converts findings: it adds the quotes and converts byte offsets to UTF-16 code units, in one pass
// over the text.
func toAPI(findings []policy.Finding, text string, kind Kind) []Finding {
	offsets := make([]int, 0, 2*len(findings))
	for _, f := range findings {
		offsets = append(offsets, f.Start, f.End)
	}
	slices.Sort(offsets)
	units := make(map[int]int, len(offsets))
	next, n := 0, 0
	for i, r := range text {
		for next < len(offsets) && offsets[next] <= i {
			units[offsets[next]] = n
			next++
		}
		n += utf16.RuneLen(r)
	}
	for ; next < len(offsets); next++ {
		units[offsets[next]] = n
	}
	out := make([]Finding, len(findings))
	for i, f := range findings {
		out[i] = Finding{
			Kind: kind, ClauseType: f.ClauseType, Title: f.Title, Quote: text[f.Start:f.End], Start: units[f.Start], End: units[f.End],
			Severity: string(f.Severity), Confidence: f.Confidence, Rationale: f.Rationale, Suggestion: f.Suggestion, Wording: f.Wording,
		}
	}
	return out
}

// suggestions lists the suggestions without duplicates, those of the most severe findings first.
func suggestions(findings []policy.Finding, missing []policy.Missing) []string {
	type suggestion struct {
		severity policy.Severity
		text     string
	}
	var all []suggestion
	for _, f := range findings {
		all = append(all, suggestion{f.Severity, f.Suggestion})
	}
	for _, m := range missing {
		all = append(all, suggestion{m.Severity, m.Suggestion})
	}
	slices.SortStableFunc(all, func(a, b suggestion) int { return severities[b.severity] - severities[a.severity] })
	seen := map[string]bool{}
	out := []string{}
	for _, s := range all {
		text := domain.Truncate(strings.TrimSpace(s.text), maxText)
		if text != "" && !seen[text] && len(out) < maxSuggestions {
			seen[text] = true
			out = append(out, text)
		}
	}
	return out
}
