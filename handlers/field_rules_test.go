package handlers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"counsel/domain"
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
