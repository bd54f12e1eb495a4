package main

import (
	"flag"
	"os"
	"strings"
	"testing"

	"counsel/domain/billing"
	"counsel/domain/drafts"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/esign/envelopes"
	"counsel/domain/files"
	"counsel/domain/jobs"
	"counsel/domain/payments"
	"counsel/domain/templates"
	"counsel/domain/webhooks"
)

var update = flag.Bool("update", false, "write docs/lifecycles.md")

// TestLifecycles checks that docs/lifecycles.md draws the tables that the code follows.
// `go test . -run TestLifecycles -update` writes it.
func TestLifecycles(t *testing.T) {
	const path = "docs/lifecycles.md"
	var b strings.Builder
	b.WriteString("# Life cycles\n\nThe states of things and the transitions between them, drawn from the tables in the code. Each is explained in the `lifecycle.go` of its package.\n")
	for _, l := range []struct{ title, where, diagram string }{
		{"Job", "domain/jobs", jobs.Lifecycle.Mermaid()},
		{"Webhook delivery", "domain/webhooks", webhooks.Lifecycle.Mermaid()},
		{"Document", "domain/files", files.Lifecycle.Mermaid()},
		{"Text of a document", "domain/files", files.TextLifecycle.Mermaid()},
		{"Draft", "domain/drafts", drafts.Lifecycle.Mermaid()},
		{"Version of a template", "domain/templates", templates.Lifecycle.Mermaid()},
		{"Signature request", "domain/esign", esign.RequestLifecycle.Mermaid()},
		{"Signer", "domain/esign", esign.SignerLifecycle.Mermaid()},
		{"Envelope at an external provider", "domain/esign/envelopes", envelopes.Lifecycle.Mermaid()},
		{"Invoice", "domain/billing", billing.Lifecycle.Mermaid()},
		{"Refund or chargeback", "domain/billing", billing.ReversalLifecycle.Mermaid()},
		{"Payment", "domain/payments", payments.Lifecycle.Mermaid()},
		{"Refund of a payment", "domain/payments", payments.RefundLifecycle.Mermaid()},
		{"Dispute of a payment", "domain/payments", payments.DisputeLifecycle.Mermaid()},
		{"E-mail", "domain/email", email.Lifecycle.Mermaid()},
		{"Recipient of an e-mail", "domain/email", email.RecipientLifecycle.Mermaid()},
	} {
		b.WriteString("\n## " + l.title + "\n\n[`" + l.where + "/lifecycle.go`](../" + l.where + "/lifecycle.go)\n\n```mermaid\n" + l.diagram + "```\n")
	}
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(stored) != b.String() {
		t.Errorf("%s differs from the tables: run go test . -run TestLifecycles -update", path)
	}
}
