package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// typescript is what the samples need of the TypeScript SDK.
type typescript struct {
	functions map[string]string // by operationId in lower case
	comforts  map[string]bool   // functions written by hand
}

func readTypeScriptClient(dir string) (*typescript, error) {
	source, err := os.ReadFile(filepath.Join(dir, "gen", "sdk.gen.ts"))
	if err != nil {
		return nil, err
	}
	c := &typescript{functions: map[string]string{}, comforts: map[string]bool{}}
	for _, found := range regexp.MustCompile(`(?m)^export const (\w+) =`).FindAllSubmatch(source, -1) {
		c.functions[strings.ToLower(string(found[1]))] = string(found[1])
	}
	index, err := os.ReadFile(filepath.Join(dir, "index.ts"))
	if err != nil {
		return nil, err
	}
	for _, found := range regexp.MustCompile(`\w+`).FindAll(index, -1) {
		c.comforts[string(found)] = true
	}
	return c, nil
}

func (c *typescript) sample(op *operation) (string, error) {
	function, ok := c.functions[strings.ToLower(op.id)]
	if !ok {
		return "", fmt.Errorf("the TypeScript SDK has no %s", op.id)
	}
	var imports, modules []string
	call := value{text: "{", close: "}", list: true, pad: " ", items: []entry{{"", atom("client")}}}
	set := func(in string) {
		group := value{text: "{", close: "}", list: true, pad: " "}
		params := op.options()
		if in == "path" {
			params = op.pathParams()
		}
		for _, p := range params {
			if p.in == in {
				group.items = append(group.items, entry{keyTypeScript(p.name) + ": ", c.param(p)})
			}
		}
		if len(group.items) > 0 {
			call.items = append(call.items, entry{map[string]string{"path": "path", "query": "query", "header": "headers"}[in] + ": ", group})
		}
	}
	set("path")
	set("query")
	set("header")
	var prepare strings.Builder
	switch {
	case op.form:
		body := value{text: "{", close: "}", list: true, pad: " "}
		for name, example := range fields(op.body) {
			if !slices.Contains(op.fileFields, name) {
				body.items = append(body.items, entry{name + ": ", valueTypeScript(example)})
				continue
			}
			modules = append(modules, "readFile")
			fmt.Fprintf(&prepare, "const %s = new File([await readFile('contract.pdf')], 'contract.pdf');\n", name)
			body.items = append(body.items, entry{"", atom(name)})
		}
		call.items = append(call.items, entry{"body: ", body})
	case op.body != nil:
		call.items = append(call.items, entry{"body: ", valueTypeScript(op.body)})
	}

	var use string
	stream := streamFunctions[op.id]
	switch {
	case op.pages:
		imports = append(imports, function, "paginate")
		head := "for await (const item of paginate(" + function + ", "
		use = head + call.render("  ", 0, len(head)+4) + ")) {\n  console.log(item);\n}\n"
	case op.streams && stream.yields && c.comforts[stream.typescript]:
		imports = append(imports, stream.typescript)
		head := "for await (const event of " + stream.typescript + "("
		use = head + call.render("  ", 0, len(head)+4) + ")) {\n  if (event.type === 'delta') process.stdout.write(event.text);\n}\n"
	case op.streams && c.comforts[stream.typescript]:
		imports = append(imports, stream.typescript)
		head := "const result = await " + stream.typescript + "("
		use = head + call.render("  ", 0, len(head)+2) + ");\nconsole.log(result);\n"
	case op.returns == file:
		if op.id == "getDocumentContent" && c.comforts["downloadDocument"] {
			function = "downloadDocument"
		}
		imports = append(imports, function)
		head := "const content = await " + function + "("
		use = head + call.render("  ", 0, len(head)+2) + ");\n"
		if op.isText() {
			use += "console.log(content);\n"
			break
		}
		modules = append(modules, "writeFile")
		use += fmt.Sprintf("await writeFile('%s', Buffer.from(await content.arrayBuffer()));\n", op.fileName())
	case op.returns == object:
		imports = append(imports, function)
		head := "const result = await " + function + "("
		use = head + call.render("  ", 0, len(head)+2) + ");\nconsole.log(result);\n"
	default:
		imports = append(imports, function)
		head := "await " + function + "("
		use = head + call.render("  ", 0, len(head)+2) + ");\n"
	}

	var b strings.Builder
	setup := "const client = createClient({ baseUrl: process.env.COUNSEL_URL! });\n"
	switch op.auth {
	case key:
		setup = "const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });\n"
		imports = append(imports, "createClient")
	case session:
		setup = "const { COUNSEL_EMAIL, COUNSEL_PASSWORD, COUNSEL_URL } = process.env;\nconst counsel = new Counsel({ baseUrl: COUNSEL_URL! });\nawait counsel.login({ email: COUNSEL_EMAIL!, password: COUNSEL_PASSWORD! });\nconst { client } = counsel;\n"
		imports = append(imports, "Counsel")
	case nobody:
		imports = append(imports, "createClient")
	}
	if modules != nil {
		slices.Sort(modules)
		b.WriteString("import { " + strings.Join(slices.Compact(modules), ", ") + " } from 'node:fs/promises';\n")
	}
	slices.SortFunc(imports, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	b.WriteString("import { " + strings.Join(slices.Compact(imports), ", ") + " } from '@counsel/sdk';\n\n" + setup + "\n" + prepare.String() + use)
	return b.String(), nil
}

// streamFunctions are what the clients have for an operation that answers with events. An operation without one is called for its JSON.
var streamFunctions = map[string]struct {
	typescript, golang, python string
	yields                     bool // pieces of text
}{
	"sendChat": {"streamChat", "StreamChat", "stream_chat", true},
	"getJob":   {"waitForJob", "WaitForJob", "wait_for_job", false},
}

func (c *typescript) param(p param) value {
	if p.kind == "string" {
		return atom(quoteTypeScript(p.example.Value))
	}
	return valueTypeScript(p.example)
}

// valueTypeScript writes an example as a literal.
func valueTypeScript(node *yaml.Node) value {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch node.Kind {
	case yaml.MappingNode:
		v := value{text: "{", close: "}", list: true, pad: " "}
		for name, each := range fields(node) {
			v.items = append(v.items, entry{keyTypeScript(name) + ": ", valueTypeScript(each)})
		}
		return v
	case yaml.SequenceNode:
		v := value{text: "[", close: "]", list: true}
		for _, each := range node.Content {
			v.items = append(v.items, entry{"", valueTypeScript(each)})
		}
		return v
	}
	switch node.Tag {
	case "!!str", "!!timestamp":
		return atom(quoteTypeScript(node.Value))
	case "!!null":
		return atom("null")
	}
	return atom(node.Value)
}

var identifier = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

func keyTypeScript(name string) string {
	if identifier.MatchString(name) {
		return name
	}
	return quoteTypeScript(name)
}

func quoteTypeScript(text string) string {
	inner := strings.TrimSuffix(strings.TrimPrefix(quoteJSON(text), `"`), `"`)
	return "'" + strings.NewReplacer(`\"`, `"`, "'", `\'`, `\\`, `\\`).Replace(inner) + "'"
}
