package webhooks

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/domain/retry"
	query "counsel/gen/query/webhooks"
)

const (
	recordTimeout = 10 * time.Second // of recording an attempt
	maxRetryAfter = 24 * time.Hour
	statusGone    = 410
)

// errReceiverBusy delays a delivery until its receiver has answered others.
var errReceiverBusy = &domain.Error{Code: domain.Unavailable, Message: "Other deliveries to the same receiver are in progress."}

// deliver makes one attempt at a delivery and schedules the next one if it fails. After a crash it
// may repeat an attempt, with the same id.
func (s *Service) deliver(ctx context.Context, job *jobs.Job[deliverArgs]) (any, error) {
	d, err := s.rows.GetWebhookDelivery(ctx, job.Args.Delivery)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil // deleted with its webhook
	case err != nil:
		return nil, db.Error(err)
	case State(d.State) != Pending || d.JobID != job.ID:
		return State(d.State), nil
	}
	w, err := s.rows.GetWebhook(ctx, d.WebhookID)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, db.Error(err)
	case !w.Enabled:
		return s.end(ctx, d, Failed)
	}
	allowed, err := s.ownerMayRead(ctx, w.UserID, d.CaseID)
	if err != nil {
		return nil, err
	}
	if !allowed {
		return s.end(ctx, d, Withheld)
	}
	wait, ok := s.limiter.acquire(w.ID)
	if !ok {
		return nil, jobs.RetryAt(errReceiverBusy, s.runtime.Clock().Add(retry.Jitter(wait, 0.5)))
	}
	r := s.send(ctx, w, d)
	s.limiter.release(w.ID, r.Outcome == OutcomeDelivered, r.Duration)
	if r.Outcome != OutcomeDelivered && ctx.Err() != nil {
		return nil, ctx.Err() // this side stopped; the receiver did not fail
	}
	return s.recordAttempt(ctx, job.ID, d.ID, r)
}

// ownerMayRead reports whether the owner of a webhook may read about an event now.
func (s *Service) ownerMayRead(ctx context.Context, user domain.ID, caseID *domain.ID) (bool, error) {
	accounts, err := s.accounts.ByID(ctx, []domain.ID{user})
	if err != nil {
		return false, err
	}
	u, ok := accounts[user]
	if !ok || u.Disabled || !u.Role.Staff() {
		return false, nil
	}
	if caseID == nil {
		return true, nil
	}
	return s.cases.CanRead(ctx, *caseID, user)
}

// send signs the message with the current secret, and with the previous one during a rotation.
func (s *Service) send(ctx context.Context, w query.Webhook, d query.WebhookDelivery) Result {
	now := s.runtime.Clock()
	m := Message{ID: d.ID, URL: w.Url, At: now, Body: []byte(d.Payload)}
	secret, err := s.decryptSecret(w.ID, w.Secret)
	if err != nil {
		s.log.ErrorContext(ctx, "cannot sign a webhook message", "webhook_id", w.ID.String(), "error", err.Error())
		return Result{Outcome: OutcomeUnsigned}
	}
	m.Secrets = append(m.Secrets, secret)
	if w.OldUntil.Valid && now.Before(w.OldUntil.Time) {
		if old, err := s.decryptSecret(w.ID, w.OldSecret); err == nil {
			m.Secrets = append(m.Secrets, old)
		}
	}
	return s.sender.Send(ctx, m)
}

// recordAttempt stores the result of an attempt. Unless it was the last one, the error schedules the
// next.
func (s *Service) recordAttempt(ctx context.Context, job, delivery domain.ID, r Result) (any, error) {
	// The answer of the receiver is recorded even if this server is stopping.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	now := s.now()
	var state State
	var next sql.NullTime
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)
		next = sql.NullTime{}
		d, err := q.LockWebhookDelivery(ctx, delivery)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // pruned meanwhile
		}
		if err != nil {
			return err
		}
		if state = State(d.State); state != Pending || d.JobID != job {
			return nil // another attempt was faster, or it was replayed
		}
		c := unchanged(d)
		c.tries++
		c.attempts++
		switch {
		case r.Outcome == OutcomeDelivered:
			state = Delivered
		case r.Status == statusGone || int(c.tries) > len(s.backoff):
			state = Failed
		default:
			next = sql.NullTime{Time: now.Add(s.retryDelay(int(c.tries), r)), Valid: true}
		}
		c.nextAt = next
		if _, err := transition(ctx, q, d, state, c, now); err != nil {
			return err
		}
		if err := q.CreateWebhookAttempt(ctx, query.CreateWebhookAttemptParams{DeliveryID: d.ID, N: c.attempts, At: now, Outcome: string(r.Outcome),
			Status: int16(r.Status), DurationMs: int32(r.Duration.Milliseconds())}); err != nil {
			return err
		}
		return s.recordHealth(ctx, tx, d.WebhookID, r, now)
	})
	if err != nil {
		return nil, err
	}
	if next.Valid {
		return nil, jobs.RetryAt(attemptError(r), next.Time)
	}
	return state, nil
}

// end stops the attempts at a delivery.
func (s *Service) end(ctx context.Context, d query.WebhookDelivery, to State) (any, error) {
	_, err := transition(ctx, s.rows, d, to, unchanged(d), s.now())
	return to, db.Error(err)
}

// onDiscard fails a delivery whose job was discarded.
func (s *Service) onDiscard(ctx context.Context, job *jobs.Job[deliverArgs], _ error) error {
	d, err := s.rows.GetWebhookDelivery(ctx, job.Args.Delivery)
	if errors.Is(err, sql.ErrNoRows) || err == nil && (d.JobID != job.ID || State(d.State) != Pending) {
		return nil
	}
	if err == nil {
		_, err = s.end(ctx, d, Failed)
	}
	return db.Error(err)
}

// retryDelay returns the pause after a number of failed attempts, at least what the receiver asked
// for.
func (s *Service) retryDelay(failed int, r Result) time.Duration {
	return max(retry.Jitter(s.backoff[failed-1], 0.1), min(r.RetryAfter, maxRetryAfter))
}

// attemptError describes a failed attempt to the owner of the job.
func attemptError(r Result) error {
	message := "The delivery failed: " + string(r.Outcome) + "."
	if r.Status != 0 {
		message = fmt.Sprintf("The receiver answered %d.", r.Status)
	}
	return &domain.Error{Code: domain.Upstream, Message: message}
}

// recordHealth stores since when a webhook has failed, and disables one that is gone or has failed
// for too long.
func (s *Service) recordHealth(ctx context.Context, tx db.Tx, id domain.ID, r Result, now time.Time) error {
	q := query.New(tx)
	if r.Outcome == OutcomeDelivered {
		return q.ClearWebhookFailing(ctx, id)
	}
	at := sql.NullTime{Time: now, Valid: true}
	if err := q.SetWebhookFailing(ctx, query.SetWebhookFailingParams{Now: at, ID: id}); err != nil {
		return err
	}
	w, err := q.LockWebhook(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	var reason Reason
	switch {
	case !w.Enabled:
		return nil
	case r.Status == statusGone:
		reason = ReasonGone
	case now.Sub(w.FailingSince.Time) >= disableAfter:
		reason = ReasonFailing
	default:
		return nil
	}
	if _, err := q.UpdateWebhookDisabled(ctx, query.UpdateWebhookDisabledParams{Reason: string(reason), DisabledAt: at, UpdatedAt: now, ID: id}); err != nil {
		return err
	}
	s.log.WarnContext(ctx, "webhook disabled", "webhook_id", id.String(), "reason", string(reason))
	owners, err := s.accounts.ByID(ctx, []domain.ID{w.UserID})
	if err != nil {
		return err
	}
	w.Enabled, w.DisabledReason, w.DisabledAt = false, string(reason), at
	return s.onDisabled(ctx, tx, newWebhook(w, now), owners[w.UserID])
}
