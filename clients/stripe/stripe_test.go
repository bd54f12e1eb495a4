package stripe_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"counsel/clients/stripe"
	"counsel/domain"
	"counsel/domain/payments"
	sandbox "counsel/sandbox/stripe"
	"counsel/sandbox/testkit"
)

// fixture is a sandbox and a client of it.
type fixture struct {
	*stripe.Client
	sandbox *sandbox.Server
	calls   []stripe.Call
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	s, err := sandbox.Start(t.Context(), sandbox.Options{})
	testkit.Must(t, err)
	t.Cleanup(func() { testkit.Must(t, s.Close()) })
	f := &fixture{sandbox: s}
	f.Client, err = stripe.New(stripe.Config{URL: s.URL, APIKey: s.APIKey, WebhookSecret: s.WebhookSecret, Timeout: 2 * time.Second, Backoff: []time.Duration{time.Millisecond, time.Millisecond},
		OpenFor: 50 * time.Millisecond, Observe: func(c stripe.Call) { f.calls = append(f.calls, c) }})
	testkit.Must(t, err)
	t.Cleanup(func() { testkit.Must(t, f.Close()) })
	return f
}

func newCheckout(amount int64, currency string) payments.Checkout {
	return payments.Checkout{PaymentID: domain.NewID(), Amount: domain.Money{Amount: amount, Currency: currency}, Description: "Invoice 2026-0001",
		SuccessURL: "https://firm.example/paid", CancelURL: "https://firm.example/cancelled", ExpiresAt: time.Now().Add(12 * time.Hour)}
}

func (f *fixture) behave(t *testing.T, mode sandbox.Mode, times int) {
	t.Helper()
	testkit.Must(t, f.sandbox.SetBehaviour(sandbox.Behaviour{Mode: mode, Times: times}))
}

func TestCheckout(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	n := newCheckout(23800, "EUR")
	created, err := f.CreateCheckout(ctx, n)
	testkit.Must(t, err)
	if created.Status != payments.Open || created.CheckoutID == "" || !strings.HasPrefix(created.URL, f.sandbox.URL+"/pay/") {
		t.Fatalf("created: %+v", created)
	}
	again, err := f.CreateCheckout(ctx, n)
	testkit.Must(t, err)
	if again.CheckoutID != created.CheckoutID {
		t.Error("a second call created another checkout")
	}
	testkit.Must(t, f.sandbox.Do(created.CheckoutID, sandbox.ActionDecline))
	state, err := f.State(ctx, created.CheckoutID)
	testkit.Must(t, err)
	if state.Status != payments.Open || state.Decline != "insufficient_funds" {
		t.Errorf("after a decline: %+v", state)
	}
	testkit.Must(t, f.sandbox.Do(created.CheckoutID, sandbox.ActionPay))
	state, err = f.State(ctx, created.CheckoutID)
	testkit.Must(t, err)
	if state.Status != payments.Succeeded || state.Received != n.Amount || state.Fee != (domain.Money{Amount: 23800*2/100 + 25, Currency: "EUR"}) || state.PaidAt.IsZero() || state.Decline != "" {
		t.Errorf("after paying: %+v", state)
	}
	testkit.Must(t, f.ExpireCheckout(ctx, created.CheckoutID)) // it is paid: no error
	request := payments.RefundRequest{RefundID: domain.NewID(), IntentID: state.IntentID, Amount: domain.Money{Amount: 3800, Currency: "EUR"}}
	for range 2 {
		refund, err := f.Refund(ctx, request)
		testkit.Must(t, err)
		if refund.Status != payments.RefundSucceeded || refund.RefundID != request.RefundID.String() || refund.Amount != request.Amount {
			t.Errorf("refund: %+v", refund)
		}
	}
	_, err = f.Refund(ctx, payments.RefundRequest{RefundID: domain.NewID(), IntentID: state.IntentID, Amount: n.Amount})
	if domain.CodeOf(err) != domain.Upstream || errors.Is(err, payments.ErrUncertain) {
		t.Errorf("a refund of more than is left: %v", err)
	}
	testkit.Must(t, f.sandbox.Do(created.CheckoutID, sandbox.ActionDispute))
	state, err = f.State(ctx, created.CheckoutID)
	testkit.Must(t, err)
	if len(state.Refunds) != 1 || len(state.Disputes) != 1 || state.Disputes[0].Status != payments.DisputeOpen || state.Disputes[0].Fee.Amount != 1500 || state.Disputes[0].Reason != "fraudulent" {
		t.Errorf("after a refund and a dispute: %+v", state)
	}
	testkit.Must(t, f.sandbox.Do(created.CheckoutID, sandbox.ActionLoseDispute))
	state, err = f.State(ctx, created.CheckoutID)
	testkit.Must(t, err)
	if state.Disputes[0].Status != payments.DisputeLost {
		t.Errorf("the dispute is %s", state.Disputes[0].Status)
	}
}

func TestDebitAndExpiry(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	for _, c := range []struct {
		actions []string
		want    payments.Status
	}{
		{[]string{sandbox.ActionDebit}, payments.Processing},
		{[]string{sandbox.ActionDebit, sandbox.ActionComplete}, payments.Succeeded},
		{[]string{sandbox.ActionDebit, sandbox.ActionReturn}, payments.Failed},
	} {
		created, err := f.CreateCheckout(ctx, newCheckout(1000, "EUR"))
		testkit.Must(t, err)
		for _, a := range c.actions {
			testkit.Must(t, f.sandbox.Do(created.CheckoutID, a))
		}
		state, err := f.State(ctx, created.CheckoutID)
		testkit.Must(t, err)
		if state.Status != c.want {
			t.Errorf("%v: %s", c.actions, state.Status)
		}
	}
	created, err := f.CreateCheckout(ctx, newCheckout(1000, "EUR"))
	testkit.Must(t, err)
	testkit.Must(t, f.ExpireCheckout(ctx, created.CheckoutID))
	testkit.Must(t, f.ExpireCheckout(ctx, created.CheckoutID))
	state, err := f.State(ctx, created.CheckoutID)
	testkit.Must(t, err)
	if state.Status != payments.Expired {
		t.Errorf("it is %s", state.Status)
	}
	if _, err := f.State(ctx, "cs_test_none"); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("a checkout that does not exist: %v", err)
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range []struct {
		amount   int64
		currency string
		ok       bool
	}{
		{500, "JPY", true}, {12340, "KWD", true}, {12345, "KWD", false}, {12345, "TND", false}, {700, "ISK", true}, {700, "UGX", true}, {70000, "MGA", true}, {70050, "MGA", false},
		{99_999_999, "EUR", true}, {100_000_000, "EUR", false}, {domain.MaxAmount, "ISK", false}, {0, "EUR", false},
	} {
		m := domain.Money{Amount: c.amount, Currency: c.currency}
		err := f.CheckAmount(m)
		if (err == nil) != c.ok || !c.ok && domain.CodeOf(err) != domain.Invalid {
			t.Errorf("%v: %v", m, err)
		}
		if !c.ok {
			continue
		}
		created, err := f.CreateCheckout(t.Context(), newCheckout(c.amount, c.currency))
		testkit.Must(t, err)
		testkit.Must(t, f.sandbox.Do(created.CheckoutID, sandbox.ActionPay))
		state, err := f.State(t.Context(), created.CheckoutID)
		testkit.Must(t, err)
		if state.Received != m {
			t.Errorf("%v was received as %v", m, state.Received)
		}
	}
}

// TestFaults has each fault once, which a retry repairs, and then always.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode      sandbox.Mode
		uncertain bool
	}{
		{sandbox.ModeDown, true}, {sandbox.ModeRateLimit, false}, {sandbox.ModeRefuse, true}, {sandbox.ModeDropAnswer, true}, {sandbox.ModeGarbage, true}, {sandbox.ModeHuge, true},
	} {
		t.Run(string(c.mode), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			n := newCheckout(1000, "EUR")
			f.behave(t, c.mode, 1)
			created, err := f.CreateCheckout(t.Context(), n)
			testkit.Must(t, err)
			f.behave(t, c.mode, 0)
			_, err = f.CreateCheckout(t.Context(), newCheckout(1000, "EUR"))
			if domain.CodeOf(err) != domain.Unavailable || errors.Is(err, payments.ErrUncertain) != c.uncertain {
				t.Errorf("%v", err)
			}
			if strings.Contains(err.Error(), f.sandbox.APIKey) {
				t.Error("the error contains the API key")
			}
			f.behave(t, sandbox.ModeOK, 0)
			again, err := f.CreateCheckout(t.Context(), n)
			testkit.Must(t, err)
			if again.CheckoutID != created.CheckoutID {
				t.Error("a retry created another checkout")
			}
		})
	}
}

func TestSlow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	testkit.Must(t, f.sandbox.SetBehaviour(sandbox.Behaviour{Mode: sandbox.ModeSlow, DelayMs: 60_000}))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := f.CreateCheckout(ctx, newCheckout(1000, "EUR"))
	if domain.CodeOf(err) != domain.Unavailable || !errors.Is(err, payments.ErrUncertain) {
		t.Errorf("%v", err)
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.behave(t, sandbox.ModeDown, 0)
	for range 3 {
		if _, err := f.State(t.Context(), "cs_test_1"); domain.CodeOf(err) != domain.Unavailable {
			t.Fatal(err)
		}
	}
	if last := f.calls[len(f.calls)-1]; last.Outcome != "breaker_open" {
		t.Errorf("the last call: %+v", last)
	}
	if n := f.sandbox.Requests("GET /v1/checkout/sessions/{id}"); n != 5 {
		t.Errorf("%d requests were sent", n)
	}
	f.behave(t, sandbox.ModeOK, 0)
	testkit.Eventually(t, "the breaker closes", func() bool {
		_, err := f.State(t.Context(), "cs_test_1")
		return domain.CodeOf(err) == domain.NotFound
	})
}

func TestWrongKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	other, err := stripe.New(stripe.Config{URL: f.sandbox.URL, APIKey: "sk_test_other"})
	testkit.Must(t, err)
	if _, err = other.CreateCheckout(t.Context(), newCheckout(1000, "EUR")); domain.CodeOf(err) != domain.Upstream || errors.Is(err, payments.ErrUncertain) || strings.Contains(err.Error(), "sk_test") {
		t.Errorf("%v", err)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	if events, more, err := f.EventsAfter(ctx, ""); err != nil || len(events) != 0 || more {
		t.Errorf("without events: %v %v %v", events, more, err)
	}
	n := newCheckout(1000, "EUR")
	created, err := f.CreateCheckout(ctx, n)
	testkit.Must(t, err)
	for range 120 {
		testkit.Must(t, f.sandbox.Do(created.CheckoutID, sandbox.ActionDecline))
	}
	newest, _, err := f.EventsAfter(ctx, "")
	testkit.Must(t, err)
	if len(newest) != 1 {
		t.Fatalf("%d events are the newest", len(newest))
	}
	for range 110 {
		testkit.Must(t, f.sandbox.Do(created.CheckoutID, sandbox.ActionDecline))
	}
	testkit.Must(t, f.sandbox.Do(created.CheckoutID, sandbox.ActionPay))
	first, more, err := f.EventsAfter(ctx, newest[0].ID)
	testkit.Must(t, err)
	if len(first) != 100 || !more || first[0].PaymentID != n.PaymentID.String() || first[0].IntentID == "" || first[0].Live || first[0].Foreign {
		t.Fatalf("%d events, more %v: %+v", len(first), more, first[0])
	}
	rest, more, err := f.EventsAfter(ctx, first[99].ID)
	testkit.Must(t, err)
	if len(rest) != 12 || more || rest[11].Type != "checkout.session.completed" || rest[10].Type != "payment_intent.succeeded" {
		t.Errorf("%d events, more %v", len(rest), more)
	}
	if _, _, err := f.EventsAfter(ctx, "evt_none"); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("after an event that does not exist: %v", err)
	}
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := newCheckout(1000, "EUR")
	created, err := f.CreateCheckout(t.Context(), n)
	testkit.Must(t, err)
	testkit.Must(t, f.sandbox.Do(created.CheckoutID, sandbox.ActionPay))
	testkit.Must(t, f.sandbox.Do(created.CheckoutID, sandbox.ActionRefund))
	bodies := f.sandbox.Events()
	for _, body := range bodies {
		e, err := f.ParseWebhook(sandbox.Sign(f.sandbox.WebhookSecret, time.Now(), body), body)
		testkit.Must(t, err)
		if e.ID == "" || e.IntentID == "" || e.Type != "refund.created" && e.PaymentID != n.PaymentID.String() {
			t.Errorf("%+v", e)
		}
	}
	body := bodies[0]
	for name, signature := range map[string]string{
		"none": "", "garbage": "t=x,v1=y", "wrong secret": sandbox.Sign("whsec_other", time.Now(), body), "other body": sandbox.Sign(f.sandbox.WebhookSecret, time.Now(), body[1:]),
		"old": sandbox.Sign(f.sandbox.WebhookSecret, time.Now().Add(-6*time.Minute), body),
	} {
		if _, err := f.ParseWebhook(signature, body); domain.CodeOf(err) != domain.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, body := range []string{"", "{", "[]", "{}", `{"id":"evt_1"}`} {
		if _, err := f.ParseWebhook(sandbox.Sign(f.sandbox.WebhookSecret, time.Now(), []byte(body)), []byte(body)); domain.CodeOf(err) != domain.Malformed {
			t.Errorf("%q: %v", body, err)
		}
	}
	foreign := []byte(`{"id":"evt_1","type":"charge.updated","livemode":true,"account":"acct_1","data":{"object":{"id":"ch_1","object":"charge","payment_intent":{"id":"pi_1"}}}}`)
	if e, err := f.ParseWebhook(sandbox.Sign(f.sandbox.WebhookSecret, time.Now(), foreign), foreign); err != nil || !e.Live || !e.Foreign || e.PaymentID != "" || e.IntentID != "" {
		t.Errorf("%+v, %v", e, err)
	}
	silent, err := stripe.New(stripe.Config{APIKey: "sk_live_1"})
	testkit.Must(t, err)
	if _, err := silent.ParseWebhook(sandbox.Sign("", time.Now(), body), body); domain.CodeOf(err) != domain.Unauthenticated || !silent.Live() {
		t.Errorf("without a secret: %v", err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []stripe.Config{{}, {APIKey: "k", URL: "ftp://host"}, {APIKey: "k", URL: "https://user@host"}, {APIKey: "k", URL: "host"}} {
		if _, err := stripe.New(c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}
