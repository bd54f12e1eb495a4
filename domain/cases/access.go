package cases

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// admit decides by one statement, before anything is locked. To a stranger the answer is that of a
// case which is not there, after the same work; what else there is to do about it is done later, by
// Run, so that neither the answer nor the time it takes tells whether there is such a case.
func (s *Service) admit(ctx context.Context, p domain.Principal, id domain.ID, act Action) *domain.Error {
	at, err := s.rows.GetStanding(ctx, query.GetStandingParams{Member: p.UserID, ID: id})
	if err != nil {
		e, ok := errors.AsType[*domain.Error](absent(err, noCase()))
		if !ok {
			e = &domain.Error{Code: domain.Internal, Err: err}
		}
		return e
	}
	refusal := decide(p, Role(at.MyRole.String), Status(at.Status), at.LegalHold, act)
	if refusal != nil && refusal.Code == domain.NotFound {
		s.refusals.add(refusalOf{id, p.UserID, act})
	}
	return refusal
}

// UniformNotFound is missing, after the work of asking for a case that is not there. It is for what can belong to
// a case: one that has no row, or is somebody else's own, then takes as long as one whose case is closed
// to the caller. Another error than NotFound is returned as it is.
func (s *Service) UniformNotFound(ctx context.Context, p domain.Principal, missing error) error {
	if domain.CodeOf(missing) != domain.NotFound {
		return missing
	}
	if err := s.admit(ctx, p, domain.ID{}, Action{}); err != nil && err.Code != domain.NotFound {
		return err
	}
	return missing
}

// Authorize tells whether the caller may do something in a case, for work that takes too long
// to stay in a transaction; what it comes to is then put down by Read or Change, which decide
// anew. A member's refusal goes into the timeline, a stranger's as Run says. Errors: NotFound for
// whoever may not know of the case, Forbidden for a member, Conflict while it is closed (reason
// case_closed) or under legal hold (legal_hold).
func (s *Service) Authorize(ctx context.Context, p domain.Principal, id domain.ID, act Action) error {
	switch refusal := s.admit(ctx, p, id, act); {
	case refusal == nil:
		return nil
	case refusal.Code == domain.Forbidden, refusal.Code == domain.Conflict:
		return s.enter(ctx, p, id, &act, func(db.Tx) error { return nil })
	default:
		return refusal
	}
}

// existing finds what a request made under an id that is the same each time it is repeated. ok: it is
// there, and the caller may still make such things. Errors as of Authorize.
func existing[T any](ctx context.Context, s *Service, p domain.Principal, matter, id domain.ID, subject Resource, get func() (T, error)) (row T, ok bool, err error) {
	if id.IsZero() {
		return row, false, nil
	}
	row, err = get()
	if err = db.Error(err); err != nil {
		if domain.CodeOf(err) == domain.NotFound {
			err = nil
		}
		return row, false, err
	}
	return row, true, s.Authorize(ctx, p, matter, Action{Verb: VerbCreate, Resource: subject, ID: &id})
}

// AuthorizeRead decides whether the caller may see something of a case and puts it down in the
// timeline. What is read may be shown once it returned nil. Errors as of Authorize.
func (s *Service) AuthorizeRead(ctx context.Context, p domain.Principal, id domain.ID, act Action) error {
	return s.AuthorizedTx(ctx, p, id, &act, func(db.Tx) error { return nil })
}

// AuthorizedTx does something in a case: it decides, runs fn and puts act down in the timeline, all
// in one transaction. fn may complete act, and may be run again after a deadlock. What one case
// sees changed is changed one after another. Errors as of Authorize, and what fn returns, after
// which nothing was done and nothing put down.
func (s *Service) AuthorizedTx(ctx context.Context, p domain.Principal, id domain.ID, act *Action, fn func(db.Tx) error) error {
	// A member's refusal is decided and put down below.
	if refusal := s.admit(ctx, p, id, *act); refusal != nil && refusal.Code != domain.Forbidden && refusal.Code != domain.Conflict {
		return refusal
	}
	return s.enter(ctx, p, id, act, fn)
}

// enter is Change for somebody who was a member a moment ago.
func (s *Service) enter(ctx context.Context, p domain.Principal, id domain.ID, act *Action, fn func(db.Tx) error) error {
	var refusal *domain.Error
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		refusal = nil
		end, err := lockHead(ctx, tx, id)
		if err != nil {
			return err
		}
		at, err := query.New(tx).GetStanding(ctx, query.GetStandingParams{Member: p.UserID, ID: id})
		if err != nil {
			return absent(err, noCase())
		}
		refusal = decide(p, Role(at.MyRole.String), Status(at.Status), at.LegalHold, *act)
		switch {
		case refusal == nil:
			if err := fn(tx); err != nil {
				return err
			}
		case refusal.Code == domain.NotFound: // has just been removed
			return nil
		}
		return s.append(ctx, tx, end, id, p.UserID, *act, refusal)
	})
	if err == nil && refusal != nil {
		return refusal
	}
	return err
}

// AuthorizeReads is Read for several cases at once, each with an act of its own, in one transaction. It
// tells which of them are open to the caller; it is for what was found where they may look, so
// that a case which was closed to them meanwhile is passed over, without an entry.
func (s *Service) AuthorizeReads(ctx context.Context, p domain.Principal, acts map[domain.ID]Action) (open map[domain.ID]bool, err error) {
	if len(acts) == 0 {
		return nil, nil
	}
	// In one order for everybody, or two that read the same cases could each hold what the other needs.
	ids := slices.SortedFunc(maps.Keys(acts), func(a, b domain.ID) int { return bytes.Compare(a[:], b[:]) })
	err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)

		open = make(map[domain.ID]bool, len(ids))
		ends, err := q.LockTimelines(ctx, ids)
		if err != nil {
			return err
		}
		standings, err := q.ListStandings(ctx, query.ListStandingsParams{Member: p.UserID, Ids: ids})
		if err != nil {
			return err
		}
		for _, end := range ends {
			i := slices.IndexFunc(standings, func(r query.ListStandingsRow) bool { return r.ID == end.CaseID })
			if i < 0 {
				continue
			}
			at, act := standings[i], acts[end.CaseID]
			if decide(p, Role(at.MyRole.String), Status(at.Status), at.LegalHold, act) != nil {
				continue
			}
			if err := s.append(ctx, tx, head{end.Seq, end.Hash}, end.CaseID, p.UserID, act, nil); err != nil {
				return err
			}
			open[end.CaseID] = true
		}
		return nil
	})
	return open, err
}

// IsMember reports whether somebody is a member of a case. It decides nothing and leaves no
// entry.
func (s *Service) IsMember(ctx context.Context, id, user domain.ID) (bool, error) {
	_, err := s.rows.GetCaseMember(ctx, query.GetCaseMemberParams{CaseID: id, UserID: user})
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		return false, nil
	}
	return err == nil, err
}

// Readers are the members of a case that is there, as a transaction sees them: all of them may read
// what is in it. It decides nothing and leaves no entry.
func (s *Service) Readers(ctx context.Context, tx db.Tx, id domain.ID) ([]domain.ID, error) {
	return query.New(tx).ListCaseReaders(ctx, id)
}

// CanRead reports whether a case is there and somebody is a member of it. It decides nothing and
// leaves no entry.
func (s *Service) CanRead(ctx context.Context, id, user domain.ID) (bool, error) {
	at, err := s.rows.GetStanding(ctx, query.GetStandingParams{Member: user, ID: id})
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		return false, nil
	}
	return err == nil && at.MyRole.Valid, err
}
