package handlers

import (
	"context"
	"encoding/base64"
	"strconv"

	"counsel/domain"
	"counsel/domain/documents"
	"counsel/gen/api"
)

// ListDrafts pages through drafts.
func (s *Server) ListDrafts(ctx context.Context, r api.ListDraftsRequestObject) (api.ListDraftsResponseObject, error) {
	before, err := position(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Drafts.List(ctx, caller(ctx), documents.DraftFilter{UserID: (*domain.ID)(r.Params.UserID), CaseID: (*domain.ID)(r.Params.CaseID),
		Status: documents.Status(text(r.Params.Status)), Type: text(r.Params.Type), Limit: limit(r.Params.Limit), Before: before})
	if err != nil {
		return nil, err
	}
	page := api.DraftList{Items: make([]api.DraftSummary, len(items)), NextCursor: cursor(next)}
	for i, d := range items {
		page.Items[i] = api.DraftSummary{ID: api.ID(d.ID), UserID: api.ID(d.UserID), CaseID: (*api.ID)(d.CaseID), Origin: api.DraftOrigin(d.Origin), Type: given(d.Type), Locale: d.Locale,
			Title: d.Title, Status: api.DraftStatus(d.Status), Version: int32(d.Version), CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt}
	}
	return api.ListDrafts200JSONResponse(page), nil
}

// CreateDraft keeps a draft written by hand.
func (s *Server) CreateDraft(ctx context.Context, r api.CreateDraftRequestObject) (api.CreateDraftResponseObject, error) {
	d, err := s.Drafts.Create(ctx, caller(ctx), documents.NewDraft{ID: made(ctx, 0), Title: r.Body.Title, Body: r.Body.Body, Type: text(r.Body.Type), Locale: text(r.Body.Locale), CaseID: (*domain.ID)(r.Body.CaseID)})
	if err != nil {
		return nil, err
	}
	concerns(ctx, d.CaseID)
	return api.CreateDraft201JSONResponse(draft(d)), nil
}

// GetDraft answers one draft.
func (s *Server) GetDraft(ctx context.Context, r api.GetDraftRequestObject) (api.GetDraftResponseObject, error) {
	d, err := s.Drafts.Get(ctx, caller(ctx), domain.ID(r.DraftID))
	if err != nil {
		return nil, err
	}
	return api.GetDraft200JSONResponse(draft(d)), nil
}

// UpdateDraft edits a draft or moves its status.
func (s *Server) UpdateDraft(ctx context.Context, r api.UpdateDraftRequestObject) (api.UpdateDraftResponseObject, error) {
	d, err := s.Drafts.Update(ctx, caller(ctx), domain.ID(r.DraftID), documents.DraftChange{Version: int(r.Body.Version),
		Title: r.Body.Title, Body: r.Body.Body, Note: text(r.Body.Note), Status: (*documents.Status)(r.Body.Status), CaseID: (*domain.ID)(r.Body.CaseID)})
	if err != nil {
		return nil, err
	}
	return api.UpdateDraft200JSONResponse(draft(d)), nil
}

// DeleteDraft removes a draft.
func (s *Server) DeleteDraft(ctx context.Context, r api.DeleteDraftRequestObject) (api.DeleteDraftResponseObject, error) {
	if err := s.Drafts.Delete(ctx, caller(ctx), domain.ID(r.DraftID)); err != nil {
		return nil, err
	}
	return api.DeleteDraft204Response{}, nil
}

// ListDraftVersions pages through the versions of a draft.
func (s *Server) ListDraftVersions(ctx context.Context, r api.ListDraftVersionsRequestObject) (api.ListDraftVersionsResponseObject, error) {
	before := 0
	raw, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	if raw != nil {
		if before, err = strconv.Atoi(string(raw)); err != nil || before < 1 {
			return nil, notACursor()
		}
	}
	items, next, err := s.Drafts.Versions(ctx, caller(ctx), domain.ID(r.DraftID), limit(r.Params.Limit), before)
	if err != nil {
		return nil, err
	}
	page := api.DraftVersionList{Items: make([]api.DraftVersionSummary, len(items))}
	if next > 0 {
		page.NextCursor = given(base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(next))))
	}
	for i, v := range items {
		page.Items[i] = api.DraftVersionSummary{Version: int32(v.Version), Title: v.Title, Note: given(v.Note), AuthorID: api.ID(v.AuthorID), CreatedAt: v.CreatedAt}
	}
	return api.ListDraftVersions200JSONResponse(page), nil
}

// GetDraftVersion answers one version of a draft.
func (s *Server) GetDraftVersion(ctx context.Context, r api.GetDraftVersionRequestObject) (api.GetDraftVersionResponseObject, error) {
	v, err := s.Drafts.Version(ctx, caller(ctx), domain.ID(r.DraftID), int(r.Version))
	if err != nil {
		return nil, err
	}
	return api.GetDraftVersion200JSONResponse(draftVersion(v)), nil
}

// CompareDraftVersions shows what changed between two versions.
func (s *Server) CompareDraftVersions(ctx context.Context, r api.CompareDraftVersionsRequestObject) (api.CompareDraftVersionsResponseObject, error) {
	c, err := s.Drafts.Compare(ctx, caller(ctx), domain.ID(r.DraftID), int(r.Params.From), int(r.Params.To))
	if err != nil {
		return nil, err
	}
	out := api.DraftComparison{From: int32(c.From), To: int32(c.To), Title: changes(c.Title), Hunks: make([]api.DraftHunk, len(c.Hunks)),
		InsertedWords: int32(c.Inserted), DeletedWords: int32(c.Deleted)}
	for i, h := range c.Hunks {
		out.Hunks[i] = api.DraftHunk{OldStart: int32(h.OldStart), OldLines: int32(h.OldLines), NewStart: int32(h.NewStart), NewLines: int32(h.NewLines), Changes: changes(h.Changes)}
	}
	return api.CompareDraftVersions200JSONResponse(out), nil
}

// RenderDraftPdf makes a file of a draft.
func (s *Server) RenderDraftPdf(ctx context.Context, r api.RenderDraftPdfRequestObject) (api.RenderDraftPdfResponseObject, error) {
	request := documents.DraftRenderRequest{ID: made(ctx, 0), DraftID: domain.ID(r.DraftID), Options: renderOptions(r.Body.Options)}
	if r.Body.Version != nil {
		request.Version = int(*r.Body.Version)
	}
	d, err := s.Press.RenderDraft(ctx, caller(ctx), request)
	if err != nil {
		return nil, err
	}
	return api.RenderDraftPdf200JSONResponse(rendering(ctx, d)), nil
}

func draft(d documents.Draft) api.Draft {
	return api.Draft{ID: api.ID(d.ID), UserID: api.ID(d.UserID), CaseID: (*api.ID)(d.CaseID), Origin: api.DraftOrigin(d.Origin), Type: given(d.Type), Locale: d.Locale, Title: d.Title,
		Body: d.Body, Status: api.DraftStatus(d.Status), Version: int32(d.Version), Warnings: list(d.Warnings), QualityScore: d.QualityScore,
		ReviewedBy: (*api.ID)(d.ReviewedBy), ReviewedAt: d.ReviewedAt, FinalizedBy: (*api.ID)(d.FinalizedBy), FinalizedAt: d.FinalizedAt,
		CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt}
}

func changes(in []documents.Change) []api.TextChange {
	out := make([]api.TextChange, len(in))
	for i, c := range in {
		out[i] = api.TextChange{Kind: api.TextChangeKind(c.Kind), Text: c.Text}
	}
	return out
}

// given leaves out what is empty.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
