package esign_test

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/esign"
	"counsel/domain/esign/evidence"
	"counsel/domain/files"
	"counsel/sandbox/testkit"
)

func wantReason(t testing.TB, err error, code domain.Code, reason string) {
	t.Helper()
	if e, ok := errors.AsType[*domain.Error](err); !ok || e.Code != code || e.Reason != reason {
		t.Fatalf("got %v, want %s, %s", err, code, reason)
	}
}

func fileKey(r esign.Request) string { return "docs/" + r.DocumentID.String() }

// TestDeleteWhileOpen: a document cannot be deleted until the request has ended.
func TestDeleteWhileOpen(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	r := f.send(esign.NewRequest{Signers: twoSigners()})
	wantReason(t, f.archive.Delete(ctx, f.lena, r.DocumentID), domain.Conflict, "signature_open")
	wantReason(t, f.archive.Delete(ctx, f.root, r.DocumentID), domain.Conflict, "signature_open")
	f.sign("ada@example.com", typedSignature) // the file is complete
	testkit.Must(t, second(f.Cancel(ctx, f.lena, r.ID)))
	testkit.Must(t, f.archive.Delete(ctx, f.lena, r.DocumentID))

	legalCase, err := f.cases.Create(ctx, f.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	r = f.send(esign.NewRequest{DocumentID: f.upload(contract(t, 1), &legalCase.ID).ID, Signers: twoSigners()})
	wantReason(t, f.archive.Delete(ctx, f.lena, r.DocumentID), domain.Conflict, "signature_open")
	wantReason(t, f.cases.Delete(ctx, f.lena, legalCase.ID), domain.Conflict, "signature_open")
	f.sign("ada@example.com", typedSignature)
	f.sign("grace@example.com", typedSignature)
	if s, _ := f.status(r); s != esign.Completed {
		t.Fatalf("is %s", s)
	}
	testkit.Must(t, f.archive.Delete(ctx, f.lena, r.DocumentID)) // the signed file is a separate document
	testkit.Must(t, f.cases.Delete(ctx, f.lena, legalCase.ID))
}

// TestDeleteWhileSealing: a document that everyone has signed cannot be deleted before it is sealed.
func TestDeleteWhileSealing(t *testing.T) {
	f := newFixture(t)
	r := f.signedByAll(esign.NewRequest{Signers: twoSigners()})
	wantReason(t, f.archive.Delete(t.Context(), f.lena, r.DocumentID), domain.Conflict, "signature_open")
	f.mustRunJobs()
	testkit.Must(t, f.archive.Delete(t.Context(), f.lena, r.DocumentID))
}

// TestDeleteConcurrently: when a document is sent and deleted at the same time, one of the two fails.
func TestDeleteConcurrently(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	legalCase, err := f.cases.Create(ctx, f.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	deleted, sent := 0, 0
	for i := range 24 {
		in := &legalCase.ID
		if i%2 == 0 {
			in = nil
		}
		d := f.upload(contract(t, 1), in)
		var derr, serr error
		var wg sync.WaitGroup
		wg.Go(func() {
			time.Sleep(time.Duration(i/2) * 4 * time.Millisecond) // so that the deletion meets every phase of sending
			derr = f.archive.Delete(ctx, f.lena, d.ID)
		})
		wg.Go(func() {
			_, serr = f.Initiate(ctx, f.lena, esign.NewRequest{DocumentID: d.ID, Workflow: esign.Parallel, Signers: twoSigners()})
		})
		wg.Wait()
		switch {
		case derr == nil && domain.CodeOf(serr) == domain.NotFound:
			deleted++
		case derr == nil && errors.Is(serr, files.ErrMissing):
			deleted++
		case serr == nil:
			wantReason(t, derr, domain.Conflict, "signature_open")
			sent++
		default:
			t.Fatalf("deleting: %v; sending: %v", derr, serr)
		}
	}
	if deleted == 0 || sent == 0 {
		t.Errorf("%d deleted, %d sent: both must happen", deleted, sent)
	}
}

// signedByAll returns a request that everyone has signed and that is not sealed yet.
func (f *fixture) signedByAll(n esign.NewRequest) esign.Request {
	f.t.Helper()
	n.Workflow = esign.Parallel
	r := f.send(n)
	for _, g := range n.Signers {
		token := f.token(g.Email)
		testkit.Must(f.t, second(f.View(f.t.Context(), token, visitor)))
		testkit.Must(f.t, second(f.Consent(f.t.Context(), token, esign.Disclosure, visitor)))
		testkit.Must(f.t, second(f.Sign(f.t.Context(), token, typedSignature, visitor)))
	}
	if s, _ := f.status(r); s != esign.Sealing {
		f.t.Fatalf("is %s", s)
	}
	return r
}

// TestSignMissingDocument: nobody can consent to or sign a document that is missing or damaged.
func TestSignMissingDocument(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(*fixture, esign.Request)
		code   domain.Code
		reason string
	}{
		"gone":        {func(f *fixture, r esign.Request) { f.files.Remove(fileKey(r)) }, domain.Conflict, "document_gone"},
		"corrupt":     {func(f *fixture, r esign.Request) { f.files.Content(fileKey(r))[100] ^= 1 }, domain.Conflict, "document_corrupt"},
		"cut off":     {func(f *fixture, r esign.Request) { f.files.SetContent(fileKey(r), f.files.Content(fileKey(r))[:100]) }, domain.Conflict, "document_corrupt"},
		"unreachable": {func(f *fixture, _ esign.Request) { f.files.SetDown(true) }, domain.Unavailable, files.ReasonStorage},
		"deleted before there was a rule": {func(f *fixture, r esign.Request) {
			_, err := f.pool.Exec("UPDATE documents SET state = 'deleted' WHERE id = ?", r.DocumentID)
			testkit.Must(f.t, err)
		}, domain.Conflict, "document_gone"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			ctx := t.Context()
			r := f.send(esign.NewRequest{Signers: twoSigners(), Workflow: esign.Parallel})
			ada, grace := f.token("ada@example.com"), f.token("grace@example.com")
			testkit.Must(t, second(f.View(ctx, ada, visitor)))
			testkit.Must(t, second(f.View(ctx, grace, visitor)))
			testkit.Must(t, second(f.Consent(ctx, grace, esign.Disclosure, visitor)))
			c.damage(f, r)
			wantReason(t, second(f.Consent(ctx, ada, esign.Disclosure, visitor)), c.code, c.reason)
			wantReason(t, second(f.Sign(ctx, grace, typedSignature, visitor)), c.code, c.reason)
			_, body, err := f.Document(ctx, ada, visitor)
			if err == nil { // damage is detected at the end of the file
				_, err = io.Copy(io.Discard, body)
				testkit.Must(t, body.Close())
			}
			if err == nil {
				t.Error("a signer can read it")
			}
			if got := f.logKinds(r); got != "created sent1 delivered1 sent2 delivered2 opened1 opened2 consented2" {
				t.Errorf("log: %s", got)
			}
		})
	}
}

// TestSealMissingDocument: a request fails if its document is missing after the last signature, and everyone is notified.
func TestSealMissingDocument(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(*fixture, esign.Request)
		reason string
		tries  int
	}{
		"gone":    {func(f *fixture, r esign.Request) { f.files.Remove(fileKey(r)) }, "document_gone", 3},
		"corrupt": {func(f *fixture, r esign.Request) { f.files.Content(fileKey(r))[100] ^= 1 }, "document_corrupt", 3},
		"another": {func(f *fixture, r esign.Request) {
			_, err := f.pool.Exec("UPDATE documents SET sha256 = REPEAT('x', 32) WHERE id = ?", r.DocumentID)
			testkit.Must(f.t, err)
		}, "document_corrupt", 3},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			ctx := t.Context()
			legalCase, err := f.cases.Create(ctx, f.lena, cases.NewCase{Title: "Lease"})
			testkit.Must(t, err)
			r := f.signedByAll(esign.NewRequest{DocumentID: f.upload(contract(t, 1), &legalCase.ID).ID, Signers: twoSigners()})
			c.damage(f, r)
			for try := 1; try < c.tries; try++ {
				if errs := f.runJobs(); len(errs) != 1 {
					t.Fatalf("try %d: %v", try, errs)
				}
				if s, _ := f.status(r); s != esign.Sealing {
					t.Fatalf("is %s after try %d", s, try)
				}
			}
			mails := len(f.mail.mails)
			f.mustRunJobs()
			now, err := f.Get(ctx, f.lena, r.ID)
			testkit.Must(t, err)
			if now.Status != esign.Failed || now.SignedID != nil {
				t.Fatalf("is %+v", now)
			}
			log, err := f.Events(ctx, f.lena, r.ID)
			testkit.Must(t, err)
			if end := log[len(log)-1]; end.Kind != evidence.EventFailed || end.Detail != c.reason {
				t.Errorf("the log ends with %+v", end)
			}
			if got := f.published[len(f.published)-1]; got.Type != domain.EventSignatureFailed || got.UserID != f.lena.UserID || got.Data["trackingId"] != r.ID {
				t.Errorf("published %+v", got)
			}
			entries, _, err := f.cases.Timeline(ctx, f.lena, legalCase.ID, 100, 0)
			testkit.Must(t, err)
			if !strings.Contains(timeline(entries), "failed "+c.reason) {
				t.Errorf("the timeline says: %s", timeline(entries))
			}
			if len(f.mail.mails) != mails+3 {
				t.Errorf("%d mails were sent", len(f.mail.mails)-mails)
			}
			for _, to := range []string{"lena@firm.example", "ada@example.com", "grace@example.com"} {
				if got := f.lastMail(to); got.subject != "Could not be completed: lease.pdf" || !strings.Contains(got.text, "lost or damaged") {
					t.Errorf("%s got %q: %s", to, got.subject, got.text)
				}
			}
			if found := f.verified(r); found.Status != string(esign.Failed) || found.Sealed {
				t.Errorf("the evidence says %+v", found)
			}
			wantReason(t, second(f.Cancel(ctx, f.lena, r.ID)), domain.Conflict, "signature_failed")
			testkit.Must(t, f.archive.Delete(ctx, f.lena, r.DocumentID))
		})
	}
}

func timeline(entries []cases.Entry) string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Detail)
	}
	return strings.Join(all, "; ")
}

func (f *fixture) verified(r esign.Request) evidence.Findings {
	f.t.Helper()
	bundle, err := f.Evidence(f.t.Context(), f.lena, r.ID)
	testkit.Must(f.t, err)
	found, err := evidence.Verify(bundle)
	testkit.Must(f.t, err)
	return found
}

// TestSealLater: sealing is retried while the store is down, up to a limit.
func TestSealLater(t *testing.T) {
	f := newFixture(t)
	r := f.signedByAll(esign.NewRequest{Signers: twoSigners()})
	f.files.SetDown(true)
	for range 10 {
		if errs := f.runJobs(); len(errs) != 1 || domain.CodeOf(errs[0]) != domain.Unavailable {
			t.Fatal(errs)
		}
	}
	f.now = f.now.Add(6 * 24 * time.Hour)
	f.sweep()
	if s, _ := f.status(r); s != esign.Sealing {
		t.Fatalf("is %s while the store is down", s)
	}
	f.files.SetDown(false)
	f.mustRunJobs()
	if s, _ := f.status(r); s != esign.Completed {
		t.Fatalf("is %s", s)
	}

	r = f.signedByAll(esign.NewRequest{Signers: twoSigners()})
	f.files.SetDown(true)
	f.runJobs()
	f.now = f.now.Add(7*24*time.Hour + time.Minute)
	f.sweep()
	f.files.SetDown(false)
	f.mustRunJobs()
	if s, _ := f.status(r); s != esign.Failed || f.lastMail("ada@example.com").subject != "Could not be completed: lease.pdf" {
		t.Errorf("is %s", s)
	}
}

// TestEraseOwner: erasing a person withdraws the requests that an admin sent for their documents.
func TestEraseOwner(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	d := f.upload(contract(t, 1), nil)
	r, err := f.Initiate(ctx, f.root, esign.NewRequest{DocumentID: d.ID, Workflow: esign.Parallel, Signers: twoSigners()})
	testkit.Must(t, err)
	f.mustRunJobs()
	testkit.Must(t, f.forget(f.lena.UserID))
	f.mustRunJobs()
	if s, _ := f.status(r); s != esign.Cancelled || f.lastMail("root@firm.example").subject != "Withdrawn: lease.pdf" || f.lastMail("ada@example.com").subject != "Withdrawn: lease.pdf" {
		t.Errorf("is %s", s)
	}
	f.now = f.now.Add(48 * time.Hour)
	f.sweep()
	wantCode(t, second(f.Get(ctx, f.root, r.ID)), domain.NotFound, "")

	d = f.upload(contract(t, 1), nil)
	_, err = f.Initiate(ctx, f.root, esign.NewRequest{DocumentID: d.ID, Workflow: esign.Parallel, Signers: twoSigners()})
	testkit.Must(t, err)
	f.mustRunJobs()
	f.sign("ada@example.com", typedSignature)
	f.signOnly("grace@example.com")
	wantReason(t, f.forget(f.lena.UserID), domain.Conflict, "signature_sealing")
}

// signOnly signs without running the jobs that follow.
func (f *fixture) signOnly(to string) {
	f.t.Helper()
	token := f.token(to)
	testkit.Must(f.t, second(f.View(f.t.Context(), token, visitor)))
	testkit.Must(f.t, second(f.Consent(f.t.Context(), token, esign.Disclosure, visitor)))
	testkit.Must(f.t, second(f.Sign(f.t.Context(), token, typedSignature, visitor)))
}
