package email

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"counsel/domain"
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
	valid := func() Message {
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
		m := valid()
		c.change(&m)
		_, err := f.Send(t.Context(), f.ada, m)
		if e, ok := err.(*domain.Error); !ok || e.Code != domain.Invalid || e.Fields[0].Pointer != c.pointer { //nolint:errorlint
			t.Errorf("%s: %v %+v, want %s", name, err, e, c.pointer)
		}
	}
	m := valid()
	m.Attachments = []Attachment{{Filename: "a.pdf", DocumentID: mine.ID}, {Filename: "b.pdf", DocumentID: word.ID}}
	_, err := f.Send(t.Context(), f.ada, m)
	checkError(t, err, domain.TooLarge, "/attachments")
	if items, _, err := f.List(t.Context(), f.ada, Filter{}); err != nil || len(items) != 0 {
		t.Errorf("%v %v", items, err)
	}
	if _, err := f.Send(t.Context(), f.ada, valid()); err != nil {
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
