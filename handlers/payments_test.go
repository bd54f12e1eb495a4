package handlers_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"counsel/app"
	"counsel/domain"
	"counsel/domain/billing"
	"counsel/gen/api"
	"counsel/sandbox/stripe"
	"counsel/sandbox/testkit"
)

// issueInvoice issues an invoice of a case of the lawyer.
func (f *fixture) issueInvoice(lawyer *user, caseID string, amount int64) string {
	f.t.Helper()
	p := domain.Principal{UserID: domain.ID(lawyer.ID), Role: domain.Role(lawyer.Role)}
	id, err := domain.ParseID(caseID)
	testkit.Must(f.t, err)
	i, err := f.billing.CreateInvoice(f.t.Context(), p, id, billing.NewInvoice{Currency: "EUR", Recipient: billing.Recipient{Name: "Ada Lovelace"},
		Lines: []billing.NewLine{{Description: "Advice", Quantity: "1", UnitPrice: &amount}}})
	testkit.Must(f.t, err)
	i, err = f.billing.Send(f.t.Context(), p, id, i.ID)
	testkit.Must(f.t, err)
	return i.ID.String()
}

func (f *fixture) openCheckout(who *user, invoice string) api.Payment {
	f.t.Helper()
	var p api.Payment
	f.call(who, "POST", "/api/payments/checkout", map[string]any{"invoiceId": invoice}).expect(201, "").decode(&p)
	return p
}

// payInvoice pays an issued invoice.
func (f *fixture) payInvoice(who *user, invoice string) api.Payment {
	f.t.Helper()
	p := f.openCheckout(who, invoice)
	testkit.Must(f.t, f.stripe.Do(checkoutOf(p), stripe.ActionPay))
	f.pastRefresh(p.ID)
	if p = f.getPayment(who, p.ID); p.Status != api.PaymentStatusSucceeded {
		f.t.Fatalf("the payment is %s", p.Status)
	}
	return p
}

// checkoutOf returns the id of a checkout at the provider.
func checkoutOf(p api.Payment) string {
	return (*p.CheckoutURL)[len("https://pay.example/pay/"):]
}

func (f *fixture) getPayment(who *user, id api.ID) api.Payment {
	f.t.Helper()
	var p api.Payment
	f.call(who, "GET", "/api/payments/"+id.String(), nil).expect(200, "").decode(&p)
	return p
}

// sendPaymentWebhook sends a webhook as the provider does.
func (f *fixture) sendPaymentWebhook(secret string, body json.RawMessage) response {
	f.t.Helper()
	return f.call(nil, "POST", "/api/payments/webhooks/stripe", body, "Stripe-Signature", stripe.Sign(secret, time.Now(), body))
}

func TestPayments(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	lawyer := f.register("lawyer", domain.RoleLawyer)
	caseID := f.createCase(lawyer)
	invoice := f.issueInvoice(lawyer, caseID, 10000)
	p := f.openCheckout(lawyer, invoice)
	if p.Status != api.PaymentStatusOpen || f.openCheckout(lawyer, invoice).ID != p.ID {
		t.Errorf("%+v", p)
	}
	testkit.Must(t, f.stripe.Do(checkoutOf(p), stripe.ActionPay))
	for _, body := range f.stripe.Events() {
		f.sendPaymentWebhook(f.stripe.WebhookSecret, body).expect(http.StatusNoContent, "")
		f.sendPaymentWebhook("whsec_other", body).expect(401, "unauthenticated")
	}
	testkit.Eventually(t, "the payment succeeds", func() bool { return f.getPayment(lawyer, p.ID).Status == api.PaymentStatusSucceeded })
	f.call(lawyer, "POST", "/api/payments/checkout", map[string]any{"invoiceId": invoice}).expect(409, "invoice_not_payable")
	refund := "/api/payments/" + p.ID.String() + "/refund"
	f.call(lawyer, "POST", refund, map[string]any{"amount": 10001, "reason": "x"}).expect(422, "invalid")
	var r api.PaymentRefund
	f.call(lawyer, "POST", refund, map[string]any{"amount": 4000, "reason": "x"}).expect(201, "").decode(&r)
	if r.Status != api.PaymentRefundStatusSucceeded || r.Amount != 4000 {
		t.Errorf("%+v", r)
	}
	var list api.PaymentList
	f.call(lawyer, "GET", "/api/payments?invoiceId="+invoice, nil).expect(200, "").decode(&list)
	if len(list.Items) != 1 || len(list.Items[0].Refunds) != 1 || list.Items[0].Received != 10000 {
		t.Errorf("%+v", list.Items)
	}
	other := f.openCheckout(lawyer, f.issueInvoice(lawyer, caseID, 1000))
	f.call(lawyer, "POST", "/api/payments/"+other.ID.String()+"/refund", map[string]any{"reason": "x"}).expect(409, "payment_not_succeeded")
}

// TestPaymentsNotConfigured: without a provider there is nothing to send webhooks to.
func TestPaymentsNotConfigured(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(c *fixtureConfig) { c.clients = func(all *app.Clients) { all.Payments = nil } })
	f.sendPaymentWebhook("whsec_any", json.RawMessage(`{"id":"evt_1","object":"event","type":"checkout.session.completed"}`)).expect(404, "not_found")
}

// TestPaymentFaults: the provider rejects what it is asked for, or is down.
func TestPaymentFaults(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	lawyer := f.register("lawyer", domain.RoleLawyer)
	caseID := f.createCase(lawyer)
	f.call(lawyer, "POST", "/api/payments/checkout", map[string]any{"invoiceId": f.issueInvoice(lawyer, caseID, 10)}).expect(502, "payments_rejected")
	invoice := f.issueInvoice(lawyer, caseID, 1000)
	testkit.Must(t, f.stripe.SetBehaviour(stripe.Behaviour{Mode: stripe.ModeDown, Times: 1}))
	f.call(lawyer, "POST", "/api/payments/checkout", map[string]any{"invoiceId": invoice}).expect(503, "payments_unavailable")
	p := f.payInvoice(lawyer, invoice)
	var intent string
	testkit.Must(t, f.db.QueryRowContext(t.Context(), "SELECT intent_id FROM payments WHERE id = ?", domain.ID(p.ID)).Scan(&intent))
	testkit.Must(t, f.stripe.Do(intent, stripe.ActionDispute))
	f.call(lawyer, "POST", "/api/payments/"+p.ID.String()+"/refund", map[string]any{"reason": "x"}).expect(502, "payments_rejected")
}

// pastRefresh makes what is known of a payment old enough that the provider is asked again.
func (f *fixture) pastRefresh(id api.ID) {
	f.t.Helper()
	_, err := f.db.ExecContext(f.t.Context(), "UPDATE payments SET checked_at = checked_at - INTERVAL 1 MINUTE WHERE id = ?", domain.ID(id))
	testkit.Must(f.t, err)
}
