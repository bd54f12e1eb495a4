package handlers_test

import (
	"slices"
	"strings"
	"testing"

	"counsel/domain"
	"counsel/gen/api"
)

// waitForNotifications waits until a user has n notifications.
func (b *fixture) waitForNotifications(who *user, n int) (page api.NotificationList) {
	b.t.Helper()
	b.eventually("notifications", func() bool {
		page = api.NotificationList{}
		b.call(who, "GET", "/api/notifications", nil).expect(200, "").decode(&page)
		return len(page.Items) >= n
	})
	if len(page.Items) != n {
		b.t.Fatalf("%d notifications, want %d", len(page.Items), n)
	}
	return page
}

func TestNotifications(t *testing.T) {
	b := newFixture(t)
	b.startJobs()
	ada, bob, eve := b.register("ada", domain.RoleLawyer), b.register("bob", domain.RoleLawyer), b.register("eve", domain.RoleClient)
	token := secretOf.FindStringSubmatch(b.waitForMail("bob@example.com", 1).Text)[2]
	b.call(nil, "POST", "/api/auth/email/verify", map[string]string{"token": token}).expect(204, "")
	var c api.Case
	b.call(ada, "POST", "/api/cases", map[string]any{"title": "Northwind v. Southwind"}).expect(201, "").decode(&c)
	root := "/api/cases/" + c.ID.String()
	b.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "lawyer"}).expect(201, "")
	b.waitForNotifications(bob, 1)
	b.waitForMail("bob@example.com", 2)
	var task api.CaseTask
	b.call(ada, "POST", root+"/tasks", map[string]any{"title": "File the defence", "assigneeId": bob.ID}).expect(201, "").decode(&task)
	page := b.waitForNotifications(bob, 2)
	n := page.Items[0]
	if page.UnreadCount != 2 || n.Type != api.NotificationTypeTaskAssigned || *n.CaseID != c.ID || *n.CaseTitle != c.Title || *n.Data.TaskID != task.ID || *n.Data.AssigneeID != bob.ID || n.ReadAt != nil {
		t.Errorf("%+v", page)
	}
	// The e-mails name the type of event and no content.
	subjects := []string{b.waitForMail("bob@example.com", 2).Subject, b.waitForMail("bob@example.com", 3).Subject}
	if !slices.Equal(subjects, []string{"You were added to a case", "A task was assigned to you"}) {
		t.Errorf("mails %q", subjects)
	}
	for _, m := range b.mailServer.mailsTo("bob@example.com") {
		if strings.Contains(m.Text+m.HTML, "Northwind") || strings.Contains(m.Text+m.HTML, "defence") || !m.Automatic {
			t.Errorf("a mail says too much: %s", m.Text)
		}
	}

	path := "/api/notifications/" + n.ID.String()
	for _, who := range []*user{ada, eve, b.admin()} {
		b.call(who, "PATCH", path, map[string]any{"read": true}).expect(404, "not_found")
	}
	b.call(bob, "PATCH", "/api/notifications/"+domain.NewID().String(), map[string]any{"read": true}).expect(404, "not_found")
	b.call(bob, "PATCH", path, map[string]any{}).expect(422, "invalid")
	b.call(bob, "PATCH", path, map[string]any{"read": true}).expect(200, "").decode(&n)
	if n.ReadAt == nil {
		t.Errorf("%+v", n)
	}
	b.call(bob, "GET", "/api/notifications?unread=true", nil).expect(200, "").decode(&page)
	if len(page.Items) != 1 || page.UnreadCount != 1 || page.Items[0].Type != api.NotificationTypeCaseJoined {
		t.Errorf("%+v", page)
	}
	b.call(bob, "PATCH", path, map[string]any{"read": false}).expect(200, "")
	b.call(bob, "POST", "/api/notifications/read-all", map[string]any{"newestId": n.ID}).expect(204, "")
	b.call(bob, "GET", "/api/notifications?limit=1", nil).expect(200, "").decode(&page)
	if len(page.Items) != 1 || page.UnreadCount != 0 || page.NextCursor == nil {
		t.Errorf("%+v", page)
	}
	b.call(bob, "GET", "/api/notifications?limit=1&cursor="+*page.NextCursor, nil).expect(200, "").decode(&page)
	if len(page.Items) != 1 || page.Items[0].Type != api.NotificationTypeCaseJoined {
		t.Errorf("%+v", page)
	}
	b.call(bob, "GET", "/api/notifications?unread=1", nil).expect(400, "malformed")
	b.call(bob, "GET", "/api/notifications?cursor=x", nil).expect(400, "malformed")

	// The members of the case are notified of each step of signing.
	receives := func(who *user, sent api.InitiateSignatureResponse, all int, want ...string) {
		t.Helper()
		page = b.waitForNotifications(who, all)
		var types []string
		for _, n := range page.Items[:len(want)] {
			types = append(types, string(n.Type))
			if strings.HasPrefix(string(n.Type), "signature.") && *n.Data.TrackingID != sent.TrackingID {
				t.Errorf("%+v", n)
			}
		}
		if !slices.Equal(types, want) {
			t.Errorf("told of %v, want %v", types, want)
		}
	}
	withdrawn := b.initiateSignature(ada, c.ID.String(), "grace@example.com")
	b.call(ada, "POST", "/api/esign/"+withdrawn.TrackingID.String()+"/cancel", nil).expect(200, "")
	receives(bob, withdrawn, 5, "signature.cancelled", "signature.created", "document.uploaded")
	b.waitForNotifications(ada, 0)
	signed := b.initiateSignature(ada, c.ID.String(), "eve@example.com")
	link := b.signMailServer.linkSecret(t, "eve@example.com")
	var view api.SigningView
	b.call(nil, "POST", "/api/esign/signing/view", map[string]any{"token": link}).expect(200, "").decode(&view)
	b.call(nil, "POST", "/api/esign/signing/consent", map[string]any{"token": link, "disclosure": view.Disclosure.Version}).expect(200, "")
	b.call(nil, "POST", "/api/esign/signing/sign", map[string]any{"token": link, "signature": map[string]any{"typed": "Eve"}}).expect(200, "")
	receives(ada, signed, 2, "signature.completed", "signature.signed")
	receives(bob, signed, 9, "signature.completed", "signature.signed", "signature.created", "document.uploaded")

	var copied api.UserExport
	b.call(bob, "GET", "/api/users/"+bob.ID.String()+"/export", nil).expect(200, "").decode(&copied)
	if len(copied.Notifications) != 9 || copied.Notifications[0].ID != page.Items[0].ID {
		t.Errorf("the copy has %+v", copied.Notifications)
	}

	// A former member no longer sees notifications of the case.
	b.call(ada, "DELETE", root+"/members/"+bob.ID.String(), nil).expect(204, "")
	b.waitForNotifications(bob, 0)
	b.call(bob, "PATCH", path, map[string]any{"read": true}).expect(404, "not_found")
	if log := b.logs.String(); strings.Contains(log, "bob@example.com") {
		t.Error("the log holds an address")
	}
}

func TestNotificationPreferences(t *testing.T) {
	b := newFixture(t)
	ada := b.register("ada", domain.RoleClient)
	const path = "/api/notifications/preferences"
	var before, after api.NotificationPreferences
	b.call(ada, "GET", path, nil).expect(200, "").decode(&before)
	for _, typ := range domain.EventTypes {
		if typ != domain.EventCaseCreated && !slices.ContainsFunc(before.Items, func(p api.NotificationPreference) bool { return p.Type == api.NotificationType(typ) }) {
			t.Errorf("%s is not among %+v", typ, before)
		}
	}
	one := map[string]any{"type": "draft.updated", "inApp": true, "email": false}
	b.call(ada, "PUT", path, map[string]any{"items": []any{one}}).expect(200, "").decode(&after)
	if len(after.Items) != len(before.Items) || !slices.Contains(after.Items, api.NotificationPreference{Type: "draft.updated", InApp: true}) || slices.Contains(before.Items, api.NotificationPreference{Type: "draft.updated", InApp: true}) {
		t.Errorf("%+v", after)
	}
	twice := map[string]any{"type": "draft.updated", "inApp": false, "email": false}
	p := b.call(ada, "PUT", path, map[string]any{"items": []any{one, twice}}).expect(422, "invalid").problem()
	if len(p.Errors) != 1 || p.Errors[0].Pointer != "/items/1/type" {
		t.Errorf("%+v", p)
	}
	b.call(ada, "PUT", path, map[string]any{"items": []any{map[string]any{"type": "case.created", "inApp": true, "email": false}}}).expect(422, "invalid")
	b.call(ada, "PUT", path, map[string]any{"items": []any{}}).expect(200, "").decode(&after)
	if !slices.Equal(after.Items, before.Items) {
		t.Errorf("%+v", after)
	}

	// Preferences are part of the export and are deleted on erasure.
	user := "/api/users/" + ada.ID.String()
	var copied, left api.UserExport
	b.call(ada, "PUT", path, map[string]any{"items": []any{one}}).expect(200, "").decode(&after)
	b.call(ada, "GET", user+"/export", nil).expect(200, "").decode(&copied)
	b.call(ada, "DELETE", user, nil).expect(204, "")
	b.call(b.admin(), "GET", user+"/export", nil).expect(200, "").decode(&left)
	if !slices.Equal(copied.NotificationPreferences, after.Items) || !slices.Equal(left.NotificationPreferences, before.Items) {
		t.Errorf("copied %+v, left %+v", copied.NotificationPreferences, left.NotificationPreferences)
	}
}
