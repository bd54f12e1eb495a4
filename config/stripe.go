package config

import (
	"net/url"
	"strings"
)

// Stripe configures the payment provider with which invoices are paid online.
type Stripe struct {
	// API key of Stripe: a secret or restricted key. Empty: only test accounts can pay invoices online; dev starts its
	// own stand-in.
	APIKey string `env:"STRIPE_API_KEY" secret:"all"`
	// Secret of the webhook endpoint, which is PUBLIC_URL/api/payments/webhooks/stripe.
	WebhookSecret string `env:"STRIPE_WEBHOOK_SECRET" secret:"all"`
	// (*) URL of Stripe's API. Empty: https://api.stripe.com.
	APIURL string `env:"STRIPE_API_URL"`
}

func (s *Stripe) validate(f *faults) {
	f.requires(set("STRIPE_WEBHOOK_SECRET", s.WebhookSecret), set("STRIPE_API_KEY", s.APIKey))
	f.requires(set("STRIPE_API_URL", s.APIURL), set("STRIPE_API_KEY", s.APIKey))
	if u, err := url.Parse(s.APIURL); s.APIURL != "" && (err != nil || !isHTTP(u)) {
		f.add("STRIPE_API_URL must be a URL such as https://api.stripe.com")
	}
}

func (s *Stripe) validateProduction(f *faults) {
	if s.APIKey == "" {
		return
	}
	f.secret("STRIPE_API_KEY", s.APIKey)
	f.secret("STRIPE_WEBHOOK_SECRET", s.WebhookSecret)
	if s.APIURL != "" && !strings.HasPrefix(s.APIURL, "https://") {
		f.add("STRIPE_API_URL must start with https://")
	}
}

func (s *Stripe) warnings() []string {
	switch {
	case s.APIKey == "":
		return []string{"STRIPE_API_KEY is not set: invoices cannot be paid online"}
	case strings.HasPrefix(s.APIKey, "sk_test_"), strings.HasPrefix(s.APIKey, "rk_test_"):
		return []string{"STRIPE_API_KEY is a key of Stripe's test mode: no money moves"}
	}
	return nil
}
