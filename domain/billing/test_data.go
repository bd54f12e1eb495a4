package billing

import (
	"context"
	"errors"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/billing"
)

// EraseTestData deletes the time entries, invoices and ledger of a test account, with the numbers of its invoices.
func (s *Service) EraseTestData(ctx context.Context, tx db.Tx, testAccount domain.ID) error {
	if !testAccount.IsTest() {
		return errors.New("billing: not a test account")
	}
	q := query.New(tx)
	for _, del := range []func(context.Context, domain.ID) error{
		q.DeleteTestInvoiceLines, q.DeleteTestInvoiceReversals, q.DeleteTestInvoicePayments, q.DeleteTestTimeEntries, q.DeleteTestInvoices,
		q.DeleteTestInvoiceNumbers, q.DeleteTestLedgerLines, q.DeleteTestLedgerEntries, q.DeleteTestLedgerBalances,
	} {
		if err := del(ctx, testAccount); err != nil {
			return err
		}
	}
	return nil
}
