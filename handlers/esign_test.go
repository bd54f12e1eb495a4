package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/email"
	"counsel/domain/esign"
	"counsel/domain/jobs"
	"counsel/gen/api"
)

// hands does jobs the moment that the transaction they belong to has committed.
type hands struct {
	t       testing.TB
	mu      sync.Mutex
	do      map[string]job
	waiting []*jobs.Run
}

type job func(context.Context, *jobs.Run) (any, error)

func (h *hands) Add(_ context.Context, _ db.Tx, js ...jobs.New) ([]domain.ID, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := make([]domain.ID, len(js))
	for i, j := range js {
		raw, err := json.Marshal(j.Payload)
		if err != nil {
			return nil, err
		}
		ids[i] = domain.NewID()
		h.waiting = append(h.waiting, &jobs.Run{ID: ids[i], Kind: j.Kind, Payload: raw, Try: 1})
	}
	return ids, nil
}

func (h *hands) Wake() {
	h.mu.Lock()
	todo := h.waiting
	h.waiting = nil
	h.mu.Unlock()
	for _, run := range todo {
		if _, err := h.do[run.Kind](context.Background(), run); err != nil {
			h.t.Errorf("%s: %v", run.Kind, err)
		}
	}
}

func (h *hands) Handle(kind string, _ jobs.Options, do func(context.Context, *jobs.Run) (any, error)) {
	h.do[kind] = do
}

func (h *hands) Every(string, time.Duration, func(context.Context) error) {}

// signPost is the mail server of what is to be signed.
type signPost struct {
	mu    sync.Mutex
	mails []email.Outgoing
	files map[string][]byte // the last attachment to each address
}

func (p *signPost) Send(_ context.Context, m email.Outgoing) []email.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, m)
	for _, f := range m.Files {
		if p.files == nil {
			p.files = map[string][]byte{}
		}
		p.files[m.Recipients[0]], _ = io.ReadAll(f.Body)
	}
	return []email.Outcome{{Result: email.Accepted}}
}

var signingLink = regexp.MustCompile(`/sign#(\S+)`)

// secret is that of the last link that was mailed to somebody.
func (p *signPost) secret(t testing.TB, to string) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.mails) - 1; i >= 0; i-- {
		if m := signingLink.FindStringSubmatch(p.mails[i].Text); m != nil && p.mails[i].Recipients[0] == to {
			return m[1]
		}
	}
	t.Fatalf("no link went to %s", to)
	return ""
}

// signable is a PDF of one page, whole enough to be sealed.
func signable() []byte {
	b := []byte("%PDF-1.7\n")
	var at []int
	for i, body := range []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>"} {
		at = append(at, len(b))
		b = fmt.Appendf(b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	start := len(b)
	b = append(b, "xref\n0 4\n0000000000 65535 f \n"...)
	for _, o := range at {
		b = fmt.Appendf(b, "%010d 00000 n \n", o)
	}
	return fmt.Appendf(b, "trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", start)
}

// sendToSign uploads a document, into a case or none, and sends it to be signed.
func (b *bundle) sendToSign(who *person, matter string, to ...string) api.InitiateSignatureResponse {
	b.t.Helper()
	var raw bytes.Buffer
	w := multipart.NewWriter(&raw)
	if matter != "" {
		must(b.t, w.WriteField("caseId", matter))
	}
	part, err := w.CreateFormFile("file", "lease.pdf")
	must(b.t, err)
	_, err = part.Write(signable())
	must(b.t, err)
	must(b.t, w.Close())
	var d api.StoredDocument
	b.call(who, "POST", "/api/docs", raw.String(), "Content-Type", w.FormDataContentType()).wants(201, "").into(&d)
	var signers []map[string]any
	for i, address := range to {
		signers = append(signers, map[string]any{"name": fmt.Sprintf("Signer %d", i+1), "email": address})
	}
	var sent api.InitiateSignatureResponse
	b.call(who, "POST", "/api/esign/initiate", map[string]any{"docId": d.ID, "workflow": "sequential", "signers": signers}).wants(201, "").into(&sent)
	return sent
}

func TestSigning(t *testing.T) {
	b := newBundle(t)
	lena, bob := b.join("lena", domain.RoleLawyer), b.join("bob", domain.RoleLawyer)
	sent := b.sendToSign(lena, "", "ada@example.com", "grace@example.com")
	root := "/api/esign/" + sent.TrackingID.String()
	if sent.SigningURL != "https://counsel.example/sign?request="+sent.TrackingID.String() || time.Until(sent.ExpiresAt) < 29*24*time.Hour {
		t.Errorf("answers %+v", sent)
	}
	for _, path := range []string{"", "/events", "/evidence"} {
		b.call(bob, "GET", root+path, nil).wants(404, "not_found")
	}
	b.call(bob, "POST", root+"/cancel", nil).wants(404, "not_found")

	secret := b.signPost.secret(t, "ada@example.com")
	ask := func(what string, body map[string]any) answer {
		t.Helper()
		return b.call(nil, "POST", "/api/esign/signing/"+what, body, "User-Agent", "Phone/1.0")
	}
	var view api.SigningView
	ask("view", map[string]any{"token": secret}).wants(200, "").into(&view)
	if view.State != api.SigningViewStateOpen || view.SignerName != "Signer 1" || view.Consented || len(view.Disclosure.Text) < 500 {
		t.Errorf("shows %+v", view)
	}
	doc := ask("document", map[string]any{"token": secret}).wants(200, "")
	if !bytes.Equal(doc.body, signable()) || doc.header.Get("Content-Type") != "application/pdf" {
		t.Error("another document")
	}
	ask("text", map[string]any{"token": secret}).wants(200, "")
	var open api.SignatureRequest
	b.call(lena, "GET", root, nil).wants(200, "").into(&open)
	b.call(lena, "DELETE", "/api/docs/"+open.DocID.String(), nil).wants(409, "signature_open")
	ask("sign", map[string]any{"token": secret, "signature": map[string]any{"typed": "Ada"}}).wants(409, "conflict")
	ask("consent", map[string]any{"token": secret, "disclosure": "2000-1"}).wants(409, "conflict")
	ask("consent", map[string]any{"token": secret, "disclosure": view.Disclosure.Version}).wants(200, "")
	ask("sign", map[string]any{"token": secret, "signature": map[string]any{}}).wants(422, "invalid")
	ask("sign", map[string]any{"token": secret, "signature": map[string]any{"typed": "Ada", "strokes": "x"}}).wants(422, "invalid")
	ask("sign", map[string]any{"token": secret, "signature": map[string]any{"typed": "Ada Lovelace"}}).wants(200, "").into(&view)
	if view.State != api.SigningViewStateSigned {
		t.Errorf("shows %+v", view)
	}
	ask("sign", map[string]any{"token": secret, "signature": map[string]any{"typed": "Ada Lovelace"}}).wants(409, "link_signed")

	// Guesses of any form look alike.
	var said string
	for _, guess := range []string{"x", strings.Repeat("A", 43), secret[:42], secret + "A", "' OR 1=1"} {
		for _, what := range []string{"view", "document", "text"} {
			a := ask(what, map[string]any{"token": strings.ReplaceAll(guess, " ", "_")}).wants(404, "not_found").problem()
			if said == "" {
				said = *a.Detail
			}
			if *a.Detail != said {
				t.Errorf("a guess hears %q, another %q", *a.Detail, said)
			}
		}
	}

	second := b.signPost.secret(t, "grace@example.com")
	ask("consent", map[string]any{"token": second, "disclosure": view.Disclosure.Version}).wants(409, "not_viewed")
	ask("view", map[string]any{"token": second}).wants(200, "")
	ask("consent", map[string]any{"token": second, "disclosure": view.Disclosure.Version}).wants(200, "")
	stroke := []map[string]float64{{"x": 1, "y": 1}, {"x": 20, "y": 30.5}, {"x": 40, "y": 2}, {"x": 60, "y": 30}, {"x": 80, "y": 1}}
	ask("sign", map[string]any{"token": second, "signature": map[string]any{"strokes": []any{stroke}, "width": 100, "height": 50}}).wants(200, "")

	var r api.SignatureRequest
	b.call(lena, "GET", root, nil).wants(200, "").into(&r)
	if r.Status != api.SignatureStatusCompleted || r.SignedDocID == nil || r.Signers[0].Status != api.SignerStatusSigned || r.Signers[0].SignedAt == nil {
		t.Fatalf("is %+v", r)
	}
	var signed api.StoredDocument
	b.call(lena, "GET", "/api/docs/"+r.SignedDocID.String(), nil).wants(200, "").into(&signed)
	if signed.Kind != api.DocumentKindSigned {
		t.Errorf("is of kind %s", signed.Kind)
	}
	for _, to := range []string{"ada@example.com", "grace@example.com", "lena@example.com"} {
		if !bytes.HasPrefix(b.signPost.files[to], signable()) {
			t.Errorf("%s did not get the signed document", to)
		}
	}
	evidence := b.call(lena, "GET", root+"/evidence", nil).wants(200, "")
	found, err := esign.VerifyEvidence(evidence.body)
	must(t, err)
	if found.Request.String() != sent.TrackingID.String() || !found.Sealed {
		t.Errorf("the evidence says %+v", found)
	}
	var log api.SignatureEventList
	b.call(lena, "GET", root+"/events", nil).wants(200, "").into(&log)
	if e := log.Items[3]; e.Kind != api.SignatureEventKindOpened {
		t.Errorf("the log says %+v", e)
	}
	if e := log.Items[4]; e.Kind != api.SignatureEventKindViewed || *e.UserAgent != "Phone/1.0" || *e.IP != "127.0.0.1" || *e.Signer != 1 {
		t.Errorf("the log says %+v", e)
	}
	b.call(lena, "POST", root+"/cancel", nil).wants(409, "signature_completed")
	var page api.SignatureRequestList
	b.call(lena, "GET", "/api/esign?status=completed", nil).wants(200, "").into(&page)
	if len(page.Items) != 1 {
		t.Errorf("lists %d", len(page.Items))
	}
	for _, words := range []string{secret, second, "ada@example.com", "Phone/1.0", "Lovelace"} {
		if strings.Contains(b.logs.String(), words) {
			t.Errorf("%q is in the log", words)
		}
	}
}

// TestDeleteCaseOutToSign keeps a case while one of its documents is to be signed.
func TestDeleteCaseOutToSign(t *testing.T) {
	b := newBundle(t)
	lena := b.join("lena", domain.RoleLawyer)
	var matter api.Case
	b.call(lena, "POST", "/api/cases", map[string]any{"title": "Lease"}).wants(201, "").into(&matter)
	sent := b.sendToSign(lena, matter.ID.String(), "ada@example.com")
	b.call(lena, "DELETE", "/api/cases/"+matter.ID.String(), nil).wants(409, "signature_open")
	b.call(lena, "POST", "/api/esign/"+sent.TrackingID.String()+"/cancel", nil).wants(200, "")
	b.call(lena, "DELETE", "/api/cases/"+matter.ID.String(), nil).wants(204, "")
}

func TestInitiateSignature(t *testing.T) {
	b := newBundle(t)
	lena, carl := b.join("lena", domain.RoleLawyer), b.join("carl", domain.RoleClient)
	file, contentType := form(t, "file", "lease.pdf", signable())
	var d api.StoredDocument
	b.call(lena, "POST", "/api/docs", file, "Content-Type", contentType).wants(201, "").into(&d)
	body := func(signers ...any) map[string]any {
		return map[string]any{"docId": d.ID, "workflow": "parallel", "signers": signers}
	}
	ada := map[string]any{"name": "Ada", "email": "ada@example.com"}
	b.call(carl, "POST", "/api/esign/initiate", body(ada)).wants(403, "forbidden")
	for pointer, bad := range map[string]map[string]any{
		"/signers":         body(),
		"/signers/0/email": body(map[string]any{"name": "Ada", "email": "ada"}),
		"/signers/1/email": body(ada, map[string]any{"name": "Ada", "email": "ADA@example.com"}),
		"/signers/0/name":  body(map[string]any{"name": "李", "email": "li@example.com"}),
		"/workflow":        {"docId": d.ID, "workflow": "both", "signers": []any{ada}},
	} {
		p := b.call(lena, "POST", "/api/esign/initiate", bad).wants(422, "invalid").problem()
		if len(p.Errors) == 0 || p.Errors[0].Pointer != pointer {
			t.Errorf("names %+v, want %s", p.Errors, pointer)
		}
	}
	for want, ask := range map[string]struct{ body, header string }{"de": {"", "de-CH, de;q=0.9"}, "fr": {"fr-BE", "de"}, "en": {"ja", ""}} {
		in := body(map[string]any{"name": "Eve", "email": want + "@example.com"})
		if ask.body != "" {
			in["language"] = ask.body
		}
		var sent api.InitiateSignatureResponse
		b.call(lena, "POST", "/api/esign/initiate", in, "Accept-Language", ask.header).wants(201, "").into(&sent)
		var r api.SignatureRequest
		b.call(lena, "GET", "/api/esign/"+sent.TrackingID.String(), nil).wants(200, "").into(&r)
		if string(r.Language) != want || !strings.Contains(b.signPost.mails[len(b.signPost.mails)-1].HTML, `lang="`+want+`"`) {
			t.Errorf("asked for in %+v, it is in %s", ask, r.Language)
		}
	}
	b.signPost.mails = nil
	var first, again api.InitiateSignatureResponse
	b.call(lena, "POST", "/api/esign/initiate", body(ada), "Idempotency-Key", "k1").wants(201, "").into(&first)
	b.call(lena, "POST", "/api/esign/initiate", body(ada), "Idempotency-Key", "k1").wants(201, "").into(&again)
	if first != again || len(b.signPost.mails) != 1 {
		t.Errorf("sent %d mails for one key", len(b.signPost.mails))
	}
	b.call(lena, "POST", "/api/esign/initiate", body(ada, map[string]any{"name": "G", "email": "g@example.com"}), "Idempotency-Key", "k1").wants(409, "")
	b.call(nil, "POST", "/api/esign/signing/link", map[string]any{"trackingId": first.TrackingID, "email": "eve@example.com"}).wants(204, "")
	b.call(lena, "POST", "/api/esign/"+first.TrackingID.String()+"/remind", nil).wants(200, "")
	if len(b.signPost.mails) != 1 {
		t.Error("mailed again at once")
	}
}

func TestSigningPage(t *testing.T) {
	b := newBundle(t)
	a := b.call(nil, "GET", "/sign", nil).wants(200, "")
	policy := a.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'sha256-", "style-src 'sha256-", "connect-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %q: %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || a.header.Get("Referrer-Policy") != "no-referrer" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers: %v", a.header)
	}
	if found := regexp.MustCompile(`(src|href|action)="?(https?:)?//`).Find(a.body); found != nil || regexp.MustCompile(` (style|on[a-z]+)="`).Match(a.body) {
		t.Errorf("the page asks elsewhere, or for what the policy forbids: %s", found)
	}
	if a.header.Get("Content-Type") != "text/html; charset=utf-8" || a.status != http.StatusOK {
		t.Error("is no page")
	}
}

// TestShippedTemplatesToSign sends what the shipped templates make of their samples: nothing in it is a blank.
func TestShippedTemplatesToSign(t *testing.T) {
	b := newBundle(t)
	lena := b.join("lena", domain.RoleLawyer)
	var page api.TemplateList
	b.call(lena, "GET", "/api/templates?limit=100", nil).wants(200, "").into(&page)
	if len(page.Items) < 6 {
		t.Fatalf("there are %d templates", len(page.Items))
	}
	for _, one := range page.Items {
		var v api.TemplateVersion
		b.call(lena, "GET", "/api/templates/"+one.TemplateID+"/versions/1", nil).wants(200, "").into(&v)
		render := func(options map[string]any) map[string]any {
			var made api.RenderPdfResponse
			b.call(lena, "POST", "/api/docs/render-pdf", map[string]any{"templateId": one.TemplateID, "version": "1", "data": v.SampleData, "options": options}).wants(200, "").into(&made)
			return map[string]any{"docId": made.DocID, "workflow": "parallel", "signers": []any{map[string]any{"name": "Ada", "email": "ada@example.com"}}}
		}
		b.call(lena, "POST", "/api/esign/initiate", render(map[string]any{})).wants(201, "")
		draft := render(map[string]any{"draft": true})
		p := b.call(lena, "POST", "/api/esign/initiate", draft).wants(422, "document_unfit").problem()
		if e := p.Errors[0]; e.Pointer != "/docId" || *e.Reason != "draft" || *e.Page != 1 || *e.Quote != "DRAFT" {
			t.Errorf("%s: names %+v", one.TemplateID, p.Errors)
		}
		draft["acceptRisks"] = []string{"draft"}
		b.call(lena, "POST", "/api/esign/initiate", draft).wants(201, "")
		draft["acceptRisks"] = []string{"all"}
		if p := b.call(lena, "POST", "/api/esign/initiate", draft).wants(422, "invalid").problem(); p.Errors[0].Pointer != "/acceptRisks/0" {
			t.Errorf("names %+v", p.Errors)
		}
	}
}
