package schema_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"counsel/domain/schema"
)

const person = `{
	"type": "object", "additionalProperties": false, "required": ["name", "e/mail"], "minProperties": 1,
	"properties": {
		"name": {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "\\S"},
		"e/mail": {"type": "string", "format": "idn-email"},
		"fee": {"type": "object", "properties": {"currency": {"type": "string", "format": "iso-4217"}}},
		"tags": {"type": "array", "maxItems": 1, "items": {"enum": ["a", "b"]}},
		"age": {"type": "integer", "minimum": 0, "maximum": 150}
	}
}`

func TestCheck(t *testing.T) {
	s, err := schema.Compile("person", []byte(person))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ body, pointer, detail string }{
		"valid":         {`{"name":"Ada","e/mail":"a@b.ie","tags":["a"],"age":36,"fee":{"currency":"EUR"}}`, "", ""},
		"missing":       {`{"name":"Ada"}`, "/in/e~1mail", "is required"},
		"unknown":       {`{"name":"Ada","e/mail":"a@b.ie","NAME":"x"}`, "/in/NAME", "is not a known field"},
		"wrong type":    {`{"name":7,"e/mail":"a@b.ie"}`, "/in/name", "must be a string"},
		"short":         {`{"name":"A","e/mail":"a@b.ie"}`, "/in/name", "must have at least 2 characters"},
		"blank":         {`{"name":"   ","e/mail":"a@b.ie"}`, "/in/name", "must not be blank"},
		"format":        {`{"name":"Ada","e/mail":"a"}`, "/in/e~1mail", "must be an e-mail address"},
		"currency":      {`{"name":"Ada","e/mail":"a@b.ie","fee":{"currency":"EURO"}}`, "/in/fee/currency", "must be a currency code such as EUR"},
		"array element": {`{"name":"Ada","e/mail":"a@b.ie","tags":["c"]}`, "/in/tags/0", "must be one of a, b"},
		"number":        {`{"name":"Ada","e/mail":"a@b.ie","age":151}`, "/in/age", "must be at most 150"},
		"not an object": {`[]`, "/in", "must be an object"},
	} {
		t.Run(name, func(t *testing.T) {
			var v any
			if err := json.Unmarshal([]byte(c.body), &v); err != nil {
				t.Fatal(err)
			}
			violations := s.Check(v, "/in")
			if c.pointer == "" {
				if violations != nil {
					t.Fatalf("unexpected violations: %v", violations)
				}
				return
			}
			if len(violations) != 1 || violations[0].Pointer != c.pointer || violations[0].Detail != c.detail {
				t.Fatalf("got %+v, want %s %s", violations, c.pointer, c.detail)
			}
			if violations[0].Unknown != (name == "unknown") {
				t.Fatalf("Unknown is %v", violations[0].Unknown)
			}
		})
	}
}

func TestPatternsInWords(t *testing.T) {
	s, err := schema.Compile("words", []byte(`{"properties": {
		"name": {"type": "string", "format": "line", "minLength": 1, "maxLength": 200, "pattern": `+strconv.Quote(schema.Title)+`},
		"text": {"type": "string", "pattern": `+strconv.Quote(schema.Body)+`},
		"id": {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_.-]+$"}
	}}`))
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`{"name":""}`:              "/name must not be empty",
		`{"name":"  "}`:            "/name must not be blank",
		`{"name":"a\u0000\u0000"}`: "/name must be a single line without control characters, invisible characters or text-direction overrides",
		`{"text":"\u0000"}`:        "/text must not be blank and must not contain control characters",
		`{"id":"a b"}`:             "/id may hold only letters, digits, hyphens, underscores and dots",
		`{"id":""}`:                "/id must not be empty",
		`{"name":"","id":"ä"}`:     "/id may hold only letters, digits, hyphens, underscores and dots; /name must not be empty",
	} {
		var v any
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range s.Check(v, "") {
			got = append(got, f.Pointer+" "+f.Detail)
		}
		if joined := strings.Join(got, "; "); joined != want {
			t.Errorf("%s: got %s, want %s", body, joined, want)
		}
	}
}

func TestCheckNeverRepeatsValues(t *testing.T) {
	s, err := schema.Compile("person", []byte(person))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.Check(map[string]any{"name": "classified", "e/mail": "classified", "age": "classified"}, "") {
		if strings.Contains(f.Detail, "classified") {
			t.Errorf("the detail of %s repeats the value: %s", f.Pointer, f.Detail)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	for _, raw := range []string{"", "{", `{"type": "unheard-of"}`, `{"$ref": "#/nowhere"}`} {
		if _, err := schema.Compile("bad", []byte(raw)); err == nil {
			t.Errorf("%q compiled", raw)
		}
	}
}
