package jobs_test

import (
	"context"
	"counsel/sandbox/testkit"
	"errors"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/domain/jobs/jobstest"
)

type greetArgs struct {
	Name string `json:"name"`
}

func (greetArgs) Kind() string { return "people.greet" }

type pruneArgs struct{}

func (pruneArgs) Kind() string { return "people.prune" }

// TestRegister enqueues typed jobs, next to one that an older version inserted under the former
// kind, and one whose arguments cannot be decoded.
func TestRegister(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.newServer()
	discarded := make(chan greetArgs, 10)
	jobs.Register(s, jobs.Worker[greetArgs]{
		MaxAttempts: 2,
		Backoff:     constantBackoff,
		Work: func(_ context.Context, job *jobs.Job[greetArgs]) (any, error) {
			if job.Args.Name == "" {
				return nil, errors.New("nobody to greet")
			}
			return "Hello " + job.Args.Name, job.Progress(t.Context(), 1)
		},
		OnDiscard: func(_ context.Context, job *jobs.Job[greetArgs], _ error) error {
			discarded <- job.Args
			return nil
		},
	}, "people.hail")
	s.start()
	ids := s.enqueue(jobs.Insert{Args: greetArgs{"Ada"}, Total: 1}, jobs.Insert{Args: greetArgs{}})
	former := s.insertRow("people.hail", `{"name":"Bob"}`)
	broken := s.insertRow("people.greet", `[1]`)

	if j := s.waitFor(ids[0], jobs.Succeeded); j.Kind != "people.greet" || string(j.Result) != `"Hello Ada"` || j.Done != 1 {
		t.Errorf("the job: %+v", j)
	}
	if j := s.waitFor(ids[1], jobs.Failed); j.FailedAttempts != 2 {
		t.Errorf("the discarded job: %+v", j)
	}
	if j := s.waitFor(former, jobs.Succeeded); j.Kind != "people.hail" || string(j.Result) != `"Hello Bob"` {
		t.Errorf("the job of the former kind: %+v", j)
	}
	if j := s.waitFor(broken, jobs.Failed); j.FailedAttempts != 1 {
		t.Errorf("the job that cannot be decoded: %+v", j)
	}
	if args := <-discarded; args != (greetArgs{}) || len(discarded) != 0 {
		t.Errorf("discarded: %+v, and %d more", args, len(discarded))
	}
	for _, kind := range []string{"people.greet", "people.hail"} {
		items, _, err := s.List(t.Context(), admin, jobs.Filter{Kind: kind, Limit: 10})
		if testkit.Must(t, err); len(items) != 4 {
			t.Errorf("%d jobs of kind %s", len(items), kind)
		}
	}
	if items, _, err := s.List(t.Context(), admin, jobs.Filter{Kind: "people.leave", Limit: 10}); err != nil || len(items) != 0 {
		t.Errorf("jobs of an unknown kind: %v, %v", items, err)
	}
}

func TestRegisterTwice(t *testing.T) {
	t.Parallel()
	workers := jobs.NewWorkers()
	register := func() {
		jobs.Register(workers, jobs.Worker[greetArgs]{Work: func(context.Context, *jobs.Job[greetArgs]) (any, error) { return nil, nil }})
	}
	register()
	defer func() {
		if recover() == nil {
			t.Error("a second worker for the kind is accepted")
		}
	}()
	register()
}

func TestClient(t *testing.T) {
	t.Parallel()
	c := jobstest.New()
	names := 0
	jobs.Register(c, jobs.Worker[greetArgs]{Work: func(ctx context.Context, job *jobs.Job[greetArgs]) (any, error) {
		names++
		switch {
		case job.Args.Name == "Ada": // leads to another
			_, err := c.EnqueueNow(ctx, jobs.Insert{Args: greetArgs{"Bob"}})
			return nil, err
		case job.Args.Name == "Eve" && job.Attempt == 1:
			return nil, errors.New("not at home")
		}
		return nil, job.Progress(ctx, 1)
	}})
	pruned := 0
	jobs.Schedule[pruneArgs](c, time.Hour, func(context.Context) error { pruned++; return nil })
	id := domain.NewID()
	ids, err := c.EnqueueNow(t.Context(), jobs.Insert{Args: greetArgs{"Ada"}, ID: id}, jobs.Insert{Args: greetArgs{"Eve"}})
	if testkit.Must(t, err); ids[0] != id || len(c.Waiting()) != 2 {
		t.Errorf("ids %v, %d waiting", ids, len(c.Waiting()))
	}
	if failed := c.Work(t.Context()); len(failed) != 1 || names != 3 || len(c.Waiting()) != 1 {
		t.Errorf("failed: %v; %d attempts, %d waiting", failed, names, len(c.Waiting()))
	}
	if failed := c.Work(t.Context()); len(failed) != 0 || names != 4 || len(c.Waiting()) != 0 {
		t.Errorf("failed: %v; %d attempts, %d waiting", failed, names, len(c.Waiting()))
	}
	if _, err := c.WorkNow(t.Context(), pruneArgs{}); err != nil || pruned != 1 {
		t.Errorf("the periodic job: %v, ran %d times", err, pruned)
	}
}
