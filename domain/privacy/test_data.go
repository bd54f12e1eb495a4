package privacy

import (
	"context"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/apikeys"
	"counsel/domain/jobs"
)

// eraseTestDataArgs are the arguments of the job that deletes what a test account owns.
type eraseTestDataArgs struct {
	Account domain.ID `json:"account"`
}

// Kind is the name of the job.
func (eraseTestDataArgs) Kind() string { return "privacy.erase_test_data" }

// EraseTestData starts a job that deletes everything the caller's test account owns, its cases included. The
// caller is the account's owner or the test account. Forbidden: the caller is a live key. NotFound: there is no
// test account.
func (s *Service) EraseTestData(ctx context.Context, caller domain.Principal) (jobID domain.ID, err error) {
	test := caller.UserID
	if !test.IsTest() {
		if !caller.KeyID.IsZero() {
			return domain.ID{}, &domain.Error{Code: domain.Forbidden, Reason: apikeys.ReasonRefused, Message: "Only a test key can do this. Or please sign in."}
		}
		if test, err = s.accounts.TestAccount(ctx, caller.UserID); domain.CodeOf(err) == domain.NotFound {
			return domain.ID{}, domain.NoSuch("test account: it is created with the first test key")
		} else if err != nil {
			return domain.ID{}, err
		}
	}
	ids, err := s.jobs.EnqueueNow(ctx, jobs.Insert{Args: eraseTestDataArgs{test}, UserID: caller.UserID, KeyID: caller.KeyID, Queue: jobs.Interactive})
	if err != nil {
		return domain.ID{}, err
	}
	return ids[0], nil
}

// eraseTestData deletes what a test account owns. Running it again deletes what was created meanwhile.
func (s *Service) eraseTestData(ctx context.Context, job *jobs.Job[eraseTestDataArgs]) (any, error) {
	test := job.Args.Account
	if !test.IsTest() {
		return nil, jobs.Permanent(errors.New("privacy: not a test account"))
	}
	err := db.WithTx(ctx, s.db, func(tx db.Tx) error {
		for _, e := range s.testErasers {
			if err := e.EraseTestData(ctx, tx, test); err != nil {
				return err
			}
		}
		for _, e := range []Eraser{s.notifications, s.templates} { // templates after what was rendered from them
			if err := e.EraseUser(ctx, tx, test); err != nil {
				return err
			}
		}
		if err := s.email.EraseUser(ctx, tx, test, ""); err != nil {
			return err
		}
		return s.jobs.EraseUserExcept(ctx, tx, test, job.ID)
	})
	if err != nil {
		return nil, err
	}
	return nil, s.cases.EraseTestData(ctx, test)
}

// eraseTestAccount starts the job that deletes what the test account of an erased account owns, in the
// caller's transaction. The account itself is disabled with its owner.
func (s *Service) eraseTestAccount(ctx context.Context, tx db.Tx, owner account.User) error {
	test, err := s.accounts.TestAccount(ctx, owner.ID)
	if domain.CodeOf(err) == domain.NotFound {
		return nil
	} else if err != nil {
		return err
	}
	_, err = s.jobs.Enqueue(ctx, tx, jobs.Insert{Args: eraseTestDataArgs{test}}, jobs.Insert{Args: eraseTestDataArgs{test}, RunAt: s.clock().Add(inProgress)})
	return err
}

const eraseTestDataTimeout = 10 * time.Minute
