package webhooks

import (
	"context"
	"time"

	"counsel/domain"
)

// Sender sends messages to receivers. It is safe for concurrent use. clients/webhook implements it.
type Sender interface {
	// Accepts returns what is wrong with a URL, in words for the caller, or "". It does not look up
	// the host.
	Accepts(url string) string
	// Send signs a message and makes one request. ctx ends it.
	Send(ctx context.Context, m Message) Result
}

// Message is what one attempt sends.
type Message struct {
	ID      domain.ID // of the delivery
	URL     string
	At      time.Time // of this attempt
	Body    []byte
	Secrets [][]byte // each makes a signature
}

// Outcome is how an attempt ended.
type Outcome string

// The outcomes.
const (
	OutcomeDelivered  Outcome = "delivered"         // answered 2xx
	OutcomeRefused    Outcome = "refused"           // answered another status
	OutcomeRedirected Outcome = "redirected"        // answered 3xx, which is not followed
	OutcomeTimeout    Outcome = "timeout"           // did not answer in time
	OutcomeNoAddress  Outcome = "no_address"        // the host cannot be resolved
	OutcomeForbidden  Outcome = "forbidden_address" // the host resolves to an address that is not public
	OutcomeNoAnswer   Outcome = "no_answer"         // the connection failed
	OutcomeInsecure   Outcome = "insecure"          // the certificate is invalid, or there is no TLS
	OutcomeUnsigned   Outcome = "unsigned"          // the secret cannot be decrypted: rotate it
)

// Result describes how an attempt ended. The body of the answer is not stored.
type Result struct {
	Outcome    Outcome
	Status     int           // HTTP status; 0: no answer
	Duration   time.Duration // until the answer or the failure
	RetryAfter time.Duration // that the receiver asked for; 0: none
}
