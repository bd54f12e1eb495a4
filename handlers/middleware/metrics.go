package middleware

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"counsel/domain"
)

// httpMetrics are the metrics of all requests, by operationId.
type httpMetrics struct {
	requests *prometheus.CounterVec
	errors   *prometheus.CounterVec
	duration *prometheus.HistogramVec
	overhead *prometheus.HistogramVec
}

// durations are the buckets of the histograms, in seconds.
var durations = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

func newHTTPMetrics(r prometheus.Registerer) *httpMetrics {
	m := &httpMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "counsel_http_requests_total", Help: "Requests by operationId and status."}, []string{"operation", "status"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "counsel_http_errors_total", Help: "Failed requests by operationId and problem code."}, []string{"operation", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "counsel_http_request_duration_seconds", Help: "Time from the request to the end of its answer.", Buckets: durations}, []string{"operation"}),
		overhead: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "counsel_http_overhead_duration_seconds", Help: "Request time without the time spent waiting for the AI provider.", Buckets: durations}, []string{"operation"}),
	}
	r.MustRegister(m.requests, m.errors, m.duration, m.overhead)
	return m
}

// operationMetrics are the metrics of one operation, whose labels are resolved once.
type operationMetrics struct {
	parent   *httpMetrics
	id       string
	duration prometheus.Observer
	overhead prometheus.Observer
	statuses sync.Map // int → prometheus.Counter
}

func (m *httpMetrics) operation(id string) *operationMetrics {
	return &operationMetrics{parent: m, id: id, duration: m.duration.WithLabelValues(id), overhead: m.overhead.WithLabelValues(id)}
}

func (o *operationMetrics) observe(status int, code domain.Code, took, overhead time.Duration) {
	counter, ok := o.statuses.Load(status)
	if !ok {
		counter, _ = o.statuses.LoadOrStore(status, o.parent.requests.WithLabelValues(o.id, strconv.Itoa(status)))
	}
	counter.(prometheus.Counter).Inc()
	if code != "" {
		o.parent.errors.WithLabelValues(o.id, string(code)).Inc()
	}
	o.duration.Observe(took.Seconds())
	o.overhead.Observe(max(0, overhead.Seconds()))
}

// unmatched counts a request that no operation answered.
func (m *httpMetrics) unmatched(status int, took time.Duration) {
	m.requests.WithLabelValues("none", strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues("none").Observe(took.Seconds())
}
