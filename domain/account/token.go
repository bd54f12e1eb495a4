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

// minSecret is the shortest HS256 secret: as long as the hash (RFC 7518, 3.2).
const minSecret = 32

// skew is how far another server's clock may be behind the one that issued a token.
const skew = 5 * time.Second

// claims of an access token. All are ours, so the shapes are fixed.
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

func date(unix int64) (*jwt.NumericDate, error) {
	if unix == 0 {
		return nil, nil
	}
	return &jwt.NumericDate{Time: time.Unix(unix, 0)}, nil
}

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return date(c.Expires) }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return date(c.IssuedAt) }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return date(c.NotBefore) }
func (c *claims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.Subject.String(), nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings{c.Audience}, nil }

// Validate is asked after the signature and the registered claims were found good.
func (c *claims) Validate() error {
	if c.Subject.IsZero() || c.Session.IsZero() || c.ID.IsZero() || c.IssuedAt == 0 || !c.Role.Valid() {
		return errors.New("a claim is missing")
	}
	return nil
}

// tokens signs and checks access tokens with one algorithm and one key.
type tokens struct {
	cfg     Config
	method  jwt.SigningMethod
	signing any
	checker jwt.Keyfunc
	parser  *jwt.Parser
}

func newTokens(cfg Config, clock domain.Clock) (*tokens, error) {
	t := &tokens{cfg: cfg}
	var public any
	switch cfg.Algorithm {
	case "HS256":
		if len(cfg.Secret) < minSecret {
			return nil, fmt.Errorf("the JWT secret is shorter than %d bytes", minSecret)
		}
		t.method = jwt.SigningMethodHS256
		t.signing = []byte(cfg.Secret)
		public = t.signing
	case "RS256":
		key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(cfg.Secret))
		if err != nil {
			return nil, errors.New("the JWT secret is not an RSA private key in PEM")
		}
		if key.N.BitLen() < 2048 {
			return nil, errors.New("the RSA key of the JWTs is shorter than 2048 bits")
		}
		t.method, t.signing, public = jwt.SigningMethodRS256, key, key.Public().(*rsa.PublicKey)
	case "EdDSA":
		key, err := jwt.ParseEdPrivateKeyFromPEM([]byte(cfg.Secret))
		if err != nil {
			return nil, errors.New("the JWT secret is not an Ed25519 private key in PEM")
		}
		private, ok := key.(ed25519.PrivateKey)
		if !ok {
			return nil, errors.New("the JWT secret is not an Ed25519 private key in PEM")
		}
		t.method, t.signing, public = jwt.SigningMethodEdDSA, private, private.Public().(ed25519.PublicKey)
	default:
		return nil, fmt.Errorf("the JWT algorithm %q is none of HS256, RS256, EdDSA", cfg.Algorithm)
	}
	t.checker = func(token *jwt.Token) (any, error) {
		// What is critical must be understood (RFC 7515, 4.1.11), and we understand no extension.
		if _, critical := token.Header["crit"]; critical {
			return nil, errors.New("an extension is critical")
		}
		return public, nil
	}
	t.parser = jwt.NewParser(
		jwt.WithValidMethods([]string{cfg.Algorithm}),
		jwt.WithIssuer(cfg.Issuer), jwt.WithAudience(cfg.Audience),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(),
		jwt.WithStrictDecoding(), jwt.WithTimeFunc(clock),
	)
	return t, nil
}

// issue makes an access token of a session.
func (t *tokens) issue(now time.Time, id, user, session domain.ID, role domain.Role, epoch uint32) (string, error) {
	return jwt.NewWithClaims(t.method, &claims{
		Issuer: t.cfg.Issuer, Audience: t.cfg.Audience, Subject: user, Session: session, ID: id, Role: role, Epoch: epoch,
		IssuedAt: now.Unix(), NotBefore: now.Add(-skew).Unix(), Expires: now.Add(t.cfg.AccessTTL).Unix(),
	}).SignedString(t.signing)
}

// maxToken bounds what is worth decoding.
const maxToken = 4096

func (t *tokens) parse(token string) (*claims, error) {
	if len(token) > maxToken {
		return nil, invalidToken(errors.New("too long"))
	}
	var c claims
	if _, err := t.parser.ParseWithClaims(token, &c, t.checker); err != nil {
		return nil, invalidToken(err)
	}
	return &c, nil
}

// invalidToken is the one answer to every token that is not good.
func invalidToken(cause error) *domain.Error {
	return &domain.Error{Code: domain.Unauthenticated, Message: "A valid access token is needed.", Err: cause}
}
