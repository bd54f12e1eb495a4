package files

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/search"
	query "counsel/gen/query/files"
)

// signedRetention is how long a signed file cannot be deleted, so that it can be mailed to its
// signers.
const signedRetention = 48 * time.Hour

// Delete deletes a file, with its object and its text. It is invisible at once; when the store is down,
// a later sweep deletes the object. NotFound: as Get. Conflict: it was signed and is still being mailed
// to its signers, or Config.Deletable does not allow it.
func (s *Service) Delete(ctx context.Context, caller domain.Principal, id domain.ID) error {
	r, err := s.find(ctx, id)
	if err != nil {
		return s.guard.UniformNotFound(ctx, caller, err)
	}
	markDeleted := func(tx db.Tx) error {
		if Kind(r.Kind) == Signed && s.clock().Sub(r.CreatedAt) < signedRetention {
			return &domain.Error{Code: domain.Conflict, Reason: "signature_mailing", Message: "All have signed this document, and it is being mailed to them. It can be deleted two days after that."}
		}
		if err := s.softDelete(ctx, query.New(tx), id, stateStored); err != nil {
			return err
		}
		if s.deletable != nil {
			if err := s.deletable(ctx, tx, id); err != nil {
				return err
			}
		}
		return s.events.Publish(ctx, tx, event(domain.EventDocumentDeleted, caller.UserID, r.UserID, r.CaseID, id))
	}
	switch {
	case r.CaseID != nil:
		err = cases.HideNotFound(s.guard.AuthorizedTx(ctx, caller, *r.CaseID, &cases.Action{Verb: cases.VerbDelete, ID: &id}, markDeleted), noSuchFile)
	case caller.MayAccess(r.UserID):
		err = db.WithTx(ctx, s.pool, markDeleted)
	default:
		err = s.guard.UniformNotFound(ctx, caller, noSuchFile())
	}
	if err != nil {
		return err
	}
	err = s.remove(ctx, id, stateDeleted)
	if e, ok := errors.AsType[*domain.Error](err); ok {
		s.log.WarnContext(ctx, "object of a deleted file is left to the sweep", "document_id", id.String(), "error", e.Error())
		return nil
	}
	return err
}

// remove removes a file in the state from: it soft-deletes the row, then deletes the object, then the
// row. It is idempotent and can be repeated after a crash at any point.
func (s *Service) remove(ctx context.Context, id domain.ID, from State) error {
	if from != stateDeleted {
		if err := s.softDelete(ctx, query.New(s.pool), id, from); err != nil {
			return err
		}
	}
	if err := s.store.Delete(ctx, objectKey(id)); err != nil {
		return err
	}
	return db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		if err := search.RemoveDocument(ctx, tx, id); err != nil {
			return err
		}
		return query.New(tx).DeleteDocument(ctx, id)
	})
}

// Lock locks a file against deletion until the caller's transaction ends. NotFound: it was deleted.
// Lock order: the timeline of its case first, rows that refer to the file after it.
func (s *Service) Lock(ctx context.Context, tx db.Tx, id domain.ID) error {
	if _, err := query.New(tx).LockStoredDocument(ctx, id); errors.Is(err, sql.ErrNoRows) {
		return noSuchFile()
	} else if err != nil {
		return err
	}
	return nil
}

// LockOwned is Lock for all files that EraseUser deletes.
func (s *Service) LockOwned(ctx context.Context, tx db.Tx, user domain.ID) error {
	_, err := query.New(tx).LockUserDocuments(ctx, user)
	return err
}

// EraseUser deletes all files of a user outside of cases, with their names and texts, in the
// caller's transaction. A later sweep deletes the objects. Signed files are retained and reindexed,
// because others rely on them.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error {
	q := query.New(tx)
	if err := search.ClearScope(ctx, tx, user); err != nil {
		return err
	}
	if err := q.UpdateDocumentsUnindexed(ctx, user); err != nil {
		return err
	}
	if err := q.DeleteUserDocumentPages(ctx, user); err != nil {
		return err
	}
	return q.UpdateUserDocumentsDeleted(ctx, query.UpdateUserDocumentsDeletedParams{UserID: user, ChangedAt: s.clock()})
}

// EraseTestData deletes all files of a test account, signed ones and those in its cases included, in the
// caller's transaction. A later sweep deletes the objects, the rows and what the index has of them.
func (s *Service) EraseTestData(ctx context.Context, tx db.Tx, testAccount domain.ID) error {
	q := query.New(tx)
	if err := q.DeleteTestDocumentPages(ctx, testAccount); err != nil {
		return err
	}
	return q.UpdateTestDocumentsDeleted(ctx, query.UpdateTestDocumentsDeletedParams{ChangedAt: s.clock(), UserID: testAccount})
}
