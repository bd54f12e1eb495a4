package cases

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// UserExport is what one person has in one case.
type UserExport struct {
	CaseID   domain.ID
	Role     Role
	JoinedAt time.Time
	Notes    []Note // they wrote
	Tasks    []Task // they made, or that are theirs to do
}

// ExportUser gives yield what somebody has in each case they are a member of now. Each case's
// timeline has an entry that says the caller took it.
func (s *Service) ExportUser(ctx context.Context, caller domain.Principal, user domain.ID, yield func(UserExport) error) error {
	rows, err := s.rows.ListMemberships(ctx, user)
	if err != nil {
		return db.Error(err)
	}
	for _, m := range rows {
		share := UserExport{CaseID: m.CaseID, Role: Role(m.Role), JoinedAt: m.CreatedAt}
		err := s.AuthorizedTx(ctx, caller, m.CaseID, &Action{Verb: VerbDownload, Resource: ResourceMember, ID: &user}, func(tx db.Tx) error {
			q := query.New(tx)

			share.Notes, share.Tasks = nil, nil
			notes, err := q.ListNotesOfAuthor(ctx, query.ListNotesOfAuthorParams{CaseID: m.CaseID, AuthorID: user})
			if err != nil {
				return err
			}
			for _, n := range notes {
				share.Notes = append(share.Notes, Note{ID: n.ID, AuthorID: n.AuthorID, Body: n.Body, CreatedAt: n.CreatedAt})
			}
			tasks, err := q.ListTasksOfUser(ctx, query.ListTasksOfUserParams{CaseID: m.CaseID, Maker: user, Assignee: &user})
			for _, t := range tasks {
				share.Tasks = append(share.Tasks, taskOf(t))
			}
			return err
		})
		if domain.CodeOf(err) == domain.NotFound { // left, or deleted, a moment ago
			continue
		}
		if err != nil {
			return err
		}
		if err := yield(share); err != nil {
			return err
		}
	}
	return nil
}

// EraseUser takes somebody out of all their cases, in the caller's transaction; before it nothing
// may have been read there without a lock. What they wrote stays the cases'. Conflict: a legal
// hold covers a case they are in, wrote in or are a party of (reason legal_hold), or a case would
// be left without an owner (case_owner).
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, caller domain.Principal, user domain.ID, email string) error {
	q := query.New(tx)

	rows, err := q.LockMemberships(ctx, user)
	if err != nil {
		return err
	}
	heads := make([]head, len(rows))
	for i, m := range rows {
		if heads[i], err = lockHead(ctx, tx, m.CaseID); err != nil {
			return err
		}
	}
	held, err := q.CountHeldCases(ctx, query.CountHeldCasesParams{UserID: user, EmailKey: emailKey(email)})
	if err != nil {
		return err
	}
	if held > 0 {
		return &domain.Error{Code: domain.Conflict, Reason: "legal_hold", Message: "A legal hold covers a case of this person. Nothing about them can be erased while it lasts."}
	}
	for i, m := range rows {
		if err := q.DeleteInvitationsOfInviter(ctx, query.DeleteInvitationsOfInviterParams{CaseID: m.CaseID, InvitedBy: user}); err != nil {
			return err
		}
		if err := q.DeleteCaseMember(ctx, query.DeleteCaseMemberParams{CaseID: m.CaseID, UserID: user}); err != nil {
			return err
		}
		if err := q.UnassignCaseTasks(ctx, query.UnassignCaseTasksParams{CaseID: m.CaseID, AssigneeID: &user, UpdatedAt: s.now()}); err != nil {
			return err
		}
		_, err := q.GetStanding(ctx, query.GetStandingParams{Member: user, ID: m.CaseID})
		deleted := domain.CodeOf(db.Error(err)) == domain.NotFound
		if err != nil && !deleted {
			return err
		}
		if !deleted && owned(ctx, tx, m.CaseID) != nil {
			return &domain.Error{Code: domain.Conflict, Reason: "case_owner", Message: "This person is the only owner of a case. Make somebody else one first, or delete the case."}
		}
		act := Action{Verb: VerbDelete, Resource: ResourceMember, ID: &user, Detail: "role " + m.Role + ", account erased"}
		if err := s.append(ctx, tx, heads[i], m.CaseID, caller.UserID, act, nil); err != nil {
			return err
		}
	}
	return nil
}
