package handlers

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"counsel/domain/documents"
	"counsel/gen/api"
)

// ListTemplates pages through templates by their ids.
func (s *Server) ListTemplates(ctx context.Context, r api.ListTemplatesRequestObject) (api.ListTemplatesResponseObject, error) {
	after, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Templates.List(ctx, caller(ctx), limit(r.Params.Limit), string(after))
	if err != nil {
		return nil, err
	}
	page := api.TemplateList{Items: make([]api.Template, len(items)), NextCursor: given(base64.RawURLEncoding.EncodeToString([]byte(next)))}
	for i, t := range items {
		page.Items[i] = template(t)
	}
	return api.ListTemplates200JSONResponse(page), nil
}

// GetTemplate answers a template with its versions.
func (s *Server) GetTemplate(ctx context.Context, r api.GetTemplateRequestObject) (api.GetTemplateResponseObject, error) {
	t, err := s.Templates.Get(ctx, caller(ctx), r.TemplateID)
	if err != nil {
		return nil, err
	}
	return api.GetTemplate200JSONResponse(template(t)), nil
}

// CreateTemplate keeps a new template.
func (s *Server) CreateTemplate(ctx context.Context, r api.CreateTemplateRequestObject) (api.CreateTemplateResponseObject, error) {
	n, err := newVersion(r.Body.Version, r.Body.Body, r.Body.Schema, r.Body.SampleData)
	if err != nil {
		return nil, err
	}
	n.Request = made(ctx, 0)
	v, err := s.Templates.Create(ctx, caller(ctx), r.Body.TemplateID, n)
	if err != nil {
		return nil, err
	}
	out, err := templateVersion(v)
	return api.CreateTemplate201JSONResponse(out), err
}

// CreateTemplateVersion keeps a further version of a template.
func (s *Server) CreateTemplateVersion(ctx context.Context, r api.CreateTemplateVersionRequestObject) (api.CreateTemplateVersionResponseObject, error) {
	n, err := newVersion(r.Body.Version, r.Body.Body, r.Body.Schema, r.Body.SampleData)
	if err != nil {
		return nil, err
	}
	n.Request = made(ctx, 0)
	v, err := s.Templates.AddVersion(ctx, caller(ctx), r.TemplateID, n)
	if err != nil {
		return nil, err
	}
	out, err := templateVersion(v)
	return api.CreateTemplateVersion201JSONResponse(out), err
}

// GetTemplateVersion answers one version.
func (s *Server) GetTemplateVersion(ctx context.Context, r api.GetTemplateVersionRequestObject) (api.GetTemplateVersionResponseObject, error) {
	v, err := s.Templates.Version(ctx, caller(ctx), r.TemplateID, r.Version)
	if err != nil {
		return nil, err
	}
	out, err := templateVersion(v)
	return api.GetTemplateVersion200JSONResponse(out), err
}

// PublishTemplateVersion opens a version to everyone.
func (s *Server) PublishTemplateVersion(ctx context.Context, r api.PublishTemplateVersionRequestObject) (api.PublishTemplateVersionResponseObject, error) {
	v, err := s.Templates.Publish(ctx, caller(ctx), r.TemplateID, r.Version)
	if err != nil {
		return nil, err
	}
	out, err := templateVersion(v)
	return api.PublishTemplateVersion200JSONResponse(out), err
}

// UpdateTemplate says who may use a template.
func (s *Server) UpdateTemplate(ctx context.Context, r api.UpdateTemplateRequestObject) (api.UpdateTemplateResponseObject, error) {
	t, err := s.Templates.Share(ctx, caller(ctx), r.TemplateID, documents.Sharing(r.Body.Sharing))
	if err != nil {
		return nil, err
	}
	return api.UpdateTemplate200JSONResponse(template(t)), nil
}

// UnpublishTemplate takes published versions back.
func (s *Server) UnpublishTemplate(ctx context.Context, r api.UnpublishTemplateRequestObject) (api.UnpublishTemplateResponseObject, error) {
	t, err := s.Templates.Unpublish(ctx, caller(ctx), r.TemplateID, text(r.Params.Version))
	if err != nil {
		return nil, err
	}
	return api.UnpublishTemplate200JSONResponse(template(t)), nil
}

// ArchiveTemplate puts a template away.
func (s *Server) ArchiveTemplate(ctx context.Context, r api.ArchiveTemplateRequestObject) (api.ArchiveTemplateResponseObject, error) {
	t, err := s.Templates.Archive(ctx, caller(ctx), r.TemplateID)
	if err != nil {
		return nil, err
	}
	return api.ArchiveTemplate200JSONResponse(template(t)), nil
}

// CopyTemplate makes a template of the caller's own from another.
func (s *Server) CopyTemplate(ctx context.Context, r api.CopyTemplateRequestObject) (api.CopyTemplateResponseObject, error) {
	v, err := s.Templates.Copy(ctx, caller(ctx), r.TemplateID, text(r.Body.Version), r.Body.TemplateID, made(ctx, 0))
	if err != nil {
		return nil, err
	}
	out, err := templateVersion(v)
	return api.CopyTemplate201JSONResponse(out), err
}

// PreviewTemplateVersion shows a version filled in.
func (s *Server) PreviewTemplateVersion(ctx context.Context, r api.PreviewTemplateVersionRequestObject) (api.PreviewTemplateVersionResponseObject, error) {
	title, fragment, err := s.Templates.Preview(ctx, caller(ctx), r.TemplateID, r.Version, r.Body.Data)
	if err != nil {
		return nil, err
	}
	return api.PreviewTemplateVersion200JSONResponse{Title: title, HTML: fragment}, nil
}

func newVersion(version, body string, schema, sample map[string]any) (documents.NewTemplateVersion, error) {
	n := documents.NewTemplateVersion{Version: version, Body: body}
	var err error
	if n.Schema, err = json.Marshal(schema); err != nil {
		return n, err
	}
	n.Sample, err = json.Marshal(sample)
	return n, err
}

func template(t documents.Template) api.Template {
	latest := t.Latest()
	out := api.Template{TemplateID: t.ID, Sharing: api.TemplateSharing(t.Sharing), OwnerID: (*api.ID)(t.OwnerID), ArchivedAt: t.ArchivedAt, Name: latest.Name, Description: latest.Description, LatestVersion: latest.Version, Versions: make([]api.TemplateVersionSummary, len(t.Versions))}
	for i, v := range t.Versions {
		out.Versions[i] = api.TemplateVersionSummary{Version: v.Version, Name: v.Name, Published: v.PublishedAt != nil,
			AuthorID: (*api.ID)(v.AuthorID), CreatedAt: v.CreatedAt, PublishedAt: v.PublishedAt}
	}
	return out
}

func templateVersion(v documents.TemplateVersion) (api.TemplateVersion, error) {
	out := api.TemplateVersion{TemplateID: v.TemplateID, Version: v.Version, Name: v.Name, Description: v.Description, Published: v.PublishedAt != nil,
		Body: v.Body, AuthorID: (*api.ID)(v.AuthorID), CreatedAt: v.CreatedAt, PublishedAt: v.PublishedAt}
	if err := json.Unmarshal(v.Schema, &out.Schema); err != nil {
		return out, err
	}
	return out, json.Unmarshal(v.Sample, &out.SampleData)
}
