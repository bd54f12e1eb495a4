// Package rendering renders templates and drafts into files, one at a time or in batches
// (batch.go).
//
// A rendering is reproducible: its input is recorded with the file, with the version of the rules,
// so that Rerender can prove that a file has not been altered. Rendering changes no template and no
// draft.
//
// Methods fail with Unavailable if the database or the object store is down, and with the errors
// that they document.
package rendering

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"runtime"
	"time"

	"golang.org/x/text/language"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/doc"
	"counsel/domain/drafts"
	"counsel/domain/files"
	"counsel/domain/files/filetype"
	"counsel/domain/jobs"
	"counsel/domain/templates"
	query "counsel/gen/query/rendering"
)

// Templates binds data to templates. templates.Service implements it.
type Templates interface {
	Bind(ctx context.Context, caller domain.Principal, id, version string, data map[string]any) (templates.Bound, error)
	Rebind(ctx context.Context, key, version string, data json.RawMessage, rules doc.RulesVersion) (doc.Document, error)
}

// Drafts reads the texts of drafts. drafts.Service implements it.
type Drafts interface {
	Text(ctx context.Context, caller domain.Principal, id domain.ID, version int) (drafts.Text, error)
}

// Files stores rendered files. files.Service implements it.
type Files interface {
	AuthorizeCreate(ctx context.Context, caller domain.Principal, caseID *domain.ID) error
	Create(ctx context.Context, n files.NewFile) (files.File, error)
	Get(ctx context.Context, caller domain.Principal, id domain.ID) (files.File, error)
	Find(ctx context.Context, id domain.ID) (files.File, error)
	PresignURL(ctx context.Context, f files.File) (url string, expiresAt time.Time, err error)
}

// Accounts reads accounts. account.Service implements it.
type Accounts interface {
	// ByID returns the accounts that exist among ids.
	ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error)
}

// Cases knows the members of cases. cases.Service implements it.
type Cases interface {
	CanRead(ctx context.Context, caseID, user domain.ID) (bool, error)
}

// Config is what a Service needs.
type Config struct {
	DB        *sql.DB
	Runtime   domain.Runtime
	Templates Templates
	Drafts    Drafts // nil: no drafts are rendered
	Files     Files
	Renderer  doc.Renderer
	// Jobs runs batches; New registers their handler, so it is called before Jobs is started. nil: there
	// are no batches.
	Jobs     jobs.Client
	Accounts Accounts // the owners of batches
	Cases    Cases    // nil: there are no cases
}

// Service renders files. It is safe for concurrent use.
type Service struct {
	pool      *sql.DB
	clock     domain.Clock
	templates Templates
	drafts    Drafts
	files     Files
	renderer  doc.Renderer
	jobs      jobs.Client
	accounts  Accounts
	cases     Cases

	batchSlots chan struct{} // limits concurrent renderings of batches to half the processors
}

// New returns a service. It fails when the configuration is incomplete.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Templates == nil || c.Files == nil || c.Renderer == nil {
		return nil, errors.New("rendering: Config needs DB, Templates, Files and Renderer")
	}
	s := &Service{pool: c.DB, clock: c.Runtime.Clock, templates: c.Templates, drafts: c.Drafts, files: c.Files, renderer: c.Renderer,
		jobs: c.Jobs, accounts: c.Accounts, cases: c.Cases, batchSlots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	if s.jobs != nil {
		s.registerJobs()
	}
	return s, nil
}

// Request determines a rendered file completely: the same template, data and options give the same
// bytes, in any process.
type Request struct {
	ID         domain.ID      `json:"-"` // optional; a file that exists under it is returned
	TemplateID string         `json:"templateId"`
	Version    string         `json:"version"`
	Data       map[string]any `json:"data"`
	Options    Options        `json:"options"`
	CaseID     *domain.ID     `json:"caseId,omitempty"` // the case of the file; nil: none
}

// DraftRequest is a request to render a draft.
type DraftRequest struct {
	ID      domain.ID // as in Request
	DraftID domain.ID
	Version int // 0: the current one
	Options Options
}

// Options change how a file looks.
type Options struct {
	Draft     bool         `json:"draft,omitempty"`     // the watermark DRAFT on every page
	PageSize  doc.PageSize `json:"pageSize,omitempty"`  // "": that of the template
	VerifyURL string       `json:"verifyUrl,omitempty"` // http or https URL printed as a QR code; "": none
}

// Rendering is a rendered file.
type Rendering struct {
	files.File
	URL       string // downloads the file without further credentials
	ExpiresAt time.Time
}

// draftWatermark is the watermark of texts that are not final.
const draftWatermark = "DRAFT"

// Render renders a template and stores the file for the caller, or in the case. NotFound: the template or
// the case is not accessible to the caller. Invalid: names each field of the data that does not fit the
// template or has characters that the fonts lack.
func (s *Service) Render(ctx context.Context, caller domain.Principal, r Request) (Rendering, error) {
	if existing, ok, err := s.findRendering(ctx, caller, r.ID); ok || err != nil {
		return existing, err
	}
	if err := s.files.AuthorizeCreate(ctx, caller, r.CaseID); err != nil {
		return Rendering{}, err
	}
	n, err := s.renderTemplate(ctx, caller, r)
	if err != nil {
		return Rendering{}, err
	}
	n.ID = r.ID
	return s.storeRendering(ctx, n)
}

// renderTemplate renders a template into a file that is ready to be stored.
func (s *Service) renderTemplate(ctx context.Context, caller domain.Principal, r Request) (files.NewFile, error) {
	bound, err := s.templates.Bind(ctx, caller, r.TemplateID, r.Version, r.Data)
	if err != nil {
		return files.NewFile{}, err
	}
	file, err := s.renderPDF(ctx, bound.Document, r.Options)
	if err != nil {
		return files.NewFile{}, doc.LocateCharacters(err, r.Data, "/data")
	}
	data, err := json.Marshal(r.Data)
	if err != nil {
		return files.NewFile{}, err
	}
	return newFile(caller, r.CaseID, bound.Document.Meta.Title, file, r.Options,
		query.CreateRenderingParams{TemplateID: bound.Key, TemplateVersion: r.Version, Data: string(data)})
}

// RenderDraft renders a draft and stores the file for the caller, or in the draft's case. Unless the text
// is final, every page has the watermark DRAFT. NotFound: the draft or the version does not exist. Invalid:
// /title or /body of the draft cannot be rendered.
func (s *Service) RenderDraft(ctx context.Context, caller domain.Principal, r DraftRequest) (Rendering, error) {
	if existing, ok, err := s.findRendering(ctx, caller, r.ID); ok || err != nil {
		return existing, err
	}
	text, err := s.drafts.Text(ctx, caller, r.DraftID, r.Version)
	if err != nil {
		return Rendering{}, err
	}
	if err := s.files.AuthorizeCreate(ctx, caller, text.CaseID); err != nil {
		return Rendering{}, err
	}
	r.Options.Draft = r.Options.Draft || !text.Final
	source := draftSource{Version: text.Version, Title: text.Title, Body: text.Body, Locale: text.Locale, CreatedAt: text.CreatedAt}
	d, err := source.document(doc.CurrentRules)
	if err != nil {
		return Rendering{}, err
	}
	file, err := s.renderPDF(ctx, d, r.Options)
	if err != nil {
		return Rendering{}, err
	}
	data, err := json.Marshal(source)
	if err != nil {
		return Rendering{}, err
	}
	n, err := newFile(caller, text.CaseID, text.Title, file, r.Options, query.CreateRenderingParams{Data: string(data), DraftID: &r.DraftID,
		DraftVersion: sql.NullInt32{Int32: int32(text.Version), Valid: true}})
	if err != nil {
		return Rendering{}, err
	}
	n.ID = r.ID
	return s.storeRendering(ctx, n)
}

// draftSource is the recorded input of a rendered draft. It is stored as JSON.
type draftSource struct {
	Version   int       `json:"version"`
	Title     string    `json:"title"`
	Body      string    `json:"body"`
	Locale    string    `json:"locale"`
	CreatedAt time.Time `json:"createdAt"`
}

// document lays out the text: under its title, unless it begins with a heading of its own, and without
// automatic numbers.
func (s draftSource) document(rules doc.RulesVersion) (doc.Document, error) {
	blocks, err := doc.ParseMarkdown(s.Body, "/body", false)
	if err != nil {
		return doc.Document{}, err
	}
	if tag, err := language.Parse(s.Locale); err == nil {
		doc.LabelSignatures(blocks, tag, rules)
	}
	d := doc.Document{
		Rules:  rules,
		Meta:   doc.Meta{Title: s.Title, Language: s.Locale, Created: s.CreatedAt, Source: "/title"},
		Footer: doc.RunningText{Right: "{page} / {pages}"}, Blocks: blocks,
	}
	if !startsWithTitle(blocks) {
		d.Blocks = append([]doc.Block{doc.Heading{Level: 1, Text: []doc.Span{{Text: s.Title}}, Source: "/title"}}, blocks...)
	}
	return d, nil
}

// startsWithTitle reports whether a text begins with a heading of level 1.
func startsWithTitle(blocks []doc.Block) bool {
	if len(blocks) == 0 {
		return false
	}
	h, ok := blocks[0].(doc.Heading)
	return ok && h.Level == 1
}

func (s *Service) renderPDF(ctx context.Context, d doc.Document, o Options) ([]byte, error) {
	if o.Draft {
		d.Watermark = draftWatermark
	}
	d.Page.Size = cmp.Or(o.PageSize, d.Page.Size)
	d.VerifyURL = o.VerifyURL
	var b bytes.Buffer
	if err := s.renderer.Render(ctx, d, &b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// newFile returns a rendered file to be stored, with the record of its input.
func newFile(caller domain.Principal, caseID *domain.ID, title string, file []byte, o Options, source query.CreateRenderingParams) (files.NewFile, error) {
	options, err := json.Marshal(o)
	if err != nil {
		return files.NewFile{}, err
	}
	source.Options, source.RulesVersion = string(options), uint8(doc.CurrentRules)
	return files.NewFile{
		UserID: caller.UserID, CaseID: caseID, By: caller, Name: filetype.SafeName(title, filetype.PDF), ContentType: filetype.PDF, Kind: files.Rendered,
		Body: bytes.NewReader(file), Size: int64(len(file)), SHA256: sha256.Sum256(file),
		OnInsert: func(ctx context.Context, tx db.Tx, id domain.ID) error {
			row := source
			row.DocumentID = id
			return query.New(tx).CreateRendering(ctx, row)
		},
	}, nil
}

// storeRendering stores a rendered file and returns a link to it.
func (s *Service) storeRendering(ctx context.Context, n files.NewFile) (Rendering, error) {
	f, err := s.files.Create(ctx, n)
	if !n.ID.IsZero() && err != nil && domain.CodeOf(err) == domain.Conflict { // an attempt that crashed left a row for the sweep
		n.ID = domain.ID{}
		f, err = s.files.Create(ctx, n)
	}
	if err != nil {
		return Rendering{}, err
	}
	return s.link(ctx, f)
}

func (s *Service) link(ctx context.Context, f files.File) (Rendering, error) {
	url, expiresAt, err := s.files.PresignURL(ctx, f)
	if err != nil {
		return Rendering{}, err
	}
	return Rendering{File: f, URL: url, ExpiresAt: expiresAt}, nil
}

// findRendering finds the file that an earlier attempt stored under the caller's id.
func (s *Service) findRendering(ctx context.Context, caller domain.Principal, id domain.ID) (r Rendering, ok bool, err error) {
	if id.IsZero() {
		return r, false, nil
	}
	f, err := s.files.Get(ctx, caller, id)
	if err != nil && domain.CodeOf(err) == domain.NotFound {
		return r, false, nil
	}
	if err == nil {
		r, err = s.link(ctx, f)
	}
	return r, err == nil, err
}

// Rerender renders a file again from what was recorded, and reports whether the bytes are those that were
// recorded. known is false for a file that was not rendered here.
func (s *Service) Rerender(ctx context.Context, f files.File) (identical, known bool, err error) {
	row, err := query.New(s.pool).GetRendering(ctx, f.ID)
	if err != nil {
		if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
			return false, false, nil
		}
		return false, false, err
	}
	var o Options
	if err := json.Unmarshal([]byte(row.Options), &o); err != nil {
		return false, true, err
	}
	d, err := s.rebuild(ctx, row)
	if err != nil {
		return false, true, err
	}
	file, err := s.renderPDF(ctx, d, o)
	if err != nil {
		return false, true, err
	}
	return sha256.Sum256(file) == [32]byte(f.SHA256), true, nil
}

// rebuild returns the document that a file was rendered from.
func (s *Service) rebuild(ctx context.Context, row query.Rendering) (doc.Document, error) {
	rules := doc.RulesVersion(row.RulesVersion)
	if row.TemplateID == "" {
		var source draftSource
		if err := json.Unmarshal([]byte(row.Data), &source); err != nil {
			return doc.Document{}, err
		}
		return source.document(rules)
	}
	return s.templates.Rebind(ctx, row.TemplateID, row.TemplateVersion, json.RawMessage(row.Data), rules)
}

// EraseUser deletes the recorded inputs of the user's files outside of cases, in the caller's
// transaction.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error {
	return query.New(tx).DeleteUserRenderings(ctx, user)
}

// EraseTestData deletes what the documents of a test account were rendered from, in the caller's transaction.
func (s *Service) EraseTestData(ctx context.Context, tx db.Tx, testAccount domain.ID) error {
	return query.New(tx).DeleteTestRenderings(ctx, testAccount)
}
