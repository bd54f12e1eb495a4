package domain_test

import (
	"slices"
	"testing"

	"counsel/domain"
)

func TestPageSize(t *testing.T) {
	for limit, want := range map[int]int{-1: 1, 0: 20, 1: 1, 99: 99, 100: 100, 101: 100} {
		if got := domain.PageSize(limit); got != want {
			t.Errorf("PageSize(%d) = %d, want %d", limit, got, want)
		}
	}
}

func TestPage(t *testing.T) {
	ids := make([]domain.ID, 4)
	for i := range ids {
		ids[i] = domain.NewID()
	}
	for _, tc := range []struct {
		name  string
		rows  []domain.ID
		limit int
		want  []domain.ID
		next  *domain.ID
	}{
		{"empty", nil, 3, nil, nil},
		{"not full", ids[:2], 3, ids[:2], nil},
		{"full, and the last", ids[:3], 3, ids[:3], nil},
		{"full, and there are more", ids, 3, ids[:3], &ids[2]},
		{"of one", ids[:2], 1, ids[:1], &ids[0]},
	} {
		t.Run(tc.name, func(t *testing.T) {
			page, next := domain.Page(tc.rows, tc.limit, func(id domain.ID) domain.ID { return id })
			if !slices.Equal(page, tc.want) || (next == nil) != (tc.next == nil) || next != nil && *next != *tc.next {
				t.Errorf("%v, next %v", page, next)
			}
		})
	}
}
