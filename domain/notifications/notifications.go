// Package notifications notifies users of what others do in their cases and things, in the
// application and by mail.
//
// An event arrives in the transaction in which it happens and enqueues a job, unless nobody would be
// notified. The job looks up the audience and its preferences again, and writes for each recipient a
// notification, a mail, or both, in one transaction. A retry finds them and writes nothing.
//
// A notification is unread or read, and may change between the two. It holds ids only, and is visible
// while its reader is a member of its case; to anyone else, and afterwards, it does not exist. It is
// deleted a year after the event, or 90 days after it was read.
//
// What can fail: the database, as domain.Unavailable. Every failure is a *domain.Error.
package notifications

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/events"
	"counsel/domain/jobs"
	query "counsel/gen/query/notifications"
)

// How long a notification is stored.
const (
	Retention     = 365 * 24 * time.Hour
	ReadRetention = 90 * 24 * time.Hour // after it was read
)

// MaxUnreadCount is the largest result of CountUnread.
const MaxUnreadCount = 100

const (
	batchSize     = 1000 // rows of one statement
	pruneInterval = time.Hour
)

// Notification is one event for one user.
type Notification struct {
	ID        domain.ID
	Type      domain.EventType
	CaseID    *domain.ID
	CaseTitle string               // as it is now
	Data      map[string]domain.ID // as of the event
	CreatedAt time.Time
	ReadAt    *time.Time // nil: unread
}

// Accounts looks up accounts. account.Service implements it.
type Accounts interface {
	// ByID returns the accounts that exist among ids.
	ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error)
}

// Mail notifies a user of one event, at a verified address.
type Mail struct {
	ID           domain.ID
	To           account.User
	Type         domain.EventType
	Notification domain.ID
}

// Config holds what the service depends on.
type Config struct {
	DB       *sql.DB
	Jobs     *jobs.Service // not started yet
	Accounts Accounts
	Cases    events.Cases
	Runtime  domain.Runtime

	// SendMail enqueues a mail in the caller's transaction. It fails with domain.Conflict if one
	// with that id exists. nil: no mails are sent.
	SendMail func(ctx context.Context, tx db.Tx, m Mail) error
}

// Service stores notifications. It is safe for concurrent use.
type Service struct {
	pool     *sql.DB
	rows     *query.Queries
	jobs     *jobs.Service
	accounts Accounts
	cases    events.Cases
	runtime  domain.Runtime
	sendMail func(ctx context.Context, tx db.Tx, m Mail) error
}

// New returns the service and registers its jobs.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Jobs == nil || c.Accounts == nil || c.Cases == nil {
		return nil, errors.New("notifications: a dependency is missing")
	}
	s := &Service{pool: c.DB, rows: query.New(c.DB), jobs: c.Jobs, accounts: c.Accounts, cases: c.Cases, runtime: c.Runtime, sendMail: c.SendMail}
	s.registerJobs()
	return s, nil
}

// Filter narrows a list.
type Filter struct {
	Unread bool       // only these
	Limit  int        // 1 to 100; 0: 20
	Cursor *domain.ID // page cursor: only older ones
}

// List lists the notifications of a user whose notifications the caller may see, newest first. next
// is the Before of the next page, nil on the last one.
func (s *Service) List(ctx context.Context, user domain.ID, f Filter) (items []Notification, next *domain.ID, err error) {
	limit := domain.PageSize(f.Limit)
	p := query.ListNotificationsParams{UserID: user, Cursor: domain.CursorOrMax(f.Cursor), Limit: int32(limit + 1)}
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
	rows, next = domain.Page(rows, limit, func(r query.ListNotificationsRow) domain.ID { return r.Notification.ID })
	for _, r := range rows {
		n, err := newNotification(r.Notification, r.CaseTitle)
		if err != nil {
			return nil, nil, err
		}
		items = append(items, n)
	}
	return items, next, nil
}

// CountUnread counts the unread notifications of the caller, up to MaxUnreadCount.
func (s *Service) CountUnread(ctx context.Context, caller domain.Principal) (int, error) {
	n, err := s.rows.CountUnreadNotifications(ctx, query.CountUnreadNotificationsParams{UserID: caller.UserID, Limit: MaxUnreadCount})
	return int(n), db.Error(err)
}

// MarkRead marks a notification of the caller as read or unread. NotFound: they have no such one.
func (s *Service) MarkRead(ctx context.Context, caller domain.Principal, id domain.ID, read bool) (Notification, error) {
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
		n.ReadAt, n.ExpiresAt = sql.NullTime{Time: now, Valid: read}, n.CreatedAt.Add(Retention)
		if soon := now.Add(ReadRetention); read && soon.Before(n.ExpiresAt) {
			n.ExpiresAt = soon
		}
		if err := s.rows.UpdateNotificationRead(ctx, query.UpdateNotificationReadParams{ReadAt: n.ReadAt, ExpiresAt: n.ExpiresAt, UserID: n.UserID, ID: id}); err != nil {
			return Notification{}, db.Error(err)
		}
	}
	return newNotification(n, r.CaseTitle)
}

// MarkAllRead marks the notifications of the caller up to the newest one they have seen as read.
// Later ones stay unread.
func (s *Service) MarkAllRead(ctx context.Context, caller domain.Principal, newest domain.ID) error {
	now := s.now()
	p := query.UpdateNotificationsReadParams{Now: sql.NullTime{Time: now, Valid: true}, ExpiresAt: now.Add(ReadRetention), UserID: caller.UserID, Newest: newest, Limit: batchSize}
	return inBatches(func() (int64, error) { return s.rows.UpdateNotificationsRead(ctx, p) })
}

// prune deletes expired notifications.
func (s *Service) prune(ctx context.Context) error {
	now := s.now()
	return inBatches(func() (int64, error) {
		return s.rows.DeleteExpiredNotifications(ctx, query.DeleteExpiredNotificationsParams{Now: now, Limit: batchSize})
	})
}

// inBatches repeats a statement on up to batchSize rows until fewer are left.
func inBatches(do func() (int64, error)) error {
	for {
		if n, err := do(); err != nil || n < batchSize {
			return db.Error(err)
		}
	}
}

// EraseUser deletes the notifications and preferences of a user, in the caller's transaction.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error {
	q := query.New(tx)
	if err := q.DeleteNotificationsByUser(ctx, user); err != nil {
		return err
	}
	return q.DeleteNotificationPreferences(ctx, user)
}

// now returns the time as the database stores it.
func (s *Service) now() time.Time { return s.runtime.Clock().UTC().Truncate(time.Microsecond) }

func newNotification(r query.Notification, title sql.NullString) (Notification, error) {
	n := Notification{ID: r.ID, Type: domain.EventType(r.EventType), CaseID: r.CaseID, CaseTitle: title.String, CreatedAt: r.CreatedAt}
	if r.ReadAt.Valid {
		n.ReadAt = &r.ReadAt.Time
	}
	return n, json.Unmarshal([]byte(r.Data), &n.Data)
}
