package templates

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/doc"
	"counsel/domain/locale"
	query "counsel/gen/query/templates"
)

// maxVersions bounds the versions of one template.
const maxVersions = 200

var (
	templateID  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)
	versionName = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$`)
)

// IsID reports whether s can be the id of a template.
func IsID(s string) bool { return templateID.MatchString(s) }

// NewVersion is a template version to be stored.
type NewVersion struct {
	Version string // any short name: 1, 2.1, 2026-03
	Body    string
	Schema  json.RawMessage
	Sample  json.RawMessage
	// RequestID is optional; it is the same for each retry of a request. A retry returns the version
	// that the first attempt created.
	RequestID domain.ID
}

// authorizeWrite allows lawyers and admins to write templates.
func authorizeWrite(caller domain.Principal) error {
	if !caller.Staff() {
		return domain.Errorf(domain.Forbidden, "Only a lawyer may write templates.")
	}
	return nil
}

// authorizeChange finds a template that the caller may change. NotFound: they may not see it. Forbidden:
// it belongs to somebody else, or is built in.
func (s *Service) authorizeChange(ctx context.Context, caller domain.Principal, id string) (templateRow, error) {
	if err := authorizeWrite(caller); err != nil {
		return templateRow{}, err
	}
	if _, ok := s.builtin[id]; ok {
		return templateRow{}, domain.Errorf(domain.Forbidden, "This template came with the service. Copy it to change it.")
	}
	t, err := s.resolveOne(ctx, caller, id)
	if err != nil {
		return t, err
	}
	if !mayManage(caller, t) {
		return t, domain.Errorf(domain.Forbidden, "This template belongs to somebody else. Copy it to change it.")
	}
	return t, nil
}

// Create stores a new template of the caller with its first version, which is not published. Errors:
// Forbidden; Invalid: /templateId, /version, /body, /schema, /sampleData; Conflict: the caller sees a
// template with this id.
func (s *Service) Create(ctx context.Context, caller domain.Principal, id string, n NewVersion) (TemplateVersion, error) {
	if err := authorizeWrite(caller); err != nil {
		return TemplateVersion{}, err
	}
	if !IsID(id) {
		return TemplateVersion{}, domain.InvalidField("/templateId", "must be lowercase letters, digits and hyphens")
	}
	if v, ok, err := s.findRetried(ctx, caller, id, n); ok || err != nil {
		return v, err
	}
	exists := domain.Errorf(domain.Conflict, "There is a template with this id.")
	if _, ok := s.builtin[id]; ok {
		return TemplateVersion{}, exists
	}
	switch t, err := s.resolveOne(ctx, caller, id); {
	case err == nil && (t.CreatedBy == caller.UserID || sharedWithFirm(t)):
		return TemplateVersion{}, exists
	case err != nil && domain.CodeOf(err) != domain.NotFound:
		return TemplateVersion{}, err
	}
	key := s.newID().String()
	err := s.insertVersion(ctx, caller, key, n, func(tx db.Tx, now time.Time) error {
		err := query.New(tx).CreateTemplate(ctx, query.CreateTemplateParams{ID: key, Slug: sql.NullString{String: id, Valid: true}, CreatedBy: caller.UserID, Sharing: string(SharedWithFirm), CreatedAt: now})
		if domain.CodeOf(db.Error(err)) == domain.Conflict {
			return exists
		}
		return err
	})
	if err != nil {
		return TemplateVersion{}, err
	}
	return s.Version(ctx, caller, id, n.Version)
}

// AddVersion stores a further version of a template, which is not published. Errors: those of Create;
// Forbidden: the template is not the caller's; NotFound; Conflict: the version exists, there are too many
// versions, or the template is archived (reason template_archived).
func (s *Service) AddVersion(ctx context.Context, caller domain.Principal, id string, n NewVersion) (TemplateVersion, error) {
	t, err := s.authorizeChange(ctx, caller, id)
	if err != nil {
		return TemplateVersion{}, err
	}
	if v, ok, err := s.findRetried(ctx, caller, id, n); ok || err != nil {
		return v, err
	}
	err = s.insertVersion(ctx, caller, t.ID, n, func(tx db.Tx, _ time.Time) error {
		q := query.New(tx)
		row, err := q.LockTemplate(ctx, t.ID)
		if errors.Is(err, sql.ErrNoRows) {
			return noSuchTemplate()
		} else if err != nil {
			return err
		}
		if row.ArchivedAt.Valid {
			return errArchived()
		}
		count, err := q.CountTemplateVersions(ctx, t.ID)
		if err == nil && count >= maxVersions {
			err = domain.Errorf(domain.Conflict, "A template can have %d versions at most.", maxVersions)
		}
		return err
	})
	if err != nil {
		return TemplateVersion{}, err
	}
	return s.Version(ctx, caller, id, n.Version)
}

// Copy creates a template of the caller from a version that they may read; "" is the latest. Errors:
// those of Version and Create. requestID is as in NewVersion.
func (s *Service) Copy(ctx context.Context, caller domain.Principal, from, version, to string, requestID domain.ID) (TemplateVersion, error) {
	if err := authorizeWrite(caller); err != nil {
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
	return s.Create(ctx, caller, to, NewVersion{Version: "1", Body: v.Body, Schema: v.Schema, Sample: v.Sample, RequestID: requestID})
}

// findRetried returns the version that an earlier attempt of the same request created.
func (s *Service) findRetried(ctx context.Context, caller domain.Principal, id string, n NewVersion) (v TemplateVersion, ok bool, err error) {
	if n.RequestID.IsZero() {
		return v, false, nil
	}
	v, err = s.Version(ctx, caller, id, n.Version)
	if err != nil && domain.CodeOf(err) != domain.NotFound {
		return v, false, err
	}
	return v, err == nil && v.AuthorID != nil && *v.AuthorID == caller.UserID && v.Body == n.Body && !v.CreatedAt.Before(n.RequestID.Time()), nil
}

// insertVersion checks a version and inserts it, in a transaction in which prepare has created or locked
// its template.
func (s *Service) insertVersion(ctx context.Context, caller domain.Principal, key string, n NewVersion, prepare func(db.Tx, time.Time) error) error {
	if !versionName.MatchString(n.Version) {
		return domain.InvalidField("/version", "must be letters, digits, dots, hyphens and _, 32 at most")
	}
	now := s.clock()
	c, err := compile(n.Body, n.Schema, n.Sample, now)
	if err != nil {
		return err
	}
	if err := s.checkRenderable(ctx, c, n); err != nil {
		return err
	}
	return db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		if err := prepare(tx, now); err != nil {
			return err
		}
		err := query.New(tx).CreateTemplateVersion(ctx, query.CreateTemplateVersionParams{TemplateID: key, Version: n.Version, Name: c.name, Description: c.description,
			Body: n.Body, DataSchema: string(n.Schema), Sample: string(n.Sample), AuthorID: caller.UserID, CreatedAt: now})
		if domain.CodeOf(db.Error(err)) == domain.Conflict {
			return domain.Errorf(domain.Conflict, "The template has this version already. A version never changes: choose a new one.")
		}
		return err
	})
}

var placeholder = regexp.MustCompile(`\{\{[^}]*\}?\}\}`)

// checkRenderable rejects a version that could not be rendered: its language has no formats, or the fonts
// lack a character. Invalid: /body, /sampleData.
func (s *Service) checkRenderable(ctx context.Context, c *compiled, n NewVersion) error {
	if _, ok := locale.Lookup(c.language); !ok {
		return domain.InvalidField("/body", "front matter: language must be one of %s, with or without a region", strings.Join(locale.Languages(), ", "))
	}
	// The sample may skip sections, so all the text around the placeholders is rendered as well.
	var text []doc.Block
	for line := range strings.Lines(placeholder.ReplaceAllString(n.Body, " ")) {
		text = append(text, doc.Paragraph{Text: []doc.Span{{Text: strings.TrimSpace(line)}}, Source: "/body"})
	}
	if err := s.renderer.Render(ctx, doc.Document{Blocks: text}, io.Discard); err != nil {
		return err
	}
	sample, err := decodeObject(n.Sample)
	if err != nil {
		return err
	}
	d, err := c.bind(sample, doc.CurrentRules, "/sampleData", "/body")
	if err != nil {
		return err
	}
	return doc.LocateCharacters(s.renderer.Render(ctx, d, io.Discard), sample, "/sampleData")
}

// EraseUser deletes, in the caller's transaction, the versions that a user wrote for themselves: those
// not published and never rendered. The others remain, without the author's name, because rendered
// documents are verified by them.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, owner domain.ID) error {
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
