package esign

import (
	"context"
	"strings"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/esign/envelopes"
	"counsel/domain/esign/evidence"
)

const maxEventID = 128 // bytes

// Webhook receives a webhook of the provider. It stores the event once, however often it is delivered, and
// queues a sync: the event itself is only a hint. If the envelope's id is not stored yet, the event waits.
// Events about unknown envelopes are ignored, since the provider account may be shared. NotFound: this
// provider is not configured. Unauthenticated, Malformed: as for Provider.ParseWebhook.
func (s *Service) Webhook(ctx context.Context, provider string, header func(name string) string, body []byte) error {
	if s.provider == nil || s.provider.Name() != provider {
		return domain.NoSuch("signing service here")
	}
	now := s.clock()
	e, err := s.provider.ParseWebhook(header, body, now)
	if err != nil || e.Kind == "" {
		return err
	}
	return s.onProviderEvent(ctx, provider, e)
}

func (s *Service) onProviderEvent(ctx context.Context, provider string, e envelopes.Event) error {
	now := s.clock()
	r, err := s.requestOfEvent(ctx, provider, e)
	if domain.CodeOf(err) == domain.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	signerNumber := 0
	for _, signer := range r.Signers {
		if domain.EmailKey(signer.Email) == domain.EmailKey(e.Email) {
			signerNumber = signer.Number
		}
	}
	if e.At.IsZero() {
		e.At = now
	}
	err = db.WithTx(ctx, s.db, func(tx db.Tx) error {
		isNew, err := envelopes.AddEvent(ctx, tx, envelopes.ReceivedEvent{Provider: provider, ID: printable(e.ID, maxEventID), RequestID: r.ID, Kind: e.Kind, Signer: signerNumber,
			At: e.At, Address: printable(e.Address, maxAddress), Agent: printable(e.Agent, maxAgent), Reason: cleanText(e.Reason)}, now)
		if err != nil || !isNew {
			return err
		}
		return s.queueSync(ctx, tx, r.ID)
	})
	if err == nil {
		s.jobs.Wake()
	}
	return err
}

// requestOfEvent returns the request that an event is about.
func (s *Service) requestOfEvent(ctx context.Context, provider string, e envelopes.Event) (Request, error) {
	id, err := domain.ParseID(e.ExternalID)
	if err != nil {
		if id, err = envelopes.Find(ctx, s.db, provider, e.EnvelopeID); err != nil {
			return Request{}, requestError(err)
		}
	}
	r, err := s.get(ctx, id)
	if err == nil && r.Provider != provider {
		err = noRequest()
	}
	return r, err
}

// cleanText normalizes untrusted text: valid UTF-8 without control characters, up to maxReason characters.
func cleanText(s string) string {
	s = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "?"))
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	return domain.Truncate(s, maxReason)
}

// redirect returns the view with the address at the provider where the signer signs, and logs that they
// were forwarded: once for each device.
func (s *Service) redirect(ctx context.Context, v View, by Visitor) (View, error) {
	p, err := s.providerOf(v.Request)
	if err != nil {
		return v, err
	}
	record, err := envelopes.Get(ctx, s.db, v.Request.ID)
	if err != nil {
		return v, err
	}
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	if v.Redirect, err = p.SigningURL(ctx, record.EnvelopeID, v.Signer.Email); err != nil {
		if domain.CodeOf(err) == domain.NotFound {
			err = &domain.Error{Code: domain.Unavailable, Message: "The signing service does not have this document right now. Please try again later, or ask the sender.", Err: err}
		}
		return v, err
	}
	forwarded := by.event(evidence.EventForwarded, v.Signer.Number)
	forwarded.Detail = v.Request.Provider
	if logged, err := s.isLogged(ctx, v.Request.ID, forwarded); err != nil || logged {
		return v, err
	}
	err = s.asSystem(ctx, v.Request, withNumber("forwarded", v.Signer.Number), func(tx db.Tx, r *Request) error {
		if r.Status != Open {
			return errNoChange
		}
		return s.log(ctx, tx, r, forwarded)
	})
	if domain.CodeOf(err) == domain.Conflict { // the case is closed
		err = nil
	}
	return v, err
}

func auditName(name string) string {
	return strings.TrimSuffix(signedName(name), " (signed).pdf") + " (signing record).pdf"
}
