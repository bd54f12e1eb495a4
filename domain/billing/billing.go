// Package billing keeps the time entries, the invoices and the ledger of the firm.
//
// Work on a case is recorded as time entries. An invoice is drafted from them and from lines of its own; when it is
// issued it gets the next number of its year, without gaps, and never changes again. lifecycle.go describes its states.
// Amounts are integers in minor units; amounts.go says how they are rounded.
//
// Every movement of money is an entry of the ledger (ledger.go): lines that add up to zero in each currency. What
// clients deposit is kept apart from the firm's money: the lines of an entry on the accounts of client money add up to
// zero by themselves, the balance of a case there is never below zero, and it goes to the firm only for an
// open invoice of that case. payments.go books what a payment provider reports, in its caller's transaction.
//
// Whatever changes a case's invoices or ledger first locks its timeline, so that changes to one case are serialized.
//
// What can fail: the database, as domain.Unavailable, and the object store when a PDF is made, which is tried again.
// Every error is a *domain.Error.
package billing

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/events"
	"counsel/domain/jobs"
	"counsel/domain/rendering"
	query "counsel/gen/query/billing"
)

// Cases is the policy of cases. cases.Service implements it.
type Cases interface {
	AuthorizeRead(ctx context.Context, p domain.Principal, id domain.ID, action cases.Action) error
	AuthorizedTx(ctx context.Context, p domain.Principal, id domain.ID, action *cases.Action, fn func(db.Tx) error) error
	UniformNotFound(ctx context.Context, p domain.Principal, notFound error) error
	// AppendTx records what the service itself did in a case, and locks its timeline.
	AppendTx(ctx context.Context, tx db.Tx, actor domain.Principal, id domain.ID, action cases.Action) error
	MyRole(ctx context.Context, p domain.Principal, id domain.ID) (cases.Role, error)
}

// Renderer makes PDFs of templates. rendering.Service implements it.
type Renderer interface {
	// Render returns the stored file of an id if there is one.
	Render(ctx context.Context, caller domain.Principal, r rendering.Request) (rendering.Rendering, error)
}

// Mailer enqueues the mails of this package. email.Outbox implements it.
type Mailer interface {
	// InvoiceMail enqueues a mail in the caller's transaction, if a mail server is configured. Conflict: the id was enqueued before.
	InvoiceMail(ctx context.Context, tx db.Tx, m Mail) error
}

// Firm is who issues the invoices.
type Firm struct {
	Name        string
	Address     string // "": none is printed
	TaxID       string // likewise
	BankAccount string // likewise
}

// Config is what a Service needs.
type Config struct {
	Runtime  domain.Runtime
	DB       *sql.DB
	Cases    Cases
	Renderer Renderer
	Mailer   Mailer
	Jobs     jobs.Client      // New registers its workers, so it is called before the jobs are started
	Events   events.Publisher // nil: nothing is published
	Firm     Firm
}

// Service keeps time entries, invoices and the ledger. It is safe for concurrent use.
type Service struct {
	clock    domain.Clock
	newID    func() domain.ID
	pool     *sql.DB
	queries  *query.Queries
	cases    Cases
	renderer Renderer
	mailer   Mailer
	jobs     jobs.Client
	events   events.Publisher
	firm     Firm
}

// New returns a service. It fails when the configuration is incomplete.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Cases == nil || c.Renderer == nil || c.Mailer == nil || c.Jobs == nil || c.Firm.Name == "" || c.Runtime.Clock == nil || c.Runtime.NewID == nil {
		return nil, errors.New("billing: Config needs DB, Cases, Renderer, Mailer, Jobs, Firm and Runtime")
	}
	if c.Events == nil {
		c.Events = events.NopPublisher{}
	}
	s := &Service{clock: c.Runtime.Clock, newID: c.Runtime.NewID, pool: c.DB, queries: query.New(c.DB), cases: c.Cases, renderer: c.Renderer, mailer: c.Mailer,
		jobs: c.Jobs, events: c.Events, firm: c.Firm}
	s.registerJobs()
	return s, nil
}

// now returns the current time in the precision of the database.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// scope returns the test account that data of the user belongs to, the zero id for live data.
func scope(user domain.ID) domain.ID {
	if user.IsTest() {
		return user
	}
	return domain.ID{}
}

// leads reports whether the caller works on the case for the firm and may see drafts and what others worked.
func (s *Service) leads(ctx context.Context, p domain.Principal, caseID domain.ID) (bool, error) {
	if !p.Staff() || p.Admin() {
		return p.Admin(), nil
	}
	role, err := s.cases.MyRole(ctx, p, caseID)
	return role == cases.Owner || role == cases.Lawyer || role == cases.Assistant, err
}

// notFoundAs maps a missing row to notFound and other errors as db.Error does.
func notFoundAs(err, notFound error) error {
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		return notFound
	}
	return err
}

func nullString(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

func nullTime(t *time.Time) sql.NullTime {
	if t == nil {
		return sql.NullTime{}
	}
	return sql.NullTime{Time: *t, Valid: true}
}

func timeOf(t sql.NullTime) *time.Time {
	if !t.Valid {
		return nil
	}
	return &t.Time
}
