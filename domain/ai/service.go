// Package ai answers legal questions, drafts documents and reviews contracts with a language model, and
// records each as a consultation.
//
// A request goes through these steps: mask the personal data; look up the masked request in the cache
// (domain/ai/cache); on a miss, join the flight that calls the model for it, on whichever server that is
// (domain/ai/flights, a singleflight); check the model's answer; restore the reader's own names; write the
// consultation; answer.
//
// While the first model is unavailable, the fallback answers (providers.go). Calls are limited by budgets (budget.go), and
// what they use is summed up (ledger.go, usage.go).
//
// What can fail: a user has too many requests in progress, or a budget is spent (RateLimited); masking (then nothing is sent); the
// model (its error is passed to all who wait for the flight); Redis (then there is no cache, and one flight
// per server); the database (then no answer is returned). Every failure is a *domain.Error.
//
// Once a request is masked, it runs to its end even if the caller hangs up: others may wait for the same
// answer, and the answer is recorded.
package ai

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"counsel/domain"
	"counsel/domain/account"
	"counsel/domain/ai/cache"
	"counsel/domain/ai/flights"
	"counsel/domain/ai/playbooks"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/ai/sources"
	"counsel/domain/cases"
	"counsel/domain/events"
	"counsel/domain/jobs"
	"counsel/domain/locale"
	"counsel/domain/masking"

	"github.com/redis/rueidis"
	"golang.org/x/text/language"
)

// Service answers questions, drafts documents and reviews contracts. Create it with New, stop it with Close.
type Service struct {
	db            *sql.DB
	providers     []*provider
	testProviders []*provider // of test accounts; at most one
	masker        *masking.Masker
	prompts       *prompts.Set
	policies      *policy.Set
	playbooks     *playbooks.Service
	accounts      Accounts
	cases         *cases.Service
	library       sources.Library
	metrics       Metrics
	events        events.Publisher
	jobs          jobs.Client
	clock         domain.Clock
	log           *slog.Logger
	newID         func() domain.ID

	cache       *cache.Cache
	flights     *flights.Group
	recorder    *recorder
	lists       listCache
	ledger      *ledger
	budgets     Budgets
	currency    string // of prices and budgets
	cacheTTL    map[Kind]time.Duration
	chatVersion func(language.Tag) string // of the chat prompt for a locale
	schemas     map[string]map[string]any // decoded schemas of the inputs, by document type
	readTimeout time.Duration             // of the database reads of a request
	deadline    time.Duration             // of a request to the models

	base   context.Context // canceled by Close
	cancel context.CancelFunc
	owned  sync.WaitGroup // goroutines that run until base ends

	mu      sync.Mutex
	running int           // requests in progress
	idle    chan struct{} // nil until Close; closed once running is 0
}

// Config holds the dependencies and settings of a Service. Durations and limits that are 0 have defaults.
type Config struct {
	Runtime  domain.Runtime
	DB       *sql.DB
	Redis    rueidis.Client // may fail at any time; nil: no cache, and flights of this process only
	Model    Model
	Test     Model // answers test accounts, at no cost; nil: nobody does
	Fallback Model // answers while Model is unavailable; nil: nobody does
	Masker   *masking.Masker
	Prompts  *prompts.Set
	Policies *policy.Set
	Accounts Accounts         // nil: an admin cannot ask for another user
	Cases    *cases.Service   // nil: there are no cases
	Library  sources.Library  // nil: there are no documents
	Metrics  Metrics          // nil: no metrics
	Events   events.Publisher // nil: no events
	Jobs     jobs.Client      // not started yet; nil: the cache cannot be warmed

	ChatTTL     time.Duration // of cached chat answers; default 30 minutes
	DraftTTL    time.Duration // default 24 hours
	AnalysisTTL time.Duration // default 24 hours
	Deadline    time.Duration // of a request to Model and Fallback; default 1 minute

	Price         Price   // of Model
	FallbackPrice Price   // of Fallback
	Currency      string  // ISO 4217; default USD
	Budgets       Budgets // default: no limits

	// MaxFlights is the rate limit for model calls: how many one user may have in progress on this server.
	// The default is 16. Cached answers and those of another request's call do not count.
	MaxFlights int

	timing timing // for tests
}

// timing holds timeouts that tests change.
type timing struct {
	flights                   flights.Timing
	cacheTimeout, readTimeout time.Duration
}

// Accounts looks up accounts. account.Service implements it.
type Accounts interface {
	// ByID returns those of the accounts that exist.
	ByID(ctx context.Context, ids []domain.ID) (map[domain.ID]account.User, error)
}

// New starts a Service. It fails only if the chat prompt or the schema of a document type is broken. It
// registers the package's jobs.
func New(c Config) (*Service, error) {
	if c.Metrics == nil {
		c.Metrics = nopMetrics{}
	}
	if c.Events == nil {
		c.Events = events.NopPublisher{}
	}
	if c.Runtime.Log == nil {
		c.Runtime.Log = slog.New(slog.DiscardHandler)
	}
	runtime := c.Runtime
	s := &Service{
		db: c.DB, providers: newProviders(c), testProviders: newTestProviders(c), masker: c.Masker, prompts: c.Prompts, policies: c.Policies, playbooks: playbooks.New(c.DB, c.Runtime, c.Policies), accounts: c.Accounts, cases: c.Cases,
		library: c.Library, metrics: c.Metrics, events: c.Events, jobs: c.Jobs, clock: runtime.Clock, newID: runtime.NewID, log: runtime.Log,
		cache: cache.New(c.Redis, cmp.Or(c.timing.cacheTimeout, cache.DefaultTimeout)),
		cacheTTL: map[Kind]time.Duration{
			KindChat: cmp.Or(c.ChatTTL, 30*time.Minute), KindDocument: cmp.Or(c.DraftTTL, 24*time.Hour), KindAnalysis: cmp.Or(c.AnalysisTTL, 24*time.Hour),
		},
		chatVersion: c.Prompts.ChatVersion, schemas: map[string]map[string]any{}, readTimeout: cmp.Or(c.timing.readTimeout, readTimeout),
		deadline: cmp.Or(c.Deadline, time.Minute), budgets: c.Budgets, currency: cmp.Or(c.Currency, "USD"),
	}
	if _, err := c.Prompts.Chat(prompts.ChatParams{Question: "?"}); err != nil {
		return nil, err
	}
	for _, t := range c.Prompts.Types() {
		var schema map[string]any
		if err := json.Unmarshal(t.InputsSchema, &schema); err != nil {
			return nil, err
		}
		s.schemas[t.ID] = schema
	}
	if c.Jobs != nil {
		s.registerJobs()
	}
	s.base, s.cancel = context.WithCancel(context.Background())
	s.flights = flights.New(s.base, flights.Config{
		Redis: c.Redis, Clock: s.clock, NewID: s.newID, Timeout: s.deadline, MaxPerUser: cmp.Or(c.MaxFlights, 16),
		Timing: cmp.Or(c.timing.flights, flights.DefaultTiming),
	})
	s.recorder = newRecorder(s.base, c.DB, s.clock, c.Metrics, runtime.Log)
	s.owned.Go(s.recorder.run)
	s.ledger = newLedger(s.base, c.DB, runtime.Log)
	s.owned.Go(s.ledger.run)
	return s, nil
}

// Close rejects new requests, waits for those in progress and stops all goroutines. If ctx ends first, it
// cancels the requests in progress and returns ctx's error.
func (s *Service) Close(ctx context.Context) error {
	s.mu.Lock()
	if s.idle == nil {
		s.idle = make(chan struct{})
		if s.running == 0 {
			close(s.idle)
		}
	}
	idle := s.idle
	s.mu.Unlock()
	var err error
	select {
	case <-idle:
		flush, cancel := context.WithTimeout(ctx, recordTimeout)
		_ = s.ledger.flush(flush) // it has logged why not
		cancel()
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.cancel()
	s.owned.Wait()
	grace := time.NewTimer(2 * time.Second) // for requests that were just canceled
	defer grace.Stop()
	select {
	case <-idle:
		s.flights.Wait()
	case <-grace.C:
	}
	return err
}

// begin counts a request that Close has to wait for. The caller calls end.
func (s *Service) begin() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil {
		return errStopping()
	}
	s.running++
	return nil
}

func (s *Service) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running--; s.running == 0 && s.idle != nil {
		close(s.idle)
	}
}

func errStopping() error {
	return &domain.Error{Code: domain.Unavailable, Message: "The service is stopping.", RetryAfter: time.Second}
}

// Playbooks returns the playbooks of the firm.
func (s *Service) Playbooks() *playbooks.Service { return s.playbooks }

// DocumentTypes returns the types of documents that can be drafted, sorted by id.
func (s *Service) DocumentTypes() []*prompts.DocumentType { return s.prompts.Types() }

// Kind is the kind of a consultation. It is part of cache keys, rows and metric labels.
type Kind string

// The kinds of consultations.
const (
	KindChat     Kind = "chat"
	KindDocument Kind = "document"
	KindAnalysis Kind = "analysis"
)

// parseLocale parses a BCP 47 tag and keeps only language, script and region: through the other subtags, a
// caller could inject text into the prompt. A tag without a known language is English.
func parseLocale(s string) language.Tag {
	base, script, region := locale.Parse(s).Raw()
	tag, err := language.Compose(base, script, region)
	if err != nil {
		return language.English
	}
	return tag
}

func isEnglish(tag language.Tag) bool {
	base, _ := tag.Base()
	return base.String() == "en"
}

// authorizeOnBehalf lets callers ask for themselves, and admins for any account.
func (s *Service) authorizeOnBehalf(ctx context.Context, caller domain.Principal, user domain.ID) error {
	if user == caller.UserID {
		return nil
	}
	if !caller.Admin() {
		return domain.Errorf(domain.Forbidden, "Only an admin may ask for another user.")
	}
	unknown := domain.InvalidField("/userId", "is not the id of an account")
	if s.accounts == nil {
		return unknown
	}
	ctx, cancel := context.WithTimeout(ctx, s.readTimeout)
	defer cancel()
	users, err := s.accounts.ByID(ctx, []domain.ID{user})
	if err != nil {
		return err
	}
	if _, ok := users[user]; !ok || user.IsTest() { // its questions go to the test provider
		return unknown
	}
	return nil
}

// mask masks the text of the field at pointer. After an error nothing may be sent.
func mask(session *masking.Session, text, pointer string) (string, error) {
	m, err := session.Mask(text)
	return m.Text, masking.FieldError(err, pointer)
}

// asDomainError converts any failure of a flight to one that the caller may see.
func asDomainError(err error) error {
	if e, ok := errors.AsType[*domain.Error](err); ok {
		return e
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, flights.ErrUnreadableFailure) {
		return &domain.Error{
			Code: domain.Unavailable, Reason: ReasonUnavailable, Message: UnavailableMessage, RetryAfter: time.Second, Err: err,
		}
	}
	return &domain.Error{Code: domain.Internal, Message: "The request failed.", Err: err}
}
