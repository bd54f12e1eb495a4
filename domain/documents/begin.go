package documents

import (
	"context"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// begin writes the row of a document that is about to be stored.
func (a *Archive) begin(ctx context.Context, s Stored, from *query.CreateRenderingParams) error {
	return db.Error(db.WithTx(ctx, a.DB, func(tx db.Tx) error {
		q := query.New(tx)

		err := q.CreateDocument(ctx, query.CreateDocumentParams{ID: s.ID, UserID: s.UserID, Name: s.Name, ContentType: s.ContentType, Kind: string(s.Kind),
			TextState: string(s.Text), Size: s.Size, Sha256: s.SHA256[:], CreatedAt: s.CreatedAt, ChangedAt: s.CreatedAt, CaseID: s.CaseID})
		if err != nil || from == nil {
			return err
		}
		source := *from
		source.DocumentID = s.ID
		return q.CreateRendering(ctx, source)
	}))
}

// resume goes on with a document that may have been begun before, and completes s from its row.
// ready: it is stored. Unavailable: it is being taken away, or another begins it now.
func (a *Archive) resume(ctx context.Context, s *Stored, from *query.CreateRenderingParams) (ready bool, err error) {
	q := query.New(a.DB)
	row, err := q.GetDocument(ctx, s.ID)
	switch {
	case err != nil && domain.CodeOf(db.Error(err)) == domain.NotFound:
		err := a.begin(ctx, *s, from)
		if domain.CodeOf(err) == domain.Conflict {
			err = StorageUnavailable(time.Second, err)
		}
		return false, err
	case err != nil:
		return false, db.Error(err)
	case row.State == stateStored:
		*s = stored(row)
		return true, nil
	}
	// The sweep is to give it its time anew. Other bytes than it was begun with come of another
	// version of this program: it goes with the sweep, and is begun anew after that.
	n, err := q.TouchPendingDocument(ctx, query.TouchPendingDocumentParams{Now: a.Clock(), ID: s.ID, Sha256: s.SHA256[:]})
	if err == nil && n == 0 {
		return false, StorageUnavailable(time.Minute, errors.New("documents: an earlier try is being taken away"))
	}
	s.CreatedAt = row.CreatedAt
	return false, db.Error(err)
}
