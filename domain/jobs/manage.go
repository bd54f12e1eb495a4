package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

// State is what callers see of a job.
type State string

// The states.
const (
	Waiting   State = "waiting"
	Running   State = "running"
	Succeeded State = "succeeded"
	Failed    State = "failed" // for good
	Cancelled State = "cancelled"
)

// within are the states of rows that look like s.
func (st State) within() []string {
	switch st {
	case "":
		return []string{stateScheduled, stateWaiting, stateQueued, stateRunning, stateSucceeded, stateFailed, stateCancelled}
	case Waiting:
		return []string{stateScheduled, stateWaiting, stateQueued}
	}
	return []string{string(st)}
}

// Ended reports whether nothing more will happen by itself.
func (st State) Ended() bool { return st != Waiting && st != Running }

// Info is one job as its owner may see it.
type Info struct {
	ID, UserID  domain.ID
	Kind        string
	Queue       Queue
	State       State
	Done, Total int             // steps; Total 0: not known
	Result      json.RawMessage // of one that succeeded, or what a cancelled one did before; else nil
	ErrorCode   string          // of the last try that failed; "" when none did, or it succeeded since
	Error       string
	Tries       int // that failed
	CreatedAt   time.Time
	RunAt       time.Time
	StartedAt   time.Time // zero: not yet
	FinishedAt  time.Time // zero: not yet
}

func job(r query.Job) Info {
	j := Info{
		ID: r.ID, UserID: r.UserID, Kind: r.Kind, Queue: Queue(r.Queue), State: State(r.State), Done: int(r.Done), Total: int(r.Total),
		ErrorCode: r.ErrorCode, Error: r.Error, Tries: int(r.Tries),
		CreatedAt: r.CreatedAt, RunAt: r.RunAt, StartedAt: r.StartedAt.Time, FinishedAt: r.FinishedAt.Time,
	}
	if r.State == stateScheduled || r.State == stateQueued {
		j.State = Waiting
	}
	if r.Result != "" {
		j.Result = json.RawMessage(r.Result)
	}
	return j
}

// Get returns a job of the caller, or for an admin anyone's; NotFound for others'.
func (s *Service) Get(ctx context.Context, caller domain.Principal, id domain.ID) (Info, error) {
	row, err := s.rows.GetJob(ctx, id)
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		err = notFound()
	}
	if err != nil {
		return Info{}, err
	}
	if row.UserID != caller.UserID && !caller.Admin() {
		return Info{}, notFound()
	}
	return s.show(ctx, caller, row)
}

// show is a job as a caller may see it now.
func (s *Service) show(ctx context.Context, caller domain.Principal, r query.Job) (j Info, err error) {
	j = job(r)
	if h := s.workers.byKind[r.Kind]; h != nil && h.Show != nil && j.Result != nil {
		j.Result, err = h.Show(ctx, caller, j.Result)
	}
	return j, err
}

func notFound() error { return domain.NoSuch("job") }

// Filter narrows a list. Zero fields do not.
type Filter struct {
	State  State
	Kind   string
	UserID domain.ID  // zero: the caller's own; an admin's: everybody's and the service's own
	Before *domain.ID // only older ones than this: next of the page before
	Limit  int
}

// List lists jobs, the newest first. next is the Before of the next page, nil on the last.
// Forbidden: another user's, for anyone but an admin.
func (s *Service) List(ctx context.Context, caller domain.Principal, f Filter) (items []Info, next *domain.ID, err error) {
	if !caller.Admin() {
		if !f.UserID.IsZero() && f.UserID != caller.UserID {
			return nil, nil, domain.Errorf(domain.Forbidden, "Only an admin may read another user's jobs.")
		}
		f.UserID = caller.UserID
	}
	before := domain.Before(f.Before)
	rows, err := s.list(ctx, f, before)
	if err != nil {
		return nil, nil, db.Error(err)
	}
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		next = &rows[f.Limit-1].ID
	}
	items = make([]Info, len(rows))
	for i, r := range rows {
		if items[i], err = s.show(ctx, caller, r); err != nil {
			return nil, nil, err
		}
	}
	return items, next, nil
}

// list reads a page. With a filter, it reads a page of each state it is for: each comes from an index in
// the order of ids, which several states at once do not.
func (s *Service) list(ctx context.Context, f Filter, before domain.ID) (rows []query.Job, err error) {
	limit := int32(f.Limit + 1)
	if f.State == "" && f.Kind == "" {
		if f.UserID.IsZero() {
			return s.rows.ListAllJobs(ctx, query.ListAllJobsParams{Before: before, Limit: limit})
		}
		return s.rows.ListJobs(ctx, query.ListJobsParams{UserID: f.UserID, Before: before, Limit: limit})
	}
	for _, state := range f.State.within() {
		for _, kind := range s.workers.sameKinds(f.Kind) {
			var some []query.Job
			if f.UserID.IsZero() {
				some, err = s.rows.ListAllJobsIn(ctx, query.ListAllJobsInParams{State: state, Before: before, Kind: kind, Limit: limit})
			} else {
				some, err = s.rows.ListJobsIn(ctx, query.ListJobsInParams{UserID: f.UserID, State: state, Before: before, Kind: kind, Limit: limit})
			}
			if err != nil {
				return nil, err
			}
			rows = append(rows, some...)
		}
	}
	slices.SortFunc(rows, func(a, b query.Job) int { return bytes.Compare(b.ID[:], a.ID[:]) })
	return rows, nil
}

// Cancel stops a job of the caller, or for an admin anyone's. One that runs is told, and stops
// where it can: it is still Running in the answer. Conflict when it has ended otherwise; a
// cancelled one may be cancelled again.
func (s *Service) Cancel(ctx context.Context, caller domain.Principal, id domain.ID) (Info, error) {
	// It may begin, or be handed back, between two questions.
	for range 5 {
		j, err := s.Get(ctx, caller, id)
		if err != nil {
			return j, err
		}
		var n int64
		switch j.State {
		case Waiting:
			n, err = s.rows.CancelIdleJob(ctx, query.CancelIdleJobParams{ID: id, KeepUs: KeptDone.Microseconds()})
		case Running:
			n, err = s.rows.CancelRunningJob(ctx, id)
			if err == nil && n > 0 {
				s.interrupt(id)
			}
		case Cancelled:
			return j, nil
		default:
			return j, domain.Errorf(domain.Conflict, "The job has ended.")
		}
		if err != nil {
			return j, db.Error(err)
		}
		if n > 0 {
			return s.Get(ctx, caller, id)
		}
	}
	return Info{}, &domain.Error{Code: domain.Unavailable, Message: "The job is changing, please try again.", RetryAfter: time.Second}
}

// interrupt ends a run at once when it is this process's; on others the heartbeat does.
func (s *Service) interrupt(id domain.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.running[id]; ok {
		r.end(ErrCancelled)
	}
}

// Forget deletes all jobs of somebody, in the caller's transaction. One that waits is not begun, and
// one that runs is told to stop: it finds that it is nobody's.
func (s *Service) Forget(ctx context.Context, tx db.Tx, user domain.ID) error {
	return query.New(tx).ForgetJobs(ctx, user)
}

// Retry sends a dead letter again, for an admin: NotFound for others, Conflict when the job did
// not fail.
func (s *Service) Retry(ctx context.Context, caller domain.Principal, id domain.ID) (Info, error) {
	if !caller.Admin() {
		return Info{}, notFound()
	}
	n, err := s.rows.RetryFailedJob(ctx, id)
	if err != nil {
		return Info{}, db.Error(err)
	}
	j, err := s.Get(ctx, caller, id)
	if err != nil {
		return j, err
	}
	if n == 0 {
		return j, domain.Errorf(domain.Conflict, "Only a job that failed can be sent again.")
	}
	s.Wake()
	return j, nil
}
