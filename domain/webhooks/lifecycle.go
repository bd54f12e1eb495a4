package webhooks

import (
	"context"
	"database/sql"
	"time"

	"counsel/domain"
	"counsel/domain/lifecycle"
	query "counsel/gen/query/webhooks"
)

// State is where a delivery is.
type State string

// The states.
const (
	// Pending: its job sends it, or waits for the next attempt.
	Pending State = "pending"

	// Delivered: the receiver answered 2xx in time.
	Delivered State = "delivered"

	// Failed: given up after the last attempt, or because its webhook is disabled or gone.
	Failed State = "failed"

	// Withheld: not sent, because the owner of the webhook may not read about it any more.
	Withheld State = "withheld"
)

// Lifecycle is that of a delivery.
var Lifecycle = lifecycle.Table[State]{
	Thing:   "delivery",
	Initial: []State{Pending},
	Transitions: []lifecycle.Transition[State]{
		{From: Pending, To: Pending, On: "attempt failed"}, // or its job was cancelled, and it is replayed
		{From: Pending, To: Delivered, On: "accepted"},
		{From: Pending, To: Failed, On: "given up"},
		{From: Pending, To: Withheld, On: "access lost"},
		{From: Delivered, To: Pending, On: "replayed"},
		{From: Failed, To: Pending, On: "replayed"},
		{From: Withheld, To: Pending, On: "replayed"},
	},
}

// change is what a transition stores besides the state.
type change struct {
	tries    int32     // failed attempts since it was created or replayed
	attempts int32     // all attempts
	job      domain.ID // that sends it
	nextAt   sql.NullTime
}

// transition moves a delivery from the state in which it was read. It is the only function that
// sets a state. It reports false when another process has moved the delivery since.
func transition(ctx context.Context, q *query.Queries, d query.WebhookDelivery, to State, c change, now time.Time) (bool, error) {
	if err := Lifecycle.Check(State(d.State), to); err != nil {
		return false, err
	}
	n, err := q.UpdateWebhookDelivery(ctx, query.UpdateWebhookDeliveryParams{
		State: string(to), Tries: c.tries, Attempts: c.attempts, NextAt: c.nextAt, FinishedAt: sql.NullTime{Time: now, Valid: to != Pending}, JobID: c.job,
		ID: d.ID, OldState: d.State, OldJobID: d.JobID,
	})
	return n > 0, err
}

// unchanged keeps what a delivery has stored.
func unchanged(d query.WebhookDelivery) change {
	return change{tries: d.Tries, attempts: d.Attempts, job: d.JobID}
}
