package handlers_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/esign/evidence"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// waitForSignatureJobs waits until no job of a signature request is due.
func (f *fixture) waitForSignatureJobs() {
	f.t.Helper()
	f.eventually("the jobs of signature requests", func() bool {
		var due int
		testkit.Must(f.t, f.db.QueryRowContext(f.t.Context(), `SELECT COUNT(*) FROM jobs
			WHERE kind IN ('signers.invite', 'signature_requests.notify', 'signature_requests.seal', 'envelopes.sync')
			AND finished_at IS NULL AND run_at <= UTC_TIMESTAMP(6)`).Scan(&due))
		return due == 0
	})
}

var signingLink = regexp.MustCompile(`/sign#(\S+)`)

// linkSecret is the secret of the latest signing link that was e-mailed to an address.
func (f *fixture) linkSecret(to string) string {
	f.t.Helper()
	f.waitForSignatureJobs()
	for _, m := range slices.Backward(f.mailServer.mailsTo(to)) {
		if link := signingLink.FindStringSubmatch(m.Text); link != nil {
			return link[1]
		}
	}
	f.t.Fatalf("no link was sent to %s", to)
	return ""
}

// signablePDF is a one-page PDF that can be sealed.
func signablePDF() []byte {
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

// initiateSignature uploads a document, into a case unless that is empty, and sends it for signature.
func (f *fixture) initiateSignature(who *user, caseID string, to ...string) api.InitiateSignatureResponse {
	f.t.Helper()
	var raw bytes.Buffer
	w := multipart.NewWriter(&raw)
	if caseID != "" {
		testkit.Must(f.t, w.WriteField("caseId", caseID))
	}
	part, err := w.CreateFormFile("file", "lease.pdf")
	testkit.Must(f.t, err)
	_, err = part.Write(signablePDF())
	testkit.Must(f.t, err)
	testkit.Must(f.t, w.Close())
	var d api.StoredDocument
	f.call(who, "POST", "/api/docs", raw.String(), "Content-Type", w.FormDataContentType()).expect(201, "").decode(&d)
	var signers []map[string]any
	for i, address := range to {
		signers = append(signers, map[string]any{"name": fmt.Sprintf("Signer %d", i+1), "email": address})
	}
	var sent api.InitiateSignatureResponse
	f.call(who, "POST", "/api/esign/initiate", map[string]any{"docId": d.ID, "workflow": "sequential", "signers": signers}).expect(201, "").decode(&sent)
	return sent
}

func TestSigning(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	lena, bob := f.register("lena", domain.RoleLawyer), f.register("bob", domain.RoleLawyer)
	sent := f.initiateSignature(lena, "", "ada@example.com", "grace@example.com")
	root := "/api/esign/" + sent.TrackingID.String()
	if sent.SigningURL != "https://counsel.example/sign?request="+sent.TrackingID.String() || time.Until(sent.ExpiresAt) < 29*24*time.Hour {
		t.Errorf("answers %+v", sent)
	}
	for _, path := range []string{"", "/events", "/evidence"} {
		f.call(bob, "GET", root+path, nil).expect(404, "not_found")
	}
	f.call(bob, "POST", root+"/cancel", nil).expect(404, "not_found")

	secret := f.linkSecret("ada@example.com")
	ask := func(what string, body map[string]any) response {
		t.Helper()
		return f.call(nil, "POST", "/api/esign/signing/"+what, body, "User-Agent", "Phone/1.0")
	}
	var view api.SigningView
	ask("view", map[string]any{"token": secret}).expect(200, "").decode(&view)
	if view.State != api.SigningViewStateOpen || view.SignerName != "Signer 1" || view.Consented || len(view.Disclosure.Text) < 500 {
		t.Errorf("shows %+v", view)
	}
	doc := ask("document", map[string]any{"token": secret}).expect(200, "")
	if !bytes.Equal(doc.body, signablePDF()) || doc.header.Get("Content-Type") != "application/pdf" {
		t.Error("another document")
	}
	ask("text", map[string]any{"token": secret}).expect(200, "")
	var open api.SignatureRequest
	f.call(lena, "GET", root, nil).expect(200, "").decode(&open)
	f.call(lena, "DELETE", "/api/docs/"+open.DocID.String(), nil).expect(409, "signature_open")
	ask("sign", map[string]any{"token": secret, "signature": map[string]any{"typed": "Ada"}}).expect(409, "conflict")
	ask("consent", map[string]any{"token": secret, "disclosure": "2000-1"}).expect(409, "conflict")
	ask("consent", map[string]any{"token": secret, "disclosure": view.Disclosure.Version}).expect(200, "")
	ask("sign", map[string]any{"token": secret, "signature": map[string]any{}}).expect(422, "invalid")
	ask("sign", map[string]any{"token": secret, "signature": map[string]any{"typed": "Ada", "strokes": "x"}}).expect(422, "invalid")
	ask("sign", map[string]any{"token": secret, "signature": map[string]any{"typed": "Ada Lovelace"}}).expect(200, "").decode(&view)
	if view.State != api.SigningViewStateSigned {
		t.Errorf("shows %+v", view)
	}
	ask("sign", map[string]any{"token": secret, "signature": map[string]any{"typed": "Ada Lovelace"}}).expect(409, "link_signed")

	// All guesses get the same answer.
	var report string
	for _, guess := range []string{"x", strings.Repeat("A", 43), secret[:42], secret + "A", "' OR 1=1"} {
		for _, what := range []string{"view", "document", "text"} {
			a := ask(what, map[string]any{"token": strings.ReplaceAll(guess, " ", "_")}).expect(404, "not_found").problem()
			if report == "" {
				report = *a.Detail
			}
			if *a.Detail != report {
				t.Errorf("two guesses get %q and %q", *a.Detail, report)
			}
		}
	}

	second := f.linkSecret("grace@example.com")
	ask("consent", map[string]any{"token": second, "disclosure": view.Disclosure.Version}).expect(409, "not_viewed")
	ask("view", map[string]any{"token": second}).expect(200, "")
	ask("consent", map[string]any{"token": second, "disclosure": view.Disclosure.Version}).expect(200, "")
	stroke := []map[string]float64{{"x": 1, "y": 1}, {"x": 20, "y": 30.5}, {"x": 40, "y": 2}, {"x": 60, "y": 30}, {"x": 80, "y": 1}}
	ask("sign", map[string]any{"token": second, "signature": map[string]any{"strokes": []any{stroke}, "width": 100, "height": 50}}).expect(200, "")

	f.waitForSignatureJobs()
	var r api.SignatureRequest
	f.call(lena, "GET", root, nil).expect(200, "").decode(&r)
	if r.Status != api.SignatureStatusCompleted || r.SignedDocID == nil || r.Signers[0].Status != api.SignerStatusSigned || r.Signers[0].SignedAt == nil {
		t.Fatalf("is %+v", r)
	}
	var signed api.StoredDocument
	f.call(lena, "GET", "/api/docs/"+r.SignedDocID.String(), nil).expect(200, "").decode(&signed)
	if signed.Kind != api.DocumentKindSigned {
		t.Errorf("the signature is %s", signed.Kind)
	}
	for _, to := range []string{"ada@example.com", "grace@example.com", "lena@example.com"} {
		if !bytes.HasPrefix(f.mailServer.lastFileTo(to), signablePDF()) {
			t.Errorf("%s did not get the signed document", to)
		}
	}
	bundle := f.call(lena, "GET", root+"/evidence", nil).expect(200, "")
	found, err := evidence.Verify(bundle.body)
	testkit.Must(t, err)
	if found.Request.String() != sent.TrackingID.String() || !found.Sealed {
		t.Errorf("the evidence says %+v", found)
	}
	var log api.SignatureEventList
	f.call(lena, "GET", root+"/events", nil).expect(200, "").decode(&log)
	if e := log.Items[3]; e.Kind != api.SignatureEventKindOpened {
		t.Errorf("the log says %+v", e)
	}
	if e := log.Items[4]; e.Kind != api.SignatureEventKindViewed || *e.UserAgent != "Phone/1.0" || *e.IP != "127.0.0.1" || *e.Signer != 1 {
		t.Errorf("the log says %+v", e)
	}
	f.call(lena, "POST", root+"/cancel", nil).expect(409, "signature_completed")
	var page api.SignatureRequestList
	f.call(lena, "GET", "/api/esign?status=completed", nil).expect(200, "").decode(&page)
	if len(page.Items) != 1 {
		t.Errorf("lists %d", len(page.Items))
	}
	for _, words := range []string{secret, second, "ada@example.com", "Phone/1.0", "Lovelace"} {
		if strings.Contains(f.logs.String(), words) {
			t.Errorf("%q is in the log", words)
		}
	}
}

// TestDeleteCaseWithOpenSignatureRequest refuses to delete a case while one of its documents is out for signature.
func TestDeleteCaseWithOpenSignatureRequest(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	lena := f.register("lena", domain.RoleLawyer)
	var caseID api.Case
	f.call(lena, "POST", "/api/cases", map[string]any{"title": "Lease"}).expect(201, "").decode(&caseID)
	sent := f.initiateSignature(lena, caseID.ID.String(), "ada@example.com")
	f.call(lena, "DELETE", "/api/cases/"+caseID.ID.String(), nil).expect(409, "signature_open")
	f.call(lena, "POST", "/api/esign/"+sent.TrackingID.String()+"/cancel", nil).expect(200, "")
	f.call(lena, "DELETE", "/api/cases/"+caseID.ID.String(), nil).expect(204, "")
}

func TestInitiateSignature(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.startJobs()
	lena, carl := f.register("lena", domain.RoleLawyer), f.register("carl", domain.RoleClient)
	file, contentType := uploadForm(t, "file", "lease.pdf", signablePDF())
	var d api.StoredDocument
	f.call(lena, "POST", "/api/docs", file, "Content-Type", contentType).expect(201, "").decode(&d)
	body := func(signers ...any) map[string]any {
		return map[string]any{"docId": d.ID, "workflow": "parallel", "signers": signers}
	}
	ada := map[string]any{"name": "Ada", "email": "ada@example.com"}
	f.call(carl, "POST", "/api/esign/initiate", body(ada)).expect(403, "forbidden")
	for pointer, bad := range map[string]map[string]any{
		"/signers":         body(),
		"/signers/0/email": body(map[string]any{"name": "Ada", "email": "ada"}),
		"/signers/1/email": body(ada, map[string]any{"name": "Ada", "email": "ADA@example.com"}),
		"/signers/0/name":  body(map[string]any{"name": "李", "email": "li@example.com"}),
		"/workflow":        {"docId": d.ID, "workflow": "both", "signers": []any{ada}},
	} {
		p := f.call(lena, "POST", "/api/esign/initiate", bad).expect(422, "invalid").problem()
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
		f.call(lena, "POST", "/api/esign/initiate", in, "Accept-Language", ask.header).expect(201, "").decode(&sent)
		var r api.SignatureRequest
		f.call(lena, "GET", "/api/esign/"+sent.TrackingID.String(), nil).expect(200, "").decode(&r)
		if string(r.Language) != want || !strings.Contains(f.waitForMail(want+"@example.com", 1).HTML, `lang="`+want+`"`) {
			t.Errorf("for %+v the page is in %s", ask, r.Language)
		}
	}
	var first, repeated api.InitiateSignatureResponse
	f.call(lena, "POST", "/api/esign/initiate", body(ada), "Idempotency-Key", "k1").expect(201, "").decode(&first)
	f.call(lena, "POST", "/api/esign/initiate", body(ada), "Idempotency-Key", "k1").expect(201, "").decode(&repeated)
	f.waitForSignatureJobs()
	if n := len(f.mailServer.mailsTo("ada@example.com")); first != repeated || n != 1 {
		t.Errorf("sent %d mails for one key", n)
	}
	f.call(lena, "POST", "/api/esign/initiate", body(ada, map[string]any{"name": "G", "email": "g@example.com"}), "Idempotency-Key", "k1").expect(409, "")
	f.call(nil, "POST", "/api/esign/signing/link", map[string]any{"trackingId": first.TrackingID, "email": "eve@example.com"}).expect(204, "")
	f.call(lena, "POST", "/api/esign/"+first.TrackingID.String()+"/remind", nil).expect(200, "")
	f.waitForSignatureJobs()
	if len(f.mailServer.mailsTo("ada@example.com")) != 1 || len(f.mailServer.mailsTo("eve@example.com")) != 0 {
		t.Error("the mail was sent again immediately, or to a stranger")
	}
}

func TestSigningPage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a := f.call(nil, "GET", "/sign", nil).expect(200, "")
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
		t.Errorf("the page loads from another origin or violates the policy: %s", found)
	}
	if a.header.Get("Content-Type") != "text/html; charset=utf-8" || a.status != http.StatusOK {
		t.Error("is not a page")
	}
}

// TestSignShippedTemplates: the shipped templates with their sample data contain no blanks.
func TestSignShippedTemplates(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	lena := f.register("lena", domain.RoleLawyer)
	var page api.TemplateList
	f.call(lena, "GET", "/api/templates?limit=100", nil).expect(200, "").decode(&page)
	if len(page.Items) < 6 {
		t.Fatalf("there are %d templates", len(page.Items))
	}
	for _, item := range page.Items {
		var v api.TemplateVersion
		f.call(lena, "GET", "/api/templates/"+item.TemplateID+"/versions/1", nil).expect(200, "").decode(&v)
		render := func(options map[string]any) map[string]any {
			var made api.RenderPdfResponse
			f.call(lena, "POST", "/api/docs/render-pdf", map[string]any{"templateId": item.TemplateID, "version": "1", "data": v.SampleData, "options": options}).expect(200, "").decode(&made)
			return map[string]any{"docId": made.DocID, "workflow": "parallel", "signers": []any{map[string]any{"name": "Ada", "email": "ada@example.com"}}}
		}
		f.call(lena, "POST", "/api/esign/initiate", render(map[string]any{})).expect(201, "")
		draft := render(map[string]any{"draft": true})
		p := f.call(lena, "POST", "/api/esign/initiate", draft).expect(422, "document_unfit").problem()
		if e := p.Errors[0]; e.Pointer != "/docId" || *e.Reason != "draft" || *e.Page != 1 || *e.Quote != "DRAFT" {
			t.Errorf("%s: names %+v", item.TemplateID, p.Errors)
		}
		draft["acceptRisks"] = []string{"draft"}
		f.call(lena, "POST", "/api/esign/initiate", draft).expect(201, "")
		draft["acceptRisks"] = []string{"all"}
		if p := f.call(lena, "POST", "/api/esign/initiate", draft).expect(422, "invalid").problem(); p.Errors[0].Pointer != "/acceptRisks/0" {
			t.Errorf("names %+v", p.Errors)
		}
	}
}
