package account

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"

	"counsel/domain"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestRegister(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	u, err := f.Register(t.Context(), Registration{Email: "  Ada@Bücher.Example ", Password: password, FullName: " Ada Lovelace "})
	if err != nil {
		t.Fatal(err)
	}
	if u.Email != "ada@bücher.example" || u.FullName != "Ada Lovelace" || u.Role != domain.RoleClient || u.Disabled || !u.CreatedAt.Equal(f.clock.Now()) {
		t.Fatalf("%+v", u)
	}
	_, err = f.Register(t.Context(), Registration{Email: "ADA@xn--bcher-kva.example", Password: password, FullName: "Other"})
	wantCode(t, err, domain.Conflict)
	// Accents are not folded: this is another address.
	f.register("adá@bücher.example")
	tok, err := f.Login(t.Context(), Credentials{Email: "ADA@BÜCHER.example", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.Authenticate(t.Context(), tok.AccessToken)
	if err != nil || p.UserID != u.ID || p.Role != domain.RoleClient {
		t.Fatalf("%+v, %v", p, err)
	}
	if me, err := f.Me(t.Context(), p); err != nil || me != u {
		t.Fatalf("%+v, %v", me, err)
	}
}

func TestRegisterNamesTheField(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range []struct {
		r       Registration
		pointer string
	}{
		{Registration{"ada", password, "Ada", ""}, "/email"},
		{Registration{"ada@", password, "Ada", ""}, "/email"},
		{Registration{"Ada <ada@example.com>", password, "Ada", ""}, "/email"},
		{Registration{"a da@example.com", password, "Ada", ""}, "/email"},
		{Registration{"ada@exa_mple..com", password, "Ada", ""}, "/email"},
		{Registration{"ada@example.com\r\nBcc: x@y.z", password, "Ada", ""}, "/email"},
		{Registration{strings.Repeat("a", 250) + "@x.io", password, "Ada", ""}, "/email"},
		{Registration{"ada@example.com", "1234567", "Ada", ""}, "/password"},
		{Registration{"ada@example.com", strings.Repeat("x", 129), "Ada", ""}, "/password"},
		{Registration{"ada@example.com", "ADA@example.com", "Ada", ""}, "/password"},
		{Registration{"ada@example.com", "\xff\xfe1234567", "Ada", ""}, "/password"},
		{Registration{"ada@example.com", password, "  ", ""}, "/fullName"},
		{Registration{"ada@example.com", password, strings.Repeat("x", 201), ""}, "/fullName"},
		{Registration{"ada@example.com", password, "Ada\x00", ""}, "/fullName"},
	} {
		_, err := f.Register(t.Context(), c.r)
		e := wantCode(t, err, domain.Invalid)
		if len(e.Fields) != 1 || e.Fields[0].Pointer != c.pointer {
			t.Errorf("%+v: %+v", c.r, e.Fields)
		}
	}
	if n := f.hasher.count.Load(); n != 0 {
		t.Errorf("%d passwords of rejected registrations were hashed", n)
	}
	// 128 characters of four bytes each are allowed.
	if _, err := f.Register(t.Context(), Registration{"owl@example.com", strings.Repeat("🦉", 128), "Owl", ""}); err != nil {
		t.Error(err)
	}
}

func TestConcurrentRegistration(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const n = 8
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, errs[i] = f.Register(t.Context(), Registration{Email: "ada@example.com", Password: password, FullName: "Ada"})
		})
	}
	wg.Wait()
	created := 0
	for _, err := range errs {
		if err == nil {
			created++
			continue
		}
		e := wantCode(t, err, domain.Conflict)
		if strings.Contains(e.Message, "users") || strings.Contains(e.Message, "ada@") {
			t.Errorf("the message reveals details: %q", e.Message)
		}
	}
	if created != 1 {
		t.Fatalf("%d accounts were created, want 1", created)
	}
}

func TestEnsureAdmin(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	wantCode(t, f.EnsureAdmin(ctx, "root@example.com", "short"), domain.Invalid)
	otherServer := f.otherServer()
	errs := make([]error, 2)
	var wg sync.WaitGroup
	wg.Go(func() { errs[0] = f.EnsureAdmin(ctx, "root@example.com", password) })
	wg.Go(func() { errs[1] = otherServer.EnsureAdmin(ctx, "root@example.com", password) })
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	_, p := f.login("root@example.com")
	if p.Role != domain.RoleAdmin {
		t.Fatalf("%+v", p)
	}
	// A later start with another password changes nothing.
	if err := f.EnsureAdmin(ctx, "Root@example.com", "another password"); err != nil {
		t.Fatal(err)
	}
	f.login("root@example.com")
	// An existing account is not promoted. That is no error while there is an admin.
	client := f.register("ada@example.com")
	if err := f.EnsureAdmin(ctx, "ada@example.com", password); err != nil {
		t.Fatal(err)
	}
	if _, p := f.login("ada@example.com"); p.Role != domain.RoleClient || p.UserID != client.ID {
		t.Fatalf("promoted: %+v", p)
	}
}

func TestEnsureAdminDoesNotPromote(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("ada@example.com")
	wantCode(t, f.EnsureAdmin(t.Context(), "ada@example.com", "another password"), domain.Conflict)
	if _, p := f.login("ada@example.com"); p.Role != domain.RoleClient {
		t.Fatalf("%+v", p)
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	_, admin := f.admin("root@example.com")
	var created []User
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		created = append(created, f.register(name+"@example.com"))
	}
	if _, err := f.UpdateUser(ctx, admin, created[2].ID, UserChange{Role: ptr(domain.RoleLawyer)}); err != nil {
		t.Fatal(err)
	}
	var seen []string
	var cursor *domain.ID
	for pages := 0; ; pages++ {
		users, next, err := f.Users(ctx, UserFilter{Limit: 2, Cursor: cursor})
		if err != nil || pages > 3 {
			t.Fatal(pages, err)
		}
		for _, u := range users {
			seen = append(seen, u.Email)
		}
		if next == nil {
			break
		}
		cursor = next
	}
	if got := strings.Join(seen, " "); got != "e@example.com d@example.com c@example.com b@example.com a@example.com root@example.com" {
		t.Fatal(got)
	}
	lawyers, next, err := f.Users(ctx, UserFilter{Role: ptr(domain.RoleLawyer)})
	if err != nil || next != nil || len(lawyers) != 1 || lawyers[0].ID != created[2].ID {
		t.Fatalf("%+v, %v, %v", lawyers, next, err)
	}
}

func TestUpdateUser(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	_, admin := f.admin("root@example.com")
	ada := f.register("ada@example.com")
	_, self := f.login("ada@example.com")
	_, err := f.UpdateUser(ctx, self, ada.ID, UserChange{Role: ptr(domain.RoleAdmin)})
	wantCode(t, err, domain.Forbidden)
	_, err = f.UpdateUser(ctx, admin, domain.NewID(), UserChange{Disabled: ptr(true)})
	wantCode(t, err, domain.NotFound)
	_, err = f.UpdateUser(ctx, admin, ada.ID, UserChange{Role: ptr(domain.Role("judge"))})
	if e := wantCode(t, err, domain.Invalid); e.Fields[0].Pointer != "/role" {
		t.Fatalf("%+v", e)
	}

	// A change to the same values revokes nothing.
	tok, _ := f.login("ada@example.com")
	if u, err := f.UpdateUser(ctx, admin, ada.ID, UserChange{Role: ptr(domain.RoleClient), Disabled: ptr(false)}); err != nil || u != ada {
		t.Fatalf("%+v, %v", u, err)
	}
	if _, err := f.Authenticate(ctx, tok.AccessToken); err != nil {
		t.Fatal(err)
	}

	u, err := f.UpdateUser(ctx, admin, ada.ID, UserChange{Role: ptr(domain.RoleLawyer)})
	if err != nil || u.Role != domain.RoleLawyer {
		t.Fatalf("%+v, %v", u, err)
	}
	_, err = f.Authenticate(ctx, tok.AccessToken)
	wantCode(t, err, domain.Unauthenticated)
	_, err = f.Refresh(ctx, tok.RefreshToken)
	wantCode(t, err, domain.Unauthenticated)
	if _, p := f.login("ada@example.com"); p.Role != domain.RoleLawyer {
		t.Fatalf("%+v", p)
	}

	tok, _ = f.login("ada@example.com")
	if u, err = f.UpdateUser(ctx, admin, ada.ID, UserChange{Disabled: ptr(true)}); err != nil || !u.Disabled {
		t.Fatalf("%+v, %v", u, err)
	}
	_, err = f.Authenticate(ctx, tok.AccessToken)
	wantCode(t, err, domain.Unauthenticated)
	_, err = f.Login(ctx, Credentials{Email: "ada@example.com", Password: password})
	disabled := wantCode(t, err, domain.Unauthenticated)
	_, err = f.Login(ctx, Credentials{Email: "ada@example.com", Password: "wrong password"})
	if wrong := wantCode(t, err, domain.Unauthenticated); disabled.Message != wrong.Message {
		t.Fatalf("%q differs from %q", disabled.Message, wrong.Message)
	}
	if u, err = f.UpdateUser(ctx, admin, ada.ID, UserChange{Disabled: ptr(false)}); err != nil || u.Disabled {
		t.Fatalf("%+v, %v", u, err)
	}
	f.login("ada@example.com")
	_, err = f.Authenticate(ctx, tok.AccessToken)
	wantCode(t, err, domain.Unauthenticated) // enabling does not restore sessions
}

func TestLastAdminCannotBeRemoved(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	root, p := f.admin("root@example.com")
	for _, c := range []UserChange{{Disabled: ptr(true)}, {Role: ptr(domain.RoleClient)}} {
		_, err := f.UpdateUser(ctx, p, root.ID, c)
		wantCode(t, err, domain.Conflict)
	}
	if _, err := f.Me(ctx, p); err != nil {
		t.Fatal(err)
	}
	// Two admins demote each other concurrently: one remains.
	for range 5 {
		second := f.register(rand.Text() + "@example.com")
		if _, err := f.UpdateUser(ctx, p, second.ID, UserChange{Role: ptr(domain.RoleAdmin)}); err != nil {
			t.Fatal(err)
		}
		other := domain.Principal{UserID: second.ID, Role: domain.RoleAdmin}
		errs := make([]error, 2)
		var wg sync.WaitGroup
		wg.Go(func() { _, errs[0] = f.UpdateUser(ctx, p, second.ID, UserChange{Disabled: ptr(true)}) })
		wg.Go(func() { _, errs[1] = f.UpdateUser(ctx, other, root.ID, UserChange{Role: ptr(domain.RoleClient)}) })
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%v, %v", errs[0], errs[1])
		}
		if n, err := f.queries.CountActiveAdmins(ctx); err != nil || n != 1 {
			t.Fatalf("%d admins, %v", n, err)
		}
		if errs[1] == nil { // root was demoted: restore it
			if _, err := f.UpdateUser(ctx, other, root.ID, UserChange{Role: ptr(domain.RoleAdmin)}); err != nil {
				t.Fatal(err)
			}
			if _, err := f.UpdateUser(ctx, p, second.ID, UserChange{Disabled: ptr(true)}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestDatabaseDown(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateMySQL(t)
	f := newFixtureOn(t, server.URL, testenv.NewRedisURL(t), Config{Hash: cheapHash})
	ctx := t.Context()
	f.register("ada@example.com")
	tok, p := f.login("ada@example.com")
	server.Kill9()
	if _, err := f.Authenticate(ctx, tok.AccessToken); err != nil {
		t.Errorf("a session in Redis must not need the database: %v", err)
	}
	for what, call := range map[string]func() error{
		"register": func() error {
			_, err := f.Register(ctx, Registration{Email: "b@x.io", Password: password, FullName: "B"})
			return err
		},
		"login": func() error {
			_, err := f.Login(ctx, Credentials{Email: "ada@example.com", Password: password})
			return err
		},
		"refresh": func() error { _, err := f.Refresh(ctx, tok.RefreshToken); return err },
		"me":      func() error { _, err := f.Me(ctx, p); return err },
		"users":   func() error { _, _, err := f.Users(ctx, UserFilter{}); return err },
		"update": func() error {
			_, err := f.UpdateUser(ctx, domain.Principal{Role: domain.RoleAdmin}, p.UserID, UserChange{Disabled: ptr(true)})
			return err
		},
		"admin": func() error { return f.EnsureAdmin(ctx, "root@example.com", password) },
	} {
		if e := wantCode(t, call(), domain.Unavailable); e.RetryAfter <= 0 {
			t.Errorf("%s: no Retry-After", what)
		}
	}
	server.Restart()
	testkit.Eventually(t, "the database is back", func() bool { _, err := f.Me(ctx, p); return err == nil })
	// The refresh token is still valid after the outage, and the attempts were not counted.
	if _, err := f.Refresh(ctx, tok.RefreshToken); err != nil {
		t.Fatal(err)
	}
	f.login("ada@example.com")
}

func TestCanceledLoginIsNotCounted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("ada@example.com")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 * freeAccountFailures {
		_, err := f.Login(ctx, Credentials{Email: "ada@example.com", Password: password})
		wantCode(t, err, domain.Unavailable)
	}
	f.login("ada@example.com")
}
