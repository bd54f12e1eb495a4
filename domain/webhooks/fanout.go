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
	query "counsel/gen/query/webhooks"
)

// eventPing is the type of a test message. It cannot be subscribed to.
const eventPing domain.EventType = "ping"

// payload is the body of a message.
type payload struct {
	Type      domain.EventType     `json:"type"`
	Timestamp time.Time            `json:"timestamp"`
	Data      map[string]domain.ID `json:"data"`
	TestMode  bool                 `json:"testMode,omitempty"` // what a test account did
}

// OnEvent writes a delivery for each webhook of the audience that subscribes to the event, in the
// publisher's transaction. Without any it costs one query.
func (s *Service) OnEvent(ctx context.Context, tx db.Tx, e domain.Event, audience []domain.ID) error {
	webhooks, err := query.New(tx).ListEnabledWebhooks(ctx, audience)
	if err != nil {
		return err
	}
	webhooks = slices.DeleteFunc(webhooks, func(w query.ListEnabledWebhooksRow) bool {
		return !slices.Contains(splitTypes(w.EventTypes), e.Type)
	})
	if len(webhooks) == 0 {
		return nil
	}
	data := map[string]domain.ID{}
	maps.Copy(data, e.Data)
	if e.CaseID != nil {
		data["caseId"] = *e.CaseID
	}
	now := s.now()
	// A test account shares no case with others: either all webhooks are of one or none is.
	body, err := json.Marshal(payload{e.Type, now, data, webhooks[0].UserID.IsTest()})
	if err != nil {
		return err
	}
	for _, w := range webhooks {
		d := query.CreateWebhookDeliveryParams{ID: s.runtime.NewID(), WebhookID: w.ID, CaseID: e.CaseID, EventType: string(e.Type), Payload: string(body), CreatedAt: now}
		if err := s.createDelivery(ctx, tx, d, w.UserID); err != nil {
			return err
		}
	}
	return nil
}

// createDelivery writes a delivery and the job that sends it.
func (s *Service) createDelivery(ctx context.Context, tx db.Tx, d query.CreateWebhookDeliveryParams, owner domain.ID) error {
	if err := query.New(tx).CreateWebhookDelivery(ctx, d); err != nil {
		return err
	}
	return s.enqueue(ctx, tx, d.ID, d.ID, owner)
}

func (s *Service) enqueue(ctx context.Context, tx db.Tx, job, delivery, owner domain.ID) error {
	_, err := s.jobs.Enqueue(ctx, tx, jobs.Insert{ID: job, Args: deliverArgs{delivery}, UserID: owner})
	s.jobs.Wake() // before the commit; a dispatcher that is faster finds the job in its next round
	return err
}
