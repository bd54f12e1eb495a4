// Package cases manages cases: members, parties, notes, tasks and the timeline. A case is visible
// only to its members and to admins.
//
// A case is open, closed or deleted. A closed case can be read and reopened, but nothing can be
// added to it. A deleted case is invisible; its rows remain because its timeline must. Nothing in a
// case under legal hold can be deleted.
//
// policy.go is the access policy. Every package that stores something in a case calls Authorize
// before long work, AuthorizeRead before showing something, and AuthorizedTx to change something.
// Callers who are not members get NotFound, as for a case that does not exist. Each action, and
// each denial of a member, is appended to the timeline (timeline.go) in the same transaction;
// without an entry nothing is shown or changed. Denials of strangers are logged later, at most once
// an hour (denials.go), so that strangers can neither detect a case nor flood its timeline.
//
// What can fail: the database, as domain.Unavailable. Every error is a *domain.Error.
package cases

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/events"
	query "counsel/gen/query/cases"
)

// Accounts finds accounts. account.Service implements it.
type Accounts interface {
	// ByID returns the accounts that exist among ids.
	ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error)
	// ByEmail fails with domain.NotFound if no account has the address.
	ByEmail(ctx context.Context, email string) (account.User, error)
}

// Mailer enqueues the mails of this package. email.Outbox implements it.
type Mailer interface {
	// ReserveQuota charges recipients to the caller's mail quota. It fails with domain.RateLimited.
	ReserveQuota(ctx context.Context, caller domain.Principal, recipients int) error
	// InvitationMail enqueues the mail of an invitation in the caller's transaction.
	InvitationMail(ctx context.Context, tx db.Tx, i Invitation) error
	// Wake starts the delivery of enqueued mails after the commit.
	Wake()
}

// Config holds what the service needs.
type Config struct {
	Runtime  domain.Runtime
	DB       *sql.DB
	Accounts Accounts
	Events   events.Publisher // nil: nothing is published
	Mailer   Mailer           // nil: no invitations are mailed

	// RequireVerifiedEmail lets only accounts with a verified address be found by it, since anyone
	// can register any address. False where no mail is sent and nobody can verify one.
	RequireVerifiedEmail bool

	// BeforeDelete may refuse the deletion of a case, in its transaction. nil: nothing refuses.
	BeforeDelete func(ctx context.Context, tx db.Tx, id domain.ID) error
}

// Service manages cases. It is safe for concurrent use.
type Service struct {
	clock    domain.Clock
	newID    func() domain.ID
	pool     *sql.DB
	queries  *query.Queries
	accounts Accounts
	events   events.Publisher
	mailer   Mailer
	denials  *denialLog

	requireVerifiedEmail bool
	beforeDelete         func(ctx context.Context, tx db.Tx, id domain.ID) error
}

// New returns the service. RunDenialLog must run beside it.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Runtime.Clock == nil || c.Runtime.NewID == nil {
		return nil, errors.New("cases: Config needs DB and Runtime")
	}
	if c.Events == nil {
		c.Events = events.NopPublisher{}
	}
	if c.BeforeDelete == nil {
		c.BeforeDelete = func(context.Context, db.Tx, domain.ID) error { return nil }
	}
	return &Service{
		clock: c.Runtime.Clock, newID: c.Runtime.NewID, pool: c.DB, queries: query.New(c.DB), accounts: c.Accounts,
		events: c.Events, mailer: c.Mailer, denials: newDenialLog(c.Runtime.Clock),
		requireVerifiedEmail: c.RequireVerifiedEmail, beforeDelete: c.BeforeDelete,
	}, nil
}

// Maintain rebuilds outdated search keys of parties and deletes expired invitations.
func (s *Service) Maintain(ctx context.Context) error {
	if _, err := s.queries.DeleteExpiredCaseInvitations(ctx, s.now()); err != nil {
		return db.Error(err)
	}
	return s.ReindexParties(ctx)
}

// Status is the status of a case.
type Status string

// The statuses of a case.
const (
	Open   Status = "open"
	Closed Status = "closed"
)

// Case is a case of the firm.
type Case struct {
	ID          domain.ID
	Title       string
	Description string // "" in lists
	Status      Status
	LegalHold   bool
	MyRole      Role // of the caller; "" for an admin who is not a member
	CreatedBy   domain.ID
	CreatedAt   time.Time
	UpdatedAt   time.Time
	ClosedAt    *time.Time
}

// Limits of text fields, in characters.
const (
	maxTitle       = 200
	maxDescription = 10_000
)

// NewCase describes a case to create. ID is optional: a retry with the same ID returns what the
// first request created. The same holds for notes, tasks and parties.
type NewCase struct {
	ID                 domain.ID
	Title, Description string
}

// Create opens a case with the caller as its owner.
func (s *Service) Create(ctx context.Context, p domain.Principal, n NewCase) (Case, error) {
	title, err := singleLine("/title", n.Title, maxTitle)
	if err != nil {
		return Case{}, err
	}
	description, err := multiLine("/description", n.Description, maxDescription)
	if err != nil {
		return Case{}, err
	}
	if !n.ID.IsZero() {
		if c, err := get(ctx, s.queries, p, n.ID); domain.CodeOf(err) != domain.NotFound {
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
		if err := s.appendEntry(ctx, tx, chainHead{hash: make([]byte, hashSize)}, c.ID, p, Action{Verb: VerbCreate, Resource: ResourceCase}, nil); err != nil {
			return err
		}
		return s.events.Publish(ctx, tx, domain.Event{Type: domain.EventCaseCreated, Actor: p.UserID, UserID: p.UserID, CaseID: &c.ID})
	})
	if err != nil {
		return Case{}, err
	}
	return c, nil
}

// Filter narrows a list of cases.
type Filter struct {
	Status Status     // "": all
	Text   string     // in the title or description; case and accents are ignored
	Limit  int        // 1 to 100; 0: 20
	Cursor *domain.ID // page cursor: only older cases than this
}

// List lists the caller's cases, or for an admin all cases, newest first. next is the cursor of the
// next page, nil on the last.
func (s *Service) List(ctx context.Context, p domain.Principal, f Filter) (items []Case, next *domain.ID, err error) {
	limit := domain.PageSize(f.Limit)
	words := ""
	if f.Text != "" {
		words = "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(f.Text) + "%"
	}
	if p.Admin() {
		rows, err := s.queries.ListAllCases(ctx, query.ListAllCasesParams{Member: p.UserID, Cursor: domain.CursorOrMax(f.Cursor), Status: string(f.Status), Words: words, Limit: int32(limit + 1)})
		if err != nil {
			return nil, nil, db.Error(err)
		}
		for _, r := range rows {
			items = append(items, Case{ID: r.ID, Title: r.Title, Status: Status(r.Status), LegalHold: r.LegalHold, MyRole: Role(r.MyRole.String), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt})
		}
	} else {
		rows, err := s.queries.ListCases(ctx, query.ListCasesParams{Member: p.UserID, Cursor: domain.CursorOrMax(f.Cursor), Status: string(f.Status), Words: words, Limit: int32(limit + 1)})
		if err != nil {
			return nil, nil, db.Error(err)
		}
		for _, r := range rows {
			items = append(items, Case{ID: r.ID, Title: r.Title, Status: Status(r.Status), LegalHold: r.LegalHold, MyRole: Role(r.MyRole), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt})
		}
	}
	items, next = domain.Page(items, limit, func(c Case) domain.ID { return c.ID })
	return items, next, nil
}

// Get reads a case.
func (s *Service) Get(ctx context.Context, p domain.Principal, id domain.ID) (Case, error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceCase}); err != nil {
		return Case{}, err
	}
	return get(ctx, s.queries, p, id)
}

func get(ctx context.Context, q *query.Queries, p domain.Principal, id domain.ID) (Case, error) {
	r, err := q.GetCase(ctx, query.GetCaseParams{Member: p.UserID, ID: id})
	if err != nil {
		return Case{}, notFoundAs(err, errNoCase())
	}
	c := Case{ID: r.ID, Title: r.Title, Description: r.Description, Status: Status(r.Status), LegalHold: r.LegalHold, MyRole: Role(r.MyRole.String),
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
	if r.ClosedAt.Valid {
		c.ClosedAt = &r.ClosedAt.Time
	}
	return c, nil
}

// Update lists the fields to change; nil leaves a field unchanged.
type Update struct {
	Title, Description *string
	Status             *Status
	LegalHold          *bool
}

// Update changes a case. Owners and lawyers may change its text and status; those of them with a
// lawyer's account, and admins, may set or lift the legal hold.
func (s *Service) Update(ctx context.Context, p domain.Principal, id domain.ID, u Update) (Case, error) {
	var err error
	if u.Title != nil {
		if *u.Title, err = singleLine("/title", *u.Title, maxTitle); err != nil {
			return Case{}, err
		}
	}
	if u.Description != nil {
		if *u.Description, err = multiLine("/description", *u.Description, maxDescription); err != nil {
			return Case{}, err
		}
	}
	if u.Status != nil && *u.Status != Open && *u.Status != Closed {
		return Case{}, domain.InvalidField("/status", "must be open or closed")
	}
	action := Action{Verb: VerbUpdate, Resource: ResourceCase}
	if u.LegalHold != nil {
		action.Verb = VerbHold
	}
	var c Case
	err = s.AuthorizedTx(ctx, p, id, &action, func(tx db.Tx) error {
		q := query.New(tx)
		if c, err = get(ctx, q, p, id); err != nil {
			return err
		}
		now := s.now()
		var changed []string
		eventType := domain.EventCaseUpdated
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
				c.ClosedAt, eventType = &now, domain.EventCaseClosed
			}
		}
		if u.LegalHold != nil && *u.LegalHold != c.LegalHold {
			c.LegalHold = *u.LegalHold
			changed = append(changed, map[bool]string{true: "legal hold set", false: "legal hold lifted"}[c.LegalHold])
		}
		action.Detail = strings.Join(changed, ", ")
		if len(changed) == 0 {
			return nil
		}
		c.UpdatedAt = now
		if err := q.UpdateCase(ctx, query.UpdateCaseParams{ID: id, Title: c.Title, Description: c.Description, Status: string(c.Status), LegalHold: c.LegalHold,
			ClosedAt: nullTime(c.ClosedAt), UpdatedAt: now}); err != nil {
			return err
		}
		return s.events.Publish(ctx, tx, domain.Event{Type: eventType, Actor: p.UserID, UserID: p.UserID, CaseID: &id})
	})
	if err != nil {
		return Case{}, err
	}
	return c, nil
}

// Delete soft-deletes a case. It fails with Conflict if the case is under legal hold (reason
// legal_hold) or BeforeDelete refuses.
func (s *Service) Delete(ctx context.Context, p domain.Principal, id domain.ID) error {
	return s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbDelete, Resource: ResourceCase}, func(tx db.Tx) error {
		if err := s.beforeDelete(ctx, tx, id); err != nil {
			return err
		}
		return query.New(tx).DeleteCase(ctx, query.DeleteCaseParams{ID: id, DeletedAt: sql.NullTime{Time: s.now(), Valid: true}})
	})
}

func errNoCase() error { return domain.NoSuch("case") }

// now returns the current time in the precision of the database.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// notFoundAs maps a missing row to notFound and other errors as db.Error does.
func notFoundAs(err, notFound error) error {
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		return notFound
	}
	return err
}

func nullTime(t *time.Time) sql.NullTime {
	if t == nil {
		return sql.NullTime{}
	}
	return sql.NullTime{Time: *t, Valid: true}
}
