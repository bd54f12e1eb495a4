// Package notifications tells people what others did in what is theirs, here and by mail.
//
// What happens arrives as an event, in the transaction in which it happens, and leaves a job; none
// when nobody would be told. The job looks who may hear of it by then, asks what they chose, and
// writes to each a notification, a mail, or both, all in one transaction: a second run of it finds
// that done and writes nothing.
//
// A notification is unread or read, as often as its reader likes. It holds ids, and shows only while
// its reader is a member of the case it is of; to anyone else, and after that, it looks like one that
// does not exist. It is deleted a year after the event, and 90 days after it was read.
//
// What can fail: the database, as domain.Unavailable. Every failure is a *domain.Error.
package notifications

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/events"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

// How long a notification is kept.
const (
	Kept     = 365 * 24 * time.Hour
	KeptRead = 90 * 24 * time.Hour
)

// MostCounted is as far as the unread ones are counted.
const MostCounted = 100

const (
	batch      = 1000 // rows of one statement
	sweepEvery = time.Hour
)

// Notification tells its reader of one event.
type Notification struct {
	ID        domain.ID
	Type      domain.EventType
	CaseID    *domain.ID
	CaseTitle string               // as it is now
	Data      map[string]domain.ID // as of the event
	CreatedAt time.Time
	ReadAt    *time.Time // nil: unread
}

// Preference is how somebody is told of a type of event.
type Preference struct {
	Type         domain.EventType
	InApp, Email bool
}

// People knows the accounts.
type People interface {
	// ByID returns the accounts there are among ids.
	ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error)
}

// Deps are what the service works with.
type Deps struct {
	DB     *sql.DB
	Jobs   *jobs.Service
	People People
	Cases  events.Cases
	Clock  domain.Clock

	// Mail puts a mail into the queue, in the caller's transaction. nil: there are none.
	Mail func(ctx context.Context, tx db.Tx, m Mail) error
}

// Mail tells somebody of one event. It goes to confirmed addresses alone.
type Mail struct {
	ID           domain.ID
	To           account.User
	Type         domain.EventType
	Notification domain.ID
}

// Service keeps notifications. It is safe for concurrent use.
type Service struct {
	Deps
	rows *query.Queries
}

// New makes the service and registers its jobs.
func New(d Deps) *Service {
	s := &Service{Deps: d, rows: query.New(d.DB)}
	s.Jobs.Handle(kindTell, jobs.Options{Timeout: time.Minute}, s.tell)
	s.Jobs.Every("notifications.sweep", sweepEvery, s.sweep)
	return s
}

// Filter narrows a list.
type Filter struct {
	Unread bool       // only these
	Limit  int        // 1 to 100; 0: 20
	Before *domain.ID // only older ones than this: next of the page before
}

// List lists the caller's notifications, the newest first. next is the Before of the following page,
// nil on the last.
func (s *Service) List(ctx context.Context, caller domain.Principal, f Filter) (items []Notification, next *domain.ID, err error) {
	return s.Of(ctx, caller.UserID, f)
}

// Of is List for whoever may see somebody else's.
func (s *Service) Of(ctx context.Context, user domain.ID, f Filter) (items []Notification, next *domain.ID, err error) {
	limit := int32(min(max(cmp.Or(f.Limit, 20), 1), 100))
	p := query.ListNotificationsParams{UserID: user, Before: domain.Before(f.Before), Limit: limit + 1}
	var rows []query.ListNotificationsRow
	if f.Unread {
		var unread []query.ListUnreadNotificationsRow
		unread, err = s.rows.ListUnreadNotifications(ctx, query.ListUnreadNotificationsParams(p))
		for _, r := range unread {
			rows = append(rows, query.ListNotificationsRow(r))
		}
	} else {
		rows, err = s.rows.ListNotifications(ctx, p)
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	if len(rows) > int(limit) {
		rows = rows[:limit]
		next = &rows[limit-1].Notification.ID
	}
	for _, r := range rows {
		n, err := notification(r.Notification, r.CaseTitle)
		if err != nil {
			return nil, nil, err
		}
		items = append(items, n)
	}
	return items, next, nil
}

// Unread counts the caller's unread notifications, up to MostCounted.
func (s *Service) Unread(ctx context.Context, caller domain.Principal) (int, error) {
	n, err := s.rows.CountUnreadNotifications(ctx, query.CountUnreadNotificationsParams{UserID: caller.UserID, Limit: MostCounted})
	return int(n), db.Error(err)
}

// Mark says whether a notification has been read. NotFound: the caller has none such.
func (s *Service) Mark(ctx context.Context, caller domain.Principal, id domain.ID, read bool) (Notification, error) {
	r, err := s.rows.GetNotification(ctx, query.GetNotificationParams{UserID: caller.UserID, ID: id})
	if domain.CodeOf(db.Error(err)) == domain.NotFound {
		return Notification{}, domain.NoSuch("notification")
	}
	if err != nil {
		return Notification{}, db.Error(err)
	}
	n := r.Notification
	if n.ReadAt.Valid != read {
		now := s.now()
		n.ReadAt, n.ExpiresAt = sql.NullTime{Time: now, Valid: read}, n.CreatedAt.Add(Kept)
		if soon := now.Add(KeptRead); read && soon.Before(n.ExpiresAt) {
			n.ExpiresAt = soon
		}
		if err := s.rows.MarkNotification(ctx, query.MarkNotificationParams{ReadAt: n.ReadAt, ExpiresAt: n.ExpiresAt, UserID: n.UserID, ID: id}); err != nil {
			return Notification{}, db.Error(err)
		}
	}
	return notification(n, r.CaseTitle)
}

// MarkAll says that the caller has read all up to the newest one they have seen: what came after
// that stays unread.
func (s *Service) MarkAll(ctx context.Context, caller domain.Principal, newest domain.ID) error {
	now := s.now()
	p := query.MarkNotificationsParams{Now: sql.NullTime{Time: now, Valid: true}, ExpiresAt: now.Add(KeptRead), UserID: caller.UserID, Newest: newest, Limit: batch}
	return all(func() (int64, error) { return s.rows.MarkNotifications(ctx, p) })
}

// sweep deletes those whose time is over.
func (s *Service) sweep(ctx context.Context) error {
	now := s.now()
	return all(func() (int64, error) {
		return s.rows.DeleteExpiredNotifications(ctx, query.DeleteExpiredNotificationsParams{Now: now, Limit: batch})
	})
}

// all repeats a statement of at most a batch of rows, until there are no more.
func all(do func() (int64, error)) error {
	for {
		if n, err := do(); err != nil || n < batch {
			return db.Error(err)
		}
	}
}

// Preferences lists how the caller is told, of every type of event that people are told of.
func (s *Service) Preferences(ctx context.Context, caller domain.Principal) ([]Preference, error) {
	return s.PreferencesOf(ctx, caller.UserID)
}

// PreferencesOf is Preferences for whoever may see somebody else's.
func (s *Service) PreferencesOf(ctx context.Context, user domain.ID) ([]Preference, error) {
	rows, err := s.rows.ListNotificationPreferences(ctx, user)
	if err != nil {
		return nil, db.Error(err)
	}
	chosen := map[domain.EventType]Preference{}
	for _, r := range rows {
		p := preference(r)
		chosen[p.Type] = p
	}
	var list []Preference
	for _, t := range domain.EventTypes {
		k, ok := kinds[t]
		if !ok {
			continue
		}
		p, ok := chosen[t]
		if !ok {
			p = Preference{t, k.inApp, k.email}
		}
		list = append(list, p)
	}
	return list, nil
}

// SetPreferences puts what the caller chooses in the place of all they chose before. Invalid: /items
// names a type twice, or one that nobody is told of.
func (s *Service) SetPreferences(ctx context.Context, caller domain.Principal, chosen []Preference) ([]Preference, error) {
	seen := map[domain.EventType]bool{}
	for i, p := range chosen {
		pointer := fmt.Sprintf("/items/%d/type", i)
		if _, ok := kinds[p.Type]; !ok {
			return nil, domain.InvalidField(pointer, "is not a type of event that people are told of")
		}
		if seen[p.Type] {
			return nil, domain.InvalidField(pointer, "is there twice")
		}
		seen[p.Type] = true
	}
	err := db.WithTx(ctx, s.DB, func(tx db.Tx) error {
		q := query.New(tx)

		if err := q.ForgetNotificationPreferences(ctx, caller.UserID); err != nil {
			return err
		}
		for _, p := range chosen {
			if err := q.SetNotificationPreference(ctx, query.SetNotificationPreferenceParams{UserID: caller.UserID, EventType: string(p.Type), InApp: p.InApp, Email: p.Email}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.Preferences(ctx, caller)
}

// EraseUser deletes all of somebody's, in the caller's transaction.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error {
	q := query.New(tx)

	if err := q.ForgetNotifications(ctx, user); err != nil {
		return err
	}
	return q.ForgetNotificationPreferences(ctx, user)
}

// now is the time as the database keeps it.
func (s *Service) now() time.Time { return s.Clock().UTC().Truncate(time.Microsecond) }

func notification(r query.Notification, title sql.NullString) (Notification, error) {
	n := Notification{ID: r.ID, Type: domain.EventType(r.EventType), CaseID: r.CaseID, CaseTitle: title.String, CreatedAt: r.CreatedAt}
	if r.ReadAt.Valid {
		n.ReadAt = &r.ReadAt.Time
	}
	return n, json.Unmarshal([]byte(r.Data), &n.Data)
}

func preference(r query.NotificationPreference) Preference {
	return Preference{Type: domain.EventType(r.EventType), InApp: r.InApp, Email: r.Email}
}
