package handlers

import (
	"context"
	"counsel/domain/templates"
	"counsel/gen/api"
	"counsel/handlers/middleware"
	"encoding/json"
)

// ListTemplates lists templates, ordered by id.
func (s *Server) ListTemplates(ctx context.Context, r api.ListTemplatesRequestObject) (api.ListTemplatesResponseObject, error) {
	after, err := decodeTemplateCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.templates.List(ctx, principal(ctx), limit(r.Params.Limit), after)
	if err != nil {
		return nil, err
	}
	page := api.TemplateList{Items: make([]api.Template, len(items)), NextCursor: encodeCursorBytes([]byte(next))}
	for i, t := range items {
		page.Items[i] = toAPITemplate(t)
	}
	return api.ListTemplates200JSONResponse(page), nil
}

// GetTemplate returns a template with its versions.
func (s *Server) GetTemplate(ctx context.Context, r api.GetTemplateRequestObject) (api.GetTemplateResponseObject, error) {
	t, err := s.templates.Get(ctx, principal(ctx), r.TemplateID)
	if err != nil {
		return nil, err
	}
	return api.GetTemplate200JSONResponse(toAPITemplate(t)), nil
}

// CreateTemplate stores a new template.
func (s *Server) CreateTemplate(ctx context.Context, r api.CreateTemplateRequestObject) (api.CreateTemplateResponseObject, error) {
	n, err := fromAPITemplateVersion(r.Body.Version, r.Body.Body, r.Body.Schema, r.Body.SampleData)
	if err != nil {
		return nil, err
	}
	n.RequestID = middleware.DerivedID(ctx, 0)
	v, err := s.templates.Create(ctx, principal(ctx), r.Body.TemplateID, n)
	if err != nil {
		return nil, err
	}
	out, err := toAPITemplateVersion(v)
	return api.CreateTemplate201JSONResponse(out), err
}

// CreateTemplateVersion adds a version to a template.
func (s *Server) CreateTemplateVersion(ctx context.Context, r api.CreateTemplateVersionRequestObject) (api.CreateTemplateVersionResponseObject, error) {
	n, err := fromAPITemplateVersion(r.Body.Version, r.Body.Body, r.Body.Schema, r.Body.SampleData)
	if err != nil {
		return nil, err
	}
	n.RequestID = middleware.DerivedID(ctx, 0)
	v, err := s.templates.AddVersion(ctx, principal(ctx), r.TemplateID, n)
	if err != nil {
		return nil, err
	}
	out, err := toAPITemplateVersion(v)
	return api.CreateTemplateVersion201JSONResponse(out), err
}

// GetTemplateVersion returns one version.
func (s *Server) GetTemplateVersion(ctx context.Context, r api.GetTemplateVersionRequestObject) (api.GetTemplateVersionResponseObject, error) {
	v, err := s.templates.Version(ctx, principal(ctx), r.TemplateID, r.Version)
	if err != nil {
		return nil, err
	}
	out, err := toAPITemplateVersion(v)
	return api.GetTemplateVersion200JSONResponse(out), err
}

// PublishTemplateVersion publishes a version.
func (s *Server) PublishTemplateVersion(ctx context.Context, r api.PublishTemplateVersionRequestObject) (api.PublishTemplateVersionResponseObject, error) {
	v, err := s.templates.Publish(ctx, principal(ctx), r.TemplateID, r.Version)
	if err != nil {
		return nil, err
	}
	out, err := toAPITemplateVersion(v)
	return api.PublishTemplateVersion200JSONResponse(out), err
}

// UpdateTemplate changes who may use a template.
func (s *Server) UpdateTemplate(ctx context.Context, r api.UpdateTemplateRequestObject) (api.UpdateTemplateResponseObject, error) {
	t, err := s.templates.Share(ctx, principal(ctx), r.TemplateID, templates.Sharing(r.Body.Sharing))
	if err != nil {
		return nil, err
	}
	return api.UpdateTemplate200JSONResponse(toAPITemplate(t)), nil
}

// UnpublishTemplate withdraws published versions.
func (s *Server) UnpublishTemplate(ctx context.Context, r api.UnpublishTemplateRequestObject) (api.UnpublishTemplateResponseObject, error) {
	t, err := s.templates.Unpublish(ctx, principal(ctx), r.TemplateID, deref(r.Params.Version))
	if err != nil {
		return nil, err
	}
	return api.UnpublishTemplate200JSONResponse(toAPITemplate(t)), nil
}

// ArchiveTemplate archives a template.
func (s *Server) ArchiveTemplate(ctx context.Context, r api.ArchiveTemplateRequestObject) (api.ArchiveTemplateResponseObject, error) {
	t, err := s.templates.Archive(ctx, principal(ctx), r.TemplateID)
	if err != nil {
		return nil, err
	}
	return api.ArchiveTemplate200JSONResponse(toAPITemplate(t)), nil
}

// CopyTemplate copies a template into one of the caller's own.
func (s *Server) CopyTemplate(ctx context.Context, r api.CopyTemplateRequestObject) (api.CopyTemplateResponseObject, error) {
	v, err := s.templates.Copy(ctx, principal(ctx), r.TemplateID, deref(r.Body.Version), r.Body.TemplateID, middleware.DerivedID(ctx, 0))
	if err != nil {
		return nil, err
	}
	out, err := toAPITemplateVersion(v)
	return api.CopyTemplate201JSONResponse(out), err
}

// PreviewTemplateVersion returns a version filled with data, as HTML.
func (s *Server) PreviewTemplateVersion(ctx context.Context, r api.PreviewTemplateVersionRequestObject) (api.PreviewTemplateVersionResponseObject, error) {
	title, fragment, err := s.templates.Preview(ctx, principal(ctx), r.TemplateID, r.Version, r.Body.Data)
	if err != nil {
		return nil, err
	}
	return api.PreviewTemplateVersion200JSONResponse{Title: title, HTML: fragment}, nil
}

func fromAPITemplateVersion(version, body string, schema, sample map[string]any) (templates.NewVersion, error) {
	n := templates.NewVersion{Version: version, Body: body}
	var err error
	if n.Schema, err = json.Marshal(schema); err != nil {
		return n, err
	}
	n.Sample, err = json.Marshal(sample)
	return n, err
}

func toAPITemplate(t templates.Template) api.Template {
	latest := t.Latest()
	out := api.Template{TemplateID: t.ID, Sharing: api.TemplateSharing(t.Sharing), OwnerID: (*api.ID)(t.OwnerID), ArchivedAt: t.ArchivedAt, Name: latest.Name, Description: latest.Description, LatestVersion: latest.Version, Versions: make([]api.TemplateVersionSummary, len(t.Versions))}
	for i, v := range t.Versions {
		out.Versions[i] = api.TemplateVersionSummary{Version: v.Version, Name: v.Name, Published: v.PublishedAt != nil,
			AuthorID: (*api.ID)(v.AuthorID), CreatedAt: v.CreatedAt, PublishedAt: v.PublishedAt}
	}
	return out
}

func toAPITemplateVersion(v templates.TemplateVersion) (api.TemplateVersion, error) {
	out := api.TemplateVersion{TemplateID: v.TemplateID, Version: v.Version, Name: v.Name, Description: v.Description, Published: v.PublishedAt != nil,
		Body: v.Body, AuthorID: (*api.ID)(v.AuthorID), CreatedAt: v.CreatedAt, PublishedAt: v.PublishedAt}
	if err := json.Unmarshal(v.Schema, &out.Schema); err != nil {
		return out, err
	}
	return out, json.Unmarshal(v.Sample, &out.SampleData)
}
