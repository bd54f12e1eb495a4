package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/retry"
	query "counsel/gen/query/jobs"
)

// run is one attempt at a job, from the claim to its end.
type run struct {
	id, userID  domain.ID
	keyID       domain.ID // zero: none
	kind        string
	args        json.RawMessage
	attempt     int // from 1
	done, total int

	s        *Service // nil: in a test
	reported int32    // steps that this attempt reported as done
	runs     int32    // claims of the job so far; distinguishes this one from others of the same process
	failures int32    // attempts that failed
	crashes  int32    // servers that crashed while running it
	lastErr  *domain.Error
	end      context.CancelCauseFunc
}

const (
	maxCrashes       = 20               // servers that may crash with a job before it is taken for the cause
	discardTimeout   = 30 * time.Second // of OnDiscard
	recordTimeout    = 30 * time.Second // of recording how an attempt ended
	recordRetryPause = 100 * time.Millisecond
)

// ErrCancelled is what Progress returns when the job was cancelled. The context of the attempt ends
// with it as its cause.
var ErrCancelled = errors.New("the job was cancelled")

var (
	errStopping    = errors.New("the server is stopping")
	errLeaseLost   = errors.New("another server has taken the job over")
	errUnknownKind = errors.New("this server does not know that kind of job")
)

type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// Permanent marks an error that no retry can repair: the job is discarded.
func Permanent(err error) error { return permanentError{err} }

type retryAtError struct {
	error
	at time.Time
}

func (e retryAtError) Unwrap() error { return e.error }

// RetryAt marks an error after which the job is not retried before at.
func RetryAt(err error, at time.Time) error { return retryAtError{err, at} }

// logContext adds the job to every line that is logged with the context.
func (r *run) logContext(ctx context.Context) context.Context {
	return domain.WithLogAttrs(ctx, slog.String("job_id", r.id.String()), slog.String("kind", r.kind))
}

// progress is that of Job. The steps count even if the job was cancelled.
func (r *run) progress(ctx context.Context, done int) error {
	if r.s == nil {
		return nil
	}
	r.reported = int32(done)
	n, err := r.s.rows.UpdateJobProgress(ctx, query.UpdateJobProgressParams{Done: r.reported, ID: r.id, Owner: r.s.owner, Runs: r.runs})
	if err != nil {
		return db.Error(err)
	}
	if n > 0 {
		return nil
	}
	row, err := r.s.rows.GetClaimedJob(ctx, query.GetClaimedJobParams{ID: r.id, Owner: r.s.owner})
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return db.Error(err)
	case err == nil && row.Runs == r.runs && row.Cancelling:
		r.end(ErrCancelled)
		return ErrCancelled
	}
	r.end(errLeaseLost)
	return errLeaseLost
}

// runTask handles one task of the transport: it claims the job, makes an attempt and records the
// outcome.
func (s *Service) runTask(t Task) error {
	w := s.workers.byKind[t.Kind]
	if w == nil {
		return errUnknownKind // a newer server has it
	}
	if !s.acquire() {
		return errStopping
	}
	defer s.release()
	r, row, err := s.claim(t)
	if r == nil {
		return err
	}
	defer s.untrack(r)
	began := s.runtime.Clock()
	s.metrics.Started(r.kind, Queue(row.Queue), max(0, began.Sub(row.RunAt)))
	outcome := s.attempt(w, r)
	s.metrics.Finished(r.kind, outcome, max(0, s.runtime.Clock().Sub(began)))
	if s.backlog.Load() {
		s.Wake()
	}
	return nil
}

// claim takes the lease of a job. It returns no run when there is nothing to do.
func (s *Service) claim(t Task) (*run, query.Job, error) {
	ctx, cancel := context.WithTimeout(s.base, s.timing.Lease)
	defer cancel()
	n, err := s.rows.ClaimJob(ctx, query.ClaimJobParams{Owner: s.owner, LeaseUs: s.timing.Lease.Microseconds(), ID: t.JobID})
	if err != nil || n == 0 {
		return nil, query.Job{}, db.Error(err)
	}
	row, err := s.rows.GetClaimedJob(ctx, query.GetClaimedJobParams{ID: t.JobID, Owner: s.owner})
	if err != nil {
		return nil, row, db.Error(err) // the lease will expire
	}
	var key domain.ID
	if row.KeyID != nil {
		key = *row.KeyID
	}
	// The previous version counts crashes in the column lost.
	return &run{
		id: row.ID, userID: row.UserID, keyID: key, kind: row.Kind, args: json.RawMessage(row.Payload), attempt: int(row.Tries) + 1,
		done: int(row.Done), total: int(row.Total), s: s, runs: row.Runs, failures: row.Tries, crashes: row.Crashes + row.Lost,
		lastErr: &domain.Error{Code: domain.Code(row.ErrorCode), Message: row.Error},
	}, row, nil
}

func (s *Service) track(r *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.running[r.id]; ok { // this process rescued its own job
		old.end(errLeaseLost)
	}
	s.running[r.id] = r
}

func (s *Service) untrack(r *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[r.id] == r {
		delete(s.running, r.id)
	}
}

// attempt does a job once and records how that ended.
func (s *Service) attempt(w *worker, r *run) Outcome {
	ctx, end := context.WithCancelCause(r.logContext(s.base))
	defer end(nil)
	r.end = end
	s.track(r)
	if r.crashes >= maxCrashes {
		return s.discard(ctx, w, r, errors.New("every server that ran the job crashed"))
	}
	if int(r.failures) >= w.maxAttempts { // OnDiscard has failed before
		return s.discard(ctx, w, r, r.lastErr)
	}
	result, err := s.call(ctx, w.timeout, func(ctx context.Context) (any, error) {
		if w.schedule != nil {
			if late, err := s.skipOccurrence(ctx, w, r); err != nil || late {
				return "late", err
			}
		}
		return w.work(ctx, r)
	})
	cause := context.Cause(ctx)
	switch {
	case err == nil:
		return s.succeed(ctx, w, r, result)
	case errors.Is(cause, errLeaseLost), errors.Is(err, errLeaseLost):
		return OutcomeLeaseLost
	case errors.Is(cause, ErrCancelled), errors.Is(err, ErrCancelled):
		return s.finishCancelled(w, r, result)
	case errors.Is(cause, errStopping):
		return s.finish(r, OutcomeReleased, func(ctx context.Context) (int64, error) {
			return s.rows.ReleaseJob(ctx, query.ReleaseJobParams{ID: r.id, Owner: s.owner, Runs: r.runs})
		})
	case errors.Is(err, errStillRunning):
		return s.scheduleRetry(r, err, occurrenceDelay)
	}
	r.failures++
	if _, permanent := errors.AsType[permanentError](err); permanent || int(r.failures) >= w.maxAttempts {
		return s.discard(ctx, w, r, err)
	}
	delay := w.backoff(int(r.failures))
	if later, ok := errors.AsType[retryAtError](err); ok {
		delay = max(delay, later.at.Sub(s.runtime.Clock()))
	}
	s.runtime.Log.InfoContext(ctx, "job failed and will be retried", "attempt", r.failures, "error", err.Error())
	return s.scheduleRetry(r, err, delay)
}

// call runs work within a timeout and turns a panic into an error.
func (s *Service) call(ctx context.Context, timeout time.Duration, work func(context.Context) (any, error)) (result any, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			// The value of a panic may quote personal data.
			s.runtime.Log.ErrorContext(ctx, "job panicked", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			result, err = nil, errors.New("the worker panicked")
		}
	}()
	return work(ctx)
}

func (s *Service) succeed(ctx context.Context, w *worker, r *run, result any) Outcome {
	text, err := json.Marshal(result)
	if err != nil {
		return s.discard(ctx, w, r, err)
	}
	return s.finish(r, OutcomeSucceeded, func(ctx context.Context) (int64, error) {
		return s.rows.SucceedJob(ctx, query.SucceedJobParams{Result: string(text), KeepUs: w.retain(CompletedRetention), ID: r.id, Owner: s.owner, Runs: r.runs})
	})
}

func (s *Service) finishCancelled(w *worker, r *run, result any) Outcome {
	text, err := json.Marshal(result)
	if err != nil || result == nil {
		text = nil
	}
	return s.finish(r, OutcomeCancelled, func(ctx context.Context) (int64, error) {
		return s.rows.FinishCancelledJob(ctx, query.FinishCancelledJobParams{
			Result: string(text), Done: r.reported, KeepUs: w.retain(CompletedRetention), ID: r.id, Owner: s.owner, Runs: r.runs,
		})
	})
}

// discard gives a job up (a dead letter), once OnDiscard has succeeded.
func (s *Service) discard(ctx context.Context, w *worker, r *run, cause error) Outcome {
	s.runtime.Log.WarnContext(ctx, "job discarded", "attempts", r.failures, "error", cause.Error())
	if w.onDiscard != nil {
		_, err := s.call(ctx, discardTimeout, func(ctx context.Context) (any, error) { return nil, w.onDiscard(ctx, r, cause) })
		if err != nil {
			s.runtime.Log.WarnContext(ctx, "cannot handle a discarded job yet", "error", err.Error())
			r.failures = max(r.failures, int32(w.maxAttempts))
			return s.scheduleRetry(r, cause, backoff(4))
		}
	}
	code, message := publicError(cause)
	return s.finish(r, OutcomeDiscarded, func(ctx context.Context) (int64, error) {
		return s.rows.DiscardJob(ctx, query.DiscardJobParams{
			Tries: r.failures, ErrorCode: code, Error: message, KeepUs: w.retain(DiscardedRetention), ID: r.id, Owner: s.owner, Runs: r.runs,
		})
	})
}

func (s *Service) scheduleRetry(r *run, cause error, delay time.Duration) Outcome {
	code, message := publicError(cause)
	return s.finish(r, OutcomeRetried, func(ctx context.Context) (int64, error) {
		return s.rows.ScheduleJobRetry(ctx, query.ScheduleJobRetryParams{
			Tries: r.failures, ErrorCode: code, Error: message, DelayUs: max(0, delay).Microseconds(), ID: r.id, Owner: s.owner, Runs: r.runs,
		})
	})
}

// finish records how an attempt ended. While the database does not answer it tries again for
// recordTimeout; an attempt that is not recorded is made again.
func (s *Service) finish(r *run, o Outcome, record func(context.Context) (rows int64, err error)) Outcome {
	ctx, cancel := context.WithTimeout(r.logContext(context.WithoutCancel(s.base)), recordTimeout)
	defer cancel()
	for {
		n, err := record(ctx)
		if err == nil && n == 0 {
			return OutcomeLeaseLost
		}
		if err == nil {
			return o
		}
		if !retry.Wait(ctx, recordRetryPause) || s.base.Err() != nil {
			s.runtime.Log.WarnContext(ctx, "cannot record the end of an attempt: the job will run again", "error", err.Error())
			return OutcomeLeaseLost
		}
	}
}

// publicError is what the owner of a job may read about a failure.
func publicError(err error) (code, message string) {
	if e, ok := errors.AsType[*domain.Error](err); ok && e.Code != domain.Internal {
		parts := []string{e.Message}
		for _, f := range e.Fields {
			parts = append(parts, f.Pointer+": "+f.Detail)
		}
		message = strings.Join(parts, " ")
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
