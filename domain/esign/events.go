package esign

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// EventKind is what happened.
type EventKind string

// The kinds of events.
const (
	EventCreated   EventKind = "created"   // detail: the SHA-256 of the document
	EventRisks     EventKind = "risks"     // the sender accepted what the document holds; detail: the reasons, with commas
	EventSent      EventKind = "sent"      // the mail with the link was handed over
	EventReminded  EventKind = "reminded"  // and once more
	EventDelivered EventKind = "delivered" // the mail server took it
	EventBounced   EventKind = "bounced"   // or refused it
	EventForwarded EventKind = "forwarded" // the link was used, and led on to the provider
	EventOpened    EventKind = "opened"    // the link was used
	EventViewed    EventKind = "viewed"    // the whole document was fetched with it; or the provider says so
	EventConsented EventKind = "consented" // detail: the version of the disclosure
	EventSigned    EventKind = "signed"    // detail: the SHA-256 of the signature as it was made, or the provider's name
	EventDeclined  EventKind = "declined"
	EventCancelled EventKind = "cancelled"
	EventExpired   EventKind = "expired"
	EventFailed    EventKind = "failed"    // the provider did not get it; or it could not be sealed, detail: why
	EventCompleted EventKind = "completed" // detail: the SHA-256 of the sealed file
)

// Event is an entry of a request's log. Nothing changes or removes one; the whole log goes with its request.
type Event struct {
	Seq     uint64    `json:"seq"` // 1, 2, 3 … without a gap
	At      time.Time `json:"at"`
	Kind    EventKind `json:"kind"`
	Signer  int       `json:"signer,omitempty"` // their number; 0: nobody
	Address string    `json:"ip,omitempty"`
	Agent   string    `json:"userAgent,omitempty"`
	Detail  string    `json:"detail,omitempty"`
	// SignedAs is the name that was typed as a signature, where it is another than the signer's. The
	// signature, of which Detail has the hash, says it too.
	SignedAs string   `json:"signedAs,omitempty"`
	Prev     hexBytes `json:"prev"` // the hash of the event before; of the first, zeros
	Hash     hexBytes `json:"hash"` // SHA-256 over Prev and all the rest

	By domain.ID `json:"-"` // the account that did it, for those who are told of it; zero: none did
}

// sum is the event's hash. Each field is led by its length, so that no two events look alike.
func (e *Event) sum(request domain.ID) []byte {
	b := make([]byte, 0, 512)
	put := func(field []byte) {
		b = binary.BigEndian.AppendUint64(b, uint64(len(field)))
		b = append(b, field...)
	}
	number := func(n uint64) { put(binary.BigEndian.AppendUint64(nil, n)) }
	put([]byte("counsel.signature.1"))
	put(e.Prev)
	put(request[:])
	number(e.Seq)
	number(uint64(e.At.UnixMicro()))
	put([]byte(e.Kind))
	number(uint64(e.Signer))
	put([]byte(e.Address))
	put([]byte(e.Agent))
	put([]byte(e.Detail))
	sum := sha256.Sum256(b)
	return sum[:]
}

// log adds an event to a request whose row the transaction holds, and tells those who asked to be told.
func (s *Service) log(ctx context.Context, tx db.Tx, r *Request, e Event) error {
	e.Seq, e.Prev = r.seq+1, r.head
	if e.At.IsZero() {
		e.At = s.Clock()
	}
	e.Address, e.Agent, e.Detail = clean(e.Address, maxAddress), clean(e.Agent, maxAgent), clean(e.Detail, maxDetail)
	e.Hash = e.sum(r.ID)
	err := query.New(tx).AppendSignatureEvent(ctx, query.AppendSignatureEventParams{RequestID: r.ID, Seq: e.Seq, CreatedAt: e.At, Kind: string(e.Kind), Signer: int32(e.Signer),
		Address: e.Address, Agent: e.Agent, Detail: e.Detail, PrevHash: e.Prev, Hash: e.Hash})
	if err != nil {
		return err
	}
	r.seq, r.head = e.Seq, e.Hash
	if told, ok := tells[e.Kind]; ok {
		return s.Publisher.Publish(ctx, tx, domain.Event{Type: told, Actor: e.By, UserID: r.UserID, CaseID: r.CaseID, Data: map[string]domain.ID{"trackingId": r.ID}})
	}
	return nil
}

// tells is what of a log others are told, and as what.
var tells = map[EventKind]domain.EventType{
	EventCreated: domain.EventSignatureCreated, EventSigned: domain.EventSignatureSigned, EventDeclined: domain.EventSignatureDeclined, EventCompleted: domain.EventSignatureCompleted,
	EventCancelled: domain.EventSignatureCancelled, EventExpired: domain.EventSignatureExpired, EventFailed: domain.EventSignatureFailed,
}

// Limits of what a log keeps of a visitor, in bytes.
const (
	maxAddress = 45
	maxAgent   = 300
	maxDetail  = 200
)

// readLog reads a request's log.
func readLog(ctx context.Context, q *query.Queries, id domain.ID) ([]Event, error) {
	rows, err := q.ListSignatureEvents(ctx, id)
	if err != nil {
		return nil, db.Error(err)
	}
	out := make([]Event, len(rows))
	for i, r := range rows {
		out[i] = Event{Seq: r.Seq, At: r.CreatedAt, Kind: EventKind(r.Kind), Signer: int(r.Signer), Address: r.Address, Agent: r.Agent, Detail: r.Detail, Prev: r.PrevHash, Hash: r.Hash}
	}
	return out, nil
}

// named adds to a log who signed by another name.
func named(log []Event, signers []Signer) {
	for i := range log {
		for _, g := range signers {
			if log[i].Kind == EventSigned && log[i].Signer == g.Number {
				log[i].SignedAs = g.signedAs()
			}
		}
	}
}

// chained finds the first event that does not fit its log: 0 when all do.
func chained(request domain.ID, log []Event) (broken uint64) {
	prev := make([]byte, sha256.Size)
	for i, e := range log {
		if e.Seq != uint64(i+1) || !bytes.Equal(e.Prev, prev) || !bytes.Equal(e.Hash, e.sum(request)) {
			return uint64(i + 1)
		}
		prev = e.Hash
	}
	return 0
}
