package cases

import (
	"context"

	"counsel/db"
	"counsel/domain"
)

// Guard decides about things that may belong to a case, such as files and drafts: the case's policy
// applies inside a case, and outside of cases the owner and admins have access. To anyone else a thing
// looks as if it did not exist. Without a Service there are no cases.
type Guard struct {
	cases    *Service // nil: there are no cases
	resource Resource
}

// NewGuard returns the guard of one kind of things. cases may be nil.
func NewGuard(cases *Service, resource Resource) Guard { return Guard{cases, resource} }

// Authorize checks whether the caller may do something in a case, before the work it takes; only a
// refusal is recorded. See Service.Authorize.
func (g Guard) Authorize(ctx context.Context, caller domain.Principal, caseID domain.ID, verb Verb) error {
	if g.cases == nil {
		return errNoCase()
	}
	return g.cases.Authorize(ctx, caller, caseID, Action{Verb: verb, Resource: g.resource})
}

// AuthorizeList records that the caller lists the things of a case.
func (g Guard) AuthorizeList(ctx context.Context, caller domain.Principal, caseID domain.ID) error {
	if g.cases == nil {
		return errNoCase()
	}
	return g.cases.AuthorizeRead(ctx, caller, caseID, Action{Verb: VerbRead, Resource: g.resource, Detail: "list"})
}

// AuthorizeRead decides whether the caller may see one thing and, in a case, records that they do. absent is the
// error of a thing that does not exist.
func (g Guard) AuthorizeRead(ctx context.Context, caller domain.Principal, owner domain.ID, caseID *domain.ID, action Action, absent func() error) error {
	if caseID == nil {
		if !caller.MayAccess(owner) {
			return g.UniformNotFound(ctx, caller, absent())
		}
		return nil
	}
	if g.cases == nil {
		return absent()
	}
	action.Resource = g.resource
	return HideNotFound(g.cases.AuthorizeRead(ctx, caller, *caseID, action), absent)
}

// UniformNotFound returns err after the work of checking a case, so that a thing that does not exist takes as long
// as one that the caller may not see. See Service.UniformNotFound.
func (g Guard) UniformNotFound(ctx context.Context, caller domain.Principal, err error) error {
	if g.cases == nil {
		return err
	}
	return g.cases.UniformNotFound(ctx, caller, err)
}

// AuthorizedTx does something in a case and records it, in one transaction. See Service.AuthorizedTx.
func (g Guard) AuthorizedTx(ctx context.Context, caller domain.Principal, caseID domain.ID, action *Action, fn func(db.Tx) error) error {
	if g.cases == nil {
		return errNoCase()
	}
	action.Resource = g.resource
	return g.cases.AuthorizedTx(ctx, caller, caseID, action, fn)
}

// HideNotFound replaces NotFound by absent, the error of a thing that does not exist: a caller who may not
// know of a case must not learn that the thing is in one.
func HideNotFound(err error, absent func() error) error {
	if err != nil && domain.CodeOf(err) == domain.NotFound {
		return absent()
	}
	return err
}
