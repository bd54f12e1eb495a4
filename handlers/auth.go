package handlers

import (
	"context"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/gen/api"
	"counsel/handlers/middleware"
)

// RegisterUser creates an account.
func (s *Server) RegisterUser(ctx context.Context, r api.RegisterUserRequestObject) (api.RegisterUserResponseObject, error) {
	u, err := s.accounts.Register(ctx, account.Registration{Email: r.Body.Email, Password: r.Body.Password, FullName: r.Body.FullName, Locale: middleware.RequestFrom(ctx).Language})
	if err != nil {
		return nil, err
	}
	return api.RegisterUser201JSONResponse(toAPIUser(u)), nil
}

// LoginUser exchanges credentials for tokens.
func (s *Server) LoginUser(ctx context.Context, r api.LoginUserRequestObject) (api.LoginUserResponseObject, error) {
	t, err := s.accounts.Login(ctx, account.Credentials{Email: r.Body.Email, Password: r.Body.Password, Address: middleware.RequestFrom(ctx).Address})
	if err != nil {
		return nil, err
	}
	return api.LoginUser200JSONResponse(toAPITokens(t)), nil
}

// RefreshTokens exchanges a refresh token for new tokens.
func (s *Server) RefreshTokens(ctx context.Context, r api.RefreshTokensRequestObject) (api.RefreshTokensResponseObject, error) {
	t, err := s.accounts.Refresh(ctx, r.Body.RefreshToken)
	if err != nil {
		return nil, err
	}
	return api.RefreshTokens200JSONResponse(toAPITokens(t)), nil
}

// RequestPasswordReset e-mails a reset link to the account with this address, if there is one.
func (s *Server) RequestPasswordReset(ctx context.Context, r api.RequestPasswordResetRequestObject) (api.RequestPasswordResetResponseObject, error) {
	return api.RequestPasswordReset204Response{}, s.accounts.ForgotPassword(ctx, r.Body.Email, middleware.RequestFrom(ctx).Language)
}

// ResetPassword sets a new password with the secret of a link.
func (s *Server) ResetPassword(ctx context.Context, r api.ResetPasswordRequestObject) (api.ResetPasswordResponseObject, error) {
	return api.ResetPassword204Response{}, s.accounts.ResetPassword(ctx, account.PasswordReset{Token: r.Body.Token, Password: r.Body.Password, Locale: middleware.RequestFrom(ctx).Language, RetainKeys: r.Body.RevokeAPIKeys != nil && !*r.Body.RevokeAPIKeys})
}

// VerifyEmail confirms an address with the secret of a link.
func (s *Server) VerifyEmail(ctx context.Context, r api.VerifyEmailRequestObject) (api.VerifyEmailResponseObject, error) {
	return api.VerifyEmail204Response{}, s.accounts.VerifyEmail(ctx, r.Body.Token)
}

// ResendVerification e-mails a new confirmation link.
func (s *Server) ResendVerification(ctx context.Context, _ api.ResendVerificationRequestObject) (api.ResendVerificationResponseObject, error) {
	return api.ResendVerification204Response{}, s.accounts.ResendVerification(ctx, principal(ctx), middleware.RequestFrom(ctx).Language)
}

// LogoutUser ends the session of the access token.
func (s *Server) LogoutUser(ctx context.Context, _ api.LogoutUserRequestObject) (api.LogoutUserResponseObject, error) {
	return api.LogoutUser204Response{}, s.accounts.Logout(ctx, principal(ctx))
}

// GetCurrentUser returns the caller's account.
func (s *Server) GetCurrentUser(ctx context.Context, _ api.GetCurrentUserRequestObject) (api.GetCurrentUserResponseObject, error) {
	u, err := s.accounts.Me(ctx, principal(ctx))
	if err != nil {
		return nil, err
	}
	return api.GetCurrentUser200JSONResponse(toAPIUser(u)), nil
}

// ListSessions lists the caller's sessions.
func (s *Server) ListSessions(ctx context.Context, _ api.ListSessionsRequestObject) (api.ListSessionsResponseObject, error) {
	sessions, err := s.accounts.Sessions(ctx, principal(ctx))
	if err != nil {
		return nil, err
	}
	list := api.SessionList{Items: make([]api.Session, len(sessions))}
	for i, session := range sessions {
		list.Items[i] = api.Session{ID: api.ID(session.ID), CreatedAt: session.CreatedAt, LastUsedAt: session.LastUsedAt, ExpiresAt: session.ExpiresAt, Current: session.Current}
	}
	return api.ListSessions200JSONResponse(list), nil
}

// EndSessions ends all of the caller's sessions.
func (s *Server) EndSessions(ctx context.Context, _ api.EndSessionsRequestObject) (api.EndSessionsResponseObject, error) {
	return api.EndSessions204Response{}, s.accounts.RevokeSessions(ctx, principal(ctx))
}

// EndSession ends one of the caller's sessions.
func (s *Server) EndSession(ctx context.Context, r api.EndSessionRequestObject) (api.EndSessionResponseObject, error) {
	return api.EndSession204Response{}, s.accounts.RevokeSession(ctx, principal(ctx), domain.ID(r.SessionID))
}

func toAPITokens(t account.Tokens) api.Tokens {
	return api.Tokens{AccessToken: t.AccessToken, TokenType: api.TokensTokenTypeBearer, ExpiresIn: int32(t.ExpiresIn.Seconds()), RefreshToken: t.RefreshToken}
}

func toAPIUser(u account.User) api.User {
	out := api.User{ID: api.ID(u.ID), Email: u.Email, EmailVerified: u.EmailVerified, FullName: u.FullName, Role: api.Role(u.Role), Disabled: u.Disabled, CreatedAt: u.CreatedAt}
	if u.ID.IsTest() {
		out.TestMode = testMode()
	}
	return out
}

// testMode marks what belongs to a test account.
func testMode() *bool {
	yes := true
	return &yes
}
