package webhooks

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/webhooks"
)

// maxAttempts is how many attempts of a delivery are returned.
const maxAttempts = 100

// Delivery is one event for one webhook.
type Delivery struct {
	ID         domain.ID // sent as webhook-id
	WebhookID  domain.ID
	EventType  domain.EventType
	State      State
	Attempts   int // including those before a replay
	NextAt     *time.Time
	FinishedAt *time.Time
	CreatedAt  time.Time
}

func newDelivery(r query.WebhookDelivery) Delivery {
	return Delivery{ID: r.ID, WebhookID: r.WebhookID, EventType: domain.EventType(r.EventType), State: State(r.State), Attempts: int(r.Attempts),
		NextAt: timePtr(r.NextAt), FinishedAt: timePtr(r.FinishedAt), CreatedAt: r.CreatedAt}
}

// Attempt is one request to a receiver.
type Attempt struct {
	Number   int // from 1
	At       time.Time
	Outcome  Outcome
	Status   int // HTTP status; 0: no answer
	Duration time.Duration
}

// Detail is a delivery with its payload and its latest attempts, the last one first.
type Detail struct {
	Delivery
	Payload  json.RawMessage
	Attempts []Attempt
}

// DeliveryFilter narrows a list of deliveries.
type DeliveryFilter struct {
	State  State      // "": all
	Limit  int        // 1 to 100; 0: 20
	Cursor *domain.ID // page cursor: only older ones
}

// Deliveries lists the deliveries of a webhook, newest first. next is the Before of the next page,
// nil on the last one. NotFound: see Get.
func (s *Service) Deliveries(ctx context.Context, caller domain.Principal, id domain.ID, f DeliveryFilter) (items []Delivery, next *domain.ID, err error) {
	if _, err := s.Get(ctx, caller, id); err != nil {
		return nil, nil, err
	}
	limit := domain.PageSize(f.Limit)
	var rows []query.WebhookDelivery
	if f.State == "" {
		rows, err = s.rows.ListWebhookDeliveries(ctx, query.ListWebhookDeliveriesParams{WebhookID: id, Cursor: domain.CursorOrMax(f.Cursor), Limit: int32(limit + 1)})
	} else {
		rows, err = s.rows.ListWebhookDeliveriesByState(ctx, query.ListWebhookDeliveriesByStateParams{WebhookID: id, State: string(f.State), Cursor: domain.CursorOrMax(f.Cursor), Limit: int32(limit + 1)})
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	rows, next = domain.Page(rows, limit, func(r query.WebhookDelivery) domain.ID { return r.ID })
	for _, r := range rows {
		items = append(items, newDelivery(r))
	}
	return items, next, nil
}

// Delivery returns one delivery of a webhook. NotFound: see Get; or the webhook has no such delivery.
func (s *Service) Delivery(ctx context.Context, caller domain.Principal, id, deliveryID domain.ID) (Detail, error) {
	if _, err := s.Get(ctx, caller, id); err != nil {
		return Detail{}, err
	}
	r, err := s.rows.GetWebhookDelivery(ctx, deliveryID)
	if err := checkDelivery(r, id, err); err != nil {
		return Detail{}, err
	}
	attempts, err := s.rows.ListWebhookAttempts(ctx, query.ListWebhookAttemptsParams{DeliveryID: deliveryID, Limit: maxAttempts})
	if err != nil {
		return Detail{}, db.Error(err)
	}
	d := Detail{Delivery: newDelivery(r), Payload: json.RawMessage(r.Payload)}
	for _, a := range attempts {
		d.Attempts = append(d.Attempts, Attempt{Number: int(a.N), At: a.At, Outcome: Outcome(a.Outcome), Status: int(a.Status), Duration: time.Duration(a.DurationMs) * time.Millisecond})
	}
	return d, nil
}

// checkDelivery checks that a delivery that was looked up belongs to the webhook.
func checkDelivery(r query.WebhookDelivery, webhookID domain.ID, err error) error {
	if errors.Is(err, sql.ErrNoRows) || err == nil && r.WebhookID != webhookID {
		return domain.NoSuch("delivery")
	}
	return db.Error(err)
}

// Ping sends a test message, whatever the webhook subscribes to. deliveryID is optional and the same
// for each retry of a request; if that delivery exists, it is returned and nothing is sent.
// NotFound: see Get. Conflict: the webhook is disabled.
func (s *Service) Ping(ctx context.Context, caller domain.Principal, id, deliveryID domain.ID) (Delivery, error) {
	w, err := s.getEnabled(ctx, caller, id)
	if err != nil {
		return Delivery{}, err
	}
	if deliveryID.IsZero() {
		deliveryID = s.runtime.NewID()
	}
	existing, err := s.rows.GetWebhookDelivery(ctx, deliveryID)
	switch {
	case err == nil && existing.WebhookID == id:
		return newDelivery(existing), nil
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return Delivery{}, db.Error(err)
	}
	now := s.now()
	body, err := json.Marshal(payload{eventPing, now, map[string]domain.ID{"webhookId": id}, w.UserID.IsTest()})
	if err != nil {
		return Delivery{}, err
	}
	d := query.CreateWebhookDeliveryParams{ID: deliveryID, WebhookID: id, EventType: string(eventPing), Payload: string(body), CreatedAt: now}
	if err := db.WithTx(ctx, s.pool, func(tx db.Tx) error { return s.createDelivery(ctx, tx, d, w.UserID) }); err != nil {
		return Delivery{}, err
	}
	s.jobs.Wake()
	return Delivery{ID: d.ID, WebhookID: id, EventType: eventPing, State: Pending, CreatedAt: now}, nil
}

// getEnabled is Get, or Conflict when the webhook is disabled.
func (s *Service) getEnabled(ctx context.Context, caller domain.Principal, id domain.ID) (Webhook, error) {
	w, err := s.Get(ctx, caller, id)
	if err == nil && !w.Enabled {
		err = domain.Errorf(domain.Conflict, "The webhook is disabled. Enable it first.")
	}
	return w, err
}
