package payments

import "counsel/domain/lifecycle"

// Status is the status of a payment.
type Status string

// The statuses of a payment. What was succeeded stays so: refunds and disputes are kept besides.
const (
	Created    Status = "created"    // written down; the provider has not confirmed the checkout
	Open       Status = "open"       // somebody can pay at the provider
	Processing Status = "processing" // somebody paid in a way that takes days, such as a direct debit
	Succeeded  Status = "succeeded"  // the money arrived
	Failed     Status = "failed"     // the money did not arrive, or the provider rejected the checkout
	Expired    Status = "expired"    // nobody paid in time
	Canceled   Status = "canceled"   // replaced by a checkout of another amount, or the invoice is no longer to be paid
)

// Lifecycle holds the transitions between the statuses of a payment. Money that arrives counts, whatever the status was.
var Lifecycle = lifecycle.Table[Status]{
	Thing:   "payment",
	Initial: []Status{Created},
	Transitions: []lifecycle.Transition[Status]{
		{From: Created, To: Open, On: "provider accepted"},
		{From: Created, To: Processing, On: "found at the provider"},
		{From: Created, To: Succeeded, On: "found at the provider"},
		{From: Created, To: Failed, On: "provider rejected"},
		{From: Created, To: Expired, On: "found at the provider"},
		{From: Created, To: Canceled, On: "replaced"},
		{From: Open, To: Processing, On: "paid, not arrived"},
		{From: Open, To: Succeeded, On: "money arrived"},
		{From: Open, To: Failed, On: "debit returned"},
		{From: Open, To: Expired, On: "time is over"},
		{From: Open, To: Canceled, On: "replaced"},
		{From: Processing, To: Succeeded, On: "money arrived"},
		{From: Processing, To: Failed, On: "debit returned"},
		{From: Failed, To: Succeeded, On: "money arrived late"},
		{From: Expired, To: Succeeded, On: "money arrived late"},
		{From: Canceled, To: Succeeded, On: "money arrived late"},
	},
}

// RefundStatus is the status of a refund.
type RefundStatus string

// The statuses of a refund.
const (
	RefundPending   RefundStatus = "pending"   // written down, or on its way
	RefundSucceeded RefundStatus = "succeeded" // the provider sent the money
	RefundFailed    RefundStatus = "failed"    // the money is still there
)

// RefundLifecycle holds the transitions between the statuses of a refund.
var RefundLifecycle = lifecycle.Table[RefundStatus]{
	Thing:   "refund",
	Initial: []RefundStatus{RefundPending},
	Transitions: []lifecycle.Transition[RefundStatus]{
		{From: RefundPending, To: RefundSucceeded, On: "provider sent it"},
		{From: RefundPending, To: RefundFailed, On: "provider rejected it"},
		{From: RefundSucceeded, To: RefundFailed, On: "bank returned it"},
	},
}

// DisputeStatus is the status of a dispute.
type DisputeStatus string

// The statuses of a dispute.
const (
	DisputeInquiry DisputeStatus = "inquiry" // the bank asks; no money moved
	DisputeClosed  DisputeStatus = "closed"  // the bank asked and is satisfied
	DisputeOpen    DisputeStatus = "open"    // the bank took the money back until it decides
	DisputeWon     DisputeStatus = "won"     // the money is back
	DisputeLost    DisputeStatus = "lost"    // the money is gone
)

// DisputeLifecycle holds the transitions between the statuses of a dispute.
var DisputeLifecycle = lifecycle.Table[DisputeStatus]{
	Thing:   "dispute",
	Initial: []DisputeStatus{DisputeInquiry, DisputeOpen},
	Transitions: []lifecycle.Transition[DisputeStatus]{
		{From: DisputeInquiry, To: DisputeOpen, On: "bank takes the money"},
		{From: DisputeInquiry, To: DisputeClosed, On: "bank is satisfied"},
		{From: DisputeOpen, To: DisputeWon, On: "bank decides"},
		{From: DisputeOpen, To: DisputeLost, On: "bank decides"},
	},
}
