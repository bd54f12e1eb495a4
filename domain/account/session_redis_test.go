package account

import (
	"strings"
	"testing"

	"counsel/domain"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestRedisHoldsNoPersonalData(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	f.register("ada.lovelace@example.com")
	tok, err := f.Login(ctx, Credentials{Email: "ada.lovelace@example.com", Password: password, Address: "203.0.113.77"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Login(ctx, Credentials{Email: "ada.lovelace@example.com", Password: "wrong password", Address: "203.0.113.77"})
	wantCode(t, err, domain.Unauthenticated)
	keys, err := f.redis.Do(ctx, f.redis.B().Keys().Pattern("*").Build()).AsStrSlice()
	if err != nil || len(keys) < 4 {
		t.Fatal(keys, err)
	}
	sec := strings.Split(tok.RefreshToken, ".")[1]
	for _, k := range keys {
		dump, err := f.redis.Do(ctx, f.redis.B().Eval().Script(`
local t = redis.call('TYPE', KEYS[1]).ok
if t == 'hash' then return table.concat(redis.call('HGETALL', KEYS[1]), ' ') end
if t == 'zset' then return table.concat(redis.call('ZRANGE', KEYS[1], 0, -1), ' ') end
return redis.call('GET', KEYS[1])`).Numkeys(1).Key(k).Build()).ToString()
		if err != nil {
			t.Fatal(k, err)
		}
		for _, private := range []string{"ada.", "lovelace", "example", "203.0", password, sec, tok.AccessToken} {
			if strings.Contains(strings.ToLower(k+" "+dump), strings.ToLower(private)) {
				t.Errorf("%s contains %q: %s", k, private, dump)
			}
		}
		ttl, err := f.redis.Do(ctx, f.redis.B().Pttl().Key(k).Build()).AsInt64()
		if err != nil || ttl <= 0 {
			t.Errorf("%s does not expire: TTL %d, %v", k, ttl, err)
		}
	}
}

func TestRedisDown(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateRedis(t)
	f := newFixtureOn(t, testenv.SchemaURL(t), server.URL, Config{Hash: cheapHash})
	ctx := t.Context()
	_, admin := f.admin("root@example.com")
	ada, bob, eve := f.register("ada@example.com"), f.register("bob@example.com"), f.register("eve@example.com")
	adas, p := f.login("ada@example.com")
	bobs, _ := f.login("bob@example.com")
	eves, _ := f.login("eve@example.com")
	other := f.otherServer() // a server without requests during the outage

	server.Kill9()
	for what, call := range map[string]func() error{
		"login": func() error {
			_, err := f.Login(ctx, Credentials{Email: "ada@example.com", Password: password})
			return err
		},
		"refresh":  func() error { _, err := f.Refresh(ctx, adas.RefreshToken); return err },
		"logout":   func() error { return f.Logout(ctx, p) },
		"sessions": func() error { _, err := f.Sessions(ctx, p); return err },
		"end":      func() error { return f.RevokeSession(ctx, p, p.SessionID) },
		"end all":  func() error { return f.RevokeSessions(ctx, p) },
	} {
		if e := wantCode(t, call(), domain.Unavailable); e.RetryAfter <= 0 {
			t.Errorf("%s: no Retry-After", what)
		}
	}
	_, err := f.Login(ctx, Credentials{Email: "ada@example.com", Password: password})
	if e := wantCode(t, err, domain.Unavailable); !strings.HasPrefix(e.Message, "Signing in is not possible at the moment") {
		t.Errorf("message of a sign-in: %q", e.Message)
	}
	// Requests still succeed, checked against the account's row.
	if q, err := f.Authenticate(ctx, adas.AccessToken); err != nil || q != p {
		t.Fatalf("%+v, %v", q, err)
	}
	if _, err := f.Register(ctx, Registration{Email: "new@example.com", Password: password, FullName: "New"}); err != nil {
		t.Fatal(err)
	}
	// A change applies at once to issued tokens.
	if _, err := f.UpdateUser(ctx, admin, bob.ID, UserChange{Disabled: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.UpdateUser(ctx, admin, eve.ID, UserChange{Role: ptr(domain.RoleLawyer)}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // there and back: the role matches the token again, but the token is invalid
		for _, role := range []domain.Role{domain.RoleLawyer, domain.RoleClient} {
			if _, err := f.UpdateUser(ctx, admin, ada.ID, UserChange{Role: ptr(role)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	refused := func(s *Service, when string) {
		t.Helper()
		for _, tok := range []Tokens{adas, bobs, eves} {
			if _, err := s.Authenticate(ctx, tok.AccessToken); domain.CodeOf(err) != domain.Unauthenticated {
				t.Fatalf("%s: %v", when, err)
			}
		}
	}
	refused(f.Service, "during the outage")

	// Redis returns with the old sessions. They are never accepted again.
	server.Restart()
	testkit.Eventually(t, "Redis is back", func() bool { refused(f.Service, "as Redis returns"); return f.sessions.ping(ctx) == nil })
	refused(f.Service, "after the outage")
	if _, err := other.Refresh(ctx, eves.RefreshToken); domain.CodeOf(err) != domain.Unauthenticated {
		testkit.Eventually(t, "the other server is back", func() bool {
			_, err := other.Refresh(ctx, eves.RefreshToken)
			return domain.CodeOf(err) == domain.Unauthenticated
		})
	}
	refused(other, "at a server without requests during the outage")
	stale, err := f.queries.ListUsersWithStaleSessions(ctx, 10)
	if err != nil || len(stale) != 0 {
		t.Fatalf("%+v, %v", stale, err)
	}
	f.login("ada@example.com")
	f.login("eve@example.com")
	if f.outages.Load() != f.recoveredOutages.Load() {
		t.Fatal("sessions in Redis are still not trusted")
	}
}

func TestRedisAndDatabaseDown(t *testing.T) {
	t.Parallel()
	server, database := testenv.PrivateRedis(t), testenv.PrivateMySQL(t)
	f := newFixtureOn(t, database.URL, server.URL, Config{Hash: cheapHash})
	f.register("ada@example.com")
	tok, _ := f.login("ada@example.com")
	server.Pause()
	database.Kill9()
	_, err := f.Authenticate(t.Context(), tok.AccessToken)
	testkit.Eventually(t, "neither answers", func() bool {
		_, err = f.Authenticate(t.Context(), tok.AccessToken)
		return domain.CodeOf(err) == domain.Unavailable
	})
	server.Resume()
	database.Restart()
	testkit.Eventually(t, "both are back", func() bool {
		_, err := f.Authenticate(t.Context(), tok.AccessToken)
		return err == nil && f.outages.Load() == f.recoveredOutages.Load()
	})
}
