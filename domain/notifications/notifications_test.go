package notifications

import (
	"context"
	"counsel/sandbox/testkit"
	"database/sql"
	"reflect"
	"slices"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/events"
)

// TestFanOut: everybody in the audience but the actor is notified once, however often the job runs.
func TestFanOut(t *testing.T) {
	f := newFixture(t)
	e := f.uploaded(f.anna)
	if n := f.publish(e); n != 1 {
		t.Fatalf("%d jobs were enqueued", n)
	}
	f.work()
	f.work()
	f.wantTypes(f.anna)
	f.wantTypes(f.bert, domain.EventDocumentUploaded)
	f.wantTypes(f.carl)
	n := f.list(f.bert, Filter{})[0]
	if *n.CaseID != f.caseID || n.CaseTitle != "Northwind v. Southwind" || !reflect.DeepEqual(n.Data, e.Data) || n.ReadAt != nil {
		t.Errorf("%+v", n)
	}
	// An event without a case has its owner as the audience. Without recipients there is no job.
	bounced := domain.Event{Type: domain.EventEmailBounced, UserID: f.carl.UserID, Data: map[string]domain.ID{"emailId": domain.NewID()}}
	own := domain.Event{Type: domain.EventDocumentUploaded, Actor: f.carl.UserID, UserID: f.carl.UserID}
	if f.publish(bounced) != 1 || f.publish(own) != 0 || f.publish(domain.Event{Type: domain.EventCaseCreated, Actor: f.anna.UserID, CaseID: &f.caseID}) != 0 {
		t.Error("the wrong number of jobs was enqueued")
	}
	f.work()
	f.wantTypes(f.carl, domain.EventEmailBounced)
}

// TestRecipient: an event that names a recipient notifies only them.
func TestRecipient(t *testing.T) {
	f := newFixture(t)
	f.addMember(f.carl)
	assigned := domain.Event{Type: domain.EventTaskAssigned, Actor: f.anna.UserID, UserID: f.bert.UserID, CaseID: &f.caseID,
		Data: map[string]domain.ID{"taskId": domain.NewID(), "assigneeId": f.bert.UserID}}
	f.publish(assigned)
	assigned.Data = map[string]domain.ID{"taskId": domain.NewID(), "assigneeId": f.anna.UserID}
	if f.publish(assigned) != 0 {
		t.Error("the assignee was notified of a task that she assigned to herself")
	}
	f.work()
	f.wantTypes(f.anna)
	f.wantTypes(f.bert, domain.EventTaskAssigned)
	f.wantTypes(f.carl)
}

// TestCaseAccess: a notification about a case is visible only to members, and the job looks the members up again.
func TestCaseAccess(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.publish(f.uploaded(f.anna))
	f.work()
	n := f.list(f.bert, Filter{})[0]
	wantCode(t, second(f.MarkRead(ctx, f.carl, n.ID, true)), domain.NotFound)
	wantCode(t, second(f.MarkRead(ctx, f.bert, domain.NewID(), true)), domain.NotFound)

	f.publish(f.uploaded(f.anna))
	testkit.Must(t, f.cases.RemoveMember(ctx, f.anna, f.caseID, f.bert.UserID))
	f.work()
	f.wantTypes(f.bert)
	wantCode(t, second(f.MarkRead(ctx, f.bert, n.ID, true)), domain.NotFound)
	if unread, err := f.CountUnread(ctx, f.bert); err != nil || unread != 0 || len(f.list(f.bert, Filter{Unread: true})) != 0 {
		t.Errorf("%d unread, %v", unread, err)
	}
	f.addMember(f.bert)
	f.wantTypes(f.bert, domain.EventDocumentUploaded) // only the first
	testkit.Must(t, f.cases.Delete(ctx, f.anna, f.caseID))
	f.wantTypes(f.bert)
	if f.publish(f.uploaded(f.anna)) != 0 {
		t.Error("a deleted case has an audience")
	}
}

func TestMarkRead(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	for range 5 {
		f.publish(f.uploaded(f.anna))
	}
	f.work()
	unread := func(want int) {
		t.Helper()
		if n, err := f.CountUnread(ctx, f.bert); err != nil || n != want || len(f.list(f.bert, Filter{Unread: true})) != want {
			t.Errorf("%d unread, want %d, %v", n, want, err)
		}
	}
	all := f.list(f.bert, Filter{})
	unread(5)
	first, err := f.MarkRead(ctx, f.bert, all[4].ID, true)
	testkit.Must(t, err)
	repeated, err := f.MarkRead(ctx, f.bert, all[4].ID, true)
	testkit.Must(t, err)
	if first.ReadAt == nil || repeated.ReadAt == nil || !repeated.ReadAt.Equal(*first.ReadAt) {
		t.Errorf("read at %v, then %v", first.ReadAt, repeated.ReadAt)
	}
	unread(4)
	testkit.Must(t, f.MarkAllRead(ctx, f.bert, all[1].ID))
	unread(1)
	testkit.Must(t, second(f.MarkRead(ctx, f.bert, all[2].ID, false)))
	unread(2)

	var got []domain.ID
	filter := Filter{Limit: 2}
	for pages := 1; ; pages++ {
		items, next, err := f.List(ctx, f.bert.UserID, filter)
		testkit.Must(t, err)
		for _, n := range items {
			got = append(got, n.ID)
		}
		if filter.Cursor = next; next == nil {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
	}
	if !slices.EqualFunc(got, all, func(id domain.ID, n Notification) bool { return id == n.ID }) {
		t.Errorf("the pages contain %v", got)
	}
}

// TestPrune: read ones are deleted after 90 days, the others after a year. One that was marked unread again is not read.
func TestPrune(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	for range 3 {
		f.publish(f.uploaded(f.anna))
	}
	f.work()
	all := f.list(f.bert, Filter{})
	for _, n := range all[:2] {
		testkit.Must(t, second(f.MarkRead(ctx, f.bert, n.ID, true)))
	}
	testkit.Must(t, second(f.MarkRead(ctx, f.bert, all[1].ID, false)))
	for _, step := range []struct {
		after time.Duration
		left  int
	}{{ReadRetention - time.Hour, 3}, {ReadRetention + time.Hour, 2}, {Retention - time.Hour, 2}, {Retention + time.Hour, 0}} {
		f.clockOffset = step.after
		testkit.Must(t, f.prune(ctx))
		if n := len(f.list(f.bert, Filter{})); n != step.left {
			t.Errorf("after %s %d are left, want %d", step.after, n, step.left)
		}
	}
}

func TestPreferences(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	changed := domain.Event{Type: domain.EventDraftUpdated, Actor: f.anna.UserID, UserID: f.anna.UserID, CaseID: &f.caseID, Data: map[string]domain.ID{"draftId": domain.NewID()}}
	if f.publish(changed) != 0 {
		t.Error("an opt-in type enqueued a job, but nobody opted in")
	}
	defaults, err := f.Preferences(ctx, f.bert.UserID)
	testkit.Must(t, err)
	if len(defaults) != len(domain.EventTypes)-1 {
		t.Errorf("%d types: %+v", len(defaults), defaults)
	}
	chosen := []Preference{{domain.EventDraftUpdated, true, false}, {domain.EventDocumentUploaded, false, false}}
	after, err := f.SetPreferences(ctx, f.bert, chosen)
	testkit.Must(t, err)
	for _, p := range chosen {
		if len(after) != len(defaults) || !slices.Contains(after, p) || slices.Contains(defaults, p) {
			t.Errorf("%+v is not set in %+v", p, after)
		}
	}
	if f.publish(changed) != 1 {
		t.Error("no job was enqueued, but a user opted in")
	}
	f.publish(f.uploaded(f.anna))
	f.work()
	f.wantTypes(f.bert, domain.EventDraftUpdated)

	wantCode(t, second(f.SetPreferences(ctx, f.bert, []Preference{{Type: domain.EventDraftUpdated}, {Type: domain.EventDraftUpdated}})), domain.Invalid)
	wantCode(t, second(f.SetPreferences(ctx, f.bert, []Preference{{Type: domain.EventCaseCreated}})), domain.Invalid)
	if repeated, err := f.Preferences(ctx, f.bert.UserID); err != nil || !slices.Equal(repeated, after) {
		t.Errorf("%+v, %v", repeated, err)
	}
	if none, err := f.SetPreferences(ctx, f.bert, nil); err != nil || !slices.Equal(none, defaults) {
		t.Errorf("%+v, %v", none, err)
	}
}

// TestMails: a mail goes once to each recipient who wants it and has a verified address, but not to the owner of a
// signature request, who gets another one.
func TestMails(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.addMember(f.carl)
	all := []Preference{{domain.EventSignatureCompleted, true, true}, {domain.EventDocumentUploaded, false, true}}
	for _, who := range []domain.Principal{f.anna, f.bert, f.carl} {
		testkit.Must(t, second(f.SetPreferences(ctx, who, all)))
	}
	f.exec("UPDATE users SET email_verified_at = NULL WHERE id = ?", f.carl.UserID)
	got := func(want ...string) {
		t.Helper()
		f.work()
		f.work()
		var to []string
		for _, m := range f.mails {
			to = append(to, string(m.Type)+" "+m.To.FullName)
		}
		if !slices.Equal(to, want) {
			t.Errorf("mails %q, want %q", to, want)
		}
	}
	f.publish(domain.Event{Type: domain.EventSignatureCompleted, UserID: f.anna.UserID, CaseID: &f.caseID, Data: map[string]domain.ID{"trackingId": domain.NewID()}})
	got("signature.completed bert")
	f.publish(f.uploaded(f.anna)) // only by mail
	got("signature.completed bert", "document.uploaded bert")
	f.wantTypes(f.bert, domain.EventSignatureCompleted)

	f.exec("UPDATE users SET disabled_at = NOW(6) WHERE id = ?", f.bert.UserID)
	f.publish(f.uploaded(f.carl))
	got("signature.completed bert", "document.uploaded bert", "document.uploaded anna")
}

// TestFanOutIsAtomic: when a mail cannot be written, nothing is. The retry writes everything.
func TestFanOutIsAtomic(t *testing.T) {
	f := newFixture(t)
	testkit.Must(t, second(f.SetPreferences(t.Context(), f.bert, []Preference{{domain.EventDocumentUploaded, true, true}})))
	sendMail := f.sendMail
	f.sendMail = func(context.Context, db.Tx, Mail) error { return sql.ErrConnDone }
	f.publish(f.uploaded(f.anna))
	if err := second(f.fanOut(t.Context(), f.allJobs()[0])); err == nil {
		t.Error("the job succeeds")
	}
	f.wantTypes(f.bert)
	f.sendMail = sendMail
	f.work()
	f.wantTypes(f.bert, domain.EventDocumentUploaded)
	if len(f.mails) != 1 || f.mails[0].Notification != f.list(f.bert, Filter{})[0].ID {
		t.Errorf("%+v", f.mails)
	}
}

func TestEraseUser(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.addMember(f.carl)
	testkit.Must(t, second(f.SetPreferences(ctx, f.bert, []Preference{{domain.EventDraftUpdated, true, false}})))
	f.publish(f.uploaded(f.anna))
	f.work()
	testkit.Must(t, db.WithTx(ctx, f.pool, func(tx db.Tx) error { return f.EraseUser(ctx, tx, f.bert.UserID) }))
	f.wantTypes(f.bert)
	f.wantTypes(f.carl, domain.EventDocumentUploaded)
	if rows, err := f.rows.ListNotificationPreferences(ctx, f.bert.UserID); err != nil || len(rows) != 0 {
		t.Errorf("%+v, %v", rows, err)
	}
}

// BenchmarkOnEvent measures what an event costs its transaction, including the look-up of the audience.
func BenchmarkOnEvent(b *testing.B) {
	f := newFixture(b)
	edited := f.uploaded(f.anna)
	edited.Type = domain.EventDraftUpdated
	own := domain.Event{Type: domain.EventDocumentUploaded, Actor: f.anna.UserID, UserID: f.anna.UserID}
	nobody := func(context.Context, db.Tx, domain.Event, []domain.ID) error { return nil }
	for _, part := range []struct {
		name string
		e    domain.Event
		on   events.AudienceSubscriber
	}{{"without", edited, nobody}, {"nobody opted in", edited, f.OnEvent}, {"notified", f.uploaded(f.anna), f.OnEvent}, {"without, own", own, nobody}, {"own", own, f.OnEvent}} {
		b.Run(part.name, func(b *testing.B) {
			for b.Loop() {
				testkit.Must(b, db.WithTx(b.Context(), f.pool, func(tx db.Tx) error { return events.ForAudience(f.cases, part.on)(b.Context(), tx, part.e) }))
			}
		})
	}
}
