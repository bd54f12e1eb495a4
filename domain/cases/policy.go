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

// Resource is what it is done to.
type Resource string

// The subjects of a case.
const (
	ResourceCase         Resource = "case"
	ResourceMember       Resource = "member"
	ResourceNote         Resource = "note"
	ResourceTask         Resource = "task"
	ResourceParty        Resource = "party"
	ResourceTimeline     Resource = "timeline"
	ResourceConsultation Resource = "consultation"
	ResourceDraft        Resource = "draft"
	ResourceDocument     Resource = "document"
	ResourceSignature    Resource = "signature"
	ResourcePayment      Resource = "payment"
)

// Action is something somebody does, or wants to do, in a case.
type Action struct {
	Verb     Verb
	Resource Resource
	ID       *domain.ID // of the one thing it is done to; nil: the case itself, or several things
	Detail   string     // ids, kinds and names of fields, never what a person wrote; at most 500 characters
}

// decide is the one rule of who may do what. It takes what the caller's account is, what they
// are in the case ("" for no member), and how the case stands. nil: they may. NotFound is for
// those who may not know of the case, Forbidden for members, Conflict for what nobody may do
// now.
func decide(p domain.Principal, role Role, status Status, hold bool, act Action) *domain.Error {
	if !p.Admin() {
		if role == "" {
			return domain.NoSuch("case")
		}
		if !permits(p, role, act) {
			return domain.Errorf(domain.Forbidden, "Your part in this case does not allow this.")
		}
	}
	// Who may see a case can change whatever its state.
	if act.Resource == ResourceMember || act.Verb == VerbRead || act.Verb == VerbDownload {
		return nil
	}
	if act.Verb == VerbDelete && hold {
		return &domain.Error{Code: domain.Conflict, Reason: "legal_hold", Message: "The case is under legal hold. Nothing in it can be deleted."}
	}
	if act.Resource != ResourceCase && status == Closed {
		return &domain.Error{Code: domain.Conflict, Reason: "case_closed", Message: "The case is closed. Reopen it first."}
	}
	return nil
}

// permits is what a member may do.
func permits(p domain.Principal, role Role, act Action) bool {
	if role == Lawyer && p.Role == domain.RoleClient {
		role = Viewer
	}
	owns, leads := role == Owner, role == Owner || role == Lawyer
	switch {
	case act.Verb == VerbRead, act.Verb == VerbDownload:
		return true
	case act.Resource == ResourceTimeline: // written by what happens alone
		return false
	case act.Verb == VerbHold:
		return act.Resource == ResourceCase && leads && p.Role == domain.RoleLawyer
	case act.Resource == ResourceMember:
		return owns || act.Verb == VerbDelete && act.ID != nil && *act.ID == p.UserID // may leave
	case act.Resource == ResourceCase && act.Verb == VerbDelete:
		return owns
	case act.Resource == ResourceCase:
		return leads
	case act.Resource == ResourceConsultation && act.Verb == VerbCreate:
		return leads || role == Assistant || role == Client
	}
	return leads || role == Assistant
}
