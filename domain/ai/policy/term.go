package policy

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxStars bounds how far a match looks ahead, see term.in.
const maxStars = 3

// term is what a playbook looks for in normalized sentences: words, in any case, with any blanks between them.
// The rest of a word may follow each part but the last.
type term []string

// compileTerm returns a term, with a * for the rest of a word. problem says why there is none.
func compileTerm(s string) (t term, problem string) {
	flat := normalize(s)
	if strings.IndexFunc(flat, isWordRune) < 0 || strings.HasPrefix(flat, "*") {
		return nil, "must begin with a word"
	}
	parts := strings.Split(flat, "*")
	if len(parts) > maxStars+1 {
		return nil, fmt.Sprintf("must have at most %d *", maxStars)
	}
	for i, part := range parts[:len(parts)-1] {
		last, _ := utf8.DecodeLastRuneInString(part)
		next, _ := utf8.DecodeRuneInString(parts[i+1])
		if !isWordRune(last) || isWordRune(next) {
			return nil, "must have * only at the end of a word, once"
		}
	}
	return parts, ""
}

// in reports whether the term occurs in a normalized sentence. There is no backtracking: what follows a *
// begins after the word.
func (t term) in(s string) bool {
	for at := 0; at < len(s); {
		i := strings.Index(s[at:], t[0])
		if i < 0 {
			return false
		}
		at += i
		if before, _ := utf8.DecodeLastRuneInString(s[:at]); !isWordRune(before) && t.at(s[at:]) {
			return true
		}
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return false
}

// at reports whether s begins with the term, and the term ends with a word.
func (t term) at(s string) bool {
	for i, part := range t {
		rest, ok := strings.CutPrefix(s, part)
		if !ok {
			return false
		}
		if s = rest; i < len(t)-1 {
			s = strings.TrimLeftFunc(s, isWordRune)
		}
	}
	next, _ := utf8.DecodeRuneInString(s)
	return !isWordRune(next)
}

func isWordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
