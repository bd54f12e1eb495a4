// Package webhooks tells partners over HTTP what happened, signed, and keeps telling until it is
// heard.
//
// Somebody who subscribes gives a URL and the types of events they want. Emit writes one delivery
// for each of their webhooks, and the job that sends it, into the transaction of the thing itself:
// what is rolled back is not told, what is committed is. A delivery is pending until it is
// delivered (the receiver answered 2xx in time), failed (given up after the last try, or because
// its webhook was disabled) or withheld (its owner may not hear of it any more). Its id goes with
// each try, so that a receiver knows what it has had: it is told at least once.
//
// A webhook is disabled by its owner, at once by a receiver that answers 410 Gone, and when it has
// failed for days without a single success. While it is disabled nothing is written for it. What
// failed can be replayed for as long as deliveries are kept.
//
// A webhook is its owner's and the admins'; to anyone else it looks like one that does not exist.
// Its owner hears of their own things and of those of the cases they are a member of, which is
// asked again before each try.
package webhooks

import (
	"cmp"
	"context"
	"crypto/cipher"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

const (
	// MaxWebhooks is how many one account may have.
	MaxWebhooks = 10
	// Overlap is how long the secret before still signs after another was made.
	Overlap = 24 * time.Hour
	// Kept is how long deliveries can be looked up and replayed.
	Kept = 30 * 24 * time.Hour

	maxURL         = 2000 // bytes
	maxDescription = 200  // characters
)

// patience is how long a webhook may fail, without a single success, before it is disabled.
const patience = 5 * 24 * time.Hour

// schedule is how long after each failure the next try comes: three days in all.
var schedule = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// Reason is why a webhook is disabled.
type Reason string

// The reasons.
const (
	ReasonOwner   Reason = "owner"   // somebody disabled it
	ReasonGone    Reason = "gone"    // the receiver answered 410
	ReasonFailing Reason = "failing" // nothing was delivered for days
)

// Webhook is a subscription.
type Webhook struct {
	ID             domain.ID
	UserID         domain.ID
	URL            string
	Description    string
	EventTypes     []domain.EventType
	Enabled        bool
	DisabledReason Reason     // "" while enabled
	DisabledAt     *time.Time // nil while enabled
	FailingSince   *time.Time // the first failure since something was delivered
	OldSecretUntil *time.Time // until then the secret before signs, too
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// People knows the accounts.
type People interface {
	// ByID returns the accounts there are among ids.
	ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error)
}

// Cases knows who may read what is in a case.
type Cases interface {
	// CanRead reports whether a case is there and somebody is a member of it.
	CanRead(ctx context.Context, id, user domain.ID) (bool, error)
}

// Deps are what the service works with.
type Deps struct {
	DB     *sql.DB
	Jobs   *jobs.Service
	Sender Sender
	People People
	Cases  Cases
	Clock  domain.Clock
	NewID  func() domain.ID
	Random io.Reader
	Log    *slog.Logger
	Key    []byte // secrets are sealed with what is made of it

	// Disabled, if there is one, tells the owner of a webhook that it was disabled, in the
	// transaction that does so.
	Disabled func(ctx context.Context, tx db.Tx, w Webhook, owner account.User) error

	Concurrency int             // jobs at a time in this process: webhooks leave some of them to others
	Schedule    []time.Duration // between tries; nil: 5 s to 24 h, over three days
}

// Service keeps webhooks and delivers to them. It is safe for concurrent use. Every method can fail
// with Unavailable: the database is down.
type Service struct {
	Deps
	rows *query.Queries
	seal cipher.AEAD
	gate *gate
}

// New makes the service and registers what its jobs do.
func New(d Deps) (*Service, error) {
	if d.Schedule == nil {
		d.Schedule = schedule
	}
	seal, err := newSeal(d.Key)
	if err != nil {
		return nil, err
	}
	s := &Service{Deps: d, rows: query.New(d.DB), seal: seal, gate: newGate(cmp.Or(d.Concurrency, 8), d.Clock)}
	s.Jobs.Handle(kindDeliver, jobs.Options{
		Tries:   1 << 30, // the delivery counts its own
		Timeout: time.Minute,
		Backoff: func(int) time.Duration { return time.Second/2 + rand.N(time.Second) },
		OnDead:  s.buried,
	}, s.deliver)
	s.Jobs.Handle(kindReplay, jobs.Options{}, s.replayAll)
	s.Jobs.Every("webhooks.tidy", tidyEvery, s.tidy)
	return s, nil
}

// NewWebhook is what a webhook begins with.
type NewWebhook struct {
	ID          domain.ID // optional: a repeated request has the same, and returns what it made before
	URL         string
	Description string
	EventTypes  []domain.EventType
}

// Create makes a webhook of the caller, and the secret it signs with, which is not shown again.
// Invalid: /url, /description, /eventTypes. Conflict: the caller has MaxWebhooks.
func (s *Service) Create(ctx context.Context, caller domain.Principal, n NewWebhook) (w Webhook, secret string, err error) {
	if n.Description, err = s.check(n.URL, n.Description, n.EventTypes); err != nil {
		return Webhook{}, "", err
	}
	if !n.ID.IsZero() {
		r, err := s.rows.GetWebhook(ctx, n.ID)
		if err := visible(caller, r, err); domain.CodeOf(err) != domain.NotFound {
			return s.shown(r, err)
		}
	}
	id := cmp.Or(n.ID, s.NewID())
	sealed, secret, err := s.newSecret(id)
	if err != nil {
		return Webhook{}, "", err
	}
	now := s.now()
	err = db.WithTx(ctx, s.DB, func(tx db.Tx) error {
		q := query.New(tx)

		have, err := q.LockUserWebhooks(ctx, caller.UserID)
		if err != nil {
			return err
		}
		if len(have) >= MaxWebhooks {
			return domain.Errorf(domain.Conflict, "An account can have at most %d webhooks.", MaxWebhooks)
		}
		return q.CreateWebhook(ctx, query.CreateWebhookParams{ID: id, UserID: caller.UserID, Url: n.URL, Description: n.Description,
			EventTypes: join(n.EventTypes), Secret: sealed, CreatedAt: now, UpdatedAt: now})
	})
	if err != nil {
		return Webhook{}, "", err
	}
	return Webhook{ID: id, UserID: caller.UserID, URL: n.URL, Description: n.Description, EventTypes: split(join(n.EventTypes)), Enabled: true, CreatedAt: now, UpdatedAt: now}, secret, nil
}

// shown is a webhook with its secret as its owner is shown it.
func (s *Service) shown(r query.Webhook, err error) (Webhook, string, error) {
	if err != nil {
		return Webhook{}, "", err
	}
	secret, err := s.unseal(r.ID, r.Secret)
	if err != nil {
		return Webhook{}, "", err
	}
	return webhook(r, s.now()), encodeSecret(secret), nil
}

// check holds what a caller gives against what a webhook can be, and trims the description.
func (s *Service) check(url, description string, types []domain.EventType) (string, error) {
	var faults []domain.Field
	fault := func(pointer, detail string) {
		faults = append(faults, domain.Field{Pointer: pointer, Detail: detail})
	}
	if len(url) > maxURL {
		fault("/url", "is too long")
	} else if detail := s.Sender.Accepts(url); detail != "" {
		fault("/url", detail)
	}
	description = strings.TrimSpace(description)
	if utf8.RuneCountInString(description) > maxDescription || !utf8.ValidString(description) || strings.ContainsFunc(description, unicode.IsControl) {
		fault("/description", "must be one line of at most 200 characters")
	}
	if len(types) == 0 {
		fault("/eventTypes", "must name at least one")
	}
	for _, t := range types {
		if !slices.Contains(domain.EventTypes, t) {
			fault("/eventTypes", "holds a type of event that there is not")
			break
		}
	}
	if faults != nil {
		return "", &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted.", Fields: faults}
	}
	return description, nil
}

// Filter narrows a list.
type Filter struct {
	UserID *domain.ID // nil: the caller's own; an admin's: everyone's
	Limit  int        // 1 to 100; 0: 20
	Before *domain.ID // only older ones than this: next of the page before
}

// List lists webhooks, the newest first. next is the Before of the following page, nil on the last.
// Forbidden: another user's, for anyone but an admin.
func (s *Service) List(ctx context.Context, caller domain.Principal, f Filter) (items []Webhook, next *domain.ID, err error) {
	user := f.UserID
	if !caller.Admin() {
		if user != nil && *user != caller.UserID {
			return nil, nil, domain.Errorf(domain.Forbidden, "Only an admin may list another user's webhooks.")
		}
		user = &caller.UserID
	}
	limit := pageSize(f.Limit)
	var rows []query.Webhook
	if user != nil {
		rows, err = s.rows.ListWebhooks(ctx, query.ListWebhooksParams{UserID: *user, Before: domain.Before(f.Before), Limit: limit + 1})
	} else {
		rows, err = s.rows.ListAllWebhooks(ctx, query.ListAllWebhooksParams{Before: domain.Before(f.Before), Limit: limit + 1})
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	if len(rows) > int(limit) {
		rows = rows[:limit]
		next = &rows[limit-1].ID
	}
	for _, r := range rows {
		items = append(items, webhook(r, s.now()))
	}
	return items, next, nil
}

// Get reads a webhook. NotFound: there is none, or it is not the caller's.
func (s *Service) Get(ctx context.Context, caller domain.Principal, id domain.ID) (Webhook, error) {
	r, err := s.rows.GetWebhook(ctx, id)
	if err := visible(caller, r, err); err != nil {
		return Webhook{}, err
	}
	return webhook(r, s.now()), nil
}

// visible answers for a webhook that was looked up: absent and another's look the same.
func visible(caller domain.Principal, r query.Webhook, err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && r.UserID != caller.UserID && !caller.Admin():
		return domain.NoSuch("webhook")
	}
	return db.Error(err)
}

// Update is what may change of a webhook; nil leaves a thing as it is.
type Update struct {
	URL, Description *string
	EventTypes       []domain.EventType
	Enabled          *bool
}

// Update changes a webhook. Enabling one gives it days to deliver again. Invalid as of Create;
// NotFound as of Get.
func (s *Service) Update(ctx context.Context, caller domain.Principal, id domain.ID, u Update) (Webhook, error) {
	return s.change(ctx, caller, id, func(r *query.Webhook) error {
		if u.URL != nil {
			r.Url = *u.URL
		}
		if u.Description != nil {
			r.Description = *u.Description
		}
		types := split(r.EventTypes)
		if u.EventTypes != nil {
			types = u.EventTypes
		}
		var err error
		if r.Description, err = s.check(r.Url, r.Description, types); err != nil {
			return err
		}
		r.EventTypes = join(types)
		if u.Enabled == nil || *u.Enabled == r.Enabled {
			return nil
		}
		r.Enabled = *u.Enabled
		if r.Enabled {
			r.DisabledReason, r.DisabledAt, r.FailingSince = "", sql.NullTime{}, sql.NullTime{}
		} else {
			r.DisabledReason, r.DisabledAt = string(ReasonOwner), sql.NullTime{Time: s.now(), Valid: true}
		}
		return nil
	})
}

// RotateSecret makes another secret, which is not shown again. Until Overlap has passed all is
// signed with the one before as well. request is optional, the same each time a request is repeated:
// the secret that was made since its time is its own. NotFound as of Get.
func (s *Service) RotateSecret(ctx context.Context, caller domain.Principal, id, request domain.ID) (w Webhook, secret string, err error) {
	sealed, secret, err := s.newSecret(id)
	if err != nil {
		return Webhook{}, "", err
	}
	w, err = s.change(ctx, caller, id, func(r *query.Webhook) error {
		if !request.IsZero() && r.OldUntil.Valid && !r.OldUntil.Time.Add(-Overlap).Before(request.Time()) {
			made, err := s.unseal(id, r.Secret)
			secret = encodeSecret(made)
			return err
		}
		r.OldSecret, r.OldUntil = r.Secret, sql.NullTime{Time: s.now().Add(Overlap), Valid: true}
		r.Secret = sealed
		return nil
	})
	return w, secret, err
}

func (s *Service) change(ctx context.Context, caller domain.Principal, id domain.ID, change func(*query.Webhook) error) (Webhook, error) {
	var r query.Webhook
	err := db.WithTx(ctx, s.DB, func(tx db.Tx) (err error) {
		q := query.New(tx)

		r, err = q.LockWebhook(ctx, id)
		if err := visible(caller, r, err); err != nil {
			return err
		}
		if err := change(&r); err != nil {
			return err
		}
		r.UpdatedAt = s.now()
		return q.UpdateWebhook(ctx, query.UpdateWebhookParams{ID: id, Url: r.Url, Description: r.Description, EventTypes: r.EventTypes, Secret: r.Secret,
			OldSecret: r.OldSecret, OldUntil: r.OldUntil, Enabled: r.Enabled, DisabledReason: r.DisabledReason, DisabledAt: r.DisabledAt,
			FailingSince: r.FailingSince, UpdatedAt: r.UpdatedAt})
	})
	if err != nil {
		return Webhook{}, err
	}
	return webhook(r, s.now()), nil
}

// Delete takes a webhook away, and its deliveries with it; what is still pending is not sent.
// NotFound as of Get.
func (s *Service) Delete(ctx context.Context, caller domain.Principal, id domain.ID) error {
	if _, err := s.Get(ctx, caller, id); err != nil {
		return err
	}
	_, err := s.rows.DeleteWebhook(ctx, query.DeleteWebhookParams{DeletedAt: sql.NullTime{Time: s.now(), Valid: true}, ID: id})
	return db.Error(err)
}

// EraseUser takes all of somebody's webhooks away, in the caller's transaction.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error {
	return query.New(tx).ForgetWebhooks(ctx, query.ForgetWebhooksParams{DeletedAt: sql.NullTime{Time: s.now(), Valid: true}, UserID: user})
}

// now is the time as the database keeps it.
func (s *Service) now() time.Time { return s.Clock().UTC().Truncate(time.Microsecond) }

func webhook(r query.Webhook, now time.Time) Webhook {
	w := Webhook{ID: r.ID, UserID: r.UserID, URL: r.Url, Description: r.Description, EventTypes: split(r.EventTypes), Enabled: r.Enabled,
		DisabledReason: Reason(r.DisabledReason), DisabledAt: given(r.DisabledAt), FailingSince: given(r.FailingSince), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
	if r.OldUntil.Valid && r.OldUntil.Time.After(now) {
		w.OldSecretUntil = &r.OldUntil.Time
	}
	return w
}

func given(t sql.NullTime) *time.Time {
	if !t.Valid {
		return nil
	}
	return &t.Time
}

// join writes types as the database keeps them: each once, in order.
func join(types []domain.EventType) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " ")
}

func split(s string) []domain.EventType {
	names := strings.Fields(s)
	types := make([]domain.EventType, len(names))
	for i, n := range names {
		types[i] = domain.EventType(n)
	}
	return types
}

func pageSize(limit int) int32 { return int32(min(max(cmp.Or(limit, 20), 1), 100)) }
