package email

import (
	"context"
	"time"

	"counsel/domain"
	"counsel/domain/jobs"
)

// attemptTimeout is the timeout of one attempt to send a mail.
const attemptTimeout = 8 * time.Minute

// sendArgs is the job that sends one mail.
type sendArgs struct {
	EmailID domain.ID `json:"emailId"`
}

// Kind implements jobs.Args.
func (sendArgs) Kind() string { return "email.send" }

// sendResult is the result of a send job.
type sendResult struct {
	Status Status `json:"status"`
}

// pruneArgs is the periodic job that deletes old texts.
type pruneArgs struct{}

// Kind implements jobs.Args.
func (pruneArgs) Kind() string { return "email.prune" }

func (s *Service) registerJobs() {
	jobs.Register(s.jobs, jobs.Worker[sendArgs]{
		Work:        s.send,
		MaxAttempts: len(s.retryBackoff) + 1,
		Timeout:     attemptTimeout,
		Backoff: func(attempt int) time.Duration {
			return s.retryBackoff[min(max(attempt, 1), len(s.retryBackoff))-1]
		},
		OnDiscard: func(ctx context.Context, job *jobs.Job[sendArgs], _ error) error {
			return s.fail(ctx, job.Args.EmailID)
		},
	})
	if s.retention > 0 {
		jobs.Schedule[pruneArgs](s.jobs, time.Hour, s.prune, "every.email.forget")
	}
}
