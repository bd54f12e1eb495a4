// Package events is the bus on which services publish what happens.
//
// An event is published in the transaction of the change it reports: it is recorded with that
// change or not at all. The bus is made before every service; webhooks and notifications subscribe
// to it. A subscriber that fails fails the transaction.
package events

import (
	"context"

	"counsel/db"
	"counsel/domain"
)

// Publisher records events. Bus implements it.
type Publisher interface {
	// Publish records an event in the caller's transaction.
	Publish(ctx context.Context, tx db.Tx, e domain.Event) error
}

// Subscriber acts on an event in the publisher's transaction.
type Subscriber func(ctx context.Context, tx db.Tx, e domain.Event) error

// Bus passes each event to its subscribers, in the order in which they subscribed.
type Bus struct{ subscribers []Subscriber }

// NewBus returns a bus without subscribers.
func NewBus() *Bus { return &Bus{} }

// Subscribe adds a subscriber. All subscribe before the first event is published.
func (b *Bus) Subscribe(s Subscriber) { b.subscribers = append(b.subscribers, s) }

// Publish passes e to every subscriber, until one fails.
func (b *Bus) Publish(ctx context.Context, tx db.Tx, e domain.Event) error {
	for _, notify := range b.subscribers {
		if err := notify(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// PublisherFunc is a function as a Publisher.
type PublisherFunc func(ctx context.Context, tx db.Tx, e domain.Event) error

// Publish calls f.
func (f PublisherFunc) Publish(ctx context.Context, tx db.Tx, e domain.Event) error {
	return f(ctx, tx, e)
}

// NopPublisher discards every event.
type NopPublisher struct{}

// Publish discards e.
func (NopPublisher) Publish(context.Context, db.Tx, domain.Event) error { return nil }

// Cases knows who may read what is in a case.
type Cases interface {
	// Readers lists the members of a case that exists, as the transaction sees them.
	Readers(ctx context.Context, tx db.Tx, id domain.ID) ([]domain.ID, error)
}

// Audience lists the users who may learn of an event: the members of its case, else its owner.
func Audience(ctx context.Context, tx db.Tx, cases Cases, e domain.Event) ([]domain.ID, error) {
	if e.CaseID != nil {
		return cases.Readers(ctx, tx, *e.CaseID)
	}
	return []domain.ID{e.UserID}, nil
}

// AudienceSubscriber acts on an event for the users who may learn of it, of whom there is at
// least one.
type AudienceSubscriber func(ctx context.Context, tx db.Tx, e domain.Event, audience []domain.ID) error

// ForAudience subscribes several at once, so that the audience of an event is looked up once.
func ForAudience(cases Cases, subscribers ...AudienceSubscriber) Subscriber {
	return func(ctx context.Context, tx db.Tx, e domain.Event) error {
		audience, err := Audience(ctx, tx, cases, e)
		if err != nil || len(audience) == 0 {
			return err
		}
		for _, notify := range subscribers {
			if err := notify(ctx, tx, e, audience); err != nil {
				return err
			}
		}
		return nil
	}
}
