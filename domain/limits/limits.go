// Package limits is a rate limiter: each caller has a budget of requests per time window. Counters are
// in Redis and shared by all servers. While Redis is down each server counts locally, so that a caller
// may use up to one budget per server. Keys are stored as HMACs: Redis contains no addresses or account
// ids.
package limits

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"
	"golang.org/x/time/rate"

	"counsel/domain"
)

// Budget is the rate limit for one kind of caller.
type Budget struct {
	Name     string        // identifies the budget; part of the key in Redis
	Requests int           // per window
	Window   time.Duration // at least 1 ms
}

// Decision is whether a request is allowed, and the state of the caller's budget.
type Decision struct {
	Allowed   bool
	Limit     int
	Remaining int           // requests left in the window
	Reset     time.Duration // until the budget is full again or, for a rejected request, until it can be retried
}

// Limiter enforces a Budget. It is safe for concurrent use.
type Limiter struct {
	redis  rueidis.Client
	clock  domain.Clock
	budget Budget
	prefix string
	secret []byte
	window string // milliseconds
	local  localLimiter
}

// Config holds what a Limiter needs.
type Config struct {
	Redis  rueidis.Client
	Clock  domain.Clock
	Secret []byte // keys the HMACs; the same on all servers
	Budget Budget
}

// New makes a Limiter.
func New(c Config) (*Limiter, error) {
	b := c.Budget
	if b.Name == "" || b.Requests < 1 || b.Window < time.Millisecond {
		return nil, errors.New("limits: a budget needs a name, at least one request and a window of at least 1 ms")
	}
	if len(c.Secret) == 0 {
		return nil, errors.New("limits: the secret is empty")
	}
	mac := hmac.New(sha256.New, c.Secret)
	mac.Write([]byte("counsel limits " + b.Name))
	return &Limiter{
		redis: c.Redis, clock: c.Clock, budget: b,
		prefix: "limits:" + b.Name + ":",
		secret: mac.Sum(nil),
		window: strconv.FormatInt(b.Window.Milliseconds(), 10),
		local:  localLimiter{current: map[string]*rate.Limiter{}},
	}, nil
}

// countScript counts requests in a fixed window that starts with the first request.
var countScript = rueidis.NewLuaScript(`
local n = redis.call('INCRBY', KEYS[1], ARGV[2])
if n == tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {n, redis.call('PTTL', KEYS[1])}`)

// Allow charges one request to the budget of key: a caller's id or IP address (of an IPv6 address, its
// /64). It takes one round trip to Redis, or none while Redis is down, and fails only if ctx is done.
func (l *Limiter) Allow(ctx context.Context, key string) (Decision, error) {
	return l.AllowN(ctx, key, 1)
}

// AllowN charges n requests, at least one. Rejected requests are charged too.
func (l *Limiter) AllowN(ctx context.Context, key string, n int) (Decision, error) {
	return l.charge(ctx, key, n, l.budget)
}

// AllowWithin charges one request, where the key has a budget of its own of at most the limiter's. requests is the
// number per window; 0: the limiter's.
func (l *Limiter) AllowWithin(ctx context.Context, key string, requests int) (Decision, error) {
	b := l.budget
	if requests > 0 {
		b.Requests = min(b.Requests, requests)
	}
	return l.charge(ctx, key, 1, b)
}

func (l *Limiter) charge(ctx context.Context, key string, n int, b Budget) (Decision, error) {
	key = l.hashKey(key)
	r, err := countScript.Exec(ctx, l.redis, []string{l.prefix + key}, []string{l.window, strconv.Itoa(n)}).AsIntSlice()
	if err != nil || len(r) != 2 {
		if ctx.Err() != nil {
			return Decision{}, &domain.Error{Code: domain.Unavailable, Message: "The service is busy right now, please try again.", Err: ctx.Err()}
		}
		return l.local.allow(key, n, b, l.clock()), nil
	}
	d := Decision{Limit: b.Requests, Reset: time.Duration(max(r[1], 1)) * time.Millisecond}
	d.Remaining = max(0, d.Limit-int(min(r[0], math.MaxInt32)))
	d.Allowed = r[0] <= int64(d.Limit)
	return d, nil
}

func (l *Limiter) hashKey(key string) string {
	mac := hmac.New(sha256.New, l.secret)
	mac.Write([]byte(Network(key)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// Network returns the network of one subscriber: an IPv4 address itself, or the /64 of an IPv6 address.
// Any other string is returned unchanged.
func Network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		return netip.PrefixFrom(a, 64).Masked().String()
	}
	return a.String()
}

// maxLocalKeys limits each generation of the local limiter.
const maxLocalKeys = 10_000

// localLimiter counts in this process, with token buckets in two generations. A full generation becomes
// the previous one, and the buckets of the one before are dropped.
type localLimiter struct {
	mu                sync.Mutex
	current, previous map[string]*rate.Limiter
}

func (l *localLimiter) allow(key string, n int, b Budget, now time.Time) Decision {
	refill := rate.Limit(float64(b.Requests) / b.Window.Seconds())
	bucket := l.bucket(key, refill, b.Requests)
	d := Decision{Limit: b.Requests, Allowed: bucket.AllowN(now, n)}
	tokens := max(0, bucket.TokensAt(now))
	d.Remaining = int(tokens)
	missing := float64(b.Requests) - tokens
	if !d.Allowed {
		missing = float64(n) - tokens
	}
	d.Reset = max(time.Millisecond, time.Duration(missing/float64(refill)*float64(time.Second)))
	return d
}

func (l *localLimiter) bucket(key string, refill rate.Limit, burst int) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.current[key]; ok {
		return b
	}
	b, ok := l.previous[key]
	if !ok {
		b = rate.NewLimiter(refill, burst)
	}
	if len(l.current) >= maxLocalKeys {
		l.previous, l.current = l.current, map[string]*rate.Limiter{}
	}
	l.current[key] = b
	return b
}
