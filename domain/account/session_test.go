package account

import (
	"crypto/rand"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/domain"
	"counsel/sandbox/testenv"
)

func TestRefreshRotates(t *testing.T) {
	b := newBundle(t)
	ctx := t.Context()
	b.register("ada@example.com")
	first, p := b.login("ada@example.com")
	b.clock.move(time.Hour)
	second, err := b.twin().Refresh(ctx, first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken {
		t.Fatal("not rotated")
	}
	if q, err := b.Authenticate(ctx, second.AccessToken); err != nil || q != p {
		t.Fatalf("%+v, %v", q, err)
	}
	s, err := b.Sessions(ctx, p)
	if err != nil || len(s) != 1 || s[0].LastUsedAt.Sub(s[0].CreatedAt) != time.Hour || s[0].ExpiresAt.Sub(s[0].LastUsedAt) != 30*24*time.Hour {
		t.Fatalf("%+v, %v", s, err)
	}
	// A refresh token presented again ends the session, the new tokens too.
	_, err = b.Refresh(ctx, first.RefreshToken)
	wantCode(t, err, domain.Unauthenticated)
	_, err = b.Refresh(ctx, second.RefreshToken)
	wantCode(t, err, domain.Unauthenticated)
	_, err = b.Authenticate(ctx, second.AccessToken)
	wantCode(t, err, domain.Unauthenticated)
	if s, err := b.Sessions(ctx, p); err != nil || len(s) != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
}

func TestRefreshRefuses(t *testing.T) {
	b := newBundle(t)
	b.register("ada@example.com")
	tok, _ := b.login("ada@example.com")
	parts := strings.Split(tok.RefreshToken, ".")
	id, sec, mark := parts[0], parts[1], parts[2]
	for _, s := range []string{
		"", ".", "..", id, id + ".", id + "." + sec, id + "." + sec + ".", "." + sec + "." + mark, tok.RefreshToken + "=", tok.RefreshToken + ".x",
		id + "." + sec[1:] + "." + mark, id + "." + sec + "." + mark[1:], tok.AccessToken, strings.Repeat("A", 22) + "." + sec + "." + mark,
	} {
		_, err := b.Refresh(t.Context(), s)
		wantCode(t, err, domain.Unauthenticated)
	}
	// None of them was the session's own token, so it lives.
	if _, err := b.Refresh(t.Context(), tok.RefreshToken); err != nil {
		t.Fatal(err)
	}
}

// Who knows a session's id, but none of its tokens, can do nothing to it.
func TestForgedRefreshTokensEndNothing(t *testing.T) {
	rsaKey, ed := keys(t)
	for algorithm, secret := range map[string]string{"HS256": secret, "RS256": pemOf(t, rsaKey), "EdDSA": pemOf(t, ed)} {
		t.Run(algorithm, func(t *testing.T) {
			b := bundleOn(t, testenv.SchemaURL(t), testenv.RedisURL(t), Config{Hash: cheap, Algorithm: algorithm, Secret: secret})
			b.register("ada@example.com")
			tok, p := b.login("ada@example.com")
			stranger, err := newRefreshKey("another secret of another service")
			if err != nil {
				t.Fatal(err)
			}
			forged, err := stranger.make(rand.Reader, p.SessionID)
			if err != nil {
				t.Fatal(err)
			}
			parts, own := strings.Split(forged.String(), "."), strings.Split(tok.RefreshToken, ".")
			if parts[0] != own[0] {
				t.Fatal("the forgery is not of the session")
			}
			for _, s := range []string{forged.String(), parts[0] + "." + parts[1], parts[0] + "." + parts[1] + "." + own[2]} {
				_, err := b.Refresh(t.Context(), s)
				wantCode(t, err, domain.Unauthenticated)
			}
			if !regexp.MustCompile(`^[A-Za-z0-9_.-]{1,200}$`).MatchString(tok.RefreshToken) {
				t.Fatalf("not of the contract's form: %s", tok.RefreshToken)
			}
			if _, err := b.Refresh(t.Context(), tok.RefreshToken); err != nil {
				t.Fatalf("the session ended: %v", err)
			}
			_, err = b.Refresh(t.Context(), tok.RefreshToken) // a copy of what was good once
			wantCode(t, err, domain.Unauthenticated)
			_, err = b.Authenticate(t.Context(), tok.AccessToken)
			wantCode(t, err, domain.Unauthenticated)
		})
	}
}

func TestOneRefreshTokenManyAtOnce(t *testing.T) {
	b := newBundle(t)
	servers := []*Service{b.Service, b.twin()}
	b.register("ada@example.com")
	tok, _ := b.login("ada@example.com")
	const n = 10
	got := make([]Tokens, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { got[i], errs[i] = servers[i%2].Refresh(t.Context(), tok.RefreshToken) })
	}
	wg.Wait()
	won := -1
	for i, err := range errs {
		if err != nil {
			wantCode(t, err, domain.Unauthenticated)
		} else if won >= 0 {
			t.Fatal("two won")
		} else {
			won = i
		}
	}
	if won < 0 {
		t.Fatal("none won")
	}
	_, err := b.Refresh(t.Context(), got[won].RefreshToken)
	wantCode(t, err, domain.Unauthenticated) // only a copy comes twice
}

func TestLogoutIsSeenEverywhereAtOnce(t *testing.T) {
	b := newBundle(t)
	ctx := t.Context()
	other := b.twin()
	b.register("ada@example.com")
	for range 50 {
		tok, p := b.login("ada@example.com")
		if _, err := other.Authenticate(ctx, tok.AccessToken); err != nil {
			t.Fatal(err)
		}
		if err := b.Logout(ctx, p); err != nil {
			t.Fatal(err)
		}
		_, err := b.Authenticate(ctx, tok.AccessToken)
		wantCode(t, err, domain.Unauthenticated)
		testenv.Eventually(t, "the other server heard", func() bool { _, err := other.Authenticate(ctx, tok.AccessToken); return err != nil })
		_, err = other.Refresh(ctx, tok.RefreshToken)
		wantCode(t, err, domain.Unauthenticated)
		if err := b.Logout(ctx, p); err != nil {
			t.Fatalf("a second time: %v", err)
		}
	}
}

func TestSessionsAreTheCallersOwn(t *testing.T) {
	b := newBundle(t)
	ctx := t.Context()
	b.register("ada@example.com")
	b.register("bob@example.com")
	_, first := b.login("ada@example.com")
	b.clock.move(time.Second)
	tok, second := b.login("ada@example.com")
	bobs, bob := b.login("bob@example.com")
	s, err := b.Sessions(ctx, second)
	if err != nil || len(s) != 2 || s[0].ID != second.SessionID || !s[0].Current || s[1].ID != first.SessionID || s[1].Current {
		t.Fatalf("%+v, %v", s, err)
	}
	if !s[1].CreatedAt.Equal(b.clock.time().Add(-time.Second).Truncate(time.Millisecond)) {
		t.Fatal(s[1].CreatedAt)
	}
	wantCode(t, b.EndSession(ctx, bob, first.SessionID), domain.NotFound)
	wantCode(t, b.EndSession(ctx, bob, domain.NewID()), domain.NotFound)
	if err := b.EndSession(ctx, second, first.SessionID); err != nil {
		t.Fatal(err)
	}
	wantCode(t, b.EndSession(ctx, second, first.SessionID), domain.NotFound)
	if s, err := b.Sessions(ctx, second); err != nil || len(s) != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	b.login("ada@example.com")
	if err := b.EndSessions(ctx, second); err != nil {
		t.Fatal(err)
	}
	if s, err := b.Sessions(ctx, second); err != nil || len(s) != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	_, err = b.Authenticate(ctx, tok.AccessToken)
	wantCode(t, err, domain.Unauthenticated)
	if _, err := b.Authenticate(ctx, bobs.AccessToken); err != nil {
		t.Fatalf("another account's session ended too: %v", err)
	}
}

func TestMostSessionsEndTheOldest(t *testing.T) {
	b := bundleOn(t, testenv.SchemaURL(t), testenv.RedisURL(t), Config{Hash: cheap, MaxSessions: 3})
	ctx := t.Context()
	b.register("ada@example.com")
	var toks []Tokens
	var last domain.Principal
	for range 5 {
		b.clock.move(time.Second)
		tok, p := b.login("ada@example.com")
		toks, last = append(toks, tok), p
	}
	for i, tok := range toks {
		_, err := b.Refresh(ctx, tok.RefreshToken)
		if (err == nil) != (i >= 2) {
			t.Errorf("session %d: %v", i, err)
		}
	}
	if s, err := b.Sessions(ctx, last); err != nil || len(s) != 3 {
		t.Fatalf("%+v, %v", s, err)
	}
}

func TestSessionsExpire(t *testing.T) {
	b := bundleOn(t, testenv.SchemaURL(t), testenv.RedisURL(t), Config{Hash: cheap, SessionTTL: 300 * time.Millisecond})
	ctx := t.Context()
	b.register("ada@example.com")
	tok, p := b.login("ada@example.com")
	testenv.Eventually(t, "the session expired", func() bool { _, err := b.Authenticate(ctx, tok.AccessToken); return err != nil })
	_, err := b.Refresh(ctx, tok.RefreshToken)
	wantCode(t, err, domain.Unauthenticated)
	if s, err := b.Sessions(ctx, p); err != nil || len(s) != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
}

func TestNothingPersonalLiesInRedis(t *testing.T) {
	b := newBundle(t)
	ctx := t.Context()
	b.register("ada.lovelace@example.com")
	tok, err := b.Login(ctx, Credentials{Email: "ada.lovelace@example.com", Password: password, Address: "203.0.113.77"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Login(ctx, Credentials{Email: "ada.lovelace@example.com", Password: "wrong password", Address: "203.0.113.77"})
	wantCode(t, err, domain.Unauthenticated)
	keys, err := b.redis.Do(ctx, b.redis.B().Keys().Pattern("*").Build()).AsStrSlice()
	if err != nil || len(keys) < 4 {
		t.Fatal(keys, err)
	}
	sec := strings.Split(tok.RefreshToken, ".")[1]
	for _, k := range keys {
		dump, err := b.redis.Do(ctx, b.redis.B().Eval().Script(`
local t = redis.call('TYPE', KEYS[1]).ok
if t == 'hash' then return table.concat(redis.call('HGETALL', KEYS[1]), ' ') end
if t == 'zset' then return table.concat(redis.call('ZRANGE', KEYS[1], 0, -1), ' ') end
return redis.call('GET', KEYS[1])`).Numkeys(1).Key(k).Build()).ToString()
		if err != nil {
			t.Fatal(k, err)
		}
		for _, private := range []string{"ada.", "lovelace", "example", "203.0", password, sec, tok.AccessToken} {
			if strings.Contains(strings.ToLower(k+" "+dump), strings.ToLower(private)) {
				t.Errorf("%s holds %q: %s", k, private, dump)
			}
		}
		ttl, err := b.redis.Do(ctx, b.redis.B().Pttl().Key(k).Build()).AsInt64()
		if err != nil || ttl <= 0 {
			t.Errorf("%s stays for ever: %d, %v", k, ttl, err)
		}
	}
}

func TestRedisGone(t *testing.T) {
	server := testenv.PrivateRedis(t)
	b := bundleOn(t, testenv.SchemaURL(t), server.URL, Config{Hash: cheap})
	ctx := t.Context()
	_, admin := b.admin("root@example.com")
	ada, bob, eve := b.register("ada@example.com"), b.register("bob@example.com"), b.register("eve@example.com")
	adas, p := b.login("ada@example.com")
	bobs, _ := b.login("bob@example.com")
	eves, _ := b.login("eve@example.com")
	other := b.twin() // a server that sees nobody during the outage

	server.Kill9()
	for what, call := range map[string]func() error{
		"login": func() error {
			_, err := b.Login(ctx, Credentials{Email: "ada@example.com", Password: password})
			return err
		},
		"refresh":  func() error { _, err := b.Refresh(ctx, adas.RefreshToken); return err },
		"logout":   func() error { return b.Logout(ctx, p) },
		"sessions": func() error { _, err := b.Sessions(ctx, p); return err },
		"end":      func() error { return b.EndSession(ctx, p, p.SessionID) },
		"end all":  func() error { return b.EndSessions(ctx, p) },
	} {
		if e := wantCode(t, call(), domain.Unavailable); e.RetryAfter <= 0 {
			t.Errorf("%s: no Retry-After", what)
		}
	}
	_, err := b.Login(ctx, Credentials{Email: "ada@example.com", Password: password})
	if e := wantCode(t, err, domain.Unavailable); !strings.HasPrefix(e.Message, "Signing in is not possible at the moment") {
		t.Errorf("a sign-in is told %q", e.Message)
	}
	// Requests go on, by the account's row.
	if q, err := b.Authenticate(ctx, adas.AccessToken); err != nil || q != p {
		t.Fatalf("%+v, %v", q, err)
	}
	if _, err := b.Register(ctx, Registration{Email: "new@example.com", Password: password, FullName: "New"}); err != nil {
		t.Fatal(err)
	}
	// A change holds at once for tokens already issued.
	if _, err := b.UpdateUser(ctx, admin, bob.ID, UserChange{Disabled: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.UpdateUser(ctx, admin, eve.ID, UserChange{Role: ptr(domain.RoleLawyer)}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // there and back: the role is the token's again, but the token is void
		for _, role := range []domain.Role{domain.RoleLawyer, domain.RoleClient} {
			if _, err := b.UpdateUser(ctx, admin, ada.ID, UserChange{Role: ptr(role)}); err != nil {
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
	refused(b.Service, "during the outage")

	// Redis comes back and still holds the sessions. They are never believed again.
	server.Restart()
	testenv.Eventually(t, "Redis is back", func() bool { refused(b.Service, "as Redis returns"); return b.sessions.ping(ctx) == nil })
	refused(b.Service, "after the outage")
	if _, err := other.Refresh(ctx, eves.RefreshToken); domain.CodeOf(err) != domain.Unauthenticated {
		testenv.Eventually(t, "the other server is back", func() bool {
			_, err := other.Refresh(ctx, eves.RefreshToken)
			return domain.CodeOf(err) == domain.Unauthenticated
		})
	}
	refused(other, "at a server that saw nobody meanwhile")
	stale, err := b.rows.ListStaleUsers(ctx, 10)
	if err != nil || len(stale) != 0 {
		t.Fatalf("%+v, %v", stale, err)
	}
	b.login("ada@example.com")
	b.login("eve@example.com")
	if b.outages.Load() != b.caughtUp.Load() {
		t.Fatal("sessions in Redis are still not believed")
	}
}

func TestAServerThatKeptItsRedisEndsWhatAnotherCouldNot(t *testing.T) {
	b := newBundle(t)
	ctx := t.Context()
	_, admin := b.admin("root@example.com")
	ada := b.register("ada@example.com")
	tok, _ := b.login("ada@example.com")
	cut := b.twin()
	cut.sessions.redis.Close() // this server alone has lost Redis
	if _, err := cut.UpdateUser(ctx, admin, ada.ID, UserChange{Disabled: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	_, err := cut.Authenticate(ctx, tok.AccessToken)
	wantCode(t, err, domain.Unauthenticated)
	if _, err := b.Authenticate(ctx, tok.AccessToken); err != nil {
		t.Fatalf("this server cannot know yet: %v", err)
	}
	if err := b.EndStaleSessions(ctx); err != nil {
		t.Fatal(err)
	}
	_, err = b.Authenticate(ctx, tok.AccessToken)
	wantCode(t, err, domain.Unauthenticated)
	if err := cut.EndStaleSessions(ctx); err != nil {
		t.Fatalf("nothing is left to do: %v", err)
	}
}

func TestEndingVoidSessionsSparesNewOnes(t *testing.T) {
	b := newBundle(t)
	ctx := t.Context()
	_, admin := b.admin("root@example.com")
	ada := b.register("ada@example.com")
	if _, err := b.UpdateUser(ctx, admin, ada.ID, UserChange{Role: ptr(domain.RoleLawyer)}); err != nil {
		t.Fatal(err)
	}
	tok, _ := b.login("ada@example.com")
	if err := b.sessions.endBelow(ctx, ada.ID, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Authenticate(ctx, tok.AccessToken); err != nil {
		t.Fatalf("a session of the present epoch ended: %v", err)
	}
}

// A sign-in and a change at the same moment: whatever the order, no session outlives it.
func TestLoginWhileDisabled(t *testing.T) {
	b := newBundle(t)
	ctx := t.Context()
	_, admin := b.admin("root@example.com")
	ada := b.register("ada@example.com")
	for range 20 {
		var toks [4]Tokens
		var wg sync.WaitGroup
		for i := range toks {
			wg.Go(func() { toks[i], _ = b.Login(ctx, Credentials{Email: "ada@example.com", Password: password}) })
		}
		var err error
		wg.Go(func() { _, err = b.UpdateUser(ctx, admin, ada.ID, UserChange{Disabled: ptr(true)}) })
		wg.Wait()
		if err != nil {
			t.Fatal(err)
		}
		for _, tok := range toks {
			if tok.AccessToken == "" {
				continue
			}
			_, err := b.Authenticate(ctx, tok.AccessToken)
			wantCode(t, err, domain.Unauthenticated)
			_, err = b.Refresh(ctx, tok.RefreshToken)
			wantCode(t, err, domain.Unauthenticated)
		}
		if s, err := b.Sessions(ctx, domain.Principal{UserID: ada.ID}); err != nil || len(s) != 0 {
			t.Fatalf("%d sessions of a disabled account, %v", len(s), err)
		}
		if _, err := b.UpdateUser(ctx, admin, ada.ID, UserChange{Disabled: ptr(false)}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(b.redis.Do(ctx, b.redis.B().Flushdb().Build()).Error()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRedisAndDatabaseGone(t *testing.T) {
	server, database := testenv.PrivateRedis(t), testenv.PrivateMySQL(t)
	b := bundleOn(t, database.URL, server.URL, Config{Hash: cheap})
	b.register("ada@example.com")
	tok, _ := b.login("ada@example.com")
	server.Pause()
	database.Kill9()
	_, err := b.Authenticate(t.Context(), tok.AccessToken)
	testenv.Eventually(t, "neither answers", func() bool {
		_, err = b.Authenticate(t.Context(), tok.AccessToken)
		return domain.CodeOf(err) == domain.Unavailable
	})
	server.Resume()
	database.Restart()
	testenv.Eventually(t, "both are back", func() bool {
		_, err := b.Authenticate(t.Context(), tok.AccessToken)
		return err == nil && b.outages.Load() == b.caughtUp.Load()
	})
}
