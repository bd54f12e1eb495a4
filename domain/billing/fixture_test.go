package billing

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/cases"
	"counsel/domain/events"
	"counsel/domain/files"
	"counsel/domain/jobs/jobstest"
	"counsel/domain/rendering"
	accountquery "counsel/gen/query/account"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// fixture is a service on real cases. The renderer and the mailer are fakes: the whole is tested through the API, see handlers.
type fixture struct {
	*Service
	t        testing.TB
	pool     *sql.DB
	cases    *cases.Service
	now      time.Time
	renderer *fakeRenderer
	jobs     *jobstest.Client
	mails    []Mail
	mu       sync.Mutex
	events   []domain.EventType

	owner, lawyer, assistant, client, viewer, stranger, admin domain.Principal
	caseID                                                    domain.ID
}

// fakeRenderer records what is rendered.
type fakeRenderer struct {
	requests []rendering.Request
	err      error
}

func (r *fakeRenderer) Render(_ context.Context, _ domain.Principal, q rendering.Request) (rendering.Rendering, error) {
	r.requests = append(r.requests, q)
	return rendering.Rendering{File: files.File{ID: q.ID}}, r.err
}

// InvoiceMail records a mail.
func (f *fixture) InvoiceMail(_ context.Context, _ db.Tx, m Mail) error {
	f.mails = append(f.mails, m)
	return nil
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{t: t, pool: testenv.OpenDB(t, testenv.SchemaURL(t)), now: time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC), renderer: &fakeRenderer{}, jobs: jobstest.New()}
	people, err := account.New(account.Config{Runtime: domain.SystemRuntime(nil), DB: f.pool, Redis: testenv.OpenRedis(t, testenv.RedisURL(t)), Secret: strings.Repeat("s", 32)})
	testkit.Must(t, err)
	runtime := domain.Runtime{Clock: func() time.Time { return f.now }, NewID: domain.NewID}
	f.cases, err = cases.New(cases.Config{Runtime: runtime, DB: f.pool, Accounts: people})
	testkit.Must(t, err)
	f.Service, err = New(Config{Runtime: runtime, DB: f.pool, Cases: f.cases, Renderer: f.renderer, Mailer: f, Jobs: f.jobs, Firm: Firm{Name: "Hartmann & Vogel"},
		Events: events.PublisherFunc(func(_ context.Context, _ db.Tx, e domain.Event) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.events = append(f.events, e.Type)
			return nil
		})})
	testkit.Must(t, err)
	f.owner, f.lawyer, f.assistant = f.join("owner", domain.RoleLawyer), f.join("lawyer", domain.RoleLawyer), f.join("assistant", domain.RoleLawyer)
	f.client, f.viewer, f.stranger, f.admin = f.join("client", domain.RoleClient), f.join("viewer", domain.RoleClient), f.join("stranger", domain.RoleLawyer), f.join("root", domain.RoleAdmin)
	f.caseID = f.open()
	return f
}

// join creates an account.
func (f *fixture) join(name string, role domain.Role) domain.Principal {
	f.t.Helper()
	id, now := domain.NewID(), domain.SystemClock()
	testkit.Must(f.t, accountquery.New(f.pool).CreateUser(f.t.Context(), accountquery.CreateUserParams{ID: id, Email: name + "@example.com", FullName: name, Role: string(role), PasswordHash: "-", CreatedAt: now, UpdatedAt: now}))
	return domain.Principal{UserID: id, Role: role}
}

// open opens a case with all members.
func (f *fixture) open() domain.ID {
	f.t.Helper()
	c, err := f.cases.Create(f.t.Context(), f.owner, cases.NewCase{Title: "Lease"})
	testkit.Must(f.t, err)
	for role, p := range map[cases.Role]domain.Principal{cases.Lawyer: f.lawyer, cases.Assistant: f.assistant, cases.Client: f.client, cases.Viewer: f.viewer} {
		_, err := f.pool.ExecContext(f.t.Context(), "INSERT INTO case_members (case_id, user_id, role, created_at) VALUES (?, ?, ?, NOW(6))", c.ID, p.UserID, role)
		testkit.Must(f.t, err)
	}
	return c.ID
}

// draft drafts an invoice of one line without tax.
func (f *fixture) draft(amount int64, currency string) Invoice {
	f.t.Helper()
	i, err := f.CreateInvoice(f.t.Context(), f.lawyer, f.caseID, newInvoice(amount, currency))
	testkit.Must(f.t, err)
	return i
}

func newInvoice(amount int64, currency string) NewInvoice {
	return NewInvoice{Currency: currency, Recipient: Recipient{Name: "Ada Lovelace", Email: "ada@example.com"}, Lines: []NewLine{{Description: "Advice", Quantity: "1", UnitPrice: &amount}}}
}

// issued drafts and sends an invoice.
func (f *fixture) issued(amount int64, currency string) Invoice {
	f.t.Helper()
	i, err := f.Send(f.t.Context(), f.lawyer, f.caseID, f.draft(amount, currency).ID)
	testkit.Must(f.t, err)
	return i
}

// tx runs fn in a transaction.
func (f *fixture) tx(fn func(tx db.Tx) error) error {
	return db.WithTx(f.t.Context(), f.pool, fn)
}

// pay books a payment.
func (f *fixture) pay(invoice domain.ID, amount int64, currency string) (p Payment, err error) {
	err = f.tx(func(tx db.Tx) (err error) {
		p, err = f.RecordPayment(f.t.Context(), tx, PaymentReceived{InvoiceID: invoice, PaymentID: domain.NewID(), Amount: domain.Money{Amount: amount, Currency: currency}, ReceivedAt: f.now})
		return err
	})
	return p, err
}

// invoice reads an invoice.
func (f *fixture) invoice(id domain.ID) Invoice {
	f.t.Helper()
	i, err := f.CaseInvoice(f.t.Context(), f.owner, f.caseID, id)
	testkit.Must(f.t, err)
	return i
}

// balances reads the balances of the case in a currency.
func (f *fixture) balances(currency string) map[Account]int64 {
	f.t.Helper()
	l, err := f.Ledger(f.t.Context(), f.owner, f.caseID, 0, nil)
	testkit.Must(f.t, err)
	all := map[Account]int64{}
	for _, b := range l.Balances {
		if b.Currency == currency && b.Balance != 0 {
			all[b.Account] = b.Balance
		}
	}
	return all
}

func (f *fixture) wantBalances(want map[Account]int64) {
	f.t.Helper()
	got := f.balances("EUR")
	for _, a := range Accounts {
		if got[a] != want[a] {
			f.t.Errorf("%s is %d, want %d", a, got[a], want[a])
		}
	}
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
