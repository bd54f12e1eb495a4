package webhooks

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
	query "counsel/gen/query/webhooks"
)

// replayBatch is how many failed deliveries are replayed in one transaction.
const replayBatch = 100

var errPending = domain.Errorf(domain.Conflict, "The delivery is on its way already.")

// Replay sends a delivery again, with the same id, whatever its state. jobID is optional and the
// same for each retry of a request; if that job exists, nothing is sent again. NotFound: see
// Delivery. Conflict: it is pending, or the webhook is disabled.
func (s *Service) Replay(ctx context.Context, caller domain.Principal, id, deliveryID, jobID domain.ID) (Delivery, error) {
	w, err := s.getEnabled(ctx, caller, id)
	if err != nil {
		return Delivery{}, err
	}
	r, err := s.rows.GetWebhookDelivery(ctx, deliveryID)
	if err := checkDelivery(r, id, err); err != nil {
		return Delivery{}, err
	}
	if jobID.IsZero() {
		jobID = s.runtime.NewID()
	} else if r.JobID == jobID {
		return newDelivery(r), nil
	}
	if State(r.State) == Pending {
		// Its job may have been cancelled.
		j, err := s.jobs.Get(ctx, domain.System(w.UserID), r.JobID)
		if err == nil && !j.State.Ended() {
			return Delivery{}, errPending
		}
		if err != nil && domain.CodeOf(err) != domain.NotFound {
			return Delivery{}, err
		}
	}
	err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		replayed, err := s.requeue(ctx, tx, r, w.UserID, jobID)
		if err == nil && !replayed {
			return errPending
		}
		return err
	})
	if err != nil {
		return Delivery{}, err
	}
	s.jobs.Wake()
	r.State, r.NextAt, r.FinishedAt = string(Pending), sql.NullTime{}, sql.NullTime{}
	return newDelivery(r), nil
}

// requeue makes a delivery pending again, sent by a new job. It reports false when another process
// has done so since the delivery was read.
func (s *Service) requeue(ctx context.Context, tx db.Tx, d query.WebhookDelivery, owner, job domain.ID) (bool, error) {
	moved, err := transition(ctx, query.New(tx), d, Pending, change{attempts: d.Attempts, job: job}, s.now())
	if err != nil || !moved {
		return false, err
	}
	return true, s.enqueue(ctx, tx, job, d.ID, owner)
}

// ReplayFailed enqueues a job that replays all deliveries that failed and were created since a time;
// its result counts them. jobID is optional and the same for each retry of a request; if that job
// exists, its id is returned. NotFound: see Get. Conflict: the webhook is disabled.
func (s *Service) ReplayFailed(ctx context.Context, caller domain.Principal, id domain.ID, since time.Time, jobID domain.ID) (job domain.ID, err error) {
	w, err := s.getEnabled(ctx, caller, id)
	if err != nil {
		return domain.ID{}, err
	}
	key := ""
	if !jobID.IsZero() {
		key = "webhook.replay:" + jobID.String() // stored: keep it, though the kind was renamed
	}
	ids, err := s.jobs.EnqueueNow(ctx, jobs.Insert{ID: jobID, Args: replayArgs{id, since}, UserID: w.UserID, KeyID: caller.KeyID, Key: key})
	if err != nil {
		return domain.ID{}, err
	}
	return ids[0], nil
}

// ReplayResult is the result of the job of ReplayFailed.
type ReplayResult struct {
	Deliveries int `json:"deliveries"`
}

// replay replays failed deliveries in batches. After a crash it continues: replayed ones are no
// longer failed.
func (s *Service) replay(ctx context.Context, job *jobs.Job[replayArgs]) (any, error) {
	done := job.Done // by earlier attempts
	var after domain.ID
	for {
		ids, err := s.rows.ListFailedDeliveries(ctx, query.ListFailedDeliveriesParams{WebhookID: job.Args.Webhook, After: after, Since: job.Args.Since, Limit: replayBatch})
		if err != nil {
			return nil, db.Error(err)
		}
		if len(ids) == 0 {
			return ReplayResult{done}, nil
		}
		after = ids[len(ids)-1]
		n, err := s.replayAll(ctx, ids, job.UserID)
		if err != nil {
			return nil, err
		}
		done += n
		if err := job.Progress(ctx, done); err != nil {
			return ReplayResult{done}, err
		}
	}
}

// replayAll replays those of the deliveries that are still failed, and returns how many.
func (s *Service) replayAll(ctx context.Context, ids []domain.ID, owner domain.ID) (n int, err error) {
	err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		n = 0
		for _, id := range ids {
			d, err := query.New(tx).GetWebhookDelivery(ctx, id)
			if errors.Is(err, sql.ErrNoRows) || err == nil && State(d.State) != Failed {
				continue
			}
			if err != nil {
				return err
			}
			replayed, err := s.requeue(ctx, tx, d, owner, s.runtime.NewID())
			if err != nil {
				return err
			}
			if replayed {
				n++
			}
		}
		return nil
	})
	return n, err
}
