package cases

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/cases"
)

// checkAccess evaluates the policy with one statement, before anything is locked. A stranger gets
// the same answer after the same work as for a case that does not exist, so neither the answer nor
// its timing is an oracle. The denial is logged later, by RunDenialLog.
func (s *Service) checkAccess(ctx context.Context, p domain.Principal, id domain.ID, action Action) *domain.Error {
	access, err := s.queries.GetCaseAccess(ctx, query.GetCaseAccessParams{Member: p.UserID, ID: id})
	if err != nil {
		e, ok := errors.AsType[*domain.Error](notFoundAs(err, errNoCase()))
		if !ok {
			e = &domain.Error{Code: domain.Internal, Err: err}
		}
		return e
	}
	denied := evaluate(p, Role(access.MyRole.String), Status(access.Status), access.LegalHold, access.CreatedBy.IsTest(), action)
	if denied != nil && denied.Code == domain.NotFound {
		s.denials.add(denial{id, p.UserID, p.KeyID, action})
	}
	return denied
}

// UniformNotFound returns notFound after the same query as for a missing case. Use it for things
// that can belong to a case: an absent one, or somebody else's own, then takes as long as one in a
// case that is closed to the caller. Errors other than NotFound are returned unchanged.
func (s *Service) UniformNotFound(ctx context.Context, p domain.Principal, notFound error) error {
	if domain.CodeOf(notFound) != domain.NotFound {
		return notFound
	}
	if err := s.checkAccess(ctx, p, domain.ID{}, Action{}); err != nil && err.Code != domain.NotFound {
		return err
	}
	return notFound
}

// Authorize checks whether the caller may do something in a case, before work that is too long for
// a transaction. AuthorizeRead or AuthorizedTx decide again and log the result. A member's denial
// is logged in the timeline at once, a stranger's by RunDenialLog. Errors: NotFound if the caller
// may not know of the case, Forbidden for a member, Conflict if the case is closed (reason
// case_closed) or under legal hold (legal_hold).
func (s *Service) Authorize(ctx context.Context, p domain.Principal, id domain.ID, action Action) error {
	switch denied := s.checkAccess(ctx, p, id, action); {
	case denied == nil:
		return nil
	case denied.Code == domain.Forbidden, denied.Code == domain.Conflict:
		return s.changeLocked(ctx, p, id, &action, func(db.Tx) error { return nil })
	default:
		return denied
	}
}

// findExisting returns the row that an earlier try of the same request created under id. ok: it
// exists and the caller may still create such things. Errors are those of Authorize.
func findExisting[T any](ctx context.Context, s *Service, p domain.Principal, caseID, id domain.ID, subject Resource, get func() (T, error)) (row T, ok bool, err error) {
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
	return row, true, s.Authorize(ctx, p, caseID, Action{Verb: VerbCreate, Resource: subject, ID: &id})
}

// AuthorizeRead checks whether the caller may see something of a case and logs the read in the
// timeline. Show nothing unless it returns nil. Errors are those of Authorize.
func (s *Service) AuthorizeRead(ctx context.Context, p domain.Principal, id domain.ID, action Action) error {
	return s.AuthorizedTx(ctx, p, id, &action, func(db.Tx) error { return nil })
}

// AuthorizedTx checks the policy, runs fn and appends action to the timeline, in one transaction.
// fn may complete action and may run again after a deadlock. Changes to one case are serialized.
// Errors are those of Authorize and of fn; after an error nothing is changed and nothing logged.
func (s *Service) AuthorizedTx(ctx context.Context, p domain.Principal, id domain.ID, action *Action, fn func(db.Tx) error) error {
	// changeLocked logs the denial of a member.
	if denied := s.checkAccess(ctx, p, id, *action); denied != nil && denied.Code != domain.Forbidden && denied.Code != domain.Conflict {
		return denied
	}
	return s.changeLocked(ctx, p, id, action, fn)
}

// changeLocked is AuthorizedTx after checkAccess.
func (s *Service) changeLocked(ctx context.Context, p domain.Principal, id domain.ID, action *Action, fn func(db.Tx) error) error {
	var denied *domain.Error
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		denied = nil
		head, err := lockHead(ctx, tx, id)
		if err != nil {
			return err
		}
		access, err := query.New(tx).GetCaseAccess(ctx, query.GetCaseAccessParams{Member: p.UserID, ID: id})
		if err != nil {
			return notFoundAs(err, errNoCase())
		}
		denied = evaluate(p, Role(access.MyRole.String), Status(access.Status), access.LegalHold, access.CreatedBy.IsTest(), *action)
		switch {
		case denied == nil:
			if err := fn(tx); err != nil {
				return err
			}
		case denied.Code == domain.NotFound: // removed in the meantime
			return nil
		}
		return s.appendEntry(ctx, tx, head, id, p, *action, denied)
	})
	if err == nil && denied != nil {
		return denied
	}
	return err
}

// AppendTx locks the timeline of a case and appends what the service itself did in it, in the caller's transaction:
// what it learned from outside, such as a payment, whatever the state of the case. It checks no policy. Call it
// before anything of the case is locked.
func (s *Service) AppendTx(ctx context.Context, tx db.Tx, actor domain.Principal, id domain.ID, action Action) error {
	head, err := lockHead(ctx, tx, id)
	if err != nil {
		return err
	}
	return s.appendEntry(ctx, tx, head, id, actor, action, nil)
}

// MyRole returns the role of the caller in a case, "" if they are not a member. A lawyer with a client's account is a
// viewer. It checks no policy and logs nothing.
func (s *Service) MyRole(ctx context.Context, p domain.Principal, id domain.ID) (Role, error) {
	m, err := s.queries.GetCaseMember(ctx, query.GetCaseMemberParams{CaseID: id, UserID: p.UserID})
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		return "", nil
	}
	if Role(m.Role) == Lawyer && p.Role == domain.RoleClient {
		return Viewer, err
	}
	return Role(m.Role), err
}

// AuthorizeReads is AuthorizeRead for several cases in one transaction, each with its own action.
// open holds those the caller may read. Cases that were closed to the caller in the meantime are
// skipped without an entry.
func (s *Service) AuthorizeReads(ctx context.Context, p domain.Principal, acts map[domain.ID]Action) (open map[domain.ID]bool, err error) {
	if len(acts) == 0 {
		return nil, nil
	}
	// Lock in one order, or two readers of the same cases could deadlock.
	ids := slices.SortedFunc(maps.Keys(acts), func(a, b domain.ID) int { return bytes.Compare(a[:], b[:]) })
	err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)
		open = make(map[domain.ID]bool, len(ids))
		heads, err := q.LockTimelines(ctx, ids)
		if err != nil {
			return err
		}
		standings, err := q.ListCaseAccess(ctx, query.ListCaseAccessParams{Member: p.UserID, Ids: ids})
		if err != nil {
			return err
		}
		for _, head := range heads {
			i := slices.IndexFunc(standings, func(r query.ListCaseAccessRow) bool { return r.ID == head.CaseID })
			if i < 0 {
				continue
			}
			access, action := standings[i], acts[head.CaseID]
			if evaluate(p, Role(access.MyRole.String), Status(access.Status), access.LegalHold, access.CreatedBy.IsTest(), action) != nil {
				continue
			}
			if err := s.appendEntry(ctx, tx, chainHead{head.Seq, head.Hash}, head.CaseID, p, action, nil); err != nil {
				return err
			}
			open[head.CaseID] = true
		}
		return nil
	})
	return open, err
}

// IsMember reports whether the user is a member of a case. It checks no policy and logs nothing.
func (s *Service) IsMember(ctx context.Context, id, user domain.ID) (bool, error) {
	_, err := s.queries.GetCaseMember(ctx, query.GetCaseMemberParams{CaseID: id, UserID: user})
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		return false, nil
	}
	return err == nil, err
}

// Readers lists the members of a case that exists, as the transaction sees them. All of them may
// read its content. It checks no policy and logs nothing.
func (s *Service) Readers(ctx context.Context, tx db.Tx, id domain.ID) ([]domain.ID, error) {
	return query.New(tx).ListCaseMemberIDs(ctx, id)
}

// CanRead reports whether the case exists and the user is a member. It checks no policy and logs
// nothing.
func (s *Service) CanRead(ctx context.Context, id, user domain.ID) (bool, error) {
	access, err := s.queries.GetCaseAccess(ctx, query.GetCaseAccessParams{Member: user, ID: id})
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		return false, nil
	}
	return err == nil && access.MyRole.Valid, err
}
