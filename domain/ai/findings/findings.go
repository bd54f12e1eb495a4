// Package findings combines the two reviews of a contract: that of the policy's rules, over the text
// itself, and that of the model, over the masked text. The model can add findings but never remove or
// soften one, so a document cannot talk its way to a lower risk.
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
)

// Report is the result of a review, as it is stored.
type Report struct {
	Findings    []Finding `json:"findings"`    // in text order
	RiskLevel   string    `json:"riskLevel"`   // low, medium, high; computed from the findings
	Suggestions []string  `json:"suggestions"` // the most important first
}

// Finding is a passage that deserves attention.
type Finding struct {
	ClauseType string  `json:"clauseType"`
	Quote      string  `json:"quote"` // verbatim
	Start      int     `json:"start"` // in UTF-16 code units of the text
	End        int     `json:"end"`   // exclusive
	Severity   string  `json:"severity"`
	Confidence float64 `json:"confidence"` // 0..1
	Rationale  string  `json:"rationale"`
	Suggestion string  `json:"suggestion"`
}

// Limits of a report: numbers of items, and characters of their texts.
const (
	maxModelFindings = 200
	maxFindings      = 500
	maxText          = 2000
	maxSuggestions   = 200
)

// Review reviews a text under a policy and adds the findings in the model's answer over the masked text. It
// fails only if the answer is not the expected JSON.
func Review(text string, p *policy.Policy, answer string, masked masking.Masked, session *masking.Session) (Report, error) {
	fromModel, err := decode(answer)
	if err != nil {
		return Report{}, err
	}
	fromRules, missing := p.Review(text)
	fromRules = append(fromRules, policy.DetectInjections(text)...)
	merged := merge(fromRules, locate(fromModel, masked, session))
	return Report{
		Findings:    toAPI(merged, text),
		RiskLevel:   string(risk(fromRules, merged, missing)),
		Suggestions: suggestions(merged, missing),
	}, nil
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

// locate finds the model's quotes in the text. Findings whose quote does not occur verbatim, or whose other
// fields are not valid, are dropped. A repeated quote means its next occurrence.
func locate(fromModel []modelFinding, masked masking.Masked, session *masking.Session) []policy.Finding {
	var out []policy.Finding
	searchFrom := map[string]int{} // by clause type and quote
	for _, f := range fromModel {
		severity := policy.Severity(f.Severity)
		if strings.TrimSpace(f.Quote) == "" || severities[severity] == 0 || !clauseTypes[f.ClauseType] || !(f.Confidence >= 0 && f.Confidence <= 1) {
			continue
		}
		key := f.ClauseType + "\x00" + f.Quote
		at := strings.Index(masked.Text[searchFrom[key]:], f.Quote)
		if at < 0 {
			continue
		}
		at += searchFrom[key]
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

// merge joins the findings of the rules and of the model. Of two findings of the same type that overlap, the
// more severe is kept, the rules' own if they are equal. The result is in text order; if there are too
// many, the most severe are kept.
func merge(fromRules, fromModel []policy.Finding) []policy.Finding {
	all := slices.Concat(fromRules, fromModel)
	slices.SortStableFunc(all, func(a, b policy.Finding) int {
		return cmp.Or(severities[b.Severity]-severities[a.Severity], cmp.Compare(b.Confidence, a.Confidence))
	})
	byType := map[string][]policy.Finding{}
	var out []policy.Finding
	for _, f := range all {
		same := byType[f.ClauseType]
		if len(out) == maxFindings || slices.ContainsFunc(same, func(o policy.Finding) bool { return f.Start < o.End && o.Start < f.End }) {
			continue
		}
		byType[f.ClauseType] = append(same, f)
		out = append(out, f)
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
func toAPI(findings []policy.Finding, text string) []Finding {
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
			ClauseType: f.ClauseType, Quote: text[f.Start:f.End], Start: units[f.Start], End: units[f.End],
			Severity: string(f.Severity), Confidence: f.Confidence, Rationale: f.Rationale, Suggestion: f.Suggestion,
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
