// Package clarify finds what a legal question leaves out and its answer hangs on: whose law applies, and the
// dates on which deadlines depend. The rules are rules.yaml, in seven languages; they compare words only. In
// another language it finds nothing.
//
// Everything is a pure function, safe for concurrent use.
package clarify

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"counsel/domain/citation"
	"counsel/domain/langid"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// About is what is missing.
type About string

// What can be missing.
const (
	Jurisdiction About = "jurisdiction" // the country or state whose law applies
	Dates        About = "dates"        // the dates on which a deadline depends
	Facts        About = "facts"        // another fact; no rule finds it
)

// Missing returns what the question lacks, given all other text that the answer can take into account.
func Missing(question, context string) (missing []About) {
	r, ok := rules().languages[langid.Detect(question)]
	if !ok {
		return nil
	}
	asked := splitWords(question)
	joined := " " + strings.Join(asked, " ") + " "
	if slices.ContainsFunc(r.definitions, func(d string) bool { return strings.Contains(joined, " "+d+" ") }) && !anyWord(asked, r.person) {
		return nil
	}
	all := question + "\n" + context
	if anyWord(asked, r.topics) && !namesLaw(all) {
		missing = append(missing, Jurisdiction)
	}
	if anyWord(asked, r.timing) && anyWord(asked, r.person) && !datePattern.MatchString(all) && !anyWord(splitWords(all), r.dates) {
		missing = append(missing, Dates)
	}
	return missing
}

// Question returns the question that asks for what is missing, in the language or in English. There is none
// for Facts.
func Question(about About, tag language.Tag) string {
	base, _ := tag.Base()
	r, ok := rules().languages[langid.Parse(base.String())]
	if !ok {
		r = rules().languages[langid.English]
	}
	switch about {
	case Jurisdiction:
		return r.jurisdiction
	case Dates:
		return r.ask
	}
	return ""
}

// namesLaw reports whether a text says whose law applies: by a place, or by citing a law, a decision or a
// court.
func namesLaw(text string) bool {
	words := splitWords(text)
	for i, w := range words {
		for _, name := range rules().places[w] {
			if i+len(name) <= len(words) && slices.Equal(words[i:i+len(name)], name) {
				return true
			}
		}
		for _, prefix := range rules().placePrefixes {
			if strings.HasPrefix(w, prefix) {
				return true
			}
		}
	}
	return slices.ContainsFunc(citation.Find(text), func(c citation.Citation) bool {
		return c.Kind == citation.Statute || c.Kind == citation.Act
	})
}

// datePattern matches a date, a year, or a number of days.
var datePattern = regexp.MustCompile(`\b(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{2}|\d{4})|(?:19|20)\d{2})\b`)

// ruleSet is rules.yaml.
type ruleSet struct {
	places        map[string][][]string // the words of a name by its first word
	placePrefixes []string
	languages     map[langid.Language]languageRules
}

type languageRules struct {
	topics, timing, dates, person []string
	definitions                   []string
	jurisdiction, ask             string
}

//go:embed rules.yaml
var rulesFile []byte

var rules = sync.OnceValue(func() *ruleSet {
	var file struct {
		Places    string
		Languages map[string]struct{ Topics, Definitions, Timing, Dates, Person, Jurisdiction, Ask string }
	}
	if err := yaml.Unmarshal(rulesFile, &file); err != nil {
		panic(err) // embedded
	}
	set := &ruleSet{places: map[string][][]string{}, languages: map[langid.Language]languageRules{}}
	add := func(name string) {
		if words := splitWords(name); len(words) > 0 {
			set.places[words[0]] = append(set.places[words[0]], words)
		}
	}
	for name := range strings.SplitSeq(file.Places, "|") {
		if prefix, ok := strings.CutSuffix(strings.TrimSpace(name), "*"); ok {
			set.placePrefixes = append(set.placePrefixes, prefix)
		} else {
			add(name)
		}
	}
	for tag, l := range file.Languages {
		r := languageRules{
			topics: strings.Fields(l.Topics), timing: strings.Fields(l.Timing), dates: strings.Fields(l.Dates), person: strings.Fields(l.Person),
			jurisdiction: l.Jurisdiction, ask: l.Ask,
		}
		for d := range strings.SplitSeq(l.Definitions, "|") {
			r.definitions = append(r.definitions, strings.Join(splitWords(d), " "))
		}
		set.languages[langid.Parse(tag)] = r
		regions := display.Regions(language.Make(tag))
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				if region, err := language.ParseRegion(string([]rune{a, b})); err == nil && region.IsCountry() {
					add(regions.Name(region))
				}
			}
		}
	}
	return set
})

// anyWord reports whether one of the words matches one of the patterns.
func anyWord(words, patterns []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			if prefix, ok := strings.CutSuffix(p, "*"); ok {
				return strings.HasPrefix(w, prefix)
			}
			return w == p
		})
	})
}

// splitWords returns the words of a text in lower case, without punctuation around them.
func splitWords(text string) []string {
	return strings.FieldsFunc(strings.ToLower(strings.ReplaceAll(text, "’", "'")), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-'
	})
}
