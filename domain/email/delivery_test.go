package email

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/events"
	"counsel/domain/files"
	"counsel/domain/files/filetype"
	"counsel/sandbox/testkit"
)

// TestRecipientOutcomes: one of five recipients is refused and one is deferred. The retry goes only to the
// deferred one.
func TestRecipientOutcomes(t *testing.T) {
	f := newFixture(t)
	later := Deferred
	f.sender.answer = func(to string) Outcome {
		switch to {
		case "r1@example.com":
			return Outcome{Result: Refused, Reason: "550 5.1.1 r1@example.com: no such user", BadAddress: true, Err: fmt.Errorf("mail: RCPT: the server answered 550 5.1.1")}
		case "r3@example.com":
			return Outcome{Result: later, Reason: "451 4.7.1 greylisted"}
		}
		return Outcome{Result: Accepted}
	}
	e := f.send(Message{To: addresses(5), Subject: "x", Text: "x"})
	if err := f.attempt(e.ID); domain.CodeOf(err) != domain.Unavailable {
		t.Fatalf("the job ends with %v", err)
	}
	if e := f.checkStatus(e.ID, Queued, Sent, Bounced, Sent, Queued, Sent); e.Recipients[3].Reason != "451 4.7.1 greylisted" || !strings.HasPrefix(e.Recipients[1].Reason, "550 5.1.1") {
		t.Errorf("%+v", e.Recipients)
	}
	later = Accepted
	testkit.Must(t, f.attempt(e.ID))
	if e := f.checkStatus(e.ID, Sent, Sent, Bounced, Sent, Sent, Sent); e.Attempts != 2 {
		t.Errorf("%d attempts", e.Attempts)
	}
	if m := f.sender.last(); !slices.Equal(m.Recipients, []string{"r3@example.com"}) || len(m.To) != 5 || m.ID != e.ID {
		t.Errorf("the retry has the recipients %v and the header %v", m.Recipients, m.To)
	}
	again := f.send(Message{To: []string{"R1@Example.com", "r0@example.com"}, Subject: "x", Text: "x"})
	testkit.Must(t, f.attempt(again.ID))
	f.checkStatus(again.ID, Sent, Suppressed, Sent)
	alone := f.send(Message{To: []string{"r1@example.com"}, Subject: "x", Text: "x"})
	n := len(f.sender.sent)
	testkit.Must(t, f.attempt(alone.ID))
	if e := f.checkStatus(alone.ID, Failed, Suppressed); e.Reason != reasonSuppressed || len(f.sender.sent) != n {
		t.Errorf("%q, %d", e.Reason, len(f.sender.sent)-n)
	}
	if strings.Contains(f.log.String(), "@") {
		t.Errorf("the log contains %s", f.log)
	}
}

func TestBouncedForAll(t *testing.T) {
	f := newFixture(t)
	f.sender.answer = func(string) Outcome { return Outcome{Result: Refused, Reason: "552 5.2.2 mailbox full"} }
	e := f.send(Message{To: addresses(2), Subject: "x", Text: "x"})
	testkit.Must(t, f.attempt(e.ID))
	if e := f.checkStatus(e.ID, Bounced, Bounced, Bounced); e.Reason != "552 5.2.2 mailbox full" {
		t.Errorf("%q", e.Reason)
	}
	// A full mailbox does not make the address invalid.
	f.sender.answer = nil
	e = f.send(Message{To: addresses(1), Subject: "x", Text: "x"})
	testkit.Must(t, f.attempt(e.ID))
	f.checkStatus(e.ID, Sent)
}

// TestServerDownForAnHour: the mail is sent when the server is back. The attempts span more than a day.
func TestServerDownForAnHour(t *testing.T) {
	f := newFixture(t)
	f.sender.answer = serverDown
	e := f.send(Message{To: addresses(1), Subject: "x", Text: "x"})
	began, tries := f.now, 0
	for ; f.now.Sub(began) < time.Hour; tries++ {
		if err := f.attempt(e.ID); err == nil {
			t.Fatal("a mail without recipients was sent")
		}
		f.now = f.now.Add(f.retryBackoff[tries])
	}
	f.sender.answer = nil
	testkit.Must(t, f.attempt(e.ID))
	if e := f.checkStatus(e.ID, Sent, Sent); e.Attempts != tries+1 || e.Reason != "" {
		t.Errorf("%+v", e)
	}
	var all time.Duration
	for _, d := range f.retryBackoff {
		all += d
	}
	if all < 24*time.Hour {
		t.Errorf("discarded after %s", all)
	}
}

func TestFail(t *testing.T) {
	f := newFixture(t)
	f.sender.answer = func(to string) Outcome {
		if to == "r0@example.com" {
			return Outcome{Result: Accepted}
		}
		return serverDown(to)
	}
	e, other := f.send(Message{To: addresses(2), Subject: "x", Text: "x"}), f.send(Message{To: addresses(3)[2:], Subject: "x", Text: "x"})
	for _, id := range []domain.ID{e.ID, other.ID} {
		if f.attempt(id) == nil {
			t.Fatal("sent")
		}
		testkit.Must(t, f.fail(t.Context(), id))
		testkit.Must(t, f.fail(t.Context(), id)) // a second call changes nothing
	}
	f.checkStatus(e.ID, Sent, Sent, Failed)
	if e := f.checkStatus(other.ID, Failed, Failed); !strings.Contains(e.Reason, "could not be reached") {
		t.Errorf("%q", e.Reason)
	}
	// An admin retries the job: recipients that have the mail do not get it again.
	f.sender.answer = nil
	testkit.Must(t, f.attempt(other.ID))
	f.checkStatus(other.ID, Sent, Sent)
	testkit.Must(t, f.fail(t.Context(), other.ID))
	f.checkStatus(other.ID, Sent, Sent)
}

// TestAttachmentChanges: an attachment changes after the mail was accepted and before it is sent.
func TestAttachmentChanges(t *testing.T) {
	for name, c := range map[string]struct {
		change func(f *fixture, d files.File)
		then   Status
		back   func(f *fixture)
	}{
		"deleted":       {func(f *fixture, d files.File) { testkit.Must(f.t, f.files.Delete(f.t.Context(), f.ada, d.ID)) }, Failed, nil},
		"other bytes":   {func(f *fixture, d files.File) { f.store.SetContent("docs/"+d.ID.String(), []byte("%PDF forged!!")) }, Failed, nil},
		"file lost":     {func(f *fixture, d files.File) { f.store.Remove("docs/" + d.ID.String()) }, Failed, nil},
		"store is down": {func(f *fixture, _ files.File) { f.store.SetDown(true) }, Queued, func(f *fixture) { f.store.SetDown(false) }},
		"all as it was": {func(*fixture, files.File) {}, Sent, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			d := f.upload(f.ada, filetype.PDF, "%PDF original")
			e := f.send(Message{To: addresses(1), Subject: "x", Text: "x", Attachments: []Attachment{{Filename: "a.pdf", DocumentID: d.ID}}})
			c.change(f, d)
			err := f.attempt(e.ID)
			if (err != nil) != (c.then == Queued) {
				t.Fatalf("the job ends with %v", err)
			}
			got := f.checkStatus(e.ID, c.then, c.then)
			if c.then == Failed && got.Reason != reasonAttachmentGone || len(f.sender.sent) > 0 != (c.then == Sent) {
				t.Errorf("%q, %d sent", got.Reason, len(f.sender.sent))
			}
			if c.back != nil {
				c.back(f)
				testkit.Must(t, f.attempt(e.ID))
				f.checkStatus(e.ID, Sent, Sent)
			}
		})
	}
}

// TestSenderLosesAccess: a document that the sender may no longer read is not sent in their name.
func TestSenderLosesAccess(t *testing.T) {
	f := newFixture(t)
	d := f.upload(f.ada, filetype.PDF, "%PDF")
	send := func() Email {
		e, err := f.Send(t.Context(), f.admin, Message{To: addresses(1), Subject: "x", Text: "x", Attachments: []Attachment{{Filename: "a.pdf", DocumentID: d.ID}}})
		testkit.Must(t, err)
		return e
	}
	for _, change := range []string{"UPDATE users SET role = 'lawyer' WHERE id = ?", "UPDATE users SET role = 'admin', disabled_at = NOW() WHERE id = ?"} {
		e := send()
		_, err := f.pool.ExecContext(t.Context(), change, f.admin.UserID)
		testkit.Must(t, err)
		testkit.Must(t, f.attempt(e.ID))
		if got, err := f.Get(t.Context(), f.admin, e.ID); err != nil || got.Status != Failed || got.Reason != reasonAttachmentGone || len(f.sender.sent) != 0 {
			t.Errorf("%+v %v", got, err)
		}
	}
}

// TestConcurrentAttempts: a server whose lease expired ends its attempt after another took over the mail.
func TestConcurrentAttempts(t *testing.T) {
	f := newFixture(t)
	var published []domain.EventType
	f.events = events.PublisherFunc(func(_ context.Context, _ db.Tx, e domain.Event) error {
		published = append(published, e.Type)
		return nil
	})
	e := f.send(Message{To: addresses(1), Subject: "x", Text: "x"})
	nested := false
	f.sender.answer = func(string) Outcome {
		if nested {
			return Outcome{Result: Accepted}
		}
		nested = true
		f.sender.mu.Unlock() // it waits for the mail server
		defer f.sender.mu.Lock()
		testkit.Must(t, f.attempt(e.ID))
		return Outcome{Result: Deferred, Reason: "Come again later."}
	}
	testkit.Must(t, f.attempt(e.ID))
	f.checkStatus(e.ID, Sent, Sent)
	if !slices.Equal(published, []domain.EventType{domain.EventEmailSent}) {
		t.Errorf("the published events are %v", published)
	}
}
