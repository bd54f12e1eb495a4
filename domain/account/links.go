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
	query "counsel/gen/query/account"
)

// Lifetimes of links.
const (
	resetLinkTTL  = time.Hour
	verifyLinkTTL = 72 * time.Hour
)

// maxMailsPerHour is the number of mails that one address or account may request (rate limit).
const maxMailsPerHour = 5

// MailKind is the kind of an account mail.
type MailKind string

// The account mails.
const (
	MailWelcome         MailKind = "welcome"        // its link verifies the address
	MailVerify          MailKind = "verify_address" // its link verifies the address
	MailReset           MailKind = "reset_password" // its link resets the password
	MailPasswordChanged MailKind = "password_changed"
)

// Purposes of links, as stored.
const (
	purposeReset  = "reset"
	purposeVerify = "verify"
)

// Mail is an account mail to send.
type Mail struct {
	Kind    MailKind
	To      User
	Locale  string
	LinkID  domain.ID // id of its link, for LinkSecret; zero: no link
	Expires time.Time // not sent after this time; zero: no limit
}

// Mailer sends account mails.
type Mailer interface {
	// Configured fails with domain.Unavailable if no mail server is configured.
	Configured() error
	// AccountMail enqueues a mail in the caller's transaction.
	AccountMail(ctx context.Context, tx db.Tx, m Mail) error
	// Wake starts delivery of enqueued mails, after the commit.
	Wake()
}

// canSendMail reports whether mail can be sent.
func (s *Service) canSendMail() bool { return s.mailer != nil && s.mailer.Configured() == nil }

// enqueueMail enqueues a mail and creates its link, if it needs one, with the given id.
func (s *Service) enqueueMail(ctx context.Context, tx db.Tx, id domain.ID, m Mail) error {
	purpose, ttl := "", time.Duration(0)
	switch m.Kind {
	case MailReset:
		purpose, ttl = purposeReset, resetLinkTTL
	case MailWelcome, MailVerify:
		purpose, ttl = purposeVerify, verifyLinkTTL
	}
	if purpose != "" {
		now := s.clock()
		m.LinkID, m.Expires = id, now.Add(ttl)
		err := query.New(tx).CreateAccountLink(ctx, query.CreateAccountLinkParams{ID: id, UserID: m.To.ID, Purpose: purpose, Email: m.To.Email, CreatedAt: now, ExpiresAt: m.Expires})
		if err != nil {
			return err
		}
	}
	return s.mailer.AccountMail(ctx, tx, m)
}

// throttleMail charges a requested mail to the rate limit of key.
func (s *Service) throttleMail(ctx context.Context, key string) error {
	if s.mailer == nil {
		return &domain.Error{Code: domain.Unavailable, Reason: "email_unavailable", Message: "This service is not configured to send mail."}
	}
	if err := s.mailer.Configured(); err != nil {
		return err
	}
	d, err := s.mailLimiter.Allow(ctx, key)
	if err != nil {
		return err
	}
	if !d.Allowed {
		return &domain.Error{Code: domain.RateLimited, Message: "Too many mails were requested. Please check your inbox, or wait.", RetryAfter: d.Reset}
	}
	return nil
}

// ForgotPassword sends a password reset mail to the account with an address, if there is one. It
// does not reveal whether there is: the request does the same work for every address, and a job
// does the rest. It fails with domain.RateLimited if the address was requested too often.
func (s *Service) ForgotPassword(ctx context.Context, email, locale string) error {
	email = normalizeEmail(email)
	if _, err := domain.ParseEmail(email); err != nil {
		return domain.InvalidField("/email", "%s", err.Error())
	}
	if err := s.throttleMail(ctx, "address "+email); err != nil {
		return err
	}
	u, err := s.queries.GetUserByEmail(ctx, email) // zero row if there is none
	if err = db.Error(err); err != nil && domain.CodeOf(err) != domain.NotFound {
		return err
	}
	_, err = s.jobs.EnqueueNow(ctx, jobs.Insert{Args: resetMailArgs{UserID: u.ID, Locale: locale}, Queue: jobs.Interactive})
	return err
}

func invalidLink(cause error) error {
	e := domain.InvalidField("/token", "is not valid: it was used, has expired or was never issued")
	e.Reason, e.Err = "link_invalid", cause
	return e
}

var errNoSuchLink = errors.New("account: no such link")

// PasswordReset is a new password for the account of a link.
type PasswordReset struct {
	Token      string // the secret of the link
	Password   string
	Locale     string // of the mail about it: an Accept-Language value
	RetainKeys bool   // do not revoke the account's API keys
}

// ResetPassword sets a new password for the account of a link and revokes all its sessions and API keys. Using a
// link invalidates all reset links of the account. It fails with domain.Invalid if the link is not valid
// (reason link_invalid) or the password is not acceptable.
func (s *Service) ResetPassword(ctx context.Context, r PasswordReset) error {
	id, err := s.links.parse(r.Token)
	if err != nil {
		return invalidLink(err)
	}
	link, err := s.queries.GetAccountLink(ctx, query.GetAccountLinkParams{ID: id, Purpose: purposeReset})
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound || err == nil && !s.linkValid(link) {
		return invalidLink(errNoSuchLink)
	} else if err != nil {
		return err
	}
	u, err := s.queries.GetUser(ctx, link.UserID)
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		return invalidLink(err)
	} else if err != nil {
		return err
	}
	if problem := passwordProblem(r.Password, toUser(u)); problem != "" {
		return domain.InvalidField("/password", "%s", problem)
	}
	hash, err := s.hasher.hash(ctx, r.Password) // slow, so outside the transaction
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
		if !s.linkValid(link) || u.DisabledAt.Valid || u.Email != link.Email {
			return invalidLink(errNoSuchLink)
		}
		verified := u.EmailVerifiedAt
		if !verified.Valid { // the link proves access to the mailbox
			verified.Time, verified.Valid = now, true
		}
		epoch = u.SessionEpoch + 1
		err = q.UpdateUserPassword(ctx, query.UpdateUserPasswordParams{PasswordHash: hash, EmailVerifiedAt: verified, SessionEpoch: epoch, UpdatedAt: now, ID: u.ID})
		if err != nil {
			return err
		}
		if err := q.UpdateAccountLinksUsed(ctx, query.UpdateAccountLinksUsedParams{UsedAt: sql.NullTime{Time: now, Valid: true}, UserID: u.ID, Purpose: purposeReset}); err != nil {
			return err
		}
		if s.revokeKeys != nil && !r.RetainKeys {
			if err := s.revokeKeys(ctx, tx, u.ID, now); err != nil {
				return err
			}
		}
		if !s.canSendMail() {
			return nil
		}
		return s.enqueueMail(ctx, tx, domain.ID{}, Mail{Kind: MailPasswordChanged, To: toUser(u), Locale: r.Locale})
	})
	if domain.CodeOf(err) == domain.NotFound {
		return invalidLink(err)
	} else if err != nil {
		return err
	}
	if s.mailer != nil {
		s.mailer.Wake()
	}
	s.revokeOrMarkOutage(ctx, link.UserID, epoch)
	return nil
}

// revokeOrMarkOutage revokes sessions made invalid by a change of the account.
func (s *Service) revokeOrMarkOutage(ctx context.Context, id domain.ID, epoch uint32) {
	cleanupCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	if s.revokeSessionsBelow(cleanupCtx, id, epoch) != nil {
		s.outages.Add(1) // the row stays marked, and Redis is not trusted until it is cleared
	}
}

func (s *Service) linkValid(link query.AccountLink) bool {
	return !link.UsedAt.Valid && s.clock().Before(link.ExpiresAt)
}

// VerifyEmail marks the address of a link as verified. It is idempotent. It fails with domain.Invalid if
// the link is not valid (reason link_invalid).
func (s *Service) VerifyEmail(ctx context.Context, token string) error {
	id, err := s.links.parse(token)
	if err != nil {
		return invalidLink(err)
	}
	link, err := s.queries.GetAccountLink(ctx, query.GetAccountLinkParams{ID: id, Purpose: purposeVerify})
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound || err == nil && !s.linkValid(link) {
		return invalidLink(errNoSuchLink)
	} else if err != nil {
		return err
	}
	now := s.clock()
	return db.Error(s.queries.UpdateUserEmailVerified(ctx, query.UpdateUserEmailVerifiedParams{EmailVerifiedAt: sql.NullTime{Time: now, Valid: true}, UpdatedAt: now, ID: link.UserID, Email: link.Email}))
}

// ResendVerification sends the caller a new verification mail. It fails with domain.Conflict if the
// address is verified and with domain.RateLimited if mails were requested too often.
func (s *Service) ResendVerification(ctx context.Context, p domain.Principal, locale string) error {
	u, err := s.Me(ctx, p)
	if err != nil {
		return err
	}
	if u.EmailVerified {
		return domain.Errorf(domain.Conflict, "The address is already verified.")
	}
	if err := s.throttleMail(ctx, "account "+u.ID.String()); err != nil {
		return err
	}
	err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		return s.enqueueMail(ctx, tx, s.newID(), Mail{Kind: MailVerify, To: u, Locale: locale})
	})
	if err != nil {
		return err
	}
	s.mailer.Wake()
	return nil
}

// linkKey derives the secrets of links, so that they are not in the database.
type linkKey []byte

func newLinkKey(secret string) (linkKey, error) {
	return hkdf.Key(sha256.New, []byte(secret), nil, "counsel account links", sha256.Size)
}

// LinkSecret returns the secret of a link. It is derived when the mail is written and never stored.
func (s *Service) LinkSecret(id domain.ID) string { return s.links.secret(id) }

// LinkID returns the id of a link from its secret, or an error if the secret is not authentic.
func (s *Service) LinkID(secret string) (domain.ID, error) { return s.links.parse(secret) }

func (k linkKey) secret(id domain.ID) string {
	return base64.RawURLEncoding.EncodeToString(append(append([]byte(nil), id[:]...), k.mac(id)...))
}

func (k linkKey) mac(id domain.ID) []byte {
	mac := hmac.New(sha256.New, k)
	mac.Write(id[:])
	return mac.Sum(nil)
}

func (k linkKey) parse(token string) (id domain.ID, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != len(id)+sha256.Size {
		return id, errors.New("account: link secret is not authentic")
	}
	copy(id[:], raw)
	if !hmac.Equal(raw[len(id):], k.mac(id)) {
		return domain.ID{}, errors.New("account: link secret is not authentic")
	}
	return id, nil
}
