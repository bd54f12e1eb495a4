package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/gen/api"
)

// ListJobs pages through jobs.
func (s *Server) ListJobs(ctx context.Context, r api.ListJobsRequestObject) (api.ListJobsResponseObject, error) {
	before, err := position(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	f := jobs.Filter{State: jobs.State(text(r.Params.Status)), Kind: text(r.Params.Kind), Before: before, Limit: limit(r.Params.Limit)}
	if r.Params.UserID != nil {
		f.UserID = domain.ID(*r.Params.UserID)
	}
	items, next, err := s.Jobs.List(ctx, caller(ctx), f)
	if err != nil {
		return nil, err
	}
	page := api.JobList{Items: make([]api.Job, len(items)), NextCursor: cursor(next)}
	for i, j := range items {
		page.Items[i] = job(j)
	}
	return api.ListJobs200JSONResponse(page), nil
}

// GetJob answers how far a job is, once or as it changes, as the caller's Accept asks.
func (s *Server) GetJob(ctx context.Context, r api.GetJobRequestObject) (api.GetJobResponseObject, error) {
	j, err := s.lookUpJob(ctx, domain.ID(r.JobID))
	if err != nil {
		return nil, err
	}
	if recordOf(ctx).streams {
		return &jobStream{ctx: ctx, server: s, job: j}, nil
	}
	return api.GetJob200JSONResponse(job(j)), nil
}

func (s *Server) lookUpJob(ctx context.Context, id domain.ID) (jobs.Job, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	return s.Jobs.Get(ctx, caller(ctx), id)
}

// CancelJob cancels a job.
func (s *Server) CancelJob(ctx context.Context, r api.CancelJobRequestObject) (api.CancelJobResponseObject, error) {
	j, err := s.Jobs.Cancel(ctx, caller(ctx), domain.ID(r.JobID))
	if err != nil {
		return nil, err
	}
	return api.CancelJob200JSONResponse(job(j)), nil
}

// RetryJob sends a failed job again.
func (s *Server) RetryJob(ctx context.Context, r api.RetryJobRequestObject) (api.RetryJobResponseObject, error) {
	j, err := s.Jobs.Retry(ctx, caller(ctx), domain.ID(r.JobID))
	if err != nil {
		return nil, err
	}
	return api.RetryJob200JSONResponse(job(j)), nil
}

func job(j jobs.Job) api.Job {
	out := api.Job{
		ID: api.ID(j.ID), Kind: j.Kind, Queue: api.JobQueue(j.Queue), Status: api.JobStatus(j.State),
		Progress: api.JobProgress{Done: int32(j.Done), Total: int32(j.Total)}, Tries: int32(j.Tries),
		CreatedAt: j.CreatedAt, RunAt: j.RunAt, StartedAt: moment(j.StartedAt), FinishedAt: moment(j.FinishedAt),
	}
	if !j.UserID.IsZero() {
		out.UserID = (*api.ID)(&j.UserID)
	}
	if bytes.HasPrefix(j.Result, []byte("{")) {
		_ = json.Unmarshal(j.Result, &out.Result) // written by encoding/json
	}
	if j.ErrorCode != "" {
		out.Error = &api.JobError{Code: j.ErrorCode, Detail: j.Error}
	}
	return out
}

// moment is an optional time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// How a job is followed: how often it is looked at, how long nothing may be said (proxies take
// silence for an end), and how long a stream may last.
const (
	followEvery = 500 * time.Millisecond
	followPulse = 15 * time.Second
	followTime  = 10 * time.Minute
)

// jobStream tells of a job as it changes.
type jobStream struct {
	ctx    context.Context
	server *Server
	job    jobs.Job
}

// VisitGetJobResponse writes the events until the job has ended, the client has gone, the stream has
// lasted long enough, or the server stops.
func (st *jobStream) VisitGetJobResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // or a proxy would hold the events back
	w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(w)
	var last []byte
	said := time.Now()
	write := func(b []byte) bool {
		_ = out.SetWriteDeadline(time.Now().Add(eventWait))
		_, err := w.Write(b)
		said = time.Now()
		return err == nil && out.Flush() == nil
	}
	send := func(e api.JobEvent) bool {
		data, err := json.Marshal(e)
		if err != nil { // decoded JSON, strings and numbers: cannot happen
			panic(err)
		}
		if bytes.Equal(data, last) {
			return time.Since(said) < followPulse || write([]byte(": still there\n\n"))
		}
		last = data
		return write([]byte("event: " + string(e.Type) + "\ndata: " + string(data) + "\n\n"))
	}
	ctx, cancel := context.WithTimeout(st.ctx, followTime)
	defer cancel()
	look := time.NewTicker(followEvery)
	defer look.Stop()
	for j := st.job; ; {
		shown := job(j)
		if j.State.Ended() {
			send(api.JobEvent{Type: api.JobEventTypeDone, Job: &shown})
			return nil
		}
		if !send(api.JobEvent{Type: api.JobEventTypeProgress, Job: &shown}) {
			return nil // the client is gone
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return nil
		case <-st.server.drained:
			return nil
		}
		var err error
		if j, err = st.server.lookUpJob(ctx, j.ID); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			rec := recordOf(ctx)
			e := asDomain(err)
			rec.fail(e)
			p := describe(e, rec.id, "")
			send(api.JobEvent{Type: api.JobEventTypeError, Problem: &p})
			return nil
		}
	}
}
