package tests

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"counsel/sandbox/testkit"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-msgauth/dkim"
)

// mailServer is aiosmtpd with a certificate of a private CA and a maildir.
type mailServer struct {
	port    string
	ca, box string // files
}

func startMailServer(t *testing.T) mailServer {
	t.Helper()
	program, err := exec.LookPath("aiosmtpd")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("CI needs aiosmtpd")
		}
		t.Skip("aiosmtpd is not installed: scripts/setup servers")
	}
	dir := t.TempDir()
	s := mailServer{ca: filepath.Join(dir, "ca.pem"), box: filepath.Join(dir, "box")}
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificates(t, s.ca, cert, key)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	if err := l.Close(); err != nil { // free the port for the server
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-n", "-l", "127.0.0.1:"+s.port, "--tlscert", cert, "--tlskey", key, "-c", "aiosmtpd.handlers.Mailbox", s.box)
	var out testkit.Log
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	testkit.Eventually(t, "the mail server", func() bool {
		c, err := smtp.Dial("127.0.0.1:" + s.port)
		return err == nil && c.Close() == nil
	})
	return s
}

// mails returns the mails to an address.
func (s mailServer) mails(t *testing.T, to string) (found []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.box, "new", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "X-RcptTo: "+to) {
			found = append(found, string(raw))
		}
	}
	return found
}

func writeCertificates(t *testing.T, caFile, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA of the test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "mail"}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]pem.Block{caFile: {Type: "CERTIFICATE", Bytes: caDER}, certFile: {Type: "CERTIFICATE", Bytes: leafDER}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(&block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tls.LoadX509KeyPair(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
}

// TestMailOverSTARTTLS resets a forgotten password with a signed mail that a production server
// sends over STARTTLS.
func TestMailOverSTARTTLS(t *testing.T) {
	t.Parallel()
	server := startMailServer(t)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	env, _ := productionEnv(t)
	for name, value := range map[string]string{
		"SMTP_HOST": "127.0.0.1", "SMTP_PORT": server.port, "SMTP_CA_FILE": server.ca, "MAIL_FROM": "Counsel <no-reply@counsel.test>", "PUBLIC_URL": "https://counsel.test",
		"MAIL_DKIM_DOMAIN": "counsel.test", "MAIL_DKIM_SELECTOR": "mail", "MAIL_DKIM_KEY": strings.ReplaceAll(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "\n", `\n`),
	} {
		env[name] = value
	}
	p := launch(t, env, "serve").waitUntilListening()
	address := "ada-" + strconv.FormatInt(time.Now().UnixNano(), 36) + "@example.test"
	request := func(path string, body map[string]string) (int, []byte) {
		t.Helper()
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.Post(p.url+path, "application/json", bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, answer
	}
	if status, answer := request("/api/auth/register", map[string]string{"email": address, "password": "correct horse battery", "fullName": "Ada"}); status != 201 {
		t.Fatalf("%d %s", status, answer)
	}
	testkit.Eventually(t, "the welcome", func() bool { return len(server.mails(t, address)) == 1 })
	if status, answer := request("/api/auth/password/forgot", map[string]string{"email": address}); status != 204 {
		t.Fatalf("%d %s", status, answer)
	}
	var token string
	testkit.Eventually(t, "the mail with the link", func() bool {
		for _, raw := range server.mails(t, address) {
			if m := regexp.MustCompile(`https://counsel\.test/account#reset=([A-Za-z0-9_-]+)`).FindStringSubmatch(textOf(t, raw)); m != nil {
				token = m[1]
			}
		}
		return token != ""
	})
	for _, raw := range server.mails(t, address) {
		v, err := dkim.VerifyWithOptions(strings.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(string) ([]string, error) {
			return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
		}})
		if err != nil || len(v) != 1 || v[0].Err != nil {
			t.Errorf("DKIM signature: %v %+v\n%s", err, v, raw)
		}
	}
	if status, answer := request("/api/auth/password/reset", map[string]string{"token": token, "password": "a new horse battery"}); status != 204 {
		t.Fatalf("%d %s", status, answer)
	}
	if status, answer := request("/api/auth/login", map[string]string{"email": address, "password": "a new horse battery"}); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	p.stop(os.Interrupt, 15*time.Second)
	if log := p.output.String(); strings.Contains(log, address) || strings.Contains(log, token) {
		t.Errorf("the log contains an address or a secret:\n%s", log)
	}
}

// textOf returns the text of a mail.
func textOf(t *testing.T, raw string) string {
	t.Helper()
	r, err := mail.CreateReader(strings.NewReader(strings.ReplaceAll(raw, "\r\n", "\n")))
	if err != nil {
		t.Fatal(err)
	}
	part, err := r.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(part.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
