package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/domain/jobs/jobstest"
	"counsel/sandbox/testkit"
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
	w := newWorld(t)
	p := w.process()
	discarded := make(chan greetArgs, 10)
	jobs.Register(p, jobs.Worker[greetArgs]{
		MaxAttempts: 2,
		Backoff:     alike,
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
	p.start()
	ids, err := p.EnqueueNow(t.Context(), jobs.Insert{Args: greetArgs{"Ada"}, Total: 1}, jobs.Insert{Args: greetArgs{}})
	testkit.Must(t, err)
	former := p.add(jobs.LegacyInsert{Kind: "people.hail", Payload: greetArgs{"Bob"}})[0]
	broken := p.add(jobs.LegacyInsert{Kind: "people.greet", Payload: []int{1}})[0]

	if j := p.is(ids[0], jobs.Succeeded); j.Kind != "people.greet" || string(j.Result) != `"Hello Ada"` || j.Done != 1 {
		t.Errorf("the job: %+v", j)
	}
	if j := p.is(ids[1], jobs.Failed); j.Tries != 2 {
		t.Errorf("the discarded job: %+v", j)
	}
	if j := p.is(former, jobs.Succeeded); j.Kind != "people.hail" || string(j.Result) != `"Hello Bob"` {
		t.Errorf("the job of the former kind: %+v", j)
	}
	if j := p.is(broken, jobs.Failed); j.Tries != 1 {
		t.Errorf("the job that cannot be decoded: %+v", j)
	}
	if args := <-discarded; args != (greetArgs{}) || len(discarded) != 0 {
		t.Errorf("discarded: %+v, and %d more", args, len(discarded))
	}
	for _, kind := range []string{"people.greet", "people.hail"} {
		items, _, err := p.List(t.Context(), admin, jobs.Filter{Kind: kind, Limit: 10})
		if testkit.Must(t, err); len(items) != 4 {
			t.Errorf("%d jobs of kind %s", len(items), kind)
		}
	}
	if items, _, err := p.List(t.Context(), admin, jobs.Filter{Kind: "people.leave", Limit: 10}); err != nil || len(items) != 0 {
		t.Errorf("jobs of an unknown kind: %v, %v", items, err)
	}
}

func TestRegisterTwice(t *testing.T) {
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

// TestScheduleFormerKind runs a periodic job whose former kind an older server has enqueued as well.
func TestScheduleFormerKind(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	runs := make(chan struct{}, 100)
	jobs.Schedule[pruneArgs](p, time.Hour, func(context.Context) error { runs <- struct{}{}; return nil }, "every.prune")
	former := p.add(jobs.LegacyInsert{Kind: "every.prune", Payload: map[string]int64{"number": 1 << 40}})[0]
	p.start()
	<-runs
	<-runs
	p.is(former, jobs.Succeeded)
	items, _, err := p.List(t.Context(), admin, jobs.Filter{Kind: "people.prune", State: jobs.Succeeded, Limit: 10})
	if testkit.Must(t, err); len(items) == 0 {
		t.Error("nothing ran under the new kind")
	}
}

func TestClient(t *testing.T) {
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
