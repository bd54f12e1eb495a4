// Package config contains every setting of the service in one struct, Config, read from the environment.
//
// A secret can also be in a file, which the variable NAME_FILE names. Settings are in groups. Each group validates itself: validate checks what must hold wherever the service runs,
// validateProduction what must hold in production, and warnings returns what an operator should know
// although it is allowed. In production a secret that is missing, well known or too short is an error. Errors
// name the variable, never its value, which may be a secret.
package config

import (
	"os"

	"github.com/caarlos0/env/v11"
)

// Config is everything an operator can set. Load fills it in from the environment; .env.example documents each variable.
type Config struct {
	// Folder in which dev stores the data of its embedded servers.
	DataDir string `env:"DATA_DIR" envDefault:"./data"`
	// debug, info, warn or error.
	LogLevel string `env:"LOG_LEVEL" envDefault:"info"`

	HTTP       HTTP
	URLs       URLs
	RateLimits RateLimits

	Database Database
	Redis    Redis
	S3       S3

	LLM        LLM
	Registries Registries
	PDF        PDF
	Esign      Esign
	SMTP       SMTP
	Mail       Mail
	Firm       Firm

	Stripe Stripe

	JWT   JWT
	Admin Admin

	Jobs     Jobs
	Webhooks Webhooks
}

// group is a group of settings.
type group interface {
	validate(*faults)
	validateProduction(*faults)
	warnings() []string
}

func (c *Config) groups() []group {
	return []group{&c.HTTP, &c.URLs, &c.RateLimits, &c.Database, &c.Redis, &c.S3, &c.LLM, &c.Registries, &c.PDF, &c.Esign, &c.SMTP, &c.Mail, &c.Firm, &c.Stripe, &c.JWT, &c.Admin, &c.Jobs, &c.Webhooks}
}

// Load reads the environment. The error names every variable that is invalid, or missing while another one needs it.
func Load() (Config, error) {
	var f faults
	environment := withUnits(withFiles(env.ToMap(os.Environ()), &f), &f)
	c, err := env.ParseAsWithOptions[Config](env.Options{Environment: environment})
	if err != nil {
		return c, withVariableNames(err)
	}
	c.normalize()
	f.oneOf("LOG_LEVEL", c.LogLevel, "debug", "info", "warn", "error")
	for _, g := range c.groups() {
		g.validate(&f)
	}
	return c, f.err()
}

// ValidateProduction checks what must hold in production, beyond what Load has checked.
func (c *Config) ValidateProduction() error {
	var f faults
	for _, g := range c.groups() {
		g.validateProduction(&f)
	}
	// dev has an SMTP server and a certificate of its own, so only production requires these.
	f.requires(set("SMTP_HOST", c.SMTP.Host), set("MAIL_FROM", c.Mail.From), set("MAIL_DKIM_DOMAIN", c.Mail.DKIMDomain))
	f.requires(set("ESIGN_CERTIFICATE", c.Esign.Certificate), set("ESIGN_TSA_URL", c.Esign.TSAURL))
	if c.SMTP.Host != "" {
		if c.Mail.From == "" {
			f.add("MAIL_FROM is not set")
		}
		if c.URLs.Public == "" {
			f.add("PUBLIC_URL is not set: links in e-mails start with it")
		}
	}
	return f.err()
}

// Warnings returns one sentence for each setting that is allowed but limits the service or its security.
func (c *Config) Warnings() []string {
	var all []string
	for _, g := range c.groups() {
		all = append(all, g.warnings()...)
	}
	return all
}

// normalize brings equivalent notations into one form.
func (c *Config) normalize() {
	c.URLs.normalize()
	c.S3.normalize()
	c.JWT.normalize()
	c.Mail.normalize()
	c.Firm.normalize()
	c.Esign.normalize()
}

// checked is embedded in a group for the checks that it does not need.
type checked struct{}

func (checked) validateProduction(*faults) {}
func (checked) warnings() []string         { return nil }
