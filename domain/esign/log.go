package esign

import (
	"context"
	"strings"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/esign/evidence"
	query "counsel/gen/query/esign"
)

// Limits of a logged event, in bytes.
const (
	maxAddress = 45
	maxAgent   = 300
	maxDetail  = 200
)

// published maps the logged events that are also published.
var published = map[evidence.EventKind]domain.EventType{
	evidence.EventCreated: domain.EventSignatureCreated, evidence.EventSigned: domain.EventSignatureSigned, evidence.EventDeclined: domain.EventSignatureDeclined, evidence.EventCompleted: domain.EventSignatureCompleted,
	evidence.EventCancelled: domain.EventSignatureCancelled, evidence.EventExpired: domain.EventSignatureExpired, evidence.EventFailed: domain.EventSignatureFailed,
}

// log appends an event to the log of a request that the transaction has locked, and publishes it. The caller
// saves the request.
func (s *Service) log(ctx context.Context, tx db.Tx, r *Request, e evidence.Event) error {
	e.Seq, e.Prev = r.lastSeq+1, r.lastHash
	if e.At.IsZero() {
		e.At = s.clock()
	}
	e.Address, e.Agent, e.Detail = printable(e.Address, maxAddress), printable(e.Agent, maxAgent), printable(e.Detail, maxDetail)
	e.Hash = e.ChainHash(r.ID)
	err := query.New(tx).CreateSignatureEvent(ctx, query.CreateSignatureEventParams{RequestID: r.ID, Seq: e.Seq, CreatedAt: e.At, Kind: string(e.Kind), Signer: int32(e.Signer),
		Address: e.Address, Agent: e.Agent, Detail: e.Detail, PrevHash: e.Prev, Hash: e.Hash})
	if err != nil {
		return err
	}
	r.lastSeq, r.lastHash = e.Seq, e.Hash
	if eventType, ok := published[e.Kind]; ok {
		return s.publisher.Publish(ctx, tx, domain.Event{Type: eventType, Actor: e.Actor, UserID: r.UserID, CaseID: r.CaseID, Data: map[string]domain.ID{"trackingId": r.ID}})
	}
	return nil
}

// readLog reads the log of a request.
func readLog(ctx context.Context, q *query.Queries, id domain.ID) ([]evidence.Event, error) {
	rows, err := q.ListSignatureEvents(ctx, id)
	if err != nil {
		return nil, db.Error(err)
	}
	log := make([]evidence.Event, len(rows))
	for i, r := range rows {
		log[i] = evidence.Event{Seq: r.Seq, At: r.CreatedAt, Kind: evidence.EventKind(r.Kind), Signer: int(r.Signer), Address: r.Address, Agent: r.Agent, Detail: r.Detail, Prev: r.PrevHash, Hash: r.Hash}
	}
	return log, nil
}

// printable replaces what is not printable ASCII in untrusted text, and truncates it.
func printable(s string, maxBytes int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
	return s[:min(len(s), maxBytes)]
}
