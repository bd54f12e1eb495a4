package email

import (
	"context"
	"database/sql"
	"errors"
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
	"counsel/domain/limits"
	query "counsel/gen/query/email"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestSendAndDeliver(t *testing.T) {
	f := newFixture(t)
	contract, logo := f.upload(f.ada, filetype.PDF, "%PDF the contract"), f.upload(f.ada, filetype.PNG, "PNG the logo")
	e := f.send(Message{To: []string{"grace@example.com", "Ada+tag@Bücher.example"}, Cc: []string{"carol@example.com", "GRACE@example.com"}, Bcc: []string{"hidden@example.com"},
		ReplyTo: "ada@firm.example", Subject: " Your contract ", HTML: `<p onclick="x()">Dear Grace, <img src="cid:logo.png"><script>evil()</script></p>`,
		Attachments: []Attachment{{Filename: "Vertrag – Entwurf.pdf", DocumentID: contract.ID}, {Filename: "logo.png", URL: "/api/docs/" + logo.ID.String() + "/content", Inline: true}}})
	if e.Status != Queued || e.HTML != `<p>Dear Grace, <img src="cid:logo.png"/></p>` || !strings.Contains(e.Text, "Dear Grace,") || e.Subject != "Your contract" {
		t.Fatalf("%+v", e)
	}
	var kind, queue string
	testkit.Must(t, f.pool.QueryRowContext(t.Context(), "SELECT kind, queue FROM jobs WHERE job_key = ?", "email:"+e.ID.String()).Scan(&kind, &queue))
	if kind != "email.send" || queue != "standard" {
		t.Errorf("the job is %s in %s", kind, queue)
	}
	testkit.Must(t, f.attempt(e.ID))
	f.checkStatus(e.ID, Sent, Sent, Sent, Sent, Sent)
	m := f.sender.last()
	if m.ID != e.ID || !slices.Equal(m.To, []string{"grace@example.com", "Ada+tag@xn--bcher-kva.example"}) || !slices.Equal(m.Cc, []string{"carol@example.com"}) || len(m.Recipients) != 4 ||
		m.ReplyTo != "ada@firm.example" || m.Automatic || m.files["Vertrag – Entwurf.pdf"] != "%PDF the contract" || m.files["logo.png"] != "PNG the logo" || !m.Files[1].Inline || m.Files[0].Inline {
		t.Errorf("%+v", m)
	}
	// The job may run again, whatever the outcome: nothing is sent twice.
	testkit.Must(t, f.attempt(e.ID))
	if len(f.sender.sent) != 1 || f.get(e.ID).Attempts != 1 {
		t.Errorf("sent %d times", len(f.sender.sent))
	}
	if s := f.log.String(); strings.Contains(s, "@") || strings.Contains(s, "Dear") {
		t.Errorf("the log contains %s", s)
	}
}

func TestSendInvalidFields(t *testing.T) {
	f := newFixture(t)
	mine, word := f.upload(f.ada, filetype.PDF, "%PDF"), f.upload(f.ada, filetype.PDF, strings.Repeat("x", MaxAttachedBytes))
	good := func() Message {
		return Message{To: []string{"grace@example.com"}, Subject: "Hello", Text: "Hello."}
	}
	attach := func(a ...Attachment) func(*Message) { return func(m *Message) { m.Attachments = a } }
	for name, c := range map[string]struct {
		change  func(*Message)
		pointer string
	}{
		"a line break in the subject":   {func(m *Message) { m.Subject = "Hello\r\nBcc: spy@example.com" }, "/subject"},
		"a bare line feed":              {func(m *Message) { m.Subject = "Hello\nX: y" }, "/subject"},
		"a NUL":                         {func(m *Message) { m.Subject = "Hello\x00" }, "/subject"},
		"an encoded line break":         {func(m *Message) { m.Subject = "=?utf-8?q?a=0d=0aBcc:x@y.z?=" }, "/subject"},
		"a line separator":              {func(m *Message) { m.Subject = "Hello\u2028X" }, "/subject"},
		"no subject":                    {func(m *Message) { m.Subject = "  " }, "/subject"},
		"a long subject":                {func(m *Message) { m.Subject = strings.Repeat("x", 256) }, "/subject"},
		"nobody":                        {func(m *Message) { m.To = nil }, "/to"},
		"no address":                    {func(m *Message) { m.To = append(m.To, "grace") }, "/to/1"},
		"a name with it":                {func(m *Message) { m.To[0] = "Grace <grace@example.com>" }, "/to/0"},
		"two in one":                    {func(m *Message) { m.To[0] = "a@example.com, b@example.com" }, "/to/0"},
		"a line break in an address":    {func(m *Message) { m.Cc = []string{"a@example.com\r\nBcc: x@y.z"} }, "/cc/0"},
		"a quoted local part":           {func(m *Message) { m.Bcc = []string{`"a b"@example.com`} }, "/bcc/0"},
		"a bad host":                    {func(m *Message) { m.To[0] = "a@exa mple.com" }, "/to/0"},
		"a long local part":             {func(m *Message) { m.To[0] = strings.Repeat("a", 65) + "@example.com" }, "/to/0"},
		"too many":                      {func(m *Message) { m.To = addresses(60); m.Cc = addresses(101)[60:] }, "/to"},
		"a bad answer address":          {func(m *Message) { m.ReplyTo = "x" }, "/replyTo"},
		"far ahead":                     {func(m *Message) { m.SendAt = f.now.Add(400 * 24 * time.Hour) }, "/sendAt"},
		"no body":                       {func(m *Message) { m.Text = " \n" }, "/bodyText"},
		"nothing left of the body":      {func(m *Message) { m.Text, m.HTML = "", "<script>x</script><style>y</style>" }, "/bodyText"},
		"no document named":             {attach(Attachment{Filename: "a.pdf"}), "/attachments/0/fileUrl"},
		"two documents named":           {attach(Attachment{Filename: "a.pdf", DocumentID: mine.ID, URL: "x"}), "/attachments/0/fileUrl"},
		"an absent one":                 {attach(Attachment{Filename: "a.pdf", DocumentID: domain.NewID()}), "/attachments/0/docId"},
		"a path":                        {attach(Attachment{Filename: "../a.pdf", DocumentID: mine.ID}), "/attachments/0/filename"},
		"a line break in a file's name": {attach(Attachment{Filename: "a\r\nX: y.pdf", DocumentID: mine.ID}), "/attachments/0/filename"},
		"a name twice":                  {attach(Attachment{Filename: "a.pdf", DocumentID: mine.ID}, Attachment{Filename: "a.pdf", DocumentID: mine.ID}), "/attachments/1/filename"},
		"inline with spaces":            {attach(Attachment{Filename: "a b.png", DocumentID: mine.ID, Inline: true}), "/attachments/0/filename"},
		"inline that is no picture":     {attach(Attachment{Filename: "a.pdf", DocumentID: mine.ID, Inline: true}), "/attachments/0/inline"},
	} {
		m := good()
		c.change(&m)
		_, err := f.Send(t.Context(), f.ada, m)
		if e, ok := err.(*domain.Error); !ok || e.Code != domain.Invalid || e.Fields[0].Pointer != c.pointer { //nolint:errorlint
			t.Errorf("%s: %v %+v, want %s", name, err, e, c.pointer)
		}
	}
	m := good()
	m.Attachments = []Attachment{{Filename: "a.pdf", DocumentID: mine.ID}, {Filename: "b.pdf", DocumentID: word.ID}}
	_, err := f.Send(t.Context(), f.ada, m)
	checkError(t, err, domain.TooLarge, "/attachments")
	if items, _, err := f.List(t.Context(), f.ada, Filter{}); err != nil || len(items) != 0 {
		t.Errorf("%v %v", items, err)
	}
	if _, err := f.Send(t.Context(), f.ada, good()); err != nil {
		t.Error(err)
	}
}

func addresses(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("r%d@example.com", i))
	}
	return list
}

// TestAttachmentURLs: a URL is accepted only if this service issued it for a document that the
// caller may read.
func TestAttachmentURLs(t *testing.T) {
	f := newFixture(t)
	bob := f.newUser(domain.RoleLawyer)
	mine, his := f.upload(f.ada, filetype.PDF, "%PDF mine").ID.String(), f.upload(bob, filetype.PDF, "%PDF his").ID.String()
	for _, url := range []string{"/api/docs/" + mine + "/content", "https://counsel.example/api/docs/" + mine + "/content", "https://files.example/bucket/docs/" + mine + "?X-Amz-Signature=expired", "https://FILES.example/bucket/docs/" + mine} {
		if _, err := f.Send(t.Context(), f.ada, Message{To: addresses(1), Subject: "x", Text: "x", Attachments: []Attachment{{Filename: "a.pdf", URL: url}}}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, url := range []string{
		"/api/docs/" + his + "/content", "https://files.example/bucket/docs/" + his, // another's
		"https://evil.example/docs/" + mine, "http://counsel.example/api/docs/" + mine + "/content", "https://counsel.example@evil.example/api/docs/" + mine + "/content",
		"https://u:p@files.example/bucket/docs/" + mine, "//files.example/bucket/docs/" + mine, "https://files.example/bucket/docs/../docs/" + mine, "https://files.example/other/docs/" + mine,
		"file:///etc/passwd", "file:///docs/" + mine, "http://169.254.169.254/docs/" + mine, "/etc/passwd", "docs/" + mine, mine, "%zz", "", "javascript:alert(1)",
	} {
		_, err := f.Send(t.Context(), f.ada, Message{To: addresses(1), Subject: "x", Text: "x", Attachments: []Attachment{{Filename: "a.pdf", URL: url}}})
		if domain.CodeOf(err) != domain.Invalid {
			t.Errorf("%q: %v", url, err)
		}
	}
}

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

// TestBatch: a hundred messages, one of them invalid.
func TestBatch(t *testing.T) {
	f := newFixture(t)
	var ms []Message
	for i := range MaxBatch {
		ms = append(ms, Message{To: []string{fmt.Sprintf("r%d@example.com", i)}, Subject: "News", Text: "News."})
	}
	ms[41].To = []string{"nobody"}
	out, err := f.SendBatch(t.Context(), f.ada, ms)
	testkit.Must(t, err)
	for i, a := range out {
		if i == 41 {
			checkError(t, a.Err, domain.Invalid, "/emails/41/to/0")
		} else if a.Err != nil || a.Email.Status != Queued {
			t.Fatalf("%d: %+v", i, a)
		}
	}
	var n int
	testkit.Must(t, f.pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM jobs WHERE queue = 'bulk' AND user_id = ?", f.ada.UserID).Scan(&n))
	if n != MaxBatch-1 {
		t.Errorf("%d jobs", n)
	}
	testkit.Must(t, f.attempt(out[99].Email.ID))
	f.checkStatus(out[99].Email.ID, Sent)
	if out, err := f.SendBatch(t.Context(), f.ada, ms[41:42]); err != nil || out[0].Err == nil {
		t.Errorf("%v %v", out, err)
	}
}

func TestCancel(t *testing.T) {
	f := newFixture(t)
	bob := f.newUser(domain.RoleLawyer)
	m := Message{To: addresses(1), Subject: "x", Text: "x", SendAt: f.now.Add(time.Hour)}
	e := f.send(m)
	var state string
	testkit.Must(t, f.pool.QueryRowContext(t.Context(), "SELECT state FROM jobs WHERE job_key = ?", "email:"+e.ID.String()).Scan(&state))
	if state != "scheduled" {
		t.Errorf("the job is %s", state)
	}
	checkError(t, f.Cancel(t.Context(), bob, e.ID), domain.NotFound, "")
	testkit.Must(t, f.Cancel(t.Context(), f.ada, e.ID))
	testkit.Must(t, f.Cancel(t.Context(), f.ada, e.ID))
	testkit.Must(t, f.attempt(e.ID))
	f.checkStatus(e.ID, Cancelled, Cancelled)
	if len(f.sender.sent) != 0 {
		t.Error("the mail was sent")
	}
	e = f.send(m)
	if _, err := query.New(f.pool).UpdateEmailToSending(t.Context(), query.UpdateEmailToSendingParams{Now: f.now, ID: e.ID}); err != nil { // a server starts an attempt
		t.Fatal(err)
	}
	f.checkStatus(e.ID, Queued)
	checkError(t, f.Cancel(t.Context(), f.ada, e.ID), domain.Conflict, "")
	testkit.Must(t, f.attempt(e.ID)) // that server crashed; another takes over
	checkError(t, f.Cancel(t.Context(), f.admin, e.ID), domain.Conflict, "")
	checkError(t, f.Cancel(t.Context(), f.ada, domain.NewID()), domain.NotFound, "")
	if f.sender.last().Date != m.SendAt {
		t.Errorf("the date is %s", f.sender.last().Date)
	}
}

func TestListAndGet(t *testing.T) {
	f := newFixture(t)
	bob := f.newUser(domain.RoleLawyer)
	var ids []domain.ID
	for range 3 {
		ids = append(ids, f.send(Message{To: addresses(2), Subject: "x", Text: "x"}).ID)
	}
	testkit.Must(t, f.attempt(ids[0]))
	_, err := f.notify(SystemMail{Kind: PasswordChanged, UserID: f.ada.UserID, To: "ada@example.com"})
	testkit.Must(t, err)
	page, next, err := f.List(t.Context(), f.ada, Filter{Limit: 2})
	testkit.Must(t, err)
	if len(page) != 2 || page[0].ID != ids[2] || len(page[0].Recipients) != 2 || next == nil {
		t.Fatalf("%+v %v", page, next)
	}
	page, next, err = f.List(t.Context(), f.ada, Filter{Limit: 2, Cursor: next})
	testkit.Must(t, err)
	if len(page) != 1 || page[0].ID != ids[0] || next != nil {
		t.Fatalf("%+v %v", page, next)
	}
	for status, n := range map[Status]int{Sent: 1, Queued: 2, Failed: 0} {
		if page, _, err := f.List(t.Context(), f.ada, Filter{Status: status}); err != nil || len(page) != n {
			t.Errorf("%s: %d, %v", status, len(page), err)
		}
	}
	if page, _, err := f.List(t.Context(), bob, Filter{}); err != nil || len(page) != 0 {
		t.Errorf("%v %v", page, err)
	}
	_, _, err = f.List(t.Context(), bob, Filter{UserID: &f.ada.UserID})
	checkError(t, err, domain.Forbidden, "")
	_, err = f.Get(t.Context(), bob, ids[0])
	checkError(t, err, domain.NotFound, "")
	if page, _, err := f.List(t.Context(), f.admin, Filter{}); err != nil || len(page) != 3 {
		t.Errorf("%d %v", len(page), err)
	}
	if _, err := f.Get(t.Context(), f.admin, ids[0]); err != nil {
		t.Error(err)
	}
}

func TestSuppressions(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	_, err := f.Suppress(ctx, f.ada, "x@example.com")
	checkError(t, err, domain.Forbidden, "")
	_, err = f.Suppress(ctx, f.admin, "x")
	checkError(t, err, domain.Invalid, "/address")
	one, err := f.Suppress(ctx, f.admin, "Grace@Bücher.example")
	testkit.Must(t, err)
	twice, err := f.Suppress(ctx, f.admin, "grace@xn--bcher-kva.example")
	testkit.Must(t, err)
	if one != twice || one.Address != "grace@bücher.example" || one.Reason != SuppressedManually {
		t.Errorf("%+v %+v", one, twice)
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
	if err != nil || len(list) != 1 || next != nil || list[0] != one {
		t.Errorf("%+v %v %v", list, next, err)
	}
	_, _, err = f.Suppressions(ctx, f.ada, 0, nil)
	checkError(t, err, domain.Forbidden, "")
	checkError(t, f.Unsuppress(ctx, f.ada, one.ID), domain.Forbidden, "")
	testkit.Must(t, f.Unsuppress(ctx, f.admin, one.ID))
	checkError(t, f.Unsuppress(ctx, f.admin, one.ID), domain.NotFound, "")
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

func TestRecipientLimit(t *testing.T) {
	f := newFixture(t)
	var err error
	f.outbox.quota, err = limits.New(limits.Config{Redis: testenv.OpenRedis(t, testenv.RedisURL(t)), Clock: f.clock, Secret: []byte("secret"), Budget: limits.Budget{Name: t.Name(), Requests: 10, Window: time.Hour}})
	testkit.Must(t, err)
	f.send(Message{To: addresses(8), Subject: "x", Text: "x"})
	_, err = f.Send(t.Context(), f.ada, Message{To: addresses(3), Subject: "x", Text: "x"})
	checkError(t, err, domain.RateLimited, "")
	_, err = f.SendBatch(t.Context(), f.newUser(domain.RoleLawyer), []Message{{To: addresses(6), Subject: "x", Text: "x"}, {To: addresses(6), Subject: "x", Text: "x"}})
	checkError(t, err, domain.RateLimited, "")
	var n int
	testkit.Must(t, f.pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM emails").Scan(&n))
	if n != 1 {
		t.Errorf("%d mails", n)
	}
}

func TestNotConfigured(t *testing.T) {
	f := newFixture(t)
	f.outbox.configured = false
	_, err := f.Send(t.Context(), f.ada, Message{To: addresses(1), Subject: "x", Text: "x"})
	checkError(t, err, domain.Unavailable, "")
	_, err = f.SendBatch(t.Context(), f.ada, []Message{{To: addresses(1), Subject: "x", Text: "x"}})
	checkError(t, err, domain.Unavailable, "")
}

// TestSendIsIdempotent: a retry of a request whose outcome is unknown finds the mail that it created.
func TestSendIsIdempotent(t *testing.T) {
	f := newFixture(t)
	m := Message{ID: f.newID(), To: addresses(1), Subject: "x", Text: "x"}
	first := f.send(m)
	testkit.Must(t, f.attempt(first.ID))
	if again := f.send(m); first.ID != m.ID || again.ID != m.ID || again.Status != Sent {
		t.Errorf("%s: %s, then %s %s", m.ID, first.ID, again.ID, again.Status)
	}
	other, bad := m, Message{ID: f.newID(), To: []string{"nobody"}, Subject: "x", Text: "x"}
	other.ID = f.newID()
	for range 2 {
		got, err := f.SendBatch(t.Context(), f.ada, []Message{m, bad, other})
		testkit.Must(t, err)
		if got[0].Email.ID != m.ID || domain.CodeOf(got[1].Err) != domain.Invalid || got[2].Email.ID != other.ID || got[0].Err != nil || got[2].Err != nil {
			t.Errorf("%+v", got)
		}
	}
	var n int
	testkit.Must(t, f.pool.QueryRowContext(t.Context(), "SELECT (SELECT COUNT(*) FROM emails) + (SELECT COUNT(*) FROM jobs WHERE kind = 'email.send')").Scan(&n))
	if n != 4 {
		t.Errorf("there are %d mails and jobs", n)
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
