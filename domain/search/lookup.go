package search

import (
	"context"
	"database/sql"
	"errors"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/search"
)

// ScopeOf returns the scope of an owner, such as a case. ok is false if nothing of it is indexed.
func ScopeOf(ctx context.Context, pool *sql.DB, owner domain.ID) (scope int32, ok bool, err error) {
	scope, err = query.New(pool).GetSearchScope(ctx, owner)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return scope, err == nil, db.Error(err)
}

// DocumentEntries lists the entries of all pages of the documents.
func DocumentEntries(ctx context.Context, pool *sql.DB, documents []domain.ID) ([]int64, error) {
	entries, err := query.New(pool).ListSearchEntriesByDocuments(ctx, documents)
	return entries, db.Error(err)
}

// Orphans lists documents that are indexed but do not exist, at most limit.
func Orphans(ctx context.Context, pool *sql.DB, limit int32) ([]domain.ID, error) {
	documents, err := query.New(pool).ListOrphanedSearchDocuments(ctx, limit)
	return documents, db.Error(err)
}
