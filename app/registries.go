package app

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"counsel/clients/companieshouse"
	"counsel/clients/gleif"
	"counsel/clients/llm"
	"counsel/clients/registryapi"
	"counsel/clients/sanctions"
	"counsel/clients/vies"
	"counsel/config"
	"counsel/domain/compliance"
	"counsel/domain/registry"
)

// TestCompaniesHouseKey is the API key that the stand-in for Companies House expects.
const TestCompaniesHouseKey = "sandbox-companies-house"

// registryMetrics are the metrics of the registers.
type registryMetrics struct {
	requests *prometheus.CounterVec
	entries  *prometheus.GaugeVec
	rejected prometheus.Counter
}

func newRegistryMetrics(r prometheus.Registerer) *registryMetrics {
	m := &registryMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "counsel_registry_requests_total", Help: "Requests to official registers by outcome, those that were not sent included (rate_limited, breaker_open)."}, []string{"source", "outcome"}),
		entries: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "counsel_sanctions_entries", Help: "Entries of a list of sanctions."}, []string{"list"}),
		rejected: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "counsel_sanctions_files_rejected_total", Help: "Files of sanctions lists that were rejected, because they are damaged or much shorter than before."}),
	}
	r.MustRegister(m.requests, m.entries, m.rejected)
	for _, source := range []registry.SourceName{registry.GLEIF, registry.CompaniesHouse, registry.VIES} {
		for _, outcome := range registryapi.Outcomes {
			m.requests.WithLabelValues(string(source), string(outcome))
		}
	}
	return m
}

func (m *registryMetrics) onOutcome(source registry.SourceName) func(registryapi.Outcome) {
	return func(o registryapi.Outcome) { m.requests.WithLabelValues(string(source), string(o)).Inc() }
}

func (m *registryMetrics) onReload(list registry.ListName, size int) {
	if size < 0 {
		m.rejected.Inc()
		return
	}
	m.entries.WithLabelValues(string(list)).Set(float64(size))
}

// complianceMetrics are the metrics of watches.
type complianceMetrics struct{ checks *prometheus.CounterVec }

func newComplianceMetrics(r prometheus.Registerer) *complianceMetrics {
	m := &complianceMetrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "counsel_compliance_checks_total", Help: "Checks of watches by outcome: first, unchanged, changed, failed."}, []string{"kind", "outcome"})}
	r.MustRegister(m.checks)
	return m
}

func (m *complianceMetrics) Checked(kind compliance.Kind, outcome compliance.Outcome) {
	m.checks.WithLabelValues(string(kind), string(outcome)).Inc()
}

// openRegistries creates the clients of the registers.
func openRegistries(r *Runner, cfg config.Registries, infra *Infrastructure) (out registry.Registers, err error) {
	m := newRegistryMetrics(infra.Registry)
	lei, err := gleif.New(gleif.Config{URL: cfg.GLEIFURL, OnOutcome: m.onOutcome(registry.GLEIF)})
	if err != nil {
		return out, fmt.Errorf("GLEIF_API_URL: %w", err)
	}
	r.onClose("GLEIF", func(context.Context) error { lei.Close(); return nil })
	out.Companies = append(out.Companies, lei)
	if cfg.CompaniesHouseKey != "" {
		house, err := companieshouse.New(companieshouse.Config{URL: cfg.CompaniesHouseURL, APIKey: cfg.CompaniesHouseKey, OnOutcome: m.onOutcome(registry.CompaniesHouse)})
		if err != nil {
			return out, fmt.Errorf("COMPANIES_HOUSE_API_URL: %w", err)
		}
		r.onClose("Companies House", func(context.Context) error { house.Close(); return nil })
		out.Companies = append(out.Companies, house)
	}
	vat, err := vies.New(vies.Config{URL: cfg.VIESURL, Requester: cfg.VIESRequester, OnOutcome: m.onOutcome(registry.VIES)})
	if err != nil {
		return out, fmt.Errorf("VIES_API_URL, VIES_REQUESTER: %w", err)
	}
	r.onClose("VIES", func(context.Context) error { vat.Close(); return nil })
	out.VAT = vat
	if cfg.SanctionsDir != "" {
		lists, err := sanctions.New(sanctions.Config{Dir: cfg.SanctionsDir, Log: infra.Log.With("part", "sanctions"), OnReload: m.onReload})
		if err != nil {
			return out, fmt.Errorf("SANCTIONS_DIR: %w", err)
		}
		out.Lists = lists
	}
	return out, nil
}

// StandIns are the stand-ins of test mode, which run in this process: no port leads there.
type StandIns struct {
	AI         http.Handler
	Registries http.Handler // GLEIF, Companies House and VIES below paths of their names
	Lists      [][]byte     // files of sanctions lists
	Payments   TestPayments
}

// testLists are lists that never change.
type testLists []*registry.List

// Lists returns them.
func (l testLists) Lists(context.Context) ([]*registry.List, error) { return l, nil }

// NewTestRegisters returns the registers of test mode.
func NewTestRegisters(s StandIns) (out registry.Registers, err error) {
	transport := llm.InProcess(s.Registries)
	lei, err := gleif.New(gleif.Config{URL: "http://localhost/gleif", Transport: transport})
	if err != nil {
		return out, err
	}
	house, err := companieshouse.New(companieshouse.Config{URL: "http://localhost/companies-house", APIKey: TestCompaniesHouseKey, Transport: transport})
	if err != nil {
		return out, err
	}
	vat, err := vies.New(vies.Config{URL: "http://localhost/vies", Requester: "DE129273398", Transport: transport})
	if err != nil {
		return out, err
	}
	lists := testLists{}
	for _, file := range s.Lists {
		list, err := sanctions.Parse(context.Background(), bytes.NewReader(file))
		if err != nil {
			return out, fmt.Errorf("sanctions lists of test mode: %w", err)
		}
		lists = append(lists, list)
	}
	return registry.Registers{Companies: []registry.Source{lei, house}, VAT: vat, Lists: lists}, nil
}
