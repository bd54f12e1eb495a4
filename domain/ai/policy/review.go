package policy

import (
	"cmp"
	"slices"
)

const (
	maxFindings = 100 // of a review
	maxPerRule  = 5
	// A text shorter than this is a clause or two: nothing is missing from it.
	wholeDocument = 800
)

// Finding is a passage of the text that a rule speaks about.
type Finding struct {
	ClauseType string
	Start, End int // bytes of the text
	Severity   Severity
	Confidence float64 // 0..1
	RuleID     string
	Rationale  string
	Suggestion string
}

// Missing is a clause that the policy expects and the text does not have. It has no quote.
type Missing struct {
	ClauseType string // "" where CUAD has no name for it
	Title      string
	Severity   Severity
	RuleID     string
	Rationale  string
	Suggestion string
}

// Review matches the rules against each sentence of the text. The findings are in the order of
// the text, at most 100 and at most 5 of one rule; when there are more, the most severe stay.
// It does not look for orders to the reader: that is Instructions.
func (p *Policy) Review(text string) (findings []Finding, missing []Missing) {
	spans := sentences(text)
	flat := make([]string, len(spans))
	for i, s := range spans {
		flat[i] = flatten(text[s.start:s.end])
	}
	inDocument := func(list []*pattern) bool {
		return slices.ContainsFunc(flat, func(s string) bool { return anyMatch(list, s) })
	}
	for _, r := range p.rules {
		if r.Absent && len(text) < wholeDocument || len(r.when) > 0 && !inDocument(r.when) {
			continue
		}
		count := 0
		for i, s := range flat {
			if !r.fires(s) {
				continue
			}
			count++
			if r.Absent {
				break
			}
			findings = append(findings, Finding{
				ClauseType: r.ClauseType, Start: spans[i].start, End: spans[i].end, Severity: r.Severity,
				Confidence: r.Confidence, RuleID: r.ID, Rationale: r.Rationale, Suggestion: r.Suggestion,
			})
			if count == maxPerRule {
				break
			}
		}
		if r.Absent && count == 0 {
			missing = append(missing, Missing{
				ClauseType: r.ClauseType, Title: r.Title, Severity: r.Severity, RuleID: r.ID,
				Rationale: r.Rationale, Suggestion: r.Suggestion,
			})
		}
	}
	if len(findings) > maxFindings {
		slices.SortStableFunc(findings, func(a, b Finding) int {
			return cmp.Or(b.Severity.rank()-a.Severity.rank(), a.Start-b.Start)
		})
		findings = findings[:maxFindings]
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(a.Start-b.Start, b.Severity.rank()-a.Severity.rank())
	})
	return findings, missing
}

func (r *Rule) fires(sentence string) bool {
	for _, all := range r.match {
		if !slices.ContainsFunc(all, func(p *pattern) bool { return !p.matches(sentence) }) {
			return !anyMatch(r.unless, sentence)
		}
	}
	return false
}

// Findings below these confidences do not count in full.
const (
	sureHigh   = 0.6
	sureMedium = 0.5
)

// Risk is the risk of a whole document. More findings never make it less.
//
//   - high: one high finding of confidence 0.6 or more, or four medium ones of 0.5 or more;
//   - medium: any other high finding, one medium one of 0.5 or more, three of any kind, a
//     missing clause of high severity, or three missing of medium severity;
//   - low: everything else.
//
// An embedded instruction counts as high whatever severity it carries: a document that tries
// to steer its review cannot be taken at its word.
func Risk(findings []Finding, missing []Missing) Severity {
	highs, mediums, missed := 0, 0, 0
	risk := Low
	for _, f := range findings {
		switch {
		case f.ClauseType == EmbeddedInstruction || f.Severity == High:
			risk = Medium
			if f.Confidence >= sureHigh {
				highs++
			}
		case f.Severity == Medium && f.Confidence >= sureMedium:
			mediums++
		}
	}
	for _, m := range missing {
		switch m.Severity {
		case High:
			risk = Medium
		case Medium:
			missed++
		}
	}
	switch {
	case highs > 0 || mediums >= 4:
		return High
	case mediums > 0 || len(findings) >= 3 || missed >= 3:
		return Medium
	}
	return risk
}
