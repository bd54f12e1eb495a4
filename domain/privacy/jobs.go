package privacy

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
)

// eraseInProgressArgs are the arguments of the job that deletes what was in progress during an
// erasure: the id of the user.
type eraseInProgressArgs struct{ domain.ID }

// Kind is the name of the job.
func (eraseInProgressArgs) Kind() string { return "privacy.erase_in_progress" }

func (s *Service) registerJobs() {
	jobs.Register(s.jobs, jobs.Worker[eraseInProgressArgs]{
		Timeout: time.Minute,
		Work: func(ctx context.Context, job *jobs.Job[eraseInProgressArgs]) (any, error) {
			return nil, db.WithTx(ctx, s.db, func(tx db.Tx) error { return s.eraseOwned(ctx, tx, job.Args.ID, "") })
		},
	}, "privacy.forget")
	jobs.Register(s.jobs, jobs.Worker[eraseTestDataArgs]{Timeout: eraseTestDataTimeout, Work: s.eraseTestData})
}
