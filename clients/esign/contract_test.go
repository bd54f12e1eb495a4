package esign

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/esign/envelopes"
)

// TestDocuSealContract runs the client against a mock of DocuSeal's published OpenAPI contract, which rejects
// invalid requests. DOCUSEAL_OPENAPI is the path of the contract; the mock is Prism, installed in tests/esign.
func TestDocuSealContract(t *testing.T) {
	contract := os.Getenv("DOCUSEAL_OPENAPI")
	if contract == "" {
		t.Skip("DOCUSEAL_OPENAPI is not set")
	}
	prism, err := filepath.Abs("../../tests/esign/node_modules/.bin/prism")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(prism); err != nil {
		t.Skip("Prism is not installed: npm ci in tests/esign")
	}
	ctx := t.Context()
	cmd := exec.CommandContext(ctx, prism, "mock", "-p", "0", contract)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	at := make(chan string, 1)
	go func() {
		defer close(at)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if _, url, ok := strings.Cut(lines.Text(), "listening on "); ok {
				at <- strings.TrimSpace(url)
			}
		}
	}()
	var url string
	select {
	case url = <-at:
	case <-time.After(time.Minute):
	}
	if url == "" {
		t.Fatal("Prism did not start")
	}

	d := newProvider(t, "docuseal", Config{URL: url, Timeout: 20 * time.Second})
	id, err := d.Create(ctx, newEnvelope(20))
	if err != nil || id == "" {
		t.Fatalf("Create = %q, %v", id, err)
	}
	bad := newEnvelope(1)
	bad.Signers[0].Email = "not an address"
	if _, err := d.Create(ctx, bad); domain.CodeOf(err) != domain.Upstream {
		t.Errorf("the mock accepted an invalid request: %v", err)
	}
	// The mock returns the contract's examples, which are about envelope 1.
	state, err := d.Get(ctx, "1")
	if err != nil || state.Status != envelopes.Completed || len(state.Signers) != 1 || !state.Signers[0].Signed || state.Signers[0].SignedAt.IsZero() {
		t.Errorf("Get = %+v, %v", state, err)
	}
	if at, err := d.SigningURL(ctx, "1", "submitter@example.com"); err != nil || !strings.HasSuffix(at, "/s/dsEeWrhRD8yDXT") {
		t.Errorf("SigningURL = %q, %v", at, err)
	}
	if _, err := d.Find(ctx, externalID); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("Find: %v", err)
	}
	if err := d.Cancel(ctx, "1"); err != nil {
		t.Errorf("Cancel: %v", err)
	}
	// The example's file is on the Internet, so only the list of files is checked.
	if _, err := d.Signed(ctx, "x"); domain.CodeOf(err) != domain.Upstream {
		t.Errorf("an id that is not a number: %v", err)
	}
}
