package documents

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strconv"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/gen/query"
)

// Versions lists what a draft was, the newest first, without the texts. before: only older
// ones; 0: all. next is the before of the next page, 0 on the last. NotFound: as Get.
func (s *Drafts) Versions(ctx context.Context, caller domain.Principal, id domain.ID, limit, before int) (items []DraftVersion, next int, err error) {
	limit = min(max(cmp.Or(limit, 20), 1), 100)
	if err := s.look(ctx, caller, id, cases.VerbRead, "versions"); err != nil {
		return nil, 0, err
	}
	rows, err := query.New(s.pool).ListDraftVersions(ctx, query.ListDraftVersionsParams{DraftID: id, Before: int32(cmp.Or(before, maxVersions+1)), Limit: int32(limit + 1)})
	if err != nil {
		return nil, 0, db.Error(err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = int(rows[limit-1].Version)
	}
	for _, r := range rows {
		items = append(items, DraftVersion{Version: int(r.Version), Title: r.Title, Note: r.Note, AuthorID: r.AuthorID, CreatedAt: r.CreatedAt})
	}
	return items, next, nil
}

// Version reads one version. NotFound: there is no such version of it, or as Get.
func (s *Drafts) Version(ctx context.Context, caller domain.Principal, id domain.ID, version int) (DraftVersion, error) {
	if err := s.look(ctx, caller, id, cases.VerbRead, "version "+strconv.Itoa(version)); err != nil {
		return DraftVersion{}, err
	}
	return s.version(ctx, id, version)
}

// History reads a draft with all its versions, the newest first, for somebody who takes a copy
// of it. NotFound: as Get.
func (s *Drafts) History(ctx context.Context, caller domain.Principal, id domain.ID) (Draft, []DraftVersion, error) {
	if err := s.look(ctx, caller, id, cases.VerbDownload, "all versions"); err != nil {
		return Draft{}, nil, err
	}
	r, err := query.New(s.pool).GetDraft(ctx, id)
	if err != nil {
		return Draft{}, nil, hidden(db.Error(err), noDraft)
	}
	d, err := draftOf(r.Draft, r.DraftVersion)
	if err != nil {
		return Draft{}, nil, err
	}
	versions := make([]DraftVersion, 0, d.Version)
	for n := d.Version; n > 0; n-- {
		v, err := s.version(ctx, id, n)
		if err != nil {
			return Draft{}, nil, err
		}
		versions = append(versions, v)
	}
	return d, versions, nil
}

// text reads a version to make a file of it, 0 the present one. It also tells the draft's case and
// whether the text is final.
func (s *Drafts) text(ctx context.Context, caller domain.Principal, id domain.ID, version int) (t draftText, matter *domain.ID, final bool, err error) {
	if err := s.look(ctx, caller, id, cases.VerbRead, "render"); err != nil {
		return t, nil, false, err
	}
	r, err := query.New(s.pool).GetDraft(ctx, id)
	if err != nil {
		return t, nil, false, hidden(db.Error(err), noDraft)
	}
	v, err := s.version(ctx, id, cmp.Or(version, int(r.Draft.Version)))
	if err != nil {
		return t, nil, false, err
	}
	final = Status(r.Draft.Status) == Final && v.Version == int(r.Draft.Version)
	return draftText{Version: v.Version, Title: v.Title, Body: v.Body, Locale: r.Draft.Locale, CreatedAt: v.CreatedAt}, r.Draft.CaseID, final, nil
}

// look decides whether the caller may see a draft.
func (s *Drafts) look(ctx context.Context, caller domain.Principal, id domain.ID, verb cases.Verb, detail string) error {
	place, err := query.New(s.pool).GetDraftPlace(ctx, id)
	return s.visible(ctx, caller, place.UserID, place.CaseID, cases.Action{Verb: verb, ID: &id, Detail: detail}, err)
}

// version reads a version whoever asks.
func (s *Drafts) version(ctx context.Context, id domain.ID, version int) (DraftVersion, error) {
	v, err := query.New(s.pool).GetDraftVersion(ctx, query.GetDraftVersionParams{DraftID: id, Version: int32(version)})
	if errors.Is(err, sql.ErrNoRows) {
		return DraftVersion{}, domain.Errorf(domain.NotFound, "The draft has no version %d.", version)
	}
	if err != nil {
		return DraftVersion{}, db.Error(err)
	}
	return DraftVersion{Version: int(v.Version), Title: v.Title, Body: v.Body, Note: v.Note, AuthorID: v.AuthorID, CreatedAt: v.CreatedAt}, nil
}
