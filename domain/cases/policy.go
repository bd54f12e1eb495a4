package cases

import "counsel/domain"

// Role is the role of a member in a case.
type Role string

// The roles in a case. A Lawyer with a client's account counts as a Viewer.
const (
	Owner     Role = "owner"     // manages members, may delete the case, and may do all a lawyer may
	Lawyer    Role = "lawyer"    // works on the case and may change its fields
	Assistant Role = "assistant" // works on the case
	Client    Role = "client"    // reads, and asks questions in it
	Viewer    Role = "viewer"    // reads
)

// Roles lists every role.
func Roles() []Role { return []Role{Owner, Lawyer, Assistant, Client, Viewer} }

// Verb is what the caller does.
type Verb string

// The verbs.
const (
	VerbRead     Verb = "read"
	VerbDownload Verb = "download"
	VerbCreate   Verb = "create"
	VerbUpdate   Verb = "update"
	VerbDelete   Verb = "delete"
	VerbHold     Verb = "hold" // sets or lifts the legal hold, and may change other fields with it
)

// Resource is what the caller does it to.
type Resource string

// The resources of a case.
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
	ResourceInvoice      Resource = "invoice"
	ResourceWatch        Resource = "watch" // of compliance
	ResourceTimeEntry    Resource = "time_entry"
	ResourceLedger       Resource = "ledger"
)

// Action is a verb on a resource of a case. The policy is evaluated for it and the timeline logs
// it.
type Action struct {
	Verb     Verb
	Resource Resource
	ID       *domain.ID // of the resource; nil: the case itself, or several resources
	Detail   string     // ids, kinds and field names, never text that a person wrote; at most 500 characters
}

// evaluate is the access policy: the one function that decides who may do what. It takes the
// caller's account, their role in the case ("" if not a member), the state of the case and whether
// it is a test account's, which no live caller reaches, nor the reverse. nil means allowed. NotFound is for callers who may not know of the case, Forbidden for members,
// Conflict if nobody may do it now.
func evaluate(p domain.Principal, role Role, status Status, hold, test bool, action Action) *domain.Error {
	if p.TestMode() != test {
		return domain.NoSuch("case")
	}
	if !p.Admin() {
		if role == "" {
			return domain.NoSuch("case")
		}
		if !permits(p, role, action) {
			return domain.Errorf(domain.Forbidden, "Your role in this case does not allow this.")
		}
	}
	// Members can be changed and content read in any state of the case.
	if action.Resource == ResourceMember || action.Verb == VerbRead || action.Verb == VerbDownload {
		return nil
	}
	// A legal hold forbids deletion.
	if action.Verb == VerbDelete && hold {
		return &domain.Error{Code: domain.Conflict, Reason: "legal_hold", Message: "The case is under legal hold. Nothing in it can be deleted."}
	}
	if action.Resource != ResourceCase && status == Closed {
		return &domain.Error{Code: domain.Conflict, Reason: "case_closed", Message: "The case is closed. Reopen it first."}
	}
	return nil
}

// permits reports whether a member may do it.
func permits(p domain.Principal, role Role, action Action) bool {
	if role == Lawyer && p.Role == domain.RoleClient {
		role = Viewer
	}
	owns, leads := role == Owner, role == Owner || role == Lawyer
	switch {
	case p.Role == domain.RoleClient && (action.Resource == ResourceTimeEntry || action.Resource == ResourceLedger || action.Resource == ResourcePayment && action.Verb == VerbUpdate ||
		action.Resource == ResourceInvoice && action.Verb != VerbRead && action.Verb != VerbDownload):
		return false // money of the firm and of its clients is for the firm to move
	case action.Resource == ResourceTimeEntry: // what the firm worked and what it costs are the firm's to know
		return leads || role == Assistant && action.Verb == VerbRead
	case action.Resource == ResourceLedger: // also deposits to the trust account and their use
		return leads
	case action.Resource == ResourcePayment && action.Verb == VerbCreate: // whoever is to pay, and who helps them
		return leads || role == Assistant || role == Client
	case action.Resource == ResourcePayment && action.Verb == VerbUpdate: // refund
		return leads
	case action.Resource == ResourceInvoice && action.Verb != VerbRead && action.Verb != VerbDownload:
		return leads
	case action.Verb == VerbRead, action.Verb == VerbDownload:
		return true
	case action.Resource == ResourceTimeline: // append-only, written by AuthorizedTx
		return false
	case action.Verb == VerbHold:
		return action.Resource == ResourceCase && leads && p.Role == domain.RoleLawyer
	case action.Resource == ResourceMember:
		return owns || action.Verb == VerbDelete && action.ID != nil && *action.ID == p.UserID // may leave
	case action.Resource == ResourceCase && action.Verb == VerbDelete:
		return owns
	case action.Resource == ResourceCase:
		return leads
	case action.Resource == ResourceConsultation && action.Verb == VerbCreate:
		return leads || role == Assistant || role == Client
	}
	return leads || role == Assistant
}
