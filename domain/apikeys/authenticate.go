package apikeys

import (
	"context"
	"database/sql"
	"errors"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	query "counsel/gen/query/apikeys"
)

var (
	errMalformed = errors.New("apikeys: the secret is malformed")
	errUnknown   = errors.New("apikeys: no such secret")
	errEnded     = errors.New("apikeys: the key is expired or revoked")
)

// invalidKey is the one answer for every key that does not work.
func invalidKey(err error) error {
	return &domain.Error{Code: domain.Unauthenticated, Message: "The API key is not valid.", Err: err}
}

// Authenticate returns the key of a secret that a request from an address carries, and the principal that
// it acts as: its owner, with their current role, or their test account. Errors: Unauthenticated, the same for a key that is malformed,
// unknown, expired or revoked, or whose owner is disabled; Forbidden with ReasonAddressNotAllowed;
// Unavailable. A malformed secret costs no query.
func (s *Service) Authenticate(ctx context.Context, secret, address string) (domain.Principal, Key, error) {
	if !wellFormed(secret) {
		return domain.Principal{}, Key{}, invalidKey(errMalformed)
	}
	row, err := s.queries.GetAPIKeyBySecret(ctx, hashSecret(secret))
	if errors.Is(err, sql.ErrNoRows) {
		return domain.Principal{}, Key{}, invalidKey(errUnknown)
	} else if err != nil {
		return domain.Principal{}, Key{}, db.Error(err)
	}
	k, err := s.toKey(row)
	if err != nil {
		return domain.Principal{}, Key{}, err
	}
	if k.Status != StatusActive {
		return domain.Principal{}, Key{}, invalidKey(errEnded)
	}
	role, err := s.accounts.ActiveRole(ctx, k.UserID)
	if domain.CodeOf(err) == domain.NotFound {
		return domain.Principal{}, Key{}, invalidKey(err)
	} else if err != nil {
		return domain.Principal{}, Key{}, err
	}
	if !k.allowsAddress(address) {
		return domain.Principal{}, Key{}, &domain.Error{Code: domain.Forbidden, Reason: ReasonAddressNotAllowed, Message: "This API key cannot be used from this network address."}
	}
	s.recordUse(ctx, k)
	p := domain.Principal{UserID: k.UserID, Role: role, KeyID: k.ID}
	if k.testAccount != nil {
		p.UserID, p.Role = *k.testAccount, account.TestRole(role)
	}
	return p, k, nil
}

// CheckActive returns Unauthenticated, as Authenticate does, once the key has ended or its owner is disabled or erased. It is for
// what goes on after a request was authenticated, such as an event stream.
func (s *Service) CheckActive(ctx context.Context, id domain.ID) error {
	row, err := s.queries.GetAPIKey(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return invalidKey(errUnknown)
	} else if err != nil {
		return db.Error(err)
	}
	k, err := s.toKey(row)
	if err != nil {
		return err
	}
	if k.Status != StatusActive {
		return invalidKey(errEnded)
	}
	if _, err := s.accounts.ActiveRole(ctx, k.UserID); domain.CodeOf(err) == domain.NotFound {
		return invalidKey(err)
	} else if err != nil {
		return err
	}
	return nil
}

// recordUse updates LastUsedAt, at most once in usedInterval. A failure does not fail the request.
func (s *Service) recordUse(ctx context.Context, k Key) {
	now := s.clock()
	before := now.Add(-usedInterval)
	if k.LastUsedAt != nil && k.LastUsedAt.After(before) {
		return
	}
	err := s.queries.UpdateAPIKeyUsed(ctx, query.UpdateAPIKeyUsedParams{Now: sql.NullTime{Time: now, Valid: true}, ID: k.ID, Before: sql.NullTime{Time: before, Valid: true}})
	if err != nil {
		s.log.WarnContext(ctx, "the use of an API key could not be recorded", "key_id", k.ID.String(), "error", err.Error())
	}
}
