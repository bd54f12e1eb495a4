// Package jobs does work outside the request that asked for it, and loses none of it.
//
// A job is a row, written in the transaction of the thing it belongs to. It is scheduled until it
// is due, then waiting; a relay hands it to the transport (queued), a worker claims it (running),
// and in the end it has succeeded, failed (a dead letter, which an admin can send again) or been
// cancelled. The row is the truth; the transport only carries ids to free workers, and may lose or
// double them: a queued or running job whose lease ends is waiting again, and a job that is not
// waiting or queued is not begun. Any number of processes relay and work.
//
// A kind of job is therefore done at least once, and must take being done again. While the
// transport is down jobs wait; while the database is down nothing can be added and nothing begins.
// Leases and delays are measured by the database's clock, so that a server whose clock jumps
// disturbs nobody.
//
// Interactive work goes before standard, standard before bulk, and within a queue users take
// turns, however much one of them has waiting.
package jobs

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// Queue says how soon a job matters.
type Queue string

// The queues, most urgent first.
const (
	Interactive Queue = "interactive" // somebody is looking at the screen
	Standard    Queue = "standard"
	Bulk        Queue = "bulk" // as soon as nothing else is to be done
)

// Queues lists all, most urgent first.
var Queues = []Queue{Interactive, Standard, Bulk}

// How long a finished job can be looked up. One that failed is a dead letter for that long.
const (
	KeptDone   = 7 * 24 * time.Hour
	KeptFailed = 30 * 24 * time.Hour
)

// maxKey is the longest Key, in bytes.
const maxKey = 190

// Task is what the transport carries: nothing but which job.
type Task struct {
	JobID domain.ID
	Kind  string
	Queue Queue
}

// Transport carries tasks to free workers, on any server.
type Transport interface {
	// Push hands over a task. One that is under way already is not doubled. An error says that it
	// may not arrive.
	Push(ctx context.Context, t Task) error
	// Start calls do for each task that arrives, at most concurrency at a time and a few more for
	// interactive ones alone. A task whose do fails arrives again, here or elsewhere.
	Start(concurrency int, do func(Task) error) error
	// Pause takes no more tasks; those that were taken are done.
	Pause()
	// Close ends it, within ctx; it may be called when nothing was started.
	Close(ctx context.Context) error
}

// Outcome is how a run ended.
type Outcome string

// The outcomes.
const (
	OutcomeSucceeded Outcome = "succeeded"
	OutcomeRetried   Outcome = "retried"   // failed, to be tried again
	OutcomeFailed    Outcome = "failed"    // for good
	OutcomeCancelled Outcome = "cancelled" //
	OutcomeReleased  Outcome = "released"  // handed back by a server that stops
	OutcomeLost      Outcome = "lost"      // another server has taken it over
)

// Metrics hears what happens. Methods are called from many goroutines.
type Metrics interface {
	Started(kind string, q Queue, waited time.Duration)
	Finished(kind string, o Outcome, took time.Duration)
	Waiting(q Queue, atLeast int) // counted up to ten thousand
}

// Timing of leases and looks. A zero field takes the default.
type Timing struct {
	Lease       time.Duration // of a running job, extended while its process lives; 15 s
	QueuedLease time.Duration // of a job handed to the transport; 30 s
	Poll        time.Duration // between looks for what other processes left; 1 s
}

// Deps are what the service needs.
type Deps struct {
	DB          *sql.DB
	Transport   Transport
	Clock       domain.Clock
	NewID       func() domain.ID
	Log         *slog.Logger
	Metrics     Metrics
	Concurrency int // jobs at a time in this process, of all queues; interactive ones have a few places more
	Timing      Timing
}

// Service keeps jobs, and does them once it is started. It is safe for concurrent use.
type Service struct {
	Deps
	rows  *query.Queries
	owner domain.ID // this process

	workers *Workers
	started bool

	wake    chan struct{}
	backlog atomic.Bool // more waits than was handed over
	cursor  map[Queue]domain.ID

	base     context.Context // of the runs
	endBase  context.CancelCauseFunc
	endRelay context.CancelFunc
	relaying sync.WaitGroup
	beating  sync.WaitGroup
	endBeat  context.CancelFunc

	mu      sync.Mutex
	running map[domain.ID]*Run
	active  int           // tasks that are being done
	closing bool          // no more of them
	idle    chan struct{} // closed when closing and none is left
}

// NewService makes the service. It does nothing by itself before Start.
func NewService(d Deps) *Service {
	if d.Timing.Lease == 0 {
		d.Timing.Lease = 15 * time.Second
	}
	if d.Timing.QueuedLease == 0 {
		d.Timing.QueuedLease = 30 * time.Second
	}
	if d.Timing.Poll == 0 {
		d.Timing.Poll = time.Second
	}
	if d.Concurrency == 0 {
		d.Concurrency = 8
	}
	return &Service{
		Deps: d, rows: query.New(d.DB), owner: d.NewID(), workers: NewWorkers(),
		wake: make(chan struct{}, 1), cursor: map[Queue]domain.ID{}, running: map[domain.ID]*Run{},
		idle: make(chan struct{}),
	}
}

// New is a job to be done.
type New struct {
	ID      domain.ID // optional; made when zero
	Kind    string    // such as email.send; must be handled by some worker
	Queue   Queue     // Standard when empty
	UserID  domain.ID // whose work: fairness, and who may see and cancel it; zero: the service's own
	Payload any       // JSON; lies in MySQL only, never in Redis
	RunAt   time.Time // zero: now
	Total   int       // steps, for progress
	Key     string    // optional: at most one job has it, for as long as that job can be looked up
}

// Insert is a job to be enqueued. Only Args is required.
type Insert struct {
	Args   Args
	ID     domain.ID // generated when zero
	Queue  Queue     // Standard when empty
	UserID domain.ID // the owner, who may see and cancel it, and in whose turn it runs; zero: the service
	RunAt  time.Time // zero: now
	Total  int       // steps, for progress
	Key    string    // optional unique key: no second job has it while this one can be looked up
}

// Enqueue inserts jobs in the transaction of the change they belong to (an outbox), and returns
// their ids. A job whose Key exists is not inserted; the id of the existing one is returned. Call
// Wake once the transaction has committed.
func (s *Service) Enqueue(ctx context.Context, tx db.Tx, jobs ...Insert) ([]domain.ID, error) {
	js := make([]New, len(jobs))
	for i, j := range jobs {
		js[i] = New{ID: j.ID, Kind: j.Args.Kind(), Queue: j.Queue, UserID: j.UserID, Payload: j.Args, RunAt: j.RunAt, Total: j.Total, Key: j.Key}
	}
	return s.Add(ctx, tx, js...)
}

// EnqueueNow inserts jobs in a transaction of their own.
func (s *Service) EnqueueNow(ctx context.Context, jobs ...Insert) (ids []domain.ID, err error) {
	err = db.WithTx(ctx, s.DB, func(tx db.Tx) error {
		ids, err = s.Enqueue(ctx, tx, jobs...)
		return err
	})
	if err == nil {
		s.Wake()
	}
	return ids, err
}

// UniqueKey is the Key of a job that a client may request again: the same arguments under the
// same idempotency key are the same job. It is "" without an idempotency key.
func UniqueKey(args Args, user domain.ID, idempotencyKey string) (string, error) {
	return Once(args.Kind(), user, idempotencyKey, args)
}

// Add writes jobs in the transaction of the thing they belong to, one INSERT each, and returns
// their ids. A job whose Key another has is not added, and that other's id is returned. Call Wake
// once the transaction has committed.
func (s *Service) Add(ctx context.Context, tx db.Tx, js ...New) ([]domain.ID, error) {
	q := query.New(tx)

	ids := make([]domain.ID, len(js))
	now := s.Clock()
	for i, j := range js {
		payload, err := json.Marshal(j.Payload)
		if err != nil {
			return nil, err
		}
		if len(j.Key) > maxKey {
			return nil, errors.New("jobs: a key is too long")
		}
		p := query.CreateJobParams{
			ID: j.ID, UserID: j.UserID, Kind: j.Kind, Queue: string(j.Queue), JobKey: sql.NullString{String: j.Key, Valid: j.Key != ""},
			State: stateWaiting, Payload: string(payload), Total: int32(j.Total), RunAt: now, CreatedAt: now,
		}
		if p.ID.IsZero() {
			p.ID = s.NewID()
		}
		if p.Queue == "" {
			p.Queue = string(Standard)
		}
		if j.RunAt.After(now) {
			p.State, p.RunAt = stateScheduled, j.RunAt
		}
		ids[i] = p.ID
		if j.Key == "" {
			if err := q.CreateJob(ctx, p); err != nil {
				return nil, err
			}
			continue
		}
		if err := q.CreateJobOnce(ctx, query.CreateJobOnceParams(p)); err != nil {
			return nil, err
		}
		if ids[i], err = q.GetJobIDByKey(ctx, p.JobKey); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// Once is the Key of a job that somebody may ask for again: the same payload under the same
// idempotency key is the same job. "" without one.
func Once(kind string, user domain.ID, idempotencyKey string, payload any) (string, error) {
	if idempotencyKey == "" {
		return "", nil
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	sum.Write(user[:])
	sum.Write(binary.BigEndian.AppendUint32(nil, uint32(len(idempotencyKey)))) //nolint:gosec // a header's length
	sum.Write([]byte(idempotencyKey))
	sum.Write(body)
	return kind + ":" + hex.EncodeToString(sum.Sum(nil)), nil
}

// AddNow adds jobs that belong to nothing else.
func (s *Service) AddNow(ctx context.Context, js ...New) (ids []domain.ID, err error) {
	err = db.WithTx(ctx, s.DB, func(tx db.Tx) error {
		ids, err = s.Add(ctx, tx, js...)
		return err
	})
	if err == nil {
		s.Wake()
	}
	return ids, err
}

// Wake tells the relay that a transaction with jobs has committed. It never blocks.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Start relays, and with work also does jobs, until Close. All kinds must be registered before.
func (s *Service) Start(ctx context.Context, work bool) error {
	ctx = context.WithoutCancel(ctx)
	s.started = true
	s.base, s.endBase = context.WithCancelCause(ctx)
	relay, endRelay := context.WithCancel(ctx)
	s.endRelay = endRelay
	s.relaying.Go(func() { s.relay(relay, work) })
	if !work {
		return nil
	}
	beat, endBeat := context.WithCancel(ctx)
	s.endBeat = endBeat
	s.beating.Go(func() { s.heartbeat(beat) })
	return s.Transport.Start(s.Concurrency, s.do)
}

// lastCall is how long before Close must end running jobs are told to stop.
const lastCall = 2 * time.Second

// Close takes no more jobs and lets the running ones end. Those that take too long for ctx are
// told to stop, and are handed back for others to do.
func (s *Service) Close(ctx context.Context) error {
	if !s.started {
		return s.Transport.Close(ctx)
	}
	s.endRelay()
	s.relaying.Wait()
	s.Transport.Pause()
	s.mu.Lock()
	if s.closing = true; s.active == 0 {
		close(s.idle)
	}
	s.mu.Unlock()
	patience := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		patience, cancel = context.WithDeadline(ctx, deadline.Add(-lastCall))
		defer cancel()
	}
	select {
	case <-s.idle:
	case <-patience.Done():
		s.endBase(errStopping)
		select {
		case <-s.idle:
		case <-ctx.Done(): // deaf ones are taken over when their lease ends
		}
	}
	s.endBase(errStopping)
	if s.endBeat != nil {
		s.endBeat()
		s.beating.Wait()
	}
	return s.Transport.Close(ctx)
}

// enter counts a task that begins; false when none may any more.
func (s *Service) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.active++
	return true
}

func (s *Service) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active--; s.closing && s.active == 0 {
		close(s.idle)
	}
}
