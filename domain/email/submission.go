package email

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/files"
	"counsel/domain/jobs"
	"counsel/domain/schema"
	query "counsel/gen/query/email"
)

// Message is a mail to be submitted.
type Message struct {
	ID          domain.ID // optional; a message whose id was accepted before is not sent again
	To, Cc, Bcc []string
	ReplyTo     string
	Subject     string
	HTML, Text  string // at least one of them
	Attachments []Attachment
	SendAt      time.Time // zero: now
}

// BatchResult is the result for one message of a batch.
type BatchResult struct {
	Email Email
	Err   error // nil: the message is queued
}

// submission is a validated message.
type submission struct {
	Email
	checksums []files.Checksum // of the attachments
}

// Send accepts a message. It fails with Invalid, naming the fields, with TooLarge, or with RateLimited if the caller has
// used up the recipient quota.
func (s *Service) Send(ctx context.Context, caller domain.Principal, m Message) (Email, error) {
	if err := s.outbox.Configured(); err != nil && !caller.TestMode() {
		return Email{}, err
	}
	switch e, err := s.findExisting(ctx, caller, m.ID); {
	case err != nil:
		return Email{}, err
	case e != nil:
		return *e, nil
	}
	a, err := s.validate(ctx, caller, "", m)
	if err != nil {
		return Email{}, err
	}
	if err := s.ReserveQuota(ctx, caller, len(a.Recipients)); err != nil {
		return Email{}, err
	}
	return a.Email, s.insert(ctx, caller.KeyID, jobs.Standard, a)
}

// findExisting returns the mail that was accepted before under the id of a message, or nil.
func (s *Service) findExisting(ctx context.Context, caller domain.Principal, id domain.ID) (*Email, error) {
	if id.IsZero() {
		return nil, nil
	}
	e, err := s.Get(ctx, caller, id)
	switch {
	case err != nil && domain.CodeOf(err) == domain.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &e, nil
}

// SendBatch validates each message separately and accepts the valid ones in one transaction. Mails of a batch are sent
// after mails that were submitted singly.
func (s *Service) SendBatch(ctx context.Context, caller domain.Principal, ms []Message) ([]BatchResult, error) {
	if err := s.outbox.Configured(); err != nil && !caller.TestMode() {
		return nil, err
	}
	out := make([]BatchResult, len(ms))
	var good []submission
	recipients := 0
	for i, m := range ms {
		e, err := s.findExisting(ctx, caller, m.ID)
		if err != nil {
			return nil, err
		}
		if e != nil {
			out[i].Email = *e
			continue
		}
		a, err := s.validate(ctx, caller, "/emails/"+strconv.Itoa(i), m)
		switch domain.CodeOf(err) {
		case domain.Invalid, domain.TooLarge:
			out[i].Err = err
			continue
		}
		if err != nil {
			return nil, err
		}
		out[i].Email = a.Email
		good = append(good, a)
		recipients += len(a.Recipients)
	}
	if len(good) == 0 {
		return out, nil
	}
	if err := s.ReserveQuota(ctx, caller, recipients); err != nil {
		return nil, err
	}
	return out, s.insert(ctx, caller.KeyID, jobs.Bulk, good...)
}

// insert inserts mails and the jobs that send them, in the name of the key.
func (s *Service) insert(ctx context.Context, key domain.ID, queue jobs.Queue, all ...submission) error {
	err := db.WithTx(ctx, s.db, func(tx db.Tx) error {
		inserts := make([]jobs.Insert, len(all))
		for i, a := range all {
			err := query.New(tx).CreateEmail(ctx, query.CreateEmailParams{ID: a.ID, UserID: a.UserID, Kind: kindMessage, Subject: a.Subject, BodyText: a.Text, BodyHtml: a.HTML, ReplyTo: domain.EmailASCII(a.ReplyTo),
				Fields: "{}", Bulk: queue == jobs.Bulk, SendAt: a.SendAt, CreatedAt: a.CreatedAt, UpdatedAt: a.CreatedAt})
			if err != nil {
				return err
			}
			if err := s.insertParts(ctx, tx, a); err != nil {
				return err
			}
			inserts[i] = jobs.Insert{Args: sendArgs{a.ID}, Queue: queue, UserID: a.UserID, KeyID: key, RunAt: a.SendAt, Key: "email:" + a.ID.String()}
		}
		_, err := s.jobs.Enqueue(ctx, tx, inserts...)
		return err
	})
	if err != nil {
		return db.Error(err)
	}
	s.jobs.Wake()
	return nil
}

func (s *Service) insertParts(ctx context.Context, tx db.Tx, a submission) error {
	q := query.New(tx)
	for i, r := range a.Recipients {
		if err := q.CreateEmailRecipient(ctx, query.CreateEmailRecipientParams{EmailID: a.ID, Position: int32(i), Field: r.Field, Address: domain.EmailASCII(r.Address), UpdatedAt: a.CreatedAt}); err != nil {
			return err
		}
	}
	for i, f := range a.Attachments {
		err := q.CreateEmailAttachment(ctx, query.CreateEmailAttachmentParams{EmailID: a.ID, Position: int32(i), DocumentID: f.DocumentID, Filename: f.Filename,
			ContentType: f.ContentType, Size: f.Size, Sha256: a.checksums[i][:], Inline: f.Inline})
		if err != nil {
			return err
		}
	}
	return nil
}

// validate checks a message. at is the JSON pointer of the message in the request.
func (s *Service) validate(ctx context.Context, caller domain.Principal, at string, m Message) (submission, error) {
	now := s.clock()
	a := submission{Email: Email{ID: s.newID(), UserID: caller.UserID, Subject: strings.TrimSpace(norm.NFC.String(m.Subject)), Status: Queued, SendAt: now, CreatedAt: now, UpdatedAt: now}}
	if !m.ID.IsZero() {
		a.ID = m.ID
	}
	e := &domain.Error{Code: domain.Invalid, Message: "The request has a field that cannot be accepted."}
	refuse := func(pointer, detail string) {
		e.Fields = append(e.Fields, domain.Field{Pointer: at + pointer, Detail: detail})
	}
	if detail := headerProblem(a.Subject, 255); detail != "" {
		refuse("/subject", detail)
	}
	seen := map[string]bool{}
	for _, list := range []struct {
		field     string
		addresses []string
	}{{"to", m.To}, {"cc", m.Cc}, {"bcc", m.Bcc}} {
		for i, given := range list.addresses {
			address, err := domain.ParseEmail(given)
			if err != nil {
				refuse("/"+list.field+"/"+strconv.Itoa(i), err.Error())
			} else if !seen[address.Key()] { // each recipient gets the mail once
				seen[address.Key()] = true
				a.Recipients = append(a.Recipients, Recipient{Field: list.field, Address: address.String(), Status: Queued})
			}
		}
	}
	if len(m.To) == 0 {
		refuse("/to", "must name at least one recipient")
	}
	if len(seen) > MaxRecipients {
		refuse("/to", "must, together with cc and bcc, have at most "+strconv.Itoa(MaxRecipients)+" recipients")
	}
	if m.ReplyTo != "" {
		address, err := domain.ParseEmail(m.ReplyTo)
		if err != nil {
			refuse("/replyTo", err.Error())
		}
		a.ReplyTo = address.String()
	}
	if !m.SendAt.IsZero() {
		if a.SendAt = m.SendAt.UTC().Truncate(time.Microsecond); a.SendAt.Before(now) {
			a.SendAt = now
		} else if a.SendAt.Sub(now) > MaxScheduleAhead {
			refuse("/sendAt", "must be within a year")
		}
	}
	var unreadable error
	if a.HTML, unreadable = sanitize(m.HTML); unreadable != nil {
		refuse("/bodyHtml", unreadable.Error())
		return a, e
	}
	if a.Text = plainText(m.Text); a.Text == "" {
		a.Text = htmlToText(a.HTML)
	}
	if strings.TrimSpace(a.Text) == "" && !strings.Contains(a.HTML, "<img") {
		a.Text, a.HTML = "", ""
		refuse("/bodyText", "is missing, and bodyHtml is missing or contains nothing that can be sent")
	}
	if len(e.Fields) > 0 {
		return a, e
	}
	return a, s.validateAttachments(ctx, caller, at, m.Attachments, &a)
}

// headerProblem returns what is wrong with a header value, or "".
func headerProblem(line string, most int) string {
	switch n := utf8.RuneCountInString(line); {
	case n == 0:
		return "must not be empty"
	case n > most:
		return "must have at most " + strconv.Itoa(most) + " characters"
	case !schema.IsLine(line):
		return "must be one line without control or invisible characters"
	case strings.Contains(line, "=?"): // mail clients would decode it
		return "must not contain an encoded word (=?)"
	}
	return ""
}
