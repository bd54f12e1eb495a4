package account

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
	query "counsel/gen/query/account"
)

// registerJobs registers the jobs of the service.
func (s *Service) registerJobs() {
	jobs.Register(s.jobs, jobs.Worker[resetMailArgs]{Work: s.sendResetMail}, "account.reset")
	jobs.Schedule[pruneLinksArgs](s.jobs, time.Hour, s.pruneLinks, "every.account.links")
}

// resetMailArgs are the arguments of the job that sends a password reset mail.
type resetMailArgs struct {
	UserID domain.ID `json:"userId"` // zero: no account has the address
	Locale string    `json:"locale"`
}

func (resetMailArgs) Kind() string { return "accounts.send_reset_mail" }

// sendResetMail enqueues a password reset mail. The link has the id of the job, so that a second run
// conflicts and sends nothing.
func (s *Service) sendResetMail(ctx context.Context, job *jobs.Job[resetMailArgs]) (any, error) {
	if job.Args.UserID.IsZero() {
		return nil, nil
	}
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		u, err := query.New(tx).GetUser(ctx, job.Args.UserID)
		if err != nil || u.DisabledAt.Valid {
			return err
		}
		return s.enqueueMail(ctx, tx, job.ID, Mail{Kind: MailReset, To: toUser(u), Locale: job.Args.Locale})
	})
	if code := domain.CodeOf(err); err != nil && code != domain.Conflict && code != domain.NotFound {
		return nil, err
	}
	s.mailer.Wake()
	return nil, nil
}

// pruneLinksArgs are the arguments of the periodic job that deletes expired links.
type pruneLinksArgs struct{}

func (pruneLinksArgs) Kind() string { return "accounts.prune_links" }

// pruneLinks deletes expired links.
func (s *Service) pruneLinks(ctx context.Context) error {
	for {
		n, err := s.queries.DeleteExpiredAccountLinks(ctx, s.clock())
		if err != nil || n == 0 {
			return db.Error(err)
		}
	}
}
