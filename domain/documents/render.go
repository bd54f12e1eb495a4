package documents

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/gen/query"
)

// draftMark is the watermark of what is not final.
const draftMark = "DRAFT"

// Press makes files of templates. It is safe for concurrent use.
type Press struct {
	templates *Templates
	archive   *Archive
	renderer  Renderer
}

// NewPress makes a press.
func NewPress(t *Templates, a *Archive, r Renderer) *Press {
	return &Press{templates: t, archive: a, renderer: r}
}

// RenderRequest is everything that determines a rendered file: the same template, data and
// options give the same bytes, in any process.
type RenderRequest struct {
	TemplateID, Version string
	Data                map[string]any
	Options             RenderOptions
	CaseID              *domain.ID // the case the file is to belong to; nil: none
}

// RenderOptions change how the file looks.
type RenderOptions struct {
	Draft     bool     `json:"draft,omitempty"`     // DRAFT across every page
	PageSize  PageSize `json:"pageSize,omitempty"`  // "": the template's own
	VerifyURL string   `json:"verifyUrl,omitempty"` // http(s) address printed as a QR code; "": none
}

// Rendering is a file that was made and kept.
type Rendering struct {
	Stored
	URL   string // works until Until, for whoever has it
	Until time.Time
}

// Render makes the file and keeps it as the caller's document, or the case's. It fails with
// NotFound for a template or a case that is not open to the caller, with Invalid naming each field of the data that does not
// fit or holds what the fonts cannot show, and with Unavailable when the store is down.
func (p *Press) Render(ctx context.Context, caller domain.Principal, r RenderRequest) (Rendering, error) {
	if r.CaseID != nil {
		if err := p.archive.wall().authorize(ctx, caller, *r.CaseID, cases.VerbCreate); err != nil {
			return Rendering{}, err
		}
	}
	file, title, err := p.make(ctx, caller, r)
	if err != nil {
		return Rendering{}, err
	}
	s, err := p.archive.Save(ctx, NewStored{
		UserID: caller.UserID, CaseID: r.CaseID, By: caller, Name: fileName(title, "application/pdf"), ContentType: "application/pdf", Kind: Rendered,
		Body: bytes.NewReader(file), Size: int64(len(file)), SHA256: sha256.Sum256(file),
		Source: &r,
	})
	if err != nil {
		return Rendering{}, err
	}
	url, until, err := p.archive.Link(ctx, s)
	if err != nil {
		return Rendering{}, err
	}
	return Rendering{Stored: s, URL: url, Until: until}, nil
}

func (p *Press) make(ctx context.Context, caller domain.Principal, r RenderRequest) (file []byte, title string, err error) {
	d, err := p.templates.Document(ctx, caller, r.TemplateID, r.Version, r.Data)
	if err != nil {
		return nil, "", err
	}
	if r.Options.Draft {
		d.Watermark = draftMark
	}
	if r.Options.PageSize != "" {
		d.Page.Size = r.Options.PageSize
	}
	d.VerifyURL = r.Options.VerifyURL
	var b bytes.Buffer
	if err := p.renderer.Render(ctx, d, &b); err != nil {
		return nil, "", pinpoint(err, r.Data)
	}
	return b.Bytes(), d.Meta.Title, nil
}

// pinpoint makes an error about a character name the value that holds it. A renderer knows the
// part of the document it was drawing, but a title or a header is made of several values.
func pinpoint(err error, data map[string]any) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Code != domain.Invalid {
		return err
	}
	var fields []domain.Field
	for _, f := range e.Fields {
		var r rune
		if _, serr := fmt.Sscanf(f.Detail, "U+%X", &r); serr == nil && !strings.HasPrefix(f.Pointer, "/data/") {
			if at := holder(data, r, "/data"); at != "" {
				f.Pointer = at
			}
		}
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	named := *e
	named.Fields = fields
	return &named
}

// holder is the pointer to the first text in v, in the order of names, that holds r; "" if none.
func holder(v any, r rune, at string) string {
	switch v := v.(type) {
	case string:
		if strings.ContainsRune(v, r) {
			return at
		}
	case []any:
		for i, e := range v {
			if found := holder(e, r, at+"/"+strconv.Itoa(i)); found != "" {
				return found
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if found := holder(v[name], r, at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name)); found != "" {
				return found
			}
		}
	}
	return ""
}

// recordSource notes what a document was made from.
func recordSource(ctx context.Context, q *query.Queries, id domain.ID, r RenderRequest) error {
	data, err := json.Marshal(r.Data)
	if err != nil {
		return err
	}
	options, err := json.Marshal(r.Options)
	if err != nil {
		return err
	}
	return q.CreateRendering(ctx, query.CreateRenderingParams{DocumentID: id, TemplateID: r.TemplateID, TemplateVersion: r.Version, Data: string(data), Options: string(options)})
}

// Reproduce makes a rendered document again, as its owner, and tells whether the bytes are those
// that were recorded. known is false for a document that was not rendered here.
func (p *Press) Reproduce(ctx context.Context, s Stored) (same, known bool, err error) {
	row, err := query.New(p.archive.DB).GetRendering(ctx, s.ID)
	if err != nil {
		if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
			return false, false, nil
		}
		return false, false, err
	}
	r := RenderRequest{TemplateID: row.TemplateID, Version: row.TemplateVersion}
	if err := json.NewDecoder(strings.NewReader(row.Data)).Decode(&r.Data); err != nil {
		return false, true, err
	}
	if err := json.Unmarshal([]byte(row.Options), &r.Options); err != nil {
		return false, true, err
	}
	// Who made it could read the template then, and a published version stays readable.
	file, _, err := p.make(ctx, domain.Principal{UserID: s.UserID, Role: domain.RoleAdmin}, r)
	if err != nil {
		return false, true, err
	}
	return sha256.Sum256(file) == [32]byte(s.SHA256), true, nil
}
