package esign

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"counsel/clients/esign/esigntest"
	"counsel/domain"
	"counsel/domain/esign/envelopes"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC)

var providerNames = []string{"docuseal", "documenso"}

func newProvider(t *testing.T, kind string, cfg Config) envelopes.Provider {
	t.Helper()
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	cfg.APIKey, cfg.WebhookSecret = esigntest.APIKey, esigntest.WebhookSecret
	p, err := New(kind, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// forEachProvider runs a test against each provider.
func forEachProvider(t *testing.T, run func(t *testing.T, p envelopes.Provider, s *esigntest.Server)) {
	for _, kind := range providerNames {
		t.Run(kind, func(t *testing.T) {
			s := esigntest.Start(t, kind, func() time.Time { return now })
			run(t, newProvider(t, kind, Config{URL: s.URL}), s)
		})
	}
}

const externalID = "01900000-0000-7000-8000-000000000001"

func newEnvelope(signers int) envelopes.Envelope {
	e := envelopes.Envelope{ExternalID: externalID, Title: "Lease “Ä” 7", Document: []byte("%PDF-1.7 the words\n"), Sequential: true, ExpiresAt: now.Add(time.Hour)}
	for i := range signers {
		e.Signers = append(e.Signers, envelopes.Signer{Turn: i + 1, Name: "Ada " + strconv.Itoa(i+1), Email: "Ada+" + strconv.Itoa(i+1) + "@xn--bcher-kva.example",
			Box: envelopes.Box{Page: 2 + i/10, X: 0.1, Y: 0.1 + 0.08*float64(i%10), W: 0.35, H: 0.08}})
	}
	return e
}

func TestRoundTrip(t *testing.T) {
	forEachProvider(t, func(t *testing.T, p envelopes.Provider, s *esigntest.Server) {
		ctx := t.Context()
		e := newEnvelope(20)
		if _, err := p.Find(ctx, externalID); domain.CodeOf(err) != domain.NotFound {
			t.Fatalf("Find before Create: %v", err)
		}
		id, err := p.Create(ctx, e)
		if err != nil {
			t.Fatal(err)
		}
		if found, err := p.Find(ctx, externalID); err != nil || found != id {
			t.Errorf("Find = %q, %v, not %q", found, err, id)
		}
		if _, err := p.Find(ctx, externalID[:30]); domain.CodeOf(err) != domain.NotFound {
			t.Errorf("Find with part of the external id: %v", err)
		}
		made := s.Envelopes()[0]
		if !bytes.Equal(made.File, e.Document) || made.Title != e.Title || !made.Sequential || len(made.Signers) != 20 || made.Status != "open" {
			t.Fatalf("the provider received %+v", made)
		}
		for i, g := range made.Signers {
			if g.Name != e.Signers[i].Name || !strings.EqualFold(g.Email, e.Signers[i].Email) || g.Page != e.Signers[i].Box.Page {
				t.Errorf("the provider received signer %d as %+v", i, g)
			}
		}

		state, err := p.Get(ctx, id)
		if err != nil || state.Status != envelopes.Open || len(state.Signers) != 20 || state.Signers[0].Viewed {
			t.Fatalf("Get = %+v, %v", state, err)
		}
		at, err := p.SigningURL(ctx, id, strings.ToLower(e.Signers[3].Email))
		if err != nil || !strings.HasPrefix(at, s.URL+"/s") || !strings.HasSuffix(at, "/"+made.Signers[3].Token) {
			t.Errorf("SigningURL = %q, %v", at, err)
		}
		if _, err := p.SigningURL(ctx, id, "nobody@example.com"); domain.CodeOf(err) != domain.NotFound {
			t.Errorf("a stranger got a signing URL: %v", err)
		}

		s.View(t, externalID, e.Signers[0].Email)
		if state, err = p.Get(ctx, id); err != nil || !state.Signers[0].Viewed || state.Signers[0].Signed || state.Signers[1].Viewed {
			t.Errorf("after a view: %+v, %v", state, err)
		}
		for _, g := range e.Signers {
			s.Sign(t, externalID, g.Email)
		}
		state, err = p.Get(ctx, id)
		if err != nil || state.Status != envelopes.Completed || !state.Signers[19].Signed || !state.Signers[19].SignedAt.Equal(now) {
			t.Errorf("after all signed: %+v, %v", state, err)
		}
		files, err := p.Signed(ctx, id)
		if err != nil || !bytes.HasPrefix(files.Document, e.Document) || !bytes.HasPrefix(files.Audit, []byte("%PDF-")) {
			t.Errorf("Signed = %q, %v", files, err)
		}
	})
}

func TestDeclineAndCancel(t *testing.T) {
	forEachProvider(t, func(t *testing.T, p envelopes.Provider, s *esigntest.Server) {
		ctx := t.Context()
		id, err := p.Create(ctx, newEnvelope(2))
		if err != nil {
			t.Fatal(err)
		}
		s.Decline(t, externalID, "ada+2@xn--bcher-kva.example", "Not my house")
		state, err := p.Get(ctx, id)
		if err != nil || state.Status != envelopes.Declined || !state.Signers[1].Declined || state.Signers[1].Reason != "Not my house" || state.Signers[0].Declined {
			t.Errorf("Get = %+v, %v", state, err)
		}
		if err := p.Cancel(ctx, id); err != nil {
			t.Errorf("canceling a declined envelope: %v", err)
		}

		e := newEnvelope(1)
		e.ExternalID = "01900000-0000-7000-8000-000000000002"
		if id, err = p.Create(ctx, e); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := p.Cancel(ctx, id); err != nil {
				t.Errorf("Cancel: %v", err)
			}
		}
		if state, err := p.Get(ctx, id); err != nil || state.Status != envelopes.Cancelled {
			t.Errorf("Get = %+v, %v", state, err)
		}
		if err := p.Cancel(ctx, "99999999"); err != nil {
			t.Errorf("canceling a missing envelope: %v", err)
		}
	})
}

// TestDocumensoDraft covers drafts that could not be distributed.
func TestDocumensoDraft(t *testing.T) {
	s := esigntest.Start(t, "documenso", func() time.Time { return now })
	p := newProvider(t, "documenso", Config{URL: s.URL})
	answering := func(status int, paths ...string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !slices.ContainsFunc(paths, func(p string) bool { return strings.HasSuffix(r.URL.Path, p) }) {
				return false
			}
			w.WriteHeader(status)
			return true
		}
	}
	s.BeforeRequest(answering(http.StatusBadRequest, "/distribute"))
	if _, err := p.Create(t.Context(), newEnvelope(1)); domain.CodeOf(err) != domain.Upstream || errors.Is(err, envelopes.ErrUncertain) {
		t.Errorf("rejected: %v", err)
	}
	if n := len(s.Envelopes()); n != 0 {
		t.Errorf("%d drafts were left", n)
	}
	for _, status := range []int{http.StatusBadGateway, http.StatusTooManyRequests} {
		s.BeforeRequest(answering(status, "/distribute"))
		if _, err := p.Create(t.Context(), newEnvelope(1)); domain.CodeOf(err) != domain.Unavailable || !errors.Is(err, envelopes.ErrUncertain) {
			t.Errorf("%d: %v", status, err)
		}
	}
	s.BeforeRequest(answering(http.StatusBadRequest, "/distribute", "/delete"))
	if _, err := p.Create(t.Context(), newEnvelope(1)); !errors.Is(err, envelopes.ErrUncertain) {
		t.Errorf("a draft that could not be deleted: %v", err)
	}
	s.BeforeRequest(nil)
	id, err := p.Find(t.Context(), externalID)
	if err != nil {
		t.Fatal(err)
	}
	if state, err := p.Get(t.Context(), id); err != nil || state.Status != envelopes.Draft {
		t.Errorf("Get = %+v, %v", state, err)
	}
	if err := p.Cancel(t.Context(), id); err != nil {
		t.Error(err)
	}
	if _, err := p.Get(t.Context(), id); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("the draft still exists: %v", err)
	}
}

func TestFailures(t *testing.T) {
	status := func(code int, headers ...string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			for i := 0; i < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			http.Error(w, `{"error":"Ada+1@xn--bcher-kva.example has `+esigntest.APIKey+`"}`, code)
			return true
		}
	}
	body := func(s string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool { _, _ = io.WriteString(w, s); return true }
	}
	tests := map[string]struct {
		fault     func(http.ResponseWriter, *http.Request) bool
		code      domain.Code
		uncertain bool // of a create
		after     time.Duration
	}{
		"401":       {fault: status(401), code: domain.Upstream},
		"403":       {fault: status(403), code: domain.Upstream},
		"422":       {fault: status(422), code: domain.Upstream},
		"429":       {fault: status(429, "Retry-After", "7"), code: domain.Unavailable, after: 7 * time.Second},
		"429 never": {fault: status(429, "Retry-After", "99999999"), code: domain.Unavailable, after: time.Hour},
		"500":       {fault: status(500), code: domain.Unavailable, uncertain: true, after: defaultRetryAfter},
		"503":       {fault: status(503, "Retry-After", "-3"), code: domain.Unavailable, uncertain: true, after: defaultRetryAfter},
		"garbage":   {fault: body("<html>hello"), code: domain.Upstream, uncertain: true},
		"empty":     {fault: body("{}"), code: domain.Upstream, uncertain: true},
		"too long":  {fault: body(`{"id":"` + strings.Repeat("x", maxResponse) + `"}`), code: domain.Upstream, uncertain: true},
		"broken": {fault: func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Length", "50")
			_, _ = io.WriteString(w, `{"id":`)
			panic(http.ErrAbortHandler)
		}, code: domain.Unavailable, uncertain: true, after: defaultRetryAfter},
		"redirect": {fault: status(307, "Location", "https://elsewhere.example/"), code: domain.Upstream},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			forEachProvider(t, func(t *testing.T, p envelopes.Provider, s *esigntest.Server) {
				id, err := p.Create(t.Context(), newEnvelope(1))
				if err != nil {
					t.Fatal(err)
				}
				s.BeforeRequest(tt.fault)
				e := newEnvelope(1)
				e.ExternalID = "01900000-0000-7000-8000-000000000002"
				_, create := p.Create(t.Context(), e)
				_, get := p.Get(t.Context(), id)
				_, file := p.Signed(t.Context(), id)
				for op, err := range map[string]error{"Create": create, "Get": get, "Signed": file} {
					if domain.CodeOf(err) != tt.code {
						t.Errorf("%s: %v", op, err)
						continue
					}
					if got := err.(*domain.Error).RetryAfter; got != tt.after {
						t.Errorf("%s: RetryAfter is %v, want %v", op, got, tt.after)
					}
					if errors.Is(err, envelopes.ErrUncertain) != (tt.uncertain && op == "Create") {
						t.Errorf("%s: ErrUncertain is wrong: %v", op, err)
					}
					if text := err.Error(); strings.Contains(text, esigntest.APIKey) || strings.Contains(text, "@") || strings.Contains(text, "elsewhere") {
						t.Errorf("%s leaks: %s", op, text)
					}
				}
			})
		})
	}
}

func TestOutages(t *testing.T) {
	forEachProvider(t, func(t *testing.T, _ envelopes.Provider, s *esigntest.Server) {
		down := httptest.NewServer(nil)
		down.Close()
		p := newProvider(t, s.Name, Config{URL: down.URL})
		if _, err := p.Create(t.Context(), newEnvelope(1)); domain.CodeOf(err) != domain.Unavailable || errors.Is(err, envelopes.ErrUncertain) {
			t.Errorf("connection refused: %v", err)
		}

		release := make(chan struct{})
		s.BeforeRequest(func(_ http.ResponseWriter, r *http.Request) bool {
			select {
			case <-release:
			case <-r.Context().Done():
			}
			return true
		})
		p = newProvider(t, s.Name, Config{URL: s.URL, Timeout: 50 * time.Millisecond})
		if _, err := p.Create(t.Context(), newEnvelope(1)); domain.CodeOf(err) != domain.Unavailable || !errors.Is(err, envelopes.ErrUncertain) {
			t.Errorf("timeout: %v", err)
		}
		close(release)
	})
}

// TestCreatedDespiteError: an envelope that was created although the response was an error is found, and exists once.
func TestCreatedDespiteError(t *testing.T) {
	forEachProvider(t, func(t *testing.T, p envelopes.Provider, s *esigntest.Server) {
		last := map[string]string{"docuseal": "/submissions/pdf", "documenso": "/distribute"}[s.Name]
		s.AfterRequest(func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, last) {
				return false
			}
			w.WriteHeader(http.StatusBadGateway)
			return true
		})
		if _, err := p.Create(t.Context(), newEnvelope(1)); !errors.Is(err, envelopes.ErrUncertain) {
			t.Fatalf("Create: %v", err)
		}
		id, err := p.Find(t.Context(), externalID)
		if err != nil {
			t.Fatal(err)
		}
		if state, err := p.Get(t.Context(), id); err != nil || state.Status != envelopes.Open {
			t.Errorf("Get = %+v, %v", state, err)
		}
		if n := len(s.Envelopes()); n != 1 {
			t.Errorf("there are %d envelopes", n)
		}
	})
}

func TestURLs(t *testing.T) {
	for at, want := range map[string]string{"https://api.docuseal.com": "https://docuseal.com/s/x", "https://api.docuseal.eu/": "https://docuseal.eu/s/x", "https://sign.example/api": "https://sign.example/s/x"} {
		d, err := New("docuseal", Config{URL: at, APIKey: "k", Transport: fixedResponse(`{"id":"5","status":"pending","submitters":[{"id":1,"email":"a@b.example","slug":"x"}]}`)})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := d.SigningURL(t.Context(), "5", "a@b.example"); err != nil || got != want {
			t.Errorf("%s: %q, %v", at, got, err)
		}
	}
	for _, at := range []string{"", "ftp://x", "https://u:p@x", "https://x?y", "x.example"} {
		if _, err := New("docuseal", Config{URL: at, APIKey: "k"}); err == nil {
			t.Errorf("%q was accepted", at)
		}
	}
	if _, err := New("documenso", Config{URL: "https://x"}); err == nil {
		t.Error("a missing API key was accepted")
	}
	if _, err := New("elsewhere", Config{URL: "https://x", APIKey: "k"}); err == nil {
		t.Error("an unknown provider was accepted")
	}
}

// fixedResponse is a transport that always returns the same body.
type fixedResponse string

func (a fixedResponse) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a))), Request: r}, nil
}

// TestLenientParsing covers responses that violate the providers' schemas.
func TestLenientParsing(t *testing.T) {
	for name, body := range map[string]string{
		"numbers as text": `{"id":"5","status":"pending","submitters":[{"id":"1","email":"a@b.example","status":"opened","opened_at":"2026-05-04 09:30:00 UTC"}]}`,
		"nulls":           `{"id":5,"status":"pending","archived_at":null,"audit_log_url":null,"submitters":[{"id":1,"email":"a@b.example","opened_at":"2026-05-04T09:30:00.000Z","external_id":null,"decline_reason":null}],"submission_events":null}`,
		"other kinds":     `{"id":5,"status":"pending","name":7,"submitters":[{"id":1,"email":"a@b.example","opened_at":"2026-05-04T11:30:00+02:00","completed_at":17}],"submission_events":[{"submitter_id":1,"event_type":"decline_form","data":"none"},{"data":[]}]}`,
	} {
		d, err := New("docuseal", Config{URL: "https://d.example", APIKey: "k", Transport: fixedResponse(body)})
		if err != nil {
			t.Fatal(err)
		}
		s, err := d.Get(t.Context(), "5")
		if err != nil || s.Status != envelopes.Open || !s.Signers[0].Viewed || !s.Signers[0].ViewedAt.Equal(now) || s.Signers[0].Signed {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	d, err := New("docuseal", Config{URL: "https://d.example", APIKey: "k", Transport: fixedResponse(`{"id":6,"status":"completed"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Get(t.Context(), "5"); domain.CodeOf(err) != domain.Upstream {
		t.Errorf("another envelope was accepted: %v", err)
	}
}
