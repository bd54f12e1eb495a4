package config

import (
	"net/url"
	"strings"
)

// Database configures MySQL.
type Database struct {
	URL  string `env:"DATABASE_URL"`                     // mysql://user:password@host:port/name
	Echo bool   `env:"DATABASE_ECHO" envDefault:"false"` // log every statement, without its values
}

func (d *Database) validate(*faults) {}

func (d *Database) validateProduction(f *faults) {
	f.secret("DATABASE_URL", d.URL)
	f.password("DATABASE_URL", d.URL)
}

func (d *Database) warnings() []string { return nil }

// Redis configures Redis.
type Redis struct {
	URL string `env:"REDIS_URL"` // redis://:password@host:port/0
}

func (r *Redis) validate(*faults) {}

func (r *Redis) validateProduction(f *faults) {
	f.secret("REDIS_URL", r.URL)
	f.password("REDIS_URL", r.URL)
}

func (r *Redis) warnings() []string { return nil }

// S3 configures the object store: a bucket that no other service uses. Without an endpoint everything but files works.
type S3 struct {
	Endpoint  string `env:"S3_ENDPOINT"` // https://host or http://host:port
	Bucket    string `env:"S3_BUCKET" envDefault:"counsel"`
	Region    string `env:"S3_REGION" envDefault:"us-east-1"`
	AccessKey string `env:"S3_ACCESS_KEY"`
	SecretKey string `env:"S3_SECRET_KEY"`
}

func (s *S3) validate(f *faults) {
	f.together(set("S3_ACCESS_KEY", s.AccessKey), set("S3_SECRET_KEY", s.SecretKey))
	f.requires(set("S3_ENDPOINT", s.Endpoint), changed("S3_BUCKET", s.Bucket, "counsel"), changed("S3_REGION", s.Region, "us-east-1"),
		set("S3_ACCESS_KEY", s.AccessKey), set("S3_SECRET_KEY", s.SecretKey))
	if s.Endpoint == "" {
		return
	}
	if u, err := url.Parse(s.Endpoint); err != nil || !isHTTP(u) || strings.Trim(u.Path, "/") != "" {
		f.add("S3_ENDPOINT must be a URL such as https://host or http://host:9000")
	}
}

func (s *S3) validateProduction(f *faults) {
	if s.Endpoint != "" {
		f.secret("S3_ACCESS_KEY", s.AccessKey)
		f.secret("S3_SECRET_KEY", s.SecretKey)
	}
}

func (s *S3) warnings() []string {
	if s.Endpoint == "" {
		return []string{"S3_ENDPOINT is not set: documents cannot be uploaded or rendered"}
	}
	return nil
}
