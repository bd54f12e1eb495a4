package email

import (
	"encoding/json"
	"fmt"
	"time"

	"counsel/domain"
	"counsel/domain/files"
	"counsel/domain/jobs"
	query "counsel/gen/query/email"
)

// SystemMailKind is the template of a system mail.
type SystemMailKind string

// The system mails, with the fields that each uses.
const (
	Welcome         SystemMailKind = "welcome"          // name; link to verify the address
	VerifyAddress   SystemMailKind = "verify_address"   // name; the same link, requested again
	ResetPassword   SystemMailKind = "reset_password"   // name; link to choose a new password
	PasswordChanged SystemMailKind = "password_changed" // name
	WebhookDisabled SystemMailKind = "webhook_disabled" // name, receiver
	APIKeyCreated   SystemMailKind = "api_key_created"  // name, key
	Notification    SystemMailKind = "notification"     // name, type of the event; link if there is an application
	CaseInvitation  SystemMailKind = "case_invitation"  // sender; link if there is an application

	// Mails of package billing. Both use name, firm, number, amount and due, and have a PDF attached.
	Invoice SystemMailKind = "invoice"
	Receipt SystemMailKind = "receipt"

	// Mails of package esign, which sends them itself. All use name, sender and document.
	SignatureRequest        SystemMailKind = "signature_request"         // until; link; quote
	SignatureReminder       SystemMailKind = "signature_reminder"        // the same
	SignatureCompleted      SystemMailKind = "signature_completed"       // with the document attached
	SignatureCompletedApart SystemMailKind = "signature_completed_apart" // without it
	SignatureDeclined       SystemMailKind = "signature_declined"
	SignatureDeclinedBy     SystemMailKind = "signature_declined_by" // signer; quote
	SignatureCancelled      SystemMailKind = "signature_cancelled"
	SignatureExpired        SystemMailKind = "signature_expired"
	SignatureFailed         SystemMailKind = "signature_failed"   // the document cannot be sealed
	SignatureNotSent        SystemMailKind = "signature_not_sent" // the provider rejected it
	SignatureBounced        SystemMailKind = "signature_bounced"  // signer, address
)

// SystemMailKinds lists all kinds.
var SystemMailKinds = []SystemMailKind{Welcome, VerifyAddress, ResetPassword, PasswordChanged, WebhookDisabled, APIKeyCreated, Notification, CaseInvitation, Invoice, Receipt,
	SignatureRequest, SignatureReminder, SignatureCompleted, SignatureCompletedApart, SignatureDeclined, SignatureDeclinedBy, SignatureCancelled, SignatureExpired, SignatureFailed, SignatureNotSent, SignatureBounced}

// SystemMail is a mail that the service itself sends.
type SystemMail struct {
	ID        domain.ID // optional; generated if zero. A duplicate is a Conflict
	Kind      SystemMailKind
	UserID    domain.ID // the user it is about, with whose data it is erased
	To        string
	Locale    string            // a language tag or Accept-Language; English if none is supported
	Fields    map[string]string // values of the template
	Secret    domain.ID         // for account mails: the subject of the link, from which its secret is made
	ExpiresAt time.Time         // not sent after this time; zero: never expires
	Document  *files.File       // attached, if the user may still read it at delivery; nil: none
}

// storedFields is the stored form of a system mail.
type storedFields struct {
	Fields map[string]string `json:"fields"`
	Link   *domain.ID        `json:"link,omitempty"` // the subject of the link
}

// composeSystemMail composes the text of a system mail.
func (s *Service) composeSystemMail(row query.Email, m *Outgoing) error {
	var stored storedFields
	if err := json.Unmarshal([]byte(row.Fields), &stored); err != nil {
		return jobs.Permanent(fmt.Errorf("email: stored fields of a system mail: %w", err))
	}
	fields := map[string]string{}
	for name, value := range stored.Fields {
		fields[name] = value
	}
	if stored.Link != nil {
		fields["link"] = s.accountURL + "#" + linkPurposes[SystemMailKind(row.Kind)] + "=" + s.linkSecret(*stored.Link)
	}
	var err error
	if m.Subject, m.Text, m.HTML, err = Compose(SystemMailKind(row.Kind), row.Locale, fields); err != nil {
		return jobs.Permanent(err)
	}
	return nil
}

// linkPurposes are the names that the account page uses for the purpose of a link.
var linkPurposes = map[SystemMailKind]string{Welcome: "verify", VerifyAddress: "verify", ResetPassword: "reset"}
