package documents

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/locale"
	"counsel/gen/query"
)

//go:embed templates
var shippedFiles embed.FS

// shippedAt is when the templates built into the program are said to have been made.
var shippedAt = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)

// maxTemplateVersions bounds the versions of one template.
const maxTemplateVersions = 200

// TemplateVersion is one version of a template. It never changes: what is to be different is a
// new version.
type TemplateVersion struct {
	TemplateVersionSummary
	Body   string          // front matter and Markdown with placeholders
	Schema json.RawMessage // JSON Schema (2020-12) of the data
	Sample json.RawMessage // data that fit
}

// TemplateVersionSummary is a version in a list.
type TemplateVersionSummary struct {
	TemplateID  string
	Version     string
	Name        string
	Description string
	AuthorID    *domain.ID // nil: it came with the program
	CreatedAt   time.Time
	PublishedAt *time.Time // nil: only lawyers and admins see it
}

// Template is all versions of one, the oldest first.
type Template struct {
	ID       string
	Versions []TemplateVersionSummary
}

// Latest is the version published last, or, when there is none, the last one made.
func (t Template) Latest() TemplateVersionSummary {
	return slices.MaxFunc(t.Versions, func(a, b TemplateVersionSummary) int {
		at := func(v TemplateVersionSummary) time.Time {
			if v.PublishedAt == nil {
				return time.Time{}
			}
			return *v.PublishedAt
		}
		return cmp.Or(at(a).Compare(at(b)), a.CreatedAt.Compare(b.CreatedAt))
	})
}

// NewTemplateVersion is a version to be kept.
type NewTemplateVersion struct {
	Version string // any short name: 1, 2.1, 2026-03
	Body    string
	Schema  json.RawMessage
	Sample  json.RawMessage
	// Request is optional, the same each time a request is repeated: the version that its caller
	// made since its time is its own.
	Request domain.ID
}

// Templates keeps templates. Those that came with the program stand beside those that lawyers
// write; a new version of one that came with the program is theirs. Published versions are open to
// everyone, others to lawyers and admins; to a client they look like ones that do not exist.
type Templates struct {
	pool     *sql.DB
	clock    domain.Clock
	renderer Renderer
	shipped  map[string]Template
	texts    map[key]TemplateVersion

	mu    sync.Mutex
	forms map[key]*form // of published versions, ready to be filled in
}

type key struct{ id, version string }

// maxForms bounds the versions that are kept ready.
const maxForms = 256

// NewTemplates opens the templates of a database. It fails when one that came with the program
// does not hold.
func NewTemplates(pool *sql.DB, clock domain.Clock, renderer Renderer) (*Templates, error) {
	s := &Templates{pool: pool, clock: clock, renderer: renderer, shipped: map[string]Template{}, texts: map[key]TemplateVersion{}, forms: map[key]*form{}}
	bodies, err := fs.Glob(shippedFiles, "templates/*/*/body.md")
	if err != nil {
		return nil, err
	}
	for _, name := range bodies {
		dir := path.Dir(name)
		v := TemplateVersion{TemplateVersionSummary: TemplateVersionSummary{
			TemplateID: path.Base(path.Dir(dir)), Version: path.Base(dir), CreatedAt: shippedAt, PublishedAt: &shippedAt}}
		var parts [3][]byte
		for i, part := range []string{"body.md", "schema.json", "sample.json"} {
			if parts[i], err = shippedFiles.ReadFile(path.Join(dir, part)); err != nil {
				return nil, err
			}
		}
		v.Body, v.Schema, v.Sample = string(parts[0]), parts[1], parts[2]
		f, err := parseForm(v.Body, v.Schema, v.Sample, v.CreatedAt)
		if err != nil {
			return nil, fmt.Errorf("%s: %w %v", dir, err, fieldsOf(err))
		}
		v.Name, v.Description = f.name, f.description
		k := key{v.TemplateID, v.Version}
		s.forms[k], s.texts[k] = f, v
		t := s.shipped[v.TemplateID]
		t.ID, t.Versions = v.TemplateID, append(t.Versions, v.TemplateVersionSummary)
		s.shipped[v.TemplateID] = t
	}
	return s, nil
}

func fieldsOf(err error) []domain.Field {
	if e, ok := errors.AsType[*domain.Error](err); ok {
		return e.Fields
	}
	return nil
}

// author tells whether somebody may write templates, and see those not yet published.
func author(p domain.Principal) bool { return p.Role == domain.RoleLawyer || p.Admin() }

func (s *Templates) mayWrite(p domain.Principal) error {
	if !author(p) {
		return domain.Errorf(domain.Forbidden, "Only a lawyer may write templates.")
	}
	return nil
}

func noTemplate() error { return domain.Errorf(domain.NotFound, "There is no such template.") }

// List gives templates by id, each with the versions that the caller may see. after: only those
// behind this id. next is the after of the next page, "" on the last.
func (s *Templates) List(ctx context.Context, caller domain.Principal, limit int, after string) (items []Template, next string, err error) {
	limit = min(max(cmp.Or(limit, 20), 1), 100)
	q := query.New(s.pool)
	ids, err := q.ListTemplateIDs(ctx, query.ListTemplateIDsParams{After: after, Unpublished: unpublished(caller), Limit: int32(limit + 1)})
	if err != nil {
		return nil, "", db.Error(err)
	}
	for id := range s.shipped {
		if id > after {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) > limit {
		ids = ids[:limit]
		next = ids[limit-1]
	}
	items, err = s.load(ctx, caller, ids)
	return items, next, err
}

func unpublished(caller domain.Principal) int64 {
	if author(caller) {
		return 1
	}
	return 0
}

func (s *Templates) load(ctx context.Context, caller domain.Principal, ids []string) ([]Template, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := query.New(s.pool).ListTemplateVersions(ctx, query.ListTemplateVersionsParams{Ids: ids, Unpublished: unpublished(caller)})
	if err != nil {
		return nil, db.Error(err)
	}
	items := make([]Template, 0, len(ids))
	for _, id := range ids {
		t := Template{ID: id, Versions: slices.Clone(s.shipped[id].Versions)}
		for _, r := range rows {
			if r.TemplateID == id {
				t.Versions = append(t.Versions, TemplateVersionSummary{TemplateID: id, Version: r.Version, Name: r.Name, Description: r.Description,
					AuthorID: &r.AuthorID, CreatedAt: r.CreatedAt, PublishedAt: timeOf(r.PublishedAt)})
			}
		}
		if len(t.Versions) > 0 {
			items = append(items, t)
		}
	}
	return items, nil
}

func timeOf(t sql.NullTime) *time.Time {
	if !t.Valid {
		return nil
	}
	return &t.Time
}

// Get reads a template with the versions that the caller may see. NotFound: there are none.
func (s *Templates) Get(ctx context.Context, caller domain.Principal, id string) (Template, error) {
	items, err := s.load(ctx, caller, []string{id})
	if err != nil {
		return Template{}, err
	}
	if len(items) == 0 {
		return Template{}, noTemplate()
	}
	return items[0], nil
}

// Version reads one version. NotFound: there is none, or it is not published and the caller is
// no lawyer.
func (s *Templates) Version(ctx context.Context, caller domain.Principal, id, version string) (TemplateVersion, error) {
	if v, ok := s.texts[key{id, version}]; ok {
		return v, nil
	}
	r, err := query.New(s.pool).GetTemplateVersion(ctx, query.GetTemplateVersionParams{TemplateID: id, Version: version})
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && !r.PublishedAt.Valid && !author(caller):
		return TemplateVersion{}, domain.Errorf(domain.NotFound, "There is no such version of this template.")
	case err != nil:
		return TemplateVersion{}, db.Error(err)
	}
	return TemplateVersion{
		TemplateVersionSummary: TemplateVersionSummary{TemplateID: r.TemplateID, Version: r.Version, Name: r.Name, Description: r.Description,
			AuthorID: &r.AuthorID, CreatedAt: r.CreatedAt, PublishedAt: timeOf(r.PublishedAt)},
		Body: r.Body, Schema: json.RawMessage(r.DataSchema), Sample: json.RawMessage(r.Sample),
	}, nil
}

var (
	templateID  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)
	versionName = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$`)
)

// Create keeps a new template with its first version, not published. Errors: Forbidden; Invalid:
// /templateId, /version, /body, /schema, /sampleData; Conflict: the id is taken.
func (s *Templates) Create(ctx context.Context, caller domain.Principal, id string, n NewTemplateVersion) (TemplateVersion, error) {
	if err := s.mayWrite(caller); err != nil {
		return TemplateVersion{}, err
	}
	if !templateID.MatchString(id) {
		return TemplateVersion{}, domain.InvalidField("/templateId", "must be small letters, digits and hyphens")
	}
	taken := domain.Errorf(domain.Conflict, "There is a template with this id: a new version of it can be made.")
	if _, ok := s.shipped[id]; ok {
		return TemplateVersion{}, taken
	}
	return s.keep(ctx, caller, id, n, func(q *query.Queries, now time.Time) error {
		err := q.CreateTemplate(ctx, query.CreateTemplateParams{ID: id, CreatedBy: caller.UserID, CreatedAt: now})
		if domain.CodeOf(db.Error(err)) == domain.Conflict {
			return taken
		}
		return err
	})
}

// AddVersion keeps a further version of a template, not published. Errors: those of Create, and
// NotFound: there is no such template; Conflict: it has this version, or too many.
func (s *Templates) AddVersion(ctx context.Context, caller domain.Principal, id string, n NewTemplateVersion) (TemplateVersion, error) {
	if err := s.mayWrite(caller); err != nil {
		return TemplateVersion{}, err
	}
	if _, ok := s.texts[key{id, n.Version}]; ok {
		return TemplateVersion{}, sameVersion()
	}
	return s.keep(ctx, caller, id, n, func(q *query.Queries, now time.Time) error {
		if _, ok := s.shipped[id]; ok {
			if err := q.EnsureTemplate(ctx, query.EnsureTemplateParams{ID: id, CreatedBy: caller.UserID, CreatedAt: now}); err != nil {
				return err
			}
		}
		if _, err := q.LockTemplate(ctx, id); errors.Is(err, sql.ErrNoRows) {
			return noTemplate()
		} else if err != nil {
			return err
		}
		count, err := q.CountTemplateVersions(ctx, id)
		if err == nil && count >= maxTemplateVersions {
			err = domain.Errorf(domain.Conflict, "A template can have %d versions at most.", maxTemplateVersions)
		}
		return err
	})
}

// checkPrintable refuses a template that could not be rendered: in a language without a format, or
// with letters that the fonts lack. Invalid: /body, /sampleData.
func (s *Templates) checkPrintable(ctx context.Context, f *form, n NewTemplateVersion) error {
	if _, ok := locale.Lookup(f.language); !ok {
		return domain.InvalidField("/body", "front matter: language must be one of %s, with or without a region", strings.Join(locale.Languages(), ", "))
	}
	// The sample may leave sections out: all the text around the placeholders is rendered as well.
	var text []Block
	for line := range strings.Lines(placeholder.ReplaceAllString(n.Body, " ")) {
		text = append(text, Paragraph{Text: []Span{{Text: strings.TrimSpace(line)}}, Source: "/body"})
	}
	if err := s.renderer.Render(ctx, Document{Blocks: text}, io.Discard); err != nil {
		return err
	}
	sample, err := decode(n.Sample)
	if err != nil {
		return err
	}
	d, err := f.fill(sample, CurrentRules, "/sampleData", "/body")
	if err != nil {
		return err
	}
	return pinpoint(s.renderer.Render(ctx, d, io.Discard), sample, "/sampleData")
}

var placeholder = regexp.MustCompile(`\{\{[^}]*\}?\}\}`)

func sameVersion() error {
	return domain.Errorf(domain.Conflict, "The template has this version, and a version never changes: take a new one.")
}

func (s *Templates) keep(ctx context.Context, caller domain.Principal, id string, n NewTemplateVersion, first func(*query.Queries, time.Time) error) (TemplateVersion, error) {
	if !versionName.MatchString(n.Version) {
		return TemplateVersion{}, domain.InvalidField("/version", "must be letters, digits, dots, hyphens and _, 32 at most")
	}
	now := s.clock()
	f, err := parseForm(n.Body, n.Schema, n.Sample, now)
	if err != nil {
		return TemplateVersion{}, err
	}
	if err := s.checkPrintable(ctx, f, n); err != nil {
		return TemplateVersion{}, err
	}
	if !n.Request.IsZero() {
		v, err := s.Version(ctx, caller, id, n.Version)
		if err != nil && domain.CodeOf(err) != domain.NotFound {
			return TemplateVersion{}, err
		}
		if err == nil && v.AuthorID != nil && *v.AuthorID == caller.UserID && v.Body == n.Body && !v.CreatedAt.Before(n.Request.Time()) {
			return v, nil
		}
	}
	err = db.WithTx(ctx, s.pool, func(q *query.Queries) error {
		if err := first(q, now); err != nil {
			return err
		}
		err := q.CreateTemplateVersion(ctx, query.CreateTemplateVersionParams{TemplateID: id, Version: n.Version, Name: f.name, Description: f.description,
			Body: n.Body, DataSchema: string(n.Schema), Sample: string(n.Sample), AuthorID: caller.UserID, CreatedAt: now})
		if domain.CodeOf(db.Error(err)) == domain.Conflict {
			return sameVersion()
		}
		return err
	})
	if err != nil {
		return TemplateVersion{}, err
	}
	return s.Version(ctx, caller, id, n.Version)
}

// Publish opens a version to everyone, for good. Publishing it again changes nothing. Errors:
// Forbidden, NotFound.
func (s *Templates) Publish(ctx context.Context, caller domain.Principal, id, version string) (TemplateVersion, error) {
	if err := s.mayWrite(caller); err != nil {
		return TemplateVersion{}, err
	}
	v, err := s.Version(ctx, caller, id, version)
	if err != nil || v.PublishedAt != nil {
		return v, err
	}
	err = query.New(s.pool).PublishTemplateVersion(ctx, query.PublishTemplateVersionParams{PublishedBy: &caller.UserID,
		PublishedAt: sql.NullTime{Time: s.clock(), Valid: true}, TemplateID: id, Version: version})
	if err != nil {
		return TemplateVersion{}, db.Error(err)
	}
	return s.Version(ctx, caller, id, version)
}

// Preview shows a version with data, or with its sample when data is nil, as HTML that is safe to
// put into a page. Errors: those of Document.
func (s *Templates) Preview(ctx context.Context, caller domain.Principal, id, version string, data map[string]any) (title, fragment string, err error) {
	if data == nil {
		v, err := s.Version(ctx, caller, id, version)
		if err != nil {
			return "", "", err
		}
		if data, err = decode(v.Sample); err != nil {
			return "", "", err
		}
	}
	d, err := s.Document(ctx, caller, id, version, data)
	if err != nil {
		return "", "", err
	}
	fragment, err = d.HTML()
	return d.Meta.Title, fragment, err
}

// Document fills a version in. The same version and data give the same document. Errors:
// NotFound; Invalid: /data and pointers into it; TooLarge.
func (s *Templates) Document(ctx context.Context, caller domain.Principal, id, version string, data map[string]any) (Document, error) {
	return s.document(ctx, caller, key{id, version}, data, CurrentRules)
}

func (s *Templates) document(ctx context.Context, caller domain.Principal, k key, data map[string]any, rules RulesVersion) (Document, error) {
	f, err := s.form(ctx, caller, k)
	if err != nil {
		return Document{}, err
	}
	return f.fill(data, rules, "/data", "/templateId")
}

func (s *Templates) form(ctx context.Context, caller domain.Principal, k key) (*form, error) {
	s.mu.Lock()
	f := s.forms[k]
	s.mu.Unlock()
	if f != nil {
		return f, nil
	}
	v, err := s.Version(ctx, caller, k.id, k.version)
	if err != nil {
		return nil, err
	}
	if f, err = parseForm(v.Body, v.Schema, v.Sample, v.CreatedAt); err != nil {
		// It was accepted once; the rules have become stricter since.
		return nil, domain.InvalidField("/templateId", "this version of the template can no longer be used: %s", describe(err))
	}
	if v.PublishedAt != nil {
		s.mu.Lock()
		if len(s.forms) >= maxForms {
			maps.DeleteFunc(s.forms, func(k key, _ *form) bool { _, shipped := s.texts[k]; return !shipped })
		}
		s.forms[k] = f
		s.mu.Unlock()
	}
	return f, nil
}

func describe(err error) string {
	var parts []string
	for _, f := range fieldsOf(err) {
		parts = append(parts, f.Pointer+" "+f.Detail)
	}
	return strings.Join(parts, "; ")
}
