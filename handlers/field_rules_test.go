package handlers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"reflect"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"counsel/domain"
	"counsel/domain/schema"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// TestFieldRules: values that the contract accepts can be decoded, and invalid ones are named.
func TestFieldRules(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	lena := f.register("lena", domain.RoleLawyer)
	var d api.Draft
	f.call(lena, "POST", "/api/drafts", map[string]any{"title": "t", "body": "b"}).expect(201, "").decode(&d)
	for i, n := range []string{"1.0", "1e0", "10E-1"} {
		f.call(lena, "PATCH", "/api/drafts/"+d.ID.String(), `{"version":`+n+`,"note":"`+fmt.Sprint(i)+`"}`).expect(200, "")
	}
	mail := func(extra string) string {
		return `{"to":["ada@example.com"],"subject":"t","bodyText":"b",` + extra + `}`
	}
	for _, at := range []string{"2026-12-24T10:00:00Z", "2026-12-24T10:00:00.5+01:00"} {
		f.call(lena, "POST", "/api/email/send", mail(`"sendAt":"`+at+`"`)).expect(202, "")
	}
	for name, c := range map[string]struct{ method, path, body, pointer string }{
		"lower-case z":   {"POST", "/api/email/send", mail(`"sendAt":"2026-12-24T10:00:00z"`), "/sendAt"},
		"lower-case t":   {"POST", "/api/email/send", mail(`"sendAt":"2026-12-24t10:00:00Z"`), "/sendAt"},
		"a leap second":  {"POST", "/api/email/send", mail(`"sendAt":"2026-12-31T23:59:60Z"`), "/sendAt"},
		"half a number":  {"PATCH", "/api/drafts/" + d.ID.String(), `{"version":1.5,"note":"n"}`, "/version"},
		"a large number": {"PATCH", "/api/drafts/" + d.ID.String(), `{"version":1e30,"note":"n"}`, "/version"},
		"turned around":  {"POST", "/api/cases", `{"title":"in\u202efdp.exe"}`, "/title"},
		"invisible":      {"POST", "/api/cases", `{"title":"a\u200bb"}`, "/title"},
		"half a pair":    {"POST", "/api/cases", `{"title":"a\ud800b"}`, "/title"},
		"a line break":   {"POST", "/api/cases", `{"title":"a\nb"}`, "/title"},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.t = t
			a := f.call(lena, c.method, c.path, c.body).expect(422, "invalid")
			if e := a.problem().Errors; len(e) != 1 || e[0].Pointer != c.pointer || e[0].Detail == "" {
				t.Errorf("names %+v, want %s", e, c.pointer)
			}
		})
	}
	f.call(lena, "POST", "/api/cases", `{"title":"a \ud83d\ude00 \u06a9\u062a\u0627\u0628\u200c\u0647\u0627"}`).expect(201, "")

	for name, status := range map[string]int{"Prüfbericht.pdf": 201, "Pr\xfcfbericht.pdf": 422, "in\u202efdp.pdf": 422} {
		var raw bytes.Buffer
		w := multipart.NewWriter(&raw)
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}})
		testkit.Must(t, err)
		_, err = part.Write(smallPDF(1))
		testkit.Must(t, err)
		testkit.Must(t, w.Close())
		a := f.call(lena, "POST", "/api/docs", raw.String(), "Content-Type", w.FormDataContentType()).expect(status, "")
		if status == 422 && a.problem().Errors[0].Pointer != "/file" {
			t.Errorf("%q: %s", name, a.body)
		}
	}
}

// TestSharedPatterns: the contract states the rules for texts in the patterns that the service knows.
func TestSharedPatterns(t *testing.T) {
	t.Parallel()
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	want := map[string]any{"line": schema.Line, "title": schema.Title, "text": schema.Text, "body": schema.Body, "words": schema.Words}
	if got := doc.Extensions["x-patterns"]; !reflect.DeepEqual(got, want) {
		t.Errorf("x-patterns: %q, want %q", got, want)
	}
	n := 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil {
				continue
			}
			for _, content := range op.RequestBody.Value.Content {
				walkSchema(content.Schema.Value, map[*openapi3.Schema]bool{}, func(s *openapi3.Schema) {
					if s.Format != "line" {
						return
					}
					if n++; s.Pattern != schema.Line && s.Pattern != schema.Title {
						t.Errorf("%s %s: a line has the pattern %q", method, path, s.Pattern)
					}
				})
			}
		}
	}
	if n < 15 {
		t.Errorf("only %d lines", n)
	}
}

// walkSchema calls visit for a schema and each part of it, once.
func walkSchema(s *openapi3.Schema, visited map[*openapi3.Schema]bool, visit func(*openapi3.Schema)) {
	if visited[s] {
		return
	}
	visited[s] = true
	visit(s)
	for _, p := range s.Properties {
		walkSchema(p.Value, visited, visit)
	}
	if s.Items != nil {
		walkSchema(s.Items.Value, visited, visit)
	}
	for _, part := range s.AllOf {
		walkSchema(part.Value, visited, visit)
	}
}

// TestCursorsOfOtherLists: a cursor that was not made for a list is 422, never malformed.
func TestCursorsOfOtherLists(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleAdmin)
	var c api.Case
	f.call(ada, "POST", "/api/cases", map[string]any{"title": "t"}).expect(201, "").decode(&c)
	var d api.Draft
	f.call(ada, "POST", "/api/drafts", map[string]any{"title": "t", "body": "b"}).expect(201, "").decode(&d)
	var w api.WebhookWithSecret
	f.call(ada, "POST", "/api/webhooks", map[string]any{"url": "https://crm.example/hooks", "eventTypes": []string{"case.closed"}}).expect(201, "").decode(&w)
	watch, _ := f.newWatch(ada, map[string]any{"kind": "vat", "number": "FR40303265045"})
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	n := 0
	for path, item := range doc.Paths.Map() {
		if item.Get == nil || item.Get.Parameters.GetByInAndName("query", "cursor") == nil {
			continue
		}
		n++
		path = strings.NewReplacer("{caseId}", c.ID.String(), "{draftId}", d.ID.String(), "{watchId}", watch.ID.String(), "{webhookId}", w.Webhook.ID.String()).Replace(path)
		f.call(ada, "GET", path+"?cursor=&"+requiredQuery(item.Get), nil).expect(200, "")
		a := f.call(ada, "GET", path+"?cursor=AZq0&"+requiredQuery(item.Get), nil).expect(422, "invalid")
		if e := a.problem().Errors; len(e) != 1 || e[0].Pointer != "?cursor" {
			t.Errorf("%s names %+v", path, e)
		}
		f.call(ada, "GET", path+"?cursor=%21&"+requiredQuery(item.Get), nil).expect(400, "malformed")
	}
	if n < 20 {
		t.Errorf("only %d lists", n)
	}
}

// TestBodyLimitsBeforeLogin: bodies of anonymous requests are small, and the list of errors is limited.
func TestBodyLimitsBeforeLogin(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	n := 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.Security == nil || len(*op.Security) > 0 || op.RequestBody == nil {
				continue
			}
			n++
			limit, _ := op.Extensions["x-body-limit"].(float64)
			path := strings.NewReplacer("{provider}", "docuseal").Replace(path)
			if limit < 1 || limit > 256<<10 {
				t.Errorf("%s accepts %v bytes from anybody", op.OperationID, limit)
			}
			f.call(nil, method, path, `{"x":"`+strings.Repeat("a", int(limit))+`"}`).expect(413, "too_large")
		}
	}
	if n < 10 {
		t.Errorf("walked %d", n)
	}
	ada := f.register("ada", domain.RoleClient)
	many := map[string]any{}
	for i := range 5000 {
		many[fmt.Sprint("field", i)] = 1
	}
	raw, err := json.Marshal(many)
	testkit.Must(t, err)
	a := f.call(ada, http.MethodPost, "/api/ai/chat", string(raw)).expect(400, "malformed")
	if e := a.problem().Errors; len(e) != 100 {
		t.Errorf("names %d fields", len(e))
	}
}
