package cases

import (
	"context"
	"slices"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	query "counsel/gen/query/cases"
)

// maxMembers is the limit of one case.
const maxMembers = 200

// Membership is one member of a case.
type Membership struct {
	User     account.User
	Role     Role
	JoinedAt time.Time
}

// Members lists the members of a case, oldest first.
func (s *Service) Members(ctx context.Context, p domain.Principal, id domain.ID) ([]Membership, error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceMember}); err != nil {
		return nil, err
	}
	rows, err := s.queries.ListCaseMembers(ctx, query.ListCaseMembersParams{CaseID: id, Limit: maxMembers})
	if err != nil {
		return nil, db.Error(err)
	}
	ids := make([]domain.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.UserID
	}
	users, err := s.accounts.ByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	members := make([]Membership, len(rows))
	for i, r := range rows {
		members[i] = Membership{User: users[r.UserID], Role: Role(r.Role), JoinedAt: r.CreatedAt}
	}
	return members, nil
}

// NewMember names an account by exactly one of UserID and Email.
type NewMember struct {
	UserID *domain.ID
	Email  string
	Role   Role
	// RequestID is optional and the same for each retry of a request: a member who joined since its
	// time was added by it.
	RequestID domain.ID
}

// AddMemberResult is a membership, or the invitation that was sent instead.
type AddMemberResult struct {
	Membership
	Invitation *Invitation
}

// AddMember adds a member to a case, directly or by an invitation. Lawyers and admins add existing
// accounts directly; clients always invite, so that they cannot probe for accounts. Forbidden: a
// client named an id. Invalid: no account has the id, it is disabled, or it is not a lawyer's for
// the role Lawyer. Conflict: already a member or invited, or the case is full.
func (s *Service) AddMember(ctx context.Context, p domain.Principal, id domain.ID, n NewMember) (AddMemberResult, error) {
	action := Action{Verb: VerbCreate, Resource: ResourceMember, ID: n.UserID, Detail: "role " + string(n.Role)}
	if !slices.Contains(Roles(), n.Role) {
		return AddMemberResult{}, invalidRole()
	}
	if (n.UserID == nil) == (n.Email == "") {
		return AddMemberResult{}, domain.InvalidField("", "must name the account by either userId or email")
	}
	// First: only callers who may add members may learn which accounts exist.
	if err := s.Authorize(ctx, p, id, action); err != nil {
		return AddMemberResult{}, err
	}
	if p.TestMode() {
		return AddMemberResult{}, domain.Errorf(domain.Forbidden, "A case of a test account has no other members.")
	}
	if p.Role == domain.RoleClient {
		if n.UserID != nil {
			return AddMemberResult{}, domain.Errorf(domain.Forbidden, "Only lawyers and admins name an account by its id. Invite the person by their e-mail address.")
		}
		i, err := s.invite(ctx, p, id, n)
		return AddMemberResult{Invitation: i}, err
	}
	u, err := s.findAccount(ctx, n)
	if domain.CodeOf(err) == domain.NotFound {
		i, err := s.invite(ctx, p, id, n)
		return AddMemberResult{Invitation: i}, err
	}
	if err != nil {
		return AddMemberResult{}, err
	}
	if err := checkRole(u, n.Role); err != nil {
		return AddMemberResult{}, err
	}
	if !n.RequestID.IsZero() {
		m, err := s.queries.GetCaseMember(ctx, query.GetCaseMemberParams{CaseID: id, UserID: u.ID})
		if err = db.Error(err); err != nil && domain.CodeOf(err) != domain.NotFound {
			return AddMemberResult{}, err
		}
		if err == nil && m.Role == string(n.Role) && !m.CreatedAt.Before(n.RequestID.Time()) {
			return AddMemberResult{Membership: Membership{User: u, Role: n.Role, JoinedAt: m.CreatedAt}}, nil
		}
	}
	action.ID = &u.ID
	now := s.now()
	err = s.AuthorizedTx(ctx, p, id, &action, func(tx db.Tx) error { return s.createMember(ctx, tx, p, id, u.ID, n.Role, now) })
	if err != nil {
		return AddMemberResult{}, err
	}
	return AddMemberResult{Membership: Membership{User: u, Role: n.Role, JoinedAt: now}}, nil
}

// createMember adds the member and publishes the event.
func (s *Service) createMember(ctx context.Context, tx db.Tx, by domain.Principal, id, user domain.ID, r Role, now time.Time) error {
	if by.TestMode() || user.IsTest() { // a test account shares no case with anybody
		return domain.Errorf(domain.Forbidden, "A test account cannot become a member of a case.")
	}
	q := query.New(tx)
	switch count, err := q.CountCaseMembers(ctx, id); {
	case err != nil:
		return err
	case count >= maxMembers:
		return domain.Errorf(domain.Conflict, "A case can have at most %d members.", maxMembers)
	}
	err := db.Error(q.CreateCaseMember(ctx, query.CreateCaseMemberParams{CaseID: id, UserID: user, Role: string(r), CreatedAt: now}))
	if domain.CodeOf(err) == domain.Conflict {
		return &domain.Error{Code: domain.Conflict, Message: "This account is already a member.", Err: err}
	}
	if err != nil {
		return err
	}
	return s.events.Publish(ctx, tx, domain.Event{Type: domain.EventCaseJoined, Actor: by.UserID, UserID: user, CaseID: &id, Data: map[string]domain.ID{"memberId": user}})
}

// findAccount returns NotFound if no account is known to have the address.
func (s *Service) findAccount(ctx context.Context, n NewMember) (account.User, error) {
	if n.UserID == nil {
		u, err := s.accounts.ByEmail(ctx, n.Email)
		if err == nil && s.requireVerifiedEmail && !u.EmailVerified {
			err = domain.Errorf(domain.NotFound, "The account has not verified its address.")
		}
		return u, err
	}
	users, err := s.accounts.ByID(ctx, []domain.ID{*n.UserID})
	if err != nil {
		return account.User{}, err
	}
	u, ok := users[*n.UserID]
	if !ok || u.ID.IsTest() { // a test account never reaches live data
		return account.User{}, domain.InvalidField("/userId", "is not the id of an account")
	}
	return u, nil
}

// checkRole checks whether the account may have the role.
func checkRole(u account.User, r Role) error {
	switch {
	case u.Disabled:
		return domain.InvalidField("/userId", "is a disabled account")
	case r == Lawyer && u.Role == domain.RoleClient:
		return domain.InvalidField("/role", "must not be lawyer for the account of a client")
	}
	return nil
}

func invalidRole() error { return domain.InvalidField("/role", "is not a role in a case") }

func errNoMember() error { return domain.NoSuch("member") }

// UpdateMember changes a member's role. Errors are those of AddMember; NotFound: no such member;
// Conflict: the case would have no owner.
func (s *Service) UpdateMember(ctx context.Context, p domain.Principal, id, user domain.ID, r Role) (Membership, error) {
	if !slices.Contains(Roles(), r) {
		return Membership{}, invalidRole()
	}
	action := Action{Verb: VerbUpdate, Resource: ResourceMember, ID: &user, Detail: "role " + string(r)}
	if err := s.Authorize(ctx, p, id, action); err != nil {
		return Membership{}, err
	}
	// The role of an account is disclosed for members only.
	m, err := s.queries.GetCaseMember(ctx, query.GetCaseMemberParams{CaseID: id, UserID: user})
	if err != nil {
		return Membership{}, notFoundAs(err, errNoMember())
	}
	users, err := s.accounts.ByID(ctx, []domain.ID{user})
	if err != nil {
		return Membership{}, err
	}
	u := users[user]
	if err := checkRole(u, r); err != nil {
		return Membership{}, err
	}
	err = s.AuthorizedTx(ctx, p, id, &action, func(tx db.Tx) error {
		q := query.New(tx)
		if m, err = q.GetCaseMember(ctx, query.GetCaseMemberParams{CaseID: id, UserID: user}); err != nil {
			return notFoundAs(err, errNoMember())
		}
		action.Detail = "role " + m.Role + " → " + string(r)
		if err := q.UpdateCaseMember(ctx, query.UpdateCaseMemberParams{CaseID: id, UserID: user, Role: string(r)}); err != nil {
			return err
		}
		if r != Owner {
			if err := q.DeleteCaseInvitationsByInviter(ctx, query.DeleteCaseInvitationsByInviterParams{CaseID: id, InvitedBy: user}); err != nil {
				return err
			}
		}
		return requireOwner(ctx, tx, id)
	})
	if err != nil {
		return Membership{}, err
	}
	return Membership{User: u, Role: r, JoinedAt: m.CreatedAt}, nil
}

// RemoveMember removes a member; members may remove themselves. Their open tasks become unassigned.
// NotFound: no such member; Conflict: the case would have no owner.
func (s *Service) RemoveMember(ctx context.Context, p domain.Principal, id, user domain.ID) error {
	action := Action{Verb: VerbDelete, Resource: ResourceMember, ID: &user}
	return s.AuthorizedTx(ctx, p, id, &action, func(tx db.Tx) error {
		q := query.New(tx)
		m, err := q.GetCaseMember(ctx, query.GetCaseMemberParams{CaseID: id, UserID: user})
		if err != nil {
			return notFoundAs(err, errNoMember())
		}
		action.Detail = "role " + m.Role
		if err := q.DeleteCaseInvitationsByInviter(ctx, query.DeleteCaseInvitationsByInviterParams{CaseID: id, InvitedBy: user}); err != nil {
			return err
		}
		if err := q.DeleteCaseMember(ctx, query.DeleteCaseMemberParams{CaseID: id, UserID: user}); err != nil {
			return err
		}
		if err := q.UpdateCaseTasksUnassigned(ctx, query.UpdateCaseTasksUnassignedParams{CaseID: id, AssigneeID: &user, UpdatedAt: s.now()}); err != nil {
			return err
		}
		return requireOwner(ctx, tx, id)
	})
}

// requireOwner fails with Conflict if the case has no owner.
func requireOwner(ctx context.Context, tx db.Tx, id domain.ID) error {
	n, err := query.New(tx).CountCaseOwners(ctx, id)
	if err == nil && n == 0 {
		return domain.Errorf(domain.Conflict, "A case needs an owner. Make somebody else one first.")
	}
	return err
}
