// Package contract checks responses of the service strictly against openapi.yaml, and records which
// statuses of which operations the tests have seen.
//
// A response must have a declared status, content type and headers. Its body must match the schema, and
// may have no property that the contract does not name. Problems have a known code, server-sent events
// are checked one by one. A Checker sits where the responses pass: around a server's handler, in a
// client's transport, or in a proxy (tests/contract/proxy).
package contract

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/go-openapi/jsonpointer"

	"counsel/domain/schema"
	"counsel/gen/api"
)

// Checker holds the contract. It is safe for concurrent use.
type Checker struct {
	doc    *openapi3.T
	router routers.Router
	codes  map[string]bool    // of problems
	common map[string]*header // x-response-headers, by canonical name
	record *recorder

	mu      sync.Mutex // compile is not safe for concurrent use
	compile func(pointer string) (*schema.Schema, error)
	schemas map[string]*schema.Schema // by JSON Pointer
}

// header is a response header of the contract.
type header struct {
	required bool
	pointer  string // of its schema
	integer  bool
}

// New reads the contract that is built into the program. What is seen is recorded in a file of the
// directory that CONTRACT_SEEN names; if it is empty, nothing is.
func New() (*Checker, error) {
	doc, err := api.GetSpec()
	if err != nil {
		return nil, err
	}
	raw, err := api.GetSpecJSON()
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return nil, err
	}
	closeSchemas(tree)
	if raw, err = json.Marshal(tree); err != nil {
		return nil, err
	}
	c := &Checker{doc: doc, common: map[string]*header{}, schemas: map[string]*schema.Schema{}}
	if c.compile, err = schema.CompileAt("responses", raw); err != nil {
		return nil, err
	}
	if c.router, err = gorillamux.NewRouter(doc); err != nil {
		return nil, err
	}
	if c.codes, err = problemCodes(doc); err != nil {
		return nil, err
	}
	listed, _ := doc.Extensions["x-response-headers"].(map[string]any)
	for name, v := range listed {
		of, _ := v.(map[string]any)
		required, _ := of["required"].(bool)
		c.common[http.CanonicalHeaderKey(name)] = &header{required: required, pointer: "/x-response-headers/" + name + "/schema"}
	}
	if len(c.common) == 0 {
		return nil, errors.New("x-response-headers is missing")
	}
	c.record, err = newRecorder()
	return c, err
}

// Shared is one Checker for a whole process.
var Shared = sync.OnceValues(New)

// closeSchemas makes every schema refuse properties that it does not name. The members of allOf and oneOf
// stay open, since the schema around them is closed. It also narrows formats to what the service sends:
// ids are UUIDv7, times are in UTC.
func closeSchemas(tree map[string]any) {
	closeChildren(tree, "")
	components, _ := tree["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	for _, s := range schemas { // the root of a component is closed where it is referred to
		if s, ok := s.(map[string]any); ok {
			delete(s, "unevaluatedProperties")
		}
	}
}

func closeChildren(node any, key string) {
	switch node := node.(type) {
	case map[string]any:
		if key == "schema" {
			closeSchema(node)
			return
		}
		for k, child := range node {
			switch {
			case k == "example" || k == "examples":
			case key == "components" && k == "schemas":
				for _, s := range child.(map[string]any) {
					closeSchema(s)
				}
			default:
				closeChildren(child, k)
			}
		}
	case []any:
		for _, child := range node {
			closeChildren(child, "")
		}
	}
}

func closeSchema(node any) {
	s, ok := node.(map[string]any)
	if !ok { // additionalProperties: true
		return
	}
	openSchema(s)
	s["unevaluatedProperties"] = false
}

// openSchema closes what stands inside s, but not s itself.
func openSchema(s map[string]any) {
	switch s["format"] {
	case "uuid":
		s["pattern"] = `^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`
	case "date-time":
		s["pattern"] = `Z$`
	}
	properties, _ := s["properties"].(map[string]any)
	for _, p := range properties {
		closeSchema(p)
	}
	closeSchema(s["items"])
	closeSchema(s["additionalProperties"])
	for _, key := range []string{"allOf", "oneOf", "anyOf"} {
		members, _ := s[key].([]any)
		for _, m := range members {
			if m, ok := m.(map[string]any); ok {
				openSchema(m)
			}
		}
	}
}

var codeList = regexp.MustCompile(`^Stable and for programs: ([a-z_, ]+)\.$`)

// problemCodes are the codes that the description of Problem.code lists.
func problemCodes(doc *openapi3.T) (map[string]bool, error) {
	m := codeList.FindStringSubmatch(doc.Components.Schemas["Problem"].Value.Properties["code"].Value.Description)
	if m == nil {
		return nil, errors.New("the description of Problem.code lists no codes")
	}
	codes := map[string]bool{}
	for code := range strings.SplitSeq(m[1], ", ") {
		codes[code] = true
	}
	return codes, nil
}

// schemaAt compiles the schema at a JSON Pointer.
func (c *Checker) schemaAt(pointer string) (*schema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.schemas[pointer]; s != nil {
		return s, nil
	}
	s, err := c.compile(pointer)
	if err == nil {
		c.schemas[pointer] = s
	}
	return s, err
}

// operation is what the contract says about a request; nil: no operation answers it.
type operation struct {
	*openapi3.Operation
	pointer string
}

// find returns the operation that answers a request. HEAD is answered as GET.
func (c *Checker) find(r *http.Request) *operation {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	route, _, err := c.router.FindRoute(&http.Request{Method: method, URL: &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath}, Header: http.Header{}})
	if err != nil {
		return nil
	}
	return &operation{route.Operation, "/paths/" + jsonpointer.Escape(route.Path) + "/" + strings.ToLower(method)}
}

// Statuses returns the declared statuses of each operation, by operationId.
func (c *Checker) Statuses() map[string][]string {
	all := map[string][]string{}
	for _, item := range c.doc.Paths.Map() {
		for _, o := range item.Operations() {
			all[o.OperationID] = slices.Sorted(maps.Keys(o.Responses.Map()))
		}
	}
	return all
}

// follow returns the JSON Pointer of something that stands at pointer or is a reference.
func follow(pointer, ref string) string {
	if ref != "" {
		return strings.TrimPrefix(ref, "#")
	}
	return pointer
}
