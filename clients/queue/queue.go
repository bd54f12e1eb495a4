// Package queue carries tasks to workers through Redis, with asynq. It fulfils jobs.Transport.
//
// Redis holds a job's id, kind and count of runs, and nothing else. Tasks may be lost with Redis,
// and may come twice. While Redis is down Push fails, nothing arrives, and the workers try again
// by themselves. A kind of task that nobody here knows goes back, for another server to take.
package queue

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"golang.org/x/time/rate"

	"counsel/domain"
	"counsel/domain/jobs"
)

const (
	redisTimeout = time.Second
	lookEvery    = 100 * time.Millisecond // for new tasks, when there were none
	comeBack     = time.Second            // a task that was sent back
	maxReturns   = 1 << 30
	longest      = 100 * 24 * time.Hour // jobs keep their own time
	giveUp       = time.Second          // on tasks that do not end, when closing: jobs had their time before
)

// How often a worker that is free looks into each queue first when all have tasks. Interactive
// tasks have workers of their own besides.
var weights = map[string]int{string(jobs.Interactive): 100, string(jobs.Standard): 10, string(jobs.Bulk): 1}

// Queue is a connection to Redis. It is safe for concurrent use.
type Queue struct {
	log       *slog.Logger
	redis     redis.UniversalClient
	client    *asynq.Client
	inspector *asynq.Inspector
	servers   []*asynq.Server
	pause     sync.Once
}

// Open makes a queue on a Redis named as db.OpenRedis takes it. Redis need not be up.
func Open(rawURL string, log *slog.Logger) (*Queue, error) {
	o, err := rueidis.ParseURL(rawURL)
	if err != nil {
		return nil, errors.New("REDIS_URL is not of the form redis://user:password@host:port/db")
	}
	c := newClient(rawURL, o)
	return &Queue{log: log, redis: c, client: asynq.NewClientFromRedisClient(c), inspector: asynq.NewInspectorFromRedisClient(c)}, nil
}

func newClient(rawURL string, o rueidis.ClientOption) redis.UniversalClient {
	u := &redis.UniversalOptions{
		Addrs: o.InitAddress, Username: o.Username, Password: o.Password, DB: o.SelectDB, TLSConfig: o.TLSConfig,
		MasterName: o.Sentinel.MasterSet, SentinelUsername: o.Sentinel.Username, SentinelPassword: o.Sentinel.Password,
		DialTimeout: max(o.Dialer.Timeout, redisTimeout), ReadTimeout: max(o.ConnWriteTimeout, redisTimeout), WriteTimeout: max(o.ConnWriteTimeout, redisTimeout),
		MaxRetries: -1, ContextTimeoutEnabled: true, PoolSize: 16, DisableIdentity: true,
	}
	if strings.HasPrefix(rawURL, "unix:") {
		path := o.InitAddress[0]
		u.Dialer = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: u.DialTimeout}).DialContext(ctx, "unix", path)
		}
	}
	if u.TLSConfig != nil {
		u.TLSConfig.MinVersion = tls.VersionTLS12
	}
	return redis.NewUniversalClient(u)
}

// Push hands over a task.
func (q *Queue) Push(ctx context.Context, t jobs.Task) error {
	id := taskID(t)
	err := q.enqueue(ctx, t, id)
	if !errors.Is(err, asynq.ErrTaskIDConflict) {
		return err
	}
	// It is there already. When a worker has taken it, though, and has not begun the job since,
	// that worker is gone, and Redis learns so only after a minute or more.
	info, err := q.inspector.GetTaskInfo(string(t.Queue), id)
	if err != nil || info.State != asynq.TaskStateActive {
		return nil //nolint:nilerr // it has just been done
	}
	if err := q.enqueue(ctx, t, id+".again"); !errors.Is(err, asynq.ErrTaskIDConflict) {
		return err
	}
	return nil
}

func (q *Queue) enqueue(ctx context.Context, t jobs.Task, id string) error {
	_, err := q.client.EnqueueContext(ctx, asynq.NewTask(t.Kind, []byte(t.JobID.String())),
		asynq.TaskID(id), asynq.Queue(string(t.Queue)), asynq.MaxRetry(maxReturns), asynq.Timeout(longest))
	return err
}

// taskID is the job's id, for its first run.
func taskID(t jobs.Task) string {
	if t.Run == 0 {
		return t.JobID.String()
	}
	return t.JobID.String() + "." + strconv.Itoa(t.Run)
}

// Start works until Pause.
func (q *Queue) Start(concurrency int, do func(jobs.Task) error) error {
	handle := asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) error {
		id, err := domain.ParseID(string(t.Payload()))
		if err != nil {
			return fmt.Errorf("%w: not one of ours", asynq.RevokeTask)
		}
		return do(jobs.Task{JobID: id, Kind: t.Type()})
	})
	logger := &asynqLog{log: q.log, often: rate.NewLimiter(rate.Every(30*time.Second), 1)}
	for _, s := range []struct {
		concurrency int
		queues      map[string]int
	}{
		{concurrency, weights},
		{max(1, concurrency/4), map[string]int{string(jobs.Interactive): 1}},
	} {
		srv := asynq.NewServerFromRedisClient(q.redis, asynq.Config{
			Concurrency: s.concurrency, Queues: s.queues, TaskCheckInterval: lookEvery, DelayedTaskCheckInterval: 2 * time.Second,
			RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return comeBack },
			IsFailure:      func(error) bool { return false },
			Logger:         logger, LogLevel: asynq.WarnLevel, ShutdownTimeout: giveUp,
		})
		if err := srv.Start(handle); err != nil {
			return err
		}
		q.servers = append(q.servers, srv)
	}
	return nil
}

// Pause takes no more tasks.
func (q *Queue) Pause() {
	q.pause.Do(func() {
		var stopping sync.WaitGroup
		for _, s := range q.servers {
			stopping.Go(s.Stop)
		}
		stopping.Wait()
	})
}

// Close ends the workers and then the connection. Those that take too long for ctx keep it until
// they end: asynq panics when it is taken away from under it.
func (q *Queue) Close(ctx context.Context) error {
	q.Pause()
	ended := make(chan error, 1)
	go func() {
		var stopping sync.WaitGroup
		for _, s := range q.servers {
			stopping.Go(s.Shutdown)
		}
		stopping.Wait()
		ended <- q.redis.Close()
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
}

// What the driver would say comes back as an error.
func init() { redis.SetLogger(silence{}) }

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// asynqLog passes on what asynq warns of, a line each half minute at most: while Redis is down it
// has much to say.
type asynqLog struct {
	log   *slog.Logger
	often *rate.Limiter
}

func (l *asynqLog) Debug(...any) {}
func (l *asynqLog) Info(...any)  {}
func (l *asynqLog) Warn(args ...any) {
	if l.often.Allow() {
		l.log.Warn("the queue in Redis", "says", fmt.Sprint(args...))
	}
}
func (l *asynqLog) Error(args ...any) { l.Warn(args...) }
func (l *asynqLog) Fatal(args ...any) { l.Warn(args...) }
