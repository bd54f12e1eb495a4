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
	"counsel/sandbox/testkit"
)

func TestTimestamp(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	testkit.Must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "TSA"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}, KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	testkit.Must(t, err)
	certificate, err := x509.ParseCertificate(der)
	testkit.Must(t, err)
	mode := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch mode {
		case "down":
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case "forbidden":
			w.WriteHeader(http.StatusForbidden)
			return
		case "no token":
			io.WriteString(w, "<html>")
			return
		case "rejection":
			b, err := timestamp.CreateErrorResponse(timestamp.Rejection, timestamp.BadAlgorithm)
			testkit.Must(t, err)
			w.Write(b)
			return
		}
		raw, err := io.ReadAll(r.Body)
		testkit.Must(t, err)
		request, err := timestamp.ParseRequest(raw)
		testkit.Must(t, err)
		if r.Header.Get("Content-Type") != "application/timestamp-query" || !request.Certificates {
			t.Error("the request does not follow RFC 3161")
		}
		ts := timestamp.Timestamp{HashAlgorithm: crypto.SHA256, HashedMessage: request.HashedMessage, Nonce: request.Nonce, Time: time.Now(), Policy: []int{1, 2, 3}, AddTSACertificate: mode != "no certificate"}
		switch mode {
		case "other digest":
			other := sha256.Sum256([]byte("other"))
			ts.HashedMessage = other[:]
		case "old nonce":
			ts.Nonce = big.NewInt(7)
		}
		b, err := ts.CreateResponseWithOpts(certificate, key, crypto.SHA256)
		testkit.Must(t, err)
		w.Write(b)
	}))
	defer server.Close()
	c, err := tsa.New(server.URL)
	testkit.Must(t, err)
	defer c.Close()
	digest := sha256.Sum256([]byte("a signature"))
	token, err := c.Timestamp(t.Context(), digest[:])
	testkit.Must(t, err)
	ts, err := timestamp.Parse(token)
	testkit.Must(t, err)
	if string(ts.HashedMessage) != string(digest[:]) {
		t.Error("the token has a different digest")
	}
	for m, want := range map[string]domain.Code{"down": domain.Unavailable, "forbidden": domain.Upstream, "no token": domain.Upstream, "rejection": domain.Upstream,
		"other digest": domain.Upstream, "old nonce": domain.Upstream, "no certificate": domain.Upstream} {
		mode = m
		if _, err := c.Timestamp(t.Context(), digest[:]); domain.CodeOf(err) != want {
			t.Errorf("%s: %v", m, err)
		}
	}
	server.Close()
	if _, err := c.Timestamp(t.Context(), digest[:]); domain.CodeOf(err) != domain.Unavailable {
		t.Errorf("server closed: %v", err)
	}
	for _, bad := range []string{"", "tsa", "ftp://tsa.example"} {
		if _, err := tsa.New(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
