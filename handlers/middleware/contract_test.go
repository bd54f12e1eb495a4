package middleware

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v5"
	"github.com/prometheus/client_golang/prometheus"

	"counsel/domain/files"
	"counsel/gen/api"
)

// TestTimeouts checks each operation's x-timeout against this table. Whoever lets an operation run
// longer changes both.
func TestTimeouts(t *testing.T) {
	const none = -1
	want := map[string]time.Duration{
		// The AI has a deadline of its own.
		"sendChat": none, "generateDocument": none, "analyzeText": none, "warmChatCache": none,
		// Whole files are read, hashed or sealed.
		"getDocumentContent": none, "verifyDocument": none, "getSigningDocument": none, "getSignatureEvidence": none,
		// A signing provider may be asked.
		"initiateSignature": none, "viewSigning": none, "cancelSignatureRequest": none,
		// Registers are asked.
		"searchCompanies": 30 * time.Second, "getRegisteredCompany": 30 * time.Second, "linkPartyCompany": 30 * time.Second,
		"checkVatNumber": 30 * time.Second, "checkSanctions": 30 * time.Second, "checkWatch": 30 * time.Second,
		// The payment provider is asked.
		"openCheckout": none, "refundPayment": none,
		// An event stream follows the job.
		"getJob": none,
		// How long a file may take to arrive.
		"uploadDocument": 3 * time.Minute,
	}
	c, err := loadContract(newHTTPMetrics(prometheus.NewRegistry()))
	if err != nil {
		t.Fatal(err)
	}
	if c.timeout != 10*time.Second {
		t.Errorf("the default is %s", c.timeout)
	}
	got := map[string]time.Duration{}
	for id, op := range c.operations {
		switch {
		case op.noTimeout:
			got[id] = none
		case op.timeout > 0:
			got[id] = op.timeout
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("the contract has %v, want %v", got, want)
	}
}

// TestUploadLimit: the contract and the code name the same upload limit.
func TestUploadLimit(t *testing.T) {
	doc, err := api.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	if limit := doc.Components.Schemas["FileContent"].Value.MaxLength; limit == nil || *limit != files.MaxUpload {
		t.Errorf("the contract's limit is %v, the code's %d", limit, files.MaxUpload)
	}
}

// TestOperationRules: an operation with a missing or contradictory rule keeps the service from starting.
func TestOperationRules(t *testing.T) {
	token := openapi3.SecurityRequirements{{"bearerAuth": {}}}
	public := openapi3.SecurityRequirements{}
	everyone := []any{"client", "lawyer", "admin"}
	for name, c := range map[string]struct {
		method     string
		security   *openapi3.SecurityRequirements
		extensions map[string]any
		ok         bool
	}{
		"complete":               {"GET", &token, map[string]any{"x-roles": everyone}, true},
		"no roles":               {"GET", &token, nil, false},
		"unknown role":           {"GET", &token, map[string]any{"x-roles": []any{"guest"}}, false},
		"roles without token":    {"GET", &public, map[string]any{"x-roles": everyone}, false},
		"token without roles":    {"GET", &token, map[string]any{"x-roles": []any{}}, false},
		"timeout in words":       {"GET", &token, map[string]any{"x-roles": everyone, "x-timeout": "long"}, false},
		"timeout of nothing":     {"GET", &token, map[string]any{"x-roles": everyone, "x-timeout": 0.0}, false},
		"timeout of half":        {"GET", &token, map[string]any{"x-roles": everyone, "x-timeout": 1.5}, false},
		"no timeout":             {"GET", &token, map[string]any{"x-roles": everyone, "x-timeout": "none"}, true},
		"POST without a key":     {"POST", &token, map[string]any{"x-roles": everyone}, false},
		"POST that explains":     {"POST", &token, map[string]any{"x-roles": everyone, "x-no-idempotency-key": "Nothing is made."}, true},
		"POST for a public page": {"POST", &public, map[string]any{"x-roles": []any{}, "x-no-idempotency-key": "Nothing is made."}, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := &openapi3.Operation{OperationID: "x", Security: c.security, Extensions: c.extensions, Responses: openapi3.NewResponses()}
			if _, err := newOperation(c.method, o, "/paths/~1x/get", nil); (err == nil) != c.ok {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestDeprecation: a deprecated operation has both dates, at least six months apart, and sends them.
func TestDeprecation(t *testing.T) {
	for name, tc := range map[string]struct {
		operation           openapi3.Operation
		deprecation, sunset string
		refused             bool
	}{
		"not deprecated": {},
		"deprecated":     {operation: deprecated(true, "2027-01-01", "2027-07-01"), deprecation: "@1798761600", sunset: "Thu, 01 Jul 2027 00:00:00 GMT"},
		"too short":      {operation: deprecated(true, "2027-01-01", "2027-06-01"), refused: true},
		"without dates":  {operation: openapi3.Operation{Deprecated: true}, refused: true},
		"dates alone":    {operation: deprecated(false, "2027-01-01", "2027-07-01"), refused: true},
		"not a date":     {operation: deprecated(true, "2027-01-01", "soon"), refused: true},
		"without sunset": {operation: openapi3.Operation{Deprecated: true, Extensions: map[string]any{"x-deprecated-at": "2027-01-01"}}, refused: true},
	} {
		op := &operation{}
		if err := op.readDeprecation(&tc.operation); (err != nil) != tc.refused {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if op.deprecation != tc.deprecation || op.sunset != tc.sunset {
			t.Errorf("%s: Deprecation %q, Sunset %q", name, op.deprecation, op.sunset)
		}
		if tc.refused {
			continue
		}
		e := echo.New()
		e.Use(requestID, operationFound(op))
		e.GET("/", func(c *echo.Context) error { return c.NoContent(http.StatusNoContent) })
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		if h := w.Header(); h.Get("Deprecation") != tc.deprecation || h.Get("Sunset") != tc.sunset || (h.Get("Link") != "") != (tc.deprecation != "") {
			t.Errorf("%s: answered with %v", name, h)
		}
	}
}

func deprecated(yes bool, at, sunset string) openapi3.Operation {
	return openapi3.Operation{Deprecated: yes, Extensions: map[string]any{"x-deprecated-at": at, "x-sunset": sunset}}
}
