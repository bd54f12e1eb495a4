package esign

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/esign/evidence"
	query "counsel/gen/query/esign"
)

// sweepBatch is how many rows a sweep handles at a time.
const sweepBatch = 100

// sweep expires requests, ends those that cannot be sealed, sends automatic reminders, and deletes erased
// requests.
func (s *Service) sweep(ctx context.Context) error {
	overdue, err := s.queries.ListOverdueSignatureRequests(ctx, query.ListOverdueSignatureRequestsParams{Now: s.clock(), Limit: sweepBatch})
	if err != nil {
		return db.Error(err)
	}
	for _, id := range overdue {
		if err := s.expire(ctx, id); err != nil {
			s.logger.WarnContext(ctx, "could not expire a signature request", "signature_request_id", id.String(), "error", err.Error())
		}
	}
	stale, err := s.queries.ListStaleSealings(ctx, query.ListStaleSealingsParams{Since: s.clock().Add(-sealTimeout), Limit: sweepBatch})
	if err != nil {
		return db.Error(err)
	}
	for _, id := range stale {
		if err := s.failSealing(ctx, id, reasonSealingTimeout); err != nil {
			s.logger.WarnContext(ctx, "could not end a signature request that cannot be sealed", "signature_request_id", id.String(), "error", err.Error())
		}
	}
	if err := s.sendReminders(ctx); err != nil {
		return err
	}
	return s.deleteErased(ctx)
}

func (s *Service) expire(ctx context.Context, id domain.ID) error {
	r, err := s.get(ctx, id)
	if err != nil {
		return err
	}
	// The provider's latest state comes first, unless it has been unavailable for long.
	if err := s.syncBeforeEnd(ctx, r); err != nil && s.clock().Sub(r.ExpiresAt) < maxProviderOutage {
		return err
	}
	return s.asSystem(ctx, r, "expired", func(tx db.Tx, r *Request) error {
		if r.Status != Open || s.clock().Before(r.ExpiresAt) {
			return errNoChange
		}
		return s.end(ctx, tx, r, Expired, evidence.Event{Kind: evidence.EventExpired}, noticeExpired)
	})
}

// sendReminders sends the automatic reminders that are due.
func (s *Service) sendReminders(ctx context.Context) error {
	since := s.clock().Add(-reminderInterval)
	due, err := s.queries.ListSignersToRemind(ctx, query.ListSignersToRemindParams{Most: maxAutomaticReminders, Since: nullTime(&since), Limit: sweepBatch})
	if err != nil {
		return db.Error(err)
	}
	for _, row := range due {
		r, err := s.get(ctx, row.RequestID)
		if err != nil {
			return err
		}
		err = s.asSystem(ctx, r, "remind", func(tx db.Tx, r *Request) error {
			signer := &r.Signers[r.indexOf(row.ID)]
			if r.Status != Open || !signer.canSign() || !s.clock().Before(r.ExpiresAt) || signer.RemindedAt != nil && s.clock().Sub(*signer.RemindedAt) < reminderInterval {
				return errNoChange
			}
			return s.remind(ctx, tx, r, signer)
		})
		if err != nil {
			s.logger.WarnContext(ctx, "could not remind a signer", "signature_request_id", r.ID.String(), "error", err.Error())
		}
	}
	return nil
}

// sealTimeout is how long sealing is retried before the request fails.
const sealTimeout = 7 * 24 * time.Hour
