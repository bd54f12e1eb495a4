package ai

import (
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/masking"
	"counsel/gen/query"
	"counsel/sandbox/testenv"

	"github.com/redis/rueidis"
)

func TestMain(m *testing.M) { testenv.Main(m) }

const patience = time.Minute

// built holds what is costly to make and never changes.
var built = sync.OnceValue(func() (b struct {
	masker *masking.Masker
	book   *policy.Set
}) {
	var err error
	if b.masker, err = masking.New(); err != nil {
		panic(err)
	}
	if b.book, err = policy.Load(); err != nil {
		panic(err)
	}
	return b
})

// scripted is a Model that says what its function says. By default it repeats the last message.
type scripted struct {
	name string
	say  func(ctx context.Context, req Request, delta func(string)) (Completion, error)

	mu       sync.Mutex
	requests []Request
}

func (m *scripted) Name() string { return m.name }

func (m *scripted) Complete(ctx context.Context, req Request) (Completion, error) {
	return m.run(ctx, req, func(string) {})
}

func (m *scripted) Stream(ctx context.Context, req Request, delta func(string)) (Completion, error) {
	return m.run(ctx, req, delta)
}

func (m *scripted) run(ctx context.Context, req Request, delta func(string)) (Completion, error) {
	m.mu.Lock()
	m.requests = append(m.requests, req)
	say := m.say
	m.mu.Unlock()
	if say == nil {
		say = echo
	}
	return say(ctx, req, delta)
}

func (m *scripted) then(say func(context.Context, Request, func(string)) (Completion, error)) {
	m.mu.Lock()
	m.say = say
	m.mu.Unlock()
}

func (m *scripted) calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.requests)
}

// sent is everything the model was ever told, in one text.
func (m *scripted) sent() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	for _, r := range m.requests {
		for _, msg := range r.Messages {
			b.WriteString(string(msg.Author) + ": " + msg.Text + "\n")
		}
	}
	return b.String()
}

func (m *scripted) last() Request {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.requests[len(m.requests)-1]
}

func echo(_ context.Context, req Request, delta func(string)) (Completion, error) {
	text := "You asked: " + req.Messages[len(req.Messages)-1].Text
	for i := 0; i < len(text); i += 5 { // cuts placeholders and characters in two
		delta(text[i:min(i+5, len(text))])
	}
	return Completion{Text: text, FinishReason: FinishStop, PromptTokens: 30, CompletionTokens: 12}, nil
}

func says(text string) func(context.Context, Request, func(string)) (Completion, error) {
	return func(_ context.Context, _ Request, delta func(string)) (Completion, error) {
		delta(text)
		return Completion{Text: text, FinishReason: FinishStop, PromptTokens: 3, CompletionTokens: 4}, nil
	}
}

func fails(err error) func(context.Context, Request, func(string)) (Completion, error) {
	return func(context.Context, Request, func(string)) (Completion, error) { return Completion{}, err }
}

// counted is a Metrics that counts.
type counted struct {
	lookups, misses, hits, errors, leaders, followers, remotes, rows, writes atomic.Int64
}

func (c *counted) CacheLookup(_ Kind, l Lookup) {
	c.lookups.Add(1)
	map[Lookup]*atomic.Int64{LookupHit: &c.hits, LookupMiss: &c.misses, LookupError: &c.errors}[l].Add(1)
}
func (c *counted) Masked(time.Duration, int) {}
func (c *counted) Flight(_ Kind, r Role) {
	map[Role]*atomic.Int64{RoleLeader: &c.leaders, RoleFollower: &c.followers, RoleRemote: &c.remotes}[r].Add(1)
}
func (c *counted) Upstream(Kind, time.Duration, error) {}
func (c *counted) Recorded(rows int, _ time.Duration, _ error) {
	c.rows.Add(int64(rows))
	c.writes.Add(1)
}

// bundle is a Service with what is around it. Each test has a model name of its own, so that
// no two share cache keys.
type bundle struct {
	*Service
	model *scripted
	seen  *counted
	user  domain.Principal
}

func newBundle(t testing.TB, change ...func(*Deps)) *bundle {
	t.Helper()
	set, err := prompts.Load()
	if err != nil {
		t.Fatal(err)
	}
	logged := &testenv.Log{}
	t.Cleanup(func() { // runs after Close
		if log := logged.String(); strings.Contains(log, "Smith") || strings.Contains(log, "acme-widgets") || strings.Contains(log, "What is") {
			t.Errorf("words in the log: %s", log)
		}
	})
	model := &scripted{name: "model-" + domain.NewID().String()}
	seen := &counted{}
	d := Deps{
		Model: model, Masker: built().masker, Prompts: set, Policies: built().book,
		Clock: domain.SystemClock, NewID: domain.NewID, Metrics: seen,
		Log: slog.New(slog.NewJSONHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&d)
	}
	if d.DB == nil {
		d.DB = testenv.DB(t)
	}
	shared := d.Redis == nil
	if shared {
		d.Redis = testenv.OpenRedis(t, testenv.RedisURL(t))
	}
	s, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	s.failureHold = 0 // else a test waits for it before it asks again
	if shared {       // it is never down, only slow
		s.lookupTimeout, s.leaseTimeout = patience, patience
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return &bundle{Service: s, model: d.Model.(*scripted), seen: seen, user: addUser(t, d.DB, domain.RoleClient)}
}

// sharing makes a second server beside b: same database, Redis and model.
func sharing(b *bundle) func(*Deps) {
	return func(d *Deps) { d.DB, d.Model = b.DB, b.model }
}

func addUser(t testing.TB, pool *sql.DB, role domain.Role) domain.Principal {
	t.Helper()
	id := domain.NewID()
	now := domain.SystemClock()
	err := query.New(pool).CreateUser(t.Context(), query.CreateUserParams{
		ID: id, Email: id.String() + "@example.com", FullName: "Test", Role: string(role), PasswordHash: "-", CreatedAt: now, UpdatedAt: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return domain.Principal{UserID: id, Role: role}
}

func (b *bundle) ask(t testing.TB, p domain.Principal, message string) Answer {
	t.Helper()
	a, err := b.Chat(t.Context(), p, Question{UserID: p.UserID, Message: message})
	if err != nil {
		t.Fatalf("Chat: %v", err)
	}
	return a
}

func (b *bundle) row(t testing.TB, id domain.ID) query.Consultation {
	t.Helper()
	c, err := query.New(b.DB).GetConsultation(t.Context(), id)
	if err != nil {
		t.Fatalf("consultation: %v", err)
	}
	return c
}

func (b *bundle) rows(t testing.TB) (n int) {
	t.Helper()
	if err := b.DB.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM consultations WHERE user_id = ?", b.user.UserID).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// waits returns when a flight of this server is asking for the lease, or waits for another's.
func (b *bundle) waits(t testing.TB) {
	t.Helper()
	testenv.Eventually(t, "it waits", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.waiting) == 1
	})
}

// inRedis is every key with its value, in one text.
func inRedis(t testing.TB, c rueidis.Client) string {
	t.Helper()
	keys, err := c.Do(t.Context(), c.B().Keys().Pattern("ai:*").Build()).AsStrSlice()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, k := range keys {
		v, _ := c.Do(t.Context(), c.B().Get().Key(k).Build()).ToString()
		b.WriteString(k + " = " + v + "\n")
	}
	return b.String()
}

func await[T any](t testing.TB, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("in vain: %s", what)
		panic("unreachable")
	}
}

func wantCode(t testing.TB, err error, code domain.Code, pointer string) {
	t.Helper()
	if err == nil || domain.CodeOf(err) != code {
		t.Fatalf("error %v, want code %s", err, code)
	}
	if pointer != "" {
		e := err.(*domain.Error)
		for _, f := range e.Fields {
			if f.Pointer == pointer {
				return
			}
		}
		t.Fatalf("fields %v, want one at %s", e.Fields, pointer)
	}
}
