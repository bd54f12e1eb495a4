package billing

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	query "counsel/gen/query/billing"
)

// maxMemo is the limit of the reference of a deposit, in characters.
const maxMemo = 300

// TrustMovement is a deposit of client money of a case, or its return. ID is optional: a retry with the same ID returns
// what the first request booked.
type TrustMovement struct {
	ID     domain.ID
	Amount domain.Money
	Memo   string // the reference at the bank
}

func (m *TrustMovement) validate() error {
	if m.Amount.Amount <= 0 || m.Amount.Amount > domain.MaxAmount {
		return domain.InvalidField("/amount", "must be above zero")
	}
	if _, ok := domain.CurrencyDecimals(m.Amount.Currency); !ok {
		return domain.InvalidField("/currency", "is not a currency of ISO 4217")
	}
	if m.Memo = strings.TrimSpace(m.Memo); utf8.RuneCountInString(m.Memo) > maxMemo {
		return domain.InvalidField("/reference", "must have at most %d characters", maxMemo)
	}
	return nil
}

// DepositTrust books money that the client deposited for a case, such as a retainer.
func (s *Service) DepositTrust(ctx context.Context, p domain.Principal, caseID domain.ID, m TrustMovement) (LedgerEntry, error) {
	return s.moveTrust(ctx, p, caseID, m, EntryTrustDeposit, 1)
}

// ReturnTrust books money of the client that the firm sent back. Conflict: the case has less (reason trust_insufficient).
func (s *Service) ReturnTrust(ctx context.Context, p domain.Principal, caseID domain.ID, m TrustMovement) (LedgerEntry, error) {
	return s.moveTrust(ctx, p, caseID, m, EntryTrustReturn, -1)
}

// moveTrust books client money that comes in (sign 1) or goes out (-1).
func (s *Service) moveTrust(ctx context.Context, p domain.Principal, caseID domain.ID, m TrustMovement, kind EntryKind, sign int64) (LedgerEntry, error) {
	if err := m.validate(); err != nil {
		return LedgerEntry{}, err
	}
	source := cmp.Or(m.ID, s.newID())
	var entry LedgerEntry
	err := s.cases.AuthorizedTx(ctx, p, caseID, &cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceLedger, ID: &source, Detail: string(kind)}, func(tx db.Tx) error {
		q := query.New(tx)
		_, booked, err := entryExists(ctx, q, caseID, source, kind)
		if err == nil && !booked {
			err = s.post(ctx, tx, posting{kind: kind, caseID: caseID, scope: scope(p.UserID), source: source, actor: p.UserID, memo: m.Memo, currency: m.Amount.Currency,
				lines: map[Account]int64{TrustBank: sign * m.Amount.Amount, Trust: -sign * m.Amount.Amount}})
		}
		if err != nil {
			return err
		}
		entry, err = loadEntry(ctx, q, caseID, source, kind)
		return err
	})
	return entry, err
}

// PayFromTrust pays an open invoice from the client money of its case. amount 0 pays what is due. Conflict: the invoice is not open (reason
// invoice_not_open), or the case has less client money (trust_insufficient). Invalid: more than is due.
func (s *Service) PayFromTrust(ctx context.Context, p domain.Principal, caseID, invoiceID, paymentID domain.ID, amount int64) (Invoice, error) {
	var i Invoice
	payment := Payment{ID: cmp.Or(paymentID, s.newID()), InvoiceID: invoiceID, Source: FromTrust}
	action := cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceLedger, ID: &payment.ID, Detail: string(EntryTrustPayment)}
	err := s.cases.AuthorizedTx(ctx, p, caseID, &action, func(tx db.Tx) (err error) {
		q := query.New(tx)
		if i, err = s.lockInvoice(ctx, q, caseID, invoiceID); err != nil {
			return err
		}
		if err := i.load(ctx, q); err != nil {
			return err
		}
		if _, err := q.LockInvoicePayment(ctx, payment.ID); !errors.Is(err, sql.ErrNoRows) {
			return err // booked by an earlier try
		}
		if !i.Payable() {
			return errNotOpen()
		}
		payment.Amount = domain.Money{Amount: cmp.Or(amount, i.Due()), Currency: i.Currency}
		if payment.Amount.Amount < 0 || payment.Amount.Amount > i.Due() {
			return domain.InvalidField("/amount", "must not be more than what is due")
		}
		payment.ReceivedAt = s.now()
		paid := payment.Amount.Amount
		return s.receive(ctx, tx, p, &i, &payment, EntryTrustPayment, map[Account]int64{Trust: paid, TrustBank: -paid, Operating: paid})
	})
	if err != nil {
		return Invoice{}, err
	}
	s.wake()
	return i, nil
}

// loadEntry reads an entry with its lines.
func loadEntry(ctx context.Context, q *query.Queries, caseID, source domain.ID, kind EntryKind) (LedgerEntry, error) {
	r, err := q.GetLedgerEntry(ctx, query.GetLedgerEntryParams{CaseID: caseID, SourceID: source, Kind: string(kind)})
	if err != nil {
		return LedgerEntry{}, err
	}
	all, err := loadEntries(ctx, q, []query.LedgerEntry{r})
	if err != nil {
		return LedgerEntry{}, err
	}
	return all[0], nil
}

// day returns midnight UTC of a time.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
