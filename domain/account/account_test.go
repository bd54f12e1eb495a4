package account

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"counsel/db"
	"counsel/domain"
	"counsel/sandbox/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

const (
	secret   = "0123456789abcdef0123456789abcdef"
	password = "correct horse battery"
)

// clock is a clock that stands still until it is moved.
type clock struct{ now atomic.Pointer[time.Time] }

func newClock() *clock {
	c := &clock{}
	now := domain.SystemClock()
	c.now.Store(&now)
	return c
}

func (c *clock) time() time.Time { return *c.now.Load() }

func (c *clock) move(d time.Duration) {
	now := c.time().Add(d)
	c.now.Store(&now)
}

// bundle is a service on an empty database and an empty Redis, with cheap hashes.
type bundle struct {
	*Service
	clock   *clock
	redis   rueidis.Client
	db, rdb string // URLs
	testing testing.TB
}

var cheap = Hash{Passes: 1, MemoryKiB: 64, AtOnce: 2}

func newBundle(t testing.TB) *bundle {
	return bundleOn(t, testenv.SchemaURL(t), testenv.RedisURL(t), Config{Hash: cheap})
}

func bundleOn(t testing.TB, dbURL, redisURL string, cfg Config) *bundle {
	t.Helper()
	pool := openDB(t, dbURL)
	if err := db.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	b := &bundle{clock: newClock(), db: dbURL, rdb: redisURL, testing: t}
	b.redis = testenv.OpenRedis(t, redisURL)
	if err := b.redis.Do(t.Context(), b.redis.B().Flushdb().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	b.Service = newService(t, pool, b.redis, cfg, b.clock)
	return b
}

func openDB(t testing.TB, url string) *sql.DB {
	t.Helper()
	pool, err := db.Open(t.Context(), url, db.Options{ReadTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

func newService(t testing.TB, pool *sql.DB, redis rueidis.Client, cfg Config, c *clock) *Service {
	t.Helper()
	if cfg.Secret == "" {
		cfg.Secret = secret
	}
	s, err := New(pool, redis, cfg, c.time, domain.NewID, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// twin is the same service on another server: connections of its own.
func (b *bundle) twin() *Service {
	b.testing.Helper()
	return newService(b.testing, openDB(b.testing, b.db), testenv.OpenRedis(b.testing, b.rdb), Config{Hash: cheap}, b.clock)
}

func (b *bundle) register(email string) User {
	b.testing.Helper()
	u, err := b.Register(b.testing.Context(), Registration{Email: email, Password: password, FullName: "Ada Lovelace"})
	if err != nil {
		b.testing.Fatal(err)
	}
	return u
}

func (b *bundle) login(email string) (Tokens, domain.Principal) {
	b.testing.Helper()
	t, err := b.Login(b.testing.Context(), Credentials{Email: email, Password: password, Address: "192.0.2.1"})
	if err != nil {
		b.testing.Fatal(err)
	}
	p, err := b.Authenticate(b.testing.Context(), t.AccessToken)
	if err != nil {
		b.testing.Fatal(err)
	}
	return t, p
}

// admin is a signed-in admin.
func (b *bundle) admin(email string) (User, domain.Principal) {
	b.testing.Helper()
	if err := b.EnsureAdmin(b.testing.Context(), email, password); err != nil {
		b.testing.Fatal(err)
	}
	_, p := b.login(email)
	u, err := b.Me(b.testing.Context(), p)
	if err != nil {
		b.testing.Fatal(err)
	}
	return u, p
}

func wantCode(t testing.TB, err error, want domain.Code) *domain.Error {
	t.Helper()
	if err == nil || domain.CodeOf(err) != want {
		t.Fatalf("want %s, got %v", want, err)
	}
	e, _ := errors.AsType[*domain.Error](err)
	return e
}

func ptr[T any](v T) *T { return &v }

func TestRegister(t *testing.T) {
	b := newBundle(t)
	u, err := b.Register(t.Context(), Registration{Email: "  Ada@Bücher.Example ", Password: password, FullName: " Ada Lovelace "})
	if err != nil {
		t.Fatal(err)
	}
	if u.Email != "ada@bücher.example" || u.FullName != "Ada Lovelace" || u.Role != domain.RoleClient || u.Disabled || !u.CreatedAt.Equal(b.clock.time()) {
		t.Fatalf("%+v", u)
	}
	_, err = b.Register(t.Context(), Registration{Email: "ADA@xn--bcher-kva.example", Password: password, FullName: "Other"})
	wantCode(t, err, domain.Conflict)
	// Another spelling is another address: accents are not folded.
	b.register("adá@bücher.example")
	tok, err := b.Login(t.Context(), Credentials{Email: "ADA@BÜCHER.example", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.Authenticate(t.Context(), tok.AccessToken)
	if err != nil || p.UserID != u.ID || p.Role != domain.RoleClient {
		t.Fatalf("%+v, %v", p, err)
	}
	if me, err := b.Me(t.Context(), p); err != nil || me != u {
		t.Fatalf("%+v, %v", me, err)
	}
}

func TestRegisterNamesTheField(t *testing.T) {
	b := newBundle(t)
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
		_, err := b.Register(t.Context(), c.r)
		e := wantCode(t, err, domain.Invalid)
		if len(e.Fields) != 1 || e.Fields[0].Pointer != c.pointer {
			t.Errorf("%+v: %+v", c.r, e.Fields)
		}
	}
	if n := b.hasher.hashed.Load(); n != 0 {
		t.Errorf("%d hashes spent on what was refused", n)
	}
	// 128 characters of four bytes each are allowed.
	if _, err := b.Register(t.Context(), Registration{"owl@example.com", strings.Repeat("🦉", 128), "Owl", ""}); err != nil {
		t.Error(err)
	}
}

func TestRegisterOneAddressAtOnce(t *testing.T) {
	b := newBundle(t)
	const n = 8
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, errs[i] = b.Register(t.Context(), Registration{Email: "ada@example.com", Password: password, FullName: "Ada"})
		})
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
			continue
		}
		e := wantCode(t, err, domain.Conflict)
		if strings.Contains(e.Message, "users") || strings.Contains(e.Message, "ada@") {
			t.Errorf("the message says %q", e.Message)
		}
	}
	if made != 1 {
		t.Fatalf("%d accounts", made)
	}
}

func TestEnsureAdmin(t *testing.T) {
	b := newBundle(t)
	ctx := t.Context()
	wantCode(t, b.EnsureAdmin(ctx, "root@example.com", "short"), domain.Invalid)
	twin := b.twin()
	errs := make([]error, 2)
	var wg sync.WaitGroup
	wg.Go(func() { errs[0] = b.EnsureAdmin(ctx, "root@example.com", password) })
	wg.Go(func() { errs[1] = twin.EnsureAdmin(ctx, "root@example.com", password) })
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	_, p := b.login("root@example.com")
	if p.Role != domain.RoleAdmin {
		t.Fatalf("%+v", p)
	}
	// A later start with another password changes nothing.
	if err := b.EnsureAdmin(ctx, "Root@example.com", "another password"); err != nil {
		t.Fatal(err)
	}
	b.login("root@example.com")
	// An account that exists is not promoted, and that is no failure while there is an admin.
	client := b.register("ada@example.com")
	if err := b.EnsureAdmin(ctx, "ada@example.com", password); err != nil {
		t.Fatal(err)
	}
	if _, p := b.login("ada@example.com"); p.Role != domain.RoleClient || p.UserID != client.ID {
		t.Fatalf("promoted: %+v", p)
	}
}

func TestEnsureAdminDoesNotTakeOverAnAccount(t *testing.T) {
	b := newBundle(t)
	b.register("ada@example.com")
	wantCode(t, b.EnsureAdmin(t.Context(), "ada@example.com", "another password"), domain.Conflict)
	if _, p := b.login("ada@example.com"); p.Role != domain.RoleClient {
		t.Fatalf("%+v", p)
	}
}

func TestUsers(t *testing.T) {
	b := newBundle(t)
	ctx := t.Context()
	_, admin := b.admin("root@example.com")
	var made []User
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		made = append(made, b.register(name+"@example.com"))
	}
	if _, err := b.UpdateUser(ctx, admin, made[2].ID, UserChange{Role: ptr(domain.RoleLawyer)}); err != nil {
		t.Fatal(err)
	}
	var seen []string
	var before *domain.ID
	for pages := 0; ; pages++ {
		users, next, err := b.Users(ctx, UserFilter{Limit: 2, Before: before})
		if err != nil || pages > 3 {
			t.Fatal(pages, err)
		}
		for _, u := range users {
			seen = append(seen, u.Email)
		}
		if next == nil {
			break
		}
		before = next
	}
	if got := strings.Join(seen, " "); got != "e@example.com d@example.com c@example.com b@example.com a@example.com root@example.com" {
		t.Fatal(got)
	}
	lawyers, next, err := b.Users(ctx, UserFilter{Role: ptr(domain.RoleLawyer)})
	if err != nil || next != nil || len(lawyers) != 1 || lawyers[0].ID != made[2].ID {
		t.Fatalf("%+v, %v, %v", lawyers, next, err)
	}
}

func TestUpdateUser(t *testing.T) {
	b := newBundle(t)
	ctx := t.Context()
	_, admin := b.admin("root@example.com")
	ada := b.register("ada@example.com")
	_, self := b.login("ada@example.com")
	_, err := b.UpdateUser(ctx, self, ada.ID, UserChange{Role: ptr(domain.RoleAdmin)})
	wantCode(t, err, domain.Forbidden)
	_, err = b.UpdateUser(ctx, admin, domain.NewID(), UserChange{Disabled: ptr(true)})
	wantCode(t, err, domain.NotFound)
	_, err = b.UpdateUser(ctx, admin, ada.ID, UserChange{Role: ptr(domain.Role("judge"))})
	if e := wantCode(t, err, domain.Invalid); e.Fields[0].Pointer != "/role" {
		t.Fatalf("%+v", e)
	}

	// What changes nothing ends nothing.
	tok, _ := b.login("ada@example.com")
	if u, err := b.UpdateUser(ctx, admin, ada.ID, UserChange{Role: ptr(domain.RoleClient), Disabled: ptr(false)}); err != nil || u != ada {
		t.Fatalf("%+v, %v", u, err)
	}
	if _, err := b.Authenticate(ctx, tok.AccessToken); err != nil {
		t.Fatal(err)
	}

	u, err := b.UpdateUser(ctx, admin, ada.ID, UserChange{Role: ptr(domain.RoleLawyer)})
	if err != nil || u.Role != domain.RoleLawyer {
		t.Fatalf("%+v, %v", u, err)
	}
	_, err = b.Authenticate(ctx, tok.AccessToken)
	wantCode(t, err, domain.Unauthenticated)
	_, err = b.Refresh(ctx, tok.RefreshToken)
	wantCode(t, err, domain.Unauthenticated)
	if _, p := b.login("ada@example.com"); p.Role != domain.RoleLawyer {
		t.Fatalf("%+v", p)
	}

	tok, _ = b.login("ada@example.com")
	if u, err = b.UpdateUser(ctx, admin, ada.ID, UserChange{Disabled: ptr(true)}); err != nil || !u.Disabled {
		t.Fatalf("%+v, %v", u, err)
	}
	_, err = b.Authenticate(ctx, tok.AccessToken)
	wantCode(t, err, domain.Unauthenticated)
	_, err = b.Login(ctx, Credentials{Email: "ada@example.com", Password: password})
	disabled := wantCode(t, err, domain.Unauthenticated)
	_, err = b.Login(ctx, Credentials{Email: "ada@example.com", Password: "wrong password"})
	if wrong := wantCode(t, err, domain.Unauthenticated); disabled.Message != wrong.Message {
		t.Fatalf("%q differs from %q", disabled.Message, wrong.Message)
	}
	if u, err = b.UpdateUser(ctx, admin, ada.ID, UserChange{Disabled: ptr(false)}); err != nil || u.Disabled {
		t.Fatalf("%+v, %v", u, err)
	}
	b.login("ada@example.com")
	_, err = b.Authenticate(ctx, tok.AccessToken)
	wantCode(t, err, domain.Unauthenticated) // enabling revives no session
}

func TestTheLastAdminStays(t *testing.T) {
	b := newBundle(t)
	ctx := t.Context()
	root, p := b.admin("root@example.com")
	for _, c := range []UserChange{{Disabled: ptr(true)}, {Role: ptr(domain.RoleClient)}} {
		_, err := b.UpdateUser(ctx, p, root.ID, c)
		wantCode(t, err, domain.Conflict)
	}
	if _, err := b.Me(ctx, p); err != nil {
		t.Fatal(err)
	}
	// Two admins who demote each other at once: one stays.
	for range 5 {
		second := b.register(rand.Text() + "@example.com")
		if _, err := b.UpdateUser(ctx, p, second.ID, UserChange{Role: ptr(domain.RoleAdmin)}); err != nil {
			t.Fatal(err)
		}
		other := domain.Principal{UserID: second.ID, Role: domain.RoleAdmin}
		errs := make([]error, 2)
		var wg sync.WaitGroup
		wg.Go(func() { _, errs[0] = b.UpdateUser(ctx, p, second.ID, UserChange{Disabled: ptr(true)}) })
		wg.Go(func() { _, errs[1] = b.UpdateUser(ctx, other, root.ID, UserChange{Role: ptr(domain.RoleClient)}) })
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%v, %v", errs[0], errs[1])
		}
		if n, err := b.rows.CountActiveAdmins(ctx); err != nil || n != 1 {
			t.Fatalf("%d admins, %v", n, err)
		}
		if errs[1] == nil { // root was demoted: put it back
			if _, err := b.UpdateUser(ctx, other, root.ID, UserChange{Role: ptr(domain.RoleAdmin)}); err != nil {
				t.Fatal(err)
			}
			if _, err := b.UpdateUser(ctx, p, second.ID, UserChange{Disabled: ptr(true)}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestDatabaseGone(t *testing.T) {
	server := testenv.PrivateMySQL(t)
	b := bundleOn(t, server.URL, testenv.RedisURL(t), Config{Hash: cheap})
	ctx := t.Context()
	b.register("ada@example.com")
	tok, p := b.login("ada@example.com")
	server.Kill9()
	if _, err := b.Authenticate(ctx, tok.AccessToken); err != nil {
		t.Errorf("a session in Redis needs no database: %v", err)
	}
	for what, call := range map[string]func() error{
		"register": func() error {
			_, err := b.Register(ctx, Registration{Email: "b@x.io", Password: password, FullName: "B"})
			return err
		},
		"login": func() error {
			_, err := b.Login(ctx, Credentials{Email: "ada@example.com", Password: password})
			return err
		},
		"refresh": func() error { _, err := b.Refresh(ctx, tok.RefreshToken); return err },
		"me":      func() error { _, err := b.Me(ctx, p); return err },
		"users":   func() error { _, _, err := b.Users(ctx, UserFilter{}); return err },
		"update": func() error {
			_, err := b.UpdateUser(ctx, domain.Principal{Role: domain.RoleAdmin}, p.UserID, UserChange{Disabled: ptr(true)})
			return err
		},
		"admin": func() error { return b.EnsureAdmin(ctx, "root@example.com", password) },
	} {
		if e := wantCode(t, call(), domain.Unavailable); e.RetryAfter <= 0 {
			t.Errorf("%s: no Retry-After", what)
		}
	}
	server.Restart()
	testenv.Eventually(t, "the database is back", func() bool { _, err := b.Me(ctx, p); return err == nil })
	// The refresh token that met the outage is still good, and the tries did not count.
	if _, err := b.Refresh(ctx, tok.RefreshToken); err != nil {
		t.Fatal(err)
	}
	b.login("ada@example.com")
}

func TestCancelledCallerLeavesNothing(t *testing.T) {
	b := newBundle(t)
	b.register("ada@example.com")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 * accountFailures {
		_, err := b.Login(ctx, Credentials{Email: "ada@example.com", Password: password})
		wantCode(t, err, domain.Unavailable)
	}
	b.login("ada@example.com")
}
