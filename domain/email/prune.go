package email

import (
	"context"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/email"
)

// pruneBatch is the number of mails that one statement changes.
const pruneBatch = 500

// prune deletes the text of mails that finished before the retention period, and system mails completely. The
// recipients, the subject, the names of attachments and the status are kept. While the sender is a member of a case
// under legal hold, the text is kept as well.
func (s *Service) prune(ctx context.Context) error {
	before := s.clock().Add(-s.retention)
	for _, deleteBatch := range []func() (int64, error){
		func() (int64, error) {
			return s.rows.DeleteOldEmailBodies(ctx, query.DeleteOldEmailBodiesParams{Before: before, Limit: pruneBatch})
		},
		func() (int64, error) {
			return s.rows.DeleteOldSystemEmails(ctx, query.DeleteOldSystemEmailsParams{Before: before, Limit: pruneBatch})
		},
	} {
		for n := int64(pruneBatch); n == pruneBatch; {
			var err error
			if n, err = deleteBatch(); err != nil {
				return db.Error(err)
			}
		}
	}
	return nil
}

// EraseUser deletes the mails that a user sent and the system mails sent to them, in the caller's transaction. Queued
// mails are not sent. That the user wanted no mail stays on the suppression list in anonymized form. An entry because
// of a bounce is removed, since the address may get a new owner.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID, address string) error {
	q := query.New(tx)
	if err := q.DeleteEmailsByUser(ctx, user); err != nil {
		return err
	}
	key := domain.EmailKey(address)
	if err := q.UpdateSuppressionToErased(ctx, query.UpdateSuppressionToErasedParams{Erased: erasedAddress(key), Address: key}); err != nil {
		return err
	}
	return q.DeleteSuppressionByAddress(ctx, key) // left over if another owner of the address was erased before
}
