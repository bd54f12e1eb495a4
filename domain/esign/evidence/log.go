package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"counsel/domain"
)

// Event is an entry of a request's log. Entries are never changed or removed, except together with the
// request.
type Event struct {
	Seq     uint64    `json:"seq"` // 1, 2, 3 … without gaps
	At      time.Time `json:"at"`
	Kind    EventKind `json:"kind"`
	Signer  int       `json:"signer,omitempty"` // their number; 0: none
	Address string    `json:"ip,omitempty"`
	Agent   string    `json:"userAgent,omitempty"`
	Detail  string    `json:"detail,omitempty"`
	// SignedAs is Signer.SignedAs of an EventSigned. It is derived, not hashed: the signature, whose
	// hash is in Detail, contains it.
	SignedAs string   `json:"signedAs,omitempty"`
	Prev     hexBytes `json:"prev"` // the hash of the previous event; zeros in the first
	Hash     hexBytes `json:"hash"`

	Actor domain.ID `json:"-"` // the account that caused it, for the event that is published; zero: none. Not stored.
}

// EventKind is what happened. The values are stored and hashed.
type EventKind string

// The kinds of events.
const (
	EventCreated   EventKind = "created"   // detail: the SHA-256 of the document
	EventRisks     EventKind = "risks"     // the sender accepted risks of the document; detail: the reasons, comma-separated
	EventSent      EventKind = "sent"      // the mail with the link was submitted
	EventReminded  EventKind = "reminded"  // a reminder was submitted
	EventDelivered EventKind = "delivered" // the mail server accepted the mail
	EventBounced   EventKind = "bounced"   // the mail server rejected the mail, or the address is suppressed
	EventForwarded EventKind = "forwarded" // the link was used and led to the provider
	EventOpened    EventKind = "opened"    // the link was used
	EventViewed    EventKind = "viewed"    // the whole document was downloaded with the link, or the provider says so
	EventConsented EventKind = "consented" // detail: the version of the disclosure (consent text)
	EventSigned    EventKind = "signed"    // detail: the SHA-256 of the signature, or the provider's name
	EventDeclined  EventKind = "declined"
	EventCancelled EventKind = "cancelled"
	EventExpired   EventKind = "expired"
	EventFailed    EventKind = "failed"    // the provider did not accept it, or it cannot be sealed; detail: why
	EventCompleted EventKind = "completed" // detail: the SHA-256 of the signed file
)

// ChainHash returns the event's hash: SHA-256 over the previous hash and all other fields. Each field is
// prefixed with its length, so that different events never give the same input.
func (e *Event) ChainHash(request domain.ID) []byte {
	b := make([]byte, 0, 512)
	add := func(field []byte) {
		b = binary.BigEndian.AppendUint64(b, uint64(len(field)))
		b = append(b, field...)
	}
	addNumber := func(n uint64) { add(binary.BigEndian.AppendUint64(nil, n)) }
	add([]byte("counsel.signature.1"))
	add(e.Prev)
	add(request[:])
	addNumber(e.Seq)
	addNumber(uint64(e.At.UnixMicro()))
	add([]byte(e.Kind))
	addNumber(uint64(e.Signer))
	add([]byte(e.Address))
	add([]byte(e.Agent))
	add([]byte(e.Detail))
	sum := sha256.Sum256(b)
	return sum[:]
}

// CheckChain returns an error unless the log is complete: its hashes form a chain that ends with the
// given event.
func CheckChain(request domain.ID, log []Event, seq uint64, hash []byte) error {
	if n := firstBroken(request, log); n != 0 {
		return fmt.Errorf("evidence: the log breaks at entry %d", n)
	}
	if len(log) == 0 || uint64(len(log)) != seq || !bytes.Equal(log[len(log)-1].Hash, hash) {
		return errors.New("evidence: the log does not end with the last event")
	}
	return nil
}

// firstBroken returns the number of the first event that breaks the chain; 0: none.
func firstBroken(request domain.ID, log []Event) uint64 {
	prev := make([]byte, sha256.Size)
	for i, e := range log {
		if e.Seq != uint64(i+1) || !bytes.Equal(e.Prev, prev) || !bytes.Equal(e.Hash, e.ChainHash(request)) {
			return uint64(i + 1)
		}
		prev = e.Hash
	}
	return 0
}

// AddNames sets SignedAs of the events.
func AddNames(log []Event, signers []Signer) {
	for i := range log {
		for _, s := range signers {
			if log[i].Kind == EventSigned && log[i].Signer == s.Number {
				log[i].SignedAs = s.SignedAs()
			}
		}
	}
}

// AcceptedRisks returns the reasons that the sender accepted, according to the log.
func AcceptedRisks(log []Event) []string {
	for _, e := range log {
		if e.Kind == EventRisks {
			return strings.Split(e.Detail, ",")
		}
	}
	return nil
}
