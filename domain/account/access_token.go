package account

import (
	"crypto/ed25519"
	"crypto/rsa"
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
	method           jwt.SigningMethod
	signingKey       any
	keyFunc          jwt.Keyfunc
	parser           *jwt.Parser
}

func newAccessTokens(cfg Config) (*accessTokens, error) {
	t := &accessTokens{issuer: cfg.Issuer, audience: cfg.Audience, ttl: cfg.AccessTTL}
	var public any
	switch cfg.Algorithm {
	case "HS256":
		if len(cfg.Secret) < minSecretBytes {
			return nil, fmt.Errorf("the JWT secret is shorter than %d bytes", minSecretBytes)
		}
		t.method = jwt.SigningMethodHS256
		t.signingKey = []byte(cfg.Secret)
		public = t.signingKey
	case "RS256":
		key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(cfg.Secret))
		if err != nil {
			return nil, errors.New("the JWT secret is not an RSA private key in PEM")
		}
		if key.N.BitLen() < 2048 {
			return nil, errors.New("the RSA key of the JWTs is shorter than 2048 bits")
		}
		t.method, t.signingKey, public = jwt.SigningMethodRS256, key, key.Public().(*rsa.PublicKey)
	case "EdDSA":
		key, err := jwt.ParseEdPrivateKeyFromPEM([]byte(cfg.Secret))
		if err != nil {
			return nil, errors.New("the JWT secret is not an Ed25519 private key in PEM")
		}
		private, ok := key.(ed25519.PrivateKey)
		if !ok {
			return nil, errors.New("the JWT secret is not an Ed25519 private key in PEM")
		}
		t.method, t.signingKey, public = jwt.SigningMethodEdDSA, private, private.Public().(ed25519.PublicKey)
	default:
		return nil, fmt.Errorf("the JWT algorithm %q is none of HS256, RS256, EdDSA", cfg.Algorithm)
	}
	t.keyFunc = func(token *jwt.Token) (any, error) {
		// No critical extension is supported (RFC 7515, 4.1.11).
		if _, critical := token.Header["crit"]; critical {
			return nil, errors.New("unsupported critical extension")
		}
		return public, nil
	}
	t.parser = jwt.NewParser(
		jwt.WithValidMethods([]string{cfg.Algorithm}),
		jwt.WithIssuer(cfg.Issuer), jwt.WithAudience(cfg.Audience),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(),
		jwt.WithStrictDecoding(), jwt.WithTimeFunc(cfg.Runtime.Clock),
	)
	return t, nil
}

// issue signs an access token.
func (t *accessTokens) issue(now time.Time, id, user, session domain.ID, role domain.Role, epoch uint32) (string, error) {
	return jwt.NewWithClaims(t.method, &claims{
		Issuer: t.issuer, Audience: t.audience, Subject: user, Session: session, ID: id, Role: role, Epoch: epoch,
		IssuedAt: now.Unix(), NotBefore: now.Add(-clockSkew).Unix(), Expires: now.Add(t.ttl).Unix(),
	}).SignedString(t.signingKey)
}

// maxTokenBytes limits the length of a token to parse.
const maxTokenBytes = 4096

func (t *accessTokens) parse(token string) (*claims, error) {
	if len(token) > maxTokenBytes {
		return nil, invalidToken(errors.New("too long"))
	}
	var c claims
	if _, err := t.parser.ParseWithClaims(token, &c, t.keyFunc); err != nil {
		return nil, invalidToken(err)
	}
	return &c, nil
}

// invalidToken is the error for every token that is not valid.
func invalidToken(cause error) *domain.Error {
	return &domain.Error{Code: domain.Unauthenticated, Message: "A valid access token is required.", Err: cause}
}
