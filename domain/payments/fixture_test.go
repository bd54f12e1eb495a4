package payments_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/clients/stripe"
	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/billing"
	"counsel/domain/cases"
	"counsel/domain/events"
	"counsel/domain/files"
	"counsel/domain/jobs/jobstest"
	"counsel/domain/payments"
	"counsel/domain/rendering"
	accountquery "counsel/gen/query/account"
	sandbox "counsel/sandbox/stripe"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// fixture is a service on real cases and a real ledger, with the stand-in as its provider.
type fixture struct {
	*payments.Service
	t       testing.TB
	pool    *sql.DB
	cases   *cases.Service
	billing *billing.Service
	stripe  *sandbox.Server
	log     *testkit.Log
	jobs    *jobstest.Client
	mu      sync.Mutex
	ahead   time.Duration // of the clock
	events  []domain.EventType

	owner, lawyer, client, viewer, stranger, admin domain.Principal
	caseID                                         domain.ID
}

// noDocuments makes no PDFs and sends no mails.
type noDocuments struct{}

func (noDocuments) Render(_ context.Context, _ domain.Principal, q rendering.Request) (rendering.Rendering, error) {
	return rendering.Rendering{File: files.File{ID: q.ID}}, nil
}

func (noDocuments) InvoiceMail(context.Context, db.Tx, billing.Mail) error { return nil }

func (f *fixture) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Now().Add(f.ahead)
}

func (f *fixture) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ahead += d
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{t: t, pool: testenv.OpenDB(t, testenv.SchemaURL(t)), log: &testkit.Log{}, jobs: jobstest.New()}
	people, err := account.New(account.Config{Runtime: domain.SystemRuntime(nil), DB: f.pool, Redis: testenv.OpenRedis(t, testenv.RedisURL(t)), Secret: strings.Repeat("s", 32)})
	testkit.Must(t, err)
	runtime := domain.Runtime{Clock: f.clock, NewID: domain.NewID, Log: testkit.DiscardLog()}
	f.cases, err = cases.New(cases.Config{Runtime: runtime, DB: f.pool, Accounts: people})
	testkit.Must(t, err)
	bus := events.NewBus()
	bus.Subscribe(func(_ context.Context, _ db.Tx, e domain.Event) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.events = append(f.events, e.Type)
		return nil
	})
	f.billing, err = billing.New(billing.Config{Runtime: runtime, DB: f.pool, Cases: f.cases, Renderer: noDocuments{}, Mailer: noDocuments{}, Jobs: f.jobs, Firm: billing.Firm{Name: "Hartmann & Vogel"}, Events: bus})
	testkit.Must(t, err)
	f.stripe, err = sandbox.Start(t.Context(), sandbox.Options{Now: f.clock})
	testkit.Must(t, err)
	t.Cleanup(func() { testkit.Must(t, f.stripe.Close()) })
	provider, err := stripe.New(stripe.Config{URL: f.stripe.URL, APIKey: f.stripe.APIKey, WebhookSecret: f.stripe.WebhookSecret, Backoff: []time.Duration{}, OpenFor: time.Millisecond})
	testkit.Must(t, err)
	t.Cleanup(func() { testkit.Must(t, provider.Close()) })
	f.Service, err = payments.New(payments.Config{Runtime: runtime, DB: f.pool, Cases: f.cases, Invoices: f.billing, Jobs: f.jobs, Events: bus, Provider: provider, Test: provider, URL: "https://counsel.example"})
	testkit.Must(t, err)
	bus.Subscribe(f.OnEvent)
	f.owner, f.lawyer, f.client = f.join("owner", domain.RoleLawyer), f.join("lawyer", domain.RoleLawyer), f.join("client", domain.RoleClient)
	f.viewer, f.stranger, f.admin = f.join("viewer", domain.RoleClient), f.join("stranger", domain.RoleLawyer), f.join("root", domain.RoleAdmin)
	c, err := f.cases.Create(t.Context(), f.owner, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	f.caseID = c.ID
	for role, p := range map[cases.Role]domain.Principal{cases.Lawyer: f.lawyer, cases.Client: f.client, cases.Viewer: f.viewer} {
		_, err := f.pool.ExecContext(t.Context(), "INSERT INTO case_members (case_id, user_id, role, created_at) VALUES (?, ?, ?, NOW(6))", c.ID, p.UserID, role)
		testkit.Must(t, err)
	}
	return f
}

// join creates an account.
func (f *fixture) join(name string, role domain.Role) domain.Principal {
	f.t.Helper()
	id, now := domain.NewID(), domain.SystemClock()
	testkit.Must(f.t, accountquery.New(f.pool).CreateUser(f.t.Context(), accountquery.CreateUserParams{ID: id, Email: name + "@example.com", FullName: name, Role: string(role), PasswordHash: "-", CreatedAt: now, UpdatedAt: now}))
	return domain.Principal{UserID: id, Role: role}
}

// issued drafts and sends an invoice of one line without tax.
func (f *fixture) issued(amount int64, currency string) billing.Invoice {
	f.t.Helper()
	i, err := f.billing.CreateInvoice(f.t.Context(), f.lawyer, f.caseID, billing.NewInvoice{Currency: currency, Recipient: billing.Recipient{Name: "Ada Lovelace"},
		Lines: []billing.NewLine{{Description: "Advice", Quantity: "1", UnitPrice: &amount}}})
	testkit.Must(f.t, err)
	i, err = f.billing.Send(f.t.Context(), f.lawyer, f.caseID, i.ID)
	testkit.Must(f.t, err)
	return i
}

func (f *fixture) checkout(invoice domain.ID) payments.Payment {
	f.t.Helper()
	p, err := f.Checkout(f.t.Context(), f.client, payments.NewCheckout{InvoiceID: invoice})
	testkit.Must(f.t, err)
	return p
}

// do does something at the provider and syncs.
func (f *fixture) do(p payments.Payment, actions ...string) payments.Payment {
	f.t.Helper()
	for _, a := range actions {
		testkit.Must(f.t, f.stripe.Do(p.CheckoutID, a))
	}
	for range 2 { // the second changes nothing
		testkit.Must(f.t, f.Sync(f.t.Context(), p.ID))
	}
	return f.get(p.ID)
}

func (f *fixture) get(id domain.ID) payments.Payment {
	f.t.Helper()
	p, err := f.Load(f.t.Context(), id)
	testkit.Must(f.t, err)
	return p
}

func (f *fixture) paid(amount int64) payments.Payment {
	f.t.Helper()
	p := f.do(f.checkout(f.issued(amount, "EUR").ID), sandbox.ActionPay)
	if p.Status != payments.Succeeded {
		f.t.Fatalf("the payment is %s", p.Status)
	}
	return p
}

func (f *fixture) invoice(id domain.ID) billing.Invoice {
	f.t.Helper()
	i, err := f.billing.CaseInvoice(f.t.Context(), f.owner, f.caseID, id)
	testkit.Must(f.t, err)
	return i
}

// balance returns the balance of an account of the case's ledger.
func (f *fixture) balance(account billing.Account) int64 {
	f.t.Helper()
	l, err := f.billing.Ledger(f.t.Context(), f.owner, f.caseID, 0, nil)
	testkit.Must(f.t, err)
	for _, b := range l.Balances {
		if b.Account == account {
			return b.Balance
		}
	}
	return 0
}

func (f *fixture) count(kind domain.EventType) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.events {
		if e == kind {
			n++
		}
	}
	return n
}

func (f *fixture) behave(mode sandbox.Mode, times int) {
	f.t.Helper()
	testkit.Must(f.t, f.stripe.SetBehaviour(sandbox.Behaviour{Mode: mode, Times: times}))
}

// wantError checks the code of an error, and its reason or the pointer of its field.
func wantError(t testing.TB, err error, code domain.Code, detail string) {
	t.Helper()
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Code != code {
		t.Fatalf("got %v, want %s %s", err, code, detail)
	}
	if detail != "" && e.Reason != detail && (len(e.Fields) == 0 || e.Fields[0].Pointer != detail) {
		t.Errorf("got %+v, want %s", e, detail)
	}
}
