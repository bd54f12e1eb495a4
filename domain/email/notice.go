package email

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/cases"
	"counsel/domain/jobs"
	"counsel/domain/notifications"
	"counsel/domain/webhooks"
	"counsel/gen/query"
)

// NoticeKind is one of the mails that the service itself writes.
type NoticeKind string

// The service's own mails, and the fields that each says.
const (
	Welcome         NoticeKind = "welcome"          // name; a link that confirms the address
	VerifyAddress   NoticeKind = "verify_address"   // name; the same, asked for again
	ResetPassword   NoticeKind = "reset_password"   // name; a link that lets a new password be chosen
	PasswordChanged NoticeKind = "password_changed" // name
	WebhookDisabled NoticeKind = "webhook_disabled" // name, receiver
	Notification    NoticeKind = "notification"     // name, type: of the event; a link, if people have an application
	CaseInvitation  NoticeKind = "case_invitation"  // sender; a link, if people have an application

	// Those of package esign, which sends them itself. All say name, sender and document.
	SignatureRequest        NoticeKind = "signature_request"         // until; link; quote
	SignatureReminder       NoticeKind = "signature_reminder"        // the same
	SignatureCompleted      NoticeKind = "signature_completed"       // with the document attached
	SignatureCompletedApart NoticeKind = "signature_completed_apart" // without it
	SignatureDeclined       NoticeKind = "signature_declined"
	SignatureDeclinedBy     NoticeKind = "signature_declined_by" // signer; quote
	SignatureCancelled      NoticeKind = "signature_cancelled"
	SignatureExpired        NoticeKind = "signature_expired"
	SignatureFailed         NoticeKind = "signature_failed"   // it cannot be sealed
	SignatureNotSent        NoticeKind = "signature_not_sent" // the provider did not get it
	SignatureBounced        NoticeKind = "signature_bounced"  // signer, address
)

// Kinds are all of them.
var Kinds = []NoticeKind{Welcome, VerifyAddress, ResetPassword, PasswordChanged, WebhookDisabled, Notification, CaseInvitation,
	SignatureRequest, SignatureReminder, SignatureCompleted, SignatureCompletedApart, SignatureDeclined, SignatureDeclinedBy, SignatureCancelled, SignatureExpired, SignatureFailed, SignatureNotSent, SignatureBounced}

// Notice is a mail of the service's own.
type Notice struct {
	ID      domain.ID // optional; made when zero. Another with the same is a Conflict
	Kind    NoticeKind
	UserID  domain.ID // whom it is about: with them it is erased
	To      string
	Locale  string            // as a browser or a person gives it; English when there is no better
	Fields  map[string]string // what it says
	Secret  domain.ID         // of the account's mails: what the secret in its link is made of
	Expires time.Time         // it is not sent after that; zero: whenever it can be
}

// noticeFields is what is kept of a notice.
type noticeFields struct {
	Fields map[string]string `json:"fields"`
	Link   *domain.ID        `json:"link,omitempty"` // what the secret of its link is made of
}

// Notify puts a mail of the service's own into the queue, before all that people send, in the
// caller's transaction. Call Wake once that has committed.
func (s *Service) Notify(ctx context.Context, tx db.Tx, n Notice) (domain.ID, error) {
	q := query.New(tx)

	if err := s.Ready(); err != nil {
		return domain.ID{}, err
	}
	to, err := domain.ParseEmail(n.To)
	if err != nil {
		return domain.ID{}, fmt.Errorf("email: a notice to what %w", err)
	}
	kept := noticeFields{Fields: n.Fields}
	if !n.Secret.IsZero() {
		kept.Link = &n.Secret
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		return domain.ID{}, err
	}
	words := wordsFor(n.Locale)
	if _, ok := words.Mails[n.Kind]; !ok {
		return domain.ID{}, fmt.Errorf("email: no notice is called %q", n.Kind)
	}
	id, now := n.ID, s.Clock()
	if id.IsZero() {
		id = s.NewID()
	}
	p := query.CreateEmailParams{ID: id, UserID: n.UserID, Kind: string(n.Kind), Locale: words.locale, Fields: string(raw), SendAt: now, CreatedAt: now, UpdatedAt: now}
	p.ExpiresAt.Time, p.ExpiresAt.Valid = n.Expires, !n.Expires.IsZero()
	if err := q.CreateEmail(ctx, p); err != nil {
		return id, err
	}
	if err := q.CreateEmailRecipient(ctx, query.CreateEmailRecipientParams{EmailID: id, Field: "to", Address: to.ASCII(), UpdatedAt: now}); err != nil {
		return id, err
	}
	queue := jobs.Interactive // somebody waits for it
	if n.Kind == Notification {
		queue = jobs.Standard
	}
	_, err = s.Jobs.Add(ctx, tx, jobs.LegacyInsert{Kind: kindSend, Queue: queue, Payload: payload{id}})
	return id, err
}

// Wake has what was put into the queue looked at.
func (s *Service) Wake() { s.Jobs.Wake() }

// writeNotice makes the text of a mail of the service's own.
func (s *Service) writeNotice(row query.Email, m *Outgoing) error {
	var kept noticeFields
	if err := json.Unmarshal([]byte(row.Fields), &kept); err != nil {
		return jobs.Fatal(fmt.Errorf("email: the fields of a notice: %w", err))
	}
	fields := map[string]string{}
	for name, value := range kept.Fields {
		fields[name] = value
	}
	if kept.Link != nil {
		fields["link"] = s.AccountURL + "#" + purposes[NoticeKind(row.Kind)] + "=" + s.Secret(*kept.Link)
	}
	var err error
	if m.Subject, m.Text, m.HTML, err = Compose(NoticeKind(row.Kind), row.Locale, fields); err != nil {
		return jobs.Fatal(err)
	}
	return nil
}

// purposes is how the page of accounts calls what a link is for.
var purposes = map[NoticeKind]string{Welcome: "verify", VerifyAddress: "verify", ResetPassword: "reset"}

//go:embed notices
var noticeFiles embed.FS

// words are the service's own mails in one language.
type words struct {
	locale  string
	Address string // Name the reader; {name} is theirs
	Nobody  string // where there is no name
	IfNot   string // what to do where the button does nothing
	Closing string
	Footer  string
	Events  map[domain.EventType]string // what happened, in a notification
	Mails   map[NoticeKind]struct {
		Subject string
		Before  []string // paragraphs, with fields in braces
		Quote   string   // leads what somebody wrote, if they did
		Button  string
		After   []string
		Footer  string // "": the one of all
	}
}

// locales are the languages there are; the first is for those who speak none of them.
var locales = []language.Tag{language.English, language.German, language.French, language.Spanish}

var languages = sync.OnceValue(func() map[string]words {
	all := map[string]words{}
	for _, tag := range locales {
		raw, err := noticeFiles.ReadFile("notices/" + tag.String() + ".yaml")
		if err != nil {
			panic(err) // built in
		}
		w := words{locale: tag.String()}
		if err := yaml.Unmarshal(raw, &w); err != nil {
			panic(err)
		}
		all[tag.String()] = w
	}
	return all
})

var matcher = language.NewMatcher(locales)

// wordsFor finds the language that somebody understands best: one of a person (de-AT), or what a
// browser sends (fr-CH, fr;q=0.9).
func wordsFor(locale string) words {
	wanted, _, _ := language.ParseAcceptLanguage(locale) // of what cannot be read: none
	_, i, _ := matcher.Match(wanted...)
	return languages()[locales[i].String()]
}

var layout = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(noticeFiles, "notices/layout.html"))
})

// Language is the one of the service's own mails that somebody understands best, given as a person
// or a browser gives it.
func Language(wanted string) string { return wordsFor(wanted).locale }

// Compose writes a mail of the service's own. What fields hold is words, never markup, and one
// line each; but quote, which is what somebody wrote, and is set apart.
func Compose(kind NoticeKind, locale string, fields map[string]string) (subject, text, html string, err error) {
	w := wordsFor(locale)
	mail, ok := w.Mails[kind]
	if !ok {
		return "", "", "", fmt.Errorf("email: no notice is called %q", kind)
	}
	pairs := []string{"{event}", w.Events[domain.EventType(fields["type"])]}
	for name, value := range fields {
		pairs = append(pairs, "{"+name+"}", oneLine(value))
	}
	fill := strings.NewReplacer(pairs...).Replace
	fillAll := func(list []string) (out []string) {
		for _, p := range list {
			out = append(out, fill(p))
		}
		return out
	}
	greeting := w.Nobody
	if name := fields["name"]; strings.TrimSpace(name) != "" && !linked.MatchString(name) {
		greeting = fill(w.Address)
	}
	page := struct {
		Locale, Subject, Greeting, Lead, Quote, Button, Link, IfNot, Closing, Footer string
		Before, After                                                                []string
	}{w.locale, fill(mail.Subject), greeting, mail.Quote, plain(lineBreaks.Replace(fields["quote"])), mail.Button, fields["link"], w.IfNot, w.Closing, cmp.Or(mail.Footer, w.Footer), fillAll(mail.Before), fillAll(mail.After)}
	if mail.Quote == "" {
		page.Quote = ""
	}
	if (kind == Notification || kind == CaseInvitation) && page.Link == "" {
		page.Button = ""
	}
	if (page.Link == "") != (page.Button == "") {
		return "", "", "", fmt.Errorf("email: the notice %s and its link do not go together", kind)
	}
	var out bytes.Buffer
	if err := layout().Execute(&out, page); err != nil {
		return "", "", "", err
	}
	parts := slices.Concat([]string{page.Greeting}, page.Before)
	if page.Quote != "" { // each of its lines marked, so that it cannot pass for words of the service
		parts = append(parts, page.Lead+"\n\n> "+strings.ReplaceAll(page.Quote, "\n", "\n> "))
	}
	if page.Link != "" {
		parts = append(parts, page.Button+":\n"+page.Link)
	}
	parts = slices.Concat(parts, page.After, []string{page.Closing, "-- \n" + page.Footer})
	return shorten(page.Subject, 200), strings.Join(parts, "\n\n") + "\n", out.String(), nil
}

// linked is what mail programs make a link of. Anybody can register somebody else's address under
// such a name; who has one is greeted without it.
var linked = regexp.MustCompile(`(?i)://|\bwww\.|[\pL\pN]\.\pL{2}`)

// lineBreaks are those that mail programs know besides.
var lineBreaks = strings.NewReplacer("\u2028", "\n", "\u2029", "\n", "\u0085", "\n")

// oneLine is a value as it can stand in a sentence or a subject.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return shorten(strings.Join(strings.Fields(s), " "), 200)
}

func shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// AccountMail puts a mail of an account into the queue, as account.Mailer says.
func (s *Service) AccountMail(ctx context.Context, tx db.Tx, m account.Mail) error {
	if _, err := domain.ParseEmail(m.To.Email); err != nil {
		return nil //nolint:nilerr // such a spelling can sign in, but no mail server takes it
	}
	_, err := s.Notify(ctx, tx, Notice{Kind: NoticeKind(m.Kind), UserID: m.To.ID, To: m.To.Email, Locale: m.Locale,
		Fields: map[string]string{"name": m.To.FullName}, Secret: m.Link, Expires: m.Expires})
	return err
}

// WebhookMail puts a mail into the queue that tells the owner of a webhook that it was disabled, if
// mail can be sent to them at all.
func (s *Service) WebhookMail(ctx context.Context, tx db.Tx, w webhooks.Webhook) error {
	people, err := s.People.ByID(ctx, []domain.ID{w.UserID})
	if err != nil {
		return err
	}
	u := people[w.UserID]
	if _, err := domain.ParseEmail(u.Email); err != nil || u.Disabled || s.Ready() != nil {
		return nil //nolint:nilerr // the webhook itself says it, too
	}
	receiver, err := url.Parse(w.URL)
	if err != nil {
		return err
	}
	_, err = s.Notify(ctx, tx, Notice{Kind: WebhookDisabled, UserID: u.ID, To: u.Email, Fields: map[string]string{"name": u.FullName, "receiver": receiver.Host}})
	s.Wake() // the commit follows
	return err
}

// mostNotified is how many notifications somebody is mailed within an hour, or a few more when several
// are written at once, so that others cannot flood their mailbox.
const mostNotified = 20

// NotificationMail puts a mail into the queue that tells somebody what kind of thing happened, if mail
// can be sent to them at all, and unless they have had mostNotified.
func (s *Service) NotificationMail(ctx context.Context, tx db.Tx, m notifications.Mail) error {
	if _, err := domain.ParseEmail(m.To.Email); err != nil || s.Ready() != nil {
		return nil //nolint:nilerr // such a spelling can sign in, but no mail server takes it
	}
	back, err := query.New(tx).GetEmailTimeBack(ctx, query.GetEmailTimeBackParams{UserID: m.To.ID, Kind: string(Notification), Offset: mostNotified - 1})
	switch {
	case err == nil && s.Clock().Sub(back) < time.Hour:
		return nil
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	}
	fields := map[string]string{"name": m.To.FullName, "type": string(m.Type)}
	if s.AppURL != "" {
		fields["link"] = s.AppURL + "#notification=" + m.Notification.String()
	}
	_, err = s.Notify(ctx, tx, Notice{ID: m.ID, Kind: Notification, UserID: m.To.ID, To: m.To.Email, Fields: fields})
	s.Wake() // the commit follows
	return err
}

// InvitationMail puts the mail of an invitation into the queue, as cases.Mailer says. It says nothing of the
// case, and the inviter by their name only when that is none that mail programs make a link of.
func (s *Service) InvitationMail(ctx context.Context, tx db.Tx, i cases.Invitation) error {
	if _, err := domain.ParseEmail(i.Email); err != nil || s.Ready() != nil {
		return nil //nolint:nilerr // such a spelling can sign in, but no mail server takes it
	}
	fields := map[string]string{"sender": i.InviterName}
	if linked.MatchString(i.InviterName) {
		people, err := s.People.ByID(ctx, []domain.ID{i.InvitedBy})
		if err != nil {
			return err
		}
		fields["sender"] = people[i.InvitedBy].Email
	}
	if s.AppURL != "" {
		fields["link"] = s.AppURL + "#invitation=" + i.ID.String()
	}
	_, err := s.Notify(ctx, tx, Notice{Kind: CaseInvitation, UserID: i.InvitedBy, To: i.Email, Fields: fields, Expires: i.ExpiresAt})
	return err
}

var (
	_ account.Mailer = (*Service)(nil)
	_ cases.Mailer   = (*Service)(nil)
)
