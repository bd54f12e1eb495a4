package vies_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"counsel/clients/vies"
	"counsel/domain"
	"counsel/domain/registry"
	"counsel/sandbox/registries"
	"counsel/sandbox/testkit"
)

func newClient(t *testing.T, handler http.Handler, base, requester string) *vies.Client {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	c, err := vies.New(vies.Config{URL: s.URL + base, Requester: requester})
	testkit.Must(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestCheck(t *testing.T) {
	c := newClient(t, registries.New(), "/vies", "DE 129 273 398")
	for _, tc := range []struct {
		country, number string
		want            registry.VATAnswer
	}{
		{"FR", "40303265045", registry.VATAnswer{Status: registry.VATValid, Name: "SA COMPAGNIE REUNIE", Address: "3 QUAI RAMBAUD, 69002 LYON"}},
		{"DE", "129273398", registry.VATAnswer{Status: registry.VATValid}}, // Germany discloses no names
		{"DE", "123456789", registry.VATAnswer{Status: registry.VATInvalid}},
		{"ES", "B12345674", registry.VATAnswer{Status: registry.VATUnknown, Reason: "MS_UNAVAILABLE"}},
	} {
		got, err := c.Check(t.Context(), tc.country, tc.number)
		testkit.Must(t, err)
		if (got.ConsultationNumber != "") != (tc.want.Status != registry.VATUnknown) || got.CheckedAt.IsZero() {
			t.Errorf("%s%s: %+v", tc.country, tc.number, got)
		}
		tc.want.Number, tc.want.CheckedAt, tc.want.ConsultationNumber = tc.country+tc.number, got.CheckedAt, got.ConsultationNumber
		if got != tc.want {
			t.Errorf("got %+v, want %+v", got, tc.want)
		}
	}
}

func TestWithoutRequester(t *testing.T) {
	got, err := newClient(t, registries.New(), "/vies", "").Check(t.Context(), "FR", "40303265045")
	testkit.Must(t, err)
	if got.ConsultationNumber != "" {
		t.Errorf("got %+v", got)
	}
}

// TestNeverInvalidByMistake: only a clear answer is invalid.
func TestNeverInvalidByMistake(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		reason string // of unknown; "": an error
	}{
		{200, `{"actionSucceed":false,"errorWrappers":[{"error":"MS_UNAVAILABLE"}]}`, "MS_UNAVAILABLE"},
		{500, `{"actionSucceed":false,"errorWrappers":[{"error":"SERVICE_UNAVAILABLE"}]}`, "SERVICE_UNAVAILABLE"},
		{400, `{"actionSucceed":false,"errorWrappers":[{"error":"MS_MAX_CONCURRENT_REQ"}]}`, "MS_MAX_CONCURRENT_REQ"},
		{200, `{"valid":false,"userError":"TIMEOUT"}`, "TIMEOUT"},
		{200, `{"valid":false,"errorWrappers":[{"error":"<b>Ada Lovelace</b>"}]}`, "OTHER"},
		{200, `{}`, ""},
		{200, `{"valid":null}`, ""},
		{200, `{"valid":"false"}`, ""},
		{200, `{"isValid":false}`, ""},
		{503, `{"valid":false}`, ""},
		{200, `[]`, ""},
	} {
		handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(tc.status)
			_, _ = w.Write([]byte(tc.body))
		})
		got, err := newClient(t, handler, "", "").Check(t.Context(), "DE", "123456789")
		if got.Status == registry.VATInvalid || (err != nil) != (tc.reason == "") || got.Reason != tc.reason {
			t.Errorf("%d %s: got %+v, %v", tc.status, tc.body, got, err)
		}
	}
	for fault, code := range map[registries.Fault]domain.Code{
		registries.Down: domain.Unavailable, registries.RateLimited: domain.Unavailable, registries.Truncated: domain.Unavailable,
		registries.HTML: domain.Upstream, registries.Retyped: domain.Upstream, registries.Huge: domain.Upstream,
	} {
		standIn := registries.New()
		standIn.SetFault("vies", fault)
		if got, err := newClient(t, standIn, "/vies", "").Check(t.Context(), "DE", "129273398"); domain.CodeOf(err) != code || got.Status != "" {
			t.Errorf("%s: got %+v, %v", fault, got, err)
		}
	}
}

func TestInvalidInput(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"actionSucceed":false,"errorWrappers":[{"error":"INVALID_INPUT"}]}`))
	})
	if _, err := newClient(t, handler, "", "").Check(t.Context(), "DE", "123456789"); domain.CodeOf(err) != domain.Invalid {
		t.Errorf("got %v", err)
	}
	if _, err := vies.New(vies.Config{Requester: "GB123456789"}); err == nil {
		t.Error("a requester outside of VIES was accepted")
	}
}
