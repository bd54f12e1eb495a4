package queue_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"counsel/clients/queue"
	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

func newQueue(t *testing.T) *queue.Queue {
	t.Helper()
	q := queue.New(testenv.EmptyRedis(t), slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		require.NoError(t, q.Close(ctx))
	})
	return q
}

// recorder records the tasks received, in order.
type recorder struct {
	mu    sync.Mutex
	tasks []jobs.Task
}

func (r *recorder) do(t jobs.Task) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tasks = append(r.tasks, t)
	return nil
}

func (r *recorder) received() []jobs.Task {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]jobs.Task(nil), r.tasks...)
}

func TestOrderAndDeduplication(t *testing.T) {
	q := newQueue(t)
	var want []jobs.Task
	for range 20 {
		task := jobs.Task{JobID: domain.NewID(), Kind: "email.send", Queue: jobs.Bulk}
		for range 3 { // a waiting task is not added again
			require.NoError(t, q.Push(t.Context(), task))
		}
		want = append(want, jobs.Task{JobID: task.JobID, Kind: task.Kind})
	}
	var r recorder
	require.NoError(t, q.Start(1, r.do))
	testkit.Eventually(t, "all tasks have arrived", func() bool { return len(r.received()) >= len(want) })
	require.Equal(t, want, r.received())
}

// TestRequeue: a task that a worker rejects is received again.
func TestRequeue(t *testing.T) {
	q := newQueue(t)
	task := jobs.Task{JobID: domain.NewID(), Kind: "new.kind", Queue: jobs.Standard}
	require.NoError(t, q.Push(t.Context(), task))
	var r recorder
	var refused atomic.Bool
	require.NoError(t, q.Start(2, func(task jobs.Task) error {
		if refused.CompareAndSwap(false, true) {
			return errors.New("unknown kind")
		}
		return r.do(task)
	}))
	testkit.Eventually(t, "the task has arrived again", func() bool { return len(r.received()) == 1 })
	require.Equal(t, task.JobID, r.received()[0].JobID)
}

// TestNoStarvation: bulk tasks run even while standard tasks never end.
func TestNoStarvation(t *testing.T) {
	q := newQueue(t)
	push := func(queue jobs.Queue) {
		require.NoError(t, q.Push(context.Background(), jobs.Task{JobID: domain.NewID(), Kind: string(queue), Queue: queue}))
	}
	done := make(chan struct{})
	var once sync.Once
	for range 10 {
		push(jobs.Standard)
	}
	push(jobs.Bulk)
	require.NoError(t, q.Start(1, func(task jobs.Task) error {
		if task.Kind == string(jobs.Bulk) {
			once.Do(func() { close(done) })
			return nil
		}
		push(jobs.Standard)
		return nil
	}))
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("the bulk task never ran")
	}
}

// TestPause: tasks pushed after a pause are not received.
func TestPause(t *testing.T) {
	q := newQueue(t)
	var r recorder
	require.NoError(t, q.Start(2, r.do))
	q.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	require.NoError(t, q.Close(ctx))
	require.NoError(t, q.Push(t.Context(), jobs.Task{JobID: domain.NewID(), Kind: "late", Queue: jobs.Standard}))
	require.Empty(t, r.received())
}
