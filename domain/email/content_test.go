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

func TestSanitize(t *testing.T) {
	for html, want := range map[string]string{
		`<p>Dear <b>Ada</b>,</p>`: `<p>Dear <b>Ada</b>,</p>`,
		`<p style="color: red; position: fixed; background: url(https://spy.example)">x</p>`:          `<p style="color: red">x</p>`,
		`<a href="https://counsel.example/a?b=1&c=2" target="_blank">x</a>`:                           `<a href="https://counsel.example/a?b=1&amp;c=2" rel="noreferrer">x</a>`,
		`<a href="javascript:alert(1)">x</a>`:                                                         `x`,
		`<a href="data:text/html,x">x</a>`:                                                            `x`,
		`<img src="https://spy.example/pixel.gif"><img src="cid:logo.png" alt="Logo" width=20>`:       `<img src="cid:logo.png" alt="Logo" width="20"/>`,
		`<img src=x onerror=alert(1)>`:                                                                ``,
		`<svg onload=alert(1)></svg><iframe src="https://spy.example"></iframe>`:                      ``,
		`<form action="https://spy.example"><input name=password></form>`:                             `<div></div>`,
		`<link rel=stylesheet href="https://spy.example"><style>p{}</style><base href=x>`:             ``,
		`<meta http-equiv=refresh content="0;url=https://spy.example">Hi`:                             `Hi`,
		`<table><tr><td width="50%">x</td></tr></table>`:                                              `<table><tbody><tr><td width="50%">x</td></tr></tbody></table>`,
		`<table bgcolor="#003366"><tr><td style="background: navy; color: white">x</td></tr></table>`: `<table bgcolor="#003366"><tbody><tr><td style="background: navy; color: white">x</td></tr></tbody></table>`,
		`<ol start="3" type="a" reversed><li value="7">x</li></ol><ol start="x"><li>y</ol>`:           `<ol start="3" type="a" reversed=""><li value="7">x</li></ol><ol><li>y</li></ol>`,
		`<p>1 < 2 & 3`: `<p>1 &lt; 2 &amp; 3</p>`,
		` <!-- x --> `: ``,
	} {
		if got, err := sanitize(html); err != nil || got != want {
			t.Errorf("%s\n gives %s %v\n want  %s", html, got, err, want)
		}
	}
}

// TestHidden: what a reader is not shown does not come out by cleaning, in HTML or in text; what they are
// shown stays.
func TestHidden(t *testing.T) {
	for _, hides := range []string{
		`<div style="display:none">HIDDEN</div>`, `<div style="DISPLAY : NONE !important">HIDDEN</div>`, `<p hidden>HIDDEN</p>`, `<p style="visibility:hidden">HIDDEN <img src="cid:x.png" alt="HIDDEN"></p>`,
		`<span style="font-size:0">HIDDEN</span>`, `<span style="font-size: 1px">HIDDEN</span>`, `<span style="font:0/0 a">HIDDEN</span>`, `<div style="font-size:0px"><b style="font-size:2em">HIDDEN</b></div>`,
		`<div style="max-height:0;overflow:hidden">HIDDEN</div>`, `<div style="width:0px;overflow:hidden">HIDDEN</div>`, `<div style="opacity:0">HIDDEN</div>`, `<p style="opacity: .0">HIDDEN</p>`,
		`<div style="text-indent:-9999px">HIDDEN</div>`, `<div style="position:absolute;left:-5000px">HIDDEN</div>`, `<div style="position:absolute;clip:rect(0 0 0 0)">HIDDEN</div>`,
		`<span style="color:#fff">HIDDEN</span>`, `<span style="color:transparent">HIDDEN</span>`, `<font color="white">HIDDEN</font>`, `<div style="background:#000"><b style="color:rgb(0,0,0)">HIDDEN</b></div>`,
		`<td bgcolor="#336699"><span style="color:#336698">HIDDEN</span></td>`, `<p style="color:rgba(0,0,0,0)">HIDDEN</p>`,
		`<!-- HIDDEN -->`, `<!--[if mso]><p>HIDDEN</p><![endif]-->`, `<template>HIDDEN</template>`, `<head><title>HIDDEN</title></head>`, `<title>HIDDEN</title>`, `<script>HIDDEN</script>`, `<dialog>HIDDEN</dialog>`,
		`<style>.pre{display:none}</style><div class="a pre">HIDDEN</div>`, `<style>div.pre, #x { display : none !important }</style><div class=pre style="display:block">HIDDEN</div><p id=x>HIDDEN</p>`,
		`<head><style type="text/css">@media screen { .wide p{visibility:hidden} } .m{display:block}</style></head><body><div class=wide><div><p>HIDDEN</p></div></div>`,
		`<style>.m{display:block}.m{display:none}</style><p class=m>HIDDEN</p>`, `<style>#x{display:none}.m{display:block}</style><p id=x class=m>HIDDEN</p>`, `<style>[data-hide]{font-size:0}</style><p data-hide>HIDDEN</p>`,
	} {
		page := `<p>Seen <b>before</b></p>` + hides + `<p>and after</p>`
		if strings.HasPrefix(hides, "<td") {
			page = `<p>Seen <b>before</b></p><table><tr>` + hides + `</tr></table><p>and after</p>`
		} else if strings.HasPrefix(hides, "<head") {
			page = hides + `<p>Seen <b>before</b></p><p>and after</p>`
		}
		clean, err := sanitize(page)
		text := htmlToText(clean)
		if err != nil || strings.Contains(clean+text, "HIDDEN") || !strings.Contains(clean, "<b>before</b>") || text != "Seen before\n\nand after" {
			t.Errorf("%s\n gives %s\n as text %q %v", hides, clean, text, err)
		}
	}
	for _, shows := range []string{
		`<div style="font-size:0"><b style="font-size:14px">SHOWN</b></div>`, `<div style="visibility:hidden"><b style="visibility:visible">SHOWN</b></div>`, `<div style="height:0">SHOWN</div>`, `<div style="overflow:hidden">SHOWN</div>`,
		`<style>@media (max-width:600px){.wide{display:none}} @media print{p{display:none}}</style><p class=wide>SHOWN</p>`, `<style>.x{display:none}</style><p class="x" style="display:block!important">SHOWN</p>`,
		`<style>.x{display:none}.x{display:block}</style><p class="x">SHOWN</p>`, `<style>.a .b{display:none}</style><p class="b">SHOWN</p>`, `<style>a:hover, p::before{display:none}</style><p>SHOWN</p>`,
		`<div style="background-color:navy"><span style="color:white">SHOWN</span></div>`, `<table bgcolor="navy"><tr><td><font color="#fff">SHOWN</font></td></tr></table>`, `<div style="background:url(x.png)"><b style="color:#fff">SHOWN</b></div>`,
		`<style>.head{background:#036}</style><div class="head"><b style="color:#fff">SHOWN</b></div>`, `<noscript>SHOWN</noscript>`, `<!--[if !mso]><!--><p>SHOWN</p><!--<![endif]-->`, `<p style="opacity:0.9;text-indent:-20px">SHOWN</p>`,
		`<style>}}}p{display:none`, `<style>.x{display:none}`, `<dialog open>SHOWN</dialog>`,
	} {
		clean, err := sanitize(shows)
		if err != nil || strings.Contains(shows, "SHOWN") != strings.Contains(htmlToText(clean), "SHOWN") {
			t.Errorf("%s\n gives %s %v", shows, clean, err)
		}
	}
	if _, err := sanitize(strings.Repeat("<div>", 5000) + "x"); err == nil {
		t.Error("a page of 5000 elements within each other is read")
	}
	if _, err := sanitize("<style>" + strings.Repeat("p b{color:red}", 20000) + "</style>" + strings.Repeat("<p>x", 40000)); err == nil {
		t.Error("20,000 rules are applied to 40,000 paragraphs")
	}
}

func TestHTMLToText(t *testing.T) {
	got := htmlToText(`<h1>Offer</h1><p>Dear Ada,<br>see <a href="https://counsel.example/x">this</a>.</p><ul><li>one</li><li>two &amp; three</li></ul>`)
	for _, want := range []string{"Offer", "Dear Ada,\nsee this <https://counsel.example/x>.", "- one", "- two & three"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	for page, want := range map[string]string{
		`<table><tr><th>Item</th><th>Fee</th></tr><tr><td>Filing</td><td><b>100</b></td></tr><tr><td></td><td>20</td></tr></table>after`:              "Item | Fee\nFiling | 100\n20\n\nafter",
		`<div>a</div><div>b</div>c<p>d</p>e<section>f</section><form>g</form><fieldset>h</fieldset>`:                                                  "a\nb\nc\n\nd\n\ne\nf\ng\nh",
		`<table><tr><td><p>Left</p><p>more</p></td><td>Right</td></tr></table>`:                                                                       "Left\n\nmore\n\nRight",
		`<ol start="3"><li>c<li>d<li value="9">i<li>j</ol>`:                                                                                           "3. c\n4. d\n9. i\n10. j",
		`<ol type="a" start="26"><li>z<li>aa</ol><ol type="I"><li>x<li>y<li>z<li>f</ol>`:                                                              "z. z\naa. aa\n\nI. x\nII. y\nIII. z\nIV. f",
		`<ol reversed><li>c<li>b<li>a</ol><ol start="-1"><li>x<li>y</ol>`:                                                                             "3. c\n2. b\n1. a\n\n-1. x\n0. y",
		`<ul><li>a<ul><li>b<li>c</ul><li>d</ul>`:                                                                                                      "- a\n  - b\n  - c\n- d",
		"a  b\n c<b> d</b>e<br>f<br><br>g &nbsp; h":                                                                                                   "a b c de\nf\n\ng   h",
		"<blockquote>q<br>r</blockquote><pre>  x\n   y</pre>":                                                                                         "> q\n> r\n\n  x\n   y",
		`<a href="https://counsel.example">https://counsel.example</a> <a href="mailto:a@b.example">a@b.example</a> <img src="cid:x.png" alt="Logo">`: "https://counsel.example a@b.example Logo",
	} {
		clean, err := sanitize(page)
		testkit.Must(t, err)
		if got := htmlToText(clean); got != want {
			t.Errorf("%s\n gives %q\n want  %q", page, got, want)
		}
	}
	if n := len(htmlToText(strings.Repeat("<blockquote>", 400) + strings.Repeat("x<br>", 1000))); n > 100_000 {
		t.Errorf("quotations within quotations have %d bytes", n)
	}
	if got := plainText("a\r\nb\rc\x1b[31m\x00d\te"); got != "a\nb\nc[31md\te" {
		t.Errorf("%q", got)
	}
}

// TestNotices writes each of the service's own mails in each language.
func TestNotices(t *testing.T) {
	fields := map[string]string{"name": "Ada & <b>Lovelace</b>", "sender": "Grace Hopper", "document": "NDA\r\nBcc: spy@example.com", "until": "2026-12-01", "receiver": "crm.example", "type": "task.assigned", "signer": "Eve", "address": "eve@example.com", "quote": "Clause 4:\r\n<script>no</script>\u2028Dear reader, {sender}", "link": "https://counsel.example/account#reset=a-b_c.d"}
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
				t.Errorf("%s in %s does not quote well:\n%s\n%s", kind, tag, text, html)
			}
			if strings.ContainsAny(subject, "\r\n") || strings.ContainsAny(strings.ReplaceAll(all, "Dear reader, {sender}", ""), "{}") || strings.Contains(html, "<b>Lovelace") || subject == "" {
				t.Errorf("%s in %s:\n%s\n%s\n%s", kind, tag, subject, text, html)
			}
			if with["link"] != "" && (!strings.Contains(text, "\n"+fields["link"]+"\n") || strings.Count(html, `href="`+fields["link"]+`"`) != 2) {
				t.Errorf("%s in %s lacks its link:\n%s\n%s", kind, tag, text, html)
			}
			if !strings.Contains(text, "Ada & <b>Lovelace</b>") || !strings.Contains(html, "Ada &amp; &lt;b&gt;Lovelace&lt;/b&gt;") || !strings.Contains(html, `<html lang="`+tag.String()+`">`) {
				t.Errorf("%s in %s does not greet:\n%s", kind, tag, text)
			}
			if subjects[subject] {
				t.Errorf("%s in %s has the subject of another: %s", kind, tag, subject)
			}
			subjects[subject] = true
		}
	}
	for locale, w := range translations() {
		if len(w.Events) != len(translations()["en"].Events) {
			t.Errorf("%s has other events than English", locale)
		}
		said := map[string]bool{}
		for _, typ := range domain.EventTypes {
			if typ == domain.EventCaseCreated { // only who does it is there to hear
				continue
			}
			subject, text, html, err := Compose(Notification, locale, map[string]string{"name": "Ada", "type": string(typ)})
			testkit.Must(t, err)
			if subject == "" || said[subject] || !strings.Contains(text, "\n"+subject+".") || strings.Contains(html, "href") {
				t.Errorf("%s in %s: %q\n%s", typ, locale, subject, text)
			}
			said[subject] = true
		}
		for kind, mail := range w.Mails {
			for _, p := range append(append([]string{}, mail.Before...), mail.After...) {
				if !strings.HasSuffix(p, ".") {
					t.Errorf("%s in %s has a paragraph that is no sentence: %q", kind, locale, p)
				}
			}
		}
	}
	for accept, want := range map[string]string{"": "en", "de-AT": "de", "fr-CH, fr;q=0.9, en;q=0.8": "fr", "ja": "en", "ja, es;q=0.5": "es", "\x00\xff": "en", "pt-BR,es-419;q=0.7": "es"} {
		if got := translationFor(accept).locale; got != want {
			t.Errorf("%q is answered in %s, want %s", accept, got, want)
		}
	}
	if _, _, html, err := Compose(ResetPassword, "en", map[string]string{"link": "javascript:alert(1)"}); err != nil || strings.Contains(html, `href="javascript`) {
		t.Errorf("%v %s", err, html)
	}
	if _, _, _, err := Compose(ResetPassword, "en", nil); err == nil {
		t.Error("a mail without its link passes")
	}
}

// TestNotify: the service's own mails go first, hold their secret only while they go, and are
// not sent when they are of no use any more.
func TestNotify(t *testing.T) {
	b := newFixture(t)
	secret := domain.NewID()
	n := SystemMail{Kind: ResetPassword, UserID: b.ada.UserID, To: "ada@example.com", Locale: "de-AT,de;q=0.9", Fields: map[string]string{"name": "Ada"}, Secret: secret, ExpiresAt: b.now.Add(time.Hour)}
	id, err := b.notify(n)
	testkit.Must(t, err)
	var queue, kept string
	testkit.Must(t, b.pool.QueryRowContext(t.Context(), "SELECT queue FROM jobs").Scan(&queue))
	testkit.Must(t, b.pool.QueryRowContext(t.Context(), "SELECT CONCAT(subject, body_text, body_html, fields) FROM emails").Scan(&kept))
	if queue != "interactive" || strings.Contains(kept, "secret-of") {
		t.Errorf("in %s: %s", queue, kept)
	}
	testkit.Must(t, b.attempt(id))
	m := b.sender.last()
	if link := "https://counsel.example/account#reset=secret-of-" + secret.String(); !strings.Contains(m.Text, link) || !strings.Contains(m.HTML, link) || m.Subject != "Neues Passwort wählen" || !m.Automatic {
		t.Errorf("%+v", m)
	}
	late, err := b.notify(n)
	testkit.Must(t, err)
	b.sender.answer = serverDown
	if b.attempt(late) == nil {
		t.Error("sent")
	}
	b.now = b.now.Add(time.Hour)
	testkit.Must(t, b.attempt(late))
	row, err := b.rows.GetEmail(t.Context(), late)
	testkit.Must(t, err)
	if Status(row.Status) != Failed || row.Reason != reasonExpired || len(b.sender.sent) != 2 {
		t.Errorf("%s %q, %d sent", row.Status, row.Reason, len(b.sender.sent))
	}
	n.To = "nobody"
	if _, err := b.notify(n); err == nil || strings.Contains(err.Error(), "nobody") {
		t.Errorf("%v", err)
	}
}

// A mail for which nobody waits does not go before those for which somebody does.
func TestNotifyQueues(t *testing.T) {
	b := newFixture(t)
	for kind, want := range map[SystemMailKind]jobs.Queue{ResetPassword: jobs.Interactive, Notification: jobs.Standard} {
		_, err := b.notify(SystemMail{Kind: kind, UserID: b.ada.UserID, To: "ada@example.com"})
		testkit.Must(t, err)
		var queue jobs.Queue
		testkit.Must(t, b.pool.QueryRowContext(t.Context(), "SELECT queue FROM jobs ORDER BY id DESC LIMIT 1").Scan(&queue))
		if queue != want {
			t.Errorf("%s is %s", kind, queue)
		}
	}
}

// TestNamesAreNoLinks: who registers somebody else's address cannot have them mailed a link.
func TestNamesAreNoLinks(t *testing.T) {
	for name, said := range map[string]bool{"You won: http://evil.example/": false, "Your bank, bank.example": false, "WWW.evil": false, "J. R. R. Tolkien": true, "J.R.R. Tolkien": true, "Dr. Ada O'Neil": true} {
		_, text, html, err := Compose(VerifyAddress, "en", map[string]string{"name": name, "link": "https://counsel.example/account#verify=x"})
		testkit.Must(t, err)
		if strings.Contains(text, name) != said || !said && strings.Contains(html, name) {
			t.Errorf("%q: %s", name, text)
		}
	}
}

// TestNotificationsDoNotFlood: whatever others do, a mailbox takes so many in an hour.
func TestNotificationsDoNotFlood(t *testing.T) {
	b := newFixture(t)
	tell := func(who domain.Principal, times int) (mails int) {
		t.Helper()
		for range times {
			to := account.User{ID: who.UserID, Email: who.UserID.String() + "@example.com", FullName: "Ada"}
			testkit.Must(t, b.inTx(func(tx db.Tx) error {
				return b.NotificationMail(t.Context(), tx, notifications.Mail{ID: domain.NewID(), To: to, Type: domain.EventTaskAssigned, Notification: domain.NewID()})
			}))
		}
		testkit.Must(t, b.pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM emails WHERE user_id = ?", who.UserID).Scan(&mails))
		return mails
	}
	if n := tell(b.ada, maxNotificationMails+5); n != maxNotificationMails {
		t.Errorf("%d mails", n)
	}
	if n := tell(b.admin, 1); n != 1 {
		t.Errorf("%d mails to another", n)
	}
	b.now = b.now.Add(time.Hour)
	if n := tell(b.ada, 1); n != maxNotificationMails+1 {
		t.Errorf("%d mails an hour later", n)
	}
}
