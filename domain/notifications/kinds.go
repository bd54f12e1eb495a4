package notifications

import (
	"slices"

	"counsel/domain"
)

// kind is how the service tells of a type of event, to those who chose nothing themselves.
type kind struct {
	ways
	to     string // the id in Data that names the one person it is for; "": all who may hear of it
	mailed bool   // whose the thing is gets a mail about it anyway
}

// ways are how somebody is told.
type ways struct{ inApp, email bool }

var (
	none   = ways{}
	inApp  = ways{inApp: true}
	byMail = ways{inApp: true, email: true}
)

// kinds are the types that people are told of. Unasked they hear of what they have to act upon, or
// cannot see coming; what is edited and rendered all day is for those who ask for it.
var kinds = map[domain.EventType]kind{
	domain.EventCaseUpdated:  {},
	domain.EventCaseClosed:   {ways: inApp},
	domain.EventCaseJoined:   {ways: byMail, to: "memberId"},
	domain.EventTaskAssigned: {ways: byMail, to: "assigneeId"},

	domain.EventDocumentUploaded: {ways: inApp},
	domain.EventDocumentRendered: {},
	domain.EventDocumentDeleted:  {},
	domain.EventDraftCreated:     {},
	domain.EventDraftUpdated:     {},
	domain.EventDraftDeleted:     {},

	domain.EventEmailSent:    {},
	domain.EventEmailBounced: {ways: byMail}, // a deadline may hang on it
	domain.EventEmailFailed:  {ways: byMail},

	domain.EventSignatureCreated:   {ways: inApp},
	domain.EventSignatureSigned:    {ways: inApp},
	domain.EventSignatureDeclined:  {ways: inApp, mailed: true},
	domain.EventSignatureCompleted: {ways: inApp, mailed: true},
	domain.EventSignatureCancelled: {ways: inApp, mailed: true},
	domain.EventSignatureExpired:   {ways: inApp, mailed: true},
	domain.EventSignatureFailed:    {ways: byMail, mailed: true},
}

// told are those of its hearers that an event is for: nobody hears of what they did themselves.
func (k kind) told(e domain.Event, hearers []domain.ID) []domain.ID {
	return slices.DeleteFunc(slices.Clone(hearers), func(user domain.ID) bool {
		return user == e.Actor || k.to != "" && user != e.Data[k.to]
	})
}

// wants is what somebody is told of an event, by what they chose.
func (k kind) wants(chosen map[domain.ID]Preference, user domain.ID) ways {
	if p, ok := chosen[user]; ok {
		return ways{p.InApp, p.Email}
	}
	return k.ways
}
