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
)

// keyed asks every POST of the contract, with what it needs to succeed.
type keyed struct {
	*matrix
	ids    map[string]string
	docID  string // can be signed
	newest map[bool]domain.ID
	admin  *person
}

// request is one for an operation. Another for the same operation differs in its body.
func (k *keyed) request(path string, op *openapi3.Operation, another bool) (who *person, concrete string, body any, header []string) {
	k.t.Helper()
	who = k.keeper
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
	case "readNotifications":
		return who, concrete, map[string]any{"newestId": k.newest[another]}, nil
	case "sendChat":
		return who, concrete, question(who, subject+": when is the defence due?"), nil
	case "renderDraftPdf":
		return who, concrete, map[string]any{"options": map[string]any{"draft": another}}, nil
	}
	raw, named := example(k.t, op)
	raw = strings.NewReplacer(named, k.ids["caseId"], exampleUser, k.mate.ID.String()).Replace(raw)
	if another {
		raw += " " // not the same bytes
	}
	return who, concrete, raw, nil
}

// form is an upload, with other boundaries each time it is sent.
func (k *keyed) form(another bool) (body, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", map[bool]string{false: "a.pdf", true: "b.pdf"}[another])
	must(k.t, err)
	_, err = part.Write(smallPDF(1))
	must(k.t, err)
	must(k.t, w.Close())
	return b.String(), w.FormDataContentType()
}

var expiring = regexp.MustCompile(`"(fileUrl|fileUrlExpiresAt|expiresAt|updatedAt|oldSecretUntil)":"[^"]*"`)

// TestEveryPostAndItsKey walks the contract: each POST either answers the same request under the same
// Idempotency-Key from what it answered first, also when that was lost in a crash, and refuses the key
// for another request; or it says why it takes none, and refuses one by name.
func TestEveryPostAndItsKey(t *testing.T) {
	database := testenv.SchemaURL(t)
	pool := testenv.OpenDB(t, database)
	b := newBundle(t, func(s *setup) { s.database = database })
	m := &matrix{bundle: b, admin: b.admin(), people: map[string]*person{}, kept: map[string]*fixture{}}
	b.join("grace", domain.RoleLawyer) // whom the contract's example lets in
	m.keeper, m.mate = b.join("keeper", domain.RoleLawyer), b.join("mate", domain.RoleClient)
	f := m.build()
	k := &keyed{matrix: m, ids: f.ids, newest: map[bool]domain.ID{false: domain.NewID(), true: domain.NewID()}, admin: m.admin}
	var signing api.SignatureRequest
	b.call(k.keeper, "GET", "/api/esign/"+f.ids["trackingId"], nil).wants(200, "").into(&signing)
	k.docID = signing.DocID.String()

	// What a crash leaves: nothing is known of the answer.
	crash := func() {
		t.Helper()
		_, err := pool.ExecContext(t.Context(), "UPDATE idempotency_keys SET status = 0, answer = '', held_until = created_at")
		must(t, err)
	}
	// What an operation needs is there anew for each.
	template := func() {
		k.ids["templateId"], k.ids["version"] = "t-"+domain.NewID().String(), "1"
		body := letter("1")
		body["templateId"] = k.ids["templateId"]
		k.call(k.keeper, "POST", "/api/templates", body).wants(201, "")
	}
	prepare := map[string]func(){
		"publishTemplateVersion": template, "createTemplateVersion": template, "unpublishTemplate": template, "archiveTemplate": template, "copyTemplate": template,
		"cancelSignatureRequest": func() { k.ids["trackingId"] = k.sendToSign(k.keeper, "", "ada@example.com").TrackingID.String() },
		"remindSigners":          func() { k.ids["trackingId"] = k.sendToSign(k.keeper, "", "ada@example.com").TrackingID.String() },
		"retryJob": func() {
			var j struct{ JobID string }
			k.call(k.admin, "POST", "/api/ai/warm-cache", map[string]any{"questions": []any{map[string]any{"message": "What is an easement?"}}}).wants(202, "").into(&j)
			_, err := pool.ExecContext(t.Context(), "UPDATE jobs SET state = 'failed', error_code = 'internal' WHERE id = UNHEX(REPLACE(?, '-', ''))", j.JobID)
			must(k.t, err)
			k.ids["jobId"] = j.JobID
		},
		"replayWebhookDelivery": func() {
			var d struct{ ID string }
			k.call(k.keeper, "POST", "/api/webhooks/"+k.ids["webhookId"]+"/ping", nil).wants(202, "").into(&d)
			_, err := pool.ExecContext(t.Context(), "UPDATE webhook_deliveries SET state = 'failed', finished_at = created_at")
			must(k.t, err)
			k.ids["deliveryId"] = d.ID
		},
	}
	// Their rerun is refused or changes nothing, since it finds that all is done: their answers are not
	// compared after a crash.
	done := []string{"retryJob", "cancelSignatureRequest", "remindSigners"}
	var w struct{ Webhook struct{ ID string } }
	b.call(k.keeper, "POST", "/api/webhooks", map[string]any{"url": "https://partner.example/hook", "eventTypes": []string{"case.created"}}).wants(201, "").into(&w)
	k.ids["webhookId"], k.ids["templateId"], k.ids["deliveryId"], k.ids["jobId"] = w.Webhook.ID, "nda", domain.NewID().String(), domain.NewID().String()

	doc, err := api.GetSpec()
	must(t, err)
	taken, refused := 0, 0
	for path, item := range doc.Paths.Map() {
		op := item.Post
		if op == nil {
			continue
		}
		t.Run(op.OperationID, func(t *testing.T) {
			k.matrix = k.on(t)
			key := []string{"Idempotency-Key", "key-of-" + op.OperationID}
			if why, ok := op.Extensions["x-no-idempotency-key"].(string); ok {
				refused++
				for name, v := range map[string]string{"provider": "docuseal", "link": strings.Repeat("a", 43), "version": "1"} {
					if k.ids[name] == "" {
						k.ids[name] = v
					}
				}
				a := k.call(k.keeper, "POST", placeholder.ReplaceAllStringFunc(path, func(p string) string { return k.ids[p[1:len(p)-1]] }), "{}", key...).wants(400, "malformed")
				if e := a.problem().Errors; len(e) != 1 || e[0].Pointer != "Idempotency-Key" || !strings.Contains(e[0].Detail, why) {
					t.Errorf("names %+v", e)
				}
				return
			}
			taken++
			if f := prepare[op.OperationID]; f != nil {
				f()
			}
			ask := func(another bool) answer {
				t.Helper()
				who, concrete, body, header := k.request(path, op, another)
				return k.call(who, "POST", concrete, body, append(header, key...)...)
			}
			first := ask(false)
			if first.status >= 300 {
				t.Fatalf("%d: %s", first.status, first.body)
			}
			again := ask(false)
			if again.status != first.status || !bytes.Equal(again.body, first.body) || again.header.Get("Idempotency-Replayed") != "true" {
				t.Errorf("%d %s, then %d %s", first.status, first.body, again.status, again.body)
			}
			if op.RequestBody != nil {
				ask(true).wants(409, "idempotency_key_reused")
			}
			if slices.Contains(done, op.OperationID) {
				return
			}
			crash()
			if after := ask(false); after.status != first.status || expiring.ReplaceAllString(string(after.body), "") != expiring.ReplaceAllString(string(first.body), "") {
				t.Errorf("%d %s, and after a crash %d %s", first.status, first.body, after.status, after.body)
			}
		})
	}
	if taken < 30 || refused < 10 {
		t.Errorf("walked %d that take a key and %d that do not", taken, refused)
	}
	// A change that is no POST refuses a key as well; where nothing changes it means nothing.
	a := b.call(k.keeper, "PATCH", f.root, map[string]any{"title": "T"}, "Idempotency-Key", "k").wants(400, "malformed")
	if e := a.problem().Errors; len(e) != 1 || e[0].Pointer != "Idempotency-Key" {
		t.Errorf("names %+v", e)
	}
	b.call(k.keeper, "GET", f.root, nil, "Idempotency-Key", "k").wants(200, "")
}

// TestReplayIsForWhoMayRead: an answer about a case is not replayed to somebody who left it.
func TestReplayIsForWhoMayRead(t *testing.T) {
	b := newBundle(t)
	ada, bob := b.join("ada", domain.RoleLawyer), b.join("bob", domain.RoleLawyer)
	var c api.Case
	b.call(ada, "POST", "/api/cases", map[string]any{"title": "A case"}).wants(201, "").into(&c)
	root := "/api/cases/" + c.ID.String()
	b.call(ada, "POST", root+"/members", map[string]any{"userId": bob.ID, "role": "lawyer"}).wants(201, "")
	ask := question(bob, "When is the defence due?")
	ask["context"] = map[string]any{"caseId": c.ID}
	posts := map[string]any{root + "/notes": map[string]any{"body": "They offered to settle."}, "/api/drafts": map[string]any{"title": "Letter", "body": "Pay.", "caseId": c.ID}, "/api/ai/chat": ask}
	for path, body := range posts {
		if a := b.call(bob, "POST", path, body, "Idempotency-Key", "k"); a.status >= 300 {
			t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
	}
	b.call(ada, "DELETE", root+"/members/"+bob.ID.String(), nil).wants(204, "")
	for path, body := range posts {
		b.call(bob, "POST", path, body, "Idempotency-Key", "k").wants(404, "not_found")
	}
}

// TestStreamUnderAKey: a stream is replayed as it was, but for one that broke off.
func TestStreamUnderAKey(t *testing.T) {
	b := newBundle(t)
	ada := b.join("ada", domain.RoleClient)
	header := []string{"Idempotency-Key", "k", "Accept", "text/event-stream"}
	first := b.call(ada, "POST", "/api/ai/chat", question(ada, "What is an easement?"), header...).wants(200, "")
	again := b.call(ada, "POST", "/api/ai/chat", question(ada, "What is an easement?"), header...).wants(200, "")
	if !bytes.Contains(first.body, []byte("event: done")) || !bytes.Equal(first.body, again.body) || again.header.Get("Idempotency-Replayed") != "true" || again.header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%s, then %v %s", first.body, again.header, again.body)
	}
	// The same question as one JSON answer is another request.
	b.call(ada, "POST", "/api/ai/chat", question(ada, "What is an easement?"), header[:2]...).wants(http.StatusConflict, "idempotency_key_reused")

	must(t, b.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeErrorStream}))
	header[1] = "k2"
	if a := b.call(ada, "POST", "/api/ai/chat", question(ada, "What is a bailment?"), header...).wants(200, ""); !bytes.Contains(a.body, []byte("event: error")) {
		t.Fatalf("it did not break off: %s", a.body)
	}
	must(t, b.model.SetBehaviour(llm.Behaviour{Mode: llm.ModeOK}))
	if a := b.call(ada, "POST", "/api/ai/chat", question(ada, "What is a bailment?"), header...); a.header.Get("Idempotency-Replayed") != "" {
		t.Errorf("a failure was kept: %d %s", a.status, a.body)
	}
}
