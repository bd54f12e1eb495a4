package middleware

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-openapi/jsonpointer"

	"counsel/domain/schema"
	"counsel/gen/api"
)

// contract is what the steps take from openapi.yaml at start.
type contract struct {
	operations      map[string]*operation // by operationId
	methods         map[string][]string   // by path
	timeout         time.Duration         // the default x-timeout
	requestHeaders  []string              // all that the contract names, sorted
	responseHeaders []string              // and Allow, of paths
}

// loadContract reads the contract that is built into the program.
func loadContract(m *httpMetrics) (*contract, error) {
	doc, err := api.GetSpec()
	if err != nil {
		return nil, err
	}
	raw, err := api.GetSpecJSON()
	if err != nil {
		return nil, err
	}
	// The contract only uses what OpenAPI 3.0 and JSON Schema have in common, so that its schemas
	// need no translation.
	compile, err := schema.CompileAt("contract", raw)
	if err != nil {
		return nil, err
	}
	out := &contract{operations: map[string]*operation{}, methods: map[string][]string{}}
	if out.timeout, err = timeoutSeconds(doc.Extensions); err != nil {
		return nil, err
	}
	if out.timeout == 0 {
		return nil, errors.New("the default x-timeout is missing")
	}
	if err := out.readHeaders(doc); err != nil {
		return nil, err
	}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			op, err := newOperation(method, o, "/paths/"+jsonpointer.Escape(path)+"/"+strings.ToLower(method), compile)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			op.operationMetrics = m.operation(op.id)
			out.operations[op.id] = op
			out.methods[path] = append(out.methods[path], method)
		}
	}
	return out, nil
}

// readHeaders collects the headers that the contract names.
func (c *contract) readHeaders(doc *openapi3.T) error {
	request, response := map[string]bool{"Authorization": true, "Content-Type": true}, map[string]bool{"Allow": true}
	listed, ok := doc.Extensions["x-request-headers"].(map[string]any)
	if !ok {
		return errors.New("x-request-headers is missing")
	}
	for header := range listed {
		request[header] = true
	}
	for _, item := range doc.Paths.Map() {
		for _, o := range item.Operations() {
			for _, p := range o.Parameters {
				if p.Value.In == openapi3.ParameterInHeader {
					request[p.Value.Name] = true
				}
			}
			for _, r := range o.Responses.Map() {
				for header := range r.Value.Headers {
					response[header] = true
				}
			}
		}
	}
	c.requestHeaders, c.responseHeaders = slices.Sorted(maps.Keys(request)), slices.Sorted(maps.Keys(response))
	return nil
}

// allMethods lists the methods of all operations, and HEAD.
func (c *contract) allMethods() []string {
	methods := map[string]bool{http.MethodHead: true}
	for _, ofPath := range c.methods {
		for _, m := range ofPath {
			methods[m] = true
		}
	}
	return slices.Sorted(maps.Keys(methods))
}
