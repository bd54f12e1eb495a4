package templates

import (
	"bytes"
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/cbroglie/mustache"

	"counsel/domain"
	"counsel/domain/doc"
	"counsel/domain/schema"
)

// bind makes a document from data. dataPointer and source are the JSON Pointers of the data and of the
// template, for errors. Errors: Invalid, TooLarge.
func (c *compiled) bind(data map[string]any, rules doc.RulesVersion, dataPointer, source string) (doc.Document, error) {
	if faults := c.validator.Check(data, dataPointer); faults != nil {
		return doc.Document{}, &domain.Error{Code: domain.Invalid, Message: "The data does not fit the template.", Fields: schema.Fields(faults)}
	}
	values := &doc.Values{}
	b := &binder{values: values, formatter: doc.FormatterFor(c.language, rules)}
	view := b.view(c.dataSchema, data, dataPointer)
	if len(b.faults) > 0 {
		return doc.Document{}, &domain.Error{Code: domain.Invalid, Message: "The data does not fit the template.", Fields: b.faults}
	}
	render := func(t *mustache.Template) (string, error) {
		out := &limitedWriter{}
		if err := t.FRender(out, view); err != nil || out.full {
			return "", domain.Errorf(domain.TooLarge, "With this data the template becomes too large.")
		}
		return out.buffer.String(), nil
	}
	d := doc.Document{Rules: rules, Page: c.page, Meta: doc.Meta{Language: c.language.String(), Created: c.createdAt, Source: source}}
	title, err := render(c.title)
	if err != nil {
		return doc.Document{}, err
	}
	title, pointer := values.ExpandLine(title)
	d.Meta.Title, d.Meta.Source = strings.TrimSpace(title), cmp.Or(pointer, source)
	for i, to := range []*string{&d.Header.Left, &d.Header.Center, &d.Header.Right, &d.Footer.Left, &d.Footer.Center, &d.Footer.Right} {
		text, err := render(c.running[i])
		if err != nil {
			return doc.Document{}, err
		}
		textSource := &d.Header.Source
		if i >= 3 {
			textSource = &d.Footer.Source
		}
		*textSource = cmp.Or(*textSource, source)
		var line strings.Builder
		values.Expand(text, func(segment doc.Segment) {
			line.WriteString(strings.ReplaceAll(segment.Text, "\n", " "))
			if segment.Pointer == "" {
				return
			}
			*textSource = segment.Pointer
			if strings.ContainsAny(segment.Text, "{}") { // {page} and {title} are replaced there
				err = domain.InvalidField(segment.Pointer, "must not contain { or }: it is printed in the header or footer")
			}
		})
		if *to = strings.TrimSpace(line.String()); err != nil {
			return doc.Document{}, err
		}
	}
	text, err := render(c.body)
	if err != nil {
		return doc.Document{}, err
	}
	if d.Blocks, err = doc.ParseMarkdownWithValues(text, source, c.numbered, values); err != nil {
		return doc.Document{}, err
	}
	doc.LabelSignatures(d.Blocks, c.language, rules)
	return d, nil
}

// limitedWriter buffers the output of a template, up to a size and a number of writes. The engine writes
// at each step, even when it prints nothing, so that the limit also bounds the time it takes.
type limitedWriter struct {
	buffer bytes.Buffer
	writes int
	full   bool
}

var errFull = errors.New("too much output")

func (w *limitedWriter) Write(p []byte) (int, error) {
	if w.writes++; w.full || w.writes > maxWrites || w.buffer.Len()+len(p) > maxOutput {
		w.full = true
		return 0, errFull
	}
	return w.buffer.Write(p)
}

// binder turns data into the view of the template engine: a marker for each text, number, date and sum,
// and the names that placeholders know in addition to those of the data.
type binder struct {
	values    *doc.Values
	formatter doc.ValueFormatter
	faults    []domain.Field
}

// view converts one value.
func (b *binder) view(s *dataSchema, v any, pointer string) any {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		return b.text(s, v, pointer)
	case float64:
		if v > 1<<53 || v < -1<<53 {
			b.fault(pointer, "is too large for a number: use a text")
		}
		return b.values.Add(b.number(s, v), pointer)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			item := pointer + "/" + strconv.Itoa(i)
			if list[i] = b.view(s.itemSchema(), e, item); list[i] == "" {
				b.fault(item, "must not be blank")
			}
		}
		return list
	case map[string]any:
		if s.money {
			return b.values.Add(b.sum(v), pointer)
		}
		return b.object(s, v, pointer)
	}
	return false
}

// object converts an object. It sets every name that a placeholder may have: the engine would look up a
// missing one in the outer scopes.
func (b *binder) object(s *dataSchema, v map[string]any, pointer string) map[string]any {
	m := make(map[string]any, len(s.properties))
	for _, name := range slices.Sorted(maps.Keys(s.properties)) {
		p := s.properties[name]
		child := pointer + "/" + name
		m[name], m[name+"|list"], m[name+"|any"] = false, "", false
		if v[name] == nil {
			continue
		}
		m[name] = b.view(p, v[name], child)
		if word, ok := v[name].(string); ok && slices.Contains(p.enum, word) {
			m[name+"="+word] = true
		}
		if list, ok := v[name].([]any); ok && len(list) > 0 {
			m[name+"|any"] = true
			if p.itemSchema().printable() {
				m[name+"|list"] = b.joined(p.itemSchema(), list, child)
			}
		}
		if text, ok := v[name].(string); ok && strings.TrimSpace(text) == "" && slices.Contains(s.required, name) {
			b.fault(child, "must not be blank")
		}
	}
	for name, p := range s.properties {
		for _, word := range p.enum {
			if _, set := m[name+"="+word]; !set {
				m[name+"="+word] = false
			}
		}
	}
	return m
}

const maxFaults = 100 // fields that an error names

func (b *binder) fault(pointer, detail string) {
	if len(b.faults) < maxFaults {
		b.faults = append(b.faults, domain.Field{Pointer: pointer, Detail: detail})
	}
}

// text checks a text and adds it to the values. A blank one counts as absent.
func (b *binder) text(s *dataSchema, v, pointer string) string {
	v = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(v)
	if strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		b.fault(pointer, "must not contain control characters")
	}
	if v = strings.TrimSpace(v); v == "" {
		return ""
	}
	return b.values.Add(b.format(s, v), pointer)
}

// joined formats a list of printable values in one line.
func (b *binder) joined(s *dataSchema, list []any, pointer string) string {
	var parts []string
	for _, e := range list {
		switch e := e.(type) {
		case string:
			parts = append(parts, b.format(s, strings.Join(strings.Fields(e), " ")))
		case float64:
			parts = append(parts, b.number(s, e))
		case map[string]any:
			parts = append(parts, b.sum(e))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return b.values.Add(b.formatter.List(parts), pointer)
}

// format formats a date; other texts are unchanged.
func (b *binder) format(s *dataSchema, v string) string {
	if s.format != "date" {
		return v
	}
	day, err := time.Parse(time.DateOnly, v)
	if err != nil {
		return v
	}
	return b.formatter.Date(day)
}

// number formats a number. An integer of up to four digits may be a year, so that digits are grouped
// only where the schema allows decimals.
func (b *binder) number(s *dataSchema, v float64) string {
	return b.formatter.Number(strconv.FormatFloat(v, 'f', -1, 64), s.is("number"))
}

// sum formats {amount: minor units, currency}.
func (b *binder) sum(m map[string]any) string {
	code, _ := m["currency"].(string)
	amount, _ := m["amount"].(float64)
	return b.formatter.Amount(int64(amount), code)
}
