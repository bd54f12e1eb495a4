package jobs_test

import (
	"context"
	"database/sql"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"counsel/clients/queue"
	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// world is a database and a Redis, with as many processes on them as a test starts.
type world struct {
	t        testing.TB
	url      string // of the database
	pool     *sql.DB
	redisURL string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, url: testenv.SchemaURL(t), redisURL: testenv.RedisURL(t)}
	w.migrate()
	return w
}

func (w *world) migrate() {
	w.t.Helper()
	w.pool = testenv.OpenDB(w.t, w.url)
	if err := db.Migrate(w.t.Context(), w.pool); err != nil {
		w.t.Fatal(err)
	}
	w.flush()
}

func (w *world) redis(f func(rueidis.Client)) {
	w.t.Helper()
	c, err := db.OpenRedis(w.t.Context(), w.redisURL)
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	f(c)
}

// newTransport is one that the test drives itself.
func newTransport(t testing.TB, w *world) *queue.Queue {
	t.Helper()
	q := queue.New(testenv.OpenRedis(t, w.redisURL), discard())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := q.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return q
}

// waiting is how many tasks of a queue lie in Redis.
func (w *world) waiting(q jobs.Queue) (n int64) {
	w.redis(func(c rueidis.Client) {
		var err error
		if n, err = c.Do(w.t.Context(), c.B().Zcard().Key("{jobs}:"+string(q)).Build()).AsInt64(); err != nil {
			w.t.Fatal(err)
		}
	})
	return n
}

func (w *world) flush() {
	w.redis(func(c rueidis.Client) {
		if err := c.Do(w.t.Context(), c.B().Flushdb().Build()).Error(); err != nil {
			w.t.Fatal(err)
		}
	})
}

// process stands for one server.
type process struct {
	*jobs.Service
	w     *world
	tally *tally
	end   func(time.Duration)
}

// tally counts outcomes of runs.
type tally struct {
	mu   sync.Mutex
	ends map[jobs.Outcome]int
}

func (*tally) Started(string, jobs.Queue, time.Duration) {}
func (*tally) Waiting(jobs.Queue, int)                   {}
func (*tally) Rescued(int)                               {}
func (a *tally) Finished(_ string, o jobs.Outcome, _ time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ends[o]++
}

func (a *tally) of(o jobs.Outcome) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.ends)[o]
}

type option func(*jobs.Config)

func timing(t jobs.Timing) option { return func(d *jobs.Config) { d.Timing = t } }
func concurrency(n int) option    { return func(d *jobs.Config) { d.Concurrency = n } }
func quick() jobs.Timing {
	return jobs.Timing{Lease: 2 * time.Second, QueuedLease: time.Second, Poll: 100 * time.Millisecond}
}
func alike(int) time.Duration { return 10 * time.Millisecond }
func discard() *slog.Logger   { return slog.New(slog.DiscardHandler) }
func person(r domain.Role) domain.Principal {
	return domain.Principal{UserID: domain.NewID(), Role: r}
}

// process makes one that is not started yet.
func (w *world) process(options ...option) *process {
	w.t.Helper()
	q := queue.New(testenv.OpenRedis(w.t, w.redisURL), discard())
	p := &process{w: w, tally: &tally{ends: map[jobs.Outcome]int{}}}
	d := jobs.Config{
		DB: w.pool, Transport: q, Runtime: domain.SystemRuntime(discard()), Metrics: p.tally,
		Concurrency: 4, Timing: jobs.Timing{Poll: 100 * time.Millisecond},
	}
	for _, o := range options {
		o(&d)
	}
	var err error
	p.Service, err = jobs.New(d)
	testkit.Must(w.t, err)
	var once sync.Once
	p.end = func(within time.Duration) {
		once.Do(func() {
			ctx, cancel := context.WithTimeout(context.Background(), within)
			defer cancel()
			if err := p.Close(ctx); err != nil {
				w.t.Errorf("close: %v", err)
			}
		})
	}
	w.t.Cleanup(func() { p.end(10 * time.Second) })
	return p
}

func (p *process) start() *process {
	p.w.t.Helper()
	if err := p.Start(p.w.t.Context(), true); err != nil {
		p.w.t.Fatal(err)
	}
	return p
}

func (p *process) add(js ...jobs.LegacyInsert) []domain.ID {
	p.w.t.Helper()
	ids, err := p.AddNow(p.w.t.Context(), js...)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return ids
}

var admin = domain.Principal{UserID: domain.NewID(), Role: domain.RoleAdmin}

func (p *process) job(id domain.ID) jobs.Info {
	p.w.t.Helper()
	j, err := p.Get(p.w.t.Context(), admin, id)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return j
}

// until polls a job until it is so.
func (p *process) until(id domain.ID, what string, so func(jobs.Info) bool) jobs.Info {
	p.w.t.Helper()
	var j jobs.Info
	testkit.Eventually(p.w.t, what, func() bool { j = p.job(id); return so(j) })
	return j
}

func (p *process) is(id domain.ID, s jobs.State) jobs.Info {
	p.w.t.Helper()
	return p.until(id, "the job is "+string(s), func(j jobs.Info) bool { return j.State == s })
}

func (w *world) exec(statement string, args ...any) {
	w.t.Helper()
	if _, err := w.pool.ExecContext(w.t.Context(), statement, args...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tx(f func(db.Tx) error) error { return db.WithTx(w.t.Context(), w.pool, f) }
