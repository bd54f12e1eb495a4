package billing

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	query "counsel/gen/query/billing"
)

// TimeEntry is work on a case.
type TimeEntry struct {
	ID     domain.ID
	CaseID domain.ID
	UserID domain.ID // who worked
	TimeEntryContent
	InvoiceID            *domain.ID // that bills it and is not void; it is locked then
	CreatedBy            domain.ID
	CreatedAt, UpdatedAt time.Time
}

// TimeEntryContent holds the fields of a time entry that can be changed.
type TimeEntryContent struct {
	Date        time.Time // midnight UTC
	Minutes     int
	Rate        domain.Money // for each hour
	Billable    bool
	Description string
}

// maxMinutes is a day.
const maxMinutes = 24 * 60

func (c *TimeEntryContent) validate() error {
	if err := checkDay("/date", &c.Date); err != nil {
		return err
	}
	if c.Minutes < 1 || c.Minutes > maxMinutes {
		return domain.InvalidField("/minutes", "must be 1 to %d", maxMinutes)
	}
	if _, ok := domain.CurrencyDecimals(c.Rate.Currency); !ok {
		return domain.InvalidField("/currency", "is not a currency of ISO 4217")
	}
	if c.Rate.Amount < 0 || c.Rate.Amount > domain.MaxAmount {
		return domain.InvalidField("/rate", "must not be below zero")
	}
	if c.Description = strings.TrimSpace(c.Description); c.Description == "" || utf8.RuneCountInString(c.Description) > maxDescription {
		return domain.InvalidField("/description", "must have 1 to %d characters", maxDescription)
	}
	return nil
}

// NewTimeEntry is a time entry to create. ID is optional: a retry with the same ID returns what the first request created.
type NewTimeEntry struct {
	ID     domain.ID
	UserID domain.ID // zero: the caller
	TimeEntryContent
}

// mayWriteFor reports whether the caller may write the entries of a user: their own, and an owner of the case or an admin those of all
// members.
func (s *Service) mayWriteFor(ctx context.Context, p domain.Principal, caseID, user domain.ID) error {
	if p.Admin() || user == p.UserID {
		return nil
	}
	role, err := s.cases.MyRole(ctx, p, caseID)
	if err == nil && role != cases.Owner {
		err = domain.Errorf(domain.Forbidden, "Only an owner of the case may change the time entries of others.")
	}
	return err
}

// CreateTimeEntry records work on a case. Errors: those of the case's policy; Forbidden for the work of another; Invalid if they are no member.
func (s *Service) CreateTimeEntry(ctx context.Context, p domain.Principal, caseID domain.ID, n NewTimeEntry) (TimeEntry, error) {
	if err := n.validate(); err != nil {
		return TimeEntry{}, err
	}
	now := s.now()
	e := TimeEntry{ID: cmp.Or(n.ID, s.newID()), CaseID: caseID, UserID: cmp.Or(n.UserID, p.UserID), TimeEntryContent: n.TimeEntryContent, CreatedBy: p.UserID, CreatedAt: now, UpdatedAt: now}
	err := s.cases.AuthorizedTx(ctx, p, caseID, &cases.Action{Verb: cases.VerbCreate, Resource: cases.ResourceTimeEntry, ID: &e.ID}, func(tx db.Tx) error {
		q := query.New(tx)
		if existing, err := s.lockEntry(ctx, q, caseID, e.ID); err == nil {
			e = existing
			return nil
		} else if domain.CodeOf(err) != domain.NotFound {
			return err
		}
		if err := s.mayWriteFor(ctx, p, caseID, e.UserID); err != nil {
			return err
		}
		if e.UserID != p.UserID {
			role, err := s.cases.MyRole(ctx, domain.Principal{UserID: e.UserID}, caseID)
			if err != nil {
				return err
			}
			if role == "" || role == cases.Client {
				return domain.InvalidField("/userId", "is not a member of the case who works for the firm")
			}
		}
		return q.CreateTimeEntry(ctx, query.CreateTimeEntryParams{ID: e.ID, CaseID: caseID, UserID: e.UserID, WorkedOn: e.Date, Minutes: int32(e.Minutes), Rate: e.Rate.Amount,
			Currency: e.Rate.Currency, Billable: e.Billable, Description: e.Description, CreatedBy: e.CreatedBy, CreatedAt: now, UpdatedAt: now})
	})
	if err != nil {
		return TimeEntry{}, err
	}
	return e, nil
}

// TimeEntryFilter narrows a list of time entries.
type TimeEntryFilter struct {
	Unbilled bool // only billable ones that are on no invoice
	Limit    int
	Cursor   *domain.ID
}

// TimeEntries lists the time entries of a case, newest first, for those who work on it for the firm.
func (s *Service) TimeEntries(ctx context.Context, p domain.Principal, caseID domain.ID, f TimeEntryFilter) (items []TimeEntry, next *domain.ID, err error) {
	if err := s.cases.AuthorizeRead(ctx, p, caseID, cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceTimeEntry, Detail: "list"}); err != nil {
		return nil, nil, err
	}
	n := domain.PageSize(f.Limit)
	unbilled := int64(0)
	if f.Unbilled {
		unbilled = 1
	}
	rows, err := s.queries.ListTimeEntries(ctx, query.ListTimeEntriesParams{CaseID: caseID, Cursor: domain.CursorOrMax(f.Cursor), Unbilled: unbilled, Limit: int32(n + 1)})
	if err != nil {
		return nil, nil, db.Error(err)
	}
	for _, r := range rows {
		items = append(items, toTimeEntry(r))
	}
	items, next = domain.Page(items, n, func(e TimeEntry) domain.ID { return e.ID })
	return items, next, nil
}

// TimeEntryUpdate lists the fields to change; nil leaves a field unchanged.
type TimeEntryUpdate struct {
	Date        *time.Time
	Minutes     *int
	Rate        *int64
	Currency    *string
	Billable    *bool
	Description *string
}

// UpdateTimeEntry changes a time entry. Conflict: it is on an invoice (reason time_entry_billed).
func (s *Service) UpdateTimeEntry(ctx context.Context, p domain.Principal, caseID, id domain.ID, u TimeEntryUpdate) (TimeEntry, error) {
	var e TimeEntry
	err := s.changeEntry(ctx, p, caseID, id, cases.VerbUpdate, func(q *query.Queries, locked TimeEntry) error {
		e = locked
		set(&e.Date, u.Date)
		set(&e.Minutes, u.Minutes)
		set(&e.Rate.Amount, u.Rate)
		set(&e.Rate.Currency, u.Currency)
		set(&e.Billable, u.Billable)
		set(&e.Description, u.Description)
		if err := e.validate(); err != nil {
			return err
		}
		e.UpdatedAt = s.now()
		return q.UpdateTimeEntry(ctx, query.UpdateTimeEntryParams{WorkedOn: e.Date, Minutes: int32(e.Minutes), Rate: e.Rate.Amount, Currency: e.Rate.Currency, Billable: e.Billable,
			Description: e.Description, UpdatedAt: e.UpdatedAt, CaseID: caseID, ID: id})
	})
	return e, err
}

// set changes a field unless the new value is nil.
func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// DeleteTimeEntry deletes a time entry. Conflict: it is on an invoice (reason time_entry_billed).
func (s *Service) DeleteTimeEntry(ctx context.Context, p domain.Principal, caseID, id domain.ID) error {
	return s.changeEntry(ctx, p, caseID, id, cases.VerbDelete, func(q *query.Queries, _ TimeEntry) error {
		return q.DeleteTimeEntry(ctx, query.DeleteTimeEntryParams{CaseID: caseID, ID: id})
	})
}

// changeEntry runs fn on a locked entry that is on no invoice and that the caller may change.
func (s *Service) changeEntry(ctx context.Context, p domain.Principal, caseID, id domain.ID, verb cases.Verb, fn func(*query.Queries, TimeEntry) error) error {
	return s.cases.AuthorizedTx(ctx, p, caseID, &cases.Action{Verb: verb, Resource: cases.ResourceTimeEntry, ID: &id}, func(tx db.Tx) error {
		q := query.New(tx)
		e, err := s.lockEntry(ctx, q, caseID, id)
		if err != nil {
			return err
		}
		if err := s.mayWriteFor(ctx, p, caseID, e.UserID); err != nil {
			return err
		}
		if e.InvoiceID != nil {
			return errEntryBilled()
		}
		return fn(q, e)
	})
}

func (s *Service) lockEntry(ctx context.Context, q *query.Queries, caseID, id domain.ID) (TimeEntry, error) {
	r, err := q.LockTimeEntry(ctx, query.LockTimeEntryParams{CaseID: caseID, ID: id})
	if err != nil {
		return TimeEntry{}, notFoundAs(err, noSuchEntry())
	}
	return toTimeEntry(r), nil
}

func toTimeEntry(r query.TimeEntry) TimeEntry {
	return TimeEntry{ID: r.ID, CaseID: r.CaseID, UserID: r.UserID, TimeEntryContent: TimeEntryContent{Date: r.WorkedOn, Minutes: int(r.Minutes),
		Rate: domain.Money{Amount: r.Rate, Currency: r.Currency}, Billable: r.Billable, Description: r.Description},
		InvoiceID: r.InvoiceID, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
}
