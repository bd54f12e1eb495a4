package webhooks

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

// typePing is what a test sends. It cannot be subscribed to.
const typePing domain.EventType = "ping"

// payload is what a receiver gets.
type payload struct {
	Type      domain.EventType     `json:"type"`
	Timestamp time.Time            `json:"timestamp"`
	Data      map[string]domain.ID `json:"data"`
}

// OnEvent notes in the transaction of the thing itself that something happened, for those of its
// audience who subscribed. When nobody did that is one look-up.
func (s *Service) OnEvent(ctx context.Context, tx db.Tx, e domain.Event, audience []domain.ID) error {
	listeners, err := query.New(tx).ListListeners(ctx, audience)
	if err != nil {
		return err
	}
	listeners = slices.DeleteFunc(listeners, func(l query.ListListenersRow) bool {
		return !slices.Contains(split(l.EventTypes), e.Type)
	})
	if len(listeners) == 0 {
		return nil
	}
	data := map[string]domain.ID{}
	maps.Copy(data, e.Data)
	if e.CaseID != nil {
		data["caseId"] = *e.CaseID
	}
	now := s.now()
	body, err := json.Marshal(payload{e.Type, now, data})
	if err != nil {
		return err
	}
	for _, l := range listeners {
		d := query.CreateWebhookDeliveryParams{ID: s.NewID(), WebhookID: l.ID, CaseID: e.CaseID, EventType: string(e.Type), Payload: string(body), CreatedAt: now}
		if err := s.send(ctx, tx, d, l.UserID); err != nil {
			return err
		}
	}
	return nil
}

// task is the payload of a job that delivers.
type task struct {
	Delivery domain.ID `json:"delivery"`
}

// send writes a delivery and the job that sends it.
func (s *Service) send(ctx context.Context, tx db.Tx, d query.CreateWebhookDeliveryParams, user domain.ID) error {
	if err := query.New(tx).CreateWebhookDelivery(ctx, d); err != nil {
		return err
	}
	return s.enqueue(ctx, tx, d.ID, d.ID, user)
}

func (s *Service) enqueue(ctx context.Context, tx db.Tx, job, delivery, user domain.ID) error {
	_, err := s.Jobs.Add(ctx, tx, jobs.LegacyInsert{ID: job, Kind: kindDeliver, Queue: jobs.Standard, UserID: user, Payload: task{delivery}})
	s.Jobs.Wake() // the commit follows; a relay that is quicker looks again within a second
	return err
}
