package handlers_test

import (
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// unpaged are the lists that come whole, with what bounds them.
var unpaged = map[string]string{
	"listCaseMembers":            "a case has 200 members at most",
	"listCaseInvitations":        "a case has 100 open invitations at most",
	"listInvitations":            "an account has 100 open invitations at most",
	"listSessions":               "an account has 20 sessions at most",
	"listSignatureEvents":        "the log is one chain of hashes, verified as a whole",
	"listDocumentTypes":          "part of the program",
	"getNotificationPreferences": "one for each type",
	"getTrialBalance":            "one for each account and currency",
	"searchDocuments":            "the best hits, ranked; limit says how many",
}

// TestListsPage: every operation that answers a list takes limit and cursor and answers nextCursor.
func TestListsPage(t *testing.T) {
	t.Parallel()
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	paged := 0
	for path, item := range doc.Paths.Map() {
		if item.Get == nil {
			continue
		}
		items := listOf(item.Get)
		if items == nil {
			continue
		}
		parameters, id := item.Get.Parameters, item.Get.OperationID
		content := item.Get.Responses.Status(http.StatusOK).Value.Content.Get("application/json").Schema.Value
		pages := parameters.GetByInAndName("query", "limit") != nil && parameters.GetByInAndName("query", "cursor") != nil && content.Properties["nextCursor"] != nil
		switch {
		case pages && unpaged[id] != "":
			t.Errorf("%s pages: it needs no exception", id)
		case pages:
			paged++
		case unpaged[id] == "":
			t.Errorf("%s (%s) answers a list without pages", id, path)
		case items.MaxItems == nil:
			t.Errorf("%s answers a list without pages and without maxItems", id)
		}
	}
	if paged < 20 {
		t.Errorf("only %d lists page", paged)
	}
}

// listOf returns the schema of the list that an operation answers, or nil.
func listOf(op *openapi3.Operation) *openapi3.Schema {
	answer := op.Responses.Status(http.StatusOK)
	if answer == nil || answer.Value.Content.Get("application/json") == nil {
		return nil
	}
	schema := answer.Value.Content.Get("application/json").Schema.Value
	if schema.Type.Is("array") {
		return schema
	}
	if items := schema.Properties["items"]; items != nil && items.Value.Type.Is("array") {
		return items.Value
	}
	return nil
}
