// Package email sends mail that people write and mail of the service itself.
//
// An accepted mail and the job that sends it are inserted in one transaction (an outbox), so that it is sent even if
// servers crash. The job makes attempts until the mail server has accepted or rejected every recipient, for about a
// day; each attempt goes only to recipients that are still queued. lifecycle.go describes the states of a mail and of
// its recipients. If a server dies after the mail server has accepted a message and before that is recorded, the mail
// is sent twice, under the same Message-ID.
//
// Addresses that a mail server rejected as nonexistent are put on the suppression list and are not mailed again.
// Admins can view and edit the list.
//
// Bodies and addresses are stored only in the database, attachments only as documents. The text of system mails is not
// stored, because some contain a secret; it is composed when the mail is sent.
//
// Every method can fail with Unavailable: the database is down, or, with the reason email_unavailable, no mail server
// is configured.
package email

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/events"
	"counsel/domain/files"
	"counsel/domain/jobs"
	query "counsel/gen/query/email"
)

// kindMessage is the kind of a mail that a person wrote. System mails have a SystemMailKind.
const kindMessage = "message"

// Limits of one mail.
const (
	MaxRecipients    = 100
	MaxBatch         = 100
	MaxAttachments   = 20
	MaxAttachedBytes = 10 << 20 // bytes of all attachments together, before encoding
	MaxScheduleAhead = 366 * 24 * time.Hour
)

// ReasonUnavailable is the reason of errors if no mail server is configured.
const ReasonUnavailable = "email_unavailable"

// Config holds what a Service needs.
type Config struct {
	DB       *sql.DB
	Runtime  domain.Runtime
	Jobs     jobs.Client
	Outbox   *Outbox // also holds the recipient quota
	Sender   Sender  // nil: no mail server is configured
	Files    *files.Service
	Accounts Accounts
	Events   events.Publisher // nil: the final status of mails is not published

	PublicURL  string // under which people reach the service
	AccountURL string // page on which people verify an address and choose a password

	// LinkSecret returns the secret of a link for the id of its subject; LinkID is the reverse and fails if the secret
	// is not valid.
	LinkSecret func(domain.ID) string
	LinkID     func(secret string) (domain.ID, error)

	// RetryBackoff are the waits between attempts; nil: from 10 seconds to hours, about a day in total.
	RetryBackoff []time.Duration
	// Retention is how long the text of a finished mail and all of a system mail is kept. It must be longer than the
	// retention of failed jobs, which can be retried. 0: forever.
	Retention time.Duration
}

// Accounts looks up accounts. account.Service implements it.
type Accounts interface {
	ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error)
}

// Service sends mail. It is safe for concurrent use.
type Service struct {
	clock    domain.Clock
	newID    func() domain.ID
	log      *slog.Logger
	db       *sql.DB
	rows     *query.Queries
	jobs     jobs.Client
	outbox   *Outbox
	sender   Sender
	files    *files.Service
	accounts Accounts
	events   events.Publisher

	publicURL, accountURL string
	linkSecret            func(domain.ID) string
	linkID                func(string) (domain.ID, error)
	retryBackoff          []time.Duration
	retention             time.Duration
}

// defaultRetryBackoff adds up to more than a day.
var defaultRetryBackoff = []time.Duration{10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 4 * time.Hour, 4 * time.Hour, 8 * time.Hour}

// New returns a service and registers its jobs.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Jobs == nil || c.Outbox == nil || c.Files == nil || c.Accounts == nil || c.LinkSecret == nil || c.LinkID == nil {
		return nil, errors.New("email: a dependency is missing")
	}
	s := &Service{
		clock: c.Runtime.Clock, newID: c.Runtime.NewID, log: c.Runtime.Log, db: c.DB, rows: query.New(c.DB), jobs: c.Jobs, outbox: c.Outbox, sender: c.Sender,
		files: c.Files, accounts: c.Accounts, events: c.Events, publicURL: c.PublicURL, accountURL: c.AccountURL, linkSecret: c.LinkSecret, linkID: c.LinkID,
		retryBackoff: c.RetryBackoff, retention: c.Retention,
	}
	if s.retryBackoff == nil {
		s.retryBackoff = defaultRetryBackoff
	}
	if s.events == nil {
		s.events = events.NopPublisher{}
	}
	s.registerJobs()
	return s, nil
}

// ReserveQuota charges recipients to the caller's quota, for every kind of mail. It fails with RateLimited.
func (s *Service) ReserveQuota(ctx context.Context, caller domain.Principal, recipients int) error {
	return s.outbox.ReserveQuota(ctx, caller, recipients)
}

// Email is a mail that a person wrote.
type Email struct {
	ID, UserID  domain.ID
	Subject     string
	Text, HTML  string
	ReplyTo     string
	Status      Status
	Reason      string // why it was not sent, or not yet
	Attempts    int
	Recipients  []Recipient
	Attachments []AttachedFile
	SendAt      time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Recipient is a recipient of a mail with its own status.
type Recipient struct {
	Field   string // to, cc, bcc
	Address string
	Status  Status
	Reason  string
}

// AttachedFile is a document attached to a mail.
type AttachedFile struct {
	DocumentID  domain.ID
	Filename    string
	ContentType string
	Size        int64
	Inline      bool
}

// Filter narrows a list of mails.
type Filter struct {
	UserID *domain.ID // nil: the caller's own mails, for an admin everyone's
	Status Status     // "": all
	Limit  int        // 1 to 100
	Cursor *domain.ID
}

func unavailable() error {
	return &domain.Error{Code: domain.Unavailable, Reason: ReasonUnavailable, RetryAfter: 5 * time.Minute, Message: "This service is not configured to send e-mail."}
}

func notFound() error { return domain.NoSuch("e-mail") }
