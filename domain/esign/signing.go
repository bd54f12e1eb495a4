package esign

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/esign/evidence"
	"counsel/domain/files"
)

// LinkState is what a signer can do with their link.
type LinkState string

// The states of a link. The values are in the contract.
const (
	LinkOpen     LinkState = "open"     // sign or decline
	LinkEarly    LinkState = "early"    // other signers sign first
	LinkSigned   LinkState = "signed"   // the signer has signed
	LinkDeclined LinkState = "declined" // the signer has declined
	LinkExpired  LinkState = "expired"
	LinkClosed   LinkState = "closed" // the request was withdrawn, or another signer declined
)

// View is what a link leads to.
type View struct {
	State   LinkState
	Request Request
	Signer  Signer
	// Redirect is where the signer signs at the provider. It is a secret. "": they sign here.
	Redirect string
}

// Visitor is the client that uses a link.
type Visitor struct {
	Address string // IP
	Agent   string // User-Agent
}

// event returns an event that the visitor caused.
func (v Visitor) event(kind evidence.EventKind, signer int) evidence.Event {
	return evidence.Event{Kind: kind, Signer: signer, Address: v.Address, Agent: v.Agent}
}

// noLink is the error for every unknown link, so that it reveals nothing.
func noLink() error {
	return domain.Errorf(domain.NotFound, "This link is not valid. Please use the link in the latest e-mail you received, or ask the sender for a new one.")
}

// findLink returns the view of a link. NotFound: there is no such link.
func (s *Service) findLink(ctx context.Context, token string) (View, error) {
	row, err := s.queries.GetSignerByToken(ctx, tokenHash(token))
	if err = db.Error(err); err != nil {
		if domain.CodeOf(err) == domain.NotFound {
			return View{}, noLink()
		}
		return View{}, err
	}
	r, err := s.get(ctx, row.RequestID)
	if err != nil {
		return View{}, err
	}
	return s.view(r, row.ID), nil
}

// findOpenLink is findLink for a link that must be open. Conflict: it is not; the view is returned as well.
func (s *Service) findOpenLink(ctx context.Context, token string) (View, error) {
	v, err := s.findLink(ctx, token)
	if err != nil {
		return View{}, err
	}
	return v, v.checkOpen()
}

func (s *Service) view(r Request, signer domain.ID) View {
	v := View{Request: r, Signer: r.Signers[r.indexOf(signer)]}
	switch {
	case v.Signer.Status == Signed:
		v.State = LinkSigned
	case v.Signer.Status == SignerDeclined:
		v.State = LinkDeclined
	case r.Status == Expired, r.Status == Open && !s.clock().Before(r.ExpiresAt):
		v.State = LinkExpired
	case r.Status != Open:
		v.State = LinkClosed
	case v.Signer.Status == Waiting:
		v.State = LinkEarly
	default:
		v.State = LinkOpen
	}
	return v
}

func (r Request) indexOf(signer domain.ID) int {
	return slices.IndexFunc(r.Signers, func(s Signer) bool { return s.ID == signer })
}

// checkOpen returns a Conflict unless the signer can sign here now.
func (v View) checkOpen() error {
	message := map[LinkState]string{
		LinkEarly: "It is not your turn to sign yet.", LinkSigned: "You have already signed this document.", LinkDeclined: "You have declined to sign this document.",
		LinkExpired: "The time to sign this document is over.", LinkClosed: "This document can no longer be signed.",
	}[v.State]
	switch {
	case message != "":
		return &domain.Error{Code: domain.Conflict, Reason: "link_" + string(v.State), Message: message}
	case v.Request.Provider != Builtin:
		return &domain.Error{Code: domain.Conflict, Reason: "link_elsewhere", Message: "This document is signed at another service. Please load the page again."}
	}
	return nil
}

// withSigner is withRequest for a signer whose link is open. It returns the view after the change.
func (s *Service) withSigner(ctx context.Context, token, detail string, change func(tx db.Tx, r *Request, signer *Signer) error) (View, error) {
	v, err := s.findOpenLink(ctx, token)
	if err != nil {
		return v, err
	}
	err = s.asSystem(ctx, v.Request, withNumber(detail, v.Signer.Number), func(tx db.Tx, r *Request) error {
		current := s.view(*r, v.Signer.ID)
		if err := current.checkOpen(); err != nil { // changed since findOpenLink
			return err
		}
		signer := &r.Signers[current.Signer.Number-1]
		if err := change(tx, r, signer); err != nil {
			return err
		}
		if err := signer.save(ctx, tx); err != nil {
			return err
		}
		v = s.view(*r, signer.ID)
		return nil
	})
	return v, err
}

// View returns what a link leads to, and logs that it was opened: once for each device. NotFound: there is
// no such link. The state of the link is not an error.
func (s *Service) View(ctx context.Context, token string, by Visitor) (View, error) {
	v, err := s.findLink(ctx, token)
	if err != nil || v.State != LinkOpen {
		return v, err
	}
	if v.Request.Provider != Builtin {
		return s.redirect(ctx, v, by)
	}
	opened := by.event(evidence.EventOpened, v.Signer.Number)
	if logged, err := s.isLogged(ctx, v.Request.ID, opened); err != nil || logged {
		return v, err
	}
	current, err := s.withSigner(ctx, token, "opened", func(tx db.Tx, r *Request, signer *Signer) error {
		if signer.Status == Sent {
			if err := signer.move(Opened); err != nil {
				return err
			}
		}
		return s.log(ctx, tx, r, opened)
	})
	if domain.CodeOf(err) == domain.Conflict { // the link or its case has closed meanwhile
		return s.findLink(ctx, token)
	}
	return current, err
}

// Consent records that a signer agrees to sign electronically, under a version of the disclosure (consent
// text). Conflict: the link is not open (reason link_…), it was not opened yet, the version is not current,
// or the document is lost or damaged (document_gone, document_corrupt). Unavailable: the store is down.
func (s *Service) Consent(ctx context.Context, token, version string, by Visitor) (View, error) {
	if version != Disclosure {
		return View{}, domain.Errorf(domain.Conflict, "The text to agree to has changed. Please load the page again.")
	}
	v, err := s.findOpenLink(ctx, token)
	if err != nil {
		return v, err
	}
	if err := s.checkOriginal(ctx, v.Request); err != nil {
		return v, err
	}
	return s.withSigner(ctx, token, "consented", func(tx db.Tx, r *Request, signer *Signer) error {
		if signer.Status == Sent {
			return errNotViewed()
		}
		if signer.Disclosure == version {
			return errNoChange
		}
		if signer.Status != Consented { // to a former version
			if err := signer.move(Consented); err != nil {
				return err
			}
		}
		signer.Disclosure = version
		e := by.event(evidence.EventConsented, signer.Number)
		e.Detail = version
		return s.log(ctx, tx, r, e)
	})
}

func errNotViewed() error {
	return &domain.Error{Code: domain.Conflict, Reason: "not_viewed", Message: "Please open the link and look at the document first."}
}

// Sign records a signature. After the last one the document is sealed. Conflict: as for Consent, or the
// signer has not consented. Invalid: as for evidence.Signature.Validate, or the fonts cannot show it.
func (s *Service) Sign(ctx context.Context, token string, signature evidence.Signature, by Visitor) (View, error) {
	v, err := s.findOpenLink(ctx, token)
	if err != nil {
		return v, err
	}
	if err := signature.Validate(); err != nil {
		return v, err
	}
	if err := s.checkOriginal(ctx, v.Request); err != nil {
		return v, err
	}
	raw, err := json.Marshal(signature)
	if err != nil {
		return v, err
	}
	now := s.clock()
	if err := s.checkSignaturePrintable(ctx, v, signature); err != nil {
		return v, err
	}
	sum := sha256.Sum256(raw)
	return s.withSigner(ctx, token, "signed", func(tx db.Tx, r *Request, signer *Signer) error {
		if signer.Status == Sent {
			return errNotViewed()
		}
		if signer.Disclosure == "" {
			return domain.Errorf(domain.Conflict, "Please agree to signing electronically first.")
		}
		if err := signer.move(Signed); err != nil {
			return err
		}
		signer.Signature, signer.SignedAt = &signature, &now
		e := by.event(evidence.EventSigned, signer.Number)
		e.At, e.Detail = now, "sha256:"+hex.EncodeToString(sum[:])
		if err := s.log(ctx, tx, r, e); err != nil {
			return err
		}
		if slices.ContainsFunc(r.Signers, func(s Signer) bool { return s.Status != Signed }) {
			return s.invite(ctx, tx, r)
		}
		if err := r.move(Sealing); err != nil {
			return err
		}
		id := s.newID()
		r.SignedID = &id
		return s.queueSealing(ctx, tx, r.ID)
	})
}

// checkSignaturePrintable renders the certificate with the signature.
func (s *Service) checkSignaturePrintable(ctx context.Context, v View, signature evidence.Signature) error {
	trial := v.Request.record(nil)
	signer, now := &trial.Signers[v.Signer.Number-1], s.clock()
	signer.Status, signer.Signature, signer.SignedAt = evidence.StatusSigned, &signature, &now
	err := s.renderer.Render(ctx, evidence.Certificate(trial, nil), io.Discard)
	if e, ok := errors.AsType[*domain.Error](err); ok && e.Code == domain.Invalid {
		for i := range e.Fields { // everything else was printable before
			e.Fields[i].Pointer = evidence.SourceSignature
		}
	}
	return err
}

const maxReason = 1000 // characters

// Decline ends the request, because a signer refuses to sign. reason is for the sender and may be empty.
// Conflict: as for Consent.
func (s *Service) Decline(ctx context.Context, token, reason string, by Visitor) (View, error) {
	reason = strings.TrimSpace(normalizeLines(reason))
	if utf8.RuneCountInString(reason) > maxReason {
		return View{}, domain.InvalidField("/reason", "must have at most %d characters", maxReason)
	}
	if strings.ContainsFunc(reason, isForbiddenControl) {
		return View{}, domain.InvalidField("/reason", "must not contain control characters")
	}
	return s.withSigner(ctx, token, "declined", func(tx db.Tx, r *Request, signer *Signer) error {
		if err := signer.move(SignerDeclined); err != nil {
			return err
		}
		if err := r.move(Declined); err != nil {
			return err
		}
		signer.Reason = reason
		if err := s.log(ctx, tx, r, by.event(evidence.EventDeclined, signer.Number)); err != nil {
			return err
		}
		return s.queueNotices(ctx, tx, r, noticeDeclined)
	})
}

// Text returns the document's text, page by page, for screen readers; nil if it has not been extracted yet
// or there is none. Conflict: as for Consent.
func (s *Service) Text(ctx context.Context, token string) ([]string, error) {
	v, err := s.findOpenLink(ctx, token)
	if err != nil {
		return nil, err
	}
	return s.extractedText(ctx, v.Request.DocumentID)
}

// Document returns the document of a link. The caller closes the reader. When it has been read to its end,
// the log records that the signer viewed it: once for each device. Conflict: as for Consent.
func (s *Service) Document(ctx context.Context, token string, by Visitor) (files.File, io.ReadCloser, error) {
	v, err := s.findOpenLink(ctx, token)
	if err != nil {
		return files.File{}, nil, err
	}
	d, err := s.original(ctx, v.Request)
	if err != nil {
		return files.File{}, nil, err
	}
	body, err := s.files.Open(ctx, d, 0, -1)
	if err != nil {
		return d, nil, unsignableError(err)
	}
	return d, &eofReader{ReadCloser: body, onEOF: func() error { return s.logViewed(ctx, token, v, by) }}, nil
}
