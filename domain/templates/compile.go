package templates

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
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

// A template's body is YAML front matter, followed by Markdown with Mustache placeholders:
//
//	{{name}} {{party.name}}        prints a text, number, date or sum of money
//	{{#x}} … {{/x}}                shown if x is present and not false; once per item if x is a list
//	{{^x}} … {{/x}}                shown if x is absent, false, or an empty list
//	{{#kind=sale}} … {{/kind=sale}} shown if kind, an enumeration, has that value
//	{{names|list}}                 prints a list of texts in one line: a, b and c
//	{{#rows|any}} … {{/rows|any}}  shown once if the list has items
//
// Dates, numbers, sums and lists are formatted for the template's language (package locale). There are
// no includes. A value that the schema does not require may only be printed inside a section that tests
// for it, so that no sentence is printed with a gap.
const (
	maxBody    = 200_000   // characters of a body
	maxTitle   = 300       // characters of a name and of a title
	maxNesting = 20        // nested sections
	maxOutput  = 2 << 20   // bytes of Markdown that a template may produce
	maxWrites  = 1_000_000 // of the template engine
)

// frontMatter is the metadata at the beginning of a body.
type frontMatter struct {
	Name        string      `yaml:"name"`  // of the template
	Title       string      `yaml:"title"` // of the document; may contain placeholders
	Description string      `yaml:"description"`
	Language    string      `yaml:"language"`
	Page        pageSetup   `yaml:"page"`
	Header      runningText `yaml:"header"`
	Footer      runningText `yaml:"footer"`
	Numbering   string      `yaml:"numbering"` // clauses or none
}

type pageSetup struct {
	Size      string `yaml:"size"`
	Landscape bool   `yaml:"landscape"`
	Margins   struct {
		Left   float64 `yaml:"left"`
		Top    float64 `yaml:"top"`
		Right  float64 `yaml:"right"`
		Bottom float64 `yaml:"bottom"`
	} `yaml:"margins"`
}

type runningText struct {
	Left   string `yaml:"left"`
	Center string `yaml:"center"`
	Right  string `yaml:"right"`
}

// compiled is a template version that is ready to be bound to data. It is immutable.
type compiled struct {
	name, description string
	language          language.Tag
	page              doc.Page
	numbered          bool
	body              *mustache.Template
	title             *mustache.Template
	running           [6]*mustache.Template // header, then footer: left, center, right
	dataSchema        *dataSchema
	validator         *schema.Schema
	createdAt         time.Time
}

// compile compiles a template and checks that its sample data can be bound to it. Invalid: /body,
// /schema, /sampleData and pointers into them.
func compile(body string, rawSchema, rawSample json.RawMessage, createdAt time.Time) (*compiled, error) {
	c := &compiled{createdAt: createdAt}
	var err error
	if c.dataSchema, c.validator, err = parseDataSchema(rawSchema); err != nil {
		return nil, err
	}
	meta, text, err := splitBody(body)
	if err != nil {
		return nil, err
	}
	if err := c.applyFrontMatter(meta); err != nil {
		return nil, err
	}
	parts := []struct {
		to        **mustache.Template
		prefix, s string // prefix of an error
	}{
		{&c.body, "", text}, {&c.title, "title: ", meta.Title},
		{&c.running[0], "header: ", meta.Header.Left}, {&c.running[1], "header: ", meta.Header.Center}, {&c.running[2], "header: ", meta.Header.Right},
		{&c.running[3], "footer: ", meta.Footer.Left}, {&c.running[4], "footer: ", meta.Footer.Center}, {&c.running[5], "footer: ", meta.Footer.Right},
	}
	for _, p := range parts {
		if *p.to, err = parsePlaceholders(p.s, c.dataSchema); err != nil {
			return nil, domain.InvalidField("/body", "%s%v", p.prefix, err)
		}
	}
	sample, err := decodeObject(rawSample)
	if err != nil {
		return nil, domain.InvalidField("/sampleData", "must be an object")
	}
	d, err := c.bind(sample, doc.CurrentRules, "/sampleData", "/body")
	if err != nil {
		return nil, err
	}
	_, err = d.Outline()
	return c, err
}

// decodeObject decodes a JSON object; null is an error.
func decodeObject(raw json.RawMessage) (map[string]any, error) {
	var v map[string]any
	err := json.Unmarshal(raw, &v)
	if err == nil && v == nil {
		err = errors.New("null")
	}
	return v, err
}

// splitBody splits a body into its front matter and its text.
func splitBody(body string) (frontMatter, string, error) {
	var meta frontMatter
	switch {
	case !utf8.ValidString(body), strings.ContainsFunc(body, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' }):
		return meta, "", domain.InvalidField("/body", "must not contain control characters")
	case utf8.RuneCountInString(body) > maxBody:
		return meta, "", domain.InvalidField("/body", "must have at most %d characters", maxBody)
	case strings.ContainsAny(body, doc.MarkerOpen+doc.MarkerClose):
		return meta, "", domain.InvalidField("/body", "must not contain the private-use characters U+E000 and U+E001")
	}
	body = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(body)
	rest, ok := strings.CutPrefix(body, "---\n")
	head, text, closed := strings.Cut(rest, "\n---\n")
	if !ok || !closed {
		return meta, "", domain.InvalidField("/body", "must begin with front matter between two lines of ---")
	}
	if strings.Contains(head, "&") && strings.Contains(head, "*") {
		// Aliases can expand a small document into a huge one; nothing here needs them.
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(head), &n); err != nil || aliased(&n) {
			return meta, "", domain.InvalidField("/body", "front matter: anchors and aliases are not supported")
		}
	}
	d := yaml.NewDecoder(strings.NewReader(head))
	d.KnownFields(true)
	if err := d.Decode(&meta); err != nil {
		return meta, "", domain.InvalidField("/body", "front matter: %s", abbreviate(strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", " "), "yaml: ")))
	}
	return meta, text, nil
}

// aliased reports whether a YAML document contains an alias.
func aliased(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || slices.ContainsFunc(n.Content, aliased)
}

// applyFrontMatter validates the front matter and applies it.
func (c *compiled) applyFrontMatter(meta frontMatter) error {
	fault := func(format string, args ...any) error {
		return domain.InvalidField("/body", "front matter: "+format, args...)
	}
	c.name, c.description = strings.TrimSpace(meta.Name), strings.TrimSpace(meta.Description)
	for key, text := range map[string]string{"name": c.name, "title": strings.TrimSpace(meta.Title)} {
		if n := utf8.RuneCountInString(text); n == 0 || n > maxTitle || strings.Contains(text, "\n") {
			return fault("%s must be one line of 1 to %d characters", key, maxTitle)
		}
	}
	if utf8.RuneCountInString(c.description) > 1000 {
		return fault("description must have at most 1000 characters")
	}
	var err error
	if c.language, err = language.Parse(cmp.Or(meta.Language, "en")); err != nil {
		return fault("language is not a tag such as en-GB")
	}
	c.page = doc.Page{Size: doc.PageSize(cmp.Or(meta.Page.Size, string(doc.A4))), Landscape: meta.Page.Landscape, Margins: doc.Margins(meta.Page.Margins)}
	if c.page.Size != doc.A4 && c.page.Size != doc.Letter {
		return fault("page.size must be A4 or Letter")
	}
	if m := c.page.Margins; m != (doc.Margins{}) {
		for _, mm := range []float64{m.Left, m.Top, m.Right, m.Bottom} {
			if !(mm >= 10 && mm <= 60) {
				return fault("page.margins must be 10 to 60 mm each")
			}
		}
	}
	switch meta.Numbering {
	case "", "clauses":
		c.numbered = true
	case "none":
	default:
		return fault("numbering must be clauses or none")
	}
	return nil
}
