package payments

import (
	"context"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/billing"
	query "counsel/gen/query/payments"
)

// When the provider is asked again about a payment that nothing was heard of.
const (
	createdCheck    = time.Minute
	openCheck       = 10 * time.Minute
	testCheck       = time.Minute // test accounts have no webhooks
	processingCheck = time.Hour
	refundCheck     = 10 * time.Minute
	disputeCheck    = 12 * time.Hour
	missingFor      = time.Hour // after its end, a checkout that the provider does not know is expired
)

// errUnchanged rolls a transaction back that another one has made superfluous.
var errUnchanged = errors.New("payments: recorded already")

// changed runs a transaction that records a change once.
func (s *Service) changed(ctx context.Context, fn func(db.Tx, *query.Queries) error) error {
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) error { return fn(tx, query.New(tx)) })
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err == nil {
		s.jobs.Wake()
	}
	return err
}

// sync asks the provider what has become of a payment, and records it. It may run at any time and more than once.
func (s *Service) sync(ctx context.Context, id domain.ID) error {
	payment, err := s.load(ctx, id)
	if err != nil {
		return err
	}
	provider, err := s.providerOf(payment.UserID)
	if err != nil {
		return err
	}
	if payment.CheckoutID == "" && payment.Status != Created {
		return s.checked(ctx, &payment)
	}
	if payment.CheckoutID == "" {
		if payment, err = s.resume(ctx, payment); rejected(err) {
			return nil // it failed, which is recorded
		} else if err != nil {
			return err
		}
	}
	state, err := provider.State(ctx, payment.CheckoutID)
	if domain.CodeOf(err) == domain.NotFound && s.now().After(payment.ExpiresAt.Add(missingFor)) {
		state, err = State{CheckoutID: payment.CheckoutID, Status: Expired}, nil
	}
	if err != nil {
		return err
	}
	return s.apply(ctx, payment, state)
}

// apply records the difference between a payment and the provider's state of it.
func (s *Service) apply(ctx context.Context, payment Payment, state State) error {
	var err error
	switch {
	case state.Status == Succeeded && payment.Status != Succeeded:
		err = s.receive(ctx, payment, state)
	case payment.pending() && (state.Status != payment.Status || state.Decline != payment.Decline || state.IntentID != payment.IntentID):
		err = s.move(ctx, payment.ID, state, state.Status)
	}
	if err != nil {
		return err
	}
	if payment, err = s.load(ctx, payment.ID); err != nil {
		return err
	}
	if payment.Status == Succeeded {
		if err := s.applyRefunds(ctx, &payment, state); err != nil {
			return err
		}
		for _, d := range state.Disputes {
			if err := s.applyDispute(ctx, &payment, d); err != nil {
				return err
			}
		}
		if payment, err = s.load(ctx, payment.ID); err != nil {
			return err
		}
	}
	return s.checked(ctx, &payment)
}

// checked stores when the provider is asked again.
func (s *Service) checked(ctx context.Context, p *Payment) error {
	now := s.now()
	return db.Error(s.queries.UpdatePaymentChecked(ctx, query.UpdatePaymentCheckedParams{CheckAt: nullTime(p.nextCheck(now)), CheckedAt: now, ID: p.ID}))
}

// nextCheck returns when the provider is to be asked again; nil: only if it sends a message.
func (p *Payment) nextCheck(now time.Time) *time.Time {
	wait := time.Duration(0)
	switch {
	case p.Status == Created:
		wait = createdCheck
	case p.Status == Open && p.UserID.IsTest():
		wait = testCheck
	case p.Status == Open:
		wait = openCheck
	case p.Status == Processing:
		wait = processingCheck
	}
	for _, d := range p.Disputes {
		if d.Status == DisputeOpen || d.Status == DisputeInquiry {
			wait = disputeCheck
		}
	}
	for _, r := range p.Refunds {
		if r.Status == RefundPending {
			wait = refundCheck
		}
	}
	if wait == 0 {
		return nil
	}
	at := now.Add(wait)
	return &at
}

// store writes what changed of a locked payment.
func (p *Payment) store(ctx context.Context, q *query.Queries, now time.Time) error {
	var open *domain.ID
	if p.pending() {
		open = &p.InvoiceID
	} else {
		p.CheckoutURL = ""
	}
	p.UpdatedAt = now
	return q.UpdatePayment(ctx, query.UpdatePaymentParams{Status: string(p.Status), OpenInvoice: open, Received: p.Received, Fee: p.Fee.Amount, FeeCurrency: p.Fee.Currency,
		CheckoutID: nullString(p.CheckoutID), IntentID: nullString(p.IntentID), CheckoutUrl: p.CheckoutURL, Decline: p.Decline, CheckAt: nullTime(p.nextCheck(now)), CheckedAt: now,
		UpdatedAt: now, PaidAt: nullTime(p.PaidAt), ID: p.ID})
}

// move brings a payment to a status in which no money arrived, and publishes if an attempt to pay failed.
func (s *Service) move(ctx context.Context, id domain.ID, state State, to Status) error {
	return s.changed(ctx, func(tx db.Tx, q *query.Queries) error {
		row, err := q.LockPayment(ctx, id)
		if err != nil {
			return notFoundAs(err, noSuchPayment())
		}
		p := toPayment(row)
		if !p.pending() {
			return errUnchanged
		}
		if p.Status != to {
			if err := Lifecycle.Check(p.Status, to); err != nil {
				return err
			}
		}
		declined := state.Decline != "" && state.Decline != p.Decline || to == Failed
		p.Status, p.Decline = to, domain.Truncate(state.Decline, maxCode)
		if state.CheckoutID != "" {
			p.CheckoutID, p.CheckoutURL = state.CheckoutID, state.URL
		}
		if state.IntentID != "" {
			p.IntentID = state.IntentID
		}
		if err := p.store(ctx, q, s.now()); err != nil || !declined {
			return err
		}
		return s.publish(ctx, tx, &p, domain.EventPaymentFailed, domain.ID{})
	})
}

// maxCode limits the provider's codes, in bytes.
const maxCode = 100

// receive books money that arrived.
func (s *Service) receive(ctx context.Context, payment Payment, state State) error {
	return s.changed(ctx, func(tx db.Tx, q *query.Queries) error {
		now := s.now()
		paidAt := timeOr(state.PaidAt, now)
		fee := int64(0) // one in another currency is not booked
		if state.Fee.Currency == state.Received.Currency {
			fee = max(0, min(state.Fee.Amount, state.Received.Amount))
		}
		if _, err := s.invoices.RecordPayment(ctx, tx, billing.PaymentReceived{InvoiceID: payment.InvoiceID, PaymentID: payment.ID, Amount: state.Received, Fee: fee, ReceivedAt: paidAt}); err != nil {
			return err
		}
		row, err := q.LockPayment(ctx, payment.ID)
		if err != nil {
			return err
		}
		p := toPayment(row)
		if p.Status == Succeeded {
			return errUnchanged
		}
		if err := Lifecycle.Check(p.Status, Succeeded); err != nil {
			return err
		}
		p.Status, p.Received, p.Fee, p.PaidAt, p.Decline = Succeeded, state.Received.Amount, state.Fee, &paidAt, ""
		p.CheckoutID, p.IntentID = state.CheckoutID, state.IntentID
		if err := p.store(ctx, q, now); err != nil {
			return err
		}
		return s.publish(ctx, tx, &p, domain.EventPaymentSucceeded, domain.ID{})
	})
}

// applyDispute records a dispute and what became of it.
func (s *Service) applyDispute(ctx context.Context, payment *Payment, state DisputeState) error {
	var dispute *Dispute
	for i := range payment.Disputes {
		if payment.Disputes[i].ProviderID == state.ID {
			dispute = &payment.Disputes[i]
		}
	}
	if dispute == nil {
		d, err := s.openDispute(ctx, payment, state)
		if err != nil || d == nil {
			return err
		}
		dispute = d
	}
	for _, to := range dispute.Status.path(state.Status) {
		if err := s.moveDispute(ctx, payment, dispute, state, to); err != nil {
			return err
		}
		dispute.Status = to
	}
	return nil
}

// path returns the statuses through which a dispute gets from one to another.
func (d DisputeStatus) path(to DisputeStatus) []DisputeStatus {
	switch {
	case d == to:
		return nil
	case DisputeLifecycle.Check(d, to) == nil:
		return []DisputeStatus{to}
	case d == DisputeInquiry:
		return []DisputeStatus{DisputeOpen, to}
	}
	return nil // the provider reopened what was decided: people must look at it there
}

// openDispute records a new dispute; nil: another transaction did.
func (s *Service) openDispute(ctx context.Context, payment *Payment, state DisputeState) (*Dispute, error) {
	now := s.now()
	d := Dispute{ID: s.newID(), PaymentID: payment.ID, ProviderID: state.ID, Status: DisputeOpen, Reason: domain.Truncate(state.Reason, maxCode), Amount: min(state.Amount.Amount, payment.Refundable()),
		CreatedAt: timeOr(state.OpenedAt, now), UpdatedAt: now}
	if d.Amount <= 0 {
		s.log.WarnContext(ctx, "a dispute is about money that was refunded", "payment_id", payment.ID.String())
		return nil, nil
	}
	if state.Status == DisputeInquiry || state.Status == DisputeClosed {
		d.Status = DisputeInquiry
	}
	err := s.changed(ctx, func(tx db.Tx, q *query.Queries) error {
		if d.Status == DisputeOpen {
			if err := s.bookChargeback(ctx, tx, payment, &d, state); err != nil {
				return err
			}
		}
		if err := q.CreatePaymentDispute(ctx, query.CreatePaymentDisputeParams{ID: d.ID, PaymentID: d.PaymentID, ProviderID: d.ProviderID, Status: string(d.Status), Reason: d.Reason, Amount: d.Amount,
			CreatedAt: d.CreatedAt, UpdatedAt: now}); err != nil {
			if domain.CodeOf(db.Error(err)) == domain.Conflict {
				return errUnchanged
			}
			return err
		}
		return s.publish(ctx, tx, payment, domain.EventPaymentDisputed, d.ID)
	})
	return &d, err
}

func (s *Service) bookChargeback(ctx context.Context, tx db.Tx, payment *Payment, d *Dispute, state DisputeState) error {
	fee := int64(0)
	if state.Fee.Currency == payment.Amount.Currency {
		fee = max(0, state.Fee.Amount)
	}
	return s.invoices.RecordChargeback(ctx, tx, billing.ChargebackOpened{ChargebackID: d.ID, PaymentID: payment.ID, Amount: domain.Money{Amount: d.Amount, Currency: payment.Amount.Currency}, Fee: fee})
}

// moveDispute records a step of a dispute.
func (s *Service) moveDispute(ctx context.Context, payment *Payment, d *Dispute, state DisputeState, to DisputeStatus) error {
	return s.changed(ctx, func(tx db.Tx, q *query.Queries) error {
		var err error
		switch to {
		case DisputeOpen:
			err = s.bookChargeback(ctx, tx, payment, d, state)
		case DisputeWon, DisputeLost:
			err = s.invoices.CloseChargeback(ctx, tx, d.ID, to == DisputeWon)
		}
		if err != nil {
			return err
		}
		row, err := q.LockPaymentDispute(ctx, d.ID)
		if domain.CodeOf(db.Error(err)) == domain.NotFound || err == nil && DisputeStatus(row.Status) != d.Status {
			return errUnchanged // another transaction recorded it
		}
		if err != nil {
			return err
		}
		if err := q.UpdatePaymentDispute(ctx, query.UpdatePaymentDisputeParams{Status: string(to), UpdatedAt: s.now(), ID: d.ID}); err != nil {
			return err
		}
		return s.publish(ctx, tx, payment, domain.EventPaymentDisputed, d.ID)
	})
}

// publish publishes an event about a payment; detail is the refund or dispute.
func (s *Service) publish(ctx context.Context, tx db.Tx, p *Payment, kind domain.EventType, detail domain.ID) error {
	data := map[string]domain.ID{"paymentId": p.ID, "invoiceId": p.InvoiceID}
	switch {
	case detail.IsZero():
	case kind == domain.EventPaymentRefunded:
		data["refundId"] = detail
	default:
		data["disputeId"] = detail
	}
	return s.events.Publish(ctx, tx, domain.Event{Type: kind, UserID: p.UserID, CaseID: &p.CaseID, Data: data})
}

// reasonOf returns the reason of an error of the domain.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*domain.Error](err); ok {
		return e.Reason
	}
	return ""
}
