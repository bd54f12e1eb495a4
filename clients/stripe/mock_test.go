package stripe_test

import (
	"bufio"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"counsel/clients/stripe"
	"counsel/domain"
	"counsel/domain/payments"
	"counsel/sandbox/testkit"
)

// TestMock sends each request to stripe-mock, which checks it against Stripe's OpenAPI contract and answers with its examples.
func TestMock(t *testing.T) {
	t.Parallel()
	c, err := stripe.New(stripe.Config{URL: startMock(t), APIKey: "sk_test_123"})
	testkit.Must(t, err)
	ctx := t.Context()
	n := newCheckout(23800, "EUR")
	created, err := c.CreateCheckout(ctx, n)
	testkit.Must(t, err)
	if created.CheckoutID == "" {
		t.Errorf("created: %+v", created)
	}
	if _, err := c.State(ctx, created.CheckoutID); err != nil {
		t.Error(err)
	}
	testkit.Must(t, c.ExpireCheckout(ctx, created.CheckoutID))
	refund, err := c.Refund(ctx, payments.RefundRequest{RefundID: domain.NewID(), IntentID: "pi_1", Amount: domain.Money{Amount: 100, Currency: "EUR"}})
	testkit.Must(t, err)
	if refund.ID == "" || refund.Status == "" {
		t.Errorf("refund: %+v", refund)
	}
	if _, err := c.Refunds(ctx, "pi_1"); err != nil {
		t.Error(err)
	}
	if _, err := c.Disputes(ctx, "pi_1"); err != nil {
		t.Error(err)
	}
	if events, _, err := c.EventsAfter(ctx, "evt_1"); err != nil || len(events) == 0 || events[0].ID == "" {
		t.Errorf("events: %+v, %v", events, err)
	}
	if events, _, err := c.EventsAfter(ctx, ""); err != nil || len(events) != 1 {
		t.Errorf("the newest event: %+v, %v", events, err)
	}
}

var mockAddress = regexp.MustCompile(`Listening for HTTP at address: (127\.0\.0\.1:\d+)`)

// startMock starts stripe-mock on a free port and returns its URL.
func startMock(t *testing.T) string {
	t.Helper()
	binary := t.TempDir() + "/stripe-mock"
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-modfile=../../tools/go.mod", "-o", binary, "github.com/stripe/stripe-mock").CombinedOutput(); err != nil {
		t.Fatalf("building stripe-mock: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	testkit.Must(t, err)
	testkit.Must(t, cmd.Start())
	address := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := mockAddress.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	select {
	case a := <-address:
		return "http://" + a
	case <-read:
		t.Fatal("stripe-mock ended")
	case <-time.After(30 * time.Second):
		t.Fatal("stripe-mock does not start")
	}
	return ""
}
