package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"counsel/db"
	"counsel/domain"
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
	Args        A
	Attempt     int // from 1
	Done, Total int // steps; Done is what earlier attempts reported

	run *Run // nil: in a test
}

// Progress records that done steps of Total are done. It returns ErrCancelled when the job was
// cancelled, and another error when this attempt has lost its lease; the worker must then return.
func (j *Job[A]) Progress(ctx context.Context, done int) error {
	if j.run == nil {
		return nil
	}
	return j.run.Progress(ctx, done)
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
		Options: Options{Tries: w.MaxAttempts, Timeout: w.Timeout, Backoff: w.Backoff, Show: w.RedactResult},
		kinds:   append([]string{args.Kind()}, formerKinds...),
		do: func(ctx context.Context, run *Run) (any, error) {
			job, err := decode[A](run)
			if err != nil {
				return nil, err
			}
			return w.Work(ctx, job)
		},
	}
	if w.OnDiscard != nil {
		e.OnDead = func(ctx context.Context, run *Run, cause error) error {
			job, err := decode[A](run)
			if err != nil {
				return nil //nolint:nilerr // there is nothing to pass on
			}
			return w.OnDiscard(ctx, job, cause)
		}
	}
	r.registry().add(e)
}

func decode[A Args](run *Run) (*Job[A], error) {
	job := &Job[A]{ID: run.ID, UserID: run.UserID, Attempt: run.Try, Done: run.Done, Total: run.Total, run: run}
	if err := json.Unmarshal(run.Payload, &job.Args); err != nil {
		return nil, Fatal(fmt.Errorf("decode the arguments of %s: %w", run.Kind, err))
	}
	return job, nil
}

// worker is a Worker of whatever arguments.
type worker struct {
	Options
	kinds  []string // the present one first
	do     func(context.Context, *Run) (any, error)
	period *period // nil: not periodic
}

// Workers are the workers of a process, by kind.
type Workers struct {
	byKind  map[string]*worker
	periods []*period
}

// NewWorkers returns an empty registry.
func NewWorkers() *Workers { return &Workers{byKind: map[string]*worker{}} }

func (w *Workers) registry() *Workers { return w }
func (s *Service) registry() *Workers { return s.workers }

func (w *Workers) add(e *worker) {
	e.Options = e.Options.withDefaults()
	for _, kind := range e.kinds {
		if w.byKind[kind] != nil {
			panic("jobs: two workers for " + kind)
		}
		w.byKind[kind] = e
	}
}

// sameKinds lists the present and former names of a kind, or of no other than itself.
func (w *Workers) sameKinds(kind string) []string {
	if e := w.byKind[kind]; e != nil {
		return slices.Clone(e.kinds)
	}
	return []string{kind}
}

// Work makes one attempt at a job without storing it, for tests.
func (w *Workers) Work(ctx context.Context, id domain.ID, job Insert, attempt int) (result any, err error) {
	e := w.byKind[job.Args.Kind()]
	if e == nil {
		return nil, errUnknown
	}
	payload, err := json.Marshal(job.Args)
	if err != nil {
		return nil, err
	}
	return e.do(ctx, &Run{ID: id, UserID: job.UserID, Kind: job.Args.Kind(), Payload: payload, Try: attempt, Total: job.Total})
}
