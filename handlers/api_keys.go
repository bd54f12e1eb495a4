package handlers

import (
	"context"
	"counsel/domain"
	"counsel/domain/apikeys"
	"counsel/gen/api"
	"counsel/handlers/middleware"
)

// ListAPIKeys lists API keys.
func (s *Server) ListAPIKeys(ctx context.Context, r api.ListAPIKeysRequestObject) (api.ListAPIKeysResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	items, next, err := s.apiKeys.List(ctx, principal(ctx), apikeys.Filter{UserID: (*domain.ID)(r.Params.UserID), Limit: limit(r.Params.Limit), Cursor: cursor})
	if err != nil {
		return nil, err
	}
	page := api.APIKeyList{Items: make([]api.APIKey, len(items)), NextCursor: encodeCursor(next)}
	for i, k := range items {
		page.Items[i] = toAPIKey(k)
	}
	return api.ListAPIKeys200JSONResponse(page), nil
}

// CreateAPIKey creates an API key.
func (s *Server) CreateAPIKey(ctx context.Context, r api.CreateAPIKeyRequestObject) (api.CreateAPIKeyResponseObject, error) {
	n := apikeys.NewKey{ID: middleware.DerivedID(ctx, 0), Name: r.Body.Name, Mode: apikeys.Mode(deref(r.Body.Mode)), IPRanges: r.Body.IPRanges, Locale: middleware.RequestFrom(ctx).Language}
	for _, scope := range r.Body.Scopes {
		n.Scopes = append(n.Scopes, apikeys.Scope(scope))
	}
	if r.Body.ExpiresAt != nil {
		n.ExpiresAt = *r.Body.ExpiresAt
	}
	if r.Body.RateLimit != nil {
		n.RateLimit = int(*r.Body.RateLimit)
	}
	k, secret, err := s.apiKeys.Create(ctx, principal(ctx), n)
	if err != nil {
		return nil, err
	}
	return api.CreateAPIKey201JSONResponse{APIKey: toAPIKey(k), Secret: secret}, nil
}

// GetAPIKey returns an API key.
func (s *Server) GetAPIKey(ctx context.Context, r api.GetAPIKeyRequestObject) (api.GetAPIKeyResponseObject, error) {
	k, err := s.apiKeys.Get(ctx, principal(ctx), domain.ID(r.APIKeyID))
	if err != nil {
		return nil, err
	}
	return api.GetAPIKey200JSONResponse(toAPIKey(k)), nil
}

// RevokeAPIKey revokes an API key.
func (s *Server) RevokeAPIKey(ctx context.Context, r api.RevokeAPIKeyRequestObject) (api.RevokeAPIKeyResponseObject, error) {
	return api.RevokeAPIKey204Response{}, s.apiKeys.Revoke(ctx, principal(ctx), domain.ID(r.APIKeyID))
}

func toAPIKey(k apikeys.Key) api.APIKey {
	out := api.APIKey{ID: api.ID(k.ID), UserID: api.ID(k.UserID), Name: k.Name, Mode: api.APIKeyMode(k.Mode), Status: api.APIKeyStatus(k.Status), Prefix: k.Prefix(), LastFour: k.LastFour,
		Scopes: make([]api.APIKeyScope, len(k.Scopes)), IPRanges: make([]api.IPRange, len(k.IPRanges)), CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt, LastUsedAt: k.LastUsedAt, RevokedAt: k.RevokedAt}
	for i, scope := range k.Scopes {
		out.Scopes[i] = api.APIKeyScope(scope)
	}
	for i, r := range k.IPRanges {
		out.IPRanges[i] = r.String()
	}
	if n := int32(k.RateLimit); n > 0 {
		out.RateLimit = &n
	}
	return out
}

// DeleteTestData starts a job that deletes everything the caller's test account owns.
func (s *Server) DeleteTestData(ctx context.Context, _ api.DeleteTestDataRequestObject) (api.DeleteTestDataResponseObject, error) {
	job, err := s.privacy.EraseTestData(ctx, principal(ctx))
	if err != nil {
		return nil, err
	}
	return api.DeleteTestData202JSONResponse{JobID: api.ID(job)}, nil
}
