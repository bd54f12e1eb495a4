package handlers_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"counsel/domain"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// refusedExamples are the request examples that cannot succeed here, by operation or by example, with the code of the
// answer.
var refusedExamples = map[string]string{
	// Their secrets were never issued.
	"refreshTokens": "unauthenticated", "resetPassword": "link_invalid", "verifyEmail": "link_invalid",
	"viewSigning": "not_found", "getSigningDocument": "not_found", "getSigningText": "not_found", "consentToSigning": "not_found",
	"signDocument": "not_found", "declineSigning": "not_found",
	// The webhook is not signed.
	"receivePaymentWebhook": "unauthenticated",
	// No signing provider is configured.
	"receiveSignatureWebhook": "not_found",
	// Jobs, which notify and extract texts, do not run here.
	"updateNotification": "not_found", "sendChat/aboutADocument": "text_pending", "analyzeText/document": "text_pending",
	// Its logo is a PDF here.
	"sendEmail/attached": "invalid",
}

// TestRequestExamples sends every example of a request in the contract, with the ids of things that exist. Each must
// succeed, or fail for the reason above.
func TestRequestExamples(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	caller := f.register("caller", domain.RoleAdmin)
	m := &matrixFixture{fixture: f, admin: caller, owner: caller, member: f.register("mate", domain.RoleClient)}
	f.register("grace", domain.RoleLawyer) // the examples add her to a case
	n, refused := 0, map[string]bool{}
	send := func(method, path string, op *openapi3.Operation) {
		content := op.RequestBody.Value.Content["application/json"]
		for _, name := range slices.Sorted(maps.Keys(content.Examples)) {
			n++
			t.Run(op.OperationID+"/"+name, func(t *testing.T) {
				m := m.on(t)
				ids := m.exampleIDs(op.OperationID, content.Examples[name].Value.Value)
				body, err := json.Marshal(withIDs(content.Examples[name].Value.Value, "", ids))
				testkit.Must(t, err)
				concrete := placeholder.ReplaceAllStringFunc(path, func(p string) string {
					if id, ok := ids[p[1:len(p)-1]]; ok {
						return id
					}
					return fmt.Sprint(op.Parameters.GetByInAndName("path", p[1:len(p)-1]).Example)
				})
				who := caller
				if op.Security != nil && len(*op.Security) == 0 {
					who = nil
				}
				a := m.call(who, method, concrete, string(body))
				key := op.OperationID
				if refusedExamples[key] == "" {
					key += "/" + name
				}
				if code := refusedExamples[key]; code != "" {
					refused[key] = true
					if got := a.problem().Code; got != code {
						t.Errorf("%s: %s, want %s", body, a.body, code)
					}
				} else if a.status >= 300 || op.Responses.Status(a.status) == nil {
					t.Errorf("%s %s: %d %s", concrete, body, a.status, a.body)
				}
			})
		}
	}
	register := doc.Paths.Find("/api/auth/register").Post
	send("POST", "/api/auth/register", register) // the example of loginUser is this account
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op != register && op.RequestBody != nil && op.RequestBody.Value.Content["application/json"] != nil {
				send(method, path, op)
			}
		}
	}
	if n < 65 {
		t.Errorf("only %d examples", n)
	}
	for id := range refusedExamples {
		if !refused[id] {
			t.Errorf("%s has no example", id)
		}
	}
}

// exampleIDs creates what an example of an operation names. The names are those of fields and path parameters.
func (m *matrixFixture) exampleIDs(operation string, example any) map[string]string {
	m.t.Helper()
	ids := m.build().ids
	ids["assigneeId"], ids["newestId"] = m.member.ID.String(), domain.NewID().String()
	made := func(path string, body any) map[string]any {
		var out map[string]any
		m.call(m.owner, "POST", path, body).expect(http.StatusCreated, "").decode(&out)
		return out
	}
	switch operation {
	case "payInvoiceFromTrust", "openCheckout":
		ids["invoiceId"] = ids["issuedInvoiceId"]
	case "sendChat":
		ids["userId"] = m.owner.ID.String()
		var answer api.ChatResponse
		m.call(m.owner, "POST", "/api/ai/chat", chatBody(m.owner, "When is the defence due?")).expect(http.StatusOK, "").decode(&answer)
		ids["consultationId"] = answer.ConsultationID.String()
		file, contentType := uploadForm(m.t, "file", "a.pdf", smallPDF(1))
		var doc api.StoredDocument
		m.call(m.owner, "POST", "/api/docs", file, "Content-Type", contentType).expect(http.StatusCreated, "").decode(&doc)
		ids["docId"] = doc.ID.String()
	case "addCaseMember", "updateUser":
		var added api.User
		m.call(nil, "POST", "/api/auth/register", map[string]string{"email": domain.NewID().String() + "@example.com", "password": "correct horse battery", "fullName": "New"}).
			expect(http.StatusCreated, "").decode(&added)
		ids["userId"] = added.ID.String()
	case "updateDraft":
		if fmt.Sprint(example.(map[string]any)["version"]) == "2" {
			m.call(m.owner, "PATCH", "/api/drafts/"+ids["draftId"], map[string]any{"version": 1, "body": "We ask you to pay at once."}).expect(http.StatusOK, "")
		}
	case "replacePlaybook":
		ids["playbookId"] = made("/api/ai/playbooks", map[string]any{"name": "Ours", "positions": []any{map[string]any{"clauseType": "Non-Compete", "severity": "high"}}})["id"].(string)
	case "updateWebhook", "replayWebhook":
		webhook := made("/api/webhooks", map[string]any{"url": "https://crm.example/hooks", "eventTypes": []string{"case.closed"}})["webhook"]
		ids["webhookId"] = webhook.(map[string]any)["id"].(string)
	case "updateTemplate", "createTemplateVersion", "previewTemplateVersion":
		ids["templateId"], ids["version"] = "own-"+strings.ToLower(operation), "first"
		if m.call(m.owner, "GET", "/api/templates/"+ids["templateId"], nil).status == http.StatusNotFound {
			doc, err := api.GetSpec()
			testkit.Must(m.t, err)
			body := maps.Clone(doc.Components.Examples["TemplateVersion"].Value.Value.(map[string]any))
			maps.DeleteFunc(body, func(name string, _ any) bool { return name != "body" && name != "schema" && name != "sampleData" })
			body["templateId"], body["version"] = ids["templateId"], ids["version"]
			made("/api/templates", body)
		}
	case "initiateSignature":
		doc, err := api.GetSpec()
		testkit.Must(m.t, err)
		body := maps.Clone(doc.Components.Examples["RenderPdfRequest"].Value.Value.(map[string]any))
		delete(body, "options") // not marked as a draft
		var rendered api.RenderPdfResponse
		m.call(m.owner, "POST", "/api/docs/render-pdf", body).expect(http.StatusOK, "").decode(&rendered)
		ids["docId"] = rendered.DocID.String()
	}
	return ids
}

// withIDs replaces the ids in an example by those of the fields' names.
func withIDs(v any, field string, ids map[string]string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			out[name] = withIDs(value, name, ids)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = withIDs(value, map[string]string{"documentIds": "docId"}[field], ids)
		}
		return out
	case string:
		if id, ok := ids[field]; ok {
			if _, err := domain.ParseID(v); err == nil {
				return id
			}
		}
	}
	return v
}
