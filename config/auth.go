package config

import (
	"encoding/pem"
	"time"
)

// JWT configures how access tokens are signed and how long sessions last.
type JWT struct {
	// Key that signs access tokens. Required by serve. For HS256, at least 32 characters (openssl rand -hex 32); for
	// RS256 and EdDSA, a private key in PEM.
	Secret string `env:"JWT_SECRET_KEY" secret:"all"`
	// HS256, RS256 or EdDSA.
	Algorithm string `env:"JWT_ALGORITHM" envDefault:"HS256"`
	// Number of minutes for which an access token is valid: 1 to 1440.
	AccessTokenTTL time.Duration `env:"ACCESS_TOKEN_EXPIRE_MINUTES" envDefault:"15" unit:"m"`
	// Number of days after which an unused session ends: 1 to 365.
	RefreshTokenTTL time.Duration `env:"REFRESH_TOKEN_EXPIRE_DAYS" envDefault:"30" unit:"d"`
}

func (j *JWT) normalize() {
	if j.Algorithm != "HS256" {
		j.Secret = unescapeLines(j.Secret)
	}
}

func (j *JWT) validate(f *faults) {
	f.oneOf("JWT_ALGORITHM", j.Algorithm, "HS256", "RS256", "EdDSA")
	f.between("ACCESS_TOKEN_EXPIRE_MINUTES", int(j.AccessTokenTTL/time.Minute), 1, 1440)
	f.between("REFRESH_TOKEN_EXPIRE_DAYS", int(j.RefreshTokenTTL/day), 1, 365)
}

func (j *JWT) validateProduction(f *faults) {
	f.secret("JWT_SECRET_KEY", j.Secret)
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
