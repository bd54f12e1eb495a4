package handlers

import (
	"context"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/gen/api"
)

// ListUsers lists accounts.
func (s *Server) ListUsers(ctx context.Context, r api.ListUsersRequestObject) (api.ListUsersResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	users, next, err := s.accounts.Users(ctx, account.UserFilter{Role: (*domain.Role)(r.Params.Role), Limit: limit(r.Params.Limit), Cursor: cursor})
	if err != nil {
		return nil, err
	}
	list := api.UserList{Items: make([]api.User, len(users)), NextCursor: encodeCursor(next)}
	for i, u := range users {
		list.Items[i] = toAPIUser(u)
	}
	return api.ListUsers200JSONResponse(list), nil
}

// UpdateUser changes an account's role, or disables or enables it.
func (s *Server) UpdateUser(ctx context.Context, r api.UpdateUserRequestObject) (api.UpdateUserResponseObject, error) {
	u, err := s.accounts.UpdateUser(ctx, principal(ctx), domain.ID(r.UserID), account.UserChange{Role: (*domain.Role)(r.Body.Role), Disabled: r.Body.Disabled})
	if err != nil {
		return nil, err
	}
	return api.UpdateUser200JSONResponse(toAPIUser(u)), nil
}

// EraseUser erases a person.
func (s *Server) EraseUser(ctx context.Context, r api.EraseUserRequestObject) (api.EraseUserResponseObject, error) {
	if err := s.privacy.Erase(ctx, principal(ctx), domain.ID(r.UserID)); err != nil {
		return nil, err
	}
	return api.EraseUser204Response{}, nil
}

// ExportUser exports everything stored about a person.
func (s *Server) ExportUser(ctx context.Context, r api.ExportUserRequestObject) (api.ExportUserResponseObject, error) {
	return &userExport{ctx: ctx, server: s, user: domain.ID(r.UserID)}, nil
}
