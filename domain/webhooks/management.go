package webhooks

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/webhooks"
)

const (
	maxURL         = 2000 // bytes
	maxDescription = 200  // characters
)

// NewWebhook describes a webhook to be created.
type NewWebhook struct {
	ID          domain.ID // optional; when it exists, Create returns that webhook
	URL         string
	Description string
	EventTypes  []domain.EventType
}

// Create adds a webhook of the caller. The secret that signs its messages is returned only here.
// Invalid: /url, /description, /eventTypes. Conflict: the caller has MaxWebhooks.
func (s *Service) Create(ctx context.Context, caller domain.Principal, n NewWebhook) (w Webhook, secret string, err error) {
	if n.Description, err = s.validate(n.URL, n.Description, n.EventTypes); err != nil {
		return Webhook{}, "", err
	}
	if !n.ID.IsZero() {
		r, err := s.rows.GetWebhook(ctx, n.ID)
		if err := authorize(caller, r, err); domain.CodeOf(err) != domain.NotFound {
			return s.withSecret(r, err)
		}
	}
	id := cmp.Or(n.ID, s.runtime.NewID())
	sealed, secret, err := s.newSecret(id)
	if err != nil {
		return Webhook{}, "", err
	}
	now := s.now()
	err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)
		existing, err := q.LockWebhooksByUser(ctx, caller.UserID)
		if err != nil {
			return err
		}
		if len(existing) >= MaxWebhooks {
			return domain.Errorf(domain.Conflict, "An account can have at most %d webhooks.", MaxWebhooks)
		}
		return q.CreateWebhook(ctx, query.CreateWebhookParams{ID: id, UserID: caller.UserID, Url: n.URL, Description: n.Description,
			EventTypes: joinTypes(n.EventTypes), Secret: sealed, CreatedAt: now, UpdatedAt: now})
	})
	if err != nil {
		return Webhook{}, "", err
	}
	return Webhook{ID: id, UserID: caller.UserID, URL: n.URL, Description: n.Description, EventTypes: splitTypes(joinTypes(n.EventTypes)), Enabled: true, CreatedAt: now, UpdatedAt: now}, secret, nil
}

// withSecret returns a webhook with its decrypted secret.
func (s *Service) withSecret(r query.Webhook, err error) (Webhook, string, error) {
	if err != nil {
		return Webhook{}, "", err
	}
	secret, err := s.decryptSecret(r.ID, r.Secret)
	if err != nil {
		return Webhook{}, "", err
	}
	return newWebhook(r, s.now()), encodeSecret(secret), nil
}

// validate checks the fields that a caller may set, and trims the description.
func (s *Service) validate(url, description string, types []domain.EventType) (string, error) {
	var fields []domain.Field
	invalid := func(pointer, detail string) {
		fields = append(fields, domain.Field{Pointer: pointer, Detail: detail})
	}
	if len(url) > maxURL {
		invalid("/url", "is too long")
	} else if detail := s.sender.Accepts(url); detail != "" {
		invalid("/url", detail)
	}
	description = strings.TrimSpace(description)
	if utf8.RuneCountInString(description) > maxDescription || !utf8.ValidString(description) || strings.ContainsFunc(description, unicode.IsControl) {
		invalid("/description", "must be one line of at most 200 characters")
	}
	if len(types) == 0 {
		invalid("/eventTypes", "must contain at least one")
	}
	for _, t := range types {
		if !slices.Contains(domain.EventTypes, t) {
			invalid("/eventTypes", "contains an unknown event type")
			break
		}
	}
	if fields != nil {
		return "", &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted.", Fields: fields}
	}
	return description, nil
}

// Filter narrows a list.
type Filter struct {
	UserID *domain.ID // nil: the caller's own; an admin's: everyone's
	Limit  int        // 1 to 100; 0: 20
	Cursor *domain.ID // page cursor: only older ones
}

// List lists webhooks, newest first. next is the Before of the next page, nil on the last one.
// Forbidden: another user's, unless the caller is an admin.
func (s *Service) List(ctx context.Context, caller domain.Principal, f Filter) (items []Webhook, next *domain.ID, err error) {
	user := f.UserID
	switch {
	case user != nil && !caller.MayAccess(*user):
		return nil, nil, domain.Errorf(domain.Forbidden, "Only an admin may list another user's webhooks.")
	case user == nil && !caller.Admin():
		user = &caller.UserID
	}
	limit := domain.PageSize(f.Limit)
	var rows []query.Webhook
	if user != nil {
		rows, err = s.rows.ListWebhooksByUser(ctx, query.ListWebhooksByUserParams{UserID: *user, Cursor: domain.CursorOrMax(f.Cursor), Limit: int32(limit + 1)})
	} else {
		rows, err = s.rows.ListWebhooks(ctx, query.ListWebhooksParams{Cursor: domain.CursorOrMax(f.Cursor), Limit: int32(limit + 1)})
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	rows, next = domain.Page(rows, limit, func(r query.Webhook) domain.ID { return r.ID })
	for _, r := range rows {
		items = append(items, newWebhook(r, s.now()))
	}
	return items, next, nil
}

// Get returns a webhook. NotFound: it does not exist, or is not the caller's.
func (s *Service) Get(ctx context.Context, caller domain.Principal, id domain.ID) (Webhook, error) {
	r, err := s.rows.GetWebhook(ctx, id)
	if err := authorize(caller, r, err); err != nil {
		return Webhook{}, err
	}
	return newWebhook(r, s.now()), nil
}

// authorize checks that the caller may see a webhook that was looked up. One that does not exist and
// another user's are the same to them.
func authorize(caller domain.Principal, r query.Webhook, err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && !caller.MayAccess(r.UserID):
		return domain.NoSuch("webhook")
	}
	return db.Error(err)
}

// Update holds the changes to a webhook; nil leaves a field as it is.
type Update struct {
	URL, Description *string
	EventTypes       []domain.EventType
	Enabled          *bool
}

// Update changes a webhook. Enabling it forgets its failures. Errors: those of Create and Get.
func (s *Service) Update(ctx context.Context, caller domain.Principal, id domain.ID, u Update) (Webhook, error) {
	return s.update(ctx, caller, id, func(r *query.Webhook) error {
		if u.URL != nil {
			r.Url = *u.URL
		}
		if u.Description != nil {
			r.Description = *u.Description
		}
		types := splitTypes(r.EventTypes)
		if u.EventTypes != nil {
			types = u.EventTypes
		}
		var err error
		if r.Description, err = s.validate(r.Url, r.Description, types); err != nil {
			return err
		}
		r.EventTypes = joinTypes(types)
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

// RotateSecret replaces the secret; the new one is returned only here. The previous one signs as well
// until SecretOverlap has passed. requestID is optional and the same for each retry of a request: a
// secret created since its time is returned instead of another one. NotFound: see Get.
func (s *Service) RotateSecret(ctx context.Context, caller domain.Principal, id, requestID domain.ID) (w Webhook, secret string, err error) {
	sealed, secret, err := s.newSecret(id)
	if err != nil {
		return Webhook{}, "", err
	}
	w, err = s.update(ctx, caller, id, func(r *query.Webhook) error {
		if !requestID.IsZero() && r.OldUntil.Valid && !r.OldUntil.Time.Add(-SecretOverlap).Before(requestID.Time()) {
			current, err := s.decryptSecret(id, r.Secret)
			secret = encodeSecret(current)
			return err
		}
		r.OldSecret, r.OldUntil = r.Secret, sql.NullTime{Time: s.now().Add(SecretOverlap), Valid: true}
		r.Secret = sealed
		return nil
	})
	return w, secret, err
}

func (s *Service) update(ctx context.Context, caller domain.Principal, id domain.ID, change func(*query.Webhook) error) (Webhook, error) {
	var r query.Webhook
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) (err error) {
		q := query.New(tx)
		r, err = q.LockWebhook(ctx, id)
		if err := authorize(caller, r, err); err != nil {
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
	return newWebhook(r, s.now()), nil
}

// Delete removes a webhook and its deliveries. Pending ones are not sent. NotFound: see Get.
func (s *Service) Delete(ctx context.Context, caller domain.Principal, id domain.ID) error {
	if _, err := s.Get(ctx, caller, id); err != nil {
		return err
	}
	_, err := s.rows.DeleteWebhook(ctx, query.DeleteWebhookParams{DeletedAt: sql.NullTime{Time: s.now(), Valid: true}, ID: id})
	return db.Error(err)
}

// EraseUser removes all webhooks of a user, in the caller's transaction.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error {
	return query.New(tx).DeleteWebhooksByUser(ctx, query.DeleteWebhooksByUserParams{DeletedAt: sql.NullTime{Time: s.now(), Valid: true}, UserID: user})
}

// EraseTestData removes all webhooks of a test account and their deliveries, in the caller's transaction.
func (s *Service) EraseTestData(ctx context.Context, tx db.Tx, testAccount domain.ID) error {
	q := query.New(tx)
	if err := q.DeleteTestDeliveries(ctx, testAccount); err != nil {
		return err
	}
	return q.DeleteTestWebhooks(ctx, testAccount)
}

func newWebhook(r query.Webhook, now time.Time) Webhook {
	w := Webhook{ID: r.ID, UserID: r.UserID, URL: r.Url, Description: r.Description, EventTypes: splitTypes(r.EventTypes), Enabled: r.Enabled,
		DisabledReason: Reason(r.DisabledReason), DisabledAt: timePtr(r.DisabledAt), FailingSince: timePtr(r.FailingSince), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
	if r.OldUntil.Valid && r.OldUntil.Time.After(now) {
		w.PreviousSecretExpiresAt = &r.OldUntil.Time
	}
	return w
}

func timePtr(t sql.NullTime) *time.Time {
	if !t.Valid {
		return nil
	}
	return &t.Time
}

// joinTypes encodes types for the database: each once, in order.
func joinTypes(types []domain.EventType) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " ")
}

func splitTypes(s string) []domain.EventType {
	names := strings.Fields(s)
	types := make([]domain.EventType, len(names))
	for i, n := range names {
		types[i] = domain.EventType(n)
	}
	return types
}
