package handlers_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"counsel/domain"
	"counsel/domain/apikeys"
	"counsel/domain/email"
	"counsel/gen/api"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

// createKey creates an API key and returns it as a caller.
func (f *fixture) createKey(owner *user, scopes []string, more ...any) (api.APIKey, *user) {
	f.t.Helper()
	body := map[string]any{"name": "CRM", "scopes": scopes}
	for i := 0; i < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	var created api.APIKeyWithSecret
	f.call(owner, "POST", "/api/api-keys", body).expect(201, "").decode(&created)
	return created.APIKey, &user{User: owner.User, token: created.Secret}
}

// contractOperation is an operation with a request that names what does not exist.
type contractOperation struct {
	*openapi3.Operation
	method, path string
	body         any
	header       []string
}

func contractOperations(t *testing.T, who *user) (all []contractOperation) {
	t.Helper()
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			o := contractOperation{Operation: op, method: method, path: path}
			for _, p := range op.Parameters {
				if p.Value.In == "path" {
					o.path = strings.Replace(o.path, "{"+p.Value.Name+"}", fmt.Sprint(p.Value.Example), 1)
				}
			}
			if op.RequestBody != nil && op.RequestBody.Value.Content["multipart/form-data"] != nil {
				file, contentType := uploadForm(t, "file", "a.pdf", smallPDF(1))
				o.body, o.header = file, []string{"Content-Type", contentType}
			} else if op.RequestBody != nil {
				examples := op.RequestBody.Value.Content["application/json"].Examples
				names := make([]string, 0, len(examples))
				for name := range examples {
					names = append(names, name)
				}
				raw, err := json.Marshal(examples[slices.Max(names)].Value.Value)
				testkit.Must(t, err)
				o.body = strings.ReplaceAll(string(raw), exampleUser, who.ID.String())
			}
			all = append(all, o)
		}
	}
	return all
}

// TestKeyScopes calls every operation of the contract with a key that has all scopes and with one that has none of the
// operation's. The answers must be what x-scope and x-no-api-key say, and these must follow the tags and methods.
func TestKeyScopes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	admin := f.admin()
	_, all := f.createKey(admin, []string{"*:read", "*:write"})
	_, jobs := f.createKey(admin, []string{"jobs:read"})
	_, webhooks := f.createKey(admin, []string{"webhooks:read"})
	closed := map[string]bool{"auth": true, "users": true, "api-keys": true}
	called, refused := 0, 0
	for _, o := range contractOperations(t, admin) {
		t.Run(o.OperationID, func(t *testing.T) {
			f := *f
			f.t = t
			scope, _ := o.Extensions["x-scope"].(string)
			reason, _ := o.Extensions["x-no-api-key"].(string)
			verb := "write"
			if o.method == http.MethodGet {
				verb = "read"
			}
			switch {
			case o.OperationID == "getCurrentUser":
				if scope != "any" {
					t.Errorf("x-scope is %q", scope)
				}
			case len(o.Extensions["x-roles"].([]any)) == 0 || closed[o.Tags[0]]:
				if scope != "" || (reason == "") != (len(o.Extensions["x-roles"].([]any)) == 0) {
					t.Errorf("x-scope is %q, x-no-api-key %q", scope, reason)
				}
			case scope != o.Tags[0]+":"+verb:
				t.Errorf("x-scope is %q, want %s:%s", scope, o.Tags[0], verb)
			}
			a := f.call(all, o.method, o.path, o.body, o.header...)
			switch {
			case reason != "":
				refused++
				a.expect(403, "api_key_refused")
			case o.OperationID == "deleteTestData": // only test keys
				a.expect(403, "api_key_refused")
				f.call(jobs, o.method, o.path, nil).expect(403, "scope_missing")
			case scope != "":
				called++
				if a.status == 401 || a.status == 403 && a.problem().Code != "forbidden" || a.status >= 500 {
					t.Errorf("with all scopes: %d %s", a.status, a.body)
				}
				other := jobs
				if o.Tags[0] == "jobs" {
					other = webhooks
				}
				if a := f.call(other, o.method, o.path, o.body, o.header...); scope == "any" {
					a.expect(200, "")
				} else if p := a.expect(403, "scope_missing").problem(); !strings.Contains(*p.Detail, scope) {
					t.Errorf("%q does not name %s", *p.Detail, scope)
				}
			case a.status == 403 || a.status == 401 && o.Tags[0] != "auth" && o.OperationID != "receivePaymentWebhook": // it is not signed
				t.Errorf("is open, but answers %d", a.status)
			}
		})
	}
	if called < 100 || refused < 10 {
		t.Errorf("keys called %d operations and were refused at %d", called, refused)
	}
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	var names []apikeys.Scope
	for _, name := range doc.Components.Schemas["ApiKeyScope"].Value.Enum {
		names = append(names, apikeys.Scope(name.(string)))
	}
	if !slices.Equal(names, apikeys.Scopes) {
		t.Errorf("the contract has the scopes %v, the service %v", names, apikeys.Scopes)
	}
	if p := doc.Components.Schemas["ApiKeyWithSecret"].Value.Properties["secret"].Value.Pattern; p != "^"+apikeys.SecretPattern+"$" {
		t.Errorf("the pattern of secrets is %s", p)
	}
}

// TestKeys: a key is created, listed without its secret, used, seen in logs and the timeline, and revoked while it is at work.
func TestKeys(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleLawyer)
	key, caller := f.createKey(ada, []string{"*:read", "cases:write", "docs:write"}, "rateLimit", 500)
	if key.Status != api.APIKeyStatusActive || key.Prefix != "counsel_live_" || !strings.HasSuffix(caller.token, key.LastFour) || key.LastUsedAt != nil {
		t.Errorf("%+v", key)
	}

	a := f.call(caller, "POST", "/api/cases", map[string]any{"title": "A case"}).expect(201, "")
	if got := a.header.Get("RateLimit-Limit"); got != "" { // no limits in this fixture
		t.Errorf("limit %s", got)
	}
	var c api.Case
	a.decode(&c)
	if c.CreatedBy != ada.ID {
		t.Errorf("%+v", c)
	}
	var timeline api.CaseTimeline
	f.call(ada, "GET", "/api/cases/"+c.ID.String()+"/timeline", nil).expect(200, "").decode(&timeline)
	for _, e := range timeline.Items {
		if byKey := e.Verb == api.TimelineEntryVerbCreate; byKey != (e.KeyID != nil && *e.KeyID == key.ID) || e.ActorID != ada.ID {
			t.Errorf("%+v", e)
		}
	}
	var v api.TimelineVerification
	f.call(ada, "GET", "/api/cases/"+c.ID.String()+"/timeline/verify", nil).expect(200, "").decode(&v)
	if !v.Intact {
		t.Errorf("%+v", v)
	}
	// The case is closed to the keys of others.
	_, bob := f.createKey(f.register("bob", domain.RoleLawyer), []string{"*:read"})
	f.call(bob, "GET", "/api/cases/"+c.ID.String(), nil).expect(404, "not_found")

	accepted := f.renderBatch(caller, ndaRequest(t), ndaRequest(t))
	f.startJobs()
	f.call(ada, "DELETE", "/api/api-keys/"+key.ID.String(), nil).expect(204, "")
	f.call(caller, "GET", "/api/jobs/"+accepted.JobID.String(), nil).expect(401, "unauthenticated")
	if job, _ := f.waitForBatch(ada, accepted.JobID); job.Status != api.JobStatusSucceeded { // what was accepted goes on
		t.Errorf("%+v", job)
	}

	var page api.APIKeyList
	a = f.call(ada, "GET", "/api/api-keys", nil).expect(200, "")
	a.decode(&page)
	if len(page.Items) != 1 || page.Items[0].Status != api.APIKeyStatusRevoked || page.Items[0].LastUsedAt == nil || strings.Contains(string(a.body), caller.token) {
		t.Errorf("%s", a.body)
	}
	var exported api.UserExport
	a = f.call(ada, "GET", "/api/users/"+ada.ID.String()+"/export", nil).expect(200, "")
	a.decode(&exported)
	if len(exported.APIKeys) != 1 || exported.APIKeys[0].ID != key.ID || strings.Contains(string(a.body), caller.token) {
		t.Errorf("exported %+v", exported.APIKeys)
	}
	logs := f.logs.String()
	if strings.Contains(logs, caller.token) || strings.Contains(logs, caller.token[13:]) {
		t.Error("the secret is in the log")
	}
	if !regexp.MustCompile(`"operation":"createCase".*"key_id":"` + key.ID.String() + `"|"key_id":"` + key.ID.String() + `".*"operation":"createCase"`).MatchString(logs) {
		t.Error("the log does not name the key")
	}
	f.eventually("the mail about the key", func() bool {
		mails := f.mailServer.mailsTo("ada@example.com")
		return slices.ContainsFunc(mails, func(m email.Outgoing) bool {
			return strings.Contains(m.Text, "counsel_live_…"+key.LastFour) && !strings.Contains(m.Text, caller.token)
		})
	})

	_, second := f.createKey(ada, []string{"*:read"})
	f.call(f.admin(), "PATCH", "/api/users/"+ada.ID.String(), map[string]any{"disabled": true}).expect(200, "")
	f.call(second, "GET", "/api/auth/me", nil).expect(401, "unauthenticated")
	f.call(f.admin(), "DELETE", "/api/cases/"+c.ID.String(), nil).expect(204, "")
	f.call(f.admin(), "DELETE", "/api/users/"+ada.ID.String(), nil).expect(204, "")
	f.call(f.admin(), "GET", "/api/api-keys?userId="+ada.ID.String(), nil).expect(200, "").decode(&page)
	if len(page.Items) != 0 {
		t.Errorf("after the erasure: %+v", page.Items)
	}
}

// TestKeyJobs: what jobs do for a key is recorded in its name, also after it was revoked, and in nobody's when a person started them.
func TestKeyJobs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleLawyer)
	caseID := f.createCase(ada)
	var attached api.StoredDocument
	f.uploadToCase(ada, caseID, "a.pdf", smallPDF(1)).expect(201, "").decode(&attached)
	start := func(who *user) (batch, mail api.ID) {
		item := ndaRequest(t)
		item["caseId"] = caseID
		var sent api.Email
		f.call(who, "POST", "/api/email/send", map[string]any{"to": []string{"eve@example.com"}, "subject": "Hello", "bodyText": "Hello",
			"attachments": []any{map[string]any{"filename": "a.pdf", "docId": attached.ID}}}).expect(202, "").decode(&sent)
		return f.renderBatch(who, item).JobID, sent.ID
	}
	// actors counts the entries of jobs by the key that they name.
	actors := func(batches ...batchItems) map[string]int {
		rendered := map[string]bool{}
		for _, b := range batches {
			for _, item := range b.Items {
				rendered[item.DocID] = true
			}
		}
		n := map[string]int{}
		var timeline api.CaseTimeline
		f.call(ada, "GET", "/api/cases/"+caseID+"/timeline?limit=100", nil).expect(200, "").decode(&timeline)
		for _, e := range timeline.Items {
			if e.SubjectID == nil || e.ActorID != ada.ID {
				continue
			}
			key := "nobody"
			if e.KeyID != nil {
				key = e.KeyID.String()
			}
			if rendered[e.SubjectID.String()] && e.Verb == api.TimelineEntryVerbCreate {
				n["create by "+key]++
			} else if *e.SubjectID == attached.ID && e.Verb == api.TimelineEntryVerbRead {
				n["read by "+key]++
			}
		}
		return n
	}
	key, caller := f.createKey(ada, []string{"*:read", "docs:write", "email:write"})
	byKey, mailByKey := start(caller)
	queued := actors()
	f.call(ada, "DELETE", "/api/api-keys/"+key.ID.String(), nil).expect(204, "")
	byAda, mailByAda := start(ada)
	before := actors()
	f.startJobs()
	_, first := f.waitForBatch(ada, byKey)
	_, second := f.waitForBatch(ada, byAda)
	for _, id := range []api.ID{mailByKey, mailByAda} {
		f.eventually("the mail", func() bool { return f.getEmail(ada, id.String()).Status == api.EmailStatusSent })
	}
	name := key.ID.String()
	got := actors(first, second)
	if got["create by "+name] != 1 || got["create by nobody"] != 1 {
		t.Errorf("rendered: %v", got)
	}
	if n := got["read by "+name]; n <= queued["read by "+name] {
		t.Errorf("the mail of the key read nothing in its name: %v, then %v", queued, got)
	}
	if got["read by nobody"] <= before["read by nobody"] {
		t.Errorf("the mail of the owner read nothing: %v, then %v", before, got)
	}
	var v api.TimelineVerification
	f.call(ada, "GET", "/api/cases/"+caseID+"/timeline/verify", nil).expect(200, "").decode(&v)
	if !v.Intact {
		t.Errorf("%+v", v)
	}
}

// TestKeyStreams: a stream ends with the key that opened it, however that ends, and others go on.
func TestKeyStreams(t *testing.T) {
	t.Parallel()
	f := newFixture(t) // in which no job runs
	admin := f.admin()
	for name, end := range map[string]func(owner *user, key api.APIKey){
		"revoked": func(owner *user, k api.APIKey) {
			f.call(owner, "DELETE", "/api/api-keys/"+k.ID.String(), nil).expect(204, "")
		},
		"expired": func(_ *user, k api.APIKey) { f.expireKey(k) },
		"disabled owner": func(owner *user, _ api.APIKey) {
			f.call(admin, "PATCH", "/api/users/"+owner.ID.String(), map[string]any{"disabled": true}).expect(200, "")
		},
		"erased owner": func(owner *user, _ api.APIKey) {
			f.call(admin, "DELETE", "/api/users/"+owner.ID.String(), nil).expect(204, "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.t = t
			ada := f.register(strings.ReplaceAll(name, " ", "-"), domain.RoleLawyer)
			key, caller := f.createKey(ada, []string{"*:read", "*:write"})
			job := f.renderBatch(caller, ndaRequest(t)).JobID.String()
			events := f.followJob(caller, job)
			if e := <-events; e.Type != api.JobEventTypeProgress {
				t.Fatalf("%+v", e)
			}
			end(ada, key)
			if e, open := <-events; !open || e.Type != api.JobEventTypeError || e.Problem == nil || e.Problem.Code != "unauthenticated" {
				t.Errorf("%v: %+v", open, e)
			}
			if _, open := <-events; open {
				t.Error("the stream goes on")
			}
			f.call(caller, "GET", "/api/jobs/"+job, nil).expect(401, "unauthenticated")
		})
	}
}

func (f *fixture) expireKey(k api.APIKey) {
	f.t.Helper()
	_, err := f.db.ExecContext(f.t.Context(), "UPDATE api_keys SET expires_at = created_at WHERE id = ?", domain.ID(k.ID))
	testkit.Must(f.t, err)
}

// TestKeyReplay: the secret is replayed under its Idempotency-Key, and stored encrypted.
func TestKeyReplay(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	body := map[string]any{"name": "CRM", "scopes": []string{"ai:read"}}
	var first, second api.APIKeyWithSecret
	f.call(ada, "POST", "/api/api-keys", body, "Idempotency-Key", "k").expect(201, "").decode(&first)
	f.call(ada, "POST", "/api/api-keys", body, "Idempotency-Key", "k").expect(201, "").decode(&second)
	if first.Secret != second.Secret {
		t.Error("another secret")
	}
	f.call(&user{token: first.Secret}, "GET", "/api/auth/me", nil).expect(200, "")
	var n int
	testkit.Must(t, f.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM idempotency_keys WHERE INSTR(answer, ?) > 0", first.Secret[13:]).Scan(&n))
	if n != 0 {
		t.Error("the secret is stored in the clear")
	}
}

// TestInvalidKeys: all keys that do not work get the same answer; malformed ones cost no query.
func TestInvalidKeys(t *testing.T) {
	t.Parallel()
	statements := &statementLog{Handler: slog.DiscardHandler}
	f := newFixture(t, func(s *fixtureConfig) { s.statementLog = slog.New(statements) })
	ada := f.register("ada", domain.RoleClient)
	revoked, caller := f.createKey(ada, []string{"*:read"})
	expired, expiredCaller := f.createKey(ada, []string{"*:read"})
	f.call(ada, "DELETE", "/api/api-keys/"+revoked.ID.String(), nil).expect(204, "")
	_, err := f.db.ExecContext(t.Context(), "UPDATE api_keys SET expires_at = created_at WHERE id = ?", domain.ID(expired.ID))
	testkit.Must(t, err)
	_, other := newFixtureKey(t)
	want := ""
	for name, token := range map[string]string{
		"revoked": caller.token, "expired": expiredCaller.token, "unknown": other,
		"malformed": caller.token + "0", "wrong checksum": caller.token[:13] + "x" + caller.token[14:], "only a prefix": "counsel_live_", "long": "counsel_live_" + strings.Repeat("A", 6000),
	} {
		statements.next()
		a := f.call(&user{token: token}, "GET", "/api/jobs", nil).expect(401, "unauthenticated")
		p := a.problem()
		got := p.Type + p.Title + *p.Detail + a.header.Get("WWW-Authenticate")
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		wellFormed := name == "revoked" || name == "expired" || name == "unknown"
		if ran := statements.next(); (ran != "") != wellFormed && !strings.HasPrefix(caller.token[13:], "x") {
			t.Errorf("%s runs %q", name, ran)
		}
	}
}

// newFixtureKey returns a well-formed key that this database does not know.
func newFixtureKey(t *testing.T) (api.APIKey, string) {
	t.Helper()
	f := newFixture(t)
	k, caller := f.createKey(f.register("eve", domain.RoleClient), []string{"*:read"})
	return k, caller.token
}

// TestKeyAddresses: X-Forwarded-For counts only from trusted proxies.
func TestKeyAddresses(t *testing.T) {
	t.Parallel()
	for name, trusted := range map[string][]netip.Prefix{"direct": nil, "behind a proxy": {netip.MustParsePrefix("127.0.0.0/8")}} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, func(s *fixtureConfig) { s.HTTP.TrustedProxies = trusted })
			ada := f.register("ada", domain.RoleClient)
			_, local := f.createKey(ada, []string{"*:read"}, "ipRanges", []string{"127.0.0.0/8"})
			_, remote := f.createKey(ada, []string{"*:read"}, "ipRanges", []string{"203.0.113.7"})
			forwarded := []string{"X-Forwarded-For", "203.0.113.7"}
			f.call(local, "GET", "/api/auth/me", nil).expect(200, "")
			f.call(remote, "GET", "/api/auth/me", nil).expect(403, "address_not_allowed")
			if trusted == nil {
				f.call(local, "GET", "/api/auth/me", nil, forwarded...).expect(200, "")
				f.call(remote, "GET", "/api/auth/me", nil, forwarded...).expect(403, "address_not_allowed")
			} else {
				f.call(local, "GET", "/api/auth/me", nil, forwarded...).expect(403, "address_not_allowed")
				f.call(remote, "GET", "/api/auth/me", nil, forwarded...).expect(200, "")
			}
		})
	}
}

// TestForgedAddresses: behind a proxy, the address is the one that the proxy adds, whatever the client sends with it.
func TestForgedAddresses(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(s *fixtureConfig) {
		s.HTTP.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	})
	_, caller := f.createKey(f.register("ada", domain.RoleClient), []string{"*:read"}, "ipRanges", []string{"203.0.113.0/24", "2001:db8::1"})
	for forwarded, allowed := range map[string]bool{
		"203.0.113.7": true, "::ffff:203.0.113.7": true, "203.0.113.7, 10.1.2.3": true, "2001:db8::1": true, "[2001:db8::1]": true,
		"203.0.113.7, 198.51.100.1": false, "203.0.113.7, 198.51.100.1, 10.1.2.3": false, "203.0.113.7, ": false, "203.0.113.7:80": false, "203.0.113.007": false,
		"::ffff:198.51.100.1": false, "2001:db8::2": false, "2001:db8::1%eth0": false, "localhost": false, "": false,
	} {
		a := f.call(caller, "GET", "/api/auth/me", nil, "X-Forwarded-For", forwarded, "X-Real-IP", "203.0.113.7", "Forwarded", "for=203.0.113.7")
		if allowed {
			a.expect(200, "")
		} else if a.status != 403 || a.problem().Code != "address_not_allowed" {
			t.Errorf("%q: %d", forwarded, a.status)
		}
	}
	// A proxy may add a line of its own instead of extending the client's.
	for _, lines := range [][]string{{"203.0.113.7", "198.51.100.1"}, {"198.51.100.1", "203.0.113.7"}} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", f.url+"/api/auth/me", nil)
		testkit.Must(t, err)
		r.Header["X-Forwarded-For"] = lines
		r.Header.Set("Authorization", "Bearer "+caller.token)
		res, err := http.DefaultTransport.RoundTrip(r)
		testkit.Must(t, err)
		testkit.Must(t, res.Body.Close())
		if allowed := lines[1] == "203.0.113.7"; allowed != (res.StatusCode == 200) {
			t.Errorf("%v: %d", lines, res.StatusCode)
		}
	}
}

// TestKeyMethods: HEAD needs the scope of GET; nothing turns one method into another.
func TestKeyMethods(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleLawyer)
	_, reader := f.createKey(ada, []string{"cases:read"})
	_, writer := f.createKey(ada, []string{"cases:write"})
	_, both := f.createKey(ada, []string{"cases:read", "cases:write"})
	root := "/api/cases/" + f.createCase(writer)
	for _, method := range []string{"HEAD", "GET"} {
		if a := f.call(reader, method, root, nil); a.status != 200 || (len(a.body) == 0) != (method == "HEAD") {
			t.Errorf("%s: %d, %d bytes", method, a.status, len(a.body))
		}
		if a := f.call(writer, method, root, nil); a.status != 403 {
			t.Errorf("%s without the scope: %d", method, a.status)
		}
	}
	for _, method := range []string{"OPTIONS", "TRACE", "PUT", "get", "CONNECTED"} {
		want := 405
		if method == "OPTIONS" { // says which methods there are
			want = 204
		}
		if a := f.call(reader, method, root, nil); a.status != want || strings.Contains(string(a.body), "createdBy") {
			t.Errorf("%s: %d %s", method, a.status, a.body)
		}
	}
	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		f.call(both, "GET", root, nil, header, "DELETE").expect(200, "")
	}
	f.call(reader, "DELETE", root, nil).expect(403, "scope_missing")
	f.call(reader, "GET", root, nil).expect(200, "")
}

// TestKeysAndIdempotency: a stored answer is replayed to keys of the same account that may call the operation, and to no others.
func TestKeysAndIdempotency(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleLawyer)
	create := func(who *user) response {
		t.Helper()
		return f.call(who, "POST", "/api/webhooks", map[string]any{"url": "https://hooks.example/x", "eventTypes": []string{"case.closed"}}, "Idempotency-Key", "the-same")
	}
	key, first := f.createKey(ada, []string{"webhooks:write"})
	_, second := f.createKey(ada, []string{"webhooks:write"})
	_, other := f.createKey(ada, []string{"webhooks:read", "cases:write"})
	_, elsewhere := f.createKey(ada, []string{"webhooks:write"}, "ipRanges", []string{"203.0.113.7"})
	_, bobs := f.createKey(bob, []string{"webhooks:write"})
	original := create(first).expect(201, "")
	for name, who := range map[string]*user{"the key": first, "a second key": second, "the owner": ada} {
		if a := create(who).expect(201, ""); string(a.body) != string(original.body) || a.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s got %s", name, a.body)
		}
	}
	create(other).expect(403, "scope_missing")
	create(elsewhere).expect(403, "address_not_allowed")
	for name, who := range map[string]*user{"another account": bobs, "test mode": f.createTestKey(ada)} {
		if a := create(who).expect(201, ""); string(a.body) == string(original.body) || a.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("%s got %s", name, a.body)
		}
	}
	f.call(ada, "DELETE", "/api/api-keys/"+key.ID.String(), nil).expect(204, "")
	create(first).expect(401, "unauthenticated")
	f.call(f.admin(), "PATCH", "/api/users/"+ada.ID.String(), map[string]any{"role": "client"}).expect(200, "")
	create(second).expect(403, "forbidden")
}

// TestKeyInvitations: a key accepts an invitation as its owner; in test mode there are none.
func TestKeyInvitations(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	ada, bob := f.register("ada", domain.RoleClient), f.register("bob", domain.RoleLawyer)
	root := "/api/cases/" + f.createCase(bob)
	f.call(bob, "POST", root+"/members", map[string]any{"email": ada.Email, "role": "client"}).expect(202, "")
	f.verifyEmail(ada.Email)
	var page api.InvitationList
	test := f.createTestKey(ada)
	f.call(test, "GET", "/api/invitations", nil).expect(200, "").decode(&page)
	if len(page.Items) != 0 {
		t.Errorf("in test mode: %+v", page.Items)
	}
	_, reader := f.createKey(ada, []string{"cases:read"})
	_, writer := f.createKey(ada, []string{"cases:write"})
	f.call(reader, "GET", "/api/invitations", nil).expect(200, "").decode(&page)
	accept := "/api/invitations/" + page.Items[0].ID.String()
	f.call(test, "POST", accept+"/accept", nil).expect(403, "test_mode_refused")
	f.call(test, "DELETE", accept, nil).expect(404, "not_found")
	f.call(reader, "POST", accept+"/accept", nil).expect(403, "scope_missing")
	f.call(writer, "POST", accept+"/accept", nil).expect(200, "")
	f.call(reader, "GET", root, nil).expect(200, "")
	f.call(test, "GET", root, nil).expect(404, "not_found")
}

// TestKeyRateLimit: each key has a budget of its own, which is not its owner's.
func TestKeyRateLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(s *fixtureConfig) { s.limitRequests(50); s.RateLimits.APIKey = 5 })
	ada := f.register("ada", domain.RoleClient)
	f.call(ada, "POST", "/api/api-keys", map[string]any{"name": "CRM", "scopes": []string{"*:read"}, "rateLimit": 6}).expect(422, "invalid")
	_, low := f.createKey(ada, []string{"*:read"}, "rateLimit", 2)
	_, full := f.createKey(ada, []string{"*:read"})
	for caller, n := range map[*user]int{low: 2, full: 5} {
		for i := range n {
			a := f.call(caller, "GET", "/api/jobs", nil).expect(200, "")
			if a.header.Get("RateLimit-Limit") != fmt.Sprint(n) || a.header.Get("RateLimit-Remaining") != fmt.Sprint(n-i-1) {
				t.Errorf("%v", a.header)
			}
		}
		f.call(caller, "GET", "/api/jobs", nil).expect(429, "rate_limited")
	}
	f.call(ada, "GET", "/api/jobs", nil).expect(200, "")
}

// TestKeyWithoutRedis: keys work, and their revocation counts, while Redis is down.
func TestKeyWithoutRedis(t *testing.T) {
	t.Parallel()
	redis := testenv.PrivateRedis(t)
	f := newFixture(t, func(s *fixtureConfig) { s.Redis.URL = redis.URL })
	ada := f.register("ada", domain.RoleClient)
	key, caller := f.createKey(ada, []string{"*:read"})
	redis.Kill9()
	f.call(caller, "GET", "/api/drafts", nil).expect(200, "")
	f.call(ada, "DELETE", "/api/api-keys/"+key.ID.String(), nil).expect(204, "")
	f.call(caller, "GET", "/api/drafts", nil).expect(401, "unauthenticated")
}

// TestResetRevokesKeys: a new password revokes the keys, unless the person retains them.
func TestResetRevokesKeys(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	for name, revoke := range map[string]bool{"ada": true, "bob": false} {
		_, caller := f.createKey(f.register(name, domain.RoleClient), []string{"*:read"})
		f.call(nil, "POST", "/api/auth/password/forgot", map[string]string{"email": name + "@example.com"}).expect(204, "")
		var token string
		f.eventually("the link", func() bool {
			for _, m := range f.mailServer.mailsTo(name + "@example.com") {
				if _, after, ok := strings.Cut(m.Text, "#reset="); ok {
					token, _, _ = strings.Cut(after, "\n")
				}
			}
			return token != ""
		})
		f.call(nil, "POST", "/api/auth/password/reset", map[string]any{"token": strings.TrimSpace(token), "password": "a new horse battery", "revokeApiKeys": revoke}).expect(204, "")
		want := 200
		if revoke {
			want = 401
		}
		if a := f.call(caller, "GET", "/api/auth/me", nil); a.status != want {
			t.Errorf("%s: %d", name, a.status)
		}
	}
}
