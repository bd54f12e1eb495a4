package webhooks

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

// The kinds of jobs.
const (
	kindDeliver = "webhook.deliver"
	kindReplay  = "webhook.replay"
)

const (
	settleTime    = 10 * time.Second // recording what came of a try takes at most
	maxRetryAfter = 24 * time.Hour
	statusGone    = 410

	tidyEvery = 10 * time.Minute
	tidyBatch = 1000
)

// errBusy sends a delivery back until its receiver has answered others.
var errBusy = &domain.Error{Code: domain.Unavailable, Message: "Others are on their way to the same receiver."}

// deliver is the job of one delivery: a try, and another later if that fails. It may be run again
// at any point; then the receiver may be told again, with the same id.
func (s *Service) deliver(ctx context.Context, run *jobs.Run) (any, error) {
	var t task
	if err := run.Read(&t); err != nil {
		return nil, err
	}
	d, err := s.rows.GetWebhookDelivery(ctx, t.Delivery)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil // it went with its webhook
	case err != nil:
		return nil, db.Error(err)
	case State(d.State) != Pending || d.JobID != run.ID:
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
	may, err := s.mayHear(ctx, w.UserID, d.CaseID)
	if err != nil {
		return nil, err
	}
	if !may {
		return s.end(ctx, d, Withheld)
	}
	wait, free := s.gate.enter(w.ID)
	if !free {
		return nil, jobs.RetryAt(errBusy, s.Clock().Add(wait/2+rand.N(wait)))
	}
	r := s.try(ctx, w, d)
	s.gate.leave(w.ID, r.Outcome == OutcomeDelivered, r.Duration)
	if r.Outcome != OutcomeDelivered && ctx.Err() != nil {
		return nil, ctx.Err() // cut off by this side, and no failure of the receiver's
	}
	return s.settle(ctx, run.ID, d.ID, r)
}

// mayHear tells whether a webhook's owner may be told of something now.
func (s *Service) mayHear(ctx context.Context, user domain.ID, caseID *domain.ID) (bool, error) {
	people, err := s.People.ByID(ctx, []domain.ID{user})
	if err != nil {
		return false, err
	}
	u, there := people[user]
	if !there || u.Disabled || !u.Role.Staff() {
		return false, nil
	}
	if caseID == nil {
		return true, nil
	}
	return s.Cases.CanRead(ctx, *caseID, user)
}

func (s *Service) try(ctx context.Context, w query.Webhook, d query.WebhookDelivery) Result {
	now := s.Clock()
	m := Message{ID: d.ID, URL: w.Url, At: now, Body: []byte(d.Payload)}
	secret, err := s.unseal(w.ID, w.Secret)
	if err != nil {
		s.Log.ErrorContext(ctx, "a webhook cannot sign", "webhook", w.ID.String(), "cause", err.Error())
		return Result{Outcome: OutcomeUnsigned}
	}
	m.Secrets = append(m.Secrets, secret)
	if w.OldUntil.Valid && now.Before(w.OldUntil.Time) {
		if old, err := s.unseal(w.ID, w.OldSecret); err == nil {
			m.Secrets = append(m.Secrets, old)
		}
	}
	return s.Sender.Send(ctx, m)
}

// settle records what came of a try, and says when the next one is to be.
func (s *Service) settle(ctx context.Context, job, delivery domain.ID, r Result) (any, error) {
	// What the receiver answered is recorded also when this server is to stop.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	now := s.now()
	var state State
	var next sql.NullTime
	err := db.WithTx(ctx, s.DB, func(tx db.Tx) error {
		q := query.New(tx)

		next = sql.NullTime{}
		d, err := q.LockWebhookDelivery(ctx, delivery)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // tidied away meanwhile
		}
		if err != nil {
			return err
		}
		if state = State(d.State); state != Pending || d.JobID != job {
			return nil // another run was quicker, or it was sent on its way again
		}
		d.Tries++
		d.Attempts++
		switch {
		case r.Outcome == OutcomeDelivered:
			state = Delivered
		case r.Status == statusGone || int(d.Tries) > len(s.Schedule):
			state = Failed
		default:
			next = sql.NullTime{Time: now.Add(s.pause(int(d.Tries), r)), Valid: true}
		}
		if err := record(ctx, q, d, state, next, now); err != nil {
			return err
		}
		if err := q.CreateWebhookAttempt(ctx, query.CreateWebhookAttemptParams{DeliveryID: d.ID, N: d.Attempts, At: now, Outcome: string(r.Outcome),
			Status: int16(r.Status), DurationMs: int32(r.Duration.Milliseconds())}); err != nil {
			return err
		}
		return s.note(ctx, tx, d.WebhookID, r, now)
	})
	if err != nil {
		return nil, err
	}
	if next.Valid {
		return nil, jobs.RetryAt(failure(r), next.Time)
	}
	return state, nil
}

// record writes how a delivery stands.
func record(ctx context.Context, q *query.Queries, d query.WebhookDelivery, state State, next sql.NullTime, now time.Time) error {
	_, err := q.RecordWebhookDelivery(ctx, query.RecordWebhookDeliveryParams{State: string(state), Tries: d.Tries, Attempts: d.Attempts, NextAt: next,
		FinishedAt: sql.NullTime{Time: now, Valid: state != Pending}, ID: d.ID, JobID: d.JobID})
	return err
}

// end records that a delivery will not be tried any more.
func (s *Service) end(ctx context.Context, d query.WebhookDelivery, state State) (any, error) {
	return state, db.Error(record(ctx, s.rows, d, state, sql.NullTime{}, s.now()))
}

// buried ends a delivery whose job can never be done.
func (s *Service) buried(ctx context.Context, run *jobs.Run, _ error) error {
	var t task
	if err := run.Read(&t); err != nil {
		return nil //nolint:nilerr // it names no delivery
	}
	d, err := s.rows.GetWebhookDelivery(ctx, t.Delivery)
	if errors.Is(err, sql.ErrNoRows) || err == nil && d.JobID != run.ID {
		return nil
	}
	if err == nil {
		_, err = s.end(ctx, d, Failed)
	}
	return db.Error(err)
}

// pause is how long after the so-manieth failure the next try comes.
func (s *Service) pause(tries int, r Result) time.Duration {
	d := s.Schedule[tries-1]
	d = d*9/10 + rand.N(d/5+1)
	return max(d, min(r.RetryAfter, maxRetryAfter))
}

// failure is a result in words, for the owner of the job.
func failure(r Result) error {
	message := "The receiver could not be told: " + string(r.Outcome) + "."
	if r.Status != 0 {
		message = fmt.Sprintf("The receiver answered %d.", r.Status)
	}
	return &domain.Error{Code: domain.Upstream, Message: message}
}

// note keeps account of how a webhook does, and disables one that is gone or has failed for too
// long.
func (s *Service) note(ctx context.Context, tx db.Tx, id domain.ID, r Result, now time.Time) error {
	q := query.New(tx)

	if r.Outcome == OutcomeDelivered {
		return q.MarkWebhookWell(ctx, id)
	}
	at := sql.NullTime{Time: now, Valid: true}
	if err := q.MarkWebhookFailing(ctx, query.MarkWebhookFailingParams{Now: at, ID: id}); err != nil {
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
	case now.Sub(w.FailingSince.Time) >= patience:
		reason = ReasonFailing
	default:
		return nil
	}
	if _, err := q.DisableWebhook(ctx, query.DisableWebhookParams{Reason: string(reason), DisabledAt: at, UpdatedAt: now, ID: id}); err != nil {
		return err
	}
	s.Log.WarnContext(ctx, "a webhook is disabled", "webhook", id.String(), "reason", string(reason))
	if s.Disabled == nil {
		return nil
	}
	owners, err := s.People.ByID(ctx, []domain.ID{w.UserID})
	if err != nil {
		return err
	}
	w.Enabled, w.DisabledReason, w.DisabledAt = false, string(reason), at
	return s.Disabled(ctx, tx, webhook(w, now), owners[w.UserID])
}

// tidy deletes what is old, and what is left of deleted webhooks.
func (s *Service) tidy(ctx context.Context) error {
	all := func(remove func() (int64, error)) error {
		for {
			n, err := remove()
			if err != nil || n < tidyBatch {
				return db.Error(err)
			}
		}
	}
	old := idAt(s.now().Add(-Kept))
	if err := all(func() (int64, error) {
		return s.rows.DeleteOldDeliveries(ctx, query.DeleteOldDeliveriesParams{Before: old, Limit: tidyBatch})
	}); err != nil {
		return err
	}
	gone, err := s.rows.ListDeletedWebhooks(ctx, tidyBatch)
	if err != nil {
		return db.Error(err)
	}
	for _, id := range gone {
		if err := all(func() (int64, error) {
			return s.rows.DeleteDeliveriesOf(ctx, query.DeleteDeliveriesOfParams{WebhookID: id, Limit: tidyBatch})
		}); err != nil {
			return err
		}
		if err := s.rows.RemoveWebhook(ctx, id); err != nil {
			return db.Error(err)
		}
	}
	return nil
}

// idAt is before every id that is made from t on.
func idAt(t time.Time) (id domain.ID) {
	ms := t.UnixMilli()
	for i := 5; i >= 0; i-- {
		id[i] = byte(ms)
		ms >>= 8
	}
	return id
}
