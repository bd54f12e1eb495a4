package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// fieldTerms lists everyday words that names must not contain, each with the term that the field
// uses. A reader searches for the term.
var fieldTerms = map[string]string{
	"anew":     "again, or the name of the repeated action",
	"beat":     "heartbeat, extendLease",
	"bench":    "fixture",
	"bury":     "discard",
	"buried":   "discarded",
	"cause":    "error",
	"dead":     "discarded, deleted, closed",
	"desk":     "fixture",
	"harness":  "fixture",
	"hear":     "subscribe, receive, onEvent",
	"hears":    "subscribe, receive, onEvent",
	"heard":    "received, delivered",
	"hearer":   "subscriber, audience",
	"hearers":  "subscribers, audience",
	"ink":      "strokes, drawing",
	"itself":   "domain.System, self",
	"keep":     "store, retain, retention",
	"keeps":    "stores, retains",
	"keeper":   "owner, store",
	"kept":     "stored, retained",
	"letters":  "mailer, messages; runes",
	"lost":     "missing, leaseLost, rescued",
	"matter":   "case, caseID",
	"matters":  "cases",
	"orderly":  "injection, instruction",
	"patience": "timeout",
	"said":     "parsed, reported, the name of the value",
	"say":      "report, format, message",
	"says":     "reports, message",
	"scribe":   "shaper, writer",
	"settle":   "finish, complete",
	"shelf":    "sources, storage",
	"tell":     "notify, publish, report",
	"tells":    "notifies, reports",
	"told":     "notified, reported",
	"twin":     "copy, throttle, pair",
	"wall":     "caseAccess",
	"world":    "fixture, environment",
}

// quaintPhrases must not stand in comments; a plain sentence says the same.
var quaintPhrases = []string{" anew", "thereof", " for good", "is told", "are told", "goes on with", "be away"}

// termsWithEverydayWords are established terms that contain a listed word.
var termsWithEverydayWords = []string{"keepalive", "keepwithnext", "keepfinished", "frontmatter", "wallclock", "deadletter", "leaselost", "connectionlost", "disputelost"}

// alphabets are the packages in which letters are those of an alphabet.
var alphabets = []string{"domain/account", "domain/ai/policy", "domain/cases", "domain/esign/blanks", "domain/masking", "domain/text/extract", "sandbox/llm"}

// TestNames parses every Go file that is not generated. It refuses declared names that contain an
// everyday word where the field has a term, and "cause" as the key of an error in a log line.
func TestNames(t *testing.T) {
	files := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "gen" || d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil || ast.IsGenerated(file) {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		report := func(pos token.Pos, name, word string) {
			t.Errorf("%s: %s has %q; use the field's term: %s", files.Position(pos), name, word, fieldTerms[word])
		}
		for _, group := range file.Comments {
			for _, phrase := range quaintPhrases {
				if i := strings.Index(strings.Join(strings.Fields(group.Text()), " "), phrase); i >= 0 {
					report(group.Pos(), "a comment", phrase)
				}
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			for _, name := range declaredNames(n) {
				for _, word := range everydayWords(name.Name) {
					if word != "letters" || !slices.Contains(alphabets, dir) {
						report(name.Pos(), name.Name, word)
					}
				}
			}
			if call, ok := n.(*ast.CallExpr); ok && path != "names_test.go" {
				for _, arg := range call.Args {
					if lit, ok := arg.(*ast.BasicLit); ok && lit.Value == `"cause"` {
						report(lit.Pos(), "the key of an error in a log line", "cause")
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// declaredNames are the names that n declares.
func declaredNames(n ast.Node) []*ast.Ident {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return []*ast.Ident{n.Name}
	case *ast.TypeSpec:
		return []*ast.Ident{n.Name}
	case *ast.ValueSpec:
		return n.Names
	case *ast.Field:
		return n.Names
	case *ast.ImportSpec:
		if n.Name != nil {
			return []*ast.Ident{n.Name}
		}
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return nil
		}
		var names []*ast.Ident
		for _, e := range n.Lhs {
			if id, ok := e.(*ast.Ident); ok {
				names = append(names, id)
			}
		}
		return names
	case *ast.RangeStmt:
		var names []*ast.Ident
		for _, e := range []ast.Expr{n.Key, n.Value} {
			if id, ok := e.(*ast.Ident); ok && n.Tok == token.DEFINE {
				names = append(names, id)
			}
		}
		return names
	}
	return nil
}

// everydayWords are the listed words in a camel-case name.
func everydayWords(name string) (found []string) {
	lower := strings.ToLower(strings.ReplaceAll(name, "_", ""))
	for _, term := range termsWithEverydayWords {
		if strings.Contains(lower, term) {
			return nil
		}
	}
	test := strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Benchmark")
	for _, word := range camelWords(name) {
		switch {
		case word == "cause": // only as a key of a log line
		case word == "bench" && lower != word: // short for benchmark
		case test && strings.HasPrefix(word, "keep"): // a sentence about what a test checks
		case fieldTerms[word] != "":
			found = append(found, word)
		}
	}
	return found
}

// camelWords splits a camel-case name into lower-case words.
func camelWords(name string) (words []string) {
	runes := []rune(name)
	start := 0
	cut := func(end int) {
		if end > start {
			words = append(words, strings.ToLower(string(runes[start:end])))
		}
		start = end
	}
	for i := 1; i < len(runes); i++ {
		switch {
		case runes[i] == '_':
			cut(i)
			start = i + 1
		case unicode.IsUpper(runes[i]) && !unicode.IsUpper(runes[i-1]):
			cut(i)
		case unicode.IsUpper(runes[i]) && i+1 < len(runes) && unicode.IsLower(runes[i+1]):
			cut(i)
		}
	}
	cut(len(runes))
	return words
}
