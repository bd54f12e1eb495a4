package payments

import (
	"context"
	"errors"
	"time"

	"counsel/domain"
)

// ErrUncertain marks an error after which it is not known whether the provider carried out the request. The same request may be sent
// again: the provider recognizes it by the id in it.
var ErrUncertain = errors.New("the outcome is not known")

// Provider is where people pay, such as Stripe. Every error is a *domain.Error: Unavailable if a retry may succeed, NotFound,
// and Upstream if the provider rejected the request. All include ErrUncertain if it may have been carried out.
type Provider interface {
	// Name is stored with each payment.
	Name() string
	// Live reports whether real money moves. Events of the other mode are ignored.
	Live() bool
	// CheckAmount fails with Invalid at /invoiceId if the provider cannot take an amount.
	CheckAmount(amount domain.Money) error
	// CreateCheckout creates the page on which somebody pays, once for each payment id.
	CreateCheckout(ctx context.Context, c Checkout) (State, error)
	// State returns what has become of a checkout, with its refunds and disputes.
	State(ctx context.Context, checkoutID string) (State, error)
	// ExpireCheckout closes a page, so that nobody can pay there any more. A page that is closed already is no error: State tells why.
	ExpireCheckout(ctx context.Context, checkoutID string) error
	// Refund sends money back, once for each refund id.
	Refund(ctx context.Context, r RefundRequest) (RefundState, error)
	// EventsAfter lists the events after the one with the given id, oldest first; more tells that there are further ones. Without an id it returns the newest
	// event only. NotFound: the provider has forgotten that event.
	EventsAfter(ctx context.Context, id string) (events []Event, more bool, err error)
	// ParseWebhook verifies the signature over a raw body and reads the event. Unauthenticated: the signature is
	// invalid or too old. Malformed: the body is no event.
	ParseWebhook(signature string, body []byte) (Event, error)
}

// Checkout is a page on which somebody pays.
type Checkout struct {
	PaymentID   domain.ID
	Amount      domain.Money
	Description string // what is paid, which the page shows
	SuccessURL  string
	CancelURL   string
	ExpiresAt   time.Time
}

// State is what a provider says of a checkout.
type State struct {
	CheckoutID string
	IntentID   string // of the payment at the provider; "": nobody has begun to pay
	URL        string // of the page while it is open
	Status     Status // Open, Processing, Succeeded, Failed or Expired
	Decline    string // the provider's code for why the last attempt to pay failed
	Received   domain.Money
	Fee        domain.Money // of the provider, in the currency of its account; no currency: it is not known
	PaidAt     time.Time
	Refunds    []RefundState
	Disputes   []DisputeState
}

// RefundRequest asks for a refund.
type RefundRequest struct {
	RefundID domain.ID
	IntentID string
	Amount   domain.Money
}

// RefundState is what a provider says of a refund.
type RefundState struct {
	ID       string
	RefundID string // given when it was requested; "": it was made at the provider
	Status   RefundStatus
	Amount   domain.Money
}

// DisputeState is what a provider says of a dispute.
type DisputeState struct {
	ID       string
	Status   DisputeStatus
	Reason   string // the provider's code, such as fraudulent
	Amount   domain.Money
	Fee      domain.Money // no currency: none is known
	OpenedAt time.Time
}

// Event tells that something changed at the provider. It is only a hint: the present state is read.
type Event struct {
	ID        string
	Type      string
	Live      bool
	Foreign   bool   // of another account that is connected to the provider's
	PaymentID string // given when the checkout was created; "": not in the event
	IntentID  string // likewise
	Checkout  string // the checkout's id, if the event is about one
}
