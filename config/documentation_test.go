package config_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"counsel/config"
)

var update = flag.Bool("update", false, "write .env.example and docs/settings.md")

// documented is a setting with its comment in the source.
type documented struct {
	name, defaultValue, comment string
	file                        bool // NAME_FILE is accepted
}

// group is a struct of settings of the source.
type group struct {
	name     string
	settings []documented
}

// TestDocumentation keeps .env.example and docs/settings.md equal to the comments of the settings.
func TestDocumentation(t *testing.T) {
	groups := readGroups(t)
	count := 0
	for _, g := range groups {
		for _, s := range g.settings {
			if count++; s.comment == "" {
				t.Errorf("%s has no comment", s.name)
			}
		}
	}
	if count < 55 {
		t.Errorf("only %d settings were found", count)
	}
	for path, text := range map[string]string{"../.env.example": envExample(groups), "../docs/settings.md": settingsPage(groups)} {
		if *update {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%s differs from the comments in config (%v): run go test ./config -update", path, err)
		}
	}
}

var wordBoundary = regexp.MustCompile(`([a-z])([A-Z])`)

// readGroups returns the groups in the order of Config.
func readGroups(t *testing.T) []group {
	types := map[string]*ast.TypeSpec{}
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if d, ok := declaration.(*ast.GenDecl); ok && d.Tok == token.TYPE {
				spec := d.Specs[0].(*ast.TypeSpec)
				types[spec.Name.Name] = spec
			}
		}
	}
	groups := []group{{name: "General", settings: readSettings(t, types["Config"].Type)}}
	for field := range reflect.TypeFor[config.Config]().Fields() {
		if field.Tag.Get("env") == "" {
			name := field.Type.Name()
			groups = append(groups, group{wordBoundary.ReplaceAllString(name, "$1 $2"), readSettings(t, types[name].Type)})
		}
	}
	return groups
}

func readSettings(t *testing.T, group ast.Expr) (all []documented) {
	for _, field := range group.(*ast.StructType).Fields.List {
		if field.Tag == nil {
			if _, ok := field.Type.(*ast.StructType); ok {
				all = append(all, readSettings(t, field.Type)...)
			}
			continue
		}
		unquoted, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			t.Fatal(err)
		}
		tag := reflect.StructTag(unquoted)
		all = append(all, documented{tag.Get("env"), tag.Get("envDefault"), oneLine(field.Doc), tag.Get("secret")+tag.Get("file") != ""})
	}
	return all
}

func oneLine(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }

func envExample(groups []group) string {
	var b strings.Builder
	b.WriteString(comment(`All settings of the service, with their defaults. "dev" reads a file .env next to this one; "serve" and "work" read only the environment. "dev" starts an embedded server for each setting marked (*) that is empty. Instead of a setting marked (file), NAME_FILE can name a file that contains the value. "counsel config" prints what is in force.`))
	for _, g := range groups {
		fmt.Fprintf(&b, "\n# ---- %s ----\n", g.name)
		for _, s := range g.settings {
			text := s.comment
			if s.file {
				text = "(file) " + text
			}
			fmt.Fprintf(&b, "%s%s=%s\n", comment(text), s.name, s.defaultValue)
		}
	}
	return b.String()
}

// comment returns text as comments of at most 120 characters a line.
func comment(text string) string {
	var b strings.Builder
	line := "#"
	for word := range strings.FieldsSeq(text) {
		if len([]rune(line))+1+len([]rune(word)) > 120 {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	return b.String() + line + "\n"
}

func settingsPage(groups []group) string {
	var b strings.Builder
	b.WriteString("# Settings\n\n" +
		"Every setting is an environment variable. `dev` starts an embedded server for each setting marked (*) that is\n" +
		"empty. Instead of a setting marked (file), `NAME_FILE` can name a file that contains the value, such as\n" +
		"`JWT_SECRET_KEY_FILE=/run/secrets/jwt`. `counsel config` prints what is in force, with secrets masked, and where each\n" +
		"value comes from. [Configuration](configuration.md) says which of them production needs.\n")
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s\n\n| setting | default | |\n|---|---|---|\n", g.name)
		for _, s := range g.settings {
			text, value := s.comment, ""
			if s.file {
				text = "(file) " + text
			}
			if s.defaultValue != "" {
				value = "`" + s.defaultValue + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.name, value, strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(text))
		}
	}
	return b.String()
}
