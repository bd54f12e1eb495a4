package cases

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/gen/query"
)

const (
	invitationTime = 14 * 24 * time.Hour
	maxInvitations = 100 // of one case, and of one person
)

// Invitation asks somebody, by their address, to become a member of a case. It says nothing about an account:
// whoever can show that the address is theirs may accept it.
type Invitation struct {
	ID          domain.ID
	CaseID      domain.ID
	Email       string
	Role        Role
	InvitedBy   domain.ID
	InviterName string // for the person who is invited, and their mail
	CreatedAt   time.Time
	ExpiresAt   time.Time
}

func noInvitation() error { return domain.NoSuch("invitation") }

// invite writes an invitation. What it does is the same whether the address has an account or not.
func (s *Service) invite(ctx context.Context, p domain.Principal, id domain.ID, n NewMember) (*Invitation, error) {
	address, ok := account.Address(n.Email)
	if !ok {
		return nil, domain.InvalidField("/email", "is not an e-mail address")
	}
	me, err := s.person(ctx, p.UserID)
	if err != nil {
		return nil, err
	}
	if err := s.notMember(ctx, id, address); err != nil {
		return nil, err
	}
	if !n.RequestID.IsZero() {
		waiting, err := s.rows.ListCaseInvitations(ctx, query.ListCaseInvitationsParams{CaseID: id, Now: s.now(), Limit: maxInvitations})
		if err != nil {
			return nil, db.Error(err)
		}
		for _, r := range waiting {
			if r.Email == address && r.InvitedBy == p.UserID && r.Role == string(n.Role) && !r.CreatedAt.Before(n.RequestID.Time()) {
				i := invitationOf(query.GetCaseInvitationRow{ID: r.ID, CaseID: r.CaseID, Email: r.Email, Role: r.Role, InvitedBy: r.InvitedBy, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt})
				return &i, nil
			}
		}
	}
	if s.Mail != nil {
		if err := s.Mail.ReserveQuota(ctx, p, 1); err != nil {
			return nil, err
		}
	}
	now := s.now()
	i := Invitation{ID: s.newID(), CaseID: id, Email: address, Role: n.Role, InvitedBy: p.UserID, InviterName: me.FullName, CreatedAt: now, ExpiresAt: now.Add(invitationTime)}
	err = s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbCreate, Resource: ResourceMember, ID: &i.ID, Detail: "invited, role " + string(n.Role)}, func(tx db.Tx) error {
		q := query.New(tx)

		switch count, err := q.CountCaseInvitations(ctx, query.CountCaseInvitationsParams{CaseID: id, Now: now}); {
		case err != nil:
			return err
		case count >= maxInvitations:
			return domain.Errorf(domain.Conflict, "A case can have at most %d invitations that wait for an answer.", maxInvitations)
		}
		if err := q.DeleteExpiredCaseInvitation(ctx, query.DeleteExpiredCaseInvitationParams{CaseID: id, Email: address, Now: now}); err != nil {
			return err
		}
		err := db.Error(q.CreateCaseInvitation(ctx, query.CreateCaseInvitationParams{ID: i.ID, CaseID: id, Email: address, Role: string(i.Role),
			InvitedBy: i.InvitedBy, CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt}))
		if domain.CodeOf(err) == domain.Conflict {
			return &domain.Error{Code: domain.Conflict, Message: "This address was invited and has not answered yet.", Err: err}
		}
		if err != nil || s.Mail == nil {
			return err
		}
		return s.Mail.InvitationMail(ctx, tx, i)
	})
	if err != nil {
		return nil, err
	}
	if s.Mail != nil {
		s.Mail.Wake()
	}
	return &i, nil
}

// notMember is Conflict when a member, all of whom the caller sees, has the address.
func (s *Service) notMember(ctx context.Context, id domain.ID, address string) error {
	rows, err := s.rows.ListCaseMembers(ctx, query.ListCaseMembersParams{CaseID: id, Limit: maxMembers})
	if err != nil {
		return db.Error(err)
	}
	ids := make([]domain.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.UserID
	}
	users, err := s.people.ByID(ctx, ids)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.Email == address {
			return domain.Errorf(domain.Conflict, "This account is a member already.")
		}
	}
	return nil
}

func (s *Service) person(ctx context.Context, id domain.ID) (account.User, error) {
	users, err := s.people.ByID(ctx, []domain.ID{id})
	return users[id], err
}

// Invitations lists those of a case that wait for an answer, the newest first.
func (s *Service) Invitations(ctx context.Context, p domain.Principal, id domain.ID) (items []Invitation, err error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceMember, Detail: "invitations"}); err != nil {
		return nil, err
	}
	rows, err := s.rows.ListCaseInvitations(ctx, query.ListCaseInvitationsParams{CaseID: id, Now: s.now(), Limit: maxInvitations})
	if err != nil {
		return nil, db.Error(err)
	}
	for _, r := range rows {
		items = append(items, Invitation{ID: r.ID, CaseID: r.CaseID, Email: r.Email, Role: Role(r.Role), InvitedBy: r.InvitedBy, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt})
	}
	return items, nil
}

// DeleteInvitation takes an invitation back. NotFound: the case has no such invitation.
func (s *Service) DeleteInvitation(ctx context.Context, p domain.Principal, id, invitation domain.ID) error {
	return s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbDelete, Resource: ResourceMember, ID: &invitation, Detail: "invitation withdrawn"}, func(tx db.Tx) error {
		return deleteInvitation(ctx, tx, id, invitation)
	})
}

func deleteInvitation(ctx context.Context, tx db.Tx, id, invitation domain.ID) error {
	n, err := query.New(tx).DeleteCaseInvitation(ctx, query.DeleteCaseInvitationParams{CaseID: id, ID: invitation})
	if err == nil && n == 0 {
		return noInvitation()
	}
	return err
}

// ReceivedInvitations lists the invitations to the caller's address, the newest first.
func (s *Service) ReceivedInvitations(ctx context.Context, p domain.Principal) (items []Invitation, err error) {
	me, err := s.person(ctx, p.UserID)
	if err != nil || s.RequireVerifiedEmail && !me.EmailVerified {
		return nil, err
	}
	rows, err := s.rows.ListInvitationsTo(ctx, query.ListInvitationsToParams{Email: me.Email, Now: s.now(), Limit: maxInvitations})
	if err != nil {
		return nil, db.Error(err)
	}
	for _, r := range rows {
		items = append(items, invitationOf(query.GetCaseInvitationRow(r)))
	}
	return items, nil
}

func invitationOf(r query.GetCaseInvitationRow) Invitation {
	return Invitation{ID: r.ID, CaseID: r.CaseID, Email: r.Email, Role: Role(r.Role), InvitedBy: r.InvitedBy, InviterName: r.InviterName, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt}
}

// invited finds an invitation to the caller. NotFound: there is none, or not to them.
func (s *Service) invited(ctx context.Context, p domain.Principal, id domain.ID) (account.User, Invitation, error) {
	me, err := s.person(ctx, p.UserID)
	if err != nil {
		return me, Invitation{}, err
	}
	row, err := s.rows.GetCaseInvitation(ctx, query.GetCaseInvitationParams{ID: id, Email: me.Email, Now: s.now()})
	if err != nil {
		return me, Invitation{}, absent(err, noInvitation())
	}
	if s.RequireVerifiedEmail && !me.EmailVerified { // anyone can register anyone's address
		return me, Invitation{}, noInvitation()
	}
	return me, invitationOf(row), nil
}

// AcceptInvitation makes the caller a member. NotFound: there is no such invitation to them. Conflict: they are a member
// already, the role is a lawyer's and they are a client, or the case is full.
func (s *Service) AcceptInvitation(ctx context.Context, p domain.Principal, id domain.ID) (Invitation, error) {
	me, i, err := s.invited(ctx, p, id)
	if err != nil {
		return Invitation{}, err
	}
	if i.Role == Lawyer && me.Role == domain.RoleClient {
		return Invitation{}, domain.Errorf(domain.Conflict, "The invitation is for the account of a lawyer. Ask for one in another role.")
	}
	return i, s.answer(ctx, p, i, Action{Verb: VerbCreate, Resource: ResourceMember, ID: &p.UserID, Detail: "accepted, role " + string(i.Role)}, func(tx db.Tx) error {
		return s.join(ctx, tx, p, i.CaseID, p.UserID, i.Role, s.now())
	})
}

// DeclineInvitation deletes an invitation to the caller. NotFound as of Accept.
func (s *Service) DeclineInvitation(ctx context.Context, p domain.Principal, id domain.ID) error {
	_, i, err := s.invited(ctx, p, id)
	if err != nil {
		return err
	}
	return s.answer(ctx, p, i, Action{Verb: VerbDelete, Resource: ResourceMember, ID: &i.ID, Detail: "invitation declined"}, func(db.Tx) error { return nil })
}

// answer takes an invitation away and does what comes of it. Whoever answers is no member yet, so that
// this is not for Change; the invitation is what lets them.
func (s *Service) answer(ctx context.Context, p domain.Principal, i Invitation, act Action, fn func(db.Tx) error) error {
	return db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		end, err := lockHead(ctx, tx, i.CaseID)
		if err == nil { // deleted meanwhile?
			_, err = query.New(tx).GetStanding(ctx, query.GetStandingParams{Member: p.UserID, ID: i.CaseID})
		}
		if err != nil {
			return absent(err, noInvitation())
		}
		if err := deleteInvitation(ctx, tx, i.CaseID, i.ID); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		return s.append(ctx, tx, end, i.CaseID, p.UserID, act, nil)
	})
}
