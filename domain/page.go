package domain

import (
	"cmp"

	"github.com/google/uuid"
)

// CursorOrMax returns the position from which to read a page of a list, newest first: the cursor, or an
// id greater than all others if there is none. The page has the ids below it.
func CursorOrMax(cursor *ID) ID {
	if cursor != nil {
		return *cursor
	}
	return ID(uuid.Max)
}

// PageSize returns the number of items on a page for a requested limit: 1 to 100, 20 if it is 0.
func PageSize(limit int) int { return min(max(cmp.Or(limit, 20), 1), 100) }

// Page cuts rows, of which one more than limit was read, to a page. next is the cursor of the next page, nil on the
// last one.
func Page[T any](rows []T, limit int, id func(T) ID) (page []T, next *ID) {
	if len(rows) <= limit {
		return rows, nil
	}
	last := id(rows[limit-1])
	return rows[:limit], &last
}
