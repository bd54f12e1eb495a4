package llm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-openapi/jsonpointer"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compile returns the compiled schema. It caches schemas, because clients send few different ones.
func (s *Server) compile(schema json.RawMessage) (*jsonschema.Schema, error) {
	s.mu.Lock()
	known := s.schemas[string(schema)]
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, fmt.Errorf("the schema is not JSON: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(noLoader{}) // external references are not allowed
	c.AssertFormat()
	if err := c.AddResource("sandbox:schema", doc); err != nil {
		return nil, fmt.Errorf("invalid schema: %w", err)
	}
	compiled, err := c.Compile("sandbox:schema")
	if err != nil {
		return nil, fmt.Errorf("invalid schema: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.schemas) >= 64 {
		clear(s.schemas)
	}
	s.schemas[string(schema)] = compiled
	return compiled, nil
}

type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s is outside the schema", url)
}

// checkStrict checks the rules of strict output: every object lists its properties, requires all of them and allows no
// others.
func checkStrict(v any, at string) error {
	switch v := v.(type) {
	case map[string]any:
		if props, ok := v["properties"].(map[string]any); ok || v["type"] == "object" {
			if v["additionalProperties"] != false {
				return fmt.Errorf("invalid schema for response_format: at %s, 'additionalProperties' is required to be false", at)
			}
			required, _ := v["required"].([]any)
			for name := range props {
				if !slices.Contains(required, any(name)) {
					return fmt.Errorf("invalid schema for response_format: at %s, 'required' must name every property, also %q", at, name)
				}
			}
		}
		for k, e := range v {
			if k == "enum" || k == "const" || k == "examples" || k == "default" {
				continue
			}
			if k == "properties" || k == "$defs" || k == "definitions" {
				named, _ := e.(map[string]any)
				for n, p := range named {
					if err := checkStrict(p, at+"/"+k+"/"+n); err != nil {
						return err
					}
				}
				continue
			}
			if err := checkStrict(e, at+"/"+k); err != nil {
				return err
			}
		}
	case []any:
		for i, e := range v {
			if err := checkStrict(e, fmt.Sprintf("%s/%d", at, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// resolve follows $ref and merges allOf.
func (g *generator) resolve(s map[string]any, hops int) (map[string]any, error) {
	if hops > 32 {
		return nil, errDeep
	}
	if ref, ok := s["$ref"].(string); ok {
		target, err := g.lookup(ref)
		if err != nil {
			return nil, err
		}
		rest := maps.Clone(s)
		delete(rest, "$ref")
		t, ok := target.(map[string]any)
		if !ok {
			if target == false {
				return nil, errImpossible
			}
			t = map[string]any{}
		}
		return g.resolve(merge(rest, t), hops+1)
	}
	if all, ok := s["allOf"].([]any); ok {
		rest := maps.Clone(s)
		delete(rest, "allOf")
		for _, a := range all {
			m, ok := a.(map[string]any)
			if !ok {
				if a == false {
					return nil, errImpossible
				}
				continue
			}
			m, err := g.resolve(m, hops+1)
			if err != nil {
				return nil, err
			}
			rest = merge(rest, m)
		}
		return g.resolve(rest, hops+1)
	}
	return s, nil
}

func (g *generator) lookup(ref string) (any, error) {
	path, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, fmt.Errorf("%q is outside the schema", ref)
	}
	at := g.root
	for _, part := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		if part == "" {
			continue
		}
		part = jsonpointer.Unescape(part)
		m, ok := at.(map[string]any)
		if !ok {
			return nil, errImpossible
		}
		if at, ok = m[part]; !ok {
			return nil, errImpossible
		}
	}
	return at, nil
}

// merge combines two schemas into one that requires both, as far as possible.
func merge(a, b map[string]any) map[string]any {
	out := maps.Clone(a)
	for k, vb := range b {
		va, both := out[k]
		if !both {
			out[k] = vb
			continue
		}
		switch k {
		case "properties", "$defs":
			ma, mb := asMap(va), asMap(vb)
			joined := maps.Clone(ma)
			for n, p := range mb {
				if q, ok := joined[n]; ok {
					p = map[string]any{"allOf": []any{q, p}}
				}
				joined[n] = p
			}
			out[k] = joined
		case "required":
			la, _ := va.([]any)
			lb, _ := vb.([]any)
			out[k] = append(slices.Clone(la), lb...)
		case "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties":
			out[k] = max(float(va), float(vb))
		case "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties":
			out[k] = min(float(va), float(vb))
		case "enum":
			la, _ := va.([]any)
			lb, _ := vb.([]any)
			out[k] = slices.DeleteFunc(slices.Clone(la), func(v any) bool {
				return !slices.ContainsFunc(lb, func(w any) bool { return equal(v, w) })
			})
		case "items":
			out[k] = map[string]any{"allOf": []any{va, vb}}
		case "type":
			out[k] = commonTypes(va, vb)
		case "anyOf", "oneOf":
			// Two lists of alternatives: combine each of the first with the second.
			la, _ := va.([]any)
			with := make([]any, len(la))
			for i, o := range la {
				with[i] = map[string]any{"allOf": []any{o, map[string]any{k: vb}}}
			}
			out[k] = with
		case "additionalProperties", "uniqueItems":
			if vb == false || vb == true && k == "uniqueItems" {
				out[k] = vb
			}
		}
	}
	return out
}

func commonTypes(a, b any) any {
	la, lb := asList(a), asList(b)
	var out []any
	for _, t := range la {
		switch {
		case slices.Contains(lb, t):
			out = append(out, t)
		case t == "number" && slices.Contains(lb, any("integer")), t == "integer" && slices.Contains(lb, any("number")):
			out = append(out, "integer")
		}
	}
	if len(out) == 0 {
		return a // no common type; validation at the end fails
	}
	return out
}

func asList(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

func asMap(v any) map[string]any { m, _ := v.(map[string]any); return m }

func float(v any) float64 {
	f, _ := v.(float64)
	return f
}

func equal(a, b any) bool {
	ra, errA := json.Marshal(a)
	rb, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(ra, rb)
}

// valueType returns the type to generate: the first one listed that is not null, else the one implied by the keywords.
func valueType(s map[string]any, turn uint64) string {
	if t, ok := s["type"]; ok {
		list := asList(t)
		for i := range list {
			if k := list[(uint64(i)+turn)%uint64(len(list))]; k != "null" {
				name, _ := k.(string)
				return name
			}
		}
		return "null"
	}
	for _, k := range []struct{ key, kind string }{
		{"properties", "object"}, {"required", "object"}, {"additionalProperties", "object"}, {"minProperties", "object"},
		{"items", "array"}, {"prefixItems", "array"}, {"minItems", "array"}, {"uniqueItems", "array"},
		{"minimum", "number"}, {"maximum", "number"}, {"exclusiveMinimum", "number"}, {"exclusiveMaximum", "number"}, {"multipleOf", "number"},
	} {
		if _, ok := s[k.key]; ok {
			return k.kind
		}
	}
	return "string"
}
