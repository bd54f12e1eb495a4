// Package search finds words in texts whatever form they stand in. It has three parts.
//
// Analysis makes index terms of a text. A word's terms are its Snowball stems in the languages that the
// sentence and the page are written in, folded: without case, accents and the difference between ß and
// ss or ä and ae. A German or Dutch compound has the terms of its parts as well. Chinese, Japanese,
// Korean and other text without spaces has the terms of its characters and pairs of characters.
//
// A Query is what somebody looks for: words, each with the terms that any language would make of it,
// since a query is too short to know its language. It also finds the very words in a text that it matched.
//
// An Index is an inverted index in ordinary tables. Texts belong to scopes, such as a case; a search
// reads the postings of the scopes it names and of no other, so that neither its answer nor its time
// depends on what else there is. A posting is two bytes, a page and a weight; 256 pages of a scope share
// one row for each term, so that a search for a word that is on every page reads a row for each 256 pages.
package search

import "hash/fnv"

// Version is the version of the analysis. A text that was indexed under another has to be indexed anew.
const Version = 1

// key is a term as the index stores it. Two terms with one key would be found for one another; among
// a billion terms that is unlikely.
func key(term string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(term)) // never fails
	return int64(h.Sum64())
}
