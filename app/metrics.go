package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"counsel/clients/llm"
	"counsel/clients/stripe"
	"counsel/domain"
	"counsel/domain/ai"
	"counsel/domain/ai/cache"
	"counsel/domain/ai/flights"
	"counsel/domain/jobs"
)

// aiMetrics are the metrics of AI requests.
type aiMetrics struct {
	lookups    *prometheus.CounterVec
	flights    *prometheus.CounterVec
	masking    prometheus.Histogram
	masked     prometheus.Counter
	records    prometheus.Histogram
	recordErrs prometheus.Counter
	budget     prometheus.Counter
	upstream   *prometheus.HistogramVec
}

func newAIMetrics(r prometheus.Registerer) *aiMetrics {
	seconds := []float64{.00001, .000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .05, .1, .5, 1}
	m := &aiMetrics{
		lookups: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "counsel_ai_cache_lookups_total", Help: "Lookups in the answer cache: hit, miss, or error when Redis is unavailable."}, []string{"kind", "result"}),
		flights: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "counsel_ai_flights_total", Help: "Requests not answered from the cache: leader calls the model, follower waits for a leader, remote waits for a leader on another server."}, []string{"kind", "role"}),
		masking: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "counsel_ai_masking_duration_seconds", Help: "Time to detect and mask the personal data of one request.", Buckets: seconds}),
		masked: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "counsel_ai_masked_total", Help: "Items of personal data masked."}),
		records: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "counsel_ai_record_duration_seconds", Help: "Time of one database write of consultations.", Buckets: seconds}),
		recordErrs: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "counsel_ai_record_errors_total", Help: "Failed database writes of consultations."}),
		budget: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "counsel_ai_budget_rejections_total", Help: "Requests rejected because a token or cost budget is spent."}),
		upstream: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "counsel_ai_upstream_duration_seconds", Help: "Time of one request to the provider, including retries.", Buckets: providerSeconds}, []string{"kind", "outcome"}),
	}
	r.MustRegister(m.lookups, m.flights, m.masking, m.masked, m.records, m.recordErrs, m.budget, m.upstream)
	return m
}

func (m *aiMetrics) CacheLookup(k ai.Kind, r cache.Result) {
	m.lookups.WithLabelValues(string(k), string(r)).Inc()
}

func (m *aiMetrics) Masked(took time.Duration, found int) {
	m.masking.Observe(took.Seconds())
	m.masked.Add(float64(found))
}

func (m *aiMetrics) Flight(k ai.Kind, r flights.Role) {
	m.flights.WithLabelValues(string(k), string(r)).Inc()
}

func (m *aiMetrics) Upstream(k ai.Kind, took time.Duration, err error) {
	outcome := "ok"
	if err != nil {
		outcome = string(domain.CodeOf(err))
	}
	m.upstream.WithLabelValues(string(k), outcome).Observe(took.Seconds())
}

func (m *aiMetrics) BudgetSpent() { m.budget.Inc() }

func (m *aiMetrics) Recorded(_ int, took time.Duration, err error) {
	m.records.Observe(took.Seconds())
	if err != nil {
		m.recordErrs.Inc()
	}
}

// providerMetrics are the metrics of AI providers, named after OpenTelemetry's conventions for generative AI.
type providerMetrics struct {
	operation  *prometheus.HistogramVec
	firstChunk *prometheus.HistogramVec
	tokens     *prometheus.CounterVec
	breaker    *prometheus.GaugeVec
}

// providerSeconds are the buckets of durations at a provider.
var providerSeconds = []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30}

func newProviderMetrics(r prometheus.Registerer) *providerMetrics {
	m := &providerMetrics{
		operation: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gen_ai_client_operation_duration_seconds", Help: "Time of one attempt at the provider.", Buckets: providerSeconds}, []string{"provider", "gen_ai_request_model", "outcome"}),
		firstChunk: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gen_ai_client_operation_time_to_first_chunk_seconds", Help: "Time to the first chunk of a streamed answer.", Buckets: providerSeconds}, []string{"provider", "gen_ai_request_model"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gen_ai_client_token_usage_total", Help: "Tokens as counted by the provider."}, []string{"provider", "gen_ai_request_model", "gen_ai_token_type"}),
		breaker: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "counsel_ai_breaker", Help: "State of the provider's circuit breaker: 1 for the current state, 0 for the others."}, []string{"provider", "state"}),
	}
	r.MustRegister(m.operation, m.firstChunk, m.tokens, m.breaker)
	return m
}

// observeAttempt measures an attempt at a provider: primary or fallback.
func (m *providerMetrics) observeAttempt(provider string, a llm.Attempt) {
	m.operation.WithLabelValues(provider, a.Model, string(a.Outcome)).Observe(a.Duration.Seconds())
	if a.FirstChunk > 0 {
		m.firstChunk.WithLabelValues(provider, a.Model).Observe(a.FirstChunk.Seconds())
	}
	m.tokens.WithLabelValues(provider, a.Model, "input").Add(float64(a.PromptTokens))
	m.tokens.WithLabelValues(provider, a.Model, "output").Add(float64(a.CompletionTokens))
}

func (m *providerMetrics) setBreaker(provider, state string) {
	for _, s := range []string{"closed", "half-open", "open"} {
		v := 0.0
		if s == state {
			v = 1
		}
		m.breaker.WithLabelValues(provider, s).Set(v)
	}
}

// jobMetrics are the metrics of background jobs.
type jobMetrics struct {
	waited   *prometheus.HistogramVec
	finished *prometheus.HistogramVec
	waiting  *prometheus.GaugeVec
	rescued  prometheus.Counter
}

func newJobMetrics(r prometheus.Registerer) *jobMetrics {
	m := &jobMetrics{
		waited: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "counsel_jobs_wait_seconds", Help: "Time from when a job was due until it started.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 5, 15, 60, 300, 1800, 7200}}, []string{"kind", "queue"}),
		finished: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "counsel_jobs_duration_seconds", Help: "Runs of jobs by outcome: succeeded, retried (failed, will be retried), discarded, cancelled, released (the server stopped), or lease_lost (another server rescued the job).",
			Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 15, 60, 300, 900}}, []string{"kind", "outcome"}),
		waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "counsel_jobs_waiting", Help: "Jobs that are due and not yet assigned to a worker, counted up to 10,000 per queue."}, []string{"queue"}),
		rescued: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "counsel_jobs_rescued_total", Help: "Running jobs whose server crashed, so that they run again."}),
	}
	r.MustRegister(m.waited, m.finished, m.waiting, m.rescued)
	return m
}

func (m *jobMetrics) Started(kind string, q jobs.Queue, waited time.Duration) {
	m.waited.WithLabelValues(kind, string(q)).Observe(waited.Seconds())
}

func (m *jobMetrics) Finished(kind string, o jobs.Outcome, took time.Duration) {
	m.finished.WithLabelValues(kind, string(o)).Observe(took.Seconds())
}

func (m *jobMetrics) Rescued(n int) { m.rescued.Add(float64(n)) }

func (m *jobMetrics) Waiting(q jobs.Queue, n int) {
	m.waiting.WithLabelValues(string(q)).Set(float64(n))
}

// newPaymentMetrics returns what counts the calls of the payment provider.
func newPaymentMetrics(r prometheus.Registerer) func(stripe.Call) {
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "counsel_payment_provider_duration_seconds", Help: "Time of one attempt at the payment provider: ok, rejected, failed or breaker_open.", Buckets: providerSeconds}, []string{"action", "outcome"})
	r.MustRegister(duration)
	return func(c stripe.Call) { duration.WithLabelValues(c.Action, c.Outcome).Observe(c.Took.Seconds()) }
}
