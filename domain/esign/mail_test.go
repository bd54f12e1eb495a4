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
	f := newFixture(t)
	r := f.send(esign.NewRequest{Language: "de-AT, de;q=0.9", Message: "Bitte <b>bald</b>.\n\n> Ihre Bank: https://bank.example", Signers: []esign.NewSigner{{Name: "<i>Ada</i>", Email: "ada@example.com"}, twoSigners()[1]}})
	if r.Language != "de" {
		t.Errorf("is in %s", r.Language)
	}
	got := f.lastMail("ada@example.com")
	if got.subject != "Lena Lawyer bittet um Ihre Unterschrift: lease.pdf" || !strings.Contains(got.text, "\n> Bitte <b>bald</b>.\n> \n> > Ihre Bank") ||
		!strings.Contains(got.text, r.ExpiresAt.Format("2006-01-02, 15:04 UTC")) {
		t.Errorf("%s\n%s", got.subject, got.text)
	}
	if !strings.Contains(got.html, `<html lang="de">`) || strings.Contains(got.html, "<b>") || strings.Contains(got.html, "<i>") || strings.Contains(got.html, `href="https://bank`) ||
		strings.Count(got.html, `href="https://counsel.example/sign#`+f.token("ada@example.com")+`"`) != 2 {
		t.Error(got.html)
	}
	testkit.Must(t, second(f.Decline(t.Context(), f.token("ada@example.com"), "Nein <b>danke</b>", visitor)))
	f.mustRunJobs()
	if got := f.lastMail("lena@firm.example"); got.subject != "<i>Ada</i> hat abgelehnt: lease.pdf" || !strings.Contains(got.text, "> Nein <b>danke</b>\n") || !strings.Contains(got.html, "Nein &lt;b&gt;danke&lt;/b&gt;</blockquote>") {
		t.Errorf("%+v", got)
	}
}

func TestReminders(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	r := f.send(esign.NewRequest{Signers: twoSigners()})
	sent := func() (n int) {
		for _, m := range f.mail.mails {
			if m.to == "ada@example.com" {
				n++
			}
		}
		return n
	}
	link := f.token("ada@example.com")
	testkit.Must(t, second(f.Remind(ctx, f.lena, r.ID)))
	f.mustRunJobs()
	if sent() != 1 {
		t.Error("the mail was sent again immediately")
	}
	f.now = f.now.Add(3 * time.Minute)
	testkit.Must(t, second(f.Remind(ctx, f.lena, r.ID)))
	f.mustRunJobs()
	if sent() != 2 || f.token("ada@example.com") != link || !strings.HasPrefix(f.lastMail("ada@example.com").subject, "Reminder") {
		t.Errorf("%d mails, the last %q", sent(), f.lastMail("ada@example.com").subject)
	}
	// The key of the links changes: the next mail has a link that works.
	f.restart(func(c *esign.Config) { c.LinkKey = []byte("another secret") })
	defer func() {
		view, err := f.View(ctx, f.token("ada@example.com"), visitor)
		testkit.Must(t, err)
		if f.token("ada@example.com") == link || view.State != esign.LinkOpen {
			t.Errorf("after a change of the key, the link is %s", view.State)
		}
	}()
	for day := range 20 {
		f.now = f.now.Add(24 * time.Hour)
		f.sweep()
		f.mustRunJobs()
		if want := 2 + min((day+1)/3, 2); sent() != want { // three in all, one of them requested
			t.Fatalf("day %d: %d mails, want %d", day+1, sent(), want)
		}
	}
	testkit.Must(t, f.SendLink(ctx, r.ID, "Ada@EXAMPLE.com"))
	for _, other := range []string{"grace@example.com", "eve@example.com", "nonsense"} {
		testkit.Must(t, f.SendLink(ctx, r.ID, other))
	}
	testkit.Must(t, f.SendLink(ctx, domain.NewID(), "ada@example.com"))
	f.mustRunJobs()
	if sent() != 5 || len(f.mail.mails) != 5 {
		t.Errorf("%d mails of %d", sent(), len(f.mail.mails))
	}
}

func TestBounced(t *testing.T) {
	f := newFixture(t)
	f.mail.outcome = func(address string) email.Result {
		if address == "ada@example.com" {
			return email.Refused
		}
		return email.Accepted
	}
	r := f.send(esign.NewRequest{Signers: twoSigners()})
	if f.logKinds(r) != "created sent1 bounced1" || !strings.Contains(f.lastMail("lena@firm.example").text, "ada@example.com rejects mail") {
		t.Errorf("log: %s", f.logKinds(r))
	}
}

// TestSuppressed: suppressed addresses get no mail, and addresses that do not exist are suppressed.
func TestSuppressed(t *testing.T) {
	f := newFixture(t)
	f.mail.blocked["ada@example.com"] = email.SuppressedManually
	r := f.send(esign.NewRequest{Signers: twoSigners(), Workflow: esign.Parallel})
	if got := f.logKinds(r); got != "created bounced1 sent2 delivered2" {
		t.Errorf("log: %s", got)
	}
	if !strings.Contains(f.lastMail("lena@firm.example").text, "ada@example.com rejects mail or is blocked") {
		t.Error("the sender was not notified")
	}
	f.now = f.now.Add(time.Hour)
	testkit.Must(t, second(f.Remind(t.Context(), f.lena, r.ID)))
	again := f.jobs.Waiting()[0]
	f.mustRunJobs()
	testkit.Must(t, second(f.jobs.EnqueueNow(t.Context(), again))) // completed, but not recorded: it runs again
	f.mustRunJobs()
	testkit.Must(t, second(f.Cancel(t.Context(), f.lena, r.ID)))
	f.mustRunJobs()
	if got := f.logKinds(r); got != "created bounced1 sent2 delivered2 bounced1 reminded2 delivered2 cancelled" {
		t.Errorf("log: %s", got)
	}
	for _, m := range f.mail.mails {
		if m.to == "ada@example.com" {
			t.Errorf("the mail is %q", m.subject)
		}
	}

	f.mail.outcome, f.mail.bad = func(address string) email.Result {
		if address == "eve@example.com" {
			return email.Refused
		}
		return email.Accepted
	}, true
	f.send(esign.NewRequest{Signers: []esign.NewSigner{{Name: "Eve", Email: "eve@example.com"}}})
	if f.mail.blocked["eve@example.com"] != email.SuppressedBounce {
		t.Error("an invalid address is not reported")
	}
	// Mails about the own account stop after a bounce, but not after a manual suppression.
	for reason, more := range map[email.SuppressionReason]int{email.SuppressedManually: 1, email.SuppressedBounce: 0} {
		r := f.send(esign.NewRequest{Signers: twoSigners()[1:]})
		f.mail.blocked["lena@firm.example"] = reason
		before := len(f.mail.mails)
		testkit.Must(t, second(f.Cancel(t.Context(), f.lena, r.ID)))
		f.mustRunJobs()
		if got := len(f.mail.mails) - before - 1; got != more { // plus the signer's
			t.Errorf("%s: the sender got %d mails", reason, got)
		}
	}
}

// TestSenderWithoutAccess: a sender who has left the case, or whose account is disabled, gets no mail.
func TestSenderWithoutAccess(t *testing.T) {
	for name, shut := range map[string]func(f *fixture, legalCase domain.ID){
		"left the case": func(f *fixture, legalCase domain.ID) {
			testkit.Must(t, second(f.cases.AddMember(t.Context(), f.lena, legalCase, cases.NewMember{UserID: &f.bob.UserID, Role: cases.Owner})))
			testkit.Must(t, f.cases.RemoveMember(t.Context(), f.bob, legalCase, f.lena.UserID))
		},
		"disabled": func(f *fixture, _ domain.ID) {
			u := f.people[f.lena.UserID]
			u.Disabled = true
			f.people[f.lena.UserID] = u
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			legalCase, err := f.cases.Create(t.Context(), f.lena, cases.NewCase{Title: "Lease"})
			testkit.Must(t, err)
			d := f.upload(contract(t, 1), &legalCase.ID)
			r := f.send(esign.NewRequest{DocumentID: d.ID, Signers: twoSigners()})
			shut(f, legalCase.ID)
			f.sign("ada@example.com", typedSignature)
			if got := f.lastMail("grace@example.com"); got.answer != "" {
				t.Errorf("the Reply-To address is %s", got.answer)
			}
			f.sign("grace@example.com", typedSignature)
			if s, _ := f.status(r); s != esign.Completed || len(f.lastMail("grace@example.com").files) != 1 {
				t.Errorf("is %s", s)
			}
			for _, m := range f.mail.mails {
				if m.to == "lena@firm.example" {
					t.Errorf("the mail is %q", m.subject)
				}
			}
		})
	}
}

func TestSenderSigns(t *testing.T) {
	f := newFixture(t)
	f.send(esign.NewRequest{Signers: []esign.NewSigner{{Name: "Lena Lawyer", Email: "Lena@firm.example"}}})
	f.sign("Lena@firm.example", typedSignature)
	notices := 0
	for _, m := range f.mail.mails {
		if strings.HasPrefix(m.subject, "Signed by all") {
			notices++
		}
	}
	if notices != 1 {
		t.Errorf("got %d notices", notices)
	}
}
