package esign

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/cases"
	"counsel/domain/email"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

// The kinds of jobs.
const (
	jobInvite = "esign.invite" // the mail with the link
	jobNotice = "esign.notice" // how a request ended, to one person
	jobSeal   = "esign.seal"
	jobFollow = "esign.follow" // a look at what the provider says
)

// What the jobs are told. Addresses and secrets are looked up when they are needed.
type (
	inviteJob struct {
		Request, Signer domain.ID
		Reminder        int // which; 0: the first mail
	}
	requestJob struct{ Request domain.ID }
	noticeJob  struct {
		Request domain.ID
		Signer  *domain.ID // nil: the sender
		Notice  notice
		About   int // a signer's number, where it is about one
	}
)

type notice string

const (
	noticeCompleted notice = "completed"
	noticeDeclined  notice = "declined"
	noticeCancelled notice = "cancelled"
	noticeExpired   notice = "expired"
	noticeFailed    notice = "failed"   // all have signed, and it cannot be sealed
	noticeNotSent   notice = "not_sent" // the provider did not get it
	noticeBounced   notice = "bounced"  // a signer's address does not take mail
)

// mailing goes on for a day while the mail server is away.
var mailing = jobs.Options{Tries: 150, Timeout: 8 * time.Minute}

func (s *Service) register() {
	s.Jobs.Handle(jobInvite, mailing, func(ctx context.Context, run *jobs.Run) (any, error) {
		var j inviteJob
		if err := run.Read(&j); err != nil {
			return nil, jobs.Fatal(err)
		}
		return nil, s.mailLink(ctx, run.ID, j)
	})
	s.Jobs.Handle(jobNotice, mailing, func(ctx context.Context, run *jobs.Run) (any, error) {
		var j noticeJob
		if err := run.Read(&j); err != nil {
			return nil, jobs.Fatal(err)
		}
		return nil, s.mailNotice(ctx, run.ID, j)
	})
	s.Jobs.Handle(jobSeal, jobs.Options{Tries: 1000, Timeout: 3 * time.Minute}, func(ctx context.Context, run *jobs.Run) (any, error) {
		var j requestJob
		if err := run.Read(&j); err != nil {
			return nil, jobs.Fatal(err)
		}
		return nil, s.seal(ctx, j.Request, run.Try)
	})
	s.Jobs.Handle(jobFollow, jobs.Options{Tries: 4, Timeout: 4 * time.Minute}, func(ctx context.Context, run *jobs.Run) (any, error) {
		var j requestJob
		if err := run.Read(&j); err != nil {
			return nil, jobs.Fatal(err)
		}
		return nil, s.follow(ctx, j.Request, run.Try)
	})
	s.Jobs.Every("esign.sweep", time.Minute, s.sweep)
	if s.Provider != nil {
		s.Jobs.Every("esign.poll", 15*time.Second, s.poll)
	}
}

// mailLink mails a signer their link, unless it has become good for nothing.
func (s *Service) mailLink(ctx context.Context, id domain.ID, j inviteJob) error {
	r, err := load(ctx, s.rows, j.Request)
	if err != nil {
		return err
	}
	v := s.view(r, j.Signer)
	if v.State != LinkOpen {
		return nil
	}
	// The same as before, unless the key that links are made of has changed.
	if err := s.rows.SetSignerToken(ctx, query.SetSignerTokenParams{TokenHash: hashOf(s.token(v.Signer.ID)), ID: v.Signer.ID}); err != nil {
		return db.Error(err)
	}
	from, err := s.sender(ctx, r)
	if err != nil {
		return err
	}
	kind := email.SignatureRequest
	if j.Reminder > 0 {
		kind = email.SignatureReminder
	}
	m, err := r.write(kind, v.Signer.Name, map[string]string{"until": r.ExpiresAt.UTC().Format(dayAndTime), "link": s.link(v.Signer.ID), "quote": r.Message})
	if err != nil {
		return jobs.Fatal(err)
	}
	m.ID = id
	if may, err := s.mayHear(ctx, r, from); err != nil {
		return err
	} else if may {
		m.ReplyTo = from.Email
	}
	sent := Event{At: s.Clock(), Kind: EventSent, Signer: v.Signer.Number}
	if j.Reminder > 0 {
		sent.Kind = EventReminded
	}
	blocked, err := s.Post.WhySuppressed(ctx, v.Signer.Email)
	if err != nil {
		return err
	}
	taken := false
	if blocked == "" {
		if taken, err = s.mail(ctx, v.Signer.Email, m); err != nil {
			return err
		}
	}
	then := Event{Kind: EventDelivered, Signer: v.Signer.Number}
	if !taken {
		then.Kind = EventBounced
	}
	return s.change(ctx, itself(r), r.ID, cases.Action{Verb: cases.VerbUpdate, Detail: string(then.Kind) + " " + number(then.Signer)}, func(tx db.Tx, r *Request) error {
		log, err := readLog(ctx, query.New(tx), r.ID)
		if err != nil {
			return err
		}
		sends, bounces := 0, 0
		for _, old := range log {
			switch {
			case old.Signer != sent.Signer:
			case old.Kind == sent.Kind:
				sends++
			case old.Kind == EventBounced:
				bounces++
			}
		}
		if blocked == "" && sends > max(0, j.Reminder-1) || blocked != "" && bounces > j.Reminder { // this job was done before, but not known to be
			return errSame
		}
		if blocked == "" {
			if err := s.log(ctx, tx, r, sent); err != nil {
				return err
			}
		}
		if err := s.log(ctx, tx, r, then); err != nil || taken {
			return err
		}
		_, err = s.Jobs.Add(ctx, tx, jobs.LegacyInsert{Kind: jobNotice, Payload: noticeJob{Request: r.ID, Notice: noticeBounced, About: v.Signer.Number}})
		return err
	})
}

// mail hands a mail over. taken is false when it never will be; an error says that it may be
// another time.
func (s *Service) mail(ctx context.Context, address string, m email.Outgoing) (taken bool, err error) {
	m.Date, m.Automatic = s.Clock(), true
	m.To, m.Recipients = []string{address}, []string{address}
	switch out := s.Mails.Send(ctx, m)[0]; out.Result {
	case email.Accepted:
		return true, nil
	case email.Refused:
		s.Log.Warn("a mail was refused", "mail", m.ID.String(), "cause", fmt.Sprint(out.Err))
		if out.BadAddress {
			return false, s.Post.SuppressBounced(ctx, address)
		}
		return false, nil
	default:
		return false, &domain.Error{Code: domain.Unavailable, Message: "Mails cannot be sent right now.", Err: out.Err}
	}
}

// dayAndTime is read the same in all languages.
const dayAndTime = "2006-01-02, 15:04 UTC"

// write makes a mail about a request, in its language. more is what it says besides names.
func (r Request) write(kind email.SystemMailKind, name string, more map[string]string) (m email.Outgoing, err error) {
	fields := map[string]string{"name": name, "sender": r.SenderName, "document": r.DocumentName}
	maps.Copy(fields, more)
	m.Subject, m.Text, m.HTML, err = email.Compose(kind, r.Language, fields)
	return m, err
}

// notify queues mails about how a request ended: to the sender, and to the signers it concerns.
func (s *Service) notify(ctx context.Context, tx db.Tx, r *Request, n notice) error {
	all := []jobs.LegacyInsert{{Kind: jobNotice, Payload: noticeJob{Request: r.ID, Notice: n}}}
	for i := range r.Signers {
		g := &r.Signers[i]
		switch {
		case n == noticeCompleted, n == noticeFailed, (n == noticeCancelled || n == noticeExpired) && g.asked(), n == noticeDeclined && (g.asked() || g.Status == Signed):
			all = append(all, jobs.LegacyInsert{Kind: jobNotice, Payload: noticeJob{Request: r.ID, Signer: &g.ID, Notice: n}})
		}
	}
	_, err := s.Jobs.Add(ctx, tx, all...)
	return err
}

func (s *Service) mailNotice(ctx context.Context, id domain.ID, j noticeJob) error {
	r, err := load(ctx, s.rows, j.Request)
	if err != nil {
		return err
	}
	sender, err := s.sender(ctx, r)
	if err != nil {
		return err
	}
	may, err := s.mayHear(ctx, r, sender)
	if err != nil {
		return err
	}
	name, address := sender.FullName, sender.Email
	switch {
	case j.Signer == nil && !may:
		return nil
	case j.Signer != nil:
		v := s.view(r, *j.Signer)
		if name, address = v.Signer.Name, v.Signer.Email; may && domain.EmailKey(address) == domain.EmailKey(sender.Email) {
			return nil // they get the sender's
		}
	}
	// What an admin put on the list keeps nobody from what concerns their own account.
	if blocked, err := s.Post.WhySuppressed(ctx, address); err != nil || blocked == email.SuppressedBounce || blocked != "" && j.Signer != nil {
		return err
	}
	var kind email.SystemMailKind
	var files []email.File
	more := map[string]string{}
	switch j.Notice {
	case noticeCompleted:
		kind = email.SignatureCompletedApart
		d, err := s.Archive.GetSigned(ctx, *r.SignedID)
		if err != nil && domain.CodeOf(err) != domain.NotFound {
			return err
		}
		if err == nil && d.Size <= maxAttached {
			file, err := s.bytes(ctx, d)
			if err != nil {
				return err
			}
			kind, files = email.SignatureCompleted, []email.File{{Name: d.Name, ContentType: d.ContentType, Body: bytes.NewReader(file)}}
		}
	case noticeDeclined:
		kind = email.SignatureDeclined
		for _, g := range r.Signers {
			if g.Status == SignerDecline && j.Signer == nil { // who, and why, is for the sender alone
				kind, more["signer"], more["quote"] = email.SignatureDeclinedBy, g.Name, g.Reason
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
		g := r.Signers[j.About-1]
		kind, more["signer"], more["address"] = email.SignatureBounced, g.Name, domain.EmailForPeople(g.Email)
	}
	m, err := r.write(kind, name, more)
	if err != nil {
		return jobs.Fatal(err)
	}
	m.ID, m.Files = id, files
	_, err = s.mail(ctx, address, m)
	return err
}

// mayHear tells whether a request's sender may be told of it now: they may have been erased or shut
// out, or have left its case.
func (s *Service) mayHear(ctx context.Context, r Request, sender account.User) (bool, error) {
	switch {
	case sender.Email == "", sender.Disabled:
		return false, nil
	case r.CaseID == nil:
		return true, nil
	}
	return s.Cases.CanRead(ctx, *r.CaseID, r.UserID)
}

// maxAttached is the largest file that mail servers can be trusted to take, in bytes.
const maxAttached = 15 << 20
