package notifications

import (
	"context"
	"counsel/sandbox/testkit"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/cases"
	"counsel/domain/events"
	"counsel/domain/jobs"
	"counsel/sandbox/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// fixture is a service on a database with accounts and a case. Tests run its jobs themselves.
type fixture struct {
	*Service
	t           testing.TB
	cases       *cases.Service
	clockOffset time.Duration
	mails       []Mail

	anna, bert, carl domain.Principal // anna and bert are in the case, carl is not
	caseID           domain.ID
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	pool := testenv.DB(t)
	people, err := account.New(account.Config{Runtime: domain.SystemRuntime(nil), DB: pool, Redis: testenv.EmptyRedis(t), Secret: strings.Repeat("s", 32)})
	testkit.Must(t, err)
	caseService, err := cases.New(cases.Config{Runtime: domain.Runtime{Clock: domain.SystemClock, NewID: domain.NewID}, DB: pool, Accounts: people})
	testkit.Must(t, err)
	f := &fixture{t: t, cases: caseService}
	clock := func() time.Time { return domain.SystemClock().Add(f.clockOffset) }
	runtime := domain.SystemRuntime(testkit.DiscardLog())
	runtime.Clock = clock
	queue, err := jobs.New(jobs.Config{DB: pool, Runtime: runtime})
	testkit.Must(t, err)
	f.Service, err = New(Config{DB: pool, Jobs: queue, Accounts: people, Cases: f.cases, Runtime: runtime,
		SendMail: func(_ context.Context, _ db.Tx, m Mail) error {
			if slices.ContainsFunc(f.mails, func(old Mail) bool { return old.ID == m.ID }) {
				return domain.Errorf(domain.Conflict, "It exists.")
			}
			f.mails = append(f.mails, m)
			return nil
		}})
	testkit.Must(t, err)
	f.anna, f.bert, f.carl = f.createUser("anna"), f.createUser("bert"), f.createUser("carl")
	c, err := f.cases.Create(t.Context(), f.anna, cases.NewCase{Title: "Northwind v. Southwind"})
	testkit.Must(t, err)
	f.caseID = c.ID
	f.addMember(f.bert)
	return f
}

func (f *fixture) createUser(name string) domain.Principal {
	f.t.Helper()
	p := domain.Principal{UserID: domain.NewID(), Role: domain.RoleLawyer}
	f.exec("INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at, email_verified_at) VALUES (?, ?, ?, 'lawyer', '-', NOW(6), NOW(6), NOW(6))",
		p.UserID, name+"@example.com", name)
	return p
}

func (f *fixture) addMember(who domain.Principal) {
	f.t.Helper()
	testkit.Must(f.t, second(f.cases.AddMember(f.t.Context(), f.anna, f.caseID, cases.NewMember{UserID: &who.UserID, Role: cases.Lawyer})))
}

func (f *fixture) exec(statement string, args ...any) {
	f.t.Helper()
	testkit.Must(f.t, second(f.pool.ExecContext(f.t.Context(), statement, args...)))
}

// publish publishes an event and returns how many jobs that enqueued.
func (f *fixture) publish(e domain.Event) (enqueued int) {
	f.t.Helper()
	before := len(f.allJobs())
	testkit.Must(f.t, db.WithTx(f.t.Context(), f.pool, func(tx db.Tx) error {
		return events.ForAudience(f.cases, f.OnEvent)(f.t.Context(), tx, e)
	}))
	return len(f.allJobs()) - before
}

// allJobs lists the fan-out jobs that were ever enqueued.
func (f *fixture) allJobs() (all []*jobs.Job[fanOutArgs]) {
	f.t.Helper()
	rows, err := f.pool.QueryContext(f.t.Context(), "SELECT id, payload FROM jobs WHERE kind = ? ORDER BY id", fanOutArgs{}.Kind())
	testkit.Must(f.t, err)
	defer rows.Close()
	for rows.Next() {
		job := &jobs.Job[fanOutArgs]{}
		var args []byte
		testkit.Must(f.t, rows.Scan(&job.ID, &args))
		testkit.Must(f.t, json.Unmarshal(args, &job.Args))
		all = append(all, job)
	}
	testkit.Must(f.t, rows.Err())
	return all
}

// work runs all jobs that were ever enqueued, so earlier ones run again.
func (f *fixture) work() {
	f.t.Helper()
	for _, job := range f.allJobs() {
		testkit.Must(f.t, second(f.fanOut(f.t.Context(), job)))
	}
}

func (f *fixture) list(who domain.Principal, filter Filter) []Notification {
	f.t.Helper()
	items, _, err := f.List(f.t.Context(), who.UserID, filter)
	testkit.Must(f.t, err)
	return items
}

func (f *fixture) wantTypes(who domain.Principal, want ...domain.EventType) {
	f.t.Helper()
	var got []domain.EventType
	for _, n := range f.list(who, Filter{Limit: 100}) {
		got = append(got, n.Type)
	}
	slices.Reverse(got)
	if !slices.Equal(got, want) {
		f.t.Errorf("notified of %v, want %v", got, want)
	}
}

func (f *fixture) uploaded(by domain.Principal) domain.Event {
	return domain.Event{Type: domain.EventDocumentUploaded, Actor: by.UserID, UserID: by.UserID, CaseID: &f.caseID, Data: map[string]domain.ID{"documentId": domain.NewID()}}
}

func second[T any](_ T, err error) error { return err }

func wantCode(t testing.TB, err error, code domain.Code) {
	t.Helper()
	if e, ok := errors.AsType[*domain.Error](err); !ok || e.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}
