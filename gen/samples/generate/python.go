package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// python is what the samples need of the Python client.
type python struct {
	methods map[string]string            // by name without underscores: the parameters after self
	models  map[string]map[string]pyType // the fields of each model, by name in JSON
}

// pyType is the type of a field.
type pyType struct {
	name       string // of the field in Python
	model      string // the model of the value, or of the items of a list; "" if it is none
	annotation string
}

func readPythonClient(dir string) (*python, error) {
	c := &python{methods: map[string]string{}, models: map[string]map[string]pyType{}}
	for _, name := range []string{"operations.py", "client.py"} {
		source, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		for _, found := range regexp.MustCompile(`(?m)^    def (\w+)\(`).FindAllStringSubmatch(string(source), -1) {
			c.methods[strings.ReplaceAll(strings.ToLower(found[1]), "_", "")] = found[1]
		}
	}
	source, err := os.ReadFile(filepath.Join(dir, "models.py"))
	if err != nil {
		return nil, err
	}
	var (
		start  = regexp.MustCompile(`^class (\w+)\(BaseModel\):`)
		member = regexp.MustCompile(`^    (\w+): (.*)`)
		alias  = regexp.MustCompile(`alias="([^"]+)"`)
	)
	model, field := "", ""
	annotations := map[string]map[string]string{}
	for line := range strings.Lines(string(source)) {
		line = strings.TrimRight(line, "\n")
		switch found := start.FindStringSubmatch(line); {
		case found != nil:
			model, field = found[1], ""
			annotations[model] = map[string]string{}
		case model == "" || line != "" && line[0] != ' ':
			model = ""
		case strings.HasPrefix(line, `    """`):
			field = ""
		case member.MatchString(line):
			parts := member.FindStringSubmatch(line)
			field = parts[1]
			annotations[model][field] = parts[2]
		case field != "":
			annotations[model][field] += line
		}
	}
	word := regexp.MustCompile(`\w+`)
	for model, members := range annotations {
		c.models[model] = map[string]pyType{}
		for name, annotation := range members {
			t := pyType{name: name, annotation: annotation}
			for _, each := range word.FindAllString(annotation, -1) {
				if _, ok := annotations[each]; ok {
					t.model = each
				}
			}
			inJSON := name
			if found := alias.FindStringSubmatch(annotation); found != nil {
				inJSON = found[1]
			}
			c.models[model][inJSON] = t
		}
	}
	return c, nil
}

func (c *python) sample(op *operation) (string, error) {
	name := op.id
	stream := streamFunctions[op.id]
	_, comfort := c.methods[strings.ReplaceAll(stream.python, "_", "")]
	streamed := op.streams && stream.python != "" && comfort
	switch {
	case op.pages:
		name += "All"
	case streamed:
		name = stream.python
	case op.returns == file && !op.isText():
		name += "To" // writes the content to a file
	}
	method, ok := c.methods[strings.ReplaceAll(strings.ToLower(name), "_", "")]
	if !ok {
		return "", fmt.Errorf("the Python client has no method %s", name)
	}
	w := &pyWriter{python: c}
	call := value{text: "counsel." + method + "(", close: ")", list: true}
	if op.returns == file && !op.isText() {
		call.items = append(call.items, entry{"", atom(strconv.Quote(op.fileName()))})
	}
	for _, p := range op.pathParams() {
		call.items = append(call.items, entry{"", w.param(p)})
	}
	var later []entry
	switch {
	case op.form:
		for name, example := range fields(op.body) {
			if slices.Contains(op.fileFields, name) {
				w.path = true
				call.items = append(call.items, entry{"", atom(`("contract.pdf", Path("contract.pdf").read_bytes())`)})
			} else {
				later = append(later, entry{snake(name) + "=", w.plain(example)})
			}
		}
	case op.body != nil:
		w.models = true
		call.items = append(call.items, entry{"", w.body(op)})
	}
	for _, p := range op.options() {
		later = append(later, entry{snake(p.name) + "=", w.param(p)})
	}
	call.items = append(call.items, later...)

	text := call.line() // ruff breaks the lines
	var use string
	switch {
	case op.pages:
		use = "for item in " + text + ":\n        print(item)"
	case streamed && stream.yields:
		use = "for event in " + text + ":\n        if event.type == \"delta\":\n            print(event.text, end=\"\")"
	case op.isText():
		use = "content = " + text + "\n    print(content.data.decode())"
	case op.returns == object:
		use = "result = " + text + "\n    print(result)"
	default:
		use = text
	}

	var b strings.Builder
	if w.dates != nil {
		slices.Sort(w.dates)
		b.WriteString("from datetime import " + strings.Join(slices.Compact(w.dates), ", ") + "\n")
	}
	imports := "import os\n" + b.String()
	if w.path {
		imports += "from pathlib import Path\n"
	}
	imports += "\nfrom counsel import Counsel"
	if w.models {
		imports += ", models"
	}
	arguments, login := "", ""
	switch op.auth {
	case key:
		arguments = `, api_key=os.environ["COUNSEL_API_KEY"]`
	case session:
		login = "    counsel.login(os.environ[\"COUNSEL_EMAIL\"], os.environ[\"COUNSEL_PASSWORD\"])\n"
	case nobody:
	}
	return imports + "\n\nwith Counsel(os.environ[\"COUNSEL_URL\"]" + arguments + ") as counsel:\n" + login + "    " + use + "\n", nil
}

// pyWriter writes one sample.
type pyWriter struct {
	*python
	models, path bool
	dates        []string
}

func (w *pyWriter) param(p param) value {
	if p.format == "date" {
		return w.date(p.example)
	}
	if p.kind == "string" {
		return atom(quoteJSON(p.example.Value))
	}
	return w.plain(p.example)
}

func (w *pyWriter) body(op *operation) value {
	model := op.bodyModel
	if _, ok := w.python.models[model]; !ok { // a body of any fields
		w.models = false
		return w.plain(op.body)
	}
	return w.model(op.body, model)
}

// model writes an example as a model or, if its fields are not the model's, lets the model read it.
func (w *pyWriter) model(node *yaml.Node, name string) value {
	v := value{text: "models." + name + "(", close: ")", list: true}
	for field, each := range fields(node) {
		t, ok := w.python.models[name][field]
		if !ok {
			return value{text: "models." + name + ".model_validate(", close: ")", list: true, items: []entry{{"", w.plain(node)}}}
		}
		v.items = append(v.items, entry{t.name + "=", w.typed(each, t)})
	}
	return v
}

func (w *pyWriter) typed(node *yaml.Node, t pyType) value {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch {
	case node.Kind == yaml.SequenceNode:
		v := value{text: "[", close: "]", list: true}
		for _, each := range node.Content {
			v.items = append(v.items, entry{"", w.typed(each, t)})
		}
		return v
	case node.Kind == yaml.MappingNode && t.model != "":
		return w.model(node, t.model)
	case strings.Contains(t.annotation, "AwareDatetime"):
		return w.time(node)
	case node.Kind == yaml.ScalarNode && regexp.MustCompile(`\bdate(_aliased)?\b`).MatchString(t.annotation):
		return w.date(node)
	}
	return w.plain(node)
}

func (w *pyWriter) date(node *yaml.Node) value {
	at, err := time.Parse(time.DateOnly, node.Value)
	if err != nil {
		return w.plain(node)
	}
	w.dates = append(w.dates, "date")
	return atom(fmt.Sprintf("date(%d, %d, %d)", at.Year(), at.Month(), at.Day()))
}

func (w *pyWriter) time(node *yaml.Node) value {
	at, err := time.Parse(time.RFC3339, node.Value)
	if err != nil {
		return w.plain(node)
	}
	at = at.UTC()
	w.dates = append(w.dates, "datetime", "timezone")
	seconds := ""
	if at.Second() != 0 {
		seconds = fmt.Sprintf(", %d", at.Second())
	}
	return atom(fmt.Sprintf("datetime(%d, %d, %d, %d, %d%s, tzinfo=timezone.utc)", at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), seconds))
}

// plain writes an example without models.
func (w *pyWriter) plain(node *yaml.Node) value {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch node.Kind {
	case yaml.MappingNode:
		v := value{text: "{", close: "}", list: true}
		for name, each := range fields(node) {
			v.items = append(v.items, entry{quoteJSON(name) + ": ", w.plain(each)})
		}
		return v
	case yaml.SequenceNode:
		v := value{text: "[", close: "]", list: true}
		for _, each := range node.Content {
			v.items = append(v.items, entry{"", w.plain(each)})
		}
		return v
	}
	switch node.Tag {
	case "!!str", "!!timestamp":
		return atom(quoteJSON(node.Value))
	case "!!null":
		return atom("None")
	case "!!bool":
		if node.Value == "true" {
			return atom("True")
		}
		return atom("False")
	}
	return atom(node.Value)
}

var (
	acronym = regexp.MustCompile(`([A-Z]+)([A-Z][a-z])`)
	hump    = regexp.MustCompile(`([a-z0-9])([A-Z])`)
)

// snake is how gen/python/generate.py names a parameter.
func snake(name string) string {
	name = regexp.MustCompile(`[^A-Za-z0-9]`).ReplaceAllString(name, "_")
	name = strings.ToLower(hump.ReplaceAllString(acronym.ReplaceAllString(name, "${1}_$2"), "${1}_$2"))
	if slices.Contains([]string{"from", "global", "class"}, name) {
		return name + "_"
	}
	return name
}
