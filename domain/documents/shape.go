package documents

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cbroglie/mustache"

	"counsel/domain"
	"counsel/domain/schema"
)

// What a template's schema may be.
const (
	maxSchema      = 64 << 10 // bytes
	maxSchemaDepth = 12       // objects and lists inside one another
	maxSchemaNodes = 1000
	maxReferences  = 8 // from one to the next
)

// shape is what a JSON Schema says of a value, as far as placeholders need to know.
type shape struct {
	kinds      []string // the JSON types it may have
	properties map[string]*shape
	required   []string
	items      *shape
	words      []string // of a fixed list
	format     string
	sum        bool // {amount, currency}, printed as one
}

func (s *shape) is(kind string) bool { return slices.Contains(s.kinds, kind) }
func (s *shape) money() bool         { return s.sum }
func (s *shape) printable() bool {
	return s.sum || len(s.kinds) > 0 && !s.is("object") && !s.is("array") && !s.is("boolean")
}

func (s *shape) itemShape() *shape {
	if s.items == nil {
		return &shape{}
	}
	return s.items
}

// parseShape reads a template's schema. Invalid: /schema and pointers into it.
func parseShape(raw json.RawMessage) (*shape, *schema.Schema, error) {
	if len(raw) > maxSchema {
		return nil, nil, domain.InvalidField("/schema", "must have at most %d bytes", maxSchema)
	}
	doc, err := decode(raw)
	if err != nil {
		return nil, nil, domain.InvalidField("/schema", "must be an object")
	}
	r := &shapeReader{doc: doc}
	if err := r.harmless(doc, "/schema", 0); err != nil {
		return nil, nil, err
	}
	s, err := r.read(doc, "/schema", 0)
	if err != nil {
		return nil, nil, err
	}
	if len(s.kinds) != 1 || !s.is("object") || s.sum {
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
	return clip(strings.TrimPrefix(line, "schema data: "))
}

// clip keeps what is quoted in an error short.
func clip(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

type shapeReader struct {
	doc   map[string]any
	nodes int
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

var localReference = regexp.MustCompile(`^#/\$defs/[A-Za-z0-9_-]{1,64}$`)

const dialect = "https://json-schema.org/draft/2020-12/schema"

// harmless refuses what would make a schema reach outside itself, wherever it stands.
func (r *shapeReader) harmless(v any, at string, depth int) error {
	if r.nodes++; r.nodes > 50*maxSchemaNodes || depth > 4*maxSchemaDepth {
		return domain.InvalidField("/schema", "is too large or too deep")
	}
	switch v := v.(type) {
	case map[string]any:
		for key, e := range v {
			here := at + "/" + pointerEscape.Replace(key)
			switch key {
			case "$ref":
				if ref, ok := e.(string); !ok || !localReference.MatchString(ref) {
					return domain.InvalidField(here, "must lead to #/$defs/…")
				}
			case "$schema":
				if e != dialect {
					return domain.InvalidField(here, "must be %s", dialect)
				}
			case "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary", "id":
				if _, property := e.(map[string]any); !property { // a field may have such a name
					return domain.InvalidField(here, "is not taken")
				}
			}
			if err := r.harmless(e, here, depth+1); err != nil {
				return err
			}
		}
	case []any:
		for i, e := range v {
			if err := r.harmless(e, fmt.Sprintf("%s/%d", at, i), depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

var fieldName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)
var word = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (r *shapeReader) read(v any, at string, depth int) (*shape, error) {
	if r.nodes++; r.nodes > 51*maxSchemaNodes || depth > maxSchemaDepth {
		return nil, domain.InvalidField(at, "the schema is too large or too deep")
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, domain.InvalidField(at, "must be an object")
	}
	for hops := 0; m["$ref"] != nil; hops++ {
		ref, _ := m["$ref"].(string)
		defs, _ := r.doc["$defs"].(map[string]any)
		target, ok := defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		if !ok || hops > maxReferences {
			return nil, domain.InvalidField(at+"/$ref", "leads nowhere")
		}
		m = target
	}
	s := &shape{sum: m["x-unit"] == "money"}
	switch t := m["type"].(type) {
	case string:
		s.kinds = []string{t}
	case []any:
		for _, e := range t {
			if kind, ok := e.(string); ok {
				s.kinds = append(s.kinds, kind)
			}
		}
	}
	s.format, _ = m["format"].(string)
	for _, e := range list(m["enum"]) {
		if w, ok := e.(string); ok && word.MatchString(w) {
			s.words = append(s.words, w)
		}
	}
	if len(s.kinds) == 0 && len(s.words) > 0 {
		s.kinds = []string{"string"}
	}
	if len(s.kinds) == 0 {
		return nil, domain.InvalidField(at, "must say its type")
	}
	for _, e := range list(m["required"]) {
		if name, ok := e.(string); ok {
			s.required = append(s.required, name)
		}
	}
	if s.sum {
		props, _ := m["properties"].(map[string]any)
		if !s.is("object") || props["amount"] == nil || props["currency"] == nil || !slices.Contains(s.required, "amount") || !slices.Contains(s.required, "currency") {
			return nil, domain.InvalidField(at, "a sum of money needs the fields amount and currency")
		}
	}
	if s.is("object") {
		if m["additionalProperties"] != false {
			return nil, domain.InvalidField(at+"/additionalProperties", "must be false, so that unknown fields are refused")
		}
		props, _ := m["properties"].(map[string]any)
		s.properties = make(map[string]*shape, len(props))
		for name, p := range props {
			if !fieldName.MatchString(name) {
				return nil, domain.InvalidField(at+"/properties", "a field's name must be letters, digits and _, beginning with a letter")
			}
			var err error
			if s.properties[name], err = r.read(p, at+"/properties/"+name, depth+1); err != nil {
				return nil, err
			}
		}
	}
	if s.is("array") {
		var err error
		if s.items, err = r.read(m["items"], at+"/items", depth+1); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// checker holds placeholders against the schema before there is data.
type checker struct {
	frames []frame        // what the names are looked up in, the innermost last
	asked  map[string]int // the paths that sections around have asked for
}

type frame struct {
	shape *shape
	path  string
}

// found is what a name leads to.
type found struct {
	shape  *shape
	path   string
	word   string // of name=word
	joined bool   // name|list
	any    bool   // name|any
	sure   bool   // it is there whatever the data
}

func (c *checker) check(tags []mustache.Tag) error {
	if len(c.frames) > maxNesting {
		return errors.New("has sections too deep inside one another")
	}
	for _, t := range tags {
		if t.Type() == mustache.Partial {
			return fmt.Errorf("{{>%s}}: templates cannot include others, nor themselves", clip(t.Name()))
		}
		f, err := c.find(t.Name())
		if err != nil {
			return fmt.Errorf("{{%s}}: %w", clip(t.Name()), err)
		}
		switch t.Type() {
		case mustache.Variable:
			err = printable(f)
		case mustache.InvertedSection:
			if f.joined {
				err = errors.New("only prints")
			} else {
				c.frames = append(c.frames, c.frames[len(c.frames)-1])
				err = c.check(t.Tags())
				c.frames = c.frames[:len(c.frames)-1]
				if err != nil {
					return err
				}
			}
		case mustache.Section:
			if f.joined {
				err = errors.New("only prints")
				break
			}
			inner := frame{f.shape, f.path}
			if f.word != "" || f.any {
				inner.shape = &shape{kinds: []string{"boolean"}}
			} else if f.shape.is("array") {
				inner = frame{f.shape.itemShape(), f.path + "/*"}
			}
			c.frames = append(c.frames, inner)
			c.ask(f.path, 1)
			err := c.check(t.Tags())
			c.ask(f.path, -1)
			c.frames = c.frames[:len(c.frames)-1]
			if err != nil {
				return err
			}
		}
		if err != nil {
			return fmt.Errorf("{{%s}}: %w", clip(t.Name()), err)
		}
	}
	return nil
}

// ask notes that a section stands or falls with a path, and so with all that leads to it.
func (c *checker) ask(path string, n int) {
	for i, r := range path {
		if r == '/' && i > 0 {
			c.asked[path[:i]] += n
		}
	}
	c.asked[path] += n
}

func printable(f found) error {
	switch {
	case f.word != "", f.any:
		return errors.New("only opens a section")
	case f.joined:
	case !f.shape.printable():
		return errors.New("cannot be printed: it is no text, number, date or sum; use a section")
	}
	if !f.sure {
		return errors.New("may be absent, since the schema does not require it; print it inside a section that asks for it")
	}
	return nil
}

func (c *checker) find(name string) (found, error) {
	top := c.frames[len(c.frames)-1]
	if name == "." {
		return found{shape: top.shape, path: top.path, sure: true}, nil
	}
	plain, w, isWord := strings.Cut(name, "=")
	plain, joined := strings.CutSuffix(plain, "|list")
	plain, some := strings.CutSuffix(plain, "|any")
	parts := strings.Split(plain, ".")
	for i := len(c.frames) - 1; i >= 0; i-- {
		at := c.frames[i]
		if at.shape.sum || at.shape.properties[parts[0]] == nil {
			continue
		}
		f := found{shape: at.shape, path: at.path, word: w, joined: joined, any: some, sure: true}
		for _, part := range parts {
			next := f.shape.properties[part]
			if f.shape.sum || next == nil {
				return f, errors.New("is not in the schema")
			}
			required := slices.Contains(f.shape.required, part) && !next.is("null")
			f.path += "/" + part
			f.shape = next
			f.sure = f.sure && (required || c.asked[f.path] > 0)
		}
		switch {
		case isWord && !slices.Contains(f.shape.words, w):
			return f, fmt.Errorf("%q is not a word of its fixed list", clip(w))
		case joined && (isWord || !f.shape.is("array") || !f.shape.itemShape().printable()):
			return f, errors.New("is not a list of texts or numbers")
		case some && (isWord || joined || !f.shape.is("array")):
			return f, errors.New("is not a list")
		}
		return f, nil
	}
	return found{}, errors.New("is not in the schema")
}
