package masking

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var markTypes = map[byte]Type{
	'P': Person, 'O': Company, 'L': Location, 'A': Address, 'E': Email, 'T': Phone, 'C': CreditCard,
	'I': IBAN, 'S': SSN, 'N': IP, 'U': URL, 'D': Date, 'X': ID, 'Y': Nationality,
}

// markedText is a text and what must be masked in it. What is optional may be masked or not.
type markedText struct {
	name, text     string
	gold, optional []Span
}

// parseMarks parses the syntax of testdata: {P|Jane Doe} marks what must be masked and its type, {?|…} what may be.
func parseMarks(t testing.TB, name, marked string) markedText {
	var b strings.Builder
	out := markedText{name: name}
	for {
		i := strings.IndexByte(marked, '{')
		if i < 0 {
			b.WriteString(marked)
			out.text = b.String()
			return out
		}
		j := i + strings.IndexByte(marked[i:], '}')
		if j < i+3 || marked[i+2] != '|' && marked[i+2] != ':' {
			t.Fatalf("%s: bad mark in %q", name, marked)
		}
		b.WriteString(marked[:i])
		start := b.Len()
		b.WriteString(marked[i+3 : j])
		if ty, ok := markTypes[marked[i+1]]; ok {
			out.gold = append(out.gold, Span{ty, start, b.Len()})
		} else if marked[i+1] == '?' {
			out.optional = append(out.optional, Span{Start: start, End: b.Len()})
		} else {
			t.Fatalf("%s: unknown mark in %q", name, marked)
		}
		marked = marked[j+1:]
	}
}

// readQuestions reads one question a line; \n in it is a line end.
func readQuestions(t testing.TB, path string) []markedText {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []markedText
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, parseMarks(t, path, strings.ReplaceAll(line, `\n`, "\n")))
		}
	}
	return out
}

// readDocuments reads the files of a folder, one marked text each.
func readDocuments(t testing.TB, pattern string) []markedText {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	var out []markedText
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, parseMarks(t, path, string(data)))
	}
	return out
}

// category groups the types in the measures.
type category int

const (
	persons category = iota
	addresses
	identifiers
	companies
	categories
)

var categoryNames = [categories]string{"persons", "addresses", "identifiers", "companies"}

func categoryOf(t Type) category {
	switch t {
	case Person:
		return persons
	case Address, Location:
		return addresses
	case Company:
		return companies
	}
	return identifiers
}

// share is a part of a whole.
type share struct{ part, whole int }

func (s *share) add(hit bool) {
	s.whole++
	if hit {
		s.part++
	}
}

func (s share) ratio() float64 { return ratio(s.part, s.whole) }

// perThousand is the number of parts in a thousand of the whole.
func (s share) perThousand() float64 {
	if s.whole == 0 {
		return 0
	}
	return 1000 * float64(s.part) / float64(s.whole)
}

// measure counts what masking did to a set of texts, by words. An item is a mark; it is found if every word of it is
// masked. A text is unspoiled if no word outside the marks is masked, and safe if every word inside them is.
type measure struct {
	items, words     [categories]share
	wrong            share
	unspoiled, safe  share
	missed, spoiling []string // for MASKING_SHOW
}

func (m *measure) add(o *measure) {
	for i := range m.items {
		m.items[i].part += o.items[i].part
		m.items[i].whole += o.items[i].whole
		m.words[i].part += o.words[i].part
		m.words[i].whole += o.words[i].whole
	}
}

// neutralTitles are the words of a name that identify nobody, titles and particles: whether they are masked with the name
// does not matter.
var neutralTitles = wordSet(`mr mrs ms miss dr prof professor sir madam dame hon judge justice esq jr sr captain cllr
	herr herrn frau dipl ing mag rechtsanwältin rechtsanwalt baron graf freifrau freiherr
	m mme mlle me maître monsieur madame docteur comte épouse veuve notaire
	l dra sig ra sigra signor signora signore dott dottssa ssa avv rag geom conte
	d ª don dona doña sra srta señor señora letrado conde marqués senhor senhora seu advogado visconde
	dhr heer mevr mevrouw meneer mr drs ir juf jonkheer jhr geb
	the el la le il o der die de den des del della degli di da do dos das du van von zu und and y e et en ten`)

// neutralForms are legal forms: they identify nobody.
var neutralForms = wordSet(`inc llc llp ltd limited plc pty co corp company gmbh kg ohg ag ug gbr e k sa sas sarl eurl sca
	scop srl spa snc sl s l a r p n c b v o bv nv vof lda ltda cia coop haftungsbeschränkt société agricola società eireli me`)

func wordSet(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}

// textWords returns the words of a text, as byte offsets: runs of letters, digits and marks.
func textWords(text string) []Span {
	var out []Span
	start := -1
	for i, r := range text {
		inWord := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
		switch {
		case inWord && start < 0:
			start = i
		case !inWord && start >= 0:
			out = append(out, Span{Start: start, End: i})
			start = -1
		}
	}
	if start >= 0 {
		out = append(out, Span{Start: start, End: len(text)})
	}
	return out
}

func overlapping(spans []Span, w Span) int {
	return slices.IndexFunc(spans, func(s Span) bool { return s.Start < w.End && w.Start < s.End })
}

// masked reports whether all letters and digits of w lie in spans.
func masked(text string, spans []Span, w Span) bool {
	for i, r := range text[w.Start:w.End] {
		at := w.Start + i
		if overlapping(spans, Span{Start: at, End: at + utf8.RuneLen(r)}) < 0 {
			return false
		}
	}
	return true
}

func (m *measure) count(l *markedText, found []Span) {
	words := textWords(l.text)
	itemFound := make([]bool, len(l.gold))
	for i := range itemFound {
		itemFound[i] = true
	}
	unspoiled := true
	for i, w := range words {
		lower := strings.ToLower(l.text[w.Start:w.End])
		g := overlapping(l.gold, w)
		switch {
		case g >= 0:
			gold := l.gold[g]
			if gold.Type == Person && neutralTitles[lower] || gold.Type == Company && neutralForms[lower] {
				continue
			}
			hit := masked(l.text, found, w)
			m.words[categoryOf(gold.Type)].add(hit)
			itemFound[g] = itemFound[g] && hit
		case overlapping(l.optional, w) >= 0 || l.besideName(words, i):
		default:
			spoils := overlapping(found, w) >= 0
			m.wrong.add(spoils)
			if spoils {
				unspoiled = false
				m.spoiling = append(m.spoiling, l.excerpt(w))
			}
		}
	}
	safe := true
	for i, g := range l.gold {
		m.items[categoryOf(g.Type)].add(itemFound[i])
		if !itemFound[i] {
			safe = false
			m.missed = append(m.missed, g.Type.String()+" "+l.excerpt(g))
		}
	}
	m.unspoiled.add(unspoiled)
	m.safe.add(safe)
}

// besideName reports whether a word belongs to the name beside it: a title or form before or after, or a possessive s.
func (l *markedText) besideName(words []Span, i int) bool {
	lower := strings.ToLower(l.text[words[i].Start:words[i].End])
	if lower == "s" && i > 0 && overlapping(l.gold, words[i-1]) >= 0 {
		return true
	}
	if !neutralTitles[lower] {
		return false
	}
	for _, next := range words[i+1 : min(i+4, len(words))] {
		if g := overlapping(l.gold, next); g >= 0 {
			return l.gold[g].Type == Person
		}
		if !neutralTitles[strings.ToLower(l.text[next.Start:next.End])] {
			return false
		}
	}
	return false
}

func (l *markedText) excerpt(s Span) string {
	from, to := max(0, s.Start-40), min(len(l.text), s.End+40)
	for from > 0 && !utf8.RuneStart(l.text[from]) {
		from--
	}
	for to < len(l.text) && !utf8.RuneStart(l.text[to]) {
		to++
	}
	return strings.ReplaceAll(l.text[from:s.Start]+"⟦"+l.text[s.Start:s.End]+"⟧"+l.text[s.End:to], "\n", "⏎") +
		"   (" + filepath.Base(l.name) + ")"
}

// measuredLanguages are those that have questions in testdata.
func measuredLanguages(t testing.TB) []string {
	paths, err := filepath.Glob("testdata/questions/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no questions: %v", err)
	}
	langs := map[string]bool{}
	for _, p := range paths {
		langs[strings.TrimSuffix(filepath.Base(p), ".txt")] = true
	}
	return slices.Sorted(maps.Keys(langs))
}
