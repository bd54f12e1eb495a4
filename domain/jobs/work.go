package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// Options of a kind of job. A zero field takes the default.
type Options struct {
	Tries   int                         // at most; 10
	Timeout time.Duration               // of one try; 10 minutes
	Backoff func(try int) time.Duration // before the next try, after try of them failed; doubling from 2 s to 10 min

	// OnDead is called when a job fails for good, before that is recorded: at least once, and again
	// until it succeeds.
	OnDead func(ctx context.Context, run *Run, err error) error

	// Show is what a caller may read of a result by now. nil: all of it.
	Show func(ctx context.Context, caller domain.Principal, result json.RawMessage) (json.RawMessage, error)

	kept time.Duration // finished jobs; KeptDone and KeptFailed
}

// maxLost is how many servers may go down with a job before it is taken for the cause.
const maxLost = 20

// deadBudget is how long OnDead may take, settleBudget how long recording an end may.
const (
	deadBudget   = 30 * time.Second
	settleBudget = 30 * time.Second
	settlePause  = 100 * time.Millisecond
)

// ErrCancelled is what Progress returns when the job was cancelled; the context of the run ends
// with it as its cause.
var ErrCancelled = errors.New("the job was cancelled")

var (
	errStopping = errors.New("the server is stopping")
	errLost     = errors.New("another server has taken the job over")
	errUnknown  = errors.New("this server does not know that kind of job")
)

// Run is one try at a job.
type Run struct {
	ID, UserID domain.ID
	Kind       string
	Payload    json.RawMessage
	Try        int // from 1
	Done       int // steps that earlier tries reported
	Total      int

	s     *Service
	at    int32 // steps that this try has reported
	runs  int32
	tries int32
	end   context.CancelCauseFunc
}

// logged names the job in every line that is logged with the context.
func (r *Run) logged(ctx context.Context) context.Context {
	return domain.WithLogAttrs(ctx, slog.String("job", r.ID.String()), slog.String("kind", r.Kind))
}

// Read decodes the payload.
func (r *Run) Read(into any) error {
	if err := json.Unmarshal(r.Payload, into); err != nil {
		return Fatal(fmt.Errorf("the payload of %s: %w", r.Kind, err))
	}
	return nil
}

// Progress says that done steps of Total are done, also when the job was cancelled. It returns ErrCancelled when the job was
// cancelled, and another error when it is not this run's any more: both end the run.
func (r *Run) Progress(ctx context.Context, done int) error {
	if r.s == nil { // in a test
		return nil
	}
	r.at = int32(done)
	n, err := r.s.rows.SetJobProgress(ctx, query.SetJobProgressParams{Done: r.at, ID: r.ID, Owner: r.s.owner, Runs: r.runs})
	if err != nil {
		return db.Error(err)
	}
	if n > 0 {
		return nil
	}
	row, err := r.s.rows.GetClaimedJob(ctx, query.GetClaimedJobParams{ID: r.ID, Owner: r.s.owner})
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return db.Error(err)
	case err == nil && row.Runs == r.runs && row.Cancelling:
		r.end(ErrCancelled)
		return ErrCancelled
	}
	r.end(errLost)
	return errLost
}

type fatal struct{ error }

func (f fatal) Unwrap() error { return f.error }

// Fatal marks an error after which further tries are useless.
func Fatal(err error) error { return fatal{err} }

type retryAt struct {
	error
	at time.Time
}

func (r retryAt) Unwrap() error { return r.error }

// RetryAt marks an error after which the next try is not to come before at.
func RetryAt(err error, at time.Time) error { return retryAt{err, at} }

// Handle registers what does a kind of job, before Start. The context of do ends when the try
// takes too long, the job is cancelled, or the server stops. What do returns is the result, as
// JSON; with ErrCancelled, that of what was done before.
func (s *Service) Handle(kind string, o Options, do func(ctx context.Context, run *Run) (result any, err error)) {
	delete(s.workers.byKind, kind)
	s.workers.add(&worker{Options: o, kinds: []string{kind}, do: do})
}

func (o Options) withDefaults() Options {
	if o.Tries == 0 {
		o.Tries = 10
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Minute
	}
	if o.Backoff == nil {
		o.Backoff = backoff
	}
	return o
}

func backoff(try int) time.Duration {
	d := min(time.Second<<min(try, 20), 10*time.Minute)
	return d*9/10 + rand.N(d/5)
}

// do is one task of the transport, from the claim to the end.
func (s *Service) do(t Task) error {
	h := s.workers.byKind[t.Kind]
	if h == nil {
		return errUnknown // a newer server's
	}
	if !s.enter() {
		return errStopping
	}
	defer s.leave()
	run, row, err := s.claim(t)
	if run == nil {
		return err
	}
	defer s.drop(run)
	began := s.Clock()
	s.Metrics.Started(run.Kind, Queue(row.Queue), max(0, began.Sub(row.RunAt)))
	outcome := s.try(h, run, row)
	s.Metrics.Finished(run.Kind, outcome, max(0, s.Clock().Sub(began)))
	if s.backlog.Load() {
		s.Wake()
	}
	return nil
}

// claim makes the job this process's; without a run there is nothing to do.
func (s *Service) claim(t Task) (*Run, query.Job, error) {
	ctx, cancel := context.WithTimeout(s.base, s.Timing.Lease)
	defer cancel()
	n, err := s.rows.ClaimJob(ctx, query.ClaimJobParams{Owner: s.owner, LeaseUs: s.Timing.Lease.Microseconds(), ID: t.JobID})
	if err != nil || n == 0 {
		return nil, query.Job{}, db.Error(err)
	}
	row, err := s.rows.GetClaimedJob(ctx, query.GetClaimedJobParams{ID: t.JobID, Owner: s.owner})
	if err != nil {
		return nil, row, db.Error(err) // its lease will end
	}
	run := &Run{
		ID: row.ID, UserID: row.UserID, Kind: row.Kind, Payload: json.RawMessage(row.Payload), Try: int(row.Tries) + 1,
		Done: int(row.Done), Total: int(row.Total), s: s, runs: row.Runs, tries: row.Tries,
	}
	return run, row, nil
}

func (s *Service) hold(r *Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.running[r.ID]; ok { // this process has taken over from itself
		old.end(errLost)
	}
	s.running[r.ID] = r
}

func (s *Service) drop(r *Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[r.ID] == r {
		delete(s.running, r.ID)
	}
}

// try does the job once and records how that ended.
func (s *Service) try(h *worker, run *Run, row query.Job) Outcome {
	ctx, end := context.WithCancelCause(run.logged(s.base))
	defer end(nil)
	run.end = end
	s.hold(run)
	if row.Lost >= maxLost {
		return s.bury(ctx, h, run, errors.New("the servers that ran it went down"))
	}
	if int(row.Tries) >= h.Tries { // it is dead, but OnDead did not succeed
		return s.bury(ctx, h, run, &domain.Error{Code: domain.Code(row.ErrorCode), Message: row.Error})
	}
	result, err := s.call(ctx, h, run)
	id := query.ReleaseJobParams{ID: run.ID, Owner: s.owner, Runs: run.runs}
	cause := context.Cause(ctx)
	switch {
	case err == nil:
		text, merr := json.Marshal(result)
		if merr != nil {
			return s.bury(ctx, h, run, merr)
		}
		return s.settle(run, OutcomeSucceeded, func(ctx context.Context) (int64, error) {
			return s.rows.SucceedJob(ctx, query.SucceedJobParams{Result: string(text), KeepUs: h.keep(KeptDone), ID: id.ID, Owner: id.Owner, Runs: id.Runs})
		})
	case errors.Is(cause, errLost), errors.Is(err, errLost):
		return OutcomeLost
	case errors.Is(cause, ErrCancelled), errors.Is(err, ErrCancelled):
		text, merr := json.Marshal(result)
		if merr != nil || result == nil {
			text = nil
		}
		return s.settle(run, OutcomeCancelled, func(ctx context.Context) (int64, error) {
			return s.rows.EndCancelledJob(ctx, query.EndCancelledJobParams{Result: string(text), Done: run.at, KeepUs: h.keep(KeptDone), ID: id.ID, Owner: id.Owner, Runs: id.Runs})
		})
	case errors.Is(cause, errStopping):
		return s.settle(run, OutcomeReleased, func(ctx context.Context) (int64, error) { return s.rows.ReleaseJob(ctx, id) })
	case errors.Is(err, errBusy):
		return s.postpone(run, err, busyPause)
	}
	run.tries++
	if _, useless := errors.AsType[fatal](err); useless || int(run.tries) >= h.Tries {
		return s.bury(ctx, h, run, err)
	}
	delay := h.Backoff(int(run.tries))
	if later, ok := errors.AsType[retryAt](err); ok {
		delay = max(delay, later.at.Sub(s.Clock()))
	}
	s.Log.InfoContext(ctx, "a job failed and will be tried again", "try", run.tries, "cause", err.Error())
	return s.postpone(run, err, delay)
}

// call runs the handler within its time and makes an error of a panic.
func (s *Service) call(ctx context.Context, h *worker, run *Run) (result any, err error) {
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			// What a panic says may quote what it choked on.
			s.Log.ErrorContext(ctx, "a job panicked", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			result, err = nil, errors.New("the work panicked")
		}
	}()
	if h.period != nil {
		if late, err := s.skipOccurrence(ctx, h, run); err != nil || late {
			return "late", err
		}
	}
	return h.do(ctx, run)
}

// bury records that a job failed for good, after OnDead has heard of it.
func (s *Service) bury(ctx context.Context, h *worker, run *Run, cause error) Outcome {
	s.Log.WarnContext(ctx, "a job failed for good", "tries", run.tries, "cause", cause.Error())
	code, message := public(cause)
	if h.OnDead != nil {
		ctx, cancel := context.WithTimeout(ctx, deadBudget)
		defer cancel()
		_, err := s.call(ctx, &worker{Options: Options{Timeout: deadBudget}, do: func(ctx context.Context, run *Run) (any, error) {
			return nil, h.OnDead(ctx, run, cause)
		}}, run)
		if err != nil {
			s.Log.WarnContext(ctx, "the end of a job could not be told yet", "cause", err.Error())
			run.tries = max(run.tries, int32(h.Tries))
			return s.postpone(run, cause, backoff(4))
		}
	}
	return s.settle(run, OutcomeFailed, func(ctx context.Context) (int64, error) {
		return s.rows.FailJob(ctx, query.FailJobParams{
			Tries: run.tries, ErrorCode: code, Error: message, KeepUs: h.keep(KeptFailed), ID: run.ID, Owner: s.owner, Runs: run.runs,
		})
	})
}

func (s *Service) postpone(run *Run, cause error, delay time.Duration) Outcome {
	code, message := public(cause)
	return s.settle(run, OutcomeRetried, func(ctx context.Context) (int64, error) {
		return s.rows.PostponeJob(ctx, query.PostponeJobParams{
			Tries: run.tries, ErrorCode: code, Error: message, DelayUs: max(0, delay).Microseconds(), ID: run.ID, Owner: s.owner, Runs: run.runs,
		})
	})
}

// settle writes how a run ended, and tries for a while when the database does not answer: what
// is not recorded is done again.
func (s *Service) settle(run *Run, o Outcome, write func(context.Context) (int64, error)) Outcome {
	ctx, cancel := context.WithTimeout(run.logged(context.WithoutCancel(s.base)), settleBudget)
	defer cancel()
	for {
		n, err := write(ctx)
		if err == nil && n == 0 {
			return OutcomeLost
		}
		if err == nil {
			return o
		}
		if !pause(ctx, settlePause) || s.base.Err() != nil {
			s.Log.WarnContext(ctx, "the end of a job could not be recorded: it will be done again", "cause", err.Error())
			return OutcomeLost
		}
	}
}

func (o Options) keep(usual time.Duration) int64 {
	if o.kept > 0 {
		return o.kept.Microseconds()
	}
	return usual.Microseconds()
}

// public is what the owner of a job may read about its failure.
func public(err error) (code, message string) {
	if e, ok := errors.AsType[*domain.Error](err); ok && e.Code != domain.Internal {
		said := []string{e.Message}
		for _, f := range e.Fields {
			said = append(said, f.Pointer+": "+f.Detail)
		}
		message = strings.Join(said, " ")
		if r := []rune(message); len(r) > 2000 {
			message = string(r[:2000])
		}
		if e.Reason != "" {
			return e.Reason, message
		}
		return string(e.Code), message
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return string(domain.Timeout), "It took too long."
	}
	return string(domain.Internal), "It could not be done."
}

// heartbeat extends the leases of what runs here, and stops runs that were cancelled or are
// another's by now, until ctx ends. When the database is away for as long as a lease, others
// may have begun the same: all stop.
func (s *Service) heartbeat(ctx context.Context) {
	tick := time.NewTicker(s.Timing.Lease / 4)
	defer tick.Stop()
	for missed := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.beat(ctx); err == nil {
			missed = 0
			continue
		}
		if missed++; missed >= 4 {
			s.mu.Lock()
			for _, r := range s.running {
				r.end(errLost)
			}
			s.mu.Unlock()
		}
	}
}

func (s *Service) beat(ctx context.Context) error {
	s.mu.Lock()
	held := make(map[domain.ID]*Run, len(s.running))
	ids := make([]domain.ID, 0, len(s.running))
	for id, r := range s.running {
		held[id] = r
		ids = append(ids, id)
	}
	s.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.Timing.Lease/4)
	defer cancel()
	if _, err := s.rows.ExtendJobs(ctx, query.ExtendJobsParams{LeaseUs: s.Timing.Lease.Microseconds(), Ids: ids, Owner: s.owner}); err != nil {
		return err
	}
	rows, err := s.rows.ListRunningJobs(ctx, query.ListRunningJobsParams{Ids: ids, Owner: s.owner})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if r := held[row.ID]; r.runs == row.Runs {
			if row.Cancelling {
				r.end(ErrCancelled)
			}
			delete(held, row.ID)
		}
	}
	for _, r := range held { // those that just ended are deaf to it
		r.end(errLost)
	}
	return nil
}
