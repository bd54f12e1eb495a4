package payments_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/billing"
	"counsel/domain/payments"
	sandbox "counsel/sandbox/stripe"
	"counsel/sandbox/testkit"
)

func TestCheckout(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	invoice := f.issued(23800, "EUR")
	p := f.checkout(invoice.ID)
	if p.Status != payments.Open || p.CheckoutURL == "" || p.Amount != (domain.Money{Amount: 23800, Currency: "EUR"}) {
		t.Fatalf("%+v", p)
	}
	if again := f.checkout(invoice.ID); again.ID != p.ID {
		t.Error("a second checkout is open")
	}
	p = f.do(p, sandbox.ActionDecline)
	if p.Status != payments.Open || p.Decline != "insufficient_funds" || f.count(domain.EventPaymentFailed) != 1 {
		t.Errorf("after a decline: %+v", p)
	}
	p = f.do(p, sandbox.ActionPay)
	if p.Status != payments.Succeeded || p.Received != 23800 || p.Fee.Amount != 501 || p.CheckoutURL != "" || p.Decline != "" || p.PaidAt == nil {
		t.Errorf("after paying: %+v", p)
	}
	if i := f.invoice(invoice.ID); i.Status != billing.Paid || i.Paid != 23800 {
		t.Errorf("the invoice: %+v", i)
	}
	if fees, clearing := f.balance(billing.Fees), f.balance(billing.ProviderClearing); fees != 501 || clearing != 23800-501 {
		t.Errorf("fees %d, clearing %d", fees, clearing)
	}
	if n := f.count(domain.EventPaymentSucceeded); n != 1 {
		t.Errorf("%d events", n)
	}
	_, err := f.Checkout(t.Context(), f.client, payments.NewCheckout{InvoiceID: invoice.ID})
	wantError(t, err, domain.Conflict, "invoice_not_payable")
}

func TestAccess(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	invoice := f.issued(1000, "EUR")
	_, err := f.Checkout(ctx, f.stranger, payments.NewCheckout{InvoiceID: invoice.ID})
	wantError(t, err, domain.NotFound, "")
	_, err = f.Checkout(ctx, f.viewer, payments.NewCheckout{InvoiceID: invoice.ID})
	wantError(t, err, domain.Forbidden, "")
	p := f.do(f.checkout(invoice.ID), sandbox.ActionPay)
	_, err = f.Get(ctx, f.stranger, p.ID)
	wantError(t, err, domain.NotFound, "")
	if _, err := f.Get(ctx, f.viewer, p.ID); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		who  domain.Principal
		code domain.Code
	}{{f.stranger, domain.NotFound}, {f.client, domain.Forbidden}, {f.viewer, domain.Forbidden}} {
		_, err := f.Refund(ctx, c.who, p.ID, payments.NewRefund{Reason: "x"})
		wantError(t, err, c.code, "")
	}
	for _, who := range []domain.Principal{f.client, f.owner} {
		items, _, err := f.List(ctx, who, payments.Filter{CaseID: &f.caseID, InvoiceID: &invoice.ID, Status: payments.Succeeded})
		testkit.Must(t, err)
		if len(items) != 1 {
			t.Errorf("%d payments", len(items))
		}
	}
	_, _, err = f.List(ctx, f.stranger, payments.Filter{CaseID: &f.caseID})
	wantError(t, err, domain.NotFound, "")
	if items, _, err := f.List(ctx, f.stranger, payments.Filter{}); err != nil || len(items) != 0 {
		t.Errorf("%v %v", items, err)
	}
	_, err = f.Checkout(ctx, f.client, payments.NewCheckout{InvoiceID: invoice.ID, SuccessURL: "javascript:alert(1)"})
	wantError(t, err, domain.Invalid, "/successUrl")
	_, err = f.Checkout(ctx, f.client, payments.NewCheckout{InvoiceID: f.issued(12345, "KWD").ID})
	wantError(t, err, domain.Invalid, "/invoiceId")
}

func TestCurrencies(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, m := range []domain.Money{{Amount: 500, Currency: "JPY"}, {Amount: 12340, Currency: "KWD"}, {Amount: 900, Currency: "ISK"}} {
		invoice := f.issued(m.Amount, m.Currency)
		p := f.do(f.checkout(invoice.ID), sandbox.ActionPay)
		if p.Status != payments.Succeeded || p.Received != m.Amount || f.invoice(invoice.ID).Status != billing.Paid {
			t.Errorf("%v: %+v", m, p)
		}
	}
}

// TestAmountChanged: a checkout of another amount is closed at the provider first.
func TestAmountChanged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	invoice := f.issued(1000, "EUR")
	first := f.checkout(invoice.ID)
	testkit.Must(t, db.WithTx(t.Context(), f.pool, func(tx db.Tx) error {
		_, err := f.billing.RecordPayment(t.Context(), tx, billing.PaymentReceived{InvoiceID: invoice.ID, PaymentID: domain.NewID(), Amount: domain.Money{Amount: 400, Currency: "EUR"}, ReceivedAt: f.clock()})
		return err
	}))
	second := f.checkout(invoice.ID)
	if second.ID == first.ID || second.Amount.Amount != 600 || f.get(first.ID).Status != payments.Canceled {
		t.Errorf("first %+v, second %+v", f.get(first.ID), second)
	}
	if err := f.stripe.Do(first.CheckoutID, sandbox.ActionPay); err == nil {
		t.Error("the first checkout can still be paid")
	}
}

// TestPaidTwice: money of another checkout and for a void invoice becomes credit of the client.
func TestPaidTwice(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	invoice := f.issued(1000, "EUR")
	p := f.checkout(invoice.ID)
	testkit.Must(t, f.stripe.Do(p.CheckoutID, sandbox.ActionPay))
	testkit.Must(t, db.WithTx(t.Context(), f.pool, func(tx db.Tx) error {
		_, err := f.billing.RecordPayment(t.Context(), tx, billing.PaymentReceived{InvoiceID: invoice.ID, PaymentID: domain.NewID(), Amount: domain.Money{Amount: 1000, Currency: "EUR"}, ReceivedAt: f.clock()})
		return err
	}))
	f.do(p)
	if i := f.invoice(invoice.ID); i.Credit != 1000 || f.count(domain.EventInvoiceOverpaid) != 1 {
		t.Errorf("%+v", i)
	}
	void := f.issued(700, "EUR")
	p = f.checkout(void.ID)
	testkit.Must(t, f.stripe.Do(p.CheckoutID, sandbox.ActionPay))
	_, err := f.billing.VoidInvoice(t.Context(), f.lawyer, f.caseID, void.ID)
	testkit.Must(t, err)
	f.do(p)
	if i := f.invoice(void.ID); i.Status != billing.Void || i.Credit != 700 {
		t.Errorf("%+v", i)
	}
}

// TestVoided: the checkout of an invoice that is voided is closed.
func TestVoided(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	invoice := f.issued(700, "EUR")
	p := f.checkout(invoice.ID)
	_, err := f.billing.VoidInvoice(t.Context(), f.lawyer, f.caseID, invoice.ID)
	testkit.Must(t, err)
	for range 2 {
		testkit.Must(t, f.Cancel(t.Context(), p.ID))
	}
	if p = f.get(p.ID); p.Status != payments.Canceled || f.stripe.Do(p.CheckoutID, sandbox.ActionPay) == nil {
		t.Errorf("%+v", p)
	}
}

func TestDebit(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	invoice := f.issued(1000, "EUR")
	p := f.do(f.checkout(invoice.ID), sandbox.ActionDebit)
	if p.Status != payments.Processing {
		t.Fatalf("it is %s", p.Status)
	}
	_, err := f.Checkout(t.Context(), f.client, payments.NewCheckout{InvoiceID: invoice.ID})
	wantError(t, err, domain.Conflict, "payment_processing")
	if p = f.do(p, sandbox.ActionReturn); p.Status != payments.Failed || f.count(domain.EventPaymentFailed) != 1 {
		t.Errorf("%+v", p)
	}
	if p = f.do(f.checkout(invoice.ID), sandbox.ActionDebit, sandbox.ActionComplete); p.Status != payments.Succeeded {
		t.Errorf("%+v", p)
	}
}

func TestExpired(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	invoice := f.issued(1000, "EUR")
	p := f.checkout(invoice.ID)
	f.advance(payments.CheckoutLifetime + time.Minute)
	if p = f.do(p); p.Status != payments.Expired || p.CheckoutURL != "" {
		t.Errorf("%+v", p)
	}
	if next := f.checkout(invoice.ID); next.ID == p.ID || next.Status != payments.Open {
		t.Errorf("%+v", next)
	}
}

func TestRefunds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	p := f.paid(10000)
	part, tooMuch := int64(3000), int64(7001)
	r, err := f.Refund(ctx, f.lawyer, p.ID, payments.NewRefund{Amount: &part, Reason: "Travel was not needed."})
	testkit.Must(t, err)
	if r.Status != payments.RefundSucceeded || r.ProviderID == "" {
		t.Errorf("%+v", r)
	}
	_, err = f.Refund(ctx, f.lawyer, p.ID, payments.NewRefund{Amount: &tooMuch, Reason: "x"})
	wantError(t, err, domain.Invalid, "/amount")
	_, err = f.Refund(ctx, f.lawyer, r.ID, payments.NewRefund{Reason: "a refund of a refund"})
	wantError(t, err, domain.NotFound, "")
	p = f.do(p)
	if i := f.invoice(p.InvoiceID); i.Status != billing.PartlyPaid || i.Paid != 7000 {
		t.Errorf("%+v", i)
	}
	if _, err = f.Refund(ctx, f.admin, p.ID, payments.NewRefund{Reason: "the rest"}); err != nil {
		t.Fatal(err)
	}
	_, err = f.Refund(ctx, f.lawyer, p.ID, payments.NewRefund{Reason: "x"})
	wantError(t, err, domain.Conflict, "payment_refunded")
	if n := f.count(domain.EventPaymentRefunded); n != 2 {
		t.Errorf("%d events", n)
	}
	if clearing := f.balance(billing.ProviderClearing); clearing != -225 { // the fee is not given back
		t.Errorf("clearing is %d", clearing)
	}
	_, err = f.Refund(ctx, f.lawyer, f.checkout(f.issued(1000, "EUR").ID).ID, payments.NewRefund{Reason: "x"})
	wantError(t, err, domain.Conflict, "payment_not_succeeded")
	// The bank returns one of them: the money is received again.
	p = f.do(p, sandbox.ActionFailRefunds)
	if p.Refunds[0].Status != payments.RefundFailed || f.invoice(p.InvoiceID).Paid != 10000 {
		t.Errorf("%+v, %+v", p.Refunds, f.invoice(p.InvoiceID))
	}
}

func TestConcurrentRefunds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.paid(1000)
	amount := int64(300)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { _, _ = f.Refund(t.Context(), f.lawyer, p.ID, payments.NewRefund{Amount: &amount, Reason: "x"}) })
	}
	all.Wait()
	if p = f.do(p); len(p.Refunds) != 3 || p.Refundable() != 100 {
		t.Errorf("%d refunds, %d are left", len(p.Refunds), p.Refundable())
	}
}

// TestRefundUncertain: the provider is down, or its answer is missing. The refund is made once.
func TestRefundUncertain(t *testing.T) {
	t.Parallel()
	for _, mode := range []sandbox.Mode{sandbox.ModeDown, sandbox.ModeDropAnswer, sandbox.ModeGarbage} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			p := f.paid(1000)
			f.behave(mode, 1)
			if mode == sandbox.ModeDropAnswer {
				f.behave(mode, 2) // net/http sends a request with an Idempotency-Key again if a kept connection breaks
			}
			r, err := f.Refund(t.Context(), f.lawyer, p.ID, payments.NewRefund{Reason: "x"})
			testkit.Must(t, err)
			if r.Status != payments.RefundPending {
				t.Fatalf("%+v", r)
			}
			if p = f.do(p); p.Refunds[0].Status != payments.RefundSucceeded || len(p.Refunds) != 1 {
				t.Errorf("%+v", p.Refunds)
			}
			if n := f.invoice(p.InvoiceID); n.Paid != 0 || n.Status != billing.Open {
				t.Errorf("%+v", n)
			}
		})
	}
}

// TestAtProvider: a refund that somebody made at the provider is recorded once.
func TestAtProvider(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.do(f.paid(1000), sandbox.ActionRefund)
	if len(p.Refunds) != 1 || p.Refunds[0].Status != payments.RefundSucceeded || !p.Refunds[0].UserID.IsZero() || f.invoice(p.InvoiceID).Status != billing.Open {
		t.Errorf("%+v", p.Refunds)
	}
}

func TestDisputes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		actions []string
		want    payments.DisputeStatus
		invoice billing.Status
		events  int
	}{
		{"open", []string{sandbox.ActionDispute}, payments.DisputeOpen, billing.Paid, 1},
		{"won", []string{sandbox.ActionDispute, sandbox.ActionWinDispute}, payments.DisputeWon, billing.Paid, 2},
		{"lost", []string{sandbox.ActionDispute, sandbox.ActionLoseDispute}, payments.DisputeLost, billing.Open, 2},
		{"inquiry", []string{sandbox.ActionInquire}, payments.DisputeInquiry, billing.Paid, 1},
		{"closed", []string{sandbox.ActionInquire, sandbox.ActionCloseInquiry}, payments.DisputeClosed, billing.Paid, 2},
		{"inquiry, then lost", []string{sandbox.ActionInquire, sandbox.ActionDispute, sandbox.ActionLoseDispute}, payments.DisputeLost, billing.Open, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			stepwise, atOnce := newFixture(t), newFixture(t)
			a, b := stepwise.paid(1000), atOnce.paid(1000)
			for _, action := range c.actions {
				a = stepwise.do(a, action)
			}
			b = atOnce.do(b, c.actions...) // whose webhooks were all late
			for f, p := range map[*fixture]payments.Payment{stepwise: a, atOnce: b} {
				if len(p.Disputes) != 1 || p.Disputes[0].Status != c.want || f.invoice(p.InvoiceID).Status != c.invoice {
					t.Errorf("%+v, the invoice is %s", p.Disputes, f.invoice(p.InvoiceID).Status)
				}
			}
			if n := stepwise.count(domain.EventPaymentDisputed); n != c.events {
				t.Errorf("%d events", n)
			}
		})
	}
}

// TestUncertainCheckout: the answer to creating it is missing. A retry returns the same, and so does the job.
func TestUncertainCheckout(t *testing.T) {
	t.Parallel()
	for _, mode := range []sandbox.Mode{sandbox.ModeDown, sandbox.ModeDropAnswer, sandbox.ModeGarbage, sandbox.ModeRateLimit} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			invoice := f.issued(1000, "EUR")
			f.behave(mode, 1)
			n := payments.NewCheckout{ID: domain.NewID(), InvoiceID: invoice.ID}
			_, err := f.Checkout(t.Context(), f.client, n)
			wantError(t, err, domain.Unavailable, "payments_unavailable")
			if p := f.get(n.ID); p.Status != payments.Created {
				t.Fatalf("%+v", p)
			}
			p, err := f.Checkout(t.Context(), f.client, n)
			testkit.Must(t, err)
			if p.ID != n.ID || p.Status != payments.Open {
				t.Errorf("%+v", p)
			}
			if other := f.checkout(invoice.ID); other.ID != n.ID {
				t.Error("another checkout is open")
			}
		})
	}
}

// TestReconcile: nothing is heard of a payment. The job finds it by the list of events and by asking, goes on where it stopped, and reads each event once.
func TestReconcile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	testkit.Must(t, f.Reconcile(ctx))
	p := f.checkout(f.issued(1000, "EUR").ID)
	testkit.Must(t, f.stripe.Do(p.CheckoutID, sandbox.ActionDecline))
	testkit.Must(t, f.Reconcile(ctx)) // notes the newest event
	testkit.Must(t, f.stripe.Do(p.CheckoutID, sandbox.ActionPay))
	f.behave(sandbox.ModeDown, 1)
	wantError(t, f.Reconcile(ctx), domain.Unavailable, "")
	for range 2 {
		testkit.Must(t, f.Reconcile(ctx))
	}
	var received int
	testkit.Must(t, f.pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM payment_events").Scan(&received))
	if received != 2 {
		t.Errorf("%d events were read", received)
	}
	due := func() (n int) {
		testkit.Must(t, f.pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM payments WHERE check_at <= ?", f.clock()).Scan(&n))
		return n
	}
	f.advance(payments.OpenCheck + time.Second)
	if due() != 1 {
		t.Error("the payment is not due")
	}
	testkit.Must(t, f.Reconcile(ctx))
	if due() != 0 {
		t.Error("the payment is due though it was queued")
	}
	testkit.Must(t, f.Sync(ctx, p.ID))
	if p = f.get(p.ID); p.Status != payments.Succeeded {
		t.Errorf("it is %s", p.Status)
	}
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	p := f.checkout(f.issued(1000, "EUR").ID)
	testkit.Must(t, f.stripe.Do(p.CheckoutID, sandbox.ActionPay))
	bodies := f.stripe.Events()
	for range 2 { // each is delivered twice, the latest first
		for i := len(bodies) - 1; i >= 0; i-- {
			testkit.Must(t, f.Webhook(ctx, sandbox.Sign(f.stripe.WebhookSecret, time.Now(), bodies[i]), bodies[i]))
		}
	}
	var received int
	testkit.Must(t, f.pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM payment_events").Scan(&received))
	if received != len(bodies) {
		t.Errorf("%d of %d events", received, len(bodies))
	}
	wantError(t, f.Webhook(ctx, sandbox.Sign("whsec_other", time.Now(), bodies[0]), bodies[0]), domain.Unauthenticated, "")
	for _, change := range []func(map[string]any){
		func(e map[string]any) { e["livemode"] = true },
		func(e map[string]any) { e["account"] = "acct_1" },
		func(e map[string]any) {
			e["data"] = map[string]any{"object": map[string]any{"id": "ch_1", "object": "charge", "payment_intent": "pi_other"}}
		},
	} {
		var e map[string]any
		testkit.Must(t, json.Unmarshal(bodies[0], &e))
		e["id"] = "evt_ignored"
		change(e)
		body, err := json.Marshal(e)
		testkit.Must(t, err)
		testkit.Must(t, f.Webhook(ctx, sandbox.Sign(f.stripe.WebhookSecret, time.Now(), body), body))
	}
	testkit.Must(t, f.pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM payment_events WHERE event_id = 'evt_ignored'").Scan(&received))
	if received != 0 {
		t.Error("an event of somebody else was recorded")
	}
}

func TestPrivacy(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	p := f.paid(1000)
	_, err := f.Refund(ctx, f.lawyer, p.ID, payments.NewRefund{Reason: "Ada asked for it."})
	testkit.Must(t, err)
	n := 0
	testkit.Must(t, f.Export(ctx, f.client.UserID, func(e payments.Payment) error {
		n++
		if e.ID != p.ID || len(e.Refunds) != 1 {
			t.Errorf("%+v", e)
		}
		return nil
	}))
	if n != 1 {
		t.Errorf("%d payments", n)
	}
	testkit.Must(t, db.WithTx(ctx, f.pool, func(tx db.Tx) error { return f.EraseUser(ctx, tx, f.lawyer.UserID) }))
	if p = f.get(p.ID); p.Refunds[0].Reason != "" {
		t.Error("the reason is left")
	}
	testkit.Must(t, db.WithTx(ctx, f.pool, func(tx db.Tx) error { return f.EraseTestData(ctx, tx, f.client.UserID) }))
	if _, err := f.Load(ctx, p.ID); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("%v", err)
	}
}
