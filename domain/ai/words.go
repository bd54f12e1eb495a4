package ai

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"counsel/domain/langid"

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

// sentenceWords returns the words of a sentence without a leading number or conjunction.
func sentenceWords(s string) []string {
	words := orderedWords(s)
	for len(words) > 0 && (len(words[0]) == 1 || isThat(words[0]) || unicode.IsDigit(rune(words[0][0]))) {
		words = words[1:]
	}
	return words
}

// isThat reports whether a word introduces a subordinate clause, as many points do.
func isThat(word string) bool {
	return word == "that" || word == "dass" || word == "que" || word == "qu"
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

// minLanguageWords is the length of a text whose language is compared with the requested one.
const minLanguageWords = 20

// detectOtherLanguage returns the language of a text if it is not the requested one.
func detectOtherLanguage(text string, tag language.Tag) (language.Tag, bool) {
	base, _ := tag.Base()
	got := langid.Detect(text)
	if want := langid.Parse(base.String()); want == langid.Unknown || got == langid.Unknown || got == want {
		return tag, false
	}
	return language.Make(got.String()), len(orderedWords(text)) >= minLanguageWords
}

// sameLanguage reports whether two locales have the same language.
func sameLanguage(a, b language.Tag) bool {
	x, _ := a.Base()
	y, _ := b.Base()
	return x == y
}

// languageWarning warns of an answer in another language than the requested one: small models, such as that of a
// fallback, often answer in English.
func languageWarning(answer string, requested language.Tag) []string {
	if other, wrong := detectOtherLanguage(answer, requested); wrong {
		return []string{fmt.Sprintf("The answer seems to be in %s, not in %s.", languageName(other), languageName(requested))}
	}
	return nil
}

func languageName(tag language.Tag) string { return display.English.Tags().Name(tag) }
