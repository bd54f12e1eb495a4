package masking

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"counsel/domain/langid"
)

type kind uint8

const (
	wordToken kind = iota
	numberToken
	otherToken // any other single character
)

// token is a word, a run of digits or any other character. Blanks separate tokens.
type token struct {
	hash            uint64
	start, end      int32
	class           class
	cue             cue
	kind            kind
	capitalized     bool            // starts with a capital letter
	allCaps         bool            // more than one letter, all upper case
	camelCase       bool            // has a capital after a lower-case letter
	afterBlank      bool            // preceded by a blank
	startsLine      bool            // preceded by a line break or a column gap
	startsParagraph bool            // preceded by an empty line
	inSpan          bool            // inside a span
	startsSentence  bool            // first word of a sentence or line
	symbol          byte            // the character, if the kind is otherToken and it is ASCII
	law             bool            // part of a citation, a statute or another term of the law, never of a name
	label           label           // by the tagger
	likely          label           // the best label for a name, if label is none
	margin          int32           // by how much the best label for a name beats none; negative if it does not
	elision         uint8           // length of an elided article at its start: "l'"
	language        langid.Language // of the passage
	rank            uint8           // how frequent the word is in it, as langid scores; 0 if unlisted
}

// tokenize appends the tokens of text to dst.
func (l *lexicon) tokenize(dst []token, text string) []token {
	var blank, line, para, tab bool
	dst = slices.Grow(dst, len(text)/5)
	i := 0
	for i < len(text) {
		c := text[i]
		switch {
		case c == ' ' || c == '\t':
			blank = true
			tab = tab || c == '\t'
			i++
			continue
		case c == '\n' || c == '\r':
			if c == '\n' {
				para = line
				line = true
			}
			blank = true
			i++
			continue
		}
		if i >= 3 && blank && text[i-1] == ' ' && text[i-2] == ' ' && text[i-3] == ' ' || tab {
			line = true // columns are separated like lines
		}
		t := token{start: int32(i), afterBlank: blank, startsLine: line, startsParagraph: para}
		blank, line, para, tab = false, false, false, false
		switch {
		case c >= '0' && c <= '9':
			t.kind = numberToken
			h := uint64(hashSeed)
			for i < len(text) && text[i] >= '0' && text[i] <= '9' {
				h = hashRune(h, rune(text[i]))
				i++
			}
			t.hash = h
		case isLetter(text[i:]):
			i = l.readWord(&t, text, i)
		default:
			r, n := utf8.DecodeRuneInString(text[i:])
			t.kind = otherToken
			t.hash = hashRune(hashSeed, r)
			if c < utf8.RuneSelf {
				t.symbol = c
			}
			i += n
		}
		t.end = int32(i)
		dst = append(dst, t)
	}
	return dst
}

func isLetter(s string) bool {
	c := s[0]
	if c < utf8.RuneSelf {
		c |= 0x20
		return c >= 'a' && c <= 'z'
	}
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r)
}

// readWord reads a word: letters with their combining marks, and apostrophes between letters, but
// not a possessive 's.
func (l *lexicon) readWord(t *token, text string, i int) int {
	h := uint64(hashSeed)
	letters, uppers := 0, 0
	wasLower := false
	for i < len(text) {
		c := text[i]
		var r rune
		var n int
		if c < utf8.RuneSelf {
			low := c | 0x20
			if low < 'a' || low > 'z' {
				if c == '\'' && apostropheInWord(text, i, 1) {
					i++
					continue
				}
				break
			}
			if c < 'a' {
				uppers++
				if letters == 0 {
					t.capitalized = true
				} else if wasLower {
					t.camelCase = true
				}
				wasLower = false
			} else {
				wasLower = true
			}
			h = hashRune(h, rune(low))
			letters++
			i++
			continue
		}
		r, n = utf8.DecodeRuneInString(text[i:])
		if !unicode.IsLetter(r) {
			if unicode.IsMark(r) {
				i += n
				continue
			}
			if r == '’' && apostropheInWord(text, i, n) {
				i += n
				continue
			}
			break
		}
		if unicode.IsUpper(r) || unicode.IsTitle(r) {
			uppers++
			if letters == 0 {
				t.capitalized = true
			} else if wasLower {
				t.camelCase = true
			}
			wasLower = false
		} else {
			wasLower = true
		}
		h = hashRune(h, l.fold(r))
		letters++
		i += n
	}
	t.hash = h
	t.allCaps = uppers == letters && letters > 1
	t.class = l.lookup(h)
	return i
}

// apostropheInWord reports whether the apostrophe at text[i:i+n] belongs to the word: it is followed by a
// letter and is not a possessive 's.
func apostropheInWord(text string, i, n int) bool {
	rest := text[i+n:]
	if rest == "" || !isLetter(rest) {
		return false
	}
	if rest[0] == 's' || rest[0] == 'S' {
		return len(rest) > 1 && isLetter(rest[1:])
	}
	return true
}
