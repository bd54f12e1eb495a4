// Package cases keeps the firm's matters, each closed to all but its members and admins.
//
// A case is open, closed, or deleted. A closed case can be read and reopened, but nothing is
// added to it. A deleted one is hidden from everybody; its rows stay, since its timeline must.
// While a case is under legal hold nothing in it can be deleted.
//
// policy.go decides who may do what. Every subject that keeps things of a case asks here:
// Authorize before work that takes long, Read for what shows, Change for what alters. Whoever
// is not a member hears NotFound, as for a case that does not exist. What is done, and what is
// refused a member, goes into the case's timeline (timeline.go) in the same transaction; without an
// entry there nothing is shown and nothing is changed. What is refused a stranger goes there later, and
// once an hour at most (refusals.go): strangers must not learn by it that there is a case, nor flood it.
//
// What can fail: the database, as domain.Unavailable. Every failure is a *domain.Error.
package cases

import (
	"cmp"
	"context"
	"database/sql"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/events"
	"counsel/gen/query"
)

// Accounts knows the accounts. account.Service fulfils it.
type Accounts interface {
	// ByID returns the accounts there are among ids.
	ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error)
	// ByEmail fails with domain.NotFound when no account has the address.
	ByEmail(ctx context.Context, email string) (account.User, error)
}

// Mailer sends what the service itself writes. email.Service fulfils it.
type Mailer interface {
	// ReserveQuota takes recipients off the caller's budget of mails. It fails with domain.RateLimited.
	ReserveQuota(ctx context.Context, caller domain.Principal, recipients int) error
	// InvitationMail puts the mail of an invitation into the queue, in the caller's transaction.
	InvitationMail(ctx context.Context, tx db.Tx, i Invitation) error
	// Wake has what was put into the queue looked at.
	Wake()
}

// Maintain keeps what is found by keys findable, and deletes invitations that are out of date.
func (s *Service) Maintain(ctx context.Context) error {
	if _, err := s.rows.PruneCaseInvitations(ctx, s.now()); err != nil {
		return db.Error(err)
	}
	return s.ReindexParties(ctx)
}

// Service is the cases. It is safe for concurrent use.
type Service struct {
	// Events gets what happens; it may be set before use.
	Events events.Publisher

	// BeforeDelete decides, in the transaction that deletes a case and holds it, whether it may go. nil:
	// each may. It may be set before the service is used.
	BeforeDelete func(ctx context.Context, tx db.Tx, id domain.ID) error

	// RequireVerifiedEmail says that only an account whose owner has confirmed its address is found by that:
	// anyone can register anyone's. It may be set before the service is used; where no mail is
	// sent nobody can confirm anything.
	RequireVerifiedEmail bool

	// Mail sends invitations; nil: none are mailed. It may be set before the service is used.
	Mail Mailer

	pool   *sql.DB
	rows   *query.Queries
	people Accounts
	clock  domain.Clock
	newID  func() domain.ID

	refusals *refusals
}

// New makes the service.
func New(pool *sql.DB, people Accounts, clock domain.Clock, newID func() domain.ID) *Service {
	return &Service{pool: pool, rows: query.New(pool), people: people, clock: clock, newID: newID, refusals: newRefusals(clock),
		Events: events.NopPublisher{}}
}

// Status is where a case stands.
type Status string

// The statuses of a case.
const (
	Open   Status = "open"
	Closed Status = "closed"
)

// Case is a matter.
type Case struct {
	ID          domain.ID
	Title       string
	Description string // "" in lists
	Status      Status
	LegalHold   bool
	MyRole      Role // the caller's; "" for an admin who is no member
	CreatedBy   domain.ID
	CreatedAt   time.Time
	UpdatedAt   time.Time
	ClosedAt    *time.Time
}

// Limits of what is written into a case, in characters.
const (
	maxTitle       = 200
	maxDescription = 10_000
)

// NewCase is what a case begins with. ID is optional: a repeated request has the same, and returns
// what it made before. So it is with notes, tasks and parties.
type NewCase struct {
	ID                 domain.ID
	Title, Description string
}

// Create opens a case with the caller as its owner.
func (s *Service) Create(ctx context.Context, p domain.Principal, n NewCase) (Case, error) {
	title, err := line("/title", n.Title, maxTitle)
	if err != nil {
		return Case{}, err
	}
	description, err := prose("/description", n.Description, maxDescription)
	if err != nil {
		return Case{}, err
	}
	if !n.ID.IsZero() {
		if c, err := get(ctx, s.rows, p, n.ID); domain.CodeOf(err) != domain.NotFound {
			return c, err
		}
	}
	now := s.now()
	c := Case{ID: cmp.Or(n.ID, s.newID()), Title: title, Description: description, Status: Open, MyRole: Owner, CreatedBy: p.UserID, CreatedAt: now, UpdatedAt: now}
	err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)

		if err := q.CreateCase(ctx, query.CreateCaseParams{ID: c.ID, Title: title, Description: description, Status: string(Open),
			CreatedBy: p.UserID, CreatedAt: now, UpdatedAt: now}); err != nil {
			return err
		}
		if err := q.CreateCaseMember(ctx, query.CreateCaseMemberParams{CaseID: c.ID, UserID: p.UserID, Role: string(Owner), CreatedAt: now}); err != nil {
			return err
		}
		if err := q.CreateTimeline(ctx, query.CreateTimelineParams{CaseID: c.ID, Seq: 0, Hash: make([]byte, hashSize)}); err != nil {
			return err
		}
		if err := s.append(ctx, tx, head{hash: make([]byte, hashSize)}, c.ID, p.UserID, Action{Verb: VerbCreate, Resource: ResourceCase}, nil); err != nil {
			return err
		}
		return s.Events.Publish(ctx, tx, domain.Event{Type: domain.EventCaseCreated, Actor: p.UserID, UserID: p.UserID, CaseID: &c.ID})
	})
	if err != nil {
		return Case{}, err
	}
	return c, nil
}

// Filter narrows a list of cases.
type Filter struct {
	Status Status     // "": all
	Text   string     // in the title or the description, whatever their case and accents
	Limit  int        // 1 to 100; 0: 20
	Cursor *domain.ID // only older ones than this: next of the page before
}

// List lists the cases the caller is a member of, an admin's list all there are, the newest
// first. next is the Before of the following page, nil on the last.
func (s *Service) List(ctx context.Context, p domain.Principal, f Filter) (items []Case, next *domain.ID, err error) {
	limit := pageSize(f.Limit)
	words := ""
	if f.Text != "" {
		words = "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(f.Text) + "%"
	}
	if p.Admin() {
		rows, err := s.rows.ListAllCases(ctx, query.ListAllCasesParams{Member: p.UserID, Before: domain.Before(f.Cursor), Status: string(f.Status), Words: words, Limit: limit + 1})
		if err != nil {
			return nil, nil, db.Error(err)
		}
		for _, r := range rows {
			items = append(items, Case{ID: r.ID, Title: r.Title, Status: Status(r.Status), LegalHold: r.LegalHold, MyRole: Role(r.MyRole.String), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt})
		}
	} else {
		rows, err := s.rows.ListCases(ctx, query.ListCasesParams{Member: p.UserID, Before: domain.Before(f.Cursor), Status: string(f.Status), Words: words, Limit: limit + 1})
		if err != nil {
			return nil, nil, db.Error(err)
		}
		for _, r := range rows {
			items = append(items, Case{ID: r.ID, Title: r.Title, Status: Status(r.Status), LegalHold: r.LegalHold, MyRole: Role(r.MyRole), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt})
		}
	}
	items, next = page(items, limit, func(c Case) domain.ID { return c.ID })
	return items, next, nil
}

// Get reads a case.
func (s *Service) Get(ctx context.Context, p domain.Principal, id domain.ID) (Case, error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceCase}); err != nil {
		return Case{}, err
	}
	return get(ctx, s.rows, p, id)
}

func get(ctx context.Context, q *query.Queries, p domain.Principal, id domain.ID) (Case, error) {
	r, err := q.GetCase(ctx, query.GetCaseParams{Member: p.UserID, ID: id})
	if err != nil {
		return Case{}, absent(err, noCase())
	}
	c := Case{ID: r.ID, Title: r.Title, Description: r.Description, Status: Status(r.Status), LegalHold: r.LegalHold, MyRole: Role(r.MyRole.String),
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
	if r.ClosedAt.Valid {
		c.ClosedAt = &r.ClosedAt.Time
	}
	return c, nil
}

// Update is what may change of a case; nil leaves a thing as it is.
type Update struct {
	Title, Description *string
	Status             *Status
	LegalHold          *bool
}

// Update changes a case. Its text and status are for its owners and lawyers; the legal hold is
// for those of them whose account is a lawyer's, and for admins.
func (s *Service) Update(ctx context.Context, p domain.Principal, id domain.ID, u Update) (Case, error) {
	var err error
	if u.Title != nil {
		if *u.Title, err = line("/title", *u.Title, maxTitle); err != nil {
			return Case{}, err
		}
	}
	if u.Description != nil {
		if *u.Description, err = prose("/description", *u.Description, maxDescription); err != nil {
			return Case{}, err
		}
	}
	if u.Status != nil && *u.Status != Open && *u.Status != Closed {
		return Case{}, domain.InvalidField("/status", "must be open or closed")
	}
	act := Action{Verb: VerbUpdate, Resource: ResourceCase}
	if u.LegalHold != nil {
		act.Verb = VerbHold
	}
	var c Case
	err = s.AuthorizedTx(ctx, p, id, &act, func(tx db.Tx) error {
		q := query.New(tx)

		if c, err = get(ctx, q, p, id); err != nil {
			return err
		}
		now := s.now()
		var changed []string
		happened := domain.EventCaseUpdated
		if u.Title != nil && *u.Title != c.Title {
			c.Title, changed = *u.Title, append(changed, "title")
		}
		if u.Description != nil && *u.Description != c.Description {
			c.Description, changed = *u.Description, append(changed, "description")
		}
		if u.Status != nil && *u.Status != c.Status {
			changed = append(changed, "status "+string(c.Status)+" → "+string(*u.Status))
			c.Status, c.ClosedAt = *u.Status, nil
			if c.Status == Closed {
				c.ClosedAt, happened = &now, domain.EventCaseClosed
			}
		}
		if u.LegalHold != nil && *u.LegalHold != c.LegalHold {
			c.LegalHold = *u.LegalHold
			changed = append(changed, map[bool]string{true: "legal hold set", false: "legal hold lifted"}[c.LegalHold])
		}
		act.Detail = strings.Join(changed, ", ")
		if len(changed) == 0 {
			return nil
		}
		c.UpdatedAt = now
		if err := q.UpdateCase(ctx, query.UpdateCaseParams{ID: id, Title: c.Title, Description: c.Description, Status: string(c.Status), LegalHold: c.LegalHold,
			ClosedAt: nullTime(c.ClosedAt), UpdatedAt: now}); err != nil {
			return err
		}
		return s.Events.Publish(ctx, tx, domain.Event{Type: happened, Actor: p.UserID, UserID: p.UserID, CaseID: &id})
	})
	if err != nil {
		return Case{}, err
	}
	return c, nil
}

// Delete hides a case from everybody, for good. Conflict with the reason legal_hold: it is
// under legal hold; or Deletable says so.
func (s *Service) Delete(ctx context.Context, p domain.Principal, id domain.ID) error {
	return s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbDelete, Resource: ResourceCase}, func(tx db.Tx) error {
		if s.BeforeDelete != nil {
			if err := s.BeforeDelete(ctx, tx, id); err != nil {
				return err
			}
		}
		return query.New(tx).DeleteCase(ctx, query.DeleteCaseParams{ID: id, DeletedAt: sql.NullTime{Time: s.now(), Valid: true}})
	})
}

func noCase() error { return domain.NoSuch("case") }

// now is the time as the database keeps it.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// absent is what a query failed with, but for a row that is not there, which is missing.
func absent(err, missing error) error {
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		return missing
	}
	return err
}

func nullTime(t *time.Time) sql.NullTime {
	if t == nil {
		return sql.NullTime{}
	}
	return sql.NullTime{Time: *t, Valid: true}
}

const maxPage = 100

func pageSize(limit int) int32 { return int32(min(max(cmp.Or(limit, 20), 1), maxPage)) }

// page cuts what was read, one row more than asked for, to a page and says where the next begins.
func page[T any](items []T, limit int32, id func(T) domain.ID) ([]T, *domain.ID) {
	if len(items) <= int(limit) {
		return items, nil
	}
	items = items[:limit]
	last := id(items[limit-1])
	return items, &last
}

// line is a text of one line, trimmed.
func line(pointer, s string, most int) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" || utf8.RuneCountInString(s) > most {
		return "", domain.InvalidField(pointer, "must have 1 to %d characters", most)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", domain.InvalidField(pointer, "must not hold control characters")
	}
	return s, nil
}

// prose is a text of any lines, trimmed; it may be empty.
func prose(pointer, s string, most int) (string, error) {
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > most {
		return "", domain.InvalidField(pointer, "must have at most %d characters", most)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
		return "", domain.InvalidField(pointer, "must not hold control characters")
	}
	return s, nil
}
