package config

import (
	"net/netip"
	"net/url"
	"strings"
)

// HTTP configures the server's address and who may call it from where.
type HTTP struct {
	Addr string `env:"HTTP_ADDR" envDefault:"127.0.0.1:8080"` // host:port

	CORSOrigins   []string `env:"CORS_ALLOW_ORIGINS"`
	CORSLocalhost bool     // allow pages of this machine, too; set by dev

	// TrustedProxies are the networks whose X-Forwarded-For header is trusted.
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES"`
	MetricsToken   string         `env:"METRICS_TOKEN"` // bearer token of /metrics; empty: /metrics is public
}

func (h *HTTP) validate(f *faults) { f.address("HTTP_ADDR", h.Addr, "127.0.0.1:8080") }

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
	Public  string `env:"PUBLIC_URL"`  // https://host under which people reach the service
	Account string `env:"ACCOUNT_URL"` // page to verify an address and choose a password; empty: the service's own
	App     string `env:"APP_URL"`     // application that shows notifications; empty: there is none
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
	Enabled   OnOff `env:"RATE_LIMIT" envDefault:"on"` // off: for load tests
	User      int   `env:"RATE_LIMIT_USER" envDefault:"300"`
	Anonymous int   `env:"RATE_LIMIT_ANONYMOUS" envDefault:"120"` // of one address without a token
}

func (r *RateLimits) validate(f *faults) {
	f.between("RATE_LIMIT_USER", r.User, 1, 1_000_000)
	f.between("RATE_LIMIT_ANONYMOUS", r.Anonymous, 1, 1_000_000)
}

func (r *RateLimits) validateProduction(*faults) {}

func (r *RateLimits) warnings() []string {
	if !r.Enabled {
		return []string{"RATE_LIMIT is off: nobody's requests are limited"}
	}
	return nil
}
