package billing

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	query "counsel/gen/query/billing"
)

// Invoice is an invoice of a case. Amounts are in minor units of its currency.
type Invoice struct {
	ID        domain.ID
	CaseID    domain.ID
	Status    Status
	Number    string // "": a draft
	Currency  string
	Recipient Recipient
	Locale    string // of the PDF and the mail
	Notes     string
	DueOn     *time.Time // midnight UTC; nil: a draft without one
	Lines     []Line     // nil in lists
	Subtotal  int64      // without tax
	Tax       int64
	Total     int64
	Paid      int64 // applied to the total
	Credit    int64 // received beyond it and not refunded
	Document  *domain.ID
	Receipt   *domain.ID
	CreatedBy domain.ID
	CreatedAt time.Time
	UpdatedAt time.Time
	IssuedAt  *time.Time
	SentAt    *time.Time
	PaidAt    *time.Time
	VoidedAt  *time.Time
}

// Recipient is who an invoice is addressed to.
type Recipient struct {
	Name    string
	Address string // several lines
	Email   string // "": the invoice is not mailed
}

// Line is a line of an invoice.
type Line struct {
	TimeEntryID *domain.ID // that it bills
	Description string
	Quantity    int64 // in fractions of Divisor
	Divisor     int   // 60 for minutes, 1000 for thousandths
	UnitPrice   int64 // for a whole; for minutes, an hour
	TaxRate     int   // in basis points
	TaxName     string
	Amount      int64 // without tax
	Tax         int64
}

// The divisors of quantities.
const (
	minutesDivisor  = 60
	decimalsDivisor = 1000
)

// Decimal returns the quantity as a decimal with at most three places. Minutes are rounded to hours in it, not in the
// amount.
func (l Line) Decimal() string {
	thousandths, _ := roundedQuotient(l.Quantity, decimalsDivisor, int64(l.Divisor))
	text := fmt.Sprintf("%d.%03d", thousandths/decimalsDivisor, thousandths%decimalsDivisor)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// Due returns what is still to be paid.
func (i *Invoice) Due() int64 {
	if i.Status == Void || i.Status == Draft {
		return 0
	}
	return max(0, i.Total-i.Paid)
}

// Payable reports whether the invoice waits for a payment.
func (i *Invoice) Payable() bool { return i.Status == Open || i.Status == PartlyPaid }

func (i *Invoice) posting(kind EntryKind, source domain.ID, actor domain.Principal, lines map[Account]int64) posting {
	return posting{kind: kind, caseID: i.CaseID, scope: scope(i.CreatedBy), source: source, invoice: &i.ID, actor: actor.UserID, currency: i.Currency, lines: lines}
}

// Limits of an invoice.
const (
	MaxLines       = 200
	maxName        = 200
	maxAddress     = 1000
	maxNotes       = 2000
	maxDescription = 1000
	maxTaxName     = 50
	maxTaxRate     = taxDivisor
)

// NewLine is a line of a draft: either of a time entry, or free.
type NewLine struct {
	TimeEntryID *domain.ID
	Description string // "": that of the time entry
	Quantity    string // a decimal with at most three places; "" with a time entry
	UnitPrice   *int64 // nil with a time entry
	TaxRate     int
	TaxName     string
}

// NewInvoice is a draft to create. ID is optional: a retry with the same ID returns what the first request created.
type NewInvoice struct {
	ID        domain.ID
	Currency  string
	Recipient Recipient
	Locale    string // "": en
	Notes     string
	DueOn     *time.Time
	Lines     []NewLine
}

// InvoiceUpdate lists the fields of a draft to change; nil leaves a field unchanged.
type InvoiceUpdate struct {
	Recipient *Recipient
	Locale    *string
	Notes     *string
	DueOn     *time.Time
	Lines     []NewLine // nil: unchanged
}

// languages are those of the templates of invoices and receipts.
var languages = []string{"en", "de", "fr", "es"}

func (i *Invoice) validate() error {
	if _, ok := domain.CurrencyDecimals(i.Currency); !ok {
		return domain.InvalidField("/currency", "is not a currency of ISO 4217")
	}
	i.Recipient.Name, i.Recipient.Address = strings.TrimSpace(i.Recipient.Name), strings.TrimSpace(i.Recipient.Address)
	if n := utf8.RuneCountInString(i.Recipient.Name); n == 0 || n > maxName {
		return domain.InvalidField("/recipient/name", "must have 1 to %d characters", maxName)
	}
	if utf8.RuneCountInString(i.Recipient.Address) > maxAddress {
		return domain.InvalidField("/recipient/address", "must have at most %d characters", maxAddress)
	}
	if i.Recipient.Email != "" {
		if _, err := domain.ParseEmail(i.Recipient.Email); err != nil {
			return domain.InvalidField("/recipient/email", "is not an e-mail address")
		}
	}
	if i.Locale = cmp.Or(i.Locale, "en"); !slices.Contains(languages, i.Locale) {
		return domain.InvalidField("/locale", "must be one of %s", strings.Join(languages, ", "))
	}
	if utf8.RuneCountInString(i.Notes) > maxNotes {
		return domain.InvalidField("/notes", "must have at most %d characters", maxNotes)
	}
	return checkDay("/dueOn", i.DueOn)
}

// checkDay fails with Invalid unless a day is one of the years 1900 to 2999.
func checkDay(pointer string, day *time.Time) error {
	if day != nil && (day.Year() < 1900 || day.Year() > 2999) {
		return domain.InvalidField(pointer, "must be a day of the years 1900 to 2999")
	}
	return nil
}

// parseQuantity reads a decimal with at most three places as thousandths.
func parseQuantity(text string) (thousandths int64, ok bool) {
	whole, decimals, found := strings.Cut(text, ".")
	if whole == "" || len(whole) > 9 || found && decimals == "" || len(decimals) > 3 || strings.Trim(whole+decimals, "0123456789") != "" {
		return 0, false
	}
	thousandths, err := strconv.ParseInt(whole+(decimals + "000")[:3], 10, 64)
	return thousandths, err == nil && thousandths > 0
}

// setLines makes the lines of a draft and takes the time entries for it. It replaces those that the draft had.
func (s *Service) setLines(ctx context.Context, q *query.Queries, i *Invoice, lines []NewLine) error {
	if len(lines) == 0 || len(lines) > MaxLines {
		return domain.InvalidField("/lines", "must be 1 to %d", MaxLines)
	}
	now := s.now()
	if err := q.UpdateTimeEntriesUnbilled(ctx, query.UpdateTimeEntriesUnbilledParams{InvoiceID: &i.ID, UpdatedAt: now}); err != nil {
		return err
	}
	i.Lines = nil
	for n, line := range lines {
		pointer := "/lines/" + strconv.Itoa(n)
		l := Line{TimeEntryID: line.TimeEntryID, Description: strings.TrimSpace(line.Description), TaxRate: line.TaxRate, TaxName: strings.TrimSpace(line.TaxName)}
		var err error
		if line.TimeEntryID != nil {
			err = s.billEntry(ctx, q, i, line, &l, pointer)
		} else {
			err = l.setFree(line, pointer)
		}
		if err != nil {
			return err
		}
		if size := utf8.RuneCountInString(l.Description); size == 0 || size > maxDescription {
			return domain.InvalidField(pointer+"/description", "must have 1 to %d characters", maxDescription)
		}
		if l.TaxRate < 0 || l.TaxRate > maxTaxRate {
			return domain.InvalidField(pointer+"/taxRate", "must be 0 to %d", maxTaxRate)
		}
		if l.TaxRate > 0 && l.TaxName == "" || utf8.RuneCountInString(l.TaxName) > maxTaxName {
			return domain.InvalidField(pointer+"/taxName", "must name the tax in 1 to %d characters", maxTaxName)
		}
		if err := l.setAmounts(pointer); err != nil {
			return err
		}
		i.Lines = append(i.Lines, l)
	}
	return i.setTotals()
}

// setFree sets the quantity and price of a line that bills no time entry.
func (l *Line) setFree(line NewLine, pointer string) error {
	var ok bool
	if l.Quantity, ok = parseQuantity(line.Quantity); !ok {
		return domain.InvalidField(pointer+"/quantity", "must be a decimal above zero with at most 9 digits and 3 places, such as 1.5")
	}
	if line.UnitPrice == nil || *line.UnitPrice > domain.MaxAmount || *line.UnitPrice < -domain.MaxAmount {
		return domain.InvalidField(pointer+"/unitPrice", "must be an amount in minor units")
	}
	l.Divisor, l.UnitPrice = decimalsDivisor, *line.UnitPrice
	return nil
}

// billEntry makes a line of a time entry and takes the entry for the draft. Conflict: another invoice has it (reason
// time_entry_billed).
func (s *Service) billEntry(ctx context.Context, q *query.Queries, i *Invoice, line NewLine, l *Line, pointer string) error {
	if line.Quantity != "" || line.UnitPrice != nil {
		return domain.InvalidField(pointer, "has a time entry and must not have a quantity or a unitPrice")
	}
	r, err := q.LockTimeEntry(ctx, query.LockTimeEntryParams{CaseID: i.CaseID, ID: *line.TimeEntryID})
	if err != nil {
		return notFoundAs(err, domain.InvalidField(pointer+"/timeEntryId", "is not a time entry of the case"))
	}
	switch {
	case r.InvoiceID != nil && *r.InvoiceID == i.ID:
		return domain.InvalidField(pointer+"/timeEntryId", "is on another line already")
	case r.InvoiceID != nil:
		return errEntryBilled()
	case !r.Billable:
		return domain.InvalidField(pointer+"/timeEntryId", "is not billable")
	case r.Currency != i.Currency:
		return domain.InvalidField(pointer+"/timeEntryId", "has another currency than the invoice")
	}
	l.Quantity, l.Divisor, l.UnitPrice = int64(r.Minutes), minutesDivisor, r.Rate
	l.Description = cmp.Or(l.Description, r.Description)
	return q.UpdateTimeEntryInvoice(ctx, query.UpdateTimeEntryInvoiceParams{InvoiceID: &i.ID, UpdatedAt: s.now(), CaseID: i.CaseID, ID: r.ID})
}

// storeLines writes the lines of a new draft, or replaces those of an old one.
func (i *Invoice) storeLines(ctx context.Context, q *query.Queries) error {
	if err := q.DeleteInvoiceLines(ctx, i.ID); err != nil {
		return err
	}
	for n, l := range i.Lines {
		if err := q.CreateInvoiceLine(ctx, query.CreateInvoiceLineParams{InvoiceID: i.ID, Position: int32(n), TimeEntryID: l.TimeEntryID, Description: l.Description, Quantity: l.Quantity,
			Divisor: int32(l.Divisor), UnitPrice: l.UnitPrice, TaxRate: int32(l.TaxRate), TaxName: l.TaxName, Amount: l.Amount, Tax: l.Tax}); err != nil {
			return err
		}
	}
	return nil
}

// CreateInvoice drafts an invoice. Errors: those of the case's policy; Invalid; Conflict if a time entry is on another
// invoice (reason time_entry_billed).
func (s *Service) CreateInvoice(ctx context.Context, p domain.Principal, caseID domain.ID, n NewInvoice) (Invoice, error) {
	now := s.now()
	i := Invoice{ID: cmp.Or(n.ID, s.newID()), CaseID: caseID, Status: Draft, Currency: n.Currency, Recipient: n.Recipient, Locale: n.Locale, Notes: n.Notes, DueOn: n.DueOn,
		CreatedBy: p.UserID, CreatedAt: now, UpdatedAt: now}
	if err := i.validate(); err != nil {
		return Invoice{}, err
	}
	err := s.cases.AuthorizedTx(ctx, p, caseID, &cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceInvoice, ID: &i.ID}, func(tx db.Tx) error {
		q := query.New(tx)
		if existing, err := s.lockInvoice(ctx, q, caseID, i.ID); err == nil {
			i = existing
			return i.load(ctx, q)
		} else if domain.CodeOf(err) != domain.NotFound {
			return err
		}
		if err := s.setLines(ctx, q, &i, n.Lines); err != nil {
			return err
		}
		if err := q.CreateInvoice(ctx, query.CreateInvoiceParams{ID: i.ID, CaseID: caseID, Scope: scope(p.UserID), Status: string(i.Status), Currency: i.Currency,
			RecipientName: i.Recipient.Name, RecipientAddress: i.Recipient.Address, RecipientEmail: i.Recipient.Email, Locale: i.Locale, Notes: i.Notes, DueOn: nullTime(i.DueOn),
			Subtotal: i.Subtotal, Tax: i.Tax, Total: i.Total, CreatedBy: p.UserID, CreatedAt: now, UpdatedAt: now}); err != nil {
			return err
		}
		return i.storeLines(ctx, q)
	})
	if err != nil {
		return Invoice{}, err
	}
	return i, nil
}

// UpdateInvoice changes a draft. Conflict: it is no draft (reason invoice_issued), or a time entry is on another invoice.
func (s *Service) UpdateInvoice(ctx context.Context, p domain.Principal, caseID, id domain.ID, u InvoiceUpdate) (Invoice, error) {
	var i Invoice
	err := s.cases.AuthorizedTx(ctx, p, caseID, &cases.Action{Verb: cases.VerbUpdate, Resource: cases.ResourceInvoice, ID: &id}, func(tx db.Tx) (err error) {
		q := query.New(tx)
		if i, err = s.lockDraft(ctx, q, caseID, id); err != nil {
			return err
		}
		if u.Recipient != nil {
			i.Recipient = *u.Recipient
		}
		if u.Locale != nil {
			i.Locale = *u.Locale
		}
		if u.Notes != nil {
			i.Notes = *u.Notes
		}
		if u.DueOn != nil {
			i.DueOn = u.DueOn
		}
		if err := i.validate(); err != nil {
			return err
		}
		if u.Lines == nil {
			err = i.load(ctx, q)
		} else if err = s.setLines(ctx, q, &i, u.Lines); err == nil {
			err = i.storeLines(ctx, q)
		}
		if err != nil {
			return err
		}
		i.UpdatedAt = s.now()
		return q.UpdateInvoiceDraft(ctx, query.UpdateInvoiceDraftParams{ID: id, Currency: i.Currency, RecipientName: i.Recipient.Name, RecipientAddress: i.Recipient.Address,
			RecipientEmail: i.Recipient.Email, Locale: i.Locale, Notes: i.Notes, DueOn: nullTime(i.DueOn), Subtotal: i.Subtotal, Tax: i.Tax, Total: i.Total, UpdatedAt: i.UpdatedAt})
	})
	if err != nil {
		return Invoice{}, err
	}
	return i, nil
}

// DeleteInvoice deletes a draft and releases its time entries. Conflict: it is no draft (reason invoice_issued).
func (s *Service) DeleteInvoice(ctx context.Context, p domain.Principal, caseID, id domain.ID) error {
	return s.cases.AuthorizedTx(ctx, p, caseID, &cases.Action{Verb: cases.VerbDelete, Resource: cases.ResourceInvoice, ID: &id}, func(tx db.Tx) error {
		q := query.New(tx)
		if _, err := s.lockDraft(ctx, q, caseID, id); err != nil {
			return err
		}
		if err := q.UpdateTimeEntriesUnbilled(ctx, query.UpdateTimeEntriesUnbilledParams{InvoiceID: &id, UpdatedAt: s.now()}); err != nil {
			return err
		}
		if err := q.DeleteInvoiceLines(ctx, id); err != nil {
			return err
		}
		return q.DeleteInvoiceDraft(ctx, id)
	})
}

// InvoiceFilter narrows a list of invoices.
type InvoiceFilter struct {
	Status Status // "": all
	Limit  int
	Cursor *domain.ID
}

// Invoices lists the invoices of a case, newest first, without their lines. Clients and viewers do not see drafts.
func (s *Service) Invoices(ctx context.Context, p domain.Principal, caseID domain.ID, f InvoiceFilter) (items []Invoice, next *domain.ID, err error) {
	if err := s.cases.AuthorizeRead(ctx, p, caseID, cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceInvoice, Detail: "list"}); err != nil {
		return nil, nil, err
	}
	leads, err := s.leads(ctx, p, caseID)
	if err != nil {
		return nil, nil, err
	}
	drafts := int64(0)
	if leads {
		drafts = 1
	}
	n := domain.PageSize(f.Limit)
	rows, err := s.queries.ListInvoices(ctx, query.ListInvoicesParams{CaseID: caseID, Cursor: domain.CursorOrMax(f.Cursor), Status: string(f.Status), Drafts: drafts, Limit: int32(n + 1)})
	if err != nil {
		return nil, nil, db.Error(err)
	}
	for _, r := range rows {
		items = append(items, toInvoice(r))
	}
	items, next = domain.Page(items, n, func(i Invoice) domain.ID { return i.ID })
	return items, next, nil
}

// CaseInvoice reads an invoice of a case. NotFound: there is none, or it is a draft and the caller a client or viewer.
func (s *Service) CaseInvoice(ctx context.Context, p domain.Principal, caseID, id domain.ID) (Invoice, error) {
	if err := s.cases.AuthorizeRead(ctx, p, caseID, cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceInvoice, ID: &id}); err != nil {
		return Invoice{}, err
	}
	r, err := s.queries.GetInvoice(ctx, id)
	if err != nil {
		return Invoice{}, notFoundAs(err, noSuchInvoice())
	}
	i := toInvoice(r)
	if i.CaseID != caseID {
		return Invoice{}, noSuchInvoice()
	}
	if i.Status == Draft {
		if leads, err := s.leads(ctx, p, caseID); err != nil || !leads {
			return Invoice{}, cmp.Or(err, noSuchInvoice())
		}
	}
	return i, db.Error(i.load(ctx, s.queries))
}

// Invoice reads an invoice by its id alone, such as to pay it. It looks to callers who may not read it as if it did not exist.
func (s *Service) Invoice(ctx context.Context, p domain.Principal, id domain.ID) (Invoice, error) {
	r, err := s.queries.GetInvoice(ctx, id)
	if err != nil {
		return Invoice{}, s.cases.UniformNotFound(ctx, p, notFoundAs(err, noSuchInvoice()))
	}
	i, err := s.CaseInvoice(ctx, p, r.CaseID, id)
	return i, cases.HideNotFound(err, noSuchInvoice)
}

// lockInvoice locks an invoice of a case, without its lines.
func (s *Service) lockInvoice(ctx context.Context, q *query.Queries, caseID, id domain.ID) (Invoice, error) {
	r, err := q.LockInvoice(ctx, id)
	if errors.Is(err, sql.ErrNoRows) || err == nil && r.CaseID != caseID {
		return Invoice{}, noSuchInvoice()
	}
	return toInvoice(r), err
}

func (s *Service) lockDraft(ctx context.Context, q *query.Queries, caseID, id domain.ID) (Invoice, error) {
	i, err := s.lockInvoice(ctx, q, caseID, id)
	if err == nil && i.Status != Draft {
		err = errIssued()
	}
	return i, err
}

// load reads the lines.
func (i *Invoice) load(ctx context.Context, q *query.Queries) error {
	rows, err := q.ListInvoiceLines(ctx, i.ID)
	i.Lines = make([]Line, len(rows))
	for n, r := range rows {
		i.Lines[n] = Line{TimeEntryID: r.TimeEntryID, Description: r.Description, Quantity: r.Quantity, Divisor: int(r.Divisor), UnitPrice: r.UnitPrice, TaxRate: int(r.TaxRate),
			TaxName: r.TaxName, Amount: r.Amount, Tax: r.Tax}
	}
	return err
}

func toInvoice(r query.Invoice) Invoice {
	return Invoice{ID: r.ID, CaseID: r.CaseID, Status: Status(r.Status), Number: r.Number.String, Currency: r.Currency,
		Recipient: Recipient{Name: r.RecipientName, Address: r.RecipientAddress, Email: r.RecipientEmail}, Locale: r.Locale, Notes: r.Notes, DueOn: timeOf(r.DueOn),
		Subtotal: r.Subtotal, Tax: r.Tax, Total: r.Total, Paid: r.Paid, Credit: r.Credit, Document: r.DocumentID, Receipt: r.ReceiptID,
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, IssuedAt: timeOf(r.IssuedAt), SentAt: timeOf(r.SentAt), PaidAt: timeOf(r.PaidAt), VoidedAt: timeOf(r.VoidedAt)}
}
