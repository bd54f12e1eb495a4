package handlers

import (
	"context"

	"counsel/domain"
	"counsel/domain/account"
	"counsel/gen/api"
)

// RegisterUser makes an account.
func (s *Server) RegisterUser(ctx context.Context, r api.RegisterUserRequestObject) (api.RegisterUserResponseObject, error) {
	u, err := s.Accounts.Register(ctx, account.Registration{Email: r.Body.Email, Password: r.Body.Password, FullName: r.Body.FullName, Locale: recordOf(ctx).language})
	if err != nil {
		return nil, err
	}
	return api.RegisterUser201JSONResponse(user(u)), nil
}

// LoginUser trades credentials for tokens.
func (s *Server) LoginUser(ctx context.Context, r api.LoginUserRequestObject) (api.LoginUserResponseObject, error) {
	t, err := s.Accounts.Login(ctx, account.Credentials{Email: r.Body.Email, Password: r.Body.Password, Address: recordOf(ctx).address})
	if err != nil {
		return nil, err
	}
	return api.LoginUser200JSONResponse(tokens(t)), nil
}

// RefreshTokens trades a refresh token for the next pair.
func (s *Server) RefreshTokens(ctx context.Context, r api.RefreshTokensRequestObject) (api.RefreshTokensResponseObject, error) {
	t, err := s.Accounts.Refresh(ctx, r.Body.RefreshToken)
	if err != nil {
		return nil, err
	}
	return api.RefreshTokens200JSONResponse(tokens(t)), nil
}

// RequestPasswordReset has a link sent to whoever has the address.
func (s *Server) RequestPasswordReset(ctx context.Context, r api.RequestPasswordResetRequestObject) (api.RequestPasswordResetResponseObject, error) {
	return api.RequestPasswordReset204Response{}, s.Accounts.ForgotPassword(ctx, r.Body.Email, recordOf(ctx).language)
}

// ResetPassword takes a new password with the link.
func (s *Server) ResetPassword(ctx context.Context, r api.ResetPasswordRequestObject) (api.ResetPasswordResponseObject, error) {
	return api.ResetPassword204Response{}, s.Accounts.ResetPassword(ctx, r.Body.Token, r.Body.Password, recordOf(ctx).language)
}

// VerifyEmail confirms an address with the link that was sent to it.
func (s *Server) VerifyEmail(ctx context.Context, r api.VerifyEmailRequestObject) (api.VerifyEmailResponseObject, error) {
	return api.VerifyEmail204Response{}, s.Accounts.VerifyEmail(ctx, r.Body.Token)
}

// ResendVerification sends that link again.
func (s *Server) ResendVerification(ctx context.Context, _ api.ResendVerificationRequestObject) (api.ResendVerificationResponseObject, error) {
	return api.ResendVerification204Response{}, s.Accounts.ResendVerification(ctx, caller(ctx), recordOf(ctx).language)
}

// LogoutUser ends the session of the token that was sent.
func (s *Server) LogoutUser(ctx context.Context, _ api.LogoutUserRequestObject) (api.LogoutUserResponseObject, error) {
	return api.LogoutUser204Response{}, s.Accounts.Logout(ctx, caller(ctx))
}

// GetCurrentUser answers the caller's own account.
func (s *Server) GetCurrentUser(ctx context.Context, _ api.GetCurrentUserRequestObject) (api.GetCurrentUserResponseObject, error) {
	u, err := s.Accounts.Me(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	return api.GetCurrentUser200JSONResponse(user(u)), nil
}

// ListSessions lists the caller's sessions.
func (s *Server) ListSessions(ctx context.Context, _ api.ListSessionsRequestObject) (api.ListSessionsResponseObject, error) {
	sessions, err := s.Accounts.Sessions(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	list := api.SessionList{Items: make([]api.Session, len(sessions))}
	for i, one := range sessions {
		list.Items[i] = api.Session{ID: api.ID(one.ID), CreatedAt: one.CreatedAt, LastUsedAt: one.LastUsedAt, ExpiresAt: one.ExpiresAt, Current: one.Current}
	}
	return api.ListSessions200JSONResponse(list), nil
}

// EndSessions signs the caller out everywhere.
func (s *Server) EndSessions(ctx context.Context, _ api.EndSessionsRequestObject) (api.EndSessionsResponseObject, error) {
	return api.EndSessions204Response{}, s.Accounts.EndSessions(ctx, caller(ctx))
}

// EndSession signs one device out.
func (s *Server) EndSession(ctx context.Context, r api.EndSessionRequestObject) (api.EndSessionResponseObject, error) {
	return api.EndSession204Response{}, s.Accounts.EndSession(ctx, caller(ctx), domain.ID(r.SessionID))
}

// caller is who guard let through.
func caller(ctx context.Context) domain.Principal {
	p, _ := domain.PrincipalFrom(ctx)
	return p
}

func tokens(t account.Tokens) api.Tokens {
	return api.Tokens{AccessToken: t.AccessToken, TokenType: api.TokensTokenTypeBearer, ExpiresIn: int32(t.ExpiresIn.Seconds()), RefreshToken: t.RefreshToken}
}

func user(u account.User) api.User {
	return api.User{ID: api.ID(u.ID), Email: u.Email, EmailVerified: u.EmailVerified, FullName: u.FullName, Role: api.Role(u.Role), Disabled: u.Disabled, CreatedAt: u.CreatedAt}
}
