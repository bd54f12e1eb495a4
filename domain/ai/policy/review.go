package policy

import (
	"cmp"
	"slices"

	"counsel/domain/langid"
)

const (
	maxFindings = 100
	maxPerRule  = 5
	// Shorter texts, in bytes, are single clauses, from which nothing can be missing.
	minDocument = 800
)

// Finding is a passage of the text that matches a rule.
type Finding struct {
	ClauseType string
	Start, End int // byte range of the text
	Severity   Severity
	Confidence float64 // 0..1
	RuleID     string
	Title      string
	Rationale  string
	Suggestion string
	Wording    string // a clause to propose instead, in the language of the text; may be empty
}

// Missing is a clause that the policy expects but the text does not contain.
type Missing struct {
	ClauseType string
	Title      string
	Severity   Severity
	Confidence float64 // 0..1
	RuleID     string
	Rationale  string
	Suggestion string
	Wording    string // a clause to propose, in the language of the text; may be empty
}

// Review matches the rules against each sentence of the text and reports in a language (a code such as "de").
// passages are what Recognize finds in the text. It returns at most 100 findings, at most 5 per rule, in
// text order; if there are more, the most severe are kept, those of a playbook first. Nothing is missing from a text whose language is
// unknown. It does not detect prompt injection, see DetectInjections.
func (p *Policy) Review(text string, passages []Passage, language string) (findings []Finding, missing []Missing) {
	spans := sentences(text)
	flat := make([]string, len(spans))
	for i, s := range spans {
		flat[i] = normalize(text[s.start:s.end])
	}
	inDocument := func(list []*pattern) bool {
		return slices.ContainsFunc(flat, func(s string) bool { return anyMatch(list, s) })
	}
	textLanguage := Language(text)
	for _, r := range p.rules {
		if r.Absent && (len(text) < minDocument || textLanguage == langid.Unknown) || len(r.when) > 0 && !inDocument(r.when) {
			continue
		}
		count := 0
		if slices.ContainsFunc(passages, func(p Passage) bool { return slices.Contains(r.Present, p.ClauseType) }) {
			count++
		}
		written := r.text(language)
		report := func(start, end int, confidence float64) {
			findings = append(findings, Finding{
				ClauseType: r.ClauseType, Start: start, End: end, Severity: r.Severity, Confidence: confidence, RuleID: r.ID,
				Title: written.Title, Rationale: written.Rationale, Suggestion: written.Suggestion, Wording: r.wording(textLanguage.String()),
			})
		}
		for i, s := range flat {
			if r.Absent && count > 0 || count == maxPerRule {
				break
			}
			if !r.matches(s) {
				continue
			}
			count++
			if !r.Absent {
				report(spans[i].start, spans[i].end, r.Confidence)
			}
		}
		if r.Recognized && count == 0 && textLanguage != langid.English {
			for _, p := range passages {
				if p.ClauseType == r.ClauseType && count < maxPerRule {
					count++
					report(p.Start, p.End, p.Confidence)
				}
			}
		}
		if r.Absent && count == 0 {
			missing = append(missing, Missing{
				ClauseType: r.ClauseType, Severity: r.Severity, Confidence: r.Confidence, RuleID: r.ID,
				Title: written.Title, Rationale: written.Rationale, Suggestion: written.Suggestion, Wording: r.wording(textLanguage.String()),
			})
		}
	}
	ofPositions, missingPositions := p.reviewPositions(spans, flat, passages, language, textLanguage, len(text) >= minDocument)
	findings, missing = append(findings, ofPositions...), append(missing, missingPositions...)
	if len(findings) > maxFindings {
		slices.SortStableFunc(findings, func(a, b Finding) int {
			return cmp.Or(b.Severity.rank()-a.Severity.rank(), playbookFirst(a, b), a.Start-b.Start)
		})
		findings = findings[:maxFindings]
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(a.Start-b.Start, b.Severity.rank()-a.Severity.rank())
	})
	return findings, missing
}

// playbookFirst orders the findings of a playbook before others.
func playbookFirst(a, b Finding) int {
	rank := func(f Finding) int {
		if f.RuleID == RulePlaybook {
			return 0
		}
		return 1
	}
	return rank(a) - rank(b)
}

// matches reports whether a normalized sentence matches the rule.
func (r *Rule) matches(sentence string) bool {
	for _, all := range r.match {
		if !slices.ContainsFunc(all, func(p *pattern) bool { return !p.matches(sentence) }) {
			return !anyMatch(r.unless, sentence)
		}
	}
	return false
}

// Minimum confidence for a finding to count fully towards the risk.
const (
	minHighConfidence   = 0.6
	minMediumConfidence = 0.5
)

// Risk returns the risk of a whole document. It is monotonic: more findings never lower it.
//
//   - high: one high finding with confidence 0.6 or more, or four medium ones with 0.5 or more;
//   - medium: any other high finding, one medium finding with 0.5 or more, three findings of any kind, a
//     missing clause of high severity, or three missing clauses of medium severity;
//   - low: everything else.
//
// An embedded instruction always counts as high: a document that tries to manipulate its review cannot be
// trusted.
func Risk(findings []Finding, missing []Missing) Severity {
	highs, mediums, missed := 0, 0, 0
	risk := Low
	for _, f := range findings {
		switch {
		case f.ClauseType == EmbeddedInstruction || f.Severity == High:
			risk = Medium
			if f.Confidence >= minHighConfidence {
				highs++
			}
		case f.Severity == Medium && f.Confidence >= minMediumConfidence:
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
