package app

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"counsel/config"
	"counsel/domain"
)

// certificateCheck is how often the files of a certificate are checked for a change.
const certificateCheck = 10 * time.Second

// certificate is the server's TLS certificate, which is read again when its files change. While the new files are not
// valid, for example half written, the former certificate stays in use.
type certificate struct {
	certFile, keyFile string
	clock             domain.Clock
	log               *slog.Logger

	mu       sync.Mutex
	checked  time.Time
	modified [2]time.Time
	current  *tls.Certificate
}

// newTLSConfig returns the settings of TLS, or nil if no certificate is configured.
func newTLSConfig(cfg config.HTTP, clock domain.Clock, registry prometheus.Registerer, log *slog.Logger) (*tls.Config, error) {
	if cfg.CertificateFile == "" {
		return nil, nil
	}
	c := &certificate{certFile: cfg.CertificateFile, keyFile: cfg.CertificateKeyFile, clock: clock, log: log}
	if err := c.load(); err != nil {
		return nil, fmt.Errorf("TLS_CERTIFICATE_FILE, TLS_PRIVATE_KEY_FILE: %w", err)
	}
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "counsel_tls_certificate_expiry_timestamp_seconds", Help: "When the TLS certificate in use expires, in Unix time."}, c.expiry))
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: c.get}, nil
}

// get returns the certificate for a handshake.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.clock().Sub(c.checked) >= certificateCheck {
		if err := c.load(); err != nil {
			c.log.Error("the changed TLS certificate is not valid; the former one stays in use", "error", err)
		}
	}
	return c.current, nil
}

// expiry returns when the certificate in use expires, in Unix time.
func (c *certificate) expiry() float64 {
	current, _ := c.get(nil)
	return float64(current.Leaf.NotAfter.Unix())
}

// load reads the files if they have changed.
func (c *certificate) load() error {
	c.checked = c.clock()
	var modified [2]time.Time
	for i, path := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		modified[i] = info.ModTime()
	}
	if c.current != nil && modified == c.modified {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.current, c.modified = &pair, modified
	return nil
}
