// Package envelopes talks to outside signing services, the providers: the interface that a client
// implements, the placement of signatures on added pages, and the stored state of each envelope.
//
// An envelope is a document at the provider, on its way to its signers. The provider is the source of
// truth for it; a webhook is only a hint to ask. lifecycle.go lists the phases of an envelope, and
// what this service still has to do in each.
package envelopes

import (
	"context"
	"errors"
	"time"
)

// Provider is an outside service that collects signatures. It is safe for concurrent use.
//
// Every method fails with Unavailable when the provider is down or busy, with Upstream when it rejects
// the request or returns an invalid response, and with NotFound when it does not have the envelope
// that is named. Errors contain no secret and nothing that a signer wrote.
type Provider interface {
	// Name is the provider's name in requests and webhook addresses.
	Name() string
	// Create creates an envelope and opens it for signing. The provider must not send mail. There is
	// no idempotency key, so Create is called once for an ExternalID. An error that wraps ErrUncertain
	// means that the envelope may exist.
	Create(ctx context.Context, e Envelope) (id string, err error)
	// Find returns the id of the envelope with an external id.
	Find(ctx context.Context, externalID string) (id string, err error)
	// Get returns the state of an envelope.
	Get(ctx context.Context, id string) (State, error)
	// SigningURL returns the address where a signer signs. It is a secret and is never stored.
	SigningURL(ctx context.Context, id, email string) (string, error)
	// Cancel ends an envelope. It succeeds if the envelope has already ended or does not exist.
	Cancel(ctx context.Context, id string) error
	// Signed downloads the files of a completed envelope.
	Signed(ctx context.Context, id string) (SignedFiles, error)
	// ParseWebhook authenticates and parses a webhook. Unauthenticated: it is forged or too old.
	// Malformed: it cannot be parsed. An event that does not matter here has no Kind.
	ParseWebhook(header func(name string) string, body []byte, now time.Time) (Event, error)
}

// ErrUncertain means that a failed operation may have been carried out.
var ErrUncertain = errors.New("envelopes: the operation may have been carried out")

// Envelope is a document to be signed at a provider.
type Envelope struct {
	ExternalID string // our id; letters, digits and dashes
	Title      string
	Document   []byte // a PDF
	Signers    []Signer
	Sequential bool // signers sign in turn; otherwise all at once
	ExpiresAt  time.Time
}

// Signer is a signer of an envelope. Every signer has another address.
type Signer struct {
	Turn        int // from 1; signers with the same turn sign at the same time
	Name, Email string
	Box         Box // where their name and signature go
}

// Box is a rectangle on a page, in fractions of the page size, measured from its upper left corner.
type Box struct {
	Page       int // from 1
	X, Y, W, H float64
}

// Status is the status of an envelope at the provider.
type Status string

// The statuses of an envelope.
const (
	Draft     Status = "draft" // not yet open for signing
	Open      Status = "open"
	Completed Status = "completed"
	Declined  Status = "declined"
	Cancelled Status = "cancelled"
	Expired   Status = "expired"
)

// State is the state of an envelope at the provider.
type State struct {
	Status  Status
	Signers []SignerState
}

// SignerState is what a signer has done. Unknown times are zero.
type SignerState struct {
	Email                    string
	Viewed, Signed, Declined bool
	ViewedAt                 time.Time
	SignedAt                 time.Time
	DeclinedAt               time.Time
	Reason                   string // why they declined; may be empty
}

// SignedFiles are the files of a completed envelope, as PDF.
type SignedFiles struct {
	Document []byte
	Audit    []byte // the provider's own record; nil: none
}

// Event is what a webhook reports.
type Event struct {
	ID         string // the provider's; the same for every delivery of the event
	EnvelopeID string
	ExternalID string
	Kind       EventKind
	Email      string // of the signer it is about; "": none, or unknown
	At         time.Time
	Address    string // the signer's IP address
	Agent      string // the signer's User-Agent
	Reason     string // why they declined
}

// EventKind is what an event is about. The values are stored.
type EventKind string

// The kinds of events.
const (
	EventViewed   EventKind = "viewed"
	EventSigned   EventKind = "signed"
	EventDeclined EventKind = "declined"
	EventOther    EventKind = "envelope" // anything else about the envelope
)
