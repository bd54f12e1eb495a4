// Package limits gives each caller a budget of requests for each window of time. The count
// lives in Redis, so that all servers share it; while Redis is down each server counts for
// itself, so a caller may spend up to one budget a server. Keys are stored as HMACs: no
// address and no account id lies in Redis.
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

// Budget is what each caller of one kind may spend.
type Budget struct {
	Name     string        // of the kind of caller; part of the key in Redis
	Requests int           // in each window
	Window   time.Duration // at least 1 ms
}

// Decision says whether the request may pass and where the caller's budget stands.
type Decision struct {
	Allowed   bool
	Limit     int
	Remaining int           // requests left in this window
	Reset     time.Duration // until the budget is full again, or, of a refusal, until another try may pass
}

// Limiter counts the requests of one kind of caller. It is safe for concurrent use.
type Limiter struct {
	redis  rueidis.Client
	clock  domain.Clock
	budget Budget
	prefix string
	secret []byte
	window string // milliseconds
	local  local
}

// New makes a limiter. The secret keys the HMACs and must be the same on all servers.
func New(redis rueidis.Client, clock domain.Clock, secret []byte, b Budget) (*Limiter, error) {
	if b.Name == "" || b.Requests < 1 || b.Window < time.Millisecond {
		return nil, errors.New("a budget needs a name, one request or more, and a window")
	}
	if len(secret) == 0 {
		return nil, errors.New("a limiter needs a secret")
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("counsel limits " + b.Name))
	return &Limiter{
		redis: redis, clock: clock, budget: b,
		prefix: "limits:" + b.Name + ":",
		secret: mac.Sum(nil),
		window: strconv.FormatInt(b.Window.Milliseconds(), 10),
		local:  local{recent: map[string]*rate.Limiter{}},
	}, nil
}

// spend counts one request in a fixed window that begins with its first request.
var spend = rueidis.NewLuaScript(`
local n = redis.call('INCRBY', KEYS[1], ARGV[2])
if n == tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {n, redis.call('PTTL', KEYS[1])}`)

// Allow takes one request off the budget of key, a caller's id or network address (an IPv6
// address stands for its /64). It costs one round trip to Redis, none while Redis is down,
// and fails only when ctx is done.
func (l *Limiter) Allow(ctx context.Context, key string) (Decision, error) {
	return l.AllowN(ctx, key, 1)
}

// AllowN takes n requests at once, of one or more; what is refused is counted, too.
func (l *Limiter) AllowN(ctx context.Context, key string, n int) (Decision, error) {
	key = l.hide(key)
	r, err := spend.Exec(ctx, l.redis, []string{l.prefix + key}, []string{l.window, strconv.Itoa(n)}).AsIntSlice()
	if err != nil || len(r) != 2 {
		if ctx.Err() != nil {
			return Decision{}, &domain.Error{Code: domain.Unavailable, Message: "The service is busy right now, please try again.", Err: ctx.Err()}
		}
		return l.local.allow(key, n, l.budget, l.clock()), nil
	}
	d := Decision{Limit: l.budget.Requests, Reset: time.Duration(max(r[1], 1)) * time.Millisecond}
	d.Remaining = max(0, d.Limit-int(min(r[0], math.MaxInt32)))
	d.Allowed = r[0] <= int64(d.Limit)
	return d, nil
}

func (l *Limiter) hide(key string) string {
	mac := hmac.New(sha256.New, l.secret)
	mac.Write([]byte(Network(key)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// Network is the part of a network address that one subscriber holds: all of an IPv4
// address, the /64 of an IPv6 address. What is no address comes back as it is.
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

// localKeys bounds how many callers a server remembers by itself: twice as many.
const localKeys = 10_000

// local counts within this process: token buckets in two generations. When the recent one
// is full it becomes the old one, and what was not asked for since is forgotten.
type local struct {
	mu          sync.Mutex
	recent, old map[string]*rate.Limiter
}

func (l *local) allow(key string, n int, b Budget, now time.Time) Decision {
	every := rate.Limit(float64(b.Requests) / b.Window.Seconds())
	bucket := l.bucket(key, every, b.Requests)
	d := Decision{Limit: b.Requests, Allowed: bucket.AllowN(now, n)}
	left := max(0, bucket.TokensAt(now))
	d.Remaining = int(left)
	missing := float64(b.Requests) - left
	if !d.Allowed {
		missing = float64(n) - left
	}
	d.Reset = max(time.Millisecond, time.Duration(missing/float64(every)*float64(time.Second)))
	return d
}

func (l *local) bucket(key string, every rate.Limit, burst int) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.recent[key]; ok {
		return b
	}
	b, ok := l.old[key]
	if !ok {
		b = rate.NewLimiter(every, burst)
	}
	if len(l.recent) >= localKeys {
		l.old, l.recent = l.recent, map[string]*rate.Limiter{}
	}
	l.recent[key] = b
	return b
}
