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

// recordingMailer records invitation mails.
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

// TestClientsCannotProbeAccounts checks that a client gets the same response for an address with an
// account and for one without, and cannot add members by id.
func TestClientsCannotProbeAccounts(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	var mailer recordingMailer
	f.mailer, f.requireVerifiedEmail = &mailer, true
	id := f.open(f.ella, "Mine")
	var answers []Invitation
	for _, address := range []string{"Carl@example.com", "nobody@example.com"} {
		m, err := f.AddMember(ctx, f.ella, id, NewMember{Email: address, Role: Lawyer})
		testkit.Must(t, err)
		if m.Invitation == nil || m.User.FullName != "" {
			t.Fatalf("%s: %+v", address, m)
		}
		i := *m.Invitation
		i.ID, i.Email, i.CreatedAt, i.ExpiresAt = domain.ID{}, "", time.Time{}, time.Time{}
		answers = append(answers, i)
		_, err = f.AddMember(ctx, f.ella, id, NewMember{Email: address, Role: Viewer})
		wantError(t, err, domain.Conflict)
	}
	if !reflect.DeepEqual(answers[0], answers[1]) || len(mailer.mails) != 2 {
		t.Errorf("responses differ: %+v, %d mails", answers, len(mailer.mails))
	}
	_, known := f.AddMember(ctx, f.ella, id, NewMember{UserID: &f.carl.UserID, Role: Viewer})
	_, unknown := f.AddMember(ctx, f.ella, id, NewMember{UserID: ptr(domain.NewID()), Role: Viewer})
	wantError(t, known, domain.Forbidden)
	if !reflect.DeepEqual(known, unknown) {
		t.Errorf("%v, %v", known, unknown)
	}
	// Changing the role of a non-member reveals nothing either.
	_, known = f.UpdateMember(ctx, f.ella, id, f.carl.UserID, Lawyer)
	_, unknown = f.UpdateMember(ctx, f.ella, id, domain.NewID(), Lawyer)
	wantError(t, known, domain.NotFound)
	if !reflect.DeepEqual(known, unknown) {
		t.Errorf("%v, %v", known, unknown)
	}
	mailer.refused = domain.Errorf(domain.RateLimited, "slower")
	_, err := f.AddMember(ctx, f.ella, id, NewMember{Email: "dora@example.com", Role: Viewer})
	wantError(t, err, domain.RateLimited)
}

func TestInvitations(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	now := domain.SystemClock()
	f.clock = func() time.Time { return now }
	id := f.open(f.ella, "Ours")
	invite := func(address string, r Role) domain.ID {
		t.Helper()
		m, err := f.AddMember(ctx, f.ella, id, NewMember{Email: address, Role: r})
		testkit.Must(t, err)
		return m.Invitation.ID
	}
	confirm := func(p domain.Principal) {
		_, err := f.pool.ExecContext(ctx, "UPDATE users SET email_verified_at = NOW(6) WHERE id = ?", p.UserID)
		testkit.Must(t, err)
	}
	first := invite("carl@example.com", Assistant)
	listed, err := f.Invitations(ctx, f.ella, id)
	testkit.Must(t, err)
	if len(listed) != 1 || listed[0].ID != first || listed[0].Email != "carl@example.com" {
		t.Errorf("listed %+v", listed)
	}
	party, err := f.ReceivedInvitations(ctx, f.carl)
	testkit.Must(t, err)
	if len(party) != 1 || party[0].InviterName != "ella" {
		t.Errorf("invited %+v", party)
	}
	// Only the account with the verified address can answer.
	_, absent := f.AcceptInvitation(ctx, f.dora, domain.NewID())
	_, candidates := f.AcceptInvitation(ctx, f.dora, first)
	wantError(t, candidates, domain.NotFound)
	if !reflect.DeepEqual(absent, candidates) {
		t.Errorf("%v, %v", absent, candidates)
	}
	wantError(t, f.DeclineInvitation(ctx, f.dora, first), domain.NotFound)
	f.requireVerifiedEmail = true
	_, err = f.AcceptInvitation(ctx, f.carl, first)
	wantError(t, err, domain.NotFound)
	if party, err = f.ReceivedInvitations(ctx, f.carl); err != nil || len(party) != 0 {
		t.Errorf("%+v, %v", party, err)
	}
	confirm(f.carl)
	i, err := f.AcceptInvitation(ctx, f.carl, first)
	testkit.Must(t, err)
	if i.CaseID != id || i.Role != Assistant {
		t.Errorf("accepted %+v", i)
	}
	if e := f.last(id); e.ActorID != f.carl.UserID || e.Verb != VerbCreate || e.Resource != ResourceMember || e.Refused {
		t.Errorf("entered %+v", e)
	}
	_, err = f.Get(ctx, f.carl, id)
	testkit.Must(t, err)
	_, err = f.AcceptInvitation(ctx, f.carl, first)
	wantError(t, err, domain.NotFound)
	_, err = f.AddMember(ctx, f.ella, id, NewMember{Email: "carl@example.com", Role: Viewer})
	wantError(t, err, domain.Conflict)

	// Withdrawn, declined and expired invitations.
	confirm(f.dora)
	invitation := invite("dora@example.com", Viewer)
	wantError(t, f.DeleteInvitation(ctx, f.carl, id, invitation), domain.Forbidden)
	testkit.Must(t, f.DeleteInvitation(ctx, f.ella, id, invitation))
	wantError(t, f.DeleteInvitation(ctx, f.ella, id, invitation), domain.NotFound)
	_, err = f.AcceptInvitation(ctx, f.dora, invitation)
	wantError(t, err, domain.NotFound)
	testkit.Must(t, f.DeclineInvitation(ctx, f.dora, invite("dora@example.com", Viewer)))
	late := invite("dora@example.com", Viewer)
	now = now.Add(invitationTTL)
	_, err = f.AcceptInvitation(ctx, f.dora, late)
	wantError(t, err, domain.NotFound)
	changed := invite("dora@example.com", Viewer) // the expired one does not conflict
	testkit.Must(t, f.Maintain(ctx))
	_, err = f.AcceptInvitation(ctx, f.dora, changed)
	testkit.Must(t, err)

	// A client cannot get a role for lawyers.
	finn := f.join("finn", domain.RoleClient)
	confirm(finn)
	lawyer := invite("finn@example.com", Lawyer)
	_, err = f.AcceptInvitation(ctx, finn, lawyer)
	wantError(t, err, domain.Conflict)

	// Invitations of a former owner are not valid.
	_, err = f.UpdateMember(ctx, f.ella, id, f.dora.UserID, Owner)
	testkit.Must(t, err)
	_, err = f.UpdateMember(ctx, f.dora, id, f.ella.UserID, Viewer)
	testkit.Must(t, err)
	if listed, err = f.Invitations(ctx, f.dora, id); err != nil || len(listed) != 0 {
		t.Errorf("remaining: %+v, %v", listed, err)
	}
	// Invitations to a deleted case are not valid.
	m, err := f.AddMember(ctx, f.dora, id, NewMember{Email: "new@example.com", Role: Viewer})
	testkit.Must(t, err)
	nora := f.join("new", domain.RoleClient)
	confirm(nora)
	testkit.Must(t, f.Delete(ctx, f.dora, id))
	_, err = f.AcceptInvitation(ctx, nora, m.Invitation.ID)
	wantError(t, err, domain.NotFound)
}
