// Package middleware is what every request passes before its handler runs, and what its answer
// passes on the way out. One file holds one step. A request meets them in this order:
//
//  1. request_id.go: take or make X-Request-Id; start the request context (request.go)
//  2. security_headers.go: headers that every answer carries
//  3. logging.go, metrics.go: one log line and the metrics by operationId; errors become
//     problem documents (package problem)
//  4. recover.go: a panic becomes an internal error
//  5. route.go: find the operation of the contract; a path that has none costs rate limit
//  6. cors.go: which browser origins may call
//  7. timeout.go: the operation's x-timeout
//  8. authenticate.go: who calls, by access token or API key
//  9. authorize.go: may their role (x-roles) and their key (x-scope) call this operation
//  10. rate_limit.go: is their budget spent
//  11. validate.go: path, query and headers match the contract
//  12. body.go, json.go: the JSON body is small enough and matches the contract
//  13. upload.go: a form with a file is small enough and arrives in time
//  14. idempotency.go: a repeated Idempotency-Key gets the first answer again
//
// Steps 1 to 6 run for every request, 7 to 14 once the operation is known. contract.go and
// operation.go read the rules from openapi.yaml at start. Which members of a case may do what
// (x-case-roles) is not decided here but by domain/cases.
package middleware

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v5"
	"github.com/prometheus/client_golang/prometheus"

	"counsel/domain/account"
	"counsel/domain/apikeys"
	"counsel/domain/cases"
	"counsel/domain/idempotency"
	"counsel/domain/limits"
	"counsel/gen/api"
	"counsel/handlers/problem"
)

// Config is what the steps need.
type Config struct {
	Accounts    *account.Service     // checks access tokens
	APIKeys     *apikeys.Service     // checks API keys
	Cases       *cases.Service       // checks that a replayed answer may still be read
	Idempotency *idempotency.Service // stores the answers to requests with an Idempotency-Key

	// Requests allowed per user, per API key and per network address; nil: no limit.
	UserLimit, KeyLimit, AddressLimit *limits.Limiter

	// StoreTimeout is how long one request may wait for the database and Redis. 0 means the
	// contract's default x-timeout.
	StoreTimeout time.Duration

	MetricsToken string // protects /metrics; "": /metrics is open
	Registry     prometheus.Registerer
	Log          *slog.Logger
	Problems     problem.Describer

	CORSOrigins    []string       // browser origins that may call; "*" for all
	CORSLocalhost  bool           // pages served from this machine may call, too
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed

	// StrictTransport requires browsers to use HTTPS (RFC 6797).
	StrictTransport bool
}

// Stack is the steps with the contract they enforce. It is safe for concurrent use.
type Stack struct {
	config   Config
	contract *contract
	metrics  *httpMetrics
}

// New reads the contract that is built into the program. It fails when an operation lacks
// access rules, a body limit, a timeout or an idempotency rule, or a schema does not compile.
func New(c Config) (*Stack, error) {
	s := &Stack{config: c, metrics: newHTTPMetrics(c.Registry)}
	var err error
	if s.contract, err = loadContract(s.metrics); err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	s.config.StoreTimeout = cmp.Or(c.StoreTimeout, s.contract.timeout)
	return s, nil
}

// StoreTimeout is how long one request may wait for the database and Redis.
func (s *Stack) StoreTimeout() time.Duration { return s.config.StoreTimeout }

// Handler serves server's operations behind all steps.
func (s *Stack) Handler(server api.StrictServerInterface) (http.Handler, error) {
	e := echo.NewWithConfig(echo.Config{
		Logger:           s.config.Log,
		HTTPErrorHandler: s.writeProblem,
		Binder:           bodyBinder{},
		IPExtractor:      clientAddress(s.config.TrustedProxies),
	})
	e.Use(requestID, s.securityHeaders, s.logging, s.recover, s.route)
	if len(s.config.CORSOrigins) > 0 || s.config.CORSLocalhost {
		cors, err := s.contract.cors(s.config.CORSOrigins, s.config.CORSLocalhost).ToMiddleware()
		if err != nil {
			return nil, err
		}
		e.Use(cors)
	}
	steps := make(map[string][]echo.MiddlewareFunc, len(s.contract.operations))
	for id, op := range s.contract.operations {
		steps[id] = []echo.MiddlewareFunc{operationFound(op), s.timeout, s.authenticate, s.authorize, s.rateLimit,
			validateParameters, validateBody, limitUpload, s.idempotent}
	}
	api.RegisterHandlersWithOptions(e, api.NewStrictHandler(server, nil), api.RegisterHandlersOptions{OperationMiddlewares: steps})
	for path, methods := range s.contract.methods {
		if _, err := e.AddRoute(echo.Route{Method: echo.RouteAny, Path: pathParameter.ReplaceAllString(path, ":$1"), Handler: otherMethod(methods)}); err != nil {
			return nil, err
		}
	}
	return headAsGet(e), nil
}

// headAsGet answers HEAD as GET; net/http leaves out the body.
func headAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(r.Context()) // a copy: net/http still needs its own
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

// writeProblem answers a request that failed, unless its answer has begun.
func (s *Stack) writeProblem(c *echo.Context, err error) {
	req := RequestFrom(c.Request().Context())
	e := problem.FromError(err)
	req.Fail(e)
	if res, unwrapErr := echo.UnwrapResponse(c.Response()); unwrapErr == nil && res.Committed {
		return
	}
	s.config.Problems.Write(c.Response(), c.Request(), e, req.ID)
}

// clientAddress finds the client's network address: the peer's, unless the peer is a trusted
// proxy that forwards another's.
func clientAddress(proxies []netip.Prefix) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(&net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}
