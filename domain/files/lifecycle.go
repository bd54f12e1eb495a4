package files

import (
	"context"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/lifecycle"
	query "counsel/gen/query/files"
)

// State is the state of a file's row. The row is inserted before the object is stored and removed
// after the object is deleted. So every object has a row at any time, and a crash leaves a row from
// which a sweep can finish the work. Only stored files are visible.
type State string

const (
	// statePending: the object may not have arrived yet. It is stored within uploadTimeout; after
	// gracePeriod a sweep assumes a crash and deletes the file.
	statePending State = "pending"
	// stateStored: the object has arrived, complete and verified. The file is visible, and its text is
	// extracted.
	stateStored State = "stored"
	// stateDeleted: the file is not visible any more, but the object may still exist. The row is removed
	// when the object is.
	stateDeleted State = "deleted"
)

// Lifecycle is the life cycle of a file.
var Lifecycle = lifecycle.Table[State]{
	Thing:   "file",
	Initial: []State{statePending},
	Transitions: []lifecycle.Transition[State]{
		{From: statePending, To: stateStored, On: "object stored"},
		{From: statePending, To: stateDeleted, On: "upload failed"},
		{From: stateStored, To: stateDeleted, On: "deleted"},
	},
}

// transition moves a file from one state to another, if the table allows it. ok is false if the
// file is no longer in the state from.
func (s *Service) transition(ctx context.Context, q *query.Queries, id domain.ID, from, to State) (ok bool, err error) {
	if err := Lifecycle.Check(from, to); err != nil {
		return false, err
	}
	var n int64
	if to == stateStored {
		n, err = q.UpdateDocumentStored(ctx, query.UpdateDocumentStoredParams{Now: s.clock(), ID: id})
	} else {
		n, err = q.UpdateDocumentDeleted(ctx, query.UpdateDocumentDeletedParams{Now: s.clock(), ID: id, FromState: string(from)})
	}
	return n > 0, db.Error(err)
}

// markStored makes a pending file visible. Unavailable: a sweep has deleted it meanwhile.
func (s *Service) markStored(ctx context.Context, tx db.Tx, id domain.ID) error {
	ok, err := s.transition(ctx, query.New(tx), id, statePending, stateStored)
	if err == nil && !ok {
		return StorageUnavailable(time.Second, errors.New("files: the pending row was removed by a sweep"))
	}
	return err
}

// softDelete makes a file invisible. NotFound: it is not in the state from any more.
func (s *Service) softDelete(ctx context.Context, q *query.Queries, id domain.ID, from State) error {
	ok, err := s.transition(ctx, q, id, from, stateDeleted)
	if err == nil && !ok {
		return noSuchFile()
	}
	return err
}

// TextState is the state of the text of a stored file in the search index.
type TextState string

// The states of a file's text. Only TextPending changes: when the text has been extracted, or cannot be.
const (
	TextPending    TextState = "pending" // not extracted yet
	TextIndexed    TextState = "indexed"
	TextNone       TextState = "none"       // no text: a scan, an image, an encrypted file
	TextUnreadable TextState = "unreadable" // TextError says why
)

// TextLifecycle is the life cycle of a file's text.
var TextLifecycle = lifecycle.Table[TextState]{
	Thing:   "text",
	Initial: []TextState{TextPending, TextNone},
	Transitions: []lifecycle.Transition[TextState]{
		{From: TextPending, To: TextIndexed, On: "text extracted"},
		{From: TextPending, To: TextNone, On: "no text found"},
		{From: TextPending, To: TextUnreadable, On: "extraction failed"},
	},
}

// TextError says why the text of a file is TextUnreadable.
type TextError string

// The reasons why a text is unreadable.
const (
	TextTooMuchMemory TextError = "memory" // extraction exceeds the memory limit
	TextTooSlow       TextError = "time"   // extraction exceeds the time limit
	TextFailed        TextError = "failed" // extraction failed repeatedly
)
