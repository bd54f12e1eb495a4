package email

import (
	"encoding/json"
	"fmt"
	"time"

	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

// SystemMailKind is one of the mails that the service itself writes.
type SystemMailKind string

// The service's own mails, and the fields that each says.
const (
	Welcome         SystemMailKind = "welcome"          // name; a link that confirms the address
	VerifyAddress   SystemMailKind = "verify_address"   // name; the same, asked for again
	ResetPassword   SystemMailKind = "reset_password"   // name; a link that lets a new password be chosen
	PasswordChanged SystemMailKind = "password_changed" // name
	WebhookDisabled SystemMailKind = "webhook_disabled" // name, receiver
	Notification    SystemMailKind = "notification"     // name, type: of the event; a link, if people have an application
	CaseInvitation  SystemMailKind = "case_invitation"  // sender; a link, if people have an application

	// Those of package esign, which sends them itself. All say name, sender and document.
	SignatureRequest        SystemMailKind = "signature_request"         // until; link; quote
	SignatureReminder       SystemMailKind = "signature_reminder"        // the same
	SignatureCompleted      SystemMailKind = "signature_completed"       // with the document attached
	SignatureCompletedApart SystemMailKind = "signature_completed_apart" // without it
	SignatureDeclined       SystemMailKind = "signature_declined"
	SignatureDeclinedBy     SystemMailKind = "signature_declined_by" // signer; quote
	SignatureCancelled      SystemMailKind = "signature_cancelled"
	SignatureExpired        SystemMailKind = "signature_expired"
	SignatureFailed         SystemMailKind = "signature_failed"   // it cannot be sealed
	SignatureNotSent        SystemMailKind = "signature_not_sent" // the provider did not get it
	SignatureBounced        SystemMailKind = "signature_bounced"  // signer, address
)

// SystemMailKinds are all of them.
var SystemMailKinds = []SystemMailKind{Welcome, VerifyAddress, ResetPassword, PasswordChanged, WebhookDisabled, Notification, CaseInvitation,
	SignatureRequest, SignatureReminder, SignatureCompleted, SignatureCompletedApart, SignatureDeclined, SignatureDeclinedBy, SignatureCancelled, SignatureExpired, SignatureFailed, SignatureNotSent, SignatureBounced}

// SystemMail is a mail of the service's own.
type SystemMail struct {
	ID        domain.ID // optional; made when zero. Another with the same is a Conflict
	Kind      SystemMailKind
	UserID    domain.ID // whom it is about: with them it is erased
	To        string
	Locale    string            // as a browser or a person gives it; English when there is no better
	Fields    map[string]string // what it says
	Secret    domain.ID         // of the account's mails: what the secret in its link is made of
	ExpiresAt time.Time         // it is not sent after that; zero: whenever it can be
}

// storedFields is what is kept of a notice.
type storedFields struct {
	Fields map[string]string `json:"fields"`
	Link   *domain.ID        `json:"link,omitempty"` // what the secret of its link is made of
}

// composeSystemMail makes the text of a mail of the service's own.
func (s *Service) composeSystemMail(row query.Email, m *Outgoing) error {
	var kept storedFields
	if err := json.Unmarshal([]byte(row.Fields), &kept); err != nil {
		return jobs.Permanent(fmt.Errorf("email: the fields of a notice: %w", err))
	}
	fields := map[string]string{}
	for name, value := range kept.Fields {
		fields[name] = value
	}
	if kept.Link != nil {
		fields["link"] = s.accountURL + "#" + linkPurposes[SystemMailKind(row.Kind)] + "=" + s.linkSecret(*kept.Link)
	}
	var err error
	if m.Subject, m.Text, m.HTML, err = Compose(SystemMailKind(row.Kind), row.Locale, fields); err != nil {
		return jobs.Permanent(err)
	}
	return nil
}

// linkPurposes is how the page of accounts calls what a link is for.
var linkPurposes = map[SystemMailKind]string{Welcome: "verify", VerifyAddress: "verify", ResetPassword: "reset"}
