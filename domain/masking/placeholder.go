package masking

import (
	"slices"
	"strings"
)

// A placeholder is [TYPE_12] or, for another wording of the same value, [TYPE_12B].
// Only that exact form is put back. Looser forms ([person 1], [ Person-1 ]) count as
// look-alikes: in a user's text they are masked as Literal, in a model's answer they
// become a generic word. Because every placeholder ends in its only ']', none is a
// prefix of another.

// longestPlaceholder bounds, in bytes, what a look-alike may hold and so what a
// Restorer holds back.
const longestPlaceholder = 40

type lookState uint8

const (
	lookNo   lookState = iota // cannot become a placeholder
	lookMore                  // could, with more text
	lookYes
)

// look reads a placeholder or a look-alike at the start of s, which begins with '['.
// n is its length when the state is lookYes.
func look(s string) (n int, t Type, state lookState) {
	i := skipBlank(s, 1)
	if i == len(s) {
		return 0, 0, lookMore
	}
	t, k, state := lookType(s[i:])
	if state != lookYes {
		return 0, 0, state
	}
	i += k
	// between the word and its number: at most one of '_', '-', ' ', '#', ':'
	i = skipBlank(s, i)
	if i < len(s) && strings.IndexByte("_-#:", s[i]) >= 0 {
		i = skipBlank(s, i+1)
	}
	digits := i
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i-digits > 10 || (i == digits && i < len(s)) {
		return 0, 0, lookNo
	}
	letters := i
	for i < len(s) && lower(s[i]) >= 'a' && lower(s[i]) <= 'z' {
		i++
	}
	if i-letters > 4 {
		return 0, 0, lookNo
	}
	i = skipBlank(s, i)
	switch {
	case i > longestPlaceholder:
		return 0, 0, lookNo
	case i == len(s):
		return 0, 0, lookMore
	case s[i] == ']':
		return i + 1, t, lookYes
	}
	return 0, 0, lookNo
}

// lookNames are the words that make a look-alike: the types' own names, and what a model may
// take for one. The longest come first, since some begin like others.
var lookNames = func() []lookName {
	names := []lookName{
		{"ORG", Organization}, {"COMPANY", Organization}, {"NAME", Person}, {"PARTY", Person},
		{"EMAIL_ADDRESS", Email}, {"PHONE_NUMBER", Phone}, {"IP_ADDRESS", IP}, {"DOMAIN", URL},
		{"DATE_TIME", Date}, {"STREET_ADDRESS", Address}, {"US_SSN", SSN}, {"IBAN_CODE", IBAN},
	}
	for t, name := range typeNames {
		names = append(names, lookName{name, Type(t)})
	}
	slices.SortStableFunc(names, func(a, b lookName) int { return len(b.text) - len(a.text) })
	return names
}()

type lookName struct {
	text string
	kind Type
}

// lookType reads a type's name in any case, with '_', '-' or ' ' between its words.
func lookType(s string) (Type, int, lookState) {
	more := false
next:
	for _, one := range lookNames {
		name := one.text
		for i := range len(name) {
			if i == len(s) {
				more = true
				continue next
			}
			c := s[i]
			if c == '-' || c == ' ' {
				c = '_'
			}
			if lower(c) != lower(name[i]) {
				continue next
			}
		}
		if more { // the text may still go on to a longer name
			break
		}
		return one.kind, len(name), lookYes
	}
	if more {
		return 0, 0, lookMore
	}
	return 0, 0, lookNo
}

func skipBlank(s string, i int) int {
	for n := 0; n < 2 && i < len(s) && (s[i] == ' ' || s[i] == '\t'); n++ {
		i++
	}
	return i
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}
