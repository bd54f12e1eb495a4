package handlers

import (
	"context"
	"counsel/domain"
	"counsel/gen/api"
	"counsel/handlers/middleware"
	"counsel/handlers/pages"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// GetLiveness reports that the process runs.
func (s *Server) GetLiveness(context.Context, api.GetLivenessRequestObject) (api.GetLivenessResponseObject, error) {
	return api.GetLiveness200JSONResponse{Status: api.LivenessStatusOk}, nil
}

// GetReadiness reports whether requests can be served.
func (s *Server) GetReadiness(ctx context.Context, _ api.GetReadinessRequestObject) (api.GetReadinessResponseObject, error) {
	if s.draining.Load() {
		return nil, domain.Errorf(domain.Unavailable, "The service is stopping.")
	}
	database, redis := s.readiness.get(ctx)
	if database != nil {
		return nil, &domain.Error{Code: domain.Unavailable, Message: "The database does not answer.", Err: database}
	}
	ready := api.Readiness{Status: api.ReadinessStatusOk, Checks: api.Readiness_Checks{Database: api.PartStatusOk, Redis: api.PartStatusOk}}
	if redis != nil {
		ready.Status, ready.Checks.Redis = api.ReadinessStatusDegraded, api.PartStatusDown
	}
	return api.GetReadiness200JSONResponse(ready), nil
}

// Readiness checks: how long one may take, and how long its result is reused, so that frequent
// probes cost the database nothing.
const (
	readinessTimeout = time.Second
	readinessTTL     = time.Second
)

// readiness caches the last check of the database and Redis.
type readiness struct {
	check func(context.Context) (database, redis error)
	clock domain.Clock

	mu              sync.Mutex // held during a check: one at a time, other callers wait for its result
	checked         bool
	checkedAt       time.Time
	database, redis error
}

func (r *readiness) get(ctx context.Context) (database, redis error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.checked && r.clock().Sub(r.checkedAt) < readinessTTL {
		return r.database, r.redis
	}
	// Others use the result, too: it does not end with this caller.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readinessTimeout)
	defer cancel()
	r.database, r.redis = r.check(ctx)
	r.checked, r.checkedAt = true, r.clock()
	return r.database, r.redis
}

// GetMetrics returns the metrics for Prometheus.
func (s *Server) GetMetrics(ctx context.Context, _ api.GetMetricsRequestObject) (api.GetMetricsResponseObject, error) {
	return metricsPage{s, ctx}, nil
}

type metricsPage struct {
	server *Server
	ctx    context.Context
}

func (m metricsPage) VisitGetMetricsResponse(w http.ResponseWriter) error {
	r, err := http.NewRequestWithContext(m.ctx, http.MethodGet, "/metrics", nil)
	if err != nil {
		return err
	}
	promhttp.HandlerFor(m.server.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	return nil
}

// contractFiles is openapi.yaml in both forms.
type contractFiles struct{ yaml, json pages.Page }

func loadContractFiles(yaml []byte) (contractFiles, error) {
	asJSON, err := api.GetSpecJSON()
	if err != nil {
		return contractFiles{}, err
	}
	if len(yaml) == 0 {
		return contractFiles{}, errors.New("openapi.yaml is empty")
	}
	return contractFiles{
		yaml: pages.Page{Body: yaml, ContentType: "application/yaml", Cacheable: true},
		json: pages.Page{Body: asJSON, ContentType: "application/json", Cacheable: true},
	}, nil
}

// GetDocs returns the documentation page.
func (s *Server) GetDocs(context.Context, api.GetDocsRequestObject) (api.GetDocsResponseObject, error) {
	return pageResponse{page: pages.Docs}, nil
}

// GetDocsScript returns the script of the documentation page.
func (s *Server) GetDocsScript(ctx context.Context, _ api.GetDocsScriptRequestObject) (api.GetDocsScriptResponseObject, error) {
	return pageResponse{pages.DocsScript, middleware.RequestFrom(ctx).AcceptEncoding}, nil
}

// GetAccountPage returns the page that links in account e-mails lead to.
func (s *Server) GetAccountPage(context.Context, api.GetAccountPageRequestObject) (api.GetAccountPageResponseObject, error) {
	return pageResponse{page: pages.Account}, nil
}

// GetAccountScript returns the script of that page.
func (s *Server) GetAccountScript(context.Context, api.GetAccountScriptRequestObject) (api.GetAccountScriptResponseObject, error) {
	return pageResponse{page: pages.AccountScript}, nil
}

// GetContractYaml returns the contract as it was written.
func (s *Server) GetContractYaml(context.Context, api.GetContractYamlRequestObject) (api.GetContractYamlResponseObject, error) {
	return pageResponse{page: s.contract.yaml}, nil
}

// GetContractJSON returns the contract as JSON.
func (s *Server) GetContractJSON(context.Context, api.GetContractJSONRequestObject) (api.GetContractJSONResponseObject, error) {
	return pageResponse{page: s.contract.json}, nil
}

// pageResponse is the answer of every operation that returns a page.
type pageResponse struct {
	page           pages.Page
	acceptEncoding string
}

func (p pageResponse) write(w http.ResponseWriter) error { return p.page.Write(w, p.acceptEncoding) }

// VisitGetDocsResponse and its like are what the generated interfaces ask for.
func (p pageResponse) VisitGetDocsResponse(w http.ResponseWriter) error            { return p.write(w) }
func (p pageResponse) VisitGetDocsScriptResponse(w http.ResponseWriter) error      { return p.write(w) }
func (p pageResponse) VisitGetAccountPageResponse(w http.ResponseWriter) error     { return p.write(w) }
func (p pageResponse) VisitGetAccountScriptResponse(w http.ResponseWriter) error   { return p.write(w) }
func (p pageResponse) VisitGetContractYamlResponse(w http.ResponseWriter) error    { return p.write(w) }
func (p pageResponse) VisitGetContractJSONResponse(w http.ResponseWriter) error    { return p.write(w) }
func (p pageResponse) VisitGetSigningPageResponse(w http.ResponseWriter) error     { return p.write(w) }
func (p pageResponse) VisitGetUnsubscribePageResponse(w http.ResponseWriter) error { return p.write(w) }
func (p pageResponse) VisitUnsubscribeAddressResponse(w http.ResponseWriter) error { return p.write(w) }
