package handlers_test

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"counsel/gen/api"
	"counsel/handlers/pages/docsite"
	"counsel/sandbox/testkit"
)

// TestDocumentation reads every page and file of the documentation, and each once more with its ETag.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	contract, err := os.ReadFile("../openapi.yaml")
	testkit.Must(t, err)
	site, err := docsite.Build(contract)
	testkit.Must(t, err)
	paths := []string{"/docs", "/docs/reference", "/docs/reference.js", "/openapi.yaml", "/openapi.json"}
	for name := range site.Guides {
		paths = append(paths, "/docs/"+name)
	}
	for name := range site.Assets {
		paths = append(paths, "/docs/assets/"+name)
	}
	for _, path := range paths {
		a := f.call(nil, "GET", path, nil).expect(200, "")
		etag := a.header.Get("ETag")
		if len(a.body) == 0 || len(etag) != 66 || !strings.Contains(a.header.Get("Cache-Control"), "public") {
			t.Errorf("%s has %d bytes, %v", path, len(a.body), a.header)
		}
		if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			if policy := a.header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self';") || !strings.Contains(policy, "default-src 'none'") {
				t.Errorf("%s has the policy %q", path, policy)
			}
			if inline := regexp.MustCompile(`<script>| style="| on[a-z]+="|https?://[^"]*\.(js|css|png)"`).Find(a.body); inline != nil {
				t.Errorf("%s has %s, which its policy forbids", path, inline)
			}
		}
		if again := f.call(nil, "GET", path, nil, "If-None-Match", `"other", `+etag).expect(304, ""); len(again.body) > 0 || again.header.Get("ETag") != etag {
			t.Errorf("%s: 304 with %d bytes and %v", path, len(again.body), again.header)
		}
		f.call(nil, "GET", path, nil, "If-None-Match", `"other"`).expect(200, "")
		f.call(nil, "GET", path, nil, "If-None-Match", strings.Repeat("x", 1001)).expect(400, "malformed")
	}
	for path, want := range map[string]string{"/docs/reference": `src="/docs/reference.js"`, "/docs/reference.js": "createApiReference", "/openapi.yaml": "openapi: 3.0.3", "/openapi.json": `"operationId"`} {
		a := f.call(nil, "GET", path, nil, "Accept-Encoding", "identity").expect(200, "") // also the compressed script
		if a.header.Get("Content-Encoding") != "" || !strings.Contains(string(a.body), want) {
			t.Errorf("%s lacks %q, encoding %q", path, want, a.header.Get("Content-Encoding"))
		}
	}
	f.call(nil, "GET", "/docs/nothing", nil).expect(404, "not_found")
	f.call(nil, "GET", "/docs/assets/nothing.css", nil).expect(404, "not_found")
	f.call(nil, "GET", "/docs/Errors!", nil).expect(400, "malformed")
	f.call(nil, "GET", "/docs/assets/docs%20.css", nil).expect(400, "malformed")
}

func TestIndex(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a := f.call(nil, "GET", "/", nil, "Accept", "text/html,application/xhtml+xml,*/*;q=0.8").expect(http.StatusSeeOther, "")
	if a.header.Get("Location") != "/docs" || a.header.Get("Vary") != "Accept" {
		t.Errorf("a browser gets %v", a.header)
	}
	var index api.Index
	a = f.call(nil, "GET", "/", nil).expect(200, "")
	a.decode(&index)
	for _, path := range []string{index.Documentation, index.Openapi, index.Health} {
		f.call(nil, "GET", path, nil).expect(200, "")
	}
	if index.Version == "" || a.header.Get("Vary") != "Accept" {
		t.Errorf("a program gets %+v, %v", index, a.header)
	}
}

// TestProblemTypes checks that the type of a problem leads to its explanation.
func TestProblemTypes(t *testing.T) {
	t.Parallel()
	for _, public := range []string{"", "https://api.counsel.example"} {
		f := newFixture(t, func(c *fixtureConfig) { c.URLs.Public = public })
		p := f.call(nil, "GET", "/api/auth/me", nil).expect(401, "unauthenticated").problem()
		if p.Type != public+"/docs/errors#unauthenticated" {
			t.Errorf("with the public address %q: %s", public, p.Type)
		}
		guide, fragment, _ := strings.Cut(strings.TrimPrefix(p.Type, public), "#")
		if body := f.call(nil, "GET", guide, nil).expect(200, "").body; !strings.Contains(string(body), `id="`+fragment+`"`) {
			t.Errorf("%s has no heading %s", guide, fragment)
		}
	}
}

// webhookSchemas are the schemas of payloads by type of event, from x-webhooks. They allow nothing that is not described.
var webhookSchemas = sync.OnceValues(func() (map[string]*openapi3.Schema, error) {
	raw, err := api.GetSpecJSON()
	if err != nil {
		return nil, err
	}
	var contract map[string]any
	if err := json.Unmarshal(raw, &contract); err != nil {
		return nil, err
	}
	webhooks, _ := contract["x-webhooks"].(map[string]any)
	paths := map[string]any{}
	for eventType, item := range webhooks {
		paths["/"+eventType] = item
	}
	contract["paths"] = paths
	delete(contract, "x-webhooks")
	if raw, err = json.Marshal(contract); err != nil {
		return nil, err
	}
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(raw)
	if err != nil {
		return nil, err
	}
	schemas := map[string]*openapi3.Schema{}
	for path, item := range doc.Paths.Map() {
		schema := item.Post.RequestBody.Value.Content["application/json"].Schema.Value
		schema.WithoutAdditionalProperties()
		schema.Properties["data"].Value.WithoutAdditionalProperties()
		schemas[strings.TrimPrefix(path, "/")] = schema
	}
	return schemas, nil
})

// checkPayload fails the test if the contract does not describe what was sent to a webhook.
func checkPayload(t *testing.T, payload string) {
	t.Helper()
	schemas, err := webhookSchemas()
	testkit.Must(t, err)
	var event map[string]any
	testkit.Must(t, json.Unmarshal([]byte(payload), &event))
	eventType, _ := event["type"].(string)
	schema, ok := schemas[eventType]
	if !ok {
		t.Errorf("x-webhooks does not describe %s", payload)
		return
	}
	if err := schema.VisitJSON(event); err != nil {
		t.Errorf("x-webhooks describes %s differently: %v", payload, err)
	}
}
