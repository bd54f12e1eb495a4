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
)

// standings are what somebody can be to a case, as the matrix tries them.
var standings = []string{"owner", "lawyer", "assistant", "client", "viewer", "no member", "member of another case"}

// TestOwnershipMatrix walks the contract: every operation on a case, asked by every kind of
// account in every standing towards the case, must do what x-case-roles says. An operation
// added to the contract is tested by that alone.
func TestOwnershipMatrix(t *testing.T) {
	b := newBundle(t)
	m := &matrix{bundle: b, admin: b.admin(), people: map[string]*person{}, kept: map[string]*fixture{}}
	b.join("grace", domain.RoleLawyer) // whom the contract's example lets in
	m.keeper, m.mate = b.join("keeper", domain.RoleLawyer), b.join("mate", domain.RoleClient)
	for _, account := range []domain.Role{domain.RoleClient, domain.RoleLawyer, domain.RoleAdmin} {
		m.people[string(account)] = b.join("the-"+string(account), account)
	}
	doc, err := api.GetSpec()
	must(t, err)
	n := 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			rules, ok := op.Extensions["x-case-roles"].([]any)
			if !ok && !strings.Contains(path, "{caseId}") {
				continue
			}
			if !ok {
				t.Errorf("%s is about a case, but has no x-case-roles: it does not say which members may call it", op.OperationID)
				continue
			}
			for account, who := range m.people {
				for _, standing := range standings {
					if account == "client" && standing == "lawyer" {
						continue // the role is not for clients, see TestCaseMembers
					}
					n++
					t.Run(op.OperationID+"/"+account+"/"+standing, func(t *testing.T) {
						m.on(t).try(method, path, op, rules, who, standing)
					})
				}
			}
		}
	}
	if n < 22*20 {
		t.Fatalf("walked only %d", n)
	}
}

type matrix struct {
	*bundle
	admin, keeper, mate *person
	people              map[string]*person  // by the role of the account
	kept                map[string]*fixture // by account and standing, until something alters it
}

// fixture is a case with one of each thing in it.
type fixture struct {
	ids  map[string]string // by the names of path parameters
	root string
	all  string // a snapshot
}

func (m *matrix) on(t *testing.T) *matrix {
	b := *m.bundle
	b.t = t
	other := *m
	other.bundle = &b
	return &other
}

func (m *matrix) build() *fixture {
	m.t.Helper()
	ids := map[string]string{"userId": m.mate.ID.String()}
	made := func(path string, body any) string {
		var out struct{ ID string }
		m.call(m.keeper, "POST", path, body).wants(201, "").into(&out)
		return out.ID
	}
	ids["caseId"] = made("/api/cases", map[string]any{"title": "Northwind v. Southwind"})
	root := "/api/cases/" + ids["caseId"]
	made(root+"/members", map[string]any{"userId": m.mate.ID, "role": "viewer"})
	ids["noteId"] = made(root+"/notes", map[string]any{"body": "They offered to settle."})
	ids["taskId"] = made(root+"/tasks", map[string]any{"title": "File the defence"})
	ids["partyId"] = made(root+"/parties", map[string]any{"kind": "company", "side": "opposing", "name": "Southwind Ltd"})
	var answer api.ChatResponse
	m.call(m.keeper, "POST", "/api/ai/chat", map[string]any{"userId": m.keeper.ID, "message": "When is the defence due?",
		"context": map[string]any{"caseId": ids["caseId"]}}).wants(200, "").into(&answer)
	ids["consultationId"] = answer.ConsultationID.String()
	ids["draftId"] = made("/api/drafts", map[string]any{"title": "Letter", "body": "We ask you to pay.", "caseId": ids["caseId"]})
	file, contentType := m.upload(ids["caseId"])
	var doc api.StoredDocument
	m.call(m.keeper, "POST", "/api/docs", file, "Content-Type", contentType).wants(201, "").into(&doc)
	ids["docId"] = doc.ID.String()
	var invitation api.CaseInvitation
	m.call(m.keeper, "POST", root+"/members", map[string]any{"email": "invited@example.com", "role": "viewer"}).wants(202, "").into(&invitation)
	ids["invitationId"] = invitation.ID.String()
	ids["trackingId"] = m.sendToSign(m.keeper, ids["caseId"], "ada@example.com").TrackingID.String()
	ids["version"], ids["from"], ids["to"] = "1", "1", "1" // of the draft
	return &fixture{ids: ids, root: root}
}

// upload is a form with a file for a case.
func (m *matrix) upload(matter string) (body, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	must(m.t, w.WriteField("caseId", matter))
	part, err := w.CreateFormFile("file", "a.pdf")
	must(m.t, err)
	_, err = part.Write(smallPDF(1))
	must(m.t, err)
	must(m.t, w.Close())
	return b.String(), w.FormDataContentType()
}

// towards is a case to which somebody stands like this.
func (m *matrix) towards(who *person, standing string) *fixture {
	m.t.Helper()
	key := string(who.Role) + "/" + standing
	if f := m.kept[key]; f != nil {
		return f
	}
	f := m.build()
	let := func(in, role string) {
		m.call(m.admin, "POST", in+"/members", map[string]any{"userId": who.ID, "role": role}).wants(201, "")
	}
	switch standing {
	case "no member":
	case "member of another case":
		let(m.build().root, "owner")
	default:
		let(f.root, standing)
	}
	f.all = m.snapshot(f.root)
	m.kept[key] = f
	return f
}

var placeholder = regexp.MustCompile(`\{([A-Za-z]+)\}`)

func (m *matrix) try(method, path string, op *openapi3.Operation, rules []any, who *person, standing string) {
	m.t.Helper()
	f := m.towards(who, standing)
	if op.OperationID == "deleteCase" { // a case stays while something of it is to be signed
		m.call(m.admin, "POST", "/api/esign/"+f.ids["trackingId"]+"/cancel", nil)
		f.all = m.snapshot(f.root)
	}
	member := slices.Contains(standings[:5], standing)
	// The operation names the case in its path, its query or its body, or what it names is of the
	// case.
	ask := func(ids map[string]string) answer {
		concrete := placeholder.ReplaceAllStringFunc(path, func(p string) string {
			id, ok := ids[p[1:len(p)-1]]
			if !ok {
				m.t.Fatalf("the fixture has nothing for %s: add it to matrix.build", p)
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
			file, contentType := m.upload(ids["caseId"])
			return m.call(who, method, concrete, file, "Content-Type", contentType)
		}
		if op.RequestBody != nil {
			raw, named := example(m.t, op)
			if !strings.Contains(path, "{") { // its example is of some case, and of somebody
				raw = strings.NewReplacer(named, ids["caseId"], exampleUser, who.ID.String()).Replace(raw)
			}
			body = raw
		}
		return m.call(who, method, concrete, body)
	}
	a := ask(f.ids)

	allowed := who.Role == "admin" || member && slices.ContainsFunc(rules, func(r any) bool { return r == standing })
	switch {
	case allowed:
		if a.status >= 300 {
			m.t.Fatalf("is allowed to, but hears %d: %s", a.status, a.body)
		}
		if method != http.MethodGet {
			delete(m.kept, string(who.Role)+"/"+standing)
		}
		return
	case member:
		a.wants(403, "forbidden")
	default:
		// What may not be known looks like what is not there.
		absent := map[string]string{}
		for name, id := range f.ids {
			if _, err := domain.ParseID(id); err == nil {
				id = domain.NewID().String()
			}
			absent[name] = id
		}
		missing := ask(absent).wants(404, "not_found").problem()
		hidden := a.wants(404, "not_found").problem()
		hidden.RequestID, hidden.Instance, missing.RequestID, missing.Instance = "", nil, "", nil
		if x, y := fmt.Sprint(*hidden.Detail, hidden.Title, hidden.Type, hidden.Errors), fmt.Sprint(*missing.Detail, missing.Title, missing.Type, missing.Errors); x != y {
			m.t.Errorf("a hidden case is told from an absent one: %s, %s", x, y)
		}
	}
	if now := m.snapshot(f.root); now != f.all {
		m.t.Errorf("was refused, but changed the case from %s to %s", f.all, now)
	}
	m.cases.FlushDenials(m.t.Context())
	id, err := domain.ParseID(f.ids["caseId"])
	must(m.t, err)
	var refusals int
	must(m.t, m.db.QueryRowContext(m.t.Context(), "SELECT COUNT(*) FROM case_timeline WHERE case_id = ? AND actor_id = ? AND refused", id, domain.ID(who.ID)).Scan(&refusals))
	if refusals == 0 || !member && refusals > 1 {
		m.t.Errorf("%d refusals are in the timeline", refusals)
	}
}

const exampleUser = "019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e" // as the contract's examples have it

// example is the contract's own request for an operation: the first by name that names a case,
// and which, or else the first.
func example(t testing.TB, op *openapi3.Operation) (raw, named string) {
	examples := op.RequestBody.Value.Content["application/json"].Examples
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		text, err := json.Marshal(examples[name].Value.Value)
		must(t, err)
		if m := namedCase.FindSubmatch(text); m != nil {
			return string(text), string(m[1])
		}
		if raw == "" {
			raw = string(text)
		}
	}
	return raw, "no case"
}

var namedCase = regexp.MustCompile(`"caseId":"([^"]+)"`)

var linkExpiry = regexp.MustCompile(`"fileUrlExpiresAt":"[^"]*"`)

// snapshot is all that is in a case, as an admin sees it.
func (m *matrix) snapshot(root string) string {
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
