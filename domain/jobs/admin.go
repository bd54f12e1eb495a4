package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"counsel/db"
	"counsel/domain"
	query "counsel/gen/query/jobs"
)

// Info describes a job to a caller who may see it.
type Info struct {
	ID, UserID     domain.ID
	Kind           string
	Queue          Queue
	State          State
	Done, Total    int             // steps; Total 0: not known
	Result         json.RawMessage // of one that succeeded, or what a cancelled one did before; else nil
	ErrorCode      string          // of the last attempt if it failed; else ""
	Error          string
	FailedAttempts int
	CreatedAt      time.Time
	RunAt          time.Time
	StartedAt      time.Time // zero: not yet
	FinishedAt     time.Time // zero: not yet
}

func newInfo(r query.Job) Info {
	j := Info{
		ID: r.ID, UserID: r.UserID, Kind: r.Kind, Queue: Queue(r.Queue), State: State(r.State).public(), Done: int(r.Done), Total: int(r.Total),
		ErrorCode: r.ErrorCode, Error: r.Error, FailedAttempts: int(r.Tries),
		CreatedAt: r.CreatedAt, RunAt: r.RunAt, StartedAt: r.StartedAt.Time, FinishedAt: r.FinishedAt.Time,
	}
	if r.Result != "" {
		j.Result = json.RawMessage(r.Result)
	}
	return j
}

// Get returns a job of the caller, or any job for an admin. NotFound: another user's.
func (s *Service) Get(ctx context.Context, caller domain.Principal, id domain.ID) (Info, error) {
	row, err := s.rows.GetJob(ctx, id)
	if err = db.Error(err); domain.CodeOf(err) == domain.NotFound {
		err = domain.NoSuch("job")
	}
	if err != nil {
		return Info{}, err
	}
	if !caller.MayAccess(row.UserID) {
		return Info{}, domain.NoSuch("job")
	}
	return s.view(ctx, caller, row)
}

// view is a job as the caller may see it now.
func (s *Service) view(ctx context.Context, caller domain.Principal, r query.Job) (j Info, err error) {
	j = newInfo(r)
	if w := s.workers.byKind[r.Kind]; w != nil && w.redactResult != nil && j.Result != nil {
		j.Result, err = w.redactResult(ctx, caller, j.Result)
	}
	return j, err
}

// Filter narrows a list. A zero field does not.
type Filter struct {
	State  State
	Kind   string     // or a former name of it
	UserID domain.ID  // zero: the caller; for an admin, everybody and the service
	Cursor *domain.ID // page cursor: only older ones
	Limit  int
}

// List lists jobs, newest first. next is the Before of the next page, nil on the last one.
// Forbidden: another user's, unless the caller is an admin.
func (s *Service) List(ctx context.Context, caller domain.Principal, f Filter) (items []Info, next *domain.ID, err error) {
	switch {
	case !f.UserID.IsZero() && !caller.MayAccess(f.UserID):
		return nil, nil, domain.Errorf(domain.Forbidden, "Only an admin may read another user's jobs.")
	case f.UserID.IsZero() && !caller.Admin():
		f.UserID = caller.UserID
	}
	rows, err := s.list(ctx, f, domain.CursorOrMax(f.Cursor))
	if err != nil {
		return nil, nil, db.Error(err)
	}
	rows, next = domain.Page(rows, f.Limit, func(r query.Job) domain.ID { return r.ID })
	items = make([]Info, len(rows))
	for i, r := range rows {
		if items[i], err = s.view(ctx, caller, r); err != nil {
			return nil, nil, err
		}
	}
	return items, next, nil
}

// list reads one row more than a page. With a filter it reads a page of each state and kind: each
// query can use an index in the order of ids, which one over several states cannot.
func (s *Service) list(ctx context.Context, f Filter, cursor domain.ID) (rows []query.Job, err error) {
	limit := int32(f.Limit + 1)
	if f.State == "" && f.Kind == "" {
		if f.UserID.IsZero() {
			return s.rows.ListJobs(ctx, query.ListJobsParams{Cursor: cursor, Limit: limit})
		}
		return s.rows.ListJobsByUser(ctx, query.ListJobsByUserParams{UserID: f.UserID, Cursor: cursor, Limit: limit})
	}
	for _, state := range f.State.stored() {
		for _, kind := range s.workers.aliases(f.Kind) {
			var page []query.Job
			if f.UserID.IsZero() {
				page, err = s.rows.ListJobsByState(ctx, query.ListJobsByStateParams{State: string(state), Cursor: cursor, Kind: kind, Limit: limit})
			} else {
				page, err = s.rows.ListJobsByUserAndState(ctx, query.ListJobsByUserAndStateParams{UserID: f.UserID, State: string(state), Cursor: cursor, Kind: kind, Limit: limit})
			}
			if err != nil {
				return nil, err
			}
			rows = append(rows, page...)
		}
	}
	slices.SortFunc(rows, func(a, b query.Job) int { return bytes.Compare(b.ID[:], a.ID[:]) })
	return rows, nil
}

// Cancel stops a job of the caller, or any job for an admin. A running one is interrupted and may
// still be Running in the answer. Cancelling twice is allowed. Conflict: the job has ended otherwise.
func (s *Service) Cancel(ctx context.Context, caller domain.Principal, id domain.ID) (Info, error) {
	// The job may be claimed or released between two statements.
	for range 5 {
		j, err := s.Get(ctx, caller, id)
		if err != nil {
			return j, err
		}
		var n int64
		switch j.State {
		case Waiting:
			n, err = s.rows.CancelWaitingJob(ctx, query.CancelWaitingJobParams{ID: id, KeepUs: CompletedRetention.Microseconds()})
		case Running:
			n, err = s.rows.RequestJobCancel(ctx, id)
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

// Retry runs a discarded job again, for an admin. NotFound: the caller is none. Conflict: the job has
// not failed.
func (s *Service) Retry(ctx context.Context, caller domain.Principal, id domain.ID) (Info, error) {
	if !caller.Admin() {
		return Info{}, domain.NoSuch("job")
	}
	if _, err := s.Get(ctx, caller, id); err != nil {
		return Info{}, err
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
