package esign

import (
	"context"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/esign/envelopes"
	"counsel/domain/esign/evidence"
	query "counsel/gen/query/esign"
)

// SignerData is the personal data of a signer of a request, without that of the other signers.
type SignerData struct {
	Request Request // without signers
	Signer  Signer
	Log     []evidence.Event // of this signer
}

// ExportSigners passes the data of every signer with the address to yield, newest first. The caller must
// have verified who the address belongs to.
func (s *Service) ExportSigners(ctx context.Context, address string, yield func(SignerData) error) error {
	cursor := domain.CursorOrMax(nil)
	for {
		rows, err := s.queries.ListSignerRows(ctx, query.ListSignerRowsParams{Email: domain.EmailASCII(address), Cursor: cursor, Limit: sweepBatch})
		if err != nil {
			return db.Error(err)
		}
		for _, row := range rows {
			cursor = row.ID
			if domain.EmailKey(row.Email) != domain.EmailKey(address) { // the collation is more lenient than mail servers
				continue
			}
			r, err := s.get(ctx, row.RequestID)
			if domain.CodeOf(err) == domain.NotFound {
				continue // deleted a moment ago
			}
			if err != nil {
				return err
			}
			log, err := readLog(ctx, s.queries, r.ID)
			if err != nil {
				return err
			}
			data := SignerData{Request: r, Signer: r.Signers[r.indexOf(row.ID)]}
			data.Request.Signers = nil
			for _, e := range log {
				if e.Signer == data.Signer.Number {
					data.Log = append(data.Log, e)
				}
			}
			if err := yield(data); err != nil {
				return err
			}
		}
		if len(rows) < sweepBatch {
			return nil
		}
	}
}

// erasureDelay is how long an erased request is kept, so that its signers can be notified.
const erasureDelay = 48 * time.Hour

// EraseUser handles the requests of a user whose account is being deleted, in the caller's transaction. What
// they sent outside of cases is withdrawn, and so is what an admin sent of their documents. Unless somebody
// signed it, it is deleted after erasureDelay. Signed requests and those of a case are kept as evidence for
// the signers and the case. Conflict: everyone has signed a document that is not sealed yet.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error {
	q := query.New(tx)
	if err := s.files.LockOwned(ctx, tx, user); err != nil { // before the requests: the lock order of Initiate
		return err
	}
	own, err := q.LockUnfinishedSignatureRequests(ctx, user)
	if err != nil {
		return err
	}
	ofDocuments, err := q.LockUnfinishedRequestsOfOwner(ctx, query.LockUnfinishedRequestsOfOwnerParams{Owner: user})
	if err != nil {
		return err
	}
	deleteAt := s.clock().Add(erasureDelay)
	for _, row := range append(own, ofDocuments...) {
		r, err := withSigners(ctx, q, row)
		if err != nil {
			return err
		}
		if err := s.withdraw(ctx, tx, &r); err != nil {
			return err
		}
		if r.UserID != user {
			if err := q.UpdateSignatureRequestErasure(ctx, query.UpdateSignatureRequestErasureParams{ForgetAt: nullTime(&deleteAt), ID: r.ID}); err != nil {
				return err
			}
		}
	}
	return q.UpdateSignatureRequestErasuresByUser(ctx, query.UpdateSignatureRequestErasuresByUserParams{ForgetAt: nullTime(&deleteAt), UserID: user})
}

// withdraw ends an active request whose sender or document is being erased.
func (s *Service) withdraw(ctx context.Context, tx db.Tx, r *Request) error {
	to, kind := Cancelled, evidence.EventCancelled
	switch r.Status {
	case Sealing:
		return &domain.Error{Code: domain.Conflict, Reason: "signature_sealing", Message: "A document of this person has been signed by everyone and is being sealed. Please try again in a minute."}
	case Creating:
		to, kind = Failed, evidence.EventFailed
	}
	if err := r.move(to); err != nil {
		return err
	}
	r.ChangedAt = s.clock()
	if err := s.releaseEnvelope(ctx, tx, r); err != nil {
		return err
	}
	if err := s.log(ctx, tx, r, evidence.Event{Kind: kind}); err != nil {
		return err
	}
	if r.Status == Cancelled {
		if err := s.queueNotices(ctx, tx, r, noticeCancelled); err != nil {
			return err
		}
	}
	return r.save(ctx, tx)
}

// deleteErased deletes erased requests whose time has come, and whose envelopes are done.
func (s *Service) deleteErased(ctx context.Context) error {
	now := s.clock()
	ids, err := s.queries.ListSignatureRequestsToErase(ctx, query.ListSignatureRequestsToEraseParams{Now: nullTime(&now), Limit: sweepBatch})
	if err != nil {
		return db.Error(err)
	}
	for _, id := range ids {
		if err := db.WithTx(ctx, s.db, func(tx db.Tx) error { return deleteRequest(ctx, tx, id) }); err != nil {
			return err
		}
	}
	return nil
}

// EraseTestData deletes all requests of a test account, in the caller's transaction.
func (s *Service) EraseTestData(ctx context.Context, tx db.Tx, user domain.ID) error {
	if !user.IsTest() {
		return errors.New("esign: not a test account")
	}
	q := query.New(tx)
	for {
		ids, err := q.ListSignatureRequestIDs(ctx, query.ListSignatureRequestIDsParams{UserID: user, Limit: sweepBatch})
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := deleteRequest(ctx, tx, id); err != nil {
				return err
			}
		}
	}
}

// deleteRequest deletes a request with everything that belongs to it.
func deleteRequest(ctx context.Context, tx db.Tx, id domain.ID) error {
	if err := envelopes.Delete(ctx, tx, id); err != nil {
		return err
	}
	q := query.New(tx)
	for _, del := range []func(context.Context, domain.ID) error{q.DeleteSignatureRequestEvents, q.DeleteSignatureRequestSigners, q.DeleteSignatureRequest} {
		if err := del(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
