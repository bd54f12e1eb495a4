package documents

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cbroglie/mustache"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"

	"counsel/domain"
	"counsel/domain/doc"
	"counsel/domain/schema"
)

// A template's body is YAML front matter and Markdown with the placeholders of Mustache:
//
//	{{name}} {{party.name}}        a text, number, date or sum of the data
//	{{#x}} … {{/x}}                shown when x is given and not false; once an item, when x is a list
//	{{^x}} … {{/x}}                shown when x is not given, false, or an empty list
//	{{#kind=sale}} … {{/kind=sale}} shown when x, a word of a fixed list, is that word
//	{{names|list}}                 a list of texts in one line: a, b and c
//	{{#rows|any}} … {{/rows|any}}  shown once when the list has items
//
// Dates, numbers, sums and lists are written for the template's language (package locale).
// There are no includes. What the schema does not require may only be printed where a section has
// asked for it, so that no sentence is printed around a hole.
const (
	maxTemplate = 200_000 // characters of a body
	maxNesting  = 20      // sections inside sections
	maxOutput   = 2 << 20 // bytes of Markdown that a template may become
	maxSteps    = 1_000_000
)

// layout is the front matter.
type layout struct {
	Name        string  `yaml:"name"`  // of the template
	Title       string  `yaml:"title"` // of the document; takes placeholders
	Description string  `yaml:"description"`
	Language    string  `yaml:"language"`
	Page        sheet   `yaml:"page"`
	Header      running `yaml:"header"`
	Footer      running `yaml:"footer"`
	Numbering   string  `yaml:"numbering"` // clauses, none
}

type sheet struct {
	Size      string `yaml:"size"`
	Landscape bool   `yaml:"landscape"`
	Margins   struct {
		Left   float64 `yaml:"left"`
		Top    float64 `yaml:"top"`
		Right  float64 `yaml:"right"`
		Bottom float64 `yaml:"bottom"`
	} `yaml:"margins"`
}

type running struct {
	Left   string `yaml:"left"`
	Center string `yaml:"center"`
	Right  string `yaml:"right"`
}

// form is a template made ready to be filled in. It is immutable.
type form struct {
	name, description string
	language          language.Tag
	page              doc.Page
	numbered          bool
	body              *mustache.Template
	heading           *mustache.Template    // the title
	running           [6]*mustache.Template // header, then footer: left, center, right
	shape             *shape
	data              *schema.Schema
	created           time.Time
}

// parseForm reads a template and holds it against its own sample. Invalid: /body, /schema,
// /sampleData and pointers into them.
func parseForm(body string, rawSchema, rawSample json.RawMessage, created time.Time) (*form, error) {
	f := &form{created: created}
	var err error
	if f.shape, f.data, err = parseShape(rawSchema); err != nil {
		return nil, err
	}
	meta, text, err := splitBody(body)
	if err != nil {
		return nil, err
	}
	if err := f.read(meta); err != nil {
		return nil, err
	}
	parts := []struct {
		to       **mustache.Template
		where, s string
	}{
		{&f.body, "", text}, {&f.heading, "title: ", meta.Title},
		{&f.running[0], "header: ", meta.Header.Left}, {&f.running[1], "header: ", meta.Header.Center}, {&f.running[2], "header: ", meta.Header.Right},
		{&f.running[3], "footer: ", meta.Footer.Left}, {&f.running[4], "footer: ", meta.Footer.Center}, {&f.running[5], "footer: ", meta.Footer.Right},
	}
	for _, p := range parts {
		if *p.to, err = parsePlaceholders(p.s, f.shape); err != nil {
			return nil, domain.InvalidField("/body", "%s%v", p.where, err)
		}
	}
	sample, err := decode(rawSample)
	if err != nil {
		return nil, domain.InvalidField("/sampleData", "must be an object")
	}
	d, err := f.fill(sample, doc.CurrentRules, "/sampleData", "/body")
	if err != nil {
		return nil, err
	}
	_, err = d.Outline()
	return f, err
}

func decode(raw json.RawMessage) (map[string]any, error) {
	var v map[string]any
	err := json.Unmarshal(raw, &v)
	if err == nil && v == nil {
		err = errors.New("null")
	}
	return v, err
}

func splitBody(body string) (layout, string, error) {
	var l layout
	switch {
	case !utf8.ValidString(body), strings.ContainsFunc(body, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' }):
		return l, "", domain.InvalidField("/body", "must not hold control characters")
	case utf8.RuneCountInString(body) > maxTemplate:
		return l, "", domain.InvalidField("/body", "must have at most %d characters", maxTemplate)
	case strings.ContainsAny(body, doc.MarkerOpen+doc.MarkerClose):
		return l, "", domain.InvalidField("/body", "must not hold the private-use characters U+E000 and U+E001")
	}
	body = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(body)
	rest, ok := strings.CutPrefix(body, "---\n")
	head, text, closed := strings.Cut(rest, "\n---\n")
	if !ok || !closed {
		return l, "", domain.InvalidField("/body", "must begin with front matter between two lines of ---")
	}
	if strings.Contains(head, "&") && strings.Contains(head, "*") {
		// Aliases make much out of little; nothing here needs them.
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(head), &n); err != nil || aliased(&n) {
			return l, "", domain.InvalidField("/body", "front matter: anchors and aliases are not taken")
		}
	}
	d := yaml.NewDecoder(strings.NewReader(head))
	d.KnownFields(true)
	if err := d.Decode(&l); err != nil {
		return l, "", domain.InvalidField("/body", "front matter: %s", clip(strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", " "), "yaml: ")))
	}
	return l, text, nil
}

// aliased reports whether YAML refers to itself.
func aliased(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || slices.ContainsFunc(n.Content, aliased)
}

func (f *form) read(l layout) error {
	fault := func(format string, args ...any) error {
		return domain.InvalidField("/body", "front matter: "+format, args...)
	}
	f.name, f.description = strings.TrimSpace(l.Name), strings.TrimSpace(l.Description)
	for key, text := range map[string]string{"name": f.name, "title": strings.TrimSpace(l.Title)} {
		if n := utf8.RuneCountInString(text); n == 0 || n > maxTitle || strings.Contains(text, "\n") {
			return fault("%s must be one line of 1 to %d characters", key, maxTitle)
		}
	}
	if utf8.RuneCountInString(f.description) > 1000 {
		return fault("description must have at most 1000 characters")
	}
	var err error
	if f.language, err = language.Parse(cmp.Or(l.Language, "en")); err != nil {
		return fault("language is not a tag such as en-GB")
	}
	f.page = doc.Page{Size: doc.PageSize(cmp.Or(l.Page.Size, string(doc.A4))), Landscape: l.Page.Landscape, Margins: doc.Margins(l.Page.Margins)}
	if f.page.Size != doc.A4 && f.page.Size != doc.Letter {
		return fault("page.size must be A4 or Letter")
	}
	if m := f.page.Margins; m != (doc.Margins{}) {
		for _, mm := range []float64{m.Left, m.Top, m.Right, m.Bottom} {
			if !(mm >= 10 && mm <= 60) {
				return fault("page.margins must be 10 to 60 mm each")
			}
		}
	}
	switch l.Numbering {
	case "", "clauses":
		f.numbered = true
	case "none":
	default:
		return fault("numbering must be clauses or none")
	}
	return nil
}

var setDelimiters = regexp.MustCompile(`\{\{\s*=`)

func parsePlaceholders(text string, root *shape) (*mustache.Template, error) {
	if setDelimiters.MatchString(text) {
		return nil, errors.New("other delimiters than {{ and }} are not taken")
	}
	t, err := mustache.ParseStringPartials(text, &mustache.StaticProvider{})
	if err != nil {
		return nil, errors.New(clip(err.Error()))
	}
	t.Escape(func(s string) string { return s }) // only marks are printed
	c := checker{frames: []frame{{root, ""}}, asked: map[string]int{}}
	return t, c.check(t.Tags())
}

// fill makes a document of data. at is where the data is, source where the template is, as
// JSON Pointers for errors. Errors: Invalid, TooLarge.
func (f *form) fill(data map[string]any, rules doc.RulesVersion, at, source string) (doc.Document, error) {
	if faults := f.data.Check(data, at); faults != nil {
		return doc.Document{}, &domain.Error{Code: domain.Invalid, Message: "The data does not fit the template.", Fields: schema.Fields(faults)}
	}
	v := &doc.Values{}
	w := &filler{values: v, formatter: doc.FormatterFor(f.language, rules)}
	tree := w.tree(f.shape, data, at)
	if len(w.faults) > 0 {
		return doc.Document{}, &domain.Error{Code: domain.Invalid, Message: "The data does not fit the template.", Fields: w.faults}
	}
	render := func(t *mustache.Template) (string, error) {
		out := &bounded{}
		if err := t.FRender(out, tree); err != nil || out.full {
			return "", domain.Errorf(domain.TooLarge, "With this data the template becomes too large.")
		}
		return out.b.String(), nil
	}
	line := func(t *mustache.Template) (s, pointer string, err error) {
		if s, err = render(t); err == nil {
			s, pointer = v.ExpandLine(s)
		}
		return strings.TrimSpace(s), pointer, err
	}
	d := doc.Document{Rules: rules, Page: f.page, Meta: doc.Meta{Language: f.language.String(), Created: f.created, Source: source}}
	var err error
	var pointer string
	if d.Meta.Title, pointer, err = line(f.heading); err != nil {
		return doc.Document{}, err
	}
	d.Meta.Source = cmp.Or(pointer, source)
	for i, to := range []*string{&d.Header.Left, &d.Header.Center, &d.Header.Right, &d.Footer.Left, &d.Footer.Center, &d.Footer.Right} {
		expanded, err := render(f.running[i])
		if err != nil {
			return doc.Document{}, err
		}
		var b strings.Builder
		at := &d.Header.Source
		if i >= 3 {
			at = &d.Footer.Source
		}
		*at = cmp.Or(*at, source)
		v.Expand(expanded, func(segment doc.Segment) {
			b.WriteString(strings.ReplaceAll(segment.Text, "\n", " "))
			if segment.Pointer == "" {
				return
			}
			*at = segment.Pointer
			if strings.ContainsAny(segment.Text, "{}") { // {page} and {title} are replaced there
				err = domain.InvalidField(segment.Pointer, "must not hold { or }: it stands in the header or footer")
			}
		})
		if *to = strings.TrimSpace(b.String()); err != nil {
			return doc.Document{}, err
		}
	}
	text, err := render(f.body)
	if err != nil {
		return doc.Document{}, err
	}
	if d.Blocks, err = doc.ParseMarkdownWithValues(text, source, f.numbered, v); err != nil {
		return doc.Document{}, err
	}
	doc.LabelSignatures(d.Blocks, f.language, rules)
	return d, nil
}

// bounded takes the output of a template, up to a size and a number of writes: there is one for
// each step of a template, also of one that prints nothing.
type bounded struct {
	b     bytes.Buffer
	steps int
	full  bool
}

var errFull = errors.New("too much output")

func (w *bounded) Write(p []byte) (int, error) {
	if w.steps++; w.full || w.steps > maxSteps || w.b.Len()+len(p) > maxOutput {
		w.full = true
		return 0, errFull
	}
	return w.b.Write(p)
}

// filler turns data into what the template engine sees: for each text, number, date and sum a
// mark, and with them the names that the placeholders know beyond the data's own.
type filler struct {
	values    *doc.Values
	formatter doc.ValueFormatter
	faults    []domain.Field
}

func (w *filler) tree(s *shape, v any, at string) any {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		return w.text(s, v, at)
	case float64:
		if v > 1<<53 || v < -1<<53 {
			w.fault(at, "is too large for a number: give it as a text")
		}
		return w.values.Add(w.number(s, v), at)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			here := at + "/" + strconv.Itoa(i)
			if list[i] = w.tree(s.itemShape(), e, here); list[i] == "" {
				w.fault(here, "must not be blank")
			}
		}
		return list
	case map[string]any:
		if s.money() {
			return w.values.Add(w.sum(v), at)
		}
		m := make(map[string]any, len(s.properties))
		for _, name := range slices.Sorted(maps.Keys(s.properties)) {
			p := s.properties[name]
			here := at + "/" + name
			m[name], m[name+"|list"], m[name+"|any"] = false, "", false // or an outer thing of that name would be found
			if v[name] == nil {
				continue
			}
			m[name] = w.tree(p, v[name], here)
			if word, ok := v[name].(string); ok && slices.Contains(p.words, word) {
				m[name+"="+word] = true
			}
			if list, ok := v[name].([]any); ok && len(list) > 0 {
				m[name+"|any"] = true
				if p.itemShape().printable() {
					m[name+"|list"] = w.joined(p.itemShape(), list, here)
				}
			}
			if word, ok := v[name].(string); ok && strings.TrimSpace(word) == "" && slices.Contains(s.required, name) {
				w.fault(here, "must not be blank")
			}
		}
		for name, p := range s.properties {
			for _, word := range p.words {
				if _, given := m[name+"="+word]; !given {
					m[name+"="+word] = false
				}
			}
		}
		return m
	}
	return false
}

func (w *filler) fault(at, detail string) {
	if len(w.faults) < 100 {
		w.faults = append(w.faults, domain.Field{Pointer: at, Detail: detail})
	}
}

// text checks and marks a text. A blank one counts as not given.
func (w *filler) text(s *shape, v, at string) string {
	v = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(v)
	if strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		w.fault(at, "must not hold control characters")
	}
	if v = strings.TrimSpace(v); v == "" {
		return ""
	}
	return w.values.Add(w.display(s, v), at)
}

func (w *filler) joined(s *shape, list []any, at string) string {
	var parts []string
	for _, e := range list {
		switch e := e.(type) {
		case string:
			parts = append(parts, w.display(s, strings.Join(strings.Fields(e), " ")))
		case float64:
			parts = append(parts, w.number(s, e))
		case map[string]any:
			parts = append(parts, w.sum(e))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return w.values.Add(w.formatter.List(parts), at)
}

// display writes a date in full; other texts stay what they are.
func (w *filler) display(s *shape, v string) string {
	if s.format != "date" {
		return v
	}
	day, err := time.Parse(time.DateOnly, v)
	if err != nil {
		return v
	}
	return w.formatter.Date(day)
}

// number writes a number. A whole one of up to four digits may be a year, so that it is grouped
// only where the schema allows decimals.
func (w *filler) number(s *shape, v float64) string {
	return w.formatter.Number(strconv.FormatFloat(v, 'f', -1, 64), s.is("number"))
}

// sum writes {amount: minor units, currency}.
func (w *filler) sum(m map[string]any) string {
	code, _ := m["currency"].(string)
	amount, _ := m["amount"].(float64)
	return w.formatter.Amount(int64(amount), code)
}
