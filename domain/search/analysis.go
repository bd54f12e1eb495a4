package search

import (
	"math"
	"unicode/utf8"
)

// PageTerms are the index terms of a page, by hash, with their weights.
type PageTerms struct {
	Number  int // from 1
	Weights map[int64]uint8
}

// PageText is the text of a page of a document.
type PageText struct {
	Number int // from 1
	Text   string
}

// Analyze returns the index terms of a document's pages, without pages that have none.
func Analyze(pages []PageText) []PageTerms {
	all := make([][]token, len(pages))
	var document languageScores
	for i, p := range pages {
		all[i] = tokenize(p.Text)
		for j := range all[i] {
			document.add(&all[i][j])
		}
	}
	known := analyzer{}
	out := make([]PageTerms, 0, len(pages))
	for i, p := range pages {
		counts, length := map[int64]int{}, 0
		languages := detectLanguages(all[i], &document)
		for j := range all[i] {
			t := &all[i][j]
			if t.kind == tokenWord || t.kind == tokenNgrams {
				length++
			}
			for _, k := range known.termHashes(t, languages[j]) {
				counts[k]++
			}
		}
		if len(counts) == 0 {
			continue
		}
		page := PageTerms{Number: p.Number, Weights: make(map[int64]uint8, len(counts))}
		for k, n := range counts {
			page.Weights[k] = bm25Weight(n, length)
		}
		out = append(out, page)
		all[i] = nil
	}
	return out
}

// bm25Weight returns the BM25 term weight, scaled to 1–255, of a word that occurs n times on a page of
// length words. The average page length is a constant, so that no document affects the weights of
// another.
func bm25Weight(n, length int) uint8 {
	const k, b, averageLength = 1.2, 0.5, 300
	f := float64(n)
	return uint8(1 + math.Round(254*f/(f+k*(1-b+b*float64(length)/averageLength))))
}

// analyzer caches the term hashes of words.
type analyzer map[analyzedWord][]int64

type analyzedWord struct {
	text      string
	languages languageSet
	noun      bool
}

// termHashes returns the index terms of a token; none for a stop word of its languages or a single
// character.
func (a analyzer) termHashes(t *token, languages languageSet) []int64 {
	switch t.kind {
	case tokenCitation:
		return []int64{termHash(t.text)}
	case tokenNgrams:
		return ngramHashes(t.text)
	}
	at := analyzedWord{t.text, languages, t.capitalized && !t.startsSentence}
	if keys, ok := a[at]; ok {
		return keys
	}
	var keys []int64
	if t.kind == tokenJoined || !ignorable(t.text, languages) {
		for _, term := range distinct(append(termsOf(t.text, languages, at.noun), componentTerms(t.text, languages)...)...) {
			keys = append(keys, termHash(term))
		}
	}
	a[at] = keys
	return keys
}

// ignorable reports whether a word is a single character or a stop word of one of the languages.
func ignorable(w string, languages languageSet) bool {
	f := fold(w)
	if utf8.RuneCountInString(f) == 1 {
		return true
	}
	return languages != allLanguages && stopWordLanguages[f]&uint8(languages) != 0
}

// ngramHashes returns the hashes of the unigrams and bigrams of a run of characters.
func ngramHashes(run string) []int64 {
	var out []int64
	for _, g := range ngrams(fold(run), true) {
		out = append(out, termHash(g))
	}
	return out
}

func ngrams(run string, single bool) []string {
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
