// Package email sends mail for people, and for the service itself.
//
// A mail is written down, with the job that sends it, in one transaction: what was accepted is
// sent, however often a server goes down meanwhile. It is queued; then, for each recipient by
// themselves, sent (the mail server answers for it), bounced (refused for good) or failed (given
// up after a day, or something it needs is gone). It is cancelled when its sender says so while
// no server is sending it. A try goes only to those who do not have it yet. When a server dies
// between the mail server's last word and the writing down of it, the mail goes a second time,
// with the same Message-ID.
//
// An address that a mail server refused for being no address is on the suppression list from
// then on, and is not written to again; admins see the list and change it.
//
// Bodies and addresses lie in the database alone, attachments in the documents they are of. The
// service's own mails are not kept as text: some hold a secret, and are written when they go.
//
// Errors of every method may be Unavailable: the database is down, or (reason email_unavailable)
// no mail server is configured.
package email

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/events"
	"counsel/domain/files"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

// Status is where a mail, or a recipient of it, stands.
type Status string

// The statuses.
const (
	Queued    Status = "queued"
	Sent      Status = "sent"      // of a mail: to one recipient at least, and nobody is waiting
	Bounced   Status = "bounced"   // refused for good by the mail server
	Failed    Status = "failed"    // given up
	Cancelled Status = "cancelled" // by its sender

	// Suppressed is of recipients alone: the address is on the suppression list.
	Suppressed Status = "suppressed"

	Sending Status = "sending" // of mails alone, and shown as queued: a server is at it
)

// kindMessage is the kind of a mail that a person wrote.
const kindMessage = "message"

// Limits of one mail.
const (
	MaxRecipients    = 100
	MaxBatch         = 100
	MaxAttachments   = 20
	MaxAttachedBytes = 10 << 20 // bytes of all attachments together, as they are stored
	MaxScheduleAhead = 366 * 24 * time.Hour
)

// ReasonUnavailable is the code callers get where no mail server is configured.
const ReasonUnavailable = "email_unavailable"

// Deps are what a Service works with.
type Deps struct {
	DB       *sql.DB
	Jobs     *jobs.Service
	*Outbox         // for the service's own mails, and the quota of all
	Sender   Sender // nil: none is configured
	Files    *files.Service
	Accounts Accounts
	Clock    domain.Clock
	NewID    func() domain.ID
	Log      *slog.Logger

	// PublicURL is where people reach the service, AccountURL the page on which they verify an
	// address and choose a password.
	PublicURL, AccountURL string
	// LinkSecret makes the secret part of a link, for the id of what it is good for.
	LinkSecret func(domain.ID) string
	// LinkID is the id that Secret made a secret of.
	LinkID func(secret string) (domain.ID, error)
	// Backoff are the waits between tries; nil: seconds at first, hours at last, a day in all.
	Backoff []time.Duration
	// Retention is how long the text of a mail is kept after its end, and all of the service's own; longer
	// than jobs.KeptFailed, for as long as which a failed one may be sent again. 0: for ever.
	Retention time.Duration
	// Events gets what became of what people sent; nil: nothing is published.
	Events events.Publisher
}

// Accounts knows the accounts (account.Service).
type Accounts interface {
	ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error)
}

// Service sends mail. It is safe for concurrent use.
type Service struct {
	Deps
	rows *query.Queries
}

// New makes the service and registers its jobs.
func New(d Deps) *Service {
	if d.Backoff == nil {
		d.Backoff = []time.Duration{10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
			time.Hour, 2 * time.Hour, 4 * time.Hour, 4 * time.Hour, 4 * time.Hour, 8 * time.Hour}
	}
	if d.Events == nil {
		d.Events = events.NopPublisher{}
	}
	s := &Service{Deps: d, rows: query.New(d.DB)}
	d.Jobs.Handle(kindSend, jobs.Options{Tries: len(d.Backoff) + 1, Timeout: attemptTimeout, Backoff: func(try int) time.Duration {
		return d.Backoff[min(max(try, 1), len(d.Backoff))-1]
	}, OnDead: s.fail}, s.deliver)
	if d.Retention > 0 {
		d.Jobs.Every("email.forget", time.Hour, s.prune)
	}
	return s
}

// pruneBatch is how many mails one statement of a sweep changes.
const pruneBatch = 500

// prune takes away the text of mails that came to their end long ago, and the service's own
// altogether. Of people's stays who was written to, about what, with which documents, and what
// became of it; while their sender is a member of a case under legal hold, all.
func (s *Service) prune(ctx context.Context) error {
	before := s.Clock().Add(-s.Retention)
	for _, sweep := range []func() (int64, error){
		func() (int64, error) {
			return s.rows.EmptyOldEmails(ctx, query.EmptyOldEmailsParams{Before: before, Limit: pruneBatch})
		},
		func() (int64, error) {
			return s.rows.DeleteOldNotices(ctx, query.DeleteOldNoticesParams{Before: before, Limit: pruneBatch})
		},
	} {
		for n := int64(pruneBatch); n == pruneBatch; {
			var err error
			if n, err = sweep(); err != nil {
				return db.Error(err)
			}
		}
	}
	return nil
}

// Email is a mail that a person sent.
type Email struct {
	ID, UserID  domain.ID
	Subject     string
	Text, HTML  string
	ReplyTo     string
	Status      Status
	Reason      string // why it is not sent, or not yet
	Attempts    int
	Recipients  []Recipient
	Attachments []AttachedFile
	SendAt      time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Recipient of a mail, and what became of it for them.
type Recipient struct {
	Field   string // to, cc, bcc
	Address string
	Status  Status
	Reason  string
}

// AttachedFile is a document as a mail carries it.
type AttachedFile struct {
	DocumentID  domain.ID
	Filename    string
	ContentType string
	Size        int64
	Inline      bool
}

// Filter narrows a list of mails.
type Filter struct {
	UserID *domain.ID // nil: the caller's own; an admin's: everyone's
	Status Status     // "": all
	Limit  int        // 1 to 100
	Before *domain.ID
}

func unavailable() error {
	return &domain.Error{Code: domain.Unavailable, Reason: ReasonUnavailable, RetryAfter: 5 * time.Minute, Message: "This service is not set up to send mail."}
}

func notFound() error { return domain.NoSuch("e-mail") }

// EraseUser takes away what somebody sent and the mails the service sent them, in the caller's
// transaction. What waits to be sent is not sent. That they want no mail is kept, without their
// address; that a server found no such address is not.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID, address string) error {
	q := query.New(tx)

	if err := q.ForgetEmails(ctx, user); err != nil {
		return err
	}
	key := domain.EmailKey(address)
	if err := q.ForgetSuppression(ctx, query.ForgetSuppressionParams{Erased: erasedAddress(key), Address: key}); err != nil {
		return err
	}
	return q.RemoveSuppression(ctx, key) // another who had the address was erased before
}
