package account

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// commonPasswords are the passwords that attackers try first, one per line, in lower case.
//
//go:embed passwords/common.txt
var commonPasswords string

// passwordProblem returns why a new password of u is not acceptable (length, or easy to guess), or "".
func passwordProblem(password string, u User) string {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return "is not valid text"
	case n < minPassword:
		return "must have 8 characters or more"
	case n > maxPassword:
		return "must have 128 characters or fewer"
	case isCommonPassword(password):
		return "is one of the most common passwords; choose another"
	case resemblesAccount(password, u):
		return "must not consist of the name or e-mail address; choose another"
	}
	return ""
}

func isCommonPassword(password string) bool {
	p := strings.ToLower(norm.NFKC.String(strings.TrimSpace(password)))
	return !strings.Contains(p, "\n") && strings.Contains(commonPasswords, "\n"+p+"\n")
}

// resemblesAccount reports whether more than half of a password consists of the account's name and
// address, or their parts of four letters or more.
func resemblesAccount(password string, u User) bool {
	parts := []string{u.Email, u.FullName}
	for _, s := range parts[:2] {
		parts = append(parts, strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })...)
	}
	if local, _, ok := strings.Cut(u.Email, "@"); ok {
		parts = append(parts, local)
	}
	for i := range parts {
		parts[i] = lettersOnly(parts[i])
	}
	slices.SortFunc(parts, func(a, b string) int { return len(b) - len(a) })
	unmatched := lettersOnly(password)
	for _, part := range parts {
		if utf8.RuneCountInString(part) >= 4 {
			unmatched = strings.ReplaceAll(unmatched, part, "")
		}
	}
	matched := utf8.RuneCountInString(lettersOnly(password)) - utf8.RuneCountInString(unmatched)
	return 2*matched > utf8.RuneCountInString(norm.NFKC.String(password))
}

// lettersOnly returns the letters of s in lower case.
func lettersOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
}
