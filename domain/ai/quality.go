package ai

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// What the parts of a draft's quality weigh; together 1.
const (
	weighSections = 0.4 // the sections there should be
	weighCovers   = 0.3 // the points they should deal with
	weighInputs   = 0.2 // the inputs that appear
	weighLength   = 0.1
	perLeftover   = 0.05 // taken off for each thing left to fill in by mistake, up to maxLeftovers
	maxLeftovers  = 0.3
	perFact       = 0.02 // taken off for each blank that says what belongs there, up to maxFacts
	maxFacts      = 0.1

	wrongLanguage = 0.5 // what is left of the score of a draft in another language than asked

	leastWords = 12 // of a section, on average
)

// judge measures a draft, restored as d and text, against its type and inputs. It looks at the
// words only: whether they are good law is for a lawyer.
func judge(d *writtenDraft, text string, t *prompts.DocumentType, shape, inputs map[string]any, tag language.Tag) (score float64, warnings []string) {
	english := isEnglish(tag)
	for _, heading := range d.missing {
		warnings = append(warnings, fmt.Sprintf("The section %q is missing.", heading))
	}
	for _, id := range d.repeated {
		warnings = append(warnings, fmt.Sprintf("The section %q was written more than once; the first is kept.", id))
	}
	c := covered(d, t)
	for _, heading := range c.echoes {
		warnings = append(warnings, fmt.Sprintf("The section %q repeats its instructions instead of carrying them out.", heading))
	}
	sections := share(len(d.sections)-c.hollow, len(t.Sections))
	covers := sections
	if english { // the points are written in English
		covers = share(c.met, c.points)
		for _, heading := range c.thin {
			warnings = append(warnings, fmt.Sprintf("The section %q may not deal with every point it should.", heading))
		}
	}

	words := wordsOf(text)
	seen, absent := 0, 0
	for _, l := range leaves(nil, shape, inputs, "/inputs") {
		switch appears(l, text, words, english) {
		case yes:
			seen++
		case no:
			absent++
			warnings = append(warnings, fmt.Sprintf("The input %s does not appear in the draft.", l.pointer))
		}
		if len(policy.DetectInjections(l.text)) > 0 {
			warnings = append(warnings, fmt.Sprintf("The input %s tries to give orders to its reader; it was taken as a fact only.", l.pointer))
		}
	}

	left := leftovers(text)
	for _, mark := range left {
		warnings = append(warnings, fmt.Sprintf("The draft still holds %q.", mark))
	}
	if d.unknown > 0 {
		warnings = append(warnings, fmt.Sprintf("The draft names %d person(s) or thing(s) that are not among the inputs; a general word stands in their place.", d.unknown))
	}
	if n := len(blank.FindAllStringIndex(text, -1)); n > 0 {
		warnings = append(warnings, fmt.Sprintf("The draft has %d blank(s) to fill in.", n))
	}
	other, wrong := otherLanguage(words, tag)
	if wrong {
		warnings = append(warnings, fmt.Sprintf("The draft seems to be in %s, not in %s.", name(other), name(tag)))
	}
	length := 1.0
	if n := len(d.sections); n > 0 {
		if length = min(1, float64(len(words))/float64(n*leastWords)); length < 1 {
			warnings = append(warnings, "The draft is unusually short.")
		}
	}

	score = weighSections*sections + weighCovers*covers + weighInputs*share(seen, seen+absent) + weighLength*length
	score -= min(maxLeftovers, perLeftover*float64(len(left)+d.unknown))
	score -= min(maxFacts, perFact*float64(len(missingFact.FindAllStringIndex(text, -1))))
	if wrong {
		score *= wrongLanguage
	}
	return math.Round(max(0, min(1, score))*100) / 100, warnings
}

func share(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

// coverage tells how the sections of a draft deal with the points they should.
type coverage struct {
	points, met int
	thin        []string // headings of the sections that lack more than half of theirs
	echoes      []string // headings of the sections that repeat a point instead of dealing with it
	hollow      int      // sections that repeat half of their points or more: as good as not written
}

// covered finds the points whose words appear in their section. One that stands there as it was
// put to the model is an instruction repeated, not a text that carries it out.
func covered(d *writtenDraft, t *prompts.DocumentType) (c coverage) {
	written := map[string]Section{}
	for _, s := range d.sections {
		written[s.ID] = s
	}
	for _, spec := range t.Sections {
		s, ok := written[spec.ID]
		body := wordsOf(s.Heading + " " + s.Body)
		met, echoed := 0, 0
		for _, point := range spec.Covers {
			switch {
			case repeats(s.Body, point):
				echoed++
			case overlap(wordsOf(point), body) >= 0.25:
				met++
			}
		}
		c.points += len(spec.Covers)
		c.met += met
		switch {
		case echoed > 0:
			c.echoes = append(c.echoes, spec.Heading)
			if 2*echoed >= len(spec.Covers) {
				c.hollow++
			}
		case ok && 2*met < len(spec.Covers):
			c.thin = append(c.thin, spec.Heading)
		}
	}
	return c
}

// When a point counts as repeated: a sentence says nothing else, or so much of a point of at
// least so many words stands in the text in the same order, three words at a time. A short one may
// well be part of a sentence that deals with it.
const (
	repeatedShare = 0.8
	repeatedWords = 6
)

func repeats(body, point string) bool {
	said := sayings(point)
	if len(said) == 0 {
		return false
	}
	for piece := range strings.FieldsFuncSeq(body, func(r rune) bool { return strings.ContainsRune(".;:!?\n", r) }) {
		if slices.Equal(sayings(piece), said) {
			return true
		}
	}
	if len(said) < repeatedWords {
		return false
	}
	text := " " + strings.Join(orderedWords(body), " ") + " "
	n := 0
	for i := range len(said) - 2 {
		if strings.Contains(text, " "+strings.Join(said[i:i+3], " ")+" ") {
			n++
		}
	}
	return share(n, len(said)-2) >= repeatedShare
}

// sayings are the words of a sentence in order, without its number and the "that" of a point.
func sayings(s string) []string {
	words := orderedWords(s)
	for len(words) > 0 && (len(words[0]) == 1 || words[0] == "that" || unicode.IsDigit(rune(words[0][0]))) {
		words = words[1:]
	}
	return words
}

// overlap is the share of a's telling words that b holds, in whatever ending.
func overlap(a, b map[string]int) float64 {
	stems := map[string]bool{}
	for w := range b {
		stems[stem(w)] = true
	}
	n, of := 0, 0
	for w := range a {
		if len(w) < 5 {
			continue
		}
		of++
		if stems[stem(w)] {
			n++
		}
	}
	return share(n, of)
}

// heldBy is the share of a's words that b holds as they are.
func heldBy(a, b map[string]int) float64 {
	n := 0
	for w := range a {
		if b[w] > 0 {
			n++
		}
	}
	return share(n, len(a))
}

func stem(w string) string { return w[:min(len(w), 5)] } // cut bytes: compared, never shown

// wordsOf counts the words of a text, in lower case.
func wordsOf(s string) map[string]int {
	words := map[string]int{}
	for w := range strings.FieldsFuncSeq(strings.ToLower(s), notInWord) {
		words[w]++
	}
	return words
}

func orderedWords(s string) []string { return strings.FieldsFunc(strings.ToLower(s), notInWord) }

func notInWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// leaf is one text among the inputs.
type leaf struct {
	pointer, text string
	date          bool
}

// leaves lists the texts of the inputs that a draft should show, without those that only
// choose between ways to draft.
func leaves(out []leaf, shape map[string]any, v any, pointer string) []leaf {
	switch v := v.(type) {
	case string:
		if strings.TrimSpace(v) != "" && shape["enum"] == nil && shape["const"] == nil && shape["format"] != "iso-4217" {
			out = append(out, leaf{pointer, strings.TrimSpace(v), shape["format"] == "date"})
		}
	case []any:
		item, _ := shape["items"].(map[string]any)
		for i, e := range v {
			out = leaves(out, item, e, pointer+"/"+strconv.Itoa(i))
		}
	case map[string]any:
		properties, _ := shape["properties"].(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			property, _ := properties[k].(map[string]any)
			out = leaves(out, property, v[k], pointer+"/"+k)
		}
	}
	return out
}

type verdict int

const (
	unknown verdict = iota
	yes
	no
)

// longText is where a text stops being a name or an address that is copied, and becomes one
// that is put into other words.
const longText = 80

// appears tells whether an input shows in the draft. Long texts are put into other words, and
// in another language short ones may be too: then it cannot be told.
func appears(l leaf, text string, words map[string]int, english bool) verdict {
	switch {
	case strings.Contains(flat(text), flat(l.text)):
		return yes
	case l.date:
		// 2026-03-02 may stand there as 2 March 2026
		year, rest, _ := strings.Cut(l.text, "-")
		_, day, _ := strings.Cut(rest, "-")
		if words[year] > 0 && (words[strings.TrimLeft(day, "0")] > 0 || words[day] > 0 || hasOrdinal(words, strings.TrimLeft(day, "0"))) {
			return yes
		}
		return no
	case len(l.text) > longText && overlap(wordsOf(l.text), words) >= 0.5:
		return yes
	case len(l.text) <= longText && heldBy(wordsOf(l.text), words) >= 0.8: // an address set over several lines
		return yes
	case !english:
		return unknown
	}
	return no
}

func hasOrdinal(words map[string]int, day string) bool {
	return slices.ContainsFunc([]string{"st", "nd", "rd", "th"}, func(end string) bool { return words[day+end] > 0 })
}

func flat(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

var (
	leftover = regexp.MustCompile(`(?i)\[[●•\.…_\s]*\]|\[(?:insert|name|date|address|amount|party|company|to be|tbd|xx)[^\]\n]{0,60}\]|\b(?:TBD|TBC|lorem ipsum)\b|\bXXX+\b|\{\{[^}\n]{0,60}\}\}`)
	blank    = regexp.MustCompile(`_{4,}`)
	// A blank as the prompt wants it: for a fact nobody gave, not for a signature.
	missingFact = regexp.MustCompile(`_{4,} ?\([^)\n]+\)`)
)

// leftovers are the different marks of something somebody forgot to fill in.
func leftovers(text string) []string {
	found := leftover.FindAllString(text, -1)
	slices.Sort(found)
	found = slices.Compact(found)
	return found[:min(len(found), 10)]
}

// Small words by which a language is recognized.
var smallWords = map[string]string{
	"en": "the of and to in shall that this by any", "de": "der die das und von den ist nicht mit oder",
	"fr": "le la les des et du une dans est pour", "es": "el los las que del por una con para y",
	"it": "il di che della del per una gli dei sono", "nl": "de het een van en dat niet met zijn voor",
	"pt": "o os da do das que uma para com não", "pl": "i w z na do nie oraz przez jest lub",
}

// otherLanguage tells which language the draft is in, when that is clearly not the one asked for.
func otherLanguage(words map[string]int, tag language.Tag) (language.Tag, bool) {
	base, _ := tag.Base()
	count := func(lang string) (n int) {
		for w := range strings.FieldsSeq(smallWords[lang]) {
			n += words[w]
		}
		return n
	}
	if smallWords[base.String()] == "" {
		return tag, false
	}
	own, most, other := count(base.String()), 0, ""
	for _, lang := range slices.Sorted(maps.Keys(smallWords)) {
		if n := count(lang); lang != base.String() && n > most {
			most, other = n, lang
		}
	}
	return language.Make(other), most >= 15 && most > 3*own
}

func isEnglish(tag language.Tag) bool {
	base, _ := tag.Base()
	return base.String() == "en"
}

func name(tag language.Tag) string { return display.English.Tags().Name(tag) }

// policyWarnings says what a rule set finds in a draft and, of a contract, what it misses there:
// a letter or a power of attorney needs no cap on liability.
func policyWarnings(p *policy.Policy, text string, contract bool) (warnings []string) {
	findings, missing := p.Review(text)
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

// tidyWarnings keeps what the contract of the API has room for.
func tidyWarnings(warnings []string) []string {
	seen := map[string]bool{}
	out := []string{}
	for _, w := range warnings {
		if w = cut(w, 1000); !seen[w] && len(out) < 100 {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}
