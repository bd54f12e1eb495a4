package middleware

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"counsel/domain"
)

// httpMetrics counts requests by operationId.
type httpMetrics struct {
	requests *prometheus.CounterVec
	errors   *prometheus.CounterVec
	duration *prometheus.HistogramVec
	own      *prometheus.HistogramVec
}

var durations = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

func newHTTPMetrics(r prometheus.Registerer) *httpMetrics {
	m := &httpMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "counsel_http_requests_total", Help: "Requests answered, by operationId and status."}, []string{"operation", "status"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "counsel_http_errors_total", Help: "Requests that failed, by operationId and code of the problem."}, []string{"operation", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "counsel_http_request_duration_seconds", Help: "Time to the end of the answer.", Buckets: durations}, []string{"operation"}),
		own: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "counsel_http_own_duration_seconds", Help: "Time the service adds itself: without waiting for the AI.", Buckets: durations}, []string{"operation"}),
	}
	r.MustRegister(m.requests, m.errors, m.duration, m.own)
	return m
}

// operationMetrics are one operation's, looked up once.
type operationMetrics struct {
	parent   *httpMetrics
	id       string
	duration prometheus.Observer
	own      prometheus.Observer
	statuses sync.Map // int → prometheus.Counter
}

func (m *httpMetrics) operation(id string) *operationMetrics {
	return &operationMetrics{parent: m, id: id, duration: m.duration.WithLabelValues(id), own: m.own.WithLabelValues(id)}
}

func (o *operationMetrics) observe(status int, code domain.Code, took, own time.Duration) {
	counter, ok := o.statuses.Load(status)
	if !ok {
		counter, _ = o.statuses.LoadOrStore(status, o.parent.requests.WithLabelValues(o.id, strconv.Itoa(status)))
	}
	counter.(prometheus.Counter).Inc()
	if code != "" {
		o.parent.errors.WithLabelValues(o.id, string(code)).Inc()
	}
	o.duration.Observe(took.Seconds())
	o.own.Observe(max(0, own.Seconds()))
}

func (m *httpMetrics) unmatched(status int, took time.Duration) {
	m.requests.WithLabelValues("none", strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues("none").Observe(took.Seconds())
}
