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
	maxWords   = 16 // of a query, in its order
	maxTopics  = 50 // of a text, such as a question; the longest tell the most
	maxPhrases = 4
)

// Query is what somebody looks for.
type Query struct {
	words   []queryWord
	phrases []string
}

// queryWord is one thing of several that are looked for. A page has it when it has what one of the
// alternatives needs.
type queryWord struct {
	text     string // of the query
	any      []alternative
	required bool // it stands in a phrase
}

// alternative is what may stand on a page for a word: at least need of its slots, all when that is 0,
// each by any of its terms.
type alternative struct {
	slots  [][]string
	need   int
	weight float64 // 1: the very word
}

// Empty reports whether there is nothing to look for.
func (q *Query) Empty() bool { return len(q.words) == 0 }

// Parse reads a query: words, and phrases in quotation marks. Function words count only where there is
// nothing else. A phrase has to stand in a text as it is, but for case and accents; one without a word
// that counts is not looked for.
func Parse(s string) *Query {
	q := &Query{}
	for _, piece := range pieces(s) {
		if canonical := canonicalOf(piece.text); piece.quoted && len(q.phrases) < maxPhrases && len(strings.Fields(canonical.text)) > 0 {
			before := len(q.words)
			q.addWords(piece.text)
			counts := false
			for i := before; i < len(q.words); i++ {
				q.words[i].required = !stopped(q.words[i].text)
				counts = counts || q.words[i].required
			}
			if counts {
				q.phrases = append(q.phrases, canonical.text)
			}
			continue
		}
		q.addWords(piece.text)
	}
	q.finish()
	q.words = q.words[:min(len(q.words), maxWords)]
	return q
}

// ParseText makes a query of a text, such as a question, to find what has most to do with it.
func ParseText(s string) *Query {
	q := &Query{}
	q.addWords(s)
	q.finish()
	slices.SortStableFunc(q.words, func(a, b queryWord) int {
		return cmp.Compare(utf8.RuneCountInString(b.text), utf8.RuneCountInString(a.text))
	})
	q.words = q.words[:min(len(q.words), maxTopics)]
	return q
}

// finish drops what is there twice, and function words unless there is nothing else.
func (q *Query) finish() {
	var out []queryWord
	for _, w := range q.words {
		i := slices.IndexFunc(out, func(o queryWord) bool { return o.text == w.text })
		if i < 0 {
			out = append(out, w)
		} else {
			out[i].required = out[i].required || w.required
		}
	}
	if telling := slices.DeleteFunc(slices.Clone(out), func(w queryWord) bool { return stopped(w.text) }); len(telling) > 0 {
		out = telling
	}
	q.words = out
}

// stopped reports whether a word is a function word of any language.
func stopped(w string) bool { return isFunction[w] != 0 }

type piece struct {
	text   string
	quoted bool
}

// pieces parts a query at its quotation marks. A mark without another is none.
func pieces(s string) []piece {
	const marks = `"“”„«»「」『』`
	var out []piece
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
		out = append(out, piece{s[:i], false}, piece{s[i+size : i+size+end], true})
		_, last := utf8.DecodeRuneInString(s[i+size+end:])
		s = s[i+size+end+last:]
	}
	return append(out, piece{s, false})
}

// addWords adds the words of a text.
func (q *Query) addWords(s string) {
	all := tokens(s)
	behind := 0 // what a citation has taken
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[j].group == all[i].group {
			j++
		}
		if all[i].start >= behind {
			behind = max(behind, q.addGroup(s, all[i:j]))
		}
		i = j
	}
}

// addGroup adds what is written without a space, and returns where in s that ends.
func (q *Query) addGroup(s string, group []token) int {
	last := &group[len(group)-1]
	switch last.kind {
	case cite:
		number := strings.TrimLeftFunc(last.text, func(r rune) bool { return !unicode.IsDigit(r) })
		q.words = append(q.words, queryWord{text: last.text, any: []alternative{{slots: [][]string{{last.text}}, weight: 1}, {slots: [][]string{{number}}, weight: 0.2}}})
	case grams:
		q.addGrams(last.text)
	case joined: // as one word or, unless it is an address or a number, as several
		w := wordOf(last.text)
		w.any = w.any[:1]
		var parts [][]string
		for _, t := range group[:len(group)-1] {
			if !trivial(t.text, 0) && !stopped(fold(t.text)) {
				parts = append(parts, termsOf(t.text, every, false))
			}
		}
		source := s[last.start:last.end]
		if len(parts) > 0 && !strings.Contains(source, "@") && strings.IndexFunc(source, unicode.IsLetter) >= 0 {
			w.any = append(w.any, alternative{slots: parts, weight: 0.9})
		}
		q.words = append(q.words, w)
	default:
		for _, t := range group {
			if !trivial(t.text, 0) {
				q.words = append(q.words, wordOf(t.text))
			}
		}
	}
	return last.end
}

// wordOf is a word with all that any language makes of it. Of a compound a shorter one that ends like it
// will do, such as Mietvertrag for Wohnungsmietvertrag, or all of its parts on one page.
func wordOf(w string) queryWord {
	out := queryWord{text: fold(w), any: []alternative{{slots: [][]string{distinct(append(termsOf(w, every, false), fold(w))...)}, weight: 1}}}
	for _, l := range []language{german, dutch} {
		s := compounds[l]
		for _, form := range distinct(fold(w), fold(contracted(w))) {
			parts := s.split(form)
			var all [][]string
			for i, p := range parts {
				all = append(all, []string{p.stem})
				if i > 0 && i < len(parts)-1 {
					out.any = append(out.any, alternative{slots: [][]string{{s.together(form, parts[i:])}}, weight: 0.6})
				}
			}
			if len(all) > 1 {
				out.any = append(out.any, alternative{slots: all, weight: 0.4})
			}
		}
	}
	return out
}

// enough is how much of a run's pairs of characters a page has to have.
const enough = 0.6

// longRun is the length from which a run of characters is more than a word or two: its parts are then
// looked for one by one.
const longRun = 7

func (q *Query) addGrams(run string) {
	run = fold(run)
	if utf8.RuneCountInString(run) < longRun {
		q.words = append(q.words, gramWord(run))
		return
	}
	// A sentence. What is written in Hiragana alone is grammar.
	before := len(q.words)
	for piece := range strings.FieldsFuncSeq(run, func(r rune) bool { return unicode.Is(unicode.Hiragana, r) }) {
		runes := []rune(piece)
		for len(runes) > 0 {
			n := len(runes)
			if n >= longRun {
				n = 4
			}
			if n > 1 {
				q.words = append(q.words, gramWord(string(runes[:n])))
			}
			if n == len(runes) {
				break
			}
			runes = runes[n-1:] // the next begins where this ends, so that no pair is lost
		}
	}
	if len(q.words) == before {
		q.words = append(q.words, gramWord(run))
	}
}

func gramWord(run string) queryWord {
	pairs := gramsOf(run, false)
	if len(pairs) == 0 {
		pairs = []string{run}
	}
	a := alternative{need: int(math.Ceil(enough * float64(len(pairs)))), weight: 1}
	for _, p := range distinct(pairs...) {
		a.slots = append(a.slots, []string{p})
	}
	a.need = min(a.need, len(a.slots))
	return queryWord{text: run, any: []alternative{a}}
}
