package counsel

import (
	"errors"
	"iter"
)

// errSamePage ends a list that would have no end.
var errSamePage = errors.New("the service sent the cursor of the same page again")

// pages yields the items of all pages. fetch returns the page at a cursor and the cursor of the next.
func pages[T any](fetch func(cursor *string) ([]T, *string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var cursor *string
		for {
			items, next, err := fetch(cursor)
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == nil || *next == "" {
				return
			}
			if cursor != nil && *cursor == *next {
				var zero T
				yield(zero, errSamePage)
				return
			}
			cursor = next
		}
	}
}
