package webhooks_test

import (
	"context"
	"counsel/sandbox/testkit"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"counsel/clients/queue"
	"counsel/clients/webhook"
	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/cases"
	"counsel/domain/events"
	"counsel/domain/jobs"
	"counsel/domain/webhooks"
	"counsel/sandbox/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// fixture is a database with accounts and a Redis, and as many servers as a test starts.
type fixture struct {
	t           testing.TB
	pool        *sql.DB
	redisURL    string
	accounts    *account.Service
	cases       *cases.Service
	log         *testkit.Log
	clockOffset atomic.Int64 // nanoseconds that the clock is ahead

	anna, bert, root domain.Principal // two lawyers and an admin
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{t: t, pool: testenv.DB(t), redisURL: testenv.NewRedisURL(t), log: &testkit.Log{}}
	var err error
	f.accounts, err = account.New(account.Config{Runtime: domain.SystemRuntime(nil), DB: f.pool, Redis: testenv.OpenRedis(t, f.redisURL), Secret: strings.Repeat("s", 32)})
	testkit.Must(t, err)
	f.cases, err = cases.New(cases.Config{Runtime: domain.Runtime{Clock: domain.SystemClock, NewID: domain.NewID}, DB: f.pool, Accounts: f.accounts})
	testkit.Must(t, err)
	f.anna, f.bert, f.root = f.createUser("anna", domain.RoleLawyer), f.createUser("bert", domain.RoleLawyer), f.createUser("root", domain.RoleAdmin)
	return f
}

func (f *fixture) createUser(name string, role domain.Role) domain.Principal {
	f.t.Helper()
	p := domain.Principal{UserID: domain.NewID(), Role: role}
	f.exec("INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at) VALUES (?, ?, ?, ?, '-', NOW(6), NOW(6))",
		p.UserID, name+"@example.com", name, string(role))
	return p
}

func (f *fixture) exec(statement string, args ...any) {
	f.t.Helper()
	_, err := f.pool.ExecContext(f.t.Context(), statement, args...)
	testkit.Must(f.t, err)
}

func (f *fixture) count(statement string, args ...any) (n int) {
	f.t.Helper()
	testkit.Must(f.t, f.pool.QueryRowContext(f.t.Context(), statement, args...).Scan(&n))
	return n
}

func (f *fixture) clock() time.Time {
	return domain.SystemClock().Add(time.Duration(f.clockOffset.Load()))
}

// server stands for one process.
type server struct {
	*webhooks.Service
	f     *fixture
	jobs  *jobs.Service
	close func(time.Duration)

	mu       sync.Mutex
	disabled []webhooks.Webhook // the arguments of OnDisabled
}

type option func(*webhooks.Config, *webhook.Config)

func backoff(pauses ...time.Duration) option {
	return func(d *webhooks.Config, _ *webhook.Config) { d.Backoff = append([]time.Duration{}, pauses...) }
}

func timeout(t time.Duration) option {
	return func(_ *webhooks.Config, c *webhook.Config) { c.Timeout = t }
}

func key(k string) option { return func(d *webhooks.Config, _ *webhook.Config) { d.Key = []byte(k) } }

func strict() option { return func(_ *webhooks.Config, c *webhook.Config) { c.AllowPrivate = false } }

const shortPause = 10 * time.Millisecond

// server returns a process that runs no jobs yet.
func (f *fixture) server(options ...option) *server {
	f.t.Helper()
	log := slog.New(slog.NewJSONHandler(f.log, nil))
	s := &server{f: f}
	var err error
	s.jobs, err = jobs.New(jobs.Config{DB: f.pool, Transport: queue.New(testenv.OpenRedis(f.t, f.redisURL), log), Runtime: domain.SystemRuntime(log),
		Concurrency: 8, Timing: jobs.Timing{Lease: 2 * time.Second, QueuedLease: 2 * time.Second, Poll: 50 * time.Millisecond}})
	testkit.Must(f.t, err)
	runtime := domain.SystemRuntime(log)
	runtime.Clock = f.clock
	d := webhooks.Config{DB: f.pool, Jobs: s.jobs, Accounts: f.accounts, Cases: f.cases, Runtime: runtime,
		Key: []byte(strings.Repeat("k", 32)), Concurrency: 8, Backoff: []time.Duration{shortPause, shortPause, shortPause},
		OnDisabled: func(_ context.Context, _ db.Tx, w webhooks.Webhook, _ account.User) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.disabled = append(s.disabled, w)
			return nil
		}}
	c := webhook.Config{AllowPrivate: true, Timeout: 5 * time.Second}
	for _, o := range options {
		o(&d, &c)
	}
	sender := webhook.New(c)
	f.t.Cleanup(sender.Close)
	d.Sender = sender
	s.Service, err = webhooks.New(d)
	testkit.Must(f.t, err)
	var once sync.Once
	s.close = func(within time.Duration) {
		once.Do(func() {
			ctx, cancel := context.WithTimeout(context.Background(), within)
			defer cancel()
			if err := s.jobs.Close(ctx); err != nil {
				f.t.Errorf("close: %v", err)
			}
		})
	}
	f.t.Cleanup(func() { s.close(10 * time.Second) })
	return s
}

func (s *server) start() *server {
	s.f.t.Helper()
	testkit.Must(s.f.t, s.jobs.Start(s.f.t.Context(), true))
	return s
}

// createWebhook creates a webhook of a user for all events.
func (s *server) createWebhook(who domain.Principal, url string) (webhooks.Webhook, string) {
	s.f.t.Helper()
	w, secret, err := s.Create(s.f.t.Context(), who, webhooks.NewWebhook{URL: url, EventTypes: domain.EventTypes})
	testkit.Must(s.f.t, err)
	return w, secret
}

// publish publishes an event about something of a user, or of a case.
func (s *server) publish(who domain.Principal, caseID *domain.ID) {
	s.f.t.Helper()
	testkit.Must(s.f.t, db.WithTx(s.f.t.Context(), s.f.pool, func(tx db.Tx) error {
		return s.onEvent(s.f.t.Context(), tx, uploaded(who, caseID))
	}))
}

// onEvent is what the event bus calls.
func (s *server) onEvent(ctx context.Context, tx db.Tx, e domain.Event) error {
	return events.ForAudience(s.f.cases, s.OnEvent)(ctx, tx, e)
}

func uploaded(who domain.Principal, caseID *domain.ID) domain.Event {
	return domain.Event{Type: domain.EventDocumentUploaded, UserID: who.UserID, CaseID: caseID, Data: map[string]domain.ID{"documentId": domain.NewID()}}
}

func (s *server) deliveries(who domain.Principal, webhook domain.ID, state webhooks.State) []webhooks.Delivery {
	s.f.t.Helper()
	items, _, err := s.Deliveries(s.f.t.Context(), who, webhook, webhooks.DeliveryFilter{State: state, Limit: 100})
	testkit.Must(s.f.t, err)
	return items
}

// waitFor waits until n deliveries of a webhook are in a state.
func (s *server) waitFor(who domain.Principal, webhook domain.ID, state webhooks.State, n int) []webhooks.Delivery {
	s.f.t.Helper()
	var items []webhooks.Delivery
	testkit.Eventually(s.f.t, string(state), func() bool { items = s.deliveries(who, webhook, state); return len(items) == n })
	return items
}

func (s *server) detail(who domain.Principal, d webhooks.Delivery) webhooks.Detail {
	s.f.t.Helper()
	out, err := s.Delivery(s.f.t.Context(), who, d.WebhookID, d.ID)
	testkit.Must(s.f.t, err)
	return out
}

// receiver is the server of a partner. It calls answer and records the messages it receives.
type receiver struct {
	t      testing.TB
	url    string
	secret atomic.Value // string; verified when set

	mu       sync.Mutex
	answer   http.HandlerFunc
	messages []message
}

type message struct {
	id, signature string
	payload       struct {
		Type      string
		Timestamp time.Time
		Data      map[string]string
	}
	header http.Header
	body   []byte
}

func ok(http.ResponseWriter, *http.Request) {}

func status(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) }
}

func newReceiver(t testing.TB, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{t: t, answer: answer}
	s := httptest.NewServer(r)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	r.url = s.URL
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		r.t.Error(err)
	}
	m := message{id: q.Header.Get("webhook-id"), signature: q.Header.Get("webhook-signature"), header: q.Header, body: body}
	if err := json.Unmarshal(body, &m.payload); err != nil {
		r.t.Errorf("%v in %s", err, body)
	}
	if secret, _ := r.secret.Load().(string); secret != "" {
		if err := verify(secret, m); err != nil {
			r.t.Error(err)
		}
	}
	r.mu.Lock()
	r.messages = append(r.messages, m)
	answer := r.answer
	r.mu.Unlock()
	answer(w, q)
}

func verify(secret string, m message) error {
	w, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	return w.Verify(m.body, m.header)
}

func (r *receiver) setAnswer(h http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = h
}

func (r *receiver) received() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]message{}, r.messages...)
}

// waitForMessages waits until n messages have been received in all.
func (r *receiver) waitForMessages(n int) []message {
	r.t.Helper()
	testkit.Eventually(r.t, "messages received", func() bool { return len(r.received()) >= n })
	return r.received()
}

func wantCode(t testing.TB, err error, code domain.Code) {
	t.Helper()
	if e, ok := errors.AsType[*domain.Error](err); !ok || e.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}

func newCase(title string) cases.NewCase { return cases.NewCase{Title: title} }

func ptr[T any](v T) *T { return &v }
