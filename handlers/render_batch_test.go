package handlers_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/domain"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

func (f *fixture) renderBatch(who *user, items ...map[string]any) (out api.RenderBatchResponse) {
	f.t.Helper()
	f.call(who, "POST", "/api/docs/render-batch", map[string]any{"items": items}).expect(202, "").decode(&out)
	return out
}

type batchItems struct {
	Items []struct {
		DocID, Checksum string
		Size            int64
		Error           *struct{ Code, Detail string }
	}
}

// waitForBatch waits for the end of a batch.
func (f *fixture) waitForBatch(who *user, id api.ID) (job api.Job, out batchItems) {
	f.t.Helper()
	job = f.waitForJob(who, id, &out)
	return job, out
}

// waitForJob waits for the end of a job and decodes its result.
func (f *fixture) waitForJob(who *user, id api.ID, result any) api.Job {
	f.t.Helper()
	deadline := time.After(2 * time.Minute)
	events := f.followJob(who, id.String())
	for {
		select {
		case e, open := <-events:
			if !open {
				f.t.Fatal("the stream ended before the job")
			}
			if e.Type != api.JobEventTypeDone {
				continue
			}
			raw, err := json.Marshal(e.Job.Result)
			testkit.Must(f.t, err)
			testkit.Must(f.t, json.Unmarshal(raw, result))
			return *e.Job
		case <-deadline:
			f.t.Fatal("the job does not end")
		}
	}
}

// TestRenderBatch: a batch renders the same as single requests; an item that cannot be rendered has an error.
func TestRenderBatch(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleClient), f.register("bob", domain.RoleLawyer)
	f.startJobs()
	emoji := ndaRequest(t)
	emoji["data"].(map[string]any)["purpose"] = "To be glad 😀 together"
	accepted := f.renderBatch(ada, ndaRequest(t), emoji, ndaRequest(t))
	if accepted.Total != 3 {
		t.Errorf("accepted %+v", accepted)
	}
	job, out := f.waitForBatch(ada, accepted.JobID)
	if job.Status != api.JobStatusSucceeded || job.Kind != "documents.render_batch" || job.Queue != "bulk" || job.Progress != (api.JobProgress{Done: 3, Total: 3}) || len(out.Items) != 3 {
		t.Fatalf("ended as %+v", job)
	}
	var single api.RenderPdfResponse
	f.call(ada, "POST", "/api/docs/render-pdf", ndaRequest(t)).expect(200, "").decode(&single)
	for _, i := range []int{0, 2} {
		if out.Items[i].Checksum != single.Checksum || out.Items[i].Size != single.Size {
			t.Errorf("item %d is %+v, alone %+v", i, out.Items[i], single)
		}
		f.call(bob, "GET", "/api/docs/"+out.Items[i].DocID, nil).expect(404, "not_found")
		var v api.Verification
		f.call(ada, "POST", "/api/docs/"+out.Items[i].DocID+"/verify", nil).expect(200, "").decode(&v)
		if !v.Intact || v.Reproducible == nil || !*v.Reproducible {
			t.Errorf("verified as %+v", v)
		}
	}
	if out.Items[0].DocID == out.Items[2].DocID {
		t.Error("two items share a document")
	}
	if e := out.Items[1].Error; e == nil || e.Code != "invalid" || out.Items[1].DocID != "" {
		t.Errorf("the emoji: %+v", out.Items[1])
	}
	f.call(bob, "GET", "/api/jobs/"+accepted.JobID.String(), nil).expect(404, "not_found")
}

func TestRenderBatchOf500(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	f.startJobs()
	items := slices.Repeat([]map[string]any{ndaRequest(t)}, 500)
	f.call(ada, "POST", "/api/docs/render-batch", map[string]any{"items": append(slices.Clone(items), items[0])}).expect(422, "invalid")
	f.call(ada, "POST", "/api/docs/render-batch", map[string]any{"items": items[:0]}).expect(422, "invalid")
	f.renderBatch(ada, items...)
	var list api.JobList
	f.call(ada, "GET", "/api/jobs?kind=documents.render_batch", nil).expect(200, "").decode(&list)
	// A single document does not wait for the batch.
	for range 5 {
		f.call(ada, "POST", "/api/docs/render-pdf", ndaRequest(t)).expect(200, "")
	}
	var beside api.Job
	f.call(ada, "GET", "/api/jobs/"+list.Items[0].ID.String(), nil).expect(200, "").decode(&beside)
	if beside.FinishedAt != nil {
		t.Error("single documents wait for a batch that was requested before")
	}
	job, out := f.waitForBatch(ada, list.Items[0].ID)
	t.Logf("%.0f documents/s", 500/job.FinishedAt.Sub(*job.StartedAt).Seconds())
	made := map[string]bool{}
	for _, item := range out.Items {
		made[item.DocID] = true
	}
	if job.Status != api.JobStatusSucceeded || len(made) != 500 || made[""] || f.store.Count() != 505 {
		t.Errorf("%s with %d documents, %d files", job.Status, len(made), f.store.Count())
	}
}

func TestRenderBatchErrors(t *testing.T) {
	t.Parallel()
	w := newCaseWorkFixture(t)
	for name, c := range map[string]struct {
		who     *user
		change  func(r map[string]any)
		status  int
		code    string
		pointer string
	}{
		"a missing field":    {w.ben, func(r map[string]any) { delete(r["data"].(map[string]any), "purpose") }, 422, "invalid", "/items/2/data/purpose"},
		"an unknown field":   {w.ben, func(r map[string]any) { r["data"].(map[string]any)["purpoze"] = 1 }, 422, "invalid", "/items/2/data/purpoze"},
		"no such template":   {w.ben, func(r map[string]any) { r["templateId"] = "manifesto" }, 404, "not_found", "/items/2/templateId"},
		"no such version":    {w.ben, func(r map[string]any) { r["version"] = "99" }, 404, "not_found", "/items/2/templateId"},
		"an unknown option":  {w.ben, func(r map[string]any) { r["options"] = map[string]any{"pageSize": "A9"} }, 422, "invalid", "/items/2/options/pageSize"},
		"a case of others":   {w.eve, func(r map[string]any) { r["caseId"] = w.id }, 404, "not_found", "/items/2/caseId"},
		"a case that is not": {w.ben, func(r map[string]any) { r["caseId"] = domain.NewID() }, 404, "not_found", "/items/2/caseId"},
	} {
		bad := ndaRequest(t)
		c.change(bad)
		a := w.call(c.who, "POST", "/api/docs/render-batch", map[string]any{"items": []any{ndaRequest(t), ndaRequest(t), bad}}).expect(c.status, c.code)
		if e := a.problem().Errors; !slices.ContainsFunc(e, func(f api.FieldError) bool { return f.Pointer == c.pointer }) {
			t.Errorf("%s: names %+v, want %s", name, e, c.pointer)
		}
	}
	var list api.JobList
	w.call(w.admin(), "GET", "/api/jobs?kind=documents.render_batch", nil).expect(200, "").decode(&list)
	if len(list.Items) > 0 {
		t.Error("refused, but a job was enqueued")
	}
}

// TestRenderBatchCaseAccess: nothing is rendered into a case after its requester lost access or their account;
// items outside of the case are rendered.
func TestRenderBatchCaseAccess(t *testing.T) {
	t.Parallel()
	w := newCaseWorkFixture(t)
	inCase := ndaRequest(t)
	inCase["caseId"] = w.id
	withoutAccess := w.renderBatch(w.ben, ndaRequest(t), inCase)
	stored := w.renderBatch(w.ada, inCase)
	gone := w.renderBatch(w.eve, ndaRequest(t))
	w.call(w.ada, "DELETE", w.root+"/members/"+w.ben.ID.String(), nil).expect(204, "")
	admin := w.admin()
	w.call(admin, "PATCH", "/api/users/"+w.eve.ID.String(), map[string]any{"disabled": true}).expect(200, "")
	w.startJobs()

	_, out := w.waitForBatch(w.ben, withoutAccess.JobID)
	if len(out.Items) != 2 || out.Items[0].DocID == "" || out.Items[1].Error == nil || out.Items[1].Error.Code != "not_found" {
		t.Errorf("after leaving the case: %+v", out.Items)
	}
	_, out = w.waitForBatch(w.ada, stored.JobID)
	var d api.StoredDocument
	w.call(w.ada, "GET", "/api/docs/"+out.Items[0].DocID, nil).expect(200, "").decode(&d)
	if d.CaseID == nil || d.CaseID.String() != w.id {
		t.Errorf("belongs to the case %v", d.CaseID)
	}
	_, out = w.waitForBatch(admin, gone.JobID)
	if len(out.Items) != 1 || out.Items[0].Error == nil || out.Items[0].Error.Code != "forbidden" {
		t.Errorf("a disabled account: %+v", out.Items)
	}
	// The case's timeline has what was rendered, once, and the refusal.
	w.cases.FlushDenials(t.Context())
	var page api.CaseTimeline
	w.call(w.ada, "GET", w.root+"/timeline?limit=100", nil).expect(200, "").decode(&page)
	count := func(so func(api.TimelineEntry) bool) (n int) {
		for _, e := range page.Items {
			if so(e) {
				n++
			}
		}
		return n
	}
	if n := count(func(e api.TimelineEntry) bool {
		return e.SubjectID != nil && *e.SubjectID == d.ID && !e.Refused && e.Verb == "create"
	}); n != 1 {
		t.Errorf("%d entries concern the document", n)
	}
	if n := count(func(e api.TimelineEntry) bool { return e.ActorID == w.ben.ID && e.Refused }); n == 0 {
		t.Error("the refusal is not in the timeline")
	}
}

func TestRenderBatchIdempotencyKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	body := map[string]any{"items": []any{ndaRequest(t), ndaRequest(t)}}
	key := []string{"Idempotency-Key", "batch-1"}
	var wg sync.WaitGroup
	answers := make(chan response, 10)
	for range 10 {
		wg.Go(func() { answers <- f.call(ada, "POST", "/api/docs/render-batch", body, key...) })
	}
	wg.Wait()
	close(answers)
	made := map[string]bool{}
	for a := range answers {
		if a.status == 409 {
			a.expect(409, "idempotency_in_progress")
			continue
		}
		var r api.RenderBatchResponse
		a.expect(202, "").decode(&r)
		made[r.JobID.String()] = true
	}
	var list api.JobList
	f.call(ada, "GET", "/api/jobs?kind=documents.render_batch", nil).expect(200, "").decode(&list)
	if len(made) != 1 || len(list.Items) != 1 {
		t.Errorf("one key created %[2]d jobs: %[1]v", slices.Collect(maps.Keys(made)), len(list.Items))
	}
	a := f.call(ada, "POST", "/api/docs/render-batch", body, key...).expect(202, "")
	if a.header.Get("Idempotency-Replayed") != "true" || !strings.Contains(string(a.body), fmt.Sprint(list.Items[0].ID)) {
		t.Errorf("repeated: %s", a.body)
	}
	f.call(ada, "POST", "/api/docs/render-batch", map[string]any{"items": []any{ndaRequest(t)}}, key...).expect(409, "idempotency_key_reused")
}

// TestRenderBatchAfterTheCase: a former member no longer sees the documents of the case in a job's result.
func TestRenderBatchAfterTheCase(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleClient)
	f.startJobs()
	var c api.Case
	f.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).expect(201, "").decode(&c)
	members := "/api/cases/" + c.ID.String() + "/members"
	f.call(ada, "POST", members, map[string]any{"userId": bob.ID, "role": "assistant"}).expect(201, "")
	inside := ndaRequest(t)
	inside["caseId"] = c.ID
	accepted := f.renderBatch(bob, inside, ndaRequest(t))
	_, all := f.waitForBatch(bob, accepted.JobID)
	if len(all.Items) != 2 || all.Items[0].DocID == "" || all.Items[1].DocID == "" {
		t.Fatalf("made %+v", all)
	}
	f.call(ada, "DELETE", members+"/"+bob.ID.String(), nil).expect(204, "")
	_, out := f.waitForBatch(bob, accepted.JobID)
	if out.Items[0].DocID+out.Items[0].Checksum != "" || out.Items[0].Error == nil || out.Items[0].Error.Code != "not_found" || out.Items[1] != all.Items[1] {
		t.Errorf("a former member reads %+v", out)
	}
	for _, path := range []string{"/api/jobs", "/api/jobs/" + accepted.JobID.String()} {
		if a := f.call(bob, "GET", path, nil).expect(200, ""); strings.Contains(string(a.body), all.Items[0].DocID) || strings.Contains(string(a.body), c.ID.String()) {
			t.Errorf("%s tells a former member %s", path, a.body)
		}
	}
	if _, out = f.waitForBatch(f.admin(), accepted.JobID); out.Items[0].DocID != all.Items[0].DocID {
		t.Errorf("an admin reads %+v", out)
	}
}
