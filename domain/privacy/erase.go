package privacy

import (
	"context"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/jobs"
)

// inProgress is longer than any operation that started before an erasure.
const inProgress = time.Hour

// Erase erases a person, at their own request or an admin's. Errors: Forbidden, NotFound, and
// Conflict if a legal hold covers one of their cases (reason legal_hold), they are the only owner of
// a case (case_owner), a document that all have signed is being sealed (signature_sealing), or they
// are the last active admin.
func (s *Service) Erase(ctx context.Context, caller domain.Principal, user domain.ID) error {
	if _, err := s.account(ctx, caller, user); err != nil {
		return err
	}
	return s.accounts.Erase(ctx, user, func(tx db.Tx, u account.User) error {
		// Cases first: they must be locked before anything is read without a lock.
		if err := s.cases.EraseUser(ctx, tx, caller, user, u.Email); err != nil {
			return err
		}
		if err := s.eraseOwned(ctx, tx, user, u.Email); err != nil {
			return err
		}
		if err := s.eraseTestAccount(ctx, tx, u); err != nil {
			return err
		}
		_, err := s.jobs.Enqueue(ctx, tx, jobs.Insert{Args: eraseInProgressArgs{user}, RunAt: s.clock().Add(inProgress)})
		return err
	})
}

// eraseOwned deletes what the user owns, and what is stored about their address if it is known.
func (s *Service) eraseOwned(ctx context.Context, tx db.Tx, user domain.ID, address string) error {
	if err := s.email.EraseUser(ctx, tx, user, address); err != nil {
		return err
	}
	for _, e := range s.erasers {
		if err := e.EraseUser(ctx, tx, user); err != nil {
			return err
		}
	}
	return nil
}
