package flights_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"counsel/domain"
	"counsel/domain/ai/cache"
	"counsel/domain/ai/flights"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// newGroup returns a group that ends with the test. Each is one server.
func newGroup(t *testing.T, redis rueidis.Client, change func(*flights.Config)) *flights.Group {
	t.Helper()
	c := flights.Config{Redis: redis, Clock: domain.SystemClock, NewID: domain.NewID, Timeout: time.Minute, MaxPerUser: 4, Timing: flights.DefaultTiming}
	if change != nil {
		change(&c)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g := flights.New(ctx, c)
	t.Cleanup(func() {
		cancel()
		g.Wait()
	})
	return g
}

// call returns a call with a key of its own, for each name.
func call(name string, run func(ctx context.Context, publish func(string)) (string, error)) flights.Call {
	key := cache.Key{Keyspace: cache.Keyspace{Name: "test", Kind: "test", MaxText: 100}, Digest: cache.Digest(name)}
	return flights.Call{
		Key: key, TTL: time.Minute, User: domain.NewID(), Asked: domain.SystemClock(), Attrs: []slog.Attr{},
		Run: func(ctx context.Context, publish func(string)) (cache.Entry, error) {
			text, err := run(ctx, publish)
			return cache.NewEntry(key, text, "model", 7), err
		},
	}
}

// join joins or starts a flight.
func join(t *testing.T, g *flights.Group, c flights.Call, want flights.Role) *flights.Flight {
	t.Helper()
	f, role, err := g.Join(c)
	testkit.Must(t, err)
	if role != want {
		t.Fatalf("joined as %s, want %s", role, want)
	}
	return f
}

// TestShared: requests with the same key share one call of the model, and its outcome.
func TestShared(t *testing.T) {
	errModel := &domain.Error{Code: domain.Unavailable, Reason: "down", Message: "The model is down."}
	for _, tc := range []struct {
		name  string
		text  string
		err   error
		panic bool
		code  domain.Code
	}{
		{name: "an answer", text: "Yes."},
		{name: "an error", err: errModel, code: domain.Unavailable},
		{name: "a panic", panic: true, code: domain.Internal},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newGroup(t, nil, nil)
			var calls atomic.Int32
			release := make(chan struct{})
			c := call("q", func(context.Context, func(string)) (string, error) {
				calls.Add(1)
				<-release
				if tc.panic {
					panic("with the question of a client")
				}
				return tc.text, tc.err
			})
			all := []*flights.Flight{join(t, g, c, flights.Leader)}
			for range 9 {
				c.User = domain.NewID()
				all = append(all, join(t, g, c, flights.Follower))
			}
			if g.Leading() != 1 {
				t.Errorf("%d flights", g.Leading())
			}
			close(release)
			for _, f := range all {
				e, err := f.Wait(nil)
				if tc.code == "" && (err != nil || e.Text != tc.text || f.Remote()) || tc.code != "" && domain.CodeOf(err) != tc.code {
					t.Errorf("%q, %v", e.Text, err)
				}
				if err != nil && strings.Contains(err.Error(), "client") {
					t.Errorf("the error quotes the panic: %v", err)
				}
			}
			if calls.Load() != 1 || g.Leading() != 0 {
				t.Errorf("%d calls, %d flights in progress", calls.Load(), g.Leading())
			}
		})
	}
}

// TestStream: every follower gets the whole text in order, whenever it joins.
func TestStream(t *testing.T) {
	g := newGroup(t, nil, nil)
	next := make(chan string)
	c := call("q", func(_ context.Context, publish func(string)) (string, error) {
		text := ""
		for piece := range next {
			publish(piece)
			text += piece
		}
		return text, nil
	})
	f := join(t, g, c, flights.Leader)
	var wg sync.WaitGroup
	follow := func() {
		wg.Go(func() {
			var b strings.Builder
			if e, err := f.Wait(func(piece string) { b.WriteString(piece) }); err != nil || b.String() != e.Text || e.Text != "one two three" {
				t.Errorf("streamed %q of %q, %v", b.String(), e.Text, err)
			}
		})
	}
	follow()
	next <- "one "
	follow()
	next <- "two "
	next <- "three"
	close(next)
	wg.Wait()
	follow() // a flight that has ended is replayed
	wg.Wait()
}

// TestJoinAfterEnd: a request that arrived before the end shares the result; a later one starts a new flight, unless
// the flight failed a moment ago.
func TestJoinAfterEnd(t *testing.T) {
	const hold = time.Second
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name  string
		fails bool
		asked time.Duration // after the end
		role  flights.Role
	}{
		{"answered, asked before the end", false, -time.Millisecond, flights.Follower},
		{"answered, asked after the end", false, time.Millisecond, flights.Leader},
		{"failed, asked within the hold", true, hold - time.Millisecond, flights.Follower},
		{"failed, asked after the hold", true, hold + time.Millisecond, flights.Leader},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newGroup(t, nil, func(c *flights.Config) {
				c.Clock = func() time.Time { return start }
				c.Timing.FailureHold = hold
			})
			c := call("q", func(context.Context, func(string)) (string, error) {
				if tc.fails {
					return "", errors.New("failed")
				}
				return "Yes.", nil
			})
			c.Asked = start.Add(-time.Second)
			_, err := join(t, g, c, flights.Leader).Wait(nil)
			if (err != nil) != tc.fails {
				t.Fatal(err)
			}
			c.Asked = start.Add(tc.asked)
			_, _ = join(t, g, c, tc.role).Wait(nil)
		})
	}
}

// TestMaxPerUser limits the flights that one user starts; joining others is free.
func TestMaxPerUser(t *testing.T) {
	g := newGroup(t, nil, func(c *flights.Config) { c.MaxPerUser = 2 })
	release := make(chan struct{})
	block := func(context.Context, func(string)) (string, error) {
		<-release
		return "Yes.", nil
	}
	user := domain.NewID()
	ask := func(name string) (*flights.Flight, flights.Role, error) {
		c := call(name, block)
		c.User = user
		return g.Join(c)
	}
	first, _, err := ask("1")
	testkit.Must(t, err)
	second, _, err := ask("2")
	testkit.Must(t, err)
	if _, _, err := ask("3"); domain.CodeOf(err) != domain.RateLimited {
		t.Errorf("a third flight: %v", err)
	}
	if _, role, err := ask("1"); err != nil || role != flights.Follower {
		t.Errorf("joining the own flight: %s, %v", role, err)
	}
	other, role, err := g.Join(call("3", block))
	if err != nil || role != flights.Leader {
		t.Errorf("another user: %s, %v", role, err)
	}
	close(release)
	for _, f := range []*flights.Flight{first, second, other} {
		_, err := f.Wait(nil)
		testkit.Must(t, err)
	}
	if _, role, err := ask("4"); err != nil || role != flights.Leader {
		t.Errorf("after the end: %s, %v", role, err)
	}
}

// TestServers: two servers with one Redis make one call, and the second gets the outcome of the first.
func TestServers(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		code domain.Code
	}{
		{"an answer", nil, ""},
		{"a failure with a code", &domain.Error{Code: domain.TooLarge, Reason: "too_long", Message: "Too long.", RetryAfter: 3 * time.Second}, domain.TooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			redis := testenv.EmptyRedis(t)
			one, two := newGroup(t, redis, nil), newGroup(t, redis, nil)
			started, release := make(chan struct{}), make(chan struct{})
			leading := join(t, one, call("q", func(context.Context, func(string)) (string, error) {
				close(started)
				<-release
				return "Yes.", tc.err
			}), flights.Leader)
			<-started
			waiting := join(t, two, call("q", func(context.Context, func(string)) (string, error) {
				return "", errors.New("the second server called the model")
			}), flights.Leader)
			testkit.Eventually(t, "the second server waits", func() bool { return two.Waiting() == 1 })
			close(release)
			if e, err := leading.Wait(nil); tc.err == nil && (err != nil || e.Text != "Yes.") || leading.Remote() {
				t.Errorf("the first server: %q, %v", e.Text, err)
			}
			e, err := waiting.Wait(nil)
			if !waiting.Remote() || tc.code == "" && (err != nil || e.Text != "Yes." || e.Tokens != 7) {
				t.Errorf("the second server: %+v, %v", e, err)
			}
			if tc.code != "" {
				got, ok := errors.AsType[*domain.Error](err)
				if want := tc.err.(*domain.Error); !ok || got.Code != tc.code || got.Reason != want.Reason || got.Message != want.Message || got.RetryAfter != want.RetryAfter { //nolint:errorlint // built above
					t.Errorf("the second server failed with %+v, want %+v", err, tc.err)
				}
			}
		})
	}
}

// TestLeaderCrashes: when the lease of a crashed server expires, another server makes the call.
func TestLeaderCrashes(t *testing.T) {
	redis := testenv.EmptyRedis(t)
	c := call("q", func(context.Context, func(string)) (string, error) { return "Yes.", nil })
	testkit.Must(t, redis.Do(t.Context(), redis.B().Set().Key(c.Key.Lease()).Value("a crashed server").Px(200*time.Millisecond).Build()).Error())
	f := join(t, newGroup(t, redis, nil), c, flights.Leader)
	if e, err := f.Wait(nil); err != nil || e.Text != "Yes." || f.Remote() {
		t.Errorf("%q, %v", e.Text, err)
	}
}

// TestInvalidEntry: an entry in Redis that is not a valid answer is deleted, and the call is made.
func TestInvalidEntry(t *testing.T) {
	redis := testenv.EmptyRedis(t)
	c := call("q", func(context.Context, func(string)) (string, error) { return "Yes.", nil })
	testkit.Must(t, redis.Do(t.Context(), redis.B().Set().Key(c.Key.Entry()).Value("not an entry").Build()).Error())
	f := join(t, newGroup(t, redis, nil), c, flights.Leader)
	if e, err := f.Wait(nil); err != nil || e.Text != "Yes." || f.Remote() {
		t.Errorf("%q, %v", e.Text, err)
	}
}

// TestTimeout: a flight that waits for another server for too long ends.
func TestTimeout(t *testing.T) {
	redis := testenv.EmptyRedis(t)
	c := call("q", func(context.Context, func(string)) (string, error) { return "Yes.", nil })
	testkit.Must(t, redis.Do(t.Context(), redis.B().Set().Key(c.Key.Lease()).Value("a slow server").Build()).Error())
	f := join(t, newGroup(t, redis, func(c *flights.Config) { c.Timeout = 300 * time.Millisecond }), c, flights.Leader)
	if _, err := f.Wait(nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}
