package documents

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"time"

	"golang.org/x/text/language"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/doc"
	"counsel/gen/query"
)

// draftMark is the watermark of what is not final.
const draftMark = "DRAFT"

// Press makes files of templates and drafts. It is safe for concurrent use.
type Press struct {
	templates *Templates
	drafts    *Drafts
	archive   *Archive
	renderer  doc.Renderer
}

// NewPress makes a press.
func NewPress(t *Templates, d *Drafts, a *Archive, r doc.Renderer) *Press {
	return &Press{templates: t, drafts: d, archive: a, renderer: r}
}

// RenderRequest is everything that determines a rendered file: the same template, data and
// options give the same bytes, in any process.
type RenderRequest struct {
	ID         domain.ID      `json:"-"` // optional; a file that was kept under it is not made again
	TemplateID string         `json:"templateId"`
	Version    string         `json:"version"`
	Data       map[string]any `json:"data"`
	Options    RenderOptions  `json:"options"`
	CaseID     *domain.ID     `json:"caseId,omitempty"` // the case the file is to belong to; nil: none
}

// RenderOptions change how the file looks.
type RenderOptions struct {
	Draft     bool         `json:"draft,omitempty"`     // DRAFT across every page
	PageSize  doc.PageSize `json:"pageSize,omitempty"`  // "": the template's own
	VerifyURL string       `json:"verifyUrl,omitempty"` // http(s) address printed as a QR code; "": none
}

// Rendering is a file that was made and kept.
type Rendering struct {
	Stored
	URL   string // works until Until, for whoever has it
	Until time.Time
}

// DraftRenderRequest asks for the file of a draft.
type DraftRenderRequest struct {
	ID      domain.ID // as of RenderRequest
	DraftID domain.ID
	Version int // 0: the present one
	Options RenderOptions
}

// Render makes the file and keeps it as the caller's document, or the case's. It fails with
// NotFound for a template or a case that is not open to the caller, with Invalid naming each field
// of the data that does not fit or holds what the fonts cannot show, and with Unavailable when the
// store is down.
func (p *Press) Render(ctx context.Context, caller domain.Principal, r RenderRequest) (Rendering, error) {
	if kept, there, err := p.before(ctx, caller, r.ID); there || err != nil {
		return kept, err
	}
	if err := p.mayKeep(ctx, caller, r.CaseID); err != nil {
		return Rendering{}, err
	}
	n, err := p.print(ctx, caller, r)
	if err != nil {
		return Rendering{}, err
	}
	n.ID = r.ID
	return p.keep(ctx, n)
}

// print makes the file of a template, ready to be kept.
func (p *Press) print(ctx context.Context, caller domain.Principal, r RenderRequest) (NewStored, error) {
	d, template, err := p.templates.document(ctx, caller, r.TemplateID, r.Version, r.Data)
	if err != nil {
		return NewStored{}, err
	}
	file, err := p.make(ctx, d, r.Options)
	if err != nil {
		return NewStored{}, doc.LocateCharacters(err, r.Data, "/data")
	}
	data, err := json.Marshal(r.Data)
	if err != nil {
		return NewStored{}, err
	}
	return rendered(caller, r.CaseID, d.Meta.Title, file, r.Options, query.CreateRenderingParams{TemplateID: template, TemplateVersion: r.Version, Data: string(data)})
}

// RenderDraft makes the file of a draft and keeps it as the caller's document, or as one of the
// draft's case. What is not a final text has DRAFT across its pages. Errors: NotFound: there is no
// such draft, or no such version of it; Invalid: /title or /body of the draft holds what cannot be
// shown; Unavailable.
func (p *Press) RenderDraft(ctx context.Context, caller domain.Principal, r DraftRenderRequest) (Rendering, error) {
	if kept, there, err := p.before(ctx, caller, r.ID); there || err != nil {
		return kept, err
	}
	text, matter, final, err := p.drafts.text(ctx, caller, r.DraftID, r.Version)
	if err != nil {
		return Rendering{}, err
	}
	if err := p.mayKeep(ctx, caller, matter); err != nil {
		return Rendering{}, err
	}
	r.Options.Draft = r.Options.Draft || !final
	d, err := text.document(doc.CurrentRules)
	if err != nil {
		return Rendering{}, err
	}
	file, err := p.make(ctx, d, r.Options)
	if err != nil {
		return Rendering{}, err
	}
	data, err := json.Marshal(text)
	if err != nil {
		return Rendering{}, err
	}
	n, err := rendered(caller, matter, text.Title, file, r.Options, query.CreateRenderingParams{Data: string(data), DraftID: &r.DraftID,
		DraftVersion: sql.NullInt32{Int32: int32(text.Version), Valid: true}})
	if err != nil {
		return Rendering{}, err
	}
	n.ID = r.ID
	return p.keep(ctx, n)
}

// draftText is all that the file of a draft is made from.
type draftText struct {
	Version   int       `json:"version"`
	Title     string    `json:"title"`
	Body      string    `json:"body"`
	Locale    string    `json:"locale"`
	CreatedAt time.Time `json:"createdAt"`
}

// document is the text as it is set: under its title, unless it begins with a heading of its own.
// What numbers it has are those its author wrote.
func (t draftText) document(rules doc.RulesVersion) (doc.Document, error) {
	blocks, err := doc.ParseMarkdown(t.Body, "/body", false)
	if err != nil {
		return doc.Document{}, err
	}
	if tag, err := language.Parse(t.Locale); err == nil {
		doc.LabelSignatures(blocks, tag, rules)
	}
	d := doc.Document{
		Rules:  rules,
		Meta:   doc.Meta{Title: t.Title, Language: t.Locale, Created: t.CreatedAt, Source: "/title"},
		Footer: doc.RunningText{Right: "{page} / {pages}"}, Blocks: blocks,
	}
	if !titled(blocks) {
		d.Blocks = append([]doc.Block{doc.Heading{Level: 1, Text: []doc.Span{{Text: t.Title}}, Source: "/title"}}, blocks...)
	}
	return d, nil
}

// titled reports whether a text begins with a heading of the first level.
func titled(blocks []doc.Block) bool {
	if len(blocks) == 0 {
		return false
	}
	h, ok := blocks[0].(doc.Heading)
	return ok && h.Level == 1
}

// mayKeep tells whether the caller may put a file into a case, before it is made.
func (p *Press) mayKeep(ctx context.Context, caller domain.Principal, matter *domain.ID) error {
	if matter == nil {
		return nil
	}
	return p.archive.wall().authorize(ctx, caller, *matter, cases.VerbCreate)
}

func (p *Press) make(ctx context.Context, d doc.Document, o RenderOptions) ([]byte, error) {
	if o.Draft {
		d.Watermark = draftMark
	}
	if o.PageSize != "" {
		d.Page.Size = o.PageSize
	}
	d.VerifyURL = o.VerifyURL
	var b bytes.Buffer
	if err := p.renderer.Render(ctx, d, &b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// rendered is a file that was made here.
func rendered(caller domain.Principal, matter *domain.ID, title string, file []byte, o RenderOptions, source query.CreateRenderingParams) (NewStored, error) {
	options, err := json.Marshal(o)
	if err != nil {
		return NewStored{}, err
	}
	source.Options, source.RulesVersion = string(options), uint8(doc.CurrentRules)
	return NewStored{
		UserID: caller.UserID, CaseID: matter, By: caller, Name: fileName(title, PDF), ContentType: PDF, Kind: Rendered,
		Body: bytes.NewReader(file), Size: int64(len(file)), SHA256: sha256.Sum256(file), source: &source,
	}, nil
}

func (p *Press) keep(ctx context.Context, n NewStored) (Rendering, error) {
	s, err := p.archive.Save(ctx, n)
	if !n.ID.IsZero() && err != nil && domain.CodeOf(err) == domain.Conflict { // a run that broke off left a row for the sweep
		n.ID = domain.ID{}
		s, err = p.archive.Save(ctx, n)
	}
	if err != nil {
		return Rendering{}, err
	}
	return p.link(ctx, s)
}

func (p *Press) link(ctx context.Context, s Stored) (Rendering, error) {
	url, until, err := p.archive.Link(ctx, s)
	if err != nil {
		return Rendering{}, err
	}
	return Rendering{Stored: s, URL: url, Until: until}, nil
}

// before finds the file that was kept under an id the caller brought.
func (p *Press) before(ctx context.Context, caller domain.Principal, id domain.ID) (r Rendering, there bool, err error) {
	if id.IsZero() {
		return r, false, nil
	}
	s, err := p.archive.Get(ctx, caller, id)
	if err != nil && domain.CodeOf(err) == domain.NotFound {
		return r, false, nil
	}
	if err == nil {
		r, err = p.link(ctx, s)
	}
	return r, err == nil, err
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
	var o RenderOptions
	if err := json.Unmarshal([]byte(row.Options), &o); err != nil {
		return false, true, err
	}
	d, err := p.again(ctx, row)
	if err != nil {
		return false, true, err
	}
	file, err := p.make(ctx, d, o)
	if err != nil {
		return false, true, err
	}
	return sha256.Sum256(file) == [32]byte(s.SHA256), true, nil
}

// again is the document that a file was made of.
func (p *Press) again(ctx context.Context, row query.Rendering) (doc.Document, error) {
	if row.TemplateID == "" {
		var text draftText
		if err := json.Unmarshal([]byte(row.Data), &text); err != nil {
			return doc.Document{}, err
		}
		return text.document(doc.RulesVersion(row.RulesVersion))
	}
	data, err := decode(json.RawMessage(row.Data))
	if err != nil {
		return doc.Document{}, err
	}
	return p.templates.rebuild(ctx, row.TemplateID, row.TemplateVersion, data, doc.RulesVersion(row.RulesVersion))
}
