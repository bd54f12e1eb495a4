package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"

	"counsel/domain"
	"counsel/domain/schema"
	"counsel/gen/api"
)

// operation is what the contract says of one operation, made ready to be held against
// requests.
type operation struct {
	id      string
	open    bool   // nobody has to sign in
	long    bool   // waits for the AI, for a file on its way, or for a job: these have deadlines of their own
	once    bool   // takes an Idempotency-Key
	safe    bool   // changes nothing (RFC 9110): a key has no meaning, and does no harm
	noKey   string // why a POST takes none
	metrics bool   // guarded by METRICS_TOKEN instead
	roles   map[domain.Role]bool
	body    *schema.Schema // of JSON; nil: takes none
	limit   int64          // of the body, in bytes
	upload  bool           // takes a form with a file instead
	params  []param
	strict  bool // refuses what it does not name in the query; pages and health checks let it pass
	*operationMetrics
}

type param struct {
	name     string
	in       string // path, query or header
	required bool
	integer  bool
	boolean  bool
	schema   *schema.Schema
}

// loadContract reads the contract that is built into the program. Every operation must say
// who may call it.
func loadContract(m *httpMetrics) (*contract, error) {
	doc, err := api.GetSpec()
	if err != nil {
		return nil, err
	}
	raw, err := api.GetSpecJSON()
	if err != nil {
		return nil, err
	}
	// The contract keeps to what OpenAPI 3.0 and JSON Schema have in common, so its schemas need
	// no translation.
	compile, err := schema.CompileAt("contract", raw)
	if err != nil {
		return nil, err
	}
	ops := map[string]*operation{}
	out := &contract{ops: ops, methods: map[string][]string{}}
	if err := out.readHeaders(doc); err != nil {
		return nil, err
	}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			op, err := newOperation(o, "/paths/"+pointerEscape.Replace(path)+"/"+strings.ToLower(method), compile)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			op.long = method == http.MethodPost && strings.HasPrefix(path, "/api/ai/") ||
				op.upload || op.id == "getJob" || strings.HasPrefix(path, "/api/docs/{docId}/") || files[path]
			if op.safe = method == http.MethodGet; method == http.MethodPost && op.once == (op.noKey != "") {
				return nil, fmt.Errorf("%s %s: a POST takes an Idempotency-Key or says in x-no-idempotency-key why not", method, path)
			}
			op.operationMetrics = m.operation(op.id)
			ops[op.id] = op
			out.methods[path] = append(out.methods[path], method)
		}
	}
	return out, nil
}

// files are operations that read whole files, and seal them.
var files = map[string]bool{"/api/esign/initiate": true, "/api/esign/{trackingId}/evidence": true, "/api/esign/signing/document": true,
	"/api/esign/signing/view": true, "/api/esign/{trackingId}/cancel": true} // these two may ask a provider

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

// newOperation reads the operation that stands in the contract at a JSON Pointer.
func newOperation(o *openapi3.Operation, at string, compile func(pointer string) (*schema.Schema, error)) (*operation, error) {
	op := &operation{id: o.OperationID, roles: map[domain.Role]bool{}}
	rules, ok := o.Extensions["x-roles"].([]any)
	if !ok {
		return nil, errors.New("x-roles is missing: nobody said who may call it")
	}
	for _, r := range rules {
		switch role := domain.Role(fmt.Sprint(r)); role {
		case domain.RoleClient, domain.RoleLawyer, domain.RoleAdmin:
			op.roles[role] = true
		default:
			return nil, fmt.Errorf("x-roles names %q, which is no role", role)
		}
	}
	op.strict = o.Responses.Status(http.StatusBadRequest) != nil
	op.noKey, _ = o.Extensions["x-no-idempotency-key"].(string)
	if o.Security != nil { // absent: the contract's default, a token
		for _, need := range *o.Security {
			_, op.metrics = need["metricsToken"]
		}
		op.open = len(*o.Security) == 0 || op.metrics
	}
	if op.open != (len(op.roles) == 0) {
		return nil, errors.New("security and x-roles contradict each other")
	}

	if o.RequestBody != nil {
		content := o.RequestBody.Value.Content
		op.upload = content.Get("multipart/form-data") != nil
		if !op.upload {
			media := content.Get("application/json")
			if media == nil || media.Schema == nil {
				return nil, errors.New("only JSON bodies and forms are known here")
			}
			var err error
			if op.limit = bodyLimit(o); op.limit == 0 {
				return nil, errors.New("x-body-limit is missing or above what any body may have: anybody can send one")
			}
			if op.body, err = compile(orRef(at+"/requestBody", o.RequestBody.Ref) + "/content/application~1json/schema"); err != nil {
				return nil, err
			}
		}
	}
	for i, p := range o.Parameters {
		v := p.Value
		op.once = op.once || v.In == openapi3.ParameterInHeader && v.Name == idempotencyKeyHeader
		compiled, err := compile(orRef(fmt.Sprintf("%s/parameters/%d", at, i), p.Ref) + "/schema")
		if err != nil {
			return nil, err
		}
		op.params = append(op.params, param{name: v.Name, in: v.In, required: v.Required, integer: v.Schema.Value.Type.Is("integer"), boolean: v.Schema.Value.Type.Is("boolean"), schema: compiled})
	}
	return op, nil
}

// bodyLimit is how large a body may be. Whoever needs no account must be told less.
func bodyLimit(o *openapi3.Operation) int64 {
	if n, ok := o.Extensions["x-body-limit"].(float64); ok && n >= 1 && n <= maxBody {
		return int64(n)
	}
	if o.Security != nil && len(*o.Security) == 0 {
		return 0
	}
	return maxBody
}

// orRef is where something stands: in its place, or where the reference there leads.
func orRef(place, ref string) string {
	if ref != "" {
		return strings.TrimPrefix(ref, "#")
	}
	return place
}

// checkParams holds the path and the query against the contract.
func (op *operation) checkParams(r *http.Request, pathValue func(string) string) *domain.Error {
	var fields []domain.Field
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil && op.strict {
		return &domain.Error{Code: domain.Malformed, Message: "The query of the address cannot be read.", Fields: []domain.Field{{Pointer: "?", Detail: "must be pairs of names and values, percent-encoded"}}}
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !op.strict {
			break
		}
		known := func(p param) bool { return p.in == openapi3.ParameterInQuery && p.name == name }
		if !slices.ContainsFunc(op.params, known) && len(fields) < maxErrors {
			fields = append(fields, domain.Field{Pointer: "?" + strings.ToValidUTF8(name, "\ufffd"), Detail: "is not a parameter of this operation"})
		}
	}
	for _, p := range op.params {
		vs, at := query[p.name], "?"+p.name
		switch p.in {
		case openapi3.ParameterInPath:
			vs = []string{pathValue(p.name)}
		case openapi3.ParameterInHeader:
			vs, at = r.Header.Values(p.name), p.name
		}
		if len(vs) != 1 {
			if len(vs) > 1 {
				fields = append(fields, domain.Field{Pointer: at, Detail: "must be given once"})
			} else if p.required {
				fields = append(fields, domain.Field{Pointer: at, Detail: "is missing"})
			}
			continue
		}
		text := vs[0]
		if !utf8.ValidString(text) {
			fields = append(fields, domain.Field{Pointer: at, Detail: "must be UTF-8"})
			continue
		}
		var v any = text
		if p.integer {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				fields = append(fields, domain.Field{Pointer: at, Detail: "must be an integer"})
				continue
			}
			v = json.Number(strconv.FormatInt(n, 10))
		} else if p.boolean && (text == "true" || text == "false") {
			v = text == "true"
		}
		for _, f := range p.schema.Check(v, at) {
			fields = append(fields, f.Field)
		}
	}
	if len(fields) > 0 {
		return &domain.Error{Code: domain.Malformed, Message: "A parameter cannot be accepted.", Fields: fields}
	}
	return nil
}
