package esign

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
)

// Jobs runs work in the background. jobs.Service implements it.
type Jobs interface {
	Add(ctx context.Context, tx db.Tx, js ...jobs.LegacyInsert) ([]domain.ID, error)
	Wake()
	Handle(kind string, o jobs.Options, do func(context.Context, *jobs.Run) (any, error))
	Every(name string, period time.Duration, do func(context.Context) error)
}

// The kinds of jobs.
const (
	jobInvite = "esign.invite" // mails a signer their link
	jobNotice = "esign.notice" // notifies one person of the outcome
	jobSeal   = "esign.seal"
	jobFollow = "esign.follow" // syncs a request with its envelope
)

// The arguments of jobs. They contain no address and no secret; those are looked up when the job runs.
type (
	inviteJob struct {
		Request, Signer domain.ID
		Reminder        int // 1, 2, 3 …; 0: the invitation
	}
	requestJob struct{ Request domain.ID }
	noticeJob  struct {
		Request domain.ID
		Signer  *domain.ID // nil: to the sender
		Notice  notice
		About   int // the number of the signer it is about; 0: none
	}
)

// mailRetries retries for a day while the mail server is down.
var mailRetries = jobs.Options{Tries: 150, Timeout: 8 * time.Minute}

func (s *Service) registerJobs() {
	s.jobs.Handle(jobInvite, mailRetries, func(ctx context.Context, run *jobs.Run) (any, error) {
		var j inviteJob
		if err := run.Read(&j); err != nil {
			return nil, jobs.Fatal(err)
		}
		return nil, s.mailLink(ctx, run.ID, j)
	})
	s.jobs.Handle(jobNotice, mailRetries, func(ctx context.Context, run *jobs.Run) (any, error) {
		var j noticeJob
		if err := run.Read(&j); err != nil {
			return nil, jobs.Fatal(err)
		}
		return nil, s.mailNotice(ctx, run.ID, j)
	})
	s.jobs.Handle(jobSeal, jobs.Options{Tries: 1000, Timeout: 3 * time.Minute}, func(ctx context.Context, run *jobs.Run) (any, error) {
		var j requestJob
		if err := run.Read(&j); err != nil {
			return nil, jobs.Fatal(err)
		}
		return nil, s.seal(ctx, j.Request, run.Try)
	})
	s.jobs.Handle(jobFollow, jobs.Options{Tries: 4, Timeout: 4 * time.Minute}, func(ctx context.Context, run *jobs.Run) (any, error) {
		var j requestJob
		if err := run.Read(&j); err != nil {
			return nil, jobs.Fatal(err)
		}
		return nil, s.syncRequest(ctx, j.Request, run.Try)
	})
	s.jobs.Every("esign.sweep", time.Minute, s.sweep)
	if s.provider != nil {
		s.jobs.Every("esign.poll", 15*time.Second, s.poll)
	}
}

func (s *Service) queueInvitation(ctx context.Context, tx db.Tx, request domain.ID, signer Signer) error {
	return s.queue(ctx, tx, jobs.LegacyInsert{Kind: jobInvite, Queue: jobs.Interactive, Payload: inviteJob{Request: request, Signer: signer.ID}})
}

func (s *Service) queueReminder(ctx context.Context, tx db.Tx, request domain.ID, signer Signer) error {
	return s.queue(ctx, tx, jobs.LegacyInsert{Kind: jobInvite, Payload: inviteJob{Request: request, Signer: signer.ID, Reminder: signer.Reminders}})
}

func (s *Service) queueSealing(ctx context.Context, tx db.Tx, request domain.ID) error {
	return s.queue(ctx, tx, jobs.LegacyInsert{Kind: jobSeal, Queue: jobs.Interactive, Payload: requestJob{request}})
}

func (s *Service) queueSync(ctx context.Context, tx db.Tx, request domain.ID) error {
	return s.queue(ctx, tx, jobs.LegacyInsert{Kind: jobFollow, Queue: jobs.Interactive, Payload: requestJob{request}})
}

// queueNotices queues mails about the outcome of a request: to the sender, and to the signers it concerns.
func (s *Service) queueNotices(ctx context.Context, tx db.Tx, r *Request, n notice) error {
	all := []jobs.LegacyInsert{{Kind: jobNotice, Payload: noticeJob{Request: r.ID, Notice: n}}}
	for i := range r.Signers {
		signer := &r.Signers[i]
		if n.concerns(*signer) {
			all = append(all, jobs.LegacyInsert{Kind: jobNotice, Payload: noticeJob{Request: r.ID, Signer: &signer.ID, Notice: n}})
		}
	}
	return s.queue(ctx, tx, all...)
}

// queueBounceNotice queues a mail to the sender about a signer's address.
func (s *Service) queueBounceNotice(ctx context.Context, tx db.Tx, request domain.ID, signer Signer) error {
	return s.queue(ctx, tx, jobs.LegacyInsert{Kind: jobNotice, Payload: noticeJob{Request: request, Notice: noticeBounced, About: signer.Number}})
}

func (s *Service) queue(ctx context.Context, tx db.Tx, js ...jobs.LegacyInsert) error {
	_, err := s.jobs.Add(ctx, tx, js...)
	return err
}
