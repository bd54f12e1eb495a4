package handlers

import (
	"context"
	"encoding/base64"

	"counsel/domain"
	"counsel/domain/account"
	"counsel/gen/api"
)

// ListUsers pages through all accounts.
func (s *Server) ListUsers(ctx context.Context, r api.ListUsersRequestObject) (api.ListUsersResponseObject, error) {
	before, err := position(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	users, next, err := s.Accounts.Users(ctx, account.UserFilter{Role: (*domain.Role)(r.Params.Role), Limit: limit(r.Params.Limit), Before: before})
	if err != nil {
		return nil, err
	}
	list := api.UserList{Items: make([]api.User, len(users)), NextCursor: cursor(next)}
	for i, u := range users {
		list.Items[i] = user(u)
	}
	return api.ListUsers200JSONResponse(list), nil
}

// UpdateUser changes an account's role or disables it.
func (s *Server) UpdateUser(ctx context.Context, r api.UpdateUserRequestObject) (api.UpdateUserResponseObject, error) {
	u, err := s.Accounts.UpdateUser(ctx, caller(ctx), domain.ID(r.UserID), account.UserChange{Role: (*domain.Role)(r.Body.Role), Disabled: r.Body.Disabled})
	if err != nil {
		return nil, err
	}
	return api.UpdateUser200JSONResponse(user(u)), nil
}

// defaultLimit is the contract's default of `limit`.
const defaultLimit = 20

func limit(l *api.Limit) int {
	if l == nil {
		return defaultLimit
	}
	return int(*l)
}

// cursor writes the position after a page; position reads it back.
func cursor(next *domain.ID) *api.NextCursor {
	if next == nil {
		return nil
	}
	text := base64.RawURLEncoding.EncodeToString(next[:])
	return &text
}

func position(c *api.Cursor) (*domain.ID, error) {
	raw, err := decodeCursor(c)
	if err != nil || raw == nil {
		return nil, err
	}
	if len(raw) != len(domain.ID{}) {
		return nil, notACursor()
	}
	id := domain.ID(raw)
	return &id, nil
}

// decodeCursor is nil for the first page: without a cursor, and with an empty one.
func decodeCursor(c *api.Cursor) ([]byte, error) {
	if c == nil || *c == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*c)
	if err != nil {
		return nil, notACursor()
	}
	return raw, nil
}

func notACursor() error {
	return &domain.Error{Code: domain.Malformed, Message: "A parameter cannot be accepted.",
		Fields: []domain.Field{{Pointer: "?cursor", Detail: "is not a cursor this service gave out"}}}
}
