// Package drafts stores drafts: documents being written, by hand or by the AI, with every version
// of their text and the differences between versions. lifecycle.go describes the review of a draft.
//
// A draft in a case is accessible to the members of the case, according to the case's policy. Each
// access is recorded in the case's timeline, and a legal hold prevents deletion. Any other draft is
// accessible to its owner and to admins. For anyone else it does not exist.
//
// Besides the errors that they document, methods fail with Unavailable if the database is down;
// with Forbidden if the caller's role in the case does not allow the operation; and, if they change
// something, with Conflict if the case is closed (reason case_closed) or under legal hold
// (legal_hold).
package drafts

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/events"
	"counsel/domain/locale"
	query "counsel/gen/query/drafts"
)

// Config is what a Service needs.
type Config struct {
	DB      *sql.DB
	Runtime domain.Runtime
	// Cases decides who may access the drafts of a case. nil: there are no cases.
	Cases *cases.Service
	// Events gets what happens to drafts. nil: nothing is published.
	Events events.Publisher
}

// Service stores drafts. It is safe for concurrent use.
type Service struct {
	pool   *sql.DB
	clock  domain.Clock
	newID  func() domain.ID
	guard  cases.Guard
	events events.Publisher
}

// New returns a service. It fails when the configuration is incomplete.
func New(c Config) (*Service, error) {
	if c.DB == nil {
		return nil, errors.New("drafts: Config needs DB")
	}
	s := &Service{pool: c.DB, clock: c.Runtime.Clock, newID: c.Runtime.NewID, guard: cases.NewGuard(c.Cases, cases.ResourceDraft), events: c.Events}
	if s.events == nil {
		s.events = events.NopPublisher{}
	}
	return s, nil
}

// Origin is how a draft was created.
type Origin string

// The origins.
const (
	Generated Origin = "generated" // by the AI
	Written   Origin = "written"   // by hand
)

// Summary is a draft in a list.
type Summary struct {
	ID        domain.ID
	UserID    domain.ID  // its creator, who owns it outside of cases
	CaseID    *domain.ID // its case; nil: none
	Origin    Origin
	Type      string // the document type; "": none
	Locale    string // BCP 47
	Title     string
	Status    Status
	Version   int // of the text, from 1
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Draft is a draft with its current version.
type Draft struct {
	Summary
	Body         string   // Markdown
	Warnings     []string // about the generated text
	QualityScore *float64 // 0..1, of the generated text; nil: written by hand
	ReviewedBy   *domain.ID
	ReviewedAt   *time.Time
	FinalizedBy  *domain.ID
	FinalizedAt  *time.Time
}

// NewDraft is a draft written by hand.
type NewDraft struct {
	ID     domain.ID // optional; the same for each retry of a request, which returns the first draft
	Title  string
	Body   string     // Markdown
	Type   string     // "": none
	Locale string     // BCP 47; "": English
	CaseID *domain.ID // nil: no case
}

// NewGeneratedDraft is a draft as the AI generated it.
type NewGeneratedDraft struct {
	ID                    domain.ID
	UserID                domain.ID
	CaseID                *domain.ID // nil: no case
	Type, TemplateVersion string
	Title, Body           string
	Locale, Tone          string
	Sections              json.RawMessage // as generated, for the record
	Warnings              []string
	QualityScore          float64
	CreatedAt             time.Time
}

// Filter narrows a list of drafts.
type Filter struct {
	CaseID *domain.ID // those of this case; nil: those outside of cases
	UserID *domain.ID // nil: the caller's own; for an admin, and in a case: everybody's
	Status Status     // "": all
	Type   string     // "": all
	Limit  int        // 1 to 100; 0: 20
	Cursor *domain.ID // page cursor: only older drafts than this
}

// CreateGenerated inserts a generated draft in the caller's transaction and publishes that it exists.
func CreateGenerated(ctx context.Context, tx db.Tx, publisher events.Publisher, g NewGeneratedDraft) error {
	row := query.CreateDraftParams{
		ID: g.ID, UserID: g.UserID, CaseID: g.CaseID, Origin: string(Generated), Type: g.Type, TemplateVersion: g.TemplateVersion, Locale: g.Locale, Tone: g.Tone,
		Status: string(Drafted), Sections: g.Sections, QualityScore: sql.NullFloat64{Float64: g.QualityScore, Valid: true}, Now: g.CreatedAt,
	}
	return insert(ctx, tx, publisher, row, g.Warnings, g.Title, g.Body)
}

// GetGenerated returns a generated draft for the AI, which has authorized the caller. Its title, body and metadata
// are not set. NotFound: it does not exist.
func GetGenerated(ctx context.Context, pool *sql.DB, id domain.ID) (NewGeneratedDraft, error) {
	r, err := query.New(pool).GetDraft(ctx, id)
	if err != nil {
		return NewGeneratedDraft{}, db.Error(err)
	}
	g := NewGeneratedDraft{ID: id, Sections: r.Draft.Sections, QualityScore: r.Draft.QualityScore.Float64}
	return g, json.Unmarshal(r.Draft.Warnings, &g.Warnings)
}

// insert inserts a draft with its first version.
func insert(ctx context.Context, tx db.Tx, publisher events.Publisher, row query.CreateDraftParams, warnings []string, title, body string) error {
	var err error
	if row.Warnings, err = json.Marshal(append([]string{}, warnings...)); err != nil {
		return err
	}
	q := query.New(tx)
	if err := q.CreateDraft(ctx, row); err != nil {
		return err
	}
	if err := q.CreateDraftVersion(ctx, query.CreateDraftVersionParams{
		DraftID: row.ID, Version: 1, Title: title, Body: body, AuthorID: row.UserID, CreatedAt: row.Now,
	}); err != nil {
		return err
	}
	return publisher.Publish(ctx, tx, event(domain.EventDraftCreated, row.UserID, row.UserID, row.CaseID, row.ID))
}

func event(t domain.EventType, actor, owner domain.ID, caseID *domain.ID, id domain.ID) domain.Event {
	return domain.Event{Type: t, Actor: actor, UserID: owner, CaseID: caseID, Data: map[string]domain.ID{"draftId": id}}
}

// Create stores a draft that the caller wrote. Invalid: /title, /body. NotFound: the case is
// not accessible to the caller.
func (s *Service) Create(ctx context.Context, caller domain.Principal, n NewDraft) (Draft, error) {
	var faults []domain.Field
	title, body := checkLine(n.Title, "/title", maxTitle, &faults), checkBody(n.Body, &faults)
	if err := invalid(faults); err != nil {
		return Draft{}, err
	}
	if !n.ID.IsZero() {
		if d, err := s.Get(ctx, caller, n.ID); domain.CodeOf(err) != domain.NotFound {
			return d, err
		}
	}
	row := query.CreateDraftParams{
		ID: cmp.Or(n.ID, s.newID()), UserID: caller.UserID, CaseID: n.CaseID, Origin: string(Written), Type: n.Type, Locale: locale.Parse(n.Locale).String(),
		Status: string(Drafted), Sections: json.RawMessage("[]"), Now: s.clock(),
	}
	write := func(tx db.Tx) error { return insert(ctx, tx, s.events, row, nil, title, body) }
	var err error
	if n.CaseID == nil {
		err = db.WithTx(ctx, s.pool, write)
	} else {
		err = s.guard.AuthorizedTx(ctx, caller, *n.CaseID, &cases.Action{Verb: cases.VerbCreate, ID: &row.ID}, write)
	}
	if err != nil {
		return Draft{}, err
	}
	r, err := query.New(s.pool).GetDraft(ctx, row.ID)
	if err != nil {
		return Draft{}, db.Error(err)
	}
	return fromRow(r.Draft, r.DraftVersion)
}

// List lists drafts, the newest first. next is the cursor of the next page, nil on the last.
// Forbidden: another user's drafts outside of cases, unless the caller is an admin. NotFound: the case
// is not accessible to the caller.
func (s *Service) List(ctx context.Context, caller domain.Principal, f Filter) (items []Summary, next *domain.ID, err error) {
	user := f.UserID
	switch {
	case f.CaseID != nil:
	case user != nil && !caller.MayAccess(*user):
		return nil, nil, domain.Errorf(domain.Forbidden, "Only an admin may list another user's drafts.")
	case user == nil && !caller.Admin():
		user = &caller.UserID
	}
	limit := domain.PageSize(f.Limit)
	cursor := domain.CursorOrMax(f.Cursor)
	q := query.New(s.pool)
	var rows []query.ListDraftsRow
	switch {
	case f.CaseID != nil:
		if err := s.guard.AuthorizeList(ctx, caller, *f.CaseID); err != nil {
			return nil, nil, err
		}
		params := query.ListCaseDraftsParams{CaseID: f.CaseID, Cursor: cursor, Status: string(f.Status), Type: f.Type, Anyone: 1, Limit: int32(limit + 1)}
		if user != nil {
			params.UserID, params.Anyone = *user, 0
		}
		var inCase []query.ListCaseDraftsRow
		inCase, err = q.ListCaseDrafts(ctx, params)
		for _, r := range inCase {
			rows = append(rows, query.ListDraftsRow(r))
		}
	case user != nil:
		rows, err = q.ListDrafts(ctx, query.ListDraftsParams{UserID: *user, Cursor: cursor, Status: string(f.Status), Type: f.Type, Limit: int32(limit + 1)})
	default:
		var all []query.ListAllDraftsRow
		all, err = q.ListAllDrafts(ctx, query.ListAllDraftsParams{Cursor: cursor, Status: string(f.Status), Type: f.Type, Limit: int32(limit + 1)})
		for _, r := range all {
			rows = append(rows, query.ListDraftsRow(r))
		}
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	rows, next = domain.Page(rows, limit, func(r query.ListDraftsRow) domain.ID { return r.ID })
	items = make([]Summary, len(rows))
	for i, r := range rows {
		items[i] = Summary{ID: r.ID, UserID: r.UserID, CaseID: r.CaseID, Origin: Origin(r.Origin), Type: r.Type, Locale: r.Locale, Title: r.Title,
			Status: Status(r.Status), Version: int(r.Version), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
	}
	return items, next, nil
}

// Get returns a draft. NotFound: it does not exist or is not accessible to the caller.
func (s *Service) Get(ctx context.Context, caller domain.Principal, id domain.ID) (Draft, error) {
	r, err := query.New(s.pool).GetDraft(ctx, id)
	if err := s.authorizeFound(ctx, caller, r.Draft.UserID, r.Draft.CaseID, cases.Action{Verb: cases.VerbRead, ID: &id}, err); err != nil {
		return Draft{}, err
	}
	return fromRow(r.Draft, r.DraftVersion)
}

// Delete deletes a draft with all its versions. NotFound: as Get. Conflict: it is final.
func (s *Service) Delete(ctx context.Context, caller domain.Principal, id domain.ID) error {
	return s.withLocked(ctx, caller, id, nil, &cases.Action{Verb: cases.VerbDelete}, func(tx db.Tx, d query.Draft, _ query.DraftVersion) error {
		if Status(d.Status) == Final {
			return domain.Errorf(domain.Conflict, "A final draft cannot be deleted.")
		}
		if err := query.New(tx).DeleteDraft(ctx, id); err != nil {
			return err
		}
		return s.events.Publish(ctx, tx, event(domain.EventDraftDeleted, caller.UserID, d.UserID, d.CaseID, id))
	})
}

// EraseUser deletes all drafts of a user outside of cases, with all their versions, in the caller's
// transaction.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error {
	return query.New(tx).DeleteUserDrafts(ctx, user)
}

// EraseTestData deletes all drafts of a test account, final ones and those in its cases included, in the caller's
// transaction.
func (s *Service) EraseTestData(ctx context.Context, tx db.Tx, testAccount domain.ID) error {
	return query.New(tx).DeleteTestDrafts(ctx, testAccount)
}

func noSuchDraft() error { return domain.NoSuch("draft") }

// authorizeRead checks whether the caller may read a draft, and records the access.
func (s *Service) authorizeRead(ctx context.Context, caller domain.Principal, id domain.ID, verb cases.Verb, detail string) error {
	place, err := query.New(s.pool).GetDraftOwner(ctx, id)
	return s.authorizeFound(ctx, caller, place.UserID, place.CaseID, cases.Action{Verb: verb, ID: &id, Detail: detail}, err)
}

// authorizeFound is authorizeRead for a draft that has been looked up, with the error err.
func (s *Service) authorizeFound(ctx context.Context, caller domain.Principal, owner domain.ID, caseID *domain.ID, action cases.Action, err error) error {
	if err != nil {
		return s.guard.UniformNotFound(ctx, caller, cases.HideNotFound(db.Error(err), noSuchDraft))
	}
	return s.guard.AuthorizeRead(ctx, caller, owner, caseID, action, noSuchDraft)
}

// withLocked runs fn on a locked draft if the caller may perform action on it. A draft without a case
// can be moved into one; action is then a creation in that case.
func (s *Service) withLocked(ctx context.Context, caller domain.Principal, id domain.ID, into *domain.ID, action *cases.Action, fn func(db.Tx, query.Draft, query.DraftVersion) error) error {
	place, err := query.New(s.pool).GetDraftOwner(ctx, id)
	if err != nil {
		return s.guard.UniformNotFound(ctx, caller, cases.HideNotFound(db.Error(err), noSuchDraft))
	}
	outside := place.CaseID == nil
	if outside && !caller.MayAccess(place.UserID) {
		return s.guard.UniformNotFound(ctx, caller, noSuchDraft())
	}
	locked := func(tx db.Tx) error {
		r, err := query.New(tx).LockDraft(ctx, id)
		if err != nil {
			return cases.HideNotFound(db.Error(err), noSuchDraft)
		}
		if !sameCase(r.Draft.CaseID, place.CaseID) {
			return domain.Errorf(domain.Conflict, "The draft has changed meanwhile.")
		}
		return fn(tx, r.Draft, r.DraftVersion)
	}
	action.ID = &id
	switch {
	case outside && into == nil:
		return db.WithTx(ctx, s.pool, locked)
	case outside:
		action.Verb = cases.VerbCreate
		return s.guard.AuthorizedTx(ctx, caller, *into, action, locked)
	}
	return cases.HideNotFound(s.guard.AuthorizedTx(ctx, caller, *place.CaseID, action, locked), noSuchDraft)
}

func sameCase(a, b *domain.ID) bool { return a == b || a != nil && b != nil && *a == *b }

// fromRow converts the rows of a draft and of its current version.
func fromRow(d query.Draft, v query.DraftVersion) (Draft, error) {
	out := Draft{
		Summary: Summary{ID: d.ID, UserID: d.UserID, CaseID: d.CaseID, Origin: Origin(d.Origin), Type: d.Type, Locale: d.Locale, Title: v.Title,
			Status: Status(d.Status), Version: int(d.Version), CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt},
		Body: v.Body, ReviewedBy: d.ReviewedBy, FinalizedBy: d.FinalizedBy,
	}
	if d.ReviewedAt.Valid {
		out.ReviewedAt = &d.ReviewedAt.Time
	}
	if d.FinalizedAt.Valid {
		out.FinalizedAt = &d.FinalizedAt.Time
	}
	if d.QualityScore.Valid {
		out.QualityScore = &d.QualityScore.Float64
	}
	return out, json.Unmarshal(d.Warnings, &out.Warnings)
}
