package handlers_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"counsel/domain"
	"counsel/domain/masking"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// What a caller sees of the masking: before, without sending anything, and afterwards in the consultation.
func TestMaskText(t *testing.T) {
	f := newFixture(t)
	ada := f.register("ada", domain.RoleClient)
	const text = "👍 My landlord is Wilhelmina Ferndale, w@ferndale.example. [PERSON_1]"
	var masked api.MaskResponse
	f.call(ada, "POST", "/api/ai/mask", map[string]any{"text": text}).expect(200, "").decode(&masked)
	if masked.MaskedText != "👍 My landlord is [PERSON_1], [EMAIL_1]. [LITERAL_1]" || len(masked.Placeholders) != 3 {
		t.Fatalf("%+v", masked)
	}
	units := utf16.Encode([]rune(text))
	for i, want := range []string{"Wilhelmina Ferndale", "w@ferndale.example", "[PERSON_1]"} {
		p := masked.Placeholders[i]
		if got := string(utf16.Decode(units[p.Start:p.End])); got != want || !strings.HasPrefix(p.Placeholder, "["+string(p.Type)+"_") {
			t.Errorf("%+v is %q, want %q", p, got, want)
		}
	}
	var page api.ConsultationList
	f.call(ada, "GET", "/api/ai/consultations", nil).expect(200, "").decode(&page)
	if f.model.Count() != 0 || len(page.Items) != 0 {
		t.Errorf("%d calls of the model, %d consultations", f.model.Count(), len(page.Items))
	}

	var answer api.ChatResponse
	f.call(ada, "POST", "/api/ai/chat", chatBody(ada, text)).expect(200, "").decode(&answer)
	var stored api.Consultation
	f.call(ada, "GET", "/api/ai/consultations/"+answer.ConsultationID.String(), nil).expect(200, "").decode(&stored)
	if stored.MaskedText == nil || !strings.Contains(*stored.MaskedText, masked.MaskedText) || stored.Question != text {
		t.Errorf("recorded %+v", stored)
	}

	f.call(ada, "POST", "/api/ai/mask", map[string]any{"text": " "}).expect(422, "invalid")
	f.call(ada, "POST", "/api/ai/mask", map[string]any{"text": "a", "locale": "en"}).expect(400, "malformed")
	f.call(nil, "POST", "/api/ai/mask", map[string]any{"text": "a"}).expect(401, "unauthenticated")
}

// The contract names every type that a placeholder can have.
func TestMaskingTypes(t *testing.T) {
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	named := doc.Components.Schemas["MaskingType"].Value.Enum
	for _, typ := range masking.Types() {
		if !slices.Contains(named, any(typ.String())) {
			t.Errorf("the contract lacks the type %s", typ)
		}
	}
	if len(named) != len(masking.Types()) {
		t.Errorf("the contract has %d types, not %d", len(named), len(masking.Types()))
	}
}

func TestMaskingLists(t *testing.T) {
	f := newFixture(t)
	admin, lawyer, client := f.admin(), f.register("lena", domain.RoleLawyer), f.register("ada", domain.RoleClient)
	const path = "/api/ai/masking-lists"
	var lists api.MaskingLists
	f.call(lawyer, "GET", path, nil).expect(200, "").decode(&lists)
	if lists.Version != 0 || lists.UpdatedAt != nil || lists.Always == nil || lists.Never == nil {
		t.Errorf("before the first change: %+v", lists)
	}
	body := func(version int) map[string]any {
		return map[string]any{"always": []any{map[string]any{"text": "blue folder", "type": "COMPANY"}}, "never": []any{"Wilhelmina Ferndale"}, "version": version}
	}
	f.call(client, "GET", path, nil).expect(403, "forbidden")
	f.call(lawyer, "PUT", path, body(0)).expect(403, "forbidden")
	lists = api.MaskingLists{}
	f.call(admin, "PUT", path, body(0)).expect(200, "").decode(&lists)
	if lists.Version != 1 || lists.UpdatedBy == nil || *lists.UpdatedBy != admin.ID || len(lists.Always) != 1 || len(lists.Never) != 1 {
		t.Errorf("replaced: %+v", lists)
	}
	f.call(admin, "PUT", path, body(0)).expect(409, "conflict")
	var masked api.MaskResponse
	f.call(client, "POST", "/api/ai/mask", map[string]any{"text": "The blue folder of Wilhelmina Ferndale"}).expect(200, "").decode(&masked)
	if masked.MaskedText != "The [COMPANY_1] of Wilhelmina Ferndale" {
		t.Errorf("masked: %s", masked.MaskedText)
	}
	f.call(admin, "PUT", path, map[string]any{"always": []any{}, "never": []any{"&&&"}}).expect(422, "invalid")
	f.call(admin, "PUT", path, map[string]any{"always": []any{map[string]any{"text": "Heron", "type": "IBAN"}}, "never": []any{}}).expect(422, "invalid")
	f.call(admin, "PUT", path, map[string]any{"always": []any{}}).expect(422, "invalid")
	f.call(admin, "PUT", path, map[string]any{"always": []any{}, "never": []any{}}).expect(200, "").decode(&lists)
	if lists.Version != 2 {
		t.Errorf("without a version: %+v", lists)
	}
}
