package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime/debug"
	"time"

	"counsel/config"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/ai"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/cases"
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
	"counsel/domain/privacy"
	"counsel/domain/rendering"
	"counsel/domain/templates"
	"counsel/domain/webhooks"
)

// services are the domain services.
type services struct {
	events        *events.Bus
	outbox        *email.Outbox
	accounts      *account.Service
	cases         *cases.Service
	files         *files.Service
	jobs          *jobs.Service
	idempotency   *idempotency.Service
	email         *email.Service
	webhooks      *webhooks.Service
	notifications *notifications.Service
	ai            *ai.Service
	templates     *templates.Service
	drafts        *drafts.Service
	rendering     *rendering.Service
	esign         *esign.Service
	privacy       *privacy.Service
}

// openServices creates the domain services and starts their background loops. Jobs are not started yet. The event bus
// and the jobs come first, because the other services publish events and enqueue jobs.
func openServices(ctx context.Context, r *runner, cfg config.Config, infra *infrastructure, c *clients) (_ *services, err error) {
	s := &services{events: events.NewBus()}
	system := domain.SystemRuntime(infra.log)
	s.jobs, err = jobs.New(jobs.Config{
		DB: infra.database, Transport: c.queue, Runtime: system.Part("jobs"), Metrics: newJobMetrics(infra.registry), Concurrency: cfg.Jobs.Concurrency,
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
	if s.ai, err = newAI(cfg, infra, c, s); err != nil {
		return nil, err
	}
	r.onClose("ai", func(ctx context.Context) error {
		if err := s.ai.Close(ctx); ctx.Err() == nil {
			return err
		}
		return nil // out of time: what was not written yet was not acknowledged either
	})
	if s.esign, err = newEsign(cfg, infra, c, s); err != nil {
		return nil, err
	}
	if s.privacy, err = privacy.New(privacy.Config{
		Runtime: system.Part("privacy"), DB: infra.database, Accounts: s.accounts, AI: s.ai, Drafts: s.drafts, Files: s.files, Cases: s.cases, Webhooks: s.webhooks,
		Notifications: s.notifications, Email: s.email, Jobs: s.jobs, Esign: s.esign, Templates: s.templates, Rendering: s.rendering,
	}); err != nil {
		return nil, err
	}
	s.cases.RegisterJobs(s.jobs)
	r.loop(ctx, "session sweep", func(ctx context.Context) { sweepSessions(ctx, s.accounts, infra) })
	r.loop(ctx, "denial log", s.cases.RunDenialLog)
	if infra.hasStore {
		r.loop(ctx, "files", s.files.Run)
	}
	return s, nil
}

// openPeople creates the services of accounts and of the cases that people share.
func openPeople(ctx context.Context, cfg config.Config, infra *infrastructure, c *clients, s *services) (err error) {
	system := domain.SystemRuntime(infra.log)
	if s.outbox, err = newOutbox(cfg, infra, c, s.jobs); err != nil {
		return err
	}
	if s.accounts, err = newAccounts(ctx, cfg, infra, s.outbox, s.jobs); err != nil {
		return err
	}
	if s.idempotency, err = idempotency.New(idempotency.Config{Runtime: system.Part("idempotency"), DB: infra.database, Key: []byte(cfg.JWT.Secret), Jobs: s.jobs}); err != nil {
		return err
	}
	if s.cases, err = cases.New(cases.Config{
		Runtime: system.Part("cases"), DB: infra.database, Accounts: s.accounts, Events: s.events, Mailer: s.outbox,
		RequireVerifiedEmail: c.mail != nil, BeforeDelete: esign.CaseDeletable,
	}); err != nil {
		return err
	}
	return nil
}

// openDocuments creates the services of files, templates, drafts and rendering.
func openDocuments(infra *infrastructure, c *clients, s *services) (err error) {
	system := domain.SystemRuntime(infra.log)
	if s.files, err = files.New(files.Config{
		DB: infra.database, Runtime: system.Part("files"), Store: infra.store, Text: c.texts, ExtractionWorkers: textReaders, Pool: c.children,
		Cases: s.cases, Events: s.events, Deletable: esign.DocumentDeletable,
	}); err != nil {
		return err
	}
	if s.templates, err = templates.New(templates.Config{DB: infra.database, Runtime: system.Part("templates"), Renderer: c.pdf}); err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	if s.drafts, err = drafts.New(drafts.Config{DB: infra.database, Runtime: system.Part("drafts"), Cases: s.cases, Events: s.events}); err != nil {
		return err
	}
	if s.rendering, err = rendering.New(rendering.Config{
		DB: infra.database, Runtime: system.Part("rendering"), Templates: s.templates, Drafts: s.drafts, Files: s.files, Renderer: c.pdf,
		Jobs: s.jobs, Accounts: s.accounts, Cases: s.cases,
	}); err != nil {
		return err
	}
	return nil
}

// openMessages creates the services that notify users and partners of events.
func openMessages(cfg config.Config, infra *infrastructure, c *clients, s *services) (err error) {
	if s.email, err = newEmail(cfg, infra, c, s, s.outbox); err != nil {
		return err
	}
	runtime := domain.SystemRuntime(infra.log)
	s.webhooks, err = webhooks.New(webhooks.Config{
		DB: infra.database, Jobs: s.jobs, Sender: c.webhooks, Accounts: s.accounts, Cases: s.cases, Runtime: runtime.Part("webhooks"),
		Key: []byte(cmp.Or(cfg.Webhooks.Key, cfg.JWT.Secret)), Concurrency: cfg.Jobs.Concurrency, OnDisabled: s.outbox.WebhookMail,
	})
	if err != nil {
		return err
	}
	s.notifications, err = notifications.New(notifications.Config{
		DB: infra.database, Jobs: s.jobs, Accounts: s.accounts, Cases: s.cases, Runtime: runtime.Part("notifications"), SendMail: s.outbox.NotificationMail,
	})
	if err != nil {
		return err
	}
	s.events.Subscribe(events.ForAudience(s.cases, s.webhooks.OnEvent, s.notifications.OnEvent))
	return nil
}

// newAccounts creates the accounts, and the first admin if one is configured.
func newAccounts(ctx context.Context, cfg config.Config, infra *infrastructure, mailer account.Mailer, queue *jobs.Service) (*account.Service, error) {
	accounts, err := account.New(account.Config{
		Runtime: domain.SystemRuntime(infra.log).Part("account"), DB: infra.database, Redis: infra.redis, Mailer: mailer, Jobs: queue,
		Algorithm: cfg.JWT.Algorithm, Secret: cfg.JWT.Secret, Issuer: "counsel", Audience: "counsel-api",
		AccessTTL: cfg.JWT.AccessTokenTTL, SessionTTL: cfg.JWT.RefreshTokenTTL,
	})
	if err != nil {
		return nil, fmt.Errorf("JWT_SECRET_KEY: %w", err)
	}
	if cfg.Admin.Email != "" {
		if err := accounts.EnsureAdmin(ctx, cfg.Admin.Email, cfg.Admin.Password); err != nil {
			return nil, fmt.Errorf("ADMIN_EMAIL, ADMIN_PASSWORD: %w", withFields(err))
		}
	}
	return accounts, nil
}

// newOutbox creates the outbox for the mails of the service itself. Without a mail server it accepts none.
func newOutbox(cfg config.Config, infra *infrastructure, c *clients, queue *jobs.Service) (_ *email.Outbox, err error) {
	var quota *limits.Limiter // nil: no limit
	if cfg.RateLimits.Enabled {
		quota, err = limits.New(limits.Config{Redis: infra.redis, Clock: domain.SystemClock, Secret: []byte(cfg.JWT.Secret), Budget: limits.Budget{Name: "email", Requests: cfg.Mail.RecipientsPerHour, Window: time.Hour}})
		if err != nil {
			return nil, err
		}
	}
	return email.NewOutbox(email.OutboxConfig{
		Runtime: domain.SystemRuntime(infra.log).Part("email"), Jobs: queue, Quota: quota, AppURL: cfg.URLs.App, Configured: c.mail != nil,
	}), nil
}

// newEmail creates the e-mail service.
func newEmail(cfg config.Config, infra *infrastructure, c *clients, s *services, outbox *email.Outbox) (*email.Service, error) {
	settings := email.Config{
		DB: infra.database, Runtime: domain.SystemRuntime(infra.log).Part("email"), Jobs: s.jobs, Outbox: outbox, Files: s.files, Accounts: s.accounts,
		Retention: cfg.Mail.Retention, PublicURL: infra.url, AccountURL: cmp.Or(cfg.URLs.Account, infra.url+"/account"),
		LinkSecret: s.accounts.LinkSecret, LinkID: s.accounts.LinkID, Events: s.events,
	}
	if c.mail != nil {
		settings.Sender = c.mail
	}
	return email.New(settings)
}

// newAI creates the AI service.
func newAI(cfg config.Config, infra *infrastructure, c *clients, s *services) (*ai.Service, error) {
	masker, err := masking.New()
	if err != nil {
		return nil, fmt.Errorf("masking: %w", err)
	}
	promptTemplates, err := prompts.Load()
	if err != nil {
		return nil, fmt.Errorf("prompts: %w", err)
	}
	rules, err := policy.Load()
	if err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	flights := 0 // the default limit per user
	if !cfg.RateLimits.Enabled {
		flights = math.MaxInt
	}
	settings := ai.Config{
		Runtime: domain.SystemRuntime(infra.log).Part("ai"), DB: infra.database, Redis: infra.redis, Model: c.model, Masker: masker, Prompts: promptTemplates, Policies: rules,
		Accounts: s.accounts, Cases: s.cases, Library: s.files, Events: s.events, Jobs: s.jobs, Metrics: c.aiMetrics,
		ChatTTL: cfg.LLM.ChatCacheTTL, Deadline: cfg.LLM.Deadline + 10*time.Second, MaxFlights: flights,
		Price: ai.Price{Prompt: cfg.LLM.PriceInput, Completion: cfg.LLM.PriceOutput}, FallbackPrice: ai.Price{Prompt: cfg.LLM.FallbackPriceInput, Completion: cfg.LLM.FallbackPriceOutput},
		Currency: cfg.LLM.Currency,
		Budgets: ai.Budgets{
			UserTokensPerDay: cfg.LLM.UserTokensPerDay, TokensPerDay: cfg.LLM.TokensPerDay,
			UserCostPerMonth: cfg.LLM.UserCostPerMonth, CostPerMonth: cfg.LLM.CostPerMonth,
		},
	}
	if c.fallback != nil {
		settings.Fallback = c.fallback
	}
	return ai.New(settings)
}

// newEsign creates the e-signature service. Without a certificate or a mail server it sends nothing for signature.
func newEsign(cfg config.Config, infra *infrastructure, c *clients, s *services) (*esign.Service, error) {
	settings := esign.Config{
		DB: infra.database, Files: s.files, Cases: s.cases, Accounts: s.accounts, Jobs: s.jobs, Mailboxes: s.email, Renderer: c.pdf, Sealer: c.sealer, Publisher: s.events,
		LinkKey: []byte(cfg.JWT.Secret), URL: infra.url, Runtime: domain.SystemRuntime(infra.log).Part("esign"),
	}
	if c.mail != nil {
		settings.Mailer = c.mail
	}
	if c.provider != nil {
		settings.Provider = c.provider
	}
	return esign.New(settings)
}

// sweepEvery is the delay after which a session that ended on another server while Redis was down ends here.
const sweepEvery = 5 * time.Second

// sweepSessions ends stale sessions until ctx ends. It also returns memory to the system after sign-ins, because hashing
// a password takes several times the memory of the idle service.
func sweepSessions(ctx context.Context, accounts *account.Service, infra *infrastructure) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var hashed int64
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := accounts.RevokeOrphanedSessions(ctx); err != nil && ctx.Err() == nil {
				infra.log.WarnContext(ctx, "stale sessions could not be ended yet", "part", "account", "error", err.Error())
			}
			if n := accounts.PasswordsHashed(); n != hashed {
				hashed = n
				debug.FreeOSMemory()
			}
		}
	}
}
