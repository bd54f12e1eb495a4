package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"counsel/sandbox/testkit"
)

const root = "../../.."

// generated makes the samples of a contract to which text was added, with a Python client in dir.
func generated(t *testing.T, change func(contract string) string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	contract, err := os.ReadFile(filepath.Join(root, "openapi.yaml"))
	testkit.Must(t, err)
	testkit.Must(t, os.WriteFile(filepath.Join(dir, "openapi.yaml"), []byte(change(string(contract))), 0o600))
	absolute, err := filepath.Abs(filepath.Join(root, "gen"))
	testkit.Must(t, err)
	testkit.Must(t, os.Symlink(absolute, filepath.Join(dir, "gen")))
	out := filepath.Join(dir, "out")
	testkit.Must(t, os.MkdirAll(out, 0o700))
	return out, generate(dir, out)
}

func replace(old, text string) func(string) string {
	return func(contract string) string {
		if !strings.Contains(contract, old) {
			panic("the contract has no " + old)
		}
		return strings.Replace(contract, old, text, 1)
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(path...))
	testkit.Must(t, err)
	return string(content)
}

// TestDrift: the samples in the repository are those of the contract (Python's without the formatter).
func TestDrift(t *testing.T) {
	t.Parallel()
	out, err := generated(t, func(contract string) string { return contract })
	testkit.Must(t, err)
	for _, name := range []string{"counsel.postman-collection.json", "curl/createCase.sh", "typescript/sendChat.ts", "go/initiateSignature.go"} {
		if read(t, out, name) != read(t, "..", name) {
			t.Errorf("%s is not what the contract makes of it: run scripts/generate", name)
		}
	}
}

// TestFaults: what a sample cannot be made of is an error that names it.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(string) string
		want   string
	}{
		"no method":  {replace("operationId: createCase\n", "operationId: fileCase\n"), "fileCase"},
		"no example": {replace("dispute: { value: ", "dispute: { externalValue: https://example.com, x-value: "), "post /api/cases: the body has no example"},
		"no YAML":    {func(string) string { return "a: [" }, "openapi.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := generated(t, test.change)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// TestUnknownField: what the clients' types do not have is written as JSON that they read.
func TestUnknownField(t *testing.T) {
	t.Parallel()
	out, err := generated(t, replace("title: Northwind v. Southwind, ", "title: Northwind v. Southwind, court: \"St. John's\", "))
	testkit.Must(t, err)
	for name, want := range map[string]string{
		"curl/createCase.sh":       `"court": "St. John'\''s"`,
		"typescript/createCase.ts": `court: 'St. John\'s'`,
		"go/createCase.go":         "json.Unmarshal([]byte(",
		"python/createCase.py":     "models.CreateCaseRequest.model_validate(",
	} {
		if got := read(t, out, name); !strings.Contains(got, want) {
			t.Errorf("%s has no %s:\n%s", name, want, got)
		}
	}
}

// TestQuoting: texts stay what they are in each language.
func TestQuoting(t *testing.T) {
	t.Parallel()
	text := "it's \"$HOME\" `id` \\ and\nanother line"
	for got, want := range map[string]string{
		quoteShell(text):      `'it'\''s "$HOME" ` + "`id`" + ` \ and` + "\n" + `another line'`,
		quoteShell("a=b"):     `"a=b"`,
		quoteTypeScript(text): `'it\'s "$HOME" ` + "`id`" + ` \\ and\nanother line'`,
		quoteJSON("<a&b>"):    `"<a&b>"`,
		snake("HTTPStatus"):   "http_status",
		snake("from"):         "from_",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
