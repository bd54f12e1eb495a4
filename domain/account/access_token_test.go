package account

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"counsel/domain"
	"counsel/sandbox/testenv"
)

func pemOf(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func keys(t testing.TB) (rsaKey *rsa.PrivateKey, ed ed25519.PrivateKey) {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err = ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return rsaKey, ed
}

func TestTokens(t *testing.T) {
	t.Parallel()
	rsaKey, ed := keys(t)
	for algorithm, secret := range map[string]string{"HS256": secret, "RS256": pemOf(t, rsaKey), "EdDSA": pemOf(t, ed)} {
		t.Run(algorithm, func(t *testing.T) {
			clock := newFakeClock()
			tk, err := newAccessTokens(Config{Runtime: domain.Runtime{Clock: clock.Now}, Algorithm: algorithm, Secret: secret}.withDefaults())
			if err != nil {
				t.Fatal(err)
			}
			user, session := domain.NewID(), domain.NewID()
			s, err := tk.issue(clock.Now(), domain.NewID(), user, session, domain.RoleLawyer, 7)
			if err != nil {
				t.Fatal(err)
			}
			c, err := tk.parse(s)
			if err != nil || c.Subject != user || c.Session != session || c.Role != domain.RoleLawyer || c.Epoch != 7 {
				t.Fatalf("%+v, %v", c, err)
			}
			var header, body map[string]any
			for i, into := range []*map[string]any{&header, &body} {
				raw, err := base64.RawURLEncoding.DecodeString(strings.Split(s, ".")[i])
				if err != nil {
					t.Fatal(err)
				}
				if err := json.Unmarshal(raw, into); err != nil {
					t.Fatal(err)
				}
			}
			if header["alg"] != algorithm || body["iss"] != "counsel" || body["aud"] != "counsel-api" || body["sub"] != user.String() || body["sid"] != session.String() || body["role"] != "lawyer" {
				t.Fatal(header, body)
			}
			for _, name := range []string{"exp", "iat", "nbf", "jti"} {
				if body[name] == nil {
					t.Errorf("no %s", name)
				}
			}
			clock.advance(-clockSkew + time.Second) // another server's clock is behind
			if _, err := tk.parse(s); err != nil {
				t.Error(err)
			}
			clock.advance(clockSkew + 15*time.Minute)
			_, err = tk.parse(s)
			wantCode(t, err, domain.Unauthenticated)
		})
	}
}

func TestForgedTokens(t *testing.T) {
	t.Parallel()
	rsaKey, ed := keys(t)
	clock := newFakeClock()
	hs, err := newAccessTokens(Config{Runtime: domain.Runtime{Clock: clock.Now}, Secret: secret}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	rs, err := newAccessTokens(Config{Runtime: domain.Runtime{Clock: clock.Now}, Algorithm: "RS256", Secret: pemOf(t, rsaKey)}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	now := clock.Now().Unix()
	claims := jwt.MapClaims{
		"iss": "counsel", "aud": "counsel-api", "sub": domain.NewID().String(), "sid": domain.NewID().String(), "jti": domain.NewID().String(),
		"role": "admin", "epoch": 0, "iat": now, "nbf": now, "exp": now + 60,
	}
	sign := func(m jwt.SigningMethod, key any, change map[string]any) string {
		t.Helper()
		c := maps.Clone(claims)
		for k, v := range change {
			if v == nil {
				delete(c, k)
			} else {
				c[k] = v
			}
		}
		s, err := jwt.NewWithClaims(m, c).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	valid := sign(jwt.SigningMethodHS256, []byte(secret), nil)
	if _, err := hs.parse(valid); err != nil {
		t.Fatalf("the valid token: %v", err)
	}
	publicDER, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER})
	parts := strings.Split(valid, ".")
	b64 := base64.RawURLEncoding.EncodeToString

	refuse := func(tk *accessTokens, what, token string) {
		t.Helper()
		_, err := tk.parse(token)
		if domain.CodeOf(err) != domain.Unauthenticated {
			t.Errorf("%s: %v", what, err)
			return
		}
		if e := wantCode(t, err, domain.Unauthenticated); e.Message != "A valid access token is required." {
			t.Errorf("%s: message %q", what, e.Message)
		}
	}
	h := func(change map[string]any) string { return sign(jwt.SigningMethodHS256, []byte(secret), change) }
	for _, crit := range []any{[]string{"b64"}, []string{"https://counsel.example/unheard-of"}, []string{}, nil} {
		extended := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
		extended.Header["crit"], extended.Header["b64"] = crit, true
		s, err := extended.SignedString([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		refuse(hs, fmt.Sprintf("crit %v", crit), s)
	}
	refuse(hs, "alg none", sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil))
	refuse(hs, "alg None", b64([]byte(`{"alg":"None"}`))+"."+parts[1]+".")
	refuse(hs, "no alg", b64([]byte(`{"typ":"JWT"}`))+"."+parts[1]+"."+parts[2])
	refuse(hs, "another secret", sign(jwt.SigningMethodHS256, []byte(strings.Repeat("x", 32)), nil))
	refuse(hs, "HS512 by the same secret", sign(jwt.SigningMethodHS512, []byte(secret), nil))
	refuse(hs, "RS256 instead of HS256", sign(jwt.SigningMethodRS256, rsaKey, nil))
	refuse(hs, "EdDSA instead of HS256", sign(jwt.SigningMethodEdDSA, ed, nil))
	refuse(rs, "HS256 by the public key in PEM", sign(jwt.SigningMethodHS256, publicPEM, nil))
	refuse(rs, "HS256 by the public key in DER", sign(jwt.SigningMethodHS256, publicDER, nil))
	refuse(rs, "PS256 by the same key", sign(jwt.SigningMethodPS256, rsaKey, nil))
	refuse(hs, "claims of another token", parts[0]+"."+strings.Split(h(map[string]any{"role": "client"}), ".")[1]+"."+parts[2])
	refuse(hs, "no signature", parts[0]+"."+parts[1]+".")
	refuse(hs, "truncated signature", valid[:len(valid)-2])
	refuse(hs, "extra character", valid+"A")
	refuse(hs, "four parts", valid+".x")
	refuse(hs, "empty", "")
	refuse(hs, "noise", "a.b.c")
	refuse(hs, "too long", valid+strings.Repeat("A", maxTokenBytes))
	refuse(hs, "expired", h(map[string]any{"exp": now - 1}))
	refuse(hs, "no expiry", h(map[string]any{"exp": nil}))
	refuse(hs, "not yet valid", h(map[string]any{"nbf": now + 60}))
	refuse(hs, "no nbf", h(map[string]any{"nbf": nil}))
	refuse(hs, "another audience", h(map[string]any{"aud": "counsel-web"}))
	refuse(hs, "no audience", h(map[string]any{"aud": nil}))
	refuse(hs, "several audiences", h(map[string]any{"aud": []string{"counsel-api", "other"}}))
	refuse(hs, "another issuer", h(map[string]any{"iss": "someone"}))
	refuse(hs, "no issuer", h(map[string]any{"iss": nil}))
	refuse(hs, "no subject", h(map[string]any{"sub": nil}))
	refuse(hs, "a subject that is no id", h(map[string]any{"sub": "root"}))
	refuse(hs, "no session", h(map[string]any{"sid": nil}))
	refuse(hs, "no jti", h(map[string]any{"jti": nil}))
	refuse(hs, "no role", h(map[string]any{"role": nil}))
	refuse(hs, "an unknown role", h(map[string]any{"role": "root"}))
	refuse(hs, "no iat", h(map[string]any{"iat": nil}))
}

func TestNewRejectsWeakSecrets(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		weak = nil // this Go version refuses to generate one
	}
	rsaKey, ed := keys(t)
	cases := []Config{
		{}, {Secret: "hunter2"}, {Secret: secret[:31]},
		{Algorithm: "RS256", Secret: secret}, {Algorithm: "EdDSA", Secret: secret},
		{Algorithm: "RS256", Secret: pemOf(t, ed)}, {Algorithm: "EdDSA", Secret: pemOf(t, rsaKey)},
		{Algorithm: "none", Secret: secret}, {Algorithm: "HS512", Secret: secret},
	}
	if weak != nil {
		cases = append(cases, Config{Algorithm: "RS256", Secret: pemOf(t, weak)})
	}
	for _, c := range cases {
		c.Hash = cheapHash
		c.Runtime = domain.SystemRuntime(nil)
		_, err := New(c)
		if err == nil {
			t.Errorf("%s with a secret of %d bytes was accepted", c.Algorithm, len(c.Secret))
		} else if c.Secret != "" && strings.Contains(err.Error(), c.Secret) {
			t.Errorf("the error quotes the secret: %v", err)
		}
	}
}

func TestAuthenticateRequiresSession(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	u := f.register("ada@example.com")
	_, p := f.login("ada@example.com")
	for what, id := range map[string][2]domain.ID{
		"a session that never was":  {u.ID, domain.NewID()},
		"another account's session": {domain.NewID(), p.SessionID},
	} {
		s, err := f.accessTokens.issue(f.clock.Now(), domain.NewID(), id[0], id[1], domain.RoleClient, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Authenticate(t.Context(), s); domain.CodeOf(err) != domain.Unauthenticated {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	f := newFixture(b)
	f.register("ada@example.com")
	tok, _ := f.login("ada@example.com")
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Authenticate(ctx, tok.AccessToken); err != nil {
			b.Fatal(err)
		}
	}
}

// TestKeyRotation: tokens of the former key are accepted until a time, with and without a kid.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	oldRSA, newRSA := keys(t)
	for algorithm, secrets := range map[string][2]string{
		"HS256": {secret, strings.Repeat("n", 32)}, "EdDSA": {"", pemOf(t, newRSA)}, "RS256": {"", pemOf(t, oldRSA)},
	} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			former := secrets[0]
			if former == "" { // another key of the same kind
				r, e := keys(t)
				if former = pemOf(t, r); algorithm == "EdDSA" {
					former = pemOf(t, e)
				}
			}
			clock := newFakeClock()
			cfg := Config{Runtime: domain.Runtime{Clock: clock.Now}, Algorithm: algorithm, Secret: former, AccessTTL: time.Hour}.withDefaults()
			before, err := newAccessTokens(cfg)
			if err != nil {
				t.Fatal(err)
			}
			withKid, err := before.issue(clock.Now(), domain.NewID(), domain.NewID(), domain.NewID(), domain.RoleClient, 0)
			if err != nil {
				t.Fatal(err)
			}
			now := clock.Now().Unix()
			withoutKid, err := jwt.NewWithClaims(before.key.method, &claims{
				Issuer: "counsel", Audience: "counsel-api", Subject: domain.NewID(), Session: domain.NewID(), ID: domain.NewID(), Role: domain.RoleClient,
				IssuedAt: now, NotBefore: now, Expires: now + 3600,
			}).SignedString(before.key.private)
			if err != nil {
				t.Fatal(err)
			}
			cfg.Secret, cfg.OldSecret, cfg.OldUntil = secrets[1], former, clock.Now().Add(10*time.Minute)
			after, err := newAccessTokens(cfg)
			if err != nil {
				t.Fatal(err)
			}
			own, err := after.issue(clock.Now(), domain.NewID(), domain.NewID(), domain.NewID(), domain.RoleClient, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, token := range []string{withKid, withoutKid, own} {
				if _, err := after.parse(token); err != nil {
					t.Errorf("before the end of the overlap: %v", err)
				}
			}
			if _, err := before.parse(own); domain.CodeOf(err) != domain.Unauthenticated {
				t.Errorf("a token of the new key at a server without it: %v", err)
			}
			clock.advance(10 * time.Minute)
			for _, token := range []string{withKid, withoutKid} {
				if _, err := after.parse(token); domain.CodeOf(err) != domain.Unauthenticated {
					t.Errorf("after the end of the overlap: %v", err)
				}
			}
			if _, err := after.parse(own); err != nil {
				t.Errorf("a token of the new key: %v", err)
			}
			if strings.Contains(former, before.key.id) || before.key.id == after.key.id || len(before.key.id) != 8 {
				t.Errorf("key ids %q and %q", before.key.id, after.key.id)
			}
		})
	}
}

// TestKeyRotationPreservesSessions: links and refresh tokens depend on the root key alone.
func TestKeyRotationPreservesSessions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.register("ada@example.com")
	tokens, _ := f.login("ada@example.com")
	rotated := newService(t, openDB(t, f.databaseURL), testenv.OpenRedis(t, f.redisURL), Config{Hash: cheapHash, Secret: strings.Repeat("n", 32), RootKey: secret}, f.clock)
	id := domain.NewID()
	if got, err := rotated.LinkID(f.LinkSecret(id)); err != nil || got != id {
		t.Errorf("a link from before the rotation: %v", err)
	}
	if _, err := rotated.Refresh(t.Context(), tokens.RefreshToken); err != nil {
		t.Errorf("a refresh token from before the rotation: %v", err)
	}
	if _, err := rotated.Authenticate(t.Context(), tokens.AccessToken); domain.CodeOf(err) != domain.Unauthenticated {
		t.Errorf("an access token of a key that is gone: %v", err)
	}
}
