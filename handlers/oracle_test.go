package handlers_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"counsel/domain"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// referenceKinds maps each id or address in a request to its kind. The test tries an absent one and one of somebody
// else. A name that is not here fails the test.
var referenceKinds = map[string]string{
	"caseId": "case", "noteId": "note", "taskId": "task", "partyId": "party", "invitationId": "invitation",
	"userId": "account", "assigneeId": "account", "email": "address", "address": "address",
	"docId": "document", "documentIds": "document", "fileUrl": "file", "draftId": "draft", "consultationId": "consultation",
	"templateId": "template", "webhookId": "webhook", "deliveryId": "delivery", "emailId": "mail", "suppressionId": "suppression",
	"jobId": "job", "trackingId": "signature", "notificationId": "notification", "newestId": "notification", "sessionId": "session", "apiKeyId": "API key",
	"link": "", "provider": "", "version": "", // a secret, a constant, and part of another id
	"guide": "", "file": "", // of the public documentation
	"watchId": "watch", "companyId": "", "source": "", // of public registers
	"paymentId": "payment", "entryId": "time entry", "timeEntryId": "time entry", "invoiceId": "invoice",
	"playbookId": "", // all lawyers and admins see the playbooks of the firm
}

// disclosed is what an operation reveals on purpose, with the reason.
var disclosed = map[string]string{
	"registerUser body.email":          "who registers an address that has an account must learn why it fails; tries are limited by network address",
	"addCaseMember body.email/lawyer":  "lawyers and admins may know the accounts of the firm",
	"addCaseMember body.userId/lawyer": "the same",
}

// TestNoOracle tests every operation of the contract: for every id or address that it takes, an absent one and
// one of somebody else get the same answer after the same SQL statements, and so in the same time.
func TestNoOracle(t *testing.T) {
	t.Parallel()
	statements := &statementLog{Handler: slog.DiscardHandler}
	f := newFixture(t, func(s *fixtureConfig) { s.statementLog = slog.New(statements) })
	o := &oracleFixture{fixture: f, statements: statements, othersIDs: map[string]string{}, ownIDs: map[domain.Role]map[string]string{}}
	owner := f.register("owner", domain.RoleLawyer)
	o.owner, o.othersIDs = owner, o.build(owner, "secret-template")
	o.othersIDs["address"] = "owner@example.com"
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	asks := 0
	callers := map[domain.Role]*user{domain.RoleClient: f.register("client", domain.RoleClient), domain.RoleLawyer: f.register("lawyer", domain.RoleLawyer)}
	for role, who := range callers {
		o.ownIDs[role] = o.build(who, "own-template-of-"+string(role))
	}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		for method, op := range doc.Paths.Map()[path].Operations() {
			rules, _ := op.Extensions["x-roles"].([]any)
			for _, ref := range references(t, op) {
				name := op.OperationID + " " + ref.String()
				kind, known := referenceKinds[ref.last()]
				if !known {
					t.Errorf("%s: the test does not know which object it names: see asked", name)
					continue
				}
				if kind == "" {
					continue
				}
				for role, who := range callers {
					switch {
					case len(rules) == 0 && role == domain.RoleClient:
						who = nil // open to everyone
					case !slices.Contains(rules, any(string(role))):
						continue
					}
					if disclosed[name] != "" || disclosed[name+"/"+string(role)] != "" {
						continue
					}
					asks++
					t.Run(strings.ReplaceAll(name, " ", "/")+"/"+string(role), func(t *testing.T) { o.on(t).check(method, path, op, ref, kind, role, who) })
				}
			}
		}
	}
	if asks < 150 {
		t.Fatalf("only %d requests", asks)
	}
}

type oracleFixture struct {
	*fixture
	statements *statementLog
	owner      *user
	othersIDs  map[string]string                 // by kind; those that can be in a case exist a second time, in a case
	ownIDs     map[domain.Role]map[string]string // by role and kind
}

func (o *oracleFixture) on(t *testing.T) *oracleFixture {
	f := *o.fixture
	f.t = t
	other := *o
	other.fixture = &f
	return &other
}

// requestReference is a place in a request that holds an id or an address.
type requestReference struct {
	in   string // path, query or body
	path []string
}

func (r requestReference) String() string { return r.in + "." + strings.Join(r.path, ".") }

// last is the name of the field or parameter.
func (r requestReference) last() string {
	for i := len(r.path) - 1; ; i-- {
		if r.path[i] != "*" {
			return r.path[i]
		}
	}
}

// references are all places in a request that can hold an id or address: by the contract's types, or by name.
func references(t *testing.T, op *openapi3.Operation) (refs []requestReference) {
	names := func(name string, s *openapi3.Schema) bool {
		return s.Format == "uuid" || s.Format == "email" || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Ids") || name == "fileUrl" || name == "address" || name == "email"
	}
	for _, p := range op.Parameters {
		if v := p.Value; v.In == "path" || v.In == "query" && names(v.Name, v.Schema.Value) {
			refs = append(refs, requestReference{v.In, []string{v.Name}})
		}
	}
	var walk func(at []string, s *openapi3.Schema)
	walk = func(at []string, s *openapi3.Schema) {
		if len(at) > 8 {
			t.Fatalf("%s: the body is nested too deeply", op.OperationID)
		}
		name := requestReference{"body", append([]string{""}, at...)}.last()
		if s.Type.Is("string") && names(name, s) {
			refs = append(refs, requestReference{"body", slices.Clone(at)})
		}
		for name, p := range s.Properties {
			walk(append(slices.Clone(at), name), p.Value)
		}
		if s.Items != nil {
			walk(append(slices.Clone(at), "*"), s.Items.Value)
		}
	}
	if op.RequestBody != nil {
		for _, content := range op.RequestBody.Value.Content {
			walk(nil, content.Schema.Value)
		}
	}
	slices.SortFunc(refs, func(a, b requestReference) int { return cmp.Compare(a.String(), b.String()) })
	return refs
}

// absent is an id or address of a kind that does not exist.
func (o *oracleFixture) absent(kind string) string {
	switch kind {
	case "address":
		return "nobody-" + domain.NewID().String()[24:] + "@example.com"
	case "template":
		return "absent-" + domain.NewID().String()[24:]
	case "file":
		return o.fileURL(domain.NewID().String())
	}
	return domain.NewID().String()
}

func (o *oracleFixture) fileURL(id string) string {
	u, err := url.Parse(o.othersIDs["fileOf"])
	testkit.Must(o.t, err)
	u.Path = strings.Replace(u.Path, o.othersIDs["document"], id, 1)
	return u.String()
}

// build creates one resource of each kind for a user.
func (o *oracleFixture) build(who *user, template string) map[string]string {
	o.t.Helper()
	have := map[string]string{"account": who.ID.String()}
	made := func(kind, path string, body any) {
		o.t.Helper()
		var out struct{ ID string }
		a := o.call(who, "POST", path, body)
		if a.status != 201 && a.status != 202 {
			o.t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
		a.decode(&out)
		have[kind] = out.ID
	}
	made("case", "/api/cases", map[string]any{"title": "Theirs"})
	root := "/api/cases/" + have["case"]
	made("note", root+"/notes", map[string]any{"body": "A note"})
	made("task", root+"/tasks", map[string]any{"title": "A task"})
	made("party", root+"/parties", map[string]any{"kind": "company", "side": "client", "name": "Northwind " + template, "email": template + "@firm.example"})
	test := who.TestMode != nil // no invitations, sessions and keys
	if !test {
		made("invitation", root+"/members", map[string]any{"email": "guest-of-" + template + "@example.com", "role": "viewer"})
	}
	made("draft", "/api/drafts", map[string]any{"title": "Letter", "body": "Pay."})
	made("draft in a case", "/api/drafts", map[string]any{"title": "Letter", "body": "Pay.", "caseId": have["case"]})
	for kind, context := range map[string]map[string]any{"consultation": {}, "consultation in a case": {"caseId": have["case"]}} {
		var answer api.ChatResponse
		o.call(who, "POST", "/api/ai/chat", map[string]any{"userId": who.ID, "message": "When is it due?", "context": context}).expect(200, "").decode(&answer)
		have[kind] = answer.ConsultationID.String()
	}
	file, contentType := uploadForm(o.t, "file", "a.pdf", smallPDF(1))
	var d, inCase api.StoredDocument
	o.call(who, "POST", "/api/docs", file, "Content-Type", contentType).expect(201, "").decode(&d)
	have["document"], have["fileOf"], have["file"] = d.ID.String(), d.FileURL, d.FileURL
	o.uploadToCase(who, have["case"], "b.pdf", smallPDF(1)).expect(201, "").decode(&inCase)
	have["document in a case"] = inCase.ID.String()
	if !test {
		var sessions struct{ Items []struct{ ID string } }
		o.call(who, "GET", "/api/auth/sessions", nil).expect(200, "").decode(&sessions)
		have["session"] = sessions.Items[0].ID
		key, _ := o.createKey(who, []string{"*:read"})
		have["API key"] = key.ID.String()
	}
	have["notification"] = o.notify(who)
	var batch struct{ JobID string }
	o.call(who, "POST", "/api/docs/render-batch", map[string]any{"items": []any{ndaRequest(o.t.(*testing.T))}}).expect(202, "").decode(&batch)
	have["job"] = batch.JobID
	if domain.Role(who.Role) == domain.RoleClient {
		return have
	}
	made("time entry", root+"/time-entries", map[string]any{"date": "2026-11-24", "minutes": 60, "rate": 20000, "currency": "EUR", "description": "Review"})
	made("invoice", root+"/invoices", map[string]any{"currency": "EUR", "recipient": map[string]any{"name": "Ada"}, "lines": []any{map[string]any{"description": "Advice", "quantity": "1", "unitPrice": 100}}})
	o.call(who, "POST", root+"/invoices/"+have["invoice"]+"/send", nil).expect(200, "")
	made("payment", "/api/payments/checkout", map[string]any{"invoiceId": have["invoice"]})
	made("watch", "/api/compliance/watches", map[string]any{"kind": "vat", "number": "FR40303265045", "caseId": have["case"]})
	t := templateBody("1")
	t["templateId"] = template
	o.call(who, "POST", "/api/templates", t).expect(201, "")
	have["template"] = template
	var hook api.WebhookWithSecret
	o.call(who, "POST", "/api/webhooks", map[string]any{"url": "https://hooks.example/" + template, "eventTypes": []string{"case.closed"}}).expect(201, "").decode(&hook)
	have["webhook"] = hook.Webhook.ID.String()
	var ping api.WebhookDelivery
	o.call(who, "POST", "/api/webhooks/"+have["webhook"]+"/ping", nil).expect(202, "").decode(&ping)
	have["delivery"] = ping.ID.String()
	made("mail", "/api/email/send", map[string]any{"to": []string{template + "-reader@example.com"}, "subject": "x", "bodyText": "x"})
	have["signature"] = o.initiateSignature(who, "", template+"-signer@example.com").TrackingID.String()
	have["signature in a case"] = o.initiateSignature(who, have["case"], template+"-signer@example.com").TrackingID.String()
	return have
}

// notify creates a notification for a user, as the job would.
func (o *oracleFixture) notify(who *user) string {
	o.t.Helper()
	id := domain.NewID()
	_, err := o.db.ExecContext(o.t.Context(), "INSERT INTO notifications (id, user_id, event_type, data, created_at, expires_at) VALUES (?, ?, 'case.closed', '{}', NOW(6), NOW(6) + INTERVAL 1 DAY)", id, domain.ID(who.ID))
	testkit.Must(o.t, err)
	return id.String()
}

// check compares the answers for an absent id and for somebody else's.
func (o *oracleFixture) check(method, path string, op *openapi3.Operation, ref requestReference, kind string, role domain.Role, who *user) {
	o.t.Helper()
	type outcome struct{ answer, statements string }
	ask := func(value string) outcome {
		o.statements.next()
		a := o.send(method, path, op, ref, value, role, who)
		statements := o.statements.next()
		body := string(a.body)
		for _, v := range []string{value, url.QueryEscape(value), strings.TrimPrefix(value, "https://")} {
			body = strings.ReplaceAll(body, v, "<it>")
		}
		body = anyID.ReplaceAllString(anyTime.ReplaceAllString(anyRequest.ReplaceAllString(body, ""), "<time>"), "<id>")
		return outcome{fmt.Sprint(a.status, " ", body), statements}
	}
	// The first request fills caches, such as parsed templates.
	ask(o.absent(kind))
	no := ask(o.absent(kind))
	for _, theirs := range o.others(kind) {
		hidden := ask(theirs)
		if no.answer != hidden.answer {
			o.t.Errorf("a missing %s can be distinguished from another user's:\n%s\n%s", kind, no.answer, hidden.answer)
		}
		if strings.HasPrefix(no.answer, "404") && no.statements != hidden.statements {
			o.t.Errorf("a missing %s runs\n%s\nanother user's runs\n%s", kind, no.statements, hidden.statements)
		}
	}
}

// others are somebody else's ids of a kind.
func (o *oracleFixture) others(kind string) (ids []string) {
	o.t.Helper()
	if kind == "template" { // a new one each time: the caller may have created their own with the same id
		t := templateBody("1")
		t["templateId"] = "hidden-" + domain.NewID().String()[24:]
		o.call(o.owner, "POST", "/api/templates", t).expect(201, "")
		return []string{fmt.Sprint(t["templateId"])}
	}
	for _, k := range []string{kind, kind + " in a case"} {
		if id := o.othersIDs[k]; id != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		o.t.Fatalf("no user has a %s: create one in build", kind)
	}
	return ids
}

var (
	anyID      = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	anyTime    = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)
	anyRequest = regexp.MustCompile(`"(requestId|instance)":"[^"]*",?`)
)

// statementLog keeps the SQL statements that are logged.
type statementLog struct {
	slog.Handler
	mu  sync.Mutex
	all []string
}

func (*statementLog) Enabled(context.Context, slog.Level) bool { return true }

func (l *statementLog) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Attrs(func(a slog.Attr) bool {
		// The ledger of the AI's use writes in the background.
		if statement := a.Value.String(); a.Key == "statement" && !strings.Contains(statement, "INTO ai_usage ") && !strings.Contains(statement, "INTO ai_spending ") {
			l.all = append(l.all, statement)
		}
		return true
	})
	return nil
}

// next returns the statements since the last call.
func (l *statementLog) next() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.Join(l.all, "\n")
	l.all = nil
	return text
}

// send calls the operation with value at ref, and with the caller's own ids everywhere else.
func (o *oracleFixture) send(method, path string, op *openapi3.Operation, ref requestReference, value string, role domain.Role, who *user) response {
	o.t.Helper()
	mine := o.ownIDs[role]
	own := func(name string) string {
		if v, ok := mine[referenceKinds[name]]; ok {
			return v
		}
		return domain.NewID().String()
	}
	query := url.Values{}
	concrete := path
	for _, p := range op.Parameters {
		name := p.Value.Name
		v := fmt.Sprint(p.Value.Example)
		if referenceKinds[name] != "" {
			v = own(name)
		}
		asksIt := p.Value.In == ref.in && name == ref.path[0]
		if asksIt {
			v = value
		}
		switch {
		case p.Value.In == "path":
			concrete = strings.Replace(concrete, "{"+name+"}", url.PathEscape(v), 1)
		case p.Value.In == "query" && (p.Value.Required || asksIt):
			query.Set(name, v)
		}
	}
	if len(query) > 0 {
		concrete += "?" + query.Encode()
	}
	if op.RequestBody == nil {
		return o.call(who, method, concrete, nil)
	}
	if op.RequestBody.Value.Content["multipart/form-data"] != nil {
		m := &matrixFixture{fixture: o.fixture}
		file, contentType := m.uploadForm(value)
		return o.call(who, method, concrete, file, "Content-Type", contentType)
	}
	raw, _ := example(o.t, op)
	var body any
	testkit.Must(o.t, json.Unmarshal([]byte(raw), &body))
	body = o.fill(body, own)
	if ref.in == "body" {
		body = setField(body, ref.path, value)
	}
	if m, ok := body.(map[string]any); ok {
		switch op.OperationID {
		case "addCaseMember": // takes either of two
			if ref.in == "body" {
				delete(m, map[string]string{"userId": "email", "email": "userId"}[ref.last()])
			}
		case "loginUser": // the example's is correct
			m["password"] = "not the password"
		}
	}
	return o.call(who, method, concrete, body)
}

// fill replaces the ids in the contract's example by the caller's own.
func (o *oracleFixture) fill(v any, own func(string) string) any {
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			switch e.(type) {
			case string:
				if kind := referenceKinds[name]; kind != "" && kind != "address" && kind != "template" && kind != "file" {
					v[name] = own(name)
				}
			case []any:
				if name == "attachments" || referenceKinds[name] != "" {
					delete(v, name) // the tested id is set there
					continue
				}
				v[name] = o.fill(e, own)
			default:
				v[name] = o.fill(e, own)
			}
		}
	case []any:
		for i := range v {
			v[i] = o.fill(v[i], own)
		}
	}
	return v
}

// setField sets a nested value of a body; * is the first element of a list.
func setField(v any, path []string, value string) any {
	if len(path) == 0 {
		return value
	}
	if path[0] == "*" {
		list, _ := v.([]any)
		if len(list) == 0 {
			list = []any{nil}
		}
		list[0] = setField(list[0], path[1:], value)
		return list
	}
	m, ok := v.(map[string]any)
	if !ok {
		m = map[string]any{}
		if path[0] == "fileUrl" || path[0] == "docId" {
			m["filename"] = "a.pdf"
		}
	}
	m[path[0]] = setField(m[path[0]], path[1:], value)
	return m
}
