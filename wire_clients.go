package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	esignclient "counsel/clients/esign"
	"counsel/clients/llm"
	"counsel/clients/mail"
	"counsel/clients/pdf"
	"counsel/clients/queue"
	"counsel/clients/tsa"
	"counsel/clients/webhook"
	"counsel/config"
	"counsel/domain/esign/pades"
	"counsel/domain/isolation"
	"counsel/domain/text/extract"
)

// textReaders is the number of documents whose text is extracted at a time, each in a process of its own.
var textReaders = min(max(2, runtime.GOMAXPROCS(0)/2), 4)

// clients are the connections to outside systems, and the child processes that read untrusted files.
type clients struct {
	model    *llm.Client
	fallback *llm.Client // nil: none is configured
	queue    *queue.Queue
	mail     *mail.Client // nil: no SMTP server is configured
	webhooks *webhook.Client
	provider esignclient.Provider // nil: the service collects signatures itself
	sealer   *pades.Sealer        // nil: no certificate is configured
	pdf      *pdf.Engine
	texts    *extract.Isolated
	children *isolation.Pool // reads files that are uploaded or sent for signature

	aiMetrics *aiMetrics
}

// openClients creates the clients. None of them connects yet.
func openClients(r *runner, cfg config.Config, infra *infrastructure) (_ *clients, err error) {
	c := &clients{queue: queue.New(infra.redis, infra.log.With("part", "queue")), aiMetrics: newAIMetrics(infra.registry)}

	newModel := func(name, baseURL, key, model string) (*llm.Client, error) {
		m, err := llm.New(llm.Config{
			BaseURL: baseURL, APIKey: key, Model: model, Timeout: cfg.LLM.Timeout, Deadline: cfg.LLM.Deadline, Log: infra.log.With("part", "llm", "provider", name),
			OnAttempt: func(a llm.Attempt) { c.aiMetrics.observeAttempt(name, a) }, OnBreaker: func(state string) { c.aiMetrics.setBreaker(name, state) },
		})
		if err == nil {
			c.aiMetrics.setBreaker(name, m.Breaker())
			r.onClose("AI provider "+name, func(context.Context) error { return m.Close() })
		}
		return m, err
	}
	if c.model, err = newModel("primary", cfg.LLM.BaseURL, cfg.LLM.APIKey, cfg.LLM.Model); err != nil {
		return nil, fmt.Errorf("LLM_BASE_URL: %w", err)
	}
	if f := cfg.LLM.Fallback; f.BaseURL != "" {
		if c.fallback, err = newModel("fallback", f.BaseURL, f.APIKey, f.Model); err != nil {
			return nil, fmt.Errorf("LLM_FALLBACK_BASE_URL: %w", err)
		}
	}

	c.children = isolation.New(isolation.Config{MaxChildren: 4, Memory: 512 << 20, Timeout: 30 * time.Second})
	r.onClose("file inspection", func(context.Context) error { return c.children.Close() })
	c.texts = extract.NewIsolated(compilationCache(), textReaders+1) // one more for a caller who waits for the text
	r.onClose("text extraction", func(context.Context) error { return c.texts.Close() })

	c.webhooks = webhook.New(webhook.Config{AllowPrivate: cfg.Webhooks.AllowPrivate})
	r.onClose("webhooks", func(context.Context) error { c.webhooks.Close(); return nil })

	if cfg.SMTP.Host != "" {
		if c.mail, err = newMailClient(cfg); err != nil {
			return nil, err
		}
		r.onClose("mail", func(context.Context) error { return c.mail.Close() })
	}
	if cfg.Esign.External() {
		c.provider, err = esignclient.New(cfg.Esign.Provider, esignclient.Config{URL: cfg.Esign.ProviderURL, APIKey: cfg.Esign.APIKey, WebhookSecret: cfg.Esign.WebhookSecret})
		if err != nil {
			return nil, fmt.Errorf("ESIGN_PROVIDER_URL: %w", err)
		}
		r.onClose("signing provider", func(context.Context) error { return c.provider.Close() })
	}
	if cfg.Esign.Certificate != "" {
		if c.sealer, err = newSealer(r, cfg.Esign, c.children); err != nil {
			return nil, err
		}
	}
	if c.pdf, err = pdf.New(pdf.Config{Engine: cfg.PDF.Engine}); err != nil {
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
	if cfg.Mail.DKIMKeyFile != "" {
		pem, err := os.ReadFile(cfg.Mail.DKIMKeyFile)
		if err != nil {
			return nil, fmt.Errorf("MAIL_DKIM_KEY_FILE: %w", err)
		}
		settings.DKIM.Key = string(pem)
	}
	return mail.New(settings)
}

// newSealer creates what seals signed documents, with a timestamp if an authority is configured.
func newSealer(r *runner, cfg config.Esign, children *isolation.Pool) (*pades.Sealer, error) {
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
