// Package schema validates values against a JSON Schema and describes each violation in plain words,
// field by field. It validates request bodies, the inputs of drafts and templates, and the answers of
// a language model. The package has no state. The only thing that can fail is compiling a schema.
package schema

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-openapi/jsonpointer"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"counsel/domain"
)

// maxFields is the maximum number of violations in one result.
const maxFields = 100

// Schema is a compiled schema, safe for concurrent use.
type Schema struct{ compiled *jsonschema.Schema }

// Violation is one mismatch. Unknown marks a property that the schema does not define.
type Violation struct {
	domain.Field
	Unknown bool

	explained, pattern bool // an empty string is too short, or a string breaks its format; a string does not match its pattern
}

// Compile compiles a draft 2020-12 schema. "format" is asserted, not only annotated. In addition to the
// standard formats there are iso-4217, a currency code, and line, see IsLine. An e-mail address is what
// domain.ParseEmail accepts.
func Compile(name string, raw []byte) (*Schema, error) {
	at, err := CompileAt(name, raw)
	if err != nil {
		return nil, err
	}
	return at("")
}

// CompileAt reads a document with several schemas that may refer to each other. The returned function
// compiles the schema at a JSON Pointer; shared parts are compiled once.
func CompileAt(name string, raw []byte) (compile func(pointer string) (*Schema, error), err error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", name, err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseRegexpEngine(compilePattern)
	c.RegisterFormat(&jsonschema.Format{Name: "iso-4217", Validate: func(v any) error {
		s, ok := v.(string)
		if !ok {
			return nil
		}
		_, err := currency.ParseISO(s)
		return err
	}})
	for _, name := range []string{"email", "idn-email"} {
		c.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(v any) error {
			s, ok := v.(string)
			if !ok {
				return nil
			}
			_, err := domain.ParseEmail(s)
			return err
		}})
	}
	// as strict as time.Time, which the value is decoded into
	c.RegisterFormat(&jsonschema.Format{Name: "date-time", Validate: func(v any) error {
		s, ok := v.(string)
		if !ok {
			return nil
		}
		return new(time.Time).UnmarshalText([]byte(s))
	}})
	c.RegisterFormat(&jsonschema.Format{Name: "line", Validate: func(v any) error {
		if s, ok := v.(string); ok && !IsLine(s) {
			return errLine
		}
		return nil
	}})
	url := "counsel:" + name
	if err := c.AddResource(url, doc); err != nil {
		return nil, fmt.Errorf("schema %s: %w", name, err)
	}
	return func(pointer string) (*Schema, error) {
		compiled, err := c.Compile(url + "#" + pointer)
		if err != nil {
			return nil, fmt.Errorf("schema %s: %w", name+pointer, err)
		}
		return &Schema{compiled}, nil
	}, nil
}

// Check returns nil if v, as decoded by encoding/json, is valid. Otherwise it returns each violation with
// a JSON Pointer that starts with prefix; for a missing property, the pointer is that of the property
// itself. The details never contain the value.
func (s *Schema) Check(v any, prefix string) []Violation {
	err := s.compiled.Validate(v)
	if err == nil {
		return nil
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return []Violation{{Field: domain.Field{Pointer: prefix, Detail: "is not valid JSON data"}}}
	}
	violations := collect(nil, prefix, invalid)
	explained := map[string]bool{}
	for _, f := range violations {
		if f.explained {
			explained[f.Pointer] = true
		}
	}
	violations = slices.DeleteFunc(violations, func(f Violation) bool { return f.pattern && explained[f.Pointer] }) // the other violation says more
	slices.SortFunc(violations, func(a, b Violation) int {
		return strings.Compare(a.Pointer+"\x00"+a.Detail, b.Pointer+"\x00"+b.Detail)
	})
	violations = slices.Compact(violations)
	return violations[:min(len(violations), maxFields)]
}

// Fields returns the part of each violation that callers see.
func Fields(violations []Violation) []domain.Field {
	if len(violations) == 0 {
		return nil
	}
	fields := make([]domain.Field, len(violations))
	for i, f := range violations {
		fields[i] = f.Field
	}
	return fields
}

func collect(out []Violation, prefix string, e *jsonschema.ValidationError) []Violation {
	add := func(detail string, unknown bool, more ...string) {
		if len(out) >= maxFields {
			return
		}
		out = append(out, Violation{Field: domain.Field{Pointer: pointer(prefix, append(slices.Clone(e.InstanceLocation), more...)), Detail: detail}, Unknown: unknown})
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, p := range k.Missing {
			add("is required", false, p)
		}
		return out
	case *kind.DependentRequired:
		for _, p := range k.Missing {
			add("is required when "+k.Prop+" is given", false, p)
		}
		return out
	case *kind.AdditionalProperties:
		for _, p := range k.Properties {
			add("is not a known field", true, p)
		}
		return out
	}
	if len(e.Causes) > 0 {
		for _, c := range e.Causes {
			if len(out) >= maxFields {
				break
			}
			out = collect(out, prefix, c)
		}
		return out
	}
	f := Violation{Field: domain.Field{Pointer: pointer(prefix, e.InstanceLocation), Detail: detail(e.ErrorKind)}}
	switch k := e.ErrorKind.(type) {
	case *kind.MinLength:
		f.explained = k.Got == 0
	case *kind.Format:
		f.explained = true
	case *kind.Pattern:
		f.pattern = true
	}
	return append(out, f)
}

// detail describes a violation in plain words.
func detail(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return "must be " + article(strings.Join(k.Want, " or "))
	case *kind.Enum:
		words := make([]string, len(k.Want))
		for i, w := range k.Want {
			words[i] = fmt.Sprint(w)
		}
		return "must be one of " + strings.Join(words, ", ")
	case *kind.Const:
		return fmt.Sprintf("must be %v", k.Want)
	case *kind.Format:
		switch k.Want {
		case "date":
			return "must be a date such as 2026-01-31"
		case "date-time":
			return "must be a time such as 2026-01-31T12:00:00Z"
		case "line":
			return errLine.Error()
		case "email", "idn-email":
			return "must be an e-mail address"
		case "uuid":
			return "must be a UUID"
		case "iso-4217":
			return "must be a currency code such as EUR"
		}
		return "must be a valid " + k.Want
	case *kind.MinLength:
		if k.Want == 1 {
			return "must not be empty"
		}
		return fmt.Sprintf("must have at least %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("must have at most %d characters", k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("must have at least %d item(s)", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("must have at most %d items", k.Want)
	case *kind.MinProperties:
		return fmt.Sprintf("must have at least %d field(s)", k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("must have at most %d fields", k.Want)
	case *kind.UniqueItems:
		return "must not repeat an item"
	case *kind.Minimum:
		return "must be at least " + k.Want.RatString()
	case *kind.Maximum:
		return "must be at most " + k.Want.RatString()
	case *kind.Pattern:
		return patternDetail(k.Want)
	case *kind.FalseSchema:
		return "is not allowed here"
	}
	return k.LocalizedString(message.NewPrinter(language.English))
}

func article(noun string) string {
	if strings.ContainsRune("aeio", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

func pointer(prefix string, path []string) string {
	var b strings.Builder
	b.WriteString(prefix)
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(jsonpointer.Escape(p))
	}
	return b.String()
}
