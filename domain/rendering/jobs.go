package rendering

import (
	"time"

	"counsel/domain/jobs"
)

const (
	batchKind        = "docs.render-batch"
	batchMaxAttempts = 10
	batchTimeout     = 30 * time.Minute // of one attempt
)

// registerJobs registers the handlers of this package's jobs.
func (s *Service) registerJobs() {
	s.jobs.Handle(batchKind, jobs.Options{Tries: batchMaxAttempts, Timeout: batchTimeout, Show: s.redactResult}, s.runBatch)
}
