package esign

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/cases"
	"counsel/domain/files"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

func number(n int) string { return strconv.Itoa(n) }

func (s *Service) inTx(ctx context.Context, fn func(db.Tx) error) error {
	return db.WithTx(ctx, s.DB, fn)
}

// Get reads a request. It is the sender's and the admins', one of a case the case's members'; to
// anyone else it looks like one that does not exist.
func (s *Service) Get(ctx context.Context, by domain.Principal, id domain.ID) (Request, error) {
	return s.find(ctx, by, id, cases.VerbRead)
}

// find reads a request for somebody who is to do something with it. Whatever they may not know of takes the
// same work as what is not there.
func (s *Service) find(ctx context.Context, by domain.Principal, id domain.ID, verb cases.Verb) (Request, error) {
	row, err := s.rows.GetSignatureRequest(ctx, id)
	if err != nil {
		return Request{}, s.Cases.UniformNotFound(ctx, by, absent(err))
	}
	if err := s.may(ctx, by, requestOf(row), verb); err != nil {
		return Request{}, err
	}
	return withSigners(ctx, s.rows, row)
}

// may decides whether a caller may do something with a request, and puts a reading down.
func (s *Service) may(ctx context.Context, by domain.Principal, r Request, verb cases.Verb) error {
	if r.CaseID == nil {
		if by.UserID != r.UserID && !by.Admin() {
			return s.Cases.UniformNotFound(ctx, by, noRequest())
		}
		return nil
	}
	act := cases.Action{Verb: verb, Resource: cases.ResourceSignature, ID: &r.ID}
	var err error
	if verb == cases.VerbRead || verb == cases.VerbDownload {
		err = s.Cases.AuthorizeRead(ctx, by, *r.CaseID, act)
	} else {
		err = s.Cases.Authorize(ctx, by, *r.CaseID, act)
	}
	if domain.CodeOf(err) == domain.NotFound {
		return noRequest()
	}
	return err
}

// Filter narrows a list of requests.
type Filter struct {
	CaseID *domain.ID // those of this case; nil: the caller's own, an admin's list everyone's
	UserID *domain.ID // only what they sent; of others for admins alone
	Status Status     // "": all
	Limit  int        // 1 to 100; 0: 20
	Before *domain.ID // only older ones than this: next of the page before
}

// List lists requests, the newest first. next is the Before of the next page, nil on the last.
// NotFound: a case that is not open to the caller. Forbidden: what somebody else sent.
func (s *Service) List(ctx context.Context, by domain.Principal, f Filter) (items []Request, next *domain.ID, err error) {
	limit := cmp.Or(f.Limit, 20)
	if limit < 1 || limit > 100 {
		return nil, nil, domain.Errorf(domain.Invalid, "limit must be 1 to 100.")
	}
	before := domain.Before(f.Before)
	sender := by.UserID
	if f.UserID != nil {
		if sender = *f.UserID; f.CaseID == nil && sender != by.UserID && !by.Admin() {
			return nil, nil, domain.Errorf(domain.Forbidden, "Only an admin may list what somebody else sent.")
		}
	}
	n := int32(limit + 1)
	var rows []query.SignatureRequest
	switch {
	case f.CaseID != nil:
		if err := s.Cases.AuthorizeRead(ctx, by, *f.CaseID, cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceSignature}); err != nil {
			return nil, nil, err
		}
		rows, err = s.rows.ListCaseSignatureRequests(ctx, query.ListCaseSignatureRequestsParams{CaseID: f.CaseID, Before: before, Status: string(f.Status), Limit: n})
	case by.Admin() && f.UserID == nil && f.Status != "":
		rows, err = s.rows.ListAllSignatureRequestsIn(ctx, query.ListAllSignatureRequestsInParams{Before: before, Status: string(f.Status), Limit: n})
	case by.Admin() && f.UserID == nil:
		rows, err = s.rows.ListAllSignatureRequests(ctx, query.ListAllSignatureRequestsParams{Before: before, Limit: n})
	default:
		rows, err = s.rows.ListSignatureRequests(ctx, query.ListSignatureRequestsParams{UserID: sender, Before: before, Status: string(f.Status), Limit: n})
	}
	if err != nil {
		return nil, nil, db.Error(err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = &rows[limit-1].ID
	}
	items = []Request{}
	for _, row := range rows {
		if f.UserID != nil && row.UserID != *f.UserID {
			continue
		}
		r, err := withSigners(ctx, s.rows, row)
		if err != nil {
			return nil, nil, err
		}
		if r.CaseID != nil && f.CaseID == nil && !by.Admin() {
			// The sender may have left the case since.
			member, err := s.Cases.IsMember(ctx, *r.CaseID, by.UserID)
			if err != nil {
				return nil, nil, err
			}
			if !member {
				continue
			}
		}
		items = append(items, r)
	}
	return items, next, nil
}

// Events is a request's log. Errors as of Get.
func (s *Service) Events(ctx context.Context, by domain.Principal, id domain.ID) ([]Event, error) {
	r, err := s.Get(ctx, by, id)
	if err != nil {
		return nil, err
	}
	log, err := readLog(ctx, s.rows, id)
	named(log, r.Signers)
	return log, err
}

// over is the Conflict for a request that has ended.
func over(r Request) error {
	return &domain.Error{Code: domain.Conflict, Reason: "signature_" + string(r.Status), Message: "The request is " + string(r.Status) + "."}
}

// Cancel withdraws a request that is open. Whoever was asked to sign and has not is told so.
// Conflict: it has ended.
func (s *Service) Cancel(ctx context.Context, by domain.Principal, id domain.ID) (Request, error) {
	r, err := s.find(ctx, by, id, cases.VerbUpdate)
	if err != nil {
		return Request{}, err
	}
	if err := s.ask(ctx, r); err != nil {
		s.Log.WarnContext(ctx, "a signature request is withdrawn before its provider was asked", "request", id.String(), "cause", err.Error())
	}
	return s.manage(ctx, by, id, "cancel", nil, func(tx db.Tx, r *Request) error {
		r.Status = Cancelled
		if err := s.release(ctx, tx, r); err != nil {
			return err
		}
		if err := s.log(ctx, tx, r, Event{Kind: EventCancelled, By: by.UserID}); err != nil {
			return err
		}
		return s.notify(ctx, tx, r, noticeCancelled)
	})
}

// remindEvery is how far apart reminders are: those that go by themselves, and the least for those
// that are asked for.
const (
	remindEvery    = 3 * 24 * time.Hour
	remindAtLeast  = 2 * time.Minute
	remindMost     = 3 // by themselves
	remindMostEver = 20
)

// Remind mails the link again to those whose turn it is, unless they were mailed just now. Conflict:
// the request has ended. RateLimited: the caller wrote to too many lately.
func (s *Service) Remind(ctx context.Context, by domain.Principal, id domain.ID) (Request, error) {
	charge := func(r Request) error {
		n := 0
		for _, g := range r.Signers {
			if r.Status == Open && s.mayRemind(g) {
				n++
			}
		}
		if n == 0 {
			return nil
		}
		return s.Post.ReserveQuota(ctx, by, n)
	}
	return s.manage(ctx, by, id, "remind", charge, func(tx db.Tx, r *Request) error {
		for i := range r.Signers {
			if g := &r.Signers[i]; s.mayRemind(*g) {
				if err := s.remind(ctx, tx, r, g); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// mayRemind reports whether a signer may be mailed once more.
func (s *Service) mayRemind(g Signer) bool {
	if !g.asked() || g.Reminders >= remindMostEver {
		return false
	}
	last := *g.InvitedAt
	if g.RemindedAt != nil {
		last = *g.RemindedAt
	}
	return s.Clock().Sub(last) >= remindAtLeast
}

// SendLink mails a signer their link again, for somebody who knows which request it is and the
// signer's address. Whoever asks learns nothing by it: it does the same for what does not exist.
func (s *Service) SendLink(ctx context.Context, id domain.ID, email string) error {
	r, err := load(ctx, s.rows, id)
	if domain.CodeOf(err) == domain.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	key := domain.EmailKey(email)
	i := slices.IndexFunc(r.Signers, func(g Signer) bool { return domain.EmailKey(g.Email) == key })
	if i < 0 || s.view(r, r.Signers[i].ID).State != LinkOpen || !s.mayRemind(r.Signers[i]) {
		return nil
	}
	return s.change(ctx, itself(r), id, cases.Action{Verb: cases.VerbUpdate, Detail: "link " + number(i+1)}, func(tx db.Tx, r *Request) error {
		if g := &r.Signers[i]; r.Status == Open && s.mayRemind(*g) {
			return s.remind(ctx, tx, r, g)
		}
		return errSame
	})
}

// asked reports whether a signer has a link and has not used it.
func (g Signer) asked() bool {
	return g.Status == Sent || g.Status == Opened || g.Status == Viewed || g.Status == Consented
}

func (s *Service) remind(ctx context.Context, tx db.Tx, r *Request, g *Signer) error {
	now := s.Clock()
	g.Reminders, g.RemindedAt = g.Reminders+1, &now
	if err := keep(ctx, tx, g); err != nil {
		return err
	}
	_, err := s.Jobs.Add(ctx, tx, jobs.LegacyInsert{Kind: jobInvite, Payload: inviteJob{Request: r.ID, Signer: g.ID, Reminder: g.Reminders}})
	return err
}

// manage changes an open request for a caller who may. first, if not nil, comes before anything is
// changed.
func (s *Service) manage(ctx context.Context, by domain.Principal, id domain.ID, what string, first func(Request) error, fn func(db.Tx, *Request) error) (Request, error) {
	r, err := s.find(ctx, by, id, cases.VerbUpdate)
	if err != nil {
		return Request{}, err
	}
	if first != nil {
		if err := first(r); err != nil {
			return Request{}, err
		}
	}
	err = s.change(ctx, by, id, cases.Action{Verb: cases.VerbUpdate, Detail: what}, func(tx db.Tx, now *Request) error {
		if now.Status != Open {
			return over(*now)
		}
		if err := fn(tx, now); err != nil {
			return err
		}
		r = *now
		return nil
	})
	return r, err
}

// sweepBatch is how much a sweep does at once.
const sweepBatch = 100

// sweep ends what is overdue, reminds those who forgot, and takes away what is to be forgotten.
func (s *Service) sweep(ctx context.Context) error {
	overdue, err := s.rows.ListOverdueSignatureRequests(ctx, query.ListOverdueSignatureRequestsParams{Now: s.Clock(), Limit: sweepBatch})
	if err != nil {
		return db.Error(err)
	}
	for _, id := range overdue {
		if err := s.expire(ctx, id); err != nil {
			s.Log.WarnContext(ctx, "a signature request could not be ended yet", "request", id.String(), "cause", err.Error())
		}
	}
	stale, err := s.rows.ListStaleSealings(ctx, query.ListStaleSealingsParams{Since: s.Clock().Add(-sealTime), Limit: sweepBatch})
	if err != nil {
		return db.Error(err)
	}
	for _, id := range stale {
		if err := s.fail(ctx, id, reasonUndone); err != nil {
			s.Log.WarnContext(ctx, "a signature request that cannot be sealed could not be ended yet", "request", id.String(), "cause", err.Error())
		}
	}
	forgetful, err := s.rows.ListForgetfulSigners(ctx, query.ListForgetfulSignersParams{Most: remindMost, Since: nullable(ptr(s.Clock().Add(-remindEvery))), Limit: sweepBatch})
	if err != nil {
		return db.Error(err)
	}
	for _, row := range forgetful {
		r, err := load(ctx, s.rows, row.RequestID)
		if err != nil {
			return err
		}
		err = s.change(ctx, itself(r), r.ID, cases.Action{Verb: cases.VerbUpdate, Detail: "remind"}, func(tx db.Tx, r *Request) error {
			i := slices.IndexFunc(r.Signers, func(g Signer) bool { return g.ID == row.ID })
			g := &r.Signers[i]
			if r.Status != Open || !g.asked() || !s.Clock().Before(r.ExpiresAt) || g.RemindedAt != nil && s.Clock().Sub(*g.RemindedAt) < remindEvery {
				return errSame
			}
			return s.remind(ctx, tx, r, g)
		})
		if err != nil {
			s.Log.WarnContext(ctx, "a signer could not be reminded yet", "request", r.ID.String(), "cause", err.Error())
		}
	}
	return s.sweepForgotten(ctx)
}

func ptr[T any](v T) *T { return &v }

func (s *Service) expire(ctx context.Context, id domain.ID) error {
	r, err := load(ctx, s.rows, id)
	if err != nil {
		return err
	}
	if err := s.ask(ctx, r); err != nil && s.Clock().Sub(r.ExpiresAt) < lostTime { // nobody waits longer for a provider
		return err
	}
	return s.change(ctx, itself(r), id, cases.Action{Verb: cases.VerbUpdate, Detail: "expired"}, func(tx db.Tx, r *Request) error {
		if r.Status != Open || s.Clock().Before(r.ExpiresAt) {
			return errSame
		}
		r.Status = Expired
		if err := s.release(ctx, tx, r); err != nil {
			return err
		}
		if err := s.log(ctx, tx, r, Event{Kind: EventExpired}); err != nil {
			return err
		}
		return s.notify(ctx, tx, r, noticeExpired)
	})
}

// sender is the account of who sent a request.
func (s *Service) sender(ctx context.Context, r Request) (account.User, error) {
	people, err := s.People.ByID(ctx, []domain.ID{r.UserID})
	if err != nil {
		return account.User{}, err
	}
	return people[r.UserID], nil // one that was erased has neither name nor address
}

// original is the document of a request, as long as it is that which was sent.
func (s *Service) original(ctx context.Context, r Request) (files.File, error) {
	d, err := s.Archive.Get(ctx, itself(r), r.DocumentID)
	if domain.CodeOf(err) == domain.NotFound {
		return files.File{}, lostDocument(reasonGone, err)
	}
	if err == nil && d.SHA256 != r.DocumentSum {
		return files.File{}, lostDocument(reasonCorrupt, errors.New("esign: the document is not the one that was sent"))
	}
	return d, err
}

// Why a document can never be signed, or sealed.
const (
	reasonGone      = "document_gone"    // the document, or its file, is not there
	reasonCorrupt   = "document_corrupt" // its bytes are not those that were sent
	reasonUnfit     = "document_unfit"   // it cannot be sealed, or the certificate not be printed
	reasonUndone    = "sealing_timeout"  // it was tried for a week
	reasonNotHanded = "provider_refused" // the provider did not get it
)

// lostDocument is the Conflict for a document that cannot be signed any more.
func lostDocument(reason string, cause error) error {
	message := "The document is not there any more. Please ask the sender."
	if reason == reasonCorrupt {
		message = "The document that is kept here is damaged, so it cannot be signed. Please ask the sender to send it again."
	}
	return &domain.Error{Code: domain.Conflict, Reason: reason, Message: message, Err: cause}
}

// lost says of an error of the archive that it is for good, if it is.
func lost(err error) error {
	switch {
	case errors.Is(err, files.ErrMissing):
		return lostDocument(reasonGone, err)
	case errors.Is(err, files.ErrCorrupt):
		return lostDocument(reasonCorrupt, err)
	}
	return err
}

func (s *Service) originalBytes(ctx context.Context, r Request) ([]byte, error) {
	d, err := s.original(ctx, r)
	if err != nil {
		return nil, err
	}
	return s.bytes(ctx, d)
}

// whole makes sure that the document of a request is there, byte for byte.
func (s *Service) whole(ctx context.Context, r Request) error {
	d, err := s.original(ctx, r)
	if err != nil {
		return err
	}
	body, err := s.Archive.Open(ctx, d, 0, -1)
	if err != nil {
		return lost(err)
	}
	_, err = io.Copy(io.Discard, body)
	return errors.Join(lost(err), body.Close())
}

// bytes reads a document whole; it was checked while it was read.
func (s *Service) bytes(ctx context.Context, d files.File) ([]byte, error) {
	body, err := s.Archive.Open(ctx, d, 0, -1)
	if err != nil {
		return nil, lost(err)
	}
	defer body.Close()
	b := bytes.NewBuffer(make([]byte, 0, d.Size+bytes.MinRead))
	_, err = io.Copy(b, body)
	return b.Bytes(), lost(err)
}
