package payments

import (
	"context"
	"strings"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/billing"
	"counsel/domain/cases"
	query "counsel/gen/query/payments"
)

// Limits of refunds.
const (
	maxReason  = 500
	maxRefunds = 100 // of a payment
)

// NewRefund is a refund to make. ID is optional: a retry with the same ID returns what the first request made.
type NewRefund struct {
	ID     domain.ID
	Amount *int64 // nil: all that is left
	Reason string
}

// Refund sends a payment back, in whole or in part. The refund is written down and booked first, so that refunds never exceed the payment, and then
// asked for at the provider; while the provider is away it stays pending, and a job goes on. Errors: those of the case's policy; Invalid at /amount if it is more than is left; Conflict if
// no money arrived (reason payment_not_succeeded) or nothing is left (payment_refunded); Upstream: the provider rejected it, which is recorded.
func (s *Service) Refund(ctx context.Context, p domain.Principal, paymentID domain.ID, n NewRefund) (Refund, error) {
	n.Reason = strings.TrimSpace(n.Reason)
	if size := utf8.RuneCountInString(n.Reason); size == 0 || size > maxReason {
		return Refund{}, domain.InvalidField("/reason", "must have 1 to %d characters", maxReason)
	}
	if n.ID.IsZero() {
		n.ID = s.newID()
	}
	action := cases.Action{Verb: cases.VerbUpdate, Resource: cases.ResourcePayment, ID: &paymentID, Detail: "refund " + n.ID.String()}
	payment, err := s.loadFor(ctx, p, paymentID, func(caseID domain.ID) error { return s.cases.Authorize(ctx, p, caseID, action) })
	if err != nil {
		return Refund{}, err
	}
	for _, r := range payment.Refunds {
		if r.ID == n.ID {
			return r, nil
		}
	}
	refund := Refund{ID: n.ID, PaymentID: paymentID, UserID: p.UserID, Status: RefundPending, Reason: n.Reason, CreatedAt: s.now()}
	err = s.changed(ctx, func(tx db.Tx, q *query.Queries) error {
		if err := s.cases.AppendTx(ctx, tx, p, payment.CaseID, action); err != nil {
			return err
		}
		return s.bookRefund(ctx, tx, q, paymentID, n.Amount, &refund)
	})
	if err != nil {
		return Refund{}, err
	}
	if err := s.requestRefund(ctx, &payment, refund); err != nil && domain.CodeOf(err) != domain.Unavailable {
		return Refund{}, err
	}
	if payment, err = s.load(ctx, paymentID); err != nil {
		return Refund{}, err
	}
	for _, r := range payment.Refunds {
		if r.ID == n.ID {
			refund = r
		}
	}
	return refund, nil
}

// bookRefund writes a refund down and books it, while the case's timeline is locked. amount nil: all that is left.
func (s *Service) bookRefund(ctx context.Context, tx db.Tx, q *query.Queries, paymentID domain.ID, amount *int64, refund *Refund) error {
	row, err := q.LockPayment(ctx, paymentID)
	if err != nil {
		return notFoundAs(err, noSuchPayment())
	}
	all := []Payment{toPayment(row)}
	if err := s.withDetails(ctx, q, all); err != nil {
		return err
	}
	payment := &all[0]
	left := payment.Refundable()
	switch {
	case payment.Status != Succeeded:
		return conflict("payment_not_succeeded", "No money arrived for this payment.")
	case left == 0 || len(payment.Refunds) >= maxRefunds:
		return conflict("payment_refunded", "Nothing of this payment is left to refund.")
	case amount != nil && (*amount <= 0 || *amount > left):
		return domain.InvalidField("/amount", "must be above zero and at most %d, what is left of the payment", left)
	}
	refund.Amount = left
	if amount != nil {
		refund.Amount = *amount
	}
	money := domain.Money{Amount: refund.Amount, Currency: payment.Amount.Currency}
	provider, err := s.providerOf(payment.UserID)
	if err != nil {
		return err
	}
	if provider.CheckAmount(money) != nil {
		return domain.InvalidField("/amount", "cannot be refunded in %s", money.Currency)
	}
	err = s.invoices.RecordRefund(ctx, tx, billing.RefundMade{RefundID: refund.ID, PaymentID: paymentID, Amount: money})
	if reasonOf(err) == "refund_too_large" {
		return domain.InvalidField("/amount", "is more than is left of the payment")
	}
	if err != nil {
		return err
	}
	refund.UpdatedAt = s.now()
	if err := q.CreatePaymentRefund(ctx, query.CreatePaymentRefundParams{ID: refund.ID, PaymentID: paymentID, UserID: refund.UserID, ProviderID: nullString(refund.ProviderID), Status: string(refund.Status),
		Amount: refund.Amount, Reason: refund.Reason, CreatedAt: refund.CreatedAt, UpdatedAt: refund.UpdatedAt}); err != nil {
		return err
	}
	check := refund.UpdatedAt.Add(refundCheck)
	return q.UpdatePaymentChecked(ctx, query.UpdatePaymentCheckedParams{CheckAt: nullTime(&check), CheckedAt: payment.CheckedAt, ID: paymentID})
}

// requestRefund asks the provider for a refund that was written down.
func (s *Service) requestRefund(ctx context.Context, payment *Payment, refund Refund) error {
	provider, err := s.providerOf(payment.UserID)
	if err != nil {
		return err
	}
	state, err := provider.Refund(ctx, RefundRequest{RefundID: refund.ID, IntentID: payment.IntentID, Amount: domain.Money{Amount: refund.Amount, Currency: payment.Amount.Currency}})
	if rejected(err) {
		s.log.ErrorContext(ctx, "the payment provider rejected a refund", "payment_id", payment.ID.String(), "refund_id", refund.ID.String(), "error", err.Error())
		if failed := s.moveRefund(ctx, payment, refund, RefundState{Status: RefundFailed}); failed != nil {
			return failed
		}
	}
	if err != nil {
		return err
	}
	return s.moveRefund(ctx, payment, refund, state)
}

// applyRefunds records what became of refunds, those that were made at the provider, and asks for those of which the provider does not know.
func (s *Service) applyRefunds(ctx context.Context, payment *Payment, state State) error {
	known := map[domain.ID]bool{}
	for i := len(state.Refunds) - 1; i >= 0; i-- { // oldest first
		r := state.Refunds[i]
		refund := payment.refundOf(r)
		if refund == nil {
			if r.Status == RefundFailed {
				continue
			}
			made, err := s.adoptRefund(ctx, payment, r)
			if err != nil || made == nil {
				return err
			}
			refund = made
		}
		known[refund.ID] = true
		if refund.Status != r.Status || refund.ProviderID == "" {
			if err := s.moveRefund(ctx, payment, *refund, r); err != nil {
				return err
			}
		}
	}
	for _, refund := range payment.Refunds {
		if refund.Status == RefundPending && refund.ProviderID == "" && !known[refund.ID] {
			if err := s.requestRefund(ctx, payment, refund); err != nil && !rejected(err) {
				return err
			}
		}
	}
	return nil
}

func (p *Payment) refundOf(state RefundState) *Refund {
	for i := range p.Refunds {
		if r := &p.Refunds[i]; r.ProviderID == state.ID || r.ID.String() == state.RefundID {
			return r
		}
	}
	return nil
}

// adoptRefund records a refund that was made at the provider; nil: it cannot be booked.
func (s *Service) adoptRefund(ctx context.Context, payment *Payment, state RefundState) (*Refund, error) {
	now := s.now()
	refund := Refund{ID: s.newID(), PaymentID: payment.ID, ProviderID: state.ID, Status: RefundPending, Amount: state.Amount.Amount, CreatedAt: now, UpdatedAt: now}
	err := s.changed(ctx, func(tx db.Tx, q *query.Queries) error {
		if err := s.invoices.RecordRefund(ctx, tx, billing.RefundMade{RefundID: refund.ID, PaymentID: payment.ID, Amount: state.Amount}); err != nil {
			return err
		}
		err := q.CreatePaymentRefund(ctx, query.CreatePaymentRefundParams{ID: refund.ID, PaymentID: payment.ID, ProviderID: nullString(state.ID), Status: string(refund.Status), Amount: refund.Amount,
			CreatedAt: now, UpdatedAt: now})
		if domain.CodeOf(db.Error(err)) == domain.Conflict {
			return errUnchanged
		}
		return err
	})
	if reasonOf(err) == "refund_too_large" {
		s.log.ErrorContext(ctx, "a refund at the payment provider is more than is left of the payment", "payment_id", payment.ID.String())
		return nil, nil
	}
	return &refund, err
}

// moveRefund records what the provider says of a refund.
func (s *Service) moveRefund(ctx context.Context, payment *Payment, refund Refund, state RefundState) error {
	return s.changed(ctx, func(tx db.Tx, q *query.Queries) error {
		var err error
		switch {
		case refund.Status == RefundPending && state.Status == RefundSucceeded:
			err = s.invoices.CompleteRefund(ctx, tx, refund.ID)
		case refund.Status == RefundPending && state.Status == RefundFailed:
			err = s.invoices.CancelRefund(ctx, tx, refund.ID)
		case refund.Status == RefundSucceeded && state.Status == RefundFailed: // the money came back
			_, err = s.invoices.RecordPayment(ctx, tx, billing.PaymentReceived{InvoiceID: payment.InvoiceID, PaymentID: refund.ID,
				Amount: domain.Money{Amount: refund.Amount, Currency: payment.Amount.Currency}, ReceivedAt: s.now()})
		}
		if err != nil {
			return err
		}
		row, err := q.LockPaymentRefund(ctx, refund.ID)
		if domain.CodeOf(db.Error(err)) == domain.NotFound {
			return errUnchanged // another transaction recorded the same refund under another id
		}
		if err != nil {
			return err
		}
		current := toRefund(row)
		if current.Status != refund.Status || current.Status == state.Status && current.ProviderID == state.ID {
			return errUnchanged
		}
		if current.Status != state.Status {
			if err := RefundLifecycle.Check(current.Status, state.Status); err != nil {
				return err
			}
		}
		id := current.ProviderID
		if state.ID != "" {
			id = state.ID
		}
		if err := q.UpdatePaymentRefund(ctx, query.UpdatePaymentRefundParams{Status: string(state.Status), ProviderID: nullString(id), UpdatedAt: s.now(), ID: refund.ID}); err != nil {
			return err
		}
		if state.Status != RefundSucceeded {
			return nil
		}
		return s.publish(ctx, tx, payment, domain.EventPaymentRefunded, refund.ID)
	})
}
