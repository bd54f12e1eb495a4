package handlers_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"counsel/domain"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// TestRoles calls every operation of the contract with each role and without a token. The answer must be what
// security and x-roles say.
func TestRoles(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	people := map[string]*user{"nobody": nil}
	for _, role := range []domain.Role{domain.RoleClient, domain.RoleLawyer} {
		people[string(role)] = f.register(string(role), role)
	}
	n := 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			rules, ok := op.Extensions["x-roles"].([]any)
			if !ok {
				t.Errorf("%s has no x-roles", op.OperationID)
				continue
			}
			open := op.Security != nil && (len(*op.Security) == 0 || len((*op.Security)[0]) == 0)
			for _, role := range []string{"nobody", "client", "lawyer", "admin"} {
				n++
				t.Run(op.OperationID+"/"+role, func(t *testing.T) {
					f := *f
					f.t = t
					who := people[role]
					if role == "admin" {
						who = f.admin() // a new session each time: some operations end sessions
					} else if who != nil {
						fresh := *who
						f.signIn(&fresh, role+"@example.com", "correct horse battery")
						who = &fresh
					}
					concrete := path
					for _, p := range op.Parameters {
						if p.Value.In == "path" {
							concrete = strings.Replace(concrete, "{"+p.Value.Name+"}", fmt.Sprint(p.Value.Example), 1)
						}
					}
					var body any
					var header []string
					if op.RequestBody != nil && op.RequestBody.Value.Content["multipart/form-data"] != nil {
						file, contentType := uploadForm(t, "file", "a.pdf", smallPDF(1))
						body, header = file, []string{"Content-Type", contentType}
					} else if op.RequestBody != nil {
						examples := op.RequestBody.Value.Content["application/json"].Examples
						names := make([]string, 0, len(examples))
						for name := range examples {
							names = append(names, name)
						}
						raw, err := json.Marshal(examples[slices.Max(names)].Value.Value)
						testkit.Must(t, err)
						body = string(raw)
						if who != nil { // the example's user is the caller
							body = strings.ReplaceAll(string(raw), "019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e", who.ID.String())
						}
					}
					a := f.call(who, method, concrete, body, header...)
					allowed := slices.ContainsFunc(rules, func(r any) bool { return r == role })
					switch {
					case open:
						// A public operation answers 401 only for wrong credentials or a wrong signature.
						if a.status == 403 || a.status == 401 && !strings.Contains(path, "/auth/") && !strings.Contains(path, "/payments/webhooks/") {
							t.Errorf("is open, but answers %d", a.status)
						}
					case role == "nobody":
						a.expect(401, "unauthenticated")
						if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
							t.Error("a 401 has no WWW-Authenticate header")
						}
					case !allowed:
						a.expect(403, "forbidden")
					case a.status == 401, strings.Contains(string(a.body), "Your role does not allow this."):
						t.Errorf("is allowed to, but answers %d: %s", a.status, a.body)
					case body != nil && (a.status == 400 || a.status == 422):
						t.Errorf("refuses the contract's own example: %s", a.body)
					case a.status >= 500:
						t.Errorf("answers %d: %s", a.status, a.body)
					}
				})
			}
		}
	}
	if n < 80 {
		t.Fatalf("only %d operations", n)
	}
}

// TestTokens sends invalid tokens.
func TestTokens(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	parts := strings.Split(ada.token, ".")
	for name, header := range map[string]string{
		"nothing":           "",
		"another scheme":    "Basic YTpi",
		"no token":          "Bearer ",
		"no JWT":            "Bearer zzz",
		"forged signature":  "Bearer " + parts[0] + "." + parts[1] + ".AAAA",
		"forged claims":     "Bearer " + parts[0] + ".eyJyb2xlIjoiYWRtaW4ifQ." + parts[2],
		"alg none":          "Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + parts[1] + ".",
		"the refresh token": "Bearer " + ada.refresh,
		"huge":              "Bearer " + strings.Repeat("A", 8000),
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.t = t
			f.call(nil, "GET", "/api/auth/me", nil, "Authorization", header).expect(401, "unauthenticated")
		})
	}
}
