package email

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/files"
	"counsel/domain/files/filetype"
	"counsel/domain/jobs"
	"counsel/domain/schema"
	"counsel/gen/query"
)

// Message is a mail that somebody wants sent.
type Message struct {
	ID          domain.ID // optional; of a message that was accepted before, nothing is sent again
	To, Cc, Bcc []string
	ReplyTo     string
	Subject     string
	HTML, Text  string // one of them at least
	Attachments []Attachment
	SendAt      time.Time // zero: now
}

// Attachment names a document of the service: by its id or by a URL of its content.
type Attachment struct {
	Filename   string
	DocumentID domain.ID
	URL        string
	Inline     bool // a picture that the HTML shows by cid:Filename
}

// BatchResult is what became of one message of several.
type BatchResult struct {
	Email Email
	Err   error // nil: it is queued
}

// submission is a message that was looked through.
type submission struct {
	Email
	checksums []files.Checksum // of the attachments
}

// Send accepts a message. Invalid names the field; RateLimited when the caller wrote to too many
// lately.
func (s *Service) Send(ctx context.Context, caller domain.Principal, m Message) (Email, error) {
	if err := s.Configured(); err != nil {
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
	return a.Email, s.insert(ctx, jobs.Standard, a)
}

// findExisting is the mail that was accepted under an id the caller brought, nil when there is none.
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

// SendBatch accepts several messages, each by itself: one that is not acceptable does not keep
// the others from being sent. Those that are lie in one transaction. They go after what
// people sent one by one.
func (s *Service) SendBatch(ctx context.Context, caller domain.Principal, ms []Message) ([]BatchResult, error) {
	if err := s.Configured(); err != nil {
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
	return out, s.insert(ctx, jobs.Bulk, good...)
}

// insert writes mails and the jobs that send them.
func (s *Service) insert(ctx context.Context, queue jobs.Queue, all ...submission) error {
	err := db.WithTx(ctx, s.DB, func(tx db.Tx) error {
		work := make([]jobs.LegacyInsert, len(all))
		for i, a := range all {
			err := query.New(tx).CreateEmail(ctx, query.CreateEmailParams{ID: a.ID, UserID: a.UserID, Kind: kindMessage, Subject: a.Subject, BodyText: a.Text, BodyHtml: a.HTML, ReplyTo: domain.EmailForServers(a.ReplyTo),
				Fields: "{}", Bulk: queue == jobs.Bulk, SendAt: a.SendAt, CreatedAt: a.CreatedAt, UpdatedAt: a.CreatedAt})
			if err != nil {
				return err
			}
			if err := s.insertParts(ctx, tx, a); err != nil {
				return err
			}
			work[i] = jobs.LegacyInsert{Kind: kindSend, Queue: queue, UserID: a.UserID, Payload: payload{a.ID}, RunAt: a.SendAt, Key: "email:" + a.ID.String()}
		}
		_, err := s.Jobs.Add(ctx, tx, work...)
		return err
	})
	if err != nil {
		return db.Error(err)
	}
	s.Jobs.Wake()
	return nil
}

func (s *Service) insertParts(ctx context.Context, tx db.Tx, a submission) error {
	q := query.New(tx)

	for i, r := range a.Recipients {
		if err := q.CreateEmailRecipient(ctx, query.CreateEmailRecipientParams{EmailID: a.ID, Position: int32(i), Field: r.Field, Address: domain.EmailForServers(r.Address), UpdatedAt: a.CreatedAt}); err != nil {
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

// validate looks a message through. at is where it stands in the request.
func (s *Service) validate(ctx context.Context, caller domain.Principal, at string, m Message) (submission, error) {
	now := s.Clock()
	a := submission{Email: Email{ID: s.NewID(), UserID: caller.UserID, Subject: strings.TrimSpace(norm.NFC.String(m.Subject)), Status: Queued, SendAt: now, CreatedAt: now, UpdatedAt: now}}
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
			} else if !seen[address.Key()] { // nobody gets it twice
				seen[address.Key()] = true
				a.Recipients = append(a.Recipients, Recipient{Field: list.field, Address: address.String(), Status: Queued})
			}
		}
	}
	if len(m.To) == 0 {
		refuse("/to", "must name somebody")
	}
	if len(seen) > MaxRecipients {
		refuse("/to", "is, with cc and bcc, more than "+strconv.Itoa(MaxRecipients)+" recipients")
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
			refuse("/sendAt", "is more than a year ahead")
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
		refuse("/bodyText", "is missing, and so is bodyHtml; or nothing of it can be sent")
	}
	if len(e.Fields) > 0 {
		return a, e
	}
	return a, s.validateAttachments(ctx, caller, at, m.Attachments, &a)
}

// headerProblem says what is wrong with a line of a header; "" when nothing is.
func headerProblem(line string, most int) string {
	switch n := utf8.RuneCountInString(line); {
	case n == 0:
		return "must not be empty"
	case n > most:
		return "must have at most " + strconv.Itoa(most) + " characters"
	case !schema.IsLine(line):
		return "must be one line, without control characters and invisible ones"
	case strings.Contains(line, "=?"): // mail programs would decode it
		return "must not hold an encoded word (=?)"
	}
	return ""
}

// validateAttachments finds the documents that a message carries. What the caller may not read looks like
// what is not there.
func (s *Service) validateAttachments(ctx context.Context, caller domain.Principal, at string, files []Attachment, a *submission) error {
	names := map[string]bool{}
	total := int64(0)
	for i, f := range files {
		pointer := at + "/attachments/" + strconv.Itoa(i)
		name := norm.NFC.String(f.Filename)
		switch detail := headerProblem(name, 200); {
		case detail != "":
			return domain.InvalidField(pointer+"/filename", "%s", detail)
		case strings.ContainsAny(name, `/\`):
			return domain.InvalidField(pointer+"/filename", "must not hold a path")
		case f.Inline && !isToken(name):
			return domain.InvalidField(pointer+"/filename", "may hold letters, digits, dots, hyphens and underscores alone, where the HTML names it")
		case names[name]:
			return domain.InvalidField(pointer+"/filename", "stands there twice")
		}
		names[name] = true
		d, err := s.findDocument(ctx, caller, pointer, f)
		if err != nil {
			return err
		}
		if f.Inline && d.ContentType != filetype.PNG && d.ContentType != filetype.JPEG {
			return domain.InvalidField(pointer+"/inline", "is for pictures, and this is none")
		}
		if total += d.Size; total > MaxAttachedBytes {
			return &domain.Error{Code: domain.TooLarge, Message: "The attachments have more than " + strconv.Itoa(MaxAttachedBytes) + " bytes together.",
				Fields: []domain.Field{{Pointer: at + "/attachments", Detail: "are too large together"}}}
		}
		a.Attachments = append(a.Attachments, AttachedFile{DocumentID: d.ID, Filename: name, ContentType: d.ContentType, Size: d.Size, Inline: f.Inline})
		a.checksums = append(a.checksums, d.SHA256)
	}
	return nil
}

// isToken tells a name that can stand in a URL and in a Content-ID as it is.
func isToken(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
	})
}

// findDocument finds what an attachment names. A URL is only ever read for the id in it, never
// fetched; and it must be one that this service gives out for that document, or somebody who
// means another file would send this one.
func (s *Service) findDocument(ctx context.Context, caller domain.Principal, pointer string, f Attachment) (files.File, error) {
	id, field := f.DocumentID, "/docId"
	if f.URL != "" {
		field = "/fileUrl"
	}
	if (f.URL == "") == id.IsZero() {
		return files.File{}, domain.InvalidField(pointer+"/fileUrl", "is needed, or docId, and not both")
	}
	foreign := domain.InvalidField(pointer+field, "is not a document of this service that you may read")
	var link *url.URL
	if f.URL != "" {
		var err error
		if link, err = url.Parse(f.URL); err != nil || link.User != nil || link.Opaque != "" || link.Fragment != "" {
			return files.File{}, foreign
		}
		if id, err = documentIDIn(link.Path); err != nil {
			return files.File{}, foreign
		}
	}
	d, err := s.Files.Get(ctx, caller, id)
	switch code := domain.CodeOf(err); {
	case err != nil && (code == domain.NotFound || code == domain.Forbidden):
		return files.File{}, foreign
	case err != nil:
		return files.File{}, err
	case link == nil:
		return d, nil
	}
	ours, err := s.isOwnURL(ctx, d, link)
	if err == nil && !ours {
		err = foreign
	}
	return d, err
}

// documentIDIn is the id of the document that a path of a URL names: …/docs/<id>, or …/docs/<id>/content.
func documentIDIn(path string) (domain.ID, error) {
	parts := strings.Split(strings.TrimSuffix(path, "/content"), "/")
	if len(parts) < 2 || parts[len(parts)-2] != "docs" {
		return domain.ID{}, errors.New("no document")
	}
	return domain.ParseID(parts[len(parts)-1])
}

// isOwnURL tells whether a URL is one of those that lead to a document.
func (s *Service) isOwnURL(ctx context.Context, d files.File, link *url.URL) (bool, error) {
	content := "/api/docs/" + d.ID.String() + "/content"
	if link.Scheme == "" && link.Host == "" {
		return link.Path == content, nil
	}
	if link.Scheme+"://"+link.Host+link.Path == s.PublicURL+content {
		return true, nil
	}
	at, _, err := s.Files.PresignURL(ctx, d)
	if err != nil {
		return false, err
	}
	known, err := url.Parse(at)
	return err == nil && link.Scheme == known.Scheme && strings.EqualFold(link.Host, known.Host) && link.Path == known.Path, err
}
