// Package search is a multilingual full-text search over the pages of documents.
//
// Analyze turns text into index terms. The terms of a word are its Snowball stems in the languages of
// the sentence and the page, folded: without case, accents and the differences between ß and ss or ä
// and ae. German and Dutch compounds also have the terms of their components. Chinese, Japanese, Korean
// and other text without spaces has character unigrams and bigrams as terms.
//
// A Query is parsed user input. Its words are expanded to their terms in every language, since a query
// is too short to detect its language. A Highlighter finds the words of a query in a text, and Snippet
// cuts out the best part.
//
// The inverted index is kept in SQL tables. Documents belong to scopes, such as a case. A search reads
// only the postings of the scopes it names, so that neither its result nor its duration depends on other
// scopes. A posting is two bytes: a page and a weight. 256 pages of a scope share one row per term, so
// that even a word on every page costs one row per 256 pages.
package search

import "hash/fnv"

// AnalyzerVersion is the version of Analyze. Text indexed under another version must be reindexed.
const AnalyzerVersion = 1

// termHash is a term as stored in the index. Terms with the same hash would match each other, which is
// unlikely even among a billion terms.
func termHash(term string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(term)) // never fails
	return int64(h.Sum64())
}
