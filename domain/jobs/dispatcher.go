package jobs

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"counsel/domain"
	"counsel/domain/retry"
	query "counsel/gen/query/jobs"
)

// dispatchPause is the least time between two dispatches, however often the dispatcher is woken.
const dispatchPause = 10 * time.Millisecond

var errTransport = errors.New("the transport does not accept jobs")

// maxQueued is how many jobs of a queue this process may have pushed that no worker has claimed:
// enough to keep workers busy, few enough that a newcomer's turn comes soon.
func (s *Service) maxQueued() int { return max(4*s.concurrency, 16) }

// runDispatcher maintains and dispatches jobs until ctx ends: every poll interval, and when woken.
func (s *Service) runDispatcher(ctx context.Context, work bool) {
	poll := time.NewTicker(s.timing.Poll)
	defer poll.Stop()
	down := false
	for round := 0; ; round++ {
		err := s.maintain(ctx, round)
		if work {
			err = errors.Join(err, s.enqueueOccurrences(ctx))
		}
		s.logUnlessCanceled("cannot maintain jobs", err)
		for polled := false; !polled; {
			err := s.dispatch(ctx)
			switch wasDown := down; {
			case errors.Is(err, errTransport):
				if down = true; !wasDown {
					s.logUnlessCanceled("cannot dispatch jobs: Redis is unavailable", err)
				}
			default:
				down = false
				s.logUnlessCanceled("cannot dispatch jobs", err)
			}
			wake := s.wake
			if err != nil {
				wake = nil // not before the next round
			}
			select {
			case <-ctx.Done():
				return
			case <-poll.C:
				polled = true
			case <-wake:
				if !retry.Wait(ctx, dispatchPause) {
					return
				}
			}
		}
	}
}

func (s *Service) logUnlessCanceled(message string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.runtime.Log.Warn(message, "error", err.Error())
	}
}

// dispatch pushes waiting jobs to the transport, up to the capacity of each queue.
func (s *Service) dispatch(ctx context.Context) error {
	capacity, err := s.capacity(ctx)
	if err != nil {
		return err
	}
	backlog := false
	for _, q := range Queues {
		selected, more, err := s.selectFair(ctx, q, capacity[q])
		if err != nil {
			return err
		}
		backlog = backlog || more
		if err := s.push(ctx, selected); err != nil {
			return err
		}
	}
	s.backlog.Store(backlog)
	return nil
}

// capacity returns how many more jobs of each queue may be pushed.
func (s *Service) capacity(ctx context.Context) (map[Queue]int, error) {
	queued, err := s.rows.CountQueuedJobs(ctx, s.owner)
	if err != nil {
		return nil, err
	}
	capacity := map[Queue]int{}
	for _, q := range Queues {
		capacity[q] = s.maxQueued()
	}
	for _, row := range queued {
		capacity[Queue(row.Queue)] -= int(row.N)
	}
	return capacity, nil
}

// selectFair selects waiting jobs of a queue by round robin over their users, starting after the
// last one served. Each query reads only the rows it returns, however many are waiting. more reports
// that others may be waiting.
func (s *Service) selectFair(ctx context.Context, q Queue, capacity int) (selected []domain.ID, more bool, err error) {
	if capacity <= 0 {
		return nil, true, nil
	}
	first := s.lastUser[q]
	users, err := s.waitingUsers(ctx, q, first, nil, capacity)
	if err == nil && len(users) < capacity && !first.IsZero() {
		var rest []domain.ID
		rest, err = s.waitingUsers(ctx, q, domain.ID{}, &first, capacity-len(users))
		users = append(users, rest...)
	}
	if err != nil {
		return nil, false, err
	}
	if len(users) == 0 {
		return nil, false, nil
	}
	// One job of each user, then another of each.
	share := (capacity + len(users) - 1) / len(users)
	waiting := make([][]domain.ID, len(users))
	for i, u := range users {
		if waiting[i], err = s.rows.ListWaitingJobs(ctx, query.ListWaitingJobsParams{Queue: string(q), UserID: u, Limit: int32(share + 1)}); err != nil {
			return nil, false, err
		}
		more = more || len(waiting[i]) > share
	}
	for turn := 0; turn < share && len(selected) < capacity; turn++ {
		for i, u := range users {
			if turn < len(waiting[i]) && len(selected) < capacity {
				selected = append(selected, waiting[i][turn])
				s.lastUser[q], _ = successor(u)
			}
		}
	}
	return selected, more || len(selected) == capacity, nil
}

// waitingUsers lists the first users with waiting jobs, in order: from an id on, up to but without
// an end, if there is one.
func (s *Service) waitingUsers(ctx context.Context, q Queue, from domain.ID, end *domain.ID, limit int) (users []domain.ID, err error) {
	for len(users) < limit {
		u, err := s.rows.GetNextWaitingUser(ctx, query.GetNextWaitingUserParams{Queue: string(q), UserID: from})
		if errors.Is(err, sql.ErrNoRows) || (err == nil && end != nil && !less(u, *end)) {
			break
		}
		if err != nil {
			return nil, err
		}
		users = append(users, u)
		next, ok := successor(u)
		if !ok {
			break
		}
		from = next
	}
	return users, nil
}

// less orders ids as the database does.
func less(a, b domain.ID) bool { return string(a[:]) < string(b[:]) }

// successor returns the next id. The last one has none.
func successor(id domain.ID) (domain.ID, bool) {
	for i := len(id) - 1; i >= 0; i-- {
		id[i]++
		if id[i] != 0 {
			return id, true
		}
	}
	return id, false
}

// push marks jobs as queued, then pushes them. One that is marked but not pushed waits until its
// lease expires.
func (s *Service) push(ctx context.Context, ids []domain.ID) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := s.rows.QueueJobs(ctx, query.QueueJobsParams{Owner: s.owner, LeaseUs: s.timing.QueuedLease.Microseconds(), Ids: ids}); err != nil {
		return err
	}
	rows, err := s.rows.ListQueuedJobs(ctx, query.ListQueuedJobsParams{Ids: ids, Owner: s.owner})
	if err != nil {
		return err
	}
	tasks := make(map[domain.ID]Task, len(rows))
	for _, r := range rows {
		tasks[r.ID] = Task{JobID: r.ID, Kind: r.Kind, Queue: Queue(r.Queue)}
	}
	for i, id := range ids { // in the order of the turns
		t, ok := tasks[id]
		if !ok {
			continue // another process queued it first
		}
		if err := s.transport.Push(ctx, t); err != nil {
			undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timing.Lease)
			defer cancel()
			return errors.Join(errTransport, err, s.rows.UnqueueJobs(undo, query.UnqueueJobsParams{Ids: ids[i:], Owner: s.owner}))
		}
	}
	return nil
}
