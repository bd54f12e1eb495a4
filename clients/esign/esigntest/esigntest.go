// Package esigntest stands in for DocuSeal and Documenso in tests: servers on loopback that answer
// in the shapes of their published APIs, keep envelopes, let signers act, make webhooks, and fail
// as told.
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

// Key and Secret are what every stand-in is used with.
const (
	Key    = "key-Zq81nT"
	Secret = "whsec-Kd02mX"
)

// Server is a provider.
type Server struct {
	*httptest.Server
	Name string // docuseal, documenso

	mu        sync.Mutex
	before    func(w http.ResponseWriter, r *http.Request) bool
	after     func(w http.ResponseWriter, r *http.Request) bool
	clock     func() time.Time
	envelopes map[string]*Envelope
	asked     []string
	next      int
}

// Envelope is one that was made.
type Envelope struct {
	ID, ExternalID string
	Title          string
	Status         string // draft, open, completed, declined, cancelled, expired
	Sequential     bool
	File           []byte
	Signed         []byte // nil: cannot be fetched yet
	Audit          []byte
	Signers        []*Signer
}

// Signer is somebody who is to sign.
type Signer struct {
	ID                                string
	Name, Email, Token                string
	Order                             int
	Page                              int
	Viewed, Signed, Declined, Created time.Time
	Reason                            string
}

// Start starts a stand-in that ends with the test.
func Start(t testing.TB, name string, clock func() time.Time) *Server {
	s := &Server{Name: name, clock: clock, envelopes: map[string]*Envelope{}, next: 100}
	mux := http.NewServeMux()
	switch name {
	case "docuseal":
		s.docuSeal(mux)
	case "documenso":
		s.documenso(mux)
	default:
		t.Fatalf("there is no %s", name)
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.Method+" "+r.URL.Path)
		before, after := s.before, s.after
		s.mu.Unlock()
		if before != nil && before(w, r) {
			return
		}
		if strings.HasPrefix(r.URL.Path, "/files/") {
			if r.Header.Get("X-Auth-Token")+r.Header.Get("Authorization") != "" {
				http.Error(w, "the key is not for me", http.StatusTeapot)
				return
			}
		} else if r.Header.Get("X-Auth-Token") != Key && r.Header.Get("Authorization") != Key {
			answer(w, http.StatusUnauthorized, map[string]any{"error": "Not authenticated"})
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

// Before is asked about each request before it is done; true: it has answered. nil: nobody is.
func (s *Server) Before(f func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

// After is asked about each request after it was done; true: it has answered in its place.
func (s *Server) After(f func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = f
}

// Asked are the requests so far, as "GET /path".
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// All are the envelopes there are, copies.
func (s *Server) All() []Envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Envelope
	for _, id := range slices.Sorted(maps.Keys(s.envelopes)) {
		all = append(all, *s.envelopes[id])
	}
	return all
}

// With changes the envelope of an external id as fn has it.
func (s *Server) With(t testing.TB, externalID string, fn func(*Envelope)) {
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

// By finds a signer by their address.
func (e *Envelope) By(email string) *Signer {
	i := slices.IndexFunc(e.Signers, func(g *Signer) bool { return strings.EqualFold(g.Email, email) })
	return e.Signers[i]
}

// View opens the envelope for a signer.
func (s *Server) View(t testing.TB, externalID, email string) {
	s.With(t, externalID, func(e *Envelope) { e.By(email).Viewed = s.clock() })
}

// Sign signs. The last signature completes the envelope, and the file can be fetched.
func (s *Server) Sign(t testing.TB, externalID, email string) {
	s.With(t, externalID, func(e *Envelope) {
		g := e.By(email)
		if e.Status != "open" || !g.Signed.IsZero() {
			t.Fatalf("%s cannot sign: %s", email, e.Status)
		}
		for _, other := range e.Signers {
			if e.Sequential && other.Order < g.Order && other.Signed.IsZero() {
				t.Fatalf("it is not the turn of %s", email)
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

// Decline declines.
func (s *Server) Decline(t testing.TB, externalID, email, reason string) {
	s.With(t, externalID, func(e *Envelope) {
		g := e.By(email)
		g.Viewed, g.Declined, g.Reason, e.Status = s.clock(), s.clock(), reason, "declined"
	})
}

// Webhook is what the provider sends about a signer, or "" about the envelope: what is viewed,
// signed, declined, completed.
func (s *Server) Webhook(t testing.TB, externalID, what, email string) (http.Header, []byte) {
	t.Helper()
	var body []byte
	var h http.Header
	s.With(t, externalID, func(e *Envelope) {
		if s.Name == "docuseal" {
			h, body = s.docuSealWebhook(e, what, email)
		} else {
			h, body = s.documensoWebhook(e, what)
		}
	})
	return h, body
}

func (s *Server) id() string { s.next++; return strconv.Itoa(s.next) }

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func null(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
