package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// ErrRedisDown is the result of every command while Redis does not answer.
var ErrRedisDown = errors.New("redis is down")

const (
	redisTimeout  = time.Second            // to dial, to shake hands, and for one answer
	probeTimeout  = 500 * time.Millisecond // of one probe
	probeShortest = 20 * time.Millisecond  // between the first two probes
	probeLongest  = time.Second            // between later probes
)

// OpenRedis returns a client for redis://user:password@host:port/db, rediss:// or
// unix:///path?db=0. It pipelines and caches on the client side.
//
// Redis may be down, now or later: once a command finds it down, every command fails at once with
// ErrRedisDown until a background probe reaches it. OpenRedis fails only if the URL is invalid or
// Redis rejects the connection. Close ends the probe.
//
// All commands share one connection, so when an answer arrives, all invalidations that Redis sent
// before it have been processed.
func OpenRedis(ctx context.Context, rawURL string) (rueidis.Client, error) {
	o, err := rueidis.ParseURL(rawURL)
	if err != nil {
		return nil, errors.New("REDIS_URL is not of the form redis://user:password@host:port/db")
	}
	o.ForceSingleClient = o.Sentinel.MasterSet == ""
	o.PipelineMultiplex = -1 // one connection
	o.Dialer.Timeout = cmp.Or(o.Dialer.Timeout, redisTimeout)
	o.ConnWriteTimeout = cmp.Or(o.ConnWriteTimeout, redisTimeout)
	o.ReadBufferEachConn = 64 << 10
	o.WriteBufferEachConn = 64 << 10
	o.CacheSizeEachConn = 24 << 20
	o.BlockingPoolSize = 64
	o.BlockingPoolCleanup = time.Minute
	// One retry for reads on a connection that Redis had closed; none after a timeout.
	o.RetryDelay = func(attempts int, _ rueidis.Completed, err error) time.Duration {
		if attempts > 1 || errors.Is(err, os.ErrDeadlineExceeded) {
			return -1
		}
		return 0
	}
	inner, err := rueidis.NewClient(o)
	if refused, ok := rueidis.IsRedisErr(err); ok {
		if inner != nil {
			inner.Close()
		}
		return nil, fmt.Errorf("redis refuses the connection: %w", refused)
	}
	if inner == nil {
		return nil, fmt.Errorf("redis settings: %w", err)
	}
	c := &breaker{Client: inner, closed: make(chan struct{})}
	if err != nil {
		c.trip(true)
	}
	return c, nil
}

// breaker is a circuit breaker: it rejects commands while Redis is down. It pins each command: when
// a connection breaks and a command is retried, rueidis would otherwise reuse its memory while the
// broken connection may still be writing it.
type breaker struct {
	rueidis.Client
	open     atomic.Bool // commands are rejected
	probing  atomic.Bool // the probe runs; at most one
	closed   chan struct{}
	once     sync.Once
	probes   sync.WaitGroup
	mu       sync.Mutex // prevents a new probe after Close
	isClosed bool
}

func (g *breaker) Do(ctx context.Context, cmd rueidis.Completed) rueidis.RedisResult {
	if g.open.Load() {
		return rueidis.NewErrorResult(ErrRedisDown)
	}
	r := g.Client.Do(ctx, cmd.Pin())
	g.observe(r.NonRedisError())
	return r
}

func (g *breaker) DoMulti(ctx context.Context, multi ...rueidis.Completed) []rueidis.RedisResult {
	if g.open.Load() {
		return rejected(len(multi))
	}
	for i := range multi {
		multi[i] = multi[i].Pin()
	}
	rs := g.Client.DoMulti(ctx, multi...)
	for _, r := range rs {
		g.observe(r.NonRedisError())
	}
	return rs
}

func (g *breaker) DoCache(ctx context.Context, cmd rueidis.Cacheable, ttl time.Duration) rueidis.RedisResult {
	if g.open.Load() {
		return rueidis.NewErrorResult(ErrRedisDown)
	}
	r := g.Client.DoCache(ctx, cmd.Pin(), ttl)
	g.observe(r.NonRedisError())
	return r
}

func (g *breaker) DoMultiCache(ctx context.Context, multi ...rueidis.CacheableTTL) []rueidis.RedisResult {
	if g.open.Load() {
		return rejected(len(multi))
	}
	for i := range multi {
		multi[i].Cmd = multi[i].Cmd.Pin()
	}
	rs := g.Client.DoMultiCache(ctx, multi...)
	for _, r := range rs {
		g.observe(r.NonRedisError())
	}
	return rs
}

func (g *breaker) Receive(ctx context.Context, subscribe rueidis.Completed, fn func(rueidis.PubSubMessage)) error {
	if g.open.Load() {
		return ErrRedisDown
	}
	err := g.Client.Receive(ctx, subscribe.Pin(), fn)
	if _, ok := rueidis.IsRedisErr(err); !ok && ctx.Err() == nil {
		g.observe(err)
	}
	return err
}

// Close ends the probe, then the client.
func (g *breaker) Close() {
	g.once.Do(func() {
		g.mu.Lock()
		g.isClosed = true
		close(g.closed)
		g.mu.Unlock()
		g.probes.Wait()
		g.Client.Close()
	})
}

func rejected(n int) []rueidis.RedisResult {
	rs := make([]rueidis.RedisResult, n)
	for i := range rs {
		rs[i] = rueidis.NewErrorResult(ErrRedisDown)
	}
	return rs
}

// observe evaluates a failed command. A caller's timeout proves nothing yet; any other failure of
// the connection opens the breaker until a probe succeeds.
func (g *breaker) observe(err error) {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, rueidis.ErrDoCacheAborted), errors.Is(err, rueidis.ErrClosing):
	case errors.Is(err, context.DeadlineExceeded):
		g.trip(false)
	default:
		g.trip(true)
	}
}

// trip starts the probe unless it runs, and opens the breaker at once if certain.
func (g *breaker) trip(certain bool) {
	if !g.probing.CompareAndSwap(false, true) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.isClosed {
		return
	}
	g.open.Store(certain)
	g.probes.Go(g.probe)
}

// probe pings until Redis answers, then closes the breaker.
func (g *breaker) probe() {
	for wait := probeShortest; ; wait = min(2*wait, probeLongest) {
		if g.ping() == nil {
			g.open.Store(false)
			g.probing.Store(false)
			return
		}
		g.open.Store(true)
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-g.closed:
			t.Stop()
			return
		}
	}
}

func (g *breaker) ping() error {
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	return g.Client.Do(ctx, g.Client.B().Ping().Build().Pin()).Error()
}
