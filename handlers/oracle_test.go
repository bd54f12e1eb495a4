package handlers_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"counsel/domain"
	"counsel/gen/api"
	"counsel/sandbox/testenv"
)

// asked says of each thing that a request can name what the oracle test asks about: one that is not
// there, and one that somebody else has. A name that is not here fails the test.
var asked = map[string]string{
	"caseId": "case", "noteId": "note", "taskId": "task", "partyId": "party", "invitationId": "invitation",
	"userId": "account", "assigneeId": "account", "email": "address", "address": "address",
	"docId": "document", "documentIds": "document", "fileUrl": "file", "draftId": "draft", "consultationId": "consultation",
	"templateId": "template", "webhookId": "webhook", "deliveryId": "delivery", "emailId": "mail", "suppressionId": "suppression",
	"jobId": "job", "trackingId": "signature", "notificationId": "notification", "newestId": "notification", "sessionId": "session",
	"link": "", "provider": "", "version": "", // a secret, a constant, and a part of what is asked about already
}

// told is what an operation tells on purpose, with the reason.
var told = map[string]string{
	"registerUser body.email":          "who registers an address that has an account must learn why it fails; tries are limited by network address",
	"addCaseMember body.email/lawyer":  "lawyers and admins may know the accounts of the firm",
	"addCaseMember body.userId/lawyer": "the same",
}

// TestNoOracle walks the contract: whatever id or address an operation takes, the answers for one that
// nothing has and for one of somebody else's are the same, and so are the statements before them, from
// which the time follows. An operation added to the contract is tested by that alone.
func TestNoOracle(t *testing.T) {
	var echo testenv.Log
	b := newBundle(t, func(s *setup) { s.echo = slog.New(slog.NewTextHandler(&echo, nil)) })
	o := &oracle{bundle: b, echo: &echo, theirs: map[string]string{}, mine: map[domain.Role]map[string]string{}}
	owner := b.join("owner", domain.RoleLawyer)
	o.owner, o.theirs = owner, o.build(owner, "secret-template")
	o.theirs["address"] = "owner@example.com"
	doc, err := api.GetSpec()
	must(t, err)
	asks := 0
	callers := map[domain.Role]*person{domain.RoleClient: b.join("client", domain.RoleClient), domain.RoleLawyer: b.join("lawyer", domain.RoleLawyer)}
	for role, who := range callers {
		o.mine[role] = o.build(who, "own-template-of-"+string(role))
	}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		for method, op := range doc.Paths.Map()[path].Operations() {
			rules, _ := op.Extensions["x-roles"].([]any)
			for _, ref := range references(t, op) {
				name := op.OperationID + " " + ref.String()
				kind, known := asked[ref.last()]
				if !known {
					t.Errorf("%s: nobody has said what it names, see asked", name)
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
					if told[name] != "" || told[name+"/"+string(role)] != "" {
						continue
					}
					asks++
					t.Run(strings.ReplaceAll(name, " ", "/")+"/"+string(role), func(t *testing.T) { o.on(t).try(method, path, op, ref, kind, role, who) })
				}
			}
		}
	}
	if asks < 150 {
		t.Fatalf("asked only %d times", asks)
	}
}

type oracle struct {
	*bundle
	echo   *testenv.Log
	seen   int
	owner  *person
	theirs map[string]string                 // by kind; those that can be in a case are there again, in one
	mine   map[domain.Role]map[string]string // by role and kind
}

func (o *oracle) on(t *testing.T) *oracle {
	b := *o.bundle
	b.t = t
	other := *o
	other.bundle = &b
	return &other
}

// reference is where a request names something.
type reference struct {
	in   string // path, query or body
	path []string
}

func (r reference) String() string { return r.in + "." + strings.Join(r.path, ".") }

// last is the name of the field or parameter.
func (r reference) last() string {
	for i := len(r.path) - 1; ; i-- {
		if r.path[i] != "*" {
			return r.path[i]
		}
	}
}

// references are all places in a request that may name something: those of the contract's types for
// ids and addresses, whatever they are called, and those that are called like one.
func references(t *testing.T, op *openapi3.Operation) (refs []reference) {
	names := func(name string, s *openapi3.Schema) bool {
		return s.Format == "uuid" || s.Format == "email" || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Ids") || name == "fileUrl" || name == "address" || name == "email"
	}
	for _, p := range op.Parameters {
		if v := p.Value; v.In == "path" || v.In == "query" && names(v.Name, v.Schema.Value) {
			refs = append(refs, reference{v.In, []string{v.Name}})
		}
	}
	var walk func(at []string, s *openapi3.Schema)
	walk = func(at []string, s *openapi3.Schema) {
		if len(at) > 8 {
			t.Fatalf("%s: the body nests too deep", op.OperationID)
		}
		name := reference{"body", append([]string{""}, at...)}.last()
		if s.Type.Is("string") && names(name, s) {
			refs = append(refs, reference{"body", slices.Clone(at)})
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
	slices.SortFunc(refs, func(a, b reference) int { return cmp.Compare(a.String(), b.String()) })
	return refs
}

// absent is a value of a kind that nothing has.
func (o *oracle) absent(kind string) string {
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

func (o *oracle) fileURL(id string) string {
	u, err := url.Parse(o.theirs["fileOf"])
	must(o.t, err)
	u.Path = strings.Replace(u.Path, o.theirs["document"], id, 1)
	return u.String()
}

// build makes one of everything that somebody can have.
func (o *oracle) build(who *person, template string) map[string]string {
	o.t.Helper()
	have := map[string]string{"account": who.ID.String()}
	made := func(kind, path string, body any) {
		o.t.Helper()
		var out struct{ ID string }
		a := o.call(who, "POST", path, body)
		if a.status != 201 && a.status != 202 {
			o.t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
		a.into(&out)
		have[kind] = out.ID
	}
	made("case", "/api/cases", map[string]any{"title": "Theirs"})
	root := "/api/cases/" + have["case"]
	made("note", root+"/notes", map[string]any{"body": "A note"})
	made("task", root+"/tasks", map[string]any{"title": "A task"})
	made("party", root+"/parties", map[string]any{"kind": "company", "side": "client", "name": "Northwind " + template, "email": template + "@firm.example"})
	made("invitation", root+"/members", map[string]any{"email": "guest-of-" + template + "@example.com", "role": "viewer"})
	made("draft", "/api/drafts", map[string]any{"title": "Letter", "body": "Pay."})
	made("draft in a case", "/api/drafts", map[string]any{"title": "Letter", "body": "Pay.", "caseId": have["case"]})
	for kind, context := range map[string]map[string]any{"consultation": {}, "consultation in a case": {"caseId": have["case"]}} {
		var answer api.ChatResponse
		o.call(who, "POST", "/api/ai/chat", map[string]any{"userId": who.ID, "message": "When is it due?", "context": context}).wants(200, "").into(&answer)
		have[kind] = answer.ConsultationID.String()
	}
	file, contentType := form(o.t, "file", "a.pdf", smallPDF(1))
	var d, inCase api.StoredDocument
	o.call(who, "POST", "/api/docs", file, "Content-Type", contentType).wants(201, "").into(&d)
	have["document"], have["fileOf"], have["file"] = d.ID.String(), d.FileURL, d.FileURL
	o.put(who, have["case"], "b.pdf", smallPDF(1)).wants(201, "").into(&inCase)
	have["document in a case"] = inCase.ID.String()
	var sessions struct{ Items []struct{ ID string } }
	o.call(who, "GET", "/api/auth/sessions", nil).wants(200, "").into(&sessions)
	have["session"] = sessions.Items[0].ID
	have["notification"] = o.notify(who)
	var batch struct{ JobID string }
	o.call(who, "POST", "/api/docs/render-batch", map[string]any{"items": []any{ndaRequest(o.t.(*testing.T))}}).wants(202, "").into(&batch)
	have["job"] = batch.JobID
	if domain.Role(who.Role) == domain.RoleClient {
		return have
	}
	t := letter("1")
	t["templateId"] = template
	o.call(who, "POST", "/api/templates", t).wants(201, "")
	have["template"] = template
	var hook api.WebhookWithSecret
	o.call(who, "POST", "/api/webhooks", map[string]any{"url": "https://hooks.example/" + template, "eventTypes": []string{"case.closed"}}).wants(201, "").into(&hook)
	have["webhook"] = hook.Webhook.ID.String()
	var ping api.WebhookDelivery
	o.call(who, "POST", "/api/webhooks/"+have["webhook"]+"/ping", nil).wants(202, "").into(&ping)
	have["delivery"] = ping.ID.String()
	made("mail", "/api/email/send", map[string]any{"to": []string{"someone@example.com"}, "subject": "x", "bodyText": "x"})
	have["signature"] = o.sendToSign(who, "", "signer@example.com").TrackingID.String()
	have["signature in a case"] = o.sendToSign(who, have["case"], "signer@example.com").TrackingID.String()
	return have
}

// notify makes a notification of somebody's, as the job would.
func (o *oracle) notify(who *person) string {
	o.t.Helper()
	id := domain.NewID()
	_, err := o.db.ExecContext(o.t.Context(), "INSERT INTO notifications (id, user_id, event_type, data, created_at, expires_at) VALUES (?, ?, 'case.closed', '{}', NOW(6), NOW(6) + INTERVAL 1 DAY)", id, domain.ID(who.ID))
	must(o.t, err)
	return id.String()
}

// try asks about what is absent and about what is somebody else's.
func (o *oracle) try(method, path string, op *openapi3.Operation, ref reference, kind string, role domain.Role, who *person) {
	o.t.Helper()
	type outcome struct{ answer, statements string }
	ask := func(value string) outcome {
		o.since()
		a := o.send(method, path, op, ref, value, role, who)
		statements := o.since()
		body := string(a.body)
		for _, v := range []string{value, url.QueryEscape(value), strings.TrimPrefix(value, "https://")} {
			body = strings.ReplaceAll(body, v, "<it>")
		}
		body = anyID.ReplaceAllString(anyTime.ReplaceAllString(anyRequest.ReplaceAllString(body, ""), "<time>"), "<id>")
		return outcome{fmt.Sprint(a.status, " ", body), statements}
	}
	// The first of all fills what is remembered, such as what a template was parsed to.
	ask(o.absent(kind))
	no := ask(o.absent(kind))
	for _, theirs := range o.others(kind) {
		hidden := ask(theirs)
		if no.answer != hidden.answer {
			o.t.Errorf("an absent %s is told from somebody else's:\n%s\n%s", kind, no.answer, hidden.answer)
		}
		if strings.HasPrefix(no.answer, "404") && no.statements != hidden.statements {
			o.t.Errorf("an absent %s takes\n%s\nsomebody else's\n%s", kind, no.statements, hidden.statements)
		}
	}
}

// others are somebody else's things of a kind.
func (o *oracle) others(kind string) (ids []string) {
	o.t.Helper()
	if kind == "template" { // a new one each time: who asks may have made their own of the same id by it
		t := letter("1")
		t["templateId"] = "hidden-" + domain.NewID().String()[24:]
		o.call(o.owner, "POST", "/api/templates", t).wants(201, "")
		return []string{fmt.Sprint(t["templateId"])}
	}
	for _, k := range []string{kind, kind + " in a case"} {
		if id := o.theirs[k]; id != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		o.t.Fatalf("nobody has a %s: make one in build", kind)
	}
	return ids
}

var (
	anyID      = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	anyTime    = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)
	anyRequest = regexp.MustCompile(`"(requestId|instance)":"[^"]*",?`)
	statement  = regexp.MustCompile(`statement="?(.*?)"? ms=`)
)

// since are the statements since the last look.
func (o *oracle) since() string {
	text := o.echo.String()
	var all []string
	for _, m := range statement.FindAllStringSubmatch(text[o.seen:], -1) {
		all = append(all, m[1])
	}
	o.seen = len(text)
	return strings.Join(all, "\n")
}

// send asks with value in the place of ref, and with the caller's own things in all others.
func (o *oracle) send(method, path string, op *openapi3.Operation, ref reference, value string, role domain.Role, who *person) answer {
	o.t.Helper()
	mine := o.mine[role]
	own := func(name string) string {
		if v, ok := mine[asked[name]]; ok {
			return v
		}
		return domain.NewID().String()
	}
	query := url.Values{}
	concrete := path
	for _, p := range op.Parameters {
		name := p.Value.Name
		v := fmt.Sprint(p.Value.Example)
		if asked[name] != "" {
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
		m := &matrix{bundle: o.bundle}
		file, contentType := m.upload(value)
		return o.call(who, method, concrete, file, "Content-Type", contentType)
	}
	raw, _ := example(o.t, op)
	var body any
	must(o.t, json.Unmarshal([]byte(raw), &body))
	body = o.fill(body, own)
	if ref.in == "body" {
		body = put(body, ref.path, value)
	}
	if m, ok := body.(map[string]any); ok {
		switch op.OperationID {
		case "addCaseMember": // takes one of two
			if ref.in == "body" {
				delete(m, map[string]string{"userId": "email", "email": "userId"}[ref.last()])
			}
		case "loginUser": // the example's happens to be right
			m["password"] = "not the password"
		}
	}
	return o.call(who, method, concrete, body)
}

// fill puts the caller's own things where the contract's example names any.
func (o *oracle) fill(v any, own func(string) string) any {
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			switch e.(type) {
			case string:
				if kind := asked[name]; kind != "" && kind != "address" && kind != "template" && kind != "file" {
					v[name] = own(name)
				}
			case []any:
				if name == "attachments" || asked[name] != "" {
					delete(v, name) // what is asked about is put there
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

// put sets a value deep in a body; * is the first of a list.
func put(v any, path []string, value string) any {
	if len(path) == 0 {
		return value
	}
	if path[0] == "*" {
		list, _ := v.([]any)
		if len(list) == 0 {
			list = []any{nil}
		}
		list[0] = put(list[0], path[1:], value)
		return list
	}
	m, ok := v.(map[string]any)
	if !ok {
		m = map[string]any{}
		if path[0] == "fileUrl" || path[0] == "docId" {
			m["filename"] = "a.pdf"
		}
	}
	m[path[0]] = put(m[path[0]], path[1:], value)
	return m
}
