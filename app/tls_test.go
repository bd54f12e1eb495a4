package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"counsel/config"
)

// writeCertificate writes a certificate for localhost and its key, modified at a time, and returns their paths.
func writeCertificate(t *testing.T, dir string, serial int64, modified time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, modified, modified); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// TestCertificateReload: a changed certificate is served without a restart, and one that is not valid never.
func TestCertificateReload(t *testing.T) {
	t.Parallel()
	dir, now, registry := t.TempDir(), time.Now(), prometheus.NewRegistry()
	cfg := config.HTTP{}
	cfg.CertificateFile, cfg.CertificateKeyFile = writeCertificate(t, dir, 1, now)
	settings, err := newTLSConfig(cfg, func() time.Time { return now }, registry, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", settings)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	served := func() int64 {
		t.Helper()
		done := make(chan error, 1)
		go func() {
			conn, err := listener.Accept()
			if err == nil {
				err = conn.(*tls.Conn).HandshakeContext(t.Context())
				_ = conn.Close()
			}
			done <- err
		}()
		dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // its serial number is compared
		conn, err := dialer.DialContext(t.Context(), "tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if n := served(); n != 1 {
		t.Errorf("certificate %d", n)
	}
	writeCertificate(t, dir, 2, now.Add(time.Second))
	if n := served(); n != 1 {
		t.Errorf("certificate %d before the next check", n)
	}
	now = now.Add(certificateCheck)
	if n := served(); n != 2 {
		t.Errorf("certificate %d after the change", n)
	}
	if err := os.WriteFile(cfg.CertificateFile, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(certificateCheck)
	if n := served(); n != 2 {
		t.Errorf("certificate %d while the file is not valid", n)
	}
	families, err := registry.Gather()
	if err != nil || len(families) != 1 {
		t.Fatalf("%v, %v", families, err)
	}
	if left := families[0].Metric[0].Gauge.GetValue() - float64(time.Now().Unix()); left < 3500 || left > 3600 {
		t.Errorf("the certificate of an hour expires in %v seconds", left)
	}
}

// TestCertificateInvalid: the service does not start with a certificate that it cannot read.
func TestCertificateInvalid(t *testing.T) {
	t.Parallel()
	_, keyFile := writeCertificate(t, t.TempDir(), 1, time.Now())
	for _, cfg := range []config.HTTP{
		{CertificateFile: "missing.pem", CertificateKeyFile: keyFile},
		{CertificateFile: keyFile, CertificateKeyFile: keyFile},
	} {
		if _, err := newTLSConfig(cfg, time.Now, prometheus.NewRegistry(), slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}
