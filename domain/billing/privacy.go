package billing

import (
	"context"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/billing"
)

// What a person worked, invoices and the ledger are kept by law when the person is erased: tax and accounting law demand
// them for up to ten years, unchanged and with the name and address of the recipient (GDPR Article 17(3)(b)). So
// there is no EraseUser here; a person gets a copy of what they made or worked.

// exportPage is the number of items read at once.
const exportPage = 100

// ExportTimeEntries calls yield for each time entry of a user's work.
func (s *Service) ExportTimeEntries(ctx context.Context, user domain.ID, yield func(TimeEntry) error) error {
	return eachRow(func(cursor domain.ID) ([]query.TimeEntry, error) {
		return s.queries.ListTimeEntriesByUser(ctx, query.ListTimeEntriesByUserParams{UserID: user, Cursor: cursor, Limit: exportPage})
	}, func(r query.TimeEntry) (domain.ID, error) { return r.ID, yield(toTimeEntry(r)) })
}

// ExportInvoices calls yield for each invoice that a user drafted.
func (s *Service) ExportInvoices(ctx context.Context, user domain.ID, yield func(Invoice) error) error {
	return eachRow(func(cursor domain.ID) ([]query.Invoice, error) {
		return s.queries.ListInvoicesByUser(ctx, query.ListInvoicesByUserParams{CreatedBy: user, Cursor: cursor, Limit: exportPage})
	}, func(r query.Invoice) (domain.ID, error) {
		i := toInvoice(r)
		if err := i.load(ctx, s.queries); err != nil {
			return r.ID, db.Error(err)
		}
		return r.ID, yield(i)
	})
}

// eachRow calls yield for the rows of every page.
func eachRow[T any](list func(cursor domain.ID) ([]T, error), yield func(T) (domain.ID, error)) error {
	for cursor := domain.CursorOrMax(nil); ; {
		rows, err := list(cursor)
		if err != nil {
			return db.Error(err)
		}
		for _, r := range rows {
			if cursor, err = yield(r); err != nil {
				return err
			}
		}
		if len(rows) < exportPage {
			return nil
		}
	}
}
