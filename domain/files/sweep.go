package files

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/search"
	query "counsel/gen/query/files"
)

const (
	sweepInterval  = time.Minute
	orphanInterval = time.Hour
	sweepBatch     = 100
	listBatch      = 500
)

// Run extracts the texts of new files, several concurrently, and sweeps, until ctx ends. Several servers
// may run it at the same time: it is idempotent.
func (s *Service) Run(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	for range s.workers {
		workers.Go(func() { s.runExtraction(ctx) })
	}
	workers.Go(func() { s.runReindex(ctx) })
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	var lastOrphans time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.logFailure("sweep of files failed", s.Sweep(ctx))
		if now := s.clock(); now.Sub(lastOrphans) >= orphanInterval {
			lastOrphans = now
			s.logFailure("sweep of orphaned objects failed", s.SweepObjects(ctx))
			s.logFailure("sweep of the search index failed", s.SweepIndex(ctx))
		}
	}
}

// runExtraction extracts what is pending now and whatever arrives. A slow file delays none that another
// worker can take.
func (s *Service) runExtraction(ctx context.Context) {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		s.logFailure("text extraction failed", s.ExtractTexts(ctx))
		select {
		case <-ctx.Done():
			return
		case <-s.extraction:
		case <-tick.C:
		}
	}
}

// runReindex indexes texts that another version of the program extracted, now and for as long as such a
// version may be running.
func (s *Service) runReindex(ctx context.Context) {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		more, err := s.Reindex(ctx)
		s.logFailure("reindexing failed", err)
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

// logFailure logs an error, unless it is that of a shutdown.
func (s *Service) logFailure(message string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.log.Warn(message, "error", err.Error())
	}
}

// Sweep finishes what crashes and outages left incomplete: it removes pending files whose object never
// arrived, and deleted ones whose object still exists. A file that fails does not block the others.
func (s *Service) Sweep(ctx context.Context) error {
	q := query.New(s.pool)
	stale, err := q.ListStalePendingDocuments(ctx, query.ListStalePendingDocumentsParams{OlderThan: s.clock().Add(-gracePeriod), Limit: sweepBatch})
	if err != nil {
		return db.Error(err)
	}
	var errs []error
	for _, id := range stale {
		if err := s.remove(ctx, id, statePending); err != nil && domain.CodeOf(err) != domain.NotFound {
			errs = append(errs, err)
		}
	}
	deleted, err := q.ListDeletedDocuments(ctx, sweepBatch)
	if err != nil {
		return errors.Join(append(errs, db.Error(err))...)
	}
	for _, id := range deleted {
		if err := s.remove(ctx, id, stateDeleted); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// SweepObjects deletes orphaned objects: those without a row. There are none unless an object arrived
// after its row was removed. It leaves recent ones alone, and keys that are not those of files.
func (s *Service) SweepObjects(ctx context.Context) error {
	q := query.New(s.pool)
	for after := ""; ; {
		page, err := s.store.List(ctx, keyPrefix, after, listBatch)
		if err != nil {
			return err
		}
		var candidates []domain.ID
		for _, o := range page {
			after = o.Key
			id, err := domain.ParseID(strings.TrimPrefix(o.Key, keyPrefix))
			if err == nil && s.clock().Sub(o.Modified) > gracePeriod {
				candidates = append(candidates, id)
			}
		}
		if len(candidates) > 0 {
			rows, err := q.ListExistingDocumentIDs(ctx, candidates)
			if err != nil {
				return db.Error(err)
			}
			known := make(map[domain.ID]bool, len(rows))
			for _, id := range rows {
				known[id] = true
			}
			for _, id := range candidates {
				if known[id] {
					continue
				}
				s.log.WarnContext(ctx, "deleting an orphaned object", "document_id", id.String())
				if err := s.store.Delete(ctx, objectKey(id)); err != nil {
					return err
				}
			}
		}
		if len(page) < listBatch {
			return nil
		}
	}
}

// SweepIndex removes files from the search index that no longer exist: earlier versions of this program
// deleted files without removing them from the index.
func (s *Service) SweepIndex(ctx context.Context) error {
	for {
		orphans, err := search.Orphans(ctx, s.pool, sweepBatch)
		if err != nil {
			return err
		}
		for _, id := range orphans {
			if err := db.WithTx(ctx, s.pool, func(tx db.Tx) error { return search.RemoveDocument(ctx, tx, id) }); err != nil {
				return err
			}
		}
		if len(orphans) < sweepBatch {
			return nil
		}
	}
}
