package webhooks

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/webhooks"
)

const (
	pruneInterval = 10 * time.Minute
	pruneBatch    = 1000
)

// prune deletes old deliveries, and the rows of deleted webhooks.
func (s *Service) prune(ctx context.Context) error {
	oldest := firstID(s.now().Add(-DeliveryRetention))
	if err := inBatches(func() (int64, error) {
		return s.rows.DeleteOldDeliveries(ctx, query.DeleteOldDeliveriesParams{Before: oldest, Limit: pruneBatch})
	}); err != nil {
		return err
	}
	deleted, err := s.rows.ListDeletedWebhooks(ctx, pruneBatch)
	if err != nil {
		return db.Error(err)
	}
	for _, id := range deleted {
		if err := inBatches(func() (int64, error) {
			return s.rows.DeleteDeliveriesByWebhook(ctx, query.DeleteDeliveriesByWebhookParams{WebhookID: id, Limit: pruneBatch})
		}); err != nil {
			return err
		}
		if err := s.rows.DeleteWebhookRow(ctx, id); err != nil {
			return db.Error(err)
		}
	}
	return nil
}

// inBatches repeats a statement that deletes up to pruneBatch rows until fewer are left.
func inBatches(remove func() (int64, error)) error {
	for {
		if n, err := remove(); err != nil || n < pruneBatch {
			return db.Error(err)
		}
	}
}

// firstID returns an id that is not after any id generated from t on.
func firstID(t time.Time) (id domain.ID) {
	ms := t.UnixMilli()
	for i := 5; i >= 0; i-- {
		id[i] = byte(ms)
		ms >>= 8
	}
	return id
}
