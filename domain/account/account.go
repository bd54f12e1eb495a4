// Package account manages user accounts (profiles): registration, sign-in, sessions, roles, and the
// authentication of every request by its access token.
//
// An account is active or disabled. A sign-in opens a session, which is stored in Redis until it is
// revoked or has not been refreshed for Config.SessionTTL. Each refresh rotates the session's refresh
// token. Reuse of a rotated token, even by a concurrent request, revokes the session, since only a
// stolen copy can be used twice.
//
// An access token is a signed JWT, valid as long as its session exists. While Redis is down, tokens
// are checked against the account's row instead, so that requests still succeed. Operations on the
// sessions themselves (Login, Refresh, Logout, Sessions, RevokeSession, RevokeSessions) then fail
// with domain.Unavailable, and the token of a session revoked just before works until it expires.
//
// E-mail addresses are verified and passwords reset with links sent by mail (links.go).
//
// A change of role, a new password and disabling the account increment its session epoch in the same
// transaction. Sessions and tokens of a lower epoch are invalid: Refresh and the check without Redis
// reject them, and they are revoked in Redis. If Redis could not be reached, the row stays marked and
// RevokeOrphanedSessions revokes them later.
package account

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/domain/limits"
	query "counsel/gen/query/account"
)

// Config holds the dependencies and settings of a Service. A zero setting takes the default.
type Config struct {
	Runtime domain.Runtime
	DB      *sql.DB
	Redis   rueidis.Client
	Mailer  Mailer      // nil: no mail is sent
	Jobs    jobs.Client // runs the jobs; required with Mailer

	// RevokeKeys revokes the API keys of an account in the caller's transaction; nil: there are none.
	RevokeKeys func(ctx context.Context, tx db.Tx, user domain.ID, now time.Time) error

	Algorithm   string        // of access tokens: HS256 (default), RS256 or EdDSA
	Secret      string        // HS256: 32 bytes or more; otherwise the private key as PEM
	OldSecret   string        // the former Secret; empty: there is none
	OldUntil    time.Time     // until then access tokens of OldSecret are accepted
	RootKey     string        // the keys of refresh tokens, links and limits are derived from it; Secret
	Issuer      string        // of access tokens; counsel
	Audience    string        // of access tokens; counsel-api
	AccessTTL   time.Duration // lifetime of an access token; 15 min
	SessionTTL  time.Duration // lifetime of a session that is not refreshed; 30 days
	MaxSessions int           // per account: a further sign-in revokes the oldest; 20
	Hash        HashConfig
}

// User is an account, without its secrets.
type User struct {
	ID        domain.ID
	Email     string // lower case
	FullName  string
	Role      domain.Role
	Disabled  bool
	CreatedAt time.Time

	EmailVerified bool // the user followed a link sent to the address
}

// Service manages accounts and sessions. It is safe for concurrent use.
type Service struct {
	pool          *sql.DB
	queries       *query.Queries
	clock         domain.Clock
	newID         func() domain.ID
	random        io.Reader
	accessTTL     time.Duration
	sessionTTL    time.Duration
	accessTokens  *accessTokens
	refreshTokens refreshKey
	hasher        *hasher
	sessions      *sessionStore
	throttle      *throttle
	links         linkKey
	mailer        Mailer      // nil: no mail is sent
	jobs          jobs.Client // set if mailer is
	revokeKeys    func(ctx context.Context, tx db.Tx, user domain.ID, now time.Time) error
	mailLimiter   *limits.Limiter // of mails that an address or account may request

	// outages counts failed reads and revocations in Redis. Sessions in Redis are trusted again once
	// orphaned ones have been revoked and recoveredOutages has caught up.
	outages, recoveredOutages atomic.Int64
	recoveryMu                sync.Mutex
}

// New makes the service and registers its jobs. It rejects a secret too weak for its algorithm.
func New(c Config) (*Service, error) {
	c = c.withDefaults()
	if c.Mailer != nil && c.Jobs == nil {
		return nil, errors.New("account: a Mailer needs Jobs")
	}
	s := &Service{
		pool: c.DB, queries: query.New(c.DB), clock: c.Runtime.Clock, newID: c.Runtime.NewID, random: c.Runtime.Random,
		accessTTL: c.AccessTTL, sessionTTL: c.SessionTTL, mailer: c.Mailer, jobs: c.Jobs, revokeKeys: c.RevokeKeys,
		sessions: &sessionStore{redis: c.Redis, ttl: c.SessionTTL, maxPerUser: c.MaxSessions},
	}
	var err error
	if s.accessTokens, err = newAccessTokens(c); err != nil {
		return nil, err
	}
	if s.refreshTokens, err = newRefreshKey(c.RootKey); err != nil {
		return nil, err
	}
	if s.links, err = newLinkKey(c.RootKey); err != nil {
		return nil, err
	}
	if s.hasher, err = newHasher(c.Hash, s.random); err != nil {
		return nil, err
	}
	if s.throttle, err = newThrottle(c.Redis, s.clock, c.RootKey); err != nil {
		return nil, err
	}
	s.mailLimiter, err = limits.New(limits.Config{
		Redis: c.Redis, Clock: s.clock, Secret: []byte(c.RootKey),
		Budget: limits.Budget{Name: "account-mail", Requests: maxMailsPerHour, Window: time.Hour},
	})
	if err != nil {
		return nil, err
	}
	if c.Mailer != nil {
		s.registerJobs()
	}
	return s, nil
}

func (c Config) withDefaults() Config {
	c.Algorithm = cmp.Or(c.Algorithm, "HS256")
	c.Issuer = cmp.Or(c.Issuer, "counsel")
	c.RootKey = cmp.Or(c.RootKey, c.Secret)
	c.Audience = cmp.Or(c.Audience, "counsel-api")
	c.AccessTTL = cmp.Or(c.AccessTTL, 15*time.Minute)
	c.SessionTTL = cmp.Or(c.SessionTTL, 30*24*time.Hour)
	c.MaxSessions = cmp.Or(c.MaxSessions, 20)
	c.Hash = c.Hash.withDefaults()
	return c
}

// Authenticate returns the principal of an access token. It fails with domain.Unauthenticated for a
// token that is foreign, expired or of a session that has ended, and with domain.Unavailable if both
// Redis and the database are down.
func (s *Service) Authenticate(ctx context.Context, accessToken string) (domain.Principal, error) {
	c, err := s.accessTokens.parse(accessToken)
	if err != nil {
		return domain.Principal{}, err
	}
	p := domain.Principal{UserID: c.Subject, Role: c.Role, SessionID: c.Session}
	if s.outages.Load() != s.recoveredOutages.Load() && !s.recoverFromOutage(ctx) {
		return p, s.checkAccount(ctx, c)
	}
	owner, err := s.sessions.owner(ctx, c.Session)
	switch {
	case errors.Is(err, errNoSession), err == nil && owner != c.Subject:
		return domain.Principal{}, invalidToken(errNoSession)
	case err != nil:
		s.outages.Add(1)
		return p, s.checkAccount(ctx, c)
	}
	return p, nil
}

// checkAccount checks a token against the account's row, without Redis.
func (s *Service) checkAccount(ctx context.Context, c *claims) error {
	u, err := s.queries.GetUserAuthState(ctx, c.Subject)
	if err != nil {
		if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
			return invalidToken(err)
		}
		return err
	}
	if u.DisabledAt.Valid || domain.Role(u.Role) != c.Role || u.SessionEpoch != c.Epoch {
		return invalidToken(errors.New("the account changed since the token was issued"))
	}
	return nil
}

// recoverFromOutage revokes sessions orphaned by an outage of Redis. It reports false if that failed or
// another request is already doing it.
func (s *Service) recoverFromOutage(ctx context.Context) bool {
	if !s.recoveryMu.TryLock() {
		return false
	}
	defer s.recoveryMu.Unlock()
	seen := s.outages.Load()
	if s.recoveredOutages.Load() == seen {
		return true
	}
	if s.sessions.ping(ctx) != nil || s.RevokeOrphanedSessions(ctx) != nil {
		return false
	}
	s.recoveredOutages.Store(seen)
	return s.outages.Load() == seen
}

// orphanBatch is the number of accounts read at a time.
const orphanBatch = 100

// RevokeOrphanedSessions revokes sessions in Redis that could not be revoked when their account changed.
// Each server calls it every few seconds, also for changes made by other servers. Without orphans it is
// one indexed query.
func (s *Service) RevokeOrphanedSessions(ctx context.Context) error {
	for {
		stale, err := s.queries.ListUsersWithStaleSessions(ctx, orphanBatch)
		if err != nil {
			return db.Error(err)
		}
		for _, u := range stale {
			if err := s.revokeSessionsBelow(ctx, u.ID, u.SessionEpoch); err != nil {
				return err
			}
		}
		if len(stale) < orphanBatch {
			return nil
		}
	}
}

// revokeSessionsBelow revokes an account's sessions below epoch and clears the mark on its row.
func (s *Service) revokeSessionsBelow(ctx context.Context, id domain.ID, epoch uint32) error {
	if err := s.sessions.revokeBelow(ctx, id, epoch); err != nil {
		return err
	}
	return db.Error(s.queries.UpdateUserSessionsRevoked(ctx, query.UpdateUserSessionsRevokedParams{ID: id, SessionEpoch: epoch}))
}

// ActiveRole returns the role of an account. It fails with domain.NotFound if there is none or it is disabled.
func (s *Service) ActiveRole(ctx context.Context, id domain.ID) (domain.Role, error) {
	u, err := s.queries.GetUserAuthState(ctx, id)
	if err != nil {
		return "", db.Error(err)
	}
	if u.DisabledAt.Valid {
		return "", domain.NoSuch("account")
	}
	return domain.Role(u.Role), nil
}

// TestRole is the role of the test account of an account: a lawyer's at most, so that it never acts for others.
func TestRole(owner domain.Role) domain.Role {
	if owner == domain.RoleAdmin {
		return domain.RoleLawyer
	}
	return owner
}

// TestAccount returns the test account of an account. It fails with domain.NotFound if it has none.
func (s *Service) TestAccount(ctx context.Context, owner domain.ID) (domain.ID, error) {
	id, err := s.queries.GetTestAccount(ctx, &owner)
	return id, db.Error(err)
}

// EnsureTestAccount returns the test account of an account, and creates it if there is none, in the caller's
// transaction. A test account owns what its owner's test keys create. It has no password, and an address that gets no
// mail. It fails with domain.NotFound if the owner is disabled.
func (s *Service) EnsureTestAccount(ctx context.Context, tx db.Tx, owner domain.ID) (domain.ID, error) {
	q := query.New(tx)
	u, err := q.LockUser(ctx, owner)
	if err != nil {
		return domain.ID{}, err
	}
	if u.DisabledAt.Valid || owner.IsTest() {
		return domain.ID{}, domain.NoSuch("account")
	}
	id, err := q.GetTestAccount(ctx, &owner)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	id = domain.NewTestID()
	now := s.clock()
	return id, q.CreateTestAccount(ctx, query.CreateTestAccountParams{ID: id, Email: "test-" + id.String() + "@test.invalid", FullName: u.FullName, Role: string(TestRole(domain.Role(u.Role))),
		EmailVerifiedAt: sql.NullTime{Time: now, Valid: true}, CreatedAt: now, UpdatedAt: now, TestOf: &owner})
}

// PasswordsHashed returns how many passwords have been hashed. Each leaves about 20 MiB of garbage.
func (s *Service) PasswordsHashed() int64 { return s.hasher.count.Load() }

// Me returns the caller's account.
func (s *Service) Me(ctx context.Context, p domain.Principal) (User, error) {
	u, err := s.queries.GetUser(ctx, p.UserID)
	if err != nil {
		if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
			return User{}, invalidToken(err)
		}
		return User{}, err
	}
	return toUser(u), nil
}

func toUser(u query.User) User {
	return User{ID: u.ID, Email: u.Email, FullName: u.FullName, Role: domain.Role(u.Role), Disabled: u.DisabledAt.Valid, EmailVerified: u.EmailVerifiedAt.Valid, CreatedAt: u.CreatedAt}
}
