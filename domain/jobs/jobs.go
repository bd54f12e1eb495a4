// Package jobs runs work outside the request that asked for it, and loses none of it.
//
// A job is a row, inserted in the transaction of the change it belongs to (a transactional outbox).
// The dispatcher of any process pushes due jobs to the transport; a worker claims one under a lease,
// makes an attempt, and records how it ended: see lifecycle.go for the states. The row is the truth.
// The transport only carries ids to free workers, and may lose or duplicate them: a job whose lease
// expires is rescued, and one that is not due cannot be claimed.
//
// Delivery is at least once, so a worker must be idempotent. While the transport is down, jobs
// wait; while the database is down, nothing can be enqueued and nothing starts. Leases and delays
// are measured by the database's clock, so a server with a wrong clock does no harm.
//
// Interactive jobs run before standard ones, standard before bulk. Within a queue the users take
// turns, however many jobs one of them has waiting.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"counsel/domain"
	query "counsel/gen/query/jobs"
)

// Queue is a priority.
type Queue string

// The queues, most urgent first.
const (
	Interactive Queue = "interactive" // a user is waiting
	Standard    Queue = "standard"
	Bulk        Queue = "bulk" // only when no other job is due
)

// Queues lists all, most urgent first.
var Queues = []Queue{Interactive, Standard, Bulk}

// How long a finished job can be looked up.
const (
	CompletedRetention = 7 * 24 * time.Hour // of a job that succeeded or was cancelled
	DiscardedRetention = 30 * 24 * time.Hour
)

// Task is what the transport carries. It holds no arguments.
type Task struct {
	JobID domain.ID
	Kind  string
	Queue Queue
}

// Transport carries tasks to free workers, on any server.
type Transport interface {
	// Push adds a task, unless it is there already. After an error it may not arrive.
	Push(ctx context.Context, t Task) error
	// Start calls do for each task that arrives, at most concurrency at a time, plus a few for
	// interactive ones. A task for which do fails arrives again, here or elsewhere.
	Start(concurrency int, do func(Task) error) error
	// Pause stops receiving tasks. Running ones continue.
	Pause()
	// Close stops the transport, within ctx. It may be called when nothing was started.
	Close(ctx context.Context) error
}

// Timing holds the lease and polling intervals. A zero field takes the default.
type Timing struct {
	Lease       time.Duration // of a running job, extended while its process lives; 15 s
	QueuedLease time.Duration // of a job that was pushed to the transport; 30 s
	Poll        time.Duration // between rounds of the dispatcher; 1 s
}

// Config holds what the service depends on.
type Config struct {
	DB          *sql.DB
	Transport   Transport // not needed by a service that only enqueues
	Runtime     domain.Runtime
	Metrics     Metrics // optional
	Concurrency int     // jobs at a time in this process, besides a few interactive ones; 8
	Timing      Timing
}

// Service stores jobs, and runs them once it is started. It is safe for concurrent use.
type Service struct {
	pool        *sql.DB
	rows        *query.Queries
	transport   Transport
	runtime     domain.Runtime
	metrics     Metrics
	concurrency int
	timing      Timing
	owner       domain.ID // of the leases of this process
	workers     *Workers
	started     bool

	wake     chan struct{}
	backlog  atomic.Bool         // more jobs are due than were pushed
	lastUser map[Queue]domain.ID // whose turn was the last

	base         context.Context // of all attempts
	endBase      context.CancelCauseFunc
	dispatching  sync.WaitGroup
	endDispatch  context.CancelFunc
	heartbeating sync.WaitGroup
	endHeartbeat context.CancelFunc

	mu      sync.Mutex
	running map[domain.ID]*run
	active  int           // tasks in progress
	closing bool          // no task may start
	idle    chan struct{} // closed when closing and no task is in progress
}

// New returns a service that runs nothing before Start.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Runtime.Clock == nil || c.Runtime.NewID == nil || c.Runtime.Log == nil {
		return nil, errors.New("jobs: a database and a runtime are required")
	}
	if c.Metrics == nil {
		c.Metrics = nopMetrics{}
	}
	if c.Timing.Lease == 0 {
		c.Timing.Lease = 15 * time.Second
	}
	if c.Timing.QueuedLease == 0 {
		c.Timing.QueuedLease = 30 * time.Second
	}
	if c.Timing.Poll == 0 {
		c.Timing.Poll = time.Second
	}
	if c.Concurrency == 0 {
		c.Concurrency = 8
	}
	return &Service{
		pool: c.DB, rows: query.New(c.DB), transport: c.Transport, runtime: c.Runtime, metrics: c.Metrics, concurrency: c.Concurrency, timing: c.Timing,
		owner: c.Runtime.NewID(), workers: NewWorkers(), wake: make(chan struct{}, 1), lastUser: map[Queue]domain.ID{}, running: map[domain.ID]*run{}, idle: make(chan struct{}),
	}, nil
}

// Start dispatches jobs, and with work also runs them, until Close. All workers must be registered
// before.
func (s *Service) Start(ctx context.Context, work bool) error {
	if s.transport == nil {
		return errors.New("jobs: a transport is required")
	}
	ctx = context.WithoutCancel(ctx)
	s.started = true
	s.base, s.endBase = context.WithCancelCause(ctx)
	dispatch, endDispatch := context.WithCancel(ctx)
	s.endDispatch = endDispatch
	s.dispatching.Go(func() { s.runDispatcher(dispatch, work) })
	if !work {
		return nil
	}
	heartbeat, endHeartbeat := context.WithCancel(ctx)
	s.endHeartbeat = endHeartbeat
	s.heartbeating.Go(func() { s.heartbeat(heartbeat) })
	return s.transport.Start(s.concurrency, s.runTask)
}

// stopGrace is how long before the deadline of Close the remaining attempts are stopped.
const stopGrace = 2 * time.Second

// Close starts no more jobs and waits for running ones. Those that take too long for ctx are
// stopped and released, so that another server runs them.
func (s *Service) Close(ctx context.Context) error {
	if !s.started {
		if s.transport == nil {
			return nil
		}
		return s.transport.Close(ctx)
	}
	s.endDispatch()
	s.dispatching.Wait()
	s.transport.Pause()
	s.mu.Lock()
	if s.closing = true; s.active == 0 {
		close(s.idle)
	}
	s.mu.Unlock()
	waiting := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		waiting, cancel = context.WithDeadline(ctx, deadline.Add(-stopGrace))
		defer cancel()
	}
	select {
	case <-s.idle:
	case <-waiting.Done():
		s.endBase(errStopping)
		select {
		case <-s.idle:
		case <-ctx.Done(): // a worker ignores its context: its job is rescued when the lease expires
		}
	}
	s.endBase(errStopping)
	if s.endHeartbeat != nil {
		s.endHeartbeat()
		s.heartbeating.Wait()
	}
	return s.transport.Close(ctx)
}

// acquire counts a task that starts. It reports false when the service is closing.
func (s *Service) acquire() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.active++
	return true
}

func (s *Service) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active--; s.closing && s.active == 0 {
		close(s.idle)
	}
}
