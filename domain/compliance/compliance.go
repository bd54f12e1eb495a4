// Package compliance watches companies, names and VAT numbers: each night the registers are asked again, and
// what has changed is recorded and reported.
//
// A watch belongs to a case, whose members see it, or to the firm, whose lawyers and admins do. It is due at a minute of the night that
// its id determines (nextCheck). Sync, a periodic job, takes what is due, the longest waiting first, register by register. A check
// and the time of the next one are written in one transaction, so a run that stops anywhere neither loses
// nor repeats a check; the next run continues. While a register cannot be asked or its rate limit is used up, its watches
// stay due. What a register cannot answer (failed) changes nothing that is known.
//
// Each check records what was asked and answered, and how that differs from the last answer. A change is an event,
// and a task in the case.
//
// What can fail: the database and the registers. Every error is a *domain.Error.
package compliance

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/events"
	"counsel/domain/registry"
	query "counsel/gen/query/compliance"
)

// Kind is what a watch watches.
type Kind string

// The kinds.
const (
	KindCompany   Kind = "company"   // in a register of companies
	KindSanctions Kind = "sanctions" // a name, in the lists of sanctions
	KindVAT       Kind = "vat"       // a VAT number
)

// Outcome is the result of a check.
type Outcome string

// The outcomes.
const (
	OutcomeFirst     Outcome = "first" // there was no answer to compare with
	OutcomeUnchanged Outcome = "unchanged"
	OutcomeChanged   Outcome = "changed"
	OutcomeFailed    Outcome = "failed" // the register could not be asked or read: nothing is known
)

// Subject is what a register is asked, by the kind of the watch.
type Subject struct {
	Source    registry.SourceName `json:"source,omitempty"`    // company
	CompanyID string              `json:"companyId,omitempty"` // company
	Name      string              `json:"name,omitempty"`      // sanctions
	Screened  registry.Kind       `json:"screened,omitempty"`  // sanctions: person or company
	BirthYear int                 `json:"birthYear,omitempty"` // sanctions, of a person
	Number    string              `json:"number,omitempty"`    // vat
}

// Answer is what a register answered: one field, by the kind of the watch.
type Answer struct {
	Company   *registry.Company         `json:"company,omitempty"`
	Officers  []registry.Officer        `json:"officers,omitempty"`
	Sanctions *registry.ScreeningResult `json:"sanctions,omitempty"`
	VAT       *registry.VATAnswer       `json:"vat,omitempty"`
}

// Watch is something that is watched.
type Watch struct {
	ID            domain.ID
	CaseID        *domain.ID // nil: it belongs to the firm
	UserID        domain.ID  // who created it
	Kind          Kind
	Label         string
	Subject       Subject
	Answer        *Answer // the last one; nil: none yet
	NextCheckAt   time.Time
	LastCheckedAt *time.Time
	CreatedAt     time.Time
}

// Check is a check of a watch.
type Check struct {
	ID        domain.ID
	WatchID   domain.ID
	Outcome   Outcome
	Asked     Subject
	Answer    *Answer // nil: failed
	Changes   []Change
	ErrorCode string // of failed
	CheckedAt time.Time
}

// Registers asks the registers; test selects the stand-ins of test mode. registry.Service implements it.
type Registers interface {
	CurrentCompany(ctx context.Context, test bool, source registry.SourceName, id string) (registry.Company, []registry.Officer, error)
	ValidCompanyID(test bool, source registry.SourceName, id string) (bool, error)
	CheckVAT(ctx context.Context, test bool, number string) (registry.VATAnswer, error)
	Screen(ctx context.Context, test bool, q registry.Screening) (registry.ScreeningResult, error)
}

// Cases is the access policy of cases, and their tasks. cases.Service implements it.
type Cases interface {
	Authorize(ctx context.Context, p domain.Principal, id domain.ID, action cases.Action) error
	AuthorizeRead(ctx context.Context, p domain.Principal, id domain.ID, action cases.Action) error
	AuthorizedTx(ctx context.Context, p domain.Principal, id domain.ID, action *cases.Action, fn func(db.Tx) error) error
	UniformNotFound(ctx context.Context, p domain.Principal, notFound error) error
	// CreateTask creates an open task within a transaction that AuthorizedTx runs.
	CreateTask(ctx context.Context, tx db.Tx, p domain.Principal, id domain.ID, title string) (domain.ID, error)
}

// Metrics receives what happens. Its methods must not block.
type Metrics interface {
	Checked(kind Kind, outcome Outcome)
}

type nopMetrics struct{}

func (nopMetrics) Checked(Kind, Outcome) {}

// Config holds what the service needs.
type Config struct {
	Runtime   domain.Runtime
	DB        *sql.DB
	Registers Registers
	Cases     Cases
	Events    events.Publisher // nil: nothing is published
	Metrics   Metrics          // nil: nothing is measured
}

// Service watches registers. It is safe for concurrent use.
type Service struct {
	clock     domain.Clock
	newID     func() domain.ID
	log       *slog.Logger
	db        *sql.DB
	registers Registers
	cases     Cases
	events    events.Publisher
	metrics   Metrics

	mu     sync.Mutex
	pauses map[string]time.Time // until when a register is not asked, by its name
}

// New returns the service. RegisterJobs makes it check each night.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Registers == nil || c.Cases == nil || c.Runtime.Clock == nil || c.Runtime.NewID == nil || c.Runtime.Log == nil {
		return nil, errors.New("compliance: Config needs DB, Registers, Cases and Runtime")
	}
	if c.Events == nil {
		c.Events = events.NopPublisher{}
	}
	if c.Metrics == nil {
		c.Metrics = nopMetrics{}
	}
	return &Service{clock: c.Runtime.Clock, newID: c.Runtime.NewID, log: c.Runtime.Log, db: c.DB, registers: c.Registers, cases: c.Cases,
		events: c.Events, metrics: c.Metrics, pauses: map[string]time.Time{}}, nil
}

// maxWatches is the limit of watches of one user.
const maxWatches = 10_000

const maxLabel = 200 // characters

func noSuchWatch() error { return domain.NoSuch("watch") }

// NewWatch describes a watch to create.
type NewWatch struct {
	ID      domain.ID  // optional: a retry with the same ID returns what the first request created
	CaseID  *domain.ID // nil: it belongs to the firm
	Kind    Kind
	Label   string // "": what is watched
	Subject Subject
}

// validate checks a watch and brings its subject into one form.
func (s *Service) validate(p domain.Principal, n *NewWatch) error {
	q := &n.Subject
	switch n.Kind {
	case KindCompany:
		if q.Name != "" || q.Screened != "" || q.BirthYear != 0 || q.Number != "" {
			return errOtherKind()
		}
		if q.Source == "" {
			return domain.InvalidField("/source", "is required to watch a company")
		}
		if q.CompanyID == "" {
			return domain.InvalidField("/companyId", "is required to watch a company")
		}
		valid, err := s.registers.ValidCompanyID(p.TestMode(), q.Source, q.CompanyID)
		if err != nil {
			return err
		}
		if !valid {
			return domain.InvalidField("/companyId", "is not an id of this register")
		}
		n.Label = cmp.Or(n.Label, q.CompanyID)
	case KindSanctions:
		if q.Source != "" || q.CompanyID != "" || q.Number != "" {
			return errOtherKind()
		}
		if q.Name == "" {
			return domain.InvalidField("/name", "is required to watch the lists of sanctions")
		}
		screening := registry.Screening{Name: q.Name, Kind: cmp.Or(q.Screened, registry.KindPerson), BirthYear: q.BirthYear}
		if err := screening.Validate(); err != nil {
			return err
		}
		q.Name, q.Screened = screening.Name, screening.Kind
		n.Label = cmp.Or(n.Label, q.Name)
	case KindVAT:
		if q.Source != "" || q.CompanyID != "" || q.Name != "" || q.Screened != "" || q.BirthYear != 0 {
			return errOtherKind()
		}
		country, number, ok := registry.ParseVATNumber(q.Number)
		if !ok {
			return domain.InvalidField("/number", "must be a VAT number of a member state with its prefix, such as DE123456789")
		}
		q.Number = country + number
		n.Label = cmp.Or(n.Label, q.Number)
	}
	n.Label = domain.Truncate(strings.TrimSpace(n.Label), maxLabel)
	return nil
}

func errOtherKind() error {
	return domain.InvalidField("/kind", "does not go with the other fields")
}

// register returns the name of the register that a watch asks.
func register(k Kind, subject Subject) string {
	switch k {
	case KindVAT:
		return string(registry.VIES)
	case KindSanctions:
		return string(registry.Sanctions)
	}
	return string(subject.Source)
}

// authorizeFirm checks whether the caller may use what belongs to the firm.
func authorizeFirm(p domain.Principal) error {
	if !p.Staff() {
		return domain.Errorf(domain.Forbidden, "Only lawyers and admins may watch registers.")
	}
	return nil
}

// Create creates a watch, which is due at once. Errors: Invalid, Conflict if the user has too many, and those of the case's policy.
func (s *Service) Create(ctx context.Context, p domain.Principal, n NewWatch) (Watch, error) {
	if err := authorizeFirm(p); err != nil {
		return Watch{}, err
	}
	if n.CaseID != nil {
		if err := s.cases.Authorize(ctx, p, *n.CaseID, cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceWatch}); err != nil {
			return Watch{}, err
		}
	}
	if err := s.validate(p, &n); err != nil {
		return Watch{}, err
	}
	if n.ID.IsZero() {
		n.ID = s.newID()
	} else if w, err := s.find(ctx, n.ID); err == nil {
		return w, s.authorize(ctx, p, w, cases.VerbRead)
	}
	subject, err := json.Marshal(n.Subject)
	if err != nil {
		return Watch{}, err
	}
	now := s.clock()
	row := query.CreateWatchParams{ID: n.ID, CaseID: n.CaseID, UserID: p.UserID, Kind: string(n.Kind), Source: register(n.Kind, n.Subject), Label: n.Label, Subject: string(subject),
		NextCheckAt: now, CreatedAt: now}
	create := func(tx db.Tx) error {
		q := query.New(tx)
		count, err := q.CountWatchesByUser(ctx, p.UserID)
		if err != nil {
			return err
		}
		if count >= maxWatches {
			return domain.Errorf(domain.Conflict, "You have %d watches. Delete one first.", maxWatches)
		}
		return q.CreateWatch(ctx, row)
	}
	if n.CaseID != nil {
		err = s.cases.AuthorizedTx(ctx, p, *n.CaseID, &cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceWatch, ID: &n.ID, Detail: "kind " + string(n.Kind)}, create)
	} else {
		err = db.WithTx(ctx, s.db, create)
	}
	if err != nil {
		return Watch{}, err
	}
	return s.find(ctx, n.ID)
}

// authorize checks whether the caller may do something with a watch, and logs it if it belongs to a case. A firm's
// watch can be read by all lawyers and admins, and changed by its creator and admins. What belongs to test mode
// is NotFound for live callers, and the reverse.
func (s *Service) authorize(ctx context.Context, p domain.Principal, w Watch, verb cases.Verb) error {
	if w.CaseID != nil {
		action := cases.Action{Verb: verb, Resource: cases.ResourceWatch, ID: &w.ID}
		err := s.cases.AuthorizeRead(ctx, p, *w.CaseID, action)
		if domain.CodeOf(err) == domain.NotFound {
			return noSuchWatch()
		}
		return err
	}
	if w.UserID.IsTest() != p.TestMode() || p.TestMode() && w.UserID != p.UserID {
		return s.cases.UniformNotFound(ctx, p, noSuchWatch())
	}
	if verb != cases.VerbRead && !p.MayAccess(w.UserID) {
		return domain.Errorf(domain.Forbidden, "This watch belongs to somebody else.")
	}
	return nil
}

// Get returns a watch.
func (s *Service) Get(ctx context.Context, p domain.Principal, id domain.ID) (Watch, error) {
	return s.authorized(ctx, p, id, cases.VerbRead)
}

func (s *Service) authorized(ctx context.Context, p domain.Principal, id domain.ID, verb cases.Verb) (Watch, error) {
	if err := authorizeFirm(p); err != nil {
		return Watch{}, err
	}
	w, err := s.find(ctx, id)
	if err != nil {
		return Watch{}, s.cases.UniformNotFound(ctx, p, err)
	}
	if err := s.authorize(ctx, p, w, verb); err != nil {
		return Watch{}, err
	}
	return w, nil
}

// List lists the watches of a case or, without one, those of the firm, newest first. A test account has no firm: it lists its own.
func (s *Service) List(ctx context.Context, p domain.Principal, caseID *domain.ID, limit int, cursor *domain.ID) (items []Watch, next *domain.ID, err error) {
	if err := authorizeFirm(p); err != nil {
		return nil, nil, err
	}
	n := domain.PageSize(limit)
	var rows []query.ComplianceWatch
	switch {
	case caseID != nil:
		if err := s.cases.AuthorizeRead(ctx, p, *caseID, cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceWatch}); err != nil {
			return nil, nil, err
		}
		rows, err = query.New(s.db).ListCaseWatches(ctx, query.ListCaseWatchesParams{CaseID: caseID, Cursor: domain.CursorOrMax(cursor), Limit: int32(n + 1)})
	case p.TestMode():
		rows, err = query.New(s.db).ListOwnFirmWatches(ctx, query.ListOwnFirmWatchesParams{UserID: p.UserID, Cursor: domain.CursorOrMax(cursor), Limit: int32(n + 1)})
	default:
		rows, err = query.New(s.db).ListFirmWatches(ctx, query.ListFirmWatchesParams{Cursor: domain.CursorOrMax(cursor), Limit: int32(n + 1)})
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	rows, next = domain.Page(rows, n, func(r query.ComplianceWatch) domain.ID { return r.ID })
	items, err = toWatches(rows)
	return items, next, err
}

// Delete deletes a watch with its checks.
func (s *Service) Delete(ctx context.Context, p domain.Principal, id domain.ID) error {
	w, err := s.authorizedToChange(ctx, p, id)
	if err != nil {
		return err
	}
	remove := func(tx db.Tx) error {
		n, err := query.New(tx).DeleteWatch(ctx, id)
		if err == nil && n == 0 {
			return noSuchWatch()
		}
		return err
	}
	if w.CaseID != nil {
		return s.cases.AuthorizedTx(ctx, p, *w.CaseID, &cases.Action{Verb: cases.VerbDelete, Resource: cases.ResourceWatch, ID: &id}, remove)
	}
	return db.WithTx(ctx, s.db, remove)
}

// authorizedToChange is authorized for an action that AuthorizedTx logs later.
func (s *Service) authorizedToChange(ctx context.Context, p domain.Principal, id domain.ID) (Watch, error) {
	if err := authorizeFirm(p); err != nil {
		return Watch{}, err
	}
	w, err := s.find(ctx, id)
	if err != nil {
		return Watch{}, s.cases.UniformNotFound(ctx, p, err)
	}
	if w.CaseID == nil {
		return w, s.authorize(ctx, p, w, cases.VerbUpdate)
	}
	err = s.cases.Authorize(ctx, p, *w.CaseID, cases.Action{Verb: cases.VerbUpdate, Resource: cases.ResourceWatch, ID: &id})
	if domain.CodeOf(err) == domain.NotFound {
		err = noSuchWatch()
	}
	return w, err
}

// Checks lists the checks of a watch, newest first.
func (s *Service) Checks(ctx context.Context, p domain.Principal, id domain.ID, limit int, cursor *domain.ID) (items []Check, next *domain.ID, err error) {
	if _, err := s.authorized(ctx, p, id, cases.VerbRead); err != nil {
		return nil, nil, err
	}
	return s.checks(ctx, id, limit, cursor)
}

func (s *Service) checks(ctx context.Context, id domain.ID, limit int, cursor *domain.ID) (items []Check, next *domain.ID, err error) {
	n := domain.PageSize(limit)
	rows, err := query.New(s.db).ListChecks(ctx, query.ListChecksParams{WatchID: id, Cursor: domain.CursorOrMax(cursor), Limit: int32(n + 1)})
	if err != nil {
		return nil, nil, db.Error(err)
	}
	rows, next = domain.Page(rows, n, func(r query.ComplianceCheck) domain.ID { return r.ID })
	for _, r := range rows {
		c, err := toCheck(r)
		if err != nil {
			return nil, nil, err
		}
		items = append(items, c)
	}
	return items, next, nil
}

func (s *Service) find(ctx context.Context, id domain.ID) (Watch, error) {
	row, err := query.New(s.db).GetWatch(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return Watch{}, noSuchWatch()
	}
	if err != nil {
		return Watch{}, db.Error(err)
	}
	return toWatch(row)
}

func toWatches(rows []query.ComplianceWatch) ([]Watch, error) {
	items := make([]Watch, len(rows))
	for i, r := range rows {
		var err error
		if items[i], err = toWatch(r); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func toWatch(r query.ComplianceWatch) (Watch, error) {
	w := Watch{ID: r.ID, CaseID: r.CaseID, UserID: r.UserID, Kind: Kind(r.Kind), Label: r.Label, NextCheckAt: r.NextCheckAt, CreatedAt: r.CreatedAt}
	if r.LastCheckedAt.Valid {
		w.LastCheckedAt = &r.LastCheckedAt.Time
	}
	err := json.Unmarshal([]byte(r.Subject), &w.Subject)
	w.Answer, err = decodeAnswer(r.Answer, err)
	return w, err
}

func toCheck(r query.ComplianceCheck) (Check, error) {
	c := Check{ID: r.ID, WatchID: r.WatchID, Outcome: Outcome(r.Outcome), ErrorCode: r.ErrorCode, CheckedAt: r.CheckedAt}
	err := errors.Join(json.Unmarshal([]byte(r.Asked), &c.Asked), json.Unmarshal([]byte(r.Changes), &c.Changes))
	c.Answer, err = decodeAnswer(r.Answer, err)
	return c, err
}

func decodeAnswer(content sql.NullString, err error) (*Answer, error) {
	if err != nil || !content.Valid {
		return nil, err
	}
	var a Answer
	return &a, json.Unmarshal([]byte(content.String), &a)
}

// Export yields the watches of a user that belong to no case, with all checks.
func (s *Service) Export(ctx context.Context, user domain.ID, yield func(Watch, []Check) error) error {
	var cursor *domain.ID
	for {
		rows, err := query.New(s.db).ListOwnFirmWatches(ctx, query.ListOwnFirmWatchesParams{UserID: user, Cursor: domain.CursorOrMax(cursor), Limit: 101})
		if err != nil {
			return db.Error(err)
		}
		rows, cursor = domain.Page(rows, 100, func(r query.ComplianceWatch) domain.ID { return r.ID })
		watches, err := toWatches(rows)
		if err != nil {
			return err
		}
		for _, w := range watches {
			var all []Check
			for next, more := (*domain.ID)(nil), true; more; more = next != nil {
				var checks []Check
				if checks, next, err = s.checks(ctx, w.ID, 100, next); err != nil {
					return err
				}
				all = append(all, checks...)
			}
			if err := yield(w, all); err != nil {
				return err
			}
		}
		if cursor == nil {
			return nil
		}
	}
}

// EraseUser deletes the watches of a user that belong to no case. Those of cases stay with them.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error {
	return query.New(tx).DeleteFirmWatchesByUser(ctx, user)
}

// EraseTestData deletes all watches of a test account.
func (s *Service) EraseTestData(ctx context.Context, tx db.Tx, testAccount domain.ID) error {
	if !testAccount.IsTest() {
		return errors.New("compliance: not a test account")
	}
	return query.New(tx).DeleteWatchesByUser(ctx, testAccount)
}
