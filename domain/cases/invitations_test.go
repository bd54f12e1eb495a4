package cases

import (
	"context"
	"reflect"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/sandbox/testkit"
)

// recordingMailer takes invitations for mails.
type recordingMailer struct {
	mails   []Invitation
	refused error
}

func (m *recordingMailer) ReserveQuota(context.Context, domain.Principal, int) error {
	return m.refused
}
func (m *recordingMailer) Wake() {}
func (m *recordingMailer) InvitationMail(_ context.Context, _ db.Tx, i Invitation) error {
	m.mails = append(m.mails, i)
	return nil
}

// TestClientsProbeNobody: a client gets the same answer for an address with an account and for one
// without, and none for an id.
func TestClientsProbeNobody(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	var box recordingMailer
	b.mailer, b.requireVerifiedEmail = &box, true
	id := b.open(b.ella, "Mine")
	var answers []Invitation
	for _, address := range []string{"Carl@example.com", "nobody@example.com"} {
		m, err := b.AddMember(ctx, b.ella, id, NewMember{Email: address, Role: Lawyer})
		testkit.Must(t, err)
		if m.Invitation == nil || m.User.FullName != "" {
			t.Fatalf("%s: %+v", address, m)
		}
		i := *m.Invitation
		i.ID, i.Email, i.CreatedAt, i.ExpiresAt = domain.ID{}, "", time.Time{}, time.Time{}
		answers = append(answers, i)
		_, err = b.AddMember(ctx, b.ella, id, NewMember{Email: address, Role: Viewer})
		wantError(t, err, domain.Conflict)
	}
	if !reflect.DeepEqual(answers[0], answers[1]) || len(box.mails) != 2 {
		t.Errorf("told apart: %+v, %d mails", answers, len(box.mails))
	}
	_, known := b.AddMember(ctx, b.ella, id, NewMember{UserID: &b.carl.UserID, Role: Viewer})
	_, unknown := b.AddMember(ctx, b.ella, id, NewMember{UserID: ptr(domain.NewID()), Role: Viewer})
	wantError(t, known, domain.Forbidden)
	if !reflect.DeepEqual(known, unknown) {
		t.Errorf("%v, %v", known, unknown)
	}
	// Nor by changing the role of somebody who is no member.
	_, known = b.UpdateMember(ctx, b.ella, id, b.carl.UserID, Lawyer)
	_, unknown = b.UpdateMember(ctx, b.ella, id, domain.NewID(), Lawyer)
	wantError(t, known, domain.NotFound)
	if !reflect.DeepEqual(known, unknown) {
		t.Errorf("%v, %v", known, unknown)
	}
	box.refused = domain.Errorf(domain.RateLimited, "slower")
	_, err := b.AddMember(ctx, b.ella, id, NewMember{Email: "dora@example.com", Role: Viewer})
	wantError(t, err, domain.RateLimited)
}

func TestInvitations(t *testing.T) {
	b := newFixture(t)
	ctx := t.Context()
	now := domain.SystemClock()
	b.clock = func() time.Time { return now }
	id := b.open(b.ella, "Ours")
	invite := func(address string, r Role) domain.ID {
		t.Helper()
		m, err := b.AddMember(ctx, b.ella, id, NewMember{Email: address, Role: r})
		testkit.Must(t, err)
		return m.Invitation.ID
	}
	confirm := func(p domain.Principal) {
		_, err := b.pool.ExecContext(ctx, "UPDATE users SET email_verified_at = NOW(6) WHERE id = ?", p.UserID)
		testkit.Must(t, err)
	}
	first := invite("carl@example.com", Assistant)
	listed, err := b.Invitations(ctx, b.ella, id)
	testkit.Must(t, err)
	if len(listed) != 1 || listed[0].ID != first || listed[0].Email != "carl@example.com" {
		t.Errorf("listed %+v", listed)
	}
	party, err := b.ReceivedInvitations(ctx, b.carl)
	testkit.Must(t, err)
	if len(party) != 1 || party[0].InviterName != "ella" {
		t.Errorf("invited %+v", party)
	}
	// Only who has the address, and can show that, answers.
	_, absent := b.AcceptInvitation(ctx, b.dora, domain.NewID())
	_, candidates := b.AcceptInvitation(ctx, b.dora, first)
	wantError(t, candidates, domain.NotFound)
	if !reflect.DeepEqual(absent, candidates) {
		t.Errorf("%v, %v", absent, candidates)
	}
	wantError(t, b.DeclineInvitation(ctx, b.dora, first), domain.NotFound)
	b.requireVerifiedEmail = true
	_, err = b.AcceptInvitation(ctx, b.carl, first)
	wantError(t, err, domain.NotFound)
	if party, err = b.ReceivedInvitations(ctx, b.carl); err != nil || len(party) != 0 {
		t.Errorf("%+v, %v", party, err)
	}
	confirm(b.carl)
	i, err := b.AcceptInvitation(ctx, b.carl, first)
	testkit.Must(t, err)
	if i.CaseID != id || i.Role != Assistant {
		t.Errorf("accepted %+v", i)
	}
	if e := b.last(id); e.ActorID != b.carl.UserID || e.Verb != VerbCreate || e.Resource != ResourceMember || e.Refused {
		t.Errorf("entered %+v", e)
	}
	_, err = b.Get(ctx, b.carl, id)
	testkit.Must(t, err)
	_, err = b.AcceptInvitation(ctx, b.carl, first)
	wantError(t, err, domain.NotFound)
	_, err = b.AddMember(ctx, b.ella, id, NewMember{Email: "carl@example.com", Role: Viewer})
	wantError(t, err, domain.Conflict)

	// Withdrawn, declined, out of date.
	confirm(b.dora)
	one := invite("dora@example.com", Viewer)
	wantError(t, b.DeleteInvitation(ctx, b.carl, id, one), domain.Forbidden)
	testkit.Must(t, b.DeleteInvitation(ctx, b.ella, id, one))
	wantError(t, b.DeleteInvitation(ctx, b.ella, id, one), domain.NotFound)
	_, err = b.AcceptInvitation(ctx, b.dora, one)
	wantError(t, err, domain.NotFound)
	testkit.Must(t, b.DeclineInvitation(ctx, b.dora, invite("dora@example.com", Viewer)))
	late := invite("dora@example.com", Viewer)
	now = now.Add(invitationTTL)
	_, err = b.AcceptInvitation(ctx, b.dora, late)
	wantError(t, err, domain.NotFound)
	changed := invite("dora@example.com", Viewer) // the old one is no obstacle
	testkit.Must(t, b.Maintain(ctx))
	_, err = b.AcceptInvitation(ctx, b.dora, changed)
	testkit.Must(t, err)

	// The role of a lawyer is not for a client's account.
	finn := b.join("finn", domain.RoleClient)
	confirm(finn)
	lawyer := invite("finn@example.com", Lawyer)
	_, err = b.AcceptInvitation(ctx, finn, lawyer)
	wantError(t, err, domain.Conflict)

	// Who owns the case no more has invited nobody.
	_, err = b.UpdateMember(ctx, b.ella, id, b.dora.UserID, Owner)
	testkit.Must(t, err)
	_, err = b.UpdateMember(ctx, b.dora, id, b.ella.UserID, Viewer)
	testkit.Must(t, err)
	if listed, err = b.Invitations(ctx, b.dora, id); err != nil || len(listed) != 0 {
		t.Errorf("left over: %+v, %v", listed, err)
	}
	// A case that is gone invites nobody.
	m, err := b.AddMember(ctx, b.dora, id, NewMember{Email: "new@example.com", Role: Viewer})
	testkit.Must(t, err)
	nora := b.join("new", domain.RoleClient)
	confirm(nora)
	testkit.Must(t, b.Delete(ctx, b.dora, id))
	_, err = b.AcceptInvitation(ctx, nora, m.Invitation.ID)
	wantError(t, err, domain.NotFound)
}
