package handlers_test

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	client "counsel/clients/esign"
	"counsel/clients/esign/esigntest"
	"counsel/domain"
	"counsel/domain/esign/envelopes"
	"counsel/domain/esign/evidence"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// newProvider starts a fake provider.
func newProvider(t *testing.T, kind string) (envelopes.Provider, *esigntest.Server) {
	t.Helper()
	s := esigntest.Start(t, kind, domain.SystemClock)
	cfg := client.Config{URL: s.URL, APIKey: esigntest.APIKey, WebhookSecret: esigntest.WebhookSecret, Timeout: 5 * time.Second}
	p, err := client.New(kind, cfg)
	testkit.Must(t, err)
	t.Cleanup(func() { p.Close() })
	return p, s
}

// newProviderFixture is a fixture whose documents are signed by a fake provider.
func newProviderFixture(t *testing.T, kind string) (*fixture, *esigntest.Server) {
	t.Helper()
	p, s := newProvider(t, kind)
	f := newFixture(t, func(s *fixtureConfig) { s.provider = p })
	f.startJobs()
	return f, s
}

// sendProviderWebhook sends a webhook.
func (f *fixture) sendProviderWebhook(kind string, h http.Header, body []byte) response {
	f.t.Helper()
	var header []string
	for name := range h {
		header = append(header, name, h.Get(name))
	}
	return f.call(nil, "POST", "/api/esign/webhooks/"+kind, string(body), header...)
}

// The last request that creates an envelope at a provider.
var lastCreateRequest = map[string]string{"docuseal": "/submissions/pdf", "documenso": "/envelope/distribute"}

func TestProvider(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"docuseal", "documenso"} {
		t.Run(kind, func(t *testing.T) {
			f, s := newProviderFixture(t, kind)
			const ada, grace = "Ada+lease@example.com", "grace@xn--bcher-kva.example"
			lena := f.register("lena", domain.RoleLawyer)

			// A webhook arrives before the answer to the request that created the envelope.
			s.AfterRequest(func(_ http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, lastCreateRequest[kind]) {
					id := s.Envelopes()[0].ExternalID
					s.View(t, id, ada)
					h, body := s.Webhook(t, id, "viewed", ada)
					f.sendProviderWebhook(kind, h, body).expect(204, "")
				}
				return false
			})
			sent := f.initiateSignature(lena, "", ada, grace)
			id := sent.TrackingID.String()
			root := "/api/esign/" + id
			get := func() (r api.SignatureRequest) {
				t.Helper()
				f.waitForSignatureJobs()
				f.call(lena, "GET", root, nil).expect(200, "").decode(&r)
				return r
			}
			if r := get(); r.Provider != api.SignatureRequestProvider(kind) || r.Status != api.SignatureStatusOpen || r.Signers[0].Status != api.SignerStatusViewed || r.Signers[1].Status != api.SignerStatusWaiting {
				t.Fatalf("after an early webhook: %+v", r)
			}

			// The link redirects; this request cannot be signed here.
			secret := f.linkSecret(ada)
			var view api.SigningView
			f.call(nil, "POST", "/api/esign/signing/view", map[string]any{"token": secret}).expect(200, "").decode(&view)
			if view.SigningURL == nil || !strings.HasPrefix(*view.SigningURL, s.URL+"/s") || !strings.HasSuffix(*view.SigningURL, s.Envelopes()[0].Signers[0].Token) {
				t.Errorf("redirects to %v", view.SigningURL)
			}
			for what, body := range map[string]map[string]any{
				"sign": {"token": secret, "signature": map[string]any{"typed": "Ada"}}, "decline": {"token": secret},
				"consent": {"token": secret, "disclosure": view.Disclosure.Version}, "document": {"token": secret}, "text": {"token": secret},
			} {
				f.call(nil, "POST", "/api/esign/signing/"+what, body).expect(409, "link_elsewhere")
			}

			// Forged, stale, another provider's, malformed.
			s.Sign(t, id, ada)
			h, body := s.Webhook(t, id, "signed", ada)
			f.sendProviderWebhook(kind, nil, body).expect(401, "unauthenticated")
			f.sendProviderWebhook(kind, http.Header{"X-Documenso-Secret": {"x"}, "X-Docuseal-Signature": {"1.00"}}, body).expect(401, "unauthenticated")
			f.sendProviderWebhook(map[string]string{"docuseal": "documenso", "documenso": "docuseal"}[kind], h, body).expect(404, "not_found")
			f.sendProviderWebhook("elsewhere", h, body).expect(400, "malformed")
			f.sendProviderWebhook(kind, h, []byte("{")).expect(400, "malformed")
			if kind == "docuseal" {
				f.sendProviderWebhook(kind, esigntest.SignDocuSeal(body, time.Now().Add(-6*time.Minute), esigntest.WebhookSecret), body).expect(401, "unauthenticated")
			}
			if r := get(); r.Signers[0].Status != api.SignerStatusViewed {
				t.Fatalf("a forged webhook had an effect: %+v", r)
			}

			// A repeated webhook: the second signer is asked once.
			for range 3 {
				f.sendProviderWebhook(kind, h, body).expect(204, "")
			}
			if r := get(); r.Signers[0].Status != api.SignerStatusSigned || r.Signers[0].SignedAt == nil || r.Signers[1].Status != api.SignerStatusSent {
				t.Fatalf("after the first signature: %+v", r)
			}

			// Out of order: the final event before earlier ones.
			s.View(t, id, grace)
			oldHeader, old := s.Webhook(t, id, "viewed", grace)
			s.Sign(t, id, grace)
			h, body = s.Webhook(t, id, "completed", "")
			f.sendProviderWebhook(kind, h, body).expect(204, "")
			f.sendProviderWebhook(kind, oldHeader, old).expect(204, "")
			r := get()
			if r.Status != api.SignatureStatusCompleted || r.SignedDocID == nil || r.Signers[1].Status != api.SignerStatusSigned {
				t.Fatalf("after all signatures: %+v", r)
			}
			for _, to := range []string{ada, grace, "lena@example.com"} {
				if !bytes.Equal(f.mailServer.lastFileTo(to), s.Envelopes()[0].Signed) {
					t.Errorf("%s did not get the signed document", to)
				}
			}

			var log api.SignatureEventList
			f.call(lena, "GET", root+"/events", nil).expect(200, "").decode(&log)
			notified := map[string]int{}
			for _, e := range log.Items {
				key := string(e.Kind)
				if e.Signer != nil {
					key += strconv.Itoa(int(*e.Signer))
				}
				notified[key]++
				if kind == "docuseal" && (key == "viewed1" || key == "signed1") && (e.IP == nil || *e.IP != "203.0.113.77") {
					t.Errorf("the log has no address: %+v", e)
				}
			}
			for _, want := range []string{"created", "sent1", "delivered1", "viewed1", "forwarded1", "signed1", "sent2", "delivered2", "viewed2", "signed2", "completed"} {
				if notified[want] != 1 {
					t.Errorf("%s is in the log %d times", want, notified[want])
				}
			}
			bundle := f.call(lena, "GET", root+"/evidence", nil).expect(200, "").body
			found, err := evidence.Verify(bundle)
			testkit.Must(t, err)
			if found.Provider != kind || !found.Sealed || !bytes.Contains(bundle, signablePDF()) || !bytes.Contains(bundle, s.Envelopes()[0].Signed) || !bytes.Contains(bundle, s.Envelopes()[0].Audit) {
				t.Errorf("the evidence says %+v", found)
			}
			broken := bytes.Replace(bundle, s.Envelopes()[0].Audit, bytes.ToUpper(s.Envelopes()[0].Audit), 1)
			if _, err := evidence.Verify(broken); err == nil {
				t.Error("a changed record is not detected")
			}
			if n := len(s.Envelopes()); n != 1 {
				t.Errorf("there are %d envelopes", n)
			}
			if logs := f.logs.String(); strings.Contains(logs, esigntest.WebhookSecret) || strings.Contains(logs, esigntest.APIKey) || strings.Contains(logs, "lease@") || strings.Contains(logs, *view.SigningURL) {
				t.Error("the log contains a secret")
			}
		})
	}
}

// TestProviderDown: while the provider is down nothing is left behind, and a retry under the same key sends
// the request.
func TestProviderDown(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"docuseal", "documenso"} {
		t.Run(kind, func(t *testing.T) {
			f, s := newProviderFixture(t, kind)
			lena := f.register("lena", domain.RoleLawyer)
			var d api.StoredDocument
			f.upload(lena, "lease.pdf", signablePDF()).expect(201, "").decode(&d)
			body := map[string]any{"docId": d.ID, "workflow": "parallel", "signers": []any{map[string]any{"name": "Ada", "email": "ada@example.com"}}}
			initiate := func() response {
				return f.call(lena, "POST", "/api/esign/initiate", body, "Idempotency-Key", "the-key-of-this")
			}
			fail := func(status int) {
				s.BeforeRequest(func(w http.ResponseWriter, r *http.Request) bool {
					if r.Method != http.MethodPost {
						return false
					}
					w.Header().Set("Retry-After", "9")
					w.WriteHeader(status)
					return true
				})
			}
			for status, code := range map[int]string{503: "esign_unavailable", 429: "esign_unavailable", 401: "esign_refused", 422: "esign_refused"} {
				fail(status)
				want := map[string]int{"esign_unavailable": 503, "esign_refused": 502}[code]
				a := initiate().expect(want, code)
				if want == 503 && a.header.Get("Retry-After") != "9" {
					t.Errorf("%d: Retry-After is %q", status, a.header.Get("Retry-After"))
				}
			}
			var page api.SignatureRequestList
			f.call(lena, "GET", "/api/esign", nil).expect(200, "").decode(&page)
			for _, r := range page.Items {
				if r.Status != api.SignatureStatusFailed {
					t.Errorf("is still %s", r.Status)
				}
			}
			f.waitForSignatureJobs()
			if mails := f.mailServer.mailsTo("ada@example.com"); len(page.Items) != 4 || len(mails) != 0 || len(s.Envelopes()) != 0 {
				t.Errorf("%d requests, %d mails, %d envelopes", len(page.Items), len(mails), len(s.Envelopes()))
			}
			s.BeforeRequest(nil)
			var first, repeated api.InitiateSignatureResponse
			initiate().expect(201, "").decode(&first)
			initiate().expect(201, "").decode(&repeated)
			if first.TrackingID != repeated.TrackingID || len(s.Envelopes()) != 1 {
				t.Errorf("%d envelopes", len(s.Envelopes()))
			}

			// The link needs the provider, too.
			view := func() response {
				return f.call(nil, "POST", "/api/esign/signing/view", map[string]any{"token": f.linkSecret("ada@example.com")})
			}
			for status, want := range map[int]int{http.StatusServiceUnavailable: 503, http.StatusForbidden: 502} {
				s.BeforeRequest(func(w http.ResponseWriter, _ *http.Request) bool {
					w.WriteHeader(status)
					return true
				})
				view().expect(want, "")
			}
			s.BeforeRequest(nil)
			view().expect(200, "")
		})
	}
}
