package ai

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"counsel/domain"
	"counsel/sandbox/testkit"
)

// errDown is the error of a provider that is down.
var errDown = &domain.Error{
	Code: domain.Unavailable, Reason: ReasonUnavailable, Message: UnavailableMessage, RetryAfter: 3 * time.Second, Err: errors.New("down"),
}

// A thousand requests for the same answer on two servers cause one call, which succeeds or fails for all.
func TestThousandRequestsOneCall(t *testing.T) { // not parallel: it uses the whole machine
	for name, failing := range map[string]bool{"answered": false, "failed": true} {
		t.Run(name, func(t *testing.T) {
			const callers = 1000
			one := newFixture(t)
			two := newFixture(t, sharing(one))
			one.model.setResponse(func(ctx context.Context, req Request, delta func(string)) (Completion, error) {
				// answer only once all have asked
				tick := time.NewTicker(time.Millisecond)
				defer tick.Stop()
				for one.metrics.lookups.Load()+two.metrics.lookups.Load() < callers {
					select {
					case <-tick.C:
					case <-ctx.Done():
						return Completion{}, ctx.Err()
					}
				}
				if failing {
					return Completion{}, errDown
				}
				return echo(ctx, req, delta)
			})
			var wg sync.WaitGroup
			var charged, free, failed atomic.Int64
			for i := range callers {
				b := []*fixture{one, two}[i%2]
				wg.Go(func() {
					var pieces strings.Builder
					var a Answer
					var err error
					q := Question{UserID: b.user.UserID, Message: "What is usufruct?"}
					if i%3 == 0 {
						a, err = b.StreamChat(t.Context(), b.user, q, func(s string) { pieces.WriteString(s) })
					} else {
						a, err = b.Chat(t.Context(), b.user, q)
						pieces.WriteString(a.Text)
					}
					var e *domain.Error
					switch {
					case errors.As(err, &e) && e.Code == domain.Unavailable && e.Reason == ReasonUnavailable && e.RetryAfter == 3*time.Second && e.Message == UnavailableMessage:
						failed.Add(1)
					case err != nil:
						t.Errorf("error %v", err)
					case a.Text != "You asked: What is usufruct?" || pieces.String() != a.Text:
						t.Errorf("answer %+v, pieces %q", a, pieces.String())
					case a.Cached && a.TokensUsed == 0:
						free.Add(1)
					case a.TokensUsed == 42:
						charged.Add(1)
					}
				})
			}
			wg.Wait()
			if n := one.model.calls(); n != 1 {
				t.Fatalf("%d calls", n)
			}
			if failing {
				if failed.Load() != callers {
					t.Errorf("%d failed", failed.Load())
				}
				one.model.setResponse(nil) // a later request calls the model again
				if a := two.ask(t, two.user, "What is usufruct?"); a.Cached || one.model.calls() != 2 {
					t.Errorf("a later question: %+v, %d calls", a, one.model.calls())
				}
				return
			}
			if charged.Load() != 1 || free.Load() != callers-1 {
				t.Errorf("%d charged, %d free", charged.Load(), free.Load())
			}
			if n := one.countRows(t) + two.countRows(t); n != callers {
				t.Errorf("%d recorded", n)
			}
			if one.metrics.remotes.Load()+two.metrics.remotes.Load() != 1 {
				t.Error("no flight waited for the other server")
			}
			t.Logf("%d rows in %d writes", one.metrics.rows.Load()+two.metrics.rows.Load(), one.metrics.writes.Load()+two.metrics.writes.Load())
		})
	}
}

// replaceByLease makes b ask once, to learn the key, and replaces the cached answer by another server's lease.
func replaceByLease(t *testing.T, f *fixture, message string, ttl time.Duration) (key string) {
	t.Helper()
	f.ask(t, f.user, message)
	key = f.model.lastRequest().IdempotencyKey
	r := f.redis
	for _, res := range r.DoMulti(t.Context(),
		r.B().Del().Key("ai:chat:"+key).Build(),
		r.B().Set().Key("ai:lease:chat:"+key).Value("another").Px(ttl).Build(),
	) {
		if err := res.Error(); err != nil {
			t.Fatal(err)
		}
	}
	return key
}

func TestExpiredLeaseIsTakenOver(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	key := replaceByLease(t, f, "What is a tort?", time.Hour)
	answer := make(chan Answer, 1)
	go func() { answer <- f.ask(t, f.user, "What is a tort?") }()
	f.awaitFlight(t)
	select {
	case a := <-answer:
		t.Fatalf("answered despite the lease: %+v", a)
	case <-time.After(500 * time.Millisecond):
	}
	if err := f.redis.Do(t.Context(), f.redis.B().Del().Key("ai:lease:chat:"+key).Build()).Error(); err != nil { // it expires
		t.Fatal(err)
	}
	if a := await(t, "an answer", answer); a.Cached || f.model.calls() != 2 {
		t.Errorf("%+v, %d calls", a, f.model.calls())
	}
}

func TestFollowingAnotherServer(t *testing.T) {
	t.Parallel()
	entry := `{"v":1,"k":"chat","t":"A wrong.","m":"m","n":9}`
	failure := `999999999999999999 {"c":"upstream","r":"ai_bad_answer","m":"No."}`
	old := `1 {"c":"upstream","r":"ai_bad_answer","m":"No."}`
	for name, tc := range map[string]struct {
		key, value string
		announced  bool
		want       string
	}{
		"answer announced":  {"ai:chat:", entry, true, "A wrong."},
		"answer found":      {"ai:chat:", entry, false, "A wrong."},
		"failure announced": {"ai:failed:chat:", failure, true, ""},
		"failure missed":    {"ai:failed:chat:", old, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			key := replaceByLease(t, f, "What is a tort?", time.Minute)
			type result struct {
				a   Answer
				err error
			}
			done := make(chan result, 1)
			misses := f.metrics.misses.Load()
			go func() {
				a, err := f.Chat(context.Background(), f.user, Question{UserID: f.user.UserID, Message: "What is a tort?"})
				done <- result{a, err}
			}()
			testkit.Eventually(t, "the lookup", func() bool { return f.metrics.misses.Load() > misses })
			f.awaitFlight(t)
			r := f.redis
			if err := r.Do(t.Context(), r.B().Set().Key(tc.key+key).Value(tc.value).Build()).Error(); err != nil {
				t.Fatal(err)
			}
			if tc.announced {
				if err := r.Do(t.Context(), r.B().Publish().Channel("ai:flights").Message("ai:chat:"+key).Build()).Error(); err != nil {
					t.Fatal(err)
				}
			}
			res := await(t, "a result", done)
			switch {
			case tc.want != "" && (res.err != nil || res.a.Text != tc.want || !res.a.Cached || res.a.TokensUsed != 0):
				t.Errorf("%+v", res)
			case tc.want == "":
				wantCode(t, res.err, domain.Upstream, "")
			}
			if f.model.calls() != 1 {
				t.Errorf("%d calls", f.model.calls())
			}
		})
	}
}

// A failure from before the request does not answer it.
func TestEarlierFailureIsIgnored(t *testing.T) {
	t.Parallel()
	one := newFixture(t)
	two := newFixture(t, sharing(one))
	one.model.setResponse(failWith(errDown))
	_, err := one.Chat(t.Context(), one.user, Question{UserID: one.user.UserID, Message: "What is a tort?"})
	wantCode(t, err, domain.Unavailable, "")
	one.model.setResponse(nil)
	if a := two.ask(t, two.user, "What is a tort?"); a.Cached {
		t.Errorf("%+v", a)
	}
	if s := redisContent(t, one.redis); strings.Contains(s, "ai:failed:chat:"+one.model.lastRequest().IdempotencyKey) {
		t.Error("the failure of the previous flight was not removed")
	}
}

// During the failure hold, a failure also answers later requests, on every server.
func TestFailureHold(t *testing.T) {
	t.Parallel()
	one := newFixture(t, withFailureHold(time.Hour))
	two := newFixture(t, sharing(one), withFailureHold(time.Hour))
	one.model.setResponse(failWith(errDown))
	for _, b := range []*fixture{one, one, two, two} {
		_, err := b.Chat(t.Context(), b.user, Question{UserID: b.user.UserID, Message: "What is a tort?"})
		wantCode(t, err, domain.Unavailable, "")
	}
	if n := one.model.calls(); n != 1 {
		t.Errorf("%d calls", n)
	}
	one.model.setResponse(nil)
	without := newFixture(t, sharing(one))
	if a := without.ask(t, without.user, "What is a tort?"); a.Cached {
		t.Errorf("%+v", a)
	}
}

func TestPanicInTheModel(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.model.setResponse(func(context.Context, Request, func(string)) (Completion, error) { panic("John Smith") })
	_, err := f.Chat(t.Context(), f.user, Question{UserID: f.user.UserID, Message: "Why?"})
	wantCode(t, err, domain.Internal, "")
	if strings.Contains(err.Error(), "Smith") {
		t.Errorf("%v", err)
	}
	f.model.setResponse(nil)
	f.ask(t, f.user, "Why?")
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(c *Config) { c.Deadline = 50 * time.Millisecond })
	h := newControlledResponse()
	f.model.setResponse(h.respond)
	_, err := f.Chat(t.Context(), f.user, Question{UserID: f.user.UserID, Message: "Why?"})
	wantCode(t, err, domain.Unavailable, "")
	if e := err.(*domain.Error); e.Reason != ReasonUnavailable || e.Message != UnavailableMessage {
		t.Errorf("%+v", e)
	}
}

// A call that takes longer than the lease TTL remains the only one.
func TestLeaseIsRenewed(t *testing.T) {
	t.Parallel()
	ttl := func(c *Config) { c.timing.flights.LeaseTTL = 9 * time.Second }
	one := newFixture(t, ttl)
	two := newFixture(t, sharing(one), ttl)
	h := newControlledResponse()
	one.model.setResponse(h.respond)
	_, a := one.stream(t.Context(), one.user, "Why?")
	await(t, "the call", h.began)
	_, b := two.stream(t.Context(), two.user, "Why?")
	lease := "ai:lease:chat:" + one.model.lastRequest().IdempotencyKey
	left, renewed := int64(0), 0
	testkit.Eventually(t, "the lease is renewed twice", func() bool {
		now, err := one.redis.Do(t.Context(), one.redis.B().Pttl().Key(lease).Build()).AsInt64()
		if err != nil || now <= 0 {
			t.Fatalf("the lease expired: %d, %v", now, err)
		}
		if left > 0 && now > left {
			renewed++
		}
		left = now
		return renewed == 2
	})
	select {
	case <-h.began:
		t.Fatal("a second call")
	default:
	}
	h.next <- "So."
	close(h.next)
	for _, done := range []chan streamed{a, b} {
		if s := await(t, "an answer", done); s.err != nil || s.pieces != "So." {
			t.Errorf("%+v", s)
		}
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	one := newFixture(t)
	two := newFixture(t, sharing(one))
	h := newControlledResponse()
	one.model.setResponse(h.respond)
	_, running := one.stream(t.Context(), one.user, "Why?")
	await(t, "the call", h.began)
	_, waits := two.stream(t.Context(), two.user, "Why?")
	two.awaitFlight(t)

	closed := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { closed <- one.Close(ctx) }()
	testkit.Eventually(t, "it closes", func() bool { one.mu.Lock(); defer one.mu.Unlock(); return one.idle != nil })
	_, err := one.Chat(t.Context(), one.user, Question{UserID: one.user.UserID, Message: "What?"})
	wantCode(t, err, domain.Unavailable, "")
	select {
	case err := <-closed:
		t.Fatalf("Close did not wait: %v", err)
	default:
	}
	cancel()
	if err := await(t, "the end", closed); !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
	wantCode(t, await(t, "the canceled request", running).err, domain.Unavailable, "")
	// the other server takes over instead of sharing the failure
	await(t, "the second call", h.began)
	h.next <- "So."
	close(h.next)
	if s := await(t, "an answer", waits); s.err != nil || s.pieces != "So." {
		t.Errorf("%+v", s)
	}
	if err := one.Close(t.Context()); err != nil {
		t.Errorf("second Close: %v", err)
	}
}
