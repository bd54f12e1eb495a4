package domain

// EventType says what kind of thing happened, by the name under which others subscribe to it.
type EventType string

// The events there are.
const (
	EventCaseCreated      EventType = "case.created"
	EventCaseUpdated      EventType = "case.updated" // but for being closed
	EventCaseClosed       EventType = "case.closed"
	EventCaseJoined       EventType = "case.joined" // by somebody who was let in
	EventTaskAssigned     EventType = "task.assigned"
	EventDocumentUploaded EventType = "document.uploaded"
	EventDocumentRendered EventType = "document.rendered"
	EventDocumentDeleted  EventType = "document.deleted"
	EventDraftCreated     EventType = "draft.created"
	EventDraftUpdated     EventType = "draft.updated"
	EventDraftDeleted     EventType = "draft.deleted"
	EventEmailSent        EventType = "email.sent" // to one recipient at least
	EventEmailBounced     EventType = "email.bounced"
	EventEmailFailed      EventType = "email.failed"

	EventSignatureCreated   EventType = "signature.created"
	EventSignatureSigned    EventType = "signature.signed" // by one signer
	EventSignatureDeclined  EventType = "signature.declined"
	EventSignatureCompleted EventType = "signature.completed" // all have signed, and the sealed file is kept
	EventSignatureCancelled EventType = "signature.cancelled"
	EventSignatureExpired   EventType = "signature.expired"
	EventSignatureFailed    EventType = "signature.failed" // the provider did not get it, or it cannot be sealed
)

// EventTypes lists all.
var EventTypes = []EventType{
	EventCaseCreated, EventCaseUpdated, EventCaseClosed, EventCaseJoined, EventTaskAssigned,
	EventDocumentUploaded, EventDocumentRendered, EventDocumentDeleted,
	EventDraftCreated, EventDraftUpdated, EventDraftDeleted,
	EventEmailSent, EventEmailBounced, EventEmailFailed,
	EventSignatureCreated, EventSignatureSigned, EventSignatureDeclined, EventSignatureCompleted, EventSignatureCancelled, EventSignatureExpired, EventSignatureFailed,
}

// Event is something that happened, for its subscribers. It leaves the service, so it only holds ids:
// subscribers read the rest through the API, if they are allowed to.
type Event struct {
	Type   EventType
	Actor  ID            // who did it; zero: nobody with an account
	UserID ID            // the owner of the resource; notified if it belongs to no case
	CaseID *ID           // the case it belongs to, whose members are notified
	Data   map[string]ID // by name, such as documentId; caseId is added
}
