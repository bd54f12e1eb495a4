package cases

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	query "counsel/gen/query/cases"
)

const (
	invitationTTL  = 14 * 24 * time.Hour
	maxInvitations = 100 // of one case or person
)

// Invitation invites an e-mail address to a case. It says nothing about accounts: whoever proves
// that the address is theirs may accept.
type Invitation struct {
	ID           domain.ID
	CaseID       domain.ID
	Email        string
	Role         Role
	InvitedBy    domain.ID
	InviterName  string // shown to the invited person
	InviterEmail string // only in InvitationMail
	CreatedAt    time.Time
	ExpiresAt    time.Time
}

func errNoInvitation() error { return domain.NoSuch("invitation") }

// invite creates an invitation. It behaves the same whether or not an account has the address.
func (s *Service) invite(ctx context.Context, p domain.Principal, id domain.ID, n NewMember) (*Invitation, error) {
	address, ok := account.ParseAddress(n.Email)
	if !ok {
		return nil, domain.InvalidField("/email", "is not an e-mail address")
	}
	user, err := s.account(ctx, p.UserID)
	if err != nil {
		return nil, err
	}
	if err := s.rejectMember(ctx, id, address); err != nil {
		return nil, err
	}
	if !n.RequestID.IsZero() {
		waiting, err := s.queries.ListCaseInvitations(ctx, query.ListCaseInvitationsParams{CaseID: id, Now: s.now(), Limit: maxInvitations})
		if err != nil {
			return nil, db.Error(err)
		}
		for _, r := range waiting {
			if r.Email == address && r.InvitedBy == p.UserID && r.Role == string(n.Role) && !r.CreatedAt.Before(n.RequestID.Time()) {
				i := toInvitation(query.GetCaseInvitationRow{ID: r.ID, CaseID: r.CaseID, Email: r.Email, Role: r.Role, InvitedBy: r.InvitedBy, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt})
				return &i, nil
			}
		}
	}
	if s.mailer != nil {
		if err := s.mailer.ReserveQuota(ctx, p, 1); err != nil {
			return nil, err
		}
	}
	now := s.now()
	i := Invitation{ID: s.newID(), CaseID: id, Email: address, Role: n.Role, InvitedBy: p.UserID, InviterName: user.FullName, InviterEmail: user.Email, CreatedAt: now, ExpiresAt: now.Add(invitationTTL)}
	err = s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbCreate, Resource: ResourceMember, ID: &i.ID, Detail: "invited, role " + string(n.Role)}, func(tx db.Tx) error {
		q := query.New(tx)
		switch count, err := q.CountCaseInvitations(ctx, query.CountCaseInvitationsParams{CaseID: id, Now: now}); {
		case err != nil:
			return err
		case count >= maxInvitations:
			return domain.Errorf(domain.Conflict, "A case can have at most %d pending invitations.", maxInvitations)
		}
		if err := q.DeleteExpiredCaseInvitationByEmail(ctx, query.DeleteExpiredCaseInvitationByEmailParams{CaseID: id, Email: address, Now: now}); err != nil {
			return err
		}
		err := db.Error(q.CreateCaseInvitation(ctx, query.CreateCaseInvitationParams{ID: i.ID, CaseID: id, Email: address, Role: string(i.Role),
			InvitedBy: i.InvitedBy, CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt}))
		if domain.CodeOf(err) == domain.Conflict {
			return &domain.Error{Code: domain.Conflict, Message: "This address already has a pending invitation.", Err: err}
		}
		if err != nil || s.mailer == nil {
			return err
		}
		return s.mailer.InvitationMail(ctx, tx, i)
	})
	if err != nil {
		return nil, err
	}
	if s.mailer != nil {
		s.mailer.Wake()
	}
	return &i, nil
}

// rejectMember returns Conflict if a member, all of whom the caller can see, has the address.
func (s *Service) rejectMember(ctx context.Context, id domain.ID, address string) error {
	rows, err := s.queries.ListCaseMembers(ctx, query.ListCaseMembersParams{CaseID: id, Limit: maxMembers})
	if err != nil {
		return db.Error(err)
	}
	ids := make([]domain.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.UserID
	}
	users, err := s.accounts.ByID(ctx, ids)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.Email == address {
			return domain.Errorf(domain.Conflict, "This account is already a member.")
		}
	}
	return nil
}

func (s *Service) account(ctx context.Context, id domain.ID) (account.User, error) {
	users, err := s.accounts.ByID(ctx, []domain.ID{id})
	return users[id], err
}

// Invitations lists the pending invitations of a case, newest first.
func (s *Service) Invitations(ctx context.Context, p domain.Principal, id domain.ID) (items []Invitation, err error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceMember, Detail: "invitations"}); err != nil {
		return nil, err
	}
	rows, err := s.queries.ListCaseInvitations(ctx, query.ListCaseInvitationsParams{CaseID: id, Now: s.now(), Limit: maxInvitations})
	if err != nil {
		return nil, db.Error(err)
	}
	for _, r := range rows {
		items = append(items, Invitation{ID: r.ID, CaseID: r.CaseID, Email: r.Email, Role: Role(r.Role), InvitedBy: r.InvitedBy, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt})
	}
	return items, nil
}

// DeleteInvitation withdraws an invitation. It fails with NotFound if the case has no such
// invitation.
func (s *Service) DeleteInvitation(ctx context.Context, p domain.Principal, id, invitation domain.ID) error {
	return s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbDelete, Resource: ResourceMember, ID: &invitation, Detail: "invitation withdrawn"}, func(tx db.Tx) error {
		return deleteInvitation(ctx, tx, id, invitation)
	})
}

func deleteInvitation(ctx context.Context, tx db.Tx, id, invitation domain.ID) error {
	n, err := query.New(tx).DeleteCaseInvitation(ctx, query.DeleteCaseInvitationParams{CaseID: id, ID: invitation})
	if err == nil && n == 0 {
		return errNoInvitation()
	}
	return err
}

// ReceivedInvitations lists the invitations to the caller's address, newest first.
func (s *Service) ReceivedInvitations(ctx context.Context, p domain.Principal) (items []Invitation, err error) {
	user, err := s.account(ctx, p.UserID)
	if err != nil || s.requireVerifiedEmail && !user.EmailVerified {
		return nil, err
	}
	rows, err := s.queries.ListCaseInvitationsByEmail(ctx, query.ListCaseInvitationsByEmailParams{Email: user.Email, Now: s.now(), Limit: maxInvitations})
	if err != nil {
		return nil, db.Error(err)
	}
	for _, r := range rows {
		items = append(items, toInvitation(query.GetCaseInvitationRow(r)))
	}
	return items, nil
}

func toInvitation(r query.GetCaseInvitationRow) Invitation {
	return Invitation{ID: r.ID, CaseID: r.CaseID, Email: r.Email, Role: Role(r.Role), InvitedBy: r.InvitedBy, InviterName: r.InviterName, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt}
}

// receivedInvitation finds an invitation to the caller, else NotFound.
func (s *Service) receivedInvitation(ctx context.Context, p domain.Principal, id domain.ID) (account.User, Invitation, error) {
	user, err := s.account(ctx, p.UserID)
	if err != nil {
		return user, Invitation{}, err
	}
	row, err := s.queries.GetCaseInvitation(ctx, query.GetCaseInvitationParams{ID: id, Email: user.Email, Now: s.now()})
	if err != nil {
		return user, Invitation{}, notFoundAs(err, errNoInvitation())
	}
	if s.requireVerifiedEmail && !user.EmailVerified { // anyone can register anyone's address
		return user, Invitation{}, errNoInvitation()
	}
	return user, toInvitation(row), nil
}

// AcceptInvitation makes the caller a member. NotFound: no such invitation to the caller. Conflict:
// the caller is already a member, is a client invited as a lawyer, or the case is full.
func (s *Service) AcceptInvitation(ctx context.Context, p domain.Principal, id domain.ID) (Invitation, error) {
	user, i, err := s.receivedInvitation(ctx, p, id)
	if err != nil {
		return Invitation{}, err
	}
	if i.Role == Lawyer && user.Role == domain.RoleClient {
		return Invitation{}, domain.Errorf(domain.Conflict, "The invitation is for the account of a lawyer. Ask for one in another role.")
	}
	return i, s.resolveInvitation(ctx, p, i, Action{Verb: VerbCreate, Resource: ResourceMember, ID: &p.UserID, Detail: "accepted, role " + string(i.Role)}, func(tx db.Tx) error {
		return s.createMember(ctx, tx, p, i.CaseID, p.UserID, i.Role, s.now())
	})
}

// DeclineInvitation deletes an invitation to the caller. NotFound: no such invitation to the
// caller.
func (s *Service) DeclineInvitation(ctx context.Context, p domain.Principal, id domain.ID) error {
	_, i, err := s.receivedInvitation(ctx, p, id)
	if err != nil {
		return err
	}
	return s.resolveInvitation(ctx, p, i, Action{Verb: VerbDelete, Resource: ResourceMember, ID: &i.ID, Detail: "invitation declined"}, func(db.Tx) error { return nil })
}

// resolveInvitation deletes an invitation and runs fn. The caller is not a member yet, so
// AuthorizedTx does not apply; the invitation authorizes them.
func (s *Service) resolveInvitation(ctx context.Context, p domain.Principal, i Invitation, action Action, fn func(db.Tx) error) error {
	return db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		head, err := lockHead(ctx, tx, i.CaseID)
		if err == nil { // the case may have been deleted
			_, err = query.New(tx).GetCaseAccess(ctx, query.GetCaseAccessParams{Member: p.UserID, ID: i.CaseID})
		}
		if err != nil {
			return notFoundAs(err, errNoInvitation())
		}
		if err := deleteInvitation(ctx, tx, i.CaseID, i.ID); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		return s.appendEntry(ctx, tx, head, i.CaseID, p, action, nil)
	})
}
