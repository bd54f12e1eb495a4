package config

import (
	"net/url"
	"strings"
)

// EsignBuiltin is the ESIGN_PROVIDER with which the service collects signatures itself.
const EsignBuiltin = "builtin"

// Esign configures who collects signatures and what seals signed documents.
type Esign struct {
	// Certificate that seals signed documents, in PEM and followed by its chain. dev creates a self-signed one in
	// DATA_DIR. Without it, serve cannot send documents for signature.
	Certificate string `env:"ESIGN_CERTIFICATE" file:"true"`
	// Its private key in PEM: RSA or ECDSA.
	PrivateKey string `env:"ESIGN_PRIVATE_KEY" secret:"all"`
	// Timestamp authority (RFC 3161). Optional.
	TSAURL string `env:"ESIGN_TSA_URL"`

	// Who collects signatures: builtin (the service itself), docuseal or documenso. The latter two need a URL and an API key.
	Provider string `env:"ESIGN_PROVIDER" envDefault:"builtin"`
	// URL of DocuSeal's API, such as https://api.docuseal.com, or of Documenso, such as https://app.documenso.com.
	ProviderURL string `env:"ESIGN_PROVIDER_URL"`
	// API key of the provider.
	APIKey string `env:"ESIGN_API_KEY" secret:"all"`
	// Secret of the provider's webhooks, which it must send to PUBLIC_URL/api/esign/webhooks/docuseal or …/documenso.
	// Empty: webhooks are rejected, and the provider is polled.
	WebhookSecret string `env:"ESIGN_WEBHOOK_SECRET" secret:"all"`
}

// External reports whether an external provider collects signatures.
func (e *Esign) External() bool { return e.Provider != EsignBuiltin }

func (e *Esign) normalize() {
	e.Certificate, e.PrivateKey = unescapeLines(e.Certificate), unescapeLines(e.PrivateKey)
}

func (e *Esign) validate(f *faults) {
	f.oneOf("ESIGN_PROVIDER", e.Provider, EsignBuiltin, "docuseal", "documenso")
	f.together(set("ESIGN_CERTIFICATE", e.Certificate), set("ESIGN_PRIVATE_KEY", e.PrivateKey))
	f.requires(setting{"ESIGN_PROVIDER (docuseal or documenso)", e.External()}, set("ESIGN_PROVIDER_URL", e.ProviderURL), set("ESIGN_API_KEY", e.APIKey),
		set("ESIGN_WEBHOOK_SECRET", e.WebhookSecret))
	if e.External() {
		if u, err := url.Parse(e.ProviderURL); err != nil || !isHTTP(u) {
			f.add("ESIGN_PROVIDER_URL must be a URL such as https://api.docuseal.com or https://app.documenso.com")
		}
		if e.APIKey == "" {
			f.add("ESIGN_API_KEY is not set")
		}
	}
	if u, err := url.Parse(e.TSAURL); e.TSAURL != "" && (err != nil || !isHTTP(u)) {
		f.add("ESIGN_TSA_URL must be a URL such as https://host/tsa")
	}
}

func (e *Esign) validateProduction(f *faults) {
	if !e.External() {
		return
	}
	f.secret("ESIGN_API_KEY", e.APIKey)
	if !strings.HasPrefix(e.ProviderURL, "https://") {
		f.add("ESIGN_PROVIDER_URL must start with https://")
	}
	if e.WebhookSecret != "" {
		f.secret("ESIGN_WEBHOOK_SECRET", e.WebhookSecret)
	}
}

func (e *Esign) warnings() (all []string) {
	if e.Certificate == "" {
		all = append(all, "ESIGN_CERTIFICATE is not set: documents cannot be sent for signature")
	}
	if e.External() && e.WebhookSecret == "" {
		all = append(all, "ESIGN_WEBHOOK_SECRET is not set: the provider's webhooks are rejected, and the provider is polled instead")
	}
	return all
}
