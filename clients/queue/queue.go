// Package queue dispatches jobs to workers through Redis. It implements jobs.Transport.
//
// Each queue is a sorted set of tasks, oldest first. A task is only the id and kind of a job. A worker pops a task;
// if its process dies, the task is lost, and domain/jobs pushes the job again when its lease expires. Pushing a
// waiting task again has no effect. While Redis is down Push fails, and workers keep polling. A task whose
// kind is unknown here is put back for another server.
//
// A job library such as asynq, river or gocraft/work would store payloads, leases, retries and dead letters a
// second time, beside MySQL.
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
	popTimeout   = 250 * time.Millisecond // of one blocking pop; bounds how long Pause takes
	popDeadline  = 2 * time.Second        // after which Redis is considered down
	requeueDelay = time.Second            // before a task with an error is put back
	downPause    = 250 * time.Millisecond // between pops while Redis is down
)

// popWeights are the relative frequencies with which a queue is popped first. Interactive tasks also have dedicated workers.
var popWeights = map[jobs.Queue]int{jobs.Interactive: 100, jobs.Standard: 10, jobs.Bulk: 1}

// queueKey returns the Redis key of a queue. The hash tag puts all queues into one cluster slot, since one command pops
// from all of them.
func queueKey(q jobs.Queue) string { return "{jobs}:" + string(q) }

// Queue is the transport of jobs. It is safe for concurrent use.
type Queue struct {
	redis      rueidis.Client
	log        *slog.Logger
	logLimiter *rate.Limiter // limits log lines while Redis is down

	pause   sync.Once
	paused  chan struct{}
	workers sync.WaitGroup
}

// New returns a queue. Redis need not be reachable.
func New(redis rueidis.Client, log *slog.Logger) *Queue {
	return &Queue{redis: redis, log: log, logLimiter: rate.NewLimiter(rate.Every(30*time.Second), 1), paused: make(chan struct{})}
}

// Push adds a task to the end of its queue.
func (q *Queue) Push(ctx context.Context, t jobs.Task) error {
	return q.add(ctx, queueKey(t.Queue), t.JobID.String()+" "+t.Kind, float64(time.Now().UnixMicro()))
}

func (q *Queue) add(ctx context.Context, key, member string, score float64) error {
	return q.redis.Do(ctx, q.redis.B().Zadd().Key(key).Nx().ScoreMember().ScoreMember(score, member).Build()).Error()
}

// Start runs workers until Pause: concurrency of them for all queues, and a quarter as many for interactive tasks only.
func (q *Queue) Start(concurrency int, do func(jobs.Task) error) error {
	q.workers.Go(func() { q.runWorkers(concurrency, jobs.Queues, do) })
	q.workers.Go(func() { q.runWorkers(max(1, concurrency/4), []jobs.Queue{jobs.Interactive}, do) })
	return nil
}

// runWorkers pops tasks from the given queues and runs up to concurrency of them at a time.
func (q *Queue) runWorkers(concurrency int, queues []jobs.Queue, do func(jobs.Task) error) {
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
			case <-q.paused: // Redis may be shutting down as well
				return
			default:
			}
			if q.logLimiter.Allow() {
				q.log.Warn("cannot receive jobs: Redis is unavailable", "error", err.Error())
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
				return // not a task
			}
			if err := do(jobs.Task{JobID: jobID, Kind: kind}); err != nil {
				q.requeue(key, member, score)
			}
		})
	}
}

// pop waits up to popTimeout for a task. member is empty if none came.
func (q *Queue) pop(queues []jobs.Queue) (queue, member string, score float64, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), popDeadline)
	defer cancel()
	cmd := q.redis.B().Bzpopmin().Key(popOrder(queues)...).Timeout(popTimeout.Seconds()).Build()
	reply, err := q.redis.Do(ctx, cmd).ToArray()
	if rueidis.IsRedisNil(err) {
		return "", "", 0, nil
	}
	if err != nil {
		return "", "", 0, err
	}
	if len(reply) != 3 {
		return "", "", 0, errors.New("queue: unexpected reply to BZPOPMIN")
	}
	if queue, err = reply[0].ToString(); err == nil {
		member, err = reply[1].ToString()
	}
	if err == nil {
		score, err = reply[2].AsFloat64()
	}
	return queue, member, score, err
}

// popOrder returns the keys in the order in which to pop them. More urgent queues come first more often, but every queue
// comes first sometimes, so that none starves.
func popOrder(queues []jobs.Queue) []string {
	total := 0
	for _, q := range queues {
		total += popWeights[q]
	}
	n, first := rand.N(total), 0
	for n >= popWeights[queues[first]] {
		n -= popWeights[queues[first]]
		first++
	}
	keys := []string{queueKey(queues[first])}
	for i, q := range queues {
		if i != first {
			keys = append(keys, queueKey(q))
		}
	}
	return keys
}

// requeue puts a task back at its old position, after requeueDelay or when the queue is paused.
func (q *Queue) requeue(key, member string, score float64) {
	q.sleep(requeueDelay)
	ctx, cancel := context.WithTimeout(context.Background(), popDeadline)
	defer cancel()
	_ = q.add(ctx, key, member, score) // on failure the job is pushed again when its lease expires
}

func (q *Queue) sleep(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-q.paused:
	}
}

// Pause stops popping tasks.
func (q *Queue) Pause() { q.pause.Do(func() { close(q.paused) }) }

// Close pauses the queue and waits for running tasks until ctx is done.
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
