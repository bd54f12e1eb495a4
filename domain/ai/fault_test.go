package ai

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
	"counsel/sandbox/testenv"
)

func TestRedisGone(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateRedis(t)
	b := newBundle(t, func(d *Deps) { d.Redis = testenv.OpenRedis(t, server.URL) })
	const q = "What is an easement?"
	b.ask(t, b.user, q)
	if !b.ask(t, b.user, q).Cached {
		t.Fatal("nothing is cached")
	}
	server.Stop()
	// what this process remembers is good until it notices
	testenv.Eventually(t, "Redis is missed", func() bool { return !b.ask(t, b.user, q).Cached })
	before := b.model.calls()
	for range 3 {
		if a := b.ask(t, b.user, q); a.Cached || a.Text != "You asked: "+q {
			t.Errorf("without Redis: %+v", a)
		}
	}
	if n := b.model.calls() - before; n != 3 {
		t.Errorf("%d calls", n)
	}
	if b.seen.errors.Load() == 0 {
		t.Error("the metrics do not say that Redis is gone")
	}

	// one flight in this process all the same, also when it fails
	h := newHeld()
	h.fail = errDown
	b.model.then(h.say)
	calls, lookups := b.model.calls(), b.seen.lookups.Load()
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			_, err := b.Chat(t.Context(), b.user, Question{UserID: b.user.UserID, Message: q})
			if domain.CodeOf(err) != domain.Unavailable {
				t.Errorf("error %v", err)
			}
		})
	}
	testenv.Eventually(t, "all have asked", func() bool { return b.seen.lookups.Load() == lookups+50 })
	close(h.next)
	wg.Wait()
	if n := b.model.calls() - calls; n != 1 {
		t.Errorf("%d calls", n)
	}

	b.model.then(nil)
	server.Restart()
	testenv.Eventually(t, "answers are cached again", func() bool { return b.ask(t, b.user, q).Cached })
}

func TestRedisStopsMidway(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testenv.Server){"killed": (*testenv.Server).Kill9, "hangs": (*testenv.Server).Pause} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testenv.PrivateRedis(t)
			one := newBundle(t, func(d *Deps) { d.Redis = testenv.OpenRedis(t, server.URL) })
			two := newBundle(t, sharing(one), func(d *Deps) { d.Redis = testenv.OpenRedis(t, server.URL) })
			h, own := newHeld(), newHeld()
			one.model.then(h.say)
			_, leads := one.stream(t.Context(), one.user, "Why?")
			await(t, "the call", h.began)
			one.model.then(own.say)
			_, follows := two.stream(t.Context(), two.user, "Why?")
			two.waits(t)
			end(server)
			// the follower goes on by itself, the leader is not disturbed
			await(t, "the follower's own call", own.began)
			for _, h := range []*held{h, own} {
				h.next <- "So."
				close(h.next)
			}
			for _, done := range []chan streamed{leads, follows} {
				if s := await(t, "an answer", done); s.err != nil || s.pieces != "So." {
					t.Errorf("%+v", s)
				}
			}
			if name == "hangs" {
				server.Resume()
			}
		})
	}
}

func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateMySQL(t)
	b := newBundle(t, func(d *Deps) {
		d.DB = testenv.OpenDB(t, server.URL)
		if err := db.Migrate(t.Context(), d.DB); err != nil {
			t.Fatal(err)
		}
	})
	b.ask(t, b.user, "Why?")
	server.Kill9()
	var text strings.Builder
	_, err := b.StreamChat(t.Context(), b.user, Question{UserID: b.user.UserID, Message: "Why?"}, func(s string) { text.WriteString(s) })
	wantCode(t, err, domain.Unavailable, "")
	if text.Len() > 0 {
		t.Errorf("an answer that is not on record was given: %q", text.String())
	}
	_, err = b.Analyze(t.Context(), b.user, AnalysisRequest{Text: "The Supplier's liability is unlimited."})
	wantCode(t, err, domain.Upstream, "") // the echo is no list of findings
	_, _, err = b.Consultations(t.Context(), b.user, ConsultationFilter{})
	wantCode(t, err, domain.Unavailable, "")
	server.Restart()
	testenv.Eventually(t, "answers again", func() bool {
		_, err := b.Chat(t.Context(), b.user, Question{UserID: b.user.UserID, Message: "Why?"})
		return err == nil
	})
	if n := b.rows(t); n != 2 {
		t.Errorf("%d on record", n)
	}
}

// TestBadRowHurtsNoOther: rows are written together, but fail alone.
func TestBadRowHurtsNoOther(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	row := func(user domain.ID) query.Consultation {
		return query.Consultation{
			ID: domain.NewID(), UserID: user, ActorID: user, Kind: "chat", Question: "q", Answer: "a", Model: "m",
			Locale: "en", CreatedAt: domain.SystemClock(),
		}
	}
	// a batch as the recorder would make it
	batch := []*record{}
	for _, user := range []domain.ID{b.user.UserID, domain.NewID(), b.user.UserID} {
		batch = append(batch, &record{row: row(user), done: make(chan error, 1)})
	}
	b.record.commit(batch)
	for i, want := range []domain.Code{"", domain.Internal, ""} {
		err := await(t, "its fate", batch[i].done)
		if (want == "") != (err == nil) || (err != nil && domain.CodeOf(err) != want) {
			t.Errorf("row %d: %v", i, err)
		}
	}
	// writing a row again, as after a lost answer, changes nothing
	if err := b.record.insert(batch[:1]); err != nil {
		t.Errorf("again: %v", err)
	}
	if n := b.rows(t); n != 2 {
		t.Errorf("%d on record", n)
	}
}

func TestManyAndLongRows(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.model.then(says("Yes."))
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() { b.ask(t, b.user, strings.Repeat("Is this a very long question? ", 5_000)) }) // 150 KB
	}
	wg.Wait()
	if n := b.rows(t); n != 40 {
		t.Errorf("%d on record", n)
	}
	if b.seen.writes.Load() < 2 {
		t.Error("a batch has no bound")
	}
}

// A database that hangs keeps nobody waiting for a row, nor for a connection.
func TestDatabaseHangs(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateMySQL(t)
	b := newBundle(t, func(d *Deps) {
		d.DB = testenv.OpenDB(t, server.URL)
		if err := db.Migrate(t.Context(), d.DB); err != nil {
			t.Fatal(err)
		}
	})
	admin := addUser(t, b.DB, domain.RoleAdmin)
	kept := b.ask(t, b.user, "What is an easement?").ConsultationID
	b.readTimeout = 500 * time.Millisecond
	server.Pause()
	defer server.Resume()
	var wg sync.WaitGroup
	for what, read := range map[string]func(context.Context) error{
		"the account asked for": func(ctx context.Context) error {
			_, err := b.Chat(ctx, admin, Question{UserID: b.user.UserID, Message: "What is a lien?"})
			return err
		},
		"the earlier consultation": func(ctx context.Context) error {
			_, err := b.Chat(ctx, b.user, Question{UserID: b.user.UserID, Message: "And now?", Context: &Context{ConsultationID: &kept}})
			return err
		},
		"a consultation": func(ctx context.Context) error { _, err := b.Consultation(ctx, b.user, kept); return err },
		"consultations": func(ctx context.Context) error {
			_, _, err := b.Consultations(ctx, b.user, ConsultationFilter{})
			return err
		},
	} {
		for range 10 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience/2)
				defer cancel()
				if err := read(ctx); domain.CodeOf(err) != domain.Unavailable || ctx.Err() != nil {
					t.Errorf("%s: %v, %v", what, err, ctx.Err())
				}
			})
		}
	}
	wg.Wait()
}
