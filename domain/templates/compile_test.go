package templates

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"counsel/domain"
	"counsel/domain/doc"
	"counsel/domain/doc/doctest"
)

func parse(body, schema, sample string) (*compiled, error) {
	return compile(body, json.RawMessage(schema), json.RawMessage(sample), builtinCreatedAt)
}

func withBody(text string) string {
	return "---\nname: N\ntitle: T\n---\n" + text
}

// testSchema has fields of all types.
const testSchema = `{"type":"object","additionalProperties":false,"required":["name","count","price","kind","tags","rows"],"properties":{
	"name":{"type":"string"},"maybe":{"type":"string"},"count":{"type":"integer"},"flag":{"type":"boolean"},
	"kind":{"type":"string","enum":["sale","rent"]},"day":{"type":"string","format":"date"},
	"price":{"type":"object","x-unit":"money","additionalProperties":false,"required":["amount","currency"],"properties":{"amount":{"type":"integer"},"currency":{"type":"string"}}},
	"tags":{"type":"array","items":{"type":"string"}},
	"party":{"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"type":"string"},"mail":{"type":"string"}}},
	"rows":{"type":"array","items":{"$ref":"#/$defs/row"}}},
	"$defs":{"row":{"type":"object","additionalProperties":false,"required":["what"],"properties":{"what":{"type":"string"},"maybe":{"type":"string"}}}}}`

const testSample = `{"name":"Ada","count":3,"price":{"amount":123456,"currency":"EUR"},"kind":"sale","tags":["a","b","c"],"rows":[{"what":"x"},{"what":"y","maybe":"z"}]}`

func bind(t testing.TB, text, data string) (doc.Document, error) {
	t.Helper()
	f, err := parse(withBody(text), testSchema, testSample)
	if err != nil {
		t.Fatalf("%v %v", err, fieldsOf(err))
	}
	var v map[string]any
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		t.Fatal(err)
	}
	return f.bind(v, doc.CurrentRules, "/data", "/templateId")
}

func TestPlaceholders(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"a text":         {"Dear {{name}}!", "Dear Ada!"},
		"a number":       {"{{count}}.", "3."},
		"a sum":          {"{{price}}", "EUR\u00a01,234.56"},
		"a list":         {"{{tags|list}}", "a, b and c"},
		"each":           {"{{#tags}}<{{.}}>{{/tags}}", "<a><b><c>"},
		"whether any":    {"{{#rows|any}}yes{{/rows|any}}", "yes"},
		"rows":           {"{{#rows}}[{{what}}{{#maybe}} {{maybe}}{{/maybe}}]{{/rows}}", "[x][y z]"},
		"a word":         {"{{#kind=sale}}sold{{/kind=sale}}{{#kind=rent}}let{{/kind=rent}}{{^kind=rent}} not let{{/kind=rent}}", "sold not let"},
		"absent":         {"x{{#maybe}}{{maybe}}{{/maybe}}{{^maybe}}none{{/maybe}}{{#party}}{{name}}{{/party}}", "xnone"},
		"raw is not raw": {"{{{name}}} {{&name}}", "Ada Ada"},
		"a comment":      {"a{{! not for the reader }}b", "ab"},
		"an outer field": {"{{#rows}}{{name}}{{/rows}}", "AdaAda"},
		"in bold":        {"**{{name}}** and *{{count}}*", "Ada and 3"},
		"as a link":      {"[{{name}}](https://example.com/{{count}})", "Ada"},
		"as no link":     {"[x]({{name}})", "x (Ada)"},
		"in code":        {"`{{name}}`", "Ada"},
		"in HTML":        {"<b title='{{name}}'>", "<b title='Ada'>"},
		"an escape":      {`\*{{name}}\* &amp; \&amp;`, "*Ada* & &amp;"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := bind(t, tc.text, testSample)
			if err != nil {
				t.Fatalf("%v %v", err, fieldsOf(err))
			}
			if got := strings.TrimSuffix(strings.TrimPrefix(plainText(d), "T      \n"), "\n"); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
	d, err := bind(t, "[{{name}}](https://example.com/{{count}}) *{{name}}*", testSample)
	if err != nil {
		t.Fatal(err)
	}
	want := []doc.Span{{Text: "Ada", Link: "https://example.com/3", Source: "/data/name"}, {Text: " "}, {Text: "Ada", Italic: true, Source: "/data/name"}}
	if got := d.Blocks[0].(doc.Paragraph).Text; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

// TestValueFormats formats dates, numbers, sums and lists as the template's language does, by the
// current rules and by those of earlier documents.
func TestValueFormats(t *testing.T) {
	const text = "{{#day}}{{day}}{{/day}} | {{price}} | {{count}} | {{area}} | {{tags|list}}"
	schema := strings.Replace(testSchema, `"properties":{`, `"properties":{"area":{"type":"number"},`, 1)
	schema = strings.Replace(schema, `["name",`, `["area","name",`, 1)
	data := map[string]any{"name": "Ada", "day": "2026-01-31", "count": 2026.0, "area": 1234.5, "kind": "sale", "rows": []any{},
		"price": map[string]any{"amount": 1240000.0, "currency": "EUR"}, "tags": []any{"Ada", "Grace", "Mary"}}
	sample, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	values := func(d doc.Document) string {
		return strings.ReplaceAll(strings.TrimSpace(strings.TrimPrefix(plainText(d), "T")), "\u00a0", " ")
	}
	for language, want := range map[string]string{
		"de": "31. Januar 2026 | 12.400,00 EUR | 2026 | 1.234,5 | Ada, Grace und Mary",
		"fr": "31 janvier 2026 | 12 400,00 EUR | 2026 | 1 234,5 | Ada, Grace et Mary",
		"es": "31 de enero de 2026 | 12.400,00 EUR | 2026 | 1234,5 | Ada, Grace y Mary",
		"en": "31 January 2026 | EUR 12,400.00 | 2026 | 1,234.5 | Ada, Grace and Mary",
	} {
		f, err := parse("---\nname: N\ntitle: T\nlanguage: "+language+"\n---\n"+text, schema, string(sample))
		if err != nil {
			t.Fatalf("%v %v", err, fieldsOf(err))
		}
		d, err := f.bind(data, doc.CurrentRules, "/data", "/templateId")
		if err != nil {
			t.Fatal(err)
		}
		if got := values(d); got != want {
			t.Errorf("%s: %q, not %q", language, got, want)
		}
		if language != "de" {
			continue
		}
		if d, err = f.bind(data, doc.RulesV1, "/data", "/templateId"); err != nil {
			t.Fatal(err)
		}
		if got := values(d); got != "2026-01-31 | EUR 12.400,00 | 2026 | 1234.5 | Ada, Grace, Mary" {
			t.Errorf("by the earlier rules: %q", got)
		}
	}
}

func TestCompileInvalid(t *testing.T) {
	object := func(properties string) string {
		return `{"type":"object","additionalProperties":false,"properties":{` + properties + `}}`
	}
	deep := `{"type":"string"}`
	for range 20 {
		deep = `{"type":"object","additionalProperties":false,"properties":{"a":` + deep + `}}`
	}
	for name, tc := range map[string]struct{ body, schema, sample, pointer, detail string }{
		"no front matter":       {"# Hello", testSchema, testSample, "/body", "front matter"},
		"no title":              {"---\nname: x\n---\n", testSchema, testSample, "/body", "title"},
		"an unknown key":        {"---\nname: x\ntitle: x\nscript: x\n---\n", testSchema, testSample, "/body", "script"},
		"a paper":               {"---\nname: x\ntitle: x\npage: { size: A0 }\n---\n", testSchema, testSample, "/body", "page.size"},
		"margins":               {"---\nname: x\ntitle: x\npage: { margins: { left: 500, top: 20, right: 20, bottom: 20 } }\n---\n", testSchema, testSample, "/body", "margins"},
		"no number":             {"---\nname: x\ntitle: x\npage: { margins: { left: .nan, top: 20, right: 20, bottom: 20 } }\n---\n", testSchema, testSample, "/body", "margins"},
		"a numbering":           {"---\nname: x\ntitle: x\nnumbering: roman\n---\n", testSchema, testSample, "/body", "numbering"},
		"a language":            {"---\nname: x\ntitle: x\nlanguage: klingon please\n---\n", testSchema, testSample, "/body", "language"},
		"a YAML bomb":           {"---\nname: &a x\ntitle: *a\n---\n", testSchema, testSample, "/body", "aliases"},
		"an include of itself":  {withBody("{{>notice}}"), testSchema, testSample, "/body", "include"},
		"a file":                {withBody("{{> /etc/passwd}}"), testSchema, testSample, "/body", "include"},
		"an include inside":     {withBody("{{#rows}}{{>notice}}{{/rows}}"), testSchema, testSample, "/body", "include"},
		"other delimiters":      {withBody("{{=<% %>=}}<%name%>"), testSchema, testSample, "/body", "delimiters"},
		"an open section":       {withBody("{{#rows}}"), testSchema, testSample, "/body", "rows"},
		"a crossed section":     {withBody("{{#rows}}{{#tags}}{{/rows}}{{/tags}}"), testSchema, testSample, "/body", "rows"},
		"an open tag":           {withBody("{{name"), testSchema, testSample, "/body", "tag"},
		"an unknown field":      {withBody("{{surname}}"), testSchema, testSample, "/body", "{{surname}}: is not in the schema"},
		"unknown in a party":    {withBody("{{#party}}{{party.phone}}{{/party}}"), testSchema, testSample, "/body", "not in the schema"},
		"unknown in the title":  {"---\nname: x\ntitle: x {{surname}}\n---\n", testSchema, testSample, "/body", "title: {{surname}}"},
		"unknown in the footer": {"---\nname: x\ntitle: x\nfooter: { left: '{{surname}}' }\n---\n", testSchema, testSample, "/body", "footer: {{surname}}"},
		"a gap":                 {withBody("{{maybe}}"), testSchema, testSample, "/body", "may be absent"},
		"a gap in a party":      {withBody("{{party.name}}"), testSchema, testSample, "/body", "may be absent"},
		"a gap in a row":        {withBody("{{#rows}}{{maybe}}{{/rows}}"), testSchema, testSample, "/body", "may be absent"},
		"an inverted gap":       {withBody("{{^maybe}}{{maybe}}{{/maybe}}"), testSchema, testSample, "/body", "may be absent"},
		"an object":             {withBody("{{#party}}{{.}}{{/party}}"), testSchema, testSample, "/body", "cannot be printed"},
		"a list":                {withBody("{{rows}}"), testSchema, testSample, "/body", "cannot be printed"},
		"a boolean":             {withBody("{{#flag}}{{flag}}{{/flag}}"), testSchema, testSample, "/body", "cannot be printed"},
		"no word of the list":   {withBody("{{#kind=lease}}x{{/kind=lease}}"), testSchema, testSample, "/body", "enumeration"},
		"a word printed":        {withBody("{{kind=sale}}"), testSchema, testSample, "/body", "only open"},
		"no list":               {withBody("{{name|list}}"), testSchema, testSample, "/body", "not a list"},
		"sections too deep":     {withBody(strings.Repeat("{{#rows}}", 30) + strings.Repeat("{{/rows}}", 30)), testSchema, testSample, "/body", "too deep"},
		"sections far too deep": {withBody(strings.Repeat("{{#rows}}", 20000)), testSchema, testSample, "/body", "too deep"},
		"private use":           {withBody("\ue0000\ue001"), testSchema, testSample, "/body", "private-use"},
		"a control character":   {withBody("\x1b"), testSchema, testSample, "/body", "control"},
		"too long":              {withBody(strings.Repeat("x", maxBody)), testSchema, testSample, "/body", "at most"},
		"a hidden placeholder":  {withBody("[a](https://example.com '{{name}}')"), testSchema, testSample, "/body", "nothing is printed"},
		"an unused definition":  {withBody("[{{name}}]: https://example.com"), testSchema, testSample, "/body", "nothing is printed"},
		"no target":             {withBody("see [clause](#nowhere)"), testSchema, testSample, "/body", "no target"},
		"a target twice":        {withBody("## A {#a}\n\n## B {#a}"), testSchema, testSample, "/body", "twice"},
		"bad signatures":        {withBody("```signatures\n- surname: x\n```"), testSchema, testSample, "/body", "signature block"},
		"more cells than heads": {withBody("| a | b |\n|---|---|\n| 1 | 2 | 3 |\n"), testSchema, testSample, "/body", "more cells"},

		"no schema":             {noticeBody, `[]`, `{}`, "/schema", "object"},
		"a null schema":         {noticeBody, `null`, `{}`, "/schema", "object"},
		"a text":                {noticeBody, `{"type":"string"}`, `{}`, "/schema", "object"},
		"open objects":          {noticeBody, `{"type":"object","properties":{}}`, `{}`, "/schema/additionalProperties", "unknown fields"},
		"open objects inside":   {noticeBody, object(`"a":{"type":"object","properties":{}}`), `{}`, "/schema/properties/a/additionalProperties", "unknown fields"},
		"a remote reference":    {noticeBody, object(`"a":{"$ref":"https://example.com/s.json"}`), `{}`, "/schema/properties/a/$ref", "$defs"},
		"a file reference":      {noticeBody, object(`"a":{"$ref":"file:///etc/passwd"}`), `{}`, "/schema/properties/a/$ref", "$defs"},
		"a hidden reference":    {noticeBody, `{"type":"object","additionalProperties":false,"allOf":[{"if":{"$ref":"file:///etc/passwd"}}]}`, `{}`, "/schema/allOf/0/if/$ref", "$defs"},
		"a dynamic reference":   {noticeBody, object(`"a":{"$dynamicRef":"#x"}`), `{}`, "/schema/properties/a/$dynamicRef", "not supported"},
		"another base":          {noticeBody, `{"$id":"file:///etc/passwd","type":"object","additionalProperties":false}`, `{}`, "/schema/$id", "not supported"},
		"another dialect":       {noticeBody, `{"$schema":"https://example.com/meta","type":"object","additionalProperties":false}`, `{}`, "/schema/$schema", "must be"},
		"a reference to itself": {noticeBody, `{"type":"object","additionalProperties":false,"properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"$ref":"#/$defs/a"}}}`, `{}`, "/schema/properties/a/$ref", "refers to nothing"},
		"endless objects":       {noticeBody, `{"type":"object","additionalProperties":false,"properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":"object","additionalProperties":false,"properties":{"a":{"$ref":"#/$defs/a"}}}}}`, `{}`, "", "too deep"},
		"too deep":              {noticeBody, deep, `{}`, "", "too deep"},
		"a field with a dot":    {noticeBody, object(`"a.b":{"type":"string"}`), `{}`, "/schema/properties", "name"},
		"no type":               {noticeBody, object(`"a":{}`), `{}`, "/schema/properties/a", "type"},
		"a pattern":             {noticeBody, object(`"a":{"type":"string","pattern":"("}`), `{}`, "/schema", "not a JSON Schema"},
		"too large a schema":    {noticeBody, object(`"a":{"type":"string","description":"` + strings.Repeat("x", maxSchema) + `"}`), `{}`, "/schema", "at most"},
		"half a sum":            {noticeBody, object(`"a":{"type":"object","x-unit":"money","additionalProperties":false,"properties":{"amount":{"type":"integer"}}}`), `{}`, "/schema/properties/a", "currency"},

		"a sample that is none":      {noticeBody, noticeSchema, `[]`, "/sampleData", "object"},
		"a sample that lacks":        {noticeBody, noticeSchema, `{"to":"Ada"}`, "/sampleData/date", "required"},
		"a sample with more":         {noticeBody, noticeSchema, `{"to":"Ada","date":"2026-01-01","x":1}`, "/sampleData/x", "not a known field"},
		"a sample that is not a day": {noticeBody, noticeSchema, `{"to":"Ada","date":"soon"}`, "/sampleData/date", "date"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(tc.body, tc.schema, tc.sample)
			if domain.CodeOf(err) != domain.Invalid || len(fieldsOf(err)) == 0 {
				t.Fatalf("error %v", err)
			}
			f := fieldsOf(err)[0]
			if tc.pointer != "" && f.Pointer != tc.pointer || !strings.Contains(f.Detail, tc.detail) || len(f.Detail) > 900 {
				t.Errorf("%s %s, want %s … %s", f.Pointer, f.Detail, tc.pointer, tc.detail)
			}
		})
	}
}

// TestBindInvalid checks that the error has the pointer of every invalid field.
func TestBindInvalid(t *testing.T) {
	for name, tc := range map[string]struct {
		data     string
		pointers []string
	}{
		"missing":            {`{"count":1,"price":{"amount":1,"currency":"EUR"},"kind":"sale","tags":[],"rows":[{}]}`, []string{"/data/name", "/data/rows/0/what"}},
		"unknown":            {`{"name":"A","count":1,"price":{"amount":1,"currency":"EUR","x":1},"kind":"sale","tags":[],"rows":[],"y":1}`, []string{"/data/price/x", "/data/y"}},
		"of another kind":    {`{"name":1,"count":"1","price":{"amount":1,"currency":"EUR"},"kind":"lease","tags":[1],"rows":[]}`, []string{"/data/count", "/data/kind", "/data/name", "/data/tags/0"}},
		"blank":              {`{"name":" \n","count":1,"price":{"amount":1,"currency":"EUR"},"kind":"sale","tags":["a"," "],"rows":[{"what":""}]}`, []string{"/data/name", "/data/rows/0/what", "/data/tags/1"}},
		"control characters": {`{"name":"a\u0000b","count":1,"price":{"amount":1,"currency":"EUR"},"kind":"sale","tags":["\u001b[2J"],"rows":[]}`, []string{"/data/name", "/data/tags/0"}},
		"too large a number": {`{"name":"a","count":9007199254740993000,"price":{"amount":1,"currency":"EUR"},"kind":"sale","tags":[],"rows":[]}`, []string{"/data/count"}},
		"nothing":            {`{}`, []string{"/data/count", "/data/kind", "/data/name", "/data/price", "/data/rows", "/data/tags"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := bind(t, "{{name}} {{#tags}}{{.}}{{/tags}}", tc.data)
			wantCode(t, err, domain.Invalid, tc.pointers...)
		})
	}
	f, err := parse("---\nname: N\ntitle: T\nheader: { left: '{{name}}' }\n---\n", testSchema, testSample)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.bind(map[string]any{"name": "{page}", "count": 1.0, "price": map[string]any{"amount": 1.0, "currency": "EUR"}, "kind": "sale", "tags": []any{}, "rows": []any{}}, doc.CurrentRules, "/data", "/templateId")
	wantCode(t, err, domain.Invalid, "/data/name")
}

// TestOutputLimits checks that a template that would produce too much output fails quickly.
func TestOutputLimits(t *testing.T) {
	var rows, tags []string
	for range 50_000 {
		rows = append(rows, `{"what":"x"}`)
		tags = append(tags, `"x"`)
	}
	large := fmt.Sprintf(`{"name":%q,"count":3,"price":{"amount":1,"currency":"EUR"},"kind":"sale","tags":[%s],"rows":[%s]}`,
		strings.Repeat("long ", 40_000), strings.Join(tags, ","), strings.Join(rows, ","))
	for name, text := range map[string]string{
		"loops in loops":           "{{#rows}}{{#tags}}{{#rows}}{{what}}{{/rows}}{{/tags}}{{/rows}}",
		"loops that print nothing": "{{#rows}}{{#tags}}{{#rows}}{{#maybe}}{{/maybe}}{{/rows}}{{/tags}}{{/rows}}",
		"one value often":          "{{#rows}}{{name}}{{/rows}}",
		"text often":               "{{#rows}}" + strings.Repeat("lorem ipsum ", 1000) + "{{/rows}}",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := bind(t, text, large)
			wantCode(t, err, domain.TooLarge)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
	// Long output within the limits is produced.
	d, err := bind(t, "{{#rows}}\n- {{what}}\n{{/rows}}", large)
	if err != nil || len(d.Blocks[0].(doc.List).Items) != 50_000 {
		t.Errorf("a long list: %v", err)
	}
}

var textFields = regexp.MustCompile(`(Text|Role|Name|Title|Place|Date|Source|Link):"(\\.|[^"\\])*"`)

// structure describes a document without its texts.
func structure(d doc.Document) string {
	return textFields.ReplaceAllString(fmt.Sprintf("%#v", d.Blocks), "$1")
}

// checkLiteral checks that a value is plain text in every position.
func checkLiteral(t testing.TB, f *compiled, reference doc.Document, v string) {
	t.Helper()
	data := map[string]any{"name": v}
	d, err := f.bind(data, doc.CurrentRules, "/data", "/templateId")
	shown := strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(v))
	control := strings.ContainsFunc(strings.NewReplacer("\r", "", "\n", "", "\t", "").Replace(v), unicode.IsControl)
	if shown == "" || control {
		if domain.CodeOf(err) != domain.Invalid {
			t.Fatalf("%q: %v", v, err)
		}
		return
	}
	if err != nil {
		t.Fatalf("%q: %v %v", v, err, fieldsOf(err))
	}
	if structure(d) != structure(reference) {
		t.Fatalf("%q became markup:\n%s\nnot\n%s", v, structure(d), structure(reference))
	}
	n, want := 0, 0
	reference.EachSpan(func(s doc.Span, _ string) {
		if s.Source != "" {
			want++
		}
	})
	d.EachSpan(func(s doc.Span, _ string) {
		if s.Source == "/data/name" {
			n++
			if s.Text != shown || s.Ref != "" {
				t.Fatalf("%q appears as %+v", v, s)
			}
		}
	})
	if n != want {
		t.Fatalf("%q appears %d times, want %d", v, n, want)
	}
	if p := d.Blocks[len(d.Blocks)-1].(doc.SignatureBlock).Parties[0]; p.Name != strings.ReplaceAll(shown, "\n", " ") {
		t.Fatalf("%q signs as %q", v, p.Name)
	}
	fragment, err := d.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if bare := tags.FindAllString(fragment, -1); len(bare) != len(tags.FindAllString(must(reference.HTML()), -1))+strings.Count(fragment, "<br>") {
		t.Fatalf("%q created elements: %s", v, fragment)
	}
}

var tags = regexp.MustCompile(`<[a-zA-Z/!][^>]*>`)

func must(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}

func compileEveryConstruct(t testing.TB) (*compiled, doc.Document) {
	t.Helper()
	schema := `{"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"type":"string"}}}`
	f, err := parse(withBody(doctest.EveryConstruct), schema, `{"name":"plain"}`)
	if err != nil {
		t.Fatalf("%v %v", err, fieldsOf(err))
	}
	d, err := f.bind(map[string]any{"name": "plain"}, doc.CurrentRules, "/data", "/templateId")
	if err != nil {
		t.Fatal(err)
	}
	return f, d
}

// TestValuesAreNeverMarkup checks that values with the syntax of Markdown, HTML, YAML and Mustache
// remain text.
func TestValuesAreNeverMarkup(t *testing.T) {
	f, reference := compileEveryConstruct(t)
	for _, v := range doctest.HostileTexts {
		checkLiteral(t, f, reference, v)
		checkLiteral(t, f, reference, "x "+v+" y")
		checkLiteral(t, f, reference, "x\n"+v+"\ny")
		for _, w := range doctest.HostileTexts[:8] {
			checkLiteral(t, f, reference, v+w)
		}
	}
}

func FuzzValuesAreNeverMarkup(f *testing.F) {
	compiled, reference := compileEveryConstruct(f)
	for _, v := range doctest.HostileTexts {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		if v = strings.ToValidUTF8(v, "?"); !strings.Contains(v, "\u0085") {
			checkLiteral(t, compiled, reference, v)
		}
	})
}
