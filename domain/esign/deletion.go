package esign

import (
	"context"
	"database/sql"
	"errors"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// DocumentDeletable is documents.ArchiveDeps.Deletable: a document stays until the request to sign it
// has ended. Initiate holds the document's row as well, so that the two cannot pass each other.
func DocumentDeletable(ctx context.Context, tx db.Tx, document domain.ID) error {
	_, err := query.New(tx).LockUnfinishedRequestOfDocument(ctx, document)
	return unlessOpen(err, "The document has been sent to be signed. Withdraw the request first, or wait until it has ended.")
}

// CaseDeletable is cases.Service.Deletable: a case stays while one of its documents is to be signed.
func CaseDeletable(ctx context.Context, tx db.Tx, id domain.ID) error {
	_, err := query.New(tx).LockUnfinishedRequestOfCase(ctx, &id)
	return unlessOpen(err, "A document of the case has been sent to be signed. Withdraw the request first, or wait until it has ended.")
}

func unlessOpen(err error, message string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return &domain.Error{Code: domain.Conflict, Reason: "signature_open", Message: message}
}
