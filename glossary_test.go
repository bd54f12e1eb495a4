package main

import (
	"bufio"
	"os"
	"regexp"
	"testing"
)

// TestGlossary checks that every word of the glossary names a place that exists.
func TestGlossary(t *testing.T) {
	f, err := os.Open("docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	row := regexp.MustCompile("^\\| \\*\\*(.+)\\*\\* \\|.*\\| `([^`]+)` \\|$")
	words := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		if len(line) < 4 || line[:4] != "| **" {
			continue
		}
		m := row.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("no place in: %s", line)
			continue
		}
		if _, err := os.Stat(m[2]); err != nil {
			t.Errorf("%s: %v", m[1], err)
		}
		words++
	}
	if words < 40 {
		t.Errorf("only %d words", words)
	}
}
