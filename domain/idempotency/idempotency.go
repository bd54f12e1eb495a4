// Package idempotency makes an operation with an effect outside happen once for each key its
// caller sends, however often the request is sent.
//
// A key is free, held by the request that runs, or answered. A held key refuses the same
// request with domain.Conflict (Reason idempotency_in_progress) until the request ends or its
// hold runs out, when a crashed server's request may be taken over. An answered key replays
// its answer for a day. The same key with another request is domain.Conflict (Reason
// idempotency_key_reused). Answers that invite another try are not kept. Keys and answers
// lie in the database; when it is down nothing runs: domain.Unavailable.
package idempotency

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// Kept is how long an answer is replayed.
const Kept = 24 * time.Hour

// hold is how long a running request keeps its key to itself: longer than any may run.
const hold = 2 * time.Minute

// MaxAnswer is the largest answer that can be kept, in bytes.
const MaxAnswer = 1 << 20

// Reasons of a conflict.
const (
	ReasonReused     = "idempotency_key_reused"
	ReasonInProgress = "idempotency_in_progress"
)

// Request is one use of a key.
type Request struct {
	Caller    domain.ID
	Operation string
	Key       string
	Body      []byte
}

// Answer is what a request was answered with.
type Answer struct {
	Status      int
	ContentType string
	Body        []byte
	CaseID      *domain.ID // the case it tells of: who replays it asks there first; nil: none
}

// Service keeps the keys. It is safe for concurrent use.
type Service struct {
	rows  *query.Queries
	clock domain.Clock
}

// New makes the service.
func New(pool *sql.DB, clock domain.Clock) *Service {
	return &Service{rows: query.New(pool), clock: clock}
}

// Begin claims the request's key. With an answer it was answered before and must not run;
// without one the caller runs it and then calls Finish or Release.
func (s *Service) Begin(ctx context.Context, r Request) (*Answer, error) {
	now := s.clock()
	key, fingerprint := r.hash(), sha256.Sum256(r.Body)
	err := db.Error(s.rows.ClaimIdempotencyKey(ctx, query.ClaimIdempotencyKeyParams{
		KeyHash: key, Fingerprint: fingerprint[:], HeldUntil: now.Add(hold), CreatedAt: now,
	}))
	if domain.CodeOf(err) != domain.Conflict {
		return nil, err // nil: the key is ours
	}
	row, err := s.rows.GetIdempotencyKey(ctx, key)
	if err != nil {
		if err = db.Error(err); domain.CodeOf(err) == domain.NotFound { // released in this instant
			return nil, inProgress()
		}
		return nil, err
	}
	switch {
	case [32]byte(row.Fingerprint) != fingerprint:
		return nil, &domain.Error{Code: domain.Conflict, Reason: ReasonReused, Message: "This Idempotency-Key was used for another request."}
	case row.Status != 0:
		return &Answer{int(row.Status), row.ContentType, row.Answer, row.CaseID}, nil
	case now.Before(row.HeldUntil):
		return nil, inProgress()
	}
	n, err := s.rows.TakeOverIdempotencyKey(ctx, query.TakeOverIdempotencyKeyParams{KeyHash: key, HeldUntil: row.HeldUntil, NextUntil: now.Add(hold)})
	if err != nil {
		return nil, db.Error(err)
	}
	if n == 0 { // somebody else was quicker
		return nil, inProgress()
	}
	return nil, nil
}

func inProgress() error {
	return &domain.Error{Code: domain.Conflict, Reason: ReasonInProgress, Message: "The same request is being answered right now.", RetryAfter: time.Second}
}

// Finish keeps the answer of a request that ran. One that invites another try, or is too large
// to keep, frees the key instead.
func (s *Service) Finish(ctx context.Context, r Request, a Answer) error {
	if a.Status >= 500 || a.Status == 429 || a.Status == 409 || a.Status < 200 || len(a.Body) > MaxAnswer {
		return s.Release(ctx, r)
	}
	return db.Error(s.rows.AnswerIdempotencyKey(ctx, query.AnswerIdempotencyKeyParams{
		KeyHash: r.hash(), Status: int16(a.Status), ContentType: a.ContentType, Answer: a.Body, CaseID: a.CaseID,
	}))
}

// Release frees the key of a request that did not come to an answer.
func (s *Service) Release(ctx context.Context, r Request) error {
	return db.Error(s.rows.ReleaseIdempotencyKey(ctx, r.hash()))
}

// Forget deletes keys older than a day. It is to be called now and then.
func (s *Service) Forget(ctx context.Context) error {
	for {
		n, err := s.rows.DeleteIdempotencyKeys(ctx, s.clock().Add(-Kept))
		if err != nil || n == 0 {
			return db.Error(err)
		}
	}
}

// hash covers who does what under which key, each led by its length.
func (r Request) hash() []byte {
	b := append([]byte(nil), r.Caller[:]...)
	for _, s := range []string{r.Operation, r.Key} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	sum := sha256.Sum256(b)
	return sum[:]
}
