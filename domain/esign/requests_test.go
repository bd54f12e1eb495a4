package esign_test

import (
	"testing"

	"counsel/domain"
	"counsel/domain/cases"
	"counsel/domain/esign"
	"counsel/sandbox/testkit"
)

func TestAccess(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	legalCase, err := f.cases.Create(ctx, f.lena, cases.NewCase{Title: "Lease"})
	testkit.Must(t, err)
	d := f.upload(contract(t, 1), &legalCase.ID)
	r := f.send(esign.NewRequest{DocumentID: d.ID, Signers: twoSigners()})
	for name, err := range map[string]error{
		"get": second(f.Get(ctx, f.bob, r.ID)), "events": second(f.Events(ctx, f.bob, r.ID)), "evidence": second(f.Evidence(ctx, f.bob, r.ID)),
		"cancel": second(f.Cancel(ctx, f.bob, r.ID)), "remind": second(f.Remind(ctx, f.bob, r.ID)),
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, err, domain.NotFound, "no such signature request") })
	}
	list := func(who domain.Principal, legalCase *domain.ID) (n int, err error) {
		items, _, err := f.List(ctx, who, esign.Filter{CaseID: legalCase})
		return len(items), err
	}
	if n, err := list(f.bob, nil); err != nil || n != 0 {
		t.Errorf("another user lists %d, %v", n, err)
	}
	_, err = list(f.bob, &legalCase.ID)
	wantCode(t, err, domain.NotFound, "")
	_, err = f.cases.AddMember(ctx, f.lena, legalCase.ID, cases.NewMember{UserID: &f.bob.UserID, Role: cases.Owner})
	testkit.Must(t, err)
	if n, err := list(f.bob, &legalCase.ID); err != nil || n != 1 {
		t.Errorf("a member lists %d, %v", n, err)
	}
	// A member who leaves the case loses access to the requests that they sent from it.
	testkit.Must(t, f.cases.RemoveMember(ctx, f.bob, legalCase.ID, f.lena.UserID))
	if n, err := list(f.lena, nil); err != nil || n != 0 {
		t.Errorf("a sender who left the case lists %d, %v", n, err)
	}
	wantCode(t, second(f.Get(ctx, f.lena, r.ID)), domain.NotFound, "")
	f.sign("ada@example.com", typedSignature)

	// Nothing is signed in a closed case.
	closed := cases.Closed
	_, err = f.cases.Update(ctx, f.bob, legalCase.ID, cases.Update{Status: &closed})
	testkit.Must(t, err)
	token := f.token("grace@example.com")
	v, err := f.View(ctx, token, visitor)
	testkit.Must(t, err)
	if v.State != esign.LinkOpen {
		t.Errorf("the link is %s", v.State)
	}
	wantCode(t, second(f.Consent(ctx, token, esign.Disclosure, visitor)), domain.Conflict, "closed")
}
