package citation

import (
	"embed"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed lists
var lists embed.FS

// phrase is a line of a list.
type phrase struct {
	text     string // folded, unless exact
	kind     Kind
	exact    bool // matches only as written
	afterNum bool // matches only after the number of a section or article
}

// index holds what can begin at a word: phrases, and forms, which are functions.
type index struct {
	phrases map[string][]phrase // by the folded first word
	forms   map[string][]form
	filter  [1 << 10]uint64 // a Bloom filter over the hashes of all keys
	reports map[string]bool // the reporters without spaces and periods; true: the period is required
}

// form recognizes a citation at the word text[i:j] and adds it.
type form func(f *finder, i, j int)

var words = newIndex()

func newIndex() *index {
	x := &index{phrases: map[string][]phrase{}, forms: map[string][]form{}, reports: map[string]bool{}}
	for name, kind := range map[string]Kind{"acts": Act, "cases": Case, "doctrines": Doctrine, "courts": Court} {
		for _, line := range readList(name) {
			p := phrase{text: line, kind: kind}
			switch line[0] {
			case '=':
				p.text, p.exact = line[1:], true
			case '~':
				p.text, p.exact, p.afterNum = line[1:], true, true
			}
			first := fold(p.text[:wordEnd(p.text, 0)])
			if !p.exact {
				p.text = fold(p.text)
			}
			x.phrases[first] = append(x.phrases[first], p)
		}
	}
	for _, line := range readList("reporters") {
		compact := compactReporter(line)
		x.reports[compact] = strings.HasSuffix(line, ".") && !strings.ContainsAny(strings.TrimSuffix(line, "."), " .")
	}
	return x
}

// init adds the forms, which refer to words themselves.
func init() {
	for key, forms := range formTable() {
		for word := range strings.FieldsSeq(key) {
			words.forms[word] = append(words.forms[word], forms...)
		}
	}
	for word := range words.phrases {
		words.add(word)
	}
	for word := range words.forms {
		words.add(word)
	}
}

func (x *index) add(word string) {
	h := uint32(2166136261)
	for i := range len(word) {
		h = (h ^ uint32(word[i])) * 16777619
	}
	x.filter[h>>6&1023] |= 1 << (h & 63)
}

func readList(name string) []string {
	raw, err := lists.ReadFile("lists/" + name + ".txt")
	if err != nil {
		panic(err) // embedded
	}
	var lines []string
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines
}

func compactReporter(name string) string {
	return strings.NewReplacer(" ", "", ".", "", "’", "'").Replace(name)
}

// fold lowers a text. Its length in bytes stays the same for all letters of the languages claimed.
func fold(s string) string { return strings.ToLower(s) }

// matchPhrase returns the end of p at text[i:], or 0. White space, typographic apostrophes and the periods
// of abbreviations may differ.
func matchPhrase(text string, i int, p phrase) int {
	n := 0
	for n < len(p.text) {
		if i >= len(text) {
			return 0
		}
		switch c := p.text[n]; {
		case c == '.':
			n++
			if text[i] == '.' {
				i++
			}
			continue
		case c == ' ':
			n++
			if p.kind == Case && text[i] == ',' { // "Two Pesos, Inc."
				if j := skipSpace(text, i+1); skipLegalForm(text, j, p.text[n:]) > j {
					i++
				}
			}
			for i < len(text) && text[i] == '.' { // "v." for "v", "Co." for "Co"
				i++
			}
			j := skipSpace(text, i)
			if j == i && (text[i-1] != '.') {
				return 0
			}
			i = j
			if p.kind == Case {
				i = skipLegalForm(text, i, p.text[n:])
			}
			continue
		case c == '\'':
			n++
			switch {
			case text[i] == '\'':
				i++
			case strings.HasPrefix(text[i:], "’"):
				i += len("’")
			default:
				return 0
			}
			continue
		case c < utf8.RuneSelf:
			d := text[i]
			if !p.exact && 'A' <= d && d <= 'Z' {
				d += 'a' - 'A'
			}
			if d == 's' && c != 's' && n > 0 && p.text[n-1] == 'v' { // "vs." for "v"
				i++
				continue
			}
			if d != c {
				return 0
			}
			n++
			i++
		default:
			want, size := utf8.DecodeRuneInString(p.text[n:])
			got, width := utf8.DecodeRuneInString(text[i:])
			if got != want && (p.exact || unicode.ToLower(got) != want) {
				return 0
			}
			n += size
			i += width
		}
	}
	if isWordByte(text, i) && isWordByte(text, i-1) {
		return 0
	}
	return i
}

// skipLegalForm returns the index after the legal form of a company at text[i:], unless rest of the phrase has it, too.
func skipLegalForm(text string, i int, rest string) int {
	if i < len(text) && strings.IndexByte("LlCcPpI", text[i]) >= 0 {
		end := wordEnd(text, i)
		switch word := fold(text[i:end]); word {
		case "ltd", "co", "plc", "corp", "inc", "llc", "limited":
			if !strings.HasPrefix(rest, word) {
				if end < len(text) && text[end] == '.' {
					end++
				}
				return skipSpace(text, end)
			}
		}
	}
	return i
}

// phraseAt returns the end and kind of the longest phrase at the word text[i:j]. After the number of a section,
// abbreviations may be written in any case.
func (x *index) phraseAt(text string, i, j int, afterNum bool) (end int, kind Kind) {
	var buf [maxWord]byte
	for _, p := range x.phrases[string(foldWord(text[i:j], &buf))] {
		if p.afterNum && !afterNum {
			continue
		}
		if afterNum && p.exact && len(p.text) >= 3 { // "§ 622 bgb"
			p.text, p.exact = fold(p.text), false
		}
		if e := matchPhrase(text, i, p); e > end {
			end, kind = e, p.kind
		}
	}
	return end, kind
}
