package documents

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// Status is how far a draft has come: drafted → reviewed → final. An edit of a reviewed draft
// makes it drafted again; a final one never changes.
type Status string

// The statuses. Only a lawyer or an admin reviews, takes a review back, and makes final.
const (
	Drafted  Status = "drafted"
	Reviewed Status = "reviewed"
	Final    Status = "final"
)

// Origin is where a draft came from.
type Origin string

// The origins.
const (
	Generated Origin = "generated" // by the AI
	Written   Origin = "written"   // by hand
)

// What a draft may hold, in characters, and how often it may change.
const (
	maxTitle    = 300
	maxBody     = 500_000
	maxNote     = 300
	maxVersions = 1000
)

// Draft is a document in the making, in its present version.
type Draft struct {
	DraftSummary
	Body         string   // Markdown
	Warnings     []string // what stood out when it was generated
	QualityScore *float64 // 0..1, of the generated text; nil: written by hand
	ReviewedBy   *domain.ID
	ReviewedAt   *time.Time
	FinalizedBy  *domain.ID
	FinalizedAt  *time.Time
}

// DraftSummary is a draft in a list.
type DraftSummary struct {
	ID        domain.ID
	UserID    domain.ID // its owner
	Origin    Origin
	Type      string // the document type; "": none
	Locale    string // BCP 47
	Title     string
	Status    Status
	Version   int // of the text, from 1
	CreatedAt time.Time
	UpdatedAt time.Time
}

// DraftVersion is the text of a draft as it once was. It never changes.
type DraftVersion struct {
	Version   int
	Title     string
	Body      string // Markdown; empty in a list
	Note      string
	AuthorID  domain.ID
	CreatedAt time.Time
}

// NewDraft is a draft written by hand.
type NewDraft struct {
	Title  string
	Body   string
	Type   string // "": none
	Locale string // BCP 47; "": English
}

// GeneratedDraft is a draft as the AI wrote it.
type GeneratedDraft struct {
	ID                    domain.ID
	UserID                domain.ID
	Type, TemplateVersion string
	Title, Body           string
	Locale, Tone          string
	Sections              json.RawMessage // as they were written, for the record
	Warnings              []string
	QualityScore          float64
	CreatedAt             time.Time
}

// DraftChange changes a draft; nil leaves a thing as it is.
type DraftChange struct {
	Version int // the one the change was made from
	Title   *string
	Body    *string
	Note    string // what the change is about
	Status  *Status
}

// DraftFilter narrows a list of drafts.
type DraftFilter struct {
	UserID *domain.ID // nil: the caller's own; an admin's: everyone's
	Status Status     // "": all
	Type   string     // "": all
	Limit  int        // 1 to 100; 0: 20
	Before *domain.ID // only older ones than this: next of the page before
}

// Drafts keeps drafts and their versions. A draft is open to its owner and to admins; to anyone
// else it looks like one that does not exist.
type Drafts struct {
	pool  *sql.DB
	clock domain.Clock
	newID func() domain.ID
}

// NewDrafts opens the drafts of a database.
func NewDrafts(pool *sql.DB, clock domain.Clock, newID func() domain.ID) *Drafts {
	return &Drafts{pool, clock, newID}
}

// KeepGenerated writes a generated draft in the transaction of q, so that it is kept together
// with whatever else the caller writes there, or not at all.
func KeepGenerated(ctx context.Context, q *query.Queries, g GeneratedDraft) error {
	row := query.CreateDraftParams{
		ID: g.ID, UserID: g.UserID, Origin: string(Generated), Type: g.Type, TemplateVersion: g.TemplateVersion, Locale: g.Locale, Tone: g.Tone,
		Status: string(Drafted), Sections: g.Sections, QualityScore: sql.NullFloat64{Float64: g.QualityScore, Valid: true}, Now: g.CreatedAt,
	}
	return keep(ctx, q, row, g.Warnings, g.Title, g.Body)
}

func keep(ctx context.Context, q *query.Queries, row query.CreateDraftParams, warnings []string, title, body string) error {
	var err error
	if row.Warnings, err = json.Marshal(append([]string{}, warnings...)); err != nil {
		return err
	}
	if err := q.CreateDraft(ctx, row); err != nil {
		return err
	}
	return q.CreateDraftVersion(ctx, query.CreateDraftVersionParams{
		DraftID: row.ID, Version: 1, Title: title, Body: body, AuthorID: row.UserID, CreatedAt: row.Now,
	})
}

// Create keeps a draft that the caller wrote. Invalid: /title, /body, /locale.
func (s *Drafts) Create(ctx context.Context, caller domain.Principal, n NewDraft) (Draft, error) {
	var faults []domain.Field
	title, body := checkLine(n.Title, "/title", maxTitle, &faults), checkText(n.Body, &faults)
	locale, err := language.Parse(cmp.Or(n.Locale, "en"))
	if err != nil {
		faults = append(faults, domain.Field{Pointer: "/locale", Detail: "is not a language tag such as en-GB"})
	}
	if err := invalid(faults); err != nil {
		return Draft{}, err
	}
	row := query.CreateDraftParams{
		ID: s.newID(), UserID: caller.UserID, Origin: string(Written), Type: n.Type, Locale: locale.String(),
		Status: string(Drafted), Sections: json.RawMessage("[]"), Now: s.clock(),
	}
	if err := db.WithTx(ctx, s.pool, func(q *query.Queries) error { return keep(ctx, q, row, nil, title, body) }); err != nil {
		return Draft{}, err
	}
	return s.Get(ctx, caller, row.ID)
}

// List gives drafts, the newest first. next is the Before of the next page, nil on the last.
// Forbidden: another user's, for anyone but an admin.
func (s *Drafts) List(ctx context.Context, caller domain.Principal, f DraftFilter) (items []DraftSummary, next *domain.ID, err error) {
	user := f.UserID
	if !caller.Admin() {
		if user != nil && *user != caller.UserID {
			return nil, nil, domain.Errorf(domain.Forbidden, "Only an admin may list another user's drafts.")
		}
		user = &caller.UserID
	}
	limit := min(max(cmp.Or(f.Limit, 20), 1), 100)
	before := newest
	if f.Before != nil {
		before = *f.Before
	}
	q := query.New(s.pool)
	var rows []query.ListDraftsRow
	if user != nil {
		rows, err = q.ListDrafts(ctx, query.ListDraftsParams{UserID: *user, Before: before, Status: string(f.Status), Type: f.Type, Limit: int32(limit + 1)})
	} else {
		var all []query.ListAllDraftsRow
		all, err = q.ListAllDrafts(ctx, query.ListAllDraftsParams{Before: before, Status: string(f.Status), Type: f.Type, Limit: int32(limit + 1)})
		for _, r := range all {
			rows = append(rows, query.ListDraftsRow(r))
		}
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = &rows[limit-1].ID
	}
	items = make([]DraftSummary, len(rows))
	for i, r := range rows {
		items[i] = DraftSummary{ID: r.ID, UserID: r.UserID, Origin: Origin(r.Origin), Type: r.Type, Locale: r.Locale, Title: r.Title,
			Status: Status(r.Status), Version: int(r.Version), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
	}
	return items, next, nil
}

// newest is after every id there will be.
var newest = domain.ID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// Get reads a draft. NotFound: there is none, or it is not the caller's (admins aside).
func (s *Drafts) Get(ctx context.Context, caller domain.Principal, id domain.ID) (Draft, error) {
	r, err := query.New(s.pool).GetDraft(ctx, id)
	if err := visible(caller, r.Draft.UserID, err); err != nil {
		return Draft{}, err
	}
	return draftOf(r.Draft, r.DraftVersion)
}

// visible answers for a draft that was looked up: absent and closed look the same.
func visible(caller domain.Principal, owner domain.ID, err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && owner != caller.UserID && !caller.Admin():
		return domain.Errorf(domain.NotFound, "There is no such draft.")
	case err != nil:
		return db.Error(err)
	}
	return nil
}

// Update edits a draft, moves its status, or both: the edit first. A changed title or text is a
// new version. Errors: Invalid; NotFound; Forbidden: the status is a lawyer's to move; Conflict:
// the draft is no longer at c.Version, it is final, or it has not been reviewed.
func (s *Drafts) Update(ctx context.Context, caller domain.Principal, id domain.ID, c DraftChange) (Draft, error) {
	var faults []domain.Field
	note := c.Note
	if note != "" {
		note = checkLine(note, "/note", maxNote, &faults)
	}
	if c.Title != nil {
		title := checkLine(*c.Title, "/title", maxTitle, &faults)
		c.Title = &title
	}
	if c.Body != nil {
		body := checkText(*c.Body, &faults)
		c.Body = &body
	}
	if err := invalid(faults); err != nil {
		return Draft{}, err
	}
	now := s.clock()
	var d query.Draft
	var v query.DraftVersion
	err := db.WithTx(ctx, s.pool, func(q *query.Queries) error {
		r, err := q.LockDraft(ctx, id)
		if err := visible(caller, r.Draft.UserID, err); err != nil {
			return err
		}
		d, v = r.Draft, r.DraftVersion
		if int(d.Version) != c.Version {
			return domain.Errorf(domain.Conflict, "The draft has changed meanwhile: its version is %d, not %d.", d.Version, c.Version)
		}
		edited := c.Title != nil && *c.Title != v.Title || c.Body != nil && *c.Body != v.Body
		if Status(d.Status) == Final && (edited || c.Status != nil && *c.Status != Final) {
			return domain.Errorf(domain.Conflict, "A final draft cannot be changed.")
		}
		if edited {
			if d.Version >= maxVersions {
				return domain.Errorf(domain.Conflict, "A draft can have %d versions at most.", maxVersions)
			}
			v = query.DraftVersion{DraftID: id, Version: d.Version + 1, Title: or(c.Title, v.Title), Body: or(c.Body, v.Body), Note: note, AuthorID: caller.UserID, CreatedAt: now}
			if err := q.CreateDraftVersion(ctx, query.CreateDraftVersionParams(v)); err != nil {
				return err
			}
			d.Version, d.Status = v.Version, string(Drafted)
			d.ReviewedBy, d.ReviewedAt = nil, sql.NullTime{} // another text was reviewed
		}
		moved := c.Status != nil && *c.Status != Status(d.Status)
		if moved {
			if err := move(&d, *c.Status, caller, now); err != nil {
				return err
			}
		}
		if !edited && !moved {
			return nil
		}
		d.UpdatedAt = now
		return q.UpdateDraft(ctx, query.UpdateDraftParams{
			ID: id, Version: d.Version, Status: d.Status, ReviewedBy: d.ReviewedBy, ReviewedAt: d.ReviewedAt,
			FinalizedBy: d.FinalizedBy, FinalizedAt: d.FinalizedAt, UpdatedAt: now,
		})
	})
	if err != nil {
		return Draft{}, err
	}
	return draftOf(d, v)
}

// move takes a draft from one status to the next, or from reviewed back to drafted.
func move(d *query.Draft, to Status, caller domain.Principal, now time.Time) error {
	if caller.Role != domain.RoleLawyer && !caller.Admin() {
		return domain.Errorf(domain.Forbidden, "Only a lawyer may review a draft or make it final.")
	}
	at := sql.NullTime{Time: now, Valid: true}
	switch from := Status(d.Status); {
	case from == Drafted && to == Reviewed:
		d.ReviewedBy, d.ReviewedAt = &caller.UserID, at
	case from == Reviewed && to == Drafted:
		d.ReviewedBy, d.ReviewedAt = nil, sql.NullTime{}
	case from == Reviewed && to == Final:
		d.FinalizedBy, d.FinalizedAt = &caller.UserID, at
	default:
		return domain.Errorf(domain.Conflict, "A draft that is %s cannot become %s.", from, to)
	}
	d.Status = string(to)
	return nil
}

// Delete removes a draft with all its versions. Conflict: it is final.
func (s *Drafts) Delete(ctx context.Context, caller domain.Principal, id domain.ID) error {
	return db.WithTx(ctx, s.pool, func(q *query.Queries) error {
		r, err := q.LockDraft(ctx, id)
		if err := visible(caller, r.Draft.UserID, err); err != nil {
			return err
		}
		if Status(r.Draft.Status) == Final {
			return domain.Errorf(domain.Conflict, "A final draft cannot be deleted.")
		}
		return q.DeleteDraft(ctx, id)
	})
}

// Versions lists what a draft was, the newest first, without the texts. before: only older
// ones; 0: all. next is the before of the next page, 0 on the last.
func (s *Drafts) Versions(ctx context.Context, caller domain.Principal, id domain.ID, limit, before int) (items []DraftVersion, next int, err error) {
	limit = min(max(cmp.Or(limit, 20), 1), 100)
	q := query.New(s.pool)
	owner, err := q.GetDraftOwner(ctx, id)
	if err := visible(caller, owner, err); err != nil {
		return nil, 0, err
	}
	rows, err := q.ListDraftVersions(ctx, query.ListDraftVersionsParams{DraftID: id, Before: int32(cmp.Or(before, maxVersions+1)), Limit: int32(limit + 1)})
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

// Version reads one version. NotFound: there is no such draft, or no such version of it.
func (s *Drafts) Version(ctx context.Context, caller domain.Principal, id domain.ID, version int) (DraftVersion, error) {
	q := query.New(s.pool)
	owner, err := q.GetDraftOwner(ctx, id)
	if err := visible(caller, owner, err); err != nil {
		return DraftVersion{}, err
	}
	v, err := q.GetDraftVersion(ctx, query.GetDraftVersionParams{DraftID: id, Version: int32(version)})
	if errors.Is(err, sql.ErrNoRows) {
		return DraftVersion{}, domain.Errorf(domain.NotFound, "The draft has no version %d.", version)
	}
	if err != nil {
		return DraftVersion{}, db.Error(err)
	}
	return DraftVersion{Version: int(v.Version), Title: v.Title, Body: v.Body, Note: v.Note, AuthorID: v.AuthorID, CreatedAt: v.CreatedAt}, nil
}

func draftOf(d query.Draft, v query.DraftVersion) (Draft, error) {
	out := Draft{
		DraftSummary: DraftSummary{ID: d.ID, UserID: d.UserID, Origin: Origin(d.Origin), Type: d.Type, Locale: d.Locale, Title: v.Title,
			Status: Status(d.Status), Version: int(d.Version), CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt},
		Body: v.Body, ReviewedBy: d.ReviewedBy, FinalizedBy: d.FinalizedBy,
	}
	if d.ReviewedAt.Valid {
		out.ReviewedAt = &d.ReviewedAt.Time
	}
	if d.FinalizedAt.Valid {
		out.FinalizedAt = &d.FinalizedAt.Time
	}
	if d.QualityScore.Valid {
		out.QualityScore = &d.QualityScore.Float64
	}
	return out, json.Unmarshal(d.Warnings, &out.Warnings)
}

// checkLine holds a text to one line of at most so many characters.
func checkLine(s, pointer string, most int, faults *[]domain.Field) string {
	s = strings.TrimSpace(s)
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		*faults = append(*faults, domain.Field{Pointer: pointer, Detail: "must not be blank"})
	case n > most:
		*faults = append(*faults, domain.Field{Pointer: pointer, Detail: "is too long"})
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		*faults = append(*faults, domain.Field{Pointer: pointer, Detail: "must not hold control characters"})
	}
	return s
}

// checkText holds a body to what a document can show, with one kind of line end.
func checkText(s string, faults *[]domain.Field) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	switch {
	case strings.TrimSpace(s) == "":
		*faults = append(*faults, domain.Field{Pointer: "/body", Detail: "must not be blank"})
	case utf8.RuneCountInString(s) > maxBody:
		*faults = append(*faults, domain.Field{Pointer: "/body", Detail: "is too long"})
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		*faults = append(*faults, domain.Field{Pointer: "/body", Detail: "must not hold control characters"})
	}
	return s
}

func invalid(faults []domain.Field) error {
	if len(faults) == 0 {
		return nil
	}
	return &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted.", Fields: faults}
}

func or(s *string, fallback string) string {
	if s == nil {
		return fallback
	}
	return *s
}

// Forget deletes somebody's drafts with all their versions, in the caller's transaction.
func (s *Drafts) Forget(ctx context.Context, q *query.Queries, user domain.ID) error {
	return q.DeleteUserDrafts(ctx, user)
}
