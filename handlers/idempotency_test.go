package handlers_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"counsel/domain"
	"counsel/gen/api"
	"counsel/sandbox/llm"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

// idempotencyFixture can call every POST of the contract successfully.
type idempotencyFixture struct {
	*matrixFixture
	ids    map[string]string
	docID  string // can be signed
	newest map[bool]domain.ID
	admin  *user
}

// request builds a request for an operation; with another, its body differs.
func (k *idempotencyFixture) request(path string, op *openapi3.Operation, another bool) (who *user, concrete string, body any, header []string) {
	k.t.Helper()
	who = k.owner
	roles, _ := op.Extensions["x-roles"].([]any)
	if !slices.Contains(roles, any("lawyer")) {
		who = k.admin
	}
	concrete = placeholder.ReplaceAllStringFunc(path, func(p string) string {
		if id, ok := k.ids[p[1:len(p)-1]]; ok {
			return id
		}
		k.t.Fatalf("the fixture has nothing for %s", p)
		return ""
	})
	if op.RequestBody == nil {
		return who, concrete, nil, nil
	}
	if op.RequestBody.Value.Content["multipart/form-data"] != nil {
		file, contentType := k.form(another)
		return who, concrete, file, []string{"Content-Type", contentType}
	}
	subject := "Once"
	if another {
		subject = "Twice"
	}
	mail := map[string]any{"to": []string{"ada@example.com"}, "subject": subject, "bodyText": "x"}
	nda := ndaRequest(k.t)
	if another {
		nda["options"] = map[string]any{"draft": true}
	}
	switch op.OperationID {
	case "sendEmail":
		return who, concrete, mail, nil
	case "sendEmails":
		return who, concrete, map[string]any{"emails": []any{mail}}, nil
	case "renderPdf":
		return who, concrete, nda, nil
	case "renderBatch":
		return who, concrete, map[string]any{"items": []any{nda}}, nil
	case "initiateSignature":
		return who, concrete, map[string]any{"docId": k.docID, "workflow": "parallel", "message": subject, "signers": []any{map[string]any{"name": "Ada", "email": "ada@example.com"}}}, nil
	case "openCheckout":
		return who, concrete, map[string]any{"invoiceId": k.ids["invoiceId"], "successUrl": "https://firm.example/" + subject}, nil
	case "readNotifications":
		return who, concrete, map[string]any{"newestId": k.newest[another]}, nil
	case "sendChat":
		return who, concrete, chatBody(who, subject+": when is the defence due?"), nil
	case "renderDraftPdf":
		return who, concrete, map[string]any{"options": map[string]any{"draft": another}}, nil
	}
	raw, named := example(k.t, op)
	raw = strings.NewReplacer(named, k.ids["caseId"], exampleUser, k.member.ID.String()).Replace(raw)
	if another {
		raw += " " // not the same bytes
	}
	return who, concrete, raw, nil
}

// form is an upload, with new boundaries each time.
func (k *idempotencyFixture) form(another bool) (body, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", map[bool]string{false: "a.pdf", true: "b.pdf"}[another])
	testkit.Must(k.t, err)
	_, err = part.Write(smallPDF(1))
	testkit.Must(k.t, err)
	testkit.Must(k.t, w.Close())
	return b.String(), w.FormDataContentType()
}

var volatileFields = regexp.MustCompile(`"(fileUrl|fileUrlExpiresAt|expiresAt|updatedAt|previousSecretExpiresAt|lastFour)":"[^"]*"|"secret":"counsel_[^"]*"`)

// TestIdempotencyKeys tests every POST of the contract. It either returns the first answer for a retry under
// the same Idempotency-Key, also after a crash, and refuses the key for another request; or the contract
// explains why it takes no key, and it refuses one by name.
func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	database := testenv.SchemaURL(t)
	pool := testenv.OpenDB(t, database)
	f := newFixture(t, func(s *fixtureConfig) { s.Database.URL = database })
	m := &matrixFixture{fixture: f, admin: f.admin(), people: map[string]*user{}, caseFixtures: map[string]*caseFixture{}}
	f.register("grace", domain.RoleLawyer) // the contract's example adds her to a case
	m.owner, m.member = f.register("keeper", domain.RoleLawyer), f.register("mate", domain.RoleClient)
	c := m.build()
	k := &idempotencyFixture{matrixFixture: m, ids: c.ids, newest: map[bool]domain.ID{false: domain.NewID(), true: domain.NewID()}, admin: m.admin}
	var signing api.SignatureRequest
	f.call(k.owner, "GET", "/api/esign/"+c.ids["trackingId"], nil).expect(200, "").decode(&signing)
	k.docID = signing.DocID.String()

	// After a crash, the answer is not stored.
	crash := func() {
		t.Helper()
		_, err := pool.ExecContext(t.Context(), "UPDATE idempotency_keys SET status = 0, answer = '', held_until = created_at")
		testkit.Must(t, err)
	}
	// Each operation gets its own resources.
	template := func() {
		k.ids["templateId"], k.ids["version"] = "t-"+domain.NewID().String(), "1"
		body := templateBody("1")
		body["templateId"] = k.ids["templateId"]
		k.call(k.owner, "POST", "/api/templates", body).expect(201, "")
	}
	newInvoice := func() {
		fresh := k.build()
		for _, name := range []string{"caseId", "invoiceId"} {
			k.ids[name] = fresh.ids[name]
		}
		k.call(k.owner, "POST", fresh.root+"/invoices/"+k.ids["invoiceId"]+"/send", nil).expect(200, "")
	}
	prepare := map[string]func(){
		"acceptInvitation": func() { // from a client, who may not know whether the address has an account
			var made struct{ ID string }
			k.call(k.member, "POST", "/api/cases", map[string]any{"title": "A boundary"}).expect(201, "").decode(&made)
			_, err := pool.ExecContext(t.Context(), "UPDATE users SET email_verified_at = created_at WHERE email = 'keeper@example.com'")
			testkit.Must(k.t, err)
			k.call(k.member, "POST", "/api/cases/"+made.ID+"/members", map[string]any{"email": "keeper@example.com", "role": "viewer"}).expect(202, "").decode(&made)
			k.ids["invitationId"] = made.ID
		},
		"resendVerification": func() {
			_, err := pool.ExecContext(t.Context(), "UPDATE users SET email_verified_at = NULL WHERE email = 'keeper@example.com'")
			testkit.Must(k.t, err)
		},
		"publishTemplateVersion": template, "createTemplateVersion": template, "unpublishTemplate": template, "archiveTemplate": template, "copyTemplate": template,
		"checkWatch": func() {
			w, _ := k.newWatch(k.owner, map[string]any{"kind": "vat", "number": "FR40303265045"})
			k.ids["watchId"] = w.ID.String()
		},
		"cancelSignatureRequest": func() { k.ids["trackingId"] = k.initiateSignature(k.owner, "", "ada@example.com").TrackingID.String() },
		"remindSigners":          func() { k.ids["trackingId"] = k.initiateSignature(k.owner, "", "ada@example.com").TrackingID.String() },
		"retryJob": func() {
			var j struct{ JobID string }
			k.call(k.admin, "POST", "/api/ai/warm-cache", map[string]any{"questions": []any{map[string]any{"message": "What is an easement?"}}}).expect(202, "").decode(&j)
			_, err := pool.ExecContext(t.Context(), "UPDATE jobs SET state = 'failed', error_code = 'internal' WHERE id = UNHEX(REPLACE(?, '-', ''))", j.JobID)
			testkit.Must(k.t, err)
			k.ids["jobId"] = j.JobID
		},
		"openCheckout": newInvoice,
		"refundPayment": func() {
			newInvoice()
			k.ids["paymentId"] = k.payInvoice(k.owner, k.ids["invoiceId"]).ID.String()
		},
		"sendInvoice":         newInvoice,
		"voidInvoice":         newInvoice,
		"writeOffInvoice":     newInvoice,
		"payInvoiceFromTrust": newInvoice,
		"createTrustReturn":   newInvoice,
		"replayWebhookDelivery": func() {
			var d struct{ ID string }
			k.call(k.owner, "POST", "/api/webhooks/"+k.ids["webhookId"]+"/ping", nil).expect(202, "").decode(&d)
			_, err := pool.ExecContext(t.Context(), "UPDATE webhook_deliveries SET state = 'failed', finished_at = created_at")
			testkit.Must(k.t, err)
			k.ids["deliveryId"] = d.ID
		},
	}
	// A rerun of these is refused or changes nothing, since their work is done: their answers after a crash
	// are not compared.
	done := []string{"acceptInvitation", "retryJob", "cancelSignatureRequest", "remindSigners"}
	var w struct{ Webhook struct{ ID string } }
	f.call(k.owner, "POST", "/api/webhooks", map[string]any{"url": "https://partner.example/hook", "eventTypes": []string{"case.created"}}).expect(201, "").decode(&w)
	k.ids["webhookId"], k.ids["templateId"], k.ids["deliveryId"], k.ids["jobId"] = w.Webhook.ID, "nda", domain.NewID().String(), domain.NewID().String()

	doc, err := api.GetSpec()
	testkit.Must(t, err)
	taken, refused := 0, 0
	for path, item := range doc.Paths.Map() {
		op := item.Post
		if op == nil {
			continue
		}
		t.Run(op.OperationID, func(t *testing.T) {
			k.matrixFixture = k.on(t)
			key := []string{"Idempotency-Key", "key-of-" + op.OperationID}
			if why, ok := op.Extensions["x-no-idempotency-key"].(string); ok {
				refused++
				for name, v := range map[string]string{"provider": "docuseal", "link": strings.Repeat("a", 43), "version": "1"} {
					if k.ids[name] == "" {
						k.ids[name] = v
					}
				}
				a := k.call(k.owner, "POST", placeholder.ReplaceAllStringFunc(path, func(p string) string { return k.ids[p[1:len(p)-1]] }), "{}", key...).expect(400, "malformed")
				if e := a.problem().Errors; len(e) != 1 || e[0].Pointer != "Idempotency-Key" || !strings.Contains(e[0].Detail, why) {
					t.Errorf("names %+v", e)
				}
				return
			}
			taken++
			if f := prepare[op.OperationID]; f != nil {
				f()
			}
			ask := func(another bool) response {
				t.Helper()
				who, concrete, body, header := k.request(path, op, another)
				return k.call(who, "POST", concrete, body, append(header, key...)...)
			}
			first := ask(false)
			if first.status >= 300 {
				t.Fatalf("%d: %s", first.status, first.body)
			}
			repeated := ask(false)
			if repeated.status != first.status || !bytes.Equal(repeated.body, first.body) || repeated.header.Get("Idempotency-Replayed") != "true" {
				t.Errorf("%d %s, then %d %s", first.status, first.body, repeated.status, repeated.body)
			}
			if op.RequestBody != nil {
				ask(true).expect(409, "idempotency_key_reused")
			} else if parameter := placeholder.FindString(path); parameter != "" {
				name := parameter[1 : len(parameter)-1]
				who, concrete, _, _ := k.request(path, op, false)
				k.call(who, "POST", strings.Replace(concrete, k.ids[name], domain.NewID().String(), 1), nil, key...).expect(409, "idempotency_key_reused")
			}
			if slices.Contains(done, op.OperationID) {
				return
			}
			crash()
			if after := ask(false); after.status != first.status || volatileFields.ReplaceAllString(string(after.body), "") != volatileFields.ReplaceAllString(string(first.body), "") {
				t.Errorf("%d %s, and after a crash %d %s", first.status, first.body, after.status, after.body)
			}
		})
	}
	if taken < 30 || refused < 10 {
		t.Errorf("%d operations take a key and %d do not", taken, refused)
	}
	// PUT, PATCH and DELETE refuse a key; GET ignores it.
	a := f.call(k.owner, "PATCH", c.root, map[string]any{"title": "T"}, "Idempotency-Key", "k").expect(400, "malformed")
	if e := a.problem().Errors; len(e) != 1 || e[0].Pointer != "Idempotency-Key" {
		t.Errorf("names %+v", e)
	}
	f.call(k.owner, "GET", c.root, nil, "Idempotency-Key", "k").expect(200, "")
}

// TestReplayRequiresAccess: an answer about a case is not replayed to a former member.
func TestReplayRequiresAccess(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleLawyer)
	var c api.Case
	f.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).expect(201, "").decode(&c)
	root := "/api/cases/" + c.ID.String()
	f.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "lawyer"}).expect(201, "")
	ask := chatBody(bob, "When is the defence due?")
	ask["context"] = map[string]any{"caseId": c.ID}
	posts := map[string]any{root + "/notes": map[string]any{"body": "They offered to settle."}, "/api/drafts": map[string]any{"title": "Letter", "body": "Pay.", "caseId": c.ID}, "/api/ai/chat": ask}
	for path, body := range posts {
		if a := f.call(bob, "POST", path, body, "Idempotency-Key", "k"); a.status >= 300 {
			t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
	}
	f.call(ada, "DELETE", root+"/members/"+bob.ID.String(), nil).expect(204, "")
	for path, body := range posts {
		f.call(bob, "POST", path, body, "Idempotency-Key", "k").expect(404, "not_found")
	}
}

// TestStreamWithIdempotencyKey: a complete stream is replayed; one that failed is not.
func TestStreamWithIdempotencyKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	header := []string{"Idempotency-Key", "k", "Accept", "text/event-stream"}
	first := f.call(ada, "POST", "/api/ai/chat", chatBody(ada, "What is an easement?"), header...).expect(200, "")
	repeated := f.call(ada, "POST", "/api/ai/chat", chatBody(ada, "What is an easement?"), header...).expect(200, "")
	if !bytes.Contains(first.body, []byte("event: done")) || !bytes.Equal(first.body, repeated.body) || repeated.header.Get("Idempotency-Replayed") != "true" || repeated.header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%s, then %v %s", first.body, repeated.header, repeated.body)
	}
	// The same question as one JSON answer is another request.
	f.call(ada, "POST", "/api/ai/chat", chatBody(ada, "What is an easement?"), header[:2]...).expect(http.StatusConflict, "idempotency_key_reused")

	testkit.Must(t, f.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeErrorStream}))
	header[1] = "k2"
	if a := f.call(ada, "POST", "/api/ai/chat", chatBody(ada, "What is a chattel mortgage?"), header...).expect(200, ""); !bytes.Contains(a.body, []byte("event: error")) {
		t.Fatalf("the stream did not end early: %s", a.body)
	}
	testkit.Must(t, f.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeOK}))
	if a := f.call(ada, "POST", "/api/ai/chat", chatBody(ada, "What is a chattel mortgage?"), header...); a.header.Get("Idempotency-Replayed") != "" {
		t.Errorf("a failure was stored: %d %s", a.status, a.body)
	}
}
