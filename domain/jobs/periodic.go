package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/jobs"
)

// schedule is when a periodic job runs. Its occurrences are numbered from 1970.
type schedule struct {
	kind  string
	every time.Duration
	last  int64 // the occurrence that was enqueued last, by any server
}

// errStillRunning delays an occurrence without counting as an attempt.
var errStillRunning = domain.Errorf(domain.Conflict, "It still runs from before.")

// occurrenceDelay is how long an occurrence is delayed while an earlier one runs.
const occurrenceDelay = time.Second

// occurrence is stored as the arguments of a periodic job.
type occurrence struct {
	Number int64 `json:"number"`
}

// Schedule registers a periodic job, before Start: work runs once per period on one server,
// however many there are. A has no fields.
//
// Periods are counted by the database's clock. An occurrence is skipped when no server runs, or
// when no worker is free until its period ends. It never overlaps an earlier one. One that fails is
// not retried; the next occurrence is its retry.
func Schedule[A Args](r Registry, every time.Duration, work func(context.Context) error, formerKinds ...string) {
	var args A
	r.registry().schedule(args.Kind(), every, work, formerKinds...)
}

func (w *Workers) schedule(kind string, every time.Duration, work func(context.Context) error, formerKinds ...string) {
	t := &schedule{kind: kind, every: every, last: -1}
	w.schedules = append(w.schedules, t)
	w.add(&worker{
		kinds:    append([]string{kind}, formerKinds...),
		policy:   policy{maxAttempts: 1, timeout: max(every, time.Minute), retention: 2*every + time.Hour},
		work:     func(ctx context.Context, _ *run) (any, error) { return nil, work(ctx) },
		schedule: t,
	})
}

// occurrence returns the number of the occurrence at a time.
func (t *schedule) occurrence(at time.Time) int64 { return at.UnixMicro() / t.every.Microseconds() }

// skipOccurrence reports whether the period of an occurrence is over. The error is errStillRunning
// while another one runs.
func (s *Service) skipOccurrence(ctx context.Context, w *worker, r *run) (late bool, err error) {
	var o occurrence
	if err := json.Unmarshal(r.args, &o); err != nil {
		return false, Permanent(fmt.Errorf("decode the arguments of %s: %w", r.kind, err))
	}
	now, err := s.rows.GetDatabaseTime(ctx)
	if err != nil {
		return false, db.Error(err)
	}
	if o.Number < w.schedule.occurrence(now) {
		return true, nil
	}
	others, err := s.rows.CountOtherRunningJobs(ctx, query.CountOtherRunningJobsParams{Kinds: w.kinds, ID: r.id})
	if err != nil {
		return false, db.Error(err)
	}
	if others > 0 {
		return false, errStillRunning
	}
	return false, nil
}

// enqueueOccurrences enqueues the present occurrence of each periodic job, unless another server has.
func (s *Service) enqueueOccurrences(ctx context.Context) error {
	if len(s.workers.schedules) == 0 {
		return nil
	}
	now, err := s.rows.GetDatabaseTime(ctx)
	if err != nil {
		return err
	}
	for _, t := range s.workers.schedules {
		n := t.occurrence(now)
		if n == t.last {
			continue
		}
		args, err := json.Marshal(occurrence{n})
		if err != nil {
			return err
		}
		err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
			_, err := s.insert(ctx, tx, t.kind, args, Insert{Key: fmt.Sprintf("%s/%s/%d", t.kind, t.every, n)})
			return err
		})
		if err != nil {
			return err
		}
		t.last = n
		s.Wake()
	}
	return nil
}
