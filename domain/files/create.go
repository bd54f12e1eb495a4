package files

import (
	"context"
	"errors"
	"io"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/files/filetype"
	query "counsel/gen/query/files"
)

const (
	// uploadTimeout bounds how long storing an object may take. It is well below gracePeriod, so that
	// no sweep deletes a file that is still being uploaded.
	uploadTimeout = 5 * time.Minute
	// gracePeriod is how long a pending file or an unknown object is left alone before a sweep assumes a
	// crash.
	gracePeriod = 15 * time.Minute
	// cleanupTimeout bounds the cleanup after a request that failed or was canceled.
	cleanupTimeout = 5 * time.Second
)

// NewFile is a file to be stored. Its bytes are trusted to be of ContentType.
type NewFile struct {
	ID          domain.ID // zero: a new one
	Resume      bool      // resume a pending upload under the same ID, or return the stored file
	UserID      domain.ID
	CaseID      *domain.ID       // nil: no case
	By          domain.Principal // who adds it to the case; unused without one
	Name        string
	ContentType string
	Kind        Kind
	Body        io.ReadSeeker
	Size        int64
	SHA256      Checksum
	// OnInsert runs in the transaction that inserts the row, so that whatever it writes about the file
	// exists if and only if the file does. nil: nothing more is written.
	OnInsert func(ctx context.Context, tx db.Tx, id domain.ID) error
}

// Create stores a file. When it fails nothing is stored, except for a pending row that a sweep removes.
// Conflict: the ID exists, unless Resume is set. Unavailable, with Resume: the pending file is being
// removed, or another request is inserting it. NotFound: the case is not accessible to n.By.
func (s *Service) Create(ctx context.Context, n NewFile) (File, error) {
	f := File{ID: n.ID, UserID: n.UserID, CaseID: n.CaseID, Name: n.Name, ContentType: n.ContentType, Kind: n.Kind, Text: TextPending, Size: n.Size, SHA256: n.SHA256, CreatedAt: s.clock()}
	if f.ID.IsZero() {
		f.ID = s.newID()
	}
	if !filetype.Extractable(n.ContentType) {
		f.Text = TextNone
	}
	if n.CaseID != nil {
		if err := s.guard.Authorize(ctx, n.By, *n.CaseID, cases.VerbCreate); err != nil {
			return File{}, err
		}
	}
	if n.Resume {
		if stored, err := s.resumePending(ctx, &f, n.OnInsert); stored || err != nil {
			return f, err
		}
	} else if err := s.insertPending(ctx, f, n.OnInsert); err != nil {
		return File{}, err
	}
	if err := s.upload(ctx, n.By, f, n.Body); err != nil {
		if n.Resume { // another attempt may own the row by now
			return File{}, err
		}
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		if cerr := s.remove(cleanup, f.ID, statePending); cerr != nil {
			s.log.WarnContext(ctx, "failed upload is left to the sweep", "document_id", f.ID.String(), "error", cerr.Error())
		}
		return File{}, err
	}
	if f.Text == TextPending {
		s.wakeExtraction()
	}
	return f, nil
}

// insertPending inserts the row of a file that is about to be uploaded.
func (s *Service) insertPending(ctx context.Context, f File, onInsert func(context.Context, db.Tx, domain.ID) error) error {
	return db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		err := query.New(tx).CreateDocument(ctx, query.CreateDocumentParams{ID: f.ID, UserID: f.UserID, Name: f.Name, ContentType: f.ContentType, Kind: string(f.Kind),
			TextState: string(f.Text), Size: f.Size, Sha256: f.SHA256[:], CreatedAt: f.CreatedAt, ChangedAt: f.CreatedAt, CaseID: f.CaseID})
		if err != nil || onInsert == nil {
			return err
		}
		return onInsert(ctx, tx, f.ID)
	})
}

// resumePending resumes an upload that may exist under the same ID, and completes f from its row.
// stored: nothing is left to do. Unavailable: the row is being removed, or another request is
// inserting it.
func (s *Service) resumePending(ctx context.Context, f *File, onInsert func(context.Context, db.Tx, domain.ID) error) (stored bool, err error) {
	q := query.New(s.pool)
	row, err := q.GetDocument(ctx, f.ID)
	switch {
	case err != nil && domain.CodeOf(db.Error(err)) == domain.NotFound:
		err := s.insertPending(ctx, *f, onInsert)
		if domain.CodeOf(err) == domain.Conflict {
			err = StorageUnavailable(time.Second, err)
		}
		return false, err
	case err != nil:
		return false, db.Error(err)
	case State(row.State) == stateStored:
		*f = fromRow(row)
		return true, nil
	}
	// Restart the grace period. Other bytes than before come from another version of this program: a
	// sweep removes the row, and a later attempt inserts it again.
	n, err := q.UpdatePendingDocument(ctx, query.UpdatePendingDocumentParams{Now: s.clock(), ID: f.ID, Sha256: f.SHA256[:]})
	if err == nil && n == 0 {
		return false, StorageUnavailable(time.Minute, errors.New("files: an earlier attempt is being removed"))
	}
	f.CreatedAt = row.CreatedAt
	return false, db.Error(err)
}

// upload stores the object, and then marks the row stored and records the file in the case's timeline.
func (s *Service) upload(ctx context.Context, by domain.Principal, f File, body io.ReadSeeker) error {
	bounded, cancel := context.WithTimeout(ctx, uploadTimeout)
	defer cancel()
	start := s.clock()
	err := s.store.Put(bounded, objectKey(f.ID), Object{Body: body, Size: f.Size, SHA256: f.SHA256, ContentType: f.ContentType})
	domain.UsageFrom(ctx).Upstream += s.clock().Sub(start)
	if err != nil {
		return err
	}
	markStored := func(tx db.Tx) error {
		if err := s.markStored(ctx, tx, f.ID); err != nil {
			return err
		}
		eventType := domain.EventDocumentUploaded
		if f.Kind != Uploaded {
			eventType = domain.EventDocumentRendered
		}
		return s.events.Publish(ctx, tx, event(eventType, by.UserID, f.UserID, f.CaseID, f.ID))
	}
	if f.CaseID == nil {
		return db.WithTx(ctx, s.pool, markStored)
	}
	return s.guard.AuthorizedTx(ctx, by, *f.CaseID, &cases.Action{Verb: cases.VerbCreate, ID: &f.ID, Detail: string(f.Kind)}, markStored)
}
