package handlers_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/email"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// fakeMailServer records e-mails and returns configurable outcomes.
type fakeMailServer struct {
	mu      sync.Mutex
	sent    []email.Outgoing
	files   []string          // "name: content"
	last    map[string][]byte // the last file to each address
	outcome func(address string) email.Outcome
}

// setOutcome sets the outcome for each address from now on.
func (p *fakeMailServer) setOutcome(answer func(address string) email.Outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outcome = answer
}

func (p *fakeMailServer) Send(_ context.Context, m email.Outgoing) []email.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]email.Outcome, len(m.Recipients))
	for i, to := range m.Recipients {
		out[i].Result = email.Accepted
		if p.outcome != nil {
			out[i] = p.outcome(to)
		}
	}
	if out[0].Result == email.Accepted {
		p.sent = append(p.sent, m)
		for _, f := range m.Files {
			raw, _ := io.ReadAll(f.Body)
			p.files = append(p.files, f.Name+": "+string(raw))
			for _, to := range m.Recipients {
				p.last[to] = raw
			}
		}
	}
	return out
}

func (p *fakeMailServer) mailsTo(address string) (mails []email.Outgoing) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.sent {
		for _, to := range m.Recipients {
			if to == address {
				mails = append(mails, m)
			}
		}
	}
	return mails
}

// lastFileTo returns the last file that was sent to an address.
func (p *fakeMailServer) lastFileTo(address string) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last[address]
}

// waitForMail waits for the n-th mail to an address.
func (f *fixture) waitForMail(address string, n int) email.Outgoing {
	f.t.Helper()
	f.eventually(fmt.Sprintf("mail %d to %s", n, address), func() bool { return len(f.mailServer.mailsTo(address)) >= n })
	return f.mailServer.mailsTo(address)[n-1]
}

func (f *fixture) eventually(what string, ok func() bool) {
	f.t.Helper()
	testkit.Eventually(f.t, what, ok)
}

// verifyEmail opens the link in the mail to a new user. Other mails may arrive before it.
func (f *fixture) verifyEmail(address string) {
	f.t.Helper()
	token := ""
	f.eventually("the link to "+address, func() bool {
		for _, m := range f.mailServer.mailsTo(address) {
			if link := secretOf.FindStringSubmatch(m.Text); link != nil && token == "" {
				token = link[2]
			}
		}
		return token != ""
	})
	f.call(nil, "POST", "/api/auth/email/verify", map[string]string{"token": token}).expect(204, "")
}

func (f *fixture) getEmail(who *user, id string) (e api.Email) {
	f.t.Helper()
	f.call(who, "GET", "/api/email/"+id, nil).expect(200, "").decode(&e)
	return e
}

func TestSendEmail(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	lawyer, other, client := f.register("lawyer", domain.RoleLawyer), f.register("other", domain.RoleLawyer), f.register("client", domain.RoleClient)
	file, contentType := uploadForm(t, "file", "contract.pdf", smallPDF(1000))
	var doc api.StoredDocument
	f.call(lawyer, "POST", "/api/docs", file, "Content-Type", contentType).expect(201, "").decode(&doc)
	letter := map[string]any{"to": []string{"ada@example.org", "gone@example.org"}, "subject": "Your contract", "bodyHtml": "<p>Dear Ada</p><script>x</script>",
		"attachments": []any{map[string]any{"filename": "c.pdf", "fileUrl": doc.FileURL}}}
	f.mailServer.setOutcome(func(to string) email.Outcome {
		if to == "gone@example.org" {
			return email.Outcome{Result: email.Refused, Reason: "550 5.1.1 no such user", BadAddress: true}
		}
		return email.Outcome{Result: email.Accepted}
	})
	var sent api.SendEmailResponse
	first := f.call(lawyer, "POST", "/api/email/send", letter, "Idempotency-Key", "k1").expect(202, "")
	first.decode(&sent)
	if sent.Status != api.EmailStatusQueued {
		t.Errorf("%+v", sent)
	}
	if repeated := f.call(lawyer, "POST", "/api/email/send", letter, "Idempotency-Key", "k1").expect(202, ""); !bytes.Equal(repeated.body, first.body) || repeated.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the retry gets %s", repeated.body)
	}
	f.waitForMail("ada@example.org", 1)
	f.eventually("the status", func() bool { return f.getEmail(lawyer, sent.ID.String()).Status == api.EmailStatusSent })
	e := f.getEmail(lawyer, sent.ID.String())
	if *e.BodyHTML != "<p>Dear Ada</p>" || *e.BodyText != "Dear Ada" || e.Recipients[1].Status != api.EmailRecipientStatusBounced || *e.Recipients[1].Reason != "550 5.1.1 no such user" || e.Attachments[0].DocID != doc.ID {
		t.Errorf("%+v", e)
	}
	if len(f.mailServer.mailsTo("ada@example.org")) != 1 || len(f.mailServer.files) != 1 || f.mailServer.files[0] != "c.pdf: "+string(smallPDF(1000)) {
		t.Errorf("%d mails, %q", len(f.mailServer.sent), f.mailServer.files)
	}
	f.call(client, "POST", "/api/email/send", letter).expect(403, "forbidden")
	f.call(other, "GET", "/api/email/"+sent.ID.String(), nil).expect(404, "not_found")
	f.call(other, "DELETE", "/api/email/"+sent.ID.String(), nil).expect(404, "not_found")
	f.call(lawyer, "DELETE", "/api/email/"+sent.ID.String(), nil).expect(409, "conflict")
	f.call(other, "GET", "/api/email?userId="+lawyer.ID.String(), nil).expect(403, "forbidden")

	letter["subject"] = "Hello\r\nBcc: spy@example.org"
	if p := f.call(lawyer, "POST", "/api/email/send", letter).expect(422, "invalid").problem(); p.Errors[0].Pointer != "/subject" {
		t.Errorf("%+v", p)
	}
	letter["subject"] = "x"
	if p := f.call(other, "POST", "/api/email/send", letter).expect(422, "invalid").problem(); p.Errors[0].Pointer != "/attachments/0/fileUrl" {
		t.Errorf("%+v", p)
	}
	delete(letter, "attachments")
	letter["sendAt"] = time.Now().Add(time.Hour)
	f.call(lawyer, "POST", "/api/email/send", letter).expect(202, "").decode(&sent)
	f.call(lawyer, "DELETE", "/api/email/"+sent.ID.String(), nil).expect(204, "")
	if e := f.getEmail(lawyer, sent.ID.String()); e.Status != api.EmailStatusCancelled {
		t.Errorf("%+v", e)
	}

	var list api.EmailList
	f.call(lawyer, "GET", "/api/email?limit=1", nil).expect(200, "").decode(&list)
	if len(list.Items) != 1 || list.NextCursor == nil || list.Items[0].BodyText != nil {
		t.Errorf("%+v", list)
	}
	f.call(lawyer, "GET", "/api/email?limit=1&status=sent&cursor="+*list.NextCursor, nil).expect(200, "").decode(&list)
	if len(list.Items) != 1 || list.Items[0].Status != api.EmailStatusSent {
		t.Errorf("%+v", list)
	}
	var blocked api.SuppressionList
	f.call(f.admin(), "GET", "/api/email/suppressions", nil).expect(200, "").decode(&blocked)
	if len(blocked.Items) != 1 || blocked.Items[0].Address != "gone@example.org" || blocked.Items[0].Reason != api.SuppressionReasonBounced {
		t.Errorf("%+v", blocked)
	}
	f.call(f.admin(), "DELETE", "/api/email/suppressions/"+blocked.Items[0].ID.String(), nil).expect(204, "")
	f.call(f.admin(), "POST", "/api/email/suppressions", map[string]any{"address": "no@example.org"}).expect(201, "")

	export := f.call(lawyer, "GET", "/api/users/"+lawyer.ID.String()+"/export", nil).expect(200, "")
	var copied api.UserExport
	export.decode(&copied)
	if len(copied.Emails) != 2 || copied.Emails[1].ID != e.ID {
		t.Errorf("%+v", copied.Emails)
	}
	if log := f.logs.String(); strings.Contains(log, "example.org") || strings.Contains(log, "Your contract") {
		t.Error("the log contains a text or a recipient")
	}
	f.call(lawyer, "DELETE", "/api/users/"+lawyer.ID.String(), nil).expect(204, "")
	f.call(f.admin(), "GET", "/api/email/"+e.ID.String(), nil).expect(404, "not_found")
}

func TestSendEmails(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	lawyer := f.register("lawyer", domain.RoleLawyer)
	var mails []any
	for i := range 100 {
		mails = append(mails, map[string]any{"to": []string{fmt.Sprintf("r%d@example.org", i)}, "subject": "We move", "bodyText": "On Monday."})
	}
	mails[7].(map[string]any)["subject"] = "a\nb"
	mails[8].(map[string]any)["subject"] = ""
	mails[9].(map[string]any)["to"] = []string{"Ada Lovelace"}
	faults := map[int]string{7: "/emails/7/subject", 8: "/emails/8/subject", 9: "/emails/9/to/0"}
	var out api.SendEmailsResponse
	f.call(lawyer, "POST", "/api/email/send-batch", map[string]any{"emails": mails}).expect(202, "").decode(&out)
	for i, item := range out.Items {
		switch fault := faults[i]; {
		case fault != "":
			if e := item.Error; e == nil || e.Code != "invalid" || e.Errors[0].Pointer != fault {
				t.Fatalf("%d: %+v", i, item)
			}
		case item.Error != nil || *item.Status != api.EmailStatusQueued:
			t.Fatalf("%d: %+v", i, item)
		}
	}
	link, ok := strings.CutPrefix(f.waitForMail("r99@example.org", 1).Unsubscribe, "https://counsel.example")
	if !ok {
		t.Fatalf("%q", link)
	}
	page := f.call(nil, "GET", link, nil).expect(200, "")
	if !strings.Contains(string(page.body), `<form method="post">`) || !strings.Contains(page.header.Get("Content-Security-Policy"), "form-action 'self'") {
		t.Errorf("%s %s", page.header, page.body)
	}
	f.call(nil, "GET", link[:len(link)-3]+"AAA", nil).expect(404, "not_found")
	f.call(nil, "POST", link[:len(link)-3]+"AAA", nil).expect(404, "not_found")
	f.call(nil, "GET", "/unsubscribe/a.b", nil).expect(400, "malformed")
	if done := f.call(nil, "POST", link, nil).expect(200, ""); !strings.Contains(string(done.body), "You are unsubscribed") {
		t.Errorf("%s", done.body)
	}
	f.call(lawyer, "POST", "/api/email/send-batch", map[string]any{"emails": mails[99:]}).expect(202, "").decode(&out)
	f.eventually("the next one is held back", func() bool { return f.getEmail(lawyer, out.Items[0].ID.String()).Status == api.EmailStatusFailed })
	f.call(lawyer, "POST", "/api/email/send", mails[99]).expect(202, "")
	f.waitForMail("r99@example.org", 2)
	f.call(lawyer, "POST", "/api/email/send-batch", map[string]any{"emails": append(mails, mails[0])}).expect(422, "invalid")
}

// TestMailServerRecovers: mail is delivered once a mail server that was down comes back.
func TestMailServerRecovers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	lawyer := f.register("lawyer", domain.RoleLawyer)
	tries := 0
	f.mailServer.setOutcome(func(to string) email.Outcome {
		if strings.HasSuffix(to, "@example.org") {
			if tries++; tries < 3 {
				return email.Outcome{Result: email.Deferred, Reason: "451 4.7.1 come again", Err: fmt.Errorf("mail: RCPT: the server answered 451 4.7.1")}
			}
		}
		return email.Outcome{Result: email.Accepted}
	})
	var sent api.SendEmailResponse
	f.call(lawyer, "POST", "/api/email/send", map[string]any{"to": []string{"ada@example.org"}, "subject": "x", "bodyText": "x"}).expect(202, "").decode(&sent)
	f.eventually("the status", func() bool { return f.getEmail(lawyer, sent.ID.String()).Status == api.EmailStatusSent })
	if e := f.getEmail(lawyer, sent.ID.String()); e.Attempts != 3 {
		t.Errorf("%+v", e)
	}
}

var secretOf = regexp.MustCompile(`https://counsel\.example/account#(reset|verify)=([A-Za-z0-9_-]+)`)

// uniqueName differs in each run of these tests, which share a Redis that counts requests per hour.
func uniqueName(name string) string { return name + "-" + domain.NewID().String()[24:] }

// TestAddressRules: all operations accept the same e-mail addresses and treat all spellings of one as equal.
func TestAddressRules(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	lena, admin := f.register("lena", domain.RoleLawyer), f.admin()
	caseID := "/api/cases/" + f.createCase(lena)
	asks := []struct {
		pointer string
		ask     func(address string) response
	}{
		{"/email", func(address string) response {
			return f.call(nil, "POST", "/api/auth/register", map[string]string{"email": address, "password": "correct horse battery", "fullName": "Ada"})
		}},
		{"/email", func(address string) response {
			return f.call(nil, "POST", "/api/auth/login", map[string]string{"email": address, "password": "correct horse battery"})
		}},
		{"/email", func(address string) response {
			return f.call(nil, "POST", "/api/auth/password/forgot", map[string]string{"email": address})
		}},
		{"/email", func(address string) response {
			return f.call(lena, "POST", caseID+"/members", map[string]string{"email": address, "role": "viewer"})
		}},
		{"/email", func(address string) response {
			return f.call(lena, "POST", caseID+"/parties", map[string]string{"kind": "person", "side": "client", "name": "Ada", "email": address})
		}},
		{"/email", func(address string) response {
			return f.call(nil, "POST", "/api/esign/signing/link", map[string]string{"trackingId": domain.NewID().String(), "email": address})
		}},
		{"/signers/0/email", func(address string) response {
			return f.call(lena, "POST", "/api/esign/initiate", map[string]any{"docId": domain.NewID(), "workflow": "parallel", "signers": []any{map[string]any{"name": "Ada", "email": address}}})
		}},
		{"/to/0", func(address string) response {
			return f.call(lena, "POST", "/api/email/send", map[string]any{"to": []string{address}, "subject": "x", "bodyText": "x"})
		}},
		{"/replyTo", func(address string) response {
			return f.call(lena, "POST", "/api/email/send", map[string]any{"to": []string{"ada@example.com"}, "replyTo": address, "subject": "x", "bodyText": "x"})
		}},
		{"/address", func(address string) response {
			return f.call(admin, "POST", "/api/email/suppressions", map[string]string{"address": address})
		}},
	}
	valid := []string{"a@müller.example", "A@xn--mller-kva.example", "jürgen@example.com", "иван@почта.рф", "a@localhost"}
	bad := []string{"ada", "ada@", "ada@a_b.example", "ada@[192.0.2.1]", `"ada"@example.com`, "ada@p\u0430ypal.example", "ada@xn--a.example", "a\u200bda@example.com", "ada@example.com.", " ada@example.com"}
	for i, at := range asks {
		for _, address := range append(valid, bad...) {
			a, refused := at.ask(address), false
			if a.status == 422 {
				for _, f := range a.problem().Errors {
					refused = refused || f.Pointer == at.pointer && strings.Contains(f.Detail, "e-mail address")
				}
			}
			if refused != slices.Contains(bad, address) {
				t.Errorf("%q at %s (%d): %d %s", address, at.pointer, i, a.status, a.body)
			}
		}
	}
	f.call(nil, "POST", "/api/auth/register", map[string]string{"email": "A@MÜLLER.example", "password": "correct horse battery", "fullName": "Ada"}).expect(409, "conflict")
	ada := &user{}
	f.signIn(ada, "a@xn--mller-kva.example", "correct horse battery")
	f.call(ada, "GET", "/api/auth/me", nil).expect(200, "").decode(&ada.User)
	if ada.Email != "a@müller.example" {
		t.Errorf("is shown as %s", ada.Email)
	}
	var page api.SuppressionList
	f.call(admin, "GET", "/api/email/suppressions", nil).expect(200, "").decode(&page)
	if n := len(page.Items); n != len(valid)-1 { // two of them are spellings of one
		t.Errorf("%d are suppressed: %+v", n, page.Items)
	}
}

func TestPasswordReset(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	name := uniqueName("ada")
	address, nobody := name+"@example.com", uniqueName("nobody")+"@example.com"
	ada := f.register(name, domain.RoleClient)
	forgot := func(address string) response {
		return f.call(nil, "POST", "/api/auth/password/forgot", map[string]string{"email": address}, "Accept-Language", "fr-CH, fr;q=0.9")
	}
	f.waitForMail(address, 1) // the welcome
	known, unknown := forgot(strings.ToUpper(address)).expect(204, ""), forgot(nobody).expect(204, "")
	if len(known.body) != 0 || len(unknown.body) != 0 || known.status != unknown.status {
		t.Error("the responses differ")
	}
	m := f.waitForMail(address, 2)
	if m.Subject != "Choisissez un nouveau mot de passe" {
		t.Errorf("%q", m.Subject)
	}
	token := secretOf.FindStringSubmatch(m.Text)[2]
	forgot(address).expect(204, "")
	other := secretOf.FindStringSubmatch(f.waitForMail(address, 3).HTML)[2]

	reset := func(token, password string) response {
		return f.call(nil, "POST", "/api/auth/password/reset", map[string]string{"token": token, "password": password})
	}
	for name, bad := range map[string]string{"forged": token[:len(token)-2] + "AA", "cut": token[:40], "nonsense": "x", "of another purpose": secretOf.FindStringSubmatch(f.waitForMail(address, 1).Text)[2]} {
		if p := reset(bad, "a new horse battery").expect(422, "link_invalid").problem(); p.Errors[0].Pointer != "/token" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if p := reset(token, address).expect(422, "invalid").problem(); p.Errors[0].Pointer != "/password" {
		t.Errorf("%+v", p)
	}
	reset(token, "a new horse battery").expect(204, "")
	reset(token, "yet another horse").expect(422, "link_invalid")
	reset(other, "yet another horse").expect(422, "link_invalid")
	f.call(ada, "GET", "/api/auth/me", nil).expect(401, "unauthenticated")
	f.call(nil, "POST", "/api/auth/refresh", map[string]string{"refreshToken": ada.refresh}).expect(401, "unauthenticated")
	f.call(nil, "POST", "/api/auth/login", map[string]string{"email": address, "password": "correct horse battery"}).expect(401, "unauthenticated")
	f.signIn(ada, address, "a new horse battery")
	var me api.User
	f.call(ada, "GET", "/api/auth/me", nil).expect(200, "").decode(&me)
	if !me.EmailVerified {
		t.Error("the address is verified without the link")
	}
	if m := f.waitForMail(address, 4); m.Subject != "Your password was changed" || secretOf.MatchString(m.Text) {
		t.Errorf("%+v", m)
	}
	if len(f.mailServer.mailsTo(nobody)) != 0 {
		t.Error("an unknown address got a mail")
	}
	for _, address := range []string{address, uniqueName("someone") + "@example.com"} {
		for range 5 {
			forgot(address)
		}
		forgot(address).expect(429, "rate_limited")
	}
	if log := f.logs.String(); strings.Contains(log, token) || strings.Contains(log, "@example.com") || strings.Contains(log, "horse") {
		t.Error("the log contains a secret")
	}
}

func TestPasswordResetOfDisabledAccount(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	name := uniqueName("ada")
	address := name + "@example.com"
	ada := f.register(name, domain.RoleClient)
	f.call(nil, "POST", "/api/auth/password/forgot", map[string]string{"email": address}).expect(204, "")
	token := secretOf.FindStringSubmatch(f.waitForMail(address, 2).Text)[2]
	f.call(f.admin(), "PATCH", "/api/users/"+ada.ID.String(), map[string]any{"disabled": true}).expect(200, "")
	f.call(nil, "POST", "/api/auth/password/reset", map[string]string{"token": token, "password": "a new horse battery"}).expect(422, "link_invalid")
}

func TestVerifyEmail(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	ada := f.register("ada", domain.RoleClient)
	if ada.EmailVerified {
		t.Error("an address is verified by registration alone")
	}
	m := f.waitForMail("ada@example.com", 1)
	if m.Subject != "Welcome to Counsel – please confirm your address" || !m.Automatic {
		t.Errorf("%+v", m)
	}
	token := secretOf.FindStringSubmatch(m.Text)[2]
	f.call(ada, "POST", "/api/auth/email/resend", nil).expect(204, "")
	second := secretOf.FindStringSubmatch(f.waitForMail("ada@example.com", 2).Text)[2]
	f.call(nil, "POST", "/api/auth/email/verify", map[string]string{"token": second[1:] + "A"}).expect(422, "link_invalid")
	for _, token := range []string{token, token, second} { // using a link again changes nothing
		f.call(nil, "POST", "/api/auth/email/verify", map[string]string{"token": token}).expect(204, "")
	}
	var me api.User
	f.call(ada, "GET", "/api/auth/me", nil).expect(200, "").decode(&me)
	if !me.EmailVerified {
		t.Error("the address is not verified")
	}
	f.call(ada, "POST", "/api/auth/email/resend", nil).expect(409, "conflict")
	f.call(nil, "POST", "/api/auth/password/reset", map[string]string{"token": token, "password": "a new horse battery"}).expect(422, "link_invalid")
}

func TestAccountPage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	page := f.call(nil, "GET", "/account", nil).expect(200, "")
	if !strings.Contains(string(page.body), `src="/account/page.js"`) || !strings.Contains(page.header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'") || page.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%v", page.header)
	}
	f.call(nil, "GET", "/account/page.js", nil).expect(200, "")
}
