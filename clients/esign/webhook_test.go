package esign

import (
	"bytes"
	"net/http"
	"strconv"
	"testing"
	"time"

	"counsel/clients/esign/esigntest"
	"counsel/domain"
	"counsel/domain/esign/envelopes"
)

func TestWebhooks(t *testing.T) {
	forEachProvider(t, func(t *testing.T, p envelopes.Provider, s *esigntest.Server) {
		e := newEnvelope(2)
		id, err := p.Create(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		first := e.Signers[0].Email
		s.Decline(t, externalID, first, "no")
		h, body := s.Webhook(t, externalID, "declined", first)
		hint, err := p.ParseWebhook(h.Get, body, now.Add(4*time.Minute))
		if err != nil || hint.ExternalID != externalID || hint.Kind == "" || hint.ID == "" || !hint.At.Equal(now) {
			t.Fatalf("%+v, %v", hint, err)
		}
		again, _ := p.ParseWebhook(h.Get, body, now)
		if again.ID != hint.ID {
			t.Errorf("the second time the id is %q, not %q", again.ID, hint.ID)
		}
		_, other := s.Webhook(t, externalID, "completed", "")
		if s.Name == "docuseal" {
			if hint.Kind != envelopes.EventDeclined || hint.EnvelopeID != id || hint.Email != first || hint.Address != "203.0.113.77" || hint.Agent == "" || hint.Reason != "no" {
				t.Errorf("%+v", hint)
			}
			h := esigntest.SignDocuSeal(other, now, esigntest.WebhookSecret)
			if hint, err := p.ParseWebhook(h.Get, other, now); err != nil || hint.Kind != envelopes.EventOther || hint.EnvelopeID != id || hint.ExternalID != externalID {
				t.Errorf("%+v, %v", hint, err)
			}
			for _, shift := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
				h := esigntest.SignDocuSeal(body, now.Add(shift), esigntest.WebhookSecret)
				if _, err := p.ParseWebhook(h.Get, body, now); domain.CodeOf(err) != domain.Unauthenticated {
					t.Errorf("a webhook of %v: %v", shift, err)
				}
			}
			h = esigntest.SignDocuSeal(body, now, "another")
			if _, err := p.ParseWebhook(h.Get, body, now); domain.CodeOf(err) != domain.Unauthenticated {
				t.Errorf("another secret: %v", err)
			}
			changed := bytes.Replace(body, []byte("declined"), []byte("Declined"), 1)
			if _, err := p.ParseWebhook(h.Get, changed, now); domain.CodeOf(err) != domain.Unauthenticated {
				t.Errorf("a changed body: %v", err)
			}
		}
		for name, h := range map[string]http.Header{
			"none":    {},
			"wrong":   {"X-Documenso-Secret": {esigntest.WebhookSecret + "x"}, "X-Docuseal-Signature": {strconv.FormatInt(now.Unix(), 10) + ".00"}},
			"garbage": {"X-Docuseal-Signature": {"."}, "X-Documenso-Secret": {""}},
		} {
			if _, err := p.ParseWebhook(h.Get, body, now); domain.CodeOf(err) != domain.Unauthenticated {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, body := range []string{"", "null", "[]", `{"event":7}`, `{"event_type":"form.viewed","data":{}}`} {
			h := esigntest.SignDocuSeal([]byte(body), now, esigntest.WebhookSecret)
			h.Set("X-Documenso-Secret", esigntest.WebhookSecret)
			if _, err := p.ParseWebhook(h.Get, []byte(body), now); domain.CodeOf(err) != domain.Malformed {
				t.Errorf("%s: %v", body, err)
			}
		}
	})
	// Without a secret every webhook is rejected.
	for _, p := range []envelopes.Provider{docuSeal{&client{}}, documenso{&client{}}} {
		h := esigntest.SignDocuSeal([]byte("{}"), now, "")
		h.Set("X-Documenso-Secret", "")
		if _, err := p.ParseWebhook(h.Get, []byte("{}"), now); domain.CodeOf(err) != domain.Unauthenticated {
			t.Errorf("%s accepts webhooks without a secret: %v", p.Name(), err)
		}
	}
}

// FuzzWebhook: no body causes a panic, and no unsigned webhook is accepted.
func FuzzWebhook(f *testing.F) {
	f.Add([]byte(`{"event_type":"form.viewed","data":{"id":1,"submission":{"id":2}},"event":"DOCUMENT_OPENED","payload":{"id":1}}`))
	f.Add([]byte(`{"event_type":{},"data":[],"payload":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, p := range []envelopes.Provider{docuSeal{&client{cfg: Config{WebhookSecret: "s"}}}, documenso{&client{cfg: Config{WebhookSecret: "s"}}}} {
			h := esigntest.SignDocuSeal(body, now, "s")
			h.Set("X-Documenso-Secret", "s")
			if hint, err := p.ParseWebhook(h.Get, body, now); err == nil && hint.ID == "" {
				t.Errorf("no id for %q", body)
			}
			if _, err := p.ParseWebhook(http.Header{}.Get, body, now); domain.CodeOf(err) != domain.Unauthenticated {
				t.Errorf("%q was accepted unsigned", body)
			}
		}
	})
}
