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
func (b *bench) parts(address string) (all []esign.SignerData) {
	b.t.Helper()
	testkit.Must(b.t, b.ExportSigners(b.t.Context(), address, func(p esign.SignerData) error {
		all = append(all, p)
		return nil
	}))
	return all
}

// forget is what erasure does.
func (b *bench) forget(user domain.ID) error {
	return db.WithTx(b.t.Context(), b.pool, func(tx db.Tx) error { return b.EraseUser(b.t.Context(), tx, user) })
}

func TestParts(t *testing.T) {
	b := newBench(t)
	for range 2 {
		b.send(esign.NewRequest{Signers: two()})
		b.sign("ada@example.com", typed)
		b.sign("grace@example.com", drawn)
		b.now = b.now.Add(time.Hour)
	}
	b.send(esign.NewRequest{Signers: []esign.NewSigner{{Name: "Eve", Email: "eve@example.com"}}})
	got := b.parts("GRACE@example.com")
	if len(got) != 2 || !got[0].Request.CreatedAt.After(got[1].Request.CreatedAt) {
		t.Fatalf("holds %+v", got)
	}
	p := got[0]
	if p.Request.Signers != nil || p.Signer.Name != "Grace Hopper" || p.Signer.Signature == nil || p.Signer.Disclosure == "" || len(p.Log) != 6 || p.Log[2].Kind != evidence.EventOpened || p.Log[3].Kind != evidence.EventViewed || p.Log[2].Address != phone.Address {
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
	b := newBench(t)
	ctx := t.Context()
	matter, err := b.cases.Create(ctx, b.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	sign := func(all bool, matter *domain.ID) esign.Request {
		r := b.send(esign.NewRequest{DocumentID: b.upload(contract(t, 1), matter).ID, Signers: two()})
		b.sign("ada@example.com", typed)
		if all {
			b.sign("grace@example.com", drawn)
		}
		return r
	}
	completed, half, inCase := sign(true, nil), sign(false, nil), sign(false, &matter.ID)
	withdrawn := b.send(esign.NewRequest{Signers: two()})
	testkit.Must(t, second(b.Cancel(ctx, b.lena, withdrawn.ID)))
	open := b.send(esign.NewRequest{Signers: two()})
	lena := b.lena.UserID
	b.lena = b.bob
	others := b.send(esign.NewRequest{Signers: two(), Workflow: esign.Parallel})
	link := b.token("ada@example.com")
	mails := len(b.post.mails)

	testkit.Must(t, b.forget(lena))
	b.done()
	for _, c := range []struct {
		r    esign.Request
		want esign.Status
	}{{completed, esign.Completed}, {half, esign.Cancelled}, {inCase, esign.Open}, {withdrawn, esign.Cancelled}, {open, esign.Cancelled}, {others, esign.Open}} {
		if got, _ := b.status(c.r); got != c.want {
			t.Errorf("is %s, want %s", got, c.want)
		}
	}
	told := map[string]int{}
	for _, m := range b.post.mails[mails:] {
		if strings.HasPrefix(m.subject, "Withdrawn") {
			told[m.to]++
		}
	}
	if told["ada@example.com"] != 1 || told["grace@example.com"] != 1 {
		t.Errorf("told are %v", told)
	}
	if b.told[len(b.told)-1].Type != domain.EventSignatureCancelled {
		t.Error("others are not told")
	}

	b.now = b.now.Add(47 * time.Hour)
	testkit.Must(t, b.desk.sweep(ctx))
	testkit.Must(t, second(b.Get(ctx, b.root, open.ID)))
	b.now = b.now.Add(time.Hour)
	testkit.Must(t, b.desk.sweep(ctx))
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
	testkit.Must(t, second(b.View(ctx, link, phone)))
	testkit.Must(t, b.forget(lena)) // again changes nothing
	if got, _ := b.status(half); got != esign.Cancelled {
		t.Error(got)
	}
}

// What all have signed is sealed first.
func TestForgetWhileSealing(t *testing.T) {
	b := newBench(t)
	r := b.send(esign.NewRequest{Signers: two()[:1]})
	token := b.token("ada@example.com")
	testkit.Must(t, second(b.View(t.Context(), token, phone)))
	testkit.Must(t, second(b.Consent(t.Context(), token, esign.Disclosure, phone)))
	testkit.Must(t, second(b.Sign(t.Context(), token, typed, phone)))
	wantCode(t, b.forget(b.lena.UserID), domain.Conflict, "sealed")
	b.done()
	testkit.Must(t, b.forget(b.lena.UserID))
	if got, _ := b.status(r); got != esign.Completed {
		t.Error(got)
	}
}

// At a provider the envelope is ended, too, and only then is the request gone.
func TestForgetAtProvider(t *testing.T) {
	each(t, func(t *testing.T, b *bench, s *esigntest.Server) {
		r := b.send(esign.NewRequest{Signers: two()})
		s.BeforeRequest(answering(503, every))
		testkit.Must(t, b.forget(b.lena.UserID))
		b.work()
		b.now = b.now.Add(72 * time.Hour)
		testkit.Must(t, b.desk.sweep(t.Context()))
		if got, _ := b.status(r); got != esign.Cancelled {
			t.Fatalf("is %s", got)
		}
		s.BeforeRequest(nil)
		b.done()
		testkit.Must(t, b.desk.sweep(t.Context()))
		if got := of(s, r); got != "cancelled" {
			t.Errorf("its envelope is %s", got)
		}
		wantCode(t, second(b.Get(t.Context(), b.root, r.ID)), domain.NotFound, "")
	})
}

// TestSignersGetTheirCopy: whatever its sender does while mails wait, all who signed get what they signed.
func TestSignersGetTheirCopy(t *testing.T) {
	for name, attack := range map[string]struct {
		inCase bool
		do     func(b *bench, r esign.Request, matter domain.ID)
	}{
		"deletes it": {do: func(b *bench, r esign.Request, _ domain.ID) {
			for _, who := range []domain.Principal{b.lena, b.root} {
				wantCode(b.t, b.archive.Delete(b.t.Context(), who, *r.SignedID), domain.Conflict, "mailed")
			}
			wantCode(b.t, b.archive.Delete(b.t.Context(), b.bob, *r.SignedID), domain.NotFound, "")
		}},
		"deletes the case": {inCase: true, do: func(b *bench, r esign.Request, matter domain.ID) {
			wantCode(b.t, b.archive.Delete(b.t.Context(), b.lena, *r.SignedID), domain.Conflict, "mailed")
			testkit.Must(b.t, b.cases.Delete(b.t.Context(), b.lena, matter))
		}},
		"is erased": {do: func(b *bench, r esign.Request, _ domain.ID) {
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
			b := newBench(t)
			var matter domain.ID
			var of *domain.ID
			if attack.inCase {
				c, err := b.cases.Create(t.Context(), b.lena, cases.NewCase{Title: "Lease"})
				testkit.Must(t, err)
				matter, of = c.ID, &c.ID
			}
			r := b.send(esign.NewRequest{DocumentID: b.upload(contract(t, 1), of).ID, Signers: two(), Workflow: esign.Parallel})
			b.sign("ada@example.com", typed)
			b.post.fate = func(string) email.Result { return email.Deferred }
			token := b.token("grace@example.com")
			testkit.Must(t, second(b.View(t.Context(), token, phone)))
			testkit.Must(t, second(b.Consent(t.Context(), token, esign.Disclosure, phone)))
			testkit.Must(t, second(b.Sign(t.Context(), token, typed, phone)))
			b.work()
			r, err := b.Get(t.Context(), b.root, r.ID)
			testkit.Must(t, err)
			if r.Status != esign.Completed {
				t.Fatalf("is %s", r.Status)
			}
			attack.do(b, r, matter)
			b.post.fate = nil
			b.done()
			for _, to := range []string{"ada@example.com", "grace@example.com"} {
				if _, err := pades.Verify(b.last(to).files["lease (signed).pdf"]); err != nil {
					t.Errorf("%s got %q: %v", to, b.last(to).subject, err)
				}
			}
			if !attack.inCase {
				b.now = b.now.Add(48 * time.Hour)
				testkit.Must(t, b.archive.Delete(t.Context(), b.root, *r.SignedID))
			}
		})
	}
}
