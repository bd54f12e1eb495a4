package templates

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cbroglie/mustache"
)

var setDelimiters = regexp.MustCompile(`\{\{\s*=`)

// parsePlaceholders parses a text with placeholders and checks them against the schema.
func parsePlaceholders(text string, root *dataSchema) (*mustache.Template, error) {
	if setDelimiters.MatchString(text) {
		return nil, errors.New("only the delimiters {{ and }} are supported")
	}
	t, err := mustache.ParseStringPartials(text, &mustache.StaticProvider{})
	if err != nil {
		return nil, errors.New(abbreviate(err.Error()))
	}
	t.Escape(func(s string) string { return s }) // only markers are printed
	c := placeholderChecker{scopes: []scope{{root, ""}}, guarded: map[string]int{}}
	return t, c.check(t.Tags())
}

// placeholderChecker checks placeholders against the schema, before there are data.
type placeholderChecker struct {
	scopes  []scope        // in which names are looked up, the innermost last
	guarded map[string]int // paths, with the number of enclosing sections that test them
}

// scope is a value in whose properties names are looked up.
type scope struct {
	schema *dataSchema
	path   string
}

// resolved is what the name of a placeholder refers to.
type resolved struct {
	schema  *dataSchema
	path    string
	word    string // of name=word
	joined  bool   // name|list
	any     bool   // name|any
	present bool   // whatever the data
}

// check checks the placeholders of a template, or of a section of one.
func (c *placeholderChecker) check(tags []mustache.Tag) error {
	if len(c.scopes) > maxNesting {
		return errors.New("has too deeply nested sections")
	}
	for _, t := range tags {
		if t.Type() == mustache.Partial {
			return fmt.Errorf("{{>%s}}: templates cannot include others, nor themselves", abbreviate(t.Name()))
		}
		r, err := c.resolve(t.Name())
		if err != nil {
			return fmt.Errorf("{{%s}}: %w", abbreviate(t.Name()), err)
		}
		switch t.Type() {
		case mustache.Variable:
			err = r.checkPrintable()
		case mustache.InvertedSection:
			if r.joined {
				err = errors.New("can only be printed")
			} else {
				c.scopes = append(c.scopes, c.scopes[len(c.scopes)-1])
				err = c.check(t.Tags())
				c.scopes = c.scopes[:len(c.scopes)-1]
				if err != nil {
					return err
				}
			}
		case mustache.Section:
			if r.joined {
				err = errors.New("can only be printed")
				break
			}
			inner := scope{r.schema, r.path}
			if r.word != "" || r.any {
				inner.schema = &dataSchema{types: []string{"boolean"}}
			} else if r.schema.is("array") {
				inner = scope{r.schema.itemSchema(), r.path + "/*"}
			}
			c.scopes = append(c.scopes, inner)
			c.guard(r.path, 1)
			err := c.check(t.Tags())
			c.guard(r.path, -1)
			c.scopes = c.scopes[:len(c.scopes)-1]
			if err != nil {
				return err
			}
		}
		if err != nil {
			return fmt.Errorf("{{%s}}: %w", abbreviate(t.Name()), err)
		}
	}
	return nil
}

// guard adds n to the number of enclosing sections that test a path, and thereby every path above it.
func (c *placeholderChecker) guard(path string, n int) {
	for i, r := range path {
		if r == '/' && i > 0 {
			c.guarded[path[:i]] += n
		}
	}
	c.guarded[path] += n
}

// checkPrintable checks that a placeholder can print the value, whatever the data.
func (r resolved) checkPrintable() error {
	switch {
	case r.word != "", r.any:
		return errors.New("can only open a section")
	case r.joined:
	case !r.schema.printable():
		return errors.New("cannot be printed: it is not a text, number, date or sum of money; use a section")
	}
	if !r.present {
		return errors.New("may be absent, since the schema does not require it; print it inside a section that tests for it")
	}
	return nil
}

// resolve looks a name up, from the innermost scope outwards.
func (c *placeholderChecker) resolve(name string) (resolved, error) {
	top := c.scopes[len(c.scopes)-1]
	if name == "." {
		return resolved{schema: top.schema, path: top.path, present: true}, nil
	}
	plain, word, isWord := strings.Cut(name, "=")
	plain, joined := strings.CutSuffix(plain, "|list")
	plain, some := strings.CutSuffix(plain, "|any")
	parts := strings.Split(plain, ".")
	for i := len(c.scopes) - 1; i >= 0; i-- {
		s := c.scopes[i]
		if s.schema.money || s.schema.properties[parts[0]] == nil {
			continue
		}
		r := resolved{schema: s.schema, path: s.path, word: word, joined: joined, any: some, present: true}
		for _, part := range parts {
			next := r.schema.properties[part]
			if r.schema.money || next == nil {
				return r, errors.New("is not in the schema")
			}
			required := slices.Contains(r.schema.required, part) && !next.is("null")
			r.path += "/" + part
			r.schema = next
			r.present = r.present && (required || c.guarded[r.path] > 0)
		}
		switch {
		case isWord && !slices.Contains(r.schema.enum, word):
			return r, fmt.Errorf("%q is not a value of its enumeration", abbreviate(word))
		case joined && (isWord || !r.schema.is("array") || !r.schema.itemSchema().printable()):
			return r, errors.New("is not a list of texts or numbers")
		case some && (isWord || joined || !r.schema.is("array")):
			return r, errors.New("is not a list")
		}
		return r, nil
	}
	return resolved{}, errors.New("is not in the schema")
}
