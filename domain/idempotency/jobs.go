package idempotency

import (
	"time"

	"counsel/domain/jobs"
)

// pruneArgs are those of the periodic job that deletes expired keys.
type pruneArgs struct{}

func (pruneArgs) Kind() string { return "idempotency.prune" }

// RegisterJobs registers the periodic job of the service, before the jobs are started.
func (s *Service) RegisterJobs(r jobs.Registry) {
	jobs.Schedule[pruneArgs](r, 10*time.Minute, s.Forget, "every.idempotency.forget")
}
