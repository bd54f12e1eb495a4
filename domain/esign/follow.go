package esign

import (
	"context"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/gen/query"
)

// Webhook takes what a provider sends. It is put down once, however often it comes, and is no more
// than a hint to look at the provider; one that comes before the request's envelope is known waits
// for it. What is about nothing that is known here is passed over: the provider may serve others.
// NotFound: it is not the provider that is set up. Unauthenticated, Malformed: as ParseWebhook.
func (s *Service) Webhook(ctx context.Context, provider string, header func(name string) string, body []byte) error {
	if s.Provider == nil || s.Provider.Name() != provider {
		return domain.NoSuch("signing service here")
	}
	now := s.Clock()
	h, err := s.Provider.ParseWebhook(header, body, now)
	if err != nil || h.Kind == "" {
		return err
	}
	r, err := s.hinted(ctx, provider, h)
	if domain.CodeOf(err) == domain.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	number := 0
	for _, g := range r.Signers {
		if domain.EmailKey(g.Email) == domain.EmailKey(h.Email) {
			number = g.Number
		}
	}
	if h.At.IsZero() {
		h.At = now
	}
	err = s.inTx(ctx, func(tx db.Tx) error {
		n, err := query.New(tx).AddSignatureHint(ctx, query.AddSignatureHintParams{Provider: provider, HintID: clean(h.ID, maxHintID), RequestID: r.ID, Kind: string(h.Kind), Signer: int32(number),
			ToldAt: h.At, Address: clean(h.Address, maxAddress), Agent: clean(h.Agent, maxAgent), Reason: written(h.Reason), ReceivedAt: now})
		if err != nil || n == 0 {
			return err
		}
		return s.look(ctx, tx, r.ID)
	})
	if err == nil {
		s.Jobs.Wake()
	}
	return err
}

const maxHintID = 128

// hinted is the request that a hint is about.
func (s *Service) hinted(ctx context.Context, provider string, h Hint) (Request, error) {
	id, err := domain.ParseID(h.ExternalID)
	if err != nil {
		if id, err = s.rows.FindEnvelopeRequest(ctx, query.FindEnvelopeRequestParams{EnvelopeID: h.EnvelopeID, Provider: provider}); err != nil {
			return Request{}, absent(err)
		}
	}
	r, err := load(ctx, s.rows, id)
	if err == nil && r.Provider != provider {
		err = noRequest()
	}
	return r, err
}

// written is words of a stranger as they may be kept: whole characters, not too many.
func written(s string) string {
	s = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "?"))
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	if all := []rune(s); len(all) > maxReason {
		s = string(all[:maxReason])
	}
	return s
}

// advance brings a request to where its envelope stands. It only ever moves on.
func (s *Service) advance(ctx context.Context, p Provider, r Request, e query.SignatureEnvelope) error {
	state, err := p.Get(ctx, e.EnvelopeID)
	if domain.CodeOf(err) == domain.NotFound { // somebody removed it there
		state, err = EnvelopeState{Status: EnvelopeCancelled}, nil
	}
	if err != nil {
		return err
	}
	hints, err := s.rows.ListSignatureHints(ctx, r.ID)
	if err != nil {
		return db.Error(err)
	}
	moved, detail := r, "asked "+r.Provider
	moved.Signers = append([]Signer(nil), r.Signers...)
	if !s.progress(&moved, state, hints, nil) {
		return nil
	}
	if moved.Status != r.Status {
		detail = string(moved.Status) + " at " + r.Provider
	}
	return s.change(ctx, itself(r), r.ID, cases.Action{Verb: cases.VerbUpdate, Detail: detail}, func(tx db.Tx, r *Request) error {
		if r.Status != Open {
			return errSame
		}
		var did []Event
		if !s.progress(r, state, hints, &did) {
			return errSame
		}
		for i := range r.Signers {
			if err := keep(ctx, tx, &r.Signers[i]); err != nil {
				return err
			}
		}
		for _, e := range did {
			if err := s.log(ctx, tx, r, e); err != nil {
				return err
			}
		}
		for _, h := range hints {
			if used(h, did) {
				if err := query.New(tx).UseSignatureHint(ctx, query.UseSignatureHintParams{Provider: h.Provider, HintID: h.HintID}); err != nil {
					return err
				}
			}
		}
		return s.settle(ctx, tx, r, e)
	})
}

// settle does what follows of where a request now stands.
func (s *Service) settle(ctx context.Context, tx db.Tx, r *Request, e query.SignatureEnvelope) error {
	u := query.UpdateEnvelopeParams{EnvelopeID: e.EnvelopeID, State: envOver, RequestID: r.ID}
	switch r.Status {
	case Open:
		u.State, u.NextAt = envOpen, s.after(0)
		if err := s.invite(ctx, tx, r); err != nil {
			return err
		}
	case Sealing:
		signed, record := s.NewID(), s.NewID()
		r.SignedID, u.AuditID = &signed, &record
		u.State, u.NextAt = envFetching, s.after(0)
		if err := s.look(ctx, tx, r.ID); err != nil {
			return err
		}
	default:
		end := map[Status]notice{Declined: noticeDeclined, Cancelled: noticeCancelled, Expired: noticeExpired}[r.Status]
		if err := s.notify(ctx, tx, r, end); err != nil {
			return err
		}
	}
	return query.New(tx).UpdateEnvelope(ctx, u)
}

// used reports whether a hint has told all it had to tell.
func used(h query.SignatureHint, did []Event) bool {
	for _, e := range did {
		if h.Kind == string(HintEnvelope) || int(h.Signer) == e.Signer && h.Kind == string(e.Kind) {
			return true
		}
	}
	return false
}

// progress moves a request on to where its envelope stands, and notes the events it takes for that.
// It reports whether anything moved.
func (s *Service) progress(r *Request, state EnvelopeState, hints []query.SignatureHint, did *[]Event) bool {
	moved := false
	note := func(kind EventKind, signer int, at time.Time, detail string) time.Time {
		moved = true
		e := Event{Kind: kind, Signer: signer, At: at, Detail: detail}
		for _, h := range hints {
			if int(h.Signer) == signer && h.Kind == string(kind) && signer != 0 {
				e.Address, e.Agent = h.Address, h.Agent
				if e.At.IsZero() {
					e.At = h.ToldAt
				}
			}
		}
		if e.At.IsZero() || e.At.Before(r.CreatedAt) || e.At.After(s.Clock()) {
			e.At = s.Clock()
		}
		if did != nil {
			*did = append(*did, e)
		}
		return e.At
	}
	by := map[string]EnvelopeProgress{}
	for _, p := range state.Signers {
		by[domain.EmailKey(p.Email)] = p
	}
	left := 0
	for i := range r.Signers {
		g := &r.Signers[i]
		p := by[domain.EmailKey(g.Email)]
		if state.Status == EnvelopeCompleted {
			p.Signed = true
		}
		if g.Status == Signed || g.Status == SignerDecline {
			continue
		}
		if (p.Viewed || p.Signed || p.Declined) && g.Status != Viewed {
			at := note(EventViewed, g.Number, p.ViewedAt, "")
			g.Status = Viewed
			if g.InvitedAt == nil {
				g.InvitedAt = &at
			}
		}
		switch {
		case p.Signed:
			at := note(EventSigned, g.Number, p.SignedAt, r.Provider)
			g.Status, g.SignedAt = Signed, &at
		case p.Declined:
			note(EventDeclined, g.Number, p.DeclinedAt, "")
			g.Status, g.Reason, r.Status = SignerDecline, written(p.Reason), Declined
			for _, h := range hints {
				if g.Reason == "" && int(h.Signer) == g.Number && h.Kind == string(HintDeclined) {
					g.Reason = h.Reason
				}
			}
		default:
			left++
		}
	}
	if r.Status != Open {
		return moved
	}
	switch state.Status {
	case EnvelopeCompleted:
		if left == 0 {
			r.Status, moved = Sealing, true
		}
	case EnvelopeDeclined:
		note(EventDeclined, 0, time.Time{}, "")
		r.Status = Declined
	case EnvelopeCancelled:
		note(EventCancelled, 0, time.Time{}, "by "+r.Provider)
		r.Status = Cancelled
	case EnvelopeExpired:
		note(EventExpired, 0, time.Time{}, "")
		r.Status = Expired
	case EnvelopeOpen, EnvelopeDraft:
	}
	return moved
}

// elsewhere is the Conflict for what is signed at a provider.
func (v View) elsewhere() error {
	if v.Request.Provider == Builtin {
		return nil
	}
	return &domain.Error{Code: domain.Conflict, Reason: "link_elsewhere", Message: "This document is signed at another service. Please load the page again."}
}

// forward makes the address at the provider where a signer signs, and puts down that they went.
func (s *Service) forward(ctx context.Context, v View, here Event) (View, error) {
	p, err := s.provider(v.Request)
	if err != nil {
		return v, err
	}
	e, err := s.rows.GetEnvelope(ctx, v.Request.ID)
	if err != nil {
		return v, db.Error(err)
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if v.Elsewhere, err = p.SigningURL(ctx, e.EnvelopeID, v.Signer.Email); err != nil {
		if domain.CodeOf(err) == domain.NotFound {
			err = &domain.Error{Code: domain.Unavailable, Message: "The signing service does not have this document right now. Please try again later, or ask the sender.", Err: err}
		}
		return v, err
	}
	here.Kind, here.Detail = EventForwarded, v.Request.Provider
	if old, err := s.known(ctx, v.Request.ID, here); err != nil || old {
		return v, err
	}
	err = s.change(ctx, itself(v.Request), v.Request.ID, cases.Action{Verb: cases.VerbUpdate, Detail: "forwarded " + number(v.Signer.Number)}, func(tx db.Tx, r *Request) error {
		if r.Status != Open {
			return errSame
		}
		return s.log(ctx, tx, r, here)
	})
	if domain.CodeOf(err) == domain.Conflict {
		err = nil // its case is closed: nothing is put down in it
	}
	return v, err
}
