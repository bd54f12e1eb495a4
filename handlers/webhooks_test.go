package handlers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"counsel/domain"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

type receivedWebhook struct {
	id      string
	payload string
	err     error
}

// newReceiver is a partner's server that verifies the signature of each request.
func newReceiver(t *testing.T, secret *string) (url string, all chan receivedWebhook) {
	t.Helper()
	all = make(chan receivedWebhook, 100)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		hook, err := standardwebhooks.NewWebhook(*secret)
		if err == nil {
			err = hook.Verify(body, r.Header)
		}
		all <- receivedWebhook{r.Header.Get("webhook-id"), string(body), err}
	}))
	t.Cleanup(s.Close)
	return s.URL, all
}

// receive waits for the next request to a receiver.
func receive(t *testing.T, all chan receivedWebhook) receivedWebhook {
	t.Helper()
	timeout := time.NewTimer(30 * time.Second)
	defer timeout.Stop()
	select {
	case h := <-all:
		testkit.Must(t, h.err)
		checkPayload(t, h.payload)
		return h
	case <-timeout.C:
		t.Fatal("no delivery was received")
	}
	return receivedWebhook{}
}

// TestEvents causes every type of event: the subscriber receives each, with ids only.
func TestEvents(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	ada, bob := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleLawyer)
	var secret string
	url, all := newReceiver(t, &secret)
	var made api.WebhookWithSecret
	f.call(ada, "POST", "/api/webhooks", map[string]any{"url": url, "eventTypes": domain.EventTypes}).expect(201, "").decode(&made)
	secret = made.Secret
	var theirs api.WebhookWithSecret
	quiet, none := newReceiver(t, &theirs.Secret)
	f.call(bob, "POST", "/api/webhooks", map[string]any{"url": quiet, "eventTypes": domain.EventTypes}).expect(201, "").decode(&theirs)

	seen := map[string]bool{}
	wants := func(eventType, name, id string) {
		t.Helper()
		h := receive(t, all)
		if !strings.HasPrefix(h.payload, `{"type":"`+eventType+`","timestamp":"`) || !strings.HasSuffix(h.payload, `"data":{"`+name+`":"`+id+`"}}`) {
			t.Errorf("received %s, not %s of %s", h.payload, eventType, id)
		}
		seen[eventType] = true
	}
	var c api.Case
	f.call(ada, "POST", "/api/cases", map[string]any{"title": "Northwind v. Southwind"}).expect(201, "").decode(&c)
	wants("case.created", "caseId", c.ID.String())
	f.call(ada, "PATCH", "/api/cases/"+c.ID.String(), map[string]any{"title": "Another title"}).expect(200, "")
	wants("case.updated", "caseId", c.ID.String())
	f.call(ada, "PATCH", "/api/cases/"+c.ID.String(), map[string]any{"status": "closed"}).expect(200, "")
	wants("case.closed", "caseId", c.ID.String())

	var d api.StoredDocument
	f.upload(ada, "secret-name.pdf", smallPDF(700)).expect(201, "").decode(&d)
	wants("document.uploaded", "documentId", d.ID.String())
	f.call(ada, "DELETE", "/api/docs/"+d.ID.String(), nil).expect(204, "")
	wants("document.deleted", "documentId", d.ID.String())
	var p api.RenderPdfResponse
	f.call(ada, "POST", "/api/docs/render-pdf", ndaRequest(t)).expect(200, "").decode(&p)
	wants("document.rendered", "documentId", p.DocID.String())

	var draft api.Draft
	f.call(ada, "POST", "/api/drafts", map[string]any{"title": "Mine", "body": "text"}).expect(201, "").decode(&draft)
	wants("draft.created", "draftId", draft.ID.String())
	f.call(ada, "PATCH", "/api/drafts/"+draft.ID.String(), map[string]any{"version": 1, "body": "Another text"}).expect(200, "")
	wants("draft.updated", "draftId", draft.ID.String())
	f.call(ada, "DELETE", "/api/drafts/"+draft.ID.String(), nil).expect(204, "")
	wants("draft.deleted", "draftId", draft.ID.String())
	f.mailServer.setOutcome(func(to string) email.Outcome {
		switch to {
		case "gone@example.org":
			return email.Outcome{Result: email.Refused, Reason: "550 5.1.1 no such user"}
		case "away@example.org":
			return email.Outcome{Result: email.Deferred, Reason: "451 4.7.1 come again"}
		}
		return email.Outcome{Result: email.Accepted}
	})
	for to, eventType := range map[string]string{"eve@example.org": "email.sent", "gone@example.org": "email.bounced", "away@example.org": "email.failed"} {
		var sent api.SendEmailResponse
		f.call(ada, "POST", "/api/email/send", map[string]any{"to": []string{to}, "subject": "x", "bodyText": "x"}).expect(202, "").decode(&sent)
		wants(eventType, "emailId", sent.ID.String())
	}
	_, watch := f.newWatch(ada, map[string]any{"kind": "company", "source": "companies-house", "companyId": "07654321"})
	f.call(ada, "POST", watch+"/check", nil).expect(200, "")
	testkit.Must(t, f.registries.Patch("07654321", map[string]any{"profile": map[string]any{"company_status": "liquidation"}}))
	f.call(ada, "POST", watch+"/check", nil).expect(200, "")
	if h := receive(t, all); !strings.HasPrefix(h.payload, `{"type":"compliance.changed",`) {
		t.Errorf("received %s", h.payload)
	}
	seen["compliance.changed"] = true
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	var promised []string
	for _, v := range doc.Components.Schemas["WebhookEventType"].Value.Enum {
		promised = append(promised, v.(string))
	}
	for _, known := range domain.EventTypes {
		if !slices.Contains(promised, string(known)) {
			t.Errorf("the contract does not know %s", known)
		}
	}
	if len(promised) != len(domain.EventTypes) {
		t.Errorf("the contract names %v", promised)
	}
	if len(none) > 0 {
		t.Errorf("another user is notified: %v", <-none)
	}

	// Members receive the events of their case, whoever caused them.
	f.call(ada, "PATCH", "/api/cases/"+c.ID.String(), map[string]any{"status": "open"}).expect(200, "")
	wants("case.updated", "caseId", c.ID.String())
	f.call(ada, "POST", "/api/cases/"+c.ID.String()+"/members", map[string]any{"userId": bob.ID, "role": "lawyer"}).expect(201, "")
	both := func(eventType, data string) {
		t.Helper()
		for _, h := range []receivedWebhook{receive(t, all), receive(t, none)} {
			if !strings.HasPrefix(h.payload, `{"type":"`+eventType+`",`) || !strings.HasSuffix(h.payload, `"data":{`+data+`}}`) {
				t.Errorf("received %s, not %s of %s", h.payload, eventType, data)
			}
		}
		seen[eventType] = true
	}
	caseID := `"caseId":"` + c.ID.String() + `"`
	both("case.joined", caseID+`,"memberId":"`+bob.ID.String()+`"`)
	var task api.CaseTask
	f.call(ada, "POST", "/api/cases/"+c.ID.String()+"/tasks", map[string]any{"title": "Answer", "assigneeId": bob.ID}).expect(201, "").decode(&task)
	both("task.assigned", `"assigneeId":"`+bob.ID.String()+`",`+caseID+`,"taskId":"`+task.ID.String()+`"`)
	f.call(bob, "POST", "/api/drafts", map[string]any{"title": "Ours", "body": "text", "caseId": c.ID}).expect(201, "").decode(&draft)
	both("draft.created", caseID+`,"draftId":"`+draft.ID.String()+`"`)
	elsewhere := []string{"signature", "invoice", "payment"} // TestSignatureEvents, TestInvoiceEvents, domain/payments
	for _, known := range domain.EventTypes {
		if subject, _, _ := strings.Cut(string(known), "."); !seen[string(known)] && !slices.Contains(elsewhere, subject) {
			t.Errorf("%s was never published", known)
		}
	}
}

// TestSignatureEvents causes the events of a signature request that need no waiting; domain/esign publishes the
// others in the same way.
func TestSignatureEvents(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	ada := f.register("ada", domain.RoleLawyer)
	var made api.WebhookWithSecret
	url, all := newReceiver(t, &made.Secret)
	types := slices.DeleteFunc(slices.Clone(domain.EventTypes), func(e domain.EventType) bool { return !strings.HasPrefix(string(e), "signature.") })
	f.call(ada, "POST", "/api/webhooks", map[string]any{"url": url, "eventTypes": types}).expect(201, "").decode(&made)
	wants := func(r api.InitiateSignatureResponse, eventTypes ...string) { // in any order
		t.Helper()
		for len(eventTypes) > 0 {
			h := receive(t, all)
			i := slices.IndexFunc(eventTypes, func(e string) bool { return strings.HasPrefix(h.payload, `{"type":"`+e+`",`) })
			if i < 0 || !strings.HasSuffix(h.payload, `"data":{"trackingId":"`+r.TrackingID.String()+`"}}`) {
				t.Fatalf("received %s, not %v of %s", h.payload, eventTypes, r.TrackingID)
			}
			eventTypes = slices.Delete(eventTypes, i, i+1)
		}
	}
	sign := func(what, to, name string, value any) {
		t.Helper()
		f.call(nil, "POST", "/api/esign/signing/"+what, map[string]any{"token": f.linkSecret(to), name: value}).expect(200, "")
	}
	r := f.initiateSignature(ada, "", "eve@example.org")
	wants(r, "signature.created")
	f.call(nil, "POST", "/api/esign/signing/view", map[string]any{"token": f.linkSecret("eve@example.org")}).expect(200, "")
	sign("consent", "eve@example.org", "disclosure", esign.Disclosure)
	sign("sign", "eve@example.org", "signature", map[string]any{"typed": "Eve"})
	wants(r, "signature.signed", "signature.completed")
	r = f.initiateSignature(ada, "", "mallory@example.org")
	sign("decline", "mallory@example.org", "reason", "It names a secret.")
	wants(r, "signature.created", "signature.declined")
	r = f.initiateSignature(ada, "", "eve@example.org")
	f.call(ada, "POST", "/api/esign/"+r.TrackingID.String()+"/cancel", nil).expect(200, "")
	wants(r, "signature.created", "signature.cancelled")
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	ada, bob := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleLawyer)
	client := f.register("client", domain.RoleClient)
	admin := f.admin()
	var secret string
	url, all := newReceiver(t, &secret)
	body := map[string]any{"url": url, "eventTypes": []string{"case.created"}}
	f.call(client, "POST", "/api/webhooks", body).expect(403, "forbidden")
	for _, bad := range []map[string]any{
		{"url": url, "eventTypes": []string{}}, {"url": url, "eventTypes": []string{"x"}}, {"url": "ftp://example.com/", "eventTypes": []string{"case.created"}},
		{"url": "http://169.254.169.254/", "eventTypes": []string{"case.created"}},
	} {
		f.call(ada, "POST", "/api/webhooks", bad).expect(422, "invalid")
	}
	f.call(ada, "POST", "/api/webhooks", map[string]any{"url": url, "eventTypes": []string{"case.created"}, "secret": "mine"}).expect(400, "malformed")
	var made api.WebhookWithSecret
	f.call(ada, "POST", "/api/webhooks", body).expect(201, "").decode(&made)
	secret = made.Secret
	root := "/api/webhooks/" + made.Webhook.ID.String()
	if a := f.call(ada, "GET", root, nil).expect(200, ""); strings.Contains(string(a.body), "whsec_") {
		t.Errorf("the secret is returned again: %s", a.body)
	}
	for _, path := range []string{root, root + "/deliveries"} {
		f.call(bob, "GET", path, nil).expect(404, "not_found")
		f.call(admin, "GET", path, nil).expect(200, "")
	}
	f.call(bob, "GET", "/api/webhooks?userId="+ada.ID.String(), nil).expect(403, "forbidden")

	var d, repeated api.WebhookDelivery
	f.call(ada, "POST", root+"/ping", nil, "Idempotency-Key", "one").expect(202, "").decode(&d)
	f.call(ada, "POST", root+"/ping", nil, "Idempotency-Key", "one").expect(202, "").decode(&repeated)
	if d.ID != repeated.ID {
		t.Error("one key, two pings")
	}
	if h := receive(t, all); h.id != d.ID.String() {
		t.Errorf("%+v", h)
	}
	var detail api.WebhookDeliveryDetail
	for detail.Status != api.WebhookDeliveryStatusDelivered {
		f.call(ada, "GET", root+"/deliveries/"+d.ID.String(), nil).expect(200, "").decode(&detail)
	}
	if len(detail.Log) != 1 || *detail.Log[0].Status != 200 || detail.Payload.Type != "ping" || *detail.Payload.Data.WebhookID != made.Webhook.ID {
		t.Errorf("%+v", detail)
	}
	var page api.WebhookDeliveryList
	f.call(ada, "GET", root+"/deliveries?status=delivered", nil).expect(200, "").decode(&page)
	if len(page.Items) != 1 {
		t.Errorf("%+v", page)
	}
	f.call(ada, "GET", root+"/deliveries?status=failed", nil).expect(200, "").decode(&page)
	if len(page.Items) != 0 {
		t.Errorf("%+v", page)
	}
	f.call(bob, "POST", root+"/deliveries/"+d.ID.String()+"/replay", nil).expect(404, "not_found")
	f.call(ada, "POST", root+"/deliveries/"+d.ID.String()+"/replay", nil).expect(202, "")
	receive(t, all)
	f.call(ada, "POST", root+"/replay", map[string]any{"since": "2026-01-01T00:00:00Z"}).expect(202, "")

	var rotated api.WebhookWithSecret
	f.call(ada, "POST", root+"/rotate-secret", nil).expect(200, "").decode(&rotated)
	if rotated.Secret == secret || rotated.Webhook.PreviousSecretExpiresAt == nil {
		t.Errorf("%+v", rotated)
	}
	var off api.Webhook
	f.call(ada, "PATCH", root, map[string]any{"enabled": false}).expect(200, "").decode(&off)
	if off.Enabled || off.DisabledReason == nil || *off.DisabledReason != api.WebhookDisabledReasonOwner {
		t.Errorf("%+v", off)
	}
	f.call(ada, "POST", root+"/ping", nil).expect(409, "conflict")

	// It is part of its owner's export and is deleted on erasure.
	var export api.UserExport
	a := f.call(ada, "GET", "/api/users/"+ada.ID.String()+"/export", nil).expect(200, "")
	a.decode(&export)
	if len(export.Webhooks) != 1 || export.Webhooks[0].URL != url || strings.Contains(string(a.body), "whsec_") {
		t.Errorf("%+v", export.Webhooks)
	}
	f.call(ada, "DELETE", "/api/users/"+ada.ID.String(), nil).expect(204, "")
	f.call(admin, "GET", root, nil).expect(404, "not_found")
	f.call(bob, "POST", "/api/webhooks", body).expect(201, "").decode(&made)
	root = "/api/webhooks/" + made.Webhook.ID.String()
	f.call(bob, "DELETE", root, nil).expect(204, "")
	f.call(bob, "DELETE", root, nil).expect(404, "not_found")
	if strings.Contains(f.logs.String(), url) {
		t.Error("the log contains a URL")
	}
}

// TestWebhookGone: a receiver that answers 410 gets no more events, and its owner is notified.
func TestWebhookGone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	ada := f.register("ada", domain.RoleLawyer)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
	t.Cleanup(s.Close)
	var made api.WebhookWithSecret
	f.call(ada, "POST", "/api/webhooks", map[string]any{"url": s.URL, "eventTypes": []string{"case.created"}}).expect(201, "").decode(&made)
	f.call(ada, "POST", "/api/webhooks/"+made.Webhook.ID.String()+"/ping", nil).expect(202, "")
	f.eventually("the owner is told", func() bool {
		return slices.ContainsFunc(f.mailServer.mailsTo("ada@example.com"), func(m email.Outgoing) bool {
			return m.Subject == "Your webhook is disabled" && strings.Contains(m.Text, "webhook to "+strings.TrimPrefix(s.URL, "http://")+" was disabled")
		})
	})
	var w api.Webhook
	f.call(ada, "GET", "/api/webhooks/"+made.Webhook.ID.String(), nil).expect(200, "").decode(&w)
	if w.Enabled || *w.DisabledReason != api.WebhookDisabledReasonGone {
		t.Errorf("%+v", w)
	}
}
