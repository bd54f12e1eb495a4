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

	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/ai/cache"
	"counsel/domain/ai/flights"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/masking"
	accountquery "counsel/gen/query/account"
	query "counsel/gen/query/ai"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"

	"github.com/redis/rueidis"
)

func TestMain(m *testing.M) { testenv.Main(m) }

const testTimeout = time.Minute

// static holds what is expensive to load and never changes.
var static = sync.OnceValue(func() (s struct {
	masker   *masking.Masker
	policies *policy.Set
}) {
	var err error
	if s.masker, err = masking.New(); err != nil {
		panic(err)
	}
	if s.policies, err = policy.Load(); err != nil {
		panic(err)
	}
	return s
})

// respond is the behavior of a fakeModel.
type respond func(ctx context.Context, req Request, delta func(string)) (Completion, error)

// fakeModel is a Model that answers as its function does. By default it echoes the last message.
type fakeModel struct {
	name string

	mu       sync.Mutex
	respond  respond
	requests []Request
}

func (m *fakeModel) Name() string { return m.name }

func (m *fakeModel) Complete(ctx context.Context, req Request) (Completion, error) {
	return m.call(ctx, req, func(string) {})
}

func (m *fakeModel) Stream(ctx context.Context, req Request, delta func(string)) (Completion, error) {
	return m.call(ctx, req, delta)
}

func (m *fakeModel) call(ctx context.Context, req Request, delta func(string)) (Completion, error) {
	m.mu.Lock()
	m.requests = append(m.requests, req)
	respond := m.respond
	m.mu.Unlock()
	if respond == nil {
		respond = echo
	}
	return respond(ctx, req, delta)
}

// setResponse changes the behavior; nil: echo.
func (m *fakeModel) setResponse(r respond) {
	m.mu.Lock()
	m.respond = r
	m.mu.Unlock()
}

func (m *fakeModel) calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.requests)
}

// sent returns everything that the model ever got, in one text.
func (m *fakeModel) sent() string {
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

func (m *fakeModel) lastRequest() Request {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.requests[len(m.requests)-1]
}

func echo(_ context.Context, req Request, delta func(string)) (Completion, error) {
	text := "You asked: " + req.Messages[len(req.Messages)-1].Text
	for i := 0; i < len(text); i += 5 { // splits placeholders and characters
		delta(text[i:min(i+5, len(text))])
	}
	return Completion{Text: text, FinishReason: FinishStop, PromptTokens: 30, CompletionTokens: 12}, nil
}

func respondWith(text string) respond {
	return func(_ context.Context, _ Request, delta func(string)) (Completion, error) {
		delta(text)
		return Completion{Text: text, FinishReason: FinishStop, PromptTokens: 3, CompletionTokens: 4}, nil
	}
}

func failWith(err error) respond {
	return func(context.Context, Request, func(string)) (Completion, error) { return Completion{}, err }
}

// recordingMetrics counts.
type recordingMetrics struct {
	lookups, misses, hits, errors, leaders, followers, remotes, rows, writes, rejected atomic.Int64
}

func (m *recordingMetrics) CacheLookup(_ Kind, r cache.Result) {
	m.lookups.Add(1)
	map[cache.Result]*atomic.Int64{cache.Hit: &m.hits, cache.Miss: &m.misses, cache.Error: &m.errors}[r].Add(1)
}
func (m *recordingMetrics) Masked(time.Duration, int) {}
func (m *recordingMetrics) Flight(_ Kind, r flights.Role) {
	map[flights.Role]*atomic.Int64{flights.Leader: &m.leaders, flights.Follower: &m.followers, flights.Remote: &m.remotes}[r].Add(1)
}
func (m *recordingMetrics) Upstream(Kind, time.Duration, error) {}
func (m *recordingMetrics) BudgetSpent()                        { m.rejected.Add(1) }
func (m *recordingMetrics) Recorded(rows int, _ time.Duration, _ error) {
	m.rows.Add(int64(rows))
	m.writes.Add(1)
}

// fakeAccounts reads the test database.
type fakeAccounts struct{ pool *sql.DB }

func (a fakeAccounts) ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error) {
	users := map[domain.ID]account.User{}
	rows, err := accountquery.New(a.pool).ListUsersByID(ctx, ids)
	for _, r := range rows {
		users[r.ID] = account.User{ID: r.ID}
	}
	return users, db.Error(err)
}

// fixture is a Service with its surroundings. Each has its own model name, so that no two share cache keys.
type fixture struct {
	*Service
	config  Config
	redis   rueidis.Client
	model   *fakeModel
	metrics *recordingMetrics
	user    domain.Principal
}

func newFixture(t testing.TB, change ...func(*Config)) *fixture {
	t.Helper()
	set, err := prompts.Load()
	if err != nil {
		t.Fatal(err)
	}
	logged := &testkit.Log{}
	t.Cleanup(func() { // runs after Close
		if log := logged.String(); strings.Contains(log, "Smith") || strings.Contains(log, "acme-widgets") || strings.Contains(log, "What is") {
			t.Errorf("texts of requests in the log: %s", log)
		}
	})
	metrics := &recordingMetrics{}
	c := Config{
		Runtime: domain.SystemRuntime(slog.New(slog.NewJSONHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		Model:   &fakeModel{name: "model-" + domain.NewID().String()}, Masker: static().masker, Prompts: set, Policies: static().policies, Metrics: metrics,
	}
	// Without a failure hold, so that tests can ask again at once.
	c.timing.flights = flights.Timing{LeaseTTL: flights.DefaultTiming.LeaseTTL, RedisTimeout: flights.DefaultTiming.RedisTimeout}
	for _, apply := range change {
		apply(&c)
	}
	if c.DB == nil {
		c.DB = testenv.DB(t)
	}
	if c.Accounts == nil {
		c.Accounts = fakeAccounts{c.DB}
	}
	if c.Redis == nil { // the shared one is never down, only slow
		c.Redis = testenv.OpenRedis(t, testenv.RedisURL(t))
		c.timing.cacheTimeout, c.timing.flights.RedisTimeout = testTimeout, testTimeout
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return &fixture{Service: s, config: c, redis: c.Redis, model: c.Model.(*fakeModel), metrics: metrics, user: addUser(t, c.DB, domain.RoleClient)}
}

// sharing configures a second server beside f, with the same database, Redis and model.
func sharing(f *fixture) func(*Config) {
	return func(c *Config) { c.DB, c.Model = f.db, f.model }
}

func withFailureHold(d time.Duration) func(*Config) {
	return func(c *Config) { c.timing.flights.FailureHold = d }
}

func addUser(t testing.TB, pool *sql.DB, role domain.Role) domain.Principal {
	t.Helper()
	id := domain.NewID()
	now := domain.SystemClock()
	err := accountquery.New(pool).CreateUser(t.Context(), accountquery.CreateUserParams{
		ID: id, Email: id.String() + "@example.com", FullName: "Test", Role: string(role), PasswordHash: "-", CreatedAt: now, UpdatedAt: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return domain.Principal{UserID: id, Role: role}
}

func (f *fixture) ask(t testing.TB, p domain.Principal, message string) Answer {
	t.Helper()
	a, err := f.Chat(t.Context(), p, Question{UserID: p.UserID, Message: message})
	if err != nil {
		t.Fatalf("Chat: %v", err)
	}
	return a
}

func (f *fixture) row(t testing.TB, id domain.ID) query.Consultation {
	t.Helper()
	c, err := query.New(f.db).GetConsultation(t.Context(), id)
	if err != nil {
		t.Fatalf("consultation: %v", err)
	}
	return c
}

func (f *fixture) countRows(t testing.TB) (n int) {
	t.Helper()
	if err := f.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM consultations WHERE user_id = ?", f.user.UserID).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// awaitFlight returns once a flight of this server requests the lease or waits for another server.
func (f *fixture) awaitFlight(t testing.TB) {
	t.Helper()
	testkit.Eventually(t, "a flight waits", func() bool { return f.flights.Waiting() == 1 })
}

// redisContent returns all keys and values in one text.
func redisContent(t testing.TB, c rueidis.Client) string {
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
	case <-time.After(testTimeout):
		t.Fatalf("timeout waiting for %s", what)
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
