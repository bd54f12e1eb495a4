package docs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"counsel/sandbox/testkit"
)

// imports are the packages that the code of a guide may use without importing them, by the name they have in it.
var imports = map[string]string{"counsel": "counsel.example/counsel", "errors": "errors", "fmt": "fmt"}

// TestGoExamples compiles and vets the Go in the guides and in the client's README, with the client of gen/go. The Python is checked by
// tests/clients/python, the TypeScript by tests/sdk.
func TestGoExamples(t *testing.T) {
	t.Parallel()
	guides, err := filepath.Glob("../../docs/*.md")
	testkit.Must(t, err)
	dir := t.TempDir()
	testkit.Must(t, os.CopyFS(dir, os.DirFS("../clients/go"))) // for go.mod and go.sum
	testkit.Must(t, os.RemoveAll(filepath.Join(dir, "story_test.go")))
	client, err := filepath.Abs("../../gen/go")
	testkit.Must(t, err)
	edit := exec.CommandContext(t.Context(), "go", "mod", "edit", "-replace", "counsel.example/counsel="+client)
	edit.Dir = dir
	testkit.Must(t, edit.Run())
	found := 0
	for _, guide := range append(guides, "../../gen/go/README.md") {
		source, err := os.ReadFile(guide)
		testkit.Must(t, err)
		for _, m := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatchIndex(source, -1) {
			found++
			folder := filepath.Join(dir, fmt.Sprintf("example%d", found))
			testkit.Must(t, os.Mkdir(folder, 0o700))
			// Faults are reported with their line in the guide.
			line := fmt.Sprintf("//line %s:%d\n", filepath.Base(guide), 1+strings.Count(string(source[:m[2]]), "\n"))
			testkit.Must(t, os.WriteFile(filepath.Join(folder, "example.go"), []byte(goFile(string(source[m[2]:m[3]]), line)), 0o600))
		}
	}
	if found < 3 {
		t.Fatalf("found %d examples", found)
	}
	vet := exec.CommandContext(t.Context(), "go", "vet", "./...")
	vet.Dir = dir
	if out, err := vet.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

// goFile completes the code of a guide: a package clause for declarations, and a function around statements. line precedes the code.
func goFile(code, line string) string {
	switch {
	case strings.HasPrefix(code, "package "):
		return line + code
	case strings.HasPrefix(code, "import "):
		return "package example\n\n" + line + code
	}
	var b strings.Builder
	b.WriteString("package example\n\nimport (\n\t\"context\"\n")
	for name, path := range imports {
		if strings.Contains(code, name+".") {
			fmt.Fprintf(&b, "\t%q\n", path)
		}
	}
	fmt.Fprintf(&b, ")\n\nfunc Example(ctx context.Context, key string) error {\n%s%s\treturn nil\n}\n", line, code)
	return b.String()
}
