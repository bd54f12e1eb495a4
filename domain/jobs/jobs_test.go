package jobs_test

import (
	"context"
	"counsel/sandbox/testkit"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
)

type (
	letter struct{}
	next   struct{}
)

// TestSucceed follows a job from its transaction to its result. Nothing confidential is in Redis.
func TestSucceed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer(concurrency(1))
	gate := make(chan struct{})
	register(s, func(ctx context.Context, job *jobs.Job[testArgs[letter]]) (any, error) {
		<-gate
		if err := job.Progress(ctx, 1); err != nil {
			return nil, err
		}
		return map[string]string{"sent": job.Args.Value}, nil
	})
	register(s, succeed[next])
	s.start()
	ada := newPrincipal(domain.RoleClient)
	var ids []domain.ID
	testkit.Must(t, f.tx(func(tx db.Tx) (err error) {
		ids, err = s.Enqueue(t.Context(), tx, jobs.Insert{Args: testArgs[letter]{"ada@secret.example"}, UserID: ada.UserID, Total: 3})
		return err
	}))
	s.Wake()
	s.waitFor(ids[0], jobs.Running)
	second := s.enqueue(jobs.Insert{Args: testArgs[next]{"ada@secret.example"}, UserID: ada.UserID})[0] // has to wait in Redis
	s.waitUntil(second, "the job is in Redis", func(jobs.Info) bool { return f.tasksInRedis(jobs.Standard) == 1 })
	f.redis(func(c rueidis.Client) {
		keys, err := c.Do(t.Context(), c.B().Keys().Pattern("*").Build()).AsStrSlice()
		if err != nil || len(keys) == 0 {
			t.Fatalf("nothing is in Redis: %v", err)
		}
		for _, k := range keys {
			dump, err := c.Do(t.Context(), c.B().Dump().Key(k).Build()).ToString()
			if err == nil && strings.Contains(k+dump, "secret.example") {
				t.Errorf("%s contains confidential data", k)
			}
		}
	})
	close(gate)
	j := s.waitFor(ids[0], jobs.Succeeded)
	if string(j.Result) != `{"sent":"ada@secret.example"}` || j.Done != 3 || j.Total != 3 || j.FinishedAt.IsZero() || j.StartedAt.IsZero() {
		t.Errorf("the job: %+v", j)
	}
	var args string
	if f.scan("SELECT payload FROM jobs WHERE kind = 'test.letter'", nil, &args); args != "" {
		t.Errorf("the arguments are still stored: %q", args)
	}
	if _, err := s.Get(t.Context(), ada, ids[0]); err != nil {
		t.Error(err)
	}
	if _, err := s.Get(t.Context(), newPrincipal(domain.RoleLawyer), ids[0]); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("another user gets %v", err)
	}

	boom := errors.New("boom")
	if err := f.tx(func(tx db.Tx) error {
		if _, err := s.Enqueue(t.Context(), tx, jobs.Insert{Args: testArgs[letter]{}}); err != nil {
			return err
		}
		return boom
	}); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	all, _, err := s.List(t.Context(), admin, jobs.Filter{Limit: 10})
	if err != nil || len(all) != 2 {
		t.Errorf("after the rollback there are %v, %v", all, err)
	}
}

func TestUniqueKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer()
	register(s, succeed[mark])
	s.start()
	ids := make([]domain.ID, 16)
	unique := jobs.Insert{Args: testArgs[mark]{}, Key: "the/one"}
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			got, err := s.EnqueueNow(t.Context(), unique)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = got[0]
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("two jobs have the same key: %v", ids)
		}
	}
	s.waitFor(ids[0], jobs.Succeeded)
	if repeated := s.enqueue(unique); repeated[0] != ids[0] {
		t.Error("the key of a finished job can be used again")
	}
	if n := s.metrics.count(jobs.OutcomeSucceeded); n != 1 {
		t.Errorf("it ran %d times", n)
	}
}

func TestRunAt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer()
	register(s, succeed[mark])
	s.start()
	soon, far := time.Now().Add(300*time.Millisecond), time.Now().Add(time.Hour)
	ids := s.enqueue(jobs.Insert{Args: testArgs[mark]{}, RunAt: soon}, jobs.Insert{Args: testArgs[mark]{}, RunAt: far})
	if j := s.waitFor(ids[0], jobs.Succeeded); j.FinishedAt.Before(soon) {
		t.Errorf("it finished at %s, before %s", j.FinishedAt, soon)
	}
	if j := s.get(ids[1]); j.State != jobs.Waiting {
		t.Errorf("it is %s", j.State)
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer()
	jobs.Register(s, jobs.Worker[testArgs[mark]]{MaxAttempts: 1, Work: func(_ context.Context, job *jobs.Job[testArgs[mark]]) (any, error) {
		if job.Args.Value == "fail" {
			return nil, errors.New("boom")
		}
		return nil, nil
	}})
	ids := s.enqueue(jobs.Insert{Args: testArgs[mark]{}}, jobs.Insert{Args: testArgs[mark]{"fail"}}, jobs.Insert{Args: testArgs[mark]{}})
	_, err := s.Cancel(t.Context(), admin, ids[2])
	testkit.Must(t, err)
	s.start()
	s.waitFor(ids[0], jobs.Succeeded)
	s.waitFor(ids[1], jobs.Failed)
	for i, retention := range []time.Duration{jobs.CompletedRetention, jobs.DiscardedRetention, jobs.CompletedRetention} {
		var due, finished time.Time
		if f.scan("SELECT due_at, finished_at FROM jobs WHERE id = ?", []any{ids[i]}, &due, &finished); due.Sub(finished) != retention {
			t.Errorf("job %d is retained for %s", i, due.Sub(finished))
		}
	}
	s.close(10 * time.Second)
	f.exec("UPDATE jobs SET due_at = NOW(6) WHERE id <> ?", ids[1])
	s = f.newServer().start()
	testkit.Eventually(t, "the old ones are deleted", func() bool {
		all, _, err := s.List(t.Context(), admin, jobs.Filter{Limit: 10})
		return err == nil && len(all) == 1 && all[0].ID == ids[1]
	})
}

// TestEraseUser: all jobs of the user are deleted, none starts, and a running one is stopped.
func TestEraseUser(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer(timing(shortTiming()))
	began, ended := make(chan struct{}), make(chan error, 2)
	register(s, func(ctx context.Context, _ *jobs.Job[testArgs[mark]]) (any, error) {
		began <- struct{}{}
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return "done", nil
	})
	ada, bob := newPrincipal(domain.RoleClient), newPrincipal(domain.RoleClient)
	bobs := s.enqueue(jobs.Insert{Args: testArgs[next]{}, UserID: bob.UserID})[0]
	s.start()
	s.enqueue(jobs.Insert{Args: testArgs[mark]{}, UserID: ada.UserID})
	<-began
	s.enqueue(jobs.Insert{Args: testArgs[mark]{}, UserID: ada.UserID, RunAt: time.Now().Add(time.Hour)})
	testkit.Must(t, f.tx(func(tx db.Tx) error { return s.EraseUser(t.Context(), tx, ada.UserID) }))
	if err := <-ended; err == nil {
		t.Error("the running job is not stopped")
	}
	testkit.Eventually(t, "the lease counts as lost", func() bool { return s.metrics.count(jobs.OutcomeLeaseLost) == 1 })
	if all, _, err := s.List(t.Context(), admin, jobs.Filter{Limit: 10}); err != nil || len(all) != 1 || all[0].ID != bobs {
		t.Errorf("%+v, %v", all, err)
	}
}
