package search

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Match is a part of a text that matches a query.
type Match struct {
	Start, End int     // byte offsets
	Word       int     // index of the query word; -1: a phrase
	Weight     float64 // 1: the whole word, in any form; less: a part of it
}

// Highlighter finds the words of a query in texts. It is not safe for concurrent use.
type Highlighter struct {
	query       *Query
	terms       map[int64][]termMatch
	ngramStarts map[rune]bool // first characters of n-gram terms
	prefixes    []string      // prefixes of words that may match
	infixes     []string      // substrings of longer words that may match
	cache       map[string][]termMatch
}

type termMatch struct {
	word   int
	weight float64
}

// NewHighlighter makes a Highlighter.
func NewHighlighter(q *Query) *Highlighter {
	f := &Highlighter{query: q, terms: map[int64][]termMatch{}, ngramStarts: map[rune]bool{}, cache: map[string][]termMatch{}}
	var terms []string
	for i, w := range q.words {
		for _, a := range w.alternatives {
			for _, slot := range a.slots {
				for _, term := range slot {
					k := termHash(term)
					f.terms[k] = append(f.terms[k], termMatch{i, a.weight / float64(len(a.slots))})
					if r, _ := utf8.DecodeRuneInString(term); isSpaceless(r) {
						f.ngramStarts[r] = true
					} else if !slices.Contains(terms, term) {
						terms = append(terms, term)
					}
				}
			}
		}
	}
	for _, term := range terms {
		// A short stem may differ from the word at its end: try, tries.
		n := utf8.RuneCountInString(term)
		f.prefixes = append(f.prefixes, string([]rune(term)[:min(3, max(1, n-1))]))
		f.infixes = append(f.infixes, string([]rune(term)[:min(3, n)]))
		for _, i := range irregularStems {
			if strings.HasSuffix(term, i.stem) {
				f.prefixes, f.infixes = append(f.prefixes, i.form), append(f.infixes, i.form)
			}
		}
	}
	slices.Sort(f.prefixes)
	slices.Sort(f.infixes)
	f.prefixes, f.infixes = slices.Compact(f.prefixes), slices.Compact(f.infixes)
	return f
}

// irregularStems are irregular forms with the stems of their base forms.
var irregularStems = func() (out []struct{ form, stem string }) {
	for l, forms := range irregular {
		for form, bases := range forms {
			for _, b := range bases {
				out = append(out, struct{ form, stem string }{form, stem(language(l), b)})
			}
		}
	}
	return out
}()

// Matches returns all matches in order. It returns none unless every phrase of the query is in the text.
func (f *Highlighter) Matches(text string) []Match {
	all := tokenize(text)
	var out []Match
	if len(f.query.phrases) > 0 {
		canonical := canonicalizeTokens(all)
		for _, p := range f.query.phrases {
			found := canonical.findPhrase(p)
			if len(found) == 0 {
				return nil
			}
			out = append(out, found...)
		}
	}
	for i := range all {
		t := &all[i]
		if t.kind == tokenNgrams {
			out = append(out, f.matchNgrams(t)...)
			continue
		}
		best := map[int]float64{}
		for _, w := range f.matchToken(t) {
			best[w.word] = max(best[w.word], w.weight)
		}
		for w, weight := range best {
			out = append(out, Match{t.start, t.end, w, weight})
		}
	}
	slices.SortFunc(out, func(a, b Match) int { return cmp.Or(a.Start-b.Start, b.End-a.End, a.Word-b.Word) })
	return out
}

// matchToken returns the query words that a token matches in any language.
func (f *Highlighter) matchToken(t *token) []termMatch {
	if t.kind == tokenCitation {
		return f.terms[termHash(t.text)]
	}
	folded := fold(t.text)
	if !f.mayMatch(folded) {
		return nil
	}
	known := t.text
	if t.capitalized {
		known += "^"
	}
	if w, ok := f.cache[known]; ok {
		return w
	}
	var out []termMatch
	terms := append(termsOf(t.text, allLanguages, t.capitalized && !t.startsSentence), folded)
	for _, term := range append(terms, componentTerms(t.text, allLanguages)...) {
		out = append(out, f.terms[termHash(term)]...)
	}
	f.cache[known] = out
	return out
}

// mayMatch is a cheap filter for most words: a form of a word starts like the word or, as a component or
// with a prefix, contains its start.
func (f *Highlighter) mayMatch(folded string) bool {
	begins := func(w string) bool {
		return slices.ContainsFunc(f.prefixes, func(p string) bool { return strings.HasPrefix(w, p) })
	}
	if begins(folded) {
		return true
	}
	for _, infix := range []string{"ge", "zu"} { // abgemahnt, abzumahnen
		if i := strings.Index(folded, infix); i >= 2 && i < 10 && begins(folded[:i]+folded[i+2:]) {
			return true
		}
	}
	if len(folded) >= 5 {
		for _, p := range f.infixes {
			if len(p) >= 3 && strings.Contains(folded, p) {
				return true
			}
		}
	}
	return false
}

// matchNgrams matches characters and merges adjacent matches.
func (f *Highlighter) matchNgrams(t *token) []Match {
	runes := []rune(fold(t.text))
	if len(runes) != len(t.offsets)-1 { // cannot happen for these scripts
		return nil
	}
	var out []Match
	add := func(from, to int, wants []termMatch) {
		for to < len(t.offsets)-1 && t.offsets[to] == t.offsets[from] { // one character of the text was normalized to several
			to++
		}
		for _, w := range wants {
			if n := len(out); n > 0 && out[n-1].Word == w.word && out[n-1].End >= t.offsets[from] {
				out[n-1].End = max(out[n-1].End, t.offsets[to])
				out[n-1].Weight += w.weight
				continue
			}
			out = append(out, Match{t.offsets[from], t.offsets[to], w.word, w.weight})
		}
	}
	for i := range runes {
		if f.ngramStarts[runes[i]] {
			add(i, i+1, f.terms[termHash(string(runes[i]))])
			if i+1 < len(runes) {
				add(i, i+2, f.terms[termHash(string(runes[i:i+2]))])
			}
		}
	}
	return out
}

// canonicalText is the folded words of a text, separated by single spaces, or by none in scripts without
// spaces. Phrases are compared in this form.
type canonicalText struct {
	text        string
	tokenStarts []int // start of each token in text
	tokens      []*token
}

func canonicalize(s string) canonicalText { return canonicalizeTokens(tokenize(s)) }

func canonicalizeTokens(all []token) canonicalText {
	var b strings.Builder
	var c canonicalText
	for i := range all {
		t := &all[i]
		switch t.kind {
		case tokenWord:
			if n := b.Len(); n == 0 || b.String()[n-1] != ' ' {
				b.WriteByte(' ')
			}
			c.tokenStarts, c.tokens = append(c.tokenStarts, b.Len()), append(c.tokens, t)
			b.WriteString(fold(t.text))
			b.WriteByte(' ')
		case tokenNgrams:
			c.tokenStarts, c.tokens = append(c.tokenStarts, b.Len()), append(c.tokens, t)
			b.WriteString(fold(t.text))
		}
	}
	c.text = b.String()
	return c
}

// findPhrase returns all occurrences of a phrase in canonical form.
func (c *canonicalText) findPhrase(phrase string) []Match {
	var out []Match
	for at := 0; ; {
		i := strings.Index(c.text[at:], phrase)
		if i < 0 {
			return out
		}
		from, to := at+i, at+i+len(phrase)
		at = to - 1
		for from < to && c.text[from] == ' ' {
			from++
		}
		for to > from && c.text[to-1] == ' ' {
			to--
		}
		if start, end := c.originalOffset(from, false), c.originalOffset(to, true); start < end {
			out = append(out, Match{start, end, -1, 3})
		}
		if at <= from {
			at = to
		}
	}
}

// originalOffset converts an offset in the canonical text to one in the original text.
func (c *canonicalText) originalOffset(at int, end bool) int {
	i, found := slices.BinarySearch(c.tokenStarts, at)
	if !found || end {
		i--
	}
	i = max(0, i)
	t := c.tokens[i]
	if t.kind == tokenNgrams {
		return t.offsets[min(utf8.RuneCountInString(c.text[c.tokenStarts[i]:at]), len(t.offsets)-1)]
	}
	if end {
		return t.end
	}
	return t.start
}

const (
	snippetLead  = 80  // bytes of a snippet before the best match, about
	snippetWidth = 300 // bytes of a snippet, about
)

// Snippet returns the part of text with the best matches, cut at word boundaries, and the distinct
// matches in it. Both are verbatim parts of text. Without a match the snippet is the start of the text.
func Snippet(text string, matches []Match) (snippet string, found []string) {
	// The first window with the highest score.
	bestFrom, bestTo, bestScore := 0, 0, 0.0
	for i := range matches {
		words, sum, to := map[int]float64{}, 0.0, matches[i].End
		for _, m := range matches[i:] {
			if m.End-matches[i].Start > snippetWidth-snippetLead && to > matches[i].End || m.Start-matches[i].Start > snippetWidth-snippetLead {
				break
			}
			if m.Weight > words[m.Word] {
				sum += m.Weight - words[m.Word]
				words[m.Word] = m.Weight
				to = max(to, m.End)
			} else {
				sum += m.Weight / 50 // repetition counts a little
			}
		}
		if sum > bestScore {
			bestFrom, bestTo, bestScore = matches[i].Start, to, sum
		}
	}
	bestTo = min(bestTo, bestFrom+snippetWidth)
	from := max(0, bestFrom-snippetLead)
	to := min(len(text), max(bestTo, from+snippetWidth))
	if from > 0 { // start at a word
		for !utf8.RuneStart(text[from]) {
			from++
		}
		if i := strings.IndexFunc(text[from:bestFrom], unicode.IsSpace); i >= 0 {
			from += i
		} else if r, _ := utf8.DecodeRuneInString(text[bestFrom:]); !isSpaceless(unicode.ToLower(r)) {
			from = bestFrom
		}
	}
	if to < len(text) {
		for to > bestTo && !utf8.RuneStart(text[to]) {
			to--
		}
		if i := strings.LastIndexFunc(text[bestTo:to], unicode.IsSpace); i > 0 {
			to = bestTo + i
		}
		for to > from && !utf8.RuneStart(text[to]) {
			to--
		}
	}
	lastEnd := 0
	for _, m := range matches {
		if m.Start >= from && m.End <= to && m.End > lastEnd { // skip matches inside others
			lastEnd = m.End
			if w := text[m.Start:m.End]; len(found) < 100 && !slices.Contains(found, w) {
				found = append(found, w)
			}
		}
	}
	return strings.TrimSpace(text[from:to]), found
}
