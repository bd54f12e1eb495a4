package ai

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/ai"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func TestRedisDown(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateRedis(t)
	f := newFixture(t, func(c *Config) { c.Redis = testenv.OpenRedis(t, server.URL) })
	const q = "What is an easement?"
	f.ask(t, f.user, q)
	if !f.ask(t, f.user, q).Cached {
		t.Fatal("nothing is cached")
	}
	server.Stop()
	// entries in local memory are served until the client notices
	testkit.Eventually(t, "a cache miss", func() bool { return !f.ask(t, f.user, q).Cached })
	before := f.model.calls()
	for range 3 {
		if a := f.ask(t, f.user, q); a.Cached || a.Text != "You asked: "+q {
			t.Errorf("without Redis: %+v", a)
		}
	}
	if n := f.model.calls() - before; n != 3 {
		t.Errorf("%d calls", n)
	}
	if f.metrics.errors.Load() == 0 {
		t.Error("the metrics show no lookup errors")
	}

	// still one flight in this process, even if it fails
	h := newControlledResponse()
	h.fail = errDown
	f.model.setResponse(h.respond)
	calls, lookups := f.model.calls(), f.metrics.lookups.Load()
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			_, err := f.Chat(t.Context(), f.user, Question{UserID: f.user.UserID, Message: q})
			if domain.CodeOf(err) != domain.Unavailable {
				t.Errorf("error %v", err)
			}
		})
	}
	testkit.Eventually(t, "all have asked", func() bool { return f.metrics.lookups.Load() == lookups+50 })
	close(h.next)
	wg.Wait()
	if n := f.model.calls() - calls; n != 1 {
		t.Errorf("%d calls", n)
	}

	f.model.setResponse(nil)
	server.Restart()
	testkit.Eventually(t, "answers are cached after the restart", func() bool { return f.ask(t, f.user, q).Cached })
}

func TestRedisFailsDuringFlight(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testenv.Server){"killed": (*testenv.Server).Kill9, "hangs": (*testenv.Server).Pause} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testenv.PrivateRedis(t)
			one := newFixture(t, func(c *Config) { c.Redis = testenv.OpenRedis(t, server.URL) })
			two := newFixture(t, sharing(one), func(c *Config) { c.Redis = testenv.OpenRedis(t, server.URL) })
			h, own := newControlledResponse(), newControlledResponse()
			one.model.setResponse(h.respond)
			_, leads := one.stream(t.Context(), one.user, "Why?")
			await(t, "the call", h.began)
			one.model.setResponse(own.respond)
			_, follows := two.stream(t.Context(), two.user, "Why?")
			two.awaitFlight(t)
			end(server)
			// the follower makes its own call, the leader continues
			await(t, "the follower's own call", own.began)
			for _, h := range []*controlledResponse{h, own} {
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

func TestDatabaseDown(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateMySQL(t)
	f := newFixture(t, func(c *Config) {
		c.DB = testenv.OpenDB(t, server.URL)
		if err := db.Migrate(t.Context(), c.DB); err != nil {
			t.Fatal(err)
		}
	})
	f.ask(t, f.user, "Why?")
	server.Kill9()
	var text strings.Builder
	_, err := f.StreamChat(t.Context(), f.user, Question{UserID: f.user.UserID, Message: "Why?"}, func(s string) { text.WriteString(s) })
	wantCode(t, err, domain.Unavailable, "")
	if text.Len() > 0 {
		t.Errorf("an answer was given that was not recorded: %q", text.String())
	}
	_, err = f.Analyze(t.Context(), f.user, AnalysisRequest{Text: "The Supplier's liability is unlimited."})
	wantCode(t, err, domain.Unavailable, "")
	_, _, err = f.Consultations(t.Context(), f.user, ConsultationFilter{})
	wantCode(t, err, domain.Unavailable, "")
	server.Restart()
	testkit.Eventually(t, "it answers after the restart", func() bool {
		_, err := f.Chat(t.Context(), f.user, Question{UserID: f.user.UserID, Message: "Why?"})
		return err == nil
	})
	if n := f.countRows(t); n != 2 {
		t.Errorf("%d recorded", n)
	}
}

// Rows are written together but fail alone.
func TestBadRowFailsAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	row := func(user domain.ID) query.Consultation {
		return query.Consultation{
			ID: domain.NewID(), UserID: user, ActorID: user, Kind: "chat", Question: "q", Answer: "a", Model: "m",
			Locale: "en", CreatedAt: domain.SystemClock(),
		}
	}
	// a batch like the recorder's
	batch := []*pendingRow{}
	for _, user := range []domain.ID{f.user.UserID, domain.NewID(), f.user.UserID} {
		batch = append(batch, &pendingRow{row: row(user), done: make(chan error, 1)})
	}
	f.recorder.commit(batch)
	for i, want := range []domain.Code{"", domain.Internal, ""} {
		err := await(t, "the result", batch[i].done)
		if (want == "") != (err == nil) || (err != nil && domain.CodeOf(err) != want) {
			t.Errorf("row %d: %v", i, err)
		}
	}
	// a repeated write, as after a lost response, has no effect
	if err := f.recorder.insert(batch[:1]); err != nil {
		t.Errorf("repeated: %v", err)
	}
	if n := f.countRows(t); n != 2 {
		t.Errorf("%d recorded", n)
	}
}

func TestManyAndLongRows(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.model.setResponse(respondWith("Yes."))
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() { f.ask(t, f.user, strings.Repeat("Is this a very long question? ", 5_000)) }) // 150 KB
	}
	wg.Wait()
	if n := f.countRows(t); n != 40 {
		t.Errorf("%d recorded", n)
	}
	if f.metrics.writes.Load() < 2 {
		t.Error("the batch size is not limited")
	}
}

// If the database hangs, neither reads nor waits for a connection block.
func TestDatabaseHangs(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateMySQL(t)
	f := newFixture(t, func(c *Config) {
		c.DB = testenv.OpenDB(t, server.URL)
		if err := db.Migrate(t.Context(), c.DB); err != nil {
			t.Fatal(err)
		}
	})
	admin := addUser(t, f.db, domain.RoleAdmin)
	recorded := f.ask(t, f.user, "What is an easement?").ConsultationID
	f.readTimeout = 500 * time.Millisecond
	server.Pause()
	defer server.Resume()
	var wg sync.WaitGroup
	for what, read := range map[string]func(context.Context) error{
		"the account": func(ctx context.Context) error {
			_, err := f.Chat(ctx, admin, Question{UserID: f.user.UserID, Message: "What is a lien?"})
			return err
		},
		"the previous consultation": func(ctx context.Context) error {
			_, err := f.Chat(ctx, f.user, Question{UserID: f.user.UserID, Message: "And now?", Context: &Context{ConsultationID: &recorded}})
			return err
		},
		"a consultation": func(ctx context.Context) error { _, err := f.Consultation(ctx, f.user, recorded); return err },
		"consultations": func(ctx context.Context) error {
			_, _, err := f.Consultations(ctx, f.user, ConsultationFilter{})
			return err
		},
	} {
		for range 10 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), testTimeout/2)
				defer cancel()
				if err := read(ctx); domain.CodeOf(err) != domain.Unavailable || ctx.Err() != nil {
					t.Errorf("%s: %v, %v", what, err, ctx.Err())
				}
			})
		}
	}
	wg.Wait()
}
