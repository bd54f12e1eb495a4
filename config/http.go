package config

import (
	"net/netip"
	"net/url"
	"strings"
)

// HTTP configures the server's address and who may call it from where.
type HTTP struct {
	// Address on which the service listens, as host:port.
	Addr string `env:"HTTP_ADDR" envDefault:"127.0.0.1:8080"`

	// Certificate of the server with its chain, a file in PEM: the service speaks HTTPS. It is read again when it changes.
	// Empty: HTTP, for a reverse proxy that ends TLS.
	CertificateFile string `env:"TLS_CERTIFICATE_FILE"`
	// File with its private key, in PEM.
	CertificateKeyFile string `env:"TLS_PRIVATE_KEY_FILE"`

	// Origins of web pages that may call the API (CORS), separated by commas. dev also allows pages of this machine, such
	// as http://localhost:3000.
	CORSOrigins   []string `env:"CORS_ALLOW_ORIGINS"`
	CORSLocalhost bool     // allow pages of this machine, too; set by dev

	// Networks of your reverse proxies, as CIDRs separated by commas. X-Forwarded-For is trusted only from these.
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES"`
	// Bearer token required by /metrics. Empty: /metrics is public.
	MetricsToken string `env:"METRICS_TOKEN" secret:"all"`
}

func (h *HTTP) validate(f *faults) {
	f.address("HTTP_ADDR", h.Addr, "127.0.0.1:8080")
	f.together(set("TLS_CERTIFICATE_FILE", h.CertificateFile), set("TLS_PRIVATE_KEY_FILE", h.CertificateKeyFile))
}

func (h *HTTP) validateProduction(*faults) {}

func (h *HTTP) warnings() []string {
	if h.MetricsToken == "" {
		return []string{"METRICS_TOKEN is not set: anyone who can reach the service can read /metrics"}
	}
	return nil
}

// URLs are the addresses that links in e-mails use.
type URLs struct {
	checked
	// URL under which people reach the service, such as https://host; links in mails start with it. Required by serve if
	// SMTP_HOST is set.
	Public string `env:"PUBLIC_URL"`
	// Page on which people verify their address (#verify=…) and reset their password (#reset=…). Empty: the service's
	// own page /account.
	Account string `env:"ACCOUNT_URL"`
	// Application that people work with. Mails about notifications link to it (#notification=…). Empty: no link.
	App string `env:"APP_URL"`
}

func (u *URLs) normalize() {
	if trimmed := strings.TrimRight(u.Public, "/"); trimmed != "" {
		u.Public = trimmed
	}
}

func (u *URLs) validate(f *faults) {
	for name, v := range map[string]string{"PUBLIC_URL": u.Public, "ACCOUNT_URL": u.Account, "APP_URL": u.App} {
		parsed, err := url.Parse(v)
		if v != "" && (err != nil || !isHTTP(parsed) || parsed.Fragment != "" || name == "PUBLIC_URL" && parsed.Path != "") {
			f.add("%s must be a URL such as https://counsel.example", name)
		}
	}
}

// RateLimits are the requests a minute of one caller.
type RateLimits struct {
	// off: no rate limits, and no limit of concurrent AI requests per user. For load tests.
	Enabled OnOff `env:"RATE_LIMIT" envDefault:"on"`
	// Requests per minute of a signed-in user.
	User int `env:"RATE_LIMIT_USER" envDefault:"300"`
	// Requests per minute of an API key, which may have a lower limit of its own.
	APIKey int `env:"RATE_LIMIT_KEY" envDefault:"600"`
	// Requests per minute of a network address without a token.
	Anonymous int `env:"RATE_LIMIT_ANONYMOUS" envDefault:"120"`
}

func (r *RateLimits) validate(f *faults) {
	f.between("RATE_LIMIT_USER", r.User, 1, 1_000_000)
	f.between("RATE_LIMIT_KEY", r.APIKey, 1, 1_000_000)
	f.between("RATE_LIMIT_ANONYMOUS", r.Anonymous, 1, 1_000_000)
}

func (r *RateLimits) validateProduction(*faults) {}

func (r *RateLimits) warnings() []string {
	if !r.Enabled {
		return []string{"RATE_LIMIT is off: nobody's requests are limited"}
	}
	return nil
}
