package cases

import (
	"time"

	"counsel/domain/jobs"
)

// maintainArgs are the arguments of the periodic job that runs Maintain.
type maintainArgs struct{}

func (maintainArgs) Kind() string { return "cases.maintain" }

// RegisterJobs registers the periodic job of the service, before the jobs are started.
func (s *Service) RegisterJobs(r jobs.Registry) {
	jobs.Schedule[maintainArgs](r, time.Minute, s.Maintain, "every.cases.maintain")
}
