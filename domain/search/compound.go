package search

import (
	_ "embed"
	"slices"
	"strings"
	"unicode/utf8"
)

var (
	//go:embed german.txt
	germanText string
	//go:embed dutch.txt
	dutchText string
)

// compounds take the compounds of a language apart.
var compounds = map[language]*splitter{
	german: newSplitter(german, germanText, []string{"ungs", "heits", "keits", "schafts", "ions", "tats", "tums", "lings"}, []string{"", "s", "es", "n", "en", "er", "ns", "ens", "e"},
		[]string{"", "e", "s", "es", "n", "en", "er", "ern", "se", "sen", "nen", "in", "innen"}),
	dutch: newSplitter(dutch, dutchText, []string{"ings", "heids", "schaps", "teits", "doms"}, []string{"", "s", "e", "en", "er"}, []string{"", "s", "en", "n", "e", "je", "jes"}),
}

const minCompound = 8 // letters of a word that is looked at

// splitter takes words apart. It knows words that stand in compounds, what stands between them, and
// endings of nouns behind which there is always a joint: Kündigungs-frist.
type splitter struct {
	language language
	words    map[string]string // a word as it stands within a compound, without accents: its stem
	forms    map[string]string // a word as it ends a compound, in each of its forms: its stem
	strong   map[string]bool   // of forms, those that end a compound whatever stands before
	linked   map[string]bool   // stems of those that end one only behind an s
	joints   []string
	links    []string
}

func newSplitter(l language, text string, joints, links, endings []string) *splitter {
	s := &splitter{language: l, words: map[string]string{}, forms: map[string]string{}, strong: map[string]bool{}, linked: map[string]bool{}, joints: joints, links: links}
	var all []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			all = append(all, strings.Fields(line)...)
		}
	}
	// Shorter ones first, since a longer one may be a compound of them: then it is none of its own.
	slices.SortStableFunc(all, func(a, b string) int { return len(a) - len(b) })
	for _, w := range all {
		w, whole := strings.CutSuffix(w, "=")
		w, strong := strings.CutSuffix(w, "!")
		w, linked := strings.CutSuffix(w, "-")
		st := stem(l, w)
		if linked {
			s.linked[st] = true
		}
		w = fold(w)
		if !whole && len(s.known(w, 0, len(w), map[int][]part{})) > 1 {
			continue
		}
		s.words[w] = st
		short := strings.TrimSuffix(w, "e")
		if _, known := s.words[short]; short != w && len(short) >= 3 && !known { // Miete: Mietvertrag
			s.words[short] = st
		}
		for _, e := range endings {
			s.forms[w+e] = st
			s.strong[w+e] = strong
		}
	}
	return s
}

// part is a word in a compound: where it begins, where it ends without what joins it to the next, and
// its stem.
type part struct {
	start, end int
	stem       string
}

// split takes a word without accents apart, or returns nil: it is no compound, or none we can be sure of.
func (s *splitter) split(w string) []part {
	if len(w) < minCompound || len(w) > maxWord {
		return nil
	}
	if _, known := s.forms[w]; known {
		return nil
	}
	var out []part
	start, sure := 0, false
	for {
		end, next := s.joint(w, start)
		if next == 0 {
			break
		}
		out = append(out, s.piece(w, start, end)...)
		start, sure = next, true
	}
	last := s.known(w, start, len(w), map[int][]part{})
	switch {
	case last != nil:
		out = append(out, last...)
	case sure:
		out = append(out, part{start, len(w), stem(s.language, w[start:])})
	default:
		return s.ending(w)
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// joint finds the first sure joint of w behind start: the end of the word before it, and the
// beginning of the next; 0, 0 when there is none.
func (s *splitter) joint(w string, start int) (end, next int) {
	for i := start + 5; i <= len(w)-4; i++ {
		for _, j := range s.joints {
			if i-start > len(j)+1 && strings.HasSuffix(w[:i], j) {
				if s.covers(w, i-1) && !s.covers(w, i) { // Erbschaft-steuer
					return i - 1, i - 1
				}
				return i - 1, i
			}
		}
	}
	return 0, 0
}

// covers reports whether w from start on is made of known words.
func (s *splitter) covers(w string, start int) bool {
	return s.known(w, start, len(w), map[int][]part{}) != nil
}

// piece is what stands before a sure joint: a compound of known words, or one word.
func (s *splitter) piece(w string, start, end int) []part {
	st, known := s.forms[w[start:end]]
	if !known {
		if parts := s.known(w, start, end, map[int][]part{}); parts != nil {
			return parts
		}
		if parts := s.ending(w[start:end]); parts != nil {
			for i := range parts {
				parts[i].start += start
				parts[i].end += start
			}
			return parts
		}
		st = stem(s.language, w[start:end])
	}
	return []part{{start, end, st}}
}

// known takes w[start:end] apart into known words alone, as few as possible; nil when it cannot. seen holds
// what was found already.
func (s *splitter) known(w string, start, end int, seen map[int][]part) []part {
	if parts, ok := seen[start]; ok {
		return parts
	}
	var best []part
	if st, ok := s.forms[w[start:end]]; ok {
		best = []part{{start, end, st}}
	}
	for i := start + 3; best == nil && i <= end-3 || len(best) > 2 && i <= end-3; i++ {
		if !utf8.RuneStart(w[i]) {
			continue
		}
		st, ok := s.words[w[start:i]]
		if !ok {
			continue
		}
		for _, link := range s.links {
			if !strings.HasPrefix(w[i:end], link) || i+len(link) > end-3 {
				continue
			}
			if rest := s.known(w, i+len(link), end, seen); rest != nil && (len(rest) > 1 || !s.linked[rest[0].stem] || strings.HasSuffix(link, "s")) && (best == nil || len(rest)+1 < len(best)) {
				best = append([]part{{start, i, st}}, rest...)
			}
		}
	}
	seen[start] = best
	return best
}

// ending takes apart a word that ends in a known word no other word ends in by chance.
func (s *splitter) ending(w string) []part {
	for i := 4; i <= len(w)-5; i++ {
		if !s.strong[w[i:]] {
			continue
		}
		before := w[:i]
		if prefixes[before] {
			return nil // Unterversicherung is no compound
		}
		end := i
		if before[i-1] == 's' && len(before) > 5 {
			end--
		}
		return []part{{0, end, stem(s.language, w[:end])}, {i, len(w), s.forms[w[i:]]}}
	}
	return nil
}

// prefixes of verbs make other words.
var prefixes = map[string]bool{"uber": true, "unter": true, "gegen": true, "wieder": true, "zusammen": true, "zuruck": true, "durch": true, "hinter": true, "nicht": true, "wider": true, "voll": true, "fest": true,
	"over": true, "onder": true, "tegen": true, "door": true, "voor": true}

// terms are the index terms of a word's parts: each of them, and those that stand together.
func (s *splitter) terms(w string) []string {
	parts := s.split(w)
	var out []string
	for i := range parts {
		for j := i; j < len(parts); j++ {
			if i == j {
				out = append(out, parts[i].stem)
			} else if i > 0 || j < len(parts)-1 {
				out = append(out, s.together(w, parts[i:j+1]))
			}
		}
	}
	return out
}

// together is the term of some parts of a word that stand together.
func (s *splitter) together(w string, parts []part) string {
	return stem(s.language, w[parts[0].start:parts[len(parts)-1].end])
}
