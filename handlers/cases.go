package handlers

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/oapi-codegen/runtime/types"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/gen/api"
)

// CreateCase opens a case.
func (s *Server) CreateCase(ctx context.Context, r api.CreateCaseRequestObject) (api.CreateCaseResponseObject, error) {
	c, err := s.Cases.Create(ctx, caller(ctx), cases.NewCase{ID: made(ctx, 0), Title: r.Body.Title, Description: text(r.Body.Description)})
	if err != nil {
		return nil, err
	}
	concerns(ctx, &c.ID)
	return api.CreateCase201JSONResponse(oneCase(c)), nil
}

// ListCases pages through the cases that are open to the caller.
func (s *Server) ListCases(ctx context.Context, r api.ListCasesRequestObject) (api.ListCasesResponseObject, error) {
	before, err := position(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Cases.List(ctx, caller(ctx), cases.Filter{
		Status: cases.Status(text(r.Params.Status)), Words: text(r.Params.Q), Limit: limit(r.Params.Limit), Before: before})
	if err != nil {
		return nil, err
	}
	page := api.CaseList{Items: make([]api.CaseSummary, len(items)), NextCursor: cursor(next)}
	for i, c := range items {
		page.Items[i] = api.CaseSummary{ID: api.ID(c.ID), Title: c.Title, Status: api.CaseStatus(c.Status), LegalHold: c.LegalHold, MyRole: myRole(c.MyRole),
			CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt}
	}
	return api.ListCases200JSONResponse(page), nil
}

// GetCase reads a case.
func (s *Server) GetCase(ctx context.Context, r api.GetCaseRequestObject) (api.GetCaseResponseObject, error) {
	c, err := s.Cases.Get(ctx, caller(ctx), domain.ID(r.CaseID))
	if err != nil {
		return nil, err
	}
	return api.GetCase200JSONResponse(oneCase(c)), nil
}

// UpdateCase changes a case.
func (s *Server) UpdateCase(ctx context.Context, r api.UpdateCaseRequestObject) (api.UpdateCaseResponseObject, error) {
	c, err := s.Cases.Update(ctx, caller(ctx), domain.ID(r.CaseID), cases.Update{
		Title: r.Body.Title, Description: r.Body.Description, Status: (*cases.Status)(r.Body.Status), LegalHold: r.Body.LegalHold})
	if err != nil {
		return nil, err
	}
	return api.UpdateCase200JSONResponse(oneCase(c)), nil
}

// DeleteCase hides a case for good.
func (s *Server) DeleteCase(ctx context.Context, r api.DeleteCaseRequestObject) (api.DeleteCaseResponseObject, error) {
	if err := s.Cases.Delete(ctx, caller(ctx), domain.ID(r.CaseID)); err != nil {
		return nil, err
	}
	return api.DeleteCase204Response{}, nil
}

// ListCaseMembers lists who is in a case.
func (s *Server) ListCaseMembers(ctx context.Context, r api.ListCaseMembersRequestObject) (api.ListCaseMembersResponseObject, error) {
	members, err := s.Cases.Members(ctx, caller(ctx), domain.ID(r.CaseID))
	if err != nil {
		return nil, err
	}
	list := api.CaseMemberList{Items: make([]api.CaseMember, len(members))}
	for i, m := range members {
		list.Items[i] = member(m)
	}
	return api.ListCaseMembers200JSONResponse(list), nil
}

// AddCaseMember lets somebody into a case.
func (s *Server) AddCaseMember(ctx context.Context, r api.AddCaseMemberRequestObject) (api.AddCaseMemberResponseObject, error) {
	m, err := s.Cases.AddMember(ctx, caller(ctx), domain.ID(r.CaseID), cases.NewMember{
		UserID: (*domain.ID)(r.Body.UserID), Email: text(r.Body.Email), Role: cases.Role(r.Body.Role), Request: made(ctx, 0)})
	if err != nil {
		return nil, err
	}
	if m.Invitation != nil {
		return api.AddCaseMember202JSONResponse(caseInvitation(*m.Invitation)), nil
	}
	return api.AddCaseMember201JSONResponse(member(m.Membership)), nil
}

// UpdateCaseMember gives a member another role.
func (s *Server) UpdateCaseMember(ctx context.Context, r api.UpdateCaseMemberRequestObject) (api.UpdateCaseMemberResponseObject, error) {
	m, err := s.Cases.UpdateMember(ctx, caller(ctx), domain.ID(r.CaseID), domain.ID(r.UserID), cases.Role(r.Body.Role))
	if err != nil {
		return nil, err
	}
	return api.UpdateCaseMember200JSONResponse(member(m)), nil
}

// RemoveCaseMember closes a case to a member.
func (s *Server) RemoveCaseMember(ctx context.Context, r api.RemoveCaseMemberRequestObject) (api.RemoveCaseMemberResponseObject, error) {
	if err := s.Cases.RemoveMember(ctx, caller(ctx), domain.ID(r.CaseID), domain.ID(r.UserID)); err != nil {
		return nil, err
	}
	return api.RemoveCaseMember204Response{}, nil
}

// ListCaseInvitations lists who is invited to a case.
func (s *Server) ListCaseInvitations(ctx context.Context, r api.ListCaseInvitationsRequestObject) (api.ListCaseInvitationsResponseObject, error) {
	items, err := s.Cases.Invitations(ctx, caller(ctx), domain.ID(r.CaseID))
	if err != nil {
		return nil, err
	}
	list := api.CaseInvitationList{Items: make([]api.CaseInvitation, len(items))}
	for i, one := range items {
		list.Items[i] = caseInvitation(one)
	}
	return api.ListCaseInvitations200JSONResponse(list), nil
}

// WithdrawCaseInvitation takes an invitation back.
func (s *Server) WithdrawCaseInvitation(ctx context.Context, r api.WithdrawCaseInvitationRequestObject) (api.WithdrawCaseInvitationResponseObject, error) {
	if err := s.Cases.Withdraw(ctx, caller(ctx), domain.ID(r.CaseID), domain.ID(r.InvitationID)); err != nil {
		return nil, err
	}
	return api.WithdrawCaseInvitation204Response{}, nil
}

// ListInvitations lists the cases that the caller is invited to.
func (s *Server) ListInvitations(ctx context.Context, _ api.ListInvitationsRequestObject) (api.ListInvitationsResponseObject, error) {
	items, err := s.Cases.Invited(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	list := api.InvitationList{Items: make([]api.Invitation, len(items))}
	for i, one := range items {
		list.Items[i] = api.Invitation{ID: api.ID(one.ID), InviterName: one.InviterName, Role: api.CaseRole(one.Role), CreatedAt: one.CreatedAt, ExpiresAt: one.ExpiresAt}
	}
	return api.ListInvitations200JSONResponse(list), nil
}

// AcceptInvitation makes the caller a member of the case they are invited to.
func (s *Server) AcceptInvitation(ctx context.Context, r api.AcceptInvitationRequestObject) (api.AcceptInvitationResponseObject, error) {
	i, err := s.Cases.Accept(ctx, caller(ctx), domain.ID(r.InvitationID))
	if err != nil {
		return nil, err
	}
	return api.AcceptInvitation200JSONResponse{CaseID: api.ID(i.CaseID), Role: api.CaseRole(i.Role)}, nil
}

// DeclineInvitation deletes an invitation to the caller.
func (s *Server) DeclineInvitation(ctx context.Context, r api.DeclineInvitationRequestObject) (api.DeclineInvitationResponseObject, error) {
	if err := s.Cases.Decline(ctx, caller(ctx), domain.ID(r.InvitationID)); err != nil {
		return nil, err
	}
	return api.DeclineInvitation204Response{}, nil
}

// ListCaseNotes pages through a case's notes.
func (s *Server) ListCaseNotes(ctx context.Context, r api.ListCaseNotesRequestObject) (api.ListCaseNotesResponseObject, error) {
	before, err := position(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Cases.Notes(ctx, caller(ctx), domain.ID(r.CaseID), limit(r.Params.Limit), before)
	if err != nil {
		return nil, err
	}
	page := api.CaseNoteList{Items: make([]api.CaseNote, len(items)), NextCursor: cursor(next)}
	for i, n := range items {
		page.Items[i] = note(n)
	}
	return api.ListCaseNotes200JSONResponse(page), nil
}

// CreateCaseNote writes a note.
func (s *Server) CreateCaseNote(ctx context.Context, r api.CreateCaseNoteRequestObject) (api.CreateCaseNoteResponseObject, error) {
	n, err := s.Cases.AddNote(ctx, caller(ctx), domain.ID(r.CaseID), cases.NewNote{ID: made(ctx, 0), Body: r.Body.Body})
	if err != nil {
		return nil, err
	}
	return api.CreateCaseNote201JSONResponse(note(n)), nil
}

// DeleteCaseNote deletes a note.
func (s *Server) DeleteCaseNote(ctx context.Context, r api.DeleteCaseNoteRequestObject) (api.DeleteCaseNoteResponseObject, error) {
	if err := s.Cases.DeleteNote(ctx, caller(ctx), domain.ID(r.CaseID), domain.ID(r.NoteID)); err != nil {
		return nil, err
	}
	return api.DeleteCaseNote204Response{}, nil
}

// ListCaseTasks pages through a case's tasks.
func (s *Server) ListCaseTasks(ctx context.Context, r api.ListCaseTasksRequestObject) (api.ListCaseTasksResponseObject, error) {
	before, err := position(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Cases.Tasks(ctx, caller(ctx), domain.ID(r.CaseID), cases.TaskStatus(text(r.Params.Status)), limit(r.Params.Limit), before)
	if err != nil {
		return nil, err
	}
	page := api.CaseTaskList{Items: make([]api.CaseTask, len(items)), NextCursor: cursor(next)}
	for i, t := range items {
		page.Items[i] = task(t)
	}
	return api.ListCaseTasks200JSONResponse(page), nil
}

// CreateCaseTask adds a task.
func (s *Server) CreateCaseTask(ctx context.Context, r api.CreateCaseTaskRequestObject) (api.CreateCaseTaskResponseObject, error) {
	t, err := s.Cases.AddTask(ctx, caller(ctx), domain.ID(r.CaseID), made(ctx, 0), taskContent(*r.Body))
	if err != nil {
		return nil, err
	}
	return api.CreateCaseTask201JSONResponse(task(t)), nil
}

// ReplaceCaseTask says anew what a task is.
func (s *Server) ReplaceCaseTask(ctx context.Context, r api.ReplaceCaseTaskRequestObject) (api.ReplaceCaseTaskResponseObject, error) {
	t, err := s.Cases.ReplaceTask(ctx, caller(ctx), domain.ID(r.CaseID), domain.ID(r.TaskID), taskContent(*r.Body))
	if err != nil {
		return nil, err
	}
	return api.ReplaceCaseTask200JSONResponse(task(t)), nil
}

// DeleteCaseTask deletes a task.
func (s *Server) DeleteCaseTask(ctx context.Context, r api.DeleteCaseTaskRequestObject) (api.DeleteCaseTaskResponseObject, error) {
	if err := s.Cases.DeleteTask(ctx, caller(ctx), domain.ID(r.CaseID), domain.ID(r.TaskID)); err != nil {
		return nil, err
	}
	return api.DeleteCaseTask204Response{}, nil
}

// ListCaseParties pages through a case's parties.
func (s *Server) ListCaseParties(ctx context.Context, r api.ListCasePartiesRequestObject) (api.ListCasePartiesResponseObject, error) {
	before, err := position(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Cases.Parties(ctx, caller(ctx), domain.ID(r.CaseID), limit(r.Params.Limit), before)
	if err != nil {
		return nil, err
	}
	page := api.CasePartyList{Items: make([]api.CaseParty, len(items)), NextCursor: cursor(next)}
	for i, p := range items {
		page.Items[i] = party(p)
	}
	return api.ListCaseParties200JSONResponse(page), nil
}

// AddCaseParty adds a party, and says with whom it conflicts.
func (s *Server) AddCaseParty(ctx context.Context, r api.AddCasePartyRequestObject) (api.AddCasePartyResponseObject, error) {
	p, err := s.Cases.AddParty(ctx, caller(ctx), domain.ID(r.CaseID), cases.NewParty{ID: made(ctx, 0), Kind: cases.PartyKind(r.Body.Kind), Side: cases.Side(r.Body.Side),
		Name: r.Body.Name, Email: text(r.Body.Email), RegistrationNumber: text(r.Body.RegistrationNumber)})
	if err != nil {
		return nil, err
	}
	return api.AddCaseParty201JSONResponse(party(p)), nil
}

// RemoveCaseParty takes a party out of a case.
func (s *Server) RemoveCaseParty(ctx context.Context, r api.RemoveCasePartyRequestObject) (api.RemoveCasePartyResponseObject, error) {
	if err := s.Cases.RemoveParty(ctx, caller(ctx), domain.ID(r.CaseID), domain.ID(r.PartyID)); err != nil {
		return nil, err
	}
	return api.RemoveCaseParty204Response{}, nil
}

// ListCaseTimeline pages through what happened in a case.
func (s *Server) ListCaseTimeline(ctx context.Context, r api.ListCaseTimelineRequestObject) (api.ListCaseTimelineResponseObject, error) {
	var before uint64
	raw, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	if raw != nil {
		if len(raw) == 8 {
			before = binary.BigEndian.Uint64(raw)
		}
		if before == 0 || before > 1<<62 {
			return nil, notACursor()
		}
	}
	items, next, err := s.Cases.Timeline(ctx, caller(ctx), domain.ID(r.CaseID), limit(r.Params.Limit), before)
	if err != nil {
		return nil, err
	}
	page := api.CaseTimeline{Items: make([]api.TimelineEntry, len(items))}
	if next > 0 {
		text := base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, next))
		page.NextCursor = &text
	}
	for i, e := range items {
		page.Items[i] = api.TimelineEntry{Seq: int64(e.Seq), At: e.At, ActorID: api.ID(e.ActorID), Verb: api.TimelineEntryVerb(e.Verb), Subject: api.TimelineEntrySubject(e.Subject),
			SubjectID: (*api.ID)(e.ID), Refused: e.Refused, Detail: e.Detail, PrevHash: hex.EncodeToString(e.Prev), Hash: hex.EncodeToString(e.Hash)}
	}
	return api.ListCaseTimeline200JSONResponse(page), nil
}

// VerifyCaseTimeline checks a timeline.
func (s *Server) VerifyCaseTimeline(ctx context.Context, r api.VerifyCaseTimelineRequestObject) (api.VerifyCaseTimelineResponseObject, error) {
	v, err := s.Cases.Verify(ctx, caller(ctx), domain.ID(r.CaseID))
	if err != nil {
		return nil, err
	}
	out := api.TimelineVerdict{Intact: v.Intact, Entries: int64(v.Entries), Head: hex.EncodeToString(v.Head)}
	if !v.Intact {
		at := int64(v.BrokenAt)
		out.BrokenAt = &at
	}
	return api.VerifyCaseTimeline200JSONResponse(out), nil
}

func oneCase(c cases.Case) api.Case {
	return api.Case{ID: api.ID(c.ID), Title: c.Title, Description: c.Description, Status: api.CaseStatus(c.Status), LegalHold: c.LegalHold, MyRole: myRole(c.MyRole),
		CreatedBy: api.ID(c.CreatedBy), CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, ClosedAt: c.ClosedAt}
}

func myRole(r cases.Role) *api.CaseRole {
	if r == "" {
		return nil
	}
	return (*api.CaseRole)(&r)
}

func member(m cases.Membership) api.CaseMember {
	return api.CaseMember{UserID: api.ID(m.User.ID), FullName: m.User.FullName, Email: m.User.Email, Role: api.CaseRole(m.Role), Since: m.Since}
}

func caseInvitation(i cases.Invitation) api.CaseInvitation {
	return api.CaseInvitation{ID: api.ID(i.ID), CaseID: api.ID(i.CaseID), Email: i.Email, Role: api.CaseRole(i.Role), InvitedBy: api.ID(i.InvitedBy),
		CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt}
}

func note(n cases.Note) api.CaseNote {
	return api.CaseNote{ID: api.ID(n.ID), AuthorID: api.ID(n.AuthorID), Body: n.Body, CreatedAt: n.CreatedAt}
}

func taskContent(b api.CaseTaskContent) cases.TaskContent {
	c := cases.TaskContent{Title: b.Title, Status: cases.TaskStatus(text(b.Status)), AssigneeID: (*domain.ID)(b.AssigneeID)}
	if b.DueOn != nil {
		due := b.DueOn.Time
		c.DueOn = &due
	}
	return c
}

func task(t cases.Task) api.CaseTask {
	return api.CaseTask{ID: api.ID(t.ID), Title: t.Title, Status: api.CaseTaskStatus(t.Status), DueOn: date(t.DueOn), AssigneeID: (*api.ID)(t.AssigneeID),
		CreatedBy: api.ID(t.CreatedBy), CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt}
}

func date(t *time.Time) *types.Date {
	if t == nil {
		return nil
	}
	return &types.Date{Time: *t}
}

func party(p cases.PartyOf) api.CaseParty {
	out := api.CaseParty{ID: api.ID(p.ID), Kind: api.PartyKind(p.Kind), Side: api.PartySide(p.Side), Name: p.Name, CreatedAt: p.CreatedAt,
		Email: given(p.Email), RegistrationNumber: given(p.RegistrationNumber)}
	if p.Conflicts == nil {
		return out
	}
	conflicts := make([]api.PartyConflict, len(p.Conflicts))
	for i, c := range p.Conflicts {
		conflicts[i] = api.PartyConflict{Side: api.PartySide(c.Side), CaseID: (*api.ID)(c.CaseID)}
		for _, m := range c.Matched {
			conflicts[i].Matched = append(conflicts[i].Matched, api.PartyConflictMatched(m))
		}
	}
	out.Conflicts = conflicts
	return out
}
