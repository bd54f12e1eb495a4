package handlers

import (
	"context"

	"counsel/domain"
	"counsel/domain/billing"
	"counsel/gen/api"
	"counsel/handlers/middleware"
)

// ListTimeEntries lists the time entries of a case.
func (s *Server) ListTimeEntries(ctx context.Context, r api.ListTimeEntriesRequestObject) (api.ListTimeEntriesResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.billing.TimeEntries(ctx, principal(ctx), domain.ID(r.CaseID), billing.TimeEntryFilter{Unbilled: orZero(r.Params.Unbilled), Limit: limit(r.Params.Limit), Cursor: cursor})
	if err != nil {
		return nil, err
	}
	page := api.TimeEntryList{Items: make([]api.TimeEntry, len(items)), NextCursor: encodeCursor(next)}
	for i, e := range items {
		page.Items[i] = toAPITimeEntry(e)
	}
	return api.ListTimeEntries200JSONResponse(page), nil
}

// CreateTimeEntry records work on a case.
func (s *Server) CreateTimeEntry(ctx context.Context, r api.CreateTimeEntryRequestObject) (api.CreateTimeEntryResponseObject, error) {
	b := r.Body
	e, err := s.billing.CreateTimeEntry(ctx, principal(ctx), domain.ID(r.CaseID), billing.NewTimeEntry{ID: middleware.DerivedID(ctx, 0), UserID: domain.ID(orZero(b.UserID)),
		TimeEntryContent: billing.TimeEntryContent{Date: b.Date.Time, Minutes: int(b.Minutes), Rate: domain.Money{Amount: b.Rate, Currency: b.Currency}, Billable: b.Billable == nil || *b.Billable, Description: b.Description}})
	if err != nil {
		return nil, err
	}
	return api.CreateTimeEntry201JSONResponse(toAPITimeEntry(e)), nil
}

// UpdateTimeEntry changes a time entry.
func (s *Server) UpdateTimeEntry(ctx context.Context, r api.UpdateTimeEntryRequestObject) (api.UpdateTimeEntryResponseObject, error) {
	b := r.Body
	u := billing.TimeEntryUpdate{Rate: b.Rate, Currency: b.Currency, Billable: b.Billable, Description: b.Description}
	if b.Date != nil {
		u.Date = &b.Date.Time
	}
	if b.Minutes != nil {
		minutes := int(*b.Minutes)
		u.Minutes = &minutes
	}
	e, err := s.billing.UpdateTimeEntry(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.EntryID), u)
	if err != nil {
		return nil, err
	}
	return api.UpdateTimeEntry200JSONResponse(toAPITimeEntry(e)), nil
}

// DeleteTimeEntry deletes a time entry.
func (s *Server) DeleteTimeEntry(ctx context.Context, r api.DeleteTimeEntryRequestObject) (api.DeleteTimeEntryResponseObject, error) {
	if err := s.billing.DeleteTimeEntry(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.EntryID)); err != nil {
		return nil, err
	}
	return api.DeleteTimeEntry204Response{}, nil
}

// ListInvoices lists the invoices of a case.
func (s *Server) ListInvoices(ctx context.Context, r api.ListInvoicesRequestObject) (api.ListInvoicesResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.billing.Invoices(ctx, principal(ctx), domain.ID(r.CaseID), billing.InvoiceFilter{Status: billing.Status(deref(r.Params.Status)), Limit: limit(r.Params.Limit), Cursor: cursor})
	if err != nil {
		return nil, err
	}
	page := api.InvoiceList{Items: make([]api.Invoice, len(items)), NextCursor: encodeCursor(next)}
	for i, invoice := range items {
		page.Items[i] = toAPIInvoice(invoice)
	}
	return api.ListInvoices200JSONResponse(page), nil
}

// CreateInvoice drafts an invoice.
func (s *Server) CreateInvoice(ctx context.Context, r api.CreateInvoiceRequestObject) (api.CreateInvoiceResponseObject, error) {
	b := r.Body
	n := billing.NewInvoice{ID: middleware.DerivedID(ctx, 0), Currency: b.Currency, Recipient: fromAPIRecipient(b.Recipient), Locale: deref(b.Locale), Notes: deref(b.Notes), Lines: fromAPILines(b.Lines)}
	if b.DueOn != nil {
		n.DueOn = &b.DueOn.Time
	}
	i, err := s.billing.CreateInvoice(ctx, principal(ctx), domain.ID(r.CaseID), n)
	if err != nil {
		return nil, err
	}
	return api.CreateInvoice201JSONResponse(toAPIInvoice(i)), nil
}

// GetInvoice returns an invoice.
func (s *Server) GetInvoice(ctx context.Context, r api.GetInvoiceRequestObject) (api.GetInvoiceResponseObject, error) {
	i, err := s.billing.CaseInvoice(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.InvoiceID))
	if err != nil {
		return nil, err
	}
	return api.GetInvoice200JSONResponse(toAPIInvoice(i)), nil
}

// UpdateInvoice changes a draft.
func (s *Server) UpdateInvoice(ctx context.Context, r api.UpdateInvoiceRequestObject) (api.UpdateInvoiceResponseObject, error) {
	b := r.Body
	u := billing.InvoiceUpdate{Locale: (*string)(b.Locale), Notes: b.Notes}
	if b.Recipient != nil {
		recipient := fromAPIRecipient(*b.Recipient)
		u.Recipient = &recipient
	}
	if b.DueOn != nil {
		u.DueOn = &b.DueOn.Time
	}
	if b.Lines != nil {
		u.Lines = fromAPILines(b.Lines)
	}
	i, err := s.billing.UpdateInvoice(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.InvoiceID), u)
	if err != nil {
		return nil, err
	}
	return api.UpdateInvoice200JSONResponse(toAPIInvoice(i)), nil
}

// DeleteInvoice deletes a draft.
func (s *Server) DeleteInvoice(ctx context.Context, r api.DeleteInvoiceRequestObject) (api.DeleteInvoiceResponseObject, error) {
	if err := s.billing.DeleteInvoice(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.InvoiceID)); err != nil {
		return nil, err
	}
	return api.DeleteInvoice204Response{}, nil
}

// SendInvoice issues an invoice and mails it.
func (s *Server) SendInvoice(ctx context.Context, r api.SendInvoiceRequestObject) (api.SendInvoiceResponseObject, error) {
	i, err := s.billing.Send(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.InvoiceID))
	if err != nil {
		return nil, err
	}
	return api.SendInvoice200JSONResponse(toAPIInvoice(i)), nil
}

// VoidInvoice cancels an invoice.
func (s *Server) VoidInvoice(ctx context.Context, r api.VoidInvoiceRequestObject) (api.VoidInvoiceResponseObject, error) {
	i, err := s.billing.VoidInvoice(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.InvoiceID))
	if err != nil {
		return nil, err
	}
	return api.VoidInvoice200JSONResponse(toAPIInvoice(i)), nil
}

// WriteOffInvoice gives up what is due of an invoice.
func (s *Server) WriteOffInvoice(ctx context.Context, r api.WriteOffInvoiceRequestObject) (api.WriteOffInvoiceResponseObject, error) {
	i, err := s.billing.WriteOffInvoice(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.InvoiceID))
	if err != nil {
		return nil, err
	}
	return api.WriteOffInvoice200JSONResponse(toAPIInvoice(i)), nil
}

// PayInvoiceFromTrust pays an invoice from the client money of its case.
func (s *Server) PayInvoiceFromTrust(ctx context.Context, r api.PayInvoiceFromTrustRequestObject) (api.PayInvoiceFromTrustResponseObject, error) {
	i, err := s.billing.PayFromTrust(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.InvoiceID), middleware.DerivedID(ctx, 0), orZero(r.Body.Amount))
	if err != nil {
		return nil, err
	}
	return api.PayInvoiceFromTrust200JSONResponse(toAPIInvoice(i)), nil
}

// ListLedgerEntries returns the ledger of a case.
func (s *Server) ListLedgerEntries(ctx context.Context, r api.ListLedgerEntriesRequestObject) (api.ListLedgerEntriesResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	l, err := s.billing.Ledger(ctx, principal(ctx), domain.ID(r.CaseID), limit(r.Params.Limit), cursor)
	if err != nil {
		return nil, err
	}
	page := api.Ledger{Items: make([]api.LedgerEntry, len(l.Entries)), Balances: toAPIBalances(l.Balances), NextCursor: encodeCursor(l.Next)}
	for i, e := range l.Entries {
		page.Items[i] = toAPILedgerEntry(e)
	}
	return api.ListLedgerEntries200JSONResponse(page), nil
}

// CreateTrustDeposit books a deposit of client money.
func (s *Server) CreateTrustDeposit(ctx context.Context, r api.CreateTrustDepositRequestObject) (api.CreateTrustDepositResponseObject, error) {
	e, err := s.billing.DepositTrust(ctx, principal(ctx), domain.ID(r.CaseID), fromAPIMovement(ctx, *r.Body))
	if err != nil {
		return nil, err
	}
	return api.CreateTrustDeposit201JSONResponse(toAPILedgerEntry(e)), nil
}

// CreateTrustReturn books that client money was returned.
func (s *Server) CreateTrustReturn(ctx context.Context, r api.CreateTrustReturnRequestObject) (api.CreateTrustReturnResponseObject, error) {
	e, err := s.billing.ReturnTrust(ctx, principal(ctx), domain.ID(r.CaseID), fromAPIMovement(ctx, *r.Body))
	if err != nil {
		return nil, err
	}
	return api.CreateTrustReturn201JSONResponse(toAPILedgerEntry(e)), nil
}

// GetTrialBalance sums up all ledgers.
func (s *Server) GetTrialBalance(ctx context.Context, _ api.GetTrialBalanceRequestObject) (api.GetTrialBalanceResponseObject, error) {
	all, err := s.billing.TrialBalance(ctx, principal(ctx))
	if err != nil {
		return nil, err
	}
	return api.GetTrialBalance200JSONResponse{Items: toAPIBalances(all)}, nil
}

// orZero returns what p points to, or the zero value.
func orZero[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func fromAPIMovement(ctx context.Context, b api.TrustMovementRequest) billing.TrustMovement {
	return billing.TrustMovement{ID: middleware.DerivedID(ctx, 0), Amount: domain.Money{Amount: b.Amount, Currency: b.Currency}, Memo: deref(b.Reference)}
}

func fromAPIRecipient(b api.InvoiceRecipient) billing.Recipient {
	return billing.Recipient{Name: b.Name, Address: deref(b.Address), Email: deref(b.Email)}
}

func fromAPILines(list []api.InvoiceLineInput) []billing.NewLine {
	lines := make([]billing.NewLine, len(list))
	for i, l := range list {
		lines[i] = billing.NewLine{TimeEntryID: (*domain.ID)(l.TimeEntryID), Description: deref(l.Description), Quantity: deref(l.Quantity), UnitPrice: l.UnitPrice, TaxRate: int(orZero(l.TaxRate)), TaxName: deref(l.TaxName)}
	}
	return lines
}

func toAPITimeEntry(e billing.TimeEntry) api.TimeEntry {
	return api.TimeEntry{ID: api.ID(e.ID), UserID: api.ID(e.UserID), Date: *toAPIDate(&e.Date), Minutes: int32(e.Minutes), Rate: e.Rate.Amount, Currency: e.Rate.Currency, Billable: e.Billable,
		Description: e.Description, InvoiceID: (*api.ID)(e.InvoiceID), CreatedBy: api.ID(e.CreatedBy), CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt}
}

func toAPIInvoice(i billing.Invoice) api.Invoice {
	out := api.Invoice{ID: api.ID(i.ID), CaseID: api.ID(i.CaseID), Status: api.InvoiceStatus(i.Status), Number: optional(i.Number), Currency: i.Currency,
		Recipient: api.InvoiceRecipient{Name: i.Recipient.Name, Address: optional(i.Recipient.Address), Email: optional(i.Recipient.Email)}, Locale: api.InvoiceLocale(i.Locale),
		Notes: optional(i.Notes), DueOn: toAPIDate(i.DueOn), Subtotal: i.Subtotal, Tax: i.Tax, Total: i.Total, Paid: i.Paid, Due: i.Due(), Credit: i.Credit,
		DocumentID: (*api.ID)(i.Document), ReceiptID: (*api.ID)(i.Receipt), CreatedBy: api.ID(i.CreatedBy), CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
		IssuedAt: i.IssuedAt, SentAt: i.SentAt, PaidAt: i.PaidAt, VoidedAt: i.VoidedAt}
	if i.Lines != nil {
		lines := make([]api.InvoiceLine, len(i.Lines))
		for n, l := range i.Lines {
			lines[n] = api.InvoiceLine{TimeEntryID: (*api.ID)(l.TimeEntryID), Description: l.Description, Quantity: l.Decimal(), UnitPrice: l.UnitPrice, TaxRate: int32(l.TaxRate),
				TaxName: optional(l.TaxName), Amount: l.Amount, Tax: l.Tax}
		}
		out.Lines = lines
	}
	return out
}

func toAPILedgerEntry(e billing.LedgerEntry) api.LedgerEntry {
	out := api.LedgerEntry{ID: api.ID(e.ID), Kind: api.LedgerEntryKind(e.Kind), SourceID: api.ID(e.SourceID), InvoiceID: (*api.ID)(e.InvoiceID), ActorID: api.ID(e.ActorID),
		Reference: optional(e.Memo), CreatedAt: e.CreatedAt, Lines: make([]api.LedgerLine, len(e.Lines))}
	for i, l := range e.Lines {
		out.Lines[i] = api.LedgerLine{Account: api.LedgerAccount(l.Account), Currency: l.Currency, Amount: l.Amount}
	}
	return out
}

func toAPIBalances(list []billing.Balance) []api.LedgerBalance {
	out := make([]api.LedgerBalance, len(list))
	for i, b := range list {
		out[i] = api.LedgerBalance{Account: api.LedgerAccount(b.Account), Currency: b.Currency, Balance: b.Balance}
	}
	return out
}
