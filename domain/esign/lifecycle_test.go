package esign_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/esign"
	"counsel/sandbox/testkit"
)

func TestEnds(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()

	t.Run("declined", func(t *testing.T) {
		r := f.send(esign.NewRequest{Signers: twoSigners(), Workflow: esign.Parallel})
		ada, grace := f.token("ada@example.com"), f.token("grace@example.com")
		_, err := f.Decline(ctx, ada, strings.Repeat("x", 1001), visitor)
		wantCode(t, err, domain.Invalid, "")
		v, err := f.Decline(ctx, ada, "  Clause 4 is wrong.\r\nSorry. ", visitor)
		testkit.Must(t, err)
		f.mustRunJobs()
		if v.State != esign.LinkDeclined {
			t.Errorf("the link is %s", v.State)
		}
		if s, g := f.status(r); s != esign.Declined || g[0] != esign.SignerDeclined || g[1] != esign.Sent {
			t.Errorf("is %s, %s", s, g)
		}
		if got := f.lastMail("lena@firm.example"); !strings.Contains(got.text, "Ada Lovelace declined") || !strings.Contains(got.text, "> Clause 4 is wrong.\n> Sorry.") {
			t.Errorf("the sender was notified: %s", got.text)
		}
		if got := f.lastMail("grace@example.com"); strings.Contains(got.text, "Ada") || strings.Contains(got.text, "Clause") || got.subject != "Declined: lease.pdf" {
			t.Errorf("the other signer was notified: %s", got.text)
		}
		v, err = f.View(ctx, grace, visitor)
		testkit.Must(t, err)
		if v.State != esign.LinkClosed {
			t.Errorf("the other signer's link is %s", v.State)
		}
		wantCode(t, second(f.Sign(ctx, grace, typedSignature, visitor)), domain.Conflict, "can no longer be signed")
		wantCode(t, second(f.Cancel(ctx, f.lena, r.ID)), domain.Conflict, "declined")
		wantCode(t, second(f.Remind(ctx, f.lena, r.ID)), domain.Conflict, "declined")
	})

	t.Run("cancelled", func(t *testing.T) {
		r := f.send(esign.NewRequest{Signers: twoSigners()})
		ada := f.token("ada@example.com")
		mails := len(f.mail.mails)
		wantCode(t, second(f.Cancel(ctx, f.bob, r.ID)), domain.NotFound, "no such signature request")
		testkit.Must(t, second(f.Cancel(ctx, f.lena, r.ID)))
		f.mustRunJobs()
		v, err := f.View(ctx, ada, visitor)
		testkit.Must(t, err)
		if v.State != esign.LinkClosed || f.lastMail("ada@example.com").subject != "Withdrawn: lease.pdf" || len(f.mail.mails) != mails+2 {
			t.Errorf("is %s, after %d mails", v.State, len(f.mail.mails)-mails)
		}
	})

	t.Run("expired", func(t *testing.T) {
		r := f.send(esign.NewRequest{Signers: twoSigners(), ExpiresAt: f.now.Add(2 * time.Hour)})
		ada := f.token("ada@example.com")
		testkit.Must(t, second(f.View(ctx, ada, visitor)))
		testkit.Must(t, second(f.Consent(ctx, ada, esign.Disclosure, visitor)))
		f.now = f.now.Add(2 * time.Hour)
		// The link expires by itself, before the sweep reads the request.
		wantCode(t, second(f.Sign(ctx, ada, typedSignature, visitor)), domain.Conflict, "over")
		v, err := f.View(ctx, ada, visitor)
		testkit.Must(t, err)
		if v.State != esign.LinkExpired {
			t.Errorf("the link is %s", v.State)
		}
		f.sweep()
		f.sweep()
		f.mustRunJobs()
		if s, _ := f.status(r); s != esign.Expired || strings.Count(f.logKinds(r), "expired") != 1 {
			t.Errorf("is %s: %s", s, f.logKinds(r))
		}
		if f.lastMail("lena@firm.example").subject != "Not signed in time: lease.pdf" {
			t.Error("the sender was not notified")
		}
	})
}

func TestPublishedEvents(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	legalCase, err := f.cases.Create(ctx, f.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	checkPublished := func(r esign.Request, want ...domain.EventType) {
		t.Helper()
		var got []domain.EventType
		for _, e := range f.published {
			if e.UserID != f.lena.UserID || (e.CaseID == nil) != (r.CaseID == nil) || len(e.Data) != 1 || e.Data["trackingId"] != r.ID {
				t.Errorf("published %+v", e)
			}
			if byHer := e.Type == domain.EventSignatureCreated || e.Type == domain.EventSignatureCancelled; byHer != (e.Actor == f.lena.UserID) || !byHer && !e.Actor.IsZero() {
				t.Errorf("%s was done by %s", e.Type, e.Actor)
			}
			got = append(got, e.Type)
		}
		if !slices.Equal(got, want) {
			t.Errorf("published %v, want %v", got, want)
		}
		f.published = nil
	}
	r := f.send(esign.NewRequest{DocumentID: f.upload(contract(t, 1), &legalCase.ID).ID, Signers: twoSigners()})
	checkPublished(r, domain.EventSignatureCreated)
	f.sign("ada@example.com", typedSignature)
	checkPublished(r, domain.EventSignatureSigned)
	f.sign("grace@example.com", drawnSignature)
	checkPublished(r, domain.EventSignatureSigned, domain.EventSignatureCompleted)

	r = f.send(esign.NewRequest{Signers: twoSigners()})
	testkit.Must(t, second(f.Cancel(ctx, f.lena, r.ID)))
	checkPublished(r, domain.EventSignatureCreated, domain.EventSignatureCancelled)
	r = f.send(esign.NewRequest{Signers: twoSigners()})
	testkit.Must(t, second(f.Decline(ctx, f.token("ada@example.com"), "", visitor)))
	checkPublished(r, domain.EventSignatureCreated, domain.EventSignatureDeclined)
	r = f.send(esign.NewRequest{Signers: twoSigners(), ExpiresAt: f.now.Add(time.Hour)})
	f.now = f.now.Add(time.Hour)
	f.sweep()
	checkPublished(r, domain.EventSignatureCreated, domain.EventSignatureExpired)
}
