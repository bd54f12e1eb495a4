package jobs_test

import (
	"context"
	"counsel/sandbox/testkit"
	"database/sql"
	"maps"
	"reflect"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"counsel/clients/queue"
	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/sandbox/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// fixture is a database and a Redis, with as many servers as a test starts.
type fixture struct {
	t        testing.TB
	url      string // of the database
	pool     *sql.DB
	redisURL string
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{t: t, url: testenv.SchemaURL(t), redisURL: testenv.NewRedisURL(t)}
	f.migrate()
	return f
}

func (f *fixture) migrate() {
	f.t.Helper()
	f.pool = testenv.OpenDB(f.t, f.url)
	testkit.Must(f.t, db.Migrate(f.t.Context(), f.pool))
	f.flushRedis()
}

func (f *fixture) redis(use func(rueidis.Client)) {
	f.t.Helper()
	c, err := db.OpenRedis(f.t.Context(), f.redisURL)
	testkit.Must(f.t, err)
	defer c.Close()
	use(c)
}

func (f *fixture) flushRedis() {
	f.redis(func(c rueidis.Client) { testkit.Must(f.t, c.Do(f.t.Context(), c.B().Flushdb().Build()).Error()) })
}

// tasksInRedis counts the tasks of a queue that no worker has received.
func (f *fixture) tasksInRedis(q jobs.Queue) (n int64) {
	f.redis(func(c rueidis.Client) {
		var err error
		n, err = c.Do(f.t.Context(), c.B().Zcard().Key("{jobs}:"+string(q)).Build()).AsInt64()
		testkit.Must(f.t, err)
	})
	return n
}

func (f *fixture) exec(statement string, args ...any) {
	f.t.Helper()
	_, err := f.pool.ExecContext(f.t.Context(), statement, args...)
	testkit.Must(f.t, err)
}

// scan reads one row.
func (f *fixture) scan(statement string, args []any, into ...any) {
	f.t.Helper()
	testkit.Must(f.t, f.pool.QueryRowContext(f.t.Context(), statement, args...).Scan(into...))
}

func (f *fixture) tx(fn func(db.Tx) error) error { return db.WithTx(f.t.Context(), f.pool, fn) }

// newTransport returns a transport that the test drives itself.
func (f *fixture) newTransport() *queue.Queue {
	f.t.Helper()
	q := queue.New(testenv.OpenRedis(f.t, f.redisURL), testkit.DiscardLog())
	f.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := q.Close(ctx); err != nil {
			f.t.Error(err)
		}
	})
	return q
}

// server stands for one process.
type server struct {
	*jobs.Service
	f       *fixture
	metrics *recordingMetrics
	close   func(within time.Duration)
}

type option func(*jobs.Config)

func timing(t jobs.Timing) option { return func(c *jobs.Config) { c.Timing = t } }
func concurrency(n int) option    { return func(c *jobs.Config) { c.Concurrency = n } }
func clock(now domain.Clock) option {
	return func(c *jobs.Config) { c.Runtime.Clock = now }
}

func shortTiming() jobs.Timing {
	return jobs.Timing{Lease: 2 * time.Second, QueuedLease: time.Second, Poll: 100 * time.Millisecond}
}

// newServer returns a server that is not started yet.
func (f *fixture) newServer(options ...option) *server {
	f.t.Helper()
	s := &server{f: f, metrics: &recordingMetrics{finished: map[jobs.Outcome]int{}}}
	c := jobs.Config{
		DB: f.pool, Transport: queue.New(testenv.OpenRedis(f.t, f.redisURL), testkit.DiscardLog()), Runtime: domain.SystemRuntime(testkit.DiscardLog()), Metrics: s.metrics,
		Concurrency: 4, Timing: jobs.Timing{Poll: 100 * time.Millisecond},
	}
	for _, o := range options {
		o(&c)
	}
	var err error
	s.Service, err = jobs.New(c)
	testkit.Must(f.t, err)
	var once sync.Once
	s.close = func(within time.Duration) {
		once.Do(func() {
			ctx, cancel := context.WithTimeout(context.Background(), within)
			defer cancel()
			if err := s.Close(ctx); err != nil {
				f.t.Errorf("close: %v", err)
			}
		})
	}
	f.t.Cleanup(func() { s.close(10 * time.Second) })
	return s
}

func (s *server) start() *server {
	s.f.t.Helper()
	testkit.Must(s.f.t, s.Start(s.f.t.Context(), true))
	return s
}

func (s *server) enqueue(js ...jobs.Insert) []domain.ID {
	s.f.t.Helper()
	ids, err := s.EnqueueNow(s.f.t.Context(), js...)
	testkit.Must(s.f.t, err)
	return ids
}

// insertRow inserts a job as another version would, with any kind and arguments.
func (s *server) insertRow(kind, args string) domain.ID {
	s.f.t.Helper()
	id := s.enqueue(jobs.Insert{Args: testArgs[raw]{}, RunAt: time.Now().Add(time.Hour)})[0]
	s.f.exec("UPDATE jobs SET kind = ?, payload = ?, state = 'waiting', run_at = NOW(6), due_at = NOW(6) WHERE id = ?", kind, args, id)
	s.Wake()
	return id
}

type raw struct{}

var admin = domain.Principal{UserID: domain.NewID(), Role: domain.RoleAdmin}

func newPrincipal(r domain.Role) domain.Principal {
	return domain.Principal{UserID: domain.NewID(), Role: r}
}

func (s *server) get(id domain.ID) jobs.Info {
	s.f.t.Helper()
	j, err := s.Get(s.f.t.Context(), admin, id)
	testkit.Must(s.f.t, err)
	return j
}

// waitUntil polls a job until a condition holds.
func (s *server) waitUntil(id domain.ID, what string, condition func(jobs.Info) bool) jobs.Info {
	s.f.t.Helper()
	var j jobs.Info
	testkit.Eventually(s.f.t, what, func() bool { j = s.get(id); return condition(j) })
	return j
}

func (s *server) waitFor(id domain.ID, state jobs.State) jobs.Info {
	s.f.t.Helper()
	return s.waitUntil(id, "the job is "+string(state), func(j jobs.Info) bool { return j.State == state })
}

// recordingMetrics counts outcomes.
type recordingMetrics struct {
	mu       sync.Mutex
	finished map[jobs.Outcome]int
	rescued  int
}

func (*recordingMetrics) Started(string, jobs.Queue, time.Duration) {}
func (*recordingMetrics) Waiting(jobs.Queue, int)                   {}

func (m *recordingMetrics) Rescued(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rescued += n
}

func (m *recordingMetrics) rescuedJobs() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rescued
}

func (m *recordingMetrics) Finished(_ string, o jobs.Outcome, _ time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finished[o]++
}

func (m *recordingMetrics) count(o jobs.Outcome) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.finished)[o]
}

// testArgs are the arguments of a job whose kind is named after K.
type testArgs[K any] struct {
	Value string `json:"value"`
}

func (testArgs[K]) Kind() string { return "test." + reflect.TypeFor[K]().Name() }

// mark is the kind of most jobs.
type mark struct{}

type work[K any] = func(context.Context, *jobs.Job[testArgs[K]]) (any, error)

// register registers a worker with the default policy.
func register[K any](s *server, w work[K]) { jobs.Register(s, jobs.Worker[testArgs[K]]{Work: w}) }

func succeed[K any](context.Context, *jobs.Job[testArgs[K]]) (any, error) { return nil, nil }

// many repeats a job, with the arguments 0, 1, 2 ….
func many(n int, j jobs.Insert) []jobs.Insert {
	js := make([]jobs.Insert, n)
	for i := range js {
		js[i] = j
		js[i].Args = testArgs[mark]{strconv.Itoa(i)}
	}
	return js
}

// recorder counts how often each job ran, and in what order.
type recorder struct {
	mu    sync.Mutex
	order []string // the arguments
	runs  map[domain.ID]int
}

func newRecorder() *recorder { return &recorder{runs: map[domain.ID]int{}} }

func (r *recorder) record(id domain.ID, value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runs[id]++
	r.order = append(r.order, value)
}

// work is the worker of the kind mark.
func (r *recorder) work(_ context.Context, job *jobs.Job[testArgs[mark]]) (any, error) {
	r.record(job.ID, job.Args.Value)
	return nil, nil
}

// done returns how many different jobs ran.
func (r *recorder) done() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.runs)
}

// position returns when the job with these arguments ran, or -1.
func (r *recorder) position(value string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, v := range r.order {
		if v == value {
			return i
		}
	}
	return -1
}

// wantOnce fails the test if a job ran more than once.
func (r *recorder) wantOnce(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, n := range r.runs {
		if n != 1 {
			t.Errorf("%s ran %d times", id, n)
		}
	}
}

func constantBackoff(int) time.Duration { return 10 * time.Millisecond }
