package webhooks

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

// State is how far a delivery has come.
type State string

// The states.
const (
	Pending   State = "pending"
	Delivered State = "delivered"
	Failed    State = "failed"   // given up
	Withheld  State = "withheld" // its owner may not hear of it any more
)

// maxAttempts of one delivery are shown.
const maxAttempts = 100

// replayBatch is how many failed deliveries are sent on their way in one transaction.
const replayBatch = 100

// Delivery is one event for one webhook.
type Delivery struct {
	ID         domain.ID // sent as webhook-id
	WebhookID  domain.ID
	EventType  domain.EventType
	State      State
	Attempts   int // all there ever were
	NextAt     *time.Time
	FinishedAt *time.Time
	CreatedAt  time.Time
}

// Attempt is one try at a delivery.
type Attempt struct {
	N        int // 1, 2, 3 …
	At       time.Time
	Outcome  Outcome
	Status   int // of the answer; 0: there was none
	Duration time.Duration
}

// Detail is a delivery with what is sent, and the latest attempts, the last one first.
type Detail struct {
	Delivery
	Payload  json.RawMessage
	Attempts []Attempt
}

// DeliveryFilter narrows a list of deliveries.
type DeliveryFilter struct {
	State  State      // "": all
	Limit  int        // 1 to 100; 0: 20
	Before *domain.ID // only older ones than this: next of the page before
}

// Deliveries lists what a webhook was or is to be told, the newest first. next is the Before of
// the following page, nil on the last. NotFound as of Get.
func (s *Service) Deliveries(ctx context.Context, caller domain.Principal, id domain.ID, f DeliveryFilter) (items []Delivery, next *domain.ID, err error) {
	if _, err := s.Get(ctx, caller, id); err != nil {
		return nil, nil, err
	}
	limit := pageSize(f.Limit)
	var rows []query.WebhookDelivery
	if f.State == "" {
		rows, err = s.rows.ListWebhookDeliveries(ctx, query.ListWebhookDeliveriesParams{WebhookID: id, Before: domain.Before(f.Before), Limit: limit + 1})
	} else {
		rows, err = s.rows.ListWebhookDeliveriesIn(ctx, query.ListWebhookDeliveriesInParams{WebhookID: id, State: string(f.State), Before: domain.Before(f.Before), Limit: limit + 1})
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	if len(rows) > int(limit) {
		rows = rows[:limit]
		next = &rows[limit-1].ID
	}
	for _, r := range rows {
		items = append(items, delivery(r))
	}
	return items, next, nil
}

// Delivery reads one delivery of a webhook. NotFound: as of Get, or the webhook has no such delivery.
func (s *Service) Delivery(ctx context.Context, caller domain.Principal, id, deliveryID domain.ID) (Detail, error) {
	if _, err := s.Get(ctx, caller, id); err != nil {
		return Detail{}, err
	}
	r, err := s.rows.GetWebhookDelivery(ctx, deliveryID)
	if err := belongs(r, id, err); err != nil {
		return Detail{}, err
	}
	attempts, err := s.rows.ListWebhookAttempts(ctx, query.ListWebhookAttemptsParams{DeliveryID: deliveryID, Limit: maxAttempts})
	if err != nil {
		return Detail{}, db.Error(err)
	}
	d := Detail{Delivery: delivery(r), Payload: json.RawMessage(r.Payload)}
	for _, a := range attempts {
		d.Attempts = append(d.Attempts, Attempt{N: int(a.N), At: a.At, Outcome: Outcome(a.Outcome), Status: int(a.Status), Duration: time.Duration(a.DurationMs) * time.Millisecond})
	}
	return d, nil
}

func belongs(r query.WebhookDelivery, id domain.ID, err error) error {
	if errors.Is(err, sql.ErrNoRows) || err == nil && r.WebhookID != id {
		return domain.NoSuch("delivery")
	}
	return db.Error(err)
}

// Ping sends an event of the type ping, whatever the webhook subscribes to. as is the id of its
// delivery, optional: of one that is there already, nothing is sent again. NotFound as of Get;
// Conflict: the webhook is disabled.
func (s *Service) Ping(ctx context.Context, caller domain.Principal, id, as domain.ID) (Delivery, error) {
	w, err := s.enabled(ctx, caller, id)
	if err != nil {
		return Delivery{}, err
	}
	if as.IsZero() {
		as = s.NewID()
	}
	made, err := s.rows.GetWebhookDelivery(ctx, as)
	switch {
	case err == nil && made.WebhookID == id:
		return delivery(made), nil
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return Delivery{}, db.Error(err)
	}
	now := s.now()
	body, err := json.Marshal(payload{typePing, now, map[string]domain.ID{"webhookId": id}})
	if err != nil {
		return Delivery{}, err
	}
	d := query.CreateWebhookDeliveryParams{ID: as, WebhookID: id, EventType: string(typePing), Payload: string(body), CreatedAt: now}
	if err := db.WithTx(ctx, s.DB, func(tx db.Tx) error { return s.send(ctx, tx, d, w.UserID) }); err != nil {
		return Delivery{}, err
	}
	s.Jobs.Wake()
	return Delivery{ID: d.ID, WebhookID: id, EventType: typePing, State: Pending, CreatedAt: now}, nil
}

func (s *Service) enabled(ctx context.Context, caller domain.Principal, id domain.ID) (Webhook, error) {
	w, err := s.Get(ctx, caller, id)
	if err == nil && !w.Enabled {
		err = domain.Errorf(domain.Conflict, "The webhook is disabled. Enable it first.")
	}
	return w, err
}

// Replay sends a delivery again, with the same id, however it ended. as is the id of the job that does,
// optional: when that is there already, nothing is sent again. NotFound as of Delivery; Conflict: it is
// on its way already, or the webhook is disabled.
func (s *Service) Replay(ctx context.Context, caller domain.Principal, id, deliveryID, as domain.ID) (Delivery, error) {
	w, err := s.enabled(ctx, caller, id)
	if err != nil {
		return Delivery{}, err
	}
	r, err := s.rows.GetWebhookDelivery(ctx, deliveryID)
	if err := belongs(r, id, err); err != nil {
		return Delivery{}, err
	}
	if as.IsZero() {
		as = s.NewID()
	} else if r.JobID == as {
		return delivery(r), nil
	}
	if State(r.State) == Pending {
		// Its job may have been cancelled.
		j, err := s.Jobs.Get(ctx, domain.System(w.UserID), r.JobID)
		if err == nil && !j.State.Ended() {
			return Delivery{}, domain.Errorf(domain.Conflict, "The delivery is on its way already.")
		}
		if err != nil && domain.CodeOf(err) != domain.NotFound {
			return Delivery{}, err
		}
	}
	err = db.WithTx(ctx, s.DB, func(tx db.Tx) error {
		again, err := s.again(ctx, tx, r, w.UserID, as)
		if err == nil && !again {
			return domain.Errorf(domain.Conflict, "The delivery is on its way already.")
		}
		return err
	})
	if err != nil {
		return Delivery{}, err
	}
	s.Jobs.Wake()
	r.State, r.NextAt, r.FinishedAt = string(Pending), sql.NullTime{}, sql.NullTime{}
	return delivery(r), nil
}

// again sends a delivery on its way by a job, unless somebody else has since it was read.
func (s *Service) again(ctx context.Context, tx db.Tx, r query.WebhookDelivery, user, job domain.ID) (bool, error) {
	n, err := query.New(tx).ReplayWebhookDelivery(ctx, query.ReplayWebhookDeliveryParams{JobID: job, ID: r.ID, OldJobID: r.JobID})
	if err != nil || n == 0 {
		return false, err
	}
	return true, s.enqueue(ctx, tx, job, r.ID, user)
}

type replay struct {
	Webhook domain.ID `json:"webhook"`
	Since   time.Time `json:"since"`
}

// ReplayFailed sends again all that failed since then, by a job whose result says how many those
// were. as is the job's id, optional: one that is there already is returned. NotFound as of Get;
// Conflict: the webhook is disabled.
func (s *Service) ReplayFailed(ctx context.Context, caller domain.Principal, id domain.ID, since time.Time, as domain.ID) (job domain.ID, err error) {
	w, err := s.enabled(ctx, caller, id)
	if err != nil {
		return domain.ID{}, err
	}
	once := ""
	if !as.IsZero() {
		once = kindReplay + ":" + as.String()
	}
	ids, err := s.Jobs.AddNow(ctx, jobs.LegacyInsert{ID: as, Kind: kindReplay, Queue: jobs.Standard, UserID: w.UserID, Payload: replay{id, since}, Key: once})
	if err != nil {
		return domain.ID{}, err
	}
	return ids[0], nil
}

// Replayed is the result of the job of ReplayFailed.
type Replayed struct {
	Deliveries int `json:"deliveries"`
}

func (s *Service) replayAll(ctx context.Context, run *jobs.Run) (any, error) {
	var p replay
	if err := run.Read(&p); err != nil {
		return nil, err
	}
	done := run.Done // by a run before, which was cut off
	var after domain.ID
	for {
		ids, err := s.rows.ListFailedDeliveries(ctx, query.ListFailedDeliveriesParams{WebhookID: p.Webhook, After: after, Since: p.Since, Limit: replayBatch})
		if err != nil {
			return nil, db.Error(err)
		}
		if len(ids) == 0 {
			return Replayed{done}, nil
		}
		after = ids[len(ids)-1]
		n := 0
		err = db.WithTx(ctx, s.DB, func(tx db.Tx) error {
			n = 0
			for _, id := range ids {
				r, err := query.New(tx).GetWebhookDelivery(ctx, id)
				if errors.Is(err, sql.ErrNoRows) || err == nil && State(r.State) != Failed {
					continue
				}
				if err != nil {
					return err
				}
				again, err := s.again(ctx, tx, r, run.UserID, s.NewID())
				if err != nil {
					return err
				}
				if again {
					n++
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		done += n
		if err := run.Progress(ctx, done); err != nil {
			return Replayed{done}, err
		}
	}
}

func delivery(r query.WebhookDelivery) Delivery {
	return Delivery{ID: r.ID, WebhookID: r.WebhookID, EventType: domain.EventType(r.EventType), State: State(r.State), Attempts: int(r.Attempts),
		NextAt: given(r.NextAt), FinishedAt: given(r.FinishedAt), CreatedAt: r.CreatedAt}
}
