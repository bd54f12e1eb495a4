package handlers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"counsel/domain"
	"counsel/gen/api"
	"counsel/handlers"
	"counsel/sandbox/llm"
	"counsel/sandbox/testkit"
)

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.call(nil, "GET", "/api/nowhere", nil).expect(404, "not_found")
	a := f.call(nil, "DELETE", "/api/auth/login", nil).expect(405, "method_not_allowed")
	if a.header.Get("Allow") == "" {
		t.Error("a 405 has no Allow header")
	}
}

// TestBodies sends invalid bodies; the errors name the field.
func TestBodies(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	id := ada.ID.String()
	for name, c := range map[string]struct {
		body, header string
		status       int
		code         string
		pointer      string
	}{
		"no body":             {"", "", 400, "malformed", ""},
		"not JSON":            {"{", "", 400, "malformed", ""},
		"two values":          {`{"userId":"` + id + `","message":"a"} {}`, "", 400, "malformed", ""},
		"not an object":       {`[]`, "", 422, "invalid", ""},
		"another type":        {`{}`, "text/plain", 400, "malformed", ""},
		"not UTF-8":           {"{\"userId\":\"" + id + "\",\"message\":\"\xff\"}", "", 400, "malformed", ""},
		"deeply nested":       {strings.Repeat("[", 200_000), "", 400, "malformed", ""},
		"nested and closed":   {`{"userId":"` + id + `","message":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`, "", 422, "invalid", "/message"},
		"too deep":            {`{"userId":"` + id + `","message":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`, "", 400, "malformed", ""},
		"half a pair":         {`{"userId":"` + id + `","message":"a\ud800b"}`, "", 422, "invalid", "/message"},
		"the other half":      {`{"userId":"` + id + `","message":"a","context":{"facts":"\udc00"}}`, "", 422, "invalid", "/context/facts"},
		"unknown field":       {`{"userId":"` + id + `","message":"a","mesage":"b"}`, "", 400, "malformed", "/mesage"},
		"field in other case": {`{"userId":"` + id + `","message":"a","MESSAGE":"b"}`, "", 400, "malformed", "/MESSAGE"},
		"missing field":       {`{"userId":"` + id + `"}`, "", 422, "invalid", "/message"},
		"blank":               {`{"userId":"` + id + `","message":" \n "}`, "", 422, "invalid", "/message"},
		"too long":            {`{"userId":"` + id + `","message":"` + strings.Repeat("a", 8001) + `"}`, "", 422, "invalid", "/message"},
		"null":                {`{"userId":"` + id + `","message":null}`, "", 422, "invalid", "/message"},
		"field given twice":   {`{"userId":"` + id + `","message":"a","context":{"facts":"` + strings.Repeat("a", 30000) + `"},"context":{}}`, "", 400, "malformed", ""},
		"no UUID":             {`{"userId":"7","message":"a"}`, "", 422, "invalid", "/userId"},
		"no locale":           {`{"userId":"` + id + `","message":"a","locale":"zz-!"}`, "", 422, "invalid", "/locale"},
		"unknown, nested":     {`{"userId":"` + id + `","message":"a","context":{"x":1}}`, "", 400, "malformed", "/context/x"},
		"10 MB":               {`{"userId":"` + id + `","message":"` + strings.Repeat("a", 10<<20) + `"}`, "", 413, "too_large", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.t = t
			header := c.header
			if header == "" {
				header = "application/json"
			}
			a := f.call(ada, "POST", "/api/ai/chat", c.body, "Content-Type", header).expect(c.status, c.code)
			if c.pointer == "" {
				return
			}
			if e := a.problem().Errors; len(e) != 1 || e[0].Pointer != c.pointer {
				t.Errorf("names %+v, want %s", e, c.pointer)
			}
		})
	}
	if f.model.Count() != 0 {
		t.Error("a refused request reached the AI")
	}
}

// TestColonsInText: colons inside strings do not count as duplicate names.
func TestColonsInText(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	f.call(ada, "POST", "/api/ai/chat", chatBody(ada, `He said: \"a\": and "b": {"c": 1}. Is that \\: lawful?`)).expect(200, "")
}

func TestParameters(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	for path, pointer := range map[string]string{
		"/api/ai/consultations?limit=0":         "?limit",
		"/api/ai/consultations?limit=101":       "?limit",
		"/api/ai/consultations?limit=x":         "?limit",
		"/api/ai/consultations?limit=1&limit=2": "?limit",
		"/api/ai/consultations?cursor=%00":      "?cursor",
		"/api/ai/consultations?kind=secret":     "?kind",
		"/api/ai/consultations?userId=me":       "?userId",
		"/api/ai/consultations/7":               "?consultationId",
		"/api/ai/consultations?limits=1":        "?limits",
		"/api/auth/me?x":                        "?x",
		"/api/ai/consultations?limit=%zz":       "?",
		"/api/cases?q=%ff":                      "?q",
	} {
		a := f.call(ada, "GET", path, nil).expect(400, "malformed")
		if e := a.problem().Errors; len(e) != 1 || e[0].Pointer != pointer {
			t.Errorf("%s names %+v, want %s", path, e, pointer)
		}
	}
	// The contract allows any cursor of this form; the list does not know it.
	if e := f.call(ada, "GET", "/api/ai/consultations?cursor=AAAA", nil).expect(422, "invalid").problem().Errors; len(e) != 1 || e[0].Pointer != "?cursor" {
		t.Errorf("an unknown cursor names %+v", e)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if got := f.call(nil, "GET", "/livez", nil, "X-Request-Id", "from-the-caller.7").header.Get("X-Request-Id"); got != "from-the-caller.7" {
		t.Errorf("the caller's id was returned as %q", got)
	}
	for _, bad := range []string{"with space", `"quoted"`, strings.Repeat("x", 129)} {
		if got := f.call(nil, "GET", "/livez", nil, "X-Request-Id", bad).header.Get("X-Request-Id"); got == bad || len(got) != 36 {
			t.Errorf("%q was returned as %q", bad, got)
		}
	}
	a := f.call(nil, "GET", "/api/auth/me", nil, "X-Request-Id", "seven").expect(401, "unauthenticated")
	if a.problem().RequestID != "seven" || !strings.Contains(f.logs.String(), `"request_id":"seven"`) {
		t.Error("the id is missing from the problem or the log")
	}
}

// TestLogLinesHaveRequestID: including those of the AI client, whose calls outlive requests.
func TestLogLinesHaveRequestID(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	testkit.Must(t, f.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeFail}))
	f.call(ada, "POST", "/api/ai/chat", chatBody(ada, "What is an escrow?"), "X-Request-Id", "seven").expect(503, "ai_unavailable")
	f.ready = func(context.Context) (error, error) { panic("x") }
	f.call(nil, "GET", "/readyz", nil, "X-Request-Id", "eight").expect(500, "internal")
	lines := map[string]int{}
	for line := range strings.Lines(f.logs.String()) {
		var l struct {
			Msg       string
			RequestID string `json:"request_id"`
		}
		testkit.Must(t, json.Unmarshal([]byte(line), &l))
		if strings.Count(line, `"request_id"`) == 1 {
			lines[l.Msg+" "+l.RequestID]++
		}
	}
	for _, want := range []string{"request to the AI provider failed seven", "request seven", "panic eight", "request eight"} {
		if lines[want] == 0 {
			t.Errorf("no line %q in %v", want, lines)
		}
	}
}

// TestLogsHoldNoContent sends requests with words that must not be logged.
func TestLogsHoldNoContent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	ask := chatBody(ada, "May xylophone-Quillfeather of quill@feather.example sue?")
	f.call(ada, "POST", "/api/ai/chat", ask).expect(200, "")
	f.call(ada, "POST", "/api/ai/analyze", map[string]string{"text": "xylophone-Quillfeather shall pay.", "policy": "default"}).expect(200, "")
	testkit.Must(t, f.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeFail}))
	ask["message"] = "Another xylophone-Quillfeather question"
	f.call(ada, "POST", "/api/ai/chat", ask).expect(503, "ai_unavailable")
	f.call(ada, "POST", "/api/ai/chat", `{"xylophone":1}`).expect(400, "malformed")
	f.call(nil, "POST", "/api/auth/login", map[string]string{"email": "quill@feather.example", "password": "xylophone1"}).expect(401, "")
	logs := f.logs.String()
	for _, word := range []string{"xylophone", "Quillfeather", "quill@", "correct horse", ada.token, ada.refresh, "ada@example.com", f.model.APIKey, secret} {
		if strings.Contains(logs, word) {
			t.Errorf("the log contains %q", word)
		}
	}
	for _, want := range []string{`"operation":"sendChat"`, `"user_id":"` + ada.ID.String(), `"model":"sandbox"`, `"tokens":`, `"outcome":"ai_unavailable"`, `"status":503`} {
		if !strings.Contains(logs, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.ready = func(context.Context) (error, error) { panic("with xylophone data") }
	a := f.call(nil, "GET", "/readyz", nil).expect(500, "internal")
	if strings.Contains(string(a.body), "xylophone") || strings.Contains(f.logs.String(), "xylophone") {
		t.Error("the text of the panic leaked")
	}
	f.call(nil, "GET", "/livez", nil).expect(200, "")
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64 // s
	later := func() { ahead.Add(2) }
	f := newFixture(t, func(s *fixtureConfig) {
		s.handlers = func(c *handlers.Config) {
			c.Clock = func() time.Time { return domain.SystemClock().Add(time.Duration(ahead.Load()) * time.Second) }
		}
	})
	f.call(nil, "GET", "/readyz", nil).expect(200, "")
	down := errors.New("down")
	later()
	f.ready = func(context.Context) (error, error) { return nil, down }
	var ready struct{ Status string }
	f.call(nil, "GET", "/readyz", nil).expect(200, "").decode(&ready)
	if ready.Status != "degraded" {
		t.Errorf("without Redis: %s", ready.Status)
	}
	later()
	f.ready = func(context.Context) (error, error) { return down, nil }
	f.call(nil, "GET", "/readyz", nil).expect(503, "unavailable")
	later()
	f.ready = func(context.Context) (error, error) { return nil, nil }
	f.call(nil, "GET", "/readyz", nil).expect(200, "")
	f.server.Drain()
	f.call(nil, "GET", "/readyz", nil).expect(503, "unavailable")
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(s *fixtureConfig) { s.limitRequests(8) })
	ada := f.register("ada", domain.RoleClient) // uses 2 of the address's 8 requests
	for i := range 8 {
		a := f.call(ada, "GET", "/api/auth/me", nil).expect(200, "")
		if got := a.header.Get("RateLimit-Remaining"); got != fmt.Sprint(7-i) || a.header.Get("RateLimit-Limit") != "8" || a.header.Get("RateLimit-Reset") == "" {
			t.Fatalf("request %d: %s remain", i, got)
		}
	}
	a := f.call(ada, "GET", "/api/auth/me", nil).expect(429, "rate_limited")
	if a.header.Get("Retry-After") == "" {
		t.Error("a 429 has no Retry-After")
	}
	// Guessing tokens is charged to the address.
	last := 0
	for range 8 {
		last = f.call(nil, "GET", "/api/auth/me", nil, "Authorization", "Bearer guess").status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("guessing is not limited: %d", last)
	}
	f.call(nil, "GET", "/livez", nil).expect(200, "")
}

// TestCORS: a page of an allowed origin can send every request header of the contract and read every response
// header.
func TestCORS(t *testing.T) {
	t.Parallel()
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	for name, c := range map[string]struct {
		origins   []string
		localhost bool
		allowed   map[string]string
	}{
		"configured":      {[]string{"https://app.example"}, false, map[string]string{"https://app.example": "https://app.example", "https://evil.example": "", "http://localhost:3000": ""}},
		"dev":             {nil, true, map[string]string{"http://localhost:3000": "http://localhost:3000", "http://127.0.0.1:5173": "http://127.0.0.1:5173", "http://[::1]:80": "http://[::1]:80", "http://localhost": "http://localhost", "https://evil.example": "", "http://localhost.evil.example": "", "http://localhost@evil.example": "", "null": ""}},
		"dev and another": {[]string{"https://app.example"}, true, map[string]string{"https://app.example": "https://app.example", "http://localhost:3000": "http://localhost:3000", "https://evil.example": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, func(s *fixtureConfig) { s.HTTP.CORSOrigins, s.HTTP.CORSLocalhost = c.origins, c.localhost })
			ask := func(method, origin string) http.Header {
				t.Helper()
				r, err := http.NewRequestWithContext(t.Context(), method, f.url+"/api/ai/chat", nil)
				testkit.Must(t, err)
				r.Header.Set("Origin", origin)
				r.Header.Set("Access-Control-Request-Method", "POST")
				res, err := http.DefaultTransport.RoundTrip(r)
				testkit.Must(t, err)
				res.Body.Close()
				return res.Header
			}
			for origin, allowed := range c.allowed {
				h := ask(http.MethodOptions, origin)
				if got := h.Get("Access-Control-Allow-Origin"); got != allowed {
					t.Errorf("%s may call as %q", origin, got)
				}
				if allowed == "" {
					continue
				}
				sent, methods := strings.Split(h.Get("Access-Control-Allow-Headers"), ","), strings.Split(h.Get("Access-Control-Allow-Methods"), ",")
				read := strings.Split(ask(http.MethodPost, origin).Get("Access-Control-Expose-Headers"), ",")
				for _, name := range []string{"Authorization", "Content-Type", "Accept", "X-Request-Id", "Idempotency-Key", "If-None-Match", "Range"} {
					if !slices.Contains(sent, name) {
						t.Errorf("may not send %s: %v", name, sent)
					}
				}
				for _, name := range []string{"X-Request-Id", "Retry-After", "RateLimit-Remaining", "Idempotency-Replayed", "ETag", "Content-Disposition", "Repr-Digest", "Content-Range"} {
					if !slices.Contains(read, name) {
						t.Errorf("may not read %s: %v", name, read)
					}
				}
				for _, item := range doc.Paths.Map() {
					for method, o := range item.Operations() {
						if !slices.Contains(methods, method) {
							t.Errorf("may not use %s: %v", method, methods)
						}
						for _, p := range o.Parameters {
							if p.Value.In == "header" && !slices.Contains(sent, p.Value.Name) {
								t.Errorf("may not send %s", p.Value.Name)
							}
						}
					}
				}
			}
		})
	}
}

// TestMethods: on every path of the contract, another method is 405 and lists the allowed ones.
func TestMethods(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	n := 0
	for path, item := range doc.Paths.Map() {
		concrete := placeholder.ReplaceAllStringFunc(path, func(string) string { return domain.NewID().String() })
		want := []string{"OPTIONS"}
		for method := range item.Operations() {
			want = append(want, method)
		}
		if item.Get != nil {
			want = append(want, "HEAD")
		}
		slices.Sort(want)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"} {
			if slices.Contains(want, method) && method != "OPTIONS" {
				continue
			}
			n++
			a := f.call(nil, method, concrete, nil)
			status := http.StatusMethodNotAllowed
			if method == "OPTIONS" {
				status = http.StatusNoContent
			}
			if got := a.header.Get("Allow"); a.status != status || got != strings.Join(want, ", ") {
				t.Errorf("%s %s: %d, allows %q", method, path, a.status, got)
			}
		}
	}
	if n < 500 {
		t.Errorf("only %d requests", n)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(s *fixtureConfig) { s.HTTP.MetricsToken = "let me look" })
	f.call(nil, "GET", "/metrics", nil).expect(401, "unauthenticated")
	f.call(nil, "GET", "/metrics", nil, "Authorization", "Bearer wrong").expect(401, "unauthenticated")
	a := f.call(nil, "GET", "/metrics", nil, "Authorization", "Bearer let me look").expect(200, "")
	for _, want := range []string{
		`counsel_http_requests_total{operation="getMetrics",status="401"} 2`,
		`counsel_http_errors_total{code="unauthenticated",operation="getMetrics"} 2`,
		`counsel_http_overhead_duration_seconds_count{operation="getMetrics"} 2`,
	} {
		if !strings.Contains(string(a.body), want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// requiredQuery is the examples of the query parameters that an operation requires.
func requiredQuery(op *openapi3.Operation) string {
	q := url.Values{}
	for _, p := range op.Parameters {
		if p.Value.In == "query" && p.Value.Required {
			q.Set(p.Value.Name, fmt.Sprint(p.Value.Example))
		}
	}
	return q.Encode()
}

// TestEmptyCursor: an empty cursor is the first page of every list.
func TestEmptyCursor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	admin := f.admin()
	spec, err := api.GetSpec()
	testkit.Must(t, err)
	f.call(admin, "POST", "/api/cases", map[string]any{"title": "One"}).expect(201, "")
	lists := 0
	for path, item := range spec.Paths.Map() {
		if item.Get == nil || item.Get.Parameters.GetByInAndName("query", "cursor") == nil || strings.Contains(path, "{") {
			continue
		}
		lists++
		if plain, empty := f.call(admin, "GET", path+"?"+requiredQuery(item.Get), nil).expect(200, ""), f.call(admin, "GET", path+"?cursor=&"+requiredQuery(item.Get), nil).expect(200, ""); string(plain.body) != string(empty.body) {
			t.Errorf("%s: %s, with an empty cursor %s", path, plain.body, empty.body)
		}
	}
	if lists < 9 {
		t.Errorf("%d lists were found", lists)
	}
}
