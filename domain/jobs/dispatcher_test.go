package jobs_test

import (
	"counsel/sandbox/testkit"
	"fmt"
	"strconv"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/jobs"
)

// TestTwoServers runs many jobs on two servers: each runs once.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r := newRecorder()
	var ids []domain.ID
	servers := []*server{f.newServer(), f.newServer()}
	for _, s := range servers {
		register(s, r.work)
		s.start()
	}
	for range 5 {
		for _, s := range servers {
			ids = append(ids, s.enqueue(many(50, jobs.Insert{Queue: jobs.Bulk, UserID: domain.NewID()})...)...)
		}
	}
	testkit.Eventually(t, "all have run", func() bool { return r.done() == len(ids) })
	for _, s := range servers {
		if s.metrics.count(jobs.OutcomeSucceeded) == 0 {
			t.Error("one server ran no jobs")
		}
	}
	r.wantOnce(t)
}

// TestPriority has a hundred thousand bulk jobs waiting before an interactive one.
func TestPriority(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer()
	s.enqueue(many(50, jobs.Insert{Queue: jobs.Bulk, UserID: domain.NewID()})...)
	// Duplicated in the database: the last bytes of an id are random.
	for n := 50; n < 100_000; n *= 2 {
		f.exec("INSERT INTO jobs SELECT CONCAT(LEFT(id, 6), UNHEX(LEFT(MD5(CONCAT(id, ?)), 20))), user_id, kind, queue, NULL, state, payload, result, error_code, error, done, total, runs, tries, lost, cancelling, owner, run_at, due_at, created_at, NULL, NULL, 0, key_id FROM jobs", strconv.Itoa(n))
	}
	r := newRecorder()
	register(s, r.work)
	s.start()
	testkit.Eventually(t, "bulk jobs are running", func() bool { return r.done() > 0 })
	began := time.Now()
	reset := s.enqueue(jobs.Insert{Args: testArgs[mark]{"reset"}, Queue: jobs.Interactive})[0]
	s.waitFor(reset, jobs.Succeeded)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if waiting := 100_000 - r.done(); waiting < 50_000 {
		t.Errorf("only %d bulk jobs were left", waiting)
	}
	t.Logf("%d bulk jobs ran before it, %s after it was enqueued", r.position("reset"), time.Since(began))
	f.exec("DELETE FROM jobs WHERE state = 'waiting'")
}

// TestFairness has one user with many jobs and one with few.
func TestFairness(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer(concurrency(1))
	ada, bob := domain.NewID(), domain.NewID()
	s.enqueue(many(400, jobs.Insert{UserID: ada})...)
	var bobs []jobs.Insert
	for i := range 3 {
		bobs = append(bobs, jobs.Insert{Args: testArgs[mark]{fmt.Sprint("bob", i)}, UserID: bob})
	}
	s.enqueue(bobs...)
	r := newRecorder()
	register(s, r.work)
	s.start()
	testkit.Eventually(t, "all have run", func() bool { return r.done() == 403 })
	for i := range bobs {
		if at := r.position(fmt.Sprint("bob", i)); at > 16 {
			t.Errorf("bob's job %d ran after %d others", i, at)
		}
	}
}
