package cases

import "counsel/domain"

// Role is what a member is in a case.
type Role string

// The roles in a case. A Lawyer whose account is a client's counts as a Viewer.
const (
	Owner     Role = "owner"     // answers for the case: members, deletion, and all a lawyer may
	Lawyer    Role = "lawyer"    // works on it and changes what it says
	Assistant Role = "assistant" // works on it
	Client    Role = "client"    // reads, and asks questions in it
	Viewer    Role = "viewer"    // reads
)

// Roles are all there are.
func Roles() []Role { return []Role{Owner, Lawyer, Assistant, Client, Viewer} }

// Verb is what somebody does.
type Verb string

// The verbs.
const (
	VerbRead     Verb = "read"
	VerbDownload Verb = "download"
	VerbCreate   Verb = "create"
	VerbUpdate   Verb = "update"
	VerbDelete   Verb = "delete"
	VerbHold     Verb = "hold" // sets or lifts the legal hold, and may change the case besides
)

// Subject is what it is done to.
type Subject string

// The subjects of a case.
const (
	SubjectCase         Subject = "case"
	SubjectMember       Subject = "member"
	SubjectNote         Subject = "note"
	SubjectTask         Subject = "task"
	SubjectParty        Subject = "party"
	SubjectTimeline     Subject = "timeline"
	SubjectConsultation Subject = "consultation"
	SubjectDraft        Subject = "draft"
	SubjectDocument     Subject = "document"
	SubjectSignature    Subject = "signature"
	SubjectPayment      Subject = "payment"
)

// Act is something somebody does, or wants to do, in a case.
type Act struct {
	Verb    Verb
	Subject Subject
	ID      *domain.ID // of the one thing it is done to; nil: the case itself, or several things
	Detail  string     // ids, kinds and names of fields, never what a person wrote; at most 500 characters
}

// decide is the one rule of who may do what. It takes what the caller's account is, what they
// are in the case ("" for no member), and how the case stands. nil: they may. NotFound is for
// those who may not know of the case, Forbidden for members, Conflict for what nobody may do
// now.
func decide(p domain.Principal, role Role, status Status, hold bool, act Act) *domain.Error {
	if !p.Admin() {
		if role == "" {
			return domain.NoSuch("case")
		}
		if !permits(p, role, act) {
			return domain.Errorf(domain.Forbidden, "Your part in this case does not allow this.")
		}
	}
	// Who may see a case can change whatever its state.
	if act.Subject == SubjectMember || act.Verb == VerbRead || act.Verb == VerbDownload {
		return nil
	}
	if act.Verb == VerbDelete && hold {
		return &domain.Error{Code: domain.Conflict, Reason: "legal_hold", Message: "The case is under legal hold. Nothing in it can be deleted."}
	}
	if act.Subject != SubjectCase && status == Closed {
		return &domain.Error{Code: domain.Conflict, Reason: "case_closed", Message: "The case is closed. Reopen it first."}
	}
	return nil
}

// permits is what a member may do.
func permits(p domain.Principal, role Role, act Act) bool {
	if role == Lawyer && p.Role == domain.RoleClient {
		role = Viewer
	}
	owns, leads := role == Owner, role == Owner || role == Lawyer
	switch {
	case act.Verb == VerbRead, act.Verb == VerbDownload:
		return true
	case act.Subject == SubjectTimeline: // written by what happens alone
		return false
	case act.Verb == VerbHold:
		return act.Subject == SubjectCase && leads && p.Role == domain.RoleLawyer
	case act.Subject == SubjectMember:
		return owns || act.Verb == VerbDelete && act.ID != nil && *act.ID == p.UserID // may leave
	case act.Subject == SubjectCase && act.Verb == VerbDelete:
		return owns
	case act.Subject == SubjectCase:
		return leads
	case act.Subject == SubjectConsultation && act.Verb == VerbCreate:
		return leads || role == Assistant || role == Client
	}
	return leads || role == Assistant
}
