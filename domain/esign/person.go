package esign

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// Part is what is held of somebody as a signer of a request, without who else signs it.
type Part struct {
	Request Request // without signers
	Signer  Signer
	Log     []Event // theirs
}

// Parts gives yield what is held of the signers at an address, the newest first. Whoever asks for it
// must have made sure whose address it is.
func (s *Service) Parts(ctx context.Context, address string, yield func(Part) error) error {
	before := domain.Before(nil)
	for {
		rows, err := s.rows.ListSignerRows(ctx, query.ListSignerRowsParams{Email: domain.EmailForServers(address), Before: before, Limit: sweepBatch})
		if err != nil {
			return db.Error(err)
		}
		for _, row := range rows {
			before = row.ID
			if domain.EmailKey(row.Email) != domain.EmailKey(address) { // the database takes more for the same than mail servers do
				continue
			}
			r, err := load(ctx, s.rows, row.RequestID)
			if domain.CodeOf(err) == domain.NotFound {
				continue // forgotten a moment ago
			}
			if err != nil {
				return err
			}
			log, err := readLog(ctx, s.rows, r.ID)
			if err != nil {
				return err
			}
			p := Part{Request: r, Signer: s.view(r, row.ID).Signer}
			p.Request.Signers = nil
			for _, e := range log {
				if e.Signer == p.Signer.Number {
					p.Log = append(p.Log, e)
				}
			}
			if err := yield(p); err != nil {
				return err
			}
		}
		if len(rows) < sweepBatch {
			return nil
		}
	}
}

// forgetAfter is how long what is forgotten stays while its signers are told that it is over.
const forgetAfter = 48 * time.Hour

// Forget is for the erasure of somebody, in the caller's transaction. What they sent outside of cases,
// whose documents go, is withdrawn, and so is what an admin sent of their documents; unless somebody
// signed it, all of it goes two days later.
// What was signed stays as it is, and so does what is of a case: signers, and the case, rely on it as
// evidence. Conflict: all have signed a document that is not sealed yet.
func (s *Service) Forget(ctx context.Context, tx db.Tx, user domain.ID) error {
	q := query.New(tx)

	if err := s.Archive.LockOwned(ctx, tx, user); err != nil { // before the requests: in the order of Initiate
		return err
	}
	rows, err := q.LockUnfinishedSignatureRequests(ctx, user)
	if err != nil {
		return err
	}
	others, err := q.LockUnfinishedRequestsOfOwner(ctx, query.LockUnfinishedRequestsOfOwnerParams{Owner: user})
	if err != nil {
		return err
	}
	for _, row := range append(rows, others...) {
		r, err := withSigners(ctx, q, row)
		if err != nil {
			return err
		}
		end := EventCancelled
		switch r.Status {
		case Sealing:
			return &domain.Error{Code: domain.Conflict, Reason: "signature_sealing", Message: "A document of this person has been signed by all and is being sealed. Please try again in a minute."}
		case Creating:
			r.Status, end = Failed, EventFailed
		default:
			r.Status = Cancelled
		}
		r.ChangedAt = s.Clock()
		if err := s.release(ctx, tx, &r); err != nil {
			return err
		}
		if err := s.log(ctx, tx, &r, Event{Kind: end}); err != nil {
			return err
		}
		if r.Status == Cancelled {
			if err := s.notify(ctx, tx, &r, noticeCancelled); err != nil {
				return err
			}
		}
		err = q.UpdateSignatureRequest(ctx, query.UpdateSignatureRequestParams{ID: r.ID, Status: string(r.Status), ChangedAt: r.ChangedAt, SignedID: r.SignedID, Seq: r.seq, Head: r.head})
		if err != nil {
			return err
		}
		if r.UserID != user {
			if err := q.ForgetSignatureRequest(ctx, query.ForgetSignatureRequestParams{ForgetAt: nullable(ptr(s.Clock().Add(forgetAfter))), ID: r.ID}); err != nil {
				return err
			}
		}
	}
	return q.ForgetSignatureRequests(ctx, query.ForgetSignatureRequestsParams{ForgetAt: nullable(ptr(s.Clock().Add(forgetAfter))), UserID: user})
}

// sweepForgotten takes away what was to be forgotten by now, and has ended at its provider, too.
func (s *Service) sweepForgotten(ctx context.Context) error {
	ids, err := s.rows.ListForgottenSignatureRequests(ctx, query.ListForgottenSignatureRequestsParams{Now: nullable(ptr(s.Clock())), Limit: sweepBatch})
	if err != nil {
		return db.Error(err)
	}
	for _, id := range ids {
		err := s.inTx(ctx, func(tx db.Tx) error {
			q := query.New(tx)

			for _, take := range []func(context.Context, domain.ID) error{
				q.DeleteSignatureRequestHints, q.DeleteSignatureRequestEnvelope, q.DeleteSignatureRequestEvents, q.DeleteSignatureRequestSigners, q.DeleteSignatureRequest,
			} {
				if err := take(ctx, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
