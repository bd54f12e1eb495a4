package handlers

import (
	"context"
	"counsel/domain"
	"counsel/domain/drafts"
	"counsel/domain/rendering"
	"counsel/gen/api"
	"counsel/handlers/middleware"
)

// ListDrafts lists drafts.
func (s *Server) ListDrafts(ctx context.Context, r api.ListDraftsRequestObject) (api.ListDraftsResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.drafts.List(ctx, principal(ctx), drafts.Filter{UserID: (*domain.ID)(r.Params.UserID), CaseID: (*domain.ID)(r.Params.CaseID),
		Status: drafts.Status(deref(r.Params.Status)), Type: deref(r.Params.Type), Limit: limit(r.Params.Limit), Cursor: cursor})
	if err != nil {
		return nil, err
	}
	page := api.DraftList{Items: make([]api.DraftSummary, len(items)), NextCursor: encodeCursor(next)}
	for i, d := range items {
		page.Items[i] = api.DraftSummary{ID: api.ID(d.ID), UserID: api.ID(d.UserID), CaseID: (*api.ID)(d.CaseID), Origin: api.DraftOrigin(d.Origin), Type: optional(d.Type), Locale: d.Locale,
			Title: d.Title, Status: api.DraftStatus(d.Status), Version: int32(d.Version), CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt}
	}
	return api.ListDrafts200JSONResponse(page), nil
}

// CreateDraft stores a draft written by a person.
func (s *Server) CreateDraft(ctx context.Context, r api.CreateDraftRequestObject) (api.CreateDraftResponseObject, error) {
	d, err := s.drafts.Create(ctx, principal(ctx), drafts.NewDraft{ID: middleware.DerivedID(ctx, 0), Title: r.Body.Title, Body: r.Body.Body, Type: deref(r.Body.Type), Locale: deref(r.Body.Locale), CaseID: (*domain.ID)(r.Body.CaseID)})
	if err != nil {
		return nil, err
	}
	middleware.SetCase(ctx, d.CaseID)
	return api.CreateDraft201JSONResponse(toAPIDraft(d)), nil
}

// GetDraft returns a draft.
func (s *Server) GetDraft(ctx context.Context, r api.GetDraftRequestObject) (api.GetDraftResponseObject, error) {
	d, err := s.drafts.Get(ctx, principal(ctx), domain.ID(r.DraftID))
	if err != nil {
		return nil, err
	}
	return api.GetDraft200JSONResponse(toAPIDraft(d)), nil
}

// UpdateDraft edits a draft or changes its status.
func (s *Server) UpdateDraft(ctx context.Context, r api.UpdateDraftRequestObject) (api.UpdateDraftResponseObject, error) {
	d, err := s.drafts.Update(ctx, principal(ctx), domain.ID(r.DraftID), drafts.Update{Version: int(r.Body.Version),
		Title: r.Body.Title, Body: r.Body.Body, Note: deref(r.Body.Note), Status: (*drafts.Status)(r.Body.Status), CaseID: (*domain.ID)(r.Body.CaseID)})
	if err != nil {
		return nil, err
	}
	return api.UpdateDraft200JSONResponse(toAPIDraft(d)), nil
}

// DeleteDraft deletes a draft.
func (s *Server) DeleteDraft(ctx context.Context, r api.DeleteDraftRequestObject) (api.DeleteDraftResponseObject, error) {
	if err := s.drafts.Delete(ctx, principal(ctx), domain.ID(r.DraftID)); err != nil {
		return nil, err
	}
	return api.DeleteDraft204Response{}, nil
}

// ListDraftVersions lists the versions of a draft.
func (s *Server) ListDraftVersions(ctx context.Context, r api.ListDraftVersionsRequestObject) (api.ListDraftVersionsResponseObject, error) {
	cursor, err := decodeVersionCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.drafts.Versions(ctx, principal(ctx), domain.ID(r.DraftID), limit(r.Params.Limit), cursor)
	if err != nil {
		return nil, err
	}
	page := api.DraftVersionList{Items: make([]api.DraftVersionSummary, len(items)), NextCursor: encodeVersionCursor(next)}
	for i, v := range items {
		page.Items[i] = api.DraftVersionSummary{Version: int32(v.Version), Title: v.Title, Note: optional(v.Note), AuthorID: api.ID(v.AuthorID), CreatedAt: v.CreatedAt}
	}
	return api.ListDraftVersions200JSONResponse(page), nil
}

// GetDraftVersion returns one version of a draft.
func (s *Server) GetDraftVersion(ctx context.Context, r api.GetDraftVersionRequestObject) (api.GetDraftVersionResponseObject, error) {
	v, err := s.drafts.Version(ctx, principal(ctx), domain.ID(r.DraftID), int(r.Version))
	if err != nil {
		return nil, err
	}
	return api.GetDraftVersion200JSONResponse(toAPIDraftVersion(v)), nil
}

// CompareDraftVersions returns the differences between two versions.
func (s *Server) CompareDraftVersions(ctx context.Context, r api.CompareDraftVersionsRequestObject) (api.CompareDraftVersionsResponseObject, error) {
	c, err := s.drafts.Compare(ctx, principal(ctx), domain.ID(r.DraftID), int(r.Params.From), int(r.Params.To))
	if err != nil {
		return nil, err
	}
	out := api.DraftComparison{From: int32(c.From), To: int32(c.To), Title: toAPITextChanges(c.Title), Hunks: make([]api.DraftHunk, len(c.Hunks)),
		InsertedWords: int32(c.Inserted), DeletedWords: int32(c.Deleted)}
	for i, h := range c.Hunks {
		out.Hunks[i] = api.DraftHunk{OldStart: int32(h.OldStart), OldLines: int32(h.OldLines), NewStart: int32(h.NewStart), NewLines: int32(h.NewLines), Changes: toAPITextChanges(h.Edits)}
	}
	return api.CompareDraftVersions200JSONResponse(out), nil
}

// RenderDraftPdf renders a draft to a PDF.
func (s *Server) RenderDraftPdf(ctx context.Context, r api.RenderDraftPdfRequestObject) (api.RenderDraftPdfResponseObject, error) {
	request := rendering.DraftRequest{ID: middleware.DerivedID(ctx, 0), DraftID: domain.ID(r.DraftID), Options: fromAPIRenderOptions(r.Body.Options)}
	if r.Body.Version != nil {
		request.Version = int(*r.Body.Version)
	}
	d, err := s.rendering.RenderDraft(ctx, principal(ctx), request)
	if err != nil {
		return nil, err
	}
	return api.RenderDraftPdf200JSONResponse(toAPIRendering(ctx, d)), nil
}

func toAPIDraft(d drafts.Draft) api.Draft {
	return api.Draft{ID: api.ID(d.ID), UserID: api.ID(d.UserID), CaseID: (*api.ID)(d.CaseID), Origin: api.DraftOrigin(d.Origin), Type: optional(d.Type), Locale: d.Locale, Title: d.Title,
		Body: d.Body, Status: api.DraftStatus(d.Status), Version: int32(d.Version), Warnings: nonNil(d.Warnings), QualityScore: d.QualityScore,
		ReviewedBy: (*api.ID)(d.ReviewedBy), ReviewedAt: d.ReviewedAt, FinalizedBy: (*api.ID)(d.FinalizedBy), FinalizedAt: d.FinalizedAt,
		CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt}
}

func toAPITextChanges(in []drafts.Edit) []api.TextChange {
	out := make([]api.TextChange, len(in))
	for i, c := range in {
		out[i] = api.TextChange{Kind: api.TextChangeKind(c.Kind), Text: c.Text}
	}
	return out
}

func toAPIDraftVersion(v drafts.Version) api.DraftVersion {
	return api.DraftVersion{Version: int32(v.Version), Title: v.Title, Body: v.Body, Note: optional(v.Note), AuthorID: api.ID(v.AuthorID), CreatedAt: v.CreatedAt}
}
