package cases

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"counsel/domain"
)

// singleLine trims and validates a text of one line.
func singleLine(pointer, s string, maxLength int) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" || utf8.RuneCountInString(s) > maxLength {
		return "", domain.InvalidField(pointer, "must have 1 to %d characters", maxLength)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", domain.InvalidField(pointer, "must not hold control characters")
	}
	return s, nil
}

// multiLine trims and validates a text of several lines; it may be empty.
func multiLine(pointer, s string, maxLength int) (string, error) {
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > maxLength {
		return "", domain.InvalidField(pointer, "must have at most %d characters", maxLength)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
		return "", domain.InvalidField(pointer, "must not hold control characters")
	}
	return s, nil
}
