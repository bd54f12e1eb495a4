package jobs_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/sandbox/testkit"
)

type letter struct {
	To string `json:"to"`
}

func TestDone(t *testing.T) {
	w := newWorld(t)
	p := w.process(concurrency(1))
	held := make(chan struct{})
	p.Handle("letter", jobs.Options{}, func(ctx context.Context, run *jobs.Run) (any, error) {
		var l letter
		if err := run.Read(&l); err != nil {
			return nil, err
		}
		<-held
		if err := run.Progress(ctx, 1); err != nil {
			return nil, err
		}
		return map[string]string{"sent": l.To}, nil
	})
	p.Handle("next", jobs.Options{}, func(context.Context, *jobs.Run) (any, error) { return nil, nil })
	p.start()
	ada := person(domain.RoleClient)
	var ids []domain.ID
	err := w.tx(func(tx db.Tx) (err error) {
		ids, err = p.Add(t.Context(), tx, jobs.LegacyInsert{Kind: "letter", UserID: ada.UserID, Payload: letter{"ada@secret.example"}, Total: 3})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Wake()
	p.is(ids[0], jobs.Running)
	next := p.add(jobs.LegacyInsert{Kind: "next", UserID: ada.UserID, Payload: letter{"ada@secret.example"}})[0] // has to wait in Redis
	p.until(next, "the job is in Redis", func(jobs.Info) bool { return w.waiting(jobs.Standard) == 1 })
	w.redis(func(c rueidis.Client) {
		keys, err := c.Do(t.Context(), c.B().Keys().Pattern("*").Build()).AsStrSlice()
		if err != nil || len(keys) == 0 {
			t.Fatalf("nothing is in Redis: %v", err)
		}
		for _, k := range keys {
			dump, err := c.Do(t.Context(), c.B().Dump().Key(k).Build()).ToString()
			if err == nil && strings.Contains(k+dump, "secret.example") {
				t.Errorf("%s holds what is confidential", k)
			}
		}
	})
	close(held)
	j := p.is(ids[0], jobs.Succeeded)
	if string(j.Result) != `{"sent":"ada@secret.example"}` || j.Done != 3 || j.Total != 3 || j.FinishedAt.IsZero() || j.StartedAt.IsZero() {
		t.Errorf("it ended as %+v", j)
	}
	var payload string
	if err := w.pool.QueryRowContext(t.Context(), "SELECT payload FROM jobs WHERE kind = 'letter'").Scan(&payload); err != nil || payload != "" {
		t.Errorf("the payload stays: %q, %v", payload, err)
	}
	if _, err := p.Get(t.Context(), ada, ids[0]); err != nil {
		t.Error(err)
	}
	if _, err := p.Get(t.Context(), person(domain.RoleLawyer), ids[0]); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("a stranger gets %v", err)
	}

	boom := errors.New("no")
	if err := w.tx(func(tx db.Tx) error {
		if _, err := p.Add(t.Context(), tx, jobs.LegacyInsert{Kind: "letter", Payload: letter{}}); err != nil {
			return err
		}
		return boom
	}); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	all, _, err := p.List(t.Context(), admin, jobs.Filter{Limit: 10})
	if err != nil || len(all) != 2 {
		t.Errorf("what was rolled back is there: %v, %v", all, err)
	}
}

func TestTries(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	var dead atomic.Int32
	plain := jobs.Options{Tries: 3, Backoff: alike}
	fails := func(n int, err error) func(context.Context, *jobs.Run) (any, error) {
		return func(_ context.Context, run *jobs.Run) (any, error) {
			if run.Try <= n {
				return nil, err
			}
			return run.Try, nil
		}
	}
	refused := domain.InvalidField("/to", "is nobody")
	p.Handle("second", plain, fails(1, errors.New("secret cause")))
	p.Handle("never", jobs.Options{Tries: 3, Backoff: alike, OnDead: func(_ context.Context, run *jobs.Run, err error) error {
		if !errors.Is(err, refused) && dead.Load() == 0 {
			t.Errorf("the cause is %v", err)
		}
		if dead.Add(1) == 1 {
			return errors.New("not now")
		}
		return nil
	}}, fails(99, refused))
	p.Handle("useless", plain, fails(99, jobs.Fatal(errors.New("secret cause"))))
	p.Handle("panics", plain, func(context.Context, *jobs.Run) (any, error) { panic("secret") })
	p.Handle("slow", jobs.Options{Tries: 1, Timeout: 20 * time.Millisecond}, func(ctx context.Context, _ *jobs.Run) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	p.Handle("later", plain, fails(1, jobs.RetryAt(errors.New("busy"), time.Now().Add(time.Hour))))
	p.Handle("good", plain, fails(0, nil))
	p.start()
	var ids []domain.ID
	for _, kind := range []string{"second", "never", "useless", "panics", "slow", "later", "good"} {
		ids = append(ids, p.add(jobs.LegacyInsert{Kind: kind})...)
	}
	if j := p.is(ids[0], jobs.Succeeded); string(j.Result) != "2" || j.Tries != 1 || j.Error != "" {
		t.Errorf("the second try: %+v", j)
	}
	for i, want := range map[int]struct {
		tries   int
		code    string
		message string
	}{
		2: {1, "internal", "It could not be done."}, 3: {3, "internal", "It could not be done."}, 4: {1, "timeout", "It took too long."},
	} {
		if j := p.is(ids[i], jobs.Failed); j.Tries != want.tries || j.ErrorCode != want.code || j.Error != want.message {
			t.Errorf("%d: %+v", i, j)
		}
	}
	if j := p.until(ids[5], "it waits for its hour", func(j jobs.Info) bool { return j.Tries == 1 }); j.State != jobs.Waiting || time.Until(j.RunAt) < 55*time.Minute {
		t.Errorf("it is to come again %+v", j)
	}
	p.is(ids[6], jobs.Succeeded)

	// Whoever must hear of the end did not at first: it is told again, the work is not done again.
	testkit.Eventually(t, "the end was told once", func() bool { return dead.Load() == 1 })
	p.until(ids[1], "it waits to be told again", func(j jobs.Info) bool { return j.State == jobs.Waiting })
	w.exec("UPDATE jobs SET due_at = NOW(6) WHERE id = ?", ids[1])
	if j := p.is(ids[1], jobs.Failed); dead.Load() != 2 || j.Tries != 3 || j.ErrorCode != "invalid" || !strings.Contains(j.Error, "/to: is nobody") {
		t.Errorf("told %d times: %+v", dead.Load(), j)
	}

	// An admin sends the dead letter again.
	if _, err := p.Retry(t.Context(), person(domain.RoleLawyer), ids[2]); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("a stranger may: %v", err)
	}
	if _, err := p.Retry(t.Context(), admin, ids[0]); domain.CodeOf(err) != domain.Conflict {
		t.Errorf("one that succeeded: %v", err)
	}
	if j, err := p.Retry(t.Context(), admin, ids[2]); err != nil || j.State == jobs.Failed {
		t.Errorf("%+v, %v", j, err)
	}
	p.until(ids[2], "it failed again", func(j jobs.Info) bool { return j.State == jobs.Failed && j.Tries == 1 })
	failed, _, err := p.List(t.Context(), admin, jobs.Filter{State: jobs.Failed, Kind: "panics", Limit: 10})
	if err != nil || len(failed) != 1 || failed[0].ID != ids[3] {
		t.Errorf("dead letters: %v, %v", failed, err)
	}
}

func TestKey(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	p.Handle("once", jobs.Options{}, func(context.Context, *jobs.Run) (any, error) { return nil, nil })
	p.start()
	ids := make([]domain.ID, 16)
	var adding sync.WaitGroup
	for i := range ids {
		adding.Go(func() {
			got, err := p.AddNow(t.Context(), jobs.LegacyInsert{Kind: "once", Key: "the/one"})
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = got[0]
		})
	}
	adding.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("two jobs have one key: %v", ids)
		}
	}
	p.is(ids[0], jobs.Succeeded)
	if again := p.add(jobs.LegacyInsert{Kind: "once", Key: "the/one"}); again[0] != ids[0] {
		t.Error("the key of a finished job is free")
	}
	if n := p.tally.of(jobs.OutcomeSucceeded); n != 1 {
		t.Errorf("it was done %d times", n)
	}
}

func TestSchedule(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	p.Handle("later", jobs.Options{}, func(context.Context, *jobs.Run) (any, error) { return nil, nil })
	p.start()
	soon, far := time.Now().Add(300*time.Millisecond), time.Now().Add(time.Hour)
	ids := p.add(jobs.LegacyInsert{Kind: "later", RunAt: soon}, jobs.LegacyInsert{Kind: "later", RunAt: far})
	if j := p.is(ids[0], jobs.Succeeded); j.FinishedAt.Before(soon) {
		t.Errorf("it was done at %s, before %s", j.FinishedAt, soon)
	}
	if j := p.job(ids[1]); j.State != jobs.Waiting {
		t.Errorf("it is %s", j.State)
	}
}

func TestCancel(t *testing.T) {
	w := newWorld(t)
	p := w.process(timing(quick()))
	other := w.process(timing(quick())) // on another server, which does not run it
	began := make(chan struct{}, 1)
	step := make(chan struct{})
	p.Handle("steps", jobs.Options{}, func(ctx context.Context, run *jobs.Run) (any, error) {
		began <- struct{}{}
		for n := 1; ; n++ {
			select {
			case <-step:
			case <-ctx.Done():
				return n, run.Progress(ctx, 7) // the last it reports counts, although it was cancelled
			}
			if err := run.Progress(ctx, n); err != nil {
				return n, err
			}
		}
	})
	p.start()
	ada := person(domain.RoleClient)
	mine := jobs.LegacyInsert{Kind: "steps", UserID: ada.UserID}
	scheduled := mine
	scheduled.RunAt = time.Now().Add(time.Hour)
	id := p.add(scheduled)[0]
	if _, err := p.Cancel(t.Context(), person(domain.RoleLawyer), id); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("a stranger may: %v", err)
	}
	for range 2 {
		if j, err := p.Cancel(t.Context(), ada, id); err != nil || j.State != jobs.Cancelled {
			t.Errorf("one that waits: %+v, %v", j, err)
		}
	}
	for name, by := range map[string]*process{"here": p, "elsewhere": other} {
		id := p.add(mine)[0]
		<-began
		if j, err := by.Cancel(t.Context(), ada, id); err != nil || (j.State != jobs.Running && j.State != jobs.Cancelled) {
			t.Errorf("%s: %+v, %v", name, j, err)
		}
		if j := p.is(id, jobs.Cancelled); string(j.Result) != "1" || j.Done != 7 {
			t.Errorf("%s: what was done before is %s, %d steps", name, j.Result, j.Done)
		}
	}
	// A step learns of it before the heartbeat does.
	id = p.add(mine)[0]
	<-began
	w.exec("UPDATE jobs SET cancelling = TRUE WHERE id = ?", id)
	step <- struct{}{}
	p.is(id, jobs.Cancelled)

	w.exec("UPDATE jobs SET state = 'succeeded' WHERE id = ?", id)
	if _, err := p.Cancel(t.Context(), ada, id); domain.CodeOf(err) != domain.Conflict {
		t.Errorf("one that has ended: %v", err)
	}
}

func TestList(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	ada, bob := person(domain.RoleClient), person(domain.RoleClient)
	var want []domain.ID
	for range 5 {
		want = append(want, p.add(jobs.LegacyInsert{Kind: "a.b", UserID: ada.UserID}, jobs.LegacyInsert{Kind: "c", UserID: bob.UserID})[0])
	}
	var got []domain.ID
	for f := (jobs.Filter{Limit: 2}); ; {
		page, next, err := p.List(t.Context(), ada, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range page {
			got = append(got, j.ID)
		}
		if f.Before = next; next == nil {
			break
		}
	}
	if len(got) != 5 || got[0] != want[4] || got[4] != want[0] {
		t.Errorf("ada sees %v of %v", got, want)
	}
	if _, _, err := p.List(t.Context(), ada, jobs.Filter{UserID: bob.UserID, Limit: 2}); domain.CodeOf(err) != domain.Forbidden {
		t.Errorf("ada asks for bob's: %v", err)
	}
	for f, n := range map[jobs.Filter]int{{}: 10, {UserID: bob.UserID}: 5, {Kind: "a.b"}: 5, {State: jobs.Waiting}: 10, {State: jobs.Failed}: 0} {
		f.Limit = 100
		if all, _, err := p.List(t.Context(), admin, f); err != nil || len(all) != n {
			t.Errorf("%+v: %d, %v", f, len(all), err)
		}
	}
}

func TestForget(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	p.Handle("x", jobs.Options{Tries: 1}, func(_ context.Context, run *jobs.Run) (any, error) {
		if string(run.Payload) == "1" {
			return nil, errors.New("no")
		}
		return nil, nil
	})
	ids := p.add(jobs.LegacyInsert{Kind: "x"}, jobs.LegacyInsert{Kind: "x", Payload: 1}, jobs.LegacyInsert{Kind: "x"})
	if _, err := p.Cancel(t.Context(), admin, ids[2]); err != nil {
		t.Fatal(err)
	}
	p.start()
	p.is(ids[0], jobs.Succeeded)
	p.is(ids[1], jobs.Failed)
	for i, kept := range []time.Duration{jobs.CompletedRetention, jobs.DiscardedRetention, jobs.CompletedRetention} {
		var due, finished time.Time
		if err := w.pool.QueryRowContext(t.Context(), "SELECT due_at, finished_at FROM jobs WHERE id = ?", ids[i]).Scan(&due, &finished); err != nil || due.Sub(finished) != kept {
			t.Errorf("%d is kept %s, %v", i, due.Sub(finished), err)
		}
	}
	p.end(10 * time.Second)
	w.exec("UPDATE jobs SET due_at = NOW(6) WHERE id <> ?", ids[1])
	p = w.process().start()
	testkit.Eventually(t, "the old ones are gone", func() bool {
		all, _, err := p.List(t.Context(), admin, jobs.Filter{Limit: 10})
		return err == nil && len(all) == 1 && all[0].ID == ids[1]
	})
}

// TestForgetUser: of somebody's jobs none is left, none is begun, and what runs is told to stop.
func TestForgetUser(t *testing.T) {
	w := newWorld(t)
	p := w.process(timing(quick()))
	began, ended := make(chan struct{}), make(chan error, 2)
	p.Handle("x", jobs.Options{}, func(ctx context.Context, _ *jobs.Run) (any, error) {
		began <- struct{}{}
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return "done", nil
	})
	ada, bob := person(domain.RoleClient), person(domain.RoleClient)
	his := p.add(jobs.LegacyInsert{Kind: "y", UserID: bob.UserID})[0]
	p.start()
	p.add(jobs.LegacyInsert{Kind: "x", UserID: ada.UserID})
	<-began
	p.add(jobs.LegacyInsert{Kind: "x", UserID: ada.UserID, RunAt: time.Now().Add(time.Hour)})
	if err := db.WithTx(t.Context(), w.pool, func(tx db.Tx) error { return p.EraseUser(t.Context(), tx, ada.UserID) }); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("what runs is not told")
	}
	testkit.Eventually(t, "the run counts as lost", func() bool { return p.tally.of(jobs.OutcomeLeaseLost) == 1 })
	if all, _, err := p.List(t.Context(), admin, jobs.Filter{Limit: 10}); err != nil || len(all) != 1 || all[0].ID != his {
		t.Errorf("%+v, %v", all, err)
	}
}
