package limits

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"golang.org/x/time/rate"

	"counsel/domain"
	"counsel/sandbox/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

var secret = []byte("0123456789abcdef0123456789abcdef")

func newLimiter(t testing.TB, redis rueidis.Client, clock domain.Clock, b Budget) *Limiter {
	t.Helper()
	l, err := New(Config{Redis: redis, Clock: clock, Secret: secret, Budget: b})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func allow(t testing.TB, l *Limiter, key string) Decision {
	t.Helper()
	d, err := l.Allow(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestNewRejectsInvalidConfig(t *testing.T) {
	for _, b := range []Budget{{}, {Name: "x", Requests: 1}, {Name: "x", Window: time.Second}, {Requests: 1, Window: time.Second}, {Name: "x", Requests: 1, Window: time.Microsecond}} {
		if _, err := New(Config{Redis: nil, Clock: domain.SystemClock, Secret: secret, Budget: b}); err == nil {
			t.Errorf("invalid budget %+v was accepted", b)
		}
	}
	if _, err := New(Config{Redis: nil, Clock: domain.SystemClock, Secret: nil, Budget: Budget{"x", 1, time.Second}}); err == nil {
		t.Error("an empty secret was accepted")
	}
}

func TestBudget(t *testing.T) {
	url := testenv.RedisURL(t)
	budget := Budget{Name: t.Name(), Requests: 5, Window: 2 * time.Second}
	servers := []*Limiter{newLimiter(t, testenv.OpenRedis(t, url), domain.SystemClock, budget), newLimiter(t, testenv.OpenRedis(t, url), domain.SystemClock, budget)}
	for i := range 5 {
		d := allow(t, servers[i%2], "ada")
		if !d.Allowed || d.Limit != 5 || d.Remaining != 4-i || d.Reset <= 0 || d.Reset > budget.Window {
			t.Fatalf("request %d: %+v", i, d)
		}
	}
	refused := allow(t, servers[0], "ada")
	if refused.Allowed || refused.Remaining != 0 || refused.Reset <= 0 {
		t.Fatalf("%+v", refused)
	}
	if d := allow(t, servers[0], "bob"); !d.Allowed || d.Remaining != 4 {
		t.Fatalf("another caller: %+v", d)
	}
	other := newLimiter(t, testenv.OpenRedis(t, url), domain.SystemClock, Budget{Name: t.Name() + "2", Requests: 1, Window: time.Second})
	if d := allow(t, other, "ada"); !d.Allowed {
		t.Fatalf("another budget: %+v", d)
	}
	renewed := time.NewTimer(refused.Reset + 20*time.Millisecond)
	defer renewed.Stop()
	<-renewed.C
	if d := allow(t, servers[0], "ada"); !d.Allowed || d.Remaining != 4 {
		t.Fatalf("in the next window: %+v", d)
	}
}

func TestConcurrentRequests(t *testing.T) {
	url := testenv.RedisURL(t)
	budget := Budget{Name: t.Name(), Requests: 20, Window: time.Minute}
	servers := []*Limiter{newLimiter(t, testenv.OpenRedis(t, url), domain.SystemClock, budget), newLimiter(t, testenv.OpenRedis(t, url), domain.SystemClock, budget)}
	var passed atomic.Int32
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			if d, err := servers[i%2].Allow(t.Context(), "ada"); err != nil {
				t.Error(err)
			} else if d.Allowed {
				passed.Add(1)
			}
		})
	}
	wg.Wait()
	if passed.Load() != 20 {
		t.Fatalf("%d requests were allowed", passed.Load())
	}
}

func TestKeysAreHashedAndExpire(t *testing.T) {
	redis := testenv.OpenRedis(t, testenv.RedisURL(t))
	if err := redis.Do(t.Context(), redis.B().Flushdb().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	l := newLimiter(t, redis, domain.SystemClock, Budget{Name: "anonymous", Requests: 5, Window: time.Minute})
	user := domain.NewID().String()
	for _, key := range []string{"203.0.113.77", "::ffff:203.0.113.77", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::9", user} {
		allow(t, l, key)
	}
	keys, err := redis.Do(t.Context(), redis.B().Keys().Pattern("*").Build()).AsStrSlice()
	if err != nil || len(keys) != 3 { // two spellings of one IPv4 address, two addresses of one /64
		t.Fatal(keys, err)
	}
	for _, k := range keys {
		if !strings.HasPrefix(k, "limits:anonymous:") || strings.Contains(k, "203.0") || strings.Contains(k, "2001") || strings.Contains(k, user) {
			t.Error(k)
		}
		if ttl, err := redis.Do(t.Context(), redis.B().Pttl().Key(k).Build()).AsInt64(); err != nil || ttl <= 0 {
			t.Errorf("%s does not expire", k)
		}
	}
	other, err := New(Config{Redis: redis, Clock: domain.SystemClock, Secret: []byte("another secret"), Budget: Budget{Name: "anonymous", Requests: 5, Window: time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	if other.hashKey(user) == l.hashKey(user) {
		t.Error("the key does not depend on the secret")
	}
}

func TestRedisDown(t *testing.T) {
	server := testenv.PrivateRedis(t)
	now := time.Now()
	l := newLimiter(t, testenv.OpenRedis(t, server.URL), func() time.Time { return now }, Budget{Name: "user", Requests: 3, Window: 3 * time.Second})
	if d := allow(t, l, "ada"); !d.Allowed || d.Remaining != 2 {
		t.Fatalf("%+v", d)
	}
	server.Kill9()
	for i := range 3 {
		if d := allow(t, l, "ada"); !d.Allowed || d.Limit != 3 || d.Remaining != 2-i || d.Reset != time.Duration(i+1)*time.Second {
			t.Fatalf("request %d without Redis: %+v", i, d)
		}
	}
	if d := allow(t, l, "ada"); d.Allowed || d.Remaining != 0 || d.Reset <= 0 || d.Reset > time.Second {
		t.Fatalf("%+v", d)
	}
	if d := allow(t, l, "bob"); !d.Allowed {
		t.Fatalf("another caller: %+v", d)
	}
	now = now.Add(time.Second)
	if d := allow(t, l, "ada"); !d.Allowed {
		t.Fatalf("a second later: %+v", d)
	}
	server.Restart()
	deadline := time.Now().Add(20 * time.Second)
	for tick := time.NewTicker(10 * time.Millisecond); ; <-tick.C {
		if l.redis.Do(t.Context(), l.redis.B().Ping().Build()).Error() == nil {
			tick.Stop()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("Redis did not restart")
		}
	}
	if d := allow(t, l, "carol"); !d.Allowed || d.Reset > 3*time.Second {
		t.Fatalf("%+v", d)
	}
	if n, err := l.redis.Do(t.Context(), l.redis.B().Exists().Key(l.prefix+l.hashKey("carol")).Build()).AsInt64(); err != nil || n != 1 {
		t.Fatal("Redis is not used again")
	}
}

func TestCanceledContext(t *testing.T) {
	l := newLimiter(t, testenv.OpenRedis(t, testenv.RedisURL(t)), domain.SystemClock, Budget{Name: t.Name(), Requests: 3, Window: time.Second})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Allow(ctx, "ada"); domain.CodeOf(err) != domain.Unavailable {
		t.Fatal(err)
	}
}

func TestLocalLimiterIsBounded(t *testing.T) {
	l := localLimiter{current: map[string]*rate.Limiter{}}
	b := Budget{Name: "x", Requests: 2, Window: time.Hour}
	now := time.Now()
	for i := range 5 * maxLocalKeys {
		l.allow(fmt.Sprint(i), 1, b, now)
		if i%100 == 0 {
			l.allow("regular", 1, b, now)
		}
	}
	if n := len(l.current) + len(l.previous); n > 2*maxLocalKeys {
		t.Fatalf("%d callers in memory", n)
	}
	if d := l.allow("regular", 1, b, now); d.Allowed {
		t.Fatal("an active caller was dropped")
	}
}

func BenchmarkAllow(b *testing.B) {
	l := newLimiter(b, testenv.OpenRedis(b, testenv.RedisURL(b)), domain.SystemClock, Budget{Name: "bench", Requests: 1 << 30, Window: time.Minute})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Allow(b.Context(), "0199f2c4-7c1e-7a52-9a51-3b6a0f1c2d4e"); err != nil {
			b.Fatal(err)
		}
	}
}
