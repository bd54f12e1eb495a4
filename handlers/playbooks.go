package handlers

import (
	"context"
	"errors"

	"counsel/domain"
	"counsel/domain/ai/playbooks"
	"counsel/domain/ai/policy"
	"counsel/gen/api"
	"counsel/handlers/middleware"
)

// ListPlaybooks lists the firm's playbooks.
func (s *Server) ListPlaybooks(ctx context.Context, r api.ListPlaybooksRequestObject) (api.ListPlaybooksResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.ai.Playbooks().List(ctx, principal(ctx), limit(r.Params.Limit), cursor)
	if err != nil {
		return nil, err
	}
	page := api.PlaybookList{Items: make([]api.Playbook, len(items)), NextCursor: encodeCursor(next)}
	for i, p := range items {
		page.Items[i] = toAPIPlaybook(p)
	}
	return api.ListPlaybooks200JSONResponse(page), nil
}

// CreatePlaybook stores a playbook.
func (s *Server) CreatePlaybook(ctx context.Context, r api.CreatePlaybookRequestObject) (api.CreatePlaybookResponseObject, error) {
	p, err := s.ai.Playbooks().Create(ctx, principal(ctx), middleware.DerivedID(ctx, 0), fromAPIPlaybook(*r.Body))
	if err != nil {
		return nil, err
	}
	return api.CreatePlaybook201JSONResponse(toAPIPlaybook(p)), nil
}

// GetPlaybook returns a playbook.
func (s *Server) GetPlaybook(ctx context.Context, r api.GetPlaybookRequestObject) (api.GetPlaybookResponseObject, error) {
	p, err := s.ai.Playbooks().Get(ctx, principal(ctx), domain.ID(r.PlaybookID))
	if err != nil {
		return nil, err
	}
	return api.GetPlaybook200JSONResponse(toAPIPlaybook(p)), nil
}

// ReplacePlaybook replaces the content of a playbook.
func (s *Server) ReplacePlaybook(ctx context.Context, r api.ReplacePlaybookRequestObject) (api.ReplacePlaybookResponseObject, error) {
	p, err := s.ai.Playbooks().Replace(ctx, principal(ctx), domain.ID(r.PlaybookID), int(r.Body.Version), fromAPIPlaybook(r.Body.Playbook))
	if err != nil {
		if e, ok := errors.AsType[*domain.Error](err); ok {
			err = e.WithPointerPrefix("/playbook")
		}
		return nil, err
	}
	return api.ReplacePlaybook200JSONResponse(toAPIPlaybook(p)), nil
}

// DeletePlaybook deletes a playbook.
func (s *Server) DeletePlaybook(ctx context.Context, r api.DeletePlaybookRequestObject) (api.DeletePlaybookResponseObject, error) {
	if err := s.ai.Playbooks().Delete(ctx, principal(ctx), domain.ID(r.PlaybookID)); err != nil {
		return nil, err
	}
	return api.DeletePlaybook204Response{}, nil
}

func fromAPIPlaybook(p api.PlaybookContent) policy.Playbook {
	out := policy.Playbook{Name: p.Name, Description: deref(p.Description), Extends: deref(p.Extends), Positions: make([]policy.Position, len(p.Positions))}
	for i, position := range p.Positions {
		out.Positions[i] = policy.Position{
			ClauseType: position.ClauseType, Severity: policy.Severity(position.Severity),
			Required: position.Required != nil && *position.Required, Forbidden: position.Forbidden != nil && *position.Forbidden,
			Preferred: deref(position.Preferred), Fallback: deref(position.Fallback), Unacceptable: deref(position.Unacceptable),
			UnacceptableTerms: position.UnacceptableTerms, RequiredTerms: position.RequiredTerms, Wording: deref(position.Wording),
		}
	}
	return out
}

func toAPIPlaybook(p playbooks.Playbook) api.Playbook {
	content := api.PlaybookContent{Name: p.Name, Description: optional(p.Description), Positions: make([]api.PlaybookPosition, len(p.Positions))}
	if p.Extends != "" {
		extends := api.Policy(p.Extends)
		content.Extends = &extends
	}
	for i, position := range p.Positions {
		content.Positions[i] = api.PlaybookPosition{
			ClauseType: position.ClauseType, Severity: api.Severity(position.Severity), Required: optionalFlag(position.Required), Forbidden: optionalFlag(position.Forbidden),
			Preferred: optional(position.Preferred), Fallback: optional(position.Fallback), Unacceptable: optional(position.Unacceptable),
			UnacceptableTerms: position.UnacceptableTerms, RequiredTerms: position.RequiredTerms, Wording: optional(position.Wording),
		}
	}
	return api.Playbook{ID: api.ID(p.ID), CreatedBy: api.ID(p.CreatedBy), Version: int32(p.Version), CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, UpdatedBy: api.ID(p.UpdatedBy), Playbook: content}
}

// optionalFlag returns nil for false.
func optionalFlag(b bool) *bool {
	if !b {
		return nil
	}
	return &b
}
