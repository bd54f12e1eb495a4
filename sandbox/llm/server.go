// Package llm is a fake AI provider for development and tests: an OpenAI-compatible Chat Completions server on
// loopback, with streaming and structured output.
//
// There is no model. The answer is a deterministic function of the request: a question is quoted back, a document is
// searched for clauses by keywords, a draft is assembled from stock wording and the given values, and any
// other JSON Schema gets a valid instance. Every answer says that it comes from a sandbox.
//
// The server is as strict as a real provider about the API key, the request's shape and the subset of JSON Schema
// that strict output supports. Faults are injected through PUT /sandbox/behaviour or SetBehaviour. GET
// /sandbox/requests or Requests returns the requests received.
package llm

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"counsel/sandbox/server"
)

// Options configures a Server. Zero fields get the default given beside them.
type Options struct {
	Addr        string        // "127.0.0.1:0", any free port on loopback
	PortFile    string        // stores the port, so that the next start uses it again; instead of Addr
	APIKey      string        // the only key accepted; random
	Model       string        // listed by GET /v1/models; "sandbox". Requests may name any model.
	Latency     time.Duration // before each answer
	StreamTime  time.Duration // over which the chunks of a stream are spread
	MaxRequests int           // number of requests kept for Requests; 100
}

// Server is the fake provider. It is an http.Handler, so it can be mounted without Start.
type Server struct {
	URL    string // base URL for clients, ending in /v1; "" until started
	APIKey string

	opt    Options
	mux    *http.ServeMux
	http   *http.Server
	served chan struct{}
	ctx    context.Context // ends with the server; responses that hang wait for it
	cancel context.CancelFunc

	mu        sync.Mutex
	behaviour Behaviour
	left      int           // number of requests to which the behaviour still applies; -1: all
	changed   chan struct{} // closed when the behaviour changes
	requests  []Request     // the latest, oldest first
	count     int
	schemas   map[string]*jsonschema.Schema
}

// Request is a received request to /v1/chat/completions.
type Request struct {
	Number         int             `json:"number"` // from 1
	IdempotencyKey string          `json:"idempotencyKey"`
	Authorized     bool            `json:"authorized"`
	Mode           Mode            `json:"mode"` // the mode that applied
	Body           json.RawMessage `json:"body"` // a JSON string if the body was not JSON
}

// maxBody limits the size of a request, in bytes.
const maxBody = 16 << 20

// New returns a server that is not listening.
func New(opt Options) *Server {
	opt.Addr = cmp.Or(opt.Addr, "127.0.0.1:0")
	opt.Model = cmp.Or(opt.Model, "sandbox")
	opt.MaxRequests = cmp.Or(opt.MaxRequests, 100)
	s := &Server{
		APIKey: cmp.Or(opt.APIKey, "sandbox-"+rand.Text()), opt: opt, mux: http.NewServeMux(),
		behaviour: Behaviour{Mode: ModeOK}, left: -1, changed: make(chan struct{}), schemas: map[string]*jsonschema.Schema{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.mux.HandleFunc("POST /v1/chat/completions", s.chat)
	s.mux.HandleFunc("GET /v1/models", s.models)
	s.mux.HandleFunc("GET /sandbox/behaviour", s.getBehaviour)
	s.mux.HandleFunc("PUT /sandbox/behaviour", s.putBehaviour)
	s.mux.HandleFunc("DELETE /sandbox/behaviour", s.deleteBehaviour)
	s.mux.HandleFunc("GET /sandbox/requests", s.getRequests)
	s.mux.HandleFunc("DELETE /sandbox/requests", s.deleteRequests)
	return s
}

// Start listens and serves until Close or until ctx is done. It fails if it cannot listen on the address.
func Start(ctx context.Context, opt Options) (*Server, error) {
	s := New(opt)
	l, err := s.listen(ctx)
	if err != nil {
		s.cancel()
		return nil, fmt.Errorf("sandbox llm: %w", err)
	}
	s.URL = "http://" + l.Addr().String() + "/v1"
	s.served = make(chan struct{})
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(l) // ends with ErrServerClosed, by Close
	}()
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return s, nil
}

func (s *Server) listen(ctx context.Context) (net.Listener, error) {
	if s.opt.PortFile != "" {
		return server.Listen(ctx, s.opt.PortFile)
	}
	return (&net.ListenConfig{}).Listen(ctx, "tcp", s.opt.Addr)
}

// Close aborts all responses in progress and stops listening. It may be called more than once.
func (s *Server) Close() error {
	s.cancel()
	if s.http == nil {
		return nil
	}
	err := s.http.Close()
	<-s.served
	return err
}

// ServeHTTP implements http.Handler. It rejects any Host other than loopback, because a web page could reach loopback under
// its own name (DNS rebinding).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !isLoopback(r.Host) {
		writeError(w, http.StatusForbidden, "forbidden_host", "The sandbox can only be reached under a loopback address.")
		return
	}
	s.mux.ServeHTTP(w, r)
}

// isLoopback reports whether a Host header, with or without a port, names loopback.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// Requests returns the latest requests, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Count returns the number of requests since the start or the last Reset.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Reset forgets the requests received and sets Count to 0.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.count = nil, 0
}

// chatRequest is the part of a request's body that is used.
type chatRequest struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string  `json:"role"`
		Content content `json:"content"`
	} `json:"messages"`
	Stream        bool `json:"stream"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	MaxTokens           int `json:"max_tokens"`
	MaxCompletionTokens int `json:"max_completion_tokens"`
	ResponseFormat      struct {
		Type       string `json:"type"`
		JSONSchema struct {
			Name   string          `json:"name"`
			Schema json.RawMessage `json:"schema"`
			Strict bool            `json:"strict"`
		} `json:"json_schema"`
	} `json:"response_format"`
}

// content is the text of a message, given as a string or a list of parts.
type content string

func (c *content) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*c = content(s)
		return nil
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if err := json.Unmarshal(b, &parts); err != nil {
		return errors.New("content must be a string or a list of parts")
	}
	for _, p := range parts {
		if p.Type != "text" {
			return errors.New("only parts of type text are supported")
		}
		*c += content(p.Text)
	}
	return nil
}

func (s *Server) models(w http.ResponseWriter, r *http.Request) {
	if !s.authorized(r) {
		writeError(w, http.StatusUnauthorized, "invalid_api_key", "Incorrect API key provided.")
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": []any{
		map[string]any{"id": s.opt.Model, "object": "model", "created": 0, "owned_by": "sandbox"},
	}})
}

func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	authorized := s.authorized(r)
	b := s.recordRequest(r.Header.Get("Idempotency-Key"), authorized, body)
	switch {
	case err != nil:
		writeError(w, http.StatusRequestEntityTooLarge, "request_too_large", "The request is too large.")
		return
	case !authorized:
		writeError(w, http.StatusUnauthorized, "invalid_api_key", "Incorrect API key provided.")
		return
	}
	if !s.wait(r, s.opt.Latency+time.Duration(b.DelayMs)*time.Millisecond) {
		return
	}
	if s.misbehave(w, r, b) {
		return
	}
	var c chatRequest
	if err := json.Unmarshal(body, &c); err != nil {
		writeError(w, http.StatusBadRequest, "invalid_json", "The body is not a valid request: "+err.Error())
		return
	}
	if c.Model == "" || len(c.Messages) == 0 {
		writeError(w, http.StatusBadRequest, "missing_required_parameter", "model and messages are required.")
		return
	}
	a, err := s.answer(c, b)
	if err != nil {
		writeError(w, http.StatusBadRequest, "invalid_request_error", err.Error())
		return
	}
	if c.Stream {
		s.stream(w, r, c, b, a)
		return
	}
	s.writeCompletion(w, c, b, a)
}

// recordRequest records a request and returns the behaviour that applies to it.
func (s *Server) recordRequest(key string, authorized bool, body []byte) Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.behaviour
	b.changed = s.changed // read now, because the behaviour may change before the request waits for it
	switch {
	case s.left > 0:
		s.left--
	case s.left == 0:
		b = Behaviour{Mode: ModeOK}
	}
	s.count++
	raw := json.RawMessage(body)
	if !json.Valid(body) {
		raw, _ = json.Marshal(string(body))
	}
	if over := len(s.requests) + 1 - s.opt.MaxRequests; over > 0 {
		s.requests = slices.Delete(s.requests, 0, over)
	}
	s.requests = append(s.requests, Request{Number: s.count, IdempotencyKey: key, Authorized: authorized, Mode: b.Mode, Body: raw})
	return b
}

func (s *Server) authorized(r *http.Request) bool {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(key), []byte(s.APIKey)) == 1
}

// wait sleeps for d. It returns false if the client disconnected or the server was closed.
func (s *Server) wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
	case <-s.ctx.Done():
	}
	return false
}

// writeError writes an error response of the protocol.
func writeError(w http.ResponseWriter, status int, code, message string) {
	kind := "invalid_request_error"
	if status >= http.StatusInternalServerError {
		kind = "server_error"
	}
	writeJSON(w, status, map[string]any{"error": map[string]any{"message": message, "type": kind, "param": nil, "code": code}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
