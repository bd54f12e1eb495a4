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
	query "counsel/gen/query/email"
)

// recordTimeout is the time to record the outcomes of an attempt, even if the attempt's own time is up.
const recordTimeout = 10 * time.Second

// errDeferred fails an attempt after which some recipients are still queued. The cause is in the log.
var errDeferred = &domain.Error{Code: domain.Unavailable, Message: "The mail server has not accepted the mail yet."}

// Reasons shown for a recipient that do not come from the mail server.
const (
	reasonSuppressed     = "The address is on the suppression list."
	reasonExpired        = "It could not be sent before it expired."
	reasonAttachmentGone = "An attached document was deleted or changed, or the sender may no longer read it."
	reasonTimedOut       = "The mail server did not accept it within a day."
	reasonCancelled      = "The sender cancelled it."
	reasonTest           = "Test mode: it was not sent to anybody."
)

// send makes one attempt to send a mail to its queued recipients.
func (s *Service) send(ctx context.Context, job *jobs.Job[sendArgs]) (any, error) {
	id := job.Args.EmailID
	mail, err := s.rows.GetEmail(ctx, id)
	switch {
	case err == nil && s.sender == nil && !mail.UserID.IsTest():
		return nil, unavailable()
	case errors.Is(err, sql.ErrNoRows): // its sender was erased
		return sendResult{Cancelled}, nil
	case err != nil:
		return nil, db.Error(err)
	case Status(mail.Status) == Failed:
		if err := s.requeueFailed(ctx, mail); err != nil {
			return nil, err
		}
	}
	started, err := s.startAttempt(ctx, id)
	if err != nil {
		return nil, err
	}
	mail, err = s.rows.GetEmail(ctx, id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return sendResult{Cancelled}, nil
	case err != nil:
		return nil, db.Error(err)
	case !started:
		return sendResult{Status(mail.Status)}, nil
	}
	return s.attempt(ctx, mail, job.KeyID)
}

// attempt sends a mail in status Sending and records the outcomes. The key is the one with which it was submitted.
func (s *Service) attempt(ctx context.Context, mail query.Email, key domain.ID) (any, error) {
	recipients, err := s.rows.ListEmailRecipients(ctx, []domain.ID{mail.ID})
	if err != nil {
		return nil, s.requeue(ctx, mail, db.Error(err))
	}
	if mail.ExpiresAt.Valid && !s.clock().Before(mail.ExpiresAt.Time) {
		return s.recordOutcomes(ctx, mail, func(int) recipientOutcome { return recipientOutcome{Failed, reasonExpired, false} })
	}
	suppressed, err := s.suppressedRecipients(ctx, mail, recipients)
	if err != nil {
		return nil, s.requeue(ctx, mail, err)
	}
	m, queued, err := s.compose(ctx, mail, key, recipients, suppressed)
	if errors.Is(err, errAttachmentGone) {
		return s.recordOutcomes(ctx, mail, func(int) recipientOutcome { return recipientOutcome{Failed, reasonAttachmentGone, false} })
	}
	if err != nil {
		return nil, s.requeue(ctx, mail, err)
	}
	outcomes := map[int]recipientOutcome{}
	for i, r := range recipients {
		if suppressed[domain.EmailKey(r.Address)] {
			outcomes[i] = recipientOutcome{Suppressed, reasonSuppressed, false}
		}
	}
	switch {
	case mail.UserID.IsTest(): // it does not leave the service
		for _, i := range queued {
			outcomes[i] = recipientOutcome{Sent, reasonTest, false}
		}
	case len(queued) > 0:
		for i, o := range s.sender.Send(ctx, m) {
			if o.Err != nil {
				s.log.InfoContext(ctx, "the mail server did not accept a mail", "email_id", mail.ID.String(), "error", o.Err.Error())
			}
			outcomes[queued[i]] = toRecipientOutcome(o)
		}
	}
	return s.recordOutcomes(ctx, mail, func(i int) recipientOutcome { return outcomes[i] })
}

// recipientOutcome is the outcome of an attempt for a recipient. An empty status means that it stays queued.
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

// recordOutcomes records the outcomes of an attempt, even if ctx is done, because a mail that was accepted must not be
// sent again. If two servers attempted the same mail, a recipient keeps its first final status, and the final status of
// the mail is published once.
func (s *Service) recordOutcomes(ctx context.Context, mail query.Email, outcomeOf func(recipient int) recipientOutcome) (any, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	now := s.clock()
	var total outcomes
	var finished Status // before this attempt
	err := db.WithTx(ctx, s.db, func(tx db.Tx) error {
		q := query.New(tx)
		total, finished = outcomes{}, ""
		locked, err := q.LockEmail(ctx, mail.ID)
		if errors.Is(err, sql.ErrNoRows) { // its sender was erased
			finished = Cancelled
			return nil
		} else if err != nil {
			return err
		}
		if status := Status(locked.Status); status.final() {
			finished = status
			return nil
		}
		recipients, err := q.ListEmailRecipients(ctx, []domain.ID{mail.ID})
		if err != nil {
			return err
		}
		for i, r := range recipients {
			status, reason := Status(r.Status), r.Reason
			if status == Queued {
				o := outcomeOf(i)
				if o.status != "" {
					status = o.status
				}
				reason = o.reason
				if err := moveRecipient(ctx, q, r, status, reason, now); err != nil {
					return err
				}
				if o.badAddress {
					if err := q.CreateSuppression(ctx, query.CreateSuppressionParams{ID: s.newID(), Address: domain.EmailKey(r.Address), Reason: string(SuppressedBounce), CreatedAt: now}); err != nil {
						return err
					}
				}
			}
			total.add(status, reason)
		}
		if err := move(ctx, q, locked, total.status(), total.reason, now); err != nil {
			return err
		}
		event, ok := finalEvents[total.status()]
		if !ok || mail.Kind != kindMessage {
			return nil
		}
		return s.events.Publish(ctx, tx, domain.Event{Type: event, UserID: mail.UserID, Data: map[string]domain.ID{"emailId": mail.ID}})
	})
	switch {
	case err != nil:
		return nil, err
	case finished != "":
		return sendResult{finished}, nil
	case total.status() == Queued:
		return nil, errDeferred
	}
	return sendResult{total.status()}, nil
}

// finalEvents maps the final status of a mail to the event that is published.
var finalEvents = map[Status]domain.EventType{Sent: domain.EventEmailSent, Bounced: domain.EventEmailBounced, Failed: domain.EventEmailFailed}

// requeue queues a mail again for which no attempt was made because of err, which it returns.
func (s *Service) requeue(ctx context.Context, mail query.Email, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return errors.Join(err, db.Error(move(ctx, s.rows, mail, Queued, mail.Reason, s.clock())))
}

// fail moves the queued recipients of a mail whose attempts ran out to Failed.
func (s *Service) fail(ctx context.Context, id domain.ID) error {
	mail, err := s.rows.GetEmail(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return db.Error(err)
	}
	if Status(mail.Status).final() {
		return nil
	}
	recipients, err := s.rows.ListEmailRecipients(ctx, []domain.ID{id})
	if err != nil {
		return db.Error(err)
	}
	_, err = s.recordOutcomes(ctx, mail, func(i int) recipientOutcome {
		reason := recipients[i].Reason // the server's last reply says more
		if reason == "" {
			reason = reasonTimedOut
		}
		return recipientOutcome{Failed, reason, false}
	})
	return err
}

// errAttachmentGone: an attached document was deleted or changed, or the sender may no longer read it.
var errAttachmentGone = errors.New("an attached document is gone")

// compose returns the message for the queued recipients that are not suppressed, and their indexes.
func (s *Service) compose(ctx context.Context, row query.Email, key domain.ID, recipients []query.EmailRecipient, suppressed map[string]bool) (m Outgoing, queued []int, err error) {
	m = Outgoing{ID: row.ID, Date: row.CreatedAt, Subject: row.Subject, Text: row.BodyText, HTML: row.BodyHtml, ReplyTo: row.ReplyTo, Automatic: row.Kind != kindMessage}
	if row.SendAt.After(m.Date) {
		m.Date = row.SendAt
	}
	for i, r := range recipients {
		switch r.Field {
		case "to":
			m.To = append(m.To, r.Address)
		case "cc":
			m.Cc = append(m.Cc, r.Address)
		}
		if Status(r.Status) == Queued && !suppressed[domain.EmailKey(r.Address)] {
			m.Recipients = append(m.Recipients, r.Address)
			queued = append(queued, i)
		}
	}
	if len(queued) == 0 {
		return m, nil, nil
	}
	if row.Kind != kindMessage {
		if err := s.composeSystemMail(row, &m); err != nil {
			return m, queued, err
		}
	}
	if row.Bulk && len(recipients) == 1 { // with several recipients the link would not identify one
		m.Unsubscribe = s.publicURL + "/unsubscribe/" + s.linkSecret(row.ID)
	}
	files, err := s.rows.ListEmailAttachments(ctx, []domain.ID{row.ID})
	if err != nil {
		return m, nil, db.Error(err)
	}
	var sender domain.Principal
	if len(files) > 0 { // check the sender now, because the mail may have been queued for months
		people, err := s.accounts.ByID(ctx, []domain.ID{row.UserID})
		if err != nil {
			return m, nil, err
		}
		if u, ok := people[row.UserID]; !ok || u.Disabled {
			return m, nil, errAttachmentGone
		}
		sender = domain.Principal{UserID: row.UserID, Role: people[row.UserID].Role, KeyID: key}
	}
	for _, f := range files {
		body, err := s.readAttachment(ctx, sender, f)
		if err != nil {
			return m, nil, err
		}
		m.Files = append(m.Files, File{Name: f.Filename, ContentType: f.ContentType, Inline: f.Inline, Body: bytes.NewReader(body)})
	}
	return m, queued, nil
}

// readAttachment reads an attached document, if it is unchanged and the sender may still read it.
func (s *Service) readAttachment(ctx context.Context, sender domain.Principal, f query.EmailAttachment) ([]byte, error) {
	d, err := s.files.Get(ctx, sender, f.DocumentID)
	if code := domain.CodeOf(err); err != nil && (code == domain.NotFound || code == domain.Forbidden) || err == nil && d.SHA256 != files.Checksum(f.Sha256) {
		return nil, errAttachmentGone
	} else if err != nil {
		return nil, err
	}
	r, err := s.files.Open(ctx, d, 0, -1)
	if err == nil {
		defer r.Close()
		body := bytes.NewBuffer(make([]byte, 0, d.Size+bytes.MinRead))
		if _, err = body.ReadFrom(r); err == nil {
			return body.Bytes(), nil
		}
	}
	// An unavailable store is temporary, a corrupted file is permanent.
	if _, v, verr := s.files.Verify(ctx, sender, d.ID); verr == nil && !v.Intact {
		return nil, errAttachmentGone
	}
	return nil, err
}

// truncateReason limits a reason to the length of its column.
func truncateReason(reason string) string {
	return domain.Truncate(strings.ToValidUTF8(reason, ""), 300)
}
