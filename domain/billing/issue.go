package billing

import (
	"context"
	"fmt"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	query "counsel/gen/query/billing"
)

// dueAfter is when an invoice without a due date is due.
const dueAfter = 14 * 24 * time.Hour

// Send issues a draft: it gets the next number of its year and is booked, and its PDF is made, stored in the case and mailed to the
// recipient by a job. Sending an issued invoice mails it again. Conflict: it is void (reason invoice_void). Invalid: its total is zero.
func (s *Service) Send(ctx context.Context, p domain.Principal, caseID, id domain.ID) (Invoice, error) {
	var i Invoice
	action := cases.Action{Verb: cases.VerbUpdate, Resource: cases.ResourceInvoice, ID: &id, Detail: "send"}
	err := s.cases.AuthorizedTx(ctx, p, caseID, &action, func(tx db.Tx) (err error) {
		q := query.New(tx)
		if i, err = s.lockInvoice(ctx, q, caseID, id); err != nil {
			return err
		}
		switch i.Status {
		case Void, Uncollectible:
			return errVoid()
		case Draft:
			if err := s.issue(ctx, tx, p, &i); err != nil {
				return err
			}
		case Open, PartlyPaid, Paid:
		}
		if err := i.load(ctx, q); err != nil {
			return err
		}
		if err := s.enqueueDelivery(ctx, tx, deliverArgs{InvoiceID: id, Sender: p.UserID}); err != nil {
			return err
		}
		return s.publish(ctx, tx, p, &i, domain.EventInvoiceSent)
	})
	if err != nil {
		return Invoice{}, err
	}
	s.wake()
	return i, nil
}

// issue gives a locked draft its number and books it. The number is taken in the transaction of the issue, whose commit releases the
// next one, so that a crash leaves no gap.
func (s *Service) issue(ctx context.Context, tx db.Tx, p domain.Principal, i *Invoice) error {
	if i.Total == 0 {
		return domain.InvalidField("/lines", "must add up to more than zero")
	}
	if err := Lifecycle.Check(i.Status, Open); err != nil {
		return err
	}
	now := s.now()
	if i.DueOn == nil {
		day := now.Add(dueAfter).Truncate(24 * time.Hour)
		i.DueOn = &day
	}
	lines := map[Account]int64{Receivables: i.Total, Revenue: -i.Subtotal, Tax: -i.Tax}
	if err := s.post(ctx, tx, i.posting(EntryInvoice, i.ID, p, lines)); err != nil {
		return err
	}
	q, series := query.New(tx), scope(i.CreatedBy)
	if err := q.CreateInvoiceNumber(ctx, query.CreateInvoiceNumberParams{Scope: series, Year: int32(now.Year())}); err != nil {
		return err
	}
	n, err := q.GetInvoiceNumber(ctx, query.GetInvoiceNumberParams{Scope: series, Year: int32(now.Year())})
	if err != nil {
		return err
	}
	i.Number = fmt.Sprintf("%d-%06d", now.Year(), n)
	if !series.IsZero() {
		i.Number = "TEST-" + i.Number
	}
	i.Status, i.IssuedAt, i.UpdatedAt = Open, &now, now
	return q.UpdateInvoiceIssued(ctx, query.UpdateInvoiceIssuedParams{ID: i.ID, Status: string(Open), Number: nullString(i.Number), DueOn: nullTime(i.DueOn), IssuedAt: nullTime(&now), UpdatedAt: now})
}

// VoidInvoice cancels an issued invoice of which nothing is paid and releases its time entries. It keeps its number. Conflict: something is paid
// and not refunded, or it is a draft.
func (s *Service) VoidInvoice(ctx context.Context, p domain.Principal, caseID, id domain.ID) (Invoice, error) {
	return s.close(ctx, p, caseID, id, Void, func(ctx context.Context, tx db.Tx, i *Invoice) error {
		if err := query.New(tx).UpdateTimeEntriesUnbilled(ctx, query.UpdateTimeEntriesUnbilledParams{InvoiceID: &id, UpdatedAt: s.now()}); err != nil {
			return err
		}
		if err := s.post(ctx, tx, i.posting(EntryVoid, id, p, map[Account]int64{Receivables: -i.Total, Revenue: i.Subtotal, Tax: i.Tax})); err != nil {
			return err
		}
		return s.publish(ctx, tx, p, i, domain.EventInvoiceVoided)
	})
}

// WriteOffInvoice gives up what is still due of an invoice. A later payment opens it again.
func (s *Service) WriteOffInvoice(ctx context.Context, p domain.Principal, caseID, id domain.ID) (Invoice, error) {
	return s.close(ctx, p, caseID, id, Uncollectible, func(ctx context.Context, tx db.Tx, i *Invoice) error {
		due := i.Total - i.Paid
		return s.post(ctx, tx, i.posting(EntryWriteOff, s.newID(), p, map[Account]int64{Receivables: -due, WriteOffs: due}))
	})
}

// close moves an invoice to void or uncollectible. If it has that status already nothing changes.
func (s *Service) close(ctx context.Context, p domain.Principal, caseID, id domain.ID, to Status, book func(context.Context, db.Tx, *Invoice) error) (Invoice, error) {
	var i Invoice
	action := cases.Action{Verb: cases.VerbUpdate, Resource: cases.ResourceInvoice, ID: &id, Detail: "status " + string(to)}
	err := s.cases.AuthorizedTx(ctx, p, caseID, &action, func(tx db.Tx) (err error) {
		q := query.New(tx)
		if i, err = s.lockInvoice(ctx, q, caseID, id); err != nil {
			return err
		}
		if err := i.load(ctx, q); err != nil || i.Status == to {
			return err
		}
		if err := Lifecycle.Check(i.Status, to); err != nil {
			return err
		}
		if err := book(ctx, tx, &i); err != nil {
			return err
		}
		now := s.now()
		i.Status, i.UpdatedAt = to, now
		if to == Void {
			i.VoidedAt = &now
		}
		return q.UpdateInvoiceVoided(ctx, query.UpdateInvoiceVoidedParams{ID: id, Status: string(to), VoidedAt: nullTime(i.VoidedAt), UpdatedAt: now})
	})
	if err != nil {
		return Invoice{}, err
	}
	s.wake()
	return i, nil
}

// publish publishes an event of an invoice.
func (s *Service) publish(ctx context.Context, tx db.Tx, actor domain.Principal, i *Invoice, event domain.EventType) error {
	return s.events.Publish(ctx, tx, domain.Event{Type: event, Actor: actor.UserID, UserID: i.CreatedBy, CaseID: &i.CaseID, Data: map[string]domain.ID{"invoiceId": i.ID}})
}
