package search

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxWords     = 16 // of a query; later ones are ignored
	maxTextWords = 50 // of a text, such as a question; the longest are used
	maxPhrases   = 4
)

// Query is a parsed search query.
type Query struct {
	words   []queryWord
	phrases []string
}

// queryWord is one word of a query. A page contains it if one of its alternatives matches.
type queryWord struct {
	text         string // as in the query, folded
	alternatives []alternative
	required     bool // part of a phrase
}

// alternative is one way to match a word: a page must contain any term of at least minSlots slots, or of
// all if that is 0.
type alternative struct {
	slots    [][]string
	minSlots int
	weight   float64 // 1: the word itself
}

// Empty reports whether the query has no words.
func (q *Query) Empty() bool { return len(q.words) == 0 }

// Parse parses a query of words and quoted phrases. Stop words are ignored unless there are no others. A
// phrase must appear verbatim, except for case and accents; a phrase of stop words only is treated as
// words.
func Parse(s string) *Query {
	q := &Query{}
	for _, piece := range splitQuoted(s) {
		if canonical := canonicalize(piece.text); piece.quoted && len(q.phrases) < maxPhrases && len(strings.Fields(canonical.text)) > 0 {
			before := len(q.words)
			q.addWords(piece.text)
			counts := false
			for i := before; i < len(q.words); i++ {
				q.words[i].required = !isStopWord(q.words[i].text)
				counts = counts || q.words[i].required
			}
			if counts {
				q.phrases = append(q.phrases, canonical.text)
			}
			continue
		}
		q.addWords(piece.text)
	}
	q.dedupe()
	q.words = q.words[:min(len(q.words), maxWords)]
	return q
}

// ParseText makes a query from running text, such as a question, to find related pages.
func ParseText(s string) *Query {
	q := &Query{}
	q.addWords(s)
	q.dedupe()
	slices.SortStableFunc(q.words, func(a, b queryWord) int {
		return cmp.Compare(utf8.RuneCountInString(b.text), utf8.RuneCountInString(a.text))
	})
	q.words = q.words[:min(len(q.words), maxTextWords)]
	return q
}

// dedupe removes duplicate words, and stop words unless there are no others.
func (q *Query) dedupe() {
	var out []queryWord
	for _, w := range q.words {
		i := slices.IndexFunc(out, func(o queryWord) bool { return o.text == w.text })
		if i < 0 {
			out = append(out, w)
		} else {
			out[i].required = out[i].required || w.required
		}
	}
	if significant := slices.DeleteFunc(slices.Clone(out), func(w queryWord) bool { return isStopWord(w.text) }); len(significant) > 0 {
		out = significant
	}
	q.words = out
}

// isStopWord reports whether a folded word is a stop word of any language.
func isStopWord(w string) bool { return stopWordLanguages[w] != 0 }

type querySegment struct {
	text   string
	quoted bool
}

// splitQuoted splits a query at pairs of quotation marks.
func splitQuoted(s string) []querySegment {
	const marks = `"“”„«»「」『』`
	var out []querySegment
	for s != "" {
		i := strings.IndexAny(s, marks)
		if i < 0 {
			break
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		end := strings.IndexAny(s[i+size:], marks)
		if end < 0 {
			break
		}
		out = append(out, querySegment{s[:i], false}, querySegment{s[i+size : i+size+end], true})
		_, last := utf8.DecodeRuneInString(s[i+size+end:])
		s = s[i+size+end+last:]
	}
	return append(out, querySegment{s, false})
}

// addWords adds the words of a text.
func (q *Query) addWords(s string) {
	all := tokenize(s)
	consumed := 0 // end of the last citation
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[j].group == all[i].group {
			j++
		}
		if all[i].start >= consumed {
			consumed = max(consumed, q.addGroup(s, all[i:j]))
		}
		i = j
	}
}

// addGroup adds tokens written without a space between them, and returns their end in s.
func (q *Query) addGroup(s string, group []token) int {
	last := &group[len(group)-1]
	switch last.kind {
	case tokenCitation:
		number := strings.TrimLeftFunc(last.text, func(r rune) bool { return !unicode.IsDigit(r) })
		q.words = append(q.words, queryWord{text: last.text, alternatives: []alternative{{slots: [][]string{{last.text}}, weight: 1}, {slots: [][]string{{number}}, weight: 0.2}}})
	case tokenNgrams:
		q.addNgrams(last.text)
	case tokenJoined: // as one word and, unless it is an address or number, as several
		w := expandWord(last.text)
		w.alternatives = w.alternatives[:1]
		var parts [][]string
		for _, t := range group[:len(group)-1] {
			if !ignorable(t.text, 0) && !isStopWord(fold(t.text)) {
				parts = append(parts, termsOf(t.text, allLanguages, false))
			}
		}
		source := s[last.start:last.end]
		if len(parts) > 0 && !strings.Contains(source, "@") && strings.IndexFunc(source, unicode.IsLetter) >= 0 {
			w.alternatives = append(w.alternatives, alternative{slots: parts, weight: 0.9})
		}
		q.words = append(q.words, w)
	default:
		for _, t := range group {
			if !ignorable(t.text, 0) {
				q.words = append(q.words, expandWord(t.text))
			}
		}
	}
	return last.end
}

// expandWord expands a word to its terms in all languages. A compound also matches a shorter compound
// with the same head, such as Mietvertrag for Wohnungsmietvertrag, or all components on one page.
func expandWord(w string) queryWord {
	out := queryWord{text: fold(w), alternatives: []alternative{{slots: [][]string{distinct(append(termsOf(w, allLanguages, false), fold(w))...)}, weight: 1}}}
	for _, l := range []language{german, dutch} {
		s := compoundSplitters[l]
		for _, form := range distinct(fold(w), fold(contractDigraphs(w))) {
			parts := s.split(form)
			var all [][]string
			for i, p := range parts {
				all = append(all, []string{p.stem})
				if i > 0 && i < len(parts)-1 {
					out.alternatives = append(out.alternatives, alternative{slots: [][]string{{s.joinedTerm(form, parts[i:])}}, weight: 0.6})
				}
			}
			if len(all) > 1 {
				out.alternatives = append(out.alternatives, alternative{slots: all, weight: 0.4})
			}
		}
	}
	return out
}

// ngramRatio is the share of a run's bigrams that a page must contain.
const ngramRatio = 0.6

// minSentenceRunes is the length from which a run of characters is treated as a sentence and split into
// several query words.
const minSentenceRunes = 7

func (q *Query) addNgrams(run string) {
	run = fold(run)
	if utf8.RuneCountInString(run) < minSentenceRunes {
		q.words = append(q.words, ngramWord(run))
		return
	}
	// A sentence. Hiragana alone is mostly grammatical.
	before := len(q.words)
	for piece := range strings.FieldsFuncSeq(run, func(r rune) bool { return unicode.Is(unicode.Hiragana, r) }) {
		runes := []rune(piece)
		for len(runes) > 0 {
			n := len(runes)
			if n >= minSentenceRunes {
				n = 4
			}
			if n > 1 {
				q.words = append(q.words, ngramWord(string(runes[:n])))
			}
			if n == len(runes) {
				break
			}
			runes = runes[n-1:] // overlap by one, to keep every bigram
		}
	}
	if len(q.words) == before {
		q.words = append(q.words, ngramWord(run))
	}
}

func ngramWord(run string) queryWord {
	pairs := ngrams(run, false)
	if len(pairs) == 0 {
		pairs = []string{run}
	}
	a := alternative{minSlots: int(math.Ceil(ngramRatio * float64(len(pairs)))), weight: 1}
	for _, p := range distinct(pairs...) {
		a.slots = append(a.slots, []string{p})
	}
	a.minSlots = min(a.minSlots, len(a.slots))
	return queryWord{text: run, alternatives: []alternative{a}}
}
