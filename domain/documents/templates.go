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
	"counsel/domain/doc"
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
	PublishedAt *time.Time // nil: only its owner and admins see it
	Withdrawn   bool       // it was published once, and is not any more
}

// Sharing says who may use the published versions of a template.
type Sharing string

// The ways of sharing.
const (
	SharedWithFirm Sharing = "firm"    // everyone
	Private        Sharing = "private" // the owner alone
)

// Template is the versions of one that somebody may see, the oldest first.
type Template struct {
	ID         string
	OwnerID    *domain.ID // nil: it came with the program
	Sharing    Sharing
	ArchivedAt *time.Time // it is not used any more
	Versions   []TemplateVersionSummary
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

// Templates are those that came with the program and those in the database. Each of the latter has an
// owner, who alone writes, publishes, shares and archives it; admins may, too. Of a template that is
// shared with the firm everyone may use the published versions. All else looks to others as if it did
// not exist. The templates of the program are everyone's to use and nobody's to change: they are copied.
//
// People name a template by an id that is unique among their own, and among those the firm shares; the
// row has a key of its own, under which the versions and what was rendered from them are kept.
type Templates struct {
	pool     *sql.DB
	clock    domain.Clock
	newID    func() domain.ID
	renderer doc.Renderer
	shipped  map[string]Template
	texts    map[key]TemplateVersion

	mu    sync.Mutex
	forms map[key]*form // ready to be filled in
}

// key names a version: by the key of its row, or the id of one that came with the program.
type key struct{ id, version string }

// maxForms bounds the versions that are kept ready.
const maxForms = 256

// NewTemplates opens the templates of a database. It fails when one that came with the program
// does not hold.
func NewTemplates(pool *sql.DB, clock domain.Clock, newID func() domain.ID, renderer doc.Renderer) (*Templates, error) {
	s := &Templates{pool: pool, clock: clock, newID: newID, renderer: renderer, shipped: map[string]Template{}, texts: map[key]TemplateVersion{}, forms: map[key]*form{}}
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
		t.ID, t.Sharing, t.Versions = v.TemplateID, SharedWithFirm, append(t.Versions, v.TemplateVersionSummary)
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

func mayWrite(p domain.Principal) error {
	if !p.Staff() {
		return domain.Errorf(domain.Forbidden, "Only a lawyer may write templates.")
	}
	return nil
}

func noTemplate() error { return domain.NoSuch("template") }

func noTemplateVersion() error {
	return domain.NoSuch("version of this template")
}

func archived() error {
	return &domain.Error{Code: domain.Conflict, Reason: "template_archived", Message: "The template is archived. Copy it to go on with it."}
}

// owned is a template of the database, as its row says.
type owned = query.FindTemplatesRow

// owns reports whether the caller may change a template, and see all its versions.
func owns(caller domain.Principal, t owned) bool { return mayRead(caller, t.CreatedBy) }

// shared reports whether everyone may use what is published of a template.
func shared(t owned) bool {
	return t.Published && Sharing(t.Sharing) == SharedWithFirm && !t.ArchivedAt.Valid
}

// find gives the templates of the database that ids name to the caller: of several that have the same
// one their own, unless it is archived, else the firm's, else their archived one or, to an admin, the oldest.
func (s *Templates) find(ctx context.Context, caller domain.Principal, ids ...string) (map[string]owned, error) {
	slugs := make([]sql.NullString, len(ids))
	for i, id := range ids {
		slugs[i] = sql.NullString{String: id, Valid: true}
	}
	rows, err := query.New(s.pool).FindTemplates(ctx, query.FindTemplatesParams{Slugs: slugs, Ids: ids})
	if err != nil {
		return nil, db.Error(err)
	}
	found := map[string]owned{}
	nearness := func(t owned) int {
		switch {
		case t.CreatedBy == caller.UserID && !t.ArchivedAt.Valid:
			return 3
		case shared(t):
			return 2
		case owns(caller, t):
			return 1
		}
		return 0
	}
	for _, t := range rows {
		n := nearness(t)
		if known, ok := found[t.Slug]; n > 0 && (!ok || n > nearness(known)) {
			found[t.Slug] = t
		}
	}
	return found, nil
}

// visible finds one template of the database. NotFound: the caller may not know of it.
func (s *Templates) visible(ctx context.Context, caller domain.Principal, id string) (owned, error) {
	found, err := s.find(ctx, caller, id)
	if err != nil {
		return owned{}, err
	}
	t, ok := found[id]
	if !ok {
		return owned{}, noTemplate()
	}
	return t, nil
}

// List gives templates by id, each with the versions that the caller may see. after: only those
// behind this id. next is the after of the next page, "" on the last.
func (s *Templates) List(ctx context.Context, caller domain.Principal, limit int, after string) (items []Template, next string, err error) {
	limit = min(max(cmp.Or(limit, 20), 1), 100)
	everything := int64(0)
	if caller.Admin() {
		everything = 1
	}
	ids, err := query.New(s.pool).ListTemplateSlugs(ctx, query.ListTemplateSlugsParams{After: sql.NullString{String: after, Valid: true}, Caller: caller.UserID, Everything: everything, Limit: int32(limit + 1)})
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

// load reads templates with the versions that the caller may see; those without any are left out.
func (s *Templates) load(ctx context.Context, caller domain.Principal, ids []string) ([]Template, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := s.find(ctx, caller, ids...)
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, t := range found {
		keys = append(keys, t.ID)
	}
	var rows []query.ListTemplateVersionsRow
	if len(keys) > 0 {
		if rows, err = query.New(s.pool).ListTemplateVersions(ctx, keys); err != nil {
			return nil, db.Error(err)
		}
	}
	items := make([]Template, 0, len(ids))
	for _, id := range ids {
		if t, ok := s.shipped[id]; ok {
			t.Versions = slices.Clone(t.Versions)
			items = append(items, t)
			continue
		}
		row, ok := found[id]
		if !ok {
			continue
		}
		t := Template{ID: id, OwnerID: &row.CreatedBy, Sharing: Sharing(row.Sharing), ArchivedAt: timeOf(row.ArchivedAt)}
		for _, r := range rows {
			if r.TemplateID == row.ID && (r.PublishedAt.Valid || owns(caller, row)) {
				t.Versions = append(t.Versions, TemplateVersionSummary{TemplateID: id, Version: r.Version, Name: r.Name, Description: r.Description,
					AuthorID: &r.AuthorID, CreatedAt: r.CreatedAt, PublishedAt: timeOf(r.PublishedAt), Withdrawn: r.WithdrawnAt.Valid})
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

// Version reads one version. NotFound: there is none that the caller may see.
func (s *Templates) Version(ctx context.Context, caller domain.Principal, id, version string) (TemplateVersion, error) {
	v, _, err := s.version(ctx, caller, id, version)
	return v, err
}

// version reads one version and its template; of one that came with the program that is its id alone.
func (s *Templates) version(ctx context.Context, caller domain.Principal, id, version string) (TemplateVersion, owned, error) {
	if _, ok := s.shipped[id]; ok {
		v, ok := s.texts[key{id, version}]
		if !ok {
			return TemplateVersion{}, owned{}, noTemplateVersion()
		}
		return v, owned{ID: id, Slug: id}, nil
	}
	t, err := s.visible(ctx, caller, id)
	if err != nil {
		if domain.CodeOf(err) == domain.NotFound {
			err = noTemplateVersion()
		}
		return TemplateVersion{}, t, err
	}
	v, err := s.read(ctx, key{t.ID, version})
	if err == nil && v.PublishedAt == nil && !owns(caller, t) {
		err = noTemplateVersion()
	}
	if err != nil {
		return TemplateVersion{}, t, err
	}
	v.TemplateID = t.Slug
	return v, t, nil
}

// read reads a version, whoever may see it.
func (s *Templates) read(ctx context.Context, k key) (TemplateVersion, error) {
	if v, ok := s.texts[k]; ok {
		return v, nil
	}
	r, err := query.New(s.pool).GetTemplateVersion(ctx, query.GetTemplateVersionParams{TemplateID: k.id, Version: k.version})
	if errors.Is(err, sql.ErrNoRows) {
		return TemplateVersion{}, noTemplateVersion()
	}
	if err != nil {
		return TemplateVersion{}, db.Error(err)
	}
	return TemplateVersion{
		TemplateVersionSummary: TemplateVersionSummary{TemplateID: r.TemplateID, Version: r.Version, Name: r.Name, Description: r.Description,
			AuthorID: &r.AuthorID, CreatedAt: r.CreatedAt, PublishedAt: timeOf(r.PublishedAt), Withdrawn: r.WithdrawnAt.Valid},
		Body: r.Body, Schema: json.RawMessage(r.DataSchema), Sample: json.RawMessage(r.Sample),
	}, nil
}

var (
	templateID  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)
	versionName = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$`)
)

// Create keeps a new template of the caller's with its first version, not published. Errors: Forbidden;
// Invalid: /templateId, /version, /body, /schema, /sampleData; Conflict: the caller sees a template with
// this id.
func (s *Templates) Create(ctx context.Context, caller domain.Principal, id string, n NewTemplateVersion) (TemplateVersion, error) {
	if err := mayWrite(caller); err != nil {
		return TemplateVersion{}, err
	}
	if !templateID.MatchString(id) {
		return TemplateVersion{}, domain.InvalidField("/templateId", "must be small letters, digits and hyphens")
	}
	if v, ok, err := s.repeated(ctx, caller, id, n); ok || err != nil {
		return v, err
	}
	taken := domain.Errorf(domain.Conflict, "There is a template with this id.")
	if _, ok := s.shipped[id]; ok {
		return TemplateVersion{}, taken
	}
	// What the caller cannot see takes no id from them. To an admin nothing is hidden; they, too, may
	// use an id that somebody else has for themselves.
	switch t, err := s.visible(ctx, caller, id); {
	case err == nil && (t.CreatedBy == caller.UserID || shared(t)):
		return TemplateVersion{}, taken
	case err != nil && domain.CodeOf(err) != domain.NotFound:
		return TemplateVersion{}, err
	}
	row := s.newID().String()
	err := s.keep(ctx, caller, row, n, func(tx db.Tx, now time.Time) error {
		err := query.New(tx).CreateTemplate(ctx, query.CreateTemplateParams{ID: row, Slug: sql.NullString{String: id, Valid: true}, CreatedBy: caller.UserID, Sharing: string(SharedWithFirm), CreatedAt: now})
		if domain.CodeOf(db.Error(err)) == domain.Conflict {
			return taken
		}
		return err
	})
	if err != nil {
		return TemplateVersion{}, err
	}
	return s.Version(ctx, caller, id, n.Version)
}

// change finds a template that the caller may change. NotFound: they may not know of it. Forbidden: it is
// somebody else's, or came with the program.
func (s *Templates) change(ctx context.Context, caller domain.Principal, id string) (owned, error) {
	if err := mayWrite(caller); err != nil {
		return owned{}, err
	}
	if _, ok := s.shipped[id]; ok {
		return owned{}, domain.Errorf(domain.Forbidden, "This template came with the service. Copy it to change it.")
	}
	t, err := s.visible(ctx, caller, id)
	if err != nil {
		return t, err
	}
	if !owns(caller, t) {
		return t, domain.Errorf(domain.Forbidden, "This template is somebody else's. Copy it to change it.")
	}
	return t, nil
}

// AddVersion keeps a further version of a template, not published. Errors: those of Create; Forbidden:
// the template is not the caller's; NotFound: there is no such template; Conflict: it has this version,
// or too many, or is archived (reason template_archived).
func (s *Templates) AddVersion(ctx context.Context, caller domain.Principal, id string, n NewTemplateVersion) (TemplateVersion, error) {
	t, err := s.change(ctx, caller, id)
	if err != nil {
		return TemplateVersion{}, err
	}
	if v, ok, err := s.repeated(ctx, caller, id, n); ok || err != nil {
		return v, err
	}
	err = s.keep(ctx, caller, t.ID, n, func(tx db.Tx, _ time.Time) error {
		q := query.New(tx)

		row, err := q.LockTemplate(ctx, t.ID)
		if errors.Is(err, sql.ErrNoRows) {
			return noTemplate()
		} else if err != nil {
			return err
		}
		if row.ArchivedAt.Valid {
			return archived()
		}
		count, err := q.CountTemplateVersions(ctx, t.ID)
		if err == nil && count >= maxTemplateVersions {
			err = domain.Errorf(domain.Conflict, "A template can have %d versions at most.", maxTemplateVersions)
		}
		return err
	})
	if err != nil {
		return TemplateVersion{}, err
	}
	return s.Version(ctx, caller, id, n.Version)
}

// checkPrintable refuses a template that could not be rendered: in a language without a format, or
// with letters that the fonts lack. Invalid: /body, /sampleData.
func (s *Templates) checkPrintable(ctx context.Context, f *form, n NewTemplateVersion) error {
	if _, ok := locale.Lookup(f.language); !ok {
		return domain.InvalidField("/body", "front matter: language must be one of %s, with or without a region", strings.Join(locale.Languages(), ", "))
	}
	// The sample may leave sections out: all the text around the placeholders is rendered as well.
	var text []doc.Block
	for line := range strings.Lines(placeholder.ReplaceAllString(n.Body, " ")) {
		text = append(text, doc.Paragraph{Text: []doc.Span{{Text: strings.TrimSpace(line)}}, Source: "/body"})
	}
	if err := s.renderer.Render(ctx, doc.Document{Blocks: text}, io.Discard); err != nil {
		return err
	}
	sample, err := decode(n.Sample)
	if err != nil {
		return err
	}
	d, err := f.fill(sample, doc.CurrentRules, "/sampleData", "/body")
	if err != nil {
		return err
	}
	return doc.LocateCharacters(s.renderer.Render(ctx, d, io.Discard), sample, "/sampleData")
}

var placeholder = regexp.MustCompile(`\{\{[^}]*\}?\}\}`)

// repeated finds the version that an earlier try of the same request made.
func (s *Templates) repeated(ctx context.Context, caller domain.Principal, id string, n NewTemplateVersion) (v TemplateVersion, ok bool, err error) {
	if n.Request.IsZero() {
		return v, false, nil
	}
	v, err = s.Version(ctx, caller, id, n.Version)
	if err != nil && domain.CodeOf(err) != domain.NotFound {
		return v, false, err
	}
	return v, err == nil && v.AuthorID != nil && *v.AuthorID == caller.UserID && v.Body == n.Body && !v.CreatedAt.Before(n.Request.Time()), nil
}

// keep writes a version, after first has seen to its template.
func (s *Templates) keep(ctx context.Context, caller domain.Principal, row string, n NewTemplateVersion, first func(db.Tx, time.Time) error) error {
	if !versionName.MatchString(n.Version) {
		return domain.InvalidField("/version", "must be letters, digits, dots, hyphens and _, 32 at most")
	}
	now := s.clock()
	f, err := parseForm(n.Body, n.Schema, n.Sample, now)
	if err != nil {
		return err
	}
	if err := s.checkPrintable(ctx, f, n); err != nil {
		return err
	}
	return db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		if err := first(tx, now); err != nil {
			return err
		}
		err := query.New(tx).CreateTemplateVersion(ctx, query.CreateTemplateVersionParams{TemplateID: row, Version: n.Version, Name: f.name, Description: f.description,
			Body: n.Body, DataSchema: string(n.Schema), Sample: string(n.Sample), AuthorID: caller.UserID, CreatedAt: now})
		if domain.CodeOf(db.Error(err)) == domain.Conflict {
			return domain.Errorf(domain.Conflict, "The template has this version, and a version never changes: take a new one.")
		}
		return err
	})
}

// Copy makes a template of the caller's own from a version they may read; "": the latest. Errors: those
// of Version and Create. request is as of NewTemplateVersion.
func (s *Templates) Copy(ctx context.Context, caller domain.Principal, from, version, to string, request domain.ID) (TemplateVersion, error) {
	if err := mayWrite(caller); err != nil {
		return TemplateVersion{}, err
	}
	if version == "" {
		t, err := s.Get(ctx, caller, from)
		if err != nil {
			return TemplateVersion{}, err
		}
		version = t.Latest().Version
	}
	v, err := s.Version(ctx, caller, from, version)
	if err != nil {
		return TemplateVersion{}, err
	}
	return s.Create(ctx, caller, to, NewTemplateVersion{Version: "1", Body: v.Body, Schema: v.Schema, Sample: v.Sample, Request: request})
}

// free is Conflict while the firm shares another template with the id of t.
func (s *Templates) free(ctx context.Context, t owned) error {
	found, err := s.find(ctx, domain.Principal{}, t.Slug)
	if err != nil {
		return err
	}
	if other, ok := found[t.Slug]; ok && other.ID != t.ID {
		return domain.Errorf(domain.Conflict, "The firm shares another template with this id. Copy yours to another id first.")
	}
	return nil
}

// sharing makes a change that may share a template with the firm (opens). Of several templates of one id
// only one is shared: changes to them take turns.
func (s *Templates) sharing(ctx context.Context, t owned, opens bool, change func(db.Tx) error) error {
	return db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		if opens {
			if err := query.New(tx).LockTemplatesOfSlug(ctx, query.LockTemplatesOfSlugParams{Slug: sql.NullString{String: t.Slug, Valid: true}, ID: t.Slug}); err != nil {
				return err
			}
			if err := s.free(ctx, t); err != nil {
				return err
			}
		}
		return change(tx)
	})
}

// Publish opens a version to those with whom its template is shared. Publishing it again changes nothing.
// Errors: Forbidden, NotFound; Conflict: the template is archived (reason template_archived), or the firm
// shares another with its id.
func (s *Templates) Publish(ctx context.Context, caller domain.Principal, id, version string) (TemplateVersion, error) {
	t, err := s.change(ctx, caller, id)
	if err != nil {
		return TemplateVersion{}, err
	}
	v, _, err := s.version(ctx, caller, id, version)
	if err != nil || v.PublishedAt != nil {
		return v, err
	}
	if t.ArchivedAt.Valid {
		return v, archived()
	}
	err = s.sharing(ctx, t, Sharing(t.Sharing) == SharedWithFirm, func(tx db.Tx) error {
		return query.New(tx).PublishTemplateVersion(ctx, query.PublishTemplateVersionParams{PublishedBy: &caller.UserID,
			PublishedAt: sql.NullTime{Time: s.clock(), Valid: true}, TemplateID: t.ID, Version: version})
	})
	if err != nil {
		return v, err
	}
	return s.Version(ctx, caller, id, version)
}

// Unpublish takes a version back; "": all that are published. What was rendered from it can still be
// verified. Errors: Forbidden, NotFound.
func (s *Templates) Unpublish(ctx context.Context, caller domain.Principal, id, version string) (Template, error) {
	t, err := s.change(ctx, caller, id)
	if err != nil {
		return Template{}, err
	}
	if version != "" {
		if _, _, err := s.version(ctx, caller, id, version); err != nil {
			return Template{}, err
		}
	}
	err = query.New(s.pool).UnpublishTemplateVersions(ctx, query.UnpublishTemplateVersionsParams{Now: sql.NullTime{Time: s.clock(), Valid: true}, TemplateID: t.ID, Version: version})
	if err != nil {
		return Template{}, db.Error(err)
	}
	return s.Get(ctx, caller, id)
}

// Archive puts a template away for good. What was rendered from it can still be verified. Errors:
// Forbidden, NotFound.
func (s *Templates) Archive(ctx context.Context, caller domain.Principal, id string) (Template, error) {
	t, err := s.change(ctx, caller, id)
	if err != nil {
		return Template{}, err
	}
	if err := query.New(s.pool).ArchiveTemplate(ctx, query.ArchiveTemplateParams{ArchivedAt: sql.NullTime{Time: s.clock(), Valid: true}, ID: t.ID}); err != nil {
		return Template{}, db.Error(err)
	}
	return s.Get(ctx, caller, id)
}

// Share says who may use a template. Errors: Forbidden, NotFound; Invalid: /sharing; Conflict: the firm
// shares another with its id.
func (s *Templates) Share(ctx context.Context, caller domain.Principal, id string, with Sharing) (Template, error) {
	if with != SharedWithFirm && with != Private {
		return Template{}, domain.InvalidField("/sharing", "must be firm or private")
	}
	t, err := s.change(ctx, caller, id)
	if err != nil {
		return Template{}, err
	}
	err = s.sharing(ctx, t, with == SharedWithFirm && t.Published && !t.ArchivedAt.Valid, func(tx db.Tx) error {
		return query.New(tx).ShareTemplate(ctx, query.ShareTemplateParams{Sharing: string(with), ID: t.ID})
	})
	if err != nil {
		return Template{}, err
	}
	return s.Get(ctx, caller, id)
}

// Preview shows a version with data, or with its sample when data is nil, as HTML that is safe to
// put into a page. Its owner can look at one that is not in use, too. Errors: NotFound; Invalid: /data
// and pointers into it; TooLarge.
func (s *Templates) Preview(ctx context.Context, caller domain.Principal, id, version string, data map[string]any) (title, fragment string, err error) {
	v, t, err := s.version(ctx, caller, id, version)
	if err != nil {
		return "", "", err
	}
	if data == nil {
		if data, err = decode(v.Sample); err != nil {
			return "", "", err
		}
	}
	d, err := s.fill(key{t.ID, version}, v, data, doc.CurrentRules)
	if err != nil {
		return "", "", err
	}
	fragment, err = d.HTML()
	return d.Meta.Title, fragment, err
}

// Document fills a version in, to make something new of it. The same version and data give the same
// document. Errors: NotFound; Invalid: /data and pointers into it; TooLarge; Conflict, to the owner: the
// version was taken back (reason template_unpublished), or the template is archived (template_archived).
func (s *Templates) Document(ctx context.Context, caller domain.Principal, id, version string, data map[string]any) (doc.Document, error) {
	d, _, err := s.document(ctx, caller, id, version, data)
	return d, err
}

// document also gives the key under which the version is kept.
func (s *Templates) document(ctx context.Context, caller domain.Principal, id, version string, data map[string]any) (d doc.Document, row string, err error) {
	v, t, err := s.version(ctx, caller, id, version)
	switch {
	case err != nil:
		return doc.Document{}, "", err
	case t.ArchivedAt.Valid:
		return doc.Document{}, "", archived()
	case v.Withdrawn && v.PublishedAt == nil:
		return doc.Document{}, "", &domain.Error{Code: domain.Conflict, Reason: "template_unpublished", Message: "This version of the template is not published any more. Publish it, or use another one."}
	}
	d, err = s.fill(key{t.ID, version}, v, data, doc.CurrentRules)
	return d, t.ID, err
}

// rebuild fills in what a file was made of, whatever has become of the template since.
func (s *Templates) rebuild(ctx context.Context, row, version string, data map[string]any, rules doc.RulesVersion) (doc.Document, error) {
	v, err := s.read(ctx, key{row, version})
	if err != nil {
		return doc.Document{}, err
	}
	return s.fill(key{row, version}, v, data, rules)
}

// fill fills in a version that the caller may see.
func (s *Templates) fill(k key, v TemplateVersion, data map[string]any, rules doc.RulesVersion) (doc.Document, error) {
	s.mu.Lock()
	f := s.forms[k]
	s.mu.Unlock()
	if f == nil {
		var err error
		if f, err = parseForm(v.Body, v.Schema, v.Sample, v.CreatedAt); err != nil {
			// It was accepted once; the rules have become stricter since.
			return doc.Document{}, domain.InvalidField("/templateId", "this version of the template can no longer be used: %s", describe(err))
		}
		s.mu.Lock()
		if len(s.forms) >= maxForms {
			maps.DeleteFunc(s.forms, func(k key, _ *form) bool { _, shipped := s.texts[k]; return !shipped })
		}
		s.forms[k] = f
		s.mu.Unlock()
	}
	return f.fill(data, rules, "/data", "/templateId")
}

// Of lists the templates somebody owns, with all their versions.
func (s *Templates) Of(ctx context.Context, owner domain.ID, yield func(Template, []TemplateVersion) error) error {
	rows, err := query.New(s.pool).ListTemplatesOfOwner(ctx, owner)
	if err != nil {
		return db.Error(err)
	}
	self := domain.Principal{UserID: owner}
	for _, row := range rows {
		t, err := s.Get(ctx, self, row.Slug)
		if domain.CodeOf(err) == domain.NotFound {
			continue // erased meanwhile
		}
		if err != nil {
			return err
		}
		var versions []TemplateVersion
		for _, one := range t.Versions {
			v, err := s.read(ctx, key{row.ID, one.Version})
			if err != nil {
				return err
			}
			v.TemplateID = t.ID
			versions = append(versions, v)
		}
		if err := yield(t, versions); err != nil {
			return err
		}
	}
	return nil
}

// Forget deletes, in the caller's transaction, what somebody wrote for themselves: versions that are not
// published and that nothing was rendered from. The others stay the firm's, without a name: documents are
// verified by them.
func (s *Templates) Forget(ctx context.Context, tx db.Tx, owner domain.ID) error {
	q := query.New(tx)

	rows, err := q.ListTemplatesOfOwner(ctx, owner)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := q.DeleteUnusedTemplateVersions(ctx, row.ID); err != nil {
			return err
		}
		if err := q.DeleteEmptyTemplate(ctx, row.ID); err != nil {
			return err
		}
	}
	return nil
}

func describe(err error) string {
	var parts []string
	for _, f := range fieldsOf(err) {
		parts = append(parts, f.Pointer+" "+f.Detail)
	}
	return strings.Join(parts, "; ")
}
