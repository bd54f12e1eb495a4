package stripe

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/stripe/stripe-go/v84"
	"github.com/stripe/stripe-go/v84/webhook"

	"counsel/domain"
	"counsel/domain/payments"
)

// pageSize is the number of objects in a page of a list.
const pageSize = 100

// EventsAfter implements payments.Provider.
func (c *Client) EventsAfter(ctx context.Context, id string) (events []payments.Event, more bool, err error) {
	err = c.call(ctx, "list_events", false, func(p stripe.Params) error {
		events = nil
		params := &stripe.EventListParams{}
		params.Context, params.Single, params.Limit = p.Context, true, stripe.Int64(1)
		if id != "" {
			params.EndingBefore, params.Limit = stripe.String(id), stripe.Int64(pageSize)
		}
		i := c.events.List(params)
		for i.Next() {
			events = append(events, toEvent(i.Event()))
		}
		more = id != "" && i.Meta() != nil && i.Meta().HasMore
		return i.Err()
	}, "")
	return events, more, err // the library turns pages around that end before an event
}

// ParseWebhook implements payments.Provider. Other versions of the API than this client's are accepted, because of an event only ids are
// used.
func (c *Client) ParseWebhook(signature string, body []byte) (payments.Event, error) {
	invalid := func(why error) error {
		return &domain.Error{Code: domain.Unauthenticated, Message: "The webhook's signature is not valid.", Err: why}
	}
	if c.cfg.WebhookSecret == "" {
		return payments.Event{}, invalid(errors.New("stripe: no webhook secret is configured"))
	}
	if err := webhook.ValidatePayloadWithTolerance(body, signature, c.cfg.WebhookSecret, webhookTolerance); err != nil {
		return payments.Event{}, invalid(errors.New("stripe: the signature is wrong, too old or missing"))
	}
	var e stripe.Event
	if err := json.Unmarshal(body, &e); err != nil || e.ID == "" || e.Type == "" || e.Data == nil {
		return payments.Event{}, domain.Errorf(domain.Malformed, "The webhook cannot be read.")
	}
	return toEvent(&e), nil
}

// toEvent reads the ids of an event. An object that names neither a payment nor an intent is of somebody else.
func toEvent(e *stripe.Event) payments.Event {
	out := payments.Event{ID: e.ID, Type: string(e.Type), Live: e.Livemode, Foreign: e.Account != ""}
	if e.Data == nil {
		return out
	}
	var object struct {
		ID       string            `json:"id"`
		Object   string            `json:"object"`
		Metadata map[string]string `json:"metadata"`
		Intent   json.RawMessage   `json:"payment_intent"`
	}
	if json.Unmarshal(e.Data.Raw, &object) != nil {
		return out
	}
	out.PaymentID = object.Metadata[metaPayment]
	_ = json.Unmarshal(object.Intent, &out.IntentID) // anything but a string is no id
	switch object.Object {
	case "payment_intent":
		out.IntentID = object.ID
	case "checkout.session":
		out.Checkout = object.ID
	}
	return out
}
