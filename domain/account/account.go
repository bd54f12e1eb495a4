// Package account keeps who may use the service: registering, signing in and out, roles, and
// the check of every request's access token.
//
// An account is active or disabled. A sign-in opens a session, which lives in Redis until it
// is ended or has not been refreshed for Config.SessionTTL. Each refresh trades the session's
// refresh token for a new one; a refresh token that was traded before, also by a second
// request at the same moment, ends its session, since only a copy can come twice.
//
// An access token is a signed statement about a session, good while the session lives. While
// Redis is down it is held against the account's row instead, so that callers go on, while
// whatever needs the sessions themselves (Login, Refresh, Logout, Sessions, EndSession,
// EndSessions) fails with domain.Unavailable; a token of a session that was ended just before
// then works until it expires.
//
// An address is confirmed, and a forgotten password replaced, by a link in a mail (links.go).
//
// A change of role, a new password, and disabling, raise the account's session epoch in the same transaction.
// Sessions and tokens of a lower epoch are void: Refresh and the check without Redis refuse
// them, and UpdateUser ends them in Redis. Where Redis could not be reached the row stays
// marked, and EndStaleSessions ends them as soon as it can.
package account

import (
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
	"counsel/gen/query"
)

// Config of the accounts. A zero field takes the default.
type Config struct {
	Algorithm   string        // HS256 (default), RS256 or EdDSA
	Secret      string        // HS256: 32 bytes or more; else the private key as PEM
	Issuer      string        // counsel
	Audience    string        // counsel-api
	AccessTTL   time.Duration // of an access token; 15 min
	SessionTTL  time.Duration // of a session nobody refreshes; 30 days
	MaxSessions int           // of one account, a further sign-in ends the oldest; 20
	Hash        Hash
}

// User is an account as others may see it.
type User struct {
	ID        domain.ID
	Email     string // lower case
	FullName  string
	Role      domain.Role
	Disabled  bool
	CreatedAt time.Time

	EmailVerified bool // they have read a mail that went there
}

// Service is the accounts. It is safe for concurrent use.
type Service struct {
	pool     *sql.DB
	rows     *query.Queries
	clock    domain.Clock
	newID    func() domain.ID
	random   io.Reader
	cfg      Config
	tokens   *tokens
	hasher   *hasher
	sessions *sessions
	throttle *throttle
	refresh  refreshKey
	links    linkKey
	mail     Mailer          // nil: no mail is sent
	later    *jobs.Service   // with mail
	asked    *limits.Limiter // mails that one address, or account, may ask for

	// Each time Redis could not be asked about a session, or told to end one, outages goes
	// up. Sessions in Redis are believed again once stale ones were ended: caughtUp follows.
	outages, caughtUp atomic.Int64
	catchUp           sync.Mutex
}

// New makes the service. It refuses a secret too weak for its algorithm.
func New(pool *sql.DB, redis rueidis.Client, cfg Config, clock domain.Clock, newID func() domain.ID, random io.Reader) (*Service, error) {
	cfg = cfg.withDefaults()
	t, err := newTokens(cfg, clock)
	if err != nil {
		return nil, err
	}
	h, err := newHasher(cfg.Hash, random)
	if err != nil {
		return nil, err
	}
	th, err := newThrottle(redis, clock, cfg.Secret)
	if err != nil {
		return nil, err
	}
	rk, err := newRefreshKey(cfg.Secret)
	if err != nil {
		return nil, err
	}
	lk, err := newLinkKey(cfg.Secret)
	if err != nil {
		return nil, err
	}
	asked, err := limits.New(redis, clock, []byte(cfg.Secret), limits.Budget{Name: "account-mail", Requests: mailsAnHour, Window: time.Hour})
	if err != nil {
		return nil, err
	}
	return &Service{
		pool: pool, rows: query.New(pool), clock: clock, newID: newID, random: random, cfg: cfg,
		tokens: t, hasher: h, throttle: th, refresh: rk, links: lk, asked: asked,
		sessions: &sessions{redis: redis, ttl: cfg.SessionTTL, most: cfg.MaxSessions},
	}, nil
}

func (c Config) withDefaults() Config {
	def := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	def(&c.Algorithm, "HS256")
	def(&c.Issuer, "counsel")
	def(&c.Audience, "counsel-api")
	if c.AccessTTL == 0 {
		c.AccessTTL = 15 * time.Minute
	}
	if c.SessionTTL == 0 {
		c.SessionTTL = 30 * 24 * time.Hour
	}
	if c.MaxSessions == 0 {
		c.MaxSessions = 20
	}
	c.Hash = c.Hash.withDefaults()
	return c
}

// Authenticate returns whose access token this is. It fails with domain.Unauthenticated for
// a token that is not ours, expired, or of a session that is over, and with
// domain.Unavailable when neither Redis nor the database can be asked.
func (s *Service) Authenticate(ctx context.Context, accessToken string) (domain.Principal, error) {
	c, err := s.tokens.parse(accessToken)
	if err != nil {
		return domain.Principal{}, err
	}
	p := domain.Principal{UserID: c.Subject, Role: c.Role, SessionID: c.Session}
	if s.outages.Load() != s.caughtUp.Load() && !s.recover(ctx) {
		return p, s.checkRow(ctx, c)
	}
	owner, err := s.sessions.owner(ctx, c.Session)
	switch {
	case errors.Is(err, errNoSession), err == nil && owner != c.Subject:
		return domain.Principal{}, invalidToken(errNoSession)
	case err != nil:
		s.outages.Add(1)
		return p, s.checkRow(ctx, c)
	}
	return p, nil
}

// checkRow holds a token against the account's row alone.
func (s *Service) checkRow(ctx context.Context, c *claims) error {
	u, err := s.rows.GetUserStanding(ctx, c.Subject)
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

// recover ends the sessions an outage left behind; false when that has yet to succeed, or
// when another request is at it.
func (s *Service) recover(ctx context.Context) bool {
	if !s.catchUp.TryLock() {
		return false
	}
	defer s.catchUp.Unlock()
	seen := s.outages.Load()
	if s.caughtUp.Load() == seen {
		return true
	}
	if s.sessions.ping(ctx) != nil || s.EndStaleSessions(ctx) != nil {
		return false
	}
	s.caughtUp.Store(seen)
	return s.outages.Load() == seen
}

// staleBatch is how many accounts are read at once.
const staleBatch = 100

// EndStaleSessions ends in Redis what UpdateUser could not. Each server calls it every few
// seconds, for the changes other servers made; with nothing to do it is one indexed query.
func (s *Service) EndStaleSessions(ctx context.Context) error {
	for {
		stale, err := s.rows.ListStaleUsers(ctx, staleBatch)
		if err != nil {
			return db.Error(err)
		}
		for _, u := range stale {
			if err := s.endVoid(ctx, u.ID, u.SessionEpoch); err != nil {
				return err
			}
		}
		if len(stale) < staleBatch {
			return nil
		}
	}
}

// endVoid ends an account's sessions below epoch and takes the mark off its row.
func (s *Service) endVoid(ctx context.Context, id domain.ID, epoch uint32) error {
	if err := s.sessions.endBelow(ctx, id, epoch); err != nil {
		return err
	}
	return db.Error(s.rows.ClearStale(ctx, query.ClearStaleParams{ID: id, SessionEpoch: epoch}))
}

// Hashed is how many passwords were hashed so far; each leaves some 20 MiB to be collected.
func (s *Service) Hashed() int64 { return s.hasher.hashed.Load() }

// Me returns the caller's account.
func (s *Service) Me(ctx context.Context, p domain.Principal) (User, error) {
	u, err := s.rows.GetUser(ctx, p.UserID)
	if err != nil {
		if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
			return User{}, invalidToken(err)
		}
		return User{}, err
	}
	return userOf(u), nil
}

func userOf(u query.User) User {
	return User{ID: u.ID, Email: u.Email, FullName: u.FullName, Role: domain.Role(u.Role), Disabled: u.DisabledAt.Valid, EmailVerified: u.EmailVerifiedAt.Valid, CreatedAt: u.CreatedAt}
}
