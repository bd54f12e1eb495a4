// Package templates stores templates for documents and binds data to them.
//
// A template has versions, which never change; lifecycle.go describes how a version is published and
// withdrawn. Its body is Markdown with placeholders and its data are described by a JSON Schema
// (compile.go). Built-in templates come with the program: everybody may use them, nobody may change
// them, and they are copied instead. Every other template has an owner, who alone writes, publishes,
// shares and archives it, besides admins. Everybody may use the published versions of a template that is
// shared with the firm. Anything else does not exist for other callers.
//
// People name a template by an id that is unique among their own templates and among those shared with
// the firm. The row has a key of its own, under which its versions and what was rendered from them are
// stored.
//
// Besides the errors that they document, methods fail with Unavailable when the database is down.
package templates

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/doc"
	query "counsel/gen/query/templates"
)

// Config is what a Service needs.
type Config struct {
	// DB may be nil for the built-in templates alone.
	DB      *sql.DB
	Runtime domain.Runtime
	// Renderer checks that a new version can be rendered. It may be nil if none is created.
	Renderer doc.Renderer
}

// Service stores templates. It is safe for concurrent use.
type Service struct {
	pool     *sql.DB
	clock    domain.Clock
	newID    func() domain.ID
	renderer doc.Renderer
	builtin  map[string]Template            // by id
	versions map[versionKey]TemplateVersion // of the built-in templates

	mu    sync.Mutex
	cache map[versionKey]*compiled
}

// versionKey identifies a version: by the key of its template's row, or the id of a built-in template.
type versionKey struct{ template, version string }

// maxCached bounds the compiled versions in the cache.
const maxCached = 256

// New returns a service. It fails when a built-in template is invalid.
func New(c Config) (*Service, error) {
	s := &Service{pool: c.DB, clock: c.Runtime.Clock, newID: c.Runtime.NewID, renderer: c.Renderer,
		builtin: map[string]Template{}, versions: map[versionKey]TemplateVersion{}, cache: map[versionKey]*compiled{}}
	if err := s.loadBuiltin(); err != nil {
		return nil, err
	}
	return s, nil
}

// Template is a template with the versions that the caller may see, the oldest first.
type Template struct {
	ID         string
	OwnerID    *domain.ID // nil: built in
	Sharing    Sharing
	ArchivedAt *time.Time // nil: in use
	Versions   []VersionSummary
}

// Latest is the version published last, or, if there is none, the version created last.
func (t Template) Latest() VersionSummary {
	return slices.MaxFunc(t.Versions, func(a, b VersionSummary) int {
		publishedAt := func(v VersionSummary) time.Time {
			if v.PublishedAt == nil {
				return time.Time{}
			}
			return *v.PublishedAt
		}
		return cmp.Or(publishedAt(a).Compare(publishedAt(b)), a.CreatedAt.Compare(b.CreatedAt))
	})
}

// TemplateVersion is one version of a template. It never changes: a change is a new version.
type TemplateVersion struct {
	VersionSummary
	Body   string          // front matter and Markdown with placeholders
	Schema json.RawMessage // JSON Schema (2020-12) of the data
	Sample json.RawMessage // data that fit the schema
}

// VersionSummary is a version in a list.
type VersionSummary struct {
	TemplateID  string
	Version     string
	Name        string
	Description string
	AuthorID    *domain.ID // nil: built in
	CreatedAt   time.Time
	PublishedAt *time.Time // nil: visible to its owner and admins only
	Withdrawn   bool       // it was published before and is not now
}

// Sharing says who may use the published versions of a template.
type Sharing string

// The ways of sharing.
const (
	SharedWithFirm Sharing = "firm"    // everybody
	Private        Sharing = "private" // the owner only
)

//go:embed builtin
var builtinFiles embed.FS

// builtinCreatedAt is the creation time of the built-in templates.
var builtinCreatedAt = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)

// loadBuiltin loads builtin/<id>/<version>/ and compiles each version.
func (s *Service) loadBuiltin() error {
	bodies, err := fs.Glob(builtinFiles, "builtin/*/*/body.md")
	if err != nil {
		return err
	}
	for _, name := range bodies {
		dir := path.Dir(name)
		v := TemplateVersion{VersionSummary: VersionSummary{
			TemplateID: path.Base(path.Dir(dir)), Version: path.Base(dir), CreatedAt: builtinCreatedAt, PublishedAt: &builtinCreatedAt}}
		var parts [3][]byte
		for i, part := range []string{"body.md", "schema.json", "sample.json"} {
			if parts[i], err = builtinFiles.ReadFile(path.Join(dir, part)); err != nil {
				return err
			}
		}
		v.Body, v.Schema, v.Sample = string(parts[0]), parts[1], parts[2]
		c, err := compile(v.Body, v.Schema, v.Sample, v.CreatedAt)
		if err != nil {
			return fmt.Errorf("templates: %s: %w %v", dir, err, fieldsOf(err))
		}
		v.Name, v.Description = c.name, c.description
		k := versionKey{v.TemplateID, v.Version}
		s.cache[k], s.versions[k] = c, v
		t := s.builtin[v.TemplateID]
		t.ID, t.Sharing, t.Versions = v.TemplateID, SharedWithFirm, append(t.Versions, v.VersionSummary)
		s.builtin[v.TemplateID] = t
	}
	return nil
}

func fieldsOf(err error) []domain.Field {
	if e, ok := errors.AsType[*domain.Error](err); ok {
		return e.Fields
	}
	return nil
}

// describeFields lists the fields of an error in one line.
func describeFields(err error) string {
	var parts []string
	for _, f := range fieldsOf(err) {
		parts = append(parts, f.Pointer+" "+f.Detail)
	}
	return strings.Join(parts, "; ")
}

func noSuchTemplate() error { return domain.NoSuch("template") }

func noSuchVersion() error { return domain.NoSuch("version of this template") }

// Export calls yield for each template of an owner, with all its versions.
func (s *Service) Export(ctx context.Context, owner domain.ID, yield func(Template, []TemplateVersion) error) error {
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
		for _, summary := range t.Versions {
			v, err := s.readVersion(ctx, versionKey{row.ID, summary.Version})
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
