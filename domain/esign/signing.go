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
	"time"
	"unicode"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/files"
	"counsel/domain/jobs"
)

// Limits of a signature.
const (
	maxTyped   = 100 // characters
	maxStrokes = 500
	maxPoints  = 5000
	maxReason  = 1000 // characters
)

// LinkState is what a link is good for.
type LinkState string

// The states of a link.
const (
	LinkOpen     LinkState = "open"
	LinkEarly    LinkState = "early"    // somebody else signs first
	LinkSigned   LinkState = "signed"   // it was used to sign
	LinkDeclined LinkState = "declined" // or to decline
	LinkExpired  LinkState = "expired"
	LinkClosed   LinkState = "closed" // the request was withdrawn, or another signer declined
)

// View is what a signer is shown.
type View struct {
	State   LinkState
	Request Request
	Signer  Signer
	// Elsewhere is the provider's address where the signer signs, a secret; "": they sign here.
	Elsewhere string
}

// noLink is the one answer for a link that never was, whatever it looked like.
func noLink() error {
	return domain.Errorf(domain.NotFound, "This link is not valid. Please use the link in the latest e-mail you got, or ask the sender for a new one.")
}

// found is the signer a link belongs to.
func (s *Service) found(ctx context.Context, token string) (View, error) {
	row, err := s.rows.GetSignerByToken(ctx, hashOf(token))
	if err = db.Error(err); err != nil {
		if domain.CodeOf(err) == domain.NotFound {
			return View{}, noLink()
		}
		return View{}, err
	}
	r, err := load(ctx, s.rows, row.RequestID)
	if err != nil {
		return View{}, err
	}
	return s.view(r, row.ID), nil
}

func (s *Service) view(r Request, signer domain.ID) View {
	v := View{Request: r, Signer: r.Signers[slices.IndexFunc(r.Signers, func(g Signer) bool { return g.ID == signer })]}
	switch {
	case v.Signer.Status == Signed:
		v.State = LinkSigned
	case v.Signer.Status == SignerDecline:
		v.State = LinkDeclined
	case r.Status == Expired, r.Status == Open && !s.Clock().Before(r.ExpiresAt):
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

// refuse says why a link is not good for anything any more.
func (v View) refuse() error {
	said := map[LinkState]string{
		LinkEarly: "It is not your turn to sign yet.", LinkSigned: "You have signed this document already.", LinkDeclined: "You have declined to sign this document.",
		LinkExpired: "The time to sign this document is over.", LinkClosed: "This document is not to be signed any more.",
	}[v.State]
	if said == "" {
		return v.elsewhere()
	}
	return &domain.Error{Code: domain.Conflict, Reason: "link_" + string(v.State), Message: said}
}

// act does something on behalf of a signer whose link is open. fn may return errSame.
func (s *Service) act(ctx context.Context, token, what string, fn func(tx db.Tx, r *Request, g *Signer) error) (View, error) {
	v, err := s.found(ctx, token)
	if err != nil {
		return View{}, err
	}
	if err := v.refuse(); err != nil {
		return v, err
	}
	err = s.change(ctx, itself(v.Request), v.Request.ID, cases.Action{Verb: cases.VerbUpdate, Detail: what + " " + number(v.Signer.Number)}, func(tx db.Tx, r *Request) error {
		now := s.view(*r, v.Signer.ID)
		if err := now.refuse(); err != nil { // two devices at once
			return err
		}
		g := &r.Signers[now.Signer.Number-1]
		if err := fn(tx, r, g); err != nil {
			return err
		}
		if err := keep(ctx, tx, g); err != nil {
			return err
		}
		v = s.view(*r, g.ID)
		return nil
	})
	return v, err
}

// Look shows a signer what their link leads to, and logs that they opened it: once for each
// device. It fails with NotFound for a link that never was, and with nothing else that the link does.
func (s *Service) Look(ctx context.Context, token string, by Visitor) (View, error) {
	v, err := s.found(ctx, token)
	if err != nil || v.State != LinkOpen {
		return v, err
	}
	here := Event{Kind: EventOpened, Signer: v.Signer.Number, Address: by.Address, Agent: by.Agent}
	if v.Request.Provider != Builtin {
		return s.forward(ctx, v, here)
	}
	if old, err := s.known(ctx, v.Request.ID, here); err != nil || old {
		return v, err
	}
	looked, err := s.act(ctx, token, "opened", func(tx db.Tx, r *Request, g *Signer) error {
		if g.Status == Sent {
			g.Status = Opened
		}
		return s.log(ctx, tx, r, here)
	})
	if domain.CodeOf(err) == domain.Conflict {
		return s.found(ctx, token) // it closed meanwhile; or its case, in which nothing is put down
	}
	return looked, err
}

// known reports whether a log has an event of this device of a signer, or too many of others.
func (s *Service) known(ctx context.Context, id domain.ID, here Event) (bool, error) {
	seen, err := readLog(ctx, s.rows, id)
	if err != nil {
		return false, err
	}
	views := 0
	for _, e := range seen {
		if e.Kind == here.Kind && e.Signer == here.Signer {
			if views++; e.Address == clean(here.Address, maxAddress) && e.Agent == clean(here.Agent, maxAgent) || views >= maxViews {
				return true, nil
			}
		}
	}
	return false, nil
}

// maxViews is how many devices of one signer are put down, so that nobody can make a log grow.
const maxViews = 20

// Document is the document that a link is about. The caller closes the reader. Once it has been read
// to its end, the log says that the signer viewed it: once for each device. Conflict: as Consent.
func (s *Service) Document(ctx context.Context, token string, by Visitor) (files.File, io.ReadCloser, error) {
	v, err := s.found(ctx, token)
	if err != nil {
		return files.File{}, nil, err
	}
	if err := v.refuse(); err != nil {
		return files.File{}, nil, err
	}
	d, err := s.original(ctx, v.Request)
	if err != nil {
		return files.File{}, nil, err
	}
	body, err := s.Archive.Open(ctx, d, 0, -1)
	if err != nil {
		return d, nil, lost(err)
	}
	return d, &viewing{ReadCloser: body, done: func() error { return s.viewed(ctx, token, v, by) }}, nil
}

// viewing is a document that is being read. done is called at its end, before its reader learns of
// that: whoever has the last of it was logged.
type viewing struct {
	io.ReadCloser
	done func() error
}

// Read reads on.
func (v *viewing) Read(p []byte) (int, error) {
	n, err := v.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && v.done != nil {
		done := v.done
		v.done = nil
		if derr := done(); derr != nil {
			return n, derr
		}
	}
	return n, err
}

const viewedTime = 10 * time.Second

// viewed logs that a signer has fetched the whole document.
func (s *Service) viewed(ctx context.Context, token string, v View, by Visitor) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), viewedTime) // the browser may have hung up: it has most of it
	defer cancel()
	here := Event{Kind: EventViewed, Signer: v.Signer.Number, Address: by.Address, Agent: by.Agent}
	if old, err := s.known(ctx, v.Request.ID, here); err != nil || old {
		return err
	}
	_, err := s.act(ctx, token, "viewed", func(tx db.Tx, r *Request, g *Signer) error {
		if g.Status == Sent || g.Status == Opened {
			g.Status = Viewed
		}
		return s.log(ctx, tx, r, here)
	})
	if domain.CodeOf(err) == domain.Conflict {
		return nil // the link closed meanwhile; or its case, in which nothing is put down
	}
	return err
}

// Text is the document's text, page by page, for those who cannot see it; none while it has not
// been read yet, or if it has none.
func (s *Service) Text(ctx context.Context, token string) ([]string, error) {
	v, err := s.found(ctx, token)
	if err != nil {
		return nil, err
	}
	if err := v.refuse(); err != nil {
		return nil, err
	}
	return s.storedText(ctx, v.Request.DocumentID)
}

// storedText is a document's text as it was read for the search, page by page.
func (s *Service) storedText(ctx context.Context, id domain.ID) ([]string, error) {
	rows, err := s.rows.ListDocumentPages(ctx, id)
	if err != nil {
		return nil, db.Error(err)
	}
	var pages []string
	for _, r := range rows {
		for len(pages) < int(r.Page)-1 { // pages without text
			pages = append(pages, "")
		}
		pages = append(pages, r.Text)
	}
	return pages, nil
}

func unseen() error {
	return &domain.Error{Code: domain.Conflict, Reason: "not_viewed", Message: "Please open the link and look at the document first."}
}

// Consent puts down that a signer agrees to sign electronically, in the words of a version of the
// disclosure. Conflict: the link is good for nothing any more (reason link_…), nobody has opened it,
// other words hold now, or the document is lost or damaged (document_gone, document_corrupt).
// Unavailable: the store is down.
func (s *Service) Consent(ctx context.Context, token, version string, by Visitor) (View, error) {
	if version != Disclosure {
		return View{}, domain.Errorf(domain.Conflict, "The words to agree to have changed. Please load the page again.")
	}
	v, err := s.found(ctx, token)
	if err != nil {
		return View{}, err
	}
	if err := v.refuse(); err != nil {
		return v, err
	}
	if err := s.whole(ctx, v.Request); err != nil {
		return v, err
	}
	return s.act(ctx, token, "consented", func(tx db.Tx, r *Request, g *Signer) error {
		if g.Status == Sent {
			return unseen()
		}
		if g.Disclosure == version {
			return errSame
		}
		g.Status, g.Disclosure = Consented, version
		return s.log(ctx, tx, r, Event{Kind: EventConsented, Signer: g.Number, Address: by.Address, Agent: by.Agent, Detail: version})
	})
}

// Sign puts a signature down. After the last one the document is sealed. Conflict: as Consent, and
// when the signer has not consented. Invalid: the signature is none, named by its pointer.
func (s *Service) Sign(ctx context.Context, token string, m Mark, by Visitor) (View, error) {
	v, err := s.found(ctx, token)
	if err != nil {
		return View{}, err
	}
	if err := v.refuse(); err != nil {
		return v, err
	}
	if err := m.check(); err != nil {
		return v, err
	}
	if err := s.whole(ctx, v.Request); err != nil {
		return v, err
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return v, err
	}
	now := s.Clock()
	tried := v.Request
	tried.Signers = slices.Clone(tried.Signers)
	one := &tried.Signers[v.Signer.Number-1]
	one.Status, one.Mark, one.SignedAt = Signed, &m, &now
	if err := s.Renderer.Render(ctx, s.certificate(tried, nil), io.Discard); err != nil {
		if e, ok := errors.AsType[*domain.Error](err); ok && e.Code == domain.Invalid {
			for i := range e.Fields { // whatever else is printed was printable before
				e.Fields[i].Pointer = sourceMark
			}
			return v, e
		}
		return v, err
	}
	sum := sha256.Sum256(raw)
	return s.act(ctx, token, "signed", func(tx db.Tx, r *Request, g *Signer) error {
		if g.Status == Sent {
			return unseen()
		}
		if g.Disclosure == "" {
			return domain.Errorf(domain.Conflict, "Please agree to signing electronically first.")
		}
		g.Status, g.Mark, g.SignedAt = Signed, &m, &now
		if err := s.log(ctx, tx, r, Event{At: now, Kind: EventSigned, Signer: g.Number, Address: by.Address, Agent: by.Agent, Detail: "sha256:" + hex.EncodeToString(sum[:])}); err != nil {
			return err
		}
		if slices.ContainsFunc(r.Signers, func(g Signer) bool { return g.Status != Signed }) {
			return s.invite(ctx, tx, r)
		}
		id := s.NewID()
		r.Status, r.SignedID = Sealing, &id
		_, err := s.Jobs.Add(ctx, tx, jobs.LegacyInsert{Kind: jobSeal, Queue: jobs.Interactive, Payload: requestJob{r.ID}})
		return err
	})
}

// Decline ends a request: one of its signers will not sign. reason is for the sender; may be empty.
func (s *Service) Decline(ctx context.Context, token, reason string, by Visitor) (View, error) {
	reason = strings.TrimSpace(strings.ReplaceAll(reason, "\r\n", "\n"))
	if utf8.RuneCountInString(reason) > maxReason {
		return View{}, domain.InvalidField("/reason", "must have at most %d characters", maxReason)
	}
	if strings.ContainsFunc(reason, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }) {
		return View{}, domain.InvalidField("/reason", "must not hold control characters")
	}
	return s.act(ctx, token, "declined", func(tx db.Tx, r *Request, g *Signer) error {
		g.Status, g.Reason, r.Status = SignerDecline, reason, Declined
		if err := s.log(ctx, tx, r, Event{Kind: EventDeclined, Signer: g.Number, Address: by.Address, Agent: by.Agent}); err != nil {
			return err
		}
		return s.notify(ctx, tx, r, noticeDeclined)
	})
}

// check tells whether a mark is a signature.
func (m *Mark) check() error {
	m.Typed = strings.Join(strings.Fields(m.Typed), " ")
	switch {
	case m.Typed == "" && len(m.Strokes) == 0:
		return domain.InvalidField(sourceMark, "must be typed or drawn")
	case m.Typed != "" && len(m.Strokes) > 0:
		return domain.InvalidField(sourceMark, "must be typed or drawn, not both")
	case m.Typed != "":
		if utf8.RuneCountInString(m.Typed) > maxTyped || strings.ContainsFunc(m.Typed, func(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) }) {
			return domain.InvalidField(sourceMark+"/typed", "must have at most %d characters, and none that cannot be seen", maxTyped)
		}
		if !strings.ContainsFunc(m.Typed, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }) {
			return domain.InvalidField(sourceMark+"/typed", "must have a letter or a digit")
		}
		m.Width, m.Height = 0, 0
		return nil
	}
	if !(m.Width >= 1 && m.Width <= 10_000 && m.Height >= 1 && m.Height <= 10_000) {
		return domain.InvalidField(sourceMark, "must be drawn in a field of 1 to 10,000 units")
	}
	points := 0
	for _, stroke := range m.Strokes {
		points += len(stroke)
		for _, p := range stroke {
			if !(p.X >= 0 && p.X <= m.Width && p.Y >= 0 && p.Y <= m.Height) {
				return domain.InvalidField(sourceMark+"/strokes", "must lie within the field")
			}
		}
	}
	if len(m.Strokes) > maxStrokes || points > maxPoints || points < 5 {
		return domain.InvalidField(sourceMark+"/strokes", "must be at most %d, of 5 to %d points in all", maxStrokes, maxPoints)
	}
	return nil
}
