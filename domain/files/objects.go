package files

import (
	"context"
	"database/sql"
	"errors"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/files"
)

// StoredObject is the object of a stored document, for backups.
type StoredObject struct {
	ID          domain.ID `json:"id"`
	Key         string    `json:"key"`
	Size        int64     `json:"size"`
	SHA256      Checksum  `json:"sha256"`
	ContentType string    `json:"contentType"`
}

// ListStoredObjects lists the objects of all stored documents, by id, beyond after.
func ListStoredObjects(ctx context.Context, tx db.Tx, after domain.ID, limit int) ([]StoredObject, error) {
	rows, err := query.New(tx).ListStoredObjects(ctx, query.ListStoredObjectsParams{Cursor: after, Limit: int32(limit)})
	if err != nil {
		return nil, db.Error(err)
	}
	all := make([]StoredObject, len(rows))
	for i, r := range rows {
		all[i] = StoredObject{ID: r.ID, Key: objectKey(r.ID), Size: r.Size, SHA256: Checksum(r.Sha256), ContentType: r.ContentType}
	}
	return all, nil
}

// IsStored reports whether a document exists and is stored.
func IsStored(ctx context.Context, pool *sql.DB, id domain.ID) (bool, error) {
	_, err := query.New(pool).GetStoredDocument(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, db.Error(err)
}
