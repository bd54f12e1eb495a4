// Package handlers serves the operations of the contract: one file per tag, each operation HTTP
// in, one domain call, HTTP out. No rule of the service lives here.
//
// Package middleware is what every request passes first, package problem how every failure looks,
// package pages what browsers get. Functions called toAPI… and fromAPI… convert between the domain
// and the contract's types; each stands in the file of its tag.
package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/ai"
	"counsel/domain/apikeys"
	"counsel/domain/billing"
	"counsel/domain/cases"
	"counsel/domain/compliance"
	"counsel/domain/drafts"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/files"
	"counsel/domain/idempotency"
	"counsel/domain/jobs"
	"counsel/domain/limits"
	"counsel/domain/notifications"
	"counsel/domain/payments"
	"counsel/domain/privacy"
	"counsel/domain/registry"
	"counsel/domain/rendering"
	"counsel/domain/templates"
	"counsel/domain/webhooks"
	"counsel/gen/api"
	"counsel/handlers/middleware"
	"counsel/handlers/pages/docsite"
	"counsel/handlers/problem"
)

// Config is the services behind the operations, and the settings of the HTTP server.
type Config struct {
	Accounts      *account.Service
	APIKeys       *apikeys.Service
	AI            *ai.Service
	Cases         *cases.Service
	Privacy       *privacy.Service
	Registers     *registry.Service
	Compliance    *compliance.Service
	Drafts        *drafts.Service
	Files         *files.Service
	Templates     *templates.Service
	Rendering     *rendering.Service
	Webhooks      *webhooks.Service
	Notifications *notifications.Service
	Email         *email.Service
	Esign         *esign.Service
	Payments      *payments.Service
	Billing       *billing.Service
	Jobs          *jobs.Service
	Idempotency   *idempotency.Service

	// Requests allowed per user, per API key and per network address; nil: no limit.
	UserLimit, KeyLimit, AddressLimit *limits.Limiter

	// StoreTimeout is how long one request may wait for the database and Redis. 0 means the
	// contract's default x-timeout.
	StoreTimeout time.Duration

	// Ready checks the database and Redis. It returns an error for the one that does not answer.
	Ready func(context.Context) (database, redis error)

	Contract     []byte // openapi.yaml
	PublicURL    string // under which people reach the service; "": unknown
	MetricsToken string // protects /metrics; "": /metrics is open
	Registry     *prometheus.Registry
	Log          *slog.Logger
	Clock        domain.Clock

	CORSOrigins    []string       // browser origins that may call
	CORSLocalhost  bool           // pages served from this machine may call, too
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed

	StrictTransport bool // browsers must use HTTPS (RFC 6797)
}

// Server serves every operation of the contract. It is safe for concurrent use.
type Server struct {
	accounts      *account.Service
	apiKeys       *apikeys.Service
	ai            *ai.Service
	cases         *cases.Service
	privacy       *privacy.Service
	registers     *registry.Service
	compliance    *compliance.Service
	drafts        *drafts.Service
	files         *files.Service
	templates     *templates.Service
	rendering     *rendering.Service
	webhooks      *webhooks.Service
	notifications *notifications.Service
	email         *email.Service
	esign         *esign.Service
	payments      *payments.Service
	billing       *billing.Service
	jobs          *jobs.Service

	registry     *prometheus.Registry
	clock        domain.Clock
	storeTimeout time.Duration
	problems     problem.Describer
	contract     contractFiles
	docs         func() (*docsite.Site, error) // made on first use
	readiness    readiness
	draining     atomic.Bool
	drained      chan struct{} // closed by Drain
	http         http.Handler
}

var _ api.StrictServerInterface = (*Server)(nil)

// New makes the server. It fails when the contract contradicts itself; see middleware.New.
func New(c Config) (*Server, error) {
	s := &Server{
		accounts: c.Accounts, apiKeys: c.APIKeys, ai: c.AI, cases: c.Cases, privacy: c.Privacy, drafts: c.Drafts, files: c.Files, templates: c.Templates, rendering: c.Rendering,
		webhooks: c.Webhooks, notifications: c.Notifications, email: c.Email, esign: c.Esign, billing: c.Billing, payments: c.Payments, jobs: c.Jobs,
		registers: c.Registers, compliance: c.Compliance, registry: c.Registry, clock: c.Clock, problems: problem.Describer{PublicURL: c.PublicURL}, readiness: readiness{check: c.Ready, clock: c.Clock}, drained: make(chan struct{}),
	}
	steps, err := middleware.New(middleware.Config{
		Accounts: c.Accounts, APIKeys: c.APIKeys, Cases: c.Cases, Idempotency: c.Idempotency, UserLimit: c.UserLimit, KeyLimit: c.KeyLimit, AddressLimit: c.AddressLimit,
		StoreTimeout: c.StoreTimeout, MetricsToken: c.MetricsToken, Registry: c.Registry, Log: c.Log, Problems: s.problems,
		CORSOrigins: c.CORSOrigins, CORSLocalhost: c.CORSLocalhost, TrustedProxies: c.TrustedProxies, StrictTransport: c.StrictTransport,
	})
	if err != nil {
		return nil, err
	}
	s.storeTimeout = steps.StoreTimeout()
	if s.contract, err = loadContractFiles(c.Contract); err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	s.docs = sync.OnceValues(func() (*docsite.Site, error) { return docsite.Build(c.Contract) })
	if s.http, err = steps.Handler(s); err != nil {
		return nil, err
	}
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.http.ServeHTTP(w, r) }

// Drain makes /readyz fail, so that a load balancer sends no more requests, and ends the event
// streams that wait for a job.
func (s *Server) Drain() {
	if !s.draining.Swap(true) {
		close(s.drained)
	}
}

// principal is the caller, as middleware authenticated them.
func principal(ctx context.Context) domain.Principal {
	p, _ := domain.PrincipalFrom(ctx)
	return p
}
