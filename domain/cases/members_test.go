package cases

import (
	"sync"
	"testing"
	"time"

	"counsel/domain"
	"counsel/sandbox/testkit"
)

func TestMembers(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	id := f.open(f.anna, "A case")
	m, err := f.AddMember(ctx, f.anna, id, NewMember{Email: "BERT@example.com", Role: Lawyer})
	testkit.Must(t, err)
	if m.User.ID != f.bert.UserID || m.Role != Lawyer {
		t.Errorf("added %+v", m)
	}
	_, err = f.AddMember(ctx, f.anna, id, NewMember{UserID: &f.bert.UserID, Role: Viewer})
	wantError(t, err, domain.Conflict)
	// A client who claims an address without verifying it cannot be added by it.
	f.requireVerifiedEmail = true
	for _, address := range []string{"nobody@example.com", "carl@example.com"} {
		m, err = f.AddMember(ctx, f.anna, id, NewMember{Email: address, Role: Viewer})
		testkit.Must(t, err)
		if m.Invitation == nil || m.Invitation.Email != address || m.Invitation.Role != Viewer {
			t.Errorf("%s: %+v", address, m)
		}
	}
	_, err = f.pool.ExecContext(ctx, "UPDATE users SET email_verified_at = NOW(6) WHERE id = ?", f.carl.UserID)
	testkit.Must(t, err)
	_, err = f.AddMember(ctx, f.anna, id, NewMember{Email: "carl@example.com", Role: Viewer})
	testkit.Must(t, err)
	testkit.Must(t, f.RemoveMember(ctx, f.anna, id, f.carl.UserID))
	_, err = f.AddMember(ctx, f.bert, id, NewMember{Email: "nobody@example.com", Role: Viewer})
	wantError(t, err, domain.Forbidden) // not NotFound, which would reveal accounts
	_, err = f.AddMember(ctx, f.carl, id, NewMember{Email: "nobody@example.com", Role: Viewer})
	wantError(t, err, domain.NotFound)

	task, err := f.AddTask(ctx, f.anna, id, domain.ID{}, TaskContent{Title: "Answer", AssigneeID: &f.bert.UserID, DueOn: ptr(time.Date(2026, 12, 15, 0, 0, 0, 0, time.UTC))})
	testkit.Must(t, err)

	// The last owner cannot leave.
	wantError(t, f.RemoveMember(ctx, f.anna, id, f.anna.UserID), domain.Conflict)
	_, err = f.UpdateMember(ctx, f.anna, id, f.anna.UserID, Viewer)
	wantError(t, err, domain.Conflict)
	wantError(t, f.RemoveMember(ctx, f.bert, id, f.anna.UserID), domain.Forbidden)
	wantError(t, f.RemoveMember(ctx, f.anna, id, f.dora.UserID), domain.NotFound)
	_, err = f.UpdateMember(ctx, f.anna, id, f.dora.UserID, Viewer)
	wantError(t, err, domain.NotFound)

	list, err := f.Members(ctx, f.bert, id)
	testkit.Must(t, err)
	if len(list) != 2 || list[0].User.FullName != "anna" || list[1].User.Email != "bert@example.com" {
		t.Errorf("listed %+v", list)
	}

	_, err = f.UpdateMember(ctx, f.anna, id, f.bert.UserID, Owner)
	testkit.Must(t, err)
	if e := f.last(id); e.Detail != "role lawyer → owner" || *e.ID != f.bert.UserID {
		t.Errorf("timeline entry %+v", e)
	}
	_, err = f.UpdateMember(ctx, f.anna, id, f.anna.UserID, Viewer)
	testkit.Must(t, err)
	testkit.Must(t, f.RemoveMember(ctx, f.anna, id, f.anna.UserID)) // a viewer may leave
	_, err = f.Get(ctx, f.anna, id)
	wantError(t, err, domain.NotFound)

	f.add(id, f.dora, Owner)
	testkit.Must(t, f.RemoveMember(ctx, f.dora, id, f.bert.UserID))
	tasks, _, err := f.Tasks(ctx, f.dora, id, "", 0, nil)
	testkit.Must(t, err)
	if len(tasks) != 1 || tasks[0].ID != task.ID || tasks[0].AssigneeID != nil || !tasks[0].DueOn.Equal(*task.DueOn) {
		t.Errorf("the task of a former member: %+v", tasks)
	}
}

// TestDemotedLawyer checks that a membership ends with the access it depends on.
func TestDemotedLawyer(t *testing.T) {
	f := newFixture(t)
	id := f.open(f.anna, "A case")
	f.add(id, f.bert, Lawyer)
	demoted := domain.Principal{UserID: f.bert.UserID, Role: domain.RoleClient}
	_, err := f.AddNote(t.Context(), demoted, id, NewNote{Body: "still here"})
	wantError(t, err, domain.Forbidden)
	if _, _, err := f.Notes(t.Context(), demoted, id, 0, nil); err != nil {
		t.Errorf("cannot read: %v", err)
	}
}

// TestLastOwnerStays checks that two owners cannot both leave, or demote each other, at the same time.
func TestLastOwnerStays(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	for range 10 {
		id := f.open(f.anna, "A case")
		f.add(id, f.bert, Owner)
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, p := range []domain.Principal{f.anna, f.bert} {
			wg.Go(func() { errs[i] = f.RemoveMember(ctx, p, id, p.UserID) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("want exactly one to succeed: %v, %v", errs[0], errs[1])
		}
	}
}
