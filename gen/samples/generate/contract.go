package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// contract is what the samples need of openapi.yaml.
type contract struct {
	root                  *yaml.Node
	title, version, about string
	tags                  []tag
	operations            []*operation
}

type tag struct{ name, description string }

// authentication is how a sample authenticates.
type authentication int

const (
	nobody  authentication = iota // anyone may call the operation
	session                       // only a person who signed in
	key                           // a program with an API key
)

// operation is one that programs call.
type operation struct {
	id, method, path     string
	tag                  string
	summary, description string
	auth                 authentication
	keyed                bool // takes an Idempotency-Key
	params               []param
	body                 *yaml.Node // the example; nil: none
	bodyModel            string     // the name of its schema
	form                 bool       // the body is a multipart form
	fileFields           []string   // of the form
	returns              result
	media                string // of a file
	pages                bool   // a list with a cursor
	streams              bool   // can answer with events
	results              int    // how many types of JSON it answers with
}

type result int

const (
	nothing result = iota
	object
	file
)

type param struct {
	name, in, description string
	required              bool
	example               *yaml.Node
	kind                  string // the type of its schema
	format                string
	choice                bool // an enum or boolean
}

func readContract(name string) (*contract, error) {
	source, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c := &contract{root: document.Content[0]}
	info := c.get(c.root, "info")
	c.title, c.version, c.about = text(c.get(info, "title")), text(c.get(info, "version")), text(c.get(info, "description"))
	for _, t := range items(c.get(c.root, "tags")) {
		c.tags = append(c.tags, tag{text(c.get(t, "name")), text(c.get(t, "description"))})
	}
	for path, item := range fields(c.get(c.root, "paths")) {
		for method, node := range fields(item) {
			if !slices.Contains([]string{"get", "put", "post", "patch", "delete"}, method) {
				continue
			}
			op, err := c.operation(path, method, node)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			if op != nil {
				c.operations = append(c.operations, op)
			}
		}
	}
	return c, nil
}

// operation returns nil for a page, which is for people.
func (c *contract) operation(address, method string, node *yaml.Node) (*operation, error) {
	op := &operation{
		id: text(c.get(node, "operationId")), method: strings.ToUpper(method), path: address,
		summary: text(c.get(node, "summary")), description: text(c.get(node, "description")),
	}
	if tags := items(c.get(node, "tags")); len(tags) > 0 {
		op.tag = text(tags[0])
	}
	op.auth = c.authentication(cmp.Or(c.get(node, "security"), c.get(c.root, "security")))
	op.keyed = method == "post" && op.auth != nobody && c.get(node, "x-no-idempotency-key") == nil
	types := map[string]bool{}
	for status, response := range fields(c.get(node, "responses")) {
		if !strings.HasPrefix(status, "2") {
			continue
		}
		for media := range fields(c.get(response, "content")) {
			switch media {
			case "text/html", "text/javascript":
				return nil, nil
			case "application/json":
				op.returns = object
				types[status] = true
			case "text/event-stream":
				op.streams = true
			default:
				if op.media == "" {
					op.media = media
				}
			}
		}
	}
	op.results = len(types)
	if op.returns == nothing && op.media != "" {
		op.returns = file
	}
	for _, each := range items(c.get(node, "parameters")) {
		schema := c.get(each, "schema")
		p := param{
			name: text(c.get(each, "name")), in: text(c.get(each, "in")), description: text(c.get(each, "description")),
			required: text(c.get(each, "required")) == "true", example: c.example(each),
			kind: text(c.get(schema, "type")), format: text(c.get(schema, "format")),
		}
		p.choice = p.kind == "boolean" || c.get(schema, "enum") != nil
		if p.name == "Idempotency-Key" {
			continue
		}
		if p.name == "cursor" {
			op.pages = op.returns == object
		}
		if p.required && p.example == nil {
			return nil, fmt.Errorf("the parameter %s has no example", p.name)
		}
		op.params = append(op.params, p)
	}
	for media, content := range fields(c.get(c.get(node, "requestBody"), "content")) {
		op.body = c.example(content)
		if op.body == nil {
			return nil, errors.New("the body has no example")
		}
		op.bodyModel = path.Base(text(field(field(content, "schema"), "$ref")))
		if media == "multipart/form-data" {
			op.form = true
			for name, field := range fields(c.get(c.get(content, "schema"), "properties")) {
				if text(c.get(field, "format")) == "binary" {
					op.fileFields = append(op.fileFields, name)
				}
			}
		}
		break
	}
	return op, nil
}

// authentication prefers a key. An operation that can be called without is called without.
func (c *contract) authentication(security *yaml.Node) authentication {
	auth := nobody
	for i, alternative := range items(security) {
		if len(alternative.Content) == 0 {
			return nobody
		}
		for scheme := range fields(alternative) {
			switch {
			case scheme == "apiKey":
				return key
			case i == 0 || auth == nobody:
				auth = session
			}
		}
	}
	return auth
}

// example returns the first example.
func (c *contract) example(node *yaml.Node) *yaml.Node {
	if example := c.get(node, "example"); example != nil {
		return example
	}
	for _, example := range fields(c.get(node, "examples")) {
		return c.get(c.resolve(example), "value")
	}
	return nil
}

// resolve follows references and aliases.
func (c *contract) resolve(node *yaml.Node) *yaml.Node {
	for node != nil {
		if node.Kind == yaml.AliasNode {
			node = node.Alias
			continue
		}
		reference := field(node, "$ref")
		if reference == nil {
			return node
		}
		node = c.root
		for part := range strings.SplitSeq(strings.TrimPrefix(reference.Value, "#/"), "/") {
			node = field(node, strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
		}
	}
	return nil
}

// get returns a field of what node refers to, resolved; nil if there is none. A schema that is one other has its fields.
func (c *contract) get(node *yaml.Node, name string) *yaml.Node {
	node = c.resolve(node)
	if found := field(node, name); found != nil {
		return c.resolve(found)
	}
	if all := items(field(node, "allOf")); len(all) == 1 {
		return c.get(all[0], name)
	}
	return nil
}

func field(node *yaml.Node, name string) *yaml.Node {
	for key, value := range fields(node) {
		if key == name {
			return value
		}
	}
	return nil
}

// fields yields the fields of a mapping in their order.
func fields(node *yaml.Node) func(func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		if node != nil && node.Kind == yaml.AliasNode {
			node = node.Alias
		}
		if node == nil || node.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if !yield(node.Content[i].Value, node.Content[i+1]) {
				return
			}
		}
	}
}

func items(node *yaml.Node) []*yaml.Node {
	if node != nil && node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node == nil || node.Kind != yaml.SequenceNode {
		return nil
	}
	return node.Content
}

func text(node *yaml.Node) string {
	if node == nil {
		return ""
	}
	return node.Value
}

// pathParams are the parameters of the path.
func (op *operation) pathParams() []param {
	return slices.DeleteFunc(slices.Clone(op.params), func(p param) bool { return p.in != "path" })
}

// options are the other parameters that the sample sets: those that are required and, if there are none, the first choice,
// such as the status of what a list contains.
func (op *operation) options() []param {
	var required, choices []param
	for _, p := range op.params {
		switch {
		case p.in == "path":
		case p.required:
			required = append(required, p)
		case p.in == "query" && p.choice:
			choices = append(choices, p)
		}
	}
	if len(required) == 0 && len(choices) > 0 && op.method == "GET" {
		return choices[:1]
	}
	return required
}

// isText reports whether the operation returns a text, which a sample prints.
func (op *operation) isText() bool {
	return op.returns == file && (strings.HasPrefix(op.media, "text/") || op.media == "application/yaml")
}

// fileName is what a file is saved as.
func (op *operation) fileName() string {
	switch op.media {
	case "application/pdf":
		return "document.pdf"
	case "application/zip":
		return "archive.zip"
	}
	return "file"
}
