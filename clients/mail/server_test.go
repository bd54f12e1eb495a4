package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"counsel/clients/mail"
	"counsel/domain"
	"counsel/domain/email"
	"counsel/sandbox/testkit/smtptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const user, password = "counsel", "s3cr3t-of-the-mail-server"

// fakeServer is an SMTP server that requires the password.
type fakeServer struct {
	*smtptest.Server
	t *testing.T
}

func newFakeServer(t *testing.T, c smtptest.Config) *fakeServer {
	t.Helper()
	c.User, c.Password = user, password
	return &fakeServer{smtptest.Start(t, c), t}
}

// newCA returns a private CA and a server certificate that it signed.
func newCA(t *testing.T) (*x509.CertPool, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA of the test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "mail"}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return pool, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leafDER}, PrivateKey: key}}}
}

// newClient returns a client of s, without TLS unless change sets it.
func (s *fakeServer) newClient(change func(*mail.Config)) *mail.Client {
	s.t.Helper()
	cfg := mail.Config{Host: "127.0.0.1", Port: s.Port, User: user, Password: password, TLS: mail.NoTLS, From: "Counsel <no-reply@counsel.example>",
		Timeout: 5 * time.Second, DataTimeout: 5 * time.Second}
	if change != nil {
		change(&cfg)
	}
	c, err := mail.New(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

func newMail(to ...string) email.Outgoing {
	return email.Outgoing{ID: domain.NewID(), Date: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), Subject: "Your appointment", Text: "Dear Ada,\n\n.hidden dots stay.\n", To: to, Recipients: to}
}

func results(out []email.Outcome) (list []email.Result) {
	for _, o := range out {
		list = append(list, o.Result)
	}
	return list
}
