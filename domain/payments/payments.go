// Package payments receives money for invoices through a payment provider, and sends it back.
//
// Somebody who may read an invoice opens a checkout: a page of the provider on which they pay. Each payment is written down before the
// provider is called, and each call carries the payment's id, so that a retry finds what an earlier call created. lifecycle.go describes the
// states. Refunds and disputes have rows of their own.
//
// What happens at the provider is never taken from a message: webhooks and the provider's list of events only make sync read the present state of the
// payment (sync.go), which it compares with the rows and books in the ledger of package billing, each change in a transaction
// of its own. So messages may be lost, repeated or late. A periodic job reads the events after the last one that it has read, and asks
// about every payment that is due (reconcile.go).
//
// Test accounts pay at a provider of their own, at which no money moves.
//
// What can fail: the provider, as domain.Unavailable or domain.Upstream, and the database. Every error is a *domain.Error.
package payments

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/billing"
	"counsel/domain/cases"
	"counsel/domain/events"
	"counsel/domain/jobs"
	query "counsel/gen/query/payments"
)

// Cases is the policy of cases. cases.Service implements it.
type Cases interface {
	Authorize(ctx context.Context, p domain.Principal, id domain.ID, action cases.Action) error
	AuthorizeRead(ctx context.Context, p domain.Principal, id domain.ID, action cases.Action) error
	AuthorizedTx(ctx context.Context, p domain.Principal, id domain.ID, action *cases.Action, fn func(db.Tx) error) error
	UniformNotFound(ctx context.Context, p domain.Principal, notFound error) error
	AppendTx(ctx context.Context, tx db.Tx, actor domain.Principal, id domain.ID, action cases.Action) error
}

// Invoices are the invoices and the ledger. billing.Service implements it.
type Invoices interface {
	Invoice(ctx context.Context, p domain.Principal, id domain.ID) (billing.Invoice, error)
	RecordPayment(ctx context.Context, tx db.Tx, r billing.PaymentReceived) (billing.Payment, error)
	RecordRefund(ctx context.Context, tx db.Tx, r billing.RefundMade) error
	CompleteRefund(ctx context.Context, tx db.Tx, refundID domain.ID) error
	CancelRefund(ctx context.Context, tx db.Tx, refundID domain.ID) error
	RecordChargeback(ctx context.Context, tx db.Tx, c billing.ChargebackOpened) error
	CloseChargeback(ctx context.Context, tx db.Tx, chargebackID domain.ID, won bool) error
}

// Config is what a Service needs.
type Config struct {
	Runtime  domain.Runtime
	DB       *sql.DB
	Cases    Cases
	Invoices Invoices
	Jobs     jobs.Client      // New registers its workers, so it is called before the jobs are started
	Events   events.Publisher // nil: nothing is published
	Provider Provider         // nil: only test accounts can pay
	Test     Provider         // of test accounts
	URL      string           // where people go after paying, unless a checkout names another page
}

// Service keeps payments. It is safe for concurrent use.
type Service struct {
	clock    domain.Clock
	newID    func() domain.ID
	log      *slog.Logger
	pool     *sql.DB
	queries  *query.Queries
	cases    Cases
	invoices Invoices
	jobs     jobs.Client
	events   events.Publisher
	provider Provider
	test     Provider
	url      string
}

// New returns a service. It fails when the configuration is incomplete.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Cases == nil || c.Invoices == nil || c.Jobs == nil || c.Test == nil || c.Runtime.Clock == nil || c.Runtime.NewID == nil || c.Runtime.Log == nil {
		return nil, errors.New("payments: Config needs DB, Cases, Invoices, Jobs, Test and Runtime")
	}
	if c.Events == nil {
		c.Events = events.NopPublisher{}
	}
	s := &Service{clock: c.Runtime.Clock, newID: c.Runtime.NewID, log: c.Runtime.Log, pool: c.DB, queries: query.New(c.DB), cases: c.Cases, invoices: c.Invoices, jobs: c.Jobs,
		events: c.Events, provider: c.Provider, test: c.Test, url: c.URL}
	s.registerJobs()
	return s, nil
}

// Payment is a payment of an invoice.
type Payment struct {
	ID          domain.ID
	InvoiceID   domain.ID
	CaseID      domain.ID
	UserID      domain.ID // who opened the checkout
	Status      Status
	Provider    string
	Amount      domain.Money
	Received    int64        // 0 until it succeeded
	Fee         domain.Money // no currency: it is not known
	Description string
	SuccessURL  string
	CancelURL   string
	CheckoutID  string // the provider's; "": it has not confirmed the checkout
	IntentID    string
	CheckoutURL string // "": nobody can pay
	Decline     string // the provider's code for why the last attempt to pay failed
	ExpiresAt   time.Time
	CheckedAt   time.Time // when the provider was asked last
	CreatedAt   time.Time
	UpdatedAt   time.Time
	PaidAt      *time.Time
	Refunds     []Refund
	Disputes    []Dispute
}

// Refund is money that is sent back.
type Refund struct {
	ID         domain.ID
	PaymentID  domain.ID
	UserID     domain.ID // zero: it was made at the provider
	ProviderID string    // "": the provider has not confirmed it
	Status     RefundStatus
	Amount     int64
	Reason     string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Dispute is a bank's question whether a payment was rightful.
type Dispute struct {
	ID         domain.ID
	PaymentID  domain.ID
	ProviderID string
	Status     DisputeStatus
	Reason     string // the provider's code
	Amount     int64
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Refundable returns what can still be refunded.
func (p *Payment) Refundable() int64 {
	left := p.Received
	for _, r := range p.Refunds {
		if r.Status != RefundFailed {
			left -= r.Amount
		}
	}
	for _, d := range p.Disputes {
		if d.Status == DisputeOpen || d.Status == DisputeLost {
			left -= d.Amount
		}
	}
	return max(0, left)
}

// pending reports whether somebody can pay, or has paid and the money has not arrived.
func (p *Payment) pending() bool {
	return p.Status == Created || p.Status == Open || p.Status == Processing
}

func toPayment(r query.Payment) Payment {
	return Payment{ID: r.ID, InvoiceID: r.InvoiceID, CaseID: r.CaseID, UserID: r.UserID, Status: Status(r.Status), Provider: r.Provider,
		Amount: domain.Money{Amount: r.Amount, Currency: r.Currency}, Received: r.Received, Fee: domain.Money{Amount: r.Fee, Currency: r.FeeCurrency}, Description: r.Description,
		SuccessURL: r.SuccessUrl, CancelURL: r.CancelUrl, CheckoutID: r.CheckoutID.String, IntentID: r.IntentID.String, CheckoutURL: r.CheckoutUrl, Decline: r.Decline,
		ExpiresAt: r.ExpiresAt, CheckedAt: r.CheckedAt, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, PaidAt: timeOf(r.PaidAt)}
}

func toRefund(r query.PaymentRefund) Refund {
	return Refund{ID: r.ID, PaymentID: r.PaymentID, UserID: r.UserID, ProviderID: r.ProviderID.String, Status: RefundStatus(r.Status), Amount: r.Amount, Reason: r.Reason, CreatedAt: r.CreatedAt,
		UpdatedAt: r.UpdatedAt}
}

func toDispute(r query.PaymentDispute) Dispute {
	return Dispute{ID: r.ID, PaymentID: r.PaymentID, ProviderID: r.ProviderID, Status: DisputeStatus(r.Status), Reason: r.Reason, Amount: r.Amount, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
}

// providerOf returns the provider of a user's payments. Unavailable: none is configured.
func (s *Service) providerOf(user domain.ID) (Provider, error) {
	switch {
	case user.IsTest():
		return s.test, nil
	case s.provider == nil:
		return nil, &domain.Error{Code: domain.Unavailable, Reason: "payments_unavailable", Message: "Invoices cannot be paid online here: no payment provider is configured."}
	}
	return s.provider, nil
}

// now returns the current time in the precision of the database.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// withDetails reads the refunds and disputes of payments.
func (s *Service) withDetails(ctx context.Context, q *query.Queries, all []Payment) error {
	if len(all) == 0 {
		return nil
	}
	ids, at := make([]domain.ID, len(all)), map[domain.ID]*Payment{}
	for i := range all {
		ids[i] = all[i].ID
		at[ids[i]] = &all[i]
	}
	refunds, err := q.ListPaymentRefunds(ctx, ids)
	if err != nil {
		return err
	}
	for _, r := range refunds {
		at[r.PaymentID].Refunds = append(at[r.PaymentID].Refunds, toRefund(r))
	}
	disputes, err := q.ListPaymentDisputes(ctx, ids)
	for _, d := range disputes {
		at[d.PaymentID].Disputes = append(at[d.PaymentID].Disputes, toDispute(d))
	}
	return err
}

// load reads a payment with its refunds and disputes.
func (s *Service) load(ctx context.Context, id domain.ID) (Payment, error) {
	row, err := s.queries.GetPayment(ctx, id)
	if err != nil {
		return Payment{}, notFoundAs(err, noSuchPayment())
	}
	return s.detailed(ctx, row)
}

// loadFor loads a payment once authorize permits access to its case. An absent payment and a hidden one take the same time.
func (s *Service) loadFor(ctx context.Context, p domain.Principal, id domain.ID, authorize func(caseID domain.ID) error) (Payment, error) {
	row, err := s.queries.GetPayment(ctx, id)
	if err != nil {
		return Payment{}, s.cases.UniformNotFound(ctx, p, notFoundAs(err, noSuchPayment()))
	}
	if err := authorize(row.CaseID); err != nil {
		return Payment{}, cases.HideNotFound(err, func() error { return noSuchPayment() })
	}
	return s.detailed(ctx, row)
}

// detailed adds the refunds and disputes of a payment.
func (s *Service) detailed(ctx context.Context, row query.Payment) (Payment, error) {
	all := []Payment{toPayment(row)}
	err := s.withDetails(ctx, s.queries, all)
	return all[0], db.Error(err)
}

// refreshAfter is how old what is known of a pending payment may be when somebody asks for it. refreshTimeout bounds asking the provider.
const (
	refreshAfter   = 5 * time.Second
	refreshTimeout = 5 * time.Second
)

// Get reads a payment. If it is pending the provider is asked, so that who comes back from its page sees what they did. NotFound: there is none that
// the caller may read.
func (s *Service) Get(ctx context.Context, p domain.Principal, id domain.ID) (Payment, error) {
	payment, err := s.loadFor(ctx, p, id, func(caseID domain.ID) error {
		return s.cases.AuthorizeRead(ctx, p, caseID, cases.Action{Verb: cases.VerbRead, Resource: cases.ResourcePayment, ID: &id})
	})
	if err != nil {
		return Payment{}, err
	}
	if !payment.pending() || s.now().Sub(payment.CheckedAt) < refreshAfter {
		return payment, nil
	}
	asking, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	if err := s.sync(asking, id); err != nil {
		s.log.DebugContext(ctx, "a payment could not be refreshed", "payment_id", id.String(), "error", err.Error())
		return payment, nil
	}
	return s.load(ctx, id)
}

// Filter narrows a list of payments.
type Filter struct {
	CaseID    *domain.ID
	InvoiceID *domain.ID
	Status    Status // "": all
	Limit     int
	Cursor    *domain.ID
}

// List lists payments, newest first: those of a case or an invoice that the caller may read, else those that they opened.
func (s *Service) List(ctx context.Context, p domain.Principal, f Filter) (items []Payment, next *domain.ID, err error) {
	n := domain.PageSize(f.Limit)
	cursor, limit := domain.CursorOrMax(f.Cursor), int32(n+1)
	var rows []query.Payment
	switch {
	case f.InvoiceID != nil:
		invoice, err := s.invoices.Invoice(ctx, p, *f.InvoiceID)
		if err != nil {
			return nil, nil, err
		}
		if f.CaseID != nil && *f.CaseID != invoice.CaseID {
			return nil, nil, nil
		}
		rows, err = s.queries.ListPaymentsByInvoice(ctx, query.ListPaymentsByInvoiceParams{InvoiceID: *f.InvoiceID, Cursor: cursor, Status: string(f.Status), Limit: limit})
		if err != nil {
			return nil, nil, db.Error(err)
		}
	case f.CaseID != nil:
		if err := s.cases.AuthorizeRead(ctx, p, *f.CaseID, cases.Action{Verb: cases.VerbRead, Resource: cases.ResourcePayment, Detail: "list"}); err != nil {
			return nil, nil, err
		}
		rows, err = s.queries.ListPaymentsByCase(ctx, query.ListPaymentsByCaseParams{CaseID: *f.CaseID, Cursor: cursor, Status: string(f.Status), Limit: limit})
	case f.Status != "":
		rows, err = s.queries.ListPaymentsByUserAndStatus(ctx, query.ListPaymentsByUserAndStatusParams{UserID: p.UserID, Status: string(f.Status), Cursor: cursor, Limit: limit})
	default:
		rows, err = s.queries.ListPaymentsByUser(ctx, query.ListPaymentsByUserParams{UserID: p.UserID, Cursor: cursor, Limit: limit})
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	for _, r := range rows {
		items = append(items, toPayment(r))
	}
	items, next = domain.Page(items, n, func(p Payment) domain.ID { return p.ID })
	return items, next, db.Error(s.withDetails(ctx, s.queries, items))
}

func noSuchPayment() *domain.Error { return domain.NoSuch("payment") }

// conflict returns a conflict with a reason for programs.
func conflict(reason, message string) error {
	return &domain.Error{Code: domain.Conflict, Reason: reason, Message: message}
}

// notFoundAs maps a missing row to notFound and other errors as db.Error does.
func notFoundAs(err, notFound error) error {
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		return notFound
	}
	return err
}

// rejected reports whether an error is the provider's definite refusal.
func rejected(err error) bool {
	code := domain.CodeOf(err)
	return (code == domain.Upstream || code == domain.NotFound) && !errors.Is(err, ErrUncertain)
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

// timeOr returns a time in the precision of the database, or another one if it is zero.
func timeOr(t, other time.Time) time.Time {
	return cmp.Or(t, other).UTC().Truncate(time.Microsecond)
}
