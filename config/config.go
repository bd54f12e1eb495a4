// Package config holds every setting of the service in one struct, read from the
// environment and checked before anything starts. Production refuses to start on a secret
// that is missing, well known or too short, and names the variable, never its value.
package config

import (
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Config is what an operator may set. The names are those of the environment.
type Config struct {
	HTTPAddr string `env:"HTTP_ADDR" envDefault:"127.0.0.1:8080"`
	DataDir  string `env:"DATA_DIR" envDefault:"./data"` // of the embedded default; used by dev only
	LogLevel string `env:"LOG_LEVEL" envDefault:"info"`  // debug, info, warn, error

	DatabaseURL  string `env:"DATABASE_URL"`                     // mysql://user:password@host:port/name
	DatabaseEcho bool   `env:"DATABASE_ECHO" envDefault:"false"` // statements go to the log
	RedisURL     string `env:"REDIS_URL"`                        // redis://:password@host:port/0

	SMTP SMTP
	Mail Mail

	Esign Esign

	// Where people reach the service, https://host: links in mails begin so. And the page on which
	// they confirm an address and choose a password, if it is not the service's own; and the
	// application in which they are told of things, if there is one.
	PublicURL  string `env:"PUBLIC_URL"`
	AccountURL string `env:"ACCOUNT_URL"`
	AppURL     string `env:"APP_URL"`

	S3        S3     `envPrefix:"S3_"`
	PDFEngine string `env:"PDF_ENGINE" envDefault:"maroto"`

	LLM LLM `envPrefix:"LLM_"`
	JWT JWT

	// The first admin, made at start when no account has the address.
	AdminEmail    string `env:"ADMIN_EMAIL"`
	AdminPassword string `env:"ADMIN_PASSWORD"`

	ChatCacheMinutes int    `env:"CHAT_CACHE_MINUTES" envDefault:"30"` // 15 to 60
	RateLimit        string `env:"RATE_LIMIT" envDefault:"on"`         // off: for load tests
	RatePerUser      int    `env:"RATE_LIMIT_USER" envDefault:"300"`   // requests a minute
	RatePerAddress   int    `env:"RATE_LIMIT_ANONYMOUS" envDefault:"120"`
	MetricsToken     string `env:"METRICS_TOKEN"` // when set, /metrics asks for it

	Work            string `env:"WORK" envDefault:"on"`            // off: serve leaves jobs to other processes
	WorkConcurrency int    `env:"WORK_CONCURRENCY" envDefault:"8"` // jobs at a time
	// Where work answers /livez, /readyz and /metrics; empty: nowhere.
	WorkHTTPAddr string `env:"WORK_HTTP_ADDR"`
	// What the secrets of webhooks are sealed with in the database; empty: JWT_SECRET_KEY.
	WebhookKey string `env:"WEBHOOK_KEY"`
	// Lets webhooks lead to this machine and its network, without TLS; dev always does.
	WebhookAllowPrivate bool `env:"WEBHOOK_ALLOW_PRIVATE" envDefault:"false"`

	CORSOrigins   []string `env:"CORS_ALLOW_ORIGINS"`
	CORSLocalhost bool     // set by dev: pages of this machine may call, too

	// Networks whose X-Forwarded-For is believed, as CIDRs: those of one's own proxies.
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES"`
}

// S3 is where the files of documents lie: a bucket that no other service uses.
type S3 struct {
	Endpoint  string `env:"ENDPOINT"` // https://host, or http://host:port
	Bucket    string `env:"BUCKET" envDefault:"counsel"`
	Region    string `env:"REGION" envDefault:"us-east-1"`
	AccessKey string `env:"ACCESS_KEY"`
	SecretKey string `env:"SECRET_KEY"`
}

// SMTP is the mail server that takes what the service sends.
type SMTP struct {
	Host     string `env:"SMTP_HOST"`
	Port     int    `env:"SMTP_PORT" envDefault:"587"`
	User     string `env:"SMTP_USER"`
	Password string `env:"SMTP_PASSWORD"`
	TLS      string `env:"SMTP_TLS"`     // starttls, implicit, off; "": implicit on port 465, else starttls
	CAFile   string `env:"SMTP_CA_FILE"` // PEM; "": the system's
}

// Mail says how what the service sends looks.
type Mail struct {
	From           string `env:"MAIL_FROM"`                             // Counsel <no-reply@host>
	RecipientsHour int    `env:"MAIL_RECIPIENTS_HOUR" envDefault:"500"` // that one user may write to
	KeepDays       int    `env:"MAIL_KEEP_DAYS" envDefault:"365"`       // that the text of a mail is kept; 0: for ever
	DKIMDomain     string `env:"MAIL_DKIM_DOMAIN"`
	DKIMSelector   string `env:"MAIL_DKIM_SELECTOR"`
	DKIMKey        string `env:"MAIL_DKIM_KEY"`      // a private key in PEM
	DKIMKeyFile    string `env:"MAIL_DKIM_KEY_FILE"` // or a file with one
}

// Esign says who has documents signed, and what seals them.
type Esign struct {
	Certificate string `env:"ESIGN_CERTIFICATE"` // in PEM, and those that lead from it to its root
	PrivateKey  string `env:"ESIGN_PRIVATE_KEY"` // of the certificate, in PEM: RSA or ECDSA
	TSAURL      string `env:"ESIGN_TSA_URL"`     // of a timestamp authority (RFC 3161)

	Provider      string `env:"ESIGN_PROVIDER" envDefault:"builtin"` // builtin, docuseal, documenso
	ProviderURL   string `env:"ESIGN_PROVIDER_URL"`                  // of the API of docuseal, of the site of documenso
	APIKey        string `env:"ESIGN_API_KEY"`
	WebhookSecret string `env:"ESIGN_WEBHOOK_SECRET"` // "": webhooks are refused, and the provider is asked every so often
}

// Outside reports whether documents are signed by an outside provider.
func (e Esign) Outside() bool { return e.Provider != "builtin" }

// LLM is the provider of completions: anything that speaks OpenAI's Chat Completions.
type LLM struct {
	BaseURL    string `env:"BASE_URL"`
	APIKey     string `env:"API_KEY"`
	Model      string `env:"MODEL" envDefault:"gpt-4.1-mini"`
	TimeoutMS  int    `env:"TIMEOUT_MS" envDefault:"10000"`  // of one try
	DeadlineMS int    `env:"DEADLINE_MS" envDefault:"30000"` // of all tries together
}

// Timeout of one try.
func (l LLM) Timeout() time.Duration { return time.Duration(l.TimeoutMS) * time.Millisecond }

// Deadline of all tries together.
func (l LLM) Deadline() time.Duration { return time.Duration(l.DeadlineMS) * time.Millisecond }

// JWT says how access tokens are signed and how long sign-ins last.
type JWT struct {
	Secret        string `env:"JWT_SECRET_KEY"`                   // HS256: 32 characters or more; RS256, EdDSA: a private key in PEM
	Algorithm     string `env:"JWT_ALGORITHM" envDefault:"HS256"` // HS256, RS256, EdDSA
	AccessMinutes int    `env:"ACCESS_TOKEN_EXPIRE_MINUTES" envDefault:"15"`
	RefreshDays   int    `env:"REFRESH_TOKEN_EXPIRE_DAYS" envDefault:"30"`
}

// Limited reports whether callers have a budget of requests.
func (c Config) Limited() bool { return c.RateLimit != "off" }

// OpenAI is where LLM_BASE_URL points when production names nothing else.
const OpenAI = "https://api.openai.com/v1"

// Load reads the environment and checks what does not depend on how the service is run.
func Load() (Config, error) {
	c, err := env.ParseAs[Config]()
	if err != nil {
		return c, named(err)
	}
	defaults, err := env.ParseAsWithOptions[Config](env.Options{Environment: map[string]string{}})
	if err != nil {
		return c, err
	}
	var faults []error
	between := func(name string, v, low, high int) {
		if v < low || v > high {
			faults = append(faults, fmt.Errorf("%s must be between %d and %d", name, low, high))
		}
	}
	oneOf := func(name, v string, allowed ...string) {
		for _, a := range allowed {
			if v == a {
				return
			}
		}
		if allowed[0] == "" { // not to be set at all
			allowed = allowed[1:]
		}
		faults = append(faults, fmt.Errorf("%s must be one of %s", name, strings.Join(allowed, ", ")))
	}
	between("CHAT_CACHE_MINUTES", c.ChatCacheMinutes, 15, 60)
	between("LLM_TIMEOUT_MS", c.LLM.TimeoutMS, 100, 120_000)
	between("LLM_DEADLINE_MS", c.LLM.DeadlineMS, c.LLM.TimeoutMS, 600_000)
	between("ACCESS_TOKEN_EXPIRE_MINUTES", c.JWT.AccessMinutes, 1, 1440)
	between("REFRESH_TOKEN_EXPIRE_DAYS", c.JWT.RefreshDays, 1, 365)
	between("RATE_LIMIT_USER", c.RatePerUser, 1, 1_000_000)
	between("RATE_LIMIT_ANONYMOUS", c.RatePerAddress, 1, 1_000_000)
	between("SMTP_PORT", c.SMTP.Port, 1, 65535)
	between("MAIL_RECIPIENTS_HOUR", c.Mail.RecipientsHour, 1, 1_000_000)
	if c.Mail.KeepDays != 0 && (c.Mail.KeepDays < 31 || c.Mail.KeepDays > 36_500) { // a failed one can be sent again for thirty days
		faults = append(faults, errors.New("MAIL_KEEP_DAYS must be 0, for ever, or between 31 and 36500"))
	}
	between("WORK_CONCURRENCY", c.WorkConcurrency, 1, 1000)
	oneOf("SMTP_TLS", c.SMTP.TLS, "", "starttls", "implicit", "off")
	oneOf("WORK", c.Work, "on", "off")
	oneOf("RATE_LIMIT", c.RateLimit, "on", "off")
	oneOf("ESIGN_PROVIDER", c.Esign.Provider, "builtin", "docuseal", "documenso")
	if c.Esign.Outside() {
		if u, err := url.Parse(c.Esign.ProviderURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			faults = append(faults, errors.New("ESIGN_PROVIDER_URL must be a URL such as https://api.docuseal.com or https://app.documenso.com"))
		}
		if c.Esign.APIKey == "" {
			faults = append(faults, errors.New("ESIGN_API_KEY is not set"))
		}
	}
	faults = append(faults, c.halves(defaults)...)
	oneOf("LOG_LEVEL", c.LogLevel, "debug", "info", "warn", "error")
	oneOf("JWT_ALGORITHM", c.JWT.Algorithm, "HS256", "RS256", "EdDSA")
	if _, port, err := net.SplitHostPort(c.HTTPAddr); err != nil || port == "" {
		faults = append(faults, errors.New("HTTP_ADDR must be host:port, such as 127.0.0.1:8080"))
	}
	if _, port, err := net.SplitHostPort(c.WorkHTTPAddr); c.WorkHTTPAddr != "" && (err != nil || port == "") {
		faults = append(faults, errors.New("WORK_HTTP_ADDR must be host:port, such as 127.0.0.1:8081"))
	}
	if c.JWT.Algorithm != "HS256" { // a key with its lines in one, as some secret stores keep it
		c.JWT.Secret = strings.ReplaceAll(c.JWT.Secret, `\n`, "\n")
	}
	c.Mail.DKIMKey = strings.ReplaceAll(c.Mail.DKIMKey, `\n`, "\n")
	if c.Mail.From != "" {
		if _, err := mail.ParseAddress(c.Mail.From); err != nil {
			faults = append(faults, errors.New("MAIL_FROM must be an address such as Counsel <no-reply@host>"))
		}
	}
	for name, v := range map[string]string{"PUBLIC_URL": c.PublicURL, "ACCOUNT_URL": c.AccountURL, "APP_URL": c.AppURL} {
		u, err := url.Parse(v)
		if v != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Fragment != "" || name == "PUBLIC_URL" && strings.Trim(u.Path, "/") != "") {
			faults = append(faults, fmt.Errorf("%s must be a URL such as https://counsel.example", name))
		}
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	for _, s := range []*string{&c.Esign.Certificate, &c.Esign.PrivateKey} {
		*s = strings.ReplaceAll(*s, `\n`, "\n")
	}
	if u, err := url.Parse(c.Esign.TSAURL); c.Esign.TSAURL != "" && (err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https")) {
		faults = append(faults, errors.New("ESIGN_TSA_URL must be a URL such as https://host/tsa"))
	}
	if c.LLM.BaseURL != "" {
		if u, err := url.Parse(c.LLM.BaseURL); err != nil || u.Host == "" {
			faults = append(faults, errors.New("LLM_BASE_URL must be a URL such as https://host/v1"))
		}
	}
	if c.WebhookKey != "" && len(c.WebhookKey) < 32 {
		faults = append(faults, errors.New("WEBHOOK_KEY is shorter than 32 characters"))
	}
	if c.S3.Endpoint != "" {
		if u, err := url.Parse(c.S3.Endpoint); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" {
			faults = append(faults, errors.New("S3_ENDPOINT must be a URL such as https://host or http://host:9000"))
		}
	}
	return c, errors.Join(faults...)
}

// setting is one of several that mean something together.
type setting struct {
	name string
	set  bool
}

// without refuses settings that mean nothing while another one is missing.
func without(missing setting, given ...setting) []error {
	var names []string
	for _, g := range given {
		if g.set {
			names = append(names, g.name)
		}
	}
	if missing.set || names == nil {
		return nil
	}
	verb := "means"
	if len(names) > 1 {
		verb = "mean"
	}
	return []error{fmt.Errorf("%s is not set: without it %s %s nothing", missing.name, strings.Join(names, ", "), verb)}
}

// together refuses a part of several settings.
func together(all ...setting) (faults []error) {
	for _, one := range all {
		faults = append(faults, without(one, all...)...)
	}
	return faults
}

// halves finds the groups of settings of which some are missing.
func (c Config) halves(defaults Config) []error {
	text := func(name, v string) setting { return setting{name, v != ""} }
	return slices.Concat(
		together(text("ADMIN_EMAIL", c.AdminEmail), text("ADMIN_PASSWORD", c.AdminPassword)),
		together(text("SMTP_USER", c.SMTP.User), text("SMTP_PASSWORD", c.SMTP.Password)),
		without(text("SMTP_HOST", c.SMTP.Host), setting{"SMTP_PORT", c.SMTP.Port != defaults.SMTP.Port}, text("SMTP_USER", c.SMTP.User), text("SMTP_PASSWORD", c.SMTP.Password),
			text("SMTP_TLS", c.SMTP.TLS), text("SMTP_CA_FILE", c.SMTP.CAFile)),
		together(text("MAIL_DKIM_DOMAIN", c.Mail.DKIMDomain), text("MAIL_DKIM_SELECTOR", c.Mail.DKIMSelector), text("MAIL_DKIM_KEY or MAIL_DKIM_KEY_FILE", c.Mail.DKIMKey+c.Mail.DKIMKeyFile)),
		together(text("S3_ACCESS_KEY", c.S3.AccessKey), text("S3_SECRET_KEY", c.S3.SecretKey)),
		without(text("S3_ENDPOINT", c.S3.Endpoint), setting{"S3_BUCKET", c.S3.Bucket != defaults.S3.Bucket}, setting{"S3_REGION", c.S3.Region != defaults.S3.Region},
			text("S3_ACCESS_KEY", c.S3.AccessKey), text("S3_SECRET_KEY", c.S3.SecretKey)),
		together(text("ESIGN_CERTIFICATE", c.Esign.Certificate), text("ESIGN_PRIVATE_KEY", c.Esign.PrivateKey)),
		without(setting{"ESIGN_PROVIDER (docuseal or documenso)", c.Esign.Outside()}, text("ESIGN_PROVIDER_URL", c.Esign.ProviderURL), text("ESIGN_API_KEY", c.Esign.APIKey),
			text("ESIGN_WEBHOOK_SECRET", c.Esign.WebhookSecret)),
	)
}

// named says which variable could not be read; the library only knows the field. The value
// may be a secret and is left out.
func named(err error) error {
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return err
	}
	variables := map[string]string{}
	var collect func(t reflect.Type, prefix string)
	collect = func(t reflect.Type, prefix string) {
		for f := range t.Fields() {
			if v := f.Tag.Get("env"); v != "" {
				variables[f.Name] = prefix + v
			} else if f.Type.Kind() == reflect.Struct {
				collect(f.Type, prefix+f.Tag.Get("envPrefix"))
			}
		}
	}
	collect(reflect.TypeFor[Config](), "")
	var faults []error
	for _, one := range all.Errors {
		if parse, ok := errors.AsType[env.ParseError](one); ok {
			faults = append(faults, fmt.Errorf("%s cannot be read as %s", variables[parse.Name], parse.Type))
		} else {
			faults = append(faults, one)
		}
	}
	return errors.Join(faults...)
}

// CheckProduction refuses what must not face the world.
func (c Config) CheckProduction() error {
	var faults []error
	needed := func(name, v string) {
		switch {
		case v == "":
			faults = append(faults, fmt.Errorf("%s is not set", name))
		case wellKnown(v):
			faults = append(faults, fmt.Errorf("%s is a default that anyone can guess", name))
		}
	}
	needed("JWT_SECRET_KEY", c.JWT.Secret)
	if c.JWT.Algorithm == "HS256" && c.JWT.Secret != "" && len(c.JWT.Secret) < 32 {
		faults = append(faults, errors.New("JWT_SECRET_KEY is shorter than 32 characters"))
	}
	if block, _ := pem.Decode([]byte(c.JWT.Secret)); c.JWT.Algorithm != "HS256" && c.JWT.Secret != "" && block == nil {
		faults = append(faults, fmt.Errorf("JWT_SECRET_KEY holds no private key in PEM, which %s needs", c.JWT.Algorithm))
	}
	if c.WebhookKey != "" {
		needed("WEBHOOK_KEY", c.WebhookKey)
	}
	needed("LLM_API_KEY", c.LLM.APIKey)
	needed("REDIS_URL", c.RedisURL)
	needed("DATABASE_URL", c.DatabaseURL)
	if c.S3.Endpoint != "" { // without a store all but the documents works
		needed("S3_ACCESS_KEY", c.S3.AccessKey)
		needed("S3_SECRET_KEY", c.S3.SecretKey)
	}
	if c.Esign.Outside() {
		needed("ESIGN_API_KEY", c.Esign.APIKey)
		if !strings.HasPrefix(c.Esign.ProviderURL, "https://") {
			faults = append(faults, errors.New("ESIGN_PROVIDER_URL must begin with https://"))
		}
		if c.Esign.WebhookSecret != "" {
			needed("ESIGN_WEBHOOK_SECRET", c.Esign.WebhookSecret)
		}
	}
	if c.SMTP.Host != "" { // without a mail server all but the mails works
		if c.Mail.From == "" {
			faults = append(faults, errors.New("MAIL_FROM is not set"))
		}
		if c.PublicURL == "" {
			faults = append(faults, errors.New("PUBLIC_URL is not set: links in mails begin so"))
		}
		if c.SMTP.Password != "" {
			needed("SMTP_PASSWORD", c.SMTP.Password)
		}
	}
	// dev has a mail server and a seal of its own, which these may go with.
	faults = append(faults, without(setting{"SMTP_HOST", c.SMTP.Host != ""}, setting{"MAIL_FROM", c.Mail.From != ""}, setting{"MAIL_DKIM_DOMAIN", c.Mail.DKIMDomain != ""})...)
	faults = append(faults, without(setting{"ESIGN_CERTIFICATE", c.Esign.Certificate != ""}, setting{"ESIGN_TSA_URL", c.Esign.TSAURL != ""})...)
	for name, v := range map[string]string{"DATABASE_URL": c.DatabaseURL, "REDIS_URL": c.RedisURL} {
		if p := password(v); p != "" && wellKnown(p) {
			faults = append(faults, fmt.Errorf("%s has a default password that anyone can guess", name))
		}
	}
	if c.AdminPassword != "" && (wellKnown(c.AdminPassword) || len(c.AdminPassword) < 12) {
		faults = append(faults, errors.New("ADMIN_PASSWORD is a default or shorter than 12 characters"))
	}
	return errors.Join(faults...)
}

// password is that of a URL or of a DSN (user:password@protocol(address)/name).
func password(at string) string {
	if u, err := url.Parse(at); err == nil && u.Host+u.Path != "" && u.Scheme != "" && u.User != nil {
		p, _ := u.User.Password()
		return p
	}
	credentials, _, _ := strings.Cut(at, "@")
	_, p, _ := strings.Cut(credentials, ":")
	return p
}

// wellKnown recognises the placeholders people leave in place.
func wellKnown(secret string) bool {
	s := strings.Trim(strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "", ".", "").Replace(secret)), "<>*")
	s = strings.TrimPrefix(s, "sk")
	for _, k := range []string{"your", "changeme", "changethis", "replaceme", "mysecret", "secretkey", "topsecret", "supersecret", "example", "placeholder", "insecure", "default", "devsecret"} {
		if strings.HasPrefix(s, k) {
			return true
		}
	}
	switch s {
	case "secret", "password", "admin", "root", "12345678", "minioadmin", "minio123":
		return true
	}
	return s == "" && secret != "" || monotonous(s) // nothing but sk and dots
}

// monotonous recognises one character over and over, and rows such as 0123456789abcdef.
func monotonous(s string) bool {
	steps := 0
	for i := 1; i < len(s); i++ {
		if d := int(s[i]) - int(s[i-1]); d == 0 || d == 1 {
			steps++
		}
	}
	return len(s) > 7 && steps*10 > len(s)*8
}
