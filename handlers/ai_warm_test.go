package handlers_test

import (
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/ai"
	"counsel/gen/api"
	"counsel/sandbox/llm"
	"counsel/sandbox/testkit"
)

// warmCache starts the job that answers questions and waits for its end.
func (f *fixture) warmCache(admin *user, questions ...map[string]any) (w ai.WarmResult) {
	f.t.Helper()
	var r api.WarmCacheResponse
	f.call(admin, "POST", "/api/ai/warm-cache", map[string]any{"questions": questions}).expect(202, "").decode(&r)
	if job := f.waitForJob(admin, r.JobID, &w); job.Status != api.JobStatusSucceeded || job.Progress.Done != r.Total {
		f.t.Errorf("the job ended as %+v", job)
	}
	return w
}

func TestWarmCache(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	admin, ada := f.admin(), f.register("ada", domain.RoleClient)
	ask := func(message, locale string) (r api.ChatResponse) {
		t.Helper()
		q := chatBody(ada, message)
		if locale != "" {
			q["locale"] = locale
		}
		f.call(ada, "POST", "/api/ai/chat", q).expect(200, "").decode(&r)
		return r
	}
	ask("What is an estoppel?", "")
	before := f.model.Count()
	w := f.warmCache(admin, map[string]any{"message": "What is an estoppel?"}, map[string]any{"message": "What is a lien?"}, map[string]any{"message": "What is a lien?", "locale": "de"})
	if w.Requested != 2 || w.Cached != 1 || w.Failed != 0 || w.TokensUsed <= 0 || f.model.Count() != before+2 {
		t.Errorf("warmed %+v with %d calls", w, f.model.Count()-before)
	}
	if !ask("What is a lien?", "").Cached || !ask("What is a lien?", "de").Cached || ask("What is a lien?", "fr").Cached {
		t.Error("questions do not find exactly the warmed answers")
	}
	var asked api.ConsultationList
	f.call(admin, "GET", "/api/ai/consultations?userId="+admin.ID.String(), nil).expect(200, "").decode(&asked)
	if len(asked.Items) != 0 {
		t.Errorf("the consultations of the admin are %+v", asked.Items)
	}

	// Questions with personal data are refused by pointer; only admins may call it.
	for pointer, body := range map[string]map[string]any{
		"/questions/1/message": {"message": "My name is Maria Gonzalez, maria@gonzalez.example. May I sue?"},
		"/questions/1/locale":  {"message": "What is a lien?", "locale": "xx-!"},
	} {
		a := f.call(admin, "POST", "/api/ai/warm-cache", map[string]any{"questions": []any{map[string]any{"message": "What is a tort?"}, body}}).expect(422, "invalid")
		if errs := a.problem().Errors; len(errs) != 1 || errs[0].Pointer != pointer {
			t.Errorf("%s: %s", pointer, a.body)
		}
	}
	f.call(ada, "POST", "/api/ai/warm-cache", map[string]any{"questions": []any{map[string]any{"message": "What is a tort?"}}}).expect(403, "forbidden")

	// An unusable answer is counted as failed; during an outage the job waits.
	testkit.Must(t, f.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeGarbage}))
	if w := f.warmCache(admin, map[string]any{"message": "What is a trust?"}); w != (ai.WarmResult{Failed: 1}) {
		t.Errorf("unusable: %+v", w)
	}
	testkit.Must(t, f.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeFail}))
	time.AfterFunc(time.Second, func() { _ = f.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeOK}) })
	if w := f.warmCache(admin, map[string]any{"message": "What is a bailment?"}); w.Requested != 1 {
		t.Errorf("after an outage: %+v", w)
	}
}
