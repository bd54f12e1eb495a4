package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// ErrRedisDown is what every command gets while Redis does not answer.
var ErrRedisDown = errors.New("redis is down")

const (
	redisTimeout  = time.Second            // to dial, to shake hands, to wait for one answer
	probeTimeout  = 500 * time.Millisecond // to find out whether it is back
	probeShortest = 20 * time.Millisecond  // between the first two probes
	probeLongest  = time.Second            // between two probes in the end
)

// OpenRedis makes a client for redis://user:password@host:port/db, rediss:// or
// unix:///path?db=0. It pipelines by itself and caches on the client side.
//
// Redis need not be up, now or later: once a command finds it gone, every command fails at
// once with ErrRedisDown until a probe in the background reaches it again. OpenRedis fails
// only when the URL cannot be read or Redis refuses us. Close ends the probe.
//
// All commands share one connection. So when an answer has come, all invalidations of the
// client-side cache that Redis sent before it have been heeded.
func OpenRedis(ctx context.Context, rawURL string) (rueidis.Client, error) {
	o, err := rueidis.ParseURL(rawURL)
	if err != nil {
		return nil, errors.New("REDIS_URL is not of the form redis://user:password@host:port/db")
	}
	o.ForceSingleClient = o.Sentinel.MasterSet == ""
	o.PipelineMultiplex = -1 // one connection
	o.Dialer.Timeout = orElse(o.Dialer.Timeout, redisTimeout)
	o.ConnWriteTimeout = orElse(o.ConnWriteTimeout, redisTimeout)
	o.ReadBufferEachConn = 64 << 10
	o.WriteBufferEachConn = 64 << 10
	o.CacheSizeEachConn = 24 << 20
	o.BlockingPoolSize = 64
	o.BlockingPoolCleanup = time.Minute
	// One more try for reads that met a connection Redis had closed; none after a timeout.
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
	c := &gate{Client: inner, closing: make(chan struct{})}
	if err != nil {
		c.suspect(true)
	}
	return c, nil
}

// gate lets commands through to Redis, or turns them away while it is down. It pins each: when
// a connection breaks and a command is tried again, rueidis would otherwise use its memory for
// the next one while the broken connection may still be writing it.
type gate struct {
	rueidis.Client
	shut    atomic.Bool // no command passes
	probing atomic.Bool // the probe runs; at most one
	closing chan struct{}
	once    sync.Once
	probes  sync.WaitGroup
	mu      sync.Mutex // orders Close before a new probe
	closed  bool
}

func (g *gate) Do(ctx context.Context, cmd rueidis.Completed) rueidis.RedisResult {
	if g.shut.Load() {
		return rueidis.NewErrorResult(ErrRedisDown)
	}
	r := g.Client.Do(ctx, cmd.Pin())
	g.heed(r.NonRedisError())
	return r
}

func (g *gate) DoMulti(ctx context.Context, multi ...rueidis.Completed) []rueidis.RedisResult {
	if g.shut.Load() {
		return turnedAway(len(multi))
	}
	for i := range multi {
		multi[i] = multi[i].Pin()
	}
	rs := g.Client.DoMulti(ctx, multi...)
	for _, r := range rs {
		g.heed(r.NonRedisError())
	}
	return rs
}

func (g *gate) DoCache(ctx context.Context, cmd rueidis.Cacheable, ttl time.Duration) rueidis.RedisResult {
	if g.shut.Load() {
		return rueidis.NewErrorResult(ErrRedisDown)
	}
	r := g.Client.DoCache(ctx, cmd.Pin(), ttl)
	g.heed(r.NonRedisError())
	return r
}

func (g *gate) DoMultiCache(ctx context.Context, multi ...rueidis.CacheableTTL) []rueidis.RedisResult {
	if g.shut.Load() {
		return turnedAway(len(multi))
	}
	for i := range multi {
		multi[i].Cmd = multi[i].Cmd.Pin()
	}
	rs := g.Client.DoMultiCache(ctx, multi...)
	for _, r := range rs {
		g.heed(r.NonRedisError())
	}
	return rs
}

func (g *gate) Receive(ctx context.Context, subscribe rueidis.Completed, fn func(rueidis.PubSubMessage)) error {
	if g.shut.Load() {
		return ErrRedisDown
	}
	err := g.Client.Receive(ctx, subscribe.Pin(), fn)
	if _, ok := rueidis.IsRedisErr(err); !ok && ctx.Err() == nil {
		g.heed(err)
	}
	return err
}

// Close ends the probe, then the client.
func (g *gate) Close() {
	g.once.Do(func() {
		g.mu.Lock()
		g.closed = true
		close(g.closing)
		g.mu.Unlock()
		g.probes.Wait()
		g.Client.Close()
	})
}

func turnedAway(n int) []rueidis.RedisResult {
	rs := make([]rueidis.RedisResult, n)
	for i := range rs {
		rs[i] = rueidis.NewErrorResult(ErrRedisDown)
	}
	return rs
}

// heed learns from a failed command. A caller that ran out of time proves nothing yet; any
// other failure of the connection shuts the gate until the probe has had its answer.
func (g *gate) heed(err error) {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, rueidis.ErrDoCacheAborted), errors.Is(err, rueidis.ErrClosing):
	case errors.Is(err, context.DeadlineExceeded):
		g.suspect(false)
	default:
		g.suspect(true)
	}
}

// suspect starts the probe unless it runs, and shuts the gate at once when sure.
func (g *gate) suspect(sure bool) {
	if !g.probing.CompareAndSwap(false, true) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	g.shut.Store(sure)
	g.probes.Go(g.probe)
}

// probe pings until Redis answers, then opens the gate.
func (g *gate) probe() {
	for wait := probeShortest; ; wait = min(2*wait, probeLongest) {
		if g.ping() == nil {
			g.shut.Store(false)
			g.probing.Store(false)
			return
		}
		g.shut.Store(true)
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-g.closing:
			t.Stop()
			return
		}
	}
}

func (g *gate) ping() error {
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	return g.Client.Do(ctx, g.Client.B().Ping().Build().Pin()).Error()
}
