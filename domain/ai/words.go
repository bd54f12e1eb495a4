package ai

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Comparison of texts by their words, for the quality of drafts.

// A point counts as repeated if a sentence consists of nothing else, or if this share of the trigrams of a point
// with at least so many words occurs in the text. Shorter points may be part of a sentence that covers them.
const (
	minRepeatedShare = 0.8
	minRepeatedWords = 6
)

// repeats reports whether a body repeats a point.
func repeats(body, point string) bool {
	words := sentenceWords(point)
	if len(words) == 0 {
		return false
	}
	for sentence := range strings.FieldsFuncSeq(body, func(r rune) bool { return strings.ContainsRune(".;:!?\n", r) }) {
		if slices.Equal(sentenceWords(sentence), words) {
			return true
		}
	}
	if len(words) < minRepeatedWords {
		return false
	}
	text := " " + strings.Join(orderedWords(body), " ") + " "
	n := 0
	for i := range len(words) - 2 {
		if strings.Contains(text, " "+strings.Join(words[i:i+3], " ")+" ") {
			n++
		}
	}
	return ratio(n, len(words)-2) >= minRepeatedShare
}

// sentenceWords returns the words of a sentence without a leading number or "that".
func sentenceWords(s string) []string {
	words := orderedWords(s)
	for len(words) > 0 && (len(words[0]) == 1 || words[0] == "that" || unicode.IsDigit(rune(words[0][0]))) {
		words = words[1:]
	}
	return words
}

// overlap returns the share of a's long words whose stems occur in b.
func overlap(a, b map[string]int) float64 {
	stems := map[string]bool{}
	for w := range b {
		stems[stem(w)] = true
	}
	n, of := 0, 0
	for w := range a {
		if len(w) < 5 {
			continue
		}
		of++
		if stems[stem(w)] {
			n++
		}
	}
	return ratio(n, of)
}

// contained returns the share of a's words that occur in b.
func contained(a, b map[string]int) float64 {
	n := 0
	for w := range a {
		if b[w] > 0 {
			n++
		}
	}
	return ratio(n, len(a))
}

// stem returns the first bytes of a word, only for comparison.
func stem(w string) string { return w[:min(len(w), 5)] }

// countWords counts the words of a text, in lower case.
func countWords(s string) map[string]int {
	words := map[string]int{}
	for w := range strings.FieldsFuncSeq(strings.ToLower(s), notInWord) {
		words[w]++
	}
	return words
}

func orderedWords(s string) []string { return strings.FieldsFunc(strings.ToLower(s), notInWord) }

func notInWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// stopWords identify a language.
var stopWords = map[string]string{
	"en": "the of and to in shall that this by any", "de": "der die das und von den ist nicht mit oder",
	"fr": "le la les des et du une dans est pour", "es": "el los las que del por una con para y",
	"it": "il di che della del per una gli dei sono", "nl": "de het een van en dat niet met zijn voor",
	"pt": "o os da do das que uma para com não", "pl": "i w z na do nie oraz przez jest lub",
}

// detectOtherLanguage returns the language of the draft if it is clearly not the requested one.
func detectOtherLanguage(words map[string]int, tag language.Tag) (language.Tag, bool) {
	base, _ := tag.Base()
	count := func(lang string) (n int) {
		for w := range strings.FieldsSeq(stopWords[lang]) {
			n += words[w]
		}
		return n
	}
	if stopWords[base.String()] == "" {
		return tag, false
	}
	own, most, other := count(base.String()), 0, ""
	for _, lang := range slices.Sorted(maps.Keys(stopWords)) {
		if n := count(lang); lang != base.String() && n > most {
			most, other = n, lang
		}
	}
	return language.Make(other), most >= 15 && most > 3*own
}

func languageName(tag language.Tag) string { return display.English.Tags().Name(tag) }
