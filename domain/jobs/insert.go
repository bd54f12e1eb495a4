package jobs

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/jobs"
)

// maxKey is the longest Key, in bytes.
const maxKey = 190

// Insert is a job to be enqueued. Only Args is required.
type Insert struct {
	Args   Args
	ID     domain.ID // generated when zero
	Queue  Queue     // Standard when empty
	UserID domain.ID // the owner, who may see and cancel it, and in whose turn it runs; zero: the service
	KeyID  domain.ID // the API key that acts for the owner, and in whose name the job acts; zero: none
	RunAt  time.Time // zero: now
	Total  int       // steps, for progress
	Key    string    // optional unique key: no second job has it while this one can be looked up
}

// Enqueue inserts jobs in the transaction of the change they belong to (an outbox), and returns
// their ids. A job whose Key exists is not inserted; the id of the existing one is returned. Call
// Wake once the transaction has committed.
func (s *Service) Enqueue(ctx context.Context, tx db.Tx, jobs ...Insert) ([]domain.ID, error) {
	ids := make([]domain.ID, len(jobs))
	for i, j := range jobs {
		args, err := json.Marshal(j.Args)
		if err != nil {
			return nil, err
		}
		if ids[i], err = s.insert(ctx, tx, j.Args.Kind(), args, j); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// EnqueueNow inserts jobs in a transaction of their own.
func (s *Service) EnqueueNow(ctx context.Context, jobs ...Insert) (ids []domain.ID, err error) {
	err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		ids, err = s.Enqueue(ctx, tx, jobs...)
		return err
	})
	if err == nil {
		s.Wake()
	}
	return ids, err
}

func (s *Service) insert(ctx context.Context, tx db.Tx, kind string, args []byte, j Insert) (domain.ID, error) {
	if len(j.Key) > maxKey {
		return domain.ID{}, errors.New("jobs: a key is too long")
	}
	now := s.runtime.Clock()
	p := query.CreateJobParams{
		ID: j.ID, UserID: j.UserID, Kind: kind, Queue: string(j.Queue), JobKey: sql.NullString{String: j.Key, Valid: j.Key != ""},
		State: string(Waiting), Payload: string(args), Total: int32(j.Total), RunAt: now, CreatedAt: now,
	}
	if p.ID.IsZero() {
		p.ID = s.runtime.NewID()
	}
	if !j.KeyID.IsZero() {
		p.KeyID = &j.KeyID
	}
	if p.Queue == "" {
		p.Queue = string(Standard)
	}
	if j.RunAt.After(now) {
		p.State, p.RunAt = string(stateScheduled), j.RunAt
	}
	q := query.New(tx)
	if j.Key == "" {
		return p.ID, q.CreateJob(ctx, p)
	}
	if err := q.CreateUniqueJob(ctx, query.CreateUniqueJobParams(p)); err != nil {
		return domain.ID{}, err
	}
	return q.GetJobIDByKey(ctx, p.JobKey)
}

// Wake tells the dispatcher that a transaction with jobs has committed. It never blocks.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// UniqueKey is the Key of a job that a client may request again: the same arguments under the
// same idempotency key are the same job. It is "" without an idempotency key.
// The prefix stays the same when the kind is renamed, so that a retry finds a job that an earlier version inserted.
func UniqueKey(prefix string, args Args, user domain.ID, idempotencyKey string) (string, error) {
	if idempotencyKey == "" {
		return "", nil
	}
	body, err := json.Marshal(args)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	sum.Write(user[:])
	sum.Write(binary.BigEndian.AppendUint32(nil, uint32(len(idempotencyKey)))) //nolint:gosec // a header's length
	sum.Write([]byte(idempotencyKey))
	sum.Write(body)
	return prefix + ":" + hex.EncodeToString(sum.Sum(nil)), nil
}

// EraseUser deletes all jobs of a user, in the caller's transaction. Waiting ones do not start, and
// a running one is stopped: it has lost its lease.
func (s *Service) EraseUser(ctx context.Context, tx db.Tx, user domain.ID) error {
	return s.EraseUserExcept(ctx, tx, user, domain.ID{})
}

// EraseUserExcept is EraseUser for a job that erases and is the user's own.
func (s *Service) EraseUserExcept(ctx context.Context, tx db.Tx, user, running domain.ID) error {
	return query.New(tx).DeleteJobsByUser(ctx, query.DeleteJobsByUserParams{UserID: user, Running: running})
}
