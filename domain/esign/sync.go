package esign

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/esign/envelopes"
	"counsel/domain/esign/evidence"
	"counsel/domain/files"
)

// syncRequest does what a request's envelope needs next. It is idempotent and can run concurrently.
func (s *Service) syncRequest(ctx context.Context, id domain.ID, attempt int) error {
	r, err := s.get(ctx, id)
	if err != nil {
		return err
	}
	record, err := envelopes.Get(ctx, s.db, id)
	if err != nil {
		return err
	}
	switch record.Phase {
	case envelopes.Done:
		return nil
	case envelopes.Creating:
		if s.clock().Sub(r.CreatedAt) < envelopes.CreateTimeout {
			return nil // submit is at work
		}
		return s.failSubmission(ctx, r, "", true, true)
	}
	p, err := s.providerOf(r)
	if err != nil {
		return err
	}
	switch record.Phase {
	case envelopes.Tracking:
		return s.syncEnvelope(ctx, p, r, record)
	case envelopes.Downloading:
		return s.seal(ctx, id, attempt)
	default:
		return s.cancelEnvelope(ctx, p, r, record)
	}
}

// syncBeforeEnd syncs an open request before it is ended here, because it may have ended at the provider.
func (s *Service) syncBeforeEnd(ctx context.Context, r Request) error {
	if r.Provider == Builtin || r.Status != Open {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	return s.syncRequest(ctx, r.ID, 1)
}

// poll queues a sync for every envelope that is due.
func (s *Service) poll(ctx context.Context) error {
	now := s.clock()
	due, err := envelopes.Due(ctx, s.db, now, sweepBatch)
	if err != nil {
		return err
	}
	for _, record := range due {
		err := db.WithTx(ctx, s.db, func(tx db.Tx) error {
			ok, err := record.Postpone(ctx, tx, now)
			if err != nil || !ok {
				return err
			}
			return s.queueSync(ctx, tx, record.RequestID)
		})
		if err != nil {
			return err
		}
	}
	if len(due) > 0 {
		s.jobs.Wake()
	}
	return envelopes.PruneEvents(ctx, s.db, now)
}

// syncEnvelope moves a request forward to the state of its envelope.
func (s *Service) syncEnvelope(ctx context.Context, p envelopes.Provider, r Request, record envelopes.Record) error {
	state, err := p.Get(ctx, record.EnvelopeID)
	if domain.CodeOf(err) == domain.NotFound { // deleted at the provider
		state, err = envelopes.State{Status: envelopes.Cancelled}, nil
	}
	if err != nil {
		return err
	}
	pending, err := envelopes.PendingEvents(ctx, s.db, r.ID)
	if err != nil {
		return err
	}
	trial := r
	trial.Signers = append([]Signer(nil), r.Signers...)
	log, err := s.progress(&trial, state, pending)
	if err != nil {
		return err
	}
	if len(log) == 0 && trial.Status == r.Status {
		return nil
	}
	detail := "asked " + r.Provider
	if trial.Status != r.Status {
		detail = string(trial.Status) + " at " + r.Provider
	}
	return s.asSystem(ctx, r, detail, func(tx db.Tx, r *Request) error {
		if r.Status != Open {
			return errNoChange
		}
		log, err := s.progress(r, state, pending)
		if err != nil {
			return err
		}
		if len(log) == 0 && r.Status == Open {
			return errNoChange
		}
		for i := range r.Signers {
			if err := r.Signers[i].save(ctx, tx); err != nil {
				return err
			}
		}
		for _, e := range log {
			if err := s.log(ctx, tx, r, e); err != nil {
				return err
			}
		}
		for _, e := range pending {
			if isLoggedIn(log, e) {
				if err := e.MarkLogged(ctx, tx); err != nil {
					return err
				}
			}
		}
		return s.afterProgress(ctx, tx, r, record)
	})
}

// afterProgress does what follows from the request's new state, and updates the envelope.
func (s *Service) afterProgress(ctx context.Context, tx db.Tx, r *Request, record envelopes.Record) error {
	next := envelopes.CheckAfter(s.clock(), 0)
	switch r.Status {
	case Open:
		if err := s.invite(ctx, tx, r); err != nil {
			return err
		}
		return record.Move(ctx, tx, envelopes.Tracking, next)
	case Sealing:
		signed, audit := s.newID(), s.newID()
		r.SignedID, record.AuditID = &signed, &audit
		if err := s.queueSync(ctx, tx, r.ID); err != nil {
			return err
		}
		return record.Move(ctx, tx, envelopes.Downloading, next)
	default:
		n := map[Status]notice{Declined: noticeDeclined, Cancelled: noticeCancelled, Expired: noticeExpired}[r.Status]
		if err := s.queueNotices(ctx, tx, r, n); err != nil {
			return err
		}
		return record.Move(ctx, tx, envelopes.Done, time.Time{})
	}
}

// isLoggedIn reports whether the details of a webhook's event are in the log.
func isLoggedIn(log []evidence.Event, received envelopes.ReceivedEvent) bool {
	for _, e := range log {
		if received.Kind == envelopes.EventOther || received.Signer == e.Signer && string(received.Kind) == string(e.Kind) {
			return true
		}
	}
	return false
}

// releaseEnvelope updates the envelope of a request that has ended here: it is canceled, if it can still be
// signed.
func (s *Service) releaseEnvelope(ctx context.Context, tx db.Tx, r *Request) error {
	if r.Provider == Builtin {
		return nil
	}
	record, err := envelopes.Get(ctx, tx, r.ID)
	if err != nil {
		return err
	}
	if r.Status != Cancelled && r.Status != Expired && r.Status != Failed {
		return record.Move(ctx, tx, envelopes.Done, time.Time{})
	}
	if err := s.queueSync(ctx, tx, r.ID); err != nil {
		return err
	}
	return record.Move(ctx, tx, envelopes.Canceling, envelopes.CheckAfter(s.clock(), 0))
}

// cancelEnvelope cancels the envelope of a request that has ended here, if there is one.
func (s *Service) cancelEnvelope(ctx context.Context, p envelopes.Provider, r Request, record envelopes.Record) error {
	age := s.clock().Sub(r.ChangedAt)
	if record.EnvelopeID == "" {
		found, err := p.Find(ctx, r.ID.String())
		switch {
		case domain.CodeOf(err) == domain.NotFound && age < maxProviderOutage:
			return nil // it may appear later
		case domain.CodeOf(err) == domain.NotFound:
			return record.Move(ctx, s.db, envelopes.Done, time.Time{})
		case err != nil:
			return err
		}
		record.EnvelopeID = found
	}
	if err := p.Cancel(ctx, record.EnvelopeID); err != nil {
		if age < cancelTimeout {
			return err
		}
		s.logger.ErrorContext(ctx, "could not cancel an envelope; please cancel it at the provider", "signature_request_id", r.ID.String(), "provider", r.Provider, "error", err.Error())
	}
	return record.Move(ctx, s.db, envelopes.Done, time.Time{})
}

// storeDownloaded downloads the files of a completed envelope and stores them.
func (s *Service) storeDownloaded(ctx context.Context, r Request) (files.File, error) {
	p, err := s.providerOf(r)
	if err != nil {
		return files.File{}, err
	}
	record, err := envelopes.Get(ctx, s.db, r.ID)
	if err != nil {
		return files.File{}, err
	}
	signed, err := p.Signed(ctx, record.EnvelopeID)
	if err != nil {
		return files.File{}, err
	}
	if _, err := s.files.Get(ctx, domain.System(r.UserID), *record.AuditID); signed.Audit != nil && domain.CodeOf(err) == domain.NotFound {
		if _, err := s.storeSigned(ctx, r, *record.AuditID, auditName(r.DocumentName), signed.Audit); err != nil {
			return files.File{}, err
		}
	} else if err != nil && domain.CodeOf(err) != domain.NotFound {
		return files.File{}, err
	}
	return s.storeSigned(ctx, r, *r.SignedID, signedName(r.DocumentName), signed.Document)
}

// providerRecord returns the provider's own record of a request; nil: there is none, or it was deleted.
func (s *Service) providerRecord(ctx context.Context, r Request) ([]byte, error) {
	record, err := envelopes.Get(ctx, s.db, r.ID)
	if err != nil || record.AuditID == nil {
		return nil, err
	}
	d, err := s.files.Get(ctx, domain.System(r.UserID), *record.AuditID)
	if domain.CodeOf(err) == domain.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.readAll(ctx, d)
}
