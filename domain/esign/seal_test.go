package esign_test

import (
	"strings"
	"testing"

	"counsel/domain"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/sandbox/testkit"
)

// TestRetries: the store and the mail server are down at each step.
func TestRetries(t *testing.T) {
	f := newFixture(t)
	d := f.upload(contract(t, 1), nil)
	f.files.SetDown(true)
	_, err := f.Initiate(t.Context(), f.lena, esign.NewRequest{DocumentID: d.ID, Signers: twoSigners(), Workflow: esign.Sequential})
	wantCode(t, err, domain.Unavailable, "")
	f.files.SetDown(false)

	f.mail.outcome = func(string) email.Result { return email.Deferred }
	r, err := f.Initiate(t.Context(), f.lena, esign.NewRequest{DocumentID: d.ID, Signers: twoSigners(), Workflow: esign.Sequential})
	testkit.Must(t, err)
	if failed := f.runJobs(); len(failed) != 1 || domain.CodeOf(failed[0]) != domain.Unavailable || f.logKinds(r) != "created" {
		t.Fatalf("%v, %s", failed, f.logKinds(r))
	}
	f.mail.outcome = nil
	again := f.jobs.Waiting()[0]
	f.mustRunJobs()
	testkit.Must(t, second(f.jobs.EnqueueNow(t.Context(), again))) // completed, but not recorded: it runs again
	f.mustRunJobs()
	if f.logKinds(r) != "created sent1 delivered1" || f.mail.mails[0].id != f.mail.mails[1].id {
		t.Errorf("log: %s", f.logKinds(r))
	}

	f.sign("ada@example.com", typedSignature)
	token := f.token("grace@example.com")
	testkit.Must(t, second(f.View(t.Context(), token, visitor)))
	testkit.Must(t, second(f.Consent(t.Context(), token, esign.Disclosure, visitor)))
	testkit.Must(t, second(f.Sign(t.Context(), token, drawnSignature, visitor)))
	f.files.SetDown(true)
	if failed := f.runJobs(); len(failed) != 1 {
		t.Fatalf("%v", failed)
	}
	if s, _ := f.status(r); s != esign.Sealing {
		t.Fatalf("is %s", s)
	}
	wantCode(t, second(f.Cancel(t.Context(), f.lena, r.ID)), domain.Conflict, "sealing")
	f.files.SetDown(false)
	seal := f.jobs.Waiting()[0]
	f.mustRunJobs()
	testkit.Must(t, second(f.jobs.EnqueueNow(t.Context(), seal)))
	mails := len(f.mail.mails)
	f.mustRunJobs()
	if s, _ := f.status(r); s != esign.Completed || len(f.mail.mails) != mails || strings.Count(f.logKinds(r), "completed") != 1 {
		t.Errorf("is %s: %s", s, f.logKinds(r))
	}
}
