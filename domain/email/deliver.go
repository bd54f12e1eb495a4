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
	sendTime   = 8 * time.Minute  // of one try
	settleTime = 10 * time.Second // to write down what came of it, once it is known
)

type payload struct {
	EmailID domain.ID `json:"emailId"`
}

type result struct {
	Status Status `json:"status"`
}

// errWaiting: some recipients do not have the mail yet. The outcome's own error is in the log.
var errWaiting = &domain.Error{Code: domain.Unavailable, Message: "The mail server did not take the mail yet."}

// Reasons that recipients are told, of what no server said.
const (
	saidSuppressed = "The address is on the suppression list."
	saidExpired    = "It could not be sent before it was out of date."
	saidGone       = "An attached document is gone, is not what it was, or is closed to the sender by now."
	saidGaveUp     = "The mail server did not take it within a day."
	saidCancelled  = "Its sender cancelled it."
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
	if err := s.revive(ctx, p.EmailID); err != nil {
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
		return nil, s.release(ctx, row, db.Error(err))
	}
	if row.ExpiresAt.Valid && !s.Clock().Before(row.ExpiresAt.Time) {
		return s.settle(ctx, row, func(i int) settlement { return settlement{Failed, saidExpired, false} })
	}
	blocked, err := s.suppressed(ctx, row, all)
	if err != nil {
		return nil, s.release(ctx, row, err)
	}
	m, waiting, err := s.write(ctx, row, all, blocked)
	if errors.Is(err, errGone) {
		return s.settle(ctx, row, func(i int) settlement { return settlement{Failed, saidGone, false} })
	}
	if err != nil {
		return nil, s.release(ctx, row, err)
	}
	ends := map[int]settlement{}
	for i, r := range all {
		if blocked[domain.EmailKey(r.Address)] {
			ends[i] = settlement{Suppressed, saidSuppressed, false}
		}
	}
	if len(waiting) > 0 {
		for i, o := range s.Sender.Send(ctx, m) {
			if o.Err != nil {
				s.Log.InfoContext(ctx, "a mail was not taken", "email", row.ID.String(), "cause", o.Err.Error())
			}
			ends[waiting[i]] = settlementOf(o)
		}
	}
	return s.settle(ctx, row, func(i int) settlement { return ends[i] })
}

// revive lets a mail that was given up be tried anew: its job would not run again, had an admin
// not sent it back.
func (s *Service) revive(ctx context.Context, id domain.ID) error {
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

// settlement is what a try came to for a recipient. Of status "" it waits on.
type settlement struct {
	status     Status
	reason     string
	badAddress bool
}

func settlementOf(o Outcome) settlement {
	switch o.Result {
	case Accepted:
		return settlement{Sent, "", false}
	case Refused:
		return settlement{Bounced, o.Reason, o.BadAddress}
	}
	return settlement{"", o.Reason, false}
}

// settle writes down what a try came to, also when the caller's time is up: what a mail server
// has taken must not go twice. Of two runs at once, one whose server was thought gone, the mail
// keeps the better end for each recipient, and its end is told once.
func (s *Service) settle(ctx context.Context, row query.Email, end func(int) settlement) (any, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	now := s.Clock()
	var total tally
	var ended Status // before this
	err := db.WithTx(ctx, s.DB, func(tx db.Tx) error {
		q := query.New(tx)

		total, ended = tally{}, ""
		locked, err := q.LockEmail(ctx, row.ID)
		if errors.Is(err, sql.ErrNoRows) { // its sender was erased
			ended = Cancelled
			return nil
		} else if err != nil {
			return err
		}
		if at := Status(locked.Status); at != sending && at != Queued {
			ended = at
			return nil
		}
		present, err := q.ListEmailRecipients(ctx, []domain.ID{row.ID})
		if err != nil {
			return err
		}
		for i, r := range present {
			at := settlement{Status(r.Status), r.Reason, false}
			if at.status == Queued {
				at = end(i)
				err := q.SettleEmailRecipient(ctx, query.SettleEmailRecipientParams{Status: string(orQueued(at.status)), Reason: cut(at.reason), UpdatedAt: now, EmailID: row.ID, Position: r.Position})
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
		err = q.SettleEmail(ctx, query.SettleEmailParams{Status: string(total.status()), Reason: cut(total.reason), UpdatedAt: now, ID: row.ID})
		happened, told := finalEvents[total.status()]
		if err != nil || !told || row.Kind != message {
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
		return nil, errWaiting
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

// tally makes the status of a mail of those of its recipients.
type tally struct {
	queued, sent, bounced, other int
	reason                       string // of the last that does not have it
}

func (t *tally) add(s Status, reason string) {
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

func (t *tally) status() Status {
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

// release hands a mail back that was not even tried.
func (s *Service) release(ctx context.Context, row query.Email, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	return errors.Join(cause, db.Error(s.rows.SettleEmail(ctx, query.SettleEmailParams{Status: string(Queued), Reason: row.Reason, UpdatedAt: s.Clock(), ID: row.ID})))
}

// giveUp is what comes of a mail whose tries are used up.
func (s *Service) giveUp(ctx context.Context, run *jobs.Run, _ error) error {
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
	if at := Status(row.Status); at != Queued && at != sending {
		return nil
	}
	all, err := s.rows.ListEmailRecipients(ctx, []domain.ID{p.EmailID})
	if err != nil {
		return db.Error(err)
	}
	_, err = s.settle(ctx, row, func(i int) settlement {
		reason := all[i].Reason // what the server said last tells more
		if reason == "" {
			reason = saidGaveUp
		}
		return settlement{Failed, reason, false}
	})
	return err
}

// errGone: a document is not there any more for the sender, or not with the bytes that were
// attached.
var errGone = errors.New("an attached document is gone")

// write makes the message for those who wait for it; waiting are their places in all.
func (s *Service) write(ctx context.Context, row query.Email, all []query.EmailRecipient, blocked map[string]bool) (m Outgoing, waiting []int, err error) {
	m = Outgoing{ID: row.ID, Date: row.CreatedAt, Subject: row.Subject, Text: row.BodyText, HTML: row.BodyHtml, ReplyTo: row.ReplyTo, Automatic: row.Kind != message}
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
	if row.Kind != message {
		return m, waiting, s.writeNotice(row, &m)
	}
	if row.Bulk && len(all) == 1 { // of several nobody knew who it was that used the link
		m.Unsubscribe = s.PublicURL + "/unsubscribe/" + s.Secret(row.ID)
	}
	files, err := s.rows.ListEmailAttachments(ctx, []domain.ID{row.ID})
	if err != nil {
		return m, nil, db.Error(err)
	}
	var sender domain.Principal
	if len(files) > 0 { // as they stand now: the mail may have waited for months
		people, err := s.People.ByID(ctx, []domain.ID{row.UserID})
		if err != nil {
			return m, nil, err
		}
		if u, ok := people[row.UserID]; !ok || u.Disabled {
			return m, nil, errGone
		}
		sender = domain.Principal{UserID: row.UserID, Role: people[row.UserID].Role}
	}
	for _, f := range files {
		body, err := s.content(ctx, sender, f)
		if err != nil {
			return m, nil, err
		}
		m.Files = append(m.Files, File{Name: f.Filename, ContentType: f.ContentType, Inline: f.Inline, Body: bytes.NewReader(body)})
	}
	return m, waiting, nil
}

// content reads what is attached, if it is the same file still and the sender may still read it.
func (s *Service) content(ctx context.Context, sender domain.Principal, f query.EmailAttachment) ([]byte, error) {
	d, err := s.Archive.Get(ctx, sender, f.DocumentID)
	if code := domain.CodeOf(err); err != nil && (code == domain.NotFound || code == domain.Forbidden) || err == nil && d.SHA256 != files.Checksum(f.Sha256) {
		return nil, errGone
	} else if err != nil {
		return nil, err
	}
	r, err := s.Archive.Open(ctx, d, 0, -1)
	if err == nil {
		defer r.Close()
		body := bytes.NewBuffer(make([]byte, 0, d.Size+bytes.MinRead))
		if _, err = body.ReadFrom(r); err == nil {
			return body.Bytes(), nil
		}
	}
	// A store that is down comes back; a file that is not what it was does not.
	if _, v, verr := s.Archive.Verify(ctx, sender, d.ID); verr == nil && !v.Intact {
		return nil, errGone
	}
	return nil, err
}

// cut keeps a reason within its column.
func cut(reason string) string {
	runes := []rune(strings.ToValidUTF8(reason, ""))
	return string(runes[:min(len(runes), 300)])
}
