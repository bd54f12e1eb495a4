package cases

import (
	"context"
	"sync"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/cases"
)

const (
	// denialInterval is the shortest time between two timeline entries for denials of one stranger.
	denialInterval  = time.Hour
	denialQueueSize = 1024 // further denials are dropped
	denialCacheSize = 8192 // entries that spare a query; the database decides
	denialTimeout   = 5 * time.Second
)

// denial is the attempt of a stranger to do something in a case.
type denial struct {
	id, user domain.ID
	key      domain.ID // the user's API key; zero: none
	action   Action
}

// denialLog is the queue of denials to log.
type denialLog struct {
	queue chan denial

	mu     sync.Mutex
	logged map[[2]domain.ID]time.Time // by case and user
	clock  domain.Clock
}

func newDenialLog(clock domain.Clock) *denialLog {
	return &denialLog{queue: make(chan denial, denialQueueSize), logged: map[[2]domain.ID]time.Time{}, clock: clock}
}

// add enqueues a denial. It never blocks.
func (r *denialLog) add(d denial) {
	key, now := [2]domain.ID{d.id, d.user}, r.clock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if access, ok := r.logged[key]; ok && now.Sub(access) < denialInterval {
		return
	}
	select {
	case r.queue <- d:
		if len(r.logged) >= denialCacheSize {
			clear(r.logged)
		}
		r.logged[key] = now
	default:
	}
}

// RunDenialLog logs denials of strangers in the timelines, at most one an hour for each case and
// stranger, until ctx ends; then it flushes the queue. Denials in the queue are lost if the process
// dies.
func (s *Service) RunDenialLog(ctx context.Context) {
	for {
		select {
		case d := <-s.denials.queue:
			s.recordDenial(ctx, d)
		case <-ctx.Done():
			s.FlushDenials(context.WithoutCancel(ctx))
			return
		}
	}
}

// FlushDenials logs the denials that are in the queue now.
func (s *Service) FlushDenials(ctx context.Context) {
	for {
		select {
		case d := <-s.denials.queue:
			s.recordDenial(ctx, d)
		default:
			return
		}
	}
}

func (s *Service) recordDenial(ctx context.Context, d denial) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), denialTimeout)
	defer cancel()
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)
		head, err := lockHead(ctx, tx, d.id)
		if err != nil {
			return err
		}
		now := s.now()
		last, err := q.GetCaseDenialTime(ctx, query.GetCaseDenialTimeParams{CaseID: d.id, UserID: d.user})
		switch {
		case err == nil && now.Sub(last) < denialInterval:
			return nil
		case err != nil && domain.CodeOf(db.Error(err)) != domain.NotFound:
			return err
		}
		if err := s.appendEntry(ctx, tx, head, d.id, domain.Principal{UserID: d.user, KeyID: d.key}, d.action, domain.Errorf(domain.NotFound, "")); err != nil {
			return err
		}
		return q.UpdateCaseDenialTime(ctx, query.UpdateCaseDenialTimeParams{CaseID: d.id, UserID: d.user, RefusedAt: now})
	})
	if err != nil { // allow the next attempt to be logged
		s.denials.mu.Lock()
		delete(s.denials.logged, [2]domain.ID{d.id, d.user})
		s.denials.mu.Unlock()
	}
}
