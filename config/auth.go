package config

import (
	"cmp"
	"encoding/pem"
	"time"
)

// JWT configures how access tokens are signed and how long sessions last.
type JWT struct {
	// Key that signs access tokens. Required by serve. For HS256, at least 32 characters (openssl rand -hex 32); for
	// RS256 and EdDSA, a private key in PEM.
	Secret string `env:"JWT_SECRET_KEY" secret:"all"`
	// Former JWT_SECRET_KEY after a rotation. Access tokens that it signed are accepted until JWT_OLD_SECRET_KEY_UNTIL.
	OldSecret string `env:"JWT_OLD_SECRET_KEY" secret:"all"`
	// Time of RFC 3339, such as 2027-01-31T18:00:00Z: ACCESS_TOKEN_EXPIRE_MINUTES after the last server has the new key.
	OldUntil time.Time `env:"JWT_OLD_SECRET_KEY_UNTIL"`
	// HS256, RS256 or EdDSA.
	Algorithm string `env:"JWT_ALGORITHM" envDefault:"HS256"`
	// Key from which others are derived: of links in mails, refresh tokens, stored responses, the secrets of webhooks and
	// the hashes of rate limits. At least 32 characters. Empty: JWT_SECRET_KEY. If it changes, sessions and links end.
	RootKey string `env:"SECRET_KEY" secret:"all"`
	// Number of minutes for which an access token is valid: 1 to 1440.
	AccessTokenTTL time.Duration `env:"ACCESS_TOKEN_EXPIRE_MINUTES" envDefault:"15" unit:"m"`
	// Number of days after which an unused session ends: 1 to 365.
	RefreshTokenTTL time.Duration `env:"REFRESH_TOKEN_EXPIRE_DAYS" envDefault:"30" unit:"d"`
}

// Root returns the key from which others are derived.
func (j *JWT) Root() string { return cmp.Or(j.RootKey, j.Secret) }

func (j *JWT) normalize() {
	if j.Algorithm != "HS256" {
		j.Secret, j.OldSecret = unescapeLines(j.Secret), unescapeLines(j.OldSecret)
	}
}

func (j *JWT) validate(f *faults) {
	f.oneOf("JWT_ALGORITHM", j.Algorithm, "HS256", "RS256", "EdDSA")
	f.together(set("JWT_OLD_SECRET_KEY", j.OldSecret), setting{"JWT_OLD_SECRET_KEY_UNTIL", !j.OldUntil.IsZero()})
	if j.OldSecret != "" && j.RootKey == "" {
		f.add("SECRET_KEY is not set: links in mails, sessions and the secrets of webhooks depended on the former JWT_SECRET_KEY; set SECRET_KEY to it")
	}
	f.between("ACCESS_TOKEN_EXPIRE_MINUTES", int(j.AccessTokenTTL/time.Minute), 1, 1440)
	f.between("REFRESH_TOKEN_EXPIRE_DAYS", int(j.RefreshTokenTTL/day), 1, 365)
}

func (j *JWT) validateProduction(f *faults) {
	f.secret("JWT_SECRET_KEY", j.Secret)
	if j.RootKey != "" {
		f.secret("SECRET_KEY", j.RootKey)
		if len(j.RootKey) < minSecret {
			f.add("SECRET_KEY is shorter than %d characters", minSecret)
		}
	}
	switch block, _ := pem.Decode([]byte(j.Secret)); {
	case j.Secret == "":
	case j.Algorithm == "HS256" && len(j.Secret) < minSecret:
		f.add("JWT_SECRET_KEY is shorter than %d characters", minSecret)
	case j.Algorithm != "HS256" && block == nil:
		f.add("JWT_SECRET_KEY contains no private key in PEM, which %s needs", j.Algorithm)
	}
}

func (j *JWT) warnings() []string { return nil }

// Admin is the first administrator, created at startup if no account has the address.
type Admin struct {
	// Address of the first administrator.
	Email string `env:"ADMIN_EMAIL"`
	// Their password: at least 12 characters.
	Password string `env:"ADMIN_PASSWORD" secret:"all"`
}

func (a *Admin) validate(f *faults) {
	f.together(set("ADMIN_EMAIL", a.Email), set("ADMIN_PASSWORD", a.Password))
}

func (a *Admin) validateProduction(f *faults) {
	if a.Password != "" && (isWellKnown(a.Password) || len(a.Password) < 12) {
		f.add("ADMIN_PASSWORD is a default or shorter than 12 characters")
	}
}

func (a *Admin) warnings() []string { return nil }
