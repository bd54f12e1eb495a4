package main

import (
	"regexp"
	"slices"
	"strings"

	"counsel/domain/ai"
	"counsel/domain/ai/clarify"
	"counsel/domain/citation"
	"counsel/domain/langid"
)

// The rules compare words and structure. They see whether an answer says what it must and nothing it must not;
// they do not judge the law.

var (
	placeholders = regexp.MustCompile(`\[[A-Z]+(?:_[A-Z]+)*_\d+[A-Z]*\]`)
	lawyerWords  = regexp.MustCompile(`(?i)lawyer|solicitor|attorney|legal advice|legal aid|advice cent|citizens advice|anwalt|anwält|rechtsberat|mieterverein|gewerkschaft|avocat|juriste|syndicat|abogad|asesor|advogad|defensoria|avvocat|sindacat|advocaat|jurist|vakbond`)
)

// contains reports whether a text contains one of the alternatives, in any case.
func contains(text, alternatives string) bool {
	text = fold(text)
	return slices.ContainsFunc(strings.Split(alternatives, "|"), func(a string) bool { return strings.Contains(text, fold(a)) })
}

func fold(s string) string {
	return strings.ToLower(strings.NewReplacer("’", "'", "\u00a0", " ", "\u202f", " ").Replace(s))
}

// common checks what every text must fulfil.
func (r *result) common(text, locale string, mentions, forbidden []string) {
	got := langid.Detect(text)
	r.check(got == language(locale), "language: %s", got)
	r.check(!placeholders.MatchString(text), "a placeholder is left")
	for _, m := range mentions {
		r.check(contains(text, m), "does not mention %s", m)
	}
	for _, f := range forbidden {
		r.check(!contains(text, f), "says %s", f)
	}
}

func (q question) score(r *result, a ai.Answer) {
	r.common(a.Text, or(q.Locale, "en"), q.Mentions, q.Forbidden)
	asked := func(about clarify.About) bool {
		return slices.ContainsFunc(a.Clarifications, func(c ai.Clarification) bool { return c.About == about })
	}
	for _, about := range q.Asks {
		r.check(asked(clarify.About(about)), "does not ask for the %s", about)
	}
	if !slices.Contains(q.Asks, string(clarify.Jurisdiction)) {
		r.check(!asked(clarify.Jurisdiction), "asks for the jurisdiction, which is given or does not matter")
	}
	for _, c := range q.Cites {
		r.check(slices.ContainsFunc(citation.Find(a.Text), func(found citation.Citation) bool { return contains(a.Text[found.Start:found.End], c) }), "does not cite %s", c)
	}
	if q.Lawyer {
		r.check(lawyerWords.MatchString(a.Text), "does not recommend a lawyer")
	}
}

// minQuality is the quality score that a draft must have.
const minQuality = 0.8

var leftovers = regexp.MustCompile(`\{\{|\[[Ii]nsert|\bTBD\b|(?:19|20)\d\d-\d\d-\d\d`)

func (c draft) score(r *result, d ai.Draft) {
	r.common(d.Text, or(c.Locale, "en"), c.Mentions, c.Forbidden)
	r.check(d.QualityScore >= minQuality, "quality %.2f", d.QualityScore)
	r.check(!leftovers.MatchString(d.Text), "a template's leftover or a raw date: %s", leftovers.FindString(d.Text))
	r.check(!slices.ContainsFunc(d.Warnings, func(w string) bool { return strings.Contains(w, "is missing") }), "a section is missing")
	r.check(!slices.ContainsFunc(d.Citations, func(c ai.Citation) bool { return !c.Verified && c.Kind == citation.Case }), "cites a decision that was not given")
}

var riskLevels = []string{"low", "medium", "high"}

func (c review) score(r *result, a ai.Analysis) {
	found := func(alternatives string) bool {
		for _, f := range a.Findings {
			if slices.ContainsFunc(strings.Split(alternatives, "|"), func(t string) bool { return strings.EqualFold(f.ClauseType, t) }) {
				return true
			}
		}
		return false
	}
	for _, t := range c.Findings {
		r.check(found(t), "does not find %s", t)
	}
	for _, t := range c.Absent {
		r.check(!found(t), "finds %s, which the text does not have", t)
	}
	for _, f := range a.Findings {
		if f.Quote != "" && !strings.Contains(c.Text, f.Quote) {
			r.check(false, "quotes %q, which is not in the text", f.Quote)
		}
	}
	if c.Risk != "" {
		r.check(slices.Index(riskLevels, a.RiskLevel) >= slices.Index(riskLevels, c.Risk), "the risk is %s, not %s", a.RiskLevel, c.Risk)
	}
	if c.Fair {
		r.check(a.RiskLevel != "high", "the risk of a fair text is high")
	}
	r.check(len(a.Suggestions) > 0 || c.Risk == "", "suggests nothing")
}
