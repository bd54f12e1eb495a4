package config

import (
	"net/url"
	"strings"
)

// Database configures MySQL.
type Database struct {
	// (*) mysql://user:password@host:3306/counsel, or mysql://user@/counsel?socket=/path.sock.
	URL string `env:"DATABASE_URL" secret:"password"`
	// true: log every SQL statement, without its values.
	Echo bool `env:"DATABASE_ECHO" envDefault:"false"`
}

func (d *Database) validate(*faults) {}

func (d *Database) validateProduction(f *faults) {
	f.secret("DATABASE_URL", d.URL)
	f.password("DATABASE_URL", d.URL)
}

func (d *Database) warnings() []string { return nil }

// Redis configures Redis.
type Redis struct {
	// (*) redis://:password@host:6379/0, or unix:///path.sock?db=0.
	URL string `env:"REDIS_URL" secret:"password"`
}

func (r *Redis) validate(*faults) {}

func (r *Redis) validateProduction(f *faults) {
	f.secret("REDIS_URL", r.URL)
	f.password("REDIS_URL", r.URL)
}

func (r *Redis) warnings() []string { return nil }

const defaultBucket = "counsel"

// S3 configures the object store: a bucket that no other service uses. Without an endpoint everything but files works.
type S3 struct {
	// (*) S3 server for the files of documents: https://host or http://host:9000. Empty: AWS in S3_REGION if S3_BUCKET and
	// the keys are set, otherwise serve cannot store documents.
	Endpoint string `env:"S3_ENDPOINT"`
	// Bucket. No other service may use it: objects that the database does not know are deleted.
	Bucket string `env:"S3_BUCKET" envDefault:"counsel"`
	// Region of the bucket.
	Region string `env:"S3_REGION" envDefault:"us-east-1"`
	// Access key.
	AccessKey string `env:"S3_ACCESS_KEY" secret:"all"`
	// Secret key.
	SecretKey string `env:"S3_SECRET_KEY" secret:"all"`
}

// normalize adds the endpoint of AWS if only a bucket and its keys are given.
func (s *S3) normalize() {
	if s.Endpoint == "" && s.Bucket != defaultBucket && s.AccessKey != "" && s.SecretKey != "" {
		s.Endpoint = "https://s3." + s.Region + ".amazonaws.com"
		if strings.HasPrefix(s.Region, "cn-") {
			s.Endpoint += ".cn"
		}
	}
}

func (s *S3) validate(f *faults) {
	f.together(set("S3_ACCESS_KEY", s.AccessKey), set("S3_SECRET_KEY", s.SecretKey))
	f.requires(set("S3_ENDPOINT", s.Endpoint), changed("S3_BUCKET", s.Bucket, defaultBucket), changed("S3_REGION", s.Region, "us-east-1"),
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
