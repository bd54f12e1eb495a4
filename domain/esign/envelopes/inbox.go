package envelopes

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/esign"
)

// ReceivedEvent is an event of a webhook as it is stored. Its details go into the request's log, and are
// then removed here; the row stays for Retention, so that a repeated delivery is recognized.
type ReceivedEvent struct {
	Provider  string
	ID        string // the provider's
	RequestID domain.ID
	Kind      EventKind
	Signer    int // their number; 0: none
	At        time.Time
	Address   string
	Agent     string
	Reason    string
}

// Retention is how long events are kept.
const Retention = 30 * 24 * time.Hour

// pruneBatch is how many events are deleted at a time.
const pruneBatch = 1000

// AddEvent stores an event. isNew is false for a repeated delivery.
func AddEvent(ctx context.Context, tx db.Tx, e ReceivedEvent, now time.Time) (isNew bool, err error) {
	n, err := query.New(tx).CreateProviderEvent(ctx, query.CreateProviderEventParams{Provider: e.Provider, EventID: e.ID, RequestID: e.RequestID, Kind: string(e.Kind), Signer: int32(e.Signer),
		OccurredAt: e.At, Address: e.Address, Agent: e.Agent, Reason: e.Reason, ReceivedAt: now})
	return n > 0, err
}

// PendingEvents lists the events of a request whose details are not in its log yet.
func PendingEvents(ctx context.Context, c Conn, request domain.ID) ([]ReceivedEvent, error) {
	rows, err := query.New(c).ListProviderEvents(ctx, request)
	if err != nil {
		return nil, db.Error(err)
	}
	out := make([]ReceivedEvent, len(rows))
	for i, r := range rows {
		out[i] = ReceivedEvent{Provider: r.Provider, ID: r.EventID, RequestID: r.RequestID, Kind: EventKind(r.Kind), Signer: int(r.Signer), At: r.OccurredAt, Address: r.Address, Agent: r.Agent, Reason: r.Reason}
	}
	return out, nil
}

// MarkLogged removes the details of an event.
func (e ReceivedEvent) MarkLogged(ctx context.Context, tx db.Tx) error {
	return query.New(tx).UpdateProviderEventUsed(ctx, query.UpdateProviderEventUsedParams{Provider: e.Provider, EventID: e.ID})
}

// PruneEvents deletes events that are older than Retention.
func PruneEvents(ctx context.Context, c Conn, now time.Time) error {
	_, err := query.New(c).DeleteProviderEvents(ctx, query.DeleteProviderEventsParams{ReceivedAt: now.Add(-Retention), Limit: pruneBatch})
	return db.Error(err)
}

// Delete deletes the envelope and the events of a request.
func Delete(ctx context.Context, tx db.Tx, request domain.ID) error {
	q := query.New(tx)
	if err := q.DeleteRequestProviderEvents(ctx, request); err != nil {
		return err
	}
	return q.DeleteSignatureRequestEnvelope(ctx, request)
}
