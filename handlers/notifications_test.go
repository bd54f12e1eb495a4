package handlers_test

import (
	"slices"
	"strings"
	"testing"

	"counsel/domain"
	"counsel/gen/api"
)

// waitForNotifications waits until a user has n notifications.
func (f *fixture) waitForNotifications(who *user, n int) (page api.NotificationList) {
	f.t.Helper()
	f.eventually("notifications", func() bool {
		page = api.NotificationList{}
		f.call(who, "GET", "/api/notifications", nil).expect(200, "").decode(&page)
		return len(page.Items) >= n
	})
	if len(page.Items) != n {
		f.t.Fatalf("%d notifications, want %d", len(page.Items), n)
	}
	return page
}

func TestNotifications(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	ada, bob, eve := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleLawyer), f.register("eve", domain.RoleClient)
	token := secretOf.FindStringSubmatch(f.waitForMail("bob@example.com", 1).Text)[2]
	f.call(nil, "POST", "/api/auth/email/verify", map[string]string{"token": token}).expect(204, "")
	var c api.Case
	f.call(ada, "POST", "/api/cases", map[string]any{"title": "Northwind v. Southwind"}).expect(201, "").decode(&c)
	root := "/api/cases/" + c.ID.String()
	f.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "lawyer"}).expect(201, "")
	f.waitForNotifications(bob, 1)
	f.waitForMail("bob@example.com", 2)
	var task api.CaseTask
	f.call(ada, "POST", root+"/tasks", map[string]any{"title": "File the defence", "assigneeId": bob.ID}).expect(201, "").decode(&task)
	page := f.waitForNotifications(bob, 2)
	n := page.Items[0]
	if page.UnreadCount != 2 || n.Type != api.NotificationTypeTaskAssigned || *n.CaseID != c.ID || *n.CaseTitle != c.Title || *n.Data.TaskID != task.ID || *n.Data.AssigneeID != bob.ID || n.ReadAt != nil {
		t.Errorf("%+v", page)
	}
	// The e-mails name the type of event and no content.
	subjects := []string{f.waitForMail("bob@example.com", 2).Subject, f.waitForMail("bob@example.com", 3).Subject}
	if !slices.Equal(subjects, []string{"You were added to a case", "A task was assigned to you"}) {
		t.Errorf("mails %q", subjects)
	}
	for _, m := range f.mailServer.mailsTo("bob@example.com") {
		if strings.Contains(m.Text+m.HTML, "Northwind") || strings.Contains(m.Text+m.HTML, "defence") || !m.Automatic {
			t.Errorf("a mail contains details: %s", m.Text)
		}
	}

	path := "/api/notifications/" + n.ID.String()
	for _, who := range []*user{ada, eve, f.admin()} {
		f.call(who, "PATCH", path, map[string]any{"read": true}).expect(404, "not_found")
	}
	f.call(bob, "PATCH", "/api/notifications/"+domain.NewID().String(), map[string]any{"read": true}).expect(404, "not_found")
	f.call(bob, "PATCH", path, map[string]any{}).expect(422, "invalid")
	f.call(bob, "PATCH", path, map[string]any{"read": true}).expect(200, "").decode(&n)
	if n.ReadAt == nil {
		t.Errorf("%+v", n)
	}
	f.call(bob, "GET", "/api/notifications?unread=true", nil).expect(200, "").decode(&page)
	if len(page.Items) != 1 || page.UnreadCount != 1 || page.Items[0].Type != api.NotificationTypeCaseJoined {
		t.Errorf("%+v", page)
	}
	f.call(bob, "PATCH", path, map[string]any{"read": false}).expect(200, "")
	f.call(bob, "POST", "/api/notifications/read-all", map[string]any{"newestId": n.ID}).expect(204, "")
	f.call(bob, "GET", "/api/notifications?limit=1", nil).expect(200, "").decode(&page)
	if len(page.Items) != 1 || page.UnreadCount != 0 || page.NextCursor == nil {
		t.Errorf("%+v", page)
	}
	f.call(bob, "GET", "/api/notifications?limit=1&cursor="+*page.NextCursor, nil).expect(200, "").decode(&page)
	if len(page.Items) != 1 || page.Items[0].Type != api.NotificationTypeCaseJoined {
		t.Errorf("%+v", page)
	}
	f.call(bob, "GET", "/api/notifications?unread=1", nil).expect(400, "malformed")
	f.call(bob, "GET", "/api/notifications?cursor=x", nil).expect(422, "invalid")

	// The members of the case are notified of each step of signing.
	receives := func(who *user, sent api.InitiateSignatureResponse, all int, want ...string) {
		t.Helper()
		page = f.waitForNotifications(who, all)
		var types []string
		for _, n := range page.Items[:len(want)] {
			types = append(types, string(n.Type))
			if strings.HasPrefix(string(n.Type), "signature.") && *n.Data.TrackingID != sent.TrackingID {
				t.Errorf("%+v", n)
			}
		}
		if !slices.Equal(types, want) {
			t.Errorf("notified of %v, want %v", types, want)
		}
	}
	withdrawn := f.initiateSignature(ada, c.ID.String(), "grace@example.com")
	f.call(ada, "POST", "/api/esign/"+withdrawn.TrackingID.String()+"/cancel", nil).expect(200, "")
	receives(bob, withdrawn, 5, "signature.cancelled", "signature.created", "document.uploaded")
	f.waitForNotifications(ada, 0)
	signed := f.initiateSignature(ada, c.ID.String(), "eve@example.com")
	link := f.linkSecret("eve@example.com")
	var view api.SigningView
	f.call(nil, "POST", "/api/esign/signing/view", map[string]any{"token": link}).expect(200, "").decode(&view)
	f.call(nil, "POST", "/api/esign/signing/consent", map[string]any{"token": link, "disclosure": view.Disclosure.Version}).expect(200, "")
	f.call(nil, "POST", "/api/esign/signing/sign", map[string]any{"token": link, "signature": map[string]any{"typed": "Eve"}}).expect(200, "")
	receives(ada, signed, 2, "signature.completed", "signature.signed")
	receives(bob, signed, 9, "signature.completed", "signature.signed", "signature.created", "document.uploaded")

	var copied api.UserExport
	f.call(bob, "GET", "/api/users/"+bob.ID.String()+"/export", nil).expect(200, "").decode(&copied)
	if len(copied.Notifications) != 9 || copied.Notifications[0].ID != page.Items[0].ID {
		t.Errorf("the copy has %+v", copied.Notifications)
	}

	// A former member no longer sees notifications of the case.
	f.call(ada, "DELETE", root+"/members/"+bob.ID.String(), nil).expect(204, "")
	f.waitForNotifications(bob, 0)
	f.call(bob, "PATCH", path, map[string]any{"read": true}).expect(404, "not_found")
	if log := f.logs.String(); strings.Contains(log, "bob@example.com") {
		t.Error("the log contains an address")
	}
}

func TestNotificationPreferences(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	const path = "/api/notifications/preferences"
	var before, after api.NotificationPreferences
	f.call(ada, "GET", path, nil).expect(200, "").decode(&before)
	for _, typ := range domain.EventTypes {
		if typ != domain.EventCaseCreated && !slices.ContainsFunc(before.Items, func(p api.NotificationPreference) bool { return p.Type == api.NotificationType(typ) }) {
			t.Errorf("%s is not among %+v", typ, before)
		}
	}
	preference := map[string]any{"type": "draft.updated", "inApp": true, "email": false}
	f.call(ada, "PUT", path, map[string]any{"items": []any{preference}}).expect(200, "").decode(&after)
	if len(after.Items) != len(before.Items) || !slices.Contains(after.Items, api.NotificationPreference{Type: "draft.updated", InApp: true}) || slices.Contains(before.Items, api.NotificationPreference{Type: "draft.updated", InApp: true}) {
		t.Errorf("%+v", after)
	}
	twice := map[string]any{"type": "draft.updated", "inApp": false, "email": false}
	p := f.call(ada, "PUT", path, map[string]any{"items": []any{preference, twice}}).expect(422, "invalid").problem()
	if len(p.Errors) != 1 || p.Errors[0].Pointer != "/items/1/type" {
		t.Errorf("%+v", p)
	}
	f.call(ada, "PUT", path, map[string]any{"items": []any{map[string]any{"type": "case.created", "inApp": true, "email": false}}}).expect(422, "invalid")
	f.call(ada, "PUT", path, map[string]any{"items": []any{}}).expect(200, "").decode(&after)
	if !slices.Equal(after.Items, before.Items) {
		t.Errorf("%+v", after)
	}

	// Preferences are part of the export and are deleted on erasure.
	user := "/api/users/" + ada.ID.String()
	var copied, remaining api.UserExport
	f.call(ada, "PUT", path, map[string]any{"items": []any{preference}}).expect(200, "").decode(&after)
	f.call(ada, "GET", user+"/export", nil).expect(200, "").decode(&copied)
	f.call(ada, "DELETE", user, nil).expect(204, "")
	f.call(f.admin(), "GET", user+"/export", nil).expect(200, "").decode(&remaining)
	if !slices.Equal(copied.NotificationPreferences, after.Items) || !slices.Equal(remaining.NotificationPreferences, before.Items) {
		t.Errorf("copied %+v, left %+v", copied.NotificationPreferences, remaining.NotificationPreferences)
	}
}
