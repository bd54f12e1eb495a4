package esign_test

import (
	"testing"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/esign"
	"counsel/sandbox/testkit"
)

func TestAccess(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	legalCase, err := b.cases.Create(ctx, b.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	d := b.upload(contract(t, 1), &legalCase.ID)
	r := b.send(esign.NewRequest{DocumentID: d.ID, Signers: twoSigners()})
	for name, err := range map[string]error{
		"get": second(b.Get(ctx, b.bob, r.ID)), "events": second(b.Events(ctx, b.bob, r.ID)), "evidence": second(b.Evidence(ctx, b.bob, r.ID)),
		"cancel": second(b.Cancel(ctx, b.bob, r.ID)), "remind": second(b.Remind(ctx, b.bob, r.ID)),
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, err, domain.NotFound, "no such signature request") })
	}
	list := func(who domain.Principal, legalCase *domain.ID) (n int, err error) {
		items, _, err := b.List(ctx, who, esign.Filter{CaseID: legalCase})
		return len(items), err
	}
	if n, err := list(b.bob, nil); err != nil || n != 0 {
		t.Errorf("another lists %d, %v", n, err)
	}
	_, err = list(b.bob, &legalCase.ID)
	wantCode(t, err, domain.NotFound, "")
	_, err = b.cases.AddMember(ctx, b.lena, legalCase.ID, cases.NewMember{UserID: &b.bob.UserID, Role: cases.Owner})
	testkit.Must(t, err)
	if n, err := list(b.bob, &legalCase.ID); err != nil || n != 1 {
		t.Errorf("a member lists %d, %v", n, err)
	}
	// Whoever leaves the case leaves what they sent from it.
	testkit.Must(t, b.cases.RemoveMember(ctx, b.bob, legalCase.ID, b.lena.UserID))
	if n, err := list(b.lena, nil); err != nil || n != 0 {
		t.Errorf("the sender who left lists %d, %v", n, err)
	}
	wantCode(t, second(b.Get(ctx, b.lena, r.ID)), domain.NotFound, "")
	b.sign("ada@example.com", typedSignature)

	// Nothing is signed in a closed case.
	closed := cases.Closed
	_, err = b.cases.Update(ctx, b.bob, legalCase.ID, cases.Update{Status: &closed})
	testkit.Must(t, err)
	token := b.token("grace@example.com")
	v, err := b.View(ctx, token, visitor)
	testkit.Must(t, err)
	if v.State != esign.LinkOpen {
		t.Errorf("the link is %s", v.State)
	}
	wantCode(t, second(b.Consent(ctx, token, esign.Disclosure, visitor)), domain.Conflict, "closed")
}
