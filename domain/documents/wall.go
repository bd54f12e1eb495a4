package documents

import (
	"context"
	"strings"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
)

// wall asks the cases who may do what with what belongs to one; what belongs to none is its
// owner's and the admins'. What is absent and what is closed look the same.
type wall struct {
	cases   *cases.Service // nil: there are none
	subject cases.Resource
}

// mayRead is the one place that says whose things outside of cases a caller may see, change and
// delete.
func mayRead(caller domain.Principal, owner domain.ID) bool {
	return caller.UserID == owner || caller.Admin()
}

func noCase() error { return domain.NoSuch("case") }

// authorize tells whether the caller may do something in a case, before the work it takes. Only a
// refusal is put down.
func (w wall) authorize(ctx context.Context, caller domain.Principal, matter domain.ID, verb cases.Verb) error {
	if w.cases == nil {
		return noCase()
	}
	return w.cases.Authorize(ctx, caller, matter, cases.Action{Verb: verb, Resource: w.subject})
}

// list puts down that the caller lists things of a case.
func (w wall) list(ctx context.Context, caller domain.Principal, matter domain.ID) error {
	if w.cases == nil {
		return noCase()
	}
	return w.cases.AuthorizeRead(ctx, caller, matter, cases.Action{Verb: cases.VerbRead, Resource: w.subject, Detail: "list"})
}

// show decides whether the caller may see one thing and, in a case, puts that down.
func (w wall) show(ctx context.Context, caller domain.Principal, owner domain.ID, matter *domain.ID, act cases.Action, absent func() error) error {
	if matter == nil {
		if !mayRead(caller, owner) {
			return w.missing(ctx, caller, absent())
		}
		return nil
	}
	if w.cases == nil {
		return absent()
	}
	act.Resource = w.subject
	return hidden(w.cases.AuthorizeRead(ctx, caller, *matter, act), absent)
}

// missing is what there is to say of something that is not there, after the work that what is hidden takes.
func (w wall) missing(ctx context.Context, caller domain.Principal, err error) error {
	if w.cases == nil {
		return err
	}
	return w.cases.UniformNotFound(ctx, caller, err)
}

// change does something in a case, and puts it down, in one transaction; see cases.Change.
func (w wall) change(ctx context.Context, caller domain.Principal, matter domain.ID, act *cases.Action, fn func(db.Tx) error) error {
	if w.cases == nil {
		return noCase()
	}
	act.Resource = w.subject
	return w.cases.AuthorizedTx(ctx, caller, matter, act, fn)
}

// hidden says of something in a case that the caller may not know of what it says of what is not
// there.
func hidden(err error, absent func() error) error {
	if err != nil && domain.CodeOf(err) == domain.NotFound {
		return absent()
	}
	return err
}

// same reports whether two things are of the same case, or both of none.
func same(a, b *domain.ID) bool { return a == b || a != nil && b != nil && *a == *b }

// maxDetail is the longest Detail of an entry, in characters.
const maxDetail = 500

// naming makes a Detail that names as many ids as have room.
func naming(what string, ids []domain.ID) string {
	var b strings.Builder
	b.WriteString(what)
	for i, id := range ids {
		if b.Len()+40 > maxDetail {
			b.WriteString(", …")
			break
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(" " + id.String())
	}
	return b.String()
}
