package cases

import (
	"context"
	"errors"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/cases"
)

// testCasesBatch is the number of cases that one transaction deletes.
const testCasesBatch = 100

// EraseTestData deletes the cases of a test account, which is their only member, with notes, tasks, parties and
// timelines, whether or not they were deleted before or are under legal hold. What other services have in them must
// be deleted first; Conflict: something was created meanwhile.
func (s *Service) EraseTestData(ctx context.Context, testAccount domain.ID) error {
	if !testAccount.IsTest() {
		return errors.New("cases: not a test account")
	}
	for more := true; more; {
		err := db.WithTx(ctx, s.pool, func(tx db.Tx) error {
			q := query.New(tx)
			ids, err := q.LockTestCases(ctx, query.LockTestCasesParams{CreatedBy: testAccount, Limit: testCasesBatch})
			if more = len(ids) == testCasesBatch; err != nil || len(ids) == 0 {
				return err
			}
			for _, del := range []func(context.Context, []domain.ID) error{
				q.DeleteTestNotes, q.DeleteTestTasks, q.DeleteTestParties, q.DeleteTestInvitations, q.DeleteTestMembers,
				q.DeleteTestRefusals, q.DeleteTestTimelines, q.DeleteTestTimelineHeads, q.DeleteTestCases,
			} {
				if err := del(ctx, ids); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return db.Error(err)
		}
	}
	return nil
}
