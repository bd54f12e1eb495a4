package jobs

import (
	"context"
	"time"

	"counsel/domain"
	query "counsel/gen/query/jobs"
)

// maxMissed is how many heartbeats in a row may fail. They take as long as a lease.
const maxMissed = 4

// heartbeat extends the leases of this process until ctx ends. If the database is down for as long
// as a lease, other servers may have claimed the same jobs: all attempts are stopped.
func (s *Service) heartbeat(ctx context.Context) {
	tick := time.NewTicker(s.timing.Lease / maxMissed)
	defer tick.Stop()
	for missed := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.extendLeases(ctx); err == nil {
			missed = 0
			continue
		}
		if missed++; missed >= maxMissed {
			s.mu.Lock()
			for _, r := range s.running {
				r.end(errLeaseLost)
			}
			s.mu.Unlock()
		}
	}
}

// extendLeases extends the leases of all running jobs, and stops the attempts whose job was
// cancelled or has lost its lease.
func (s *Service) extendLeases(ctx context.Context) error {
	s.mu.Lock()
	tracked := make(map[domain.ID]*run, len(s.running))
	ids := make([]domain.ID, 0, len(s.running))
	for id, r := range s.running {
		tracked[id] = r
		ids = append(ids, id)
	}
	s.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.timing.Lease/maxMissed)
	defer cancel()
	if _, err := s.rows.ExtendLeases(ctx, query.ExtendLeasesParams{LeaseUs: s.timing.Lease.Microseconds(), Ids: ids, Owner: s.owner}); err != nil {
		return err
	}
	rows, err := s.rows.ListRunningJobs(ctx, query.ListRunningJobsParams{Ids: ids, Owner: s.owner})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if r := tracked[row.ID]; r.runs == row.Runs {
			if row.Cancelling {
				r.end(ErrCancelled)
			}
			delete(tracked, row.ID)
		}
	}
	for _, r := range tracked { // for one that has just finished this does nothing
		r.end(errLeaseLost)
	}
	return nil
}

// interrupt stops an attempt at once if it runs in this process. On others the heartbeat does.
func (s *Service) interrupt(id domain.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.running[id]; ok {
		r.end(ErrCancelled)
	}
}
