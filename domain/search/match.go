package search

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Match is a place in a text that a query is about.
type Match struct {
	Start, End int     // bytes
	Word       int     // which of the query's words; -1: a phrase
	Weight     float64 // 1: the very word, in any form; less: a part of it
}

// Finder finds the words of a query in texts. It is for one goroutine.
type Finder struct {
	query  *Query
	wanted map[int64][]want
	grams  map[rune]bool // that begin a term
	begins []string      // how words begin that may be meant
	inside []string      // what longer ones hold
	known  map[string][]want
}

type want struct {
	word   int
	weight float64
}

// NewFinder makes a finder.
func NewFinder(q *Query) *Finder {
	f := &Finder{query: q, wanted: map[int64][]want{}, grams: map[rune]bool{}, known: map[string][]want{}}
	var terms []string
	for i, w := range q.words {
		for _, a := range w.any {
			for _, slot := range a.slots {
				for _, term := range slot {
					k := key(term)
					f.wanted[k] = append(f.wanted[k], want{i, a.weight / float64(len(a.slots))})
					if r, _ := utf8.DecodeRuneInString(term); isGram(r) {
						f.grams[r] = true
					} else if !slices.Contains(terms, term) {
						terms = append(terms, term)
					}
				}
			}
		}
	}
	for _, term := range terms {
		// The end of a short stem may be none of the word's: try, tries.
		n := utf8.RuneCountInString(term)
		f.begins = append(f.begins, string([]rune(term)[:min(3, max(1, n-1))]))
		f.inside = append(f.inside, string([]rune(term)[:min(3, n)]))
		for _, i := range irregularStems {
			if strings.HasSuffix(term, i.stem) {
				f.begins, f.inside = append(f.begins, i.form), append(f.inside, i.form)
			}
		}
	}
	slices.Sort(f.begins)
	slices.Sort(f.inside)
	f.begins, f.inside = slices.Compact(f.begins), slices.Compact(f.inside)
	return f
}

// irregularStems are irregular forms and the stems of the words they are forms of.
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

// Find finds all places in their order. Each phrase of the query has to be in the text: else there is none.
func (f *Finder) Find(text string) []Match {
	all := tokens(text)
	var out []Match
	if len(f.query.phrases) > 0 {
		canonical := canonicalTokens(all)
		for _, p := range f.query.phrases {
			found := canonical.find(p)
			if len(found) == 0 {
				return nil
			}
			out = append(out, found...)
		}
	}
	for i := range all {
		t := &all[i]
		if t.kind == grams {
			out = append(out, f.findGrams(t)...)
			continue
		}
		best := map[int]float64{}
		for _, w := range f.of(t) {
			best[w.word] = max(best[w.word], w.weight)
		}
		for w, weight := range best {
			out = append(out, Match{t.start, t.end, w, weight})
		}
	}
	slices.SortFunc(out, func(a, b Match) int { return cmp.Or(a.Start-b.Start, b.End-a.End, a.Word-b.Word) })
	return out
}

// of is what of the query a token is, in whatever language it is written.
func (f *Finder) of(t *token) []want {
	if t.kind == cite {
		return f.wanted[key(t.text)]
	}
	folded := fold(t.text)
	if !f.likely(folded) {
		return nil
	}
	known := t.text
	if t.capital {
		known += "^"
	}
	if w, ok := f.known[known]; ok {
		return w
	}
	var out []want
	terms := append(termsOf(t.text, every, t.capital && !t.breaks), folded)
	for _, term := range append(terms, partsOf(t.text, every)...) {
		out = append(out, f.wanted[key(term)]...)
	}
	f.known[known] = out
	return out
}

// likely rules out most words at little cost: a form of a word begins like it or, as the part of a
// compound or with a prefix, has its beginning inside.
func (f *Finder) likely(folded string) bool {
	begins := func(w string) bool {
		return slices.ContainsFunc(f.begins, func(p string) bool { return strings.HasPrefix(w, p) })
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
		for _, p := range f.inside {
			if len(p) >= 3 && strings.Contains(folded, p) {
				return true
			}
		}
	}
	return false
}

// findGrams finds characters, those that stand together as one.
func (f *Finder) findGrams(t *token) []Match {
	runes := []rune(fold(t.text))
	if len(runes) != len(t.at)-1 { // no script of these changes its length
		return nil
	}
	var out []Match
	add := func(from, to int, wants []want) {
		for to < len(t.at)-1 && t.at[to] == t.at[from] { // one character of the text became several
			to++
		}
		for _, w := range wants {
			if n := len(out); n > 0 && out[n-1].Word == w.word && out[n-1].End >= t.at[from] {
				out[n-1].End = max(out[n-1].End, t.at[to])
				out[n-1].Weight += w.weight
				continue
			}
			out = append(out, Match{t.at[from], t.at[to], w.word, w.weight})
		}
	}
	for i := range runes {
		if f.grams[runes[i]] {
			add(i, i+1, f.wanted[key(string(runes[i]))])
			if i+1 < len(runes) {
				add(i, i+2, f.wanted[key(string(runes[i:i+2]))])
			}
		}
	}
	return out
}

// canonical is the words of a text, folded, with one space between them and none between characters of
// scripts that have none.
type canonical struct {
	text   string
	from   []int // where in text each token begins
	tokens []*token
}

func canonicalOf(s string) canonical { return canonicalTokens(tokens(s)) }

func canonicalTokens(all []token) canonical {
	var b strings.Builder
	var c canonical
	for i := range all {
		t := &all[i]
		switch t.kind {
		case word:
			if n := b.Len(); n == 0 || b.String()[n-1] != ' ' {
				b.WriteByte(' ')
			}
			c.from, c.tokens = append(c.from, b.Len()), append(c.tokens, t)
			b.WriteString(fold(t.text))
			b.WriteByte(' ')
		case grams:
			c.from, c.tokens = append(c.from, b.Len()), append(c.tokens, t)
			b.WriteString(fold(t.text))
		}
	}
	c.text = b.String()
	return c
}

// find finds a phrase, as the text of a canonical.
func (c *canonical) find(phrase string) []Match {
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
		if start, end := c.place(from, false), c.place(to, true); start < end {
			out = append(out, Match{start, end, -1, 3})
		}
		if at <= from {
			at = to
		}
	}
}

// place is where in the text something of the canonical text stands.
func (c *canonical) place(at int, end bool) int {
	i, found := slices.BinarySearch(c.from, at)
	if !found || end {
		i--
	}
	i = max(0, i)
	t := c.tokens[i]
	if t.kind == grams {
		return t.at[min(utf8.RuneCountInString(c.text[c.from[i]:at]), len(t.at)-1)]
	}
	if end {
		return t.end
	}
	return t.start
}

const (
	quoteBefore = 80  // bytes of a quote before what was found, about
	quoteWidth  = 300 // of a quote
)

// Quote cuts the part out of text that has most to do with the query, at the ends of words. It is always a
// part of text as it stands, with the words that were found in it, as they stand there. Without a match
// it is the text's beginning.
func Quote(text string, matches []Match) (quote string, found []string) {
	// The window that has the most of the query; the first of those.
	bestFrom, bestTo, most := 0, 0, 0.0
	for i := range matches {
		words, sum, to := map[int]float64{}, 0.0, matches[i].End
		for _, m := range matches[i:] {
			if m.End-matches[i].Start > quoteWidth-quoteBefore && to > matches[i].End || m.Start-matches[i].Start > quoteWidth-quoteBefore {
				break
			}
			if m.Weight > words[m.Word] {
				sum += m.Weight - words[m.Word]
				words[m.Word] = m.Weight
				to = max(to, m.End)
			} else {
				sum += m.Weight / 50 // once more is a little more
			}
		}
		if sum > most {
			bestFrom, bestTo, most = matches[i].Start, to, sum
		}
	}
	bestTo = min(bestTo, bestFrom+quoteWidth)
	from := max(0, bestFrom-quoteBefore)
	to := min(len(text), max(bestTo, from+quoteWidth))
	if from > 0 { // from the beginning of a sentence or a word
		for !utf8.RuneStart(text[from]) {
			from++
		}
		if i := strings.IndexFunc(text[from:bestFrom], unicode.IsSpace); i >= 0 {
			from += i
		} else if r, _ := utf8.DecodeRuneInString(text[bestFrom:]); !isGram(unicode.ToLower(r)) {
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
	behind := 0
	for _, m := range matches {
		if m.Start >= from && m.End <= to && m.End > behind { // not what is part of another
			behind = m.End
			if w := text[m.Start:m.End]; len(found) < 100 && !slices.Contains(found, w) {
				found = append(found, w)
			}
		}
	}
	return strings.TrimSpace(text[from:to]), found
}
