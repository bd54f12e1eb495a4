package handlers_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	"counsel/app"
	client "counsel/clients/llm"
	"counsel/clients/pdf"
	"counsel/clients/queue"
	stripeclient "counsel/clients/stripe"
	"counsel/clients/webhook"
	"counsel/config"
	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/billing"
	"counsel/domain/cases"
	"counsel/domain/esign/envelopes"
	"counsel/domain/esign/pades"
	"counsel/domain/files"
	"counsel/domain/files/filestest"
	"counsel/domain/files/filetype"
	"counsel/domain/isolation"
	"counsel/domain/jobs"
	"counsel/domain/text/extract"
	"counsel/gen/api"
	"counsel/handlers"
	"counsel/sandbox/llm"
	"counsel/sandbox/registries"
	"counsel/sandbox/stripe"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
	"counsel/tests/contract"
)

func TestMain(m *testing.M) {
	isolation.ServeIfChild(extract.Tasks(), filetype.Tasks(), pades.Tasks())
	testenv.Main(testsWithReaders{m})
}

// readers are shared by all tests, since starting one is slow under the race detector.
var readers = sync.OnceValue(func() (r struct {
	texts   *extract.Isolated
	uploads *isolation.Pool
}) {
	compiled, err := os.UserCacheDir()
	if err != nil {
		panic(err)
	}
	r.texts = extract.NewIsolated(filepath.Join(compiled, "counsel", "pdfium"), 2)
	r.uploads = isolation.New(isolation.Config{MaxChildren: 2, Memory: 512 << 20, Timeout: time.Minute})
	return r
})

// testsWithReaders closes the readers once all tests have run.
type testsWithReaders struct{ *testing.M }

func (m testsWithReaders) Run() int {
	code := m.M.Run()
	if err := errors.Join(readers().texts.Close(), readers().uploads.Close()); err != nil {
		panic(err)
	}
	return code
}

const secret = "a secret of these tests, long enough for HS256"

// fixture is a whole service for one test, wired as in production, on real servers, with a fake AI provider, mail server
// and object store. Its background loops do not run, its jobs after startJobs.
type fixture struct {
	t          testing.TB
	url        string
	model      *llm.Server
	db         *sql.DB
	redis      rueidis.Client
	logs       *testkit.Log
	server     *handlers.Server
	archive    *files.Service
	cases      *cases.Service
	billing    *billing.Service
	stripe     *stripe.Server
	jobs       *jobs.Service
	store      *filestest.Store
	mailServer *fakeMailServer
	registries *registries.Server
	ready      func(context.Context) (error, error)
}

type option func(*fixtureConfig)

type fixtureConfig struct {
	config.Config
	provider     envelopes.Provider     // nil: documents are signed here
	handlers     func(*handlers.Config) // changes what no setting changes
	clients      func(*app.Clients)     // changes the outside systems
	statementLog *slog.Logger           // logs every SQL statement
}

// limitRequests allows n requests in a minute per user and per network address.
func (c *fixtureConfig) limitRequests(n int) {
	c.RateLimits = config.RateLimits{Enabled: true, User: n, Anonymous: n}
}

func newFixture(t testing.TB, options ...option) *fixture {
	t.Helper()
	ctx := t.Context()
	f := &fixture{t: t, logs: &testkit.Log{}, store: filestest.NewStore(domain.SystemClock), mailServer: &fakeMailServer{last: map[string][]byte{}}, registries: registries.New()}
	cfg := fixtureConfig{Config: config.Config{
		JWT:   config.JWT{Algorithm: "HS256", Secret: secret, AccessTokenTTL: time.Hour, RefreshTokenTTL: time.Hour},
		Admin: config.Admin{Email: "admin@counsel.example", Password: adminPassword},
		LLM:   config.LLM{Timeout: 2 * time.Second, Deadline: 6 * time.Second, PriceInput: 1_000_000, PriceOutput: 2_000_000},
		Mail:  config.Mail{RecipientsPerHour: 500},
	}}
	for _, o := range options {
		o(&cfg)
	}
	if cfg.Database.URL == "" {
		cfg.Database.URL = testenv.SchemaURL(t)
	}
	if cfg.Redis.URL == "" {
		cfg.Redis.URL = testenv.NewRedisURL(t)
	}

	var err error
	f.db, err = db.Open(ctx, cfg.Database.URL, db.Options{Echo: cfg.statementLog})
	testkit.Must(t, err)
	t.Cleanup(func() { f.db.Close() })
	testkit.Must(t, db.Migrate(ctx, f.db))
	f.redis = testenv.OpenRedis(t, cfg.Redis.URL)
	infra := &app.Infrastructure{
		Log: slog.New(domain.LogHandler{Handler: slog.NewJSONHandler(f.logs, nil)}), Registry: prometheus.NewRegistry(),
		Database: f.db, Redis: f.redis, Store: f.store, HasStore: true, URL: "https://counsel.example",
		Tuning: app.Tuning{
			PasswordHash: account.HashConfig{Passes: 1, MemoryKiB: 64},
			Jobs:         jobs.Timing{Poll: 50 * time.Millisecond},
			MailBackoff:  []time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 20 * time.Millisecond},
		},
	}
	var runner app.Runner
	services, err := app.OpenServices(ctx, &runner, cfg.Config, infra, f.newClients(cfg, infra))
	testkit.Must(t, err)
	f.archive, f.cases, f.jobs, f.billing = services.Files, services.Cases, services.Jobs, services.Billing
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := errors.Join(f.jobs.Close(ctx), runner.Close(ctx)); err != nil {
			t.Error(err)
		}
	})

	document, err := os.ReadFile("../openapi.yaml")
	testkit.Must(t, err)
	settings, err := app.HandlersConfig(cfg.Config, document, infra, services)
	testkit.Must(t, err)
	settings.StoreTimeout = time.Minute // the test machine may be busy
	f.ready = settings.Ready
	settings.Ready = func(ctx context.Context) (database, redis error) { return f.ready(ctx) }
	if cfg.handlers != nil {
		cfg.handlers(&settings)
	}
	f.server, err = handlers.New(settings)
	testkit.Must(t, err)
	web := httptest.NewUnstartedServer(nil)
	cfg.HTTP.Addr = web.Listener.Addr().String()
	web.Config = app.NewHTTPServer(f.checked(f.server), cfg.Config, infra.Log)
	web.Start()
	t.Cleanup(web.Close)
	f.url = web.URL
	return f
}

// newClients connects to the fakes.
func (f *fixture) newClients(cfg fixtureConfig, infra *app.Infrastructure) *app.Clients {
	f.t.Helper()
	var err error
	f.model, err = llm.Start(context.WithoutCancel(f.t.Context()), llm.Options{})
	testkit.Must(f.t, err)
	f.t.Cleanup(func() { f.model.Close() })
	model, err := client.New(client.Config{Log: infra.Log, BaseURL: f.model.URL, APIKey: f.model.APIKey, Model: "sandbox",
		Timeout: cfg.LLM.Timeout, Deadline: cfg.LLM.Deadline, Backoff: []time.Duration{time.Millisecond, time.Millisecond}})
	testkit.Must(f.t, err)
	f.t.Cleanup(func() { model.Close() })
	webhooks := webhook.New(webhook.Config{AllowPrivate: true})
	f.t.Cleanup(webhooks.Close)
	engine, err := pdf.New(pdf.Config{})
	testkit.Must(f.t, err)
	certificate, key, err := pades.SelfSigned("Counsel", domain.SystemClock())
	testkit.Must(f.t, err)
	sealer, err := pades.New(certificate, key, nil)
	testkit.Must(f.t, err)
	testModel, err := app.NewTestModel(llm.New(llm.Options{APIKey: app.TestAIKey, Model: "test"}))
	testkit.Must(f.t, err)
	f.stripe, err = stripe.New(stripe.Options{APIKey: app.TestPaymentsKey, PageURL: "https://pay.example"})
	testkit.Must(f.t, err)
	f.t.Cleanup(func() { testkit.Must(f.t, f.stripe.Close()) })
	testPayments, err := app.NewTestPayments(f.stripe)
	testkit.Must(f.t, err)
	payments, err := stripeclient.New(stripeclient.Config{URL: "http://localhost", APIKey: app.TestPaymentsKey, WebhookSecret: f.stripe.WebhookSecret, Backoff: []time.Duration{}, Transport: client.InProcess(f.stripe)})
	testkit.Must(f.t, err)
	testSealer, err := app.NewTestSealer(readers().uploads)
	testkit.Must(f.t, err)
	standIns := app.StandIns{Registries: f.registries, Lists: registries.Lists()}
	live, err := app.NewTestRegisters(standIns)
	testkit.Must(f.t, err)
	test, err := app.NewTestRegisters(app.StandIns{Registries: registries.New(), Lists: registries.Lists()})
	testkit.Must(f.t, err)
	clients := &app.Clients{
		Registers: live, TestRegisters: test,
		Model: model, TestModel: testModel, Payments: payments, TestPayments: testPayments, TestSealer: testSealer, Queue: queue.New(f.redis, infra.Log), Mail: f.mailServer, Webhooks: webhooks, Provider: cfg.provider, Sealer: sealer.WithPool(readers().uploads),
		PDF: engine, Texts: readers().texts, Children: readers().uploads,
	}
	if cfg.clients != nil {
		cfg.clients(clients)
	}
	return clients
}

// checked fails the test if an answer breaks the contract. Benchmarks measure the service alone.
func (f *fixture) checked(next http.Handler) http.Handler {
	if _, ok := f.t.(*testing.B); ok {
		return next
	}
	checker, err := contract.Shared()
	testkit.Must(f.t, err)
	return checker.Handler(next, func(err error) { f.t.Error(err) })
}

// startJobs starts the job workers.
func (f *fixture) startJobs() {
	f.t.Helper()
	testkit.Must(f.t, f.jobs.Start(f.t.Context(), true))
}

const adminPassword = "the admin's own password"

// response is an answer. The server checks it against the contract.
type response struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

func (a response) decode(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%v in %s", err, a.body)
	}
}

func (a response) problem() api.Problem {
	a.t.Helper()
	if ct := a.header.Get("Content-Type"); ct != "application/problem+json" {
		a.t.Fatalf("status %d as %q: %s", a.status, ct, a.body)
	}
	var p api.Problem
	a.decode(&p)
	if int(p.Status) != a.status {
		a.t.Fatalf("a problem with status %d has the HTTP status %d", p.Status, a.status)
	}
	return p
}

// expect fails the test unless the answer has this status and, for a failure, this code.
func (a response) expect(status int, code string) response {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if code != "" {
		if p := a.problem(); p.Code != code {
			a.t.Fatalf("code %q, want %q", p.Code, code)
		}
	}
	return a
}

type user struct {
	api.User
	token, refresh string
}

// call sends one request. A string body is sent as it is, any other as JSON.
func (f *fixture) call(who *user, method, path string, body any, header ...string) response {
	f.t.Helper()
	var in io.Reader
	switch v := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(v)
	default:
		raw, err := json.Marshal(v)
		testkit.Must(f.t, err)
		in = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, in)
	testkit.Must(f.t, err)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if who != nil {
		r.Header.Set("Authorization", "Bearer "+who.token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	testkit.Must(f.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	testkit.Must(f.t, err)
	return response{f.t, res.StatusCode, res.Header, raw}
}

// register creates an account and signs in. The admin sets the role.
func (f *fixture) register(name string, role domain.Role) *user {
	f.t.Helper()
	p := &user{}
	f.call(nil, "POST", "/api/auth/register", map[string]string{"email": name + "@example.com", "password": "correct horse battery", "fullName": name}).expect(201, "").decode(&p.User)
	if role != domain.RoleClient {
		f.call(f.admin(), "PATCH", "/api/users/"+p.ID.String(), map[string]any{"role": role}).expect(200, "").decode(&p.User)
	}
	f.signIn(p, name+"@example.com", "correct horse battery")
	return p
}

func (f *fixture) admin() *user {
	f.t.Helper()
	p := &user{}
	f.signIn(p, "admin@counsel.example", adminPassword)
	f.call(p, "GET", "/api/auth/me", nil).expect(200, "").decode(&p.User)
	return p
}

func (f *fixture) signIn(p *user, email, password string) {
	f.t.Helper()
	var t api.Tokens
	f.call(nil, "POST", "/api/auth/login", map[string]string{"email": email, "password": password}).expect(200, "").decode(&t)
	p.token, p.refresh = t.AccessToken, t.RefreshToken
}

// chatBody is the body of a chat request.
func chatBody(who *user, message string) map[string]any {
	return map[string]any{"userId": who.ID, "message": message}
}
