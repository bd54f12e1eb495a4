package cases

import (
	"strings"
	"testing"

	"counsel/domain"
)

// TestPolicy compares the policy with a table, for every account role, case role, verb and
// resource, in an open case.
func TestPolicy(t *testing.T) {
	user, candidate := domain.NewID(), domain.NewID()
	subjects := []Resource{ResourceCase, ResourceMember, ResourceNote, ResourceTask, ResourceParty, ResourceTimeline, ResourceConsultation, ResourceDraft, ResourceDocument, ResourceSignature, ResourcePayment}
	may := func(account domain.Role, role Role, verb Verb, subject Resource) bool {
		if account == domain.RoleAdmin {
			return true
		}
		if role == Lawyer && account == domain.RoleClient {
			role = Viewer
		}
		var roles string
		switch {
		case verb == VerbRead, verb == VerbDownload:
			roles = "owner lawyer assistant client viewer"
		case subject == ResourceTimeline:
			roles = "nobody"
		case verb == VerbHold && (subject != ResourceCase || account != domain.RoleLawyer):
			roles = "nobody"
		case subject == ResourceMember, subject == ResourceCase && verb == VerbDelete:
			roles = "owner"
		case subject == ResourceCase:
			roles = "owner lawyer"
		case subject == ResourcePayment && verb == VerbUpdate: // refund
			if roles = "owner lawyer"; account == domain.RoleClient {
				roles = "nobody"
			}
		case (subject == ResourceConsultation || subject == ResourcePayment) && verb == VerbCreate:
			roles = "owner lawyer assistant client"
		default:
			roles = "owner lawyer assistant"
		}
		return role != "" && strings.Contains(roles, string(role))
	}
	n := 0
	for _, account := range []domain.Role{domain.RoleClient, domain.RoleLawyer, domain.RoleAdmin} {
		for _, role := range append(Roles(), "") {
			for _, verb := range []Verb{VerbRead, VerbDownload, VerbCreate, VerbUpdate, VerbDelete, VerbHold} {
				for _, subject := range subjects {
					n++
					p := domain.Principal{UserID: user, Role: account}
					action := Action{Verb: verb, Resource: subject, ID: &candidate}
					denied := evaluate(p, role, Open, false, false, action)
					want := domain.Code("")
					switch {
					case may(account, role, verb, subject):
					case role == "":
						want = domain.NotFound
					default:
						want = domain.Forbidden
					}
					if got := codeOf(denied); got != want {
						t.Errorf("%s account, %q in the case, %s %s: %q, want %q", account, role, verb, subject, got, want)
					}
					// Nobody may delete under legal hold or add to a closed case, whatever their
					// role.
					if want == "" {
						held, closed := codeOf(evaluate(p, role, Open, true, false, action)), codeOf(evaluate(p, role, Closed, false, false, action))
						if stops := verb == VerbDelete && subject != ResourceMember; (held == domain.Conflict) != stops {
							t.Errorf("%s %s under legal hold: %q", verb, subject, held)
						}
						if stops := verb != VerbRead && verb != VerbDownload && subject != ResourceMember && subject != ResourceCase; (closed == domain.Conflict) != stops {
							t.Errorf("%s %s in a closed case: %q", verb, subject, closed)
						}
					}
				}
			}
		}
	}
	if n != 3*6*6*11 {
		t.Fatalf("only %d combinations", n)
	}
	leave := Action{Verb: VerbDelete, Resource: ResourceMember, ID: &user}
	if e := evaluate(domain.Principal{UserID: user, Role: domain.RoleClient}, Viewer, Closed, true, false, leave); e != nil {
		t.Errorf("a member may not leave: %v", e)
	}
}

func codeOf(e *domain.Error) domain.Code {
	if e == nil {
		return ""
	}
	return e.Code
}
