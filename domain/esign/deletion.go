package esign

import (
	"context"
	"database/sql"
	"errors"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/esign"
)

// DocumentDeletable is files.Config.Deletable: a document is kept until the request to sign it has
// ended. Initiate also locks the document's row, so the two cannot interleave. Conflict: it must be kept.
func DocumentDeletable(ctx context.Context, tx db.Tx, document domain.ID) error {
	_, err := query.New(tx).LockUnfinishedRequestOfDocument(ctx, document)
	return deletable(err, "The document was sent for signature. Withdraw the request first, or wait until it has ended.")
}

// CaseDeletable is cases.Service.Deletable: a case is kept while one of its documents is being signed.
// Conflict: it must be kept.
func CaseDeletable(ctx context.Context, tx db.Tx, id domain.ID) error {
	_, err := query.New(tx).LockUnfinishedRequestOfCase(ctx, &id)
	return deletable(err, "A document of the case was sent for signature. Withdraw the request first, or wait until it has ended.")
}

// deletable converts the error of looking for an unfinished request.
func deletable(err error, message string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return &domain.Error{Code: domain.Conflict, Reason: "signature_open", Message: message}
}
