package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	esignclient "counsel/clients/esign"
	"counsel/clients/llm"
	"counsel/clients/mail"
	"counsel/clients/pdf"
	"counsel/clients/queue"
	"counsel/clients/stripe"
	"counsel/clients/tsa"
	"counsel/clients/webhook"
	"counsel/config"
	"counsel/domain"
	"counsel/domain/ai"
	"counsel/domain/email"
	"counsel/domain/esign/envelopes"
	"counsel/domain/esign/pades"
	"counsel/domain/isolation"
	"counsel/domain/payments"
	"counsel/domain/registry"
	"counsel/domain/text/extract"
)

// textReaders is the number of documents whose text is extracted at a time, each in a process of its own.
var textReaders = min(max(2, runtime.GOMAXPROCS(0)/2), 4)

// Clients are the connections to outside systems, and the child processes that read untrusted files.
type Clients struct {
	Model        ai.Model
	Fallback     ai.Model // nil: none is configured
	TestModel    ai.Model // answers in test mode
	Queue        *queue.Queue
	Mail         email.Sender // nil: no SMTP server is configured
	Webhooks     *webhook.Client
	Provider     envelopes.Provider // nil: the service collects signatures itself
	Sealer       *pades.Sealer      // nil: no certificate is configured
	TestSealer   *pades.Sealer      // of test mode
	Payments     payments.Provider  // nil: invoices cannot be paid online
	TestPayments payments.Provider  // of test mode
	Registers    registry.Registers
	// TestRegisters answer in test mode.
	TestRegisters registry.Registers
	PDF           *pdf.Engine
	Texts         *extract.Isolated
	Children      *isolation.Pool // reads files that are uploaded or sent for signature
}

// openClients creates the clients. None of them connects yet.
func openClients(r *Runner, cfg config.Config, infra *Infrastructure, standIns StandIns) (_ *Clients, err error) {
	r.step("clients")
	c := &Clients{Queue: queue.New(infra.Redis, infra.Log.With("part", "queue"))}
	metrics := newProviderMetrics(infra.Registry)

	newModel := func(name, baseURL, key, model string) (ai.Model, error) {
		m, err := llm.New(llm.Config{
			BaseURL: baseURL, APIKey: key, Model: model, Timeout: cfg.LLM.Timeout, Deadline: cfg.LLM.Deadline, Log: infra.Log.With("part", "llm", "provider", name),
			OnAttempt: func(a llm.Attempt) { metrics.observeAttempt(name, a) }, OnBreaker: func(state string) { metrics.setBreaker(name, state) },
		})
		if err != nil {
			return nil, err
		}
		metrics.setBreaker(name, m.Breaker())
		r.onClose("AI provider "+name, func(context.Context) error { return m.Close() })
		return m, nil
	}
	if c.Model, err = newModel("primary", cfg.LLM.BaseURL, cfg.LLM.APIKey, cfg.LLM.Model); err != nil {
		return nil, fmt.Errorf("LLM_BASE_URL: %w", err)
	}
	if f := cfg.LLM.Fallback; f.BaseURL != "" {
		if c.Fallback, err = newModel("fallback", f.BaseURL, f.APIKey, f.Model); err != nil {
			return nil, fmt.Errorf("LLM_FALLBACK_BASE_URL: %w", err)
		}
	}

	if c.TestModel, err = NewTestModel(standIns.AI); err != nil {
		return nil, err
	}
	c.Children = isolation.New(isolation.Config{MaxChildren: 4, Memory: 512 << 20, Timeout: 30 * time.Second})
	r.onClose("file inspection", func(context.Context) error { return c.Children.Close() })
	c.Texts = extract.NewIsolated(compilationCache(), textReaders+1) // one more for a caller who waits for the text
	r.onClose("text extraction", func(context.Context) error { return c.Texts.Close() })

	c.Webhooks = webhook.New(webhook.Config{AllowPrivate: cfg.Webhooks.AllowPrivate})
	r.onClose("webhooks", func(context.Context) error { c.Webhooks.Close(); return nil })

	if cfg.SMTP.Host != "" {
		client, err := newMailClient(cfg)
		if err != nil {
			return nil, err
		}
		c.Mail = client
		r.onClose("mail", func(context.Context) error { return client.Close() })
	}
	if cfg.Esign.External() {
		provider, err := esignclient.New(cfg.Esign.Provider, esignclient.Config{URL: cfg.Esign.ProviderURL, APIKey: cfg.Esign.APIKey, WebhookSecret: cfg.Esign.WebhookSecret})
		if err != nil {
			return nil, fmt.Errorf("ESIGN_PROVIDER_URL: %w", err)
		}
		c.Provider = provider
		r.onClose("signing provider", func(context.Context) error { return provider.Close() })
	}
	if cfg.Stripe.APIKey != "" {
		client, err := stripe.New(stripe.Config{URL: cfg.Stripe.APIURL, APIKey: cfg.Stripe.APIKey, WebhookSecret: cfg.Stripe.WebhookSecret, Observe: newPaymentMetrics(infra.Registry)})
		if err != nil {
			return nil, fmt.Errorf("STRIPE_API_URL: %w", err)
		}
		c.Payments = client
		r.onClose("payment provider", func(context.Context) error { return client.Close() })
	}
	standIns.Payments.SetPageURL(infra.URL + TestPagesPath)
	if c.TestPayments, err = NewTestPayments(standIns.Payments); err != nil {
		return nil, err
	}
	if cfg.Esign.Certificate != "" {
		if c.Sealer, err = newSealer(r, cfg.Esign, c.Children); err != nil {
			return nil, err
		}
	}
	if c.TestSealer, err = NewTestSealer(c.Children); err != nil {
		return nil, err
	}
	if c.Registers, err = openRegistries(r, cfg.Registries, infra); err != nil {
		return nil, err
	}
	if c.TestRegisters, err = NewTestRegisters(standIns); err != nil {
		return nil, err
	}
	if c.PDF, err = pdf.New(pdf.Config{Engine: cfg.PDF.Engine}); err != nil {
		return nil, err
	}
	return c, nil
}

// compilationCache returns the folder that caches the compiled PDF reader, or "" for none.
func compilationCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "counsel", "pdfium")
}

// newMailClient creates the SMTP client.
func newMailClient(cfg config.Config) (*mail.Client, error) {
	settings := mail.Config{
		Host: cfg.SMTP.Host, Port: cfg.SMTP.Port, User: cfg.SMTP.User, Password: cfg.SMTP.Password, TLS: cfg.SMTP.TLS, From: cfg.Mail.From,
		DKIM: mail.DKIM{Domain: cfg.Mail.DKIMDomain, Selector: cfg.Mail.DKIMSelector, Key: cfg.Mail.DKIMKey},
	}
	if cfg.SMTP.CAFile != "" {
		pem, err := os.ReadFile(cfg.SMTP.CAFile)
		if err != nil {
			return nil, fmt.Errorf("SMTP_CA_FILE: %w", err)
		}
		if settings.RootCAs = x509.NewCertPool(); !settings.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("SMTP_CA_FILE contains no certificate in PEM")
		}
	}
	return mail.New(settings)
}

// NewTestModel returns the AI of test mode, a provider that runs in this process.
func NewTestModel(provider http.Handler) (ai.Model, error) {
	return llm.New(llm.Config{BaseURL: "http://localhost/v1", APIKey: TestAIKey, Model: "test", Backoff: []time.Duration{}, Transport: llm.InProcess(provider)})
}

// TestAIKey is the API key that the provider of test mode expects. It protects nothing: no port leads there.
const TestAIKey = "test"

// TestPayments is a payment provider at which no money moves. It keeps its payments in memory.
type TestPayments interface {
	http.Handler
	Pages() http.Handler // on which people pay
	SetPageURL(url string)
}

// NewTestPayments returns the client of the payment provider of test mode.
func NewTestPayments(provider http.Handler) (payments.Provider, error) {
	return stripe.New(stripe.Config{Name: "test", URL: "http://localhost", APIKey: TestPaymentsKey, Backoff: []time.Duration{}, Transport: llm.InProcess(provider)})
}

// TestPaymentsKey is the API key that the payment provider of test mode expects. It protects nothing: no port leads there.
const TestPaymentsKey = "sk_test_counsel"

// TestPagesPath is where the pages of the payment provider of test mode are.
const TestPagesPath = "/test/payments"

// NewTestSealer returns what seals documents in test mode: with a certificate of its own, which is new in each process.
func NewTestSealer(children *isolation.Pool) (*pades.Sealer, error) {
	certificate, key, err := pades.SelfSigned("Counsel TEST", domain.SystemClock())
	if err != nil {
		return nil, err
	}
	sealer, err := pades.New(certificate, key, nil)
	if err != nil {
		return nil, err
	}
	return sealer.WithPool(children), nil
}

// newSealer creates what seals signed documents, with a timestamp if an authority is configured.
func newSealer(r *Runner, cfg config.Esign, children *isolation.Pool) (*pades.Sealer, error) {
	var timestamps pades.Timestamper
	if cfg.TSAURL != "" {
		client, err := tsa.New(cfg.TSAURL)
		if err != nil {
			return nil, fmt.Errorf("ESIGN_TSA_URL: %w", err)
		}
		r.onClose("timestamp authority", func(context.Context) error { client.Close(); return nil })
		timestamps = client
	}
	sealer, err := pades.New(cfg.Certificate, cfg.PrivateKey, timestamps)
	if err != nil {
		return nil, fmt.Errorf("ESIGN_CERTIFICATE, ESIGN_PRIVATE_KEY: %w", err)
	}
	return sealer.WithPool(children), nil
}
