// Package ai answers legal questions, drafts documents and reviews contracts with the help
// of a language model, and keeps a record of each.
//
// One request goes through these steps: mask the personal data; look the masked request up in
// the cache; if it is new, join the one flight that asks the model for it, on whichever server
// that flight is; check what the model returned; put the reader's own names back; write the
// consultation; answer.
//
// What can fail: masking (then nothing is sent), the model (its own error is passed on, to
// everyone who waits for the same flight), Redis (then there is no cache, and one flight per
// server instead of one for all), the database (then no answer is acknowledged). Every failure
// is a *domain.Error.
//
// From the moment a request is masked it is carried to its end, whether or not its caller is
// still there: others may wait for the same answer, and the answer is on record.
package ai

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"counsel/domain"
	"counsel/domain/ai/policy"
	"counsel/domain/ai/prompts"
	"counsel/domain/masking"

	"github.com/redis/rueidis"
)

// Deps is what a Service is made of. The zero durations have defaults.
type Deps struct {
	DB       *sql.DB
	Redis    rueidis.Client // may fail at any time; nil: no cache, flights of this process only
	Model    Model
	Masker   *masking.Masker
	Prompts  *prompts.Set
	Policies *policy.Book
	Clock    domain.Clock
	NewID    func() domain.ID
	Metrics  Metrics // nil: not measured
	Log      *slog.Logger

	ChatTTL     time.Duration // how long a chat answer is reused: 30 min, 15 to 60
	DraftTTL    time.Duration // 24 h
	AnalysisTTL time.Duration // 24 h
	Deadline    time.Duration // the longest one request may take from masking to answer: 60 s
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
}

// New starts a Service; it owns goroutines until Close.
func New(d Deps) *Service { return &Service{Deps: d} }

// Close refuses new requests, waits for the running ones and ends what the service owns. When
// ctx ends first, the rest is broken off and ctx's error returned.
func (s *Service) Close(ctx context.Context) error { return ctx.Err() }

// DocumentTypes lists the documents that can be drafted, sorted by id.
func (s *Service) DocumentTypes() []*prompts.DocumentType { return s.Prompts.Types() }
