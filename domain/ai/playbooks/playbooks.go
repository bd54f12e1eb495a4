// Package playbooks stores the policies that a firm writes for its reviews.
//
// Lawyers and admins read and use every playbook: they belong to the firm. The owner and admins change them. A
// change needs the version that it is based on, so that two editors do not overwrite each other. Playbooks of
// an erased account stay, without a name.
package playbooks

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/ai/policy"
	query "counsel/gen/query/ai"
)

// maxPerOwner is how many playbooks one account may have.
const maxPerOwner = 100

// Playbook is a stored playbook.
type Playbook struct {
	policy.Playbook
	ID        domain.ID
	CreatedBy domain.ID
	Version   int // from 1; increases by 1 with each change
	CreatedAt time.Time
	UpdatedAt time.Time
	UpdatedBy domain.ID
}

// Service stores playbooks. It is complete when New returns.
type Service struct {
	db       *sql.DB
	clock    domain.Clock
	newID    func() domain.ID
	policies *policy.Set
}

// New makes a Service.
func New(pool *sql.DB, runtime domain.Runtime, policies *policy.Set) *Service {
	return &Service{db: pool, clock: runtime.Clock, newID: runtime.NewID, policies: policies}
}

func noSuchPlaybook() error { return domain.NoSuch("playbook") }

// authorize allows lawyers and admins.
func authorize(caller domain.Principal) error {
	if !caller.Staff() {
		return domain.Errorf(domain.Forbidden, "Only lawyers and admins may use playbooks.")
	}
	return nil
}

// Create stores a new playbook of the caller. id is optional; it is the same for each retry of a request, and a
// retry returns what the first attempt created. Errors: Forbidden; Invalid, with the pointer of each field;
// Conflict: the caller has too many.
func (s *Service) Create(ctx context.Context, caller domain.Principal, id domain.ID, book policy.Playbook) (Playbook, error) {
	if err := authorize(caller); err != nil {
		return Playbook{}, err
	}
	if id.IsZero() {
		id = s.newID()
	} else if p, err := s.find(ctx, id); err == nil {
		return p, nil
	}
	content, err := s.encode(id, book)
	if err != nil {
		return Playbook{}, err
	}
	now := s.clock()
	err = db.WithTx(ctx, s.db, func(tx db.Tx) error {
		q := query.New(tx)
		n, err := q.CountPlaybooksOfOwner(ctx, caller.UserID)
		if err != nil {
			return db.Error(err)
		}
		if n >= maxPerOwner {
			return domain.Errorf(domain.Conflict, "You have %d playbooks. Delete one first.", maxPerOwner)
		}
		return db.Error(q.CreatePlaybook(ctx, query.CreatePlaybookParams{ID: id, CreatedBy: caller.UserID, Name: book.Name, Content: content, CreatedAt: now, UpdatedAt: now, UpdatedBy: caller.UserID}))
	})
	if err != nil {
		return Playbook{}, err
	}
	return s.find(ctx, id)
}

// Get returns a playbook. Errors: Forbidden, NotFound.
func (s *Service) Get(ctx context.Context, caller domain.Principal, id domain.ID) (Playbook, error) {
	if err := authorize(caller); err != nil {
		return Playbook{}, err
	}
	return s.find(ctx, id)
}

// List returns the playbooks, newest first. next is the cursor of the next page. Errors: Forbidden.
func (s *Service) List(ctx context.Context, caller domain.Principal, limit int, cursor *domain.ID) (items []Playbook, next *domain.ID, err error) {
	if err := authorize(caller); err != nil {
		return nil, nil, err
	}
	limit = domain.PageSize(limit)
	rows, err := query.New(s.db).ListPlaybooks(ctx, query.ListPlaybooksParams{Cursor: domain.CursorOrMax(cursor), Limit: int32(limit + 1)})
	if err != nil {
		return nil, nil, db.Error(err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = &rows[limit-1].ID
	}
	items, err = fromRows(rows)
	return items, next, err
}

// Replace replaces the content of a playbook that has this version. Errors: Forbidden: it belongs to somebody
// else; NotFound; Invalid; Conflict: it has another version.
func (s *Service) Replace(ctx context.Context, caller domain.Principal, id domain.ID, version int, book policy.Playbook) (Playbook, error) {
	if err := authorize(caller); err != nil {
		return Playbook{}, err
	}
	content, err := s.encode(id, book)
	if err != nil {
		return Playbook{}, err
	}
	err = s.change(ctx, caller, id, func(q *query.Queries, row query.Playbook) error {
		if int(row.Version) != version {
			return domain.Errorf(domain.Conflict, "The playbook has changed. Read it again.")
		}
		return q.UpdatePlaybook(ctx, query.UpdatePlaybookParams{ID: id, Name: book.Name, Content: content, UpdatedAt: s.clock(), UpdatedBy: caller.UserID})
	})
	if err != nil {
		return Playbook{}, err
	}
	return s.find(ctx, id)
}

// Delete deletes a playbook. Reviews by it stay. Errors: Forbidden, NotFound.
func (s *Service) Delete(ctx context.Context, caller domain.Principal, id domain.ID) error {
	return s.change(ctx, caller, id, func(q *query.Queries, _ query.Playbook) error { return q.DeletePlaybook(ctx, id) })
}

// change runs fn in a transaction that has locked a playbook that the caller may change.
func (s *Service) change(ctx context.Context, caller domain.Principal, id domain.ID, fn func(q *query.Queries, row query.Playbook) error) error {
	if err := authorize(caller); err != nil {
		return err
	}
	return db.WithTx(ctx, s.db, func(tx db.Tx) error {
		q := query.New(tx)
		row, err := q.LockPlaybook(ctx, id)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return noSuchPlaybook()
		case err != nil:
			return db.Error(err)
		case !caller.MayAccess(row.CreatedBy):
			return domain.Errorf(domain.Forbidden, "This playbook belongs to somebody else.")
		}
		return db.Error(fn(q, row))
	})
}

// Policy returns the policy of a playbook. Errors: Forbidden, NotFound.
func (s *Service) Policy(ctx context.Context, caller domain.Principal, id domain.ID) (*policy.Policy, error) {
	p, err := s.Get(ctx, caller, id)
	if err != nil {
		return nil, err
	}
	return s.policies.Compile(id.String(), p.Playbook)
}

// Export calls yield for each playbook of an owner.
func (s *Service) Export(ctx context.Context, owner domain.ID, yield func(Playbook) error) error {
	rows, err := query.New(s.db).ListPlaybooksOfOwner(ctx, query.ListPlaybooksOfOwnerParams{CreatedBy: owner, Cursor: domain.CursorOrMax(nil), Limit: maxPerOwner})
	if err != nil {
		return db.Error(err)
	}
	items, err := fromRows(rows)
	for _, p := range items {
		err = errors.Join(err, yield(p))
	}
	return err
}

func (s *Service) encode(id domain.ID, book policy.Playbook) (string, error) {
	if _, err := s.policies.Compile(id.String(), book); err != nil {
		return "", err
	}
	content, err := json.Marshal(book)
	return string(content), err
}

func (s *Service) find(ctx context.Context, id domain.ID) (Playbook, error) {
	row, err := query.New(s.db).GetPlaybook(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return Playbook{}, noSuchPlaybook()
	}
	if err != nil {
		return Playbook{}, db.Error(err)
	}
	return fromRow(row)
}

func fromRows(rows []query.Playbook) ([]Playbook, error) {
	items := make([]Playbook, len(rows))
	for i, row := range rows {
		var err error
		if items[i], err = fromRow(row); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func fromRow(row query.Playbook) (Playbook, error) {
	p := Playbook{ID: row.ID, CreatedBy: row.CreatedBy, Version: int(row.Version), CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt, UpdatedBy: row.UpdatedBy}
	err := json.Unmarshal([]byte(row.Content), &p.Playbook)
	return p, err
}
