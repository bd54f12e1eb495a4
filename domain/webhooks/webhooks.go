// Package webhooks sends signed events to URLs that users subscribe (Standard Webhooks), and retries
// until the receiver accepts them.
//
// A webhook (an endpoint) is a URL with the types of events its owner wants. An event writes a
// delivery for each webhook that subscribes to it, and the job that sends it, into the transaction of
// the change: see lifecycle.go for the states of a delivery. Every attempt carries the id of the
// delivery, by which a receiver ignores duplicates: delivery is at least once.
//
// A webhook is disabled by its owner, by a receiver that answers 410 Gone, and after days without a
// single success. Nothing is written for a disabled webhook. Failed deliveries can be replayed until
// they are deleted.
//
// Only its owner and admins see a webhook; to anyone else it does not exist. Its owner receives the
// events of their own things and of the cases they are a member of, which is checked again before
// each attempt.
package webhooks

import (
	"cmp"
	"context"
	"crypto/cipher"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/jobs"
	query "counsel/gen/query/webhooks"
)

// Webhook is a subscription.
type Webhook struct {
	ID                      domain.ID
	UserID                  domain.ID // the owner
	URL                     string
	Description             string
	EventTypes              []domain.EventType
	Enabled                 bool
	DisabledReason          Reason     // "" while enabled
	DisabledAt              *time.Time // nil while enabled
	FailingSince            *time.Time // the first failure after the last success
	PreviousSecretExpiresAt *time.Time // until then the previous secret signs, too; nil: there is none
	CreatedAt               time.Time
	UpdatedAt               time.Time
}

// Reason is why a webhook is disabled.
type Reason string

// The reasons.
const (
	ReasonOwner   Reason = "owner"   // its owner or an admin disabled it
	ReasonGone    Reason = "gone"    // the receiver answered 410
	ReasonFailing Reason = "failing" // nothing was delivered for disableAfter
)

const (
	// MaxWebhooks is how many webhooks an account may have.
	MaxWebhooks = 10
	// SecretOverlap is how long the previous secret still signs after a rotation.
	SecretOverlap = 24 * time.Hour
	// DeliveryRetention is how long deliveries can be looked up and replayed.
	DeliveryRetention = 30 * 24 * time.Hour
)

// disableAfter is how long a webhook may fail, without a single success, before it is disabled.
const disableAfter = 5 * 24 * time.Hour

// backoff is the retry policy: how long after each failure the next attempt follows. Three days in
// all.
var backoff = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// Accounts looks up accounts. account.Service implements it.
type Accounts interface {
	// ByID returns the accounts that exist among ids.
	ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error)
}

// Cases decides who may read what is in a case. cases.Service implements it.
type Cases interface {
	// CanRead reports whether a case exists and the user is a member of it.
	CanRead(ctx context.Context, id, user domain.ID) (bool, error)
}

// Config holds what the service depends on.
type Config struct {
	DB       *sql.DB
	Jobs     *jobs.Service // not started yet
	Sender   Sender
	Accounts Accounts
	Cases    Cases
	Runtime  domain.Runtime
	Key      []byte // encrypts the secrets; at least 16 bytes, the same on every server

	// OnDisabled is called when the service disables a webhook, in that transaction. Optional.
	OnDisabled func(ctx context.Context, tx db.Tx, w Webhook, owner account.User) error

	Concurrency int             // jobs at a time in this process, of which webhooks take a part; 8
	Backoff     []time.Duration // pauses between attempts; nil: 5 s to 24 h, over three days
}

// Service manages webhooks and delivers to them. It is safe for concurrent use. Every method can fail
// with Unavailable: the database is down.
type Service struct {
	pool       *sql.DB
	rows       *query.Queries
	jobs       *jobs.Service
	sender     Sender
	accounts   Accounts
	cases      Cases
	runtime    domain.Runtime
	log        *slog.Logger
	secrets    cipher.AEAD
	onDisabled func(ctx context.Context, tx db.Tx, w Webhook, owner account.User) error
	backoff    []time.Duration
	limiter    *limiter
}

// New returns the service and registers its jobs.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Jobs == nil || c.Sender == nil || c.Accounts == nil || c.Cases == nil {
		return nil, errors.New("webhooks: a dependency is missing")
	}
	if c.Backoff == nil {
		c.Backoff = backoff
	}
	if c.OnDisabled == nil {
		c.OnDisabled = func(context.Context, db.Tx, Webhook, account.User) error { return nil }
	}
	secrets, err := newCipher(c.Key)
	if err != nil {
		return nil, err
	}
	s := &Service{
		pool: c.DB, rows: query.New(c.DB), jobs: c.Jobs, sender: c.Sender, accounts: c.Accounts, cases: c.Cases, runtime: c.Runtime, log: c.Runtime.Log,
		secrets: secrets, onDisabled: c.OnDisabled, backoff: c.Backoff, limiter: newLimiter(cmp.Or(c.Concurrency, 8), c.Runtime.Clock),
	}
	s.registerJobs()
	return s, nil
}

// now returns the time as the database stores it.
func (s *Service) now() time.Time { return s.runtime.Clock().UTC().Truncate(time.Microsecond) }
