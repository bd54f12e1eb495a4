package cases

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	"counsel/domain"
	"counsel/domain/account"
	accountquery "counsel/gen/query/account"
	query "counsel/gen/query/cases"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// fixture is a service with an empty database and some users.
type fixture struct {
	*Service
	t    testing.TB
	pool *sql.DB

	anna, bert, carl, dora domain.Principal // lawyers: two members, one of another case, one without cases
	ella                   domain.Principal // a client
	admin                  domain.Principal // an admin
}

func newFixture(t testing.TB) *fixture { return newFixtureOn(t, testenv.SchemaURL(t)) }

func newFixtureOn(t testing.TB, url string) *fixture {
	t.Helper()
	f := &fixture{t: t, pool: testenv.OpenDB(t, url)}
	people, err := account.New(account.Config{Runtime: domain.SystemRuntime(nil), DB: f.pool, Redis: testenv.OpenRedis(t, testenv.RedisURL(t)), Secret: strings.Repeat("s", 32)})
	testkit.Must(t, err)
	f.Service, err = New(Config{Runtime: domain.Runtime{Clock: domain.SystemClock, NewID: domain.NewID}, DB: f.pool, Accounts: people})
	testkit.Must(t, err)
	f.anna, f.bert, f.carl, f.dora = f.join("anna", domain.RoleLawyer), f.join("bert", domain.RoleLawyer), f.join("carl", domain.RoleLawyer), f.join("dora", domain.RoleLawyer)
	f.ella, f.admin = f.join("ella", domain.RoleClient), f.join("root", domain.RoleAdmin)
	return f
}

// service returns another server on the pool.
func (f *fixture) service(pool *sql.DB, clock domain.Clock) *Service {
	f.t.Helper()
	s, err := New(Config{Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID}, DB: pool, Accounts: f.accounts})
	testkit.Must(f.t, err)
	return s
}

// wantError checks the code of an error, and its reason if one is given.
func wantError(t testing.TB, err error, code domain.Code, reason ...string) {
	t.Helper()
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Code != code || len(reason) > 0 && e.Reason != reason[0] {
		t.Fatalf("got %v, want %s %v", err, code, reason)
	}
}

func (f *fixture) join(name string, role domain.Role) domain.Principal {
	f.t.Helper()
	now := domain.SystemClock()
	id := domain.NewID()
	testkit.Must(f.t, accountquery.New(f.pool).CreateUser(f.t.Context(), accountquery.CreateUserParams{ID: id, Email: name + "@example.com", FullName: name, Role: string(role), PasswordHash: "-", CreatedAt: now, UpdatedAt: now}))
	return domain.Principal{UserID: id, Role: role}
}

func (f *fixture) open(p domain.Principal, title string) domain.ID {
	f.t.Helper()
	c, err := f.Create(f.t.Context(), p, NewCase{Title: title})
	testkit.Must(f.t, err)
	return c.ID
}

func (f *fixture) add(id domain.ID, p domain.Principal, r Role) {
	f.t.Helper()
	_, err := f.AddMember(f.t.Context(), f.admin, id, NewMember{UserID: &p.UserID, Role: r})
	testkit.Must(f.t, err)
}

// entries returns the whole timeline, oldest first.
func (f *fixture) entries(id domain.ID) []Entry {
	f.t.Helper()
	rows, err := query.New(f.pool).ListTimelineEntriesAfter(f.t.Context(), query.ListTimelineEntriesAfterParams{CaseID: id, Limit: 100_000})
	testkit.Must(f.t, err)
	out := make([]Entry, len(rows))
	for i, r := range rows {
		out[i] = toEntry(r)
	}
	return out
}

func (f *fixture) last(id domain.ID) Entry {
	f.t.Helper()
	all := f.entries(id)
	return all[len(all)-1]
}

func ptr[T any](v T) *T { return &v }
