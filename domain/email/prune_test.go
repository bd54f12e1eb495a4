package email

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/files/filetype"
	query "counsel/gen/query/email"
	"counsel/sandbox/testkit"
)

func TestEraseUser(t *testing.T) {
	f := newFixture(t)
	bob := f.newUser(domain.RoleLawyer)
	d := f.upload(f.ada, filetype.PDF, "%PDF")
	e := f.send(Message{To: addresses(2), Subject: "x", Text: "x", Attachments: []Attachment{{Filename: "a.pdf", DocumentID: d.ID}}})
	other, err := f.Send(t.Context(), bob, Message{To: addresses(1), Subject: "x", Text: "x"})
	testkit.Must(t, err)
	_, err = f.Suppress(t.Context(), f.admin, "ada@example.com")
	testkit.Must(t, err)
	testkit.Must(t, f.SuppressBounced(t.Context(), "gone@example.com"))
	for range 2 { // the next owner of the address may be erased, too
		testkit.Must(t, f.inTx(func(tx db.Tx) error { return f.EraseUser(t.Context(), tx, f.ada.UserID, "Ada@example.com") }))
		testkit.Must(t, f.inTx(func(tx db.Tx) error { return f.EraseUser(t.Context(), tx, f.ada.UserID, "gone@example.com") }))
	}
	if reason, err := f.WhySuppressed(t.Context(), "ADA@example.com"); err != nil || reason != SuppressedManually {
		t.Errorf("the suppression was removed with the user: %q %v", reason, err)
	}
	if reason, err := f.WhySuppressed(t.Context(), "gone@example.com"); err != nil || reason != "" {
		t.Errorf("the next owner of the address is suppressed: %q %v", reason, err)
	}
	list, _, err := f.Suppressions(t.Context(), f.admin, 0, nil)
	testkit.Must(t, err)
	if len(list) != 1 || list[0].Address != "erased-b5fc85e55755f9e0d030a10ab4429b6b@erased.invalid" {
		t.Errorf("%+v", list)
	}
	testkit.Must(t, f.attempt(e.ID)) // its job still exists
	if len(f.sender.sent) != 0 {
		t.Error("the mail was sent")
	}
	for table, n := range map[string]int{"emails": 1, "email_recipients": 1, "email_attachments": 0, "email_suppressions": 1} {
		var have int
		testkit.Must(t, f.pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&have))
		if have != n {
			t.Errorf("%s: %d, want %d", table, have, n)
		}
	}
	if _, err := f.Get(t.Context(), bob, other.ID); err != nil {
		t.Error(err)
	}
}

// TestPrune: only the text of mails that ended long ago is deleted.
func TestPrune(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.retention = 90 * 24 * time.Hour
	d := f.upload(f.ada, filetype.PDF, "%PDF")
	file := Attachment{Filename: "a.pdf", DocumentID: d.ID}
	old := f.send(Message{To: addresses(1), Subject: "Old", Text: "Long ago", HTML: "<p>Long ago</p>", Attachments: []Attachment{file}})
	testkit.Must(t, f.attempt(old.ID))
	notice, err := f.notify(SystemMail{Kind: PasswordChanged, UserID: f.ada.UserID, To: "ada@example.com", Fields: map[string]string{"name": "Ada"}})
	testkit.Must(t, err)
	testkit.Must(t, f.attempt(notice))
	ahead := f.send(Message{To: addresses(1), Subject: "Ahead", Text: "In a year", SendAt: f.now.Add(300 * 24 * time.Hour)})
	f.now = f.now.Add(f.retention)
	testkit.Must(t, f.prune(ctx))
	if e := f.get(old.ID); e.Text != "Long ago" {
		t.Errorf("too early: %+v", e)
	}
	young := f.send(Message{To: addresses(1), Subject: "Young", Text: "Today"})
	testkit.Must(t, f.attempt(young.ID))
	f.now = f.now.Add(time.Second)
	caseID := domain.NewID()
	_, err = f.pool.ExecContext(ctx, "INSERT INTO cases (id, title, description, status, legal_hold, created_by, created_at, updated_at) VALUES (?, 'A case', '', 'open', TRUE, ?, NOW(6), NOW(6))", caseID, f.ada.UserID)
	testkit.Must(t, err)
	_, err = f.pool.ExecContext(ctx, "INSERT INTO case_members (case_id, user_id, role, created_at) VALUES (?, ?, 'lawyer', NOW(6))", caseID, f.ada.UserID)
	testkit.Must(t, err)
	testkit.Must(t, f.prune(ctx))
	if f.get(old.ID).Text != "Long ago" {
		t.Error("a mail under legal hold has no text")
	}
	_, err = f.pool.ExecContext(ctx, "UPDATE cases SET legal_hold = FALSE")
	testkit.Must(t, err)
	for range 2 {
		testkit.Must(t, f.prune(ctx))
	}
	e := f.checkStatus(old.ID, Sent, Sent)
	if e.Text+e.HTML != "" || e.Subject != "Old" || len(e.Attachments) != 1 || e.Attachments[0].Filename != "a.pdf" || !e.UpdatedAt.Equal(f.get(old.ID).UpdatedAt) {
		t.Errorf("%+v", e)
	}
	if f.get(ahead.ID).Text != "In a year" || f.get(young.ID).Text != "Today" {
		t.Error("a queued or recent mail has no text")
	}
	if _, err := query.New(f.pool).GetEmail(ctx, notice); !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("a system mail is still stored: %v", err)
	}
}
