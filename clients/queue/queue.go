// Package queue carries tasks to workers through Redis. It fulfils jobs.Transport.
//
// Each queue is a sorted set of tasks, the oldest first: a task is a job's id and kind, and nothing
// else. A worker pops one, and whoever dies with it loses it: jobs notice by their own leases and
// push it again. A task that waits already is not doubled. While Redis is down Push fails, nothing
// arrives, and the workers try again by themselves. A kind of task that nobody here knows goes
// back, for another server to take.
//
// No job library fits beneath: MySQL holds the payloads, leases, retries and dead letters, and
// asynq, river or gocraft/work would each hold them a second time.
package queue

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"
	"golang.org/x/time/rate"

	"counsel/domain"
	"counsel/domain/jobs"
)

const (
	popTimeout   = 250 * time.Millisecond // of one blocking pop: how soon Pause is heeded
	popDeadline  = 2 * time.Second        // after which Redis counts as down
	requeueDelay = time.Second            // before a task that was sent back is popped again
	downPause    = 250 * time.Millisecond // between two pops while Redis is down
)

// weights is how often a queue is popped first. Interactive tasks have workers of their own besides.
var weights = map[jobs.Queue]int{jobs.Interactive: 100, jobs.Standard: 10, jobs.Bulk: 1}

// key is the sorted set of a queue. All lie in one slot of a cluster, since one command pops them.
func key(q jobs.Queue) string { return "{jobs}:" + string(q) }

// Queue is safe for concurrent use.
type Queue struct {
	redis rueidis.Client
	log   *slog.Logger
	often *rate.Limiter // of log lines while Redis is down

	pause   sync.Once
	paused  chan struct{}
	workers sync.WaitGroup
}

// New makes a queue on a Redis that need not be up.
func New(redis rueidis.Client, log *slog.Logger) *Queue {
	return &Queue{redis: redis, log: log, often: rate.NewLimiter(rate.Every(30*time.Second), 1), paused: make(chan struct{})}
}

// Push adds a task behind the others of its queue.
func (q *Queue) Push(ctx context.Context, t jobs.Task) error {
	return q.add(ctx, key(t.Queue), t.JobID.String()+" "+t.Kind, float64(time.Now().UnixMicro()))
}

func (q *Queue) add(ctx context.Context, key, member string, score float64) error {
	return q.redis.Do(ctx, q.redis.B().Zadd().Key(key).Nx().ScoreMember().ScoreMember(score, member).Build()).Error()
}

// Start works until Pause.
func (q *Queue) Start(concurrency int, do func(jobs.Task) error) error {
	q.workers.Go(func() { q.work(concurrency, jobs.Queues, do) })
	q.workers.Go(func() { q.work(max(1, concurrency/4), []jobs.Queue{jobs.Interactive}, do) })
	return nil
}

// work pops tasks of some queues, and does up to concurrency of them at a time.
func (q *Queue) work(concurrency int, queues []jobs.Queue, do func(jobs.Task) error) {
	slots := make(chan struct{}, concurrency)
	for {
		select {
		case <-q.paused:
			return
		case slots <- struct{}{}:
		}
		key, member, score, err := q.pop(queues)
		if err != nil {
			<-slots
			select {
			case <-q.paused: // Redis may be stopping, too
				return
			default:
			}
			if q.often.Allow() {
				q.log.Warn("no jobs arrive: Redis does not answer", "error", err.Error())
			}
			q.sleep(downPause)
			continue
		}
		if member == "" {
			<-slots
			continue
		}
		q.workers.Go(func() {
			defer func() { <-slots }()
			id, kind, _ := strings.Cut(member, " ")
			jobID, err := domain.ParseID(id)
			if err != nil {
				return // not one of ours
			}
			if err := do(jobs.Task{JobID: jobID, Kind: kind}); err != nil {
				q.requeue(key, member, score)
			}
		})
	}
}

// pop waits a moment for a task; member is "" when none came.
func (q *Queue) pop(queues []jobs.Queue) (queue, member string, score float64, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), popDeadline)
	defer cancel()
	cmd := q.redis.B().Bzpopmin().Key(order(queues)...).Timeout(popTimeout.Seconds()).Build()
	reply, err := q.redis.Do(ctx, cmd).ToArray()
	if rueidis.IsRedisNil(err) {
		return "", "", 0, nil
	}
	if err != nil {
		return "", "", 0, err
	}
	if len(reply) != 3 {
		return "", "", 0, errors.New("BZPOPMIN answered something else")
	}
	if queue, err = reply[0].ToString(); err == nil {
		member, err = reply[1].ToString()
	}
	if err == nil {
		score, err = reply[2].AsFloat64()
	}
	return queue, member, score, err
}

// order is that in which queues are popped: mostly the most urgent first, but each comes first now
// and then, so that none starves.
func order(queues []jobs.Queue) []string {
	total := 0
	for _, q := range queues {
		total += weights[q]
	}
	n, first := rand.N(total), 0
	for n >= weights[queues[first]] {
		n -= weights[queues[first]]
		first++
	}
	keys := []string{key(queues[first])}
	for i, q := range queues {
		if i != first {
			keys = append(keys, key(q))
		}
	}
	return keys
}

// requeue puts a task back to its place, after a while or when the queue pauses.
func (q *Queue) requeue(key, member string, score float64) {
	q.sleep(requeueDelay)
	ctx, cancel := context.WithTimeout(context.Background(), popDeadline)
	defer cancel()
	_ = q.add(ctx, key, member, score) // else it is pushed again when its lease ends
}

func (q *Queue) sleep(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-q.paused:
	}
}

// Pause pops no more tasks.
func (q *Queue) Pause() { q.pause.Do(func() { close(q.paused) }) }

// Close waits for tasks that are being done, no longer than ctx allows.
func (q *Queue) Close(ctx context.Context) error {
	q.Pause()
	ended := make(chan struct{})
	go func() {
		q.workers.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	return nil
}
