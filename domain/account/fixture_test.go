package account

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"counsel/db"
	"counsel/domain"
	"counsel/sandbox/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

const (
	secret   = "0123456789abcdef0123456789abcdef"
	password = "correct horse battery"
)

// fakeClock is a clock that only advances when told to.
type fakeClock struct{ now atomic.Pointer[time.Time] }

func newFakeClock() *fakeClock {
	c := &fakeClock{}
	now := domain.SystemClock()
	c.now.Store(&now)
	return c
}

func (c *fakeClock) Now() time.Time { return *c.now.Load() }

func (c *fakeClock) advance(d time.Duration) {
	now := c.Now().Add(d)
	c.now.Store(&now)
}

// fixture is a service with an empty database, an empty Redis and cheap hashes.
type fixture struct {
	*Service
	clock                 *fakeClock
	redis                 rueidis.Client
	databaseURL, redisURL string // URLs
	tb                    testing.TB
}

var cheapHash = HashConfig{Passes: 1, MemoryKiB: 64, Concurrency: 2}

func newFixture(t testing.TB) *fixture {
	return newFixtureOn(t, testenv.SchemaURL(t), testenv.NewRedisURL(t), Config{Hash: cheapHash})
}

func newFixtureOn(t testing.TB, dbURL, redisURL string, cfg Config) *fixture {
	t.Helper()
	pool := openDB(t, dbURL)
	if err := db.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	f := &fixture{clock: newFakeClock(), databaseURL: dbURL, redisURL: redisURL, tb: t}
	f.redis = testenv.OpenRedis(t, redisURL)
	if err := f.redis.Do(t.Context(), f.redis.B().Flushdb().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	f.Service = newService(t, pool, f.redis, cfg, f.clock)
	return f
}

func openDB(t testing.TB, url string) *sql.DB {
	t.Helper()
	pool, err := db.Open(t.Context(), url, db.Options{ReadTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

func newService(t testing.TB, pool *sql.DB, redis rueidis.Client, cfg Config, c *fakeClock) *Service {
	t.Helper()
	if cfg.Secret == "" {
		cfg.Secret = secret
	}
	cfg.Runtime = domain.Runtime{Clock: c.Now, NewID: domain.NewID, Random: rand.Reader}
	cfg.DB, cfg.Redis = pool, redis
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// otherServer is the same service on another server, with its own connections.
func (f *fixture) otherServer() *Service {
	f.tb.Helper()
	return newService(f.tb, openDB(f.tb, f.databaseURL), testenv.OpenRedis(f.tb, f.redisURL), Config{Hash: cheapHash}, f.clock)
}

func (f *fixture) register(email string) User {
	f.tb.Helper()
	u, err := f.Register(f.tb.Context(), Registration{Email: email, Password: password, FullName: "Ada Lovelace"})
	if err != nil {
		f.tb.Fatal(err)
	}
	return u
}

func (f *fixture) login(email string) (Tokens, domain.Principal) {
	f.tb.Helper()
	t, err := f.Login(f.tb.Context(), Credentials{Email: email, Password: password, Address: "192.0.2.1"})
	if err != nil {
		f.tb.Fatal(err)
	}
	p, err := f.Authenticate(f.tb.Context(), t.AccessToken)
	if err != nil {
		f.tb.Fatal(err)
	}
	return t, p
}

// admin creates and signs in an admin.
func (f *fixture) admin(email string) (User, domain.Principal) {
	f.tb.Helper()
	if err := f.EnsureAdmin(f.tb.Context(), email, password); err != nil {
		f.tb.Fatal(err)
	}
	_, p := f.login(email)
	u, err := f.Me(f.tb.Context(), p)
	if err != nil {
		f.tb.Fatal(err)
	}
	return u, p
}

func wantCode(t testing.TB, err error, want domain.Code) *domain.Error {
	t.Helper()
	if err == nil || domain.CodeOf(err) != want {
		t.Fatalf("want %s, got %v", want, err)
	}
	e, _ := errors.AsType[*domain.Error](err)
	return e
}

func ptr[T any](v T) *T { return &v }
