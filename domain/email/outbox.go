package email

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/apikeys"
	"counsel/domain/billing"
	"counsel/domain/cases"
	"counsel/domain/jobs"
	"counsel/domain/limits"
	"counsel/domain/notifications"
	"counsel/domain/webhooks"
	query "counsel/gen/query/email"
)

// OutboxConfig holds what an Outbox needs.
type OutboxConfig struct {
	Runtime    domain.Runtime
	Jobs       jobs.Client
	Quota      *limits.Limiter // recipients that one user may write to; nil: unlimited
	AppURL     string          // of the application that notifications link to; "": none
	Configured bool            // a mail server is configured
}

// Outbox enqueues the mails of the service itself, each in the transaction of the change it
// reports (a transactional outbox). It needs no other service, so that every other one can be
// given it when it is made. Service delivers what it enqueues.
type Outbox struct {
	clock      domain.Clock
	newID      func() domain.ID
	jobs       jobs.Client
	quota      *limits.Limiter
	appURL     string
	configured bool
}

// NewOutbox returns an outbox.
func NewOutbox(c OutboxConfig) *Outbox {
	return &Outbox{clock: c.Runtime.Clock, newID: c.Runtime.NewID, jobs: c.Jobs, quota: c.Quota, appURL: c.AppURL, configured: c.Configured}
}

// Configured fails with Unavailable if no mail server is configured.
func (o *Outbox) Configured() error {
	if !o.configured {
		return unavailable()
	}
	return nil
}

// ReserveQuota charges recipients to the caller's quota. It fails with RateLimited.
func (o *Outbox) ReserveQuota(ctx context.Context, caller domain.Principal, recipients int) error {
	if o.quota == nil || !o.configured {
		return nil
	}
	d, err := o.quota.AllowN(ctx, caller.UserID.String(), recipients)
	if err != nil {
		return err
	}
	if !d.Allowed {
		return &domain.Error{Code: domain.RateLimited, Message: "You have written to too many recipients lately. Please wait.", RetryAfter: d.Reset}
	}
	return nil
}

// EnqueueSystemMail enqueues a mail of the service itself, ahead of mails that people send, in the caller's
// transaction. Call Wake after the commit.
func (o *Outbox) EnqueueSystemMail(ctx context.Context, tx db.Tx, n SystemMail) (domain.ID, error) {
	q := query.New(tx)
	if err := o.Configured(); err != nil {
		return domain.ID{}, err
	}
	to, err := domain.ParseEmail(n.To)
	if err != nil {
		return domain.ID{}, fmt.Errorf("email: the recipient of a system mail %w", err)
	}
	stored := storedFields{Fields: n.Fields}
	if !n.Secret.IsZero() {
		stored.Link = &n.Secret
	}
	raw, err := json.Marshal(stored)
	if err != nil {
		return domain.ID{}, err
	}
	words := translationFor(n.Locale)
	if _, ok := words.Mails[n.Kind]; !ok {
		return domain.ID{}, fmt.Errorf("email: there is no system mail %q", n.Kind)
	}
	id, now := n.ID, o.clock()
	if id.IsZero() {
		id = o.newID()
	}
	p := query.CreateEmailParams{ID: id, UserID: n.UserID, Kind: string(n.Kind), Locale: words.locale, Fields: string(raw), SendAt: now, CreatedAt: now, UpdatedAt: now}
	p.ExpiresAt.Time, p.ExpiresAt.Valid = n.ExpiresAt, !n.ExpiresAt.IsZero()
	if err := q.CreateEmail(ctx, p); err != nil {
		return id, err
	}
	if err := q.CreateEmailRecipient(ctx, query.CreateEmailRecipientParams{EmailID: id, Field: "to", Address: to.ASCII(), UpdatedAt: now}); err != nil {
		return id, err
	}
	if d := n.Document; d != nil {
		if err := q.CreateEmailAttachment(ctx, query.CreateEmailAttachmentParams{EmailID: id, DocumentID: d.ID, Filename: d.Name, ContentType: d.ContentType, Size: d.Size,
			Sha256: d.SHA256[:]}); err != nil {
			return id, err
		}
	}
	queue := jobs.Interactive // a user is waiting for it
	if n.Kind == Notification {
		queue = jobs.Standard
	}
	_, err = o.jobs.Enqueue(ctx, tx, jobs.Insert{Args: sendArgs{id}, Queue: queue})
	return id, err
}

// Wake starts the delivery of what was enqueued.
func (o *Outbox) Wake() { o.jobs.Wake() }

// AccountMail enqueues a mail of an account.
func (o *Outbox) AccountMail(ctx context.Context, tx db.Tx, m account.Mail) error {
	if _, err := domain.ParseEmail(m.To.Email); err != nil {
		return nil //nolint:nilerr // such an address can sign in, but no mail server accepts it
	}
	_, err := o.EnqueueSystemMail(ctx, tx, SystemMail{Kind: SystemMailKind(m.Kind), UserID: m.To.ID, To: m.To.Email, Locale: m.Locale,
		Fields: map[string]string{"name": m.To.FullName}, Secret: m.LinkID, ExpiresAt: m.Expires})
	return err
}

// WebhookMail enqueues a mail that tells the owner of a webhook that it was disabled, if they can
// be mailed at all.
func (o *Outbox) WebhookMail(ctx context.Context, tx db.Tx, w webhooks.Webhook, owner account.User) error {
	if _, err := domain.ParseEmail(owner.Email); err != nil || owner.Disabled || o.Configured() != nil {
		return nil //nolint:nilerr // the API reports the reason too
	}
	receiver, err := url.Parse(w.URL)
	if err != nil {
		return err
	}
	_, err = o.EnqueueSystemMail(ctx, tx, SystemMail{Kind: WebhookDisabled, UserID: owner.ID, To: owner.Email, Fields: map[string]string{"name": owner.FullName, "receiver": receiver.Host}})
	o.Wake() // the commit follows
	return err
}

// APIKeyMail enqueues a mail that tells the owner of an API key that it was created, if they can be
// mailed at all.
func (o *Outbox) APIKeyMail(ctx context.Context, tx db.Tx, n apikeys.Notice) error {
	if _, err := domain.ParseEmail(n.Owner.Email); err != nil || o.Configured() != nil {
		return nil //nolint:nilerr // such an address can sign in, but no mail server accepts it
	}
	_, err := o.EnqueueSystemMail(ctx, tx, SystemMail{Kind: APIKeyCreated, UserID: n.Owner.ID, To: n.Owner.Email, Locale: n.Locale,
		Fields: map[string]string{"name": n.Owner.FullName, "key": n.Key.Prefix() + "…" + n.Key.LastFour}})
	return err
}

// maxNotificationMails is how many notifications one user is mailed within an hour (a few more if
// several are created at once), so that others cannot flood their mailbox.
const maxNotificationMails = 20

// NotificationMail enqueues a mail that names the type of an event, if the user can be mailed at
// all and is within maxNotificationMails.
func (o *Outbox) NotificationMail(ctx context.Context, tx db.Tx, m notifications.Mail) error {
	if _, err := domain.ParseEmail(m.To.Email); err != nil || o.Configured() != nil {
		return nil //nolint:nilerr // such an address can sign in, but no mail server accepts it
	}
	back, err := query.New(tx).GetNthLatestEmailTime(ctx, query.GetNthLatestEmailTimeParams{UserID: m.To.ID, Kind: string(Notification), Offset: maxNotificationMails - 1})
	switch {
	case err == nil && o.clock().Sub(back) < time.Hour:
		return nil
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	}
	fields := map[string]string{"name": m.To.FullName, "type": string(m.Type)}
	if o.appURL != "" {
		fields["link"] = o.appURL + "#notification=" + m.Notification.String()
	}
	_, err = o.EnqueueSystemMail(ctx, tx, SystemMail{ID: m.ID, Kind: Notification, UserID: m.To.ID, To: m.To.Email, Fields: fields})
	o.Wake() // the commit follows
	return err
}

// InvitationMail enqueues the mail of an invitation. It says nothing about the case, and names the
// inviter by their address if mail clients would turn their name into a link.
func (o *Outbox) InvitationMail(ctx context.Context, tx db.Tx, i cases.Invitation) error {
	if _, err := domain.ParseEmail(i.Email); err != nil || o.Configured() != nil {
		return nil //nolint:nilerr // such an address can sign in, but no mail server accepts it
	}
	fields := map[string]string{"sender": i.InviterName}
	if looksLikeLink.MatchString(i.InviterName) {
		fields["sender"] = i.InviterEmail
	}
	if o.appURL != "" {
		fields["link"] = o.appURL + "#invitation=" + i.ID.String()
	}
	_, err := o.EnqueueSystemMail(ctx, tx, SystemMail{Kind: CaseInvitation, UserID: i.InvitedBy, To: i.Email, Fields: fields, ExpiresAt: i.ExpiresAt})
	return err
}

// InvoiceMail enqueues the mail of an invoice or receipt. Without a mail server it enqueues nothing, except for test accounts, whose
// mails are not sent.
func (o *Outbox) InvoiceMail(ctx context.Context, tx db.Tx, m billing.Mail) error {
	if o.Configured() != nil {
		return nil //nolint:nilerr // as documented
	}
	kind := Invoice
	if m.Receipt {
		kind = Receipt
	}
	fields := map[string]string{"name": m.Name, "firm": m.Firm, "number": m.Number, "amount": m.Amount, "due": m.DueOn}
	_, err := o.EnqueueSystemMail(ctx, tx, SystemMail{ID: m.ID, Kind: kind, UserID: m.SenderID, To: m.To, Locale: m.Locale, Fields: fields, Document: &m.File})
	o.Wake() // the commit follows
	return err
}

var (
	_ billing.Mailer = (*Outbox)(nil)
	_ account.Mailer = (*Outbox)(nil)
	_ apikeys.Mailer = (*Outbox)(nil)
	_ cases.Mailer   = (*Outbox)(nil)
)
