package jobs

import (
	"context"
	"errors"
	"time"

	"counsel/domain"
	query "counsel/gen/query/jobs"
)

const (
	maintainBatch     = 500
	deleteInterval    = 60    // rounds between two deletions of old jobs
	countInterval     = 15    // rounds between two counts of waiting jobs
	waitingCountLimit = 10000 // per queue
)

// maintain makes jobs waiting that are due or whose lease has expired, and deletes old ones.
func (s *Service) maintain(ctx context.Context, round int) error {
	return errors.Join(
		s.forDue(ctx, stateScheduled, func(ids []domain.ID) error {
			_, err := s.rows.WakeJobs(ctx, ids)
			return err
		}),
		s.forExpired(ctx, stateQueued, s.timing.QueuedLease, func(ids []domain.ID, longestUS int64) error {
			_, err := s.rows.UnqueueExpiredJobs(ctx, query.UnqueueExpiredJobsParams{Ids: ids, LongestUs: longestUS})
			return err
		}),
		s.forExpired(ctx, Running, s.timing.Lease, func(ids []domain.ID, longestUS int64) error { return s.rescue(ctx, ids, longestUS) }),
		s.deleteOld(ctx, round),
		s.countWaiting(ctx, round),
	)
}

// rescue makes running jobs waiting again whose server has crashed, and ends those that were to be
// cancelled.
func (s *Service) rescue(ctx context.Context, ids []domain.ID, longestUS int64) error {
	n, err := s.rows.RescueJobs(ctx, query.RescueJobsParams{Ids: ids, LongestUs: longestUS})
	if err != nil {
		return err
	}
	if n > 0 {
		s.metrics.Rescued(int(n))
		s.runtime.Log.WarnContext(ctx, "rescued jobs of a server that crashed", "jobs", n)
	}
	_, err = s.rows.CancelExpiredJobs(ctx, query.CancelExpiredJobsParams{Ids: ids, LongestUs: longestUS, KeepUs: CompletedRetention.Microseconds()})
	return err
}

// forDue applies f to all jobs of a state that are due, a batch at a time.
func (s *Service) forDue(ctx context.Context, state State, f func([]domain.ID) error) error {
	for {
		ids, err := s.rows.ListDueJobs(ctx, query.ListDueJobsParams{State: string(state), Limit: maintainBatch})
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := f(ids); err != nil || len(ids) < maintainBatch {
			return err
		}
	}
}

// forExpired applies f to a batch of the jobs of a state whose lease has expired. A lease that ends
// later than any that is given now counts as expired: the database's clock was set back.
func (s *Service) forExpired(ctx context.Context, state State, lease time.Duration, f func(ids []domain.ID, longestUS int64) error) error {
	longest := (2 * lease).Microseconds()
	ids, err := s.rows.ListExpiredJobs(ctx, query.ListExpiredJobsParams{State: string(state), LongestUs: longest, Limit: maintainBatch})
	if err != nil || len(ids) == 0 {
		return err
	}
	return f(ids, longest)
}

func (s *Service) deleteOld(ctx context.Context, round int) error {
	if round%deleteInterval != 0 {
		return nil
	}
	var errs []error
	for _, state := range []State{Succeeded, Failed, Cancelled} {
		errs = append(errs, s.forDue(ctx, state, func(ids []domain.ID) error {
			_, err := s.rows.DeleteJobs(ctx, query.DeleteJobsParams{Ids: ids, State: string(state)})
			return err
		}))
	}
	return errors.Join(errs...)
}

func (s *Service) countWaiting(ctx context.Context, round int) error {
	if round%countInterval != 0 {
		return nil
	}
	for _, q := range Queues {
		n, err := s.rows.CountWaitingJobs(ctx, query.CountWaitingJobsParams{Queue: string(q), Limit: waitingCountLimit})
		if err != nil {
			return err
		}
		s.metrics.Waiting(q, int(n))
	}
	return nil
}
