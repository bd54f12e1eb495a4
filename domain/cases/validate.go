package cases

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"counsel/domain"
)

const maxPage = 100

func pageSize(limit int) int32 { return int32(min(max(cmp.Or(limit, 20), 1), maxPage)) }

// page cuts rows, read with one more than the limit, to a page and returns the cursor of the next.
func page[T any](items []T, limit int32, id func(T) domain.ID) ([]T, *domain.ID) {
	if len(items) <= int(limit) {
		return items, nil
	}
	items = items[:limit]
	last := id(items[limit-1])
	return items, &last
}

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
