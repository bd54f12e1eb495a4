package account

import (
	"context"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/limits"
	query "counsel/gen/query/account"
)

// Credentials of a sign-in. Address is the client's IP address, for throttling.
type Credentials struct {
	Email, Password string
	Address         string
}

// Tokens are the tokens of a session.
type Tokens struct {
	AccessToken  string
	RefreshToken string        // valid for one use
	ExpiresIn    time.Duration // lifetime of the access token
}

// Session is an open session of the caller.
type Session struct {
	ID                               domain.ID
	CreatedAt, LastUsedAt, ExpiresAt time.Time
	Current                          bool // the session of the request
}

// cleanupTimeout limits work that continues after the request is canceled.
const cleanupTimeout = 2 * time.Second

// Login opens a session. An unknown address, a wrong password and a disabled account fail with the same
// domain.Unauthenticated after the same time. Too many failures are domain.RateLimited. Without Redis,
// or with too many concurrent sign-ins, it fails with domain.Unavailable.
func (s *Service) Login(ctx context.Context, c Credentials) (Tokens, error) {
	email := normalizeEmail(c.Email)
	attempt, err := s.throttle.reserve(ctx, email, limits.Network(c.Address))
	if err != nil {
		return Tokens{}, signInUnavailable(err)
	}
	u, err := s.checkPassword(ctx, email, c.Password)
	if err != nil {
		if domain.CodeOf(err) != domain.Unauthenticated {
			cleanupCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
			defer cancel()
			err = errors.Join(err, attempt.cancel(cleanupCtx))
		}
		return Tokens{}, err
	}
	t, err := s.openSession(ctx, u)
	if err == nil {
		err = attempt.confirm(ctx)
	}
	if err != nil {
		return Tokens{}, signInUnavailable(err)
	}
	return t, nil
}

// signInUnavailable replaces the message of an outage with one about signing in.
func signInUnavailable(err error) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Code != domain.Unavailable {
		return err
	}
	return &domain.Error{Code: domain.Unavailable, Message: "Signing in is not possible at the moment. Please try again.", RetryAfter: e.RetryAfter, Err: err}
}

// checkPassword returns the account if the password matches and it is active.
func (s *Service) checkPassword(ctx context.Context, email, password string) (query.User, error) {
	u, err := s.queries.GetUserByEmail(ctx, email)
	if err = db.Error(err); err != nil && domain.CodeOf(err) != domain.NotFound {
		return u, err
	}
	match, outdated, err := s.hasher.verify(ctx, password, u.PasswordHash)
	if err != nil {
		return u, err
	}
	if !match || u.DisabledAt.Valid {
		return u, &domain.Error{Code: domain.Unauthenticated, Message: "The e-mail address or password is wrong."}
	}
	if outdated {
		// Rehashing is best effort: the old hash still works.
		if fresh, err := s.hasher.hash(ctx, password); err == nil {
			_ = s.queries.UpdateUserPasswordHash(ctx, query.UpdateUserPasswordHashParams{NewHash: fresh, Now: s.clock(), ID: u.ID, OldHash: u.PasswordHash})
		}
	}
	return u, nil
}

// openSession creates a session, then reads the account again: a concurrent change of the account either
// sees the session and revokes it, or is seen here.
func (s *Service) openSession(ctx context.Context, u query.User) (Tokens, error) {
	now := s.clock()
	r, err := s.refreshTokens.newToken(s.random, s.newID())
	if err != nil {
		return Tokens{}, err
	}
	if err := s.sessions.create(ctx, now, r.session, u.ID, u.SessionEpoch, r.hash()); err != nil {
		return Tokens{}, err
	}
	current, err := s.queries.GetUserAuthState(ctx, u.ID)
	if err == nil && (current.SessionEpoch != u.SessionEpoch || current.DisabledAt.Valid) {
		err = overloaded(errors.New("the account changed during the sign-in"))
	}
	if err != nil {
		cleanupCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		return Tokens{}, errors.Join(db.Error(err), s.sessions.revoke(cleanupCtx, r.session, u.ID))
	}
	return s.issueTokens(now, r, u.ID, domain.Role(current.Role), current.SessionEpoch)
}

func (s *Service) issueTokens(now time.Time, r refreshToken, user domain.ID, role domain.Role, epoch uint32) (Tokens, error) {
	access, err := s.accessTokens.issue(now, s.newID(), user, r.session, role, epoch)
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{AccessToken: access, RefreshToken: r.String(), ExpiresIn: s.accessTTL}, nil
}

// Refresh exchanges a refresh token for new tokens. If several requests use the same token, the first
// succeeds and the second revokes the session, including the new tokens. It fails with
// domain.Unauthenticated if the token is not valid. If Redis or the database is down it fails with
// domain.Unavailable, and the token stays valid.
func (s *Service) Refresh(ctx context.Context, refreshToken string) (Tokens, error) {
	old, ok := s.refreshTokens.parse(refreshToken)
	if !ok {
		return Tokens{}, invalidRefreshToken(errors.New("not a refresh token of this service"))
	}
	user, epoch, err := s.sessions.read(ctx, old.session)
	if errors.Is(err, errNoSession) {
		return Tokens{}, invalidRefreshToken(err)
	} else if err != nil {
		return Tokens{}, err
	}
	current, err := s.queries.GetUserAuthState(ctx, user)
	if err = db.Error(err); err != nil && domain.CodeOf(err) != domain.NotFound {
		return Tokens{}, err
	}
	if err != nil || current.DisabledAt.Valid || current.SessionEpoch != epoch {
		if err := s.sessions.revoke(ctx, old.session, user); err != nil && !errors.Is(err, errNoSession) {
			return Tokens{}, err
		}
		return Tokens{}, invalidRefreshToken(errors.New("the account changed since the session was opened"))
	}
	now := s.clock()
	next, err := s.refreshTokens.newToken(s.random, old.session)
	if err != nil {
		return Tokens{}, err
	}
	// A change of the account from here on revokes the session, before or after the rotation.
	if err := s.sessions.rotate(ctx, now, old.session, user, old.hash(), next.hash()); errors.Is(err, errNoSession) {
		return Tokens{}, invalidRefreshToken(err)
	} else if err != nil {
		return Tokens{}, err
	}
	return s.issueTokens(now, next, user, domain.Role(current.Role), epoch)
}

func invalidRefreshToken(cause error) *domain.Error {
	return &domain.Error{Code: domain.Unauthenticated, Message: "The refresh token is not valid. Please sign in again.", Err: cause}
}

// Logout revokes the caller's session. It succeeds if the session has already ended.
func (s *Service) Logout(ctx context.Context, p domain.Principal) error {
	if err := s.sessions.revoke(ctx, p.SessionID, p.UserID); err != nil && !errors.Is(err, errNoSession) {
		return err
	}
	return nil
}

// Sessions lists the caller's open sessions, newest first.
func (s *Service) Sessions(ctx context.Context, p domain.Principal) ([]Session, error) {
	records, err := s.sessions.list(ctx, p.UserID)
	if err != nil {
		return nil, err
	}
	out := make([]Session, len(records))
	for i, r := range records {
		out[i] = Session{ID: r.id, CreatedAt: r.created, LastUsedAt: r.used, ExpiresAt: r.used.Add(s.sessionTTL), Current: r.id == p.SessionID}
	}
	return out, nil
}

// RevokeSession revokes one of the caller's sessions. It fails with domain.NotFound for any other.
func (s *Service) RevokeSession(ctx context.Context, p domain.Principal, id domain.ID) error {
	err := s.sessions.revoke(ctx, id, p.UserID)
	if errors.Is(err, errNoSession) {
		return domain.NoSuch("session")
	}
	return err
}

// RevokeSessions revokes all of the caller's sessions.
func (s *Service) RevokeSessions(ctx context.Context, p domain.Principal) error {
	return s.sessions.revokeAll(ctx, p.UserID)
}
