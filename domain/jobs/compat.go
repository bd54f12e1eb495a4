package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"counsel/db"
	"counsel/domain"
)

// LegacyInsert is Insert with a kind and arguments of any type.
type LegacyInsert struct {
	ID      domain.ID
	Kind    string
	Queue   Queue
	UserID  domain.ID
	Payload any
	RunAt   time.Time
	Total   int
	Key     string
}

// Add is Enqueue.
func (s *Service) Add(ctx context.Context, tx db.Tx, jobs ...LegacyInsert) ([]domain.ID, error) {
	ids := make([]domain.ID, len(jobs))
	for i, j := range jobs {
		args, err := json.Marshal(j.Payload)
		if err != nil {
			return nil, err
		}
		if ids[i], err = s.insert(ctx, tx, j.Kind, args, Insert{ID: j.ID, Queue: j.Queue, UserID: j.UserID, RunAt: j.RunAt, Total: j.Total, Key: j.Key}); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// AddNow is EnqueueNow.
func (s *Service) AddNow(ctx context.Context, jobs ...LegacyInsert) (ids []domain.ID, err error) {
	err = db.WithTx(ctx, s.pool, func(tx db.Tx) error {
		ids, err = s.Add(ctx, tx, jobs...)
		return err
	})
	if err == nil {
		s.Wake()
	}
	return ids, err
}

// Once is UniqueKey.
func Once(kind string, user domain.ID, idempotencyKey string, payload any) (string, error) {
	return uniqueKey(kind, user, idempotencyKey, payload)
}

// Options are the retry policy and the callbacks of Handle.
type Options struct {
	Tries   int
	Timeout time.Duration
	Backoff func(try int) time.Duration
	OnDead  func(ctx context.Context, run *Run, err error) error
	Show    func(ctx context.Context, caller domain.Principal, result json.RawMessage) (json.RawMessage, error)
}

// Run is Job with undecoded arguments.
type Run struct {
	ID, UserID domain.ID
	Kind       string
	Payload    json.RawMessage
	Try        int
	Done       int
	Total      int

	run *run
}

// Read decodes the arguments.
func (r *Run) Read(into any) error {
	if err := json.Unmarshal(r.Payload, into); err != nil {
		return Permanent(fmt.Errorf("the payload of %s: %w", r.Kind, err))
	}
	return nil
}

// Progress is that of Job.
func (r *Run) Progress(ctx context.Context, done int) error {
	if r.run == nil {
		return nil
	}
	return r.run.progress(ctx, done)
}

func legacyRun(r *run) *Run {
	return &Run{ID: r.id, UserID: r.userID, Kind: r.kind, Payload: r.args, Try: r.attempt, Done: r.done, Total: r.total, run: r}
}

// Handle is Register.
func (s *Service) Handle(kind string, o Options, do func(ctx context.Context, run *Run) (result any, err error)) {
	w := &worker{
		kinds: []string{kind}, policy: policy{maxAttempts: o.Tries, timeout: o.Timeout, backoff: o.Backoff}, redactResult: o.Show,
		work: func(ctx context.Context, r *run) (any, error) { return do(ctx, legacyRun(r)) },
	}
	if o.OnDead != nil {
		w.onDiscard = func(ctx context.Context, r *run, err error) error { return o.OnDead(ctx, legacyRun(r), err) }
	}
	delete(s.workers.byKind, kind)
	s.workers.add(w)
}

// Every is Schedule under the kind "every."+name.
func (s *Service) Every(name string, length time.Duration, do func(context.Context) error) {
	s.workers.schedule("every."+name, length, do)
}

// Fatal is Permanent.
func Fatal(err error) error { return Permanent(err) }
