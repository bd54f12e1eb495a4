package tsa_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"counsel/clients/tsa"
	"counsel/domain"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTimestamp(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "TSA"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}, KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	certificate, err := x509.ParseCertificate(der)
	must(t, err)
	mode := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch mode {
		case "down":
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case "refuses":
			w.WriteHeader(http.StatusForbidden)
			return
		case "nonsense":
			io.WriteString(w, "<html>")
			return
		case "rejects":
			b, err := timestamp.CreateErrorResponse(timestamp.Rejection, timestamp.BadAlgorithm)
			must(t, err)
			w.Write(b)
			return
		}
		raw, err := io.ReadAll(r.Body)
		must(t, err)
		asked, err := timestamp.ParseRequest(raw)
		must(t, err)
		if r.Header.Get("Content-Type") != "application/timestamp-query" || !asked.Certificates {
			t.Error("not asked as RFC 3161 has it")
		}
		stamp := timestamp.Timestamp{HashAlgorithm: crypto.SHA256, HashedMessage: asked.HashedMessage, Nonce: asked.Nonce, Time: time.Now(), Policy: []int{1, 2, 3}, AddTSACertificate: mode != "no certificate"}
		switch mode {
		case "other":
			other := sha256.Sum256([]byte("other"))
			stamp.HashedMessage = other[:]
		case "old":
			stamp.Nonce = big.NewInt(7)
		}
		b, err := stamp.CreateResponseWithOpts(certificate, key, crypto.SHA256)
		must(t, err)
		w.Write(b)
	}))
	defer server.Close()
	c, err := tsa.New(server.URL)
	must(t, err)
	defer c.Close()
	digest := sha256.Sum256([]byte("a signature"))
	token, err := c.Timestamp(t.Context(), digest[:])
	must(t, err)
	stamp, err := timestamp.Parse(token)
	must(t, err)
	if string(stamp.HashedMessage) != string(digest[:]) {
		t.Error("another digest")
	}
	for m, want := range map[string]domain.Code{"down": domain.Unavailable, "refuses": domain.Upstream, "nonsense": domain.Upstream, "rejects": domain.Upstream,
		"other": domain.Upstream, "old": domain.Upstream, "no certificate": domain.Upstream} {
		mode = m
		if _, err := c.Timestamp(t.Context(), digest[:]); domain.CodeOf(err) != want {
			t.Errorf("%s: %v", m, err)
		}
	}
	server.Close()
	if _, err := c.Timestamp(t.Context(), digest[:]); domain.CodeOf(err) != domain.Unavailable {
		t.Errorf("gone: %v", err)
	}
	for _, bad := range []string{"", "tsa", "ftp://tsa.example"} {
		if _, err := tsa.New(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
