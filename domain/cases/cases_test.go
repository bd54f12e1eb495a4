package cases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/events"
	"counsel/gen/query"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// fixture is a service on a database with people in it.
type fixture struct {
	*Service
	t    testing.TB
	pool *sql.DB

	anna, bert, carl, dora domain.Principal // lawyers: two of one firm, one of another, nobody's
	ella                   domain.Principal // a client
	root                   domain.Principal // an admin
}

func newFixture(t testing.TB) *fixture { return newFixtureOn(t, testenv.SchemaURL(t)) }

func newFixtureOn(t testing.TB, url string) *fixture {
	t.Helper()
	b := &fixture{t: t, pool: testenv.OpenDB(t, url)}
	people, err := account.New(account.Config{Runtime: domain.SystemRuntime(nil), DB: b.pool, Redis: testenv.OpenRedis(t, testenv.RedisURL(t)), Secret: strings.Repeat("s", 32)})
	testkit.Must(t, err)
	b.Service, err = New(Config{Runtime: domain.Runtime{Clock: domain.SystemClock, NewID: domain.NewID}, DB: b.pool, Accounts: people})
	testkit.Must(t, err)
	b.anna, b.bert, b.carl, b.dora = b.join("anna", domain.RoleLawyer), b.join("bert", domain.RoleLawyer), b.join("carl", domain.RoleLawyer), b.join("dora", domain.RoleLawyer)
	b.ella, b.root = b.join("ella", domain.RoleClient), b.join("root", domain.RoleAdmin)
	return b
}

// service is a further server on the pool.
func (b *fixture) service(pool *sql.DB, clock domain.Clock) *Service {
	b.t.Helper()
	s, err := New(Config{Runtime: domain.Runtime{Clock: clock, NewID: domain.NewID}, DB: pool, Accounts: b.accounts})
	testkit.Must(b.t, err)
	return s
}

// wantError wants an error with this code, and with this reason when one is given.
func wantError(t testing.TB, err error, code domain.Code, reason ...string) {
	t.Helper()
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Code != code || len(reason) > 0 && e.Reason != reason[0] {
		t.Fatalf("got %v, want %s %v", err, code, reason)
	}
}

func (b *fixture) join(name string, role domain.Role) domain.Principal {
	b.t.Helper()
	now := domain.SystemClock()
	id := domain.NewID()
	testkit.Must(b.t, query.New(b.pool).CreateUser(b.t.Context(), query.CreateUserParams{ID: id, Email: name + "@example.com", FullName: name, Role: string(role), PasswordHash: "-", CreatedAt: now, UpdatedAt: now}))
	return domain.Principal{UserID: id, Role: role}
}

func (b *fixture) open(p domain.Principal, title string) domain.ID {
	b.t.Helper()
	c, err := b.Create(b.t.Context(), p, NewCase{Title: title})
	testkit.Must(b.t, err)
	return c.ID
}

func (b *fixture) add(id domain.ID, p domain.Principal, r Role) {
	b.t.Helper()
	_, err := b.AddMember(b.t.Context(), b.root, id, NewMember{UserID: &p.UserID, Role: r})
	testkit.Must(b.t, err)
}

// entries is a whole timeline, the oldest first.
func (b *fixture) entries(id domain.ID) []Entry {
	b.t.Helper()
	rows, err := query.New(b.pool).ListTimelineEntriesAfter(b.t.Context(), query.ListTimelineEntriesAfterParams{CaseID: id, Limit: 100_000})
	testkit.Must(b.t, err)
	out := make([]Entry, len(rows))
	for i, r := range rows {
		out[i] = toEntry(r)
	}
	return out
}

func (b *fixture) last(id domain.ID) Entry {
	b.t.Helper()
	all := b.entries(id)
	return all[len(all)-1]
}

func ptr[T any](v T) *T { return &v }

func TestCaseFromOpeningToDeletion(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	c, err := b.Create(ctx, b.anna, NewCase{Title: "  Northwind v. Southwind ", Description: "Late deliveries."})
	testkit.Must(t, err)
	got, err := b.Get(ctx, b.anna, c.ID)
	testkit.Must(t, err)
	if got != c || got.Title != "Northwind v. Southwind" || got.Status != Open || got.MyRole != Owner {
		t.Errorf("kept %+v of %+v", got, c)
	}

	closed, err := b.Update(ctx, b.anna, c.ID, Update{Status: ptr(Closed), Title: ptr("Settled")})
	testkit.Must(t, err)
	if closed.Status != Closed || closed.ClosedAt == nil || closed.Title != "Settled" || closed.Description != c.Description {
		t.Errorf("closed: %+v", closed)
	}
	if e := b.last(c.ID); e.Detail != "title, status open → closed" || e.Verb != VerbUpdate {
		t.Errorf("entered %+v", e)
	}
	_, err = b.AddNote(ctx, b.anna, c.ID, NewNote{Body: "too late"})
	wantError(t, err, domain.Conflict, "case_closed")
	_, err = b.AddTask(ctx, b.root, c.ID, domain.ID{}, TaskContent{Title: "too late"})
	wantError(t, err, domain.Conflict, "case_closed")
	changed, err := b.Update(ctx, b.anna, c.ID, Update{Status: ptr(Open)})
	testkit.Must(t, err)
	if changed.ClosedAt != nil {
		t.Error("a reopened case says when it was closed")
	}

	note, err := b.AddNote(ctx, b.anna, c.ID, NewNote{Body: "They offered to settle."})
	testkit.Must(t, err)
	task, err := b.AddTask(ctx, b.anna, c.ID, domain.ID{}, TaskContent{Title: "Answer"})
	testkit.Must(t, err)
	_, err = b.Update(ctx, b.anna, c.ID, Update{LegalHold: ptr(true)})
	testkit.Must(t, err)
	for name, err := range map[string]error{
		"case": b.Delete(ctx, b.anna, c.ID), "case by an admin": b.Delete(ctx, b.root, c.ID),
		"note": b.DeleteNote(ctx, b.anna, c.ID, note.ID), "task": b.DeleteTask(ctx, b.anna, c.ID, task.ID),
	} {
		t.Run("hold on "+name, func(t *testing.T) { wantError(t, err, domain.Conflict, "legal_hold") })
	}
	_, err = b.Update(ctx, b.anna, c.ID, Update{LegalHold: ptr(false)})
	testkit.Must(t, err)
	testkit.Must(t, b.DeleteNote(ctx, b.anna, c.ID, note.ID))
	testkit.Must(t, b.Delete(ctx, b.anna, c.ID))
	for _, p := range []domain.Principal{b.anna, b.root, b.carl} {
		_, err = b.Get(ctx, p, c.ID)
		wantError(t, err, domain.NotFound)
		if items, _, _ := b.List(ctx, p, Filter{}); len(items) > 0 {
			t.Errorf("a deleted case is listed: %+v", items)
		}
	}
	if e := b.last(c.ID); e.Verb != VerbDelete || e.Resource != ResourceCase || e.Refused {
		t.Errorf("the last entry is %+v", e)
	}
}

func TestInputIsRefused(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	id := b.open(b.anna, "A case")
	for name, try := range map[string]func() error{
		"blank title":        func() error { _, err := b.Create(ctx, b.anna, NewCase{Title: "  "}); return err },
		"long title":         func() error { _, err := b.Create(ctx, b.anna, NewCase{Title: strings.Repeat("é", 201)}); return err },
		"control characters": func() error { _, err := b.Create(ctx, b.anna, NewCase{Title: "a\x00b"}); return err },
		"long description": func() error {
			_, err := b.Create(ctx, b.anna, NewCase{Title: "a", Description: strings.Repeat("a", 10_001)})
			return err
		},
		"unknown status": func() error { _, err := b.Update(ctx, b.anna, id, Update{Status: ptr(Status("lost"))}); return err },
		"blank note":     func() error { _, err := b.AddNote(ctx, b.anna, id, NewNote{Body: "\n"}); return err },
		"unknown role": func() error {
			_, err := b.AddMember(ctx, b.anna, id, NewMember{UserID: &b.bert.UserID, Role: "king"})
			return err
		},
		"nobody": func() error { _, err := b.AddMember(ctx, b.anna, id, NewMember{Role: Viewer}); return err },
		"unknown id": func() error {
			_, err := b.AddMember(ctx, b.anna, id, NewMember{UserID: ptr(domain.NewID()), Role: Viewer})
			return err
		},
		"no e-mail": func() error {
			_, err := b.AddMember(ctx, b.anna, id, NewMember{Email: "no", Role: Viewer})
			return err
		},
		"client as lawyer": func() error {
			_, err := b.AddMember(ctx, b.anna, id, NewMember{UserID: &b.ella.UserID, Role: Lawyer})
			return err
		},
		"stranger's task": func() error {
			_, err := b.AddTask(ctx, b.anna, id, domain.ID{}, TaskContent{Title: "a", AssigneeID: &b.bert.UserID})
			return err
		},
		"a day long ago": func() error {
			_, err := b.AddTask(ctx, b.anna, id, domain.ID{}, TaskContent{Title: "a", DueOn: ptr(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC))})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { wantError(t, try(), domain.Invalid) })
	}
	if n := len(b.entries(id)); n != 1 {
		t.Errorf("what was not acceptable made %d entries", n-1)
	}
}

func TestList(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	var ids []domain.ID
	for _, title := range []string{"Müller ./. Meier", "100% owned_by nobody", "Estate of O'Brien", `back\slash`} {
		ids = append(ids, b.open(b.anna, title))
	}
	candidate := b.open(b.carl, "Muller elsewhere")
	_, err := b.Update(ctx, b.anna, ids[2], Update{Status: ptr(Closed), Description: ptr("a will")})
	testkit.Must(t, err)
	found := func(p domain.Principal, filter Filter) []domain.ID {
		t.Helper()
		var out []domain.ID
		for {
			items, next, err := b.List(ctx, p, filter)
			testkit.Must(t, err)
			for _, c := range items {
				out = append(out, c.ID)
			}
			if next == nil {
				return out
			}
			filter.Cursor = next
		}
	}
	newest := slices.Clone(ids)
	slices.Reverse(newest)
	for name, c := range map[string]struct {
		who    domain.Principal
		filter Filter
		want   []domain.ID
	}{
		"all":              {b.anna, Filter{}, newest},
		"page by page":     {b.anna, Filter{Limit: 1}, newest},
		"open":             {b.anna, Filter{Status: Open}, []domain.ID{ids[3], ids[1], ids[0]}},
		"closed":           {b.anna, Filter{Status: Closed}, ids[2:3]},
		"without accents":  {b.anna, Filter{Text: "MULLER"}, ids[:1]},
		"description":      {b.anna, Filter{Text: "will"}, ids[2:3]},
		"percent":          {b.anna, Filter{Text: "100%"}, ids[1:2]},
		"percent alone":    {b.anna, Filter{Text: "%"}, ids[1:2]},
		"underscore":       {b.anna, Filter{Text: "_"}, ids[1:2]},
		"quote":            {b.anna, Filter{Text: "O'Brien"}, ids[2:3]},
		"backslash":        {b.anna, Filter{Text: `\`}, ids[3:]},
		"nothing":          {b.anna, Filter{Text: "nowhere"}, nil},
		"another's":        {b.carl, Filter{}, []domain.ID{candidate}},
		"nobody's":         {b.dora, Filter{}, nil},
		"an admin's":       {b.root, Filter{}, append([]domain.ID{candidate}, newest...)},
		"an admin's words": {b.root, Filter{Text: "muller"}, []domain.ID{candidate, ids[0]}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := found(c.who, c.filter); !slices.Equal(got, c.want) {
				t.Errorf("found %v, want %v", got, c.want)
			}
		})
	}
}

func TestMembers(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	id := b.open(b.anna, "A case")
	m, err := b.AddMember(ctx, b.anna, id, NewMember{Email: "BERT@example.com", Role: Lawyer})
	testkit.Must(t, err)
	if m.User.ID != b.bert.UserID || m.Role != Lawyer {
		t.Errorf("added %+v", m)
	}
	_, err = b.AddMember(ctx, b.anna, id, NewMember{UserID: &b.bert.UserID, Role: Viewer})
	wantError(t, err, domain.Conflict)
	// Who only says that an address is theirs is not let in by it, and looks like nobody.
	b.requireVerifiedEmail = true
	for _, address := range []string{"nobody@example.com", "carl@example.com"} {
		m, err = b.AddMember(ctx, b.anna, id, NewMember{Email: address, Role: Viewer})
		testkit.Must(t, err)
		if m.Invitation == nil || m.Invitation.Email != address || m.Invitation.Role != Viewer {
			t.Errorf("%s: %+v", address, m)
		}
	}
	_, err = b.pool.ExecContext(ctx, "UPDATE users SET email_verified_at = NOW(6) WHERE id = ?", b.carl.UserID)
	testkit.Must(t, err)
	_, err = b.AddMember(ctx, b.anna, id, NewMember{Email: "carl@example.com", Role: Viewer})
	testkit.Must(t, err)
	testkit.Must(t, b.RemoveMember(ctx, b.anna, id, b.carl.UserID))
	_, err = b.AddMember(ctx, b.bert, id, NewMember{Email: "nobody@example.com", Role: Viewer})
	wantError(t, err, domain.Forbidden) // not: no such account
	_, err = b.AddMember(ctx, b.carl, id, NewMember{Email: "nobody@example.com", Role: Viewer})
	wantError(t, err, domain.NotFound)

	task, err := b.AddTask(ctx, b.anna, id, domain.ID{}, TaskContent{Title: "Answer", AssigneeID: &b.bert.UserID, DueOn: ptr(time.Date(2026, 12, 15, 0, 0, 0, 0, time.UTC))})
	testkit.Must(t, err)

	// The last owner stays.
	wantError(t, b.RemoveMember(ctx, b.anna, id, b.anna.UserID), domain.Conflict)
	_, err = b.UpdateMember(ctx, b.anna, id, b.anna.UserID, Viewer)
	wantError(t, err, domain.Conflict)
	wantError(t, b.RemoveMember(ctx, b.bert, id, b.anna.UserID), domain.Forbidden)
	wantError(t, b.RemoveMember(ctx, b.anna, id, b.dora.UserID), domain.NotFound)
	_, err = b.UpdateMember(ctx, b.anna, id, b.dora.UserID, Viewer)
	wantError(t, err, domain.NotFound)

	list, err := b.Members(ctx, b.bert, id)
	testkit.Must(t, err)
	if len(list) != 2 || list[0].User.FullName != "anna" || list[1].User.Email != "bert@example.com" {
		t.Errorf("listed %+v", list)
	}

	_, err = b.UpdateMember(ctx, b.anna, id, b.bert.UserID, Owner)
	testkit.Must(t, err)
	if e := b.last(id); e.Detail != "role lawyer → owner" || *e.ID != b.bert.UserID {
		t.Errorf("entered %+v", e)
	}
	_, err = b.UpdateMember(ctx, b.anna, id, b.anna.UserID, Viewer)
	testkit.Must(t, err)
	testkit.Must(t, b.RemoveMember(ctx, b.anna, id, b.anna.UserID)) // a viewer may leave
	_, err = b.Get(ctx, b.anna, id)
	wantError(t, err, domain.NotFound)

	b.add(id, b.dora, Owner)
	testkit.Must(t, b.RemoveMember(ctx, b.dora, id, b.bert.UserID))
	left, _, err := b.Tasks(ctx, b.dora, id, "", 0, nil)
	testkit.Must(t, err)
	if len(left) != 1 || left[0].ID != task.ID || left[0].AssigneeID != nil || !left[0].DueOn.Equal(*task.DueOn) {
		t.Errorf("the task of who left: %+v", left)
	}
}

// TestDemotedLawyer: membership does not outlive the access it was given on.
func TestDemotedLawyer(t *testing.T) {
	b := newFixture(t)
	id := b.open(b.anna, "A case")
	b.add(id, b.bert, Lawyer)
	demoted := domain.Principal{UserID: b.bert.UserID, Role: domain.RoleClient}
	_, err := b.AddNote(t.Context(), demoted, id, NewNote{Body: "still here"})
	wantError(t, err, domain.Forbidden)
	if _, _, err := b.Notes(t.Context(), demoted, id, 0, nil); err != nil {
		t.Errorf("cannot read any more: %v", err)
	}
}

func TestNotesAndTasks(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	id, elsewhere := b.open(b.anna, "A case"), b.open(b.anna, "Another")
	for i := range 5 {
		_, err := b.AddNote(ctx, b.anna, id, NewNote{Body: fmt.Sprintf("line %d\nnext", i)})
		testkit.Must(t, err)
	}
	first, next, err := b.Notes(ctx, b.anna, id, 3, nil)
	testkit.Must(t, err)
	rest, head, err := b.Notes(ctx, b.anna, id, 3, next)
	testkit.Must(t, err)
	if len(first) != 3 || len(rest) != 2 || head != nil || first[0].Body != "line 4\nnext" || rest[1].Body != "line 0\nnext" {
		t.Errorf("paged %+v, %+v", first, rest)
	}
	// What is another case's is not this one's.
	wantError(t, b.DeleteNote(ctx, b.anna, elsewhere, first[0].ID), domain.NotFound)
	testkit.Must(t, b.DeleteNote(ctx, b.anna, id, first[0].ID))
	wantError(t, b.DeleteNote(ctx, b.anna, id, first[0].ID), domain.NotFound)

	due := time.Date(2026, 12, 15, 0, 0, 0, 0, time.UTC)
	task, err := b.AddTask(ctx, b.anna, id, domain.ID{}, TaskContent{Title: "File", DueOn: &due, AssigneeID: &b.anna.UserID})
	testkit.Must(t, err)
	_, err = b.ReplaceTask(ctx, b.anna, elsewhere, task.ID, task.TaskContent)
	wantError(t, err, domain.NotFound)
	wantError(t, b.DeleteTask(ctx, b.anna, elsewhere, task.ID), domain.NotFound)
	done, err := b.ReplaceTask(ctx, b.anna, id, task.ID, TaskContent{Title: "Filed", Status: TaskDone})
	testkit.Must(t, err)
	if done.DueOn != nil || done.AssigneeID != nil || done.Status != TaskDone || done.CreatedAt != task.CreatedAt {
		t.Errorf("replaced: %+v", done)
	}
	if e := b.last(id); e.Detail != "title, status open → done, due 2026-12-15 → none, assignee" {
		t.Errorf("entered %q", e.Detail)
	}
	open, _, err := b.Tasks(ctx, b.anna, id, TaskOpen, 0, nil)
	testkit.Must(t, err)
	finished, _, err := b.Tasks(ctx, b.anna, id, TaskDone, 0, nil)
	testkit.Must(t, err)
	if len(open) != 0 || len(finished) != 1 || finished[0] != done {
		t.Errorf("open %+v, done %+v", open, finished)
	}
	testkit.Must(t, b.DeleteTask(ctx, b.anna, id, task.ID))
	wantError(t, b.DeleteTask(ctx, b.anna, id, task.ID), domain.NotFound)
}

// TestOneOwnerStays: two owners who leave, or demote each other, at once do not both succeed.
// TestEvents: changes of a case are published with their actor; a task only when it is assigned.
func TestEvents(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	var published []domain.Event
	b.events = events.PublisherFunc(func(_ context.Context, _ db.Tx, e domain.Event) error {
		published = append(published, e)
		return nil
	})
	c, err := b.Create(ctx, b.anna, NewCase{Title: "Northwind v. Southwind"})
	testkit.Must(t, err)
	_, err = b.AddMember(ctx, b.anna, c.ID, NewMember{UserID: &b.bert.UserID, Role: Lawyer})
	testkit.Must(t, err)
	task, err := b.AddTask(ctx, b.bert, c.ID, domain.ID{}, TaskContent{Title: "Answer", AssigneeID: &b.anna.UserID})
	testkit.Must(t, err)
	task, err = b.ReplaceTask(ctx, b.anna, c.ID, task.ID, TaskContent{Title: "Answer them", AssigneeID: task.AssigneeID})
	testkit.Must(t, err)
	_, err = b.ReplaceTask(ctx, b.anna, c.ID, task.ID, TaskContent{Title: "Answer them", AssigneeID: &b.bert.UserID})
	testkit.Must(t, err)
	_, err = b.ReplaceTask(ctx, b.anna, c.ID, task.ID, TaskContent{Title: "Answer them"})
	testkit.Must(t, err)
	ids := func(names ...any) map[string]domain.ID {
		m := map[string]domain.ID{}
		for i := 0; i < len(names); i += 2 {
			m[names[i].(string)] = names[i+1].(domain.ID)
		}
		return m
	}
	anna, bert := b.anna.UserID, b.bert.UserID
	want := []domain.Event{
		{Type: domain.EventCaseCreated, Actor: anna, UserID: anna, CaseID: &c.ID},
		{Type: domain.EventCaseJoined, Actor: anna, UserID: bert, CaseID: &c.ID, Data: ids("memberId", bert)},
		{Type: domain.EventTaskAssigned, Actor: bert, UserID: anna, CaseID: &c.ID, Data: ids("taskId", task.ID, "assigneeId", anna)},
		{Type: domain.EventTaskAssigned, Actor: anna, UserID: bert, CaseID: &c.ID, Data: ids("taskId", task.ID, "assigneeId", bert)},
	}
	if !reflect.DeepEqual(published, want) {
		t.Errorf("told %+v\nwant %+v", published, want)
	}
	testkit.Must(t, b.Delete(ctx, b.anna, c.ID))
	var readers []domain.ID
	if err := db.WithTx(ctx, b.pool, func(tx db.Tx) (err error) {
		readers, err = b.Readers(ctx, tx, c.ID)
		return err
	}); err != nil || len(readers) != 0 {
		t.Errorf("a deleted case has the readers %v, %v", readers, err)
	}
}

func TestOneOwnerStays(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	for range 10 {
		id := b.open(b.anna, "A case")
		b.add(id, b.bert, Owner)
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, p := range []domain.Principal{b.anna, b.bert} {
			wg.Go(func() { errs[i] = b.RemoveMember(ctx, p, id, p.UserID) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("both left, or neither: %v, %v", errs[0], errs[1])
		}
	}
}

// TestWithoutDatabase: what cannot be entered is not shown.
func TestWithoutDatabase(t *testing.T) {
	b := newFixture(t)
	id := b.open(b.anna, "A case")
	_, err := b.pool.ExecContext(t.Context(), "ALTER TABLE case_timeline RENAME TO case_timeline_away")
	testkit.Must(t, err)
	if _, err := b.Get(t.Context(), b.anna, id); err == nil {
		t.Error("a case was read that could not be entered in its timeline")
	}
	if _, err := b.AddNote(t.Context(), b.anna, id, NewNote{Body: "secret"}); err == nil {
		t.Error("a note was written that could not be entered in the timeline")
	}
	_, err = b.pool.ExecContext(t.Context(), "ALTER TABLE case_timeline_away RENAME TO case_timeline")
	testkit.Must(t, err)
	notes, _, err := b.Notes(t.Context(), b.anna, id, 0, nil)
	testkit.Must(t, err)
	if len(notes) != 0 {
		t.Error("the note stayed though its entry did not")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = b.Get(ctx, b.anna, id)
	wantError(t, err, domain.Unavailable)
	b.pool.Close()
	if _, err := b.Get(t.Context(), b.anna, id); err == nil {
		t.Error("read without a database")
	}
}

// TestReadEach reads in several cases at once: what is open is put down, what is not leaves no trace.
func TestReadEach(t *testing.T) {
	b := newFixture(t)
	party, candidateNames, gone := b.open(b.anna, "Mine"), b.open(b.carl, "Theirs"), b.open(b.anna, "Gone")
	testkit.Must(t, b.Delete(t.Context(), b.anna, gone))
	acts := map[domain.ID]Action{domain.NewID(): {Verb: VerbRead, Resource: ResourceDocument}}
	previous := map[domain.ID]int{}
	for _, id := range []domain.ID{party, candidateNames, gone} {
		acts[id] = Action{Verb: VerbRead, Resource: ResourceDocument, Detail: "search"}
		previous[id] = len(b.entries(id))
	}
	open, err := b.AuthorizeReads(t.Context(), b.anna, acts)
	testkit.Must(t, err)
	if len(open) != 1 || !open[party] {
		t.Errorf("open are %v", open)
	}
	if e := b.last(party); e.ActorID != b.anna.UserID || e.Verb != VerbRead || e.Resource != ResourceDocument || e.Detail != "search" || e.Refused || len(b.entries(party)) != previous[party]+1 {
		t.Errorf("put down %+v", e)
	}
	for _, id := range []domain.ID{candidateNames, gone} {
		if len(b.entries(id)) != previous[id] {
			t.Error("a closed case has a new entry")
		}
	}
	if open, err := b.AuthorizeReads(t.Context(), b.root, acts); err != nil || len(open) != 2 {
		t.Errorf("open to an admin are %v, %v", open, err)
	}
	verification, err := b.Verify(t.Context(), b.anna, party)
	testkit.Must(t, err)
	if !verification.Intact {
		t.Error("the timeline is broken")
	}

	// Many at once, in cases they share, wait for each other in turn.
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if _, err := b.AuthorizeReads(t.Context(), b.root, acts); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(b.entries(candidateNames)); n != previous[candidateNames]+1+80 {
		t.Errorf("%d entries", n)
	}
}
