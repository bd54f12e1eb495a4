package esign

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/doc"
	"counsel/domain/files"
	"counsel/domain/files/filetype"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

// Builtin names this service itself, where a provider is named.
const Builtin = "builtin"

// Where an envelope stands, seen from here. A look is due at its time: by a webhook, by a poll.
const (
	envCreating = "creating" // Create has not come back; after a while: it never will
	envOpen     = "open"
	envFetching = "fetching" // it is completed; its files are not here yet
	envDropping = "dropping" // it is to be ended at the provider, if there is one
	envOver     = "over"
)

// Times of envelopes.
const (
	handOverTime = time.Minute     // for all that handing over takes
	creatingTime = 5 * time.Minute // after which a server that was handing over has died
	lostTime     = 24 * time.Hour  // in which an envelope that was not found may turn up
	dropTime     = 30 * 24 * time.Hour
	askTime      = 15 * time.Second // for a question somebody waits for
	hintTime     = 30 * 24 * time.Hour
	firstLook    = time.Minute
	lastLook     = time.Hour
)

// after is when to look again, after so many looks at which nothing had changed.
func (s *Service) after(tries int32) sql.NullTime {
	return nullable(ptr(s.Clock().Add(min(firstLook<<min(tries, 10), lastLook))))
}

// provider is who has a request signed.
func (s *Service) provider(r Request) (Provider, error) {
	if s.Provider == nil || s.Provider.Name() != r.Provider {
		return nil, &domain.Error{Code: domain.Unavailable, Message: "The signing service that has this document is not set up any more.", Err: errors.New("esign: no provider " + r.Provider)}
	}
	return s.Provider, nil
}

// handOver sends a document to be signed at the provider. The request is written first, so that
// nothing of what the provider has is ever unknown here; its envelope's external id is the
// request's. Create is called once. When it fails, or nobody knows, what there may be at the
// provider is looked up: it is taken, or else ended, now or by a job.
func (s *Service) handOver(ctx context.Context, by domain.Principal, r Request, file []byte, pages int) (Request, error) {
	r.Provider, r.Status = s.Provider.Name(), Creating
	file, boxes, err := s.withPlaces(ctx, &r, file, pages)
	if err != nil {
		return Request{}, err
	}
	e := Envelope{ExternalID: r.ID.String(), Title: strings.TrimSuffix(r.DocumentName, ".pdf"), Document: file, Workflow: r.Workflow, ExpiresAt: r.ExpiresAt}
	for i, g := range r.Signers {
		e.Signers = append(e.Signers, EnvelopeSigner{Turn: g.Turn, Name: g.Name, Email: g.Email, Box: boxes[i]})
	}
	err = s.create(ctx, by, &r, func(tx db.Tx) error {
		return query.New(tx).CreateEnvelope(ctx, query.CreateEnvelopeParams{RequestID: r.ID, State: envCreating, NextAt: nullable(ptr(s.Clock().Add(creatingTime)))})
	})
	if err != nil {
		return Request{}, err
	}
	// Whoever asked may hang up: what comes of it must be written all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handOverTime)
	defer cancel()
	id, cause := s.Provider.Create(ctx, e)
	uncertain := errors.Is(cause, ErrUncertain)
	if uncertain {
		if found, err := s.Provider.Find(ctx, e.ExternalID); err == nil {
			id = found
			if state, err := s.Provider.Get(ctx, id); err == nil && state.Status == EnvelopeOpen {
				cause = nil
			}
		}
	}
	if cause != nil {
		if err := s.abandon(ctx, r, id, uncertain, false); err != nil {
			s.Log.WarnContext(ctx, "a signature request that failed is left to the next look", "request", r.ID.String(), "cause", err.Error())
		}
		return Request{}, cause
	}
	err = s.change(ctx, itself(r), r.ID, cases.Action{Verb: cases.VerbUpdate, Detail: "handed over"}, func(tx db.Tx, now *Request) error {
		q := query.New(tx)

		if now.Status != Creating {
			return &domain.Error{Code: domain.Unavailable, Message: "The document could not be handed to the signing service in time, please try again."}
		}
		now.Status = Open
		hints, err := q.ListSignatureHints(ctx, r.ID)
		if err != nil {
			return err
		}
		if err := q.UpdateEnvelope(ctx, query.UpdateEnvelopeParams{EnvelopeID: id, State: envOpen, NextAt: s.after(0), RequestID: r.ID}); err != nil {
			return err
		}
		if len(hints) > 0 { // they were quicker than the answer
			if err := s.look(ctx, tx, r.ID); err != nil {
				return err
			}
		}
		if err := s.invite(ctx, tx, now); err != nil {
			return err
		}
		r = *now
		return nil
	})
	if err != nil {
		return Request{}, err // the next look ends the envelope
	}
	return r, nil
}

// abandon ends a request that could not be handed over. id is its envelope, if that is known. late: the
// sender was not answered, and is mailed.
func (s *Service) abandon(ctx context.Context, r Request, id string, drop, late bool) error {
	u := query.UpdateEnvelopeParams{EnvelopeID: id, State: envOver, RequestID: r.ID}
	if drop {
		u.State, u.NextAt = envDropping, nullable(ptr(s.Clock()))
	}
	err := s.change(ctx, itself(r), r.ID, cases.Action{Verb: cases.VerbUpdate, Detail: "failed"}, func(tx db.Tx, r *Request) error {
		if r.Status != Creating {
			return errSame
		}
		r.Status = Failed
		if err := s.log(ctx, tx, r, Event{Kind: EventFailed, Detail: reasonNotHanded}); err != nil {
			return err
		}
		if late {
			if err := s.notify(ctx, tx, r, noticeNotSent); err != nil {
				return err
			}
		}
		return query.New(tx).UpdateEnvelope(ctx, u)
	})
	if domain.CodeOf(err) == domain.Conflict { // the case was closed: nothing is put down there, but the envelope must go
		err = db.Error(s.rows.UpdateEnvelope(ctx, u))
	}
	return err
}

// release lets go of a request's envelope as its request ends here.
func (s *Service) release(ctx context.Context, tx db.Tx, r *Request) error {
	q := query.New(tx)

	if r.Provider == Builtin {
		return nil
	}
	e, err := q.GetEnvelope(ctx, r.ID)
	if err != nil {
		return err
	}
	u := query.UpdateEnvelopeParams{EnvelopeID: e.EnvelopeID, State: envOver, AuditID: e.AuditID, RequestID: r.ID}
	if r.Status == Cancelled || r.Status == Expired || r.Status == Failed {
		u.State, u.NextAt = envDropping, s.after(0)
		if err := s.look(ctx, tx, r.ID); err != nil {
			return err
		}
	}
	return q.UpdateEnvelope(ctx, u)
}

// look queues a look at what the provider says.
func (s *Service) look(ctx context.Context, tx db.Tx, id domain.ID) error {
	_, err := s.Jobs.Add(ctx, tx, jobs.LegacyInsert{Kind: jobFollow, Queue: jobs.Interactive, Payload: requestJob{id}})
	return err
}

// poll queues the looks that are due, each later than the one before.
func (s *Service) poll(ctx context.Context) error {
	now := s.Clock()
	due, err := s.rows.ListDueEnvelopes(ctx, query.ListDueEnvelopesParams{Now: nullable(&now), Limit: sweepBatch})
	if err != nil {
		return db.Error(err)
	}
	for _, e := range due {
		err := s.inTx(ctx, func(tx db.Tx) error {
			n, err := query.New(tx).PostponeEnvelope(ctx, query.PostponeEnvelopeParams{Later: s.after(e.Tries + 1), RequestID: e.RequestID, Now: nullable(&now)})
			if err != nil || n == 0 {
				return err
			}
			return s.look(ctx, tx, e.RequestID)
		})
		if err != nil {
			return err
		}
	}
	if len(due) > 0 {
		s.Jobs.Wake()
	}
	if _, err := s.rows.DeleteSignatureHints(ctx, query.DeleteSignatureHintsParams{ReceivedAt: now.Add(-hintTime), Limit: 1000}); err != nil {
		return db.Error(err)
	}
	return nil
}

// follow looks at the provider, and does what its envelope needs. It can be done again at any
// point, and by several at once.
func (s *Service) follow(ctx context.Context, id domain.ID, try int) error {
	r, err := load(ctx, s.rows, id)
	if err != nil {
		return err
	}
	e, err := s.rows.GetEnvelope(ctx, id)
	if err != nil {
		return db.Error(err)
	}
	if e.State == envOver {
		return nil
	}
	if e.State == envCreating {
		if s.Clock().Sub(r.CreatedAt) < creatingTime {
			return nil // somebody is at it
		}
		return s.abandon(ctx, r, "", true, true)
	}
	p, err := s.provider(r)
	if err != nil {
		return err
	}
	switch e.State {
	case envOpen:
		return s.advance(ctx, p, r, e)
	case envFetching:
		return s.seal(ctx, id, try)
	default:
		return s.drop(ctx, p, r, e)
	}
}

// ask looks at the provider before a request is ended here: it may have ended there.
func (s *Service) ask(ctx context.Context, r Request) error {
	if r.Provider == Builtin || r.Status != Open {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return s.follow(ctx, r.ID, 1)
}

// drop ends what there may be at the provider of a request that has ended here.
func (s *Service) drop(ctx context.Context, p Provider, r Request, e query.SignatureEnvelope) error {
	id, age := e.EnvelopeID, s.Clock().Sub(r.ChangedAt)
	over := query.UpdateEnvelopeParams{EnvelopeID: id, State: envOver, AuditID: e.AuditID, RequestID: r.ID}
	if id == "" {
		found, err := p.Find(ctx, r.ID.String())
		switch {
		case domain.CodeOf(err) == domain.NotFound && age < lostTime:
			return nil // it may turn up
		case domain.CodeOf(err) == domain.NotFound:
			return db.Error(s.rows.UpdateEnvelope(ctx, over))
		case err != nil:
			return err
		}
		id, over.EnvelopeID = found, found
	}
	if err := p.Cancel(ctx, id); err != nil {
		if age < dropTime {
			return err
		}
		s.Log.ErrorContext(ctx, "an envelope could not be ended at the provider; please do it there", "request", r.ID.String(), "provider", r.Provider, "cause", err.Error())
	}
	return db.Error(s.rows.UpdateEnvelope(ctx, over))
}

// keepFetched fetches what came of a completed envelope, and keeps it.
func (s *Service) keepFetched(ctx context.Context, r Request) (files.File, error) {
	p, err := s.provider(r)
	if err != nil {
		return files.File{}, err
	}
	e, err := s.rows.GetEnvelope(ctx, r.ID)
	if err != nil {
		return files.File{}, db.Error(err)
	}
	signed, err := p.Signed(ctx, e.EnvelopeID)
	if err != nil {
		return files.File{}, err
	}
	save := func(id domain.ID, name string, file []byte) (files.File, error) {
		return s.Archive.Create(ctx, files.NewFile{
			ID: id, UserID: r.UserID, CaseID: r.CaseID, By: itself(r), Name: name, ContentType: filetype.PDF, Kind: files.Signed,
			Body: bytes.NewReader(file), Size: int64(len(file)), SHA256: sha256.Sum256(file),
		})
	}
	if _, err := s.Archive.Get(ctx, itself(r), *e.AuditID); signed.Audit != nil && domain.CodeOf(err) == domain.NotFound {
		if _, err := save(*e.AuditID, recordName(r.DocumentName), signed.Audit); err != nil {
			return files.File{}, err
		}
	} else if err != nil && domain.CodeOf(err) != domain.NotFound {
		return files.File{}, err
	}
	return save(*r.SignedID, signedName(r.DocumentName), signed.Document)
}

func recordName(name string) string {
	return strings.TrimSuffix(signedName(name), " (signed).pdf") + " (signing record).pdf"
}

// record is the provider's own record of a request; nil: there is none, or it was deleted.
func (s *Service) record(ctx context.Context, r Request) ([]byte, error) {
	e, err := s.rows.GetEnvelope(ctx, r.ID)
	if err != nil || e.AuditID == nil {
		return nil, db.Error(err)
	}
	d, err := s.Archive.Get(ctx, itself(r), *e.AuditID)
	if domain.CodeOf(err) == domain.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.bytes(ctx, d)
}

// The places for signatures, on pages of their own: two beside each other, five below each other.
const (
	placesAcross, placesDown = 2, 5
	placesTop, placesLeft    = 0.36, 0.12 // of the page
	placeWidth, placeHeight  = 0.36, 0.095
	placeGapX, placeGapY     = 0.04, 0.012
)

// withPlaces adds pages with room for the signatures to a document, and says where each signs.
func (s *Service) withPlaces(ctx context.Context, r *Request, file []byte, pages int) (out []byte, boxes []Box, err error) {
	const each = placesAcross * placesDown
	for i := range r.Signers {
		at := i % each
		boxes = append(boxes, Box{Page: pages + 1 + i/each, W: placeWidth, H: placeHeight,
			X: placesLeft + float64(at%placesAcross)*(placeWidth+placeGapX), Y: placesTop + float64(at/placesAcross)*(placeHeight+placeGapY)})
	}
	var added bytes.Buffer
	err = s.Renderer.Render(ctx, places(*r, (len(r.Signers)+each-1)/each), &added)
	if e, ok := errors.AsType[*domain.Error](err); ok && e.Code == domain.Invalid {
		// The fonts cannot show a name: it goes by an id then.
		r.DocumentName, r.SenderName = r.DocumentID.String()+".pdf", "user "+r.UserID.String()
		added.Reset()
		err = s.Renderer.Render(ctx, places(*r, (len(r.Signers)+each-1)/each), &added)
	}
	if err != nil {
		return nil, nil, err
	}
	out, err = s.Seal.AppendPages(ctx, file, added.Bytes())
	return out, boxes, err
}

// places is the pages where signatures go. The names are put there by the provider, with them.
func places(r Request, pages int) doc.Document {
	text := func(words string) []doc.Span { return []doc.Span{{Text: words}} }
	d := doc.Document{
		Meta:   doc.Meta{Title: "Signatures", Created: r.CreatedAt, Language: "en-GB"},
		Footer: doc.RunningText{Left: "Signatures", Right: r.ID.String()},
	}
	for i := range pages {
		if i > 0 {
			d.Blocks = append(d.Blocks, doc.PageBreak{})
		}
		d.Blocks = append(d.Blocks, doc.Heading{Level: 1, Text: text("Signatures")},
			doc.Table{Plain: true, Columns: []doc.Column{{Width: 1}, {Width: 4}}, Rows: [][]doc.Cell{
				{{Text: text("Document")}, {Text: text(r.DocumentName)}},
				{{Text: text("SHA-256")}, {Text: text(spaced(r.DocumentSum.String()[len("sha256:"):]))}},
				{{Text: text("Sent by")}, {Text: text(r.SenderName)}},
				{{Text: text("Page")}, {Text: text(strconv.Itoa(i+1) + " of " + strconv.Itoa(pages))}},
			}})
	}
	return d
}
