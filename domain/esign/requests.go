package esign

import (
	"cmp"
	"context"
	"slices"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/cases"
	"counsel/domain/esign/evidence"
	query "counsel/gen/query/esign"
)

// Get returns a request. The sender and admins can read it; for a document of a case, the members of
// that case. NotFound for everyone else.
func (s *Service) Get(ctx context.Context, caller domain.Principal, id domain.ID) (Request, error) {
	return s.find(ctx, caller, id, cases.VerbRead)
}

// find returns a request that the caller is allowed to use in this way. NotFound takes the same work
// whether the request does not exist or is hidden from the caller.
func (s *Service) find(ctx context.Context, caller domain.Principal, id domain.ID, verb cases.Verb) (Request, error) {
	row, err := s.queries.GetSignatureRequest(ctx, id)
	if err != nil {
		return Request{}, s.cases.UniformNotFound(ctx, caller, requestError(err))
	}
	if err := s.authorize(ctx, caller, requestFromRow(row), verb); err != nil {
		return Request{}, err
	}
	return withSigners(ctx, s.queries, row)
}

// authorize checks access to a request. Reading one of a case is recorded in the case's timeline.
func (s *Service) authorize(ctx context.Context, caller domain.Principal, r Request, verb cases.Verb) error {
	if r.CaseID == nil {
		if !caller.MayAccess(r.UserID) {
			return s.cases.UniformNotFound(ctx, caller, noRequest())
		}
		return nil
	}
	act := cases.Action{Verb: verb, Resource: cases.ResourceSignature, ID: &r.ID}
	var err error
	if verb == cases.VerbRead || verb == cases.VerbDownload {
		err = s.cases.AuthorizeRead(ctx, caller, *r.CaseID, act)
	} else {
		err = s.cases.Authorize(ctx, caller, *r.CaseID, act)
	}
	if domain.CodeOf(err) == domain.NotFound {
		return noRequest()
	}
	return err
}

// Filter narrows a list of requests.
type Filter struct {
	CaseID *domain.ID // of this case; nil: the caller's own, or for an admin everyone's
	UserID *domain.ID // sent by this user; only admins may name another one
	Status Status     // "": all
	Limit  int        // 1 to 100; 0: 20
	Cursor *domain.ID // page cursor: only older ones than this
}

// List returns requests, newest first. next is the Before of the next page; nil on the last page.
// NotFound: the caller has no access to the case. Forbidden: only admins may list another user's requests.
func (s *Service) List(ctx context.Context, caller domain.Principal, f Filter) (items []Request, next *domain.ID, err error) {
	limit := cmp.Or(f.Limit, 20)
	if limit < 1 || limit > 100 {
		return nil, nil, domain.Errorf(domain.Invalid, "limit must be 1 to 100.")
	}
	rows, err := s.listRows(ctx, caller, f, limit+1)
	if err != nil {
		return nil, nil, err
	}
	rows, next = domain.Page(rows, limit, func(r query.SignatureRequest) domain.ID { return r.ID })
	items = []Request{}
	for _, row := range rows {
		if f.UserID != nil && row.UserID != *f.UserID {
			continue
		}
		r, err := withSigners(ctx, s.queries, row)
		if err != nil {
			return nil, nil, err
		}
		if r.CaseID != nil && f.CaseID == nil && !caller.Admin() {
			// The sender may have left the case.
			member, err := s.cases.IsMember(ctx, *r.CaseID, caller.UserID)
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

func (s *Service) listRows(ctx context.Context, caller domain.Principal, f Filter, limit int) (rows []query.SignatureRequest, err error) {
	cursor, n := domain.CursorOrMax(f.Cursor), int32(limit)
	sender := caller.UserID
	if f.UserID != nil {
		if sender = *f.UserID; f.CaseID == nil && !caller.MayAccess(sender) {
			return nil, domain.Errorf(domain.Forbidden, "Only an admin can list the requests of another user.")
		}
	}
	switch {
	case f.CaseID != nil:
		if err := s.cases.AuthorizeRead(ctx, caller, *f.CaseID, cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceSignature}); err != nil {
			return nil, err
		}
		rows, err = s.queries.ListCaseSignatureRequests(ctx, query.ListCaseSignatureRequestsParams{CaseID: f.CaseID, Cursor: cursor, Status: string(f.Status), Limit: n})
	case caller.Admin() && f.UserID == nil && f.Status != "":
		rows, err = s.queries.ListAllSignatureRequestsIn(ctx, query.ListAllSignatureRequestsInParams{Cursor: cursor, Status: string(f.Status), Limit: n})
	case caller.Admin() && f.UserID == nil:
		rows, err = s.queries.ListAllSignatureRequests(ctx, query.ListAllSignatureRequestsParams{Cursor: cursor, Limit: n})
	default:
		rows, err = s.queries.ListSignatureRequests(ctx, query.ListSignatureRequestsParams{UserID: sender, Cursor: cursor, Status: string(f.Status), Limit: n})
	}
	return rows, db.Error(err)
}

// Events returns the log of a request. Errors: as for Get.
func (s *Service) Events(ctx context.Context, caller domain.Principal, id domain.ID) ([]evidence.Event, error) {
	r, err := s.Get(ctx, caller, id)
	if err != nil {
		return nil, err
	}
	log, err := readLog(ctx, s.queries, id)
	evidence.AddNames(log, r.evidenceSigners())
	return log, err
}

// errNotOpen is the Conflict for a request that is no longer open.
func errNotOpen(r Request) error {
	return &domain.Error{Code: domain.Conflict, Reason: "signature_" + string(r.Status), Message: "The request is " + string(r.Status) + "."}
}

// withOpenRequest is withRequest for a request that is open, by a caller who is allowed to change it. It
// returns the request after the change. Conflict: it is not open.
func (s *Service) withOpenRequest(ctx context.Context, caller domain.Principal, r Request, detail string, change func(db.Tx, *Request) error) (Request, error) {
	err := s.withRequest(ctx, caller, r.ID, detail, func(tx db.Tx, current *Request) error {
		if current.Status != Open {
			return errNotOpen(*current)
		}
		if err := change(tx, current); err != nil {
			return err
		}
		r = *current
		return nil
	})
	return r, err
}

// Cancel withdraws an open request. Signers who were invited and have not signed are notified. Conflict: it
// is not open.
func (s *Service) Cancel(ctx context.Context, caller domain.Principal, id domain.ID) (Request, error) {
	r, err := s.find(ctx, caller, id, cases.VerbUpdate)
	if err != nil {
		return Request{}, err
	}
	if err := s.syncBeforeEnd(ctx, r); err != nil {
		s.logger.WarnContext(ctx, "withdrawing a signature request without the provider's latest state", "signature_request_id", id.String(), "error", err.Error())
	}
	return s.withOpenRequest(ctx, caller, r, "cancel", func(tx db.Tx, r *Request) error {
		return s.end(ctx, tx, r, Cancelled, evidence.Event{Kind: evidence.EventCancelled, Actor: caller.UserID}, noticeCancelled)
	})
}

// end moves a request to a final state: it releases its envelope, logs the event and queues notices.
func (s *Service) end(ctx context.Context, tx db.Tx, r *Request, to Status, e evidence.Event, n notice) error {
	if err := r.move(to); err != nil {
		return err
	}
	if err := s.releaseEnvelope(ctx, tx, r); err != nil {
		return err
	}
	if err := s.log(ctx, tx, r, e); err != nil {
		return err
	}
	return s.queueNotices(ctx, tx, r, n)
}

// Limits of reminders.
const (
	reminderInterval      = 3 * 24 * time.Hour // of automatic ones
	minReminderInterval   = 2 * time.Minute
	maxAutomaticReminders = 3
	maxReminders          = 20
)

// Remind mails the link again to the signers whose turn it is, except those who were mailed within
// minReminderInterval. Conflict: the request is not open. RateLimited: the caller has written to too many
// people.
func (s *Service) Remind(ctx context.Context, caller domain.Principal, id domain.ID) (Request, error) {
	r, err := s.find(ctx, caller, id, cases.VerbUpdate)
	if err != nil {
		return Request{}, err
	}
	recipients := 0
	for _, signer := range r.Signers {
		if r.Status == Open && s.canRemind(signer) {
			recipients++
		}
	}
	if recipients > 0 {
		if err := s.mailboxes.ReserveQuota(ctx, caller, recipients); err != nil {
			return Request{}, err
		}
	}
	return s.withOpenRequest(ctx, caller, r, "remind", func(tx db.Tx, r *Request) error {
		for i := range r.Signers {
			if signer := &r.Signers[i]; s.canRemind(*signer) {
				if err := s.remind(ctx, tx, r, signer); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (s *Service) canRemind(signer Signer) bool {
	if !signer.canSign() || signer.Reminders >= maxReminders {
		return false
	}
	last := *signer.InvitedAt
	if signer.RemindedAt != nil {
		last = *signer.RemindedAt
	}
	return s.clock().Sub(last) >= minReminderInterval
}

func (s *Service) remind(ctx context.Context, tx db.Tx, r *Request, signer *Signer) error {
	now := s.clock()
	signer.Reminders, signer.RemindedAt = signer.Reminders+1, &now
	if err := signer.save(ctx, tx); err != nil {
		return err
	}
	return s.queueReminder(ctx, tx, r.ID, *signer)
}

// SendLink mails a signer their link again, for anyone who knows the request's id and the signer's address.
// It reveals nothing: it also succeeds when there is no such request or signer.
func (s *Service) SendLink(ctx context.Context, id domain.ID, address string) error {
	r, err := s.get(ctx, id)
	if domain.CodeOf(err) == domain.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	key := domain.EmailKey(address)
	i := slices.IndexFunc(r.Signers, func(s Signer) bool { return domain.EmailKey(s.Email) == key })
	if i < 0 || s.view(r, r.Signers[i].ID).State != LinkOpen || !s.canRemind(r.Signers[i]) {
		return nil
	}
	return s.asSystem(ctx, r, withNumber("link", i+1), func(tx db.Tx, r *Request) error {
		if signer := &r.Signers[i]; r.Status == Open && s.canRemind(*signer) {
			return s.remind(ctx, tx, r, signer)
		}
		return errNoChange
	})
}

// sender returns the account of a request's sender. A deleted account has neither name nor address.
func (s *Service) sender(ctx context.Context, r Request) (account.User, error) {
	accounts, err := s.accounts.ByID(ctx, []domain.ID{r.UserID})
	if err != nil {
		return account.User{}, err
	}
	return accounts[r.UserID], nil
}
