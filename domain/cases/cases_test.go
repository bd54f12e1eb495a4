package cases

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/events"
	"counsel/sandbox/testkit"
)

func TestCaseLifecycle(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	c, err := f.Create(ctx, f.anna, NewCase{Title: "  Northwind v. Southwind ", Description: "Late deliveries."})
	testkit.Must(t, err)
	got, err := f.Get(ctx, f.anna, c.ID)
	testkit.Must(t, err)
	if got != c || got.Title != "Northwind v. Southwind" || got.Status != Open || got.MyRole != Owner {
		t.Errorf("got %+v, want %+v", got, c)
	}

	closed, err := f.Update(ctx, f.anna, c.ID, Update{Status: ptr(Closed), Title: ptr("Settled")})
	testkit.Must(t, err)
	if closed.Status != Closed || closed.ClosedAt == nil || closed.Title != "Settled" || closed.Description != c.Description {
		t.Errorf("closed: %+v", closed)
	}
	if e := f.last(c.ID); e.Detail != "title, status open → closed" || e.Verb != VerbUpdate {
		t.Errorf("timeline entry %+v", e)
	}
	_, err = f.AddNote(ctx, f.anna, c.ID, NewNote{Body: "too late"})
	wantError(t, err, domain.Conflict, "case_closed")
	_, err = f.AddTask(ctx, f.admin, c.ID, domain.ID{}, TaskContent{Title: "too late"})
	wantError(t, err, domain.Conflict, "case_closed")
	changed, err := f.Update(ctx, f.anna, c.ID, Update{Status: ptr(Open)})
	testkit.Must(t, err)
	if changed.ClosedAt != nil {
		t.Error("a reopened case has a closing time")
	}

	note, err := f.AddNote(ctx, f.anna, c.ID, NewNote{Body: "They offered to settle."})
	testkit.Must(t, err)
	task, err := f.AddTask(ctx, f.anna, c.ID, domain.ID{}, TaskContent{Title: "Answer"})
	testkit.Must(t, err)
	_, err = f.Update(ctx, f.anna, c.ID, Update{LegalHold: ptr(true)})
	testkit.Must(t, err)
	for name, err := range map[string]error{
		"case": f.Delete(ctx, f.anna, c.ID), "case by an admin": f.Delete(ctx, f.admin, c.ID),
		"note": f.DeleteNote(ctx, f.anna, c.ID, note.ID), "task": f.DeleteTask(ctx, f.anna, c.ID, task.ID),
	} {
		t.Run("hold on "+name, func(t *testing.T) { wantError(t, err, domain.Conflict, "legal_hold") })
	}
	_, err = f.Update(ctx, f.anna, c.ID, Update{LegalHold: ptr(false)})
	testkit.Must(t, err)
	testkit.Must(t, f.DeleteNote(ctx, f.anna, c.ID, note.ID))
	testkit.Must(t, f.Delete(ctx, f.anna, c.ID))
	for _, p := range []domain.Principal{f.anna, f.admin, f.carl} {
		_, err = f.Get(ctx, p, c.ID)
		wantError(t, err, domain.NotFound)
		if items, _, _ := f.List(ctx, p, Filter{}); len(items) > 0 {
			t.Errorf("a deleted case is listed: %+v", items)
		}
	}
	if e := f.last(c.ID); e.Verb != VerbDelete || e.Resource != ResourceCase || e.Refused {
		t.Errorf("the last entry is %+v", e)
	}
}

func TestInvalidInput(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	id := f.open(f.anna, "A case")
	for name, try := range map[string]func() error{
		"blank title":        func() error { _, err := f.Create(ctx, f.anna, NewCase{Title: "  "}); return err },
		"long title":         func() error { _, err := f.Create(ctx, f.anna, NewCase{Title: strings.Repeat("é", 201)}); return err },
		"control characters": func() error { _, err := f.Create(ctx, f.anna, NewCase{Title: "a\x00b"}); return err },
		"long description": func() error {
			_, err := f.Create(ctx, f.anna, NewCase{Title: "a", Description: strings.Repeat("a", 10_001)})
			return err
		},
		"unknown status": func() error { _, err := f.Update(ctx, f.anna, id, Update{Status: ptr(Status("lost"))}); return err },
		"blank note":     func() error { _, err := f.AddNote(ctx, f.anna, id, NewNote{Body: "\n"}); return err },
		"unknown role": func() error {
			_, err := f.AddMember(ctx, f.anna, id, NewMember{UserID: &f.bert.UserID, Role: "king"})
			return err
		},
		"nobody": func() error { _, err := f.AddMember(ctx, f.anna, id, NewMember{Role: Viewer}); return err },
		"unknown id": func() error {
			_, err := f.AddMember(ctx, f.anna, id, NewMember{UserID: ptr(domain.NewID()), Role: Viewer})
			return err
		},
		"no e-mail": func() error {
			_, err := f.AddMember(ctx, f.anna, id, NewMember{Email: "no", Role: Viewer})
			return err
		},
		"client as lawyer": func() error {
			_, err := f.AddMember(ctx, f.anna, id, NewMember{UserID: &f.ella.UserID, Role: Lawyer})
			return err
		},
		"stranger's task": func() error {
			_, err := f.AddTask(ctx, f.anna, id, domain.ID{}, TaskContent{Title: "a", AssigneeID: &f.bert.UserID})
			return err
		},
		"a day long ago": func() error {
			_, err := f.AddTask(ctx, f.anna, id, domain.ID{}, TaskContent{Title: "a", DueOn: ptr(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC))})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { wantError(t, try(), domain.Invalid) })
	}
	if n := len(f.entries(id)); n != 1 {
		t.Errorf("invalid input was recorded in %d entries", n-1)
	}
}

func TestList(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	var ids []domain.ID
	for _, title := range []string{"Müller ./. Meier", "100% owned_by nobody", "Estate of O'Brien", `back\slash`} {
		ids = append(ids, f.open(f.anna, title))
	}
	candidate := f.open(f.carl, "Muller elsewhere")
	_, err := f.Update(ctx, f.anna, ids[2], Update{Status: ptr(Closed), Description: ptr("a will")})
	testkit.Must(t, err)
	found := func(p domain.Principal, filter Filter) []domain.ID {
		t.Helper()
		var out []domain.ID
		for {
			items, next, err := f.List(ctx, p, filter)
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
		"all":              {f.anna, Filter{}, newest},
		"page by page":     {f.anna, Filter{Limit: 1}, newest},
		"open":             {f.anna, Filter{Status: Open}, []domain.ID{ids[3], ids[1], ids[0]}},
		"closed":           {f.anna, Filter{Status: Closed}, ids[2:3]},
		"without accents":  {f.anna, Filter{Text: "MULLER"}, ids[:1]},
		"description":      {f.anna, Filter{Text: "will"}, ids[2:3]},
		"percent":          {f.anna, Filter{Text: "100%"}, ids[1:2]},
		"percent alone":    {f.anna, Filter{Text: "%"}, ids[1:2]},
		"underscore":       {f.anna, Filter{Text: "_"}, ids[1:2]},
		"quote":            {f.anna, Filter{Text: "O'Brien"}, ids[2:3]},
		"backslash":        {f.anna, Filter{Text: `\`}, ids[3:]},
		"nothing":          {f.anna, Filter{Text: "nowhere"}, nil},
		"another's":        {f.carl, Filter{}, []domain.ID{candidate}},
		"nobody's":         {f.dora, Filter{}, nil},
		"an admin's":       {f.admin, Filter{}, append([]domain.ID{candidate}, newest...)},
		"an admin's words": {f.admin, Filter{Text: "muller"}, []domain.ID{candidate, ids[0]}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := found(c.who, c.filter); !slices.Equal(got, c.want) {
				t.Errorf("found %v, want %v", got, c.want)
			}
		})
	}
}

func TestNotesAndTasks(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	id, otherCase := f.open(f.anna, "A case"), f.open(f.anna, "Another")
	for i := range 5 {
		_, err := f.AddNote(ctx, f.anna, id, NewNote{Body: fmt.Sprintf("line %d\nnext", i)})
		testkit.Must(t, err)
	}
	first, next, err := f.Notes(ctx, f.anna, id, 3, nil)
	testkit.Must(t, err)
	rest, head, err := f.Notes(ctx, f.anna, id, 3, next)
	testkit.Must(t, err)
	if len(first) != 3 || len(rest) != 2 || head != nil || first[0].Body != "line 4\nnext" || rest[1].Body != "line 0\nnext" {
		t.Errorf("paged %+v, %+v", first, rest)
	}
	// Notes and tasks of another case are not found.
	wantError(t, f.DeleteNote(ctx, f.anna, otherCase, first[0].ID), domain.NotFound)
	testkit.Must(t, f.DeleteNote(ctx, f.anna, id, first[0].ID))
	wantError(t, f.DeleteNote(ctx, f.anna, id, first[0].ID), domain.NotFound)

	due := time.Date(2026, 12, 15, 0, 0, 0, 0, time.UTC)
	task, err := f.AddTask(ctx, f.anna, id, domain.ID{}, TaskContent{Title: "File", DueOn: &due, AssigneeID: &f.anna.UserID})
	testkit.Must(t, err)
	_, err = f.ReplaceTask(ctx, f.anna, otherCase, task.ID, task.TaskContent)
	wantError(t, err, domain.NotFound)
	wantError(t, f.DeleteTask(ctx, f.anna, otherCase, task.ID), domain.NotFound)
	done, err := f.ReplaceTask(ctx, f.anna, id, task.ID, TaskContent{Title: "Filed", Status: TaskDone})
	testkit.Must(t, err)
	if done.DueOn != nil || done.AssigneeID != nil || done.Status != TaskDone || done.CreatedAt != task.CreatedAt {
		t.Errorf("replaced: %+v", done)
	}
	if e := f.last(id); e.Detail != "title, status open → done, due 2026-12-15 → none, assignee" {
		t.Errorf("detail %q", e.Detail)
	}
	open, _, err := f.Tasks(ctx, f.anna, id, TaskOpen, 0, nil)
	testkit.Must(t, err)
	finished, _, err := f.Tasks(ctx, f.anna, id, TaskDone, 0, nil)
	testkit.Must(t, err)
	if len(open) != 0 || len(finished) != 1 || finished[0] != done {
		t.Errorf("open %+v, done %+v", open, finished)
	}
	testkit.Must(t, f.DeleteTask(ctx, f.anna, id, task.ID))
	wantError(t, f.DeleteTask(ctx, f.anna, id, task.ID), domain.NotFound)
}

// TestEvents checks that changes of a case are published with their actor, and tasks only when they are
// assigned.
func TestEvents(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	var published []domain.Event
	f.events = events.PublisherFunc(func(_ context.Context, _ db.Tx, e domain.Event) error {
		published = append(published, e)
		return nil
	})
	c, err := f.Create(ctx, f.anna, NewCase{Title: "Northwind v. Southwind"})
	testkit.Must(t, err)
	_, err = f.AddMember(ctx, f.anna, c.ID, NewMember{UserID: &f.bert.UserID, Role: Lawyer})
	testkit.Must(t, err)
	task, err := f.AddTask(ctx, f.bert, c.ID, domain.ID{}, TaskContent{Title: "Answer", AssigneeID: &f.anna.UserID})
	testkit.Must(t, err)
	task, err = f.ReplaceTask(ctx, f.anna, c.ID, task.ID, TaskContent{Title: "Answer them", AssigneeID: task.AssigneeID})
	testkit.Must(t, err)
	_, err = f.ReplaceTask(ctx, f.anna, c.ID, task.ID, TaskContent{Title: "Answer them", AssigneeID: &f.bert.UserID})
	testkit.Must(t, err)
	_, err = f.ReplaceTask(ctx, f.anna, c.ID, task.ID, TaskContent{Title: "Answer them"})
	testkit.Must(t, err)
	ids := func(names ...any) map[string]domain.ID {
		m := map[string]domain.ID{}
		for i := 0; i < len(names); i += 2 {
			m[names[i].(string)] = names[i+1].(domain.ID)
		}
		return m
	}
	anna, bert := f.anna.UserID, f.bert.UserID
	want := []domain.Event{
		{Type: domain.EventCaseCreated, Actor: anna, UserID: anna, CaseID: &c.ID},
		{Type: domain.EventCaseJoined, Actor: anna, UserID: bert, CaseID: &c.ID, Data: ids("memberId", bert)},
		{Type: domain.EventTaskAssigned, Actor: bert, UserID: anna, CaseID: &c.ID, Data: ids("taskId", task.ID, "assigneeId", anna)},
		{Type: domain.EventTaskAssigned, Actor: anna, UserID: bert, CaseID: &c.ID, Data: ids("taskId", task.ID, "assigneeId", bert)},
	}
	if !reflect.DeepEqual(published, want) {
		t.Errorf("published %+v\nwant %+v", published, want)
	}
	testkit.Must(t, f.Delete(ctx, f.anna, c.ID))
	var readers []domain.ID
	if err := db.WithTx(ctx, f.pool, func(tx db.Tx) (err error) {
		readers, err = f.Readers(ctx, tx, c.ID)
		return err
	}); err != nil || len(readers) != 0 {
		t.Errorf("a deleted case has the readers %v, %v", readers, err)
	}
}

// TestDatabaseDown checks that nothing is returned whose timeline entry cannot be written.
func TestDatabaseDown(t *testing.T) {
	f := newFixture(t)
	id := f.open(f.anna, "A case")
	_, err := f.pool.ExecContext(t.Context(), "ALTER TABLE case_timeline RENAME TO case_timeline_away")
	testkit.Must(t, err)
	if _, err := f.Get(t.Context(), f.anna, id); err == nil {
		t.Error("a case was read without a timeline entry")
	}
	if _, err := f.AddNote(t.Context(), f.anna, id, NewNote{Body: "secret"}); err == nil {
		t.Error("a note was written without a timeline entry")
	}
	_, err = f.pool.ExecContext(t.Context(), "ALTER TABLE case_timeline_away RENAME TO case_timeline")
	testkit.Must(t, err)
	notes, _, err := f.Notes(t.Context(), f.anna, id, 0, nil)
	testkit.Must(t, err)
	if len(notes) != 0 {
		t.Error("the note was stored without its entry")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = f.Get(ctx, f.anna, id)
	wantError(t, err, domain.Unavailable)
	f.pool.Close()
	if _, err := f.Get(t.Context(), f.anna, id); err == nil {
		t.Error("the case was read without a database")
	}
}

// TestReadInSeveralCases reads in several cases at once: access to open cases is recorded, and
// other cases leave no trace.
func TestReadInSeveralCases(t *testing.T) {
	f := newFixture(t)
	party, candidateNames, deleted := f.open(f.anna, "Mine"), f.open(f.carl, "Theirs"), f.open(f.anna, "Gone")
	testkit.Must(t, f.Delete(t.Context(), f.anna, deleted))
	acts := map[domain.ID]Action{domain.NewID(): {Verb: VerbRead, Resource: ResourceDocument}}
	previous := map[domain.ID]int{}
	for _, id := range []domain.ID{party, candidateNames, deleted} {
		acts[id] = Action{Verb: VerbRead, Resource: ResourceDocument, Detail: "search"}
		previous[id] = len(f.entries(id))
	}
	open, err := f.AuthorizeReads(t.Context(), f.anna, acts)
	testkit.Must(t, err)
	if len(open) != 1 || !open[party] {
		t.Errorf("accessible cases: %v", open)
	}
	if e := f.last(party); e.ActorID != f.anna.UserID || e.Verb != VerbRead || e.Resource != ResourceDocument || e.Detail != "search" || e.Refused || len(f.entries(party)) != previous[party]+1 {
		t.Errorf("recorded %+v", e)
	}
	for _, id := range []domain.ID{candidateNames, deleted} {
		if len(f.entries(id)) != previous[id] {
			t.Error("a closed case has a new entry")
		}
	}
	if open, err := f.AuthorizeReads(t.Context(), f.admin, acts); err != nil || len(open) != 2 {
		t.Errorf("accessible to an admin: %v, %v", open, err)
	}
	verification, err := f.Verify(t.Context(), f.anna, party)
	testkit.Must(t, err)
	if !verification.Intact {
		t.Error("the timeline is broken")
	}

	// Concurrent reads in the same cases wait for each other.
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if _, err := f.AuthorizeReads(t.Context(), f.admin, acts); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(f.entries(candidateNames)); n != previous[candidateNames]+1+80 {
		t.Errorf("%d entries", n)
	}
}
