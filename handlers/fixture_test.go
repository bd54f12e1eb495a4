package handlers_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	client "counsel/clients/llm"
	"counsel/clients/pdf"
	"counsel/clients/queue"
	"counsel/clients/webhook"
	"counsel/db"
	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/ai"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/cases"
	"counsel/domain/drafts"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/esign/envelopes"
	"counsel/domain/esign/pades"
	"counsel/domain/events"
	"counsel/domain/files"
	"counsel/domain/files/filestest"
	"counsel/domain/files/filetype"
	"counsel/domain/idempotency"
	"counsel/domain/isolation"
	"counsel/domain/jobs"
	"counsel/domain/limits"
	"counsel/domain/masking"
	"counsel/domain/notifications"
	"counsel/domain/privacy"
	"counsel/domain/rendering"
	"counsel/domain/templates"
	"counsel/domain/text/extract"
	"counsel/domain/webhooks"
	"counsel/gen/api"
	"counsel/handlers"
	"counsel/sandbox/llm"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
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

// fixture is a whole service for one test, on real servers, with a fake AI provider.
type fixture struct {
	t              testing.TB
	url            string
	model          *llm.Server
	redis          rueidis.Client
	db             *sql.DB
	logs           *testkit.Log
	server         *handlers.Server
	archive        *files.Service
	cases          *cases.Service
	jobs           *jobs.Service
	store          *filestest.Store
	mailServer     *fakeMailServer
	signMailServer *recordingMailServer
	ready          func(context.Context) (error, error)
}

type option func(*fixtureConfig)

type fixtureConfig struct {
	config       handlers.Config
	provider     envelopes.Provider // nil: documents are signed here
	database     string
	redis        string
	limit        int
	budgets      ai.Budgets
	statementLog *slog.Logger // logs every SQL statement
}

// loadRules loads what all fixtures share.
var loadRules = sync.OnceValues(func() (w struct {
	masker  *masking.Masker
	prompts *prompts.Set
	rules   *policy.Set
}, err error) {
	var errs [3]error
	w.masker, errs[0] = masking.New()
	w.prompts, errs[1] = prompts.Load()
	w.rules, errs[2] = policy.Load()
	return w, errors.Join(errs[:]...)
})

func newFixture(t testing.TB, options ...option) *fixture {
	t.Helper()
	ctx := t.Context()
	f := &fixture{t: t, logs: &testkit.Log{}}
	contract, err := os.ReadFile("../openapi.yaml")
	testkit.Must(t, err)
	log := slog.New(domain.LogHandler{Handler: slog.NewJSONHandler(f.logs, nil)})
	s := fixtureConfig{config: handlers.Config{Contract: contract, Registry: prometheus.NewRegistry(), Log: log, Clock: domain.SystemClock, StoreTimeout: time.Minute}} // the test machine may be busy
	for _, o := range options {
		o(&s)
	}
	if s.database == "" {
		s.database = testenv.SchemaURL(t)
	}
	if s.redis == "" {
		s.redis = testenv.NewRedisURL(t)
	}

	database, err := db.Open(ctx, s.database, db.Options{Echo: s.statementLog})
	testkit.Must(t, err)
	t.Cleanup(func() { database.Close() })
	f.db = database
	testkit.Must(t, db.Migrate(ctx, database))
	f.redis = testenv.OpenRedis(t, s.redis)
	f.model, err = llm.Start(context.WithoutCancel(ctx), llm.Options{})
	testkit.Must(t, err)
	t.Cleanup(func() { f.model.Close() })
	provider, err := client.New(client.Config{Log: log, BaseURL: f.model.URL, APIKey: f.model.APIKey, Model: "sandbox",
		Timeout: 2 * time.Second, Deadline: 6 * time.Second, Backoff: []time.Duration{time.Millisecond, time.Millisecond}})
	testkit.Must(t, err)
	t.Cleanup(func() { provider.Close() })

	ready, err := loadRules()
	testkit.Must(t, err)
	f.mailServer = &fakeMailServer{}
	f.jobs, err = jobs.New(jobs.Config{DB: database, Transport: queue.New(f.redis, log), Runtime: domain.SystemRuntime(log), Timing: jobs.Timing{Poll: 50 * time.Millisecond}})
	testkit.Must(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := f.jobs.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	bus := events.NewBus()
	runtime := domain.SystemRuntime(log)
	outbox := email.NewOutbox(email.OutboxConfig{Runtime: runtime, Jobs: f.jobs, Configured: true})
	accounts, err := account.New(account.Config{Runtime: runtime, DB: database, Redis: f.redis, Mailer: outbox, Jobs: f.jobs, Algorithm: "HS256", Secret: secret, Issuer: "counsel", Audience: "counsel-api",
		AccessTTL: time.Hour, SessionTTL: time.Hour, Hash: account.HashConfig{Passes: 1, MemoryKiB: 64}})
	testkit.Must(t, err)
	caseService, err := cases.New(cases.Config{Runtime: runtime, DB: database, Accounts: accounts, Events: bus, Mailer: outbox, BeforeDelete: esign.CaseDeletable})
	testkit.Must(t, err)
	f.store = filestest.NewStore(domain.SystemClock)
	f.archive, err = files.New(files.Config{DB: database, Runtime: runtime, Store: f.store, Text: readers().texts, Pool: readers().uploads, Cases: caseService, Events: bus, Deletable: esign.DocumentDeletable})
	testkit.Must(t, err)
	service, err := ai.New(ai.Config{
		Runtime: domain.SystemRuntime(log), DB: database, Redis: f.redis, Model: provider, Masker: ready.masker, Prompts: ready.prompts, Policies: ready.rules,
		Accounts: accounts, Cases: caseService, Library: f.archive, Jobs: f.jobs,
		Price: ai.Price{Prompt: 1_000_000, Completion: 2_000_000}, Budgets: s.budgets,
	})
	testkit.Must(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		service.Close(ctx)
	})
	f.ready = func(ctx context.Context) (error, error) {
		return database.PingContext(ctx), f.redis.Do(ctx, f.redis.B().Ping().Build()).Error()
	}

	s.config.Accounts, s.config.AI = accounts, service
	s.config.Cases, f.cases = caseService, caseService
	s.config.Files, s.config.Jobs = f.archive, f.jobs
	s.config.Email, err = email.New(email.Config{DB: database, Runtime: runtime, Jobs: f.jobs, Outbox: outbox, Events: bus, Sender: f.mailServer, Files: f.archive, Accounts: accounts,
		PublicURL: "https://counsel.example", AccountURL: "https://counsel.example/account", LinkSecret: accounts.LinkSecret, LinkID: accounts.LinkID, RetryBackoff: []time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 20 * time.Millisecond}})
	testkit.Must(t, err)
	s.config.Drafts, err = drafts.New(drafts.Config{DB: database, Runtime: runtime, Cases: caseService, Events: bus})
	testkit.Must(t, err)
	engine, err := pdf.New(pdf.Config{})
	testkit.Must(t, err)
	s.config.Templates, err = templates.New(templates.Config{DB: database, Runtime: runtime, Renderer: engine})
	testkit.Must(t, err)
	sender := webhook.New(webhook.Config{AllowPrivate: true})
	t.Cleanup(sender.Close)
	s.config.Webhooks, err = webhooks.New(webhooks.Config{DB: database, Jobs: f.jobs, Sender: sender, Accounts: accounts, Cases: caseService, Runtime: runtime,
		Key: []byte(secret), OnDisabled: outbox.WebhookMail})
	testkit.Must(t, err)
	s.config.Notifications, err = notifications.New(notifications.Config{DB: database, Jobs: f.jobs, Accounts: accounts, Cases: caseService, Runtime: runtime, SendMail: outbox.NotificationMail})
	testkit.Must(t, err)
	bus.Subscribe(events.ForAudience(caseService, s.config.Webhooks.OnEvent, s.config.Notifications.OnEvent))
	s.config.Rendering, err = rendering.New(rendering.Config{DB: database, Runtime: runtime, Templates: s.config.Templates, Drafts: s.config.Drafts, Files: f.archive, Renderer: engine, Jobs: f.jobs, Accounts: accounts, Cases: caseService})
	testkit.Must(t, err)
	s.config.Idempotency, err = idempotency.New(idempotency.Config{Runtime: runtime, DB: database, Key: []byte(secret)})
	testkit.Must(t, err)
	f.signMailServer = &recordingMailServer{}
	certificate, key, err := pades.SelfSigned("Counsel", domain.SystemClock())
	testkit.Must(t, err)
	seal, err := pades.New(certificate, key, nil)
	testkit.Must(t, err)
	s.config.Esign, err = esign.New(esign.Config{DB: database, Files: f.archive, Cases: caseService, Accounts: accounts, Jobs: newSyncJobs(t), Mailer: f.signMailServer, Mailboxes: s.config.Email, Renderer: engine, Sealer: seal.WithPool(readers().uploads), Provider: s.provider, Publisher: bus,
		LinkKey: []byte(secret), URL: "https://counsel.example", Runtime: domain.SystemRuntime(log)})
	testkit.Must(t, err)
	s.config.Privacy, err = privacy.New(privacy.Config{Runtime: runtime, DB: database, Accounts: accounts, AI: service, Drafts: s.config.Drafts, Files: f.archive, Rendering: s.config.Rendering, Cases: caseService, Webhooks: s.config.Webhooks, Notifications: s.config.Notifications, Email: s.config.Email, Jobs: f.jobs, Esign: s.config.Esign, Templates: s.config.Templates})
	testkit.Must(t, err)
	s.config.Ready = func(ctx context.Context) (database, redis error) { return f.ready(ctx) }
	if s.limit > 0 {
		s.config.UserLimit, err = limits.New(limits.Config{Redis: f.redis, Clock: domain.SystemClock, Secret: []byte(secret + t.Name()), Budget: limits.Budget{Name: "user", Requests: s.limit, Window: time.Minute}})
		testkit.Must(t, err)
		s.config.AddressLimit, err = limits.New(limits.Config{Redis: f.redis, Clock: domain.SystemClock, Secret: []byte(secret + t.Name()), Budget: limits.Budget{Name: "address", Requests: s.limit, Window: time.Minute}})
		testkit.Must(t, err)
	}
	f.server, err = handlers.New(s.config)
	testkit.Must(t, err)
	web := httptest.NewServer(f.server)
	t.Cleanup(web.Close)
	f.url = web.URL
	testkit.Must(t, accounts.EnsureAdmin(ctx, "admin@counsel.example", adminPassword))
	return f
}

// startJobs starts the job workers.
func (f *fixture) startJobs() {
	f.t.Helper()
	testkit.Must(f.t, f.jobs.Start(f.t.Context(), true))
}

const adminPassword = "the admin's own password"

// response is an answer that was checked against the contract.
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
	a := response{f.t, res.StatusCode, res.Header, raw}
	f.checkContract(r, a)
	return a
}

var contract = sync.OnceValues(func() (routers.Router, error) {
	doc, err := api.GetSpec()
	if err != nil {
		return nil, err
	}
	openapi3.DefineStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`))
	return gorillamux.NewRouter(doc)
})

// checkContract fails the test if the contract does not allow the answer.
func (f *fixture) checkContract(r *http.Request, a response) {
	f.t.Helper()
	if r.Method == http.MethodHead { // the contract only has GET
		return
	}
	router, err := contract()
	testkit.Must(f.t, err)
	local := r.Clone(r.Context())
	local.URL = &url.URL{Path: r.URL.Path, RawQuery: r.URL.RawQuery}
	route, path, err := router.FindRoute(local)
	if err != nil { // not an operation: only a problem document is allowed
		if r.Method == http.MethodOptions && a.status == http.StatusNoContent {
			return
		}
		a.problem()
		return
	}
	media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	options := &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		ExcludeResponseBody: media != "application/json" && media != "application/problem+json"}
	err = openapi3filter.ValidateResponse(f.t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: local, PathParams: path, Route: route, Options: options},
		Status:                 a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), Options: options,
	})
	if err != nil {
		f.t.Fatalf("%s %s answers outside the contract: %v", r.Method, r.URL.Path, err)
	}
	everywhere, _ := route.Spec.Extensions["x-response-headers"].(map[string]any)
	for name := range a.header {
		if named := route.Operation.Responses.Status(a.status); !slices.ContainsFunc(slices.Collect(maps.Keys(everywhere)), func(h string) bool { return http.CanonicalHeaderKey(h) == name }) && !standardHeaders[name] && (named == nil || !hasHeader(named.Value, name)) {
			f.t.Fatalf("%s %s answers %d with the header %s, which the contract does not name", r.Method, r.URL.Path, a.status, name)
		}
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		if named := route.Operation.Responses.Status(a.status); named == nil || named.Value.Content[media] == nil {
			f.t.Fatalf("%s %s answers %d as %q, which the contract does not name", r.Method, r.URL.Path, a.status, media)
		}
	}
}

// standardHeaders are headers of HTTP and browsers, which the contract does not list.
var standardHeaders = map[string]bool{"Content-Type": true, "Content-Length": true, "Content-Encoding": true, "Date": true, "Vary": true, "Cache-Control": true,
	"X-Content-Type-Options": true, "Referrer-Policy": true, "Content-Security-Policy": true, "X-Accel-Buffering": true, "Cross-Origin-Opener-Policy": true, "Accept-Ranges": true,
	"Access-Control-Allow-Origin": true, "Access-Control-Expose-Headers": true}

func hasHeader(r *openapi3.Response, name string) bool {
	for header := range r.Headers {
		if http.CanonicalHeaderKey(header) == name {
			return true
		}
	}
	return false
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
