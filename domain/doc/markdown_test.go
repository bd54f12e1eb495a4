package doc

import (
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/doc/doctest"
)

// TestMarkdownBombs: texts made to be expensive to parse are rejected, or take no longer than a
// request may.
func TestMarkdownBombs(t *testing.T) {
	const maxTemplate = 200_000 // characters of a template body
	for name, unit := range map[string]string{
		"brackets": "[", "images": "![", "links": "[a](", "quotes": "> ", "emphasis": "*a_ ", "stars": "**a ", "ticks": "`a``", "lists": "- ", "angles": "<a ", "entities": "&a", "comments": "<!-- ", "cells": "|",
		"nested lists": "1. ", "mixed nesting": "> 1. - ", "escapes": `\`, "references": "[a]: b\n", "setext": "a\n=\n", "headings": "#\n", "rules": "***\n", "numbers in a text": "2. [\n", "deep items": "    - [\n",
		"quoted brackets": "> [\n", "items": "- [a](b) *c*\n", "rows": "|[a]|*b*|\n", "many paragraphs": strings.Repeat("*a_[", 100) + "\n\n",
	} {
		for _, before := range []string{"", "a ", "a\n", "|a|b|\n|-|-|\n"} {
			start := time.Now()
			if _, err := ParseMarkdown(before+strings.Repeat(unit, maxTemplate/len(unit)), "/body", true); err != nil && domain.CodeOf(err) != domain.Invalid {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("%s after %q: %v", name, before, took)
			} else if took > time.Second {
				t.Logf("%s after %q: %v", name, before, took)
			}
		}
	}
	// What people write is accepted.
	for name, text := range map[string]string{
		"a long paragraph": strings.Repeat("The quick brown fox. ", 40_000),
		"blanks to fill":   strings.Repeat("Name: ______________________________\n", 500),
		"many links":       strings.Repeat("- see [clause](https://example.com) and *this*\n", 5000),
		"a long table":     "| a | b |\n|---|---|\n" + strings.Repeat("| *x* | [y](https://example.com) |\n", 5000),
	} {
		if _, err := ParseMarkdown(text, "/body", true); err != nil {
			t.Errorf("%s: %+v", name, err)
		}
	}
}

// FuzzParseMarkdown: any text becomes blocks with a valid outline, or is Invalid.
func FuzzParseMarkdown(f *testing.F) {
	f.Add(doctest.EveryConstruct)
	for _, v := range doctest.HostileTexts {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, numbered := range []bool{true, false} {
			blocks, err := ParseMarkdown(s, "/body", numbered)
			if err != nil {
				if domain.CodeOf(err) != domain.Invalid {
					t.Fatalf("%v", err)
				}
				continue
			}
			if _, err := (Document{Blocks: blocks}).HTML(); err != nil && domain.CodeOf(err) != domain.Invalid {
				t.Fatalf("%v", err)
			}
		}
	})
}
