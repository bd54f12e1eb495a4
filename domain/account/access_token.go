package account

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"counsel/domain"
)

// minSecretBytes is the minimum length of an HS256 secret (RFC 7518, 3.2).
const minSecretBytes = 32

// clockSkew is how far a server's clock may be behind that of the issuing server.
const clockSkew = 5 * time.Second

// claims are the claims of an access token.
type claims struct {
	Issuer    string      `json:"iss"`
	Audience  string      `json:"aud"`
	Subject   domain.ID   `json:"sub"`
	Session   domain.ID   `json:"sid"`
	ID        domain.ID   `json:"jti"`
	Role      domain.Role `json:"role"`
	Epoch     uint32      `json:"epoch"`
	IssuedAt  int64       `json:"iat"`
	NotBefore int64       `json:"nbf"`
	Expires   int64       `json:"exp"`
}

var _ jwt.ClaimsValidator = (*claims)(nil)

func numericDate(unix int64) (*jwt.NumericDate, error) {
	if unix == 0 {
		return nil, nil
	}
	return &jwt.NumericDate{Time: time.Unix(unix, 0)}, nil
}

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return numericDate(c.Expires) }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return numericDate(c.IssuedAt) }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return numericDate(c.NotBefore) }
func (c *claims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.Subject.String(), nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings{c.Audience}, nil }

// Validate checks the private claims, after the signature and the registered claims.
func (c *claims) Validate() error {
	if c.Subject.IsZero() || c.Session.IsZero() || c.ID.IsZero() || c.IssuedAt == 0 || !c.Role.Valid() {
		return errors.New("missing claim")
	}
	return nil
}

// accessTokens issues and verifies access tokens.
type accessTokens struct {
	issuer, audience string
	ttl              time.Duration
	key              tokenKey
	old              *tokenKey // nil: there is none
	oldUntil         time.Time
	clock            domain.Clock
	parser           *jwt.Parser
}

// tokenKey signs access tokens.
type tokenKey struct {
	id              string // in the header kid; reveals nothing about the key
	method          jwt.SigningMethod
	private, public any
}

func newAccessTokens(cfg Config) (*accessTokens, error) {
	t := &accessTokens{issuer: cfg.Issuer, audience: cfg.Audience, ttl: cfg.AccessTTL, oldUntil: cfg.OldUntil, clock: cfg.Runtime.Clock}
	var err error
	if t.key, err = newTokenKey(cfg.Algorithm, cfg.Secret); err != nil {
		return nil, fmt.Errorf("the JWT secret %w", err)
	}
	if cfg.OldSecret != "" {
		old, err := newTokenKey(cfg.Algorithm, cfg.OldSecret)
		if err != nil {
			return nil, fmt.Errorf("the old JWT secret %w", err)
		}
		t.old = &old
	}
	t.parser = jwt.NewParser(
		jwt.WithValidMethods([]string{cfg.Algorithm}),
		jwt.WithIssuer(cfg.Issuer), jwt.WithAudience(cfg.Audience),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(),
		jwt.WithStrictDecoding(), jwt.WithTimeFunc(cfg.Runtime.Clock),
	)
	return t, nil
}

// newTokenKey parses a secret. The error completes a sentence that starts with the secret.
func newTokenKey(algorithm, secret string) (k tokenKey, err error) {
	identity := []byte(secret)
	switch algorithm {
	case "HS256":
		if len(secret) < minSecretBytes {
			return k, fmt.Errorf("is shorter than %d bytes", minSecretBytes)
		}
		k.method, k.private, k.public = jwt.SigningMethodHS256, identity, identity
	case "RS256":
		key, err := jwt.ParseRSAPrivateKeyFromPEM(identity)
		if err != nil {
			return k, errors.New("is not an RSA private key in PEM")
		}
		if key.N.BitLen() < 2048 {
			return k, errors.New("is an RSA key shorter than 2048 bits")
		}
		k.method, k.private, k.public = jwt.SigningMethodRS256, key, key.Public().(*rsa.PublicKey)
	case "EdDSA":
		key, err := jwt.ParseEdPrivateKeyFromPEM(identity)
		private, ok := key.(ed25519.PrivateKey)
		if err != nil || !ok {
			return k, errors.New("is not an Ed25519 private key in PEM")
		}
		k.method, k.private, k.public = jwt.SigningMethodEdDSA, private, private.Public().(ed25519.PublicKey)
	default:
		return k, fmt.Errorf("has the algorithm %q, which is none of HS256, RS256, EdDSA", algorithm)
	}
	if algorithm != "HS256" { // the same PEM can be written in several ways
		if identity, err = x509.MarshalPKIXPublicKey(k.public); err != nil {
			return k, err
		}
	}
	id, err := hkdf.Key(sha256.New, identity, nil, "counsel access token key id", 6)
	k.id = base64.RawURLEncoding.EncodeToString(id)
	return k, err
}

// verificationKey returns the key that signed a token. A token without kid is of a version that wrote none.
func (t *accessTokens) verificationKey(token *jwt.Token) (any, error) {
	// No critical extension is supported (RFC 7515, 4.1.11).
	if _, critical := token.Header["crit"]; critical {
		return nil, errors.New("unsupported critical extension")
	}
	old := t.old
	if old != nil && !t.clock().Before(t.oldUntil) {
		old = nil
	}
	switch kid, present := token.Header["kid"]; {
	case present && kid == t.key.id:
		return t.key.public, nil
	case present && old != nil && kid == old.id:
		return old.public, nil
	case present:
		return nil, errors.New("unknown key")
	case old != nil:
		return jwt.VerificationKeySet{Keys: []jwt.VerificationKey{t.key.public, old.public}}, nil
	}
	return t.key.public, nil
}

// issue signs an access token.
func (t *accessTokens) issue(now time.Time, id, user, session domain.ID, role domain.Role, epoch uint32) (string, error) {
	token := jwt.NewWithClaims(t.key.method, &claims{
		Issuer: t.issuer, Audience: t.audience, Subject: user, Session: session, ID: id, Role: role, Epoch: epoch,
		IssuedAt: now.Unix(), NotBefore: now.Add(-clockSkew).Unix(), Expires: now.Add(t.ttl).Unix(),
	})
	token.Header["kid"] = t.key.id
	return token.SignedString(t.key.private)
}

// maxTokenBytes limits the length of a token to parse.
const maxTokenBytes = 4096

func (t *accessTokens) parse(token string) (*claims, error) {
	if len(token) > maxTokenBytes {
		return nil, invalidToken(errors.New("too long"))
	}
	var c claims
	if _, err := t.parser.ParseWithClaims(token, &c, t.verificationKey); err != nil {
		return nil, invalidToken(err)
	}
	return &c, nil
}

// invalidToken is the error for every token that is not valid.
func invalidToken(cause error) *domain.Error {
	return &domain.Error{Code: domain.Unauthenticated, Message: "A valid access token is required.", Err: cause}
}
