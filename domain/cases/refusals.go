package cases

import (
	"context"
	"sync"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

const (
	// refusalEvery is how often a stranger who tries to enter a case is put down in its timeline.
	refusalEvery = time.Hour
	maxRefusals  = 1024 // that wait to be put down; further ones are dropped
	maxRecent    = 8192 // that are remembered here, to spare the database; it decides
	refusalTime  = 5 * time.Second
)

// refusalOf is a stranger's try to do something in a case.
type refusalOf struct {
	id, user domain.ID
	act      Action
}

// refusals are those that wait to be put down.
type refusals struct {
	queue chan refusalOf

	mu     sync.Mutex
	recent map[[2]domain.ID]time.Time // by case and stranger
	clock  domain.Clock
}

func newRefusals(clock domain.Clock) *refusals {
	return &refusals{queue: make(chan refusalOf, maxRefusals), recent: map[[2]domain.ID]time.Time{}, clock: clock}
}

// add never waits.
func (r *refusals) add(one refusalOf) {
	key, now := [2]domain.ID{one.id, one.user}, r.clock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.recent[key]; ok && now.Sub(at) < refusalEvery {
		return
	}
	select {
	case r.queue <- one:
		if len(r.recent) >= maxRecent {
			clear(r.recent)
		}
		r.recent[key] = now
	default:
	}
}

// RunDenialLog puts the refused tries of strangers into the timelines, one an hour at most for each case and
// stranger, until ctx ends; then those that wait. One that waits when the process dies is lost.
func (s *Service) RunDenialLog(ctx context.Context) {
	for {
		select {
		case one := <-s.refusals.queue:
			s.putDown(ctx, one)
		case <-ctx.Done():
			s.FlushDenials(context.WithoutCancel(ctx))
			return
		}
	}
}

// FlushDenials puts down those that wait now.
func (s *Service) FlushDenials(ctx context.Context) {
	for {
		select {
		case one := <-s.refusals.queue:
			s.putDown(ctx, one)
		default:
			return
		}
	}
}

func (s *Service) putDown(ctx context.Context, one refusalOf) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refusalTime)
	defer cancel()
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)

		end, err := lockHead(ctx, tx, one.id)
		if err != nil {
			return err
		}
		now := s.now()
		last, err := q.GetRefusalTime(ctx, query.GetRefusalTimeParams{CaseID: one.id, UserID: one.user})
		switch {
		case err == nil && now.Sub(last) < refusalEvery:
			return nil
		case err != nil && domain.CodeOf(db.Error(err)) != domain.NotFound:
			return err
		}
		if err := s.append(ctx, tx, end, one.id, one.user, one.act, domain.Errorf(domain.NotFound, "")); err != nil {
			return err
		}
		return q.SetRefusalTime(ctx, query.SetRefusalTimeParams{CaseID: one.id, UserID: one.user, RefusedAt: now})
	})
	if err != nil { // the next try may be put down
		s.refusals.mu.Lock()
		delete(s.refusals.recent, [2]domain.ID{one.id, one.user})
		s.refusals.mu.Unlock()
	}
}
