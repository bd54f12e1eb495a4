package esign

import (
	"bytes"
	"context"
	"fmt"
	"maps"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/email"
	"counsel/domain/esign/evidence"
	"counsel/domain/jobs"
	query "counsel/gen/query/esign"
)

// notice is what a mail is about. The values are stored in jobs.
type notice string

const (
	noticeCompleted notice = "completed"
	noticeDeclined  notice = "declined"
	noticeCancelled notice = "cancelled"
	noticeExpired   notice = "expired"
	noticeFailed    notice = "failed"   // everyone has signed, but it cannot be sealed
	noticeNotSent   notice = "not_sent" // the provider did not accept it; to the sender alone
	noticeBounced   notice = "bounced"  // a signer's address does not accept mail; to the sender alone
)

// concerns reports whether a signer gets the notice.
func (n notice) concerns(signer Signer) bool {
	switch n {
	case noticeCompleted, noticeFailed:
		return true
	case noticeCancelled, noticeExpired:
		return signer.canSign()
	case noticeDeclined:
		return signer.canSign() || signer.Status == Signed
	}
	return false
}

// dateTimeFormat is understood in every language.
const dateTimeFormat = "2006-01-02, 15:04 UTC"

// maxAttachment is the largest file that mail servers can be expected to accept, in bytes.
const maxAttachment = 15 << 20

// mailLink mails a signer their link, unless it is no longer open, and logs the outcome.
func (s *Service) mailLink(ctx context.Context, jobID domain.ID, j inviteArgs) error {
	r, err := s.get(ctx, j.Request)
	if err != nil {
		return err
	}
	v := s.view(r, j.Signer)
	if v.State != LinkOpen {
		return nil
	}
	// The hash only changes if the link key was replaced.
	if err := s.queries.UpdateSignerToken(ctx, query.UpdateSignerTokenParams{TokenHash: tokenHash(s.token(v.Signer.ID)), ID: v.Signer.ID}); err != nil {
		return db.Error(err)
	}
	m, err := s.composeLink(ctx, r, v.Signer, j.Reminder > 0)
	if err != nil {
		return err
	}
	m.ID = jobID
	sent := evidence.Event{At: s.clock(), Kind: evidence.EventSent, Signer: v.Signer.Number}
	if j.Reminder > 0 {
		sent.Kind = evidence.EventReminded
	}
	suppressed, err := s.mailboxes.WhySuppressed(ctx, v.Signer.Email)
	if err != nil {
		return err
	}
	accepted := false
	if suppressed == "" {
		if accepted, err = s.send(ctx, r, v.Signer.Email, m); err != nil {
			return err
		}
	}
	outcome := evidence.Event{Kind: evidence.EventDelivered, Signer: v.Signer.Number}
	if !accepted {
		outcome.Kind = evidence.EventBounced
	}
	return s.asSystem(ctx, r, withNumber(string(outcome.Kind), outcome.Signer), func(tx db.Tx, r *Request) error {
		log, err := readLog(ctx, query.New(tx), r.ID)
		if err != nil {
			return err
		}
		sends, bounces := 0, 0
		for _, e := range log {
			switch {
			case e.Signer != sent.Signer:
			case e.Kind == sent.Kind:
				sends++
			case e.Kind == evidence.EventBounced:
				bounces++
			}
		}
		if suppressed == "" && sends > max(0, j.Reminder-1) || suppressed != "" && bounces > j.Reminder { // a former run of this job logged it
			return errNoChange
		}
		if suppressed == "" {
			if err := s.log(ctx, tx, r, sent); err != nil {
				return err
			}
		}
		if err := s.log(ctx, tx, r, outcome); err != nil || accepted {
			return err
		}
		return s.queueBounceNotice(ctx, tx, r.ID, v.Signer)
	})
}

// composeLink returns the mail with a signer's link.
func (s *Service) composeLink(ctx context.Context, r Request, signer Signer, reminder bool) (email.Outgoing, error) {
	kind := email.SignatureRequest
	if reminder {
		kind = email.SignatureReminder
	}
	sender, err := s.sender(ctx, r)
	if err != nil {
		return email.Outgoing{}, err
	}
	m, err := r.compose(kind, signer.Name, map[string]string{"until": r.ExpiresAt.UTC().Format(dateTimeFormat), "link": s.signingLink(signer.ID), "quote": r.Message})
	if err != nil {
		return m, jobs.Permanent(err)
	}
	ok, err := s.canNotifySender(ctx, r, sender)
	if ok {
		m.ReplyTo = sender.Email
	}
	return m, err
}

// mailNotice mails a notice to the sender or to a signer.
func (s *Service) mailNotice(ctx context.Context, jobID domain.ID, j notifyArgs) error {
	r, err := s.get(ctx, j.Request)
	if err != nil {
		return err
	}
	name, address, err := s.recipient(ctx, r, j)
	if err != nil || address == "" {
		return err
	}
	suppressed, err := s.mailboxes.WhySuppressed(ctx, address)
	// A sender gets mail about their own requests even if an admin suppressed the address by hand.
	if err != nil || suppressed == email.SuppressedBounce || suppressed != "" && j.Signer != nil {
		return err
	}
	m, err := s.composeNotice(ctx, r, j, name)
	if err != nil {
		return err
	}
	m.ID = jobID
	_, err = s.send(ctx, r, address, m)
	return err
}

// recipient returns who gets a notice; an empty address: nobody.
func (s *Service) recipient(ctx context.Context, r Request, j notifyArgs) (name, address string, err error) {
	sender, err := s.sender(ctx, r)
	if err != nil {
		return "", "", err
	}
	senderNotified, err := s.canNotifySender(ctx, r, sender)
	if err != nil {
		return "", "", err
	}
	if j.Signer == nil {
		if !senderNotified {
			return "", "", nil
		}
		return sender.FullName, sender.Email, nil
	}
	signer := s.view(r, *j.Signer).Signer
	if senderNotified && domain.EmailKey(signer.Email) == domain.EmailKey(sender.Email) {
		return "", "", nil // they get the sender's notice
	}
	return signer.Name, signer.Email, nil
}

func (s *Service) composeNotice(ctx context.Context, r Request, j notifyArgs, name string) (email.Outgoing, error) {
	var kind email.SystemMailKind
	var attachments []email.File
	fields := map[string]string{}
	switch j.Notice {
	case noticeCompleted:
		file, err := s.attachment(ctx, r)
		if err != nil {
			return email.Outgoing{}, err
		}
		if kind = email.SignatureCompletedApart; file != nil {
			kind, attachments = email.SignatureCompleted, []email.File{*file}
		}
	case noticeDeclined:
		kind = email.SignatureDeclined
		for _, signer := range r.Signers {
			if signer.Status == SignerDeclined && j.Signer == nil { // only the sender learns who declined, and why
				kind, fields["signer"], fields["quote"] = email.SignatureDeclinedBy, signer.Name, signer.Reason
			}
		}
	case noticeCancelled:
		kind = email.SignatureCancelled
	case noticeExpired:
		kind = email.SignatureExpired
	case noticeFailed:
		kind = email.SignatureFailed
	case noticeNotSent:
		kind = email.SignatureNotSent
	case noticeBounced:
		signer := r.Signers[j.About-1]
		kind, fields["signer"], fields["address"] = email.SignatureBounced, signer.Name, domain.EmailUnicode(signer.Email)
	}
	m, err := r.compose(kind, name, fields)
	if err != nil {
		return m, jobs.Permanent(err)
	}
	m.Files = attachments
	return m, nil
}

// attachment returns the signed file; nil: it was deleted, or is too large.
func (s *Service) attachment(ctx context.Context, r Request) (*email.File, error) {
	d, err := s.files.GetSigned(ctx, *r.SignedID)
	if domain.CodeOf(err) == domain.NotFound || err == nil && d.Size > maxAttachment {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b, err := s.readAll(ctx, d)
	if err != nil {
		return nil, err
	}
	return &email.File{Name: d.Name, ContentType: d.ContentType, Body: bytes.NewReader(b)}, nil
}

// compose returns a mail about a request, in its language.
func (r Request) compose(kind email.SystemMailKind, name string, fields map[string]string) (m email.Outgoing, err error) {
	all := map[string]string{"name": name, "sender": r.SenderName, "document": r.DocumentName}
	maps.Copy(all, fields)
	m.Subject, m.Text, m.HTML, err = email.Compose(kind, r.Language, all)
	return m, err
}

// send submits a mail about a request to the mail server, or nowhere if a test account sent it. accepted is false when the server rejected it permanently.
// Unavailable: it may accept it later.
func (s *Service) send(ctx context.Context, r Request, address string, m email.Outgoing) (accepted bool, err error) {
	if r.UserID.IsTest() {
		return true, nil
	}
	m.Date, m.Automatic = s.clock(), true
	m.To, m.Recipients = []string{address}, []string{address}
	switch outcome := s.mailer.Send(ctx, m)[0]; outcome.Result {
	case email.Accepted:
		return true, nil
	case email.Refused:
		s.logger.WarnContext(ctx, "the mail server rejected a mail", "mail_id", m.ID.String(), "error", fmt.Sprint(outcome.Err))
		if outcome.BadAddress {
			return false, s.mailboxes.SuppressBounced(ctx, address)
		}
		return false, nil
	default:
		return false, &domain.Error{Code: domain.Unavailable, Message: "Mails cannot be sent right now.", Err: outcome.Err}
	}
}

// canNotifySender reports whether the sender of a request may learn of it: their account may have been
// deleted or disabled, or they may have left its case.
func (s *Service) canNotifySender(ctx context.Context, r Request, sender account.User) (bool, error) {
	switch {
	case sender.Email == "", sender.Disabled:
		return false, nil
	case r.CaseID == nil:
		return true, nil
	}
	return s.cases.CanRead(ctx, *r.CaseID, r.UserID)
}
