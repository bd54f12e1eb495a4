package masking

import (
	"slices"
	"strings"
)

// A placeholder is [TYPE_12] or, for another wording of the same value, [TYPE_12B]. Only that exact
// form is restored. Looser forms ([person 1], [ Person-1 ]) are look-alikes: they are masked as Literal
// in a user's text and become a generic phrase in a model's answer. Every placeholder ends with its
// only ']', so none is a prefix of another.

// maxPlaceholderLen is the maximum length of a look-alike in bytes, and so bounds the buffer of a
// Restorer.
const maxPlaceholderLen = 40

type parseState uint8

const (
	noPlaceholder parseState = iota // not a placeholder, whatever follows
	incomplete                      // may become one with more text
	isPlaceholder
)

// parsePlaceholder parses a placeholder or look-alike at the start of s, which starts with '['. n is its length if
// the state is isPlaceholder.
func parsePlaceholder(s string) (n int, t Type, state parseState) {
	i := skipBlank(s, 1)
	if i == len(s) {
		return 0, 0, incomplete
	}
	t, k, state := parseTypeName(s[i:])
	if state != isPlaceholder {
		return 0, 0, state
	}
	i += k
	// between the type and the number: at most one of '_', '-', '#', ':', and blanks
	i = skipBlank(s, i)
	if i < len(s) && strings.IndexByte("_-#:", s[i]) >= 0 {
		i = skipBlank(s, i+1)
	}
	digits := i
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i-digits > 10 || (i == digits && i < len(s)) {
		return 0, 0, noPlaceholder
	}
	letters := i
	for i < len(s) && lower(s[i]) >= 'a' && lower(s[i]) <= 'z' {
		i++
	}
	if i-letters > 4 {
		return 0, 0, noPlaceholder
	}
	i = skipBlank(s, i)
	switch {
	case i > maxPlaceholderLen:
		return 0, 0, noPlaceholder
	case i == len(s):
		return 0, 0, incomplete
	case s[i] == ']':
		return i + 1, t, isPlaceholder
	}
	return 0, 0, noPlaceholder
}

// typeAliases are the type names of look-alikes: our own and those that models tend to invent. Longer
// names come first, because some are prefixes of others.
var typeAliases = func() []typeAlias {
	names := []typeAlias{
		{"ORG", Company}, {"ORGANIZATION", Company}, {"NAME", Person}, {"PARTY", Person},
		{"EMAIL_ADDRESS", Email}, {"PHONE_NUMBER", Phone}, {"IP_ADDRESS", IP}, {"DOMAIN", URL},
		{"DATE_TIME", Date}, {"STREET_ADDRESS", Address}, {"US_SSN", SSN}, {"IBAN_CODE", IBAN},
	}
	for t, name := range typeNames {
		names = append(names, typeAlias{name, Type(t)})
	}
	slices.SortStableFunc(names, func(a, b typeAlias) int { return len(b.text) - len(a.text) })
	return names
}()

type typeAlias struct {
	text string
	kind Type
}

// parseTypeName parses a type name in any case, with '_', '-' or ' ' between its words.
func parseTypeName(s string) (Type, int, parseState) {
	more := false
next:
	for _, one := range typeAliases {
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
		if more { // the text may still continue to a longer name
			break
		}
		return one.kind, len(name), isPlaceholder
	}
	if more {
		return 0, 0, incomplete
	}
	return 0, 0, noPlaceholder
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
