package stripe

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v84"

	"counsel/domain"
	"counsel/domain/payments"
)

// Keys of the metadata by which objects of Stripe are recognized.
const (
	metaPayment = "counsel_payment_id"
	metaRefund  = "counsel_refund_id"
)

var errMalformed = errors.New("the answer is malformed")

// CreateCheckout implements payments.Provider.
func (c *Client) CreateCheckout(ctx context.Context, n payments.Checkout) (payments.State, error) {
	id := n.PaymentID.String()
	meta := map[string]string{metaPayment: id}
	params := &stripe.CheckoutSessionParams{
		Mode: stripe.String(string(stripe.CheckoutSessionModePayment)), ClientReferenceID: stripe.String(id), Metadata: meta,
		SuccessURL: stripe.String(n.SuccessURL), CancelURL: stripe.String(n.CancelURL), ExpiresAt: stripe.Int64(n.ExpiresAt.Unix()),
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{
			CaptureMethod: stripe.String(string(stripe.PaymentIntentCaptureMethodAutomatic)), // its fee is known at once, other than with automatic_async
			Description:   stripe.String(n.Description), Metadata: meta,
		},
		LineItems: []*stripe.CheckoutSessionLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency: stripe.String(strings.ToLower(n.Amount.Currency)), UnitAmount: stripe.Int64(toStripe(n.Amount)),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(n.Description)},
			},
		}},
	}
	var out *stripe.CheckoutSession
	err := c.call(ctx, "create_checkout", true, func(p stripe.Params) (err error) {
		params.Params = p
		out, err = c.sessions.New(params)
		if err == nil && out.ID == "" {
			err = errMalformed
		}
		return err
	}, "payment-"+id)
	if err != nil {
		return payments.State{}, err
	}
	return toState(out)
}

// ExpireCheckout implements payments.Provider.
func (c *Client) ExpireCheckout(ctx context.Context, id string) error {
	err := c.call(ctx, "expire_checkout", true, func(p stripe.Params) error {
		_, err := c.sessions.Expire(id, &stripe.CheckoutSessionExpireParams{Params: p})
		return err
	}, "")
	if domain.CodeOf(err) == domain.Upstream { // it is not open any more
		return nil
	}
	return err
}

// State implements payments.Provider.
func (c *Client) State(ctx context.Context, id string) (payments.State, error) {
	var out *stripe.CheckoutSession
	err := c.call(ctx, "read_checkout", false, func(p stripe.Params) (err error) {
		params := &stripe.CheckoutSessionParams{Params: p}
		params.AddExpand("payment_intent.latest_charge.balance_transaction")
		out, err = c.sessions.Get(id, params)
		if err == nil && out.ID == "" {
			err = errMalformed
		}
		return err
	}, "")
	if err != nil {
		return payments.State{}, err
	}
	state, err := toState(out)
	if err != nil || state.Status != payments.Succeeded {
		return state, err
	}
	if state.Refunds, err = c.refundsOf(ctx, state.IntentID); err != nil {
		return state, err
	}
	if out.PaymentIntent.LatestCharge != nil && out.PaymentIntent.LatestCharge.Disputed {
		state.Disputes, err = c.disputesOf(ctx, state.IntentID)
	}
	return state, err
}

// toState reads a session. Its payment intent need not be expanded.
func toState(s *stripe.CheckoutSession) (payments.State, error) {
	out := payments.State{CheckoutID: s.ID, URL: s.URL}
	intent := s.PaymentIntent
	if intent != nil {
		out.IntentID = intent.ID
		if e := intent.LastPaymentError; e != nil {
			out.Decline = string(e.DeclineCode)
			if out.Decline == "" {
				out.Decline = string(e.Code)
			}
		}
	}
	switch {
	case s.Status == stripe.CheckoutSessionStatusOpen:
		out.Status = payments.Open
	case s.Status == stripe.CheckoutSessionStatusExpired:
		out.Status = payments.Expired
	case s.Status == stripe.CheckoutSessionStatusComplete && s.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid && intent != nil:
		out.Status = payments.Succeeded
		out.Received = fromStripe(intent.AmountReceived, string(intent.Currency))
		if charge := intent.LatestCharge; charge != nil {
			out.PaidAt = time.Unix(charge.Created, 0).UTC()
			if b := charge.BalanceTransaction; b != nil && b.Currency != "" {
				out.Fee = fromStripe(b.Fee, string(b.Currency))
			}
		}
	case s.Status == stripe.CheckoutSessionStatusComplete && intent != nil && (intent.Status == stripe.PaymentIntentStatusRequiresPaymentMethod || intent.Status == stripe.PaymentIntentStatusCanceled):
		out.Status = payments.Failed
	case s.Status == stripe.CheckoutSessionStatusComplete:
		out.Status = payments.Processing
	default:
		return out, (&failure{action: "read_checkout", cause: errMalformed}).toDomain()
	}
	return out, nil
}

// Refund implements payments.Provider.
func (c *Client) Refund(ctx context.Context, r payments.RefundRequest) (payments.RefundState, error) {
	id := r.RefundID.String()
	var out *stripe.Refund
	err := c.call(ctx, "refund", true, func(p stripe.Params) (err error) {
		out, err = c.refunds.New(&stripe.RefundParams{Params: p, PaymentIntent: stripe.String(r.IntentID), Amount: stripe.Int64(toStripe(r.Amount)), Metadata: map[string]string{metaRefund: id}})
		if err == nil && out.ID == "" {
			err = errMalformed
		}
		return err
	}, "refund-"+id)
	if err != nil {
		return payments.RefundState{}, err
	}
	return toRefund(out), nil
}

func toRefund(r *stripe.Refund) payments.RefundState {
	out := payments.RefundState{ID: r.ID, RefundID: r.Metadata[metaRefund], Status: payments.RefundPending, Amount: fromStripe(r.Amount, string(r.Currency))}
	switch r.Status {
	case stripe.RefundStatusSucceeded:
		out.Status = payments.RefundSucceeded
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		out.Status = payments.RefundFailed
	}
	return out
}

func (c *Client) refundsOf(ctx context.Context, intent string) (all []payments.RefundState, err error) {
	err = c.call(ctx, "list_refunds", false, func(p stripe.Params) error {
		all = nil
		params := &stripe.RefundListParams{PaymentIntent: stripe.String(intent)}
		params.Context, params.Limit = p.Context, stripe.Int64(pageSize)
		i := c.refunds.List(params)
		for i.Next() {
			all = append(all, toRefund(i.Refund()))
		}
		return i.Err()
	}, "")
	return all, err
}

func (c *Client) disputesOf(ctx context.Context, intent string) (all []payments.DisputeState, err error) {
	err = c.call(ctx, "list_disputes", false, func(p stripe.Params) error {
		all = nil
		params := &stripe.DisputeListParams{PaymentIntent: stripe.String(intent)}
		params.Context, params.Limit = p.Context, stripe.Int64(pageSize)
		i := c.disputes.List(params)
		for i.Next() {
			all = append(all, toDispute(i.Dispute()))
		}
		return i.Err()
	}, "")
	return all, err
}

func toDispute(d *stripe.Dispute) payments.DisputeState {
	out := payments.DisputeState{ID: d.ID, Status: payments.DisputeOpen, Reason: string(d.Reason), Amount: fromStripe(d.Amount, string(d.Currency)), OpenedAt: time.Unix(d.Created, 0).UTC()}
	switch d.Status {
	case stripe.DisputeStatusWon:
		out.Status = payments.DisputeWon
	case stripe.DisputeStatusLost:
		out.Status = payments.DisputeLost
	case stripe.DisputeStatusWarningClosed, stripe.DisputeStatusPrevented:
		out.Status = payments.DisputeClosed
	case stripe.DisputeStatusWarningNeedsResponse, stripe.DisputeStatusWarningUnderReview:
		out.Status = payments.DisputeInquiry
	}
	for _, b := range d.BalanceTransactions {
		if fee := fromStripe(b.Fee, string(b.Currency)); b.Fee > 0 {
			out.Fee = domain.Money{Amount: out.Fee.Amount + fee.Amount, Currency: fee.Currency}
		}
	}
	return out
}
