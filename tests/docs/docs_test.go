// Package docs checks that the documentation says what the code does.
package docs

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"counsel/docs"
	"counsel/domain"
	"counsel/domain/esign"
	"counsel/gen/api"
	"counsel/handlers/pages/docsite"
	"counsel/handlers/problem"
	"counsel/sandbox/testkit"
)

var update = flag.Bool("update", false, "write the generated parts of docs/")

// contract is what the tests read of openapi.yaml.
type contract struct {
	Components struct {
		Schemas struct {
			Problem struct {
				Properties struct {
					Code struct {
						Description string `json:"description"`
					} `json:"code"`
				} `json:"properties"`
			} `json:"Problem"`
			WebhookEventType struct {
				Enum []domain.EventType `json:"enum"`
			} `json:"WebhookEventType"`
		} `json:"schemas"`
	} `json:"components"`
	Webhooks map[domain.EventType]struct {
		Post struct {
			Summary     string `json:"summary"`
			Description string `json:"description"`
			RequestBody struct {
				Content map[string]struct {
					Schema struct {
						Properties struct {
							Type struct{ Enum []domain.EventType }
							Data struct {
								Required   []string
								Properties map[string]any
							}
						}
					}
				}
			} `json:"requestBody"`
		} `json:"post"`
	} `json:"x-webhooks"`
}

func readContract(t *testing.T) (c contract) {
	t.Helper()
	raw, err := api.GetSpecJSON()
	testkit.Must(t, err)
	testkit.Must(t, json.Unmarshal(raw, &c))
	return c
}

// TestCodes compares the codes of problems in the guide, in the contract and in the code, and their statuses.
func TestCodes(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/errors.md")
	testkit.Must(t, err)
	explained := map[string]int{}
	for _, m := range regexp.MustCompile("(?m)^### `([a-z_]+)`\n\n\\*\\*(\\d{3})\\.\\*\\* \\S").FindAllSubmatch(guide, -1) {
		explained[string(m[1])], _ = strconv.Atoi(string(m[2]))
	}
	list, ok := strings.CutPrefix(readContract(t).Components.Schemas.Problem.Properties.Code.Description, "Stable and for programs: ")
	if !ok {
		t.Fatal("the description of Problem.code lists no codes")
	}
	promised := map[string]bool{}
	for code := range strings.SplitSeq(strings.TrimSuffix(list, "."), ", ") {
		promised[code] = true
	}
	used := codesInCode(t)
	for _, code := range slices.Sorted(maps.Keys(merged(explained, promised, used))) {
		status, inGuide := explained[code]
		inCode, isUsed := used[code]
		if !inGuide || !promised[code] || !isUsed {
			t.Errorf("%s: in docs/errors.md %t, in the contract %t, in the code %t", code, inGuide, promised[code], isUsed)
		} else if inCode != 0 && status != inCode {
			t.Errorf("%s: docs/errors.md has the status %d, the code %d", code, status, inCode)
		}
	}
}

func merged(explained map[string]int, promised map[string]bool, used map[string]int) map[string]bool {
	all := maps.Clone(promised)
	for code := range explained {
		all[code] = true
	}
	for code := range used {
		all[code] = true
	}
	return all
}

// states complete the codes that end with the state of a thing.
var states = map[string][]string{
	"signature_": {string(esign.Creating), string(esign.Completed), string(esign.Declined), string(esign.Cancelled), string(esign.Expired), string(esign.Failed)},
	"link_":      {string(esign.LinkEarly), string(esign.LinkSigned), string(esign.LinkDeclined), string(esign.LinkExpired), string(esign.LinkClosed)},
}

// codesInCode finds the codes of errors in Go files with their status; 0: it depends on what the error wraps.
func codesInCode(t *testing.T) map[string]int {
	t.Helper()
	codes := map[string]int{string(problem.MethodNotAllowed): 405, string(problem.RangeNotSatisfiable): 416}
	names := map[string]domain.Code{
		"Malformed": domain.Malformed, "Invalid": domain.Invalid, "Unauthenticated": domain.Unauthenticated, "Forbidden": domain.Forbidden, "NotFound": domain.NotFound, "Conflict": domain.Conflict,
		"TooLarge": domain.TooLarge, "RateLimited": domain.RateLimited, "Upstream": domain.Upstream, "Unavailable": domain.Unavailable, "Timeout": domain.Timeout, "Internal": domain.Internal,
	}
	for _, code := range names {
		codes[string(code)] = problem.Status(code)
	}
	var files []*ast.File
	constants := map[string]string{} // strings by package and name, such as ai.ReasonBadAnswer
	for _, dir := range []string{"domain", "clients", "handlers", "app"} {
		testkit.Must(t, filepath.WalkDir(filepath.Join("../..", dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			files = append(files, file)
			addConstants(constants, file)
			return nil
		}))
	}
	for _, file := range files {
		addCodes(t, codes, constants, names, file)
	}
	return codes
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}

// addConstants adds the strings that a file names.
func addConstants(constants map[string]string, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			for i, name := range spec.Names {
				if i < len(spec.Values) {
					if s, ok := literal(spec.Values[i]); ok {
						constants[file.Name.Name+"."+name.Name] = s
					}
				}
			}
		}
		return true
	})
}

// addCodes adds the reasons of the errors that a file makes.
func addCodes(t *testing.T, codes map[string]int, constants map[string]string, names map[string]domain.Code, file *ast.File) {
	add := func(reason ast.Expr, code domain.Code) {
		status := 0
		if code != "" {
			status = problem.Status(code)
		}
		switch e := reason.(type) {
		case *ast.BasicLit:
			if s, ok := literal(e); ok {
				codes[s] = status
			}
		case *ast.Ident:
			if s, ok := constants[file.Name.Name+"."+e.Name]; ok {
				codes[s] = status
			}
		case *ast.SelectorExpr:
			if s, ok := constants[typeName(e)]; ok {
				codes[s] = status
			}
		case *ast.BinaryExpr:
			prefix, ok := literal(e.X)
			if ok && len(states[prefix]) == 0 {
				t.Errorf("package %s makes codes that begin with %q: list their ends in states", file.Name.Name, prefix)
			}
			for _, state := range states[prefix] {
				codes[prefix+state] = status
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if name := typeName(n.Type); name != "domain.Error" && n.Type != nil {
				break
			}
			fields := map[string]ast.Expr{}
			for _, element := range n.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok {
					fields[typeName(pair.Key)] = pair.Value
				}
			}
			code, ok := strings.CutPrefix(typeName(fields["Code"]), "domain.")
			if reason := fields["Reason"]; reason != nil && (ok || n.Type != nil) {
				add(reason, names[code])
			}
		case *ast.CallExpr: // makes an error with a reason
			switch {
			case len(n.Args) == 0:
			case typeName(n.Fun) == "errUnsignable":
				add(n.Args[0], "")
			case typeName(n.Fun) == "conflict" && file.Name.Name == "payments":
				add(n.Args[0], domain.Conflict)
			}
		case *ast.AssignStmt: // e.Reason = …
			for i, left := range n.Lhs {
				if s, ok := left.(*ast.SelectorExpr); ok && s.Sel.Name == "Reason" && typeName(s.X) == "e" && i < len(n.Rhs) {
					add(n.Rhs[i], "")
				}
			}
		}
		return true
	})
}

// typeName is an expression such as domain.Error as text.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	}
	return ""
}

// TestEvents compares the events of the code, the contract and the guide. `-update` writes those of the guide.
func TestEvents(t *testing.T) {
	t.Parallel()
	c := readContract(t)
	if !slices.Equal(c.Components.Schemas.WebhookEventType.Enum, domain.EventTypes) {
		t.Errorf("WebhookEventType has %v, the code %v", c.Components.Schemas.WebhookEventType.Enum, domain.EventTypes)
	}
	var b strings.Builder
	b.WriteString("| event | when | ids in `data` |\n|---|---|---|\n")
	for _, eventType := range append(slices.Clone(domain.EventTypes), "ping") {
		w, ok := c.Webhooks[eventType]
		if !ok {
			t.Errorf("x-webhooks lacks %s", eventType)
			continue
		}
		properties := w.Post.RequestBody.Content["application/json"].Schema.Properties
		if !slices.Equal(properties.Type.Enum, []domain.EventType{eventType}) {
			t.Errorf("x-webhooks: %s describes %v", eventType, properties.Type.Enum)
		}
		when := w.Post.Summary + "."
		if description := strings.TrimSpace(w.Post.Description); description != when {
			when += " " + description
		}
		var ids []string
		for _, id := range slices.Sorted(maps.Keys(properties.Data.Properties)) {
			text := "`" + id + "`"
			if !slices.Contains(properties.Data.Required, id) {
				text += " if it belongs to a case"
			}
			ids = append(ids, text)
		}
		slices.SortStableFunc(ids, func(a, b string) int { return len(a) - len(b) })
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", eventType, when, strings.Join(ids, ", "))
	}
	if len(c.Webhooks) != len(domain.EventTypes)+1 {
		t.Errorf("x-webhooks describes %d events, the code has %d and ping", len(c.Webhooks), len(domain.EventTypes))
	}
	checkGenerated(t, "../../docs/webhooks.md", "events", b.String())
}

// checkGenerated compares a generated part of a guide, between two comments, or writes it.
func checkGenerated(t *testing.T, file, part, want string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	testkit.Must(t, err)
	m := regexp.MustCompile(`(?s)(<!-- ` + part + `:[^\n]*-->\n)(.*?)(<!-- /` + part + ` -->)`).FindSubmatchIndex(raw)
	if m == nil {
		t.Fatalf("%s has no part %s", file, part)
	}
	want = "\n" + want + "\n"
	if string(raw[m[4]:m[5]]) == want {
		return
	}
	if !*update {
		t.Errorf("%s: the part %s is not what is generated; run go test ./tests/docs -run %s -update", file, part, t.Name())
		return
	}
	testkit.Must(t, os.WriteFile(file, []byte(string(raw[:m[4]])+want+string(raw[m[5]:])), 0o600))
}

// TestLinks exports the documentation and follows every link to a file or a heading. Links out of it must be https.
func TestLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	yaml, err := os.ReadFile("../../openapi.yaml")
	testkit.Must(t, err)
	testkit.Must(t, docsite.Export(dir, yaml))
	type link struct{ from, to string }
	var links []link
	ids := map[string]map[string]bool{} // of each page
	testkit.Must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".html" {
			return err
		}
		file, err := os.Open(path)
		testkit.Must(t, err)
		defer file.Close()
		root, err := html.Parse(file)
		testkit.Must(t, err)
		ids[path] = map[string]bool{}
		for n := range root.Descendants() {
			for _, a := range n.Attr {
				switch a.Key {
				case "id":
					if ids[path][a.Val] {
						t.Errorf("%s has the id %s twice", path, a.Val)
					}
					ids[path][a.Val] = true
				case "href", "src":
					links = append(links, link{path, a.Val})
				}
			}
		}
		return nil
	}))
	for _, m := range workflowSources(t) {
		links = append(links, link{filepath.Join(dir, "docs/assets/counsel.arazzo.yaml"), m})
	}
	if len(ids) < 15 || len(links) < 300 {
		t.Errorf("found %d pages with %d links", len(ids), len(links))
	}
	for _, l := range links {
		u, err := url.Parse(l.to)
		switch {
		case err != nil, strings.HasPrefix(l.to, "/"), u.Scheme == "http":
			t.Errorf("%s: bad link %s", l.from, l.to)
			continue
		case u.Scheme != "": // another site, or data:
			continue
		}
		target := l.from
		if u.Path != "" {
			target = filepath.Join(filepath.Dir(l.from), filepath.FromSlash(u.Path))
		}
		if _, err := os.Stat(target); err != nil {
			t.Errorf("%s: the link %s leads nowhere", l.from, l.to)
		}
		if u.Fragment != "" && filepath.Base(target) != "reference.html" && !ids[target][u.Fragment] {
			t.Errorf("%s: the link %s leads to no heading", l.from, l.to)
		}
	}
}

// workflowSources are the descriptions to which the workflows refer, relative to them.
func workflowSources(t *testing.T) (urls []string) {
	t.Helper()
	source, err := docs.Files.ReadFile("workflows/counsel.arazzo.yaml")
	testkit.Must(t, err)
	for _, m := range regexp.MustCompile(`(?m)^  - \{ name: [a-z]+, url: ([^,]+),`).FindAllSubmatch(source, -1) {
		urls = append(urls, string(m[1]))
	}
	if len(urls) != 2 {
		t.Errorf("the workflows refer to %q", urls)
	}
	return urls
}

// TestIndex checks that docs/README.md lists every guide, and that links between the Markdown files of the repository lead to files.
func TestIndex(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile("../../docs/README.md")
	testkit.Must(t, err)
	guides, err := filepath.Glob("../../docs/*.md")
	testkit.Must(t, err)
	for _, guide := range guides {
		if name := filepath.Base(guide); name != "README.md" && !strings.Contains(string(index), "]("+name+")") {
			t.Errorf("docs/README.md does not list %s", name)
		}
	}
	found := 0
	for _, file := range append(guides, "../../README.md", "../../ARCHITECTURE.md", "../../CONTRIBUTING.md", "../../CHANGELOG.md") {
		source, err := os.ReadFile(file)
		testkit.Must(t, err)
		for _, m := range regexp.MustCompile(`\]\(([^)#:\s]+)(?:#[^)]*)?\)`).FindAllSubmatch(source, -1) {
			found++
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), string(m[1]))); err != nil {
				t.Errorf("%s: the link %s leads nowhere", filepath.Base(file), m[1])
			}
		}
	}
	if found < 100 {
		t.Errorf("found %d links", found)
	}
}

// TestLinksInContract checks that the contract's links to guides lead to them, on the server and in the exported reference.
func TestLinksInContract(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	yaml, err := os.ReadFile("../../openapi.yaml")
	testkit.Must(t, err)
	testkit.Must(t, docsite.Export(dir, yaml))
	site, err := docsite.Build(yaml)
	testkit.Must(t, err)
	links := regexp.MustCompile(`\]\((/docs[^)]*)\)`).FindAllSubmatch(yaml, -1)
	if len(links) < 8 {
		t.Errorf("found %d links", len(links))
	}
	for _, m := range links {
		name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(string(m[1]), "/docs"), "/"), "#")
		if _, ok := site.Guides[name]; name != "" && !ok {
			t.Errorf("openapi.yaml: the link %s leads nowhere", m[1])
		}
	}
	exported, err := os.ReadFile(filepath.Join(dir, "openapi.js"))
	testkit.Must(t, err)
	relative := regexp.MustCompile(`\]\(([a-z-]+\.html)[)#]`).FindAllSubmatch(exported, -1)
	if len(relative) != len(links) {
		t.Errorf("%d of %d links are relative in the exported contract", len(relative), len(links))
	}
	for _, m := range relative {
		if _, err := os.Stat(filepath.Join(dir, "docs", string(m[1]))); err != nil {
			t.Errorf("openapi.js: the link %s leads nowhere", m[1])
		}
	}
}

// TestOperationsInGuides checks that the guides name only operations that the contract has.
func TestOperationsInGuides(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile("../../openapi.yaml")
	testkit.Must(t, err)
	site, err := docsite.Build(contract)
	testkit.Must(t, err)
	found := 0
	for name, page := range site.Guides {
		for _, m := range regexp.MustCompile(`(<a href="[^"]*">)?<code>((?:GET|POST|PUT|PATCH|DELETE) /[^<\n]*)</code>`).FindAllSubmatch(page.Body, -1) {
			if found++; len(m[1]) == 0 {
				t.Errorf("docs/%s.md names %s, which the contract does not have", name, m[2])
			}
		}
	}
	if found < 20 {
		t.Errorf("found %d operations in all guides", found)
	}
}

// TestSummaries checks that each guide begins with a paragraph, which the first page shows.
func TestSummaries(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile("../../openapi.yaml")
	testkit.Must(t, err)
	site, err := docsite.Build(contract)
	testkit.Must(t, err)
	cards := regexp.MustCompile(`<li><a href="([^"]*)">[^<]*</a><p>([^<]*)</p></li>`).FindAllSubmatch(site.Start.Body, -1)
	if len(cards) != len(site.Guides) {
		t.Errorf("the first page shows %d of %d guides", len(cards), len(site.Guides))
	}
	for _, card := range cards {
		if len(card[2]) < 20 {
			t.Errorf("%s has the summary %q", card[1], card[2])
		}
	}
}
