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
	"counsel/sandbox/testkit"
)

func TestRefreshRotatesTokens(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	f.register("ada@example.com")
	first, p := f.login("ada@example.com")
	f.clock.advance(time.Hour)
	second, err := f.otherServer().Refresh(ctx, first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken {
		t.Fatal("not rotated")
	}
	if q, err := f.Authenticate(ctx, second.AccessToken); err != nil || q != p {
		t.Fatalf("%+v, %v", q, err)
	}
	s, err := f.Sessions(ctx, p)
	if err != nil || len(s) != 1 || s[0].LastUsedAt.Sub(s[0].CreatedAt) != time.Hour || s[0].ExpiresAt.Sub(s[0].LastUsedAt) != 30*24*time.Hour {
		t.Fatalf("%+v, %v", s, err)
	}
	// Reuse of a refresh token revokes the session, including the new tokens.
	_, err = f.Refresh(ctx, first.RefreshToken)
	wantCode(t, err, domain.Unauthenticated)
	_, err = f.Refresh(ctx, second.RefreshToken)
	wantCode(t, err, domain.Unauthenticated)
	_, err = f.Authenticate(ctx, second.AccessToken)
	wantCode(t, err, domain.Unauthenticated)
	if s, err := f.Sessions(ctx, p); err != nil || len(s) != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
}

func TestRefreshRejectsMalformedTokens(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("ada@example.com")
	tok, _ := f.login("ada@example.com")
	parts := strings.Split(tok.RefreshToken, ".")
	id, sec, mark := parts[0], parts[1], parts[2]
	for _, s := range []string{
		"", ".", "..", id, id + ".", id + "." + sec, id + "." + sec + ".", "." + sec + "." + mark, tok.RefreshToken + "=", tok.RefreshToken + ".x",
		id + "." + sec[1:] + "." + mark, id + "." + sec + "." + mark[1:], tok.AccessToken, strings.Repeat("A", 22) + "." + sec + "." + mark,
	} {
		_, err := f.Refresh(t.Context(), s)
		wantCode(t, err, domain.Unauthenticated)
	}
	// None of them was the session's token, so the session still exists.
	if _, err := f.Refresh(t.Context(), tok.RefreshToken); err != nil {
		t.Fatal(err)
	}
}

// TestForgedRefreshTokenDoesNotRevoke checks that knowing a session's id is not enough to revoke it.
func TestForgedRefreshTokenDoesNotRevoke(t *testing.T) {
	t.Parallel()
	rsaKey, ed := keys(t)
	for algorithm, secret := range map[string]string{"HS256": secret, "RS256": pemOf(t, rsaKey), "EdDSA": pemOf(t, ed)} {
		t.Run(algorithm, func(t *testing.T) {
			f := newFixtureOn(t, testenv.SchemaURL(t), testenv.NewRedisURL(t), Config{Hash: cheapHash, Algorithm: algorithm, Secret: secret})
			f.register("ada@example.com")
			tok, p := f.login("ada@example.com")
			otherKey, err := newRefreshKey("another secret of another service")
			if err != nil {
				t.Fatal(err)
			}
			forged, err := otherKey.newToken(rand.Reader, p.SessionID)
			if err != nil {
				t.Fatal(err)
			}
			parts, own := strings.Split(forged.String(), "."), strings.Split(tok.RefreshToken, ".")
			if parts[0] != own[0] {
				t.Fatal("the forged token is for another session")
			}
			for _, s := range []string{forged.String(), parts[0] + "." + parts[1], parts[0] + "." + parts[1] + "." + own[2]} {
				_, err := f.Refresh(t.Context(), s)
				wantCode(t, err, domain.Unauthenticated)
			}
			if !regexp.MustCompile(`^[A-Za-z0-9_.-]{1,200}$`).MatchString(tok.RefreshToken) {
				t.Fatalf("refresh token does not match the contract's pattern: %s", tok.RefreshToken)
			}
			if _, err := f.Refresh(t.Context(), tok.RefreshToken); err != nil {
				t.Fatalf("the session was revoked: %v", err)
			}
			_, err = f.Refresh(t.Context(), tok.RefreshToken) // reuse
			wantCode(t, err, domain.Unauthenticated)
			_, err = f.Authenticate(t.Context(), tok.AccessToken)
			wantCode(t, err, domain.Unauthenticated)
		})
	}
}

func TestConcurrentRefresh(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	servers := []*Service{f.Service, f.otherServer()}
	f.register("ada@example.com")
	tok, _ := f.login("ada@example.com")
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
			t.Fatal("two requests succeeded")
		} else {
			won = i
		}
	}
	if won < 0 {
		t.Fatal("no request succeeded")
	}
	_, err := f.Refresh(t.Context(), got[won].RefreshToken)
	wantCode(t, err, domain.Unauthenticated) // reuse revoked the session
}

func TestLogoutReachesOtherServers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	other := f.otherServer()
	f.register("ada@example.com")
	for range 50 {
		tok, p := f.login("ada@example.com")
		if _, err := other.Authenticate(ctx, tok.AccessToken); err != nil {
			t.Fatal(err)
		}
		if err := f.Logout(ctx, p); err != nil {
			t.Fatal(err)
		}
		_, err := f.Authenticate(ctx, tok.AccessToken)
		wantCode(t, err, domain.Unauthenticated)
		testkit.Eventually(t, "the other server sees the logout", func() bool { _, err := other.Authenticate(ctx, tok.AccessToken); return err != nil })
		_, err = other.Refresh(ctx, tok.RefreshToken)
		wantCode(t, err, domain.Unauthenticated)
		if err := f.Logout(ctx, p); err != nil {
			t.Fatalf("second logout: %v", err)
		}
	}
}

func TestSessionsOfCaller(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	f.register("ada@example.com")
	f.register("bob@example.com")
	_, first := f.login("ada@example.com")
	f.clock.advance(time.Second)
	tok, second := f.login("ada@example.com")
	bobs, bob := f.login("bob@example.com")
	s, err := f.Sessions(ctx, second)
	if err != nil || len(s) != 2 || s[0].ID != second.SessionID || !s[0].Current || s[1].ID != first.SessionID || s[1].Current {
		t.Fatalf("%+v, %v", s, err)
	}
	if !s[1].CreatedAt.Equal(f.clock.Now().Add(-time.Second).Truncate(time.Millisecond)) {
		t.Fatal(s[1].CreatedAt)
	}
	wantCode(t, f.RevokeSession(ctx, bob, first.SessionID), domain.NotFound)
	wantCode(t, f.RevokeSession(ctx, bob, domain.NewID()), domain.NotFound)
	if err := f.RevokeSession(ctx, second, first.SessionID); err != nil {
		t.Fatal(err)
	}
	wantCode(t, f.RevokeSession(ctx, second, first.SessionID), domain.NotFound)
	if s, err := f.Sessions(ctx, second); err != nil || len(s) != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	f.login("ada@example.com")
	if err := f.RevokeSessions(ctx, second); err != nil {
		t.Fatal(err)
	}
	if s, err := f.Sessions(ctx, second); err != nil || len(s) != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	_, err = f.Authenticate(ctx, tok.AccessToken)
	wantCode(t, err, domain.Unauthenticated)
	if _, err := f.Authenticate(ctx, bobs.AccessToken); err != nil {
		t.Fatalf("another account's session was revoked too: %v", err)
	}
}

func TestMaxSessions(t *testing.T) {
	t.Parallel()
	f := newFixtureOn(t, testenv.SchemaURL(t), testenv.NewRedisURL(t), Config{Hash: cheapHash, MaxSessions: 3})
	ctx := t.Context()
	f.register("ada@example.com")
	var toks []Tokens
	var last domain.Principal
	for range 5 {
		f.clock.advance(time.Second)
		tok, p := f.login("ada@example.com")
		toks, last = append(toks, tok), p
	}
	for i, tok := range toks {
		_, err := f.Refresh(ctx, tok.RefreshToken)
		if (err == nil) != (i >= 2) {
			t.Errorf("session %d: %v", i, err)
		}
	}
	if s, err := f.Sessions(ctx, last); err != nil || len(s) != 3 {
		t.Fatalf("%+v, %v", s, err)
	}
}

func TestSessionsExpire(t *testing.T) {
	t.Parallel()
	f := newFixtureOn(t, testenv.SchemaURL(t), testenv.NewRedisURL(t), Config{Hash: cheapHash, SessionTTL: 300 * time.Millisecond})
	ctx := t.Context()
	f.register("ada@example.com")
	tok, p := f.login("ada@example.com")
	testkit.Eventually(t, "the session expired", func() bool { _, err := f.Authenticate(ctx, tok.AccessToken); return err != nil })
	_, err := f.Refresh(ctx, tok.RefreshToken)
	wantCode(t, err, domain.Unauthenticated)
	if s, err := f.Sessions(ctx, p); err != nil || len(s) != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
}

func TestRevokeOrphanedSessions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	_, admin := f.admin("root@example.com")
	ada := f.register("ada@example.com")
	tok, _ := f.login("ada@example.com")
	cut := f.otherServer()
	cut.sessions.redis.Close() // only this server has lost Redis
	if _, err := cut.UpdateUser(ctx, admin, ada.ID, UserChange{Disabled: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	_, err := cut.Authenticate(ctx, tok.AccessToken)
	wantCode(t, err, domain.Unauthenticated)
	if _, err := f.Authenticate(ctx, tok.AccessToken); err != nil {
		t.Fatalf("the change should not be visible yet: %v", err)
	}
	if err := f.RevokeOrphanedSessions(ctx); err != nil {
		t.Fatal(err)
	}
	_, err = f.Authenticate(ctx, tok.AccessToken)
	wantCode(t, err, domain.Unauthenticated)
	if err := cut.RevokeOrphanedSessions(ctx); err != nil {
		t.Fatalf("without orphaned sessions: %v", err)
	}
}

func TestRevokeBelowKeepsNewSessions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	_, admin := f.admin("root@example.com")
	ada := f.register("ada@example.com")
	if _, err := f.UpdateUser(ctx, admin, ada.ID, UserChange{Role: ptr(domain.RoleLawyer)}); err != nil {
		t.Fatal(err)
	}
	tok, _ := f.login("ada@example.com")
	if err := f.sessions.revokeBelow(ctx, ada.ID, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Authenticate(ctx, tok.AccessToken); err != nil {
		t.Fatalf("a session of the current epoch was revoked: %v", err)
	}
}

// TestLoginRacesDisable checks that no session survives when an account is disabled during a sign-in.
func TestLoginRacesDisable(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	_, admin := f.admin("root@example.com")
	ada := f.register("ada@example.com")
	for range 20 {
		var toks [4]Tokens
		var wg sync.WaitGroup
		for i := range toks {
			wg.Go(func() { toks[i], _ = f.Login(ctx, Credentials{Email: "ada@example.com", Password: password}) })
		}
		var err error
		wg.Go(func() { _, err = f.UpdateUser(ctx, admin, ada.ID, UserChange{Disabled: ptr(true)}) })
		wg.Wait()
		if err != nil {
			t.Fatal(err)
		}
		for _, tok := range toks {
			if tok.AccessToken == "" {
				continue
			}
			_, err := f.Authenticate(ctx, tok.AccessToken)
			wantCode(t, err, domain.Unauthenticated)
			_, err = f.Refresh(ctx, tok.RefreshToken)
			wantCode(t, err, domain.Unauthenticated)
		}
		if s, err := f.Sessions(ctx, domain.Principal{UserID: ada.ID}); err != nil || len(s) != 0 {
			t.Fatalf("%d sessions of a disabled account, %v", len(s), err)
		}
		if _, err := f.UpdateUser(ctx, admin, ada.ID, UserChange{Disabled: ptr(false)}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.redis.Do(ctx, f.redis.B().Flushdb().Build()).Error()); err != nil {
			t.Fatal(err)
		}
	}
}
