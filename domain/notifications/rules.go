package notifications

import (
	"slices"

	"counsel/domain"
)

// rule is how users are notified of a type of event.
type rule struct {
	channels           // of those who set no preference
	recipient   string // the id in Data that names the only recipient; "": everybody in the audience
	ownerMailed bool   // the owner gets a mail about it anyway
}

// channels are the ways of a notification.
type channels struct{ inApp, email bool }

var (
	none     = channels{}
	inApp    = channels{inApp: true}
	withMail = channels{inApp: true, email: true}
)

// rules lists the types of events that users can be notified of. By default they are notified of what
// they must act upon or cannot foresee; edits and renderings, which happen all day, are opt-in.
var rules = map[domain.EventType]rule{
	domain.EventCaseUpdated:  {},
	domain.EventCaseClosed:   {channels: inApp},
	domain.EventCaseJoined:   {channels: withMail, recipient: "memberId"},
	domain.EventTaskAssigned: {channels: withMail, recipient: "assigneeId"},

	domain.EventDocumentUploaded: {channels: inApp},
	domain.EventDocumentRendered: {},
	domain.EventDocumentDeleted:  {},
	domain.EventDraftCreated:     {},
	domain.EventDraftUpdated:     {},
	domain.EventDraftDeleted:     {},

	domain.EventEmailSent:    {},
	domain.EventEmailBounced: {channels: withMail}, // a deadline may depend on it
	domain.EventEmailFailed:  {channels: withMail},
	domain.EventWatchChanged: {channels: withMail, recipient: "assigneeId"},

	domain.EventInvoiceSent:     {channels: inApp},
	domain.EventInvoicePaid:     {channels: inApp},
	domain.EventInvoiceOverdue:  {channels: withMail},
	domain.EventInvoiceVoided:   {channels: inApp},
	domain.EventInvoiceOverpaid: {channels: withMail}, // somebody must refund it

	domain.EventPaymentSucceeded: {channels: inApp},
	domain.EventPaymentFailed:    {channels: inApp},
	domain.EventPaymentRefunded:  {channels: inApp},
	domain.EventPaymentDisputed:  {channels: withMail}, // a bank's deadline runs

	domain.EventSignatureCreated:   {channels: inApp},
	domain.EventSignatureSigned:    {channels: inApp},
	domain.EventSignatureDeclined:  {channels: inApp, ownerMailed: true},
	domain.EventSignatureCompleted: {channels: inApp, ownerMailed: true},
	domain.EventSignatureCancelled: {channels: inApp, ownerMailed: true},
	domain.EventSignatureExpired:   {channels: inApp, ownerMailed: true},
	domain.EventSignatureFailed:    {channels: withMail, ownerMailed: true},
}

// recipients returns those of the audience whom the event concerns, without its actor.
func (r rule) recipients(e domain.Event, audience []domain.ID) []domain.ID {
	return slices.DeleteFunc(slices.Clone(audience), func(user domain.ID) bool {
		return user == e.Actor || r.recipient != "" && user != e.Data[r.recipient]
	})
}

// channelsFor returns the channels for a user, by their preference or the default.
func (r rule) channelsFor(preferences map[domain.ID]Preference, user domain.ID) channels {
	if p, ok := preferences[user]; ok {
		return channels{p.InApp, p.Email}
	}
	return r.channels
}
