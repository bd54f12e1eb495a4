package notifications

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/cases"
	"counsel/domain/events"
	"counsel/domain/jobs"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// world is a service on a database with people and a case in it. Its jobs are done by hand.
type world struct {
	*Service
	t     testing.TB
	cases *cases.Service
	later time.Duration // how far the clock is ahead
	mails []Mail

	anna, bert, carl domain.Principal // anna and bert are in the case, carl is not
	matter           domain.ID
}

func newWorld(t testing.TB) *world {
	t.Helper()
	pool := testenv.DB(t)
	people, err := account.New(account.Config{Runtime: domain.SystemRuntime(nil), DB: pool, Redis: testenv.EmptyRedis(t), Secret: strings.Repeat("s", 32)})
	testkit.Must(t, err)
	caseService, err := cases.New(cases.Config{Runtime: domain.Runtime{Clock: domain.SystemClock, NewID: domain.NewID}, DB: pool, Accounts: people})
	testkit.Must(t, err)
	w := &world{t: t, cases: caseService}
	clock := func() time.Time { return domain.SystemClock().Add(w.later) }
	queue, err := jobs.New(jobs.Config{DB: pool, Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID, Log: slog.New(slog.DiscardHandler)}})
	testkit.Must(t, err)
	w.Service = New(Deps{DB: pool, People: people, Cases: w.cases, Clock: clock,
		Jobs: queue,
		Mail: func(_ context.Context, _ db.Tx, m Mail) error {
			if slices.ContainsFunc(w.mails, func(old Mail) bool { return old.ID == m.ID }) {
				return domain.Errorf(domain.Conflict, "There is one.")
			}
			w.mails = append(w.mails, m)
			return nil
		}})
	w.anna, w.bert, w.carl = w.join("anna"), w.join("bert"), w.join("carl")
	c, err := w.cases.Create(t.Context(), w.anna, cases.NewCase{Title: "Northwind v. Southwind"})
	testkit.Must(t, err)
	w.matter = c.ID
	w.let(w.bert)
	return w
}

func (w *world) join(name string) domain.Principal {
	w.t.Helper()
	p := domain.Principal{UserID: domain.NewID(), Role: domain.RoleLawyer}
	w.exec("INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at, email_verified_at) VALUES (?, ?, ?, 'lawyer', '-', NOW(6), NOW(6), NOW(6))",
		p.UserID, name+"@example.com", name)
	return p
}

func (w *world) let(who domain.Principal) {
	w.t.Helper()
	testkit.Must(w.t, second(w.cases.AddMember(w.t.Context(), w.anna, w.matter, cases.NewMember{UserID: &who.UserID, Role: cases.Lawyer})))
}

func (w *world) exec(statement string, args ...any) {
	w.t.Helper()
	testkit.Must(w.t, second(w.DB.ExecContext(w.t.Context(), statement, args...)))
}

// happens lets something happen, and says how many jobs it left.
func (w *world) happens(e domain.Event) (left int) {
	w.t.Helper()
	before := w.jobs()
	testkit.Must(w.t, db.WithTx(w.t.Context(), w.DB, func(tx db.Tx) error {
		return events.ForAudience(w.cases, w.OnEvent)(w.t.Context(), tx, e)
	}))
	return len(w.jobs()) - len(before)
}

func (w *world) jobs() (all []*jobs.Run) {
	w.t.Helper()
	rows, err := w.DB.QueryContext(w.t.Context(), "SELECT id, payload FROM jobs WHERE kind = ? ORDER BY id", kindTell)
	testkit.Must(w.t, err)
	defer rows.Close()
	for rows.Next() {
		run := &jobs.Run{}
		var payload []byte
		testkit.Must(w.t, rows.Scan(&run.ID, &payload))
		run.Payload = json.RawMessage(payload)
		all = append(all, run)
	}
	testkit.Must(w.t, rows.Err())
	return all
}

// work does all jobs there ever were, so each but the latest once more.
func (w *world) work() {
	w.t.Helper()
	for _, run := range w.jobs() {
		testkit.Must(w.t, second(w.tell(w.t.Context(), run)))
	}
}

func (w *world) list(who domain.Principal, f Filter) []Notification {
	w.t.Helper()
	items, _, err := w.List(w.t.Context(), who, f)
	testkit.Must(w.t, err)
	return items
}

func (w *world) has(who domain.Principal, want ...domain.EventType) {
	w.t.Helper()
	var got []domain.EventType
	for _, n := range w.list(who, Filter{Limit: 100}) {
		got = append(got, n.Type)
	}
	slices.Reverse(got)
	if !slices.Equal(got, want) {
		w.t.Errorf("told of %v, want %v", got, want)
	}
}

func (w *world) uploaded(by domain.Principal) domain.Event {
	return domain.Event{Type: domain.EventDocumentUploaded, Actor: by.UserID, UserID: by.UserID, CaseID: &w.matter, Data: map[string]domain.ID{"documentId": domain.NewID()}}
}

func second[T any](_ T, err error) error { return err }

func fails(t testing.TB, err error, code domain.Code) {
	t.Helper()
	if e, ok := errors.AsType[*domain.Error](err); !ok || e.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}

// TestTold: who may hear of something is told once, but for who did it, and however often the job
// runs.
func TestTold(t *testing.T) {
	w := newWorld(t)
	e := w.uploaded(w.anna)
	if n := w.happens(e); n != 1 {
		t.Fatalf("it left %d jobs", n)
	}
	w.work()
	w.work()
	w.has(w.anna)
	w.has(w.bert, domain.EventDocumentUploaded)
	w.has(w.carl)
	n := w.list(w.bert, Filter{})[0]
	if *n.CaseID != w.matter || n.CaseTitle != "Northwind v. Southwind" || !reflect.DeepEqual(n.Data, e.Data) || n.ReadAt != nil {
		t.Errorf("%+v", n)
	}
	// What is of no case is its owner's alone; what nobody else could hear of leaves nothing.
	bounced := domain.Event{Type: domain.EventEmailBounced, UserID: w.carl.UserID, Data: map[string]domain.ID{"emailId": domain.NewID()}}
	own := domain.Event{Type: domain.EventDocumentUploaded, Actor: w.carl.UserID, UserID: w.carl.UserID}
	if w.happens(bounced) != 1 || w.happens(own) != 0 || w.happens(domain.Event{Type: domain.EventCaseCreated, Actor: w.anna.UserID, CaseID: &w.matter}) != 0 {
		t.Error("it left too many jobs, or none")
	}
	w.work()
	w.has(w.carl, domain.EventEmailBounced)
}

// TestForOne: what is for one person is told to them alone.
func TestForOne(t *testing.T) {
	w := newWorld(t)
	w.let(w.carl)
	assigned := domain.Event{Type: domain.EventTaskAssigned, Actor: w.anna.UserID, UserID: w.bert.UserID, CaseID: &w.matter,
		Data: map[string]domain.ID{"taskId": domain.NewID(), "assigneeId": w.bert.UserID}}
	w.happens(assigned)
	assigned.Data = map[string]domain.ID{"taskId": domain.NewID(), "assigneeId": w.anna.UserID}
	if w.happens(assigned) != 0 {
		t.Error("she is told what she gave herself to do")
	}
	w.work()
	w.has(w.anna)
	w.has(w.bert, domain.EventTaskAssigned)
	w.has(w.carl)
}

// TestWall: a notification of a case shows while its reader is in it, and a job looks who is by then.
func TestWall(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.happens(w.uploaded(w.anna))
	w.work()
	n := w.list(w.bert, Filter{})[0]
	fails(t, second(w.Mark(ctx, w.carl, n.ID, true)), domain.NotFound)
	fails(t, second(w.Mark(ctx, w.bert, domain.NewID(), true)), domain.NotFound)

	w.happens(w.uploaded(w.anna))
	testkit.Must(t, w.cases.RemoveMember(ctx, w.anna, w.matter, w.bert.UserID))
	w.work()
	w.has(w.bert)
	fails(t, second(w.Mark(ctx, w.bert, n.ID, true)), domain.NotFound)
	if unread, err := w.Unread(ctx, w.bert); err != nil || unread != 0 || len(w.list(w.bert, Filter{Unread: true})) != 0 {
		t.Errorf("%d unread, %v", unread, err)
	}
	w.let(w.bert)
	w.has(w.bert, domain.EventDocumentUploaded) // the first alone
	testkit.Must(t, w.cases.Delete(ctx, w.anna, w.matter))
	w.has(w.bert)
	if w.happens(w.uploaded(w.anna)) != 0 {
		t.Error("a deleted case is told of")
	}
}

func TestRead(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	for range 5 {
		w.happens(w.uploaded(w.anna))
	}
	w.work()
	unread := func(want int) {
		t.Helper()
		if n, err := w.Unread(ctx, w.bert); err != nil || n != want || len(w.list(w.bert, Filter{Unread: true})) != want {
			t.Errorf("%d unread, want %d, %v", n, want, err)
		}
	}
	all := w.list(w.bert, Filter{})
	unread(5)
	first, err := w.Mark(ctx, w.bert, all[4].ID, true)
	testkit.Must(t, err)
	again, err := w.Mark(ctx, w.bert, all[4].ID, true)
	testkit.Must(t, err)
	if first.ReadAt == nil || again.ReadAt == nil || !again.ReadAt.Equal(*first.ReadAt) {
		t.Errorf("read at %v, then %v", first.ReadAt, again.ReadAt)
	}
	unread(4)
	testkit.Must(t, w.MarkAll(ctx, w.bert, all[1].ID))
	unread(1)
	testkit.Must(t, second(w.Mark(ctx, w.bert, all[2].ID, false)))
	unread(2)

	var got []domain.ID
	f := Filter{Limit: 2}
	for pages := 1; ; pages++ {
		items, next, err := w.List(ctx, w.bert, f)
		testkit.Must(t, err)
		for _, n := range items {
			got = append(got, n.ID)
		}
		if f.Before = next; next == nil {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
	}
	if !slices.EqualFunc(got, all, func(id domain.ID, n Notification) bool { return id == n.ID }) {
		t.Errorf("the pages hold %v", got)
	}
}

// TestSweep: read ones go after 90 days, all after a year; what was made unread again stays.
func TestSweep(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	for range 3 {
		w.happens(w.uploaded(w.anna))
	}
	w.work()
	all := w.list(w.bert, Filter{})
	for _, n := range all[:2] {
		testkit.Must(t, second(w.Mark(ctx, w.bert, n.ID, true)))
	}
	testkit.Must(t, second(w.Mark(ctx, w.bert, all[1].ID, false)))
	for _, step := range []struct {
		later time.Duration
		left  int
	}{{KeptRead - time.Hour, 3}, {KeptRead + time.Hour, 2}, {Kept - time.Hour, 2}, {Kept + time.Hour, 0}} {
		w.later = step.later
		testkit.Must(t, w.sweep(ctx))
		if n := len(w.list(w.bert, Filter{})); n != step.left {
			t.Errorf("after %s %d are left, want %d", step.later, n, step.left)
		}
	}
}

func TestPreferences(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	changed := domain.Event{Type: domain.EventDraftUpdated, Actor: w.anna.UserID, UserID: w.anna.UserID, CaseID: &w.matter, Data: map[string]domain.ID{"draftId": domain.NewID()}}
	if w.happens(changed) != 0 {
		t.Error("what nobody asked for leaves a job")
	}
	before, err := w.Preferences(ctx, w.bert)
	testkit.Must(t, err)
	if len(before) != len(domain.EventTypes)-1 {
		t.Errorf("%d types: %+v", len(before), before)
	}
	chosen := []Preference{{domain.EventDraftUpdated, true, false}, {domain.EventDocumentUploaded, false, false}}
	after, err := w.SetPreferences(ctx, w.bert, chosen)
	testkit.Must(t, err)
	for _, p := range chosen {
		if len(after) != len(before) || !slices.Contains(after, p) || slices.Contains(before, p) {
			t.Errorf("%+v is not chosen in %+v", p, after)
		}
	}
	if w.happens(changed) != 1 {
		t.Error("what somebody asked for leaves no job")
	}
	w.happens(w.uploaded(w.anna))
	w.work()
	w.has(w.bert, domain.EventDraftUpdated)

	fails(t, second(w.SetPreferences(ctx, w.bert, []Preference{{Type: domain.EventDraftUpdated}, {Type: domain.EventDraftUpdated}})), domain.Invalid)
	fails(t, second(w.SetPreferences(ctx, w.bert, []Preference{{Type: domain.EventCaseCreated}})), domain.Invalid)
	if again, err := w.Preferences(ctx, w.bert); err != nil || !slices.Equal(again, after) {
		t.Errorf("%+v, %v", again, err)
	}
	if none, err := w.SetPreferences(ctx, w.bert, nil); err != nil || !slices.Equal(none, before) {
		t.Errorf("%+v, %v", none, err)
	}
}

// TestMails: a mail goes to who wants one, at a confirmed address, once; and to no sender of a
// request to sign, who has one of its own.
func TestMails(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.let(w.carl)
	all := []Preference{{domain.EventSignatureCompleted, true, true}, {domain.EventDocumentUploaded, false, true}}
	for _, who := range []domain.Principal{w.anna, w.bert, w.carl} {
		testkit.Must(t, second(w.SetPreferences(ctx, who, all)))
	}
	w.exec("UPDATE users SET email_verified_at = NULL WHERE id = ?", w.carl.UserID)
	got := func(want ...string) {
		t.Helper()
		w.work()
		w.work()
		var to []string
		for _, m := range w.mails {
			to = append(to, string(m.Type)+" "+m.To.FullName)
		}
		if !slices.Equal(to, want) {
			t.Errorf("mails %q, want %q", to, want)
		}
	}
	w.happens(domain.Event{Type: domain.EventSignatureCompleted, UserID: w.anna.UserID, CaseID: &w.matter, Data: map[string]domain.ID{"trackingId": domain.NewID()}})
	got("signature.completed bert")
	w.happens(w.uploaded(w.anna)) // by mail alone
	got("signature.completed bert", "document.uploaded bert")
	w.has(w.bert, domain.EventSignatureCompleted)

	w.exec("UPDATE users SET disabled_at = NOW(6) WHERE id = ?", w.bert.UserID)
	w.happens(w.uploaded(w.carl))
	got("signature.completed bert", "document.uploaded bert", "document.uploaded anna")
}

// TestAllOrNone: when a mail cannot be written, nothing is, and the next run writes it all.
func TestAllOrNone(t *testing.T) {
	w := newWorld(t)
	testkit.Must(t, second(w.SetPreferences(t.Context(), w.bert, []Preference{{domain.EventDocumentUploaded, true, true}})))
	write := w.Mail
	w.Mail = func(context.Context, db.Tx, Mail) error { return sql.ErrConnDone }
	w.happens(w.uploaded(w.anna))
	if err := second(w.tell(t.Context(), w.jobs()[0])); err == nil {
		t.Error("the job does not fail")
	}
	w.has(w.bert)
	w.Mail = write
	w.work()
	w.has(w.bert, domain.EventDocumentUploaded)
	if len(w.mails) != 1 || w.mails[0].Notification != w.list(w.bert, Filter{})[0].ID {
		t.Errorf("%+v", w.mails)
	}
}

func TestForget(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.let(w.carl)
	testkit.Must(t, second(w.SetPreferences(ctx, w.bert, []Preference{{domain.EventDraftUpdated, true, false}})))
	w.happens(w.uploaded(w.anna))
	w.work()
	testkit.Must(t, db.WithTx(ctx, w.DB, func(tx db.Tx) error { return w.EraseUser(ctx, tx, w.bert.UserID) }))
	w.has(w.bert)
	w.has(w.carl, domain.EventDocumentUploaded)
	if rows, err := w.rows.ListNotificationPreferences(ctx, w.bert.UserID); err != nil || len(rows) != 0 {
		t.Errorf("%+v, %v", rows, err)
	}
}

// BenchmarkHear is what an event costs the request in which it happens, with who may hear of it
// looked up.
func BenchmarkHear(b *testing.B) {
	w := newWorld(b)
	edited := w.uploaded(w.anna)
	edited.Type = domain.EventDraftUpdated
	own := domain.Event{Type: domain.EventDocumentUploaded, Actor: w.anna.UserID, UserID: w.anna.UserID}
	nobody := func(context.Context, db.Tx, domain.Event, []domain.ID) error { return nil }
	for _, part := range []struct {
		name string
		e    domain.Event
		hear events.AudienceSubscriber
	}{{"without", edited, nobody}, {"nobody asked", edited, w.OnEvent}, {"told", w.uploaded(w.anna), w.OnEvent}, {"without, own", own, nobody}, {"own", own, w.OnEvent}} {
		b.Run(part.name, func(b *testing.B) {
			for b.Loop() {
				testkit.Must(b, db.WithTx(b.Context(), w.DB, func(tx db.Tx) error { return events.ForAudience(w.cases, part.hear)(b.Context(), tx, part.e) }))
			}
		})
	}
}
