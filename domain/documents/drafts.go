package documents

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/events"
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
	UserID    domain.ID  // who made it; outside of cases it is theirs
	CaseID    *domain.ID // the case it belongs to; nil: none
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
	ID     domain.ID // optional: a repeated request has the same, and returns what it made before
	Title  string
	Body   string
	Type   string     // "": none
	Locale string     // BCP 47; "": English
	CaseID *domain.ID // the case it is to belong to; nil: none
}

// GeneratedDraft is a draft as the AI wrote it.
type GeneratedDraft struct {
	ID                    domain.ID
	UserID                domain.ID
	CaseID                *domain.ID // nil: it belongs to none
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
	CaseID  *domain.ID // a case that it goes into, to stay there
}

// DraftFilter narrows a list of drafts.
type DraftFilter struct {
	CaseID *domain.ID // those of this case; nil: those outside of cases
	UserID *domain.ID // nil: the caller's own, an admin's and in a case: everyone's
	Status Status     // "": all
	Type   string     // "": all
	Limit  int        // 1 to 100; 0: 20
	Before *domain.ID // only older ones than this: next of the page before
}

// Drafts keeps drafts and their versions. A draft of a case is open to the case's members, as its
// policy says; every use of it goes into the case's timeline, and legal hold keeps it from being
// deleted. Any other is open to its owner and to admins. To anyone else it looks like one that does
// not exist. Besides the errors they name, methods can fail with Unavailable; with Forbidden: the
// caller's part in the case does not allow it; and those that change something with Conflict: the
// case is closed (reason case_closed) or under legal hold (legal_hold).
type Drafts struct {
	Events events.Publisher // may be set before use

	pool  *sql.DB
	wall  wall
	clock domain.Clock
	newID func() domain.ID
}

// NewDrafts opens the drafts of a database. matters may be nil: then there are no cases.
func NewDrafts(pool *sql.DB, matters *cases.Service, clock domain.Clock, newID func() domain.ID) *Drafts {
	return &Drafts{Events: events.NopPublisher{}, pool: pool, wall: wall{matters, cases.ResourceDraft}, clock: clock, newID: newID}
}

// KeepGenerated writes a generated draft in the transaction of q, so that it is kept together
// with whatever else the caller writes there, or not at all.
func KeepGenerated(ctx context.Context, tx db.Tx, publisher events.Publisher, g GeneratedDraft) error {
	row := query.CreateDraftParams{
		ID: g.ID, UserID: g.UserID, CaseID: g.CaseID, Origin: string(Generated), Type: g.Type, TemplateVersion: g.TemplateVersion, Locale: g.Locale, Tone: g.Tone,
		Status: string(Drafted), Sections: g.Sections, QualityScore: sql.NullFloat64{Float64: g.QualityScore, Valid: true}, Now: g.CreatedAt,
	}
	return keep(ctx, tx, publisher, row, g.Warnings, g.Title, g.Body)
}

func keep(ctx context.Context, tx db.Tx, publisher events.Publisher, row query.CreateDraftParams, warnings []string, title, body string) error {
	q := query.New(tx)

	var err error
	if row.Warnings, err = json.Marshal(append([]string{}, warnings...)); err != nil {
		return err
	}
	if err := q.CreateDraft(ctx, row); err != nil {
		return err
	}
	if err := q.CreateDraftVersion(ctx, query.CreateDraftVersionParams{
		DraftID: row.ID, Version: 1, Title: title, Body: body, AuthorID: row.UserID, CreatedAt: row.Now,
	}); err != nil {
		return err
	}
	return publisher.Publish(ctx, tx, draftEvent(domain.EventDraftCreated, row.UserID, row.UserID, row.CaseID, row.ID))
}

func draftEvent(t domain.EventType, actor, owner domain.ID, matter *domain.ID, id domain.ID) domain.Event {
	return domain.Event{Type: t, Actor: actor, UserID: owner, CaseID: matter, Data: map[string]domain.ID{"draftId": id}}
}

// Create keeps a draft that the caller wrote. Invalid: /title, /body, /locale. NotFound: the case
// is not open to the caller.
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
	if !n.ID.IsZero() {
		if d, err := s.Get(ctx, caller, n.ID); domain.CodeOf(err) != domain.NotFound {
			return d, err
		}
	}
	row := query.CreateDraftParams{
		ID: cmp.Or(n.ID, s.newID()), UserID: caller.UserID, CaseID: n.CaseID, Origin: string(Written), Type: n.Type, Locale: locale.String(),
		Status: string(Drafted), Sections: json.RawMessage("[]"), Now: s.clock(),
	}
	write := func(tx db.Tx) error { return keep(ctx, tx, s.Events, row, nil, title, body) }
	if n.CaseID == nil {
		err = db.WithTx(ctx, s.pool, write)
	} else {
		err = s.wall.change(ctx, caller, *n.CaseID, &cases.Action{Verb: cases.VerbCreate, ID: &row.ID}, write)
	}
	if err != nil {
		return Draft{}, err
	}
	r, err := query.New(s.pool).GetDraft(ctx, row.ID)
	if err != nil {
		return Draft{}, db.Error(err)
	}
	return draftOf(r.Draft, r.DraftVersion)
}

// List gives drafts, the newest first. next is the Before of the next page, nil on the last.
// Forbidden: another user's outside of cases, for anyone but an admin. NotFound: a case that is not
// open to the caller.
func (s *Drafts) List(ctx context.Context, caller domain.Principal, f DraftFilter) (items []DraftSummary, next *domain.ID, err error) {
	user := f.UserID
	if f.CaseID == nil && !caller.Admin() {
		if user != nil && *user != caller.UserID {
			return nil, nil, domain.Errorf(domain.Forbidden, "Only an admin may list another user's drafts.")
		}
		user = &caller.UserID
	}
	limit := min(max(cmp.Or(f.Limit, 20), 1), 100)
	before := domain.Before(f.Before)
	q := query.New(s.pool)
	var rows []query.ListDraftsRow
	switch {
	case f.CaseID != nil:
		if err := s.wall.list(ctx, caller, *f.CaseID); err != nil {
			return nil, nil, err
		}
		whose, anyone := userOf(user)
		var ofCase []query.ListCaseDraftsRow
		ofCase, err = q.ListCaseDrafts(ctx, query.ListCaseDraftsParams{CaseID: f.CaseID, Before: before, Status: string(f.Status), Type: f.Type, UserID: whose, Anyone: anyone, Limit: int32(limit + 1)})
		for _, r := range ofCase {
			rows = append(rows, query.ListDraftsRow(r))
		}
	case user != nil:
		rows, err = q.ListDrafts(ctx, query.ListDraftsParams{UserID: *user, Before: before, Status: string(f.Status), Type: f.Type, Limit: int32(limit + 1)})
	default:
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
		items[i] = DraftSummary{ID: r.ID, UserID: r.UserID, CaseID: r.CaseID, Origin: Origin(r.Origin), Type: r.Type, Locale: r.Locale, Title: r.Title,
			Status: Status(r.Status), Version: int(r.Version), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
	}
	return items, next, nil
}

// Get reads a draft. NotFound: there is none, or it is not open to the caller.
func (s *Drafts) Get(ctx context.Context, caller domain.Principal, id domain.ID) (Draft, error) {
	r, err := query.New(s.pool).GetDraft(ctx, id)
	if err := s.visible(ctx, caller, r.Draft.UserID, r.Draft.CaseID, cases.Action{Verb: cases.VerbRead, ID: &id}, err); err != nil {
		return Draft{}, err
	}
	return draftOf(r.Draft, r.DraftVersion)
}

func noDraft() error { return domain.NoSuch("draft") }

// visible answers for a draft that was looked up, with err, to be seen.
func (s *Drafts) visible(ctx context.Context, caller domain.Principal, owner domain.ID, matter *domain.ID, act cases.Action, err error) error {
	if err != nil {
		return s.wall.missing(ctx, caller, hidden(db.Error(err), noDraft))
	}
	return s.wall.show(ctx, caller, owner, matter, act, noDraft)
}

// within runs fn on a draft that nobody else changes meanwhile, when the caller may do act to it.
// A draft that is in no case can go into one: then fn is run in that.
func (s *Drafts) within(ctx context.Context, caller domain.Principal, id domain.ID, into *domain.ID, act *cases.Action, fn func(db.Tx, query.Draft, query.DraftVersion) error) error {
	place, err := query.New(s.pool).GetDraftPlace(ctx, id)
	if err != nil {
		return s.wall.missing(ctx, caller, hidden(db.Error(err), noDraft))
	}
	free := place.CaseID == nil
	if free && !mayRead(caller, place.UserID) {
		return s.wall.missing(ctx, caller, noDraft())
	}
	locked := func(tx db.Tx) error {
		r, err := query.New(tx).LockDraft(ctx, id)
		if err != nil {
			return hidden(db.Error(err), noDraft)
		}
		if !same(r.Draft.CaseID, place.CaseID) {
			return domain.Errorf(domain.Conflict, "The draft has changed meanwhile.")
		}
		return fn(tx, r.Draft, r.DraftVersion)
	}
	act.ID = &id
	switch {
	case free && into == nil:
		return db.WithTx(ctx, s.pool, locked)
	case free:
		act.Verb = cases.VerbCreate
		return s.wall.change(ctx, caller, *into, act, locked)
	}
	return hidden(s.wall.change(ctx, caller, *place.CaseID, act, locked), noDraft)
}

// Update edits a draft, moves its status, or both: the edit first. A changed title or text is a
// new version. Errors: Invalid; NotFound: the draft, or the case it is to go into; Forbidden: the
// status is a lawyer's to move; Conflict: the draft is no longer at c.Version, it is final, it has
// not been reviewed, or it is in another case.
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
	act := cases.Action{Verb: cases.VerbUpdate}
	err := s.within(ctx, caller, id, c.CaseID, &act, func(tx db.Tx, was query.Draft, text query.DraftVersion) error {
		q := query.New(tx)

		d, v = was, text
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
		if c.CaseID != nil && d.CaseID != nil && *c.CaseID != *d.CaseID {
			return domain.Errorf(domain.Conflict, "A draft stays in its case.")
		}
		enters := c.CaseID != nil && d.CaseID == nil
		if enters {
			d.CaseID = c.CaseID
		}
		act.Detail = told(&d, edited, moved, enters)
		if !edited && !moved && !enters {
			return nil
		}
		d.UpdatedAt = now
		if err := q.UpdateDraft(ctx, query.UpdateDraftParams{
			ID: id, Version: d.Version, Status: d.Status, ReviewedBy: d.ReviewedBy, ReviewedAt: d.ReviewedAt,
			FinalizedBy: d.FinalizedBy, FinalizedAt: d.FinalizedAt, UpdatedAt: now, CaseID: d.CaseID,
		}); err != nil {
			return err
		}
		return s.Events.Publish(ctx, tx, draftEvent(domain.EventDraftUpdated, caller.UserID, d.UserID, d.CaseID, id))
	})
	if err != nil {
		return Draft{}, err
	}
	return draftOf(d, v)
}

// told says in an entry of the timeline what became of a draft.
func told(d *query.Draft, edited, moved, enters bool) string {
	parts := []string{"version " + strconv.Itoa(int(d.Version))}
	if edited {
		parts = append(parts, "text")
	}
	if moved {
		parts = append(parts, "status "+d.Status)
	}
	if enters {
		parts = append(parts, "moved into the case")
	}
	return strings.Join(parts, ", ")
}

// move takes a draft from one status to the next, or from reviewed back to drafted.
func move(d *query.Draft, to Status, caller domain.Principal, now time.Time) error {
	if !caller.Staff() {
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

// Delete removes a draft with all its versions. NotFound: as Get. Conflict: it is final.
func (s *Drafts) Delete(ctx context.Context, caller domain.Principal, id domain.ID) error {
	return s.within(ctx, caller, id, nil, &cases.Action{Verb: cases.VerbDelete}, func(tx db.Tx, d query.Draft, _ query.DraftVersion) error {
		if Status(d.Status) == Final {
			return domain.Errorf(domain.Conflict, "A final draft cannot be deleted.")
		}
		if err := query.New(tx).DeleteDraft(ctx, id); err != nil {
			return err
		}
		return s.Events.Publish(ctx, tx, draftEvent(domain.EventDraftDeleted, caller.UserID, d.UserID, d.CaseID, id))
	})
}

func draftOf(d query.Draft, v query.DraftVersion) (Draft, error) {
	out := Draft{
		DraftSummary: DraftSummary{ID: d.ID, UserID: d.UserID, CaseID: d.CaseID, Origin: Origin(d.Origin), Type: d.Type, Locale: d.Locale, Title: v.Title,
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

// Forget deletes somebody's drafts outside of cases with all their versions, in the caller's
// transaction.
func (s *Drafts) Forget(ctx context.Context, tx db.Tx, user domain.ID) error {
	return query.New(tx).DeleteUserDrafts(ctx, user)
}
