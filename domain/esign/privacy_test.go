package esign_test

import (
	"strings"
	"testing"
	"time"

	"counsel/clients/esign/esigntest"
	"counsel/db"
	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/esign/evidence"
	"counsel/domain/esign/pades"
	"counsel/sandbox/testkit"
)

// parts is the data of the signer with an address.
func (f *fixture) parts(address string) (all []esign.SignerData) {
	f.t.Helper()
	testkit.Must(f.t, f.ExportSigners(f.t.Context(), address, func(p esign.SignerData) error {
		all = append(all, p)
		return nil
	}))
	return all
}

// forget erases a user.
func (f *fixture) forget(user domain.ID) error {
	return db.WithTx(f.t.Context(), f.pool, func(tx db.Tx) error { return f.EraseUser(f.t.Context(), tx, user) })
}

func TestParts(t *testing.T) {
	f := newFixture(t)
	for range 2 {
		f.send(esign.NewRequest{Signers: twoSigners()})
		f.sign("ada@example.com", typedSignature)
		f.sign("grace@example.com", drawnSignature)
		f.now = f.now.Add(time.Hour)
	}
	f.send(esign.NewRequest{Signers: []esign.NewSigner{{Name: "Eve", Email: "eve@example.com"}}})
	got := f.parts("GRACE@example.com")
	if len(got) != 2 || !got[0].Request.CreatedAt.After(got[1].Request.CreatedAt) {
		t.Fatalf("holds %+v", got)
	}
	p := got[0]
	if p.Request.Signers != nil || p.Signer.Name != "Grace Hopper" || p.Signer.Signature == nil || p.Signer.Disclosure == "" || len(p.Log) != 6 || p.Log[2].Kind != evidence.EventOpened || p.Log[3].Kind != evidence.EventViewed || p.Log[2].Address != visitor.Address {
		t.Errorf("holds %+v", p)
	}
	for _, e := range p.Log {
		if e.Signer != 2 {
			t.Errorf("another's: %+v", e)
		}
	}
	if got := f.parts("grace@example.co"); got != nil {
		t.Errorf("holds %+v", got)
	}
}

func TestForget(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	legalCase, err := f.cases.Create(ctx, f.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	sign := func(all bool, legalCase *domain.ID) esign.Request {
		r := f.send(esign.NewRequest{DocumentID: f.upload(contract(t, 1), legalCase).ID, Signers: twoSigners()})
		f.sign("ada@example.com", typedSignature)
		if all {
			f.sign("grace@example.com", drawnSignature)
		}
		return r
	}
	completed, half, inCase := sign(true, nil), sign(false, nil), sign(false, &legalCase.ID)
	withdrawn := f.send(esign.NewRequest{Signers: twoSigners()})
	testkit.Must(t, second(f.Cancel(ctx, f.lena, withdrawn.ID)))
	open := f.send(esign.NewRequest{Signers: twoSigners()})
	lena := f.lena.UserID
	f.lena = f.bob
	others := f.send(esign.NewRequest{Signers: twoSigners(), Workflow: esign.Parallel})
	link := f.token("ada@example.com")
	mails := len(f.mail.mails)

	testkit.Must(t, f.forget(lena))
	f.mustRunJobs()
	for _, c := range []struct {
		r    esign.Request
		want esign.Status
	}{{completed, esign.Completed}, {half, esign.Cancelled}, {inCase, esign.Open}, {withdrawn, esign.Cancelled}, {open, esign.Cancelled}, {others, esign.Open}} {
		if got, _ := f.status(c.r); got != c.want {
			t.Errorf("is %s, want %s", got, c.want)
		}
	}
	notified := map[string]int{}
	for _, m := range f.mail.mails[mails:] {
		if strings.HasPrefix(m.subject, "Withdrawn") {
			notified[m.to]++
		}
	}
	if notified["ada@example.com"] != 1 || notified["grace@example.com"] != 1 {
		t.Errorf("notified: %v", notified)
	}
	if f.published[len(f.published)-1].Type != domain.EventSignatureCancelled {
		t.Error("no event was published")
	}

	f.now = f.now.Add(47 * time.Hour)
	f.sweep()
	testkit.Must(t, second(f.Get(ctx, f.root, open.ID)))
	f.now = f.now.Add(time.Hour)
	f.sweep()
	for _, canceled := range []esign.Request{withdrawn, open} {
		wantCode(t, second(f.Get(ctx, f.root, canceled.ID)), domain.NotFound, "")
	}
	for _, table := range []string{"signature_requests", "signature_signers", "signature_events"} {
		var n int
		column := map[bool]string{true: "id", false: "request_id"}[table == "signature_requests"]
		testkit.Must(t, f.pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table+" WHERE "+column+" IN (?, ?)", withdrawn.ID, open.ID).Scan(&n)) //nolint:gosec // names of tables
		if n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
	// Signed requests are evidence, and those of a case belong to the case.
	for _, stays := range []esign.Request{completed, half, inCase} {
		raw, err := f.Evidence(ctx, f.root, stays.ID)
		testkit.Must(t, err)
		found, err := evidence.Verify(raw)
		testkit.Must(t, err)
		if len(found.Signers) != 2 || !strings.Contains(found.Signers[0], "Ada Lovelace <ada@example.com>: signed") {
			t.Errorf("the evidence says %+v", found)
		}
	}
	testkit.Must(t, second(f.View(ctx, link, visitor)))
	testkit.Must(t, f.forget(lena)) // a second call changes nothing
	if got, _ := f.status(half); got != esign.Cancelled {
		t.Error(got)
	}
}

// A document that everyone has signed must be sealed first.
func TestForgetWhileSealing(t *testing.T) {
	f := newFixture(t)
	r := f.send(esign.NewRequest{Signers: twoSigners()[:1]})
	token := f.token("ada@example.com")
	testkit.Must(t, second(f.View(t.Context(), token, visitor)))
	testkit.Must(t, second(f.Consent(t.Context(), token, esign.Disclosure, visitor)))
	testkit.Must(t, second(f.Sign(t.Context(), token, typedSignature, visitor)))
	wantCode(t, f.forget(f.lena.UserID), domain.Conflict, "sealed")
	f.mustRunJobs()
	testkit.Must(t, f.forget(f.lena.UserID))
	if got, _ := f.status(r); got != esign.Completed {
		t.Error(got)
	}
}

// The envelope is canceled at the provider before the request is deleted.
func TestForgetAtProvider(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, s *esigntest.Server) {
		r := f.send(esign.NewRequest{Signers: twoSigners()})
		s.BeforeRequest(answering(503, every))
		testkit.Must(t, f.forget(f.lena.UserID))
		f.runJobs()
		f.now = f.now.Add(72 * time.Hour)
		f.sweep()
		if got, _ := f.status(r); got != esign.Cancelled {
			t.Fatalf("is %s", got)
		}
		s.BeforeRequest(nil)
		f.mustRunJobs()
		f.sweep()
		if got := of(s, r); got != "cancelled" {
			t.Errorf("its envelope is %s", got)
		}
		wantCode(t, second(f.Get(t.Context(), f.root, r.ID)), domain.NotFound, "")
	})
}

// TestSignersGetTheirCopy: signers get the signed file even if the sender deletes it while mails are queued.
func TestSignersGetTheirCopy(t *testing.T) {
	for name, attack := range map[string]struct {
		inCase bool
		do     func(f *fixture, r esign.Request, legalCase domain.ID)
	}{
		"deletes it": {do: func(f *fixture, r esign.Request, _ domain.ID) {
			for _, who := range []domain.Principal{f.lena, f.root} {
				wantCode(f.t, f.archive.Delete(f.t.Context(), who, *r.SignedID), domain.Conflict, "mailed")
			}
			wantCode(f.t, f.archive.Delete(f.t.Context(), f.bob, *r.SignedID), domain.NotFound, "")
		}},
		"deletes the case": {inCase: true, do: func(f *fixture, r esign.Request, legalCase domain.ID) {
			wantCode(f.t, f.archive.Delete(f.t.Context(), f.lena, *r.SignedID), domain.Conflict, "mailed")
			testkit.Must(f.t, f.cases.Delete(f.t.Context(), f.lena, legalCase))
		}},
		"is erased": {do: func(f *fixture, r esign.Request, _ domain.ID) {
			testkit.Must(f.t, f.forget(f.lena.UserID))
			testkit.Must(f.t, db.WithTx(f.t.Context(), f.pool, func(tx db.Tx) error { return f.archive.EraseUser(f.t.Context(), tx, f.lena.UserID) }))
			wantCode(f.t, second(f.archive.Get(f.t.Context(), f.root, r.DocumentID)), domain.NotFound, "")
			raw, err := f.Evidence(f.t.Context(), f.root, r.ID)
			testkit.Must(f.t, err)
			found, err := evidence.Verify(raw)
			testkit.Must(f.t, err)
			if !found.Sealed {
				f.t.Errorf("the file is missing in the evidence: %+v", found)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			var legalCase domain.ID
			var of *domain.ID
			if attack.inCase {
				c, err := f.cases.Create(t.Context(), f.lena, cases.NewCase{Title: "Lease"})
				testkit.Must(t, err)
				legalCase, of = c.ID, &c.ID
			}
			r := f.send(esign.NewRequest{DocumentID: f.upload(contract(t, 1), of).ID, Signers: twoSigners(), Workflow: esign.Parallel})
			f.sign("ada@example.com", typedSignature)
			f.mail.outcome = func(string) email.Result { return email.Deferred }
			token := f.token("grace@example.com")
			testkit.Must(t, second(f.View(t.Context(), token, visitor)))
			testkit.Must(t, second(f.Consent(t.Context(), token, esign.Disclosure, visitor)))
			testkit.Must(t, second(f.Sign(t.Context(), token, typedSignature, visitor)))
			f.runJobs()
			r, err := f.Get(t.Context(), f.root, r.ID)
			testkit.Must(t, err)
			if r.Status != esign.Completed {
				t.Fatalf("is %s", r.Status)
			}
			attack.do(f, r, legalCase)
			f.mail.outcome = nil
			f.mustRunJobs()
			for _, to := range []string{"ada@example.com", "grace@example.com"} {
				if _, err := pades.Verify(f.lastMail(to).files["lease (signed).pdf"]); err != nil {
					t.Errorf("%s got %q: %v", to, f.lastMail(to).subject, err)
				}
			}
			if !attack.inCase {
				f.now = f.now.Add(48 * time.Hour)
				testkit.Must(t, f.archive.Delete(t.Context(), f.root, *r.SignedID))
			}
		})
	}
}
