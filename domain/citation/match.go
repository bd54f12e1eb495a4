package citation

import (
	"slices"
	"strings"
	"unicode"
)

// Source is a text in which citations are looked up.
type Source struct {
	citations [][]string // their terms
}

// NewSource returns the source of a text.
func NewSource(text string) *Source {
	s := &Source{}
	for _, c := range FindAll(text) {
		s.citations = append(s.citations, terms(text[c.Start:c.End]))
	}
	return s
}

// Contains reports whether the source has the citation, or a more specific one: "§ 622 Abs. 2 BGB" contains
// "§ 622 BGB", but not the other way around. Different names of the same act are equal.
func (s *Source) Contains(cited string) bool {
	want := terms(cited)
	return len(want) > 0 && slices.ContainsFunc(s.citations, func(have []string) bool { return covers(have, want) })
}

// covers reports whether want is a part of have, in its order, about the same provision or page.
func covers(have, want []string) bool {
	if a, b := firstNumber(have), firstNumber(want); b != "" && a != b {
		return false
	}
	for _, term := range have {
		if len(want) > 0 && term == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}

func firstNumber(terms []string) string {
	for _, t := range terms {
		if unicode.IsDigit(rune(t[0])) {
			return t
		}
	}
	return ""
}

// terms returns the words and numbers that identify a citation. Numbers come first, because their place
// differs: "art. 1240 du Code civil", "Code civil, art. 1240".
func terms(cited string) (out []string) {
	cited = strings.Join(strings.Fields(strings.ToLower(strings.ReplaceAll(cited, "’", "'"))), " ")
	for _, alias := range aliases {
		cited = alias.replace(cited)
	}
	var names []string
	for word := range strings.FieldsFuncSeq(cited, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/:.-", r)
	}) {
		if unicode.IsDigit(rune(word[0])) {
			out = append(out, strings.TrimRight(strings.Trim(word, ".:-/"), "ºª"))
			continue
		}
		for part := range strings.FieldsFuncSeq(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if !noTerms[part] {
				names = append(names, part)
			}
		}
	}
	return append(out, names...)
}

// noTerms are words that may be left out of a citation without changing it.
var noTerms = set(`section sections s ss sec secs art arts artt article articles artikel artikels artikeln artículo artículos articulo artigo artigos articolo articoli
	abs absatz satz nr nummer no n lit buchst al alinéa apartado lid lett comma co the of de du des del della dello da do dos das der den dem die das van het la le les l el los las
	v vs c and und et y e en urteil beschluss urt beschl vom az bgbl aktz at p page`)

// alias replaces the names of an act by the first.
type alias struct {
	name string
	all  []string
}

func (a *alias) replace(cited string) string {
	for _, name := range a.all {
		at := strings.Index(cited, name)
		if at < 0 || isWordByte(cited, at-1) || isWordByte(cited, at+len(name)) && !strings.HasSuffix(name, ".") {
			continue
		}
		return cited[:at] + a.name + cited[at+len(name):]
	}
	return cited
}

var aliases = readAliases()

func readAliases() (out []*alias) {
	for _, line := range readList("aliases") {
		name, all, _ := strings.Cut(line, ": ")
		out = append(out, &alias{name, strings.Split(all, ", ")})
	}
	return out
}
