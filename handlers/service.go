package handlers

import (
	"context"
	"counsel/domain"
	"counsel/gen/api"
	"counsel/handlers/middleware"
	"counsel/handlers/pages"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
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
type contractFiles struct {
	yaml, json pages.Page
	version    string
}

func loadContractFiles(yaml []byte) (contractFiles, error) {
	asJSON, err := api.GetSpecJSON()
	if err != nil {
		return contractFiles{}, err
	}
	if len(yaml) == 0 {
		return contractFiles{}, errors.New("openapi.yaml is empty")
	}
	var contract struct {
		Info struct {
			Version string `json:"version"`
		} `json:"info"`
	}
	if err := json.Unmarshal(asJSON, &contract); err != nil {
		return contractFiles{}, err
	}
	return contractFiles{
		yaml:    pages.Page{Body: yaml, ContentType: "application/yaml", Cacheable: true}.WithETag(),
		json:    pages.Page{Body: asJSON, ContentType: "application/json", Cacheable: true}.WithETag(),
		version: contract.Info.Version,
	}, nil
}

// GetIndex leads browsers to the documentation, and reports to programs where it is.
func (s *Server) GetIndex(ctx context.Context, _ api.GetIndexRequestObject) (api.GetIndexResponseObject, error) {
	return indexResponse{
		Index:    api.Index{Name: "Counsel", Version: s.contract.version, Documentation: "/docs", Openapi: "/openapi.json", Health: "/livez"},
		redirect: strings.Contains(middleware.RequestFrom(ctx).Header("Accept"), "text/html"),
	}, nil
}

type indexResponse struct {
	api.Index
	redirect bool
}

// VisitGetIndexResponse writes the index or redirects to the documentation.
func (i indexResponse) VisitGetIndexResponse(w http.ResponseWriter) error {
	w.Header().Set("Vary", "Accept")
	if i.redirect {
		return api.GetIndex303Response{Headers: api.GetIndex303ResponseHeaders{Location: &i.Documentation}}.VisitGetIndexResponse(w)
	}
	return api.GetIndex200JSONResponse(i.Index).VisitGetIndexResponse(w)
}

// GetDocs returns the first page of the documentation.
func (s *Server) GetDocs(ctx context.Context, r api.GetDocsRequestObject) (api.GetDocsResponseObject, error) {
	site, err := s.docs()
	if err != nil {
		return nil, err
	}
	return unlessUnchanged(ctx, site.Start, r.Params.IfNoneMatch), nil
}

// GetDocsReference returns the API reference.
func (s *Server) GetDocsReference(ctx context.Context, r api.GetDocsReferenceRequestObject) (api.GetDocsReferenceResponseObject, error) {
	site, err := s.docs()
	if err != nil {
		return nil, err
	}
	return unlessUnchanged(ctx, site.Reference, r.Params.IfNoneMatch), nil
}

// GetDocsScript returns the script of the API reference.
func (s *Server) GetDocsScript(ctx context.Context, r api.GetDocsScriptRequestObject) (api.GetDocsScriptResponseObject, error) {
	return unlessUnchanged(ctx, pages.DocsScript, r.Params.IfNoneMatch), nil
}

// GetDocsGuide returns a guide.
func (s *Server) GetDocsGuide(ctx context.Context, r api.GetDocsGuideRequestObject) (api.GetDocsGuideResponseObject, error) {
	site, err := s.docs()
	if err != nil {
		return nil, err
	}
	page, ok := site.Guides[r.Guide]
	if !ok {
		return nil, domain.NoSuch("guide")
	}
	return unlessUnchanged(ctx, page, r.Params.IfNoneMatch), nil
}

// GetDocsAsset returns a file that the pages of the documentation load.
func (s *Server) GetDocsAsset(ctx context.Context, r api.GetDocsAssetRequestObject) (api.GetDocsAssetResponseObject, error) {
	site, err := s.docs()
	if err != nil {
		return nil, err
	}
	page, ok := site.Assets[r.File]
	if !ok {
		return nil, domain.NoSuch("file")
	}
	return unlessUnchanged(ctx, page, r.Params.IfNoneMatch), nil
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
func (s *Server) GetContractYaml(ctx context.Context, r api.GetContractYamlRequestObject) (api.GetContractYamlResponseObject, error) {
	return unlessUnchanged(ctx, s.contract.yaml, r.Params.IfNoneMatch), nil
}

// GetContractJSON returns the contract as JSON.
func (s *Server) GetContractJSON(ctx context.Context, r api.GetContractJSONRequestObject) (api.GetContractJSONResponseObject, error) {
	return unlessUnchanged(ctx, s.contract.json, r.Params.IfNoneMatch), nil
}

// pageResponse is the answer of every operation that returns a page.
type pageResponse struct {
	page           pages.Page
	acceptEncoding string
	unchanged      bool // the client has it
}

// unlessUnchanged is the page, or 304 if the client has it already.
func unlessUnchanged(ctx context.Context, p pages.Page, ifNoneMatch *string) pageResponse {
	return pageResponse{page: p, acceptEncoding: middleware.RequestFrom(ctx).AcceptEncoding, unchanged: matchesETag(deref(ifNoneMatch), p.ETag)}
}

func (p pageResponse) write(w http.ResponseWriter) error {
	if p.unchanged {
		return p.page.WriteUnchanged(w)
	}
	return p.page.Write(w, p.acceptEncoding)
}

// VisitGetDocsResponse and its like are what the generated interfaces ask for.
func (p pageResponse) VisitGetDocsResponse(w http.ResponseWriter) error            { return p.write(w) }
func (p pageResponse) VisitGetDocsReferenceResponse(w http.ResponseWriter) error   { return p.write(w) }
func (p pageResponse) VisitGetDocsGuideResponse(w http.ResponseWriter) error       { return p.write(w) }
func (p pageResponse) VisitGetDocsAssetResponse(w http.ResponseWriter) error       { return p.write(w) }
func (p pageResponse) VisitGetDocsScriptResponse(w http.ResponseWriter) error      { return p.write(w) }
func (p pageResponse) VisitGetAccountPageResponse(w http.ResponseWriter) error     { return p.write(w) }
func (p pageResponse) VisitGetAccountScriptResponse(w http.ResponseWriter) error   { return p.write(w) }
func (p pageResponse) VisitGetContractYamlResponse(w http.ResponseWriter) error    { return p.write(w) }
func (p pageResponse) VisitGetContractJSONResponse(w http.ResponseWriter) error    { return p.write(w) }
func (p pageResponse) VisitGetSigningPageResponse(w http.ResponseWriter) error     { return p.write(w) }
func (p pageResponse) VisitGetUnsubscribePageResponse(w http.ResponseWriter) error { return p.write(w) }
func (p pageResponse) VisitUnsubscribeAddressResponse(w http.ResponseWriter) error { return p.write(w) }
