package jobs

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"counsel/domain"
	"counsel/gen/query"
)

// The states of a row. Callers see the first three as one.
const (
	stateScheduled = "scheduled"
	stateWaiting   = "waiting"
	stateQueued    = "queued"
	stateRunning   = "running"
	stateSucceeded = "succeeded"
	stateFailed    = "failed"
	stateCancelled = "cancelled"
)

const (
	feedGap     = 10 * time.Millisecond // between two looks at least, however often it is woken
	tidyBatch   = 500
	forgetEvery = 60    // looks apart old jobs are deleted
	countEvery  = 15    // looks apart what waits is counted
	countLimit  = 10000 // more is only called more
)

// window is how many jobs of a queue one process has handed over and not seen begin: enough to
// keep workers busy, few enough that a newcomer's turn comes soon.
func (s *Service) window() int { return max(4*s.Concurrency, 16) }

// relay moves jobs towards the workers until ctx ends.
func (s *Service) relay(ctx context.Context, work bool) {
	poll := time.NewTicker(s.Timing.Poll)
	defer poll.Stop()
	down := false
	for looks := 0; ; looks++ {
		err := s.tidy(ctx, looks)
		if work {
			err = errors.Join(err, s.addPeriods(ctx))
		}
		s.told("jobs could not be looked after", err)
		for fed := false; !fed; {
			err := s.feed(ctx)
			switch wasDown := down; {
			case errors.Is(err, errTransport):
				if down = true; !wasDown {
					s.told("jobs wait: Redis does not take them", err)
				}
			default:
				down = false
				s.told("jobs could not be handed on", err)
			}
			wake := s.wake
			if err != nil {
				wake = nil // not before the next look
			}
			select {
			case <-ctx.Done():
				return
			case <-poll.C:
				fed = true
			case <-wake:
				if !pause(ctx, feedGap) {
					return
				}
			}
		}
	}
}

func (s *Service) told(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.Log.Warn(what, "cause", err.Error())
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// tidy makes waiting again what is due or whose lease has ended, and forgets what is old.
func (s *Service) tidy(ctx context.Context, looks int) error {
	return errors.Join(
		s.each(ctx, stateScheduled, s.rows.ListDueJobs, func(ids []domain.ID) error {
			_, err := s.rows.WakeJobs(ctx, ids)
			return err
		}),
		s.lapsed(ctx, stateQueued, s.Timing.QueuedLease, func(ids []domain.ID, longest int64) error {
			_, err := s.rows.UnqueueLapsedJobs(ctx, query.UnqueueLapsedJobsParams{Ids: ids, LongestUs: longest})
			return err
		}),
		s.lapsed(ctx, stateRunning, s.Timing.Lease, func(ids []domain.ID, longest int64) error {
			n, err := s.rows.RecoverLapsedJobs(ctx, query.RecoverLapsedJobsParams{Ids: ids, LongestUs: longest})
			if err == nil && n > 0 {
				s.Log.WarnContext(ctx, "jobs are taken over from a server that went down", "jobs", n)
			}
			if err == nil {
				_, err = s.rows.CancelLapsedJobs(ctx, query.CancelLapsedJobsParams{Ids: ids, LongestUs: longest, KeepUs: KeptDone.Microseconds()})
			}
			return err
		}),
		s.forget(ctx, looks),
		s.count(ctx, looks),
	)
}

type listDue func(context.Context, query.ListDueJobsParams) ([]domain.ID, error)

// each applies f to all jobs of a state that are due.
func (s *Service) each(ctx context.Context, state string, list listDue, f func([]domain.ID) error) error {
	for {
		ids, err := list(ctx, query.ListDueJobsParams{State: state, Limit: tidyBatch})
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := f(ids); err != nil || len(ids) < tidyBatch {
			return err
		}
	}
}

func (s *Service) lapsed(ctx context.Context, state string, lease time.Duration, f func(ids []domain.ID, longest int64) error) error {
	longest := (2 * lease).Microseconds()
	ids, err := s.rows.ListLapsedJobs(ctx, query.ListLapsedJobsParams{State: state, LongestUs: longest, Limit: tidyBatch})
	if err != nil || len(ids) == 0 {
		return err
	}
	return f(ids, longest)
}

func (s *Service) forget(ctx context.Context, looks int) error {
	if looks%forgetEvery != 0 {
		return nil
	}
	var errs []error
	for _, state := range []string{stateSucceeded, stateFailed, stateCancelled} {
		errs = append(errs, s.each(ctx, state, s.rows.ListDueJobs, func(ids []domain.ID) error {
			_, err := s.rows.DeleteJobs(ctx, query.DeleteJobsParams{Ids: ids, State: state})
			return err
		}))
	}
	return errors.Join(errs...)
}

func (s *Service) count(ctx context.Context, looks int) error {
	if looks%countEvery != 0 {
		return nil
	}
	for _, q := range Queues {
		n, err := s.rows.CountWaitingJobs(ctx, query.CountWaitingJobsParams{Queue: string(q), Limit: countLimit})
		if err != nil {
			return err
		}
		s.Metrics.Waiting(q, int(n))
	}
	return nil
}

// feed hands waiting jobs to the transport, as far as there is room in the window of each queue.
func (s *Service) feed(ctx context.Context) error {
	room, err := s.room(ctx)
	if err != nil {
		return err
	}
	backlog := false
	for _, q := range Queues {
		picked, more, err := s.pick(ctx, q, room[q])
		if err != nil {
			return err
		}
		backlog = backlog || more
		if err := s.hand(ctx, picked); err != nil {
			return err
		}
	}
	s.backlog.Store(backlog)
	return nil
}

func (s *Service) room(ctx context.Context) (map[Queue]int, error) {
	queued, err := s.rows.CountQueuedJobs(ctx, s.owner)
	if err != nil {
		return nil, err
	}
	room := map[Queue]int{}
	for _, q := range Queues {
		room[q] = s.window()
	}
	for _, row := range queued {
		room[Queue(row.Queue)] -= int(row.N)
	}
	return room, nil
}

// pick chooses waiting jobs of a queue, by turns among the users who have some, beginning after
// the last one served. Each question to the database reads as many rows as it answers with,
// however many wait. more says that there may be others.
func (s *Service) pick(ctx context.Context, q Queue, room int) (picked []domain.ID, more bool, err error) {
	if room <= 0 {
		return nil, true, nil
	}
	first := s.cursor[q]
	users, err := s.waitingUsers(ctx, q, first, nil, room)
	if err == nil && len(users) < room && !first.IsZero() {
		var rest []domain.ID
		rest, err = s.waitingUsers(ctx, q, domain.ID{}, &first, room-len(users))
		users = append(users, rest...)
	}
	if err != nil {
		return nil, false, err
	}
	if len(users) == 0 {
		return nil, false, nil
	}
	// Turns: one job of each, then another of each.
	share := (room + len(users) - 1) / len(users)
	waiting := make([][]domain.ID, len(users))
	for i, u := range users {
		if waiting[i], err = s.rows.ListWaitingJobs(ctx, query.ListWaitingJobsParams{Queue: string(q), UserID: u, Limit: int32(share + 1)}); err != nil {
			return nil, false, err
		}
		more = more || len(waiting[i]) > share
	}
	for turn := 0; turn < share && len(picked) < room; turn++ {
		for i, u := range users {
			if turn < len(waiting[i]) && len(picked) < room {
				picked = append(picked, waiting[i][turn])
				s.cursor[q], _ = after(u)
			}
		}
	}
	return picked, more || len(picked) == room, nil
}

// waitingUsers are those with waiting jobs, in order: the first ones at or after from, and before
// before.
func (s *Service) waitingUsers(ctx context.Context, q Queue, from domain.ID, before *domain.ID, limit int) (users []domain.ID, err error) {
	for len(users) < limit {
		u, err := s.rows.NextWaitingUser(ctx, query.NextWaitingUserParams{Queue: string(q), UserID: from})
		if errors.Is(err, sql.ErrNoRows) || (err == nil && before != nil && !less(u, *before)) {
			break
		}
		if err != nil {
			return nil, err
		}
		users = append(users, u)
		next, ok := after(u)
		if !ok {
			break
		}
		from = next
	}
	return users, nil
}

// less orders ids as the database does.
func less(a, b domain.ID) bool { return string(a[:]) < string(b[:]) }

// after is the id that follows; the last one has none.
func after(id domain.ID) (domain.ID, bool) {
	for i := len(id) - 1; i >= 0; i-- {
		id[i]++
		if id[i] != 0 {
			return id, true
		}
	}
	return id, false
}

// hand marks jobs as queued, then pushes them: what is pushed and not marked would not be
// begun twice, but what is marked and not pushed waits for its lease to end.
func (s *Service) hand(ctx context.Context, ids []domain.ID) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := s.rows.QueueJobs(ctx, query.QueueJobsParams{Owner: s.owner, LeaseUs: s.Timing.QueuedLease.Microseconds(), Ids: ids}); err != nil {
		return err
	}
	rows, err := s.rows.ListQueuedJobs(ctx, query.ListQueuedJobsParams{Ids: ids, Owner: s.owner})
	if err != nil {
		return err
	}
	task := make(map[domain.ID]Task, len(rows))
	for _, r := range rows {
		task[r.ID] = Task{JobID: r.ID, Kind: r.Kind, Queue: Queue(r.Queue)}
	}
	for i, id := range ids { // in the order of the turns
		t, ok := task[id]
		if !ok {
			continue // another relay was quicker
		}
		if err := s.Transport.Push(ctx, t); err != nil {
			back, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Timing.Lease)
			defer cancel()
			return errors.Join(errTransport, err, s.rows.UnqueueJobs(back, query.UnqueueJobsParams{Ids: ids[i:], Owner: s.owner}))
		}
	}
	return nil
}

var errTransport = errors.New("the transport takes no jobs")
