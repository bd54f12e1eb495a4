package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/retry"
)

// Args are the arguments of a job. They are stored as JSON in its row, which outlives the version
// that wrote it: fields are added, never renamed.
type Args interface {
	// Kind is the name of the work, `<subject plural>.<verb>`, such as email.send. The zero value
	// returns it too.
	Kind() string
}

// Job is one attempt at a job.
type Job[A Args] struct {
	ID, UserID  domain.ID
	KeyID       domain.ID // the API key with which the owner enqueued it; zero: none
	Args        A
	Attempt     int // from 1
	Done, Total int // steps; Done is what earlier attempts reported

	run *run // nil: in a test
}

// Progress records that done steps of Total are done. It returns ErrCancelled when the job was
// cancelled, and another error when this attempt has lost its lease; the worker must then return.
func (j *Job[A]) Progress(ctx context.Context, done int) error {
	if j.run == nil {
		return nil
	}
	return j.run.progress(ctx, done)
}

// Worker does the jobs whose arguments are A. An optional field that is zero takes its default.
type Worker[A Args] struct {
	// Work does a job. Its context ends when the attempt takes too long, the job is cancelled, or
	// the server stops. The result is stored as JSON; with ErrCancelled, it is what was done so far.
	Work func(ctx context.Context, job *Job[A]) (result any, err error)

	// The retry policy.
	MaxAttempts int                             // 10
	Timeout     time.Duration                   // of one attempt; 10 minutes
	Backoff     func(attempt int) time.Duration // after attempt has failed; doubles from 2 s to 10 min

	// OnDiscard is called when a job has failed for the last time, before that is recorded: at least
	// once, until it succeeds. It is not called for a job whose arguments cannot be decoded. Optional.
	OnDiscard func(ctx context.Context, job *Job[A], err error) error

	// RedactResult returns the part of a result that the caller may read now. Optional: all of it.
	RedactResult func(ctx context.Context, caller domain.Principal, result json.RawMessage) (json.RawMessage, error)
}

// Registry holds the workers of a process. Service and Workers implement it.
type Registry interface{ registry() *Workers }

// Client registers workers and enqueues jobs. Service implements it; jobstest.Client does in tests.
type Client interface {
	Registry
	Enqueue(ctx context.Context, tx db.Tx, jobs ...Insert) ([]domain.ID, error)
	EnqueueNow(ctx context.Context, jobs ...Insert) ([]domain.ID, error)
	Wake()
}

// Register sets the worker of a kind of job, before Start. Rows of former kinds are its jobs as
// well. It panics when a kind has a worker already.
func Register[A Args](r Registry, w Worker[A], formerKinds ...string) {
	var args A
	e := &worker{
		kinds:        append([]string{args.Kind()}, formerKinds...),
		policy:       policy{maxAttempts: w.MaxAttempts, timeout: w.Timeout, backoff: w.Backoff},
		redactResult: w.RedactResult,
		work: func(ctx context.Context, r *run) (any, error) {
			job, err := decode[A](r)
			if err != nil {
				return nil, err
			}
			return w.Work(ctx, job)
		},
	}
	if w.OnDiscard != nil {
		e.onDiscard = func(ctx context.Context, r *run, cause error) error {
			job, err := decode[A](r)
			if err != nil {
				return nil //nolint:nilerr // there is nothing to pass on
			}
			return w.OnDiscard(ctx, job, cause)
		}
	}
	r.registry().add(e)
}

func decode[A Args](r *run) (*Job[A], error) {
	job := &Job[A]{ID: r.id, UserID: r.userID, KeyID: r.keyID, Attempt: r.attempt, Done: r.done, Total: r.total, run: r}
	if err := json.Unmarshal(r.args, &job.Args); err != nil {
		return nil, Permanent(fmt.Errorf("decode the arguments of %s: %w", r.kind, err))
	}
	return job, nil
}

// worker is a Worker whose arguments are still encoded.
type worker struct {
	policy
	kinds        []string // the present one first, then former ones
	work         func(context.Context, *run) (any, error)
	onDiscard    func(context.Context, *run, error) error // may be nil
	redactResult func(context.Context, domain.Principal, json.RawMessage) (json.RawMessage, error)
	schedule     *schedule // nil: not periodic
}

// policy is how often and how long a kind of job is attempted, and how long it is retained.
type policy struct {
	maxAttempts int
	timeout     time.Duration
	backoff     func(attempt int) time.Duration
	retention   time.Duration // of finished jobs; 0: CompletedRetention and DiscardedRetention
}

func (p policy) withDefaults() policy {
	if p.maxAttempts == 0 {
		p.maxAttempts = 10
	}
	if p.timeout == 0 {
		p.timeout = 10 * time.Minute
	}
	if p.backoff == nil {
		p.backoff = backoff
	}
	return p
}

// retain returns the retention of a finished job in microseconds.
func (p policy) retain(usual time.Duration) int64 {
	if p.retention > 0 {
		return p.retention.Microseconds()
	}
	return usual.Microseconds()
}

func backoff(attempt int) time.Duration {
	return retry.Jitter(min(time.Second<<min(attempt, 20), 10*time.Minute), 0.1)
}

// Workers are the workers of a process, by kind.
type Workers struct {
	byKind    map[string]*worker
	schedules []*schedule
}

// NewWorkers returns an empty registry.
func NewWorkers() *Workers { return &Workers{byKind: map[string]*worker{}} }

func (w *Workers) registry() *Workers { return w }
func (s *Service) registry() *Workers { return s.workers }

func (w *Workers) add(e *worker) {
	e.policy = e.withDefaults()
	for _, kind := range e.kinds {
		if w.byKind[kind] != nil {
			panic("jobs: two workers for " + kind)
		}
		w.byKind[kind] = e
	}
}

// aliases lists the present and former names of a kind.
func (w *Workers) aliases(kind string) []string {
	if e := w.byKind[kind]; e != nil {
		return e.kinds
	}
	return []string{kind}
}

// Work makes one attempt at a job without storing it, for tests.
func (w *Workers) Work(ctx context.Context, id domain.ID, job Insert, attempt int) (result any, err error) {
	e := w.byKind[job.Args.Kind()]
	if e == nil {
		return nil, errUnknownKind
	}
	args, err := json.Marshal(job.Args)
	if err != nil {
		return nil, err
	}
	return e.work(ctx, &run{id: id, userID: job.UserID, keyID: job.KeyID, kind: job.Args.Kind(), args: args, attempt: attempt, total: job.Total})
}
