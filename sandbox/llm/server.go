// Package llm is the stand-in for a language model: an OpenAI-compatible server on
// loopback that speaks Chat Completions, whole and streamed, with structured output.
//
// No model is behind it. The same request gets the same text, made from the request itself:
// a question is quoted back, a document is searched for clauses by their usual words, a
// draft is put together from usual wording and the values it was given, and any other JSON
// Schema gets an instance that fits. Every answer says that it comes from a sandbox.
//
// It is as strict as the real thing where clients get it wrong: the key, the shape of the
// request, the subset of JSON Schema that strict output takes. Through /sandbox/behaviour,
// or SetBehaviour, it can be told to misbehave; /sandbox/requests, or Requests, tells what
// it was sent.
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
)

// Options says how the server behaves until it is told otherwise. What is zero gets its default.
type Options struct {
	Addr       string        // "127.0.0.1:0": any free port of loopback
	APIKey     string        // the only key that is let in; by default a random one
	Model      string        // what GET /v1/models lists; "sandbox". Any name is answered.
	Latency    time.Duration // before each answer
	ChunkDelay time.Duration // before each piece of a stream
	Keep       int           // requests remembered; 100
}

// Server is the stand-in. It is an http.Handler, so it can be mounted without Start.
type Server struct {
	URL    string // what a client is given, ending in /v1; "" until started
	APIKey string

	opt    Options
	mux    *http.ServeMux
	http   *http.Server
	served chan struct{}
	ctx    context.Context // ends with the server; hanging answers wait for it
	cancel context.CancelFunc

	mu        sync.Mutex
	behaviour Behaviour
	left      int           // requests the behaviour still applies to; -1: all
	changed   chan struct{} // closed when the behaviour changes
	requests  []Request     // the last of them, oldest first
	count     int
	schemas   map[string]*jsonschema.Schema
}

// Request is one call of /v1/chat/completions, as it was received.
type Request struct {
	Number         int             `json:"number"` // counting from 1
	IdempotencyKey string          `json:"idempotencyKey"`
	Authorized     bool            `json:"authorized"`
	Mode           Mode            `json:"mode"` // the behaviour it met
	Body           json.RawMessage `json:"body"` // a JSON string if it was not JSON
}

// maxBody is the largest request read, in bytes.
const maxBody = 16 << 20

// New makes a server that is not listening.
func New(opt Options) *Server {
	opt.Addr = cmp.Or(opt.Addr, "127.0.0.1:0")
	opt.Model = cmp.Or(opt.Model, "sandbox")
	opt.Keep = cmp.Or(opt.Keep, 100)
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

// Start listens and serves until Close or the end of ctx. It fails when the address cannot be had.
func Start(ctx context.Context, opt Options) (*Server, error) {
	s := New(opt)
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.opt.Addr)
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

// Close ends every answer under way and stops listening. It may be called more than once.
func (s *Server) Close() error {
	s.cancel()
	if s.http == nil {
		return nil
	}
	err := s.http.Close()
	<-s.served
	return err
}

// ServeHTTP answers one request. A page that a browser was led to may reach loopback under a name
// of its own (DNS rebinding), so any other Host than loopback's is refused.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !loopback(r.Host) {
		refuse(w, http.StatusForbidden, "forbidden_host", "The sandbox is reached by the address of loopback only.")
		return
	}
	s.mux.ServeHTTP(w, r)
}

// loopback tells whether a Host header, with or without a port, names loopback.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// Requests returns the last calls received, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Count is the number of calls received since the start or the last Forget.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Forget drops the requests received and sets Count to 0.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.count = nil, 0
}

// call is the part of a request's body that matters here.
type call struct {
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

// content is a message's text, given as a string or as parts.
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
			return errors.New("only text is understood here")
		}
		*c += content(p.Text)
	}
	return nil
}

func (s *Server) models(w http.ResponseWriter, r *http.Request) {
	if !s.authorized(r) {
		refuse(w, http.StatusUnauthorized, "invalid_api_key", "Incorrect API key provided.")
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": []any{
		map[string]any{"id": s.opt.Model, "object": "model", "created": 0, "owned_by": "sandbox"},
	}})
}

func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	authorized := s.authorized(r)
	b := s.meet(r.Header.Get("Idempotency-Key"), authorized, body)
	switch {
	case err != nil:
		refuse(w, http.StatusRequestEntityTooLarge, "request_too_large", "The request could not be read whole.")
		return
	case !authorized:
		refuse(w, http.StatusUnauthorized, "invalid_api_key", "Incorrect API key provided.")
		return
	}
	if !s.wait(r, s.opt.Latency+time.Duration(b.DelayMs)*time.Millisecond) {
		return
	}
	if s.misbehave(w, r, b) {
		return
	}
	var c call
	if err := json.Unmarshal(body, &c); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_json", "The body is not a request: "+err.Error())
		return
	}
	if c.Model == "" || len(c.Messages) == 0 {
		refuse(w, http.StatusBadRequest, "missing_required_parameter", "model and messages are required.")
		return
	}
	a, err := s.answer(c, b)
	if err != nil {
		refuse(w, http.StatusBadRequest, "invalid_request_error", err.Error())
		return
	}
	if c.Stream {
		s.stream(w, r, c, b, a)
		return
	}
	s.whole(w, c, b, a)
}

// meet notes a request down and returns the behaviour it meets.
func (s *Server) meet(key string, authorized bool, body []byte) Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.behaviour
	b.changed = s.changed // as of now: a change may come before the request gets to wait for it
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
	if over := len(s.requests) + 1 - s.opt.Keep; over > 0 {
		s.requests = slices.Delete(s.requests, 0, over)
	}
	s.requests = append(s.requests, Request{Number: s.count, IdempotencyKey: key, Authorized: authorized, Mode: b.Mode, Body: raw})
	return b
}

func (s *Server) authorized(r *http.Request) bool {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(key), []byte(s.APIKey)) == 1
}

// wait is false when the caller or the server went away.
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

// refuse answers with an error in the protocol's shape.
func refuse(w http.ResponseWriter, status int, code, message string) {
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
