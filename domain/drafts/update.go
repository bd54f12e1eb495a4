package drafts

import (
	"context"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	query "counsel/gen/query/drafts"
)

// Limits of a draft: of its texts, in characters, and of its number of versions.
const (
	maxTitle    = 300
	maxBody     = 500_000
	maxNote     = 300
	maxVersions = 1000
)

// Update is a change of a draft. nil leaves a field unchanged.
type Update struct {
	Version int // the current one, for optimistic locking
	Title   *string
	Body    *string
	Note    string // a summary of the change
	Status  *Status
	CaseID  *domain.ID // a case to move the draft into; it cannot leave it again
}

// Update edits a draft, moves its status, or both: the edit first. A changed title or text makes a new
// version. Errors: Invalid; NotFound: the draft, or the case to move it into; Forbidden: only a lawyer
// may move the status; Conflict: the draft is no longer at u.Version, it is final, it has not been
// reviewed, or it belongs to another case.
func (s *Service) Update(ctx context.Context, caller domain.Principal, id domain.ID, u Update) (Draft, error) {
	if err := u.check(); err != nil {
		return Draft{}, err
	}
	now := s.clock()
	var d query.Draft
	var v query.DraftVersion
	action := cases.Action{Verb: cases.VerbUpdate}
	err := s.withLocked(ctx, caller, id, u.CaseID, &action, func(tx db.Tx, current query.Draft, text query.DraftVersion) error {
		q := query.New(tx)
		d, v = current, text
		if int(d.Version) != u.Version {
			return domain.Errorf(domain.Conflict, "The draft has changed meanwhile: its version is %d, not %d.", d.Version, u.Version)
		}
		edited := u.Title != nil && *u.Title != v.Title || u.Body != nil && *u.Body != v.Body
		if Status(d.Status) == Final && (edited || u.Status != nil && *u.Status != Final) {
			return domain.Errorf(domain.Conflict, "A final draft cannot be changed.")
		}
		if edited {
			if d.Version >= maxVersions {
				return domain.Errorf(domain.Conflict, "A draft can have %d versions at most.", maxVersions)
			}
			v = query.DraftVersion{DraftID: id, Version: d.Version + 1, Title: deref(u.Title, v.Title), Body: deref(u.Body, v.Body), Note: u.Note, AuthorID: caller.UserID, CreatedAt: now}
			if err := q.CreateDraftVersion(ctx, query.CreateDraftVersionParams(v)); err != nil {
				return err
			}
			d.Version = v.Version
			resetReview(&d)
		}
		moved := u.Status != nil && *u.Status != Status(d.Status)
		if moved {
			if err := transition(&d, *u.Status, caller, now); err != nil {
				return err
			}
		}
		if u.CaseID != nil && d.CaseID != nil && *u.CaseID != *d.CaseID {
			return domain.Errorf(domain.Conflict, "A draft stays in its case.")
		}
		enters := u.CaseID != nil && d.CaseID == nil
		if enters {
			d.CaseID = u.CaseID
		}
		action.Detail = timelineText(&d, edited, moved, enters)
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
		return s.events.Publish(ctx, tx, event(domain.EventDraftUpdated, caller.UserID, d.UserID, d.CaseID, id))
	})
	if err != nil {
		return Draft{}, err
	}
	return fromRow(d, v)
}

// check validates and normalizes the texts.
func (u *Update) check() error {
	var faults []domain.Field
	if u.Note != "" {
		u.Note = checkLine(u.Note, "/note", maxNote, &faults)
	}
	if u.Title != nil {
		title := checkLine(*u.Title, "/title", maxTitle, &faults)
		u.Title = &title
	}
	if u.Body != nil {
		body := checkBody(*u.Body, &faults)
		u.Body = &body
	}
	return invalid(faults)
}

// timelineText is the Detail of a timeline entry: what changed about a draft.
func timelineText(d *query.Draft, edited, moved, enters bool) string {
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

// checkLine checks a text of one line with at most maxLen characters, and trims it.
func checkLine(s, pointer string, maxLen int, faults *[]domain.Field) string {
	s = strings.TrimSpace(s)
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		*faults = append(*faults, domain.Field{Pointer: pointer, Detail: "must not be blank"})
	case n > maxLen:
		*faults = append(*faults, domain.Field{Pointer: pointer, Detail: "is too long"})
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		*faults = append(*faults, domain.Field{Pointer: pointer, Detail: "must not contain control characters"})
	}
	return s
}

// checkBody checks a body and normalizes its line ends to \n.
func checkBody(s string, faults *[]domain.Field) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	switch {
	case strings.TrimSpace(s) == "":
		*faults = append(*faults, domain.Field{Pointer: "/body", Detail: "must not be blank"})
	case utf8.RuneCountInString(s) > maxBody:
		*faults = append(*faults, domain.Field{Pointer: "/body", Detail: "is too long"})
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		*faults = append(*faults, domain.Field{Pointer: "/body", Detail: "must not contain control characters"})
	}
	return s
}

func invalid(faults []domain.Field) error {
	if len(faults) == 0 {
		return nil
	}
	return &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted.", Fields: faults}
}

func deref(s *string, fallback string) string {
	if s == nil {
		return fallback
	}
	return *s
}
