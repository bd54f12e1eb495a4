package esign

import (
	"time"

	"counsel/domain"
	"counsel/domain/esign/envelopes"
	"counsel/domain/esign/evidence"
)

// progress moves a request and its signers forward to the state of the envelope. It never moves back. It
// returns the events to log, with the details that webhooks reported. Nothing is stored.
func (s *Service) progress(r *Request, state envelopes.State, pending []envelopes.ReceivedEvent) ([]evidence.Event, error) {
	p := progress{now: s.clock(), request: r, pending: pending}
	byAddress := map[string]envelopes.SignerState{}
	for _, signer := range state.Signers {
		byAddress[domain.EmailKey(signer.Email)] = signer
	}
	unsigned := 0
	for i := range r.Signers {
		signer := &r.Signers[i]
		if signer.Status == Signed || signer.Status == SignerDeclined {
			continue
		}
		current := byAddress[domain.EmailKey(signer.Email)]
		if state.Status == envelopes.Completed {
			current.Signed = true
		}
		if err := p.moveSigner(signer, current); err != nil {
			return nil, err
		}
		if !current.Signed && !current.Declined {
			unsigned++
		}
	}
	if r.Status == Open {
		if err := p.moveRequest(state.Status, unsigned); err != nil {
			return nil, err
		}
	}
	return p.log, nil
}

// progress collects the events of one move.
type progress struct {
	now     time.Time
	request *Request
	pending []envelopes.ReceivedEvent
	log     []evidence.Event
}

func (p *progress) moveSigner(signer *Signer, current envelopes.SignerState) error {
	if (current.Viewed || current.Signed || current.Declined) && signer.Status != Viewed {
		at := p.add(evidence.EventViewed, signer.Number, current.ViewedAt, "")
		if err := signer.move(Viewed); err != nil {
			return err
		}
		if signer.InvitedAt == nil {
			signer.InvitedAt = &at
		}
	}
	switch {
	case current.Signed:
		at := p.add(evidence.EventSigned, signer.Number, current.SignedAt, p.request.Provider)
		signer.SignedAt = &at
		return signer.move(Signed)
	case current.Declined:
		p.add(evidence.EventDeclined, signer.Number, current.DeclinedAt, "")
		signer.Reason = cleanText(current.Reason)
		for _, e := range p.pending {
			if signer.Reason == "" && e.Signer == signer.Number && e.Kind == envelopes.EventDeclined {
				signer.Reason = e.Reason
			}
		}
		if err := signer.move(SignerDeclined); err != nil {
			return err
		}
		if p.request.Status == Declined { // by another signer as well
			return nil
		}
		return p.request.move(Declined)
	}
	return nil
}

func (p *progress) moveRequest(status envelopes.Status, unsigned int) error {
	switch status {
	case envelopes.Completed:
		if unsigned == 0 {
			return p.request.move(Sealing)
		}
	case envelopes.Declined:
		p.add(evidence.EventDeclined, 0, time.Time{}, "")
		return p.request.move(Declined)
	case envelopes.Cancelled:
		p.add(evidence.EventCancelled, 0, time.Time{}, "by "+p.request.Provider)
		return p.request.move(Cancelled)
	case envelopes.Expired:
		p.add(evidence.EventExpired, 0, time.Time{}, "")
		return p.request.move(Expired)
	case envelopes.Open, envelopes.Draft:
	}
	return nil
}

// add adds an event and returns its time: the provider's, or the webhook's, or now if those are missing or
// impossible.
func (p *progress) add(kind evidence.EventKind, signer int, at time.Time, detail string) time.Time {
	e := evidence.Event{Kind: kind, Signer: signer, At: at, Detail: detail}
	for _, received := range p.pending {
		if received.Signer == signer && string(received.Kind) == string(kind) && signer != 0 {
			e.Address, e.Agent = received.Address, received.Agent
			if e.At.IsZero() {
				e.At = received.At
			}
		}
	}
	if e.At.IsZero() || e.At.Before(p.request.CreatedAt) || e.At.After(p.now) {
		e.At = p.now
	}
	p.log = append(p.log, e)
	return e.At
}
