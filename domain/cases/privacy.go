package cases

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/cases"
)

// UserExport is what a user has in one case, for a data export.
type UserExport struct {
	CaseID   domain.ID
	Role     Role
	JoinedAt time.Time
	Notes    []Note // written by the user
	Tasks    []Task // created by or assigned to the user
}

// ExportUser calls yield for each case the user is a member of. Each timeline logs the export by
// the caller.
func (s *Service) ExportUser(ctx context.Context, caller domain.Principal, user domain.ID, yield func(UserExport) error) error {
	rows, err := s.queries.ListCaseMembersByUser(ctx, user)
	if err != nil {
		return db.Error(err)
	}
	for _, m := range rows {
		export := UserExport{CaseID: m.CaseID, Role: Role(m.Role), JoinedAt: m.CreatedAt}
		err := s.AuthorizedTx(ctx, caller, m.CaseID, &Action{Verb: VerbDownload, Resource: ResourceMember, ID: &user}, func(tx db.Tx) error {
			q := query.New(tx)
			export.Notes, export.Tasks = nil, nil
			notes, err := q.ListCaseNotesByAuthor(ctx, query.ListCaseNotesByAuthorParams{CaseID: m.CaseID, AuthorID: user})
			if err != nil {
				return err
			}
			for _, n := range notes {
				export.Notes = append(export.Notes, Note{ID: n.ID, AuthorID: n.AuthorID, Body: n.Body, CreatedAt: n.CreatedAt})
			}
			tasks, err := q.ListCaseTasksByUser(ctx, query.ListCaseTasksByUserParams{CaseID: m.CaseID, Maker: user, Assignee: &user})
			for _, t := range tasks {
				export.Tasks = append(export.Tasks, toTask(t))
			}
			return err
		})
		if domain.CodeOf(err) == domain.NotFound { // left or deleted in the meantime
			continue
		}
		if err != nil {
			return err
		}
		if err := yield(export); err != nil {
			return err
		}
	}
	return nil
}

// EraseUser removes a user from all cases in the caller's transaction, which must not have read
// cases without a lock before. What they wrote stays in the cases. Conflict: a legal hold covers a
// case they are in, wrote in or are a party of (reason legal_hold), or a case would have no owner
// (case_owner).
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, caller domain.Principal, user domain.ID, email string) error {
	q := query.New(tx)
	rows, err := q.LockCaseMembersByUser(ctx, user)
	if err != nil {
		return err
	}
	heads := make([]chainHead, len(rows))
	for i, m := range rows {
		if heads[i], err = lockHead(ctx, tx, m.CaseID); err != nil {
			return err
		}
	}
	held, err := q.CountCasesUnderHold(ctx, query.CountCasesUnderHoldParams{UserID: user, EmailKey: emailKey(email)})
	if err != nil {
		return err
	}
	if held > 0 {
		return &domain.Error{Code: domain.Conflict, Reason: "legal_hold", Message: "A legal hold covers a case of this person. Nothing about them can be erased while it lasts."}
	}
	for i, m := range rows {
		if err := q.DeleteCaseInvitationsByInviter(ctx, query.DeleteCaseInvitationsByInviterParams{CaseID: m.CaseID, InvitedBy: user}); err != nil {
			return err
		}
		if err := q.DeleteCaseMember(ctx, query.DeleteCaseMemberParams{CaseID: m.CaseID, UserID: user}); err != nil {
			return err
		}
		if err := q.UpdateCaseTasksUnassigned(ctx, query.UpdateCaseTasksUnassignedParams{CaseID: m.CaseID, AssigneeID: &user, UpdatedAt: s.now()}); err != nil {
			return err
		}
		_, err := q.GetCaseAccess(ctx, query.GetCaseAccessParams{Member: user, ID: m.CaseID})
		deleted := domain.CodeOf(db.Error(err)) == domain.NotFound
		if err != nil && !deleted {
			return err
		}
		if !deleted && requireOwner(ctx, tx, m.CaseID) != nil {
			return &domain.Error{Code: domain.Conflict, Reason: "case_owner", Message: "This person is the only owner of a case. Make somebody else one first, or delete the case."}
		}
		action := Action{Verb: VerbDelete, Resource: ResourceMember, ID: &user, Detail: "role " + m.Role + ", account erased"}
		if err := s.appendEntry(ctx, tx, heads[i], m.CaseID, caller, action, nil); err != nil {
			return err
		}
	}
	return nil
}
