package handlers

import (
	"context"
	"counsel/domain"
	"counsel/domain/webhooks"
	"counsel/gen/api"
	"counsel/handlers/middleware"
	"encoding/json"
)

// ListWebhooks lists webhooks.
func (s *Server) ListWebhooks(ctx context.Context, r api.ListWebhooksRequestObject) (api.ListWebhooksResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.webhooks.List(ctx, principal(ctx), webhooks.Filter{UserID: (*domain.ID)(r.Params.UserID), Limit: limit(r.Params.Limit), Cursor: cursor})
	if err != nil {
		return nil, err
	}
	page := api.WebhookList{Items: make([]api.Webhook, len(items)), NextCursor: encodeCursor(next)}
	for i, w := range items {
		page.Items[i] = toAPIWebhook(w)
	}
	return api.ListWebhooks200JSONResponse(page), nil
}

// CreateWebhook subscribes a URL to events.
func (s *Server) CreateWebhook(ctx context.Context, r api.CreateWebhookRequestObject) (api.CreateWebhookResponseObject, error) {
	w, secret, err := s.webhooks.Create(ctx, principal(ctx), webhooks.NewWebhook{ID: middleware.DerivedID(ctx, 0), URL: r.Body.URL, Description: deref(r.Body.Description), EventTypes: fromAPIEventTypes(r.Body.EventTypes)})
	if err != nil {
		return nil, err
	}
	return api.CreateWebhook201JSONResponse{Webhook: toAPIWebhook(w), Secret: secret}, nil
}

// GetWebhook returns a webhook.
func (s *Server) GetWebhook(ctx context.Context, r api.GetWebhookRequestObject) (api.GetWebhookResponseObject, error) {
	w, err := s.webhooks.Get(ctx, principal(ctx), domain.ID(r.WebhookID))
	if err != nil {
		return nil, err
	}
	return api.GetWebhook200JSONResponse(toAPIWebhook(w)), nil
}

// UpdateWebhook changes a webhook.
func (s *Server) UpdateWebhook(ctx context.Context, r api.UpdateWebhookRequestObject) (api.UpdateWebhookResponseObject, error) {
	w, err := s.webhooks.Update(ctx, principal(ctx), domain.ID(r.WebhookID), webhooks.Update{
		URL: r.Body.URL, Description: r.Body.Description, EventTypes: fromAPIEventTypes(r.Body.EventTypes), Enabled: r.Body.Enabled})
	if err != nil {
		return nil, err
	}
	return api.UpdateWebhook200JSONResponse(toAPIWebhook(w)), nil
}

// DeleteWebhook deletes a webhook.
func (s *Server) DeleteWebhook(ctx context.Context, r api.DeleteWebhookRequestObject) (api.DeleteWebhookResponseObject, error) {
	if err := s.webhooks.Delete(ctx, principal(ctx), domain.ID(r.WebhookID)); err != nil {
		return nil, err
	}
	return api.DeleteWebhook204Response{}, nil
}

// RotateWebhookSecret replaces the signing secret.
func (s *Server) RotateWebhookSecret(ctx context.Context, r api.RotateWebhookSecretRequestObject) (api.RotateWebhookSecretResponseObject, error) {
	w, secret, err := s.webhooks.RotateSecret(ctx, principal(ctx), domain.ID(r.WebhookID), middleware.DerivedID(ctx, 0))
	if err != nil {
		return nil, err
	}
	return api.RotateWebhookSecret200JSONResponse{Webhook: toAPIWebhook(w), Secret: secret}, nil
}

// PingWebhook sends a test event.
func (s *Server) PingWebhook(ctx context.Context, r api.PingWebhookRequestObject) (api.PingWebhookResponseObject, error) {
	d, err := s.webhooks.Ping(ctx, principal(ctx), domain.ID(r.WebhookID), middleware.DerivedID(ctx, 0))
	if err != nil {
		return nil, err
	}
	return api.PingWebhook202JSONResponse(toAPIDelivery(d)), nil
}

// ReplayWebhook starts a job that sends failed deliveries again.
func (s *Server) ReplayWebhook(ctx context.Context, r api.ReplayWebhookRequestObject) (api.ReplayWebhookResponseObject, error) {
	job, err := s.webhooks.ReplayFailed(ctx, principal(ctx), domain.ID(r.WebhookID), r.Body.Since, middleware.DerivedID(ctx, 0))
	if err != nil {
		return nil, err
	}
	return api.ReplayWebhook202JSONResponse{JobID: api.ID(job)}, nil
}

// ListWebhookDeliveries lists a webhook's deliveries.
func (s *Server) ListWebhookDeliveries(ctx context.Context, r api.ListWebhookDeliveriesRequestObject) (api.ListWebhookDeliveriesResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.webhooks.Deliveries(ctx, principal(ctx), domain.ID(r.WebhookID),
		webhooks.DeliveryFilter{State: webhooks.State(deref(r.Params.Status)), Limit: limit(r.Params.Limit), Cursor: cursor})
	if err != nil {
		return nil, err
	}
	page := api.WebhookDeliveryList{Items: make([]api.WebhookDelivery, len(items)), NextCursor: encodeCursor(next)}
	for i, d := range items {
		page.Items[i] = toAPIDelivery(d)
	}
	return api.ListWebhookDeliveries200JSONResponse(page), nil
}

// GetWebhookDelivery returns a delivery with its attempts.
func (s *Server) GetWebhookDelivery(ctx context.Context, r api.GetWebhookDeliveryRequestObject) (api.GetWebhookDeliveryResponseObject, error) {
	d, err := s.webhooks.Delivery(ctx, principal(ctx), domain.ID(r.WebhookID), domain.ID(r.DeliveryID))
	if err != nil {
		return nil, err
	}
	head := toAPIDelivery(d.Delivery)
	out := api.GetWebhookDelivery200JSONResponse{ID: head.ID, WebhookID: head.WebhookID, EventType: head.EventType, Status: head.Status, Attempts: head.Attempts,
		NextAttemptAt: head.NextAttemptAt, FinishedAt: head.FinishedAt, CreatedAt: head.CreatedAt, Log: make([]api.WebhookAttempt, len(d.Attempts))}
	if err := json.Unmarshal(d.Payload, &out.Payload); err != nil {
		return nil, err
	}
	for i, a := range d.Attempts {
		out.Log[i] = api.WebhookAttempt{Number: int32(a.Number), At: a.At, Outcome: api.WebhookAttemptOutcome(a.Outcome), DurationMs: int32(a.Duration.Milliseconds())}
		if status := int32(a.Status); status != 0 {
			out.Log[i].Status = &status
		}
	}
	return out, nil
}

// ReplayWebhookDelivery sends a delivery again.
func (s *Server) ReplayWebhookDelivery(ctx context.Context, r api.ReplayWebhookDeliveryRequestObject) (api.ReplayWebhookDeliveryResponseObject, error) {
	d, err := s.webhooks.Replay(ctx, principal(ctx), domain.ID(r.WebhookID), domain.ID(r.DeliveryID), middleware.DerivedID(ctx, 0))
	if err != nil {
		return nil, err
	}
	return api.ReplayWebhookDelivery202JSONResponse(toAPIDelivery(d)), nil
}

// fromAPIEventTypes returns nil for nil: no types were given.
func fromAPIEventTypes(names []api.WebhookEventType) []domain.EventType {
	if names == nil {
		return nil
	}
	types := make([]domain.EventType, len(names))
	for i, n := range names {
		types[i] = domain.EventType(n)
	}
	return types
}

func toAPIWebhook(w webhooks.Webhook) api.Webhook {
	out := api.Webhook{ID: api.ID(w.ID), UserID: api.ID(w.UserID), URL: w.URL, Description: w.Description, EventTypes: make([]api.WebhookEventType, len(w.EventTypes)),
		Enabled: w.Enabled, DisabledAt: w.DisabledAt, FailingSince: w.FailingSince, PreviousSecretExpiresAt: w.PreviousSecretExpiresAt, CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt}
	for i, t := range w.EventTypes {
		out.EventTypes[i] = api.WebhookEventType(t)
	}
	if w.DisabledReason != "" {
		out.DisabledReason = (*api.WebhookDisabledReason)(&w.DisabledReason)
	}
	return out
}

func toAPIDelivery(d webhooks.Delivery) api.WebhookDelivery {
	return api.WebhookDelivery{ID: api.ID(d.ID), WebhookID: api.ID(d.WebhookID), EventType: string(d.EventType), Status: api.WebhookDeliveryStatus(d.State),
		Attempts: int32(d.Attempts), NextAttemptAt: d.NextAt, FinishedAt: d.FinishedAt, CreatedAt: d.CreatedAt}
}
