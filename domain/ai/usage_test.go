package ai

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
)

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// addUsage adds the use of the AI on a day.
func (f *fixture) addUsage(t testing.TB, day string, user, caseID domain.ID, model string, calls int64) {
	t.Helper()
	f.ledger.add(sums{usage: map[usageKey]usageSum{
		{date(day), user, caseID, model, f.currency}: {calls: calls, cached: 1, prompt: 10 * calls, completion: calls, cost: 3 * calls},
	}})
	if err := f.ledger.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// lines describes items, one a line.
func lines(items []Usage) string {
	var b strings.Builder
	for _, u := range items {
		fmt.Fprintf(&b, "%s %v %v %q %d/%d %d+%d %d %s\n", u.Period.Format(time.DateOnly), !u.UserID.IsZero(), !u.CaseID.IsZero(), u.Model, u.Calls, u.Cached, u.Prompt, u.Completion, u.Cost, u.Currency)
	}
	return b.String()
}

func TestUsageOfRequests(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withBudgets(Budgets{}, Price{Prompt: 1_000_000, Completion: 2_000_000}))
	f.model.setResponse(named("m-1", used(10, 5)))
	for range 3 {
		f.ask(t, f.user, "What is a lien?")
	}
	f.model.setResponse(failWith(errDown))
	_, _ = f.Chat(t.Context(), f.user, Question{UserID: f.user.UserID, Message: "What is a deed?"})
	cut := used(7, 3)
	f.model.setResponse(named("m-1", func(ctx context.Context, r Request, d func(string)) (Completion, error) {
		c, err := cut(ctx, r, d)
		c.FinishReason = FinishLength // not an answer, but it costs
		return c, err
	}))
	_, _ = f.Chat(t.Context(), f.user, Question{UserID: f.user.UserID, Message: "What is a tort?"})
	items, next, err := f.Usage(t.Context(), f.user, UsageFilter{GroupBy: []UsageGroup{UsageByModel}})
	if want := "0001-01-01 false false \"m-1\" 2/2 17+8 33 EUR\n"; err != nil || next != nil || lines(items) != want {
		t.Errorf("%v:\n%swant\n%s", err, lines(items), want)
	}
	other := addUser(t, f.db, domain.RoleLawyer)
	if items, _, err := f.Usage(t.Context(), other, UsageFilter{}); err != nil || len(items) != 0 {
		t.Errorf("another user sees %+v, %v", items, err)
	}
	_, _, err = f.Usage(t.Context(), other, UsageFilter{UserID: &f.user.UserID})
	wantCode(t, err, domain.Forbidden, "")
	_, _, err = f.Usage(t.Context(), other, UsageFilter{CaseID: &other.UserID})
	wantCode(t, err, domain.NotFound, "")
}

func TestUsageGroups(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	admin, caseID := addUser(t, f.db, domain.RoleAdmin), domain.NewID()
	f.addUsage(t, "2026-10-31", f.user.UserID, domain.ID{}, "a", 1)
	f.addUsage(t, "2026-11-01", f.user.UserID, caseID, "a", 2)
	f.addUsage(t, "2026-11-01", admin.UserID, domain.ID{}, "a", 4)
	f.addUsage(t, "2026-11-30", f.user.UserID, domain.ID{}, "b", 8)
	f.addUsage(t, "2026-12-01", f.user.UserID, domain.ID{}, "a", 16)
	all := UsageFilter{From: new(date("2026-10-31")), To: new(date("2026-11-30"))}
	for name, tc := range map[string]struct {
		change func(*UsageFilter)
		want   []string
	}{
		"day":            {func(*UsageFilter) {}, []string{"2026-10-31 1", "2026-11-01 6", "2026-11-30 8"}},
		"month":          {func(u *UsageFilter) { u.GroupBy = []UsageGroup{UsageByMonth} }, []string{"2026-10-01 1", "2026-11-01 14"}},
		"model of a day": {func(u *UsageFilter) { u.GroupBy, u.Model = []UsageGroup{UsageByDay, UsageByModel}, "b" }, []string{"2026-11-30 8"}},
		"all but month": {func(u *UsageFilter) {
			u.GroupBy, u.To = []UsageGroup{UsageByModel, UsageByCase, UsageByUser, UsageByDay}, new(date("2026-12-01"))
		}, []string{"2026-10-31 1", "2026-12-01 16", "2026-11-01 4", "2026-11-01 2", "2026-11-30 8"}},
		"user":    {func(u *UsageFilter) { u.GroupBy, u.UserID = []UsageGroup{UsageByUser}, &admin.UserID }, []string{"0001-01-01 4"}},
		"case":    {func(u *UsageFilter) { u.GroupBy = []UsageGroup{UsageByCase} }, []string{"0001-01-01 13", "0001-01-01 2"}},
		"one day": {func(u *UsageFilter) { u.From, u.To = new(date("2026-12-01")), new(date("2026-12-01")) }, []string{"2026-12-01 16"}},
	} {
		t.Run(name, func(t *testing.T) {
			filter := all
			tc.change(&filter)
			var got []string
			filter.Limit = 1 // page by page
			for {
				items, next, err := f.Usage(t.Context(), admin, filter)
				if err != nil || len(items) > 1 {
					t.Fatalf("%+v, %v", items, err)
				}
				for _, u := range items {
					got = append(got, fmt.Sprintf("%s %d", u.Period.Format(time.DateOnly), u.Calls))
				}
				if filter.Cursor = next; next == nil {
					break
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
	for pointer, filter := range map[string]UsageFilter{
		"?from":    {From: new(date("2026-11-02")), To: new(date("2026-11-01"))},
		"?to":      {To: new(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))},
		"?groupBy": {GroupBy: []UsageGroup{UsageByDay, UsageByMonth}},
		"?cursor":  {Cursor: []byte("\x0210\x03USD")},
	} {
		_, _, err := f.Usage(t.Context(), admin, filter)
		wantCode(t, err, domain.Invalid, pointer)
	}
	for _, odd := range []string{"\x0a0000-01-01\x03USD", "\x0a1999-12-31\x03USD", "\x0a2026-02-30\x03USD", "\x0a2026-11-01\x02\xff\xfe"} {
		_, _, err := f.Usage(t.Context(), admin, UsageFilter{Cursor: []byte(odd)})
		wantCode(t, err, domain.Invalid, "?cursor")
	}
	for _, odd := range []string{"\x00", "\x03U\x00D", "\x04\xf0\x9f\x91\x8d", "\x03é%"} { // sort like other texts
		if _, _, err := f.Usage(t.Context(), admin, UsageFilter{Cursor: []byte("\x0a2026-11-01" + odd)}); err != nil {
			t.Errorf("%q: %v", odd, err)
		}
	}
	_, _, err := f.Usage(t.Context(), admin, UsageFilter{From: new(time.Time{})}) // not "absent"
	wantCode(t, err, domain.Invalid, "?from")
	_, _, err = f.Usage(t.Context(), admin, UsageFilter{From: new(date("2020-01-01")), To: new(date("2026-11-01"))})
	wantCode(t, err, domain.Invalid, "?from")
}

// The use of an erased account stays in the sums, as nobody's.
func TestErasedUsage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	admin, second := addUser(t, f.db, domain.RoleAdmin), addUser(t, f.db, domain.RoleClient)
	f.addUsage(t, "2026-11-01", f.user.UserID, domain.ID{}, "a", 1)
	f.addUsage(t, "2026-11-01", second.UserID, domain.ID{}, "a", 2)
	f.addUsage(t, "2026-11-01", admin.UserID, domain.ID{}, "a", 4)
	var exported []Usage
	err := f.ExportUsage(t.Context(), f.user.UserID, func(u Usage) error { exported = append(exported, u); return nil })
	if want := "2026-11-01 false false \"a\" 1/1 10+1 3 USD\n"; err != nil || lines(exported) != want {
		t.Errorf("exported %s, %v", lines(exported), err)
	}
	for _, user := range []domain.ID{f.user.UserID, second.UserID, f.user.UserID} { // an erasure is repeated
		if err := db.WithTx(t.Context(), f.db, func(tx db.Tx) error { return f.EraseUser(t.Context(), tx, user) }); err != nil {
			t.Fatal(err)
		}
	}
	items, _, err := f.Usage(t.Context(), admin, UsageFilter{From: new(date("2026-11-01")), To: new(date("2026-11-01")), GroupBy: []UsageGroup{UsageByUser}})
	if err != nil || len(items) != 2 || !items[0].UserID.IsZero() || items[0].Calls != 3 || items[1].UserID != admin.UserID {
		t.Errorf("%+v, %v", items, err)
	}
}

// TestUsageStatements checks that own use and that of a case are read by an index.
func TestUsageStatements(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	other := domain.NewID()
	var rows []any
	var b bytes.Buffer
	for i := range 4000 {
		user := f.user.UserID
		if i%40 > 0 {
			user = domain.ID{byte(i), byte(i >> 8), 1}
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(?, ?, ?, 'm', 'USD', 1, 1, 1, 1, 1)")
		rows = append(rows, date("2026-01-01").AddDate(0, 0, i%300), user[:], other[:])
	}
	if _, err := f.db.ExecContext(t.Context(), "INSERT IGNORE INTO ai_usage VALUES "+b.String(), rows...); err != nil {
		t.Fatal(err)
	}
	if _, err := f.db.ExecContext(t.Context(), "ANALYZE TABLE ai_usage"); err != nil {
		t.Fatal(err)
	}
	filter := UsageFilter{UserID: &f.user.UserID, From: new(date("2026-01-01")), To: new(date("2026-12-31")), GroupBy: []UsageGroup{UsageByMonth, UsageByModel}, Limit: 20}
	statement, args, err := filter.statement()
	if err != nil {
		t.Fatal(err)
	}
	var plan string
	if err := f.db.QueryRowContext(t.Context(), "EXPLAIN FORMAT=JSON "+statement, args...).Scan(&plan); err != nil || !strings.Contains(plan, "ai_usage_user") {
		t.Errorf("%s, %v", plan, err)
	}
}

// TestMeasureUsage measures the queries over a million rows: USAGE_ROWS=1000000 go test -v -run TestMeasureUsage ./domain/ai.
func TestMeasureUsage(t *testing.T) {
	var n int
	if _, err := fmt.Sscan(os.Getenv("USAGE_ROWS"), &n); err != nil {
		t.Skip("USAGE_ROWS is not set")
	}
	f := newFixture(t)
	t.Cleanup(func() { _, _ = f.db.ExecContext(context.Background(), "TRUNCATE ai_usage") })
	admin := addUser(t, f.db, domain.RoleAdmin)
	users, cases := make([]domain.ID, 500), make([]domain.ID, 2000)
	for i := range users {
		users[i] = domain.NewID()
	}
	for i := range cases {
		cases[i] = domain.NewID()
	}
	users[0] = f.user.UserID
	start, days := date("2024-01-01"), 730
	for done := 0; done < n; done += 1000 {
		rows := map[usageKey]usageSum{}
		for i := range 1000 {
			k := done + i
			rows[usageKey{start.AddDate(0, 0, k%days), users[k%len(users)], cases[(k/len(users))%len(cases)], "m" + fmt.Sprint(k%2), "USD"}] = usageSum{calls: 1, prompt: 500, completion: 200, cost: 1000}
		}
		if err := f.ledger.write(sums{usage: rows}); err != nil {
			t.Fatal(err)
		}
	}
	year := UsageFilter{From: new(date("2025-01-01")), To: new(date("2025-12-31"))}
	month := UsageFilter{From: new(date("2025-06-01")), To: new(date("2025-06-30"))}
	for _, m := range []struct {
		name   string
		filter UsageFilter
		groups []UsageGroup
		user   *domain.ID
	}{
		{"own month by day", month, []UsageGroup{UsageByDay}, &f.user.UserID},
		{"own year by month and model", year, []UsageGroup{UsageByMonth, UsageByModel}, &f.user.UserID},
		{"firm month by user", month, []UsageGroup{UsageByUser}, nil},
		{"firm year by month", year, []UsageGroup{UsageByMonth}, nil},
		{"firm year by case", year, []UsageGroup{UsageByCase}, nil},
	} {
		m.filter.GroupBy, m.filter.UserID = m.groups, m.user
		began := time.Now()
		items, _, err := f.Usage(t.Context(), admin, m.filter)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-28s %4d items %s", m.name, len(items), time.Since(began).Round(time.Millisecond))
	}
}
