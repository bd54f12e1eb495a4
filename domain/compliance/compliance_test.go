package compliance

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/events"
	"counsel/domain/registry"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// fakeRegisters answers about VAT numbers as the test wants.
type fakeRegisters struct {
	Registers
	mu     sync.Mutex
	answer func(number string) (registry.VATAnswer, error)
	asked  map[string]int // answered questions by number
}

func (r *fakeRegisters) CheckVAT(_ context.Context, _ bool, number string) (registry.VATAnswer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, err := r.answer(number)
	if err == nil {
		r.asked[number]++
	}
	return a, err
}

type fixture struct {
	*Service
	t         *testing.T
	db        *sql.DB
	registers *fakeRegisters
	user      domain.ID
	events    []domain.Event
	mu        sync.Mutex
	now       time.Time
}

func (f *fixture) clockNow() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fixture) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, db: testenv.DB(t), user: domain.NewID(), now: time.Date(2026, 11, 30, 21, 0, 0, 0, time.UTC),
		registers: &fakeRegisters{asked: map[string]int{}}}
	f.registers.answer = func(number string) (registry.VATAnswer, error) {
		return registry.VATAnswer{Number: number, Status: registry.VATValid}, nil
	}
	runtime := domain.SystemRuntime(testkit.DiscardLog())
	runtime.Clock = f.clockNow
	_, err := f.db.ExecContext(t.Context(), "INSERT INTO users (id, email, password_hash, full_name, role, created_at, updated_at) VALUES (?, ?, '', 'Ada', 'lawyer', NOW(6), NOW(6))", f.user, f.user.String()+"@example.com")
	testkit.Must(t, err)
	allCases, err := cases.New(cases.Config{Runtime: runtime, DB: f.db})
	testkit.Must(t, err)
	f.Service, err = New(Config{Runtime: runtime, DB: f.db, Registers: f.registers, Cases: allCases,
		Events: events.PublisherFunc(func(_ context.Context, _ db.Tx, e domain.Event) error { f.events = append(f.events, e); return nil })})
	testkit.Must(t, err)
	return f
}

func (f *fixture) lawyer() domain.Principal {
	return domain.Principal{UserID: f.user, Role: domain.RoleLawyer}
}

func (f *fixture) newWatch() Watch {
	f.t.Helper()
	w, err := f.Create(f.t.Context(), f.lawyer(), NewWatch{Kind: KindVAT, Subject: Subject{Number: "DE129273398"}})
	testkit.Must(f.t, err)
	return w
}

func (f *fixture) sync() {
	f.t.Helper()
	testkit.Must(f.t, f.Sync(f.t.Context()))
}

func (f *fixture) history(w Watch) []Check {
	f.t.Helper()
	all, _, err := f.Checks(f.t.Context(), f.lawyer(), w.ID, 100, nil)
	testkit.Must(f.t, err)
	return all
}

// TestNight: 10,000 watches are each checked once, although the register refuses for an hour and a run is interrupted.
func TestNight(t *testing.T) {
	const n = 10_000
	f := newFixture(t)
	for i := 0; i < n; i += 500 {
		var b strings.Builder
		b.WriteString("INSERT INTO compliance_watches (id, case_id, user_id, kind, source, label, subject, next_check_at, created_at) VALUES ")
		var args []any
		for j := i; j < i+500; j++ {
			if j > i {
				b.WriteString(",")
			}
			id := domain.NewID()
			b.WriteString("(?, NULL, ?, 'vat', 'vies', '', ?, ?, ?)")
			args = append(args, id, f.user, fmt.Sprintf(`{"number":"W%d"}`, j), nextCheck(id, f.now), f.now)
		}
		_, err := f.db.ExecContext(t.Context(), b.String(), args...)
		testkit.Must(t, err)
	}
	night := f.now.Add(time.Hour)
	limited := [2]time.Time{night.Add(3 * time.Hour), night.Add(4 * time.Hour)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	refused := 0
	f.registers.answer = func(number string) (registry.VATAnswer, error) {
		f.advance(200 * time.Millisecond)
		now := f.clockNow()
		if now.After(limited[0]) && now.Before(limited[1]) {
			refused++
			return registry.VATAnswer{}, registry.ErrRateLimited(5*time.Minute, nil)
		}
		if now.After(night.Add(time.Hour)) {
			cancel() // the server stops within a run
		}
		return registry.VATAnswer{Number: number, Status: registry.VATValid}, nil
	}
	for now := night; now.Before(night.Add(14 * time.Hour)); now = now.Add(time.Minute) {
		f.mu.Lock()
		f.now = now
		f.mu.Unlock()
		if err := f.Sync(ctx); err != nil {
			if ctx.Err() == nil {
				t.Fatal(err)
			}
			ctx = t.Context() // it starts again
		}
	}
	var checks, watches, late int
	testkit.Must(t, f.db.QueryRowContext(t.Context(), "SELECT COUNT(*), COUNT(DISTINCT watch_id) FROM compliance_checks").Scan(&checks, &watches))
	testkit.Must(t, f.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM compliance_watches WHERE next_check_at < ? OR last_checked_at IS NULL", night.Add(24*time.Hour)).Scan(&late))
	if checks != n || watches != n || late != 0 {
		t.Errorf("%d checks of %d watches, %d are not planned for the next night; want %d of each, and none", checks, watches, late, n)
	}
	if refused == 0 || refused > 13 {
		t.Errorf("the register was asked %d times while it refused, want once in five minutes", refused)
	}
	repeated := 0
	for _, times := range f.registers.asked {
		if times > 1 {
			repeated++
		}
	}
	if repeated > 1 || len(f.registers.asked) != n { // the answer that came while the server stopped was not recorded
		t.Errorf("%d were asked for, %d of them more than once", len(f.registers.asked), repeated)
	}
}

func TestNextCheck(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	perHour := map[int]int{}
	for i := range 4800 {
		var id domain.ID
		binary.BigEndian.PutUint64(id[8:], uint64(i))
		next := nextCheck(id, now)
		if !next.After(now) || next.Sub(now) > 24*time.Hour || next.Hour() >= 6 && next.Hour() < 22 {
			t.Fatalf("next is %s", next)
		}
		if again := nextCheck(id, next); again.Sub(next) != 24*time.Hour {
			t.Fatalf("after %s comes %s", next, again)
		}
		perHour[next.Hour()]++
	}
	for hour, n := range perHour {
		if n < 400 || n > 800 {
			t.Errorf("%d of 4800 are checked in the hour from %d on", n, hour)
		}
	}
}

func TestChangesAreReported(t *testing.T) {
	f := newFixture(t)
	w := f.newWatch()
	f.sync()
	status := registry.VATInvalid
	var failure error
	f.registers.answer = func(number string) (registry.VATAnswer, error) {
		return registry.VATAnswer{Number: number, Status: status}, failure
	}
	f.advance(24 * time.Hour)
	f.sync()
	status = registry.VATUnknown // an outage of the member state is no change, and the answer after it is compared with that before
	f.advance(24 * time.Hour)
	f.sync()
	status = registry.VATInvalid
	f.advance(24 * time.Hour)
	f.sync()
	failure = registry.ErrResponse(nil)
	f.advance(24 * time.Hour)
	f.sync()
	failure, status = nil, registry.VATValid
	f.advance(24 * time.Hour)
	f.sync()
	var got []string
	for _, c := range f.history(w) {
		got = append([]string{fmt.Sprint(c.Outcome, c.Changes, c.ErrorCode)}, got...)
	}
	want := []string{"first[]", "changed[{vat valid invalid}]", "unchanged[]", "unchanged[]", "failed[]registry_response", "changed[{vat invalid valid}]"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(f.events) != 2 || f.events[0].Type != domain.EventWatchChanged || f.events[0].Data["watchId"] != w.ID {
		t.Errorf("got the events %+v", f.events)
	}
}

// TestUnavailableRegister: a watch whose register cannot be asked does not hold up the others, and is checked later.
func TestUnavailableRegister(t *testing.T) {
	f := newFixture(t)
	broken := f.newWatch()
	f.advance(time.Second)
	other, err := f.Create(t.Context(), f.lawyer(), NewWatch{Kind: KindVAT, Subject: Subject{Number: "FR40303265045"}})
	testkit.Must(t, err)
	down := true
	f.registers.answer = func(number string) (registry.VATAnswer, error) {
		if down && number == "DE129273398" {
			return registry.VATAnswer{}, registry.ErrUnavailable(30*time.Second, nil)
		}
		return registry.VATAnswer{Number: number, Status: registry.VATValid}, nil
	}
	f.sync()
	if len(f.history(broken))+len(f.history(other)) != 0 {
		t.Error("a register that asks to wait was asked")
	}
	f.advance(time.Minute)
	f.sync()
	if len(f.history(broken)) != 0 || len(f.history(other)) != 1 {
		t.Error("the first watch holds up the second")
	}
	down = false
	f.advance(postponed)
	f.sync()
	if len(f.history(broken)) != 1 {
		t.Error("the watch was not checked later")
	}
}

func TestCompare(t *testing.T) {
	company := func(change func(*registry.Company)) *registry.Company {
		c := &registry.Company{Name: "Northwind", Status: registry.StatusActive, RegisterStatus: "ACTIVE", Address: registry.Address{City: "Leeds"}, LEI: registry.LEI{Status: "ISSUED"},
			Relations: []registry.Relation{{Type: "direct-parent", ID: "1"}}, Filings: []registry.Filing{{Type: "accounts", DueOn: "2026-11-01"}}}
		change(c)
		return c
	}
	same := func(*registry.Company) {}
	for name, tc := range map[string]struct {
		change func(*registry.Company)
		want   []Change
	}{
		"nothing":           {same, nil},
		"the status":        {func(c *registry.Company) { c.Status, c.RegisterStatus = registry.StatusInactive, "INACTIVE" }, []Change{{ChangeStatus, "ACTIVE", "INACTIVE"}}},
		"an unknown status": {func(c *registry.Company) { c.Status, c.RegisterStatus = registry.StatusUnknown, "" }, nil},
		"a lapsed LEI":      {func(c *registry.Company) { c.LEI.Status = "LAPSED" }, []Change{{ChangeLEI, "ISSUED", "LAPSED"}}},
		"the address":       {func(c *registry.Company) { c.Address.City = "York" }, []Change{{ChangeAddress, "Leeds", "York"}}},
		"an overdue filing": {func(c *registry.Company) { c.Filings[0].Overdue = true }, []Change{{ChangeOverdue, "", "accounts 2026-11-01"}}},
		"a merger": {func(c *registry.Company) {
			c.Relations = append(c.Relations, registry.Relation{Type: "successor", ID: "2", Name: "New"})
		}, []Change{{ChangeMerged, "", "successor 2 New"}}},
		"another parent":    {func(c *registry.Company) { c.Relations[0].ID = "3" }, []Change{{ChangeParent, "", "direct-parent 3"}, {ChangeParent, "direct-parent 1", ""}}},
		"a new name":        {func(c *registry.Company) { c.Name = "Southwind" }, []Change{{ChangeName, "Northwind", "Southwind"}}},
		"a missing address": {func(c *registry.Company) { c.Address = registry.Address{} }, nil},
	} {
		if got := compare(Answer{Company: company(same)}, Answer{Company: company(tc.change)}); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, tc.want)
		}
	}
	officer := func(name, resigned string) registry.Officer {
		return registry.Officer{Name: name, Role: "director", ResignedOn: resigned}
	}
	got := compare(Answer{Company: company(same), Officers: []registry.Officer{officer("A", ""), officer("B", "")}}, Answer{Company: company(same), Officers: []registry.Officer{officer("A", "2026-11-30"), officer("B", ""), officer("C", "")}})
	if want := []Change{{ChangeOfficer, "", "C, director"}, {ChangeOfficer, "A, director", ""}}; !reflect.DeepEqual(got, want) {
		t.Errorf("officers: got %+v", got)
	}
	// A list that is not there now does not make its hits new when it is back.
	list := func(lists []registry.ScreenedList, hits ...registry.Hit) Answer {
		return Answer{Sanctions: &registry.ScreeningResult{Lists: lists, Hits: hits}}
	}
	eu, hit := []registry.ScreenedList{{Name: registry.ListEU}}, registry.Hit{List: registry.ListEU, EntryID: "1", PrimaryName: "X"}
	if got := compare(list(eu), list(eu, hit)); len(got) != 1 || got[0].Type != ChangeSanctionsHit {
		t.Errorf("a new hit: got %+v", got)
	}
	before := list(eu, hit)
	if got := compare(merge(&before, list(nil)), list(eu, hit)); len(got) != 0 {
		t.Errorf("a list that is back: got %+v", got)
	}
}
