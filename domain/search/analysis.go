package search

import (
	"math"
	"unicode/utf8"
)

// Page is what the index keeps of a page: its terms, and how much each counts there.
type Page struct {
	Number  int // from 1
	Weights map[int64]uint8
}

// Text is a page of a document.
type Text struct {
	Number int // from 1
	Text   string
}

// Analyse makes index terms of a document's pages.
func Analyse(pages []Text) []Page {
	all := make([][]token, len(pages))
	var document evidence
	for i, p := range pages {
		all[i] = tokens(p.Text)
		for j := range all[i] {
			document.add(&all[i][j])
		}
	}
	known := analyser{}
	out := make([]Page, 0, len(pages))
	for i, p := range pages {
		counts, length := map[int64]int{}, 0
		languages := languagesOf(all[i], &document)
		for j := range all[i] {
			t := &all[i][j]
			if t.kind == word || t.kind == grams {
				length++
			}
			for _, k := range known.keys(t, languages[j]) {
				counts[k]++
			}
		}
		if len(counts) == 0 {
			continue
		}
		page := Page{Number: p.Number, Weights: make(map[int64]uint8, len(counts))}
		for k, n := range counts {
			page.Weights[k] = weight(n, length)
		}
		out = append(out, page)
		all[i] = nil
	}
	return out
}

// weight is BM25's of a word that stands n times on a page of so many words, from 1 to 255. The
// length of a usual page is fixed, so that no document changes the weights of another.
func weight(n, length int) uint8 {
	const k, b, usual = 1.2, 0.5, 300
	f := float64(n)
	return uint8(1 + math.Round(254*f/(f+k*(1-b+b*float64(length)/usual))))
}

// analyser remembers the terms of the words it has seen.
type analyser map[seen][]int64

type seen struct {
	text string
	in   set
	noun bool
}

// keys are what a token is indexed under: nothing for a function word of its language or a single letter or digit.
func (a analyser) keys(t *token, in set) []int64 {
	switch t.kind {
	case cite:
		return []int64{key(t.text)}
	case grams:
		return gramKeys(t.text)
	}
	at := seen{t.text, in, t.capital && !t.breaks}
	if keys, ok := a[at]; ok {
		return keys
	}
	var keys []int64
	if t.kind == joined || !trivial(t.text, in) {
		for _, term := range distinct(append(termsOf(t.text, in, at.noun), partsOf(t.text, in)...)...) {
			keys = append(keys, key(term))
		}
	}
	a[at] = keys
	return keys
}

// trivial reports whether a word says nothing in these languages.
func trivial(w string, in set) bool {
	f := fold(w)
	if utf8.RuneCountInString(f) == 1 {
		return true
	}
	return in != every && isFunction[f]&uint8(in) != 0
}

// gramKeys are the keys of a run's characters and of each two that stand together.
func gramKeys(run string) []int64 {
	var out []int64
	for _, g := range gramsOf(fold(run), true) {
		out = append(out, key(g))
	}
	return out
}

func gramsOf(run string, single bool) []string {
	runes := []rune(run)
	var out []string
	for i := range runes {
		if single {
			out = append(out, string(runes[i]))
		}
		if i > 0 {
			out = append(out, string(runes[i-1:i+1]))
		}
	}
	return out
}
