package handlers

import (
	"context"
	"counsel/domain"
	"counsel/domain/doc"
	"counsel/domain/files"
	"counsel/domain/rendering"
	"counsel/domain/text"
	"counsel/gen/api"
	"counsel/handlers/middleware"
	"encoding/hex"
	"net/http"
)

// UploadDocument stores an uploaded file.
func (s *Server) UploadDocument(ctx context.Context, r api.UploadDocumentRequestObject) (api.UploadDocumentResponseObject, error) {
	f := &uploadForm{form: r.Body}
	if err := f.next(); err != nil {
		return nil, err
	}
	if f.file == nil {
		return nil, domain.InvalidField("/file", "is missing")
	}
	d, err := s.files.Upload(ctx, principal(ctx), files.UploadRequest{ID: middleware.DerivedID(ctx, 0), Name: f.file.FileName(), Body: f, CaseID: func() *domain.ID { return f.caseID }})
	if err != nil {
		return nil, err
	}
	middleware.SetCase(ctx, d.CaseID)
	out, err := s.toAPIDocument(ctx, d)
	return api.UploadDocument201JSONResponse(out), err
}

// ListDocuments lists stored documents.
func (s *Server) ListDocuments(ctx context.Context, r api.ListDocumentsRequestObject) (api.ListDocumentsResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.files.List(ctx, principal(ctx), files.Filter{
		UserID: (*domain.ID)(r.Params.UserID), CaseID: (*domain.ID)(r.Params.CaseID), Kind: files.Kind(deref(r.Params.Kind)), Limit: limit(r.Params.Limit), Cursor: cursor})
	if err != nil {
		return nil, err
	}
	page := api.StoredDocumentList{Items: make([]api.StoredDocument, len(items)), NextCursor: encodeCursor(next)}
	for i, d := range items {
		if page.Items[i], err = s.toAPIDocument(ctx, d); err != nil {
			return nil, err
		}
	}
	return api.ListDocuments200JSONResponse(page), nil
}

// SearchDocuments finds pages by the words on them.
func (s *Server) SearchDocuments(ctx context.Context, r api.SearchDocumentsRequestObject) (api.SearchDocumentsResponseObject, error) {
	found, err := s.files.Search(ctx, principal(ctx), r.Params.Q, (*domain.ID)(r.Params.CaseID), limit(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	page := api.PassageList{Items: make([]api.Passage, len(found))}
	for i, p := range found {
		page.Items[i] = api.Passage{DocID: api.ID(p.DocumentID), CaseID: (*api.ID)(p.CaseID), Name: p.Name, Page: int32(p.Page), Quote: p.Snippet, Matches: p.Highlights}
	}
	return api.SearchDocuments200JSONResponse(page), nil
}

// GetDocument returns the metadata of a document.
func (s *Server) GetDocument(ctx context.Context, r api.GetDocumentRequestObject) (api.GetDocumentResponseObject, error) {
	d, err := s.files.Get(ctx, principal(ctx), domain.ID(r.DocID))
	if err != nil {
		return nil, err
	}
	out, err := s.toAPIDocument(ctx, d)
	return api.GetDocument200JSONResponse(out), err
}

// DeleteDocument deletes a document.
func (s *Server) DeleteDocument(ctx context.Context, r api.DeleteDocumentRequestObject) (api.DeleteDocumentResponseObject, error) {
	return api.DeleteDocument204Response{}, s.files.Delete(ctx, principal(ctx), domain.ID(r.DocID))
}

// VerifyDocument compares a document's bytes with its recorded checksum.
func (s *Server) VerifyDocument(ctx context.Context, r api.VerifyDocumentRequestObject) (api.VerifyDocumentResponseObject, error) {
	d, v, err := s.files.Verify(ctx, principal(ctx), domain.ID(r.DocID))
	if err != nil {
		return nil, err
	}
	out := api.Verification{DocID: api.ID(d.ID), Intact: v.Intact, Checksum: d.SHA256.String(), StoredSize: v.Size, VerifiedAt: v.CheckedAt}
	if v.SHA256 != nil {
		sum := v.SHA256.String()
		out.StoredChecksum = &sum
	}
	if same, known, err := s.rendering.Rerender(ctx, d); err != nil {
		return nil, err
	} else if known {
		out.Reproducible = &same
	}
	return api.VerifyDocument200JSONResponse(out), nil
}

// RenderPdf renders a template to a file.
func (s *Server) RenderPdf(ctx context.Context, r api.RenderPdfRequestObject) (api.RenderPdfResponseObject, error) {
	request := fromAPIRenderRequest(*r.Body)
	request.ID = middleware.DerivedID(ctx, 0)
	d, err := s.rendering.Render(ctx, principal(ctx), request)
	if err != nil {
		return nil, err
	}
	return api.RenderPdf200JSONResponse(toAPIRendering(ctx, d)), nil
}

func fromAPIRenderRequest(r api.RenderPdfRequest) rendering.Request {
	return rendering.Request{TemplateID: r.TemplateID, Version: r.Version, Data: r.Data, Options: fromAPIRenderOptions(r.Options), CaseID: (*domain.ID)(r.CaseID)}
}

// RenderBatch starts a job that renders several templates.
func (s *Server) RenderBatch(ctx context.Context, r api.RenderBatchRequestObject) (api.RenderBatchResponseObject, error) {
	items := make([]rendering.Request, len(r.Body.Items))
	for i, request := range r.Body.Items {
		items[i] = fromAPIRenderRequest(request)
	}
	id, err := s.rendering.StartBatch(ctx, principal(ctx), items, deref(r.Params.IdempotencyKey))
	if err != nil {
		return nil, err
	}
	return api.RenderBatch202JSONResponse{JobID: api.ID(id), Total: int32(len(items))}, nil
}

func fromAPIRenderOptions(o *api.RenderOptions) rendering.Options {
	if o == nil {
		return rendering.Options{}
	}
	return rendering.Options{Draft: o.Draft != nil && *o.Draft, PageSize: doc.PageSize(deref(o.PageSize)), VerifyURL: deref(o.VerifyURL)}
}

// toAPIRendering converts a rendering, and ties a stored answer to its case.
func toAPIRendering(ctx context.Context, d rendering.Rendering) api.RenderPdfResponse {
	middleware.SetCase(ctx, d.CaseID)
	return api.RenderPdfResponse{DocID: api.ID(d.ID), CaseID: (*api.ID)(d.CaseID), FileURL: d.URL, FileURLExpiresAt: d.ExpiresAt, Checksum: d.SHA256.String(), Size: d.Size}
}

func (s *Server) toAPIDocument(ctx context.Context, d files.File) (api.StoredDocument, error) {
	url, until, err := s.files.PresignURL(ctx, d)
	var fault *api.StoredDocumentTextError
	if d.TextError != "" {
		e := api.StoredDocumentTextError(d.TextError)
		fault = &e
	}
	var changes *api.TrackedChanges
	if d.Changes != (text.Changes{}) {
		changes = &api.TrackedChanges{Insertions: int64(d.Changes.Insertions), Deletions: int64(d.Changes.Deletions), Moves: int64(d.Changes.Moves), Comments: int64(d.Changes.Comments)}
	}
	return api.StoredDocument{ID: api.ID(d.ID), UserID: api.ID(d.UserID), CaseID: (*api.ID)(d.CaseID), Name: d.Name, ContentType: d.ContentType, Kind: api.DocumentKind(d.Kind),
		TextState: api.StoredDocumentTextState(d.Text), TextError: fault, TrackedChanges: changes, Size: d.Size, Checksum: d.SHA256.String(), FileURL: url, FileURLExpiresAt: until, CreatedAt: d.CreatedAt}, err
}

// GetDocumentContent returns a document's bytes, or a range of them.
func (s *Server) GetDocumentContent(ctx context.Context, r api.GetDocumentContentRequestObject) (api.GetDocumentContentResponseObject, error) {
	d, err := s.files.GetForDownload(ctx, principal(ctx), domain.ID(r.DocID))
	if err != nil {
		return nil, err
	}
	c := &content{doc: d, etag: `"` + hex.EncodeToString(d.SHA256[:]) + `"`, status: http.StatusOK, length: d.Size}
	if matchesETag(deref(r.Params.IfNoneMatch), c.etag) {
		c.status = http.StatusNotModified
		return c, nil
	}
	if wanted := deref(r.Params.Range); wanted != "" {
		offset, length, err := byteRange(wanted, d.Size)
		if err != nil {
			return nil, err
		}
		if length > 0 {
			c.status, c.offset, c.length = http.StatusPartialContent, offset, length
		}
	}
	c.body, err = s.files.Open(ctx, d, c.offset, c.length)
	return c, err
}
