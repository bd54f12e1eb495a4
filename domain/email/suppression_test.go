package email

import (
	"strings"
	"testing"

	"counsel/domain"
	query "counsel/gen/query/email"
	"counsel/sandbox/testkit"
)

func TestSuppressions(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	_, err := f.Suppress(ctx, f.ada, "x@example.com")
	checkError(t, err, domain.Forbidden, "")
	_, err = f.Suppress(ctx, f.admin, "x")
	checkError(t, err, domain.Invalid, "/address")
	first, err := f.Suppress(ctx, f.admin, "Grace@Bücher.example")
	testkit.Must(t, err)
	twice, err := f.Suppress(ctx, f.admin, "grace@xn--bcher-kva.example")
	testkit.Must(t, err)
	if first != twice || first.Address != "grace@bücher.example" || first.Reason != SuppressedManually {
		t.Errorf("%+v %+v", first, twice)
	}
	e := f.send(Message{To: []string{"GRACE@bücher.example"}, Subject: "x", Text: "x"})
	testkit.Must(t, f.attempt(e.ID))
	f.checkStatus(e.ID, Failed, Suppressed)
	// A suppression does not stop mails about the own account.
	id, err := f.notify(SystemMail{Kind: PasswordChanged, UserID: f.ada.UserID, To: "grace@bücher.example"})
	testkit.Must(t, err)
	testkit.Must(t, f.attempt(id))
	if len(f.sender.sent) != 1 {
		t.Error("a system mail was suppressed")
	}
	list, next, err := f.Suppressions(ctx, f.admin, 0, nil)
	if err != nil || len(list) != 1 || next != nil || list[0] != first {
		t.Errorf("%+v %v %v", list, next, err)
	}
	_, _, err = f.Suppressions(ctx, f.ada, 0, nil)
	checkError(t, err, domain.Forbidden, "")
	checkError(t, f.Unsuppress(ctx, f.ada, first.ID), domain.Forbidden, "")
	testkit.Must(t, f.Unsuppress(ctx, f.admin, first.ID))
	checkError(t, f.Unsuppress(ctx, f.admin, first.ID), domain.NotFound, "")
}

func TestUnsubscribe(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	batch := func(to ...string) Email {
		t.Helper()
		out, err := f.SendBatch(ctx, f.ada, []Message{{To: to, Subject: "News", Text: "News."}})
		testkit.Must(t, err)
		testkit.Must(t, out[0].Err)
		testkit.Must(t, f.attempt(out[0].Email.ID))
		return out[0].Email
	}
	news := batch("Grace@example.com")
	secret, ok := strings.CutPrefix(f.sender.sent[0].Unsubscribe, "https://counsel.example/unsubscribe/")
	if !ok {
		t.Fatalf("%q", f.sender.sent[0].Unsubscribe)
	}
	// With several recipients a click could be anyone's; a mail to one person is not a mailing list.
	several, alone := batch("grace@example.com", "carol@example.com"), f.send(Message{To: []string{"grace@example.com"}, Subject: "x", Text: "x"})
	testkit.Must(t, f.attempt(alone.ID))
	for _, m := range f.sender.sent[1:] {
		if m.Unsubscribe != "" {
			t.Errorf("%+v", m)
		}
	}
	for _, s := range []string{"", "x", "secret-of-" + domain.NewID().String(), "secret-of-" + several.ID.String(), "secret-of-" + alone.ID.String()} {
		checkError(t, f.Unsubscribe(ctx, s), domain.NotFound, "")
	}
	f.checkStatus(batch("grace@example.com").ID, Sent, Sent)
	testkit.Must(t, f.Unsubscribe(ctx, secret))
	testkit.Must(t, f.Unsubscribe(ctx, secret))
	f.checkStatus(batch("GRACE@example.com").ID, Failed, Suppressed)
	f.checkStatus(batch("grace@example.com", "carol@example.com").ID, Sent, Suppressed, Sent)
	again := f.send(Message{To: []string{"grace@example.com"}, Subject: "x", Text: "x"})
	testkit.Must(t, f.attempt(again.ID))
	f.checkStatus(again.ID, Sent, Sent)
	f.checkStatus(news.ID, Sent, Sent)
	list, _, err := f.Suppressions(ctx, f.admin, 0, nil)
	if err != nil || len(list) != 1 || list[0].Reason != SuppressedUnsubscribed {
		t.Errorf("%+v %v", list, err)
	}
	// Nobody writes to an address that does not exist.
	f.sender.answer = func(string) Outcome { return Outcome{Result: Refused, BadAddress: true, Reason: "no such user"} }
	gone := f.send(Message{To: []string{"grace@example.com"}, Subject: "x", Text: "x"})
	testkit.Must(t, f.attempt(gone.ID))
	if list, _, err = f.Suppressions(ctx, f.admin, 0, nil); err != nil || len(list) != 1 || list[0].Reason != SuppressedBounce {
		t.Errorf("%+v %v", list, err)
	}
}

func TestWhySuppressed(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	reason := func(want SuppressionReason) {
		t.Helper()
		if got, err := f.WhySuppressed(ctx, "Grace@Bücher.example"); err != nil || got != want {
			t.Errorf("blocked as %q, %v, want %q", got, err, want)
		}
	}
	reason("")
	testkit.Must(t, f.rows.CreateSuppression(ctx, query.CreateSuppressionParams{ID: domain.NewID(), Address: "grace@xn--bcher-kva.example", Reason: string(SuppressedUnsubscribed), CreatedAt: f.clock()}))
	reason("")
	testkit.Must(t, f.SuppressBounced(ctx, "grace@Bücher.example"))
	reason(SuppressedBounce)
}
