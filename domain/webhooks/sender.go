package webhooks

import (
	"context"
	"time"

	"counsel/domain"
)

// Sender carries messages to receivers. It is safe for concurrent use.
type Sender interface {
	// Accepts says, for the caller to read, what is wrong with a URL; "" when nothing is, as far as
	// can be told before its name is looked up.
	Accepts(url string) string
	// Send signs a message, sends it once and says what came of that. ctx ends it.
	Send(ctx context.Context, m Message) Result
}

// Message is one try at a delivery.
type Message struct {
	ID      domain.ID
	URL     string
	At      time.Time // of this try
	Body    []byte
	Secrets [][]byte // each signs
}

// Outcome is what came of a try.
type Outcome string

// The outcomes.
const (
	OutcomeDelivered  Outcome = "delivered"         // answered 2xx
	OutcomeRefused    Outcome = "refused"           // answered anything else
	OutcomeRedirected Outcome = "redirected"        // answered 3xx, which is not followed
	OutcomeTimeout    Outcome = "timeout"           // did not answer in time
	OutcomeNoAddress  Outcome = "no_address"        // its name leads nowhere
	OutcomeForbidden  Outcome = "forbidden_address" // its name leads to an address that is not public
	OutcomeNoAnswer   Outcome = "no_answer"         // the connection could not be made, or broke
	OutcomeInsecure   Outcome = "insecure"          // its certificate is not good, or it does not speak TLS
	OutcomeUnsigned   Outcome = "unsigned"          // the secret cannot be read: make another
)

// Result is an outcome with its particulars. Nothing of what the receiver said is kept.
type Result struct {
	Outcome    Outcome
	Status     int           // of the answer; 0: there was none
	Duration   time.Duration // until the answer, or until it was clear that none comes
	RetryAfter time.Duration // what the receiver asked for; 0: nothing
}
