package account

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/gen/query"
)

// How long the links of mails are good.
const (
	resetTime  = time.Hour
	verifyTime = 72 * time.Hour
)

// mailsAnHour is how many mails one address, or one account, may ask for.
const mailsAnHour = 5

// MailKind is one of the mails of accounts.
type MailKind string

// The mails of accounts.
const (
	MailWelcome         MailKind = "welcome"        // its link confirms the address
	MailVerify          MailKind = "verify_address" // the same
	MailReset           MailKind = "reset_password" // its link lets a new password be chosen
	MailPasswordChanged MailKind = "password_changed"
)

// purposes of links, as the database has them.
const (
	purposeReset  = "reset"
	purposeVerify = "verify"
)

// Mail is one to be sent.
type Mail struct {
	Kind    MailKind
	To      User
	Locale  string
	Link    domain.ID // what LinkSecret makes the secret of its link from; zero: it has none
	Expires time.Time // of no use from then on; zero: never
}

// Mailer sends mails of accounts.
type Mailer interface {
	// Ready fails with Unavailable where no mail can be sent at all.
	Ready() error
	// AccountMail puts a mail into the queue, in the caller's transaction.
	AccountMail(ctx context.Context, tx db.Tx, m Mail) error
	// Wake has the queue looked at, after the transaction.
	Wake()
}

const kindReset = "account.reset"

// SendBy lets the accounts send mail, from then on. It must be called before the first request.
func (s *Service) SendBy(m Mailer, later *jobs.Service) {
	s.mail, s.later = m, later
	later.Handle(kindReset, jobs.Options{}, s.sendReset)
	later.Every("account.links", time.Hour, s.forgetLinks)
}

// canMail tells whether a mail would be sent.
func (s *Service) canMail() bool { return s.mail != nil && s.mail.Ready() == nil }

// post puts a mail into the queue, with the link that it needs. id names the link.
func (s *Service) post(ctx context.Context, tx db.Tx, id domain.ID, m Mail) error {
	purpose, lasts := "", time.Duration(0)
	switch m.Kind {
	case MailReset:
		purpose, lasts = purposeReset, resetTime
	case MailWelcome, MailVerify:
		purpose, lasts = purposeVerify, verifyTime
	}
	if purpose != "" {
		now := s.clock()
		m.Link, m.Expires = id, now.Add(lasts)
		err := query.New(tx).CreateAccountLink(ctx, query.CreateAccountLinkParams{ID: id, UserID: m.To.ID, Purpose: purpose, Email: m.To.Email, CreatedAt: now, ExpiresAt: m.Expires})
		if err != nil {
			return err
		}
	}
	return s.mail.AccountMail(ctx, tx, m)
}

// mayAsk counts a mail that somebody asks for.
func (s *Service) mayAsk(ctx context.Context, who string) error {
	if s.mail == nil {
		return &domain.Error{Code: domain.Unavailable, Reason: "email_unavailable", Message: "This service is not set up to send mail."}
	}
	if err := s.mail.Ready(); err != nil {
		return err
	}
	d, err := s.asked.Allow(ctx, who)
	if err != nil {
		return err
	}
	if !d.Allowed {
		return &domain.Error{Code: domain.RateLimited, Message: "Too many mails were asked for. Please look for those that were sent, or wait.", RetryAfter: d.Reset}
	}
	return nil
}

// resetJob asks for the mail of a new password.
type resetJob struct {
	UserID domain.ID `json:"userId"` // zero: nobody has the address
	Locale string    `json:"locale"`
}

// ForgotPassword has a mail sent to the account with this address, if there is one. The caller
// learns nothing of that: what is done here is the same for every address, and the rest is a
// job's. RateLimited: the address was asked for too often.
func (s *Service) ForgotPassword(ctx context.Context, email, locale string) error {
	email = normalEmail(email)
	if _, err := domain.ParseEmail(email); err != nil {
		return domain.InvalidField("/email", "%s", err.Error())
	}
	if err := s.mayAsk(ctx, "address "+email); err != nil {
		return err
	}
	u, err := s.rows.GetUserByEmail(ctx, email) // the zero row when there is none
	if err = db.Error(err); err != nil && domain.CodeOf(err) != domain.NotFound {
		return err
	}
	_, err = s.later.AddNow(ctx, jobs.LegacyInsert{Kind: kindReset, Queue: jobs.Interactive, Payload: resetJob{u.ID, locale}})
	return err
}

// sendReset puts the mail of a new password into the queue. The link has the id of the job: a
// second run finds it there.
func (s *Service) sendReset(ctx context.Context, run *jobs.Run) (any, error) {
	var job resetJob
	if err := run.Read(&job); err != nil || job.UserID.IsZero() {
		return nil, err
	}
	err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		u, err := query.New(tx).GetUser(ctx, job.UserID)
		if err != nil || u.DisabledAt.Valid {
			return err
		}
		return s.post(ctx, tx, run.ID, Mail{Kind: MailReset, To: userOf(u), Locale: job.Locale})
	})
	if code := domain.CodeOf(err); err != nil && code != domain.Conflict && code != domain.NotFound {
		return nil, err
	}
	s.mail.Wake()
	return nil, nil
}

func badLink(cause error) error {
	e := domain.InvalidField("/token", "is not good any more: it was used, or is too old, or was never given out")
	e.Reason, e.Err = "link_invalid", cause
	return e
}

var errLink = errors.New("account: no such link")

// ResetPassword gives the account that a link was sent to a new password, and ends all its
// sessions. Each link is good once, and takes the other ones with it. Invalid: the link is not
// good (reason link_invalid), or the password.
func (s *Service) ResetPassword(ctx context.Context, token, password, locale string) error {
	id, err := s.links.parse(token)
	if err != nil {
		return badLink(err)
	}
	link, err := s.rows.GetAccountLink(ctx, query.GetAccountLinkParams{ID: id, Purpose: purposeReset})
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound || err == nil && !s.good(link) {
		return badLink(errLink)
	} else if err != nil {
		return err
	}
	u, err := s.rows.GetUser(ctx, link.UserID)
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		return badLink(err)
	} else if err != nil {
		return err
	}
	if fault := passwordFault(password, userOf(u)); fault != "" {
		return domain.InvalidField("/password", "%s", fault)
	}
	hash, err := s.hasher.hash(ctx, password) // takes its time: not within the transaction
	if err != nil {
		return err
	}
	now := s.clock()
	var epoch uint32
	err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		q := query.New(tx)

		u, err := q.LockUser(ctx, link.UserID)
		if err != nil {
			return err
		}
		link, err := q.LockAccountLink(ctx, query.LockAccountLinkParams{ID: id, Purpose: purposeReset})
		if err != nil {
			return err
		}
		if !s.good(link) || u.DisabledAt.Valid || u.Email != link.Email {
			return badLink(errLink)
		}
		verified := u.EmailVerifiedAt
		if !verified.Valid { // who has the link reads mails to the address
			verified.Time, verified.Valid = now, true
		}
		epoch = u.SessionEpoch + 1
		err = q.ChangePassword(ctx, query.ChangePasswordParams{PasswordHash: hash, EmailVerifiedAt: verified, SessionEpoch: epoch, UpdatedAt: now, ID: u.ID})
		if err != nil {
			return err
		}
		if err := q.UseAccountLinks(ctx, query.UseAccountLinksParams{UsedAt: sql.NullTime{Time: now, Valid: true}, UserID: u.ID, Purpose: purposeReset}); err != nil {
			return err
		}
		if !s.canMail() {
			return nil
		}
		return s.post(ctx, tx, domain.ID{}, Mail{Kind: MailPasswordChanged, To: userOf(u), Locale: locale})
	})
	if domain.CodeOf(err) == domain.NotFound {
		return badLink(err)
	} else if err != nil {
		return err
	}
	if s.mail != nil {
		s.mail.Wake()
	}
	s.endSessionsBelow(ctx, link.UserID, epoch)
	return nil
}

// endSessionsBelow ends what a change of the account made void.
func (s *Service) endSessionsBelow(ctx context.Context, id domain.ID, epoch uint32) {
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	if s.endVoid(after, id, epoch) != nil {
		s.outages.Add(1) // the mark on the row stays, and Redis is not believed until it is off
	}
}

func (s *Service) good(link query.AccountLink) bool {
	return !link.UsedAt.Valid && s.clock().Before(link.ExpiresAt)
}

// VerifyEmail confirms the address that a link was sent to. Following the link again changes
// nothing. Invalid: the link is not good (reason link_invalid).
func (s *Service) VerifyEmail(ctx context.Context, token string) error {
	id, err := s.links.parse(token)
	if err != nil {
		return badLink(err)
	}
	link, err := s.rows.GetAccountLink(ctx, query.GetAccountLinkParams{ID: id, Purpose: purposeVerify})
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound || err == nil && !s.good(link) {
		return badLink(errLink)
	} else if err != nil {
		return err
	}
	now := s.clock()
	return db.Error(s.rows.MarkEmailVerified(ctx, query.MarkEmailVerifiedParams{EmailVerifiedAt: sql.NullTime{Time: now, Valid: true}, UpdatedAt: now, ID: link.UserID, Email: link.Email}))
}

// ResendVerification sends the caller another link that confirms their address. Conflict: it is
// confirmed. RateLimited: they asked too often.
func (s *Service) ResendVerification(ctx context.Context, p domain.Principal, locale string) error {
	u, err := s.Me(ctx, p)
	if err != nil {
		return err
	}
	if u.EmailVerified {
		return domain.Errorf(domain.Conflict, "The address is confirmed already.")
	}
	if err := s.mayAsk(ctx, "account "+u.ID.String()); err != nil {
		return err
	}
	err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		return s.post(ctx, tx, s.newID(), Mail{Kind: MailVerify, To: u, Locale: locale})
	})
	if err != nil {
		return err
	}
	s.mail.Wake()
	return nil
}

// forgetLinks deletes those that are of no use any more.
func (s *Service) forgetLinks(ctx context.Context) error {
	for {
		n, err := s.rows.DeleteExpiredAccountLinks(ctx, s.clock())
		if err != nil || n == 0 {
			return db.Error(err)
		}
	}
}

// linkKey makes the secret part of links: whoever reads the database cannot.
type linkKey []byte

func newLinkKey(secret string) (linkKey, error) {
	return hkdf.Key(sha256.New, []byte(secret), nil, "counsel account links", sha256.Size)
}

// LinkSecret is the secret of the link with this id. It is made when the mail is written, and
// kept nowhere.
func (s *Service) LinkSecret(id domain.ID) string { return s.links.secret(id) }

// LinkID is the id that LinkSecret made a secret of; an error if it did not.
func (s *Service) LinkID(secret string) (domain.ID, error) { return s.links.parse(secret) }

func (k linkKey) secret(id domain.ID) string {
	return base64.RawURLEncoding.EncodeToString(append(append([]byte(nil), id[:]...), k.mark(id)...))
}

func (k linkKey) mark(id domain.ID) []byte {
	mac := hmac.New(sha256.New, k)
	mac.Write(id[:])
	return mac.Sum(nil)
}

func (k linkKey) parse(token string) (id domain.ID, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != len(id)+sha256.Size {
		return id, errors.New("account: not a link of this service")
	}
	copy(id[:], raw)
	if !hmac.Equal(raw[len(id):], k.mark(id)) {
		return domain.ID{}, errors.New("account: not a link of this service")
	}
	return id, nil
}
