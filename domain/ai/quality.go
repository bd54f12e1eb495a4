package ai

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"counsel/domain"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
)

// Weights of the parts of a draft's quality score; their sum is 1.
const (
	sectionsWeight = 0.4 // required sections
	coverageWeight = 0.3 // required points of the sections
	inputsWeight   = 0.2 // inputs that appear in the draft
	lengthWeight   = 0.1

	leftoverPenalty     = 0.05 // for each leftover of a template, up to maxLeftoverPenalty
	maxLeftoverPenalty  = 0.3
	blankPenalty        = 0.02 // for each blank for a missing fact, up to maxBlankPenalty
	maxBlankPenalty     = 0.1
	wrongLanguageFactor = 0.5

	minSectionWords = 12 // on average
)

// assess scores a restored draft, d and its text, against its document type and inputs. It compares words only;
// the legal quality is for a lawyer to judge.
func assess(d *parsedDraft, text string, spec *draftSpec) (score float64, warnings []string) {
	english := isEnglish(spec.locale)
	for _, heading := range d.missing {
		warnings = append(warnings, fmt.Sprintf("The section %q is missing.", heading))
	}
	for _, id := range d.repeated {
		warnings = append(warnings, fmt.Sprintf("The section %q occurs more than once; only the first is used.", id))
	}
	c := measureCoverage(d, spec.docType)
	for _, heading := range c.echoes {
		warnings = append(warnings, fmt.Sprintf("The section %q repeats its instructions instead of carrying them out.", heading))
	}
	sections := ratio(len(d.sections)-c.hollow, len(spec.docType.Sections))
	covers := sections
	if sameLanguage(spec.docType.Language, spec.locale) { // as the points and the draft
		covers = ratio(c.covered, c.points)
		for _, heading := range c.thin {
			warnings = append(warnings, fmt.Sprintf("The section %q may not cover every required point.", heading))
		}
	}

	words := countWords(text)
	present, absent := 0, 0
	for _, l := range inputTexts(nil, spec.schema, spec.Inputs, "/inputs") {
		switch findInput(l, text, words, english) {
		case inputPresent:
			present++
		case inputAbsent:
			absent++
			warnings = append(warnings, fmt.Sprintf("The input %s does not appear in the draft.", l.pointer))
		}
		if len(policy.DetectInjections(l.text)) > 0 {
			warnings = append(warnings, fmt.Sprintf("The input %s tries to give instructions to its reader; it was treated only as a fact.", l.pointer))
		}
	}

	leftovers := findLeftovers(text)
	for _, l := range leftovers {
		warnings = append(warnings, fmt.Sprintf("The draft still contains %q.", l))
	}
	if d.unknown > 0 {
		warnings = append(warnings, fmt.Sprintf("The draft has %s from outside the inputs; a general word replaces each.", quantity(d.unknown, "detail")))
	}
	if n := len(blankPattern.FindAllStringIndex(text, -1)); n > 0 {
		warnings = append(warnings, fmt.Sprintf("The draft has %s to fill in.", quantity(n, "blank")))
	}
	other, wrong := detectOtherLanguage(text, spec.locale)
	if wrong {
		warnings = append(warnings, fmt.Sprintf("The draft seems to be in %s, not in %s.", languageName(other), languageName(spec.locale)))
	}
	length := 1.0
	if n := len(d.sections); n > 0 {
		if length = min(1, float64(len(words))/float64(n*minSectionWords)); length < 1 {
			warnings = append(warnings, "The draft is unusually short.")
		}
	}

	score = sectionsWeight*sections + coverageWeight*covers + inputsWeight*ratio(present, present+absent) + lengthWeight*length
	score -= min(maxLeftoverPenalty, leftoverPenalty*float64(len(leftovers)+d.unknown))
	score -= min(maxBlankPenalty, blankPenalty*float64(len(missingFactPattern.FindAllStringIndex(text, -1))))
	if wrong {
		score *= wrongLanguageFactor
	}
	return math.Round(max(0, min(1, score))*100) / 100, warnings
}

// ratio returns n/of, or 1 if of is 0.
func ratio(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

// coverage tells how many of the required points the sections of a draft cover.
type coverage struct {
	points, covered int
	thin            []string // headings of sections that cover less than half of their points
	echoes          []string // headings of sections that repeat a point of the prompt verbatim
	hollow          int      // sections that repeat at least half of their points: they count as missing
}

// measureCoverage finds the points whose words appear in their section. A point that appears verbatim is an
// instruction that the model repeated instead of carrying it out.
func measureCoverage(d *parsedDraft, t *prompts.DocumentType) (c coverage) {
	written := map[string]Section{}
	for _, s := range d.sections {
		written[s.ID] = s
	}
	for _, spec := range t.Sections {
		s, ok := written[spec.ID]
		body := countWords(s.Heading + " " + s.Body)
		covered, echoed := 0, 0
		for _, point := range spec.Covers {
			switch {
			case repeats(s.Body, point):
				echoed++
			case overlap(countWords(point), body) >= 0.25:
				covered++
			}
		}
		c.points += len(spec.Covers)
		c.covered += covered
		switch {
		case echoed > 0:
			c.echoes = append(c.echoes, spec.Heading)
			if 2*echoed >= len(spec.Covers) {
				c.hollow++
			}
		case ok && 2*covered < len(spec.Covers):
			c.thin = append(c.thin, spec.Heading)
		}
	}
	return c
}

// inputText is one text of the inputs.
type inputText struct {
	pointer, text string
	date          bool
}

// inputTexts appends the texts in v that a draft should contain. Values from a fixed list only choose between
// variants of the draft and are left out.
func inputTexts(out []inputText, schema map[string]any, v any, pointer string) []inputText {
	switch v := v.(type) {
	case string:
		if strings.TrimSpace(v) != "" && schema["enum"] == nil && schema["const"] == nil && schema["format"] != "iso-4217" {
			out = append(out, inputText{pointer, strings.TrimSpace(v), schema["format"] == "date"})
		}
	case []any:
		item, _ := schema["items"].(map[string]any)
		for i, e := range v {
			out = inputTexts(out, item, e, pointer+"/"+strconv.Itoa(i))
		}
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			property, _ := properties[k].(map[string]any)
			out = inputTexts(out, property, v[k], pointer+"/"+k)
		}
	}
	return out
}

// presence tells whether an input appears in a draft.
type presence int

const (
	inputUnknown presence = iota
	inputPresent
	inputAbsent
)

// maxCopied is the maximum length of a text, such as a name or address, that a draft copies. Longer texts are
// paraphrased.
const maxCopied = 80

// findInput looks for an input in the draft. In other languages than English, even short texts may be
// paraphrased, so the result may be unknown.
func findInput(l inputText, text string, words map[string]int, english bool) presence {
	switch {
	case strings.Contains(normalizeText(text), normalizeText(l.text)):
		return inputPresent
	case l.date:
		// 2026-03-02 may appear as 2 March 2026
		year, rest, _ := strings.Cut(l.text, "-")
		_, day, _ := strings.Cut(rest, "-")
		if words[year] > 0 && (words[strings.TrimLeft(day, "0")] > 0 || words[day] > 0 || hasOrdinal(words, strings.TrimLeft(day, "0"))) {
			return inputPresent
		}
		return inputAbsent
	case len(l.text) > maxCopied && overlap(countWords(l.text), words) >= 0.5:
		return inputPresent
	case len(l.text) <= maxCopied && contained(countWords(l.text), words) >= 0.8: // an address on several lines
		return inputPresent
	case !english:
		return inputUnknown
	}
	return inputAbsent
}

func hasOrdinal(words map[string]int, day string) bool {
	return slices.ContainsFunc([]string{"st", "nd", "rd", "th"}, func(end string) bool { return words[day+end] > 0 })
}

func normalizeText(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

var (
	leftoverPattern = regexp.MustCompile(`(?i)\[[●•\.…_\s]*\]|\[(?:insert|name|date|address|amount|party|company|to be|tbd|xx)[^\]\n]{0,60}\]|\b(?:TBD|TBC|lorem ipsum)\b|\bXXX+\b|\{\{[^}\n]{0,60}\}\}`)
	blankPattern    = regexp.MustCompile(`_{4,}`)
	// a blank for a missing fact, as the prompt demands it; not one for a signature
	missingFactPattern = regexp.MustCompile(`_{4,} ?\([^)\n]+\)`)
)

// findLeftovers returns template placeholders that were not filled in, without duplicates.
func findLeftovers(text string) []string {
	found := leftoverPattern.FindAllString(text, -1)
	slices.Sort(found)
	found = slices.Compact(found)
	return found[:min(len(found), 10)]
}

// policyWarnings returns the findings of a policy in a draft and, for a contract, the missing clauses: a letter or
// a power of attorney needs no cap on liability.
func policyWarnings(p *policy.Policy, text string, contract bool) (warnings []string) {
	findings, missing := p.Review(text, policy.Recognize(text), "en")
	for _, f := range findings {
		warnings = append(warnings, fmt.Sprintf("%s (%s): %s %s", f.ClauseType, f.Severity, f.Rationale, f.Suggestion))
	}
	if !contract {
		return warnings
	}
	for _, m := range missing {
		warnings = append(warnings, fmt.Sprintf("%s (%s): %s %s", m.Title, m.Severity, m.Rationale, m.Suggestion))
	}
	return warnings
}

// limitWarnings removes duplicates and applies the limits of the API.
func limitWarnings(warnings []string) []string {
	seen := map[string]bool{}
	out := []string{}
	for _, w := range warnings {
		if w = domain.Truncate(w, 1000); !seen[w] && len(out) < 100 {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// quantity returns n with its noun, such as "1 blank" or "5 blanks".
func quantity(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
