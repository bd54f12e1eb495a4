package ai

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	query "counsel/gen/query/ai"
)

// UsageGroup is what Usage is summed up by.
type UsageGroup string

// The groups. Days and months are those of UTC.
const (
	UsageByDay   UsageGroup = "day"
	UsageByMonth UsageGroup = "month"
	UsageByUser  UsageGroup = "user"
	UsageByCase  UsageGroup = "case"
	UsageByModel UsageGroup = "model"
)

// UsageFilter filters and groups the use of the AI.
type UsageFilter struct {
	UserID   *domain.ID   // nil: the caller's own or, for an admin or in a case, everyone's
	CaseID   *domain.ID   // only of this case; nil: in and outside of cases
	Model    string       // "": all
	From, To *time.Time   // first and last day, from 2000 to 9999; nil: the last 30 days
	GroupBy  []UsageGroup // default: UsageByDay
	Limit    int          // 1 to 100; 0: 20
	Cursor   []byte       // page cursor
}

// Usage is what requests used: one sum of a list. A call is one of a model that counted tokens; a cached call was
// answered without one. Tokens are counted by the provider, or estimated if it does not count.
type Usage struct {
	Period     time.Time // start of the day or month; zero unless grouped by it
	UserID     domain.ID // who made the request; zero unless grouped by it, and for erased accounts
	CaseID     domain.ID // zero unless grouped by it, and outside of cases
	Model      string    // "" unless grouped by it
	Calls      int64
	Cached     int64
	Prompt     int64  // tokens
	Completion int64  // tokens
	Cost       int64  // in millionths of the currency
	Currency   string // sums are never of two currencies
}

// maxUsageDays is the longest time that Usage sums up.
const maxUsageDays = 3 * 366

// usageColumns are the expressions by which the use is grouped.
var usageColumns = map[UsageGroup]string{
	UsageByDay: "day", UsageByMonth: "CAST(DATE_FORMAT(day, '%Y-%m-01') AS DATE)", UsageByUser: "user_id", UsageByCase: "case_id", UsageByModel: "model",
}

// Usage lists what requests to the AI used, in the order of the groups. next is the cursor of the next page, nil on the
// last. Invalid: a parameter; Forbidden: another user's, unless the caller is an admin or asks for a case;
// NotFound: the caller may not read the case.
func (s *Service) Usage(ctx context.Context, caller domain.Principal, f UsageFilter) (items []Usage, next []byte, err error) {
	if err := s.prepareUsageFilter(ctx, caller, &f); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	if err := s.ledger.flush(ctx); err != nil { // so that callers find their own last request
		return nil, nil, db.Error(err)
	}
	items, next, err = s.listUsage(ctx, f)
	if err == nil && !caller.Admin() && f.CaseID == nil && slices.Contains(f.GroupBy, UsageByCase) {
		err = s.hideFormerCases(ctx, caller, items)
	}
	return items, next, err
}

// hideFormerCases removes the ids of cases that the caller can no longer read.
func (s *Service) hideFormerCases(ctx context.Context, caller domain.Principal, items []Usage) error {
	for i := range items {
		id := &items[i].CaseID
		if id.IsZero() {
			continue
		}
		member := false
		if s.cases != nil {
			var err error
			if member, err = s.cases.CanRead(ctx, *id, caller.UserID); err != nil {
				return err
			}
		}
		if !member {
			*id = domain.ID{}
		}
	}
	return nil
}

// listUsage returns a page of a complete filter.
func (s *Service) listUsage(ctx context.Context, f UsageFilter) (items []Usage, next []byte, err error) {
	statement, args, err := f.statement()
	if err != nil {
		return nil, nil, err
	}
	rows, err := s.db.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, nil, db.Error(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var u Usage
		targets := make([]any, 0, 9)
		for _, g := range f.GroupBy {
			targets = append(targets, u.field(g))
		}
		if err := rows.Scan(append(targets, &u.Currency, &u.Calls, &u.Cached, &u.Prompt, &u.Completion, &u.Cost)...); err != nil {
			return nil, nil, db.Error(err)
		}
		items = append(items, u)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, db.Error(err)
	}
	if len(items) > f.Limit {
		items = items[:f.Limit]
		next = f.encodeCursor(&items[f.Limit-1])
	}
	return items, next, nil
}

// field returns the field that holds a group's value.
func (u *Usage) field(g UsageGroup) any {
	switch g {
	case UsageByUser:
		return &u.UserID
	case UsageByCase:
		return &u.CaseID
	case UsageByModel:
		return &u.Model
	}
	return &u.Period
}

// encodeCursor returns the cursor of the page after last: the values of its groups and its currency, each after its
// length. Model names are short enough for the contract's limit, see modelLabel.
func (f *UsageFilter) encodeCursor(last *Usage) (cursor []byte) {
	for _, v := range f.cursorValues(last) {
		cursor = append(append(cursor, byte(len(v))), v...)
	}
	return cursor
}

// cursorValues returns the values of an item's groups and its currency.
func (f *UsageFilter) cursorValues(u *Usage) (values []string) {
	for _, g := range f.GroupBy {
		switch v := u.field(g).(type) {
		case *domain.ID:
			values = append(values, string(v[:]))
		case *string:
			values = append(values, *v)
		case *time.Time:
			values = append(values, v.Format(time.DateOnly))
		}
	}
	return append(values, u.Currency)
}

// decodeCursor returns the values as arguments of the query. ok is false if the cursor does not belong to the groups.
func (f *UsageFilter) decodeCursor() (args []any, ok bool) {
	rest := f.Cursor
	for i := range len(f.GroupBy) + 1 {
		if len(rest) == 0 || len(rest) <= int(rest[0]) {
			return nil, false
		}
		v := rest[1 : 1+rest[0]]
		rest = rest[1+rest[0]:]
		if i == len(f.GroupBy) || f.GroupBy[i] == UsageByModel {
			args = append(args, string(v))
			ok = utf8.Valid(v)
		} else if f.GroupBy[i] == UsageByUser || f.GroupBy[i] == UsageByCase {
			args = append(args, v)
			ok = len(v) == len(domain.ID{})
		} else {
			day, err := time.Parse(time.DateOnly, string(v))
			args = append(args, day)
			ok = err == nil && usageDay(day)
		}
		if !ok {
			return nil, false
		}
	}
	return args, len(rest) == 0
}

// usageDay reports whether a day is one that a request may name. The database knows no year 0.
func usageDay(day time.Time) bool { return day.Year() >= 2000 && day.Year() <= 9999 }

// prepareUsageFilter sets the defaults of a filter, checks it, and checks what the caller may see.
func (s *Service) prepareUsageFilter(ctx context.Context, caller domain.Principal, f *UsageFilter) error {
	if f.To == nil {
		today, _ := Day.bounds(s.clock())
		f.To = &today
	}
	if !usageDay(*f.To) {
		return domain.InvalidParameter("to", "must be a day of the years 2000 to 9999")
	}
	if f.From == nil {
		from := f.To.AddDate(0, 0, -29)
		f.From = &from
	} else if !usageDay(*f.From) {
		return domain.InvalidParameter("from", "must be a day of the years 2000 to 9999")
	}
	switch days := f.To.Sub(*f.From).Hours() / 24; {
	case days < 0:
		return domain.InvalidParameter("from", "must not be after to")
	case days > maxUsageDays:
		return domain.InvalidParameter("from", "must be at most three years before to")
	}
	if len(f.GroupBy) == 0 {
		f.GroupBy = []UsageGroup{UsageByDay}
	}
	if slices.Contains(f.GroupBy, UsageByDay) && slices.Contains(f.GroupBy, UsageByMonth) {
		return domain.InvalidParameter("groupBy", "cannot contain both day and month")
	}
	for i, g := range f.GroupBy {
		if usageColumns[g] == "" || slices.Contains(f.GroupBy[:i], g) {
			return domain.InvalidParameter("groupBy", "must list different groups")
		}
	}
	if f.Limit == 0 {
		f.Limit = 20
	}
	if f.Limit < 1 || f.Limit > 100 {
		return domain.Errorf(domain.Invalid, "limit must be 1 to 100.")
	}
	switch {
	case f.CaseID != nil:
		if s.cases == nil {
			return domain.NoSuch("case")
		}
		ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
		defer cancel()
		return s.cases.AuthorizeRead(ctx, caller, *f.CaseID, cases.Action{Verb: cases.VerbRead, Resource: cases.ResourceConsultation})
	case f.UserID != nil && !caller.MayAccess(*f.UserID):
		return domain.Errorf(domain.Forbidden, "Only an admin may read another user's usage.")
	case f.UserID == nil && !caller.Admin():
		f.UserID = &caller.UserID
	}
	return nil
}

// statement returns the query of a page. It is built by hand because its columns depend on the groups.
func (f *UsageFilter) statement() (statement string, args []any, err error) {
	groups := make([]string, 0, len(f.GroupBy)+1)
	for _, g := range f.GroupBy {
		groups = append(groups, usageColumns[g])
	}
	columns := strings.Join(append(groups, "currency"), ", ")
	var b strings.Builder
	b.WriteString("SELECT " + columns + `, CAST(SUM(calls) AS SIGNED), CAST(SUM(cached_calls) AS SIGNED), CAST(SUM(prompt_tokens) AS SIGNED),
 CAST(SUM(completion_tokens) AS SIGNED), CAST(SUM(cost) AS SIGNED) FROM ai_usage WHERE day BETWEEN ? AND ?`)
	args = append(args, *f.From, *f.To)
	if f.UserID != nil {
		b.WriteString(" AND user_id = ?")
		args = append(args, f.UserID[:])
	}
	if f.CaseID != nil {
		b.WriteString(" AND case_id = ?")
		args = append(args, f.CaseID[:])
	}
	if f.Model != "" {
		b.WriteString(" AND model = ?")
		args = append(args, f.Model)
	}
	if f.Cursor != nil {
		values, ok := f.decodeCursor()
		if !ok {
			return "", nil, domain.InvalidParameter("cursor", "is not a cursor of this list")
		}
		b.WriteString(" AND (" + columns + ") > (" + strings.Repeat("?, ", len(f.GroupBy)) + "?)")
		args = append(args, values...)
	}
	b.WriteString(" GROUP BY " + columns + " ORDER BY " + columns + " LIMIT ?")
	return b.String(), append(args, f.Limit+1), nil
}

// ExportUsage yields a user's use of the AI by day and model.
func (s *Service) ExportUsage(ctx context.Context, user domain.ID, yield func(Usage) error) error {
	from, to := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), s.clock()
	f := UsageFilter{UserID: &user, From: &from, To: &to, GroupBy: []UsageGroup{UsageByDay, UsageByModel}, Limit: 100}
	if err := s.ledger.flush(ctx); err != nil {
		return db.Error(err)
	}
	for {
		items, next, err := s.listUsage(ctx, f)
		if err != nil {
			return err
		}
		for _, u := range items {
			if err := yield(u); err != nil {
				return err
			}
		}
		if f.Cursor = next; next == nil {
			return nil
		}
	}
}

// eraseUsage makes a user's use nobody's, so that the sums of the firm stay right.
func eraseUsage(ctx context.Context, tx db.Tx, user domain.ID) error {
	q := query.New(tx)
	if err := q.CreateErasedUsage(ctx, query.CreateErasedUsageParams{Nobody: domain.ID{}, UserID: user}); err != nil {
		return err
	}
	if err := q.DeleteUserUsage(ctx, user); err != nil {
		return err
	}
	return q.DeleteUserSpending(ctx, user)
}
