// Package ai answers legal questions, drafts documents and reviews contracts with the help
// of a language model, and keeps a record of each.
//
// One request goes through these steps: mask the personal data; look the masked request up in
// the cache; if it is new, join the one flight that asks the model for it, on whichever server
// that flight is; check what the model returned; put the reader's own names back; write the
// consultation; answer.
//
// What can fail: too many new questions of one user at once (RateLimited), masking (then
// nothing is sent), the model (its own error is passed on, to everyone who waits for the same
// flight), Redis (then there is no cache, and one flight per server instead of one for all),
// the database (then no answer is acknowledged). Every failure is a *domain.Error.
//
// From the moment a request is masked it is carried to its end, whether or not its caller is
// still there: others may wait for the same answer, and the answer is on record.
package ai

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"counsel/domain"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/cases"
	"counsel/domain/events"
	"counsel/domain/jobs"
	"counsel/domain/masking"

	"github.com/redis/rueidis"
	"golang.org/x/text/language"
)

// Deps is what a Service is made of. The zero durations have defaults.
type Deps struct {
	DB       *sql.DB
	Redis    rueidis.Client // may fail at any time; nil: no cache, flights of this process only
	Model    Model
	Masker   *masking.Masker
	Prompts  *prompts.Set
	Policies *policy.Set
	Clock    domain.Clock
	NewID    func() domain.ID
	Cases    *cases.Service   // nil: there are none to ask in
	Library  Library          // nil: there are no documents to ask about
	Metrics  Metrics          // nil: not measured
	Events   events.Publisher // nil: nothing is published
	Jobs     *jobs.Service    // not started yet; nil: the cache cannot be warmed
	Log      *slog.Logger

	ChatTTL     time.Duration // how long a chat answer is reused: 30 min, 15 to 60
	DraftTTL    time.Duration // 24 h
	AnalysisTTL time.Duration // 24 h
	Deadline    time.Duration // the longest one request may take from masking to answer: 60 s

	// MaxFlights is how many calls of the model one user may cause at once on this server: 16.
	// Cached answers, and those that another request's call brings, are free.
	MaxFlights int
}

// Kind says what was asked for. It is part of keys, rows and metric labels.
type Kind string

// The kinds of consultation.
const (
	KindChat     Kind = "chat"
	KindDocument Kind = "document"
	KindAnalysis Kind = "analysis"
)

// Lookup is how a search in the cache came out.
type Lookup string

// The outcomes of a lookup. LookupError: Redis could not be asked.
const (
	LookupHit   Lookup = "hit"
	LookupMiss  Lookup = "miss"
	LookupError Lookup = "error"
)

// Role is what a request was in the flight that answered it.
type Role string

// The roles. A follower waits for a leader of this server or, as remote, of another.
const (
	RoleLeader   Role = "leader"
	RoleFollower Role = "follower"
	RoleRemote   Role = "remote"
)

// Metrics is told what the service does. It must be quick and safe for concurrent use.
type Metrics interface {
	CacheLookup(Kind, Lookup)
	Masked(took time.Duration, found int) // one request's texts
	Flight(Kind, Role)
	Upstream(kind Kind, took time.Duration, err error) // one call of the model, retries included
	Recorded(rows int, took time.Duration, err error)  // one write of consultations
}

// Service is the AI of the product. Make it with New, end it with Close.
type Service struct {
	Deps
	chatVersion string                    // of the chat prompt
	shapes      map[string]map[string]any // the schemas of the inputs, by document type
	record      *recorder

	base   context.Context // ends with the service
	cancel context.CancelFunc
	owned  sync.WaitGroup // the goroutines that run until base ends

	mu                    sync.Mutex
	running               int           // requests and flights
	idle                  chan struct{} // closed when running is 0 after closing began; nil before
	flights               map[string]*flight
	leading               map[domain.ID]int // flights under way, by who started them; none is 0
	finished              []*flight         // in the order they ended
	waiting               map[string]chan struct{}
	leaseTTL, failureHold time.Duration
	readTimeout           time.Duration // for what a request reads of the database

	lookupTimeout, leaseTimeout time.Duration // what Redis is given
}

// New starts a Service; it owns goroutines until Close. It fails only when the chat prompt or
// the schema of a document type cannot be read.
func New(d Deps) (*Service, error) {
	d.ChatTTL = cmp.Or(d.ChatTTL, 30*time.Minute)
	d.DraftTTL = cmp.Or(d.DraftTTL, 24*time.Hour)
	d.AnalysisTTL = cmp.Or(d.AnalysisTTL, 24*time.Hour)
	d.Deadline = cmp.Or(d.Deadline, time.Minute)
	d.MaxFlights = cmp.Or(d.MaxFlights, 16)
	if d.Metrics == nil {
		d.Metrics = unmeasured{}
	}
	if d.Events == nil {
		d.Events = events.NopPublisher{}
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	p, err := d.Prompts.Chat(prompts.ChatParams{Question: "?"})
	if err != nil {
		return nil, err
	}
	s := &Service{
		Deps: d, chatVersion: p.Version, shapes: map[string]map[string]any{},
		flights: map[string]*flight{}, leading: map[domain.ID]int{}, waiting: map[string]chan struct{}{},
		leaseTTL: leaseTTL, failureHold: failureHold, readTimeout: readTimeout, lookupTimeout: lookupTimeout, leaseTimeout: leaseTimeout,
	}
	for _, t := range d.Prompts.Types() {
		var shape map[string]any
		if err := json.Unmarshal(t.InputsSchema, &shape); err != nil {
			return nil, err
		}
		s.shapes[t.ID] = shape
	}
	if d.Jobs != nil {
		d.Jobs.Handle(warmKind, jobs.Options{Timeout: time.Hour}, s.warm)
	}
	s.base, s.cancel = context.WithCancel(context.Background())
	s.record = newRecorder(s.base, d)
	s.owned.Go(s.record.run)
	if d.Redis != nil {
		s.owned.Go(s.listen)
	}
	return s, nil
}

// Close refuses new requests, waits for the running ones and ends what the service owns. When
// ctx ends first, the rest is broken off and ctx's error returned.
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
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.cancel()
	s.owned.Wait()
	if err != nil { // a moment for those just broken off
		late := time.NewTimer(2 * time.Second)
		defer late.Stop()
		select {
		case <-idle:
		case <-late.C:
		}
	}
	return err
}

// begin counts a request or flight that Close has to wait for.
func (s *Service) begin() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil {
		return &domain.Error{Code: domain.Unavailable, Message: "The service is stopping.", RetryAfter: time.Second}
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

// DocumentTypes lists the documents that can be drafted, sorted by id.
func (s *Service) DocumentTypes() []*prompts.DocumentType { return s.Prompts.Types() }

// mask puts placeholders in the place of the personal data in text, which the caller knows by
// pointer. After an error nothing may be sent.
func mask(session *masking.Session, text, pointer string) (masking.Masked, error) {
	m, err := session.Mask(text)
	return m, maskError(err, pointer)
}

// maskError is a failure of masking as the caller may be told it; nil for none.
func maskError(err error, pointer string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, masking.ErrNotUTF8):
		return domain.InvalidField(pointer, "must be valid UTF-8")
	case errors.Is(err, masking.ErrTooLong):
		return &domain.Error{Code: domain.TooLarge, Message: "The text is too long.", Err: err}
	}
	return &domain.Error{
		Code: domain.Internal, Message: "The text could not be checked for personal data.", Err: err,
	}
}

// parseLocale reads a BCP 47 tag and keeps its language, script and region: the rest would
// carry a caller's words. "" is English.
func parseLocale(s string) (language.Tag, error) {
	if s == "" {
		return language.English, nil
	}
	tag, err := language.Parse(s)
	if err != nil {
		return language.Tag{}, domain.InvalidField("/locale", "must be a BCP 47 language tag such as en-IE")
	}
	base, script, region := tag.Raw()
	if base.String() == "und" {
		return language.English, nil
	}
	if tag, err = language.Compose(base, script, region); err != nil {
		return language.Tag{}, domain.InvalidField("/locale", "must be a BCP 47 language tag such as en-IE")
	}
	return tag, nil
}

// excerpt is the beginning of a text, at most 300 characters.
func excerpt(s string) string { return cut(strings.TrimSpace(s), 300) }

// cut is the first n characters of s.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

type unmeasured struct{}

func (unmeasured) CacheLookup(Kind, Lookup)            {}
func (unmeasured) Masked(time.Duration, int)           {}
func (unmeasured) Flight(Kind, Role)                   {}
func (unmeasured) Upstream(Kind, time.Duration, error) {}
func (unmeasured) Recorded(int, time.Duration, error)  {}
