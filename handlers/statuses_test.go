package handlers_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"counsel/config"
	"counsel/domain"
	"counsel/domain/files"
	"counsel/gen/api"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

// walkFixture can send a request that the contract allows to every operation.
type walkFixture struct {
	*fixture
	lawyer, admin *user
	leaving       *user                     // whose sessions may end
	path          map[string]string         // values of path parameters, instead of examples
	body          map[string]map[string]any // fields of bodies, by operation
	webhook       []byte                    // of a signing provider
	webhookHeader http.Header
}

func newWalkFixture(t *testing.T, options ...option) *walkFixture {
	t.Helper()
	f := newFixture(t, options...)
	return &walkFixture{fixture: f, lawyer: f.register("lena", domain.RoleLawyer), admin: f.admin(), leaving: f.register("leo", domain.RoleClient)}
}

// newFaultFixture is a walkFixture with all that operations need to reach the database: a template, an envelope
// of a provider, and the secrets of e-mailed links.
func newFaultFixture(t *testing.T, options ...option) *walkFixture {
	t.Helper()
	provider, server := newProvider(t, "docuseal")
	w := newWalkFixture(t, append(options, func(s *fixtureConfig) { s.provider = provider })...)
	w.startJobs()
	template := templateBody("1")
	template["templateId"] = "notice"
	w.call(w.lawyer, "POST", "/api/templates", template).expect(201, "")
	w.call(nil, "POST", "/api/auth/password/forgot", map[string]string{"email": "leo@example.com"}).expect(204, "")
	w.initiateSignature(w.lawyer, "", "signer@example.com")
	w.call(w.lawyer, "POST", "/api/email/send-batch", map[string]any{"emails": []any{map[string]any{"to": []string{"reader@example.org"}, "subject": "We move", "bodyText": "On Monday."}}}).expect(202, "")
	w.webhookHeader, w.webhook = server.Webhook(t, server.Envelopes()[0].ExternalID, "viewed", "signer@example.com")
	link := strings.Split(w.waitForMail("reader@example.org", 1).Unsubscribe, "/")
	w.path = map[string]string{"link": link[len(link)-1], "templateId": "notice", "version": "1"}
	another := *w.lawyer // a session of its own, which lasts until then
	w.signIn(&another, "lena@example.com", "correct horse battery")
	account := func(n int) string { return secretOf.FindStringSubmatch(w.waitForMail("leo@example.com", n).Text)[2] }
	w.body = map[string]map[string]any{
		"refreshTokens": {"refreshToken": another.refresh}, "verifyEmail": {"token": account(1)}, "resetPassword": {"token": account(2)},
		"previewTemplateVersion": {"data": map[string]any{"to": "Ada"}},
	}
	signing := w.linkSecret("signer@example.com")
	for _, id := range []string{"viewSigning", "getSigningDocument", "getSigningText", "consentToSigning", "signDocument", "declineSigning"} {
		w.body[id] = map[string]any{"token": signing}
	}
	return w
}

// walk calls visit for each operation that declares a status, in the order of the contract's paths, and
// reports when there are fewer than atLeast.
func walk(t *testing.T, status, atLeast int, visit func(path, method string, op *openapi3.Operation)) {
	t.Helper()
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	n := 0
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		operations := doc.Paths.Map()[path].Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			if op := operations[method]; op.Responses.Status(status) != nil {
				n++
				visit(path, method, op)
			}
		}
	}
	if n < atLeast {
		t.Errorf("only %d operations declare %d", n, status)
	}
}

// caller may call an operation; nil: it is open.
func (w *walkFixture) caller(op *openapi3.Operation) *user {
	roles, _ := op.Extensions["x-roles"].([]any)
	switch {
	case len(roles) == 0:
		return nil
	case slices.Contains([]string{"logoutUser", "endSession", "endSessions"}, op.OperationID):
		return w.leaving
	case slices.Contains(roles, any("lawyer")):
		return w.lawyer
	}
	return w.admin
}

// address fills a path with the contract's examples, and the query with those it must have.
func (w *walkFixture) address(path string, op *openapi3.Operation) string {
	query := url.Values{}
	for _, p := range op.Parameters {
		v := cmp.Or(w.path[p.Value.Name], fmt.Sprint(p.Value.Example))
		if who := w.caller(op); who != nil && p.Value.Name == "userId" && strings.HasPrefix(path, "/api/users/") {
			v = who.ID.String()
		}
		switch {
		case p.Value.In == "path":
			path = strings.Replace(path, "{"+p.Value.Name+"}", url.PathEscape(v), 1)
		case p.Value.In == "query" && p.Value.Required:
			query.Set(p.Value.Name, v)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

func isUpload(op *openapi3.Operation) bool {
	return op.RequestBody != nil && op.RequestBody.Value.Content["multipart/form-data"] != nil
}

// send sends an example of the contract.
func (w *walkFixture) send(path, method string, op *openapi3.Operation) response {
	w.t.Helper()
	who := w.caller(op)
	switch {
	case op.OperationID == "receiveSignatureWebhook" && w.webhook != nil:
		return w.sendProviderWebhook("docuseal", w.webhookHeader, w.webhook)
	case op.RequestBody == nil:
		return w.call(who, method, w.address(path, op), nil)
	case isUpload(op):
		file, contentType := uploadForm(w.t, "file", "a.pdf", smallPDF(1))
		return w.call(who, method, w.address(path, op), file, "Content-Type", contentType)
	}
	raw, _ := example(w.t, op)
	if who != nil {
		raw = strings.ReplaceAll(raw, exampleUser, who.ID.String())
	}
	var body any
	testkit.Must(w.t, json.Unmarshal([]byte(raw), &body))
	for field, secret := range w.body[op.OperationID] {
		body.(map[string]any)[field] = secret
	}
	return w.call(who, method, w.address(path, op), body)
}

// TestMalformedRequests sends every operation that can refuse its input what it must refuse: an unknown
// parameter, a body that is too large, and one with a field of the wrong type.
func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	w := newWalkFixture(t)
	walk(t, http.StatusBadRequest, 100, func(path, method string, op *openapi3.Operation) {
		if method == http.MethodGet && op.Security != nil && len(*op.Security) == 0 {
			return // public pages and files ignore parameters that a mail program or a campaign adds
		}
		to := w.address(path, op)
		separator := "?"
		if strings.Contains(to, "?") {
			separator = "&"
		}
		a := w.call(w.caller(op), method, to+separator+"unheardOf=1", nil)
		if a.status != http.StatusBadRequest || a.problem().Errors[0].Pointer != "?unheardOf" {
			t.Errorf("%s takes an unknown parameter: %d %s", op.OperationID, a.status, a.body)
		}
	})
	large := string(bytes.Repeat([]byte("a"), 1<<20))
	walk(t, http.StatusRequestEntityTooLarge, 40, func(path, method string, op *openapi3.Operation) {
		var a response
		if isUpload(op) {
			file, contentType := uploadForm(t, "file", "a.pdf", make([]byte, files.MaxUpload+1))
			a = w.call(w.caller(op), method, w.address(path, op), file, "Content-Type", contentType)
		} else {
			limit, _ := op.Extensions["x-body-limit"].(float64)
			a = w.call(w.caller(op), method, w.address(path, op), `{"x":"`+large[:cmp.Or(int(limit), len(large))]+`"}`)
		}
		if a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s takes a large body: %d %s", op.OperationID, a.status, a.body)
		}
	})
	walk(t, http.StatusUnprocessableEntity, 40, func(path, method string, op *openapi3.Operation) {
		if op.RequestBody == nil || isUpload(op) {
			return
		}
		a := w.call(w.caller(op), method, w.address(path, op), "[]")
		if a.status != http.StatusUnprocessableEntity || len(a.problem().Errors) == 0 {
			t.Errorf("%s takes a list: %d %s", op.OperationID, a.status, a.body)
		}
	})
}

// TestEveryBudget: once budgets are spent, every operation that costs something is refused.
func TestEveryBudget(t *testing.T) {
	t.Parallel()
	w := newWalkFixture(t, func(s *fixtureConfig) { s.RateLimits = config.RateLimits{Enabled: true, User: 10, Anonymous: 30} })
	for _, who := range []*user{w.lawyer, w.admin, w.leaving} {
		for i := 0; w.call(who, "GET", "/api/auth/me", nil).status != http.StatusTooManyRequests; i++ {
			if i > 10 {
				t.Fatal("the budget of a user does not end")
			}
		}
	}
	for i := 0; w.call(nil, "GET", "/nowhere", nil).status != http.StatusTooManyRequests; i++ {
		if i > 30 {
			t.Fatal("the budget of an address does not end")
		}
	}
	walk(t, http.StatusTooManyRequests, 100, func(path, method string, op *openapi3.Operation) {
		if a := w.send(path, method, op); a.status != http.StatusTooManyRequests {
			t.Errorf("%s costs nothing: %d", op.OperationID, a.status)
		}
	})
}

// TestServersDown: while the database is down, every operation that needs it answers 503; the others do so once Redis
// is down, too.
func TestServersDown(t *testing.T) {
	t.Parallel()
	database, redis := testenv.PrivateMySQL(t), testenv.PrivateRedis(t)
	w := newFaultFixture(t, func(s *fixtureConfig) { s.Database.URL, s.Redis.URL = database.URL, redis.URL })
	database.Kill9()
	working := w.walkFaults(http.StatusServiceUnavailable)
	slices.Sort(working)
	// Sessions are in Redis, document types in the program, companies in their registers. The webhook is not signed.
	if want := []string{"checkSanctions", "checkVatNumber", "endSession", "endSessions", "getRegisteredCompany", "listDocumentTypes", "listSessions", "logoutUser", "receivePaymentWebhook", "searchCompanies"}; !slices.Equal(working, want) {
		t.Errorf("without a database, %v work", working)
	}
	redis.Kill9()
	if working := w.walkFaults(http.StatusServiceUnavailable); !slices.Equal(working, []string{"receivePaymentWebhook"}) {
		t.Errorf("without database and Redis, %v work", working)
	}
}

// TestInternalErrors: a fault of the program, here a closed connection pool and then sessions of another type, is a 500
// that discloses nothing.
func TestInternalErrors(t *testing.T) {
	t.Parallel()
	w := newFaultFixture(t)
	testkit.Must(t, w.db.Close())
	w.walkFaults(http.StatusInternalServerError)
	redis := w.redis
	keys, err := redis.Do(t.Context(), redis.B().Keys().Pattern("*").Build()).AsStrSlice()
	testkit.Must(t, err)
	for _, key := range keys {
		testkit.Must(t, redis.Do(t.Context(), redis.B().Del().Key(key).Build()).Error())
		testkit.Must(t, redis.Do(t.Context(), redis.B().Xadd().Key(key).Id("*").FieldValue().FieldValue("a", "b").Build()).Error())
	}
	working := w.walkFaults(http.StatusInternalServerError)
	slices.Sort(working)
	// Pages and the contract are parts of the program. The webhook is not signed. TestPanic has getReadiness.
	if want := []string{"getAccountPage", "getAccountScript", "getContractJson", "getContractYaml", "getDocs", "getDocsAsset", "getDocsGuide", "getDocsReference", "getDocsScript", "getIndex", "getLiveness", "getMetrics", "getReadiness", "getSigningPage", "receivePaymentWebhook"}; !slices.Equal(working, want) {
		t.Errorf("after a fault, %v work", working)
	}
}

// walkFaults calls each operation that declares a status. It returns those that answer another one, and reports an
// answer that discloses what failed.
func (w *walkFixture) walkFaults(status int) (working []string) {
	w.t.Helper()
	walk(w.t.(*testing.T), status, 100, func(path, method string, op *openapi3.Operation) {
		a := w.send(path, method, op)
		if a.status == status {
			if p := a.problem(); p.Detail == nil || strings.Contains(*p.Detail, "sql") {
				w.t.Errorf("%s discloses %s", op.OperationID, a.body)
			}
			return
		}
		working = append(working, op.OperationID)
	})
	return working
}

// TestConflicts causes each 409 that depends on the state of something, other than a reused Idempotency-Key.
func TestConflicts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	ada, ben := f.register("ada", domain.RoleLawyer), f.register("ben", domain.RoleLawyer)
	guest, late, never := f.register("guest", domain.RoleClient), f.register("late", domain.RoleClient), f.register("never", domain.RoleClient)
	made := func(who *user, path string, body any) string {
		t.Helper()
		var out struct{ ID string }
		f.call(who, "POST", path, body).expect(201, "").decode(&out)
		return out.ID
	}

	root := "/api/cases/" + made(ada, "/api/cases", map[string]any{"title": "Northwind v. Southwind"})
	note := made(ada, root+"/notes", map[string]any{"body": "They offered to settle."})
	task := made(ada, root+"/tasks", map[string]any{"title": "File the defence"})
	party := made(ada, root+"/parties", map[string]any{"kind": "company", "side": "opposing", "name": "Southwind Ltd"})
	f.call(ada, "DELETE", root+"/members/"+ada.ID.String(), nil).expect(409, "conflict")
	f.call(ada, "PATCH", root, map[string]any{"status": "closed"}).expect(200, "")
	f.call(ada, "DELETE", root+"/notes/"+note, nil).expect(409, "case_closed")
	f.call(ada, "DELETE", root+"/parties/"+party, nil).expect(409, "case_closed")
	f.call(ada, "PUT", root+"/tasks/"+task, map[string]any{"title": "File the reply", "status": "open"}).expect(409, "case_closed")
	f.call(ada, "DELETE", root+"/tasks/"+task, nil).expect(409, "case_closed")
	f.call(ada, "PATCH", root, map[string]any{"title": "Northwind"}).expect(200, "") // the case itself can be changed

	for _, who := range []*user{ada, ben} {
		template := templateBody("1")
		template["templateId"] = "notice"
		f.call(who, "POST", "/api/templates", template).expect(201, "")
	}
	publish := func(who *user) response { return f.call(who, "POST", "/api/templates/notice/versions/1/publish", nil) }
	publish(ada).expect(200, "")
	publish(ben).expect(409, "conflict")
	f.call(ben, "PATCH", "/api/templates/notice", map[string]any{"sharing": "private"}).expect(200, "")
	publish(ben).expect(200, "")
	f.call(ben, "PATCH", "/api/templates/notice", map[string]any{"sharing": "firm"}).expect(409, "conflict")

	admin := f.admin()
	f.call(admin, "PATCH", "/api/users/"+admin.ID.String(), map[string]any{"role": "lawyer"}).expect(409, "conflict")

	sent := f.initiateSignature(ada, "", "signer@example.com")
	f.call(ada, "POST", "/api/esign/"+sent.TrackingID.String()+"/cancel", map[string]any{}).expect(200, "")
	f.call(ada, "POST", "/api/esign/"+sent.TrackingID.String()+"/remind", nil).expect(409, "signature_cancelled")

	// Until they verify their addresses, people are invited.
	invite := func(address, role string) string {
		t.Helper()
		var invitation api.CaseInvitation
		f.call(ada, "POST", root+"/members", map[string]any{"email": address, "role": role}).expect(202, "").decode(&invitation)
		return invitation.ID.String()
	}
	asLawyer, asViewer, declined := invite("guest@example.com", "lawyer"), invite("late@example.com", "viewer"), invite("never@example.com", "viewer")
	for _, address := range []string{"guest@example.com", "late@example.com", "never@example.com"} {
		f.verifyEmail(address)
	}
	f.call(guest, "POST", "/api/invitations/"+asLawyer+"/accept", nil).expect(409, "conflict")
	key := []string{"Idempotency-Key", "accepted-once"}
	var joined, again api.AcceptedInvitation
	f.call(late, "POST", "/api/invitations/"+asViewer+"/accept", nil, key...).expect(200, "").decode(&joined)
	f.call(late, "POST", "/api/invitations/"+asViewer+"/accept", nil, key...).expect(200, "").decode(&again)
	if joined != again || root != "/api/cases/"+joined.CaseID.String() {
		t.Errorf("joined %+v, then %+v", joined, again)
	}
	f.call(late, "POST", "/api/invitations/"+asViewer+"/accept", nil).expect(404, "not_found")
	f.call(never, "DELETE", "/api/invitations/"+declined, nil).expect(204, "")
	f.call(never, "POST", "/api/invitations/"+declined+"/accept", nil).expect(404, "not_found")
}

// TestSessions refreshes tokens and ends sessions, one and all.
func TestSessions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	phone := *ada
	f.signIn(&phone, "ada@example.com", "correct horse battery")
	refresh := func(who *user) response {
		return f.call(nil, "POST", "/api/auth/refresh", map[string]string{"refreshToken": who.refresh})
	}
	renewed := phone
	var pair api.Tokens
	refresh(&phone).expect(200, "").decode(&pair)
	renewed.token, renewed.refresh = pair.AccessToken, pair.RefreshToken
	var list api.SessionList
	f.call(ada, "GET", "/api/auth/sessions", nil).expect(200, "").decode(&list)
	if len(list.Items) != 2 {
		t.Fatalf("%+v", list)
	}
	for _, s := range list.Items {
		if !s.Current {
			f.call(ada, "DELETE", "/api/auth/sessions/"+s.ID.String(), nil).expect(204, "")
			f.call(ada, "DELETE", "/api/auth/sessions/"+s.ID.String(), nil).expect(404, "not_found")
		}
	}
	f.call(&renewed, "GET", "/api/auth/me", nil).expect(401, "unauthenticated")
	refresh(&renewed).expect(401, "unauthenticated")
	f.call(ada, "DELETE", "/api/auth/sessions", nil).expect(204, "")
	f.call(ada, "GET", "/api/auth/me", nil).expect(401, "unauthenticated")
}
