package domain

// EventType is the type of an event. Webhooks and notifications subscribe to it by this name.
type EventType string

// The event types.
const (
	EventCaseCreated      EventType = "case.created"
	EventCaseUpdated      EventType = "case.updated" // any change except closing
	EventCaseClosed       EventType = "case.closed"
	EventCaseJoined       EventType = "case.joined" // a member accepted an invitation or was added
	EventTaskAssigned     EventType = "task.assigned"
	EventDocumentUploaded EventType = "document.uploaded"
	EventDocumentRendered EventType = "document.rendered"
	EventDocumentDeleted  EventType = "document.deleted"
	EventDraftCreated     EventType = "draft.created"
	EventDraftUpdated     EventType = "draft.updated"
	EventDraftDeleted     EventType = "draft.deleted"
	EventEmailSent        EventType = "email.sent" // to at least one recipient
	EventEmailBounced     EventType = "email.bounced"
	EventEmailFailed      EventType = "email.failed"
	EventWatchChanged     EventType = "compliance.changed" // a register reports something new about what is watched

	EventInvoiceSent     EventType = "invoice.sent"    // issued, or mailed again
	EventInvoicePaid     EventType = "invoice.paid"    // in full
	EventInvoiceOverdue  EventType = "invoice.overdue" // due on a day that has ended
	EventInvoiceVoided   EventType = "invoice.voided"
	EventInvoiceOverpaid EventType = "invoice.overpaid" // more was received than is due, which is to be refunded

	EventPaymentSucceeded EventType = "payment.succeeded" // the money arrived
	EventPaymentFailed    EventType = "payment.failed"    // an attempt to pay failed; the checkout may still be open
	EventPaymentRefunded  EventType = "payment.refunded"  // in whole or in part
	EventPaymentDisputed  EventType = "payment.disputed"  // a dispute was opened or decided

	EventSignatureCreated   EventType = "signature.created"
	EventSignatureSigned    EventType = "signature.signed" // by one signer
	EventSignatureDeclined  EventType = "signature.declined"
	EventSignatureCompleted EventType = "signature.completed" // all have signed, and the sealed file is stored
	EventSignatureCancelled EventType = "signature.cancelled"
	EventSignatureExpired   EventType = "signature.expired"
	EventSignatureFailed    EventType = "signature.failed" // the provider could not be reached, or sealing failed
)

// EventTypes lists all event types.
var EventTypes = []EventType{
	EventCaseCreated, EventCaseUpdated, EventCaseClosed, EventCaseJoined, EventTaskAssigned,
	EventDocumentUploaded, EventDocumentRendered, EventDocumentDeleted,
	EventDraftCreated, EventDraftUpdated, EventDraftDeleted,
	EventEmailSent, EventEmailBounced, EventEmailFailed, EventWatchChanged,
	EventInvoiceSent, EventInvoicePaid, EventInvoiceOverdue, EventInvoiceVoided, EventInvoiceOverpaid,
	EventPaymentSucceeded, EventPaymentFailed, EventPaymentRefunded, EventPaymentDisputed,
	EventSignatureCreated, EventSignatureSigned, EventSignatureDeclined, EventSignatureCompleted, EventSignatureCancelled, EventSignatureExpired, EventSignatureFailed,
}

// Event is something that happened, published to subscribers (webhooks, notifications). It leaves
// the service, so it only holds ids: subscribers read the rest through the API, if they are allowed
// to.
type Event struct {
	Type   EventType
	Actor  ID            // zero: somebody without an account
	UserID ID            // the owner of the resource; notified if it belongs to no case
	CaseID *ID           // the case it belongs to, whose members are notified
	Data   map[string]ID // by name, such as documentId; caseId is added
}
