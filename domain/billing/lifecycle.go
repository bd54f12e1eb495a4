package billing

import "counsel/domain/lifecycle"

// Status is the status of an invoice.
type Status string

// The statuses of an invoice. A draft can be changed and deleted. An invoice that was issued keeps its number and its lines.
const (
	Draft         Status = "draft"         // without a number; only the firm sees it
	Open          Status = "open"          // issued, nothing of it is paid
	PartlyPaid    Status = "partly_paid"   // a part of the total is paid
	Paid          Status = "paid"          // the total is paid, or more
	Void          Status = "void"          // cancelled; what arrives for it is credit of the client
	Uncollectible Status = "uncollectible" // written off; a payment opens it again
)

// Lifecycle holds the transitions between the statuses of an invoice.
var Lifecycle = lifecycle.Table[Status]{
	Thing:   "invoice",
	Initial: []Status{Draft},
	Transitions: []lifecycle.Transition[Status]{
		{From: Draft, To: Open, On: "send"},
		{From: Open, To: PartlyPaid, On: "payment"},
		{From: Open, To: Paid, On: "payment"},
		{From: PartlyPaid, To: Paid, On: "payment"},
		{From: PartlyPaid, To: Open, On: "refund or lost dispute"},
		{From: Paid, To: PartlyPaid, On: "refund or lost dispute"},
		{From: Paid, To: Open, On: "refund or lost dispute"},
		{From: Open, To: Void, On: "void"},
		{From: Open, To: Uncollectible, On: "write off"},
		{From: PartlyPaid, To: Uncollectible, On: "write off"},
		{From: Uncollectible, To: Open, On: "payment, refund or lost dispute"},
		{From: Uncollectible, To: PartlyPaid, On: "payment, refund or lost dispute"},
	},
}

// ReversalLifecycle holds the transitions of refunds and chargebacks.
var ReversalLifecycle = lifecycle.Table[ReversalStatus]{
	Thing:   "refund or chargeback",
	Initial: []ReversalStatus{ReversalOpen},
	Transitions: []lifecycle.Transition[ReversalStatus]{
		{From: ReversalOpen, To: ReversalSettled, On: "refund arrives or dispute is lost"},
		{From: ReversalOpen, To: ReversalCancelled, On: "refund fails or dispute is won"},
	},
}

// ReversalStatus is the status of a refund or chargeback.
type ReversalStatus string

// The statuses of refunds and chargebacks.
const (
	ReversalOpen      ReversalStatus = "open"      // on its way, or disputed
	ReversalSettled   ReversalStatus = "settled"   // the client has the money
	ReversalCancelled ReversalStatus = "cancelled" // the firm kept it
)
