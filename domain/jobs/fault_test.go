package jobs_test

import (
	"context"
	"counsel/sandbox/testkit"
	"sync/atomic"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/sandbox/testenv"
)

func TestRedisDown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	redis := testenv.PrivateRedis(t)
	f.redisURL = redis.URL
	s := f.newServer(timing(shortTiming()))
	r := newRecorder()
	register(s, r.work)
	s.start()
	s.waitFor(s.enqueue(jobs.Insert{Args: testArgs[mark]{}})[0], jobs.Succeeded)
	redis.Kill9()
	ids := s.enqueue(many(30, jobs.Insert{})...)
	for _, id := range ids {
		if j := s.get(id); j.State != jobs.Waiting {
			t.Fatalf("without Redis it is %s", j.State)
		}
	}
	redis.Restart()
	for _, id := range ids {
		s.waitFor(id, jobs.Succeeded)
	}
	redis.Pause()
	id := s.enqueue(jobs.Insert{Args: testArgs[mark]{}})[0]
	s.close(5 * time.Second) // a server stops in time although Redis hangs
	redis.Resume()
	s = f.newServer()
	register(s, r.work)
	s.start()
	s.waitFor(id, jobs.Succeeded)
	r.wantOnce(t)
}

// TestRedisFlushed empties Redis while workers are busy: the outbox refills it.
func TestRedisFlushed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer(timing(shortTiming()), concurrency(2))
	r := newRecorder()
	gate, began := make(chan struct{}), make(chan struct{}, 100)
	register(s, func(ctx context.Context, job *jobs.Job[testArgs[mark]]) (any, error) {
		began <- struct{}{}
		<-gate
		return r.work(ctx, job)
	})
	s.start()
	ids := s.enqueue(many(40, jobs.Insert{})...)
	for range 2 {
		<-began
	}
	f.flushRedis()
	close(gate)
	for _, id := range ids {
		s.waitFor(id, jobs.Succeeded)
	}
	r.wantOnce(t)
}

// TestServerCrash leaves jobs as a killed server does: one that is running, one whose task was
// received but not claimed, one that was marked but not pushed, one that was to be cancelled, and one
// that has crashed many servers.
func TestServerCrash(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var discards atomic.Int32
	ids := f.newServer().enqueue(many(5, jobs.Insert{})...)
	crashed := domain.NewID()
	f.exec("UPDATE jobs SET state = 'running', owner = ?, runs = 1, due_at = NOW(6) + INTERVAL 1 SECOND WHERE id IN (?, ?, ?)", crashed, ids[0], ids[3], ids[4])
	f.exec("UPDATE jobs SET state = 'queued', owner = ?, due_at = NOW(6) + INTERVAL 1 SECOND WHERE id IN (?, ?)", crashed, ids[1], ids[2])
	f.exec("UPDATE jobs SET cancelling = TRUE WHERE id = ?", ids[3])
	f.exec("UPDATE jobs SET crashes = 10, lost = 9 WHERE id = ?", ids[4])
	received, gate := make(chan struct{}), make(chan struct{})
	transport := f.newTransport()
	testkit.Must(t, transport.Push(t.Context(), jobs.Task{JobID: ids[1], Kind: "test.mark", Queue: jobs.Standard}))
	testkit.Must(t, transport.Start(1, func(jobs.Task) error {
		close(received)
		<-gate
		return nil
	}))
	<-received
	defer close(gate)
	transport.Pause()

	s := f.newServer(timing(shortTiming()))
	r := newRecorder()
	jobs.Register(s, jobs.Worker[testArgs[mark]]{Work: r.work, OnDiscard: func(context.Context, *jobs.Job[testArgs[mark]], error) error { discards.Add(1); return nil }})
	s.start()
	for _, id := range ids[:3] {
		s.waitFor(id, jobs.Succeeded)
	}
	s.waitFor(ids[3], jobs.Cancelled)
	if j := s.waitFor(ids[4], jobs.Failed); discards.Load() != 1 || j.ErrorCode != "internal" {
		t.Errorf("discarded %d times: %+v", discards.Load(), j)
	}
	if r.done() != 3 {
		t.Errorf("%d jobs ran", r.done())
	}
	if n := s.metrics.rescuedJobs(); n < 2 {
		t.Errorf("%d jobs were rescued", n)
	}
}

// TestLeaseLost: an attempt that continues after the job was rescued has no effect and is canceled.
func TestLeaseLost(t *testing.T) {
	t.Parallel()
	t.Run("to any server", func(t *testing.T) { testLeaseLost(t, true) })
	t.Run("to the same server", func(t *testing.T) { testLeaseLost(t, false) })
}

func testLeaseLost(t *testing.T, other bool) {
	f := newFixture(t)
	slow, next := f.newServer(timing(shortTiming())), f.newServer(timing(shortTiming()))
	progress := make(chan error, 1)
	began := make(chan struct{})
	var attempts atomic.Int32
	register(slow, func(ctx context.Context, job *jobs.Job[testArgs[mark]]) (any, error) {
		if attempts.Add(1) > 1 { // it may be the one that claims the rescued job
			return "next", nil
		}
		close(began)
		<-ctx.Done()
		progress <- job.Progress(context.WithoutCancel(ctx), 1)
		return "slow", nil
	})
	register(next, func(context.Context, *jobs.Job[testArgs[mark]]) (any, error) { return "next", nil })
	slow.start()
	id := slow.enqueue(jobs.Insert{Args: testArgs[mark]{}})[0]
	<-began
	f.exec("UPDATE jobs SET due_at = NOW(6), state = 'waiting' WHERE id = ?", id) // as the dispatcher of another server would
	if other {
		next.start()
	}
	if err := <-progress; err == nil {
		t.Error("Progress reports no error")
	}
	if j := next.waitFor(id, jobs.Succeeded); string(j.Result) != `"next"` {
		t.Errorf("the result is %s", j.Result)
	}
	testkit.Eventually(t, "the lease counts as lost", func() bool { return slow.metrics.count(jobs.OutcomeLeaseLost) == 1 })
}

// TestClocks runs servers whose clocks are hours apart, then one whose database was an hour ahead for
// a while.
func TestClocks(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ahead := func() time.Time { return domain.SystemClock().Add(5 * time.Hour) }
	behind := func() time.Time { return domain.SystemClock().Add(-5 * time.Hour) }
	r := newRecorder()
	var ids []domain.ID
	for i, c := range []domain.Clock{ahead, behind} {
		s := f.newServer(clock(c))
		register(s, r.work)
		s.start()
		ids = append(ids, s.enqueue(many(20, jobs.Insert{})...)...)
		for _, id := range ids[20*i:] {
			s.waitFor(id, jobs.Succeeded)
		}
	}
	r.wantOnce(t)

	s := f.newServer(timing(shortTiming()))
	register(s, func(context.Context, *jobs.Job[testArgs[next]]) (any, error) { return nil, nil })
	id := s.enqueue(jobs.Insert{Args: testArgs[next]{}})[0]
	f.exec("UPDATE jobs SET state = 'running', owner = ?, runs = 1, due_at = NOW(6) + INTERVAL 1 HOUR WHERE id = ?", domain.NewID(), id)
	s.start()
	s.waitFor(id, jobs.Succeeded)
}

// TestUnknownKind: an old server leaves a job alone whose kind only a newer one knows.
func TestUnknownKind(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	old := f.newServer()
	old.start()
	id := old.enqueue(jobs.Insert{Args: testArgs[mark]{}})[0]
	testkit.Eventually(t, "the old server has pushed it", func() bool {
		var state string
		err := f.pool.QueryRowContext(t.Context(), "SELECT state FROM jobs WHERE id = ?", id).Scan(&state)
		return err == nil && state == "queued"
	})
	s := f.newServer()
	register(s, newRecorder().work)
	s.start()
	s.waitFor(id, jobs.Succeeded)
}

// TestDatabaseDown stops the database while a job ends, and for longer than a lease.
func TestDatabaseDown(t *testing.T) {
	t.Parallel()
	type long struct{}
	mysql := testenv.PrivateMySQL(t)
	f := &fixture{t: t, redisURL: testenv.NewRedisURL(t), url: mysql.URL}
	f.migrate()
	s := f.newServer(timing(shortTiming()))
	began, gate := make(chan struct{}, 2), make(chan struct{})
	r := newRecorder()
	register(s, func(ctx context.Context, job *jobs.Job[testArgs[mark]]) (any, error) {
		began <- struct{}{}
		<-gate
		return r.work(ctx, job)
	})
	var stopped atomic.Bool
	register(s, func(ctx context.Context, _ *jobs.Job[testArgs[long]]) (any, error) {
		if r.done() > 0 && stopped.Load() {
			return nil, nil
		}
		began <- struct{}{}
		<-ctx.Done()
		stopped.Store(true)
		return nil, ctx.Err()
	})
	s.start()
	ids := s.enqueue(jobs.Insert{Args: testArgs[mark]{}}, jobs.Insert{Args: testArgs[long]{}})
	<-began
	<-began
	mysql.Kill9()
	close(gate)
	testkit.Eventually(t, "the long job is stopped", stopped.Load)
	mysql.Restart()
	for _, id := range ids {
		s.waitFor(id, jobs.Succeeded)
	}
}
