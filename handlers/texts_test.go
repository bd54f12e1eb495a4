package handlers_test

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"counsel/domain"
	"counsel/domain/schema"
	"counsel/gen/api"
	"counsel/sandbox/testkit"
)

// sampleTexts are texts at the edges of the patterns: scripts that need joiners, marks and symbols, line ends, and what one pattern
// allows and another refuses.
var sampleTexts = []string{
	"می\u200cخواهم", "क\u094d\u200dष", "👩\u200d⚖️ Ada", "Ada\u0301", "\u0600\u0661", "  Ada  ", "\u00a0Ada\u3000", "𝔸da", "Ada <b>&\"'", "Ada\u200a", "Ada \u061b", "Ada\ufe0f", "Ada\u180b",
	"Ada\rGrace", "Ada\r\nGrace", "Ada\tGrace", "\r\nAda\r", "Ada\u200bGrace", "Ada\u202eGrace", "Ada\ufeff", "Ada\u2028Grace", "Ada\u00adGrace", "Ada\ue000", "Ada\ufffe", "Ada\u0000", "Ada\u0085", "Ada\u007f", "\u200bAda", "\u2800Ada",
}

// contractRule is a rule that a schema cannot state.
type contractRule struct {
	Operations []string
	Pointer    string
	Detail     string
}

func contractRules(t *testing.T) (rules []contractRule) {
	t.Helper()
	raw, err := os.ReadFile("../tests/contract/requests/rules.yaml")
	testkit.Must(t, err)
	testkit.Must(t, yaml.Unmarshal(raw, &rules))
	return rules
}

// texts are the JSON Pointers of the texts in v whose schema has a pattern of x-patterns, with that schema.
func texts(s *openapi3.Schema, v any, at string, patterns map[string]bool, found map[string]*openapi3.Schema) {
	for _, part := range s.AllOf {
		texts(part.Value, v, at, patterns, found)
	}
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "---\n") { // a template, see domain/templates
			return
		}
		if patterns[s.Pattern] {
			found[at] = s
		}
	case map[string]any:
		for name, p := range s.Properties {
			if field, ok := v[name]; ok {
				texts(p.Value, field, at+"/"+name, patterns, found)
			}
		}
	case []any:
		if s.Items != nil && len(v) > 0 {
			texts(s.Items.Value, v[0], at+"/0", patterns, found)
		}
	}
}

// setText replaces the text at a JSON Pointer.
func setText(v any, pointer []string, text string) any {
	if len(pointer) == 0 {
		return text
	}
	switch v := v.(type) {
	case map[string]any:
		v[pointer[0]] = setText(v[pointer[0]], pointer[1:], text)
	case []any:
		i, _ := strconv.Atoi(pointer[0])
		v[i] = setText(v[i], pointer[1:], text)
	}
	return v
}

// useIDs replaces the ids of what exists in an example.
func useIDs(v any, ids map[string]string) any {
	switch v := v.(type) {
	case map[string]any:
		for name, field := range v {
			if id, ok := ids[name]; ok {
				v[name] = id
			} else {
				v[name] = useIDs(field, ids)
			}
		}
	case []any:
		for i := range v {
			v[i] = useIDs(v[i], ids)
		}
	}
	return v
}

// TestTextsOfSchemas: each rule for a text in the domain accepts what the pattern in the contract accepts, in every field of every
// request, except for the rules that tests/contract lists.
func TestTextsOfSchemas(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	m := &matrixFixture{fixture: f, admin: f.admin(), owner: f.register("keeper", domain.RoleLawyer), member: f.register("mate", domain.RoleClient)}
	doc, err := api.GetSpec()
	testkit.Must(t, err)
	patterns := map[string]bool{}
	for _, p := range doc.Extensions["x-patterns"].(map[string]any) {
		patterns[p.(string)] = true
	}
	escapes := regexp.MustCompile(`\\u([0-9A-F]{4})`)
	rules := contractRules(t)
	built := m.build()
	fields, accepted := 0, map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil || op.RequestBody.Value.Content["application/json"] == nil {
				continue
			}
			content := op.RequestBody.Value.Content["application/json"]
			raw := ""
			for _, e := range content.Examples {
				encoded, err := json.Marshal(e.Value.Value)
				testkit.Must(t, err)
				if len(encoded) > len(raw) {
					raw = string(encoded)
				}
			}
			who := m.owner
			if roles, _ := op.Extensions["x-roles"].([]any); len(roles) == 0 {
				who = nil
			} else if !slices.Contains(roles, any("lawyer")) {
				who = m.admin
			}
			if who != nil {
				raw = strings.ReplaceAll(raw, exampleUser, who.ID.String())
			}
			concrete := placeholder.ReplaceAllStringFunc(path, func(p string) string {
				if id, ok := built.ids[p[1:len(p)-1]]; ok {
					return id
				}
				return domain.NewID().String()
			})
			var body any
			testkit.Must(t, json.Unmarshal([]byte(raw), &body))
			encoded, err := json.Marshal(useIDs(body, built.ids))
			testkit.Must(t, err)
			raw = string(encoded)
			found := map[string]*openapi3.Schema{}
			texts(content.Schema.Value, body, "", patterns, found)
			for pointer, s := range found {
				fields++
				pattern, err := regexp.Compile(escapes.ReplaceAllString(s.Pattern, `\x{$1}`))
				testkit.Must(t, err)
				for _, text := range sampleTexts {
					if n := uint64(utf8.RuneCountInString(text)); !pattern.MatchString(text) || s.Format == "line" && !schema.IsLine(text) || n < s.MinLength || s.MaxLength != nil && n > *s.MaxLength {
						continue
					}
					var changed any
					testkit.Must(t, json.Unmarshal([]byte(raw), &changed))
					changed = setText(changed, strings.Split(pointer, "/")[1:], text)
					a := f.call(who, method, concrete, changed)
					switch {
					case a.status < 300:
						accepted[op.OperationID+pointer] = true
					case a.status == http.StatusBadRequest:
						t.Errorf("%s %s: %q is refused: %s", op.OperationID, pointer, text, a.body)
					case a.status == http.StatusUnprocessableEntity:
						for _, e := range a.problem().Errors {
							listed := slices.ContainsFunc(rules, func(r contractRule) bool {
								return (len(r.Operations) == 0 || slices.Contains(r.Operations, op.OperationID)) && strings.Contains(e.Detail, r.Detail) && regexp.MustCompile("^"+r.Pointer+"$").MatchString(e.Pointer)
							})
							if e.Pointer == pointer && !listed {
								t.Errorf("%s %s: %q matches the schema and %s", op.OperationID, pointer, text, e.Detail)
							}
						}
					}
				}
			}
		}
	}
	if fields < 25 || len(accepted) < 15 {
		t.Errorf("%d fields, of which %d accepted a text", fields, len(accepted))
	}
}
