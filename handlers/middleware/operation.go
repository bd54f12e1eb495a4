package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"counsel/domain"
	"counsel/domain/apikeys"
	"counsel/domain/schema"
)

// operation is what the contract says about one operation, ready to check requests against.
type operation struct {
	id           string
	public       bool // needs no access token
	metricsToken bool // needs METRICS_TOKEN instead
	roles        map[domain.Role]bool
	scope        apikeys.Scope  // that an API key needs; "": keys cannot call it; anyScope: every key can
	noTestMode   string         // why a test key cannot call it; "": it can
	timeout      time.Duration  // 0: the contract's default
	noTimeout    bool           // x-timeout: none
	body         *schema.Schema // of JSON; nil: takes none
	bodyLimit    int64          // bytes
	upload       bool           // takes a form with a file instead
	parameters   []parameter
	strictQuery  bool   // refuses unknown query parameters; pages and health checks ignore them
	deprecation  string // the header Deprecation (RFC 9745); "": the operation is not deprecated
	sunset       string // the header Sunset (RFC 8594), with deprecation
	idempotent   bool   // takes an Idempotency-Key
	safe         bool   // changes nothing (RFC 9110): a key has no effect and does no harm
	noKeyReason  string // why a POST takes no key
	*operationMetrics
}

type parameter struct {
	name     string
	in       string // path, query or header
	required bool
	integer  bool
	list     bool // comma-separated
	boolean  bool
	schema   *schema.Schema
}

// ownDeadline reports whether the default timeout does not apply to the operation's work.
func (op *operation) ownDeadline() bool { return op.noTimeout || op.timeout > 0 }

// newOperation reads the operation that stands at a JSON Pointer in the contract.
func newOperation(method string, o *openapi3.Operation, pointer string, compile func(pointer string) (*schema.Schema, error)) (*operation, error) {
	op := &operation{id: o.OperationID, roles: map[domain.Role]bool{}, safe: method == http.MethodGet}
	if err := op.readAccess(o); err != nil {
		return nil, err
	}
	if err := op.readTimeout(o); err != nil {
		return nil, err
	}
	if err := op.readDeprecation(o); err != nil {
		return nil, err
	}
	if err := op.readBody(o, pointer, compile); err != nil {
		return nil, err
	}
	op.strictQuery = o.Responses.Status(http.StatusBadRequest) != nil && !(op.public && op.safe)
	for i, p := range o.Parameters {
		v := p.Value
		op.idempotent = op.idempotent || v.In == openapi3.ParameterInHeader && v.Name == idempotencyKeyHeader
		compiled, err := compile(resolveRef(fmt.Sprintf("%s/parameters/%d", pointer, i), p.Ref) + "/schema")
		if err != nil {
			return nil, err
		}
		op.parameters = append(op.parameters, parameter{name: v.Name, in: v.In, required: v.Required, integer: v.Schema.Value.Type.Is("integer"), boolean: v.Schema.Value.Type.Is("boolean"), list: v.Schema.Value.Type.Is("array"), schema: compiled})
	}
	op.noKeyReason, _ = o.Extensions["x-no-idempotency-key"].(string)
	if method == http.MethodPost && op.idempotent == (op.noKeyReason != "") {
		return nil, errors.New("a POST takes an Idempotency-Key or says in x-no-idempotency-key why not")
	}
	return op, nil
}

// readAccess reads security and x-roles, which must agree.
func (op *operation) readAccess(o *openapi3.Operation) error {
	listed, ok := o.Extensions["x-roles"].([]any)
	if !ok {
		return errors.New("x-roles is missing: it says who may call the operation")
	}
	for _, r := range listed {
		role := domain.Role(fmt.Sprint(r))
		if !role.Valid() {
			return fmt.Errorf("x-roles names %q, which is not a role", role)
		}
		op.roles[role] = true
	}
	if o.Security != nil { // absent: the contract's default, an access token
		for _, requirement := range *o.Security {
			_, op.metricsToken = requirement["metricsToken"]
		}
		op.public = len(*o.Security) == 0 || op.metricsToken
	}
	if op.public != (len(op.roles) == 0) {
		return errors.New("security and x-roles contradict each other")
	}
	return op.readScope(o)
}

// anyScope is the x-scope of an operation that every API key can call.
const anyScope apikeys.Scope = "any"

// readScope reads x-scope. An operation without one cannot be called with an API key.
func (op *operation) readScope(o *openapi3.Operation) error {
	name, _ := o.Extensions["x-scope"].(string)
	op.scope = apikeys.Scope(name)
	op.noTestMode, _ = o.Extensions["x-no-test-mode"].(string)
	if name != "" && op.scope != anyScope && !slices.Contains(apikeys.Scopes, op.scope) {
		return fmt.Errorf("x-scope is %q, which is not a scope", name)
	}
	allowed := false // by security
	if o.Security != nil {
		allowed = slices.ContainsFunc(*o.Security, func(r openapi3.SecurityRequirement) bool { _, ok := r["apiKey"]; return ok })
	}
	if allowed != (name != "") {
		return errors.New("security and x-scope contradict each other")
	}
	return nil
}

// readTimeout reads x-timeout: a number of seconds, or "none" when the operation waits for
// something that has a deadline of its own.
func (op *operation) readTimeout(o *openapi3.Operation) (err error) {
	if o.Extensions["x-timeout"] == "none" {
		op.noTimeout = true
		return nil
	}
	op.timeout, err = timeoutSeconds(o.Extensions)
	return err
}

// timeoutSeconds reads a numeric x-timeout; 0: it is absent.
func timeoutSeconds(extensions map[string]any) (time.Duration, error) {
	v, ok := extensions["x-timeout"]
	if !ok {
		return 0, nil
	}
	seconds, ok := v.(float64)
	if !ok || seconds < 1 || seconds > 3600 || seconds != float64(int(seconds)) {
		return 0, fmt.Errorf("x-timeout is %v, not a whole number of seconds", v)
	}
	return time.Duration(seconds) * time.Second, nil
}

// minDeprecation is how long a deprecated operation works at least; see docs/versioning.md.
const minDeprecation = 180 * 24 * time.Hour

// readDeprecation reads x-deprecated-at and x-sunset, dates that a deprecated operation has.
func (op *operation) readDeprecation(o *openapi3.Operation) error {
	dates := [2]time.Time{}
	for i, name := range []string{"x-deprecated-at", "x-sunset"} {
		date, present := o.Extensions[name].(string)
		if present != o.Deprecated {
			return errors.New("deprecated, x-deprecated-at and x-sunset go together")
		}
		if !present {
			return nil
		}
		var err error
		if dates[i], err = time.Parse(time.DateOnly, date); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if dates[1].Sub(dates[0]) < minDeprecation {
		return errors.New("x-sunset is less than six months after x-deprecated-at")
	}
	op.deprecation, op.sunset = "@"+strconv.FormatInt(dates[0].Unix(), 10), dates[1].Format(http.TimeFormat)
	return nil
}

func (op *operation) readBody(o *openapi3.Operation, pointer string, compile func(pointer string) (*schema.Schema, error)) (err error) {
	if o.RequestBody == nil {
		return nil
	}
	content := o.RequestBody.Value.Content
	if op.upload = content.Get("multipart/form-data") != nil; op.upload {
		if op.timeout == 0 {
			return errors.New("an upload needs an x-timeout: how long it may take to arrive")
		}
		return nil
	}
	media := content.Get("application/json")
	if media == nil || media.Schema == nil {
		return errors.New("only JSON bodies and forms are supported")
	}
	if op.bodyLimit = bodyLimit(o); op.bodyLimit == 0 {
		return errors.New("x-body-limit is missing or too large: anybody can send a body here")
	}
	op.body, err = compile(resolveRef(pointer+"/requestBody", o.RequestBody.Ref) + "/content/application~1json/schema")
	return err
}

// bodyLimit is how large a body may be. Operations that need no account must set a limit.
func bodyLimit(o *openapi3.Operation) int64 {
	if n, ok := o.Extensions["x-body-limit"].(float64); ok && n >= 1 && n <= maxBody {
		return int64(n)
	}
	if o.Security != nil && len(*o.Security) == 0 {
		return 0
	}
	return maxBody
}

// resolveRef is the JSON Pointer of something that stands in its place or is a reference.
func resolveRef(pointer, ref string) string {
	if ref != "" {
		return strings.TrimPrefix(ref, "#")
	}
	return pointer
}
