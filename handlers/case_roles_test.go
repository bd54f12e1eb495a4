package handlers_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"counsel/domain"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// standings are what somebody can be to a case, as the matrix tries them.
var standings = []string{"owner", "lawyer", "assistant", "client", "viewer", "no member", "member of another case"}

// Which members of a case may call an operation.
var (
	allMembers = []string{"owner", "lawyer", "assistant", "client", "viewer"}
	askers     = []string{"owner", "lawyer", "assistant", "client"}
	editors    = []string{"owner", "lawyer", "assistant"}
	leaders    = []string{"owner", "lawyer"}
	owners     = []string{"owner"}
)

// caseRoles is the access policy for cases, by operation. The contract's x-case-roles must say the
// same, and the service must do so; whoever changes the policy changes it here, too.
var caseRoles = map[string][]string{
	"getCase":                allMembers,
	"updateCase":             leaders,
	"deleteCase":             owners,
	"listCaseMembers":        allMembers,
	"addCaseMember":          owners,
	"updateCaseMember":       owners,
	"removeCaseMember":       owners,
	"listCaseInvitations":    allMembers,
	"withdrawCaseInvitation": owners,
	"listCaseNotes":          allMembers,
	"createCaseNote":         editors,
	"deleteCaseNote":         editors,
	"listCaseTasks":          allMembers,
	"createCaseTask":         editors,
	"replaceCaseTask":        editors,
	"deleteCaseTask":         editors,
	"listCaseParties":        allMembers,
	"addCaseParty":           editors,
	"removeCaseParty":        editors,
	"getPartyCompany":        allMembers,
	"linkPartyCompany":       editors,
	"unlinkPartyCompany":     editors,
	"listCaseTimeline":       allMembers,
	"verifyCaseTimeline":     allMembers,

	"sendChat":          askers,
	"generateDocument":  editors,
	"listConsultations": allMembers,
	"listAIUsage":       allMembers,
	"getConsultation":   allMembers,

	"listDrafts":           allMembers,
	"createDraft":          editors,
	"getDraft":             allMembers,
	"updateDraft":          editors,
	"deleteDraft":          editors,
	"listDraftVersions":    allMembers,
	"getDraftVersion":      allMembers,
	"compareDraftVersions": allMembers,
	"renderDraftPdf":       editors,

	"listDocuments":      allMembers,
	"uploadDocument":     editors,
	"renderPdf":          editors,
	"renderBatch":        editors,
	"searchDocuments":    allMembers,
	"getDocument":        allMembers,
	"deleteDocument":     editors,
	"getDocumentContent": allMembers,
	"verifyDocument":     allMembers,

	"listTimeEntries":     editors,
	"createTimeEntry":     leaders,
	"updateTimeEntry":     leaders,
	"deleteTimeEntry":     leaders,
	"listInvoices":        allMembers,
	"createInvoice":       leaders,
	"getInvoice":          allMembers,
	"updateInvoice":       leaders,
	"deleteInvoice":       leaders,
	"sendInvoice":         leaders,
	"voidInvoice":         leaders,
	"writeOffInvoice":     leaders,
	"payInvoiceFromTrust": leaders,
	"listLedgerEntries":   leaders,
	"createTrustDeposit":  leaders,
	"createTrustReturn":   leaders,

	"openCheckout":  askers,
	"listPayments":  allMembers,
	"getPayment":    allMembers,
	"refundPayment": leaders,

	"listSignatureRequests":  allMembers,
	"getSignatureRequest":    allMembers,
	"listSignatureEvents":    allMembers,
	"cancelSignatureRequest": editors,
	"remindSigners":          editors,
	"getSignatureEvidence":   allMembers,
}

// firmOnly reports whether an account of a client is refused, whatever its role in the case: it reads invoices, but neither
// what the firm worked nor its ledger.
func firmOnly(operation string) bool {
	return operation == "refundPayment" || strings.Contains(operation, "TimeEntr") || strings.Contains(operation, "Trust") || strings.Contains(operation, "Ledger") ||
		strings.Contains(operation, "Invoice") && operation != "listInvoices" && operation != "getInvoice"
}

// TestCaseRolesOfTheContract compares x-case-roles with the table, in both directions.
func TestCaseRolesOfTheContract(t *testing.T) {
	t.Parallel()
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	found := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			listed, ok := op.Extensions["x-case-roles"].([]any)
			if ok {
				found[op.OperationID] = true
			}
			want, inTable := caseRoles[op.OperationID]
			switch {
			case ok && !inTable:
				t.Errorf("%s has x-case-roles, but is not in caseRoles", op.OperationID)
			case !ok && strings.Contains(path, "{caseId}"):
				t.Errorf("%s names a case in its path, but has no x-case-roles", op.OperationID)
			case ok && fmt.Sprint(listed) != fmt.Sprint(want):
				t.Errorf("%s: x-case-roles is %v, caseRoles has %v", op.OperationID, listed, want)
			}
		}
	}
	for id := range caseRoles {
		if !found[id] {
			t.Errorf("%s is in caseRoles, but has no x-case-roles in the contract", id)
		}
	}
}

// TestOwnershipMatrix calls every operation of caseRoles as every kind of account in every standing
// towards the case. The answer must be what the table says.
func TestOwnershipMatrix(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	m := &matrixFixture{fixture: f, admin: f.admin(), people: map[string]*user{}, caseFixtures: map[string]*caseFixture{}}
	f.register("grace", domain.RoleLawyer) // the contract's example adds her to a case
	m.owner, m.member = f.register("keeper", domain.RoleLawyer), f.register("mate", domain.RoleClient)
	for _, account := range []domain.Role{domain.RoleClient, domain.RoleLawyer, domain.RoleAdmin} {
		m.people[string(account)] = f.register("the-"+string(account), account)
	}
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	n := 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			allowed, ok := caseRoles[op.OperationID]
			if !ok {
				continue
			}
			for account, who := range m.people {
				for _, standing := range standings {
					if account == "client" && standing == "lawyer" {
						continue // the role is not for clients, see TestCaseMembers
					}
					n++
					t.Run(op.OperationID+"/"+account+"/"+standing, func(t *testing.T) {
						m.on(t).check(method, path, op, allowed, who, standing)
					})
				}
			}
		}
	}
	if n < len(caseRoles)*20 {
		t.Fatalf("only %d requests", n)
	}
}

type matrixFixture struct {
	*fixture
	admin, owner, member *user
	people               map[string]*user        // by the role of the account
	caseFixtures         map[string]*caseFixture // by account and standing, until a test changes it
}

// caseFixture is a case with one resource of each kind.
type caseFixture struct {
	ids      map[string]string // by the names of path parameters
	root     string
	snapshot string // of its content
}

func (m *matrixFixture) on(t *testing.T) *matrixFixture {
	f := *m.fixture
	f.t = t
	other := *m
	other.fixture = &f
	return &other
}

func (m *matrixFixture) build() *caseFixture {
	m.t.Helper()
	ids := map[string]string{"userId": m.member.ID.String()}
	made := func(path string, body any) string {
		var out struct{ ID string }
		m.call(m.owner, "POST", path, body).expect(201, "").decode(&out)
		return out.ID
	}
	ids["caseId"] = made("/api/cases", map[string]any{"title": "Northwind v. Southwind"})
	root := "/api/cases/" + ids["caseId"]
	made(root+"/members", map[string]any{"userId": m.member.ID, "role": "viewer"})
	ids["noteId"] = made(root+"/notes", map[string]any{"body": "They offered to settle."})
	ids["taskId"] = made(root+"/tasks", map[string]any{"title": "File the defence"})
	ids["partyId"] = made(root+"/parties", map[string]any{"kind": "company", "side": "opposing", "name": "Southwind Ltd"})
	m.call(m.owner, "PUT", root+"/parties/"+ids["partyId"]+"/company", map[string]any{"source": "gleif", "companyId": "529900NORTHWIND00132"}).expect(200, "")
	var answer api.ChatResponse
	m.call(m.owner, "POST", "/api/ai/chat", map[string]any{"userId": m.owner.ID, "message": "When is the defence due?",
		"context": map[string]any{"caseId": ids["caseId"]}}).expect(200, "").decode(&answer)
	ids["consultationId"] = answer.ConsultationID.String()
	ids["draftId"] = made("/api/drafts", map[string]any{"title": "Letter", "body": "We ask you to pay.", "caseId": ids["caseId"]})
	file, contentType := m.uploadForm(ids["caseId"])
	var doc api.StoredDocument
	m.call(m.owner, "POST", "/api/docs", file, "Content-Type", contentType).expect(201, "").decode(&doc)
	ids["docId"] = doc.ID.String()
	var invitation api.CaseInvitation
	m.call(m.owner, "POST", root+"/members", map[string]any{"email": "invited@example.com", "role": "viewer"}).expect(202, "").decode(&invitation)
	ids["invitationId"] = invitation.ID.String()
	ids["trackingId"] = m.initiateSignature(m.owner, ids["caseId"], "ada@example.com").TrackingID.String()
	ids["version"], ids["from"], ids["to"] = "1", "1", "1" // of the draft
	ids["entryId"] = made(root+"/time-entries", map[string]any{"date": "2026-11-24", "minutes": 60, "rate": 20000, "currency": "EUR", "description": "Review"})
	invoice := map[string]any{"currency": "EUR", "recipient": map[string]any{"name": "Ada"}, "lines": []any{map[string]any{"description": "Advice", "quantity": "1", "unitPrice": 50000}}}
	ids["timeEntryId"] = ids["entryId"]
	ids["invoiceId"], ids["issuedInvoiceId"] = made(root+"/invoices", invoice), made(root+"/invoices", invoice)
	m.call(m.owner, "POST", root+"/invoices/"+ids["issuedInvoiceId"]+"/send", nil).expect(200, "")
	made(root+"/trust-deposits", map[string]any{"currency": "EUR", "amount": 100_000})
	paid := made(root+"/invoices", invoice)
	m.call(m.owner, "POST", root+"/invoices/"+paid+"/send", nil).expect(200, "")
	ids["paymentId"] = m.payInvoice(m.owner, paid).ID.String()
	return &caseFixture{ids: ids, root: root}
}

// uploadForm is a form with a file for a case.
func (m *matrixFixture) uploadForm(caseID string) (body, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	testkit.Must(m.t, w.WriteField("caseId", caseID))
	part, err := w.CreateFormFile("file", "a.pdf")
	testkit.Must(m.t, err)
	_, err = part.Write(smallPDF(1))
	testkit.Must(m.t, err)
	testkit.Must(m.t, w.Close())
	return b.String(), w.FormDataContentType()
}

// caseFor is a case towards which who has this standing.
func (m *matrixFixture) caseFor(who *user, standing string) *caseFixture {
	m.t.Helper()
	key := string(who.Role) + "/" + standing
	if f := m.caseFixtures[key]; f != nil {
		return f
	}
	f := m.build()
	let := func(in, role string) {
		m.call(m.admin, "POST", in+"/members", map[string]any{"userId": who.ID, "role": role}).expect(201, "")
	}
	switch standing {
	case "no member":
	case "member of another case":
		let(m.build().root, "owner")
	default:
		let(f.root, standing)
		if slices.Contains(leaders, standing) && who.Role != "client" { // they change their own work
			var entry struct{ ID string }
			m.call(who, "POST", f.root+"/time-entries", map[string]any{"date": "2026-11-24", "minutes": 60, "rate": 20000, "currency": "EUR", "description": "Review"}).expect(201, "").decode(&entry)
			f.ids["entryId"] = entry.ID
		}
	}
	f.snapshot = m.snapshot(f.root)
	m.caseFixtures[key] = f
	return f
}

var placeholder = regexp.MustCompile(`\{([A-Za-z]+)\}`)

func (m *matrixFixture) check(method, path string, op *openapi3.Operation, roles []string, who *user, standing string) {
	m.t.Helper()
	f := m.caseFor(who, standing)
	if op.OperationID == "deleteCase" { // a case with an open signature request cannot be deleted
		m.call(m.admin, "POST", "/api/esign/"+f.ids["trackingId"]+"/cancel", nil)
		f.snapshot = m.snapshot(f.root)
		delete(m.caseFixtures, string(who.Role)+"/"+standing) // other operations need an open one
	}
	member := slices.Contains(allMembers, standing)
	// The operation names the case in its path, query or body, or a resource of the case.
	ask := func(ids map[string]string) response {
		concrete := placeholder.ReplaceAllStringFunc(path, func(p string) string {
			id, ok := ids[p[1:len(p)-1]]
			if p == "{invoiceId}" && slices.Contains([]string{"getInvoice", "voidInvoice", "writeOffInvoice", "payInvoiceFromTrust"}, op.OperationID) {
				id = ids["issuedInvoiceId"]
			}
			if !ok {
				m.t.Fatalf("the fixture has no value for %s: add it to build", p)
			}
			return id
		})
		query := url.Values{}
		for _, p := range op.Parameters {
			if name := p.Value.Name; p.Value.In == "query" && (p.Value.Required || name == "caseId") {
				query.Set(name, cmp.Or(ids[name], fmt.Sprint(p.Value.Example)))
			}
		}
		if len(query) > 0 {
			concrete += "?" + query.Encode()
		}
		var body any
		if op.RequestBody != nil && op.RequestBody.Value.Content["multipart/form-data"] != nil {
			file, contentType := m.uploadForm(ids["caseId"])
			return m.call(who, method, concrete, file, "Content-Type", contentType)
		}
		if op.RequestBody != nil {
			raw, named := example(m.t, op)
			if !strings.Contains(path, "{") { // its example names another case and user
				raw = strings.NewReplacer(named, ids["caseId"], exampleUser, who.ID.String()).Replace(raw)
				raw = namedInvoice.ReplaceAllString(raw, `"invoiceId":"`+ids["issuedInvoiceId"]+`"`)
			}
			body = raw
		}
		return m.call(who, method, concrete, body)
	}
	a := ask(f.ids)

	allowed := who.Role == "admin" || member && slices.Contains(roles, standing) && (who.Role != "client" || !firmOnly(op.OperationID))
	switch {
	case allowed:
		if a.status >= 300 {
			m.t.Fatalf("is allowed, but got %d: %s", a.status, a.body)
		}
		if method != http.MethodGet {
			delete(m.caseFixtures, string(who.Role)+"/"+standing)
		}
		return
	case member:
		a.expect(403, "forbidden")
	default:
		// A hidden case looks like an absent one.
		absent := map[string]string{}
		for name, id := range f.ids {
			if _, err := domain.ParseID(id); err == nil {
				id = domain.NewID().String()
			}
			absent[name] = id
		}
		missing := ask(absent).expect(404, "not_found").problem()
		hidden := a.expect(404, "not_found").problem()
		hidden.RequestID, hidden.Instance, missing.RequestID, missing.Instance = "", nil, "", nil
		if x, y := fmt.Sprint(*hidden.Detail, hidden.Title, hidden.Type, hidden.Errors), fmt.Sprint(*missing.Detail, missing.Title, missing.Type, missing.Errors); x != y {
			m.t.Errorf("a hidden case can be distinguished from an absent one: %s, %s", x, y)
		}
	}
	if now := m.snapshot(f.root); now != f.snapshot {
		m.t.Errorf("was refused, but the case changed from %s to %s", f.snapshot, now)
	}
	m.cases.FlushDenials(m.t.Context())
	id, err := domain.ParseID(f.ids["caseId"])
	testkit.Must(m.t, err)
	var refusals int
	testkit.Must(m.t, m.db.QueryRowContext(m.t.Context(), "SELECT COUNT(*) FROM case_timeline WHERE case_id = ? AND actor_id = ? AND refused", id, domain.ID(who.ID)).Scan(&refusals))
	if refusals == 0 || !member && refusals > 1 {
		m.t.Errorf("%d refusals are in the timeline", refusals)
	}
}

const exampleUser = "019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e" // of the contract's examples

// example is the contract's example request for an operation: the first by name that names a case, with
// that case, or else the first.
func example(t testing.TB, op *openapi3.Operation) (raw, named string) {
	examples := op.RequestBody.Value.Content["application/json"].Examples
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		text, err := json.Marshal(examples[name].Value.Value)
		testkit.Must(t, err)
		if m := namedCase.FindSubmatch(text); m != nil {
			return string(text), string(m[1])
		}
		if raw == "" {
			raw = string(text)
		}
	}
	return raw, "no case"
}

var (
	namedCase    = regexp.MustCompile(`"caseId":"([^"]+)"`)
	namedInvoice = regexp.MustCompile(`"invoiceId":"[^"]+"`)
)

var linkExpiry = regexp.MustCompile(`"fileUrlExpiresAt":"[^"]*"`)

// snapshot is the content of a case, as an admin sees it.
func (m *matrixFixture) snapshot(root string) string {
	m.t.Helper()
	var all strings.Builder
	for _, part := range []string{"", "/members", "/invitations", "/notes", "/tasks", "/parties"} {
		a := m.call(m.admin, "GET", root+part, nil)
		if a.status == http.StatusOK {
			all.Write(a.body)
		}
	}
	ofCase := "?caseId=" + root[len("/api/cases/"):]
	for _, list := range []string{"/api/ai/consultations", "/api/drafts", "/api/docs"} {
		a := m.call(m.admin, "GET", list+ofCase, nil)
		if a.status == http.StatusOK {
			all.Write(linkExpiry.ReplaceAll(a.body, nil))
		}
	}
	return all.String()
}
