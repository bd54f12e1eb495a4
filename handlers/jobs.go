package handlers

import (
	"bytes"
	"context"
	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/gen/api"
	"counsel/handlers/middleware"
	"encoding/json"
	"net/http"
	"time"
)

// ListJobs lists jobs.
func (s *Server) ListJobs(ctx context.Context, r api.ListJobsRequestObject) (api.ListJobsResponseObject, error) {
	cursor, err := decodeCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	f := jobs.Filter{State: jobs.State(deref(r.Params.Status)), Kind: deref(r.Params.Kind), Cursor: cursor, Limit: limit(r.Params.Limit)}
	if r.Params.UserID != nil {
		f.UserID = domain.ID(*r.Params.UserID)
	}
	items, next, err := s.jobs.List(ctx, principal(ctx), f)
	if err != nil {
		return nil, err
	}
	page := api.JobList{Items: make([]api.Job, len(items)), NextCursor: encodeCursor(next)}
	for i, j := range items {
		page.Items[i] = toAPIJob(j)
	}
	return api.ListJobs200JSONResponse(page), nil
}

// GetJob returns a job, as JSON or as an event stream that follows it, depending on Accept.
func (s *Server) GetJob(ctx context.Context, r api.GetJobRequestObject) (api.GetJobResponseObject, error) {
	j, err := s.getJob(ctx, domain.ID(r.JobID))
	if err != nil {
		return nil, err
	}
	if middleware.RequestFrom(ctx).WantsEvents {
		return &jobStream{ctx: ctx, server: s, job: j}, nil
	}
	return api.GetJob200JSONResponse(toAPIJob(j)), nil
}

// getJob reads a job. The operation has no timeout of its own, since it may stream.
func (s *Server) getJob(ctx context.Context, id domain.ID) (jobs.Info, error) {
	ctx, cancel := context.WithTimeout(ctx, s.storeTimeout)
	defer cancel()
	return s.jobs.Get(ctx, principal(ctx), id)
}

// pollJob reads a job again for a stream, which a key that was revoked meanwhile does not outlive.
func (s *Server) pollJob(ctx context.Context, id domain.ID) (jobs.Info, error) {
	if key := principal(ctx).KeyID; !key.IsZero() {
		checked, cancel := context.WithTimeout(ctx, s.storeTimeout)
		defer cancel()
		if err := s.apiKeys.CheckActive(checked, key); err != nil {
			return jobs.Info{}, err
		}
	}
	return s.getJob(ctx, id)
}

// CancelJob cancels a job.
func (s *Server) CancelJob(ctx context.Context, r api.CancelJobRequestObject) (api.CancelJobResponseObject, error) {
	j, err := s.jobs.Cancel(ctx, principal(ctx), domain.ID(r.JobID))
	if err != nil {
		return nil, err
	}
	return api.CancelJob200JSONResponse(toAPIJob(j)), nil
}

// RetryJob runs a failed job again.
func (s *Server) RetryJob(ctx context.Context, r api.RetryJobRequestObject) (api.RetryJobResponseObject, error) {
	j, err := s.jobs.Retry(ctx, principal(ctx), domain.ID(r.JobID))
	if err != nil {
		return nil, err
	}
	return api.RetryJob200JSONResponse(toAPIJob(j)), nil
}

func toAPIJob(j jobs.Info) api.Job {
	out := api.Job{
		ID: api.ID(j.ID), Kind: j.Kind, Queue: api.JobQueue(j.Queue), Status: api.JobStatus(j.State),
		Progress: api.JobProgress{Done: int32(j.Done), Total: int32(j.Total)}, Attempts: int32(j.FailedAttempts),
		CreatedAt: j.CreatedAt, RunAt: j.RunAt, StartedAt: optionalTime(j.StartedAt), FinishedAt: optionalTime(j.FinishedAt),
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

// Following a job: how often it is polled, after how much silence a keep-alive is sent, and how
// long a stream may last.
const (
	followInterval  = 500 * time.Millisecond
	followKeepAlive = 15 * time.Second
	followTimeout   = 10 * time.Minute
)

// jobStream follows a job as server-sent events.
type jobStream struct {
	ctx    context.Context
	server *Server
	job    jobs.Info
}

// VisitGetJobResponse writes an event whenever the job changes, until the job has finished, the
// client has hung up, the stream has lasted long enough, or the server stops.
func (st *jobStream) VisitGetJobResponse(w http.ResponseWriter) error {
	stream := newEventStream(w)
	var last []byte
	send := func(e api.JobEvent) bool {
		data := marshal(e)
		if bytes.Equal(data, last) {
			return time.Since(stream.lastWrite) < followKeepAlive || stream.keepAlive()
		}
		last = data
		return stream.send(string(e.Type), data)
	}
	ctx, cancel := context.WithTimeout(st.ctx, followTimeout)
	defer cancel()
	poll := time.NewTicker(followInterval)
	defer poll.Stop()
	for j := st.job; ; {
		out := toAPIJob(j)
		if j.State.Ended() {
			send(api.JobEvent{Type: api.JobEventTypeDone, Job: &out})
			return nil
		}
		if !send(api.JobEvent{Type: api.JobEventTypeProgress, Job: &out}) {
			return nil // the client is gone
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return nil
		case <-st.server.drained:
			return nil
		}
		var err error
		if j, err = st.server.pollJob(ctx, j.ID); err != nil {
			if ctx.Err() == nil {
				send(api.JobEvent{Type: api.JobEventTypeError, Problem: st.server.failed(middleware.RequestFrom(ctx), err)})
			}
			return nil
		}
	}
}
