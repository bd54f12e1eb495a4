package payments

import (
	"context"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/payments"
)

// exportPage is the number of payments read at once for an export.
const exportPage = 100

// Export passes the payments that a user opened to yield, newest first.
func (s *Service) Export(ctx context.Context, user domain.ID, yield func(Payment) error) error {
	cursor := domain.CursorOrMax(nil)
	for {
		rows, err := s.queries.ListPaymentsByUser(ctx, query.ListPaymentsByUserParams{UserID: user, Cursor: cursor, Limit: exportPage})
		if err != nil {
			return db.Error(err)
		}
		items := make([]Payment, len(rows))
		for i, r := range rows {
			items[i] = toPayment(r)
		}
		if err := s.withDetails(ctx, s.queries, items); err != nil {
			return db.Error(err)
		}
		for _, p := range items {
			if err := yield(p); err != nil {
				return err
			}
			cursor = p.ID
		}
		if len(rows) < exportPage {
			return nil
		}
	}
}

// EraseUser removes what a user wrote about payments. The payments themselves are kept, as the law demands of accounts.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error {
	q := query.New(tx)
	if err := q.UpdatePaymentsErased(ctx, user); err != nil {
		return err
	}
	return q.UpdatePaymentRefundsErased(ctx, user)
}

// EraseTestData deletes the payments of a test account.
func (s *Service) EraseTestData(ctx context.Context, tx db.Tx, test domain.ID) error {
	q := query.New(tx)
	if err := q.DeletePaymentRefundsByUser(ctx, test); err != nil {
		return err
	}
	if err := q.DeletePaymentDisputesByUser(ctx, test); err != nil {
		return err
	}
	return q.DeletePaymentsByUser(ctx, test)
}
