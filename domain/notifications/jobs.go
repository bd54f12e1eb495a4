package notifications

import (
	"time"

	"counsel/domain"
	"counsel/domain/jobs"
)

// fanOutArgs are those of the job that notifies all recipients of one event.
type fanOutArgs struct {
	Event domain.Event `json:"event"`
	At    time.Time    `json:"at"` // when it was published
}

func (fanOutArgs) Kind() string { return "notifications.fan_out" }

// pruneArgs are those of the periodic job that deletes expired notifications.
type pruneArgs struct{}

func (pruneArgs) Kind() string { return "notifications.prune" }

func (s *Service) registerJobs() {
	jobs.Register(s.jobs, jobs.Worker[fanOutArgs]{Work: s.fanOut, Timeout: time.Minute}, "notifications.tell")
	jobs.Schedule[pruneArgs](s.jobs, pruneInterval, s.prune, "every.notifications.sweep")
}
