package jobs_test

import (
	"counsel/sandbox/testkit"
	"testing"

	"counsel/domain"
	"counsel/domain/jobs"
)

func TestList(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer()
	ada, bob := newPrincipal(domain.RoleClient), newPrincipal(domain.RoleClient)
	var want []domain.ID
	for range 5 {
		want = append(want, s.enqueue(jobs.Insert{Args: testArgs[letter]{}, UserID: ada.UserID}, jobs.Insert{Args: testArgs[next]{}, UserID: bob.UserID})[0])
	}
	var got []domain.ID
	for filter := (jobs.Filter{Limit: 2}); ; {
		page, next, err := s.List(t.Context(), ada, filter)
		testkit.Must(t, err)
		for _, j := range page {
			got = append(got, j.ID)
		}
		if filter.Cursor = next; next == nil {
			break
		}
	}
	if len(got) != 5 || got[0] != want[4] || got[4] != want[0] {
		t.Errorf("ada sees %v of %v", got, want)
	}
	if _, _, err := s.List(t.Context(), ada, jobs.Filter{UserID: bob.UserID, Limit: 2}); domain.CodeOf(err) != domain.Forbidden {
		t.Errorf("ada lists bob's jobs: %v", err)
	}
	for filter, n := range map[jobs.Filter]int{{}: 10, {UserID: bob.UserID}: 5, {Kind: "test.letter"}: 5, {State: jobs.Waiting}: 10, {State: jobs.Failed}: 0} {
		filter.Limit = 100
		if all, _, err := s.List(t.Context(), admin, filter); err != nil || len(all) != n {
			t.Errorf("%+v: %d, %v", filter, len(all), err)
		}
	}
}
