package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestQueriesOfOneSubject: a subject of the domain opens no queries but its own, so that it reaches the tables
// of others only through their services.
func TestQueriesOfOneSubject(t *testing.T) {
	const prefix = "counsel/gen/query/"
	err := filepath.WalkDir("domain", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		subject := strings.Split(filepath.ToSlash(path), "/")[1]
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if of, ok := strings.CutPrefix(imported, prefix); ok && of != subject {
				t.Errorf("%s imports the queries of %s", path, of)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
