package cases

import (
	"context"
	"slices"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/gen/query"
)

// maxMembers of one case.
const maxMembers = 200

// Membership is somebody's part in a case.
type Membership struct {
	User     account.User
	Role     Role
	JoinedAt time.Time
}

// Members lists who is in a case, those who came first leading.
func (s *Service) Members(ctx context.Context, p domain.Principal, id domain.ID) ([]Membership, error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceMember}); err != nil {
		return nil, err
	}
	rows, err := s.rows.ListCaseMembers(ctx, query.ListCaseMembersParams{CaseID: id, Limit: maxMembers})
	if err != nil {
		return nil, db.Error(err)
	}
	ids := make([]domain.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.UserID
	}
	users, err := s.people.ByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	members := make([]Membership, len(rows))
	for i, r := range rows {
		members[i] = Membership{User: users[r.UserID], Role: Role(r.Role), JoinedAt: r.CreatedAt}
	}
	return members, nil
}

// NewMember names somebody by exactly one of UserID and Email.
type NewMember struct {
	UserID *domain.ID
	Email  string
	Role   Role
	// RequestID is optional, the same each time a request is repeated: whoever it let in since its
	// time is a member by it.
	RequestID domain.ID
}

// AddMemberResult is what came of letting somebody in: a membership, or the Invitation they are to answer.
type AddMemberResult struct {
	Membership
	Invitation *Invitation
}

// AddMember lets somebody into a case, at once or, by an Invitation, when they accept. At once are those
// whom a lawyer or an admin names and who have an account; who has a client's account learns of no
// account here, and invites. Forbidden: a client named an id. Invalid: there is no account with the id, it
// is disabled, or is no lawyer's for the role Lawyer. Conflict: it is a member already, or invited, or
// the case is full.
func (s *Service) AddMember(ctx context.Context, p domain.Principal, id domain.ID, n NewMember) (AddMemberResult, error) {
	act := Action{Verb: VerbCreate, Resource: ResourceMember, ID: n.UserID, Detail: "role " + string(n.Role)}
	if !slices.Contains(Roles(), n.Role) {
		return AddMemberResult{}, notARole()
	}
	if (n.UserID == nil) == (n.Email == "") {
		return AddMemberResult{}, domain.InvalidField("", "must name the account by either userId or email")
	}
	// First, so that only those who may add somebody learn which accounts there are.
	if err := s.Authorize(ctx, p, id, act); err != nil {
		return AddMemberResult{}, err
	}
	if p.Role == domain.RoleClient {
		if n.UserID != nil {
			return AddMemberResult{}, domain.Errorf(domain.Forbidden, "Only lawyers and admins name an account by its id. Invite the person by their e-mail address.")
		}
		i, err := s.invite(ctx, p, id, n)
		return AddMemberResult{Invitation: i}, err
	}
	u, err := s.find(ctx, n)
	if domain.CodeOf(err) == domain.NotFound {
		i, err := s.invite(ctx, p, id, n)
		return AddMemberResult{Invitation: i}, err
	}
	if err != nil {
		return AddMemberResult{}, err
	}
	if err := fits(u, n.Role); err != nil {
		return AddMemberResult{}, err
	}
	if !n.RequestID.IsZero() {
		m, err := s.rows.GetCaseMember(ctx, query.GetCaseMemberParams{CaseID: id, UserID: u.ID})
		if err = db.Error(err); err != nil && domain.CodeOf(err) != domain.NotFound {
			return AddMemberResult{}, err
		}
		if err == nil && m.Role == string(n.Role) && !m.CreatedAt.Before(n.RequestID.Time()) {
			return AddMemberResult{Membership: Membership{User: u, Role: n.Role, JoinedAt: m.CreatedAt}}, nil
		}
	}
	act.ID = &u.ID
	now := s.now()
	err = s.AuthorizedTx(ctx, p, id, &act, func(tx db.Tx) error { return s.join(ctx, tx, p, id, u.ID, n.Role, now) })
	if err != nil {
		return AddMemberResult{}, err
	}
	return AddMemberResult{Membership: Membership{User: u, Role: n.Role, JoinedAt: now}}, nil
}

// join makes somebody a member.
func (s *Service) join(ctx context.Context, tx db.Tx, by domain.Principal, id, user domain.ID, r Role, now time.Time) error {
	q := query.New(tx)

	switch count, err := q.CountCaseMembers(ctx, id); {
	case err != nil:
		return err
	case count >= maxMembers:
		return domain.Errorf(domain.Conflict, "A case can have at most %d members.", maxMembers)
	}
	err := db.Error(q.CreateCaseMember(ctx, query.CreateCaseMemberParams{CaseID: id, UserID: user, Role: string(r), CreatedAt: now}))
	if domain.CodeOf(err) == domain.Conflict {
		return &domain.Error{Code: domain.Conflict, Message: "This account is a member already.", Err: err}
	}
	if err != nil {
		return err
	}
	return s.Events.Publish(ctx, tx, domain.Event{Type: domain.EventCaseJoined, Actor: by.UserID, UserID: user, CaseID: &id, Data: map[string]domain.ID{"memberId": user}})
}

// find is NotFound for an address that no account has, as far as that is known.
func (s *Service) find(ctx context.Context, n NewMember) (account.User, error) {
	if n.UserID == nil {
		u, err := s.people.ByEmail(ctx, n.Email)
		if err == nil && s.RequireVerifiedEmail && !u.EmailVerified {
			err = domain.Errorf(domain.NotFound, "The account has not confirmed its address.")
		}
		return u, err
	}
	users, err := s.people.ByID(ctx, []domain.ID{*n.UserID})
	if err != nil {
		return account.User{}, err
	}
	u, ok := users[*n.UserID]
	if !ok {
		return account.User{}, domain.InvalidField("/userId", "is not the id of an account")
	}
	return u, nil
}

// fits holds a role against the account that is to have it.
func fits(u account.User, r Role) error {
	switch {
	case u.Disabled:
		return domain.InvalidField("/userId", "is a disabled account")
	case r == Lawyer && u.Role == domain.RoleClient:
		return domain.InvalidField("/role", "must not be lawyer for the account of a client")
	}
	return nil
}

func notARole() error { return domain.InvalidField("/role", "is not a role in a case") }

func noMember() error { return domain.NoSuch("member") }

// UpdateMember gives a member another role. Errors as of AddMember; NotFound: no such member;
// Conflict: no owner would be left.
func (s *Service) UpdateMember(ctx context.Context, p domain.Principal, id, user domain.ID, r Role) (Membership, error) {
	if !slices.Contains(Roles(), r) {
		return Membership{}, notARole()
	}
	act := Action{Verb: VerbUpdate, Resource: ResourceMember, ID: &user, Detail: "role " + string(r)}
	if err := s.Authorize(ctx, p, id, act); err != nil {
		return Membership{}, err
	}
	// What an account may be is told of members alone.
	m, err := s.rows.GetCaseMember(ctx, query.GetCaseMemberParams{CaseID: id, UserID: user})
	if err != nil {
		return Membership{}, absent(err, noMember())
	}
	users, err := s.people.ByID(ctx, []domain.ID{user})
	if err != nil {
		return Membership{}, err
	}
	u := users[user]
	if err := fits(u, r); err != nil {
		return Membership{}, err
	}
	err = s.AuthorizedTx(ctx, p, id, &act, func(tx db.Tx) error {
		q := query.New(tx)

		if m, err = q.GetCaseMember(ctx, query.GetCaseMemberParams{CaseID: id, UserID: user}); err != nil {
			return absent(err, noMember())
		}
		act.Detail = "role " + m.Role + " → " + string(r)
		if err := q.UpdateCaseMember(ctx, query.UpdateCaseMemberParams{CaseID: id, UserID: user, Role: string(r)}); err != nil {
			return err
		}
		if r != Owner {
			if err := q.DeleteInvitationsOfInviter(ctx, query.DeleteInvitationsOfInviterParams{CaseID: id, InvitedBy: user}); err != nil {
				return err
			}
		}
		return owned(ctx, tx, id)
	})
	if err != nil {
		return Membership{}, err
	}
	return Membership{User: u, Role: r, JoinedAt: m.CreatedAt}, nil
}

// RemoveMember closes a case to a member; members may remove themselves. Their open tasks are
// then nobody's. NotFound: no such member; Conflict: no owner would be left.
func (s *Service) RemoveMember(ctx context.Context, p domain.Principal, id, user domain.ID) error {
	act := Action{Verb: VerbDelete, Resource: ResourceMember, ID: &user}
	return s.AuthorizedTx(ctx, p, id, &act, func(tx db.Tx) error {
		q := query.New(tx)

		m, err := q.GetCaseMember(ctx, query.GetCaseMemberParams{CaseID: id, UserID: user})
		if err != nil {
			return absent(err, noMember())
		}
		act.Detail = "role " + m.Role
		if err := q.DeleteInvitationsOfInviter(ctx, query.DeleteInvitationsOfInviterParams{CaseID: id, InvitedBy: user}); err != nil {
			return err
		}
		if err := q.DeleteCaseMember(ctx, query.DeleteCaseMemberParams{CaseID: id, UserID: user}); err != nil {
			return err
		}
		if err := q.UnassignCaseTasks(ctx, query.UnassignCaseTasksParams{CaseID: id, AssigneeID: &user, UpdatedAt: s.now()}); err != nil {
			return err
		}
		return owned(ctx, tx, id)
	})
}

// owned fails when a case is left without an owner.
func owned(ctx context.Context, tx db.Tx, id domain.ID) error {
	n, err := query.New(tx).CountCaseOwners(ctx, id)
	if err == nil && n == 0 {
		return domain.Errorf(domain.Conflict, "A case needs an owner. Make somebody else one first.")
	}
	return err
}
