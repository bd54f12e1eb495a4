package cases

import (
	"cmp"
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/cases"
)

// maxNote is the limit of a note, in characters.
const maxNote = 10_000

// Note is a note in a case. It cannot be changed, only deleted.
type Note struct {
	ID        domain.ID
	AuthorID  domain.ID
	Body      string
	CreatedAt time.Time
}

// NewNote describes a note to create.
type NewNote struct {
	ID   domain.ID // optional, as in NewCase
	Body string
}

// AddNote creates a note.
func (s *Service) AddNote(ctx context.Context, p domain.Principal, id domain.ID, w NewNote) (Note, error) {
	body, err := multiLine("/body", w.Body, maxNote)
	if err != nil {
		return Note{}, err
	}
	if body == "" {
		return Note{}, domain.InvalidField("/body", "must not be blank")
	}
	row, ok, err := findExisting(ctx, s, p, id, w.ID, ResourceNote, func() (query.CaseNote, error) {
		return s.queries.GetCaseNote(ctx, query.GetCaseNoteParams{CaseID: id, ID: w.ID})
	})
	if ok || err != nil {
		return toNote(row), err
	}
	n := Note{ID: cmp.Or(w.ID, s.newID()), AuthorID: p.UserID, Body: body, CreatedAt: s.now()}
	err = s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbCreate, Resource: ResourceNote, ID: &n.ID}, func(tx db.Tx) error {
		return query.New(tx).CreateCaseNote(ctx, query.CreateCaseNoteParams{ID: n.ID, CaseID: id, AuthorID: n.AuthorID, Body: n.Body, CreatedAt: n.CreatedAt})
	})
	if err != nil {
		return Note{}, err
	}
	return n, nil
}

// Notes lists the notes of a case, newest first. next is the cursor of the next page, nil on the
// last.
func (s *Service) Notes(ctx context.Context, p domain.Principal, id domain.ID, limit int, cursor *domain.ID) (items []Note, next *domain.ID, err error) {
	if err := s.AuthorizeRead(ctx, p, id, Action{Verb: VerbRead, Resource: ResourceNote}); err != nil {
		return nil, nil, err
	}
	n := domain.PageSize(limit)
	rows, err := s.queries.ListCaseNotes(ctx, query.ListCaseNotesParams{CaseID: id, Cursor: domain.CursorOrMax(cursor), Limit: int32(n + 1)})
	if err != nil {
		return nil, nil, db.Error(err)
	}
	for _, r := range rows {
		items = append(items, toNote(r))
	}
	items, next = domain.Page(items, n, func(n Note) domain.ID { return n.ID })
	return items, next, nil
}

func toNote(r query.CaseNote) Note {
	return Note{ID: r.ID, AuthorID: r.AuthorID, Body: r.Body, CreatedAt: r.CreatedAt}
}

// DeleteNote deletes a note. NotFound: the case has no such note.
func (s *Service) DeleteNote(ctx context.Context, p domain.Principal, id, note domain.ID) error {
	return s.AuthorizedTx(ctx, p, id, &Action{Verb: VerbDelete, Resource: ResourceNote, ID: &note}, func(tx db.Tx) error {
		n, err := query.New(tx).DeleteCaseNote(ctx, query.DeleteCaseNoteParams{CaseID: id, ID: note})
		if err == nil && n == 0 {
			return domain.NoSuch("note")
		}
		return err
	})
}
