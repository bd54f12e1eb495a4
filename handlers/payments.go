package handlers

import (
	"context"
	"counsel/domain"
	"counsel/domain/payments"
	"counsel/gen/api"
	"counsel/handlers/middleware"
)

// OpenCheckout opens the page on which an invoice is paid.
func (s *Server) OpenCheckout(ctx context.Context, r api.OpenCheckoutRequestObject) (api.OpenCheckoutResponseObject, error) {
	payment, err := s.payments.Checkout(ctx, principal(ctx), payments.NewCheckout{ID: middleware.DerivedID(ctx, 0), InvoiceID: domain.ID(r.Body.InvoiceID),
		SuccessURL: deref(r.Body.SuccessURL), CancelURL: deref(r.Body.CancelURL)})
	if err != nil {
		return nil, err
	}
	middleware.SetCase(ctx, &payment.CaseID)
	return api.OpenCheckout201JSONResponse(toAPIPayment(payment)), nil
}

// ListPayments lists payments.
func (s *Server) ListPayments(ctx context.Context, r api.ListPaymentsRequestObject) (api.ListPaymentsResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.payments.List(ctx, principal(ctx), payments.Filter{CaseID: (*domain.ID)(r.Params.CaseID), InvoiceID: (*domain.ID)(r.Params.InvoiceID),
		Status: payments.Status(deref(r.Params.Status)), Limit: limit(r.Params.Limit), Cursor: cursor})
	if err != nil {
		return nil, err
	}
	page := api.PaymentList{Items: make([]api.Payment, len(items)), NextCursor: encodeCursor(next)}
	for i, p := range items {
		page.Items[i] = toAPIPayment(p)
	}
	return api.ListPayments200JSONResponse(page), nil
}

// GetPayment returns a payment.
func (s *Server) GetPayment(ctx context.Context, r api.GetPaymentRequestObject) (api.GetPaymentResponseObject, error) {
	payment, err := s.payments.Get(ctx, principal(ctx), domain.ID(r.PaymentID))
	return api.GetPayment200JSONResponse(toAPIPayment(payment)), err
}

// RefundPayment refunds a payment.
func (s *Server) RefundPayment(ctx context.Context, r api.RefundPaymentRequestObject) (api.RefundPaymentResponseObject, error) {
	refund, err := s.payments.Refund(ctx, principal(ctx), domain.ID(r.PaymentID), payments.NewRefund{ID: middleware.DerivedID(ctx, 0), Amount: r.Body.Amount, Reason: r.Body.Reason})
	if err != nil {
		return nil, err
	}
	return api.RefundPayment201JSONResponse(toAPIRefund(refund)), nil
}

// ReceivePaymentWebhook accepts a webhook of the payment provider.
func (s *Server) ReceivePaymentWebhook(ctx context.Context, _ api.ReceivePaymentWebhookRequestObject) (api.ReceivePaymentWebhookResponseObject, error) {
	req := middleware.RequestFrom(ctx)
	return api.ReceivePaymentWebhook204Response{}, s.payments.Webhook(ctx, req.Header("Stripe-Signature"), req.Body)
}

func toAPIPayment(p payments.Payment) api.Payment {
	out := api.Payment{ID: api.ID(p.ID), InvoiceID: api.ID(p.InvoiceID), CaseID: api.ID(p.CaseID), UserID: api.ID(p.UserID), Status: api.PaymentStatus(p.Status), Amount: p.Amount.Amount,
		Currency: p.Amount.Currency, Received: p.Received, CheckoutURL: optional(p.CheckoutURL), ExpiresAt: p.ExpiresAt, FailureReason: optional(p.Decline),
		Refunds: make([]api.PaymentRefund, len(p.Refunds)), Disputes: make([]api.PaymentDispute, len(p.Disputes)), CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, PaidAt: p.PaidAt}
	if p.Fee.Currency != "" {
		out.Fee, out.FeeCurrency = &p.Fee.Amount, &p.Fee.Currency
	}
	for i, r := range p.Refunds {
		out.Refunds[i] = toAPIRefund(r)
	}
	for i, d := range p.Disputes {
		out.Disputes[i] = api.PaymentDispute{ID: api.ID(d.ID), Status: api.PaymentDisputeStatus(d.Status), Amount: d.Amount, Reason: d.Reason, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt}
	}
	if p.UserID.IsTest() {
		out.TestMode = testMode()
	}
	return out
}

func toAPIRefund(r payments.Refund) api.PaymentRefund {
	return api.PaymentRefund{ID: api.ID(r.ID), Status: api.PaymentRefundStatus(r.Status), Amount: r.Amount, Reason: r.Reason, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
}
