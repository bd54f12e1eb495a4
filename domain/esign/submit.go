package esign

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/esign/envelopes"
	"counsel/domain/esign/evidence"
)

// Time limits of calls to the provider.
const (
	submitTimeout     = time.Minute      // for all of submit's calls
	syncTimeout       = 15 * time.Second // of a call that a user waits for
	maxProviderOutage = 24 * time.Hour   // after it, a request ends without the provider
	cancelTimeout     = 30 * 24 * time.Hour
)

// providerOf returns the provider of a request. Unavailable: it is not configured any more.
func (s *Service) providerOf(r Request) (envelopes.Provider, error) {
	if s.provider == nil || s.provider.Name() != r.Provider {
		return nil, &domain.Error{Code: domain.Unavailable, Message: "The signing service that has this document is no longer configured.", Err: errors.New("esign: no provider " + r.Provider)}
	}
	return s.provider, nil
}

// submit sends a document to the provider. The request is stored first, and its id is the envelope's
// external id, so that every envelope at the provider can be found. Create is called once. If its outcome
// is unknown, the envelope is looked up, and then used or canceled.
func (s *Service) submit(ctx context.Context, caller domain.Principal, r Request, file []byte, pages int) (Request, error) {
	r.Provider, r.Status = s.provider.Name(), Creating
	e, err := s.newEnvelope(ctx, &r, file, pages)
	if err != nil {
		return Request{}, err
	}
	if err := s.create(ctx, caller, &r, func(tx db.Tx) error { return envelopes.Insert(ctx, tx, r.ID, s.clock()) }); err != nil {
		return Request{}, err
	}
	// The caller may disconnect, but the outcome must be stored.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), submitTimeout)
	defer cancel()
	id, createErr := s.provider.Create(ctx, e)
	uncertain := errors.Is(createErr, envelopes.ErrUncertain)
	if uncertain {
		if found, err := s.provider.Find(ctx, e.ExternalID); err == nil {
			id = found
			if state, err := s.provider.Get(ctx, id); err == nil && state.Status == envelopes.Open {
				createErr = nil
			}
		}
	}
	if createErr != nil {
		if err := s.failSubmission(ctx, r, id, uncertain, false); err != nil {
			s.logger.WarnContext(ctx, "could not end a failed signature request, will retry", "signature_request_id", r.ID.String(), "error", err.Error())
		}
		return Request{}, createErr
	}
	return s.openSubmitted(ctx, r, id)
}

// openSubmitted opens a request whose envelope was created. If it fails, a later sync cancels the envelope.
func (s *Service) openSubmitted(ctx context.Context, r Request, envelopeID string) (Request, error) {
	err := s.asSystem(ctx, r, "handed over", func(tx db.Tx, current *Request) error {
		if current.Status != Creating {
			return &domain.Error{Code: domain.Unavailable, Message: "The document could not be sent to the signing service in time, please try again."}
		}
		if err := current.move(Open); err != nil {
			return err
		}
		pending, err := envelopes.PendingEvents(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		record, err := envelopes.Get(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		record.EnvelopeID = envelopeID
		if err := record.Move(ctx, tx, envelopes.Tracking, envelopes.CheckAfter(s.clock(), 0)); err != nil {
			return err
		}
		if len(pending) > 0 { // webhooks arrived before the response
			if err := s.queueSync(ctx, tx, r.ID); err != nil {
				return err
			}
		}
		if err := s.invite(ctx, tx, current); err != nil {
			return err
		}
		r = *current
		return nil
	})
	if err != nil {
		return Request{}, err
	}
	return r, nil
}

// failSubmission ends a request that could not be submitted. envelopeID is "" if unknown. If the envelope
// may exist, it is canceled later. notify: the sender got no response and is notified by mail.
func (s *Service) failSubmission(ctx context.Context, r Request, envelopeID string, mayExist, notify bool) error {
	finish := func(c envelopes.Conn) error {
		record, err := envelopes.Get(ctx, c, r.ID)
		if err != nil {
			return err
		}
		record.EnvelopeID = envelopeID
		if mayExist {
			return record.Move(ctx, c, envelopes.Canceling, s.clock())
		}
		return record.Move(ctx, c, envelopes.Done, time.Time{})
	}
	err := s.asSystem(ctx, r, "failed", func(tx db.Tx, r *Request) error {
		if r.Status != Creating {
			return errNoChange
		}
		if err := r.move(Failed); err != nil {
			return err
		}
		if err := s.log(ctx, tx, r, evidence.Event{Kind: evidence.EventFailed, Detail: reasonProviderRejected}); err != nil {
			return err
		}
		if notify {
			if err := s.queueNotices(ctx, tx, r, noticeNotSent); err != nil {
				return err
			}
		}
		return finish(tx)
	})
	if domain.CodeOf(err) == domain.Conflict { // the case is closed, so the request stays; the envelope must go
		return finish(s.db)
	}
	return err
}

// newEnvelope appends signature pages to the document and returns the envelope.
func (s *Service) newEnvelope(ctx context.Context, r *Request, file []byte, pages int) (envelopes.Envelope, error) {
	var added bytes.Buffer
	err := s.renderer.Render(ctx, envelopes.SignaturePages(r.cover(), len(r.Signers)), &added)
	if e, ok := errors.AsType[*domain.Error](err); ok && e.Code == domain.Invalid { // the fonts cannot show a name
		r.replaceDocumentName()
		r.replaceSenderName()
		added.Reset()
		err = s.renderer.Render(ctx, envelopes.SignaturePages(r.cover(), len(r.Signers)), &added)
	}
	if err != nil {
		return envelopes.Envelope{}, err
	}
	if file, err = s.sealer.AppendPages(ctx, file, added.Bytes()); err != nil {
		return envelopes.Envelope{}, err
	}
	e := envelopes.Envelope{ExternalID: r.ID.String(), Title: strings.TrimSuffix(r.DocumentName, ".pdf"), Document: file, Sequential: r.Workflow == Sequential, ExpiresAt: r.ExpiresAt}
	boxes := envelopes.Boxes(len(r.Signers), pages)
	for i, signer := range r.Signers {
		e.Signers = append(e.Signers, envelopes.Signer{Turn: signer.Turn, Name: signer.Name, Email: signer.Email, Box: boxes[i]})
	}
	return e, nil
}

func (r *Request) cover() envelopes.Cover {
	return envelopes.Cover{RequestID: r.ID.String(), Document: r.DocumentName, Checksum: evidence.GroupDigits(r.DocumentSum.String()[len("sha256:"):]), Sender: r.SenderName, CreatedAt: r.CreatedAt}
}
