// Package handlers is the front door: HTTP in, one call of the domain, HTTP out. No rule of
// the service lives here but those of the contract itself: who may call an operation, what
// its body may hold, how a failure looks.
//
// A request passes, in this order: request id, log line and metrics (observe.go), the
// operation's access rules, the caller's budget and the contract (guard.go), then the
// operation's own method (one file a tag). Every failure, a panic too, leaves as
// problem+json from one place (problem.go).
package handlers

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v5"
	"github.com/prometheus/client_golang/prometheus"

	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/ai"
	"counsel/domain/cases"
	"counsel/domain/documents"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/idempotency"
	"counsel/domain/jobs"
	"counsel/domain/limits"
	"counsel/domain/notifications"
	"counsel/domain/privacy"
	"counsel/domain/webhooks"
	"counsel/gen/api"
)

// Deps is what the front door opens onto.
type Deps struct {
	Accounts      *account.Service
	AI            *ai.Service
	Cases         *cases.Service
	Privacy       *privacy.Service
	Drafts        *documents.Drafts
	Archive       *documents.Archive
	Templates     *documents.Templates
	Webhooks      *webhooks.Service
	Notifications *notifications.Service
	Email         *email.Service
	Esign         *esign.Service

	Press   *documents.Press
	Batches *documents.Batches
	Jobs    *jobs.Service
	Once    *idempotency.Service // the answers already given under an Idempotency-Key

	// Budgets of requests; nil: no limit.
	UserLimit, AddressLimit *limits.Limiter

	// Patience is how long the database and Redis may take for one request, 10 s when it is 0.
	// Where the AI is asked, that holds for the caller's token only.
	Patience time.Duration

	// Ready asks each part whether it answers. It returns an error for the parts that do not.
	Ready func(context.Context) (database, redis error)

	Contract     []byte // openapi.yaml
	MetricsToken string // "": /metrics is open
	Registry     *prometheus.Registry
	Log          *slog.Logger
	Clock        domain.Clock

	CORSOrigins    []string // whose pages may call
	CORSLocalhost  bool     // pages of this machine may, too
	TrustedProxies []netip.Prefix
}

// Server answers every operation of the contract. It is safe for concurrent use.
type Server struct {
	Deps
	echo     *echo.Echo
	ops      map[string]*operation
	metrics  *httpMetrics
	docs     docs
	ready    readiness
	draining atomic.Bool
	drained  chan struct{} // closed by Drain
}

var _ api.StrictServerInterface = (*Server)(nil)

// New builds the front door. It fails when the contract is at odds with itself: an operation
// without access rules, or a schema that does not compile.
func New(d Deps) (*Server, error) {
	d.Patience = cmp.Or(d.Patience, 10*time.Second)
	s := &Server{Deps: d, metrics: newHTTPMetrics(d.Registry), drained: make(chan struct{})}
	contract, err := loadContract(s.metrics)
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	s.ops = contract.ops
	if s.docs, err = loadDocs(d.Contract); err != nil {
		return nil, err
	}

	e := echo.NewWithConfig(echo.Config{
		Logger:           d.Log,
		HTTPErrorHandler: s.problem,
		Binder:           bodyBinder{},
		IPExtractor:      addressOf(d.TrustedProxies),
	})
	e.Use(s.observe)
	if len(d.CORSOrigins) > 0 || d.CORSLocalhost {
		cors, err := contract.cors(d.CORSOrigins, d.CORSLocalhost).ToMiddleware()
		if err != nil {
			return nil, err
		}
		e.Use(cors)
	}
	guards := make(map[string][]echo.MiddlewareFunc, len(s.ops))
	for id, op := range s.ops {
		guards[id] = []echo.MiddlewareFunc{s.guard(op)}
	}
	api.RegisterHandlersWithOptions(e, api.NewStrictHandler(s, nil), api.RegisterHandlersOptions{OperationMiddlewares: guards})
	for path, methods := range contract.methods {
		if _, err := e.AddRoute(echo.Route{Method: echo.RouteAny, Path: pathParam.ReplaceAllString(path, ":$1"), Handler: otherMethod(methods)}); err != nil {
			return nil, err
		}
	}
	s.echo = e
	return s, nil
}

// ServeHTTP answers one request. HEAD is answered as GET; net/http leaves the body out.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		r = r.WithContext(r.Context()) // net/http keeps its own
		r.Method = http.MethodGet
	}
	s.echo.ServeHTTP(w, r)
}

// Drain makes /readyz say no, so that a load balancer sends nothing more, and ends the streams that
// only wait for something to happen.
func (s *Server) Drain() {
	if !s.draining.Swap(true) {
		close(s.drained)
	}
}

// addressOf finds the caller's network address: the peer's, unless the peer is a trusted
// proxy that forwards another's.
func addressOf(proxies []netip.Prefix) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(&net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}
