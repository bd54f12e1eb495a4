package email

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/files"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

const kindSend = "email.send"

const (
	attemptTimeout = 8 * time.Minute  // of one try
	recordTimeout  = 10 * time.Second // to write down what came of it, once it is known
)

type payload struct {
	EmailID domain.ID `json:"emailId"`
}

type result struct {
	Status Status `json:"status"`
}

// errDeferred: some recipients do not have the mail yet. The outcome's own error is in the log.
var errDeferred = &domain.Error{Code: domain.Unavailable, Message: "The mail server did not take the mail yet."}

// Reasons that recipients are told, of what no server said.
const (
	reasonSuppressed     = "The address is on the suppression list."
	reasonExpired        = "It could not be sent before it was out of date."
	reasonAttachmentGone = "An attached document is gone, is not what it was, or is closed to the sender by now."
	reasonTimedOut       = "The mail server did not take it within a day."
	reasonCancelled      = "Its sender cancelled it."
)

// deliver is one try at a mail, for the recipients that wait for it.
func (s *Service) deliver(ctx context.Context, run *jobs.Run) (any, error) {
	var p payload
	if err := run.Read(&p); err != nil {
		return nil, err
	}
	if s.Sender == nil {
		return nil, unavailable()
	}
	if err := s.retryLater(ctx, p.EmailID); err != nil {
		return nil, err
	}
	n, err := s.rows.ClaimEmail(ctx, query.ClaimEmailParams{Now: s.Clock(), ID: p.EmailID})
	if err != nil {
		return nil, db.Error(err)
	}
	row, err := s.rows.GetEmail(ctx, p.EmailID)
	switch {
	case errors.Is(err, sql.ErrNoRows): // its sender was erased
		return result{Cancelled}, nil
	case err != nil:
		return nil, db.Error(err)
	case n == 0:
		return result{Status(row.Status)}, nil
	}
	all, err := s.rows.ListEmailRecipients(ctx, []domain.ID{p.EmailID})
	if err != nil {
		return nil, s.requeue(ctx, row, db.Error(err))
	}
	if row.ExpiresAt.Valid && !s.Clock().Before(row.ExpiresAt.Time) {
		return s.recordOutcomes(ctx, row, func(i int) recipientOutcome { return recipientOutcome{Failed, reasonExpired, false} })
	}
	blocked, err := s.suppressedRecipients(ctx, row, all)
	if err != nil {
		return nil, s.requeue(ctx, row, err)
	}
	m, waiting, err := s.compose(ctx, row, all, blocked)
	if errors.Is(err, errAttachmentGone) {
		return s.recordOutcomes(ctx, row, func(i int) recipientOutcome { return recipientOutcome{Failed, reasonAttachmentGone, false} })
	}
	if err != nil {
		return nil, s.requeue(ctx, row, err)
	}
	ends := map[int]recipientOutcome{}
	for i, r := range all {
		if blocked[domain.EmailKey(r.Address)] {
			ends[i] = recipientOutcome{Suppressed, reasonSuppressed, false}
		}
	}
	if len(waiting) > 0 {
		for i, o := range s.Sender.Send(ctx, m) {
			if o.Err != nil {
				s.Log.InfoContext(ctx, "a mail was not taken", "email", row.ID.String(), "cause", o.Err.Error())
			}
			ends[waiting[i]] = toRecipientOutcome(o)
		}
	}
	return s.recordOutcomes(ctx, row, func(i int) recipientOutcome { return ends[i] })
}

// retryLater lets a mail that was given up be tried anew: its job would not run again, had an admin
// not sent it back.
func (s *Service) retryLater(ctx context.Context, id domain.ID) error {
	row, err := s.rows.GetEmail(ctx, id)
	if errors.Is(err, sql.ErrNoRows) || err == nil && Status(row.Status) != Failed {
		return nil
	} else if err != nil {
		return db.Error(err)
	}
	now := s.Clock()
	return db.WithTx(ctx, s.DB, func(tx db.Tx) error {
		q := query.New(tx)

		if err := q.ReviveEmailRecipients(ctx, query.ReviveEmailRecipientsParams{UpdatedAt: now, EmailID: id}); err != nil {
			return err
		}
		return q.SettleEmail(ctx, query.SettleEmailParams{Status: string(Queued), Reason: row.Reason, UpdatedAt: now, ID: id})
	})
}

// recipientOutcome is what a try came to for a recipient. Of status "" it waits on.
type recipientOutcome struct {
	status     Status
	reason     string
	badAddress bool
}

func toRecipientOutcome(o Outcome) recipientOutcome {
	switch o.Result {
	case Accepted:
		return recipientOutcome{Sent, "", false}
	case Refused:
		return recipientOutcome{Bounced, o.Reason, o.BadAddress}
	}
	return recipientOutcome{"", o.Reason, false}
}

// recordOutcomes writes down what a try came to, also when the caller's time is up: what a mail server
// has taken must not go twice. Of two runs at once, one whose server was thought gone, the mail
// keeps the better end for each recipient, and its end is told once.
func (s *Service) recordOutcomes(ctx context.Context, row query.Email, end func(int) recipientOutcome) (any, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	now := s.Clock()
	var total outcomes
	var ended Status // before this
	err := db.WithTx(ctx, s.DB, func(tx db.Tx) error {
		q := query.New(tx)

		total, ended = outcomes{}, ""
		locked, err := q.LockEmail(ctx, row.ID)
		if errors.Is(err, sql.ErrNoRows) { // its sender was erased
			ended = Cancelled
			return nil
		} else if err != nil {
			return err
		}
		if at := Status(locked.Status); at != Sending && at != Queued {
			ended = at
			return nil
		}
		present, err := q.ListEmailRecipients(ctx, []domain.ID{row.ID})
		if err != nil {
			return err
		}
		for i, r := range present {
			at := recipientOutcome{Status(r.Status), r.Reason, false}
			if at.status == Queued {
				at = end(i)
				err := q.SettleEmailRecipient(ctx, query.SettleEmailRecipientParams{Status: string(orQueued(at.status)), Reason: truncateReason(at.reason), UpdatedAt: now, EmailID: row.ID, Position: r.Position})
				if err != nil {
					return err
				}
			}
			if at.badAddress {
				if err := q.Suppress(ctx, query.SuppressParams{ID: s.NewID(), Address: domain.EmailKey(r.Address), Reason: string(SuppressedBounce), CreatedAt: now}); err != nil {
					return err
				}
			}
			total.add(orQueued(at.status), at.reason)
		}
		err = q.SettleEmail(ctx, query.SettleEmailParams{Status: string(total.status()), Reason: truncateReason(total.reason), UpdatedAt: now, ID: row.ID})
		happened, told := finalEvents[total.status()]
		if err != nil || !told || row.Kind != kindMessage {
			return err
		}
		return s.Events.Publish(ctx, tx, domain.Event{Type: happened, UserID: row.UserID, Data: map[string]domain.ID{"emailId": row.ID}})
	})
	switch {
	case err != nil:
		return nil, err
	case ended != "":
		return result{ended}, nil
	case total.status() == Queued:
		return nil, errDeferred
	}
	return result{total.status()}, nil
}

// finalEvents maps the final status of a mail to the event that is published.
var finalEvents = map[Status]domain.EventType{Sent: domain.EventEmailSent, Bounced: domain.EventEmailBounced, Failed: domain.EventEmailFailed}

func orQueued(s Status) Status {
	if s == "" {
		return Queued
	}
	return s
}

// outcomes makes the status of a mail of those of its recipients.
type outcomes struct {
	queued, sent, bounced, other int
	reason                       string // of the last that does not have it
}

func (t *outcomes) add(s Status, reason string) {
	switch s {
	case Queued:
		t.queued++
	case Sent:
		t.sent++
	case Bounced:
		t.bounced++
	default:
		t.other++
	}
	if s != Sent && reason != "" {
		t.reason = reason
	}
}

func (t *outcomes) status() Status {
	switch {
	case t.queued > 0:
		return Queued
	case t.sent > 0:
		return Sent
	case t.bounced > 0 && t.other == 0:
		return Bounced
	}
	return Failed
}

// requeue hands a mail back that was not even tried.
func (s *Service) requeue(ctx context.Context, row query.Email, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return errors.Join(cause, db.Error(s.rows.SettleEmail(ctx, query.SettleEmailParams{Status: string(Queued), Reason: row.Reason, UpdatedAt: s.Clock(), ID: row.ID})))
}

// fail is what comes of a mail whose tries are used up.
func (s *Service) fail(ctx context.Context, run *jobs.Run, _ error) error {
	var p payload
	if err := run.Read(&p); err != nil {
		return nil //nolint:nilerr // there is nothing to give up
	}
	row, err := s.rows.GetEmail(ctx, p.EmailID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return db.Error(err)
	}
	if at := Status(row.Status); at != Queued && at != Sending {
		return nil
	}
	all, err := s.rows.ListEmailRecipients(ctx, []domain.ID{p.EmailID})
	if err != nil {
		return db.Error(err)
	}
	_, err = s.recordOutcomes(ctx, row, func(i int) recipientOutcome {
		reason := all[i].Reason // what the server said last tells more
		if reason == "" {
			reason = reasonTimedOut
		}
		return recipientOutcome{Failed, reason, false}
	})
	return err
}

// errAttachmentGone: a document is not there any more for the sender, or not with the bytes that were
// attached.
var errAttachmentGone = errors.New("an attached document is gone")

// compose makes the message for those who wait for it; waiting are their places in all.
func (s *Service) compose(ctx context.Context, row query.Email, all []query.EmailRecipient, blocked map[string]bool) (m Outgoing, waiting []int, err error) {
	m = Outgoing{ID: row.ID, Date: row.CreatedAt, Subject: row.Subject, Text: row.BodyText, HTML: row.BodyHtml, ReplyTo: row.ReplyTo, Automatic: row.Kind != kindMessage}
	if row.SendAt.After(m.Date) {
		m.Date = row.SendAt
	}
	for i, r := range all {
		switch r.Field {
		case "to":
			m.To = append(m.To, r.Address)
		case "cc":
			m.Cc = append(m.Cc, r.Address)
		}
		if Status(r.Status) == Queued && !blocked[domain.EmailKey(r.Address)] {
			m.Recipients = append(m.Recipients, r.Address)
			waiting = append(waiting, i)
		}
	}
	if len(waiting) == 0 {
		return m, nil, nil
	}
	if row.Kind != kindMessage {
		return m, waiting, s.composeSystemMail(row, &m)
	}
	if row.Bulk && len(all) == 1 { // of several nobody knew who it was that used the link
		m.Unsubscribe = s.PublicURL + "/unsubscribe/" + s.LinkSecret(row.ID)
	}
	files, err := s.rows.ListEmailAttachments(ctx, []domain.ID{row.ID})
	if err != nil {
		return m, nil, db.Error(err)
	}
	var sender domain.Principal
	if len(files) > 0 { // as they stand now: the mail may have waited for months
		people, err := s.Accounts.ByID(ctx, []domain.ID{row.UserID})
		if err != nil {
			return m, nil, err
		}
		if u, ok := people[row.UserID]; !ok || u.Disabled {
			return m, nil, errAttachmentGone
		}
		sender = domain.Principal{UserID: row.UserID, Role: people[row.UserID].Role}
	}
	for _, f := range files {
		body, err := s.readAttachment(ctx, sender, f)
		if err != nil {
			return m, nil, err
		}
		m.Files = append(m.Files, File{Name: f.Filename, ContentType: f.ContentType, Inline: f.Inline, Body: bytes.NewReader(body)})
	}
	return m, waiting, nil
}

// readAttachment reads what is attached, if it is the same file still and the sender may still read it.
func (s *Service) readAttachment(ctx context.Context, sender domain.Principal, f query.EmailAttachment) ([]byte, error) {
	d, err := s.Files.Get(ctx, sender, f.DocumentID)
	if code := domain.CodeOf(err); err != nil && (code == domain.NotFound || code == domain.Forbidden) || err == nil && d.SHA256 != files.Checksum(f.Sha256) {
		return nil, errAttachmentGone
	} else if err != nil {
		return nil, err
	}
	r, err := s.Files.Open(ctx, d, 0, -1)
	if err == nil {
		defer r.Close()
		body := bytes.NewBuffer(make([]byte, 0, d.Size+bytes.MinRead))
		if _, err = body.ReadFrom(r); err == nil {
			return body.Bytes(), nil
		}
	}
	// A store that is down comes back; a file that is not what it was does not.
	if _, v, verr := s.Files.Verify(ctx, sender, d.ID); verr == nil && !v.Intact {
		return nil, errAttachmentGone
	}
	return nil, err
}

// truncateReason keeps a reason within its column.
func truncateReason(reason string) string {
	runes := []rune(strings.ToValidUTF8(reason, ""))
	return string(runes[:min(len(runes), 300)])
}
