// Package stripe is a fake Stripe for development and tests. It speaks the part of Stripe's REST API that is about Checkout Sessions,
// refunds, disputes and events, keeps their state, shows a page on which a person pays or is declined, and signs and
// sends webhooks.
//
// Like Stripe it carries out a request once for each Idempotency-Key. Faults are injected by PUT /sandbox/behaviour or SetBehaviour. What
// happens outside of the API, such as a dispute, is done on the page at /, or by POST /sandbox/payments/{intent}.
package stripe

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"counsel/sandbox/server"
)

// Options configures a Server. Zero fields get the default given beside them.
type Options struct {
	PortFile      string           // stores the port, so that the next start uses it again; "": any free port on loopback
	File          string           // stores the state; "": in memory only
	APIKey        string           // the only key accepted; random
	WebhookSecret string           // random
	PageURL       string           // under which people reach the pages, if it is not the server's own
	Now           func() time.Time // time.Now
}

// Server is the fake provider. It is an http.Handler, so it can be mounted without Start.
type Server struct {
	URL           string // "" until started
	APIKey        string
	WebhookSecret string

	opt    Options
	now    func() time.Time
	mux    *http.ServeMux
	http   *http.Server
	served chan struct{}
	ctx    context.Context // ends with the server
	cancel context.CancelFunc
	work   sync.WaitGroup // deliveries of webhooks

	mu         sync.Mutex
	state      state
	behaviour  Behaviour
	left       int    // number of requests to which the behaviour still applies; -1: all
	webhookURL string // "": none are sent
	requests   map[string]int
}

// state is what the server keeps.
type state struct {
	Sessions map[string]*session `json:"sessions"`
	Refunds  []*refund           `json:"refunds"`
	Disputes []*dispute          `json:"disputes"`
	Events   []event             `json:"events"` // oldest first
	Answers  map[string]answer   `json:"answers"`
}

// answer is what a request with an Idempotency-Key was answered.
type answer struct {
	Form   string          `json:"form"`
	Status int             `json:"status"`
	Body   json.RawMessage `json:"body"`
}

// maxEvents is the number of events that are kept; Stripe keeps those of 30 days.
const maxEvents = 10_000

// New returns a server that is not listening. It fails if the stored state cannot be read.
func New(opt Options) (*Server, error) {
	s := &Server{
		APIKey: cmp.Or(opt.APIKey, "sk_test_"+rand.Text()), WebhookSecret: cmp.Or(opt.WebhookSecret, "whsec_"+rand.Text()), opt: opt, now: opt.Now, mux: http.NewServeMux(),
		behaviour: Behaviour{Mode: ModeOK}, left: -1, requests: map[string]int{},
		state: state{Sessions: map[string]*session{}, Answers: map[string]answer{}},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if opt.File != "" {
		b, err := os.ReadFile(opt.File)
		if err == nil {
			err = json.Unmarshal(b, &s.state)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("sandbox stripe: %w", err)
		}
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.api("POST /v1/checkout/sessions", s.createSession)
	s.api("GET /v1/checkout/sessions/{id}", s.getSession)
	s.api("POST /v1/checkout/sessions/{id}/expire", s.expireSession)
	s.api("POST /v1/refunds", s.createRefund)
	s.api("GET /v1/refunds", s.listRefunds)
	s.api("GET /v1/disputes", s.listDisputes)
	s.api("GET /v1/events", s.listEvents)
	s.mux.HandleFunc("GET /pay/{id}", s.payPage)
	s.mux.HandleFunc("POST /pay/{id}", s.payFromPage)
	s.mux.HandleFunc("GET /{$}", s.dashboard)
	s.mux.HandleFunc("POST /sandbox/payments/{intent}", s.actOnPayment)
	s.mux.HandleFunc("PUT /sandbox/behaviour", s.putBehaviour)
	return s, nil
}

// Start listens and serves until Close.
func Start(ctx context.Context, opt Options) (*Server, error) {
	s, err := New(opt)
	if err != nil {
		return nil, err
	}
	var l net.Listener
	if opt.PortFile != "" {
		l, err = server.Listen(ctx, opt.PortFile)
	} else {
		l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		s.cancel()
		return nil, fmt.Errorf("sandbox stripe: %w", err)
	}
	s.URL = "http://" + l.Addr().String()
	s.served = make(chan struct{})
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(l) // ends with ErrServerClosed, by Close
	}()
	return s, nil
}

// Close aborts all requests and deliveries. It may be called more than once.
func (s *Server) Close() error {
	s.cancel()
	var err error
	if s.http != nil {
		err = s.http.Close()
		<-s.served
	}
	s.work.Wait()
	return err
}

// SetWebhookURL sends webhooks to a URL from now on.
func (s *Server) SetWebhookURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webhookURL = url
}

// SetPageURL sets under which URL people reach the pages, before anything else uses the server.
func (s *Server) SetPageURL(url string) { s.opt.PageURL = url }

// ServeHTTP implements http.Handler. It rejects any Host other than loopback, because a web page could reach loopback under
// its own name (DNS rebinding).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !isLoopback(r.Host) {
		writeError(w, http.StatusForbidden, "forbidden_host", "The sandbox can only be reached under a loopback address.")
		return
	}
	s.mux.ServeHTTP(w, r)
}

// Pages serves only the pages on which people pay, under any name.
func (s *Server) Pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pay/{id}", s.payPage)
	mux.HandleFunc("POST /pay/{id}", s.payFromPage)
	return mux
}

func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// Requests counts the requests of the API with a pattern such as "POST /v1/refunds".
func (s *Server) Requests(pattern string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[pattern]
}

// object is what the API answers with.
type object map[string]any

// failed is an error answer of the API.
type failed struct {
	status        int
	code, message string
}

// maxBody limits the size of a request, in bytes.
const maxBody = 1 << 20

// api serves an operation. The state is locked while it runs.
func (s *Server) api(pattern string, operate func(*http.Request) (object, *failed)) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		b := s.count(pattern)
		if !s.before(w, r, b) {
			return
		}
		key, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if subtle.ConstantTimeCompare([]byte(key), []byte(s.APIKey)) != 1 {
			writeError(w, http.StatusUnauthorized, "api_key_invalid", "Invalid API Key provided.")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if err := r.ParseForm(); err != nil {
			writeError(w, http.StatusBadRequest, "parameter_invalid", "The form cannot be read.")
			return
		}
		status, body := s.once(r, operate)
		if b.Mode == ModeDropAnswer {
			panic(http.ErrAbortHandler) // carried out, but the answer is lost
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body) //nolint:gosec // JSON
	})
}

// once carries a request out, or repeats the answer that its Idempotency-Key got before.
func (s *Server) once(r *http.Request, operate func(*http.Request) (object, *failed)) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, form := r.Header.Get("Idempotency-Key"), r.URL.Path+"?"+r.Form.Encode()
	if a, ok := s.state.Answers[key]; ok && key != "" && r.Method == http.MethodPost {
		if a.Form != form {
			return errorAnswer(&failed{http.StatusBadRequest, "idempotency_error", "Keys for idempotent requests can only be used with the same parameters."})
		}
		return a.Status, a.Body
	}
	s.expireOld()
	status := http.StatusOK
	var body []byte
	if out, f := operate(r); f != nil {
		status, body = errorAnswer(f)
	} else {
		body, _ = json.Marshal(out)
	}
	if r.Method == http.MethodPost {
		if key != "" {
			s.state.Answers[key] = answer{form, status, body}
		}
		s.store()
	}
	return status, body
}

// store writes the state to its file.
func (s *Server) store() {
	if s.opt.File == "" {
		return
	}
	b, _ := json.Marshal(s.state)
	temporary := s.opt.File + ".new"
	if err := os.WriteFile(temporary, b, 0o600); err == nil {
		_ = os.Rename(temporary, s.opt.File) // what is not stored is forgotten at the next start
	}
}

func errorAnswer(f *failed) (int, []byte) {
	kind := "invalid_request_error"
	if f.status >= http.StatusInternalServerError {
		kind = "api_error"
	}
	body, _ := json.Marshal(object{"error": object{"type": kind, "code": f.code, "message": f.message}})
	return f.status, body
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	status, body := errorAnswer(&failed{status, code, message})
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
