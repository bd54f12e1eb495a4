package esign_test

import (
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/sandbox/testkit"
)

// TestLanguage: mails are in the language of the request, and user input in them is escaped.
func TestLanguage(t *testing.T) {
	b := newFixture(t)
	r := b.send(esign.NewRequest{Language: "de-AT, de;q=0.9", Message: "Bitte <b>bald</b>.\n\n> Ihre Bank: https://bank.example", Signers: []esign.NewSigner{{Name: "<i>Ada</i>", Email: "ada@example.com"}, twoSigners()[1]}})
	if r.Language != "de" {
		t.Errorf("is in %s", r.Language)
	}
	got := b.lastMail("ada@example.com")
	if got.subject != "Lena Lawyer bittet um Ihre Unterschrift: lease.pdf" || !strings.Contains(got.text, "\n> Bitte <b>bald</b>.\n> \n> > Ihre Bank") ||
		!strings.Contains(got.text, r.ExpiresAt.Format("2006-01-02, 15:04 UTC")) {
		t.Errorf("%s\n%s", got.subject, got.text)
	}
	if !strings.Contains(got.html, `<html lang="de">`) || strings.Contains(got.html, "<b>") || strings.Contains(got.html, "<i>") || strings.Contains(got.html, `href="https://bank`) ||
		strings.Count(got.html, `href="https://counsel.example/sign#`+b.token("ada@example.com")+`"`) != 2 {
		t.Error(got.html)
	}
	testkit.Must(t, second(b.Decline(t.Context(), b.token("ada@example.com"), "Nein <b>danke</b>", visitor)))
	b.mustRunJobs()
	if got := b.lastMail("lena@firm.example"); got.subject != "<i>Ada</i> hat abgelehnt: lease.pdf" || !strings.Contains(got.text, "> Nein <b>danke</b>\n") || !strings.Contains(got.html, "Nein &lt;b&gt;danke&lt;/b&gt;</blockquote>") {
		t.Errorf("%+v", got)
	}
}

func TestReminders(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	r := b.send(esign.NewRequest{Signers: twoSigners()})
	sent := func() (n int) {
		for _, m := range b.mail.mails {
			if m.to == "ada@example.com" {
				n++
			}
		}
		return n
	}
	link := b.token("ada@example.com")
	testkit.Must(t, second(b.Remind(ctx, b.lena, r.ID)))
	b.mustRunJobs()
	if sent() != 1 {
		t.Error("was mailed again at once")
	}
	b.now = b.now.Add(3 * time.Minute)
	testkit.Must(t, second(b.Remind(ctx, b.lena, r.ID)))
	b.mustRunJobs()
	if sent() != 2 || b.token("ada@example.com") != link || !strings.HasPrefix(b.lastMail("ada@example.com").subject, "Reminder") {
		t.Errorf("%d mails, the last %q", sent(), b.lastMail("ada@example.com").subject)
	}
	// The key of the links changes: the next mail has a link that works.
	b.restart(func(c *esign.Config) { c.LinkKey = []byte("another secret") })
	defer func() {
		view, err := b.View(ctx, b.token("ada@example.com"), visitor)
		testkit.Must(t, err)
		if b.token("ada@example.com") == link || view.State != esign.LinkOpen {
			t.Errorf("after the key changed the link is %s", view.State)
		}
	}()
	for day := range 20 {
		b.now = b.now.Add(24 * time.Hour)
		b.sweep()
		b.mustRunJobs()
		if want := 2 + min((day+1)/3, 2); sent() != want { // three in all, one of which was asked for
			t.Fatalf("on day %d %d mails, want %d", day+1, sent(), want)
		}
	}
	testkit.Must(t, b.SendLink(ctx, r.ID, "Ada@EXAMPLE.com"))
	for _, other := range []string{"grace@example.com", "eve@example.com", "nonsense"} {
		testkit.Must(t, b.SendLink(ctx, r.ID, other))
	}
	testkit.Must(t, b.SendLink(ctx, domain.NewID(), "ada@example.com"))
	b.mustRunJobs()
	if sent() != 5 || len(b.mail.mails) != 5 {
		t.Errorf("%d mails of %d", sent(), len(b.mail.mails))
	}
}

func TestBounced(t *testing.T) {
	b := newFixture(t)
	b.mail.outcome = func(address string) email.Result {
		if address == "ada@example.com" {
			return email.Refused
		}
		return email.Accepted
	}
	r := b.send(esign.NewRequest{Signers: twoSigners()})
	if b.logKinds(r) != "created sent1 bounced1" || !strings.Contains(b.lastMail("lena@firm.example").text, "ada@example.com rejects mail") {
		t.Errorf("log: %s", b.logKinds(r))
	}
}

// TestSuppressed: suppressed addresses get no mail, and addresses that do not exist are suppressed.
func TestSuppressed(t *testing.T) {
	b := newFixture(t)
	b.mail.blocked["ada@example.com"] = email.SuppressedManually
	r := b.send(esign.NewRequest{Signers: twoSigners(), Workflow: esign.Parallel})
	if got := b.logKinds(r); got != "created bounced1 sent2 delivered2" {
		t.Errorf("log: %s", got)
	}
	if !strings.Contains(b.lastMail("lena@firm.example").text, "ada@example.com rejects mail or is blocked") {
		t.Error("the sender was not notified")
	}
	b.now = b.now.Add(time.Hour)
	testkit.Must(t, second(b.Remind(t.Context(), b.lena, r.ID)))
	again := b.jobs.Waiting()[0]
	b.mustRunJobs()
	testkit.Must(t, second(b.jobs.EnqueueNow(t.Context(), again))) // done, but not known to be: once more
	b.mustRunJobs()
	testkit.Must(t, second(b.Cancel(t.Context(), b.lena, r.ID)))
	b.mustRunJobs()
	if got := b.logKinds(r); got != "created bounced1 sent2 delivered2 bounced1 reminded2 delivered2 cancelled" {
		t.Errorf("log: %s", got)
	}
	for _, m := range b.mail.mails {
		if m.to == "ada@example.com" {
			t.Errorf("was mailed %q", m.subject)
		}
	}

	b.mail.outcome, b.mail.bad = func(address string) email.Result {
		if address == "eve@example.com" {
			return email.Refused
		}
		return email.Accepted
	}, true
	b.send(esign.NewRequest{Signers: []esign.NewSigner{{Name: "Eve", Email: "eve@example.com"}}})
	if b.mail.blocked["eve@example.com"] != email.SuppressedBounce {
		t.Error("what is no address is not on the list")
	}
	// The sender's own account is not kept from its mails by hand, but by a bounce.
	for reason, more := range map[email.SuppressionReason]int{email.SuppressedManually: 1, email.SuppressedBounce: 0} {
		r := b.send(esign.NewRequest{Signers: twoSigners()[1:]})
		b.mail.blocked["lena@firm.example"] = reason
		before := len(b.mail.mails)
		testkit.Must(t, second(b.Cancel(t.Context(), b.lena, r.ID)))
		b.mustRunJobs()
		if got := len(b.mail.mails) - before - 1; got != more { // the signer's besides
			t.Errorf("%s: the sender got %d mails", reason, got)
		}
	}
}

// TestSenderWithoutAccess: a sender who has left the case, or whose account is disabled, gets no mail.
func TestSenderWithoutAccess(t *testing.T) {
	for name, shut := range map[string]func(b *fixture, legalCase domain.ID){
		"left the case": func(b *fixture, legalCase domain.ID) {
			testkit.Must(t, second(b.cases.AddMember(t.Context(), b.lena, legalCase, cases.NewMember{UserID: &b.bob.UserID, Role: cases.Owner})))
			testkit.Must(t, b.cases.RemoveMember(t.Context(), b.bob, legalCase, b.lena.UserID))
		},
		"disabled": func(b *fixture, _ domain.ID) {
			u := b.people[b.lena.UserID]
			u.Disabled = true
			b.people[b.lena.UserID] = u
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newFixture(t)
			legalCase, err := b.cases.Create(t.Context(), b.lena, cases.NewCase{Title: "Lease"})
			testkit.Must(t, err)
			d := b.upload(contract(t, 1), &legalCase.ID)
			r := b.send(esign.NewRequest{DocumentID: d.ID, Signers: twoSigners()})
			shut(b, legalCase.ID)
			b.sign("ada@example.com", typedSignature)
			if got := b.lastMail("grace@example.com"); got.answer != "" {
				t.Errorf("answers go to %s", got.answer)
			}
			b.sign("grace@example.com", typedSignature)
			if s, _ := b.status(r); s != esign.Completed || len(b.lastMail("grace@example.com").files) != 1 {
				t.Errorf("is %s", s)
			}
			for _, m := range b.mail.mails {
				if m.to == "lena@firm.example" {
					t.Errorf("was mailed %q", m.subject)
				}
			}
		})
	}
}

func TestSenderSigns(t *testing.T) {
	b := newFixture(t)
	b.send(esign.NewRequest{Signers: []esign.NewSigner{{Name: "Lena Lawyer", Email: "Lena@firm.example"}}})
	b.sign("Lena@firm.example", typedSignature)
	notices := 0
	for _, m := range b.mail.mails {
		if strings.HasPrefix(m.subject, "Signed by all") {
			notices++
		}
	}
	if notices != 1 {
		t.Errorf("got %d notices", notices)
	}
}
