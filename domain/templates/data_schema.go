package templates

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/go-openapi/jsonpointer"

	"counsel/domain"
	"counsel/domain/schema"
)

// Limits of a template's schema.
const (
	maxSchema      = 64 << 10 // bytes
	maxSchemaDepth = 12       // nested objects and lists
	maxSchemaNodes = 1000
	maxReferences  = 8 // in a chain
)

// dataSchema holds what placeholders need to know about a value from its JSON Schema.
type dataSchema struct {
	types      []string // the JSON types it may have
	properties map[string]*dataSchema
	required   []string
	items      *dataSchema
	enum       []string // the words of an enumeration that placeholders can test for
	format     string
	money      bool // {amount, currency}, printed as one value
}

func (s *dataSchema) is(jsonType string) bool { return slices.Contains(s.types, jsonType) }

// printable reports whether a placeholder can print the value.
func (s *dataSchema) printable() bool {
	return s.money || len(s.types) > 0 && !s.is("object") && !s.is("array") && !s.is("boolean")
}

// itemSchema is the schema of the items of an array.
func (s *dataSchema) itemSchema() *dataSchema {
	if s.items == nil {
		return &dataSchema{}
	}
	return s.items
}

// parseDataSchema parses and compiles a template's schema. Invalid: /schema and pointers into it.
func parseDataSchema(raw json.RawMessage) (*dataSchema, *schema.Schema, error) {
	if len(raw) > maxSchema {
		return nil, nil, domain.InvalidField("/schema", "must have at most %d bytes", maxSchema)
	}
	root, err := decodeObject(raw)
	if err != nil {
		return nil, nil, domain.InvalidField("/schema", "must be an object")
	}
	p := &schemaParser{root: root}
	if err := p.checkKeywords(root, "/schema", 0); err != nil {
		return nil, nil, err
	}
	s, err := p.parse(root, "/schema", 0)
	if err != nil {
		return nil, nil, err
	}
	if len(s.types) != 1 || !s.is("object") || s.money {
		return nil, nil, domain.InvalidField("/schema", "must describe an object: \"type\": \"object\"")
	}
	compiled, err := schema.Compile("data", raw)
	if err != nil {
		return nil, nil, domain.InvalidField("/schema", "is not a JSON Schema: %s", firstLine(err))
	}
	return s, compiled, nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return abbreviate(strings.TrimPrefix(line, "schema data: "))
}

// abbreviate shortens what an error quotes.
func abbreviate(s string) string { return domain.Abbreviate(s, 200) }

// schemaParser parses one schema.
type schemaParser struct {
	root  map[string]any
	nodes int // visited so far
}

var localReference = regexp.MustCompile(`^#/\$defs/[A-Za-z0-9_-]{1,64}$`)

const dialect = "https://json-schema.org/draft/2020-12/schema"

// checkKeywords rejects keywords that let a schema refer to anything outside itself, at any depth.
func (p *schemaParser) checkKeywords(v any, pointer string, depth int) error {
	if p.nodes++; p.nodes > 50*maxSchemaNodes || depth > 4*maxSchemaDepth {
		return domain.InvalidField("/schema", "is too large or too deep")
	}
	switch v := v.(type) {
	case map[string]any:
		for key, e := range v {
			child := pointer + "/" + jsonpointer.Escape(key)
			switch key {
			case "$ref":
				if ref, ok := e.(string); !ok || !localReference.MatchString(ref) {
					return domain.InvalidField(child, "must refer to #/$defs/…")
				}
			case "$schema":
				if e != dialect {
					return domain.InvalidField(child, "must be %s", dialect)
				}
			case "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary", "id":
				if _, property := e.(map[string]any); !property { // a property may have such a name
					return domain.InvalidField(child, "is not supported")
				}
			}
			if err := p.checkKeywords(e, child, depth+1); err != nil {
				return err
			}
		}
	case []any:
		for i, e := range v {
			if err := p.checkKeywords(e, fmt.Sprintf("%s/%d", pointer, i), depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

var fieldName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)
var enumWord = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// parse parses the schema of one value.
func (p *schemaParser) parse(v any, pointer string, depth int) (*dataSchema, error) {
	if p.nodes++; p.nodes > 51*maxSchemaNodes || depth > maxSchemaDepth {
		return nil, domain.InvalidField(pointer, "the schema is too large or too deep")
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, domain.InvalidField(pointer, "must be an object")
	}
	for hops := 0; m["$ref"] != nil; hops++ {
		ref, _ := m["$ref"].(string)
		defs, _ := p.root["$defs"].(map[string]any)
		target, ok := defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		if !ok || hops > maxReferences {
			return nil, domain.InvalidField(pointer+"/$ref", "refers to nothing")
		}
		m = target
	}
	s := &dataSchema{money: m["x-unit"] == "money"}
	switch t := m["type"].(type) {
	case string:
		s.types = []string{t}
	case []any:
		for _, e := range t {
			if name, ok := e.(string); ok {
				s.types = append(s.types, name)
			}
		}
	}
	s.format, _ = m["format"].(string)
	for _, e := range list(m["enum"]) {
		if w, ok := e.(string); ok && enumWord.MatchString(w) {
			s.enum = append(s.enum, w)
		}
	}
	if len(s.types) == 0 && len(s.enum) > 0 {
		s.types = []string{"string"}
	}
	if len(s.types) == 0 {
		return nil, domain.InvalidField(pointer, "must have a type")
	}
	for _, e := range list(m["required"]) {
		if name, ok := e.(string); ok {
			s.required = append(s.required, name)
		}
	}
	if s.money {
		props, _ := m["properties"].(map[string]any)
		if !s.is("object") || props["amount"] == nil || props["currency"] == nil || !slices.Contains(s.required, "amount") || !slices.Contains(s.required, "currency") {
			return nil, domain.InvalidField(pointer, "a sum of money needs the fields amount and currency")
		}
	}
	if s.is("object") {
		if m["additionalProperties"] != false {
			return nil, domain.InvalidField(pointer+"/additionalProperties", "must be false, so that unknown fields are refused")
		}
		props, _ := m["properties"].(map[string]any)
		s.properties = make(map[string]*dataSchema, len(props))
		for name, property := range props {
			if !fieldName.MatchString(name) {
				return nil, domain.InvalidField(pointer+"/properties", "a field's name must be letters, digits and _, beginning with a letter")
			}
			var err error
			if s.properties[name], err = p.parse(property, pointer+"/properties/"+name, depth+1); err != nil {
				return nil, err
			}
		}
	}
	if s.is("array") {
		var err error
		if s.items, err = p.parse(m["items"], pointer+"/items", depth+1); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}
