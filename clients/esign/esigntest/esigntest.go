// Package esigntest contains fake DocuSeal and Documenso servers for tests. They listen on loopback, implement
// the published APIs, store envelopes, simulate signers and webhooks, and can inject faults.
package esigntest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// APIKey and WebhookSecret are the credentials of every fake server.
const (
	APIKey        = "key-Zq81nT"
	WebhookSecret = "whsec-Kd02mX"
)

// Server is a fake provider.
type Server struct {
	*httptest.Server
	Name string // docuseal, documenso

	mu            sync.Mutex
	beforeRequest func(w http.ResponseWriter, r *http.Request) bool
	afterRequest  func(w http.ResponseWriter, r *http.Request) bool
	clock         func() time.Time
	envelopes     map[string]*Envelope
	requests      []string
	next          int
}

// Envelope is an envelope on the server.
type Envelope struct {
	ID, ExternalID string
	Title          string
	Status         string // draft, open, completed, declined, cancelled, expired
	Sequential     bool
	File           []byte
	Signed         []byte // the signed PDF; nil: not available yet
	Audit          []byte
	Signers        []*Signer
}

// Signer is a signer of an envelope.
type Signer struct {
	ID                                string
	Name, Email, Token                string
	Order                             int
	Page                              int
	Viewed, Signed, Declined, Created time.Time
	Reason                            string
}

// Start starts a fake server, docuseal or documenso, that stops at the end of the test.
func Start(t testing.TB, name string, clock func() time.Time) *Server {
	s := &Server{Name: name, clock: clock, envelopes: map[string]*Envelope{}, next: 100}
	mux := http.NewServeMux()
	switch name {
	case "docuseal":
		s.routeDocuSeal(mux)
	case "documenso":
		s.routeDocumenso(mux)
	default:
		t.Fatalf("there is no provider %q", name)
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r.Method+" "+r.URL.Path)
		before, after := s.beforeRequest, s.afterRequest
		s.mu.Unlock()
		if before != nil && before(w, r) {
			return
		}
		if strings.HasPrefix(r.URL.Path, "/files/") {
			if r.Header.Get("X-Auth-Token")+r.Header.Get("Authorization") != "" {
				http.Error(w, "the API key was sent with a file download", http.StatusTeapot)
				return
			}
		} else if r.Header.Get("X-Auth-Token") != APIKey && r.Header.Get("Authorization") != APIKey {
			writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "Not authenticated"})
			return
		}
		if after == nil {
			mux.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, r)
		if after(w, r) {
			return
		}
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	}))
	t.Cleanup(s.Close)
	return s
}

// BeforeRequest sets a hook that runs before each request. If it returns true, it has written the response. nil
// removes the hook.
func (s *Server) BeforeRequest(f func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beforeRequest = f
}

// AfterRequest sets a hook that runs after each request was carried out. If it returns true, it has written
// a response instead of the server's.
func (s *Server) AfterRequest(f func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.afterRequest = f
}

// Requests returns the requests received so far, as "GET /path".
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Envelopes returns copies of all envelopes.
func (s *Server) Envelopes() []Envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Envelope
	for _, id := range slices.Sorted(maps.Keys(s.envelopes)) {
		all = append(all, *s.envelopes[id])
	}
	return all
}

// UpdateEnvelope calls fn with the envelope that has the external id.
func (s *Server) UpdateEnvelope(t testing.TB, externalID string, fn func(*Envelope)) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.envelopes {
		if e.ExternalID == externalID {
			fn(e)
			return
		}
	}
	t.Fatalf("there is no envelope %s", externalID)
}

// Signer returns the signer with the e-mail address.
func (e *Envelope) Signer(email string) *Signer {
	i := slices.IndexFunc(e.Signers, func(g *Signer) bool { return strings.EqualFold(g.Email, email) })
	return e.Signers[i]
}

// View simulates that a signer opens the envelope.
func (s *Server) View(t testing.TB, externalID, email string) {
	s.UpdateEnvelope(t, externalID, func(e *Envelope) { e.Signer(email).Viewed = s.clock() })
}

// Sign simulates that a signer signs. The last signature completes the envelope and makes the signed file available.
func (s *Server) Sign(t testing.TB, externalID, email string) {
	s.UpdateEnvelope(t, externalID, func(e *Envelope) {
		g := e.Signer(email)
		if e.Status != "open" || !g.Signed.IsZero() {
			t.Fatalf("%s cannot sign: %s", email, e.Status)
		}
		for _, other := range e.Signers {
			if e.Sequential && other.Order < g.Order && other.Signed.IsZero() {
				t.Fatalf("it is not %s's turn", email)
			}
		}
		g.Viewed, g.Signed = s.clock(), s.clock()
		if !slices.ContainsFunc(e.Signers, func(g *Signer) bool { return g.Signed.IsZero() }) {
			e.Status = "completed"
			e.Signed = fmt.Appendf(bytes.Clone(e.File), "\n%%signed by %d\n", len(e.Signers))
			e.Audit = []byte("%PDF-1.4\n%audit\n")
		}
	})
}

// Decline simulates that a signer declines.
func (s *Server) Decline(t testing.TB, externalID, email, reason string) {
	s.UpdateEnvelope(t, externalID, func(e *Envelope) {
		g := e.Signer(email)
		g.Viewed, g.Declined, g.Reason, e.Status = s.clock(), s.clock(), reason, "declined"
	})
}

// Webhook returns the headers and body of the webhook for an event: viewed, signed, declined or completed. With an
// empty email it is about the envelope.
func (s *Server) Webhook(t testing.TB, externalID, what, email string) (http.Header, []byte) {
	t.Helper()
	var body []byte
	var h http.Header
	s.UpdateEnvelope(t, externalID, func(e *Envelope) {
		if s.Name == "docuseal" {
			h, body = s.docuSealWebhook(e, what, email)
		} else {
			h, body = s.documensoWebhook(e, what)
		}
	})
	return h, body
}

func (s *Server) nextID() string { s.next++; return strconv.Itoa(s.next) }

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func nullableTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
