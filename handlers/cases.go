package handlers

import (
	"context"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/gen/api"
	"counsel/handlers/middleware"
	"encoding/hex"
	"math"
)

// CreateCase opens a case.
func (s *Server) CreateCase(ctx context.Context, r api.CreateCaseRequestObject) (api.CreateCaseResponseObject, error) {
	c, err := s.cases.Create(ctx, principal(ctx), cases.NewCase{ID: middleware.DerivedID(ctx, 0), Title: r.Body.Title, Description: deref(r.Body.Description)})
	if err != nil {
		return nil, err
	}
	middleware.SetCase(ctx, &c.ID)
	return api.CreateCase201JSONResponse(toAPICase(c)), nil
}

// ListCases lists the cases that the caller may read.
func (s *Server) ListCases(ctx context.Context, r api.ListCasesRequestObject) (api.ListCasesResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.cases.List(ctx, principal(ctx), cases.Filter{
		Status: cases.Status(deref(r.Params.Status)), Text: deref(r.Params.Q), Limit: limit(r.Params.Limit), Cursor: cursor})
	if err != nil {
		return nil, err
	}
	page := api.CaseList{Items: make([]api.CaseSummary, len(items)), NextCursor: encodeCursor(next)}
	for i, c := range items {
		page.Items[i] = api.CaseSummary{ID: api.ID(c.ID), Title: c.Title, Status: api.CaseStatus(c.Status), LegalHold: c.LegalHold, MyRole: toAPICaseRole(c.MyRole),
			CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt}
	}
	return api.ListCases200JSONResponse(page), nil
}

// GetCase returns a case.
func (s *Server) GetCase(ctx context.Context, r api.GetCaseRequestObject) (api.GetCaseResponseObject, error) {
	c, err := s.cases.Get(ctx, principal(ctx), domain.ID(r.CaseID))
	if err != nil {
		return nil, err
	}
	return api.GetCase200JSONResponse(toAPICase(c)), nil
}

// UpdateCase changes a case.
func (s *Server) UpdateCase(ctx context.Context, r api.UpdateCaseRequestObject) (api.UpdateCaseResponseObject, error) {
	c, err := s.cases.Update(ctx, principal(ctx), domain.ID(r.CaseID), cases.Update{
		Title: r.Body.Title, Description: r.Body.Description, Status: (*cases.Status)(r.Body.Status), LegalHold: r.Body.LegalHold})
	if err != nil {
		return nil, err
	}
	return api.UpdateCase200JSONResponse(toAPICase(c)), nil
}

// DeleteCase deletes a case.
func (s *Server) DeleteCase(ctx context.Context, r api.DeleteCaseRequestObject) (api.DeleteCaseResponseObject, error) {
	if err := s.cases.Delete(ctx, principal(ctx), domain.ID(r.CaseID)); err != nil {
		return nil, err
	}
	return api.DeleteCase204Response{}, nil
}

// ListCaseMembers lists the members of a case.
func (s *Server) ListCaseMembers(ctx context.Context, r api.ListCaseMembersRequestObject) (api.ListCaseMembersResponseObject, error) {
	members, err := s.cases.Members(ctx, principal(ctx), domain.ID(r.CaseID))
	if err != nil {
		return nil, err
	}
	list := api.CaseMemberList{Items: make([]api.CaseMember, len(members))}
	for i, m := range members {
		list.Items[i] = toAPIMember(m)
	}
	return api.ListCaseMembers200JSONResponse(list), nil
}

// AddCaseMember adds a member to a case, or invites an address that has no account.
func (s *Server) AddCaseMember(ctx context.Context, r api.AddCaseMemberRequestObject) (api.AddCaseMemberResponseObject, error) {
	m, err := s.cases.AddMember(ctx, principal(ctx), domain.ID(r.CaseID), cases.NewMember{
		UserID: (*domain.ID)(r.Body.UserID), Email: deref(r.Body.Email), Role: cases.Role(r.Body.Role), RequestID: middleware.DerivedID(ctx, 0)})
	if err != nil {
		return nil, err
	}
	if m.Invitation != nil {
		return api.AddCaseMember202JSONResponse(toAPIInvitation(*m.Invitation)), nil
	}
	return api.AddCaseMember201JSONResponse(toAPIMember(m.Membership)), nil
}

// UpdateCaseMember changes a member's role.
func (s *Server) UpdateCaseMember(ctx context.Context, r api.UpdateCaseMemberRequestObject) (api.UpdateCaseMemberResponseObject, error) {
	m, err := s.cases.UpdateMember(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.UserID), cases.Role(r.Body.Role))
	if err != nil {
		return nil, err
	}
	return api.UpdateCaseMember200JSONResponse(toAPIMember(m)), nil
}

// RemoveCaseMember removes a member from a case.
func (s *Server) RemoveCaseMember(ctx context.Context, r api.RemoveCaseMemberRequestObject) (api.RemoveCaseMemberResponseObject, error) {
	if err := s.cases.RemoveMember(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.UserID)); err != nil {
		return nil, err
	}
	return api.RemoveCaseMember204Response{}, nil
}

// ListCaseInvitations lists the open invitations to a case.
func (s *Server) ListCaseInvitations(ctx context.Context, r api.ListCaseInvitationsRequestObject) (api.ListCaseInvitationsResponseObject, error) {
	items, err := s.cases.Invitations(ctx, principal(ctx), domain.ID(r.CaseID))
	if err != nil {
		return nil, err
	}
	list := api.CaseInvitationList{Items: make([]api.CaseInvitation, len(items))}
	for i, invitation := range items {
		list.Items[i] = toAPIInvitation(invitation)
	}
	return api.ListCaseInvitations200JSONResponse(list), nil
}

// WithdrawCaseInvitation withdraws an invitation.
func (s *Server) WithdrawCaseInvitation(ctx context.Context, r api.WithdrawCaseInvitationRequestObject) (api.WithdrawCaseInvitationResponseObject, error) {
	if err := s.cases.DeleteInvitation(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.InvitationID)); err != nil {
		return nil, err
	}
	return api.WithdrawCaseInvitation204Response{}, nil
}

// ListInvitations lists the caller's invitations.
func (s *Server) ListInvitations(ctx context.Context, _ api.ListInvitationsRequestObject) (api.ListInvitationsResponseObject, error) {
	items, err := s.cases.ReceivedInvitations(ctx, principal(ctx))
	if err != nil {
		return nil, err
	}
	list := api.InvitationList{Items: make([]api.Invitation, len(items))}
	for i, invitation := range items {
		list.Items[i] = api.Invitation{ID: api.ID(invitation.ID), InviterName: invitation.InviterName, Role: api.CaseRole(invitation.Role), CreatedAt: invitation.CreatedAt, ExpiresAt: invitation.ExpiresAt}
	}
	return api.ListInvitations200JSONResponse(list), nil
}

// AcceptInvitation makes the caller a member of the case.
func (s *Server) AcceptInvitation(ctx context.Context, r api.AcceptInvitationRequestObject) (api.AcceptInvitationResponseObject, error) {
	i, err := s.cases.AcceptInvitation(ctx, principal(ctx), domain.ID(r.InvitationID))
	if err != nil {
		return nil, err
	}
	return api.AcceptInvitation200JSONResponse{CaseID: api.ID(i.CaseID), Role: api.CaseRole(i.Role)}, nil
}

// DeclineInvitation declines an invitation.
func (s *Server) DeclineInvitation(ctx context.Context, r api.DeclineInvitationRequestObject) (api.DeclineInvitationResponseObject, error) {
	if err := s.cases.DeclineInvitation(ctx, principal(ctx), domain.ID(r.InvitationID)); err != nil {
		return nil, err
	}
	return api.DeclineInvitation204Response{}, nil
}

// ListCaseNotes lists the notes of a case.
func (s *Server) ListCaseNotes(ctx context.Context, r api.ListCaseNotesRequestObject) (api.ListCaseNotesResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.cases.Notes(ctx, principal(ctx), domain.ID(r.CaseID), limit(r.Params.Limit), cursor)
	if err != nil {
		return nil, err
	}
	page := api.CaseNoteList{Items: make([]api.CaseNote, len(items)), NextCursor: encodeCursor(next)}
	for i, n := range items {
		page.Items[i] = toAPINote(n)
	}
	return api.ListCaseNotes200JSONResponse(page), nil
}

// CreateCaseNote adds a note to a case.
func (s *Server) CreateCaseNote(ctx context.Context, r api.CreateCaseNoteRequestObject) (api.CreateCaseNoteResponseObject, error) {
	n, err := s.cases.AddNote(ctx, principal(ctx), domain.ID(r.CaseID), cases.NewNote{ID: middleware.DerivedID(ctx, 0), Body: r.Body.Body})
	if err != nil {
		return nil, err
	}
	return api.CreateCaseNote201JSONResponse(toAPINote(n)), nil
}

// DeleteCaseNote deletes a note.
func (s *Server) DeleteCaseNote(ctx context.Context, r api.DeleteCaseNoteRequestObject) (api.DeleteCaseNoteResponseObject, error) {
	if err := s.cases.DeleteNote(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.NoteID)); err != nil {
		return nil, err
	}
	return api.DeleteCaseNote204Response{}, nil
}

// ListCaseTasks lists the tasks of a case.
func (s *Server) ListCaseTasks(ctx context.Context, r api.ListCaseTasksRequestObject) (api.ListCaseTasksResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.cases.Tasks(ctx, principal(ctx), domain.ID(r.CaseID), cases.TaskStatus(deref(r.Params.Status)), limit(r.Params.Limit), cursor)
	if err != nil {
		return nil, err
	}
	page := api.CaseTaskList{Items: make([]api.CaseTask, len(items)), NextCursor: encodeCursor(next)}
	for i, t := range items {
		page.Items[i] = toAPITask(t)
	}
	return api.ListCaseTasks200JSONResponse(page), nil
}

// CreateCaseTask adds a task to a case.
func (s *Server) CreateCaseTask(ctx context.Context, r api.CreateCaseTaskRequestObject) (api.CreateCaseTaskResponseObject, error) {
	t, err := s.cases.AddTask(ctx, principal(ctx), domain.ID(r.CaseID), middleware.DerivedID(ctx, 0), fromAPITask(*r.Body))
	if err != nil {
		return nil, err
	}
	return api.CreateCaseTask201JSONResponse(toAPITask(t)), nil
}

// ReplaceCaseTask replaces the content of a task.
func (s *Server) ReplaceCaseTask(ctx context.Context, r api.ReplaceCaseTaskRequestObject) (api.ReplaceCaseTaskResponseObject, error) {
	t, err := s.cases.ReplaceTask(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.TaskID), fromAPITask(*r.Body))
	if err != nil {
		return nil, err
	}
	return api.ReplaceCaseTask200JSONResponse(toAPITask(t)), nil
}

// DeleteCaseTask deletes a task.
func (s *Server) DeleteCaseTask(ctx context.Context, r api.DeleteCaseTaskRequestObject) (api.DeleteCaseTaskResponseObject, error) {
	if err := s.cases.DeleteTask(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.TaskID)); err != nil {
		return nil, err
	}
	return api.DeleteCaseTask204Response{}, nil
}

// ListCaseParties lists the parties of a case.
func (s *Server) ListCaseParties(ctx context.Context, r api.ListCasePartiesRequestObject) (api.ListCasePartiesResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.cases.Parties(ctx, principal(ctx), domain.ID(r.CaseID), limit(r.Params.Limit), cursor)
	if err != nil {
		return nil, err
	}
	page := api.CasePartyList{Items: make([]api.CaseParty, len(items)), NextCursor: encodeCursor(next)}
	for i, p := range items {
		page.Items[i] = toAPIParty(p)
	}
	return api.ListCaseParties200JSONResponse(page), nil
}

// AddCaseParty adds a party to a case and returns its conflicts of interest.
func (s *Server) AddCaseParty(ctx context.Context, r api.AddCasePartyRequestObject) (api.AddCasePartyResponseObject, error) {
	p, err := s.cases.AddParty(ctx, principal(ctx), domain.ID(r.CaseID), cases.NewParty{ID: middleware.DerivedID(ctx, 0), Kind: cases.PartyKind(r.Body.Kind), Side: cases.Side(r.Body.Side),
		Name: r.Body.Name, Email: deref(r.Body.Email), RegistrationNumber: deref(r.Body.RegistrationNumber), RegistrationCountry: deref(r.Body.RegistrationCountry)})
	if err != nil {
		return nil, err
	}
	return api.AddCaseParty201JSONResponse(toAPIParty(p)), nil
}

// RemoveCaseParty removes a party from a case.
func (s *Server) RemoveCaseParty(ctx context.Context, r api.RemoveCasePartyRequestObject) (api.RemoveCasePartyResponseObject, error) {
	if err := s.cases.RemoveParty(ctx, principal(ctx), domain.ID(r.CaseID), domain.ID(r.PartyID)); err != nil {
		return nil, err
	}
	return api.RemoveCaseParty204Response{}, nil
}

// ListCaseTimeline lists what happened in a case.
func (s *Server) ListCaseTimeline(ctx context.Context, r api.ListCaseTimelineRequestObject) (api.ListCaseTimelineResponseObject, error) {
	cursor, err := decodeSequenceCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.cases.Timeline(ctx, principal(ctx), domain.ID(r.CaseID), limit(r.Params.Limit), cursor)
	if err != nil {
		return nil, err
	}
	page := api.CaseTimeline{Items: make([]api.TimelineEntry, len(items)), NextCursor: encodeSequenceCursor(next)}
	for i, e := range items {
		page.Items[i] = api.TimelineEntry{Seq: int64(e.Seq), At: e.At, ActorID: api.ID(e.ActorID), Verb: api.TimelineEntryVerb(e.Verb), Subject: api.TimelineEntrySubject(e.Resource),
			KeyID: (*api.ID)(e.KeyID), SubjectID: (*api.ID)(e.ID), Refused: e.Refused, Detail: e.Detail, PrevHash: hex.EncodeToString(e.Prev), Hash: hex.EncodeToString(e.Hash)}
	}
	return api.ListCaseTimeline200JSONResponse(page), nil
}

// VerifyCaseTimeline checks the hash chain of a case's timeline.
func (s *Server) VerifyCaseTimeline(ctx context.Context, r api.VerifyCaseTimelineRequestObject) (api.VerifyCaseTimelineResponseObject, error) {
	v, err := s.cases.Verify(ctx, principal(ctx), domain.ID(r.CaseID))
	if err != nil {
		return nil, err
	}
	out := api.TimelineVerification{Intact: v.Intact, Entries: int64(v.Entries), Head: hex.EncodeToString(v.Head)}
	if !v.Intact {
		at := int64(v.BrokenAt)
		out.BrokenAt = &at
	}
	return api.VerifyCaseTimeline200JSONResponse(out), nil
}

func toAPICase(c cases.Case) api.Case {
	return api.Case{ID: api.ID(c.ID), Title: c.Title, Description: c.Description, Status: api.CaseStatus(c.Status), LegalHold: c.LegalHold, MyRole: toAPICaseRole(c.MyRole),
		CreatedBy: api.ID(c.CreatedBy), CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, ClosedAt: c.ClosedAt}
}

func toAPICaseRole(r cases.Role) *api.CaseRole {
	if r == "" {
		return nil
	}
	return (*api.CaseRole)(&r)
}

func toAPIMember(m cases.Membership) api.CaseMember {
	return api.CaseMember{UserID: api.ID(m.User.ID), FullName: m.User.FullName, Email: m.User.Email, Role: api.CaseRole(m.Role), Since: m.JoinedAt}
}

func toAPIInvitation(i cases.Invitation) api.CaseInvitation {
	return api.CaseInvitation{ID: api.ID(i.ID), CaseID: api.ID(i.CaseID), Email: i.Email, Role: api.CaseRole(i.Role), InvitedBy: api.ID(i.InvitedBy),
		CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt}
}

func toAPINote(n cases.Note) api.CaseNote {
	return api.CaseNote{ID: api.ID(n.ID), AuthorID: api.ID(n.AuthorID), Body: n.Body, CreatedAt: n.CreatedAt}
}

func fromAPITask(b api.CaseTaskContent) cases.TaskContent {
	c := cases.TaskContent{Title: b.Title, Status: cases.TaskStatus(deref(b.Status)), AssigneeID: (*domain.ID)(b.AssigneeID)}
	if b.DueOn != nil {
		due := b.DueOn.Time
		c.DueOn = &due
	}
	return c
}

func toAPITask(t cases.Task) api.CaseTask {
	return api.CaseTask{ID: api.ID(t.ID), Title: t.Title, Status: api.CaseTaskStatus(t.Status), DueOn: toAPIDate(t.DueOn), AssigneeID: (*api.ID)(t.AssigneeID),
		CreatedBy: api.ID(t.CreatedBy), CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt}
}

func toAPIParty(p cases.Party) api.CaseParty {
	out := api.CaseParty{ID: api.ID(p.ID), Kind: api.PartyKind(p.Kind), Side: api.PartySide(p.Side), Name: p.Name, CreatedAt: p.CreatedAt,
		Email: optional(p.Email), RegistrationNumber: optional(p.RegistrationNumber), RegistrationCountry: optional(p.RegistrationCountry)}
	if p.Conflicts == nil {
		return out
	}
	conflicts := make([]api.PartyConflict, len(p.Conflicts))
	for i, c := range p.Conflicts {
		conflicts[i] = api.PartyConflict{Side: api.PartySide(c.Side), CaseID: (*api.ID)(c.CaseID), Score: math.Round(c.Score*100) / 100, Reasons: []api.PartyConflictReasons{}}
		for _, reason := range c.Reasons {
			conflicts[i].Reasons = append(conflicts[i].Reasons, api.PartyConflictReasons(reason))
		}
		for _, m := range c.Matched {
			conflicts[i].Matched = append(conflicts[i].Matched, api.PartyConflictMatched(m))
		}
	}
	out.Conflicts = conflicts
	return out
}
