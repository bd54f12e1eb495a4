package templates

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/templates"
)

// templateRow is the row of a template.
type templateRow = query.ListTemplatesBySlugRow

// mayManage reports whether the caller may change a template and see all its versions.
func mayManage(caller domain.Principal, t templateRow) bool { return caller.MayAccess(t.CreatedBy) }

// sharedWithFirm reports whether everybody may use the published versions of a template.
func sharedWithFirm(t templateRow) bool {
	return t.Published && Sharing(t.Sharing) == SharedWithFirm && !t.ArchivedAt.Valid
}

// resolve returns the stored templates that ids refer to for the caller. Of several with the same id,
// the caller's own takes precedence, unless it is archived; then the firm's; then the caller's archived
// one or, for an admin, the oldest.
func (s *Service) resolve(ctx context.Context, caller domain.Principal, ids ...string) (map[string]templateRow, error) {
	slugs := make([]sql.NullString, len(ids))
	for i, id := range ids {
		slugs[i] = sql.NullString{String: id, Valid: true}
	}
	rows, err := query.New(s.pool).ListTemplatesBySlug(ctx, query.ListTemplatesBySlugParams{Slugs: slugs, Ids: ids})
	if err != nil {
		return nil, db.Error(err)
	}
	found := map[string]templateRow{}
	precedence := func(t templateRow) int {
		switch {
		case t.CreatedBy == caller.UserID && !t.ArchivedAt.Valid:
			return 3
		case sharedWithFirm(t):
			return 2
		case mayManage(caller, t):
			return 1
		}
		return 0
	}
	for _, t := range rows {
		p := precedence(t)
		if other, ok := found[t.Slug]; p > 0 && (!ok || p > precedence(other)) {
			found[t.Slug] = t
		}
	}
	return found, nil
}

// resolveOne is resolve for one id. NotFound: the caller may not see such a template.
func (s *Service) resolveOne(ctx context.Context, caller domain.Principal, id string) (templateRow, error) {
	found, err := s.resolve(ctx, caller, id)
	if err != nil {
		return templateRow{}, err
	}
	t, ok := found[id]
	if !ok {
		return templateRow{}, noSuchTemplate()
	}
	return t, nil
}

// List lists templates by id, each with the versions that the caller may see. after is the page cursor:
// only ids behind it. next is the cursor of the next page, "" on the last.
func (s *Service) List(ctx context.Context, caller domain.Principal, limit int, after string) (items []Template, next string, err error) {
	limit = domain.PageSize(limit)
	everything := int64(0)
	if caller.Admin() {
		everything = 1
	}
	ids, err := query.New(s.pool).ListTemplateSlugs(ctx, query.ListTemplateSlugsParams{After: sql.NullString{String: after, Valid: true}, Caller: caller.UserID, Everything: everything, Limit: int32(limit + 1)})
	if err != nil {
		return nil, "", db.Error(err)
	}
	for id := range s.builtin {
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

// load reads templates with the versions that the caller may see. It omits templates without any.
func (s *Service) load(ctx context.Context, caller domain.Principal, ids []string) ([]Template, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := s.resolve(ctx, caller, ids...)
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
		if t, ok := s.builtin[id]; ok {
			t.Versions = slices.Clone(t.Versions)
			items = append(items, t)
			continue
		}
		row, ok := found[id]
		if !ok {
			continue
		}
		t := Template{ID: id, OwnerID: &row.CreatedBy, Sharing: Sharing(row.Sharing), ArchivedAt: timePtr(row.ArchivedAt)}
		for _, r := range rows {
			if r.TemplateID == row.ID && (r.PublishedAt.Valid || mayManage(caller, row)) {
				t.Versions = append(t.Versions, VersionSummary{TemplateID: id, Version: r.Version, Name: r.Name, Description: r.Description,
					AuthorID: &r.AuthorID, CreatedAt: r.CreatedAt, PublishedAt: timePtr(r.PublishedAt), Withdrawn: r.WithdrawnAt.Valid})
			}
		}
		if len(t.Versions) > 0 {
			items = append(items, t)
		}
	}
	return items, nil
}

func timePtr(t sql.NullTime) *time.Time {
	if !t.Valid {
		return nil
	}
	return &t.Time
}

// Get returns a template with the versions that the caller may see. NotFound: there are none.
func (s *Service) Get(ctx context.Context, caller domain.Principal, id string) (Template, error) {
	items, err := s.load(ctx, caller, []string{id})
	if err != nil {
		return Template{}, err
	}
	if len(items) == 0 {
		return Template{}, noSuchTemplate()
	}
	return items[0], nil
}

// Version returns one version. NotFound: there is none that the caller may see.
func (s *Service) Version(ctx context.Context, caller domain.Principal, id, version string) (TemplateVersion, error) {
	v, _, err := s.version(ctx, caller, id, version)
	return v, err
}

// version returns one version and its template, of which only the ids are set if it is built in.
func (s *Service) version(ctx context.Context, caller domain.Principal, id, version string) (TemplateVersion, templateRow, error) {
	if _, ok := s.builtin[id]; ok {
		v, ok := s.versions[versionKey{id, version}]
		if !ok {
			return TemplateVersion{}, templateRow{}, noSuchVersion()
		}
		return v, templateRow{ID: id, Slug: id}, nil
	}
	t, err := s.resolveOne(ctx, caller, id)
	if err != nil {
		if domain.CodeOf(err) == domain.NotFound {
			err = noSuchVersion()
		}
		return TemplateVersion{}, t, err
	}
	v, err := s.readVersion(ctx, versionKey{t.ID, version})
	if err == nil && v.PublishedAt == nil && !mayManage(caller, t) {
		err = noSuchVersion()
	}
	if err != nil {
		return TemplateVersion{}, t, err
	}
	v.TemplateID = t.Slug
	return v, t, nil
}

// readVersion reads a version without an access check.
func (s *Service) readVersion(ctx context.Context, k versionKey) (TemplateVersion, error) {
	if v, ok := s.versions[k]; ok {
		return v, nil
	}
	r, err := query.New(s.pool).GetTemplateVersion(ctx, query.GetTemplateVersionParams{TemplateID: k.template, Version: k.version})
	if errors.Is(err, sql.ErrNoRows) {
		return TemplateVersion{}, noSuchVersion()
	}
	if err != nil {
		return TemplateVersion{}, db.Error(err)
	}
	return TemplateVersion{
		VersionSummary: VersionSummary{TemplateID: r.TemplateID, Version: r.Version, Name: r.Name, Description: r.Description,
			AuthorID: &r.AuthorID, CreatedAt: r.CreatedAt, PublishedAt: timePtr(r.PublishedAt), Withdrawn: r.WithdrawnAt.Valid},
		Body: r.Body, Schema: json.RawMessage(r.DataSchema), Sample: json.RawMessage(r.Sample),
	}, nil
}
