package handlers

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"counsel/domain"
	"counsel/gen/api"
)

// readyWait bounds how long one part may take to say that it is up.
const readyWait = time.Second

// GetLiveness says that the process runs.
func (s *Server) GetLiveness(context.Context, api.GetLivenessRequestObject) (api.GetLivenessResponseObject, error) {
	return api.GetLiveness200JSONResponse{Status: api.LivenessStatusOk}, nil
}

// GetReadiness says whether requests can be answered.
func (s *Server) GetReadiness(ctx context.Context, _ api.GetReadinessRequestObject) (api.GetReadinessResponseObject, error) {
	if s.draining.Load() {
		return nil, domain.Errorf(domain.Unavailable, "The service is stopping.")
	}
	database, redis := s.ready.ask(ctx, s.Clock, s.Ready)
	if database != nil {
		return nil, &domain.Error{Code: domain.Unavailable, Message: "The database does not answer.", Err: database}
	}
	ready := api.Readiness{Status: api.ReadinessStatusOk, Checks: api.Readiness_Checks{Database: api.PartStatusOk, Redis: api.PartStatusOk}}
	if redis != nil {
		ready.Status, ready.Checks.Redis = api.ReadinessStatusDegraded, api.PartStatusDown
	}
	return api.GetReadiness200JSONResponse(ready), nil
}

// readyFor is how long an answer about the parts is believed, so that asking often costs the
// database nothing.
const readyFor = time.Second

// readiness is what the parts said last.
type readiness struct {
	mu              sync.Mutex // held while asking: one question at a time, the others wait for it
	asked           bool
	at              time.Time
	database, redis error
}

func (r *readiness) ask(ctx context.Context, clock domain.Clock, ready func(context.Context) (database, redis error)) (database, redis error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked && clock().Sub(r.at) < readyFor {
		return r.database, r.redis
	}
	// The answer is for others, too: it does not end with this caller.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWait)
	defer cancel()
	r.database, r.redis = ready(ctx)
	r.asked, r.at = true, clock()
	return r.database, r.redis
}

// GetMetrics answers what Prometheus scrapes.
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
	promhttp.HandlerFor(m.server.Registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	return nil
}

//go:embed docs/index.html
var docsPage []byte

// docsScript is the API reference, compressed as it is served.
//
//go:embed docs/reference.js.gz
var docsScript []byte

// docsPolicy keeps the documentation page from loading anything from elsewhere.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// What links in mails lead to.
var (
	//go:embed account/page.html
	accountPage []byte
	//go:embed account/page.js
	accountScript []byte
)

// accountPolicy lets that page call this service, and nobody frame it.
const accountPolicy = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type docs struct{ yaml, json []byte }

func loadDocs(contract []byte) (docs, error) {
	asJSON, err := api.GetSpecJSON()
	if err != nil {
		return docs{}, fmt.Errorf("contract: %w", err)
	}
	if len(contract) == 0 {
		return docs{}, errors.New("contract: openapi.yaml is empty")
	}
	return docs{contract, asJSON}, nil
}

// page is a fixed answer that a browser may keep for a while.
type page struct {
	body        []byte
	contentType string
	gzipped     bool // body is; whoever does not take gzip gets it unpacked
	accept      string
	policy      string
}

func (p page) write(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Content-Type", p.contentType)
	h.Set("Cache-Control", "public, max-age=300")
	if p.policy != "" {
		h.Set("Content-Security-Policy", p.policy)
	}
	if !p.gzipped {
		_, err := w.Write(p.body)
		return err
	}
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(p.accept, "gzip") {
		h.Set("Content-Encoding", "gzip")
		_, err := w.Write(p.body)
		return err
	}
	plain, err := gzip.NewReader(bytes.NewReader(p.body))
	if err != nil {
		return err
	}
	_, err = io.Copy(w, plain) //nolint:gosec // our own file, not a stranger's
	return err
}

func (p page) VisitGetDocsResponse(w http.ResponseWriter) error         { return p.write(w) }
func (p page) VisitGetDocsScriptResponse(w http.ResponseWriter) error   { return p.write(w) }
func (p page) VisitGetContractYamlResponse(w http.ResponseWriter) error { return p.write(w) }
func (p page) VisitGetContractJSONResponse(w http.ResponseWriter) error { return p.write(w) }

func (p page) VisitGetAccountPageResponse(w http.ResponseWriter) error   { return p.write(w) }
func (p page) VisitGetAccountScriptResponse(w http.ResponseWriter) error { return p.write(w) }

// GetAccountPage answers the page that links in mails lead to.
func (s *Server) GetAccountPage(context.Context, api.GetAccountPageRequestObject) (api.GetAccountPageResponseObject, error) {
	return page{body: accountPage, contentType: "text/html; charset=utf-8", policy: accountPolicy}, nil
}

// GetAccountScript answers the script of that page.
func (s *Server) GetAccountScript(context.Context, api.GetAccountScriptRequestObject) (api.GetAccountScriptResponseObject, error) {
	return page{body: accountScript, contentType: "text/javascript; charset=utf-8"}, nil
}

// GetDocs answers the documentation page.
func (s *Server) GetDocs(context.Context, api.GetDocsRequestObject) (api.GetDocsResponseObject, error) {
	return page{body: docsPage, contentType: "text/html; charset=utf-8", policy: docsPolicy}, nil
}

// GetDocsScript answers the script of the documentation page.
func (s *Server) GetDocsScript(ctx context.Context, _ api.GetDocsScriptRequestObject) (api.GetDocsScriptResponseObject, error) {
	return page{body: docsScript, contentType: "text/javascript; charset=utf-8", gzipped: true, accept: recordOf(ctx).encoding}, nil
}

// GetContractYaml answers the contract as it was written.
func (s *Server) GetContractYaml(context.Context, api.GetContractYamlRequestObject) (api.GetContractYamlResponseObject, error) {
	return page{body: s.docs.yaml, contentType: "application/yaml"}, nil
}

// GetContractJSON answers the contract as JSON.
func (s *Server) GetContractJSON(context.Context, api.GetContractJSONRequestObject) (api.GetContractJSONResponseObject, error) {
	return page{body: s.docs.json, contentType: "application/json"}, nil
}
