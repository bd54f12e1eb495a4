package jobs_test

import (
	"context"
	"counsel/sandbox/testkit"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/jobs"
)

// failFirst fails the first n attempts with err.
func failFirst[K any](n int, err error) work[K] {
	return func(_ context.Context, job *jobs.Job[testArgs[K]]) (any, error) {
		if job.Attempt <= n {
			return nil, err
		}
		return job.Attempt, nil
	}
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	type (
		second    struct{}
		permanent struct{}
		panics    struct{}
		slow      struct{}
		later     struct{}
		first     struct{}
	)
	f := newFixture(t)
	s := f.newServer()
	jobs.Register(s, jobs.Worker[testArgs[second]]{MaxAttempts: 3, Backoff: constantBackoff, Work: failFirst[second](1, errors.New("secret cause"))})
	jobs.Register(s, jobs.Worker[testArgs[permanent]]{MaxAttempts: 3, Backoff: constantBackoff, Work: failFirst[permanent](99, jobs.Permanent(errors.New("secret cause")))})
	jobs.Register(s, jobs.Worker[testArgs[panics]]{MaxAttempts: 3, Backoff: constantBackoff,
		Work: func(context.Context, *jobs.Job[testArgs[panics]]) (any, error) { panic("secret") }})
	jobs.Register(s, jobs.Worker[testArgs[slow]]{MaxAttempts: 1, Timeout: 20 * time.Millisecond, Work: func(ctx context.Context, _ *jobs.Job[testArgs[slow]]) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	jobs.Register(s, jobs.Worker[testArgs[later]]{MaxAttempts: 3, Backoff: constantBackoff, Work: failFirst[later](1, jobs.RetryAt(errors.New("busy"), time.Now().Add(time.Hour)))})
	register(s, succeed[first])
	s.start()
	ids := s.enqueue(jobs.Insert{Args: testArgs[second]{}}, jobs.Insert{Args: testArgs[permanent]{}}, jobs.Insert{Args: testArgs[panics]{}},
		jobs.Insert{Args: testArgs[slow]{}}, jobs.Insert{Args: testArgs[later]{}}, jobs.Insert{Args: testArgs[first]{}})

	if j := s.waitFor(ids[0], jobs.Succeeded); string(j.Result) != "2" || j.FailedAttempts != 1 || j.Error != "" {
		t.Errorf("succeeded at the second attempt: %+v", j)
	}
	for i, want := range map[int]struct {
		failures int
		code     string
		message  string
	}{
		1: {1, "internal", "It could not be done."},
		2: {3, "internal", "It could not be done."},
		3: {1, "timeout", "It took too long."},
	} {
		if j := s.waitFor(ids[i], jobs.Failed); j.FailedAttempts != want.failures || j.ErrorCode != want.code || j.Error != want.message {
			t.Errorf("%s: %+v", j.Kind, j)
		}
	}
	if j := s.waitUntil(ids[4], "a retry is scheduled", func(j jobs.Info) bool { return j.FailedAttempts == 1 }); j.State != jobs.Waiting || time.Until(j.RunAt) < 55*time.Minute {
		t.Errorf("the retry: %+v", j)
	}
	s.waitFor(ids[5], jobs.Succeeded)

	if _, err := s.Retry(t.Context(), newPrincipal(domain.RoleLawyer), ids[1]); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("a lawyer retries a job: %v", err)
	}
	if _, err := s.Retry(t.Context(), admin, ids[0]); domain.CodeOf(err) != domain.Conflict {
		t.Errorf("retry of a job that succeeded: %v", err)
	}
	if j, err := s.Retry(t.Context(), admin, ids[1]); err != nil || j.State == jobs.Failed {
		t.Errorf("retry of a discarded job: %+v, %v", j, err)
	}
	s.waitUntil(ids[1], "it has failed again", func(j jobs.Info) bool { return j.State == jobs.Failed && j.FailedAttempts == 1 })
	failed, _, err := s.List(t.Context(), admin, jobs.Filter{State: jobs.Failed, Kind: "test.panics", Limit: 10})
	if err != nil || len(failed) != 1 || failed[0].ID != ids[2] {
		t.Errorf("failed jobs: %v, %v", failed, err)
	}
}

// TestOnDiscard: if OnDiscard fails it is called again, but the work is not done again.
func TestOnDiscard(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer()
	refused := domain.InvalidField("/to", "is nobody")
	var calls, attempts atomic.Int32
	jobs.Register(s, jobs.Worker[testArgs[mark]]{
		MaxAttempts: 3, Backoff: constantBackoff,
		Work: func(context.Context, *jobs.Job[testArgs[mark]]) (any, error) { attempts.Add(1); return nil, refused },
		OnDiscard: func(_ context.Context, _ *jobs.Job[testArgs[mark]], err error) error {
			if !errors.Is(err, refused) && calls.Load() == 0 {
				t.Errorf("the error is %v", err)
			}
			if calls.Add(1) == 1 {
				return errors.New("not now")
			}
			return nil
		},
	})
	s.start()
	id := s.enqueue(jobs.Insert{Args: testArgs[mark]{}})[0]
	testkit.Eventually(t, "OnDiscard was called", func() bool { return calls.Load() == 1 })
	s.waitUntil(id, "another call is scheduled", func(j jobs.Info) bool { return j.State == jobs.Waiting })
	f.exec("UPDATE jobs SET due_at = NOW(6) WHERE id = ?", id)
	if j := s.waitFor(id, jobs.Failed); calls.Load() != 2 || attempts.Load() != 3 || j.FailedAttempts != 3 || j.ErrorCode != "invalid" || !strings.Contains(j.Error, "/to: is nobody") {
		t.Errorf("%d calls, %d attempts: %+v", calls.Load(), attempts.Load(), j)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer(timing(shortTiming()))
	other := f.newServer(timing(shortTiming())) // another server, which does not run the job
	began := make(chan struct{}, 1)
	step := make(chan struct{})
	register(s, func(ctx context.Context, job *jobs.Job[testArgs[mark]]) (any, error) {
		began <- struct{}{}
		for n := 1; ; n++ {
			select {
			case <-step:
			case <-ctx.Done():
				return n, job.Progress(ctx, 7) // counts although the job was cancelled
			}
			if err := job.Progress(ctx, n); err != nil {
				return n, err
			}
		}
	})
	s.start()
	ada := newPrincipal(domain.RoleClient)
	job := jobs.Insert{Args: testArgs[mark]{}, UserID: ada.UserID}
	scheduled := job
	scheduled.RunAt = time.Now().Add(time.Hour)
	id := s.enqueue(scheduled)[0]
	if _, err := s.Cancel(t.Context(), newPrincipal(domain.RoleLawyer), id); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("another user cancels the job: %v", err)
	}
	for range 2 {
		if j, err := s.Cancel(t.Context(), ada, id); err != nil || j.State != jobs.Cancelled {
			t.Errorf("a waiting job: %+v, %v", j, err)
		}
	}
	for name, by := range map[string]*server{"the same server": s, "another server": other} {
		id := s.enqueue(job)[0]
		<-began
		if j, err := by.Cancel(t.Context(), ada, id); err != nil || (j.State != jobs.Running && j.State != jobs.Cancelled) {
			t.Errorf("%s: %+v, %v", name, j, err)
		}
		if j := s.waitFor(id, jobs.Cancelled); string(j.Result) != "1" || j.Done != 7 {
			t.Errorf("%s: the result is %s, %d steps", name, j.Result, j.Done)
		}
	}
	// Progress reports it earlier than the heartbeat.
	id = s.enqueue(job)[0]
	<-began
	f.exec("UPDATE jobs SET cancelling = TRUE WHERE id = ?", id)
	step <- struct{}{}
	s.waitFor(id, jobs.Cancelled)

	f.exec("UPDATE jobs SET state = 'succeeded' WHERE id = ?", id)
	if _, err := s.Cancel(t.Context(), ada, id); domain.CodeOf(err) != domain.Conflict {
		t.Errorf("a finished job: %v", err)
	}
}

// TestClose: a job that does not end in time is released, and runs on another server at once.
func TestClose(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer()
	began := make(chan struct{})
	jobs.Register(s, jobs.Worker[testArgs[mark]]{MaxAttempts: 1, Work: func(ctx context.Context, _ *jobs.Job[testArgs[mark]]) (any, error) {
		close(began)
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	s.start()
	id := s.enqueue(jobs.Insert{Args: testArgs[mark]{}})[0]
	<-began
	s.close(3 * time.Second)
	if s.metrics.count(jobs.OutcomeReleased) != 1 {
		t.Error("it was not released")
	}
	other := f.newServer()
	jobs.Register(other, jobs.Worker[testArgs[mark]]{MaxAttempts: 1, Work: newRecorder().work})
	other.start()
	if j := other.waitFor(id, jobs.Succeeded); j.FailedAttempts != 0 {
		t.Errorf("%+v", j)
	}
}
