package handlers

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"counsel/domain"
	"counsel/domain/doc"
	"counsel/domain/documents"
	"counsel/domain/schema"
	"counsel/gen/api"
)

// UploadDocument keeps a file.
func (s *Server) UploadDocument(ctx context.Context, r api.UploadDocumentRequestObject) (api.UploadDocumentResponseObject, error) {
	f := &uploadForm{form: r.Body}
	if err := f.next(); err != nil {
		return nil, err
	}
	if f.file == nil {
		return nil, domain.InvalidField("/file", "is missing")
	}
	d, err := s.Archive.Upload(ctx, caller(ctx), documents.NewUpload{ID: made(ctx, 0), Name: f.file.FileName(), Body: f, CaseID: func() *domain.ID { return f.matter }})
	if err != nil {
		return nil, err
	}
	concerns(ctx, d.CaseID)
	out, err := s.storedDocument(ctx, d)
	return api.UploadDocument201JSONResponse(out), err
}

// uploadForm reads a form with a file, and a caseId before or behind it. As a Reader it is the file;
// it ends when the form does.
type uploadForm struct {
	form   *multipart.Reader
	file   *multipart.Part
	matter *domain.ID
}

// next goes on to the file, or to the form's end when there was one.
func (u *uploadForm) next() error {
	for {
		part, err := u.form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return unreadable(err)
		case part.FormName() == "file" && u.file == nil:
			if _, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition")); err != nil || !schema.IsLine(params["filename"]) {
				return domain.InvalidField("/file", "has a name that is not one line of UTF-8, or that holds control characters, invisible ones, or such as turn the direction of writing")
			}
			u.file = part
			return nil
		case part.FormName() != "caseId" || u.matter != nil:
			return unknownPart(part)
		}
		text, err := io.ReadAll(io.LimitReader(part, 100))
		if err != nil {
			return unreadable(err)
		}
		id, err := domain.ParseID(string(text))
		if err != nil {
			return domain.InvalidField("/caseId", "must be the id of a case")
		}
		u.matter = &id
	}
}

func (u *uploadForm) Read(p []byte) (int, error) {
	n, err := u.file.Read(p)
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, io.EOF):
		return n, unreadable(err)
	}
	if err := u.next(); err != nil {
		return n, err
	}
	return n, io.EOF
}

func unknownPart(p *multipart.Part) error {
	name := p.FormName()
	if len(name) > 100 {
		name = name[:100]
	}
	return &domain.Error{Code: domain.Malformed, Message: "The form holds a part that is not known.",
		Fields: []domain.Field{{Pointer: "/" + strings.ToValidUTF8(name, ""), Detail: "is not a part of this request, or stands in it twice"}}}
}

func unreadable(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return domain.Errorf(domain.TooLarge, "A file may be at most %d bytes.", documents.MaxUpload)
	}
	return &domain.Error{Code: domain.Malformed, Message: "The form could not be read to its end.", Err: err}
}

// ListDocuments pages through documents.
func (s *Server) ListDocuments(ctx context.Context, r api.ListDocumentsRequestObject) (api.ListDocumentsResponseObject, error) {
	before, err := position(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Archive.List(ctx, caller(ctx), documents.StoredFilter{
		UserID: (*domain.ID)(r.Params.UserID), CaseID: (*domain.ID)(r.Params.CaseID), Kind: documents.Kind(text(r.Params.Kind)), Limit: limit(r.Params.Limit), Before: before})
	if err != nil {
		return nil, err
	}
	page := api.StoredDocumentList{Items: make([]api.StoredDocument, len(items)), NextCursor: cursor(next)}
	for i, d := range items {
		if page.Items[i], err = s.storedDocument(ctx, d); err != nil {
			return nil, err
		}
	}
	return api.ListDocuments200JSONResponse(page), nil
}

// SearchDocuments finds pages by their words.
func (s *Server) SearchDocuments(ctx context.Context, r api.SearchDocumentsRequestObject) (api.SearchDocumentsResponseObject, error) {
	found, err := s.Archive.Search(ctx, caller(ctx), r.Params.Q, (*domain.ID)(r.Params.CaseID), limit(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	page := api.PassageList{Items: make([]api.Passage, len(found))}
	for i, p := range found {
		page.Items[i] = api.Passage{DocID: api.ID(p.DocumentID), CaseID: (*api.ID)(p.CaseID), Name: p.Name, Page: int32(p.Page), Quote: p.Quote, Matches: p.Matches}
	}
	return api.SearchDocuments200JSONResponse(page), nil
}

// GetDocument answers what is known of one document.
func (s *Server) GetDocument(ctx context.Context, r api.GetDocumentRequestObject) (api.GetDocumentResponseObject, error) {
	d, err := s.Archive.Get(ctx, caller(ctx), domain.ID(r.DocID))
	if err != nil {
		return nil, err
	}
	out, err := s.storedDocument(ctx, d)
	return api.GetDocument200JSONResponse(out), err
}

// DeleteDocument takes a document away.
func (s *Server) DeleteDocument(ctx context.Context, r api.DeleteDocumentRequestObject) (api.DeleteDocumentResponseObject, error) {
	return api.DeleteDocument204Response{}, s.Archive.Delete(ctx, caller(ctx), domain.ID(r.DocID))
}

// VerifyDocument compares a document's bytes with what was recorded.
func (s *Server) VerifyDocument(ctx context.Context, r api.VerifyDocumentRequestObject) (api.VerifyDocumentResponseObject, error) {
	d, v, err := s.Archive.Verify(ctx, caller(ctx), domain.ID(r.DocID))
	if err != nil {
		return nil, err
	}
	out := api.Verification{DocID: api.ID(d.ID), Intact: v.Intact, Checksum: d.SHA256.String(), StoredSize: v.Size, VerifiedAt: v.Checked}
	if v.SHA256 != nil {
		sum := v.SHA256.String()
		out.StoredChecksum = &sum
	}
	if same, known, err := s.Press.Reproduce(ctx, d); err != nil {
		return nil, err
	} else if known {
		out.Reproducible = &same
	}
	return api.VerifyDocument200JSONResponse(out), nil
}

// RenderPdf makes a file of a template.
func (s *Server) RenderPdf(ctx context.Context, r api.RenderPdfRequestObject) (api.RenderPdfResponseObject, error) {
	request := renderRequest(*r.Body)
	request.ID = made(ctx, 0)
	d, err := s.Press.Render(ctx, caller(ctx), request)
	if err != nil {
		return nil, err
	}
	return api.RenderPdf200JSONResponse(rendering(ctx, d)), nil
}

func renderRequest(r api.RenderPdfRequest) documents.RenderRequest {
	return documents.RenderRequest{TemplateID: r.TemplateID, Version: r.Version, Data: r.Data, Options: renderOptions(r.Options), CaseID: (*domain.ID)(r.CaseID)}
}

// RenderBatch has files made of templates.
func (s *Server) RenderBatch(ctx context.Context, r api.RenderBatchRequestObject) (api.RenderBatchResponseObject, error) {
	items := make([]documents.RenderRequest, len(r.Body.Items))
	for i, one := range r.Body.Items {
		items[i] = renderRequest(one)
	}
	id, err := s.Batches.Start(ctx, caller(ctx), items, text(r.Params.IdempotencyKey))
	if err != nil {
		return nil, err
	}
	return api.RenderBatch202JSONResponse{JobID: api.ID(id), Total: int32(len(items))}, nil
}

func renderOptions(o *api.RenderOptions) documents.RenderOptions {
	if o == nil {
		return documents.RenderOptions{}
	}
	return documents.RenderOptions{Draft: o.Draft != nil && *o.Draft, PageSize: doc.PageSize(text(o.PageSize)), VerifyURL: text(o.VerifyURL)}
}

// rendering tells of a file that was made. An answer under an Idempotency-Key stays behind the wall
// of its case.
func rendering(ctx context.Context, d documents.Rendering) api.RenderPdfResponse {
	concerns(ctx, d.CaseID)
	return api.RenderPdfResponse{DocID: api.ID(d.ID), CaseID: (*api.ID)(d.CaseID), FileURL: d.URL, FileURLExpiresAt: d.Until, Checksum: d.SHA256.String(), Size: d.Size}
}

func (s *Server) storedDocument(ctx context.Context, d documents.Stored) (api.StoredDocument, error) {
	url, until, err := s.Archive.Link(ctx, d)
	var fault *api.StoredDocumentTextError
	if d.TextError != "" {
		e := api.StoredDocumentTextError(d.TextError)
		fault = &e
	}
	var changes *api.TrackedChanges
	if d.Changes != (documents.Changes{}) {
		changes = &api.TrackedChanges{Insertions: int64(d.Changes.Insertions), Deletions: int64(d.Changes.Deletions), Moves: int64(d.Changes.Moves), Comments: int64(d.Changes.Comments)}
	}
	return api.StoredDocument{ID: api.ID(d.ID), UserID: api.ID(d.UserID), CaseID: (*api.ID)(d.CaseID), Name: d.Name, ContentType: d.ContentType, Kind: api.DocumentKind(d.Kind),
		TextState: api.StoredDocumentTextState(d.Text), TextError: fault, TrackedChanges: changes, Size: d.Size, Checksum: d.SHA256.String(), FileURL: url, FileURLExpiresAt: until, CreatedAt: d.CreatedAt}, err
}

// GetDocumentContent answers a document's bytes, or a part of them.
func (s *Server) GetDocumentContent(ctx context.Context, r api.GetDocumentContentRequestObject) (api.GetDocumentContentResponseObject, error) {
	d, err := s.Archive.Download(ctx, caller(ctx), domain.ID(r.DocID))
	if err != nil {
		return nil, err
	}
	c := &content{doc: d, etag: `"` + hex.EncodeToString(d.SHA256[:]) + `"`, status: http.StatusOK, length: d.Size}
	if matches(text(r.Params.IfNoneMatch), c.etag) {
		c.status = http.StatusNotModified
		return c, nil
	}
	if wanted := text(r.Params.Range); wanted != "" {
		offset, length, err := byteRange(wanted, d.Size)
		if err != nil {
			return nil, err
		}
		if length > 0 {
			c.status, c.offset, c.length = http.StatusPartialContent, offset, length
		}
	}
	c.body, err = s.Archive.Open(ctx, d, c.offset, c.length)
	return c, err
}

// content is a document's bytes on their way to the caller.
type content struct {
	doc            documents.Stored
	etag           string
	status         int
	offset, length int64
	body           io.ReadCloser // nil with 304
}

// transferWait is how long a client may take for a piece of a file of transferPiece bytes.
const (
	transferWait  = 30 * time.Second
	transferPiece = 64 << 10
)

// VisitGetDocumentContentResponse writes the bytes. Each piece goes out only when the next one
// was read, so that a fault found at the end still cuts the answer short.
func (c *content) VisitGetDocumentContentResponse(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("ETag", c.etag)
	h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(c.doc.SHA256[:])+":")
	h.Set("Accept-Ranges", "bytes")
	if c.body == nil {
		w.WriteHeader(c.status)
		return nil
	}
	defer c.body.Close()
	h.Set("Content-Type", c.doc.ContentType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": c.doc.Name}))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'") // should a browser show it all the same
	h.Set("Content-Length", strconv.FormatInt(c.length, 10))
	if c.status == http.StatusPartialContent {
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", c.offset, c.offset+c.length-1, c.doc.Size))
	}
	out := http.NewResponseController(w)
	ready, next := make([]byte, 0, transferPiece), make([]byte, transferPiece)
	for begun := false; ; {
		n, err := io.ReadFull(c.body, next)
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !ended {
			return err
		}
		if !begun {
			begun = true
			w.WriteHeader(c.status)
		}
		_ = out.SetWriteDeadline(time.Now().Add(transferWait))
		if _, err := w.Write(ready); err != nil {
			return nil // the client is gone
		}
		if ended {
			_, _ = w.Write(next[:n]) // as above
			return nil
		}
		ready, next = next[:n], ready[:cap(ready)]
	}
}

// matches reports whether an If-None-Match names the tag.
func matches(header, etag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == etag {
			return true
		}
	}
	return false
}

// byteRange reads a Range header of one range. length is 0 for what is to be passed over: other
// units, several ranges, what cannot be read (RFC 9110, 14.2).
func byteRange(header string, size int64) (offset, length int64, err error) {
	spec, ok := strings.CutPrefix(header, "bytes=")
	first, last, dash := strings.Cut(spec, "-")
	if !ok || !dash || first == "" && last == "" {
		return 0, 0, nil
	}
	number := func(text string, absent int64) (int64, bool) {
		if text == "" {
			return absent, true
		}
		n, err := strconv.ParseUint(text, 10, 63)
		return int64(n), err == nil
	}
	from, okFrom := number(first, -1)
	to, okTo := number(last, size-1)
	switch {
	case !okFrom || !okTo, from >= 0 && last != "" && to < from:
		return 0, 0, nil
	case from < 0: // the last bytes
		from, to = max(0, size-to), size-1
	}
	if from >= size || from > to {
		return 0, 0, domain.Errorf(rangeNotSatisfiable, "The file has %d bytes.", size)
	}
	return from, min(to, size-1) - from + 1, nil
}
