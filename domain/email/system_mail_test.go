package email

import (
	"slices"
	"strings"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/jobs"
	"counsel/domain/notifications"
	"counsel/sandbox/testkit"
)

// TestNotices composes each system mail in each language.
func TestNotices(t *testing.T) {
	fields := map[string]string{"name": "Ada & <b>Lovelace</b>", "sender": "Grace Hopper", "document": "NDA\r\nBcc: spy@example.com", "until": "2026-12-01", "firm": "Hartmann & Vogel", "number": "2026-000001", "amount": "EUR 123.45", "due": "14 December 2026", "receiver": "crm.example", "key": "counsel_live_…yQ3b", "type": "task.assigned", "signer": "Eve", "address": "eve@example.com", "quote": "Clause 4:\r\n<script>no</script>\u2028Dear reader, {sender}", "link": "https://counsel.example/account#reset=a-b_c.d"}
	subjects := map[string]bool{}
	for _, tag := range locales {
		for _, kind := range SystemMailKinds {
			with := map[string]string{}
			for k, v := range fields {
				if k != "link" || slices.Contains([]SystemMailKind{Welcome, VerifyAddress, ResetPassword, SignatureRequest, SignatureReminder}, kind) {
					with[k] = v
				}
			}
			subject, text, html, err := Compose(kind, tag.String(), with)
			testkit.Must(t, err)
			all := subject + text + html
			if quotes := slices.Contains([]SystemMailKind{SignatureRequest, SignatureReminder, SignatureDeclinedBy}, kind); quotes != strings.Contains(text, ":\n\n> Clause 4:\n> <script>no</script>\n> Dear reader, {sender}\n") ||
				quotes != strings.Contains(html, "&lt;script&gt;no&lt;/script&gt;\nDear reader, {sender}</blockquote>") {
				t.Errorf("%s in %s does not mark each quoted line:\n%s\n%s", kind, tag, text, html)
			}
			if strings.ContainsAny(subject, "\r\n") || strings.ContainsAny(strings.ReplaceAll(all, "Dear reader, {sender}", ""), "{}") || strings.Contains(html, "<b>Lovelace") || subject == "" {
				t.Errorf("%s in %s:\n%s\n%s\n%s", kind, tag, subject, text, html)
			}
			if with["link"] != "" && (!strings.Contains(text, "\n"+fields["link"]+"\n") || strings.Count(html, `href="`+fields["link"]+`"`) != 2) {
				t.Errorf("%s in %s has no link:\n%s\n%s", kind, tag, text, html)
			}
			if !strings.Contains(text, "Ada & <b>Lovelace</b>") || !strings.Contains(html, "Ada &amp; &lt;b&gt;Lovelace&lt;/b&gt;") || !strings.Contains(html, `<html lang="`+tag.String()+`">`) {
				t.Errorf("%s in %s has no greeting:\n%s", kind, tag, text)
			}
			if subjects[subject] {
				t.Errorf("%s in %s has a duplicate subject: %s", kind, tag, subject)
			}
			subjects[subject] = true
		}
	}
	for locale, w := range translations() {
		if len(w.Events) != len(translations()["en"].Events) {
			t.Errorf("%s does not have the same events as English", locale)
		}
		seen := map[string]bool{}
		for _, typ := range domain.EventTypes {
			if typ == domain.EventCaseCreated { // the actor is the only member
				continue
			}
			subject, text, html, err := Compose(Notification, locale, map[string]string{"name": "Ada", "type": string(typ)})
			testkit.Must(t, err)
			if subject == "" || seen[subject] || !strings.Contains(text, "\n"+subject+".") || strings.Contains(html, "href") {
				t.Errorf("%s in %s: %q\n%s", typ, locale, subject, text)
			}
			seen[subject] = true
		}
		for kind, mail := range w.Mails {
			for _, p := range append(append([]string{}, mail.Intro...), mail.Outro...) {
				if !strings.HasSuffix(p, ".") {
					t.Errorf("%s in %s has a paragraph that is not a sentence: %q", kind, locale, p)
				}
			}
		}
	}
	for accept, want := range map[string]string{"": "en", "de-AT": "de", "fr-CH, fr;q=0.9, en;q=0.8": "fr", "ja": "en", "ja, es;q=0.5": "es", "\x00\xff": "en", "pt-BR,es-419;q=0.7": "es"} {
		if got := translationFor(accept).locale; got != want {
			t.Errorf("%q selects %s, want %s", accept, got, want)
		}
	}
	if _, _, html, err := Compose(ResetPassword, "en", map[string]string{"link": "javascript:alert(1)"}); err != nil || strings.Contains(html, `href="javascript`) {
		t.Errorf("%v %s", err, html)
	}
	if _, _, _, err := Compose(ResetPassword, "en", nil); err == nil {
		t.Error("a mail without its link was composed")
	}
}

// TestNotify: system mails have priority, contain their secret only while they are sent, and are not sent
// after they expired.
func TestNotify(t *testing.T) {
	f := newFixture(t)
	secret := domain.NewID()
	n := SystemMail{Kind: ResetPassword, UserID: f.ada.UserID, To: "ada@example.com", Locale: "de-AT,de;q=0.9", Fields: map[string]string{"name": "Ada"}, Secret: secret, ExpiresAt: f.now.Add(time.Hour)}
	id, err := f.notify(n)
	testkit.Must(t, err)
	var queue, content string
	testkit.Must(t, f.pool.QueryRowContext(t.Context(), "SELECT queue FROM jobs").Scan(&queue))
	testkit.Must(t, f.pool.QueryRowContext(t.Context(), "SELECT CONCAT(subject, body_text, body_html, fields) FROM emails").Scan(&content))
	if queue != "interactive" || strings.Contains(content, "secret-of") {
		t.Errorf("in %s: %s", queue, content)
	}
	testkit.Must(t, f.attempt(id))
	m := f.sender.last()
	if link := "https://counsel.example/account#reset=secret-of-" + secret.String(); !strings.Contains(m.Text, link) || !strings.Contains(m.HTML, link) || m.Subject != "Neues Passwort festlegen" || !m.Automatic {
		t.Errorf("%+v", m)
	}
	late, err := f.notify(n)
	testkit.Must(t, err)
	f.sender.answer = serverDown
	if f.attempt(late) == nil {
		t.Error("sent")
	}
	f.now = f.now.Add(time.Hour)
	testkit.Must(t, f.attempt(late))
	row, err := f.rows.GetEmail(t.Context(), late)
	testkit.Must(t, err)
	if Status(row.Status) != Failed || row.Reason != reasonExpired || len(f.sender.sent) != 2 {
		t.Errorf("%s %q, %d sent", row.Status, row.Reason, len(f.sender.sent))
	}
	n.To = "nobody"
	if _, err := f.notify(n); err == nil || strings.Contains(err.Error(), "nobody") {
		t.Errorf("%v", err)
	}
}

// A mail that nobody waits for has no priority.
func TestNotifyQueues(t *testing.T) {
	f := newFixture(t)
	for kind, want := range map[SystemMailKind]jobs.Queue{ResetPassword: jobs.Interactive, Notification: jobs.Standard} {
		_, err := f.notify(SystemMail{Kind: kind, UserID: f.ada.UserID, To: "ada@example.com"})
		testkit.Must(t, err)
		var queue jobs.Queue
		testkit.Must(t, f.pool.QueryRowContext(t.Context(), "SELECT queue FROM jobs ORDER BY id DESC LIMIT 1").Scan(&queue))
		if queue != want {
			t.Errorf("%s is %s", kind, queue)
		}
	}
}

// TestNamesAreNoLinks: nobody can have a link mailed to another person's address by registering it.
func TestNamesAreNoLinks(t *testing.T) {
	for name, printed := range map[string]bool{"You won: http://evil.example/": false, "Your bank, bank.example": false, "WWW.evil": false, "J. R. R. Tolkien": true, "J.R.R. Tolkien": true, "Dr. Ada O'Neil": true} {
		_, text, html, err := Compose(VerifyAddress, "en", map[string]string{"name": name, "link": "https://counsel.example/account#verify=x"})
		testkit.Must(t, err)
		if strings.Contains(text, name) != printed || !printed && strings.Contains(html, name) {
			t.Errorf("%q: %s", name, text)
		}
	}
}

// TestNotificationsDoNotFlood: the number of notification mails to an address in an hour is limited.
func TestNotificationsDoNotFlood(t *testing.T) {
	f := newFixture(t)
	notify := func(who domain.Principal, times int) (mails int) {
		t.Helper()
		for range times {
			to := account.User{ID: who.UserID, Email: who.UserID.String() + "@example.com", FullName: "Ada"}
			testkit.Must(t, f.inTx(func(tx db.Tx) error {
				return f.outbox.NotificationMail(t.Context(), tx, notifications.Mail{ID: domain.NewID(), To: to, Type: domain.EventTaskAssigned, Notification: domain.NewID()})
			}))
		}
		testkit.Must(t, f.pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM emails WHERE user_id = ?", who.UserID).Scan(&mails))
		return mails
	}
	if n := notify(f.ada, maxNotificationMails+5); n != maxNotificationMails {
		t.Errorf("%d mails", n)
	}
	if n := notify(f.admin, 1); n != 1 {
		t.Errorf("%d mails to another user", n)
	}
	f.now = f.now.Add(time.Hour)
	if n := notify(f.ada, 1); n != maxNotificationMails+1 {
		t.Errorf("%d mails after an hour", n)
	}
}
