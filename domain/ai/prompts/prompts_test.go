package prompts

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"counsel/domain"
	"counsel/domain/ai/policy"
)

func mustLoad(t testing.TB) *Set {
	t.Helper()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustType(t testing.TB, id string) *DocumentType {
	t.Helper()
	d, ok := mustLoad(t).Type(id)
	if !ok {
		t.Fatalf("no document type %q", id)
	}
	return d
}

func exampleOf(t testing.TB, d *DocumentType) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(d.Example, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func draft(t testing.TB, d *DocumentType, p DraftParams) Prompt {
	t.Helper()
	out, err := d.Prompt(p)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTypes(t *testing.T) {
	s := mustLoad(t)
	var ids []string
	for _, d := range s.Types() {
		ids = append(ids, d.ID)
	}
	want := []string{"demand-letter", "employment-contract", "engagement-letter", "nda", "power-of-attorney", "service-agreement"}
	if !slices.Equal(ids, want) {
		t.Errorf("types are %v", ids)
	}
	if _, ok := s.Type("will"); ok {
		t.Error("found an unknown type")
	}
}

// Every property of every schema has a description and limits, and no key has a typo.
func TestSchemasAreBounded(t *testing.T) {
	known := []string{"$schema", "title", "description", "type", "additionalProperties", "required", "properties", "items",
		"minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "uniqueItems", "enum", "format", "default",
		"x-unit", "x-personal", "if", "then", "allOf"}
	var walk func(at string, s map[string]any)
	walk = func(at string, s map[string]any) {
		has := func(keys ...string) {
			for _, k := range keys {
				if s[k] == nil || s[k] == "" {
					t.Errorf("%s has no %s", at, k)
				}
			}
		}
		for k := range s {
			if !slices.Contains(known, k) {
				t.Errorf("%s has the unknown key %q", at, k)
			}
		}
		has("title", "description", "type")
		switch s["type"] {
		case "object":
			if s["additionalProperties"] != false {
				t.Errorf("%s allows other properties", at)
			}
			props, _ := s["properties"].(map[string]any)
			if len(props) == 0 {
				t.Errorf("%s has no properties", at)
			}
			for _, r := range s["required"].([]any) {
				if props[r.(string)] == nil {
					t.Errorf("%s requires %v, which it does not have", at, r)
				}
			}
			for name, p := range props {
				walk(at+"/"+name, p.(map[string]any))
			}
		case "array":
			has("maxItems")
			walk(at+"/items", s["items"].(map[string]any))
		case "string":
			if s["enum"] == nil {
				has("maxLength")
			}
		case "integer", "number":
			has("maximum")
			if _, ok := s["minimum"]; !ok {
				t.Errorf("%s has no minimum", at)
			}
		case "boolean":
		default:
			t.Errorf("%s has the type %v", at, s["type"])
		}
	}
	for _, d := range mustLoad(t).Types() {
		walk(d.ID, d.schemaDoc)
		if d.schemaDoc["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
			t.Errorf("%s does not name its JSON Schema draft", d.ID)
		}
	}
	if raw := string(mustType(t, "nda").InputsSchema); strings.Index(raw, `"partyA":`) > strings.Index(raw, `"partyB":`) || strings.Index(raw, `"partyB":`) > strings.Index(raw, `"purpose":`) {
		t.Error("the properties are not in their original order")
	}
}

func TestValidate(t *testing.T) {
	set := func(path string, v any) func(map[string]any) {
		return func(m map[string]any) {
			keys := strings.Split(path, "/")
			for _, k := range keys[:len(keys)-1] {
				m = m[k].(map[string]any)
			}
			if last := keys[len(keys)-1]; v == nil {
				delete(m, last)
			} else {
				m[last] = v
			}
		}
	}
	for _, c := range []struct {
		name, id string
		edit     func(map[string]any)
		want     domain.Field
	}{
		{"missing", "nda", set("partyB", nil), domain.Field{Pointer: "/inputs/partyB", Detail: "is required"}},
		{"missing inside", "nda", set("partyA/name", nil), domain.Field{Pointer: "/inputs/partyA/name", Detail: "is required"}},
		{"enum", "nda", set("discloser", "both"), domain.Field{Pointer: "/inputs/discloser", Detail: "must be one of mutual, partyA, partyB"}},
		{"unknown", "nda", set("partyC", "x"), domain.Field{Pointer: "/inputs/partyC", Detail: "is not a known field"}},
		{"unknown, escaped", "nda", func(m map[string]any) { m["a/b~c"] = 1 }, domain.Field{Pointer: "/inputs/a~1b~0c", Detail: "is not a known field"}},
		{"unknown inside", "nda", set("partyA/iban", "x"), domain.Field{Pointer: "/inputs/partyA/iban", Detail: "is not a known field"}},
		{"date", "nda", set("effectiveDate", "02/03/2026"), domain.Field{Pointer: "/inputs/effectiveDate", Detail: "must be a date such as 2026-01-31"}},
		{"no such day", "nda", set("effectiveDate", "2026-02-30"), domain.Field{Pointer: "/inputs/effectiveDate", Detail: "must be a date such as 2026-01-31"}},
		{"type", "nda", set("termMonths", "12"), domain.Field{Pointer: "/inputs/termMonths", Detail: "must be an integer"}},
		{"fraction", "nda", set("termMonths", 1.5), domain.Field{Pointer: "/inputs/termMonths", Detail: "must be an integer"}},
		{"maximum", "nda", set("termMonths", 121.0), domain.Field{Pointer: "/inputs/termMonths", Detail: "must be at most 120"}},
		{"minimum", "nda", set("termMonths", 0.0), domain.Field{Pointer: "/inputs/termMonths", Detail: "must be at least 1"}},
		{"empty", "nda", set("partyA/name", ""), domain.Field{Pointer: "/inputs/partyA/name", Detail: "must not be empty"}},
		{"short", "nda", set("purpose", "short"), domain.Field{Pointer: "/inputs/purpose", Detail: "must have at least 10 characters"}},
		{"long", "nda", set("purpose", strings.Repeat("ü", 1001)), domain.Field{Pointer: "/inputs/purpose", Detail: "must have at most 1000 characters"}},
		{"item", "nda", set("permittedRecipients", []any{"staff", 7.0}), domain.Field{Pointer: "/inputs/permittedRecipients/1", Detail: "must be a string"}},
		{"repeated", "nda", set("permittedRecipients", []any{"staff", "staff"}), domain.Field{Pointer: "/inputs/permittedRecipients", Detail: "must not repeat an item"}},
		{"too many", "nda", set("permittedRecipients", []any{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}), domain.Field{Pointer: "/inputs/permittedRecipients", Detail: "must have at most 10 items"}},
		{"too few", "power-of-attorney", set("powers", []any{}), domain.Field{Pointer: "/inputs/powers", Detail: "must have at least 1 item(s)"}},
		{"currency", "service-agreement", set("fees/amount/currency", "XYQ"), domain.Field{Pointer: "/inputs/fees/amount/currency", Detail: "must be a currency code such as EUR"}},
		{"e-mail", "demand-letter", set("sender/email", "nobody"), domain.Field{Pointer: "/inputs/sender/email", Detail: "must be an e-mail address"}},
		{"required by another", "employment-contract", set("contractType", "fixed-term"), domain.Field{Pointer: "/inputs/endDate", Detail: "is required"}},
		{"required by another, inside", "engagement-letter", set("fees/basis", "contingent"), domain.Field{Pointer: "/inputs/fees/contingencyPercent", Detail: "is required"}},
		{"required on a date", "power-of-attorney", set("effectiveDate", nil), domain.Field{Pointer: "/inputs/effectiveDate", Detail: "is required"}},
	} {
		d := mustType(t, c.id)
		inputs := exampleOf(t, d)
		if got := d.Validate(inputs); got != nil {
			t.Fatalf("%s: the example gives %v", c.id, got)
		}
		c.edit(inputs)
		if got := d.Validate(inputs); !reflect.DeepEqual(got, []domain.Field{c.want}) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	got := mustType(t, "nda").Validate(nil)
	if len(got) != 4 || got[0].Pointer != "/inputs/governingLaw" {
		t.Errorf("no inputs at all: %v", got)
	}
	flood := map[string]any{}
	for i := range 500 {
		flood[strings.Repeat("x", i+1)] = i
	}
	if got := mustType(t, "nda").Validate(flood); len(got) != 100 {
		t.Errorf("%d violations", len(got))
	}
}

func TestEditChangesVersion(t *testing.T) {
	rules, err := readFile("draft.md")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := files.ReadFile("types/nda.md")
	if err != nil {
		t.Fatal(err)
	}
	version := func(raw []byte, rules *promptFile) string {
		f, err := parseFile(raw)
		if err != nil {
			t.Fatal(err)
		}
		d, err := newType(f, rules)
		if err != nil {
			t.Fatal(err)
		}
		v := draft(t, d, DraftParams{}).Version
		if v != d.PromptVersion() {
			t.Error("PromptVersion differs from the prompt's version")
		}
		return v
	}
	original := version(raw, rules)
	if original != version(raw, rules) {
		t.Error("the version is not stable")
	}
	if version(append(slices.Clone(raw), '.'), rules) == original {
		t.Error("editing the type does not change the version")
	}
	edited := *rules
	edited.raw = append(slices.Clone(rules.raw), '.')
	if version(raw, &edited) == original {
		t.Error("editing the common rules does not change the version")
	}
}

func TestInvalidFiles(t *testing.T) {
	rules, err := readFile("draft.md")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := files.ReadFile("types/nda.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string][2]string{
		"no front matter":   {"---\nid", "id"},
		"no id":             {"id: nda\n", ""},
		"broken yaml":       {"id: nda", "id: [nda"},
		"no sections":       {"sections:", "parts:"},
		"duplicate section": {"id: purpose\n", "id: parties\n"},
		"broken template":   {"{{define \"request\"}}", "{{define \"request\"}}{{if}}"},
		"inputs in system":  {"# Type of document", "# {{.Inputs.partyA}}"},
		"bad schema":        {"type: integer, minimum: 1, maximum: 120", "type: number-ish"},
		"bad example":       {"  discloser: mutual\n", "  discloser: both\n"},
		"no request":        {"{{define \"request\"}}", "{{define \"other\"}}"},
		"bad title":         {"titleTemplate: '", "titleTemplate: '{{"},
	} {
		text := strings.Replace(string(raw), edit[0], edit[1], 1)
		if text == string(raw) {
			t.Fatalf("%s: the edit has no effect", name)
		}
		f, err := parseFile([]byte(text))
		if err == nil {
			_, err = newType(f, rules)
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Strict structured output requires every property and allows no others.
func TestAnswerSchemasAreStrict(t *testing.T) {
	s := mustLoad(t)
	raws := []json.RawMessage{s.findings.raw}
	for _, d := range s.Types() {
		raws = append(raws, d.answer.raw)
	}
	var walk func(v any)
	walk = func(v any) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		if m["type"] == "object" {
			props := slices.Sorted(maps.Keys(m["properties"].(map[string]any)))
			var required []string
			for _, r := range m["required"].([]any) {
				required = append(required, r.(string))
			}
			slices.Sort(required)
			if m["additionalProperties"] != false || !slices.Equal(props, required) {
				t.Errorf("not strict: %v", m)
			}
		}
		for _, sub := range m {
			walk(sub)
		}
	}
	for _, raw := range raws {
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		walk(v)
	}
}

func TestCheck(t *testing.T) {
	s := mustLoad(t)
	b, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	p, _ := b.Policy("default")
	analyze, err := s.Analyze(AnalyzeParams{Policy: p, Text: "x"})
	if err != nil {
		t.Fatal(err)
	}
	chat, err := s.Chat(ChatParams{Question: "x"})
	if err != nil {
		t.Fatal(err)
	}
	nda := draft(t, mustType(t, "nda"), DraftParams{})
	const finding = `{"findings":[{"clauseType":"Insurance","quote":"q","severity":"low","confidence":0.5,"rationale":"r","suggestion":"s"}]}`
	for _, c := range []struct {
		prompt Prompt
		answer string
		ok     bool
	}{
		{analyze, finding, true},
		{analyze, `{"findings":[]}`, true},
		{analyze, strings.Replace(finding, "Insurance", "Assurance", 1), false},
		{analyze, strings.Replace(finding, "0.5", "1.5", 1), false},
		{analyze, strings.Replace(finding, "low", "none", 1), false},
		{analyze, strings.Replace(finding, `"quote":"q",`, "", 1), false},
		{analyze, finding[:40], false},
		{analyze, finding + "x", false},
		{nda, `{"title":"t","sections":[{"id":"parties","heading":"h","body":"b"}]}`, true},
		{nda, `{"title":"t","sections":[{"id":"liability","heading":"h","body":"b"}]}`, false},
		{nda, `{"title":"t","sections":[],"note":"n"}`, false},
		{nda, ``, false},
		{chat, `{"answer":"a","clarifications":[{"about":"dates","question":"q"}]}`, true},
		{chat, `{"answer":"a","clarifications":[{"about":"weather","question":"q"}]}`, false},
	} {
		if err := c.prompt.Check([]byte(c.answer)); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.answer, err)
		}
	}
	if chat.SchemaName != "legal_answer" || nda.SchemaName != "draft_nda" {
		t.Error("wrong schema")
	}
}

func TestConcurrentUse(t *testing.T) {
	s := mustLoad(t)
	var wg sync.WaitGroup
	for _, d := range s.Types() {
		for range 4 {
			wg.Go(func() {
				inputs := exampleOf(t, d)
				if bad := d.Validate(inputs); bad != nil {
					t.Error(bad)
				}
				if _, err := d.Prompt(DraftParams{Inputs: inputs}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
}
