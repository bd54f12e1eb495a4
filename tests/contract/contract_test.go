package contract_test

import (
	"cmp"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"counsel/sandbox/testkit"
	"counsel/tests/contract"
)

const (
	id      = "019ab4c9-2f0d-7d0b-8a35-7f1de0c1b9aa"
	user    = `{"id":"` + id + `","email":"a@example.com","emailVerified":true,"fullName":"Ada","role":"client","disabled":false,"createdAt":"2026-01-01T00:00:00Z"}`
	problem = `{"type":"https://counsel.example/problems/not_found","title":"Not Found","status":404,"code":"not_found","requestId":"r"}`
	delta   = "event: delta\ndata: {\"type\":\"delta\",\"text\":\"a\"}\n\n"
)

// TestCheck checks answers that break the contract in one way each, and some that do not.
func TestCheck(t *testing.T) {
	t.Parallel()
	checker, err := contract.Shared()
	testkit.Must(t, err)
	for name, c := range map[string]struct {
		request, contentType, body string
		status                     int
		header                     map[string]string // added; "": removed
		fault                      string            // part of it; "": none
	}{
		"fine":                   {request: "GET /api/auth/me", body: user},
		"a HEAD":                 {request: "HEAD /api/auth/me", body: user},
		"an undeclared property": {request: "GET /api/auth/me", body: strings.Replace(user, `{`, `{"passwordHash":"x",`, 1), fault: "passwordHash"},
		"undeclared in an item":  {request: "GET /api/users", body: `{"items":[` + strings.Replace(user, `{`, `{"more":1,`, 1) + `]}`, fault: "/items/0/more"},
		"any data":               {request: "GET /api/ai/document-types", body: `{"items":[{"id":"nda","title":"n","version":"1","description":"d","inputsSchema":{"anything":{"x":1}},"example":{"y":[{"z":2}]}}]}`},
		"a missing property":     {request: "GET /api/auth/me", body: strings.Replace(user, `"role":"client",`, ``, 1), fault: "/role is required"},
		"no UTC":                 {request: "GET /api/auth/me", body: strings.Replace(user, `00Z`, `00+01:00`, 1), fault: "/createdAt"},
		"no UUIDv7":              {request: "GET /api/auth/me", body: strings.Replace(user, `2f0d-7`, `2f0d-4`, 1), fault: "/id"},
		"two values":             {request: "GET /api/auth/me", body: user + user, fault: "more than one"},
		"no JSON":                {request: "GET /api/auth/me", body: `{`, fault: "EOF"},
		"a status":               {request: "GET /api/auth/me", body: user, status: 201, fault: "status is not declared"},
		"a content type":         {request: "GET /api/auth/me", body: user, contentType: "text/plain", fault: `content type "text/plain"`},
		"a header":               {request: "GET /api/auth/me", body: user, header: map[string]string{"X-Powered-By": "counsel"}, fault: "X-Powered-By"},
		"no request id":          {request: "GET /api/auth/me", body: user, header: map[string]string{"X-Request-Id": ""}, fault: "X-Request-Id is missing"},
		"no nosniff":             {request: "GET /api/auth/me", body: user, header: map[string]string{"X-Content-Type-Options": ""}, fault: "X-Content-Type-Options is missing"},
		"a rate limit":           {request: "GET /api/auth/me", body: user, header: map[string]string{"RateLimit-Limit": "5"}},
		"a wrong rate limit":     {request: "GET /api/auth/me", body: user, header: map[string]string{"RateLimit-Limit": "many"}, fault: "RateLimit-Limit"},
		"a needless replay":      {request: "GET /api/auth/me", body: user, header: map[string]string{"Idempotency-Replayed": "true"}, fault: "Idempotency-Replayed is not declared"},
		"a body":                 {request: "POST /api/auth/logout", status: 204, body: "x", fault: "none is declared"},
		"no body":                {request: "POST /api/auth/logout", status: 204, contentType: "-"},
		"a problem":              {request: "GET /api/cases/" + id, status: 404, contentType: "application/problem+json", body: problem},
		"its status":             {request: "GET /api/cases/" + id, status: 401, header: map[string]string{"WWW-Authenticate": "Bearer"}, contentType: "application/problem+json", body: problem, fault: "has the status 404"},
		"its code":               {request: "GET /api/cases/" + id, status: 404, contentType: "application/problem+json", body: strings.ReplaceAll(problem, "not_found", "absent"), fault: `code "absent"`},
		"its type":               {request: "GET /api/cases/" + id, status: 404, contentType: "application/problem+json", body: strings.Replace(problem, "problems/not_found", "problems/conflict", 1), fault: "type"},
		"its request id":         {request: "GET /api/cases/" + id, status: 404, contentType: "application/problem+json", body: strings.Replace(problem, `"r"`, `"s"`, 1), fault: "request id"},
		"no Retry-After":         {request: "GET /api/cases/" + id, status: 429, contentType: "application/problem+json", body: strings.NewReplacer("not_found", "rate_limited", "404", "429").Replace(problem), fault: "Retry-After is missing"},
		"events":                 {request: "POST /api/ai/chat", contentType: "text/event-stream", body: ": keep-alive\n\n" + delta + "event: error\ndata: {\"type\":\"error\",\"problem\":" + problem + "}\n\n"},
		"half an event":          {request: "POST /api/ai/chat", contentType: "text/event-stream", body: delta + "event: do"},
		"an event":               {request: "POST /api/ai/chat", contentType: "text/event-stream", body: delta + strings.Replace(delta, `"text"`, `"more":1,"text"`, 1), fault: "/more"},
		"its name":               {request: "POST /api/ai/chat", contentType: "text/event-stream", body: strings.Replace(delta, "event: delta", "event: done", 1), fault: `event "done"`},
		"nowhere":                {request: "GET /nowhere", status: 404, contentType: "application/problem+json", body: problem},
		"nowhere in HTML":        {request: "GET /nowhere", status: 404, contentType: "text/html", body: problem, fault: "no problem"},
		"a method without Allow": {request: "PUT /api/auth/me", status: 405, contentType: "application/problem+json", body: strings.NewReplacer("not_found", "method_not_allowed", "404", "405").Replace(problem), fault: "Allow is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method, path, _ := strings.Cut(c.request, " ")
			h := http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"r"}, "Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"}, "Referrer-Policy": {"no-referrer"}}
			if c.contentType != "" {
				h.Set("Content-Type", c.contentType)
			}
			for k, v := range c.header {
				if h.Set(k, v); v == "" {
					h.Del(k)
				}
			}
			err := checker.Check(httptest.NewRequest(method, path, nil), contract.Response{Status: cmp.Or(c.status, http.StatusOK), Header: h, Body: []byte(c.body), Complete: true})
			switch {
			case c.fault == "" && err != nil:
				t.Error(err)
			case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)):
				t.Errorf("%q is not found: %v", c.fault, err)
			}
		})
	}
}

// TestObserve checks that a server's handler and a client's transport both see a broken answer, and that
// neither changes it.
func TestObserve(t *testing.T) {
	t.Parallel()
	checker, err := contract.Shared()
	testkit.Must(t, err)
	service := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status":`)
		testkit.Must(t, http.NewResponseController(w).Flush())
		_, _ = io.WriteString(w, `"fine"}`)
	})
	faults := make(chan error, 2)
	web := httptest.NewServer(checker.Handler(service, func(err error) { faults <- err }))
	defer web.Close()
	client := http.Client{Transport: checker.Transport(web.Client().Transport, func(err error) { faults <- err })}
	res, err := client.Get(web.URL + "/livez")
	testkit.Must(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	testkit.Must(t, err)
	if string(body) != `{"status":"fine"}` {
		t.Errorf("the answer became %s", body)
	}
	for range 2 {
		if err := <-faults; !strings.Contains(err.Error(), "/status must be") || !strings.Contains(err.Error(), "X-Request-Id is missing") {
			t.Error(err)
		}
	}
}

// TestCoverage reads records of two processes.
func TestCoverage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		testkit.Must(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	write("seen-1", "getCase 200\ngetCase 404\n")
	write("seen-2", "getCase 404\nlogin 200\n")
	exceptions := write("unseen.yaml", "- { status: '500', reason: Only a fault leads there. }\n- { status: '404', operations: [getCase, login], reason: Needless. }\n")
	c, err := contract.ReadCoverage(map[string][]string{"getCase": {"200", "403", "404", "500"}, "login": {"200", "401", "500"}}, dir, exceptions)
	testkit.Must(t, err)
	if c.Declared != 7 || c.Seen != 3 || c.Excepted != 2 || !slices.Equal(c.Missing, []string{"getCase 403", "login 401"}) || !slices.Equal(c.Needless, []string{"getCase 404", "login 404"}) {
		t.Errorf("%+v", c)
	}
	if p := c.Percent(); p != 60 {
		t.Errorf("%v %%", p)
	}
	if _, err := contract.ReadCoverage(nil, dir, write("none.yaml", "- { status: '500' }\n")); err == nil || !strings.Contains(err.Error(), "no reason") {
		t.Errorf("an exception without a reason: %v", err)
	}
}
