package esign

import (
	"context"
	"errors"
	"time"
)

// Provider is an outside service that has documents signed. What it says of an envelope is the
// truth about it; its webhooks are only hints to ask. It is safe for concurrent use.
//
// All methods fail with Unavailable when the provider is down or busy, with Upstream when it
// refuses or answers nonsense, and, where they name an envelope, with NotFound when it has none
// of that id. No error holds a secret, or what a signer wrote.
type Provider interface {
	// Name is how requests and webhooks name the provider.
	Name() string
	// Create makes an envelope and opens it for signing. The provider mails nobody: that is done
	// here. It knows no idempotency key, so that Create is called once for an ExternalID. An
	// error with ErrUncertain in its chain says that there may be an envelope all the same.
	Create(ctx context.Context, e Envelope) (id string, err error)
	// Find is the id of the envelope with an external id.
	Find(ctx context.Context, externalID string) (id string, err error)
	// Get is how an envelope stands.
	Get(ctx context.Context, id string) (EnvelopeState, error)
	// SigningURL makes the address where a signer signs. It is a secret: it is never stored.
	SigningURL(ctx context.Context, id, email string) (string, error)
	// Cancel ends an envelope. One that has ended already, or is gone, is as good.
	Cancel(ctx context.Context, id string) error
	// Signed fetches what came of a completed envelope.
	Signed(ctx context.Context, id string) (SignedFiles, error)
	// ParseWebhook reads a webhook, after it has made sure who sent it. Unauthenticated: it is
	// forged, or too old. Malformed: it cannot be read. A hint about nothing that matters here has
	// no Kind.
	ParseWebhook(header func(name string) string, body []byte, now time.Time) (Hint, error)
}

// ErrUncertain says that what failed may have been done.
var ErrUncertain = errors.New("esign: it may have been done all the same")

// Envelope is a document on its way to its signers.
type Envelope struct {
	ExternalID string // ours; letters, digits and dashes
	Title      string
	Document   []byte // a PDF
	Signers    []EnvelopeSigner
	Workflow   Workflow
	ExpiresAt  time.Time
}

// EnvelopeSigner is somebody who is to sign an envelope. No two have the same address.
type EnvelopeSigner struct {
	Turn        int // from 1; those of a turn sign at the same time
	Name, Email string
	Box         Box // where their name and signature go
}

// Box is a part of a page, as fractions of it, from its upper left corner.
type Box struct {
	Page       int // from 1
	X, Y, W, H float64
}

// EnvelopeStatus is where an envelope stands.
type EnvelopeStatus string

// The statuses of an envelope.
const (
	EnvelopeDraft     EnvelopeStatus = "draft" // nobody can sign it yet
	EnvelopeOpen      EnvelopeStatus = "open"
	EnvelopeCompleted EnvelopeStatus = "completed"
	EnvelopeDeclined  EnvelopeStatus = "declined"
	EnvelopeCancelled EnvelopeStatus = "cancelled"
	EnvelopeExpired   EnvelopeStatus = "expired"
)

// EnvelopeState is how an envelope stands.
type EnvelopeState struct {
	Status  EnvelopeStatus
	Signers []EnvelopeProgress
}

// EnvelopeProgress is how far a signer is. A time that is unknown is zero.
type EnvelopeProgress struct {
	Email                    string
	Viewed, Signed, Declined bool
	ViewedAt                 time.Time
	SignedAt                 time.Time
	DeclinedAt               time.Time
	Reason                   string // why they declined, if they said so
}

// SignedFiles is what came of an envelope: PDF files.
type SignedFiles struct {
	Document []byte
	Audit    []byte // the provider's own record; nil: it has none
}

// Hint is what a webhook tells.
type Hint struct {
	ID         string // the same each time the provider sends it
	EnvelopeID string
	ExternalID string
	Kind       HintKind
	Email      string // of the signer it is about; "": of none, or not known
	At         time.Time
	Address    string // of the signer, in the network
	Agent      string
	Reason     string // why they declined
}

// HintKind is what a hint is about.
type HintKind string

// The kinds of hints.
const (
	HintViewed   HintKind = "viewed"
	HintSigned   HintKind = "signed"
	HintDeclined HintKind = "declined"
	HintEnvelope HintKind = "envelope" // something else about the envelope
)
