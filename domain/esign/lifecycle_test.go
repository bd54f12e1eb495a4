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
	b := newFixture(t)
	ctx := t.Context()

	t.Run("declined", func(t *testing.T) {
		r := b.send(esign.NewRequest{Signers: twoSigners(), Workflow: esign.Parallel})
		ada, grace := b.token("ada@example.com"), b.token("grace@example.com")
		_, err := b.Decline(ctx, ada, strings.Repeat("x", 1001), visitor)
		wantCode(t, err, domain.Invalid, "")
		v, err := b.Decline(ctx, ada, "  Clause 4 is wrong.\r\nSorry. ", visitor)
		testkit.Must(t, err)
		b.mustRunJobs()
		if v.State != esign.LinkDeclined {
			t.Errorf("the link is %s", v.State)
		}
		if s, g := b.status(r); s != esign.Declined || g[0] != esign.SignerDeclined || g[1] != esign.Sent {
			t.Errorf("is %s, %s", s, g)
		}
		if got := b.lastMail("lena@firm.example"); !strings.Contains(got.text, "Ada Lovelace declined") || !strings.Contains(got.text, "> Clause 4 is wrong.\n> Sorry.") {
			t.Errorf("the sender hears %s", got.text)
		}
		if got := b.lastMail("grace@example.com"); strings.Contains(got.text, "Ada") || strings.Contains(got.text, "Clause") || got.subject != "Declined: lease.pdf" {
			t.Errorf("the other signer hears %s", got.text)
		}
		v, err = b.View(ctx, grace, visitor)
		testkit.Must(t, err)
		if v.State != esign.LinkClosed {
			t.Errorf("the other's link is %s", v.State)
		}
		wantCode(t, second(b.Sign(ctx, grace, typedSignature, visitor)), domain.Conflict, "can no longer be signed")
		wantCode(t, second(b.Cancel(ctx, b.lena, r.ID)), domain.Conflict, "declined")
		wantCode(t, second(b.Remind(ctx, b.lena, r.ID)), domain.Conflict, "declined")
	})

	t.Run("cancelled", func(t *testing.T) {
		r := b.send(esign.NewRequest{Signers: twoSigners()})
		ada := b.token("ada@example.com")
		mails := len(b.mail.mails)
		wantCode(t, second(b.Cancel(ctx, b.bob, r.ID)), domain.NotFound, "no such signature request")
		testkit.Must(t, second(b.Cancel(ctx, b.lena, r.ID)))
		b.mustRunJobs()
		v, err := b.View(ctx, ada, visitor)
		testkit.Must(t, err)
		if v.State != esign.LinkClosed || b.lastMail("ada@example.com").subject != "Withdrawn: lease.pdf" || len(b.mail.mails) != mails+2 {
			t.Errorf("is %s, after %d mails", v.State, len(b.mail.mails)-mails)
		}
	})

	t.Run("expired", func(t *testing.T) {
		r := b.send(esign.NewRequest{Signers: twoSigners(), ExpiresAt: b.now.Add(2 * time.Hour)})
		ada := b.token("ada@example.com")
		testkit.Must(t, second(b.View(ctx, ada, visitor)))
		testkit.Must(t, second(b.Consent(ctx, ada, esign.Disclosure, visitor)))
		b.now = b.now.Add(2 * time.Hour)
		// The link is over by itself, before anything has looked at the request.
		wantCode(t, second(b.Sign(ctx, ada, typedSignature, visitor)), domain.Conflict, "over")
		v, err := b.View(ctx, ada, visitor)
		testkit.Must(t, err)
		if v.State != esign.LinkExpired {
			t.Errorf("the link is %s", v.State)
		}
		b.sweep()
		b.sweep()
		b.mustRunJobs()
		if s, _ := b.status(r); s != esign.Expired || strings.Count(b.logKinds(r), "expired") != 1 {
			t.Errorf("is %s: %s", s, b.logKinds(r))
		}
		if b.lastMail("lena@firm.example").subject != "Not signed in time: lease.pdf" {
			t.Error("the sender was not notified")
		}
	})
}

func TestPublishedEvents(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	legalCase, err := b.cases.Create(ctx, b.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	tells := func(r esign.Request, want ...domain.EventType) {
		t.Helper()
		var got []domain.EventType
		for _, e := range b.published {
			if e.UserID != b.lena.UserID || (e.CaseID == nil) != (r.CaseID == nil) || len(e.Data) != 1 || e.Data["trackingId"] != r.ID {
				t.Errorf("tells %+v", e)
			}
			if byHer := e.Type == domain.EventSignatureCreated || e.Type == domain.EventSignatureCancelled; byHer != (e.Actor == b.lena.UserID) || !byHer && !e.Actor.IsZero() {
				t.Errorf("%s was done by %s", e.Type, e.Actor)
			}
			got = append(got, e.Type)
		}
		if !slices.Equal(got, want) {
			t.Errorf("tells %v, want %v", got, want)
		}
		b.published = nil
	}
	r := b.send(esign.NewRequest{DocumentID: b.upload(contract(t, 1), &legalCase.ID).ID, Signers: twoSigners()})
	tells(r, domain.EventSignatureCreated)
	b.sign("ada@example.com", typedSignature)
	tells(r, domain.EventSignatureSigned)
	b.sign("grace@example.com", drawnSignature)
	tells(r, domain.EventSignatureSigned, domain.EventSignatureCompleted)

	r = b.send(esign.NewRequest{Signers: twoSigners()})
	testkit.Must(t, second(b.Cancel(ctx, b.lena, r.ID)))
	tells(r, domain.EventSignatureCreated, domain.EventSignatureCancelled)
	r = b.send(esign.NewRequest{Signers: twoSigners()})
	testkit.Must(t, second(b.Decline(ctx, b.token("ada@example.com"), "", visitor)))
	tells(r, domain.EventSignatureCreated, domain.EventSignatureDeclined)
	r = b.send(esign.NewRequest{Signers: twoSigners(), ExpiresAt: b.now.Add(time.Hour)})
	b.now = b.now.Add(time.Hour)
	b.sweep()
	tells(r, domain.EventSignatureCreated, domain.EventSignatureExpired)
}
