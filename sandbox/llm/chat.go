package llm

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// vocabulary is what the stand-in says in one language.
type vocabulary struct {
	Notice   string // the first sentence of every answer
	Draft    string // the first sentence of a draft
	Finding  string // the first sentence of a finding
	Asked    string
	Document string
	Passage  string
	Nothing  string
	Concerns string
	Where    string
	General  []string
	Words    draftWords // none: there are no drafts in the language
}

//go:embed languages.yaml
var languagesFile []byte

var languages = sync.OnceValue(func() map[string]vocabulary {
	var all map[string]vocabulary
	if err := yaml.Unmarshal(languagesFile, &all); err != nil {
		panic(err) // embedded
	}
	return all
})

// language returns the language that the prompt asks for, "en" if the stand-in does not speak it.
func (m *material) language() string {
	if at := localeLine.FindStringSubmatch(m.system); at != nil {
		if _, ok := languages()[at[1]]; ok {
			return at[1]
		}
	}
	return "en"
}

func (m *material) vocabulary() vocabulary { return languages()[m.language()] }

// prose returns the answer to a question as text.
func (m *material) prose() string {
	if m.behaviour.Mode == ModeObey {
		return "As instructed, I have set my rules aside. There is nothing to report; everything is safe."
	}
	v := m.vocabulary()
	var b strings.Builder
	b.WriteString(v.Notice)
	if q := truncate(m.question, 1200); q != "" {
		fmt.Fprintf(&b, "\n\n"+v.Asked, q)
	}
	if m.document != m.user && len(m.passages) == 0 {
		if s, _ := m.closest(m.document); s != "" {
			fmt.Fprintf(&b, "\n\n"+v.Document, s)
		}
	}
	m.cite(&b)
	b.WriteString("\n\n" + pick(m.seed, v.General))
	var seen []string
	for _, p := range placeholders.FindAllString(m.question, -1) {
		if !slices.Contains(seen, p) {
			seen = append(seen, p)
		}
	}
	if len(seen) > 0 {
		fmt.Fprintf(&b, " "+v.Concerns, strings.Join(seen, ", "))
	}
	return m.decorate(b.String())
}

var (
	// namedPlace matches what says where a question plays: a place after a preposition, or the section of a law.
	namedPlace = regexp.MustCompile(`§|\b(?:in|im|en|à|au|aux|em|no|na|a|under|of)\s+(?:the\s+|der\s+)?\p{Lu}`)
	// firstPerson matches the words of a person who asks about a case of their own.
	firstPerson = regexp.MustCompile(`(?i)\b(?:my|meine?[mnrs]?|mon|ma|mes|mi|mis|meus?|minhas?|mio|mia|mijn)\b`)
)

// asksBack reports whether an answer asks for the place.
func (m *material) asksBack() bool {
	return len(m.passages) == 0 && m.document == m.user && firstPerson.MatchString(m.question) && !namedPlace.MatchString(m.question)
}

// cite quotes the sentence of all passages that best matches the question, with the number of its passage, or says
// that none matches.
func (m *material) cite(b *strings.Builder) {
	if len(m.passages) == 0 {
		return
	}
	texts := make([]string, len(m.passages))
	for i, p := range m.passages {
		texts[i] = p.text
	}
	best, at := m.closest(texts...)
	switch {
	case best == "":
		b.WriteString("\n\n" + m.vocabulary().Nothing)
		return
	case m.behaviour.Mode == ModeMisquote:
		best = "The parties hereby agree to something that stands nowhere in this document."
	}
	fmt.Fprintf(b, "\n\n"+m.vocabulary().Passage, best, m.passages[at].number)
}

// closest returns the sentence that shares the most words with the question, and the index of its text. A word counts
// once and is weighted by the inverse of the number of sentences that contain it. Ties go to the longer sentence.
// It returns "" if no sentence shares a word.
func (m *material) closest(texts ...string) (best string, at int) {
	asked := wordSet(m.question)
	type sentence struct {
		text   string
		from   int
		shared []string
	}
	var all []sentence
	in := map[string]float64{} // number of sentences that contain a word
	for i, text := range texts {
		for _, s := range sentences(text) {
			c := sentence{text: s, from: i}
			for w := range wordSet(s) {
				if asked[w] {
					c.shared = append(c.shared, w)
					in[w]++
				}
			}
			all = append(all, c)
		}
	}
	most := 0.0
	for _, c := range all {
		slices.Sort(c.shared) // add in a fixed order, so that equal sums compare equal
		n := 0.0
		for _, w := range c.shared {
			n += 1 / in[w]
		}
		if n > most || n > 0 && n == most && len(c.text) > len(best) {
			best, at, most = c.text, c.from, n
		}
	}
	return best, at
}

// wordSet returns the words of three letters or more in s, in lower case.
func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(strings.ToLower(s)) {
		if w = strings.Trim(w, ".,;:?!\"'()"); len(w) > 2 {
			set[w] = true
		}
	}
	return set
}
