// Package idempotency makes an operation with an effect outside happen once for each key its
// caller sends, however often the request is sent.
//
// A key is free, held by the request that runs, or answered. A held key refuses the same
// request with domain.Conflict (Reason idempotency_in_progress) until the request ends or its
// hold, extended while its server lives, runs out, when a crashed server's request is taken over.
// An answered key replays its answer for a day. The same key with another request is
// domain.Conflict (Reason idempotency_key_reused). Which answers are stored is for the caller to decide.
// Keys and answers lie in the database; when it is down nothing runs: domain.Unavailable. Answers are
// sealed there, since they may hold what is shown once, such as a secret or a signer's link.
//
// A request whose server or database went down may have had its effect without an answer kept. It
// is run again, and finds what it made by Claim.ID, which is the same each time.
package idempotency

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// Kept is how long an answer is replayed.
const Kept = 24 * time.Hour

// hold is how long a running request keeps its key to itself unless it is extended, every third
// of that: a client whose server went down waits as long.
const hold = 15 * time.Second

// MaxAnswer is the largest answer that can be kept, in bytes.
const MaxAnswer = 1 << 20

// Reasons of a conflict.
const (
	ReasonReused     = "idempotency_key_reused"
	ReasonInProgress = "idempotency_in_progress"
	ReasonUnreadable = "idempotency_answer_unreadable" // it was sealed with another key of the service
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

// Claim is what Begin found. With an Answer the request was answered before and must not run;
// without one it is the caller's to run, who then calls Finish, Release or Yield.
type Claim struct {
	Answer *Answer

	request Request
	since   time.Time // the key was claimed first
	until   time.Time // it is held
}

// ID is that of the n-th thing the request makes: the same in each run of it, until one comes to
// an end that leaves nothing behind.
func (c *Claim) ID(n int) domain.ID {
	sum := sha256.Sum256(binary.BigEndian.AppendUint32(c.request.hash(), uint32(n)))
	id := domain.ID(sum[:16])
	ms := c.since.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80 // version 7
	return id
}

// Service keeps the keys. It is safe for concurrent use.
type Service struct {
	rows  *query.Queries
	seal  cipher.AEAD
	clock domain.Clock
}

// New makes the service. Answers are sealed with what is derived from key, 16 bytes or more.
func New(pool *sql.DB, key []byte, clock domain.Clock) (*Service, error) {
	if len(key) < 16 {
		return nil, errors.New("idempotency: the key is too short")
	}
	derived, err := hkdf.Key(sha256.New, key, nil, "counsel idempotency", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Service{rows: query.New(pool), seal: seal, clock: clock}, nil
}

// sealed leads an answer that is sealed; an earlier version of the service kept them as they were.
const sealed = 1

// open reads an answer as it lies in the database.
func (s *Service) open(key, answer []byte) ([]byte, error) {
	if len(answer) == 0 || answer[0] != sealed {
		return answer, nil
	}
	body, err := s.seal.Open(nil, nil, answer[1:], key)
	if err != nil {
		return nil, &domain.Error{Code: domain.Conflict, Reason: ReasonUnreadable, Message: "This request was answered already, and the answer can no longer be read.", Err: err}
	}
	return body, nil
}

// Begin claims the request's key.
func (s *Service) Begin(ctx context.Context, r Request) (*Claim, error) {
	now := s.clock()
	c := &Claim{request: r, since: now, until: now.Add(hold)}
	key, fingerprint := r.hash(), sha256.Sum256(r.Body)
	err := db.Error(s.rows.ClaimIdempotencyKey(ctx, query.ClaimIdempotencyKeyParams{
		KeyHash: key, Fingerprint: fingerprint[:], HeldUntil: c.until, CreatedAt: now,
	}))
	if err == nil {
		return c, nil
	}
	if domain.CodeOf(err) != domain.Conflict {
		return nil, err
	}
	row, err := s.rows.GetIdempotencyKey(ctx, key)
	if err != nil {
		if err = db.Error(err); domain.CodeOf(err) == domain.NotFound { // released in this instant
			return nil, inProgress()
		}
		return nil, err
	}
	c.since = row.CreatedAt
	switch {
	case [32]byte(row.Fingerprint) != fingerprint:
		return nil, &domain.Error{Code: domain.Conflict, Reason: ReasonReused, Message: "This Idempotency-Key was used for another request."}
	case row.Status != 0:
		body, err := s.open(key, row.Answer)
		if err != nil {
			return nil, err
		}
		c.Answer = &Answer{int(row.Status), row.ContentType, body, row.CaseID}
		return c, nil
	case now.Before(row.HeldUntil):
		return nil, inProgress()
	}
	n, err := s.rows.ExtendIdempotencyKey(ctx, query.ExtendIdempotencyKeyParams{KeyHash: key, HeldUntil: row.HeldUntil, NextUntil: c.until})
	if err != nil {
		return nil, db.Error(err)
	}
	if n == 0 { // somebody else was quicker
		return nil, inProgress()
	}
	return c, nil
}

// Hold extends the hold of a claim until stop is called, before any other use of it. A database
// that is away for the rest of a hold lets another take over.
func (s *Service) Hold(ctx context.Context, c *Claim) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(hold / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			next := s.clock().Add(hold)
			n, err := s.rows.ExtendIdempotencyKey(ctx, query.ExtendIdempotencyKeyParams{KeyHash: c.request.hash(), HeldUntil: c.until, NextUntil: next})
			if err == nil && n == 0 {
				return // another's by now
			}
			if err == nil {
				c.until = next
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

func inProgress() error {
	return &domain.Error{Code: domain.Conflict, Reason: ReasonInProgress, Message: "The same request is being answered right now.", RetryAfter: time.Second}
}

// Finish stores the answer of a request that ran. An answer larger than MaxAnswer is not stored;
// a retry runs the request again.
func (s *Service) Finish(ctx context.Context, c *Claim, a Answer) error {
	if len(a.Body) > MaxAnswer {
		return s.Yield(ctx, c)
	}
	key := c.request.hash()
	answer := s.seal.Seal([]byte{sealed}, nil, a.Body, key) //nolint:gosec // the AEAD makes a random nonce itself
	return db.Error(s.rows.AnswerIdempotencyKey(ctx, query.AnswerIdempotencyKeyParams{
		KeyHash: key, Status: int16(a.Status), ContentType: a.ContentType, Answer: answer, CaseID: a.CaseID,
	}))
}

// Release frees the key of a request that was refused and had no effect: it may be used for another.
func (s *Service) Release(ctx context.Context, c *Claim) error {
	return db.Error(s.rows.ReleaseIdempotencyKey(ctx, query.ReleaseIdempotencyKeyParams{KeyHash: c.request.hash(), HeldUntil: c.until}))
}

// Yield lets the same request be run again, which broke off and may have had its effect.
func (s *Service) Yield(ctx context.Context, c *Claim) error {
	_, err := s.rows.ExtendIdempotencyKey(ctx, query.ExtendIdempotencyKeyParams{KeyHash: c.request.hash(), HeldUntil: c.until, NextUntil: s.clock()})
	return db.Error(err)
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
