package templates

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"counsel/domain"
	accountquery "counsel/gen/query/account"
	"counsel/sandbox/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// fixture is a service on a database of its own.
type fixture struct {
	*Service
	client, lawyer, admin domain.Principal
	now                   time.Time
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	pool := testenv.DB(t)
	f := &fixture{now: domain.SystemClock()}
	var err error
	f.Service, err = New(Config{DB: pool, Runtime: domain.Runtime{Clock: func() time.Time { return f.now }, NewID: domain.NewID}, Renderer: fakeRenderer(0)})
	if err != nil {
		t.Fatal(err)
	}
	f.client, f.lawyer, f.admin = addUser(t, pool, domain.RoleClient), addUser(t, pool, domain.RoleLawyer), addUser(t, pool, domain.RoleAdmin)
	return f
}

func addUser(t testing.TB, pool *sql.DB, role domain.Role) domain.Principal {
	t.Helper()
	id, now := domain.NewID(), domain.SystemClock()
	if err := accountquery.New(pool).CreateUser(t.Context(), accountquery.CreateUserParams{
		ID: id, Email: id.String() + "@example.com", FullName: "Test", Role: string(role), PasswordHash: "-", CreatedAt: now, UpdatedAt: now,
	}); err != nil {
		t.Fatal(err)
	}
	return domain.Principal{UserID: id, Role: role}
}

func wantCode(t testing.TB, err error, code domain.Code, pointers ...string) {
	t.Helper()
	if err == nil || domain.CodeOf(err) != code {
		t.Fatalf("error %v, want code %s", err, code)
	}
	if len(pointers) == 0 {
		return
	}
	var got []string
	for _, f := range err.(*domain.Error).Fields {
		got = append(got, f.Pointer)
	}
	if fmt.Sprint(got) != fmt.Sprint(pointers) {
		t.Fatalf("fields %q, want %q", got, pointers)
	}
}
