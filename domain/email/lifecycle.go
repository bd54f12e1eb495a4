package email

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/lifecycle"
	query "counsel/gen/query/email"
)

// Status is the state of a mail or of one of its recipients.
type Status string

const (
	// Queued is waiting for the next attempt, or for the time at which the mail is to be sent.
	Queued Status = "queued"
	// Sending means that a server is attempting to send the mail. Recipients stay Queued meanwhile. The API shows it as Queued. If
	// the server dies, another one starts the next attempt from here.
	Sending Status = "sending"
	// Sent means that the mail server accepted the mail for the recipient. A mail is sent if it was accepted for at least one
	// recipient and none is queued.
	Sent Status = "sent"
	// Bounced means that the mail server rejected the recipient permanently. A mail is bounced if all of its recipients are.
	Bounced Status = "bounced"
	// Failed is given up, because attempts ran out, the mail expired, or an attachment is gone. An admin can retry the job
	// of a failed mail, which queues it again.
	Failed Status = "failed"
	// Cancelled was withdrawn by the sender before an attempt.
	Cancelled Status = "cancelled"
	// Suppressed means that the recipient is on the suppression list. Mails are never in this state.
	Suppressed Status = "suppressed"
)

// Lifecycle is the life cycle of a mail.
var Lifecycle = lifecycle.Table[Status]{
	Thing:   "e-mail",
	Initial: []Status{Queued},
	Transitions: []lifecycle.Transition[Status]{
		{From: Queued, To: Sending, On: "attempt starts"},
		{From: Sending, To: Sending, On: "another server takes over"},
		{From: Sending, To: Queued, On: "some recipients deferred"},
		{From: Sending, To: Sent, On: "accepted for a recipient"},
		{From: Sending, To: Bounced, On: "rejected for all recipients"},
		{From: Sending, To: Failed, On: "expired, suppressed, or attachment gone"},
		{From: Queued, To: Queued, On: "late result, recipients deferred"},
		{From: Queued, To: Sent, On: "late result, or attempts ran out"},
		{From: Queued, To: Bounced, On: "late result, rejected for all recipients"},
		{From: Queued, To: Failed, On: "attempts ran out"},
		{From: Queued, To: Cancelled, On: "sender cancels"},
		{From: Failed, To: Queued, On: "admin retries the job"},
	},
}

// RecipientLifecycle is the life cycle of a recipient.
var RecipientLifecycle = lifecycle.Table[Status]{
	Thing:   "recipient",
	Initial: []Status{Queued},
	Transitions: []lifecycle.Transition[Status]{
		{From: Queued, To: Queued, On: "deferred by the mail server"},
		{From: Queued, To: Sent, On: "accepted by the mail server"},
		{From: Queued, To: Bounced, On: "rejected by the mail server"},
		{From: Queued, To: Suppressed, On: "on the suppression list"},
		{From: Queued, To: Failed, On: "attempts ran out, expired, or attachment gone"},
		{From: Queued, To: Cancelled, On: "sender cancels"},
		{From: Failed, To: Queued, On: "admin retries the job"},
	},
}

// final reports whether a mail is finished: no attempt of a running job changes it.
func (s Status) final() bool { return s != Queued && s != Sending }

// startAttempt moves a mail to Sending and counts the attempt. It reports false if the mail is finished or was deleted.
func (s *Service) startAttempt(ctx context.Context, id domain.ID) (bool, error) {
	n, err := s.rows.UpdateEmailToSending(ctx, query.UpdateEmailToSendingParams{Now: s.clock(), ID: id})
	return n > 0, db.Error(err)
}

// move moves a mail to another status.
func move(ctx context.Context, q *query.Queries, mail query.Email, to Status, reason string, now time.Time) error {
	if err := Lifecycle.Check(Status(mail.Status), to); err != nil {
		return err
	}
	return q.UpdateEmailStatus(ctx, query.UpdateEmailStatusParams{Status: string(to), Reason: truncateReason(reason), UpdatedAt: now, ID: mail.ID})
}

// moveRecipient moves a queued recipient to another status. It does nothing if the recipient is no longer queued.
func moveRecipient(ctx context.Context, q *query.Queries, r query.EmailRecipient, to Status, reason string, now time.Time) error {
	if err := RecipientLifecycle.Check(Status(r.Status), to); err != nil {
		return err
	}
	return q.UpdateEmailRecipientStatus(ctx, query.UpdateEmailRecipientStatusParams{Status: string(to), Reason: truncateReason(reason), UpdatedAt: now, EmailID: r.EmailID, Position: r.Position})
}

// cancel moves a queued mail and its queued recipients to Cancelled.
func cancel(ctx context.Context, q *query.Queries, mail query.Email, now time.Time) error {
	err := q.UpdateQueuedEmailRecipients(ctx, query.UpdateQueuedEmailRecipientsParams{Status: string(Cancelled), Reason: reasonCancelled, UpdatedAt: now, EmailID: mail.ID})
	if err != nil {
		return err
	}
	return move(ctx, q, mail, Cancelled, reasonCancelled, now)
}

// requeueFailed queues a failed mail and its failed recipients again. The job of a failed mail runs only if an admin
// has retried it.
func (s *Service) requeueFailed(ctx context.Context, mail query.Email) error {
	now := s.clock()
	return db.WithTx(ctx, s.db, func(tx db.Tx) error {
		q := query.New(tx)
		if err := q.UpdateFailedEmailRecipients(ctx, query.UpdateFailedEmailRecipientsParams{UpdatedAt: now, EmailID: mail.ID}); err != nil {
			return err
		}
		return move(ctx, q, mail, Queued, mail.Reason, now)
	})
}

// outcomes derives the status of a mail from the statuses of its recipients.
type outcomes struct {
	queued, sent, bounced, other int
	reason                       string // of the last recipient without the mail
}

func (o *outcomes) add(s Status, reason string) {
	switch s {
	case Queued:
		o.queued++
	case Sent:
		o.sent++
	case Bounced:
		o.bounced++
	default:
		o.other++
	}
	if s != Sent && reason != "" {
		o.reason = reason
	}
}

func (o *outcomes) status() Status {
	switch {
	case o.queued > 0:
		return Queued
	case o.sent > 0:
		return Sent
	case o.bounced > 0 && o.other == 0:
		return Bounced
	}
	return Failed
}
