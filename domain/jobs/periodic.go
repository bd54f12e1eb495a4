package jobs

import (
	"context"
	"fmt"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// period is the schedule of a periodic job. Its occurrences are numbered from 1970.
type period struct {
	kind   string
	length time.Duration
	last   int64 // the occurrence that was enqueued last, by any server
}

// errBusy delays an occurrence without counting as an attempt.
var errBusy = domain.Errorf(domain.Conflict, "It still runs from before.")

// busyPause is how long an occurrence is delayed.
const busyPause = time.Second

// occurrence is stored as the arguments of a periodic job.
type occurrence struct {
	Number int64 `json:"number"`
}

// Schedule registers a periodic job, before Start: work runs once per period on one server,
// however many there are. A has no fields.
//
// Periods are counted by the database's clock. An occurrence is skipped when no server runs, when
// no worker is free in its period, or while an earlier one runs: two never overlap. One that fails
// is not retried; the next period is its retry.
func Schedule[A Args](r Registry, every time.Duration, work func(context.Context) error, formerKinds ...string) {
	var args A
	r.registry().schedule(args.Kind(), every, work, formerKinds...)
}

// Every is Schedule under the kind "every."+name.
func (s *Service) Every(name string, length time.Duration, do func(context.Context) error) {
	s.workers.schedule("every."+name, length, do)
}

func (w *Workers) schedule(kind string, every time.Duration, work func(context.Context) error, formerKinds ...string) {
	p := &period{kind: kind, length: every, last: -1}
	w.periods = append(w.periods, p)
	w.add(&worker{
		Options: Options{Tries: 1, Timeout: max(every, time.Minute), kept: 2*every + time.Hour},
		kinds:   append([]string{kind}, formerKinds...),
		do:      func(ctx context.Context, _ *Run) (any, error) { return nil, work(ctx) },
		period:  p,
	})
}

func (p *period) number(now time.Time) int64 { return now.UnixMicro() / p.length.Microseconds() }

// skipOccurrence reports whether the period of an occurrence has passed. The error is errBusy while
// an earlier one runs.
func (s *Service) skipOccurrence(ctx context.Context, w *worker, run *Run) (late bool, err error) {
	var o occurrence
	if err := run.Read(&o); err != nil {
		return false, err
	}
	now, err := s.rows.DatabaseTime(ctx)
	if err != nil {
		return false, db.Error(err)
	}
	if o.Number < w.period.number(now) {
		return true, nil
	}
	others, err := s.rows.CountOthersRunning(ctx, query.CountOthersRunningParams{Kinds: w.kinds, ID: run.ID})
	if err != nil {
		return false, db.Error(err)
	}
	if others > 0 {
		return false, errBusy
	}
	return false, nil
}

// addPeriods enqueues the present occurrence of each periodic job, unless another server has.
func (s *Service) addPeriods(ctx context.Context) error {
	if len(s.workers.periods) == 0 {
		return nil
	}
	now, err := s.rows.DatabaseTime(ctx)
	if err != nil {
		return err
	}
	for _, p := range s.workers.periods {
		n := p.number(now)
		if n == p.last {
			continue
		}
		err := db.WithTx(ctx, s.DB, func(tx db.Tx) error {
			_, err := s.Add(ctx, tx, New{
				Kind: p.kind, Queue: Standard, Payload: occurrence{n}, Key: fmt.Sprintf("%s/%s/%d", p.kind, p.length, n),
			})
			return err
		})
		if err != nil {
			return err
		}
		p.last = n
		s.Wake()
	}
	return nil
}
