package documents

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/search"
	"counsel/gen/query"
)

const (
	sweepEvery  = time.Minute
	orphanEvery = time.Hour
	sweepBatch  = 100
	listBatch   = 500
)

// Run reads the texts of new documents, several at a time, and sweeps, until ctx ends. Several servers
// may do so at the same time: what one has done the others find done.
func (a *Archive) Run(ctx context.Context) {
	var readers sync.WaitGroup
	defer readers.Wait()
	for range a.Readers {
		readers.Go(func() { a.readOnWake(ctx) })
	}
	readers.Go(func() { a.indexAnew(ctx) })
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var orphans time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		a.told("the sweep of documents failed", a.Sweep(ctx))
		if now := a.Clock(); now.Sub(orphans) >= orphanEvery {
			orphans = now
			a.told("the sweep of files failed", a.SweepFiles(ctx))
			a.told("the sweep of the index failed", a.SweepIndex(ctx))
		}
	}
}

// readOnWake reads what waits now, and whatever comes. A document that takes long holds up none that
// another of these can read.
func (a *Archive) readOnWake(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		a.told("texts could not be read", a.Read(ctx))
		select {
		case <-ctx.Done():
			return
		case <-a.unread:
		case <-tick.C:
		}
	}
}

// indexAnew indexes what another version of the program has read, now and while such a one still runs.
func (a *Archive) indexAnew(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		more, err := a.Index(ctx)
		a.told("texts could not be indexed anew", err)
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (a *Archive) told(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		a.Log.Warn(what, "cause", err.Error())
	}
}

// Sweep finishes what crashes and outages left half done: documents whose file never came, and
// deleted ones whose file is still there. One that resists does not hold up the others.
func (a *Archive) Sweep(ctx context.Context) error {
	q := query.New(a.DB)
	stale, err := q.ListStalePending(ctx, query.ListStalePendingParams{OlderThan: a.Clock().Add(-grace), Limit: sweepBatch})
	if err != nil {
		return db.Error(err)
	}
	var errs []error
	for _, id := range stale {
		if err := a.remove(ctx, id, statePending); err != nil && domain.CodeOf(err) != domain.NotFound {
			errs = append(errs, err)
		}
	}
	deleted, err := q.ListDeletedDocuments(ctx, sweepBatch)
	if err != nil {
		return errors.Join(append(errs, db.Error(err))...)
	}
	for _, id := range deleted {
		if err := a.remove(ctx, id, stateDeleted); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// SweepFiles removes files that no row knows. There are none unless a file arrived after it was
// given up; young ones are let be, and so is what does not look like a document's.
func (a *Archive) SweepFiles(ctx context.Context) error {
	q := query.New(a.DB)
	for after := ""; ; {
		page, err := a.Files.List(ctx, keyPrefix, after, listBatch)
		if err != nil {
			return err
		}
		var old []domain.ID
		for _, f := range page {
			after = f.Key
			id, err := domain.ParseID(strings.TrimPrefix(f.Key, keyPrefix))
			if err == nil && a.Clock().Sub(f.Modified) > grace {
				old = append(old, id)
			}
		}
		if len(old) > 0 {
			known, err := q.ListKnownDocuments(ctx, old)
			if err != nil {
				return db.Error(err)
			}
			has := make(map[domain.ID]bool, len(known))
			for _, id := range known {
				has[id] = true
			}
			for _, id := range old {
				if has[id] {
					continue
				}
				a.Log.WarnContext(ctx, "removing a file that no document knows", "document", id.String())
				if err := a.Files.Delete(ctx, fileKey(id)); err != nil {
					return err
				}
			}
		}
		if len(page) < listBatch {
			return nil
		}
	}
}

// SweepIndex takes documents out of the index that are no longer there: those that a former version of this
// program deleted, which did not know of it.
func (a *Archive) SweepIndex(ctx context.Context) error {
	for {
		gone, err := query.New(a.DB).ListOrphanedSearchDocuments(ctx, sweepBatch)
		if err != nil {
			return db.Error(err)
		}
		for _, id := range gone {
			if err := db.WithTx(ctx, a.DB, func(tx db.Tx) error { return search.Remove(ctx, tx, id) }); err != nil {
				return err
			}
		}
		if len(gone) < sweepBatch {
			return nil
		}
	}
}
