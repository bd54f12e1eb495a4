package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// golang is what the samples need of the Go client: its methods, types and constants.
type golang struct {
	methods   map[string]*ast.FuncDecl // by name in lower case
	types     map[string]*ast.TypeSpec
	constants map[string]map[string]string // names by type and value
}

func readGoClient(dir string) (*golang, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	c := &golang{methods: map[string]*ast.FuncDecl{}, types: map[string]*ast.TypeSpec{}, constants: map[string]map[string]string{}}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return nil, err
		}
		for _, declaration := range f.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if d.Recv != nil && d.Name.IsExported() && receiver(d) == "Client" {
					c.methods[strings.ToLower(d.Name.Name)] = d
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					c.add(spec)
				}
			}
		}
	}
	return c, nil
}

func (c *golang) add(spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		c.types[s.Name.Name] = s
	case *ast.ValueSpec:
		typ, ok := s.Type.(*ast.Ident)
		if !ok || len(s.Values) != 1 {
			return
		}
		if literal, ok := s.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, _ := strconv.Unquote(literal.Value) // it was parsed
			if c.constants[typ.Name] == nil {
				c.constants[typ.Name] = map[string]string{}
			}
			c.constants[typ.Name][text] = s.Names[0].Name
		}
	}
}

func receiver(d *ast.FuncDecl) string {
	if star, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok {
		if name, ok := star.X.(*ast.Ident); ok {
			return name.Name
		}
	}
	return ""
}

func (c *golang) sample(op *operation) (string, error) {
	name := op.id
	stream := streamFunctions[op.id]
	streamed := op.streams && c.methods[strings.ToLower(stream.golang)] != nil
	switch {
	case op.pages:
		name += "All"
	case streamed:
		name = stream.golang
	}
	method := c.methods[strings.ToLower(name)]
	if method == nil {
		return "", fmt.Errorf("the Go client has no method %s", name)
	}
	w := &goWriter{golang: c, imports: map[string]bool{"context": true, "log": true, "os": true, "counsel.example/counsel": true}}
	call := value{text: "client." + method.Name.Name + "(", close: ")", list: true, hug: true}
	prepare, err := w.arguments(op, method, &call)
	if err != nil {
		return "", err
	}

	var b strings.Builder
	b.WriteString("func main() {\n\tctx := context.Background()\n")
	switch op.auth {
	case key:
		b.WriteString("\tclient := counsel.New(os.Getenv(\"COUNSEL_URL\"), counsel.WithAPIKey(os.Getenv(\"COUNSEL_API_KEY\")))\n")
	case session:
		b.WriteString("\tclient := counsel.New(os.Getenv(\"COUNSEL_URL\"))\n\tif err := client.Login(ctx, os.Getenv(\"COUNSEL_EMAIL\"), os.Getenv(\"COUNSEL_PASSWORD\")); err != nil {\n\t\tlog.Fatal(err)\n\t}\n")
	case nobody:
		b.WriteString("\tclient := counsel.New(os.Getenv(\"COUNSEL_URL\"))\n")
	}
	b.WriteString("\n" + prepare)
	failure := "if err != nil {\n\t\tlog.Fatal(err)\n\t}\n"
	switch {
	case op.pages, streamed && stream.yields:
		item := "item"
		use := "\t\tfmt.Printf(\"%+v\\n\", item)\n"
		if !op.pages {
			item = "event"
			use = "\t\tif event.Type == counsel.ChatEventTypeDelta {\n\t\t\tfmt.Print(*event.Text)\n\t\t}\n"
		}
		w.imports["fmt"] = true
		text := call.render("\t", 1, 24)
		if op.body != nil && strings.Contains(text, "\n") { // a literal of many lines does not belong in the head of a loop
			last := &call.items[len(call.items)-1]
			b.WriteString("\tbody := " + last.value.render("\t", 1, 12) + "\n")
			last.value = atom("body")
			text = call.line()
		}
		b.WriteString("\tfor " + item + ", err := range " + text + " {\n\t\tif err != nil {\n\t\t\tlog.Fatal(err)\n\t\t}\n" + use + "\t}\n")
	case method.Type.Results.NumFields() == 1:
		text := call.render("\t", 1, 14)
		if strings.Contains(text, "\n") {
			b.WriteString("\terr := " + text + "\n\t" + failure)
		} else {
			b.WriteString("\tif err := " + text + "; err != nil {\n\t\tlog.Fatal(err)\n\t}\n")
		}
	case op.returns == file:
		w.imports["io"] = true
		b.WriteString("\tcontent, err := " + call.render("\t", 1, 20) + "\n\t" + failure + "\tdefer content.Close()\n")
		if op.isText() {
			b.WriteString("\tif _, err := io.Copy(os.Stdout, content); err != nil {\n\t\tlog.Fatal(err)\n\t}\n")
			break
		}
		b.WriteString("\tfile, err := os.Create(" + strconv.Quote(op.fileName()) + ")\n\t" + failure + "\tif _, err := io.Copy(file, content); err != nil {\n\t\tlog.Fatal(err)\n\t}\n\tif err := file.Close(); err != nil {\n\t\tlog.Fatal(err)\n\t}\n")
	default:
		w.imports["fmt"] = true
		b.WriteString("\tresult, err := " + call.render("\t", 1, 20) + "\n\t" + failure + "\tfmt.Printf(\"%+v\\n\", *result)\n")
	}
	b.WriteString("}\n")
	return w.program(b.String())
}

// goWriter writes one sample.
type goWriter struct {
	*golang
	imports map[string]bool
}

// program adds what goes before the function. The build tag keeps the files, which are programs of their own, out of a package.
func (w *goWriter) program(body string) (string, error) {
	var standard, others []string
	for path := range w.imports {
		if strings.Contains(path, ".") {
			others = append(others, path)
		} else {
			standard = append(standard, path)
		}
	}
	slices.Sort(standard)
	slices.Sort(others)
	var b bytes.Buffer
	b.WriteString("//go:build ignore\n\npackage main\n\nimport (\n")
	for _, path := range standard {
		fmt.Fprintf(&b, "%q\n", path)
	}
	b.WriteString("\n")
	for _, path := range others {
		fmt.Fprintf(&b, "%q\n", path)
	}
	b.WriteString(")\n\n" + body)
	source, err := format.Source(b.Bytes())
	if err != nil {
		return "", fmt.Errorf("%w in\n%s", err, b.String())
	}
	return string(source), nil
}

// arguments adds the arguments of the method to the call, and returns the lines before it.
func (w *goWriter) arguments(op *operation, method *ast.FuncDecl, call *value) (prepare string, err error) {
	path := op.pathParams()
	for _, group := range method.Type.Params.List {
		for _, name := range group.Names {
			switch name.Name {
			case "ctx":
				call.items = append(call.items, entry{"", atom("ctx")})
			case "options":
			case "onProgress":
				call.items = append(call.items, entry{"", atom("nil")})
			case "params":
				params, err := w.params(op, group.Type)
				if err != nil {
					return "", err
				}
				call.items = append(call.items, entry{"", params})
			case "body":
				var body value
				if op.form {
					prepare, body, err = w.form(op, group.Type)
				} else {
					body, err = w.literal(op.body, group.Type, false)
					var foreign *unsupportedError
					if errors.As(err, &foreign) {
						prepare, err = w.decoded(op.body, group.Type)
						body = atom("body")
					}
				}
				if err != nil {
					return "", err
				}
				call.items = append(call.items, entry{"", body})
			default:
				if len(path) == 0 {
					return "", fmt.Errorf("%s: the argument %s is not known", op.id, name.Name)
				}
				argument, err := w.literal(path[0].example, group.Type, false)
				if err != nil {
					return "", err
				}
				call.items = append(call.items, entry{"", argument})
				path = path[1:]
			}
		}
	}
	return prepare, nil
}

func (w *goWriter) params(op *operation, typ ast.Expr) (value, error) {
	name := typ.(*ast.Ident).Name
	v := value{text: "counsel." + name + "{", close: "}", list: true}
	for _, p := range op.options() {
		f := w.fieldOf(name, p.name)
		if f == nil {
			return v, fmt.Errorf("%s has no field for %s", name, p.name)
		}
		literal, err := w.literal(p.example, f.Type, false)
		if err != nil {
			return v, err
		}
		v.items = append(v.items, entry{f.Names[0].Name + ": ", literal})
	}
	return v, nil
}

func (w *goWriter) form(op *operation, typ ast.Expr) (string, value, error) {
	name := typ.(*ast.Ident).Name
	v := value{text: "counsel." + name + "{", close: "}", list: true}
	var prepare strings.Builder
	for field, example := range fields(op.body) {
		f := w.fieldOf(name, field)
		if f == nil {
			return "", v, fmt.Errorf("%s has no field for %s", name, field)
		}
		if slices.Contains(op.fileFields, field) {
			fmt.Fprintf(&prepare, "\t%s, err := os.Open(\"contract.pdf\")\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n\tdefer %s.Close()\n", field, field)
			v.items = append(v.items, entry{f.Names[0].Name + ": ", atom(fmt.Sprintf("counsel.File{Name: \"contract.pdf\", Content: %s}", field))})
			continue
		}
		literal, err := w.literal(example, f.Type, false)
		if err != nil {
			return "", v, err
		}
		v.items = append(v.items, entry{f.Names[0].Name + ": ", literal})
	}
	return prepare.String(), v, nil
}

// decoded returns lines that read a body from JSON.
func (w *goWriter) decoded(body *yaml.Node, typ ast.Expr) (string, error) {
	text, err := encodeJSON(body, "\t", "\t")
	if err != nil {
		return "", err
	}
	w.imports["encoding/json"] = true
	quoted := "`" + text + "`"
	if strings.Contains(text, "`") {
		quoted = strconv.Quote(text)
	}
	return "\tvar body " + w.typeText(typ) + "\n\tif err := json.Unmarshal([]byte(" + quoted + "), &body); err != nil {\n\t\tlog.Fatal(err)\n\t}\n", nil
}

// fieldOf returns the field of a struct by its name in JSON.
func (c *golang) fieldOf(typ, name string) *ast.Field {
	spec := c.types[typ]
	if spec == nil {
		return nil
	}
	structure, ok := spec.Type.(*ast.StructType)
	if !ok {
		return nil
	}
	for _, f := range structure.Fields.List {
		if f.Tag == nil || len(f.Names) != 1 {
			continue
		}
		_, tag, _ := strings.Cut(f.Tag.Value, `json:"`)
		tag, _, _ = strings.Cut(tag, `"`)
		tag, _, _ = strings.Cut(tag, ",")
		if tag == name {
			return f
		}
	}
	return nil
}

// unsupportedError is a value that has no literal of the client's types.
type unsupportedError struct{ what string }

func (e *unsupportedError) Error() string { return "there is no literal of " + e.what }

// literal writes an example as a value of a type. elided: the type is that of the list around it.
func (w *goWriter) literal(node *yaml.Node, typ ast.Expr, elided bool) (value, error) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch t := typ.(type) {
	case *ast.StarExpr:
		return w.pointer(node, t.X)
	case *ast.ArrayType:
		v := value{text: w.typeText(typ) + "{", close: "}", list: true}
		for _, each := range items(node) {
			item, err := w.literal(each, t.Elt, true)
			if err != nil {
				return v, err
			}
			v.items = append(v.items, entry{"", item})
		}
		return v, nil
	case *ast.MapType:
		v := value{text: w.typeText(typ) + "{", close: "}", list: true}
		for name, each := range fields(node) {
			item, err := w.literal(each, t.Value, true)
			if err != nil {
				return v, err
			}
			v.items = append(v.items, entry{strconv.Quote(name) + ": ", item})
		}
		return v, nil
	case *ast.InterfaceType:
		return w.anything(node), nil
	case *ast.SelectorExpr:
		return w.moment(node, t)
	case *ast.Ident:
		return w.named(node, t.Name, elided)
	}
	return value{}, &unsupportedError{w.typeText(typ)}
}

func (w *goWriter) named(node *yaml.Node, name string, elided bool) (value, error) {
	spec := w.types[name]
	if spec == nil { // built in
		if name == "any" {
			return w.anything(node), nil
		}
		if node.Kind != yaml.ScalarNode {
			return value{}, &unsupportedError{name}
		}
		if name == "string" {
			return atom(strconv.Quote(node.Value)), nil
		}
		return atom(node.Value), nil
	}
	if spec.Assign.IsValid() {
		return w.literal(node, spec.Type, elided)
	}
	switch t := spec.Type.(type) {
	case *ast.StructType:
		return w.structure(node, name, elided)
	case *ast.MapType:
		v, err := w.literal(node, t, elided)
		v.text = "counsel." + name + "{"
		return v, err
	case *ast.ArrayType:
		v, err := w.literal(node, t, elided)
		v.text = "counsel." + name + "{"
		return v, err
	case *ast.Ident:
		if constant, ok := w.constants[name][node.Value]; ok {
			return atom("counsel." + constant), nil
		}
		return w.literal(node, t, elided)
	}
	return value{}, &unsupportedError{name}
}

func (w *goWriter) structure(node *yaml.Node, name string, elided bool) (value, error) {
	v := value{text: "counsel." + name + "{", close: "}", list: true}
	if elided {
		v.text = "{"
	}
	if node.Kind != yaml.MappingNode {
		return v, &unsupportedError{name}
	}
	for field, each := range fields(node) {
		f := w.fieldOf(name, field)
		if f == nil {
			return v, &unsupportedError{name + " with " + field}
		}
		item, err := w.literal(each, f.Type, false)
		if err != nil {
			return v, err
		}
		v.items = append(v.items, entry{f.Names[0].Name + ": ", item})
	}
	return v, nil
}

// pointer writes an optional value.
func (w *goWriter) pointer(node *yaml.Node, typ ast.Expr) (value, error) {
	if node.Tag == "!!null" {
		return atom("nil"), nil
	}
	inner, err := w.literal(node, typ, false)
	if err != nil {
		return inner, err
	}
	if inner.list {
		if named, ok := typ.(*ast.Ident); ok && w.isStructure(named.Name) {
			inner.text = "&" + inner.text
			return inner, nil
		}
		inner.text, inner.close = "counsel.Ptr("+inner.text, inner.close+")"
		return inner, nil
	}
	switch basic := w.basic(typ); {
	case strings.HasPrefix(inner.text, "counsel."), basic == "string" && w.isAlias(typ), basic == "bool" && w.isAlias(typ), basic == "int" && w.isAlias(typ):
	case strings.HasPrefix(inner.text, "time."), strings.HasPrefix(inner.text, "types."):
	default:
		return atom("counsel.Ptr[" + w.typeText(typ) + "](" + inner.text + ")"), nil
	}
	return atom("counsel.Ptr(" + inner.text + ")"), nil
}

func (c *golang) isStructure(name string) bool {
	spec := c.types[name]
	if spec == nil {
		return false
	}
	if named, ok := spec.Type.(*ast.Ident); ok && spec.Assign.IsValid() {
		return c.isStructure(named.Name)
	}
	_, ok := spec.Type.(*ast.StructType)
	return ok
}

// basic returns the name of the built-in type below a type, or "".
func (c *golang) basic(typ ast.Expr) string {
	named, ok := typ.(*ast.Ident)
	if !ok {
		return ""
	}
	if spec := c.types[named.Name]; spec != nil {
		return c.basic(spec.Type)
	}
	return named.Name
}

// isAlias reports whether a type is a built-in one, if by another name.
func (c *golang) isAlias(typ ast.Expr) bool {
	named, ok := typ.(*ast.Ident)
	if !ok {
		return false
	}
	spec := c.types[named.Name]
	return spec == nil || spec.Assign.IsValid() && c.isAlias(spec.Type)
}

// moment writes a date or a time.
func (w *goWriter) moment(node *yaml.Node, t *ast.SelectorExpr) (value, error) {
	switch t.Sel.Name {
	case "Time":
		at, err := time.Parse(time.RFC3339, node.Value)
		if err != nil {
			return value{}, err
		}
		w.imports["time"] = true
		return atom(dateText(at.UTC())), nil
	case "Date":
		at, err := time.Parse(time.DateOnly, node.Value)
		if err != nil {
			return value{}, err
		}
		w.imports["time"], w.imports["github.com/oapi-codegen/runtime/types"] = true, true
		return atom("types.Date{Time: " + dateText(at) + "}"), nil
	}
	return value{}, &unsupportedError{t.Sel.Name}
}

func dateText(at time.Time) string {
	return fmt.Sprintf("time.Date(%d, time.%s, %d, %d, %d, %d, 0, time.UTC)", at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second())
}

// anything writes an example that has no type.
func (w *goWriter) anything(node *yaml.Node) value {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch node.Kind {
	case yaml.MappingNode:
		v := value{text: "map[string]any{", close: "}", list: true}
		for name, each := range fields(node) {
			v.items = append(v.items, entry{strconv.Quote(name) + ": ", w.anything(each)})
		}
		return v
	case yaml.SequenceNode:
		v := value{text: "[]any{", close: "}", list: true}
		for _, each := range node.Content {
			v.items = append(v.items, entry{"", w.anything(each)})
		}
		return v
	}
	switch node.Tag {
	case "!!str", "!!timestamp":
		return atom(strconv.Quote(node.Value))
	case "!!null":
		return atom("nil")
	}
	return atom(node.Value)
}

func (w *goWriter) typeText(typ ast.Expr) string {
	switch t := typ.(type) {
	case *ast.Ident:
		if w.types[t.Name] != nil {
			return "counsel." + t.Name
		}
		return t.Name
	case *ast.StarExpr:
		return "*" + w.typeText(t.X)
	case *ast.ArrayType:
		return "[]" + w.typeText(t.Elt)
	case *ast.MapType:
		return "map[" + w.typeText(t.Key) + "]" + w.typeText(t.Value)
	case *ast.InterfaceType:
		return "any"
	case *ast.SelectorExpr:
		return "types." + t.Sel.Name
	}
	return fmt.Sprintf("%T", typ)
}
