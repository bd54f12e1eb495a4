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

// compoundSplitters split compound words (decompounding), by language.
var compoundSplitters = map[language]*splitter{
	german: newSplitter(german, germanText, []string{"ungs", "heits", "keits", "schafts", "ions", "tats", "tums", "lings"}, []string{"", "s", "es", "n", "en", "er", "ns", "ens", "e"},
		[]string{"", "e", "s", "es", "n", "en", "er", "ern", "se", "sen", "nen", "in", "innen"}),
	dutch: newSplitter(dutch, dutchText, []string{"ings", "heids", "schaps", "teits", "doms"}, []string{"", "s", "e", "en", "er"}, []string{"", "s", "en", "n", "e", "je", "jes"}),
}

const minCompoundLength = 8 // in bytes; shorter words are not split

// splitter splits compounds with a dictionary of components and heads, linking elements (Fugenelemente)
// between them, and noun suffixes after which there is always a boundary: Kündigungs-frist.
type splitter struct {
	language         language
	components       map[string]string // stem by folded form of a non-final component
	heads            map[string]string // stem by folded, inflected form of the last component
	strongHeads      map[string]bool   // of heads, those that end a compound whatever precedes them
	needsLinkingS    map[string]bool   // stems of heads that must follow a linking s
	boundarySuffixes []string
	linkingElements  []string
}

func newSplitter(l language, text string, boundarySuffixes, linkingElements, endings []string) *splitter {
	s := &splitter{language: l, components: map[string]string{}, heads: map[string]string{}, strongHeads: map[string]bool{}, needsLinkingS: map[string]bool{}, boundarySuffixes: boundarySuffixes, linkingElements: linkingElements}
	var all []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			all = append(all, strings.Fields(line)...)
		}
	}
	// Shorter words first: a word that splits into them is not a component itself.
	slices.SortStableFunc(all, func(a, b string) int { return len(a) - len(b) })
	for _, w := range all {
		w, whole := strings.CutSuffix(w, "=")
		w, strong := strings.CutSuffix(w, "!")
		w, linked := strings.CutSuffix(w, "-")
		st := stem(l, w)
		if linked {
			s.needsLinkingS[st] = true
		}
		w = fold(w)
		if !whole && len(s.splitKnown(w, 0, len(w), map[int][]component{})) > 1 {
			continue
		}
		s.components[w] = st
		short := strings.TrimSuffix(w, "e")
		if _, known := s.components[short]; short != w && len(short) >= 3 && !known { // Miete: Mietvertrag
			s.components[short] = st
		}
		for _, e := range endings {
			s.heads[w+e] = st
			s.strongHeads[w+e] = strong
		}
	}
	return s
}

// component is a part of a compound: its start and end, without the linking element, and its stem.
type component struct {
	start, end int
	stem       string
}

// split splits a folded word into components, or returns nil if it is not certainly a compound.
func (s *splitter) split(w string) []component {
	if len(w) < minCompoundLength || len(w) > maxStemmedRunes {
		return nil
	}
	if _, known := s.heads[w]; known {
		return nil
	}
	var out []component
	start, sure := 0, false
	for {
		end, next := s.findBoundary(w, start)
		if next == 0 {
			break
		}
		out = append(out, s.splitSegment(w, start, end)...)
		start, sure = next, true
	}
	last := s.splitKnown(w, start, len(w), map[int][]component{})
	switch {
	case last != nil:
		out = append(out, last...)
	case sure:
		out = append(out, component{start, len(w), stem(s.language, w[start:])})
	default:
		return s.splitByHead(w)
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// findBoundary finds the first boundary suffix of w after start. It returns the end of the component
// before the boundary and the start of the next, or 0, 0 if there is none.
func (s *splitter) findBoundary(w string, start int) (end, next int) {
	for i := start + 5; i <= len(w)-4; i++ {
		for _, j := range s.boundarySuffixes {
			if i-start > len(j)+1 && strings.HasSuffix(w[:i], j) {
				if s.isKnown(w, i-1) && !s.isKnown(w, i) { // Erbschaft-steuer
					return i - 1, i - 1
				}
				return i - 1, i
			}
		}
	}
	return 0, 0
}

// isKnown reports whether w[start:] consists of known components.
func (s *splitter) isKnown(w string, start int) bool {
	return s.splitKnown(w, start, len(w), map[int][]component{}) != nil
}

// splitSegment splits w[start:end], which precedes a boundary, into one or more components.
func (s *splitter) splitSegment(w string, start, end int) []component {
	st, known := s.heads[w[start:end]]
	if !known {
		if parts := s.splitKnown(w, start, end, map[int][]component{}); parts != nil {
			return parts
		}
		if parts := s.splitByHead(w[start:end]); parts != nil {
			for i := range parts {
				parts[i].start += start
				parts[i].end += start
			}
			return parts
		}
		st = stem(s.language, w[start:end])
	}
	return []component{{start, end, st}}
}

// splitKnown splits w[start:end] into the fewest known components, or returns nil. seen memoizes results
// by start.
func (s *splitter) splitKnown(w string, start, end int, seen map[int][]component) []component {
	if parts, ok := seen[start]; ok {
		return parts
	}
	var best []component
	if st, ok := s.heads[w[start:end]]; ok {
		best = []component{{start, end, st}}
	}
	for i := start + 3; best == nil && i <= end-3 || len(best) > 2 && i <= end-3; i++ {
		if !utf8.RuneStart(w[i]) {
			continue
		}
		st, ok := s.components[w[start:i]]
		if !ok {
			continue
		}
		for _, link := range s.linkingElements {
			if !strings.HasPrefix(w[i:end], link) || i+len(link) > end-3 {
				continue
			}
			if rest := s.splitKnown(w, i+len(link), end, seen); rest != nil && (len(rest) > 1 || !s.needsLinkingS[rest[0].stem] || strings.HasSuffix(link, "s")) && (best == nil || len(rest)+1 < len(best)) {
				best = append([]component{{start, i, st}}, rest...)
			}
		}
	}
	seen[start] = best
	return best
}

// splitByHead splits a word that ends in a strong head.
func (s *splitter) splitByHead(w string) []component {
	for i := 4; i <= len(w)-5; i++ {
		if !s.strongHeads[w[i:]] {
			continue
		}
		before := w[:i]
		if verbPrefixes[before] {
			return nil // Unterversicherung is not a compound
		}
		end := i
		if before[i-1] == 's' && len(before) > 5 {
			end--
		}
		return []component{{0, end, stem(s.language, w[:end])}, {i, len(w), s.heads[w[i:]]}}
	}
	return nil
}

// verbPrefixes form derived words, not compounds.
var verbPrefixes = map[string]bool{"uber": true, "unter": true, "gegen": true, "wieder": true, "zusammen": true, "zuruck": true, "durch": true, "hinter": true, "nicht": true, "wider": true, "voll": true, "fest": true,
	"over": true, "onder": true, "tegen": true, "door": true, "voor": true}

// terms returns the index terms of a word's components, and of adjacent components joined.
func (s *splitter) terms(w string) []string {
	parts := s.split(w)
	var out []string
	for i := range parts {
		for j := i; j < len(parts); j++ {
			if i == j {
				out = append(out, parts[i].stem)
			} else if i > 0 || j < len(parts)-1 {
				out = append(out, s.joinedTerm(w, parts[i:j+1]))
			}
		}
	}
	return out
}

// joinedTerm returns the term of adjacent components joined.
func (s *splitter) joinedTerm(w string, parts []component) string {
	return stem(s.language, w[parts[0].start:parts[len(parts)-1].end])
}
