package jobs_test

import (
	"context"
	"counsel/sandbox/testkit"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/jobs"
)

// TestSchedule has two servers: the job runs once per period.
func TestSchedule(t *testing.T) {
	t.Parallel()
	type (
		often struct{}
		rare  struct{}
	)
	f := newFixture(t)
	var runs atomic.Int32
	for range 2 {
		s := f.newServer()
		jobs.Schedule[testArgs[often]](s, time.Second, func(context.Context) error { runs.Add(1); return nil })
		jobs.Schedule[testArgs[rare]](s, 1000*time.Hour, func(context.Context) error { return nil })
		s.start()
	}
	testkit.Eventually(t, "three periods have passed", func() bool { return runs.Load() >= 3 })
	var keys, rows int
	f.scan("SELECT COUNT(DISTINCT job_key), COUNT(*) FROM jobs WHERE kind = 'test.often'", nil, &keys, &rows)
	if keys != rows || int(runs.Load()) > keys {
		t.Errorf("%d periods, %d jobs, %d runs", keys, rows, runs.Load())
	}
	if f.scan("SELECT COUNT(*) FROM jobs WHERE kind = 'test.rare'", nil, &rows); rows > 2 {
		t.Errorf("the rare one: %d jobs", rows)
	}
}

// TestOverlap delays an occurrence while an earlier one runs, and skips one that is late.
func TestOverlap(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer()
	var runs atomic.Int32
	jobs.Schedule[testArgs[mark]](s, time.Hour, func(context.Context) error { runs.Add(1); return nil })
	now := time.Now().UnixMicro() / time.Hour.Microseconds()
	occurrence := func(n int64) string { return fmt.Sprintf(`{"number":%d}`, n) }
	late := s.insertRow("test.mark", occurrence(now-1))
	s.start()
	if j := s.waitFor(late, jobs.Succeeded); string(j.Result) != `"late"` {
		t.Errorf("the late one: %s", j.Result)
	}
	testkit.Eventually(t, "the occurrence of this hour has run", func() bool { return runs.Load() >= 1 })
	ran := runs.Load()
	running := domain.NewID()
	f.exec("INSERT INTO jobs SELECT ?, user_id, kind, queue, NULL, 'running', payload, result, '', '', 0, 0, 1, 0, 0, FALSE, ?, run_at, NOW(6) + INTERVAL 20 SECOND, created_at, NULL, NULL, 0, key_id FROM jobs WHERE id = ?", running, domain.NewID(), late)
	following := s.insertRow("test.mark", occurrence(now+10))
	s.waitUntil(following, "it is delayed", func(j jobs.Info) bool { return j.State == jobs.Waiting && j.Error != "" })
	if runs.Load() != ran {
		t.Error("two occurrences overlap")
	}
	f.exec("DELETE FROM jobs WHERE id = ?", running)
	if j := s.waitFor(following, jobs.Succeeded); runs.Load() != ran+1 || j.FailedAttempts != 0 || j.Error != "" {
		t.Errorf("the following one: %+v, %d runs", j, runs.Load())
	}
}

// TestScheduleFormerKind runs a periodic job whose former kind an older server has enqueued as well.
func TestScheduleFormerKind(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer()
	runs := make(chan struct{}, 100)
	jobs.Schedule[testArgs[mark]](s, time.Hour, func(context.Context) error { runs <- struct{}{}; return nil }, "every.mark")
	former := s.insertRow("every.mark", fmt.Sprintf(`{"number":%d}`, 1<<40))
	s.start()
	<-runs
	<-runs
	s.waitFor(former, jobs.Succeeded)
	items, _, err := s.List(t.Context(), admin, jobs.Filter{Kind: "test.mark", State: jobs.Succeeded, Limit: 10})
	if testkit.Must(t, err); len(items) == 0 {
		t.Error("nothing ran under the new kind")
	}
}
