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
	"counsel/sandbox/testenv"
)

// errDown is what a provider that is down looks like.
var errDown = &domain.Error{
	Code: domain.Unavailable, Reason: ReasonUnavailable, Message: UnavailableMessage, RetryAfter: 3 * time.Second, Err: errors.New("down"),
}

// TestThousandAskOnce: on two servers, a thousand who ask the same cause one call, which
// answers all of them or fails for all of them.
func TestThousandAskOnce(t *testing.T) { // alone: it takes the whole machine
	for name, failing := range map[string]bool{"answered": false, "failed": true} {
		t.Run(name, func(t *testing.T) {
			const callers = 1000
			one := newBundle(t)
			two := newBundle(t, sharing(one))
			one.model.then(func(ctx context.Context, req Request, delta func(string)) (Completion, error) {
				// everybody has asked before it is answered
				tick := time.NewTicker(time.Millisecond)
				defer tick.Stop()
				for one.seen.lookups.Load()+two.seen.lookups.Load() < callers {
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
			var paid, free, failed atomic.Int64
			for i := range callers {
				b := []*bundle{one, two}[i%2]
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
						paid.Add(1)
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
				one.model.then(nil) // who asks now tries anew
				if a := two.ask(t, two.user, "What is usufruct?"); a.Cached || one.model.calls() != 2 {
					t.Errorf("a later question: %+v, %d calls", a, one.model.calls())
				}
				return
			}
			if paid.Load() != 1 || free.Load() != callers-1 {
				t.Errorf("%d paid, %d free", paid.Load(), free.Load())
			}
			if n := one.rows(t) + two.rows(t); n != callers {
				t.Errorf("%d on record", n)
			}
			if one.seen.remotes.Load()+two.seen.remotes.Load() != 1 {
				t.Error("no server waited for the other")
			}
			t.Logf("%d rows in %d writes", one.seen.rows.Load()+two.seen.rows.Load(), one.seen.writes.Load()+two.seen.writes.Load())
		})
	}
}

// leaseOf makes b ask once, so as to learn the key, and puts another server's lease in place
// of the answer.
func leaseOf(t *testing.T, b *bundle, message string, life time.Duration) (key string) {
	t.Helper()
	b.ask(t, b.user, message)
	key = b.model.last().IdempotencyKey
	r := b.Redis
	for _, res := range r.DoMulti(t.Context(),
		r.B().Del().Key("ai:chat:"+key).Build(),
		r.B().Set().Key("ai:lease:chat:"+key).Value("another").Px(life).Build(),
	) {
		if err := res.Error(); err != nil {
			t.Fatal(err)
		}
	}
	return key
}

func TestDeadLeaderIsReplaced(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	key := leaseOf(t, b, "What is a tort?", time.Hour)
	answer := make(chan Answer, 1)
	go func() { answer <- b.ask(t, b.user, "What is a tort?") }()
	b.waits(t)
	select {
	case a := <-answer:
		t.Fatalf("the lease was not heeded: %+v", a)
	case <-time.After(2 * pollEvery):
	}
	if err := b.Redis.Do(t.Context(), b.Redis.B().Del().Key("ai:lease:chat:"+key).Build()).Error(); err != nil { // as it runs out
		t.Fatal(err)
	}
	if a := await(t, "an answer", answer); a.Cached || b.model.calls() != 2 {
		t.Errorf("%+v, %d calls", a, b.model.calls())
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
		"answer announced":   {"ai:chat:", entry, true, "A wrong."},
		"answer found":       {"ai:chat:", entry, false, "A wrong."},
		"failure announced":  {"ai:failed:chat:", failure, true, ""},
		"failure while away": {"ai:failed:chat:", old, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			key := leaseOf(t, b, "What is a tort?", time.Minute)
			type result struct {
				a   Answer
				err error
			}
			done := make(chan result, 1)
			misses := b.seen.misses.Load()
			go func() {
				a, err := b.Chat(context.Background(), b.user, Question{UserID: b.user.UserID, Message: "What is a tort?"})
				done <- result{a, err}
			}()
			testenv.Eventually(t, "the question is asked", func() bool { return b.seen.misses.Load() > misses })
			testenv.Eventually(t, "it waits", func() bool {
				b.mu.Lock()
				defer b.mu.Unlock()
				return b.waiting["ai:chat:"+key] != nil
			})
			r := b.Redis
			if err := r.Do(t.Context(), r.B().Set().Key(tc.key+key).Value(tc.value).Build()).Error(); err != nil {
				t.Fatal(err)
			}
			if tc.announced {
				if err := r.Do(t.Context(), r.B().Publish().Channel(announcement).Message("ai:chat:"+key).Build()).Error(); err != nil {
					t.Fatal(err)
				}
			}
			res := await(t, "an outcome", done)
			switch {
			case tc.want != "" && (res.err != nil || res.a.Text != tc.want || !res.a.Cached || res.a.TokensUsed != 0):
				t.Errorf("%+v", res)
			case tc.want == "":
				wantCode(t, res.err, domain.Upstream, "")
			}
			if b.model.calls() != 1 {
				t.Errorf("%d calls", b.model.calls())
			}
		})
	}
}

// TestOldFailureIsNoAnswer: a failure from before the question was asked is not for it.
func TestOldFailureIsNoAnswer(t *testing.T) {
	t.Parallel()
	one := newBundle(t)
	two := newBundle(t, sharing(one))
	one.model.then(fails(errDown))
	_, err := one.Chat(t.Context(), one.user, Question{UserID: one.user.UserID, Message: "What is a tort?"})
	wantCode(t, err, domain.Unavailable, "")
	one.model.then(nil)
	if a := two.ask(t, two.user, "What is a tort?"); a.Cached {
		t.Errorf("%+v", a)
	}
	if s := inRedis(t, one.Redis); strings.Contains(s, "ai:failed:chat:"+one.model.last().IdempotencyKey) {
		t.Error("the failure of the flight before is still there")
	}
}

// TestQuickFailureIsShared: a crowd does not arrive in one instant, so a call that fails at
// once answers those who come a moment later, too, on every server.
func TestQuickFailureIsShared(t *testing.T) {
	t.Parallel()
	one := newBundle(t)
	two := newBundle(t, sharing(one))
	one.failureHold, two.failureHold = time.Hour, time.Hour
	one.model.then(fails(errDown))
	for _, b := range []*bundle{one, one, two, two} {
		_, err := b.Chat(t.Context(), b.user, Question{UserID: b.user.UserID, Message: "What is a tort?"})
		wantCode(t, err, domain.Unavailable, "")
	}
	if n := one.model.calls(); n != 1 {
		t.Errorf("%d calls", n)
	}
	one.failureHold = 0
	one.model.then(nil)
	if a := one.ask(t, one.user, "What is a tort?"); a.Cached {
		t.Errorf("%+v", a)
	}
}

// held is a model that says its pieces when told to.
type held struct {
	began chan struct{}
	next  chan string // closed: the answer is complete
	fail  error
}

func newHeld() *held { return &held{began: make(chan struct{}, 8), next: make(chan string)} }

func (h *held) say(ctx context.Context, _ Request, delta func(string)) (Completion, error) {
	h.began <- struct{}{}
	var all strings.Builder
	for {
		select {
		case p, ok := <-h.next:
			if !ok {
				if h.fail != nil {
					return Completion{}, h.fail
				}
				return Completion{Text: all.String(), FinishReason: FinishStop, PromptTokens: 1, CompletionTokens: 1}, nil
			}
			all.WriteString(p)
			delta(p)
		case <-ctx.Done():
			return Completion{}, ctx.Err()
		}
	}
}

type streamed struct {
	pieces string
	answer Answer
	err    error
}

func (b *bundle) stream(ctx context.Context, p domain.Principal, message string) (pieces chan string, done chan streamed) {
	pieces, done = make(chan string, 1000), make(chan streamed, 1)
	go func() {
		var all strings.Builder
		a, err := b.StreamChat(ctx, p, Question{UserID: p.UserID, Message: message}, func(s string) {
			all.WriteString(s)
			pieces <- s
		})
		done <- streamed{all.String(), a, err}
	}()
	return pieces, done
}

func TestStreamReachesFollowersLive(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	two := newBundle(t, sharing(b))
	h := newHeld()
	b.model.then(h.say)
	const q = "What is a fief? €"
	first, firstDone := b.stream(t.Context(), b.user, q)
	await(t, "the call", h.began)
	h.next <- "A fief, "
	if p := await(t, "a piece", first); p != "A fief, " {
		t.Errorf("piece %q", p)
	}
	late, lateDone := b.stream(t.Context(), addUser(t, b.DB, domain.RoleClient), q)
	if p := await(t, "what came so far", late); p != "A fief, " {
		t.Errorf("late piece %q", p)
	}
	_, remoteDone := two.stream(t.Context(), two.user, q)
	plain := make(chan Answer, 1)
	go func() { plain <- b.ask(t, b.user, q) }()
	testenv.Eventually(t, "all have asked", func() bool { return b.seen.lookups.Load() == 3 && two.seen.lookups.Load() == 1 })
	h.next <- "[PERSON"
	h.next <- "_1], is land \xe2\x82" // half a character
	h.next <- "\xac."
	close(h.next)
	want := "A fief, the person, is land €."
	for name, done := range map[string]chan streamed{"leader": firstDone, "late": lateDone, "remote": remoteDone} {
		s := await(t, name, done)
		if s.err != nil || s.answer.Text != want || s.pieces != want {
			t.Errorf("%s: %+v", name, s)
		}
		if row := b.row(t, s.answer.ConsultationID); row.Answer != want {
			t.Errorf("%s: on record %q", name, row.Answer)
		}
	}
	if a := await(t, "plain", plain); a.Text != want {
		t.Errorf("plain: %+v", a)
	}
	_, again := b.stream(t.Context(), b.user, q)
	if s := await(t, "cached", again); s.err != nil || s.pieces != want || !s.answer.Cached {
		t.Errorf("cached: %+v", s)
	}
	if b.model.calls() != 1 {
		t.Errorf("%d calls", b.model.calls())
	}
}

func TestStreamRestoresForEachReader(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	one := strings.ReplaceAll(personal, "?", "? 😀 né")
	for range 2 {
		_, done := b.stream(t.Context(), b.user, one)
		s := await(t, "a stream", done)
		if s.err != nil || s.pieces != "You asked: "+one || s.answer.Text != s.pieces {
			t.Errorf("%+v", s)
		}
	}
}

func TestStreamBreaks(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	h := newHeld()
	h.fail = errDown
	b.model.then(h.say)
	pieces, done := b.stream(t.Context(), b.user, "What is a fief?")
	await(t, "the call", h.began)
	h.next <- "A fief"
	await(t, "a piece", pieces)
	close(h.next)
	s := await(t, "the end", done)
	wantCode(t, s.err, domain.Unavailable, "")
	if s.pieces != "A fief" || b.rows(t) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestCallerHangsUp(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	h := newHeld()
	b.model.then(h.say)
	ctx, hangUp := context.WithCancel(t.Context())
	_, gone := b.stream(ctx, b.user, "What is a fief?")
	await(t, "the call", h.began)
	_, stays := b.stream(t.Context(), b.user, "What is a fief?")
	testenv.Eventually(t, "both ask", func() bool { return b.seen.lookups.Load() == 2 })
	hangUp()
	h.next <- "Land."
	close(h.next)
	if s := await(t, "the other", stays); s.err != nil || s.pieces != "Land." {
		t.Errorf("%+v", s)
	}
	s := await(t, "the one who hung up", gone)
	if s.err != nil || b.row(t, s.answer.ConsultationID).Answer != "Land." || b.rows(t) != 2 {
		t.Errorf("%+v", s)
	}
}

func TestPanicInTheModel(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.model.then(func(context.Context, Request, func(string)) (Completion, error) { panic("John Smith") })
	_, err := b.Chat(t.Context(), b.user, Question{UserID: b.user.UserID, Message: "Why?"})
	wantCode(t, err, domain.Internal, "")
	if strings.Contains(err.Error(), "Smith") {
		t.Errorf("%v", err)
	}
	b.model.then(nil)
	b.ask(t, b.user, "Why?")
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	b := newBundle(t, func(d *Deps) { d.Deadline = 50 * time.Millisecond })
	h := newHeld()
	b.model.then(h.say)
	_, err := b.Chat(t.Context(), b.user, Question{UserID: b.user.UserID, Message: "Why?"})
	wantCode(t, err, domain.Unavailable, "")
	if e := err.(*domain.Error); e.Reason != ReasonUnavailable || e.Message != UnavailableMessage {
		t.Errorf("%+v", e)
	}
}

// TestLeaseIsRenewed: a call longer than the lease stays the only one.
func TestLeaseIsRenewed(t *testing.T) {
	t.Parallel()
	one := newBundle(t)
	two := newBundle(t, sharing(one))
	one.leaseTTL, two.leaseTTL = 9*time.Second, 9*time.Second
	h := newHeld()
	one.model.then(h.say)
	_, a := one.stream(t.Context(), one.user, "Why?")
	await(t, "the call", h.began)
	_, b := two.stream(t.Context(), two.user, "Why?")
	lease := "ai:lease:chat:" + one.model.last().IdempotencyKey
	left, renewed := int64(0), 0
	testenv.Eventually(t, "the lease is renewed twice", func() bool {
		now, err := one.Redis.Do(t.Context(), one.Redis.B().Pttl().Key(lease).Build()).AsInt64()
		if err != nil || now <= 0 {
			t.Fatalf("the lease is gone: %d, %v", now, err)
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
	one := newBundle(t)
	two := newBundle(t, sharing(one))
	h := newHeld()
	one.model.then(h.say)
	_, running := one.stream(t.Context(), one.user, "Why?")
	await(t, "the call", h.began)
	_, waits := two.stream(t.Context(), two.user, "Why?")
	two.waits(t)

	closed := make(chan error, 1)
	ctx, giveUp := context.WithCancel(t.Context())
	go func() { closed <- one.Close(ctx) }()
	testenv.Eventually(t, "it is closing", func() bool { one.mu.Lock(); defer one.mu.Unlock(); return one.idle != nil })
	_, err := one.Chat(t.Context(), one.user, Question{UserID: one.user.UserID, Message: "What?"})
	wantCode(t, err, domain.Unavailable, "")
	select {
	case err := <-closed:
		t.Fatalf("did not wait: %v", err)
	default:
	}
	giveUp()
	if err := await(t, "the end", closed); !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
	wantCode(t, await(t, "the broken-off", running).err, domain.Unavailable, "")
	// the other server takes over, it does not fail with the first
	await(t, "the second call", h.began)
	h.next <- "So."
	close(h.next)
	if s := await(t, "an answer", waits); s.err != nil || s.pieces != "So." {
		t.Errorf("%+v", s)
	}
	if err := one.Close(t.Context()); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}
