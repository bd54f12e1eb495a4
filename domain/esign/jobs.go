package esign

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
)

// The arguments of jobs. They contain no address and no secret; those are looked up when the job runs.
type (
	// inviteArgs: mail a signer their link.
	inviteArgs struct {
		Request, Signer domain.ID
		Reminder        int // 1, 2, 3 …; 0: the invitation
	}
	// notifyArgs: mail a notice to one person.
	notifyArgs struct {
		Request domain.ID
		Signer  *domain.ID // nil: to the sender
		Notice  notice
		About   int // the number of the signer it is about; 0: none
	}
	// sealArgs: complete a request that everyone has signed.
	sealArgs struct{ Request domain.ID }
	// syncArgs: sync a request with its envelope.
	syncArgs struct{ Request domain.ID }
	// sweepArgs and pollArgs are those of the periodic jobs that run sweep and poll.
	sweepArgs struct{}
	pollArgs  struct{}
)

func (inviteArgs) Kind() string { return "signers.invite" }
func (notifyArgs) Kind() string { return "signature_requests.notify" }
func (sealArgs) Kind() string   { return "signature_requests.seal" }
func (syncArgs) Kind() string   { return "envelopes.sync" }
func (sweepArgs) Kind() string  { return "signature_requests.sweep" }
func (pollArgs) Kind() string   { return "envelopes.poll" }

// The retry policy of mail: a day, in case the mail server is down.
const (
	mailAttempts = 150
	mailTimeout  = 8 * time.Minute
)

func (s *Service) registerJobs() {
	jobs.Register(s.jobs, jobs.Worker[inviteArgs]{
		MaxAttempts: mailAttempts, Timeout: mailTimeout,
		Work: func(ctx context.Context, job *jobs.Job[inviteArgs]) (any, error) {
			return nil, s.mailLink(ctx, job.ID, job.Args)
		},
	}, "esign.invite")
	jobs.Register(s.jobs, jobs.Worker[notifyArgs]{
		MaxAttempts: mailAttempts, Timeout: mailTimeout,
		Work: func(ctx context.Context, job *jobs.Job[notifyArgs]) (any, error) {
			return nil, s.mailNotice(ctx, job.ID, job.Args)
		},
	}, "esign.notice")
	jobs.Register(s.jobs, jobs.Worker[sealArgs]{
		MaxAttempts: 1000, Timeout: 3 * time.Minute, // until sealTimeout
		Work: func(ctx context.Context, job *jobs.Job[sealArgs]) (any, error) {
			return nil, s.seal(ctx, job.Args.Request, job.Attempt)
		},
	}, "esign.seal")
	jobs.Register(s.jobs, jobs.Worker[syncArgs]{
		MaxAttempts: 4, Timeout: 4 * time.Minute, // poll queues another one
		Work: func(ctx context.Context, job *jobs.Job[syncArgs]) (any, error) {
			return nil, s.syncRequest(ctx, job.Args.Request, job.Attempt)
		},
	}, "esign.follow")
	jobs.Schedule[sweepArgs](s.jobs, time.Minute, s.sweep, "every.esign.sweep")
	if s.provider != nil {
		jobs.Schedule[pollArgs](s.jobs, 15*time.Second, s.poll, "every.esign.poll")
	}
}

func (s *Service) queueInvitation(ctx context.Context, tx db.Tx, request domain.ID, signer Signer) error {
	return s.queue(ctx, tx, jobs.Insert{Queue: jobs.Interactive, Args: inviteArgs{Request: request, Signer: signer.ID}})
}

func (s *Service) queueReminder(ctx context.Context, tx db.Tx, request domain.ID, signer Signer) error {
	return s.queue(ctx, tx, jobs.Insert{Args: inviteArgs{Request: request, Signer: signer.ID, Reminder: signer.Reminders}})
}

func (s *Service) queueSealing(ctx context.Context, tx db.Tx, request domain.ID) error {
	return s.queue(ctx, tx, jobs.Insert{Queue: jobs.Interactive, Args: sealArgs{request}})
}

func (s *Service) queueSync(ctx context.Context, tx db.Tx, request domain.ID) error {
	return s.queue(ctx, tx, jobs.Insert{Queue: jobs.Interactive, Args: syncArgs{request}})
}

// queueNotices queues mails about the outcome of a request: to the sender, and to the signers it concerns.
func (s *Service) queueNotices(ctx context.Context, tx db.Tx, r *Request, n notice) error {
	all := []jobs.Insert{{Args: notifyArgs{Request: r.ID, Notice: n}}}
	for i := range r.Signers {
		signer := &r.Signers[i]
		if n.concerns(*signer) {
			all = append(all, jobs.Insert{Args: notifyArgs{Request: r.ID, Signer: &signer.ID, Notice: n}})
		}
	}
	return s.queue(ctx, tx, all...)
}

// queueBounceNotice queues a mail to the sender about a signer's address.
func (s *Service) queueBounceNotice(ctx context.Context, tx db.Tx, request domain.ID, signer Signer) error {
	return s.queue(ctx, tx, jobs.Insert{Args: notifyArgs{Request: request, Notice: noticeBounced, About: signer.Number}})
}

func (s *Service) queue(ctx context.Context, tx db.Tx, js ...jobs.Insert) error {
	_, err := s.jobs.Enqueue(ctx, tx, js...)
	return err
}
