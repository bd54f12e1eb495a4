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
	b := newFixture(t)
	d := b.upload(contract(t, 1), nil)
	b.files.SetDown(true)
	_, err := b.Initiate(t.Context(), b.lena, esign.NewRequest{DocumentID: d.ID, Signers: twoSigners(), Workflow: esign.Sequential})
	wantCode(t, err, domain.Unavailable, "")
	b.files.SetDown(false)

	b.mail.outcome = func(string) email.Result { return email.Deferred }
	r, err := b.Initiate(t.Context(), b.lena, esign.NewRequest{DocumentID: d.ID, Signers: twoSigners(), Workflow: esign.Sequential})
	testkit.Must(t, err)
	if failed := b.runJobs(); len(failed) != 1 || domain.CodeOf(failed[0]) != domain.Unavailable || b.logKinds(r) != "created" {
		t.Fatalf("%v, %s", failed, b.logKinds(r))
	}
	b.mail.outcome = nil
	again := b.jobs.Waiting()[0]
	b.mustRunJobs()
	testkit.Must(t, second(b.jobs.EnqueueNow(t.Context(), again))) // done, but not known to be: once more
	b.mustRunJobs()
	if b.logKinds(r) != "created sent1 delivered1" || b.mail.mails[0].id != b.mail.mails[1].id {
		t.Errorf("log: %s", b.logKinds(r))
	}

	b.sign("ada@example.com", typedSignature)
	token := b.token("grace@example.com")
	testkit.Must(t, second(b.View(t.Context(), token, visitor)))
	testkit.Must(t, second(b.Consent(t.Context(), token, esign.Disclosure, visitor)))
	testkit.Must(t, second(b.Sign(t.Context(), token, drawnSignature, visitor)))
	b.files.SetDown(true)
	if failed := b.runJobs(); len(failed) != 1 {
		t.Fatalf("%v", failed)
	}
	if s, _ := b.status(r); s != esign.Sealing {
		t.Fatalf("is %s", s)
	}
	wantCode(t, second(b.Cancel(t.Context(), b.lena, r.ID)), domain.Conflict, "sealing")
	b.files.SetDown(false)
	seal := b.jobs.Waiting()[0]
	b.mustRunJobs()
	testkit.Must(t, second(b.jobs.EnqueueNow(t.Context(), seal)))
	mails := len(b.mail.mails)
	b.mustRunJobs()
	if s, _ := b.status(r); s != esign.Completed || len(b.mail.mails) != mails || strings.Count(b.logKinds(r), "completed") != 1 {
		t.Errorf("is %s: %s", s, b.logKinds(r))
	}
}
