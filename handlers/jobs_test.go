package handlers_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// stepsArgs are the arguments of a job that waits for each of its steps.
type stepsArgs struct{}

func (stepsArgs) Kind() string { return "test.steps" }

func (f *fixture) enqueue(j jobs.Insert) string {
	f.t.Helper()
	ids, err := f.jobs.EnqueueNow(f.t.Context(), j)
	testkit.Must(f.t, err)
	return ids[0].String()
}

// followJob reads the stream of a job until it ends.
func (f *fixture) followJob(who *user, id string) <-chan api.JobEvent {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), "GET", f.url+"/api/jobs/"+id, nil)
	testkit.Must(f.t, err)
	r.Header.Set("Authorization", "Bearer "+who.token)
	r.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultTransport.RoundTrip(r)
	testkit.Must(f.t, err)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		f.t.Fatalf("status %d as %q", res.StatusCode, res.Header.Get("Content-Type"))
	}
	events := make(chan api.JobEvent)
	go func() {
		defer close(events)
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			var e api.JobEvent
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				f.t.Errorf("%v in %s", err, data)
			}
			select {
			case events <- e:
			case <-f.t.Context().Done():
				return
			}
		}
	}()
	return events
}

func TestJobs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleClient), f.register("bob", domain.RoleLawyer)
	step := make(chan error)
	jobs.Register(f.jobs, jobs.Worker[stepsArgs]{MaxAttempts: 1, Work: func(ctx context.Context, job *jobs.Job[stepsArgs]) (any, error) {
		for done := range job.Total {
			select {
			case err := <-step:
				if err != nil {
					return nil, err
				}
			case <-ctx.Done():
				return map[string]int{"done": done}, ctx.Err()
			}
			if err := job.Progress(ctx, done+1); err != nil {
				return nil, err
			}
		}
		return map[string]string{"made": "all"}, nil
	}})
	f.startJobs()
	mine := jobs.Insert{Args: stepsArgs{}, UserID: domain.ID(ada.ID), Total: 2}
	id := f.enqueue(mine)
	path := "/api/jobs/" + id
	f.call(bob, "GET", path, nil).expect(404, "not_found")
	f.call(bob, "DELETE", path, nil).expect(404, "not_found")
	f.call(bob, "GET", "/api/jobs?userId="+ada.ID.String(), nil).expect(403, "forbidden")
	f.call(ada, "GET", "/api/jobs/"+domain.NewID().String(), nil).expect(404, "not_found")

	events := f.followJob(ada, id)
	next := func(what string, so func(api.JobEvent) bool) api.JobEvent {
		t.Helper()
		deadline := time.After(20 * time.Second)
		for {
			select {
			case e, open := <-events:
				if open && !so(e) {
					continue
				}
				if !open {
					t.Fatalf("the stream ended before %s", what)
				}
				return e
			case <-deadline:
				t.Fatalf("no event for %s", what)
			}
		}
	}
	step <- nil
	next("one step is done", func(e api.JobEvent) bool { return e.Type == api.JobEventTypeProgress && e.Job.Progress.Done == 1 })
	step <- nil
	done := next("it is done", func(e api.JobEvent) bool { return e.Type == api.JobEventTypeDone })
	if done.Job.Status != api.JobStatusSucceeded || done.Job.Result["made"] != "all" || done.Job.Progress != (api.JobProgress{Done: 2, Total: 2}) || done.Job.FinishedAt == nil {
		t.Errorf("the job ended as %+v", done.Job)
	}
	if _, open := <-events; open {
		t.Error("an event follows the last one")
	}
	// A late follower gets the end at once.
	events = f.followJob(ada, id)
	next("it is done", func(e api.JobEvent) bool { return e.Type == api.JobEventTypeDone })
	var j api.Job
	f.call(ada, "GET", path, nil).expect(200, "").decode(&j)
	if j.Status != api.JobStatusSucceeded || j.Result["made"] != "all" {
		t.Errorf("it reads %+v", j)
	}
	f.call(ada, "DELETE", path, nil).expect(409, "conflict")

	// Cancelled while it runs.
	id = f.enqueue(mine)
	events = f.followJob(ada, id)
	next("it runs", func(e api.JobEvent) bool { return e.Job.Status == api.JobStatusRunning })
	f.call(ada, "DELETE", "/api/jobs/"+id, nil).expect(200, "")
	if e := next("it has ended", func(e api.JobEvent) bool { return e.Type == api.JobEventTypeDone }); e.Job.Status != api.JobStatusCancelled {
		t.Errorf("the job ended as %s", e.Job.Status)
	}

	// Failed after all attempts, and retried by an admin.
	id = f.enqueue(mine)
	step <- &domain.Error{Code: domain.Upstream, Message: "They do not answer.", Err: errors.New("secret")}
	events = f.followJob(ada, id)
	e := next("it has ended", func(e api.JobEvent) bool { return e.Type == api.JobEventTypeDone })
	if e.Job.Status != api.JobStatusFailed || e.Job.Error == nil || *e.Job.Error != (api.JobError{Code: "upstream", Detail: "They do not answer."}) {
		t.Errorf("the job ended as %+v", e.Job)
	}
	var page api.JobList
	f.call(f.admin(), "GET", "/api/jobs?status=failed&kind=test.steps&userId="+ada.ID.String(), nil).expect(200, "").decode(&page)
	if len(page.Items) != 1 || page.Items[0].ID.String() != id {
		t.Errorf("the discarded jobs are %+v", page.Items)
	}
	f.call(ada, "POST", "/api/jobs/"+id+"/retry", nil).expect(403, "forbidden")
	f.call(f.admin(), "POST", "/api/jobs/"+id+"/retry", nil).expect(200, "").decode(&j)
	if j.Error != nil || j.Attempts != 0 {
		t.Errorf("after the retry the job is %+v", j)
	}
	f.call(f.admin(), "POST", "/api/jobs/"+id+"/retry", nil).expect(409, "conflict")
	f.call(ada, "GET", "/api/jobs?limit=2", nil).expect(200, "").decode(&page)
	if len(page.Items) != 2 || page.NextCursor == nil || page.Items[0].ID.String() != id {
		t.Errorf("her jobs are %+v", page)
	}
	var rest api.JobList
	f.call(ada, "GET", "/api/jobs?limit=2&cursor="+*page.NextCursor, nil).expect(200, "").decode(&rest)
	if len(rest.Items) != 1 || rest.NextCursor != nil {
		t.Errorf("then %+v", rest)
	}

	// A stopping server ends the stream without a done event.
	events = f.followJob(ada, id)
	next("it runs", func(e api.JobEvent) bool { return e.Job.Status == api.JobStatusRunning })
	f.server.Drain()
	if e, open := <-events; open {
		t.Errorf("after the drain: %+v", e)
	}
	f.call(ada, "DELETE", "/api/jobs/"+id, nil).expect(200, "")
}
