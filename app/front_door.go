package app

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"counsel/config"
	"counsel/domain"
	"counsel/domain/limits"
	"counsel/handlers"
)

// frontDoor accepts requests and jobs.
type frontDoor struct {
	failed chan error // receives the error that ended the HTTP server
}

// openFrontDoor starts the jobs and the HTTP server. When it is closed, requests and jobs end side by side.
func openFrontDoor(ctx context.Context, r *Runner, cfg config.Config, contract []byte, infra *Infrastructure, s *Services, testPages http.Handler) (*frontDoor, error) {
	r.step("front door")
	settings, err := HandlersConfig(cfg, contract, infra, s)
	if err != nil {
		return nil, err
	}
	handler, err := handlers.New(settings)
	if err != nil {
		return nil, err
	}
	r.onClose("jobs", s.Jobs.Close)
	if err := s.Jobs.Start(ctx, bool(cfg.Jobs.Run)); err != nil {
		return nil, err
	}
	front := &frontDoor{failed: make(chan error, 1)}
	if infra.listener == nil {
		return front, nil
	}
	server := NewHTTPServer(withTestPages(handler, testPages), cfg, infra.Log.With("part", "http"))
	if cfg.HTTP.Addr != "" { // probes of a process that only runs jobs need no TLS
		if server.TLSConfig, err = newTLSConfig(cfg.HTTP, domain.SystemClock, infra.Registry, infra.Log.With("part", "http")); err != nil {
			return nil, err
		}
	}
	r.onClose("requests", func(ctx context.Context) error {
		handler.Drain()
		if err := server.Shutdown(ctx); err != nil {
			return errors.Join(errors.New("some requests did not finish in time and were aborted"), server.Close())
		}
		return nil
	})
	debug.FreeOSMemory() // starting takes twice the memory of the idle service
	go func() {
		serve := server.Serve
		if server.TLSConfig != nil {
			serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
		}
		if err := serve(infra.listener); !errors.Is(err, http.ErrServerClosed) {
			front.failed <- err
		}
	}()
	return front, nil
}

// HandlersConfig returns the configuration of the handlers of all routes, with the rate limits of callers.
func HandlersConfig(cfg config.Config, contract []byte, infra *Infrastructure, s *Services) (c handlers.Config, err error) {
	c = handlers.Config{
		Accounts: s.Accounts, APIKeys: s.APIKeys, AI: s.AI, Cases: s.Cases, Drafts: s.Drafts, Email: s.Email, Esign: s.Esign, Billing: s.Billing, Files: s.Files, Templates: s.Templates, Rendering: s.Rendering,
		Jobs: s.Jobs, Idempotency: s.Idempotency, Webhooks: s.Webhooks, Notifications: s.Notifications, Privacy: s.Privacy, Registers: s.Registry, Compliance: s.Compliance, Payments: s.Payments,
		Ready: infra.ready, Contract: contract, PublicURL: cfg.URLs.Public, MetricsToken: cfg.HTTP.MetricsToken, Registry: infra.Registry, Log: infra.Log.With("part", "http"), Clock: domain.SystemClock,
		CORSOrigins: cfg.HTTP.CORSOrigins, CORSLocalhost: cfg.HTTP.CORSLocalhost, TrustedProxies: cfg.HTTP.TrustedProxies,
		StrictTransport: strings.HasPrefix(infra.URL, "https://"),
	}
	if cfg.RateLimits.Enabled {
		perMinute := func(name string, requests int) (*limits.Limiter, error) {
			return limits.New(limits.Config{Redis: infra.Redis, Clock: domain.SystemClock, Secret: []byte(cfg.JWT.Root()), Budget: limits.Budget{Name: name, Requests: requests, Window: time.Minute}})
		}
		if c.UserLimit, err = perMinute("user", cfg.RateLimits.User); err != nil {
			return c, err
		}
		if c.KeyLimit, err = perMinute("api-key", cmp.Or(cfg.RateLimits.APIKey, defaultKeyRateLimit)); err != nil {
			return c, err
		}
		if c.AddressLimit, err = perMinute("address", cfg.RateLimits.Anonymous); err != nil {
			return c, err
		}
	}
	return c, nil
}

// withTestPages serves the pages of the payment provider of test mode beside the operations of the contract.
func withTestPages(next, pages http.Handler) http.Handler {
	pages = http.StripPrefix(TestPagesPath, pages)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, TestPagesPath+"/") {
			pages.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// NewHTTPServer creates the HTTP server. A process that only runs jobs serves only probes and metrics.
func NewHTTPServer(handler http.Handler, cfg config.Config, log *slog.Logger) *http.Server {
	if cfg.HTTP.Addr == "" {
		handler = probes(handler)
	}
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      cfg.LLM.Deadline + 40*time.Second, // an answer may take as long as the provider's deadline
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,

		DisableGeneralOptionsHandler: true, // OPTIONS * is a path like others
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// probes serves only the paths of probes and metrics.
func probes(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/livez", "/readyz", "/metrics"} {
		mux.Handle("GET "+path, next)
	}
	return mux
}
