package billing

import "counsel/domain"

func noSuchEntry() error   { return domain.NoSuch("time entry") }
func noSuchInvoice() error { return domain.NoSuch("invoice") }
func noSuchPayment() error { return domain.NoSuch("payment") }

func errDraft() error {
	return &domain.Error{Code: domain.Conflict, Reason: "invoice_draft", Message: "The invoice is a draft. Send it first."}
}

func errIssued() error {
	return &domain.Error{Code: domain.Conflict, Reason: "invoice_issued", Message: "The invoice was issued. It cannot be changed or deleted any more, but it can be voided."}
}

func errNotOpen() error {
	return &domain.Error{Code: domain.Conflict, Reason: "invoice_not_open", Message: "Only an open invoice can be paid from client money."}
}

func errVoid() error {
	return &domain.Error{Code: domain.Conflict, Reason: "invoice_void", Message: "The invoice is void or written off. It is not sent any more."}
}

func errFromTrust() error {
	return &domain.Error{Code: domain.Conflict, Reason: "payment_from_trust", Message: "This payment was made from client money. No provider can refund it."}
}

func errRefundTooLarge() error {
	return &domain.Error{Code: domain.Conflict, Reason: "refund_too_large", Message: "This is more than was paid and is neither refunded nor charged back."}
}

func errEntryBilled() error {
	return &domain.Error{Code: domain.Conflict, Reason: "time_entry_billed", Message: "The time entry is on an invoice. Take it off the draft or void the invoice first."}
}

func errTrustInsufficient() error {
	return &domain.Error{Code: domain.Conflict, Reason: "trust_insufficient", Message: "The client money of this case is less than that."}
}
