package jobs_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

// marks remembers how often each job was done.
type marks struct {
	mu    sync.Mutex
	order []string
	times map[domain.ID]int
}

func newMarks() *marks { return &marks{times: map[domain.ID]int{}} }

func (m *marks) do(_ context.Context, run *jobs.Run) (any, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.times[run.ID]++
	m.order = append(m.order, string(run.Payload))
	return nil, nil
}

func (m *marks) done() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.times)
}

func (m *marks) position(payload string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, p := range m.order {
		if p == payload {
			return i
		}
	}
	return -1
}

func many(n int, j jobs.LegacyInsert) []jobs.LegacyInsert {
	js := make([]jobs.LegacyInsert, n)
	for i := range js {
		js[i] = j
		js[i].Payload = i
	}
	return js
}

func TestRedisDown(t *testing.T) {
	w := newWorld(t)
	redis := testenv.PrivateRedis(t)
	w.redisURL = redis.URL
	p := w.process(timing(quick()))
	m := newMarks()
	p.Handle("mark", jobs.Options{}, m.do)
	p.start()
	p.is(p.add(jobs.LegacyInsert{Kind: "mark"})[0], jobs.Succeeded)
	redis.Kill9()
	ids := p.add(many(30, jobs.LegacyInsert{Kind: "mark"})...)
	for _, id := range ids {
		if j := p.job(id); j.State != jobs.Waiting {
			t.Fatalf("without Redis it is %s", j.State)
		}
	}
	redis.Restart()
	for _, id := range ids {
		p.is(id, jobs.Succeeded)
	}
	redis.Pause()
	id := p.add(jobs.LegacyInsert{Kind: "mark"})[0]
	p.end(5 * time.Second) // a server stops in time although Redis hangs
	redis.Resume()
	p = w.process()
	p.Handle("mark", jobs.Options{}, m.do)
	p.start()
	p.is(id, jobs.Succeeded)
	for id, n := range m.times {
		if n != 1 {
			t.Errorf("%s was done %d times", id, n)
		}
	}
}

// TestRedisFlushed takes everything out of Redis while workers are busy: the outbox refills it.
func TestRedisFlushed(t *testing.T) {
	w := newWorld(t)
	p := w.process(timing(quick()), concurrency(2))
	m := newMarks()
	held, began := make(chan struct{}), make(chan struct{}, 100)
	p.Handle("mark", jobs.Options{}, func(ctx context.Context, run *jobs.Run) (any, error) {
		began <- struct{}{}
		<-held
		return m.do(ctx, run)
	})
	p.start()
	ids := p.add(many(40, jobs.LegacyInsert{Kind: "mark"})...)
	for range 2 {
		<-began
	}
	w.flush()
	close(held)
	for _, id := range ids {
		p.is(id, jobs.Succeeded)
	}
	for id, n := range m.times {
		if n != 1 {
			t.Errorf("%s was done %d times", id, n)
		}
	}
}

// TestWorkerGone leaves jobs as a server does that is killed at work: one it runs, one it has
// taken from Redis but not begun, one it has marked but not pushed, one it was to cancel, and one
// that has brought down many servers.
func TestWorkerGone(t *testing.T) {
	w := newWorld(t)
	first := w.process()
	var dead atomic.Int32
	handle := func(p *process, m *marks) {
		p.Handle("mark", jobs.Options{OnDead: func(context.Context, *jobs.Run, error) error { dead.Add(1); return nil }}, m.do)
	}
	ids := first.add(many(5, jobs.LegacyInsert{Kind: "mark"})...)
	ghost := domain.NewID()
	w.exec("UPDATE jobs SET state = 'running', owner = ?, runs = 1, due_at = NOW(6) + INTERVAL 1 SECOND WHERE id IN (?, ?, ?)", ghost, ids[0], ids[3], ids[4])
	w.exec("UPDATE jobs SET state = 'queued', owner = ?, due_at = NOW(6) + INTERVAL 1 SECOND WHERE id IN (?, ?)", ghost, ids[1], ids[2])
	w.exec("UPDATE jobs SET cancelling = TRUE WHERE id = ?", ids[3])
	w.exec("UPDATE jobs SET lost = 19 WHERE id = ?", ids[4])
	taken := make(chan struct{})
	held := make(chan struct{})
	thief := newTransport(t, w)
	if err := thief.Push(t.Context(), jobs.Task{JobID: ids[1], Kind: "mark", Queue: jobs.Standard}); err != nil {
		t.Fatal(err)
	}
	if err := thief.Start(1, func(jobs.Task) error {
		close(taken)
		<-held
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	<-taken
	defer close(held)
	thief.Pause()

	p := w.process(timing(quick()))
	m := newMarks()
	handle(p, m)
	p.start()
	for _, id := range ids[:3] {
		p.is(id, jobs.Succeeded)
	}
	p.is(ids[3], jobs.Cancelled)
	if j := p.is(ids[4], jobs.Failed); dead.Load() != 1 || j.ErrorCode != "internal" {
		t.Errorf("told %d times: %+v", dead.Load(), j)
	}
	if m.done() != 3 {
		t.Errorf("%d were done", m.done())
	}
}

// TestTakenOver lets a run go on after its lease was given to another: what it does then counts
// for nothing, and it is told.
func TestTakenOver(t *testing.T) {
	t.Run("by any", func(t *testing.T) { takenOver(t, true) })
	t.Run("by itself", func(t *testing.T) { takenOver(t, false) })
}

func takenOver(t *testing.T, other bool) {
	w := newWorld(t)
	slow, next := w.process(timing(quick())), w.process(timing(quick()))
	told := make(chan error, 1)
	began := make(chan struct{})
	var runs atomic.Int32
	slow.Handle("mark", jobs.Options{}, func(ctx context.Context, run *jobs.Run) (any, error) {
		if runs.Add(1) > 1 { // it may be the one that takes over
			return "next", nil
		}
		close(began)
		<-ctx.Done()
		told <- run.Progress(context.WithoutCancel(ctx), 1)
		return "slow", nil
	})
	next.Handle("mark", jobs.Options{}, func(context.Context, *jobs.Run) (any, error) { return "next", nil })
	slow.start()
	id := slow.add(jobs.LegacyInsert{Kind: "mark"})[0]
	<-began
	w.exec("UPDATE jobs SET due_at = NOW(6), state = 'waiting' WHERE id = ?", id) // as a relay elsewhere would
	if other {
		next.start()
	}
	if err := <-told; err == nil {
		t.Error("it may go on")
	}
	if j := next.is(id, jobs.Succeeded); string(j.Result) != `"next"` {
		t.Errorf("the result is %s", j.Result)
	}
	testkit.Eventually(t, "it is seen as lost", func() bool { return slow.tally.of(jobs.OutcomeLeaseLost) == 1 })
}

// TestClocks runs servers whose clocks are hours apart, then one whose database is an hour ahead
// for a while, as after a bad correction.
func TestClocks(t *testing.T) {
	w := newWorld(t)
	ahead := func() time.Time { return domain.SystemClock().Add(5 * time.Hour) }
	behind := func() time.Time { return domain.SystemClock().Add(-5 * time.Hour) }
	m := newMarks()
	var ids []domain.ID
	for i, c := range []domain.Clock{ahead, behind} {
		p := w.process(func(d *jobs.Config) { d.Runtime.Clock = c })
		p.Handle("mark", jobs.Options{}, m.do)
		p.start()
		ids = append(ids, p.add(many(20, jobs.LegacyInsert{Kind: "mark"})...)...)
		for _, id := range ids[20*i:] {
			p.is(id, jobs.Succeeded)
		}
	}
	for id, n := range m.times {
		if n != 1 {
			t.Errorf("%s was done %d times", id, n)
		}
	}

	p := w.process(timing(quick()))
	p.Handle("hour", jobs.Options{}, m.do)
	id := p.add(jobs.LegacyInsert{Kind: "hour"})[0]
	w.exec("UPDATE jobs SET state = 'running', owner = ?, runs = 1, due_at = NOW(6) + INTERVAL 1 HOUR WHERE id = ?", domain.NewID(), id)
	p.start()
	p.is(id, jobs.Succeeded)
}

// TestTwoServers has many jobs and two relays and workers: each is done once.
func TestTwoServers(t *testing.T) {
	w := newWorld(t)
	m := newMarks()
	var ids []domain.ID
	servers := []*process{w.process(), w.process()}
	for _, p := range servers {
		p.Handle("mark", jobs.Options{}, m.do)
		p.start()
	}
	for range 5 {
		for _, p := range servers {
			ids = append(ids, p.add(many(50, jobs.LegacyInsert{Kind: "mark", Queue: jobs.Bulk, UserID: domain.NewID()})...)...)
		}
	}
	testkit.Eventually(t, "all are done", func() bool { return m.done() == len(ids) })
	for _, p := range servers {
		if p.tally.of(jobs.OutcomeSucceeded) == 0 {
			t.Error("one server did nothing")
		}
	}
	for id, n := range m.times {
		if n != 1 {
			t.Errorf("%s was done %d times", id, n)
		}
	}
}

// TestEvery has two schedulers: the task is done once a period.
func TestEvery(t *testing.T) {
	w := newWorld(t)
	var times atomic.Int32
	for range 2 {
		p := w.process()
		p.Every("tidy", time.Second, func(context.Context) error { times.Add(1); return nil })
		p.Every("rare", 1000*time.Hour, func(context.Context) error { return nil })
		p.start()
	}
	testkit.Eventually(t, "three periods went by", func() bool { return times.Load() >= 3 })
	var keys, runs int
	if err := w.pool.QueryRowContext(t.Context(), "SELECT COUNT(DISTINCT job_key), COUNT(*) FROM jobs WHERE kind = 'every.tidy'").Scan(&keys, &runs); err != nil || keys != runs || int(times.Load()) > keys {
		t.Errorf("%d periods, %d jobs, %d times: %v", keys, runs, times.Load(), err)
	}
	if err := w.pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM jobs WHERE kind = 'every.rare'").Scan(&runs); err != nil || runs > 2 {
		t.Errorf("the rare one: %d, %v", runs, err)
	}
}

// TestEveryIsNotDoubled puts an occasion off while its predecessor runs, and skips one that comes late.
func TestEveryIsNotDoubled(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	var times atomic.Int32
	p.Every("tidy", time.Hour, func(context.Context) error { times.Add(1); return nil })
	now := time.Now().UnixMicro() / time.Hour.Microseconds()
	late := p.add(jobs.LegacyInsert{Kind: "every.tidy", Payload: map[string]int64{"number": now - 1}})[0]
	p.start()
	if j := p.is(late, jobs.Succeeded); string(j.Result) != `"late"` {
		t.Errorf("the late one: %s", j.Result)
	}
	testkit.Eventually(t, "this hour's is done", func() bool { return times.Load() >= 1 })
	before := times.Load()
	runs := domain.NewID()
	w.exec("INSERT INTO jobs SELECT ?, user_id, kind, queue, NULL, 'running', payload, result, '', '', 0, 0, 1, 0, 0, FALSE, ?, run_at, NOW(6) + INTERVAL 20 SECOND, created_at, NULL, NULL FROM jobs WHERE id = ?", runs, domain.NewID(), late)
	next := p.add(jobs.LegacyInsert{Kind: "every.tidy", Payload: map[string]int64{"number": now + 10}})[0]
	p.until(next, "it is put off", func(j jobs.Info) bool { return j.State == jobs.Waiting && j.Error != "" })
	if times.Load() != before {
		t.Error("it ran twice at a time")
	}
	w.exec("DELETE FROM jobs WHERE id = ?", runs)
	if j := p.is(next, jobs.Succeeded); times.Load() != before+1 || j.Tries != 0 || j.Error != "" {
		t.Errorf("the next one: %+v, %d times", j, times.Load())
	}
}

// TestBacklog has a hundred thousand bulk jobs waiting ahead of one that somebody waits for.
func TestBacklog(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	p.add(many(50, jobs.LegacyInsert{Kind: "mark", Queue: jobs.Bulk, UserID: domain.NewID()})...)
	// Doubled in the database: the last bytes of an id are random.
	for n := 50; n < 100_000; n *= 2 {
		w.exec("INSERT INTO jobs SELECT CONCAT(LEFT(id, 6), UNHEX(LEFT(MD5(CONCAT(id, ?)), 20))), user_id, kind, queue, NULL, state, payload, result, error_code, error, done, total, runs, tries, lost, cancelling, owner, run_at, due_at, created_at, NULL, NULL FROM jobs", strconv.Itoa(n))
	}
	m := newMarks()
	p.Handle("mark", jobs.Options{}, m.do)
	p.start()
	testkit.Eventually(t, "the bulk is being done", func() bool { return m.done() > 0 })
	began := time.Now()
	reset := p.add(jobs.LegacyInsert{Kind: "mark", Queue: jobs.Interactive, Payload: "reset"})[0]
	p.is(reset, jobs.Succeeded)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if left := 100_000 - m.done(); left < 50_000 {
		t.Errorf("only %d were left to pass", left)
	}
	t.Logf("%d bulk jobs were done before it, %s after it was added", m.position(`"reset"`), time.Since(began))
	w.exec("DELETE FROM jobs WHERE state = 'waiting'")
}

// TestTurns has one user with much waiting and one with little.
func TestTurns(t *testing.T) {
	w := newWorld(t)
	p := w.process(concurrency(1))
	ada, bob := domain.NewID(), domain.NewID()
	p.add(many(400, jobs.LegacyInsert{Kind: "mark", UserID: ada})...)
	var bobs []jobs.LegacyInsert
	for i := range 3 {
		bobs = append(bobs, jobs.LegacyInsert{Kind: "mark", UserID: bob, Payload: fmt.Sprint("bob", i)})
	}
	p.add(bobs...)
	m := newMarks()
	p.Handle("mark", jobs.Options{}, m.do)
	p.start()
	testkit.Eventually(t, "all are done", func() bool { return m.done() == 403 })
	for i := range bobs {
		if at := m.position(fmt.Sprintf("%q", fmt.Sprint("bob", i))); at > 16 {
			t.Errorf("bob's number %d was done after %d others", i, at)
		}
	}
}

// TestStopping hands a job back that does not end in time, and it is done elsewhere at once.
func TestStopping(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	began := make(chan struct{})
	p.Handle("mark", jobs.Options{Tries: 1}, func(ctx context.Context, _ *jobs.Run) (any, error) {
		close(began)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	p.start()
	id := p.add(jobs.LegacyInsert{Kind: "mark"})[0]
	<-began
	p.end(3 * time.Second)
	if p.tally.of(jobs.OutcomeReleased) != 1 {
		t.Error("it was not handed back")
	}
	next := w.process()
	next.Handle("mark", jobs.Options{Tries: 1}, newMarks().do)
	next.start()
	if j := next.is(id, jobs.Succeeded); j.Tries != 0 {
		t.Errorf("%+v", j)
	}
}

// TestNewerKind gives an old server what only a new one knows.
func TestNewerKind(t *testing.T) {
	w := newWorld(t)
	old := w.process()
	old.start()
	id := old.add(jobs.LegacyInsert{Kind: "new"})[0]
	testkit.Eventually(t, "the old server was given it", func() bool {
		var state string
		err := w.pool.QueryRowContext(t.Context(), "SELECT state FROM jobs WHERE id = ?", id).Scan(&state)
		return err == nil && state == "queued"
	})
	p := w.process()
	p.Handle("new", jobs.Options{}, newMarks().do)
	p.start()
	p.is(id, jobs.Succeeded)
}

// TestDatabaseDown takes the database away while a job ends, and for longer than a lease.
func TestDatabaseDown(t *testing.T) {
	w := &world{t: t, redisURL: testenv.RedisURL(t)}
	server := testenv.PrivateMySQL(t)
	w.url = server.URL
	w.migrate()
	p := w.process(timing(quick()))
	began, held := make(chan struct{}, 2), make(chan struct{})
	m := newMarks()
	p.Handle("short", jobs.Options{}, func(ctx context.Context, run *jobs.Run) (any, error) {
		began <- struct{}{}
		<-held
		return m.do(ctx, run)
	})
	var stopped atomic.Bool
	p.Handle("long", jobs.Options{}, func(ctx context.Context, run *jobs.Run) (any, error) {
		if m.done() > 0 && stopped.Load() {
			return nil, nil
		}
		began <- struct{}{}
		<-ctx.Done()
		stopped.Store(true)
		return nil, ctx.Err()
	})
	p.start()
	ids := p.add(jobs.LegacyInsert{Kind: "short"}, jobs.LegacyInsert{Kind: "long"})
	<-began
	<-began
	server.Kill9()
	close(held)
	testkit.Eventually(t, "the long one is told to stop", stopped.Load)
	server.Restart()
	for _, id := range ids {
		p.is(id, jobs.Succeeded)
	}
}
