package drafts

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	query "counsel/gen/query/drafts"
)

// Version is one version of a draft's text. It never changes.
type Version struct {
	Version   int
	Title     string
	Body      string // Markdown; empty in a list
	Note      string
	AuthorID  domain.ID
	CreatedAt time.Time
}

// Versions lists the versions of a draft, newest first, without the texts. cursor is the page
// cursor: only older versions; 0: all. next is the cursor of the next page, 0 on the last.
// NotFound: as Get.
func (s *Service) Versions(ctx context.Context, caller domain.Principal, id domain.ID, limit, cursor int) (items []Version, next int, err error) {
	limit = domain.PageSize(limit)
	if err := s.authorizeRead(ctx, caller, id, cases.VerbRead, "versions"); err != nil {
		return nil, 0, err
	}
	rows, err := query.New(s.pool).ListDraftVersions(ctx, query.ListDraftVersionsParams{DraftID: id, Cursor: int32(cmp.Or(cursor, maxVersions+1)), Limit: int32(limit + 1)})
	if err != nil {
		return nil, 0, db.Error(err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = int(rows[limit-1].Version)
	}
	for _, r := range rows {
		items = append(items, Version{Version: int(r.Version), Title: r.Title, Note: r.Note, AuthorID: r.AuthorID, CreatedAt: r.CreatedAt})
	}
	return items, next, nil
}

// Version returns one version. NotFound: the draft has no such version, or as Get.
func (s *Service) Version(ctx context.Context, caller domain.Principal, id domain.ID, version int) (Version, error) {
	if err := s.authorizeRead(ctx, caller, id, cases.VerbRead, "version "+strconv.Itoa(version)); err != nil {
		return Version{}, err
	}
	return s.version(ctx, id, version)
}

// Export returns a draft with all its versions, newest first, for a data export. NotFound: as Get.
func (s *Service) Export(ctx context.Context, caller domain.Principal, id domain.ID) (Draft, []Version, error) {
	if err := s.authorizeRead(ctx, caller, id, cases.VerbDownload, "all versions"); err != nil {
		return Draft{}, nil, err
	}
	r, err := query.New(s.pool).GetDraft(ctx, id)
	if err != nil {
		return Draft{}, nil, cases.HideNotFound(db.Error(err), noSuchDraft)
	}
	d, err := fromRow(r.Draft, r.DraftVersion)
	if err != nil {
		return Draft{}, nil, err
	}
	versions := make([]Version, 0, d.Version)
	for n := d.Version; n > 0; n-- {
		v, err := s.version(ctx, id, n)
		if err != nil {
			return Draft{}, nil, err
		}
		versions = append(versions, v)
	}
	return d, versions, nil
}

// Text is the text from which a draft is rendered.
type Text struct {
	Version   int
	Title     string
	Body      string // Markdown
	Locale    string // BCP 47
	CreatedAt time.Time
	CaseID    *domain.ID // nil: none
	Final     bool       // whether this is the final text
}

// Text returns a version to be rendered; 0 is the current one. NotFound: as Version.
func (s *Service) Text(ctx context.Context, caller domain.Principal, id domain.ID, version int) (Text, error) {
	if err := s.authorizeRead(ctx, caller, id, cases.VerbRead, "render"); err != nil {
		return Text{}, err
	}
	r, err := query.New(s.pool).GetDraft(ctx, id)
	if err != nil {
		return Text{}, cases.HideNotFound(db.Error(err), noSuchDraft)
	}
	v, err := s.version(ctx, id, cmp.Or(version, int(r.Draft.Version)))
	if err != nil {
		return Text{}, err
	}
	return Text{
		Version: v.Version, Title: v.Title, Body: v.Body, Locale: r.Draft.Locale, CreatedAt: v.CreatedAt, CaseID: r.Draft.CaseID,
		Final: Status(r.Draft.Status) == Final && v.Version == int(r.Draft.Version),
	}, nil
}

// version reads a version without an access check.
func (s *Service) version(ctx context.Context, id domain.ID, version int) (Version, error) {
	v, err := query.New(s.pool).GetDraftVersion(ctx, query.GetDraftVersionParams{DraftID: id, Version: int32(version)})
	if errors.Is(err, sql.ErrNoRows) {
		return Version{}, domain.Errorf(domain.NotFound, "The draft has no version %d.", version)
	}
	if err != nil {
		return Version{}, db.Error(err)
	}
	return Version{Version: int(v.Version), Title: v.Title, Body: v.Body, Note: v.Note, AuthorID: v.AuthorID, CreatedAt: v.CreatedAt}, nil
}

// Comparison is the difference between two versions of a draft.
type Comparison struct {
	From, To int
	Title    []Edit // of the titles; one equal edit when they are the same
	Hunks    []Hunk // of the texts; none when they are the same
	Inserted int    // words
	Deleted  int    // words
}

// Compare returns what changed from one version of a draft to another, word by word. NotFound: as
// Version.
func (s *Service) Compare(ctx context.Context, caller domain.Principal, id domain.ID, from, to int) (Comparison, error) {
	if err := s.authorizeRead(ctx, caller, id, cases.VerbRead, fmt.Sprintf("versions %d and %d", from, to)); err != nil {
		return Comparison{}, err
	}
	a, err := s.version(ctx, id, from)
	if err != nil {
		return Comparison{}, err
	}
	b, err := s.version(ctx, id, to)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{From: from, To: to, Title: diffWords(a.Title, b.Title), Hunks: diffLines(a.Body, b.Body)}
	for _, h := range c.Hunks {
		for _, e := range h.Edits {
			switch e.Kind {
			case Insert:
				c.Inserted += len(strings.Fields(e.Text))
			case Delete:
				c.Deleted += len(strings.Fields(e.Text))
			}
		}
	}
	return c, nil
}
