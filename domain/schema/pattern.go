package schema

import (
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// unicodeEscape finds an escaped character. Go writes \u00e9 as \x{00e9}.
var unicodeEscape = regexp.MustCompile(`\\(?:u[0-9A-Fa-f]{4}|.)`)

// ecmaPattern is a compiled pattern that is named as it was written.
type ecmaPattern struct {
	*regexp.Regexp
	source string
}

func (p ecmaPattern) String() string { return p.source }

// compilePattern compiles an ECMA 262 pattern, the dialect of JSON Schema.
func compilePattern(pattern string) (jsonschema.Regexp, error) {
	compiled, err := regexp.Compile(unicodeEscape.ReplaceAllStringFunc(pattern, func(escape string) string {
		if code, ok := strings.CutPrefix(escape, `\u`); ok && code != "" {
			return `\x{` + code + `}`
		}
		return escape
	}))
	return ecmaPattern{compiled, pattern}, err
}

// Character classes of the contract's patterns.
const (
	controls  = `\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f` // but for tab and line breaks
	spaces    = ` \u00A0\u1680\u2000-\u200A\u202F\u205F\u3000`
	blanks    = ` \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000` // spaces, and what separates lines
	notInLine = `\x00-\x1f\x7f-\x9f\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u2064\u2066-\u206F` +
		`\u2800\u3164\uE000-\uF8FF\uFDD0-\uFDEF\uFEFF\uFFA0\uFFF9-\uFFFB\uFFFE\uFFFF`
)

// The contract's patterns for texts (x-patterns). Line and Title state IsLine as far as a pattern can that every
// dialect of regular expressions reads alike.
const (
	Line  = `^[^` + notInLine + `]*$`
	Title = `^[` + spaces + `]*[^` + spaces + notInLine + `][^` + notInLine + `]*$`
	Text  = `^[^` + controls + `]*$`
	Body  = `^[\t\n\r` + blanks + `]*[^\t\n\r` + blanks + controls + `][^` + controls + `]*$`
	Words = `[^\t\n\x0b\x0c\r\x85` + blanks + `]`
)

// patterns describes the patterns of the contract and the forms in words.
var patterns = map[string]string{
	Line:                                  errLine.Error(),
	Title:                                 "must not be blank",
	Text:                                  "must not contain control characters",
	Body:                                  "must not be blank and must not contain control characters",
	Words:                                 "must not be blank",
	`^[^\x00]*$`:                          "must not have a NUL character",
	`\S`:                                  "must not be blank",
	`^[A-Za-z0-9_-]+$`:                    "may hold only letters, digits, hyphens and underscores",
	`^[A-Za-z0-9_.-]+$`:                   "may hold only letters, digits, hyphens, underscores and dots",
	`^[a-z0-9-]+$`:                        "may hold only lower-case letters, digits and hyphens",
	`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`: "must be a BCP 47 language tag such as en-IE",
	`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$`: "must be a time such as 2026-01-31T12:00:00Z",
	`^https?://([A-Za-z0-9._~:/?!$&()*+,;=\[\]'-]|%[0-9A-Fa-f]{2})+$`:                                   "must be a URL such as https://example.com/webhooks, without a user name and a fragment",
}

func patternDetail(pattern string) string {
	if words, ok := patterns[pattern]; ok {
		return words
	}
	return "must have the form " + pattern
}
