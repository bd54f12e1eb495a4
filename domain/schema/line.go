package schema

import (
	"errors"
	"unicode"
	"unicode/utf8"
)

var errLine = errors.New("must be a single line without control characters, invisible characters or text-direction overrides")

// invisible reports whether a letter, mark or symbol has no visible form: Hangul fillers, the grapheme
// joiner, the blank Braille pattern, inherent Khmer vowels, noncharacters.
func invisible(r rune) bool {
	return r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0' || r == '\u2800' || r == '\u034f' || r == '\u17b4' || r == '\u17b5' ||
		r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef
}

// IsLine reports whether s is a single line of UTF-8 without control characters and without invisible
// characters, which could make a name look like another. Zero-width joiners are allowed inside words:
// Persian, Indic and emoji texts need them.
func IsLine(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	joined := false
	previous := rune(-1)
	for _, r := range s {
		if joined && unicode.IsSpace(r) {
			return false
		}
		joined = r == '\u200c' || r == '\u200d'
		switch {
		case joined:
			if previous < 0 || unicode.IsSpace(previous) {
				return false
			}
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r), unicode.Is(unicode.Co, r), invisible(r):
			return false
		}
		previous = r
	}
	return !joined
}
