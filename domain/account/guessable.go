package account

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// commonPasswords are those that attackers try first, a line each, in lower case.
//
//go:embed passwords/common.txt
var commonPasswords string

// passwordFault says what is wrong with a new password of u: its length, or that it is easy to
// guess. Empty: nothing.
func passwordFault(password string, u User) string {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return "is not valid text"
	case n < minPassword:
		return "must have 8 characters or more"
	case n > maxPassword:
		return "must have 128 characters or fewer"
	case isCommon(password):
		return "is one of the most common passwords; choose another"
	case resembles(password, u):
		return "must not be made of the name or e-mail address; choose another"
	}
	return ""
}

func isCommon(password string) bool {
	p := strings.ToLower(norm.NFKC.String(strings.TrimSpace(password)))
	return !strings.Contains(p, "\n") && strings.Contains(commonPasswords, "\n"+p+"\n")
}

// resembles reports whether more than half of a password is made of the name and the address of its
// account, or of their parts of four letters or more.
func resembles(password string, u User) bool {
	parts := []string{u.Email, u.FullName}
	for _, s := range parts[:2] {
		parts = append(parts, strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })...)
	}
	if local, _, ok := strings.Cut(u.Email, "@"); ok {
		parts = append(parts, local)
	}
	for i := range parts {
		parts[i] = letters(parts[i])
	}
	slices.SortFunc(parts, func(a, b string) int { return len(b) - len(a) })
	rest := letters(password)
	for _, part := range parts {
		if utf8.RuneCountInString(part) >= 4 {
			rest = strings.ReplaceAll(rest, part, "")
		}
	}
	made := utf8.RuneCountInString(letters(password)) - utf8.RuneCountInString(rest)
	return 2*made > utf8.RuneCountInString(norm.NFKC.String(password))
}

// letters are those of s, in lower case.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
}
