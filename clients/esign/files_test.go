package esign

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"counsel/clients/esign/esigntest"
	"counsel/domain"
	"counsel/domain/esign/envelopes"
)

func TestFiles(t *testing.T) {
	forEachProvider(t, func(t *testing.T, p envelopes.Provider, s *esigntest.Server) {
		id, err := p.Create(t.Context(), newEnvelope(1))
		if err != nil {
			t.Fatal(err)
		}
		set := func(signed []byte) {
			s.UpdateEnvelope(t, externalID, func(e *esigntest.Envelope) { e.Status, e.Signed = "completed", signed })
		}
		set(nil)
		if _, err := p.Signed(t.Context(), id); err == nil {
			t.Error("a missing file was downloaded")
		}
		set([]byte("<html>"))
		if _, err := p.Signed(t.Context(), id); domain.CodeOf(err) != domain.Upstream {
			t.Errorf("not a PDF: %v", err)
		}
		set(append([]byte("%PDF-1.7"), make([]byte, 1<<20)...))
		small := newProvider(t, s.Name, Config{URL: s.URL, MaxFile: 1 << 20})
		if _, err := small.Signed(t.Context(), id); domain.CodeOf(err) != domain.Upstream {
			t.Errorf("file too large: %v", err)
		}
		if files, err := p.Signed(t.Context(), id); err != nil || len(files.Document) != 8+1<<20 || files.Audit != nil {
			t.Errorf("%d bytes, %v", len(files.Document), err)
		}
	})
}

// TestFileOnAnotherHost: the API key is not sent to another host, and https is never downgraded.
func TestFileOnAnotherHost(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Auth-Token")+r.Header.Get("Authorization") != "" {
			t.Error("the API key was sent to another host")
		}
		if r.URL.Path == "/loop" {
			http.Redirect(w, r, "/loop", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "%PDF-1.7")
	}))
	defer elsewhere.Close()
	s := esigntest.Start(t, "documenso", func() time.Time { return now })
	p := newProvider(t, "documenso", Config{URL: s.URL})
	id, err := p.Create(t.Context(), newEnvelope(1))
	if err != nil {
		t.Fatal(err)
	}
	to := func(at string) {
		s.BeforeRequest(func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/download") {
				return false
			}
			http.Redirect(w, r, at, http.StatusFound)
			return true
		})
	}
	to(elsewhere.URL + "/file")
	if files, err := p.Signed(t.Context(), id); err != nil || string(files.Document) != "%PDF-1.7" {
		t.Errorf("%q, %v", files.Document, err)
	}
	for _, at := range []string{elsewhere.URL + "/loop", "file:///etc/passwd"} {
		to(at)
		if _, err := p.Signed(t.Context(), id); domain.CodeOf(err) != domain.Upstream {
			t.Errorf("%s: %v", at, err)
		}
	}
	c, err := newClient(Config{URL: "https://docuseal.example", APIKey: "k"}, func(http.Header) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.downloadPDF(context.Background(), "fetching", elsewhere.URL+"/file"); domain.CodeOf(err) != domain.Upstream {
		t.Errorf("a file was downloaded over http: %v", err)
	}
}
