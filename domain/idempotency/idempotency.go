// Package idempotency implements idempotency keys: an operation runs once per key, however often the
// request is sent.
//
// A key has one of three states:
//
//   - Free: Begin claims it and the request runs.
//   - Claimed: the request is running, under a lease that its server extends. Another request with the
//     key fails with domain.Conflict (reason idempotency_in_progress). If the server crashes, the lease
//     expires and a retry takes the claim over.
//   - Completed: a retry gets the stored response, for Retention.
//
// Reuse of a key for a different request is domain.Conflict (reason idempotency_key_reused). The caller
// decides which responses to store. Keys and responses are in the database; while it is down, Begin fails
// with domain.Unavailable. Responses are encrypted, since they may contain secrets that are shown only
// once, such as the link of a signer.
//
// If a server or the database fails, a request may have had its effect without a stored response. It then
// runs again and finds what it created by Claim.DerivedID, which is the same in every run.
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
	"counsel/domain/jobs"
	query "counsel/gen/query/idempotency"
)

// Retention is how long a response is replayed: an idempotency key expires after it.
const Retention = 24 * time.Hour

// leaseTime is the lease of a running request. It is extended every third of that. After a crash a
// client has to wait this long at most.
const leaseTime = 15 * time.Second

// MaxBody is the size limit of a stored body, in bytes.
const MaxBody = 1 << 20

// Reasons of a conflict.
const (
	ReasonReused     = "idempotency_key_reused"
	ReasonInProgress = "idempotency_in_progress"
	ReasonUnreadable = "idempotency_answer_unreadable" // encrypted with another key
)

// Request identifies a request: who, which operation, which key. Body is compared by hash.
type Request struct {
	Caller    domain.ID
	Operation string
	Key       string
	Body      []byte
}

// Response is the response to a request. It is opaque to this package, which only stores and returns it.
type Response struct {
	Code        int // not 0
	ContentType string
	Body        []byte
	CaseID      *domain.ID // the case it is about, for access control before a replay; nil: none
}

// Claim is the result of Begin. If Response is set, the request was completed before and must not run.
// Otherwise the caller runs it and then calls Complete, Release or Abandon.
type Claim struct {
	Response *Response

	request    Request
	createdAt  time.Time // when the key was first claimed
	leaseUntil time.Time // end of the lease
}

// DerivedID returns the id for the n-th object that the request creates: a UUIDv7 that is the same in
// every run, until the key is released.
func (c *Claim) DerivedID(n int) domain.ID {
	sum := sha256.Sum256(binary.BigEndian.AppendUint32(c.request.hash(), uint32(n)))
	id := domain.ID(sum[:16])
	ms := c.createdAt.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80 // version 7
	return id
}

// Service stores idempotency keys. It is safe for concurrent use.
type Service struct {
	queries *query.Queries
	aead    cipher.AEAD
	clock   domain.Clock
}

// Config holds what a Service needs.
type Config struct {
	Runtime domain.Runtime
	DB      *sql.DB
	Key     []byte        // the encryption key is derived from it; 16 bytes or more
	Jobs    jobs.Registry // runs Prune; nil: the caller does
}

// New makes the service and registers its job.
func New(c Config) (*Service, error) {
	if len(c.Key) < 16 {
		return nil, errors.New("idempotency: the key is shorter than 16 bytes")
	}
	derived, err := hkdf.Key(sha256.New, c.Key, nil, "counsel idempotency", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	s := &Service{queries: query.New(c.DB), aead: aead, clock: c.Runtime.Clock}
	if c.Jobs != nil {
		jobs.Schedule[pruneArgs](c.Jobs, 10*time.Minute, s.Prune, "every.idempotency.forget")
	}
	return s, nil
}

// sealedVersion is the first byte of an encrypted response. Earlier versions stored responses in plain text.
const sealedVersion = 1

// decrypt decrypts a stored body.
func (s *Service) decrypt(key, answer []byte) ([]byte, error) {
	if len(answer) == 0 || answer[0] != sealedVersion {
		return answer, nil
	}
	body, err := s.aead.Open(nil, nil, answer[1:], key)
	if err != nil {
		return nil, &domain.Error{Code: domain.Conflict, Reason: ReasonUnreadable, Message: "This request was already answered, and the response can no longer be read.", Err: err}
	}
	return body, nil
}

// Begin claims the request's key, or returns the stored response.
func (s *Service) Begin(ctx context.Context, r Request) (*Claim, error) {
	now := s.clock()
	c := &Claim{request: r, createdAt: now, leaseUntil: now.Add(leaseTime)}
	key, fingerprint := r.hash(), sha256.Sum256(r.Body)
	row := query.CreateIdempotencyKeyParams{KeyHash: key, Fingerprint: fingerprint[:], HeldUntil: c.leaseUntil, CreatedAt: now}
	if r.Caller.IsTest() {
		row.TestAccountID = &r.Caller
	}
	err := db.Error(s.queries.CreateIdempotencyKey(ctx, row))
	if err == nil {
		return c, nil
	}
	if domain.CodeOf(err) != domain.Conflict {
		return nil, err
	}
	existing, err := s.queries.GetIdempotencyKey(ctx, key)
	if err != nil {
		if err = db.Error(err); domain.CodeOf(err) == domain.NotFound { // released in the meantime
			return nil, inProgress()
		}
		return nil, err
	}
	c.createdAt = existing.CreatedAt
	switch {
	case [32]byte(existing.Fingerprint) != fingerprint:
		return nil, &domain.Error{Code: domain.Conflict, Reason: ReasonReused, Message: "This Idempotency-Key was used for a different request."}
	case existing.Status != 0:
		body, err := s.decrypt(key, existing.Answer)
		if err != nil {
			return nil, err
		}
		c.Response = &Response{int(existing.Status), existing.ContentType, body, existing.CaseID}
		return c, nil
	case now.Before(existing.HeldUntil):
		return nil, inProgress()
	}
	n, err := s.queries.UpdateIdempotencyKeyLease(ctx, query.UpdateIdempotencyKeyLeaseParams{KeyHash: key, HeldUntil: existing.HeldUntil, NextUntil: c.leaseUntil})
	if err != nil {
		return nil, db.Error(err)
	}
	if n == 0 { // another request was faster
		return nil, inProgress()
	}
	return c, nil
}

// KeepAlive extends the lease of a claim in the background until stop is called, which must be before
// any other use of the claim. If the database is down for the rest of a lease, another request can take
// over.
func (s *Service) KeepAlive(ctx context.Context, c *Claim) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(leaseTime / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			next := s.clock().Add(leaseTime)
			n, err := s.queries.UpdateIdempotencyKeyLease(ctx, query.UpdateIdempotencyKeyLeaseParams{KeyHash: c.request.hash(), HeldUntil: c.leaseUntil, NextUntil: next})
			if err == nil && n == 0 {
				return // lease lost: another request took over
			}
			if err == nil {
				c.leaseUntil = next
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

func inProgress() error {
	return &domain.Error{Code: domain.Conflict, Reason: ReasonInProgress, Message: "The same request is still being processed.", RetryAfter: time.Second}
}

// Complete stores the response of a request. With a body larger than MaxBody it abandons the claim
// instead, so that a retry runs the request again.
func (s *Service) Complete(ctx context.Context, c *Claim, a Response) error {
	if len(a.Body) > MaxBody {
		return s.Abandon(ctx, c)
	}
	key := c.request.hash()
	answer := s.aead.Seal([]byte{sealedVersion}, nil, a.Body, key) //nolint:gosec // the AEAD generates a random nonce
	return db.Error(s.queries.UpdateIdempotencyKeyResponse(ctx, query.UpdateIdempotencyKeyResponseParams{
		KeyHash: key, Status: int16(a.Code), ContentType: a.ContentType, Answer: answer, CaseID: a.CaseID,
	}))
}

// Release frees the key of a request that was rejected without effect. It may be used for another
// request.
func (s *Service) Release(ctx context.Context, c *Claim) error {
	return db.Error(s.queries.DeleteIdempotencyKey(ctx, query.DeleteIdempotencyKeyParams{KeyHash: c.request.hash(), HeldUntil: c.leaseUntil}))
}

// Abandon ends the lease of a request that failed but may have had its effect. A retry of the same
// request runs again.
func (s *Service) Abandon(ctx context.Context, c *Claim) error {
	_, err := s.queries.UpdateIdempotencyKeyLease(ctx, query.UpdateIdempotencyKeyLeaseParams{KeyHash: c.request.hash(), HeldUntil: c.leaseUntil, NextUntil: s.clock()})
	return db.Error(err)
}

// Prune deletes keys older than Retention. Call it periodically.
func (s *Service) Prune(ctx context.Context) error {
	for {
		n, err := s.queries.DeleteExpiredIdempotencyKeys(ctx, s.clock().Add(-Retention))
		if err != nil || n == 0 {
			return db.Error(err)
		}
	}
}

// EraseTestData deletes the keys of a test account, in the caller's transaction, so that the same requests run again. Requests
// that are running keep theirs.
func (s *Service) EraseTestData(ctx context.Context, tx db.Tx, testAccount domain.ID) error {
	return query.New(tx).DeleteIdempotencyKeysByTestAccount(ctx, query.DeleteIdempotencyKeysByTestAccountParams{Account: &testAccount, Now: s.clock()})
}

// hash identifies the key of a caller and operation.
func (r Request) hash() []byte {
	b := append([]byte(nil), r.Caller[:]...)
	for _, s := range []string{r.Operation, r.Key} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	sum := sha256.Sum256(b)
	return sum[:]
}
