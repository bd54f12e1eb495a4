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

// parts is what is held of the signer at an address.
func (b *fixture) parts(address string) (all []esign.SignerData) {
	b.t.Helper()
	testkit.Must(b.t, b.ExportSigners(b.t.Context(), address, func(p esign.SignerData) error {
		all = append(all, p)
		return nil
	}))
	return all
}

// forget is what erasure does.
func (b *fixture) forget(user domain.ID) error {
	return db.WithTx(b.t.Context(), b.pool, func(tx db.Tx) error { return b.EraseUser(b.t.Context(), tx, user) })
}

func TestParts(t *testing.T) {
	b := newFixture(t)
	for range 2 {
		b.send(esign.NewRequest{Signers: twoSigners()})
		b.sign("ada@example.com", typedSignature)
		b.sign("grace@example.com", drawnSignature)
		b.now = b.now.Add(time.Hour)
	}
	b.send(esign.NewRequest{Signers: []esign.NewSigner{{Name: "Eve", Email: "eve@example.com"}}})
	got := b.parts("GRACE@example.com")
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
	if got := b.parts("grace@example.co"); got != nil {
		t.Errorf("holds %+v", got)
	}
}

func TestForget(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	legalCase, err := b.cases.Create(ctx, b.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	sign := func(all bool, legalCase *domain.ID) esign.Request {
		r := b.send(esign.NewRequest{DocumentID: b.upload(contract(t, 1), legalCase).ID, Signers: twoSigners()})
		b.sign("ada@example.com", typedSignature)
		if all {
			b.sign("grace@example.com", drawnSignature)
		}
		return r
	}
	completed, half, inCase := sign(true, nil), sign(false, nil), sign(false, &legalCase.ID)
	withdrawn := b.send(esign.NewRequest{Signers: twoSigners()})
	testkit.Must(t, second(b.Cancel(ctx, b.lena, withdrawn.ID)))
	open := b.send(esign.NewRequest{Signers: twoSigners()})
	lena := b.lena.UserID
	b.lena = b.bob
	others := b.send(esign.NewRequest{Signers: twoSigners(), Workflow: esign.Parallel})
	link := b.token("ada@example.com")
	mails := len(b.mail.mails)

	testkit.Must(t, b.forget(lena))
	b.mustRunJobs()
	for _, c := range []struct {
		r    esign.Request
		want esign.Status
	}{{completed, esign.Completed}, {half, esign.Cancelled}, {inCase, esign.Open}, {withdrawn, esign.Cancelled}, {open, esign.Cancelled}, {others, esign.Open}} {
		if got, _ := b.status(c.r); got != c.want {
			t.Errorf("is %s, want %s", got, c.want)
		}
	}
	notified := map[string]int{}
	for _, m := range b.mail.mails[mails:] {
		if strings.HasPrefix(m.subject, "Withdrawn") {
			notified[m.to]++
		}
	}
	if notified["ada@example.com"] != 1 || notified["grace@example.com"] != 1 {
		t.Errorf("notified are %v", notified)
	}
	if b.published[len(b.published)-1].Type != domain.EventSignatureCancelled {
		t.Error("no event is published")
	}

	b.now = b.now.Add(47 * time.Hour)
	b.sweep()
	testkit.Must(t, second(b.Get(ctx, b.root, open.ID)))
	b.now = b.now.Add(time.Hour)
	b.sweep()
	for _, gone := range []esign.Request{withdrawn, open} {
		wantCode(t, second(b.Get(ctx, b.root, gone.ID)), domain.NotFound, "")
	}
	for _, table := range []string{"signature_requests", "signature_signers", "signature_events"} {
		var n int
		column := map[bool]string{true: "id", false: "request_id"}[table == "signature_requests"]
		testkit.Must(t, b.pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table+" WHERE "+column+" IN (?, ?)", withdrawn.ID, open.ID).Scan(&n)) //nolint:gosec // names of tables
		if n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
	// What was signed is evidence, and what is of a case the case's.
	for _, stays := range []esign.Request{completed, half, inCase} {
		raw, err := b.Evidence(ctx, b.root, stays.ID)
		testkit.Must(t, err)
		found, err := evidence.Verify(raw)
		testkit.Must(t, err)
		if len(found.Signers) != 2 || !strings.Contains(found.Signers[0], "Ada Lovelace <ada@example.com>: signed") {
			t.Errorf("the evidence says %+v", found)
		}
	}
	testkit.Must(t, second(b.View(ctx, link, visitor)))
	testkit.Must(t, b.forget(lena)) // again changes nothing
	if got, _ := b.status(half); got != esign.Cancelled {
		t.Error(got)
	}
}

// A document that everyone has signed must be sealed first.
func TestForgetWhileSealing(t *testing.T) {
	b := newFixture(t)
	r := b.send(esign.NewRequest{Signers: twoSigners()[:1]})
	token := b.token("ada@example.com")
	testkit.Must(t, second(b.View(t.Context(), token, visitor)))
	testkit.Must(t, second(b.Consent(t.Context(), token, esign.Disclosure, visitor)))
	testkit.Must(t, second(b.Sign(t.Context(), token, typedSignature, visitor)))
	wantCode(t, b.forget(b.lena.UserID), domain.Conflict, "sealed")
	b.mustRunJobs()
	testkit.Must(t, b.forget(b.lena.UserID))
	if got, _ := b.status(r); got != esign.Completed {
		t.Error(got)
	}
}

// The envelope is canceled at the provider before the request is deleted.
func TestForgetAtProvider(t *testing.T) {
	each(t, func(t *testing.T, b *fixture, s *esigntest.Server) {
		r := b.send(esign.NewRequest{Signers: twoSigners()})
		s.BeforeRequest(answering(503, every))
		testkit.Must(t, b.forget(b.lena.UserID))
		b.runJobs()
		b.now = b.now.Add(72 * time.Hour)
		b.sweep()
		if got, _ := b.status(r); got != esign.Cancelled {
			t.Fatalf("is %s", got)
		}
		s.BeforeRequest(nil)
		b.mustRunJobs()
		b.sweep()
		if got := of(s, r); got != "cancelled" {
			t.Errorf("its envelope is %s", got)
		}
		wantCode(t, second(b.Get(t.Context(), b.root, r.ID)), domain.NotFound, "")
	})
}

// TestSignersGetTheirCopy: signers get the signed file, whatever the sender does while mails are queued.
func TestSignersGetTheirCopy(t *testing.T) {
	for name, attack := range map[string]struct {
		inCase bool
		do     func(b *fixture, r esign.Request, legalCase domain.ID)
	}{
		"deletes it": {do: func(b *fixture, r esign.Request, _ domain.ID) {
			for _, who := range []domain.Principal{b.lena, b.root} {
				wantCode(b.t, b.archive.Delete(b.t.Context(), who, *r.SignedID), domain.Conflict, "mailed")
			}
			wantCode(b.t, b.archive.Delete(b.t.Context(), b.bob, *r.SignedID), domain.NotFound, "")
		}},
		"deletes the case": {inCase: true, do: func(b *fixture, r esign.Request, legalCase domain.ID) {
			wantCode(b.t, b.archive.Delete(b.t.Context(), b.lena, *r.SignedID), domain.Conflict, "mailed")
			testkit.Must(b.t, b.cases.Delete(b.t.Context(), b.lena, legalCase))
		}},
		"is erased": {do: func(b *fixture, r esign.Request, _ domain.ID) {
			testkit.Must(b.t, b.forget(b.lena.UserID))
			testkit.Must(b.t, db.WithTx(b.t.Context(), b.pool, func(tx db.Tx) error { return b.archive.EraseUser(b.t.Context(), tx, b.lena.UserID) }))
			wantCode(b.t, second(b.archive.Get(b.t.Context(), b.root, r.DocumentID)), domain.NotFound, "")
			raw, err := b.Evidence(b.t.Context(), b.root, r.ID)
			testkit.Must(b.t, err)
			found, err := evidence.Verify(raw)
			testkit.Must(b.t, err)
			if !found.Sealed {
				b.t.Errorf("the evidence has lost the file: %+v", found)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newFixture(t)
			var legalCase domain.ID
			var of *domain.ID
			if attack.inCase {
				c, err := b.cases.Create(t.Context(), b.lena, cases.NewCase{Title: "Lease"})
				testkit.Must(t, err)
				legalCase, of = c.ID, &c.ID
			}
			r := b.send(esign.NewRequest{DocumentID: b.upload(contract(t, 1), of).ID, Signers: twoSigners(), Workflow: esign.Parallel})
			b.sign("ada@example.com", typedSignature)
			b.mail.outcome = func(string) email.Result { return email.Deferred }
			token := b.token("grace@example.com")
			testkit.Must(t, second(b.View(t.Context(), token, visitor)))
			testkit.Must(t, second(b.Consent(t.Context(), token, esign.Disclosure, visitor)))
			testkit.Must(t, second(b.Sign(t.Context(), token, typedSignature, visitor)))
			b.runJobs()
			r, err := b.Get(t.Context(), b.root, r.ID)
			testkit.Must(t, err)
			if r.Status != esign.Completed {
				t.Fatalf("is %s", r.Status)
			}
			attack.do(b, r, legalCase)
			b.mail.outcome = nil
			b.mustRunJobs()
			for _, to := range []string{"ada@example.com", "grace@example.com"} {
				if _, err := pades.Verify(b.lastMail(to).files["lease (signed).pdf"]); err != nil {
					t.Errorf("%s got %q: %v", to, b.lastMail(to).subject, err)
				}
			}
			if !attack.inCase {
				b.now = b.now.Add(48 * time.Hour)
				testkit.Must(t, b.archive.Delete(t.Context(), b.root, *r.SignedID))
			}
		})
	}
}
