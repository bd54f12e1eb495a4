package rendering_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/files"
	"counsel/domain/jobs"
	"counsel/sandbox/testkit"
)

func TestBatch(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.newProcess()
	p.renderer.hook = func(_ context.Context, item string) error {
		if item == "1" {
			return domain.InvalidField("/data/purpose", "U+1F600 cannot be shown")
		}
		return nil
	}
	id, err := p.StartBatch(t.Context(), f.ada, requests(t, 4), "")
	testkit.Must(t, err)
	if len(p.renderer.renderings()) > 0 {
		t.Error("the request rendered a file itself")
	}
	p.start(t)
	j, out := f.waitFor(p, id)
	if j.State != jobs.Succeeded || j.Done != 4 || j.Total != 4 || len(out.Items) != 4 {
		t.Fatalf("%+v", j)
	}
	if e := out.Items[1].Error; e == nil || e.Code != "invalid" || !strings.Contains(string(j.Result), "/data/purpose") {
		t.Errorf("the rejected item is %s", j.Result)
	}
	out.Items = append(out.Items[:1], out.Items[2:]...)
	f.checkComplete(out, 3)
	if second, err := p.StartBatch(t.Context(), f.ada, requests(t, 4), ""); err != nil || second == id {
		t.Errorf("without a key the second batch is %s, %v", second, err)
	}
}

// TestBatchKey checks that requests with the same key and body are one job, on all servers.
func TestBatchKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	servers := []*process{f.newProcess(), f.newProcess()}
	items := requests(t, 3)
	var wg sync.WaitGroup
	ids := make([]domain.ID, 12)
	for i := range ids {
		wg.Go(func() {
			var err error
			if ids[i], err = servers[i%2].StartBatch(t.Context(), f.ada, items, "k"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatal("one key created several jobs")
		}
	}
	for name, other := range map[string]func() (domain.ID, error){
		"another key":    func() (domain.ID, error) { return servers[0].StartBatch(t.Context(), f.ada, items, "l") },
		"another caller": func() (domain.ID, error) { return servers[0].StartBatch(t.Context(), f.bob, items, "k") },
		"other items":    func() (domain.ID, error) { return servers[0].StartBatch(t.Context(), f.ada, items[:2], "k") },
	} {
		if id, err := other(); err != nil || id == ids[0] {
			t.Errorf("%s: %s, %v", name, id, err)
		}
	}
}

// TestBatchKilled checks that a process that is killed at the worst moment leaves no duplicates and
// no orphans.
func TestBatchKilled(t *testing.T) {
	t.Parallel()
	for name, arm := range map[string]func(f *fixture, p *process) (repeated string){
		"while it renders a file": func(_ *fixture, p *process) string {
			p.renderer.hook = func(_ context.Context, item string) error {
				if item == "2" {
					return p.pool.Close()
				}
				return nil
			}
			return "2"
		},
		"between the object and its row": func(f *fixture, p *process) string {
			n := 0
			f.store.After = func(call, _ string) error {
				if call != "put" {
					return nil
				}
				if n++; n == 3 {
					return p.pool.Close()
				}
				return nil
			}
			return "2"
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			first, second := f.newProcess(), f.newProcess()
			repeated := arm(f, first)
			id, err := first.StartBatch(t.Context(), f.ada, requests(t, 6), "")
			testkit.Must(t, err)
			first.start(t)
			testkit.Eventually(t, "the first process was killed", func() bool { return first.pool.PingContext(t.Context()) != nil })
			second.start(t)
			j, out := f.waitFor(second, id)
			if j.State != jobs.Succeeded {
				t.Fatalf("%+v", j)
			}
			f.checkComplete(out, 6)
			firstCounts, secondCounts := first.renderer.renderings(), second.renderer.renderings()
			for i := range 6 {
				item := fmt.Sprint(i)
				if n := firstCounts[item] + secondCounts[item]; n != 1 && item != repeated {
					t.Errorf("item %d was rendered %d times", i, n)
				}
			}
		})
	}
}

// TestBatchLeaseLost checks that two processes that both believe they have the job's lease store
// each file once.
func TestBatchLeaseLost(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, second := f.newProcess(), f.newProcess()
	reached, proceed := make(chan struct{}), make(chan struct{})
	var once sync.Once
	first.renderer.hook = func(_ context.Context, item string) error { // ignores the end of its attempt
		if item == "1" {
			once.Do(func() { close(reached) })
			<-proceed
		}
		return nil
	}
	id, err := first.StartBatch(t.Context(), f.ada, requests(t, 4), "")
	testkit.Must(t, err)
	first.start(t)
	<-reached
	_, err = f.db.ExecContext(t.Context(), "UPDATE jobs SET state = 'waiting', owner = '', due_at = NOW(6) WHERE id = ?", id)
	testkit.Must(t, err)
	second.start(t)
	// Either process may acquire the job.
	testkit.Eventually(t, "the job runs again", func() bool {
		var runs int
		err := f.db.QueryRowContext(t.Context(), "SELECT runs FROM jobs WHERE id = ?", id).Scan(&runs)
		return err == nil && runs > 1
	})
	close(proceed)
	_, out := f.waitFor(second, id)
	f.checkComplete(out, 4)
}

// TestBatchOutage checks that a job waits while the store is down and does not repeat finished
// renderings.
func TestBatchOutage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.newProcess()
	var mu sync.Mutex
	puts, down := 0, true
	f.store.Before = func(call, _ string) error {
		mu.Lock()
		defer mu.Unlock()
		if call != "put" {
			return nil
		}
		if puts++; puts > 2 && down {
			return files.StorageUnavailable(time.Second, errors.New("down"))
		}
		return nil
	}
	id, err := p.StartBatch(t.Context(), f.ada, requests(t, 8), "")
	testkit.Must(t, err)
	p.start(t)
	testkit.Eventually(t, "an attempt has failed", func() bool {
		j, err := p.jobs.Get(t.Context(), f.ada, id)
		return err == nil && j.FailedAttempts == 1
	})
	if counts := p.renderer.renderings(); counts["7"] != 0 {
		t.Errorf("the batch continued while the store was down: %v", counts)
	}
	mu.Lock()
	down = false
	mu.Unlock()
	j, out := f.waitFor(p, id)
	if j.State != jobs.Succeeded || j.FailedAttempts != 1 {
		t.Errorf("%+v", j)
	}
	f.checkComplete(out, 8)
	if counts := p.renderer.renderings(); counts["0"] != 1 || counts["1"] != 1 {
		t.Errorf("rendered again: %v", counts)
	}
}

// TestBatchLastAttempt checks that the result has an error for an item that fails in the last
// attempt because of an outage.
func TestBatchLastAttempt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.newProcess()
	puts := 0
	f.store.Before = func(call, _ string) error {
		if call != "put" {
			return nil
		}
		if puts++; puts > 2 {
			return files.StorageUnavailable(time.Second, errors.New("down"))
		}
		return nil
	}
	id, err := p.StartBatch(t.Context(), f.ada, requests(t, 8), "")
	testkit.Must(t, err)
	_, err = f.db.ExecContext(t.Context(), "UPDATE jobs SET tries = 9 WHERE id = ?", id)
	testkit.Must(t, err)
	p.start(t)
	j, out := f.waitFor(p, id)
	if j.State != jobs.Succeeded || len(out.Items) != 8 {
		t.Fatalf("%+v", j)
	}
	for i, item := range out.Items {
		if (item.Error == nil) != (i < 2) || item.Error != nil && item.Error.Code != "storage_unavailable" && item.Error.Code != "unavailable" {
			t.Errorf("item %d: %+v, %+v", i, item, item.Error)
		}
	}
	if puts > 5 {
		t.Errorf("%d attempts while the store was down", puts-2)
	}
	// A sweep removes the pending row.
	f.now = f.now.Add(time.Hour)
	testkit.Must(t, f.Sweep(t.Context()))
	if f.rows() != 2 || f.store.Count() != 2 {
		t.Errorf("%d rows, %d objects are left", f.rows(), f.store.Count())
	}
}

// TestBatchCancelled checks that a canceled batch stops and its result is what has been rendered.
func TestBatchCancelled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.newProcess()
	reached := make(chan struct{})
	p.renderer.hook = func(ctx context.Context, item string) error {
		if item == "2" {
			close(reached)
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	id, err := p.StartBatch(t.Context(), f.ada, requests(t, 6), "")
	testkit.Must(t, err)
	p.start(t)
	<-reached
	_, err = p.jobs.Cancel(t.Context(), f.ada, id)
	testkit.Must(t, err)
	j, out := f.waitFor(p, id)
	if j.State != jobs.Cancelled || j.Done != 2 {
		t.Fatalf("%+v", j)
	}
	f.checkComplete(out, 2)
}
