package webhooks_test

import (
	"context"
	"crypto/rand"
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
	"counsel/sandbox/testkit"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// world is a database and a Redis with people in it, and as many servers as a test starts.
type world struct {
	t        testing.TB
	pool     *sql.DB
	redisURL string
	people   *account.Service
	cases    *cases.Service
	log      *testkit.Log
	later    atomic.Int64 // how far the clock is ahead

	anna, bert, root domain.Principal // two lawyers and an admin
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, pool: testenv.DB(t), redisURL: testenv.RedisURL(t), log: &testkit.Log{}}
	var err error
	w.people, err = account.New(account.Config{Runtime: domain.SystemRuntime(nil), DB: w.pool, Redis: testenv.EmptyRedis(t), Secret: strings.Repeat("s", 32)})
	testkit.Must(t, err)
	w.cases, err = cases.New(cases.Config{Runtime: domain.Runtime{Clock: domain.SystemClock, NewID: domain.NewID}, DB: w.pool, Accounts: w.people})
	testkit.Must(t, err)
	w.anna, w.bert, w.root = w.join("anna", domain.RoleLawyer), w.join("bert", domain.RoleLawyer), w.join("root", domain.RoleAdmin)
	return w
}

func (w *world) join(name string, role domain.Role) domain.Principal {
	w.t.Helper()
	p := domain.Principal{UserID: domain.NewID(), Role: role}
	w.exec("INSERT INTO users (id, email, full_name, role, password_hash, created_at, updated_at) VALUES (?, ?, ?, ?, '-', NOW(6), NOW(6))",
		p.UserID, name+"@example.com", name, string(role))
	return p
}

func (w *world) exec(statement string, args ...any) {
	w.t.Helper()
	_, err := w.pool.ExecContext(w.t.Context(), statement, args...)
	testkit.Must(w.t, err)
}

func (w *world) count(statement string, args ...any) (n int) {
	w.t.Helper()
	testkit.Must(w.t, w.pool.QueryRowContext(w.t.Context(), statement, args...).Scan(&n))
	return n
}

func (w *world) clock() time.Time { return domain.SystemClock().Add(time.Duration(w.later.Load())) }

// server stands for one process.
type server struct {
	*webhooks.Service
	w    *world
	jobs *jobs.Service
	end  func(time.Duration)

	mu       sync.Mutex
	disabled []webhooks.Webhook // whose owners were told
}

type option func(*webhooks.Deps, *webhook.Config)

func schedule(pauses ...time.Duration) option {
	return func(d *webhooks.Deps, _ *webhook.Config) { d.Schedule = append([]time.Duration{}, pauses...) }
}

func timeout(t time.Duration) option {
	return func(_ *webhooks.Deps, c *webhook.Config) { c.Timeout = t }
}

func key(k string) option { return func(d *webhooks.Deps, _ *webhook.Config) { d.Key = []byte(k) } }

func strict() option { return func(_ *webhooks.Deps, c *webhook.Config) { c.AllowPrivate = false } }

const brief = 10 * time.Millisecond

// server makes one that is not working yet.
func (w *world) server(options ...option) *server {
	w.t.Helper()
	log := slog.New(slog.NewJSONHandler(w.log, nil))
	s := &server{w: w}
	var err error
	s.jobs, err = jobs.New(jobs.Config{DB: w.pool, Transport: queue.New(testenv.OpenRedis(w.t, w.redisURL), log), Runtime: domain.SystemRuntime(log),
		Concurrency: 8, Timing: jobs.Timing{Lease: 2 * time.Second, QueuedLease: 2 * time.Second, Poll: 50 * time.Millisecond}})
	testkit.Must(w.t, err)
	d := webhooks.Deps{DB: w.pool, Jobs: s.jobs, People: w.people, Cases: w.cases, Clock: w.clock, NewID: domain.NewID, Random: rand.Reader, Log: log,
		Key: []byte(strings.Repeat("k", 32)), Concurrency: 8, Schedule: []time.Duration{brief, brief, brief},
		Disabled: func(_ context.Context, _ db.Tx, hook webhooks.Webhook, _ account.User) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.disabled = append(s.disabled, hook)
			return nil
		}}
	c := webhook.Config{AllowPrivate: true, Timeout: 5 * time.Second}
	for _, o := range options {
		o(&d, &c)
	}
	sender := webhook.New(c)
	w.t.Cleanup(sender.Close)
	d.Sender = sender
	s.Service, err = webhooks.New(d)
	testkit.Must(w.t, err)
	var once sync.Once
	s.end = func(within time.Duration) {
		once.Do(func() {
			ctx, cancel := context.WithTimeout(context.Background(), within)
			defer cancel()
			if err := s.jobs.Close(ctx); err != nil {
				w.t.Errorf("close: %v", err)
			}
		})
	}
	w.t.Cleanup(func() { s.end(10 * time.Second) })
	return s
}

func (s *server) start() *server {
	s.w.t.Helper()
	testkit.Must(s.w.t, s.jobs.Start(s.w.t.Context(), true))
	return s
}

// hook makes a webhook of somebody for all events.
func (s *server) hook(who domain.Principal, url string) (webhooks.Webhook, string) {
	s.w.t.Helper()
	h, secret, err := s.Create(s.w.t.Context(), who, webhooks.NewWebhook{URL: url, EventTypes: domain.EventTypes})
	testkit.Must(s.w.t, err)
	return h, secret
}

// emit lets something of somebody happen.
func (s *server) emit(who domain.Principal, caseID *domain.ID) {
	s.w.t.Helper()
	testkit.Must(s.w.t, db.WithTx(s.w.t.Context(), s.w.pool, func(tx db.Tx) error {
		return s.tell(s.w.t.Context(), tx, happened(who, caseID))
	}))
}

// tell is what the service's parts tell of what happens.
func (s *server) tell(ctx context.Context, tx db.Tx, e domain.Event) error {
	return events.ForAudience(s.w.cases, s.OnEvent)(ctx, tx, e)
}

func happened(who domain.Principal, caseID *domain.ID) domain.Event {
	return domain.Event{Type: domain.EventDocumentUploaded, UserID: who.UserID, CaseID: caseID, Data: map[string]domain.ID{"documentId": domain.NewID()}}
}

func (s *server) deliveries(who domain.Principal, hook domain.ID, state webhooks.State) []webhooks.Delivery {
	s.w.t.Helper()
	items, _, err := s.Deliveries(s.w.t.Context(), who, hook, webhooks.DeliveryFilter{State: state, Limit: 100})
	testkit.Must(s.w.t, err)
	return items
}

// becomes waits until so many deliveries of a webhook are in a state.
func (s *server) becomes(who domain.Principal, hook domain.ID, state webhooks.State, n int) []webhooks.Delivery {
	s.w.t.Helper()
	var items []webhooks.Delivery
	testkit.Eventually(s.w.t, string(state), func() bool { items = s.deliveries(who, hook, state); return len(items) == n })
	return items
}

func (s *server) detail(who domain.Principal, d webhooks.Delivery) webhooks.Detail {
	s.w.t.Helper()
	out, err := s.Delivery(s.w.t.Context(), who, d.WebhookID, d.ID)
	testkit.Must(s.w.t, err)
	return out
}

// receiver is a partner's server. It answers what answer says, and keeps what it heard.
type receiver struct {
	t      testing.TB
	url    string
	secret atomic.Value // string; verified when set

	mu     sync.Mutex
	answer http.HandlerFunc
	heard  []told
}

type told struct {
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
	one := told{id: q.Header.Get("webhook-id"), signature: q.Header.Get("webhook-signature"), header: q.Header, body: body}
	if err := json.Unmarshal(body, &one.payload); err != nil {
		r.t.Errorf("%v in %s", err, body)
	}
	if secret, _ := r.secret.Load().(string); secret != "" {
		if err := verify(secret, one); err != nil {
			r.t.Error(err)
		}
	}
	r.mu.Lock()
	r.heard = append(r.heard, one)
	answer := r.answer
	r.mu.Unlock()
	answer(w, q)
}

func verify(secret string, m told) error {
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	return hook.Verify(m.body, m.header)
}

func (r *receiver) answers(h http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = h
}

func (r *receiver) all() []told {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]told{}, r.heard...)
}

// hears waits until so many messages came in all.
func (r *receiver) hears(n int) []told {
	r.t.Helper()
	testkit.Eventually(r.t, "heard", func() bool { return len(r.all()) >= n })
	return r.all()
}

func fails(t testing.TB, err error, code domain.Code) {
	t.Helper()
	if e, ok := errors.AsType[*domain.Error](err); !ok || e.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}
