// Package events tells of what happens, in the transaction in which it does.
package events

import (
	"context"

	"counsel/domain"
	"counsel/gen/query"
)

// Listener is told of an event, and of those who may hear of it, one at least.
type Listener func(ctx context.Context, tx *query.Queries, e domain.Event, hearers []domain.ID) error

// Cases knows who may read what is in a case.
type Cases interface {
	// Readers are the members of a case that is there, as a transaction sees them.
	Readers(ctx context.Context, q *query.Queries, id domain.ID) ([]domain.ID, error)
}

// Hearers are those who may hear of an event: the members of its case, or else whose it is.
func Hearers(ctx context.Context, tx *query.Queries, matters Cases, e domain.Event) ([]domain.ID, error) {
	if e.CaseID != nil {
		return matters.Readers(ctx, tx, *e.CaseID)
	}
	return []domain.ID{e.UserID}, nil
}

// To tells listeners one after another. Who may hear is looked up once for all.
func To(matters Cases, listeners ...Listener) func(ctx context.Context, tx *query.Queries, e domain.Event) error {
	return func(ctx context.Context, tx *query.Queries, e domain.Event) error {
		hearers, err := Hearers(ctx, tx, matters, e)
		if err != nil || len(hearers) == 0 {
			return err
		}
		for _, tell := range listeners {
			if err := tell(ctx, tx, e, hearers); err != nil {
				return err
			}
		}
		return nil
	}
}
