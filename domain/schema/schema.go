// Package schema holds values to a JSON Schema and says in plain words, field by field,
// where they do not fit. The contract's bodies, the inputs of drafts and the answers of a
// model are all checked by it. It keeps no state; a schema that does not compile is the one
// thing that can fail.
package schema

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"counsel/domain"
)

// maxFields bounds how many faults one answer names.
const maxFields = 100

// Schema is a compiled schema, safe for concurrent use.
type Schema struct{ compiled *jsonschema.Schema }

// Fault is one thing that does not fit. Unknown marks a property the schema does not name.
type Fault struct {
	domain.Field
	Unknown bool

	empty, form bool // a text is too short at no length; has not the form of its pattern
}

// Compile reads a draft 2020-12 schema. "format" is checked, not only noted; to the standard
// formats it adds iso-4217, a currency code; an address of e-mail is what domain.ParseEmail takes.
func Compile(name string, raw []byte) (*Schema, error) {
	at, err := CompileAt(name, raw)
	if err != nil {
		return nil, err
	}
	return at("")
}

// CompileAt reads a document that holds several schemas, which may refer to each other, and
// compiles those at the JSON Pointers it is asked for. What they share is compiled once.
func CompileAt(name string, raw []byte) (func(pointer string) (*Schema, error), error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", name, err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
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
	// What is bound to a time.Time has to be read by it.
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

// Check returns nil when v, as encoding/json decodes it, fits. Otherwise it names each fault
// by a JSON Pointer that begins with prefix; a missing property is pointed at itself. The
// details never repeat a value that was given.
func (s *Schema) Check(v any, prefix string) []Fault {
	err := s.compiled.Validate(v)
	if err == nil {
		return nil
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return []Fault{{Field: domain.Field{Pointer: prefix, Detail: "is not valid JSON data"}}}
	}
	faults := collect(nil, prefix, invalid)
	empty := map[string]bool{}
	for _, f := range faults {
		if f.empty {
			empty[f.Pointer] = true
		}
	}
	faults = slices.DeleteFunc(faults, func(f Fault) bool { return f.form && empty[f.Pointer] }) // that it is empty says it all
	slices.SortFunc(faults, func(a, b Fault) int {
		return strings.Compare(a.Pointer+"\x00"+a.Detail, b.Pointer+"\x00"+b.Detail)
	})
	faults = slices.Compact(faults)
	return faults[:min(len(faults), maxFields)]
}

// Fields drops from faults all but what a caller is told.
func Fields(faults []Fault) []domain.Field {
	if len(faults) == 0 {
		return nil
	}
	fields := make([]domain.Field, len(faults))
	for i, f := range faults {
		fields[i] = f.Field
	}
	return fields
}

func collect(out []Fault, prefix string, e *jsonschema.ValidationError) []Fault {
	add := func(detail string, unknown bool, more ...string) {
		if len(out) >= maxFields {
			return
		}
		out = append(out, Fault{Field: domain.Field{Pointer: pointer(prefix, append(slices.Clone(e.InstanceLocation), more...)), Detail: detail}, Unknown: unknown})
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
	f := Fault{Field: domain.Field{Pointer: pointer(prefix, e.InstanceLocation), Detail: detail(e.ErrorKind)}}
	switch k := e.ErrorKind.(type) {
	case *kind.MinLength:
		f.empty = k.Got == 0
	case *kind.Pattern:
		f.form = true
	}
	return append(out, f)
}

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
		if words, ok := patterns[k.Want]; ok {
			return words
		}
		return "must have the form " + k.Want
	case *kind.FalseSchema:
		return "is not allowed here"
	}
	return k.LocalizedString(message.NewPrinter(language.English))
}

// patterns says in words what a pattern of the contract or of a form asks for.
var patterns = map[string]string{
	`\S`:                                     "must not be blank",
	`^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$`: "must not be blank and must not hold control characters",
	`^[A-Za-z0-9_-]+$`:                       "may hold only letters, digits, hyphens and underscores",
	`^[A-Za-z0-9_.-]+$`:                      "may hold only letters, digits, hyphens, underscores and dots",
	`^[a-z0-9-]+$`:                           "may hold only lower-case letters, digits and hyphens",
	`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`:    "must be a BCP 47 language tag such as en-IE",
}

func article(noun string) string {
	if strings.ContainsRune("aeio", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

func pointer(prefix string, path []string) string {
	var b strings.Builder
	b.WriteString(prefix)
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(pointerEscape.Replace(p))
	}
	return b.String()
}
