package account

import (
	"context"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/limits"
	"counsel/gen/query"
)

// Credentials of a sign-in. Address is the caller's network address, for the throttle.
type Credentials struct {
	Email, Password string
	Address         string
}

// Tokens of a session.
type Tokens struct {
	AccessToken  string
	RefreshToken string        // good once
	ExpiresIn    time.Duration // of the access token
}

// Session is an open session of the caller.
type Session struct {
	ID                               domain.ID
	CreatedAt, LastUsedAt, ExpiresAt time.Time
	Current                          bool // the one the request belongs to
}

// cleanup bounds what is done after the caller may be gone.
const cleanup = 2 * time.Second

// Login opens a session. An unknown address, a wrong password and a disabled account are one
// and the same domain.Unauthenticated and take the same time; too many failures are
// domain.RateLimited; without Redis, or with too many sign-ins at once, domain.Unavailable.
func (s *Service) Login(ctx context.Context, c Credentials) (Tokens, error) {
	email := normalEmail(c.Email)
	try, err := s.throttle.reserve(ctx, email, limits.Network(c.Address))
	if err != nil {
		return Tokens{}, notNow(err)
	}
	u, err := s.checkPassword(ctx, email, c.Password)
	if err != nil {
		if domain.CodeOf(err) != domain.Unauthenticated {
			after, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
			defer cancel()
			err = errors.Join(err, try.withdraw(after))
		}
		return Tokens{}, err
	}
	t, err := s.open(ctx, u)
	if err == nil {
		err = try.succeeded(ctx)
	}
	if err != nil {
		return Tokens{}, notNow(err)
	}
	return t, nil
}

// notNow says of a sign-in that could not be counted or opened what that means to the caller.
func notNow(err error) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Code != domain.Unavailable {
		return err
	}
	return &domain.Error{Code: domain.Unavailable, Message: "Signing in is not possible at the moment, please try again.", RetryAfter: e.RetryAfter, Err: err}
}

// checkPassword returns the account whose password it is.
func (s *Service) checkPassword(ctx context.Context, email, password string) (query.User, error) {
	u, err := s.rows.GetUserByEmail(ctx, email)
	if err = db.Error(err); err != nil && domain.CodeOf(err) != domain.NotFound {
		return u, err
	}
	match, outdated, err := s.hasher.verify(ctx, password, u.PasswordHash)
	if err != nil {
		return u, err
	}
	if !match || u.DisabledAt.Valid {
		return u, &domain.Error{Code: domain.Unauthenticated, Message: "The e-mail address or the password is wrong."}
	}
	if outdated {
		// The old hash still works: that it could not be replaced today is no failure.
		if fresh, err := s.hasher.hash(ctx, password); err == nil {
			_ = s.rows.UpdatePasswordHash(ctx, query.UpdatePasswordHashParams{NewHash: fresh, Now: s.clock(), ID: u.ID, OldHash: u.PasswordHash})
		}
	}
	return u, nil
}

// open makes a session. The account is read again once the session exists: a change made
// meanwhile either sees the session and ends it, or is seen here.
func (s *Service) open(ctx context.Context, u query.User) (Tokens, error) {
	now := s.clock()
	r, err := s.refresh.make(s.random, s.newID())
	if err != nil {
		return Tokens{}, err
	}
	if err := s.sessions.create(ctx, now, r.session, u.ID, u.SessionEpoch, r.hash()); err != nil {
		return Tokens{}, err
	}
	standing, err := s.rows.GetUserStanding(ctx, u.ID)
	if err == nil && (standing.SessionEpoch != u.SessionEpoch || standing.DisabledAt.Valid) {
		err = busy(errors.New("the account changed during the sign-in"))
	}
	if err != nil {
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
		defer cancel()
		return Tokens{}, errors.Join(db.Error(err), s.sessions.end(after, r.session, u.ID))
	}
	return s.issue(now, r, u.ID, domain.Role(standing.Role), standing.SessionEpoch)
}

func (s *Service) issue(now time.Time, r refresh, user domain.ID, role domain.Role, epoch uint32) (Tokens, error) {
	access, err := s.tokens.issue(now, s.newID(), user, r.session, role, epoch)
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{AccessToken: access, RefreshToken: r.String(), ExpiresIn: s.cfg.AccessTTL}, nil
}

// Refresh trades a refresh token for new tokens. Of several that present the same token one
// wins, and the next ends the session, the winner's new tokens included. It fails with
// domain.Unauthenticated when the token is not good, with domain.Unavailable (and the token
// stays good) when Redis or the database is down.
func (s *Service) Refresh(ctx context.Context, refreshToken string) (Tokens, error) {
	old, ok := s.refresh.parse(refreshToken)
	if !ok {
		return Tokens{}, invalidRefresh(errors.New("not a refresh token of this service"))
	}
	user, epoch, err := s.sessions.read(ctx, old.session)
	if errors.Is(err, errNoSession) {
		return Tokens{}, invalidRefresh(err)
	} else if err != nil {
		return Tokens{}, err
	}
	standing, err := s.rows.GetUserStanding(ctx, user)
	if err = db.Error(err); err != nil && domain.CodeOf(err) != domain.NotFound {
		return Tokens{}, err
	}
	if err != nil || standing.DisabledAt.Valid || standing.SessionEpoch != epoch {
		if err := s.sessions.end(ctx, old.session, user); err != nil && !errors.Is(err, errNoSession) {
			return Tokens{}, err
		}
		return Tokens{}, invalidRefresh(errors.New("the account changed since the session was opened"))
	}
	now := s.clock()
	next, err := s.refresh.make(s.random, old.session)
	if err != nil {
		return Tokens{}, err
	}
	// A change of the account from here on ends the session, before or after the trade.
	if err := s.sessions.rotate(ctx, now, old.session, user, old.hash(), next.hash()); errors.Is(err, errNoSession) {
		return Tokens{}, invalidRefresh(err)
	} else if err != nil {
		return Tokens{}, err
	}
	return s.issue(now, next, user, domain.Role(standing.Role), epoch)
}

func invalidRefresh(cause error) *domain.Error {
	return &domain.Error{Code: domain.Unauthenticated, Message: "The refresh token is not valid; please sign in again.", Err: cause}
}

// Logout ends the caller's session. That it has ended already is no failure.
func (s *Service) Logout(ctx context.Context, p domain.Principal) error {
	if err := s.sessions.end(ctx, p.SessionID, p.UserID); err != nil && !errors.Is(err, errNoSession) {
		return err
	}
	return nil
}

// Sessions lists the caller's open sessions, the newest first.
func (s *Service) Sessions(ctx context.Context, p domain.Principal) ([]Session, error) {
	records, err := s.sessions.list(ctx, p.UserID)
	if err != nil {
		return nil, err
	}
	out := make([]Session, len(records))
	for i, r := range records {
		out[i] = Session{ID: r.id, CreatedAt: r.created, LastUsedAt: r.used, ExpiresAt: r.used.Add(s.cfg.SessionTTL), Current: r.id == p.SessionID}
	}
	return out, nil
}

// EndSession ends one of the caller's sessions; domain.NotFound for anyone else's.
func (s *Service) EndSession(ctx context.Context, p domain.Principal, id domain.ID) error {
	err := s.sessions.end(ctx, id, p.UserID)
	if errors.Is(err, errNoSession) {
		return &domain.Error{Code: domain.NotFound, Message: "There is no such session.", Err: err}
	}
	return err
}

// EndSessions ends all of the caller's sessions.
func (s *Service) EndSessions(ctx context.Context, p domain.Principal) error {
	return s.sessions.endAll(ctx, p.UserID)
}
