package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"counsel/config"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/ai"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/apikeys"
	"counsel/domain/billing"
	"counsel/domain/cases"
	"counsel/domain/compliance"
	"counsel/domain/drafts"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/events"
	"counsel/domain/files"
	"counsel/domain/idempotency"
	"counsel/domain/jobs"
	"counsel/domain/limits"
	"counsel/domain/masking"
	"counsel/domain/notifications"
	"counsel/domain/payments"
	"counsel/domain/privacy"
	"counsel/domain/registry"
	"counsel/domain/rendering"
	"counsel/domain/templates"
	"counsel/domain/webhooks"
)

// Services are the domain services.
type Services struct {
	Events        *events.Bus
	Outbox        *email.Outbox
	Accounts      *account.Service
	APIKeys       *apikeys.Service
	Cases         *cases.Service
	Files         *files.Service
	Jobs          *jobs.Service
	Idempotency   *idempotency.Service
	Email         *email.Service
	Webhooks      *webhooks.Service
	Notifications *notifications.Service
	AI            *ai.Service
	Templates     *templates.Service
	Drafts        *drafts.Service
	Rendering     *rendering.Service
	Esign         *esign.Service
	Billing       *billing.Service
	Payments      *payments.Service
	Registry      *registry.Service
	Compliance    *compliance.Service
	Privacy       *privacy.Service
}

// OpenServices creates the domain services. Neither their background loops nor jobs are started yet. The event bus and
// the jobs come first, because the other services publish events and enqueue jobs.
func OpenServices(ctx context.Context, r *Runner, cfg config.Config, infra *Infrastructure, c *Clients) (_ *Services, err error) {
	r.step("services")
	s := &Services{Events: events.NewBus()}
	system := domain.SystemRuntime(infra.Log)
	s.Jobs, err = jobs.New(jobs.Config{
		DB: infra.Database, Transport: c.Queue, Runtime: system.Part("jobs"), Metrics: newJobMetrics(infra.Registry), Concurrency: cfg.Jobs.Concurrency,
		Timing: infra.Tuning.Jobs,
	})
	if err != nil {
		return nil, err
	}
	if err = openPeople(ctx, cfg, infra, c, s); err != nil {
		return nil, err
	}
	if err = openDocuments(infra, c, s); err != nil {
		return nil, err
	}
	if err = openMessages(cfg, infra, c, s); err != nil {
		return nil, err
	}
	if s.AI, err = newAI(cfg, infra, c, s); err != nil {
		return nil, err
	}
	r.onClose("ai", func(ctx context.Context) error {
		if err := s.AI.Close(ctx); ctx.Err() == nil {
			return err
		}
		return nil // out of time: what was not written yet was not acknowledged either
	})
	if s.Esign, err = newEsign(cfg, infra, c, s); err != nil {
		return nil, err
	}
	if s.Billing, err = billing.New(billing.Config{
		Runtime: system.Part("billing"), DB: infra.Database, Cases: s.Cases, Renderer: s.Rendering, Mailer: s.Outbox, Jobs: s.Jobs, Events: s.Events,
		Firm: billing.Firm{Name: cmp.Or(cfg.Firm.Name, "Counsel"), Address: cfg.Firm.Address, TaxID: cfg.Firm.TaxID, BankAccount: cfg.Firm.BankAccount},
	}); err != nil {
		return nil, err
	}
	if s.Registry, err = registry.New(registry.Config{
		Runtime: system.Part("registry"), DB: infra.Database, Redis: infra.Redis, Cases: s.Cases, Live: c.Registers, Test: c.TestRegisters,
	}); err != nil {
		return nil, err
	}
	if s.Payments, err = payments.New(payments.Config{
		Runtime: system.Part("payments"), DB: infra.Database, Cases: s.Cases, Invoices: s.Billing, Jobs: s.Jobs, Events: s.Events, Provider: c.Payments, Test: c.TestPayments, URL: infra.URL,
	}); err != nil {
		return nil, err
	}
	s.Events.Subscribe(s.Payments.OnEvent)
	if s.Compliance, err = compliance.New(compliance.Config{
		Runtime: system.Part("compliance"), DB: infra.Database, Registers: s.Registry, Cases: s.Cases, Events: s.Events, Metrics: newComplianceMetrics(infra.Registry),
	}); err != nil {
		return nil, err
	}
	s.Compliance.RegisterJobs(s.Jobs)
	if s.Privacy, err = privacy.New(privacy.Config{
		Runtime: system.Part("privacy"), DB: infra.Database, Accounts: s.Accounts, APIKeys: s.APIKeys, AI: s.AI, Drafts: s.Drafts, Files: s.Files, Cases: s.Cases, Webhooks: s.Webhooks,
		Notifications: s.Notifications, Email: s.Email, Jobs: s.Jobs, Esign: s.Esign, Templates: s.Templates, Rendering: s.Rendering, Idempotency: s.Idempotency,
		Billing: s.Billing, Payments: s.Payments, Compliance: s.Compliance,
	}); err != nil {
		return nil, err
	}
	s.Cases.RegisterJobs(s.Jobs)
	return s, nil
}

// startLoops starts what the services do in the background. It ends with them.
func (s *Services) startLoops(ctx context.Context, r *Runner, infra *Infrastructure) {
	r.loop(ctx, "session sweep", func(ctx context.Context) { sweepSessions(ctx, s.Accounts, infra) })
	r.loop(ctx, "denial log", s.Cases.RunDenialLog)
	if infra.HasStore {
		r.loop(ctx, "files", s.Files.Run)
	}
}

// openPeople creates the services of accounts and of the cases that people share.
func openPeople(ctx context.Context, cfg config.Config, infra *Infrastructure, c *Clients, s *Services) (err error) {
	system := domain.SystemRuntime(infra.Log)
	if s.Outbox, err = newOutbox(cfg, infra, c, s.Jobs); err != nil {
		return err
	}
	if s.Accounts, err = newAccounts(ctx, cfg, infra, s.Outbox, s.Jobs); err != nil {
		return err
	}
	if s.APIKeys, err = apikeys.New(apikeys.Config{
		Runtime: system.Part("apikeys"), DB: infra.Database, Accounts: s.Accounts, Mailer: s.Outbox, MaxRateLimit: cmp.Or(cfg.RateLimits.APIKey, defaultKeyRateLimit),
	}); err != nil {
		return err
	}
	if s.Idempotency, err = idempotency.New(idempotency.Config{Runtime: system.Part("idempotency"), DB: infra.Database, Key: []byte(cfg.JWT.Root()), Jobs: s.Jobs}); err != nil {
		return err
	}
	if s.Cases, err = cases.New(cases.Config{
		Runtime: system.Part("cases"), DB: infra.Database, Accounts: s.Accounts, Events: s.Events, Mailer: s.Outbox,
		RequireVerifiedEmail: c.Mail != nil, BeforeDelete: esign.CaseDeletable,
	}); err != nil {
		return err
	}
	return nil
}

// openDocuments creates the services of files, templates, drafts and rendering.
func openDocuments(infra *Infrastructure, c *Clients, s *Services) (err error) {
	system := domain.SystemRuntime(infra.Log)
	if s.Files, err = files.New(files.Config{
		DB: infra.Database, Runtime: system.Part("files"), Store: infra.Store, Text: c.Texts, ExtractionWorkers: textReaders, Pool: c.Children,
		Cases: s.Cases, Events: s.Events, Deletable: esign.DocumentDeletable,
	}); err != nil {
		return err
	}
	if s.Templates, err = templates.New(templates.Config{DB: infra.Database, Runtime: system.Part("templates"), Renderer: c.PDF}); err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	if s.Drafts, err = drafts.New(drafts.Config{DB: infra.Database, Runtime: system.Part("drafts"), Cases: s.Cases, Events: s.Events}); err != nil {
		return err
	}
	if s.Rendering, err = rendering.New(rendering.Config{
		DB: infra.Database, Runtime: system.Part("rendering"), Templates: s.Templates, Drafts: s.Drafts, Files: s.Files, Renderer: c.PDF,
		Jobs: s.Jobs, Accounts: s.Accounts, Cases: s.Cases,
	}); err != nil {
		return err
	}
	return nil
}

// openMessages creates the services that notify users and partners of events.
func openMessages(cfg config.Config, infra *Infrastructure, c *Clients, s *Services) (err error) {
	if s.Email, err = newEmail(cfg, infra, c, s, s.Outbox); err != nil {
		return err
	}
	runtime := domain.SystemRuntime(infra.Log)
	s.Webhooks, err = webhooks.New(webhooks.Config{
		DB: infra.Database, Jobs: s.Jobs, Sender: c.Webhooks, Accounts: s.Accounts, Cases: s.Cases, Runtime: runtime.Part("webhooks"),
		Key: []byte(cmp.Or(cfg.Webhooks.Key, cfg.JWT.Root())), Concurrency: cfg.Jobs.Concurrency, OnDisabled: s.Outbox.WebhookMail,
	})
	if err != nil {
		return err
	}
	s.Notifications, err = notifications.New(notifications.Config{
		DB: infra.Database, Jobs: s.Jobs, Accounts: s.Accounts, Cases: s.Cases, Runtime: runtime.Part("notifications"), SendMail: s.Outbox.NotificationMail,
	})
	if err != nil {
		return err
	}
	s.Events.Subscribe(events.ForAudience(s.Cases, s.Webhooks.OnEvent, s.Notifications.OnEvent))
	return nil
}

// defaultKeyRateLimit is the requests per minute of an API key where tests leave the setting empty.
const defaultKeyRateLimit = 600

// newAccounts creates the accounts, and the first admin if one is configured.
func newAccounts(ctx context.Context, cfg config.Config, infra *Infrastructure, mailer account.Mailer, queue *jobs.Service) (*account.Service, error) {
	accounts, err := account.New(account.Config{
		Runtime: domain.SystemRuntime(infra.Log).Part("account"), DB: infra.Database, Redis: infra.Redis, Mailer: mailer, Jobs: queue,
		Algorithm: cfg.JWT.Algorithm, Secret: cfg.JWT.Secret, OldSecret: cfg.JWT.OldSecret, OldUntil: cfg.JWT.OldUntil, RootKey: cfg.JWT.Root(), Issuer: "counsel", Audience: "counsel-api",
		AccessTTL: cfg.JWT.AccessTokenTTL, SessionTTL: cfg.JWT.RefreshTokenTTL, Hash: infra.Tuning.PasswordHash, RevokeKeys: apikeys.RevokeByUser,
	})
	if err != nil {
		return nil, fmt.Errorf("JWT_SECRET_KEY: %w", err)
	}
	if cfg.Admin.Email != "" {
		if err := accounts.EnsureAdmin(ctx, cfg.Admin.Email, cfg.Admin.Password); err != nil {
			return nil, adminError(err)
		}
	}
	return accounts, nil
}

// adminError returns why the first admin cannot be created, with the names of the settings.
func adminError(err error) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || len(e.Fields) == 0 {
		return fmt.Errorf("ADMIN_EMAIL, ADMIN_PASSWORD: %w", err)
	}
	var all []error
	for _, f := range e.Fields {
		name := "ADMIN_" + strings.ToUpper(strings.TrimPrefix(f.Pointer, "/"))
		all = append(all, errors.New(name+" "+f.Detail))
	}
	return errors.Join(all...)
}

// newOutbox creates the outbox for the mails of the service itself. Without a mail server it accepts none.
func newOutbox(cfg config.Config, infra *Infrastructure, c *Clients, queue *jobs.Service) (_ *email.Outbox, err error) {
	var quota *limits.Limiter // nil: no limit
	if cfg.RateLimits.Enabled {
		quota, err = limits.New(limits.Config{Redis: infra.Redis, Clock: domain.SystemClock, Secret: []byte(cfg.JWT.Root()), Budget: limits.Budget{Name: "email", Requests: cfg.Mail.RecipientsPerHour, Window: time.Hour}})
		if err != nil {
			return nil, err
		}
	}
	return email.NewOutbox(email.OutboxConfig{
		Runtime: domain.SystemRuntime(infra.Log).Part("email"), Jobs: queue, Quota: quota, AppURL: cfg.URLs.App, Configured: c.Mail != nil,
	}), nil
}

// newEmail creates the e-mail service.
func newEmail(cfg config.Config, infra *Infrastructure, c *Clients, s *Services, outbox *email.Outbox) (*email.Service, error) {
	return email.New(email.Config{
		DB: infra.Database, Runtime: domain.SystemRuntime(infra.Log).Part("email"), Jobs: s.Jobs, Outbox: outbox, Files: s.Files, Accounts: s.Accounts,
		Sender: c.Mail, RetryBackoff: infra.Tuning.MailBackoff, Retention: cfg.Mail.Retention, PublicURL: infra.URL, AccountURL: cmp.Or(cfg.URLs.Account, infra.URL+"/account"),
		LinkSecret: s.Accounts.LinkSecret, LinkID: s.Accounts.LinkID, Events: s.Events,
	})
}

// newAI creates the AI service.
func newAI(cfg config.Config, infra *Infrastructure, c *Clients, s *Services) (*ai.Service, error) {
	shared, err := loadRules()
	if err != nil {
		return nil, err
	}
	flights := 0 // the default limit per user
	if !cfg.RateLimits.Enabled {
		flights = math.MaxInt
	}
	return ai.New(ai.Config{
		Runtime: domain.SystemRuntime(infra.Log).Part("ai"), DB: infra.Database, Redis: infra.Redis, Model: c.Model, Test: c.TestModel, Fallback: c.Fallback,
		Masker: shared.masker, Prompts: shared.prompts, Policies: shared.policies,
		Accounts: s.Accounts, Cases: s.Cases, Library: s.Files, Events: s.Events, Jobs: s.Jobs, Metrics: newAIMetrics(infra.Registry),
		ChatTTL: cfg.LLM.ChatCacheTTL, Deadline: cfg.LLM.Deadline + 10*time.Second, MaxFlights: flights,
		Price: ai.Price{Prompt: cfg.LLM.PriceInput, Completion: cfg.LLM.PriceOutput}, FallbackPrice: ai.Price{Prompt: cfg.LLM.FallbackPriceInput, Completion: cfg.LLM.FallbackPriceOutput},
		Currency: cfg.LLM.Currency,
		Budgets: ai.Budgets{
			UserTokensPerDay: cfg.LLM.UserTokensPerDay, TokensPerDay: cfg.LLM.TokensPerDay,
			UserCostPerMonth: cfg.LLM.UserCostPerMonth, CostPerMonth: cfg.LLM.CostPerMonth,
		},
	})
}

// rules are the built-in rules of the AI service. They never change.
type rules struct {
	masker   *masking.Masker
	prompts  *prompts.Set
	policies *policy.Set
}

// loadRules loads the rules, which takes a tenth of a second, once for all services that tests open.
var loadRules = sync.OnceValues(func() (r rules, err error) {
	if r.masker, err = masking.New(); err != nil {
		return r, fmt.Errorf("masking: %w", err)
	}
	if r.prompts, err = prompts.Load(); err != nil {
		return r, fmt.Errorf("prompts: %w", err)
	}
	if r.policies, err = policy.Load(); err != nil {
		return r, fmt.Errorf("policies: %w", err)
	}
	return r, nil
})

// newEsign creates the e-signature service. Without a certificate or a mail server it sends nothing for signature.
func newEsign(cfg config.Config, infra *Infrastructure, c *Clients, s *Services) (*esign.Service, error) {
	return esign.New(esign.Config{
		DB: infra.Database, Files: s.Files, Cases: s.Cases, Accounts: s.Accounts, Jobs: s.Jobs, Mailboxes: s.Email, Renderer: c.PDF, Sealer: c.Sealer, TestSealer: c.TestSealer, Publisher: s.Events,
		Mailer: c.Mail, Provider: c.Provider,
		LinkKey: []byte(cfg.JWT.Root()), URL: infra.URL, Runtime: domain.SystemRuntime(infra.Log).Part("esign"),
	})
}

// sweepEvery is the delay after which a session that ended on another server while Redis was down ends here.
const sweepEvery = 5 * time.Second

// sweepSessions ends stale sessions until ctx ends. It also returns memory to the system after sign-ins, because hashing
// a password takes several times the memory of the idle service.
func sweepSessions(ctx context.Context, accounts *account.Service, infra *Infrastructure) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var hashed int64
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := accounts.RevokeOrphanedSessions(ctx); err != nil && ctx.Err() == nil {
				infra.Log.WarnContext(ctx, "stale sessions could not be ended yet", "part", "account", "error", err.Error())
			}
			if n := accounts.PasswordsHashed(); n != hashed {
				hashed = n
				debug.FreeOSMemory()
			}
		}
	}
}
