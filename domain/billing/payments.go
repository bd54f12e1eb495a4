package billing

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	query "counsel/gen/query/billing"
)

// Source is where a payment came from.
type Source string

// The sources of payments.
const (
	FromProvider Source = "provider" // a payment provider
	FromTrust    Source = "trust"    // the client money of the case
)

// Payment is what was received for an invoice.
type Payment struct {
	ID         domain.ID
	InvoiceID  domain.ID
	Source     Source
	Amount     domain.Money
	Applied    int64 // of it to the invoice's total, less what was refunded
	Credit     int64 // of it beyond the total, less what was refunded
	ReceivedAt time.Time
}

func toPayment(r query.InvoicePayment) Payment {
	return Payment{ID: r.ID, InvoiceID: r.InvoiceID, Source: Source(r.Source), Amount: domain.Money{Amount: r.Amount, Currency: r.Currency},
		Applied: r.Applied, Credit: r.Credit, ReceivedAt: r.ReceivedAt}
}

// PaymentReceived is money that arrived at the payment provider.
type PaymentReceived struct {
	InvoiceID  domain.ID
	PaymentID  domain.ID
	Amount     domain.Money // before fees, above zero
	Fee        int64        // that the provider keeps, in the same currency; 0: none is known
	ReceivedAt time.Time
}

// RefundMade is money that the payment provider sends back.
type RefundMade struct {
	RefundID  domain.ID
	PaymentID domain.ID
	Amount    domain.Money
}

// ChargebackOpened is money that a bank took back from the payment provider until the dispute is decided.
type ChargebackOpened struct {
	ChargebackID domain.ID
	PaymentID    domain.ID
	Amount       domain.Money
	Fee          int64 // that the provider takes for it
}

// RecordPayment books money that arrived, in the caller's transaction, and moves the invoice to its next status. What exceeds
// what is due, or arrives for a void invoice, becomes credit of the client, of which the members of the case are
// notified. A payment of an id that is booked already changes nothing. Errors: NotFound; Invalid if the currency is not the invoice's.
// Call it before anything else of the case is locked.
func (s *Service) RecordPayment(ctx context.Context, tx db.Tx, r PaymentReceived) (Payment, error) {
	if r.Amount.Amount <= 0 || r.Amount.Amount > domain.MaxAmount || r.Fee < 0 || r.Fee > r.Amount.Amount {
		return Payment{}, domain.InvalidField("/amount", "must be above zero and not below the fee")
	}
	invoice, err := s.lockInvoiceOf(ctx, tx, r.InvoiceID, cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourcePayment, ID: &r.PaymentID})
	if err != nil {
		return Payment{}, err
	}
	q := query.New(tx)
	if booked, err := q.LockInvoicePayment(ctx, r.PaymentID); err == nil {
		return toPayment(booked), nil
	} else if !errors.Is(err, sql.ErrNoRows) {
		return Payment{}, err
	}
	if invoice.Status == Draft {
		return Payment{}, errDraft()
	}
	if r.Amount.Currency != invoice.Currency {
		return Payment{}, domain.InvalidField("/amount/currency", "must be the currency of the invoice")
	}
	payment := Payment{ID: r.PaymentID, InvoiceID: invoice.ID, Source: FromProvider, Amount: r.Amount, ReceivedAt: r.ReceivedAt.UTC().Truncate(time.Microsecond)}
	return payment, s.receive(ctx, tx, domain.System(invoice.CreatedBy), &invoice, &payment, EntryPayment, map[Account]int64{ProviderClearing: r.Amount.Amount - r.Fee, Fees: r.Fee})
}

// receive applies a payment to a locked invoice and books it; from holds the lines of where the money is.
func (s *Service) receive(ctx context.Context, tx db.Tx, actor domain.Principal, invoice *Invoice, payment *Payment, kind EntryKind, from map[Account]int64) error {
	if err := s.reinstate(ctx, tx, actor, invoice, payment.ID); err != nil {
		return err
	}
	payment.Applied, payment.Credit = invoice.apply(payment.Amount.Amount)
	if err := query.New(tx).CreateInvoicePayment(ctx, query.CreateInvoicePaymentParams{ID: payment.ID, InvoiceID: invoice.ID, CaseID: invoice.CaseID, Source: string(payment.Source),
		Amount: payment.Amount.Amount, Applied: payment.Applied, Credit: payment.Credit, Currency: invoice.Currency, ReceivedAt: payment.ReceivedAt}); err != nil {
		return err
	}
	from[Receivables] -= payment.Applied
	from[ClientCredit] -= payment.Credit
	if err := s.post(ctx, tx, invoice.posting(kind, payment.ID, actor, from)); err != nil {
		return err
	}
	return s.updateStatus(ctx, tx, actor, invoice, payment.Credit > 0)
}

// RecordRefund books that a payment is being refunded, in whole or in part, in the caller's transaction: first from the
// credit of the client, then from what was applied, which the invoice is then due again. A refund of an id that is booked already changes nothing.
// Conflict: more than was paid and not refunded (reason refund_too_large). CompleteRefund or CancelRefund follows.
func (s *Service) RecordRefund(ctx context.Context, tx db.Tx, r RefundMade) error {
	return s.reverse(ctx, tx, r.RefundID, r.PaymentID, r.Amount, refund, func(invoice *Invoice, payment *Payment) (posting, error) {
		actor := domain.System(invoice.CreatedBy)
		if err := s.reinstate(ctx, tx, actor, invoice, r.RefundID); err != nil {
			return posting{}, err
		}
		applied, credit := invoice.unapply(payment, r.Amount.Amount)
		return invoice.posting(EntryRefund, r.RefundID, actor, map[Account]int64{Receivables: applied, ClientCredit: credit, Refunds: -r.Amount.Amount}), nil
	})
}

// CompleteRefund books that a refund reached the client. A refund that is settled already is left as it is.
func (s *Service) CompleteRefund(ctx context.Context, tx db.Tx, refundID domain.ID) error {
	return s.closeReversal(ctx, tx, refundID, refund, ReversalSettled, func(invoice *Invoice, _ *Payment, amount int64) (posting, error) {
		return invoice.posting(EntryRefundSettled, refundID, domain.System(invoice.CreatedBy), map[Account]int64{Refunds: amount, ProviderClearing: -amount}), nil
	})
}

// CancelRefund books that a refund failed: the money is still there, and is applied to the invoice again.
func (s *Service) CancelRefund(ctx context.Context, tx db.Tx, refundID domain.ID) error {
	return s.closeReversal(ctx, tx, refundID, refund, ReversalCancelled, func(invoice *Invoice, payment *Payment, amount int64) (posting, error) {
		actor := domain.System(invoice.CreatedBy)
		if err := s.reinstate(ctx, tx, actor, invoice, refundID); err != nil {
			return posting{}, err
		}
		applied, credit := invoice.apply(amount)
		payment.Applied, payment.Credit = payment.Applied+applied, payment.Credit+credit
		return invoice.posting(EntryRefundCancelled, refundID, actor, map[Account]int64{Refunds: amount, Receivables: -applied, ClientCredit: -credit}), nil
	})
}

// RecordChargeback books that a bank took a payment back, in the caller's transaction. The invoice stays as it is until
// CloseChargeback. A chargeback of an id that is booked already changes nothing. Conflict: more than was paid and not refunded (reason refund_too_large).
func (s *Service) RecordChargeback(ctx context.Context, tx db.Tx, c ChargebackOpened) error {
	if c.Fee < 0 || c.Fee > domain.MaxAmount {
		return domain.InvalidField("/fee", "must not be below zero")
	}
	return s.reverse(ctx, tx, c.ChargebackID, c.PaymentID, c.Amount, chargeback, func(invoice *Invoice, _ *Payment) (posting, error) {
		return invoice.posting(EntryChargeback, c.ChargebackID, domain.System(invoice.CreatedBy),
			map[Account]int64{Disputes: c.Amount.Amount, Fees: c.Fee, ProviderClearing: -c.Amount.Amount - c.Fee}), nil
	})
}

// CloseChargeback books how a dispute was decided. If it was won the money is back. If it was lost, the invoice is due
// again by what had been applied to it.
func (s *Service) CloseChargeback(ctx context.Context, tx db.Tx, chargebackID domain.ID, won bool) error {
	if won {
		return s.closeReversal(ctx, tx, chargebackID, chargeback, ReversalCancelled, func(invoice *Invoice, _ *Payment, amount int64) (posting, error) {
			return invoice.posting(EntryChargebackReversed, chargebackID, domain.System(invoice.CreatedBy), map[Account]int64{Disputes: -amount, ProviderClearing: amount}), nil
		})
	}
	return s.closeReversal(ctx, tx, chargebackID, chargeback, ReversalSettled, func(invoice *Invoice, payment *Payment, amount int64) (posting, error) {
		actor := domain.System(invoice.CreatedBy)
		if err := s.reinstate(ctx, tx, actor, invoice, chargebackID); err != nil {
			return posting{}, err
		}
		applied, credit := invoice.unapply(payment, amount)
		return invoice.posting(EntryChargebackUpheld, chargebackID, actor, map[Account]int64{Receivables: applied, ClientCredit: credit, Disputes: -amount}), nil
	})
}

// reversalKind is refund or chargeback.
type reversalKind string

const (
	refund     reversalKind = "refund"
	chargeback reversalKind = "chargeback"
)

// reverse records a refund or chargeback of a payment and books what book returns.
func (s *Service) reverse(ctx context.Context, tx db.Tx, id, paymentID domain.ID, amount domain.Money, kind reversalKind, book func(*Invoice, *Payment) (posting, error)) error {
	invoice, payment, err := s.lockPayment(ctx, tx, paymentID, cases.Action{Verb: cases.VerbUpdate, Resource: cases.ResourcePayment, ID: &paymentID, Detail: string(kind)})
	if err != nil {
		return err
	}
	q := query.New(tx)
	if _, err := q.LockInvoiceReversal(ctx, id); err == nil {
		return nil
	} else if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if amount.Currency != invoice.Currency {
		return domain.InvalidField("/amount/currency", "must be the currency of the payment")
	}
	if payment.Source != FromProvider {
		return errFromTrust()
	}
	disputed, err := q.LockInvoicePendingChargebacks(ctx, paymentID)
	if err != nil {
		return err
	}
	left := payment.Applied + payment.Credit
	for _, d := range disputed {
		left -= d
	}
	if amount.Amount <= 0 {
		return domain.InvalidField("/amount", "must be above zero")
	}
	if amount.Amount > left {
		return errRefundTooLarge()
	}
	entry, err := book(&invoice, &payment)
	if err != nil {
		return err
	}
	if err := q.CreateInvoiceReversal(ctx, query.CreateInvoiceReversalParams{ID: id, PaymentID: paymentID, InvoiceID: invoice.ID, CaseID: invoice.CaseID, Kind: string(kind),
		Status: string(ReversalOpen), Amount: amount.Amount, CreatedAt: s.now()}); err != nil {
		return err
	}
	return s.finishReversal(ctx, tx, &invoice, &payment, entry)
}

// closeReversal moves a refund or chargeback to its final status and books what book returns. If it has that status already nothing changes.
func (s *Service) closeReversal(ctx context.Context, tx db.Tx, id domain.ID, kind reversalKind, to ReversalStatus, book func(invoice *Invoice, payment *Payment, amount int64) (posting, error)) error {
	known, err := query.New(tx).GetInvoiceReversal(ctx, id)
	if err != nil {
		return notFoundAs(err, domain.NoSuch(string(kind)))
	}
	if known.Kind != string(kind) {
		return domain.NoSuch(string(kind))
	}
	invoice, payment, err := s.lockPayment(ctx, tx, known.PaymentID, cases.Action{Verb: cases.VerbUpdate, Resource: cases.ResourcePayment, ID: &known.PaymentID, Detail: string(kind) + " " + string(to)})
	if err != nil {
		return err
	}
	q := query.New(tx)
	row, err := q.LockInvoiceReversal(ctx, id)
	if err != nil {
		return err
	}
	if ReversalStatus(row.Status) == to {
		return nil
	}
	if err := ReversalLifecycle.Check(ReversalStatus(row.Status), to); err != nil {
		return err
	}
	if err := q.UpdateInvoiceReversal(ctx, query.UpdateInvoiceReversalParams{ID: id, Status: string(to)}); err != nil {
		return err
	}
	entry, err := book(&invoice, &payment, row.Amount)
	if err != nil {
		return err
	}
	return s.finishReversal(ctx, tx, &invoice, &payment, entry)
}

// finishReversal stores what changed of the payment and the invoice and books the entry.
func (s *Service) finishReversal(ctx context.Context, tx db.Tx, invoice *Invoice, payment *Payment, entry posting) error {
	if err := query.New(tx).UpdateInvoicePayment(ctx, query.UpdateInvoicePaymentParams{ID: payment.ID, Applied: payment.Applied, Credit: payment.Credit}); err != nil {
		return err
	}
	if err := s.post(ctx, tx, entry); err != nil {
		return err
	}
	return s.updateStatus(ctx, tx, domain.System(invoice.CreatedBy), invoice, false)
}

// apply counts received money to an invoice that is not written off, and what exceeds what is due as credit.
func (i *Invoice) apply(amount int64) (applied, credit int64) {
	applied = min(amount, i.Due())
	credit = amount - applied
	i.Paid, i.Credit = i.Paid+applied, i.Credit+credit
	return applied, credit
}

// unapply takes money of a payment from the credit first, then from what was applied.
func (i *Invoice) unapply(payment *Payment, amount int64) (applied, credit int64) {
	credit = min(amount, payment.Credit)
	applied = amount - credit
	payment.Applied, payment.Credit = payment.Applied-applied, payment.Credit-credit
	i.Paid, i.Credit = i.Paid-applied, i.Credit-credit
	return applied, credit
}

// reinstate undoes the write-off of an invoice, because of a payment or a reversal: it is open or partly paid again.
func (s *Service) reinstate(ctx context.Context, tx db.Tx, actor domain.Principal, invoice *Invoice, source domain.ID) error {
	if invoice.Status != Uncollectible {
		return nil
	}
	to := Open
	if invoice.Paid > 0 {
		to = PartlyPaid
	}
	if err := Lifecycle.Check(invoice.Status, to); err != nil {
		return err
	}
	invoice.Status = to
	outstanding := invoice.Total - invoice.Paid
	return s.post(ctx, tx, invoice.posting(EntryReinstatement, source, actor, map[Account]int64{Receivables: outstanding, WriteOffs: -outstanding}))
}

// updateStatus moves an invoice to the status that its payments give it and publishes what happened.
func (s *Service) updateStatus(ctx context.Context, tx db.Tx, actor domain.Principal, invoice *Invoice, overpaid bool) error {
	was, to := invoice.Status, invoice.Status
	switch {
	case was == Void, was == Uncollectible:
	case invoice.Paid >= invoice.Total:
		to = Paid
	case invoice.Paid > 0:
		to = PartlyPaid
	default:
		to = Open
	}
	if to != was {
		if err := Lifecycle.Check(was, to); err != nil {
			return err
		}
	}
	now := s.now()
	invoice.Status, invoice.UpdatedAt = to, now
	switch {
	case to != Paid:
		invoice.PaidAt = nil
	case was != Paid:
		invoice.PaidAt = &now
	}
	if err := query.New(tx).UpdateInvoiceBalance(ctx, query.UpdateInvoiceBalanceParams{ID: invoice.ID, Status: string(to), Paid: invoice.Paid, Credit: invoice.Credit,
		PaidAt: nullTime(invoice.PaidAt), UpdatedAt: now}); err != nil {
		return err
	}
	return s.publishPaid(ctx, tx, actor, invoice, was != Paid && to == Paid, overpaid)
}

// lockInvoiceOf records in the timeline of the invoice's case what the service learned from outside and locks the invoice.
func (s *Service) lockInvoiceOf(ctx context.Context, tx db.Tx, id domain.ID, action cases.Action) (Invoice, error) {
	q := query.New(tx)
	known, err := q.GetInvoice(ctx, id)
	if err != nil {
		return Invoice{}, notFoundAs(err, noSuchInvoice())
	}
	if err := s.cases.AppendTx(ctx, tx, domain.System(known.CreatedBy), known.CaseID, action); err != nil {
		return Invoice{}, err
	}
	row, err := q.LockInvoice(ctx, id)
	if err != nil {
		return Invoice{}, notFoundAs(err, noSuchInvoice())
	}
	return toInvoice(row), nil
}

// lockPayment is lockInvoiceOf for the invoice of a payment, which it locks too.
func (s *Service) lockPayment(ctx context.Context, tx db.Tx, id domain.ID, action cases.Action) (Invoice, Payment, error) {
	q := query.New(tx)
	known, err := q.GetInvoicePayment(ctx, id)
	if err != nil {
		return Invoice{}, Payment{}, notFoundAs(err, noSuchPayment())
	}
	invoice, err := s.lockInvoiceOf(ctx, tx, known.InvoiceID, action)
	if err != nil {
		return Invoice{}, Payment{}, err
	}
	row, err := q.LockInvoicePayment(ctx, id)
	if err != nil {
		return Invoice{}, Payment{}, notFoundAs(err, noSuchPayment())
	}
	return invoice, toPayment(row), nil
}
