package handlers_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"counsel/app"
	"counsel/domain"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// createTestKey creates a key of test mode with all scopes and returns its test account as a caller.
func (f *fixture) createTestKey(owner *user) *user {
	f.t.Helper()
	key, caller := f.createKey(owner, []string{"*:read", "*:write"}, "mode", "test")
	if key.Mode != api.APIKeyModeTest || key.Prefix != "counsel_test_" || key.UserID != owner.ID {
		f.t.Errorf("%+v", key)
	}
	f.call(caller, "GET", "/api/auth/me", nil).expect(200, "").decode(&caller.User)
	return caller
}

// signInTestMode signs a request of a test account for each of its signers in turn.
func (f *fixture) signInTestMode(test *user, tracking string, names ...string) {
	f.t.Helper()
	for i, name := range names {
		var r api.SignatureRequest
		f.call(test, "GET", "/api/esign/"+tracking, nil).expect(200, "").decode(&r)
		if r.TestMode == nil || r.Provider != api.SignatureRequestProviderBuiltin {
			f.t.Fatalf("%+v", r)
		}
		for j, s := range r.Signers {
			if (s.SigningURL != nil) != (i == j) {
				f.t.Fatalf("signer %d of %d: %+v", j, i, s)
			}
		}
		_, token, _ := strings.Cut(*r.Signers[i].SigningURL, "#")
		ask := func(what string, more ...any) response {
			body := map[string]any{"token": token}
			for i := 0; i < len(more); i += 2 {
				body[more[i].(string)] = more[i+1]
			}
			return f.call(nil, "POST", "/api/esign/signing/"+what, body).expect(200, "")
		}
		var view api.SigningView
		ask("view").decode(&view)
		ask("consent", "disclosure", view.Disclosure.Version)
		ask("document")
		ask("sign", "signature", map[string]any{"typed": name})
	}
}

// TestTestAccount: a test key acts as an account of its own, a lawyer's at most, which nobody can sign in to, list, change
// or add to a case.
func TestTestAccount(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	admin, ada := f.admin(), f.register("ada", domain.RoleClient)
	test := f.createTestKey(admin)
	if test.ID == admin.ID || test.Role != api.RoleLawyer || test.TestMode == nil || !*test.TestMode || test.FullName != admin.FullName {
		t.Errorf("%+v", test.User)
	}
	if second := f.createTestKey(admin); second.ID != test.ID {
		t.Error("a second test account")
	}
	if me := f.createTestKey(ada); me.Role != api.RoleClient {
		t.Errorf("%+v", me.User)
	}
	f.call(test, "GET", "/api/email/suppressions", nil).expect(403, "forbidden")
	f.call(nil, "POST", "/api/auth/login", map[string]string{"email": test.Email, "password": "correct horse battery"}).expect(401, "unauthenticated")
	f.call(nil, "POST", "/api/auth/password/forgot", map[string]string{"email": test.Email}).expect(204, "")
	if a := f.call(admin, "GET", "/api/users?limit=100", nil); strings.Contains(string(a.body), test.ID.String()) {
		t.Errorf("listed: %s", a.body)
	}
	f.call(admin, "PATCH", "/api/users/"+test.ID.String(), map[string]any{"role": "admin"}).expect(404, "not_found")
	f.call(admin, "GET", "/api/users/"+test.ID.String()+"/export", nil).expect(404, "not_found")
	f.call(admin, "DELETE", "/api/users/"+test.ID.String(), nil).expect(404, "not_found")
	live := "/api/cases/" + f.createCase(admin)
	f.call(admin, "POST", live+"/members", map[string]any{"userId": test.ID, "role": "lawyer"}).expect(422, "invalid")
	f.call(test, "GET", live, nil).expect(404, "not_found")
	f.call(test, "POST", "/api/cases/"+f.createCase(test)+"/members", map[string]any{"userId": admin.ID, "role": "lawyer"}).expect(403, "test_mode_refused")
	// The test account follows its owner.
	f.call(admin, "PATCH", "/api/users/"+ada.ID.String(), map[string]any{"role": "lawyer"}).expect(200, "")
	f.signIn(ada, "ada@example.com", "correct horse battery")
	if me := f.createTestKey(ada); me.Role != api.RoleLawyer {
		t.Errorf("%+v", me.User)
	}
}

// TestTestData: what a test account creates is in no list of admins, and no conflict of interest; it sees nothing else.
func TestTestData(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	admin, lena := f.admin(), f.register("lena", domain.RoleLawyer)
	test := f.createTestKey(lena)
	party := func(side string) map[string]any {
		return map[string]any{"kind": "company", "side": side, "name": "Northwind GmbH"}
	}
	build := func(who *user, side string) (ids []string) {
		root := "/api/cases/" + f.createCase(who)
		var p api.CaseParty
		f.call(who, "POST", root+"/parties", party(side)).expect(201, "").decode(&p)
		if len(p.Conflicts) != 0 {
			t.Errorf("%s has conflicts: %+v", who.Email, p.Conflicts)
		}
		ids = append(ids, strings.TrimPrefix(root, "/api/cases/"))
		for path, body := range map[string]any{
			"/api/drafts":     map[string]any{"title": "Letter", "body": "Pay."},
			"/api/email/send": map[string]any{"to": []string{"eve@example.com"}, "subject": "x", "bodyText": "x"},
			"/api/webhooks":   map[string]any{"url": "https://hooks.example/x", "eventTypes": []string{"case.closed"}},
			"/api/ai/chat":    chatBody(who, "What is an easement?"),
		} {
			a := f.call(who, "POST", path, body)
			if a.status >= 300 {
				t.Fatalf("%s: %d %s", path, a.status, a.body)
			}
			var out struct {
				ID, ConsultationID string
				Webhook            struct{ ID string }
			}
			a.decode(&out)
			ids = append(ids, out.ID+out.ConsultationID+out.Webhook.ID)
		}
		var d api.StoredDocument
		f.upload(who, "a.pdf", smallPDF(1)).expect(201, "").decode(&d)
		return append(ids, d.ID.String(), f.initiateSignature(who, "", "ada@example.com").TrackingID.String())
	}
	liveIDs, testIDs := build(lena, "client"), build(test, "opposing")
	lists := []string{"/api/cases", "/api/drafts", "/api/email", "/api/webhooks", "/api/ai/consultations", "/api/docs", "/api/esign", "/api/jobs", "/api/jobs?status=succeeded"}
	for who, ids := range map[*user][2][]string{admin: {liveIDs, testIDs}, test: {testIDs, liveIDs}} {
		all := ""
		for _, path := range lists {
			all += string(f.call(who, "GET", path, nil).expect(200, "").body)
		}
		for i := range ids[0] {
			if !strings.Contains(all, ids[0][i]) || strings.Contains(all, ids[1][i]) {
				t.Errorf("%s: the lists should have %s and not %s", who.Email, ids[0][i], ids[1][i])
			}
		}
	}
	for _, path := range append(lists, "/api/ai/usage") {
		if path == "/api/cases" {
			continue // has no userId
		}
		path += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "userId=" + test.ID.String()
		if path == "/api/esign?userId="+test.ID.String() {
			continue // has none either
		}
		f.call(admin, "GET", path, nil).expect(403, "forbidden")
	}
	for _, path := range []string{"/api/drafts?userId=" + lena.ID.String(), "/api/email?userId=" + lena.ID.String()} {
		f.call(test, "GET", path, nil).expect(403, "forbidden")
	}
}

// TestModesApart tests every id that every operation takes: a live admin gets the same answer for a test account's as for an
// absent one, and so does a test key for live ones.
func TestModesApart(t *testing.T) {
	t.Parallel()
	statements := &statementLog{Handler: slog.DiscardHandler}
	f := newFixture(t, func(s *fixtureConfig) { s.statementLog = slog.New(statements) })
	admin, lena := f.admin(), f.register("lena", domain.RoleLawyer)
	test := f.createTestKey(admin)
	o := &oracleFixture{fixture: f, statements: statements}
	ids := map[*user]map[string]string{}
	for name, who := range map[string]*user{"admin-template": admin, "live-template": lena, "test-template": test} {
		ids[who] = o.build(who, name)
		ids[who]["address"] = who.Email
	}
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	asks := 0
	for _, pair := range []struct {
		name        string
		who, theirs *user
		role        domain.Role
		unused      []string // kinds that the other does not have
	}{
		{"admin", admin, test, domain.RoleAdmin, []string{"invitation", "session", "API key", "suppression", "address"}},
		{"test key", test, lena, domain.RoleLawyer, []string{"suppression", "address"}},
	} {
		o := *o
		o.owner, o.othersIDs, o.ownIDs = pair.theirs, ids[pair.theirs], map[domain.Role]map[string]string{pair.role: ids[pair.who]}
		for path, item := range doc.Paths.Map() {
			for method, op := range item.Operations() {
				if rules := op.Extensions["x-roles"].([]any); !slices.Contains(rules, any(string(pair.role))) || op.Tags[0] == "users" { // TestTestAccount
					continue
				}
				for _, ref := range references(t, op) {
					kind := referenceKinds[ref.last()]
					if kind == "" || slices.Contains(pair.unused, kind) || ref.String() == "query.userId" { // TestTestData lists
						continue
					}
					asks++
					t.Run(pair.name+"/"+op.OperationID+"/"+ref.String(), func(t *testing.T) { o.on(t).check(method, path, op, ref, kind, pair.role, pair.who) })
				}
			}
		}
	}
	if asks < 150 {
		t.Fatalf("only %d requests", asks)
	}
	// Whatever the admin asked for, nothing of the test account reaches anybody.
	f.startJobs()
	for _, template := range []string{"admin-template", "live-template"} {
		for _, to := range []string{"-signer@example.com", "-reader@example.com"} {
			f.eventually("the live mail to "+template+to, func() bool { return len(f.mailServer.mailsTo(template+to)) > 0 })
		}
	}
	var mail api.Email
	f.eventually("the end of the test mail", func() bool {
		mail = f.getEmail(test, ids[test]["mail"])
		return mail.Status == api.EmailStatusSent
	})
	f.waitForSignatureJobs()
	for _, to := range []string{"test-template-signer@example.com", "test-template-reader@example.com", test.Email} {
		if mails := f.mailServer.mailsTo(to); len(mails) != 0 {
			t.Errorf("%d mails to %s", len(mails), to)
		}
	}
	f.checkUntouched(test, ids[test])
}

// checkUntouched checks that what a test account has is as it left it after an admin named all of it.
func (f *fixture) checkUntouched(test *user, ids map[string]string) {
	f.t.Helper()
	for _, path := range []string{"/api/cases/" + ids["case"], "/api/drafts/" + ids["draft"], "/api/docs/" + ids["document"], "/api/webhooks/" + ids["webhook"], "/api/email/" + ids["mail"], "/api/templates/" + ids["template"]} {
		f.call(test, "GET", path, nil).expect(200, "")
	}
	for _, kind := range []string{"signature", "signature in a case"} {
		var r api.SignatureRequest
		f.call(test, "GET", "/api/esign/"+ids[kind], nil).expect(200, "").decode(&r)
		if r.Status != api.SignatureStatusOpen {
			f.t.Errorf("%s: %s", kind, r.Status)
		}
	}
}

// TestTestModeOutside: in test mode the AI is simulated and costs nothing, mails and signatures reach nobody, events say so.
func TestTestModeOutside(t *testing.T) {
	t.Parallel()
	f, provider := newProviderFixture(t, "docuseal")
	ada := f.register("ada", domain.RoleLawyer)
	test := f.createTestKey(ada)
	var hook api.WebhookWithSecret
	secret := ""
	url, received := newReceiver(t, &secret)
	f.call(test, "POST", "/api/webhooks", map[string]any{"url": url, "eventTypes": []string{"signature.completed"}}).expect(201, "").decode(&hook)
	secret = hook.Secret

	var answer api.ChatResponse
	f.call(test, "POST", "/api/ai/chat", chatBody(test, "What is an easement?")).expect(200, "").decode(&answer)
	if answer.Model != "test" || f.model.Count() != 0 {
		t.Errorf("%s answered, %d requests to the provider", answer.Model, f.model.Count())
	}
	if events := f.stream(test, chatBody(test, "What is a chattel mortgage?")); len(events) < 2 || f.model.Count() != 0 {
		t.Errorf("%d events", len(events))
	}
	f.call(ada, "POST", "/api/ai/chat", chatBody(ada, "What is an easement?")).expect(200, "").decode(&answer)
	if answer.Model == "test" || answer.Cached || f.model.Count() != 1 {
		t.Errorf("%+v: a live answer from test mode", answer)
	}
	var usage int
	f.eventually("the use of the AI", func() bool {
		testkit.Must(t, f.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM ai_usage").Scan(&usage))
		return usage > 0
	})
	testkit.Must(t, f.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM ai_usage WHERE user_id = ?", domain.ID(test.ID)).Scan(&usage))
	if usage != 0 {
		t.Error("the use of test mode is counted")
	}

	var mail api.Email
	f.call(test, "POST", "/api/email/send", map[string]any{"to": []string{"eve@example.com"}, "subject": "Hello", "bodyText": "Hello"}).expect(202, "").decode(&mail)
	f.eventually("the mail", func() bool { mail = f.getEmail(test, mail.ID.String()); return mail.Status == api.EmailStatusSent })
	if mail.TestMode == nil || !*mail.TestMode {
		t.Errorf("%+v", mail)
	}

	// No live webhook gets a test event, not even the owner's.
	var live api.WebhookWithSecret
	f.call(ada, "POST", "/api/webhooks", map[string]any{"url": url, "eventTypes": []string{"case.closed", "signature.completed"}}).expect(201, "").decode(&live)
	f.call(test, "PATCH", "/api/cases/"+f.createCase(test), map[string]any{"status": "closed"}).expect(200, "")

	tracking := f.initiateSignature(test, "", "grace@example.com", "eve@example.com").TrackingID.String()
	f.call(nil, "POST", "/api/esign/signing/link", map[string]any{"trackingId": tracking, "email": "grace@example.com"}).expect(204, "")
	f.call(test, "POST", "/api/esign/"+tracking+"/remind", nil)
	f.signInTestMode(test, tracking, "Grace", "Eve")
	var event struct {
		Type     string
		TestMode bool
	}
	testkit.Must(t, json.Unmarshal([]byte(receive(t, received).payload), &event))
	if event.Type != "signature.completed" || !event.TestMode {
		t.Errorf("%+v", event)
	}
	var deliveries int
	testkit.Must(t, f.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = ?", domain.ID(live.Webhook.ID)).Scan(&deliveries))
	if deliveries != 0 {
		t.Errorf("%d test events for a live webhook", deliveries)
	}
	var r api.SignatureRequest
	f.call(test, "GET", "/api/esign/"+tracking, nil).expect(200, "").decode(&r)
	signed := f.call(test, "GET", "/api/docs/"+r.SignedDocID.String()+"/content", nil).expect(200, "").body
	if !bytes.Contains(bytes.ToUpper(signed), []byte(strings.ToUpper(hex.EncodeToString([]byte("Counsel TEST"))))) { // in the certificate
		t.Error("the seal does not say that it is a test")
	}
	pages, err := readers().texts.Pages(t.Context(), "application/pdf", bytes.NewReader(signed), int64(len(signed)))
	testkit.Must(t, err)
	if len(pages.Pages) < 2 || strings.Contains(pages.Pages[0], "TEST") || !strings.Contains(pages.Pages[1], "TEST – NOT A SIGNATURE") || !strings.Contains(pages.Pages[1], "Nobody signed it") || !strings.Contains(pages.Pages[1], "TEST – Certificate of Signature, page 1") {
		t.Errorf("the certificate page says %q", pages.Pages)
	}
	f.waitForSignatureJobs()
	for _, address := range []string{"eve@example.com", "grace@example.com", test.Email} {
		if mails := f.mailServer.mailsTo(address); len(mails) != 0 {
			t.Errorf("%d mails to %s", len(mails), address)
		}
	}
	if n := len(provider.Envelopes()); n != 0 {
		t.Errorf("the provider has %d envelopes", n)
	}
	var log api.SignatureEventList
	f.call(test, "GET", "/api/esign/"+tracking+"/events", nil).expect(200, "").decode(&log)
	if log.Items[0].UserAgent == nil || !strings.HasPrefix(*log.Items[0].UserAgent, "API key ") {
		t.Errorf("%+v", log.Items[0])
	}
	f.call(test, "GET", "/api/esign/"+tracking+"/evidence", nil).expect(200, "")
}

// TestTestModeAlone: test mode needs neither a mail server nor a certificate; live mode answers that they are missing.
func TestTestModeAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(s *fixtureConfig) {
		s.clients = func(c *app.Clients) { c.Mail, c.Sealer = nil, nil }
	})
	f.startJobs()
	lena := f.register("lena", domain.RoleLawyer)
	test := f.createTestKey(lena)
	request := func(who *user) map[string]any {
		var d api.StoredDocument
		f.upload(who, "lease.pdf", signablePDF()).expect(201, "").decode(&d)
		return map[string]any{"docId": d.ID, "workflow": "sequential", "signers": []any{map[string]any{"name": "Ada", "email": "ada@example.com"}}}
	}
	mail := map[string]any{"to": []string{"eve@example.com"}, "subject": "Hello", "bodyText": "Hello"}
	f.call(lena, "POST", "/api/esign/initiate", request(lena)).expect(503, "unavailable")
	f.call(lena, "POST", "/api/email/send", mail).expect(503, "email_unavailable")

	var sent api.InitiateSignatureResponse
	f.call(test, "POST", "/api/esign/initiate", request(test)).expect(201, "").decode(&sent)
	f.signInTestMode(test, sent.TrackingID.String(), "Ada")
	var r api.SignatureRequest
	f.eventually("the signed document", func() bool {
		f.call(test, "GET", "/api/esign/"+sent.TrackingID.String(), nil).expect(200, "").decode(&r)
		return r.Status == api.SignatureStatusCompleted
	})
	var e api.Email
	f.call(test, "POST", "/api/email/send", mail).expect(202, "").decode(&e)
	f.eventually("the mail", func() bool { return f.getEmail(test, e.ID.String()).Status == api.EmailStatusSent })
}

// TestNoTestMode: a test key is refused what the whole firm would see.
func TestNoTestMode(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	admin := f.admin()
	_, test := f.createKey(admin, []string{"*:read", "*:write"}, "mode", "test")
	_, live := f.createKey(admin, []string{"*:read", "*:write"})
	refused := 0
	for _, o := range contractOperations(t, admin) {
		why, _ := o.Extensions["x-no-test-mode"].(string)
		if why == "" {
			continue
		}
		refused++
		if p := f.call(test, o.method, o.path, o.body, o.header...).expect(403, "test_mode_refused").problem(); !strings.Contains(*p.Detail, why) {
			t.Errorf("%s: %s", o.OperationID, *p.Detail)
		}
		if a := f.call(live, o.method, o.path, o.body, o.header...); a.status == 403 && a.problem().Code == "test_mode_refused" {
			t.Errorf("%s: a live key is refused: %s", o.OperationID, a.body)
		}
	}
	if refused < 5 {
		t.Errorf("%d operations", refused)
	}
}

// TestDeleteTestData: a program wipes its test account before it starts again; an erased person's test account is emptied.
func TestDeleteTestData(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	lena := f.register("lena", domain.RoleLawyer)
	f.call(lena, "DELETE", "/api/test-data", nil).expect(404, "not_found")
	_, live := f.createKey(lena, []string{"*:read", "*:write"})
	liveCase := "/api/cases/" + f.createCase(live)
	test := f.createTestKey(lena)
	f.call(live, "DELETE", "/api/test-data", nil).expect(403, "api_key_refused")
	_, reader := f.createKey(lena, []string{"*:read", "cases:write"}, "mode", "test")
	f.call(reader, "DELETE", "/api/test-data", nil).expect(403, "scope_missing")
	_, cleaner := f.createKey(lena, []string{"test-data:write"}, "mode", "test")
	var columns []string // that can hold an id
	rows, err := f.db.QueryContext(t.Context(), "SELECT CONCAT(table_name, '.', column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND column_type = 'binary(16)' ORDER BY 1")
	testkit.Must(t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		testkit.Must(t, rows.Scan(&name))
		columns = append(columns, name)
	}
	testkit.Must(t, rows.Err())
	// left are the columns with rows that name the test account or something that it had, except for those that stay.
	left := func(ids []any, running api.ID) (left []string) {
		for _, column := range columns {
			table, name, _ := strings.Cut(column, ".")
			where := name + " IN (?" + strings.Repeat(", ?", len(ids)-1) + ")"
			switch column {
			case "users.id", "api_keys.test_account_id", // the account and its keys
				"search_scopes.owner": // a number
				continue
			case "jobs.user_id":
				where += " AND id <> x'" + strings.ReplaceAll(running.String(), "-", "") + "'"
			case "case_timeline.actor_id", "case_refusals.user_id": // an attempt to read a live case is a part of its timeline
				where += " AND case_id <> x'" + strings.ReplaceAll(strings.TrimPrefix(liveCase, "/api/cases/"), "-", "") + "'"
			}
			var n int
			testkit.Must(t, f.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table+" WHERE "+where, ids...).Scan(&n))
			if n > 0 {
				left = append(left, fmt.Sprintf("%s: %d", column, n))
			}
		}
		return left
	}
	// fill creates something of every kind and returns the ids.
	fill := func() (ids []any) {
		f.t.Helper()
		add := func(a response) string {
			t.Helper()
			var out struct {
				ID, ConsultationID, JobID string
				Webhook                   struct{ ID string }
			}
			if a.decode(&out); a.status >= 300 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			text := out.ID + out.ConsultationID + out.JobID + out.Webhook.ID
			id, err := domain.ParseID(text)
			testkit.Must(t, err)
			ids = append(ids, id)
			return text
		}
		ids = append(ids, domain.ID(test.ID))
		f.call(test, "GET", liveCase, nil).expect(404, "not_found")
		f.cases.FlushDenials(t.Context())
		for _, held := range []bool{true, false} {
			caseID := add(f.call(test, "POST", "/api/cases", map[string]any{"title": "A case"}, "Idempotency-Key", fmt.Sprint("case-", held)))
			root := "/api/cases/" + caseID
			add(f.call(test, "POST", root+"/notes", map[string]any{"body": "A note"}))
			add(f.call(test, "POST", root+"/tasks", map[string]any{"title": "A task"}))
			add(f.call(test, "POST", root+"/parties", map[string]any{"kind": "company", "side": "client", "name": "Northwind"}))
			draft := add(f.call(test, "POST", "/api/drafts", map[string]any{"title": "Letter", "body": "Pay.", "caseId": caseID}))
			f.call(test, "PATCH", "/api/drafts/"+draft, map[string]any{"body": "Pay now.", "version": 1}).expect(200, "")
			question := chatBody(test, "What is an easement?")
			question["context"] = map[string]any{"caseId": caseID}
			add(f.call(test, "POST", "/api/ai/chat", question))
			add(f.uploadToCase(test, caseID, "b.pdf", smallPDF(1)))
			if held {
				tracking := f.initiateSignature(test, caseID, "ada@example.com").TrackingID
				ids = append(ids, domain.ID(tracking))
				f.signInTestMode(test, tracking.String(), "Ada")
				f.waitForSignatureJobs()
				f.call(test, "PATCH", root, map[string]any{"legalHold": true}).expect(200, "")
			} else { // a deleted case goes, too
				f.call(test, "DELETE", root, nil).expect(204, "")
			}
		}
		ids = append(ids, domain.ID(f.initiateSignature(test, "", "ada@example.com").TrackingID))
		add(f.call(test, "POST", "/api/drafts", map[string]any{"title": "Letter", "body": "Pay."}))
		add(f.call(test, "POST", "/api/ai/chat", chatBody(test, "What is an easement?")))
		add(f.call(test, "POST", "/api/email/send", map[string]any{"to": []string{"eve@example.com"}, "subject": "x", "bodyText": "x"}))
		hook := add(f.call(test, "POST", "/api/webhooks", map[string]any{"url": "https://hooks.example/x", "eventTypes": []string{"case.closed"}}))
		add(f.call(test, "POST", "/api/webhooks/"+hook+"/ping", nil))
		template := templateBody("1")
		template["templateId"] = "test-letter"
		f.call(test, "POST", "/api/templates", template).expect(201, "")
		batch := add(f.call(test, "POST", "/api/docs/render-batch", map[string]any{"items": []any{ndaRequest(t)}}))
		id, err := domain.ParseID(batch)
		testkit.Must(t, err)
		f.waitForJob(test, api.ID(id), new(any)) // a job that is running goes on after the deletion
		if got := left(ids, api.ID{}); len(got) < 20 {
			t.Errorf("the test account fills only %v", got)
		}
		return ids
	}
	for _, who := range []*user{cleaner, lena} {
		ids := fill()
		var accepted api.DeleteTestDataResponse
		f.call(who, "DELETE", "/api/test-data", nil).expect(202, "").decode(&accepted)
		reader := who
		if who == cleaner { // it cannot read
			reader = test
		}
		if job := f.waitForJob(reader, accepted.JobID, new(any)); job.Status != api.JobStatusSucceeded {
			t.Fatalf("%+v", job)
		}
		testkit.Must(t, f.archive.Sweep(t.Context()))
		if got := left(ids, accepted.JobID); len(got) > 0 {
			t.Errorf("left: %v", got)
		}
		var live int
		testkit.Must(t, f.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM cases").Scan(&live))
		if live != 1 {
			t.Errorf("%d cases are left", live)
		}
		// The same requests run again.
		if a := f.call(test, "POST", "/api/cases", map[string]any{"title": "Another"}, "Idempotency-Key", "case-true").expect(201, ""); a.header.Get("Idempotency-Replayed") != "" {
			t.Error("an answer about deleted data is replayed")
		}
		f.call(test, "DELETE", "/api/test-data", nil).expect(202, "").decode(&accepted)
		f.waitForJob(test, accepted.JobID, new(any))
	}
	ids := fill()
	f.call(lena, "GET", liveCase, nil).expect(200, "")
	f.call(lena, "DELETE", liveCase, nil).expect(204, "")
	f.call(f.admin(), "DELETE", "/api/users/"+lena.ID.String(), nil).expect(204, "")
	f.call(test, "GET", "/api/auth/me", nil).expect(401, "unauthenticated")
	f.eventually("the erasure of the test account", func() bool {
		testkit.Must(t, f.archive.Sweep(t.Context()))
		return len(left(ids, api.ID{})) == 0
	})
}
