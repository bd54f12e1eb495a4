package schema

import (
	"errors"
	"unicode"
	"unicode/utf8"
)

var errLine = errors.New("must be one line without control characters, and without characters that are invisible or turn the direction of writing")

// blank reports whether a letter, mark or symbol shows nothing: fillers of Hangul, the joiner of
// graphemes, Braille without dots, variation selectors of their own, what is no character.
func blank(r rune) bool {
	return r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0' || r == '\u2800' || r == '\u034f' || r == '\u17b4' || r == '\u17b5' ||
		r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef
}

// IsLine reports whether s is a name or title as people see it: one line of UTF-8 without control
// characters and without invisible ones, which could make it look like another. Joiners are part of how
// Persian, Indic and emoji texts are written and may stand inside a word.
func IsLine(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	joined := false
	before := rune(-1)
	for _, r := range s {
		if joined && unicode.IsSpace(r) {
			return false
		}
		joined = r == '\u200c' || r == '\u200d'
		switch {
		case joined:
			if before < 0 || unicode.IsSpace(before) {
				return false
			}
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r), unicode.Is(unicode.Co, r), blank(r):
			return false
		}
		before = r
	}
	return !joined
}
