package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/x509"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"

	provider "counsel/clients/esign"
	"counsel/clients/llm"
	"counsel/clients/mail"
	"counsel/clients/pdf"
	"counsel/clients/queue"
	"counsel/clients/storage"
	"counsel/clients/tsa"
	"counsel/clients/webhook"
	"counsel/config"
	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/ai"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/cases"
	"counsel/domain/documents/text"
	"counsel/domain/drafts"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/esign/pades"
	"counsel/domain/events"
	"counsel/domain/files"
	"counsel/domain/idempotency"
	"counsel/domain/isolation"
	"counsel/domain/jobs"
	"counsel/domain/limits"
	"counsel/domain/masking"
	"counsel/domain/notifications"
	"counsel/domain/privacy"
	"counsel/domain/rendering"
	"counsel/domain/templates"
	"counsel/domain/webhooks"
	"counsel/handlers"
)

// contract is what this program promises, published at /openapi.yaml.
//
//go:embed openapi.yaml
var contract []byte

// drainTime is how long running requests get to end; with what follows it stays within the
// ten seconds a supervisor waits before it kills.
const drainTime = 7 * time.Second

// readers is how many documents' texts are read at a time, each in a process of its own.
var readers = min(max(2, runtime.GOMAXPROCS(0)/2), 4)

// app is the running service. Its parts are opened in the order of the fields and closed in
// reverse.
type app struct {
	log      *slog.Logger
	database *sql.DB
	redis    rueidis.Client
	queue    *queue.Queue
	model    *llm.Client
	store    *storage.Client
	mail     *mail.Client
	texts    *text.Isolated
	uploads  *isolation.Pool // reads files that are uploaded or to be signed
	files    *files.Service
	accounts *account.Service
	cases    *cases.Service
	ai       *ai.Service
	once     *idempotency.Service
	stamps   *tsa.Client
	jobs     *jobs.Service
	webhooks *webhooks.Service
	sender   *webhook.Client
	events   *events.Bus
	signing  io.Closer // the client of the provider that has documents signed; nil: there is none
	front    *handlers.Server
	server   *http.Server
	listener net.Listener
	failed   chan error // the listener gave up
	sweeping sync.WaitGroup
	endSweep context.CancelFunc
}

// open starts the service on cfg; without an HTTP_ADDR it only works through jobs, and at
// WORK_HTTP_ADDR tells how that goes. What it opened is closed again when it fails.
func open(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *app, err error) {
	a := &app{log: log, events: events.NewBus(), failed: make(chan error, 1)}
	defer func() {
		if err != nil {
			_ = a.close(ctx)
		}
	}()
	var options db.Options
	if cfg.DatabaseEcho {
		options.Echo = log
	}
	if a.database, err = db.Open(ctx, cfg.DatabaseURL, options); err != nil {
		return nil, err
	}
	if err = db.CheckMigrated(ctx, a.database); err != nil {
		return nil, err
	}
	if a.redis, err = db.OpenRedis(ctx, cfg.RedisURL); err != nil {
		return nil, err
	}
	a.queue = queue.New(a.redis, log)

	registry := newRegistry()
	metrics := newAIMetrics(registry)
	a.model, err = llm.New(llm.Config{
		BaseURL: cfg.LLM.BaseURL, APIKey: cfg.LLM.APIKey, Model: cfg.LLM.Model,
		Timeout: cfg.LLM.Timeout(), Deadline: cfg.LLM.Deadline(),
		Log: log, OnAttempt: metrics.attempt, OnBreaker: metrics.breakerIs,
	})
	if err != nil {
		return nil, fmt.Errorf("the AI provider: %w", err)
	}
	var store files.Store = files.NoStore{}
	if cfg.S3.Endpoint != "" {
		if a.store, err = storage.New(storage.Config{
			Endpoint: cfg.S3.Endpoint, Bucket: cfg.S3.Bucket, Region: cfg.S3.Region, AccessKey: cfg.S3.AccessKey, SecretKey: cfg.S3.SecretKey,
		}); err != nil {
			return nil, err
		}
		store = a.store
	}
	compiled := "" // where the user keeps what can be made again, if anywhere
	if dir, err := os.UserCacheDir(); err == nil {
		compiled = filepath.Join(dir, "counsel", "pdfium")
	}
	a.texts = text.NewIsolated(compiled, readers+1) // one for whoever waits for it
	a.uploads = isolation.New(isolation.Config{MaxChildren: 4, Memory: 512 << 20, Timeout: 30 * time.Second})
	a.accounts, err = account.New(a.database, a.redis, account.Config{
		Algorithm: cfg.JWT.Algorithm, Secret: cfg.JWT.Secret, Issuer: "counsel", Audience: "counsel-api",
		AccessTTL:  time.Duration(cfg.JWT.AccessMinutes) * time.Minute,
		SessionTTL: time.Duration(cfg.JWT.RefreshDays) * 24 * time.Hour,
	}, domain.SystemClock, domain.NewID, rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("JWT_SECRET_KEY: %w", err)
	}
	a.cases = cases.New(a.database, a.accounts, domain.SystemClock, domain.NewID)
	a.cases.Events = a.events
	a.cases.BeforeDelete = esign.CaseDeletable
	a.files, err = files.New(files.Config{
		DB: a.database, Runtime: domain.SystemRuntime(log), Store: store, Text: a.texts, ExtractionWorkers: readers, Pool: a.uploads, Cases: a.cases, Events: a.events, Deletable: esign.DocumentDeletable,
	})
	if err != nil {
		return nil, err
	}
	if cfg.AdminEmail != "" {
		if err = a.accounts.EnsureAdmin(ctx, cfg.AdminEmail, cfg.AdminPassword); err != nil {
			return nil, fmt.Errorf("ADMIN_EMAIL, ADMIN_PASSWORD: %w", explained(err))
		}
	}
	a.jobs = jobs.NewService(jobs.Deps{
		DB: a.database, Transport: a.queue, Clock: domain.SystemClock, NewID: domain.NewID, Log: log,
		Metrics: newJobMetrics(registry), Concurrency: cfg.WorkConcurrency,
	})
	if address := cmp.Or(cfg.HTTPAddr, cfg.WorkHTTPAddr); address != "" {
		if a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", address); err != nil {
			return nil, fmt.Errorf("HTTP_ADDR or WORK_HTTP_ADDR: %w", err)
		}
	}
	if cfg.HTTPAddr != "" {
		cfg.PublicURL = cmp.Or(cfg.PublicURL, "http://"+a.listener.Addr().String())
	}
	letters, err := newEmail(a, cfg)
	if err != nil {
		return nil, err
	}
	if a.once, err = idempotency.New(a.database, []byte(cfg.JWT.Secret), domain.SystemClock); err != nil {
		return nil, err
	}
	sweep, endSweep := context.WithCancel(context.WithoutCancel(ctx))
	a.endSweep = endSweep
	a.sweeping.Go(func() { a.sweep(sweep) })
	a.sweeping.Go(func() { a.cases.RunDenialLog(sweep) })
	if a.store != nil {
		a.sweeping.Go(func() { a.files.Run(sweep) })
	}
	a.sender = webhook.New(webhook.Config{AllowPrivate: cfg.WebhookAllowPrivate})
	a.webhooks, err = webhooks.New(webhooks.Deps{
		DB: a.database, Jobs: a.jobs, Sender: a.sender, People: a.accounts, Cases: a.cases, Clock: domain.SystemClock, NewID: domain.NewID, Random: rand.Reader,
		Log: log, Key: []byte(cmp.Or(cfg.WebhookKey, cfg.JWT.Secret)), Concurrency: cfg.WorkConcurrency, Disabled: letters.WebhookMail,
	})
	if err != nil {
		return nil, err
	}
	told := notifications.New(notifications.Deps{DB: a.database, Jobs: a.jobs, People: a.accounts, Cases: a.cases, Clock: domain.SystemClock, Mail: letters.NotificationMail})
	a.events.Subscribe(events.ForAudience(a.cases, a.webhooks.OnEvent, told.OnEvent))
	if a.ai, err = newAI(a, cfg, metrics); err != nil {
		return nil, err
	}

	engine, err := pdf.New(pdf.Config{Engine: cfg.PDFEngine})
	if err != nil {
		return nil, err
	}
	templateService, err := templates.New(templates.Config{DB: a.database, Runtime: domain.SystemRuntime(log), Renderer: engine})
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	signing, err := newEsign(a, cfg, engine, letters)
	if err != nil {
		return nil, err
	}
	draftService, err := drafts.New(drafts.Config{DB: a.database, Runtime: domain.SystemRuntime(log), Cases: a.cases, Events: a.events})
	if err != nil {
		return nil, err
	}
	renderingService, err := rendering.New(rendering.Config{
		DB: a.database, Runtime: domain.SystemRuntime(log), Templates: templateService, Drafts: draftService, Files: a.files, Renderer: engine, Jobs: a.jobs, Accounts: a.accounts, Cases: a.cases,
	})
	if err != nil {
		return nil, err
	}
	deps := handlers.Config{
		Accounts: a.accounts, AI: a.ai,
		Cases:  a.cases,
		Drafts: draftService,
		Email:  letters,
		Esign:  signing,
		Files:  a.files, Templates: templateService, Rendering: renderingService, Jobs: a.jobs, Idempotency: a.once, Webhooks: a.webhooks, Notifications: told,
		Ready: a.ready, Contract: contract, MetricsToken: cfg.MetricsToken, Registry: registry, Log: log, Clock: domain.SystemClock,
		CORSOrigins: cfg.CORSOrigins, CORSLocalhost: cfg.CORSLocalhost, TrustedProxies: cfg.TrustedProxies,
	}
	deps.Privacy = privacy.New(privacy.Deps{DB: a.database, Clock: domain.SystemClock, Accounts: a.accounts, AI: a.ai, Drafts: draftService, Archive: a.files, Rendering: renderingService, Cases: a.cases, Webhooks: a.webhooks, Notifications: told, Email: letters, Jobs: a.jobs, Esign: signing, Templates: templateService})
	if cfg.Limited() {
		budget := func(name string, requests int) (*limits.Limiter, error) {
			return limits.New(a.redis, domain.SystemClock, []byte(cfg.JWT.Secret), limits.Budget{Name: name, Requests: requests, Window: time.Minute})
		}
		if deps.UserLimit, err = budget("user", cfg.RatePerUser); err != nil {
			return nil, err
		}
		if deps.AddressLimit, err = budget("address", cfg.RatePerAddress); err != nil {
			return nil, err
		}
	}
	if a.front, err = handlers.New(deps); err != nil {
		return nil, err
	}
	a.jobs.Every("cases.maintain", time.Minute, a.cases.Maintain)
	a.jobs.Every("idempotency.forget", 10*time.Minute, a.once.Forget)
	if err = a.jobs.Start(ctx, cfg.Work == "on"); err != nil {
		return nil, err
	}
	if a.listener == nil {
		return a, nil
	}
	var handler http.Handler = a.front
	if cfg.HTTPAddr == "" {
		handler = probes(a.front)
	}
	a.server = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      cfg.LLM.Deadline() + 40*time.Second, // an answer may take as long as the provider may
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	debug.FreeOSMemory() // starting takes twice the memory that living does
	go func() {
		if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			a.failed <- err
		}
	}()
	return a, nil
}

// probes is what a process that only works answers of the whole.
func probes(whole http.Handler) http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/livez", "/readyz", "/metrics"} {
		mux.Handle("GET "+path, whole)
	}
	return mux
}

// newEsign makes what has documents signed. Without a certificate, or without a mail server, it
// sends none.
func newEsign(a *app, cfg config.Config, engine *pdf.Engine, letters *email.Service) (_ *esign.Service, err error) {
	var seal *pades.Sealer
	if cfg.Esign.Certificate != "" {
		var stamps pades.Timestamper
		if cfg.Esign.TSAURL != "" {
			if a.stamps, err = tsa.New(cfg.Esign.TSAURL); err != nil {
				return nil, err
			}
			stamps = a.stamps
		}
		if seal, err = pades.New(cfg.Esign.Certificate, cfg.Esign.PrivateKey, stamps); err != nil {
			return nil, fmt.Errorf("ESIGN_CERTIFICATE, ESIGN_PRIVATE_KEY: %w", err)
		}
		seal = seal.WithPool(a.uploads)
	}
	deps := esign.Deps{
		DB: a.database, Archive: a.files, Cases: a.cases, People: a.accounts, Jobs: a.jobs, Mails: letters.Sender, Post: letters, Renderer: engine, Seal: seal, Publisher: a.events,
		Secret: []byte(cfg.JWT.Secret), URL: cfg.PublicURL, Clock: domain.SystemClock, NewID: domain.NewID, Log: a.log,
	}
	settings := provider.Config{URL: cfg.Esign.ProviderURL, APIKey: cfg.Esign.APIKey, WebhookSecret: cfg.Esign.WebhookSecret}
	if cfg.Esign.Outside() {
		p, err := provider.New(cfg.Esign.Provider, settings)
		if err != nil {
			return nil, fmt.Errorf("ESIGN_PROVIDER_URL: %w", err)
		}
		deps.Provider, a.signing = p, p
	}
	return esign.New(deps), nil
}

// newEmail makes the service of mails, and lets the accounts send theirs.
func newEmail(a *app, cfg config.Config) (*email.Service, error) {
	deps := email.Deps{
		DB: a.database, Jobs: a.jobs, Archive: a.files, People: a.accounts, Clock: domain.SystemClock, NewID: domain.NewID, Log: a.log,
		Keep: time.Duration(cfg.Mail.KeepDays) * 24 * time.Hour, PublicURL: cfg.PublicURL, AccountURL: cmp.Or(cfg.AccountURL, cfg.PublicURL+"/account"), AppURL: cfg.AppURL, Secret: a.accounts.LinkSecret, LinkID: a.accounts.LinkID, Events: a.events,
	}
	var err error
	if cfg.SMTP.Host != "" {
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
				return nil, errors.New("SMTP_CA_FILE holds no certificate in PEM")
			}
		}
		if cfg.Mail.DKIMKeyFile != "" {
			pem, err := os.ReadFile(cfg.Mail.DKIMKeyFile)
			if err != nil {
				return nil, fmt.Errorf("MAIL_DKIM_KEY_FILE: %w", err)
			}
			settings.DKIM.Key = string(pem)
		}
		if a.mail, err = mail.New(settings); err != nil {
			return nil, err
		}
		deps.Sender = a.mail
		a.cases.RequireVerifiedEmail = true
	}
	if cfg.Limited() {
		deps.Limit, err = limits.New(a.redis, domain.SystemClock, []byte(cfg.JWT.Secret), limits.Budget{Name: "email", Requests: cfg.Mail.RecipientsHour, Window: time.Hour})
		if err != nil {
			return nil, err
		}
	}
	letters := email.New(deps)
	a.accounts.SendBy(letters, a.jobs)
	if deps.Sender != nil {
		a.cases.Mail = letters
	}
	return letters, nil
}

func newAI(a *app, cfg config.Config, metrics *aiMetrics) (*ai.Service, error) {
	masker, err := masking.New()
	if err != nil {
		return nil, fmt.Errorf("masking: %w", err)
	}
	templates, err := prompts.Load()
	if err != nil {
		return nil, fmt.Errorf("prompts: %w", err)
	}
	rules, err := policy.Load()
	if err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	flights := 0 // the service's own bound
	if !cfg.Limited() {
		flights = math.MaxInt
	}
	return ai.New(ai.Deps{
		DB: a.database, Redis: a.redis, Model: a.model, Masker: masker, Prompts: templates, Policies: rules, Cases: a.cases, Library: a.files, Events: a.events, Jobs: a.jobs,
		Clock: domain.SystemClock, NewID: domain.NewID, Metrics: metrics, Log: a.log,
		ChatTTL:  time.Duration(cfg.ChatCacheMinutes) * time.Minute,
		Deadline: cfg.LLM.Deadline() + 10*time.Second, MaxFlights: flights,
	})
}

// explained adds the fields an error names to what it says, for an operator.
func explained(err error) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok {
		return err
	}
	said := []string{e.Message}
	for _, f := range e.Fields {
		said = append(said, strings.TrimPrefix(f.Pointer, "/")+" "+f.Detail+".")
	}
	return errors.New(strings.Join(said, " "))
}

// ready asks the database and Redis whether they answer.
func (a *app) ready(ctx context.Context) (database, redis error) {
	done := make(chan error, 1)
	go func() { done <- a.redis.Do(ctx, a.redis.B().Ping().Build()).Error() }()
	database = a.database.PingContext(ctx)
	return database, <-done
}

// sweepEvery is how soon a session ended on another server, while Redis was down, is over here.
const sweepEvery = 5 * time.Second

func (a *app) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var hashed int64
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := a.accounts.EndStaleSessions(ctx); err != nil && ctx.Err() == nil {
				a.log.WarnContext(ctx, "sessions that should be over could not be ended yet", "cause", err.Error())
			}
			// What sign-ins leave behind is several times what the service needs to live.
			if n := a.accounts.Hashed(); n != hashed {
				hashed = n
				debug.FreeOSMemory()
			}
		}
	}
}

// run serves until ctx ends or the listener fails, then drains and closes everything.
func (a *app) run(ctx context.Context) error {
	var err error
	select {
	case <-ctx.Done():
	case err = <-a.failed:
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	return errors.Join(err, a.close(drain))
}

// close ends what runs: first no new requests and jobs, then the running ones, then the parts they
// need.
func (a *app) close(ctx context.Context) error {
	var errs []error
	if a.front != nil {
		a.front.Drain()
	}
	idle := make(chan error, 1)
	go func() {
		switch {
		case a.jobs != nil:
			idle <- a.jobs.Close(ctx)
		case a.queue != nil:
			idle <- a.queue.Close(ctx)
		default:
			idle <- nil
		}
	}()
	if a.server == nil && a.listener != nil {
		errs = append(errs, a.listener.Close())
	}
	if a.server != nil {
		if err := a.server.Shutdown(ctx); err != nil {
			errs = append(errs, errors.New("some requests took too long and were cut off"), a.server.Close())
		}
	}
	errs = append(errs, <-idle)
	if a.sender != nil {
		a.sender.Close()
	}
	if a.signing != nil {
		errs = append(errs, a.signing.Close())
	}
	if a.endSweep != nil {
		a.endSweep()
		swept := make(chan struct{})
		go func() {
			a.sweeping.Wait()
			close(swept)
		}()
		select {
		case <-swept:
		case <-ctx.Done(): // a text is being read; it will be read anew
		}
	}
	if a.ai != nil {
		if err := a.ai.Close(ctx); err != nil && ctx.Err() == nil {
			errs = append(errs, err)
		}
	}
	if a.model != nil {
		errs = append(errs, a.model.Close())
	}
	if a.texts != nil {
		errs = append(errs, a.texts.Close())
	}
	if a.uploads != nil {
		errs = append(errs, a.uploads.Close())
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	if a.stamps != nil {
		a.stamps.Close()
	}
	if a.mail != nil {
		errs = append(errs, a.mail.Close())
	}
	if a.redis != nil {
		a.redis.Close()
	}
	if a.database != nil {
		errs = append(errs, a.database.Close())
	}
	return errors.Join(errs...)
}
