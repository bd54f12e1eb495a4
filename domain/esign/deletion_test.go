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
	b := newFixture(t)
	ctx := t.Context()
	r := b.send(esign.NewRequest{Signers: twoSigners()})
	wantReason(t, b.archive.Delete(ctx, b.lena, r.DocumentID), domain.Conflict, "signature_open")
	wantReason(t, b.archive.Delete(ctx, b.root, r.DocumentID), domain.Conflict, "signature_open")
	b.sign("ada@example.com", typedSignature) // it is all there
	testkit.Must(t, second(b.Cancel(ctx, b.lena, r.ID)))
	testkit.Must(t, b.archive.Delete(ctx, b.lena, r.DocumentID))

	legalCase, err := b.cases.Create(ctx, b.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	r = b.send(esign.NewRequest{DocumentID: b.upload(contract(t, 1), &legalCase.ID).ID, Signers: twoSigners()})
	wantReason(t, b.archive.Delete(ctx, b.lena, r.DocumentID), domain.Conflict, "signature_open")
	wantReason(t, b.cases.Delete(ctx, b.lena, legalCase.ID), domain.Conflict, "signature_open")
	b.sign("ada@example.com", typedSignature)
	b.sign("grace@example.com", typedSignature)
	if s, _ := b.status(r); s != esign.Completed {
		t.Fatalf("is %s", s)
	}
	testkit.Must(t, b.archive.Delete(ctx, b.lena, r.DocumentID)) // what was signed is a document of its own
	testkit.Must(t, b.cases.Delete(ctx, b.lena, legalCase.ID))
}

// TestDeleteWhileSealing: a document that everyone has signed cannot be deleted before it is sealed.
func TestDeleteWhileSealing(t *testing.T) {
	b := newFixture(t)
	r := b.signedByAll(esign.NewRequest{Signers: twoSigners()})
	wantReason(t, b.archive.Delete(t.Context(), b.lena, r.DocumentID), domain.Conflict, "signature_open")
	b.mustRunJobs()
	testkit.Must(t, b.archive.Delete(t.Context(), b.lena, r.DocumentID))
}

// TestDeleteConcurrently: when a document is sent and deleted at the same time, one of the two fails.
func TestDeleteConcurrently(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	legalCase, err := b.cases.Create(ctx, b.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	deleted, sent := 0, 0
	for i := range 24 {
		in := &legalCase.ID
		if i%2 == 0 {
			in = nil
		}
		d := b.upload(contract(t, 1), in)
		var derr, serr error
		var wg sync.WaitGroup
		wg.Go(func() {
			time.Sleep(time.Duration(i/2) * 4 * time.Millisecond) // so that it falls into each part of sending
			derr = b.archive.Delete(ctx, b.lena, d.ID)
		})
		wg.Go(func() {
			_, serr = b.Initiate(ctx, b.lena, esign.NewRequest{DocumentID: d.ID, Workflow: esign.Parallel, Signers: twoSigners()})
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
func (b *fixture) signedByAll(n esign.NewRequest) esign.Request {
	b.t.Helper()
	n.Workflow = esign.Parallel
	r := b.send(n)
	for _, g := range n.Signers {
		token := b.token(g.Email)
		testkit.Must(b.t, second(b.View(b.t.Context(), token, visitor)))
		testkit.Must(b.t, second(b.Consent(b.t.Context(), token, esign.Disclosure, visitor)))
		testkit.Must(b.t, second(b.Sign(b.t.Context(), token, typedSignature, visitor)))
	}
	if s, _ := b.status(r); s != esign.Sealing {
		b.t.Fatalf("is %s", s)
	}
	return r
}

// TestSignLostDocument: nobody can consent to or sign a document that is lost or damaged.
func TestSignLostDocument(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(*fixture, esign.Request)
		code   domain.Code
		reason string
	}{
		"gone":        {func(b *fixture, r esign.Request) { b.files.Remove(fileKey(r)) }, domain.Conflict, "document_gone"},
		"corrupt":     {func(b *fixture, r esign.Request) { b.files.Content(fileKey(r))[100] ^= 1 }, domain.Conflict, "document_corrupt"},
		"cut off":     {func(b *fixture, r esign.Request) { b.files.SetContent(fileKey(r), b.files.Content(fileKey(r))[:100]) }, domain.Conflict, "document_corrupt"},
		"unreachable": {func(b *fixture, _ esign.Request) { b.files.SetDown(true) }, domain.Unavailable, files.ReasonStorage},
		"deleted before there was a rule": {func(b *fixture, r esign.Request) {
			_, err := b.pool.Exec("UPDATE documents SET state = 'deleted' WHERE id = ?", r.DocumentID)
			testkit.Must(b.t, err)
		}, domain.Conflict, "document_gone"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newFixture(t)
			ctx := t.Context()
			r := b.send(esign.NewRequest{Signers: twoSigners(), Workflow: esign.Parallel})
			ada, grace := b.token("ada@example.com"), b.token("grace@example.com")
			testkit.Must(t, second(b.View(ctx, ada, visitor)))
			testkit.Must(t, second(b.View(ctx, grace, visitor)))
			testkit.Must(t, second(b.Consent(ctx, grace, esign.Disclosure, visitor)))
			c.damage(b, r)
			wantReason(t, second(b.Consent(ctx, ada, esign.Disclosure, visitor)), c.code, c.reason)
			wantReason(t, second(b.Sign(ctx, grace, typedSignature, visitor)), c.code, c.reason)
			_, body, err := b.Document(ctx, ada, visitor)
			if err == nil { // what is damaged is found at its end
				_, err = io.Copy(io.Discard, body)
				testkit.Must(t, body.Close())
			}
			if err == nil {
				t.Error("a signer gets it")
			}
			if got := b.logKinds(r); got != "created sent1 delivered1 sent2 delivered2 opened1 opened2 consented2" {
				t.Errorf("log: %s", got)
			}
		})
	}
}

// TestSealLost: a request fails if its document is lost after the last signature, and everyone is notified.
func TestSealLost(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(*fixture, esign.Request)
		reason string
		tries  int
	}{
		"gone":    {func(b *fixture, r esign.Request) { b.files.Remove(fileKey(r)) }, "document_gone", 3},
		"corrupt": {func(b *fixture, r esign.Request) { b.files.Content(fileKey(r))[100] ^= 1 }, "document_corrupt", 3},
		"another": {func(b *fixture, r esign.Request) {
			_, err := b.pool.Exec("UPDATE documents SET sha256 = REPEAT('x', 32) WHERE id = ?", r.DocumentID)
			testkit.Must(b.t, err)
		}, "document_corrupt", 3},
	} {
		t.Run(name, func(t *testing.T) {
			b := newFixture(t)
			ctx := t.Context()
			legalCase, err := b.cases.Create(ctx, b.lena, cases.NewCase{Title: "Lease"})
			testkit.Must(t, err)
			r := b.signedByAll(esign.NewRequest{DocumentID: b.upload(contract(t, 1), &legalCase.ID).ID, Signers: twoSigners()})
			c.damage(b, r)
			for try := 1; try < c.tries; try++ {
				if errs := b.runJobs(); len(errs) != 1 {
					t.Fatalf("try %d: %v", try, errs)
				}
				if s, _ := b.status(r); s != esign.Sealing {
					t.Fatalf("is %s after try %d", s, try)
				}
			}
			mails := len(b.mail.mails)
			b.mustRunJobs()
			now, err := b.Get(ctx, b.lena, r.ID)
			testkit.Must(t, err)
			if now.Status != esign.Failed || now.SignedID != nil {
				t.Fatalf("is %+v", now)
			}
			log, err := b.Events(ctx, b.lena, r.ID)
			testkit.Must(t, err)
			if end := log[len(log)-1]; end.Kind != evidence.EventFailed || end.Detail != c.reason {
				t.Errorf("the log ends with %+v", end)
			}
			if got := b.published[len(b.published)-1]; got.Type != domain.EventSignatureFailed || got.UserID != b.lena.UserID || got.Data["trackingId"] != r.ID {
				t.Errorf("published %+v", got)
			}
			entries, _, err := b.cases.Timeline(ctx, b.lena, legalCase.ID, 100, 0)
			testkit.Must(t, err)
			if !strings.Contains(timeline(entries), "failed "+c.reason) {
				t.Errorf("the timeline says: %s", timeline(entries))
			}
			if len(b.mail.mails) != mails+3 {
				t.Errorf("%d mails went out", len(b.mail.mails)-mails)
			}
			for _, to := range []string{"lena@firm.example", "ada@example.com", "grace@example.com"} {
				if got := b.lastMail(to); got.subject != "Could not be completed: lease.pdf" || !strings.Contains(got.text, "lost or damaged") {
					t.Errorf("%s got %q: %s", to, got.subject, got.text)
				}
			}
			if found := b.verified(r); found.Status != string(esign.Failed) || found.Sealed {
				t.Errorf("the evidence says %+v", found)
			}
			wantReason(t, second(b.Cancel(ctx, b.lena, r.ID)), domain.Conflict, "signature_failed")
			testkit.Must(t, b.archive.Delete(ctx, b.lena, r.DocumentID))
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

func (b *fixture) verified(r esign.Request) evidence.Findings {
	b.t.Helper()
	bundle, err := b.Evidence(b.t.Context(), b.lena, r.ID)
	testkit.Must(b.t, err)
	found, err := evidence.Verify(bundle)
	testkit.Must(b.t, err)
	return found
}

// TestSealLater: sealing is retried while the store is down, up to a limit.
func TestSealLater(t *testing.T) {
	b := newFixture(t)
	r := b.signedByAll(esign.NewRequest{Signers: twoSigners()})
	b.files.SetDown(true)
	for range 10 {
		if errs := b.runJobs(); len(errs) != 1 || domain.CodeOf(errs[0]) != domain.Unavailable {
			t.Fatal(errs)
		}
	}
	b.now = b.now.Add(6 * 24 * time.Hour)
	b.sweep()
	if s, _ := b.status(r); s != esign.Sealing {
		t.Fatalf("is %s while the store is down", s)
	}
	b.files.SetDown(false)
	b.mustRunJobs()
	if s, _ := b.status(r); s != esign.Completed {
		t.Fatalf("is %s", s)
	}

	r = b.signedByAll(esign.NewRequest{Signers: twoSigners()})
	b.files.SetDown(true)
	b.runJobs()
	b.now = b.now.Add(7*24*time.Hour + time.Minute)
	b.sweep()
	b.files.SetDown(false)
	b.mustRunJobs()
	if s, _ := b.status(r); s != esign.Failed || b.lastMail("ada@example.com").subject != "Could not be completed: lease.pdf" {
		t.Errorf("is %s", s)
	}
}

// TestEraseOwner: erasing a person withdraws the requests that an admin sent for their documents.
func TestEraseOwner(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	d := b.upload(contract(t, 1), nil)
	r, err := b.Initiate(ctx, b.root, esign.NewRequest{DocumentID: d.ID, Workflow: esign.Parallel, Signers: twoSigners()})
	testkit.Must(t, err)
	b.mustRunJobs()
	testkit.Must(t, b.forget(b.lena.UserID))
	b.mustRunJobs()
	if s, _ := b.status(r); s != esign.Cancelled || b.lastMail("root@firm.example").subject != "Withdrawn: lease.pdf" || b.lastMail("ada@example.com").subject != "Withdrawn: lease.pdf" {
		t.Errorf("is %s", s)
	}
	b.now = b.now.Add(48 * time.Hour)
	b.sweep()
	wantCode(t, second(b.Get(ctx, b.root, r.ID)), domain.NotFound, "")

	d = b.upload(contract(t, 1), nil)
	_, err = b.Initiate(ctx, b.root, esign.NewRequest{DocumentID: d.ID, Workflow: esign.Parallel, Signers: twoSigners()})
	testkit.Must(t, err)
	b.mustRunJobs()
	b.sign("ada@example.com", typedSignature)
	b.signOnly("grace@example.com")
	wantReason(t, b.forget(b.lena.UserID), domain.Conflict, "signature_sealing")
}

// signOnly signs without running the jobs that follow.
func (b *fixture) signOnly(to string) {
	b.t.Helper()
	token := b.token(to)
	testkit.Must(b.t, second(b.View(b.t.Context(), token, visitor)))
	testkit.Must(b.t, second(b.Consent(b.t.Context(), token, esign.Disclosure, visitor)))
	testkit.Must(b.t, second(b.Sign(b.t.Context(), token, typedSignature, visitor)))
}
