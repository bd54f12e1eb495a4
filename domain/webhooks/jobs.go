package webhooks

import (
	"time"

	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/domain/retry"
)

// deliverArgs are those of the job that sends one delivery.
type deliverArgs struct {
	Delivery domain.ID `json:"delivery"`
}

func (deliverArgs) Kind() string { return "webhooks.deliver" }

// replayArgs are those of the job that replays the failed deliveries of a webhook.
type replayArgs struct {
	Webhook domain.ID `json:"webhook"`
	Since   time.Time `json:"since"`
}

func (replayArgs) Kind() string { return "webhooks.replay" }

// pruneArgs are those of the periodic job that deletes old deliveries.
type pruneArgs struct{}

func (pruneArgs) Kind() string { return "webhooks.prune" }

func (s *Service) registerJobs() {
	jobs.Register(s.jobs, jobs.Worker[deliverArgs]{
		Work:        s.deliver,
		MaxAttempts: 1 << 30, // the delivery has its own limit
		Timeout:     time.Minute,
		Backoff:     func(int) time.Duration { return retry.Jitter(time.Second, 0.5) },
		OnDiscard:   s.onDiscard,
	}, "webhook.deliver")
	jobs.Register(s.jobs, jobs.Worker[replayArgs]{Work: s.replay}, "webhook.replay")
	jobs.Schedule[pruneArgs](s.jobs, pruneInterval, s.prune, "every.webhooks.tidy")
}
