package apikeys

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// fixture is a service with two accounts, a clock that stands still and a mailer that records.
type fixture struct {
	*Service
	t         *testing.T
	pool      *sql.DB
	now       time.Time
	accounts  *account.Service
	log       *testkit.Log
	notices   []Notice
	ada, root domain.Principal
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, pool: testenv.DB(t), now: domain.SystemClock(), log: &testkit.Log{}}
	runtime := domain.SystemRuntime(testkit.DiscardLog())
	runtime.Clock = func() time.Time { return f.now }
	var err error
	f.accounts, err = account.New(account.Config{Runtime: runtime, DB: f.pool, Redis: testenv.EmptyRedis(t), Secret: strings.Repeat("s", 32)})
	testkit.Must(t, err)
	f.Service = f.newService()
	f.ada, f.root = f.createUser("ada", domain.RoleLawyer), f.createUser("root", domain.RoleAdmin)
	return f
}

// newService is the service of another server on the same database.
func (f *fixture) newService() *Service {
	f.t.Helper()
	runtime := domain.SystemRuntime(testkit.DiscardLog())
	runtime.Clock = func() time.Time { return f.now }
	s, err := New(Config{Runtime: runtime, DB: f.pool, Accounts: f.accounts, Mailer: f, MaxRateLimit: 600})
	testkit.Must(f.t, err)
	return s
}

func (f *fixture) APIKeyMail(_ context.Context, _ db.Tx, n Notice) error {
	f.notices = append(f.notices, n)
	return nil
}

func (f *fixture) Wake() {}

func (f *fixture) createUser(name string, role domain.Role) domain.Principal {
	f.t.Helper()
	p := domain.Principal{UserID: domain.NewID(), Role: role}
	f.exec("INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at) VALUES (?, ?, ?, ?, '-', NOW(6), NOW(6))", p.UserID, name+"@example.com", name, string(role))
	return p
}

func (f *fixture) exec(statement string, args ...any) {
	f.t.Helper()
	_, err := f.pool.ExecContext(f.t.Context(), statement, args...)
	testkit.Must(f.t, err)
}

func (f *fixture) create(n NewKey) (Key, string) {
	f.t.Helper()
	if n.Name == "" {
		n.Name, n.Scopes = "CRM", []Scope{"cases:read"}
	}
	k, secret, err := f.Create(f.t.Context(), f.ada, n)
	testkit.Must(f.t, err)
	return k, secret
}

func (f *fixture) expectCode(err error, want domain.Code) {
	f.t.Helper()
	if domain.CodeOf(err) != want || err == nil {
		f.t.Errorf("error %v, want %s", err, want)
	}
}

func TestSecret(t *testing.T) {
	seen := map[string]bool{}
	pattern := regexp.MustCompile("^" + SecretPattern + "$")
	counts := map[rune]int{}
	for range 2000 {
		s, err := newSecret(rand.Reader, ModeLive)
		testkit.Must(t, err)
		if seen[s] || !pattern.MatchString(s) || !wellFormed(s) || !IsSecret(s) {
			t.Fatalf("%q", s)
		}
		seen[s] = true
		for _, c := range strings.TrimPrefix(s, "counsel_live_")[:randomLength] {
			counts[c]++
		}
	}
	for _, c := range alphabet { // about 1032 each
		if n := counts[c]; n < 800 || n > 1300 {
			t.Errorf("%q occurs %d times", c, n)
		}
	}
	good := ""
	for s := range seen {
		good = s
	}
	for i := range good {
		if changed := good[:i] + "x" + good[i+1:]; changed != good && wellFormed(changed) {
			t.Errorf("accepted %q for %q", changed, good)
		}
	}
	for _, bad := range []string{"", "counsel_live_", good + "0", good[1:], strings.Replace(good, "live", "test", 1), strings.ToUpper(good), "counsel_live_" + strings.Repeat("é", 19)} {
		if wellFormed(bad) {
			t.Errorf("accepted %q", bad)
		}
	}
	if _, err := newSecret(bytes.NewReader(nil), ModeLive); err == nil {
		t.Error("a secret without randomness")
	}
}

func TestScopes(t *testing.T) {
	for _, tc := range []struct {
		scopes []Scope
		needed Scope
		want   bool
	}{
		{[]Scope{"cases:read"}, "cases:read", true},
		{[]Scope{"cases:read"}, "cases:write", false},
		{[]Scope{"cases:write"}, "cases:read", false},
		{[]Scope{"*:read"}, "cases:read", true},
		{[]Scope{"*:read"}, "cases:write", false},
		{[]Scope{"docs:read", "*:write"}, "ai:write", true},
		{nil, "ai:read", false},
	} {
		if got := (Key{Scopes: tc.scopes}).Allows(tc.needed); got != tc.want {
			t.Errorf("%v allows %s: %v", tc.scopes, tc.needed, got)
		}
	}
}

func TestCreate(t *testing.T) {
	f := newFixture(t)
	k, secret := f.create(NewKey{Name: "  CRM ", Scopes: []Scope{"cases:read", "ai:write", "cases:read"}, IPRanges: []string{"203.0.113.0/24", "2001:db8::1", "203.0.113.0/24"}, RateLimit: 60, Locale: "de"})
	if k.Name != "CRM" || !slices.Equal(k.Scopes, []Scope{"cases:read", "ai:write"}) || k.RateLimit != 60 || k.LastFour != secret[len(secret)-4:] || k.Status != StatusActive ||
		!slices.Equal(k.IPRanges, []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::1/128")}) || !k.ExpiresAt.Equal(f.now.Add(defaultLifetime)) {
		t.Errorf("%+v", k)
	}
	if got, err := f.Get(t.Context(), f.ada, k.ID); err != nil || !slices.Equal(got.Scopes, k.Scopes) || !slices.Equal(got.IPRanges, k.IPRanges) || got.LastUsedAt != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if len(f.notices) != 1 || f.notices[0].Owner.Email != "ada@example.com" || f.notices[0].Locale != "de" || f.notices[0].Key.ID != k.ID {
		t.Errorf("notices %+v", f.notices)
	}
	var leaks int
	testkit.Must(t, f.pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM api_keys WHERE secret_hash = ? OR INSTR(secret_hash, ?) > 0", secret, secret[13:]).Scan(&leaks))
	if leaks != 0 {
		t.Error("the secret is stored")
	}
}

func TestCreateRejects(t *testing.T) {
	f := newFixture(t)
	good := NewKey{Name: "CRM", Scopes: []Scope{"ai:read"}}
	for name, tc := range map[string]struct {
		change  func(*NewKey)
		pointer string
	}{
		"no name":            {func(n *NewKey) { n.Name = " " }, "/name"},
		"a long name":        {func(n *NewKey) { n.Name = strings.Repeat("ä", 101) }, "/name"},
		"two lines":          {func(n *NewKey) { n.Name = "a\nb" }, "/name"},
		"no scope":           {func(n *NewKey) { n.Scopes = nil }, "/scopes"},
		"an unknown scope":   {func(n *NewKey) { n.Scopes = []Scope{"ai:read", "users:read"} }, "/scopes/1"},
		"an unknown mode":    {func(n *NewKey) { n.Mode = "demo" }, "/mode"},
		"expired":            {func(n *NewKey) { n.ExpiresAt = f.now }, "/expiresAt"},
		"a clock a day slow": {func(n *NewKey) { n.ExpiresAt = f.now.Add(-24 * time.Hour) }, "/expiresAt"},
		"too long":           {func(n *NewKey) { n.ExpiresAt = f.now.Add(MaxLifetime + time.Second) }, "/expiresAt"},
		"no address":         {func(n *NewKey) { n.IPRanges = []string{"10.0.0.0/8", "10.0.0"} }, "/ipRanges/1"},
		"host bits":          {func(n *NewKey) { n.IPRanges = []string{"10.0.0.1/8"} }, "/ipRanges/0"},
		"a mapped range":     {func(n *NewKey) { n.IPRanges = []string{"::ffff:10.0.0.0/104"} }, "/ipRanges/0"},
		"a zone":             {func(n *NewKey) { n.IPRanges = []string{"fe80::1%eth0"} }, "/ipRanges/0"},
		"many ranges":        {func(n *NewKey) { n.IPRanges = make([]string, MaxIPRanges+1) }, "/ipRanges"},
		"above the limit":    {func(n *NewKey) { n.RateLimit = 601 }, "/rateLimit"},
	} {
		n := good
		tc.change(&n)
		_, _, err := f.Create(t.Context(), f.ada, n)
		e, ok := errors.AsType[*domain.Error](err)
		if !ok || e.Code != domain.Invalid || len(e.Fields) != 1 || e.Fields[0].Pointer != tc.pointer {
			t.Errorf("%s: %+v", name, err)
		}
	}
}

func TestMaxKeys(t *testing.T) {
	f := newFixture(t)
	for range MaxKeys {
		f.create(NewKey{})
	}
	_, _, err := f.Create(t.Context(), f.ada, NewKey{Name: "CRM", Scopes: []Scope{"ai:read"}})
	f.expectCode(err, domain.Conflict)
	all, next, err := f.List(t.Context(), f.ada, Filter{Limit: 5})
	testkit.Must(t, err)
	if len(all) != 5 || next == nil {
		t.Errorf("%d keys, %v", len(all), next)
	}
	testkit.Must(t, f.Revoke(t.Context(), f.ada, all[0].ID)) // ended keys do not count
	f.create(NewKey{ExpiresAt: f.now.Add(time.Minute)})
	f.now = f.now.Add(time.Hour)
	f.create(NewKey{})
}

// TestAuthenticate: a key acts as its owner as long as it is active and the owner is, on every server.
func TestAuthenticate(t *testing.T) {
	f := newFixture(t)
	other := f.newService()
	k, secret := f.create(NewKey{Name: "CRM", Scopes: []Scope{"ai:read"}, ExpiresAt: f.now.Add(48 * time.Hour)})
	p, got, err := other.Authenticate(t.Context(), secret, "192.0.2.1")
	testkit.Must(t, err)
	if p != (domain.Principal{UserID: f.ada.UserID, Role: domain.RoleLawyer, KeyID: k.ID}) || got.ID != k.ID {
		t.Errorf("%+v, %+v", p, got)
	}
	f.exec("UPDATE users SET role = 'client' WHERE id = ?", f.ada.UserID)
	if p, _, err := f.Authenticate(t.Context(), secret, ""); err != nil || p.Role != domain.RoleClient {
		t.Errorf("%+v, %v", p, err)
	}
	invalid := func(what, secret string) {
		t.Helper()
		_, _, err := other.Authenticate(t.Context(), secret, "192.0.2.1")
		if e, ok := errors.AsType[*domain.Error](err); !ok || e.Code != domain.Unauthenticated || e.Message != "The API key is not valid." || e.Reason != "" || e.Fields != nil {
			t.Errorf("%s: %+v", what, err)
		}
	}
	unknown, err := newSecret(rand.Reader, ModeLive)
	testkit.Must(t, err)
	invalid("unknown", unknown)
	invalid("malformed", secret[:len(secret)-1]+"!")
	f.exec("UPDATE users SET disabled_at = NOW(6) WHERE id = ?", f.ada.UserID)
	invalid("disabled owner", secret)
	f.exec("UPDATE users SET disabled_at = NULL WHERE id = ?", f.ada.UserID)
	f.now = k.ExpiresAt.Add(-time.Microsecond)
	_, _, err = f.Authenticate(t.Context(), secret, "")
	testkit.Must(t, err)
	f.now = k.ExpiresAt
	invalid("expired", secret)
	if k, err := f.Get(t.Context(), f.ada, k.ID); err != nil || k.Status != StatusExpired {
		t.Errorf("%+v, %v", k, err)
	}
	f.now = k.CreatedAt.Add(-24 * time.Hour) // a server whose clock is a day slow still accepts it
	_, _, err = f.Authenticate(t.Context(), secret, "")
	testkit.Must(t, err)
	testkit.Must(t, f.Revoke(t.Context(), f.ada, k.ID))
	testkit.Must(t, f.Revoke(t.Context(), f.ada, k.ID))
	invalid("revoked", secret)
	if k, err := f.Get(t.Context(), f.ada, k.ID); err != nil || k.Status != StatusRevoked || k.RevokedAt == nil {
		t.Errorf("%+v, %v", k, err)
	}
}

// TestLastUsed is written at most once a minute.
func TestLastUsed(t *testing.T) {
	f := newFixture(t)
	start := f.now
	k, secret := f.create(NewKey{})
	for _, tc := range []struct{ at, want time.Duration }{{0, 0}, {30 * time.Second, 0}, {60 * time.Second, 60 * time.Second}, {90 * time.Second, 60 * time.Second}, {time.Hour, time.Hour}} {
		f.now = start.Add(tc.at)
		_, _, err := f.Authenticate(t.Context(), secret, "")
		testkit.Must(t, err)
		got, err := f.Get(t.Context(), f.ada, k.ID)
		testkit.Must(t, err)
		if got.LastUsedAt == nil || !got.LastUsedAt.Equal(start.Add(tc.want)) {
			t.Errorf("after %v: %v", tc.at, got.LastUsedAt)
		}
	}
}

func TestIPRanges(t *testing.T) {
	f := newFixture(t)
	_, secret := f.create(NewKey{Name: "CRM", Scopes: []Scope{"ai:read"}, IPRanges: []string{"203.0.113.0/24", "2001:db8::/32"}})
	for address, want := range map[string]bool{"203.0.113.9": true, "::ffff:203.0.113.9": true, "203.0.114.1": false, "2001:db8:1::7": true, "2001:db9::1": false, "fe80::1%eth0": false, "": false, "unix": false} {
		_, _, err := f.Authenticate(t.Context(), secret, address)
		e, _ := errors.AsType[*domain.Error](err)
		if want != (err == nil) || !want && (e.Code != domain.Forbidden || e.Reason != ReasonAddressNotAllowed) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// TestAccess: people see and revoke their own keys, admins everyone's, and keys none.
func TestAccess(t *testing.T) {
	f := newFixture(t)
	bob := f.createUser("bob", domain.RoleClient)
	k, _ := f.create(NewKey{})
	_, err := f.Get(t.Context(), bob, k.ID)
	f.expectCode(err, domain.NotFound)
	f.expectCode(f.Revoke(t.Context(), bob, k.ID), domain.NotFound)
	_, _, err = f.List(t.Context(), bob, Filter{UserID: &f.ada.UserID})
	f.expectCode(err, domain.Forbidden)
	if all, _, err := f.List(t.Context(), bob, Filter{}); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	for _, filter := range []Filter{{}, {UserID: &f.ada.UserID}} {
		if all, _, err := f.List(t.Context(), f.root, filter); err != nil || len(all) != 1 || all[0].ID != k.ID {
			t.Errorf("%v, %v", all, err)
		}
	}
	asKey := f.ada
	asKey.KeyID = k.ID
	_, _, err = f.Create(t.Context(), asKey, NewKey{Name: "CRM", Scopes: []Scope{"ai:read"}})
	f.expectCode(err, domain.Forbidden)
	_, _, err = f.List(t.Context(), asKey, Filter{})
	f.expectCode(err, domain.Forbidden)
	f.expectCode(f.Revoke(t.Context(), asKey, k.ID), domain.Forbidden)
	testkit.Must(t, f.Revoke(t.Context(), f.root, k.ID))
}

// TestRetry: a retry after a crash gets a secret that works, and the first one does not; once the key is in use,
// the first answer was received.
func TestRetry(t *testing.T) {
	f := newFixture(t)
	id := domain.NewID()
	first, oldSecret := f.create(NewKey{ID: id, Name: "CRM", Scopes: []Scope{"ai:read"}})
	f.now = f.now.Add(time.Minute)
	second, secret := f.create(NewKey{ID: id, Name: "CRM", Scopes: []Scope{"ai:read"}})
	if secret == oldSecret || second.ID != id || !second.CreatedAt.Equal(first.CreatedAt) || second.LastFour != secret[len(secret)-4:] || len(f.notices) != 1 {
		t.Errorf("%+v, %d notices", second, len(f.notices))
	}
	_, _, err := f.Authenticate(t.Context(), oldSecret, "")
	f.expectCode(err, domain.Unauthenticated)
	_, _, err = f.Authenticate(t.Context(), secret, "")
	testkit.Must(t, err)
	_, _, err = f.Create(t.Context(), f.ada, NewKey{ID: id, Name: "CRM", Scopes: []Scope{"ai:read"}})
	f.expectCode(err, domain.Conflict)
}

func TestErase(t *testing.T) {
	f := newFixture(t)
	f.create(NewKey{})
	testkit.Must(t, db.WithTx(t.Context(), f.pool, func(tx db.Tx) error { return f.EraseUser(t.Context(), tx, f.ada.UserID) }))
	if all, _, err := f.List(t.Context(), f.root, Filter{}); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}
